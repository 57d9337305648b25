"""What steps leave for one another: tables of the work database, schema ``run``.

Belongs here: which step was carried out on which inputs and what came of it, and the rule that a
step stands on those before it. Does not belong here: what a step does, and any figure.

The work database is disposable: where it is missing or cannot be opened there is no state, and a
step that needs some says so. A step that begins forgets itself and all later steps first, so that
a killed or repeated step never leaves the outcome of another time behind.
"""

from __future__ import annotations

import contextlib
import errno
import json
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from orchestration.catalog import literal
from orchestration.duck import pandas_unseen, share_out
from orchestration.errors import QutongError, StaleStateError
from orchestration.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from orchestration.steps.workplace import Workplace

StepName = Literal[
    "collect",
    "land",
    "delivery_gate",
    "marts",
    "marts_gate",
    "quality",
    "candidate",
    "release_gate",
    "publish",
]
STEPS: tuple[StepName, ...] = get_args(StepName)
"""In the order in which they stand on each other; collecting is for one data set at a time."""

Outcome = Literal["done", "failed"]

SCHEMA = "run"
LITTLE_SPACE = 1 << 20

_TABLES = f"""
create schema if not exists {SCHEMA};
create table if not exists {SCHEMA}.run (
    run_id varchar, started_at timestamp, release_id varchar, release_time timestamp,
    policy varchar, unclaimed varchar[], is_unchanged boolean
);
create table if not exists {SCHEMA}.step (
    step varchar, subject varchar, run_id varchar, inputs varchar, outcome varchar,
    seconds double, detail varchar, finished_at timestamp
);
create table if not exists {SCHEMA}.node (
    step varchar, unique_id varchar, kind varchar, name varchar, status varchar,
    message varchar, failures bigint, seconds double, test varchar, query varchar
);
"""


@dataclass(frozen=True)
class Identity:
    """The run at work, or the last one: which release it prepares, and under which policy.

    Attributes:
        release_time: Without a zone, UTC, whole seconds.
        unclaimed: Files that lie where no data set looks.
        is_unchanged: Whether landing found that the release in force follows from these inputs.
    """

    run_id: str
    started_at: datetime
    release_id: str
    release_time: datetime
    policy: str
    unclaimed: tuple[str, ...] = ()
    is_unchanged: bool = False


@dataclass(frozen=True)
class StepRecord:
    """What became of a step.

    Attributes:
        subject: The data set of a ``collect``; otherwise empty.
        inputs: See ``workplace.inputs_digest``; empty for ``collect``.
        detail: What the step has to tell: JSON values only.
    """

    step: StepName
    subject: str
    run_id: str
    inputs: str
    outcome: Outcome
    seconds: float
    detail: dict[str, Any]


@dataclass
class Carried:
    """A step at work: what it wants recorded about itself."""

    inputs: str
    outcome: Outcome = "done"
    detail: dict[str, Any] = field(default_factory=dict)


# --- the work database -----------------------------------------------------------------------


_kept: dict[Path, DuckDBPyConnection | None] = {}
"""Work databases that stay open between two uses, and the connection that sees to it."""


@contextlib.contextmanager
def kept_open(settings: Settings) -> Iterator[None]:
    """Within, the work database is opened once, not by each of the twenty uses of a run.

    What is committed is on disk all the same: in the log beside the file, until it is let go.
    """
    _kept[settings.database] = None
    try:
        yield
    finally:
        lent(settings)
        del _kept[settings.database]


def lent(settings: Settings) -> Path:
    """The file of the work database, for whoever opens it otherwise: nothing here has it open."""
    path = settings.database
    connection = _kept.get(path)
    if connection is not None:
        _kept[path] = None
        connection.close()
    return path


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[DuckDBPyConnection]:
    """The work database, open for writing; made anew where what lies there is of no use.

    Raises:
        QutongError: another process has it open.
    """
    import duckdb

    path = settings.database
    connection = _kept.get(path) or _connected(settings)
    share_out(connection, path)
    if path in _kept:
        _kept[path], connection = connection, connection.cursor()
    try:
        with connection, pandas_unseen():
            yield connection
    except duckdb.Error:
        lent(settings)  # after some errors an open database answers nothing any more
        raise


