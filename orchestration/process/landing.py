"""The work database as dbt finds it: schema ``landing``, made anew in every run.

Belongs here: tables of ``landing`` and how they are filled from declarations and parsed
deliveries. Does not belong here: anything computed from a figure (``dbt_project``).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import bounds
from orchestration.spec import RELATION_KINDS, last_day

if TYPE_CHECKING:
    import duckdb

    from orchestration.declarations import Declarations

_OBSERVATION = """
    data_set_id varchar, delivery_id varchar, receipt_sha256 varchar, delivered_on date,
    delivery_seq integer, place_order integer, indicator_code varchar, region_code varchar,
    period varchar, period_start date, period_end date, period_kind varchar, measure varchar,
    basis varchar, scope varchar, price_basis varchar, breakdown varchar, occurrence integer,
    value decimal(30, 8), resolution decimal(30, 8), unit varchar, value_printed varchar,
    unit_printed varchar, indicator_name_printed varchar, qualifier varchar,
    obs_status varchar, conf_status varchar, estimate_stage varchar, known_from date,
    is_document_date boolean, is_period_inferred boolean, is_simulated boolean,
    source_document varchar, source_place varchar, delivery_place varchar, note varchar,
    correction varchar
"""

TABLES: dict[str, str] = {
    "candidate": _OBSERVATION,
    "observation": _OBSERVATION,
    "delivery": """
        delivery_id varchar, data_set_id varchar, receipt_sha256 varchar, file_name varchar,
        delivered_on date, delivery_seq integer, size_bytes bigint, connector varchar,
        is_simulated boolean, counted_unit varchar, cells_read bigint, cells_accepted bigint,
        cells_quarantined bigint, cells_non_data bigint, verdict varchar, refused_by varchar,
        reason_zh varchar, reason_en varchar, settled_by varchar""",
    "quarantine": """
        quarantine_id varchar, delivery_id varchar, data_set_id varchar, rule_id varchar,
        delivery_place varchar, reason_zh varchar, reason_en varchar""",
    "correction": """
        correction_id varchar, data_set_id varchar, kind varchar, files varchar, place varchar,
        expected varchar, corrected varchar, reason_zh varchar, reason_en varchar,
        reported_by varchar, reported_on date, document varchar""",
    "source_note": """
        delivery_id varchar, data_set_id varchar, note_no integer, place varchar, mark varchar,
        note varchar""",
    "data_set": """
        data_set_id varchar, title_zh varchar, title_en varchar, theme varchar, owner varchar,
        producer varchar, licence varchar, connector varchar, file_pattern varchar,
        cadence varchar, due varchar, is_simulated boolean, precedence integer,
        max_quarantined integer, conf_status varchar, declaration_path varchar""",
    "completeness": """
        data_set_id varchar, indicator_code varchar, region_code varchar, severity varchar""",
    "source_document": """
        source_document varchar, title_zh varchar, title_en varchar, issuer varchar,
        published varchar, published_on date, source_grade varchar, citation varchar,
        licence varchar, address varchar, data_set_id varchar""",
    "indicator": """
        indicator_code varchar, name_zh varchar, name_en varchar, definition_zh varchar,
        definition_en varchar, theme varchar, measure varchar, scope varchar,
        price_basis varchar, base_unit varchar, decimals integer, direction varchar,
        mart varchar, item varchar, role varchar, stage varchar, topic varchar,
        ranked_among varchar, over_regions varchar, data_set_id varchar""",
    "relation": """
        relation_id varchar, kind varchar, indicator_code varchar, other_code varchar,
        numerator_code varchar, tolerance decimal(30, 8), tolerance_kind varchar,
        tolerance_reason varchar, reaches_total boolean, denominator varchar,
        note_zh varchar, note_en varchar""",
    "region": """
        region_code varchar, region_name_zh varchar, region_name_en varchar,
        region_kind varchar, parent_code varchar, valid_from date, valid_to date,
        successor_codes varchar, lists_all_parts boolean""",
    "code": """
        list varchar, code varchar, name_zh varchar, name_en varchar, sort integer,
        valid_from date, valid_to date""",
    "scorecard": "indicator_code varchar, sort integer",
    "scheme": """
        scheme_code varchar, name_zh varchar, name_en varchar, kind varchar,
        region_code varchar, valid_from varchar, valid_to varchar, predecessor_codes varchar,
        note_zh varchar, note_en varchar, source_document varchar, citation varchar""",
    "scheme_member": """
        scheme_code varchar, group_order integer, group_name_zh varchar, group_name_en varchar,
        group_size integer, position integer, member_name_zh varchar, member_name_en varchar,
        valid_from varchar, valid_to varchar, resembles_item varchar, note_zh varchar,
        note_en varchar, citation varchar""",
    "evaluation_rule": """
        rule_id varchar, plan_id varchar, region_code varchar, name_zh varchar, name_en varchar,
        plan_name_zh varchar, plan_name_en varchar, plan_period varchar,
        evaluation_period varchar, evaluation_end date, annual_period varchar, annual_end date,
        annual_threshold_pct decimal(5, 2), within_year_threshold_pct decimal(5, 2),
        issued varchar, source_document varchar, source_place varchar, note_zh varchar,
        note_en varchar""",
    "plan_indicator": """
        plan_id varchar, indicator_code varchar, data_set_id varchar, number integer,
        nature varchar, group_zh varchar, group_en varchar, target_kind varchar, figures varchar,
        base_period varchar, base_end date, target_period varchar, target_end date""",
    "unit": """
        unit varchar, name_zh varchar, name_en varchar, dimension varchar,
        factor decimal(30, 8)""",
    "rule": """
        rule_id varchar, gate varchar, ess_level integer, severity varchar, executor varchar,
        owner varchar, title_zh varchar, title_en varchar, guidance_zh varchar,
        guidance_en varchar, tolerance varchar, tolerance_reason varchar""",
    "grade": "source_grade varchar, grade_rank integer",
    "stage_rank": "estimate_stage varchar, stage_rank integer",
    "release": """
        release_id varchar, release_time timestamp, policy varchar, district_code varchar,
        district_name_zh varchar, district_name_en varchar, code_version varchar,
        is_simulated_inside boolean""",
    "finding": """
        finding_id varchar, rule_id varchar, gate varchar, severity varchar,
        data_set_id varchar, delivery_id varchar, indicator_code varchar,
        region_code varchar, period varchar, place_a varchar, place_b varchar,
        observation_a varchar, observation_b varchar, arithmetic varchar,
        message_zh varchar, message_en varchar""",
    "validation": """
        rule_id varchar, gate varchar, executor varchar, outcome varchar,
        checked_count bigint, unexpected_count bigint, undecided_count bigint""",
    "example_query": """
        question_no integer, name varchar, question_zh varchar, question_en varchar,
        query varchar""",
    "table_dictionary": """
        schema_name varchar, table_name varchar, title_zh varchar, title_en varchar,
        description_zh varchar, description_en varchar, grain_zh varchar, grain_en varchar,
        primary_key varchar""",
    "column_dictionary": """
        schema_name varchar, table_name varchar, column_name varchar, ordinal integer,
        data_type varchar, description_zh varchar, description_en varchar, unit varchar,
        is_nullable boolean""",
}


@dataclass(frozen=True)
class Landed:
    """One delivery with what parsing made of it.

    Attributes:
        counts: Read, accepted, quarantined and non-data, in ``counted_unit``.
        refused_by: Rule that made it unusable, with the place; None when it could be read.
        stem: Path of its parsed files without their ending.
    """

    delivery_id: str
    data_set_id: str
    sha256: str
    file_name: str
    delivered_on: date
    size_bytes: int
    connector: str
    is_simulated: bool
    counted_unit: str
    counts: tuple[int, int, int, int]
    refused_by: tuple[str, str] | None
    stem: Path


@dataclass(frozen=True)
class ReleaseControl:
    """Identity of the release that this run prepares."""

    release_id: str
    release_time: datetime
    policy: str
    code_version: str


def create_database(path: Path) -> None:
    """Make an empty work database; an earlier one, finished or not, is of no use any more.

    It knows what a qualifier means (``bounds.macros``): models and rules call the same macros.
    """
    import duckdb

    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in (path, path.with_name(path.name + ".wal")):
        leftover.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(bounds.macros())
        connection.execute("create schema landing")
        for name, columns in TABLES.items():
            connection.execute(f"create table landing.{name} ({columns})")


def insert_rows(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows given as mappings into ``landing.<table>``; column by column, bound."""
    if not rows:
        return
    types = dict(
        connection.execute(
            "select column_name, data_type from information_schema.columns "
            "where table_schema = 'landing' and table_name = $name",
            {"name": table},
        ).fetchall()
    )
    names = list(rows[0])
    lists = ", ".join(f"unnest(${i + 1}::{types[name]}[])" for i, name in enumerate(names))
    connection.execute(
        f"insert into landing.{table} by name "
        f"select * from (select {lists}) as t({', '.join(names)})",
        [[row[name] for row in rows] for name in names],
    )


