"""A finished release, opened to be checked.

Belongs here: what every check reads. Does not belong here: the checks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from orchestration.publish.rowhash import Fingerprint
from orchestration.publish.tables import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Kept = TypeVar("Kept")


@dataclass(frozen=True)
class Package:
    """An opened release: the connection has it attached as ``mart``, the marts as ``work``.

    Attributes:
        path: Its folder.
        manifest: What its manifest says.
        con: The connection.
        tables: Its published tables.
        has_work: Whether the marts it was built from are attached.
        is_thorough: Whether files that were linked from an earlier release are read again too.
    """

    path: Path
    manifest: Mapping[str, Any]
    con: DuckDBPyConnection
    tables: tuple[Table, ...]
    has_work: bool
    is_thorough: bool = False
    _kept: dict[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """The version of its manifest; a release of an early version lacks what came later."""
        return int(self.manifest.get("manifest_version", 1))

    @property
    def release_id(self) -> str:
        """The release it says it is."""
        return str(self.manifest.get("release_id"))

    @cached_property
    def built_in(self) -> Mapping[str, str]:
        """The release each file was first built for."""
        return {
            path: str(part["built_in"])
            for product in self.manifest.get("products", [])
            for part in product["parts"]
            for path in part["files"]
        }

    def is_carried(self, path: str) -> bool:
        """Whether a file was linked from an earlier release, which was checked when it was built.

        Its hash is compared all the same.
        """
        return not self.is_thorough and self.built_in.get(path, self.release_id) != self.release_id

    def recorded(self, table: Table) -> Fingerprint | None:
        """What the manifest says of a table."""
        for entry in self.manifest.get("tables", []):
            if (entry.get("schema"), entry.get("table")) == (table.schema, table.name):
                return Fingerprint(entry.get("row_count", -1), entry.get("row_hash", ""))
        return None

    def keep(self, key: str, make: Callable[[], Kept]) -> Kept:
        """What ``make`` returns, made once."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: Kept = self._kept[key]
        return kept
