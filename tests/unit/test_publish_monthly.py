"""What stands in the monthly report, and that printed tables never mix kinds of periods.

Belongs here: the month, its columns, what is computed, kinds of periods, and sizes of print, of
small invented figures. Does not belong here: signs, names and damage (test_publish_paper), and that
a release holds the file (test_publish_build and the pipeline tests).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import fromstring
from openpyxl import load_workbook

from orchestration.publish.package import Package
from orchestration.publish.paper.cells import check_yearbook
from orchestration.publish.paper.figures import Figure, read_figures
from orchestration.publish.paper.monthly import month_of, write_monthly
from orchestration.publish.paper.months import check_monthly
from orchestration.publish.paper.pages import Page, pages
from orchestration.publish.paper.periods import (
    MONTH,
    PART,
    SPAN,
    TO_DATE,
    YEAR,
    Kind,
    head_of,
    kind_of,
    kinds_of,
)
from orchestration.publish.paper.yearbook import tables_by_theme
from orchestration.publish.products.paper import YEARBOOK
from orchestration.publish.site.markup import Units
from orchestration.publish.site.wide import Wide, is_of_one_region, observations
from orchestration.publish.site.words import Fact
from orchestration.publish.tables import Column, Table
from tests.unit.test_publish_paper import FIGURES, REPORT, WORDS, World, change, figure, of_year

pytestmark = pytest.mark.core

NAMES = {1: "January", 3: "March", 4: "April", 5: "May", 6: "June"}


def of_months(first: int, last: int, kind: str = "", year: int = 2026) -> dict[str, Any]:
    """The period of a month, or of the months up to one."""
    end = date(year, last, monthrange(year, last)[1])
    if first == last:
        own = (
            f"{year}-{last:02}",
            f"{year}年{last}月",
            f"{NAMES.get(last, last)} {year}",
            "monthly",
        )
    else:
        own = (f"{year}-{first:02}/{year}-{last:02}", f"{year}年{first}月至{year}年{last}月",
               f"{first} to {last} {year}", "cumulative_range")  # fmt: skip
    return {"period": own[0], "period_zh": own[1], "period_en": own[2],
            "period_start": date(year, first, 1), "period_end": end,
            "period_kind": kind or own[3]}  # fmt: skip


def sales(observation_id: str, value: str, months: dict[str, Any], **changes: Any) -> Figure:
    return figure(observation_id, "sales", "零售额", value, **months, **changes)


def growth(observation_id: str, value: str, months: dict[str, Any], **changes: Any) -> Figure:
    given_: dict[str, Any] = {"item": "sales", "role": "growth", "measure": "yoy_growth_pct",
                              "unit": "%"}  # fmt: skip
    return figure(observation_id, "sales_growth", "零售额增速", value,
                  **months, **(given_ | changes))  # fmt: skip


DISTRICT_B = {"region_code": "990102", "region_zh": "甲区", "region_en": "District A"}
CITY = {"region_code": "990100", "region_zh": "云市", "region_en": "Yun City"}
TO_APRIL, TO_MAY, MAY = of_months(1, 4), of_months(1, 5), of_months(5, 5)
LOANS = {"name_zh": "贷款余额", "name_en": "Loans"}
MONTHS = (
    sales("m1", "40.5", TO_MAY),
    sales("m2", "31.25", TO_APRIL),
    growth("m3", "6.1", TO_MAY),
    growth("m4", "-2", MAY),
    figure("m5", "loans", "贷款余额", "700", **of_months(5, 5, "point"), is_simulated=True),
    sales("m6", "55", TO_MAY, **DISTRICT_B),
    sales("m7", "500", TO_MAY, **CITY),
    growth("m8", "7", TO_MAY, **CITY),
    figure("m9", "pupils", "学生数", "12", **of_year(2025)),
)
DERIVED = (
    # observation, current, its reason, its period, rank, its reason, simulated
    ("m1", Decimal("9.25"), None, "2026-05", 2, None, False),
    ("m3", None, "rate", None, None, "alone", False),
    ("m6", None, "not_cumulative", None, 1, None, False),
)


class Derived(World):
    """A release with what is computed of its figures, and its monthly report."""

    def __init__(self, path: Path, figures: tuple[Figure, ...], computed: Sequence[Any]) -> None:
        super().__init__(path, figures)
        names = ("observation_id:varchar current_computed:decimal(30,8) current_reason:varchar "
                 "current_period:varchar rank_computed:integer rank_reason:varchar "
                 "is_simulated:boolean").replace(":", " ").split()  # fmt: skip
        typed = list(zip(names[::2], names[1::2], strict=True))
        self.con.execute(
            f"create table core.derived ({', '.join(f'{name} {kind}' for name, kind in typed)})"
        )
        for row in computed:
            self.insert("core.derived", row)
        columns = tuple(Column(name, kind.upper(), name, name, "", True) for name, kind in typed)
        self.tables.append(Table("core", "derived", "推算", "Derived", "行", "row", (), columns))
        self.con.execute("update core.region set region_kind = 'city', parent_code = '990000' "
                         "where region_code = '990100'")  # fmt: skip

    def monthly(self) -> dict[str, int]:
        return write_monthly(
            self.con, "mart", self.tables, WORDS, REPORT, self.path,
            read_figures(self.con, "mart"),
        )  # fmt: skip

    def wrong(self, path: Path) -> list[tuple[str, str, str]]:
        found = check_monthly(self.con, "mart", path, read_figures(self.con, "mart"), self.tables)
        return [(one.kind, one.file, one.en) for one in found]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Derived:
    made = Derived(tmp_path_factory.mktemp("monthly"), MONTHS, DERIVED)
    assert made.monthly() == {"xlsx/monthly.xlsx": 5}
    return made


def cells(sheet: Any, first: int, last: int, columns: int) -> list[list[Any]]:
    rows = sheet.iter_rows(min_row=first, max_row=last, max_col=columns)
    return [[cell.value for cell in row] for row in rows]


# --- the report --------------------------------------------------------------------------------


def test_the_month_its_columns_and_its_city(world: Derived) -> None:
    book = load_workbook(world.path / "xlsx/monthly.xlsx")
    assert book.sheetnames == [
        "目录 Contents", "1-1 区情概览（2026年5月）", "1-2 区情概览：分地区（2026年5月）",
    ]  # fmt: skip
    contents = book["目录 Contents"]
    assert (contents["A1"].value, contents["A2"].value) == (
        "云溪区统计月报　2026年5月",
        "Monthly statistical report of Yunxi District, May 2026",
    )
    links = [c.hyperlink.location for row in contents.iter_rows() for c in row if c.hyperlink]
    assert set(links) == {f"'{name}'!A1" for name in book.sheetnames[1:]}

    sheet = book["1-1 区情概览（2026年5月）"]
    assert cells(sheet, 5, 5, 1) == [
        ["含模拟数据，以字母 s 标明 / With simulated data, marked with the letter s"]
    ]
    assert cells(sheet, 6, 9, 9) == [
        ["指标", "指标（英文）", "计量单位", "5月", "5月\n同比增长\n（%）", "5月末", "1—5月累计",
         "1—5月累计\n位次", "1—5月累计\n同比增长\n（%）"],
        ["Indicator", "Indicator, in English", "Unit", "May", "May on a year earlier\n(%)",
         "End of May", "January–May", "Place, January–May",
         "January–May on a year earlier\n(%)"],
        ["零售额", "Sales", "亿元", 9.25, -2, None, 40.5, 2, 6.1],
        ["贷款余额", "Loans", "亿元", None, None, 700, None, None, None],
    ]  # fmt: skip
    assert [sheet[f"{c}8"].number_format for c in "DH"] == ['#,##0.00"c"', '#,##0"c"']
    assert sheet["F9"].number_format == '#,##0"s"'
    notes = [str(row[0].value) for row in sheet.iter_rows(min_row=10) if row[0].value]
    assert any("本月数为本月累计减上月累计" in note for note in notes)
    assert any("同比增速均为原文公布" in note for note in notes)
    assert "《年度<公报> “甲”》 / Bulletin，统计局，2026" in notes

    regions = book["1-2 区情概览：分地区（2026年5月）"]
    assert cells(regions, 5, 10, 8) == [
        ["指标", "指标（英文）", "计量单位", "5月", "5月\n同比增长\n（%）", "1—5月累计",
         "1—5月累计\n位次", "1—5月累计\n同比增长\n（%）"],
        ["Indicator", "Indicator, in English", "Unit", "May", "May on a year earlier\n(%)",
         "January–May", "Place, January–May", "January–May on a year earlier\n(%)"],
        ["零售额", "Sales", None, None, None, None, None, None],
        ["云市", "Yun City", "亿元", None, None, 500, None, 7],
        ["云溪区", "Yunxi District", "亿元", 9.25, -2, 40.5, 2, 6.1],
        ["甲区", "District A", "亿元", None, None, 55, 1, None],
    ]  # fmt: skip


def test_what_is_printed_is_what_the_figures_say(world: Derived) -> None:
    assert world.wrong(world.path) == []


@pytest.mark.parametrize(
    ("part", "pattern", "after", "problem"),
    [
        ("xl/worksheets/sheet2.xml", "<v>40.5</v>", "<v>41.5</v>",
         ("figure", "G8", "it prints 41.5（1—5月累计）, the database has 40.5")),
        ("xl/worksheets/sheet2.xml", "<v>6.1</v>", "<v>6.2</v>",
         ("figure", "I8", "it prints 6.2（1—5月累计同比增长（%））, the database has 6.1")),
        ("xl/worksheets/sheet2.xml", "<v>9.25</v>", "<v>9.5</v>",
         ("figure", "D8", "it prints 9.5, the database has 9.25")),
        ("xl/worksheets/sheet2.xml", r'(r="H8" s="\d+")><v>2<', r"\1><v>1<",
         ("figure", "H8", "it prints 1, the database has 2")),
        ("xl/sharedStrings.xml", ">1—5月累计<", ">1—4月累计<",
         ("figure", "G8", "it prints 1—4月累计 / January–May, the database has 2026-05")),
        ("xl/sharedStrings.xml", ">January–May<", ">January–April<",
         ("figure", "G8", "it prints 1—5月累计 / January–April, the database has 2026-05")),
        ("xl/sharedStrings.xml", ">零售额<", ">投资额<",
         ("figure", "G8", "it prints  投资额 亿元, the database has 零售额 亿元")),
        ("xl/styles.xml", "#,##0.00&quot;c&quot;", "#,##0.00",
         ("figure", "D8", "it prints 9.25（5月）, the database has nothing")),
        ("xl/styles.xml", '<sz val="9"/>', '<sz val="7.5"/>',
         ("small", "", "prints 7.5 points, less than 8")),
    ],
)  # fmt: skip
def test_what_is_printed_otherwise_is_found(
    world: Derived, tmp_path: Path, part: str, pattern: str, after: str, problem: tuple[str, ...]
) -> None:
    file = tmp_path / "xlsx/monthly.xlsx"
    file.parent.mkdir()
    file.write_bytes((world.path / "xlsx/monthly.xlsx").read_bytes())
    change(file, part, pattern, after)
    kind, cell, text = problem
    place = f"xlsx/monthly.xlsx: 1-1 区情概览（2026年5月）{'!' if cell else ''}{cell}"
    assert (kind, place, text) in world.wrong(tmp_path)


def test_a_label_of_simulated_figures_is_missed(world: Derived, tmp_path: Path) -> None:
    file = tmp_path / "xlsx/monthly.xlsx"
    file.parent.mkdir()
    file.write_bytes((world.path / "xlsx/monthly.xlsx").read_bytes())
    change(file, "xl/sharedStrings.xml", ">模拟数据 / simulated data：", ">")
    assert world.wrong(tmp_path) == [
        ("unlabelled", "xlsx/monthly.xlsx", "simulated figures without a label")
    ]


@pytest.mark.parametrize(
    "figures",
    [
        FIGURES,
        # Months of another region, a target of a month, and the end of one are no month of it.
        (sales("x1", "1", TO_MAY, **DISTRICT_B), figure("x2", "pupils", "学生数", "12")),
        (sales("x1", "1", TO_MAY, figure_kind="target"),),
        (sales("x1", "1", of_months(5, 5, "point")),),
        (sales("x1", "1", of_year(2025)),),
        (),
    ],
    ids=["years", "elsewhere", "target", "point", "year", "nothing"],
)
def test_a_district_without_months_has_no_monthly_report(
    tmp_path: Path, figures: tuple[Figure, ...]
) -> None:
    made = Derived(tmp_path, figures, ())
    assert made.monthly() == {}
    assert not (tmp_path / "xlsx").exists()


def test_no_label_is_asked_of_a_report_without_simulated_figures(tmp_path: Path) -> None:
    """Whatever else of the release is simulated."""
    other = figure("x1", "pupils", "学生数", "12", is_simulated=True, **of_year(2025))
    made = Derived(tmp_path, (sales("m1", "40.5", TO_MAY), other), ())
    assert made.monthly() == {"xlsx/monthly.xlsx": 1}
    assert made.wrong(tmp_path) == []


def test_the_newest_month_is_the_districts() -> None:
    later = sales("x1", "1", of_months(1, 6), **DISTRICT_B)
    assert month_of([*MONTHS, later], "990101") == date(2026, 5, 1)
    assert month_of([*MONTHS, later], "990102") == date(2026, 6, 1)


def test_january_alone_is_a_month_and_the_first_of_the_year(tmp_path: Path) -> None:
    january = (
        sales("j1", "7", of_months(1, 1)),
        sales("j2", "7", of_months(1, 1, "cumulative_range"), scope="above_scale"),
    )
    made = Derived(tmp_path, january, ())
    assert made.monthly() == {"xlsx/monthly.xlsx": 2}
    sheet = load_workbook(tmp_path / "xlsx/monthly.xlsx").worksheets[1]
    assert cells(sheet, 5, 8, 5) == [
        ["指标", "指标（英文）", "计量单位", "1月", "1月累计"],
        ["Indicator", "Indicator, in English", "Unit", "January", "January"],
        ["零售额（规模以上）", "Sales (above designated size)", "亿元", None, 7],
        ["零售额", "Sales", "亿元", 7, None],
    ]
    assert made.wrong(tmp_path) == []


# --- kinds of periods --------------------------------------------------------------------------


def of_point(year: int, month: int) -> dict[str, Any]:
    return of_months(month, month, "point", year)


@pytest.mark.parametrize(
    ("period", "kind"),
    [
        (of_year(2025), YEAR),
        (of_point(2025, 12), YEAR),
        (of_point(2025, 11), MONTH),
        (of_months(12, 12), MONTH),
        (of_months(1, 1), MONTH),
        (of_months(1, 1, "cumulative_range"), TO_DATE),
        (of_months(1, 11), TO_DATE),
        (of_months(1, 12), TO_DATE),
        (of_months(1, 3, "quarterly"), TO_DATE),
        (of_months(4, 6, "quarterly"), PART),
        (of_months(7, 12), PART),
        ({"period": "2021-01/2023-06", "period_start": date(2021, 1, 1),
          "period_end": date(2023, 6, 30), "period_kind": "cumulative_range"}, SPAN),
        ({"period": "2006/2010", "period_start": date(2006, 1, 1),
          "period_end": date(2010, 12, 31), "period_kind": "growth_over_range"}, SPAN),
        ({"period": "2021/2025", "period_start": date(2021, 1, 1),
          "period_end": date(2025, 12, 31), "period_kind": "point"}, SPAN),
    ],
)  # fmt: skip
def test_the_kind_of_a_period(period: dict[str, Any], kind: Kind) -> None:
    assert kind_of(sales("k", "1", period)) == kind


def test_the_end_of_a_year_stands_among_months_too_where_the_row_has_others() -> None:
    ends = [sales(f"e{month}", "1", of_point(2025, month)) for month in (11, 12)]
    other = sales("e0", "1", of_point(2024, 12))
    assert kinds_of([*ends, other]) == {
        "e11": frozenset({MONTH}), "e12": frozenset({MONTH, YEAR}), "e0": frozenset({YEAR}),
    }  # fmt: skip
    head = head_of(ends[1], YEAR)
    assert (head.zh, head.en) == ("2025年", "2025")
    assert head_of(ends[1], MONTH).zh == "2025年12月"


def test_the_first_quarter_stands_among_quarters_where_the_row_has_others() -> None:
    quarters = [sales(f"q{n}", "1", of_months(3 * n - 2, 3 * n, "quarterly")) for n in (1, 2)]
    assert kinds_of(quarters) == {"q1": frozenset({PART, TO_DATE}), "q2": frozenset({PART})}
    assert kinds_of(quarters[:1]) == {"q1": frozenset({TO_DATE})}


def test_one_table_becomes_several_and_each_says_its_kind(tmp_path: Path) -> None:
    years = [sales(f"y{year}", str(year), of_year(year)) for year in range(2018, 2026)]
    months = [sales(f"n{month}", str(month), of_months(1, month)) for month in range(2, 7)]
    ends = [figure("z1", "people", "人口", "9", **of_point(2025, 12)),
            figure("z2", "people", "人口", "8", **of_point(2024, 12))]  # fmt: skip
    few = [sales("s1", "30", {"period": "2021/2025", "period_zh": "2021年至2025年",
                              "period_en": "2021 to 2025", "period_start": date(2021, 1, 1),
                              "period_end": date(2025, 12, 31),
                              "period_kind": "cumulative_range"})]  # fmt: skip
    made = World(tmp_path, (*years, *months, *ends, *few))
    tables = tables_by_theme(
        made.con, "mart", made.tables, WORDS, read_figures(made.con, "mart"), "990101"
    )["profile"]
    found = [
        (table.number, table.table.title_zh, table.table.title_en,
         [column.label_zh for column in table.columns[3:]], [row[1] for row in table.rows])
        for table in tables
    ]  # fmt: skip
    all_years = [f"{year}年" for year in range(2018, 2026)]
    to_date = [f"2026年1月至2026年{month}月" for month in range(2, 7)]
    assert found == [
        ("1-1", "区情（年度）", "Profile (yearly)", all_years, ["零售额", "人口（年末）"]),
        ("1-2", "区情（累计）", "Profile (year to date)", to_date, ["零售额"]),
        ("1-3", "区情概览：其他时期的单项数字", "Profile: single figures of other periods",
         ["报告期", "报告期（英文）", "数字"], ["区情", "零售额"]),
    ]  # fmt: skip


def test_a_page_shows_the_same_tables_and_each_indicator_has_one_place(tmp_path: Path) -> None:
    """A list names the period of each row; an indicator's place is its first row."""
    years = [sales(f"y{year}", str(year), of_year(year)) for year in range(2022, 2026)]
    made = World(tmp_path, (*years, sales("n1", "7.5", of_months(1, 6))))
    tables = tables_by_theme(
        made.con, "mart", made.tables, WORDS, read_figures(made.con, "mart"), "990101"
    )["profile"]
    page = Wide(
        Units({}), {}, lambda code, zh, en: zh, lambda code, zh, en: "", ("云溪区", "Yunxi"),
        lambda table: "", lambda code: 1,
    )  # fmt: skip
    shown = [fromstring(page.render(table)) for table in tables]
    assert [
        [
            [" ".join(node.text_content().split()) for node in row.xpath("./th|./td")]
            for row in one.xpath(".//tr")
        ]
        for one in shown
    ] == [
        [["指标（计量单位）Indicator (unit)", "2022年2022", "2023年2023", "2024年2024",
          "2025年2025"],
         ["零售额（ (亿元）)", "2,022", "2,023", "2,024", "2,025"]],
        [["指标（计量单位）Indicator (unit)", "报告期Period", "数字Figure"],
         ["区情Profile"],
         ["零售额（ (亿元）)", "2026年1月至2026年6月1 to 6 2026", "7.5"]],
    ]  # fmt: skip
    assert [one.xpath(".//tr/@id") for one in shown] == [["i-sales"], []]


