"""The quality report of a release: what was checked, what was found, what stayed out, and why.

Belongs here: reading the quality marts into one document and rendering it as JSON and as a page.
Does not belong here: judging; the report repeats verdicts, it makes none.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import bounds
from orchestration.errors import ReleaseError
from orchestration.publish import jsontext
from orchestration.publish.tables import Table, literal, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from markupsafe import Markup

Row = dict[str, Any]

SEVERITIES = ("hard", "soft", "informative")
SIMULATED_LABEL = "模拟数据 / simulated data"
MAX_SHOWN = 500
"""Findings on the page; all of them stand in the JSON and in ``quality.finding``."""

_TEMPLATES = Path(__file__).parent / "templates"
_OPEN_FINDINGS_RULE = "release.open-findings-need-decision"

WORDS = {
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
    "supplier": ("报送单位", "who delivered it"),
    "steward": ("数据集负责人", "steward of the data set"),
    "maintainer": ("系统维护人员", "maintainer"),
    "releaser": ("发布负责人", "releaser"),
    "once": ("一次性", "once"),
    "monthly": ("每月", "monthly"),
    "quarterly": ("每季", "quarterly"),
    "annual": ("每年", "annual"),
    "irregular": ("不定期", "irregular"),
    "awaited": ("未到期", "not due yet"),
    "overdue": ("逾期未报", "overdue"),
    "received": ("已收到，待审", "received, not judged"),
    "accepted": ("已接收", "accepted"),
    "in_query": ("查询中", "in query"),
    "pending_feedback": ("待反馈", "pending feedback from above"),
    "waived": ("免报", "waived"),
    "core": ("公共维度与观测", "core"),
    "investment": ("投资", "investment"),
    "industry_clusters": ("产业集群", "industry clusters"),
    "consumption": ("消费", "consumption"),
    "public_services": ("公共服务", "public services"),
    "plan": ("规划监测", "plan monitoring"),
    "peers": ("对标", "peers"),
    "profile": ("区情概览", "profile"),
}
"""What codes are called on the report and the page of quality: as the code lists call them."""


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
    findings = _with_figures(reader, reader.rows("finding", _FINDINGS))
    conservation = reader.rows("conservation", _CONSERVATION)
    gates = _gates(reader.rows("validation_run", _GATES), verdicts)
    rules = {row["rule_id"]: row for row in reader.rows("rule", _RULES)}
    by_severity = {severity: 0 for severity in SEVERITIES}
    for finding in findings:
        by_severity[finding["severity"]] = by_severity.get(finding["severity"], 0) + 1
    calendar = _calendar(reader.rows("delivery_ledger", _LEDGER), release["release_day"])
    total = len(findings)
    accepted = sum(finding["decision"] == "accepted" for finding in findings)
    waiting = sum(
        finding["decision"] != "accepted" and finding["severity"] != "informative"
        for finding in findings
    )
    zh, en = _statement(release["policy"], total - accepted, accepted)
    return {
        "release": release,
        "is_simulated": has_simulated_rows(con, catalog, tables),
        "simulated_label": SIMULATED_LABEL,
        "statement_zh": zh,
        "statement_en": en,
        "gates": gates,
        "hard_rules": reader.one("validation_run", _HARD_RULES),
        "blocking": _blocking(reader, gates, release["policy"], waiting, rules),
        "findings_total": total,
        "findings_open": total - accepted,
        "findings_by_severity": by_severity,
        "findings_by_rule": _by_rule(findings, rules),
        "findings": findings,
        "undecided": reader.rows("validation_run", _UNDECIDED),
        "conservation": conservation,
        "refused": _refused(reader, conservation, rules),
        "quarantine": reader.rows("quarantine", _QUARANTINE),
        "coverage_total": reader.one("observation", _COVERAGE_TOTAL),
        "calendar": calendar,
        "calendar_overdue": sum(row["is_overdue"] for row in calendar),
        "coverage": reader.rows("coverage", _COVERAGE),
        "coverage_by_theme": reader.rows("coverage", _COVERAGE_BY_THEME),
        "coverage_by_mart": _by_mart(reader, tables),
    }


def has_simulated_rows(con: DuckDBPyConnection, catalog: str, tables: Sequence[Table]) -> bool:
    """Whether any row of any table says of itself that it is simulated.

    That a data set is declared as simulated does not count while no row of it is there.
    """
    parts = [
        f"select 1 from {table.in_catalog(catalog)} where {quote(column.name)}"
        for table in tables
        for column in table.with_role("simulated")
    ]
    if not parts:
        return False
    row = con.execute(f"select exists ({' union all '.join(parts)})").fetchone()
    return bool(row and row[0])


def render_json(report: Row) -> str:
    """The report as JSON."""
    return jsontext.render(report)


def render_html(report: Row, compiled: Path | None = None) -> str:
    """The report as one page: no script, nothing from elsewhere, fit to print.

    Args:
        report: What ``read_report`` returns.
        compiled: A folder that keeps the compiled template from run to run.
    """
    from orchestration.publish import templating

    environment = templating.environment(_TEMPLATES, compiled)
    environment.filters["told"] = _without_arithmetic
    environment.globals["said"] = bounds.said
    environment.filters["zh"] = lambda word: WORDS.get(word, (word, word))[0]
    environment.filters["en"] = lambda word: WORDS.get(word, (word, word))[1]
    environment.filters["thousands"] = _thousands
    environment.globals["number"] = _number
    environment.globals["word"] = _word
    return environment.get_template("report.html.j2").render(
        report, groups=_shown_groups(report), max_shown=MAX_SHOWN
    )


def _thousands(number: int | None) -> str:
    return f"{number:,}" if number is not None else "–"


@functools.lru_cache(maxsize=4096)
def _number(value: int | None, name: str = "") -> Markup:
    """A cell with a number: a function, because a macro of the template takes twenty times as long.

    The page has thousands of them.
    """
    from markupsafe import Markup

    cell = Markup('<td class="number{}">{}</td>')
    return cell.format(f" {name}" if name else "", _thousands(value))


@functools.cache
def _word(name: str) -> Markup:
    """A code in both languages, or as it is where nobody has a word for it."""
    from markupsafe import Markup, escape

    zh, en = WORDS.get(name, (name, name))
    if zh == en:
        return escape(name)
    both = Markup('<span lang="zh">{}</span> <span lang="en" class="en">{}</span>')
    return both.format(zh, en)


def _shown_groups(report: Row) -> list[Row]:
    """The findings rule by rule, as many as the page shows."""
    by_rule: dict[str, list[Row]] = {}
    for finding in report["findings"][:MAX_SHOWN]:
        by_rule.setdefault(finding["rule_id"], []).append(finding)
    return [
        {**group, "findings": by_rule[group["rule_id"]]}
        for group in report["findings_by_rule"]
        if group["rule_id"] in by_rule
    ]


def _without_arithmetic(message: str | None, arithmetic: str | None) -> str:
    """What a message says beside the arithmetic, which stands in a line of its own."""
    text = message or ""
    if not arithmetic or arithmetic not in text:
        return text
    return text.replace(arithmetic, "").strip(" ：:，,；;") or text


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


def _statement(policy: str, is_open: int, accepted: int) -> tuple[str, str]:
    """Under what policy, and with what known doubts, a release was published."""
    zh = f"本版本依 {policy} 策略发布，发布时有 {is_open} 条未了结的发现"
    en = f"This release was published with {is_open} open {_findings(is_open)}"
    if accepted:
        zh += f"，另有 {accepted} 条已核实并说明理由"
        en += f", and {accepted} accepted with a reason,"
    return f"{zh}。", f"{en} under policy {policy}."


def open_findings(count: int) -> tuple[str, str]:
    """What pages and briefs say of open findings; the rest stands on the page of quality."""
    return (
        f"发布时有 {count:,} 条未了结的发现。",
        f"Released with {count:,} open {_findings(count)}.",
    )


def _findings(count: int) -> str:
    return "finding" if count == 1 else "findings"


def _blocking(
    reader: _Reader, gates: Sequence[Row], policy: str, findings: int, rules: Mapping[str, Row]
) -> list[Row]:
    """The rules that keep, or kept, this release from its readers, with what to do."""
    rows = [
        row
        for row in reader.rows("validation_run", _HARD_FAILURES)
        if row["outcome"] == "failed"
        or any(g["gate"] == row["gate"] and g["verdict"] == "failed" for g in gates)
    ]
    if policy == "bureau" and findings:
        rule = rules.get(_OPEN_FINDINGS_RULE, {"rule_id": _OPEN_FINDINGS_RULE, "gate": "release"})
        rows.append({**rule, "outcome": "failed"})
    names = ("rule_id", "gate", "outcome", "title_zh", "title_en", "guidance_zh", "guidance_en")
    return [{name: row.get(name) for name in names} for row in rows]


def _by_rule(findings: Sequence[Row], rules: Mapping[str, Row]) -> list[Row]:
    """One entry per rule that found something, in the order of its findings: worst first."""
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding["rule_id"]] = counts.get(finding["rule_id"], 0) + 1
    empty = dict.fromkeys(next(iter(rules.values()), {}))
    return [
        {**empty, **rules.get(rule_id, {}), "rule_id": rule_id, "count": count}
        for rule_id, count in counts.items()
    ]


def _with_figures(reader: _Reader, findings: Sequence[Row]) -> list[Row]:
    """Findings with the observations of both sides, as a person reads them."""
    sides = [
        {side: _ids(finding[f"observation_{side}"]) for side in ("a", "b")} for finding in findings
    ]
    wanted = {name for pair in sides for ids in pair.values() for name in ids}
    figures = _figures(reader, wanted)
    return [
        {
            **finding,
            **{
                f"figures_{side}": [figures[name] for name in ids if name in figures]
                for side, ids in pair.items()
            },
        }
        for finding, pair in zip(findings, sides, strict=True)
    ]


def _ids(text: str | None) -> list[str]:
    return [part for part in re.split(r"[\s,;]+", text or "") if part]


def _figures(reader: _Reader, ids: Iterable[str]) -> dict[str, Row]:
    names = ", ".join(literal(name) for name in sorted(ids))
    if not names:
        return {}
    rows = reader.rows("observation", _FIGURES.replace("{ids}", names))
    return {str(row["observation_id"]): row for row in rows}


def _refused(reader: _Reader, conservation: Sequence[Row], rules: Mapping[str, Row]) -> list[Row]:
    """Refused deliveries with the places in them, the rules with what to do, and what followed."""
    places: dict[str, dict[str, Row]] = {}
    for row in reader.rows("quarantine", _REFUSED_PLACES):
        places.setdefault(row["delivery_id"], {})[row["rule_id"]] = row
    refused = []
    for row in conservation:
        if row["verdict"] != "refused":
            continue
        found = places.get(row["delivery_id"], {})
        broken = [
            {
                **rules[name],
                "places": found.get(name, {}).get("places", 0),
                "first_places": found.get(name, {}).get("first_places"),
            }
            for name in dict.fromkeys([*_ids(row["refused_by"]), *found])
            if name in rules
        ]
        refused.append({**row, "is_open": row["settled_by"] is None, "rules": broken})
    return refused


def _calendar(rows: Sequence[Row], release_day: str) -> list[Row]:
    """The periods of the year of the release, and those of before that are not settled."""
    year = release_day[:4]
    settled = ("accepted", "waived")
    return [row for row in rows if row["due_on"][:4] == year or row["state"] not in settled]


def _by_mart(reader: _Reader, tables: Sequence[Table]) -> list[Row]:
    """What stands in each mart, by the observations that its rows name."""
    marts = {
        table: [
            column.name
            for column in table.with_role("observation", "observations")
            if column.name not in table.primary_key
        ]
        for table in tables
    }
    selects = [
        f"""
        select {literal(table.qualified)} as mart,
            unnest(regexp_split_to_array(cast({quote(name)} as varchar), '[ ,;]+'))
                as observation_id
        from {{mart}}.{quote(table.schema)}.{quote(table.name)} where {quote(name)} is not null
        """
        for table, names in marts.items()
        for name in names
    ]
    if not selects:
        return []
    rows = reader.rows(
        "coverage", _COVERAGE_BY_MART.replace("{named}", " union all ".join(selects))
    )
    found = {row["mart"]: row for row in rows}
    titles = {table.qualified: (table.title_zh, table.title_en) for table in tables}
    return [
        {**found[mart], "title_zh": titles[mart][0], "title_en": titles[mart][1]}
        for mart in (table.qualified for table in marts)
        if mart in found
    ]


_RELEASE = """
select
    release_id, release_time, policy, district_name_zh, district_name_en, release_day,
    release_time_local, time_zone
