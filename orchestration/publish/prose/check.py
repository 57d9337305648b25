"""Concludes every sentence anew: what it may say follows from the observations that it names.

A sentence is held against a form of its kind in which name, time and region are those of the
database; numbers, directions, places, spans and comparisons in it are read and computed again from
``core.observation``. No code that writes sentences has a part in it, and it serves briefs and
pages alike.

Belongs here: sentences. Does not belong here: where they stand in a file (``paper.words``,
``site.words``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from orchestration.bounds import bound_of
from orchestration.publish.paper.figures import clean
from orchestration.publish.tables import quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_AMOUNT = r"[^，。；（）]+?"
_AMOUNT_EN = r"(?:[^,;()]|,(?=\d))+?"
_NUMBER = r"-?\d+(?:\.\d+)?"
_FIXED = ("comparable", "constant")
_MULTIPLES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_CHINESE = {"万亿": 12, "亿": 8, "万": 4}
_PART_ZH = {"03": "一季度", "06": "上半年", "09": "前三季度"}
_PART_EN = {"03": "the first quarter", "06": "the first half", "09": "the first three quarters"}
_SIMULATED = ("（模拟数据）", " (simulated data)")
_OLD = (r"(?:（数据截至(?P<until>\d{4})年）)?", r"(?: \(data up to (?P<until>\d{4})\))?")


@dataclass(frozen=True, slots=True)
class Fact:
    """An observation, as far as a sentence can be about it."""

    observation_id: str
    indicator: str
    name_zh: str
    name_en: str
    region: str
    period: str
    label_zh: str
    label_en: str
    period_kind: str
    start: date
    end: date
    measure: str
    scope: str
    price_basis: str
    value: Decimal
    unit: str
    qualifier: str
    figure_kind: str
    item: str
    is_whole: bool
    is_headline: bool
    is_simulated: bool

    @property
    def is_outturn(self) -> bool:
        """An outturn of the region itself."""
        return self.figure_kind == "outturn" and self.is_whole and self.is_headline


@dataclass(frozen=True)
class Facts:
    """All that sentences are concluded from."""

    by_id: Mapping[str, Fact]
    by_indicator: Mapping[str, Sequence[Fact]]
    regions: Mapping[str, tuple[str, str, str, str]]
    years_before: Mapping[str, str]
    breaks: Sequence[tuple[str, str | None, date]]
    disputes: frozenset[tuple[str, str]]
    units: Mapping[str, str]


def read_facts(con: DuckDBPyConnection, catalog: str) -> Facts:
    """Read them from an attached release."""
    inside = quote(catalog)
    tables = {
        f"{schema}.{name}"
        for schema, name in con.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = ?",
            [catalog],
        ).fetchall()
    }

    def rows(table: str, query: str) -> list[tuple[Any, ...]]:
        return con.execute(query).fetchall() if table in tables else []

    by_id: dict[str, Fact] = {}
    by_indicator: dict[str, list[Fact]] = {}
    for row in con.execute(_OBSERVATIONS.format(inside)).fetchall():
        cells: list[Any] = [clean(cell) if isinstance(cell, str) else cell for cell in row]
        fact = Fact(*cells)
        by_id[fact.observation_id] = fact
        by_indicator.setdefault(fact.indicator, []).append(fact)
    return Facts(
        by_id,
        by_indicator,
        {
            str(code): (clean(zh), clean(en or ""), kind or "", parent or "")
            for code, zh, en, kind, parent in rows(
                "core.region",
                "select region_code, region_name_zh, region_name_en, region_kind, parent_code "
                f"from {inside}.core.region",
            )
        },
        {
            str(one): str(before)
            for one, before in rows(
                "core.derived",
                f"select observation_id, year_before_observation_id from {inside}.core.derived "
                "where change_reason is null and year_before_observation_id is not null",
            )
        },
        [
            (str(code), region, begins)
            for code, region, begins in rows(
                "core.series_break",
                f"select indicator_code, region_code, begins_on from {inside}.core.series_break",
            )
        ],
        frozenset(
            (str(one), str(other))
            for one, other in rows(
                "quality.finding",
                f"select observation_a, observation_b from {inside}.quality.finding "
                "where rule_id = 'document.contradiction' and decision = 'open'",
            )
        ),
        {
            str(unit): re.sub(r"\s\(.*\)", "", str(name))
            for unit, name in rows("meta.unit", f"select unit, name_en from {inside}.meta.unit")
        },
    )


_OBSERVATIONS = """
    select
        o.observation_id, o.indicator_code, o.indicator_name_zh,
        coalesce(o.indicator_name_en, ''), o.region_code, o.period,
        coalesce(p.label_zh, o.period), coalesce(p.label_en, o.period), o.period_kind,
        o.period_start, o.period_end, o.measure, o.scope, coalesce(o.price_basis, ''), o.value,
        coalesce(o.unit, ''), coalesce(o.qualifier, 'exact'), o.figure_kind,
        concat_ws('/', i.mart, i.item),
        coalesce(o.breakdown, '_T') = '_T' and o.subject = '_T' and o.locality = '_T',
        coalesce(o.is_headline, false), coalesce(o.is_simulated, false)
    from {0}.core.observation as o
    inner join {0}.core.indicator as i on o.indicator_code = i.indicator_code
    left join {0}.core.period as p on o.period = p.period
    where o.value is not null
    """


def faults(
    facts: Facts, kind: str, language: str, of: Sequence[str], text: str
) -> Iterator[tuple[str, str]]:
    """What a sentence says that does not follow from what it names.

    Args:
        facts: Those of its release.
        kind: What it claims to be, as ``rules.Kind`` has it.
        language: ``zh`` or ``en``.
        of: The observations it names, in the order of its kind.
        text: The sentence without the letters of marks.

    Returns:
        What is wrong, in Chinese and in English; nothing where all is right.
    """
    named = [facts.by_id.get(one) for one in of]
    found = [fact for fact in named if fact is not None]
    if kind not in _KINDS or not found or len(found) != len(of):
        yield _says(text, "所据的观测不存在", "names no observation of this release")
        return
    side = 0 if language == "zh" else 1
    bare = text
    if any(fact.is_simulated for fact in found):
        end = _SIMULATED[side] + "。."[side]
        if not text.endswith(end):
            yield _says(text, "含模拟数据而没有标明", "simulated figures without a label")
            return
        bare = text.removesuffix(end) + "。."[side]
    try:
        wrong = _KINDS[kind](_Case(facts, side, found), bare)
    except (ValueError, ArithmeticError, IndexError) as error:
        wrong = str(error) or type(error).__name__
    if wrong:
        yield _says(text, wrong, wrong)


def _says(text: str, zh: str, en: str) -> tuple[str, str]:
    return f"写作“{text}”：{zh}", f"it says {text!r}: {en}"


class _Case:
    """A sentence's observations, and how its language names things."""

    def __init__(self, facts: Facts, side: int, of: Sequence[Fact]) -> None:
        self.facts, self.side, self.of = facts, side, of
        self.zh = side == 0
        region = facts.regions.get(of[0].region, (of[0].region, of[0].region, "", ""))
        self.region = region
        name = region[0]
        self.whole = f"全{name[-1]}" if name[-1:] in "区县市省州盟旗" else name
        self.short = region[1].split(",")[0].strip() or of[0].region

    def holds(self, form: str, text: str) -> dict[str, str]:
        """The parts of a text that fits a form; else a complaint."""
        found = re.fullmatch(form, text)
        if found is None:
            readable = re.sub(r"\\(.)", r"\1", form)
            raise ValueError(f"不合 does not fit {readable}")
        return {name: part for name, part in found.groupdict().items() if part is not None}

    def subject(self, name: str) -> str:
        """Whose indicator it is."""
        if self.zh:
            own = name.startswith("全") or name.startswith(self.whole)
            return re.escape(name if own else self.whole + name)
        return re.escape(f"{name[:1].upper()}{name[1:]} in {self.short}")

    def name(self, fact: Fact) -> str:
        """The name of its indicator."""
        return fact.name_zh if self.zh else fact.name_en

    def grown(self, fact: Fact) -> str:
        """What grew, by the name of the growth."""
        if self.zh:
            return re.sub(r"(同比|年均|环比)?(增速|增长率|增幅)$", "", fact.name_zh)
        return re.sub(r", [a-z-]+(?: annual)? growth$", "", fact.name_en)

    def time(self, fact: Fact) -> str:
        """The time of a figure in the words of the language."""
        year, month = fact.end.year, f"{fact.end.month:02}"
        months = re.fullmatch(r"(\d{4})-(\d\d)/\1-(\d\d)", fact.period)
        if fact.period_kind == "point" and fact.period == f"{year}-12":
            return re.escape(f"{year}年末" if self.zh else f"at the end of {year}")
        if months:
            first = int(months[2])
            if first == 1 and month in _PART_ZH:
                return re.escape(
                    f"{year}年{_PART_ZH[month]}" if self.zh else f"in {_PART_EN[month]} of {year}"
                )
            if self.zh:
                return re.escape(f"{year}年{first}—{int(month)}月")
            start, _, end = fact.label_en.partition(" to ")
            return re.escape(f"from {start.split()[0]} to {end}")
        if self.zh:
            return re.escape(fact.label_zh)
        return re.escape(f"{'from' if ' to ' in fact.label_en else 'in'} {fact.label_en}")

    def must_say(self, fact: Fact, words: str) -> None:
        """The number, unit and bound of a figure are those that stand there."""
        right = _says_zh(fact, words) if self.zh else _says_en(fact, words, self.facts.units)
        if not right:
            raise ValueError(f"{words} ≠ {fact.value.normalize():f} {fact.unit} ({fact.qualifier})")

    def must_reach(self, fact: Fact, until: str | None) -> None:
        """Data that are said to end in a year have no later figure."""
        if until is None:
            return
        later = [
            other
            for other in self.facts.by_indicator[fact.indicator]
            if other.region == fact.region and other.is_outturn and other.end > fact.end
        ]
        if later or int(until) != fact.end.year:
            raise ValueError(f"数据不止于 data do not end in {until}")


