"""Workbooks (.xlsx): the cells as openpyxl or calamine decode them.

Belongs here: sheets, formats, merged and hidden parts of Office Open XML. Does not belong here:
what a number format prints (``numbers``), and which sheets the declaration asks for
(``selection``).

Two libraries, because one decodes formats and the other is ten times as fast: calamine reads
workbooks that show nothing but their stored values, openpyxl all others.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.collect.grid import (
    BOOLEAN,
    DATE,
    ERROR,
    FORMULA,
    NUMBER,
    TEXT,
    Grid,
    RefusedError,
)
from orchestration.collect.readers import stored
from orchestration.collect.readers.containers import cut_off, open_archive, part, unsafe
from orchestration.collect.readers.frames import build, leading_blanks, limit
from orchestration.collect.readers.merged import uncovered
from orchestration.collect.readers.numbers import (
    FORMULA_WITHOUT_VALUE,
    Shown,
    is_plain,
    rich_text,
)
from orchestration.collect.readers.selection import Found, select

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

    from orchestration.spec import Source

MAX_MERGED = 1_000_000
MAX_SHEETS = 1000

# Chinese workbooks refer to these formats by number alone, and openpyxl does not know them.
_DATE = 'yyyy"年"m"月"d"日"'
_LOCAL_DATES = {
    27: 'yyyy"年"m"月"',
    28: 'm"月"d"日"',
    29: 'm"月"d"日"',
    30: "m-d-yy",
    31: _DATE,
} | {
    32: 'h"时"mm"分"',
    33: 'h"时"mm"分"ss"秒"',
    36: 'yyyy"年"m"月"',
    50: 'yyyy"年"m"月"',
    51: 'm"月"d"日"',
    52: 'yyyy"年"m"月"',
    53: 'm"月"d"日"',
    54: 'm"月"d"日"',
    57: 'yyyy"年"m"月"',
    58: 'm"月"d"日"',
}


def read(content: bytes, source: Source, *, wants_format: bool) -> list[Grid]:
    """The grids of a workbook.

    Raises:
        RefusedError: unsafe, damaged, or with content that the declaration does not name.
    """
    package = _Package.open(content)
    found = None
    if not wants_format and package.shows_what_it_stores(source.numbers):
        found = _fast(package, exact=source.numbers == "as_stored")
    return select(found or _slow(package, source, wants_format=wants_format), source)


@dataclass
class _Package:
    """The parts of a workbook that are looked at before a library opens it."""

    content: bytes
    sheets: dict[str, bytes]
    strings: bytes
    styles: bytes

    @classmethod
    def open(cls, content: bytes) -> _Package:
        """Refuse macros, damage, zip bombs, entities and huge merged ranges."""
        with open_archive(content) as archive:
            names = archive.namelist()
            if "[Content_Types].xml" not in names:
                raise cut_off(b"")
            if any("purl.oclc.org/ooxml" in _text(archive, n) for n in ("xl/workbook.xml",)):
                return cls.open(_transitional(archive))
            parts = {n: part(archive, n) for n in names if n.endswith((".xml", ".rels"))}
        sheets = {n: xml for n, xml in parts.items() if n.startswith("xl/worksheets/sheet")}
        others = {n: x for n, x in parts.items() if n.startswith("xl/worksheets/")}
        if sum(_merged_area(xml) for xml in others.values()) > MAX_MERGED:
            raise unsafe("合并区域过大", "merged ranges are too large")
        strings = parts.get("xl/sharedStrings.xml", b"")
        return cls(content, sheets, strings, parts.get("xl/styles.xml", b""))

    def shows_what_it_stores(self, numbers: str) -> bool:
        """Whether the values alone tell what the workbook shows.

        So it is without raised footnote marks, formulas without a value, hidden rows and columns,
        and formats that change what a number says. Anything unusual counts as a no.
        """
        if not self.styles or b"vertAlign" in self.strings or b"_x0" in self.strings:
            return False
        if not self._formats_are_plain(numbers):
            return False
        return all(_is_simple(xml) for xml in self.sheets.values())

    def _formats_are_plain(self, numbers: str) -> bool:
        codes = dict(
            re.findall(rb'<numFmt\s+numFmtId="(\d{1,9})"\s+formatCode="([^"<]*)"', self.styles)
        )
        if len(codes) != self.styles.count(b"<numFmt "):
            return False
        start = self.styles.find(b"<cellXfs")
        end = self.styles.find(b"</cellXfs>", max(start, 0))
        if start < 0 or end < 0:
            return False
        # No expression here looks for an end beyond the next opening: of 200 000 openings without
        # an end each would look through the whole rest.
        used = [
            re.search(rb'\bnumFmtId="(\d{1,9})"', xf)
            for xf in re.findall(rb"<xf\b[^<>]*>", self.styles[start:end])
        ]
        numbers_used = {int(u[1]) if u else 0 for u in used}
        if numbers == "as_shown":
            return numbers_used <= {0, 49}
        # 1 to 4: digits, decimals and thousands; 37 to 40 the same with brackets or red.
        harmless = {0, 1, 2, 3, 4, 37, 38, 39, 40, 49}
        return all(
            number in harmless
            or (
                (code := codes.get(str(number).encode())) is not None
                and b"&" not in code
                and is_plain(code.decode())
            )
            for number in numbers_used
        )


def _text(archive: zipfile.ZipFile, name: str) -> str:
    return part(archive, name).decode("utf-8", "replace") if name in archive.namelist() else ""


_STRICT = (
    (b"http://purl.oclc.org/ooxml/spreadsheetml/main", b"spreadsheetml/2006/main"),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        b"officeDocument/2006/relationships",
    ),
    (b"http://purl.oclc.org/ooxml/drawingml/main", b"drawingml/2006/main"),
)


def _transitional(archive: zipfile.ZipFile) -> bytes:
    """A workbook of the strict variant with the names of the common one, which openpyxl knows."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for name in archive.namelist():
            xml = archive.read(name)
            if name.endswith((".xml", ".rels")):
                for strict, common in _STRICT:
                    xml = xml.replace(strict, b"http://schemas.openxmlformats.org/" + common)
            new.writestr(name, xml)
    return buffer.getvalue()


