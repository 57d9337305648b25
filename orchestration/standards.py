"""The catalogue of standard indicators: ``raw/catalogue/*.yml``, read, checked and searched.

Belongs here: reading the entries, what follows from each (its growth), what holds among them, and
which of them a printed label means. Does not belong here: the shape of an entry (``spec``), code
lists and what data sets say of an entry (``declarations``).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from orchestration import plausible
from orchestration.errors import DeclarationError
from orchestration.plausible import Plausible
from orchestration.settings import CODE_ROOT, parse_model, read_yaml
from orchestration.spec import (
    RELATION_KINDS,
    RangeClass,
    Relation,
    Standard,
    Standards,
    StandardSources,
    Text,
)
from orchestration.text import same

SOURCES = "sources.yml"
NEAREST, LEAST = 3, 0.4

_AT_PRICES = {
    "comparable": ("，按可比价格计算", ", at comparable prices"),
    "current": ("，按现价计算", ", at current prices"),
    "not_applicable": ("", ""),
}
_GROWTH_ROLES = {
    "value": "growth",
    "count": "growth",
    "revenue": "revenue_growth",
    "visitors": "visitors_growth",
    "value_added": "value_added_growth",
    "sales_output": "sales_output_growth",
}
"""The role of the growth beside that of its level; elsewhere a mart has no column for it."""

_QUOTES = str.maketrans("", "", "“”\"'‘’「」《》")
_DASHES = str.maketrans(dict.fromkeys("—–―−", "-"))
_BEFORE = re.compile(
    r"^(?:#+|其中:?|[一二三四五六七八九十]+、|[(][一二三四五六七八九十0-9]+[)]|\d+[.、])+"
)
_UNIT_BEHIND = re.compile(r"[(]([^()]*)[)]$")
_UNIT = re.compile(
    r"^(?:单位:)?(?:[十百千万亿]*(?:元|美元|人|人次|户|家|个|所|张|件|辆|台|册|套|吨|公里|千米|亩|公顷|箱|"
    r"标准箱|千瓦时|千瓦小时|平方米|平方公里|立方米|吨标准煤|吨标煤|处|座|项|起|份|位|名|岁|分|点|天|次)"
    r"(?:/[^()]+)?|%|‰|上年(?:同期|同月)?=100)$"
)


@lru_cache(maxsize=20_000)
def folded(label: str) -> str:
    """A printed name for comparison: without blanks, width, quotes, numbering and 其中."""
    return _BEFORE.sub("", same(label).translate(_QUOTES).translate(_DASHES).lower())


def _without_unit(word: str) -> str:
    """A folded name without the unit in brackets behind it."""
    behind = _UNIT_BEHIND.search(word)
    is_unit = behind is not None and behind.start() > 0 and _UNIT.match(behind[1])
    return word[: behind.start()] if behind is not None and is_unit else word


@dataclass(frozen=True)
class Match:
    """What a printed label may mean.

    Attributes:
        exact: The code of the indicator whose name or synonym it is.
        near: Codes of those it resembles, best first; empty beside an exact one.
        scores: How much each of them does, from 0 to 1.
    """

    exact: str | None
    near: tuple[str, ...]
    scores: tuple[float, ...] = ()


@dataclass(frozen=True)
class Entry:
    """An indicator of the catalogue and the file that it stands in."""

    standard: Standard
    field: Text
    path: Path
    is_derived: bool = False

    @property
    def field_code(self) -> str:
        """The field that it is of: what its file is called, or what it says itself."""
        return self.standard.field or self.path.stem


@dataclass(frozen=True)
class Catalogue:
    """All standard indicators of a project, by code, and the ranges that figures are held to."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    sources: Mapping[str, Text] = field(default_factory=dict)
    plausible: Plausible | None = None

    def __contains__(self, code: object) -> bool:
        return code in self.entries

    def __iter__(self) -> Iterator[Standard]:
        return (entry.standard for entry in self.entries.values())

    def __len__(self) -> int:
        return len(self.entries)

    def get(self, code: str) -> Standard | None:
        """The entry of that code."""
        entry = self.entries.get(code)
        return entry.standard if entry else None

    def range_of(self, code: str) -> RangeClass | None:
        """The class of plausible ranges of an entry: named, of what grows, or of its measure."""
        entry = self.entries.get(code)
        if entry is None or self.plausible is None:
            return None
        s = entry.standard
        grown = next((r.to for r in s.growth_of if r.to != code), None)
        level = self.range_of(grown) if grown and s.range is None else None
        try:
            return self.plausible.of(
                s.measure, s.base_unit, stock=s.stock, named=s.range, level=level
            )
        except DeclarationError as error:
            raise DeclarationError(
                error.what,
                file=entry.path,
                place=f"indicators.{code}.range",
                remedy=error.remedy,
            ) from None

    @cached_property
    def fields(self) -> dict[str, Text]:
        """The names of the fields by what their files are called."""
        return {entry.path.stem: entry.field for entry in self.entries.values()}

    @cached_property
    def item_names(self) -> dict[str, Text]:
        """What the mart rows of entries are about, by item; the name that is given for it first."""
        placed = [standard for standard in self if standard.mart is not None]
        named = {s.item: s.item_name for s in placed if s.item and s.item_name}
        own = {s.item or s.code: s.name for s in reversed(placed)}
        return own | named

    def companion(self, code: str, kind: str) -> str | None:
        """The one indicator that stands in that relation to another: growth_of, share_of, …

        None where there is none, or where there are several.
        """
        return self._companions.get((code, kind))

    @cached_property
    def _companions(self) -> dict[tuple[str, str], str | None]:
        found: dict[tuple[str, str], str | None] = {}
        for standard in self:
            for kind, relation in standard.relations():
                measured = (relation.numerator or relation.to, kind)
                found[measured] = None if measured in found else standard.code
        return found

    @cached_property
    def words(self) -> dict[str, str]:
        """Code by every folded name and synonym."""
        return {
            folded(word): standard.code
            for standard in self
            for word in (standard.name.zh, standard.name.en, *standard.synonyms)
        }

    @cached_property
    def _index(self) -> tuple[list[tuple[str, str, int]], dict[str, list[tuple[int, int]]]]:
        """Each word with its code and size, and where each pair of signs occurs how often."""
        words = [(word, code, len(word)) for word, code in self.words.items() if word]
        places: dict[str, list[tuple[int, int]]] = {}
        for at, (word, _, _) in enumerate(words):
            for pair, count in _pairs(word).items():
                places.setdefault(pair, []).append((at, count))
        return words, places

    def match(self, label: str) -> Match:
        """The indicator that a printed label names, or the nearest ones for a person to choose."""
        word = folded(label)
        code = self.words.get(word) or self.words.get(_without_unit(word))
        if code is not None:
            return Match(code, ())
        ranked = self.nearest(label, NEAREST)
        return Match(None, tuple(code for code, _ in ranked), tuple(score for _, score in ranked))

    def nearest(self, label: str, count: int) -> list[tuple[str, float]]:
        """Codes of the indicators whose names share most with a label, each with its score.

        The score is Dice's: twice the pairs of signs that both have, by the pairs of both.
        """
        word = _without_unit(folded(label))
        words, places = self._index
        shared: Counter[int] = Counter()
        for pair, own in _pairs(word).items():
            for at, there in places.get(pair, ()):
                shared[at] += min(own, there)
        best: dict[str, float] = {}
        for at, common in shared.items():
            _, code, size = words[at]
            score = 2 * common / (size + 1 + len(word) + 1)
            if score >= LEAST and score > best.get(code, 0):
                best[code] = score
        ranked = sorted(
            best.items(), key=lambda one: (-one[1], self.entries[one[0]].is_derived, one[0])
        )
        return [(code, round(score, 3)) for code, score in ranked[:count]]

    def search(self, text: str) -> list[Standard]:
        """Entries whose code, name, synonym or definition has the text in it; else the nearest."""
        asked = folded(text)
        code = self.words.get(asked)
        found = [
            standard
            for standard in self
            if asked in standard.code
            or any(
                asked in folded(word)
                for word in (standard.name.zh, standard.name.en, *standard.synonyms)
            )
        ]
        if not found:
            found = [self.entries[near].standard for near, _ in self.nearest(text, 10)]
        return sorted(found, key=lambda s: (s.code != code, s.code != asked))


