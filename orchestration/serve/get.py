"""Figures of one indicator without SQL: as published, or added up where that is allowed.

Belongs here: finding the indicator, its regions and figures, and what may be made of them. Does not
belong here: how an answer is written (``answer``), and questions in SQL (``query``).

What is made of figures is told apart from what was published: a sum says of how many, a change on
published levels is named so, and where something cannot be compared the reason stands in its place.
"""

from __future__ import annotations

import calendar
import difflib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from orchestration.aggregation import ADDED, Additivity, Over, verdict
from orchestration.bounds import BOUNDS, EXACT, INDETERMINATE, of_sum
from orchestration.catalog import literal
from orchestration.errors import QutongError
from orchestration.serve.reading import current_release, open_mart
from orchestration.text import same

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

By = Literal["period", "year", "quarter", "month", "region", "breakdown", "scope"]
BYS: Final[tuple[By, ...]] = get_args(By)
TIMES: Final = frozenset({"period", "year", "quarter", "month"})
ALL_REGIONS: Final = ("all", "全部")
TOTAL: Final = "_T"
IN_POINTS: Final = frozenset({"share_pct", "yoy_growth_pct", "cagr_pct", "target_growth_pct"})
POPULATION: Final = ("core.district_profile", "resident_population")
"""Mart and item of the figures that others are divided by, per head."""
MOST_NAMED: Final = 8


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        indicator: Its code, its name in either language, or what sources call it.
        regions: Codes or names; none is the district itself, ``all`` is every region.
        by: What the figures of the answer are told apart by; what is not named is added up. None
            is everything: nothing is added.
        first, last: Periods such as 2020, 2024-03, 2024-Q1: nothing before, nothing after.
        as_of: What was known at the end of that day; None is what is known now.
        per_head: Beside the population of the same region and date.
        change: Beside the figure of a year before.
    """

    indicator: str
    regions: tuple[str, ...] = ()
    by: tuple[By, ...] = ()
    first: str = ""
    last: str = ""
    as_of: date | None = None
    per_head: bool = False
    change: bool = False


@dataclass(frozen=True)
class Indicator:
    """What the release says of the indicator."""

    code: str
    name_zh: str
    name_en: str
    measure: str
    unit: str
    decimals: int
    mart: str | None
    item: str | None
    is_stock: bool
    over_time: str | None
    over_regions: str | None
    over_classes: str | None

    @property
    def additivity(self) -> Additivity:
        """What its figures may be added over."""
        return Additivity(
            self.name_zh,
            self.name_en,
            self.measure,
            bool(self.is_stock),
            self.over_time,
            self.over_regions,
            self.over_classes,
        )


@dataclass(frozen=True)
class Figure:
    """A figure, published or added up.

    Attributes:
        value: None where there is none, or where it cannot be told; ``why`` says which.
        low, high: Between which it lies, where it is a bound.
        observations: Ids of what it is made of.
        added: Of how many published figures it is the sum or the mean; 1 is as published.
        why: Why there is no value, in Chinese and English.
    """

    period: str
    kind: str
    start: date
    end: date
    region: str
    region_name: str
    scope: str
    price_basis: str
    breakdown: str
    figure_kind: str
    unit: str
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    is_bound: bool
    qualifier: str
    status: str
    stage: str
    known_from: date | None
    is_simulated: bool
    observations: tuple[str, ...]
    about: tuple[str, ...] = ()
    added: int = 1
    why: tuple[str, str] = ("", "")
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_exact(self) -> bool:
        """Whether its source says the number itself, neither a bound nor about."""
        return self.qualifier == EXACT


@dataclass(frozen=True)
class Answer:
    """Figures in the order of region, class and time, and what a reader has to know of all."""

    indicator: Indicator
    release_id: str
    question: Question
    figures: tuple[Figure, ...]
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of every format for programs; always the same for one question."""
        return tuple(self.records()[0]) if self.figures else tuple(self._record(_NOBODY))

    def records(self) -> list[dict[str, Any]]:
        """A row a figure, by column."""
        return [self._record(figure) for figure in self.figures]

    def _record(self, figure: Figure) -> dict[str, Any]:
        told: dict[str, Any] = {
            "indicator_code": self.indicator.code,
            "indicator_name_zh": self.indicator.name_zh,
            "indicator_name_en": self.indicator.name_en,
            "region_code": figure.region,
            "region_name_zh": figure.region_name,
            "period": figure.period,
            "period_kind": figure.kind,
            "period_start": figure.start,
            "period_end": figure.end,
            "scope": figure.scope,
            "price_basis": figure.price_basis,
            "breakdown": figure.breakdown,
            "figure_kind": figure.figure_kind,
            "measure": self.indicator.measure,
            "unit": figure.unit,
            "value": figure.value,
            "value_low": figure.low,
            "value_high": figure.high,
            "qualifier": figure.qualifier,
            "is_bound": figure.is_bound,
            "obs_status": figure.status,
            "estimate_stage": figure.stage,
            "known_from": figure.known_from,
            "is_simulated": figure.is_simulated,
            "added_up": figure.added,
            "why_no_value_zh": figure.why[0],
            "why_no_value_en": figure.why[1],
        }
        if self.question.per_head:
            told |= {name: figure.more.get(name) for name in PER_HEAD}
        if self.question.change:
            told |= {name: figure.more.get(name) for name in CHANGE}
        return told | {"observations": " ".join(figure.observations)}

    def frame(self) -> Any:
        """The answer as a Polars frame; decimals stay exact."""
        import polars as pl

        number, text = pl.Decimal(38, 8), pl.String
        types: dict[str, Any] = dict.fromkeys(self.columns, text)
        types |= {name: number for name in NUMBERS if name in types}
        types |= {name: pl.Date for name in DATES if name in types}
        types |= {"is_bound": pl.Boolean, "is_simulated": pl.Boolean, "added_up": pl.Int64}
        return pl.DataFrame(self.records(), schema=types)


