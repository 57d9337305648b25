"""Acts on deliveries: what a person decided about one, in a log that is only ever added to.

Belongs here: holding a delivery back, releasing it, the day that it is filed under, and which of
two readings of it holds. Does not belong here: what a delivery says (corrections), and what is
awaited of it (quarantine).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from orchestration.collect import log
from orchestration.collect.archive import Delivery

Choice = Literal["kept", "corrected", "forward"]
Kind = Literal["hold", "release", "redate"] | Choice
KINDS: dict[Kind, str] = {
    "hold": "暂停使用 held",
    "release": "恢复使用 released",
    "redate": "更正交付日期 filed under another day",
    "kept": "保持已公布的数 figures kept as published",
    "corrected": "更正已公布的数 published figures corrected",
    "forward": "新声明只用于今后 the declaration is for later deliveries",
}


@dataclass(frozen=True)
class Act:
    """One decision about one delivery.

    Attributes:
        day: The day it is filed under from now on, or from which on a correction is known.
        at: When it was decided, ISO 8601.
        was: The reading that was published (``Parsed.figures``), where one of two was chosen.
        reads: How it was read otherwise when that was chosen.
    """

    delivery_id: str
    kind: Kind
    reason: str
    person: str
    at: str
    day: str = ""
    was: str = ""
    reads: str = ""


def _file(archive: Path) -> Path:
    return archive / "acts.jsonl"


def record(archive: Path, act: Act) -> None:
    """Add an act to the log, durably."""
    log.append(_file(archive), asdict(act))


def acts(archive: Path) -> list[Act]:
    """Every act, oldest first; a line that a kill tore is left out: it never was said."""
    found = []
    for entry in log.entries(_file(archive)):
        try:
            act = Act(**entry)
            date.fromisoformat(act.day or "2000-01-01")
        except (ValueError, TypeError):
            continue
        found.append(act)
    return found


@dataclass(frozen=True)
class Decided:
    """What holds for deliveries after all acts.

    Attributes:
        held: Those out of play, with the act that took them out.
        days: Those filed under another day than they came under.
        readings: What was decided about their readings, oldest first.
    """

    held: dict[str, Act]
    days: dict[str, date]
    readings: dict[str, list[Act]]

    @classmethod
    def of(cls, told: Iterable[Act]) -> Decided:
        held: dict[str, Act] = {}
        days: dict[str, date] = {}
        readings: dict[str, list[Act]] = {}
        for act in told:
            if act.kind == "hold":
                held[act.delivery_id] = act
            elif act.kind == "release":
                held.pop(act.delivery_id, None)
            elif act.kind == "redate":
                days[act.delivery_id] = date.fromisoformat(act.day)
            else:
                readings.setdefault(act.delivery_id, []).append(act)
        return cls(held, days, readings)

    def in_play(self, received: Iterable[Delivery]) -> list[Delivery]:
        """Deliveries that count, each of the day it is filed under, in the order of days."""
        counted = [
            self._filed(delivery) for delivery in received if delivery.delivery_id not in self.held
        ]
        return sorted(counted, key=lambda delivery: delivery.order)

    def _filed(self, delivery: Delivery) -> Delivery:
        day = self.days.get(delivery.delivery_id)
        if day is None:
            return delivery
        # A clock that was slow when it was received does not make the day a person names a future
        # one; the receipt keeps what the clock said. Noon of UTC lies on that day in any zone here.
        received_at = max(delivery.received_at, f"{day.isoformat()}T12:00:00+00:00")
        return replace(delivery, delivered_on=day, received_at=received_at)


def is_settled(told: Sequence[Act], figures: str) -> bool:
    """Whether acts about the reading of a delivery say what holds where it is read like this."""
    return bool(told) and (told[-1].kind == "forward" or told[-1].reads == figures)
