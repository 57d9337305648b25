"""Dagster's history in SQLite, with connections that stay open.

Belongs here: how events and runs are stored. Does not belong here: what is stored, and where (the
instance's ``dagster.yaml``, see ``definitions.dagster_home``).

Dagster opens, commits, syncs and closes a database for each of the hundreds of events of a run: a
third of the time of a cold run. Here each database is opened once a process and synced at
checkpoints only: a power cut may cost the last lines of the history, never a figure, a receipt or
a verdict, which are not kept here.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
)
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from sqlalchemy.pool import QueuePool

if TYPE_CHECKING:
    from dagster import EventLogEntry
    from sqlalchemy.engine import Connection, Engine

BUSY_SECONDS = 30
REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs"}
)
"""File systems on which SQLite's locks and shared memory do not hold."""


def _engine(address: str) -> Engine:
    engine = sa.create_engine(
        address, poolclass=QueuePool, pool_size=2, connect_args={"timeout": BUSY_SECONDS}
    )

    @sa.event.listens_for(engine, "connect")
    def relax(connection: Any, record: Any) -> None:
        connection.execute("pragma synchronous = normal")

    return engine


class PooledEventLogStorage(SqliteEventLogStorage):
    """The event log as Dagster keeps it: the same files, opened once."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        # first: the parent opens connections already
        self._engines: dict[str, Engine] = {}
        self._at_work: dict[str, Connection] = {}
        self._there: set[str] = set()
        super().__init__(base_dir, inst_data)
        self._db_lock = threading.RLock()  # type: ignore[assignment]  # one thread may nest

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> PooledEventLogStorage:
        """Made by Dagster from ``dagster.yaml``."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _kept(self, shard: str) -> Iterator[Connection]:
        if shard not in self._engines:
            with self._connect(shard):  # Dagster makes and migrates the file, under its own lock
                pass
            self._engines.setdefault(shard, _engine(self.conn_string_for_shard(shard)))
        with self._db_lock:
            if shard in self._at_work:  # by this thread, which holds the lock
                yield self._at_work[shard]
                return
            with self._engines[shard].begin() as connection:
                self._at_work[shard] = connection
                try:
                    yield connection
                finally:
                    del self._at_work[shard]

    def has_table(self, table_name: str) -> bool:
        """Asked for every event; a table that is there stays."""
        return self._is_there(f"table {table_name}", partial(super().has_table, table_name))

    def has_secondary_index(self, name: str) -> bool:
        """The same for what Dagster has migrated."""
        return self._is_there(f"index {name}", partial(super().has_secondary_index, name))

    def _is_there(self, what: str, look: Callable[[], bool]) -> bool:
        if what not in self._there and look():
            self._there.add(what)
        return what in self._there

    def store_event(self, event: EventLogEntry) -> None:
        """One transaction a file for all that an event writes."""
        with self.run_connection(event.run_id), self.index_connection():
            super().store_event(event)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """The same for the events that a run plans when it begins, hundreds of them."""
        with contextlib.ExitStack() as stack:
            for run_id in {event.run_id for event in events}:
                stack.enter_context(self.run_connection(run_id))
            stack.enter_context(self.index_connection())
            for event in events:
                super().store_event(event)

    def run_connection(self, run_id: str | None = None) -> Any:
        """A transaction on the events of one run."""
        return self._kept(run_id or INDEX_SHARD_NAME)

    def index_connection(self) -> Any:
        """A transaction on what is known across runs."""
        return self._kept(INDEX_SHARD_NAME)

    def dispose(self) -> None:
        """Close the files."""
        super().dispose()
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()


class _Opened:
    """One file of SQLite, opened once a process."""

    _conn_string: str
    _kept: Engine | None = None

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A transaction."""
        if self._kept is None:
            self._kept = _engine(self._conn_string)
        with self._kept.begin() as connection:
            yield connection

    def _close(self) -> None:
        if self._kept is not None:
            self._kept.dispose()
            self._kept = None


class PooledRunStorage(_Opened, SqliteRunStorage):
    """Runs as Dagster keeps them: the same file, opened once."""

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Any:
        """Made by Dagster from ``dagster.yaml``."""
        return cls.from_local(inst_data=inst_data, **config_value)

    def dispose(self) -> None:
        """Close the file."""
        super().dispose()
        self._close()


class PooledScheduleStorage(_Opened, SqliteScheduleStorage):
    """Schedules and their ticks as Dagster keeps them: the same file, opened once.

    The daemon notes of every schedule that is on when it looked at it: hundreds at its start.
    """

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Any:
        """Made by Dagster from ``dagster.yaml``."""
        return cls.from_local(inst_data=inst_data, **config_value)

    def dispose(self) -> None:
        """Close the file."""
        super().dispose()
        self._close()


SEARCHED_BYTES = 256 << 20
"""Up to this size a file is searched for damage throughout; of a larger one only its beginning."""


def put_aside_damaged(home: Path) -> list[Path]:
    """Make room for a new history where the one below a Dagster home cannot be read.

    Nothing stands on it: a run that stopped here would stop for nothing.

    Returns:
        Where what was damaged lies now.
    """
    aside = []
    for folder, names in (
        ("history", ("runs.db", "runs/index.db")),
        ("schedules", ("schedules.db",)),
    ):
        if all(_is_sound(home / folder / name) for name in names):
            continue
        number = 1
        while (target := home / f"{folder}-damaged-{number}").exists():
            number += 1
        aside.append((home / folder).rename(target))
    return aside


def _is_sound(file: Path) -> bool:
    """Whether SQLite reads a file, or would make it; one that somebody holds is not damaged."""
    if not file.exists():
        return True
    search = "quick_check(1)" if file.stat().st_size <= SEARCHED_BYTES else "schema_version"
    try:
        with contextlib.closing(sqlite3.connect(file, timeout=0)) as connection:
            said = connection.execute(f"pragma {search}").fetchone()
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:
        return False
    return search == "schema_version" or said == ("ok",)


def file_system_of(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """The kind of file system that a folder lies on; empty where the system does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    kinds = {
        Path(parts[1].replace("\\040", " ")): parts[2]
        for parts in (line.split() for line in lines)
        if len(parts) > 2
    }
    here = folder.resolve()
    return next((kinds[at] for at in (here, *here.parents) if at in kinds), "")
