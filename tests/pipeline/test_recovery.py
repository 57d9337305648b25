"""Given a run that was interrupted, wherever, then readers are where they were, and the next run
needs no help.

Belongs here: two runs at once, runs killed at each step, full disks. Does not belong here: kills
inside the building and publishing of a release (``unit/test_publish_build``, ``…_pointer``).
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest

from orchestration.errors import RunLockedError
from orchestration.locking import run_lock
from orchestration.settings import CODE_ROOT, Settings
from tests.pipeline.conftest import Chain
from tests.pipeline.interrupted import Left
from tests.pipeline.released import ask, qutong
from tests.support import run

FIRST, SECOND, THIRD = "2026-03-01.1", "2026-03-02.1", "2026-03-03.1"

# --- two runs at once -------------------------------------------------------------------------

HOLD = """
import sys
from pathlib import Path
from orchestration.locking import run_lock
from orchestration.settings import load_settings
with run_lock(load_settings(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_run(project: Settings) -> Iterator[subprocess.Popen[str]]:
    """Another process at work on the same district."""
    command = [sys.executable, "-c", HOLD, str(project.project)]
    with subprocess.Popen(
        command, cwd=CODE_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_at_once_is_refused(
    project: Settings, other_run: subprocess.Popen[str]
) -> None:
    with pytest.raises(RunLockedError, match=f"another run is at work here .pid {other_run.pid},"):
        run(project)
    done = qutong(project, "run")
    assert (done.exit_code, done.stdout) == (2, "")
    assert re.fullmatch(
        rf"{project.lock_file}: another run is at work here \(pid {other_run.pid}, "
        r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)\n"
        r"  → wait until it has finished, then run again\n",
        done.stderr,
    )
    assert not [*project.archive.rglob("*")]
    assert qutong(project, "release", "rollback").exit_code == 2
    assert qutong(project, "status", "--english").stdout.startswith("Nothing is published yet.\n")


def test_a_killed_run_holds_no_lock(project: Settings, other_run: subprocess.Popen[str]) -> None:
    other_run.kill()
    other_run.wait()
    with run_lock(project):
        assert project.lock_file.read_text().startswith("pid ")


# --- interrupted at each step -----------------------------------------------------------------
# Every run of the chain starts from what the one before it left, and gets further.


@pytest.fixture(scope="module")
def links(chain: Chain) -> dict[str, Left]:
    return chain.links()


@pytest.mark.parametrize(
    ("step", "unfinished"),
    [
        ("collect", []),
        ("land", []),
        ("delivery gate", []),
        ("marts", []),
        ("marts gate", []),
        ("quality", []),
        ("candidate", [".building-2026-03-02.1"]),
        ("release gate", [".building-2026-03-02.1"]),
        ("before the pointer", [".publishing-2026-03-02.1"]),
    ],
)
def test_a_run_killed_in_a_step_leaves_readers_where_they_were(
    links: dict[str, Left], step: str, unfinished: list[str]
) -> None:
    left = links[step]
    assert left.killed
    assert (left.current, left.sound) == (FIRST, True)
    assert left.unfinished == unfinished
    assert not left.is_locked


def test_a_run_killed_after_the_pointer_moved_has_published(
    links: dict[str, Left], chain: Chain
) -> None:
    left = links["after the pointer"]
    assert left.killed
    assert (left.current, left.sound) == (SECOND, True)
    assert qutong(chain.settings, "release", "verify", SECOND).exit_code == 0


def test_what_was_published_before_the_kill_is_not_published_again(
    links: dict[str, Left],
) -> None:
    left = links["nothing new"]
    assert (left.exit_code, left.outcome, left.current) == (0, "unchanged", SECOND)
    assert left.unfinished == []


def test_a_delivery_waits_until_it_is_registered(links: dict[str, Left]) -> None:
    assert (links["collect"].inbox, links["collect"].archived) == (1, 2)
    assert (links["land"].inbox, links["land"].archived) == (0, 3)


def test_the_next_run_publishes_by_itself(links: dict[str, Left], chain: Chain) -> None:
    left = links["none"]
    assert (left.exit_code, left.outcome, left.error) == (0, "published", "")
    assert (left.current, left.unfinished, left.sound) == (THIRD, [], True)
    releases = chain.settings.releases
    assert sorted(path.name for path in releases.iterdir()) == [
        FIRST,
        SECOND,
        THIRD,
        "current",
        "ledger.jsonl",
    ]
    assert qutong(chain.settings, "release", "verify").exit_code == 0
    assert ask(
        releases / "current",
        "select value, known_to is null from core.observation "
        "where indicator_code = 'gdp' and source_place = '一、综合' and region_code = '990101' "
        "order by known_from",
    ) == [(Decimal("512.3"), False), (Decimal(515), True)]


def test_the_history_in_dagster_holds_no_run_that_seems_at_work(
    links: dict[str, Left], chain: Chain
) -> None:
    import dagster as dg

    with dg.DagsterInstance.from_config(str(chain.settings.dagster_home)) as instance:
        statuses = Counter(run.status.value for run in instance.get_runs())
    assert statuses == {"SUCCESS": 2, "FAILURE": 3 if "no space" in links else 2}


# --- full disks -------------------------------------------------------------------------------


def test_a_disk_that_fills_up_under_the_candidate(links: dict[str, Left], chain: Chain) -> None:
    left = links["disk full"]
    assert (left.killed, left.exit_code, left.outcome) == (False, 1, "failed")
    assert (left.current, left.sound, left.unfinished) == (FIRST, True, [])
    assert left.error == (
        f"{chain.settings.releases}: the disk is full: the release was not built and the current "
        "one stays / 磁盘已满，未生成新版本，当前版本不变\n"
        "  → free some space (old releases may be removed), then run again"
    )
    assert "未发布 Not published: the run failed; readers keep what they had" in left.said
    assert "the disk is full" in left.said


def test_a_disk_that_is_full_in_earnest(links: dict[str, Left]) -> None:
    if "no space" not in links:
        pytest.skip(
            "needs a small disk of its own: run as root, where `unshare --mount` is allowed"
        )
    left = links["no space"]
    assert (left.killed, left.exit_code) == (False, 1)
    assert (left.current, left.sound, left.unfinished) == (SECOND, True, [])
    assert "未发布 Not published: the run failed; readers keep what they had" in left.said
    assert re.search(
        "the disk is full[^\n]*\n +→ free (some )?space[^\n]*, then run again\n", left.said
    )
    assert "Traceback" not in left.said.partition("未发布 Not published")[2]
