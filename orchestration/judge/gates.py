"""The gates: findings, which deliveries stay out, and what blocks.

Belongs here: what follows from the outcomes of rules, as functions of a DuckDB connection or of
nothing at all. Does not belong here: running rules, and acting on a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from orchestration import bounds
from orchestration.judge.catalogue import RULE_COLUMNS, Catalogue, Gate, Rule, RuleOutcome

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FINDING_COLUMNS = (
    "finding_id",
    "rule_id",
    "gate",
    "severity",
    "data_set_id",
    "delivery_id",
    "indicator_code",
    "region_code",
    "period",
    "place_a",
    "place_b",
    "observation_a",
    "observation_b",
    "arithmetic",
    "message_zh",
    "message_en",
)
_SAID_BY_RULE = FINDING_COLUMNS[4:]
_IDENTITY = FINDING_COLUMNS[4:13]
_VARCHARS = ", ".join(f"{name} varchar" for name in FINDING_COLUMNS)
_RULE_TYPES = ", ".join(
    f"{name} {'integer' if name == 'ess_level' else 'varchar'}" for name in RULE_COLUMNS
)
_TABLES = f"""
create schema if not exists landing;
create table if not exists landing.rule ({_RULE_TYPES});
create table if not exists landing.finding ({_VARCHARS});
create table if not exists landing.validation (
    rule_id varchar, gate varchar, executor varchar, outcome varchar,
    checked_count bigint, unexpected_count bigint, undecided_count bigint
);
"""


def prepare(
    con: DuckDBPyConnection,
    catalogue: Catalogue,
    expectations: Path,
    gate: Gate,
    *,
    frozen: bool = True,
) -> None:
    """Put into the work database what the rules of a gate read, over whatever was there.

    That is ``landing.rule``, the macros of ``bounds`` and ``expectations/macros.sql`` and, from the
    marts gate on, the views of ``expectations/comparisons.sql`` and ``judge.mart_figure`` (mart,
    observation_id): which observations stand in which mart, by its columns ``*_observation_id``.

    Args:
        frozen: Compute the comparisons once, as tables: rules read them several times over. Else
            they stay views and follow every change of the figures.
    """
    con.execute(_TABLES)
    con.execute("delete from landing.rule")
    marks = ", ".join("?" for _ in RULE_COLUMNS)
    con.executemany(
        f"insert into landing.rule ({', '.join(RULE_COLUMNS)}) values ({marks})", catalogue.rows()
    )
    con.execute(bounds.macros())
    con.execute((expectations / "macros.sql").read_text(encoding="utf-8"))
    if gate != "delivery":
        _lay_comparisons(
            con, (expectations / "comparisons.sql").read_text(encoding="utf-8"), frozen
        )
        con.execute(f"create or replace view judge.mart_figure as {_mart_figures(con)}")


def _lay_comparisons(con: DuckDBPyConnection, views: str, frozen: bool) -> None:
    """Lay the comparisons out as tables or as views, over either kind from before."""
    laid = con.execute(
        "select table_type, table_name from information_schema.tables "
        "where table_catalog = current_database() and table_schema = 'judge'"
    ).fetchall()
    for kind, name in laid:
        con.execute(f"drop {'view' if kind == 'VIEW' else 'table'} judge.{name}")
    # in the order of the file, so that tables read the tables before them
    con.execute(
        re.sub(r"(?m)^create or replace view ", "create table ", views) if frozen else views
    )


def _mart_figures(con: DuckDBPyConnection) -> str:
    columns = con.execute(
        """
        select distinct c.table_schema, c.table_name, c.column_name
        from information_schema.columns as c
        inner join landing.indicator as i on i.mart = c.table_schema || '.' || c.table_name
        where
            c.table_catalog = current_database()
            and ends_with(c.column_name, '_observation_id')
        order by all
        """
    ).fetchall()
    selects = [
        f"""select '{schema}.{table}' as mart, cast("{column}" as varchar) as observation_id
        from "{schema}"."{table}" where "{column}" is not null"""
        for schema, table, column in columns
    ]
    nothing = "select '' as mart, '' as observation_id where false"
    return "\nunion all\n".join(selects or [nothing])


def collect_findings(con: DuckDBPyConnection, rules_failed: Iterable[Rule]) -> int:
    """Write the violating rows of rules into ``landing.finding``; returns how many.

    The id of a finding is the first 16 hex digits of the md5 of its rule and of what identifies the
    row, so it stays the same from run to run. Findings of these rules from before are replaced. A
    rule that cannot be run leaves one finding that says so; no transaction may be open, an error
    would abort it.
    """
    import duckdb

    total = 0
    for rule in rules_failed:
        con.execute("delete from landing.finding where rule_id = ?", [rule.id])
        sql = rule.statement("sql")
        if sql is None:
            continue
        try:
            _insert_findings(con, rule, sql)
        except duckdb.Error:
            # Without the words of the error: it may quote a delivery.
            _insert_findings(con, rule, _CANNOT_RUN)
        row = con.execute(
            "select count(*) from landing.finding where rule_id = ?", [rule.id]
        ).fetchone()
        total += int(row[0]) if row else 0
    return total


_CANNOT_RUN = """
select
    '规则无法运行，请报告系统维护人员' as message_zh,
    'the rule could not be run; report it to the maintainer' as message_en
