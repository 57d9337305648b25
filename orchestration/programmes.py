"""What a district carries out and is measured by: schemes, honours, rules of evaluations, breaks.

Belongs here: the rows of ``schemes.csv``, ``scheme_members.csv``, ``scheme_rules.csv``,
``honours.csv``, ``evaluation_rules.csv`` and ``breaks.csv``, and
the checks that need nothing but these rows and the codes they use. Does not belong here: reading
files (``declarations``), and what follows from a rule (``dbt_project``).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from orchestration.errors import DeclarationError
from orchestration.spec import (
    CODE,
    IDENTIFIER,
    PlanPeriod,
    PublishedOn,
    Theme,
    first_day,
    last_day,
)

AIMED_AT = "aimed_at"
NAMED_ONLY = "named_only"
WHOLE = "_T"

Row = tuple[Path, int, dict[str, str]]
"""A line of a code list: file, number of the line, its fields by column."""


def _split(value: Any) -> Any:
    return tuple(p.strip() for p in value.split(";") if p.strip()) if value else ()


def _years(value: str) -> str:
    first, slash, last = value.partition("/")
    if not slash or last_day(first) >= last_day(last):
        raise ValueError(f"{value!r} is not a range of years such as 2021/2025")
    return value


Codes = Annotated[tuple[str, ...], BeforeValidator(_split)]
Percentage = Annotated[str, Field(pattern=r"^\d{1,3}(\.\d{1,2})?$")]
YearRange = Annotated[str, Field(pattern=r"^\d{4}/\d{4}$"), AfterValidator(_years)]


class _Line(BaseModel):
    """A line of a list: an empty field is None, an unknown column is left alone."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)
    document_column: ClassVar[str] = "document"


class Scheme(_Line):
    """A named scheme: whose it is, where it is printed, from when to when, what followed it.

    Attributes:
        level: Of the authority that it is a scheme of.
        region_code: Whose it is, or whose document speaks of it; None for a group of regions.
        status: Whether its parts are defined, listed beside the name, or not named at all.
        document, section: Where it is defined, or first named in full.
        successor_code: The later name of the same scheme.
        also_in: Other documents that name it.
    """

    scheme_code: str = Field(pattern=CODE)
    name_zh: str
    name_en: str
    kind: str
    level: str
    region_code: str | None = None
    valid_from: PublishedOn | None = None
    valid_to: PublishedOn | None = None
    document: str
    section: str
    status: str
    note_zh: str | None = None
    successor_code: str | None = None
    also_in: Codes = ()

    @property
    def key(self) -> str:
        """What the row is called in messages."""
        return self.scheme_code

    @property
    def documents(self) -> tuple[str, ...]:
        """Every document that names it."""
        return (self.document, *self.also_in)


class SchemeMember(_Line):
    """A member of a scheme, as a document prints it; what no document names has no row.

    Attributes:
        sort: Its place in the scheme, from 1.
        resembles_item: Item of the marts that has a similar name and is not the same class.
    """

    scheme_code: str
    group_zh: str | None = None
    member_zh: str
    member_en: str
    sort: int = Field(ge=1)
    document: str
    section: str
    note_zh: str | None = None
    resembles_item: str | None = None

    @property
    def key(self) -> str:
        """What the row is called in messages."""
        return f"{self.member_zh} ({self.scheme_code})"

    @property
    def documents(self) -> tuple[str, ...]:
        """The document that names it."""
        return (self.document,)


class ClusterMember(_Line):
    """An industry that a document counts to a cluster: a member of a scheme, found by its place.

    Attributes:
        sort: The place of the cluster in the scheme.
        industry_list, industry_code: The industry, as GB/T 4754 codes it.
        valid_from, valid_to: When the document counts it to the cluster; ``valid_to`` is the last.
    """

    scheme_code: str
    sort: int = Field(ge=1)
    industry_list: Literal["industry", "industry_division", "industry_division_2011"]
    industry_code: str
    valid_from: PublishedOn | None = None
    valid_to: PublishedOn | None = None
    document: str
    section: str

    @property
    def key(self) -> str:
        """What the row is called in messages."""
        return f"{self.industry_code} ({self.scheme_code}, {self.sort})"

    @property
    def documents(self) -> tuple[str, ...]:
        """The document that counts it to the cluster."""
        return (self.document,)