def _pairs(word: str) -> Counter[str]:
    """Pairs of neighbouring signs, with the ends of the word as signs of their own."""
    ended = f"^{word}$"
    return Counter(ended[at : at + 2] for at in range(len(ended) - 1))


def load_catalogue(folder: Path, cache: Path | None = None) -> Catalogue:
    """Read and check the catalogue of a project; an empty one where it has none.

    Args:
        folder: ``raw/catalogue``.
        cache: Where what YAML says may be kept between processes, by the hash of its bytes.

    Raises:
        DeclarationError: the first mistake, with file, place and remedy.
    """
    ranges = plausible.load_ranges(folder)
    files = [path for path in sorted(folder.glob("*.y*ml")) if path.name != plausible.FILE]
    if not files:
        return Catalogue(plausible=ranges)
    for path in files:
        if path.suffix != ".yml":
            raise DeclarationError(
                "a file of the catalogue ends in .yml", file=path, remedy="rename it"
            )
    read = _read(files, cache)
    named = folder / SOURCES
    if named not in read:
        raise DeclarationError(
            "the names of sources are missing",
            file=named,
            remedy="`qutong init` lays it out: copy it from a new district",
        )
    listed = parse_model(StandardSources, read.pop(named), named).sources
    sources = {source.id: source.name for source in listed}
    entries: dict[str, Entry] = {}
    for path, data in read.items():
        standards = _parsed(_with_defaults(data, path), path)
        for standard in standards.indicators:
            _add(entries, Entry(standard, standards.field, path))
    _derive(entries)
    catalogue = Catalogue(entries, sources, ranges)
    _check_sources(catalogue)
    _check_items(catalogue)
    _check_relations(catalogue)
    _check_cuts(catalogue)
    _check_words(catalogue)
    _check_ranges(catalogue)
    return catalogue


