"""The tables and macros of an attached database, and names and texts in SQL.

Belongs here: asking a database what it has. Does not belong here: what a table or column is
(``catalog``), and copying, exporting or judging the tables.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from orchestration.catalog import Catalog, Column, Table, canonical_type, literal, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "Column",
    "Table",
    "canonical_type",
    "list_macros",
    "literal",
    "published_tables",
    "quote",
]


def published_tables(con: DuckDBPyConnection, catalog: str) -> tuple[Table, ...]:
    """All tables the dictionaries of an attached database name, ordered by schema and name.

    Raises:
        ReleaseError: It has no dictionaries.
    """
    return Catalog.of_release(con, catalog).tables


def list_macros(con: DuckDBPyConnection, catalog: str) -> list[dict[str, str]]:
    """The macros of an attached database: name, parameters, and the hash of the definition."""
    rows = con.execute(
        f"""
        select schema_name, function_name, array_to_string(parameters, ', '), macro_definition
        from duckdb_functions()
        where database_name = {literal(catalog)} and not internal
        order by all
        """
    ).fetchall()
    return [
        {
            "name": f"{schema}.{name}",
            "parameters": parameters,
            "definition_sha256": sha256((definition or "").encode()).hexdigest(),
        }
        for schema, name, parameters, definition in rows
    ]