class SchemeRule(_Line):
    """What counts as a member of a scheme, from when to when: figures that marts have already.

    Attributes:
        sort: Place of the member; 0 is the scheme as a whole, whose printed figure stands beside
            the sum of its members.
        items: Items of the marts: a named list; their figures add up. A whole that nobody prints
            has none.
        class_list, classes: Of these items the classes of a breakdown. Where a list of industries
            is named alone, they are those that ``cluster_members.csv`` counts to the member.
        regions: Of these items the figures of regions inside that of the scheme: parks, towns.
        valid_from, valid_to: First and last year, month or day of the periods that it is for.
        is_complete: Of the whole: its members are all there are.
    """

    scheme_code: str
    sort: int = Field(ge=0)
    items: Codes = ()
    class_list: str | None = None
    classes: Codes = ()
    regions: Codes = ()
    valid_from: PublishedOn | None = None
    valid_to: PublishedOn | None = None
    is_complete: bool = False
    document: str
    section: str
    note_zh: str | None = None

    @property
    def key(self) -> str:
        """What the row is called in messages."""
        return f"the rule of member {self.sort} ({self.scheme_code})"

    @property
    def documents(self) -> tuple[str, ...]:
        """The document that states it."""
        return (self.document,)

    def meets(self, other: SchemeRule) -> bool:
        """Whether both hold on one day."""
        begins = [first_day(rule.valid_from) for rule in (self, other) if rule.valid_from]
        ends = [last_day(rule.valid_to) for rule in (self, other) if rule.valid_to]
        return not begins or not ends or max(begins) <= min(ends)


class Honour(_Line):
    """A title, pilot or aim of a region or of a subject in it.

    Attributes:
        subject: Whose it is, where it is not the region's own.
        theme: The theme whose page shows it.
        level: Who grants it.
        granted: When, as a period: 2022, 2021-01/2023-06; None where nothing was granted yet.
        granted_inferred: The document does not print it.
        state: What became of it: awarded, selected, …, or only aimed at.
    """

    region_code: str
    subject: str | None = None
    theme: Theme
    title_zh: str
    title_en: str
    level: str
    granted: str | None = None
    granted_inferred: bool = False
    state: str
    document: str
    section: str
    note_zh: str | None = None

    @property
    def key(self) -> str:
        """What the row is called in messages."""
        return self.title_zh

    @property
    def documents(self) -> tuple[str, ...]:
        """The document that names it."""
        return (self.document,)

    @property
    def is_aim(self) -> bool:
        """Whether it is only striven for."""
        return self.state == AIMED_AT


class EvaluationRule(_Line):
    """How one evaluation of one plan judges progress.

    Attributes:
        annual_period: Whose outturn indicators with annual figures take.
        annual_threshold_pct: How much of the way they must have come by then.
        evaluation_period: The month whose outturn all others take.
        within_year_threshold_pct: How much of the way these must have come.
        issued: When the rule became known.
    """

    document_column: ClassVar[str] = "source_document"

    rule_id: str = Field(pattern=IDENTIFIER)
    plan_id: str = Field(pattern=IDENTIFIER)
    region_code: str
    name_zh: str
    name_en: str
    plan_name_zh: str
    plan_name_en: str
    plan_period: YearRange
    evaluation_period: PlanPeriod
    annual_period: Annotated[str, Field(pattern=r"^\d{4}$")]
    annual_threshold_pct: Percentage
    within_year_threshold_pct: Percentage
    issued: PublishedOn | None = None
    source_document: str | None = None
    source_place: str | None = None
    note_zh: str | None = None
    note_en: str | None = None

    @property
    def key(self) -> str:
        """What the row is called in messages."""
        return self.rule_id

    @property
    def documents(self) -> tuple[str, ...]:
        """The document that states it."""
        return (self.source_document,) if self.source_document else ()


class Break(_Line):
    """A day from which series count something else than before, so that no line joins both sides.

    Attributes:
        indicator_codes, region_codes: Whose series break there; of one of them, all where empty.
        since: First year or month of what is new.
        kind: Code of the list ``break_kind``.
    """

    indicator_codes: Codes = ()
    region_codes: Codes = ()
    since: PlanPeriod
    kind: str
    note_zh: str
    note_en: str


SCHEME_COLUMNS = tuple(Scheme.model_fields)
SCHEME_MEMBER_COLUMNS = tuple(SchemeMember.model_fields)
CLUSTER_MEMBER_COLUMNS = tuple(ClusterMember.model_fields)
SCHEME_RULE_COLUMNS = tuple(SchemeRule.model_fields)
HONOUR_COLUMNS = tuple(Honour.model_fields)
EVALUATION_RULE_COLUMNS = tuple(EvaluationRule.model_fields)
BREAK_COLUMNS = tuple(Break.model_fields)

