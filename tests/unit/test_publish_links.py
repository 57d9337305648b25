"""Where an indicator is shown: its own page, a row of its theme, or the list of all.

Belongs here: the links themselves, and that the gate follows each. Does not belong here: what
stands at their end (test_publish_site, tests/browser).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.publish.site import links
from orchestration.publish.site.markup import data_script, read_script
from orchestration.publish.verify import verify_release
from tests.unit.test_publish_world import build


def indicator(code: str, theme: str | None) -> dict[str, Any]:
    return {"indicator_code": code, "theme": theme}


@pytest.mark.parametrize(
    ("code", "theme", "figures", "link"),
    [
        ("gdp", "profile", 2, "indicator/gdp.html"),
        ("gdp", "profile", 1, "theme/profile.html#i-gdp"),
        ("gdp", "profile", 0, "theme/profile.html#i-gdp"),
        ("goal", "plan", 1, "plan.html#i-goal"),
        ("rank", "peers", 1, "peers.html#i-rank"),
        ("loose", None, 1, "search.html#i-loose"),
        ("A B", "Wild Theme", 1, "theme/x-wild-theme--e0c826412b.html#i-x-a-b--fea4c5ce72"),
    ],
)
def test_one_figure_is_a_row_and_two_make_a_page(
    code: str, theme: str | None, figures: int, link: str
) -> None:
    assert links.places([indicator(code, theme)], {code: figures}) == {code: link}


def test_what_a_theme_does_not_list_is_found_in_the_list_of_all() -> None:
    many = [indicator(f"i{number:03d}", "profile") for number in range(401)]

    found = links.places(many, {"i400": 1})

    assert found["i399"] == "theme/profile.html#i-i399"
    assert found["i400"] == "search.html#i-i400"
    assert [row["indicator_code"] for row in links.listed(many, "profile")][-1] == "i399"


@pytest.fixture
def unsealed(tmp_path: Path) -> Path:
    """A candidate that a test may damage."""
    candidate = build(tmp_path)
    for path in (candidate, *candidate.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
    return candidate


def leads_nowhere(candidate: Path) -> list[tuple[str, str]]:
    return [
        (problem.file, problem.detail_en)
        for problem in verify_release(candidate, is_thorough=True)
        if "leads nowhere" in problem.detail_en
    ]


def test_the_gate_follows_links_to_rows_on_pages_and_in_the_search(unsealed: Path) -> None:
    assert leads_nowhere(unsealed) == []
    page = unsealed / "site" / "theme" / "investment.html"
    page.write_text(page.read_text("utf-8").replace(' id="i-fai_total"', ""), "utf-8")

    found = leads_nowhere(unsealed)

    assert set(found) == {
        ("site/data/search.js", "a link leads nowhere: theme/investment.html#i-fai_total"),
        ("site/index.html", "a link leads nowhere: theme/investment.html#i-fai_total"),
        ("site/quality.html", "a link leads nowhere: theme/investment.html#i-fai_total"),
        ("site/region/990101.html", "a link leads nowhere: ../theme/investment.html#i-fai_total"),
        ("site/search.html", "a link leads nowhere: theme/investment.html#i-fai_total"),
    }


def test_the_gate_finds_an_entry_of_the_search_without_a_page(unsealed: Path) -> None:
    script = unsealed / "site" / "data" / "search.js"
    arguments = read_script(script.read_text("utf-8"))
    assert arguments is not None
    content = json.loads(arguments[3])
    content["entries"][0][7] = "indicator/gone.html"
    script.write_text(data_script("search", json.dumps(content), arguments[1]), "utf-8")

    assert leads_nowhere(unsealed) == [
        ("site/data/search.js", "a link leads nowhere: indicator/gone.html")
    ]
