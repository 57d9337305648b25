"""The reply to the sender: the delivered table as a workbook, with every bad cell marked.

Belongs here: laying the cells out as they were delivered and saying at each what is wrong. Does
not belong here: deciding what is wrong. Texts stay texts: nothing in the workbook is a formula.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestration.collect.grid import Grid, letters

if TYPE_CHECKING:
    from orchestration.collect.archive import Delivery
    from orchestration.declarations import Declared

COVER = "退回说明"
MOST_CELLS = 200_000
"""A larger table is not sent back whole: only its first rows and those with a mark."""

MOST_PROBLEMS = 5_000
HEAD_ROWS = 20
LAST_ROW, LAST_COL = 1_048_576, 16_384
"""What a workbook can hold."""

WIDEST, NARROWEST = 44, 8

_SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_A1 = re.compile(r"(?:(?P<sheet>.*)!)?(?P<col>[A-Z]{1,3})(?P<row>[0-9]{1,7})")
_RC = re.compile(r"(?:(?P<sheet>.*)!)?R(?P<row>[0-9]{1,7})C(?P<col>[0-9]{1,5})")
_ROW = re.compile(r"(?:(?P<sheet>.*)!)?row (?P<row>[0-9]{1,7})")
_NUMBER = re.compile(r"[-+−–]?[0-9０-９][0-9０-９,，. ．]*[%％]?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, in words for the sender.

    Attributes:
        place: Where, as ``Grid.place`` or ``Grid.where`` prints it; other words mark no cell.
        text: What stands there, as the sender wrote it.
        named: The name, unit or period beside it that was not understood: its cell is marked.
        proposal: Known words that may have been meant.
    """

    rule_id: str
    place: str
    wrong_zh: str
    wrong_en: str
    remedy_zh: str
    remedy_en: str
    text: str = ""
    named: str = ""
    proposal: str = ""


@dataclass(frozen=True)
class Sender:
    """What the cover sheet says of the delivery.

    Attributes:
        district: Who sends it back, in both languages.
        verdict: What became of it, in both languages.
    """

    district: str
    verdict: str
    receipt_id: str
    received_at: str


@dataclass(frozen=True)
class _Mark:
    """A fault at a cell of a sheet; rows and columns from 1."""

    number: int
    fault: Fault
    sheet: int
    row: int
    col: int
    whole_row: bool = False


