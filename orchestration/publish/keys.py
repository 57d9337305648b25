"""Which columns refer to the key of another table: declared, and kept by the rows of this release.

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
    """Columns declared to hold the key of another table, all of whose values stand there.

    A release promises no reference that one of its rows breaks.
    """
    targets = {table.qualified: table for table in tables}
    referring: dict[tuple[str, str], list[Table]] = {}
    for table in tables:
        for column in table.columns:
            if column.references in targets:
                referring.setdefault((column.references, column.name), []).append(table)
    found: dict[str, dict[str, Table]] = {}
    for (target, name), those in referring.items():
        strangers = _with_strangers(con, catalog, name, targets[target], those)
        for place, table in enumerate(those):
            if place not in strangers:
                found.setdefault(table.qualified, {})[name] = targets[target]
    return found


def _with_strangers(
    con: DuckDBPyConnection, catalog: str, name: str, target: Table, referring: Sequence[Table]
) -> set[int]:
    """The places of the tables that hold a value which is no key of the target."""
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
