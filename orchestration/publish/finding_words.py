"""Reads the sentences of findings again: each number is concluded anew from the figures named.

A finding names its observations. What its sentence may say follows from these, from
``core.observation`` alone: the printed values in their order, and what is computed from them. No
rule's SQL has a part in it. What a kind of finding says stands in ``_KINDS``, by its rule; a test
asks that every rule of the marts gate that names figures has one.

Belongs here: ``quality.finding`` of a release, and the pages that repeat it. Does not belong here:
other pages (``site.words``) and briefs (``paper.words``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

from orchestration.publish.finding_arithmetic import check_arithmetic
from orchestration.publish.tables import quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NUMBER = re.compile(r"(?<![\dA-Za-z])-?\d+(?:\.\d+)?")
_NOTES = re.compile(r"。说明：.*|\. Note: .*", re.DOTALL)
_IDS = re.compile(r"[\s,;]+")
_WHOLES = {"%": Decimal(100), "‰": Decimal(1000), "‱": Decimal(10000)}
_POWERS = range(-13, 14)
_IN_POINTS = {"yoy_growth_pct", "cagr_pct", "share_pct"}
_MOST_LEARNT = 9
"""How many numbers a sentence may say of what is usual."""


@dataclass(frozen=True)
class Fact:
    """An observation, as far as a finding can be about it."""

    indicator: str
    region: str
    period: str
    start: date
    end: date
    measure: str
    value: Decimal
    unit: str
    resolution: Decimal | None
    qualifier: str
    document: str
    known_from: date
    names: tuple[str, ...]

    @cached_property
    def ends(self) -> tuple[float, float]:
        """Between which ends the number that was printed lies, rounding allowed for."""
        digits = -int(self.value.normalize().as_tuple().exponent)
        step = self.resolution if self.resolution else Decimal(1).scaleb(-max(digits, 0))
        if self.qualifier == "approx":
            step = max(step, Decimal(1).scaleb(-digits))
        return float(self.value - step), float(self.value + step)

    @property
    def months(self) -> int:
        """How long its period is."""
        return (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1


@dataclass(frozen=True)
class Computed:
    """A number that lies between two ends; ``in_any_unit``: they are known to a power of ten."""

    low: float
    high: float
    in_any_unit: bool = False

    def allows(self, shown: Decimal) -> bool:
        """Whether the number may be printed so, to the digits that it has."""
        unit = float(Decimal(1).scaleb(int(shown.as_tuple().exponent)))
        scales = [10.0**k for k in _POWERS] if self.in_any_unit else [1.0]
        return any(self.low * s - unit <= float(shown) <= self.high * s + unit for s in scales)


Expected = Decimal | Computed | None
"""A number of a sentence: this one, one that lies there, or any."""


@dataclass(frozen=True)
class Finding:
    """A row of ``quality.finding`` with the figures of both sides."""

    id: str
    rule: str
    data_set: str
    region: str
    period: str
    place: str
    zh: str
    en: str
    arithmetic: str
    a: tuple[Fact, ...]
    b: tuple[Fact, ...]

    @property
    def counted(self) -> frozenset[Decimal]:
        """What its arithmetic may count beside its figures: of them, their months and years."""
        facts = (*self.a, *self.b)
        months = {fact.months for fact in facts}
        rest = {fact.months - 12 * len(self.b) for fact in self.a}
        years = {x.end.year - y.end.year for x in facts for y in facts}
        years |= {fact.end.year - fact.start.year for fact in facts}
        counts = {len(self.a), len(self.b), len(facts), *months, *rest, *years}
        return frozenset(Decimal(number) for number in counts if number > 0)


@dataclass(frozen=True)
class Wrong:
    """A sentence that its figures do not bear out."""

    zh: str
    en: str


def check_findings(con: DuckDBPyConnection, catalog: str) -> Iterator[Wrong]:
    """Sentences of findings that say other than the figures that they name.

    Args:
        con: A connection that has the release attached.
        catalog: Under which name.
    """
    release = _Release(con, quote(catalog))
    for finding in release.findings():
        kind = _KINDS.get(finding.rule)
        if kind is None:
            continue
        try:
            told = kind(release, finding)
        except (IndexError, ValueError, ArithmeticError):
            yield _wrong(finding, finding.zh, "没有可推算的数", "no figures that it follows from")
            continue
        if told.unlike:
            yield _wrong(finding, finding.zh, told.unlike[0], told.unlike[1])
        names = sorted(
            {name for fact in (*finding.a, *finding.b) for name in fact.names},
            key=len,
            reverse=True,
        )
        for text, alternatives in ((finding.zh, told.zh), (finding.en, told.en)):
            numbers = _numbers(text, names)[: 1 if told.is_first_alone else None]
            if not any(_fits(numbers, expected, told.free) for expected in alternatives):
                said = "、".join(map(_said, alternatives[0])) or "无"
                yield _wrong(finding, text, said, said)
        if finding.arithmetic and finding.rule in _WORKED_OUT:
            wrong = check_arithmetic(finding.arithmetic, (*finding.a, *finding.b), finding.counted)
            if wrong is not None:
                yield Wrong(
                    f"发现 {finding.id}（{finding.rule}）的{wrong[0]}",
                    f"finding {finding.id} ({finding.rule}): {wrong[1]}",
                )


def check_quality_page(con: DuckDBPyConnection, catalog: str, text: str) -> Iterator[Wrong]:
    """Findings that the page of quality tells otherwise than ``quality.finding``."""
    from lxml import html

    known = _messages(con, catalog)
    for article in html.fromstring(text).xpath("//article[starts-with(@id, 'f-')]"):
        name = article.get("id").removeprefix("f-")
        zh, en, _ = known.get(name, ("", "", ""))
        right = zh if zh == en or not en else zh + en
        yield from _told_otherwise(name, article.xpath("./p[not(@class)]"), right)


def check_report(con: DuckDBPyConnection, catalog: str, text: str) -> Iterator[Wrong]:
    """Findings that the quality report tells otherwise than ``quality.finding``."""
    from lxml import html

    known = _messages(con, catalog)
    for article in html.fromstring(text).xpath("//article[./p[@class='source']/code]"):
        name = _squeezed("".join(article.xpath("./p[@class='source']/code")[-1].itertext()))
        zh, en, arithmetic = known.get(name, ("", "", ""))
        # the report leaves out of a sentence what its line of arithmetic says
        right = _bare(zh, arithmetic) + _bare(en, arithmetic)
        yield from _told_otherwise(name, article.xpath("./p[not(@class)]"), right)


def _messages(con: DuckDBPyConnection, catalog: str) -> dict[str, tuple[str, str, str]]:
    rows = con.execute(
        "select finding_id, coalesce(message_zh, ''), coalesce(message_en, ''), "
        f"coalesce(arithmetic, '') from {quote(catalog)}.quality.finding"
    ).fetchall()
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _told_otherwise(name: str, paragraphs: Sequence[Any], right: str) -> Iterator[Wrong]:
    """The first paragraph of a finding is what the finding says."""
    shown = _squeezed("".join(paragraphs[0].itertext())) if paragraphs else ""
    if shown != _squeezed(right) or not shown:
        yield Wrong(
            f"发现 {name} 写作“{shown[:80]}”，应为“{right[:80]}”",
            f"finding {name} says {shown[:80]!r}, it should say {right[:80]!r}",
        )


# --- what is there ------------------------------------------------------------------------------


class _Release:
    """A release, asked for what findings are about."""

    def __init__(self, con: DuckDBPyConnection, catalog: str) -> None:
        self.con, self.core = con, f"{catalog}.core"
        self.catalog = catalog

    def findings(self) -> list[Finding]:
        rows = self.con.execute(
            f"""
            select
                finding_id, rule_id, coalesce(data_set_id, ''), coalesce(region_code, ''),
                coalesce(period, ''), coalesce(place_a, ''), coalesce(message_zh, ''),
                coalesce(message_en, ''), coalesce(arithmetic, ''),
                coalesce(observation_a, ''), coalesce(observation_b, '')
            from {self.catalog}.quality.finding
            order by finding_id
            """
        ).fetchall()
        ids = {name for row in rows for side in row[9:] for name in _IDS.split(side) if name}
        facts = self.facts(ids)
        return [
            Finding(*row[:9], *(tuple(facts[n] for n in _IDS.split(s) if n in facts)
                                for s in row[9:]))
            for row in rows
        ]  # fmt: skip

    def facts(self, ids: set[str]) -> dict[str, Fact]:
        rows = self.con.execute(
            f"""
            select
                o.observation_id, o.indicator_code, o.region_code, o.period, o.period_start,
                o.period_end, o.measure, o.value, coalesce(o.unit, ''), o.resolution,
                coalesce(o.qualifier, 'exact'), coalesce(o.source_document, ''), o.known_from,
                [o.indicator_name_zh, o.indicator_name_en, o.region_name_zh, g.region_name_en,
                 d.title_zh, d.title_en, o.indicator_code, o.region_code, o.source_document]
            from {self.core}.observation as o
            left join {self.core}.region as g on o.region_code = g.region_code
            left join {self.core}.source_document as d on o.source_document = d.source_document
            where o.value is not null and list_contains($ids, o.observation_id)
            """,
            {"ids": sorted(ids)},
        ).fetchall()
        return {
            row[0]: Fact(
                *[*row[1:13], tuple(name for name in row[13] if name and _has_digit(name))]
            )
            for row in rows
        }

    def count(self, where: str, **values: Any) -> int:
        """How many figures in force are so."""
        row = self.con.execute(
            f"select count(*) from {self.core}.observation as o "
            f"where o.known_to is null and o.value is not null and {where}",
            values,
        ).fetchone()
        return int(row[0]) if row else 0

    def counted_by_plan(self, fact: Fact) -> Decimal:
        """How many indicators of a plan's table are what a printed number counts."""
        row = self.con.execute(
            f"select any_value(s.count_computed) from {self.catalog}.plan.plan_summary as s "
            f"inner join {self.core}.observation as o on s.count_observation_id = o.observation_id "
            "where o.indicator_code = ? and o.region_code = ? and o.period = ?",
            [fact.indicator, fact.region, fact.period],
        ).fetchone()
        return Decimal(row[0] if row and row[0] is not None else -1)

    def beside(self, table: str, column: str, fact: Fact, wanted: str) -> list[Decimal] | None:
        """Numbers of the row of a mart that a printed figure is in; None where it is in none."""
        row = self.con.execute(
            f"select {wanted} from {self.catalog}.{table} as t "
            f"inner join {self.core}.observation as o on t.{column} = o.observation_id "
            "where o.indicator_code = ? and o.region_code = ? and o.period = ? and o.value = ?",
            [fact.indicator, fact.region, fact.period, fact.value],
        ).fetchone()
        return None if row is None or None in row else [Decimal(number) for number in row]

    def regions_inside(self, region: str) -> int:
        row = self.con.execute(
            f"select count(*) from {self.core}.region where parent_code = $region",
            {"region": region},
        ).fetchone()
        return int(row[0]) if row else 0

    def days(self) -> frozenset[Decimal]:
        """The numbers of the day of the release."""
        rows = self.con.execute(
            f"select cast(cast(release_time as date) as varchar) from {self.catalog}.meta.release"
        ).fetchall()
        return _in(*(row[0] for row in rows))

    def published(self, document: str) -> str:
        row = self.con.execute(
            f"select coalesce(published, '') || ' ' || title_zh || ' ' || title_en "
            f"from {self.core}.source_document where source_document = $document",
            {"document": document},
        ).fetchone()
        return str(row[0]) if row else ""


