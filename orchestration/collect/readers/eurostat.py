r"""Eurostat's bulk tables (TSV): keys packed into the first column, periods across, flags behind.

Belongs here: unpacking such a table into one row a figure. Does not belong here: decoding it
(``delimited``), JSON-stat and SDMX, in which the same office answers too (``cube``, ``sdmx_csv``),
and what a key or a flag means (the declaration).

The first header is ``freq,unit,geo\TIME_PERIOD``: the names of the keys, and of what runs across.
A cell is a number and perhaps a flag (``41.4 p``), or ``:`` for none and perhaps a flag (``: c``).
One row for each cell, in the order of the file; its place is that of the cell (R7C5). Columns: the
keys as the file calls them, ``TIME_PERIOD``, ``OBS_VALUE`` (blank where there is none),
``OBS_FLAG``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestration.collect.grid import Grid, Listing, Rectangle, RefusedError
from orchestration.collect.readers import delimited
from orchestration.collect.readers.frames import by_columns

if TYPE_CHECKING:
    import polars as pl

    from orchestration.spec import Source

TIME, VALUE, FLAG = "TIME_PERIOD", "OBS_VALUE", "OBS_FLAG"
_PACKED = re.compile(r"[A-Za-z][A-Za-z0-9_]*(,[A-Za-z][A-Za-z0-9_]*)*\\(TIME_PERIOD|time)", re.I)
_CELL = r"^(:|[^\s:]+)\s*([a-z]{0,4})$"


def is_packed(first_line: str) -> bool:
    """Whether the first line of a text is the header of such a table."""
    first = first_line.lstrip("\ufeff").split("\t", 1)
    return len(first) == 2 and _PACKED.fullmatch(first[0].strip()) is not None


def read(content: bytes, source: Source) -> list[Grid]:
    """The one grid of a bulk table.

    Raises:
        RefusedError: no delimited text, no packed keys, or a row that has more or fewer of them.
    """
    import polars as pl

    (grid,) = delimited.read(content, source.model_copy(update={"delimiter": "\t"}))
    assert isinstance(grid, Rectangle)
    head = str(grid.columns["1"][0] or "").strip()
    if _PACKED.fullmatch(head) is None:
        raise RefusedError(
            "delivery.missing-column",
            "R1C1",
            r"不是 Eurostat 批量表: 首格应为 freq,unit,geo\TIME_PERIOD 之类的键名",
            r"no bulk table of Eurostat: its first cell should name keys as in "
            r"freq,unit,geo\TIME_PERIOD",
        )
    names = head.rpartition("\\")[0].split(",")
    keys = grid.columns["1"].slice(1)
    _refuse_other_keys(keys, len(names))
    packed = keys.str.split(",")
    body = grid.columns.slice(1).with_row_index("row", offset=2)
    periods = {name: str(grid.columns[name][0] or "").strip() for name in grid.columns.columns[1:]}
    parts = [packed.list.get(n).str.strip_chars().alias(f"key {n}") for n in range(len(names))]
    long = (
        body.drop("1")
        .with_columns(parts)
        .unpivot(index=["row", *(part.name for part in parts)], variable_name="col")
        .with_columns(pl.col("col").cast(pl.Int64), text=pl.col("value").str.strip_chars())
        .sort("row", "col")
        .filter(pl.col("text").is_not_null())
    )
    number, flag = (pl.col("text").str.extract(_CELL, n) for n in (1, 2))
    long = long.with_columns(
        number=pl.when(number.is_null()).then("text").when(number != ":").then(number),
        flag=pl.when(flag != "").then(flag),
        period=pl.col("col").cast(pl.String).replace_strict(periods, return_dtype=pl.String),
        place=pl.format("R{}C{}", "row", "col"),
    )
    heads = [*names, TIME, VALUE, FLAG]
    told = [*(part.name for part in parts), "period", "number", "flag"]
    frame = pl.DataFrame(
        [
            pl.concat([pl.Series([head], dtype=pl.String), long[column].rename("")]).alias(str(n))
            for n, (head, column) in enumerate(zip(heads, told, strict=True), start=1)
        ]
    )
    return [Listing(by_columns(frame, is_stripped=True), long["place"], VALUE, frozenset())]


def _refuse_other_keys(keys: pl.Series, wanted: int) -> None:
    import polars as pl

    counts = keys.fill_null("").str.count_matches(",", literal=True) + 1
    wrong = pl.DataFrame({"n": counts}).select(pl.arg_where(pl.col("n") != wanted)).to_series()
    if len(wrong):
        row = int(wrong[0]) + 2
        raise RefusedError(
            "delivery.unreadable-file",
            f"R{row}C1",
            f"首列应有 {wanted} 个键, 此行有 {counts[row - 2]} 个",
            f"the first column has {wanted} keys by its header, and {counts[row - 2]} here",
        )
