"""A draft of any grid runs on its own file, or says in words what a person decides first."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.authoring.draft import drafted
from orchestration.declarations import Declarations
from orchestration.errors import QutongError
from tests.fuzz.targets import check_draft, district

WORDS = (
    *("指标", "单位", "序号", "地区", "年份", "项目", "合计", "其中:", "一、"),
    *("(一)", "备注", "注:说明"),
    *("2026年3月工业", "2025年", "2024", "2024①", "2023(快报数)", "2026-01-31", "202603", "1-3月"),
    *("本月", "累计", "本年新增就业", "年末总人口", "同比增长(%)", "比重%", "上年同期", "当季值"),
    *("海曙区", "江北区", "城东街道", "全市", "云溪区", "第2", "位居第5", "错月收入"),
    *("地区生产总值(亿元)", "产量(万箱次)", "(上年同月=100)", "计划", "单位:万元", "亿元", "人"),
    *("12.3", "-4", "1,234", "0", "5.1%", "-", "…", "[c]", "1,200 [r]", "-0.2个百分点", "增长5.1%"),
    *("REF_DATE", "GEO", "VALUE", "indicator", "value", "period", "unit", "region", ""),
    *("'", '"', "# ?", "*", "|", "{x: 1}", "a: b", "\t", "%", "=1+1", "^", "[1]", "(?P<unit>"),
)
FIGURES = ("12.3", "4", "-", "", "第2", "5.1%")
CELL = st.one_of(st.sampled_from(WORDS), st.text(max_size=6), st.sampled_from(FIGURES))
TABLE = st.builds(
    lambda title, head, rows: [[title], head, *rows],
    st.sampled_from(WORDS),
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=5),
    st.lists(
        st.builds(
            lambda name, values: [name, *values],
            st.sampled_from(WORDS),
            st.lists(st.sampled_from(FIGURES), min_size=1, max_size=4),
        ),
        min_size=1,
        max_size=6,
    ),
)
HEADS = ("本月", "1-3月累计", "上年同期", "同比增长(%)", "比重(%)", "单位", "位次", "备注", "计划")
MONTH = st.builds(
    lambda title, head, names, values: [
        [title],
        ["指标", *head],
        *([name, *row[: len(head)]] for name, row in zip(names, values, strict=False)),
    ],
    st.sampled_from(("2026年3月工业(单位:万元)", "2026年3月消费", "表1 2026年1-3月投资")),
    st.lists(st.sampled_from(HEADS), min_size=1, max_size=4, unique=True),
    st.lists(st.sampled_from(WORDS[:40]), min_size=1, max_size=5, unique=True),
    st.lists(st.lists(st.sampled_from(FIGURES), min_size=4, max_size=4), min_size=5, max_size=5),
)
"""Month tables as bureaus print them, with names of every kind."""

GRID = st.one_of(
    MONTH,
    st.lists(st.lists(CELL, min_size=1, max_size=5), min_size=1, max_size=8),
    TABLE,
    st.builds(lambda one, other: [*one, [""], *other], TABLE, TABLE),
)


@pytest.fixture(scope="module")
def world() -> tuple[Declarations, Path]:
    return district()


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(grid=GRID)
def test_a_draft_of_any_grid_runs_or_says_why(
    world: tuple[Declarations, Path], grid: list[list[str]]
) -> None:
    declarations, folder = world
    width = max(map(len, grid))
    text = io.StringIO()
    csv.writer(text).writerows(row + [""] * (width - len(row)) for row in grid)
    path = folder / "grid.csv"
    path.write_text(text.getvalue(), encoding="utf-8", errors="replace")
    try:
        made = drafted(path, declarations, "grid", None)
    except QutongError as error:
        assert error.remedy
        return
    check_draft(made)


# --- tables of which the truth is known --------------------------------------------------------

MEANT = {
    "本月": ("2026-03", "monthly", "level"),
    "1-3月": ("2026-01/2026-03", "cumulative_range", "level"),
    "1-3月累计": ("2026-01/2026-03", "cumulative_range", "level"),
    "2025年": ("2025", "annual", "level"),
    "1-2月同比增长(%)": ("2026-01/2026-02", "cumulative_range", "yoy_growth_pct"),
    "3月同比(%)": ("2026-03", "monthly", "yoy_growth_pct"),
}
"""Period, its kind and the measure of a column in a table of March 2026, by its header."""

UNITS = ("万元", "吨", "亿千瓦时", "RMB mn", "thousand tonnes", "£m")
PLACES = ("title", "header", "column", "name")


@st.composite
def known_tables(draw: st.DrawFn) -> tuple[list[list[str]], set[tuple[str, ...]]]:
    """A table of a few rows with what each of its figures is."""
    heads = draw(
        st.lists(st.sampled_from(sorted(MEANT)), min_size=1, max_size=4, unique_by=MEANT.get)
    )
    names = [f"{sign}物资" for sign in draw(st.permutations("甲乙丙丁戊"))[:3]]
    unit, place = draw(st.sampled_from(UNITS)), draw(st.sampled_from(PLACES))
    is_numbered = draw(st.booleans())
    head = [f"{h}({unit})" if place == "header" and "%" not in h else h for h in heads]
    rows = [["2026年3月物资"], [f"单位:{unit}"] if place == "title" else []]
    rows.append([*(["序号"] if is_numbered else []), "指标"])
    rows[-1] += [*(["计量单位"] if place == "column" else []), *head]
    told: set[tuple[str, ...]] = set()
    for number, name in enumerate(names, start=1):
        values = draw(st.lists(st.decimals(1, 9999, places=1), min_size=4, max_size=4))
        row = [*([str(number)] if is_numbered else [])]
        row += [f"{name}({unit})" if place == "name" else name]
        row += [unit] if place == "column" else []
        rows.append([*row, *(str(value) for value in values[: len(heads)])])
        for header, value in zip(heads, values, strict=False):
            period, kind, measure = MEANT[header]
            told.add((period, kind, measure, str(value), "%" if "%" in header else unit))
    return [row for row in rows if row], told


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(table=known_tables())
def test_what_a_draft_of_a_known_table_reads_is_right(
    table: tuple[list[list[str]], set[tuple[str, ...]]],
) -> None:
    declarations, folder = district()
    grid, told = table
    width = max(map(len, grid))
    text = io.StringIO()
    csv.writer(text).writerows(row + [""] * (width - len(row)) for row in grid)
    path = folder / "known.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    made = drafted(path, declarations, "known", None)
    check_draft(made)
    assert made.outcome is not None, made.parsed.refusal
    columns = ("period", "period_kind", "measure", "value_printed", "unit_printed")
    units = declarations.codelists.unit_words
    read = {
        (*row[:4], row[4] if row[4] in (*UNITS, "%") else units[row[4]])
        for row in made.outcome.accepted.select(columns).iter_rows()
    }
    assert made.outcome.quarantined.height == 0, made.text
    assert read == told, made.text
