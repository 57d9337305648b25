"""What dbt's manifest declares of the tables that the marts gate judges.

Belongs here: the one place that reads the manifest for the judge. Does not belong here: what is
expected because of it (``suites``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_ASKED_BY_SUITES = ("unique_combination", "accepted_values", "not_empty")
NOT_ASKED_OF_DBT = tuple(f"test_name:{name}" for name in _ASKED_BY_SUITES)
"""Selects the tests that dbt leaves out before the gate: they declare what suites then ask."""

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


def read_contracts(manifest: Mapping[str, Any]) -> tuple[TableContract, ...]:
    """The published models that are there at the marts gate, ordered by schema and name."""
    nodes = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["config"].get("meta", {}).get("publish")
        and not AFTER_THE_GATE & set(node["tags"])
    ]
    tests: dict[str, list[Mapping[str, Any]]] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and node.get("test_metadata"):
            tests.setdefault(node.get("attached_node") or "", []).append(node)
    nodes.sort(key=lambda node: (node["schema"], node["name"]))
    return tuple(_table(node, tests.get(node["unique_id"], ())) for node in nodes)


def _table(node: Mapping[str, Any], tests: Sequence[Mapping[str, Any]]) -> TableContract:
    meta = node["config"].get("meta", {})
    key: tuple[str, ...] = ()
    codes: dict[str, tuple[str, ...]] = {}
    for test in tests:
        name, kwargs = test["test_metadata"]["name"], test["test_metadata"]["kwargs"]
        if name == "unique_combination" and test["name"] == f"{node['name']}_key":
            key = tuple(kwargs["columns"])
        elif name == "accepted_values":
            codes[kwargs["column_name"]] = tuple(str(value) for value in kwargs["values"])
    return TableContract(
        schema=node["schema"],
        table=node["name"],
        title_zh=meta.get("title_zh", ""),
        title_en=meta.get("title_en", ""),
        columns=tuple(
            ColumnContract(
                name=column["name"],
                data_type=(column["data_type"] or "").upper().replace(", ", ","),
                unit=str(column["config"].get("meta", {}).get("unit", "")),
                codes=codes.get(column["name"], ()),
                code_list=str(column["config"].get("meta", {}).get("code_list", "")),
            )
            for column in node["columns"].values()
        ),
        key=key,
        has_rows=any(test["test_metadata"]["name"] == "not_empty" for test in tests),
    )
