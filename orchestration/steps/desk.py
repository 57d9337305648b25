"""The desk: what rules found, and what people decide about it.

Belongs here: reading the findings of the last run, published or refused, and recording decisions.
Does not belong here: the log (``collect.decisions``), and what the next run makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from orchestration.collect import decisions
from orchestration.collect.archive import current_user, printable
from orchestration.collect.decisions import Decision, Kind
from orchestration.errors import QutongError
from orchestration.locking import run_lock
from orchestration.steps import state
from orchestration.steps.workplace import Workplace
from orchestration.text import beginnings

_SHOWN = (
    "finding_id", "claim", "rule_id", "severity", "about", "message_zh", "message_en", "arithmetic"
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One of the figures behind a finding, with its place and the delivery that brought it."""

    said: str
    place: str
    delivery_id: str = ""


@dataclass(frozen=True)
class Finding:
    """A finding of the last run, and what holds of it.

    Attributes:
        about: Data set, indicator, region and period, as far as it has them.
        figures: What it compares, each with the document and the cell.
        decision: What holds now; None where nothing was decided, or not about these values.
        told: Everything that was ever decided about its claim, oldest first.
        delivery_id: The delivery whose figure it is about; empty where it is about none.
    """

    finding_id: str
    claim: str
    rule_id: str
    severity: str
    about: str
    message_zh: str
    message_en: str
    arithmetic: str
    figures: tuple[Figure, ...]
    decision: Decision | None
    told: tuple[Decision, ...]
    delivery_id: str
    effect_pct: float | None = None

    @property
    def cause(self) -> tuple[str, str]:
        """What it has in common with others: rule and delivery, or itself where it has none."""
        return (self.rule_id, self.delivery_id or self.finding_id)

    @property
    def is_waiting(self) -> bool:
        """Whether somebody has to decide about it before a bureau publishes."""
        accepted = self.decision is not None and self.decision.kind == "accepted"
        return self.severity != "informative" and not accepted


def by_cause(found: Sequence[Finding]) -> list[list[Finding]]:
    """Findings in groups of one cause each, in the order of their first ones."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        groups.setdefault(finding.cause, []).append(finding)
    return list(groups.values())


def findings(work: Workplace, rule_id: str = "") -> list[Finding]:
    """The findings of the last run: those that wait first, then by severity and effect.

    Raises:
        QutongError: no run has judged anything here, or one is at work.
    """
    with run_lock(work.settings), state.opened(work.settings) as con:
        if not state.has_verdicts(con):
            raise QutongError(
                "no run has judged anything here yet / 尚未有过运行",
                file=work.settings.database,
                remedy="qutong run",
            )
        rows = con.execute(
            "select f.finding_id, f.claim, f.rule_id, f.severity, "
            "concat_ws(' · ', nullif(f.data_set_id, ''), nullif(f.indicator_code, ''), "
            "nullif(f.region_code, ''), nullif(f.period, '')) as about, "
            "coalesce(f.message_zh, ''), coalesce(f.message_en, ''), coalesce(f.arithmetic, ''), "
            "concat_ws(',', nullif(f.observation_a, ''), nullif(f.observation_b, '')), "
            "coalesce(f.delivery_id, ''), f.effect_pct "
            "from landing.finding as f left join landing.delivery as d using (delivery_id) "
            "where (f.gate <> 'delivery' or d.verdict is distinct from 'refused') "
            "and (? = '' or f.rule_id = ?) "
            "order by list_position(['hard', 'soft', 'informative'], f.severity), "
            "f.effect_pct desc nulls last, f.rule_id, about, f.finding_id",
            [rule_id, rule_id],
        ).fetchall()
        ids = sorted({name for row in rows for name in row[8].split(",") if name})
        behind = dict(_figures(con, ids))
    told = decisions.decisions(work.archive.root)
    now = decisions.in_force(told, work.archive.today)
    found = [
        Finding(
            **dict(zip(_SHOWN, row, strict=False)),
            figures=tuple(behind[name] for name in row[8].split(",") if name in behind),
            decision=now.get(row[1]),
            told=tuple(decision for decision in told if decision.claim == row[1]),
            delivery_id=row[9] or _delivery_of(behind, row[8]),
            effect_pct=None if row[10] is None else float(row[10]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda finding: not finding.is_waiting)


def _figures(con: Any, ids: Sequence[str]) -> Iterator[tuple[str, Figure]]:
    """What is known of observations: from the marts, where they were built."""
    there = con.execute(
        "select 1 from duckdb_tables() where schema_name = 'core' and table_name = 'observation'"
    ).fetchone()
    if not there or not ids:
        return
    rows = con.execute(
        "select observation_id, concat_ws(' ', indicator_name_zh, region_name_zh, period, "
        "value_printed, unit_printed), concat_ws(' ', source_document, source_place, "
        "delivery_place), delivery_id from core.observation "
        "where list_contains(?, observation_id)",
        [list(ids)],
    ).fetchall()
    for name, said, place, delivery_id in rows:
        yield name, Figure(said, place, delivery_id)


def _delivery_of(behind: Mapping[str, Figure], names: str) -> str:
    """The delivery of the first of a finding's figures."""
    return next((behind[name].delivery_id for name in names.split(",") if name in behind), "")