from {mart}.meta.release
"""

_RULES = """
select rule_id, gate, ess_level, severity, owner, title_zh, title_en, guidance_zh, guidance_en
from {mart}.quality.rule
order by rule_id
"""

_HARD_RULES = """
select
    count(*) as rules,
    count(*) filter (where v.outcome = 'passed') as passed,
    count(*) filter (where v.outcome = 'failed') as failed,
    count(*) filter (where v.outcome = 'undecided') as undecided
from {mart}.quality.validation_run as v
inner join {mart}.quality.rule as r on v.rule_id = r.rule_id
where r.severity = 'hard' and v.gate <> 'delivery'
"""

_HARD_FAILURES = """
select v.rule_id, v.gate, v.outcome, r.title_zh, r.title_en, r.guidance_zh, r.guidance_en
from {mart}.quality.validation_run as v
inner join {mart}.quality.rule as r on v.rule_id = r.rule_id
where r.severity = 'hard' and v.gate <> 'delivery' and v.outcome <> 'passed'
order by v.gate, v.rule_id
"""

# What a refused delivery was found to have wrong stayed out with it, and stands there.
_FINDINGS = """
with open_findings as (
    select f.*
    from {mart}.quality.finding as f
    left join {mart}.quality.conservation as c on f.delivery_id = c.delivery_id
    where f.gate <> 'delivery' or c.verdict is distinct from 'refused'
)

