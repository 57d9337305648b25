"""PDF documents: their tables, from where pdfplumber finds characters and lines on the page.

Belongs here: opening the file, its limits, and tables drawn with lines. Does not belong here:
tables without vertical lines (``aligned``), which lines belong to which table (``surround``).

Cells are found by position, never by counting words. Each page gives its own grids, 第2页表1 and
so on: a table that goes on over a page is two, and a layout reads both.
"""

from __future__ import annotations

import io
import re
import zlib
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from orchestration.collect.grid import Grid, RefusedError
from orchestration.collect.readers.aligned import (
    Chunk,
    TextLine,
    aligned_tables,
    is_number,
    text_lines,
)
from orchestration.collect.readers.containers import unsafe
from orchestration.collect.readers.frames import limit
from orchestration.collect.readers.selection import Found, select
from orchestration.collect.readers.surround import Line, Table, assemble

if TYPE_CHECKING:
    from orchestration.spec import Source

MAX_PAGES = 500
MAX_CHARACTERS = 1_000_000
MAX_DRAWN = 20_000
MAX_STREAMS = 256 << 20

_STREAM = re.compile(rb"stream\r?\n(?=x)")
_PAGE_NUMBER = re.compile(r"[-—–\s·]*(?:第\s*)?\d{1,4}(?:\s*[/／]\s*\d{1,4})?(?:\s*页)?[-—–\s·]*")


def read(content: bytes, source: Source, *, wants_format: bool) -> list[Grid]:
    """The grids of a PDF, one for each table on each page.

    Raises:
        RefusedError: encrypted, without a text layer, damaged, too large, or not as declared.
    """
    import logging

    import pdfplumber
    from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect

    _refuse_bomb(content)
    # pdfminer reports every oddity of a font; none of that is about the figures.
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    try:
        with pdfplumber.open(io.BytesIO(content)) as document:
            found = _pages(document, wants_format=wants_format)
    except (RefusedError, MemoryError):
        raise
    except Exception as error:  # pdfminer raises whatever its parsers stumble over
        causes = (error, error.__cause__, error.__context__, *error.args)
        if any(isinstance(c, MemoryError) for c in causes):
            raise MemoryError from None
        if any(isinstance(c, PDFPasswordIncorrect | PDFEncryptionError) for c in causes):
            raise unsafe("PDF 已加密 (设有打开密码)", "the PDF needs a password to open") from None
        raise RefusedError(
            "delivery.unreadable-file",
            "file",
            "PDF 损坏或不完整, 无法读取",
            f"the PDF is damaged or incomplete ({type(error).__name__})",
        ) from None
    return select(found, source, what="table")


def _refuse_bomb(content: bytes) -> None:
    """Refuse streams that unpack to more than any document needs; the library would unpack them."""
    if re.search(rb"/FlateDecode\s*/FlateDecode", content):
        raise unsafe("PDF 中有重复压缩的内容", "content of the PDF is compressed twice")
    unpacked = 0
    for match in _STREAM.finditer(content):
        end = content.find(b"endstream", match.end())
        unpacker = zlib.decompressobj()
        try:
            unpacked += len(
                unpacker.decompress(
                    content[match.end() : end if end >= 0 else None], MAX_STREAMS - unpacked + 1
                )
            )
        except zlib.error:
            continue
        if unpacked > MAX_STREAMS:
            raise unsafe("PDF 解压后过大", "the PDF unpacks to too much")


def _pages(document: Any, *, wants_format: bool) -> list[Found]:
    if len(document.pages) > MAX_PAGES:
        raise unsafe(f"PDF 超过 {MAX_PAGES} 页", f"the PDF has more than {MAX_PAGES} pages")
    found: list[Found] = []
    characters = 0
    scanned = []
    for number, page in enumerate(document.pages, start=1):
        drawn = len(page.objects.get("line", ())) + len(page.objects.get("rect", ()))
        characters += len(page.chars)
        if characters > MAX_CHARACTERS or drawn > MAX_DRAWN:
            raise unsafe(
                f"第 {number} 页内容过多", f"page {number} holds too much", f"第{number}页"
            )
        if not any(c["text"].strip() for c in page.chars):
            if page.images:
                scanned.append(number)
            continue
        parts = _Page(page, number).parts()
        found.extend(assemble(parts, wants_format=wants_format))
        limit(sum(item.grid.cells.height for item in found))
        page.close()
    # A cover or a back may be a picture; a page between them may be a table.
    inner = [n for n in scanned if 1 < n < len(document.pages)]
    if inner or not characters:
        raise RefusedError(
            "delivery.scanned-document",
            f"第{inner[0]}页" if inner else "file",
            "该页是扫描图片, 没有文字层" if inner else "PDF 是扫描图片, 没有文字层",
            "this page is a scanned image without text"
            if inner
            else "the PDF is scanned images without text",
        )
    return found


