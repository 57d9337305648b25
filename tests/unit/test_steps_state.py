"""The record of steps: who stands on whom, what a step forgets, and what is told when one fails.

Belongs here: ``orchestration.steps.state`` on a work database that holds little else. Does not
belong here: the steps themselves (``tests/pipeline``).
"""

from __future__ import annotations

import errno
import subprocess
import sys
from collections import namedtuple
from datetime import datetime

import duckdb
import pytest

from orchestration.errors import QutongError, StaleStateError
from orchestration.settings import Settings
from orchestration.steps import state
from orchestration.steps.state import Identity, Prepared, StepName, StepRecord
from orchestration.steps.workplace import Workplace

pytestmark = pytest.mark.core

BEGUN = datetime(2026, 3, 1, 9, 0, 7)
RUN = Identity("run-1", BEGUN, "2026-03-01.1", BEGUN, "demo", ("收件/it's.csv",), is_unchanged=True)
CHAIN: tuple[StepName, ...] = state.STEPS[1:]
GATED = ("delivery", "marts", "release")


@pytest.fixture
def work(empty_project: Settings) -> Workplace:
    """A place where a run has begun and has landed something."""
    settings = empty_project
    state.write_identity(settings, RUN)
    with state.opened(settings) as con:
        con.execute(
            """
            create schema landing;
            create table landing.release (
                release_id varchar, release_time timestamp, policy varchar, more varchar);
            create table landing.validation (gate varchar);
            create table landing.finding (gate varchar);
            """
        )
    return Workplace(settings)


def done(step: StepName, inputs: str = "in", outcome: state.Outcome = "done") -> StepRecord:
    return StepRecord(step, "", "run-1", inputs, outcome, 1.5, {"令": "it's"})


def record(work: Workplace, *entries: StepRecord) -> None:
    with state.opened(work.settings) as con:
        state.insert(con, entries)


def on_record(work: Workplace) -> list[str]:
    with state.opened(work.settings) as con:
        return [f"{entry.step} {entry.outcome}" for entry in state.records(con)]


def stale(work: Workplace, step: StepName) -> str:
    """Why a step cannot be carried out."""
    with state.opened(work.settings) as con, pytest.raises(StaleStateError) as caught:
        state.required(con, step)
    return caught.value.what


def gates_on_record(work: Workplace) -> list[str]:
    with state.opened(work.settings) as con:
        found = con.execute("from landing.validation union all from landing.finding order by all")
        return [row[0] for row in found.fetchall()]


# --- the work database -----------------------------------------------------------------------


@pytest.mark.parametrize("has_journal", [True, False])
def test_a_damaged_work_database_is_made_anew(work: Workplace, has_journal: bool) -> None:
    database = work.settings.database
    journal = database.with_name(database.name + ".wal")
    database.write_bytes(b"not a database" * 1000)
    if has_journal:
        journal.write_bytes(b"nor this")
    assert state.read_identity(work.settings) is None
    assert not journal.exists()
    assert on_record(work) == []


def test_a_database_that_another_process_holds_is_left_alone(work: Workplace) -> None:
    script = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print(1); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-uc", script, str(work.settings.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline()
        with pytest.raises(QutongError) as caught:
            state.read_identity(work.settings)
        assert str(caught.value) == (
            f"{work.settings.database}: the work database is open in another process\n"
            "  → close what reads or writes it, then run again"
        )
        other.communicate()
    assert state.read_identity(work.settings) == RUN


