"""When deliveries are due: periods that are awaited, by rule, working day and dated calendar.

Belongs here: what follows from a due rule and a calendar alone, and how both are said. Does not
belong here: what came (``steps.ledger``), reading declarations (``timetable``), and the clock:
whoever asks gives the day.
"""

from __future__ import annotations

import calendar as months
import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from orchestration.errors import DeclarationError

if TYPE_CHECKING:
    from orchestration.spec import Delivery

ONE_DAY = timedelta(days=1)
MONTHS = {"monthly": 1, "quarterly": 3, "annual": 12}
"""Cadences that know their next period, with its length."""

COLUMNS = ("date", "kind", "name_zh", "name_en", "source")


# --- the calendar ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Calendar:
    """Holidays and working weekends, dated.

    Attributes:
        working: Days that are other than their weekday says: whether they are worked on.
        years: The years that it covers; of all others nobody knows yet.
    """

    working: Mapping[date, bool] = field(default_factory=dict)
    years: frozenset[int] = frozenset()

    def is_working(self, day: date) -> bool:
        """Whether offices are open, as far as is known."""
        return self.working.get(day, day.weekday() < 5)

    def covers(self, first: date, last: date) -> bool:
        """Whether every day between two, both counted, lies in a year that it covers."""
        return set(range(first.year, last.year + 1)) <= self.years


def read_calendar(folder: Path, name: str) -> Calendar:
    """The calendar of that name; one that covers nothing where the district names none.

    Args:
        folder: ``raw/calendars``: days in ``<name>.csv``, the years they cover in ``<name>.yml``.
        name: As ``calendar`` of the district says.

    Raises:
        DeclarationError: it is missing or wrong; names file, line and remedy.
    """
    if not name:
        return Calendar()
    from orchestration.settings import parse_model, read_yaml
    from orchestration.spec import CalendarYears

    file = folder / f"{name}.yml"
    covered = parse_model(CalendarYears, read_yaml(file), file)
    sources = {entry.year: entry.source for entry in covered.years}
    days = dict(_days(folder / f"{name}.csv", sources))
    return Calendar(days, frozenset(sources))


def _days(file: Path, sources: Mapping[int, str]) -> Iterator[tuple[date, bool]]:
    seen: set[date] = set()
    for line, row in _rows(file):
        wrong = _mistake(row, sources)
        day = None if wrong else date.fromisoformat(row["date"])
        if day in seen:
            wrong = "the day stands twice"
        if wrong or day is None:
            raise DeclarationError(
                f"{wrong} / 节假日历有误",
                file=file,
                place=f"line {line}",
                remedy="a row is date (2026-10-01), kind (holiday or workday), both names, and "
                f"the notice that {file.stem}.yml names for its year",
            )
        seen.add(day)
        yield day, row["kind"] == "workday"


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text, restval="")
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise DeclarationError(
                    f"the columns are not {', '.join(COLUMNS)}", file=file, place="line 1"
                )
            yield from ((reader.line_num, row) for row in reader)
    except (OSError, UnicodeDecodeError) as error:
        raise DeclarationError(f"cannot be read: {error}", file=file) from None


def _mistake(row: Mapping[str, str], sources: Mapping[int, str]) -> str:
    try:
        day = date.fromisoformat(row["date"])
    except ValueError:
        return f"{row['date']!r} is no day"
    if row["kind"] not in ("holiday", "workday"):
        return f"{row['kind']!r} is neither holiday nor workday"
    if day.year not in sources:
        return f"{day.year} is no year that the calendar says it covers"
    if row["source"] != sources[day.year]:
        return f"the source of {day.year} is {sources[day.year]}"
    return "" if row["name_zh"] and row["name_en"] else "a name is missing"


