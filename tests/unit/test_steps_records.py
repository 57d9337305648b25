"""What is on record of steps."""

from __future__ import annotations

import pytest

from orchestration.settings import Settings
from orchestration.steps import state
from orchestration.steps.state import StepRecord

pytestmark = pytest.mark.core


def test_a_step_of_another_version_of_the_code_is_as_good_as_not_on_record(
    project: Settings,
) -> None:
    with state.opened(project) as con:
        state.insert(con, [StepRecord("land", "", "r", "i", "done", 0.0, {})])
        con.execute(
            "insert into run.step by name (from run.step select * replace ('gone' as step))"
        )
        assert [record.step for record in state.records(con)] == ["land"]
