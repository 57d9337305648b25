"""The sentences that rules ask for, in Chinese and in English, best first.

Belongs here: choosing figures and wording, pure: what is known in, sentences out. Does not belong
here: reading (``known``), drawing and files, and whether a sentence is true (``check``, which
concludes it anew).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from orchestration.bounds import EXACT
from orchestration.publish.paper.brief_model import Entry, Part, Selection, Sentence, select
from orchestration.publish.paper.figures import Figure, figure_words, printed_unit
from orchestration.publish.printed import decimal_text, text_width
from orchestration.publish.prose import english
from orchestration.publish.prose.known import Known
from orchestration.publish.prose.rules import Kind, Rule, shipped_rules

DISTRICT = "district"
"""The theme of a text about the region as a whole."""

_WHOLE = {end: f"全{end}" for end in "区县市省州盟旗"}
_GROWN = re.compile(r"(.+?)(?:同比|年均|环比)?(?:增速|增长率|增幅)")
_MONTHS = re.compile(r"(\d{4})年(\d+)月至\1年(\d+)月")
_PARTS_OF_A_YEAR = {("1", "3"): "一季度", ("1", "6"): "上半年", ("1", "9"): "前三季度"}
_LEVELS = frozenset({"level", "count"})
_SHARES = frozenset({"share_pct", "ratio"})
_LONGEST_NAME = 64
_FIXED_PRICES = ("comparable", "constant")
_LONGER_THAN_A_YEAR = 366
_LAST = {0: ("（首位）", ""), -1: ("（末位）", " and last")}
_MOST_AT_AN_END = 2
_SIMULATED = ("（模拟数据）", " (simulated data)")


@dataclass(frozen=True)
class _Draft:
    """A sentence before it ends: ``until`` is the year that old data reach."""

    rule: Rule
    zh: Sequence[Part]
    en: Sequence[Part]
    of: Sequence[Figure]
    until: int | None = None


@dataclass(frozen=True)
class Told:
    """A sentence, why it was written, and what it follows from.

    Attributes:
        rule_id: The rule of ``expectations/prose`` that asked for it.
        zh, en: Texts, and texts with the figure that they say.
        of: The observations it follows from, in the order that its kind has.
    """

    rule_id: str
    kind: Kind
    zh: Sentence
    en: Sentence
    of: tuple[str, ...]


def told(
    known: Known,
    region: str | None = None,
    theme: str | None = None,
    *,
    most: int | None = None,
    rules: Sequence[Rule] | None = None,
) -> list[Told]:
    """The sentences about a region, best first: one of each rule, then a second of each.

    Args:
        known: What they are written from.
        region: Its code; the district of the release when left out.
        theme: Of this theme alone; of all themes, as a text about the whole, when left out.
        most: How many at most.
        rules: Those to follow; the shipped ones when left out.
    """
    teller = _Teller(known, region or known.district, theme)
    followed = [
        rule
        for rule in (shipped_rules() if rules is None else rules)
        if not rule.themes or (theme or DISTRICT) in rule.themes
    ]
    candidates = [_KINDS[rule.kind](teller, rule) for rule in followed]
    found: list[_Draft] = []
    said: set[str] = set()
    for turn in range(max((rule.at_most for rule in followed), default=0)):
        for rule, own in zip(followed, candidates, strict=True):
            draft = _next_new(own, said) if turn < rule.at_most else None
            if draft is not None:
                found.append(draft)
                said.update(one.observation_id for one in draft.of)
    return _finished(found if most is None else found[:most])


def _next_new(candidates: Iterator[_Draft], said: Collection[str]) -> _Draft | None:
    """The next that does not merely repeat what was said."""
    return next(
        (one for one in candidates if not {f.observation_id for f in one.of} <= set(said)), None
    )


def _finished(drafts: Sequence[_Draft]) -> list[Told]:
    """Simulated figures are called so; until when data reach is said once for each year."""
    found: list[Told] = []
    years: set[int] = set()
    for draft in drafts:
        zh, en = draft.zh, draft.en
        if draft.until is not None and draft.until not in years:
            years.add(draft.until)
            zh = (*zh, f"（数据截至{draft.until}年）")
            en = (*en, f" (data up to {draft.until})")
        if any(figure.is_simulated for figure in draft.of):
            zh, en = (*zh, _SIMULATED[0]), (*en, _SIMULATED[1])
        found.append(
            Told(draft.rule.id, draft.rule.kind, _joined(*zh, "。"), _joined(*en, "."),
                 tuple(figure.observation_id for figure in draft.of))
        )  # fmt: skip
    return found


def plain(sentence: Sentence) -> str:
    """The sentence as text."""
    return "".join(part if isinstance(part, str) else part[0] for part in sentence)


class _Teller:
    """What every kind looks at: the figures of a region and a theme, the weightiest first."""

    def __init__(self, known: Known, region: str, theme: str | None) -> None:
        self.known, self.code, self.words = known, region, known.words
        self.region = known.regions.get(region)
        self.own = [
            figure
            for figure in known.figures
            if figure.region_code == region and (theme is None or figure.theme == theme)
        ]
        self.selection: Selection = select(self.own, known.scorecard, known.ranked, known.words)
        self.is_whole = theme is None
        self.by_id = {figure.observation_id: figure for figure in known.figures}
        self.places = {code: place for place, code in enumerate(known.scorecard)}
        self.entries = self._ordered(self.selection.entries)

    def _ordered(self, entries: Sequence[Entry]) -> list[Entry]:
        """Those of the leaders' sheet first, and of these the newest first."""
        found = [
            entry
            for entry in entries
            if text_width(entry.figure.name_zh) <= _LONGEST_NAME
            and (entry.figure.indicator_code in self.places or not self.is_whole or not self.places)
        ]
        place = {id(entry): number for number, entry in enumerate(entries)}
        found.sort(key=lambda entry: (
            entry.figure.indicator_code not in self.places,
            is_long(entry.figure),
            -entry.figure.period_end.year,
            place[id(entry)],
        ))  # fmt: skip
        return found

    @property
    def whole(self) -> str:
        """全区, 全县, 全市: what the region is called in a sentence about it."""
        return whole_of(self.known, self.code)

    @property
    def name_en(self) -> str:
        """The region in an English sentence."""
        return english.short_name(self.region.en if self.region else "") or self.code

    def subject(self, name: str) -> str:
        """The name of an indicator with whose it is; said once."""
        return name if name.startswith(("全", self.whole)) else f"{self.whole}{name}"

    def about(self, name_en: str) -> str:
        """The same in English."""
        return f"{name_en} in {self.name_en}"

    def wanted(self, rule: Rule, figures: Iterable[Figure]) -> Iterator[Figure]:
        """Those that a rule asks for."""
        for figure in figures:
            if not rule.indicators or figure.indicator_code in rule.indicators:
                yield figure

    def newest(self) -> Iterator[Figure]:
        """The newest figure of each indicator and its growth, the weightiest first."""
        seen: set[str] = set()
        for entry in self.entries:
            for figure in (entry.figure, entry.growth):
                if figure is not None and figure.observation_id not in seen:
                    seen.add(figure.observation_id)
                    yield figure

    def until(self, rule: Rule, figure: Figure) -> int | None:
        """The year that the data of an indicator reach, where that is long ago."""
        day = self.known.day
        months = (day.year - figure.period_end.year) * 12 + day.month - figure.period_end.month
        is_last = not any(
            other.indicator_code == figure.indicator_code
            and other.is_outturn
            and other.is_of_region
            and other.period_end > figure.period_end
            for other in self.own
        )
        is_old = months >= rule.parameters.old_after_months
        return figure.period_end.year if is_old and is_last else None


