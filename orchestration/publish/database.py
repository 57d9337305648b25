"""The database of a release: the published tables of the marts under their contract, in a new file.

Belongs here: copying, contracts, keys, comments, views and macros. Does not belong here: products,
which are compared with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import ReleaseError
from orchestration.publish.rowhash import value_kind
from orchestration.publish.tables import Table, literal, quote
from orchestration.publish.views import views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STORAGE_VERSION = "v1.2.0"
# Rows that DuckDB compresses together.
_ROW_GROUP = 122_880


def open_new(con: DuckDBPyConnection, file: Path, most_rows: int) -> None:
    """Attach a new database as ``mart`` for tables of at most so many rows.

    To compress, DuckDB tries every method on every column. Where all tables are small that takes
    as long as all else it does for the file, which comes out a fifteenth smaller.
    """
    if most_rows <= _ROW_GROUP:
        con.execute("set force_compression = 'uncompressed'")
    con.execute(f"attach {literal(str(file))} as mart (storage_version '{STORAGE_VERSION}')")


def check_belongs(
    con: DuckDBPyConnection, release_id: str, release_time: datetime, policy: str
) -> None:
    """The marts say themselves which release they were built for: never publish stale ones."""
    rows = con.execute("select release_id, release_time, policy from work.meta.release").fetchall()
    given = release_time
    moment = given.astimezone(UTC).replace(tzinfo=None) if given.tzinfo else given
    expected = (release_id, moment, policy)
    if rows != [expected]:
        raise ReleaseError(
            f"the marts were built for {rows}, not for {expected} / 集市属于另一次运行",
            place="meta.release",
            remedy="build the marts again with this release's id, time and policy",
        )


def check_contracts(con: DuckDBPyConnection, tables: Sequence[Table]) -> None:
    """The tables of the work database have the columns of the dictionary, in that order."""
    actual: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for schema, table_name, column_name, data_type in con.execute(
        """
        select schema_name, table_name, column_name, data_type from duckdb_columns()
        where database_name = 'work' order by schema_name, table_name, column_index
        """
    ).fetchall():
        actual.setdefault((schema, table_name), []).append((column_name, data_type))
    for table in tables:
        declared = [(column.name, column.data_type) for column in table.columns]
        found = actual.get((table.schema, table.name), [])
        if found != declared:
            raise ReleaseError(
                f"the columns are {found}, the dictionary says {declared}",
                place=table.qualified,
                remedy="build meta.column_dictionary after the marts it describes",
            )
        for column in table.columns:
            try:
                value_kind(column.data_type)
            except ReleaseError as error:
                raise ReleaseError(
                    error.what, place=f"{table.qualified}.{column.name}", remedy=error.remedy
                ) from error


def constrained(tables: Sequence[Table], row_counts: Mapping[str, int]) -> frozenset[str]:
    """The tables whose key is a constraint of the database, for tools that draw how tables join.

    Those that others refer to. An index costs one block of the file (256 KiB), whatever it holds,
    and no time that can be measured, while its table is no longer than a row group.
    """
    targets = {column.references for table in tables for column in table.columns}
    return frozenset(
        table.qualified
        for table in tables
        if table.qualified in targets
        and row_counts.get(table.qualified, 0) <= _ROW_GROUP
        and table.primary_key
        and all(
            table.has(name) and not table.by_name[name].is_nullable for name in table.primary_key
        )
    )


def copy_table(
    con: DuckDBPyConnection, table: Table, *, with_rows: bool, is_constrained: bool = False
) -> None:
    """Create a table under its contract and fill it, ordered by its key."""
    con.execute(f"create schema if not exists mart.{quote(table.schema)}")
    columns = ", ".join(
        f"{quote(column.name)} {column.data_type}{'' if column.is_nullable else ' not null'}"
        for column in table.columns
    )
    key = ", ".join(quote(name) for name in table.primary_key)
    constraint = f", primary key ({key})" if is_constrained else ""
    con.execute(f"create table {table.in_catalog('mart')} ({columns}{constraint})")
    if with_rows:
        con.execute(
            f"""
            insert into {table.in_catalog("mart")}
            select {table.select_list}
            from {table.in_catalog("work")} as t
            order by {table.order_by}
            """
        )
        _check_key(con, table)


def _check_key(con: DuckDBPyConnection, table: Table) -> None:
    """No two rows share the key: otherwise the order, and with it the bytes, is not fixed."""
    if not table.primary_key:
        return
    missing = [name for name in table.primary_key if not table.has(name)]
    if missing:
        raise ReleaseError(
            f"the key names columns that are not there: {', '.join(missing)}",
            place=table.qualified,
            remedy="correct primary_key in meta.schema_dictionary",
        )
    key = ", ".join(quote(name) for name in table.primary_key)
    row = con.execute(
        f"""
        select {key} from {table.in_catalog("mart")} group by {key} having count(*) > 1 limit 1
        """
    ).fetchone()
    if row is not None:
        raise ReleaseError(
            f"more than one row has the key ({', '.join(table.primary_key)}) = {row}",
            place=table.qualified,
            remedy="make the mart's grain and its declared key agree",
        )


def comment(con: DuckDBPyConnection, table: Table, targets: Mapping[str, Table]) -> None:
    """Say in the database itself what the dictionaries say of a table and its columns.

    Args:
        con: A connection with the new database as ``mart``.
        table: The table.
        targets: Its columns that refer to the key of another table, to that table.
    """
    name = table.in_catalog("mart")
    title = _both(table.title_zh, table.title_en)
    said = [f"comment on table {name} is {literal(title)}"]
    for column in table.columns:
        key_zh, key_en = _key_of(table, column.name, targets.get(column.name))
        text = _both(column.description_zh + key_zh, column.description_en + key_en)
        said.append(f"comment on column {name}.{quote(column.name)} is {literal(text)}")
    con.execute("; ".join(said))


def _key_of(table: Table, name: str, target: Table | None) -> tuple[str, str]:
    """Whether a column is a key or a part of it, and whose key it refers to, in both languages."""
    zh, en = "", ""
    if name in table.primary_key:
        is_whole = len(table.primary_key) == 1
        zh, en = ("主键", "key") if is_whole else ("主键之一", "part of the key")
    if target is not None and target.qualified != table.qualified:
        zh = "；".join(filter(None, (zh, f"外键 → {target.qualified}")))
        en = "; ".join(filter(None, (en, f"refers to {target.qualified}")))
    return (f"〔{zh}〕", f" [{en}]") if zh else ("", "")


def _both(zh: str, en: str) -> str:
    return " | ".join(filter(None, (zh, en)))


def create_views(con: DuckDBPyConnection, tables: Sequence[Table]) -> None:
    """Make the view of each table, under Chinese names, with the release as default database."""
    con.execute("use mart")
    con.execute("; ".join(said for view in views(tables) for said in view.sql()))


def create_macros(con: DuckDBPyConnection, macros_dir: Path | None) -> None:
    """Run the SQL files that create macros, with the release as the default database."""
    import duckdb

    con.execute("use mart")
    for file in sorted(macros_dir.glob("*.sql")) if macros_dir else []:
        try:
            con.execute(file.read_text(encoding="utf-8"))
        except duckdb.Error as error:
            raise ReleaseError(
                f"the macro cannot be created: {error}",
                file=file,
                remedy="a file here holds 'create or replace macro <schema>.<name>(…) as …'",
            ) from error