# --- what each kind says ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Told:
    """What the sentences of a finding say in numbers: for each language what may stand there.

    Attributes:
        free: Numbers that may stand anywhere: those of periods and days.
        unlike: What is wrong with the finding itself: that its figures are not as it says.
        is_first_alone: Only the first number is one of figures; what follows are names.
    """

    zh: tuple[tuple[Expected, ...], ...]
    en: tuple[tuple[Expected, ...], ...]
    free: frozenset[Decimal] = frozenset()
    unlike: tuple[str, str] | None = None
    is_first_alone: bool = False


_Kind = Callable[[_Release, Finding], _Told]


def _told(
    finding: Finding,
    *alternatives: Sequence[Expected],
    free: frozenset[Decimal] = frozenset(),
    holds: bool = True,
) -> _Told:
    """The same numbers in both languages, in one of several ways."""
    ways = tuple(tuple(way) for way in alternatives)
    unlike = None if holds else ("数字之间不是所说的关系", "figures that stand to each other so")
    return _Told(ways, ways, free | _periods(finding), unlike)


def _one_or_two(before: Sequence[Expected], computed: Computed) -> tuple[list[Expected], ...]:
    """What was computed is one number, or the two ends of what it may be."""
    return [*before, computed], [*before, computed, computed]


def _parts(_: _Release, finding: Finding, is_above: bool) -> _Told:
    (total,), parts = finding.a, finding.b
    sum_ = sum((part.value for part in parts), Decimal(0))
    own = [total.value, *(part.value for part in parts), *([sum_] if len(parts) > 1 else [])]
    return _told(finding, own, holds=sum_ >= total.value if is_above else sum_ <= total.value)


