"""The grid: what every reader makes of a file, and all that a layout ever sees of it.

Belongs here: the cells of one sheet or table, and how a cell is addressed. Does not belong here:
decoding files (``readers``) and knowing which cell means what (``layouts``).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

TEXT, NUMBER, DATE, BOOLEAN, ERROR, FORMULA = (
    "text",
    "number",
    "date",
    "boolean",
    "error",
    "formula",
)
"""Kinds of a cell: as the file types it, not as it looks. A formula here is one without a value."""

Addressing = Literal["a1", "rc", "path"]


class RefusedError(Exception):
    """The whole delivery cannot be used; names the rule of the catalogue that it broke.

    Args:
        rule: Rule id.
        place: Where in the file.
        detail_zh: What exactly, in Chinese; carries no text of a data cell.
        detail_en: The same in English.
    """

    def __init__(self, rule: str, place: str, detail_zh: str, detail_en: str) -> None:
        self.rule = rule
        self.place = place
        self.detail_zh = detail_zh
        self.detail_en = detail_en
        super().__init__(rule, place, detail_zh, detail_en)  # as another process makes it again

    def __str__(self) -> str:
        return f"{self.rule} at {self.place}: {self.detail_en}"


@dataclass(frozen=True)
class Grid:
    """One sheet of a workbook, one table of a document, or one text file.

    Attributes:
        name: How people call it: the sheet's name, ``表2`` for the second table of a document,
            ``第3页表1`` in a PDF; empty for a file that is one table (CSV, JSON, Parquet).
        cells: Non-empty cells ordered by row and column. Always ``row`` and ``col`` (from 1) and
            ``text`` (as the file shows it, without outer blanks). A reader that was asked for
            formats, and whose format has them, adds ``kind`` (see the constants above), ``indent``
            (leading blanks in columns of a terminal: a full-width one counts 2, a step of a
            workbook's indent 2) and ``is_bold``. A reader of nested data adds ``place``.
        merged: Merged ranges as (first row, first column, last row, last column).
        height: Number of rows including blank ones.
        addressing: ``a1`` prints ``表1!B7``, ``rc`` prints ``表1!R7C2``, ``path`` the column
            ``place`` of the cells.
        ignored: Cells that the declaration told the reader to leave out: no data, but counted.
        offered: Headers of columns that the reader made besides what the file says of its figures
            (the label of a code, the name of a data flow): a declaration may use them, and need
            not know of them.
    """

    name: str
    cells: pl.DataFrame
    merged: tuple[tuple[int, int, int, int], ...] = ()
    height: int = 0
    addressing: Addressing = "a1"
    ignored: int = 0
    offered: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether there is no cell with content."""
        return self.cells.height == 0

    def head(self, rows: int) -> pl.DataFrame:
        """The cells down to that row."""
        import polars as pl

        return self.cells.filter(pl.col("row") <= rows)

    def with_cells(self, cells: pl.DataFrame) -> Grid:
        """The same sheet or table with other cells."""
        return Grid(
            self.name,
            cells,
            self.merged,
            self.height,
            self.addressing,
            self.ignored,
            self.offered,
        )

    def formatted(self) -> pl.DataFrame:
        """The cells with ``kind``, ``indent`` and ``is_bold``, read or assumed."""
        import polars as pl

        defaults = {
            "kind": pl.lit(TEXT),
            "indent": pl.lit(0, dtype=pl.Int32),
            "is_bold": pl.lit(value=False),
        }
        missing = [e.alias(n) for n, e in defaults.items() if n not in self.cells.columns]
        return self.cells.with_columns(missing)

    def place(self, row: int, col: int) -> str:
        """The address of one cell as people write it."""
        if self.addressing == "path":
            import polars as pl

            hit = self.cells.filter((pl.col("row") == row) & (pl.col("col") == col))
            if hit.height:
                return str(hit["place"][0])
        if self.addressing == "a1" and self.name:
            return f"{self.name}!{letters(col)}{row}"
        inside = f"R{row}C{col}"
        return f"{self.name}!{inside}" if self.name else inside

    def where(self, row: int) -> str:
        """The address of a row."""
        return f"{self.name}!row {row}" if self.name else f"row {row}"

    def places(self, cells: pl.DataFrame) -> pl.DataFrame:
        """``cells`` (columns ``row`` and ``col``) with their addresses in a column ``place``."""
        import polars as pl

        if self.addressing == "path":
            if "place" in cells.columns:
                return cells
            known = self.cells.select("row", "col", "place")
            return cells.join(known, on=["row", "col"], how="left", maintain_order="left")
        row = pl.col("row").cast(pl.String)
        if self.addressing == "a1" and self.name:
            columns = cells["col"].unique().to_list()
            marks = {col: letters(col) for col in columns}
            mark = pl.col("col").replace_strict(marks, default="", return_dtype=pl.String)
            place = pl.concat_str([pl.lit(f"{self.name}!"), mark, row])
        else:
            head = f"{self.name}!R" if self.name else "R"
            place = pl.concat_str([pl.lit(head), row, pl.lit("C"), pl.col("col").cast(pl.String)])
        return cells.with_columns(place.alias("place"))


class Rectangle(Grid):
    """A file that is one rectangle of texts (CSV, Parquet), kept as it was decoded: by columns.

    Records are taken from the columns as they are; cells are only made where something asks for
    them, because that costs as much as decoding the file.

    Args:
        columns: Its columns as texts without outer blanks, the header in the first row; blank
            fields are null.
        offered: See ``Grid``.
    """

    def __init__(self, columns: pl.DataFrame, offered: frozenset[str] = frozenset()) -> None:
        for name, value in {
            "offered": offered,
            "name": "",
            "merged": (),
            "height": columns.height,
            "addressing": "rc",
            "ignored": 0,
            "columns": columns,
        }.items():
            object.__setattr__(self, name, value)

    columns: pl.DataFrame

    @property
    def is_empty(self) -> bool:
        return all(column.null_count() == len(column) for column in self.columns)

    def head(self, rows: int) -> pl.DataFrame:
        from orchestration.collect.readers.frames import lengthen

        return lengthen(self.columns.head(rows).get_columns(), is_stripped=True)

    @functools.cached_property
    def cells(self) -> pl.DataFrame:
        """The cells of the rectangle, in reading order."""
        from orchestration.collect.readers.frames import lengthen

        return lengthen(self.columns.get_columns(), is_stripped=True)


class Listing(Rectangle):
    """Observations that stand anywhere in a file, one a row: each row knows its own place.

    The number of an observation is addressed by the place of the observation itself, what is said
    of it by that place and the header: ``$.value[7]``, ``$.value[7]#Region``.

    Args:
        columns: As of a ``Rectangle``.
        origin: Place of each observation, from the second row on.
        value: Header of the column of numbers.
        offered: See ``Grid``.
    """

    def __init__(
        self, columns: pl.DataFrame, origin: pl.Series, value: str, offered: frozenset[str]
    ) -> None:
        super().__init__(columns, offered)
        headers = [str(column[0] or "") for column in columns]
        marks = {n: "" if h == value else f"#{h}" for n, h in enumerate(headers, start=1)}
        for name, told in {"addressing": "path", "origin": origin, "_marks": marks}.items():
            object.__setattr__(self, name, told)

    origin: pl.Series
    _marks: dict[int, str]

    @functools.cached_property
    def cells(self) -> pl.DataFrame:
        """The cells of the rectangle with their places, in reading order."""
        return self.places(super().cells)

    def place(self, row: int, col: int) -> str:
        above = "" if row == 1 else str(self.origin[row - 2])
        return (above + self._marks[col]) or f"#{self.columns[str(col)][0]}"

    def places(self, cells: pl.DataFrame) -> pl.DataFrame:
        import polars as pl

        if "place" in cells.columns:
            return cells
        heads = pl.Series("place", [""], dtype=pl.String)
        above = pl.concat([heads, self.origin.cast(pl.String).alias("place")])
        mark = pl.col("col").replace_strict(self._marks, return_dtype=pl.String)
        place = above.gather(cells["row"] - 1)
        own = cells.with_columns(place=pl.concat_str(place, mark))
        column = pl.col("col").cast(pl.Int64)
        names = {col: f"#{self.columns[str(col)][0]}" for col in self._marks}
        bare = column.replace_strict(names, return_dtype=pl.String)
        return own.with_columns(place=pl.when(pl.col("place") == "").then(bare).otherwise("place"))


def letters(col: int) -> str:
    """The letters of a column: 1 is A, 27 is AA."""
    found = ""
    while col > 0:
        col, rest = divmod(col - 1, 26)
        found = chr(65 + rest) + found
    return found
