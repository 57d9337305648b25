"""The monthly report (统计月报): the newest month of the district, and its city beside it.

Growth and ranks of the same months stand in a row with what they are of. Growth is as published.
What is computed, a month out of two cumulative figures and a place among regions, carries a letter
that a note explains; both are ``core.derived``'s.

Belongs here: which month it is, and what stands in which column. Does not belong here: sheets and
cells (``book``), and reading them again (``months``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.publish.layout import MONTHLY_FILE
from orchestration.publish.paper.book import write_paper_book
from orchestration.publish.paper.brief_model import is_growth_of
from orchestration.publish.paper.figures import Figure, clean, printed_unit
from orchestration.publish.paper.periods import MONTH, TO_DATE, is_point, kind_of
from orchestration.publish.paper.yearbook import (
    CODE,
    Cell,
    Laid,
    Line,
    capital,
    cell_of,
    chapters_of,
    figure_column,
    identity_of,
    is_whole,
    key_to_signs,
    line_of,
    own_order,
    printed_table,
    read_sources,
    row_of,
    stub_columns,
    with_several_rows,
)
from orchestration.publish.printed import PrintedTable, Source, Word, Words
from orchestration.publish.report import Row as Report
from orchestration.publish.tables import Table, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

COMPUTED = "c"
COMPUTED_ZH, COMPUTED_EN = (
    "按已公布数计算，未见公布：本月数为本月累计减上月累计；位次为同一上级各地区同期数的位次，"
    "越低越好者由低到高，其余由高到低",
    "computed from published figures, published by nobody: a month is its cumulative figure less "
    "that of the month before; a place is among the regions under the same region, from the lowest "
    "where lower is better, else from the highest",
)
_NO_GROWTH = (
    "同比增速均为原文公布，未公布者空缺 / Growth is as published; where none is, the cell is empty"
)
_VALUES, _ENDS, _TO_DATE = "month", "end", "to_date"
_GROWTH = {_VALUES: "month_growth", _ENDS: "end_growth", _TO_DATE: "growth"}
_RANK = {_TO_DATE: "rank", "growth": "growth_rank"}
_ORDER = ("month", "month_growth", "end", "end_growth", "to_date", "rank", "growth", "growth_rank")
# Of what stands in a column whatever the unit of the row is.
_OWN_UNITS = {**dict.fromkeys(_GROWTH.values(), "%"), **dict.fromkeys(_RANK.values(), "")}


@dataclass(frozen=True)
class Derived:
    """What is computed of a figure: its last month alone, and its place among regions."""

    current: Decimal | None
    current_period: str
    rank: int | None
    is_simulated: bool


@dataclass(frozen=True)
class _Entry:
    """A row of the report: what it is of, and its cells by column."""

    figure: Figure
    cells: Mapping[str, Cell]
    figures: tuple[Figure, ...]


def month_of(figures: Iterable[Figure], district: str) -> date | None:
    """The first day of the newest month for which the district has figures of months."""
    ends = [
        figure.period_end
        for figure in figures
        if figure.region_code == district
        and figure.is_outturn
        and is_whole(figure)
        and not is_point(figure)
        and kind_of(figure) in (MONTH, TO_DATE)
    ]
    return max(ends).replace(day=1) if ends else None


def write_monthly(
    con: DuckDBPyConnection,
    catalog: str,
    tables: Sequence[Table],
    words: Words,
    report: Report,
    directory: Path,
    figures: Sequence[Figure],
) -> dict[str, int]:
    """Write the monthly report of an attached release; none where it has no figures of months.

    Returns:
        Its path in the release, and how many rows with figures are printed in it.
    """
    release = con.execute(f"select district_code from {quote(catalog)}.meta.release").fetchone()
    district = str(release[0]) if release else ""
    month = month_of(figures, district)
    if month is None:
        return {}
    pages = _Pages(
        month,
        district,
        words,
        read_sources(con, catalog),
        read_derived(con, catalog, tables),
        city_of(con, catalog, tables, district),
        with_several_rows(figures),
        next(table for table in tables if table.qualified == "core.observation"),
    )
    printed, chapters = pages.of(figures)
    names = [clean(report["release"][f"district_name_{lang}"] or "") for lang in ("zh", "en")]
    of = f" of {names[1]}" if names[1] else ""
    title = (f"{names[0]}统计月报　{month.year}年{month.month}月",
             f"Monthly statistical report{of}, {month:%B %Y}")  # fmt: skip
    key = [*key_to_signs(), f"{COMPUTED}　{COMPUTED_ZH} / {COMPUTED_EN}"]
    write_paper_book(directory / MONTHLY_FILE, report, title, printed, chapters, key)
    return {MONTHLY_FILE: sum(bool(row[CODE]) for table in printed for row in table.rows)}


def derived_query(catalog: str) -> str:
    """SQL for what is computed without a reason against it."""
    return f"""
        select observation_id, case when current_reason is null then current_computed end,
            coalesce(current_period, ''), case when rank_reason is null then rank_computed end,
            coalesce(is_simulated, false)
        from {quote(catalog)}.core.derived
        where (current_reason is null and current_computed is not null)
            or (rank_reason is null and rank_computed is not null)
        """


def read_derived(
    con: DuckDBPyConnection, catalog: str, tables: Sequence[Table]
) -> dict[str, Derived]:
    """What is computed of each figure; nothing in a release that has no such table."""
    if not any(table.qualified == "core.derived" for table in tables):
        return {}
    return {
        name: Derived(*cells) for name, *cells in con.execute(derived_query(catalog)).fetchall()
    }


def city_of(
    con: DuckDBPyConnection, catalog: str, tables: Sequence[Table], district: str
) -> tuple[str, ...]:
    """The region above the district and all below that one, in the order of their codes."""
    region = next((table for table in tables if table.qualified == "core.region"), None)
    if region is None or not region.has("parent_code"):
        return ()
    rows = con.execute(
        f"""
        with above as (
            select parent_code from {quote(catalog)}.core.region where region_code = ?
        )

        select r.region_code
        from {quote(catalog)}.core.region as r
        inner join above on above.parent_code in (r.region_code, r.parent_code)
        order by r.region_code <> above.parent_code, r.region_code
        """,
        [district],
    ).fetchall()
    return tuple(str(code) for (code,) in rows)


@dataclass(frozen=True)
class _Pages:
    """What all tables of the report share."""

    month: date
    district: str
    words: Words
    sources: Mapping[str, Source]
    derived: Mapping[str, Derived]
    city: Sequence[str]
    several: frozenset[str]
    table: Table

    def of(self, figures: Sequence[Figure]) -> tuple[list[PrintedTable], dict[str, str]]:
        """The tables, and the headings of chapters by the number of their first table."""
        shown = [f for f in figures if f.is_outturn and is_whole(f) and self.column(f)]
        themes = self.words.get("theme", {})
        printed: list[PrintedTable] = []
        chapters: dict[str, str] = {}
        own = [figure for figure in shown if figure.region_code == self.district]
        for chapter, name in enumerate(chapters_of(own, self.words), start=1):
            word = themes.get(name, Word(name, name, 0))
            titles = (word.zh, capital(word.en))
            entries = self.entries([f for f in own if f.theme == name])
            laid = [self.laid(*titles, [(self.line(entry, 1), entry) for entry in entries])]
            beside = list(self.region_lines(entries, shown))
            if beside:
                laid.append(self.laid(f"{titles[0]}：分地区", f"{titles[1]}: by region", beside))
            for place, one in enumerate(laid, start=1):
                printed.append(self.printed(one, f"{chapter}-{place}"))
            chapters[f"{chapter}-1"] = f"{chapter}　{titles[0]}　{titles[1]}"
        return printed, chapters

    def column(self, figure: Figure) -> str:
        """The column that a figure would stand in; empty for one of other months."""
        end = figure.period_end
        if (end.year, end.month) != (self.month.year, self.month.month):
            return ""
        column = {MONTH: _VALUES, TO_DATE: _TO_DATE}.get(kind_of(figure), "")
        if is_point(figure):
            column = _ENDS if figure.period_start >= self.month else ""
        return _GROWTH.get(column, "") if _is_growth(figure) else column

    def entries(self, figures: Sequence[Figure]) -> list[_Entry]:
        """Rows of one region: each level with its growth, and growth whose level is not known."""
        growths = [figure for figure in figures if _is_growth(figure)]
        rows: list[dict[str, Figure]] = []
        for figure in sorted(figures, key=own_order(self.words)):
            if figure in growths:
                continue
            column = self.column(figure)
            row = _row_for(rows, figure, column)
            growth = next(
                (
                    g
                    for g in growths
                    if g.item
                    and (g.mart, g.item, g.breakdown)
                    == (figure.mart, figure.item, figure.breakdown)
                    and is_growth_of(g, figure, self.words)
                ),
                None,
            )
            if growth is not None and column in _GROWTH and _GROWTH[column] not in row:
                row[_GROWTH[column]] = growth
        taken = {figure.observation_id for row in rows for figure in row.values()}
        for growth in growths:
            if growth.observation_id not in taken:
                _row_for(rows, growth, self.column(growth))
        found = [self.entry(row) for row in rows]
        order = own_order(self.words)
        return sorted(found, key=lambda entry: order(entry.figure))

    def entry(self, row: Mapping[str, Figure]) -> _Entry:
        """A row with what is computed of its figures."""
        cells = {column: cell_of(figure) for column, figure in row.items()}
        for column, figure in row.items():
            derived = self.derived.get(figure.observation_id)
            if derived is None:
                continue
            mark = COMPUTED + ("s" if derived.is_simulated else "")
            is_month = derived.current_period == f"{self.month:%Y-%m}"
            if (
                column == _TO_DATE
                and _VALUES not in row
                and derived.current is not None
                and is_month
            ):
                cells[_VALUES] = (derived.current, "exact", mark, figure.observation_id)
            if column in _RANK and derived.rank is not None:
                cells[_RANK[column]] = (derived.rank, "exact", mark, figure.observation_id)
        first = next(row[column] for column in ("to_date", "month", "end", *row) if column in row)
        return _Entry(first, cells, tuple(row.values()))

    def region_lines(
        self, entries: Iterable[_Entry], shown: Sequence[Figure]
    ) -> Iterator[tuple[Line, _Entry | None]]:
        """Below each indicator the city and its districts, where another has the same figures."""
        for entry in entries:
            names = {figure.indicator_code for figure in entry.figures}
            keys = {identity_of(figure) for figure in entry.figures}
            of_all = [f for f in shown if f.indicator_code in names and identity_of(f) in keys]
            rows = [
                (code, other)
                for code in self.city
                for other in self.entries([f for f in of_all if f.region_code == code])
            ]
            if {code for code, _ in rows} <= {self.district}:
                continue
            head = self.line(entry, 0)
            yield Line(0, head.zh, head.en), None
            for code, other in rows:
                figure = other.figure
                name = f"{figure.indicator_code} {code}"
                unit = printed_unit(figure.unit)
                yield Line(1, figure.region_zh, figure.region_en, unit, name), other

    def line(self, entry: _Entry, level: int) -> Line:
        return line_of(entry.figure, (), level, MONTH, self.words, self.several)

    def laid(self, zh: str, en: str, lines: Sequence[tuple[Line, _Entry | None]]) -> Laid:
        """A table of the columns that have a figure, the month in its title."""
        zh, en = f"{zh}（{self.month.year}年{self.month.month}月）", f"{en}, {self.month:%B %Y}"
        used = [c for c in _ORDER if any(entry and c in entry.cells for _, entry in lines)]
        columns = (
            *stub_columns(),
            *(
                figure_column(place, *self.head(column), unit=_OWN_UNITS.get(column))
                for place, column in enumerate(used)
            ),
        )
        rows = tuple(
            row_of(line, [entry.cells.get(column) if entry else None for column in used])
            for line, entry in lines
        )
        figures = [figure for _, entry in lines if entry for figure in entry.figures]
        return Laid(self.table, zh, en, columns, rows, figures)

    def head(self, column: str) -> tuple[str, str]:
        """What stands above a column."""
        zh, en = f"{self.month.month}月", f"{self.month:%B}"
        until = ("1月累计", en) if self.month.month == 1 else (f"1—{zh}累计", f"January–{en}")
        same = ("\n同比增长", " on a year earlier")
        return {
            "month": (zh, en),
            "month_growth": (f"{zh}{same[0]}", f"{en}{same[1]}"),
            "end": (f"{zh}末", f"End of {en}"),
            "end_growth": (f"{zh}末{same[0]}", f"End of {en}{same[1]}"),
            "to_date": until,
            "rank": (f"{until[0]}\n位次", f"Place, {until[1]}"),
            "growth": (f"{until[0]}{same[0]}", f"{until[1]}{same[1]}"),
            "growth_rank": (f"{until[0]}\n增速位次", f"Place by growth, {until[1]}"),
        }[column]

    def printed(self, laid: Laid, number: str) -> PrintedTable:
        marks = {row[column.mark_place] for row in laid.rows for column in laid.columns
                 if column.mark_place is not None and row[column.mark_place]}  # fmt: skip
        notes = [_NO_GROWTH]
        if any(mark.startswith(COMPUTED) for mark in marks):
            notes.append(f"“{COMPUTED}” {COMPUTED_ZH} / {COMPUTED_EN}")
        month = self.month
        span = f"{month.year}年{month.month}月\n{month:%B %Y}"
        return printed_table(laid, number, self.words, self.sources, (), notes, span)


def _is_growth(figure: Figure) -> bool:
    return figure.measure == "yoy_growth_pct"


def _row_for(rows: list[dict[str, Figure]], figure: Figure, column: str) -> dict[str, Figure]:
    """The row that a figure is put into: one of the same that has room for it, or a new one."""
    key = identity_of(figure)
    for row in rows:
        if column not in row and any(identity_of(held) == key for held in row.values()):
            break
    else:
        row = {}
        rows.append(row)
    row[column] = figure
    return row
