"""Workbooks for people who read on paper: the yearbook and the monthly report.

What is printed of them can be read at arm's length: no sheet is shrunk below ``LEAST_POINTS``. What
is wider than a page goes on on the next one, beside the names of its rows. What a program finds a
row by stands in plain sight beside the printed area.

Belongs here: their sheets, pages and contents. Does not belong here: what stands in the tables
(``yearbook``, ``monthly``), and how cells look (``publish.workbook``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

from orchestration.publish.printed import PrintedTable
from orchestration.publish.report import Row as Report
from orchestration.publish.workbook import (
    A3,
    A4,
    CONTENTS,
    FONT,
    GREY,
    MARGIN,
    PER_UNIT,
    Book,
    Contents,
    Entry,
    Sheet,
    line_count,
    safe_text,
)
from orchestration.text import shown_moment

# What is printed is no smaller than this, in points, and no font of a sheet is smaller than that.
LEAST_POINTS = 8.0
_SMALLEST_FONT = 9.0
_LEAST_SCALE = math.ceil(100 * LEAST_POINTS / _SMALLEST_FONT)
# Columns are as wide as so many digits of the normal font. Where it is missing, programs take
# another whose digits are up to a sixth wider: pages leave room for that.
_NORMAL = {"font_name": FONT, "font_size": 11, "font_scheme": "none"}
_PIXELS, _PIXELS_OF_USUAL_FONT, _DEFAULT_PIXELS = 8, 7, 72
_SLACK = 0.86
_ROOM = {
    paper: (millimetres / 25.4 - 2 * MARGIN) * 72 * _SLACK
    for paper, millimetres in ((A4, 297.0), (A3, 420.0))
}
_LINES_OF_A_PAGE = 30
CODE_HEAD = ("代码（供查数，不打印）", "Code, for look-ups, not printed")


def points(width: float) -> float:
    """The width of a column in points, with five pixels for its sides."""
    return (int(width * _PIXELS_OF_USUAL_FONT + 0.5) + 5) * 0.75


def write_paper_book(
    path: Path,
    report: Report,
    title: tuple[str, str],
    printed: Sequence[PrintedTable],
    chapters: Mapping[str, str],
    key: Sequence[str],
) -> None:
    """Write a workbook over all themes.

    Args:
        path: The file to write.
        report: The quality report: district, release, statement of open findings.
        title: What it is called, in Chinese and English.
        printed: Its tables, in order.
        chapters: The number of a chapter's first table to the heading above it in the contents.
        key: Lines that explain signs and letters, below the contents.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_PaperBook(report, ("", ""), title).write(printed, [], chapters, key))


class _PaperBook(Book):
    """One such workbook while it is written."""

    options: ClassVar[Mapping[str, Any]] = {
        "default_format_properties": _NORMAL,
        "default_column_width": _DEFAULT_PIXELS,
    }

    def set_width(self, sheet: Any, place: int, width: float) -> None:
        sheet.set_column(place, place, width * _PIXELS_OF_USUAL_FONT / _PIXELS)

    def contents(self, sheet: Any) -> Contents:
        return _PaperContents(self, sheet)

    def sheet(self, sheet: Any, printed: PrintedTable) -> Sheet:
        return _PaperSheet(self, sheet, printed)


class _PaperContents(Contents):
    """The first sheet while it is written: no name that only a program needs."""

    widths = (9, 44, 54, 9, 24)
    heads = ("表号\nNo.", "表名\nTitle", "英文表名\nTitle in English", "行数\nRows",
             "报告期\nPeriods")  # fmt: skip

    def lines(self) -> list[tuple[str, str]]:
        release, report = self.book.release, self.book.report
        return [
            ("首发 Issued", f"{release['release_id']}　{shown_moment(release)}"),
            ("质量 Quality", report["statement_zh"]),
            ("", report["statement_en"]),
        ]

    def write_line(self, row: int, name: str, value: str, **look: Any) -> None:
        last, text = len(self.widths) - 1, safe_text(value)
        cell = self.book.format(text_wrap=True, **look)
        if name:
            grey = self.book.format(font_color=GREY, text_wrap=True)
            self.sheet.write_string(row, 0, name, grey)
        self.sheet.merge_range(row, 1, row, last, "", cell)
        self.sheet.write_string(row, 1, text, cell)
        room = (sum(self.widths[1:]) - 2) * PER_UNIT[10]
        lines = max(line_count(text, room), line_count(name, self.widths[0] * PER_UNIT[10] - 1))
        self.sheet.set_row(row, lines * 13.5 + 3)

    def write_key(self, row: int, text: str, look: Mapping[str, Any]) -> None:
        cell = self.book.format(text_wrap=True, **look)
        self.sheet.merge_range(row, 0, row, len(self.widths) - 1, "", cell)
        self.sheet.write_string(row, 0, text, cell)
        lines = line_count(text, (sum(self.widths) - 2) * PER_UNIT[10])
        self.sheet.set_row(row, lines * 13.5 + 1)

    def cells(self, entry: Entry) -> list[str | int]:
        return [entry.row_count, entry.span]

    def set_page(self, end: int, is_simulated: bool) -> None:
        _set_paper(self.sheet, *_paper_for([points(width) for width in self.widths], 0), 0)
        self.sheet.print_area(0, 0, end - 1, len(self.widths) - 1)
        self.book.set_frame(self.sheet, CONTENTS, is_simulated=is_simulated)