def _says_zh(fact: Fact, words: str) -> bool:
    bound = bound_of(fact.qualifier)
    unit = "" if fact.unit == "1" else fact.unit
    before, after = (bound.before[0], bound.after_zh) if bound else ("", "")
    found = re.fullmatch(
        rf"{re.escape(before)}({_NUMBER}){re.escape(after)}{re.escape(unit)}", words
    )
    return found is not None and Decimal(found[1]) == fact.value


def _says_en(fact: Fact, words: str, units: Mapping[str, str]) -> bool:
    bound = bound_of(fact.qualifier)
    before = f"{bound.before[1]} " if bound and bound.before[1] else ""
    if not words.startswith(before):
        return False
    found = re.fullmatch(
        r"(-?[\d,]+(?:\.\d+)?)(?: (thousand|million|billion|trillion))?(?: (.+))?",
        words.removeprefix(before),
    )
    if found is None:
        return False
    said = Decimal(found[1].replace(",", "")).scaleb(_MULTIPLES.get(found[2] or "", 0))
    noun = found[3] or ""
    power, base = next(
        (
            (power, fact.unit.removeprefix(prefix))
            for prefix, power in _CHINESE.items()
            if fact.unit.startswith(prefix) and fact.unit.removeprefix(prefix) in units
        ),
        (0, fact.unit),
    )
    expected = {"%": "per cent", "1": "", "": ""}.get(base, units.get(base, base))
    unsaid = expected in ("items", "establishments", "pieces", "sets", "times") and not noun
    return said == fact.value.scaleb(power) and (unsaid or noun == expected)


