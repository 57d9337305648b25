"""Writes an answer of ``get``: for a terminal, as bars, and as files for other programs.

Belongs here: tables, bars, workbooks. Does not belong here: what is answered (``get``).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, get_args

from orchestration.bounds import sign
from orchestration.errors import QutongError
from orchestration.serve.get import NUMBERS, TOTAL, Answer, Figure
from orchestration.serve.query import Rows, display_width, write_rows
from orchestration.text import shown

Form = Literal["table", "chart", "csv", "json", "parquet", "xlsx"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)
BINARY: Final = frozenset({"parquet", "xlsx"})
WIDTH: Final = 40
"""Of the longest bar, in characters."""
EXACT_DIGITS: Final = 15
"""As many digits a number of a spreadsheet keeps."""


def form_of(file: Path) -> Form:
    """The format that a file's name asks for.

    Raises:
        QutongError: it asks for none.
    """
    ending = file.suffix.lstrip(".").lower()
    for form in FORMS:
        if form == ending:
            return form
    raise QutongError(
        f"{file.name}: no format is called {ending!r} / 没有这种格式",
        file=file,
        remedy="end the name with .csv, .json, .parquet or .xlsx, or give --format",
    )


def write(answer: Answer, form: Form, output: BinaryIO) -> None:
    """Write an answer in a format; texts for a terminal hold nothing that drives it."""
    if form == "table":
        output.write(_table(answer).encode())
    elif form == "chart":
        output.write(_chart(answer).encode())
    elif form == "parquet":
        answer.frame().write_parquet(output, compression="zstd")
    elif form == "xlsx":
        _workbook(answer, output)
    else:
        columns = answer.columns
        rows = [tuple(record[name] for name in columns) for record in answer.records()]
        numbers = tuple(name in NUMBERS for name in columns)
        write_rows(Rows(columns, numbers, iter([rows])), form, output)


# --- for a terminal -----------------------------------------------------------------------------


def _head(answer: Answer) -> str:
    """What holds for all: the indicator, its unit, and where the figures are from."""
    one = answer.indicator
    units = "、".join(dict.fromkeys(figure.unit for figure in answer.figures)) or one.unit
    day = answer.question.as_of
    known = f" · 截至 as of {day.isoformat()}" if day else ""
    notes = "".join(f"{zh} / {en}\n" for zh, en in answer.notes)
    head = f"{one.name_zh} {one.name_en} ({one.code}) · {units} · {answer.release_id}{known}\n"
    return shown(head + notes)


def _table(answer: Answer) -> str:
    from io import BytesIO

    columns = _columns(answer)
    names = tuple(name for name, _, _ in columns)
    numbers = tuple(is_number for _, is_number, _ in columns)
    rows = [tuple(said[place] for _, _, said in columns) for place in range(len(answer.figures))]
    written = BytesIO()
    write_rows(Rows(names, numbers, iter([rows] if rows else [])), "table", written)
    return _head(answer) + written.getvalue().decode()


def _columns(answer: Answer) -> list[tuple[str, bool, list[str]]]:
    """The columns of a table for people: name, whether of numbers, cells; without what is idle."""
    figures = answer.figures
    told = [
        ("时期 period", False, [figure.period for figure in figures]),
        ("地区 region", False, [figure.region_name for figure in figures]),
        ("口径 scope", False, [_unless(figure.scope, "not_stated") for figure in figures]),
        ("分组 class", False, [_unless(figure.breakdown, TOTAL) for figure in figures]),
        ("性质 kind", False, [_unless(figure.figure_kind, "outturn") for figure in figures]),
        ("数值 value", True, [_value(figure) for figure in figures]),
        ("单位 unit", False, [figure.unit for figure in figures]),
        ("状态 status", False, [_unless(figure.status, "A") for figure in figures]),
        ("阶段 stage", False, [_unless(figure.stage, "not_stated") for figure in figures]),
        ("合成 made of", False, [_made(figure) for figure in figures]),
        ("说明 remark", False, [" ".join(filter(None, figure.why)) for figure in figures]),
        ("模拟 simulated", False, ["模拟" if one.is_simulated else "" for one in figures]),
    ]
    if answer.question.per_head:
        told += [
            ("人均 per head", True, [_plain(one.more.get("per_head")) for one in figures]),
            ("人均单位 its unit", False, [_text(one, "per_head_unit") for one in figures]),
            ("未算人均 why not", False, [_both(one, "why_not_per_head") for one in figures]),
        ]
    if answer.question.change:
        told += [
            (
                "上年 year before",
                True,
                [_plain(one.more.get("value_year_before")) for one in figures],
            ),
            ("增减 change", True, [_plain(one.more.get("change_on_published")) for one in figures]),
            (
                "按公布数算增速 % computed",
                True,
                [_plain(one.more.get("change_pct_on_published")) for one in figures],
            ),
            (
                "公布增速 % published",
                True,
                [_plain(one.more.get("growth_as_published")) for one in figures],
            ),
            ("可比性 comparability", False, [_both(one, "remark") for one in figures]),
        ]
    kept = ("时期 period", "数值 value")
    shared = {"单位 unit": 1, "地区 region": 1}
    return [
        column
        for column in told
        if column[0] in kept
        or (any(column[2]) and not (column[0] in shared and len(set(column[2])) == 1))
    ]


def _unless(text: str, usual: str) -> str:
    return "" if text == usual else text


def _text(figure: Figure, name: str) -> str:
    return str(figure.more.get(name) or "")


def _both(figure: Figure, name: str) -> str:
    return " ".join(filter(None, (_text(figure, f"{name}_zh"), _text(figure, f"{name}_en"))))


def _made(figure: Figure) -> str:
    return f"{figure.added} 个数 figures" if figure.added > 1 else ""


def _plain(value: Any) -> str:
    if not isinstance(value, Decimal):
        return ""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _value(figure: Figure) -> str:
    """The value with its sign; a dash for none."""
    return "–" if figure.value is None else sign(figure.qualifier) + _plain(figure.value)


# --- bars ---------------------------------------------------------------------------------------


def _chart(answer: Answer) -> str:
    """Bars from zero, to one scale; what has another length of period stands apart."""
    parts = [_head(answer)]
    for (title, unit), figures in _series(answer.figures):
        parts.append(shown(f"\n{title} · {unit}\n") + _bars(figures))
    return "".join(parts)


_LENGTHS: Final = {1: "月 months", 3: "季 quarters", 12: "年 years"}


def _series(figures: Sequence[Figure]) -> Iterator[tuple[tuple[str, str], list[Figure]]]:
    """Figures that may stand under each other: of one kind and length of period, and one unit."""

    def key(one: Figure) -> tuple[str, str]:
        months = (one.end.year - one.start.year) * 12 + one.end.month - one.start.month + 1
        words = [
            one.region_name,
            _unless(one.scope, "not_stated"),
            _unless(one.breakdown, TOTAL),
            _unless(one.figure_kind, "outturn"),
            "时点 at a date"
            if one.kind == "point"
            else _LENGTHS.get(months, f"{months} 个月 months"),
        ]
        return " · ".join(filter(None, words)), one.unit

    ordered = sorted(figures, key=lambda one: (key(one), one.start))
    for name, same in itertools.groupby(ordered, key=key):
        yield name, list(same)


def _bars(figures: Sequence[Figure]) -> str:
    values = [figure.value for figure in figures if figure.value is not None]
    most, least = max([*values, Decimal(0)]), min([*values, Decimal(0)])
    span = most - least or Decimal(1)
    zero = round(-least / span * WIDTH)
    label = max(display_width(figure.period) for figure in figures)
    lines = []
    for figure in figures:
        bar = ""
        if figure.value is not None:
            end = round((figure.value - least) / span * WIDTH)
            bar = " " * min(zero, end) + "█" * abs(end - zero) + ("▏" if end == zero else "")
        blanks = " " * (label - display_width(figure.period))
        remark = " ".join(filter(None, figure.why))
        lines.append(f"{figure.period}{blanks}  {bar} {_value(figure)} {remark}".rstrip() + "\n")
    return shown("".join(lines))


# --- a workbook ---------------------------------------------------------------------------------


def _workbook(answer: Answer, output: BinaryIO) -> None:
    """One sheet with a row a figure, one that says what is shown; no text can be a formula."""
    import xlsxwriter

    book = xlsxwriter.Workbook(
        output,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("data")
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(answer.columns):
        sheet.write_string(0, column, name, bold)
        sheet.set_column(column, column, max(10, len(name) + 2))
    for row, record in enumerate(answer.records(), start=1):
        for column, value in enumerate(record.values()):
            if value is None or value == "":
                continue
            if isinstance(value, bool):
                sheet.write_boolean(row, column, value)
            elif isinstance(value, Decimal | int):
                _write_number(sheet, row, column, Decimal(value))
            elif isinstance(value, date):
                sheet.write_datetime(row, column, value, day)
            else:
                sheet.write_string(row, column, str(value))
    about = book.add_worksheet("about 说明")
    about.set_column(0, 0, 100)
    for row, line in enumerate(_head(answer).splitlines()):
        about.write_string(row, 0, line)
    book.close()


def _write_number(sheet: Any, row: int, column: int, value: Decimal) -> None:
    """As a number where a spreadsheet keeps all its digits, else as text."""
    text = _plain(value)
    if len(text.replace("-", "").replace(".", "").lstrip("0")) <= EXACT_DIGITS:
        sheet.write_number(row, column, float(text))
    else:
        sheet.write_string(row, column, text)
