"""The quality report of a release: what was checked, what was found, what stayed out, and why.

Belongs here: reading the quality marts into one document and rendering it as JSON and as a page.
Does not belong here: judging; the report repeats verdicts, it makes none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.errors import ReleaseError
from orchestration.publish.tables import Table, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Row = dict[str, Any]

SEVERITIES = ("hard", "soft", "informative")
SIMULATED_LABEL = "模拟数据 / simulated data"
_TEMPLATES = Path(__file__).parent / "templates"

_WORDS = {
    "hard": ("硬性", "hard"),
    "soft": ("软性", "soft"),
    "informative": ("提示", "informative"),
    "delivery": ("交付关", "delivery gate"),
    "marts": ("集市关", "marts gate"),
    "release": ("发布关", "release gate"),
    "passed": ("通过", "passed"),
    "failed": ("未通过", "failed"),
    "undecided": ("未定", "undecided"),
    "routed": ("已分流", "routed"),
    "pending": ("成稿后检查", "checked after this page"),
    "admitted": ("接收", "admitted"),
    "refused": ("拒收", "refused"),
    "row": ("行", "rows"),
    "cell": ("单元格", "cells"),
}


def read_report(
    con: DuckDBPyConnection,
    catalog: str,
    tables: Sequence[Table],
    verdicts: Mapping[str, str],
) -> Row:
    """Collect the report from the marts of an attached release.

    Args:
        con: A connection that has the release attached.
        catalog: The name it is attached under.
        tables: Its published tables.
        verdicts: The verdict of each gate that has spoken: gate to ``passed``, ``failed``, …
    """
    reader = _Reader(con, catalog)
    release = reader.one("release", _RELEASE)
    findings = reader.rows("finding", _FINDINGS)
    conservation = reader.rows("conservation", _CONSERVATION)
    by_severity = {severity: 0 for severity in SEVERITIES}
    for finding in findings:
        by_severity[finding["severity"]] = by_severity.get(finding["severity"], 0) + 1
    total = len(findings)
    return {
        "release": release,
        "is_simulated": has_simulated_rows(con, catalog, tables),
        "simulated_label": SIMULATED_LABEL,
        "statement_zh": f"本版本依 {release['policy']} 策略发布，发布时有 {total} 条未了结的发现。",
        "statement_en": (
            f"This release was published with {total} open "
            f"{'finding' if total == 1 else 'findings'} under policy {release['policy']}."
        ),
        "gates": _gates(reader.rows("validation_run", _GATES), verdicts),
        "findings_total": total,
        "findings_by_severity": by_severity,
        "findings": findings,
        "conservation": conservation,
        "refused": [row for row in conservation if row["verdict"] == "refused"],
        "quarantine": reader.rows("quarantine", _QUARANTINE),
        "coverage": reader.rows("coverage", _COVERAGE),
    }


def has_simulated_rows(con: DuckDBPyConnection, catalog: str, tables: Sequence[Table]) -> bool:
    """Whether any row of any table says of itself that it is simulated.

    That a data set is declared as simulated does not count while no row of it is there.
    """
    parts = [
        f"select 1 from {table.in_catalog(catalog)} where is_simulated"
        for table in tables
        if table.has("is_simulated") and (table.schema, table.name) != ("core", "data_set")
    ]
    if not parts:
        return False
    row = con.execute(f"select exists ({' union all '.join(parts)})").fetchone()
    return bool(row and row[0])


def render_json(report: Row) -> str:
    """The report as JSON."""
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def render_html(report: Row) -> str:
    """The report as one page: no script, nothing from elsewhere, fit to print."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["zh"] = lambda word: _WORDS.get(word, (word, word))[0]
    environment.filters["en"] = lambda word: _WORDS.get(word, (word, word))[1]
    environment.filters["thousands"] = lambda number: f"{number:,}" if number is not None else "–"
    return environment.get_template("report.html.j2").render(report)