class _PaperSheet(Sheet):
    """The sheet of one table while it is written."""

    looks = (
        {"font_size": 10, "bold": True, "top": 2},
        {"font_size": 9, "bottom": 1},
    )
    widest_texts = (34,)

    def head(self, column: Any) -> tuple[str, ...]:
        return super().head(column)[:2]

    def further_sources(self, count: int) -> str:
        return f"… 另有 {count} 份 / {count} more"

    def stub(self) -> int:
        """How many columns stand before the first figure."""
        return sum(not column.is_number for column in self.columns)

    @cached_property
    def paper(self) -> tuple[int, list[int]]:
        """The paper, and where pages beside the first begin."""
        return _paper_for([points(width) for width in self.widths], self.stub())

    def note_columns(self) -> tuple[int, float]:
        """Where a table is continued, notes stand below the stub and so on every page."""
        if self.paper[1]:
            return self.stub() - 1, sum(self.widths[: self.stub()])
        return super().note_columns()

    def set_page(self, end: int) -> None:
        printed = self.printed
        paper, breaks = self.paper
        _set_paper(self.sheet, paper, breaks, self.stub())
        above = ""
        if breaks or len(printed.rows) > _LINES_OF_A_PAGE:
            above = f"表 {printed.number}　{printed.table.title_zh}"
        corner = f"表 {printed.number}"
        self.book.set_frame(self.sheet, corner, is_simulated=printed.is_simulated, above=above)

    def write_beside(self, header: int, first: int) -> None:
        """What a program finds each row by."""
        place = self.printed.code_place
        if place is None:
            return
        at = max(len(self.columns) - 1, self.note_columns()[0]) + 2
        look = self.book.format(font_size=9, font_color=GREY)
        self.book.set_width(self.sheet, at, 36)
        for line, text in enumerate(CODE_HEAD):
            self.sheet.write_string(header + line, at, text, look)
        for row, cells in enumerate(self.printed.rows, start=first):
            if cells[place]:
                self.sheet.write_string(row, at, safe_text(cells[place]), look)


def _paper_for(widths: Sequence[float], stub: int) -> tuple[int, list[int]]:
    """The paper, and the columns that pages beside the first begin with.

    Args:
        widths: The widths of all columns in points.
        stub: How many columns stand on every page.
    """
    total, least = sum(widths), _LEAST_SCALE / 100
    paper = A4 if total * least <= _ROOM[A4] else A3
    if total * least <= _ROOM[paper]:
        return paper, []
    return paper, _page_breaks(widths, stub, _ROOM[paper] / least)


def _set_paper(sheet: Any, paper: int, breaks: Sequence[int], stub: int) -> None:
    """What is no wider than its paper is fitted to it; what is wider is continued."""
    sheet.set_paper(paper)
    sheet.print_across()
    if not breaks:
        sheet.fit_to_pages(1, 0)
        return
    sheet.repeat_columns(0, stub - 1)
    sheet.set_v_pagebreaks(breaks)
    sheet.set_print_scale(_LEAST_SCALE)


def _page_breaks(widths: Sequence[float], stub: int, room: float) -> list[int]:
    """Where pages begin so that each holds the stub and about as many columns as the others."""
    beside, count = room - sum(widths[:stub]), len(widths) - stub
    pages = math.ceil(sum(widths[stub:]) / beside)
    for number in range(pages, count + 1):
        edges = [stub + math.ceil(count * page / number) for page in range(number + 1)]
        if all(sum(widths[a:b]) <= beside for a, b in pairwise(edges)):
            break
    return edges[1:-1]
