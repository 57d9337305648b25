"""Reference periods as they are written, and what they mean.

Belongs here: parsing and printing one period. Does not belong here: the kind of a period, which
is the observation's own (a year may be a sum, a point in time or a target).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from orchestration.text import same

Precision = Literal["year", "quarter", "month", "month_range", "year_range"]

_DASH = r"\s*(?:-|–|—|−|~|～|至|到|/)\s*"
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4}
FIRST_YEAR, LAST_YEAR = 1900, 2200


class NoSuchDateError(ValueError):
    """The text has the form of a period and names a date that does not exist."""


@dataclass(frozen=True)
class Period:
    """A reference period.

    Attributes:
        code: ``2022``, ``2023-06``, ``2026-Q1``, ``2021-01/2023-06`` or ``2020/2022``.
        start: First day.
        end: Last day.
        precision: What the code is made of.
    """

    code: str
    start: date
    end: date
    precision: Precision


def _month_end(year: int, month: int) -> date:
    following = date(year + 1, 1, 1) if month == 12 else date(year, month + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def year(number: int) -> Period:
    """The period of one year."""
    _check_year(number)
    return Period(f"{number:04d}", date(number, 1, 1), date(number, 12, 31), "year")


def month(number: int, of: int) -> Period:
    """The period of one month (``of`` 1 to 12)."""
    _check_year(number)
    _check_month(of)
    return Period(f"{number:04d}-{of:02d}", date(number, of, 1), _month_end(number, of), "month")


def quarter(number: int, of: int) -> Period:
    """The period of one quarter (``of`` 1 to 4)."""
    _check_year(number)
    if of not in (1, 2, 3, 4):
        raise NoSuchDateError(f"there is no quarter {of}")
    first = of * 3 - 2
    return Period(
        f"{number:04d}-Q{of}", date(number, first, 1), _month_end(number, first + 2), "quarter"
    )


def months(first_year: int, first: int, last_year: int, last: int) -> Period:
    """A range of months, both ends included; one month is that month."""
    begin, finish = month(first_year, first), month(last_year, last)
    if begin.start > finish.start:
        raise NoSuchDateError(f"{begin.code} lies after {finish.code}")
    if begin == finish:
        return begin
    return Period(f"{begin.code}/{finish.code}", begin.start, finish.end, "month_range")


def years(first: int, last: int) -> Period:
    """A range of years, both ends included; one year is that year."""
    begin, finish = year(first), year(last)
    if first > last:
        raise NoSuchDateError(f"{first} lies after {last}")
    if first == last:
        return begin
    return Period(f"{begin.code}/{finish.code}", begin.start, finish.end, "year_range")


def _check_year(number: int) -> None:
    if not FIRST_YEAR <= number <= LAST_YEAR:
        raise NoSuchDateError(f"{number} is no plausible year")


def _check_month(number: int) -> None:
    if not 1 <= number <= 12:
        raise NoSuchDateError(f"there is no month {number}")


_Y = r"([0-9]{4})年?度?"
_FORMS: list[tuple[re.Pattern[str], Callable[..., Period]]] = [
    (re.compile(rf"([0-9]{{4}})-([0-9]{{2}}){_DASH}([0-9]{{4}})-([0-9]{{2}})"), months),
    (re.compile(rf"([0-9]{{4}})年([0-9]{{1,2}})月?{_DASH}([0-9]{{4}})年([0-9]{{1,2}})月"), months),
    (
        re.compile(rf"([0-9]{{4}})年([0-9]{{1,2}})月?{_DASH}([0-9]{{1,2}})月"),
        lambda y, first, last: months(y, first, y, last),
    ),
    (re.compile(r"([0-9]{4})-([0-9]{2})"), month),
    (re.compile(r"([0-9]{4})年([0-9]{1,2})月(?:份|末|底)?"), month),
    (re.compile(r"([0-9]{4})-?Q([1-9])"), quarter),
    (re.compile(r"([0-9]{4})年第?([一二三四1-9])季度?"), quarter),
    (re.compile(r"([0-9]{4})年上半年"), lambda y: months(y, 1, y, 6)),
    (re.compile(r"([0-9]{4})年前三季度"), lambda y: months(y, 1, y, 9)),
    (re.compile(r"([0-9]{4})年(?:末|底)"), lambda y: month(y, 12)),
    (re.compile(rf"{_Y}{_DASH}([0-9]{{4}})年?"), years),
    (re.compile(_Y), year),
]


def parse_period(text: str) -> Period:
    """Read a period as deliveries write it.

    Full-width characters and blanks do not matter. Known forms: ``2022``, ``2022年``,
    ``2023-06``, ``2023年6月末``, ``2026-Q1``, ``2026年一季度``, ``2024年1—5月``,
    ``2021年1月—2023年6月``, ``2021-01/2023-06``, ``2020—2022年``, ``2024年上半年``, ``2024年末``.

    Raises:
        NoSuchDateError: the form is known, the date does not exist (month 13, a range that ends
            before it begins).
        ValueError: the form is not known.
    """
    plain = same(text)
    for pattern, form in _FORMS:
        match = pattern.fullmatch(plain)
        if match is not None:
            return form(*(_QUARTERS.get(group) or int(group) for group in match.groups()))
    raise ValueError(f"{text!r} is not written like a period")


DEFAULT_KIND = {
    "year": "annual",
    "quarter": "quarterly",
    "month": "monthly",
    "month_range": "cumulative_range",
    "year_range": "growth_over_range",
}
"""The kind of a period where the delivery does not say it."""


def label_zh(period: Period) -> str:
    """The period as a Chinese reader writes it."""
    first, last = period.start, period.end
    match period.precision:
        case "year":
            return f"{first.year}年"
        case "quarter":
            return f"{first.year}年{'一二三四'[(first.month - 1) // 3]}季度"
        case "month":
            return f"{first.year}年{first.month}月"
        case "month_range" if first.year == last.year:
            return f"{first.year}年{first.month}—{last.month}月"
        case "month_range":
            return f"{first.year}年{first.month}月—{last.year}年{last.month}月"
        case _:
            return f"{first.year}—{last.year}年"