select
    f.finding_id, f.rule_id, r.title_zh as rule_title_zh, r.title_en as rule_title_en,
    f.gate, f.severity, f.data_set_id, d.title_zh as data_set_title_zh,
    d.title_en as data_set_title_en, f.indicator_code, i.name_zh as indicator_name_zh,
    i.name_en as indicator_name_en, f.region_code, g.region_name_zh, g.region_name_en,
    f.period, p.label_zh as period_label_zh, p.label_en as period_label_en,
    f.place_a, f.place_b, f.observation_a, f.observation_b, f.arithmetic, f.effect_pct,
    f.message_zh, f.message_en, f.decision, f.decision_reason, f.decided_on,
    f.decision_expires_on, r.guidance_zh, r.guidance_en
from open_findings as f
left join {mart}.quality.rule as r on f.rule_id = r.rule_id
left join {mart}.core.data_set as d on f.data_set_id = d.data_set_id
left join {mart}.core.indicator as i on f.indicator_code = i.indicator_code
left join {mart}.core.region as g on f.region_code = g.region_code
left join {mart}.core.period as p on f.period = p.period
order by
    case f.severity when 'hard' then 1 when 'soft' then 2 when 'informative' then 3 else 4 end,
    f.effect_pct desc nulls last, r.ess_level nulls last,
    count(*) over (partition by f.rule_id) desc, f.rule_id, f.data_set_id, f.indicator_code,
    f.region_code, f.period, f.finding_id
