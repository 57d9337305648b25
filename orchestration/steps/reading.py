"""How deliveries are read now: by their declaration, or as was decided, or as they last could be.

Belongs here: which parse result of a delivery counts. Does not belong here: making one
(``collect``) and what becomes of its figures (``land``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration.collect import acts
from orchestration.collect.acts import Decided
from orchestration.collect.archive import DamagedError, Delivery
from orchestration.collect.parse import Parsed, damaged
from orchestration.collect.readings import Readings
from orchestration.declarations import Declared
from orchestration.process.landing import Past
from orchestration.steps.workplace import Workplace


@dataclass(frozen=True)
class Reading:
    """A delivery as it counts now.

    Attributes:
        stem: Path of its result without the ending.
        corrected: How it was read until a correction was decided, by the day of the decision.
        is_damaged: Whether its bytes are not there any more as they were received.
    """

    delivery: Delivery
    parsed: Parsed
    stem: Path
    corrected: dict[date, Path]
    is_damaged: bool

    def past(self, days: Sequence[date]) -> tuple[Past, ...]:
        """How it was read up to each day on which something of its data set was corrected."""
        found: list[Past] = []
        for day in days:
            own = min((d for d in self.corrected if d >= day), default=None)
            stem = self.stem if own is None else self.corrected[own]
            if own is None and self.parsed.refusal:
                continue
            found.append(Past(stem, found[-1].until if found else None, day))
        return tuple(found)


def read_what_was_not(work: Workplace) -> None:
    """Parse what never was parsed as it is declared now; what is damaged cannot be."""
    for declared in work.declarations:
        for delivery in work.store.unmade(work.archive.deliveries(declared.id), declared):
            with contextlib.suppress(DamagedError):
                work.store.parse(delivery, declared, work.archive, work.declarations.codelists)


def readings_now(work: Workplace, declared: Declared) -> list[Reading]:
    """Every delivery of a data set that counts, in the order of days."""
    readings = Readings(work.archive.root, declared.id)
    decided = Decided.of(acts.acts(work.archive.root))
    found = []
    for delivery in work.archive.deliveries(declared.id):
        parsed, stem, is_damaged = _read(work, declared, delivery, readings)
        told = decided.readings.get(delivery.delivery_id, ())
        published = [(act, readings.find(delivery, act.was)) for act in told]
        corrected: dict[date, Path] = {}
        for act, was in published:
            if act.kind == "corrected" and was:
                # Of two on one day the first one ended what was said before.
                corrected.setdefault(date.fromisoformat(act.day), was.stem)
        if published and published[-1][0].kind != "corrected":
            _, reading = published[-1]
            kept = reading.parsed() if reading and acts.is_settled(told, parsed.figures) else None
            if reading and kept:
                parsed, stem = kept, reading.stem
        found.append(Reading(delivery, parsed, stem, corrected, is_damaged))
    return found


def _read(
    work: Workplace, declared: Declared, delivery: Delivery, readings: Readings
) -> tuple[Parsed, Path, bool]:
    """What a delivery says, the stem of the result, and whether its bytes are damaged.

    Damage costs no figure that was in force: what was read before holds until it is healed.
    """
    stem = work.store.stem(delivery, declared)
    try:
        parsed, _ = work.store.parse(delivery, declared, work.archive, work.declarations.codelists)
    except DamagedError:
        latest = readings.latest(delivery)
        before = latest.parsed() if latest else None
        if latest and before:
            return before, latest.stem, True
        older = work.store.earlier(delivery, declared)
        if older:
            return *older, True
        return damaged(delivery, declared), stem.with_name(f"{stem.name}-damaged"), True
    return parsed, stem, False
