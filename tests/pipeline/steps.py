"""The steps of a run, called one after the other: what Dagster does, in half the time.

Belongs here: the order of the steps, for tests to which it does not matter who calls them. Does
not belong here: how Dagster hangs them together (``test_dagster``). That both make the same
release is proved by ``test_determinism``.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence

from orchestration.steps import collect, delivery_gate, door, land, marts, marts_gate, release
from orchestration.steps.state import STEPS, StepName
from orchestration.steps.workplace import Workplace


def one_by_one(
    work: Workplace,
    data_sets: Sequence[str],
    *,
    begin: StepName = "collect",
    end: StepName = "publish",
) -> None:
    """Stands in for ``definitions.execute_job``.

    From a later step on, they stand on what an earlier run left on disk.
    """
    steps: dict[StepName, Callable[[], object]] = {
        "collect": lambda: collect.collect(work, data_sets),
        "land": lambda: land.land(work),
        "delivery_gate": lambda: delivery_gate.delivery_gate(work),
        "marts": lambda: marts.build(work, "marts"),
        "marts_gate": lambda: marts_gate.marts_gate(work),
        "quality": lambda: marts.build(work, "quality"),
        "candidate": lambda: release.candidate(work),
        "release_gate": lambda: release.release_gate(work),
        "publish": lambda: release.publish(work),
    }
    # As in Dagster: what goes wrong in a step stands in the record, and the run ends there.
    try:
        for name in STEPS[STEPS.index(begin) : STEPS.index(end) + 1]:
            steps[name]()
    except Exception:
        here = door.inside(work.settings)
        if here is not None:
            here.untold = traceback.format_exc()
