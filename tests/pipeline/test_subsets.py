"""Given what any earlier run left, when any steps are carried out alone in a fresh process, then
nothing is published that a gate refused, or that no gate has seen as it is now.

This is what "re-execute from failure" and "materialize selected" do. Each selection is carried out
through Dagster's own API by ``subsets``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
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


Seen = dict[str, dict[str, str]]
"""By state, then by selection: the release that readers see."""


def outcomes(folder: Path, states: Sequence[str], *more: str) -> Seen:
    """What came of the selections on those states."""
    command = [sys.executable, "-m", "tests.pipeline.subsets", str(folder), ",".join(states), *more]
    done = subprocess.run(command, cwd=CODE_ROOT, capture_output=True, check=True)
    found: Seen = {}
    for line in map(json.loads, done.stdout.decode().splitlines()):
        found.setdefault(line["state"], {})[line["steps"]] = line["seen"]
    return found


@pytest.fixture(scope="module")
def begun(first: Released, blocked: Released, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with what states are made from."""
    folder = tmp_path_factory.mktemp("subsets")
    copy_of(first, folder / "first")
    copy_of(blocked, folder / "blocked")
    return folder


@pytest.fixture(scope="module")
def telling(begun: Path) -> Seen:
    return outcomes(begun, list(STATES))


@pytest.mark.parametrize("state", STATES)
def test_nothing_that_a_gate_refused_is_ever_published(telling: Seen, state: str) -> None:
    assert telling[state] == {
        name_of(steps): NEXT if makes_a_release(state, steps) else FIRST for steps in TELLING[state]
    }


@pytest.mark.exhaustive
@pytest.mark.parametrize("state", STATES)
def test_the_same_for_every_selection(begun: Path, state: str) -> None:
    found = outcomes(begun, [state], "every")[state]
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