L = TypeVar("L", bound=_Line)


@dataclass(frozen=True)
class Known:
    """The codes that such rows may use."""

    regions: frozenset[str]
    lists: Mapping[str, Mapping[str, object]]

    def codes(self, name: str) -> Iterable[str]:
        """The codes of a list."""
        return self.lists.get(name, {})


def _read(model: type[L], row: Row) -> L:
    file, line, fields = row
    try:
        return model.model_validate({name: text for name, text in fields.items() if text})
    except ValidationError as error:
        first = error.errors()[0]
        column = str(first["loc"][0])
        missing = first["type"] == "missing"
        raise DeclarationError(
            "the field is empty" if missing else first["msg"].removeprefix("Value error, "),
            file=file,
            place=f"line {line}, {column}",
            remedy=f"fill in {column}" if missing else f"mend {fields.get(column, '')!r}",
        ) from None


def _refuse(row: Row, column: str, what: str, remedy: str) -> DeclarationError:
    return DeclarationError(what, file=row[0], place=f"line {row[1]}, {column}", remedy=remedy)


def _check_code(row: Row, column: str, code: str | None, known: Iterable[str]) -> None:
    """Refuse a code that its list does not have; the nearest one is proposed."""
    names = sorted(known)
    if code is None or code in names:
        return
    near = difflib.get_close_matches(code, names, n=1)
    remedy = f"did you mean {near[0]!r}?" if near else "add it to its list, or mend it"
    raise _refuse(row, column, f"unknown {column} {code!r}", remedy)


def _check_interval(row: Row, begin: str | None, end: str | None) -> None:
    if begin and end and last_day(begin) > last_day(end):
        raise _refuse(row, "valid_to", f"{end} lies before {begin}", "mend one of the two")


def _check_languages(row: Row, entry: _Line, stem: str) -> None:
    zh, en = (getattr(entry, f"{stem}_{language}") for language in ("zh", "en"))
    if (zh is None) is not (en is None):
        missing = f"{stem}_zh" if zh is None else f"{stem}_en"
        raise _refuse(row, missing, "one of two languages is missing", f"fill in {missing}")


def read_schemes(rows: Iterable[Row], known: Known) -> tuple[Scheme, ...]:
    """The schemes of a project; documents are checked by the caller.

    Raises:
        DeclarationError: the first mistake, with file, line and remedy.
    """
    entries = [(row, _read(Scheme, row)) for row in rows]
    codes: dict[str, int] = {}
    for row, scheme in entries:
        if scheme.scheme_code in codes:
            first = codes[scheme.scheme_code]
            what = f"{scheme.scheme_code!r} stands in line {first} too"
            raise _refuse(row, "scheme_code", what, "give one of them another code")
        codes[scheme.scheme_code] = row[1]
    for row, scheme in entries:
        _check_code(row, "kind", scheme.kind, known.codes("scheme_kind"))
        _check_code(row, "level", scheme.level, known.codes("programme_level"))
        _check_code(row, "status", scheme.status, known.codes("scheme_status"))
        _check_code(row, "region_code", scheme.region_code, known.regions)
        _check_code(row, "successor_code", scheme.successor_code, codes)
        if scheme.successor_code == scheme.scheme_code:
            raise _refuse(row, "successor_code", "a scheme cannot follow itself", "mend it")
        _check_interval(row, scheme.valid_from, scheme.valid_to)
    return tuple(scheme for _, scheme in entries)


def read_members(rows: Iterable[Row], schemes: Iterable[Scheme]) -> tuple[SchemeMember, ...]:
    """The members of schemes; items they resemble and documents are checked by the caller.

    Raises:
        DeclarationError: the first mistake, with file, line and remedy.
    """
    statuses = {scheme.scheme_code: scheme.status for scheme in schemes}
    places: dict[tuple[str, int], int] = {}
    members = []
    for row in rows:
        member = _read(SchemeMember, row)
        _check_code(row, "scheme_code", member.scheme_code, statuses)
        if statuses[member.scheme_code] == NAMED_ONLY:
            what = f"{member.scheme_code!r} has the status {NAMED_ONLY}: it has no members"
            raise _refuse(row, "scheme_code", what, "mend its status in schemes.csv")
        place = (member.scheme_code, member.sort)
        if place in places:
            what = f"place {member.sort} of {member.scheme_code!r} stands in line {places[place]}"
            raise _refuse(row, "sort", what, "number the members of a scheme from 1 on")
        places[place] = row[1]
        members.append(member)
    return tuple(members)


