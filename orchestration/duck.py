"""What DuckDB is cheap at: threads where they are worth it, many rows in one statement, no pandas.

Belongs here: how it is asked. Does not belong here: opening databases, and what is asked.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LITTLE_BYTES = 64 * 1024 * 1024
"""A database of a district with some ten thousand figures. Of a smaller one a statement takes a few
milliseconds, and threads that share them wait for each other longer than they work: with one thread
the models of a small district take two thirds of the time."""


LITTLE_ROWS = 100_000
"""Figures that come to about as much."""


def share_out(con: DuckDBPyConnection, database: Path, rows: int = 0) -> None:
    """Give a database as many threads as what is read is worth.

    Args:
        con: An open connection; all of its database follow.
        database: What is read, with what its log holds.
        rows: How many figures are read besides, from elsewhere.
    """
    size = _bytes(database) + _bytes(database.with_name(database.name + ".wal"))
    is_little = size < LITTLE_BYTES and rows < LITTLE_ROWS
    con.execute("set threads = 1" if is_little else "reset threads")


def insert_rows(
    con: DuckDBPyConnection,
    table: str,
    rows: Sequence[Sequence[object]],
    columns: Sequence[str] = (),
) -> None:
    """Insert rows as one statement: a statement for each costs a hundred times as much.

    Args:
        con: Open for writing.
        table: With its schema.
        rows: In the order of the columns.
        columns: Of the table; all of them where they are not named.
    """
    if not rows:
        return
    lists = ", ".join(f"unnest(${number})" for number in range(1, len(rows[0]) + 1))
    named = f" ({', '.join(columns)})" if columns else ""
    con.execute(
        f"insert into {table}{named} select {lists}",
        [list(column) for column in zip(*rows, strict=True)],
    )


@contextlib.contextmanager
def pandas_unseen() -> Iterator[None]:
    """Keep DuckDB from importing pandas, half a second, at the first bound parameter.

    It wants to know whether a value is one of pandas'; without pandas none is.
    """
    is_hidden = "pandas" not in sys.modules
    if is_hidden:
        sys.modules["pandas"] = None  # type: ignore[assignment]  # Python's way to say: not here
    try:
        yield
    finally:
        if is_hidden:
            sys.modules.pop("pandas", None)


def _bytes(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