"""


def _insert_findings(con: DuckDBPyConnection, rule: Rule, sql: str) -> None:
    given = {row[0] for row in con.execute(f"describe {sql}").fetchall()}
    columns = ",\n".join(
        f"cast({f'v.{name}' if name in given else 'null'} as varchar) as {name}"
        for name in _SAID_BY_RULE
    )
    identity = ", ".join(f"coalesce({name}, '')" for name in _IDENTITY)
    con.execute(
        f"""
        insert into landing.finding by name
        with violating as (select {columns} from ({sql}) as v),

        numbered as (
            select
                *,
                row_number() over (
                    partition by {identity} order by arithmetic, message_en
                ) as n
            from violating
        )

        select
            substr(
                md5(concat_ws('|', $id, {identity}, case when n > 1 then n end)), 1, 16
            ) as finding_id,
            $id as rule_id,
            $gate as gate,
            $severity as severity,
            * exclude (n)
        from numbered
        order by finding_id
        """,
        {"id": rule.id, "gate": rule.gate, "severity": rule.severity},
    )


Subject = Literal["rule", "data_set", "table"]


@dataclass(frozen=True)
class FindingGroup:
    """The findings of one rule, about one data set, or about the figures of one table.

    Attributes:
        first: The gravest, as rule id, indicator, region, period, what was found in Chinese and
            in English.
    """

    count: int
    is_hard: bool
    first: tuple[tuple[str, ...], ...]


def finding_groups(
    con: DuckDBPyConnection, gate: Gate, shown: int = 5
) -> dict[tuple[Subject, str], FindingGroup]:
    """What was found so far, by rule, by data set and, at the marts gate, by published table.

    A table's findings are those about an observation that one of its rows names. Indicators and
    regions are named by their Chinese names where the declarations have them.
    """
    by_table = f"""
        union all
        select distinct 'table' as subject, t.name, f.finding_id
        from (
            select
                finding_id,
                unnest(string_split_regex(concat_ws(' ', observation_a, observation_b), '[ ,]+'))
                    as observation_id
            from landing.finding
        ) as f
        inner join ({_named_observations(con)}) as t on f.observation_id = t.observation_id
    """
    rows = con.execute(
        f"""
        with belongs as (
            select 'rule' as subject, rule_id as name, finding_id from landing.finding
            union all
            select 'data_set', data_set_id, finding_id from landing.finding
            {by_table if gate != "delivery" else ""}
        )

        select
            b.subject,
            b.name,
            count(*) over whole as findings,
            bool_or(f.severity = 'hard') over whole as is_hard,
            f.rule_id,
            coalesce(i.name_zh, f.indicator_code, ''),
            coalesce(g.region_name_zh, f.region_code, ''),
            coalesce(f.period, ''),
            coalesce(f.message_zh, ''),
            coalesce(f.message_en, '')
        from belongs as b
        inner join landing.finding as f on b.finding_id = f.finding_id
        left join landing.indicator as i on f.indicator_code = i.indicator_code
        left join landing.region as g on f.region_code = g.region_code
        where b.name <> ''
        window whole as (partition by b.subject, b.name)
        qualify row_number() over (
            partition by b.subject, b.name
            order by
                list_position(['hard', 'soft', 'informative'], f.severity), f.rule_id, f.finding_id
        ) <= {shown}
        order by
            b.subject, b.name,
            list_position(['hard', 'soft', 'informative'], f.severity), f.rule_id, f.finding_id
        """
    ).fetchall()
    groups: dict[tuple[Subject, str], FindingGroup] = {}
    for subject, name, count, is_hard, *line in rows:
        known = groups.get((subject, name))
        first = (*(known.first if known else ()), tuple(line))
        groups[subject, name] = FindingGroup(count, is_hard, first)
    return groups


def _named_observations(con: DuckDBPyConnection) -> str:
    """Which published table names which observations, by columns of one id and of several."""
    tables = con.execute(
        """
        select
            c.table_schema,
            c.table_name,
            string_agg('"' || c.column_name || '"', ', ' order by c.column_name)
        from information_schema.columns as c
        inner join landing.table_dictionary as t
            on t.schema_name = c.table_schema and t.table_name = c.table_name
        where
            c.table_catalog = current_database()
            and regexp_matches(c.column_name, '(^|_)observation_ids?$')
        group by all
        order by all
        """
    ).fetchall()
    selects = [
        f"""select '{schema}.{table}' as name,
            unnest(string_split_regex(concat_ws(' ', {columns}), '[ ,]+')) as observation_id
        from "{schema}"."{table}"
        """
        for schema, table, columns in tables
    ]
    nothing = "select '' as name, '' as observation_id where false"
    return "\nunion all\n".join(selects or [nothing])


@dataclass(frozen=True)
class Refusal:
    """A delivery that the delivery gate keeps out, by which rules and why."""

    delivery_id: str
    data_set_id: str
    rule_ids: tuple[str, ...]
    reason_zh: str
    reason_en: str


def route_deliveries(con: DuckDBPyConnection) -> list[Refusal]:
    """The deliveries that a finding of a hard rule of the delivery gate keeps out.

    Writes nothing. The reason is that of the first finding of each rule.
    """
    rows = con.execute(
        """
        with broken as (
            select
                f.delivery_id,
                f.rule_id,
                any_value(f.data_set_id) as data_set_id,
                min_by(f.message_zh, f.finding_id) as message_zh,
                min_by(f.message_en, f.finding_id) as message_en,
                count(*) as findings
            from landing.finding as f
            where f.gate = 'delivery' and f.severity = 'hard' and f.delivery_id <> ''
            group by f.delivery_id, f.rule_id
        )

        select
            delivery_id,
            any_value(data_set_id),
            list(rule_id order by rule_id),
            string_agg(
                concat(
                    message_zh,
                    case when findings > 1 then concat('（共 ', findings, ' 处）') else '' end
                ), '；' order by rule_id
            ),
            string_agg(
                concat(
                    message_en,
                    case when findings > 1 then concat(' (', findings, ' places)') else '' end
                ), '; ' order by rule_id
            )
        from broken
        group by delivery_id
        order by delivery_id
        """
    ).fetchall()
    return [
        Refusal(delivery, data_set or "", tuple(rules), zh or "", en or "")
        for delivery, data_set, rules, zh, en in rows
    ]


def apply_routing(con: DuckDBPyConnection, refusals: Sequence[Refusal]) -> None:
    """Write into ``landing.delivery`` which deliveries are refused, by which rules and why.

    What the reader said of a delivery that it refused itself stays in front.
    """
    if not refusals:
        return
    con.executemany(
        """
        update landing.delivery
        set
            verdict = 'refused',
            refused_by = concat_ws(',', nullif(refused_by, ''), $rules),
            reason_zh = concat_ws('；', nullif(reason_zh, ''), $zh),
            reason_en = concat_ws('; ', nullif(reason_en, ''), $en)
        where delivery_id = $delivery and not contains(coalesce(refused_by, ''), $rules)
        """,
        [
            {
                "rules": ",".join(refusal.rule_ids),
                "zh": refusal.reason_zh,
                "en": refusal.reason_en,
                "delivery": refusal.delivery_id,
            }
            for refusal in refusals
        ],
    )


def write_validation(
    con: DuckDBPyConnection, outcomes: Iterable[RuleOutcome], catalogue: Catalogue
) -> None:
    """Write outcomes into ``landing.validation``, over those of the same rules from before."""
    rows = [
        (
            o.rule_id,
            catalogue.get(o.rule_id).gate,
            catalogue.get(o.rule_id).executor,
            o.outcome,
            o.checked_count,
            o.unexpected_count,
            o.undecided_count,
        )
        for o in outcomes
    ]
    if rows:
        con.executemany("delete from landing.validation where rule_id = ?", [(r[0],) for r in rows])
        con.executemany(
            """
            insert into landing.validation
                (rule_id, gate, executor, outcome, checked_count, unexpected_count, undecided_count)
            values (?, ?, ?, ?, ?, ?, ?)
            """,
            rows,
        )


def blocking(outcomes: Iterable[RuleOutcome], catalogue: Catalogue) -> list[str]:
    """The ids of the rules that block their gate, sorted.

    A hard rule blocks when it did not pass; undecided counts as not passed unless the rule says
    otherwise. On the delivery gate a violation refuses its delivery instead, so there a hard rule
    blocks only when it could not be run: then nobody knows which deliveries it would have refused.
    """
    found = set()
    for outcome in outcomes:
        rule = catalogue.get(outcome.rule_id)
        if rule.severity != "hard" or outcome.outcome == "passed":
            continue
        if outcome.error is None:
            if rule.gate == "delivery":
                continue
            if outcome.outcome == "undecided" and not rule.undecided_blocks:
                continue
        found.add(rule.id)
    return sorted(found)