def _parsed(data: Any, path: Path) -> Standards:
    """The entries of a file; a mistake in one of them is named by its code, not its position."""
    try:
        return parse_model(Standards, data, path)
    except DeclarationError as error:
        place = error.place or ""
        at = re.match(r"indicators\.(\d+)", place)
        if at is not None:
            entry = data["indicators"][int(at[1])]
            code = entry.get("code") if isinstance(entry, dict) else None
            place = f"indicators.{code or at[1]}{place[at.end() :]}"
        remedy = (error.remedy or "").replace("data-set schema", "catalogue schema")
        raise DeclarationError(error.what, file=path, place=place, remedy=remedy) from None


def _read(files: list[Path], cache: Path | None) -> dict[Path, Any]:
    """What each file says; from the cache where its bytes are those that were read before."""
    content = [path.read_bytes() for path in files]
    digest = hashlib.sha256(b"\0".join(content)).hexdigest()
    if cache is not None:
        with contextlib.suppress(OSError, ValueError):
            kept = json.loads(cache.read_bytes())
            if isinstance(kept, dict) and kept.get("digest") == digest:
                return dict(zip(files, kept["files"], strict=True))
    read = {path: read_yaml(path) for path in files}
    if cache is not None and cache.parent.is_dir():
        aside = cache.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError, TypeError):
            aside.write_text(json.dumps({"digest": digest, "files": list(read.values())}))
            aside.replace(cache)
    return read


def _with_defaults(data: Any, path: Path) -> Any:
    """The entries of a file with what it says for all of them."""
    if not isinstance(data, dict) or not isinstance(data.get("indicators"), list):
        return data
    defaults = data.get("defaults") or {}
    known = set(Standard.model_fields) - {"code", "name", "definition", "synonyms", "overrules"}
    for key in defaults:
        if key not in known:
            raise DeclarationError(
                f"{key!r} is no key that entries can have in common",
                file=path,
                place=f"defaults.{key}",
                remedy=f"known keys: {', '.join(sorted(known))}",
            )
    return data | {
        "indicators": [
            defaults | entry if isinstance(entry, dict) else entry for entry in data["indicators"]
        ]
    }


