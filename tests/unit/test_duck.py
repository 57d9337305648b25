"""DuckDB is given threads where they are worth it, and rows in one statement."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.duck import LITTLE_BYTES, LITTLE_ROWS, insert_rows, share_out

pytestmark = pytest.mark.core


def threads(connection: duckdb.DuckDBPyConnection) -> int:
    ((found,),) = connection.execute("select current_setting('threads')").fetchall()
    return int(found)


@pytest.mark.parametrize(
    ("size", "log", "rows", "is_one"),
    [
        (0, 0, 0, True),
        (LITTLE_BYTES - 1, 0, LITTLE_ROWS - 1, True),
        (LITTLE_BYTES, 0, 0, False),
        (1, LITTLE_BYTES, 0, False),
        (1, 0, LITTLE_ROWS, False),
    ],
)
def test_little_is_done_by_one_thread(
    tmp_path: Path, size: int, log: int, rows: int, is_one: bool
) -> None:
    file = tmp_path / "warehouse.duckdb"
    for path, length in ((file, size), (tmp_path / "warehouse.duckdb.wal", log)):
        if length:
            with path.open("wb") as stream:
                stream.truncate(length)
    with duckdb.connect(config={"threads": 3}) as connection:
        usual = duckdb.connect().execute("select current_setting('threads')").fetchall()[0][0]
        share_out(connection, file, rows)
        assert threads(connection) == (1 if is_one else usual)


def test_rows_are_inserted_in_the_order_of_the_columns_that_are_named() -> None:
    with duckdb.connect() as connection:
        connection.execute("create table t (a int, b varchar, c int default 7)")
        insert_rows(connection, "t", [(None, 2), ("乙", 3)], ("b", "a"))
        insert_rows(connection, "t", [(4, "丙", 5)])
        insert_rows(connection, "t", [])
        assert connection.execute("from t").fetchall() == [(2, None, 7), (3, "乙", 7), (4, "丙", 5)]