# --- growth ------------------------------------------------------------------------------------


def _growth_form(case: _Case, growth: Fact, verbs: Sequence[str]) -> str:
    """How a growth is said, its number and direction left open."""
    priced = growth.price_basis in _FIXED
    if case.zh:
        frame = "同口径" if growth.scope == "same_frame" else ""
        over = f"{growth.label_zh}年均" if growth.measure == "cagr_pct" else f"{frame}同比"
        price = "按可比价计算" if priced else ""
        return rf"{price}{re.escape(over)}(?P<growth>持平|(?:增长|下降){_NUMBER}%)"
    price = " at comparable prices" if priced else ""
    frame = " on a like-for-like basis" if growth.scope == "same_frame" else ""
    over = (
        rf" a year on average {case.time(growth)}"
        if growth.measure == "cagr_pct"
        else " on a year earlier"
    )
    up, down, same = (re.escape(verb) for verb in verbs)
    return rf"(?P<growth>{same}|(?:{up}|{down}) {_NUMBER} per cent){over}{price}{frame}"


def _must_grow(case: _Case, growth: Fact, words: str, verbs: Sequence[str]) -> None:
    """Rise or fall and the number of it are those that were published."""
    found = re.search(_NUMBER, words)
    size = Decimal(found[0]) if found else Decimal(0)
    downs = ("下降", verbs[1])
    signed = -size if words.startswith(downs) else size
    if signed != growth.value or size < 0 or growth.qualifier != "exact":
        raise ValueError(f"{words} ≠ {growth.value.normalize():f}%")


