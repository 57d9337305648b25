"""Folders: what lies below ``raw/deliveries`` stays there, what lies in the inbox is taken away.

Belongs here: files on this disk. Does not belong here: how a file is named or dated by others.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.collect.archive import natural, place_of, printable
from orchestration.collect.connectors import Offer, is_delivery, stated_day
from orchestration.spec import DataSet

if TYPE_CHECKING:
    from orchestration.settings import Settings


def connectors(settings: Settings) -> tuple[FolderConnector, ...]:
    """The folder of deliveries and the inbox."""
    return (
        FolderConnector(settings.deliveries, "folder", consume=False),
        FolderConnector(settings.inbox, "inbox", consume=True),
    )


class FolderConnector:
    """Files below ``root/<data set>/[<YYYY-MM-DD>/]``.

    Args:
        root: The folder, or the inbox.
        name: Name in receipts.
        consume: Whether a file leaves the folder once it is archived (the inbox).
    """

    is_remote = False

    def __init__(self, root: Path, name: str, *, consume: bool) -> None:
        self.root = root
        self.name = name
        self.consume = consume

    def offers(self, data_set: DataSet) -> Iterator[Offer]:
        """Files in the order of their paths, numbers in them by their size.

        Hidden and half-written names are left alone.
        """
        folder = self.root / data_set.id
        leads_away = self._links()
        begin = len(str(folder)) + 1
        for file in sorted(files_below(folder), key=lambda file: natural(file.path)):
            below = Path(file.path[begin:])
            if not is_delivery(below) or leads_away(file):
                continue
            yield Offer(
                data_set_id=data_set.id,
                path=(path := folder / below),
                connector=self.name,
                delivered_on=stated_day(below),
                place=place_of(self.name, below, _thing(path) if self.consume else ""),
                is_removed=self.consume,
            )

    def _links(self) -> Callable[[os.DirEntry[str]], bool]:
        """Tells links, which are not followed: what they point at was not delivered here.

        Thousands of files lie in few folders: each of these is resolved once.
        """
        root = self.root.resolve()

        @functools.cache
        def is_own(folder: str) -> bool:
            return Path(folder).resolve() == root / Path(folder).relative_to(self.root)

        return lambda file: file.is_symlink() or not is_own(file.path[: -len(file.name) - 1])

    def taken(self, offer: Offer) -> None:
        """Remove the file from an inbox: its bytes are safe in the archive."""
        if self.consume:
            offer.path.unlink(missing_ok=True)

    def look(self) -> None:
        """A folder is looked into at once."""

    def leave(self, seconds: float) -> None:
        """Nobody waits for a folder."""

    def finished(self) -> None:
        """Nothing is kept of a look into a folder."""

    def unclaimed(self, known: set[str]) -> list[str]:
        """Files that lie where no declared data set looks."""
        if not self.root.is_dir():
            return []
        leads_away = self._links()
        begin = len(str(self.root)) + 1
        return [
            printable(str(below))
            for below, file in sorted(
                ((Path(file.path[begin:]), file) for file in files_below(self.root)),
                key=lambda entry: entry[0],
            )
            if is_delivery(below)
            and (len(below.parts) == 1 or below.parts[0] not in known or leads_away(file))
        ]


def files_below(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """Every file below a folder, in no order; links to folders are not followed.

    None where the folder is not there or may not be looked into.
    """
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from files_below(entry.path)
        elif _is_file(entry):
            yield entry


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file, or a link that leads to one."""
    try:
        return entry.is_file()
    except OSError:  # a link that leads to itself
        return False


def _thing(path: Path) -> str:
    """What lies at a path that is emptied: two things that come to the same name are not the same.

    The time of the last change of the entry cannot be set by who copies with times preserved.
    """
    told = path.stat()
    return f"{told.st_ino}-{told.st_ctime_ns}"


def is_open_for_writing(path: Path) -> bool:
    """Whether some process of this machine has the file open to write into it.

    Known where the system grants leases (Linux, local disks, own files); False elsewhere.
    """
    if not sys.platform.startswith("linux"):
        return False
    import fcntl

    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    else:
        with contextlib.suppress(OSError):
            fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False
    finally:
        os.close(handle)