def read_cluster_members(
    rows: Iterable[Row], members: Iterable[SchemeMember], known: Known
) -> tuple[ClusterMember, ...]:
    """The industries that documents count to clusters; documents are checked by the caller.

    Raises:
        DeclarationError: the first mistake, with file, line and remedy.
    """
    places = {(member.scheme_code, member.sort) for member in members}
    seen: dict[tuple[str, int, str, str, str | None], int] = {}
    entries = []
    for row in rows:
        entry = _read(ClusterMember, row)
        _check_code(row, "scheme_code", entry.scheme_code, {code for code, _ in places})
        if (entry.scheme_code, entry.sort) not in places:
            what = f"{entry.scheme_code!r} has no member {entry.sort}"
            raise _refuse(row, "sort", what, "add it to scheme_members.csv, or mend the number")
        _check_code(row, "industry_code", entry.industry_code, known.codes(entry.industry_list))
        _check_interval(row, entry.valid_from, entry.valid_to)
        key = (entry.scheme_code, entry.sort, entry.industry_list, entry.industry_code,
               entry.valid_from)  # fmt: skip
        if key in seen:
            what = f"it stands in line {seen[key]} too"
            raise _refuse(row, "industry_code", what, "leave one of them out")
        seen[key] = row[1]
        entries.append(entry)
    return tuple(entries)


def read_scheme_rules(
    rows: Iterable[Row],
    members: Iterable[SchemeMember],
    clusters: Iterable[ClusterMember],
    known: Known,
) -> tuple[SchemeRule, ...]:
    """What counts as which member; items and documents are checked by the caller.

    Raises:
        DeclarationError: the first mistake, with file, line and remedy.
    """
    places = {(member.scheme_code, member.sort) for member in members}
    schemes = {scheme for scheme, _ in places}
    counted = {(entry.scheme_code, entry.sort, entry.industry_list) for entry in clusters}
    rules: list[tuple[SchemeRule, int]] = []
    for row in rows:
        rule = _read(SchemeRule, row)
        _check_code(row, "scheme_code", rule.scheme_code, schemes)
        if rule.sort and (rule.scheme_code, rule.sort) not in places:
            what = f"{rule.scheme_code!r} has no member {rule.sort}"
            raise _refuse(row, "sort", what, "0 is the whole; others stand in scheme_members.csv")
        if rule.sort and not rule.items:
            what = "nothing counts as this member"
            raise _refuse(row, "items", what, "name the items of the marts whose figures count")
        if rule.is_complete and rule.sort:
            what = "a member alone cannot be complete"
            raise _refuse(row, "is_complete", what, "say it in the line of the whole, with sort 0")
        if rule.classes and rule.class_list is None:
            what = "classes of which list?"
            raise _refuse(row, "class_list", what, "name the code list that the classes are of")
        place = (rule.scheme_code, rule.sort, rule.class_list)
        if rule.class_list and not rule.classes and place not in counted:
            what = f"no class of {rule.class_list!r} counts as this member"
            remedy = "name them here, or the industries in cluster_members.csv"
            raise _refuse(row, "classes", what, remedy)
        _check_code(row, "class_list", rule.class_list, known.lists)
        for code in rule.classes:
            _check_code(row, "classes", code, known.codes(rule.class_list or ""))
        for code in rule.regions:
            _check_code(row, "regions", code, known.regions)
        _check_interval(row, rule.valid_from, rule.valid_to)
        for other, line in rules:
            same = (other.scheme_code, other.sort) == (rule.scheme_code, rule.sort)
            if same and rule.meets(other):
                what = f"the rule in line {line} holds at the same time"
                raise _refuse(row, "valid_from", what, "end one before the other begins")
        rules.append((rule, row[1]))
    return tuple(rule for rule, _ in rules)


def read_honours(rows: Iterable[Row], known: Known) -> tuple[Honour, ...]:
    """Titles, pilots and aims; documents are checked by the caller.

    Raises:
        DeclarationError: the first mistake, with file, line and remedy.
    """
    honours = []
    for row in rows:
        honour = _read(Honour, row)
        _check_code(row, "region_code", honour.region_code, known.regions)
        _check_code(row, "level", honour.level, known.codes("programme_level"))
        _check_code(row, "state", honour.state, known.codes("honour_state"))
        if honour.is_aim and honour.granted:
            what = f"what is {AIMED_AT} was not granted in {honour.granted}"
            raise _refuse(row, "granted", what, "mend the state, or leave granted empty")
        honours.append(honour)
    return tuple(honours)