def named(known: Sequence[Finding], name: str) -> Finding:
    """The finding of an id, or of a beginning that only one id has.

    Raises:
        QutongError: there is none, or more than one.
    """
    wanted = beginnings("finding", name)
    exact = [finding for finding in known if finding.finding_id in wanted]
    found = exact or [f for f in known if name and f.finding_id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    some = ", ".join(finding.finding_id for finding in found[:5])
    raise QutongError(
        f"'{printable(name)}' names {len(found)} findings{': ' + some if some else ''}",
        remedy="'qutong finding list' shows every finding with its id",
    )


def decide(
    work: Workplace,
    ids: Sequence[str],
    kind: Kind,
    *,
    reason: str,
    until: date | None = None,
) -> list[Decision]:
    """Record a decision about findings; the next run follows it.

    Args:
        work: Where.
        ids: Ids of findings, or beginnings that only one of them has.
        kind: What is decided.
        reason: Why; it is published beside the finding.
        until: The last day on which an acceptance holds.

    Raises:
        QutongError: there is no such finding, or the decision is none that can be made.
        RunLockedError: a run is at work.
    """
    if not reason.strip():
        raise QutongError("a decision needs its reason / 请写明理由", remedy="--reason")
    if until is not None and until < work.archive.today:
        raise QutongError(
            f"{until} is over / 日期已过", remedy="state a day from today on, or leave --until out"
        )
    with run_lock(work.settings):
        known = findings(work)
        chosen = [named(known, name) for name in ids]
        for finding in chosen:
            _demand_sense(finding, kind)
        made = [
            Decision(
                claim=finding.claim,
                rule_id=finding.rule_id,
                about=f"{finding.about}: {finding.message_zh} {finding.arithmetic}".strip(),
                kind=kind,
                reason=reason.strip(),
                person=current_user(),
                at=work.now.isoformat(timespec="seconds"),
                expires=until.isoformat() if until else "",
                delivery_id=finding.delivery_id,
            )
            for finding in {finding.claim: finding for finding in chosen}.values()
        ]
        for decision in made:
            decisions.record(work.archive.root, decision)
    return made


def _demand_sense(finding: Finding, kind: Kind) -> None:
    if kind == "withdrawn" and finding.decision is None:
        raise QutongError(
            f"nothing is decided about {finding.finding_id} / 尚无决定可撤回",
            remedy="qutong finding list",
        )
    if kind != "withdrawn" and finding.severity == "hard":
        raise QutongError(
            f"{finding.finding_id} breaks a hard rule: nobody can accept it / 硬性规则不得放行",
            remedy=f"mend what {finding.rule_id} names: qutong finding show {finding.finding_id}",
        )
