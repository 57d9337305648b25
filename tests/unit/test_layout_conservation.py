"""Whatever stands in a grid: each cell is a figure, unexpected, or declared to be no data."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.collect.functions import apply_function
from orchestration.collect.grid import Grid, RefusedError
from orchestration.collect.layouts import Told, Words, extract
from orchestration.spec import (
    Block,
    FunctionLayout,
    RecordColumns,
    RecordsLayout,
    TableLayout,
)

TOLD = Told(Words(frozenset({"万元", "亿元", "%"}), (("同比", "yoy_growth_pct"),)), "表202611.csv")
TEXTS = st.sampled_from(
    "项目 12.3 -5 1,234 … 其中： #甲 一、乙 注：说明 ①脚注 单位：万元 合计 12.3① １２ abc "
    "（2026年1月） 丙① 99999 甲/乙 / * #".split()
)
RARE = st.sampled_from("指标 数值 单位 2026年11月 11月 同比±% 表二 2027年1月".split())
CELLS = st.dictionaries(
    st.tuples(st.integers(1, 12), st.integers(1, 6)),
    st.one_of(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, RARE),
    min_size=1,
    max_size=40,
)
Header = dict[tuple[int, int], str]
SIMPLE: Header = {(1, 1): "指标", (1, 2): "数值", (1, 3): "单位"}
MONTH: Header = {
    (1, 1): "2026年11月",
    (2, 1): "指标",
    (2, 2): "11月",
    (2, 3): "同比±%",
    (2, 4): "1-11月",
    (2, 5): "同比±%",
}
TITLED: Header = {(1, 1): "2026年11月", (2, 1): "指标", (2, 2): "数值"}
DOUBLE: Header = {(1, 1): "指标", (1, 2): "数值", (1, 3): "指标", (1, 4): "数值"}
YEARS: Header = {(1, 1): "指标", (1, 2): "2024年", (1, 3): "2025年"}
MERGES = st.lists(
    st.tuples(st.integers(1, 12), st.integers(1, 6), st.integers(0, 2), st.integers(0, 2)).map(
        lambda m: (m[0], m[1], m[0] + m[2], m[1] + m[3])
    ),
    max_size=3,
).map(tuple)


def block(**given_: Any) -> Block:
    return Block.model_validate({"stub": "指标", "header_rows": 1} | given_)


def table(**given_: Any) -> TableLayout:
    return TableLayout(kind="table", blocks=(block(**given_),))


VALUE = {"header": ["数值"]}
LAYOUTS: list[tuple[TableLayout | RecordsLayout, Header]] = [
    (
        RecordsLayout(
            kind="records", columns=RecordColumns(indicator="指标", value="数值", unit="单位")
        ),
        SIMPLE,
    ),
    (
        RecordsLayout(
            kind="records",
            columns=RecordColumns(indicator="指标", value="数值", ignored=("单位",)),
        ),
        SIMPLE,
    ),
    (table(columns=[VALUE, {"header": ["单位"], "carries": "unit"}]), SIMPLE),
    (
        table(
            columns=[
                {"means": {"span": "month"}},
                {"means": {"measure": "yoy_growth_pct", "span": "month"}, "key": "growth"},
                {"means": {"span": "to_date"}},
                {"means": {"measure": "yoy_growth_pct", "span": "to_date"}, "key": "growth"},
            ],
            hierarchy=["numbering", "indent", "mark", "cut"],
        ),
        MONTH,
    ),
    (table(columns=[VALUE], side_by_side=True, ignored_rows=["合计"]), DOUBLE),
    (table(columns=[{"header": ["*"], "every": True, "period": "header"}]), YEARS),
    (
        TableLayout(
            kind="table",
            blocks=(
                block(columns=[VALUE], starts="^(?P<period>202.年.*)", every=True),
                block(columns=[VALUE], starts="^表二", optional=True),
            ),
        ),
        TITLED,
    ),
]


def grid_of(cells: dict[tuple[int, int], str], merged: Any = ()) -> Grid:
    rows = sorted((row, col, text) for (row, col), text in cells.items())
    frame = pl.DataFrame(
        rows, schema={"row": pl.Int64, "col": pl.Int64, "text": pl.String}, orient="row"
    )
    return Grid("表1", frame, merged, height=12)


@given(cells=CELLS, merged=MERGES, blank=st.booleans(), whole=st.integers(0, 9))
@settings(max_examples=120, deadline=None)
@pytest.mark.parametrize(("layout", "header"), LAYOUTS, ids=range(len(LAYOUTS)))
def test_every_cell_has_one_role(
    layout: TableLayout | RecordsLayout,
    header: Header,
    cells: Header,
    merged: Any,
    blank: bool,
    whole: int,
) -> None:
    """Law: read = figures + unexpected + no data, and a refusal is the only other way out."""
    grid = grid_of(
        {at: text for at, text in cells.items() if at[0] > 3} | header | {(4, 1): "甲"}, merged
    )
    told = Told(TOLD.words, TOLD.file_name, blank)
    try:
        found = extract([grid], layout, told)
    except RefusedError:
        return
    assert found.read == found.figures.height + found.unexpected.height + found.non_data
    at = list(found.figures.select("row", "col").iter_rows())
    assert len(set(at)) == len(at)
    texts = dict(zip(grid.cells.select("row", "col").iter_rows(), grid.cells["text"], strict=True))
    if layout.kind == "table":
        blanks = [place for place in at if place not in texts]
        assert bool(blanks) <= blank
        assert found.read == len(texts) + len(blanks)
        # Nothing that reads as a number goes down silently as a title, a name or a note.
        stray = set(found.unexpected["place"])
        for (row, col), text in texts.items():
            if text in ("12.3", "-5", "1,234", "99999") and (row, col) not in at:
                is_stray = f"表1!{'ABCDEF'[col - 1]}{row}" in stray
                assert is_stray or _is_declared(layout, row, col, texts)


def _is_declared(layout: Any, row: int, col: int, texts: dict[tuple[int, int], str]) -> bool:
    """A number as a name, in a column of units, or on a row that is declared no data."""
    names = {(r, c) for (r, c), text in texts.items() if text in ("指标", "单位")}
    under = any(c == col and r < row for r, c in names)
    ignored = any(texts.get((row, c)) == "合计" for c in range(1, 7))
    return under or ignored or any(r == row for r, _ in names)


def test_a_function_is_held_to_its_contract() -> None:
    grid = grid_of(
        {
            (1, 1): "2025年末基本情况",
            (2, 1): "户籍人口",
            (2, 2): "25.6",
            (2, 3): "万人",
            (2, 4): "学校",
            (2, 5): "43",
            (2, 6): "所",
            (3, 1): "7",
            (4, 1): "虚构数据",
        }
    )
    layout = FunctionLayout(kind="function", function="pairs")
    found = apply_function([grid], layout, TOLD)
    assert found.figures.select("indicator", "value", "unit", "period", "place").rows() == [
        ("户籍人口", "25.6", "万人", "2025年末", "表1!B2"),
        ("学校", "43", "所", "2025年末", "表1!E2"),
    ]
    assert found.unexpected.rows() == [("表1!A3", "7")]
    assert (found.read, found.non_data) == (9, 6)
    assert found.notes.rows() == [("表1!A4", "", "虚构数据")]


def test_a_function_that_finds_nothing_refuses() -> None:
    layout = FunctionLayout(kind="function", function="pairs", options={"columns": ["value", "x"]})
    with pytest.raises(RefusedError, match="wrong options: x"):
        apply_function([grid_of({(1, 1): "甲"})], layout, TOLD)
    layout = FunctionLayout(kind="function", function="pairs")
    with pytest.raises(RefusedError, match="no row is made of"):
        apply_function([grid_of({(1, 1): "甲"})], layout, TOLD)