def reply(
    delivery: Delivery,
    declared: Declared,
    grids: Sequence[Grid],
    faults: Sequence[Fault],
    sender: Sender,
) -> bytes:
    """The workbook. Without grids (the file could not be read) it is the cover sheet alone."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        day = delivery.delivered_on
        book.set_properties(
            {
                "title": f"{COVER} {delivery.delivery_id}",
                "created": datetime(day.year, day.month, day.day),
            }
        )
        filled = [grid for grid in grids if grid.cells.height]
        names = _sheet_names(filled, delivery.file_name)
        told = list(faults[:MOST_PROBLEMS])
        marks = [
            mark
            for number, fault in enumerate(told, start=1)
            if (mark := _locate(number, fault, filled)) is not None
        ]
        styles = _Styles(book)
        cover = book.add_worksheet(COVER)
        for number, grid in enumerate(filled):
            own = [mark for mark in marks if mark.sheet == number]
            _sheet(book, styles, names[number], grid, own)
        _cover(
            cover,
            styles,
            delivery,
            declared,
            sender,
            _Told(told, {mark.number: mark for mark in marks}, names, len(faults), filled),
        )
        cover.activate()
    return buffer.getvalue()


# --- where -----------------------------------------------------------------------------------


def _sheet_names(grids: Sequence[Grid], file_name: str) -> list[str]:
    """A name for each grid that a workbook accepts: short, without its signs, each once."""
    taken = {COVER.casefold()}
    names = []
    for grid in grids:
        wanted = grid.name or file_name.rpartition(".")[0] or "data"
        plain = _SHEET_NAME.sub("_", wanted).strip("'")[:31] or "data"
        name, number = plain, 2
        while name.casefold() in taken or name.casefold() == "history":
            name = f"{plain[:27]} ({number})"
            number += 1
        taken.add(name.casefold())
        names.append(name)
    return names


def _locate(number: int, fault: Fault, grids: Sequence[Grid]) -> _Mark | None:
    """The cell that is at fault: the one with the text that was not understood, else the place."""
    import polars as pl

    mark = _at_place(number, fault, grids)
    if mark is None:
        return None
    grid = grids[mark.sheet]
    if mark.whole_row:
        first = grid.cells.filter(pl.col("row") == mark.row).head(1)
        return replace(mark, col=int(first["col"][0])) if first.height else mark
    for first_row, first_col, last_row, last_col in grid.merged:
        if first_row <= mark.row <= last_row and first_col <= mark.col <= last_col:
            mark = replace(mark, row=first_row, col=first_col)
    if not fault.named:
        return mark
    # Its name stands in its row, its period above it, as a rule.
    hits = grid.cells.filter(pl.col("text") == fault.named)
    for near in (pl.col("row") == mark.row, pl.col("col") == mark.col):
        hit = hits.filter(near & (pl.col("row") <= mark.row)).tail(1)
        if hit.height:
            return replace(mark, row=int(hit["row"][0]), col=int(hit["col"][0]))
    return mark


def _at_place(number: int, fault: Fault, grids: Sequence[Grid]) -> _Mark | None:
    """The cell or row that the place of a fault names, if it names one."""
    import polars as pl

    for index, grid in enumerate(grids):
        if grid.addressing != "path":
            continue
        hit = grid.cells.filter(pl.col("place") == fault.place).head(1)
        if hit.height:
            return _Mark(number, fault, index, int(hit["row"][0]), int(hit["col"][0]))
    for pattern in (_RC, _A1, _ROW):
        match = pattern.fullmatch(fault.place)
        if match is None:
            continue
        sheets = [n for n, grid in enumerate(grids) if grid.name == (match["sheet"] or "")]
        row = int(match["row"])
        col = match.groupdict().get("col") or "1"
        column = int(col) if col.isdigit() else _column(col)
        if sheets and 1 <= row <= LAST_ROW and 1 <= column <= LAST_COL:
            return _Mark(number, fault, sheets[0], row, column, pattern is _ROW)
    return None


def _column(mark: str) -> int:
    number = 0
    for letter in mark:
        number = number * 26 + ord(letter) - 64
    return number


# --- a delivered sheet -----------------------------------------------------------------------


class _Styles:
    """Formats of the workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.made: dict[tuple[tuple[str, object], ...], Any] = {}

    def of(self, **wanted: object) -> Any:
        base = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}
        key = tuple(sorted((base | wanted).items()))
        if key not in self.made:
            self.made[key] = self.book.add_format(dict(key))
        return self.made[key]

    def cell(self, text: str, *, bad: bool, bold: bool = False, spans: bool = False) -> Any:
        """A delivered cell. A bad one differs by frame, pattern and type, not by colour alone."""
        wanted: dict[str, object] = {"num_format": "@", "border": 1, "border_color": "#BFBFBF"}
        if text[:1] in ("=", "+", "-", "@", "'", "\t", "\r"):
            wanted["quote_prefix"] = True
        if _NUMBER.fullmatch(text):
            wanted["align"] = "right"
        if spans:
            wanted["align"] = "center"
        if bold:
            wanted["bold"] = True
        if bad:
            wanted |= {
                "bold": True,
                "underline": 1,
                "border": 5,
                "border_color": "#C00000",
                "bg_color": "#FFEB9C",
                "font_color": "#9C0006",
            }
        return self.of(**wanted)


