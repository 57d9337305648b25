"""What a run says at its end, composed from what its steps left on disk.

Belongs here: the report and how it follows from the record. Does not belong here: its words on a
terminal (``cli``) and finding out anything anew.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from orchestration.judge import gates
from orchestration.settings import Settings
from orchestration.steps import state
from orchestration.steps.delivery_gate import RefusedDelivery
from orchestration.steps.state import StepRecord

Outcome = Literal["published", "kept", "unchanged", "partial", "blocked", "failed"]

EXIT_OK, EXIT_BLOCKED, EXIT_USAGE, EXIT_REFUSED = 0, 1, 2, 3


@dataclass
class RunReport:
    """What a run did; kept as ``last_run.json`` in the state directory.

    Attributes:
        outcome: ``partial`` where the steps asked for were carried out and publishing was not
            among them.
        fingerprint: Hash of everything the release follows from.
        candidate_path: Where a release lies that the release gate refused, for the operator.
        unclaimed: Files that lie where no data set looks.
        invalid: Declarations that were set aside, with the mistake and its remedy.
        unreadable: Files on offer that could not be archived, with the reason.
        quarantined: Cells in quarantine by delivery and rule, with places.
        findings: Open findings by severity.
        blocking: Rules that block a gate.
        seconds: Wall time by step.
    """

    started_at: str
    outcome: Outcome = "failed"
    exit_code: int = EXIT_BLOCKED
    policy: str = ""
    release_id: str = ""
    release_path: str = ""
    candidate_path: str = ""
    fingerprint: str = ""
    offered: int = 0
    received_new: int = 0
    unclaimed: list[str] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    deliveries: int = 0
    admitted: int = 0
    observations: int = 0
    refused: list[RefusedDelivery] = field(default_factory=list)
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    findings: dict[str, int] = field(default_factory=dict)
    undecided: int = 0
    blocking: list[str] = field(default_factory=list)
    error: str = ""
    message_zh: str = ""
    message_en: str = ""
    seconds: dict[str, float] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Keep the report for ``qutong status``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(path.name + ".part")
        aside.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), encoding="utf-8")
        aside.replace(path)


def last_run_file(settings: Settings) -> Path:
    """Where the report of the last run lies."""
    return settings.work / "last_run.json"


def compose(settings: Settings, *, asked_to_publish: bool = True) -> RunReport:
    """The report of the run at work, from its record.

    Args:
        settings: Of the project.
        asked_to_publish: Whether publishing was among the steps asked for.
    """
    with state.opened(settings) as con:
        identity = state.identity_of(settings)
        steps = [entry for entry in state.records(con) if entry.run_id == identity.run_id]
        blocking = gates.blocking_rules(con) if state.has_verdicts(con) else []
    zone = ZoneInfo(settings.district.time_zone)
    report = RunReport(
        started_at=identity.started_at.replace(tzinfo=UTC)
        .astimezone(zone)
        .isoformat(timespec="seconds"),
        policy=identity.policy,
        unclaimed=list(identity.unclaimed),
    )
    for entry in steps:
        _tell(report, entry)
    if identity.is_unchanged:
        _tell_unchanged(report, settings)
        return report
    if any(entry.step in state.GATE_STEPS.values() or entry.step == "marts" for entry in steps):
        report.blocking = blocking
    failed = [entry for entry in steps if entry.outcome == "failed"]
    if report.outcome in ("published", "kept"):
        is_open = any(refused.is_open for refused in report.refused) or bool(report.unreadable)
        report.exit_code = EXIT_REFUSED if is_open else EXIT_OK
    elif report.blocking:
        report.outcome = "blocked"
        report.candidate_path = _candidate(settings) if _was_built(steps) else ""
    elif steps and not failed and not asked_to_publish:
        report.outcome, report.exit_code = "partial", EXIT_OK
    return report


def _was_built(steps: list[StepRecord]) -> bool:
    return any(entry.step == "candidate" and entry.outcome != "failed" for entry in steps)


def _candidate(settings: Settings) -> str:
    from orchestration.publish.layout import Releases

    path = Releases(settings.releases).building(state.prepared_of(settings).release_id)
    return str(path) if path.is_dir() else ""


def _tell(report: RunReport, entry: StepRecord) -> None:
    """Add what one step left."""
    told = entry.detail
    report.seconds[entry.step] = round(report.seconds.get(entry.step, 0) + entry.seconds, 3)
    report.error = report.error or told.get("error", "")
    report.fingerprint = entry.inputs or report.fingerprint
    if entry.step == "collect":
        report.offered += told["offered"]
        report.received_new += told["received_new"]
        report.unreadable += told["stuck"]
    if entry.outcome == "failed":
        return
    if entry.step == "delivery_gate":
        report.deliveries, report.admitted = told["deliveries"], told["admitted"]
        report.observations = told["observations"]
        report.refused = [RefusedDelivery(**refused) for refused in told["refused"]]
        report.quarantined = told["quarantined"]
    elif entry.step == "marts_gate":
        report.findings, report.undecided = told["findings"], told["undecided"]
    elif entry.step == "publish":
        report.outcome = "published" if told["moved"] else "kept"
        report.release_id, report.release_path = told["release_id"], told["path"]
        report.message_zh, report.message_en = told["message_zh"], told["message_en"]


def _tell_unchanged(report: RunReport, settings: Settings) -> None:
    from orchestration.publish.layout import Releases

    releases = Releases(settings.releases)
    # Under a pin that is an earlier release than the one the inputs led to.
    report.release_id = releases.current.readlink().name if releases.current.is_symlink() else ""
    report.release_path = str(releases.root / report.release_id)
    report.outcome, report.exit_code = "unchanged", EXIT_OK
    if report.unreadable:
        report.exit_code = EXIT_REFUSED
