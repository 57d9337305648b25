"""The one door: how every run enters and leaves, whoever starts it.

Belongs here: the lock, what is put in order before a run, its identity, and the report at its end.
Does not belong here: the steps themselves, and who starts a run: the command, the schedule, the
sensor, the interface and a re-execution all come through ``entered``.
"""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from orchestration.collect.connectors import places_of
from orchestration.locking import run_lock
from orchestration.publish import ledger
from orchestration.publish.pointer import recover
from orchestration.settings import Settings
from orchestration.steps import state
from orchestration.steps.collect import asked_sources, collect, has_news
from orchestration.steps.land import follows_from, land
from orchestration.steps.report import EXIT_OK, EXIT_REFUSED, RunReport, compose, last_run_file
from orchestration.steps.state import Identity, StepName
from orchestration.steps.workplace import Workplace, inputs_digest

# --- entering and leaving --------------------------------------------------------------------


@dataclass
class Entered:
    """A run inside the door.

    Attributes:
        steps: What it is asked to do.
        report: What it came to, once it has left.
        error: What went wrong outside any step.
        untold: What a step failed of, for when it could not say so on record.
    """

    work: Workplace
    identity: Identity
    steps: frozenset[StepName]
    report: RunReport | None = None
    error: str = ""
    untold: str = ""


NO_REASON = (
    "a step ended without a word on record / 有步骤未留下记录\n"
    "  → nothing was published; run again, and report it if it stays"
)

_entered: Entered | None = None


def inside(settings: Settings) -> Entered | None:
    """The run of this process on this project that has entered and not left."""
    is_same = _entered is not None and _entered.work.settings.home == settings.home
    return _entered if is_same else None


@contextlib.contextmanager
def entered(
    work: Workplace,
    *,
    steps: Sequence[StepName] = state.STEPS,
    run_id: str | None = None,
    release_id: str | None = None,
    release_time: datetime | None = None,
    patience: float = 0.0,
) -> Iterator[Entered]:
    """Enter, put things in order, and on leaving say what became of it.

    Within a run of this process that has entered already, this is that run: nothing is done twice.

    Args:
        work: Where.
        steps: What is going to be done; a run that lands prepares a release of its own, another
            goes on with the one that was prepared last.
        run_id: Name of the run in the record; Dagster's where Dagster starts it.
        release_id: Fixed by tests; otherwise the day in the district's time zone and a number.
        release_time: Fixed by tests; otherwise now.
        patience: For how many seconds another run that is at work is waited for.

    Raises:
        RunLockedError: another run is at work.
        DeclarationError: something declared is wrong; names file, key and remedy.
    """
    global _entered  # noqa: PLW0603 - one run per process
    already = inside(work.settings)
    if already is not None:
        yield already
        return
    with run_lock(work.settings, patience), state.kept_open(work.settings):
        wanted = frozenset(steps)
        identity = _put_in_order(work, wanted, run_id, release_id, release_time)
        here = _entered = Entered(work, identity, wanted)
        try:
            yield here
        except Exception as error:
            here.error = state.explain(error, "run", work.settings)
            if not state.is_disk_full(error, work.settings):
                raise
        finally:
            _entered = None
            here.report = _leave(here)


def _put_in_order(
    work: Workplace,
    steps: frozenset[StepName],
    run_id: str | None,
    release_id: str | None,
    release_time: datetime | None,
) -> Identity:
    settings = work.settings
    known = {declared.id for declared in work.declarations}
    _ = work.catalogue  # a wrong rule is wrong use: found before any work
    # A run that does not land goes on with what was landed last, and with its candidate.
    last = state.prepared(settings) if "land" not in steps else None
    for told in recover(settings.releases, keep=last.release_id if last else None):
        work.say(f"发布目录已恢复 / releases put in order: {told}")
    work.archive.clean()
    for entry in work.archive.reconcile():
        work.say(f"登记已按回执恢复 / an entry was written again from its receipt: {entry}")
    unclaimed = tuple(name for place in places_of(settings) for name in place.unclaimed(known))
    begun = work.now.astimezone(UTC).replace(tzinfo=None)
    run_id = run_id or uuid.uuid4().hex
    if last is not None:
        identity = Identity(
            run_id, begun, last.release_id, last.release_time, last.policy, unclaimed
        )
    else:
        moment = (release_time or work.now).astimezone(UTC).replace(tzinfo=None, microsecond=0)
        identity = Identity(
            run_id,
            begun,
            release_id or next_release_id(work),
            moment,
            settings.district.policy,
            unclaimed,
        )
    state.write_identity(settings, identity)
    return identity


