"""What hostile files cost: seconds, memory and reason of every bomb; printed, never asserted.

pytest -m benchmark -s tests/benchmarks/test_bombs.py
QUTONG_BENCHMARK_BOMBS=html measures only those whose format or name holds that text.

Memory is the peak of the process that reads, and what this one took beyond what it had before.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from orchestration.collect import apart
from orchestration.collect.archive import Delivery
from orchestration.collect.parse import Parsed, parse_within
from orchestration.declarations import load_declarations
from tests.bombs import BOMBS, Bomb, data_set_id, declare, file_name
from tests.support import make_project

pytestmark = pytest.mark.benchmark


def peak(process: int | str) -> int:
    """Peak of resident memory in MB; 0 for a process that is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(x.split()[1]) >> 10 for x in lines if x.startswith("VmHWM")), 0)


def processor(process: int | str) -> float:
    """Seconds of processor time; 0 for a process that is gone."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def forget_peak(process: int | str) -> None:
    """Let the peak of resident memory begin anew."""
    Path(f"/proc/{process}/clear_refs").write_text("5", encoding="ascii")


def watched(call: Callable[[], Any]) -> tuple[Any, float, float, int, int]:
    """What a call answers, its seconds by the clock, and of the process that reads the seconds of
    processor time and the peak; then what this process took beyond what it had."""
    process = apart.within(apart.Limits(60, 512), os.getpid)
    for each in (process, "self"):
        forget_peak(each)
    seen, spent, done = [0], [processor(process)], threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            seen.append(peak(process))
            spent.append(processor(process))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    own, begin = peak("self"), time.perf_counter()
    answer = call()
    seconds = time.perf_counter() - begin
    seen.append(peak(process))
    done.set()
    watcher.join()
    spent.append(processor(process))
    return answer, seconds, max(spent) - spent[0], max(seen), peak("self") - own


def line(bomb: Bomb, size: int, parsed: Parsed, cost: Sequence[float]) -> str:
    """A row of the table."""
    wall, cpu, there, here = cost
    if parsed.refusal is None:
        told = f"read: {parsed.accepted} accepted, {parsed.quarantined} quarantined"
    else:
        told = f"{parsed.refusal.rule_id}: {parsed.refusal.detail_en[:90]}"
    name = f"{bomb.format}: {bomb.name}"
    return f"{name:<64}{size >> 10:>8}{wall:>7.1f}{cpu:>7.1f}{there:>6}{here:>6}  {told}"


def test_bombs(tmp_path: Path) -> None:
    wanted = os.environ.get("QUTONG_BENCHMARK_BOMBS", "")
    settings = make_project(tmp_path, with_deliveries=False)
    chosen = tuple(b for b in BOMBS if wanted == b.format or wanted in b.name)
    declare(settings, chosen)
    declarations = load_declarations(settings)
    limits = apart.Limits(60, 2048, apart.ANSWER)  # as a district that declares none
    print(f"\n{'':<64}{'KB':>8}{'s':>7}{'cpu s':>7}{'MB':>6}{'here':>6}")
    for bomb in chosen:
        content = bomb.make()
        identifier = data_set_id(bomb)
        delivery = Delivery(
            identifier, "0" * 64, len(content), file_name(bomb), "folder",
            date(2026, 2, 1), "2026-03-01T09:00:00+00:00",
        )  # fmt: skip
        declared = declarations.get(identifier)
        reading = partial(parse_within, limits, content, delivery, declared, declarations.codelists)
        answer, *cost = watched(reading)
        print(line(bomb, len(content), answer[0], cost), flush=True)
