"""What a person asks of the archive: is it whole, and acts on deliveries.

Belongs here: holding the three records of the archive against each other, all of it when asked and
a part in every run, deciding about one delivery, and about what was published of a data set. Does
not belong here: the archive itself (``collect.archive``), and what the next run makes of an act (it
lands what counts).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from orchestration.collect import acts
from orchestration.collect.acts import Act, Choice, Decided, Kind
from orchestration.collect.archive import (
    Archive,
    DamagedError,
    Delivery,
    current_user,
    printable,
    told_by,
)
from orchestration.collect.readings import Readings
from orchestration.declarations import Declarations
from orchestration.errors import QutongError
from orchestration.locking import run_lock
from orchestration.steps.workplace import Workplace
from orchestration.text import counted

# --- is it whole -----------------------------------------------------------------------------

SAMPLED_IN_DAYS: Final = 30
"""In how many days the runs of a day each have read every archived byte again."""
MOST_SAMPLED: Final = 256 << 20
"""Bytes of one data set that are read again on one day, the last object to its end."""


@dataclass(frozen=True)
class Verified:
    """What was looked at, and what is wrong.

    Attributes:
        objects: Whose bytes were read to their end.
        problems: Each names the file and the remedy.
    """

    receipts: int
    deliveries: int
    objects: int
    problems: tuple[QutongError, ...]


def verify_archive(archive: Archive) -> Verified:
    """Hold objects, receipts and registry against each other; nothing is changed."""
    lines = list(archive.receipt_lines())
    receipts = [receipt for _, receipt in lines if receipt is not None]
    problems = [_torn(archive, place) for place, receipt in lines if receipt is None]
    told = {(d.data_set_id, d.delivery_id): d for d in told_by(receipts)}
    folders = sorted((archive.root / "deliveries").glob("*/"))
    registered = {
        (delivery.data_set_id, delivery.delivery_id): delivery
        for folder in folders
        for delivery in archive.received(folder.name)
    }
    problems += [_unreadable(archive, str(path)) for path in archive.damaged_entries()]
    problems += [
        _not_registered(archive, told[key]) for key in sorted(told.keys() - registered.keys())
    ]
    problems += [
        _without_receipt(archive, registered[key])
        for key in sorted(registered.keys() - told.keys())
    ]
    hashes = sorted({delivery.sha256 for delivery in [*told.values(), *registered.values()]})
    for sha256 in hashes:
        try:
            archive.check(sha256)
        except QutongError as error:
            problems.append(error)
    return Verified(len(receipts), len(registered), len(hashes), tuple(problems))


def sample_archive(work: Workplace, data_set_id: str) -> list[DamagedError]:
    """Read a part of what a data set's archive holds again, another one each day.

    The first run of a day reads what falls on that day; what was found damaged is looked at again
    in every run until it is whole.

    Returns:
        What is damaged or gone, each with its file and the remedy.
    """
    noted = work.settings.work / "sampled" / data_set_id
    kept = {delivery.sha256 for delivery in work.archive.received(data_set_id)}
    told = noted.read_text("ascii", "replace").split() if noted.is_file() else []
    day, damaged = "".join(told[:1]), [sha256 for sha256 in told[1:] if sha256 in kept]
    looked_at = dict.fromkeys(damaged)
    today = work.archive.today
    if day != today.isoformat():
        looked_at |= dict.fromkeys(_due(work.archive, kept, today))
    found: dict[str, DamagedError] = {}
    for sha256 in looked_at:
        try:
            work.archive.check(sha256)
        except DamagedError as error:
            found[sha256] = error
    if told != (now := [today.isoformat(), *found]):
        noted.parent.mkdir(parents=True, exist_ok=True)
        noted.write_text("\n".join(now), "ascii")
    return list(found.values())


def _due(archive: Archive, hashes: Iterable[str], today: date) -> Iterator[str]:
    """Those that fall on a day, in an order that is another one each time round."""
    turn, place = divmod(today.toordinal(), SAMPLED_IN_DAYS)
    due = (sha256 for sha256 in hashes if int(sha256[:8], 16) % SAMPLED_IN_DAYS == place)
    read = 0
    for sha256 in sorted(due, key=lambda one: one[8 + turn % 48 :]):
        if read >= MOST_SAMPLED:
            return
        yield sha256
        with contextlib.suppress(OSError):
            read += archive.object_path(sha256).stat().st_size


def _torn(archive: Archive, place: str) -> QutongError:
    return QutongError(
        "a receipt cannot be read / 回执无法读取",
        file=archive.root / place,
        remedy="a run that was killed tore it: nothing is lost; else restore it from the backup",
    )


def _unreadable(archive: Archive, path: str) -> QutongError:
    return QutongError(
        "the entry of a delivery cannot be read / 交付登记无法读取",
        file=path,
        remedy="'qutong run' writes it again from its receipt; else restore it from the backup",
    )


def _not_registered(archive: Archive, delivery: Delivery) -> QutongError:
    return QutongError(
        f"a receipt tells of {delivery.delivery_id}, the registry does not / 有回执而无登记",
        file=archive.root / "deliveries" / delivery.data_set_id,
        remedy="'qutong run' writes the entry again",
    )


def _without_receipt(archive: Archive, delivery: Delivery) -> QutongError:
    return QutongError(
        f"no receipt tells of {delivery.delivery_id} / 有登记而无回执",
        file=archive.root / "receipts",
        remedy="restore the receipts from the backup of var/archive",
    )


# --- acts on deliveries ----------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A delivery as a person sees it.

    Attributes:
        delivery: Filed under the day that holds now.
        acts: What was decided about it, oldest first.
    """

    delivery: Delivery
    is_held: bool
    acts: tuple[Act, ...]


