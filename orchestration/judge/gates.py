"""The gates: findings, which deliveries stay out, and what blocks.

Belongs here: what follows from the outcomes of rules, as functions of a DuckDB connection or of
nothing at all. Does not belong here: running rules, and acting on a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from orchestration import bounds
from orchestration.catalog import literal, observation_tables
from orchestration.duck import insert_rows
from orchestration.errors import DeclarationError
from orchestration.judge.catalogue import (
    EXPECTED,
    GATES,
    RULE_COLUMNS,
    SAID_BY_RULE,
    Catalogue,
    Gate,
    Judged,
    RuleOutcome,
)
from orchestration.text import lettered

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_IDENTITY = SAID_BY_RULE[:9]
# What a decision is bound to: whatever delivery it comes from, at whatever place it stands.
_CLAIM = ("data_set_id", "indicator_code", "region_code", "period", *SAID_BY_RULE[9:])

FIGURES = "core.observation"
"""Where all figures stand."""
COMPARISONS = ("comparisons.sql", "plausible.sql", "series.sql")
"""Files of ``expectations`` with the views in which figures meet."""
MOST_FINDINGS = 1000
"""How many findings of a rule in one delivery are kept; the others are counted."""
APART = "core.figure_apart"
OF_ANY_FIGURE = (FIGURES, APART, "core.fact_figure", "core.derived", "core.signal")
"""Tables in which any figure stands, whatever its mart has room for."""
"""Where figures stand that are no outturn, target or standard of their region."""


def prepare(
    con: DuckDBPyConnection,
    catalogue: Catalogue,
    expectations: Path,
    gate: Gate,
    *,
    frozen: bool = True,
) -> None:
    """Put into the work database what the rules of a gate read, over whatever was there.

    That is ``landing.rule``, the macros of ``bounds`` and ``expectations/macros.sql``, the
    views of ``expectations/deliveries.sql`` and, from the marts gate on, those of ``COMPARISONS``,
    ``judge.threshold``, ``judge.mart_figure`` (mart,
    observation_id): which observations stand in which mart, by its columns of role
    ``observation``, and ``judge.reached`` (observation_id): which stand in any table but
    those ``OF_ANY_FIGURE``.

    Args:
        frozen: Compute the comparisons once, as tables: rules read them several times over. Else
            they stay views and follow every change of the figures.
    """
    con.execute("delete from landing.rule")
    insert_rows(con, "landing.rule", catalogue.rows(), RULE_COLUMNS)
    con.execute(bounds.macros())
    con.execute((expectations / "macros.sql").read_text(encoding="utf-8"))
    if gate != "delivery":
        views = (expectations / name for name in COMPARISONS)
        _lay_comparisons(con, "\n".join(v.read_text(encoding="utf-8") for v in views), frozen)
        con.execute("delete from landing.threshold")
        con.execute("insert into landing.threshold by name select * from judge.threshold")
        con.execute(f"create or replace view judge.mart_figure as {_mart_figures(con)}")
        others = ", ".join(map(literal, OF_ANY_FIGURE))
        con.execute(
            "create or replace view judge.reached as select distinct observation_id from "
            f"({_named_observations(con)}) where name not in ({others})"
        )
    landed = con.execute(
        "select 1 from information_schema.tables where table_catalog = current_database() "
        "and table_schema = 'landing' and table_name = 'candidate'"
    ).fetchall()
    if landed:  # where no delivery has a place to lie in, there is none to compare
        con.execute((expectations / "deliveries.sql").read_text(encoding="utf-8"))


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
    declared = con.execute("select distinct mart from landing.indicator").fetchall()
    marts = {APART, *(row[0] for row in declared)}
    selects = [
        f"""select '{schema}.{table}' as mart, cast("{column}" as varchar) as observation_id
        from "{schema}"."{table}" where "{column}" is not null"""
        for schema, table, columns in observation_tables(con, "observation")
        if f"{schema}.{table}" in marts
        for column in columns
    ]
    nothing = "select '' as mart, '' as observation_id where false"
    return "\nunion all\n".join(selects or [nothing])


def write_findings(con: DuckDBPyConnection, judged: Judged, catalogue: Catalogue) -> int:
    """Write violating rows into ``landing.finding``; returns how many.

    The id of a finding is made of its rule and of what identifies the row, so it stays the same
    from run to run; its claim of the rule, of what it is about and of the values that were found:
    a decision about it holds as long as these do. Earlier findings of the rules judged are
    replaced.
    """
    con.execute(
        "delete from landing.finding where list_contains(?, rule_id)",
        [[outcome.rule_id for outcome in judged.outcomes]],
    )
    if not judged.violations:
        return 0
    rules = [catalogue.get(violation["rule_id"] or "") for violation in judged.violations]
    heads = [[r.id for r in rules], [r.gate for r in rules], [r.severity for r in rules]]
    said = [[violation.get(name) for violation in judged.violations] for name in SAID_BY_RULE]
    said.append([violation.get(EXPECTED) for violation in judged.violations])
    names = ("rule_id", "gate", "severity", *SAID_BY_RULE, EXPECTED)
    columns = ", ".join(f"unnest(${i}::varchar[]) as {n}" for i, n in enumerate(names, start=1))
    identity = ", ".join(f"coalesce({name}, '')" for name in _IDENTITY)
    digest = f"md5(concat_ws('|', rule_id, {identity}, case when n > 1 then n end))"
    claim = ", ".join(f"coalesce({name}, '')" for name in _CLAIM)
    con.execute(
        f"""
        insert into landing.finding by name
        with violating as (select {columns}),

        numbered as (
            select
                *,
                row_number() over (
                    partition by rule_id, {identity} order by arithmetic, message_en
                ) as n
            from violating
        )

        select
            {lettered("finding", digest)} as finding_id,
            * exclude (n, expected),
            try_cast(expected as decimal(30, 8)) as expected,
            substr(md5(concat_ws('|', rule_id, {claim})), 1, 16) as claim
        from numbered
        order by rule_id, finding_id
        """,
        [*heads, *said],
    )
    return len(judged.violations)


def measure_effects(con: DuckDBPyConnection) -> None:
    """Write into ``landing.finding`` by how much of a published total each finding is off.

    That is how far the first figure is from what was expected (what the rule says, else the second
    figure where it is one of the same thing), in per cent of the headline that it enters: of what
    it is a part of, else of the same of the region around, else of itself. A rate in per cent is
    off by its points. Without both numbers the effect is not known.
    """
    con.execute(
        """
        update landing.finding
        set effect_pct = if(measured.effect_pct > 1e12, 1e12, measured.effect_pct)
        from (
            with sides as (
                select
                    f.finding_id,
                    f.expected,
                    string_split_regex(f.observation_a, '[ ,]+')[1] as id_a,
                    string_split_regex(f.observation_b, '[ ,]+')[1] as id_b
                from landing.finding as f
                where f.gate = 'marts' and f.observation_a <> ''
            ),

            figures as (
                select
                    s.finding_id,
                    a.indicator_code,
                    a.region_code,
                    a.period,
                    a.measure,
                    u.dimension,
                    cast(a.value as double) * cast(u.factor as double) as amount,
                    coalesce(
                        cast(s.expected as double) * cast(u.factor as double),
                        if(
                            b.indicator_code = a.indicator_code and v.dimension = u.dimension
                            and b.region_code = a.region_code and b.period = a.period,
                            cast(b.value as double) * cast(v.factor as double), null
                        )
                    ) as expected
                from sides as s
                inner join core.observation as a on s.id_a = a.observation_id
                inner join landing.unit as u on a.unit = u.unit
                left join core.observation as b on s.id_b = b.observation_id
                left join landing.unit as v on b.unit = v.unit
            ),

            headlines as (
                select
                    o.indicator_code,
                    o.region_code,
                    o.period,
                    u.dimension,
                    max(abs(cast(o.value as double) * cast(u.factor as double))) as amount
                from core.observation as o
                inner join landing.unit as u on o.unit = u.unit
                where
                    o.is_headline
                    and o.known_to is null
                    and judge.division(o.breakdown, o.figure_kind, o.subject, o.locality)
                    = judge.division('_T', 'outturn', '_T', '_T')
                group by all
            ),

            wholes as (
                select f.finding_id, min(h.amount) as amount
                from figures as f
                inner join landing.relation as r
                    on f.indicator_code = r.indicator_code and r.kind = 'part_of'
                inner join headlines as h
                    on
                        r.other_code = h.indicator_code
                        and f.region_code = h.region_code
                        and f.period = h.period
                        and f.dimension = h.dimension
                group by f.finding_id
            ),

            around as (
                select f.finding_id, h.amount
                from figures as f
                inner join landing.indicator as i
                    on f.indicator_code = i.indicator_code and i.over_regions <> ''
                inner join landing.region as g on f.region_code = g.region_code
                inner join headlines as h
                    on
                        f.indicator_code = h.indicator_code
                        and g.parent_code = h.region_code
                        and f.period = h.period
                        and f.dimension = h.dimension
            )

            select
                f.finding_id,
                case
                    when f.dimension = 'percent' then abs(f.amount - f.expected)
                    else
                        100 * abs(f.amount - f.expected) / nullif(
                            coalesce(
                                any_value(w.amount),
                                any_value(o.amount),
                                greatest(abs(f.amount), abs(f.expected))
                            ), 0
                        )
                end as effect_pct
            from figures as f
            left join wholes as w on f.finding_id = w.finding_id
            left join around as o on f.finding_id = o.finding_id
            group by f.finding_id, f.dimension, f.amount, f.expected
        ) as measured
        where finding.finding_id = measured.finding_id
        """
    )


def undecided_comparisons(con: DuckDBPyConnection) -> int:
    """How many comparisons of deliveries and marts lacked data: as many as the report says."""
    ((number,),) = con.execute(
        "select coalesce(sum(undecided_count), 0) from landing.validation "
        "where gate in ('delivery', 'marts')"
    ).fetchall()
    return int(number)


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
                list_position(['hard', 'soft', 'informative'], f.severity),
                f.effect_pct desc nulls last, f.rule_id, f.finding_id
        ) <= {shown}
        order by
            b.subject, b.name,
            list_position(['hard', 'soft', 'informative'], f.severity),
                f.effect_pct desc nulls last, f.rule_id, f.finding_id
        """
    ).fetchall()
    groups: dict[tuple[Subject, str], FindingGroup] = {}
    for subject, name, count, is_hard, *line in rows:
        known = groups.get((subject, name))
        first = (*(known.first if known else ()), tuple(line))
        groups[subject, name] = FindingGroup(count, is_hard, first)
    return groups


