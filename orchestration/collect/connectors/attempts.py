"""Receipts of pulls: every attempt to ask a source, the failed ones too, one line each.

Belongs here: what an attempt is, writing and reading them, and what follows from them: what was
pulled last of each thing. Does not belong here: asking (``pulling``), and receipts of deliveries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Any, Literal

from orchestration.collect import log

Outcome = Literal["received", "unchanged", "failed"]


@dataclass(frozen=True)
class Known:
    """What was pulled last of one thing.

    Attributes:
        version: How many times it had changed by then, counted from 1.
        tag: By which the source tells whether it changed: an ETag, a checksum.
        modified: When the source says that it changed.
        mark: Up to where a growing source was read: a watermark.
        details: What the connector told of it besides: a query and its parameters, a snapshot.
    """

    sha256: str
    size: int
    version: int
    tag: str = ""
    modified: str = ""
    mark: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Item(Known):
    """One thing that was pulled and is not as it was; the next pull knows it.

    Attributes:
        key: What the source calls it.
        name: As what file it was delivered.
        status: What the source said of it in its own code.
    """

    key: str
    name: str
    status: str = ""


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


@dataclass(frozen=True)
class Asking:
    """What came of asking a source last, as ``qutong due`` tells it: of now, in no release."""

    on: date
    outcome: Outcome
    reason_zh: str
    reason_en: str


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

    def known(self, data_set_id: str) -> dict[str, Item]:
        """What was pulled last of each thing."""
        return {item.key: item for attempt in self.of(data_set_id) for item in attempt.items}

    def add(self, attempt: Attempt) -> None:
        """Write an attempt down, durably."""
        log.append(self._file(attempt.data_set_id), asdict(attempt))

    def _file(self, data_set_id: str) -> Path:
        return self.root / f"{data_set_id}.jsonl"


def last_of_each(archive: Path, zone: tzinfo) -> dict[str, Asking]:
    """What came of asking each source last, by data set."""
    attempts = Attempts(archive)
    last = (attempts.last(file.stem) for file in sorted(attempts.root.glob("*.jsonl")))
    return {
        attempt.data_set_id: Asking(
            datetime.fromisoformat(attempt.at).astimezone(zone).date(), attempt.outcome,
            attempt.reason_zh, attempt.reason_en,
        )
        for attempt in last
        if attempt is not None
    }  # fmt: skip


def _attempts(file: Path) -> Iterator[Attempt]:
    for told in log.entries(file):
        try:
            items = tuple(Item(**item) for item in told.pop("items"))
            yield Attempt(**told, items=items)
        except (TypeError, KeyError):
            continue  # of a version that told other things