def _quotient(_: _Release, finding: Finding) -> _Told:
    (printed,), sides = finding.a, finding.b
    over, under = sides[0], sides[1:]
    lows = sum(fact.ends[0] for fact in under) / len(under)
    highs = sum(fact.ends[1] for fact in under) / len(under)
    whole = float(_WHOLES.get(printed.unit, Decimal(1)))
    is_same_unit = over.unit == under[-1].unit
    found = [
        a / b * (whole if is_same_unit else 1) for a, b in product(over.ends, (lows, highs)) if b
    ]
    computed = Computed(min(found), max(found), in_any_unit=not is_same_unit)
    before = [printed.value, over.value, *(fact.value for fact in under)]
    return _told(finding, *_one_or_two(before, computed))


def _share_sum(_: _Release, finding: Finding, is_above: bool) -> _Told:
    shares = [fact.value for fact in finding.a]
    whole, sum_ = _WHOLES[finding.a[0].unit], sum(shares, Decimal(0))
    return _told(finding, [*shares, sum_, whole], holds=(sum_ > whole) is is_above)


def _pair(_: _Release, finding: Finding, holds: Callable[[Decimal, Decimal], bool]) -> _Told:
    (a,), (b,) = finding.a, finding.b
    is_so = a.unit != b.unit or holds(a.value, b.value)
    return _told(finding, [a.value, b.value], holds=is_so)


