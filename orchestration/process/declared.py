"""Rows of ``landing`` that follow from declarations alone.

Belongs here: turning declarations and code lists into rows of the tables that ``contract`` names.
Does not belong here: writing them, and anything that depends on a delivery (``landing``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from orchestration import deadlines, signals
from orchestration.process.homes import field, home
from orchestration.programmes import WHOLE
from orchestration.spec import (
    RELATION_KINDS,
    Delivery,
    District,
    Envelope,
    Span,
    Text,
    first_day,
    last_day,
)

if TYPE_CHECKING:
    from orchestration.declarations import CodeLists, Declarations
    from orchestration.programmes import ClusterMember, SchemeRule

Rows = list[dict[str, Any]]
BREAKDOWN_LIST = "breakdown"
_NO_ENDS: tuple[Span, Span] = ((None, None), (None, None))


@dataclass(frozen=True)
class ReleaseControl:
    """Identity of the release that this run prepares."""

    release_id: str
    release_time: datetime
    policy: str
    code_version: str


def declared_rows(declarations: Declarations, control: ReleaseControl) -> dict[str, Rows]:
    """The rows of each table that does not depend on a delivery, keyed by its name."""
    district, lists = declarations.settings.district, declarations.codelists
    return {
        "data_set": _data_sets(declarations),
        "awaited": _awaited(declarations, date(_released_on(control, district).year, 12, 31)),
        "completeness": _completeness(declarations),
        "expected_change": _expected_changes(declarations),
        "correction": _corrections(declarations),
        "source_document": _source_documents(declarations),
        "indicator": _indicators(declarations),
        "relation": _relations(declarations),
        "plausible": _plausible(declarations),
        "population_range": _population_ranges(declarations),
        "quotient": _quotients(declarations),
        "region": _regions(declarations),
        "code": _codes(declarations),
        "class": _classes_of_data_sets(declarations),
        "unit": _units(lists),
        "scorecard": [
            {"indicator_code": code, "sort": position}
            for position, code in enumerate(district.scorecard, start=1)
        ],
        "scheme": [
            entry.model_dump() | {"also_in": ",".join(entry.also_in) or None}
            for entry in lists.schemes
        ],
        "scheme_member": [e.model_dump() for e in lists.scheme_members],
        "scheme_cell": _scheme_cells(lists),
        "cluster_member": [e.model_dump() for e in lists.cluster_members],
        "honour": [
            honour.model_dump() | {"honour_no": number}
            for number, honour in enumerate(lists.honours, start=1)
        ],
        "evaluation_rule": [
            rule.model_dump()
            | {
                "evaluation_end": last_day(rule.evaluation_period),
                "annual_end": last_day(rule.annual_period),
            }
            for rule in lists.evaluation_rules
        ],
        "series_break": _breaks(declarations),
        "signal_rule": signals.rows(signals.load_signals(declarations.settings.expectations)),
        "plan_indicator": _plan_indicators(declarations),
        "grade": _ranked(district.grades, "source_grade", "grade_rank"),
        "stage_rank": _ranked(district.stages, "estimate_stage", "stage_rank"),
        "release": _release(control, district),
    }


def _data_sets(declarations: Declarations) -> Rows:
    return [
        {
            "data_set_id": d.id,
            "title_zh": d.data_set.title.zh,
            "title_en": d.data_set.title.en,
            "theme": d.data_set.theme,
            "owner": d.data_set.owner,
            "producer": d.data_set.origin.producer,
            "licence": d.data_set.origin.documents[0].licence or "",
            "connector": d.data_set.delivery.connector,
            "file_pattern": " | ".join(d.data_set.delivery.pattern),
            "cadence": d.data_set.delivery.cadence,
            **_due(d.data_set.delivery),
            "is_simulated": d.data_set.simulated,
            "precedence": d.data_set.origin.precedence,
            "max_quarantined": d.data_set.completeness.max_quarantined,
            "conf_status": d.data_set.disclosure.conf_status,
            "declaration_path": d.path.relative_to(declarations.settings.project).as_posix(),
        }
        for d in declarations
    ]


def _source_documents(declarations: Declarations) -> Rows:
    return [
        {
            "source_document": document.id,
            "title_zh": document.title,
            "title_en": document.title_en or document.title,
            "issuer": document.issuer or "",
            "published": document.published or "",
            "published_on": last_day(document.published) if document.published else None,
            "source_grade": document.grade,
            "citation": document.citation or "",
            "licence": document.licence or "",
            "address": document.address or "",
            "data_set_id": data_set_id,
        }
        for document, data_set_id in declarations.documents.values()
    ]


def _regions(declarations: Declarations) -> Rows:
    complete = declarations.settings.district.complete_regions
    return [
        {
            "region_code": r.code,
            "region_name_zh": r.name_zh,
            "region_name_en": r.name_en,
            "region_kind": r.kind,
            "parent_code": r.parent_code,
            "valid_from": r.valid_from,
            "valid_to": r.valid_to,
            "successor_codes": r.successor_codes,
            "lists_all_parts": r.code in complete,
            "is_listed": True,
        }
        for r in declarations.codelists.regions
    ] + _regions_of_china(declarations.codelists)


def _regions_of_china(lists: CodeLists) -> Rows:
    """Regions that the district does not list itself: a figure may be about any of them.

    One without an English name goes by its Chinese one.
    """
    gazetteer, own = lists.gazetteer, {region.code for region in lists.regions}
    rows = []
    for code, places in gazetteer.by_code.items():
        if code in own:
            continue
        began, ended = gazetteer.span(code)
        name = gazetteer.full_name(places[-1])
        rows.append(
            {
                "region_code": code,
                "region_name_zh": name,
                "region_name_en": places[-1].name_en or name,
                "region_kind": places[-1].level,
                "parent_code": gazetteer.parent_code(code) or lists.nation or "",
                "valid_from": began,
                "valid_to": ended,
                "successor_codes": places[-1].successors,
                "lists_all_parts": False,
                "is_listed": False,
            }
        )
    return rows


def _codes(declarations: Declarations) -> Rows:
    listed = [
        {
            "list": c.list,
            "code": c.code,
            "name_zh": c.name_zh,
            "name_en": c.name_en,
            "sort": c.sort,
            "valid_from": c.valid_from,
            "valid_to": c.valid_to,
            "maps_to": c.maps_to,
        }
        for c in declarations.codelists.codes
    ]
    named = [
        _member("item", code, name, 1000 + position)
        for position, (code, name) in enumerate(_items(declarations, listed).items())
    ]
    return listed + named + _fields(declarations, listed) + _classes(declarations, listed)


def _member(name: str, code: str, words: Text, sort: int) -> dict[str, Any]:
    return {
        "list": name,
        "code": code,
        "name_zh": words.zh,
        "name_en": words.en,
        "sort": sort,
        "valid_from": None,
        "valid_to": None,
        "maps_to": "",
    }


def _items(declarations: Declarations, listed: Rows) -> dict[str, Text]:
    """What mart rows are about, as declarations name it; of what names no mart, the indicator."""
    known = {row["code"] for row in listed if row["list"] == "item"}
    own = {
        indicator.code: indicator.title
        for indicator, _ in declarations.definitions.values()
        if indicator.mart is None and indicator.code not in known
    }
    return own | declarations.items


def _fields(declarations: Declarations, listed: Rows) -> Rows:
    """The files of the catalogue as members of the list field, beside the themes that it names."""
    known = {row["code"] for row in listed if row["list"] == "field"}
    return [
        _member("field", code, name, 100 + position)
        for position, (code, name) in enumerate(sorted(declarations.catalogue.fields.items()))
        if code not in known
    ]


def _classes(declarations: Declarations, listed: Rows) -> Rows:
    """The codes of every list that figures are broken down by, as members of the list breakdown.

    A code that two of these lists have is that of the first.
    """
    layouts = [layout for d in declarations for layout in d.data_set.layouts]
    used = {layout.breakdown_list for layout in layouts} - {None, BREAKDOWN_LIST}
    known = {row["code"] for row in listed if row["list"] == BREAKDOWN_LIST}
    classes: dict[str, dict[str, Any]] = {}
    for row in sorted(listed, key=lambda row: str(row["list"])):
        if row["list"] in used and row["code"] not in known:
            classes.setdefault(row["code"], {**row, "list": BREAKDOWN_LIST, "maps_to": ""})
    return list(classes.values())


def _classes_of_data_sets(declarations: Declarations) -> Rows:
    """The classes of every data set with the list that each is of.

    A code that the lists of several layouts have is that of the latest.
    """
    rows: Rows = []
    for declared in declarations:
        classes: dict[str, dict[str, Any]] = {}
        for layout in declared.data_set.layouts:
            name = layout.breakdown_list
            for entry in declarations.codelists.members(name or "").values():
                classes[entry.code] = {
                    "data_set_id": declared.id,
                    "code": entry.code,
                    "class_list": name,
                    "name_zh": entry.name_zh,
                    "name_en": entry.name_en,
                }
        rows.extend(classes.values())
    return rows


def _scheme_cells(lists: CodeLists) -> Rows:
    """Every item, class and region whose figures count as a member, with the days it does."""
    return [
        {
            "scheme_code": rule.scheme_code,
            "sort": rule.sort,
            "item": item,
            "class_list": rule.class_list or WHOLE,
            "class_code": code,
            "region_code": region or None,
            "valid_from": max(begins, default=None),
            "valid_to": min(ends, default=None),
            "is_complete": rule.is_complete,
        }
        for rule in lists.scheme_rules
        for code, begins, ends in _counted_classes(rule, lists)
        for item in rule.items or ("",)
        for region in rule.regions or ("",)
    ]


def _counted_classes(
    rule: SchemeRule, lists: CodeLists
) -> list[tuple[str, list[date], list[date]]]:
    """Classes that a rule counts, with the days on which their counting begins and ends.

    The rule names them, or ``cluster_members.csv`` does, whose days count beside those of the rule.
    """
    dated: list[tuple[str, ClusterMember | None]] = [
        (code, None) for code in rule.classes or (WHOLE,)
    ]
    if rule.class_list and not rule.classes:
        dated = [
            (entry.industry_code, entry)
            for entry in lists.cluster_members
            if (entry.scheme_code, entry.sort) == (rule.scheme_code, rule.sort)
            and entry.industry_list == rule.class_list
        ]
    return [
        (
            code,
            [first_day(e.valid_from) for e in (rule, entry) if e is not None and e.valid_from],
            [last_day(e.valid_to) for e in (rule, entry) if e is not None and e.valid_to],
        )
        for code, entry in dated
    ]


def _units(lists: CodeLists) -> Rows:
    return [
        {
            "unit": u.code,
            "name_zh": u.name_zh,
            "name_en": u.name_en,
            "dimension": u.dimension,
            "factor": u.factor,
            "sdmx_id": u.sdmx_id,
        }
        for u in lists.units
    ]


def _released_on(control: ReleaseControl, district: District) -> datetime:
    return control.release_time.replace(tzinfo=UTC).astimezone(ZoneInfo(district.time_zone))


def _release(control: ReleaseControl, district: District) -> Rows:
    local = _released_on(control, district)
    return [
        {
            "release_id": control.release_id,
            "release_time": control.release_time,
            "policy": control.policy,
            "district_code": district.code,
            "district_name_zh": district.name.zh,
            "district_name_en": district.name.en,
            "code_version": control.code_version,
            "is_simulated_inside": False,
            "release_day": local.date(),
            "release_time_local": local.replace(tzinfo=None),
            "time_zone": district.time_zone,
            "bureau_name_zh": district.bureau.zh if district.bureau else None,
            "bureau_name_en": district.bureau.en if district.bureau else None,
            "contact_zh": district.contact.zh if district.contact else None,
            "contact_en": district.contact.en if district.contact else None,
            "site_address": district.address or None,
        }
    ]


def _ranked(names: Sequence[str], code: str, rank: str) -> Rows:
    return [{code: name, rank: position} for position, name in enumerate(names, start=1)]


def _due(delivery: Delivery) -> dict[str, Any]:
    zh, en = deadlines.said(delivery.cadence, deadlines.Rule.of(delivery))
    days = delivery.due.days_after if delivery.due else None
    return {"due_zh": zh, "due_en": en, "due_days": days}


def _awaited(declarations: Declarations, until: date) -> Rows:
    return [
        period.row(declared.id)
        for declared in declarations
        if (rule := deadlines.Rule.of(declared.data_set.delivery)) is not None
        for period in deadlines.awaited(rule, declarations.calendar, until)
    ]


def _completeness(declarations: Declarations) -> Rows:
    lists = declarations.codelists
    return [
        {
            "data_set_id": declared.id,
            "indicator_code": code,
            "region_code": (lists.region_code(region) or "") if region else "",
            "severity": entry.severity,
        }
        for declared in declarations
        for entry in declared.data_set.completeness.expected
        for code in (
            [i.code for i in declared.data_set.indicators]
            if "*" in entry.indicators
            else entry.indicators
        )
        for region in entry.regions or ("",)
    ]


def _expected_changes(declarations: Declarations) -> Rows:
    lists = declarations.codelists
    return [
        {
            "data_set_id": declared.id,
            "indicator_code": code,
            "region_code": (lists.region_code(region) or "") if region else "",
            "low": entry.low,
            "high": entry.high,
            "reason_zh": entry.reason.zh,
            "reason_en": entry.reason.en,
            "until": entry.until,
        }
        for declared in declarations
        for entry in declared.data_set.changes
        for code in (
            [i.code for i in declared.data_set.indicators]
            if "*" in entry.indicators
            else entry.indicators
        )
        for region in entry.regions or ("",)
    ]


def _corrections(declarations: Declarations) -> Rows:
    return [
        {
            "correction_id": entry.id,
            "data_set_id": declared.id,
            "kind": entry.kind,
            "files": entry.files,
            "place": entry.target,
            "expected": entry.expect,
            "corrected": entry.becomes,
            "reason_zh": entry.reason.zh,
            "reason_en": entry.reason.en,
            "reported_by": entry.reported_by,
            "reported_on": entry.reported_on,
            "document": entry.document or "",
        }
        for declared in declarations
        for entry in declared.corrections
    ]


def _indicators(declarations: Declarations) -> Rows:
    rows = []
    for indicator, declared in declarations.definitions.values():
        name, definition = indicator.title, indicator.definition
        placed = home(indicator, declarations)
        rows.append(
            {
                "indicator_code": indicator.code,
                "name_zh": name.zh,
                "name_en": name.en,
                "definition_zh": definition.zh if definition else "",
                "definition_en": definition.en if definition else "",
                "theme": indicator.theme or declared.data_set.theme,
                "measure": indicator.measure,
                "scope": indicator.scope or "not_stated",
                "price_basis": indicator.price_basis,
                "base_unit": indicator.base_unit,
                "decimals": indicator.decimals,
                "direction": indicator.direction,
                "mart": placed.mart,
                "item": placed.item,
                "role": placed.role,
                "stage": indicator.stage or "",
                "topic": indicator.topic or "",
                "field": field(indicator.code, declarations),
                "ranked_among": indicator.ranked_among or "",
                "over_regions": indicator.over_regions or "",
                "adds_over_time": indicator.additive.time if indicator.additive else "",
                "adds_over_regions": indicator.additive.regions if indicator.additive else "",
                "adds_over_classes": indicator.additive.classes if indicator.additive else "",
                "is_stock": indicator.stock or indicator.role == "stock",
                "data_set_id": declared.id,
            }
        )
    return rows


def _breaks(declarations: Declarations) -> Rows:
    """A row per indicator and region that a series breaks of; ``None`` where it is all of them.

    What the catalogue says of indicators that are delivered, and what the list of breaks says.
    """
    rows = [
        {
            "indicator_code": code,
            "region_code": None,
            "since": change.since,
            "kind": "definition",
            "note_zh": change.note.zh,
            "note_en": change.note.en,
        }
        for code in sorted(declarations.definitions)
        if (standard := declarations.catalogue.get(code)) is not None
        for change in standard.changes
    ]
    rows += [
        {
            "indicator_code": code,
            "region_code": region,
            "since": entry.since,
            "kind": entry.kind,
            "note_zh": entry.note_zh,
            "note_en": entry.note_en,
        }
        for entry in declarations.codelists.breaks
        for code in entry.indicator_codes or (None,)
        if code is None or code in declarations.definitions
        for region in entry.region_codes or (None,)
    ]
    return [
        row | {"break_no": number, "begins_on": first_day(str(row["since"]))}
        for number, row in enumerate(rows, start=1)
    ]


def _plausible(declarations: Declarations) -> Rows:
    """The range of every indicator in every data set; one that is overruled has two, by day."""
    known = declarations.catalogue.plausible
    if known is None:
        return []
    rows = []
    for declared in declarations:
        for own in declared.data_set.indicators:
            indicator = declarations.definitions[own.code][0]
            found = declarations.range_of(own.code)
            if found is None or indicator.base_unit is None:
                continue
            residents = known.ranges.residents
            rank = residents.index(own.code) + 1 if own.code in residents else len(residents) + 1
            base = {
                "data_set_id": declared.id,
                "indicator_code": own.code,
                "from_day": None,
                "to_day": None,
                "range_class": found.id,
                "measure": indicator.measure,
                "dimension": known.dimensions.get(indicator.base_unit, ""),
                "behaviour": found.behaviour,
                "is_signed": found.sign == "any",
                "is_whole": found.whole,
                "residents_rank": rank if found.residents else None,
                "lows_since": date(known.ranges.lows_since, 1, 1),
                "short_periods": known.ranges.short_periods,
                "share_moves": found.share_moves,
                "around_low": found.around[0] if found.around else None,
                "around_high": found.around[1] if found.around else None,
                "reason_zh": "",
                "reason_en": "",
                **_ends(found.value, found.per_head),
            }
            said = own.plausible
            if said is None:
                rows.append(base)
                continue
            after = said.until + timedelta(days=1) if said.until else None
            ends = _ends(said.value or found.value, said.per_head or found.per_head)
            mine = base | ends | {"to_day": after}
            if said.reason is not None:
                mine |= {"reason_zh": said.reason.zh, "reason_en": said.reason.en}
            rows.append(mine)
            if after is not None:
                rows.append(base | {"from_day": after})
    return rows


def _ends(value: Envelope | None, per_head: Envelope | None) -> dict[str, Any]:
    """The ends of the ranges of a figure itself, and per head."""
    ends: dict[str, Any] = {}
    for name, envelope in (("value", value), ("head", per_head)):
        usual, possible = (envelope.usual, envelope.possible) if envelope else _NO_ENDS
        ends |= {
            f"{name}_low": usual[0],
            f"{name}_high": usual[1],
            f"{name}_lowest": possible[0],
            f"{name}_highest": possible[1],
        }
    return ends


def _population_ranges(declarations: Declarations) -> Rows:
    known = declarations.catalogue.plausible
    return [
        {
            "region_kind": kind,
            "low": residents.usual[0],
            "high": residents.usual[1],
            "lowest": residents.possible[0],
            "highest": residents.possible[1],
        }
        for kind, residents in (known.ranges.populations.items() if known else ())
    ]


def _quotients(declarations: Declarations) -> Rows:
    known = declarations.catalogue.plausible
    return [
        {
            "quotient_id": entry.id,
            "name_zh": entry.name.zh,
            "name_en": entry.name.en,
            "of_code": entry.of,
            "times_code": entry.times or "",
            "by_code": entry.by,
            "low": entry.usual[0],
            "high": entry.usual[1],
            "lowest": entry.possible[0],
            "highest": entry.possible[1],
        }
        for entry in (known.ranges.quotients if known else ())
    ]


def _plan_indicators(declarations: Declarations) -> Rows:
    return [
        {
            "plan_id": plan.id,
            "indicator_code": indicator.code,
            "data_set_id": declared.id,
            "number": plan.number,
            "nature": plan.nature,
            "group_zh": plan.group.zh,
            "group_en": plan.group.en,
            "target_kind": plan.target_kind,
            "figures": plan.figures,
            "base_period": plan.base_period,
            "base_end": last_day(plan.base_period),
            "target_period": plan.target_period,
            "target_end": last_day(plan.target_period),
            "accumulate": plan.accumulate,
        }
        for declared in declarations
        for indicator in declared.data_set.indicators
        if (plan := indicator.plan) is not None
    ]


def _relations(declarations: Declarations) -> Rows:
    rows = []
    for indicator, _ in declarations.definitions.values():
        for kind, relation in indicator.relations():
            key = "|".join((kind, indicator.code, relation.to, relation.numerator or ""))
            rows.append(
                {
                    "relation_id": hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()[
                        :16
                    ],
                    "kind": kind,
                    "indicator_code": indicator.code,
                    "other_code": relation.to,
                    "numerator_code": relation.numerator or "",
                    "tolerance": relation.tolerance.value,
                    "tolerance_kind": relation.tolerance.kind,
                    "tolerance_reason": relation.tolerance.reason,
                    "reaches_total": relation.exhaustive,
                    "cut": relation.cut,
                    "denominator": relation.denominator,
                    "note_zh": relation.note.zh if relation.note else "",
                    "note_en": relation.note.en if relation.note else "",
                }
            )
    return sorted(rows, key=lambda row: (RELATION_KINDS.index(row["kind"]), row["relation_id"]))
