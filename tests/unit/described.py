"""Tables described for a test the way the catalogue describes them in a release.

Belongs here: SQL that adds a table to the dictionaries. Does not belong here: any table.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.catalog import Catalog, Column, Table


def dictionary_sql(table: Table) -> str:
    """Statements that add a table to ``meta.schema_dictionary`` and ``meta.column_dictionary``."""
    heads, lines = Catalog((table,)).rows()
    kept = "schema_name table_name title_zh title_en grain_zh grain_en primary_key".split()
    return ";\n".join(
        f"insert into meta.{name} ({', '.join(row)}) "
        f"values ({', '.join(map(_literal, row.values()))})"
        for name, rows in (
            ("schema_dictionary", [{key: head[key] for key in kept} for head in heads]),
            ("column_dictionary", lines),
        )
        for row in rows
    )


def columns_sql(columns: Sequence[Column]) -> str:
    """The columns of a table as ``create table`` wants them."""
    return ", ".join(
        f"{column.name} {column.data_type}{'' if column.is_nullable else ' not null'}"
        for column in columns
    )


def _literal(value: object) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'" if value else "null"
    return str(value).lower()
