"""The worlds of ``postgresql`` and ``sql``: a table in a server, with the columns of a delivery.

Belongs here: laying deliveries into a table, breaking it. Does not belong here: starting servers
(``database``), and expectations.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Final, Self

from tests.sources import database
from tests.sources.database import ENVIRONMENT, PASSWORD, USER
from tests.sources.worlds import NAME
from tests.support import PROFILE_HEADER

HEADERS: Final = PROFILE_HEADER.split(",")
CREATE: Final = f"CREATE TABLE gdp (n int, {', '.join(f'{name} varchar(99)' for name in HEADERS)})"
QUERY: Final = f"SELECT {PROFILE_HEADER} FROM gdp ORDER BY n"
Do = Callable[..., object]


class _Table:
    """A table that holds one delivery; another delivery replaces it.

    Attributes:
        harms: By the way of breaking: what breaks it, and what mends it.
        moved: Nothing: only by reading a table is it known whether it changed.
    """

    harms: ClassVar[Mapping[str, tuple[str, str]]]
    do: Do
    moved = 0

    def __init__(self, folder: Path) -> None:
        self.secrets = dict(ENVIRONMENT)
        self._broken = ""

    def put(self, content: bytes, name: str = NAME) -> None:
        """Replace what the table holds."""
        rows = [
            f"({number}, " + ", ".join("'" + cell.replace("'", "''") + "'" for cell in row) + ")"
            for number, row in enumerate(_rows(content))
        ]
        self.do("DELETE FROM gdp", f"INSERT INTO gdp VALUES {', '.join(rows)}")

    def remove(self, name: str = NAME) -> None:
        """Empty it."""
        self.do("DELETE FROM gdp")

    def is_kept(self, archived: bytes, content: bytes) -> bool:
        """Whether the archive has the rows."""
        from pyarrow import parquet

        table = parquet.ParquetFile(io.BytesIO(archived)).read()
        found = [tuple(row.values()) for row in table.to_pylist()]
        return table.column_names == HEADERS and found == _rows(content)

    def break_by(self, how: str) -> None:
        """Carry out what breaks it."""
        self._broken = how
        self.do(self.harms[how][0])

    def mend(self) -> None:
        """Carry out what mends it."""
        if self._broken:
            self.do(self.harms[self._broken][1])
            self._broken = ""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.mend()


def _rows(content: bytes) -> list[tuple[str, ...]]:
    return [tuple(row) for row in csv.reader(io.StringIO(content.decode()))][1:]


_RENAMED: Final = {
    "no table": ("ALTER TABLE gdp RENAME TO other", "ALTER TABLE other RENAME TO gdp"),
    "no column": (
        "ALTER TABLE gdp RENAME COLUMN 数值 TO 值",
        "ALTER TABLE gdp RENAME COLUMN 值 TO 数值",
    ),
}


class PostgresWorld(_Table):
    """A table of PostgreSQL."""

    connector: ClassVar[str] = "postgresql"
    breaks: ClassVar[Mapping[str, str]] = {
        "no table": "42P01", "no column": "42703", "no rights": "42501",
        "wrong password": "28P01", "too many connections": "53300",
    }  # fmt: skip
    harms: ClassVar[Mapping[str, tuple[str, str]]] = _RENAMED | {
        "no rights": (f"REVOKE SELECT ON gdp FROM {USER}", f"GRANT SELECT ON gdp TO {USER}"),
        "wrong password": (
            f"ALTER ROLE {USER} PASSWORD 'another'",
            f"ALTER ROLE {USER} PASSWORD '{PASSWORD}'",
        ),
        "too many connections": (
            f"ALTER ROLE {USER} CONNECTION LIMIT 0",
            f"ALTER ROLE {USER} CONNECTION LIMIT -1",
        ),
    }

    def __enter__(self) -> Self:
        self.server = database.running_postgres()
        self.name = self.server.database(CREATE)
        self.do: Do = lambda *statements: self.server.do(*statements, database=self.name)
        return self

    def source(self) -> dict[str, Any]:
        """What the declaration says."""
        return self.server.source(self.name, QUERY)


class SqlWorld(_Table):
    """A table of MariaDB."""

    connector: ClassVar[str] = "sql"
    breaks: ClassVar[Mapping[str, str]] = {
        "no table": "1146", "no column": "1054", "no rights": "1142", "wrong password": "1045",
    }  # fmt: skip
    harms: ClassVar[Mapping[str, tuple[str, str]]] = _RENAMED | {
        # of the right to read the whole database, the right to look at it is left
        "no rights": (
            f"REVOKE SELECT ON district.* FROM {USER}@'%'",
            f"GRANT SELECT ON district.* TO {USER}@'%'",
        ),
        "wrong password": (
            f"ALTER USER {USER}@'%' IDENTIFIED BY 'another'",
            f"ALTER USER {USER}@'%' IDENTIFIED BY '{PASSWORD}'",
        ),
    }

    def __enter__(self) -> Self:
        self.server = database.running_mariadb()
        self.name = self.server.database(CREATE)
        self.server.do(f"GRANT CREATE TEMPORARY TABLES ON district.* TO {USER}@'%'")
        self.do: Do = lambda *statements: self.server.do(*statements, database=self.name)
        return self

    def source(self) -> dict[str, Any]:
        """What the declaration says."""
        return self.server.source(self.name, QUERY)