"""

_FIGURES = """
select
    o.observation_id, o.indicator_code, o.indicator_name_zh, o.indicator_name_en,
    o.region_code, o.region_name_zh, g.region_name_en, o.period,
    p.label_zh as period_label_zh, p.label_en as period_label_en,
    o.value, o.unit, o.qualifier, o.is_simulated, o.obs_status, o.is_period_inferred,
    o.source_document, d.title_zh as document_title_zh, d.title_en as document_title_en,
    o.source_place, o.delivery_place
from {mart}.core.observation as o
left join {mart}.core.region as g on o.region_code = g.region_code
left join {mart}.core.period as p on o.period = p.period
left join {mart}.core.source_document as d on o.source_document = d.source_document
where o.observation_id in ({ids})
order by o.observation_id
"""

_UNDECIDED = """
select
    v.rule_id, v.gate, r.severity, r.title_zh, r.title_en,
    v.checked_count, v.unexpected_count, v.undecided_count
from {mart}.quality.validation_run as v
left join {mart}.quality.rule as r on v.rule_id = r.rule_id
where v.undecided_count > 0
order by v.undecided_count desc, v.rule_id
"""

_CONSERVATION = """
select
    c.delivery_id, c.data_set_id, d.title_zh as data_set_title_zh,
    d.title_en as data_set_title_en, d.producer, c.file_name, c.delivered_on, c.delivery_seq,
    c.counted_unit, c.cells_read, c.cells_accepted, c.cells_quarantined, c.cells_non_data,
    cast(
        c.cells_read - c.cells_accepted - c.cells_quarantined - c.cells_non_data as bigint
    ) as difference,
    c.verdict, c.refused_by, c.reason_zh, c.reason_en, c.is_simulated, c.settled_by
