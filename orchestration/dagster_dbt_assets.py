"""The marts as Dagster's assets and the tests of dbt as their checks, by way of dagster-dbt.

Belongs here: names, groups, descriptions and what stands on what. Does not belong here: carrying
models out (``process.models``), and the other assets (``definitions``).
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from orchestration.catalog import Catalog

_ASKED_OF_DBT = "dbt.version"


@contextlib.contextmanager
def _without_dbt() -> Iterator[None]:
    """Within, dbt looks as if it were not installed.

    dagster-dbt then takes the few names that it needs of dbt from itself, as it does for those who
    run dbt's other engine. Of it we use what reads a manifest; dbt would take a second to load in
    every process that knows the assets.
    """
    if _ASKED_OF_DBT in sys.modules:
        yield
        return
    sys.modules[_ASKED_OF_DBT] = None  # type: ignore[assignment]  # how Python spells "not there"
    try:
        yield
    finally:
        del sys.modules[_ASKED_OF_DBT]


with _without_dbt():
    from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings
    from dagster_dbt.asset_utils import get_asset_check_key_for_test


CORE = "core"
ACROSS = "across"
"""The group of tables of ``core`` that are made of those of themes, and so stand behind them."""


class Translator(DagsterDbtTranslator):
    """dbt nodes under the names that users read: schema and table.

    Args:
        catalog: Of the same project.
        gate: The gate before the step: what models read of ``landing`` is ready when it has spoken.
    """

    def __init__(self, catalog: Catalog, gate: dg.AssetKey) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))
        self._catalog = catalog
        self._gate = gate

    def specs(
        self, manifest: Mapping[str, Any], names: Collection[str]
    ) -> tuple[list[dg.AssetSpec], list[dg.AssetCheckSpec]]:
        """The marts among these nodes as assets, and the tests about them as checks.

        Args:
            manifest: Of dbt.
            names: Ids of models and tests.
        """
        nodes = manifest["nodes"]
        marts = [
            name
            for name in nodes
            if name in names and nodes[name]["resource_type"] == "model" and _is_mart(nodes[name])
        ]
        specs = {name: self.get_asset_spec(manifest, name, None) for name in marts}
        checks: dict[str, dg.AssetCheckSpec] = {}
        for name, spec in specs.items():
            for asked in manifest["child_map"].get(name, ()):
                if asked in names and asked.startswith("test."):
                    check = self.get_asset_check_spec(spec, manifest, asked, None)
                    if check is not None:
                        checks[check.get_python_identifier()] = check
        return list(specs.values()), list(checks.values())

    def check_key(self, manifest: Mapping[str, Any], test: str) -> dg.AssetCheckKey | None:
        """The check that a test of dbt is; none where it is about no asset."""
        return get_asset_check_key_for_test(manifest, self, test, None)

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return self._gate
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: Any
    ) -> dg.AssetSpec:
        """A mart stands on marts and gates: what lies between is no asset."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        behind = self._behind(manifest, unique_id)
        own = spec.key.path[0]
        themes = {key.path[0] for key in behind if key != self._gate} - {own, CORE}
        group = ACROSS if own == CORE and themes else spec.group_name
        return spec.replace_attributes(deps=sorted(behind), group_name=group)

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: Any
    ) -> dg.AssetCheckSpec | None:
        """A test of a mart; what else it reads the mart stands on already."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return spec and spec._replace(additional_deps=[])

    def _behind(self, manifest: Mapping[str, Any], unique_id: str) -> set[dg.AssetKey]:
        found: set[dg.AssetKey] = set()
        node = manifest["nodes"].get(unique_id)
        for parent in node["depends_on"]["nodes"] if node else ():
            props = manifest["sources"].get(parent) or manifest["nodes"][parent]
            if props["resource_type"] == "source" or _is_mart(props):
                found.add(self.get_asset_key(props))
            else:
                found |= self._behind(manifest, parent)
        return found

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props["schema"])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props.get("description", ""))

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:
        return ["team:qutong"]

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """Columns with their units, and what a row stands for."""
        meta = dbt_resource_props["config"].get("meta", {})
        told = dict(super().get_metadata(dbt_resource_props))
        if dbt_resource_props["columns"]:
            props = dbt_resource_props
            described = self._catalog.find(f"{props['schema']}.{props['name']}")
            columns = [
                _column(column, described.by_name[name].unit if described else "")
                for name, column in props["columns"].items()
            ]
            told["dagster/column_schema"] = dg.TableSchema(columns=columns)
        if "grain_zh" in meta:
            told["每行 row"] = f"{meta['grain_zh']} | {meta['grain_en']}"
        return told


def _is_mart(props: Mapping[str, Any]) -> bool:
    return bool(props["fqn"][1] == "marts")


def _column(column: Mapping[str, Any], unit: str) -> dg.TableColumn:
    kinds = {constraint["type"] for constraint in column.get("constraints", [])}
    return dg.TableColumn(
        name=column["name"],
        type=column.get("data_type") or "?",
        description=f"{column.get('description', '')}{f' [{unit}]' if unit else ''}",
        constraints=dg.TableColumnConstraints(nullable="not_null" not in kinds),
    )
