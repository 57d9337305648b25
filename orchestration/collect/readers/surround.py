"""Tables of pages and documents, with the lines of text that belong to them.

Belongs here: which lines are a table's title and unit, which are its notes, and how they become
rows of its grid. Does not belong here: finding tables and lines in a file.

The last five lines before a table, since the table before it, become rows above it in column 1;
the notes that directly follow become rows below it. The numbers of rows count these lines, so row
1 is the first line above, and the table's own first row follows the last of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestration.collect.grid import TEXT, Grid
from orchestration.collect.readers.frames import build, leading_blanks
from orchestration.collect.readers.merged import uncovered
from orchestration.collect.readers.selection import Found

if TYPE_CHECKING:
    import polars as pl

MAX_ABOVE = 5

_NOTE = re.compile(
    r"[\s(（【\[]*(?:注[:：\s\d①1]|注$|备注|附注|说明|资料来源|数据来源|来源[:：]|[①-⑳*＊※]|note|source)",
    re.I,
)
_GOES_ON = re.compile(r"\s*(?:[（(]?\d{1,2}[)）.、．:：]|[①-⑳])")


@dataclass
class Line:
    """A line of text outside of tables."""

    text: str
    is_bold: bool = False


@dataclass
class Table:
    """A table while it is read; rows and columns count from 1 within the table."""

    rows: list[int] = field(default_factory=list)
    cols: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    indents: list[int] = field(default_factory=list)
    bold: list[bool] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    height: int = 0
    is_hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_cols: list[tuple[int, int]] = field(default_factory=list)
    hidden_cells: set[tuple[int, int]] = field(default_factory=set)
    ignored: int = 0
    prefix: str = ""

    def add(self, row: int, col: int, text: str, indent: int = 0, *, is_bold: bool = False) -> None:
        """Add a cell."""
        self.rows.append(row)
        self.cols.append(col)
        self.texts.append(text)
        self.indents.append(indent)
        self.bold.append(is_bold)
        self.height = max(self.height, row)


def assemble(parts: Sequence[Line | Table], *, wants_format: bool) -> list[Found]:
    """The tables of a file in their order, each with its lines above and below.

    They are named 表1, 表2 …; where a table has a prefix (第2页), they are numbered within it.
    """
    tables = [position for position, item in enumerate(parts) if isinstance(item, Table)]
    numbers: dict[str, int] = {}
    found = []
    start = 0
    for order, position in enumerate(tables):
        table = parts[position]
        if not isinstance(table, Table):
            continue
        end = tables[order + 1] if order + 1 < len(tables) else len(parts)
        above = [p for p in parts[start:position] if isinstance(p, Line)][-MAX_ABOVE:]
        below = _notes([p for p in parts[position + 1 : end] if isinstance(p, Line)])
        start = position + 1 + len(below)
        number = numbers[table.prefix] = numbers.get(table.prefix, 0) + 1
        name = f"{table.prefix}表{number}"
        found.append(_found(name, table, above, below, wants_format=wants_format))
    return found


def _notes(lines: Sequence[Line]) -> list[Line]:
    found: list[Line] = []
    for line in lines:
        if not _NOTE.match(line.text) and not (found and _GOES_ON.match(line.text)):
            break
        found.append(line)
    return found


def _found(
    name: str, table: Table, above: Sequence[Line], below: Sequence[Line], *, wants_format: bool
) -> Found:
    shift = len(above)
    lines = [(i, line) for i, line in enumerate(above, start=1)]
    lines += [(i, line) for i, line in enumerate(below, start=shift + table.height + 1)]
    rows = [row + shift for row in table.rows] + [row for row, _ in lines]
    cols = table.cols + [1] * len(lines)
    texts = table.texts + [line.text for _, line in lines]
    formats: dict[str, Sequence[object]] | None = None
    if wants_format:
        formats = {
            "kind": [TEXT] * len(texts),
            "indent": table.indents + [leading_blanks(line.text) for _, line in lines],
            "is_bold": table.bold + [line.is_bold for _, line in lines],
        }
    cells: pl.DataFrame = build(rows, cols, texts, formats)
    merged = tuple((r1 + shift, c1, r2 + shift, c2) for r1, c1, r2, c2 in table.merged)
    cells, covered, dropped = uncovered(cells, merged)
    height = table.height + len(lines)
    return Found(
        Grid(name, cells, merged, height, addressing="rc", ignored=table.ignored + dropped),
        is_hidden=table.is_hidden,
        hidden_rows={row + shift for row in table.hidden_rows},
        hidden_cols=table.hidden_cols,
        hidden_cells={(row + shift, col) for row, col in table.hidden_cells} | covered,
    )