_PERIODS = st.one_of(
    st.builds(of_year, st.integers(2019, 2026)),
    st.builds(of_point, st.integers(2024, 2026), st.sampled_from([3, 6, 11, 12])),
    st.builds(
        of_months, st.sampled_from([1, 4, 7]), st.sampled_from([7, 9, 12]),
        st.just(""), st.sampled_from([2025, 2026]),
    ),
    st.builds(of_months, st.just(1), st.just(3), st.just("quarterly")),
    st.builds(of_months, st.just(4), st.just(6), st.just("quarterly")),
    st.just({"period": "2021/2025", "period_zh": "2021年至2025年", "period_en": "2021 to 2025",
             "period_start": date(2021, 1, 1), "period_end": date(2025, 12, 31),
             "period_kind": "cumulative_range"}),
)  # fmt: skip


_REGIONS: dict[str, dict[str, Any]] = {"own": {}, "other": DISTRICT_B}


@given(
    st.lists(
        st.tuples(st.sampled_from(["sales", "people", "pupils"]), _PERIODS,
                  st.sampled_from(["outturn", "outturn", "target", "forecast"]),
                  st.sampled_from(["own", "own", "other"])),
        min_size=1, max_size=40, unique_by=lambda one: (one[0], str(one[1]), *one[2:]),
    )
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_no_row_mixes_kinds_and_no_figure_is_lost(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[str, dict[str, Any], str, str]]
) -> None:
    """Of whatever periods the figures are, each is printed, and found right by other code."""
    figures = tuple(
        replace(figure(f"f{n}", code, code, str(n + 1), **period), figure_kind=kind,
                **_REGIONS[region])
        for n, (code, period, kind, region) in enumerate(told)
    )  # fmt: skip
    made = World(tmp_path_factory.mktemp("kinds"), figures)
    tables = [
        table
        for of_theme in tables_by_theme(
            made.con, "mart", made.tables, WORDS, read_figures(made.con, "mart"), "990101"
        ).values()
        for table in of_theme
    ]
    own = {f.observation_id for f in figures if f.region_code == "990101"}
    others = {f.observation_id for f in figures if f.is_outturn} - own
    shown_on_pages = set().union(*(observations(t) for t in tables if is_of_one_region(t)))
    assert shown_on_pages == own
    assert set().union(*map(observations, tables)) == own | others
    made.yearbook()
    wrong = check_yearbook(made.con, "mart", made.path, read_figures(made.con, "mart"))
    assert [(one.kind, one.file, one.en) for one in wrong] == []


