"""What the release knows that a text may speak of: figures of every vintage, their names, regions.

Belongs here: reading them, and finding names in a text. Does not belong here: numbers of a text
(``mentions``) and what is concluded (``verdicts``).

Indicators that are about one thing are one subject: a level, its growth, its rank.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from orchestration.factcheck.mentions import Unit, Units, plain
from orchestration.text import same

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

GROWTHS: Final = frozenset({"yoy_growth_pct", "mom_growth_pct", "cagr_pct", "target_growth_pct"})
SHORTEST_NAME: Final = 2
LEAST_BEGUN: Final = 4
"""So many signs of a name that was cut have to be there."""
_IN_BRACKETS: Final = re.compile(r"[(（][^()（）]*[)）]")
_BEHIND_SUBJECT: Final = re.compile(
    r"(?:名义|可比价)?(?:同比|环比|年均)?(?:复合)?(?:增速|增长率|增长|增幅|涨幅)$"
    r"|(?:全市|全省|全国|在.{1,12})?(?:排名|位次|名次)$|目标(?:值)?$"
    r"|, (?:year-on-year|average annual) growth$"
)


@dataclass(frozen=True)
class Figure:
    """A published figure in one of its versions."""

    observation_id: str
    indicator: str
    name: str
    name_en: str
    region: str
    period: str
    start: date
    end: date
    period_kind: str
    measure: str
    scope: str
    breakdown: str
    value: Decimal
    unit: str
    qualifier: str
    figure_kind: str
    subject: str
    locality: str
    known_from: date
    known_to: date | None
    is_headline: bool
    is_stock: bool
    dimension: str
    factor: Decimal
    source: str
    place: str

    @property
    def reference(self) -> Decimal:
        """In the reference unit of its dimension."""
        return self.value * self.factor

    @property
    def is_current(self) -> bool:
        return self.known_to is None

    @property
    def is_growth(self) -> bool:
        return self.measure in GROWTHS

    @property
    def is_whole(self) -> bool:
        """It is about all of the region itself."""
        return self.breakdown == self.subject == self.locality == "_T"


@dataclass(frozen=True)
class Name:
    """A name that stands in a text, and the subjects that may be meant."""

    start: int
    end: int
    subjects: frozenset[str]
    indicators: frozenset[str]


@dataclass(frozen=True)
class Region:
    """A region."""

    code: str
    name: str
    name_en: str
    kind: str
    parent: str | None
    is_past: bool


_FIGURES: Final = """
select
    o.observation_id, o.indicator_code, o.indicator_name_zh, o.indicator_name_en, o.region_code,
    o.period, o.period_start, o.period_end, o.period_kind, o.measure, o.scope, o.breakdown, o.value,
    coalesce(o.unit, ''), o.qualifier, o.figure_kind, o.subject, o.locality, o.known_from,
    o.known_to, o.is_headline, coalesce(i.is_stock, false), coalesce(u.dimension, ''),
    coalesce(u.factor, 1), d.title_zh,
    concat_ws('; ', o.source_place, o.delivery_place)