def next_release_id(work: Workplace) -> str:
    """The day in the district's time zone, and the first number that is free on it."""
    day = work.now.astimezone(work.zone).date().isoformat()
    taken = {path.name for path in work.settings.releases.glob(f"{day}.*")}
    taken |= ledger.published(work.releases).keys()  # also where the release is gone
    number = 1
    while f"{day}.{number}" in taken:
        number += 1
    return f"{day}.{number}"


def _leave(here: Entered) -> RunReport:
    settings = here.work.settings
    try:
        report = compose(settings, asked_to_publish="publish" in here.steps)
    except Exception as error:  # the disk is full, say: the person is told all the same
        report = _without_room(here.work, error)
    report.error = report.error or here.error
    report.invalid = [entry.error.render() for entry in here.work.declarations.aside]
    if report.invalid and report.exit_code == EXIT_OK:
        report.exit_code = EXIT_REFUSED
    if report.outcome == "failed":
        report.error = report.error or here.untold or NO_REASON
    with contextlib.suppress(OSError):
        report.write(last_run_file(settings))
    return report


# --- a whole run -----------------------------------------------------------------------------

CarryOut = Callable[[Workplace, Sequence[str]], None]


def execute(
    work: Workplace,
    carry_out: CarryOut,
    data_sets: Sequence[str] = (),
    *,
    release_id: str | None = None,
    release_time: datetime | None = None,
) -> RunReport:
    """Collect, process, judge and publish; says what came of it and never raises for data.

    Args:
        work: Its settings and clock.
        carry_out: Executes the job for the data sets to collect (``definitions.execute_job``);
            called only when there is work to do, because it costs seconds to import.
        data_sets: Collect for these only; everything received before counts all the same.
        release_id: Fixed by tests.
        release_time: Fixed by tests.

    Raises:
        RunLockedError: another run is at work.
        DeclarationError: something declared is wrong; names file, key and remedy.
    """
    try:
        # A name that is not declared is wrong use, and no run.
        chosen = [work.declarations.get(name) for name in data_sets] or list(work.declarations)
        names = [declared.id for declared in chosen]
        with (
            entered(work, release_id=release_id, release_time=release_time) as here,
            asked_sources(work, names),
        ):
            if follows_from(work, inputs_digest(work)) and not has_news(work, chosen):
                # As the job would do it: every look at a source leaves its receipts.
                collect(work, names, quietly=True)
                land(work)
            else:
                from orchestration.judge import worker

                # It imports Great Expectations while data are collected and marts are built.
                with worker.start() as work.judge:
                    carry_out(work, names)
    except Exception as error:
        if not state.is_disk_full(error, work.settings):
            raise
        return _without_room(work, error)
    assert here.report is not None
    return here.report


def rebuild(work: Workplace, carry_out: CarryOut) -> RunReport:
    """Forget all that follows from archive and declarations, and execute a run that makes it anew.

    Raises:
        RunLockedError: another run is at work.
        DeclarationError: something declared is wrong; nothing was forgotten.
    """
    settings = work.settings
    with run_lock(settings):
        _ = work.declarations
        shutil.rmtree(settings.parsed, ignore_errors=True)
        database = settings.database
        for file in (database, database.with_name(database.name + ".wal"), work.published_file):
            file.unlink(missing_ok=True)
        return execute(work, carry_out)


def _without_room(work: Workplace, error: Exception) -> RunReport:
    """What is told where the disk is too full even to begin."""
    return RunReport(
        started_at=work.now.astimezone(work.zone).isoformat(timespec="seconds"),
        policy=work.settings.district.policy,
        error=state.explain(error, "run", work.settings),
    )