def land_declarations(
    connection: duckdb.DuckDBPyConnection,
    declarations: Declarations,
    control: ReleaseControl,
) -> None:
    """Fill everything that does not depend on a delivery."""
    settings, lists = declarations.settings, declarations.codelists
    district = settings.district
    insert_rows(
        connection,
        "data_set",
        [
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
                "due": _due(d.data_set.delivery.due_days),
                "is_simulated": d.data_set.simulated,
                "precedence": d.data_set.origin.precedence,
                "max_quarantined": d.data_set.completeness.max_quarantined,
                "conf_status": d.data_set.disclosure.conf_status,
                "declaration_path": d.path.relative_to(settings.project).as_posix(),
            }
            for d in declarations
        ],
    )
    insert_rows(connection, "completeness", _completeness(declarations))
    insert_rows(connection, "correction", _corrections(declarations))
    insert_rows(
        connection,
        "source_document",
        [
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
        ],
    )
    insert_rows(connection, "indicator", _indicators(declarations))
    insert_rows(connection, "relation", _relations(declarations))
    insert_rows(
        connection,
        "region",
        [
            {
                "region_code": r.code,
                "region_name_zh": r.name_zh,
                "region_name_en": r.name_en,
                "region_kind": r.kind,
                "parent_code": r.parent_code,
                "valid_from": r.valid_from,
                "valid_to": r.valid_to,
                "successor_codes": r.successor_codes,
                "lists_all_parts": r.code in district.complete_regions,
            }
            for r in lists.regions
        ],
    )
    insert_rows(
        connection,
        "code",
        [
            {
                "list": c.list,
                "code": c.code,
                "name_zh": c.name_zh,
                "name_en": c.name_en,
                "sort": c.sort,
                "valid_from": c.valid_from,
                "valid_to": c.valid_to,
            }
            for c in lists.codes
        ]
        + [
            {
                "list": "item",
                "code": code,
                "name_zh": name.zh,
                "name_en": name.en,
                "sort": 1000 + position,
                "valid_from": None,
                "valid_to": None,
            }
            for position, (code, name) in enumerate(declarations.items.items())
        ],
    )
    insert_rows(
        connection,
        "unit",
        [
            {
                "unit": u.code,
                "name_zh": u.name_zh,
                "name_en": u.name_en,
                "dimension": u.dimension,
                "factor": u.factor,
            }
            for u in lists.units
        ],
    )
    insert_rows(
        connection,
        "scorecard",
        [
            {"indicator_code": code, "sort": position}
            for position, code in enumerate(district.scorecard, start=1)
        ],
    )
    insert_rows(
        connection,
        "scheme",
        [
            entry.model_dump() | {"predecessor_codes": ",".join(entry.predecessor_codes) or None}
            for entry in lists.schemes
        ],
    )
    insert_rows(connection, "scheme_member", [e.model_dump() for e in lists.scheme_members])
    insert_rows(
        connection,
        "evaluation_rule",
        [
            rule.model_dump()
            | {
                "evaluation_end": last_day(rule.evaluation_period),
                "annual_end": last_day(rule.annual_period),
            }
            for rule in lists.evaluation_rules
        ],
    )
    insert_rows(connection, "plan_indicator", _plan_indicators(declarations))
    for table, ranked in (("grade", district.grades), ("stage_rank", district.stages)):
        columns = TABLES[table].replace("varchar", "").replace("integer", "").split(",")
        code, rank = (column.strip() for column in columns)
        rows = [{code: name, rank: position} for position, name in enumerate(ranked, start=1)]
        insert_rows(connection, table, rows)
    insert_rows(
        connection,
        "release",
        [
            {
                "release_id": control.release_id,
                "release_time": control.release_time,
                "policy": control.policy,
                "district_code": district.code,
                "district_name_zh": district.name.zh,
                "district_name_en": district.name.en,
                "code_version": control.code_version,
                "is_simulated_inside": False,
            }
        ],
    )


