"""What the products of a release are made from: the marts, what describes them, the settings.

Belongs here: what several products read, each thing read once in a process. Does not belong here:
any one product, and the database of the release (``database``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from orchestration.duck import share_out
from orchestration.publish.layout import RELEASE_FILE_TABLE
from orchestration.publish.printed import (
    PrintedTable,
    Source,
    Words,
    print_table,
    sources_behind,
)
from orchestration.publish.report import Row as Report
from orchestration.publish.rowhash import Fingerprint
from orchestration.publish.tables import Table, literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Kept = TypeVar("Kept")


@dataclass(frozen=True)
class FileFact:
    """What the manifest says of a file."""

    sha256: str
    size_bytes: int
    row_count: int | None = None


@dataclass
class Edition:
    """A release while it is made; can be sent to another process, which opens the marts itself.

    Attributes:
        work_db: The work database; products read from it, attached read-only as ``catalog``.
        directory: The folder of the candidate.
        release_id: Its name.
        release_time: The only time in the release.
        licence: An SPDX or Open Definition name, or a sentence.
        previous: Folder of the release in force.
        tables: The published tables.
        prints: Row count and row hash of each published table, by ``schema.table``.
        words: The words of code lists.
        synonyms: By the code of an indicator what else it is called, besides what sources print.
        report: The quality report.
        files: What is known of the files of the products that are finished.
    """

    work_db: Path
    directory: Path
    release_id: str
    release_time: datetime
    licence: str
    previous: Path | None
    tables: tuple[Table, ...]
    prints: dict[str, Fingerprint]
    words: Words
    report: Report
    catalog: str = "work"
    synonyms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: dict[str, FileFact] = field(default_factory=dict)
    opened: DuckDBPyConnection | None = None
    kept: dict[object, Any] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "opened": None, "kept": {}}

    @property
    def con(self) -> DuckDBPyConnection:
        """A connection that has the work database attached as ``catalog``."""
        if self.opened is None:
            import duckdb

            self.opened = duckdb.connect()
            self.opened.execute("set timezone = 'UTC'")
            share_out(self.opened, self.work_db)
            self.opened.execute(
                f"attach {literal(str(self.work_db))} as {self.catalog} (read_only)"
            )
        return self.opened

    @property
    def marts(self) -> tuple[Table, ...]:
        """The published tables but the list of files, which is filled last."""
        return tuple(t for t in self.tables if (t.schema, t.name) != RELEASE_FILE_TABLE)

    @property
    def head(self) -> Mapping[str, Any]:
        """What a paper says of its release besides id and time."""
        release = self.report["release"]
        return {
            "district": [release["district_name_zh"], release["district_name_en"]],
            "district_code": self.keep("district", self._district),
            "policy": release["policy"],
            "statement": [self.report["statement_zh"], self.report["statement_en"]],
        }

    @property
    def compiled(self) -> Path:
        """A folder for compiled templates, which take a run longer to compile than to render."""
        folder = self.work_db.parent / "templates"
        folder.mkdir(exist_ok=True)
        return folder

    def _district(self) -> str:
        row = self.con.execute(f"select district_code from {self.catalog}.meta.release").fetchone()
        return str(row[0] or "") if row else ""

    def keep(self, key: object, make: Callable[[], Kept]) -> Kept:
        """What ``make`` returns, made once in this process."""
        if key not in self.kept:
            self.kept[key] = make()
        kept: Kept = self.kept[key]
        return kept

    @property
    def words_digest(self) -> str:
        """Digest of all words of code lists."""
        return self.keep("words", lambda: sha256(repr(self.words).encode()).hexdigest())

    def row_hash(self, name: str) -> str:
        """The row hash of a table (``schema.table``); empty where there is no such table."""
        return self.prints[name].row_hash if name in self.prints else ""

    @property
    def sources(self) -> Mapping[str, Sequence[Source]]:
        """The documents behind each table."""
        return self.keep(
            "sources behind", lambda: sources_behind(self.con, self.catalog, self.marts)
        )

    def printed(self, table: Table, number: str) -> PrintedTable:
        """A table as it is printed, under its number."""
        return self.keep(
            ("printed", table.qualified, number),
            lambda: print_table(
                self.con, self.catalog, table, number, self.words, self.sources[table.qualified]
            ),
        )