def _named_observations(con: DuckDBPyConnection) -> str:
    """Which published table names which observations, in columns of one id and of several."""
    selects = [
        f"""select '{schema}.{table}' as name,
            unnest(string_split_regex(concat_ws(' ', {", ".join(f'"{name}"' for name in columns)}),
                '[ ,]+')) as observation_id
        from "{schema}"."{table}"
        """
        for schema, table, columns in observation_tables(con, "observation", "observations")
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

    Raises:
        DeclarationError: a hard rule found something and does not say in which delivery.
    """
    _demand_deliveries(con)
    rows = con.execute(
        f"""
        with broken as (
            select
                f.delivery_id,
                f.rule_id,
                any_value(f.data_set_id) as data_set_id,
                min_by(f.message_zh, f.finding_id) as message_zh,
                min_by(f.message_en, f.finding_id) as message_en,
                count(*) as findings
            from landing.finding as f
            where f.gate = 'delivery' and f.severity = 'hard'
            group by f.delivery_id, f.rule_id
        )

        select
            delivery_id,
            any_value(data_set_id),
            list(rule_id order by rule_id),
            string_agg(
                concat(
                    message_zh,
                    case
                        when findings >= {MOST_FINDINGS} then '（至少 {MOST_FINDINGS} 处）'
                        when findings > 1 then concat('（共 ', findings, ' 处）')
                        else ''
                    end
                ), '；' order by rule_id
            ),
            string_agg(
                concat(
                    message_en,
                    case
                        when findings >= {MOST_FINDINGS} then ' (at least {MOST_FINDINGS} places)'
                        when findings > 1 then concat(' (', findings, ' places)')
                        else ''
                    end
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


def _demand_deliveries(con: DuckDBPyConnection) -> None:
    """A hard rule that names no delivery would refuse none, and block nothing either."""
    lost = con.execute(
        "select min(rule_id) from landing.finding where gate = 'delivery' and severity = 'hard' "
        "and coalesce(delivery_id, '') = ''"
    ).fetchall()[0][0]
    if lost is not None:
        raise DeclarationError(
            "the rule found something and does not say in which delivery",
            place=lost,
            remedy="let it return delivery_id; nothing was published",
        )


def forget_routing(con: DuckDBPyConnection) -> None:
    """Put ``landing.delivery`` back to what the readers said, for a gate that is asked again.

    Rules pass over what is refused already: without this they would find nothing the second time.
    """
    con.execute(
        """
        update landing.delivery as d
        set
            verdict = '',
            refused_by = '',
            reason_zh = '',
            reason_en = '',
            settled_by = ''
        where d.verdict <> '' and split_part(d.refused_by, ',', 1) not in (
            select r.rule_id from landing.rule as r where r.executor = 'reader'
        )
        """
    )
    # A reader says "<place>: <title of the rule>"; what other rules said was put behind.
    con.execute(
        """
        update landing.delivery as d
        set
            refused_by = r.rule_id,
            reason_zh = left(d.reason_zh, instr(d.reason_zh, r.title_zh) + length(r.title_zh) - 1),
            reason_en = left(d.reason_en, instr(d.reason_en, r.title_en) + length(r.title_en) - 1),
            settled_by = ''
        from landing.rule as r
        where r.executor = 'reader' and d.refused_by like concat(r.rule_id, ',%')
        """
    )


def apply_routing(con: DuckDBPyConnection, refusals: Sequence[Refusal]) -> None:
    """Write into ``landing.delivery`` which deliveries are refused, by which rules and why.

    What the reader said of a delivery that it refused itself stays in front.
    """
    if not refusals:
        return
    con.execute(
        """
        update landing.delivery
        set
            verdict = 'refused',
            refused_by = concat_ws(',', nullif(refused_by, ''), refusal.rules),
            reason_zh = concat_ws('；', nullif(reason_zh, ''), refusal.zh),
            reason_en = concat_ws('; ', nullif(reason_en, ''), refusal.en)
        from (
            select
                unnest($delivery) as delivery_id,
                unnest($rules) as rules,
                unnest($zh) as zh,
                unnest($en) as en
        ) as refusal
        where
            delivery.delivery_id = refusal.delivery_id
            and not list_has_all(string_split(refused_by, ','), string_split(refusal.rules, ','))
        """,
        {
            "delivery": [refusal.delivery_id for refusal in refusals],
            "rules": [",".join(refusal.rule_ids) for refusal in refusals],
            "zh": [refusal.reason_zh for refusal in refusals],
            "en": [refusal.reason_en for refusal in refusals],
        },
    )


_VALIDATION_COLUMNS = (
    "rule_id",
    "gate",
    "executor",
    "outcome",
    "checked_count",
    "unexpected_count",
    "undecided_count",
    "error",
    "is_blocking",
)


def write_validation(
    con: DuckDBPyConnection, outcomes: Iterable[RuleOutcome], catalogue: Catalogue
) -> None:
    """Write outcomes into ``landing.validation``, over those of the same rules from before.

    With each stands whether it blocks its gate: a verdict is a query over them (``verdict``).
    """
    outcomes = list(outcomes)
    blocked = set(blocking(outcomes, catalogue))
    rows = [
        (
            o.rule_id,
            catalogue.get(o.rule_id).gate,
            catalogue.get(o.rule_id).executor,
            o.outcome,
            o.checked_count,
            o.unexpected_count,
            o.undecided_count,
            o.error,
            o.rule_id in blocked,
        )
        for o in outcomes
    ]
    if rows:
        con.execute(
            "delete from landing.validation where list_contains(?, rule_id)",
            [[row[0] for row in rows]],
        )
        insert_rows(con, "landing.validation", rows, _VALIDATION_COLUMNS)


def blocking(outcomes: Iterable[RuleOutcome], catalogue: Catalogue) -> list[str]:
    """The ids of the rules that block their gate, sorted.

    A rule that could not judge blocks, however grave it is: nobody knows what it would have found.
    A hard rule blocks when it did not pass; undecided counts as not passed unless the rule says
    otherwise. On the delivery gate a violation refuses its delivery instead.
    """
    found = set()
    for outcome in outcomes:
        rule = catalogue.get(outcome.rule_id)
        if outcome.error is None:
            if rule.severity != "hard" or outcome.outcome == "passed" or rule.gate == "delivery":
                continue
            if outcome.outcome == "undecided" and not rule.undecided_blocks:
                continue
        found.add(rule.id)
    return sorted(found)


Verdict = Literal["passed", "failed", "missing"]


def verdict(con: DuckDBPyConnection, gate: Gate, catalogue: Catalogue) -> Verdict:
    """What a gate says, from the recorded outcomes of its rules.

    ``failed`` where an outcome blocks, ``missing`` where a rule of the catalogue has none, else
    ``passed``. Of the delivery gate ``passed`` means that it could judge: it routes deliveries.
    """
    recorded = dict(
        con.execute(
            "select rule_id, is_blocking from landing.validation where gate = ?", [gate]
        ).fetchall()
    )
    if any(recorded.values()):
        return "failed"
    return (
        "passed" if {rule.id for rule in catalogue.by_gate(gate)} <= recorded.keys() else "missing"
    )


def blocking_rules(con: DuckDBPyConnection) -> list[str]:
    """The ids of all rules that block their gates now, in the order of the gates."""
    rows = con.execute(
        "select rule_id from landing.validation where is_blocking "
        "order by list_position(?, gate), rule_id",
        [list(GATES)],
    ).fetchall()
    return [row[0] for row in rows]


def open_findings(con: DuckDBPyConnection, *, undecided: bool = False) -> dict[str, int]:
    """Findings by severity; what a refused delivery was found to have wrong stayed out with it.

    Args:
        con: The work database.
        undecided: Only those that nobody accepted as they are.
    """
    return dict(
        con.execute(
            "select f.severity, count(*) from landing.finding as f "
            "left join landing.delivery as d using (delivery_id) "
            "left join landing.finding_decision as a on f.claim = a.claim "
            "where (f.gate <> 'delivery' or d.verdict is distinct from 'refused') "
            "and not ($undecided and coalesce(a.decision = 'accepted', false)) "
            "group by 1 order by 1",
            {"undecided": undecided},
        ).fetchall()
    )


def needing_decision(findings: Mapping[str, int]) -> int:
    """How many findings somebody has to decide on: an informative one (a revision) needs none."""
    return sum(findings.get(severity, 0) for severity in ("hard", "soft"))
