"""One run at a time: who holds the lock is told, and no dead process holds it."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.errors import DeclarationError, RunLockedError
from orchestration.locking import acquire_lock, release_lock, run_lock
from orchestration.settings import CODE_ROOT, Settings

pytestmark = pytest.mark.core

OTHER = """
import sys
from pathlib import Path
from orchestration.locking import run_lock
from orchestration.settings import load_settings
with run_lock(load_settings(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(empty_project: Settings) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", OTHER, str(empty_project.project)],
        cwd=CODE_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def is_free(file: Path) -> bool:
    """Whether the kernel would give the lock, asked without the library that takes it."""
    with file.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def test_it_says_who_is_at_work(empty_project: Settings, other: subprocess.Popen[str]) -> None:
    for _ in range(2):  # a refused attempt does not wipe away what the next one reads
        with pytest.raises(RunLockedError) as refused:
            acquire_lock(empty_project)
        assert re.fullmatch(
            rf"another run is at work here \(pid {other.pid}, "
            r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)",
            refused.value.what,
        )
        assert refused.value.file == str(empty_project.lock_file)
        assert refused.value.remedy == "wait until it has finished, then run again"


def test_a_killed_process_holds_nothing(
    empty_project: Settings, other: subprocess.Popen[str]
) -> None:
    other.kill()
    other.wait()
    with run_lock(empty_project):
        assert empty_project.lock_file.read_text().startswith(f"pid {os.getpid()}, since ")


def test_a_finished_process_holds_nothing(
    empty_project: Settings, other: subprocess.Popen[str]
) -> None:
    other.communicate()
    with run_lock(empty_project):
        assert not is_free(empty_project.lock_file)
    assert is_free(empty_project.lock_file)


def test_within_a_process_it_is_held_until_the_outermost_lets_go(empty_project: Settings) -> None:
    with run_lock(empty_project):
        assert acquire_lock(empty_project) is False
        with run_lock(empty_project):
            pass
        assert not is_free(empty_project.lock_file)
    assert is_free(empty_project.lock_file)
    assert acquire_lock(empty_project) is True
    release_lock(empty_project)
    release_lock(empty_project)
    assert is_free(empty_project.lock_file)


def test_another_thread_may_let_go(empty_project: Settings) -> None:
    taken: list[bool] = []
    taker = threading.Thread(target=lambda: taken.append(acquire_lock(empty_project)))
    taker.start()
    taker.join()
    assert taken == [True]
    assert acquire_lock(empty_project) is False
    release_lock(empty_project)
    assert is_free(empty_project.lock_file)


def test_a_failure_lets_go(empty_project: Settings) -> None:
    with pytest.raises(ZeroDivisionError), run_lock(empty_project):
        print(1 / 0)
    assert is_free(empty_project.lock_file)


def test_two_state_directories_have_two_locks(empty_project: Settings, tmp_path: Path) -> None:
    second = replace(empty_project, home=tmp_path / "second")
    with run_lock(empty_project), run_lock(second):
        assert not is_free(empty_project.lock_file)
        assert not is_free(second.lock_file)


def test_a_directory_that_cannot_be_written_is_named(
    empty_project: Settings, tmp_path: Path
) -> None:
    (tmp_path / "home").write_text("a file is in the way", encoding="utf-8")
    blocked = replace(empty_project, home=tmp_path / "home")
    with pytest.raises(DeclarationError, match="cannot be written") as refused:
        acquire_lock(blocked)
    assert refused.value.file == str(blocked.home)
    assert "QUTONG_HOME" in str(refused.value.remedy)


def test_who_has_time_waits_for_its_turn(
    empty_project: Settings, other: subprocess.Popen[str]
) -> None:
    assert other.stdin is not None
    turn = threading.Timer(0.3, other.stdin.close)
    turn.start()
    with run_lock(empty_project, patience=60):
        assert not is_free(empty_project.lock_file)
    turn.join()


def test_who_waited_long_enough_says_who_is_at_work(
    empty_project: Settings, other: subprocess.Popen[str]
) -> None:
    with (
        pytest.raises(RunLockedError, match=f"pid {other.pid}"),
        run_lock(empty_project, patience=0.1),
    ):
        pass
