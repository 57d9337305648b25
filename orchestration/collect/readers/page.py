"""Web pages (HTML): their tables, as lxml parses the page.

Belongs here: tables, spans, hidden elements and the lines between tables. Does not belong here:
which lines belong to which table (``surround``).

Nothing that a page points to is fetched, and no script runs. A table that only arranges other
tables gives no grid; the texts beside them count as lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from orchestration.collect.grid import Grid, RefusedError
from orchestration.collect.readers.containers import unsafe
from orchestration.collect.readers.delimited import decode
from orchestration.collect.readers.frames import leading_blanks, limit
from orchestration.collect.readers.selection import select
from orchestration.collect.readers.surround import Line, Table, assemble

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from orchestration.spec import Source

MAX_SPANNED = 1_000_000
MAX_COLSPAN, MAX_ROWSPAN = 1000, 65_534

_CHARSET = re.compile(rb"<meta[^>]*charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_KNOWN = {"utf-8", "utf8", "gb2312", "gbk", "gb18030", "gb_2312-80", "utf-16", "us-ascii", "ascii"}
_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol option p pre "
    "section table tbody td tfoot th thead tr ul".split()
)
_SILENT = frozenset("script style template head title noscript object svg math select".split())
_BLANKS = re.compile(r"[ \t\r\n\f]+")


def read(content: bytes, source: Source, *, wants_format: bool) -> list[Grid]:
    """The grids of a page, one for each table in the order of the page.

    Raises:
        RefusedError: wrongly encoded, cut off, unsafe, without a table, or not as declared.
    """
    from lxml import etree, html

    charset = _CHARSET.search(content[:4096])
    named = charset[1].decode("ascii", "replace").lower() if charset else "utf-8"
    if named not in _KNOWN and not content.isascii():
        raise RefusedError(
            "delivery.wrong-encoding",
            "line 1",
            f"网页注明的编码 {named} 不在支持之列",
            f"the page says that it is encoded in {named}, which is not supported",
        )
    text = decode(content, source.encoding)
    lowered = text.lower()
    if b"<!entity" in lowered:
        raise unsafe("网页声明了实体", "the page declares entities")
    if lowered.rfind(b"<table") > lowered.rfind(b"</table") and b"</html" not in lowered:
        raise RefusedError(
            "delivery.unreadable-file",
            f"byte {len(content)}",
            "网页在表格中间中断",
            "the page ends in the middle of a table",
        )
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True)
    try:
        root = html.document_fromstring(text, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise _unreadable(type(error).__name__) from None
    if any("xcessive depth" in str(entry.message) for entry in parser.error_log):
        raise unsafe("网页嵌套过深", "elements are nested too deeply")
    page = _Page(root, source.hidden, wants_format=wants_format)
    found = assemble(page.parts(), wants_format=wants_format)
    return select(found, source, what="table")


def _unreadable(reason: str) -> RefusedError:
    return RefusedError(
        "delivery.unreadable-file", "file", "网页无法解析", f"the page cannot be parsed ({reason})"
    )


_WANTED = ("display", "visibility", "font-weight", "padding-left", "text-indent")
_WANTED_MORE = ("mso-char-indent-count", "vertical-align", "position", "top", "mso-text-raise")
_INLINE = frozenset("span font a small b i em strong u big label".split())
_NOWHERE = re.compile(r"|0+(?:\.0*)?(?:[a-z]+|%)?|auto|baseline|middle|top|bottom|inherit|initial")
"""Positions that do not raise a text; those of a cell or line as a whole are none of a digit."""


def _properties(style: str) -> dict[str, str]:
    found = {}
    for entry in style.lower().split(";"):
        key, _, value = entry.partition(":")
        if key.strip() in (*_WANTED, *_WANTED_MORE):
            found[key.strip()] = value.strip()
    return found


def _rules(sheet: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The rules of a style sheet as (selectors, properties).

    By splitting and not by one expression: of a sheet in which nothing is closed, that would try
    every place against the whole rest.
    """
    first, *others = sheet.split("/*")
    told = [first, *(other.partition("*/")[2] for other in others)]
    plain = "".join(told).replace("<!--", "").replace("-->", "")
    for rule in plain.split("}")[:-1]:
        names, opened, inside = rule.rpartition("{")
        if opened:
            # Of a rule in a rule (@media) the inner one counts.
            yield names.rpartition("{")[2], _properties(inside)


