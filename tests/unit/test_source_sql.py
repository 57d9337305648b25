"""A query of MariaDB, of a file of SQLite, or through any DB-API module gives its rows as they are.

Belongs here: a real MariaDB server on this machine and files, broken in every way that a source
breaks. Does not belong here: PostgreSQL (test_source_postgresql), statements (test_source_query).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from orchestration.collect.connectors import sql
from orchestration.collect.connectors.table import batches_of
from orchestration.spec import DataSet
from tests.sources.database import (
    BY_MONTH,
    ENVIRONMENT,
    MONTHS,
    OF_MONTHS,
    PASSWORD,
    USER,
    MariaDB,
    Puller,
    by_period,
    puller,
    refused,
    rows,
    types,
)

pytestmark = pytest.mark.usefixtures("nobody_waits")

GDP = """CREATE TABLE gdp (region varchar(20), year int, value decimal(14,2), changed datetime,
PRIMARY KEY (region, year))"""
ROWS = """INSERT INTO gdp VALUES ('云溪区', 2023, 480.10, '2025-01-10 00:00:00'),
('云溪区', 2024, 501.00, '2025-02-10 00:00:00')"""
ALL = "SELECT * FROM gdp ORDER BY year"
SINCE = "SELECT * FROM gdp WHERE changed > :watermark ORDER BY changed"
MARKED = {"watermark": {"column": "changed", "overlap": "3 days", "first": "2024-12-01T00:00:00"}}
LONG = "SELECT seq, repeat(md5(seq), 4) AS t FROM seq_1_to_60000"

Make = Callable[..., Puller]


@pytest.fixture
def make(mariadb: MariaDB, tmp_path: Path, data_set: DataSet) -> Make:
    """A puller of a query of MariaDB."""

    def made(database: str, query: str, **more: Any) -> Puller:
        return puller(sql, mariadb.source(database, query, **more), tmp_path, data_set)

    return made


@pytest.fixture
def file(tmp_path: Path, data_set: DataSet) -> Make:
    """A puller of a query of a file of SQLite, which is ``gdp.db``."""

    def made(query: str, **more: Any) -> Puller:
        source = {"module": "sqlite3", "database": str(tmp_path / "gdp.db"), "query": query} | more
        return puller(sql, source, tmp_path, data_set)

    return made


def fill(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "gdp.db")) as connection, connection:
        for text in statements:
            connection.execute(text)


# --- MariaDB ------------------------------------------------------------------------------------


def test_every_value_comes_as_it_is(mariadb: MariaDB, make: Make) -> None:
    database = mariadb.database(
        "CREATE TABLE f (big bigint unsigned, small tinyint, money decimal(14,2), half double, "
        "name text, empty varchar(9), day date, at datetime(6), moment timestamp NULL, y year)",
        "SET time_zone = '+08:00'",
        "INSERT INTO f VALUES (18446744073709551615, -5, 480.10, 0.1, '云溪区 🏙', '', "
        "'2024-12-31', '2025-01-01 00:00:00.5', '2025-01-02 08:00:00', 2024), "
        "(1, null, null, null, 'B''\"\\\\ 100%', null, null, null, null, null)",
    )
    pulled = make(database, "SELECT * FROM f ORDER BY big DESC").pull()
    assert rows(pulled) == [
        (Decimal(18446744073709551615), -5, Decimal("480.10"), 0.1, "云溪区 🏙", "",
         date(2024, 12, 31), datetime(2025, 1, 1, 0, 0, 0, 500000), datetime(2025, 1, 2), 2024),
        (Decimal(1), None, None, None, "B'\"\\ 100%", None, None, None, None, None),
    ]  # fmt: skip
    assert types(pulled) == {
        "big": "decimal128(38, 0)", "small": "int64", "money": "decimal128(38, 2)",
        "half": "double", "name": "string", "empty": "string", "day": "date32[day]",
        "at": "timestamp[us]", "moment": "timestamp[us]", "y": "int64",
    }  # fmt: skip
    assert pulled.details["columns"] == {
        "big": "bigint", "small": "tinyint", "money": "numeric", "half": "double", "name": "text",
        "empty": "varchar", "day": "date", "at": "datetime", "moment": "timestamp", "y": "year",
    }  # fmt: skip
    assert list(pulled.details["snapshot"]) == ["time", "server"]
    assert "MariaDB" in pulled.details["snapshot"]["server"]


def test_an_unchanged_table_is_no_news(mariadb: MariaDB, make: Make) -> None:
    database = mariadb.database(GDP, ROWS)
    source = make(database, ALL)
    first = source.pull()
    assert source.pull().path is None
    mariadb.do("UPDATE gdp SET value = 501.01 WHERE year = 2024", database=database)
    assert [row[2] for row in rows(source.pull())] == [Decimal("480.10"), Decimal("501.01")]
    mariadb.do("UPDATE gdp SET value = 501 WHERE year = 2024", database=database)
    third = source.pull()
    assert first.path and third.path
    assert third.path.read_bytes() == first.path.read_bytes()


def test_a_session_only_reads_in_one_snapshot(make: Make) -> None:
    query = (
        "SELECT @@tx_isolation AS i, @@tx_read_only AS r, @@in_transaction AS t, @@time_zone AS z, "
        "@@character_set_client AS c"
    )
    assert rows(make("information_schema", query).pull()) == [
        ("REPEATABLE-READ", 1, 1, "+00:00", "utf8mb4")
    ]


@pytest.mark.parametrize(
    ("value", "condition"),
    [
        ("x'; DROP TABLE gdp; --", "region = :p"),
        ("\\'; DROP TABLE gdp; --", "region LIKE '100%' OR region = :p"),
        (2025, "year = :p"),
        (Decimal("0.01"), "value = :p"),
        (datetime(2030, 1, 1), "changed > :p"),
    ],
)
def test_parameters_are_bound(mariadb: MariaDB, make: Make, value: object, condition: str) -> None:
    database = mariadb.database(GDP, ROWS)
    pulled = make(
        database, f"SELECT * FROM gdp WHERE {condition}", parameters={"p": value}
    ).pull()  # fmt: skip
    assert pulled.path is None
    assert mariadb.do("SELECT count(*) FROM gdp", database=database) == [(2,)]


def test_only_what_came_since_is_asked_for(mariadb: MariaDB, make: Make) -> None:
    database = mariadb.database(GDP, ROWS)
    source = make(database, SINCE, **MARKED)
    assert source.pull().mark == "2025-02-10T00:00:00"
    assert source.pull().path is None
    mariadb.do(
        "INSERT INTO gdp VALUES ('云溪区', 2025, 530, '2025-03-10')", database=database
    )  # fmt: skip
    assert [row[1] for row in rows(source.pull())] == [2024, 2025]
    mariadb.do("DELETE FROM gdp WHERE year = 2025", database=database)
    error = refused(source)
    assert (error.status, error.zh[:4]) == ("watermark", "水位倒退")


@pytest.mark.parametrize(
    ("change", "en"),
    [
        ("ALTER TABLE gdp DROP COLUMN value", "value vanished"),
        ("ALTER TABLE gdp ADD COLUMN note text", "note appeared (text)"),
        ("ALTER TABLE gdp MODIFY year varchar(9)", "year was integer, is varchar"),
    ],
)
def test_a_column_that_changed_is_named(mariadb: MariaDB, make: Make, change: str, en: str) -> None:
    database = mariadb.database(GDP, ROWS)
    source = make(database, "SELECT * FROM gdp")
    source.pull()
    mariadb.do(change, database=database)
    error = refused(source)
    assert (error.status, error.en) == ("schema", f"its columns changed: {en}")


@pytest.mark.parametrize(
    ("query", "status", "zh"),
    [
        ("SELECT * FROM nix", "1146", "查询的表不存在"),
        ("SELECT nix FROM gdp", "1054", "查询的列不存在"),
        ("SELECT * FROM mysql.user", "1142", "没有读取权限"),
        ("SELECT 1 FROM", "1064", "查询无法执行"),
        ("SELECT nextval(counter) AS a", "1792", "查询试图写入"),
        ("SELECT sleep(60) AS a", "1969", "查询超时"),
    ],
)
def test_a_query_that_fails_is_told_in_words(
    mariadb: MariaDB, make: Make, query: str, status: str, zh: str
) -> None:
    database = mariadb.database(GDP, "CREATE SEQUENCE counter")
    mariadb.do(f"GRANT SELECT, INSERT ON district.* TO {USER}@'%'")
    error = refused(make(database, query, seconds=2))
    assert (error.status, error.may_pass, error.zh) == (status, False, f"数据库{zh}（{status}）")


@pytest.mark.parametrize(
    ("more", "status", "may_pass"),
    [
        ({"port": 1}, "2003", True),
        ({"host": "no-such-host.invalid"}, "2003", True),
        ({"authority": None}, "certificate", False),
        ({"authority": "/no/such/file"}, "certificate", False),
    ],
)
def test_a_server_that_cannot_be_asked_is_told(
    make: Make, more: dict[str, Any], status: str, may_pass: bool
) -> None:
    error = refused(make("information_schema", "SELECT 1 AS a", **more))
    assert (error.status, error.may_pass) == (status, may_pass)


@pytest.mark.parametrize(
    "more",
    [{}, {"host": "localhost"}, {"tls": "verify-ca"}, {"tls": "unverified", "authority": None},
     {"tls": "off", "authority": None}],
)  # fmt: skip
def test_a_certificate_is_trusted_as_far_as_is_declared(make: Make, more: dict[str, Any]) -> None:
    assert rows(make("information_schema", "SELECT 1 AS a", **more).pull()) == [(1,)]


def test_a_wrong_password_is_told_without_it(make: Make) -> None:
    source = make("information_schema", "SELECT 1 AS a")
    source.environment = ENVIRONMENT | {"DB_PASSWORD": "错误的密码"}
    error = refused(source)
    assert (error.status, error.may_pass) == ("1045", False)
    assert "错误的密码" not in str(error)


def test_too_many_connections_may_pass(mariadb: MariaDB, make: Make) -> None:
    mariadb.do(f"ALTER USER {USER}@'%' WITH MAX_USER_CONNECTIONS 1")
    source = make("information_schema", "SELECT 1 AS a")
    try:
        import pymysql

        with pymysql.connect(host="127.0.0.1", port=mariadb.port, user=USER,
                             password=PASSWORD.encode()):  # fmt: skip
            error = refused(source)
    finally:
        mariadb.do(f"ALTER USER {USER}@'%' WITH MAX_USER_CONNECTIONS 0")
    assert (error.status, error.may_pass) == ("1226", True)


def test_a_locked_table_is_not_waited_for_longer_than_declared(
    mariadb: MariaDB, make: Make
) -> None:
    database = mariadb.database(GDP, ROWS)
    with mariadb.connect(database) as other, other.cursor() as cursor:
        cursor.execute("LOCK TABLES gdp WRITE")
        error = refused(make(database, ALL, lock_seconds=1))
    assert (error.status, error.may_pass) == ("1205", True)


def killed(mariadb: MariaDB, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """After the first batch another session ends ours, so many times."""
    left = [times]

    def cut(*told: Any) -> Iterator[Any]:
        for batch in batches_of(*told):
            yield batch
            if left[0]:
                left[0] -= 1
                mariadb.do(f"KILL USER {USER}")

    monkeypatch.setattr(sql, "batches_of", cut)


def test_a_connection_that_drops_in_the_middle_is_tried_again(
    mariadb: MariaDB, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(mariadb, monkeypatch, times=1)
    assert len(rows(make(mariadb.database(), LONG, tries=2).pull())) == 60_000


def test_a_connection_that_always_drops_gives_nothing(
    mariadb: MariaDB, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(mariadb, monkeypatch, times=9)
    error = refused(make(mariadb.database(), LONG, tries=2))
    assert (error.status, error.zh) == ("2013", "数据库连接中断（2013）")


def test_a_result_that_is_too_large_is_given_up(mariadb: MariaDB, make: Make) -> None:
    assert refused(make(mariadb.database(), LONG, megabytes=1)).status == "too large"


def test_bytes_are_no_value_of_a_cell(make: Make) -> None:
    error = refused(make("information_schema", "SELECT CAST('a' AS binary) AS b"))
    assert error.zh == "列 b 的类型 bytes 不是一格一值"


# --- a file of SQLite ---------------------------------------------------------------------------


def test_a_file_says_by_its_values_what_its_columns_are(tmp_path: Path, file: Make) -> None:
    fill(
        tmp_path,
        "CREATE TABLE f (big, value, name, mixed, never, day)",
        "INSERT INTO f VALUES (9007199254740993, 480.1, '云溪区', 3, null, '2024-12-31')",
        "INSERT INTO f VALUES (-1, 501, '', '…', null, null)",
    )
    pulled = file("SELECT * FROM f ORDER BY big DESC").pull()
    assert rows(pulled) == [
        (9007199254740993, 480.1, "云溪区", "3", None, "2024-12-31"),
        (-1, 501.0, "", "…", None, None),
    ]
    assert types(pulled) == {
        "big": "int64", "value": "double", "name": "string", "mixed": "string",
        "never": "string", "day": "string",
    }  # fmt: skip
    assert pulled.details["columns"] == {
        "big": "number", "value": "number", "name": "text", "mixed": "text", "never": "",
        "day": "text",
    }  # fmt: skip


def test_numbers_whole_or_not_are_no_change_of_a_column(tmp_path: Path, file: Make) -> None:
    fill(tmp_path, "CREATE TABLE f (value)", "INSERT INTO f VALUES (480)")
    source = file("SELECT * FROM f")
    source.pull()
    fill(tmp_path, "UPDATE f SET value = 480.1")
    assert rows(source.pull()) == [(480.1,)]
    fill(tmp_path, "UPDATE f SET value = null")
    assert rows(source.pull()) == [(None,)]
    fill(tmp_path, "UPDATE f SET value = 'x'")
    assert refused(source).en == "its columns changed: value was number, is text"


def test_days_and_moments_in_texts_are_marks(tmp_path: Path, file: Make) -> None:
    fill(
        tmp_path,
        "CREATE TABLE f (changed text, n int)",
        "INSERT INTO f VALUES ('2025-02-10 08:00:00', 1), ('2025-02-09 00:00:00', 2)",
    )
    query = "SELECT * FROM f WHERE changed >= :watermark ORDER BY changed"
    mark = {"column": "changed", "overlap": "8 hours", "first": "2025-01-01T00:00:00"}
    source = file(query, watermark=mark)
    assert (len(rows(source.pull())), source.pull().path) == (2, None)
    fill(tmp_path, "INSERT INTO f VALUES ('2025-02-10 00:00:00', 3)")
    assert [row[1] for row in rows(source.pull())] == [3, 1]
    fill(tmp_path, "INSERT INTO f VALUES ('2025-02-11T00:00:00', 4)")
    assert "the watermark column changed holds 2025-02-11T00:00:00" in refused(source).en


def test_an_overlap_of_other_types_than_the_whole_is_no_news(tmp_path: Path, file: Make) -> None:
    """Of the whole a decimal is learnt, of what the overlap brings again a whole number."""
    fill(
        tmp_path,
        "CREATE TABLE f (n int, value)",
        "INSERT INTO f VALUES (1, 1.5), (2, 2), (3, 3), (4, null)",
    )
    query = "SELECT * FROM f WHERE n >= :watermark ORDER BY n"
    source = file(query, watermark={"column": "n", "overlap": 1, "first": 0})
    assert (len(rows(source.pull())), source.pull().path) == (4, None)
    fill(tmp_path, "UPDATE f SET value = 4 WHERE n = 3")
    assert [row[0] for row in rows(source.pull())] == [3, 4]


@pytest.mark.parametrize(
    ("query", "status", "zh"),
    [
        ("SELECT * FROM nix", "SQLITE_ERROR", "查询的表不存在"),
        ("SELECT nix FROM f", "SQLITE_ERROR", "查询的列不存在"),
        ("SELECT 1 FROM", "SQLITE_ERROR", "查询无法执行"),
        ("SELECT CAST(x'd4c6' AS text) AS a", "OperationalError", "文字编码有误"),
        ("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
         "SQLITE_INTERRUPT", "查询超时"),
    ],
)  # fmt: skip
def test_a_query_of_a_file_that_fails_is_told(
    tmp_path: Path, file: Make, query: str, status: str, zh: str
) -> None:
    fill(tmp_path, "CREATE TABLE f (a)")
    error = refused(file(query, seconds=1))
    assert (error.status, error.may_pass, error.zh) == (status, False, f"数据库{zh}（{status}）")


def test_a_file_cannot_be_written_whatever_is_asked(tmp_path: Path, file: Make) -> None:
    fill(tmp_path, "CREATE TABLE f (a)")
    source = file("SELECT 1 AS a")
    statement = source.section.statement
    object.__setattr__(statement, "parts", ("INSERT INTO f VALUES (1)",))
    assert refused(source).zh == "数据库查询试图写入（SQLITE_READONLY）"


def test_a_file_that_is_none_is_told(tmp_path: Path, file: Make) -> None:
    error = refused(file("SELECT 1 AS a"))
    assert (error.status, error.may_pass) == ("SQLITE_CANTOPEN", True)
    assert not (tmp_path / "gdp.db").exists()
    (tmp_path / "gdp.db").write_bytes(b"<html>" * 999)
    assert refused(file("SELECT * FROM gdp")).zh == "数据库文件损坏（SQLITE_NOTADB）"


def test_a_file_that_is_locked_may_pass(tmp_path: Path, file: Make) -> None:
    fill(tmp_path, "CREATE TABLE f (a)")
    with closing(sqlite3.connect(tmp_path / "gdp.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        error = refused(file("SELECT * FROM f", lock_seconds=0.01))
    assert (error.status, error.may_pass) == ("SQLITE_BUSY", True)


# --- any module ---------------------------------------------------------------------------------


def test_any_module_is_asked_by_what_is_declared(tmp_path: Path, file: Make) -> None:
    fill(tmp_path, "CREATE TABLE f (a, b)", "INSERT INTO f VALUES (1, 'x'), (2, 'y')")
    more = {
        "module": "sqlite3.dbapi2", "database": "", "begin": ["PRAGMA query_only = ON", "BEGIN"],
        "arguments": {"database": str(tmp_path / "{DB_USER}.db"), "isolation_level": None},
        "parameters": {"low": 1, "word": "y"},
    }  # fmt: skip
    (tmp_path / "gdp.db").rename(tmp_path / f"{USER}.db")
    source = file("SELECT b, :word AS w FROM f WHERE a > :low AND b = :word", **more)
    assert rows(source.pull()) == [("y", "y")]
    source.declare(query="SELECT b, :word AS w FROM nix WHERE a > :low")
    error = refused(source)
    assert (error.status, error.may_pass) == ("OperationalError", True)
    assert "no such table: nix" in error.en


@pytest.mark.parametrize(
    ("module", "said"),
    [("no_such_module", "the module no_such_module is not installed"),
     ("json", "json is no DB-API 2.0 module")],
)  # fmt: skip
def test_a_module_that_is_none_is_told(file: Make, module: str, said: str) -> None:
    error = refused(file("SELECT 1 AS a", module=module, begin=["BEGIN"]))
    assert said in error.en and error.status == "module"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"module": "oracledb"}, "`begin` is needed for the module oracledb"),
        ({"module": "pymysql", "database": "d"}, "`host` is needed for the module pymysql"),
        (
            {
                "module": "oracledb",
                "begin": ["SET TRANSACTION READ ONLY"],
                "arguments": {"password": "hunter2"},
            },
            "arguments.password is a secret: give its name, as {NAME}",
        ),
        ({"module": "sqlite3", "database": ""}, "`database` is needed for the module sqlite3"),
    ],
)
def test_what_a_module_needs_is_declared(file: Make, more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        file("SELECT 1 AS a", **more)


# --- periods ------------------------------------------------------------------------------------


def test_the_period_that_is_awaited_is_bound(mariadb: MariaDB, make: Make) -> None:
    query, parameters = BY_MONTH
    source = make(mariadb.database(*MONTHS), query, parameters=parameters)
    assert by_period(source) == OF_MONTHS
    assert source.pull().path is None  # each period is known by itself
