"""Receipts of pulls: every attempt to ask a source, the failed ones too, one line each.

Belongs here: what an attempt is, writing and reading them, and what follows from them: what was
pulled last of each thing. Does not belong here: asking (``pulling``), and receipts of deliveries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from orchestration.collect import log
from orchestration.collect.connectors.source import Known

Outcome = Literal["received", "unchanged", "failed"]


@dataclass(frozen=True)
class Item:
    """One thing that was pulled and is not as it was.

    Attributes:
        version: See ``Known``.
        details: What the connector tells of it besides: a query and its parameters, a snapshot.
    """

    key: str
    name: str
    sha256: str
    size: int
    version: int
    tag: str = ""
    modified: str = ""
    mark: str = ""
    status: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Attempt:
    """That a source was asked: when, which, what came of it, how long it took.

    Attributes:
        at: When it began, in UTC.
        origin: The source, as it may be shown.
        status: What the source said in its own code.
        reason_zh, reason_en, remedy: Of a failed attempt.
        things: How many things the source has, unchanged ones among them.
        items: Those that changed.
    """

    data_set_id: str
    connector: str
    at: str
    origin: str
    outcome: Outcome
    seconds: float
    status: str = ""
    reason_zh: str = ""
    reason_en: str = ""
    remedy: str = ""
    things: int = 0
    size: int = 0
    items: tuple[Item, ...] = ()


class Attempts:
    """The attempts of a project, by data set.

    Args:
        archive: Its archive.
    """

    def __init__(self, archive: Path) -> None:
        self.root = archive / "pulls"

    def of(self, data_set_id: str) -> list[Attempt]:
        """All of a data set, oldest first; a line that was torn is passed over."""
        return list(_attempts(self._file(data_set_id)))

    def last(self, data_set_id: str) -> Attempt | None:
        """The last one."""
        told = self.of(data_set_id)
        return told[-1] if told else None

    def known(self, data_set_id: str) -> dict[str, Known]:
        """What was pulled last of each thing."""
        return {
            item.key: Known(
                item.sha256,
                item.size,
                item.version,
                item.tag,
                item.modified,
                item.mark,
                item.details,
            )
            for attempt in self.of(data_set_id)
            for item in attempt.items
        }

    def add(self, attempt: Attempt) -> None:
        """Write an attempt down, durably."""
        log.append(self._file(attempt.data_set_id), asdict(attempt))

    def _file(self, data_set_id: str) -> Path:
        return self.root / f"{data_set_id}.jsonl"


def _attempts(file: Path) -> Iterator[Attempt]:
    for told in log.entries(file):
        try:
            items = tuple(Item(**item) for item in told.pop("items"))
            yield Attempt(**told, items=items)
        except (TypeError, KeyError):
            continue  # of a version that told other things
