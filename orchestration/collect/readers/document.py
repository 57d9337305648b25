"""Word documents (.docx): their tables, as python-docx opens the document.

Belongs here: tables, spans, tracked changes and the lines between tables. Does not belong here:
which lines belong to which table (``surround``).

Tracked changes are read as if all were accepted: inserted text counts, deleted text does not. That
is what Word prints by default; a rule about unaccepted changes would refuse most drafts. Hidden
text (``w:vanish``) is hidden content.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from orchestration.collect.grid import Grid, RefusedError
from orchestration.collect.readers.containers import cut_off, open_archive, part, unsafe
from orchestration.collect.readers.frames import leading_blanks, limit
from orchestration.collect.readers.selection import select
from orchestration.collect.readers.surround import Line, Table, assemble

if TYPE_CHECKING:
    from lxml.etree import _Element

    from orchestration.spec import Source

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_GONE = frozenset(f"{_W}{n}" for n in ("del", "moveFrom", "rPrChange", "pPrChange", "tblPrChange"))
_NO = frozenset(("0", "false", "off", "none"))

MAX_SPANNED = 1_000_000
MAX_COLS = 16_384


def read(content: bytes, source: Source, *, wants_format: bool) -> list[Grid]:
    """The grids of a document, one for each table in the order of the document.

    Raises:
        RefusedError: unsafe, damaged, without a table, or not as declared.
    """
    from docx import Document

    with open_archive(content) as archive:
        names = archive.namelist()
        if "[Content_Types].xml" not in names:
            raise cut_off(b"")
        for name in names:
            if name.endswith((".xml", ".rels")):
                part(archive, name)
    try:
        document: Any = Document(io.BytesIO(content))
        body: _Element = document.element.body
        styles = _styles(document)
    except (RefusedError, MemoryError):
        raise
    except Exception as error:  # python-docx raises whatever its parsers raise
        raise RefusedError(
            "delivery.truncated-workbook",
            "file",
            "文档损坏或不完整, 无法打开",
            f"the document is damaged or incomplete ({type(error).__name__})",
        ) from None
    parts = _Body(styles, reads_hidden=source.hidden == "read").parts(body)
    return select(assemble(parts, wants_format=wants_format), source, what="table")


def _styles(document: Any) -> dict[str, tuple[bool, int]]:
    """What paragraph styles say: whether bold, and the indent in columns of a terminal."""
    found: dict[str, tuple[bool, int]] = {}
    for style in document.styles.element.iterchildren(f"{_W}style"):
        name = str(style.get(f"{_W}styleId"))
        inner = style.find(f"{_W}pPr/{_W}ind")
        found[name] = (_is_on(style.find(f"{_W}rPr"), "b") or False, _indent(inner))
    return found


def _is_on(properties: Any, name: str) -> bool | None:
    """A switch of a run or paragraph; None where it is not mentioned."""
    mark = properties.find(f"{_W}{name}") if properties is not None else None
    if mark is None:
        return None
    return str(mark.get(f"{_W}val") or "1").lower() not in _NO


def _indent(mark: Any) -> int:
    """The indent of a paragraph: characters where Word counts them, else 105 twips a column."""
    if mark is None:
        return 0
    total = 0.0
    for key in ("left", "start", "firstLine"):
        characters = str(mark.get(f"{_W}{key}Chars") or "")
        twips = str(mark.get(f"{_W}{key}") or "")
        if characters.isdigit():
            total += int(characters) / 50
        elif twips.isdigit():
            total += int(twips) / 105
        if key == "left" and total:
            continue
    return round(total)


class _Body:
    """A document while its tables are taken out of it."""

    def __init__(self, styles: dict[str, tuple[bool, int]], *, reads_hidden: bool) -> None:
        self._styles = styles
        self._reads_hidden = reads_hidden
        self._parts: list[Line | Table] = []

    def parts(self, body: _Element) -> list[Line | Table]:
        """Lines and tables in the order of the document."""
        for block in _blocks(body):
            if block.tag == f"{_W}p":
                text, _ = self._paragraph(block)
                # Text boxes stand in a paragraph and hold paragraphs and tables of their own.
                if text.strip():
                    self._parts.append(Line(text.rstrip(), self._is_bold(block)))
                for box in _boxes(block):
                    self.parts(box)
            else:
                self._table(block)
        return self._parts

    def _paragraph(self, paragraph: _Element) -> tuple[str, str]:
        """The text of a paragraph, and the text in it that is formatted as hidden."""
        seen: list[str] = []
        unseen: list[str] = []
        for run in _runs(paragraph):
            properties = run.find(f"{_W}rPr")
            text = _run_text(run)
            if not text:
                continue
            if properties is not None:
                if _is_on(properties, "vanish") and not self._reads_hidden:
                    unseen.append(text)
                    continue
                raised = properties.find(f"{_W}vertAlign")
                value = raised.get(f"{_W}val") if raised is not None else ""
                if value in ("superscript", "subscript") and text.strip():
                    text = f"^{text}"
            seen.append(text)
        return "".join(seen), "".join(unseen)

    def _is_bold(self, paragraph: _Element) -> bool:
        """Whether all text of a paragraph is bold."""
        about = paragraph.find(f"{_W}pPr")
        style = about.find(f"{_W}pStyle") if about is not None else None
        name = str(style.get(f"{_W}val")) if style is not None else ""
        default = self._styles.get(name, (False, 0))[0]
        found = False
        for run in _runs(paragraph):
            if _run_text(run).strip():
                own = _is_on(run.find(f"{_W}rPr"), "b")
                if not (default if own is None else own):
                    return False
                found = True
        return found

    def _indent(self, paragraph: _Element) -> int:
        about = paragraph.find(f"{_W}pPr")
        if about is None:
            return 0
        own = about.find(f"{_W}ind")
        if own is not None:
            return _indent(own)
        style = about.find(f"{_W}pStyle")
        return (
            self._styles.get(str(style.get(f"{_W}val")), (False, 0))[1] if style is not None else 0
        )

    def _table(self, element: _Element) -> None:
        table = Table()
        inner: list[_Element] = []
        # Where a cell goes on below: column to (first row, width).
        going: dict[int, tuple[int, int]] = {}
        spans: dict[tuple[int, int], tuple[int, int]] = {}
        row = 0
        for line in _children(element, "tr"):
            about = line.find(f"{_W}trPr")
            if about is not None and about.find(f"{_W}del") is not None:
                continue  # a row that a tracked change deletes
            row += 1
            if _is_on(about, "hidden"):
                table.hidden_rows.add(row)
            col = 1 + _before(about)
            for cell in _children(line, "tc"):
                properties = cell.find(f"{_W}tcPr")
                wide = min(_value(properties, "gridSpan", 1), MAX_COLS)
                merge = properties.find(f"{_W}vMerge") if properties is not None else None
                goes_on = merge is not None and merge.get(f"{_W}val") != "restart"
                if goes_on and col in going:
                    first, width = going[col]
                    spans[(first, col)] = (row, col + width - 1)
                else:
                    going.pop(col, None)
                    if merge is not None:
                        going[col] = (row, wide)
                    if wide > 1:
                        spans[(row, col)] = (row, col + wide - 1)
                self._cell(table, cell, row, col)
                inner.extend(b for b in _blocks(cell) if b.tag == f"{_W}tbl")
                col += wide
            limit(len(table.texts))
        table.height = row
        table.merged = [(r, c, *last) for (r, c), last in spans.items() if last != (r, c)]
        if sum((c - a + 1) * (d - b + 1) for a, b, c, d in table.merged) > MAX_SPANNED:
            raise unsafe("合并单元格过大", "merged cells are too large")
        self._parts.append(table)
        for other in inner:
            self._table(other)

    def _cell(self, table: Table, cell: _Element, row: int, col: int) -> None:
        texts, indents, bold = [], [], []
        for paragraph in (b for b in _blocks(cell) if b.tag == f"{_W}p"):
            text, unseen = self._paragraph(paragraph)
            if unseen.strip():
                table.add(row, 10**6 + len(table.texts), unseen)
                table.hidden_cells.add((row, table.cols[-1]))
            if text.strip():
                texts.append(text)
                indents.append(self._indent(paragraph) + leading_blanks(text))
                bold.append(self._is_bold(paragraph))
        if texts:
            # A cell of several paragraphs is one text: a number is not broken over two.
            table.add(row, col, " ".join(t.strip() for t in texts), indents[0], is_bold=all(bold))


def _blocks(parent: _Element) -> Iterator[_Element]:
    """Paragraphs and tables, through content controls, inserted parts and the like."""
    for child in parent:
        if child.tag in (f"{_W}p", f"{_W}tbl"):
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins"):
            yield from _blocks(child)


def _children(parent: _Element, name: str) -> Iterator[_Element]:
    """Rows or cells, through content controls and inserted parts."""
    for child in parent:
        if child.tag == f"{_W}{name}":
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins"):
            yield from _children(child, name)


def _runs(paragraph: _Element) -> Iterator[_Element]:
    """The runs of a paragraph that are not deleted, those of text boxes left out."""
    for child in paragraph:
        if child.tag == f"{_W}r":
            yield child
        elif child.tag not in _GONE and isinstance(child.tag, str) and child.tag.startswith(_W):
            yield from _runs(child)


def _boxes(paragraph: _Element) -> Iterator[_Element]:
    """The contents of text boxes; Word stores each twice, and the second one is a fallback.

    Not those inside of others: whoever reads the outer one comes to them.
    """
    waiting = list(reversed(paragraph))
    while waiting:
        element = waiting.pop()
        if element.tag == f"{_W}txbxContent":
            yield element
        elif element.tag != f"{_MC}Fallback":
            waiting.extend(reversed(element))


def _run_text(run: _Element) -> str:
    found = []
    for child in run:
        if child.tag == f"{_W}t":
            found.append(child.text or "")
        elif child.tag in (f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}ptab"):
            found.append(" ")
        elif child.tag == f"{_W}noBreakHyphen":
            found.append("-")
        elif child.tag == f"{_W}sym":
            # A character of a symbol font; its number lies in the private area of Unicode.
            found.append(_symbol(str(child.get(f"{_W}char") or "")))
        elif child.tag in (f"{_W}footnoteReference", f"{_W}endnoteReference"):
            found.append(f"^{child.get(f'{_W}id')}")
    return "".join(found)


def _symbol(code: str) -> str:
    try:
        return chr(int(code, 16))
    except ValueError:
        return ""


def _value(properties: Any, name: str, default: int) -> int:
    mark = properties.find(f"{_W}{name}") if properties is not None else None
    value = str(mark.get(f"{_W}val") or "") if mark is not None else ""
    return max(int(value), default) if value.isdigit() else default


def _before(about: Any) -> int:
    return min(_value(about, "gridBefore", 0), MAX_COLS)