_BESIDE, _ALONE = ("up", "down", "unchanged"), ("rose by", "fell by", "did not change")


# --- kinds -------------------------------------------------------------------------------------


def _level(case: _Case, text: str) -> str:
    fact, *rest = case.of
    growth = rest[0] if rest else None
    if growth is not None and (
        growth.item != fact.item or growth.region != fact.region
        or growth.measure not in ("yoy_growth_pct", "cagr_pct")
        or (growth.measure == "yoy_growth_pct" and growth.period != fact.period)
    ):  # fmt: skip
        return f"{growth.name_zh} 不是 {fact.name_zh} 的增速 is not its growth"
    subject, time = case.subject(case.name(fact)), case.time(fact)
    tail = _growth_form(case, growth, _BESIDE) if growth else ""
    if case.zh:
        form = rf"{time}，{subject}为?(?P<v>{_AMOUNT}){'，' + tail if tail else ''}{_OLD[0]}。"
    else:
        form = (
            rf"{subject} stood at (?P<v>{_AMOUNT_EN}) {time}"
            rf"{', ' + tail if tail else ''}{_OLD[1]}\."
        )
    parts = case.holds(form, text)
    case.must_say(fact, parts["v"])
    if growth:
        _must_grow(case, growth, parts["growth"], _BESIDE)
    case.must_reach(fact, parts.get("until"))
    return "" if fact.is_outturn else "不是实绩 no outturn"


def _growth(case: _Case, text: str) -> str:
    fact = case.of[0]
    tail = _growth_form(case, fact, _ALONE)
    subject = case.subject(case.grown(fact))
    is_average = fact.measure == "cagr_pct"
    if case.zh:
        head = "" if is_average else f"{case.time(fact)}，"
        form = rf"{head}{subject}{tail}{_OLD[0]}。"
    else:
        time = "" if is_average else f" {case.time(fact)}"
        form = rf"{subject} {tail}{time}{_OLD[1]}\."
    parts = case.holds(form, text)
    _must_grow(case, fact, parts["growth"], _ALONE)
    case.must_reach(fact, parts.get("until"))
    return "" if fact.measure in ("yoy_growth_pct", "cagr_pct") else "不是增速 no growth"


