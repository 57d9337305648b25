"""A small invented district as the marts leave it, and proof that it makes a good release.

Belongs here: the work database other tests of publishing and serving build on. Does not belong
here: what goes wrong with a release (test_publish_verify, test_publish_pointer).
"""

from __future__ import annotations

import atexit
import shutil
import stat
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import duckdb

from orchestration.catalog import Column, Table
from orchestration.publish.build import ReleaseInput, build_candidate
from orchestration.publish.durable import remove_tree
from orchestration.publish.verify import verify_release
from tests.unit.described import dictionary_sql

TIME = datetime(2026, 4, 1, 18, 30)
LOCAL = datetime(2026, 4, 2, 2, 30)
"""The same where the district is: the day after."""
BYTES = b"indicator,value\nfai,-5.25\n"
SHA = "f9498cf97f295eed287e88c044a3bc1ad84e22843918715d1c96ff1f0fae4ae2"

# table -> (key, columns as "name type [not null]")
TABLES: dict[str, tuple[str, Sequence[str]]] = {
    "core.observation": (
        "observation_id",
        (
            "observation_id varchar not null",
            "data_set_id varchar not null",
            "indicator_code varchar not null",
            "indicator_name_zh varchar",
            "indicator_name_en varchar",
            "region_code varchar",
            "region_name_zh varchar",
            "period varchar",
            "period_start date",
            "period_end date",
            "period_kind varchar",
            "basis varchar",
            "scope varchar",
            "price_basis varchar",
            "breakdown varchar",
            "value decimal(30,8)",
            "unit varchar",
            "value_printed varchar",
            "unit_printed varchar",
            "qualifier varchar",
            "estimate_stage varchar",
            "known_from date",
            "known_to date",
            "is_headline boolean",
            "is_period_inferred boolean",
            "is_simulated boolean",
            "source_document varchar",
            "source_place varchar",
            "delivery_place varchar",
            "receipt_sha256 varchar",
            "measure varchar",
            "obs_status varchar",
            "conf_status varchar",
            "resolution decimal(30,8)",
            "theme varchar",
            "figure_kind varchar",
            "subject varchar",
            "locality varchar",
            "note varchar",
        ),
    ),
    "core.data_set": (
        "data_set_id",
        (
            "data_set_id varchar not null",
            "title_zh varchar",
            "title_en varchar",
            "theme varchar",
            "producer varchar",
            "cadence varchar",
            "due_zh varchar",
            "due_en varchar",
            "last_delivered_on date",
            "is_simulated boolean",
        ),
    ),
    "core.delivery_ledger": (
        "data_set_id, period",
        (
            "data_set_id varchar not null",
            "data_set_title_zh varchar",
            "data_set_title_en varchar",
            "owner varchar",
            "period varchar not null",
            "period_label_zh varchar",
            "period_label_en varchar",
            "stated_on date",
            "due_on date",
            "due_time varchar",
            "is_calendar_covered boolean",
            "note_zh varchar",
            "note_en varchar",
            "state varchar",
            "is_overdue boolean",
            "overdue_days bigint",
            "received_on date",
            "is_late boolean",
            "late_days bigint",
            "delivery_count bigint",
            "refused_count bigint",
            "superseded_count bigint",
            "query_count bigint",
            "pending_since date",
            "delivery_id varchar",
        ),
    ),
    "core.indicator": (
        "indicator_code",
        ("indicator_code varchar not null", "name_zh varchar", "name_en varchar", "theme varchar"),
    ),
    "core.region": (
        "region_code",
        ("region_code varchar not null", "region_name_zh varchar", "region_name_en varchar"),
    ),
    "core.period": (
        "period",
        ("period varchar not null", "label_zh varchar", "label_en varchar"),
    ),
    "core.source_document": (
        "source_document",
        (
            "source_document varchar not null",
            "title_zh varchar",
            "title_en varchar",
            "issuer varchar",
            "published varchar",
            "citation varchar",
            "licence varchar",
            "address varchar",
        ),
    ),
    "investment.project_pipeline": (
        "region_code, period",
        (
            "region_code varchar not null",
            "period varchar not null",
            "projects integer",
            "completion_rate_pct decimal(9,2)",
            "residual decimal(2,2)",
        ),
    ),
    "quality.rule": (
        "rule_id",
        (
            "rule_id varchar not null",
            "gate varchar",
            "ess_level integer",
            "severity varchar",
            "owner varchar",
            "title_zh varchar",
            "title_en varchar",
            "guidance_zh varchar",
            "guidance_en varchar",
        ),
    ),
    "quality.finding": (
        "finding_id",
        (
            "finding_id varchar not null",
            "rule_id varchar",
            "gate varchar",
            "severity varchar",
            "data_set_id varchar",
            "delivery_id varchar",
            "indicator_code varchar",
            "region_code varchar",
            "period varchar",
            "place_a varchar",
            "place_b varchar",
            "observation_a varchar",
            "observation_b varchar",
            "arithmetic varchar",
            "effect_pct decimal(18,4)",
            "message_zh varchar",
            "message_en varchar",
            "decision varchar",
            "decision_reason varchar",
            "decided_on date",
            "decision_expires_on date",
        ),
    ),
    "quality.conservation": (
        "delivery_id",
        (
            "delivery_id varchar not null",
            "data_set_id varchar",
            "file_name varchar",
            "delivered_on date",
            "delivery_seq integer",
            "counted_unit varchar",
            "cells_read bigint",
            "cells_accepted bigint",
            "cells_quarantined bigint",
            "cells_non_data bigint",
            "verdict varchar",
            "refused_by varchar",
            "reason_zh varchar",
            "reason_en varchar",
            "is_simulated boolean",
            "settled_by varchar",
        ),
    ),
    "quality.quarantine": (
        "quarantine_id",
        (
            "quarantine_id varchar not null",
            "delivery_id varchar",
            "data_set_id varchar",
            "rule_id varchar",
            "delivery_place varchar",
        ),
    ),
    "quality.validation_run": (
        "gate, rule_id",
        (
            "rule_id varchar not null",
            "gate varchar not null",
            "outcome varchar",
            "checked_count bigint",
            "unexpected_count bigint",
            "undecided_count bigint",
        ),
    ),
    "meta.release": (
        "release_id",
        (
            "release_id varchar not null",
            "release_time timestamp",
            "policy varchar",
            "district_name_zh varchar",
            "district_name_en varchar",
            "district_code varchar",
            "release_day date",
            "release_time_local timestamp",
            "time_zone varchar",
        ),
    ),
    "meta.release_file": (
        "path",
        (
            "path varchar not null",
            "kind varchar",
            "size_bytes bigint",
            "sha256 varchar",
            "row_count bigint",
        ),
    ),
    "meta.schema_dictionary": (
        "schema_name, table_name",
        (
            "schema_name varchar not null",
            "table_name varchar not null",
            "title_zh varchar",
            "title_en varchar",
            "grain_zh varchar",
            "grain_en varchar",
            "primary_key varchar",
        ),
    ),
    "meta.column_dictionary": (
        "schema_name, table_name, column_name",
        (
            "schema_name varchar not null",
            "table_name varchar not null",
            "column_name varchar not null",
            "ordinal integer",
            "data_type varchar",
            "description_zh varchar",
            "description_en varchar",
            "unit varchar",
            "is_nullable boolean",
            "role varchar",
            "label_zh varchar",
            "label_en varchar",
            "heading_zh varchar",
            "heading_en varchar",
            "unit_column varchar",
            "qualifier_column varchar",
            "observation_column varchar",
            "code_list varchar",
            "codes_of varchar",
            "name_of varchar",
            "language varchar",
            "pair_column varchar",
            "refers_to varchar",
            "confidentiality varchar",
        ),
    ),
}

