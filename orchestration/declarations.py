"""Everything declared under ``raw/``: data sets and code lists, loaded and checked as a whole.

Belongs here: reading them, resolving references between them, looking codes up. Does not belong
here: deliveries, and the shape of a declaration (``spec``).
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from orchestration import plugins
from orchestration.bounds import BOUNDS
from orchestration.deadlines import Calendar, read_calendar
from orchestration.errors import DeclarationError, DeclarationErrors
from orchestration.gazetteer import Gazetteer
from orchestration.programmes import (
    BREAK_COLUMNS,
    CLUSTER_MEMBER_COLUMNS,
    EVALUATION_RULE_COLUMNS,
    HONOUR_COLUMNS,
    SCHEME_COLUMNS,
    SCHEME_MEMBER_COLUMNS,
    SCHEME_RULE_COLUMNS,
    Break,
    ClusterMember,
    EvaluationRule,
    Honour,
    Known,
    Row,
    Scheme,
    SchemeMember,
    SchemeRule,
    check_documents,
    check_indicators,
    check_items,
    check_rule_items,
    read_breaks,
    read_cluster_members,
    read_honours,
    read_members,
    read_rules,
    read_scheme_rules,
    read_schemes,
)
from orchestration.settings import CODE_ROOT, Settings, parse_model, read_yaml
from orchestration.spec import (
    CONCEPT_FIELDS,
    GROWTH_MEASURES,
    RELATION_KINDS,
    Constants,
    Correction,
    Corrections,
    DataSet,
    Document,
    FunctionLayout,
    Indicator,
    Layout,
    RangeClass,
    RecordsLayout,
    Relation,
    SourceSection,
    Standard,
    TableLayout,
    Text,
)
from orchestration.standards import Catalogue, load_catalogue
from orchestration.text import same
from orchestration.unitwords import office_codes, scaled_words, spelled

REGION_COLUMNS = (
    "region_code",
    "region_name_zh",
    "region_name_en",
    "region_kind",
    "parent_code",
    "valid_from",
    "valid_to",
    "successor_codes",
    "synonyms",
)
UNIT_COLUMNS = ("unit", "name_zh", "name_en", "dimension", "factor", "synonyms")
CODE_COLUMNS = (
    "list",
    "code",
    "name_zh",
    "name_en",
    "sort",
    "synonyms",
    "valid_from",
    "valid_to",
    "maps_to",
)

QUALIFIER_LIST = "qualifier"
CATALOGUE_CACHE = "catalogue.json"
CHINA = "regions_china.csv"
_PROGRAMME_LISTS = (
    "scheme_kind",
    "scheme_status",
    "programme_level",
    "honour_state",
    "break_kind",
    "industry",
    "industry_division",
    "industry_division_2011",
)
SYNONYM_COLUMNS = ("list", "word", "code", "valid_from", "valid_to", "note")


@dataclass(frozen=True)
class Region:
    """A region and the time its code was in force (``valid_to`` is exclusive)."""

    code: str
    name_zh: str
    name_en: str
    kind: str
    parent_code: str
    valid_from: date | None
    valid_to: date | None
    successor_codes: str
    synonyms: tuple[str, ...]


@dataclass(frozen=True)
class Unit:
    """A unit; units of one dimension convert into one another by their exact factors.

    ``sdmx_id`` is what others read it by: declared, or made of its English name and its characters.
    """

    code: str
    name_zh: str
    name_en: str
    dimension: str
    factor: str
    synonyms: tuple[str, ...]
    sdmx_id: str


@dataclass(frozen=True)
class Code:
    """One code of one list, with the words that deliveries use for it."""

    list: str
    code: str
    name_zh: str
    name_en: str
    sort: int
    synonyms: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None
    maps_to: str


@dataclass(frozen=True)
class Synonym:
    """What a word of deliveries means from a day on (``valid_to`` is exclusive).

    ``list`` is ``indicator``, ``region`` or a list of codes; ``line`` is where it stands.
    """

    list: str
    word: str
    code: str
    valid_from: date | None
    valid_to: date | None
    note: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class CodeLists:
    """Regions, units and all other lists of one project directory."""

    regions: tuple[Region, ...]
    units: tuple[Unit, ...]
    codes: tuple[Code, ...]
    schemes: tuple[Scheme, ...] = ()
    scheme_members: tuple[SchemeMember, ...] = ()
    scheme_rules: tuple[SchemeRule, ...] = ()
    cluster_members: tuple[ClusterMember, ...] = ()
    honours: tuple[Honour, ...] = ()
    evaluation_rules: tuple[EvaluationRule, ...] = ()
    breaks: tuple[Break, ...] = ()
    synonyms: tuple[Synonym, ...] = ()
    gazetteer: Gazetteer = field(default_factory=Gazetteer)

    def words(self, name: str) -> dict[str, str]:
        """Every word a delivery may use for a code of the list: codes, names, synonyms."""
        return _words(
            (entry.code, (entry.code, entry.name_zh, entry.name_en, *entry.synonyms))
            for entry in self.codes
            if entry.list == name
        )

    def members(self, name: str) -> dict[str, Code]:
        """The codes of one list."""
        return {entry.code: entry for entry in self.codes if entry.list == name}

    @cached_property
    def lists(self) -> frozenset[str]:
        """The names of the lists of codes."""
        return frozenset(entry.list for entry in self.codes)

    @cached_property
    def region_words(self) -> dict[str, str]:
        """Names and codes of regions."""
        return _words((r.code, (r.code, r.name_zh, *r.synonyms)) for r in self.regions)

    def region_code(self, word: str) -> str | None:
        """The region that a declaration names; the district's own names go before China's."""
        own = self.region_words.get(word)
        if own is not None or not self.gazetteer:
            return own
        meant = self.gazetteer.meant(word, None, None)
        return meant[0].code if len(meant) == 1 else None

    @cached_property
    def nation(self) -> str | None:
        """The code of the nation; none where the regions have none, or several."""
        nations = [region.code for region in self.regions if region.kind == "nation"]
        return nations[0] if len(nations) == 1 else None

    @cached_property
    def unit_words(self) -> dict[str, str]:
        """Ways to write a unit."""
        listed = _words((u.code, (u.code, *u.synonyms)) for u in self.units)
        taken = {same(word) for word in listed}
        forms = (
            (u.code, form) for u in self.units for word in u.synonyms for form in spelled(word)
        )
        more = ((code, (form,)) for code, form in forms if same(form) not in taken)
        return listed | _words(more)

    @cached_property
    def unit_multiples(self) -> dict[str, str]:
        """Further words for multiples of units, folded: millionyuan, RMBbn, £m."""
        words = {same(word) for word in self.unit_words}
        return dict((word, code) for word, code in scaled_words(self.units) if word not in words)

    @cached_property
    def unit_codes(self) -> dict[str, str]:
        """What stands for a unit in a column of units besides its words: CNY_E8, THS_PER, PC."""
        words = {same(word) for word in self.unit_words} | self.unit_multiples.keys()
        return {word: code for word, code in office_codes(self.units).items() if word not in words}


def _words(entries: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for code, words in entries:
        for word in words:
            if word:
                found.setdefault(word, code)
    return found


@dataclass(frozen=True)
class Declared:
    """A data set with its file; every indicator of it is resolved."""

    data_set: DataSet
    path: Path
    digest: str
    defined: frozenset[str] = field(default_factory=frozenset)
    corrections: tuple[Correction, ...] = ()

    @property
    def id(self) -> str:
        return self.data_set.id

    def on(self, day: date) -> Declared:
        """As it is for deliveries that are filed under a day."""
        data_set = self.data_set.on(day)
        return self if data_set is self.data_set else replace(self, data_set=data_set)


@dataclass(frozen=True)
class Aside:
    """A declaration that cannot be used as it stands, and is none of the others' business.

    Attributes:
        is_consequence: It may be sound, and names what another one that was set aside defines.
        data_set_id: What it declares, by the name of its file.
    """

    path: Path
    error: DeclarationError
    is_consequence: bool = False

    @property
    def data_set_id(self) -> str:
        return self.path.stem


@dataclass(frozen=True)
class Declarations:
    """All that is declared, checked across files.

    Attributes:
        aside: Declarations with a mistake, where they were set aside and not raised.
        calendar: Holidays that due dates are shifted by.
        catalogue: The standard indicators, whether a data set refers to them or not.
    """

    settings: Settings
    data_sets: tuple[Declared, ...]
    codelists: CodeLists
    aside: tuple[Aside, ...] = ()
    calendar: Calendar = field(default_factory=Calendar)
    catalogue: Catalogue = field(default_factory=Catalogue)

    def __iter__(self) -> Iterator[Declared]:
        return iter(self.data_sets)

    def get(self, data_set_id: str) -> Declared:
        """One data set.

        Raises:
            DeclarationError: there is none of that id; the nearest ones are proposed.
        """
        for declared in self.data_sets:
            if declared.id == data_set_id:
                return declared
        ids = [declared.id for declared in self.data_sets]
        near = difflib.get_close_matches(data_set_id, ids, n=3)
        raise DeclarationError(
            f"there is no data set {data_set_id!r}",
            remedy=f"did you mean {', '.join(near)}?" if near else "see `qutong data-set list`",
        )

    @cached_property
    def definitions(self) -> dict[str, tuple[Indicator, Declared]]:
        """Every indicator with the data set that defines it."""
        return {
            indicator.code: (indicator, declared)
            for declared in self.data_sets
            for indicator in declared.data_set.indicators
            if indicator.code in declared.defined
        }

    def range_of(self, code: str) -> RangeClass | None:
        """The class of plausible ranges of an indicator: its own, or that of its measure and unit.

        None where no class is of its measure.
        """
        indicator, declared = self.definitions[code]
        known = self.catalogue.plausible
        if known is None or indicator.measure is None or indicator.base_unit is None:
            return None
        grown = next((r.to for r in indicator.growth_of if r.to in self.definitions), None)
        if code in self.catalogue and indicator.range is None:
            return self.catalogue.range_of(code)
        try:
            return known.of(
                indicator.measure,
                indicator.base_unit,
                stock=indicator.stock or indicator.role == "stock",
                named=indicator.range,
                level=self.range_of(grown) if grown is not None and grown != code else None,
            )
        except DeclarationError as error:
            raise DeclarationError(
                error.what,
                file=declared.path,
                place=f"indicators.{code}.range",
                remedy=error.remedy,
            ) from None

    @cached_property
    def items(self) -> dict[str, Text]:
        """What mart rows are about, where a declaration names it and not the code list."""
        return _named_items(self.data_sets, self.codelists)

    @cached_property
    def documents(self) -> dict[str, tuple[Document, str]]:
        """Every source document with the first data set that names it."""
        found: dict[str, tuple[Document, str]] = {}
        for declared in self.data_sets:
            for document in declared.data_set.origin.documents:
                found.setdefault(document.id, (document, declared.id))
        return found


Slots = Mapping[str, Set[str]]
"""Marts with the slots that each shows; none where it shows all (see ``process.dbt``)."""


def load_declarations(settings: Settings, slots: Slots | None = None) -> Declarations:
    """Read and check all declarations of the project.

    Args:
        settings: Of the project.
        slots: The marts there are; None to not ask for them.

    Raises:
        DeclarationError: the first mistake, with file, key and remedy.
    """
    lists = _lists(settings)
    raw = [_read_one(path) for path in _files(settings)]
    return _checked(settings, lists, raw, slots)


def load_sound(
    settings: Settings, slots: Slots | None = None, is_settled: Callable[[str], bool] = bool
) -> Declarations:
    """Read all declarations; those of a data set with a mistake are set aside, each with its error.

    Args:
        settings: Of the project.
        slots: As of ``load_declarations``.
        is_settled: Whether figures follow a data set of that id already: of two that declare the
            same, the other one is at fault.

    Raises:
        DeclarationError: a mistake that is no single data set's: of code lists, the district, or a
            file of corrections; or one that only follows from what was set aside.
    """
    lists = _lists(settings)
    aside: dict[Path, Aside] = {}
    read: dict[Path, Declared] = {}
    for path in _files(settings):
        try:
            read[path] = _read_one(path)
        except DeclarationError as error:
            aside[path] = Aside(path, error)
    while True:
        raw = sorted(read.values(), key=lambda entry: not is_settled(entry.id))
        try:
            found = _checked(settings, lists, raw, slots)
        except DeclarationError as error:
            several = error.errors if isinstance(error, DeclarationErrors) else (error,)
            found_in = {Path(one.file or ""): one for one in several}
            if not found_in.keys() <= read.keys():
                own = [entry.error for entry in aside.values() if not entry.is_consequence]
                raise (DeclarationErrors(own) if own else error) from None
            has_begun = bool(aside)
            aside |= {path: Aside(path, one, has_begun) for path, one in found_in.items()}
            read = {path: entry for path, entry in read.items() if path not in found_in}
        else:
            return replace(
                found,
                data_sets=tuple(sorted(found.data_sets, key=lambda entry: entry.path)),
                aside=tuple(entry for _, entry in sorted(aside.items())),
            )


def _files(settings: Settings) -> list[Path]:
    return sorted((settings.raw / "datasets").rglob("*.yml"))


@dataclass(frozen=True)
class _Lists:
    """What all declarations refer to: code lists and the catalogue."""

    codelists: CodeLists
    catalogue: Catalogue


def _lists(settings: Settings) -> _Lists:
    """The code lists, which know the district and its complete regions, and the catalogue.

    Raises:
        DeclarationError: the first mistake, with file, key and remedy.
    """
    codelists = load_codelists(settings.raw / "codelists")
    if settings.district.code not in {region.code for region in codelists.regions}:
        raise DeclarationError(
            f"the district's code {settings.district.code!r} is not a known region",
            file=settings.raw / "district.yml",
            place="code",
            remedy="add it to raw/codelists/regions.csv",
        )
    _check_complete_regions(settings, codelists)
    catalogue = catalogue_of(settings)
    _check_standards(catalogue, codelists)
    return _Lists(codelists, catalogue)


def catalogue_of(settings: Settings) -> Catalogue:
    """The standard indicators of a project; what its files say is kept beside the work database.

    Raises:
        DeclarationError: the first mistake, with file, place and remedy.
    """
    return load_catalogue(settings.raw / "catalogue", settings.home / "work" / CATALOGUE_CACHE)


def _check_standards(catalogue: Catalogue, lists: CodeLists) -> None:
    """Every code that an entry of the catalogue uses stands in its list."""
    units = {unit.code for unit in lists.units}
    known = {name: set(lists.members(name)) for name in ("scope", "item", "role", "stage", "topic")}
    known["field"] = {*catalogue.fields, *lists.members("field")}
    for code, entry in catalogue.entries.items():
        used = {"base_unit": ("unit", units)} | {name: (name, known[name]) for name in known}
        for key, (what, codes) in used.items():
            value = getattr(entry.standard, key)
            is_named_here = key == "item" and value in catalogue.item_names
            if value is not None and value not in codes and not is_named_here:
                raise _unknown_code(entry.path, what, value, f"indicators.{code}.{key}", codes)


def _checked(
    settings: Settings, lists: _Lists, raw: list[Declared], slots: Slots | None
) -> Declarations:
    """All declarations, each checked among the others.

    Raises:
        DeclarationError: the first mistake, with file, key and remedy.
    """
    codelists = lists.codelists
    _refuse_twice(raw)
    resolved = _resolve(raw, lists)
    items = _named_items(resolved, codelists)
    errors = []
    for declared in resolved:
        try:
            _check_codes(declared, lists, set(items))
            if slots is not None:
                _check_marts(declared, codelists, slots)
        except DeclarationError as error:
            errors.append(error)
    if errors:
        raise DeclarationErrors(errors)
    _check_documents(resolved)
    resolved = _with_corrections(settings.raw / "corrections", resolved)
    declarations = Declarations(
        settings=settings,
        data_sets=tuple(resolved),
        codelists=codelists,
        calendar=read_calendar(settings.calendars, settings.district.calendar),
        catalogue=lists.catalogue,
    )
    _check_scorecard(declarations)
    _check_plans(resolved)
    _check_programmes(declarations)
    _check_synonyms(declarations)
    _check_classes(declarations)
    _check_ranges(declarations)
    return declarations


def _with_corrections(folder: Path, resolved: list[Declared]) -> list[Declared]:
    """Each data set with the corrections of known errors in its deliveries."""
    by_id = {declared.id: declared for declared in resolved}
    files: dict[str, Path] = {}
    for path in sorted(folder.glob("*.y*ml")):
        if path.suffix != ".yml" or path.stem not in by_id:
            near = difflib.get_close_matches(path.stem, list(by_id), n=1)
            raise DeclarationError(
                f"corrections of {path.stem!r}, which is no data set",
                file=path,
                place="file name",
                remedy=f"name it {near[0]}.yml" if near else "name it <data set id>.yml",
            )
        declared, entries = by_id[path.stem], parse_model(Corrections, read_yaml(path), path)
        _check_corrections(declared, entries.corrections, path)
        for entry in entries.corrections:
            if entry.id in files:
                raise DeclarationError(
                    f"there is a correction {entry.id!r} in {files[entry.id]} too",
                    file=path,
                    place=f"corrections.{entry.id}",
                    remedy="give one of them another id",
                )
            files[entry.id] = path
        by_id[path.stem] = replace(declared, corrections=entries.corrections)
    return list(by_id.values())


def _check_corrections(declared: Declared, entries: tuple[Correction, ...], path: Path) -> None:
    if declared.data_set.origin.filled_in_by == "respondent":
        raise DeclarationError(
            "only the respondent may change its return: nothing of it is corrected here",
            file=path,
            place="corrections",
            remedy="send the return back with a query (`qutong quarantine return`) and remove "
            "this file",
        )
    cells: dict[tuple[object, ...], list[Correction]] = {}
    for entry in entries:
        place = f"corrections.{entry.id}"
        if entry.where and not isinstance(declared.data_set.layout, RecordsLayout):
            raise DeclarationError(
                "`where` finds rows of records; this data set is no list of records",
                file=path,
                place=f"{place}.where",
                remedy="name the cell by its `place`, such as 表1!C5",
            )
        where = tuple(sorted((same(k), same(v)) for k, v in entry.where.items()))
        earlier = cells.setdefault((entry.place, where, same(entry.column)), [])
        for other in earlier:
            if _globs_meet(entry.files, other.files):
                raise DeclarationError(
                    f"{entry.id} and {other.id} correct the same cell, {entry.target}",
                    file=path,
                    place=place,
                    remedy="keep one of them, or give each its own `files`",
                )
        earlier.append(entry)


def _globs_meet(one: str, other: str) -> bool:
    """Whether some name fits both patterns; a set such as [ab] counts as any character."""
    first, second = (re.sub(r"\[[^]]+\]", "?", glob) for glob in (one, other))
    fits = {(0, 0)}
    todo = [(0, 0)]
    while todo:
        i, j = todo.pop()
        a, b = first[i : i + 1], second[j : j + 1]
        steps = set()
        if a == "*":
            steps |= {(i + 1, j)} | ({(i, j + 1)} if b else set())
        if b == "*":
            steps |= {(i, j + 1)} | ({(i + 1, j)} if a else set())
        if a and b and "*" not in (a, b) and (a == b or "?" in (a, b)):
            steps.add((i + 1, j + 1))
        todo += steps - fits
        fits |= steps
    return (len(first), len(second)) in fits


def _check_programmes(declarations: Declarations) -> None:
    """Documents and items that schemes and rules name are declared by data sets."""
    lists, folder = declarations.codelists, declarations.settings.raw / "codelists"
    documents = declarations.documents
    check_documents(lists.schemes, folder / "schemes.csv", documents)
    check_documents(lists.scheme_members, folder / "scheme_members.csv", documents)
    check_documents(lists.cluster_members, folder / "cluster_members.csv", documents)
    check_documents(lists.honours, folder / "honours.csv", documents)
    check_documents(lists.evaluation_rules, folder / "evaluation_rules.csv", documents)
    known = {*declarations.catalogue.entries, *declarations.definitions}
    check_indicators(lists.breaks, folder / "breaks.csv", known)
    items = {*lists.members("item"), *declarations.items}
    check_items(lists.scheme_members, folder / "scheme_members.csv", items)
    check_documents(lists.scheme_rules, folder / "scheme_rules.csv", documents)
    check_rule_items(lists.scheme_rules, folder / "scheme_rules.csv", items)


def _check_synonyms(declarations: Declarations) -> None:
    """Indicators that dated words stand for are defined; other lists were checked at reading."""
    known = declarations.definitions
    for synonym in declarations.codelists.synonyms:
        if synonym.list == "indicator" and synonym.code not in known:
            near = difflib.get_close_matches(synonym.code, list(known), n=1)
            raise DeclarationError(
                f"{synonym.word!r} stands for the indicator {synonym.code!r}, which nobody defines",
                file=declarations.settings.raw / "codelists" / "synonyms.csv",
                place=f"line {synonym.line}",
                remedy=f"did you mean {near[0]!r}?" if near else "mend the code",
            )


def _check_classes(declarations: Declarations) -> None:
    """A class is told by its code: no two lists of one indicator mean two things by one."""
    lists: dict[str, dict[str, Declared]] = {}
    for declared in declarations:
        names = {layout.breakdown_list for layout in declared.data_set.layouts} - {None}
        for indicator in declared.data_set.indicators:
            own = lists.setdefault(indicator.code, {})
            for name in sorted(str(name) for name in names):
                other = next(
                    (o for o in own if _shared_code(declarations.codelists, o, name)), None
                )
                if other is not None:
                    shared = _shared_code(declarations.codelists, other, name)
                    raise DeclarationError(
                        f"{indicator.code} is broken down by {other} ({own[other].id}) and by "
                        f"{name}, and both have the code {shared!r} / 同一分组代码所指不同",
                        file=declared.path,
                        place="layout.breakdown_list",
                        remedy="give the code another name in one of the two lists",
                    )
                own.setdefault(name, declared)


def _shared_code(lists: CodeLists, one: str, other: str) -> str | None:
    """A code that both lists have at one time, under two names."""
    if one == other:
        return None
    theirs = lists.members(other)
    for code, entry in lists.members(one).items():
        twin = theirs.get(code)
        if twin is not None and twin.name_zh != entry.name_zh and _meet(entry, twin):
            return code
    return None


def _meet(one: Code, other: Code) -> bool:
    """Whether two codes are in force on one day; ``valid_to`` is exclusive."""
    begins = max(one.valid_from or date.min, other.valid_from or date.min)
    return begins < min(one.valid_to or date.max, other.valid_to or date.max)


def _check_ranges(declarations: Declarations) -> None:
    """A range of a data set's own that is wider than the catalogue's says why and until when."""
    for code in declarations.definitions:
        declarations.range_of(code)
    for declared in declarations:
        for indicator in declared.data_set.indicators:
            own = indicator.plausible
            if own is None:
                continue
            place = f"indicators.{indicator.code}.plausible"
            known = declarations.range_of(indicator.code)
            if known is None:
                raise DeclarationError(
                    f"{indicator.code} has no class of ranges that its own could narrow",
                    file=declared.path,
                    place=place,
                    remedy="remove it",
                )
            if own.overrules(known) and (own.reason is None or own.until is None):
                raise DeclarationError(
                    f"wider than {known.id}, which {indicator.code} has in the catalogue "
                    "/ 宽于标准目录的区间",
                    file=declared.path,
                    place=place,
                    remedy="say why (`reason`) and until which day of delivery (`until`); or "
                    "narrow it",
                )


def _check_plans(declared: list[Declared]) -> None:
    """A number stands once in the table of a plan, and so does an indicator."""
    taken: dict[tuple[str, int | str], str] = {}
    for entry in declared:
        for indicator in entry.data_set.indicators:
            if indicator.plan is None:
                continue
            plan = indicator.plan
            for key in ((plan.id, plan.number), (plan.id, indicator.code)):
                if key in taken:
                    raise DeclarationError(
                        f"{key[1]} of plan {plan.id!r} is {taken[key]} already",
                        file=entry.path,
                        place=f"indicators.{indicator.code}.plan",
                        remedy="give it the number it has in the plan's table, once",
                    )
                taken[key] = indicator.code


def _check_complete_regions(settings: Settings, codelists: CodeLists) -> None:
    known = {region.code for region in codelists.regions}
    for code in settings.district.complete_regions:
        if code not in known:
            raise DeclarationError(
                f"complete_regions names {code!r}, which is not a known region",
                file=settings.raw / "district.yml",
                place="complete_regions",
                remedy="add it to raw/codelists/regions.csv, or mend the code",
            )


def _check_scorecard(declarations: Declarations) -> None:
    known = declarations.definitions
    for code in declarations.settings.district.scorecard:
        if code not in known:
            near = difflib.get_close_matches(code, list(known), n=1)
            raise DeclarationError(
                f"the scorecard names the indicator {code!r}, which nobody defines",
                file=declarations.settings.raw / "district.yml",
                place="scorecard",
                remedy=f"did you mean {near[0]!r}?" if near else "mend the code",
            )


def validate_file(
    path: Path, settings: Settings, slots: Slots | None = None, *, instead_of: Path | None = None
) -> DataSet:
    """Check one declaration file as if it stood among the others.

    What is wrong with another one is not this one's fault, unless it needs that one.

    Args:
        path: The file.
        settings: Of the project.
        slots: The marts there are; None to not ask for them.
        instead_of: The file that it would take the place of.

    Raises:
        DeclarationError: the mistake, with those of others that it may follow from.
    """
    declared = _read_one(path)
    lists = _lists(settings)
    others: dict[Path, Declared] = {}
    aside: list[DeclarationError] = []
    for other in _files(settings):
        if other.resolve() not in (path.resolve(), (instead_of or path).resolve()):
            try:
                others[other] = _read_one(other)
            except DeclarationError as error:
                aside.append(error)
    while True:
        try:
            return _validated(declared, [*others.values(), declared], lists, slots)
        except DeclarationError as error:
            several = error.errors if isinstance(error, DeclarationErrors) else (error,)
            blamed = {Path(one.file or "") for one in several} & others.keys()
            if not blamed:
                raise (DeclarationErrors([*several, *aside]) if aside else error) from None
            aside += [one for one in several if Path(one.file or "") in blamed]
            others = {file: entry for file, entry in others.items() if file not in blamed}


def _validated(
    declared: Declared, raw: list[Declared], lists: _Lists, slots: Slots | None
) -> DataSet:
    _refuse_twice(raw)
    among = _resolve(raw, lists)
    resolved = next(entry for entry in among if entry.path == declared.path)
    _check_codes(resolved, lists, set(_named_items(among, lists.codelists)))
    if slots is not None:
        _check_marts(resolved, lists.codelists, slots)
    return resolved.data_set


def _read_one(path: Path) -> Declared:
    data_set = parse_model(DataSet, read_yaml(path), path)
    if path.stem != data_set.id or path.parent.name != data_set.theme:
        raise DeclarationError(
            f"the file declares {data_set.id!r} of theme {data_set.theme!r}",
            file=path,
            place="id",
            remedy=f"it belongs in raw/datasets/{data_set.theme}/{data_set.id}.yml",
        )
    return Declared(
        data_set=data_set,
        path=path,
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        defined=frozenset(i.code for i in data_set.indicators if i.is_definition),
    )


def _refuse_twice(raw: list[Declared]) -> None:
    files: dict[str, Path] = {}
    definitions: dict[str, Path] = {}
    for declared in raw:
        if declared.id in files:
            raise DeclarationError(
                f"the data set {declared.id!r} is declared in {files[declared.id]} too",
                file=declared.path,
                place="id",
                remedy="give one of them another id",
            )
        files[declared.id] = declared.path
        for code in sorted(declared.defined):
            if code in definitions:
                raise DeclarationError(
                    f"the indicator {code!r} is defined in {definitions[code]} too",
                    file=declared.path,
                    place=f"indicators.{code}",
                    remedy="define it once; elsewhere give its code alone, without a name",
                )
            definitions[code] = declared.path


@dataclass(frozen=True)
class _Definition:
    """What an indicator is, and the data set that it is listed under.

    Attributes:
        indicator: With everything that the catalogue says of it, too.
        owner: The data set that defines it; of a standard one, the one that adds to the catalogue,
            else the first that delivers it.
        synonyms: What it is called besides its name.
    """

    indicator: Indicator
    owner: Declared
    synonyms: tuple[str, ...] = ()


def _define(raw: list[Declared], lists: _Lists) -> dict[str, _Definition]:
    """Every indicator that some data set delivers, by its code.

    Raises:
        DeclarationErrors: what data sets say otherwise than the catalogue; each with its remedy.
    """
    catalogue = lists.catalogue
    found: dict[str, _Definition] = {}
    said: dict[str, Declared] = {}
    errors: list[DeclarationError] = []
    for declared in raw:
        for indicator in declared.data_set.indicators:
            standard = catalogue.get(indicator.code)
            try:
                if standard is None:
                    _demand_definition(indicator, declared)
                    if indicator.is_definition:
                        found[indicator.code] = _Definition(indicator, declared)
                    continue
                _demand_same_concept(indicator, standard, declared, lists)
                adds = indicator.is_definition or bool(indicator.said_once)
                if adds and said.setdefault(indicator.code, declared) is not declared:
                    raise DeclarationError(
                        f"what {indicator.code!r} is besides the catalogue is said in "
                        f"{said[indicator.code].path} too",
                        file=declared.path,
                        place=f"indicators.{indicator.code}.{(indicator.said_once or ['name'])[0]}",
                        remedy="say it once; elsewhere give the code and what it is called here",
                    )
            except DeclarationError as error:
                errors.append(error)
                continue
            known = found.get(indicator.code)
            is_first = known is None or declared.path < known.owner.path
            if adds or (is_first and indicator.code not in said):
                own = indicator if adds else Indicator(code=indicator.code)
                whole = _standard_indicator(own, standard, lists)
                found[indicator.code] = _Definition(whole, declared, standard.synonyms)
    if errors:
        raise DeclarationErrors(errors)
    return _within(found, catalogue)


def _demand_definition(indicator: Indicator, declared: Declared) -> None:
    if not indicator.is_definition and indicator.said_once:
        raise DeclarationError(
            f"{indicator.code} has no name, so it refers to a definition elsewhere; "
            f"{', '.join(indicator.said_once)} belongs to that definition",
            file=declared.path,
            place=f"indicators.{indicator.code}",
            remedy="say it where the indicator is defined, or give it a name here",
        )


def _demand_same_concept(
    indicator: Indicator, standard: Standard, declared: Declared, lists: _Lists
) -> None:
    """A data set may call a standard indicator otherwise; it may not mean something else by it."""
    dimension = {unit.code: unit.dimension for unit in lists.codelists.units}
    entry = lists.catalogue.entries[standard.code]
    own_unit, own_measure = indicator.base_unit, indicator.measure
    differs: tuple[str, object, object] | None = None
    if (
        own_unit is not None
        and dimension.get(own_unit, dimension[standard.base_unit])
        != (dimension[standard.base_unit])
    ):
        differs = ("base_unit", own_unit, standard.base_unit)
    elif own_measure is not None and not _measures_the_same(own_measure, standard.measure):
        differs = ("measure", own_measure, standard.measure)
    elif "stock" in indicator.model_fields_set and indicator.stock != standard.stock:
        differs = ("stock", indicator.stock, standard.stock)
    if differs is not None:
        key, own, other = differs
        raise DeclarationError(
            f"{standard.code} has {key} {own} here and {other} in the catalogue "
            f"({entry.path.name}): that is another indicator / 与标准目录口径不同",
            file=declared.path,
            place=f"indicators.{standard.code}.{key}",
            remedy="remove the key, or give it a code of its own; where the catalogue is wrong "
            "for this district, an entry in a file of your own with `overrules: true`",
        )


def _measures_the_same(own: str, standard: str) -> bool:
    """Whether one indicator has both measures: a target of it is a figure of it, too."""
    if own == "target_level":
        return standard not in {*GROWTH_MEASURES, "mom_growth_pct", "index", "rank"}
    alike = {"count": "level", "target_growth_pct": "yoy_growth_pct"}
    return alike.get(own, own) == alike.get(standard, standard)


def _standard_indicator(own: Indicator, standard: Standard, lists: _Lists) -> Indicator:
    """A standard indicator with what one data set adds to it."""
    update: dict[str, Any] = {"name": own.name or standard.name}
    shared = CONCEPT_FIELDS - set(RELATION_KINDS) | {"measure", "price_basis", "scope"}
    for name in shared | {"decimals", "direction"}:
        value = getattr(own, name)
        update[name] = value if value not in (None, False) else getattr(standard, name)
    if update["over_regions"] is None and standard.additive.regions != "none":
        update["over_regions"] = standard.additive.regions
    if own.item is not None:
        update["item_name"] = own.item_name
    elif update["mart"] is not None:
        update["item"] = standard.item or standard.code
        is_listed = update["item"] in lists.codelists.members("item")
        names = lists.catalogue.item_names
        update["item_name"] = None if is_listed else names[update["item"]]
    for kind in RELATION_KINDS:
        mine: tuple[Relation, ...] = getattr(own, kind)
        taken = {relation.to for relation in mine}
        theirs = [r for r in getattr(standard, kind) if r.to not in taken]
        update[kind] = (*mine, *theirs)
    return own.model_copy(update=update)


def _within(found: dict[str, _Definition], catalogue: Catalogue) -> dict[str, _Definition]:
    """Without relations of the catalogue to what nobody delivers; other parts are then not all."""
    missing = {code for code in catalogue.entries if code not in found}
    not_whole = {
        (relation.to, relation.cut)
        for code in missing
        for relation in catalogue.entries[code].standard.part_of
        if relation.exhaustive
    }
    whole: dict[str, _Definition] = {}
    for code, definition in found.items():
        indicator = definition.indicator
        update: dict[str, tuple[Relation, ...]] = {}
        for kind in RELATION_KINDS:
            old: tuple[Relation, ...] = getattr(indicator, kind)
            new = tuple(
                _as_delivered(relation, missing, not_whole if kind == "part_of" else set())
                for relation in old
                if relation.to not in missing
            )
            if new != old:
                update[kind] = new
        changed = indicator.model_copy(update=update) if update else indicator
        whole[code] = replace(definition, indicator=changed)
    return whole


def _as_delivered(
    relation: Relation, missing: set[str], not_whole: set[tuple[str, str]]
) -> Relation:
    update: dict[str, Any] = {}
    if relation.numerator in missing:
        update["numerator"] = None
    if (relation.to, relation.cut) in not_whole:
        update["exhaustive"] = False
    return relation.model_copy(update=update) if update else relation


def _resolve(raw: list[Declared], lists: _Lists) -> list[Declared]:
    definitions = _define(raw, lists)
    owned: dict[Path, set[str]] = {}
    for code, definition in definitions.items():
        owned.setdefault(definition.owner.path, set()).add(code)
    resolved = []
    for declared in raw:
        indicators = tuple(
            _resolve_indicator(indicator, declared, definitions)
            for indicator in declared.data_set.indicators
        )
        # Validated again: names that were references before may now collide.
        data = declared.data_set.model_copy(update={"indicators": indicators})
        indicators = _without_shared_synonyms(data, declared.data_set.indicators)
        data = data.model_copy(update={"indicators": indicators})
        labels: dict[tuple[str, str], str] = {}
        for indicator in indicators:
            folded = [same(label) for label in indicator.labels]
            if len(set(folded)) < len(folded):
                raise DeclarationError(
                    f"labels of {indicator.code} differ in blanks or width only",
                    file=declared.path,
                    place=f"indicators.{indicator.code}.labels",
                    remedy="keep one of them: blanks and width do not matter",
                )
            for label in indicator.labels:
                key = (
                    same(label),
                    "" if isinstance(data.layout, RecordsLayout) else indicator.column,
                )
                if labels.setdefault(key, indicator.code) != indicator.code:
                    raise DeclarationError(
                        f"{indicator.code} and {labels[key]} answer to the same name {label!r}",
                        file=declared.path,
                        place=f"indicators.{indicator.code}",
                        remedy="give one of them other labels",
                    )
            for kind, relation in indicator.relations():
                for other in filter(None, (relation.to, relation.numerator)):
                    if other not in definitions:
                        raise DeclarationError(
                            f"{indicator.code} is {kind} {other!r}, which nobody defines",
                            file=declared.path,
                            place=f"indicators.{indicator.code}.{kind}",
                            remedy="mend the code, or define the indicator",
                        )
        defined = frozenset(owned.get(declared.path, ()))
        resolved.append(Declared(data, declared.path, declared.digest, defined))
    return resolved


def _without_shared_synonyms(data: DataSet, given: tuple[Indicator, ...]) -> tuple[Indicator, ...]:
    """Synonyms of the catalogue yield to what the declaration itself calls another indicator."""
    is_keyed = not isinstance(data.layout, RecordsLayout)
    own = {
        (same(label), resolved.column if is_keyed else "")
        for resolved, indicator in zip(data.indicators, given, strict=True)
        for label in (indicator.labels or resolved.labels[:1])
    }
    kept = []
    for resolved, indicator in zip(data.indicators, given, strict=True):
        if indicator.labels:
            kept.append(resolved)
            continue
        column = resolved.column if is_keyed else ""
        more: dict[str, str] = {}
        for label in resolved.labels[1:]:
            if (same(label), column) not in own:
                more.setdefault(same(label), label)
        labels = (*resolved.labels[:1], *more.values())
        kept.append(resolved.model_copy(update={"labels": labels}))
    return tuple(kept)


def _resolve_indicator(
    indicator: Indicator, declared: Declared, definitions: dict[str, _Definition]
) -> Indicator:
    if indicator.code not in definitions:
        near = difflib.get_close_matches(indicator.code, list(definitions), n=1)
        raise DeclarationError(
            f"the indicator {indicator.code!r} has no name here, and neither the catalogue nor "
            "another data set defines it",
            file=declared.path,
            place=f"indicators.{indicator.code}",
            remedy=f"did you mean {near[0]!r}?" if near else "define it: give it a name",
        )
    found = definitions[indicator.code]
    own = {
        name: value
        for name in ("labels", "scope", "measure", "basis", "price_basis", "decimals", "direction")
        if (value := getattr(indicator, name))
    }
    own |= {"plan": indicator.plan, "lag_months": indicator.lag_months}
    own |= {"plausible": indicator.plausible}
    merged = found.indicator.model_copy(update={"column": indicator.column, "labels": (), **own})
    return merged.model_copy(
        update={
            "labels": merged.labels or (merged.title.zh, *found.synonyms),
            "scope": merged.scope or "not_stated",
            "theme": merged.theme or found.owner.data_set.theme,
        }
    )


def _named_items(resolved: Iterable[Declared], lists: CodeLists) -> dict[str, Text]:
    """What mart rows are about, as declarations name it; the code list is not repeated here."""
    listed = set(lists.members("item"))
    named: dict[str, Text] = {}
    for declared in resolved:
        for indicator in declared.data_set.indicators:
            if indicator.code not in declared.defined:
                continue
            name, item = indicator.item_name, indicator.item
            if name is None or item is None:
                continue
            known = named.setdefault(item, name)
            if item in listed or known != name:
                where = "the code list item" if item in listed else "another declaration"
                raise DeclarationError(
                    f"the item {item!r} is named in {where} too",
                    file=declared.path,
                    place=f"indicators.{indicator.code}.item_name",
                    remedy="name it once",
                )
    return named


def _check_codes(declared: Declared, among: _Lists, named_items: set[str]) -> None:
    """Every code that the declaration uses must stand in its list."""
    data_set, lists = declared.data_set, among.codelists
    fields = {*among.catalogue.fields, *lists.members("field")}
    units = {unit.code for unit in lists.units}
    scopes, items, roles, stages, topics, grades = (
        set(lists.members(name))
        for name in ("scope", "item", "role", "stage", "topic", "source_grade")
    )
    items |= named_items
    statuses = set(lists.members("obs_status")) | {"none"}
    used: list[tuple[str, str | None, str, set[str]]] = []
    for indicator in data_set.indicators:
        place = f"indicators.{indicator.code}"
        used += [
            ("unit", indicator.base_unit, f"{place}.base_unit", units),
            ("scope", indicator.scope, f"{place}.scope", scopes),
            ("item", indicator.item, f"{place}.item", items),
            ("role", indicator.role, f"{place}.role", roles),
            ("stage", indicator.stage, f"{place}.stage", stages),
            ("topic", indicator.topic, f"{place}.topic", topics),
            ("field", indicator.field, f"{place}.field", fields),
        ]
    used += [
        ("grade", document.grade, f"origin.documents.{document.id}.grade", grades)
        for document in data_set.origin.documents
    ]
    used += [
        ("status", status, f"symbols.{symbol}", statuses)
        for symbol, status in data_set.symbols.items()
    ]
    regions, unit_words = set(lists.region_words), set(lists.unit_words)
    for place, constants in (said for layout in data_set.layouts for said in _constants(layout)):
        used.append(("unit", constants.unit, f"{place}.unit", unit_words))
        used.append(("region", constants.region, f"{place}.region", regions))
        used.append(("scope", constants.scope, f"{place}.scope", scopes))
    lists_known = {code.list for code in lists.codes}
    used += [
        ("code list", layout.breakdown_list, "layout.breakdown_list", lists_known)
        for layout in data_set.layouts
    ]
    used += [
        ("region", region, "completeness.expected.regions", regions)
        for entry in data_set.completeness.expected
        for region in entry.regions
    ]
    used += [
        ("region", region, "changes.regions", regions)
        for change in data_set.changes
        for region in change.regions
    ]
    tables = [layout for layout in data_set.layouts if isinstance(layout, TableLayout)]
    if tables:
        keys = {column.key for layout in tables for column in layout.value_columns}
        used += [
            ("column key", indicator.column, f"indicators.{indicator.code}.column", keys)
            for indicator in data_set.indicators
        ]
    for column in (column for layout in tables for column in layout.value_columns):
        place = f"layout.columns.{column.label}"
        given = {"unit": (column.unit, unit_words), "region": (column.region, regions)}
        used += [
            (what, word, place, known) for what, (word, known) in given.items() if word != "header"
        ]
    used.append(("region", data_set.regions_inside, "regions_inside", regions))
    for what, code, place, known in used:
        if what == "region" and code is not None and lists.region_code(code):
            continue
        if code is not None and code not in known:
            raise _unknown_code(declared.path, what, code, place, known)
    _check_source(declared)
    for layout in data_set.layouts:
        if isinstance(layout, RecordsLayout):
            _check_record_columns(declared.path, layout)
        if isinstance(layout, FunctionLayout):
            _check_module(declared.path, "functions", layout.function, "layout.function")


def _check_marts(declared: Declared, lists: CodeLists, slots: Slots) -> None:
    """The mart that an indicator names is there, and shows what has its role."""
    growth = {code for code, role in lists.members("role").items() if role.maps_to}
    for indicator in declared.data_set.indicators:
        place = f"indicators.{indicator.code}"
        if indicator.mart is None:
            continue
        if indicator.mart not in slots:
            raise _unknown_code(declared.path, "mart", indicator.mart, f"{place}.mart", set(slots))
        shown = slots[indicator.mart]
        slot = indicator.role or ""
        if slot not in growth:
            slot = "growth" if indicator.measure in GROWTH_MEASURES else slot
            slot = "value" if slot == "target" else slot
        if shown and slot not in shown:
            raise DeclarationError(
                f"{indicator.mart} has no column for the role {slot!r}: it shows "
                f"{', '.join(sorted(shown))} / 该集市没有“{slot}”一栏",
                file=declared.path,
                place=f"{place}.role",
                remedy="give the role of a column that the mart has, or name another mart",
            )


def _constants(layout: Layout) -> list[tuple[str, Constants]]:
    """Constants of the layout and of its blocks, with their places."""
    blocks = layout.blocks if isinstance(layout, TableLayout) else ()
    own = [(f"layout.blocks.{n}.constants", block.constants) for n, block in enumerate(blocks)]
    return [("layout.constants", layout.constants), *own]


def section_of(declared: Declared) -> SourceSection | None:
    """What a data set declares of its source, as its connector understands it.

    None where deliveries are laid into a folder.

    Raises:
        DeclarationError: no such connector, or its section is wrong.
    """
    delivery, place = declared.data_set.delivery, "delivery.connector"
    try:
        connector = plugins.load(plugins.CONNECTORS, delivery.connector)
    except KeyError:
        known = plugins.names(plugins.CONNECTORS)
        near = difflib.get_close_matches(delivery.connector, known, n=1)
        raise DeclarationError(
            f"there is no connector {delivery.connector!r}",
            file=declared.path,
            place=place,
            remedy=f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}",
        ) from None
    except (ImportError, AttributeError) as error:
        raise DeclarationError(
            f"the connector {delivery.connector!r} cannot be loaded: {error}",
            file=declared.path,
            place=place,
            remedy="install what its package needs",
        ) from error
    model = getattr(connector, "Section", None)
    if model is None and delivery.source:
        raise DeclarationError(
            f"the connector {delivery.connector!r} has no source to declare",
            file=declared.path,
            place="delivery.source",
            remedy="remove the key, or name the connector that it is meant for",
        )
    return None if model is None else _section(model, delivery.source, declared.path)


def _section(model: type[SourceSection], source: Mapping[str, Any], path: Path) -> SourceSection:
    try:
        return parse_model(model, dict(source), path)
    except DeclarationError as error:
        place = "delivery.source" + ("" if error.place == "top level" else f".{error.place}")
        remedy = (error.remedy or "").replace("data-set schema", "source schema")
        raise DeclarationError(error.what, file=path, place=place, remedy=remedy) from None


def _check_source(declared: Declared) -> None:
    """Whether a declaration names a connector that there is, with what it needs to know."""
    if declared.data_set.delivery.connector != "folder" or declared.data_set.delivery.source:
        section_of(declared)


def _check_module(path: Path, package: str, name: str, place: str) -> None:
    """Whether a declaration names a module that is there, of a package of ``collect``."""
    folder = Path(__file__).parent / "collect" / package
    known = sorted(f.stem for f in folder.glob("*.py") if f.stem != "__init__")
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise DeclarationError(
            f"there is no {place.rpartition('.')[2]} {name!r}",
            file=path,
            place=place,
            remedy=f"did you mean {near[0]!r}?" if near else f"write it in {folder}",
        )


def _unknown_code(
    path: Path, what: str, code: str, place: str, known: set[str]
) -> DeclarationError:
    near = difflib.get_close_matches(code, sorted(known), n=1, cutoff=0.4)
    remedy = f"did you mean {near[0]!r}?" if near else "add it to the code list, or mend it"
    if what == "mart" and not near:
        remedy = "name a mart that there is, or add it: dbt_project/README.md"
    if what == "item":
        remedy += " A new one is named here: item_name: {zh: …, en: …}"
    return DeclarationError(f"unknown {what} {code!r}", file=path, place=place, remedy=remedy)


def _check_record_columns(path: Path, layout: RecordsLayout) -> None:
    for part in ("indicator", "region", "period"):
        columns = (part, "region_code") if part == "region" else (part,)
        has_column = any(getattr(layout.columns, name) for name in columns)
        if not has_column and not getattr(layout.constants, part):
            raise DeclarationError(
                f"the layout does not say which {part} a figure is about",
                file=path,
                place=f"layout.columns.{part}",
                remedy=f"name the column, or give layout.constants.{part}",
            )


def _check_documents(declared: list[Declared]) -> None:
    known: dict[str, tuple[Document, Path]] = {}
    for entry in declared:
        for document in entry.data_set.origin.documents:
            first = known.setdefault(document.id, (document, entry.path))
            if first[0] != document:
                raise DeclarationError(
                    f"the document {document.id!r} reads differently in {first[1]}",
                    file=entry.path,
                    place="origin.documents",
                    remedy="make the two entries equal",
                )


def load_codelists(folder: Path) -> CodeLists:
    """Read ``regions.csv``, ``units.csv`` and ``codes.csv`` of a project, and what else there is.

    Raises:
        DeclarationError: a list is missing, lacks a column, or a word in it means two codes at
            one time.
    """
    regions = tuple(
        Region(
            code=row["region_code"],
            name_zh=row["region_name_zh"],
            name_en=row["region_name_en"],
            kind=row["region_kind"],
            parent_code=row["parent_code"],
            valid_from=_date(row["valid_from"], file, line),
            valid_to=_date(row["valid_to"], file, line),
            successor_codes=row["successor_codes"],
            synonyms=_split(row["synonyms"]),
        )
        for file, line, row in _rows(folder / "regions.csv", REGION_COLUMNS)
    )
    units = tuple(
        Unit(
            code=row["unit"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            dimension=row["dimension"],
            factor=row["factor"],
            synonyms=_split(row["synonyms"]),
            sdmx_id=_sdmx_id(row, file, line),
        )
        for file, line, row in _rows(folder / "units.csv", UNIT_COLUMNS)
    )
    codes = tuple(
        Code(
            list=row["list"],
            code=row["code"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            sort=int(row["sort"] or 0),
            synonyms=_split(row["synonyms"]),
            valid_from=_date(row["valid_from"], file, line),
            valid_to=_date(row["valid_to"], file, line),
            maps_to=row["maps_to"],
        )
        for file, line, row in _rows(folder / "codes.csv", CODE_COLUMNS)
    )
    if any(code.list == QUALIFIER_LIST for code in codes):
        raise DeclarationError(
            "qualifiers are no code list of a district: the software computes with them",
            file=folder / "codes.csv",
            place=QUALIFIER_LIST,
            remedy="remove its lines; a word of your own goes into synonyms.csv",
        )
    codes += _qualifiers()
    _refuse_ambiguous(
        folder / "regions.csv", [(r.code, (r.code, r.name_zh, *r.synonyms)) for r in regions]
    )
    _refuse_ambiguous(folder / "units.csv", [(u.code, (u.code, *u.synonyms)) for u in units])
    _refuse_one_id_for_two(folder / "units.csv", units)
    for name in sorted({code.list for code in codes}):
        entries = [(c.code, (c.code, *c.synonyms)) for c in codes if c.list == name]
        _refuse_ambiguous(folder / "codes.csv", entries)
    known = Known(
        regions=frozenset(r.code for r in regions),
        lists={name: {c.code: c for c in codes if c.list == name} for name in _PROGRAMME_LISTS},
    )
    schemes = read_schemes(_optional(folder / "schemes.csv", SCHEME_COLUMNS), known)
    members = read_members(_optional(folder / "scheme_members.csv", SCHEME_MEMBER_COLUMNS), schemes)
    counted = _optional(folder / "scheme_rules.csv", SCHEME_RULE_COLUMNS)
    classes = Known(
        regions=known.regions,
        lists={
            name: {c.code: c for c in codes if c.list == name} for name in {c.list for c in codes}
        },
    )
    cluster_members = read_cluster_members(
        _optional(folder / "cluster_members.csv", CLUSTER_MEMBER_COLUMNS), members, known
    )
    honours = _optional(folder / "honours.csv", HONOUR_COLUMNS)
    rules = _optional(folder / "evaluation_rules.csv", EVALUATION_RULE_COLUMNS)
    breaks = _optional(folder / "breaks.csv", BREAK_COLUMNS)
    return CodeLists(
        regions=regions,
        units=units,
        codes=codes,
        schemes=schemes,
        scheme_members=members,
        scheme_rules=read_scheme_rules(counted, members, cluster_members, classes),
        cluster_members=cluster_members,
        honours=read_honours(honours, known),
        evaluation_rules=read_rules(rules, known),
        breaks=read_breaks(breaks, known),
        synonyms=_read_synonyms(folder / "synonyms.csv", regions, codes),
        gazetteer=Gazetteer(china if (china := folder / CHINA).exists() else None),
    )


def _qualifiers() -> tuple[Code, ...]:
    """The code list that is no district's: what its codes mean is what the software computes."""
    return tuple(
        Code(
            list=QUALIFIER_LIST,
            code=bound.code,
            name_zh=bound.name_zh,
            name_en=bound.name_en,
            sort=bound.sort,
            synonyms=bound.words,
            valid_from=None,
            valid_to=None,
            maps_to="",
        )
        for bound in BOUNDS.values()
    )