def _growth(_: _Release, finding: Finding) -> _Told:
    (rate,), (start, end) = finding.a, finding.b
    years = rate.end.year - rate.start.year if rate.measure == "cagr_pct" else 1
    found = [
        ((e / s) ** (1 / years) - 1) * 100
        for e, s in product(end.ends, start.ends)
        if s and e / s > 0
    ]
    computed = Computed(min(found), max(found))
    return _told(finding, *_one_or_two([rate.value, start.value, end.value], computed))


def _increment(_: _Release, finding: Finding) -> _Told:
    (more,), (first, second) = finding.a, finding.b
    if second.measure != "cagr_pct":
        found = [e - s for e, s in product(second.ends, first.ends)]
        before = [more.value, first.value, second.value]
    else:
        years, is_end = more.end.year - more.start.year, first.end == more.end
        found = [
            increase
            * ((1 + rate / 100) ** years if is_end else 1)
            / ((1 + rate / 100) ** years - 1)
            for increase, rate in product(more.ends, second.ends)
        ]
        before = [first.value, more.value, second.value]
    return _told(finding, *_one_or_two(before, Computed(min(found), max(found))))


def _unit(release: _Release, finding: Finding) -> _Told:
    (fact,) = finding.a
    n = release.count(
        "o.indicator_code = $indicator and o.measure = $measure and o.unit = $unit",
        indicator=fact.indicator, measure=fact.measure, unit=fact.unit,
    )  # fmt: skip
    own = [fact.value, *([Decimal(n)] if n > 1 else [])]
    # names of units count in English: 10 thousand yuan
    return _told(finding, own, free=frozenset({Decimal(10), Decimal(100), Decimal(1000)}))


def _early(release: _Release, finding: Finding) -> _Told:
    (fact,) = finding.a
    n = release.count(
        "o.source_document = $document and o.period = $period and o.period_end = $end "
        "and o.known_from = $known and o.period_kind not in ('target', 'point') "
        "and not starts_with(o.measure, 'target') and not starts_with(o.basis, 'target') "
        "and o.estimate_stage <> 'forecast' and o.obs_status <> 'F' "
        "and o.data_set_id = $data_set",
        document=fact.document, period=fact.period, end=fact.end, known=fact.known_from,
        data_set=finding.data_set,
    )  # fmt: skip
    free = _in(str(fact.known_from), str(fact.end))
    return _told(
        finding, [Decimal(n)] if n > 1 else [], free=free, holds=fact.known_from < fact.end
    )