def _add(entries: dict[str, Entry], entry: Entry) -> None:
    """One entry among the others; a district's own may take the place of a shipped one."""
    code = entry.standard.code
    other = entries.get(code)
    if other is None or (entry.standard.overrules and not other.standard.overrules):
        entries[code] = entry
    elif not other.standard.overrules or entry.standard.overrules:
        raise DeclarationError(
            f"the indicator {code!r} stands in {other.path.name} too / 目录中有两条同码指标",
            file=entry.path,
            place=f"indicators.{code}",
            remedy="keep one of them; one of your own that is meant to take the place of a "
            "shipped one says `overrules: true`",
        )


def _derive(entries: dict[str, Entry]) -> None:
    """Add the growth that follows from entries; a word that another entry has is left to that."""
    taken = {
        folded(word)
        for entry in entries.values()
        for word in (entry.standard.name.zh, *entry.standard.synonyms)
    }
    for entry in list(entries.values()):
        growth = _growth(entry)
        if growth is None or growth.standard.code in entries:
            continue
        own = [w for w in growth.standard.synonyms if folded(w) not in taken]
        taken |= {folded(word) for word in own}
        standard = growth.standard.model_copy(update={"synonyms": tuple(own)})
        entries[standard.code] = replace(growth, standard=standard)


def _growth(entry: Entry) -> Entry | None:
    """The year-on-year growth of an indicator, where its entry says that it is published."""
    level = entry.standard
    if level.growth is None:
        return None
    zh, en = _AT_PRICES[level.growth]
    role = _GROWTH_ROLES.get(level.role or "")
    update: dict[str, Any] = {
        "code": f"{level.code}_growth",
        "name": Text(zh=f"{level.name.zh}增速", en=f"{level.name.en}, year-on-year growth"),
        "synonyms": tuple(
            f"{word}{end}"
            for word in (level.name.zh, *level.synonyms)
            for end in ("增长", "同比增长", "增长率", "同比增速", "增幅")
        )
        + tuple(f"{word}增速" for word in level.synonyms),
        "definition": Text(
            zh=f"{level.name.zh}比上年同期增长的百分比{zh}。",
            en=f"Change of {_lowered(level.name.en)} on the same period of the year before{en}.",
        ),
        "measure": "yoy_growth_pct",
        "price_basis": level.growth,
        "base_unit": "%",
        "decimals": 1,
        "direction": level.direction,
        "stock": False,
        "additive": level.additive.model_copy(
            update={"time": "none", "regions": "none", "classes": "none"}
        ),
        "growth": None,
        "mart": level.mart if role else None,
        "role": role,
        "over_regions": None,
        "range": None,
        "item": (level.item or level.code) if role and level.mart else None,
        "item_name": None,
        **{kind: () for kind in RELATION_KINDS},
        "growth_of": (Relation(to=level.code),),
    }
    return Entry(level.model_copy(update=update), entry.field, entry.path, is_derived=True)


def _lowered(text: str) -> str:
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _check_sources(catalogue: Catalogue) -> None:
    for code, entry in catalogue.entries.items():
        if entry.standard.source not in catalogue.sources:
            raise _unknown(
                f"{code} is from {entry.standard.source!r}, which no source is called",
                entry,
                "source",
                entry.standard.source,
                catalogue.sources,
            )


def _check_ranges(catalogue: Catalogue) -> None:
    """Every entry has a class of ranges, and quotients are of entries."""
    for code, entry in catalogue.entries.items():
        if catalogue.range_of(code) is None:
            raise DeclarationError(
                f"no class of ranges is of {entry.standard.measure} / 没有适用的区间类",
                file=entry.path,
                place=f"indicators.{code}.range",
                remedy=f"add a class for it to {plausible.FILE}, or name one",
            )
    if catalogue.plausible is None:
        return
    for quotient in catalogue.plausible.ranges.quotients:
        for code in filter(None, (quotient.of, quotient.times, quotient.by)):
            if code not in catalogue.entries and catalogue.plausible.path.parent in {
                entry.path.parent for entry in catalogue.entries.values()
            }:
                raise DeclarationError(
                    f"{quotient.id} is of {code!r}, which the catalogue has not / 目录中没有该指标",
                    file=catalogue.plausible.path,
                    place=f"quotients.{quotient.id}",
                    remedy="mend the code, or remove the quotient",
                )


