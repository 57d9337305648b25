"""What a reader builds out of figures: other views of a series, comparisons, and files of them.

Belongs here: what is shown, refused and written for choices that are named. Does not belong here:
what every page does (test_site), and what the scripts are given (tests/unit/test_publish_compare).
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import Opener

if TYPE_CHECKING:
    from playwright.sync_api import Page

THREE = "r=990101,990100,990102"


def rows(page: Page) -> list[list[str]]:
    """The cells of the comparison, line by line."""
    lines = page.locator("#qt-result table tbody tr").all()
    return [line.locator("th, td").all_inner_texts() for line in lines]


def refusals(page: Page) -> list[str]:
    return page.locator("#qt-result .refused").all_inner_texts()


def saved(page: Page, kind: str) -> bytes:
    """What a button writes to the reader's disk."""
    with page.expect_download() as download:
        page.locator("#qt-save button", has_text=re.compile(f"^{kind}$")).click()
    return Path(download.value.path()).read_bytes()


# --- building a comparison -----------------------------------------------------------------------


def test_two_indicators_in_three_regions_are_chosen_by_hand(site: Path, opened: Opener) -> None:
    browser = opened(site)
    page = browser.go("compare.html")
    for text, code in (("生产总值", "gdp"), ("增速", "gdp_growth")):
        page.locator("#qt-add").fill(text)
        page.locator(f'.found button[data-code="{code}"]').click()
    page.locator("#qt-regions summary").click()
    for region in ("990100", "990102"):
        page.locator(f'#qt-regions input[value="{region}"]').check()
    page.locator("#qt-c-f").select_option("2023")

    assert page.locator("#qt-result thead th").all_inner_texts() == [
        "指标", "时期", "云州市云溪区", "云州市", "云州市云山区",
    ]  # fmt: skip
    assert rows(page) == [
        ["地区生产总值（亿元）", "2024年", "515", "4,120.5", "300.25"],
        ["地区生产总值（亿元）", "2023年", "480.1", "…", "…"],
        ["地区生产总值增速（%）", "2024年", "5.1", "…", "…"],
    ]
    assert browser.messages == []
    assert browser.requests == []


def test_a_comparison_begins_with_one_click(site: Path, opened: Opener) -> None:
    page = opened(site).go("compare.html")

    page.locator(".starts button", has_text=re.compile("^地区生产总值$")).click()

    assert rows(page)[0] == ["2024年", "515"]
    assert page.locator(".starts").count() == 0


def test_the_address_restores_a_comparison_in_both_languages(site: Path, opened: Opener) -> None:
    page = opened(site).go(f"compare.html#i=gdp&{THREE}&f=2024&d=r&a=p&v=rank")
    page.locator("#qt-c-v").select_option("table")
    shown = rows(page)
    link = page.locator("#qt-link").get_attribute("href")

    again = opened(site).go(f"compare.html#{urlsplit(link or '').fragment}")

    assert shown == [["云州市云溪区", "515"], ["云州市", "4,120.5"], ["云州市云山区", "300.25"]]
    assert rows(again) == shown
    assert again.locator("#qt-c-a").input_value() == "p"
    again.locator("#qt-lang").click()
    assert again.locator("#qt-result caption").inner_text() == (
        "Gross domestic product (100 million yuan) · annual"
    )


def test_a_comparison_is_sorted_by_a_column(site: Path, opened: Opener) -> None:
    page = opened(site).go(f"compare.html#i=gdp&{THREE}&f=2024&d=r&a=p")

    page.locator("button.sort").click()
    assert [line[1] for line in rows(page)] == ["4,120.5", "515", "300.25"]
    page.locator("button.sort").click()
    assert [line[1] for line in rows(page)] == ["300.25", "515", "4,120.5"]
    assert page.locator("#qt-result thead th").last.get_attribute("aria-sort") == "ascending"