def _due(days: int | None) -> str:
    return "" if days is None else f"{days} days after the end of the period"


def _completeness(declarations: Declarations) -> list[dict[str, Any]]:
    regions = declarations.codelists.region_words
    return [
        {
            "data_set_id": declared.id,
            "indicator_code": code,
            "region_code": regions[region] if region else "",
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


def _corrections(declarations: Declarations) -> list[dict[str, Any]]:
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


def _indicators(declarations: Declarations) -> list[dict[str, Any]]:
    rows = []
    for indicator, declared in declarations.definitions.values():
        name, definition = indicator.title, indicator.definition
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
                "mart": indicator.mart or "",
                "item": indicator.item or "",
                "role": indicator.role or "",
                "stage": indicator.stage or "",
                "topic": indicator.topic or "",
                "ranked_among": indicator.ranked_among or "",
                "over_regions": indicator.over_regions or "",
                "data_set_id": declared.id,
            }
        )
    return rows


def _plan_indicators(declarations: Declarations) -> list[dict[str, Any]]:
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
        }
        for declared in declarations
        for indicator in declared.data_set.indicators
        if (plan := indicator.plan) is not None
    ]


def _relations(declarations: Declarations) -> list[dict[str, Any]]:
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
                    "denominator": relation.denominator,
                    "note_zh": relation.note.zh if relation.note else "",
                    "note_en": relation.note.en if relation.note else "",
                }
            )
    return sorted(rows, key=lambda row: (RELATION_KINDS.index(row["kind"]), row["relation_id"]))