def _read_synonyms(
    file: Path, regions: tuple[Region, ...], codes: tuple[Code, ...]
) -> tuple[Synonym, ...]:
    """Words with a meaning in time; a word may mean several codes, each at its own time."""
    known: dict[str, set[str]] = {"region": {region.code for region in regions}}
    for code in codes:
        known.setdefault(code.list, set()).add(code.code)
    taken: dict[tuple[str, str], list[Synonym]] = {}
    for _, line, row in _optional(file, SYNONYM_COLUMNS):
        place = f"line {line}"
        synonym = Synonym(
            list=row["list"],
            word=row["word"].strip(),
            code=row["code"],
            valid_from=_date(row["valid_from"], file, line),
            valid_to=_date(row["valid_to"], file, line),
            note=row["note"],
            line=line,
        )
        _check_synonym(synonym, known, file)
        others = taken.setdefault((synonym.list, same(synonym.word)), [])
        for other in others:
            if _overlap(synonym, other):
                raise DeclarationError(
                    f"{synonym.word!r} means both {other.code!r} (line {other.line}) and "
                    f"{synonym.code!r} at one time",
                    file=file,
                    place=place,
                    remedy="end the one where the other begins: valid_to is the first day after",
                )
        others.append(synonym)
    return tuple(synonym for others in taken.values() for synonym in others)