PER_HEAD: Final = ("per_head", "per_head_unit", "population", "why_not_per_head_zh",
                   "why_not_per_head_en", "population_observation")  # fmt: skip
CHANGE: Final = ("value_year_before", "change_on_published", "change_unit",
                 "change_pct_on_published", "growth_as_published", "remark_zh", "remark_en",
                 "year_before_observations", "growth_observation")  # fmt: skip
NUMBERS: Final = ("value", "value_low", "value_high", "per_head", "population",
                  "value_year_before", "change_on_published", "change_pct_on_published",
                  "growth_as_published")  # fmt: skip
DATES: Final = ("period_start", "period_end", "known_from")
_NOBODY: Final = Figure(
    "", "", date.min, date.min, "", "", "", "", "", "", "", None, None, None, False, "", "", "",
    None, False, (),
)  # fmt: skip


_PUBLISHED: Final = tuple(one.name for one in fields(Figure))[:20]
"""What a row of ``_FIGURES`` says, in its order, between the id and what it is about."""


def answer(releases_dir: Path, question: Question) -> Answer:
    """Answer a question from the current release.

    Raises:
        QutongError: no release; no indicator or region of that name, or several; figures that may
            not be added, with the reason and what to ask instead.
    """
    release = current_release(releases_dir)
    con = open_mart(release)
    try:
        found = _Asked(con, question)
        figures = found.figures()
        notes = found.notes()
    finally:
        con.close()
    return Answer(found.indicator, release.release_id, question, tuple(figures), tuple(notes))


# --- what is asked for --------------------------------------------------------------------------

_INDICATORS = """
select
    indicator_code, name_zh, name_en, measure, base_unit, decimals, mart, item, is_stock,
    adds_over_time, adds_over_regions, adds_over_classes
from core.indicator
order by indicator_code
"""
_REGIONS = """
select region_code, region_name_zh, region_name_en, parent_code, valid_from, valid_to,
    successor_codes
from core.region
"""
_FIGURES = """
select
    observation_id, period, period_kind, period_start, period_end, region_code, region_name_zh,
    scope, price_basis, breakdown, figure_kind, unit, value, value_low, value_high, is_bound,
    qualifier, obs_status, estimate_stage, known_from, is_simulated, measure,
    coalesce(subject, ''), coalesce(locality, '')
from {source}
where is_headline and indicator_code = {indicator} and region_code in ({regions})
order by region_code, breakdown, scope, period_start, period_end, observation_id
"""
_NOW = "(from core.observation where known_to is null)"


def _figure(row: tuple[Any, ...]) -> Figure:
    told = dict(zip(_PUBLISHED, row[1:], strict=False))
    return Figure(**told, observations=(row[0],), about=row[1 + len(_PUBLISHED) :])