def _connected(settings: Settings) -> DuckDBPyConnection:
    import duckdb

    path = settings.database
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(str(path))
    except duckdb.Error as error:
        if "lock" in str(error).lower():
            raise QutongError(
                "the work database is open in another process",
                file=path,
                remedy="close what reads or writes it, then run again",
            ) from None
        if is_disk_full(error, settings):
            raise
        # A killed writer, another version of DuckDB, a damaged file: all of it can be made again.
        discard(settings)
        connection = duckdb.connect(str(path))
    try:
        connection.execute(_TABLES)
    except BaseException:
        connection.close()
        raise
    return connection


def discard(settings: Settings) -> None:
    """Remove the work database."""
    path = lent(settings)
    for leftover in (path, path.with_name(path.name + ".wal")):
        leftover.unlink(missing_ok=True)


# --- who is at work --------------------------------------------------------------------------


def write_identity(settings: Settings, identity: Identity) -> None:
    """Note the run that begins, over the one before."""
    with opened(settings) as con:
        con.execute(f"delete from {SCHEMA}.run")
        con.execute(
            f"insert into {SCHEMA}.run values (?, ?, ?, ?, ?, ?, ?)",
            [
                identity.run_id,
                identity.started_at,
                identity.release_id,
                identity.release_time,
                identity.policy,
                list(identity.unclaimed),
                identity.is_unchanged,
            ],
        )


def read_identity(settings: Settings) -> Identity | None:
    """The run at work, or the last one; None where nothing ever ran on this work database."""
    if not settings.database.is_file():
        return None
    with opened(settings) as con:
        return _identity(con)


def _identity(con: DuckDBPyConnection) -> Identity | None:
    row = con.execute(f"from {SCHEMA}.run").fetchone()
    if row is None:
        return None
    run_id, started_at, release_id, release_time, policy, unclaimed, is_unchanged = row
    return Identity(
        run_id, started_at, release_id, release_time, policy, tuple(unclaimed), is_unchanged
    )


def has_verdicts(con: DuckDBPyConnection) -> bool:
    """Whether there are tables that a verdict could stand in."""
    return _has_landing(con)


def identity_of(settings: Settings) -> Identity:
    """The run that a step belongs to.

    Raises:
        StaleStateError: no run ever began here.
    """
    found = read_identity(settings)
    if found is None:
        raise StaleStateError(
            "no run has begun here / 尚未开始任何运行",
            file=settings.database,
            remedy="run all steps: qutong run",
        )
    return found


@dataclass(frozen=True)
class Prepared:
    """The release that the landing prepares: every step after it works on this one."""

    release_id: str
    release_time: datetime
    policy: str


def prepared(settings: Settings) -> Prepared | None:
    """What was landed last, if anything was."""
    if not settings.database.is_file():
        return None
    with opened(settings) as con:
        if not _has_landing(con):
            return None
        row = con.execute("select release_id, release_time, policy from landing.release").fetchone()
    return Prepared(*row) if row else None


def prepared_of(settings: Settings) -> Prepared:
    """The same, for a step that needs it.

    Raises:
        StaleStateError: nothing was landed.
    """
    found = prepared(settings)
    if found is None:
        raise StaleStateError(
            "nothing was landed yet / 尚未入库",
            file=settings.database,
            remedy="run all steps: qutong run",
        )
    return found


def _has_landing(con: DuckDBPyConnection) -> bool:
    found = con.execute(
        "select count(*) from duckdb_tables() where schema_name = 'landing' "
        "and table_name in ('release', 'validation', 'finding')"
    ).fetchall()
    return bool(found[0][0] == 3)


# --- steps -----------------------------------------------------------------------------------


def records(con: DuckDBPyConnection) -> list[StepRecord]:
    """Every step on record, in order; none that only another version of this code knows."""
    known = ", ".join(map(literal, STEPS))
    rows = con.execute(
        f"select step, subject, run_id, inputs, outcome, seconds, detail from {SCHEMA}.step "
        f"where step in ({known})"
    ).fetchall()
    found = [
        StepRecord(step, subject, run_id, inputs, outcome, seconds, json.loads(detail))
        for step, subject, run_id, inputs, outcome, seconds, detail in rows
    ]
    return sorted(found, key=lambda record: (STEPS.index(record.step), record.subject))


