"""The invented base state of the benchmark: one district, its city and its sisters, year by year.

Belongs here: how the series of ``base.yml`` become figures, and figures deliveries. Does not belong
here: what is put wrong (``changes``), and judging (``score``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Frequency = Literal["to_date", "month", "quarter_to_date", "year"]
RegionKey = str
"""``city``, ``district``, ``sister1`` …: a region of a base state, whatever it is called there."""


class Written(BaseModel):
    """What a person writes in the benchmark's files: a key that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Written):
    """One text in both languages."""

    zh: str
    en: str


class Part(Written):
    """A part of another series, at about this share of it."""

    of: str
    share: float


class Rest(Written):
    """What other parts leave of a total."""

    of: str
    less: tuple[str, ...]


class Share(Written):
    """A part in per cent of a total, from the figures as printed."""

    of: str
    in_: str = Field(alias="in")


class Ratio(Written):
    """One series divided by another, times a factor of units."""

    of: str
    per: str
    times: int
    mean_of_year_ends: bool = False


class Index(Written):
    """An index around a value, never far from that of the month before."""

    around: float
    swing: float


class Series(Written):
    """How an indicator moves.

    Attributes:
        level: The district's annual amount, or stock, of the first year.
        stock: Whether it is one at the end of a period, and no sum over it.
        city: Whether the city has the sum of its districts, or their mean.
    """

    label: str
    unit: str
    decimals: int
    level: float | None = None
    growth: float = 0.05
    noise: float = 0.012
    stock: bool = False
    city: Literal["sum", "mean"] = "sum"
    part: Part | None = None
    rest: Rest | None = None
    share: Share | None = None
    ratio: Ratio | None = None
    index: Index | None = None
    growth_of: str | None = None
    real_growth_of: str | None = None


class RegionOfBase(Written):
    """A region, its names with a ``{stem}`` that differs from copy to copy, and its size."""

    name: str
    short: str
    factor: float | None


class History(Written):
    """The first delivery of a data set: the day it came, and the last period it holds."""

    day: str
    to: str


class Printed(Written):
    """A data set of the base: who prints which series, for whom, how often."""

    title: Words
    theme: str
    file: str
    cadence: Literal["monthly", "quarterly", "annual"]
    frequency: Frequency
    regions: tuple[RegionKey, ...]
    codes: tuple[str, ...]
    history: History


class Base(Written):
    """The whole of ``base.yml``."""

    years: tuple[int, int]
    months: tuple[str, str]
    regions: Mapping[RegionKey, RegionOfBase]
    series: Mapping[str, Series]
    data_sets: Mapping[str, Printed]


@dataclass(frozen=True)
class Figure:
    """One row of a delivery: what it is, and the texts that it is printed with.

    Attributes:
        code: The indicator of the base; stays what it is when the label is put wrong.
        region: Key of the region, stays likewise.
        period: ``2024``, or ``2025-06`` of what is counted up to June, or in June.
    """

    code: str
    region: RegionKey
    period: str
    label: str
    region_text: str
    period_text: str
    value: str
    unit: str


@dataclass(frozen=True)
class Sent:
    """A delivery before it is written: when it came, under which name, with which rows."""

    day: str
    name: str
    period: str
    figures: tuple[Figure, ...]


HEADER = "指标,地区,期间,数值,单位"


def csv_text(figures: Sequence[Figure]) -> str:
    """The rows as the text of a CSV file."""
    lines = [f"{f.label},{f.region_text},{f.period_text},{f.value},{f.unit}" for f in figures]
    return "\n".join((HEADER, *lines, ""))