def whole_of(known: Known, code: str) -> str:
    """What a region is called in a sentence about it: 全区, 全县, 全市; its name otherwise."""
    region = known.regions.get(code)
    name = region.zh if region else ""
    return _WHOLE.get(name[-1:], name)


# --- words -------------------------------------------------------------------------------------


def is_long(figure: Figure) -> bool:
    """Whether it is a total over more than a year."""
    return (figure.period_end - figure.period_start).days > _LONGER_THAN_A_YEAR


def when(figure: Figure) -> str:
    """2022年, 2024年末, 2024年上半年, 2024年1—5月."""
    if figure.period_kind == "point" and figure.period == f"{figure.period[:4]}-12":
        return f"{figure.period[:4]}年末"
    found = _MONTHS.fullmatch(figure.period_zh)
    if not found:
        return figure.period_zh
    part = _PARTS_OF_A_YEAR.get((found[2], found[3]), f"{found[2]}—{found[3]}月")
    return f"{found[1]}年{part}"


def grown_thing(name_zh: str) -> str:
    """What grew: the name of a growth without 增速; '' where it is no such name."""
    found = _GROWN.fullmatch(name_zh)
    return found[1] if found else ""


def one_decimal(value: Decimal) -> str:
    """A computed number as it is printed."""
    rounded = value.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return format(rounded, "f")