ROLES = {
    "observation_id": "observation",
    "observation_a": "evidence",
    "observation_b": "evidence",
    "region_code": "region",
    "period": "period",
    "period_kind": "period_kind",
    "period_start": "period_bound",
    "period_end": "period_bound",
    "unit": "unit",
    "qualifier": "qualifier",
    "is_simulated": "simulated",
    "indicator_code": "id",
    "source_document": "id",
}
NAMES = {
    ("core.observation", f"{thing}_name_{language}"): {
        "role": "name",
        "language": language,
        "name_of": f"{thing}_code",
    }
    for thing in ("region", "indicator")
    for language in ("zh", "en")
}
MORE = {
    ("core.observation", "value"): {
        "qualifier_column": "qualifier",
        "observation": "observation_id",
        "unit_column": "unit",
    },
    ("core.data_set", "is_simulated"): {"role": "flag"},
    ("core.delivery_ledger", "period"): {"role": "time"},
    **{
        (table, key): {"references": f"core.{name}"}
        for table, key, name in (
            ("core.observation", "data_set_id", "data_set"),
            ("core.observation", "indicator_code", "indicator"),
            ("core.observation", "region_code", "region"),
            ("core.observation", "period", "period"),
            ("core.observation", "source_document", "source_document"),
            ("investment.project_pipeline", "region_code", "region"),
            ("investment.project_pipeline", "period", "period"),
            ("quality.finding", "data_set_id", "data_set"),
            ("quality.finding", "indicator_code", "indicator"),
            ("quality.finding", "region_code", "region"),
            ("quality.finding", "period", "period"),
            ("quality.conservation", "data_set_id", "data_set"),
            ("quality.quarantine", "data_set_id", "data_set"),
        )
    },
    **{
        (table, key): {"references": f"quality.{name}"}
        for table, key, name in (
            ("quality.finding", "rule_id", "rule"),
            ("quality.quarantine", "rule_id", "rule"),
            ("quality.validation_run", "rule_id", "rule"),
            ("quality.finding", "delivery_id", "conservation"),
            ("quality.quarantine", "delivery_id", "conservation"),
        )
    },
    **NAMES,
}