class _Asked:
    """A question being answered."""

    def __init__(self, con: DuckDBPyConnection, question: Question) -> None:
        self.con, self.question = con, question
        self.begin = _day(question.first, is_end=False) if question.first else date.min
        self.end = _day(question.last, is_end=True) if question.last else date.max
        if self.begin > self.end:
            raise QutongError(
                f"{question.first} is after {question.last} / 起止时期颠倒",
                remedy="give --from the earlier one",
            )
        self.indicators = [Indicator(*row) for row in con.execute(_INDICATORS).fetchall()]
        self.indicator = _named_indicator(con, self.indicators, question.indicator)
        self.regions = {row[0]: _Region(*row) for row in con.execute(_REGIONS).fetchall()}
        self.chosen = self._chosen()
        self.published = self.of(self.indicator.code)

    def _chosen(self) -> list[str]:
        asked = self.question.regions
        if any(name in ALL_REGIONS for name in asked):
            return sorted(self.regions)
        if asked:
            return list(dict.fromkeys(_named_region(self.regions, name) for name in asked))
        (own,) = self.con.execute("select district_code from meta.release").fetchall()
        return [str(own[0])]

    def of(self, code: str) -> list[Figure]:
        """The published figures of an indicator that are in force."""
        day = self.question.as_of
        source = _NOW if day is None else f"core.as_of(date {literal(day.isoformat())})"
        named = ", ".join(literal(name) for name in self.chosen)
        text = _FIGURES.format(source=source, indicator=literal(code), regions=named)
        rows = self.con.execute(text).fetchall()
        return [_figure(row) for row in rows]

    # --- the answer ---

    def figures(self) -> list[Figure]:
        """All that is asked for, in order."""
        told = self._added() if self.question.by else self.published
        inside = [one for one in told if self.begin <= one.start and one.end <= self.end]
        if self.question.change:
            changes = _Changes(self, told)
            inside = [replace(one, more={**one.more, **changes.of(one)}) for one in inside]
        if self.question.per_head:
            heads = _PerHead(self)
            inside = [replace(one, more={**one.more, **heads.of(one)}) for one in inside]
        return inside

    def notes(self) -> list[tuple[str, str]]:
        """What is said of the answer as a whole."""
        notes = []
        if any(one.is_simulated for one in self.published):
            notes.append(("含模拟数据", "Holds simulated data"))
        if not self.published:
            where = ", ".join(self.regions[code].name_zh for code in self.chosen[:MOST_NAMED])
            others = self.con.execute(
                "select distinct region_name_zh from core.observation "
                "where is_headline and known_to is null "
                f"and indicator_code = {literal(self.indicator.code)}"
            ).fetchall()
            has = _some(str(name) for (name,) in others) or "-"
            notes.append(
                (
                    f"{where} 没有该指标的数字；有数字的地区：{has}",
                    f"No figure of it for {where}; there are figures of: {has}",
                )
            )
        return notes

    # --- adding up ---

    def _added(self) -> list[Figure]:
        """The figures told apart by what is named; others are added, or the reason is told."""
        by = self.question.by
        times = [one for one in by if one in TIMES]
        if len(times) > 1:
            raise QutongError(
                f"--by {' --by '.join(times)}: a figure has one period / 时间只能按一种方式划分",
                remedy="name one of period, year, quarter, month",
            )
        time = times[0] if times else ""
        groups: dict[tuple[Any, ...], list[Figure]] = {}
        for one in self.published:
            span = _span(one, time)
            if span is None or (not time and not (self.begin <= one.start and one.end <= self.end)):
                continue
            key = (
                one.region if "region" in by else "",
                one.breakdown if "breakdown" in by else "",
                one.scope if "scope" in by else "",
                span,
            )
            groups.setdefault(key, []).append(one)
        told = []
        for key, rows in sorted(groups.items()):
            begin, end, _ = key[3]
            is_asked = not time or (self.begin <= begin and end <= self.end)
            if not is_asked and not self.question.change:
                continue
            try:
                told.append(self._one(rows, key[3]))
            except QutongError:
                # Beside what is asked stands only what can be told of a year before.
                if is_asked:
                    raise
        return told

    def _one(self, rows: list[Figure], span: tuple[date, date, str]) -> Figure:
        rows = self._alike(rows)
        begin, end, name = span
        if not name:
            begin, end = min(one.start for one in rows), max(one.end for one in rows)
        by_region = {
            code: self._over_time(list(own), begin, end, name)
            for code, own in itertools.groupby(rows, key=lambda one: one.region)
        }
        return self._over_regions(by_region)

    def _alike(self, rows: list[Figure]) -> list[Figure]:
        """Figures that can meet in one: of one scope and kind, and no classes beside their total.

        Raises:
            QutongError: they cannot.
        """
        if any(one.breakdown == TOTAL for one in rows):
            rows = [one for one in rows if one.breakdown == TOTAL]
        classes = {one.breakdown for one in rows}
        if len(classes) > 1:
            self._demand_sum("classes")
            raise _refused(
                f"没有合计，各分组可能重叠或不全，不能相加：{_some(classes)}",
                f"no total is published, and classes may overlap or lack some: {_some(classes)}",
                "add --by breakdown",
            )
        if any(one.figure_kind == "outturn" for one in rows):
            rows = [one for one in rows if one.figure_kind == "outturn"]
        checks = (
            ({one.scope for one in rows}, "口径不同", "different scopes never meet",
             "add --by scope"),
            ({one.figure_kind for one in rows}, "数字性质不同",
             "outturns, targets and forecasts never meet", "leave --by out to see each"),
            ({one.price_basis for one in rows}, "价格口径不同", "different price bases never meet",
             "leave --by out to see each"),
            ({one.about for one in rows}, "计法或对象不同",
             "figures of another measure or subject never meet",
             "leave --by out to see each"),
            ({one.unit for one in rows}, "单位不同", "different units never meet",
             "leave --by out to see each"),
        )  # fmt: skip
        for values, zh, en, remedy in checks:
            if len(values) > 1:
                shown = _some(str(value) for value in values)
                raise _refused(f"{zh}，不能相加：{shown}", f"{en}: {shown}", remedy)
        return rows

    def _over_time(self, rows: list[Figure], begin: date, end: date, name: str) -> Figure:
        """One figure of a region for a stretch of time."""
        whole = [one for one in rows if (one.start, one.end) == (begin, end)]
        adds = verdict(self.indicator.additivity, "time")
        if adds.way == "last":
            if not name and len({one.end for one in rows}) > 1:
                raise _refused(adds.zh, adds.en, "add --by year or --by period")
            whole += [one for one in rows if one.end == end]
        if whole:
            best = min(whole, key=lambda one: (one.kind not in ("annual", "point"), one.start))
            return replace(best, period=name or best.period)
        first = rows[0]
        named = name or f"{begin:%Y-%m}/{end:%Y-%m}"
        lacking = replace(
            first, period=named, kind="", start=begin, end=end, value=None, low=None, high=None,
            is_bound=False, qualifier="", status="", stage="", observations=(), added=0,
        )  # fmt: skip
        parts = _tiled(rows, begin, end)
        if parts is None:
            gap = _first_gap(rows, begin, end)
            why = (f"{gap} 没有数字", f"there is no figure from {gap.replace('至', 'to')}")
            # Where parts make no whole, it is not for want of one of them.
            return replace(lacking, why=why if adds.way else (adds.zh, adds.en))
        self._demand_sum("time")
        if first.price_basis == "comparable":
            raise _refused(
                "各期可比价的基期不同，不能相加",
                "amounts at comparable prices of different years are not added",
                "add --by period",
            )
        return self._sum(parts, lacking, is_mean=adds.way == "mean")

    def _over_regions(self, of: Mapping[str, Figure]) -> Figure:
        if "region" in self.question.by:
            return next(iter(of.values()))
        known = {one.region for one in self.published}
        asked = [code for code in self.chosen if code in known]
        for code, figure in of.items():
            if all(self._is_inside(other, code) for other in asked):
                return figure
        missing = [self._name(code) for code in asked if code not in of]
        for one, other in itertools.permutations(of, 2):
            if self._is_inside(one, other):
                raise _refused(
                    f"{self._name(one)} 属于 {self._name(other)}，相加会重复",
                    f"{self._name(one)} lies within {self._name(other)}: both would count it",
                    "name regions that do not hold each other, or add --by region",
                )
        if len(of) > 1:
            self._demand_sum("regions")
        first = next(iter(of.values()))
        if first.kind and len({(one.start, one.end) for one in of.values()}) > 1:
            raise _refused(
                "各地区的时期不同，不能相加",
                "the regions have figures of different periods",
                "add --by period or --by year",
            )
        names = "、".join(self._name(code) for code in of)
        lacking = replace(
            first, region="", region_name=names, value=None, low=None, high=None,
            is_bound=False, qualifier="", status="", stage="", observations=(), added=0,
        )  # fmt: skip
        if missing:
            return replace(
                lacking,
                why=(f"缺 {'、'.join(missing)}", f"there is no figure of {', '.join(missing)}"),
            )
        return self._sum(list(of.values()), lacking)

    def _sum(self, parts: Sequence[Figure], into: Figure, *, is_mean: bool = False) -> Figure:
        """The sum of figures, or their mean; none where one of them is missing."""
        lacking = [one for one in parts if one.value is None]
        if lacking:
            what = f"{lacking[0].region_name} {lacking[0].period}"
            zh, en = lacking[0].why
            return replace(
                into, why=(f"{what} {zh or '缺数'}", f"{what}: {en or 'the figure is missing'}")
            )
        share = Decimal(len(parts)) if is_mean else Decimal(1)
        total = _rounded(sum((one.value or Decimal(0) for one in parts), Decimal(0)) / share)
        bound = BOUNDS[of_sum(*(one.qualifier for one in parts))]
        is_known = bound.code != INDETERMINATE
        why = ("有的是上限，有的是下限", "some figures are lower bounds and others upper ones")
        stages, states = {one.stage for one in parts}, {one.status for one in parts}
        return replace(
            into,
            value=total if is_known else None,
            low=total if bound.has_low else None,
            high=total if bound.has_high else None,
            is_bound=any(one.is_bound for one in parts),
            qualifier=bound.code,
            status=states.pop() if len(states) == 1 else "",
            stage=stages.pop() if len(stages) == 1 else "",
            known_from=max((one.known_from for one in parts if one.known_from), default=None),
            is_simulated=any(one.is_simulated for one in parts),
            observations=tuple(name for one in parts for name in one.observations),
            added=sum(one.added for one in parts),
            why=("", "") if is_known else why,
        )

    def _demand_sum(self, over: Over) -> None:
        """Refuse where figures of the indicator are not added over something.

        Raises:
            QutongError: with the reason.
        """
        adds = verdict(self.indicator.additivity, over)
        if adds.way in ("sum", "mean"):
            return
        remedy = {"time": "period", "regions": "region", "classes": "breakdown"}[over]
        raise _refused(adds.zh, adds.en, f"add --by {remedy}")

    def _is_inside(self, code: str, other: str) -> bool:
        """Whether a region is another one, or lies within it."""
        seen: set[str] = set()
        at: str | None = code
        while at is not None and at not in seen:
            if at == other:
                return True
            seen.add(at)
            at = self.regions[at].parent if at in self.regions else None
        return False

    def _name(self, code: str) -> str:
        return self.regions[code].name_zh if code in self.regions else code