def read_breaks(rows: Iterable[Row], known: Known) -> tuple[Break, ...]:
    """Where series break; indicators are checked by the caller, who knows them.

    Raises:
        DeclarationError: the first mistake, with file, line and remedy.
    """
    breaks = []
    for row in rows:
        entry = _read(Break, row)
        _check_code(row, "kind", entry.kind, known.codes("break_kind"))
        for code in entry.region_codes:
            _check_code(row, "region_codes", code, known.regions)
        if not entry.indicator_codes and not entry.region_codes:
            what = "neither indicators nor regions: every series would break"
            raise _refuse(row, "indicator_codes", what, "name one or the other")
        breaks.append(entry)
    return tuple(breaks)


def check_indicators(breaks: Iterable[Break], file: Path, known: Iterable[str]) -> None:
    """Refuse a break of an indicator that neither a data set nor the catalogue has.

    Raises:
        DeclarationError: with the file, the code and the nearest one that is known.
    """
    names = set(known)
    for entry in breaks:
        for code in entry.indicator_codes:
            if code not in names:
                near = difflib.get_close_matches(code, sorted(names), n=1)
                raise DeclarationError(
                    f"the break of {entry.since} is of {code!r}, which is no indicator",
                    file=file,
                    place="indicator_codes",
                    remedy=f"did you mean {near[0]!r}?" if near else "mend the code",
                )


def read_rules(rows: Iterable[Row], known: Known) -> tuple[EvaluationRule, ...]:
    """The rules of plan evaluations.

    Raises:
        DeclarationError: the first mistake, with file, line and remedy.
    """
    rules: dict[str, EvaluationRule] = {}
    for row in rows:
        rule = _read(EvaluationRule, row)
        if rule.rule_id in rules:
            what = f"{rule.rule_id!r} stands twice"
            raise _refuse(row, "rule_id", what, "give one of them another id")
        _check_code(row, "region_code", rule.region_code, known.regions)
        _check_languages(row, rule, "note")
        start, _, end = rule.plan_period.partition("/")
        for column in ("evaluation_period", "annual_period"):
            period = getattr(rule, column)
            if not start <= period[:4] <= end:
                what = f"{period} lies outside the plan, {rule.plan_period}"
                raise _refuse(row, column, what, "mend one of the two")
        rules[rule.rule_id] = rule
    return tuple(rules.values())


def check_documents(
    entries: Iterable[Scheme | SchemeMember | ClusterMember | SchemeRule | Honour | EvaluationRule],
    file: Path,
    known: Mapping[str, object],
) -> None:
    """Refuse a source document that no data set declares.

    Raises:
        DeclarationError: with file and remedy.
    """
    for entry in entries:
        for document in entry.documents:
            if document not in known:
                near = difflib.get_close_matches(document, list(known), n=1)
                raise DeclarationError(
                    f"{entry.key} names the document {document!r}, which no data set declares",
                    file=file,
                    place=entry.document_column,
                    remedy=f"did you mean {near[0]!r}?"
                    if near
                    else "declare it in `origin.documents` of a data set",
                )


def check_items(members: Iterable[SchemeMember], file: Path, known: Iterable[str]) -> None:
    """Refuse an item that neither the code list nor a data set names.

    Raises:
        DeclarationError: with file and remedy.
    """
    items = sorted(known)
    for member in members:
        item = member.resembles_item
        if item is not None and item not in items:
            near = difflib.get_close_matches(item, items, n=1)
            raise DeclarationError(
                f"{member.member_en} resembles {item!r}, which is no item of a mart",
                file=file,
                place="resembles_item",
                remedy=f"did you mean {near[0]!r}?" if near else "say it in the note instead",
            )


def check_rule_items(rules: Iterable[SchemeRule], file: Path, known: Iterable[str]) -> None:
    """Refuse an item of a rule that neither the code list nor a data set names.

    Raises:
        DeclarationError: with file and remedy.
    """
    items = sorted(known)
    for rule in rules:
        for item in rule.items:
            if item not in items:
                near = difflib.get_close_matches(item, items, n=1)
                raise DeclarationError(
                    f"{rule.key} counts {item!r}, which is no item of a mart",
                    file=file,
                    place="items",
                    remedy=f"did you mean {near[0]!r}?"
                    if near
                    else "name an `item` that a data set declares",
                )