def described(name: str) -> Table:
    """A table of the world as its dictionary describes it."""
    schema, table = name.split(".")
    key, columns = TABLES[name]
    return Table(
        schema,
        table,
        f"表 {table}",
        f"Table {table}",
        "每行一个",
        "One row each",
        tuple(key.split(", ")),
        tuple(_column(name, *column.split(" ", 2)) for column in columns),
    )


def _column(table: str, name: str, data_type: str, constraint: str = "") -> Column:
    is_number = data_type.startswith(("decimal", "integer", "bigint"))
    meta = {
        "role": ROLES.get(name, "value" if is_number else "text"),
        "label_zh": f"列 {name}",
        "label_en": f"Column {name}",
        **MORE.get((table, name), {}),
    }
    return Column(
        name,
        data_type,
        f"列 {name}。",
        f"Column {name}.",
        "%" if name.endswith("_pct") else "",
        not constraint,
        **meta,
    )


ROWS = f"""
insert into core.data_set values
    ('fai_year', '固定资产投资', 'Fixed-asset investment', 'investment', '投资科', 'annual',
     '每年：次年3月10日17:00前', 'annual: day 10 of month 3', '2026-03-02', false),
    ('tour', '演示', 'Tour', 'profile', '旅游科', 'once', '一次性：不设期限，不催报',
     'once: nothing is awaited', '2026-03-03', true);
insert into core.delivery_ledger values
    ('fai_year', '固定资产投资', 'Fixed-asset investment', '投资科', '2025', '2025年', '2025',
     '2026-03-10', '2026-03-10', '17:00', true, null, null, 'accepted', false, null, '2026-03-02',
     false, null, 1, 0, 0, 0, null, 'd1');
insert into core.indicator values
    ('fai_total', '固定资产投资', 'Fixed-asset investment', 'investment'),
    ('fai_growth', '投资增速', 'Growth of investment', 'investment');
insert into core.region values
    ('990101', '甲区', 'District A'), ('990102', '乙区', 'District B');
insert into core.period values ('2025', '2025年', '2025'), ('2026', '2026年', '2026');
insert into core.source_document values
    ('doc_a', '年度公报', 'Annual bulletin', '统计局', '2026-03', '第 3 页', 'open', 'https://example.invalid/a');
insert into core.observation values
    ('aaaaaa01ffff', 'fai_year', 'fai_total', '固定资产投资', 'Fixed-asset investment', '990101',
     '甲区', '2025', '2025-01-01', '2025-12-31', 'annual', 'current', 'all', 'current_price', '_T',
     101.50, '亿元', '101.5', '亿元', 'exact', 'preliminary', '2026-01-20', '2026-03-01', false,
     false, false, 'doc_a', '一、投资', 'fai.xlsx!表1!B4', '{SHA}', 'level', 'P', 'F', 0.1,
     'investment', 'outturn', '_T', '_T', null),
    ('aaaaaa02ffff', 'fai_year', 'fai_total', '固定资产投资', 'Fixed-asset investment', '990101',
     '甲区', '2025', '2025-01-01', '2025-12-31', 'annual', 'current', 'all', 'current_price', '_T',
     102.00, '亿元', '102', '亿元', 'exact', 'final', '2026-03-01', null, true,
     false, false, 'doc_a', '一、投资', 'fai.xlsx!表1!B4', '{SHA}', 'level', 'A', 'F', 1,
     'investment', 'outturn', '_T', '_T', null),
    ('bbbbbb01ffff', 'fai_year', 'fai_growth', '投资增速', 'Growth of investment', '990101',
     '甲区', '2025', '2025-01-01', '2025-12-31', 'annual', 'yoy', 'all', 'current_price', '_T',
     -5.25, '%', '-5.25', '%', 'above', 'final', '2026-03-01', null, true,
     true, false, 'doc_a', '一、投资', 'fai.xlsx!表1!B5', '{SHA}', 'yoy_growth_pct', 'A', 'F',
     0.01, 'investment', 'outturn', '_T', '_T', null),
    ('cccccc01ffff', 'tour', 'fai_growth', '=cmd|calc', '', '990101',
     '甲区', '2026', '2026-01-01', '2026-12-31', 'annual', 'yoy', 'all', 'current_price', '_T',
     null, '%', '', null, 'exact', 'flash', '2026-03-01', null, true,
     false, true, 'doc_b', null, 'a,"b"', '{"0" * 64}', 'yoy_growth_pct', 'O', 'F',
     null, 'investment', 'outturn', '_T', '_T', null);
insert into investment.project_pipeline values
    ('990102', '2025', 12, 40.50, 0.5), ('990101', '2025', 7, null, -0.25);
insert into quality.rule values
    ('relation.sum', 'marts', 3, 'soft', 'steward', '分项之和', 'Sum of parts', '请核对。',
     'Check it.'),
    ('column.missing', 'delivery', 0, 'hard', 'supplier', '缺列', 'Column is missing',
     '请补列。', 'Add the column.'),
    ('unit.known', 'delivery', 0, 'hard', 'supplier', '单位', 'Unit', '请改单位。', 'Mend it.'),
    ('key.unique', 'marts', 1, 'hard', 'maintainer', '主键', 'Key', '请报告。', 'Report it.');
insert into quality.finding
    (finding_id, rule_id, gate, severity, data_set_id, delivery_id, indicator_code, region_code,
     period, place_a, place_b, observation_a, observation_b, arithmetic, message_zh, message_en)
values
    ('f2', 'relation.sum', 'marts', 'informative', null, null, null, null, null, null, null,
     null, null, null, '提示', 'a note'),
    ('f1', 'relation.sum', 'marts', 'soft', 'fai_year', 'd1', 'fai_total', '990101', '2025',
     'fai.xlsx!表1!B4', 'fai.xlsx!表1!B9', null, null, '60 + 41 = 101 ≠ 102',
     '分项与总计不符 <b>', 'The parts do not make the total');
insert into quality.conservation values
    ('d1', 'fai_year', 'fai.xlsx', '2026-03-02', 1, 'cell', 12, 3, 1, 8, 'admitted', null, null,
     null, false, null),
    ('d2', 'tour', 'tour.csv', '2026-03-03', 1, 'row', 5, 0, 5, 0, 'refused', 'column.missing',
     '缺少列', 'A column is missing', true, null);
insert into quality.quarantine values
    ('q1', 'd1', 'fai_year', 'relation.sum', '表1!B7');
insert into quality.validation_run values
    ('relation.sum', 'marts', 'failed', 5, 2, 0), ('unit.known', 'delivery', 'passed', 17, 0, 0),
    ('key.unique', 'marts', 'passed', 4, 0, 0);
"""

