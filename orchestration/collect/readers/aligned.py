"""Tables that are printed without vertical lines: their columns are where texts stand.

Belongs here: characters to lines and chunks, columns by alignment, headers over several columns.
Does not belong here: opening a file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from orchestration.collect.readers.surround import Table

GAP = 0.8
"""Blank between two chunks of a line, in sizes of the font: less is a blank inside a text."""

OVERLAP = 0.3
"""A character that begins so far inside the one before it opens another text: headers that are
wider than their columns are printed over each other's ends."""

MIN_ROWS = 3

_NUMBER = re.compile(r"[-−+]?\s*\(?[\d,，]*\d(?:\.\d+)?\)?\s*[%％]?(?:\^\S{1,3})?|[-—–…]+|\.{3,}")
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_BETWEEN = re.compile(r"\s*(?:注|备注|说明|资料来源|数据来源|续表|表\s*\d|单位[:：]|计量单位)")


def is_number(text: str) -> bool:
    """Whether a text is a number or a sign that stands for one."""
    return _NUMBER.fullmatch(text.strip()) is not None


@dataclass
class Chunk:
    """A stretch of a line without a wide blank."""

    text: str
    x0: float
    x1: float
    is_bold: bool

    @property
    def middle(self) -> float:
        """Half way between its ends."""
        return (self.x0 + self.x1) / 2

    @staticmethod
    def join(texts: Sequence[str]) -> str:
        """One text of several lines; Chinese needs no blank between them."""
        found = ""
        for text in texts:
            if found and not (_WIDE.match(found[-1]) or _WIDE.match(text[:1])):
                found += " "
            found += text
        return found


@dataclass
class TextLine:
    """Characters that stand on one line."""

    top: float
    bottom: float
    size: float
    chunks: list[Chunk]

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(chunk.text for chunk in self.chunks)

    @property
    def x0(self) -> float:
        """Its left end."""
        return self.chunks[0].x0

    @property
    def middle(self) -> float:
        """Half of its height."""
        return (self.top + self.bottom) / 2

    @property
    def is_bold(self) -> bool:
        """Whether all of it is bold."""
        return all(chunk.is_bold for chunk in self.chunks)


def text_lines(characters: Sequence[Any]) -> list[TextLine]:
    """Lines of text from the top down; a raised character belongs to the line it overlaps."""
    groups: list[list[Any]] = []
    spans: list[tuple[float, float]] = []
    # The large ones first: they say where a line is, small ones are raised or lowered in it.
    for char in sorted(characters, key=lambda c: (-round(c["size"]), c["top"])):
        height = char["bottom"] - char["top"]
        best, most = -1, 0.4 * height
        for number, (top, bottom) in enumerate(spans):
            shared = min(bottom, char["bottom"]) - max(top, char["top"])
            if shared > most:
                best, most = number, shared
        if best < 0:
            groups.append([char])
            spans.append((char["top"], char["bottom"]))
        else:
            groups[best].append(char)
    found = [_line(group, span) for group, span in zip(groups, spans, strict=True)]
    return sorted(found, key=lambda line: line.top)


def _line(characters: list[Any], span: tuple[float, float]) -> TextLine:
    characters.sort(key=lambda c: c["x0"])
    size = max(c["size"] for c in characters)
    chunks: list[Chunk] = []
    pieces: list[str] = []
    previous: Any = None
    first: Any = None
    bold = True
    raised = False
    for char in characters:
        is_raised = char["size"] < 0.8 * size and char["bottom"] < span[1] - 0.15 * size
        if previous is not None:
            if char["text"] == previous["text"] and abs(char["x0"] - previous["x0"]) < 0.1 * size:
                continue  # printed twice to look bold
            gap = char["x0"] - previous["x1"]
            if gap > GAP * size or (gap < -OVERLAP * size and not is_raised):
                chunks.append(Chunk("".join(pieces), first["x0"], previous["x1"], bold))
                pieces, first, bold, raised = [], None, True, False
            elif gap > 0.2 * size and not is_raised:
                pieces.append(" ")
        if is_raised and not raised:
            pieces.append("^")
        raised = is_raised
        first = first or char
        bold = bold and _is_bold(str(char["fontname"]))
        pieces.append(char["text"])
        previous = char
    chunks.append(Chunk("".join(pieces), first["x0"], previous["x1"], bold))
    return TextLine(span[0], span[1], size, chunks)


def _is_bold(font: str) -> bool:
    return any(word in font for word in ("Bold", "bold", "Heavy", "Black"))


