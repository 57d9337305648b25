"""Indicators of a draft: what a file calls them, which of the catalogue they are, how they relate.

Belongs here: names and their figures as far as they say unit, decimals and sums; the lines of
``indicators``. Does not belong here: where names and figures stand (``printed``, ``records``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from orchestration.authoring.known import (
    AT_AN_END,
    FULFILLED,
    INDEX,
    LAG,
    NAMED_PERIOD,
    PLAN_OF_YEAR,
    SPOKEN,
    TIME_WORDS,
    Known,
)
from orchestration.authoring.services import status_of
from orchestration.authoring.yamltext import UNSURE, flow, identifier, is_latin, one_line, quoted
from orchestration.text import fold, same

if TYPE_CHECKING:
    from orchestration.spec import Indicator, Standard

ROLE = {
    "level": ("value", "level"),
    "count": ("value", "count"),
    "yoy_growth_pct": ("growth", "yoy_growth_pct"),
    "cagr_pct": ("cagr", "cagr_pct"),
    "share_pct": ("share", "share_pct"),
    "rank": ("rank", "rank"),
    "ratio": ("ratio", "ratio"),
}
"""The key of a column, and the measure of its figures, by what its header means."""

NAMES = {
    "growth": ("同比增速", "growth on the same period of last year"),
    "cagr": ("年均增速", "average annual growth"),
    "share": ("比重", "share"),
    "rank": ("位次", "rank"),
    "ratio": ("比率", "ratio"),
    "last_year": ("上年同期同口径数", "same period of last year, same frame"),
}
_MEASURE = {role: measure for role, measure in ROLE.values() if role != "value"} | {
    "last_year": "level"
}
_MARK = re.compile(r"[0-9]\s*[\[(]?([A-Za-z]{1,3})[\])]?$")
"""A mark beside a number: 41.4 u, 1,200 [r]."""

_KIND_FULFILLED = re.compile("完成率$|完成进度$|进度$")

_GROWTH = re.compile(
    "(同比|增长率?|增速|增幅)[)）]?$|year[- ](over|on)[- ]year|(annual|yearly) growth",
    re.IGNORECASE,
)
"""Names that say growth on the same period of last year, of figures in per cent."""

_ABSENT = {
    **dict.fromkeys(
        ("暂无", "暂缺", "无数据", "未公布", "未报", "缺", "待定", "n/a", "NA", "N/A"), "M"
    ),
    **dict.fromkeys(("无", "不适用", "无任务", "不下达", "不考核"), "L"),
}
"""Words that stand in the place of a figure."""

_COMPANION = {"growth": "growth_of", "rank": "rank_of"}
_TOLD = 3
_CONTRADICTED = 0.51
"""So many units of its last place may a printed number be off, by rounding."""


@dataclass(eq=False)
class Entry:
    """One indicator of the file.

    Attributes:
        key: Of its column.
        label: What the file calls it, with what stands above it where that is needed.
        above: The names that it stands under, from the top.
        of: What its column adds to the name.
        figures: Its figures by column and row, for what adds up.
        doubts: What a person has to decide about it.
    """

    key: str
    label: str
    role: str = "value"
    units: Counter[str] = field(default_factory=Counter)
    unknown_units: dict[str, None] = field(default_factory=dict)
    no_unit: bool = False
    decimals: int = 0
    of: str = ""
    called: str = ""
    block: str = ""
    above: tuple[str, ...] = ()
    is_opened: bool = False
    figures: dict[tuple[int, str], Decimal] = field(default_factory=dict)
    doubts: dict[str, None] = field(default_factory=dict)
    code: str = ""
    others: list[Entry] = field(default_factory=list)
    standard: Standard | None = None
    is_reference: bool = False
    has_value: bool = False
    lag: int = 0

    @property
    def name(self) -> str:
        """Its Chinese name: the row's, and the column's where it says more than a measure."""
        if self.called:
            return self.called
        name = self.label.replace("/", "：") + (f"：{self.of}" if self.of else "")
        return f"{name}（{self.block}）" if self.block else name

    @property
    def own_label(self) -> str:
        """The last of the names."""
        return self.label.split("/")[-1]

    @property
    def unit(self) -> str | None:
        """The unit that most of its figures have."""
        return self.units.most_common(1)[0][0] if self.units else None

    def doubt(self, text: str) -> None:
        """Note what a person has to decide."""
        self.doubts.setdefault(text)


class Labels:
    """All indicators that were found in a file.

    Attributes:
        data_set_id: That of the draft: part of codes that would be taken otherwise.
        symbols: Status by the text of cells without a number.
    """

    def __init__(self, known: Known) -> None:
        self.known = known
        self.data_set_id = ""
        self.entries: dict[tuple[str, str], Entry] = {}
        self.symbols: dict[str, str] = {}
        self.taken: set[str] = set()
        self.relations = Relations([])

    def entry(self, key: str, label: str, role: str = "") -> Entry:
        """The indicator of that name in columns of that key."""
        if not role or role == "value":
            role = key if key in NAMES else "value"
        return self.entries.setdefault((key, same(label)), Entry(key, label, role))

    def saw(
        self,
        entry: Entry,
        text: str,
        unit: str | None,
        at: tuple[int, str] | None = None,
        unknown: str | None = None,
    ) -> None:
        """Note one figure: its unit, its decimals, and whether its sign is no number.

        Args:
            entry: The indicator.
            text: The figure as printed.
            unit: What says its unit.
            at: Where it stands among the figures: its column, and what its row says besides.
            unknown: A unit that no list has.
        """
        plain = fold(text).strip()
        if "百分点" in plain:
            unit, unknown = "百分点", None
        elif unit is None and (sign := re.search(r"[0-9]\s*([%‰])$", plain)):
            unit, unknown = sign[1], None
        if unit is not None and not re.sub(r"[-–—―－/\s]", "", unit):
            unit = None  # a dash in a column of units says none
        entry.has_value = entry.has_value or bool(re.search("[0-9]", plain))
        code = self.known.units.get(same(unit)) if unit else None
        if code is not None:
            entry.units[code] += 1
        elif unknown or unit:
            entry.unknown_units.setdefault(str(unknown or unit))
        else:
            entry.no_unit = True
        if not re.search("[0-9]", plain):
            alone = re.fullmatch(r"[\[(]([A-Za-z]{1,5})[\])]", plain)
            if alone:
                status = status_of(alone[1])
                self.symbols.setdefault(same(text), status if status in ("M", "Q") else "M")
                return
            if plain in _ABSENT:
                self.symbols.setdefault(same(text), _ABSENT[plain])
            elif plain and len(plain) <= 6 and not re.search(r"[一-鿿A-WYZa-wyz]", plain):
                self.symbols.setdefault(same(text), "M")
            return
        if re.search(r"[0-9]\s*\*$", plain):
            self.symbols.setdefault("*", "P")
        mark = _MARK.search(plain)
        if mark and same(mark[1]) not in self.known.units:
            self.symbols.setdefault(mark[1], status_of(mark[1]))
        match = re.search(r"\.([0-9]+)", plain)
        if match:
            entry.decimals = max(entry.decimals, min(len(match[1]), 8))
        if at is not None:
            try:
                entry.figures[at] = Decimal(re.sub(r"[,，\s]", "", plain))
            except InvalidOperation:
                return

    def resolve(self) -> None:
        """Decide of every indicator which one it is, and which code it has."""
        used: dict[str, Entry] = {}
        self._forget_blocks()
        for entry in self.entries.values():
            self._suspect(entry)
            standard, why = self._standard(entry)
            if standard is not None and self._lacks_unit(entry, standard):
                entry.doubt(
                    f"called like {standard.code} of the catalogue, which is in "
                    f"{standard.base_unit}: say its unit, then take that code"
                )
                standard = None
            if standard is not None and standard.code not in used:
                entry.standard, entry.code, entry.is_reference = standard, standard.code, True
                for doubt in why:
                    entry.doubt(doubt)
                used[standard.code] = entry
                continue
            first = used.get(standard.code) if standard is not None else None
            if standard is not None and first is not None:
                if self._is_the_same(entry, first):
                    first.others.append(entry)
                    entry.standard, entry.code, entry.is_reference = standard, standard.code, True
                    continue
                entry.doubt(f"another row here is {standard.code} already: what is this one")
            elsewhere = self._elsewhere(entry)
            if elsewhere is not None and elsewhere[0] not in used:
                entry.code, entry.is_reference = elsewhere[0], True
                entry.doubt(f"as in {elsewhere[1]}: {elsewhere[2]}")
                used[entry.code] = entry
                continue
            suffix = "" if entry.role == "value" else f"_{entry.role}"
            entry.code = self._code(entry.name, suffix)
            used[entry.code] = entry

    def _forget_blocks(self) -> None:
        """Only a name that several tables have needs that of its table beside it."""
        blocks: dict[str, set[str]] = {}
        for entry in self.entries.values():
            blocks.setdefault(same(entry.label), set()).add(entry.block)
        for entry in self.entries.values():
            if len(blocks[same(entry.label)]) == 1:
                entry.block = ""

    def _is_the_same(self, entry: Entry, first: Entry) -> bool:
        """Whether two rows are one indicator of two stretches of time: 当季值 and 累计值."""
        words = [SPOKEN.search(e.own_label) for e in (entry, first)]
        return (
            entry.key == first.key
            and entry.unit == first.unit
            and all(words)
            and len({match[0] for match in words if match}) == len(words)
        )

    def _lacks_unit(self, entry: Entry, standard: Standard) -> bool:
        """Whether no unit was found, and that of the catalogue may be off by a factor."""
        if not entry.has_value:
            return False
        is_known = entry.unit is not None and not entry.unknown_units
        base = standard.base_unit
        plain = self.known.dimension.get(base) == self.known.dimension.get("1")
        return not (is_known and not entry.no_unit) and not (plain and not entry.unknown_units)

    def _suspect(self, entry: Entry) -> None:
        """What a name says that only a person can place."""
        name = entry.own_label
        if self.known.is_region(name) and not self.known.catalogue.match(name).exact:
            entry.doubt(
                f"{name} is a region: a row of a region among indicators; say which indicator it "
                "is of, or leave the row out (ignored_rows)"
            )
        if LAG.search(name):
            entry.doubt("its name says that it comes later than the others: check lag_months")

    def _standard(self, entry: Entry) -> tuple[Standard | None, list[str]]:
        """The indicator of the catalogue that it is, with the reasons to doubt it."""
        catalogue = self.known.catalogue
        if entry.called or entry.of or entry.block or entry.role not in ("value", "growth", "rank"):
            label = entry.called
            if not label or entry.of or entry.block or entry.role != "value":
                return None, []
        else:
            label = NAMED_PERIOD.sub("", entry.own_label)
        code = entry.label if entry.label in catalogue else catalogue.match(label).exact
        if code is None and SPOKEN.search(label):
            code = catalogue.match(SPOKEN.sub("", label).rstrip("_")).exact
        level = catalogue.get(code) if code else None
        if code is not None and entry.role in _COMPANION:
            code = catalogue.companion(code, _COMPANION[entry.role])
        standard = catalogue.get(code) if code else None
        if standard is None:
            return None, []
        if not self._fits(entry, standard.base_unit):
            return None, []
        is_change = standard.measure in ("yoy_growth_pct", "cagr_pct", "share_pct")
        if entry.role == "value" and is_change and entry.unit not in ("%", "‰", None):
            return None, []
        doubts = []
        if entry.unit == "%" and standard.base_unit == "1":
            doubts.append("printed in %: is 100.3 an index here, or a ratio of 1.003")
        if entry.above and not self._stands_under(level or standard, entry.above):
            doubts.append(
                f"it stands under {entry.above[-1]}: the same indicator, or that part of it only"
            )
        return standard, doubts

    def _stands_under(self, standard: Standard, above: tuple[str, ...]) -> bool:
        """Whether it may stand under these names: it is a part of one of them."""
        names = {self.known.catalogue.match(name).exact for name in above}
        wholes = {
            relation.to
            for kind, relation in standard.relations()
            if kind in ("part_of", "not_above", "share_of", "ratio_of")
        }
        return bool(names & wholes)

    def _elsewhere(self, entry: Entry) -> tuple[str, str, str] | None:
        """An indicator of another data set that is called exactly so."""
        if entry.of or entry.block:
            return None
        measures = {"level", "count"} if entry.role == "value" else {_MEASURE[entry.role]}
        found = [
            (code, owner.id, indicator.title.zh)
            for code, (indicator, owner) in self.known.declarations.definitions.items()
            if indicator.measure in measures
            and same(entry.label) in {same(t) for t in (indicator.title.zh, *indicator.labels)}
            and self._fits(entry, indicator.base_unit)
            and (entry.role != "value" or self._stands_in(indicator, entry.above))
        ]
        return found[0] if len(found) == 1 else None

    def _stands_in(self, indicator: Indicator, above: tuple[str, ...]) -> bool:
        """Whether an indicator of another data set is a part of what it stands under here."""
        if not above:
            return True
        definitions = self.known.declarations.definitions
        wholes = [definitions[r.to][0] for _, r in indicator.relations() if r.to in definitions]
        return any(same(above[-1]) in {same(t) for t in (w.title.zh, *w.labels)} for w in wholes)

    def _fits(self, entry: Entry, base_unit: str | None) -> bool:
        own = entry.unit
        dimension = self.known.dimension
        return own is None or dimension.get(own) == dimension.get(base_unit or "")

    # --- lines ---------------------------------------------------------------------------------

    def lines(self) -> list[str]:
        """The lines of ``indicators``."""
        lines: list[str] = []
        self.relations = relations = Relations(list(self.entries.values()))
        for entry in self.entries.values():
            if any(entry in other.others for other in self.entries.values() if other.others):
                continue
            if entry.is_reference:
                refer = {"code": entry.code}
                refer |= {} if entry.key == "value" else {"column": entry.key}
                labels = [entry.label, *(other.label for other in entry.others)]
                doubts = "; ".join([*self._unit_doubts(entry), *entry.doubts])
                line = f"- {flow(refer)[:-1]}, labels: {flow(labels)}{_lag(entry)}}}"
                lines.append(line + (f"  {UNSURE} {one_line(doubts)}" if doubts else ""))
            else:
                lines += self._definition(entry, relations.of(entry))
        return lines

    def _definition(self, entry: Entry, relations: dict[str, object]) -> list[str]:
        measure, measure_doubt = self._measure(entry)
        named = NAMES.get(entry.role)
        zh = entry.name + (named[0] if named else "")
        unit = self._base_unit(entry, measure)
        asks = [self._ask(entry), *self._unit_doubts(entry, missing=unit is None), *entry.doubts]
        asks += [measure_doubt] if measure_doubt else []
        lines = [
            f"- code: {entry.code}",
            *(f"  {UNSURE} {one_line(ask)}" for ask in asks if ask),
            f"  name: {flow({'zh': zh, 'en': self._english(entry)})}",
            f"  labels: {flow([entry.label])}",
            *([f"  column: {entry.key}"] if entry.key != "value" else []),
            f"  measure: {measure}",
            *(["  scope: same_frame"] if entry.role == "last_year" else []),
            *([f"  {_lag(entry)[2:]}"] if _lag(entry) else []),
            *(["  stock: true"] if self._is_stock(entry) else []),
            "  price_basis: not_stated",
            f"  base_unit: {quoted(unit or '1')}",
            f"  decimals: {entry.decimals}",
            "  direction: neutral",
        ]
        lines += [f"  {kind}: {flow(told)}" for kind, told in relations.items()]
        whole = self.relations.adds.get(id(entry))
        if whole is not None:
            told = flow([{"to": whole.code, "exhaustive": True}])
            lines.append(
                f"  {UNSURE} part_of: {told}, if it is one of its parts: with the rows beside it "
                f"it adds up to {one_line(whole.own_label)}"
            )
        return lines

    def _english(self, entry: Entry) -> str:
        """A name in Latin letters as it is; another one is asked for."""
        return entry.name if is_latin(entry.name) else f"? {entry.name}"

    def _ask(self, entry: Entry) -> str:
        """What a person decides of an indicator that the catalogue does not have."""
        catalogue = self.known.catalogue
        label = entry.called or entry.own_label
        near = catalogue.match(label).near[:_TOLD] if len(catalogue) else ()
        standards = [standard for code in near if (standard := catalogue.get(code)) is not None]
        told = ", ".join(f"{s.code} {s.name.zh}" for s in standards)
        nearest = f"is it one of {told}; else " if told else ""
        return (
            f"{nearest}not in the catalogue: its English name, measure, stock or flow, price basis"
        )

    def contradicted(self, kinds: Mapping[str, Container[str]]) -> list[str]:
        """Indicators of the catalogue whose figures are of another kind of period than theirs.

        Args:
            kinds: Kinds of period of the figures that were read, by code of the indicator.
        """
        said = []
        for entry in self.entries.values():
            standard = entry.standard
            if standard is None or not entry.is_reference or entry.role != "value":
                continue
            told = kinds.get(entry.code, ())
            if "point" in told and not standard.stock and standard.additive.time == "sum":
                said.append(
                    f"{standard.code} {standard.name.zh} adds up over time, and its figures are "
                    "read as of the end of a period: give its column period_kind"
                )
            if "cumulative_range" in told and standard.stock:
                said.append(
                    f"{standard.code} {standard.name.zh} is a stock, and its figures are read as "
                    "what came together over a period: give its column period_kind: point"
                )
        return list(dict.fromkeys(said))

    def _is_stock(self, entry: Entry) -> bool:
        return entry.role == "value" and bool(AT_AN_END.search(entry.own_label))

    def _base_unit(self, entry: Entry, measure: str) -> str | None:
        if entry.unit is not None:
            return entry.unit
        if measure == "ratio" and INDEX.search(entry.name):
            return "1"
        return None

    def _measure(self, entry: Entry) -> tuple[str, str]:
        """The measure, and what is open about it."""
        measure = _MEASURE.get(entry.role, "level")
        if entry.role != "value":
            return measure, ""
        spoken = _spoken_measure(entry)
        if spoken is not None:
            return spoken
        name, unit = entry.name, entry.unit
        if re.search("累计|当月|本月|当季|本季", name) and TIME_WORDS.search(name):
            return measure, (
                "its name says what time it is of (累计: from January on; 当月, 当季: that one "
                "alone): do its periods say so too"
            )
        if re.search("增长|增速|增幅|指数|比重|占比|同比|环比|率", name) or unit in ("%", "‰"):
            return measure, "level, yoy_growth_pct, share_pct, ratio or another one"
        return measure, ""

    def _unit_doubts(self, entry: Entry, *, missing: bool = False) -> list[str]:
        doubts = [no_unit(unit) for unit in entry.unknown_units]
        if missing and not doubts:
            doubts.append("no unit was found")
        if entry.units and entry.no_unit and entry.role == "value":
            doubts.append(f"some of its figures have no unit beside them: are they {entry.unit}")
        if len({self.known.dimension.get(unit) for unit in entry.units}) > 1:
            doubts.append(f"its figures have units that do not go together: {sorted(entry.units)}")
        return doubts

    def _code(self, label: str, suffix: str) -> str:
        base = label if is_latin(label) else f"{self.data_set_id}-{label}"
        long = identifier(base, "_")
        code = f"{identifier(label, '_')}{suffix}"
        if self._is_taken(code):
            code = f"{long}{suffix}"
        number = 2
        while self._is_taken(code):
            code, number = f"{long}{suffix}_{number}", number + 1
        self.taken.add(code)
        return code

    def _is_taken(self, code: str) -> bool:
        return (
            code in self.known.declarations.definitions
            or code in self.taken
            or code in self.known.catalogue
        )


def no_unit(unit: str) -> str:
    """What a person does about a unit that no list has."""
    if re.search(r"\bdollars?\b|^[$]|(?<![A-Za-z])[$]", fold(unit).lower()):
        return (
            f"the unit {unit} does not say whose dollars they are (USD, CAD, HKD): write it to the "
            "synonyms of that unit in raw/codelists/units.csv"
        )
    return (
        f"the unit {unit} is in no list: add it to raw/codelists/units.csv, or the figures are off "
        "by its factor"
    )


def _spoken_measure(entry: Entry) -> tuple[str, str] | None:
    """A measure that the name or the column of an indicator says, and what is open about it."""
    name, unit = entry.name, entry.unit
    if INDEX.search(name):
        return "ratio", "an index: its base is 100"
    if PLAN_OF_YEAR.search(entry.of) or PLAN_OF_YEAR.fullmatch(entry.own_label):
        return "target_level", "a plan by the header of its column"
    if (FULFILLED.search(entry.of) or _KIND_FULFILLED.search(entry.own_label)) and unit == "%":
        return "ratio", "how far a plan is fulfilled, by the header of its column"
    if _GROWTH.search(_bare(name)) and unit == "%" and "环比" not in name:
        return "yoy_growth_pct", "growth by its name: on the same period of last year"
    if re.search("位次|排名|名次", name):
        return "rank", "a rank by its name"
    return None


def _bare(name: str) -> str:
    """A name without the unit or gloss in brackets at its end."""
    return re.sub(r"\s*[(（][^()（）]*[)）]\s*$", "", name)


def _lag(entry: Entry) -> str:
    months = entry.lag or (1 if LAG.search(entry.own_label) else 0)
    return f", lag_months: {months}" if months else ""


class Relations:
    """What the figures of a table show of its indicators, where the catalogue does not say it."""

    def __init__(self, entries: list[Entry]) -> None:
        self.by_name = {(e.key, same(e.label)): e for e in entries}
        self.parts: dict[int, list[Entry]] = {}
        self.whole: dict[int, Entry] = {}
        self.adds: dict[int, Entry] = {}
        levels = [entry for entry in entries if entry.role == "value" and not entry.of]
        for entry in levels:
            whole = self._above(entry, levels)
            if whole is not None and _is_not_above(entry, whole):
                self.parts.setdefault(id(whole), []).append(entry)
                self.whole[id(entry)] = whole
        self._found_by_sums(levels)

    def _found_by_sums(self, levels: list[Entry]) -> None:
        """Rows side by side of which the first or the last is the sum of the others.

        A sum alone does not say that they are its parts: it is asked.
        """
        groups: dict[tuple[str, str, tuple[str, ...], str | None], list[Entry]] = {}
        for entry in levels:
            groups.setdefault((entry.key, entry.block, entry.above, entry.unit), []).append(entry)
        for group in groups.values():
            for whole, parts in ((group[0], group[1:]), (group[-1], group[:-1])):
                is_told = any(id(part) in self.whole for part in parts)
                if len(parts) > 1 and not is_told and _add_up(parts, whole):
                    self.adds |= {id(part): whole for part in parts}
                    break

    def _above(self, entry: Entry, levels: Iterable[Entry]) -> Entry | None:
        """The indicator right above it, with figures of its own in one unit."""
        if not entry.above:
            return None
        for other in levels:
            if (
                other.key == entry.key
                and same(other.own_label) == same(entry.above[-1])
                and (*other.above, other.own_label)[-len(entry.above) :] == entry.above
                and other is not entry
                and other.unit == entry.unit is not None
            ):
                return other
        return None

    def of(self, entry: Entry) -> dict[str, object]:
        """The relations of one indicator that the draft defines."""
        told: dict[str, object] = {}
        whole = self.whole.get(id(entry))
        if whole is not None:
            parts = self.parts[id(whole)]
            relation: dict[str, object] = {"to": whole.code}
            if len(parts) > 1 and not any(p.is_reference for p in parts) and _add_up(parts, whole):
                relation["exhaustive"] = True
            told["part_of"] = [relation]
        if entry.role == "growth":
            level = self._level(entry)
            if level is not None:
                told["growth_of"] = [{"to": level.code}]
        if entry.role == "share":
            level, of = self._level(entry), self._whole_of_share(entry)
            if level is not None and of is not None:
                told["share_of"] = [{"to": of.code, "numerator": level.code}]
        return told

    def _level(self, entry: Entry) -> Entry | None:
        """The level that a growth or a share stands beside."""
        # growth_2 of the second table stands beside value_2, gdp_growth beside gdp.
        match = re.fullmatch(rf"(.*?)_?{entry.role}((?:_[0-9]+)?)", entry.key, re.DOTALL)
        if match is None:
            return None
        return self.by_name.get(((match[1] or "value") + match[2], same(entry.label)))

    def _whole_of_share(self, entry: Entry) -> Entry | None:
        """The only indicator here of which a level is the share that is printed beside it."""
        level = self._level(entry)
        if level is None:
            return None
        near = Decimal(10) ** -entry.decimals
        found = [
            other
            for other in self.by_name.values()
            if other is not level
            and (other.key, other.unit, other.role) == (level.key, level.unit, "value")
            and any(
                abs(100 * part / whole - share) <= near
                for at, part in level.figures.items()
                if (whole := other.figures.get(at))
                for share in entry.figures.values()
            )
        ]
        return found[0] if len(found) == 1 else None


def _is_not_above(part: Entry, whole: Entry) -> bool:
    common = part.figures.keys() & whole.figures.keys()
    return bool(common) and all(
        abs(part.figures[at]) <= abs(whole.figures[at]) + _slack([part, whole]) for at in common
    )


def _add_up(parts: list[Entry], whole: Entry) -> bool:
    """Whether the parts make up the whole wherever all of them have a figure."""
    common = set(whole.figures)
    for part in parts:
        common &= part.figures.keys()
    slack = _slack([*parts, whole])
    return bool(common) and all(
        abs(sum((part.figures[at] for part in parts), Decimal(0)) - whole.figures[at]) <= slack
        for at in common
    )


def _slack(entries: list[Entry]) -> Decimal:
    return sum(
        (Decimal(10) ** -entry.decimals * Decimal(str(_CONTRADICTED)) for entry in entries),
        Decimal(0),
    )
