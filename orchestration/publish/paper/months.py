"""Re-opens the monthly report and concludes every cell of it again from the figures.

Belongs here: which figure a cell must be, from the words above it and the days of figures, and what
is computed. Does not belong here: reading sheets (``cells``), and writing them (``monthly``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.publish.layout import MONTHLY_FILE
from orchestration.publish.paper.cells import (
    Known,
    Line,
    by_row,
    check_file,
    district_of,
    is_of_row,
    number_in,
    read_tables,
    read_title,
    stands_in,
)
from orchestration.publish.paper.check import Difference, difference, unreadable
from orchestration.publish.paper.figures import Figure
from orchestration.publish.printed import decimal_text
from orchestration.publish.tables import Table, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_HEAD = re.compile(
    r"(?P<first>1—)?(?P<month>\d{1,2})月(?P<end>末)?(?P<total>累计)?"
    r"(?P<growth>同比增长(?:（%）)?)?(?P<rank>(?:增速)?位次)?"
)
_NAMES = ("January February March April May June July August September October November "
          "December").split()  # fmt: skip
_MARK = "c"


@dataclass(frozen=True)
class _Region:
    parent: str
    kind: str


@dataclass(frozen=True)
class _Column:
    """What the words above a column say."""

    is_end: bool
    is_total: bool
    is_growth: bool
    is_rank: bool


def check_monthly(
    con: DuckDBPyConnection,
    catalog: str,
    path: Path,
    figures: Sequence[Figure],
    tables: Sequence[Table],
) -> Iterator[Difference]:
    """Compare the monthly report in the folder of an attached release with the figures of it."""
    try:
        report = _Report(con, catalog, figures, tables)
        tables_read = read_tables(path / MONTHLY_FILE, report.district)
        yield from check_file(path / MONTHLY_FILE, MONTHLY_FILE, tables_read)
        title = read_title(path / MONTHLY_FILE)
        if f"{report.month.year}年{report.month.month}月" not in title:
            yield difference(f"{MONTHLY_FILE}: A1", title, f"{report.month:%Y-%m}")
        for sheet, lines in tables_read.items():
            for line in lines:
                yield from report.check(f"{MONTHLY_FILE}: {sheet}", line)
    # openpyxl raises what the damage happens to cause, a TypeError or an IndexError too.
    except Exception as error:
        yield unreadable(MONTHLY_FILE, error)


class _Report:
    """What the report must say."""

    def __init__(
        self,
        con: DuckDBPyConnection,
        catalog: str,
        figures: Sequence[Figure],
        tables: Sequence[Table],
    ) -> None:
        self.district = district_of(con, catalog)
        self.known: Known = by_row(figures)
        self.figures = figures
        self.month = max(
            figure.period_end.replace(day=1)
            for figure in figures
            if figure.region_code == self.district and _is_of_months(figure)
        )
        there = {table.qualified: table for table in tables}
        core = f"{quote(catalog)}.core"
        region, indicator = there.get("core.region"), there.get("core.indicator")
        self.regions: Mapping[str, _Region] = (
            {
                code: _Region(parent, kind)
                for code, parent, kind in con.execute(
                    f"select region_code, coalesce(parent_code, ''), region_kind from {core}.region"
                ).fetchall()
            }
            if region is not None and region.has("parent_code")
            else {}
        )
        self.lower_is_better = (
            {
                code
                for (code,) in con.execute(
                    f"select indicator_code from {core}.indicator "
                    "where direction = 'lower_is_better'"
                ).fetchall()
            }
            if indicator is not None and indicator.has("direction")
            else set()
        )

    def check(self, sheet: str, line: Line) -> Iterator[Difference]:
        """Each number of a row is the figure, or follows from the figures, that its head says."""
        for (zh, en), cell in line.cells:
            place = f"{sheet}!{cell.coordinate}"
            column = self.column(zh, en)
            if column is None:
                yield difference(place, f"{zh} / {en}", f"{self.month:%Y-%m}")
                return
            number = number_in(cell)
            mark = number[2] if number else ""
            if mark.startswith(_MARK) or column.is_rank:
                right = self.computed(line, column)
                if number is None or number[0] not in right or not mark.startswith(_MARK):
                    yield difference(place, str(cell.value), "、".join(sorted(right)) or "nothing")
                continue
            meant = self.meant(line, column)
            found = [figure for figure in meant if stands_in(cell, figure)]
            if not found:
                right = {decimal_text(figure.value) for figure in meant}
                yield difference(
                    place, f"{cell.value}（{zh}）", "、".join(sorted(right)) or "nothing"
                )
            elif not column.is_growth and not any(is_of_row(figure, line) for figure in found):
                yield difference(place, f"{line.heading[0]} {line.zh} {line.unit}",
                                 f"{found[0].name_zh} {found[0].unit}")  # fmt: skip

    def column(self, zh: str, en: str) -> _Column | None:
        """What a head says; nothing where it says no column of this month, or not in both words."""
        found = _HEAD.fullmatch(zh)
        name = _NAMES[self.month.month - 1]
        if found is None or int(found["month"]) != self.month.month or name not in en:
            return None
        is_total = bool(found["total"])
        if bool(found["first"]) != (is_total and self.month.month > 1):
            return None
        is_growth = bool(found["growth"]) or found["rank"] == "增速位次"
        if bool(found["first"]) != ("–" in en) or is_growth != (
            "year earlier" in en or "growth" in en
        ):
            return None
        return _Column(bool(found["end"]), is_total, is_growth, bool(found["rank"]))

    def meant(self, line: Line, column: _Column) -> list[Figure]:
        """The figures that may stand in a cell of a row."""
        own = self.known.get((line.indicator, line.region), ())
        if column.is_growth:
            things = {(figure.mart, figure.item) for figure in own if figure.item}
            own = [
                figure
                for figure in self.figures
                if figure.region_code == line.region
                and figure.measure == "yoy_growth_pct"
                and (figure.indicator_code == line.indicator
                     or (figure.mart, figure.item) in things)
            ]  # fmt: skip
        return [figure for figure in own if self.is_in(figure, column)]

    def is_in(self, figure: Figure, column: _Column) -> bool:
        """Whether its days are those of a column."""
        is_point = figure.period_kind == "point"
        ends = figure.period_end.replace(day=1) == self.month
        if column.is_end or is_point:
            return column.is_end and is_point and ends and figure.period_start >= self.month
        first = date(self.month.year, 1, 1) if column.is_total else self.month
        is_total = figure.period_kind != "monthly" and figure.period_start.month == 1
        right = figure.period_start == first and ends
        return right and (is_total if column.is_total else figure.period_kind != "cumulative_range")

    def computed(self, line: Line, column: _Column) -> set[str]:
        """What a cell that carries the letter of computed ones may hold."""
        if column.is_rank:
            same = _Column(column.is_end, column.is_total, column.is_growth, is_rank=False)
            return {str(self.place(figure)) for figure in self.meant(line, same)}
        if column.is_total or column.is_end or column.is_growth:
            return set()
        own = [f for f in self.known.get((line.indicator, line.region), ()) if not _is_end(f)]
        return {
            decimal_text(now.value - before.value)
            for now in own
            for before in own
            if now.period_start == before.period_start == date(self.month.year, 1, 1)
            and now.period_end.replace(day=1) == self.month
            and before.period_end.month == self.month.month - 1
            and before.period_end.year == self.month.year
            and (now.unit, now.scope, now.breakdown)
            == (before.unit, before.scope, before.breakdown)
        }

    def place(self, figure: Figure) -> int:
        """Its place among regions of its kind under the same region."""
        own = self.regions.get(figure.region_code)
        ahead = 0
        for other in self.figures:
            is_alike = (other.indicator_code, other.period_start, other.period_end, other.scope,
                        other.breakdown, other.unit) == (
                figure.indicator_code, figure.period_start, figure.period_end, figure.scope,
                figure.breakdown, figure.unit)  # fmt: skip
            if is_alike and own is not None and self.regions.get(other.region_code) == own:
                ahead += _is_ahead(other.value, figure.value,
                                   figure.indicator_code in self.lower_is_better)  # fmt: skip
        return 1 + ahead


def _is_ahead(other: Decimal, own: Decimal, lower_is_better: bool) -> bool:
    return other < own if lower_is_better else other > own


def _is_end(figure: Figure) -> bool:
    return figure.period_kind == "point"


def _is_of_months(figure: Figure) -> bool:
    """Whether an outturn of a whole region is of a month, or of the months up to one."""
    start, end = figure.period_start, figure.period_end
    if (figure.figure_kind, figure.subject, figure.locality) != ("outturn", "_T", "_T"):
        return False
    if start.year != end.year or _is_end(figure):
        return False
    is_month = start.month == end.month
    is_year = (start.month, end.month) == (1, 12) and (
        figure.period_kind != "cumulative_range" or figure.period == str(end.year)
    )
    return (is_month or start.month == 1) and not is_year