@dataclass(frozen=True)
class _Region:
    code: str
    name_zh: str
    name_en: str | None
    parent: str | None
    valid_from: date | None
    valid_to: date | None
    successors: str | None


def _refused(zh: str, en: str, remedy: str) -> QutongError:
    return QutongError(f"{en} / {zh}", remedy=remedy)


def _some(values: Iterable[str]) -> str:
    """A few of them, in order."""
    ordered = sorted(values)
    more = f" … ({len(ordered)})" if len(ordered) > MOST_NAMED else ""
    return ", ".join(ordered[:MOST_NAMED]) + more


def _named_indicator(
    con: DuckDBPyConnection, indicators: Sequence[Indicator], asked: str
) -> Indicator:
    """The one that is called so: by code, by name, by what sources print, or by a part of these.

    Raises:
        QutongError: none is, with the nearest; or several are, with their codes.
    """
    wanted = same(asked).casefold()
    for one in indicators:
        if one.code == asked:
            return one
    names = {one.code: {same(one.name_zh), same(one.name_en).casefold()} for one in indicators}
    printed = con.execute(
        "select distinct indicator_code, indicator_name_printed from core.observation "
        "where indicator_name_printed is not null"
    ).fetchall()
    for code, text in printed:
        names.setdefault(code, set()).add(same(text).casefold())
    own = [one for one in indicators if wanted in (same(one.name_zh), same(one.name_en).casefold())]
    called = [one for one in indicators if wanted in names[one.code]]
    holding = [one for one in indicators if any(wanted in name for name in names[one.code])]
    for found in (own, called, holding):
        if len(found) == 1:
            return found[0]
        if found:
            listed = "; ".join(f"{one.code} {one.name_zh}" for one in found[:MOST_NAMED])
            more = f"; … ({len(found)})" if len(found) > MOST_NAMED else ""
            raise _refused(
                f"{asked!r} 可指 {len(found)} 个指标",
                f"{asked!r} may be one of {len(found)} indicators: {listed}{more}",
                "give the code of one",
            )
    by_word = {word: one for one in indicators for word in (one.code, *names[one.code])}
    near = [by_word[word] for word in difflib.get_close_matches(wanted, by_word, 9, 0.4)]
    nearest = "; ".join(dict.fromkeys(f"{one.code} {one.name_zh}" for one in near[:5]))
    raise _refused(
        f"没有名为 {asked!r} 的指标",
        f"no indicator is called {asked!r}" + (f"; near: {nearest}" if nearest else ""),
        'see all: qutong sql "select indicator_code, name_zh from core.indicator"',
    )


