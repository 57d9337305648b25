"""MySQL, MariaDB and every database that has a DB-API module: the result of a query, in batches.

``pymysql`` and ``sqlite3`` are known by name: how a session is made that cannot write, and what
their errors mean. Any other module is named in the declaration with what it connects by and with
what begins a transaction that only reads.

Belongs here: sessions by DB-API, types and errors of its modules. Does not belong here: queries,
watermarks, drift (``query``), files (``table``).
"""

from __future__ import annotations

import contextlib
import importlib
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from pydantic import Field, model_validator

from orchestration.collect.connectors import query
from orchestration.collect.connectors.query import Failure, QuerySection, Statement, Value
from orchestration.collect.connectors.source import Asked, Pulled, SourceError
from orchestration.collect.connectors.table import Column, batches_of, text_of
from orchestration.spec import SourceSection

if TYPE_CHECKING:
    import ssl

    import pyarrow as pa

_SECRET = re.compile(r"\{([A-Z][A-Z0-9_]*)\}")
_IS_SECRET = re.compile(r"passw|pwd|secret|token", re.IGNORECASE)


class Section(QuerySection):
    """What ``delivery.source`` says of a database with a DB-API module."""

    module: str = Field(
        default="pymysql",
        pattern=r"^[A-Za-z_][\w.]*$",
        description="pymysql for MySQL and MariaDB, sqlite3 for a file, or another DB-API module.",
    )
    host: str = Field(default="", description="Of pymysql.")
    port: int = Field(default=3306, ge=1, le=65535, description="Of pymysql.")
    database: str = Field(default="", description="Of pymysql; of sqlite3 the path of its file.")
    arguments: dict[str, Any] = Field(
        default={},
        description="Of another module: what its connect() takes; {NAME} stands for a secret.",
    )
    begin: tuple[str, ...] = Field(
        default=(),
        description="Of another module: statements after which a session only reads, such as "
        "SET TRANSACTION READ ONLY.",
    )

    @property
    def lexes_as_mysql(self) -> bool:
        """Whether a backslash in a text hides what follows, and # begins a remark."""
        return self.module.partition(".")[0] in ("pymysql", "MySQLdb", "mysql", "mariadb")

    @model_validator(mode="after")
    def _module(self) -> Section:
        if self.module == "pymysql":
            self._needs("host", "database", "user")
        elif self.module == "sqlite3":
            self._needs("database")
        else:
            self._needs("begin")
        for name, value in self.arguments.items():
            if _IS_SECRET.search(name) and not _SECRET.fullmatch(str(value)):
                raise ValueError(f"arguments.{name} is a secret: give its name, as {{NAME}}")
        return self

    def _needs(self, *names: str) -> None:
        for name in names:
            if not getattr(self, name):
                raise ValueError(f"`{name}` is needed for the module {self.module}")


def origin(section: SourceSection) -> str:
    """Module, host and database."""
    assert isinstance(section, Section)
    if section.module == "pymysql":
        return f"mysql://{section.host}:{section.port}/{section.database}"
    if section.module == "sqlite3":
        return f"sqlite://{section.database}"
    told = [f"{name}={value}" for name, value in section.arguments.items()]
    return f"{section.module}({', '.join(told)})"


def pull(asked: Asked) -> Iterator[Pulled]:
    """The result of the query.

    Raises:
        SourceError: see ``Source``.
    """
    section = asked.section
    assert isinstance(section, Section)
    database = _KNOWN.get(section.module, _Other)(section.module)
    return query.pulled(asked, database, origin(section))


# --- any module ---------------------------------------------------------------------------------