_UNUSUAL = re.compile(
    rb"""\shidden="(?:1|true)"|\s(?:ht|width|defaultColWidth)="0(?:\.0*)?"|zeroHeight="(?:1|true)"
    |(?:</f>|<f\b[^<>]*/>)\s*(?:<v\s*/>|<v>\s*</v>|</c>)|<is>|\st="(?:d|inlineStr)"|\sr='|vertAlign""",
    re.VERBOSE,
)


def _is_simple(xml: bytes) -> bool:
    head = xml[:2000]
    if not re.search(rb"<worksheet[\s>]", head) or b"<mergeCell" in xml:
        return False
    data = xml.find(b"<sheetData")
    tail = xml.rfind(b"</sheetData>")
    if _UNUSUAL.search(xml, 0, max(data, 0)) or _UNUSUAL.search(xml, max(tail, 0)):
        return False
    return (
        _is_compact(xml)
        and not any(
            mark in xml and _UNUSUAL.search(xml) for mark in (b"hidden=", b"<f", b"<is>", b" ht=")
        )
        and b't="d"' not in xml
        and b" r='" not in xml
    )


def _is_compact(xml: bytes) -> bool:
    """Whether the rectangle around the cells is not far larger than their number.

    calamine builds that rectangle: one stray cell far out would make it billions.
    """
    cells = xml.count(b"<c ")
    last = re.search(rb'<row [^<>]*?\br="(\d{1,9})"', xml[max(xml.rfind(b"<row "), 0) :])
    if not cells or last is None:
        return cells == 0
    height = int(last[1])
    roomy = 10 * cells + 100_000
    for width, wider in ((26, rb' r="[A-Z]{2}'), (702, rb' r="[A-Z]{3}')):
        if height * width > roomy:
            break
        if not re.search(wider, xml):
            return True
    columns = set(re.findall(rb'<c r="([A-Z]{1,4})', xml))
    return height * max((_number(c) for c in columns), default=16384) <= roomy