def _named_region(regions: Mapping[str, _Region], asked: str) -> str:
    """The code of the region that is called so; of those in force first.

    Raises:
        QutongError: none is, or several are.
    """
    if asked in regions:
        return asked
    wanted = same(asked).casefold()
    tests: tuple[Callable[[_Region], bool], ...] = (
        lambda one: wanted in (same(one.name_zh), same(one.name_en).casefold()),
        lambda one: same(one.name_zh).endswith(wanted),
        lambda one: wanted in same(one.name_zh) or wanted in same(one.name_en).casefold(),
    )
    for is_so in tests:
        found = [one for one in regions.values() if is_so(one)]
        in_force = [one for one in found if one.valid_to is None]
        for some in (in_force, found):
            if len(some) == 1:
                return some[0].code
        if found:
            listed = ", ".join(f"{one.code} {one.name_zh}" for one in found[:MOST_NAMED])
            raise _refused(
                f"{asked!r} 可指 {len(found)} 个地区",
                f"{asked!r} may be one of {len(found)} regions: {listed}",
                "give the code of one",
            )
    raise _refused(
        f"没有名为 {asked!r} 的地区",
        f"no region is called {asked!r}",
        'see all: qutong sql "select region_code, region_name_zh from core.region"',
    )


# --- time ---------------------------------------------------------------------------------------

