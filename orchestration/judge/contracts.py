"""What the catalogue and dbt's tests declare of the tables that the marts gate judges.

Belongs here: the one place that reads them for the judge. Does not belong here: what is expected
because of it (``suites``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.catalog import Catalog, Table

ASKED_BY_SUITES = ("unique_combination", "accepted_values", "not_empty")
"""Tests of dbt that nobody asks before the gate: they declare what suites then ask."""

AFTER_THE_GATE = frozenset({"quality", "meta"})
"""Tags of models that tell what the gate found: built after it, their tests are dbt's."""


@dataclass(frozen=True)
class ColumnContract:
    """One column.

    Attributes:
        data_type: As DuckDB spells it, in capitals.
        unit: The unit of the whole column, where it has one.
        codes: What it may hold, where a test says so.
        code_list: List of codes that it holds, where it says so.
    """

    name: str
    data_type: str
    unit: str = ""
    codes: tuple[str, ...] = ()
    code_list: str = ""


@dataclass(frozen=True)
class TableContract:
    """One published table.

    Attributes:
        key: Columns that tell its rows apart; empty where none are declared.
        has_rows: Whether it is expected to hold any.
    """

    schema: str
    table: str
    title_zh: str
    title_en: str
    columns: tuple[ColumnContract, ...]
    key: tuple[str, ...] = ()
    has_rows: bool = False


def read_contracts(manifest: Mapping[str, Any], catalog: Catalog) -> tuple[TableContract, ...]:
    """The published models that are there at the marts gate, ordered by schema and name.

    Args:
        manifest: Of dbt: the tests.
        catalog: Made from the same manifest: tables and columns.
    """
    nodes = {
        (node["schema"], node["name"]): node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and not AFTER_THE_GATE & set(node["tags"])
    }
    tests: dict[str, list[Mapping[str, Any]]] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and node.get("test_metadata"):
            tests.setdefault(node.get("attached_node") or "", []).append(node)
    return tuple(
        _contract(table, tests.get(nodes[table.schema, table.name]["unique_id"], ()))
        for table in catalog.tables
        if (table.schema, table.name) in nodes
    )


def _contract(table: Table, tests: Sequence[Mapping[str, Any]]) -> TableContract:
    codes = {
        test["test_metadata"]["kwargs"]["column_name"]: tuple(
            str(value) for value in test["test_metadata"]["kwargs"]["values"]
        )
        for test in tests
        if test["test_metadata"]["name"] == "accepted_values"
    }
    return TableContract(
        schema=table.schema,
        table=table.name,
        title_zh=table.title_zh,
        title_en=table.title_en,
        columns=tuple(
            ColumnContract(
                name=column.name,
                data_type=column.data_type.upper().replace(", ", ","),
                unit=column.unit,
                codes=codes.get(column.name, ()),
                code_list=column.code_list,
            )
            for column in table.columns
        ),
        key=table.primary_key,
        has_rows=any(test["test_metadata"]["name"] == "not_empty" for test in tests),
    )