from core.observation as o
inner join core.indicator as i on o.indicator_code = i.indicator_code
left join meta.unit as u on o.unit = u.unit
left join core.source_document as d on o.source_document = d.source_document
where o.value is not null and o.conf_status = 'F'
order by o.observation_id
"""
_NAMES: Final = """
select indicator_code, name_zh, name_en, concat_ws('/', mart, item) from core.indicator
"""
_ITEMS: Final = """
select i.indicator_code, c.name_zh
from core.indicator as i
inner join meta.code as c on c.code_list = 'item' and i.item = c.code
"""
_PRINTED: Final = """
select distinct indicator_code, indicator_name_printed
from core.observation where indicator_name_printed is not null
"""
_UNITS: Final = """
select unit, name_zh, name_en, dimension, factor from meta.unit order by unit
"""
_REGIONS: Final = """
select region_code, region_name_zh, region_name_en, region_kind, parent_code, valid_to is not null
from core.region
"""


@dataclass
class World:
    """The release, as far as texts speak of it."""

    release_id: str
    district: str
    figures: Sequence[Figure]
    regions: Mapping[str, Region]
    units: Units
    subject_of: Mapping[str, str]
    words: Mapping[str, frozenset[str]]
    """Indicators by every folded name."""
    own_words: Mapping[str, str] = field(default_factory=dict)
    """Regions by the words that only mean them here: 全区, 全市, 我省."""

    @classmethod
    def of(cls, con: DuckDBPyConnection, release_id: str, synonyms: Mapping[str, str]) -> World:
        """Read it; ``synonyms`` are names of indicators that no source printed, by code."""
        ((district,),) = con.execute("select district_code from meta.release").fetchall()
        regions = {row[0]: Region(*row) for row in con.execute(_REGIONS).fetchall()}
        names = con.execute(_NAMES).fetchall()
        known = {row[0] for row in names}
        words: dict[str, set[str]] = defaultdict(set)
        for code, zh, en, _ in names:
            for word in (zh, _IN_BRACKETS.sub("", zh), en):
                words[_folded(word)].add(code)
        for code, printed in con.execute(_PRINTED).fetchall():
            words[_folded(printed)].add(code)
            words[_folded(_IN_BRACKETS.sub("", printed))].add(code)
        for code, item in con.execute(_ITEMS).fetchall():
            words[_folded(item)].add(code)
        for word, code in synonyms.items():
            if code in known:
                words[_folded(word)].add(code)
        subject_of = _subjects(names, words)
        _add_stems(words)
        kept = {w: frozenset(c) for w, c in words.items() if _is_name(w)}
        figures = [Figure(*row) for row in con.execute(_FIGURES).fetchall()]
        return cls(
            release_id, str(district), figures, regions, _units(con), subject_of, kept,
            _own_words(regions, str(district)),
        )  # fmt: skip

    # --- figures ---

    @cached_property
    def by_subject(self) -> Mapping[tuple[str, str], list[Figure]]:
        """Figures by subject and region."""
        found: dict[tuple[str, str], list[Figure]] = defaultdict(list)
        for figure in self.figures:
            found[self.subject_of[figure.indicator], figure.region].append(figure)
        return found

    @cached_property
    def by_value(self) -> Mapping[tuple[str, Decimal], list[Figure]]:
        """Figures by dimension and value in the reference unit."""
        found: dict[tuple[str, Decimal], list[Figure]] = defaultdict(list)
        for figure in self.figures:
            found[figure.dimension, figure.reference.normalize()].append(figure)
        return found

    # --- names ---

    @cached_property
    def _by_beginning(self) -> Mapping[str, list[str]]:
        """Names by their first two signs, the longest first."""
        found: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self.words, key=len, reverse=True):
            found[word[:2]].append(word)
        return found

    def whole(self, name: str) -> str:
        """A name that was cut (Urbanisation rate of …) as it was, where one alone begins so."""
        if not name.endswith("…"):
            return name
        begun = _folded(name[:-1])
        found = {word for word in self.words if word.startswith(begun)}
        told = {codes for codes in (self.words[word] for word in found)}
        return min(found, key=len) if len(told) == 1 and len(begun) >= LEAST_BEGUN else name

    def names(self, text: str) -> list[Name]:
        """The names of indicators in a folded text, the longest at each place."""
        squeezed, places = _squeezed(text.lower())
        found: list[Name] = []
        at = 0
        while at < len(squeezed):
            word = self._name_at(squeezed, at, text, places)
            if word is None:
                at += 1
                continue
            codes, stop = self.words[word], at + len(word)
            subjects = frozenset(self.subject_of[code] for code in codes)
            found.append(Name(places[at], places[stop - 1] + 1, subjects, codes))
            at = stop
        return found

    def _name_at(self, squeezed: str, at: int, text: str, places: Sequence[int]) -> str | None:
        for word in self._by_beginning.get(squeezed[at : at + 2], ()):
            if not squeezed.startswith(word, at):
                continue
            if not word.isascii() or _stands_alone(
                text, places[at], places[at + len(word) - 1] + 1
            ):
                return word
        return None

    @cached_property
    def _places(self) -> tuple[re.Pattern[str], Mapping[str, str]]:
        words: dict[str, set[str]] = defaultdict(set)
        for region in self.regions.values():
            name = _IN_BRACKETS.sub("", region.name)
            words[name].add(region.code)
            outer = self.regions.get(region.parent or "")
            inner = name.removeprefix(outer.name) if outer else name
            words[inner].add(region.code)
            words[_IN_BRACKETS.sub("", region.name_en).strip()].add(region.code)
            short, _, of = region.name_en.partition(", ")
            if outer and of == outer.name_en:
                words[short].add(region.code)
        told = dict(self.own_words)
        for word, codes in words.items():
            now = [code for code in codes if not self.regions[code].is_past] or list(codes)
            if len(word) > 1 and len(now) == 1:
                told[word] = now[0]
        pattern = "|".join(
            rf"\b{re.escape(w)}\b" if w.isascii() else re.escape(w)
            for w in sorted(told, key=len, reverse=True)
        )
        return re.compile(pattern), told

    def places(self, text: str) -> list[tuple[int, int, str]]:
        """The regions that a folded text names: start, end, code."""
        pattern, told = self._places
        return [(m.start(), m.end(), told[m.group()]) for m in pattern.finditer(text)]


def _folded(word: str) -> str:
    return same(plain(word)).lower()


def _is_name(word: str) -> bool:
    return len(word) >= (SHORTEST_NAME if not word.isascii() else 3) and not word.isdigit()


def _squeezed(text: str) -> tuple[str, list[int]]:
    """A text without blanks, and where each of its signs stood."""
    places = [at for at, sign in enumerate(text) if not sign.isspace() or sign == "\n"]
    return "".join(text[at] for at in places), places


def _stands_alone(text: str, start: int, end: int) -> bool:
    around = text[max(0, start - 1) : start] + text[end : end + 1]
    return not any(sign.isascii() and sign.isalnum() for sign in around)


def _stem(word: str) -> str:
    """A name without its last words: GDP of GDP增速全市排名."""
    while (stem := _BEHIND_SUBJECT.sub("", word)) != word and stem:
        word = stem
    return word


def _add_stems(words: dict[str, set[str]]) -> None:
    """What grows is named by the name of its growth: 地区生产总值 of 地区生产总值增速."""
    for word, codes in list(words.items()):
        words[_stem(word)] |= codes


def _subjects(names: Iterable[tuple[Any, ...]], words: Mapping[str, set[str]]) -> dict[str, str]:
    """Indicators of one mart row, or of one name but for its last words, are of one subject."""
    above: dict[str, str] = {}

    def top(code: str) -> str:
        while above.get(code, code) != code:
            code = above[code]
        return code

    rows: dict[str, str] = {}
    for code, _, _, row in sorted(names):
        above[code] = top(rows.setdefault(row, code) if "/" in row else code)
    stems: dict[str, str] = {}
    for word, codes in sorted(words.items()):
        stem = _stem(word)
        for code in sorted(codes):
            first, second = top(stems.setdefault(stem, code)), top(code)
            above[max(first, second)] = min(first, second)
    return {code: top(code) for code in above}


def _units(con: DuckDBPyConnection) -> Units:
    units: dict[str, Unit] = {}
    numbered: dict[str, Unit] = {}
    for code, zh, en, dimension, factor in con.execute(_UNITS).fetchall():
        unit = Unit(code, dimension, Decimal(factor))
        words = (code, _IN_BRACKETS.sub("", zh or ""), en or "")
        for word in words:
            told = plain(word).strip()
            if told and not told[0].isdigit():
                units.setdefault(told, unit)
            elif len(told) > 1:
                numbered[told] = unit
    for code, unit in list(units.items()):
        if unit.dimension in ("percentage_point",):
            units.setdefault(f"个{code}", unit)
        if unit.dimension == "percent":
            units |= {"per cent": unit, "percent": unit}
    return Units(units, numbered)


def _own_words(regions: Mapping[str, Region], district: str) -> dict[str, str]:
    """What 全区 or 我市 mean in a text about the district: words follow the kind of region."""
    told: dict[str, str] = {}
    code: str | None = district
    while code and (region := regions.get(code)) is not None:
        name = _IN_BRACKETS.sub("", region.name)
        last = "国" if region.kind == "nation" else name[-1:]
        for first in ("全", "我", "本"):
            told.setdefault(first + last, code)
        code = region.parent
    return told