def land_deliveries(
    connection: duckdb.DuckDBPyConnection,
    landed: Sequence[Landed],
    reasons: Mapping[str, tuple[str, str]],
) -> None:
    """Fill ``delivery``, ``quarantine``, ``candidate`` and ``source_note`` from parsed files.

    Args:
        landed: Every delivery ever received, data set by data set in the order of arrival.
        reasons: For each rule its title in Chinese and English: what a reader of the quarantine
            table is told, instead of the raw text.
    """
    insert_rows(connection, "delivery", _delivery_rows(landed, reasons))
    readable = [entry for entry in landed if entry.refused_by is None]
    if not readable:
        return
    connection.execute("create temp table file (name varchar, kind varchar, delivery_id varchar)")
    connection.execute(
        "insert into file select unnest($1::varchar[]), unnest($2::varchar[]), "
        "unnest($3::varchar[])",
        [
            [str(e.stem.with_suffix(f".{k}.parquet")) for e in readable for k in _KINDS],
            [k for _ in readable for k in _KINDS],
            [e.delivery_id for e in readable for _ in _KINDS],
        ],
    )
    columns = [part.split()[0] for part in _split_columns(_OBSERVATION)]
    from_delivery = {
        "data_set_id",
        "delivery_id",
        "receipt_sha256",
        "delivered_on",
        "delivery_seq",
    }
    select = ", ".join(f"d.{c}" if c in from_delivery else f"p.{c}" for c in columns)
    files = {
        kind: [str(entry.stem.with_suffix(f".{kind}.parquet")) for entry in readable]
        for kind in _KINDS
    }
    connection.execute(
        f"insert into landing.candidate ({', '.join(columns)}) select {select} "
        "from read_parquet($files, filename = true) as p "
        "join file as f on p.filename = f.name "
        "join landing.delivery as d on f.delivery_id = d.delivery_id",
        {"files": files["accepted"]},
    )
    connection.execute(
        "insert into landing.quarantine by name "
        "select substr(md5(d.delivery_id || '|' || p.rule_id || '|' || p.delivery_place), 1, 16) "
        "as quarantine_id, d.delivery_id, d.data_set_id, p.rule_id, p.delivery_place, "
        "'' as reason_zh, '' as reason_en "
        "from read_parquet($files, filename = true) as p "
        "join file as f on p.filename = f.name "
        "join landing.delivery as d on f.delivery_id = d.delivery_id",
        {"files": files["quarantine"]},
    )
    connection.execute(
        "insert into landing.source_note by name "
        "select d.delivery_id, d.data_set_id, p.file_row_number::integer + 1 as note_no, "
        "p.place, p.mark, p.text as note "
        "from read_parquet($files, filename = true, file_row_number = true) as p "
        "join file as f on p.filename = f.name "
        "join landing.delivery as d on f.delivery_id = d.delivery_id",
        {"files": files["notes"]},
    )
    connection.execute("drop table file")
    connection.execute(
        "update landing.quarantine set reason_zh = r.zh, reason_en = r.en "
        "from (select unnest($1::varchar[]) as id, unnest($2::varchar[]) as zh, "
        "unnest($3::varchar[]) as en) as r where rule_id = r.id",
        [list(reasons), [zh for zh, _ in reasons.values()], [en for _, en in reasons.values()]],
    )