from {mart}.quality.conservation as c
left join {mart}.core.data_set as d on c.data_set_id = d.data_set_id
order by c.data_set_id, c.delivered_on, c.delivery_id
"""

# By rule, with the first places: of cells in quarantine, and of what the gate itself found.
_REFUSED_PLACES = """
with places as (
    select delivery_id, rule_id, delivery_place as place
    from {mart}.quality.quarantine
    union
    select delivery_id, rule_id, place_a
    from {mart}.quality.finding
    where gate = 'delivery' and place_a is not null
)

select
    p.delivery_id, p.rule_id, count(*) as places,
    array_to_string(list(p.place order by p.place)[:10], ', ') as first_places
from places as p
inner join {mart}.quality.conservation as c on p.delivery_id = c.delivery_id
where c.verdict = 'refused'
group by all
order by p.delivery_id, p.rule_id
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
select
    q.data_set_id, q.rule_id, r.title_zh, r.title_en, count(*) as places,
    d.title_zh as data_set_title_zh, d.title_en as data_set_title_en,
    count(*) filter (where c.verdict = 'refused') as places_refused,
    array_to_string(list(q.delivery_place order by q.delivery_id, q.delivery_place)[:10], ', ')
        as first_places,
    array_to_string(list_sort(list(distinct c.file_name)), ', ') as file_names,
    r.guidance_zh, r.guidance_en
from {mart}.quality.quarantine as q
left join {mart}.quality.rule as r on q.rule_id = r.rule_id
left join {mart}.core.data_set as d on q.data_set_id = d.data_set_id
left join {mart}.quality.conservation as c on q.delivery_id = c.delivery_id
group by all
order by q.data_set_id, q.rule_id
"""

_COVERAGE_TOTAL = """
select
    count(*) as observations,
    count(*) filter (where is_simulated) as simulated,
    count(distinct indicator_code) as indicators,
    count(distinct region_code) as regions,
    count(distinct data_set_id) as data_sets,
    min(period_start) as first_day,
    max(period_end) as last_day
from {mart}.core.observation
"""

# A target lies ahead of the day it became known: it says nothing about what was reported.
_COVERAGE = """
with observed as (
    select
        data_set_id,
        count(*) as observations,
        count(distinct indicator_code) as indicators,
        count(distinct region_code) as regions,
        min(period_start) as first_day,
        max(period_end) as last_day,
        max(period_end) filter (where period_end <= known_from) as last_reported_day,
        bool_or(is_simulated) as is_simulated
    from {mart}.core.observation
    group by data_set_id
)

select
    d.data_set_id, d.title_zh, d.title_en, d.theme,
    coalesce(o.observations, 0) as observations,
    coalesce(o.indicators, 0) as indicators,
    coalesce(o.regions, 0) as regions,
    o.first_day, o.last_day, o.last_reported_day,
    d.last_delivered_on, d.cadence, d.due_zh, d.due_en,
    coalesce(o.is_simulated, false) as is_simulated
from {mart}.core.data_set as d
left join observed as o on d.data_set_id = o.data_set_id
order by d.data_set_id
"""

_LEDGER = """
select
    data_set_id, data_set_title_zh, data_set_title_en, owner, period, period_label_zh,
    period_label_en, stated_on, due_on, due_time, note_zh, note_en, state, is_overdue,
    overdue_days, received_on, is_late, late_days, delivery_count, refused_count,
    superseded_count, query_count, pending_since
from {mart}.core.delivery_ledger
order by due_on, data_set_id, period
"""

_COVERED = """count(*) as observations,
count(distinct o.indicator_code) as indicators,
count(distinct o.region_code) as regions,
count(distinct o.data_set_id) as data_sets,
min(o.period_start) as first_day,
max(o.period_end) as last_day,
max(d.last_delivered_on) as last_delivered_on,
bool_or(o.is_simulated) as is_simulated"""
"""What is told of a group of observations ``o`` with their data sets ``d``."""

_COVERAGE_BY_THEME = """
select
    coalesce(i.theme, '') as theme,
    {covered}
from {mart}.core.observation as o
left join {mart}.core.indicator as i on o.indicator_code = i.indicator_code
left join {mart}.core.data_set as d on o.data_set_id = d.data_set_id
group by i.theme
order by observations desc, theme
""".replace("{covered}", _COVERED)

_COVERAGE_BY_MART = """
with named as (select distinct mart, observation_id from ({named}))

select
    n.mart,
    {covered}
from named as n
inner join {mart}.core.observation as o on n.observation_id = o.observation_id
left join {mart}.core.data_set as d on o.data_set_id = d.data_set_id
group by n.mart
order by n.mart
""".replace("{covered}", _COVERED)
