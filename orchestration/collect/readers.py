"""Readers: the bytes of a file become a grid of cells with the text as written.

Belongs here: decoding by well-kept libraries, refusing what is unsafe or broken. Does not belong
here: knowing which cell means what (``layouts``).
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from orchestration.spec import RecordsLayout, TableLayout

if TYPE_CHECKING:
    import polars as pl

MAX_UNPACKED = 512 << 20
MAX_RATIO = 200
MAX_CELLS = 20_000_000


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
        super().__init__(f"{rule} at {place}: {detail_en}")


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Attributes:
        name: Empty for a CSV file.
        cells: Non-empty cells, columns ``row`` and ``col`` (from 1) and ``text``.
        merged: Merged ranges as (first row, first column, last row, last column).
        height: Number of rows including blank ones.
    """

    name: str
    cells: pl.DataFrame
    merged: tuple[tuple[int, int, int, int], ...] = ()
    height: int = 0


def address(sheet: str, row: int, col: int) -> str:
    """The place of a cell as people write it: ``Sheet1!B7``, or ``R7C2`` in a CSV file."""
    if not sheet:
        return f"R{row}C{col}"
    letters = ""
    while col > 0:
        col, rest = divmod(col - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{sheet}!{letters}{row}"


def read_sheets(content: bytes, layout: RecordsLayout | TableLayout) -> list[Sheet]:
    """Read the file as its declaration says.

    Raises:
        RefusedError: empty, wrongly encoded, truncated, encrypted, unsafe, or nothing in it.
    """
    if not content.strip():
        raise RefusedError("delivery.empty-file", "file", "文件为空", "the file is empty")
    if isinstance(layout, RecordsLayout) and layout.format == "csv":
        sheets = [_read_csv(content, layout)]
    else:
        sheets = _read_xlsx(content, layout.sheet)
    if not any(sheet.cells.height for sheet in sheets):
        raise RefusedError(
            "delivery.empty-file", "file", "文件中没有任何内容", "there is no cell with content"
        )
    return sheets


_ENCODINGS = {"utf-8": "utf-8-sig", "gb18030": "gb18030", "utf-16": "utf-16"}


def _read_csv(content: bytes, layout: RecordsLayout) -> Sheet:
    import polars as pl

    if content[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise RefusedError(
            "delivery.unreadable-file",
            "file",
            "声明为 CSV, 实际是工作簿",
            "declared as CSV, but the file is a workbook",
        )
    text = _decode(content, layout.encoding)
    try:
        frame = pl.read_csv(
            io.BytesIO(text.encode()),
            has_header=False,
            infer_schema=False,
            separator=layout.delimiter,
        )
    except pl.exceptions.NoDataError:
        raise RefusedError("delivery.empty-file", "file", "文件为空", "the file is empty") from None
    except pl.exceptions.PolarsError as error:
        raise _ragged(text, layout.delimiter, error) from None
    width = frame.width
    cells = (
        frame.rename({name: str(index + 1) for index, name in enumerate(frame.columns)})
        .with_row_index("row", offset=1)
        .unpivot(index="row", variable_name="col", value_name="text")
        .with_columns(
            pl.col("row").cast(pl.Int64),
            pl.col("col").cast(pl.Int64),
            pl.col("text").str.strip_chars(),
        )
        .filter(pl.col("text").is_not_null() & (pl.col("text") != ""))
        .sort("row", "col")
    )
    _limit(cells.height if width else 0)
    broken = cells.filter(pl.col("text").str.contains(r"[\r\n]"))
    if broken.height:
        row = int(broken["row"][0])
        raise RefusedError(
            "delivery.unreadable-file",
            f"row {row}",
            "一个带引号的字段跨了多行 (引号未闭合?)",
            "a quoted field runs over several lines (a quote that never closes?)",
        )
    return Sheet(name="", cells=cells, height=frame.height)


def _decode(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(_ENCODINGS[encoding])
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        line = content[:at].count(b"\n") + 1
        other = _guess_encoding(content, encoding)
        hint_zh = f"; 看起来是 {other}" if other else ""
        hint_en = f"; it looks like {other}" if other else ""
        raise RefusedError(
            "delivery.wrong-encoding",
            f"line {line}",
            f"声明的编码是 {encoding}, 第 {at} 字节无法解码{hint_zh}",
            f"declared as {encoding}, byte {at} cannot be decoded{hint_en}",
        ) from None
    if "\x00" in text:
        raise RefusedError(
            "delivery.wrong-encoding",
            f"line {text[: text.index(chr(0))].count(chr(10)) + 1}",
            f"按 {encoding} 解码后含有空字符",
            f"decoded as {encoding} it holds null characters",
        )
    return text


def _guess_encoding(content: bytes, declared: str) -> str | None:
    candidates = ["utf-8", "gb18030"]
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        candidates = ["utf-16"]
    for candidate in candidates:
        if candidate != declared:
            try:
                content.decode(_ENCODINGS[candidate])
            except UnicodeError:
                continue
            return candidate
    return None


def _ragged(text: str, delimiter: str, error: Exception) -> RefusedError:
    """Find the line that the CSV library stumbled over."""
    import csv

    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    width = None
    try:
        for number, row in enumerate(reader, start=1):
            width = width or len(row)
            if len(row) > width:
                return RefusedError(
                    "delivery.unreadable-file",
                    f"row {number}",
                    f"该行有 {len(row)} 列, 表头只有 {width} 列",
                    f"this row has {len(row)} fields, the header has {width}",
                )
    except csv.Error as other:
        return RefusedError(
            "delivery.unreadable-file", f"line {reader.line_num}", "不是有效的 CSV", str(other)
        )
    return RefusedError(
        "delivery.unreadable-file",
        "file",
        "不是有效的 CSV (引号未闭合?)",
        f"not valid CSV (a quote that never closes?): {type(error).__name__}",
    )


def _limit(cells: int) -> None:
    if cells > MAX_CELLS:
        raise RefusedError(
            "delivery.unsafe-file",
            "file",
            f"单元格数超过 {MAX_CELLS}",
            f"more than {MAX_CELLS} cells",
        )


def _read_xlsx(content: bytes, sheet_pattern: str) -> list[Sheet]:
    import fnmatch

    import polars as pl
    from openpyxl import load_workbook

    check_package(content)
    try:
        # The whole workbook, not read-only: merged ranges and formats are needed.
        workbook = load_workbook(
            io.BytesIO(content), data_only=True, keep_links=False, rich_text=True
        )
        formulas = _formulas(content)
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise RefusedError(
            "delivery.truncated-workbook",
            "file",
            "工作簿损坏或不完整, 无法打开",
            f"the workbook is damaged or incomplete ({type(error).__name__})",
        ) from None
    sheets = []
    total = 0
    for worksheet in workbook.worksheets:
        # Only cells that are there: one stray cell far out would make a rectangle of billions.
        cells_there = dict(sorted(worksheet._cells.items()))
        rows: list[tuple[int, int, str]] = [
            (row, col, text)
            for (row, col), cell in cells_there.items()
            if (text := printed(cell.value, str(cell.number_format)))
        ]
        rows += [
            (row, col, "[formula without a value]")
            for row, col in formulas.get(worksheet.title, ())
            if not printed(cells_there[row, col].value, "General")
        ]
        total += len(rows)
        _limit(total)
        cells = pl.DataFrame(
            rows, schema={"row": pl.Int64, "col": pl.Int64, "text": pl.String}, orient="row"
        ).sort("row", "col")
        merged = tuple(
            (r.min_row, r.min_col, r.max_row, r.max_col) for r in worksheet.merged_cells.ranges
        )
        if fnmatch.fnmatch(worksheet.title, sheet_pattern):
            sheets.append(Sheet(worksheet.title, cells, merged, worksheet.max_row or 0))
        elif cells.height:
            raise RefusedError(
                "cell.unexpected",
                f"{worksheet.title}",
                "工作簿含有未声明的工作表",
                f"a sheet that the declaration does not name (it names {sheet_pattern})",
            )
    if not sheets:
        raise RefusedError(
            "delivery.unreadable-file",
            "file",
            f"没有名为 {sheet_pattern} 的工作表",
            f"there is no sheet named {sheet_pattern}",
        )
    return sheets


def _formulas(content: bytes) -> dict[str, list[tuple[int, int]]]:
    """Where formulas stand, by sheet; a second reading only of workbooks that have some."""
    from openpyxl import load_workbook

    with zipfile.ZipFile(io.BytesIO(content)) as package:
        sheets = [n for n in package.namelist() if n.startswith("xl/worksheets/")]
        if not any(re.search(rb"<f[ >/]", package.read(name)) for name in sheets):
            return {}
    workbook = load_workbook(io.BytesIO(content), keep_links=False)
    return {
        sheet.title: [at for at, cell in sheet._cells.items() if cell.data_type == "f"]
        for sheet in workbook.worksheets
    }


_MERGED = re.compile(rb'<mergeCell[^>]*ref="([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)"')
MAX_MERGED = 1_000_000


def _merged_area(xml: bytes) -> int:
    def number(letters: bytes) -> int:
        found = 0
        for letter in letters:
            found = found * 26 + letter - 64
        return found

    return sum(
        (number(c2) - number(c1) + 1) * (int(r2) - int(r1) + 1)
        for c1, r1, c2, r2 in _MERGED.findall(xml)
    )


def check_package(content: bytes) -> None:
    """Refuse what is no plain workbook: encrypted, with macros, truncated, or a zip bomb."""
    if content[:4] == b"\xd0\xcf\x11\xe0":
        raise RefusedError(
            "delivery.unsafe-file",
            "file",
            "文件加密或为旧版 .xls 格式",
            "the file is encrypted or an old .xls workbook",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            entries = package.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(len(content), 1 << 16):
                raise RefusedError(
                    "delivery.unsafe-file",
                    "file",
                    f"解压后有 {unpacked} 字节, 过大",
                    f"it unpacks to {unpacked} bytes",
                )
            names = {entry.filename for entry in entries}
            if any(name.endswith("vbaProject.bin") for name in names):
                raise RefusedError(
                    "delivery.unsafe-file", "file", "工作簿含有宏", "the workbook carries macros"
                )
            sheets = [name for name in names if name.startswith("xl/worksheets/")]
            if sum(_merged_area(package.read(name)) for name in sheets) > MAX_MERGED:
                raise RefusedError(
                    "delivery.unsafe-file", "file", "合并区域过大", "merged ranges are too large"
                )
            if "[Content_Types].xml" not in names:
                raise RefusedError(
                    "delivery.unreadable-file",
                    "file",
                    "不是工作簿文件",
                    "the archive is no workbook",
                )
    except zipfile.BadZipFile:
        looks_cut = content[:2] == b"PK"
        raise RefusedError(
            "delivery.truncated-workbook" if looks_cut else "delivery.unreadable-file",
            f"byte {len(content)}",
            "工作簿不完整 (传输中断?)" if looks_cut else "不是工作簿文件",
            "the workbook ends early (a broken transfer?)" if looks_cut else "not a workbook",
        ) from None


_COLOURS = "Black|Blue|Cyan|Green|Magenta|Red|White|Yellow|Color ?[0-9]+"
_DECORATION = re.compile(rf"\[(?:{_COLOURS}|\$-[0-9A-Fa-f,]+)\]|_.|\*.", re.IGNORECASE)
"""Colours and locales, and blanks as wide as a character: nothing of the figure."""

_DIGITS = re.compile(r"^(#,##)?#*0*(?:\.(0*#*))?(%?)$")
_ALL_DIGITS = re.compile(r"^(?:General|@|)$|^[0#]+(?:\.[0#]+)?E\+[0#]+$", re.IGNORECASE)


def printed(value: Any, number_format: str) -> str:
    """The text that a workbook shows for a value under a number format.

    Decimals, thousands separators, percent and signs are understood. Whatever else a format does
    (words, other magnitudes, conditions, hiding) stays visible as ``value [format]``, so that
    nobody takes the content of the cell for the figure that a reader sees.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        # Workbooks work with 15 digits: 0.1 + 0.2 stands there as 0.3.
        number = Decimal(f"{value:.15g}" if isinstance(value, float) else value)
        return _printed_number(number, number_format)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return rich_text(value).strip()


def rich_text(value: Any) -> str:
    """A text of several runs; raised and lowered ones are footnote marks, not digits."""
    if isinstance(value, str):
        return value
    runs = []
    for run in value if isinstance(value, list) else [value]:
        raised = getattr(getattr(run, "font", None), "vertAlign", None)
        text = str(getattr(run, "text", run))
        runs.append(f"^{text}" if raised in ("superscript", "subscript") else text)
    return "".join(runs)


def _printed_number(number: Decimal, number_format: str) -> str:
    if not number.is_finite():
        return str(number)
    sections = number_format.split(";")
    section, is_own = sections[0], False
    if number < 0 and len(sections) > 1:
        section, is_own = sections[1], True
    elif number == 0 and len(sections) > 2:
        section = sections[2]
        shown = section.strip().strip('"')
        if shown and not re.search("[0#?]", section):
            return shown
    hides = len(sections) > 1 and not section.strip()
    text = None if hides else _in_section(number, section, is_own=is_own)
    return text if text is not None else f"{_all_digits(number)} [{number_format}]"


def _in_section(number: Decimal, section: str, *, is_own: bool) -> str | None:
    """The number under one section of a format; None where the format is not understood."""
    plain = _DECORATION.sub("", section).replace(" ", "")
    if _ALL_DIGITS.match(plain):
        return _all_digits(number)
    if is_own:
        # The section for negative numbers prints its own sign, or brackets.
        signed = re.fullmatch(r"-(.*)|\((.*)\)", plain.replace("\\", ""))
        if signed is None:
            return None
        plain = signed[1] or signed[2]
    match = _DIGITS.match(plain)
    if match is None or not plain:
        return None
    grouped, places, percent = match.groups()
    places = places or ""
    try:
        shown = (number * 100 if percent else number).quantize(
            Decimal(1).scaleb(-len(places)), rounding=ROUND_HALF_UP
        )
    except InvalidOperation:
        return _all_digits(number)
    text = format(shown, ",f") if grouped else format(shown, "f")
    for _ in range(places.count("#")):
        text = text.removesuffix("0")
    return f"{text.removesuffix('.')}{percent}"


def _all_digits(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
