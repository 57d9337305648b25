"""Re-opens the workbooks for paper and compares every cell with the figures of their release.

Belongs here: reading a finished workbook as a stranger would. Does not belong here: briefs
(``check``), the size of print (``pages``), and the workbooks of single themes (``sheets``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from orchestration.bounds import BOUNDS
from orchestration.publish.layout import YEARBOOK_FILE
from orchestration.publish.paper.check import Difference, difference, unreadable
from orchestration.publish.paper.figures import Figure, printed_unit
from orchestration.publish.paper.pages import LEAST_POINTS, pages
from orchestration.publish.paper.yearbook import AMONG
from orchestration.publish.printed import decimal_text, is_exact_in_a_cell, qualifier_sign
from orchestration.publish.report import SIMULATED_LABEL
from orchestration.publish.tables import quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ACTIVE_CELL = re.compile(r'<f[ >]|TargetMode="External"')
_FORMAT = re.compile(r'(?:"(?P<sign>[^"]*)")?[#0][^"]*(?:"(?P<mark>[^"]*)")?')
_LETTERS = re.compile(r"[a-z]+$")
_STUB, _UNIT, _CODE = ("指标", "Indicator"), "计量单位", "代码"
_PERIOD = "报告期"

Known = Mapping[tuple[str, str], Sequence[Figure]]
"""Figures by indicator and region."""


@dataclass
class Line:
    """A row of a printed table, read.

    Attributes:
        heading: Both names of the last row above it that has no figures.
        cells: Its numbers with the two lines above each.
    """

    zh: str
    en: str
    unit: str
    indicator: str
    region: str
    heading: tuple[str, str] = ("", "")
    period: tuple[str, str] | None = None
    cells: list[tuple[tuple[str, str], Any]] = field(default_factory=list)


def check_yearbook(
    con: DuckDBPyConnection, catalog: str, path: Path, figures: Sequence[Figure]
) -> Iterator[Difference]:
    """Compare the yearbook in the folder of an attached release with the figures of it."""
    known = by_row(figures)
    district = district_of(con, catalog)
    try:
        tables = read_tables(path / YEARBOOK_FILE, district)
        yield from check_file(path / YEARBOOK_FILE, YEARBOOK_FILE, tables)
        for sheet, lines in tables.items():
            yield from _check_sheet(f"{YEARBOOK_FILE}: {sheet}", lines, known)
    # openpyxl raises what the damage happens to cause, a TypeError or an IndexError too.
    except Exception as error:
        yield unreadable(YEARBOOK_FILE, error)


def district_of(con: DuckDBPyConnection, catalog: str) -> str:
    """The district that an attached release is of."""
    row = con.execute(f"select district_code from {quote(catalog)}.meta.release").fetchone()
    return str(row[0]) if row else ""


def by_row(figures: Iterable[Figure]) -> Known:
    """Figures by what a printed row is found by."""
    found: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures:
        found.setdefault((figure.indicator_code, figure.region_code), []).append(figure)
    return found


def check_file(file: Path, name: str, tables: Mapping[str, Sequence[Line]]) -> Iterator[Difference]:
    """What holds of every workbook for paper, whatever stands in it."""
    with ZipFile(file) as archive:
        parts = {part: archive.read(part).decode("utf-8") for part in archive.namelist()}
    if any(_ACTIVE_CELL.search(text) for text in parts.values()):
        yield Difference("active", name, "工作簿含有公式或外部链接",
                         "the workbook holds a formula or a link to elsewhere")  # fmt: skip
    # The key names the letter s in every workbook; the label is a line of its own.
    is_labelled = f">{SIMULATED_LABEL}" in parts.get("xl/sharedStrings.xml", "")
    if not is_labelled and any(_has_simulated(lines) for lines in tables.values()):
        yield Difference("unlabelled", name, "含模拟数据而没有标明",
                         "simulated figures without a label")  # fmt: skip
    for page in pages(parts):
        place = f"{name}: {page.sheet}"
        small, wide = f"{page.points:.1f}", f"{page.width:.0f}"
        if page.points < LEAST_POINTS:
            yield Difference("small", place,
                             f"印出的字为 {small} 磅，小于 {LEAST_POINTS:.0f} 磅",
                             f"prints {small} points, less than {LEAST_POINTS:.0f}")  # fmt: skip
        if page.width > page.room:
            room = f"{page.room:.0f}"
            yield Difference("small", place, f"页宽 {wide} 磅，纸上只有 {room} 磅",
                             f"a page is {wide} points wide, the paper has {room}")  # fmt: skip


def read_tables(file: Path, district: str) -> dict[str, list[Line]]:
    """The rows of all tables of a workbook, by the name of their sheet."""
    from openpyxl import load_workbook

    book = load_workbook(file, read_only=True)
    try:
        return {sheet.title: list(_lines(sheet, district)) for sheet in book.worksheets[1:]}
    finally:
        book.close()


def _has_simulated(lines: Sequence[Line]) -> bool:
    """Whether a number of a table carries the letter of simulated ones."""
    return any("s" in _marks(cell) for line in lines for _, cell in line.cells)


def _marks(cell: Any) -> str:
    read = number_in(cell)
    if read is not None:
        return read[2]
    found = _LETTERS.search(str(cell.value))
    return found[0] if found else ""


def read_title(file: Path) -> str:
    """What the first sheet of a workbook calls it."""
    from openpyxl import load_workbook

    book = load_workbook(file, read_only=True)
    try:
        return _text(book.worksheets[0]["A1"])
    finally:
        book.close()


def _lines(sheet: Any, district: str) -> Iterator[Line]:
    rows = sheet.iter_rows()
    head = next((row for row in rows if row[0].value == _STUB[0]), None)
    below = next(rows, None)
    if head is None or below is None or below[0].value != _STUB[1]:
        raise ValueError(f"sheet {sheet.title} has no header")
    zh, en = ([_text(cell).replace("\n", "") for cell in cells] for cells in (head, below))
    code = next(place for place, text in enumerate(zh) if text.startswith(_CODE))
    places = [place for place in range(zh.index(_UNIT) + 1, code) if zh[place]]
    periods = [place for place in places if zh[place].startswith(_PERIOD)]
    heading = ("", "")
    for row in rows:
        if row[0].value is None:
            return
        indicator, _, region = _text(row[code] if code < len(row) else None).partition(" ")
        line = Line(_text(row[0]), _text(row[1]), _text(row[2]), indicator, region or district,
                    heading)  # fmt: skip
        if not indicator:
            heading = (line.zh, line.en)
        if periods:
            line.period = (_text(row[periods[0]]), _text(row[periods[1]]))
        line.cells = [
            ((zh[place], en[place]), row[place])
            for place in places
            if place not in periods and row[place].value is not None
        ]
        yield line


def _text(cell: Any) -> str:
    return "" if cell is None or cell.value is None else str(cell.value)


# --- the yearbook --------------------------------------------------------------------------------


def _check_sheet(sheet: str, lines: Sequence[Line], known: Known) -> Iterator[Difference]:
    """Each number is a figure of its row and its period, and all periods are of one kind."""
    kinds: set[str] | None = None
    for line in lines:
        of_row = known.get((line.indicator, line.region), ())
        for head, cell in line.cells:
            told = line.period or head
            meant = [figure for figure in of_row if told in _labels(figure, line)]
            right = [figure for figure in meant if stands_in(cell, figure)]
            place = f"{sheet}!{cell.coordinate}"
            if not right:
                yield difference(place, f"{cell.value}（{told[0]} / {told[1]}）", _values(meant))
            elif not any(is_of_row(figure, line) for figure in right):
                one = right[0]
                yield difference(place, f"{line.heading[0]} {line.zh} {line.unit}",
                                 f"{one.name_zh} {one.region_zh} {one.unit}")  # fmt: skip
            elif line.period is None:
                own = set().union(*(_kinds(figure) for figure in right))
                kinds = own if kinds is None else kinds & own
                if not kinds:
                    yield Difference("mixed", place, "同一表中并列不同种类的报告期",
                                     "periods of several kinds stand in one table")  # fmt: skip
                    return


def _values(figures: Sequence[Figure]) -> str:
    return "、".join(decimal_text(figure.value) for figure in figures) or "无 nothing"


def _labels(figure: Figure, line: Line) -> set[tuple[str, str]]:
    """What may stand above a figure: its period; of a whole year, and of its end, the year."""
    year = figure.period_end.year
    named = {(figure.period_zh, figure.period_en)}
    above_zh, above_en = line.heading
    says_end = "年末" in above_zh + line.zh and "end of year" in f"{above_en} {line.en}"
    if _is_december(figure) and figure.period_kind == "point":
        return named | {(f"{year}年", str(year))} if says_end else named
    return named | {(f"{year}年", str(year))} if _months(figure) == 12 else named


def is_of_row(figure: Figure, line: Line) -> bool:
    """Whether the row says whose figure it is, of what, and in which unit."""
    named = line.zh.startswith(figure.name_zh) or (
        line.zh == figure.region_zh and line.heading[0].startswith(figure.name_zh)
    )
    return named and line.unit == printed_unit(figure.unit)


def _kinds(figure: Figure) -> set[str]:
    """The kinds of period that a figure may stand among, from its days alone."""
    if figure.period_start.year != figure.period_end.year:
        return {"span"}
    months, is_first = _months(figure), figure.period_start.month == 1
    if months == 1:
        at_the_end = _is_december(figure) and figure.period_kind == "point"
        return (
            {"month"} | ({"year"} if at_the_end else set()) | ({"to date"} if is_first else set())
        )
    if months == 12:
        return {"year", "to date"}
    return ({"to date"} if is_first else {"part"}) | ({"part"} if months == 3 else set())


def _months(figure: Figure) -> int:
    until = figure.period_end + timedelta(days=1)
    start = figure.period_start
    return max(1, (until.year - start.year) * 12 + until.month - start.month)


def _is_december(figure: Figure) -> bool:
    return figure.period_end.month == 12 and _months(figure) == 1


# --- cells ---------------------------------------------------------------------------------------


def stands_in(cell: Any, figure: Figure) -> bool:
    """Whether a cell holds this figure, with its sign before it and its letters behind it."""
    text = decimal_text(figure.value)
    sign = AMONG if figure.is_among else qualifier_sign(figure.qualifier, {})
    is_known = figure.qualifier in BOUNDS
    if not is_exact_in_a_cell(text):
        shown = str(cell.value)
        return shown == f"{sign}{text}{figure.marks}" or (
            not is_known and shown.endswith(f"{text}{figure.marks}")
        )
    read = number_in(cell)
    return read is not None and read[0] == text and read[2] == figure.marks and (
        not is_known or read[1] == sign
    )  # fmt: skip


def number_in(cell: Any) -> tuple[str, str, str] | None:
    """The number of a cell, the sign before it and the letters behind it; none of a text."""
    look = _FORMAT.match(str(cell.number_format).split(";", 1)[0])
    if look is None or not isinstance(cell.value, int | float):
        return None
    return decimal_text(Decimal(str(cell.value))), look["sign"] or "", look["mark"] or ""