def _dated_ahead(release: _Release, finding: Finding) -> _Told:
    n = release.count("o.source_document = $document", document=finding.place)
    free = release.days() | _in(release.published(finding.place))
    return _told(finding, [Decimal(n)], free=free)


def _magnitude(_: _Release, finding: Finding) -> _Told:
    (whole,), (part,) = finding.a, finding.b
    found = [
        (w / whole.months) / (p / part.months) for w, p in product(whole.ends, part.ends) if p and w
    ]
    times = [max(ratio, 1 / ratio) for ratio in found]
    return _told(finding, [whole.value, part.value, Computed(min(times), max(times))])


def _regions(release: _Release, finding: Finding, is_above: bool) -> _Told:
    (total,), parts = finding.a, finding.b
    n, sum_ = Decimal(len(parts)), sum((part.value for part in parts), Decimal(0))
    members = Computed(len(parts), max(len(parts), release.regions_inside(total.region)))
    told = _told(finding, holds=(sum_ >= total.value) if is_above else sum_ <= total.value)
    return _Told(
        ((total.value, members, n, sum_),), ((total.value, n, members, sum_),), told.free,
        told.unlike,
    )  # fmt: skip


def _repeated(release: _Release, finding: Finding) -> _Told:
    (a,), (b,) = finding.a, finding.b
    places = release.count(
        "o.indicator_code = $indicator and o.region_code = $region and o.period = $period "
        "and o.source_document = $document",
        indicator=a.indicator, region=a.region, period=a.period, document=a.document,
    )  # fmt: skip
    n = Computed(2, places)
    zh = ((a.value, b.value), (n, a.value, b.value), (a.value, n, b.value),
          (n, a.value, n, b.value))  # fmt: skip
    en = ((a.value, b.value), (a.value, n, b.value), (a.value, b.value, n),
          (a.value, n, b.value, n))  # fmt: skip
    return _Told(zh, en, _periods(finding))


def _once(_: _Release, finding: Finding) -> _Told:
    (a,), (b,) = finding.a, finding.b
    return _told(finding, [a.value], holds=a.value == b.value and a.unit == b.unit)


def _remainder(_: _Release, finding: Finding) -> _Told:
    (whole,), years = finding.a, finding.b
    months = whole.months - 12 * len(years)
    rest = whole.value - sum((year.value for year in years), Decimal(0))
    per_year = float(rest) * 12 / months
    own = [whole.value, *(year.value for year in years), Decimal(months), rest]
    return _told(finding, [*own, Computed(per_year, per_year)])


def _usual(_: _Release, finding: Finding) -> _Told:
    (over,), (under,) = finding.a, finding.b
    found = [a / b for a, b in product(over.ends, under.ends) if b]
    quotient = Computed(min(found), max(found), in_any_unit=True)
    return _told(finding, [over.value, under.value, quotient, None, None])


def _cut(release: _Release, finding: Finding) -> _Told:
    most = release.count("o.is_headline and o.data_set_id = $data_set", data_set=finding.data_set)
    told = _told(finding, [Computed(1, most)])
    return _Told(told.zh, told.en, is_first_alone=True)


def _outlier(_: _Release, finding: Finding) -> _Told:
    """Both figures and how far they lie apart; what is usual was learnt of many others."""
    (a,), (b,) = finding.a, finding.b
    if a.measure in _IN_POINTS or a.unit in _WHOLES:
        found = [x - y for x, y in product(a.ends, b.ends)]
    else:
        found = [x / y for x, y in product(a.ends, b.ends) if y]
    before: list[Expected] = [a.value, b.value, Computed(min(found), max(found))]
    learnt: list[Expected] = [None] * _MOST_LEARNT
    return _told(finding, *([*before, *learnt[:more]] for more in range(_MOST_LEARNT + 1)))