def shown(declarations: Declarations, archive: Archive, data_set_id: str = "") -> Iterator[Shown]:
    """Every delivery, or those of a data set, in the order of receipt."""
    told = acts.acts(archive.root)
    decided = Decided.of(told)
    chosen = [declarations.get(data_set_id)] if data_set_id else list(declarations)
    for declared in chosen:
        filed = {
            d.delivery_id: d
            for d in replace(decided, held={}).in_play(archive.received(declared.id))
        }
        for received in archive.received(declared.id):
            own = tuple(act for act in told if act.delivery_id == received.delivery_id)
            is_held = received.delivery_id in decided.held
            yield Shown(filed[received.delivery_id], is_held, own)


def decide(work: Workplace, named: str, kind: Kind, *, reason: str, day: date | None = None) -> Act:
    """Record an act; the next run follows it.

    Args:
        work: Where.
        named: Id of the delivery, or a beginning of it that only it has.
        kind: What is decided.
        reason: Why, in words for whoever reads the log in five years.
        day: The day to file it under, for ``redate`` alone.

    Raises:
        QutongError: there is no such delivery, or the act says nothing.
        RunLockedError: a run is at work.
    """
    with run_lock(work.settings):
        entry = _named(list(shown(work.declarations, work.archive)), named)
        if kind == "redate" and day and day > work.archive.today:
            raise QutongError(
                f"{day} lies in the future / 日期在今天之后",
                remedy="state the day it was delivered",
            )
        is_idle = {
            "hold": entry.is_held,
            "release": not entry.is_held,
            "redate": day == entry.delivery.delivered_on,
        }[kind]
        if is_idle:
            raise QutongError(
                f"{entry.delivery.delivery_id} is so already / 状态未变",
                remedy="nothing was recorded, and nothing needs to be",
            )
        act = Act(
            delivery_id=entry.delivery.delivery_id,
            kind=kind,
            reason=reason,
            person=current_user(),
            at=work.now.isoformat(timespec="seconds"),
            day=day.isoformat() if day else "",
        )
        acts.record(work.archive.root, act)
        return act


def choose(work: Workplace, data_set_id: str, choice: Choice, *, reason: str) -> list[Act]:
    """Decide which reading holds of what was published and is read otherwise now.

    Args:
        work: Where.
        data_set_id: Whose declaration was edited.
        choice: ``kept`` as published, whatever the declaration says of it now; ``corrected``, what
            is read now being known from today on; ``forward``, the declaration being for deliveries
            that come from now on.
        reason: Why.

    Raises:
        QutongError: nothing that was published is read otherwise.
        RunLockedError: a run is at work.
    """
    declared = work.declarations.get(data_set_id)
    with run_lock(work.settings):
        readings = Readings(work.archive.root, data_set_id)
        decided = Decided.of(acts.acts(work.archive.root))
        told_days = [act.day for told in decided.readings.values() for act in told]
        # A clock that is set back does not move what was decided before.
        day = max([work.archive.today.isoformat(), *told_days]) if choice == "corrected" else ""
        waiting: list[Act] = []
        settled: list[Act] = []
        for delivery in work.archive.deliveries(data_set_id):
            published = readings.latest(delivery)
            try:
                parsed, _ = work.store.parse(
                    delivery, declared, work.archive, work.declarations.codelists
                )
            except DamagedError:
                continue  # it counts as it was read before, whatever is declared
            if published is None or published.figures == parsed.figures:
                continue
            told = decided.readings.get(delivery.delivery_id, [])
            group = settled if acts.is_settled(told, parsed.figures) else waiting
            if group is waiting or told[-1].kind != choice:
                group.append(
                    Act(
                        delivery_id=delivery.delivery_id,
                        kind=choice,
                        reason=reason,
                        person=current_user(),
                        at=work.now.isoformat(timespec="seconds"),
                        day=day,
                        was=published.figures,
                        reads=parsed.figures,
                    )
                )
        # Where nothing waits, it is a change of mind.
        found = waiting or settled
        if not found:
            raise QutongError(
                f"nothing that was published of {data_set_id} is read otherwise now / "
                "已公布的数没有别的读法",
                remedy="nothing was recorded, and nothing needs to be",
            )
        for act in found:
            acts.record(work.archive.root, act)
        return found


def _named(deliveries: Sequence[Shown], named: str) -> Shown:
    exact = [entry for entry in deliveries if entry.delivery.delivery_id == named]
    found = exact or [e for e in deliveries if e.delivery.delivery_id.startswith(named)]
    if len(found) == 1:
        return found[0]
    some = ", ".join(entry.delivery.delivery_id for entry in found[:5])
    raise QutongError(
        f"'{printable(named)}' names {counted(len(found), 'delivery', 'deliveries')}"
        f"{': ' + some if some else ''}",
        remedy="'qutong delivery list' shows every delivery with its id",
    )