def aligned_tables(
    lines: Sequence[TextLine], rules: Sequence[tuple[float, float, float]], bounds: Sequence[float]
) -> tuple[list[tuple[float, Table]], list[TextLine]]:
    """The tables among lines of text, and the lines that are in none of them.

    Args:
        lines: Lines of a page from the top down.
        rules: Horizontal lines drawn on it.
        bounds: Heights that no table reaches across: where others begin.
    """
    left = list(lines)
    tables: list[tuple[float, Table]] = []
    for top, bottom in _between_rules(lines, rules, bounds):
        inside = [line for line in left if top - 1 < line.middle < bottom + 1]
        if sum(len(line.chunks) > 1 for line in inside) >= 2:
            table = _table(inside)
            if table is not None:
                tables.append((top, table))
                left = [line for line in left if not top - 1 < line.middle < bottom + 1]
    for run in _runs(left, [*bounds, *(top for top, _ in tables)]):
        table = _table(run)
        if table is not None:
            tables.append((run[0].top, table))
            taken = {id(line) for line in run}
            left = [line for line in left if id(line) not in taken]
    return tables, left


def _between_rules(
    lines: Sequence[TextLine], rules: Sequence[tuple[float, float, float]], bounds: Sequence[float]
) -> list[tuple[float, float]]:
    """Where tables with horizontal lines only (三线表) begin and end."""
    groups: list[list[tuple[float, float, float]]] = []
    for rule in sorted(rules):
        if rule[2] - rule[1] < 60:
            continue
        for group in groups:
            if abs(group[0][1] - rule[1]) < 5 and abs(group[0][2] - rule[2]) < 5:
                group.append(rule)
                break
        else:
            groups.append([rule])
    found: list[tuple[float, float]] = []
    for group in groups:
        heights = [rule[0] for rule in group]
        start = heights[0]
        for upper, lower in pairwise(heights):
            inside = [line for line in lines if upper < line.middle < lower]
            apart = any(upper < bound < lower for bound in bounds)
            if apart or _is_between_tables(inside, upper, lower):
                found.append((start, upper))
                start = lower
        found.append((start, heights[-1]))
    return [(top, bottom) for top, bottom in found if bottom > top]


def _is_between_tables(lines: Sequence[TextLine], upper: float, lower: float) -> bool:
    """Whether the stretch between two lines lies outside of tables: notes and a new title."""
    if any(len(line.chunks) > 2 for line in lines):
        return False
    if not lines or any(_BETWEEN.match(c.text) for line in lines for c in line.chunks):
        return True
    # A heading inside a table fills its stretch; a title stands near the table that it names.
    blank = max(lines[0].top - upper, lower - lines[-1].bottom)
    return all(len(line.chunks) == 1 for line in lines) and blank > 1.5 * lines[0].size


def _runs(lines: Sequence[TextLine], bounds: Sequence[float]) -> list[list[TextLine]]:
    """Stretches of lines most of which have several chunks, some of them numbers."""
    found: list[list[TextLine]] = []
    run: list[TextLine] = []

    def close() -> None:
        nonlocal run
        while run and len(run[-1].chunks) < 2:
            run.pop()
        several = [line for line in run if len(line.chunks) > 1]
        numeric = [line for line in several if any(is_number(c.text) for c in line.chunks[1:])]
        if len(several) >= MIN_ROWS and len(numeric) >= 2 and len(several) * 2 >= len(run):
            found.append(run)
        run = []

    for line in lines:
        if run:
            far = line.top - run[-1].bottom > 2.5 * line.size
            apart = any(run[-1].middle < bound < line.middle for bound in bounds)
            single = len(line.chunks) < 2
            ends = single and (len(run[-1].chunks) < 2 or _BETWEEN.match(line.text))
            if far or apart or ends:
                close()
        if run or len(line.chunks) > 1:
            run.append(line)
    close()
    return found


def _columns(lines: Sequence[TextLine], head: int) -> list[tuple[float, float]]:
    """Where the columns are: narrow chunks say it first, wide ones may reach over several."""
    columns: list[tuple[float, float]] = []
    body = sorted((c for line in lines[head:] for c in line.chunks), key=lambda c: c.x1 - c.x0)
    for chunk in body:
        touched = [c for c in columns if c[0] < chunk.x1 and chunk.x0 < c[1]]
        if len(touched) < 2:
            start = min(chunk.x0, *(c[0] for c in touched)) if touched else chunk.x0
            end = max(chunk.x1, *(c[1] for c in touched)) if touched else chunk.x1
            columns = [c for c in columns if c not in touched] + [(start, end)]
    columns.sort()
    columns = _merge_apart(columns, lines, head)
    return _with_header(columns, lines[head - 1].chunks if head else ())


def _with_header(
    columns: list[tuple[float, float]], header: Sequence[Chunk]
) -> list[tuple[float, float]]:
    """The columns as wide as their headers, and those of which only the header is filled."""
    for chunk in sorted(header, key=lambda c: c.x1 - c.x0):
        touched = [c for c in columns if c[0] < chunk.x1 and chunk.x0 < c[1]]
        if len(touched) > 1:
            continue
        nearest = min(columns, key=lambda c: _distance(c, chunk), default=None)
        others = [c for c in header if c is not chunk]
        if nearest is None or (
            not touched and any(_distance(nearest, o) <= _distance(nearest, chunk) for o in others)
        ):
            columns = sorted([*columns, (chunk.x0, chunk.x1)])
            continue
        wider = (min(nearest[0], chunk.x0), max(nearest[1], chunk.x1))
        if not any(c != nearest and c[0] < wider[1] and wider[0] < c[1] for c in columns):
            columns = sorted([*(c for c in columns if c != nearest), wider])
    return columns


