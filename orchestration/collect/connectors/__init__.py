"""Connectors: where deliveries come from. A connector is a module under an entry point.

A data set names its own (``delivery.connector``), and says what that needs to know
(``delivery.source``); what somebody lays into a folder or the inbox by hand is taken all the same.

Belongs here: what a connector is, which there are, and what holds for all of them. Does not belong
here: any one source (a module each), and storing or reading what it offers.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from orchestration.declarations import Declarations, Declared
    from orchestration.settings import Settings
    from orchestration.spec import DataSet


@dataclass(frozen=True)
class Offer:
    """A file on offer for a data set.

    Attributes:
        path: Where its bytes lie on this disk; a connector to elsewhere fetches them first.
        connector: Name of the connector, for the receipt.
        delivered_on: When it was delivered, where the source says so.
        place: Where it lies, and which thing that is: the same place is offered again as long as
            nothing was laid there anew. Without it, known bytes are news where others came since.
        is_removed: Whether ``taken`` removes it: the archive then reads its copy back first.
        origin: What the source calls it, where that is not its path.
    """

    data_set_id: str
    path: Path
    connector: str
    delivered_on: date | None
    place: str = ""
    is_removed: bool = False
    origin: str = ""


class Connector(Protocol):
    """A place that deliveries come from.

    Attributes:
        name: In receipts.
        is_remote: Whether looking there may take long: several are then looked at side by side.
    """

    name: str
    is_remote: bool

    def look(self) -> None:
        """Find out what is on offer, where that takes time; ``offers`` does so else."""
        ...

    def leave(self, seconds: float) -> None:
        """Looking there took too long, and the run goes on; ``offers`` says so."""
        ...

    def offers(self, data_set: DataSet) -> Iterator[Offer]:
        """What is on offer now, in a stable order.

        Raises:
            QutongError: no more can be had, after what was yielded.
        """
        ...

    def taken(self, offer: Offer) -> None:
        """The offer is archived and has its receipt."""
        ...

    def finished(self) -> None:
        """All that was on offer is archived, or stays where it is."""
        ...

    def unclaimed(self, known: set[str]) -> Sequence[str]:
        """What lies there for none of the known data sets, as the person is told it."""
        ...


def places_of(settings: Settings) -> tuple[Connector, ...]:
    """Where people lay files for any data set: the folder of deliveries and the inbox."""
    from orchestration.collect.connectors import folder

    return folder.connectors(settings)


def connectors_of(
    settings: Settings, declarations: Declarations, now: datetime, periods: tuple[str, ...] = ()
) -> Mapping[str, tuple[Connector, ...]]:
    """The places to look for each data set at: the folder, the inbox, and the source it names.

    Args:
        now: The moment of the run.
        periods: Awaited periods that are asked for; the last that is over where none is named.
    """
    places = places_of(settings)
    return {
        declared.id: (*places, *_source_of(declared, declarations, now, periods))
        for declared in declarations
    }


def _source_of(
    declared: Declared, declarations: Declarations, now: datetime, periods: tuple[str, ...]
) -> tuple[Connector, ...]:
    if declared.data_set.delivery.connector == "folder":
        return ()
    from orchestration.collect.connectors.pulling import source_of

    connector = source_of(declared, declarations, now, periods)
    return () if connector is None else (connector,)


def matches(file_name: str, data_set: DataSet) -> bool:
    """Whether the file is named as the data set's deliveries are."""
    return any(fnmatch.fnmatch(file_name, pattern) for pattern in data_set.delivery.pattern)


def is_delivery(path: Path) -> bool:
    """False for hidden names, lock files of office programs and files still being written."""
    hidden = any(part.startswith((".", "~$")) for part in path.parts)
    return not hidden and path.suffix not in {".part", ".tmp", ".crdownload"}


def stated_day(path: PurePath) -> date | None:
    """The day that a folder is called by (2025-07-15): when what lies in it was delivered."""
    for part in path.parts[:-1]:
        try:
            return date.fromisoformat(part)
        except ValueError:
            continue
    return None