class _Reader:
    """Runs the report's queries and says what a mart lacks when one cannot be answered."""

    def __init__(self, con: DuckDBPyConnection, catalog: str) -> None:
        self.con = con
        self.catalog = quote(catalog)

    def rows(self, what: str, sql: str) -> list[Row]:
        import duckdb

        try:
            cursor = self.con.execute(sql.replace("{mart}", self.catalog))
            names = [item[0] for item in cursor.description or []]
            values = cursor.fetchall()
        except duckdb.Error as error:
            raise ReleaseError(
                f"the quality report cannot read {what}: {error}",
                place=what,
                remedy="give the mart the column it lacks; the report depends on it",
            ) from error
        return [
            {name: _plain(value) for name, value in zip(names, row, strict=True)} for row in values
        ]

    def one(self, what: str, sql: str) -> Row:
        rows = self.rows(what, sql)
        if len(rows) != 1:
            raise ReleaseError(
                f"meta.{what} has {len(rows)} rows; a release has exactly one",
                place=f"meta.{what}",
                remedy="build the marts again",
            )
        return rows[0]


def _plain(value: object) -> object:
    """A value as JSON can hold it without losing a digit."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def _gates(counts: Sequence[Row], verdicts: Mapping[str, str]) -> list[Row]:
    """One line per gate, in the order in which a delivery meets them."""
    found = {row["gate"]: row for row in counts}
    order = ["delivery", "marts", "release"]
    names = order + sorted((set(found) | set(verdicts)) - set(order))
    empty = {"rules": 0, "passed": 0, "failed": 0, "undecided": 0}
    lines = []
    for name in names:
        line = {"gate": name, **empty, **found.get(name, {})}
        ready = "pending" if name == "release" else "failed" if line["failed"] else "passed"
        lines.append({**line, "verdict": verdicts.get(name, ready)})
    return lines


_RELEASE = """
select release_id, release_time, policy, district_name_zh, district_name_en
from {mart}.meta.release
"""

_FINDINGS = """
select
    f.finding_id, f.rule_id, r.title_zh as rule_title_zh, r.title_en as rule_title_en,
    f.gate, f.severity, f.data_set_id, d.title_zh as data_set_title_zh,
    d.title_en as data_set_title_en, f.indicator_code, f.region_code, f.period,
    f.place_a, f.place_b, f.arithmetic, f.message_zh, f.message_en,
    r.guidance_zh, r.guidance_en
from {mart}.quality.finding as f
left join {mart}.quality.rule as r on f.rule_id = r.rule_id
left join {mart}.core.data_set as d on f.data_set_id = d.data_set_id
order by
    case f.severity when 'hard' then 1 when 'soft' then 2 when 'informative' then 3 else 4 end,
    f.rule_id, f.data_set_id, f.finding_id
"""

_CONSERVATION = """
select
    c.delivery_id, c.data_set_id, d.title_zh as data_set_title_zh,
    d.title_en as data_set_title_en, c.file_name, c.delivered_on, c.counted_unit,
    c.cells_read, c.cells_accepted, c.cells_quarantined, c.cells_non_data,
    cast(
        c.cells_read - c.cells_accepted - c.cells_quarantined - c.cells_non_data as bigint
    ) as difference,
    c.verdict, c.refused_by, c.reason_zh, c.reason_en, c.is_simulated
from {mart}.quality.conservation as c
left join {mart}.core.data_set as d on c.data_set_id = d.data_set_id
order by c.data_set_id, c.delivered_on, c.delivery_id
"""

_GATES = """
select
    gate,
    count(*) as rules,
    count(*) filter (where outcome = 'passed') as passed,
    count(*) filter (where outcome = 'failed') as failed,
    count(*) filter (where outcome = 'undecided') as undecided
from {mart}.quality.validation_run
group by gate
order by gate
"""

_QUARANTINE = """
select q.data_set_id, q.rule_id, r.title_zh, r.title_en, count(*) as places
from {mart}.quality.quarantine as q
left join {mart}.quality.rule as r on q.rule_id = r.rule_id
group by all
order by q.data_set_id, q.rule_id
"""

_COVERAGE = """
with observed as (
    select
        data_set_id,
        count(*) as observations,
        count(distinct indicator_code) as indicators,
        count(distinct region_code) as regions,
        min(period_start) as first_day,
        max(period_end) as last_day,
        bool_or(is_simulated) as is_simulated
    from {mart}.core.observation
    group by data_set_id
)

select
    d.data_set_id, d.title_zh, d.title_en,
    coalesce(o.observations, 0) as observations,
    coalesce(o.indicators, 0) as indicators,
    coalesce(o.regions, 0) as regions,
    o.first_day, o.last_day,
    coalesce(o.is_simulated, false) as is_simulated
from {mart}.core.data_set as d
left join observed as o on d.data_set_id = o.data_set_id
order by d.data_set_id
"""
