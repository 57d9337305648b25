"""One Excel workbook per theme: its tables as statistics bureaus print them, ready for paper.

A workbook names the release that its figures were first issued in: later releases carry the same
file while its figures stay what they are.

Belongs here: sheets, cell formats and page setup. Does not belong here: which columns a table
shows and under which words (``printed``), and how the tables came to be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from typing import Any, ClassVar

from orchestration.publish.layout import csv_path
from orchestration.publish.printed import (
    SOURCE_LIMIT,
    PrintedColumn,
    PrintedTable,
    Words,
    bilingual,
    decimal_text,
    decimals_of,
    has_one_unit,
    is_exact_in_a_cell,
    text_width,
)
from orchestration.publish.report import SIMULATED_LABEL
from orchestration.publish.report import Row as Report
from orchestration.publish.tables import Table
from orchestration.text import shown_moment

NOT_PRINTED_SCHEMAS = ("quality", "meta")
# What tables are made from and machines join, not tables to print: every figure, what is computed
# of each, and the dimensions, whose words stand in the tables that are printed.
LEFT_OUT = frozenset(
    ("core", name)
    for name in (
        "observation",
        "fact_figure",
        "derived",
        "dim_period",
        "dim_region",
        "dim_indicator",
        "dim_source",
        "dim_unit",
    )
)
CONTENTS = "目录 Contents"
SHEET_NAME_LIMIT = 31
CELL_LIMIT = 32_767
# A number format has room for 255 characters, and holds the sign twice.
_LONGEST_SIGN = 40

FOOTER = "第 &P 页 / 共 &N 页"
FONT, TITLE_FONT = "SimSun", "SimHei"
GREY, RED, LINK, _SHADE = "#7F7F7F", "#C00000", "#1F4E79", "#FFF2CC"
RULED: dict[str, Any] = {"bottom": 7, "bottom_color": "#A6A6A6"}
CLOSED: dict[str, Any] = {"bottom": 2}

# Widths are in units of Excel, a half-width character of 11 points. What is wider than A4 is
# printed on A3; what is wider still gets narrower texts of more lines, and what nobody could read
# on one page then is continued on a second one beside it.
_A4_WIDTH, _A3_WIDTH, _PAGE_WIDTH = 190, 330, 420
A3, A4 = 8, 9
# In inches, on the left and on the right.
MARGIN = 0.4
_FROZEN_WIDTH = 130
_ONE_LINE = 10
_NOTE_WIDTH = (96, 150)
_DEFAULT_WIDTH = 9.0
# Half-width characters of a font size in one unit; the height of a line of it in points.
PER_UNIT = {10: 1.05, 9: 1.15, 7: 1.45}
LINE = {10: 13.5, 9: 12.5, 7: 10.0}
_TALLEST = 400.0

_FIRST_EXCEL_YEAR = 1900
_DATE_FORMATS = {"date": "yyyy-mm-dd", "timestamp": "yyyy-mm-dd hh:mm:ss"}
# What XML cannot hold.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# What a spreadsheet may take for a formula when somebody edits the cell.
_UNSAFE = re.compile(r"[\s\x00-\x1f]*[=+\-@＝＋－＠]|[\t\r\n]")
_CONTROL_NOTE = (
    "文本中不可见的控制字符已去除 / Control characters are removed from texts: XML forbids them"
)
_CUT_NOTE = (
    f"超过 {CELL_LIMIT:,} 字的文本在单元格中截断 / "
    f"Texts of more than {CELL_LIMIT:,} characters are cut"
)


@dataclass(frozen=True)
class Entry:
    """One line of the contents; without a number the table is not printed."""

    number: str
    sheet: str
    table: Table
    row_count: int
    is_simulated: bool
    chapter: str = ""
    span: str = ""


@dataclass(frozen=True, slots=True)
class _Cell:
    """What is written into a cell, and what its look depends on."""

    kind: str
    value: Any = None
    width: int = 0
    decimals: int = 0
    sign: str = ""
    is_plain: bool = False
    is_unsafe: bool = False
    mark: str = ""
    level: int = 0


_BLANK = _Cell("blank")


def printed_themes(tables: Sequence[Table], words: Words) -> list[tuple[int, str, list[Table]]]:
    """The workbooks of a release: number, schema and tables.

    A theme has its number in the list of themes, and keeps it when others are added. Tables of
    figures come before tables of what figures are about.
    """
    themes = words.get("theme", {})
    unlisted = max((word.sort for word in themes.values()), default=0)
    found = []
    for schema in sorted({table.schema for table in tables} - set(NOT_PRINTED_SCHEMAS)):
        unlisted += schema not in themes
        number = themes[schema].sort if schema in themes else unlisted
        own = [table for table in tables if table.schema == schema]
        own.sort(key=lambda table: not any("observation_id" in c.name for c in table.columns))
        found.append((number, schema, own))
    return sorted(found, key=lambda theme: theme[:2])


def write_workbook(
    path: Path,
    report: Report,
    theme: tuple[str, str],
    printed: Sequence[PrintedTable],
    left_out: Sequence[tuple[Table, int]],
) -> None:
    """Write the workbook of a theme.

    Args:
        path: The file to write.
        report: The quality report: district, release, policy, statement of open findings.
        theme: What the theme is called, in Chinese and English.
        printed: Its tables, in order.
        left_out: Tables that the contents name and that are not printed, with their rows.
    """
    others = [Entry("", "", table, rows, False) for table, rows in left_out]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(Book(report, theme).write(printed, others))


def number_format(
    decimals: int,
    column_decimals: int = 0,
    sign: str = "",
    *,
    is_plain: bool = False,
    mark: str = "",
    mark_width: int = 0,
) -> str:
    """The format of a number: its own decimals, with the points of a column under each other.

    A sign and the letters behind stand in the format and never in the value; a minus stands
    behind the sign. Where other numbers of the column have letters, there is room for them.
    """
    pad = "_0" * (column_decimals - decimals)
    body = "0" if is_plain else "#,##0"
    body += f".{'0' * decimals}{pad}" if decimals else f"_.{pad}" if pad else ""
    body += f'"{mark}"' if mark else ""
    body += "_p" * (mark_width - len(mark))
    if not sign:
        return body
    quoted = '"' + safe_text(sign.replace('"', ""))[:_LONGEST_SIGN] + '"'
    return f"{quoted}{body};{quoted}-{body}"


def sheet_name(number: str, title: str) -> str:
    r"""A name Excel accepts: no []:*?/\ and 31 characters at most. The number makes it unique."""
    name = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", f"{number} {title}")
    return _cut(name, SHEET_NAME_LIMIT).rstrip(" '")


def safe_text(text: str) -> str:
    """A text as a cell can hold it: without what XML forbids, and not too long."""
    return _cut(_without_controls(text), CELL_LIMIT, "…")


def line_count(text: str, width: float) -> int:
    """Lines a wrapped text takes: Chinese breaks anywhere, other words at blanks."""
    room = max(1, int(width))
    if "\n" not in text and text_width(text) <= room:
        return 1
    total = 0
    for paragraph in text.split("\n"):
        lines, used = 1, 0
        for word in re.findall(r"[\x21-\x7e]+|\s|[^\x00-\x7f]", paragraph):
            need = text_width(word)
            if used + need <= room:
                used += need
                continue
            lines += (1 if used else 0) + (need - 1) // room
            used = need % room or room
        total += lines
    return total


def _without_controls(text: str) -> str:
    return _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _cut(text: str, limit: int, end: str = "") -> str:
    """A text within a number of UTF-16 units, which is what Excel counts."""
    if len(text) <= limit // 2:
        return text
    raw = text.encode("utf-16-le")
    if len(raw) <= 2 * limit:
        return text
    return raw[: 2 * (limit - len(end))].decode("utf-16-le", "ignore") + end


class Book:
    """One workbook while it is written; every cell format is made once."""

    options: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self, report: Report, theme: tuple[str, str], named: tuple[str, str] | None = None
    ) -> None:
        from xlsxwriter import Workbook

        self.report = report
        self.release: Mapping[str, Any] = report["release"]
        self.theme, self.named = theme, named
        self.moment = datetime.fromisoformat(self.release["release_time"])
        self.bytes = BytesIO()
        self.book = Workbook(self.bytes, {"in_memory": True, **self.options})
        self.formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def write(
        self,
        printed: Sequence[PrintedTable],
        left_out: Sequence[Entry],
        chapters: Mapping[str, str] | None = None,
        key: Sequence[str] = (),
    ) -> bytes:
        """All sheets; returns the bytes of the file."""
        entries = [
            Entry(
                item.number,
                sheet_name(item.number, item.table.title_zh or item.table.name),
                item.table,
                item.row_count,
                item.is_simulated,
                (chapters or {}).get(item.number, ""),
                item.span,
            )
            for item in printed
        ]
        self.contents(self.book.add_worksheet(CONTENTS)).write([*entries, *left_out], key)
        for entry, item in zip(entries, printed, strict=True):
            self.sheet(self.book.add_worksheet(entry.sheet), item).write()
        self.book.set_properties(
            {
                "title": bilingual(*self.title()),
                "subject": self.release["release_id"],
                "author": self.release["district_name_zh"] or "",
                "created": self.moment,
            }
        )
        self.book.close()
        return self.bytes.getvalue()

    def set_width(self, sheet: Any, place: int, width: float) -> None:
        """Set the width of a column, in half-width characters of 11 points of the usual font."""
        sheet.set_column(place, place, width)

    def contents(self, sheet: Any) -> Contents:
        """What writes the first sheet."""
        return Contents(self, sheet)

    def sheet(self, sheet: Any, printed: PrintedTable) -> Sheet:
        """What writes the sheet of a table."""
        return Sheet(self, sheet, printed)

    def title(self) -> tuple[str, str]:
        """What the workbook is called."""
        if self.named is not None:
            return safe_text(self.named[0]), safe_text(self.named[1])
        district_zh, district_en = (
            safe_text(self.release[f"district_name_{language}"] or "") for language in ("zh", "en")
        )
        of = f" of {district_en}" if district_en else ""
        return f"{district_zh}统计表：{self.theme[0]}", f"Statistical tables{of}: {self.theme[1]}"

    def format(self, **properties: Any) -> Any:
        """A cell format with these properties."""
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            base = {"font_name": FONT, "font_size": 10, "valign": "vcenter"}
            self.formats[key] = self.book.add_format(base | properties)
        return self.formats[key]

    def set_page(self, sheet: Any, width: float, corner: str, *, is_simulated: bool) -> None:
        """As wide as a page."""
        sheet.set_paper(A3 if width > _A4_WIDTH else A4)
        sheet.fit_to_pages(1 if width <= _PAGE_WIDTH else 2, 0)
        sheet.print_across()
        self.set_frame(sheet, corner, is_simulated=is_simulated)

    def set_frame(self, sheet: Any, corner: str, *, is_simulated: bool, above: str = "") -> None:
        """Landscape, with what stands on every page: where the paper is from, and its label."""
        sheet.set_landscape()
        sheet.set_margins(left=MARGIN, right=MARGIN, top=0.6, bottom=0.7)
        sheet.center_horizontally()
        sheet.hide_gridlines(2)
        origin = f"{self.release['district_name_zh'] or ''} {self.release['release_id']}".strip()
        left, head = (safe_text(text)[:80].replace("&", "&&") for text in (origin, above))
        sheet.set_footer(f"&L{left}&C{FOOTER}&R{corner}")
        label = f"&R{SIMULATED_LABEL}" if is_simulated else ""
        if head or label:
            sheet.set_header(f"{f'&L{head}' if head else ''}{label}")


class Contents:
    """The first sheet while it is written: what this is, what is open, and the tables."""

    widths: tuple[float, ...] = (13, 28, 40, 8, 50, 38)
    heads: tuple[str, ...] = (
        "表号\nNo.", "表名\nTitle", "英文表名\nTitle in English", "行数\nRows",
        "每行\nOne row is", "数据库表名\nIn the database",
    )  # fmt: skip

    def __init__(self, book: Book, sheet: Any) -> None:
        self.book, self.sheet = book, sheet

    def write(self, entries: Sequence[Entry], key: Sequence[str] = ()) -> None:
        """The whole sheet."""
        sheet = self.sheet
        for place, width in enumerate(self.widths):
            self.book.set_width(sheet, place, width)
        is_simulated = any(entry.is_simulated for entry in entries)
        header = self.write_head(is_simulated)
        row = self.write_header(header)
        for entry in entries:
            row = self.write_entry(row, entry)
        for text in ("", "符号 Key", *key) if key else ():
            self.write_key(row, safe_text(text), {"bold": True} if text == "符号 Key" else {})
            row += 1
        sheet.repeat_rows(header)
        sheet.freeze_panes(header + 1, 0)
        self.set_page(row, is_simulated)
        sheet.activate()

    def write_key(self, row: int, text: str, look: Mapping[str, Any]) -> None:
        """A line below the list."""
        self.sheet.write_string(row, 0, text, self.book.format(**look))

    def set_page(self, end: int, is_simulated: bool) -> None:
        """How the sheet is printed; ``end`` is the row below its last."""
        self.book.set_page(self.sheet, sum(self.widths), CONTENTS, is_simulated=is_simulated)

    def lines(self) -> list[tuple[str, str]]:
        """What is said of the workbook: a name, and what stands beside it."""
        book = self.book
        return [
            ("首发版本 First issued in", book.release["release_id"]),
            ("首发时间 First issued at", shown_moment(book.release)),
            ("策略 Policy", book.release["policy"]),
            ("质量 Quality", book.report["statement_zh"]),
            ("", book.report["statement_en"]),
        ]

    def write_line(self, row: int, name: str, value: str, **look: Any) -> None:
        """One of these lines."""
        if name:
            self.sheet.write_string(row, 0, name, self.book.format(font_color=GREY))
        self.sheet.write_string(row, 1, safe_text(value), self.book.format(**look))

    def write_head(self, is_simulated: bool) -> int:
        """District, release and what is open; returns the row of the table's header."""
        sheet, book = self.sheet, self.book
        zh, en = book.title()
        sheet.write_string(0, 0, zh, book.format(font_name=TITLE_FONT, font_size=16))
        sheet.set_row(0, 26)
        sheet.write_string(1, 0, en, book.format(font_size=12))
        row = 3
        for name, value in self.lines():
            self.write_line(row, name, value)
            row += 1
        if is_simulated:
            text = (
                f"{SIMULATED_LABEL}：本册含模拟的行，均逐行标明 / "
                "some rows of this workbook are simulated, and each is marked"
            )
            self.write_line(row, "", text, bold=True, font_color=RED)
            row += 1
        return row + 1

    def write_header(self, row: int) -> int:
        """The header of the list of tables; returns the row below it."""
        look = self.book.format(bold=True, text_wrap=True, top=2, bottom=1, align="center")
        for place, text in enumerate(self.heads):
            self.sheet.write_string(row, place, text, look)
        self.sheet.set_row(row, 2 * LINE[10] + 4)
        return row + 1

    def cells(self, entry: Entry) -> list[str | int]:
        """What stands behind the titles of a table."""
        grain = "\n".join(filter(None, (entry.table.grain_zh, entry.table.grain_en)))
        if not entry.number:
            csv = csv_path(entry.table.schema, entry.table.name)
            grain = f"过长不印，见 {csv}\nToo long to print: see {csv}"
        return [entry.row_count, grain, entry.table.qualified]

    def write_entry(self, row: int, entry: Entry) -> int:
        """One table; its titles are links to its sheet. Returns the row below it."""
        sheet, book, table = self.sheet, self.book, entry.table
        look: dict[str, Any] = {"text_wrap": True, **RULED}
        if entry.chapter:
            head = book.format(font_name=TITLE_FONT, font_size=12)
            sheet.write_string(row, 0, safe_text(entry.chapter), head)
            sheet.set_row(row, 24)
            row += 1
        marks = ("（含模拟）", " (simulated rows)") if entry.is_simulated else ("", "")
        titles = (
            safe_text((table.title_zh or table.name) + marks[0]),
            safe_text(table.title_en + marks[1]),
        )
        target = "internal:'{}'!A1".format(entry.sheet.replace("'", "''"))
        number = f"表 {entry.number}" if entry.number else "未印 not printed"
        sheet.write_string(row, 0, number, book.format(**look))
        for place, title in enumerate(titles, start=1):
            if entry.number:
                link = book.format(font_color=LINK, underline=1, **look)
                sheet.write_url(row, place, target, link, title)
            else:
                sheet.write_string(row, place, title, book.format(**look))
        behind = self.cells(entry)
        for place, cell in enumerate(behind, start=3):
            if isinstance(cell, int):
                sheet.write_number(row, place, cell, book.format(num_format="#,##0", **look))
            else:
                # A text keeps its distance from the number before it.
                apart = {"indent": 1} if isinstance(behind[place - 4], int) and place > 3 else {}
                sheet.write_string(row, place, safe_text(cell), book.format(**apart, **look))
        lines = max(
            line_count(text, self.widths[place] * PER_UNIT[10])
            for place, text in enumerate((*titles, *behind), start=1)
            if isinstance(text, str)
        )
        sheet.set_row(row, lines * LINE[10] + 4)
        return row + 1


