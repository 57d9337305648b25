"""The reports about findings that a run leaves, published or refused: ``reports/`` of its home.

Belongs here: which rows the reports are made of, and writing them; they are the bureau's own and no
part of a release. Does not belong here: what the files hold (``publish.findings_report``), deciding
on findings (``desk``).
"""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import __version__
from orchestration.steps import state
from orchestration.steps.workplace import Workplace

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

REPORT = "validation_report.json"
NOBODY = "未归属 / nobody"

_FINDINGS = """
with found as (
    select
        f.*,
        string_split_regex(coalesce(f.observation_a, ''), '[ ,]+')[1] as first_id
    from landing.finding as f
    where f.gate in ('delivery', 'marts')
),

printed as (
    select
        delivery_id,
        delivery_place,
        any_value(concat_ws(' ', value_printed, nullif(unit_printed, ''))) as printed,
        any_value(unit) as unit
    from landing.candidate
    group by all
)

select
    f.finding_id,
    f.rule_id,
    f.gate,
    f.severity,
    f.effect_pct,
    f.expected,
    f.data_set_id,
    coalesce(nullif(f.delivery_id, ''), o.delivery_id, '') as delivery_id,
    f.indicator_code,
    f.region_code,
    f.period,
    f.observation_a,
    f.observation_b,
    coalesce(f.message_zh, '') as message_zh,
    coalesce(f.message_en, '') as message_en,
    coalesce(o.delivery_place, f.place_a, '') as place,
    coalesce(s.owner, '') as owner,
    coalesce(s.title_zh, f.data_set_id, '') as data_set,
    coalesce(d.file_name, '') as file_name,
    coalesce(p.printed, '') as printed,
    coalesce(p.unit, '') as unit,
    concat_ws(
        '，', coalesce(i.name_zh, nullif(f.indicator_code, '')),
        coalesce(g.region_name_zh, nullif(f.region_code, '')), nullif(f.period, '')
    ) as about
from found as f
left join {observation} as o on f.first_id = o.observation_id
left join landing.delivery as d
    on coalesce(nullif(f.delivery_id, ''), o.delivery_id) = d.delivery_id
left join landing.data_set as s on f.data_set_id = s.data_set_id
left join landing.indicator as i on f.indicator_code = i.indicator_code
left join landing.region as g on f.region_code = g.region_code
left join printed as p
    on d.delivery_id = p.delivery_id and coalesce(o.delivery_place, f.place_a) = p.delivery_place
order by
    list_position(['hard', 'soft', 'informative'], f.severity), f.effect_pct desc nulls last,
    f.rule_id, f.data_set_id, place, f.finding_id
"""
_NO_OBSERVATION = (
    "(select null::varchar as observation_id, null::varchar as delivery_id, "
    "null::varchar as delivery_place)"
)


def write_reports(work: Workplace, con: DuckDBPyConnection) -> None:
    """Write the validation report and a workbook for each owner, over those of the run before.

    After the delivery gate they hold what was found in deliveries, after the marts gate all.
    """
    from orchestration.publish import findings_report

    folder = work.settings.reports
    folder.mkdir(parents=True, exist_ok=True)
    has_marts = con.execute(
        "select count(*) from information_schema.tables "
        "where table_catalog = current_database() and table_schema = 'core' "
        "and table_name = 'observation'"
    ).fetchall()[0][0]
    found = _rows(
        con, _FINDINGS.format(observation="core.observation" if has_marts else _NO_OBSERVATION)
    )
    identity = state.identity_of(work.settings)
    begun = identity.started_at.replace(tzinfo=UTC)
    # A rule that is no more has nothing to say to anybody.
    found = [row for row in found if row["rule_id"] in work.catalogue]
    for row in found:
        rule = work.catalogue.get(row["rule_id"])
        row |= {"sql": rule.sql, "title_en": rule.title.en, "rule": rule}
    outcomes = _rows(
        con,
        "select rule_id, gate, outcome, checked_count as checked, undecided_count as undecided, "
        "error from landing.validation where gate in ('delivery', 'marts') order by rule_id",
    )
    outcomes = [row for row in outcomes if row["rule_id"] in work.catalogue]
    for row in outcomes:
        rule = work.catalogue.get(row["rule_id"])
        row |= {
            "sql": rule.sql,
            "title_en": rule.title.en,
            "severity": rule.severity,
            "batch": rule.batch,
        }
    said = findings_report.validation_report(
        found, outcomes, time=begun, agent=f"qutong {__version__}", trigger=identity.release_id
    )
    written = {REPORT}
    _write(folder / REPORT, said.encode())
    owners: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        owners.setdefault(row["owner"] or NOBODY, []).append(_told(row))
    for owner, rows in owners.items():
        name = findings_report.file_name(owner)
        content = findings_report.workbook(
            owner,
            rows,
            told=f"{identity.release_id}  {begun.isoformat(timespec='seconds')}",
            created=begun.replace(tzinfo=None),
        )
        _write(folder / name, content)
        written.add(name)
    for old in folder.glob("findings-*.xlsx"):
        if old.name not in written:
            old.unlink()


def _write(file: Path, content: bytes) -> None:
    """A reader sees the report of one run or of another, never half of one."""
    aside = file.with_name(f".{file.name}.part")
    aside.write_bytes(content)
    aside.replace(file)


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """A finding as its owner reads it."""
    from orchestration.publish.findings_report import cell_of

    sheet, cell = cell_of(row["place"])
    guidance = row["rule"].guidance
    expected = row["expected"]
    return {
        "severity": row["severity"],
        "effect": None if row["effect_pct"] is None else float(row["effect_pct"]),
        "data_set": row["data_set"],
        "file": row["file_name"],
        "sheet": sheet,
        "cell": cell,
        "about": row["about"],
        "printed": row["printed"],
        "expected": "" if expected is None else f"{float(expected):.6g} {row['unit']}".strip(),
        "why": f"{row['message_zh']}\n{row['message_en']}",
        "remedy": f"{guidance.zh}\n{guidance.en}",
        "rule": row["rule_id"],
        "finding": row["finding_id"],
    }


def _rows(con: DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = con.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
