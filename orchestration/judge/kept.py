"""What is kept of a validation for Data Docs: counts and rules, no row and no words of an error.

Belongs here: the files below ``Settings.validations``, written and read. Does not belong here: the
pages made of them (``data_docs``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.errors import QutongError
from orchestration.judge.catalogue import Rule, RuleOutcome


@dataclass(frozen=True)
class Keep:
    """Where what came of a gate is kept, and what the run is called there.

    Attributes:
        file: Holds the outcomes of SQL rules; the folder of its name without ending holds a file
            per suite.
        standing: Suites that are not asked again, because nothing about them has changed: what an
            earlier run kept of them stays, under the name of that run.
    """

    file: Path
    run_name: str
    run_time: datetime
    standing: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Holds the validations of suites."""
        return self.file.with_suffix("")

    @property
    def run(self) -> dict[str, str]:
        """The run as Great Expectations names it."""
        moment = self.run_time if self.run_time.tzinfo else self.run_time.replace(tzinfo=UTC)
        return {"run_name": self.run_name, "run_time": moment.isoformat(timespec="seconds")}


def keep_rules(keep: Keep, rules: Sequence[Rule], outcomes: Sequence[RuleOutcome]) -> None:
    """Keep what came of SQL rules."""
    entries = [
        {
            "rule_id": rule.id,
            "title": [rule.title.zh, rule.title.en],
            "guidance": [rule.guidance.zh, rule.guidance.en],
            "severity": rule.severity,
            "owner": rule.owner,
            "outcome": outcome.outcome,
            "could_run": outcome.error is None,
            "unexpected": outcome.unexpected_count,
            "checked": outcome.checked_count,
            "undecided": outcome.undecided_count,
        }
        for rule, outcome in zip(rules, outcomes, strict=True)
    ]
    _write(keep.file, {"run": keep.run, "rules": entries})


def keep_suites(keep: Keep, validations: Sequence[dict[str, Any]]) -> None:
    """Keep what Great Expectations made of suites, over what was kept of the gate before."""
    stays = {kept_file(keep, name) for name in keep.standing}
    for old in keep.folder.glob("*.json"):
        if old not in stays:
            old.unlink()
    for validation in validations:
        _write(kept_file(keep, validation["suite_name"]), validation)


def kept_file(keep: Keep, suite: str) -> Path:
    """Where it is kept what came of a suite."""
    return keep.folder / f"{suite.replace('/', '_').replace(':', '_')}.json"


def read_kept(file: Path) -> dict[str, Any]:
    """What was kept in a file.

    Raises:
        QutongError: it cannot be read.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise QutongError(
            f"the kept validation cannot be read: {error}",
            file=file,
            remedy="remove it and run again: qutong run",
        ) from error
    if not isinstance(content, dict):
        raise QutongError(
            "the kept validation cannot be read: it is of another shape",
            file=file,
            remedy="remove it and run again: qutong run",
        )
    return content


def _write(file: Path, content: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")