class Sheet:
    """The sheet of one table while it is written, from the top down."""

    # How the lines of the header look, one after the other.
    looks: tuple[dict[str, Any], ...] = (
        {"font_size": 10, "bold": True, "top": 2},
        {"font_size": 9},
        {"font_size": 7, "font_color": GREY, "bottom": 1},
    )
    widest_texts: tuple[int, ...] = (40, 35, 30, 26, 22)

    def __init__(self, book: Book, sheet: Any, printed: PrintedTable) -> None:
        self.book, self.sheet, self.printed = book, sheet, printed
        self.columns = printed.columns
        self.notes: dict[str, None] = {}
        self.cells = [self.column_cells(column) for column in self.columns]
        self.decimals = [max((cell.decimals for cell in cells), default=0) for cells in self.cells]
        self.marks = [max((len(cell.mark) for cell in cells), default=0) for cells in self.cells]
        self.heads = [self.head(column) for column in self.columns]
        self.widths = self.column_widths()
        self.rooms = [
            (width - self.indent(place)) * PER_UNIT[10] for place, width in enumerate(self.widths)
        ]
        self.formats: dict[Any, Any] = {}

    def write(self) -> None:
        """The whole sheet."""
        sheet, last = self.sheet, len(self.columns) - 1
        for place, width in enumerate(self.widths):
            self.book.set_width(sheet, place, width)
        header = self.write_top()
        first = self.write_header(header)
        end = self.write_rows(first)
        if end > first:
            if self.printed.is_filtered:
                sheet.autofilter(first - 1, 0, end - 1, last)
            # Codes and periods are digits and still no numbers.
            sheet.ignore_errors({"number_stored_as_text": _area(first, end - 1, last)})
        sheet.freeze_panes(first, self.frozen())
        sheet.repeat_rows(header, first - 1)
        self.write_beside(header, first)
        end, covered = self.write_notes(end + 1)
        sheet.print_area(0, 0, end - 1, max(last, covered))
        self.set_page(end)

    def set_page(self, end: int) -> None:
        """How the sheet is printed; ``end`` is the row below its last."""
        if sum(self.widths) > _PAGE_WIDTH and self.frozen():
            self.sheet.repeat_columns(0, self.frozen() - 1)
        self.book.set_page(
            self.sheet,
            sum(self.widths),
            f"表 {self.printed.number}",
            is_simulated=self.printed.is_simulated,
        )

    def write_beside(self, header: int, first: int) -> None:
        """What stands beside the table and is not printed: nothing."""

    # --- above the rows ---

    def write_top(self) -> int:
        """Number, titles, unit and warnings; returns the row of the header."""
        table, sheet, book = self.printed.table, self.sheet, self.book
        back = f"internal:'{CONTENTS}'!A1"
        sheet.write_url(0, 0, back, book.format(font_color=LINK), f"表 {self.printed.number}")
        title = book.format(font_name=TITLE_FONT, font_size=16)
        sheet.write_string(1, 0, safe_text(table.title_zh or table.name), title)
        sheet.set_row(1, 24)
        sheet.write_string(2, 0, safe_text(table.title_en), book.format(font_size=12))
        sheet.set_row(2, 18)
        sheet.write_string(3, 0, safe_text(self.printed.unit_line), book.format())
        row = 4
        for warning in self.printed.warnings:
            look = {"bold": True, "font_color": RED, "text_wrap": True}
            row = self.write_wide(row, warning, 10, look)
        return row

    def head(self, column: PrintedColumn) -> tuple[str, ...]:
        """The three lines above a column: Chinese, English, and its name in the database."""
        zh, en = column.label_zh, column.label_en
        if column.is_number and column.unit_zh and not has_one_unit(self.columns):
            zh, en = f"{zh}\n（{column.unit_zh}）", f"{en}\n({column.unit_en})"
        return safe_text(zh), safe_text(en), safe_text(column.column.name)

    def write_header(self, row: int) -> int:
        """The rows of the header; returns the row below them."""
        common = {"align": "center", "text_wrap": True}
        for line, look in enumerate(self.looks):
            size, lines = look["font_size"], 1
            for place, head in enumerate(self.heads):
                self.sheet.write_string(
                    row + line, place, head[line], self.book.format(**common, **look)
                )
                room = self.widths[place] * PER_UNIT[size] - 1
                lines = max(lines, line_count(head[line], room))
            # The button of the filter lies over the last line.
            self.sheet.set_row(row + line, max(lines * LINE[size] + 5, 15))
        return row + len(self.looks)

    def frozen(self) -> int:
        """How many columns stay in sight: up to the last that says what a row is, if it fits.

        The English name of what stands before it need not stay.
        """
        count = 0
        for place, width in enumerate(accumulate(self.widths)):
            column = self.columns[place]
            if column.is_number or (place and width > _FROZEN_WIDTH):
                break
            if column.is_identity and column.column.language != "en":
                count = place + 1
        return count

    # --- widths ---

    def column_widths(self) -> list[float]:
        """Wide enough for the values, and the whole narrow enough for one page."""
        needs = [self.needs(place) for place in range(len(self.columns))]
        for widest in self.widest_texts:
            widths = [
                max(header, min(value, widest) if column.kind == "text" else value) + 1.5
                for column, (header, value) in zip(self.columns, needs, strict=True)
            ]
            if sum(widths) <= _A3_WIDTH:
                break
        return widths

    def needs(self, place: int) -> tuple[float, float]:
        """What the header of a column needs in few lines, and its widest value in one."""
        zh, en, *names = self.heads[place]
        label_zh, *unit_zh = zh.split("\n")
        label_en, *unit_en = en.split("\n")
        width_zh = text_width(label_zh)
        words = max((text_width(word) for word in label_en.split()), default=0)
        header = max(
            7,
            width_zh + 1 if width_zh <= _ONE_LINE else width_zh / 2 + 1,
            max(map(text_width, unit_zh), default=0),
            len(label_en) / 4,
            words,
            max(map(text_width, unit_en), default=0) / 2,
            *(len(name) / 3 + 2 for name in names),
        )
        value = max((cell.width for cell in self.cells[place]), default=0)
        padding = self.decimals[place] + 1 if self.decimals[place] else 0
        padding += self.marks[place]
        return header, value + padding + self.indent(place)

    def indent(self, place: int) -> int:
        """A text keeps its distance from the number before it."""
        return int(
            place > 0 and self.columns[place].kind == "text" and self.columns[place - 1].is_number
        )

    # --- rows ---

    def column_cells(self, column: PrintedColumn) -> list[_Cell]:
        """The cells of a column; what occurs more than once is made once."""
        made: dict[Any, _Cell] = {}
        cells = []
        for row in self.printed.rows:
            value = row[column.place]
            if value is None or (column.kind == "mark" and not value):
                cells.append(_BLANK)
                continue
            sign = self.printed.sign(column, row) if column.is_number else ""
            mark = self.printed.mark(column, row) if column.is_number else ""
            is_plain = column.is_number and column.is_plain_in(row)
            level = 0 if column.level_place is None else row[column.level_place]
            key = (value, sign, mark, is_plain, level)
            if key not in made:
                made[key] = (
                    _figure(value, sign, mark, is_plain)
                    if column.is_number
                    else self.word(column, value, level)
                )
            cells.append(made[key])
        return cells

    def word(self, column: PrintedColumn, value: Any, level: int = 0) -> _Cell:
        """The cell of a value that is no number: a date, a mark, a text."""
        if isinstance(value, date) and value.year >= _FIRST_EXCEL_YEAR:
            return _Cell(column.kind, value, 10 if column.kind == "date" else 19)
        text = self.shown(column, value)
        width = max(map(text_width, text.split("\n"))) + 2 * level
        kind = "text" if column.kind == "text" else "mark"
        return _Cell(kind, text, width, is_unsafe=bool(_UNSAFE.match(text)), level=level)

    def shown(self, column: PrintedColumn, value: Any) -> str:
        """The text of a value that is no number."""
        if column.kind == "mark":
            return "模拟"
        if column.kind == "boolean":
            self.notes["是 yes；否 no"] = None
            return "是" if value else "否"
        if isinstance(value, date):
            return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
        text = column.in_words(str(value))
        if _FORBIDDEN.search(text):
            self.notes[_CONTROL_NOTE] = None
            text = _without_controls(text)
        safe = safe_text(text)
        if safe.endswith("…") and not text.endswith("…"):
            self.notes[_CUT_NOTE] = None
        return safe

    def write_rows(self, row: int) -> int:
        """All rows of data; returns the row below the last."""
        mark = next((cells for column, cells in zip(self.columns, self.cells, strict=True)
                     if column.kind == "mark"), None)  # fmt: skip
        last = len(self.printed.rows) - 1
        for number in range(last + 1):
            is_shaded = mark is not None and mark[number] is not _BLANK
            lines = 1
            for place, cells in enumerate(self.cells):
                cell = cells[number]
                lines = max(lines, self.write_cell(row, place, cell, (number == last, is_shaded)))
            if lines > 1:
                self.sheet.set_row(row, min(lines * LINE[10] + 3, _TALLEST))
            row += 1
        return row

    def write_cell(self, row: int, place: int, cell: _Cell, look: tuple[bool, bool]) -> int:
        """One cell; returns the lines it takes."""
        sheet, lines = self.sheet, 1
        if cell.kind == "text":
            room = self.rooms[place] - 2 * cell.level
            if cell.width > room or "\n" in cell.value:
                lines = line_count(cell.value, room)
        key = (place, look, cell.kind, cell.decimals, cell.sign, cell.is_plain, cell.is_unsafe,
               lines > 1, cell.mark, cell.level)  # fmt: skip
        if key not in self.formats:
            self.formats[key] = self.cell_format(place, cell, look, lines > 1)
        cell_format = self.formats[key]
        if cell.kind == "blank":
            sheet.write_blank(row, place, None, cell_format)
        elif cell.kind == "number":
            sheet.write_number(row, place, cell.value, cell_format)
        elif cell.kind in ("date", "timestamp"):
            sheet.write_datetime(row, place, cell.value, cell_format)
        else:
            sheet.write_string(row, place, cell.value, cell_format)
        return lines

    def cell_format(
        self, place: int, cell: _Cell, look: tuple[bool, bool], is_wrapped: bool
    ) -> Any:
        """The format of a cell: its number format or place, and the look of its row."""
        is_last, is_shaded = look
        properties: dict[str, Any] = dict(CLOSED if is_last else RULED)
        if is_shaded:
            properties["bg_color"] = _SHADE
        if cell.kind == "number":
            properties["num_format"] = number_format(
                cell.decimals,
                self.decimals[place],
                cell.sign,
                is_plain=cell.is_plain,
                mark=cell.mark,
                mark_width=self.marks[place],
            )
        elif cell.kind in ("date", "timestamp"):
            properties |= {"num_format": _DATE_FORMATS[cell.kind], "align": "center"}
        elif cell.kind == "text":
            indent = self.indent(place) + cell.level
            properties |= {"align": "left", "indent": indent, "text_wrap": is_wrapped}
            if self.columns[place].level_place is not None and not cell.level:
                properties["bold"] = True
        elif cell.kind in ("mark", "digits"):
            properties["align"] = "center" if cell.kind == "mark" else "right"
        if cell.is_unsafe:
            properties["quote_prefix"] = True
        return self.book.format(**properties)

    # --- below the rows ---

    def write_notes(self, row: int) -> tuple[int, int]:
        """Notes and sources; returns the row below them and the last column they cover."""
        notes = [*self.notes, *self.printed.notes]
        sources = [str(source) for source in self.printed.sources[:SOURCE_LIMIT]]
        more = len(self.printed.sources) - len(sources)
        if more > 0:
            sources.append(self.further_sources(more))
        for head, texts in (
            ("注 Notes", [f"{place}. {note}" for place, note in enumerate(notes, start=1)]),
            ("来源 Sources", sources),
        ):
            if texts:
                self.sheet.write_string(row, 0, head, self.book.format(bold=True, font_size=9))
                row += 1
            for text in texts:
                row = self.write_wide(row, text, 9, {"text_wrap": True, "valign": "top"})
        return row, self.note_columns()[0]

    def further_sources(self, count: int) -> str:
        """How many documents are not named here, and where they are."""
        return f"… 另有 {count} 份，见 core.source_document / {count} more: core.source_document"

    def write_wide(self, row: int, text: str, size: int, look: dict[str, Any]) -> int:
        """A text over as many columns as a page is wide; returns the row below it."""
        last, width = self.note_columns()
        look_of_cell = self.book.format(font_size=size, **look)
        text = safe_text(text)
        if last:
            self.sheet.merge_range(row, 0, row, last, "", look_of_cell)
        self.sheet.write_string(row, 0, text, look_of_cell)
        lines = line_count(text, width * PER_UNIT[size])
        self.sheet.set_row(row, min(lines * LINE[size] + 2, _TALLEST))
        return row + 1

    def note_columns(self) -> tuple[int, float]:
        """The last column that notes are spread over, and the width they have there."""
        least, most = _NOTE_WIDTH
        last, width = 0, self.widths[0]
        while width < most and (width < least or last + 1 < len(self.widths)):
            step = self.widths[last + 1] if last + 1 < len(self.widths) else _DEFAULT_WIDTH
            if width + step > most:
                break
            last, width = last + 1, width + step
        return last, width


def _figure(value: Any, sign: str, mark: str, is_plain: bool) -> _Cell:
    """The cell of a number; a text where a cell would lose digits of it."""
    text = decimal_text(value)
    if not is_exact_in_a_cell(text):
        text = f"{sign}{text}{mark}"
        return _Cell("digits", text, text_width(text), mark=mark)
    whole = len(text.split(".", 1)[0])
    commas = 0 if is_plain else max(0, whole - 1) // 3
    number = float(text) if "." in text else int(text)
    width = whole + commas + text_width(sign)
    return _Cell("number", number, width, decimals_of(text), sign, is_plain, mark=mark)


def _area(first: int, last: int, last_column: int) -> str:
    from xlsxwriter.utility import xl_range

    return str(xl_range(first, 0, last, last_column))