def _joined(*parts: Part) -> Sentence:
    """Neighbouring texts as one, nothing empty."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part:
            found.append(part)
    return tuple(found)


def _up(text: str) -> str:
    return text[:1].upper() + text[1:]


def _growth_zh(growth: Figure) -> list[Part]:
    """，按可比价计算同比增长4.9%."""
    price = "按可比价计算" if growth.price_basis in _FIXED_PRICES else ""
    frame = "同口径" if growth.scope == "same_frame" else ""
    over = f"{growth.period_zh}年均" if growth.measure == "cagr_pct" else f"{frame}同比"
    return [f"{price}{over}", (figure_words(growth, {}), growth)]


def _growth_en(growth: Figure, verbs: tuple[str, str, str]) -> list[Part]:
    """Up 4.9 per cent on a year earlier at comparable prices."""
    price = " at comparable prices" if growth.price_basis in _FIXED_PRICES else ""
    frame = " on a like-for-like basis" if growth.scope == "same_frame" else ""
    over = (
        f" a year on average {english.when(growth)}"
        if growth.measure == "cagr_pct"
        else " on a year earlier"
    )
    if growth.value == 0:
        return [(verbs[2], growth), f"{over}{price}{frame}"]
    verb = verbs[0] if growth.value > 0 else verbs[1]
    return [(f"{verb} {decimal_text(abs(growth.value))} per cent", growth),
            f"{over}{price}{frame}"]  # fmt: skip


_BESIDE = ("up", "down", "unchanged")
_ALONE = ("rose by", "fell by", "did not change")


# --- kinds -------------------------------------------------------------------------------------


def _level(teller: _Teller, rule: Rule) -> Iterator[_Draft]:
    """2022年，全区…为90.2亿元，按可比价计算同比增长4.9%。."""
    for entry in teller.entries:
        figure = entry.figure
        if figure.measure not in _LEVELS | _SHARES or not list(teller.wanted(rule, [figure])):
            continue
        growth = entry.growth if entry.growth and entry.growth.qualifier == EXACT else None
        zh: list[Part] = [
            f"{when(figure)}，{teller.subject(figure.name_zh)}",
            "" if figure.qualifier != EXACT and figure.measure in _LEVELS else "为",
            (figure_words(figure, teller.words), figure),
        ]
        en: list[Part] = [
            f"{_up(teller.about(figure.name_en))} stood at ",
            (english.amount(figure, teller.words), figure),
            f" {english.when(figure)}",
        ]
        if growth is not None:
            zh += ["，", *_growth_zh(growth)]
            en += [", ", *_growth_en(growth, _BESIDE)]
        of = [figure, *([growth] if growth else [])]
        yield _Draft(rule, zh, en, of, teller.until(rule, figure))


def _growth(teller: _Teller, rule: Rule) -> Iterator[_Draft]:
    """2024年1—5月，全区固定资产投资同比增长5.2%。."""
    for figure in teller.wanted(rule, (entry.figure for entry in teller.entries)):
        thing, thing_en = grown_thing(figure.name_zh), english.grown_thing(figure.name_en)
        if not (figure.measure in ("yoy_growth_pct", "cagr_pct") and thing and thing_en):
            continue
        if figure.qualifier != EXACT or _is_compared(teller, figure):
            continue
        is_average = figure.measure == "cagr_pct"
        head = teller.subject(thing) if is_average else f"{when(figure)}，{teller.subject(thing)}"
        at_en = "" if is_average else f" {english.when(figure)}"
        yield _Draft(
            rule,
            (head, *_growth_zh(figure)),
            (f"{_up(teller.about(thing_en))} ", *_growth_en(figure, _ALONE), at_en),
            [figure],
            teller.until(rule, figure),
        )


def _change(teller: _Teller, rule: Rule) -> Iterator[_Draft]:
    """…，按已公布数计算，比上年（449.7亿元）增长5.2%。."""
    with_growth = {e.figure.observation_id for e in teller.entries if e.growth is not None}
    for figure in teller.wanted(rule, teller.newest()):
        derived = teller.known.derived.get(figure.observation_id)
        before = teller.by_id.get(derived.before or "") if derived else None
        if (
            derived is None or before is None or derived.change_pct is None
            or before.value <= 0
            or figure.observation_id in with_growth or figure.measure not in _LEVELS
            or (figure.qualifier, before.qualifier) != (EXACT, EXACT)
        ):  # fmt: skip
            continue
        change = (figure.value / before.value - 1) * 100
        size = one_decimal(abs(change))
        if size == "0.0":
            continue
        zh_verb, en_verb = ("增长", "up") if change > 0 else ("下降", "down")
        now, was = figure_words(figure, teller.words), figure_words(before, teller.words)
        yield _Draft(
            rule,
            (f"{when(figure)}，{teller.subject(figure.name_zh)}为", (now, figure),
             f"，按已公布数计算比{when(before)}（", (was, before), f"）{zh_verb}{size}%"),
            (f"{_up(teller.about(figure.name_en))} stood at ",
             (english.amount(figure, teller.words), figure),
             f" {english.when(figure)}; computed from the published levels, that is "
             f"{en_verb} {size} per cent from ", (english.amount(before, teller.words), before),
             f" {english.when(before)}"),
            [figure, before],
        )  # fmt: skip


def _share(teller: _Teller, rule: Rule) -> Iterator[_Draft]:
    """…占宁波市（18715.6亿元）的5.5%。."""
    for figure in teller.wanted(rule, teller.newest()):
        derived = teller.known.derived.get(figure.observation_id)
        above = teller.by_id.get(derived.above or "") if derived else None
        if (
            derived is None or above is None or derived.share is None
            or above.value <= 0
            or figure.measure not in _LEVELS
            or (figure.qualifier, above.qualifier) != (EXACT, EXACT)
        ):  # fmt: skip
            continue
        size = one_decimal(figure.value / above.value * 100)
        if size == "0.0":
            continue
        city = teller.known.regions.get(above.region_code)
        city_en = english.short_name(city.en if city else above.region_en)
        yield _Draft(
            rule,
            (f"{when(figure)}，{teller.subject(figure.name_zh)}（",
             (figure_words(figure, teller.words), figure), f"）占{above.region_zh}（",
             (figure_words(above, teller.words), above), f"）的{size}%"),
            (f"{_up(teller.about(figure.name_en))} (",
             (english.amount(figure, teller.words), figure),
             f") made up {size} per cent of that in {city_en} (",
             (english.amount(above, teller.words), above), f") {english.when(figure)}"),
            [figure, above],
        )  # fmt: skip


def _pace(teller: _Teller, rule: Rule) -> Iterator[_Draft]:
    """…同比增长4.9%，增速比宁波市（3.5%）高1.4个百分点。."""
    there = _above(teller)
    listed = (figure for figure in _growths(teller) if figure.qualifier == EXACT)
    for figure in teller.wanted(rule, listed):
        other = there.get(_growth_key(figure))
        thing, thing_en = grown_thing(figure.name_zh), english.grown_thing(figure.name_en)
        if other is None or not thing or not thing_en:
            continue
        city = teller.known.regions.get(other.region_code)
        city_en = english.short_name(city.en if city else other.region_en)
        gap = figure.value - other.value
        zh: list[Part]
        en: list[Part]
        rate = (f"{decimal_text(other.value)}%", other)
        rate_en = (f"{decimal_text(other.value)} per cent", other)
        if gap == 0:
            zh = ["，增速与", other.region_zh, "（", rate, "）相同"]
            en = [f", the same rate as in {city_en} (", rate_en, ")"]
        else:
            side, side_en = ("高", "above") if gap > 0 else ("低", "below")
            points = decimal_text(abs(gap))
            zh = ["，增速比", other.region_zh, "（", rate, f"）{side}{points}个百分点"]
            en = [f", {points} percentage {'point' if points == '1' else 'points'} {side_en} "
                  f"the rate in {city_en} (", rate_en, ")"]  # fmt: skip
        yield _Draft(
            rule,
            (f"{when(figure)}，{teller.subject(thing)}", *_growth_zh(figure), *zh),
            (f"{_up(teller.about(thing_en))} ", *_growth_en(figure, _ALONE),
             f" {english.when(figure)}", *en),
            [figure, other],
        )  # fmt: skip


def _above(teller: _Teller) -> dict[tuple[str, ...], Figure]:
    """The published growths of the region above."""
    parent = teller.region.parent if teller.region else ""
    return {
        _growth_key(figure): figure
        for figure in teller.known.figures
        if figure.region_code == parent
        and figure.is_outturn
        and figure.is_of_region
        and figure.measure == "yoy_growth_pct"
        and figure.qualifier == EXACT
    }


def _growth_key(figure: Figure) -> tuple[str, ...]:
    """What two growths must share before they are compared."""
    return (figure.indicator_code, figure.period, figure.scope, figure.price_basis, figure.unit)


def _is_compared(teller: _Teller, figure: Figure) -> bool:
    """Whether another sentence says this growth beside that of the region above."""
    return figure.measure == "yoy_growth_pct" and _growth_key(figure) in _above(teller)


def _growths(teller: _Teller) -> list[Figure]:
    """Growths on a year earlier: of what the leaders ask for first, the newest first."""
    newest: dict[str, Figure] = {}
    for figure in teller.own:
        if figure.measure == "yoy_growth_pct" and figure.is_outturn and figure.is_of_region:
            held = newest.get(figure.indicator_code)
            if held is None or figure.period_end >= held.period_end:
                newest[figure.indicator_code] = figure
    order = {figure.observation_id: place for place, figure in enumerate(teller.newest())}
    return sorted(newest.values(), key=lambda figure: (
        -figure.period_end.year,
        order.get(figure.observation_id, len(order)),
        teller.places.get(figure.indicator_code, len(teller.places)),
        figure.indicator_code,
    ))  # fmt: skip


def _sisters(teller: _Teller, rule: Rule) -> Iterator[_Draft]:
    """…在宁波市所辖10个县（市、区）中居第9位；最高的是…，最低的是…。."""
    candidates = [*teller.newest(), *_ranked_before(teller)]
    seen: set[str] = set()
    for figure in teller.wanted(rule, candidates):
        derived = teller.known.derived.get(figure.observation_id)
        if (
            derived is None or derived.rank is None or derived.of_regions is None
            or figure.qualifier != EXACT or figure.indicator_code in seen
        ):  # fmt: skip
            continue
        beside = _beside(teller, figure)
        if len(beside) != derived.of_regions or len(beside) > rule.parameters.at_most_regions:
            continue
        if any(one.qualifier != EXACT for one in beside) or len(beside) < 3:
            continue
        draft = _place(teller, rule, figure, beside)
        if draft is not None:
            seen.add(figure.indicator_code)
            yield draft


def _ranked_before(teller: _Teller) -> list[Figure]:
    """Figures with a place among all regions, the newest of each indicator first."""
    found = [
        figure
        for figure in teller.own
        if figure.is_outturn and figure.is_of_region
        and figure.indicator_code in teller.places
        and (derived := teller.known.derived.get(figure.observation_id)) is not None
        and derived.rank is not None
    ]  # fmt: skip
    return sorted(found, key=lambda f: (-f.period_end.year, teller.places[f.indicator_code]))


def _beside(teller: _Teller, figure: Figure) -> list[Figure]:
    """The same figure of every sister region, the greatest first; its own too."""
    regions, own = teller.known.regions, teller.region
    if own is None:
        return []
    same = [
        other
        for other in teller.known.figures
        if (other.indicator_code, other.period, other.scope, other.unit, other.price_basis)
        == (figure.indicator_code, figure.period, figure.scope, figure.unit, figure.price_basis)
        and other.is_outturn and other.is_of_region
        and (region := regions.get(other.region_code)) is not None
        and (region.parent, region.kind) == (own.parent, own.kind)
    ]  # fmt: skip
    return sorted(same, key=lambda other: (-other.value, other.region_code))


def _place(teller: _Teller, rule: Rule, figure: Figure, beside: Sequence[Figure]) -> _Draft | None:
    """The place of a figure with both ends of the list; none where an end is shared by many."""
    place = 1 + sum(other.value > figure.value for other in beside)
    count = len(beside)
    parent = teller.known.regions.get(teller.region.parent if teller.region else "")
    city, city_en = (parent.zh, english.short_name(parent.en)) if parent else ("", "")
    last_zh, last_en = _LAST.get(place - 1 if place == 1 else place - count - 1, ("", " highest"))
    zh: list[Part] = [
        f"{when(figure)}，{teller.subject(figure.name_zh)}（",
        (_number_zh(figure), figure),
        f"）由高到低在{city}{count}个县（市、区）中居第{place}位{last_zh}",
    ]
    en: list[Part] = [
        f"{_up(teller.about(figure.name_en))} (",
        (english.amount(figure, teller.words), figure),
        f") ranked {english.ordinal(Decimal(place))}{last_en} among the {count} "
        f"county-level divisions of {city_en} {english.when(figure)}",
    ]
    mark = "；", ";"
    for value, zh_word, en_word in (
        (beside[0].value, "最高的是", "the highest was"),
        (beside[-1].value, "最低的是", "the lowest was"),
    ):
        there = [other for other in beside if other.value == value]
        if figure in there:
            continue
        if len(there) > _MOST_AT_AN_END:
            return None
        names = "和".join(_short(other.region_zh, city) for other in there)
        names_en = " and ".join(english.short_name(other.region_en) for other in there)
        zh += [f"{mark[0]}{zh_word}{names}（", (_number_zh(there[0]), there[0]), "）"]
        en += [f"{mark[1]} {en_word} {names_en} (",
               (english.amount(there[0], teller.words), there[0]), ")"]  # fmt: skip
        mark = "，", ","
    return _Draft(rule, zh, en, [figure, *(other for other in beside if other != figure)])


def _number_zh(figure: Figure) -> str:
    """A figure as a number, growth too: its direction is its sign."""
    if figure.is_growth:
        return f"{decimal_text(figure.value)}{printed_unit(figure.unit)}"
    return figure_words(figure, {})


def _short(name: str, city: str) -> str:
    """A region without its city: 宁波市鄞州区 is 鄞州区."""
    return name.removeprefix(city) or name


def _rank(teller: _Teller, rule: Rule) -> Iterator[_Draft]:
    """2023年，全区研发经费投入强度全省排名第18，比2020年下降6位。."""
    ranks = [e.rank for e in teller.entries if e.rank is not None] + list(teller.selection.ranks)
    ranks = [r for r in dict.fromkeys(ranks) if text_width(r.name_zh) <= _LONGEST_NAME]
    ranks.sort(key=lambda rank: (is_long(rank), -rank.period_end.year))
    for rank in teller.wanted(rule, ranks):
        earlier = teller.selection.before.get(rank.observation_id)
        zh: list[Part] = [f"{when(rank)}，{teller.subject(rank.name_zh)}",
                          (figure_words(rank, teller.words), rank)]  # fmt: skip
        en: list[Part] = [f"{rank.name_en}: {teller.name_en} was ", (english.place(rank), rank),
                          f" {english.when(rank)}"]  # fmt: skip
        of = [rank]
        if earlier is not None:
            of.append(earlier)
            places = earlier.value - rank.value
            size = decimal_text(abs(places))
            if places == 0:
                zh.append(f"，与{when(earlier)}持平")
                en.append(f", as {english.when(earlier)}")
            else:
                zh.append(f"，比{when(earlier)}{'上升' if places > 0 else '下降'}{size}位")
                way = "higher" if places > 0 else "lower"
                en.append(f", {size} {'place' if size == '1' else 'places'} {way} than "
                          f"{english.when(earlier)}")  # fmt: skip
        yield _Draft(rule, zh, en, of)


def _series(teller: _Teller, rule: Rule) -> Iterator[_Draft]:
    """2013年至2022年，全区…由a增至b。."""
    for newest in teller.wanted(rule, teller.newest()):
        points = _points(teller, rule, newest)
        if len(points) < rule.parameters.min_points:
            continue
        first, last = points[0], points[-1]
        if first.value == last.value:
            continue
        is_up = last.value > first.value
        is_share = newest.measure in _SHARES
        zh_verb = ("升至" if is_up else "降至") if is_share else ("增至" if is_up else "减至")
        yield _Draft(
            rule,
            (f"{when(first)}至{when(last)}，{teller.subject(last.name_zh)}由",
             (figure_words(first, teller.words), first), zh_verb,
             (figure_words(last, teller.words), last)),
            (f"{_up(teller.about(last.name_en))} {'rose' if is_up else 'fell'} from ",
             (english.amount(first, teller.words), first), f" {english.when(first)} to ",
             (english.amount(last, teller.words), last), f" {english.when(last)}"),
            points,
        )  # fmt: skip


def _points(teller: _Teller, rule: Rule, newest: Figure) -> list[Figure]:
    """The exact yearly figures of a series since its last break, oldest first."""
    if newest.measure not in _LEVELS | _SHARES:
        return []
    same = [
        figure
        for figure in teller.own
        if (figure.indicator_code, figure.scope, figure.unit, figure.price_basis)
        == (newest.indicator_code, newest.scope, newest.unit, newest.price_basis)
        and figure.is_outturn and figure.is_of_region and figure.qualifier == EXACT
        and figure.obs_status not in ("B", "D", "F")
        and _is_yearly(figure)
    ]  # fmt: skip
    if not same:
        return []
    same.sort(key=lambda figure: (figure.period_end, figure.period))
    kind = same[-1].period_kind
    earliest = same[-1].period_end.year - rule.parameters.years
    begins = [
        one.begins_on
        for one in teller.known.breaks
        if one.indicator_code == newest.indicator_code
        and one.region_code in (None, teller.code)
        and one.begins_on <= same[-1].period_end
    ]
    since = max(begins, default=None)
    return [
        figure
        for figure in same
        if figure.period_kind == kind
        and figure.period_end.year >= earliest
        and (since is None or figure.period_start >= since)
    ]


def _is_yearly(figure: Figure) -> bool:
    return figure.period_kind == "annual" or (
        figure.period_kind == "point" and figure.period == f"{figure.period[:4]}-12"
    )


def _target(teller: _Teller, rule: Rule) -> Iterator[_Draft]:
    """2026年，全区…的目标是1000家；2025年为900家。."""
    targets = [t for t in teller.selection.targets if text_width(t.name_zh) <= _LONGEST_NAME]
    outturns = {
        (entry.figure.mart, entry.figure.item, entry.figure.unit): entry.figure
        for entry in teller.selection.entries
        if entry.figure.item and entry.figure.measure in _LEVELS | _SHARES
    }
    for target in teller.wanted(rule, targets):
        name = target.name_zh.removesuffix("目标")
        name_en = target.name_en.removesuffix(", target").removesuffix(" target")
        outturn = outturns.get((target.mart, target.item, target.unit))
        zh: list[Part] = [f"{when(target)}{teller.subject(name)}的目标是",
                          (figure_words(target, teller.words), target)]  # fmt: skip
        en: list[Part] = [f"{_up(teller.about(name_en))}: the target {english.when(target)} is ",
                          (english.amount(target, teller.words), target)]  # fmt: skip
        of = [target]
        if outturn is not None and outturn.period_end < target.period_end:
            of.append(outturn)
            zh += [f"；{when(outturn)}实际为", (figure_words(outturn, teller.words), outturn)]
            en += [f"; the outturn {english.when(outturn)} was ",
                   (english.amount(outturn, teller.words), outturn)]  # fmt: skip
        yield _Draft(rule, zh, en, of)


def _finding(teller: _Teller, rule: Rule) -> Iterator[_Draft]:
    """…两份文件说法不一：一为a（本处采用），一为b。."""
    own = {figure.observation_id for figure in teller.own}
    for one, other in teller.known.disputes:
        used = teller.by_id.get(one)
        against = teller.known.others.get(other) or teller.by_id.get(other)
        if used is None or against is None or one not in own:
            continue
        if not list(teller.wanted(rule, [used])):
            continue
        yield _Draft(
            rule,
            (f"关于{when(used)}{teller.subject(used.name_zh)}，两份文件说法不一：一为",
             (figure_words(used, teller.words), used), "（本处采用），一为",
             (figure_words(against, teller.words), against)),
            (f"{_up(teller.about(used.name_en))} {english.when(used)}: two documents differ. "
             "One has ", (english.amount(used, teller.words), used),
             " (used here), the other ", (english.amount(against, teller.words), against)),
            [used, against],
        )  # fmt: skip


_KINDS: Mapping[Kind, Callable[[_Teller, Rule], Iterator[_Draft]]] = {
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

__all__ = ["DISTRICT", "Told", "plain", "told"]