# --- the rule --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """When each period of a data set is due; one of ``day``, ``working_day``, ``days_after``.

    Attributes:
        day: Of the ``month``-th month after the period; where it has fewer days, its last.
        at: The time of day, ``HH:MM``, where the district is.
        shift: Where a date goes that is no working day: ``next``, ``previous`` or ``none``.
        awaited_from: The first period that is awaited.
        together: First and last month of periods that are awaited in one table.
    """

    cadence: str
    awaited_from: str
    day: int | None = None
    month: int = 1
    working_day: int | None = None
    days_after: int | None = None
    at: str = "17:00"
    shift: str = "next"
    together: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, delivery: Delivery) -> Rule | None:
        """The rule of a declaration; None where nothing is awaited."""
        due = delivery.due
        if due is None or delivery.awaited_from is None:
            return None
        return cls(
            cadence=delivery.cadence,
            awaited_from=delivery.awaited_from,
            together=delivery.together,
            **due.model_dump(),
        )

    @classmethod
    def told(cls, entry: Mapping[str, Any]) -> Rule:
        """The rule out of what ``dataclasses.asdict`` made of it, by way of JSON."""
        pairs = tuple((first, last) for first, last in entry["together"])
        return cls(**{**entry, "together": pairs})

    @property
    def time(self) -> time:
        """The time of day at which it is due."""
        return time.fromisoformat(self.at)


@dataclass(frozen=True)
class Awaited:
    """One period of a data set that is awaited.

    Attributes:
        stated_on: The date that the rule says, before holidays.
        due_on: The date on which it is due.
        is_covered: Whether the calendar covers every day that was asked about; where it does not,
            weekends alone were taken into account.
    """

    period: str
    start: date
    end: date
    stated_on: date
    due_on: date
    at: time
    is_covered: bool

    def due_at(self, zone: ZoneInfo) -> datetime:
        """The moment at which it is due."""
        return datetime.combine(self.due_on, self.at, zone)

    def row(self, data_set_id: str) -> dict[str, Any]:
        """Its row of ``landing.awaited``."""
        zh, en = label(self.period)
        return {
            "data_set_id": data_set_id,
            "period": self.period,
            "label_zh": zh,
            "label_en": en,
            "period_end": self.end,
            "stated_on": self.stated_on,
            "due_on": self.due_on,
            "due_at": datetime.combine(self.due_on, self.at),
            "is_covered": self.is_covered,
        }


def awaited(rule: Rule, calendar: Calendar, until: date) -> list[Awaited]:
    """The periods that are due up to a day, that day included, in their order."""
    found: list[Awaited] = []
    for period, start, end in _periods(rule):
        if start > until:
            return found
        stated = _stated(rule, calendar, end)
        due = _shifted(rule, calendar, stated)
        asks = rule.working_day is not None or rule.shift != "none"
        first, last = (end + ONE_DAY if rule.working_day else stated), due
        known = not asks or calendar.covers(min(first, last), max(first, last))
        if due <= until:
            found.append(Awaited(period, start, end, stated, due, rule.time, known))
    raise AssertionError("periods have no end")


def _periods(rule: Rule) -> Iterator[tuple[str, date, date]]:
    """Every period from the first that is awaited on: code, first and last day."""
    year, month = first_month(rule.awaited_from)
    while True:
        length = _length(rule, month)
        month = _begin(rule, month)
        last = month + length - 1
        yield (
            _code(rule, year, month, last),
            date(year, month, 1),
            month_end(year, last),
        )
        year, month = (year, last + 1) if last < 12 else (year + 1, 1)


def _begin(rule: Rule, month: int) -> int:
    return next((a for a, b in rule.together if a <= month <= b), month)


def _length(rule: Rule, month: int) -> int:
    pair = next(((a, b) for a, b in rule.together if a <= month <= b), None)
    return pair[1] - pair[0] + 1 if pair else MONTHS[rule.cadence]


def _code(rule: Rule, year: int, first: int, last: int) -> str:
    if rule.cadence == "annual":
        return f"{year}"
    if rule.cadence == "quarterly":
        return f"{year}-Q{last // 3}"
    own = f"{year}-{first:02}"
    return own if first == last else f"{own}/{year}-{last:02}"


def first_month(period: str) -> tuple[int, int]:
    """Year and month with which a period begins: 2025, 2025-Q2 or 2025-03."""
    year, _, part = period.partition("-")
    if part.startswith("Q"):
        return int(year), 3 * int(part[1:]) - 2
    return int(year), int(part or 1)


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, months.monthrange(year, month)[1])


def _stated(rule: Rule, calendar: Calendar, end: date) -> date:
    """What the rule says of a period that ends on a day."""
    if rule.days_after is not None:
        return end + timedelta(days=rule.days_after)
    if rule.working_day is not None:
        return _working_day(calendar, end, rule.working_day)
    assert rule.day is not None
    number = end.year * 12 + end.month - 1 + rule.month
    last = month_end(number // 12, number % 12 + 1)
    return last.replace(day=min(rule.day, last.day))


def _working_day(calendar: Calendar, after: date, count: int) -> date:
    day = after
    while count:
        day += ONE_DAY
        count -= calendar.is_working(day)
    return day


def _shifted(rule: Rule, calendar: Calendar, day: date) -> date:
    step = {"next": ONE_DAY, "previous": -ONE_DAY, "none": timedelta()}[rule.shift]
    while step and not calendar.is_working(day):
        day += step
    return day


# --- saying it -------------------------------------------------------------------------------

_CADENCES = {
    "once": ("一次性", "once"),
    "monthly": ("每月", "monthly"),
    "quarterly": ("每季", "quarterly"),
    "annual": ("每年", "annual"),
    "irregular": ("不定期", "irregular"),
}
_SHIFTS = {
    "next": ("，遇节假日顺延", ", on the next working day after a holiday"),
    "previous": ("，遇节假日提前", ", on the last working day before a holiday"),
    "none": ("，遇节假日不变", ", holidays or not"),
}


def said(cadence: str, rule: Rule | None) -> tuple[str, str]:
    """When deliveries are due, in Chinese and English; that nothing is, where nothing is."""
    zh, en = _CADENCES[cadence]
    if rule is None:
        return f"{zh}：不设期限，不催报", f"{en}: nothing is awaited"
    date_zh, date_en = _date_said(rule)
    shift_zh, shift_en = ("", "") if rule.working_day else _SHIFTS[rule.shift]
    pairs = "、".join(f"{a}—{b}月" for a, b in rule.together)
    both_zh = f"；{pairs}合并报送" if pairs else ""
    both_en = (
        f"; months {', '.join(f'{a} to {b}' for a, b in rule.together)} in one" if pairs else ""
    )
    from_zh, from_en = label(rule.awaited_from)
    return (
        f"{zh}：{date_zh}{rule.at}前{shift_zh}{both_zh}；自{from_zh}起",
        f"{en}: {date_en} by {rule.at}{shift_en}{both_en}; from {from_en} on",
    )


def _date_said(rule: Rule) -> tuple[str, str]:
    if rule.working_day is not None:
        return (
            f"期后第{rule.working_day}个工作日",
            f"working day {rule.working_day} after the period",
        )
    if rule.days_after is not None:
        return f"期后{rule.days_after}天", f"{rule.days_after} days after the period"
    day_zh = "末日" if rule.day == 31 else f"{rule.day}日"
    day_en = "last day" if rule.day == 31 else f"day {rule.day}"
    if rule.cadence == "annual" and rule.month <= 12:
        return f"次年{rule.month}月{day_zh}", f"{day_en} of month {rule.month} of the next year"
    if rule.month == 1:
        return f"次月{day_zh}", f"{day_en} of the next month"
    return f"期后第{rule.month}个月{day_zh}", f"{day_en} of month {rule.month} after the period"


def label(period: str) -> tuple[str, str]:
    """What people call a period of a data set, in Chinese and English, as ``core.period`` does."""
    first, _, last = period.partition("/")
    year, _, part = first.partition("-")
    if not part:
        return f"{year}年", year
    if part.startswith("Q"):
        return f"{year}年第{part[1:]}季度", f"{part} {year}"
    name = months.month_name[int(part)]
    if not last:
        return f"{year}年{int(part)}月", f"{name} {year}"
    end = int(last[-2:])
    return f"{year}年{int(part)}—{end}月", f"{name} to {months.month_name[end]} {year}"


# --- which period a delivery is of -----------------------------------------------------------


def period_ending(periods: Sequence[Awaited], end: date) -> Awaited | None:
    """The awaited period that ends on a day."""
    return next((entry for entry in periods if entry.end == end), None)


def period_over(periods: Sequence[Awaited], day: date) -> Awaited | None:
    """The last awaited period that was over on a day."""
    return next((entry for entry in reversed(periods) if entry.end < day), None)
