"""All pages of a release in one file, opened from disk in a browser and read without scripts."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from orchestration.errors import ReleaseError
from orchestration.publish.onefile import onefile, write
from tests.browser.conftest import Opener
from tests.browser.test_site import RULES


@pytest.fixture(scope="session")
def joined(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("one") / "release.html"
    assert write(site.parent, target) == target.stat().st_size
    return target


def words(text: str) -> list[str]:
    """The words of a piece of a page, without its tags."""
    return html.unescape(re.sub("<[^>]*>", " ", text)).split()


def test_every_page_is_in_it_word_for_word(site: Path, joined: Path) -> None:
    text = joined.read_text("utf-8")
    sections = dict(
        re.findall(
            r'<div class="page(?: first)?" id="([^"]+)"[^>]*>(.*?)</div>\n'
            r'(?=<div class="page|</main>)',
            text,
            re.DOTALL,
        )
    )

    pages = {
        path.relative_to(site).as_posix().removesuffix(".html").replace("/", "-"): words(
            path.read_text("utf-8").partition('tabindex="-1">')[2].partition("</main>")[0]
        )
        for path in site.rglob("*.html")
        if path.name != "compare.html"  # it needs the data scripts of the pages
    }
    assert {name: words(found) for name, found in sections.items()} == pages


def test_the_same_release_gives_the_same_file(site: Path, joined: Path) -> None:
    assert onefile(site.parent) == joined.read_text("utf-8")


def test_its_links_lead_within_it(joined: Path) -> None:
    text = joined.read_text("utf-8")
    ids = re.findall(r'\sid="([^"]+)"', text)

    links = set(re.findall(r'\shref="([^"]*)"', text))

    assert len(ids) == len(set(ids))
    assert {link[:1] for link in links} == {"#"}
    assert {link[1:] for link in links} - set(ids) == set()
    assert "<link" not in text
    assert not re.search(r'\ssrc="', text)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reader_goes_from_page_to_page(joined: Path, opened: Opener, scripts: bool) -> None:
    browser = opened(joined.parent, java_script_enabled=scripts)
    page = browser.go("release.html")
    assert page.locator(".page:visible").get_attribute("data-zh") == "首页"

    page.locator("#qt-nav a", has_text="对标").click()
    assert page.locator("h1:visible").count() == 1
    page.locator("#qt-nav a", has_text="指标").first.click()
    page.locator('#search a[href="#indicator-gdp"]').first.click()

    assert page.locator("h1:visible").all_inner_texts() == ["地区生产总值"]
    assert "515" in page.locator("#indicator-gdp").inner_text()
    assert browser.messages == []
    assert browser.requests == []


def test_it_speaks_english_and_finds_a_page(joined: Path, opened: Opener) -> None:
    page = opened(joined.parent).go("release.html")

    page.locator("#qt-lang").click()
    assert page.locator("h1:visible").inner_text().startswith("Statistics of Yunxi District")
    page.locator("#q-top").fill("gross domestic")
    page.locator("#q-top").press("Enter")

    assert "Gross domestic product" in page.locator("#search--qt-results").inner_text()


def test_axe_finds_nothing_in_it(joined: Path, opened: Opener) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(joined.parent, 360, bypass_csp=True).go("release.html")
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]

    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_release_without_pages_has_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="no pages"):
        write(tmp_path, tmp_path / "one.html")
    assert not (tmp_path / "one.html").exists()
