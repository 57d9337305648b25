"""The published tables as Parquet and as CSV.

Belongs here: which files there are, and comparing them with the database of the release. Does not
belong here: the formats (``export``), and the list of files, which is written last
(``inventory``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestration.publish.export import (
    BOM,
    UNSAFE_START,
    csv_select_list,
    read_csv_relation,
    read_parquet_relation,
    write_csv,
    write_parquet,
)
from orchestration.publish.layout import csv_path, parquet_path
from orchestration.publish.product import Files, Problem, Product
from orchestration.publish.rowhash import checksum_sql, value_kind
from orchestration.publish.rules import UNSAFE_CELL, contract, rows_differ
from orchestration.publish.tables import Table, literal, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from orchestration.publish.edition import Edition
    from orchestration.publish.package import Package

_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"


def _inputs(edition: Edition) -> Mapping[str, Any]:
    return {
        table.qualified: [edition.row_hash(table.qualified), repr(table)] for table in edition.marts
    }


def _build(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    asked = set(parts)
    return {
        table.qualified: export_table(
            edition, edition.catalog, table, edition.prints[table.qualified].row_count
        )
        for table in edition.marts
        if table.qualified in asked
    }


def export_table(edition: Edition, catalog: str, table: Table, row_count: int) -> Files:
    """Write a table's two files; returns the rows in each."""
    parquet, csv = parquet_path(table.schema, table.name), csv_path(table.schema, table.name)
    write_parquet(edition.con, catalog, table, edition.directory / parquet)
    write_csv(edition.con, catalog, table, edition.directory / csv)
    return {parquet: row_count, csv: row_count}


def _check(package: Package) -> Iterator[Problem]:
    """Columns and rows of every file that was built for this release are those of the database."""
    for table in package.tables:
        yield from _check_parquet(package, table)
        yield from _check_csv(package, table)


def _check_parquet(package: Package, table: Table) -> Iterator[Problem]:
    import duckdb

    name = parquet_path(table.schema, table.name)
    if package.is_carried(name) or not (package.path / name).is_file():
        return
    relation = read_parquet_relation(package.path / name)
    try:
        found = package.con.execute(f"describe select * from {relation}").fetchall()
        columns = [(row[0], row[1]) for row in found]
        expected = [(column.name, column.data_type) for column in table.columns]
        if columns != expected:
            yield contract(name, f"{columns}", f"{expected}")
        names = [quote(column.name) for column in table.columns]
        ((count, total, known_count, known_total),) = package.con.execute(
            f"with found as ({checksum_sql(relation, names)}), "
            f"expected as ({checksum_sql(table.in_catalog('mart'), names)}) "
            "select * from found, expected"
        ).fetchall()
        yield from rows_differ(
            name, (count, total), (known_count, known_total), "数据库", "the database"
        )
    except duckdb.Error as error:
        yield contract(name, str(error), table.qualified)


def _check_csv(package: Package, table: Table) -> Iterator[Problem]:
    import duckdb

    name = csv_path(table.schema, table.name)
    if package.is_carried(name) or not (package.path / name).is_file():
        return
    with (package.path / name).open("rb") as file:
        first = file.readline()
    header = BOM + (",".join(column.name for column in table.columns) + "\n").encode()
    if first != header:
        yield contract(name, repr(first), repr(header))
    relation = read_csv_relation(table, package.path / name)
    try:
        yield from _check_texts(package.con, table, name, relation)
    except duckdb.Error as error:
        yield contract(name, str(error), table.qualified)


def _check_texts(
    con: DuckDBPyConnection, table: Table, name: str, relation: str
) -> Iterator[Problem]:
    """Every text is that of the database; none can be taken for a formula."""
    names = [quote(column.name) for column in table.columns]
    of_database = f"(select {csv_select_list(table)} from {table.in_catalog('mart')} as t)"
    unsafe = f"count(*) filter ({' or '.join(_unsafe(table)) or 'false'}) as cells"
    ((count, total, cells, known_count, known_total),) = con.execute(
        f"with found as ({checksum_sql(relation, names, unsafe)}), "
        f"expected as ({checksum_sql(of_database, names)}) "
        "select * from found, expected"
    ).fetchall()
    yield from rows_differ(
        name, (count, total), (known_count, known_total), "数据库", "the database"
    )
    if cells:
        yield Problem(
            UNSAFE_CELL,
            name,
            f"{cells} 行有可能被当作公式的单元格",
            f"{cells} rows hold a cell that a spreadsheet may take for a formula",
        )


def _unsafe(table: Table) -> Iterator[str]:
    """Conditions for a text that could be a formula, and for a number that is more than one."""
    for kinds, condition in (
        (("text",), f"regexp_matches(x, {literal(UNSAFE_START)})"),
        (("integer", "decimal"), f"not regexp_matches(x, {literal(_NUMBER)})"),
    ):
        cells = ", ".join(
            quote(column.name) for column in table.columns if value_kind(column.data_type) in kinds
        )
        if cells:
            # One expression over the cells of a row: DuckDB would compile one for every column.
            yield f"len([1 for x in [{cells}] if {condition}]) > 0"


TABLES = Product("tables", _inputs, _build, _check)
