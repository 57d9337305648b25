"""Records: one row a figure, columns found by the texts of one header row.

Belongs here: finding the header and lining the columns up. Does not belong here: printed tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.collect.grid import Grid, Rectangle
from orchestration.collect.layouts.extract import (
    NUMERIC,
    TEXT_COLUMNS,
    Extract,
    Told,
    missing_column,
    no_notes,
    period_in,
    title_text,
    twice,
    unexpected_cells,
    unknown_columns,
    with_all_columns,
)
from orchestration.collect.periods import joined
from orchestration.text import same

if TYPE_CHECKING:
    import polars as pl

    from orchestration.spec import RecordsLayout

SEARCHED_ROWS = 20
"""The header stands in these first rows; a title and remarks may stand above it."""


def extract_records(grid: Grid, layout: RecordsLayout, told: Told) -> Extract:
    """The figures of one grid; counted in rows, a stray cell is a row more.

    Raises:
        RefusedError: a declared column is not there, stands twice, or one nobody declared is.
    """
    import polars as pl

    declared = _declared(layout)
    top = grid.head(SEARCHED_ROWS)
    if not top.height:
        top = grid.cells  # the file begins with many blank rows
    header_row = _header_row(top, list(declared.values()))
    header = top.filter(pl.col("row") == header_row)
    ignored = {same(text) for text in (*layout.columns.ignored, *grid.offered)}
    positions = _positions(grid, header, header_row, declared, ignored)
    above = top.filter(pl.col("row") < header_row)
    ignored_cols = [
        col for col, text in header.select("col", "text").iter_rows() if same(text) in ignored
    ]
    body = _body(grid, header_row, positions, ignored_cols)
    is_number = pl.col("text").str.contains(NUMERIC)
    stray = pl.concat([above.filter(is_number).select("row", "col", "text"), body.stray])
    figures = grid.places(
        _whole_name(_whole_period(body.rows, declared), declared).with_columns(
            pl.lit("value").alias("column_key"),
            pl.lit(grid.name).alias("sheet"),
            pl.lit(positions["value"], dtype=pl.Int64).alias("col"),
        )
    )
    if layout.columns.present is not None and "present" in figures.columns:
        says_no = pl.col("present").str.to_lowercase().is_in(["false", "0", "no", "n", "否", "无"])
        blank = pl.when(says_no).then(pl.lit("")).otherwise(pl.col("value"))
        figures = figures.with_columns(value=blank)
    # A record of a nested file may lack its value: it is known by the place of another field, or
    # by its own where that field stands outside it.
    if figures["place"].null_count():
        known = grid.cells.filter(pl.col("col").is_in(list(positions.values())))
        first = grid.places(known.select("row", "col").unique("row", keep="first"))
        record = pl.col("place").str.replace(r"#[^#'\]]*$", "")
        figures = (
            figures.join(first.select("row", other=record), on="row", how="left")
            .with_columns(place=pl.coalesce("place", "other"))
            .drop("other")
        )
    title_rows = above.filter(~is_number)["row"].n_unique()
    non_data = 1 + title_rows + body.idle + grid.ignored
    unexpected = unexpected_cells(grid, stray)
    return Extract(
        figures=with_all_columns(
            figures.with_columns(
                report_period=pl.lit(_report_period(grid, layout, above, told), dtype=pl.String),
                period_source=pl.lit("row" if layout.columns.period else "constant"),
            )
        ),
        unexpected=unexpected,
        read=non_data + figures.height + unexpected.height,
        non_data=non_data,
        unit="row",
        notes=no_notes(),
    )


def _declared(layout: RecordsLayout) -> dict[str, str]:
    """Header text by part; further parts of a period or name are ``period 2`` and so on."""
    declared: dict[str, str] = {}
    for name in (*TEXT_COLUMNS, "present"):
        text = getattr(layout.columns, name)
        if isinstance(text, tuple):
            declared |= {
                name if n == 1 else f"{name} {n}": part for n, part in enumerate(text, start=1)
            }
        elif text is not None:
            declared[name] = text
    return declared


def _whole_period(rows: pl.DataFrame, declared: dict[str, str]) -> pl.DataFrame:
    """The rows with a period that stands in several columns put together."""
    import polars as pl

    names = [name for name in declared if name.partition(" ")[0] == "period"]
    if len(names) < 2:
        return rows
    absent = [pl.lit(None, dtype=pl.String).alias(n) for n in names if n not in rows.columns]
    rows = rows.with_columns(absent)
    distinct = rows.select(names).unique()
    heads = [declared[name] for name in names]
    told = [joined(list(zip(heads, parts, strict=True))) for parts in distinct.iter_rows()]
    distinct = distinct.with_columns(pl.Series("_whole", told, dtype=pl.String))
    return (
        rows.join(distinct, on=names, how="left", nulls_equal=True, maintain_order="left")
        .drop(names)
        .rename({"_whole": "period"})
    )


def _whole_name(rows: pl.DataFrame, declared: dict[str, str]) -> pl.DataFrame:
    """The rows with a name or a status that stands in several columns: 游客人次/本月."""
    import polars as pl

    for part, between in (("indicator", "/"), ("status", " ")):
        names = [name for name in declared if name.partition(" ")[0] == part]
        if len(names) < 2:
            continue
        absent = [pl.lit(None, dtype=pl.String).alias(n) for n in names if n not in rows.columns]
        rows = rows.with_columns(absent)
        texts = [pl.when(pl.col(name) != "").then(name) for name in names]
        whole = pl.concat_str(texts, separator=between, ignore_nulls=True)
        rows = rows.with_columns(_whole=pl.when(whole != "").then(whole))
        rows = rows.drop(names).rename({"_whole": part})
        if part == "indicator":
            rows = rows.with_columns(indicator_path=pl.col("indicator"))
    return rows


@dataclass(frozen=True)
class _Body:
    """What stands below the header.

    Attributes:
        rows: ``row`` and a text column for each declared part; rows with none of them are left out.
        stray: Cells of columns without a header: ``row``, ``col``, ``text``.
        idle: How many rows hold something in ignored columns alone: no data, and counted.
    """

    rows: pl.DataFrame
    stray: pl.DataFrame
    idle: int


def _body(grid: Grid, header_row: int, positions: dict[str, int], ignored: list[int]) -> _Body:
    import polars as pl

    if isinstance(grid, Rectangle):
        wide = grid.columns.with_row_index("row", offset=1).slice(header_row)
        wide = wide.with_columns(pl.col("row").cast(pl.Int64))
        named = {name: pl.col(str(col)) for name, col in positions.items()}
        known = {str(col) for col in (*positions.values(), *ignored)}
        others = [name for name in grid.columns.columns if name not in known]
        stray = (
            wide.select("row", *others)
            .unpivot(index="row", variable_name="col", value_name="text")
            .filter(pl.col("text").is_not_null())
            .select("row", pl.col("col").cast(pl.Int64), "text")
            .sort("row", "col")
        )
        has_any = pl.any_horizontal(column.is_not_null() for column in named.values())
        idle = 0
        if ignored:
            only = pl.any_horizontal(pl.col(str(col)).is_not_null() for col in ignored)
            idle = wide.filter(only & ~has_any).height
        return _Body(wide.filter(has_any).select("row", **named), stray, idle)
    below = grid.cells.filter(pl.col("row") > header_row)
    stray = below.filter(~pl.col("col").is_in([*positions.values(), *ignored]))
    by_position = {col: name for name, col in positions.items()}
    cells = below.filter(pl.col("col").is_in(list(by_position))).with_columns(
        name=pl.col("col").replace_strict(by_position, return_dtype=pl.String)
    )
    rows = pl.DataFrame(schema={"row": pl.Int64})
    if cells.height:
        rows = cells.pivot(on="name", index="row", values="text").sort("row")
    beside = below.filter(pl.col("col").is_in(ignored)).join(cells, on="row", how="anti")
    return _Body(rows, stray.select("row", "col", "text"), beside["row"].n_unique())


def _header_row(top: pl.DataFrame, wanted: list[str]) -> int:
    """The first row that carries every declared text; else the first row, which then is wrong."""
    import polars as pl

    first = int(top["row"][0])  # cells come row by row
    keys = {same(text) for text in wanted}
    near = top.filter(pl.col("row") < first + SEARCHED_ROWS)
    for (row,), cells in near.group_by("row", maintain_order=True):
        if keys <= {same(text) for text in cells["text"]}:
            return int(str(row))
    return first


def _positions(
    grid: Grid,
    header: pl.DataFrame,
    header_row: int,
    declared: dict[str, str],
    ignored: set[str],
) -> dict[str, int]:
    place = grid.where(header_row)
    found: dict[str, list[int]] = {}
    printed: dict[str, str] = {}
    for col, text in header.select("col", "text").iter_rows():
        found.setdefault(same(text), []).append(col)
        printed[same(text)] = text
    positions: dict[str, int] = {}
    for name, text in declared.items():
        columns = found.pop(same(text), [])
        if not columns:
            raise missing_column(place, text, list(printed.values()))
        if len(columns) > 1:
            raise twice(place, text, len(columns))
        positions[name] = columns[0]
    unknown = [printed[key] for key in found if key not in ignored]
    if unknown:
        raise unknown_columns(place, unknown)
    return positions


def _report_period(
    grid: Grid, layout: RecordsLayout, above: pl.DataFrame, told: Told
) -> str | None:
    """What the relative periods of the rows refer to, if anything says it."""
    if layout.period_from != "title":
        name = grid.name if layout.period_from == "sheet" else told.file_name
        return period_in(name, layout.period_written)
    for text in above["text"]:
        match = re.search(layout.period_written, title_text(text))
        if match:
            return match.group("period")
    return None
