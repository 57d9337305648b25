"""What a person recorded about an awaited period, in a log that is only ever added to.

Belongs here: that feedback from above is pending (待反馈), that a period is waived (免报), and that
either is over. Does not belong here: what came (``archive``), and what is due (``deadlines``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Any, Literal

from orchestration.collect import log

Kind = Literal["pending", "waived", "over"]
KINDS: dict[Kind, str] = {
    "pending": "待反馈 pending feedback from above",
    "waived": "免报 waived",
    "over": "已了结 over",
}


@dataclass(frozen=True)
class Mark:
    """One thing recorded about one period of a data set.

    Attributes:
        reason: Why; kept here alone, as is the person.
        at: When it was recorded, ISO 8601.
    """

    data_set_id: str
    period: str
    kind: Kind
    reason: str
    person: str
    at: str

    def on(self, zone: tzinfo) -> date:
        """The day of it, where the district is."""
        return datetime.fromisoformat(self.at).astimezone(zone).date()


def _file(archive: Path) -> Path:
    return archive / "feedback.jsonl"


def record(archive: Path, mark: Mark) -> None:
    """Add a mark to the log, durably."""
    log.append(_file(archive), asdict(mark))


def marks(archive: Path) -> list[Mark]:
    """Every mark, oldest first; a line that a kill tore is left out: it never was said."""
    found = []
    for entry in log.entries(_file(archive)):
        try:
            mark = Mark(**entry)
            datetime.fromisoformat(mark.at)
        except (TypeError, ValueError):
            continue
        if mark.kind in KINDS:
            found.append(mark)
    return found


def in_force(told: Iterable[Mark]) -> dict[tuple[str, str], Mark]:
    """By data set and period the last mark, unless that says that all is over."""
    last = {(mark.data_set_id, mark.period): mark for mark in told}
    return {key: mark for key, mark in sorted(last.items()) if mark.kind != "over"}


def rows(archive: Path, zone: tzinfo) -> list[dict[str, Any]]:
    """Rows of ``landing.feedback``: neither reasons nor persons."""
    return [
        {
            "data_set_id": mark.data_set_id,
            "period": mark.period,
            "kind": mark.kind,
            "since": mark.on(zone),
        }
        for mark in in_force(marks(archive)).values()
    ]