_TYPED = re.compile(
    r"(?P<year>\d{4})年?(?:-?(?:Q|q)(?P<quarter>[1-4])|-?(?P<month>0?[1-9]|1[0-2])月?)?"
)


def _day(text: str, *, is_end: bool) -> date:
    """First or last day of a period that a person types.

    Raises:
        QutongError: it is none.
    """
    found = _TYPED.fullmatch(same(text))
    if found is None:
        raise _refused(
            f"{text!r} 不是时期", f"{text!r} is no period", "write 2024, 2024-03 or 2024-Q1"
        )
    year, last = int(found["year"]), 12
    first = 1
    if found["quarter"]:
        first = 3 * int(found["quarter"]) - 2
        last = first + 2
    elif found["month"]:
        first = last = int(found["month"])
    if is_end:
        return date(year, last, calendar.monthrange(year, last)[1])
    return date(year, first, 1)


def _span(one: Figure, time: str) -> tuple[date, date, str] | None:
    """The stretch of time whose figure this one is, or is a part of; None where it is no part."""
    if not time:
        return date.min, date.min, ""
    if time == "period":
        return one.start, one.end, one.period
    months = {"year": 12, "quarter": 3, "month": 1}[time]
    first = (one.end.month - 1) // months * months + 1
    begin = date(one.end.year, first, 1)
    last = first + months - 1
    end = date(one.end.year, last, calendar.monthrange(one.end.year, last)[1])
    name = {
        "year": f"{begin:%Y}",
        "quarter": f"{begin:%Y}-Q{(first + 2) // 3}",
        "month": f"{begin:%Y-%m}",
    }[time]
    return (begin, end, name) if one.start >= begin else None


def _tiled(rows: Sequence[Figure], begin: date, end: date) -> list[Figure] | None:
    """Figures that cover a stretch of time with no gap and no overlap, as few as possible."""
    by_start: dict[date, list[Figure]] = {}
    for one in sorted(rows, key=lambda one: one.end, reverse=True):
        by_start.setdefault(one.start, []).append(one)

    def cover(at: date) -> Iterator[list[Figure]]:
        if at > end:
            yield []
            return
        for one in by_start.get(at, ()):
            if one.end <= end:
                for rest in cover(_next(one.end)):
                    yield [one, *rest]

    return next(cover(begin), None)


def _first_gap(rows: Sequence[Figure], begin: date, end: date) -> str:
    """The first months that no figure covers, however far one gets."""
    at, starts = begin, sorted(rows, key=lambda one: (one.start, one.end))
    for one in starts:
        if one.start <= at <= one.end:
            at = _next(one.end)
    later = [one.start for one in starts if one.start > at]
    until = min(later, default=_next(end))
    last = date.fromordinal(until.toordinal() - 1) if until > at else end
    return f"{at:%Y-%m} 至 {last:%Y-%m}" if at <= end else f"{begin:%Y-%m} 至 {end:%Y-%m}"


