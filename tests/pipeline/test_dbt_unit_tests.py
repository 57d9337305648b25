"""The models' own unit tests, run by dbt: literal rows for every calculation.

Belongs here: what dbt itself makes and says of the project. Does not belong here: what runs make.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.process.contents import contents
from orchestration.process.dbt import DbtProject
from orchestration.process.models import NodeResult
from tests.pipeline.released import Released, copy_of

pytestmark = pytest.mark.core


@dataclass(frozen=True)
class Built:
    """A district after a run, and after dbt has made all models of it again.

    Attributes:
        by_run: What every table of a model holds after the run.
        by_dbt: The same after dbt.
    """

    dbt: DbtProject
    results: list[NodeResult]
    by_run: Mapping[tuple[str, str], str]
    by_dbt: Mapping[tuple[str, str], str]


@pytest.fixture(scope="module")
def built(first: Released, tmp_path_factory: pytest.TempPathFactory) -> Built:
    settings = copy_of(first, tmp_path_factory.mktemp("dbt") / "district")
    dbt = DbtProject.of(settings)
    by_run = held(settings.database, dbt)
    results = dbt.unit_tests()
    return Built(dbt, results, by_run, held(settings.database, dbt))


def held(database: Path, dbt: DbtProject) -> Mapping[tuple[str, str], str]:
    models = [node for node in dbt.plan().nodes.values() if node.kind == "model"]
    with duckdb.connect(str(database), read_only=True) as connection:
        return contents(connection, {(node.schema, node.name) for node in models})


def test_every_calculation_gives_its_literal_rows(built: Built) -> None:
    declared = {node["name"] for node in built.dbt.manifest()["unit_tests"].values()}
    assert {result.name for result in built.results if result.kind == "unit_test"} == declared
    assert [(result.name, result.message) for result in built.results if result.is_bad] == []


def test_a_run_makes_the_tables_that_dbt_makes(built: Built) -> None:
    models = {result.name for result in built.results if result.kind == "model"}
    assert models == {name for _, name in built.by_run}
    assert built.by_run["core", "observation"] != built.by_run["core", "region"]
    # What the release gate said came after this table had been made.
    assert built.by_dbt.keys() == built.by_run.keys()
    differing = {name for name, rows in built.by_dbt.items() if built.by_run[name] != rows}
    assert differing == {("quality", "validation_run")}
