"""Runs that carry out some steps only, each in a process of its own, on whatever lies there.

Belongs here: the states that earlier runs may have left, carrying out a selection of assets through
Dagster, and what readers see afterwards. Does not belong here: what has to come of it
(``test_subsets``).

The process that forks imports everything and starts no thread: a child is a fresh process with
nothing in its memory but code.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.settings import Settings, load_settings
from orchestration.steps.state import STEPS, StepName
from tests.pipeline.interrupted import import_everything, in_marts_gate
from tests.support import drop, few_products, judging_here, profile

if TYPE_CHECKING:
    import dagster as dg

CHAIN = STEPS[STEPS.index("land") :]
"""Steps in the order in which they stand on each other."""

FIRST, NEXT = "2026-03-01.1", "2026-03-02.1"
GOOD = "地区生产总值,云溪区,2024年,年度,515.0,,亿元,水平值,一、综合,yunxi-bulletin,,,"
LATER = "地区生产总值,云溪区,2025年,年度,530.0,,亿元,水平值,一、综合,yunxi-bulletin,,,"


def name_of(steps: tuple[StepName, ...]) -> str:
    """How a selection is called in the output."""
    return "+".join(steps)


def every_selection() -> Iterator[tuple[StepName, ...]]:
    """Every selection of steps that ends with publishing."""
    for chosen in itertools.product((False, True), repeat=len(CHAIN) - 1):
        yield tuple(itertools.compress(CHAIN[:-1], chosen)) + CHAIN[-1:]


def onwards(step: StepName) -> tuple[StepName, ...]:
    """A step and all that stand on it."""
    return CHAIN[CHAIN.index(step) :]


TELLING: dict[str, list[tuple[StepName, ...]]] = {
    "passed": [
        ("publish",),
        ("candidate", "publish"),
        ("release_gate", "publish"),
        onwards("candidate"),
        onwards("delivery_gate"),
    ],
    "refused": [("publish",), ("release_gate", "publish"), onwards("land")],
    "stale": [("publish",), onwards("candidate"), onwards("land")],
    "half-made": [("publish",), onwards("candidate"), onwards("marts_gate")],
}
"""The selections at which each kind of state can go wrong, or must come right."""


# --- what earlier runs left -------------------------------------------------------------------


def carry_out(settings: Settings, steps: tuple[StepName, ...]) -> None:
    """Carry out a selection of assets as "materialize selected" does, in this process."""
    import dagster as dg

    from orchestration.automation import JOB_NAME
    from orchestration.definitions import steps_of
    from orchestration.steps import door

    door.next_release_id = lambda work: NEXT
    defs = definitions(settings)
    keys = [
        key
        for key in defs.resolve_asset_graph().executable_asset_keys
        if set(steps_of([key])) <= set(steps)
    ]
    with dg.DagsterInstance.ephemeral() as instance, judging_here(), few_products():
        defs.resolve_job_def(JOB_NAME).execute_in_process(
            instance=instance,
            asset_selection=sorted(keys),
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )


@functools.cache
def definitions(settings: Settings) -> dg.Definitions:
    """Made before the first child: they hold no state, and take a second."""
    from orchestration.definitions import build_defs

    return build_defs(settings)


def passed(settings: Settings) -> None:
    """Every gate passed for a revision; nobody has published it yet."""
    drop(settings, "yunxi-profile", "公报2024最终核实.csv", profile(GOOD))
    carry_out(settings, ("collect", *CHAIN[:-1]))


def stale(settings: Settings) -> None:
    """After that another delivery was collected."""
    drop(settings, "yunxi-profile", "公报2025.csv", profile(LATER))
    carry_out(settings, ("collect",))


def half_made(settings: Settings) -> None:
    """After that the marts gate was carried out again, and killed in it."""
    in_marts_gate()
    carry_out(settings, ("marts_gate",))


@dataclass(frozen=True)
class State:
    """What earlier runs left, and where they began.

    Attributes:
        upon: The state that it is made from.
    """

    upon: str
    make: Callable[[Settings], None] = lambda settings: None


STATES: dict[str, State] = {
    "passed": State("first", passed),
    "stale": State("passed", stale),
    "half-made": State("passed", half_made),
    # A release gate said no: under the policy ``bureau`` a finding is open.
    "refused": State("blocked"),
}

# --- in a process of its own -------------------------------------------------------------------


def apart(do: Callable[[], None]) -> None:
    """Do it in a child."""
    child = os.fork()
    if child == 0:
        try:
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            do()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def seen(settings: Settings) -> str:
    """The release that readers see."""
    return (settings.releases / "current").readlink().name


def main(folder: Path, states: Sequence[str], *, every: bool) -> None:
    """Carry out selections on states; ``folder`` holds those that they are made from.

    A state lies where it is looked at only while it is: it is kept aside, and copied for each.
    """
    import_everything()
    here = folder / "district"
    for name in states:
        settings = reach(folder, name, here)
        for steps in every_selection() if every else TELLING[name]:
            lay(folder / name, here)
            apart(functools.partial(carry_out, settings, steps))
            line = {"state": name, "steps": name_of(steps), "seen": seen(settings)}
            print(json.dumps(line), flush=True)


def reach(folder: Path, name: str, here: Path) -> Settings:
    """Make a state, and before it that from which it is made, where that is not there yet."""
    state = STATES[name]
    if not (folder / state.upon).exists():
        reach(folder, state.upon, here)
    lay(folder / state.upon, here)
    settings = load_settings(here)
    definitions(settings)
    apart(functools.partial(state.make, settings))
    lay(here, folder / name)
    return settings


def lay(source: Path, target: Path) -> None:
    """Put a copy in the place of what is there."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].split(","), every=sys.argv[3:] == ["every"])
