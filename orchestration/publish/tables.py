"""The published tables as the dictionaries in ``meta`` declare them: order, keys, types, words.

Belongs here: reading the two dictionaries and quoting names. Does not belong here: copying,
exporting or judging the tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from orchestration.errors import ReleaseError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Column:
    """One column: its name, its DuckDB type in canonical spelling, and what it says."""

    name: str
    data_type: str
    description_zh: str
    description_en: str
    unit: str
    is_nullable: bool

    @property
    def label_zh(self) -> str:
        """What the column is called in Chinese: its description up to the first stop."""
        return _first_clause(self.description_zh)

    @property
    def label_en(self) -> str:
        """What the column is called in English."""
        return _first_clause(self.description_en)


@dataclass(frozen=True)
class Table:
    """One published table with its columns in order and the key it is ordered by."""

    schema: str
    name: str
    title_zh: str
    title_en: str
    grain_zh: str
    grain_en: str
    primary_key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def qualified(self) -> str:
        """``schema.table``, for people."""
        return f"{self.schema}.{self.name}"

    def in_catalog(self, catalog: str) -> str:
        """The quoted name of this table in an attached database."""
        return f"{quote(catalog)}.{quote(self.schema)}.{quote(self.name)}"

    def has(self, column: str) -> bool:
        """Whether the table has a column of this name."""
        return any(item.name == column for item in self.columns)

    @property
    def select_list(self) -> str:
        """All columns, quoted, in order."""
        return ", ".join(quote(column.name) for column in self.columns)

    @property
    def order_by(self) -> str:
        """The order of the table's rows: by key, or by all columns where it has none.

        The table is aliased ``t``: an export may give a column's text the column's own name,
        and a bare name in ORDER BY would then sort by the text.
        """
        names = self.primary_key or tuple(column.name for column in self.columns)
        return ", ".join(f"t.{quote(name)} asc nulls last" for name in names)


def _first_clause(description: str) -> str:
    return re.split(r"[。；：:;]|\. |\.$", description, maxsplit=1)[0].strip()


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal.

    The first bound parameter makes DuckDB import pandas and NumPy, a third of a second: names
    and hashes are written into the statement instead.
    """
    return "'" + text.replace("'", "''") + "'"


def canonical_type(data_type: str) -> str:
    """A DuckDB type in the one spelling DuckDB itself uses: ``int`` is ``INTEGER``."""
    import duckdb

    try:
        return str(duckdb.sqltype(data_type))
    except duckdb.Error:
        return data_type.strip().upper()


def published_tables(con: DuckDBPyConnection, catalog: str) -> tuple[Table, ...]:
    """All tables the dictionaries of an attached database name, ordered by schema and name."""
    import duckdb

    try:
        declares_key = con.execute(
            f"""
            select 1 from duckdb_columns()
            where database_name = {literal(catalog)} and schema_name = 'meta'
                and table_name = 'schema_dictionary' and column_name = 'primary_key'
            """
        ).fetchone()
        heads = con.execute(
            f"""
            select
                schema_name, table_name, title_zh, title_en, grain_zh, grain_en,
                {"primary_key" if declares_key else "''"}
            from {quote(catalog)}.meta.schema_dictionary
            order by schema_name, table_name
            """
        ).fetchall()
        lines = con.execute(
            f"""
            select
                schema_name, table_name, column_name, data_type,
                description_zh, description_en, unit, is_nullable
            from {quote(catalog)}.meta.column_dictionary
            order by schema_name, table_name, ordinal
            """
        ).fetchall()
    except duckdb.Error as error:
        raise ReleaseError(
            f"the dictionaries of the marts cannot be read: {error}",
            place="meta.schema_dictionary, meta.column_dictionary",
            remedy="build the marts again; they declare what a release contains",
        ) from error
    columns: dict[tuple[str, str], list[Column]] = {}
    for schema, table, name, data_type, zh, en, unit, is_nullable in lines:
        columns.setdefault((schema, table), []).append(
            Column(
                name, canonical_type(data_type or ""), zh or "", en or "", unit or "", is_nullable
            )
        )
    return tuple(
        Table(
            schema,
            name,
            title_zh or "",
            title_en or "",
            grain_zh or "",
            grain_en or "",
            tuple(part.strip() for part in (key or "").split(",") if part.strip()),
            tuple(columns.get((schema, name), [])),
        )
        for schema, name, title_zh, title_en, grain_zh, grain_en, key in heads
    )


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
