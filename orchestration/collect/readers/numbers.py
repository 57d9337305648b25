"""Numbers of a workbook, as the workbook shows them.

Belongs here: number formats, and runs of rich text. Does not belong here: finding the cells
(``workbook``, ``old_workbook``) and understanding the text of a number (``normalise``).
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from orchestration.collect.readers.containers import unsafe

LONGEST_FORMAT = 1024
"""Characters of a number format; Excel takes 255."""

FORMULA_WITHOUT_VALUE = "[formula without a value]"

_COLOURS = "Black|Blue|Cyan|Green|Magenta|Red|White|Yellow|Color ?[0-9]+"
_DECORATION = re.compile(rf"\[(?:{_COLOURS}|\$-[0-9A-Fa-f,]+)\]|_.|\*.", re.IGNORECASE)
"""Colours and locales, and blanks as wide as a character: nothing of the figure."""

_YUAN = re.compile(r'"[¥￥]"|\[\$[¥￥](?:-[0-9A-Fa-f,]+)?\]|\\?[¥￥]')
"""The sign of the currency before an amount: what it is counted in, the table says."""

_DASH = re.compile(r'(?:"[-–—]"|\\?[-–—])\?*')
_SIGNED = re.compile(r"-(.*)|\((.*)\)")

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
    if isinstance(value, datetime | date | time | timedelta):
        return moment(value, number_format)
    return rich_text(value).strip()


def as_stored(value: Any, number_format: str) -> str:
    """The text of a value with all digits that are stored.

    Percent is applied, since it changes what the digits mean; so is whatever else ``printed``
    keeps visible. Dates are ISO 8601 whatever their format.
    """
    if isinstance(value, datetime | date | time | timedelta):
        return moment(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return printed(value, number_format)
    number = Decimal(repr(value))
    if not number.is_finite() or is_plain(number_format):
        return all_digits(number)
    # What the other sections do, they do to other numbers.
    section, is_own = _section_of(number, number_format)
    plain = _bare(section)
    if number == 0 and _DASH.fullmatch(plain):
        return "0"
    if is_own and number < 0:
        signed = _SIGNED.fullmatch(plain.replace("\\", ""))
        plain = (signed[1] or signed[2]) if signed else ""
    match = _DIGITS.match(plain)
    if match is None or not re.search("[0#]", plain):
        return _printed_number(number, number_format)
    return f"{all_digits(number * 100)}%" if match[3] else all_digits(number)


def is_plain(number_format: str) -> bool:
    """Whether a format shows digits and no more: nothing scaled, named, hidden or a date."""
    for section in number_format.split(";"):
        plain = _bare(section).replace("\\", "")
        plain = re.sub(r"^-(.*)$|^\((.*)\)$", r"\1\2", plain)
        if _ALL_DIGITS.match(plain):
            continue
        match = _DIGITS.match(plain)
        if match is None or not plain or match[3]:
            return False
    return True


class Shown:
    """Shows many values of a workbook; what was worked out once is remembered."""

    def __init__(self, *, exact: bool) -> None:
        self._known: dict[tuple[Any, str], str] = {}
        self._show = as_stored if exact else printed
        self._digits = 17 if exact else 15

    def __call__(self, value: Any, number_format: str) -> str:
        """The text of a number, date or boolean under its format.

        Raises:
            RefusedError: the format is longer than any that a program writes.
        """
        if number_format == "General":
            if type(value) is int:
                return str(value)
            if type(value) is float:
                text = f"{value:.{self._digits}g}" if self._digits == 15 else repr(value)
                if "e" not in text and "n" not in text:
                    return text.removesuffix(".0")
        # 1, 1.0 and True are equal keys: their types tell them apart.
        key = (value, number_format) if type(value) is not bool else (str(value), number_format)
        text = self._known.get(key, "")
        if not text:
            if len(number_format) > LONGEST_FORMAT:
                raise unsafe(
                    f"有数字格式超过 {LONGEST_FORMAT} 个字符",
                    f"a number format has more than {LONGEST_FORMAT} characters",
                )
            text = self._show(value, number_format)
            if len(self._known) < 200_000:
                self._known[key] = text
        return text


_DATE_PARTS = re.compile(
    r'"[^"]*"|\\.|\[\$-[0-9A-Fa-f,]+\]|yyyy|mm?(?![m])|dd?(?!d)|hh?|ss?|[-/:. ,;@年月日号时分秒]'
)


def moment(value: datetime | date | time | timedelta, number_format: str = "General") -> str:
    """A date or time: as its format shows it where that says year and month in full, else ISO."""
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    shown = _in_date_format(value, number_format) if isinstance(value, date) else None
    if shown is not None:
        return shown
    if isinstance(value, datetime) and value.time() == time(0):
        value = value.date()
    return value.isoformat()


def _in_date_format(value: date, number_format: str) -> str | None:
    """The date under a format of years, months and days; None where the format is another."""
    section = number_format.split(";", maxsplit=1)[0]
    parts = _DATE_PARTS.findall(section)
    if "".join(parts) != section or "yyyy" not in parts or "hh" in parts or "h" in parts:
        return None
    texts = {
        "yyyy": f"{value.year:04d}",
        "mm": f"{value.month:02d}",
        "m": str(value.month),
        "dd": f"{value.day:02d}",
        "d": str(value.day),
    }
    if {"s", "ss"} & set(parts):
        return None
    shown = (
        texts.get(p) or ("" if p.startswith("[") or p in ";@" else p.strip('"').lstrip("\\"))
        for p in parts
    )
    return "".join(shown).strip()


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


def _bare(section: str) -> str:
    """A section of a format without what is no part of the figure."""
    return _YUAN.sub("", _DECORATION.sub("", section)).replace(" ", "")


def _section_of(number: Decimal, number_format: str) -> tuple[str, bool]:
    """The section of a format that holds for a number, and whether it has it for itself."""
    sections = number_format.split(";")
    if number < 0 and len(sections) > 1:
        return sections[1], True
    if number == 0 and len(sections) > 2:
        return sections[2], True
    return sections[0], False


def _printed_number(number: Decimal, number_format: str) -> str:
    if not number.is_finite():
        return str(number)
    section, is_own = _section_of(number, number_format)
    if number == 0 and is_own and section.strip() and not re.search("[0#]", section):
        shown = _bare(section)
        return "-" if _DASH.fullmatch(shown) else section.strip().strip('"')
    hides = ";" in number_format and not section.strip()
    text = None if hides else _in_section(number, section, is_own=is_own and number < 0)
    return text if text is not None else f"{all_digits(number)} [{number_format}]"


def _in_section(number: Decimal, section: str, *, is_own: bool) -> str | None:
    """The number under one section of a format; None where the format is not understood."""
    plain = _bare(section)
    if _ALL_DIGITS.match(plain):
        return all_digits(number)
    if is_own:
        # The section for negative numbers prints its own sign, or brackets.
        signed = _SIGNED.fullmatch(plain.replace("\\", ""))
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
        return all_digits(number)
    shown = abs(shown) if shown == 0 else shown  # -0.1234 without decimals is 0, not -0
    text = format(shown, ",f") if grouped else format(shown, "f")
    for _ in range(places.count("#")):
        text = text.removesuffix("0")
    return f"{text.removesuffix('.')}{percent}"


def all_digits(number: Decimal) -> str:
    """A number with all of its digits, none of them after the last that counts."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