def _check_items(catalogue: Catalogue) -> None:
    """An item has one name, whichever entry gives it."""
    for code, entry in catalogue.entries.items():
        item, name = entry.standard.item, entry.standard.item_name
        if item is not None and name not in (None, catalogue.item_names.get(item)):
            raise DeclarationError(
                f"the item {item!r} has another name in another entry",
                file=entry.path,
                place=f"indicators.{code}.item_name",
                remedy="name it once",
            )


def _check_relations(catalogue: Catalogue) -> None:
    """Whatever an entry relates to is there, and nothing is a part of itself by any way."""
    above: dict[str, set[str]] = {}
    for code, entry in catalogue.entries.items():
        for kind, relation in entry.standard.relations():
            for other in filter(None, (relation.to, relation.numerator)):
                if other not in catalogue.entries:
                    raise _unknown(
                        f"{code} is {kind} {other!r}, which is not in the catalogue",
                        entry,
                        kind,
                        other,
                        catalogue.entries,
                    )
            if relation.to == code:
                raise DeclarationError(
                    f"{code} is {kind} itself",
                    file=entry.path,
                    place=f"indicators.{code}.{kind}",
                    remedy="name another indicator",
                )
            if kind in ("part_of", "not_above"):
                above.setdefault(code, set()).add(relation.to)
    for code in above:
        way = _way_back(code, above)
        if way:
            raise DeclarationError(
                f"{' → '.join(way)}: a part contains its whole / 指标的构成关系成环",
                file=catalogue.entries[code].path,
                place=f"indicators.{code}",
                remedy="remove one of these relations",
            )


def _check_cuts(catalogue: Catalogue) -> None:
    """The parts of one cut make up their whole, all of them; or none of them says so."""
    first: dict[tuple[str, str, str], tuple[str, bool]] = {}
    for code, entry in catalogue.entries.items():
        for kind in ("part_of", "share_of"):
            for relation in getattr(entry.standard, kind):
                key = (kind, relation.to, relation.cut)
                other, is_exhaustive = first.setdefault(key, (code, relation.exhaustive))
                if is_exhaustive != relation.exhaustive:
                    raise DeclarationError(
                        f"{code} and {other} are of one cut of {relation.to}, and only one of "
                        "them is of all its parts / 同一分组的 exhaustive 不一致",
                        file=entry.path,
                        place=f"indicators.{code}.{kind}",
                        remedy="give both `exhaustive: true`, or neither; or each its own `cut`",
                    )


def _way_back(code: str, above: Mapping[str, set[str]]) -> list[str]:
    """The way from an indicator over its wholes to itself; empty where there is none."""
    came: dict[str, str] = {}
    todo = [code]
    while todo:
        here = todo.pop()
        for other in sorted(above.get(here, ())):
            if other == code:
                way = [here]
                while way[-1] != code:
                    way.append(came[way[-1]])
                return [*reversed(way), code]
            if other not in came:
                came[other] = here
                todo.append(other)
    return []


def _check_words(catalogue: Catalogue) -> None:
    """No name or synonym is one of two indicators; a growth that only follows yields."""
    taken: dict[str, str] = {}
    for code, entry in catalogue.entries.items():
        standard = entry.standard
        for word in (standard.name.zh, standard.name.en, *standard.synonyms):
            key = folded(word)
            other = taken.setdefault(key, code)
            if other != code:
                raise DeclarationError(
                    f"{word!r} means {other} ({catalogue.entries[other].path.name}) and {code} "
                    "/ 同一名称对应两个指标",
                    file=entry.path,
                    place=f"indicators.{code}.synonyms",
                    remedy="keep it in the one that every bureau means by it, or in neither",
                )


def _unknown(
    what: str, entry: Entry, place: str, word: str, known: Iterable[str]
) -> DeclarationError:
    import difflib

    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.4)
    return DeclarationError(
        what,
        file=entry.path,
        place=f"indicators.{entry.standard.code}.{place}",
        remedy=f"did you mean {near[0]!r}?" if near else "mend the code",
    )


