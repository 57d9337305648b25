"""Databases of the test: servers that it starts, a file, and the ways in which they break.

One server of a kind serves a whole session of tests; each test finds its database empty.

Belongs here: starting, filling and breaking. Does not belong here: what should come of a pull.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import ipaddress
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from orchestration.collect.connectors.attempts import Known
from orchestration.collect.connectors.query import QuerySection
from orchestration.collect.connectors.secrets import Secrets
from orchestration.collect.connectors.source import Asked, Pulled, SourceError
from orchestration.deadlines import Awaited
from tests.sources.worlds import PERIODS
from tests.support import NOW

USER, PASSWORD = "qutong_reader", "s3cret-Wörd"
BOSS_PASSWORD = "boss-secret"  # noqa: S105 - of a server that lives as long as a test
ENVIRONMENT = {"DB_USER": USER, "DB_PASSWORD": PASSWORD}
INSTALL = "apt-get install -y --no-install-recommends"


# --- servers ------------------------------------------------------------------------------------


def _account(name: str) -> dict[str, Any]:
    """As whom a server runs: a database does not run as root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def _folder(account: Mapping[str, Any]) -> Iterator[Path]:
    """A folder of the server; its way is short, as a socket's name has to be."""
    folder = Path(tempfile.mkdtemp(prefix="qt-db-"))
    if account:
        os.chown(folder, account["user"], account["group"])
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(account: Mapping[str, Any], *command: str | Path, is_heard: bool = True) -> None:
    """Carry a command out; one that leaves a server behind must not be heard to its end."""
    subprocess.run(
        [str(part) for part in command], check=True, cwd="/", **account,
        stdout=subprocess.PIPE if is_heard else subprocess.DEVNULL,
        stderr=subprocess.PIPE if is_heard else subprocess.DEVNULL,
    )  # fmt: skip


def _given(path: Path, account: Mapping[str, Any]) -> None:
    """A file that only the server reads."""
    path.chmod(0o600)
    if account:
        os.chown(path, account["user"], account["group"])