class _Page:
    """One page while its tables are taken out of it."""

    def __init__(self, page: Any, number: int) -> None:
        self._page = page
        self._prefix = f"第{number}页"
        upright = [c for c in page.chars if c["upright"] and c["text"].strip()]
        if len(upright) < 0.8 * sum(bool(c["text"].strip()) for c in page.chars):
            raise RefusedError(
                "delivery.unreadable-file",
                self._prefix,
                "该页文字横置或旋转",
                "the text of this page is rotated",
            )
        if any(c["text"].startswith("(cid:") for c in upright):
            raise RefusedError(
                "delivery.unreadable-file",
                self._prefix,
                "该页有字符没有 Unicode 对照, 无法得知是什么字",
                "characters of this page have no Unicode value",
            )
        self._characters = upright
        self._rules, self._walls = _drawn(page)

    def parts(self) -> list[Line | Table]:
        """Lines and tables from the top of the page down."""
        left = self._characters
        placed: list[tuple[float, Line | Table]] = []
        for ruled in self._ruled():
            x0, top, x1, bottom = ruled.bbox
            inside = [c for c in left if _is_inside(c, x0, top, x1, bottom)]
            table = _ruled_table(ruled.cells, inside)
            if table is None:
                continue
            taken = {id(c) for c in inside}
            left = [c for c in left if id(c) not in taken]
            placed.append((top, table))
        lines = text_lines(left)
        bounds = [top for top, _ in placed]
        tables, others = aligned_tables(lines, self._rules, bounds)
        placed += [(top, table) for top, table in tables]
        placed += [
            (line.top, Line(line.text, line.is_bold))
            for line in others
            if not _PAGE_NUMBER.fullmatch(line.text)
        ]
        placed.sort(key=lambda item: item[0])
        parts = [part for _, part in placed]
        for part in parts:
            if isinstance(part, Table):
                part.prefix = self._prefix
        return parts

    def _ruled(self) -> list[Any]:
        """Tables with vertical lines inside; sides that are left open are closed."""
        if not self._walls:
            return []
        sides = []
        for x0, x1, top, bottom in _open_sides(self._rules, self._walls):
            sides += [_wall(x0, top, bottom), _wall(x1, top, bottom)]
        settings = {
            "vertical_strategy": "lines",
            "horizontal_strategy": "lines",
            "explicit_vertical_lines": sides,
        }
        found: list[Any] = self._page.find_tables(settings)
        return found


def _wall(x: float, top: float, bottom: float) -> dict[str, Any]:
    return {
        "object_type": "line",
        "x0": x,
        "x1": x,
        "top": top,
        "bottom": bottom,
        "width": 0,
        "height": bottom - top,
        "orientation": "v",
    }


def _is_inside(char: Any, x0: float, top: float, x1: float, bottom: float) -> bool:
    middle, height = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
    return bool(x0 <= middle <= x1 and top <= height <= bottom)


Rule = tuple[float, float, float]
"""A horizontal line as (height, left end, right end)."""


def _drawn(page: Any) -> tuple[list[Rule], list[Rule]]:
    """Horizontal lines as (y, x0, x1) and vertical ones as (x, top, bottom), pieces joined."""
    across: list[Rule] = []
    down: list[Rule] = []
    for edge in page.edges:
        if edge["orientation"] == "h" and edge["x1"] - edge["x0"] > 3:
            across.append((edge["top"], edge["x0"], edge["x1"]))
        elif edge["orientation"] == "v" and edge["bottom"] - edge["top"] > 3:
            down.append((edge["x0"], edge["top"], edge["bottom"]))
    return _joined(across), _joined(down)


def _joined(pieces: list[Rule]) -> list[Rule]:
    found: list[Rule] = []
    groups: list[list[Rule]] = []
    for piece in sorted(pieces):
        if groups and piece[0] - groups[-1][-1][0] < 2:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    for group in groups:
        for at, start, end in sorted(group, key=lambda p: p[1]):
            if found and found[-1][0] == group[0][0] and start - found[-1][2] < 4:
                found[-1] = (found[-1][0], found[-1][1], max(found[-1][2], end))
            else:
                found.append((group[0][0], start, end))
            del at
    return found