@pytest.mark.parametrize(
    ("version", "has_work", "rules"),
    [
        (8, False, ["release.contract-broken"]),
        (7, False, []),
        # A candidate cannot say that it is an old release.
        (7, True, ["release.contract-broken"]),
    ],
)
def test_the_yearbook_of_an_earlier_release_is_not_held_to_what_came_later(
    tmp_path: Path, version: int, has_work: bool, rules: list[str]
) -> None:
    made = World(tmp_path, FIGURES)
    made.yearbook()
    change(tmp_path / "xlsx/yearbook.xlsx", "xl/styles.xml", "SimSun", "Calibri")
    release = Package(
        tmp_path, {"manifest_version": version}, made.con, tuple(made.tables), has_work
    )  # fmt: skip
    assert [problem.rule_id for problem in YEARBOOK.check(release)] == rules


# --- the size of print -------------------------------------------------------------------------


def parts_of(path: Path) -> dict[str, str]:
    from zipfile import ZipFile

    with ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_what_is_wide_goes_on_beside_and_is_not_shrunk(tmp_path: Path) -> None:
    """48 years: four pages of A3 beside each other, each with the names of its rows."""
    years = tuple(
        sales(f"y{year}", "1234567.8", of_year(year)) for year in range(1978, 2026)
    )  # fmt: skip
    made = World(tmp_path, years)
    made.yearbook()
    book = load_workbook(tmp_path / "xlsx/yearbook.xlsx")
    sheet = book.worksheets[1]
    assert [brk.id for brk in sheet.col_breaks.brk] == [15, 27, 39]
    assert (sheet.page_setup.paperSize, sheet.page_setup.scale) == (8, 89)
    assert sheet.print_title_cols == "$A:$C"
    contents, page = pages(parts_of(tmp_path / "xlsx/yearbook.xlsx"))
    assert round(page.points, 2) == 8.01
    assert page.width <= page.room
    assert (round(page.room), contents.points, round(contents.room)) == (1133, 10.0, 784)


