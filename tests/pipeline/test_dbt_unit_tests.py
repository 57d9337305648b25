"""The models' own unit tests: literal rows for every calculation, run by dbt."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.process.dbt import DbtProject
from orchestration.process.landing import create_database
from orchestration.settings import Settings
from tests.support import parsed_as

pytestmark = pytest.mark.core


def test_every_calculation_gives_its_literal_rows(project: Settings, parsed: DbtProject) -> None:
    create_database(project.database)
    results = parsed_as(parsed, project).unit_tests()
    declared = {node["name"] for node in parsed.manifest()["unit_tests"].values()}
    assert {result.name for result in results if result.kind == "unit_test"} == declared
    assert [(result.name, result.message) for result in results if result.is_bad] == []
    with duckdb.connect(str(project.database)) as connection:
        assert connection.execute("select count(*) from core.observation").fetchone() == (0,)
