"""What is true in the simulated district: every month of every item, and what was revised when.

Belongs here: values, sums, growth under a frame, revisions. Does not belong here: how they are
printed (``tables``), and which files go wrong (``events``).

The same seed gives the same months whatever span and departments are asked for: each value comes
of its own generator.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from orchestration.authoring.months.departments import Department, Item, Season

Month = tuple[int, int]
"""Year and month."""

_SEASONS: dict[Season, tuple[float, ...]] = {
    "even": (1.0,) * 12,
    "work": (0.96, 0.9, 1.02, 1.0, 1.01, 1.03, 0.98, 0.98, 1.02, 1.0, 1.03, 1.07),
    "shopping": (1.08, 1.0, 0.95, 0.93, 0.98, 1.0, 0.97, 0.97, 1.0, 1.03, 1.06, 1.03),
    "tax": (1.5, 0.9, 0.9, 1.2, 1.1, 1.05, 1.15, 0.75, 0.8, 1.05, 0.8, 0.8),
    "power": (1.02, 0.9, 0.95, 0.88, 0.92, 1.02, 1.24, 1.26, 1.02, 0.88, 0.92, 0.99),
    "travel": (0.85, 1.05, 0.9, 1.05, 1.15, 0.9, 1.1, 1.12, 0.95, 1.25, 0.88, 0.8),
}
"""What share of a usual month each month is."""

_SPRING_FESTIVAL = {
    2019: 2, 2020: 1, 2021: 2, 2022: 2, 2023: 1, 2024: 2, 2025: 1, 2026: 2, 2027: 2, 2028: 1,
    2029: 2, 2030: 2,
}  # fmt: skip
"""The month that the festival's week lies in."""

_FESTIVAL: dict[Season, float] = {"work": 0.78, "shopping": 1.1, "power": 0.84, "travel": 1.3}
_START = 2019


@dataclass(frozen=True)
class Revision:
    """One month of one item was mended: other by ``factor``, known from ``known_from`` on."""

    code: str
    month: Month
    factor: Decimal
    known_from: date


@dataclass
class Truth:
    """The figures of the simulated district.

    Attributes:
        revisions: What was mended later, by item and month.
    """

    seed: int
    revisions: dict[tuple[str, Month], Revision] = field(default_factory=dict)
    _known: dict[tuple[str, Month, bool], Decimal] = field(default_factory=dict)

    def month(self, department: Department, item: Item, month: Month, on: date) -> Decimal:
        """The value of a month as it was known on a day, in the unit of the item."""
        if item.parts:
            return sum((self.month(department, p, month, on) for p in item.parts), Decimal(0))
        whole = next((i for i in department.items if item in i.other_parts[-1:]), None)
        if whole is not None:
            others = whole.other_parts[:-1]
            rest = (self.month(department, other, month, on) for other in others)
            return self.month(department, whole, month, on) - sum(rest, Decimal(0))
        revision = self.revisions.get((item.code, month))
        is_revised = revision is not None and revision.known_from <= on
        key = (item.code, month, is_revised)
        if key not in self._known:
            value = self._first(department, item, month)
            if revision is not None and is_revised:
                value = _rounded(value * revision.factor, item.step)
            self._known[key] = value
        return self._known[key]

    def _first(self, department: Department, item: Item, month: Month) -> Decimal:
        draw = random.Random(f"{self.seed}/{item.code}/{month[0]}-{month[1]}")  # noqa: S311 - no secret
        strays = draw.gauss(0.0, item.noise)
        if item.kind == "index":
            return _rounded(Decimal(item.start) * Decimal(str(round(1 + strays, 6))), item.step)
        years = month[0] - _START + (month[1] - 1) / 12
        usual = float(item.start) * (1 + item.trend) ** years
        if item.kind == "flow":
            usual *= _SEASONS[department.season][month[1] - 1]
            if _SPRING_FESTIVAL.get(month[0]) == month[1]:
                usual *= _FESTIVAL.get(department.season, 1.0)
        return _rounded(Decimal(str(round(usual * (1 + strays), 8))), item.step)

    def to_date(self, department: Department, item: Item, month: Month, on: date) -> Decimal:
        """The sum of January to the month, as it was known on a day; of an index the mean."""
        year, last = month
        values = [self.month(department, item, (year, m), on) for m in range(1, last + 1)]
        total = sum(values, Decimal(0))
        return _rounded(total / last, item.step) if item.kind == "index" else total

    def growth(
        self, department: Department, item: Item, month: Month, on: date, *, is_to_date: bool
    ) -> Decimal:
        """Growth in per cent on last year's figure of the same frame, of one decimal.

        The base is last year's value times the factor of the frame: who has to report is another
        group every year, and the base is that of this year's group.
        """
        value = self.to_date if is_to_date and item.kind == "flow" else self.month
        now = value(department, item, month, on)
        before = value(department, item, (month[0] - 1, month[1]), on)
        base = before * self.frame(department, item, month[0])
        return _rounded((now / base - 1) * 100, Decimal("0.1"))

    def frame(self, department: Department, item: Item, year: int) -> Decimal:
        """By what last year's published value is multiplied to be that of this year's frame."""
        if not department.together or item.kind != "flow":
            return Decimal(1)
        draw = random.Random(f"{self.seed}/{department.id}/frame/{year}")  # noqa: S311 - no secret
        return Decimal(str(round(draw.uniform(0.97, 1.03), 4)))


def months_from(first: int, last: int, together: bool) -> Iterator[Month]:
    """The reported months of some years; without January where it comes with February.

    Args:
        first: Months since year 0 of the first: ``year * 12 + month - 1``.
        last: The same of the last.
        together: Whether January comes with February.
    """
    for number in range(first, last + 1):
        month = (number // 12, number % 12 + 1)
        if not (together and month[1] == 1):
            yield month


def _rounded(value: Decimal, step: Decimal) -> Decimal:
    return value.quantize(step, rounding=ROUND_HALF_UP)