class Figures:
    """The numbers of a base state; the same for every copy of it."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self._known: dict[tuple[str, RegionKey, str], Decimal] = {}

    @cached_property
    def districts(self) -> tuple[RegionKey, ...]:
        """The regions that the city consists of."""
        return tuple(key for key, region in self.base.regions.items() if region.factor is not None)

    def value(self, code: str, region: RegionKey, period: str) -> Decimal:
        """A figure as printed: an amount up to the month of ``period``, or of the whole year.

        What is printed of the twelve months is what is printed of the year.
        """
        period = period[:4] if period.endswith("-12") else period
        key = (code, region, period)
        if key not in self._known:
            series = self.base.series[code]
            exact = self._exact(code, series, region, period)
            unit = Decimal(1).scaleb(-series.decimals)
            self._known[key] = exact.quantize(unit, ROUND_HALF_UP)
        return self._known[key]

    def _exact(self, code: str, series: Series, region: RegionKey, period: str) -> Decimal:
        def of(other: str) -> Decimal:
            return self.value(other, region, period)

        derived = self._derived(series, region, period, of)
        if derived is not None:
            return derived
        if series.index is not None:
            return Decimal(_index(code, region, period, series.index))
        if region == "city":
            parts = [self.value(code, district, period) for district in self.districts]
            total = sum(parts, Decimal(0))
            return total / len(parts) if series.city == "mean" else total
        if series.part is not None:
            swing = 1 + 0.01 * _noise(code, region, period)
            return of(series.part.of) * Decimal(series.part.share * swing)
        return Decimal(self._moved(code, series, region, period))

    def _derived(
        self, series: Series, region: RegionKey, period: str, of: Callable[[str], Decimal]
    ) -> Decimal | None:
        """What follows from other figures as printed; None where it is a figure of its own."""
        if series.rest is not None:
            return of(series.rest.of) - sum(map(of, series.rest.less), Decimal(0))
        if series.share is not None:
            return 100 * of(series.share.of) / of(series.share.in_)
        if series.ratio is not None:
            below = of(series.ratio.per)
            before = _years_before(period)
            if series.ratio.mean_of_year_ends and int(before[:4]) >= self.base.years[0]:
                below = (below + self.value(series.ratio.per, region, before)) / 2
            return of(series.ratio.of) / below * series.ratio.times
        grown = series.growth_of or series.real_growth_of
        if grown is not None:
            before = _years_before(period)
            # Of the first year nobody has a figure to compare with.
            if int(before[:4]) < self.base.years[0]:
                return Decimal("5.0")
            rate = 100 * (of(grown) / self.value(grown, region, before) - 1)
            return rate - Decimal("1.3") if series.real_growth_of else rate
        return None

    def _moved(self, code: str, series: Series, region: RegionKey, period: str) -> float:
        year, month = int(period[:4]), int(period[5:] or 12)
        factor = self.base.regions[region].factor
        if series.level is None or factor is None:
            raise ValueError(f"base.yml: {code} has no level and follows from nothing")
        size = series.level * (1 if series.city == "mean" else factor)
        for each in range(self.base.years[0] + 1, year + 1):
            size *= 1 + series.growth + series.noise * _noise(code, region, str(each))
        if series.stock:
            return size
        # The share of a month of its year: January and February less, December more.
        weights = [
            weight * (1 + 0.02 * _noise(code, region, str(number)))
            for number, weight in enumerate(_SEASON, start=1)
        ]
        return size * sum(weights[:month]) / sum(weights)


_SEASON = (7.2, 6.3, 8.4, 8.0, 8.3, 8.9, 8.1, 8.2, 8.9, 8.5, 8.8, 10.4)


def _noise(*names: str) -> float:
    """A number between -1 and 1 that is always the same for the same names."""
    digest = hashlib.sha256("|".join(names).encode()).digest()
    return int.from_bytes(digest[:4]) / 2**31 - 1


def _index(code: str, region: RegionKey, period: str, index: Index) -> float:
    """An index near that of the month before: a mean over what six months draw."""
    count = int(period[:4]) * 12 + int(period[5:] or 12)
    drawn = [_noise(code, region, str(number)) for number in range(count - 5, count + 1)]
    return index.around + index.swing * 1.6 * sum(drawn) / len(drawn)


def _years_before(period: str, years: int = 1) -> str:
    return f"{int(period[:4]) - years}{period[4:]}"


def period_text(frequency: Frequency, period: str) -> str:
    """A period as Chinese offices print it."""
    year, month = period[:4], int(period[5:] or 12)
    if frequency == "year":
        return f"{year}年"
    if frequency == "month" or month == 1:
        return f"{year}年{month}月"
    return f"{year}年1—{month}月"


def periods_of(base: Base, printed: Printed) -> list[str]:
    """The periods of a data set from the first to the last, in their order."""
    if printed.frequency == "year":
        return [str(year) for year in range(base.years[0], base.years[1] + 1)]
    first, last = base.months
    months = [
        f"{year}-{month:02}"
        for year in range(int(first[:4]), int(last[:4]) + 1)
        for month in range(1, 13)
    ]
    # 1—2月合并: no office prints January alone of what is counted up.
    left_out = {"month": (), "to_date": ("01",), "quarter_to_date": _NO_QUARTER}[printed.frequency]
    return [m for m in months if first <= m <= last and m[5:] not in left_out]


_NO_QUARTER = ("01", "02", "04", "05", "07", "08", "10", "11")


@dataclass(frozen=True)
class Place:
    """One copy of the base state among many: its regions have codes and names of their own."""

    number: int
    base: Base

    @property
    def stem(self) -> str:
        """Two characters that no other copy has."""
        first, second = divmod(self.number, len(_STEMS))
        return _STEMS[first] + _STEMS[second]

    def region_code(self, region: RegionKey) -> str:
        """Codes of a prefecture and of what lies in it."""
        own = list(self.base.regions).index(region)
        return f"{FIRST_CITY + 100 * self.number + own:06}"

    def region_name(self, region: RegionKey) -> str:
        """The name as registered, which is the one that deliveries print."""
        return self.base.regions[region].name.format(stem=self.stem)

    def data_set_id(self, name: str) -> str:
        """The id under which the copy declares a data set of the base."""
        return f"e{self.number:03}-{name}"

    @classmethod
    def number_of(cls, data_set_id: str) -> int | None:
        """The copy that a data set belongs to; None where it is of none."""
        head = data_set_id.split("-", 1)[0]
        return int(head[1:]) if head.startswith("e") and head[1:].isdigit() else None

    @classmethod
    def number_of_region(cls, code: str) -> int | None:
        """The copy that a region belongs to; None where it is of none."""
        is_ours = code.isdigit() and len(code) == 6 and FIRST_CITY <= int(code) < FIRST_CITY + 10**5
        return (int(code) - FIRST_CITY) // 100 if is_ours else None


FIRST_CITY = 700000
"""Codes that no region of China has: the benchmark is never mistaken for one."""

_STEMS = "东南西北春夏秋冬松竹梅兰菊荷金玉石云星月"


def sent_of(figures: Figures, place: Place, name: str) -> list[Sent]:
    """All deliveries of a data set of the base: its history in one, then one for each period."""
    printed = figures.base.data_sets[name]
    periods = periods_of(figures.base, printed)
    old = [period for period in periods if period <= printed.history.to]
    new = [period for period in periods if period > printed.history.to]
    ending = ".csv"
    first = Sent(
        printed.history.day,
        f"{printed.file}{old[0]}至{old[-1]}{ending}",
        old[-1],
        tuple(f for period in old for f in _rows(figures, place, printed, period)),
    )
    later = [
        Sent(
            _day_after(period, printed),
            f"{printed.file}{period}{ending}",
            period,
            tuple(_rows(figures, place, printed, period)),
        )
        for period in new
    ]
    return [first, *later]


def _rows(figures: Figures, place: Place, printed: Printed, period: str) -> Iterator[Figure]:
    for code in printed.codes:
        series = figures.base.series[code]
        for region in printed.regions:
            yield Figure(
                code=code,
                region=region,
                period=period,
                label=series.label,
                region_text=place.region_name(region),
                period_text=period_text(printed.frequency, period),
                value=str(figures.value(code, region, period)),
                unit=series.unit,
            )


def _day_after(period: str, printed: Printed) -> str:
    """The day on which a later delivery comes: in the month, or the year, after its period."""
    if printed.frequency == "year":
        return f"{int(period) + 1}-{printed.history.day[5:]}"
    year, month = int(period[:4]), int(period[5:])
    year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return f"{year}-{month:02}-20"


def relabelled(figure: Figure, **texts: str) -> Figure:
    """The same figure with other texts."""
    return replace(figure, **texts)
