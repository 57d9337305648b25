"""What a district carries out and is measured by: dated schemes, and rules of plan evaluations.

Belongs here: the rows of ``schemes.csv``, ``scheme_members.csv`` and ``evaluation_rules.csv``, and
the checks that need nothing but these rows and the codes they use. Does not belong here: reading
files (``declarations``), and what follows from a rule (``dbt_project``).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from orchestration.errors import DeclarationError
from orchestration.spec import CODE, IDENTIFIER, PlanPeriod, PublishedOn, last_day

Row = tuple[Path, int, dict[str, str]]
"""A line of a code list: file, number of the line, its fields by column."""


def _split(value: Any) -> Any:
    return tuple(p.strip() for p in value.split("|") if p.strip()) if value else ()


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


class Scheme(_Line):
    """A named scheme: whose it is, from when to when, and what it followed."""

    scheme_code: str = Field(pattern=CODE)
    name_zh: str
    name_en: str
    kind: str
    region_code: str | None = None
    valid_from: PublishedOn | None = None
    valid_to: PublishedOn | None = None
    predecessor_codes: Codes = ()
    note_zh: str | None = None
    note_en: str | None = None
    source_document: str | None = None
    citation: str | None = None

    @property
    def key(self) -> str:
        """What the row is called in messages."""
        return self.scheme_code


class SchemeMember(_Line):
    """A member of a scheme; without a position, a group of which no member is known.

    Attributes:
        group_size: How many members the scheme's name gives the group; None where it is open (X).
        resembles_item: Item of the marts that has a similar name and is not the same class.
    """

    scheme_code: str
    group_order: int = Field(ge=1)
    group_name_zh: str | None = None
    group_name_en: str | None = None
    group_size: int | None = Field(default=None, ge=1)
    position: int | None = Field(default=None, ge=1)
    member_name_zh: str | None = None
    member_name_en: str | None = None
    valid_from: PublishedOn | None = None
    valid_to: PublishedOn | None = None
    resembles_item: str | None = None
    note_zh: str | None = None
    note_en: str | None = None
    citation: str | None = None


class EvaluationRule(_Line):
    """How one evaluation of one plan judges progress.

    Attributes:
        annual_period: Whose outturn indicators with annual figures take.
        annual_threshold_pct: How much of the way they must have come by then.
        evaluation_period: The month whose outturn all others take.
        within_year_threshold_pct: How much of the way these must have come.
        issued: When the rule became known.
    """

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


SCHEME_COLUMNS = tuple(Scheme.model_fields)
SCHEME_MEMBER_COLUMNS = tuple(SchemeMember.model_fields)
EVALUATION_RULE_COLUMNS = tuple(EvaluationRule.model_fields)

L = TypeVar("L", bound=_Line)


@dataclass(frozen=True)
class Known:
    """The codes that such rows may use."""

    regions: frozenset[str]
    kinds: frozenset[str]


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
        _check_code(row, "kind", scheme.kind, known.kinds)
        _check_code(row, "region_code", scheme.region_code, known.regions)
        for code in scheme.predecessor_codes:
            _check_code(row, "predecessor_codes", code, codes)
            if code == scheme.scheme_code:
                raise _refuse(row, "predecessor_codes", "a scheme cannot follow itself", "mend it")
        _check_interval(row, scheme.valid_from, scheme.valid_to)
        _check_languages(row, scheme, "note")
    return tuple(scheme for _, scheme in entries)


def read_members(rows: Iterable[Row], schemes: Iterable[Scheme]) -> tuple[SchemeMember, ...]:
    """The members of schemes, group by group; items they resemble are checked by the caller.

    Raises:
        DeclarationError: the first mistake, with file, line and remedy.
    """
    codes = {scheme.scheme_code for scheme in schemes}
    groups: dict[tuple[str, int], tuple[Any, ...]] = {}
    places: dict[tuple[str, int, int | None], list[SchemeMember]] = {}
    members = []
    for row in rows:
        member = _read(SchemeMember, row)
        _check_code(row, "scheme_code", member.scheme_code, codes)
        for stem in ("group_name", "member_name", "note"):
            _check_languages(row, member, stem)
        _check_position(row, member)
        _check_interval(row, member.valid_from, member.valid_to)
        key = (member.scheme_code, member.group_order)
        says = (member.group_name_zh, member.group_name_en, member.group_size)
        if groups.setdefault(key, says) != says:
            what = f"group {member.group_order} has another name or size in a line above"
            raise _refuse(row, "group_size", what, "make the lines of a group equal")
        _check_succession(row, member, places.setdefault((*key, member.position), []))
        members.append(member)
    return tuple(members)


def _check_position(row: Row, member: SchemeMember) -> None:
    if (member.position is None) is not (member.member_name_zh is None):
        what = "a member has a position and a name; a group of which none is known has neither"
        raise _refuse(row, "position", what, "fill in both, or leave both empty")
    if member.position and member.group_size and member.position > member.group_size:
        what = f"position {member.position} in a group of {member.group_size}"
        raise _refuse(row, "position", what, "mend the position or group_size")


def _check_succession(row: Row, member: SchemeMember, earlier: list[SchemeMember]) -> None:
    """Who takes a position over does so when the one before has left it."""
    if earlier:
        left = earlier[-1].valid_to
        if not left or not member.valid_from or last_day(member.valid_from) < last_day(left):
            what = f"position {member.position} is taken by a line above, which has not ended"
            raise _refuse(row, "valid_from", what, "give valid_to above and a later valid_from")
    earlier.append(member)


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
    entries: Iterable[Scheme | EvaluationRule], file: Path, known: Mapping[str, object]
) -> None:
    """Refuse a source document that no data set declares.

    Raises:
        DeclarationError: with file and remedy.
    """
    for entry in entries:
        document = entry.source_document
        if document is not None and document not in known:
            near = difflib.get_close_matches(document, list(known), n=1)
            raise DeclarationError(
                f"{entry.key} names the document {document!r}, which no data set declares",
                file=file,
                place="source_document",
                remedy=f"did you mean {near[0]!r}?" if near else "cite it in words instead",
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
                f"{member.member_name_en} resembles {item!r}, which is no item of a mart",
                file=file,
                place="resembles_item",
                remedy=f"did you mean {near[0]!r}?" if near else "say it in the note instead",
            )