def _next(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _year_before(day: date) -> date:
    last = calendar.monthrange(day.year - 1, day.month)[1]
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return date(day.year - 1, day.month, last if is_last else min(day.day, last))


def _rounded(value: Decimal | int) -> Decimal:
    return Decimal(value).quantize(Decimal("1e-8"))


# --- beside a figure of a year before -----------------------------------------------------------

_BREAKS: Final = """
select region_code, begins_on, kind, kind_name_zh, kind_name_en
from core.series_break
where coalesce(indicator_code, {indicator}) = {indicator}
"""

_GROWTHS: Final = """
select indicator_code
from core.dim_indicator
where growth_of = {indicator} and measure = 'yoy_growth_pct'
order by price_basis = 'comparable', indicator_code desc
"""


@dataclass(frozen=True)
class _Break:
    """A day from which a series counts something else; of every region where it names none."""

    region: str | None
    begins_on: date
    kind: str
    name_zh: str
    name_en: str

    def is_behind(self, one: Figure) -> bool:
        """Whether a figure is of the time after it, or was revised after the census that it is."""
        is_revised = one.stage == "census_revised" and self.kind == "census"
        day = one.known_from if is_revised and one.known_from else one.end
        return day >= self.begins_on


class _Changes:
    """What stands a year before each figure, and whether the two can be compared."""

    def __init__(self, asked: _Asked, told: Sequence[Figure]) -> None:
        self.asked = asked
        self.by_key = {self._key(one, one.start, one.end): one for one in told}
        self.breaks = [
            _Break(*row)
            for row in asked.con.execute(
                _BREAKS.format(indicator=literal(asked.indicator.code))
            ).fetchall()
        ]
        measure = asked.indicator.measure
        self.growth: dict[tuple[str, date, date, str, str], Figure] = {}
        growing = asked.con.execute(
            _GROWTHS.format(indicator=literal(asked.indicator.code))
        ).fetchall()
        for (code,) in growing if measure in ADDED else ():
            # At comparable prices before any other: the last one counts.
            found = sorted(asked.of(code), key=lambda one: one.price_basis == "comparable")
            for one in found:
                if one.figure_kind == "outturn" and one.value is not None:
                    self.growth[one.region, one.start, one.end, one.breakdown, one.scope] = one

    def _key(self, one: Figure, start: date, end: date) -> tuple[Any, ...]:
        own = (one.region, one.breakdown, one.scope, one.price_basis, one.figure_kind, one.about)
        # A sum is of no kind of period, and stands beside whatever is as long.
        kind = "" if self.asked.question.by else one.kind
        return (*own, one.unit, kind, start, end)

    def of(self, one: Figure) -> dict[str, Any]:
        """The columns ``CHANGE`` of a figure."""
        before = self.by_key.get(self._key(one, _year_before(one.start), _year_before(one.end)))
        growth = self.growth.get((one.region, one.start, one.end, one.breakdown, one.scope))
        measure = self.asked.indicator.measure
        told: dict[str, Any] = {
            "value_year_before": before.value if before else None,
            "growth_as_published": growth.value if growth else None,
            "growth_observation": growth.observations[0] if growth else "",
            "year_before_observations": " ".join(before.observations) if before else "",
            "change_unit": "百分点" if measure in IN_POINTS else one.unit,
        }
        reason = self._why_not(one, before)
        if reason is None and before is not None and one.value is not None:
            assert before.value is not None
            told["change_on_published"] = one.value - before.value
            if measure in ADDED and before.value > 0:
                ratio = (one.value / before.value - 1) * 100
                told["change_pct_on_published"] = ratio.quantize(Decimal("0.01"), ROUND_HALF_UP)
            if one.stage != before.stage:
                reason = (
                    f"发布阶段不同：{before.stage or '-'} → {one.stage or '-'}",
                    f"stages differ: {before.stage or '-'}, then {one.stage or '-'}",
                )
        return told | {"remark_zh": reason[0] if reason else "",
                       "remark_en": reason[1] if reason else ""}  # fmt: skip

    def _why_not(self, one: Figure, before: Figure | None) -> tuple[str, str] | None:
        """Why two figures cannot be compared; None where they can."""
        if before is None:
            return "没有上年同期数字", "there is no figure of a year before"
        if one.value is None or before.value is None:
            return "缺数", "one of the two is missing"
        if not (one.is_exact and before.is_exact):
            return "含约数或上下限", "one of the two is a bound or approximate"
        if one.price_basis == "comparable" and self.asked.indicator.measure in ADDED:
            return "可比价的基期逐年不同", "comparable prices are of another year each"
        changed = self._boundary(one.region, before.start, one.end)
        if changed:
            return f"区划于 {changed} 变更", f"its boundaries changed on {changed}"
        broken = self._broken(before, one)
        if broken is not None:
            return (
                f"{broken.begins_on} 起{broken.name_zh}",
                f"{broken.name_en} on {broken.begins_on}",
            )
        return None

    def _broken(self, before: Figure, one: Figure) -> _Break | None:
        """The last break that only one of two figures has behind it."""
        between = [
            each
            for each in self.breaks
            if each.region in (None, one.region) and each.is_behind(before) != each.is_behind(one)
        ]
        return max(between, key=lambda each: each.begins_on, default=None)

    def _boundary(self, code: str, after: date, until: date) -> date | None:
        """The day on which a region began, or took over from another, between two days."""
        regions = self.asked.regions
        own = regions.get(code)
        if own is None:
            return None
        days = [own.valid_from] if own.valid_from else []
        for other in (own, *regions.values()):
            for taker in (other.successors or "").split("|"):
                name, _, year = taker.partition("[")
                if other is own or name == code:
                    if year:
                        days.append(date(int(year.rstrip("]")), 1, 1))
                    elif name and other.valid_to:
                        days.append(other.valid_to)
        return min((day for day in days if after < day <= until), default=None)


# --- per head -----------------------------------------------------------------------------------


class _PerHead:
    """The population of the same region at the end of each figure's period."""

    def __init__(self, asked: _Asked) -> None:
        if asked.indicator.measure not in ADDED:
            raise _refused(
                "比率、速度和位次没有人均",
                "a rate, a growth or a rank has no figure per head",
                "leave --per-head out",
            )
        self.units = {
            row[0]: (row[1], Decimal(str(row[2])))
            for row in asked.con.execute("select unit, dimension, factor from meta.unit").fetchall()
        }
        self.base = {dimension: unit for unit, (dimension, by) in self.units.items() if by == 1}
        self.people: dict[tuple[str, str, date], list[Figure]] = {}
        for other in asked.indicators:
            if (other.mart, other.item) == POPULATION and other.measure in ADDED:
                for one in asked.of(other.code):
                    is_whole = one.breakdown == TOTAL and one.figure_kind == "outturn"
                    if is_whole and one.value is not None:
                        self.people.setdefault((one.region, one.scope, one.end), []).append(one)

    def of(self, one: Figure) -> dict[str, Any]:
        """The columns ``PER_HEAD`` of a figure."""
        there = self.people.get((one.region, one.scope, one.end), [])
        why = ("", "")
        if one.figure_kind != "outturn":
            why = ("不是实绩", "it is no outturn")
        elif any(name not in ("", TOTAL) for name in one.about[1:]):
            why = ("不是全地区自身的数字", "it is not of the region itself, all of it")
        elif one.value is None or not one.is_exact:
            why = ("没有确切数字", "it has no exact value")
        elif not there:
            day = one.end.isoformat()
            why = (
                f"没有该地区 {day} 同口径的常住人口",
                f"no resident population of {day} and of its scope is published",
            )
        elif len({(each.value, each.unit) for each in there}) > 1:
            why = ("同日常住人口有多个数字", "several figures of the population of that day")
        elif not there[0].is_exact or not there[0].value:
            why = ("常住人口不是确切数字", "the population is no exact number")
        told: dict[str, Any] = {"why_not_per_head_zh": why[0], "why_not_per_head_en": why[1]}
        if why[0] or one.value is None:
            return told
        people = there[0]
        assert people.value is not None
        number = people.value * self.units.get(people.unit, ("", Decimal(1)))[1]
        dimension, factor = self.units.get(one.unit, ("", Decimal(1)))
        share = one.value * factor / number
        digits = max(0, 6 - (share.adjusted() + 1)) if share else 0
        return told | {
            "per_head": share.quantize(Decimal(1).scaleb(-min(digits, 8))),
            "per_head_unit": f"{self.base.get(dimension, one.unit)}/人",
            "population": number,
            "population_observation": people.observations[0],
        }
