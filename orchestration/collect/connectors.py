"""Connectors: where deliveries come from.

Belongs here: finding what is on offer for a data set. Does not belong here: storing or reading
it. A connector for HTTP or a database implements the same two methods.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from orchestration.spec import DataSet


@dataclass(frozen=True)
class Offer:
    """A file on offer for a data set."""

    data_set_id: str
    path: Path
    connector: str
    delivered_on: date | None
    is_expected: bool


class Connector(Protocol):
    """A place that deliveries come from."""

    name: str

    def offers(self, data_set: DataSet) -> Iterator[Offer]:
        """What is on offer now, in a stable order."""
        ...

    def taken(self, offer: Offer) -> None:
        """The offer is archived and has its receipt."""
        ...


class FolderConnector:
    """Files below ``root/<data set>/[<YYYY-MM-DD>/]``.

    Args:
        root: The folder, or the inbox.
        name: Name in receipts.
        consume: Whether a file leaves the folder once it is archived (the inbox).
    """

    def __init__(self, root: Path, name: str, *, consume: bool) -> None:
        self.root = root
        self.name = name
        self.consume = consume

    def offers(self, data_set: DataSet) -> Iterator[Offer]:
        """Files in the order of their paths; hidden and half-written names are left alone."""
        folder = self.root / data_set.id
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            if not is_delivery(path.relative_to(folder)) or self._leads_away(path):
                continue
            yield Offer(
                data_set_id=data_set.id,
                path=path,
                connector=self.name,
                delivered_on=_folder_date(path.relative_to(folder)),
                is_expected=matches(path.name, data_set),
            )

    def _leads_away(self, path: Path) -> bool:
        """Links are not followed: what they point at was not delivered here."""
        return path.resolve() != self.root.resolve() / path.relative_to(self.root)

    def taken(self, offer: Offer) -> None:
        """Remove the file from an inbox: its bytes are safe in the archive."""
        if self.consume:
            offer.path.unlink(missing_ok=True)

    def unclaimed(self, known: set[str]) -> list[Path]:
        """Files that lie where no declared data set looks."""
        if not self.root.is_dir():
            return []
        return sorted(
            path
            for path in self.root.rglob("*")
            if path.is_file()
            and is_delivery(path.relative_to(self.root))
            and (
                len(path.relative_to(self.root).parts) == 1
                or path.relative_to(self.root).parts[0] not in known
                or self._leads_away(path)
            )
        )


def matches(file_name: str, data_set: DataSet) -> bool:
    """Whether the file is named as the data set's deliveries are."""
    return any(fnmatch.fnmatch(file_name, pattern) for pattern in data_set.delivery.pattern)


def is_delivery(path: Path) -> bool:
    """False for hidden names, lock files of office programs and files still being written."""
    hidden = any(part.startswith((".", "~$")) for part in path.parts)
    return not hidden and path.suffix not in {".part", ".tmp", ".crdownload"}


def _folder_date(path: Path) -> date | None:
    for part in path.parts[:-1]:
        try:
            return date.fromisoformat(part)
        except ValueError:
            continue
    return None
