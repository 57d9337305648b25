"""What people decided about findings, in a log that is only ever added to.

A decision is bound to what was found: rule, data set, indicator, region, period and the values
(``landing.finding.claim``). It holds for the same claim from whatever delivery it comes again, and
for no other: when a value changes, the finding is open again.

Belongs here: the log, and what holds after all of it on a day. Does not belong here: findings
(``judge.gates``) and what waits for a decision (``steps.desk``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from orchestration.collect import log

Kind = Literal["accepted", "queried", "withdrawn"]
KINDS: dict[Kind, str] = {
    "accepted": "已核实 accepted",
    "queried": "查询中 queried",
    "withdrawn": "撤回决定 withdrawn",
}


@dataclass(frozen=True)
class Decision:
    """One decision about one claim.

    Attributes:
        claim: What it is bound to.
        rule_id: The rule that found it.
        about: Data set, indicator, region and period, and what was found: for whoever reads the
            log in five years.
        kind: ``accepted`` as it is, ``queried`` at its source, or an earlier one ``withdrawn``.
        reason: Why. It is published beside the finding.
        person: Who decided; kept here alone.
        at: When, ISO 8601.
        expires: The last day on which an acceptance holds; empty where it has none.
        delivery_id: The delivery whose figure it is about; empty where it is about none.
    """

    claim: str
    rule_id: str
    about: str
    kind: Kind
    reason: str
    person: str
    at: str
    expires: str = ""
    delivery_id: str = ""

    def holds(self, day: date) -> bool:
        """Whether it says anything on a day."""
        return self.kind != "withdrawn" and (
            not self.expires or date.fromisoformat(self.expires) >= day
        )


def record(archive: Path, decision: Decision) -> None:
    """Add a decision to the log, durably."""
    log.append(_file(archive), asdict(decision))


def decisions(archive: Path) -> list[Decision]:
    """Every decision, oldest first."""
    found = []
    for entry in log.entries(_file(archive)):
        try:
            decision = Decision(**entry)
            date.fromisoformat(decision.expires or "2000-01-01")
        except (TypeError, ValueError):
            continue
        found.append(decision)
    return found


def in_force(told: Iterable[Decision], day: date) -> dict[str, Decision]:
    """By claim the decision that holds on a day: the last one, unless it has expired."""
    last = {decision.claim: decision for decision in told}
    return {claim: decision for claim, decision in last.items() if decision.holds(day)}


def _file(archive: Path) -> Path:
    return archive / "decisions.jsonl"