def test_heat_colours_every_figure_but_a_bound(site: Path, opened: Opener) -> None:
    page = opened(site).go("compare.html#i=gdp&r=990101&f=2019&v=heat")

    coloured = {
        cell.inner_text(): cell.get_attribute("style")
        for cell in page.locator("#qt-result tbody td").all()
    }

    assert coloured["515"] == "background-color: rgba(31, 92, 153, 0.5);"
    assert coloured["380.5"] == "background-color: rgba(31, 92, 153, 0.05);"
    assert coloured["超400"] is None


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("i=gdp,gdp_growth&r=990101&v=one",
         "不作比较：单位不同：亿元、%；度量不同：水平值、同比增速（%）；价格口径不同：现价、可比价。"),
        ("i=gdp,schools&r=990101&v=heat",
         "不作比较：模拟数与真实数不能并比：真实、模拟。"),
        ("i=gdp&r=990101,990100&f=2024&d=r&a=p&m=1",
         "不作比较：未申报 地区生产总值 能否跨地区相加；"
         "云州市云溪区 属于所选的另一地区，相加会重复。"),
        ("i=gdp_growth&r=990101&m=1",
         "不作比较：地区生产总值增速 是比率、速度或位次，不能跨期相加。"),
        ("i=gdp_growth&r=990101&d=r&a=p&m=1",
         "不作比较：地区生产总值增速 是比率、速度或位次，不能跨地区相加。"),
        ("i=gdp,gdp_growth&r=990101&d=i&a=p&m=1", "不作比较：不同指标不能相加。"),
        ("i=gdp&r=990101&f=2019&o=0d",
         "不作比较：不能按此列排序；有界限或约数，只知大概，不能排序或相加。"),
    ],
)  # fmt: skip
def test_what_must_not_be_compared_is_refused_with_the_reason(
    site: Path, opened: Opener, state: str, told: str
) -> None:
    page = opened(site).go(f"compare.html#{state}")

    assert page.locator("#qt-result table").is_visible()
    assert refusals(page) == [told]
    assert page.locator("#qt-result tfoot tr").count() == 0


def test_a_bound_has_no_place_in_a_ranking(site: Path, opened: Opener) -> None:
    browser = opened(site)
    page = browser.go(f"compare.html#i=gdp&{THREE}&v=rank")
    assert page.locator(".ranking li").all_inner_texts() == [
        "云州市 4,120.5 亿元", "云州市云溪区 515 亿元", "云州市云山区 300.25 亿元",
    ]  # fmt: skip

    page = browser.go("compare.html#i=gdp&r=990101&f=2020&t=2020&v=rank")

    assert page.locator(".ranking li").count() == 0
    assert page.locator("#qt-result .note", has_text="未排").inner_text() == (
        "未排：云州市云溪区 超400（界限或约数，次序不能判定）"
    )


def test_a_chunk_of_another_release_is_not_shown(copied: Path, opened: Opener) -> None:
    script = copied / "data" / "indicator" / "gdp.js"
    script.write_text(script.read_text("utf-8").replace("515", "615"), "utf-8")

    page = opened(copied).go("compare.html#i=gdp")

    assert "数据文件缺失或不完整" in page.locator(".chosen").inner_text()
    assert page.locator("#qt-result").count() == 0


# --- files ---------------------------------------------------------------------------------------


def test_a_comparison_is_read_back_from_its_files(site: Path, opened: Opener) -> None:
    import openpyxl
    import polars as pl

    page = opened(site, accept_downloads=True).go("compare.html#i=gdp&r=990101&f=2020&t=2022")
    expected = [("2022年", "450.2", None), ("2020年", "400", "超过（不含本数）")]

    table = pl.read_csv(saved(page, "CSV"), infer_schema=False)
    book = openpyxl.load_workbook(io.BytesIO(saved(page, "XLSX")))

    assert table.columns == ["时期", "云州市云溪区", "限定与状态"]
    assert table.rows()[:2] == expected
    sheet = list(book.worksheets[0].iter_rows(values_only=True))
    assert sheet[0] == ("时期", "云州市云溪区", "限定与状态")
    assert sheet[1] == ("2022年", 450.2, None)
    assert sheet[2] == ("2020年", 400, "超过（不含本数）")


