"""The contract of schema ``landing``: its tables and columns, as the dbt sources declare them.

Belongs here: reading ``models/landing/_landing.yml``, and the DDL that follows from it. Does not
belong here: what the tables are filled with (``landing``, ``declared``).
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping

from orchestration.settings import CODE_ROOT, read_yaml

CONTRACT = CODE_ROOT / "dbt_project" / "models" / "landing" / "_landing.yml"


LATER = {
    "figure_kind": "case when starts_with({row}.basis, 'target') then 'target' "
    "when {row}.estimate_stage = 'forecast' then 'forecast' else 'outturn' end",
    "subject": "'_T'",
    "locality": "'_T'",
}
"""Columns of a figure that releases and readings of before do not have: what held then, as SQL."""


def as_now(row: str, column: str, there: Collection[str]) -> str:
    """A column of a figure as it is called now, out of a file that may be of before.

    Args:
        row: Alias of the file.
        column: Which column.
        there: The columns that the file has.
    """
    held = LATER.get(column, "").format(row=row)
    if not held:
        return f"{row}.{column}"
    return f"coalesce({row}.{column}, {held})" if column in there else held


@functools.cache
def landing_tables() -> Mapping[str, Mapping[str, str]]:
    """Every table of ``landing`` with the types of its columns, in their order."""
    (source,) = read_yaml(CONTRACT)["sources"]
    return {
        table["name"]: {column["name"]: column["data_type"] for column in table["columns"]}
        for table in source["tables"]
    }


def landing_ddl() -> str:
    """SQL that makes the schema, empty."""
    tables = (
        f"create table landing.{name} ({', '.join(f'{c} {t}' for c, t in columns.items())});"
        for name, columns in landing_tables().items()
    )
    return "\n".join(("create schema landing;", *tables))
