"""A run, phase by phase, in a process of its own: what each costs, printed as JSON.

python -m tests.benchmarks.phases PROJECT marts|publish

Belongs here: carrying out the steps of a run and measuring them. Does not belong here: what they
are carried out on (``invented``).
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from orchestration.settings import CODE_ROOT, load_settings
from tests.benchmarks.invented import NOW

_MB = 1024 if sys.platform != "darwin" else 1024 * 1024


@dataclass(frozen=True)
class Cost:
    """What a phase took: seconds of processor and of the clock, and the peak of memory so far."""

    phase: str
    cpu: float
    wall: float
    peak_mb: float


def measured(project: Path, *, last: str) -> list[Cost]:
    """Carry out the steps up to ``last`` in a new process."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(project), last],
        cwd=CODE_ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith("QUTONG_")},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return [Cost(**entry) for entry in json.loads(done.stdout.splitlines()[-1])]


def table(title: str, costs: list[Cost]) -> str:
    """The costs as lines, with their sum; what is only made ready is not part of it."""
    counted = [cost for cost in costs if cost.phase != "ready"]
    whole = Cost(
        "whole",
        sum(cost.cpu for cost in counted),
        sum(cost.wall for cost in counted),
        max(cost.peak_mb for cost in costs),
    )
    lines = [f"{title:<40}{'cpu s':>8}{'wall s':>8}{'peak MB':>9}"]
    lines += [f"  {c.phase:<38}{c.cpu:8.1f}{c.wall:8.1f}{c.peak_mb:9.0f}" for c in (*costs, whole)]
    return "\n".join(lines)


def _usage() -> tuple[float, float]:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in both)
    return cpu, max(usage.ru_maxrss for usage in both) / _MB


@contextmanager
def _timed(phase: str, told: list[Cost]) -> Iterator[None]:
    wall, (cpu, _) = time.perf_counter(), _usage()
    yield
    now, peak = _usage()
    told.append(Cost(phase, round(now - cpu, 2), round(time.perf_counter() - wall, 2), round(peak)))


def carry_out(project: Path, last: str, now: datetime = NOW) -> list[Cost]:
    """From the files on offer to the marts, or to the publication."""
    from orchestration.judge import gx  # noqa: F401 - its import is no cost of figures
    from orchestration.steps import collect, delivery_gate, land, marts, marts_gate, release
    from orchestration.steps.door import entered
    from orchestration.steps.workplace import Workplace

    told: list[Cost] = []
    work = Workplace(load_settings(project), now=now)
    with _timed("ready", told):
        work.dbt.manifest()
        work.dbt.plan()
    with _timed("declare", told):
        _ = work.declarations, work.catalogue
    with entered(work, release_time=now):
        for phase, step in (
            ("collect", lambda: collect.collect(work, [d.id for d in work.declarations])),
            ("land", lambda: land.land(work)),
            ("delivery gate", lambda: delivery_gate.delivery_gate(work)),
            ("marts", lambda: marts.build(work, "marts")),
            ("marts gate", lambda: marts_gate.marts_gate(work)),
            ("quality", lambda: marts.build(work, "quality")),
            ("candidate", lambda: release.candidate(work)),
            ("release gate", lambda: release.release_gate(work)),
            ("publish", lambda: release.publish(work)),
        ):
            with _timed(phase, told):
                step()
            if phase == last:
                break
    return told


if __name__ == "__main__":
    print(json.dumps([asdict(c) for c in carry_out(Path(sys.argv[1]), sys.argv[2])]))