_KINDS = ("accepted", "quarantine", "notes")


def _split_columns(ddl: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for char in ddl:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += char
    return [*parts, current.strip()]


def _delivery_rows(
    landed: Sequence[Landed], reasons: Mapping[str, tuple[str, str]]
) -> list[dict[str, Any]]:
    rows = []
    sequence: Counter[str] = Counter()
    for entry in landed:
        sequence[entry.data_set_id] += 1
        read, accepted, quarantined, non_data = entry.counts
        rule, place = entry.refused_by or ("", "")
        zh, en = reasons[rule] if rule else ("", "")
        rows.append(
            {
                "delivery_id": entry.delivery_id,
                "data_set_id": entry.data_set_id,
                "receipt_sha256": entry.sha256,
                "file_name": entry.file_name,
                "delivered_on": entry.delivered_on,
                "delivery_seq": sequence[entry.data_set_id],
                "size_bytes": entry.size_bytes,
                "connector": entry.connector,
                "is_simulated": entry.is_simulated,
                "counted_unit": entry.counted_unit,
                "cells_read": read,
                "cells_accepted": accepted,
                "cells_quarantined": quarantined,
                "cells_non_data": non_data,
                "verdict": "refused" if rule else "",
                "refused_by": rule,
                "reason_zh": f"{place}: {zh}" if rule else "",
                "reason_en": f"{place}: {en}" if rule else "",
                "settled_by": "",
            }
        )
    return rows


def admit(connection: duckdb.DuckDBPyConnection) -> None:
    """Admit what no rule refused, and take its candidates as observations."""
    connection.execute("update landing.delivery set verdict = 'admitted' where verdict = ''")
    connection.execute(
        "insert into landing.observation select c.* from landing.candidate as c "
        "join landing.delivery as d using (delivery_id) where d.verdict = 'admitted'"
    )
    connection.execute(
        "update landing.release set is_simulated_inside = "
        "(select count(*) > 0 from landing.observation where is_simulated)"
    )