@dataclass
class _Session:
    """A session by DB-API.

    Attributes:
        types: What the database calls its types, by the codes of a description; empty where it
            has none, or none that say what values will come.
        told: What is known of the snapshot.
    """

    connection: Any
    style: str
    batch_rows: int
    types: Mapping[Any, str]
    told: Mapping[str, str]
    is_text: bool = False

    def snapshot(self) -> Mapping[str, str]:
        """What is known of it."""
        return self.told

    def select(
        self, statement: Statement, values: Mapping[str, Value]
    ) -> tuple[list[Column], Iterable[pa.RecordBatch]]:
        """Carry out the query; rows are fetched as they are asked for."""
        text, bound = self._bound(statement, values)
        cursor = self.connection.cursor()
        cursor.execute(text, *([bound] if bound else []))
        columns = [
            Column(str(name), self.types.get(code, "")) for name, code, *_ in cursor.description
        ]
        return columns, batches_of(columns, self._rows(cursor))

    def _rows(self, cursor: Any) -> Iterator[Sequence[Sequence[Any]]]:
        while rows := cursor.fetchmany(self.batch_rows):
            yield rows
        cursor.close()

    def _bound(
        self, statement: Statement, values: Mapping[str, Value]
    ) -> tuple[str, dict[str, Any] | list[Any]]:
        """The text with its places in the style of the module, and what is bound to them."""
        place = _STYLES[self.style]
        is_named = self.style in ("named", "pyformat")
        # where % marks places, one that is text is doubled; but only where anything is bound
        doubles = self.style in ("format", "pyformat") and bool(statement.names)
        names: list[str] = []

        def placed(name: str) -> str:
            names.append(name)
            return place.format(name=name, number=len(names))

        text = statement.sent(placed, lambda part: part.replace("%", "%%") if doubles else part)
        given = {name: self._given(value) for name, value in values.items()}
        return text, given if is_named else [given[name] for name in names]

    def _given(self, value: Value) -> Value:
        return text_of(value) if self.is_text and isinstance(value, date | Decimal) else value


_STYLES: Final = {
    "qmark": "?",
    "numeric": ":{number}",
    "named": ":{name}",
    "format": "%s",
    "pyformat": "%({name})s",
}


class _Other:
    """A module that nothing is known of but DB-API."""

    def __init__(self, name: str) -> None:
        self.name = name
        try:
            self.module: Any = importlib.import_module(name)
        except ImportError as error:
            raise SourceError(
                f"未安装模块 {name}", f"the module {name} is not installed: {error}",
                remedy=f"install the package that has it: pip install {name.partition('.')[0]}",
                status="module",
            ) from None  # fmt: skip
        if getattr(self.module, "apilevel", "") != "2.0":
            raise SourceError(
                f"{name} 不是 DB-API 模块", f"{name} is no DB-API 2.0 module",
                remedy="name one in delivery.source.module", status="module",
            )  # fmt: skip

    @contextlib.contextmanager
    def opened(self, asked: Asked) -> Iterator[_Session]:
        """A session by what is declared of it."""
        section = _section(asked)
        if hasattr(self.module, "defaults"):  # oracledb: a NUMBER keeps every digit
            self.module.defaults.fetch_decimals = True
        arguments = {name: _filled(value, asked) for name, value in section.arguments.items()}
        with contextlib.closing(self.module.connect(**arguments)) as connection:
            if hasattr(connection, "call_timeout"):
                connection.call_timeout = int(asked.in_time() * 1000)
            _carry_out(connection, section.begin)
            yield _Session(
                connection, self.module.paramstyle, section.batch_rows, {}, _moment(asked)
            )

    def failure(self, error: Exception) -> Failure | None:
        """By the class of the error, which is all that DB-API says of it."""
        if not isinstance(error, self.module.Error):
            return None
        cause = "query"
        if isinstance(error, self.module.InterfaceError):
            cause = "down"
        elif isinstance(error, self.module.OperationalError):
            cause = "busy"
        return Failure(cause, type(error).__name__, str(error))


def _section(asked: Asked) -> Section:
    assert isinstance(asked.section, Section)
    return asked.section