_CHOICES = {
    "monthly": "月度 monthly",
    "quarterly": "季度 quarterly",
    "half_yearly": "半年度 half-yearly",
    "annual": "年度 annual",
    "census": "普查 census",
    "irregular": "不定期 irregular",
    "current": "现价 current prices",
    "comparable": "可比价 comparable prices",
    "constant": "不变价 constant prices",
    "not_applicable": "无 none",
    "not_stated": "未说明 not stated",
    "previous_period": "上期=100 previous period = 100",
    "same_period_last_year": "上年同期=100 same period of last year = 100",
    "sum": "可加 add up",
    "last": "取期末 the last one",
    "mean": "取平均 the mean",
    "at_most": "不超过 at most",
    "none": "不可加 do not",
}
_RELATIONS = {
    "part_of": "构成 part of",
    "share_of": "占比 share of",
    "ratio_of": "比率 ratio of",
    "growth_of": "增速 growth of",
    "increment_of": "增量 increment of",
    "rank_of": "位次 rank of",
    "mean_of": "平均 mean of",
    "overlaps": "重叠 overlaps",
    "not_above": "不高于 not above",
    "apart_from": "不含 apart from",
}


def told(catalogue: Catalogue, code: str) -> str:
    """An entry as a person reads it, in both languages.

    Raises:
        DeclarationError: there is none of that code or name; the nearest are proposed.
    """
    found = catalogue.match(code)
    entry = catalogue.entries.get(code) or catalogue.entries.get(found.exact or "")
    if entry is None:
        import difflib

        codes = difflib.get_close_matches(code, list(catalogue.entries), n=NEAREST) or found.near
        near = [f"{c} {catalogue.entries[c].standard.name.zh}" for c in codes]
        raise DeclarationError(
            f"the catalogue has no indicator {code!r} / 目录中没有该指标",
            remedy=f"did you mean {'; '.join(near)}?" if near else "see `qutong catalogue list`",
        )
    s = entry.standard
    kind = "存量 stock" if s.stock else "流量 flow" if s.additive.time == "sum" else ""
    span = f"{s.since or ''}—{s.until or ''}" if s.since or s.until else ""
    source = catalogue.sources[s.source]
    lines = [
        ("", f"{s.name.zh} | {s.name.en}"),
        ("目录 field", f"{entry.field.zh} | {entry.field.en}"),
        ("含义 meaning", s.definition.zh),
        ("", s.definition.en),
        ("出处 source", f"{source.zh} | {source.en}"),
        ("别名 also", "、".join(s.synonyms)),
        ("计量 measure", " ".join(filter(None, (s.measure, s.base_unit, kind)))),
        ("价格 prices", _CHOICES.get(s.price_basis, s.price_basis)),
        ("频率 frequency", f"{_CHOICES[s.frequency]}, +{s.lag_days} d"),
        ("起止 since", span),
        ("分组 breakdowns", ", ".join(s.breakdowns)),
        (
            "相加 adding",
            f"时间 time: {_CHOICES[s.additive.time]}; 地区 regions: "
            f"{_CHOICES[s.additive.regions]}; 分组 classes: {_CHOICES[s.additive.classes]}",
        ),
    ]
    known = catalogue.range_of(s.code)
    if known is not None and catalogue.plausible is not None:
        lines += plausible.told(known, catalogue.plausible.ranges)
    lines += [(_RELATIONS[kind], _said(catalogue, relation)) for kind, relation in s.relations()]
    lines += [(f"{c.since} 起 since", f"{c.note.zh} | {c.note.en}") for c in s.changes]
    return "\n".join([f"{s.code}", *(f"  {name:<14}  {text}" for name, text in lines if text)])


def _said(catalogue: Catalogue, relation: Relation) -> str:
    names = [
        f"{code} {catalogue.entries[code].standard.name.zh}"
        for code in filter(None, (relation.to, relation.numerator))
    ]
    how = "，各部分之和即总体 its parts make it up" if relation.exhaustive else ""
    return " ← ".join(names) + how


def shipped() -> Path:
    """The catalogue that comes with the software."""
    return CODE_ROOT / "raw" / "catalogue"
