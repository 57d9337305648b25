"""A million rows of a database beside what its own client takes: printed, never asserted.

pytest -m benchmark -s tests/benchmarks/test_database_speed.py
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from orchestration.collect.connectors import postgresql, sql
from orchestration.declarations import Declarations
from tests.sources.database import BOSS_PASSWORD, MariaDB, Postgres, Puller, puller

pytestmark = pytest.mark.benchmark

ROWS = 1_000_000
QUERY = "SELECT * FROM figures WHERE id > :least ORDER BY id"
COLUMNS = """SELECT i AS id, 1000000000 + i * 97 AS big, (i / 100.0)::numeric(14,2) AS value,
'地区' || i % 3000 AS region, date '2000-01-01' + i % 9000 AS day,
timestamptz '2025-01-01Z' + i * interval '1 second' AS changed"""


def measured(name: str, source: Puller) -> None:
    """Pull twice; the second time nothing has changed."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun, worked = time.perf_counter(), time.process_time()
    pulled = source.pull()
    seconds, work = time.perf_counter() - begun, time.process_time() - worked
    assert pulled.path is not None and pulled.details["rows"] == ROWS
    size, more = pulled.path.stat().st_size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    assert source.pull().path is None
    again = time.perf_counter() - begun
    print(
        f"\n{name}: {seconds:.2f} s ({work:.2f} s of our CPU), {size / 1e6:.1f} MB of Parquet, "
        f"{(more - before) / 1024:.0f} MB more memory at most; unchanged: {again:.2f} s"
    )


def test_postgresql(postgres: Postgres, tmp_path: Path, declarations: Declarations) -> None:
    database = postgres.database(
        f"CREATE TABLE figures AS {COLUMNS} FROM generate_series(1, {ROWS}) i",
        "ALTER TABLE figures ADD PRIMARY KEY (id)",
        "ANALYZE figures",
    )
    client = shutil.which("psql")
    assert client is not None
    for form in ("binary", "csv"):
        text = f"COPY ({QUERY.replace(':least', '0')}) TO STDOUT (FORMAT {form})"
        begun = time.perf_counter()
        with (tmp_path / form).open("wb") as written:
            subprocess.run(
                [client, "-h", "127.0.0.1", "-p", str(postgres.port), "-U", "boss", "-c", text,
                 database],
                check=True, stdout=written, env=os.environ | {"PGPASSWORD": BOSS_PASSWORD},
            )  # fmt: skip
        seconds, size = time.perf_counter() - begun, (tmp_path / form).stat().st_size
        print(f"\nCOPY … TO ({form}): {seconds:.2f} s, {size / 1e6:.1f} MB")
    source = postgres.source(database, QUERY, parameters={"least": 0})
    data_set: Any = declarations.get("yunxi-profile").data_set
    measured("postgresql", puller(postgresql, source, tmp_path, data_set))


def test_mariadb(mariadb: MariaDB, tmp_path: Path, declarations: Declarations) -> None:
    database = mariadb.database(
        "CREATE TABLE figures (id int PRIMARY KEY, big bigint, value decimal(14,2), "
        "region varchar(20), day date, changed datetime)",
        "INSERT INTO figures SELECT seq, 1000000000 + seq * 97, seq / 100, concat('地区', seq % "
        "3000), date '2000-01-01' + interval (seq % 9000) day, timestamp '2025-01-01 00:00:00' + "
        f"interval seq second FROM seq_1_to_{ROWS}",
    )
    begun = time.perf_counter()
    import pymysql.cursors

    with (
        mariadb.connect(database) as connection,
        connection.cursor(pymysql.cursors.SSCursor) as cursor,
    ):
        cursor.execute("SELECT * FROM figures ORDER BY id")
        assert sum(1 for _ in cursor.fetchall_unbuffered()) == ROWS
    print(f"\nPyMySQL alone: {time.perf_counter() - begun:.2f} s")
    source = mariadb.source(database, QUERY, parameters={"least": 0})
    data_set: Any = declarations.get("yunxi-profile").data_set
    measured("sql", puller(sql, source, tmp_path, data_set))