def _filled(value: Any, asked: Asked) -> Any:
    if not isinstance(value, str):
        return value
    return _SECRET.sub(lambda found: asked.secrets.get(found[1]), value)


def _moment(asked: Asked) -> dict[str, str]:
    return {"time": asked.now.isoformat(timespec="seconds")}


def _carry_out(connection: Any, statements: Iterable[str]) -> None:
    with contextlib.closing(connection.cursor()) as cursor:
        for text in statements:
            cursor.execute(text)


# --- MySQL and MariaDB --------------------------------------------------------------------------

_SILENT_SECONDS: Final = 15
_MYSQL_TYPES: Final = {
    0: "numeric", 1: "tinyint", 2: "smallint", 3: "integer", 4: "real", 5: "double",
    7: "timestamp", 8: "bigint", 9: "mediumint", 10: "date", 11: "time", 12: "datetime",
    13: "year", 14: "date", 15: "varchar", 16: "bit", 245: "json", 246: "numeric", 247: "enum",
    248: "set", 249: "text", 250: "text", 251: "text", 252: "text", 253: "varchar", 254: "char",
}  # fmt: skip
_MYSQL_CAUSES: Final = {
    1045: "login", 1698: "login", 1251: "login", 2059: "login", 1044: "rights", 1142: "rights",
    1143: "rights", 1370: "rights", 1049: "database", 1146: "table", 1109: "table",
    1054: "column", 1040: "many", 1203: "many", 1226: "many", 1205: "lock", 1213: "lock",
    3024: "timeout", 1969: "timeout", 1317: "timeout", 1792: "writes", 1290: "writes",
    1158: "dropped", 1159: "dropped", 1160: "dropped", 1161: "dropped", 1927: "dropped",
    2006: "dropped", 2013: "dropped", 2055: "dropped", 1053: "busy", 1194: "damaged",
    1267: "encoding", 1300: "encoding", 2002: "down", 2003: "down", 2005: "down", 1129: "down",
    1130: "login",
}  # fmt: skip


class _MySQL(_Other):
    """MySQL and MariaDB by PyMySQL, unbuffered."""

    @contextlib.contextmanager
    def opened(self, asked: Asked) -> Iterator[_Session]:
        """A transaction that can only read, and sees one snapshot."""
        from pymysql.cursors import SSCursor

        section, left = _section(asked), asked.in_time()
        connection = self.module.connect(
            host=section.host,
            port=section.port,
            database=section.database,
            user=asked.secrets.get(section.user or ""),
            # as bytes: the library would write a text in Latin-1, the server has it in UTF-8
            password=asked.secrets.get(section.password).encode() if section.password else b"",
            charset="utf8mb4",
            cursorclass=SSCursor,
            connect_timeout=section.connect_seconds,
            # the server ends what takes too long; this is for one that says nothing any more
            read_timeout=left + _SILENT_SECONDS,
            write_timeout=_SILENT_SECONDS,
            autocommit=True,
            local_infile=False,
            **_tls(section),
        )
        try:
            told = _began(connection, section, left)
            yield _Session(connection, "pyformat", section.batch_rows, _MYSQL_TYPES, told)
        finally:
            _hang_up(connection)

    def failure(self, error: Exception) -> Failure | None:
        """By its number."""
        if isinstance(error, UnicodeDecodeError):
            return Failure("encoding", "encoding", error.reason)
        if not isinstance(error, self.module.Error):
            return None
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        words = str(error.args[-1]) if error.args else ""
        if number == 2026 or (number == 2003 and "SSL" in words.upper()):
            cause = "tls" if "support" in words else "certificate"
            return Failure(cause, cause, words)
        cause = "timeout" if "timed out" in words else _MYSQL_CAUSES.get(number, "query")
        return Failure(cause, str(number or "query"), words)