def _sheet(book: Any, styles: _Styles, name: str, grid: Grid, marks: Sequence[_Mark]) -> None:
    import polars as pl

    sheet = book.add_worksheet(name)
    sheet.print_row_col_headers()
    cells = grid.formatted().filter((pl.col("row") <= LAST_ROW) & (pl.col("col") <= LAST_COL))
    marked_rows = {mark.row for mark in marks}
    if cells.height > MOST_CELLS:
        kept = pl.col("row").is_in(sorted(marked_rows)) | (pl.col("row") <= HEAD_ROWS)
        cells = cells.filter(kept)
    whole_rows = {mark.row for mark in marks if mark.whole_row}
    bad = {(mark.row, mark.col) for mark in marks}
    texts = {(r, c): t for r, c, t in cells.select("row", "col", "text").iter_rows()}
    bold = {(r, c) for r, c in cells.filter(pl.col("is_bold")).select("row", "col").iter_rows()}
    merged = _merged(grid, texts)
    covered = set()
    for first_row, first_col, last_row, last_col in merged:
        text = texts.get((first_row, first_col), "")
        style = styles.cell(
            text,
            bad=(first_row, first_col) in bad or first_row in whole_rows,
            bold=(first_row, first_col) in bold,
            spans=True,
        )
        area = (first_row - 1, first_col - 1, last_row - 1, last_col - 1)
        sheet.merge_range(*area, "", style)
        _write(sheet, first_row, first_col, text, style)
        covered.add((first_row, first_col))
    for (row, col), text in texts.items():
        if (row, col) in covered:
            continue
        is_bad = (row, col) in bad or row in whole_rows
        style = styles.cell(text, bad=is_bad, bold=(row, col) in bold)
        _write(sheet, row, col, text, style)
    for row, col in sorted(bad - set(texts)):
        if (row, col) not in covered:
            sheet.write_blank(row - 1, col - 1, None, styles.cell("", bad=True))
    _comment(sheet, marks)
    spanning = {(r1, c1) for r1, c1, _, c2 in merged if c2 > c1}
    for col, width in _widths(texts, spanning).items():
        sheet.set_column(col - 1, col - 1, width)
    last = (max((r for r, _ in texts), default=1) - 1, max((c for _, c in texts), default=1) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:{letters(last[1] + 1)}{last[0] + 1}"})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_comments_author(COVER)
    if marks:
        sheet.set_tab_color("#C00000")


def _write(sheet: Any, row: int, col: int, text: str, style: Any) -> None:
    plain = _CONTROL.sub("�", text)[:32_767]
    sheet.write_string(row - 1, col - 1, plain, style)


def _merged(grid: Grid, texts: dict[tuple[int, int], str]) -> list[tuple[int, int, int, int]]:
    """Merged ranges that a workbook can hold: of several cells, apart from each other, shown."""
    kept: list[tuple[int, int, int, int]] = []
    for area in sorted(set(grid.merged)):
        first_row, first_col, last_row, last_col = area
        fits = last_row <= LAST_ROW and last_col <= LAST_COL
        several = (first_row, first_col) != (last_row, last_col)
        apart = all(
            last_row < r1 or first_row > r2 or last_col < c1 or first_col > c2
            for r1, c1, r2, c2 in kept
        )
        inside = (
            sum(first_row <= r <= last_row and first_col <= c <= last_col for r, c in texts)
            if fits and several and apart
            else 0
        )
        if inside == 1 and (first_row, first_col) in texts:
            kept.append(area)
    return kept


def _comment(sheet: Any, marks: Sequence[_Mark]) -> None:
    """What is wrong at a cell, in Chinese and then in English; several faults stand together."""
    by_cell: dict[tuple[int, int], list[_Mark]] = {}
    for mark in marks:
        by_cell.setdefault((mark.row, mark.col), []).append(mark)
    for (row, col), own in sorted(by_cell.items()):
        text = "\n".join(_note(mark) for mark in own)
        lines = sum(1 + len(line.encode("gb18030", "replace")) // 46 for line in text.split("\n"))
        sheet.write_comment(
            row - 1,
            col - 1,
            text[:32_000],
            {
                "author": COVER,
                "width": 330,
                "height": min(40 + 17 * lines, 400),
                "font_name": "宋体",
                "font_size": 9,
                "color": "#FFFFE1",
            },
        )


def _note(mark: _Mark) -> str:
    fault = mark.fault
    lines = [
        f"第 {mark.number} 处  {fault.rule_id}",
        f"问题: {fault.wrong_zh}",
        f"办法: {fault.remedy_zh}",
        f"Wrong: {fault.wrong_en}",
        f"Remedy: {fault.remedy_en}",
    ]
    if fault.proposal:
        lines.insert(3, f"近似名称 Nearest known: {fault.proposal}")
    return "\n".join(line for line in lines if not line.endswith(": "))


def _widths(texts: dict[tuple[int, int], str], spanning: set[tuple[int, int]]) -> dict[int, int]:
    """Widths by the longest text of a column; a text that spans several counts in none."""
    widths: dict[int, int] = {}
    for (row, col), text in texts.items():
        if (row, col) in spanning:
            widths.setdefault(col, NARROWEST)
            continue
        wide = len(text.encode("gb18030", "replace")) + 2
        widths[col] = min(max(widths.get(col, NARROWEST), wide), WIDEST)
    return widths


# --- the cover -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Told:
    """What the cover sheet lists."""

    faults: Sequence[Fault]
    marks: dict[int, _Mark]
    names: Sequence[str]
    found: int
    grids: Sequence[Grid]


def _cover(
    sheet: Any,
    styles: _Styles,
    delivery: Delivery,
    declared: Declared,
    sender: Sender,
    told: _Told,
) -> None:
    data_set = declared.data_set
    sheet.hide_gridlines(2)
    for col, width in enumerate((6, 22, 46, 46, 26)):
        sheet.set_column(col, col, width)
    title = styles.of(bold=True, font_size=16)
    sheet.set_row(0, 30)
    sheet.write_string(0, 0, f"{COVER}  This delivery is sent back", title)
    label = styles.of(bold=True, bg_color="#F2F2F2", border=1, text_wrap=True)
    value = styles.of(border=1, text_wrap=True, num_format="@")
    facts = (
        ("退回单位 Sent back by", sender.district),
        ("数据集 Data set", f"{data_set.title.zh} | {data_set.title.en}  ({data_set.id})"),
        ("文件 File", delivery.file_name),
        ("交付日期 Delivered on", delivery.delivered_on.isoformat()),
        ("回执 Receipt", f"{sender.receipt_id}  {sender.received_at}".strip()),
        ("文件指纹 SHA-256", delivery.sha256),
        ("结论 Outcome", sender.verdict),
        ("问题数 Problems", str(told.found)),
    )
    row = 2
    for name, text in facts:
        sheet.merge_range(row, 0, row, 1, "", label)
        sheet.write_string(row, 0, name, label)
        sheet.merge_range(row, 2, row, 4, "", value)
        sheet.write_string(row, 2, text, value)
        sheet.set_row(row, 18)
        row += 1
    row = _steps(sheet, styles, row + 1, declared, told)
    head = styles.of(bold=True, bg_color="#D9D9D9", border=1, align="center", text_wrap=True)
    for col, text in enumerate(
        (
            "序号\nNo.",
            "位置（点击可到）\nPlace (a link)",
            "问题\nWhat is wrong",
            "办法\nWhat to do",
            "近似名称\nNearest known",
        )
    ):
        sheet.write_string(row, col, text, head)
    sheet.set_row(row, 32)
    sheet.repeat_rows(row)
    for number, fault in enumerate(told.faults, start=1):
        row += 1
        _fault(sheet, styles, row, number, fault, told)
    if told.found > len(told.faults):
        text = (
            f"其余 {told.found - len(told.faults)} 处从略  and {told.found - len(told.faults)} more"
        )
        sheet.write_string(row + 1, 0, text, styles.of(italic=True))
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&9" + delivery.delivery_id.replace("&", "&&") + "&R&9&P / &N")


def _steps(sheet: Any, styles: _Styles, row: int, declared: Declared, told: _Told) -> int:
    """What the sender does now; returns the row of the table below."""
    patterns = "、".join(declared.data_set.delivery.pattern)
    english = ", ".join(declared.data_set.delivery.pattern)
    if told.grids:
        first = (
            "本簿其余各表为来件原样，红色粗框、下划线并有批注的单元格有问题。请在原文件中更正；"
            "本簿所有内容均为文本。",
            "The other sheets show the delivery as it came. A cell with a thick red frame, "
            "underlined text and a comment is at fault. Mend it in your own file; everything in "
            "this workbook is text.",
        )
    else:
        first = (
            "来件无法打开或读取，因此没有可标注的表格；问题见下。",
            "The file could not be opened or read, so there is no sheet to mark; see below.",
        )
    steps = (
        first,
        (
            f"保持表式不变，文件名符合 {patterns}，重新报送整个文件。",
            f"Keep the form, name the file like {english}, and deliver the whole file again.",
        ),
        (
            "如认为原数无误，请回复说明，不必改数。",
            "If the figure is right as it stands, answer with the reason and do not change it.",
        ),
    )
    sheet.write_string(row, 0, "请这样办理  What to do", styles.of(bold=True, font_size=12))
    text = styles.of(text_wrap=True, valign="top")
    for number, (zh, en) in enumerate(steps if told.grids else steps[:2], start=1):
        row += 1
        sheet.write_string(row, 0, f"{number}.", styles.of(align="right", valign="top"))
        sheet.merge_range(row, 1, row, 4, "", text)
        sheet.write_string(row, 1, f"{zh}\n{en}", text)
        sheet.set_row(row, 16 * (_lines(zh, 138) + _lines(en, 138)) + 2)
    if any(grid.cells.height > MOST_CELLS for grid in told.grids):
        row += 1
        large = (
            f"原表过大，只列出前 {HEAD_ROWS} 行和有问题的行  The table is large: its first rows and"
        )
        sheet.write_string(row, 1, f"{large} those at fault are shown", styles.of(italic=True))
    return row + 2


def _fault(sheet: Any, styles: _Styles, row: int, number: int, fault: Fault, told: _Told) -> None:
    plain = styles.of(border=1, text_wrap=True, valign="top", num_format="@")
    middle = styles.of(border=1, align="center", valign="top")
    link = styles.of(border=1, text_wrap=True, valign="top", font_color="#0563C1", underline=1)
    sheet.write_string(row, 0, str(number), middle)
    mark = told.marks.get(number)
    shown = fault.place or "整个文件 the whole file"
    if mark is not None:
        grid, cell = told.grids[mark.sheet], f"{letters(mark.col)}{mark.row}"
        if not mark.whole_row:
            shown = grid.place(mark.row, mark.col)
        if grid.addressing != "a1" or not grid.name:
            shown = f"{shown}  ({cell})"
        name = told.names[mark.sheet].replace("'", "''")
        sheet.write_url(row, 1, f"internal:'{name}'!{cell}", link, shown)
    else:
        sheet.write_string(row, 1, shown, plain)
    stands = fault.named or fault.text
    said = f"\n原文 Text: {stands}" if stands else ""
    wrong = f"{fault.wrong_zh}\n{fault.wrong_en}{said}\n[{fault.rule_id}]"
    remedy = f"{fault.remedy_zh}\n{fault.remedy_en}"
    for col, text in enumerate((wrong, remedy, fault.proposal), start=2):
        sheet.write_string(row, col, _CONTROL.sub("�", text), plain)
    lines = max(
        sum(_lines(line, 44) for line in wrong.split("\n")),
        sum(_lines(line, 44) for line in remedy.split("\n")),
        _lines(fault.proposal, 24),
        _lines(shown, 20),
    )
    sheet.set_row(row, min(15 * lines + 4, 400))


def _lines(text: str, width: int) -> int:
    """Lines that a text takes in a column of so many half-width characters."""
    return 1 + max(len(text.encode("gb18030", "replace")) - 1, 0) // width