def _exchanged(_: _Release, finding: Finding) -> _Told:
    """How many rows; that each came near what another one was."""
    n = len(finding.a)
    return _told(finding, [Decimal(n)], holds=n == len(finding.b) and n > 1)


def _sum_of_periods(_: _Release, finding: Finding) -> _Told:
    (whole,), parts = finding.a, finding.b
    sum_ = sum((part.value for part in parts), Decimal(0))
    return _told(finding, [whole.value, sum_], holds=sum_ != whole.value)


def _base(_: _Release, finding: Finding) -> _Told:
    (rate,), (base, level) = finding.a, finding.b
    found = [(e / s - 1) * 100 for e, s in product(level.ends, base.ends) if s]
    computed = Computed(min(found), max(found))
    return _told(finding, [rate.value, base.value, level.value, computed])


def _outside(_: _Release, finding: Finding) -> _Told:
    (total,), (least, most) = finding.a, finding.b
    holds = not least.value <= total.value <= most.value
    return _told(finding, [total.value, least.value, most.value], holds=holds)


def _shares(_: _Release, finding: Finding) -> _Told:
    shares = [fact.value for fact in finding.a]
    sum_ = sum(shares, Decimal(0))
    return _told(finding, [Decimal(len(shares)), sum_, Decimal(100)], holds=sum_ != 100)


def _line(finding: Finding) -> list[Decimal]:
    """The numbers of its arithmetic, without the power of ten that a sentence spells out."""
    return [Decimal(found) for found in _NUMBER.findall(finding.arithmetic)]


def _ends(expected: Sequence[Expected]) -> tuple[list[Expected], ...]:
    """Behind them one end of what is usual, or both: that is declared and follows of no figure."""
    return [*expected, None], [*expected, None, None]


def _unusual(_: _Release, finding: Finding) -> _Told:
    """The figure, and the range of its line, outside of which it lies."""
    value, *ends = _line(finding)
    fact = finding.a[0]
    is_out = (
        not min(ends) <= value <= max(ends)
        if len(ends) > 1
        else value > ends[0] if "at most" in finding.arithmetic else value < ends[0]
    )  # fmt: skip
    return _told(finding, [fact.value, *ends], holds=is_out and value == fact.value)


def _whole(_: _Release, finding: Finding) -> _Told:
    value = finding.a[0].value
    return _told(finding, [value], holds=value != value.to_integral_value())


def _per_head(_: _Release, finding: Finding) -> _Told:
    """The figure over the residents: in reference units and, of a flow, over the years it is of."""
    value, people, share = _line(finding)
    fact, residents = finding.a[0], finding.b[0]
    found = [x / y for x, y in product(fact.ends, residents.ends) if y]
    held = any(
        Computed(min(found) / years, max(found) / years, in_any_unit=True).allows(share)
        for years in (1.0, fact.months / 12)
    )
    holds = value == fact.value and held
    return _told(finding, *_ends([fact.value, people, share]), holds=holds)


def _domains(_: _Release, finding: Finding) -> _Told:
    """The figure, what it is held against, and their quotient, a population between them or not."""
    value, *times, by, quotient = _line(finding)
    scale = math.prod(float(number) for number in times)
    found = float(value) * scale / float(by) if by else math.nan
    computed = Computed(found, found, in_any_unit=True)
    known = {fact.value for fact in finding.b}
    holds = value == finding.a[0].value and by in known and computed.allows(quotient)
    return _told(finding, *_ends([value, by, quotient]), holds=holds)


def _around(_: _Release, finding: Finding) -> _Told:
    """Per head here and around, and how many times; of how many sisters, where it is of them."""
    value, (here, there, times) = finding.a[0].value, _line(finding)
    holds = _is_times(times, here, there)
    zh = [*_ends([value, here, there, times]), *_ends([value, here, None, there, times])]
    en = [*_ends([value, here, times, there]), *_ends([value, here, times, None, there])]
    told = _told(finding, *zh, holds=holds)
    return replace(told, en=tuple(tuple(way) for way in en))


def _moved(_: _Release, finding: Finding) -> _Told:
    before, share, times = _line(finding)
    value = finding.a[0].value
    return _told(finding, [value, share, before, times], holds=_is_times(times, share, before))