def _port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate that a server on this machine has made for itself, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    begun = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, begun, begun.replace(year=2099))
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "server.crt", folder / "server.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@dataclass
class Postgres:
    """A PostgreSQL server, spoken to as its superuser.

    Attributes:
        databases: Those that were made.
    """

    port: int
    authority: Path
    databases: set[str] = field(default_factory=set)
    _open: dict[str, Any] = field(default_factory=dict)

    def connect(self, database: str = "postgres") -> Any:
        """A session of the superuser, in which each statement is a transaction."""
        import adbc_driver_postgresql.dbapi as adbc

        return adbc.connect(
            f"host=127.0.0.1 port={self.port} user=boss password={BOSS_PASSWORD} "
            f"dbname={database} sslmode=require",
            autocommit=True,
        )

    def do(self, *statements: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Carry statements out; the rows of the last."""
        if database not in self._open:
            self.close()  # a server has only so many connections
            self._open[database] = self.connect(database)
        rows: list[tuple[Any, ...]] = []
        with self._open[database].cursor() as cursor:
            for text in statements:
                cursor.execute(text)
                rows = cursor.fetchall() if cursor.description else []
        return rows

    def database(self, *statements: str, encoding: str = "UTF8") -> str:
        """A database that is empty but for what is filled in; the reader may read all of it."""
        name = f"district_{encoding.lower()}"
        if name not in self.databases:
            self.do(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}'")
            self.databases.add(name)
        self.do(
            "DROP SCHEMA public CASCADE", "CREATE SCHEMA public",
            f"GRANT USAGE ON SCHEMA public TO {USER}", *statements,
            f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {USER}",
            database=name,
        )  # fmt: skip
        return name

    def close(self) -> None:
        """No session of ours is left."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def source(self, database: str, query: str, **more: Any) -> dict[str, Any]:
        """What a declaration says of a database of this server."""
        return {
            "host": "127.0.0.1", "port": self.port, "database": database, "query": query,
            "user": "DB_USER", "password": "DB_PASSWORD", "authority": str(self.authority),
        } | more  # fmt: skip


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server with TLS and passwords, on a port of its own."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb") or next((str(one / "initdb") for one in binaries), None)
    if found is None:
        pytest.skip(f"needs PostgreSQL: {INSTALL} postgresql")
    programs, account = Path(found).resolve().parent, _account("postgres")
    with _folder(account) as folder:
        data, secret = folder / "data", folder / "password"
        secret.write_text(BOSS_PASSWORD)
        authority, key = certificate(folder)
        for path in (secret, authority, key):
            _given(path, account)
        _run(account, programs / "initdb", "-D", data, "-U", "boss", "-A", "scram-sha-256",
             "--pwfile", secret, "-E", "UTF8", "--no-locale", "--no-sync")  # fmt: skip
        port = _port()
        options = {
            "port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder,
            "fsync": "off", "ssl": "on", "ssl_cert_file": authority, "ssl_key_file": key,
            "max_connections": 20, "autovacuum": "off",
        }  # fmt: skip
        given = " ".join(f"-c {name}={value}" for name, value in options.items())
        control = (programs / "pg_ctl", "-D", data)
        _run(account, *control, "-w", "-l", folder / "log", "-o", given, "start", is_heard=False)
        server = Postgres(port, authority)
        try:
            server.do(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
            yield server
        finally:
            server.close()
            _run(account, *control, "-m", "immediate", "stop")


@dataclass
class MariaDB:
    """A MariaDB server, spoken to as its root."""

    port: int
    socket: Path
    authority: Path

    def connect(self, database: str | None = None) -> Any:
        """A session of root."""
        import pymysql

        return pymysql.connect(
            unix_socket=str(self.socket), user="root", password=BOSS_PASSWORD,
            database=database, autocommit=True,
        )  # fmt: skip

    def do(self, *statements: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Carry statements out; the rows of the last."""
        with self.connect(database) as connection, connection.cursor() as cursor:
            for text in statements:
                cursor.execute(text)
            return list(cursor.fetchall()) if statements else []

    def database(self, *statements: str) -> str:
        """A database that is empty but for what is filled in; the reader may read all of it."""
        name = "district"
        self.do(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} CHARACTER SET utf8mb4",
                f"GRANT SELECT ON {name}.* TO {USER}@'%'")  # fmt: skip
        self.do(*statements, database=name)
        return name

    def source(self, database: str, query: str, **more: Any) -> dict[str, Any]:
        """What a declaration says of a database of this server."""
        return {
            "host": "127.0.0.1", "port": self.port, "database": database, "query": query,
            "user": "DB_USER", "password": "DB_PASSWORD", "authority": str(self.authority),
        } | more  # fmt: skip


@contextlib.contextmanager
def mariadb() -> Iterator[MariaDB]:
    """A MariaDB server with TLS, on a port of its own."""
    program = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    install = shutil.which("mariadb-install-db")
    if program is None or install is None:
        pytest.skip(f"needs MariaDB: {INSTALL} mariadb-server")
    account = _account("mysql")
    with _folder(account) as folder:
        data, place = folder / "data", folder / "s"
        _run(account, install, "--no-defaults", f"--datadir={data}", "--skip-test-db",
             "--auth-root-authentication-method=normal", "--innodb-log-file-size=8M")  # fmt: skip
        port, begin = _port(), folder / "begin.sql"
        begin.write_text(
            f"ALTER USER root@localhost IDENTIFIED BY '{BOSS_PASSWORD}';\n"
            f"CREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}';\n",
            encoding="utf-8",
        )
        authority, key = certificate(folder)
        for path in (begin, authority, key):
            _given(path, account)
        server = subprocess.Popen(
            [program, "--no-defaults", f"--datadir={data}", f"--socket={place}", f"--port={port}",
             "--bind-address=127.0.0.1", f"--ssl-cert={authority}", f"--ssl-key={key}",
             f"--init-file={begin}", "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve",
             "--innodb-log-file-size=8M", "--character-set-server=utf8mb4", "--skip-log-bin",
             f"--pid-file={folder / 'pid'}", "--innodb-buffer-pool-size=16M"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", text=True, **account,
        )  # fmt: skip
        try:
            assert server.stderr is not None
            for line in server.stderr:
                if "ready for connections" in line:
                    break
            drain = threading.Thread(target=server.stderr.read, daemon=True)
            drain.start()
            yield MariaDB(port, place, authority)
        finally:
            server.kill()
            server.wait()


# --- one of a kind for all tests of a process ----------------------------------------------------

RUNNING = contextlib.ExitStack()
"""Ends them; see ``conftest``."""


@cache
def running_postgres() -> Postgres:
    """The PostgreSQL server of this process, started when it is first asked for."""
    return RUNNING.enter_context(postgres())


@cache
def running_mariadb() -> MariaDB:
    """The MariaDB server of this process, started when it is first asked for."""
    return RUNNING.enter_context(mariadb())


@contextlib.contextmanager
def without_tls() -> Iterator[int]:
    """The port of a PostgreSQL server that answers that it has no TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def refuse() -> None:
            with contextlib.suppress(OSError):
                while True:
                    caller, _ = listening.accept()
                    with caller:
                        caller.recv(8)
                        caller.sendall(b"N")

        threading.Thread(target=refuse, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


# --- pulls --------------------------------------------------------------------------------------


@dataclass
class Puller:
    """Pulls from one source as runs do, one after the other, without a project around it.

    Attributes:
        known: What was pulled last, by key.
    """

    connector: Any
    section: QuerySection
    folder: Path
    data_set: Any
    known: dict[str, Known] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))
    now: dt.datetime = NOW
    periods: tuple[Awaited, ...] = ()

    def pull(self) -> Pulled:
        """Ask once, and know it then, as a receipt would."""
        spool = Path(tempfile.mkdtemp(prefix="pull", dir=self.folder))
        asked = Asked(
            self.data_set,
            self.section,
            spool,
            Secrets(self.environment),
            self.known,
            self.now,
            periods=self.periods,
        )
        pulled: Pulled
        (pulled,) = self.connector.pull(asked)
        if pulled.path is not None:
            content = pulled.path.read_bytes()
            self.known[pulled.key] = Known(
                hashlib.sha256(content).hexdigest(), len(content), 1,
                mark=pulled.mark, details=dict(pulled.details),
            )  # fmt: skip
        return pulled

    def declare(self, **changed: Any) -> None:
        """Change the declaration."""
        told = self.section.model_dump(exclude_unset=True) | changed
        self.section = type(self.section)(**told)


def puller(connector: Any, source: Mapping[str, Any], folder: Path, data_set: Any) -> Puller:
    """A puller of a declared source; what may pass is tried once unless it says otherwise."""
    return Puller(connector, connector.Section(**({"tries": 1} | dict(source))), folder, data_set)


def refused(source: Puller) -> SourceError:
    """What a pull is refused with; it never names who asked."""
    with pytest.raises(SourceError) as caught:
        source.pull()
    told = f"{caught.value} {caught.value.zh} {caught.value.remedy} {caught.value.__cause__!r}"
    assert PASSWORD not in told and USER not in told
    return caught.value


MONTHS = (
    "CREATE TABLE months (year int, month varchar(7), value int)",
    "INSERT INTO months VALUES (2025, '2025-12', 1), (2026, '2025-12', 2), (2026, '2026-01', 3)",
)
BY_MONTH = (
    "SELECT value FROM months WHERE year = :year AND month = :month",
    {"year": "{yyyy}", "month": "{yyyy}-{mm}"},
)
OF_MONTHS = [
    ([(1,)], {"month": "2025-12", "year": "2025"}),
    ([(3,)], {"month": "2026-01", "year": "2026"}),
]
"""What ``by_period`` finds in ``MONTHS`` for ``PERIODS``."""


def by_period(source: Puller) -> list[tuple[list[tuple[Any, ...]], object]]:
    """The rows of each of ``PERIODS``, beside the parameters that were bound for it."""
    found = {}
    for period in PERIODS:
        source.periods = (period,)
        pulled = source.pull()
        found[pulled.key] = (rows(pulled), pulled.details["parameters"])
    return list(found.values())


def rows(pulled: Pulled) -> list[tuple[Any, ...]]:
    """The rows of the file, in order."""
    from pyarrow import parquet

    assert pulled.path is not None
    table = parquet.ParquetFile(pulled.path).read()
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def types(pulled: Pulled) -> dict[str, str]:
    """The types of the columns of the file."""
    from pyarrow import parquet

    schema = parquet.read_schema(pulled.path)
    return {column.name: str(column.type) for column in schema}