def test_the_size_of_print_is_read_from_the_file(tmp_path: Path) -> None:
    """A sheet of 10 points on A4 that is fitted to a page of twice its width prints 5."""
    styles = (
        '<styleSheet xmlns="x"><fonts><font><sz val="11"/><name val="SimSun"/></font>'
        '<font><sz val="10"/><name val="SimSun"/></font></fonts>'
        '<cellXfs><xf fontId="0"/><xf fontId="1"/></cellXfs></styleSheet>'
    )
    book = (
        '<workbook xmlns="x"><sheets><sheet name="甲"/></sheets><definedNames>'
        '<definedName name="_xlnm.Print_Area" localSheetId="0">甲!$A$1:$B$9</definedName>'
        "</definedNames></workbook>"
    )
    sheet = (
        '<worksheet xmlns="x"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        '<cols><col min="1" max="2" width="{}"/></cols>'
        '<sheetData><row><c r="A1" s="1"/></row></sheetData>'
        '<pageMargins left="0" right="0"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    )
    parts = {"xl/workbook.xml": book, "xl/styles.xml": styles}
    width = 2 * 297 / 25.4 * 72 / 2 / 6
    (page,) = pages({**parts, "xl/worksheets/sheet1.xml": sheet.format(width)})
    assert (page.sheet, round(page.points, 6), round(page.width - page.room, 6)) == ("甲", 5.0, 0)
    (small,) = pages({**parts, "xl/worksheets/sheet1.xml": sheet.format(20)})
    assert small == Page("甲", 10.0, 240.0, 297 / 25.4 * 72)


@pytest.mark.parametrize(
    ("period", "kind", "stub", "is_in"),
    [
        ("2025-12", "point", "人口（年末）", True),
        ("2025-12", "point", "人口", False),
        ("2025-11", "point", "人口（年末）", False),
        ("2025-12", "monthly", "零售额（年末）", False),
        ("2025-01/2025-12", "annual", "零售额", True),
    ],
)
def test_in_the_column_of_a_year_its_end_is_called_so(
    period: str, kind: str, stub: str, is_in: bool
) -> None:
    fact = Fact(
        "people", "990101", period, date(2025, 12, 31), "", "", "level", Decimal(9), "万人",
        "exact", "A", False, False, None, None, "", "", "", "_T", "_T", kind,
    )  # fmt: skip
    assert fact.is_in_year(stub) is is_in
