"""Figures of an indicator without SQL: what is found, added up, compared, and what is refused.

Belongs here: ``serve.get`` and ``serve.answer`` on a small database of literal rows. Does not
belong here: questions in SQL (``test_serve_query``).
"""

from __future__ import annotations

import io
import itertools
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.errors import QutongError
from orchestration.serve.answer import Form, write
from orchestration.serve.get import Answer, Figure, Question, _day, _tiled, answer
from orchestration.settings import CODE_ROOT

pytestmark = pytest.mark.core

INDICATORS = """
('retail', '社会消费品零售总额', 'Retail sales', 'level', '亿元', 1, 'm.retail', 'retail', false,
 'sum', 'sum', 'sum'),
('retail_growth', '社会消费品零售总额增速', 'Retail sales, growth', 'yoy_growth_pct', '%', 1,
 'm.retail', 'retail', false, 'none', 'none', 'none'),
('people', '常住人口', 'Resident population', 'level', '万人', 1, 'core.district_profile',
 'resident_population', true, 'last', 'sum', 'sum'),
('price', '均价', 'Mean price', 'level', '元', 0, null, null, false, 'mean', 'none', 'none'),
('visits', '游客人次', 'Visits', 'count', '人次', 0, null, null, false, 'sum', 'at_most', 'none'),
('odd', '未申报', 'Not declared', 'level', '亿元', 0, null, null, false, null, null, null)
"""
REGIONS = """
('10', '云溪市', 'Yunxi City', null, date '1990-01-01', null, null),
('1001', '云溪市北区', 'North', '10', date '1990-01-01', null, null),
('1002', '云溪市南区', 'South', '10', date '1990-01-01', null, null),
('1003', '云溪市老区', 'Old', '10', date '1990-01-01', date '2023-06-01', '1002')
"""
UNITS = """
('亿元', 'money', 100000000), ('元', 'money', 1), ('万人', 'people', 10000), ('人', 'people', 1)
"""


def months(indicator: str, region: str, year: int, *values: int | str) -> list[str]:
    return [
        row(indicator, region, f"{year}-{place:02}", f"{year}-{place:02}-01", value)
        for place, value in enumerate(values, start=1)
    ]


def row(
    indicator: str,
    region: str,
    period: str,
    start: str,
    value: int | str,
    *,
    end: str = "",
    kind: str = "monthly",
    breakdown: str = "_T",
    scope: str = "not_stated",
    basis: str = "current",
    stage: str = "final",
    figure_kind: str = "outturn",
    known: str = "2024-02-01",
    until: str = "",
    low: str = "",
) -> str:
    last = f"date '{end}'" if end else f"last_day(date '{start}')"
    number = f"{value}::decimal(30, 8)" if value != "" else "null"
    ends = (f"{low}::decimal(30, 8)", "null") if low else (number, number)
    name = f"{indicator}-{region}-{period}-{breakdown}-{scope}-{known}"
    units = {"retail_growth": "%", "people": "万人", "price": "元", "visits": "人次"}
    gone = f"date '{until}'" if until else "null"
    return (
        f"('{name}', '{indicator}', '{period}', '{kind}', date '{start}', {last}, '{region}', "
        f"'{scope}', '{basis}', '{breakdown}', '{figure_kind}', "
        f"'{units.get(indicator, '亿元')}', {number}, {ends[0]}, {ends[1]}, {bool(low)}, "
        f"'{'above' if low else 'exact'}', '{'A' if value != '' else 'M'}', '{stage}', "
        f"date '{known}', {gone})"
    )


def year(indicator: str, region: str, of: int, value: int | str, **more: Any) -> str:
    return row(indicator, region, f"{of}", f"{of}-01-01", value, end=f"{of}-12-31",
               kind="annual", **more)  # fmt: skip


