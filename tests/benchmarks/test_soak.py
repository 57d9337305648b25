"""Runs one after another, some of them killed, while readers look on: nobody reads what is mixed.

pytest -m benchmark -s tests/benchmarks/test_soak.py
QUTONG_BENCHMARK_MINUTES=10 goes on for so long, or QUTONG_BENCHMARK_KILLS=300 until so many runs
were killed. What a reader must never see is asserted; numbers are printed.

What is killed types the same command as a person, in a fork of a process that has imported
everything, and its releases hold what readers look at: the time until it dies is spent at work.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import duckdb
import pytest

from orchestration.cli import main
from orchestration.settings import CODE_ROOT, Settings
from tests.pipeline.interrupted import begun, import_everything
from tests.support import drop, few_products, make_project, profile

pytestmark = pytest.mark.benchmark

MOST_SECONDS = 3.0
"""How long the first run that is killed may last; those after it, as long as the last whole one."""
ROW = "学校数,云溪区,2024年,年度,{value},,所,个数,表1,yunxi-press,,,是"
SEEN = """
select
    (select release_id from meta.release),
    (select count(*) from core.district_profile as p
     left join core.observation as o on p.value_observation_id = o.observation_id
     where p.value_observation_id is not null and o.value is distinct from p.value)
"""


def finish(settings: Settings, *arguments: str) -> None:
    """Carry a command out to its end, as a person does."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("QUTONG_")}
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "--project", str(settings.project), *arguments],
        cwd=CODE_ROOT,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()[-3000:]


def start(settings: Settings) -> int:
    """A run in a process group of its own, which a kill takes as a whole."""

    def work() -> int:
        os.setsid()
        for name in [name for name in os.environ if name.startswith("QUTONG_")]:
            del os.environ[name]
        with few_products():
            done = main(["--project", str(settings.project), "run"], standalone_mode=False)
        return int(done or 0)

    return begun(settings.project / "printed.txt", work)


def run(settings: Settings) -> float:
    """A whole run; how long it took."""
    begin = time.perf_counter()
    _, status = os.waitpid(start(settings), 0)
    said = (settings.project / "printed.txt").read_text("utf-8")
    assert os.waitstatus_to_exitcode(status) == 0, said[-3000:]
    return time.perf_counter() - begin


def kill(settings: Settings, after: float) -> bool:
    """Begin a run and end it in the middle; whether it still was at work."""
    child = start(settings)
    time.sleep(after)
    was_at_work = os.waitpid(child, os.WNOHANG) == (0, 0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if was_at_work:
        os.waitpid(child, 0)
    return was_at_work


def look_on(current: str, polls: Synchronized[int], wrong: Synchronized[int]) -> None:
    """Read the release in force again and again, as any client does."""
    while True:
        before = Path(current).resolve().name
        with duckdb.connect(f"{current}/mart.duckdb", read_only=True) as con:
            named, torn = con.execute(SEEN).fetchall()[0]
        is_one = torn == 0 and named in (before, Path(current).resolve().name)
        polls.value += 1
        wrong.value += not is_one
        time.sleep(0.02)  # what is looked at gets its share of the machine


@contextlib.contextmanager
def readers(settings: Settings) -> Iterator[tuple[Synchronized[int], Synchronized[int]]]:
    """Two readers at work; an error ends one, which is seen."""
    context = multiprocessing.get_context("spawn")
    polls, wrong = context.Value("i", 0), context.Value("i", 0)
    current = str(settings.releases / "current")
    processes = [
        context.Process(target=look_on, args=(current, polls, wrong), daemon=True) for _ in range(2)
    ]
    for process in processes:
        process.start()
    try:
        yield polls, wrong
        assert all(process.is_alive() for process in processes)
    finally:
        for process in processes:
            process.kill()
            process.join()


def test_runs_and_kills_under_readers(tmp_path: Path) -> None:
    minutes = float(os.environ.get("QUTONG_BENCHMARK_MINUTES", "1"))
    most_kills = int(os.environ.get("QUTONG_BENCHMARK_KILLS", "0"))
    chance = random.Random(int(os.environ.get("QUTONG_BENCHMARK_SEED", "1")))
    settings = make_project(tmp_path / "district")
    finish(settings, "run")
    import_everything()
    longest, kills, runs, value = MOST_SECONDS, 0, 0, 0
    begin, published = time.monotonic(), list[str]()
    with readers(settings) as (polls, wrong):
        while (kills < most_kills) if most_kills else (time.monotonic() < begin + 60 * minutes):
            value += 1
            drop(settings, "yunxi-profile", f"公报{value}.csv", profile(ROW.format(value=value)))
            if (value % 10 != 1) if most_kills else (chance.random() < 0.5):
                kills += kill(settings, chance.uniform(0.0, longest))
            else:
                longest = run(settings)
                runs += 1
                published.append((settings.releases / "current").resolve().name)
                print(f"{kills} kills, {runs} whole runs, {longest:.1f} s", flush=True)
        finish(settings, "run")
        told = f"{kills} kills, {runs} whole runs, {polls.value} polls, {wrong.value} mixed"
        print(f"\n{told}, {(time.monotonic() - begin) / 60:.1f} min, last run {longest:.1f} s")
        assert wrong.value == 0
    finish(settings, "release", "verify")
    finish(settings, "archive", "verify")
    with duckdb.connect(str(settings.releases / "current" / "mart.duckdb"), read_only=True) as con:
        in_force, received = con.execute(
            "select (select max(value) from core.observation where indicator_code = 'schools' "
            "and source_place = '表1' and known_to is null), "
            "(select count(*) from quality.conservation where data_set_id = 'yunxi-profile')"
        ).fetchall()[0]
    assert (int(in_force), received) == (value, value + 1)  # and the one it began with
    left = [p.name for p in settings.releases.iterdir() if p.name.startswith(".building")]
    assert (left, list((settings.archive / "incoming").glob("*"))) == ([], [])
    assert len(set(published)) == len(published)
