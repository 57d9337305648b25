"""Where things lie in a directory of releases, and which names they may bear.

Belongs here: paths and identifiers, computed without touching the disk. Does not belong here:
creating, checking or moving anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import ReleaseError

MART_FILE = "mart.duckdb"
MANIFEST_FILE = "manifest.json"
DATAPACKAGE_FILE = "datapackage.json"
CITATION_FILE = "CITATION.cff"
REPORT_JSON = "quality/report.json"
REPORT_HTML = "quality/report.html"
SEMANTICS_FILE = "semantic/ossie.json"
YEARBOOK_FILE = "xlsx/yearbook.xlsx"
MONTHLY_FILE = "xlsx/monthly.xlsx"
MART_SCRIPT = "site/data/mart.js"
"""The database as a page loads it: made when it is finished, so listed in the manifest alone."""
RELEASE_FILE_TABLE = ("meta", "release_file")

BUILDING_PREFIX = ".building-"
PUBLISHING_PREFIX = ".publishing-"
POINTER_PREFIX = ".current-"

_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
LEDGER_FILE = "ledger.jsonl"
_RESERVED = frozenset({"current", "pin", LEDGER_FILE})


def may_name_release(name: str) -> bool:
    """Whether a directory of that name can be a release."""
    return _ID.fullmatch(name) is not None and name not in _RESERVED


def checked_release_id(release_id: str) -> str:
    """The id itself when it may name a directory; otherwise a ``ReleaseError``."""
    if not may_name_release(release_id):
        raise ReleaseError(
            f"{release_id!r} cannot be a release id / 不能用作版本号",
            remedy=(
                "use letters, digits, '.', '_' and '-', not starting with '.', "
                f"and none of 'current', 'pin', '{LEDGER_FILE}'"
            ),
        )
    return release_id


@dataclass(frozen=True)
class Releases:
    """The paths of one directory of releases."""

    root: Path

    @property
    def current(self) -> Path:
        """The directory symlink readers follow."""
        return self.root / "current"

    @property
    def pin(self) -> Path:
        """Present while a rollback holds the pointer."""
        return self.root / "pin"

    @property
    def ledger(self) -> Path:
        """What was ever published from here, see ``ledger``."""
        return self.root / LEDGER_FILE

    def release(self, release_id: str) -> Path:
        """A published release."""
        return self.root / checked_release_id(release_id)

    def building(self, release_id: str) -> Path:
        """A release being built aside; readers never look there."""
        return self.root / f"{BUILDING_PREFIX}{checked_release_id(release_id)}"

    def publishing(self, release_id: str) -> Path:
        """A mark that says: this release got its name, the pointer has not moved yet."""
        return self.root / f"{PUBLISHING_PREFIX}{checked_release_id(release_id)}"


def parquet_path(schema: str, table: str) -> str:
    """Path of a table's Parquet file, relative to its release."""
    return f"parquet/{schema}/{table}.parquet"


def csv_path(schema: str, table: str) -> str:
    """Path of a table's CSV file, relative to its release."""
    return f"csv/{schema}/{table}.csv"


def workbook_path(schema: str) -> str:
    """Path of a theme's workbook, relative to its release."""
    return f"xlsx/{schema}.xlsx"


def brief_path(subject: str, language: str = "zh") -> str:
    """Path of the brief of a theme, or of the district, in a language, relative to its release."""
    return f"brief/{subject}.docx" if language == "zh" else f"brief/{subject}.{language}.docx"


def release_id_of(directory: Path) -> str:
    """The release id a release or candidate directory stands for."""
    return directory.name.removeprefix(BUILDING_PREFIX)
