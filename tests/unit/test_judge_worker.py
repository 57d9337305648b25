"""The judge in a process of its own: the same answers, and never a pass where it fails.

Belongs here: ``orchestration.judge.worker``. Does not belong here: what suites find
(test_judge_suites).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import QutongError
from orchestration.judge import worker
from orchestration.judge.catalogue import RuleOutcome
from orchestration.judge.kept import Keep, read_kept
from orchestration.judge.suites import Expectation, Suite
from orchestration.judge.worker import Judge

pytestmark = pytest.mark.core

RULES = ("marts.unknown-code", "marts.no-rows")
SUITE = Suite(
    name="core.figure",
    title_zh="数字",
    title_en="Figures",
    schema="core",
    table="figure",
    key=("region",),
    expectations=(
        Expectation(RULES[0], "codes", "类", "kind", column="kind", codes=("a", "乙")),
        Expectation(RULES[1], "rows", "有数据", "has rows", low=1),
    ),
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as con:
        con.execute("create schema core")
        con.execute("create table core.figure as select 'R' as region, '丙' as kind")
    return file


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with worker.start() as started:
        yield started


def stand_in(program: str, patience: float = 60) -> worker._Worker:
    """A worker that runs another program in place of Great Expectations."""
    return worker._Worker([sys.executable, "-c", program], patience)


def is_gone(pid: int) -> bool:
    """Whether a process has ended and was waited for: a zombie still answers."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_answers_as_this_process_would(judge: Judge, database: Path, tmp_path: Path) -> None:
    moment = datetime(2026, 3, 1, 9)
    there = judge.validate(database, [SUITE], RULES, Keep(tmp_path / "a.json", "r", moment))
    here = Judge().validate(database, [SUITE], RULES, Keep(tmp_path / "b.json", "r", moment))
    assert there == here
    assert there.outcomes == [
        RuleOutcome(RULES[0], "failed", 1, 1),
        RuleOutcome(RULES[1], "passed", 0, 1),
    ]
    assert there.violations[0]["message_zh"] == "kind 为 丙，不在允许的代码中"
    kept = [read_kept(tmp_path / name / "core.figure.json") for name in ("a", "b")]
    assert kept[0] == kept[1]


def test_it_answers_again_and_lets_go_of_the_file(judge: Judge, database: Path) -> None:
    with duckdb.connect(str(database)) as con:
        con.execute("update core.figure set kind = '乙'")
    assert judge.validate(database, [SUITE], RULES).violations == []
    with duckdb.connect(str(database)) as con:
        con.execute("delete from core.figure")
    outcomes = judge.validate(database, [SUITE], RULES).outcomes
    assert [outcome.outcome for outcome in outcomes] == ["passed", "failed"]


def test_an_error_of_ours_comes_through_with_its_remedy(judge: Judge, tmp_path: Path) -> None:
    with pytest.raises(QutongError, match="work database cannot be read") as caught:
        judge.validate(tmp_path / "none.duckdb", [SUITE], RULES)
    assert caught.value.file == str(tmp_path / "none.duckdb")
    assert caught.value.remedy == "close what holds it open for writing, then run again"


@pytest.mark.parametrize(
    ("program", "patience", "words"),
    [
        ("raise SystemExit('no such library')", 60, "ended with exit code 1: no such library"),
        ("import sys; sys.stdin.readline(); sys.exit(7)", 60, "ended with exit code 7"),
        ("import sys; sys.stdin.read()", 0.2, "gave no answer in 0.2 seconds"),
        (
            "import sys; sys.stdin.readline(); print('{\"found\"', end='', flush=True)",
            60,
            "ended with exit code 0",
        ),
    ],
)
def test_what_fails_in_it_is_an_error_and_never_a_pass(
    database: Path, program: str, patience: float, words: str
) -> None:
    judge = stand_in(program, patience)
    pid = judge._process.pid
    with pytest.raises(QutongError, match=words) as caught:
        judge.validate(database, [SUITE], RULES)
    assert caught.value.remedy is not None and "nothing was published" in caught.value.remedy
    assert is_gone(pid)
    with pytest.raises(QutongError, match="was closed"):
        judge.validate(database, [SUITE], RULES)


def test_a_question_larger_than_a_pipe_does_not_hang(database: Path) -> None:
    codes = tuple(f"code-{number}" for number in range(200_000))
    large = Suite(
        **{**SUITE.__dict__, "expectations": (Expectation(RULES[0], "codes", "", "", codes=codes),)}
    )
    answer = '{"found": []}'
    slow = f"import sys; sys.stdin.readline(); print('{answer}')"
    with stand_in(slow) as judge:
        assert judge.found(database, [large]) == []
    with (
        stand_in("import sys; sys.stdin.read(1); sys.exit(3)") as judge,
        pytest.raises(QutongError, match="ended with exit code 3"),
    ):
        judge.validate(database, [large], RULES)


def test_it_is_at_work_while_others_are(database: Path, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    program = (
        "import pathlib, sys; sys.stdin.readline(); "
        f"pathlib.Path({str(begun)!r}).touch(); print('{{\"found\": []}}', flush=True)"
    )
    with stand_in(program) as judge:
        answer = judge.ask(database, [SUITE])
        deadline = time.monotonic() + 60
        while not begun.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert begun.exists()  # though nobody has waited for an answer yet
        assert answer() == []


def test_what_fails_while_others_are_at_work_is_told_to_who_waits(database: Path) -> None:
    judge = stand_in("raise SystemExit('no such library')")
    answer = judge.ask(database, [SUITE])
    with pytest.raises(QutongError, match="ended with exit code 1: no such library"):
        answer()


def closed(judge: worker._Worker) -> None:
    judge.close()
    judge.close()


def left_by_an_exception(judge: worker._Worker) -> None:
    with pytest.raises(KeyError), judge:
        raise KeyError


@pytest.mark.parametrize("end", [closed, left_by_an_exception])
def test_it_does_not_outlive_its_use(end: Callable[[worker._Worker], None]) -> None:
    judge = stand_in("import sys; sys.stdin.read()")
    pid = judge._process.pid
    assert not is_gone(pid)
    end(judge)
    assert is_gone(pid)


def test_it_ends_with_a_parent_that_was_killed() -> None:
    program = (
        "import os, signal; from orchestration.judge import worker; "
        f"judge = worker._Worker([{sys.executable!r}, '-c', 'import sys; sys.stdin.read()'], 60); "
        "print(judge._process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    # Its standard output is the pipe that is read here: it ends when both have ended.
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == -9
    assert is_dead(int(done.stdout))


def is_dead(pid: int) -> bool:
    """Gone, or waiting for init to notice; within the time that ending takes."""
    import time

    for _ in range(500):
        if is_gone(pid) or Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return True
        time.sleep(0.01)
    return False


def test_running_rules_imports_no_great_expectations() -> None:
    program = (
        "import sys; from orchestration.judge import rules, suites, worker, contracts, gates; "
        "print([m for m in ('great_expectations', 'sqlalchemy', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"