def _rounded(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.1'), ROUND_HALF_UP):f}"


def _change(case: _Case, text: str) -> str:
    now, before = case.of
    if case.facts.years_before.get(now.observation_id) != before.observation_id:
        return "两期不可直接比较 the two are not comparable"
    subject = case.subject(case.name(now))
    if case.zh:
        form = (
            rf"{case.time(now)}，{subject}为(?P<a>{_AMOUNT})，按已公布数计算比{case.time(before)}"
            rf"（(?P<b>{_AMOUNT})）(?P<way>增长|下降)(?P<p>{_NUMBER})%。"
        )
    else:
        form = (
            rf"{subject} stood at (?P<a>{_AMOUNT_EN}) {case.time(now)}; computed from the "
            rf"published levels, that is (?P<way>up|down) (?P<p>{_NUMBER}) per cent from "
            rf"(?P<b>{_AMOUNT_EN}) {case.time(before)}\."
        )
    parts = case.holds(form, text)
    case.must_say(now, parts["a"])
    case.must_say(before, parts["b"])
    change = (now.value / before.value - 1) * 100
    right = (_rounded(abs(change)), change > 0)
    return "" if (parts["p"], parts["way"] in ("增长", "up")) == right else f"应为 {change:.1f}%"


def _share(case: _Case, text: str) -> str:
    own, above = case.of
    parent = case.facts.regions.get(case.region[3], ("", "", "", ""))
    if above.region != case.region[3] or (own.indicator, own.period, own.scope, own.unit) != (
        above.indicator, above.period, above.scope, above.unit
    ):  # fmt: skip
        return "不是同一指标、同一时期的上级数字 not the same figure of the region above"
    subject, time = case.subject(case.name(own)), case.time(own)
    if case.zh:
        form = (
            rf"{time}，{subject}（(?P<a>{_AMOUNT})）占{re.escape(parent[0])}"
            rf"（(?P<b>{_AMOUNT})）的(?P<p>{_NUMBER})%。"
        )
    else:
        form = (
            rf"{subject} \((?P<a>{_AMOUNT_EN})\) made up (?P<p>{_NUMBER}) per cent of that in "
            rf"{re.escape(parent[1].split(',')[0])} \((?P<b>{_AMOUNT_EN})\) {time}\."
        )
    parts = case.holds(form, text)
    case.must_say(own, parts["a"])
    case.must_say(above, parts["b"])
    right = _rounded(own.value / above.value * 100)
    return "" if parts["p"] == right else f"应为 should be {right}%"


def _pace(case: _Case, text: str) -> str:
    own, above = case.of
    parent = case.facts.regions.get(case.region[3], ("", "", "", ""))
    if above.region != case.region[3] or (
        own.indicator, own.period, own.scope, own.price_basis
    ) != (above.indicator, above.period, above.scope, above.price_basis):  # fmt: skip
        return "不是同一指标、同一时期的上级增速 not the same growth of the region above"
    tail, subject = _growth_form(case, own, _ALONE), case.subject(case.grown(own))
    if case.zh:
        city = re.escape(parent[0])
        form = (
            rf"{case.time(own)}，{subject}{tail}，增速(?P<way>比|与){city}（(?P<c>{_NUMBER})%）"
            rf"(?P<side>相同|高|低)(?:(?P<gap>{_NUMBER})个百分点)?。"
        )
    else:
        city = re.escape(parent[1].split(",")[0])
        form = (
            rf"{subject} {tail} {case.time(own)}, "
            rf"(?:(?P<gap>{_NUMBER}) percentage points? )?(?P<side>above|below|the same rate as)"
            rf"(?: the rate)? in {city} \((?P<c>{_NUMBER}) per cent\)\."
        )
    parts = case.holds(form, text)
    _must_grow(case, own, parts["growth"], _ALONE)
    if Decimal(parts["c"]) != above.value:
        return f"{parts['c']} ≠ {above.value.normalize():f}"
    gap = own.value - above.value
    sign = {"高": 1, "above": 1, "低": -1, "below": -1}.get(parts["side"], 0)
    if Decimal(parts.get("gap", "0")) * sign != gap or (gap == 0) != (sign == 0):
        return f"应差 the gap is {gap.normalize():f}"
    return ""


def _sisters(case: _Case, text: str) -> str:
    own, *others = case.of
    facts, parent = case.facts, case.facts.regions.get(case.region[3], ("", "", "", ""))
    same = [
        other
        for other in facts.by_indicator[own.indicator]
        if (other.period, other.scope, other.unit, other.price_basis)
        == (own.period, own.scope, own.unit, own.price_basis)
        and other.is_outturn
        and facts.regions.get(other.region, ("", "", "", ""))[2:] == case.region[2:]
    ]
    if {fact.observation_id for fact in same} != {fact.observation_id for fact in case.of}:
        return "所列地区不全 not all regions are among those named"
    if any(fact.qualifier != "exact" for fact in same):
        return "有的数字不是准确值 not all are exact"
    place = 1 + sum(other.value > own.value for other in others)
    count = len(same)
    subject, time = case.subject(case.name(own)), case.time(own)
    city_zh, city_en = re.escape(parent[0]), re.escape(parent[1].split(",")[0])
    shown = {"v": own}
    ends = ""
    for name, value in (("high", max(f.value for f in same)), ("low", min(f.value for f in same))):
        if own.value == value:
            continue
        at_end = sorted((f for f in same if f.value == value), key=lambda f: f.region)
        shown[name] = at_end[0]
        regions = [facts.regions[fact.region] for fact in at_end]
        if case.zh:
            names = "和".join(zh.removeprefix(parent[0]) or zh for zh, *_ in regions)
            word = "最高的是" if name == "high" else "最低的是"
            ends += rf"[；，]{word}{re.escape(names)}（(?P<{name}>{_AMOUNT})）"
        else:
            names = " and ".join(region[1].split(",")[0].strip() for region in regions)
            word = "highest" if name == "high" else "lowest"
            ends += rf"[;,] the {word} was {re.escape(names)} \((?P<{name}>{_AMOUNT_EN})\)"
    if case.zh:
        last = {1: "（首位）", count: "（末位）"}.get(place, "")
        form = (
            rf"{time}，{subject}（(?P<v>{_AMOUNT})）由高到低在{city_zh}(?P<n>\d+)个县（市、区）中"
            rf"居第(?P<k>\d+)位{last}{ends}。"
        )
    else:
        last = {1: "", count: " and last"}.get(place, " highest")
        form = (
            rf"{subject} \((?P<v>{_AMOUNT_EN})\) ranked (?P<k>\d+)(?:st|nd|rd|th){last} among "
            rf"the (?P<n>\d+) county-level divisions of {city_en} {time}{ends}\."
        )
    parts = case.holds(form, text)
    for name, fact in shown.items():
        case.must_say(fact, parts[name])
    right = (place, count)
    said = (int(parts["k"]), int(parts["n"]))
    return "" if said == right else f"应为第{place}位，共{count}个 {place} of {count}"


def _rank(case: _Case, text: str) -> str:
    rank, *rest = case.of
    before = rest[0] if rest else None
    bound = bound_of(rank.qualifier)
    if bound is None or rank.measure != "rank":
        return "不是位次 no rank"
    number = f"{rank.value.normalize():f}"
    if case.zh:
        said = re.escape(bound.rank[0].format(number))
        moved = (
            rf"，(?:与{case.time(before)}(?P<same>持平)|比{case.time(before)}(?P<way>上升|下降)"
            rf"(?P<gap>\d+)位)"
            if before
            else ""
        )
        form = rf"{case.time(rank)}，{case.subject(rank.name_zh)}{said}{moved}。"
    else:
        said = rf"{number}(?:st|nd|rd|th)"
        if rank.qualifier != "exact":
            said = re.escape(bound.rank[1].format(number))
        moved = (
            rf", (?:as {case.time(before)}(?P<same>)|(?P<gap>\d+) places? (?P<way>higher|lower) "
            rf"than {case.time(before)})"
            if before
            else ""
        )
        form = (
            rf"{re.escape(rank.name_en)}: {re.escape(case.short)} was {said} "
            rf"{case.time(rank)}{moved}\."
        )
    parts = case.holds(form, text)
    if before is None:
        return ""
    if (before.indicator, before.region, before.scope) != (
        rank.indicator, rank.region, rank.scope
    ) or not (before.end < rank.end and before.qualifier == rank.qualifier == "exact"):  # fmt: skip
        return "两个位次不可比 the two ranks are not comparable"
    rise = before.value - rank.value
    way = {"上升": 1, "higher": 1, "下降": -1, "lower": -1}.get(parts.get("way", ""), 0)
    right = Decimal(parts.get("gap", "0")) * way == rise and ("same" in parts) == (rise == 0)
    return "" if right else f"位次变动应为 the rank moved by {rise.normalize():f}"


def _series(case: _Case, text: str) -> str:
    points = list(case.of)
    first, last = points[0], points[-1]
    for before, after in pairwise(points):
        if (before.indicator, before.region, before.scope, before.unit, before.period_kind) != (
            after.indicator, after.region, after.scope, after.unit, after.period_kind
        ) or before.end >= after.end:  # fmt: skip
            return "不是同一序列 not one series"
    for indicator, region, begins in case.facts.breaks:
        is_own = indicator == first.indicator and region in (None, first.region)
        if is_own and first.start < begins <= last.end:
            return f"序列在 {begins} 中断 the series breaks at {begins}"
    if any(point.qualifier != "exact" or not point.is_outturn for point in points):
        return "有的数字不是准确值或实绩 not all are exact outturns"
    subject = case.subject(case.name(last))
    share = last.measure in ("share_pct", "ratio")
    if case.zh:
        words = "升至|降至" if share else "增至|减至"
        form = (
            rf"{case.time(first)}至{case.time(last)}，{subject}由(?P<a>{_AMOUNT})"
            rf"(?P<way>{words})(?P<b>{_AMOUNT})。"
        )
    else:
        form = (
            rf"{subject} (?P<way>rose|fell) from (?P<a>{_AMOUNT_EN}) {case.time(first)} to "
            rf"(?P<b>{_AMOUNT_EN}) {case.time(last)}\."
        )
    parts = case.holds(form, text)
    case.must_say(first, parts["a"])
    case.must_say(last, parts["b"])
    rises = parts["way"] in ("升至", "增至", "rose")
    right = last.value != first.value and rises == (last.value > first.value)
    return "" if right else f"{parts['way']}：{first.value:f} → {last.value:f}"


def _target(case: _Case, text: str) -> str:
    target, *rest = case.of
    outturn = rest[0] if rest else None
    if target.figure_kind != "target":
        return "不是目标 no target"
    if outturn is not None and not (
        outturn.is_outturn and outturn.region == target.region and outturn.unit == target.unit
        and outturn.item == target.item and outturn.end < target.end
    ):  # fmt: skip
        return "不是这一目标的实绩 no outturn of this target"
    if case.zh:
        subject = case.subject(target.name_zh.removesuffix("目标"))
        more = rf"；{case.time(outturn)}实际为(?P<o>{_AMOUNT})" if outturn else ""
        form = rf"{case.time(target)}{subject}的目标是(?P<v>{_AMOUNT}){more}。"
    else:
        subject = case.subject(re.sub(r",? target$", "", target.name_en))
        more = rf"; the outturn {case.time(outturn)} was (?P<o>{_AMOUNT_EN})" if outturn else ""
        form = rf"{subject}: the target {case.time(target)} is (?P<v>{_AMOUNT_EN}){more}\."
    parts = case.holds(form, text)
    case.must_say(target, parts["v"])
    if outturn is not None:
        case.must_say(outturn, parts["o"])
    return ""


def _finding(case: _Case, text: str) -> str:
    used, other = case.of
    if (used.observation_id, other.observation_id) not in case.facts.disputes:
        return "没有这样一条未了结的发现 no such open finding"
    subject, time = case.subject(case.name(used)), case.time(used)
    if case.zh:
        form = (
            rf"关于{time}{subject}，两份文件说法不一：一为(?P<a>{_AMOUNT})（本处采用），"
            rf"一为(?P<b>{_AMOUNT})。"
        )
    else:
        form = (
            rf"{subject} {time}: two documents differ\. One has (?P<a>{_AMOUNT_EN}) \(used here\), "
            rf"the other (?P<b>{_AMOUNT_EN})\."
        )
    parts = case.holds(form, text)
    case.must_say(used, parts["a"])
    case.must_say(other, parts["b"])
    return "" if used.is_headline else "采用的不是主数 the one used is no headline"


_KINDS: Mapping[str, Callable[[_Case, str], str]] = {
    "level": _level,
    "growth": _growth,
    "change": _change,
    "share": _share,
    "pace": _pace,
    "sisters": _sisters,
    "rank": _rank,
    "series": _series,
    "target": _target,
    "finding": _finding,
}