def _off(_: _Release, finding: Finding) -> _Told:
    """How many of how many amounts, and about by which factor: near the power of its line."""
    alike, figures, power, here, there, times = _line(
        replace(finding, arithmetic=finding.arithmetic.replace("10^", ""))
    )
    factor = Computed(10.0 ** (float(power) - 0.5), 10.0 ** (float(power) + 0.5))
    value = finding.a[0].value
    told = _told(
        finding, [figures, alike, factor, value],
        holds=alike <= figures and _is_times(times, here, there),
    )  # fmt: skip
    return replace(told, en=((alike, figures, factor, value),))


def _is_times(times: Decimal, one: Decimal, other: Decimal) -> bool:
    """Whether a number is a quotient of two others, as far as their digits say."""
    if not other:
        return False
    found = float(one) / float(other)
    return math.isclose(found, float(times), rel_tol=5e-3)


def _is_above(a: Decimal, b: Decimal) -> bool:
    return a >= b


def _is_below(a: Decimal, b: Decimal) -> bool:
    return a <= b


def _is_same(a: Decimal, b: Decimal) -> bool:
    return a == b


def _is_other(a: Decimal, b: Decimal) -> bool:
    return a != b


def _above(compare: Callable[..., _Told], is_above: bool) -> _Kind:
    return lambda release, finding: compare(release, finding, is_above)


def _two(holds: Callable[[Decimal, Decimal], bool]) -> _Kind:
    return lambda release, finding: _pair(release, finding, holds)


def _planned(release: _Release, finding: Finding) -> _Told:
    (fact,) = finding.a
    n = release.counted_by_plan(fact)
    return _told(finding, [fact.value, n], holds=n != fact.value)


def _stock(release: _Release, finding: Finding) -> _Told:
    """A stock is what was there before, and what entered, less what left."""
    (fact,) = finding.a
    row = release.beside(
        "industry_clusters.enterprise_tiers", "stock_at_end_observation_id", fact,
        "t.stock_before, t.added, t.exited",
    )  # fmt: skip
    before, added, exited = row or (Decimal(0),) * 3
    follows = before + added - exited
    own = [fact.value, before, added, exited, follows]
    return _told(finding, own, holds=row is not None and follows != fact.value)


_CLASSES = (
    ("industry_clusters.per_mu_class", "firms_observation_id", "t.firms_computed"),
    ("core.case_ledger", "cases_observation_id", "t.cases_computed"),
)
_RATES = (
    ("public_services.service_coverage", "coverage_observation_id", "t.coverage_computed"),
    ("core.case_ledger", "completion_rate_observation_id", "t.completion_rate_computed"),
    ("core.case_ledger", "share_observation_id", "t.cases_share_computed"),
    ("industry_clusters.per_mu_class", "share_observation_id", "t.firms_share_computed"),
    ("industry_clusters.per_mu_class", "tax_per_mu_observation_id", "t.tax_per_mu_computed"),
    (
        "industry_clusters.per_mu_class",
        "value_added_per_mu_observation_id",
        "t.value_added_per_mu_computed",
    ),
)


def _beside(places: Sequence[tuple[str, str, str]]) -> _Kind:
    """A printed figure, and what its mart computes beside it."""

    def kind(release: _Release, finding: Finding) -> _Told:
        (fact,) = finding.a
        rows = [release.beside(table, column, fact, wanted) for table, column, wanted in places]
        computed = next((row[0] for row in rows if row), fact.value)
        return _told(finding, [fact.value, computed], holds=computed != fact.value)

    return kind


