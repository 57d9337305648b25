"""A run of the benchmark, step by step, without Dagster.

Belongs here: the order of steps up to the marts gate. Does not belong here: the steps themselves
(``orchestration.steps``), and what is read out of a run (``score``, ``editions``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from orchestration.steps import collect, delivery_gate, land, marts, marts_gate
from orchestration.steps.workplace import Workplace


def up_to_marts_gate(work: Workplace, say: Callable[[str], None]) -> None:
    """Collect, land and judge everything, inside the door."""
    steps: Sequence[tuple[str, Callable[[], object]]] = (
        (
            "收集 / collect",
            lambda: collect.collect(work, [declared.id for declared in work.declarations]),
        ),
        ("入库 / land", lambda: land.land(work)),
        ("交付关 / delivery gate", lambda: delivery_gate.delivery_gate(work)),
        ("集市 / marts", lambda: marts.build(work, "marts")),
        ("集市关 / marts gate", lambda: marts_gate.marts_gate(work)),
    )
    for name, step in steps:
        begin = time.perf_counter()
        step()
        say(f"{time.perf_counter() - begin:6.1f} s  {name}")
