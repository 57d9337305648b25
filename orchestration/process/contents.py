"""What a table holds, as a short text: to tell whether it is what it was.

Belongs here: fingerprints of the work database for the work database. Does not belong here: the
canonical hash of a release (``publish.rowhash``), which has to be the same on every DuckDB.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Name = tuple[str, str]
"""Schema and table."""


def contents(con: DuckDBPyConnection, tables: Collection[Name]) -> dict[Name, str]:
    """Columns, types and rows of those of the tables that are there, in one statement."""
    there = {name: columns for name, columns in columns_of(con).items() if name in tables}
    if not there:
        return {}
    found = con.execute(
        " union all ".join(
            f"select {number}, {_rows(columns)} from {_quoted(*name)}"
            for number, (name, columns) in enumerate(there.items())
        )
    ).fetchall()
    names = list(there)
    texts = {names[number]: f"{there[names[number]]} {rows}" for number, rows in found}
    return {name: hashlib.sha256(text.encode()).hexdigest()[:32] for name, text in texts.items()}


def partitions(
    con: DuckDBPyConnection, relation: str, by: str, columns: Collection[str]
) -> dict[str, str]:
    """The rows of a relation in parts, one for every value of a column."""
    found = con.execute(f"select {by}, {_rows(columns)} from {relation} group by all").fetchall()
    return dict(found)


def columns_of(con: DuckDBPyConnection) -> dict[Name, dict[str, str]]:
    """The columns of every table with their types, in order."""
    rows = con.execute(
        "select schema_name, table_name, map_from_entries(list("
        "(column_name, data_type) order by column_index)) "
        "from duckdb_columns() where not internal group by all"
    ).fetchall()
    return {(schema, table): columns for schema, table, columns in rows}


def _rows(columns: Iterable[str]) -> str:
    """SQL for how many rows there are, and for two sums that follow from them in any order."""
    values = ", ".join(f'"{name}"' for name in columns)
    # Each is 64 bits wide; together no two states of a table will ever be taken for each other.
    sums = (f"sum(hash({seed}, {values})::hugeint)" for seed in (1, 2))
    return f"concat_ws(' ', count(*), {', '.join(sums)})"


def _quoted(schema: str, table: str) -> str:
    return f'"{schema}"."{table}"'
