"""Connectors: where deliveries come from. A connector is a module of this package.

A data set names the module that looks for its files (``delivery.connector``); what somebody lays
into a folder or the inbox by hand is taken all the same.

Belongs here: what a connector is, which there are, and what holds for all of them. Does not belong
here: any one source (a module each), and storing or reading what it offers.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol

from orchestration.spec import DataSet

if TYPE_CHECKING:
    from orchestration.settings import Settings


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
    """

    data_set_id: str
    path: Path
    connector: str
    delivered_on: date | None
    place: str = ""
    is_removed: bool = False


class Connector(Protocol):
    """A place that deliveries come from."""

    name: str

    def offers(self, data_set: DataSet) -> Iterator[Offer]:
        """What is on offer now, in a stable order."""
        ...

    def taken(self, offer: Offer) -> None:
        """The offer is archived and has its receipt."""
        ...

    def unclaimed(self, known: set[str]) -> Sequence[str]:
        """What lies there for none of the known data sets, as the person is told it."""
        ...


def connectors_of(settings: Settings) -> tuple[Connector, ...]:
    """Every connector of every module, in the order of their names.

    A module has ``connectors(settings)``, which returns as many as it has places to look at.
    """
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return tuple(connector for module in modules for connector in module.connectors(settings))


def matches(file_name: str, data_set: DataSet) -> bool:
    """Whether the file is named as the data set's deliveries are."""
    return any(fnmatch.fnmatch(file_name, pattern) for pattern in data_set.delivery.pattern)


def is_delivery(path: Path) -> bool:
    """False for hidden names, lock files of office programs and files still being written."""
    hidden = any(part.startswith((".", "~$")) for part in path.parts)
    return not hidden and path.suffix not in {".part", ".tmp", ".crdownload"}
