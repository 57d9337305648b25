"""The step ``delivery_gate``: every delivery is judged; what is refused stays out.

Belongs here: the order of judging, what settles a refusal, and the state that ``qutong quarantine``
reads. Does not belong here: rules and routing themselves (``judge``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

from orchestration.errors import QutongError
from orchestration.judge.catalogue import Gate, Judged, RuleOutcome, together
from orchestration.serve import quarantine
from orchestration.steps import ledger, state
from orchestration.steps.findings import write_reports
from orchestration.steps.workplace import Workplace

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from orchestration.judge.kept import Keep
    from orchestration.judge.suites import Declaration


@dataclass
class RefusedDelivery:
    """A delivery that stayed out, as the person who sent it is told."""

    delivery_id: str
    data_set_id: str
    file_name: str
    rule_id: str
    place: str
    detail_zh: str
    detail_en: str
    guidance_zh: str
    guidance_en: str
    is_open: bool
    settled_by: str = ""


@dataclass
class Routed:
    """What the delivery gate did, as the run tells it at its end.

    Attributes:
        quarantined: Cells in quarantine by delivery and rule, with places and guidance.
    """

    deliveries: int = 0
    admitted: int = 0
    observations: int = 0
    refused: list[RefusedDelivery] = field(default_factory=list)
    quarantined: list[dict[str, Any]] = field(default_factory=list)


def delivery_gate(work: Workplace) -> tuple[list[RuleOutcome], Routed]:
    """Judge every delivery; refused ones stay out, the others become observations.

    Raises:
        QutongError: a hard rule could not be run, so nobody knows what it would have refused.
        StaleStateError: nothing was landed for it.
    """
    with state.carried(work, "delivery_gate", "交付关 / delivery gate") as step:
        outcomes, told = judge_deliveries(work)
        step.detail = asdict(told)
    return outcomes, told


def judge_deliveries(work: Workplace) -> tuple[list[RuleOutcome], Routed]:
    """The same without recording the step."""
    from orchestration.judge import gates
    from orchestration.process import landing

    catalogue = work.catalogue
    found = _by_rules(work)
    compared = _by_suites(work, found)
    with state.opened(work.settings) as connection:
        gates.write_findings(connection, compared, catalogue)
        outcomes = [*_reader_outcomes(work, connection), *found.outcomes, *compared.outcomes]
        gates.apply_routing(connection, gates.route_deliveries(connection))
        gates.write_validation(connection, outcomes, catalogue)
        landing.admit(connection)
        ledger.tell_periods(work, connection)
        told = _routed(work, connection)
        if told.refused:
            write_reports(work, connection)
    return outcomes, told


def _by_rules(work: Workplace) -> Judged:
    """What rules of SQL find; those that see deliveries alone look at the new ones."""
    from orchestration.judge import gates, known, rules

    ours = work.catalogue.by_gate("delivery", "sql")
    alone = [rule for rule in ours if rule.sees_alone]
    with state.opened(work.settings) as connection:
        gates.forget_routing(connection)
        keys = known.keys_for_rules(connection, alone)
        _, before = known.recall(connection, "sql", keys)
    kept = keep(work, "delivery")
    found = rules.run_rules(state.lent(work.settings), ours, kept, before)
    _refuse_broken(found.outcomes)
    names = {rule.id for rule in alone}
    with state.opened(work.settings) as connection:
        known.remember(connection, "sql", keys, found.only(names))
    return found


def _by_suites(work: Workplace, found: Judged) -> Judged:
    """What Great Expectations finds in deliveries that it has not judged, and found in others."""
    from orchestration.judge import gates, known, suites

    catalogue = work.catalogue
    with state.opened(work.settings) as connection:
        gates.write_findings(connection, found, catalogue)
        asked = suites.delivery_suites(connection, _demanded(work))
        keys = known.keys_for_suites(connection, asked)
        done, before = known.recall(connection, "gx", keys)
    kept = replace(keep(work, "delivery"), standing=tuple(suite.name for suite in asked))
    compared = together(
        before,
        work.judge.validate(
            state.lent(work.settings),
            [suite for suite in asked if suite.delivery_id not in done],
            [rule.id for rule in catalogue.by_gate("delivery", "gx")],
            kept,
        ),
    )
    _refuse_broken(compared.outcomes)
    with state.opened(work.settings) as connection:
        known.remember(connection, "gx", keys, compared)
    return compared


def _demanded(work: Workplace) -> dict[str, Declaration]:
    """What every delivery of a data set is held to."""
    from orchestration.judge.suites import Declaration

    return {
        declared.id: Declaration(
            data_set_id=declared.id,
            indicators=tuple(i.code for i in declared.data_set.indicators),
            documents=tuple(d.id for d in declared.data_set.origin.documents),
            conf_status=declared.data_set.disclosure.conf_status,
            figures_within_pct=declared.data_set.completeness.figures_within_pct,
        )
        for declared in work.declarations
    }


def keep(work: Workplace, gate: Gate) -> Keep:
    """Where ``qutong docs build`` finds what Great Expectations said."""
    from orchestration.judge.kept import Keep

    prepared = state.prepared_of(work.settings)
    return Keep(
        work.settings.validations / f"{gate}.json", prepared.release_id, prepared.release_time
    )


def _refuse_broken(outcomes: Sequence[RuleOutcome]) -> None:
    for outcome in outcomes:
        if outcome.error:
            raise QutongError(
                f"the rule could not be run: {outcome.error}",
                place=outcome.rule_id,
                remedy="mend the rule in expectations/rules; nothing was published",
            )


def _reader_outcomes(work: Workplace, connection: DuckDBPyConnection) -> list[RuleOutcome]:
    """Outcomes of the rules that the readers carry out, from what they counted."""
    counts = dict(
        connection.execute(
            "select rule_id, count(*) from ("
            "select rule_id from landing.quarantine union all "
            "select refused_by from landing.delivery where verdict = 'refused') group by 1"
        ).fetchall()
    )
    ((checked,),) = connection.execute(
        "select coalesce(sum(cells_read), 0)::bigint from landing.delivery"
    ).fetchall()
    return [
        RuleOutcome.of(rule.id, unexpected=counts.get(rule.id, 0), checked=checked)
        for rule in work.catalogue.by_gate("delivery", "reader")
    ]


def _routed(work: Workplace, connection: DuckDBPyConnection) -> Routed:
    told = Routed()
    (told.deliveries, told.admitted) = connection.execute(
        "select count(*), count(*) filter (verdict = 'admitted') from landing.delivery"
    ).fetchall()[0]
    (told.observations,) = connection.execute(
        "select count(*) from landing.observation where read_to is null"
    ).fetchall()[0]
    told.quarantined = [
        {
            "delivery_id": d,
            "data_set_id": s,
            "rule_id": r,
            "count": n,
            "places": p,
            "guidance_zh": work.catalogue.get(r).guidance.zh,
            "guidance_en": work.catalogue.get(r).guidance.en,
        }
        for d, s, r, n, p in connection.execute(
            "select delivery_id, data_set_id, rule_id, count(*), "
            "array_to_string(list(delivery_place order by delivery_place)[:5], ', ') "
            "from landing.quarantine group by all order by all"
        ).fetchall()
    ]
    refused = connection.execute(
        "with broken as (select delivery_id, "
        "array_to_string(list(distinct place_a order by place_a)[:5], ', ') as places "
        "from landing.finding where gate = 'delivery' and severity = 'hard' group by 1) "
        "select delivery_id, data_set_id, file_name, refused_by, reason_zh, reason_en, "
        "coalesce(places, '') from landing.delivery left join broken using (delivery_id) "
        "where verdict = 'refused' order by data_set_id, delivery_seq"
    ).fetchall()
    settled = _settle(work, connection)
    told.refused = [_refused(work, row, settled) for row in refused]
    _quarantine_state(work, connection, told.refused, settled).write(work.settings.work)
    return told


def _refused(work: Workplace, row: tuple[str, ...], settled: Mapping[str, str]) -> RefusedDelivery:
    delivery_id, data_set_id, file_name, refused_by, reason_zh, reason_en, places = row
    declared = work.declarations.get(data_set_id)
    deliveries = work.archive.deliveries(data_set_id)
    own = next(d for d in deliveries if d.delivery_id == delivery_id)
    parsed = work.store.load(own, declared)
    refusal = parsed.refusal if parsed else None
    rule = work.catalogue.get(refused_by.split(",")[0])
    return RefusedDelivery(
        delivery_id=delivery_id,
        data_set_id=data_set_id,
        file_name=file_name,
        rule_id=refused_by,
        place=refusal.place if refusal else places,
        detail_zh=refusal.detail_zh if refusal else reason_zh,
        detail_en=refusal.detail_en if refusal else reason_en,
        guidance_zh=rule.guidance.zh,
        guidance_en=rule.guidance.en,
        is_open=not settled.get(delivery_id),
        settled_by=settled.get(delivery_id, ""),
    )


_FIGURE = (
    "indicator_code, scope, region_code, period, period_kind, measure, basis, price_basis, "
    "breakdown, figure_kind, subject, locality"
)
"""What a figure is about, wherever it is printed."""


def _settle(work: Workplace, connection: DuckDBPyConnection) -> dict[str, str]:
    """Deliveries of which something did not come in, with what settled that; noted in landing."""
    bad = connection.execute(
        "select delivery_id, data_set_id from landing.delivery "
        "where verdict = 'refused' or cells_quarantined > 0"
    ).fetchall()
    if not bad:
        return {}
    covered: dict[str, set[str]] = {}
    for own, other in connection.execute(
        "with bad as (select delivery_id, data_set_id, cells_accepted + "
        "(select count(*) from landing.quarantine as q where q.delivery_id = d.delivery_id "
        "and q.rule_id <> 'cell.unexpected') as figures from landing.delivery as d "
        "where verdict = 'refused' or cells_quarantined > 0), "
        f"wanted as (select distinct data_set_id, delivery_id, {_FIGURE} from landing.candidate "
        "where delivery_id in (select delivery_id from bad)), "
        f"has as (select distinct data_set_id, delivery_id, {_FIGURE} from landing.observation "
        "where read_to is null and data_set_id in (select data_set_id from bad)), "
        "needed as (select delivery_id, count(*) as n from wanted group by 1) "
        "select w.delivery_id, h.delivery_id from wanted as w "
        f"join has as h using (data_set_id, {_FIGURE}) "
        "join needed as k on k.delivery_id = w.delivery_id "
        "join bad as b on b.delivery_id = w.delivery_id "
        "join landing.delivery as d on d.delivery_id = h.delivery_id "
        "where w.delivery_id <> h.delivery_id "
        "group by all having count(*) = any_value(k.n) "
        "and any_value(d.cells_accepted) >= any_value(b.figures)"
    ).fetchall():
        covered.setdefault(own, set()).add(other)
    in_force = {
        row[0]
        for row in connection.execute(
            "select delivery_id from landing.delivery where verdict = 'admitted'"
        ).fetchall()
    }
    decided = quarantine.decided(work.archive.root)
    settled = {}
    for delivery_id, data_set_id in bad:
        cadence = work.declarations.get(data_set_id).data_set.delivery.cadence
        arrived = {
            d.delivery_id: quarantine.Arrived(d.delivery_id, d.file_name, d.order, d.received_at)
            for d in work.archive.deliveries(data_set_id)
        }
        admitted = [d for d in arrived.values() if d.delivery_id in in_force]
        settled[delivery_id] = quarantine.settled_by(
            arrived[delivery_id],
            admitted,
            cadence=cadence,
            covered_by=frozenset(covered.get(delivery_id, ())),
        ) or (quarantine.BY_DECISION if delivery_id in decided else "")
    if not settled:
        return settled
    connection.execute(
        "update landing.delivery set settled_by = settled.by from "
        "(select unnest($ids) as id, unnest($by) as by) as settled where delivery_id = settled.id",
        {"ids": [*settled.keys()], "by": [*settled.values()]},
    )
    return settled


def _quarantine_state(
    work: Workplace,
    connection: DuckDBPyConnection,
    refused_deliveries: Sequence[RefusedDelivery],
    settled: Mapping[str, str],
) -> quarantine.State:
    """Every delivery as the gate judged it, for ``qutong quarantine``."""
    problems: dict[str, list[quarantine.Problem]] = {}
    for refused in refused_deliveries:
        if refused.rule_id and not _is_found(work, refused.rule_id):
            problems.setdefault(refused.delivery_id, []).append(
                quarantine.Problem(
                    refused.rule_id.split(",")[0],
                    refused.place,
                    refused.detail_zh,
                    refused.detail_en,
                    "hard",
                )
            )
    for delivery, rule, a, b, zh, en, severity in connection.execute(
        "select delivery_id, rule_id, coalesce(place_a, ''), coalesce(place_b, ''), message_zh, "
        "message_en, severity from landing.finding where gate = 'delivery' "
        "order by delivery_id, severity, rule_id, place_a, message_en"
    ).fetchall():
        for place in dict.fromkeys((a, b)) if b else (a,):
            problems.setdefault(delivery, []).append(
                quarantine.Problem(rule, place, zh, en, severity)
            )
    cells: dict[str, dict[str, tuple[int, str]]] = {}
    for delivery, rule, count, places in connection.execute(
        "select delivery_id, rule_id, count(*), array_to_string("
        f"list(delivery_place order by delivery_place)[:{quarantine.FIRST_PLACES}], ', ') "
        "from landing.quarantine group by all order by all"
    ).fetchall():
        cells.setdefault(delivery, {})[rule] = (count, places)
    stems = _stems(work, cells)
    cursor = connection.execute(
        "select delivery_id, data_set_id, file_name, delivered_on::varchar as delivered_on, "
        "receipt_sha256 as sha256, counted_unit, cells_read as read, cells_accepted as accepted, "
        "cells_quarantined as quarantined, verdict, refused_by "
        "from landing.delivery order by data_set_id, delivery_seq"
    )
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    entries = tuple(
        quarantine.Entry(
            **row,
            settled_by=settled.get(row["delivery_id"], ""),
            cells=stems.get(row["delivery_id"], ""),
            by_rule=cells.get(row["delivery_id"], {}),
            problems=tuple(problems.get(row["delivery_id"], ())),
        )
        for row in rows
    )
    used = {p.rule_id for found in problems.values() for p in found}
    used |= {rule for found in cells.values() for rule in found}
    rules = {
        name: quarantine.Rule(r.title.zh, r.title.en, r.guidance.zh, r.guidance.en)
        for name in sorted(used)
        for r in [work.catalogue.get(name)]
    }
    begun = state.identity_of(work.settings).started_at.replace(tzinfo=UTC)
    return quarantine.State(begun.isoformat(timespec="seconds"), entries, rules)


def _is_found(work: Workplace, rule_ids: str) -> bool:
    """Whether the rules that refused are told by findings, each at its place."""
    return work.catalogue.get(rule_ids.partition(",")[0]).executor in ("sql", "gx")


def _stems(work: Workplace, wanted: Mapping[str, object]) -> dict[str, str]:
    """Files of quarantined cells, below the work directory."""
    return {
        delivery.delivery_id: work.store.stem(delivery, declared)
        .with_suffix(".quarantine.parquet")
        .relative_to(work.settings.work)
        .as_posix()
        for declared in work.declarations
        for delivery in work.archive.deliveries(declared.id)
        if delivery.delivery_id in wanted
    }
