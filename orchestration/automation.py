"""When runs start by themselves: a schedule for each data set that is due, and two sensors.

A due date follows from working days and a dated calendar, which no cron line can say. So a schedule
has lines for all of its dates, and on each tick it is asked anew which period fell due last, and
whether a run was started for that. Of ticks that were missed while the machine was off Dagster
carries out the last alone: one run for each data set catches up, and no tick starts it twice.

Belongs here: triggers, and what they tell Dagster between runs. Does not belong here: what a run
does, and switching triggers on (``schedules``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
from dagster._core.storage.tags import SCHEDULED_EXECUTION_TIME_TAG

from orchestration.collect.connectors import is_delivery
from orchestration.deadlines import Awaited, awaited
from orchestration.serve.due import STATES, Line
from orchestration.settings import Settings
from orchestration.steps import deadline_watch
from orchestration.timetable import Entry, Timetable, read_timetable

JOB_NAME = "qutong"
AFTER = timedelta(minutes=10)
"""A run begins so long after the due time: what came in at the last minute is at rest then."""
AHEAD = timedelta(days=800)
"""How far ahead a schedule has its dates; a code location that is loaded anew has later ones."""
PERIOD_TAG, DATA_SET_TAG, DUE_TAG = "qutong/period", "qutong/data_set", "qutong/due"
ON_TIME_CHECK = "on_time"


def delivery_key(data_set_id: str) -> dg.AssetKey:
    """The asset of a data set's deliveries."""
    return dg.AssetKey(["deliveries", data_set_id.replace("-", "_")])


def schedule_name(data_set_id: str) -> str:
    """The schedule of a data set."""
    return f"due_{data_set_id.replace('-', '_')}"


# --- pulls on the day they are due -----------------------------------------------------------


def build_schedules(
    job: Any,
    settings: Settings,
    known: Collection[str],
    others: Sequence[dg.AssetKey],
    now: datetime | None = None,
) -> list[dg.ScheduleDefinition]:
    """One schedule for each data set that awaits something.

    Args:
        job: What it runs.
        settings: Of the project.
        known: The data sets that have an asset; one that was set aside has none.
        others: All assets but those of deliveries: they are carried out with every pull.
        now: Around which moment due dates are of interest.
    """
    timetable, moment = read_timetable(settings), now or datetime.now(UTC)
    return [
        _schedule(job, settings, entry, timetable, others, moment)
        for entry in timetable
        if entry.rule is not None and entry.data_set_id in known
    ]


def _schedule(
    job: Any,
    settings: Settings,
    entry: Entry,
    timetable: Timetable,
    others: Sequence[dg.AssetKey],
    now: datetime,
) -> dg.ScheduleDefinition:
    selection = [delivery_key(entry.data_set_id), *others]

    def evaluate(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        at = context.scheduled_execution_time
        last = due_last(settings, entry.data_set_id, at)
        if last is None:
            return dg.SkipReason("没有到期的报告期 nothing is due")
        key = f"{entry.data_set_id} {last.period} {last.due_on} {last.at:%H:%M}"
        if _was_started(context.instance, key, at):
            return dg.SkipReason(f"已运行 a run was started for {last.period}")
        return dg.RunRequest(
            run_key=key,
            asset_selection=selection,
            tags={DATA_SET_TAG: entry.data_set_id, PERIOD_TAG: last.period, DUE_TAG: key},
        )

    zh, en = entry.said
    return dg.ScheduleDefinition(
        name=schedule_name(entry.data_set_id),
        job=job,
        cron_schedule=cron_lines(entry, timetable, now),
        execution_timezone=str(timetable.zone),
        execution_fn=evaluate,
        description=f"{entry.title_zh}：{zh} | {entry.title_en}: {en}",
    )


def _was_started(instance: dg.DagsterInstance, key: str, at: datetime) -> bool:
    """Whether another tick started a run for what was due; its own one Dagster goes on with."""
    own = at.astimezone(UTC).isoformat()
    runs = instance.get_runs(dg.RunsFilter(tags={DUE_TAG: key}))
    return any(run.tags.get(SCHEDULED_EXECUTION_TIME_TAG) != own for run in runs)


def cron_lines(entry: Entry, timetable: Timetable, now: datetime) -> list[str]:
    """Lines for the moments at which a run is due, from the first on: one for each day of month.

    Lines have no year. A moment that comes in another year finds the run of its period done.
    """
    today = now.astimezone(timetable.zone).date()
    periods = _periods(entry, timetable, today)
    moments = [datetime.combine(p.due_on, p.at) + AFTER for p in periods]
    by_day: dict[str, set[int]] = {}
    for moment in moments:
        by_day.setdefault(f"{moment.minute} {moment.hour} {moment.day}", set()).add(moment.month)
    return [f"{day} {','.join(map(str, sorted(months)))} *" for day, months in by_day.items()]


def _periods(entry: Entry, timetable: Timetable, today: date) -> list[Awaited]:
    """The periods due until some time after a day; at least the first one, however far ahead."""
    assert entry.rule is not None
    until = today + AHEAD
    found = awaited(entry.rule, timetable.calendar, until)
    while not found:
        until += AHEAD
        found = awaited(entry.rule, timetable.calendar, until)
    return found


def periods_ahead(entry: Entry, timetable: Timetable, now: datetime) -> list[Awaited]:
    """The periods whose runs are still to come, the next one first."""
    local = now.astimezone(timetable.zone)
    periods = _periods(entry, timetable, local.date())
    return [period for period in periods if period.due_at(timetable.zone) + AFTER > local]


def due_last(settings: Settings, data_set_id: str, at: datetime) -> Awaited | None:
    """The period that was due last at a moment, as declarations are now; None where none was."""
    timetable = read_timetable(settings)
    entry = timetable.get(data_set_id)
    local = at.astimezone(timetable.zone)
    if entry.rule is None:
        return None
    periods = awaited(entry.rule, timetable.calendar, local.date())
    past = [period for period in periods if period.due_at(timetable.zone) + AFTER <= local]
    return past[-1] if past else None


# --- what arrives ----------------------------------------------------------------------------


def inbox_state(settings: Settings) -> str | None:
    """Hash of names, sizes and times in the inbox; None while it is empty."""
    root = settings.inbox
    if not root.is_dir():
        return None
    files = sorted(
        path for path in root.rglob("*") if path.is_file() and is_delivery(path.relative_to(root))
    )
    if not files:
        return None
    digest = hashlib.sha256()
    for path in files:
        stat = path.stat()
        digest.update(f"{path.relative_to(root)} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def build_sensors(
    job: Any, settings: Settings, known: Collection[str]
) -> list[dg.SensorDefinition]:
    """The inbox, and the deadlines between runs of the data sets that have an asset."""
    return [_inbox(job, settings), _deadlines(settings, known)]


def _inbox(job: Any, settings: Settings) -> dg.SensorDefinition:
    """A run as soon as something lies in the inbox; the same content asks once."""

    @dg.sensor(
        name="inbox",
        job=job,
        minimum_interval_seconds=60,
        description="收件箱有新文件即运行 | Runs when something arrives in the inbox",
    )
    def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        state = inbox_state(settings)
        if state is None:
            return dg.SkipReason("the inbox is empty")
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=state)])

    return inbox


