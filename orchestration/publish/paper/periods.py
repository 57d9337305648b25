"""Which kind of period a figure is of, and what stands above a column of them.

Belongs here: sorting figures so that a printed table holds one kind of period. Does not belong
here: rows, titles of tables, and how a period is named where columns are of single periods
(``core.period``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from orchestration.publish.paper.figures import Figure

_DECEMBER = 12
_QUARTER = 3


@dataclass(frozen=True, order=True)
class Kind:
    """A kind of period; tables stand in the order of ``place``."""

    place: int
    zh: str
    en: str


YEAR = Kind(1, "年度", "yearly")
TO_DATE = Kind(2, "累计", "year to date")
PART = Kind(3, "季度、半年", "quarters and half-years")
MONTH = Kind(4, "月度", "monthly")
DATES = Kind(4, "时点", "at dates")
SPAN = Kind(5, "跨年度", "periods of several years")


@dataclass(frozen=True, order=True)
class Head:
    """What stands above a column: its words, and what puts it in order."""

    end: date
    start: date
    key: str
    zh: str
    en: str


def is_point(figure: Figure) -> bool:
    """Whether it is of a day and not of all that the period is long."""
    return figure.period_kind == "point"


def is_year_end(figure: Figure) -> bool:
    """Whether it is of the end of a year: such figures stand in the year's column."""
    return is_point(figure) and _is_month(figure) and figure.period_end.month == _DECEMBER


def kinds_of(row: Iterable[Figure]) -> dict[str, frozenset[Kind]]:
    """The kinds of the figures of one row, by observation.

    Most are of one. The end of a year is one of the ends of its months where the row has others,
    and the first quarter a quarter where it has others: such a figure stands in both tables, for
    an empty cell between its neighbours would say that there is none.
    """
    own = list(row)
    monthly = {f.period_end.year for f in own if kind_of(f) == MONTH and is_point(f)}
    quarterly = {f.period_end.year for f in own if kind_of(f) == PART and _months(f) == _QUARTER}
    found = {}
    for figure in own:
        kinds, year = {kind_of(figure)}, figure.period_end.year
        if is_year_end(figure) and year in monthly:
            kinds.add(MONTH)
        if figure.period_kind == "quarterly" and year in quarterly:
            kinds.add(PART)
        found[figure.observation_id] = frozenset(kinds)
    return found


def kinds_by_row(rows: Iterable[Iterable[Figure]]) -> dict[str, frozenset[Kind]]:
    """The same for many rows."""
    found: dict[str, frozenset[Kind]] = {}
    for row in rows:
        found |= kinds_of(row)
    return found


def head_of(figure: Figure, kind: Kind) -> Head:
    """The column that a figure stands in, in a table of one kind."""
    if kind == YEAR:
        year = figure.period_end.year
        return Head(date(year, 12, 31), date(year, 1, 1), str(year), f"{year}年", str(year))
    return Head(figure.period_end, figure.period_start, figure.period, figure.period_zh,
                figure.period_en)  # fmt: skip


def kind_of(figure: Figure) -> Kind:
    """The kind of period that a figure is of, by itself."""
    start, end = figure.period_start, figure.period_end
    if start.year != end.year:
        return SPAN
    if is_year_end(figure) or _is_whole_year(figure):
        return YEAR
    if _is_month(figure) and figure.period_kind != "cumulative_range":
        return MONTH
    return TO_DATE if start.month == 1 else PART


def _is_whole_year(figure: Figure) -> bool:
    """A year, but not the last of its cumulative figures, 1—12月."""
    is_last = (
        figure.period_kind == "cumulative_range" and figure.period != f"{figure.period_end:%Y}"
    )
    return _months(figure) == _DECEMBER and not is_last


def _is_month(figure: Figure) -> bool:
    return _months(figure) == 1


def _months(figure: Figure) -> int:
    start, end = figure.period_start, figure.period_end
    whole = end + timedelta(days=1)
    return (whole.year - start.year) * 12 + whole.month - start.month or 1