def _open_sides(rules: list[Rule], walls: list[Rule]) -> list[tuple[float, float, float, float]]:
    """Groups of horizontal lines of one width that have no vertical line at their ends."""
    groups: dict[tuple[int, int], list[Rule]] = {}
    for rule in rules:
        key = next((k for k in groups if abs(k[0] - rule[1]) < 4 and abs(k[1] - rule[2]) < 4), None)
        groups.setdefault(key or (round(rule[1]), round(rule[2])), []).append(rule)
    found = []
    for group in groups.values():
        if len(group) < 2:
            continue
        top, bottom = min(r[0] for r in group), max(r[0] for r in group)
        x0, x1 = min(r[1] for r in group), max(r[2] for r in group)
        inside = [w for w in walls if w[1] < bottom and w[2] > top and x0 - 4 < w[0] < x1 + 4]
        ends = [any(abs(w[0] - x) < 4 for w in inside) for x in (x0, x1)]
        if inside and not all(ends):
            found.append((x0, x1, top - 1, bottom + 1))
    return found


def _steps(values: set[float]) -> list[float]:
    """Sorted positions, those closer than three points taken for one."""
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > 3:
            found.append(value)
    return found


def _index(steps: list[float], value: float) -> int:
    return min(range(len(steps)), key=lambda i: abs(steps[i] - value))


def _ruled_table(boxes: list[Any], characters: list[Any]) -> Table | None:
    """The table of cells drawn with lines; None for a frame around text."""
    xs = _steps({x for box in boxes for x in (box[0], box[2])})
    ys = _steps({y for box in boxes for y in (box[1], box[3])})
    if len(xs) < 3 or len(ys) < 2 or len(boxes) < 2 or not characters:
        return None
    owner: dict[tuple[int, int], int] = {}
    spans = []
    for number, (x0, top, x1, bottom) in enumerate(boxes):
        left, right = _index(xs, x0), max(_index(xs, x1), _index(xs, x0) + 1)
        upper, lower = _index(ys, top), max(_index(ys, bottom), _index(ys, top) + 1)
        spans.append((upper, left, lower - 1, right - 1))
        for row in range(upper, lower):
            for col in range(left, right):
                owner[(row, col)] = number
    inside: dict[int, list[Any]] = {}
    for char in characters:
        col = bisect_right(xs, (char["x0"] + char["x1"]) / 2) - 1
        row = bisect_right(ys, (char["top"] + char["bottom"]) / 2) - 1
        place = (min(max(row, 0), len(ys) - 2), min(max(col, 0), len(xs) - 2))
        if place not in owner:
            # A cell that the drawn lines do not close: the text keeps its place all the same.
            owner[place] = len(spans)
            spans.append((*place, *place))
        inside.setdefault(owner[place], []).append(char)
    lines = {number: text_lines(chars) for number, chars in inside.items()}
    starts: dict[int, float] = {}
    for number, found in lines.items():
        col = spans[number][1]
        starts[col] = min([starts.get(col, 1e9), *(line.x0 for line in found)])
    table = Table()
    extra: dict[int, int] = {}
    rows = len(ys) - 1
    for row in range(rows):
        alone = [n for n, s in enumerate(spans) if s[0] == s[2] == row and n in lines]
        extra[row] = _lines_in_row([lines[n] for n in alone])
    first: dict[int, int] = {}
    at = 1
    for row in range(rows):
        first[row] = at
        at += max(extra[row], 1)
    for number, (upper, left, lower, right) in enumerate(spans):
        texts = lines.get(number, [])
        top, bottom = first[upper], first[lower] + max(extra[lower], 1) - 1
        if upper == lower and extra[upper] > 1 and texts:
            heights = _heights([lines[n] for n in lines if spans[n][0] == spans[n][2] == upper])
            for line in texts:
                row = top + _index(heights, line.middle)
                _add(table, row, left, [line], starts[left])
            continue
        if right > left or (lower > upper and bottom > top):
            table.merged.append((top, left + 1, bottom, right + 1))
        if texts:
            _add(table, top, left, texts, starts[left])
    table.height = at - 1
    return table


def _add(table: Table, row: int, col: int, lines: list[TextLine], start: float) -> None:
    indent = max(round(2 * (lines[0].x0 - start) / max(lines[0].size, 1)), 0) if col == 0 else 0
    bold = all(line.is_bold for line in lines)
    table.add(row, col + 1, Chunk.join([line.text for line in lines]), indent, is_bold=bold)


def _heights(cells: list[list[TextLine]]) -> list[float]:
    return _steps({line.middle for cell in cells for line in cell})


def _lines_in_row(cells: list[list[TextLine]]) -> int:
    """How many rows stand between two horizontal lines: as many as numbers above each other."""
    stacked = [c for c in cells if len(c) > 1 and all(is_number(line.text) for line in c)]
    return len(_heights(cells)) if stacked else 1