# --- deadlines that pass ---------------------------------------------------------------------


def _deadlines(settings: Settings, asked: Collection[str]) -> dg.SensorDefinition:
    """Tells channels, and Dagster, of deadlines that passed; starts no run."""

    @dg.sensor(
        name="deadlines",
        minimum_interval_seconds=300,
        description="逾期告警与按时检查 | Alerts of what is overdue, and checks on time",
    )
    def deadlines(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        now = datetime.now(UTC)
        for sent in deadline_watch.alert(settings, now):
            if sent.error:
                context.log.warning(f"告警未送达 an alert could not be sent: {sent.error}")
        said = on_time(deadline_watch.lines(settings, now))
        known = json.loads(context.cursor or "{}")
        digests = {name: _digest(lines) for name, lines in said.items() if name in asked}
        return dg.SensorResult(
            cursor=json.dumps(digests),
            asset_events=[
                _evaluation(name, said[name])
                for name, digest in digests.items()
                if known.get(name) != digest
            ],
        )

    return deadlines


def on_time(lines: Sequence[Line]) -> Mapping[str, list[Line]]:
    """What is overdue of each data set that awaits something."""
    told: dict[str, list[Line]] = {}
    for line in lines:
        own = told.setdefault(line.data_set_id, [])
        if line.is_overdue:
            own.append(line)
    return told


def _digest(lines: Sequence[Line]) -> str:
    return " ".join(f"{line.period} {line.state}" for line in lines)


def on_time_spec(data_set_id: str) -> dg.AssetCheckSpec:
    """The check of freshness on a data set: nothing that it awaits is overdue."""
    return dg.AssetCheckSpec(
        name=ON_TIME_CHECK,
        asset=delivery_key(data_set_id),
        description="没有逾期的报告期 | No awaited period is overdue",
    )


def on_time_result(data_set_id: str, lines: Sequence[Line]) -> dg.AssetCheckResult:
    """The same, as a run finds it."""
    return dg.AssetCheckResult(
        check_name=ON_TIME_CHECK, asset_key=delivery_key(data_set_id), **_told(lines)
    )


def _evaluation(data_set_id: str, lines: Sequence[Line]) -> dg.AssetCheckEvaluation:
    """The same, as it is found between runs."""
    return dg.AssetCheckEvaluation(
        asset_key=delivery_key(data_set_id), check_name=ON_TIME_CHECK, **_told(lines)
    )


def _told(lines: Sequence[Line]) -> dict[str, Any]:
    listed = [
        f"- {line.period_label_zh} {STATES[line.state][0]} {STATES[line.state][1]}: "
        f"{line.due_on} {line.due_time}, {line.overdue_days} 天 days; {line.owner}"
        for line in lines
    ]
    told = {"逾期 overdue": dg.MetadataValue.md("\n".join(listed))} if lines else {}
    return {
        "passed": not lines,
        "severity": dg.AssetCheckSeverity.WARN,
        "metadata": {"overdue": len(lines), **told},
    }
