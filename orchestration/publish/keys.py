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
    candidates = [
        (table, column.name, targets[column.references])
        for table in tables
        for column in table.columns
        if column.references in targets
    ]
    if not candidates:
        return {}
    asked = ", ".join(
        f"not exists (select 1 from {table.in_catalog(catalog)} as t "
        f"where t.{quote(name)} is not null and t.{quote(name)} not in "
        f"(select k.{quote(name)} from {target.in_catalog(catalog)} as k))"
        for table, name, target in candidates
    )
    answers = con.execute(f"select {asked}").fetchone() or ()
    found: dict[str, dict[str, Table]] = {}
    for (table, name, target), is_key in zip(candidates, answers, strict=True):
        if is_key:
            found.setdefault(table.qualified, {})[name] = target
    return found
