"""PostgreSQL: the result of a query, read through ADBC as a stream of Arrow batches.

All is read in one transaction that cannot write and sees one snapshot. Parameters are bound to
settings of that transaction, which the query reads: so it can be copied out as a stream, where
bound parameters of a statement would make the library hold the whole result.

Belongs here: what is PostgreSQL's own: connection, transaction, types, SQLSTATE. Does not belong
here: queries, watermarks, drift (``query``), files (``table``).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from orchestration.collect.connectors import query
from orchestration.collect.connectors.query import Failure, QuerySection, Statement, Value
from orchestration.collect.connectors.source import Asked, Pulled, SourceError
from orchestration.collect.connectors.table import Column, no_cell
from orchestration.spec import SecretName, SourceSection

if TYPE_CHECKING:
    import pyarrow as pa
    from adbc_driver_manager.dbapi import Connection

_BATCH_BYTES: Final = 4_000_000
_SILENT_SECONDS: Final = 60
"""A server that acknowledges nothing for so long is gone."""


class Section(QuerySection):
    """What ``delivery.source`` says of PostgreSQL."""

    host: str = Field(min_length=1)
    port: int = Field(default=5432, ge=1, le=65535)
    database: str = Field(min_length=1)
    user: SecretName | None = Field(description="Name of the secret that says who asks.")


def origin(section: SourceSection) -> str:
    """Host and database."""
    assert isinstance(section, Section)
    return f"postgresql://{section.host}:{section.port}/{section.database}"


def pull(asked: Asked) -> Iterator[Pulled]:
    """The result of the query.

    Raises:
        SourceError: see ``Source``.
    """
    return query.pulled(asked, _PostgreSQL(), origin(asked.section))


class _PostgreSQL:
    @contextlib.contextmanager
    def opened(self, asked: Asked) -> Iterator[_Session]:
        """A transaction that can only read, and sees one snapshot."""
        import adbc_driver_postgresql.dbapi as adbc

        section = asked.section
        assert isinstance(section, Section)
        with contextlib.ExitStack() as kept:
            connection = adbc.connect(_address(section, asked), autocommit=True)
            kept.callback(connection.close)
            session = _Session(connection, kept)
            session.begin(
                statement_timeout=int(asked.in_time() * 1000),
                lock_timeout=max(int(section.lock_seconds * 1000), 1),
            )
            yield session

    def failure(self, error: Exception) -> Failure | None:
        """By SQLSTATE; where the library has none (a connection, a stream), by the words."""
        from adbc_driver_manager import Error

        if not isinstance(error, Error | _BrokenOffError):
            return None
        text = str(error)
        told = _TOLD.search(text)
        status = getattr(error, "sqlstate", None) or (told[1] if told else "")
        words = _NOISE.sub("", text)
        if status:
            return Failure(_cause(status), status, words)
        cause, status = next(
            (found for pattern, found in _WORDS if re.search(pattern, text, re.IGNORECASE)),
            ("down", "08001"),
        )
        return Failure(cause, status, words)


def _address(section: Section, asked: Asked) -> str:
    """Where and as whom to connect.

    What is empty is said too: else variables and files of the user would decide.
    """
    tls = {"off": "disable", "unverified": "require"}.get(section.tls, section.tls)
    told = {
        "host": section.host,
        "hostaddr": "",
        "port": section.port,
        "dbname": section.database,
        "user": asked.secrets.get(section.user) if section.user else "",
        "password": asked.secrets.get(section.password) if section.password else "",
        "passfile": asked.spool / "none",
        "sslmode": tls,
        "sslrootcert": section.authority or (_authorities() if tls == "verify-full" else ""),
        "gssencmode": "disable",
        "target_session_attrs": "any",
        "connect_timeout": section.connect_seconds,
        "keepalives": 1,
        "keepalives_idle": _SILENT_SECONDS // 2,
        "tcp_user_timeout": _SILENT_SECONDS * 1000,
        "client_encoding": "UTF8",
        "application_name": "qutong",
        "options": "",
    }
    if tls == "verify-ca" and section.authority is None:
        raise SourceError(
            "verify-ca 需要申报证书机构", "verify-ca needs the certificate of an authority",
            remedy="declare delivery.source.authority", status="certificate",
        )  # fmt: skip
    if tls == "require":
        told["sslrootcert"] = asked.spool / "none"  # else one in the user's home would be asked
    return " ".join(f"{name}={_quoted(value)}" for name, value in told.items())


def _authorities() -> str:
    """The authorities of this machine; the library that comes with the driver knows no place."""
    import ssl

    for place in (ssl.get_default_verify_paths().cafile, "/etc/ssl/certs/ca-certificates.crt"):
        if place and Path(place).is_file():
            return place
    return "system"


def _quoted(value: object) -> str:
    text = str(value).replace("\\", r"\\").replace("'", r"\'")
    return f"'{text}'"


@dataclass
class _Session:
    """A transaction.

    Attributes:
        kept: What is closed with it.
    """

    connection: Connection
    kept: contextlib.ExitStack

    def begin(self, **milliseconds: int) -> None:
        """Begin the transaction; from the first query on nothing can make it write."""
        self._do("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        self._do("SET LOCAL TIME ZONE 'UTC'")
        for name, value in milliseconds.items():
            self._do(f"SET LOCAL {name} = {value}")

    def snapshot(self) -> Mapping[str, str]:
        """Moment, snapshot of transactions, and place in the log of changes."""
        (told,) = self._rows(
            "SELECT now() AS time, pg_current_snapshot()::text AS transactions, "
            "(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() "
            "ELSE pg_current_wal_lsn() END)::text AS lsn, "
            "current_setting('server_version') AS server"
        )
        return {name: query.spelled(value) for name, value in told.items() if value is not None}

    def select(
        self, statement: Statement, values: Mapping[str, Value]
    ) -> tuple[list[Column], Iterable[pa.RecordBatch]]:
        """Bind the parameters, and let the result be copied out."""
        for name, value in values.items():
            bound = [f"qutong.{name}", query.spelled(value)]
            self._rows("SELECT set_config($1::text, $2::text, true)", bound)
        text = statement.sent(
            lambda name: f"(current_setting('qutong.{name}')::{_type_of(values[name])})"
        )
        cursor = self.kept.enter_context(self.connection.cursor())
        cursor.adbc_statement.set_options(
            **{"adbc.postgresql.batch_size_hint_bytes": str(_BATCH_BYTES)}
        )
        cursor.execute(text)
        # not by fetch_record_batch: what that gives loses the SQLSTATE of errors in the middle
        found = cursor._results
        assert found is not None
        reader = self.kept.enter_context(contextlib.closing(found.reader))
        return [_column(told) for told in reader.schema], _batches(reader)

    def _do(self, text: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(text)

    def _rows(self, text: str, bound: list[str] | None = None) -> list[dict[str, Any]]:
        with self.connection.cursor() as cursor:
            cursor.execute(text, bound)
            rows: list[dict[str, Any]] = cursor.fetch_arrow_table().to_pylist()
            return rows


class _BrokenOffError(Exception):
    """A stream ended before its end, and the library has no SQLSTATE of it."""


def _batches(reader: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    for batch in _whole(reader):
        arrays = [
            array.storage if isinstance(array, pa.ExtensionArray) else array
            for array in batch.columns
        ]
        yield pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _whole(reader: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    batches = iter(reader)
    while True:
        try:
            batch = next(batches)
        except StopIteration:
            return
        except (OSError, pa.ArrowException) as error:
            raise _BrokenOffError(str(error)) from None
        yield batch


_TYPES: Final = (
    (bool, "boolean"), (int, "bigint"), (Decimal, "numeric"), (datetime, "timestamp"),
    (date, "date"), (str, "text"),
)  # fmt: skip


def _type_of(value: Value) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return "timestamptz"
    return next(word for kind, word in _TYPES if isinstance(value, kind))


# --- types --------------------------------------------------------------------------------------

_KINDS: Final = {
    "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real", "float8": "double",
    "bool": "boolean", "text": "text", "varchar": "varchar", "bpchar": "bpchar", "name": "name",
    "date": "date", "time": "time", "timestamp": "timestamp", "timestamptz": "timestamptz",
    "json": "json", "jsonb": "jsonb", "numeric": "numeric",
}  # fmt: skip


def _column(told: pa.Field) -> Column:
    """A column by its type there.

    Raises:
        SourceError: it is of a type that is not one value a cell.
    """
    import pyarrow as pa

    metadata = told.metadata or {}
    name = metadata.get(b"POSTGRESQL:type", b"").decode()
    if name not in _KINDS:
        raise no_cell(told.name, name or str(told.type))
    if name == "numeric":
        kind, scale = _numeric(int(metadata.get(b"POSTGRESQL:typmod", b"-1")))
        return Column(told.name, kind, seen={"numeric"}, scale=scale)
    kept = told.type.storage_type if isinstance(told.type, pa.BaseExtensionType) else told.type
    return Column(told.name, _KINDS[name], final=kept)


def _numeric(modifier: int) -> tuple[str, int]:
    """Precision and scale as PostgreSQL packs them: ``make_numeric_typmod`` of ``numeric.c``."""
    if modifier < 4:
        return "numeric", 0
    precision, scale = (modifier - 4) >> 16 & 0xFFFF, (modifier - 4) & 0x7FF
    scale = (scale ^ 1024) - 1024
    return f"numeric({precision},{scale})", max(scale, 0)


# --- what went wrong ----------------------------------------------------------------------------

_TOLD = re.compile(r"SQLSTATE: ([0-9A-Z]{5})")
_NOISE = re.compile(
    r"^[A-Z_]+: |\[libpq\] ?|Failed to (?:prepare|execute) query(?: '.*?')?: "
    r"|could not begin COPY: |ERROR: +|LINE \d+: [^\n]*\n *\^|Query was: .*|\. SQLSTATE: \w{5}",
    re.DOTALL,
)
_STATES: Final = (
    ("28", "login"), ("3D", "database"), ("53300", "many"), ("42P01", "table"), ("3F", "table"),
    ("42703", "column"), ("42501", "rights"), ("25", "writes"), ("55P03", "lock"),
    ("40P01", "lock"), ("57014", "timeout"), ("57P01", "dropped"), ("57P02", "dropped"),
    ("57P03", "busy"), ("57P05", "dropped"), ("08", "dropped"), ("22021", "encoding"),
    ("22P05", "encoding"), ("53", "busy"), ("40", "busy"), ("XX001", "damaged"),
)  # fmt: skip
_WORDS: Final = (
    (r"too many (clients|connections)|remaining connection slots|连接过多|太多", ("many", "53300")),
    (r"does not support SSL|服务器不支持 ?SSL", ("tls", "tls")),
    (r"PQgetCopyData|terminating connection|closed the connection|connection reset"
     r"|unexpected eof|no connection to the server", ("dropped", "08006")),
    (r"certificate|SSL error|root\.crt|证书", ("certificate", "certificate")),
    (r"authentication failed|no password supplied|role \S+ (does not exist|is not permitted)"
     r"|pg_hba|认证失败|认证", ("login", "28P01")),
    (r"database \S+ does not exist|数据库 ?\S+ ?不存在", ("database", "3D000")),
    (r"permission denied for database", ("rights", "42501")),
    (r"starting up|shutting down|in recovery mode", ("busy", "57P03")),
)  # fmt: skip
"""What the library says where no SQLSTATE comes with it."""


def _cause(status: str) -> str:
    return next((cause for begin, cause in _STATES if status.startswith(begin)), "query")
