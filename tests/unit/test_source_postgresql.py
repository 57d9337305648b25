"""A query of PostgreSQL gives its rows as they are, what came since, or the reason why not.

Belongs here: a real server on this machine, broken in every way that a source breaks. Does not
belong here: other databases (test_source_sql), statements (test_source_query), and what holds for
every connector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.collect.connectors import postgresql
from orchestration.spec import DataSet
from tests.sources.database import (
    BY_MONTH,
    ENVIRONMENT,
    MONTHS,
    OF_MONTHS,
    USER,
    Postgres,
    Puller,
    by_period,
    puller,
    refused,
    rows,
    types,
    without_tls,
)

pytestmark = pytest.mark.usefixtures("nobody_waits")

GDP = """CREATE TABLE gdp (region text, year int, value numeric(14,2), changed timestamptz,
PRIMARY KEY (region, year))"""
ROWS = """INSERT INTO gdp VALUES
('云溪区', 2023, 480.10, '2025-01-10 08:00+08'), ('云溪区', 2024, 501.00, '2025-02-10 08:00+08')"""
ALL = "SELECT * FROM gdp ORDER BY year"
SINCE = "SELECT * FROM gdp WHERE changed > :watermark ORDER BY changed, region"
MARKED = {"watermark": {"column": "changed", "overlap": "3 days", "first": "2024-12-01T00:00:00Z"}}

Make = Callable[..., Puller]


@pytest.fixture
def make(postgres: Postgres, tmp_path: Path, data_set: DataSet) -> Make:
    """A puller of a query."""

    def made(database: str, query: str, **more: Any) -> Puller:
        return puller(postgresql, postgres.source(database, query, **more), tmp_path, data_set)

    return made


# --- rows ---------------------------------------------------------------------------------------


def test_every_value_comes_as_it_is(postgres: Postgres, make: Make) -> None:
    database = postgres.database(
        "CREATE TABLE f (big int8, small int2, money numeric(14,2), long numeric, half float8, "
        "name text, empty text, day date, at timestamp, moment timestamptz, yes bool, "
        "code char(3))",
        "INSERT INTO f VALUES (9007199254740993, -5, 480.10, 1.123456789012345678901, 0.1, "
        "'云溪区', '', '2024-12-31', '2025-01-01 00:00:00.5', '2025-01-02 08:00+08', true, 'a')",
        "INSERT INTO f (big, long, name) VALUES (-9223372036854775808, 20, 'B''\"\\')",
    )
    pulled = make(database, "SELECT * FROM f ORDER BY big DESC").pull()
    assert rows(pulled) == [
        (9007199254740993, -5, Decimal("480.10"), Decimal("1.123456789012345678901"), 0.1, "云溪区",
         "", date(2024, 12, 31), datetime(2025, 1, 1, 0, 0, 0, 500000),
         datetime(2025, 1, 2, tzinfo=UTC), True, "a  "),
        (-9223372036854775808, None, None, Decimal(20), None, "B'\"\\", None, None, None, None,
         None, None),
    ]  # fmt: skip
    assert types(pulled) == {
        "big": "int64", "small": "int16", "money": "decimal128(38, 2)",
        "long": "decimal128(38, 21)", "half": "double", "name": "string", "empty": "string",
        "day": "date32[day]", "at": "timestamp[us]", "moment": "timestamp[us, tz=UTC]",
        "yes": "bool", "code": "string",
    }  # fmt: skip
    assert pulled.details["columns"] == {
        "big": "bigint", "small": "smallint", "money": "numeric(14,2)", "long": "numeric",
        "half": "double", "name": "text", "empty": "text", "day": "date", "at": "timestamp",
        "moment": "timestamptz", "yes": "boolean", "code": "bpchar",
    }  # fmt: skip


def test_numbers_that_no_decimal_can_hold_stay_as_they_are_written(
    postgres: Postgres, make: Make
) -> None:
    database = postgres.database()
    query = f"SELECT * FROM (VALUES ({'9' * 39}::numeric, 'NaN'::numeric), (0.5, 1)) t (long, odd)"
    pulled = make(database, query).pull()
    assert rows(pulled) == [("9" * 39, "nan"), ("0.5", "1")]
    assert types(pulled) == {"long": "string", "odd": "string"}


def test_the_receipt_tells_query_parameters_and_snapshot(postgres: Postgres, make: Make) -> None:
    database = postgres.database(GDP, ROWS)
    query = "SELECT value FROM gdp WHERE year > :year AND changed < :now"
    pulled = make(database, query, parameters={"year": 2023}).pull()
    details = dict(pulled.details)
    snapshot = details.pop("snapshot")
    assert details == {
        "query": query,
        "parameters": {"now": "2026-03-01T09:00:00+00:00", "year": "2023"},
        "columns": {"value": "numeric(14,2)"},
        "rows": 1,
    }
    assert list(snapshot) == ["time", "transactions", "lsn", "server"]
    assert snapshot["time"].endswith("+00:00") and "/" in snapshot["lsn"]
    assert snapshot["transactions"].count(":") == 2
    assert pulled.name == "yunxi-profile.parquet"


def test_an_unchanged_table_is_no_news(postgres: Postgres, make: Make) -> None:
    database = postgres.database(GDP, ROWS)
    source = make(database, ALL)
    first = source.pull()
    assert source.pull().path is None
    postgres.do("UPDATE gdp SET value = 501.01 WHERE year = 2024", database=database)
    second = source.pull()
    assert [row[2] for row in rows(second)] == [Decimal("480.10"), Decimal("501.01")]
    postgres.do("UPDATE gdp SET value = 501 WHERE year = 2024", database=database)
    third = source.pull()
    assert first.path and third.path
    assert third.path.read_bytes() == first.path.read_bytes()


def test_a_table_that_is_being_filled_anew_is_no_delivery(postgres: Postgres, make: Make) -> None:
    database = postgres.database(GDP)
    source = make(database, ALL)
    assert source.pull().path is None
    postgres.do(ROWS, database=database)
    assert len(rows(source.pull())) == 2
    postgres.do("TRUNCATE gdp", database=database)
    error = refused(source)
    assert (error.status, error.zh) == ("empty", "结果为空，上次有 2 行")
    postgres.do(ROWS, database=database)
    assert source.pull().path is None


def test_the_bytes_do_not_say_when(postgres: Postgres, make: Make) -> None:
    source = make(postgres.database(GDP, ROWS), ALL)
    first = source.pull()
    source.known.clear()
    source.now += timedelta(days=9)
    second = source.pull()
    assert first.path and second.path
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.details["snapshot"]["time"] < second.details["snapshot"]["time"]


@pytest.mark.parametrize(
    ("value", "condition"),
    [
        ("x'; DROP TABLE gdp; --", "region = :p"),
        ("\\'; DROP TABLE gdp; --", "region = :p"),
        (2025, "year = :p"),
        (Decimal("0.01"), "value = :p"),
        (date(2030, 1, 1), "changed > :p"),
        (datetime(2030, 1, 1, tzinfo=UTC), "changed > :p"),
        (False, "(year > 0) = :p"),
    ],
)
def test_parameters_are_bound(
    postgres: Postgres, make: Make, value: object, condition: str
) -> None:
    database = postgres.database(GDP, ROWS)
    pulled = make(
        database, f"SELECT * FROM gdp WHERE {condition}", parameters={"p": value}
    ).pull()  # fmt: skip
    assert pulled.path is None
    assert postgres.do("SELECT count(*) FROM gdp", database=database) == [(2,)]


def test_a_session_reads_in_one_snapshot_whatever_the_user_has_set(
    postgres: Postgres, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGHOSTADDR": "127.0.0.9", "PGPASSWORD": "other", "PGUSER": "boss", "PGSSLMODE": "disable",
        "PGOPTIONS": "-c search_path=nowhere", "PGTZ": "Asia/Shanghai",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    names = ("transaction_isolation", "transaction_read_only", "search_path", "TimeZone")
    told = ", ".join(f"current_setting('{name}') AS {name}" for name in names)
    query = f"SELECT {told}, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    assert rows(make("postgres", query).pull()) == [
        ("repeatable read", "on", '"$user", public', "UTC", True)
    ]


# --- what came since ----------------------------------------------------------------------------


def test_only_what_came_since_is_asked_for(postgres: Postgres, make: Make) -> None:
    database = postgres.database(GDP, ROWS)
    source = make(database, SINCE, **MARKED)
    first = source.pull()
    assert [row[1] for row in rows(first)] == [2023, 2024]
    assert first.mark == "2025-02-10T00:00:00+00:00"
    postgres.do(
        "INSERT INTO gdp VALUES ('云溪区', 2025, 530, '2025-03-10 00:00Z'),"
        # written late: within the overlap, earlier than the mark
        " ('东城区', 2024, 77, '2025-02-08 00:00Z')",
        database=database,
    )
    second = source.pull()
    assert [row[:2] for row in rows(second)] == [
        ("东城区", 2024),
        ("云溪区", 2024),
        ("云溪区", 2025),
    ]
    assert second.mark == "2025-03-10T00:00:00+00:00"
    assert second.details["parameters"] == {"watermark": "2025-02-07T00:00:00+00:00"}


def test_nothing_new_is_no_delivery(postgres: Postgres, make: Make) -> None:
    database = postgres.database(GDP, ROWS)
    source = make(database, SINCE, **MARKED)
    source.pull()
    for _ in range(2):
        nothing = source.pull()
        assert (nothing.path, nothing.mark) == (None, "2025-02-10T00:00:00+00:00")
    postgres.do("UPDATE gdp SET value = 502 WHERE year = 2024", database=database)
    assert [row[2] for row in rows(source.pull())] == [Decimal("502.00")]
    assert source.pull().path is None


def test_a_table_without_rows_yet_is_no_delivery(postgres: Postgres, make: Make) -> None:
    database = postgres.database(GDP)
    source = make(database, SINCE, **MARKED)
    assert source.pull().path is None
    postgres.do(ROWS, database=database)
    assert len(rows(source.pull())) == 2


@pytest.mark.parametrize(
    ("harm", "now"),
    [
        ("DELETE FROM gdp WHERE year = 2024", "nothing"),
        ("UPDATE gdp SET changed = changed - interval '2 days' WHERE year = 2024",
         "2025-02-08T00:00:00+00:00"),
    ],
)  # fmt: skip
def test_a_watermark_that_goes_backwards_is_told(
    postgres: Postgres, make: Make, harm: str, now: str
) -> None:
    database = postgres.database(GDP, ROWS)
    source = make(database, SINCE, **MARKED)
    source.pull()
    postgres.do(harm, database=database)
    error = refused(source)
    assert (error.status, error.may_pass) == ("watermark", False)
    assert f"2025-02-10T00:00:00+00:00 had been reached, now it is {now}" in error.en
    assert error.zh.startswith("水位倒退：上次读到 2025-02-10T00:00:00+00:00")
    source.declare(watermark=MARKED["watermark"] | {"first": "2025-01-01T00:00:00Z"})
    assert rows(source.pull())[0][1] == 2023


def test_a_row_of_the_future_is_not_taken(postgres: Postgres, make: Make) -> None:
    database = postgres.database(GDP, ROWS)
    postgres.do("UPDATE gdp SET changed = '2099-01-01Z' WHERE year = 2024", database=database)
    error = refused(make(database, SINCE, **MARKED))
    assert error.en == "changed is ahead of the day: 2099-01-01T00:00:00+00:00; a clock is wrong"


@pytest.mark.parametrize(
    ("column", "first", "overlap", "marks", "asked"),
    [
        ("year", 0, 1, ("2024", "2025"), "2023"),
        ("day", "2020-01-01", "40 days", ("2025-02-10", "2025-03-10"), "2025-01-01"),
        ("whole", 0, 1, ("501", "530"), "500"),
    ],
)
def test_numbers_and_days_are_marks_too(
    postgres: Postgres, make: Make, column: str, first: object, overlap: object,
    marks: tuple[str, str], asked: str,
) -> None:  # fmt: skip
    database = postgres.database(GDP, ROWS)
    query = (
        "SELECT * FROM (SELECT year, changed::date AS day, round(value) AS whole FROM gdp) t "
        f"WHERE {column} >= :watermark ORDER BY {column}"
    )
    mark = {"column": column, "first": first, "overlap": overlap}
    source = make(database, query, watermark=mark)
    assert source.pull().mark == marks[0]
    assert source.pull().path is None
    postgres.do(
        "INSERT INTO gdp VALUES ('云溪区', 2025, 530, '2025-03-10 00:00Z')", database=database
    )
    second = source.pull()
    assert (second.mark, second.details["parameters"]) == (marks[1], {"watermark": asked})


@pytest.mark.parametrize(
    ("column", "first", "said"),
    [
        ("nix", 0, "the result has no column 'nix' for the watermark"),
        ("region", 0, "the watermark column region holds 云溪区: invalid literal"),
        ("year", "2020-01-01", "the watermark column year holds 2024: of another kind"),
        ("half", 0, "the watermark column half holds 2.5: of another kind than `first`"),
    ],
)
def test_a_watermark_that_is_none_is_told(
    postgres: Postgres, make: Make, column: str, first: object, said: str
) -> None:
    database = postgres.database(GDP, ROWS)
    query = "SELECT *, 2.5 AS half FROM gdp WHERE :watermark IS NOT NULL"
    overlap = 1 if first == 0 else "1 day"
    mark = {"column": column, "first": first, "overlap": overlap}
    assert said in refused(make(database, query, watermark=mark)).en


# --- columns ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "zh", "en"),
    [
        ("ALTER TABLE gdp DROP COLUMN region", "缺少列 region", "region vanished"),
        ("ALTER TABLE gdp ADD COLUMN note text", "新增列 note（text）", "note appeared (text)"),
        ("ALTER TABLE gdp ALTER COLUMN year TYPE bigint", "列 year 的类型由 integer 变为 bigint",
         "year was integer, is bigint"),
        ("ALTER TABLE gdp ALTER COLUMN value TYPE numeric(14,4)",
         "列 value 的类型由 numeric(14,2) 变为 numeric(14,4)",
         "value was numeric(14,2), is numeric(14,4)"),
        ("ALTER TABLE gdp RENAME COLUMN value TO amount", "缺少列 value；新增列 amount",
         "value vanished; amount appeared (numeric(14,2))"),
    ],
)  # fmt: skip
def test_a_column_that_changed_is_named(
    postgres: Postgres, make: Make, change: str, zh: str, en: str
) -> None:
    database = postgres.database(GDP, ROWS)
    source = make(database, "SELECT * FROM gdp")
    source.pull()
    postgres.do(change, database=database)
    error = refused(source)
    assert (error.status, error.may_pass) == ("schema", False)
    assert zh in error.zh and en in error.en
    # the remedy can be copied into the declaration as it stands
    assert error.remedy is not None
    told = error.remedy.partition("delivery.source.columns: {")[2].rstrip("}")
    source.declare(columns=dict(one.split(": ") for one in told.split(", ")))
    assert len(rows(source.pull())) == 2


def test_declared_columns_hold_from_the_first_pull_on(postgres: Postgres, make: Make) -> None:
    database = postgres.database(GDP, ROWS)
    columns = {"region": "TEXT", "year": "int4", "value": "numeric", "changed": "timestamptz"}
    assert len(rows(make(database, ALL, columns=columns).pull())) == 2
    source = make(database, ALL, columns=columns | {"year": "bigint"})
    error = refused(source)
    assert error.en == "its columns changed: year was bigint, is integer"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT 'a'::bytea AS b", "b is of the type bytea: no value a cell"),
        ("SELECT ARRAY[1] AS a", "a is of the type _int4: no value a cell"),
        ("SELECT 5::money AS m", "m is of the type money: no value a cell"),
        ("SELECT interval '1 day' AS i", "i is of the type interval: no value a cell"),
        ("SELECT 1 AS a, 2 AS a", "two columns of the result are called 'a'"),
        ("SELECT 'infinity'::timestamptz AS t", "t holds infinity, or a day before the year 1"),
        ("SELECT date '0044-03-15 BC' AS d", "d holds infinity, or a day before the year 1"),
    ],
)
def test_what_is_no_value_of_a_cell_is_refused(
    postgres: Postgres, make: Make, query: str, said: str
) -> None:
    error = refused(make("postgres", query))
    assert said in error.en
    assert error.remedy


# --- a source that does not give it -------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("SELECT * FROM nix", "42P01", 'has no such table: relation "nix" does not exist'),
        ("SELECT nix FROM gdp", "42703", 'has no such column: column "nix" does not exist'),
        ("SELECT * FROM pg_authid", "42501", "does not let this user read it: permission denied"),
        ("SELECT 1 FROM", "42601", "cannot carry out the query: syntax error at end of input"),
        ("SELECT 1/0", "22012", "cannot carry out the query: division by zero"),
        ("SELECT nextval('counter')", "25006", "only reading is allowed"),
        ("SELECT set_config('transaction_read_only', 'off', true)", "25001", "only reading"),
        ("SELECT 1) TO STDOUT", "42601", "syntax error"),
        ("SELECT convert_from('\\xff'::bytea, 'UTF8')", "22021", "text that is not in its enc"),
    ],
)
def test_a_query_that_fails_is_told_in_words(
    postgres: Postgres, make: Make, query: str, status: str, said: str
) -> None:
    database = postgres.database(
        GDP, "CREATE SEQUENCE counter", f"GRANT USAGE ON counter TO {USER}"
    )
    error = refused(make(database, query))
    assert (error.status, error.may_pass) == (status, False)
    assert said in error.en and status in error.zh


@pytest.mark.parametrize(
    ("more", "status", "may_pass", "zh"),
    [
        ({"port": 1}, "08001", True, "连接不上"),
        ({"host": "no-such-host.invalid"}, "08001", True, "连接不上"),
        ({"authority": None}, "certificate", False, "证书不可信"),
        (
            {"host": "127.0.0.2", "tls": "verify-ca", "authority": None},
            "certificate",
            False,
            "证书",
        ),
    ],
)
def test_a_server_that_cannot_be_asked_is_told(
    postgres: Postgres, make: Make, more: dict[str, Any], status: str, may_pass: bool, zh: str
) -> None:
    error = refused(make("postgres", "SELECT 1 AS a", **more))
    assert (error.status, error.may_pass) == (status, may_pass)
    assert zh in error.zh


def test_a_database_that_is_not_there_is_told(make: Make) -> None:
    error = refused(make("nix", "SELECT 1 AS a"))
    assert (error.status, error.zh) == ("3D000", "数据库没有这个数据库（3D000）")


@pytest.mark.parametrize(
    "more",
    [{}, {"host": "localhost"}, {"tls": "verify-ca"}, {"tls": "unverified", "authority": None},
     {"tls": "off", "authority": None}],
)  # fmt: skip
def test_a_certificate_is_trusted_as_far_as_is_declared(
    postgres: Postgres, make: Make, more: dict[str, Any]
) -> None:
    assert rows(make("postgres", "SELECT 1 AS a", **more).pull()) == [(1,)]


def test_a_server_without_tls_is_not_told_the_password(make: Make) -> None:
    with without_tls() as port:
        error = refused(make("postgres", "SELECT 1 AS a", port=port))
    assert (error.status, error.zh) == ("tls", "数据库不提供加密连接（tls）")


def test_a_wrong_password_is_told_without_it(make: Make) -> None:
    source = make("postgres", "SELECT 1 AS a")
    source.environment = ENVIRONMENT | {"DB_PASSWORD": "wrong-Wörd"}
    error = refused(source)
    assert (error.status, error.may_pass) == ("28P01", False)
    assert "wrong-Wörd" not in str(error)
    assert error.en.endswith('password authentication failed for user "‹DB_USER›"')


def test_too_many_connections_may_pass(postgres: Postgres, make: Make) -> None:
    postgres.do(f"ALTER ROLE {USER} CONNECTION LIMIT 0")
    try:
        error = refused(make("postgres", "SELECT 1 AS a"))
    finally:
        postgres.do(f"ALTER ROLE {USER} CONNECTION LIMIT -1")
    assert (error.status, error.may_pass) == ("53300", True)


def test_a_locked_table_is_not_waited_for_longer_than_declared(
    postgres: Postgres, make: Make
) -> None:
    database = postgres.database(GDP, ROWS)
    with postgres.connect(database) as other, other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE gdp IN ACCESS EXCLUSIVE MODE")
        error = refused(make(database, ALL, lock_seconds=0.05))
        cursor.execute("ROLLBACK")
    assert (error.status, error.may_pass) == ("55P03", True)
    assert error.zh == "数据库表被锁定（55P03）"


def test_a_query_that_takes_too_long_is_ended(make: Make) -> None:
    error = refused(make("postgres", "SELECT pg_sleep(60)::text AS a", seconds=2))
    assert (error.status, error.zh) == ("57014", "数据库查询超时（57014）")


LONG = "SELECT i, repeat(md5(i::text), 4) AS t FROM generate_series(1, 150000) i"


def killed(postgres: Postgres, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """After the first batch another session ends ours, so many times."""
    left, batches = [times], postgresql._batches

    def cut(reader: Any) -> Iterator[Any]:
        for batch in batches(reader):
            yield batch
            if left[0]:
                left[0] -= 1
                postgres.do(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    f"WHERE usename = '{USER}'"
                )

    monkeypatch.setattr(postgresql, "_batches", cut)


def test_a_connection_that_drops_in_the_middle_is_tried_again(
    postgres: Postgres, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(postgres, monkeypatch, times=1)
    assert len(rows(make("postgres", LONG, tries=2).pull())) == 150_000


def test_a_connection_that_always_drops_gives_nothing(
    postgres: Postgres, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(postgres, monkeypatch, times=9)
    source = make("postgres", LONG, tries=2)
    error = refused(source)
    # whether the server's last words still arrive is chance
    assert (error.status in ("08006", "57P01"), error.may_pass) == (True, True)
    assert error.zh.startswith("数据库连接中断")
    assert source.known == {}


def test_a_result_that_is_too_large_is_given_up(make: Make) -> None:
    error = refused(make("postgres", LONG, megabytes=1))
    assert error.status == "too large"


def test_text_in_no_encoding_can_be_read_as_the_remedy_says(postgres: Postgres, make: Make) -> None:
    database = postgres.database(
        "CREATE TABLE t (name text)",
        "INSERT INTO t VALUES (convert_from('\\xd4c6cfaac7f8', 'SQL_ASCII'))",  # in GB18030
        encoding="SQL_ASCII",
    )
    error = refused(make(database, "SELECT name FROM t"))
    assert (error.status, error.zh) == ("22021", "数据库文字编码有误（22021）")
    assert error.remedy is not None
    read = error.remedy.partition("PostgreSQL: ")[2].rpartition("), or")[0]
    pulled = make(database, f"SELECT {read.replace('column', 'name')} AS name FROM t").pull()
    assert rows(pulled) == [("云溪区",)]


# --- periods ------------------------------------------------------------------------------------


def test_the_period_that_is_awaited_is_bound(postgres: Postgres, make: Make) -> None:
    query, parameters = BY_MONTH
    source = make(postgres.database(*MONTHS), query, parameters=parameters)
    assert by_period(source) == OF_MONTHS
    assert source.pull().path is None  # each period is known by itself
