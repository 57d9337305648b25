"""Cells become frames: what all readers share once their library has decoded the file.

Belongs here: building, stripping and ordering the columns of a grid, and the limits. Does not
belong here: any one format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from orchestration.collect.grid import RefusedError

if TYPE_CHECKING:
    import polars as pl

MAX_CELLS = 20_000_000

INVISIBLE = "\u200b\ufeff\u2060"
"""Blanks of no width, which Unicode does not count among the blanks."""


def limit(cells: int) -> None:
    """Refuse what would not fit into memory.

    Raises:
        RefusedError: more than ``MAX_CELLS`` cells.
    """
    if cells > MAX_CELLS:
        raise RefusedError(
            "delivery.unsafe-file",
            "file",
            f"单元格数超过 {MAX_CELLS}",
            f"more than {MAX_CELLS} cells",
        )


def build(
    rows: Sequence[int],
    cols: Sequence[int],
    texts: Sequence[str],
    formats: Mapping[str, Sequence[object]] | None = None,
    *,
    is_sorted: bool = False,
) -> pl.DataFrame:
    """The frame of a grid: texts without outer blanks, empty ones left out, in reading order.

    Args:
        rows: Row of each text, from 1.
        cols: Column of each text, from 1.
        texts: The texts, blank ones among them.
        formats: Further columns (``kind``, ``indent``, ``is_bold``, ``place``) by name.
        is_sorted: Whether the texts come by row and column already.
    """
    import polars as pl

    columns = [
        pl.Series("row", rows, dtype=pl.Int64),
        pl.Series("col", cols, dtype=pl.Int64),
        pl.Series("text", texts, dtype=pl.String),
    ]
    for name, values in (formats or {}).items():
        columns.append(pl.Series(name, values, dtype=_type_of(name)))
    return tidy(pl.DataFrame(columns), is_sorted=is_sorted)


def _type_of(name: str) -> pl.DataType:
    import polars as pl

    types = {"indent": pl.Int32(), "is_bold": pl.Boolean()}
    return types.get(name, pl.String())


def tidy(cells: pl.DataFrame, *, is_sorted: bool) -> pl.DataFrame:
    """``cells`` without outer blanks and without empty texts, in reading order."""
    import polars as pl

    text = pl.col("text")
    cells = cells.with_columns(text.str.strip_chars()).filter(text != "")
    return cells if is_sorted else cells.sort("row", "col")


def interleave(columns: Sequence[pl.Series]) -> pl.Series:
    """The values of columns of one length, row by row."""
    import numpy as np
    import polars as pl

    if len(columns) == 1:
        return columns[0]
    height, width = len(columns[0]), len(columns)
    order = np.arange(height * width, dtype=np.uint32).reshape(width, height).T.ravel()
    return pl.concat([c.alias("text") for c in columns], rechunk=True).gather(order)


def lengthen(
    columns: Sequence[pl.Series], *, first_row: int = 1, is_stripped: bool = False
) -> pl.DataFrame:
    """The cells of a rectangle given by its columns; null and empty ones left out."""
    import numpy as np
    import polars as pl

    if not columns:
        return build([], [], [])
    height, width = len(columns[0]), len(columns)
    limit(height * width)
    cells = pl.DataFrame(
        [
            pl.Series("row", np.repeat(np.arange(first_row, first_row + height), width)),
            pl.Series("col", np.tile(np.arange(1, width + 1), height)),
            interleave(columns).alias("text"),
        ]
    )
    if is_stripped:
        return cells.filter(pl.col("text") != "")
    return tidy(cells, is_sorted=True)


def by_columns(frame: pl.DataFrame, *, is_stripped: bool) -> pl.DataFrame:
    """Columns named 1, 2 … of texts without outer blanks, blank ones null.

    Raises:
        RefusedError: more than ``MAX_CELLS`` cells.
    """
    import polars as pl

    limit(frame.height * frame.width)
    frame = frame.rename({name: str(n) for n, name in enumerate(frame.columns, start=1)})
    if not is_stripped:
        frame = frame.with_columns(pl.all().str.strip_chars())
    return frame.with_columns(pl.when(pl.all() != "").then(pl.all()))


def leading_blanks(text: str) -> int:
    """How far a text is moved in, in columns of a terminal: a full-width blank counts two."""
    found = 0
    for character in text:
        if character == "\u3000":
            found += 2
        elif character in " \u00a0\u2007\u202f\u2002\u2003\t":
            found += 1
        elif character not in INVISIBLE:
            return found
    return 0