def _check_synonym(synonym: Synonym, known: dict[str, set[str]], file: Path) -> None:
    place = f"line {synonym.line}"
    if not synonym.word:
        raise DeclarationError("there is no word", file=file, place=place, remedy="write the word")
    if synonym.list not in {"indicator", *known}:
        near = difflib.get_close_matches(synonym.list, ["indicator", *known], n=1)
        raise DeclarationError(
            f"there is no list {synonym.list!r}",
            file=file,
            place=place,
            remedy=f"did you mean {near[0]!r}?"
            if near
            else "indicator, region, or one of codes.csv",
        )
    # Which indicators there are is known only when all data sets are read.
    if synonym.list != "indicator" and synonym.code not in known[synonym.list]:
        raise _unknown_code(file, synonym.list, synonym.code, place, known[synonym.list])
    if synonym.valid_from and synonym.valid_to and synonym.valid_from >= synonym.valid_to:
        raise DeclarationError(
            f"it ends on {synonym.valid_to} and begins on {synonym.valid_from}",
            file=file,
            place=place,
            remedy="valid_to is the first day on which it does not hold any more",
        )


def _overlap(one: Synonym, other: Synonym) -> bool:
    first, last = date.min, date.max
    return (one.valid_from or first) < (other.valid_to or last) and (other.valid_from or first) < (
        one.valid_to or last
    )