def test_a_series_is_read_back_from_its_files(site: Path, opened: Opener) -> None:
    import polars as pl

    page = opened(site, accept_downloads=True).go("indicator/gdp.html")

    table = pl.read_csv(saved(page, "CSV"), infer_schema=False)
    assert table.select("报告期代码", "数值", "限定", "单位", "公布的增速 %").rows() == [
        ("2019", "380.5", "exact", "亿元", None),
        ("2020", "400", "above", "亿元", None),
        ("2022", "450.2", "exact", "亿元", None),
        ("2023", "480.1", "exact", "亿元", None),
        ("2024", "515", "exact", "亿元", "5.1"),
    ]
    drawing = saved(page, "SVG").decode()
    assert drawing.count("<circle") == 5
    assert 'lang="en"' not in drawing
    assert saved(page, "PNG").startswith(b"\x89PNG\r\n")


def test_no_cell_of_a_file_becomes_a_formula_and_no_digit_is_lost(
    site: Path, opened: Opener
) -> None:
    import openpyxl

    page = opened(site, accept_downloads=True).go("compare.html")
    cells = '["=1+1", "-5.25", "+cmd|x", "a\\"b,c", "12345678901234567.5", "\\u0001<&>"]'

    assert page.evaluate(f"QT.figures.csv([{cells}])") == (
        '\ufeff\'=1+1,-5.25,\'+cmd|x,"a""b,c",12345678901234567.5,\x01<&>\r\n'
    )
    with page.expect_download() as download:
        page.evaluate(f"QT.figures.save(QT.figures.xlsx([{cells}], 'a/b'), 'x.xlsx')")
    book = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert book.sheetnames == ["a b"]
    assert [(cell.value, cell.data_type) for cell in book.worksheets[0][1]] == [
        ("=1+1", "s"), (-5.25, "n"), ("+cmd|x", "s"), ('a"b,c', "s"),
        ("12345678901234567.5", "s"), ("\ufffd<&>", "s"),
    ]  # fmt: skip


# --- other views of a series ---------------------------------------------------------------------


def test_another_region_and_another_view_stand_in_the_address(site: Path, opened: Opener) -> None:
    browser = opened(site)
    page = browser.go("indicator/gdp.html")
    page.locator("#qt-choose-view").select_option("change")

    assert page.locator("#qt-drawn").is_hidden()
    assert urlsplit(page.url).fragment == "view=change"
    table = page.locator("#qt-series table")
    newest = table.locator("tbody tr").first.locator("td")
    assert newest.all_text_contents() == ["515", "7.27", "核算阶段不同（仅供参考）"]
    page = browser.go("indicator/gdp.html#region=990100")
    assert page.locator("#qt-choose-region").input_value() == "990100"
    assert table.locator("tbody tr").text_content() == "2024年4,120.5"
    assert browser.messages == []


def test_each_line_reads_the_latest_or_this_release(site: Path, opened: Opener) -> None:
    page = opened(site).go("indicator/gdp.html")
    page.locator("#way-sql summary").click()
    assert page.locator("#way-sql code").inner_text().startswith("attach 'releases/current/mart")

    page.locator("#qt-which select").select_option("2026-03-01.1")

    assert (
        page.locator("#way-sql code")
        .inner_text()
        .startswith("attach 'releases/2026-03-01.1/mart.duckdb' as mart (read_only);")
    )


def test_a_comparison_says_what_to_do_without_scripts(site: Path, opened: Opener) -> None:
    page = opened(site, java_script_enabled=False).go("compare.html")

    assert page.locator("main .nojs-only").is_visible()
    assert page.locator("main .nojs-only a").first.get_attribute("href") == "search.html"


def test_a_comparison_is_built_by_keyboard(site: Path, opened: Opener) -> None:
    page = opened(site).go("compare.html")
    page.locator("#qt-add").focus()
    page.keyboard.type("学校")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.locator("#qt-result caption").inner_text() == "学校数（所） · 年度"
    assert page.evaluate("document.activeElement.id") == "qt-add"