FIGURES = [
    *months("retail", "1001", 2023, *range(1, 13)),
    *months("retail", "1001", 2024, 10, 20, 30),
    *months("retail", "1002", 2023, *[2] * 12),
    year("retail", "1001", 2022, 70, stage="preliminary"),
    year("retail", "1001", 2021, 60),
    year("retail", "1001", 2020, 50, basis="comparable"),
    year("retail", "1002", 2022, 9, low="9"),
    year("retail", "1002", 2021, 8),
    year("retail", "10", 2021, 90),
    year("retail_growth", "1001", 2022, "15.5"),
    year("retail", "1001", 2019, 11, breakdown="online"),
    year("retail", "1001", 2019, 12, breakdown="shops"),
    year("retail", "1001", 2018, 5, scope="above_quota"),
    year("retail", "1001", 2018, 9),
    year("retail", "1001", 2017, 40, known="2018-03-01", until="2019-03-01"),
    year("retail", "1001", 2017, 41, known="2019-03-01"),
    row("people", "1001", "2022-12", "2022-12-01", 20, kind="point"),
    row("people", "1001", "2021-12", "2021-12-01", 19, kind="point"),
    row("people", "1002", "2022-12", "2022-12-01", "", kind="point"),
    *months("price", "1001", 2023, *[100, 200] * 6),
    *months("visits", "1001", 2023, *[1] * 12),
    *months("visits", "1002", 2023, *[1] * 12),
    *months("odd", "1001", 2023, *[1] * 12),
]


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with the tables that an answer reads, and the macro as releases have it."""
    root = tmp_path_factory.mktemp("get")
    (root / "r1").mkdir()
    (root / "r1" / "manifest.json").write_text("{}")
    (root / "current").symlink_to("r1")
    with duckdb.connect(str(root / "r1" / "mart.duckdb")) as con:
        con.execute("create schema core; create schema meta")
        con.execute(
            "create table core.indicator as from (values " + INDICATORS + ") as t("
            "indicator_code, name_zh, name_en, measure, base_unit, decimals, mart, item, is_stock, "
            "adds_over_time, adds_over_regions, adds_over_classes)"
        )
        con.execute(
            "create table core.region as from (values " + REGIONS + ") as t(region_code, "
            "region_name_zh, region_name_en, parent_code, valid_from, valid_to, successor_codes)"
        )
        con.execute(
            "create table core.observation as select f.*, region_name_zh, false as is_simulated, "
            "null::varchar as subject, null::varchar as locality, "
            "if(indicator_code = 'retail', '消费品零售额', null) as indicator_name_printed, "
            "measure, true as is_headline, null::varchar as headline_during "
            "from (values " + ", ".join(FIGURES) + ") as f(observation_id, indicator_code, period, "
            "period_kind, period_start, period_end, region_code, scope, price_basis, breakdown, "
            "figure_kind, unit, value, value_low, value_high, is_bound, qualifier, obs_status, "
            "estimate_stage, known_from, known_to) join core.region using (region_code) "
            "join core.indicator using (indicator_code)"
        )
        con.execute(
            "create table core.dim_indicator as select 'retail_growth' as indicator_code, "
            "'retail' as growth_of, 'yoy_growth_pct' as measure, 'current' as price_basis"
        )
        con.execute(
            "create table core.series_break as select 'people' as indicator_code, "
            "null::varchar as region_code, date '2022-01-01' as begins_on, 'census' as kind, "
            "'普查修订' as kind_name_zh, 'census revision' as kind_name_en"
        )
        con.execute("create table meta.release as select '1001' as district_code")
        con.execute(
            f"create table meta.unit as from (values {UNITS}) as t(unit, dimension, factor)"
        )
        macro = (CODE_ROOT / "dbt_project" / "release" / "as_of.sql").read_text("utf-8")
        con.execute(macro)
    return root


def get(releases: Path, indicator: str = "retail", **asked: Any) -> Answer:
    return answer(releases, Question(indicator, **asked))


def lines(told: Answer, *more: str) -> list[str]:
    names = ("region_name_zh", "period", "value", "added_up", "why_no_value_en", *more)
    return [
        " | ".join(_plain(record[name]) for name in names).replace("云溪市", "")
        for record in told.records()
    ]


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "" if value is None else str(value)


def refused(releases: Path, indicator: str, **asked: Any) -> str:
    with pytest.raises(QutongError) as caught:
        get(releases, indicator, **asked)
    assert caught.value.remedy
    return str(caught.value)


# --- what is found ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["price", "均价", "mean PRICE", " 均 价 "])
def test_an_indicator_is_found_by_code_and_name(releases: Path, name: str) -> None:
    assert get(releases, name).indicator.code == "price"


def test_an_indicator_is_found_by_what_sources_call_it(releases: Path) -> None:
    assert get(releases, "消费品零售额").indicator.code == "retail"


def test_a_name_of_several_is_refused_with_all_of_them(releases: Path) -> None:
    said = refused(releases, "社会消费品")
    assert said.startswith(
        "'社会消费品' may be one of 2 indicators: retail 社会消费品零售总额; "
        "retail_growth 社会消费品零售总额增速"
    )


def test_a_name_of_none_is_refused_with_the_nearest(releases: Path) -> None:
    assert "near: price 均价" in refused(releases, "prices")


@pytest.mark.parametrize("name", ["1002", "云溪市南区", "南区", "South"])
def test_a_region_is_found_by_code_and_name(releases: Path, name: str) -> None:
    told = get(releases, "retail", regions=(name,), first="2021", last="2021")
    assert lines(told) == ["南区 | 2021 | 8 | 1 | "]


def test_a_region_of_several_and_of_none_is_refused(releases: Path) -> None:
    assert "may be one of 4 regions: 10 云溪市, 1001" in refused(
        releases, "retail", regions=("云溪",)
    )
    assert "no region is called '东区'" in refused(releases, "retail", regions=("东区",))


def test_without_a_region_it_is_the_district_and_nothing_is_added(releases: Path) -> None:
    told = get(releases, "people")
    assert lines(told, "observations") == [
        "北区 | 2021-12 | 19 | 1 |  | people-1001-2021-12-_T-not_stated-2024-02-01",
        "北区 | 2022-12 | 20 | 1 |  | people-1001-2022-12-_T-not_stated-2024-02-01",
    ]


def test_where_there_is_none_it_is_told_who_has_some(releases: Path) -> None:
    told = get(releases, "price", regions=("南区",))
    assert told.figures == ()
    assert told.notes == (
        (
            "云溪市南区 没有该指标的数字；有数字的地区：云溪市北区",
            "No figure of it for 云溪市南区; there are figures of: 云溪市北区",
        ),
    )


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [("2024", "", 3), ("2024-02", "2024年2月", 1), ("2023-Q4", "2023-Q4", 3), ("2030", "", 0)],
)
def test_from_and_to(releases: Path, first: str, last: str, count: int) -> None:
    assert len(get(releases, first=first, last=last).figures) == count


def test_what_is_no_period_and_what_ends_before_it_begins_is_refused(releases: Path) -> None:
    assert "'2024-13' is no period" in refused(releases, "retail", first="2024-13")
    assert "2024 is after 2023" in refused(releases, "retail", first="2024", last="2023")


def test_as_of_an_earlier_day(releases: Path) -> None:
    of = {"first": "2017", "last": "2017"}
    assert lines(get(releases, **of)) == ["北区 | 2017 | 41 | 1 | "]
    assert lines(get(releases, **of, as_of=date(2018, 12, 31))) == ["北区 | 2017 | 40 | 1 | "]
    assert lines(get(releases, **of, as_of=date(2018, 2, 28))) == []


# --- what is added up ---------------------------------------------------------------------------


def test_months_make_a_year_where_all_are_there_and_a_published_year_is_preferred(
    releases: Path,
) -> None:
    told = get(releases, by=("year",), first="2021")
    assert lines(told) == [
        "北区 | 2021 | 60 | 1 | ",
        "北区 | 2022 | 70 | 1 | ",
        "北区 | 2023 | 78 | 12 | ",
        "北区 | 2024 |  | 0 | there is no figure from 2024-04 to 2024-12",
    ]


def test_quarters(releases: Path) -> None:
    assert lines(get(releases, by=("quarter",), first="2023-Q3", last="2024-Q1")) == [
        "北区 | 2023-Q3 | 24 | 3 | ",
        "北区 | 2023-Q4 | 33 | 3 | ",
        "北区 | 2024-Q1 | 60 | 3 | ",
    ]


def test_regions_are_added_where_none_holds_another(releases: Path) -> None:
    asked: dict[str, Any] = {"regions": ("北区", "南区"), "by": ("year",), "first": "2021"}
    assert lines(get(releases, **asked), "value_low", "value_high") == [
        "北区、南区 | 2021 | 68 | 2 |  | 68 | 68",
        "北区、南区 | 2022 | 79 | 2 |  | 79 | ",
        "北区、南区 | 2023 | 102 | 24 |  | 102 | 102",
        "北区 | 2024 |  | 0 | there is no figure of 南区 |  | ",
    ]


def test_a_published_figure_of_the_whole_is_no_sum(releases: Path) -> None:
    asked: dict[str, Any] = {"by": ("year",), "first": "2021", "last": "2021"}
    told = get(releases, regions=("10", "北区", "南区"), **asked)
    assert lines(told) == [" | 2021 | 90 | 1 | "]


def test_a_missing_figure_makes_no_sum(releases: Path) -> None:
    told = get(releases, "people", regions=("北区", "南区"), by=("year",), first="2022")
    assert lines(told) == ["北区、南区 | 2022 |  | 0 | 南区 2022: the figure is missing"]


def test_a_stock_of_a_year_is_that_of_its_end(releases: Path) -> None:
    assert lines(get(releases, "people", by=("year",))) == [
        "北区 | 2021 | 19 | 1 | ",
        "北区 | 2022 | 20 | 1 | ",
    ]


def test_a_mean_is_a_mean(releases: Path) -> None:
    assert lines(get(releases, "price", by=("year",))) == ["北区 | 2023 | 150 | 12 | "]


@pytest.mark.parametrize(
    ("indicator", "asked", "reason"),
    [
        ("retail_growth", {"by": ("region",), "regions": ("all",)}, None),
        ("people", {"by": ("region",)}, "a figure that exists at a date is not added over time"),
        ("visits", {"by": ("year",), "regions": ("北区", "南区")},
         "not added over regions: the regions' figures do not make up the whole"),
        ("odd", {"by": ("year",)}, "nobody declared whether Not declared adds up over time"),
        ("retail", {"by": ("year",), "last": "2019", "first": "2019"},
         "no total is published, and classes may overlap or lack some: online, shops"),
        ("retail", {"by": ("year",), "last": "2018", "first": "2018"},
         "different scopes never meet: above_quota, not_stated"),
        ("retail", {"by": ("region",), "first": "2020", "last": "2021"},
         "different price bases never meet"),
        ("price", {"by": ("year", "quarter")}, "a figure has one period"),
        ("retail_growth", {"per_head": True}, "has no figure per head"),
    ],
)  # fmt: skip
def test_what_may_not_be_added_is_refused_with_the_reason(
    releases: Path, indicator: str, asked: dict[str, Any], reason: str | None
) -> None:
    if reason is None:  # one figure is no sum
        assert len(get(releases, indicator, **asked).figures) == 1
    else:
        assert reason in refused(releases, indicator, **asked)


FIRST = date(2020, 1, 1)
PIECES = st.lists(st.tuples(st.integers(0, 11), st.integers(1, 6)), max_size=14)


def figure(start: date, end: date) -> Figure:
    return Figure(
        "", "", start, end, "", "", "", "", "_T", "", "", Decimal(1), None, None, False, "", "",
        "", None, False, (),
    )  # fmt: skip


@given(PIECES)
def test_a_tiling_has_no_gap_and_no_overlap_and_is_found_where_there_is_one(
    pieces: list[tuple[int, int]],
) -> None:
    ends = [date(2020, n, 1) for n in range(1, 13)] + [date(2021, 1, 1)]
    inside = {(a, a + n) for a, n in pieces if a + n <= 12}
    rows = [figure(ends[a], date.fromordinal(ends[b].toordinal() - 1)) for a, b in sorted(inside)]
    found = _tiled(rows, FIRST, date(2020, 12, 31))
    reached = {0}
    for a, b in sorted(inside):
        reached |= {b} if a in reached else set()
    assert (found is not None) == (12 in reached)
    if found is not None:
        assert (found[0].start, found[-1].end) == (FIRST, date(2020, 12, 31))
        assert all(
            one.end.toordinal() + 1 == two.start.toordinal()
            for one, two in itertools.pairwise(found)
        )


def test_days_that_are_typed() -> None:
    assert _day("2024", is_end=True) == date(2024, 12, 31)
    assert _day("2024-02", is_end=True) == date(2024, 2, 29)
    assert _day("2024-q2", is_end=False) == date(2024, 4, 1)
    assert _day("２０２４年３月", is_end=False) == date(2024, 3, 1)


# --- beside others ------------------------------------------------------------------------------


def test_a_change_is_on_published_levels_beside_the_published_growth(releases: Path) -> None:
    told = get(releases, first="2020", last="2022", change=True)
    assert lines(told, "change_on_published", "change_pct_on_published", "growth_as_published",
                 "remark_en") == [
        "北区 | 2020 | 50 | 1 |  |  |  |  | there is no figure of a year before",
        "北区 | 2021 | 60 | 1 |  |  |  |  | there is no figure of a year before",
        "北区 | 2022 | 70 | 1 |  | 10 | 16.67 | 15.5 | stages differ: final, then preliminary",
    ]  # fmt: skip


def test_a_change_over_a_new_boundary_is_none(releases: Path) -> None:
    told = get(releases, regions=("南区",), by=("year",), change=True, first="2023")
    assert lines(told, "change_on_published", "remark_en") == [
        "南区 | 2023 | 24 | 12 |  |  | one of the two is a bound or approximate"
    ]
    told = get(releases, regions=("南区",), change=True, first="2023-07", last="2023-07")
    assert lines(told, "remark_en") == [
        "南区 | 2023-07 | 2 | 1 |  | there is no figure of a year before"
    ]


def test_a_change_over_a_break_is_none(releases: Path) -> None:
    told = get(releases, indicator="people", first="2022", change=True)
    assert lines(told, "value_year_before", "change_on_published", "remark_en") == [
        "北区 | 2022-12 | 20 | 1 |  | 19 |  | census revision on 2022-01-01"
    ]


def test_per_head_is_of_the_same_date(releases: Path) -> None:
    told = get(releases, first="2021", last="2022", per_head=True)
    assert lines(told, "per_head", "per_head_unit", "why_not_per_head_en") == [
        "北区 | 2021 | 60 | 1 |  | 31578.9 | 元/人 | ",
        "北区 | 2022 | 70 | 1 |  | 35000 | 元/人 | ",
    ]
    told = get(releases, first="2023-01", last="2023-01", per_head=True)
    assert lines(told, "why_not_per_head_en") == [
        "北区 | 2023-01 | 1 | 1 |  | no resident population of 2023-01-31 and of its scope is "
        "published"
    ]


# --- how it is written --------------------------------------------------------------------------


def written(told: Answer, form: Form) -> bytes:
    output = io.BytesIO()
    write(told, form, output)
    return output.getvalue()


def test_a_table_shows_what_differs(releases: Path) -> None:
    told = get(releases, regions=("南区",), first="2021", last="2022")
    assert written(told, "table").decode() == (
        "社会消费品零售总额 Retail sales (retail) · 亿元 · r1\n"
        "时期 period  数值 value  阶段 stage\n"
        "───────────  ──────────  ──────────\n"
        "2021                  8  final\n"
        "2022                超9  final\n"
        "(2 行 / rows)\n"
    )


def test_bars_are_to_scale_from_zero(releases: Path) -> None:
    text = written(get(releases, first="2024"), "chart").decode()
    bars = [line.count("█") for line in text.splitlines() if "█" in line]
    assert bars == [13, 27, 40]


def test_programs_get_the_same_columns_and_exact_numbers(releases: Path, tmp_path: Path) -> None:
    told = get(releases, by=("year",), first="2023", last="2023")
    header, line = written(told, "csv").decode().splitlines()
    assert header.split(",") == list(told.columns)
    assert dict(zip(told.columns, line.split(","), strict=True))["value"] == "78"
    (record,) = json.loads(written(told, "json"))
    assert (record["value"], record["added_up"]) == (78, 12)
    frame = pl.read_parquet(written(told, "parquet"))
    assert frame["value"].to_list() == [Decimal(78)]
    assert frame.columns == list(told.columns)
    file = tmp_path / "a.xlsx"
    file.write_bytes(written(told, "xlsx"))
    sheet = openpyxl.load_workbook(file)["data"]
    names, values = ([cell.value for cell in line] for line in sheet.iter_rows())
    assert names == list(told.columns)
    assert values[names.index("value")] == 78


def test_an_empty_answer_has_columns(releases: Path) -> None:
    told = get(releases, first="2030")
    assert written(told, "csv").decode().strip().split(",") == list(told.columns)
    assert told.frame().columns == list(told.columns)
