"""Which columns refer to the key of another table: asked of the rows, never assumed.

Belongs here: finding foreign keys of a release. Does not belong here: describing them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from orchestration.publish.tables import Table, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ForeignKeys = Mapping[str, Mapping[str, Table]]
"""Table (``schema.table``) to column to the table whose key it holds."""


def foreign_keys(con: DuckDBPyConnection, catalog: str, tables: Sequence[Table]) -> ForeignKeys:
    """Columns named like the one-column key of another table, all of whose values stand there."""
    targets: dict[str, Table] = {}
    for table in sorted(tables, key=lambda item: (item.schema != "core", item.qualified)):
        if len(table.primary_key) == 1:
            targets.setdefault(table.primary_key[0], table)
    found: dict[str, dict[str, Table]] = {}
    for name, target in targets.items():
        referring = [table for table in tables if table is not target and table.has(name)]
        strangers = _with_strangers(con, catalog, name, target, referring)
        for place, table in enumerate(referring):
            if place not in strangers:
                found.setdefault(table.qualified, {})[name] = target
    return found


def _with_strangers(
    con: DuckDBPyConnection, catalog: str, name: str, target: Table, referring: Sequence[Table]
) -> set[int]:
    """The places of the tables that hold a value which is no key of the target."""
    if not referring:
        return set()
    values = " union all ".join(
        f"select {place} as place, cast({quote(name)} as varchar) as value "
        f"from {table.in_catalog(catalog)}"
        for place, table in enumerate(referring)
    )
    rows = con.execute(
        f"select distinct v.place from ({values}) as v where v.value is not null and not exists ("
        f"select 1 from {target.in_catalog(catalog)} as k "
        f"where cast(k.{quote(name)} as varchar) = v.value)"
    ).fetchall()
    return {place for (place,) in rows}