def required(con: DuckDBPyConnection, step: StepName) -> str:
    """The inputs that the steps before ``step`` were all carried out on.

    Raises:
        StaleStateError: one of them is missing, failed, or was carried out on other inputs.
    """
    before = STEPS[STEPS.index("land") : STEPS.index(step)]
    known = {record.step: record for record in records(con)}
    landed = known.get("land")
    for name in before:
        record = known.get(name)
        if record is None or record.outcome != "done":
            became = "not carried out" if record is None else record.outcome
            raise _stale(step, f"the step {name} was {became} for what is on disk")
        if landed is not None and record.inputs != landed.inputs:
            raise _stale(step, f"the step {name} was carried out on other inputs")
    assert landed is not None or not before
    return landed.inputs if landed else ""


def _stale(step: StepName, why: str) -> StaleStateError:
    return StaleStateError(
        f"the step {step} cannot be carried out: {why} / 前面的步骤尚未就此输入完成",
        place=f"step {step}",
        remedy="run all steps: qutong run",
    )


@contextlib.contextmanager
def carried(
    work: Workplace, step: StepName, line: str, *, inputs: str | None = None
) -> Iterator[Carried]:
    """Carry out a step: check what it stands on, forget what stood on it, record what came of it.

    Args:
        work: Where.
        step: Which; every step but ``collect``, which records itself by data set.
        line: What is said when it begins.
        inputs: Of ``land``, which stands on nothing; the others take those of the landing.

    Raises:
        StaleStateError: what it stands on is not there.
    """
    work.say(line)
    settings = work.settings
    begin = time.perf_counter()
    run_id = identity_of(settings).run_id
    step_carried = Carried(inputs or "")
    try:
        with opened(settings) as con:
            if inputs is None:
                step_carried.inputs = required(con, step)
            _forget(con, STEPS[STEPS.index(step) :])
        yield step_carried
    except BaseException as error:
        step_carried.outcome = "failed"
        step_carried.detail |= {"error": explain(error, step, settings)}
        if isinstance(error, Exception):
            with contextlib.suppress(Exception):  # what went wrong first is what is told
                _record(settings, step, run_id, step_carried, time.perf_counter() - begin)
        raise
    _record(settings, step, run_id, step_carried, time.perf_counter() - begin)


def _forget(con: DuckDBPyConnection, steps: Sequence[StepName]) -> None:
    names = list(steps)
    con.execute(f"delete from {SCHEMA}.step where list_contains($1, step)", [names])
    con.execute(f"delete from {SCHEMA}.node where list_contains($1, step)", [names])
    gates = [gate for gate, step in GATE_STEPS.items() if step in steps]
    if gates and _has_landing(con):
        for table in ("validation", "finding"):
            con.execute(f"delete from landing.{table} where list_contains($1, gate)", [gates])


GATE_STEPS: dict[str, StepName] = {
    "delivery": "delivery_gate",
    "marts": "marts_gate",
    "release": "release_gate",
}


def _record(settings: Settings, step: StepName, run_id: str, done: Carried, seconds: float) -> None:
    with opened(settings) as con:
        insert(con, [StepRecord(step, "", run_id, done.inputs, done.outcome, seconds, done.detail)])


def insert(con: DuckDBPyConnection, entries: Sequence[StepRecord]) -> None:
    """Record what became of steps, over what is on record of the same step and subject."""
    now = datetime.now(UTC).replace(tzinfo=None)
    for entry in entries:
        con.execute(
            f"delete from {SCHEMA}.step where step = ? and subject = ?", [entry.step, entry.subject]
        )
        con.execute(
            f"insert into {SCHEMA}.step values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                entry.step,
                entry.subject,
                entry.run_id,
                entry.inputs,
                entry.outcome,
                round(entry.seconds, 3),
                json.dumps(entry.detail, ensure_ascii=False),
                now,
            ],
        )


# --- what went wrong -------------------------------------------------------------------------


def explain(error: BaseException, step: str, settings: Settings) -> str:
    """An error as the person is told it: what, where, and what to do."""
    if isinstance(error, QutongError):
        return error.render()
    if is_disk_full(error, settings):
        return QutongError(
            "the disk is full", place=f"step {step}", remedy="free space, then run again"
        ).render()
    text = str(error).strip().splitlines()
    head = f"{type(error).__name__} in step {step}: {text[0] if text else ''}"
    return f"{head}\n  → nothing was published; run again, and report it if it stays"


def is_disk_full(error: BaseException, settings: Settings) -> bool:
    """Whether there was no room to write."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    text = str(error)
    if any(words in text for words in ("No space left", "disk is full", "quota exceeded")):
        return True
    # Dagster keeps its history in SQLite, which does not say why it could not write.
    return "disk I/O error" in text and shutil.disk_usage(settings.home).free < LITTLE_SPACE
