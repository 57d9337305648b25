"""The calendar and the register of corrections in a release, as a reader opens them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import AFTER, BEFORE, Opener
from tests.browser.test_site import RULES


def test_the_register_shows_the_old_and_the_new_figure(site: Path, opened: Opener) -> None:
    page = opened(site).go("corrections.html")

    row = page.locator("tr[data-replaced]").inner_text().split()
    assert [word for word in row if word in ("512.3", "515", "修订", "2026-01-20", "最终核实")] == [
        "512.3", "515", "2026-01-20", "修订", "最终核实",
    ]  # fmt: skip
    year = page.locator('tr[data-year="2026"] td').all_inner_texts()
    assert year[:2] == ["0", "1"]
    assert year[3] == "0.00"


def test_the_feed_remembers_the_release_before(site: Path, before: Path, opened: Opener) -> None:
    page = opened(site).go("calendar.html")

    assert BEFORE in page.locator("section[aria-labelledby=released]").inner_text()
    feed = (site / "feed.atom").read_text("utf-8")
    assert [line.partition(":990101:")[2].partition("<")[0] for line in feed.splitlines()
            if line.startswith("<entry>")] == [AFTER, BEFORE]  # fmt: skip
    assert "新增 1，修订 1，不再列出 0 | added 1, revised 1, removed 0" in feed
    assert BEFORE in (before / "feed.atom").read_text("utf-8")


@pytest.mark.parametrize("name", ["calendar.html", "corrections.html"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_on_them(site: Path, opened: Opener, name: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(site, width).go(name)
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]

    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