def _began(connection: Any, section: Section, left: float) -> dict[str, str]:
    """Begin the transaction; when that was, and what the server is."""
    version = str(connection.get_server_info())
    limit = f"max_statement_time={left:.3f}"
    if "mariadb" not in version.lower():
        limit = f"max_execution_time={left * 1000:.0f}"
    lock = max(int(section.lock_seconds), 1)
    _carry_out(
        connection,
        (
            f"SET SESSION {limit}, lock_wait_timeout={lock}, innodb_lock_wait_timeout={lock}, "
            "time_zone='+00:00'",
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "SET SESSION TRANSACTION READ ONLY",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        ),
    )
    with contextlib.closing(connection.cursor()) as cursor:
        cursor.execute("SELECT UTC_TIMESTAMP(6)")
        ((moment,),) = cursor.fetchall()
    return {"time": f"{moment.isoformat()}+00:00", "server": version.removeprefix("5.5.5-")}


def _tls(section: Section) -> dict[str, Any]:
    if section.tls == "off":
        return {"ssl_disabled": True}
    return {"ssl": _context(section)}


def _context(section: Section) -> ssl.SSLContext:
    import ssl

    try:
        context = ssl.create_default_context(
            cafile=str(section.authority) if section.authority else None
        )
    except (OSError, ssl.SSLError) as error:
        raise SourceError(
            "证书机构文件无法使用", f"the file of the authority cannot be used: {error}",
            remedy="mend delivery.source.authority", status="certificate",
        ) from None  # fmt: skip
    context.check_hostname = section.tls == "verify-full"
    if section.tls == "unverified":
        context.verify_mode = ssl.CERT_NONE
    return context


def _hang_up(connection: Any) -> None:
    """Close without reading what is left of a result, which may be any amount."""
    result = connection._result
    if result is not None and result.unbuffered_active:
        result.unbuffered_active = False
        connection._force_close()
    elif connection.open:
        connection.close()


# --- a file of SQLite ---------------------------------------------------------------------------

_SQLITE_CAUSES: Final = {
    "SQLITE_BUSY": "lock", "SQLITE_LOCKED": "lock", "SQLITE_READONLY": "writes",
    "SQLITE_CANTOPEN": "down", "SQLITE_PERM": "rights", "SQLITE_AUTH": "rights",
    "SQLITE_NOTADB": "damaged", "SQLITE_CORRUPT": "damaged", "SQLITE_IOERR": "damaged",
    "SQLITE_INTERRUPT": "timeout",
}  # fmt: skip
_SQLITE_WORDS: Final = (
    ("no such table", "table"), ("no such column", "column"), ("decode to UTF-8", "encoding"),
)  # fmt: skip


class _SQLite(_Other):
    """A file, opened so that nothing can be written."""

    @contextlib.contextmanager
    def opened(self, asked: Asked) -> Iterator[_Session]:
        """A transaction that can only read."""
        section = _section(asked)
        place = f"file:{quote(str(Path(section.database).absolute()))}?mode=ro"
        connection = self.module.connect(
            place, uri=True, timeout=section.lock_seconds, isolation_level=None
        )
        with contextlib.closing(connection):
            end = time.monotonic() + asked.in_time()
            connection.set_progress_handler(lambda: time.monotonic() > end, 100_000)
            _carry_out(connection, ("PRAGMA query_only = ON", "BEGIN"))
            yield _Session(
                connection, "named", section.batch_rows, {}, _moment(asked), is_text=True
            )

    def failure(self, error: Exception) -> Failure | None:
        """By its name."""
        if not isinstance(error, self.module.Error):
            return None
        name, words = getattr(error, "sqlite_errorname", ""), str(error)
        family = "_".join(name.split("_")[:2])
        cause = _SQLITE_CAUSES.get(family) or next(
            (cause for part, cause in _SQLITE_WORDS if part in words), "query"
        )
        return Failure(cause, name or type(error).__name__, words)


_KNOWN: Final[Mapping[str, type[_Other]]] = {"pymysql": _MySQL, "sqlite3": _SQLite}