class _Page:
    """A page while its tables are taken out of it."""

    def __init__(self, root: HtmlElement, hidden: str, *, wants_format: bool) -> None:
        self._root = root
        self._wants_format = wants_format
        self._reads_hidden = hidden == "read"
        self._classes: dict[str, dict[str, str]] = {}
        for style in root.iter("style"):
            for names, properties in _rules(style.text or ""):
                for name in names.split(","):
                    match = re.fullmatch(r"\w*\.([\w-]+)", name.strip())
                    if match:
                        self._classes.setdefault(match[1], {}).update(properties)
        self._parts: list[Line | Table] = []
        self._line: list[str] = []

    def style(self, element: HtmlElement) -> dict[str, str]:
        """The few properties of an element that matter here."""
        found: dict[str, str] = {}
        if self._classes:
            for name in (element.get("class") or "").split():
                found.update(self._classes.get(name, {}))
        inline = element.get("style")
        if inline:
            found.update(_properties(inline))
        return found

    def is_raised(self, element: HtmlElement) -> bool:
        """Whether a run of text stands above or below its line: a footnote mark, no digit."""
        if element.tag in ("sup", "sub"):
            return True
        if element.tag not in _INLINE or not element.keys():
            return False
        style = self.style(element)
        places = [style.get("vertical-align", ""), style.get("mso-text-raise", "")]
        if style.get("position") == "relative":
            places.append(style.get("top", ""))
        return not all(_NOWHERE.fullmatch(place) for place in places)

    def is_hidden(self, element: HtmlElement) -> bool:
        """Whether nobody sees the element."""
        attributes = element.keys()
        if not attributes:
            return False
        if "hidden" in attributes:
            return True
        style = self.style(element)
        return style.get("display") == "none" or style.get("visibility") in ("hidden", "collapse")

    def parts(self) -> list[Line | Table]:
        """Lines and tables in the order of the page."""
        self._walk(self._root, hidden=False)
        self._end_line()
        return self._parts

    def _end_line(self) -> None:
        text = _BLANKS.sub(" ", "".join(self._line))
        self._line = []
        if text.strip():
            self._parts.append(Line(text.rstrip()))

    def _walk(self, element: HtmlElement, *, hidden: bool) -> None:
        """Collect the lines and tables below an element, its own text included."""
        # Not by recursion: pages nest as deeply as the parser lets them.
        waiting: list[tuple[HtmlElement | None, str, bool]] = [(element, "", hidden)]
        while waiting:
            node, ending, is_hidden = waiting.pop()
            if node is None:
                self._after(ending, is_hidden)
                continue
            tag = node.tag if isinstance(node.tag, str) else ""
            tail = (None, f"{tag}\n{node.tail or ''}", is_hidden)
            if not tag or tag in _SILENT:
                waiting.append((None, f"\n{node.tail or ''}", is_hidden))
                continue
            inside = is_hidden or self.is_hidden(node)
            if tag == "table" and not self._only_arranges(node):
                self._end_line()
                self._table(node, hidden=inside)
                waiting.append((None, f"\n{node.tail or ''}", is_hidden))
                continue
            if tag in _BLOCKS:
                self._end_line()
            elif self.is_raised(node) and (node.text or "").strip():
                self._line.append("^")
            if node.text and not (inside and not self._reads_hidden):
                self._line.append(node.text)
            waiting.append(tail)
            waiting.extend((child, "", inside) for child in reversed(node))

    def _after(self, ending: str, is_hidden: bool) -> None:
        tag, _, tail = ending.partition("\n")
        if tag in _BLOCKS:
            self._end_line()
        if tail and not (is_hidden and not self._reads_hidden):
            self._line.append(tail)

    def _only_arranges(self, table: HtmlElement) -> bool:
        """Whether a table has tables inside and never two texts of its own beside each other."""
        if next(table.iterdescendants("table"), None) is None:
            return False
        for row, _ in _rows(table):
            own = [cell for cell in row if cell.tag in ("td", "th")]
            if sum(bool(self._text(cell)[0].strip()) for cell in own) > 1:
                return False
        return True

    def _table(self, element: HtmlElement, *, hidden: bool) -> None:
        table = Table(is_hidden=hidden)
        inner: list[HtmlElement] = []
        self._lines_inside(element)
        self._columns(element, table)
        occupied: dict[int, int] = {}
        spanned = 0
        for row, (line, rows_left) in enumerate(_rows(element), start=1):
            row_hidden = self.is_hidden(line) or (
                line.getparent() is not element and self._section_hidden(line, element)
            )
            if row_hidden:
                table.hidden_rows.add(row)
            col = 1
            started: dict[int, int] = {}
            for cell in line:
                if cell.tag not in ("td", "th"):
                    continue
                text, veiled = self._text(cell)
                if len(cell):
                    inner.extend(_tables_inside(cell))
                is_gone = self.is_hidden(cell) and not row_hidden
                while occupied.get(col, 0) > 0:
                    col += 1
                if is_gone and not self._reads_hidden:
                    # What is not displayed takes no column, but it is not lost unseen.
                    if text.strip():
                        table.hidden_cells.add((row, col))
                        table.add(row, 10**6 + len(table.texts), text)
                        table.hidden_cells.add((row, table.cols[-1]))
                    continue
                wide = _span(cell, "colspan", MAX_COLSPAN)
                high = min(_span(cell, "rowspan", MAX_ROWSPAN) or rows_left, rows_left)
                wide = max(wide, 1)
                if wide > 1 or high > 1:
                    spanned += wide * high
                    if spanned > MAX_SPANNED:
                        raise unsafe("合并单元格过大", "merged cells are too large")
                    table.merged.append((row, col, row + high - 1, col + wide - 1))
                    for step in range(wide):
                        started[col + step] = high
                if veiled.strip():
                    table.add(row, 10**6 + len(table.texts), veiled)
                    table.hidden_cells.add((row, table.cols[-1]))
                indent, is_bold = self._format(cell, text) if self._wants_format else (0, False)
                table.add(row, col, text, indent, is_bold=is_bold)
                col += wide
            limit(len(table.texts))
            occupied = {c: n - 1 for c, n in occupied.items() if n > 1} | {
                c: n - 1 for c, n in started.items() if n > 1
            }
            table.height = max(table.height, row)
        table.merged = [(a, b, min(c, table.height), d) for a, b, c, d in table.merged]
        self._parts.append(table)
        for other in inner:
            if self._only_arranges(other):
                self._walk(other, hidden=hidden)
            else:
                self._table(other, hidden=hidden or self._is_inside_hidden(other, element))

    def _is_inside_hidden(self, element: HtmlElement, top: HtmlElement) -> bool:
        for parent in element.iterancestors():
            if parent is top:
                return False
            if self.is_hidden(parent):
                return True
        return False

    def _section_hidden(self, row: HtmlElement, table: HtmlElement) -> bool:
        section = row.getparent()
        return section is not None and section is not table and self.is_hidden(section)

    def _lines_inside(self, table: HtmlElement) -> None:
        """The caption, and texts that stand in a table but in none of its cells."""
        stray = [table.text or ""]
        for child in table.iterchildren():
            if child.tag == "caption":
                self._end_line()
                self._line.append(self._text(child)[0])
                self._end_line()
            elif child.tag in ("tr", "thead", "tbody", "tfoot"):
                stray.append(child.text or "")
                stray.extend(row.text or "" for row in child.iterchildren("tr"))
            stray.append(child.tail or "")
        for text in stray:
            self._line.append(text)
            self._end_line()

    def _columns(self, element: HtmlElement, table: Table) -> None:
        col = 1
        for about in element.iterdescendants("col"):
            if next(about.iterancestors("table"), None) is not element:
                continue
            wide = max(_span(about, "span", MAX_COLSPAN), 1)
            if self.is_hidden(about):
                table.hidden_cols.append((col, col + wide - 1))
            col += wide

    def _text(self, cell: HtmlElement) -> tuple[str, str]:
        """The text of a cell without that of tables inside it, and the text nobody sees."""
        if not len(cell):
            return _BLANKS.sub(" ", cell.text or "").strip(" "), ""
        seen: list[str] = [cell.text or ""]
        unseen: list[str] = []
        waiting: list[tuple[HtmlElement | str, bool]] = [(c, False) for c in reversed(cell)]
        while waiting:
            node, hidden = waiting.pop()
            if isinstance(node, str):
                (unseen if hidden else seen).append(node)
                continue
            tag = node.tag if isinstance(node.tag, str) else ""
            waiting.append((node.tail or "", hidden))
            if not tag or tag in _SILENT or tag == "table":
                continue
            inside = hidden or (not self._reads_hidden and self.is_hidden(node))
            if tag in _BLOCKS:
                seen.append(" ")
                waiting.append((" ", inside))
            elif self.is_raised(node) and "".join(node.itertext()).strip():
                (unseen if inside else seen).append("^")
            (unseen if inside else seen).append(node.text or "")
            waiting.extend((child, inside) for child in reversed(node))
        return _BLANKS.sub(" ", "".join(seen)).strip(" "), "".join(unseen)

    def _format(self, cell: HtmlElement, text: str) -> tuple[int, bool]:
        style = self.style(cell)
        bold = cell.tag == "th" or style.get("font-weight") in ("bold", "600", "700", "800", "900")
        if not bold and len(cell):
            inside = [c for c in cell.iterdescendants("b", "strong") if (c.text or "").strip()]
            bold = bool(inside) and "".join(inside[0].itertext()).strip() == text.strip()
        indent = leading_blanks(text)
        count = style.get("mso-char-indent-count", "")
        if re.fullmatch(r"\d+", count):
            return indent + 2 * int(count), bold
        for key in ("padding-left", "text-indent"):
            size = re.match(r"(\d+(?:\.\d+)?)(em|px|pt)", style.get(key, ""))
            if size:
                width = {"em": 0.5, "px": 6.0, "pt": 4.5}[size[2]]
                indent += round(float(size[1]) / width)
        return indent, bold


