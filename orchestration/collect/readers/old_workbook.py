"""Old workbooks (.xls): the cells as xlrd decodes them.

Belongs here: sheets, formats, merged and hidden parts of BIFF files. Does not belong here: what a
number format prints (``numbers``), pages that only carry the ending .xls (``page``).
"""

from __future__ import annotations

import io
import struct
from itertools import pairwise
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
from orchestration.collect.readers.containers import streams, unsafe
from orchestration.collect.readers.frames import build, leading_blanks, limit
from orchestration.collect.readers.merged import uncovered
from orchestration.collect.readers.numbers import FORMULA_WITHOUT_VALUE, Shown
from orchestration.collect.readers.selection import Found, select

if TYPE_CHECKING:
    from xlrd.book import Book
    from xlrd.sheet import Sheet

    from orchestration.spec import Source


def read(content: bytes, source: Source, *, wants_format: bool) -> list[Grid]:
    """The grids of an old workbook.

    Raises:
        RefusedError: encrypted, with macros, damaged, or not as declared.
    """
    import xlrd
    from xlrd.biffh import XLRDError

    if any(name.startswith("_VBA_PROJECT") or name == "VBA" for name in streams(content)):
        raise unsafe("工作簿含有宏", "the workbook carries macros")
    try:
        # On demand keeps the bytes at hand, in which `_formulas` looks.
        with xlrd.open_workbook(
            file_contents=content,
            logfile=io.StringIO(),
            formatting_info=True,
            ragged_rows=True,
            on_demand=True,
        ) as book:
            found = [_sheet(book, sheet, source, wants_format) for sheet in book.sheets()]
    except (RefusedError, MemoryError):
        raise
    except XLRDError as error:
        if "encrypted" in str(error):
            raise unsafe(
                "旧版 .xls 工作簿已加密 (设有打开密码)",
                "an old .xls workbook that is encrypted (it needs a password to open)",
            ) from None
        raise _damaged(error) from None
    except Exception as error:  # xlrd raises whatever its parsers stumble over
        raise _damaged(error) from None
    return select(found, source)


def _damaged(error: Exception) -> RefusedError:
    return RefusedError(
        "delivery.unreadable-file",
        "file",
        "旧版工作簿损坏或不完整, 无法打开",
        f"the old workbook is damaged or incomplete ({type(error).__name__})",
    )


def _sheet(book: Book, sheet: Sheet, source: Source, wants_format: bool) -> Found:
    rows: list[int] = []
    cols: list[int] = []
    texts: list[str] = []
    kinds: list[str] = []
    indents: list[int] = []
    bold: list[bool] = []
    empty: list[int] = []
    show = Shown(exact=source.numbers == "as_stored")
    codes = [str(book.format_map[xf.format_key].format_str) for xf in book.xf_list]
    for row in range(sheet.nrows):
        types, values = sheet.row_types(row), sheet.row_values(row)
        for col, (kind, value) in enumerate(zip(types, values, strict=True)):
            if kind in (0, 6):  # empty, blank with a format
                continue
            style = sheet.cell_xf_index(row, col)
            text, what = _text(book, sheet, (row, col), kind, value, codes[style], show)
            if kind == 1 and not text:
                empty.append(len(texts))
            rows.append(row + 1)
            cols.append(col + 1)
            texts.append(text)
            if wants_format:
                xf = book.xf_list[style]
                font = book.font_list[xf.font_index]
                kinds.append(what)
                indents.append(
                    2 * (xf.alignment.indent_level if xf.alignment else 0) + leading_blanks(text)
                )
                bold.append(bool(font.bold) or font.weight >= 700)
        limit(len(texts))
    if empty:
        formulas = _formulas(book, sheet)
        for at in empty:
            if (rows[at] - 1, cols[at] - 1) in formulas:
                texts[at] = FORMULA_WITHOUT_VALUE
                if wants_format:
                    kinds[at] = FORMULA
    formats: dict[str, list[Any]] | None
    formats = {"kind": kinds, "indent": indents, "is_bold": bold} if wants_format else None
    merged = tuple((r1 + 1, c1 + 1, r2, c2) for r1, r2, c1, c2 in sheet.merged_cells)
    cells, covered, dropped = uncovered(build(rows, cols, texts, formats, is_sorted=True), merged)
    return Found(
        Grid(str(sheet.name), cells, merged, int(sheet.nrows), ignored=dropped),
        is_hidden=sheet.visibility != 0,
        hidden_rows={
            int(row) + 1
            for row, about in sheet.rowinfo_map.items()
            if about.hidden or (about.height == 0 and not about.has_default_height)
        },
        hidden_cols=[
            (int(col) + 1, int(col) + 1)
            for col, about in sheet.colinfo_map.items()
            if about.hidden or about.width == 0
        ],
        hidden_cells=covered,
    )


def _formulas(book: Any, sheet: Any) -> set[tuple[int, int]]:
    """Where the formulas of a sheet stand, which xlrd does not tell: records of type 6."""
    found = set()
    content, at = book.mem, book._sh_abs_posn[sheet.number]
    while at + 4 <= len(content):
        kind, size = struct.unpack_from("<HH", content, at)
        if kind == 0x0A:  # the end of the sheet
            break
        if kind == 0x06 and size >= 4:
            found.add(struct.unpack_from("<HH", content, at + 4))
        at += 4 + size
    return found


def _text(
    book: Book, sheet: Sheet, at: tuple[int, int], kind: int, value: Any, code: str, show: Shown
) -> tuple[str, str]:
    """The text of a cell and what kind it is."""
    import xlrd

    if kind == xlrd.XL_CELL_TEXT:
        return _runs(book, str(value), sheet.rich_text_runlist_map.get(at)), TEXT
    if kind == xlrd.XL_CELL_NUMBER:
        return show(value, code), NUMBER
    if kind == xlrd.XL_CELL_DATE:
        try:
            return show(xlrd.xldate_as_datetime(value, book.datemode), code), DATE
        except (ValueError, OverflowError):
            return show(value, "General"), NUMBER
    if kind == xlrd.XL_CELL_BOOLEAN:
        return ("TRUE" if value else "FALSE"), BOOLEAN
    return str(xlrd.error_text_from_code.get(value, "#ERROR")), ERROR


def _runs(book: Book, text: str, runs: Any) -> str:
    """A text of several runs; raised and lowered ones are footnote marks, not digits."""
    if not runs:
        return text
    bounds = [*runs, (len(text), None)]
    found = text[: bounds[0][0]]
    for (start, font), (end, _) in pairwise(bounds):
        piece = text[start:end]
        raised = piece and book.font_list[font].escapement
        found += f"^{piece}" if raised else piece
    return found
