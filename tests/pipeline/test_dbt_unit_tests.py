"""The models' own unit tests: literal rows for every calculation, run by dbt."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.process.dbt import DbtProject
from orchestration.process.landing import create_database
from orchestration.settings import Settings

pytestmark = pytest.mark.core


def test_every_calculation_gives_its_literal_rows(project: Settings) -> None:
    create_database(project.database)
    results = DbtProject.of(project).unit_tests()
    assert sum(result.kind == "unit_test" for result in results) == 52
    assert [(result.name, result.message) for result in results if result.is_bad] == []
    with duckdb.connect(str(project.database)) as connection:
        assert connection.execute("select count(*) from core.observation").fetchone() == (0,)