def _distance(column: tuple[float, float], chunk: Chunk) -> float:
    return max(column[0] - chunk.x1, chunk.x0 - column[1], 0.0)


def _merge_apart(
    columns: list[tuple[float, float]], lines: Sequence[TextLine], head: int
) -> list[tuple[float, float]]:
    """Join neighbours that no row fills both of and no header tells apart."""
    position = 0
    while position + 1 < len(columns):
        one, other = columns[position], columns[position + 1]
        near = other[0] - one[1] < 3 * max(line.size for line in lines)
        rows = [
            {i for i, line in enumerate(lines) if any(_distance(c, k) == 0 for k in line.chunks)}
            for c in (one, other)
        ]
        heads = [any(row < head for row in found) for found in rows]
        if near and not rows[0] & rows[1] and not all(heads):
            columns[position : position + 2] = [(one[0], other[1])]
        else:
            position += 1
    return columns


def _table(lines: Sequence[TextLine]) -> Table | None:
    """The table of some lines; None where they have fewer than two columns."""
    head = next(
        (i for i, line in enumerate(lines) if any(is_number(c.text) for c in line.chunks[1:])), 0
    )
    columns = _columns(lines, head)
    if len(columns) < 2:
        return None
    table = Table()
    filled: dict[int, dict[int, list[Chunk]]] = {}
    for row, line in enumerate(lines, start=1):
        places: dict[int, list[Chunk]] = {}
        if _is_one_each(line.chunks, columns):
            filled[row] = {i: [chunk] for i, chunk in enumerate(line.chunks)}
            continue
        for chunk in line.chunks:
            touched = [i for i, c in enumerate(columns) if c[0] < chunk.x1 and chunk.x0 < c[1]]
            if len(touched) > 1 and len(line.chunks) > 1:
                table.merged.append((row, touched[0] + 1, row, touched[-1] + 1))
            if not touched:
                touched = [min(range(len(columns)), key=lambda i: _distance(columns[i], chunk))]
            places.setdefault(touched[0], []).append(chunk)
        filled[row] = places
    _reach(table, lines[:head], columns, filled)
    for row, places in filled.items():
        size = lines[row - 1].size
        for col, chunks in places.items():
            indent = max(round(2 * (chunks[0].x0 - columns[0][0]) / size), 0) if col == 0 else 0
            bold = all(chunk.is_bold for chunk in chunks)
            table.add(row, col + 1, " ".join(c.text for c in chunks), indent, is_bold=bold)
    table.height = len(lines)
    return table


def _is_one_each(chunks: Sequence[Chunk], columns: Sequence[tuple[float, float]]) -> bool:
    """Whether each column has its text, though some are wider than their columns."""
    return len(chunks) == len(columns) and all(
        start < chunk.x1 and chunk.x0 < end
        for chunk, (start, end) in zip(chunks, columns, strict=True)
    )


def _reach(
    table: Table,
    header: Sequence[TextLine],
    columns: Sequence[tuple[float, float]],
    filled: dict[int, dict[int, list[Chunk]]],
) -> None:
    """Let a header in the middle over several columns reach over all of them."""
    for row in range(1, len(header)):
        below = {col for lower in range(row + 1, len(header) + 1) for col in filled[lower]}
        known = {span[1] - 1 for span in table.merged if span[0] == row}
        for col, chunks in sorted(filled[row].items()):
            if col in known:
                filled[row] = _moved(filled[row], col, col)
            others = set(filled[row]) - {col}
            best, off = (col, col), abs(chunks[0].middle - sum(columns[col]) / 2)
            for first in range(len(columns)):
                for last in range(max(first + 1, col), len(columns)):
                    span = set(range(first, last + 1))
                    if col not in span or span & others or not span <= below:
                        continue
                    middle = (columns[first][0] + columns[last][1]) / 2
                    if abs(chunks[0].middle - middle) < off - 2:
                        best, off = (first, last), abs(chunks[0].middle - middle)
            if best != (col, col):
                table.merged = [s for s in table.merged if (s[0], s[1] - 1) != (row, col)]
                table.merged.append((row, best[0] + 1, row, best[1] + 1))
                filled[row] = _moved(filled[row], col, best[0])


def _moved(places: dict[int, list[Chunk]], old: int, new: int) -> dict[int, list[Chunk]]:
    return {(new if col == old else col): chunks for col, chunks in places.items()}
