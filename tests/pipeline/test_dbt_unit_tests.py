"""The models' own unit tests: literal rows for every calculation, run by dbt."""

from __future__ import annotations

import pytest

from orchestration.process.dbt import DbtProject
from orchestration.process.landing import make_anew
from orchestration.settings import Settings
from orchestration.steps import state

pytestmark = pytest.mark.core


def test_every_calculation_gives_its_literal_rows(project: Settings) -> None:
    with state.opened(project) as connection:
        make_anew(connection, keep=state.SCHEMA)
    results = DbtProject.of(project).unit_tests()
    assert sum(result.kind == "unit_test" for result in results) == 52
    assert [(result.name, result.message) for result in results if result.is_bad] == []
    with state.opened(project) as connection:
        assert connection.execute("select count(*) from core.observation").fetchone() == (0,)