MACRO = """
create or replace macro core.as_of(t) as table
    select * from core.observation
    where known_from <= cast(t as date) and (known_to is null or known_to > cast(t as date));
"""


@cache
def _kept() -> Path:
    """A folder for what is made once and copied by every test that needs it."""
    path = Path(mkdtemp(prefix="qutong-test-"))
    atexit.register(remove_tree, path)
    return path


@cache
def _work_db() -> Path:
    """The work database of release r1, made once."""
    path = _kept() / "work.duckdb"
    statements = [
        "begin; create schema core; create schema investment; create schema quality;"
        "create schema meta"
    ]
    for name, (_, columns) in TABLES.items():
        statements.append(f"create table {name} ({', '.join(columns)})")
        statements += dictionary_sql(described(name)).split(";\n")
    tables = [item for item in statements if not item.startswith("insert")]
    rows = [item for item in statements if item.startswith("insert")]
    with duckdb.connect(str(path)) as con:
        con.execute(";".join([*tables, *rows]))
        con.execute(ROWS)
        con.execute(
            "insert into meta.release values ('r1', ?, 'demo', '甲区', 'District A', '990101', "
            "?, ?, 'Asia/Shanghai')",
            [TIME, LOCAL.date(), LOCAL],
        )
        con.execute("commit")
    return path


