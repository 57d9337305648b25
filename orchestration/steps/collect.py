"""The step ``collect``: what is on offer for data sets becomes archived, parsed deliveries.

Belongs here: taking offers, what was received of each data set, and whether anything new is on
offer. Does not belong here: connectors, archive and parsing themselves (``collect``).
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orchestration.collect import apart
from orchestration.collect.archive import DamagedError, printable
from orchestration.collect.connectors import Connector, Offer, matches
from orchestration.declarations import Declared
from orchestration.errors import QutongError
from orchestration.steps import state
from orchestration.steps.custody import sample_archive
from orchestration.steps.state import StepRecord
from orchestration.steps.workplace import Workplace

MOST_ASKED_AT_ONCE = 8


@dataclass
class Collected:
    """What was collected for one data set.

    Attributes:
        received_new: Files on offer that are news: never received before, or again after others.
        stuck: Files that could not be archived or removed from the inbox, deliveries of which the
            archive lost something, with the reason.
    """

    offered: int = 0
    received_new: int = 0
    deliveries: int = 0
    parsed_now: int = 0
    observations: int = 0
    quarantined: int = 0
    unreadable: int = 0
    stuck: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """The numbers alone."""
        told: dict[str, Any] = asdict(self)
        del told["stuck"]
        return told


def offers_of(
    work: Workplace, declared: Declared
) -> Iterator[tuple[Connector, Offer | QutongError]]:
    """What folder, inbox and source have for a data set; an error where one has no more to give."""
    for connector in work.connectors[declared.id]:
        try:
            for offer in connector.offers(declared.data_set):
                yield connector, offer
        except QutongError as error:
            yield connector, error


def ask_sources(work: Workplace, data_sets: Iterable[str]) -> None:
    """Ask the sources of data sets side by side: one that is slow keeps no other waiting.

    Where one alone is asked, it has the time that it declares.
    """
    remote = [
        connector
        for data_set in data_sets
        for connector in work.connectors[data_set]
        if connector.is_remote
    ]
    if len(remote) == 1:
        remote[0].look()
    elif remote:
        _ask_side_by_side(remote, work.settings.district.source_wait_seconds)


def _ask_side_by_side(remote: Sequence[Connector], patience: float) -> None:
    """Ask several sources; those that did not answer in time are left, and asked the next time.

    Threads that nobody has to wait for: neither the others, nor who ends the run.
    """
    begun = time.monotonic()
    left, done = queue.SimpleQueue[Connector](), queue.SimpleQueue[Connector]()
    for connector in remote:
        left.put(connector)

    def work() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                connector = left.get_nowait()
                try:
                    connector.look()
                finally:
                    done.put(connector)

    for _ in range(min(len(remote), MOST_ASKED_AT_ONCE)):
        threading.Thread(target=work, daemon=True).start()
    waiting = list(remote)
    with contextlib.suppress(queue.Empty):
        while waiting:
            passed = time.monotonic() - begun
            waiting.remove(done.get(timeout=max(patience - passed, 0.001)))
    for connector in waiting:
        connector.leave(time.monotonic() - begun)


@contextlib.contextmanager
def asked_sources(work: Workplace, data_sets: Sequence[str]) -> Iterator[None]:
    """Sources are asked on entering; on leaving each attempt has its receipt, come what may."""
    try:
        ask_sources(work, data_sets)
        yield
    finally:
        for data_set in data_sets:
            _finish(work, data_set)


def _finish(work: Workplace, data_set: str) -> list[str]:
    """Put down what came of asking; what could not be put down."""
    stuck = []
    for connector in work.connectors[data_set]:
        try:
            connector.finished()
        except OSError as error:
            stuck.append(f"{connector.name}: no receipt could be written: {error}")
    return stuck


def collect(
    work: Workplace, data_sets: Sequence[str], *, quietly: bool = False
) -> dict[str, Collected]:
    """Archive what is on offer for data sets, parse what was not parsed before, and record it."""
    run_id = state.identity_of(work.settings).run_id
    ask_sources(work, data_sets)
    found, entries = {}, []
    for data_set in data_sets:
        if not quietly:
            work.say(f"收集 / collect  {data_set}")
        begin = time.perf_counter()
        found[data_set] = collect_one(work, work.declarations.get(data_set))
        seconds = time.perf_counter() - begin
        told = asdict(found[data_set])
        entries.append(StepRecord("collect", data_set, run_id, "", "done", seconds, told))
    with state.opened(work.settings) as con:
        state.insert(con, entries)
    return found


def collect_one(work: Workplace, declared: Declared) -> Collected:
    """The same for one data set, without recording it."""
    collected = Collected()
    with work.archive.receiving():
        for connector, offer in offers_of(work, declared):
            if isinstance(offer, QutongError):
                collected.stuck.append(offer.render())
                continue
            collected.offered += 1
            try:
                collected.received_new += _take(work, declared, connector, offer)
            except QutongError as error:
                collected.stuck.append(error.render())
    collected.stuck += _finish(work, declared.id)
    collected.stuck += [
        _damaged(path).render() for path in work.archive.damaged_entries(declared.id)
    ]
    collected.stuck += [error.render() for error in sample_archive(work, declared.id)]
    for delivery in work.archive.deliveries(declared.id):
        collected.deliveries += 1
        try:
            parsed, is_work = work.store.parse(
                delivery, declared, work.archive, work.declarations.codelists
            )
        except DamagedError as error:
            if error.render() not in collected.stuck:
                collected.stuck.append(error.render())
            continue
        collected.parsed_now += is_work
        collected.observations += parsed.accepted
        collected.quarantined += parsed.quarantined
        collected.unreadable += parsed.refusal is not None
    return collected


def _take(work: Workplace, declared: Declared, connector: Connector, offer: Offer) -> bool:
    """Archive an offer, and let the connector remove it; says whether it is news.

    Raises:
        QutongError: it is not at rest, or cannot be archived or removed.
    """
    if is_news(work, declared, offer):
        apart.start()  # it imports while the file comes to rest and is archived
        if not offer.origin:
            work.wait_until_at_rest(offer.path)
    _, receipt = work.archive.store(
        offer.path,
        declared.id,
        connector=offer.connector,
        delivered_on=offer.delivered_on,
        place=offer.place,
        is_removed=offer.is_removed,
        is_well_named=lambda name: matches(name, declared.data_set),
        origin=offer.origin,
    )
    try:
        connector.taken(offer)
    except OSError as error:
        raise QutongError(
            f"received, but it cannot be removed from the inbox: {error.strerror}",
            file=printable(str(offer.path)),
            remedy="remove it by hand, or mend the rights of the folder",
        ) from error
    return receipt.outcome != "unchanged"


def _damaged(entry: Path) -> QutongError:
    return QutongError(
        "the entry of a delivery is damaged, and no receipt tells of it / 交付登记已损坏",
        file=entry,
        remedy="restore this file from the backup of var/archive, or deliver the file again",
    )


def is_news(work: Workplace, declared: Declared, offer: Offer) -> bool:
    """Whether what is on offer says anything that is not known (see ``Received.outcome``)."""
    try:
        sha256, _ = work.archive.hash_of(offer.path)
    except OSError:
        return True
    return work.archive.known(declared.id).outcome(sha256, offer.place) != "unchanged"


def has_news(work: Workplace, selected: Sequence[Declared]) -> bool:
    """Whether anything on offer is news, or was received and is to be read; nothing is stored."""
    for declared in selected:
        offered = [offer for _, offer in offers_of(work, declared)]
        if any(isinstance(offer, Offer) and is_news(work, declared, offer) for offer in offered):
            return True
        if work.store.unmade(work.archive.deliveries(declared.id), declared):
            return True
    return False
