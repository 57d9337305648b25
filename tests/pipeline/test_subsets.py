"""Given what any earlier run left, when any steps are carried out alone in a fresh process, then
nothing is published that a gate refused, or that no gate has seen as it is now.

This is what "re-execute from failure" and "materialize selected" do. Each selection is carried out
through Dagster's own API by ``subsets``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.settings import CODE_ROOT
from orchestration.steps.state import StepName
from tests.pipeline.released import Released, copy_of
from tests.pipeline.subsets import (
    CHAIN,
    FIRST,
    NEXT,
    STATES,
    TELLING,
    every_selection,
    name_of,
)

MUST_BEGIN: dict[str, StepName | None] = {
    # Whatever begins here or earlier, and leaves nothing out on the way, makes a release.
    "passed": "publish",
    "half-made": "marts_gate",
    "stale": "land",
    # What a gate refuses stays refused, however often it is asked.
    "refused": None,
}


def makes_a_release(state: str, steps: tuple[StepName, ...]) -> bool:
    """Whether a selection may publish: only with all that has to be done after its first step."""
    latest = MUST_BEGIN[state]
    begins = CHAIN.index(steps[0])
    return latest is not None and steps == CHAIN[begins:] and begins <= CHAIN.index(latest)


def outcomes(first: Released, folder: Path, state: str, *more: str) -> dict[str, str]:
    """The release that readers see after each selection."""
    settings = copy_of(first, folder / "district")
    command = [sys.executable, "-m", "tests.pipeline.subsets", str(settings.project), state, *more]
    done = subprocess.run(command, cwd=CODE_ROOT, capture_output=True, check=True)
    lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
    return {line["steps"]: line["seen"] for line in lines}


@pytest.mark.parametrize("state", STATES)
def test_nothing_that_a_gate_refused_is_ever_published(
    first: Released, tmp_path: Path, state: str
) -> None:
    found = outcomes(first, tmp_path, state)
    assert found == {
        name_of(steps): NEXT if makes_a_release(state, steps) else FIRST for steps in TELLING[state]
    }


@pytest.mark.exhaustive
@pytest.mark.parametrize("state", STATES)
def test_the_same_for_every_selection(first: Released, tmp_path: Path, state: str) -> None:
    found = outcomes(first, tmp_path, state, "every")
    assert len(found) == 2 ** (len(CHAIN) - 1)
    assert found == {
        name_of(steps): NEXT if makes_a_release(state, steps) else FIRST
        for steps in every_selection()
    }


def test_the_law_itself_lets_something_through_and_keeps_something_out() -> None:
    assert makes_a_release("passed", ("publish",))
    assert not makes_a_release("passed", ("candidate", "publish"))
    assert makes_a_release("stale", CHAIN)
    assert not makes_a_release("stale", CHAIN[1:])
    assert not makes_a_release("refused", CHAIN)
