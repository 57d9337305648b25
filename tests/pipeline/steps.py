"""The steps of a run, called one after the other: what Dagster does, in half the time.

Belongs here: the order of the steps, for tests to which it does not matter who calls them. Does
not belong here: how Dagster hangs them together (``test_dagster``). That both make the same
release is proved by ``test_determinism``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from orchestration import pipeline
from orchestration.pipeline import Run


def one_by_one(run: Run, data_sets: Sequence[str], *, begin: str = "collect") -> None:
    """Stands in for ``definitions.execute_job``.

    From a later step on, they stand on what an earlier run left, whose gates had passed.
    """
    from orchestration.definitions import QUALITY
    from orchestration.judge.contracts import NOT_ASKED_OF_DBT

    quality = QUALITY.split()

    def collect() -> None:
        for data_set in data_sets:
            pipeline.collect(run, run.declarations.get(data_set))

    def marts() -> None:
        results = run.dbt.build(["fqn:*"], [*quality, *NOT_ASKED_OF_DBT])
        run.dbt_results += results
        if any(result.is_bad for result in results):
            pipeline.blocked_by_dbt(run)

    steps: dict[str, Callable[[], object]] = {
        "collect": collect,
        "land": lambda: pipeline.land(run),
        "delivery_gate": lambda: pipeline.delivery_gate(run),
        "marts": marts,
        "marts_gate": lambda: pipeline.marts_gate(run),
        "quality": lambda: run.dbt.build(quality),
        "candidate": lambda: pipeline.candidate(run),
        "release_gate": lambda: pipeline.release_gate(run),
        "publish": lambda: pipeline.publish(run),
    }
    names = list(steps)
    later = names[names.index(begin) :]
    if "marts_gate" not in later:
        run.marts_gate_outcome = "passed"
    # As in Dagster: what goes wrong in a step stands in the report, and the run ends there.
    with contextlib.suppress(Exception):
        for name in later:
            with run.step(name, name):
                steps[name]()
            if run.report.blocking:
                return