def test_a_full_disk_is_no_reason_to_throw_the_database_away(
    work: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        full = duckdb.IOException("IO Error: could not write: No space left on device")

        def connect(path: str) -> None:
            raise full

        patch.setattr(duckdb, "connect", connect)
        with pytest.raises(duckdb.IOException, match="No space left"):
            state.read_identity(work.settings)
    assert state.read_identity(work.settings) == RUN


# --- who is at work --------------------------------------------------------------------------


def test_the_last_run_is_the_run_at_work(work: Workplace) -> None:
    assert state.identity_of(work.settings) == RUN
    other = Identity("run-2", BEGUN, "2026-03-01.2", BEGUN, "bureau")
    state.write_identity(work.settings, other)
    assert state.identity_of(work.settings) == other
    assert state.identity_of(work.settings).is_unchanged is False


def test_where_nothing_ran_a_step_says_so(empty_project: Settings) -> None:
    settings = empty_project
    assert state.read_identity(settings) is None
    assert state.prepared(settings) is None
    assert not settings.database.exists()
    for _ in ("no database", "an empty one"):
        for ask, what in (
            (state.identity_of, "no run has begun here / 尚未开始任何运行"),
            (state.prepared_of, "nothing was landed yet / 尚未入库"),
        ):
            with pytest.raises(StaleStateError) as caught:
                ask(settings)
            assert (
                str(caught.value) == f"{settings.database}: {what}\n  → run all steps: qutong run"
            )
        with state.opened(settings):
            pass


def test_what_was_landed_last_is_what_steps_work_on(work: Workplace) -> None:
    with pytest.raises(StaleStateError, match="nothing was landed yet"):
        state.prepared_of(work.settings)
    with state.opened(work.settings) as con:
        con.execute(
            "insert into landing.release values "
            "('r7', timestamp '2026-03-01 09:00:07', 'bureau', '')"
        )
    assert state.prepared_of(work.settings) == Prepared("r7", BEGUN, "bureau")
    with state.opened(work.settings) as con:
        con.execute("create table landing.more (a integer); create schema quality")
        con.execute("create table quality.finding (a integer)")
        assert state.has_verdicts(con)
        con.execute("drop table landing.finding")
        assert not state.has_verdicts(con)
    assert state.prepared(work.settings) is None


# --- steps -----------------------------------------------------------------------------------


def test_the_record_tells_steps_in_their_order_and_the_last_of_each(work: Workplace) -> None:
    by_data_set = [StepRecord("collect", name, "run-1", "", "done", 0.0, {}) for name in ("b", "a")]
    record(work, done("publish"), done("land", outcome="failed"), *by_data_set)
    record(work, done("land"))
    with state.opened(work.settings) as con:
        assert state.records(con) == [
            by_data_set[1],
            by_data_set[0],
            done("land"),
            done("publish"),
        ]


@pytest.mark.parametrize("step", CHAIN)
def test_a_step_stands_on_all_before_it_on_the_same_inputs(work: Workplace, step: StepName) -> None:
    before = CHAIN[: CHAIN.index(step)]
    collected = StepRecord("collect", "a", "run-1", "", "failed", 0.0, {})
    record(work, collected, *[done(name) for name in before])
    with state.opened(work.settings) as con:
        assert state.required(con, step) == ("in" if before else "")
    for other in before:
        with state.opened(work.settings) as con:
            con.execute("delete from run.step where step = $1", [other])
        assert f"the step {other} was not carried out" in stale(work, step)
        record(work, done(other, outcome="failed"))
        assert f"the step {other} was failed" in stale(work, step)
        if other != "land":  # it says which inputs all the others have to have
            record(work, done(other, "others"))
            assert f"the step {other} was carried out on other inputs" in stale(work, step)
        record(work, done(other))
    if len(before) > 1:
        record(work, done("land", "others"))
        assert f"the step {before[1]} was carried out on other inputs" in stale(work, step)


@pytest.mark.parametrize("step", CHAIN)
def test_a_step_that_begins_forgets_itself_and_what_stands_on_it(
    work: Workplace, step: StepName
) -> None:
    place = CHAIN.index(step)
    collected = StepRecord("collect", "a", "run-1", "", "done", 0.0, {})
    record(work, collected, *[done(name) for name in CHAIN])
    with state.opened(work.settings) as con:
        for table in ("validation", "finding"):
            con.execute(f"insert into landing.{table} values ('delivery'), ('marts'), ('release')")
        for name in ("marts", "quality"):
            con.execute("insert into run.node (step) values ($1)", [name])
    said: list[str] = []
    work.say = said.append

    with state.carried(work, step, "一行", inputs="new" if step == "land" else None) as carried:
        assert carried.inputs == ("new" if step == "land" else "in")
        kept = [f"{name} done" for name in CHAIN[:place]]
        assert on_record(work) == ["collect done", *kept]
        gates = [g for g in GATED if CHAIN.index(state.GATE_STEPS[g]) < place]
        assert gates_on_record(work) == sorted(gates * 2)
        with state.opened(work.settings) as con:
            nodes = con.execute("select step from run.node order by step").fetchall()
        built: tuple[StepName, ...] = ("marts", "quality")
        assert nodes == [(name,) for name in built if CHAIN.index(name) < place]
        carried.detail = {"n": 1}

    assert said == ["一行"]
    with state.opened(work.settings) as con:
        last = state.records(con)[-1]
    assert (last.step, last.outcome, last.detail) == (step, "done", {"n": 1})
    assert (last.run_id, last.inputs) == ("run-1", carried.inputs)
    assert 0 <= last.seconds < 60


def test_a_step_that_fails_is_on_record_with_what_went_wrong(work: Workplace) -> None:
    record(work, done("land"))
    with (
        pytest.raises(ValueError, match="broken"),
        state.carried(work, "delivery_gate", "") as carried,
    ):
        carried.detail = {"n": 1}
        raise ValueError("broken\nin two lines")
    with state.opened(work.settings) as con:
        failed = state.records(con)[-1]
    assert (failed.step, failed.outcome, failed.inputs) == ("delivery_gate", "failed", "in")
    assert failed.detail == {
        "n": 1,
        "error": "ValueError in step delivery_gate: broken\n"
        "  → nothing was published; run again, and report it if it stays",
    }
    assert 0 <= failed.seconds < 60


def test_a_step_that_stands_on_nothing_forgets_nothing_and_is_on_record(work: Workplace) -> None:
    record(work, done("land"), done("publish"))
    with (
        pytest.raises(StaleStateError, match="delivery_gate was not carried out"),
        state.carried(work, "marts", ""),
    ):
        raise AssertionError("it must not begin")
    assert on_record(work) == ["land done", "marts failed", "publish done"]
    with state.opened(work.settings) as con, pytest.raises(StaleStateError) as caught:
        state.required(con, "marts_gate")
    assert str(caught.value) == (
        "step marts_gate: the step marts_gate cannot be carried out: the step delivery_gate was "
        "not carried out for what is on disk / 前面的步骤尚未就此输入完成\n"
        "  → run all steps: qutong run"
    )


def test_a_step_that_is_killed_leaves_nothing_behind(work: Workplace) -> None:
    record(work, done("land"), done("delivery_gate"), done("marts"))
    with pytest.raises(KeyboardInterrupt), state.carried(work, "delivery_gate", ""):
        raise KeyboardInterrupt
    assert on_record(work) == ["land done"]


def test_what_went_wrong_first_is_what_is_told(work: Workplace) -> None:
    record(work, done("land"))
    with pytest.raises(ValueError, match="first"), state.carried(work, "delivery_gate", "") as step:
        step.detail = {"cannot be written": object()}
        raise ValueError("first")
    assert on_record(work) == ["land done"]


# --- what went wrong -------------------------------------------------------------------------


def test_an_error_is_explained_as_the_person_is_told_it(work: Workplace) -> None:
    own = QutongError("what", place="where", remedy="do this")
    assert state.explain(own, "land", work.settings) == own.render()
    assert state.explain(RuntimeError(), "land", work.settings).startswith(
        "RuntimeError in step land: \n"
    )
    full = state.explain(OSError(errno.ENOSPC, "x"), "land", work.settings)
    assert (
        full
        == QutongError(
            "the disk is full", place="step land", remedy="free space, then run again"
        ).render()
    )


@pytest.mark.parametrize(
    ("error", "free", "is_full"),
    [
        (OSError(errno.ENOSPC, "x"), 1 << 30, True),
        (OSError(errno.EDQUOT, "x"), 1 << 30, True),
        (OSError(errno.EACCES, "x"), 0, False),
        (RuntimeError("IO Error: No space left on device"), 1 << 30, True),
        (RuntimeError("database or disk is full"), 1 << 30, True),
        (RuntimeError("Disk quota exceeded"), 1 << 30, True),
        (RuntimeError("disk I/O error"), (1 << 20) - 1, True),
        (RuntimeError("disk I/O error"), 1 << 20, False),
        (RuntimeError("another error"), 0, False),
    ],
)
def test_a_full_disk_is_known_by_what_it_says(
    work: Workplace, monkeypatch: pytest.MonkeyPatch, error: Exception, free: int, is_full: bool
) -> None:
    usage = namedtuple("usage", "free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(free))
    assert state.is_disk_full(error, work.settings) is is_full