def _fast(package: _Package, *, exact: bool) -> list[Found] | None:
    """The sheets as calamine reads them; None where its values are not exact."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(package.content))
        found = []
        for position, about in enumerate(workbook.sheets_metadata):
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = workbook.get_sheet_by_index(position)
            cells = stored.cells(sheet, exact=exact)
            if cells is None:
                return None
            height = sheet.total_height
            is_hidden = about.visible != SheetVisibleEnum.Visible
            found.append(Found(Grid(about.name, cells, (), height), is_hidden=is_hidden))
    except (RefusedError, MemoryError):
        raise
    except Exception:  # whatever it cannot read, the other library may; or it will say why not
        return None
    # calamine drops errors without a word: as many values must come out as the file holds.
    held = sum(xml.count(b"</v>") for xml in package.sheets.values())
    read = sum(item.grid.cells.height for item in found)
    return found if len(found) == len(package.sheets) and read == held else None


def _slow(package: _Package, source: Source, *, wants_format: bool) -> list[Found]:
    """The sheets as openpyxl reads them, with formats."""
    import warnings

    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            # It warns of drawings, validations and the like, which carry no cells.
            warnings.simplefilter("ignore")
            workbook = load_workbook(
                io.BytesIO(package.content),
                read_only=True,
                data_only=True,
                keep_links=False,
                rich_text=True,
            )
            styles = _Styles(workbook, exact=source.numbers == "as_stored")
            found, total = [], 0
            if len(workbook.worksheets) > MAX_SHEETS:
                raise unsafe(f"工作表超过 {MAX_SHEETS} 张", f"more than {MAX_SHEETS} sheets")
            for worksheet in workbook.worksheets:
                found.append(_sheet(worksheet, styles, wants_format=wants_format))
                total += found[-1].grid.cells.height
                limit(total)
    except (RefusedError, MemoryError):
        raise
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise RefusedError(
            "delivery.truncated-workbook",
            "file",
            "工作簿损坏或不完整, 无法打开",
            f"the workbook is damaged or incomplete ({type(error).__name__})",
        ) from None
    return found


class _Styles:
    """What the styles of a workbook say, by their number; each is worked out once."""

    def __init__(self, workbook: Workbook, *, exact: bool) -> None:
        # openpyxl offers no public way to ask for a style by its number.
        book: Any = workbook
        self._book = book
        self._known: dict[int, tuple[str, int, bool]] = {}
        self.exact = exact
        self.dates: set[int] = set(book._date_formats)
        for number, style in enumerate(book._cell_styles):
            if style.numFmtId in _LOCAL_DATES:
                self.dates.add(number)

    def parser(self, worksheet: Any, xml: Any) -> Any:
        """openpyxl's parser of one sheet, which does not build an object for each cell."""
        from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

        class Parser(WorkSheetParser):
            def parse_cell(self, element: Any) -> Any:
                cell = super().parse_cell(element)
                if cell["value"] is None and element.find(FORMULA_TAG) is not None:
                    cell["data_type"] = "f"
                return cell

        return Parser(
            xml,
            worksheet._shared_strings,
            data_only=True,
            epoch=self._book.epoch,
            date_formats=self.dates,
            timedelta_formats=self._book._timedelta_formats,
            rich_text=True,
        )

    def __getitem__(self, number: int) -> tuple[str, int, bool]:
        """Number format, steps of indent, and whether it is bold."""
        known = self._known.get(number)
        if known is None:
            known = self._known[number] = self._look_up(number)
        return known

    def _look_up(self, number: int) -> tuple[str, int, bool]:
        from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE

        book = self._book
        style = book._cell_styles[number]
        format_id = style.numFmtId
        if format_id >= BUILTIN_FORMATS_MAX_SIZE:
            code = book._number_formats[format_id - BUILTIN_FORMATS_MAX_SIZE]
        else:
            code = _LOCAL_DATES.get(format_id) or BUILTIN_FORMATS.get(format_id, "General")
        indent = book._alignments[style.alignmentId].indent or 0
        return str(code), int(indent), bool(book._fonts[style.fontId].b)


