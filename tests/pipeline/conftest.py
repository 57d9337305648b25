"""Runs that are interrupted, in a process of their own.

Belongs here: what works while other tests run. Does not belong here: states that tests begin with
(``tests/conftest``), and expected values.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.settings import CODE_ROOT, Settings
from tests.pipeline.compiled import Models, compiled
from tests.pipeline.interrupted import Left
from tests.pipeline.released import Released, copy_of
from tests.support import drop, profile


@dataclass
class Chain:
    """The chain of ``interrupted``, at work in a process of its own."""

    settings: Settings
    process: subprocess.Popen[bytes]
    output: Path

    def links(self) -> dict[str, Left]:
        """What each run left, once the last has ended."""
        if self.process.wait(timeout=1800):
            raise AssertionError(self.output.with_suffix(".err").read_text("utf-8"))
        entries = [json.loads(line) for line in self.output.read_text("utf-8").splitlines()]
        return {entry.pop("link"): Left(**entry) for entry in entries}


@pytest.fixture(scope="session")
def chain(first: Released, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A district with a release, whose runs are interrupted while a revision waits."""
    folder = tmp_path_factory.mktemp("interrupted")
    settings = copy_of(first, folder / "district")
    final = "地区生产总值,云溪区,2024年,年度,515.0,,亿元,水平值,一、综合,yunxi-bulletin,,,"
    drop(settings, "yunxi-profile", "公报2024最终核实.csv", profile(final))
    own_mounts = _own_mounts()
    command = [
        *own_mounts,
        sys.executable,
        "-m",
        "tests.pipeline.interrupted",
        str(settings.project),
        *(["may-mount"] if own_mounts else []),
    ]
    output = folder / "links.jsonl"
    with output.open("wb") as out, output.with_suffix(".err").open("wb") as err:
        process = subprocess.Popen(command, cwd=CODE_ROOT, stdout=out, stderr=err)
        yield Chain(settings, process, output)
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """The tables of the history without dbt."""
    return compiled(tmp_path_factory.mktemp("compiled") / "district")


def _own_mounts() -> list[str]:
    """How to start a process whose mounts nobody else sees; empty where that is not allowed."""
    for flags in (["--mount"], ["--user", "--map-root-user", "--mount"]):
        try:
            done = subprocess.run(["unshare", *flags, "true"], capture_output=True, check=False)
        except OSError:
            return []
        if done.returncode == 0:
            return ["unshare", *flags]
    return []


@pytest.fixture(scope="session", autouse=True)
def _start_what_takes_long(request: pytest.FixtureRequest) -> None:
    """The chain works on the second core while the other tests run.

    With pytest-xdist several processes do that anyhow, and only one of them needs the chain.
    """
    names = {Path(item.path).name for item in request.session.items}
    if "test_recovery.py" in names and "PYTEST_XDIST_WORKER" not in os.environ:
        request.getfixturevalue("chain")


@pytest.fixture(autouse=True)
def _no_instance_of_another_test() -> None:
    """Dagster keeps the last instance's storage of definitions, which may be gone by now."""
    base = sys.modules.get("dagster._core.storage.defs_state.base")
    if base is not None:
        base._current_storage.set(None)
