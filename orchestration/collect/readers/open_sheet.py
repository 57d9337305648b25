"""OpenDocument spreadsheets (.ods): the cells as lxml decodes their XML.

Belongs here: tables, repeated rows and cells, shown texts and stored values. Does not belong here:
number formats: the file holds the text that it shows beside every value.

No library of spreadsheets is used: those that know the format either drop the shown text or build
the million empty rows that such files end with.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from orchestration.collect.grid import (
    BOOLEAN,
    DATE,
    FORMULA,
    NUMBER,
    TEXT,
    Grid,
    RefusedError,
)
from orchestration.collect.readers.containers import cut_off, open_archive, part, unsafe
from orchestration.collect.readers.frames import build, leading_blanks, limit
from orchestration.collect.readers.merged import uncovered
from orchestration.collect.readers.numbers import FORMULA_WITHOUT_VALUE, all_digits
from orchestration.collect.readers.selection import Found, select

if TYPE_CHECKING:
    from lxml.etree import _Element

    from orchestration.spec import Source

_BASE = "{urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _TEXT, _OFFICE = f"{_BASE}table:1.0}}", f"{_BASE}text:1.0}}", f"{_BASE}office:1.0}}"
_STYLE, _FO = f"{_BASE}style:1.0}}", f"{_BASE}xsl-fo-compatible:1.0}}"

MAX_MERGED = 1_000_000
MAX_ROWS, MAX_COLS = 1_048_576, 16_384


def read(content: bytes, source: Source, *, wants_format: bool) -> list[Grid]:
    """The grids of an OpenDocument spreadsheet.

    Raises:
        RefusedError: unsafe, damaged, or not as declared.
    """
    from lxml import etree

    with open_archive(content) as archive:
        names = set(archive.namelist())
        if "content.xml" not in names:
            raise cut_off(b"")
        if "META-INF/manifest.xml" in names and b"encryption-data" in part(
            archive, "META-INF/manifest.xml"
        ):
            raise unsafe("文件已加密 (设有打开密码)", "the file is encrypted (it needs a password)")
        xml = part(archive, "content.xml")
        named = part(archive, "styles.xml") if "styles.xml" in names else b""
    try:
        styles = _Styles()
        if named:
            styles.learn(etree.fromstring(named, _parser()))
        reading = etree.iterparse(
            io.BytesIO(xml),
            tag=(f"{_OFFICE}automatic-styles", f"{_TABLE}table"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
        )
        found = []
        for _, element in reading:
            if element.tag == f"{_TABLE}table":
                found.append(_Table(element, styles, source, wants_format).found())
            else:
                styles.learn(element)
                continue
            element.clear()
    except RefusedError:
        raise
    except (etree.XMLSyntaxError, ValueError) as error:
        raise RefusedError(
            "delivery.truncated-workbook",
            "content.xml",
            "电子表格损坏或不完整, 无法打开",
            f"the spreadsheet is damaged or incomplete ({type(error).__name__})",
        ) from None
    return select(found, source)


def _parser() -> Any:
    from lxml import etree

    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


class _Styles:
    """What the styles of a file say; a style may build on another one."""

    def __init__(self) -> None:
        self._own: dict[str, dict[str, str]] = {}
        self._parent: dict[str, str] = {}

    def learn(self, root: _Element) -> None:
        """Note the styles below an element."""
        for style in root.iter(f"{_STYLE}style"):
            name = str(style.get(f"{_STYLE}name"))
            own = self._own.setdefault(name, {})
            for properties in style:
                own.update({str(k): str(v) for k, v in properties.attrib.items()})
            parent = style.get(f"{_STYLE}parent-style-name")
            if parent:
                self._parent[name] = str(parent)

    def get(self, name: str | None, key: str) -> str:
        """One property of a style, or of those that it builds on; empty where none says it."""
        for _ in range(20):
            if name is None:
                break
            value = self._own.get(name, {}).get(key)
            if value is not None:
                return value
            name = self._parent.get(name)
        return ""

    def is_bold(self, name: str | None) -> bool:
        """Whether a style prints in bold."""
        return self.get(name, f"{_FO}font-weight") in ("bold", "600", "700", "800", "900")

    def indent(self, name: str | None) -> int:
        """Its indent in columns of a terminal; a step is 10 points, as spreadsheets have it."""
        match = re.fullmatch(r"([\d.]+)(cm|mm|in|pt)", self.get(name, f"{_FO}margin-left"))
        if match is None:
            return 0
        points = {"cm": 28.35, "mm": 2.835, "in": 72.0, "pt": 1.0}[match[2]] * float(match[1])
        return 2 * round(points / 10)

    def is_zero(self, name: str | None, key: str) -> bool:
        """Whether a height or width is zero."""
        return re.fullmatch(r"0(\.0*)?[a-z]*", self.get(name, f"{_STYLE}{key}")) is not None


class _Table:
    """One table while it is read."""

    def __init__(
        self, element: _Element, styles: _Styles, source: Source, wants_format: bool
    ) -> None:
        self.element = element
        self.styles = styles
        self.exact = source.numbers == "as_stored"
        self.wants_format = wants_format
        self.rows: list[int] = []
        self.cols: list[int] = []
        self.texts: list[str] = []
        self.formats: dict[str, list[Any]] = {"kind": [], "indent": [], "is_bold": []}
        self.merged: list[tuple[int, int, int, int]] = []
        self.hidden_rows: set[int] = set()
        self.hidden_cols: list[tuple[int, int]] = []
        self.column_styles: list[tuple[int, str | None]] = []

    def found(self) -> Found:
        """The table with what is hidden of it."""
        row = 0
        self._columns()
        for element in _below(self.element, "table-row"):
            times = _times(element, "number-rows-repeated")
            before = len(self.texts)
            self._row(element, row + 1)
            filled = len(self.texts) - before
            if filled:
                if times * filled > 1:
                    limit(len(self.texts) + (times - 1) * filled)
                self._repeat(before, filled, times)
                if self._is_hidden(element, "row-height"):
                    self.hidden_rows.update(range(row + 1, row + times + 1))
            row += times
        height = max(self.rows, default=0)
        cells = build(self.rows, self.cols, self.texts, self.formats if self.wants_format else None)
        area = sum((r2 - r1 + 1) * (c2 - c1 + 1) for r1, c1, r2, c2 in self.merged)
        if area > MAX_MERGED:
            raise unsafe("合并区域过大", "merged ranges are too large")
        cells, covered, dropped = uncovered(cells, self.merged)
        name = str(self.element.get(f"{_TABLE}name") or "")
        style = self.element.get(f"{_TABLE}style-name")
        return Found(
            Grid(name, cells, tuple(self.merged), height, ignored=dropped),
            is_hidden=self.styles.get(style, f"{_TABLE}display") == "false",
            hidden_rows=self.hidden_rows,
            hidden_cols=self.hidden_cols,
            hidden_cells=covered,
        )

    def _is_hidden(self, element: _Element, size: str) -> bool:
        seen = element.get(f"{_TABLE}visibility") in (None, "visible")
        return not seen or self.styles.is_zero(element.get(f"{_TABLE}style-name"), size)

    def _columns(self) -> None:
        col = 0
        for element in _below(self.element, "table-column"):
            times = _times(element, "number-columns-repeated")
            if self._is_hidden(element, "column-width"):
                self.hidden_cols.append((col + 1, col + times))
            col += times
            self.column_styles.append((col, element.get(f"{_TABLE}default-cell-style-name")))

    def _repeat(self, start: int, count: int, times: int) -> None:
        """The last ``count`` cells once more for each further row they stand for."""
        if times == 1:
            return
        end = start + count
        for step in range(1, times):
            self.rows.extend(row + step for row in self.rows[start:end])
        self.cols.extend(self.cols[start:end] * (times - 1))
        self.texts.extend(self.texts[start:end] * (times - 1))
        for values in self.formats.values():
            values.extend(values[start:end] * (times - 1))

    def _row(self, element: _Element, row: int) -> None:
        col = 0
        default = element.get(f"{_TABLE}default-cell-style-name")
        for cell in element:
            if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                continue
            times = _times(cell, "number-columns-repeated")
            wide = int(cell.get(f"{_TABLE}number-columns-spanned") or 1)
            high = int(cell.get(f"{_TABLE}number-rows-spanned") or 1)
            if wide > 1 or high > 1:
                self.merged.append((row, col + 1, row + high - 1, col + wide))
            if len(cell) or cell.get(f"{_OFFICE}value-type") or cell.get(f"{_TABLE}formula"):
                text, kind = self._text(cell)
                if text.strip():
                    limit(len(self.texts) + times)
                    self.rows.extend([row] * times)
                    self.cols.extend(range(col + 1, col + times + 1))
                    self.texts.extend([text] * times)
                    if self.wants_format:
                        style = cell.get(f"{_TABLE}style-name") or default
                        style = style or self._style_of_column(col + 1)
                        indent = self.styles.indent(style) + leading_blanks(text)
                        self.formats["kind"].extend([kind] * times)
                        self.formats["indent"].extend([indent] * times)
                        self.formats["is_bold"].extend([self.styles.is_bold(style)] * times)
            col += times

    def _style_of_column(self, col: int) -> str | None:
        return next((style for last, style in self.column_styles if col <= last), None)

    def _text(self, cell: _Element) -> tuple[str, str]:
        paragraphs = [_line(p, self.styles) for p in cell.iterchildren(f"{_TEXT}p")]
        shown = "\n".join(paragraphs)
        what = cell.get(f"{_OFFICE}value-type")
        value = cell.get(f"{_OFFICE}value")
        if what in ("float", "percentage", "currency") and value:
            return (self._number(value, shown, what) if self.exact or not shown else shown), NUMBER
        if what in ("date", "time"):
            stored = cell.get(f"{_OFFICE}{what}-value") or ""
            exact = stored.removesuffix("T00:00:00")
            return (exact if self.exact or not shown else shown), DATE
        if what == "boolean":
            return str(cell.get(f"{_OFFICE}boolean-value") or "").upper(), BOOLEAN
        if not shown and what == "string":
            shown = str(cell.get(f"{_OFFICE}string-value") or "")
        if not shown and cell.get(f"{_TABLE}formula"):
            return FORMULA_WITHOUT_VALUE, FORMULA
        return shown, TEXT

    def _number(self, value: str, shown: str, what: str) -> str:
        """The stored number, with the shown text beside it where that says something else."""
        try:
            number = Decimal(value)
        except InvalidOperation:
            return shown
        if what == "percentage":
            return f"{all_digits(number * 100)}%"
        exact = all_digits(number)
        if not shown:
            return exact
        plain = re.fullmatch(r"(-?)(\()?(-?)([\d,]*\.?(\d*))\)?", shown.strip())
        if plain is None or not re.search(r"\d", shown):
            return f"{exact} [{shown.strip()}]"
        printed = Decimal(plain[4].replace(",", ""))
        close = abs(abs(number) - printed) <= Decimal(1).scaleb(-len(plain[5]))
        return exact if close else f"{exact} [{shown.strip()}]"


def _below(table: _Element, kind: str) -> Iterator[_Element]:
    """Rows or columns of a table, through groups and headers, not those of tables inside."""
    groups = {f"{_TABLE}{n}" for n in ("header-rows", "row-group", "rows")} | {
        f"{_TABLE}table-{n}"
        for n in ("header-rows", "row-group", "rows", "header-columns", "column-group", "columns")
    }
    waiting = list(reversed(table))
    while waiting:
        element = waiting.pop()
        if element.tag == f"{_TABLE}{kind}":
            yield element
        elif element.tag in groups:
            waiting.extend(reversed(element))


def _times(element: _Element, key: str) -> int:
    return min(max(int(element.get(f"{_TABLE}{key}") or 1), 1), MAX_ROWS)


def _line(paragraph: _Element, styles: _Styles) -> str:
    """The text of a paragraph; raised and lowered runs are footnote marks, not digits."""
    found = [paragraph.text or ""]
    for child in paragraph:
        if child.tag == f"{_TEXT}s":
            found.append(" " * min(int(child.get(f"{_TEXT}c") or 1), 1000))
        elif child.tag in (f"{_TEXT}tab", f"{_TEXT}line-break"):
            found.append(" ")
        elif child.tag in (f"{_TEXT}span", f"{_TEXT}a"):
            inner = _line(child, styles)
            position = styles.get(child.get(f"{_TEXT}style-name"), f"{_STYLE}text-position")
            raised = inner and position and not position.startswith("0%")
            found.append(f"^{inner}" if raised else inner)
        elif isinstance(child.tag, str) and child.tag.startswith(_TEXT):
            # Fields such as a page number or a sheet's name carry their text inside.
            found.append("".join(str(t) for t in child.itertext()))
        found.append(child.tail or "")
    return "".join(found)