_KINDS: Mapping[str, _Kind] = {
    "relation.parts-exceed-total": _above(_parts, True),
    "relation.parts-do-not-reach-total": _above(_parts, False),
    "relation.share-differs-from-computed": _quotient,
    "relation.ratio-differs-from-computed": _quotient,
    "relation.shares-exceed-100": _above(_share_sum, True),
    "relation.shares-do-not-reach-100": _above(_share_sum, False),
    "relation.not-above": _two(_is_above),
    "relation.average-growth-differs-from-levels": _growth,
    "relation.growth-differs-from-levels": _growth,
    "relation.increment-differs-from-levels": _increment,
    "unit.does-not-fit-measure": _unit,
    "period.ends-after-publication": _early,
    "document.published-in-future": _dated_ahead,
    "document.contradiction": _two(lambda a, b: True),
    "document.census-revision": _two(lambda a, b: True),
    "range.part-exceeds-whole": _two(_is_below),
    "range.other-magnitude": _magnitude,
    "region.parts-exceed-total": _above(_regions, True),
    "region.parts-do-not-reach-total": _above(_regions, False),
    "repeat.contradiction": _repeated,
    "marts.figures-cut": _cut,
    "suspicious.one-number-for-two-measures": _once,
    "suspicious.part-grows-as-its-whole": _two(_is_same),
    "suspicious.one-number-for-two-states": _two(_is_same),
    "suspicious.remainder": _remainder,
    "suspicious.quotient": _usual,
    "series.outlier": _outlier,
    "series.rows-exchanged": _exchanged,
    "series.zero-after-none": _two(_is_below),
    "cumulative.falls": _two(_is_below),
    "period.parts-differ-from-whole": _sum_of_periods,
    "growth.contradicts-levels": _base,
    "growth.total-outside-parts": _outside,
    "revision.larger-than-usual": _two(_is_other),
    "revision.goes-back-a-stage": _two(_is_other),
    "shares.stop-adding": _shares,
    "plausible.unusual": _unusual,
    "plausible.unusual-per-head": _per_head,
    "plausible.not-whole": _whole,
    "plausible.domains": _domains,
    "levels.per-head-unlike-around": _around,
    "levels.share-moved": _moved,
    "levels.delivery-off": _off,
    "plan.summary-differs": _planned,
    "system.stock-does-not-follow": _stock,
    "system.classes-miss-total": _beside(_CLASSES),
    "system.rate-differs-from-computed": _beside(_RATES),
}
"""What the sentences of each rule follow from."""

READ_AGAIN = frozenset(_KINDS)
"""The rules whose sentences are concluded anew."""


_WORKED_OUT = frozenset(
    name for name in _KINDS
    if name.startswith(("relation.", "document.contra", "document.census", "range.", "region.",
                        "repeat.", "suspicious."))
)  # fmt: skip
"""The rules whose line of arithmetic is made of figures; that of the others is a word or a day."""


# --- reading ------------------------------------------------------------------------------------


def _numbers(text: str, names: Sequence[str]) -> tuple[Decimal, ...]:
    """The numbers of a sentence, without those in names and in its note."""
    text = _NOTES.sub("", text)
    for name in names:
        text = text.replace(name, " ")
    return tuple(Decimal(found) for found in _NUMBER.findall(text))


def _fits(
    numbers: Sequence[Decimal], expected: Sequence[Expected], free: frozenset[Decimal]
) -> bool:
    """Whether the numbers are the expected ones in their order, and others only free ones."""

    @cache
    def fits(n: int, e: int) -> bool:
        if n == len(numbers):
            return e == len(expected)
        if e < len(expected) and _allows(expected[e], numbers[n]) and fits(n + 1, e + 1):
            return True
        return abs(numbers[n]) in free and fits(n + 1, e)

    return fits(0, 0)


def _allows(expected: Expected, number: Decimal) -> bool:
    if expected is None:
        return True
    return expected.allows(number) if isinstance(expected, Computed) else expected == number


def _periods(finding: Finding) -> frozenset[Decimal]:
    return _in(finding.period, *(fact.period for fact in (*finding.a, *finding.b)))


def _in(*texts: str) -> frozenset[Decimal]:
    """The numbers of years, months and days in texts."""
    return frozenset(Decimal(found) for text in texts for found in re.findall(r"\d+", text))


def _has_digit(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _bare(text: str, arithmetic: str) -> str:
    if not arithmetic or arithmetic not in text:
        return text
    return text.replace(arithmetic, "").strip(" ：:，,；;") or text


def _said(expected: Expected) -> str:
    if expected is None:
        return "…"
    if isinstance(expected, Computed):
        return f"{expected.low:.6g}–{expected.high:.6g}"
    return f"{expected.normalize():f}"


def _wrong(finding: Finding, text: str, zh: str, en: str) -> Wrong:
    return Wrong(
        f"发现 {finding.id}（{finding.rule}）写作“{text}”，数字应为 {zh}",
        f"finding {finding.id} ({finding.rule}) says {text!r}, the figures give {en}",
    )