_KINDS = {"n": NUMBER, "d": DATE, "b": BOOLEAN, "e": ERROR, "f": FORMULA}


def _sheet(worksheet: Any, styles: _Styles, *, wants_format: bool) -> Found:
    rows: list[int] = []
    cols: list[int] = []
    texts: list[str] = []
    kinds: list[str] = []
    indents: list[int] = []
    bold: list[bool] = []
    show = Shown(exact=styles.exact)
    with worksheet._get_source() as xml:
        parser = styles.parser(worksheet, xml)
        for _, cells in parser.parse():
            for cell in cells:
                value, kind = cell["value"], cell["data_type"]
                if kind == "f":
                    value = FORMULA_WITHOUT_VALUE
                elif value is None:
                    continue
                code, steps, is_bold = styles[cell["style_id"]]
                text = rich_text(value) if kind in ("s", "f", "e") else show(value, code)
                rows.append(cell["row"])
                cols.append(cell["column"])
                texts.append(text)
                if wants_format:
                    kinds.append(_KINDS.get(kind, TEXT))
                    indents.append(2 * steps + leading_blanks(text))
                    bold.append(is_bold)
            limit(len(texts))
    formats: dict[str, list[Any]] | None
    formats = {"kind": kinds, "indent": indents, "is_bold": bold} if wants_format else None
    frame = build(rows, cols, texts, formats)
    ranges = parser.merged_cells.mergeCell if parser.merged_cells else ()
    merged = tuple((r.min_row, r.min_col, r.max_row, r.max_col) for r in ranges)
    height = max(parser.row_counter, max(rows, default=0))
    frame, covered, dropped = uncovered(frame, merged)
    hidden_rows, hidden_cols = _hidden_parts(parser, frame["row"].max() or 0)
    return Found(
        Grid(str(worksheet.title), frame, merged, height, ignored=dropped),
        is_hidden=worksheet.sheet_state != "visible",
        hidden_rows=hidden_rows,
        hidden_cols=hidden_cols,
        hidden_cells=covered,
    )


def _hidden_parts(parser: Any, height: Any) -> tuple[set[int], list[tuple[int, int]]]:
    """Rows and columns that are hidden, filtered out, or of no height or width."""
    true = ("1", "true")
    rows = {
        int(row)
        for row, about in parser.row_dimensions.items()
        if about.get("hidden") in true or _is_zero(about.get("ht"))
    }
    cols = [
        (int(about["min"]), int(about.get("max", about["min"])))
        for about in parser.column_dimensions.values()
        if about.get("hidden") in true or _is_zero(about.get("width"))
    ]
    layout = getattr(parser, "sheet_format", None)
    if layout is not None and layout.zeroHeight:
        shown = {
            int(row)
            for row, about in parser.row_dimensions.items()
            if about.get("hidden") in ("0", "false") or not _is_zero(about.get("ht", "0"))
        }
        rows |= set(range(1, int(height) + 1)) - shown
    return rows, cols


def _is_zero(size: str | None) -> bool:
    try:
        return size is not None and float(size) == 0
    except ValueError:
        return False


_MERGED = re.compile(
    rb'<(?:\w{1,20}:)?mergeCell\s[^<>]*?ref="([A-Z]{1,4})([0-9]{1,9}):([A-Z]{1,4})([0-9]{1,9})"'
)


def _areas(xml: bytes) -> Iterator[int]:
    if b"mergeCell" in xml:
        for c1, r1, c2, r2 in _MERGED.findall(xml):
            yield (_number(c2) - _number(c1) + 1) * (int(r2) - int(r1) + 1)


def _merged_area(xml: bytes) -> int:
    return sum(_areas(xml))


def _number(letters: bytes) -> int:
    found = 0
    for letter in letters:
        found = found * 26 + letter - 64
    return found