def make_work_db(path: Path, release_id: str = "r1", extra_sql: str = "") -> Path:
    """Write the work database; ``extra_sql`` runs last and may spoil something."""
    shutil.copyfile(_work_db(), path)
    if release_id != "r1" or extra_sql:
        with duckdb.connect(str(path)) as con:
            con.execute(f"update meta.release set release_id = '{release_id}'; {extra_sql}")
    return path


@cache
def _candidate(release_id: str) -> Path:
    root = _kept() / release_id
    root.mkdir()
    return build(root, release_id)


def prepared(root: Path, release_id: str = "r1") -> Path:
    """A candidate of the small district under ``root``: a copy of one that was built once."""
    candidate = root / "releases" / f".building-{release_id}"
    candidate.parent.mkdir(exist_ok=True)
    shutil.copytree(_candidate(release_id), candidate)
    return candidate


def build(
    root: Path,
    release_id: str = "r1",
    *,
    extra_sql: str = "",
    progress: Callable[[str], None] | None = None,
    previous: Path | None = None,
) -> Path:
    """Build a candidate of the small district under ``root``."""
    work_db = root / f"work-{release_id}.duckdb"
    if not work_db.exists():
        make_work_db(work_db, release_id, extra_sql)
    macros = root / "macros"
    macros.mkdir(exist_ok=True)
    (macros / "as_of.sql").write_text(MACRO, encoding="utf-8")
    return build_candidate(
        work_db,
        root / "releases",
        release_id,
        TIME,
        [ReleaseInput("fai_year", "fai.xlsx", SHA)],
        {"qutong": "0.1.0"},
        "demo",
        verdicts={"delivery": "passed", "marts": "passed"},
        licence="CC-BY-4.0",
        macros_dir=macros,
        progress=progress,
        previous=previous,
    )


def unsealed(path: Path) -> Path:
    """Give the right to write back, as somebody who tampers would."""
    for item in [path, *path.rglob("*")]:
        item.chmod(item.stat().st_mode | stat.S_IWUSR)
    return path


def test_the_small_district_makes_a_good_release(tmp_path: Path) -> None:
    candidate = build(tmp_path)

    assert candidate == tmp_path / "releases" / ".building-r1"
    assert verify_release(candidate, tmp_path / "work-r1.duckdb") == []


def test_a_release_is_sealed_and_can_be_removed(tmp_path: Path) -> None:
    candidate = build(tmp_path)

    files = [path for path in candidate.rglob("*") if path.is_file()]
    folders = [candidate, *(path for path in candidate.rglob("*") if path.is_dir())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o444}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o555}
    remove_tree(candidate)
    assert not candidate.exists()
