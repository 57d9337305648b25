"""Every page of a release opens from disk, without a network, and does what it offers.

Belongs here: what a person sees and does. Does not belong here: what a page is made of
(tests/unit/test_publish_site).
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from orchestration.publish.site.markup import data_script
from tests.browser.conftest import Opener

KINDS = (
    "index.html",
    "scorecard.html",
    "plan.html",
    "peers.html",
    "quality.html",
    "changes.html",
    "methods.html",
    "search.html?q=gdp",
    "downloads.html",
    "theme/profile.html",
    "theme/investment.html",
    "indicator/gdp.html",
    "compare.html#i=gdp,schools&v=heat&m=1",
    "compare.html#i=gdp&r=990101,990100&v=small",
    "region/990101.html",
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MOST_BYTES = 1_000_000


def test_every_page_opens_alone_and_every_link_leads_somewhere(site: Path, opened: Opener) -> None:
    browser = opened(site)
    pages = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    links: set[str] = set()
    for name in pages:
        page = browser.go(name)
        found = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        links |= set(found)
        assert page.locator("h1").count() == 1, name
        assert page.locator("#qt-warning").is_hidden(), name
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280, name

    assert browser.messages == []
    assert browser.requests == []
    release = site.parent.as_uri()
    assert {link for link in links if not link.startswith(f"{release}/")} == set()
    files = {link.split("#")[0].split("?")[0] for link in links}
    from urllib.parse import unquote, urlparse

    lost = {link for link in files if not Path(unquote(urlparse(link).path)).is_file()}
    assert lost == set()
    # Nobody is left out: every page is reached from the others.
    assert {(site / name).as_uri() for name in pages} <= files


def test_the_first_view_is_small_and_drawn(site: Path, opened: Opener) -> None:
    page = opened(site).go("index.html")

    # A promise, not a polled expression: the policy of the page forbids eval once the call is over.
    page.evaluate(
        """() => new Promise(drawn => new PerformanceObserver(list => {
            if (list.getEntriesByName('first-contentful-paint').length) drawn();
        }).observe({type: 'paint', buffered: true}))"""
    )
    size = sum(
        (site / name).stat().st_size
        for name in ("index.html", "assets/qt.css", "assets/qt.js", "data/release.js")
    )

    assert size < MOST_BYTES


def test_the_front_page_says_what_is_new_and_what_a_figure_is(site: Path, opened: Opener) -> None:
    page = opened(site).go("index.html")

    card = page.locator('[data-indicator="gdp"]')
    assert card.locator(".fig").first.inner_text() == "515 亿元"
    assert "2024年" in card.inner_text()
    assert "最终核实" in card.inner_text()
    schools = page.locator('[data-indicator="schools"]')
    assert "43" in schools.inner_text()
    assert schools.locator(".m-simulated").inner_text() == "模拟"
    assert page.locator(".simbar").is_visible()
    assert (
        page.locator(".tally").first.inner_text().split()
        == "1 个新增 1 个修订 0 个不再列出".split()
    )
    assert "512.3 亿元 → 515 亿元" in page.locator(".rev").inner_text()


def test_the_difference_shows_the_old_and_the_new_figure(site: Path, opened: Opener) -> None:
    page = opened(site).go("changes.html")

    revised = page.locator("section[aria-labelledby=revised] tbody tr").inner_text()
    added = page.locator("section[aria-labelledby=added] tbody tr").inner_text()

    assert "512.3 亿元" in revised
    assert "515 亿元" in revised
    assert "学校数" in added


def test_one_switch_turns_every_text_english_and_is_remembered(site: Path, opened: Opener) -> None:
    browser = opened(site)
    page = browser.go("index.html")
    assert page.title().startswith("首页 · ")

    page.locator("#qt-lang").click()

    assert page.locator("h1").inner_text().startswith("Statistics of Yunxi District")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.title().startswith("Overview · ")
    page = browser.go("indicator/gdp.html")
    assert page.locator("h1").inner_text() == "Gross domestic product"
    assert page.locator("#qt-lang").inner_text() == "中文"


def test_language_and_unit_travel_in_the_address_where_nothing_can_be_stored(
    site: Path, opened: Opener
) -> None:
    browser = opened(site)
    browser.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('denied'); }})"
    )
    page = browser.go("index.html")
    page.locator("#qt-lang").click()

    page.locator('[data-indicator="gdp"] a').click()

    assert page.locator("h1").inner_text() == "Gross domestic product"
    assert browser.messages == []


def test_the_point_moves_and_no_digit_is_lost(site: Path, opened: Opener) -> None:
    page = opened(site).go("index.html")
    figure = page.locator('[data-indicator="gdp"] .fig').first
    residents = page.locator('[data-indicator="residents"] .fig').first

    page.locator("#qt-scale").select_option("wan")
    assert figure.inner_text() == "5,150,000 万元"
    page.locator("#qt-scale").select_option("yi")
    assert figure.inner_text() == "515 亿元"
    # 38.6 万人 would be 0.00386 亿人: nobody writes it so.
    assert residents.inner_text().startswith("38.6 万人")
    page.evaluate(
        "document.querySelector('[data-indicator=gdp] .n').dataset.v = '123456789012345678.9'"
    )
    page.locator("#qt-scale").select_option("wan")
    assert figure.inner_text() == "1,234,567,890,123,456,789,000 万元"


def test_english_says_billion_and_a_ranking_keeps_one_unit(site: Path, opened: Opener) -> None:
    page = opened(site).go("index.html")
    page.locator("#qt-lang").click()
    figure = page.locator('[data-indicator="gdp"] .fig').first
    residents = page.locator('[data-indicator="residents"] .fig').first

    assert figure.inner_text() == "51.5 billion yuan"
    assert residents.inner_text().startswith("386,000 persons")
    page.locator("#qt-scale").select_option("own")
    assert figure.inner_text() == "515 100 million yuan"
    page.locator("#qt-scale").select_option("")
    page.evaluate("document.querySelector('[data-indicator=gdp] .n').dataset.v = '-10000'")
    page.locator("#qt-lang").click()
    page.locator("#qt-lang").click()
    assert figure.inner_text() == "−1.0 trillion yuan"

    # 4120.5 and 300.25 亿元 are compared: both in billions, whatever each would be alone.
    page = opened(site).go("indicator/gdp.html?lang=en")
    heads = page.locator("table.grid th[data-u] .u").all_inner_texts()
    assert set(heads) == {"billion yuan"}
    row = page.locator('table.grid tr[data-period="2024"] .n').all_inner_texts()
    assert "51.5" in row
    assert "412.05" in row


def test_on_a_phone_a_row_of_a_printed_table_names_its_periods(site: Path, opened: Opener) -> None:
    page = opened(site, width=360).go("theme/profile.html")

    table = page.locator("table.printed-table:not(.lists)").first
    periods = [text for text in table.locator("thead th").all_inner_texts() if "20" in text]
    figures = table.locator("tbody td:not(:empty)")
    assert figures.first.get_attribute("data-lz") in periods
    told = figures.first.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert told.strip('" ') in periods
    # Nothing of a row lies beyond the edge of the screen, and gaps take no room.
    assert table.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth")
    assert not table.locator("tbody td:empty").filter(visible=True).count()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("地区生产", "地区生产总值"),
        ("dqsczz", "地区生产总值"),
        ("diqushengchan", "地区生产总值"),
        ("Gross", "地区生产总值"),
        ("xuexiao", "学校数"),
        ("云溪", "云州市云溪区"),
        ("990102", "云州市云山区"),
        ("GDP", "地区生产总值"),
        ("国内生产总值", "地区生产总值"),
        ("地产总", "地区生产总值"),
        ("地区 生产", "地区生产总值"),
        ("gdp 2020", "地区生产总值"),
        ("云溪区2022年GDP", "地区生产总值"),
    ],
)
def test_search_finds_names_codes_and_pinyin(
    site: Path, opened: Opener, text: str, first: str
) -> None:
    page = opened(site).go("search.html")

    page.locator("#q").fill(text)

    assert page.locator("#qt-results a").first.inner_text() == first
    assert page.locator("#qt-all").is_hidden()


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("GDP", ["515 亿元 · 2024年"]),
        ("GDP 2022", ["450.2 亿元 · 2022年"]),
        ("2020年地区生产总值", ["超400 亿元 · 2020年"]),
        ("云溪区 学校数", ["43 所 · 2025年"]),
        ("GDP 2021", []),
        ("GDP 云山区", ["云州市云山区 300.25 亿元 · 2024年"]),
        ("学校数 云山区", []),
    ],
)
def test_search_shows_the_newest_figure_or_that_of_the_year(
    site: Path, opened: Opener, text: str, figures: list[str]
) -> None:
    page = opened(site).go("search.html")

    page.locator("#q").fill(text)
    page.wait_for_function(
        "document.querySelector('#qt-results .found')"
        " || /^找到 0/.test(document.getElementById('qt-found').textContent)"
    )

    assert page.locator("#qt-results .found").all_inner_texts()[:1] == figures
    if not figures:
        assert "没有这一年或这个地区的数字" in page.locator("#qt-found").inner_text()


def test_search_says_when_nothing_is_found_and_runs_from_every_page(
    site: Path, opened: Opener
) -> None:
    page = opened(site).go("theme/profile.html")
    page.locator("#q-top").fill("<img src=x onerror=alert(1)>")
    page.locator("#q-top").press("Enter")

    page.wait_for_url("**/search.html?q=*")
    assert page.locator("#qt-found").inner_text() == "找到 0 项"
    assert page.locator("#qt-results li").count() == 0

    page.locator("#q-top").fill("学校")
    page.locator("#q-top").press("Enter")
    page.wait_for_url("**/search.html?q=%E5%AD%A6%E6%A0%A1*")
    assert page.locator("#qt-results a").first.inner_text() == "学校数"


@pytest.mark.parametrize("is_scripted", [True, False])
def test_a_series_is_drawn_in_its_page(site: Path, opened: Opener, is_scripted: bool) -> None:
    page = opened(site, java_script_enabled=is_scripted).go("indicator/gdp.html")

    drawing = page.locator("#qt-drawn svg")
    assert drawing.is_visible()
    assert drawing.locator("circle").count() == 5
    # A bound is no exact point, and a missing year is no line.
    assert drawing.locator('circle[fill="#fff"]').count() == 1
    assert drawing.locator(".arrow").count() == 1
    # 2019–2020, no 2021, 2022, a break before 2023, 2023–2024: three lines, and an upright.
    line = drawing.locator(".line").get_attribute("d")
    assert line is not None
    assert line.count("M") == 3
    assert drawing.locator(".break").count() == 1
    assert page.locator("#qt-breaks li").all_inner_texts() == ["自2023起\n经济普查修订了以前年份"]
    assert "纵轴不从零起" in page.locator("#qt-drawn .note").inner_text()
    assert page.locator("table.grid tbody tr").all_inner_texts() == [
        "2024年\t515\t4,120.5\t300.25",
        "2023年\t480.1\t…\t…",
        "2022年\t450.2\t…\t…",
        "2020年\t超400\t…\t…",
        "2019年\t380.5\t…\t…",
    ]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("missing", "缺失或不完整"),
        ("cut", "缺失或不完整"),
        ("other", "indicator/gdp.html 不属于版本 2026-02-01.1"),
        ("unnamed", "data/release.js 缺失或不完整"),
        ("changed", "内容与本页不符"),
        ("names", "data/names.js 内容与本页不符"),
    ],
)
def test_a_half_copied_release_says_so(
    copied: Path, before: Path, opened: Opener, damage: str, said: str
) -> None:
    script = copied / "data" / "indicator" / "gdp.js"
    text = script.read_text(encoding="utf-8")
    if damage == "missing":
        script.unlink()
    elif damage == "cut":
        script.write_text(text[: len(text) // 2], encoding="utf-8")
    elif damage == "other":
        shutil.copyfile(before / "data" / "release.js", copied / "data" / "release.js")
    elif damage == "unnamed":
        (copied / "data" / "release.js").unlink()
    elif damage == "names":
        names = copied / "data" / "names.js"
        arguments = json.loads(f"[{names.read_text('utf-8').split('(', 1)[1][:-3]}]")
        names.write_text(data_script("names", arguments[3].replace("云溪", "某"), arguments[1]))
    else:
        script.write_text(text.replace("512.3", "612.3").replace("515", "615"), encoding="utf-8")

    page = opened(copied).go("indicator/gdp.html")

    assert page.locator("#qt-warning").is_visible()
    assert said in page.locator("#qt-warning").inner_text()
    assert page.locator("#qt-series").text_content() == ""
    assert page.locator("#qt-controls").is_hidden()
    assert page.locator("#qt-save").is_hidden()


def test_the_foot_of_a_page_says_which_release_it_is_of(site: Path, opened: Opener) -> None:
    page = opened(site).go("indicator/gdp.html")

    told = page.locator("#qt-edition").inner_text()
    assert told.startswith("版本 2026-03-01.1 · 发布时间 ")
    assert told.endswith(" 北京时间")
    assert "条未了结的发现" in page.locator("#qt-statement").inner_text()
    assert page.locator(".qt-cite").inner_text() == "，版本 2026-03-01.1。"
    assert page.title().endswith(" 2026-03-01.1")
    page.locator("#qt-lang").click()
    told = page.locator("#qt-edition").inner_text()
    assert told.startswith("Release 2026-03-01.1 · released ")
    assert told.endswith(" Beijing time")


def test_without_scripts_a_page_says_where_its_release_is_named(site: Path, opened: Opener) -> None:
    page = opened(site, java_script_enabled=False).go("region/990101.html")

    up = "../" * 2  # from site/region/
    assert page.locator("#qt-edition a").get_attribute("href") == f"{up}manifest.json"
    assert "manifest.json" in page.locator("#qt-edition").inner_text()


def test_a_file_is_downloaded_from_the_page(site: Path, opened: Opener) -> None:
    page = opened(site, accept_downloads=True).go("downloads.html")
    link = page.locator('a[href="../csv/core/observation.csv"]').first

    assert link.is_visible()
    assert (site.parent / "csv/core/observation.csv").is_file()
    listed = page.locator("main").inner_text()
    for name in ("mart.duckdb", "manifest.json", "datapackage.json", "observation.parquet"):
        assert name in listed


def test_all_is_reached_by_keyboard(site: Path, opened: Opener) -> None:
    page = opened(site).go("index.html")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"


def test_the_menu_opens_on_a_phone(site: Path, opened: Opener) -> None:
    page = opened(site, width=360).go("index.html")

    assert page.locator("#qt-nav").is_hidden()
    page.locator("#qt-menu").click()
    assert page.locator("#qt-nav a").first.is_visible()
    assert page.locator("#qt-menu").get_attribute("aria-expanded") == "true"


def test_figures_are_complete_without_scripts(site: Path, opened: Opener) -> None:
    page = opened(site, java_script_enabled=False).go("indicator/gdp.html")

    assert page.locator(".nojs").is_visible()
    assert page.locator("#qt-nav").is_visible()
    assert "515" in page.locator(".hero").inner_text()


def test_sentences_and_tables_read_without_scripts(site: Path, opened: Opener) -> None:
    browser = opened(site, java_script_enabled=False)
    told = browser.go("index.html").locator(".told").inner_text()
    assert "云溪区" in told or "全区" in told
    assert "515亿元" in told
    for name, figure in (
        ("theme/profile.html", "515"),
        ("scorecard.html", "515"),
        ("region/990101.html", "515"),
        ("changes.html", "512.3"),
    ):
        page = browser.go(name)
        assert page.locator("main table").filter(visible=True).count(), name
        assert figure in page.locator("main").inner_text(), name
    # What a script would make says why it is not there.
    for name in ("compare.html", "search.html"):
        assert browser.go(name).locator(".nojs, .nojs-only").first.is_visible(), name


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing(site: Path, opened: Opener, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    browser = opened(site, width=width)
    found: list[tuple[str, str, str]] = []
    for name in KINDS:
        page = browser.go(name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        results: Any = Axe().run(page, options={"runOnly": RULES}).response
        found += [(name, rule["id"], rule["nodes"][0]["html"]) for rule in results["violations"]]
    assert found == []


def test_a_page_prints_on_a4_without_its_controls(site: Path, opened: Opener) -> None:
    page = opened(site).go("theme/investment.html")

    page.emulate_media(media="print")

    assert page.locator("#qt-nav").is_hidden()
    assert page.locator(".tools").is_hidden()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
