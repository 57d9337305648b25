"""How long the shipped data takes, and how much memory: printed, never asserted.

pytest -m benchmark -s tests/benchmarks
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.settings import CODE_ROOT

pytestmark = pytest.mark.benchmark

DBT = ("marts", "quality")
OURS = ("collect", "land", "candidate", "release_gate", "publish")


def timed(arguments: list[str], project: Path) -> tuple[float, float]:
    """Wall seconds and peak memory (MB) of a command of its own process."""
    command = [sys.executable, "-m", "orchestration.cli", "--project", str(project), *arguments]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("QUTONG_")}
    begin = time.perf_counter()
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=CODE_ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    scale = 1024 if sys.platform != "darwin" else 1024 * 1024
    return time.perf_counter() - begin, usage.ru_maxrss / scale


def report(project: Path) -> dict[str, float]:
    content = json.loads((project / "var" / "work" / "last_run.json").read_text("utf-8"))
    seconds: dict[str, float] = content["seconds"]
    return seconds


def test_a_run_of_the_shipped_data(tmp_path: Path) -> None:
    project = tmp_path / "district"
    shutil.copytree(CODE_ROOT / "raw", project / "raw")
    lines = [f"{'':<28}{'wall s':>8}{'peak MB':>9}"]

    wall, memory = timed(["run", "--quiet"], project)
    steps = report(project)
    lines.append(f"{'run, cold':<28}{wall:8.1f}{memory:9.0f}")
    known = sum(steps.values())
    gates = steps["delivery_gate"] + steps["marts_gate"]
    for name, seconds in (
        ("imports of Dagster and dbt", steps["import"]),
        ("Dagster: definitions, manifest", steps["dagster"]),
        ("dbt: two builds", sum(steps[name] for name in DBT)),
        ("gates: rules and suites", gates),
        ("ours: collect, land, publish", sum(steps[name] for name in OURS)),
        ("between steps, start, end", wall - known),
    ):
        lines.append(f"  {name:<32}{seconds:6.1f}")

    wall, memory = timed(["run", "--quiet"], project)
    lines.append(f"{'run, unchanged':<28}{wall:8.2f}{memory:9.0f}")

    (project / "raw" / "district.yml").open("a", encoding="utf-8").write("# changed\n")
    wall, memory = timed(["run", "--quiet"], project)
    lines.append(f"{'run, warm, changed':<28}{wall:8.1f}{memory:9.0f}")

    for arguments in (
        ["status"],
        ["sql", "select count(*) from core.observation"],
        ["trace", "--indicator", "industry_share_of_fai"],
        ["data-set", "list"],
        ["data-set", "validate"],
    ):
        wall, memory = timed(arguments, project)
        lines.append(f"{' '.join(arguments)[:26]:<28}{wall:8.2f}{memory:9.0f}")
    print("\n" + "\n".join(lines))