def _rows(table: HtmlElement) -> list[tuple[HtmlElement, int]]:
    """The rows of a table as they are displayed, each with how many its section has left."""
    sections: dict[str, list[list[HtmlElement]]] = {"thead": [], "tbody": [], "tfoot": []}
    _sort_rows(table, sections, sections["tbody"])
    return [
        (row, len(section) - position)
        for found in sections.values()
        for section in found
        for position, row in enumerate(section)
    ]


def _sort_rows(
    parent: HtmlElement,
    sections: dict[str, list[list[HtmlElement]]],
    current: list[list[HtmlElement]],
) -> None:
    """Put the rows below an element into its sections, through forms and the like."""
    rows: list[HtmlElement] = []
    current.append(rows)
    for child in parent:
        tag = str(child.tag)
        if tag == "tr":
            rows.append(child)
        elif tag in ("td", "th"):
            # Cells without a row: the element around them is their row.
            if not rows or rows[-1] is not parent:
                rows.append(parent)
        elif tag in sections:
            _sort_rows(child, sections, sections[tag])
            rows = []
            current.append(rows)
        elif tag in ("form", "div", "center", "span", "font"):
            inner: list[list[HtmlElement]] = []
            _sort_rows(child, sections, inner)
            rows.extend(row for found in inner for row in found)


def _tables_inside(cell: HtmlElement) -> Iterator[HtmlElement]:
    """The tables inside a cell, not those inside these."""
    waiting = list(reversed(cell))
    while waiting:
        node = waiting.pop()
        if node.tag == "table":
            yield node
        else:
            waiting.extend(reversed(node))


def _span(cell: HtmlElement, key: str, largest: int) -> int:
    value = cell.get(key)
    if value is None:
        return 1
    match = re.match(r"\s*(\d{1,9})", value)
    return min(int(match[1]), largest) if match else 1
