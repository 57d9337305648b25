"""How long a layout takes on a grid of a million cells, without reading any file.

pytest -m benchmark -s tests/benchmarks
"""

from __future__ import annotations

import time

import polars as pl
import pytest

from orchestration.collect.grid import Grid
from orchestration.collect.layouts import Extract, Told, Words, extract
from orchestration.spec import RecordColumns, RecordsLayout, TableLayout

pytestmark = pytest.mark.benchmark

TOLD = Told(Words(frozenset({"万元"}), (("同比", "yoy_growth_pct"),)), "表.xlsx")
WIDE, LONG = 1_001, 1_000


def wide() -> Grid:
    """A table of 1 000 rows and 1 000 columns of years, a stub and a title."""
    rows = pl.DataFrame({"row": range(3, LONG + 3)}, schema={"row": pl.Int64})
    cols = pl.DataFrame({"col": range(2, WIDE + 1)}, schema={"col": pl.Int64})
    body = rows.join(cols, how="cross").with_columns(
        text=(pl.col("row") * pl.col("col")).cast(pl.String)
    )
    stub = rows.with_columns(col=pl.lit(1, dtype=pl.Int64), text=pl.format("　项目{}", "row"))
    head = pl.DataFrame(
        {
            "row": [1, *[2] * WIDE],
            "col": [1, *range(1, WIDE + 1)],
            "text": ["某表（2025年）", "指标", *(f"{1000 + n}年" for n in range(WIDE - 1))],
        },
        schema=body.schema,
    )
    return Grid(
        "表1",
        pl.concat([body.select("row", "col", "text"), stub, head]).sort("row", "col"),
        height=LONG + 2,
    )


def records() -> Grid:
    """200 000 records of five fields."""
    number = 200_000
    frame = pl.DataFrame({"row": range(2, number + 2)}, schema={"row": pl.Int64})
    fields = [
        pl.format("指标{}", pl.col("row") % 500),
        pl.lit("云溪区"),
        pl.lit("2025年"),
        pl.col("row").cast(pl.String),
        pl.lit("万元"),
    ]
    names = ("指标", "地区", "期间", "数值", "单位")
    parts = [
        frame.select("row", col=pl.lit(n, dtype=pl.Int64), text=field)
        for n, field in enumerate(fields, start=1)
    ]
    head = pl.DataFrame({"row": [1] * 5, "col": range(1, 6), "text": names}, schema=parts[0].schema)
    return Grid("", pl.concat([head, *parts]).sort("row", "col"), height=number + 1)


def timed(what: str, grid: Grid, layout: TableLayout | RecordsLayout) -> Extract:
    """The best of three, printed."""
    best = 1e9
    for _ in range(3):
        begin = time.perf_counter()
        found = extract([grid], layout, TOLD)
        best = min(best, time.perf_counter() - begin)
    print(f"\n{what}: {grid.cells.height} cells, {best:.2f} s")
    return found


def test_a_printed_table_of_a_million_cells() -> None:
    layout = TableLayout.model_validate(
        {
            "kind": "table",
            "blocks": [
                {
                    "stub": "指标",
                    "header_rows": 1,
                    "columns": [{"header": ["*"], "every": True, "period": "header"}],
                }
            ],
        }
    )
    grid = wide()
    found = timed("table", grid, layout)
    assert found.figures.height == LONG * (WIDE - 1)


def test_records_of_a_million_cells() -> None:
    layout = RecordsLayout(
        kind="records",
        columns=RecordColumns(
            indicator="指标", region="地区", period="期间", value="数值", unit="单位"
        ),
    )
    grid = records()
    found = timed("records", grid, layout)
    assert found.figures.height == 200_000