def _optional(file: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    """The rows of a list that a project need not have."""
    if file.exists():
        yield from _rows(file, columns)


def _refuse_ambiguous(file: Path, entries: list[tuple[str, tuple[str, ...]]]) -> None:
    seen: dict[str, str] = {}
    codes: set[str] = set()
    for code, words in entries:
        if code in codes:
            raise DeclarationError(f"the code {code!r} stands twice", file=file, place=code)
        codes.add(code)
        for word in {same(word) for word in words}:
            if seen.setdefault(word, code) != code:
                raise DeclarationError(
                    f"{word!r} means both {seen[word]!r} and {code!r}",
                    file=file,
                    place=code,
                    remedy="keep it in one of the two",
                )


_SDMX_ID = re.compile(r"[A-Z][A-Z0-9_]*")


@cache
def _shipped_ids() -> Mapping[str, str]:
    """The id of every unit that `qutong init` lays out."""
    shipped = CODE_ROOT / "raw" / "codelists" / "units.csv"
    return {row["unit"]: row.get("sdmx_id", "") for _, _, row in _optional(shipped, UNIT_COLUMNS)}


def _sdmx_id(row: Mapping[str, str], file: Path, line: int) -> str:
    """The declared id of a unit; where there is none, one that no other unit can have.

    It depends on the unit alone and stays what it is when others come: its English name, and its
    own characters behind it (担, dan: ``DAN_62C5``). A list from before there were ids takes those
    that the software ships with.
    """
    declared = row.get("sdmx_id", _shipped_ids().get(row["unit"], "")).strip()
    if declared and not _SDMX_ID.fullmatch(declared):
        raise DeclarationError(
            f"{declared!r} is no id of a unit / 单位标识不合规",
            file=file,
            place=f"line {line}, sdmx_id",
            remedy="write capitals, digits and _, a letter first, such as CNY_E8; or leave it "
            "empty / 用大写字母、数字和下划线，以字母开头，或留空",
        )
    words = re.sub(r"[^A-Z0-9]+", "_", row["name_en"].upper()).strip("_") or "UNIT"
    named = words if words[0].isalpha() else f"UNIT_{words}"
    return declared or "_".join((named, "".join(f"{ord(sign):04X}" for sign in row["unit"])))


def _refuse_one_id_for_two(file: Path, units: Iterable[Unit]) -> None:
    taken: dict[str, str] = {}
    for unit in units:
        if taken.setdefault(unit.sdmx_id, unit.code) != unit.code:
            raise DeclarationError(
                f"{taken[unit.sdmx_id]!r} and {unit.code!r} have one id, {unit.sdmx_id} "
                "/ 两个单位标识相同",
                file=file,
                place=f"{unit.code}, sdmx_id",
                remedy="give each an id of its own / 请改为各自的标识",
            )


def _rows(file: Path, columns: tuple[str, ...]) -> Iterator[tuple[Path, int, dict[str, str]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DeclarationError(
            "the code list is missing", file=file, remedy="`qutong init` lays out all of them"
        ) from None
    except UnicodeDecodeError:
        raise DeclarationError("not UTF-8", file=file, remedy="save it as UTF-8") from None
    reader = csv.DictReader(text.splitlines(), strict=True)
    missing = [name for name in columns if name not in (reader.fieldnames or [])]
    if missing:
        raise DeclarationError(f"missing columns: {', '.join(missing)}", file=file, place="line 1")
    for row in reader:
        if None in row or None in row.values():
            raise DeclarationError(
                "the line has more or fewer fields than the header",
                file=file,
                place=f"line {reader.line_num}",
            )
        yield file, reader.line_num, row


def _date(text: str, file: Path, line: int) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DeclarationError(
            f"{text!r} is not a date", file=file, place=f"line {line}", remedy="write YYYY-MM-DD"
        ) from None


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())
