"""Switching schedules and sensors on and off, without the interface: Dagster's instance keeps it.

Belongs here: what is on, and what runs next. Does not belong here: what the triggers are
(``automation``). Nothing of ours is imported by Dagster here: names follow from declarations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from orchestration import automation
from orchestration.errors import DeclarationError
from orchestration.settings import Settings
from orchestration.timetable import Timetable, read_timetable

if TYPE_CHECKING:
    from dagster import DagsterInstance
    from dagster._core.remote_origin import RemoteInstigatorOrigin
    from dagster._core.scheduler.instigation import InstigatorState

MODULE = "orchestration.definitions"
SENSORS = {"inbox": "收件箱 inbox", "deadlines": "期限与告警 deadlines and alerts"}


@dataclass(frozen=True)
class Trigger:
    """A schedule or a sensor.

    Attributes:
        name: As Dagster calls it.
        called: As a person calls it: the data set, or the sensor.
        lines: Of cron; None for a sensor.
    """

    name: str
    called: str
    lines: tuple[str, ...] | None


def triggers(timetable: Timetable, now: datetime) -> list[Trigger]:
    """All that there are, sensors last."""
    schedules = [
        Trigger(
            automation.schedule_name(entry.data_set_id),
            entry.data_set_id,
            tuple(automation.cron_lines(entry, timetable, now)),
        )
        for entry in timetable
        if entry.rule is not None
    ]
    return [*schedules, *(Trigger(name, name, None) for name in SENSORS)]


def switch(
    settings: Settings, names: Sequence[str], *, is_on: bool, now: datetime | None = None
) -> Iterator[str]:
    """Switch triggers on or off, and say so; what is so already stays as it is.

    Args:
        settings: Of the project.
        names: Data sets and sensors; all where none is named.
        is_on: Whether they are to be on.
        now: From which moment on; tests fix it.

    Raises:
        DeclarationError: a name is no data set that awaits something, and no sensor.
    """
    timetable, now = read_timetable(settings), now or datetime.now(UTC)
    chosen = _named(triggers(timetable, now), names, timetable)
    with _instance(settings) as instance:
        for trigger in chosen:
            state = _state(instance, trigger)
            if state is None or state.is_running != is_on:
                _write(instance, trigger, state, now, is_on=is_on)
            yield f"{'✓ 开 on ' if is_on else '– 关 off'}  {trigger.called}"
    if is_on:
        yield "下一步 Next   qutong ui（运行期间生效 in force while it runs）"


def show(settings: Settings) -> Iterator[str]:
    """Every trigger: on or off, and when it runs next."""
    timetable, now = read_timetable(settings), datetime.now(UTC)
    with _instance(settings) as instance:
        for trigger in triggers(timetable, now):
            state = _state(instance, trigger)
            mark = "✓ 开 on " if state is not None and state.is_running else "– 关 off"
            yield f"{mark}  {trigger.called:<36}{_next(trigger, timetable, now)}"
    for entry in timetable:
        if entry.rule is None:
            yield f"          {entry.data_set_id:<36}{' | '.join(entry.said)}"


def _next(trigger: Trigger, timetable: Timetable, now: datetime) -> str:
    if trigger.lines is None:
        return SENSORS[trigger.name]
    entry = timetable.get(trigger.called)
    assert entry.rule is not None
    ahead = automation.periods_ahead(entry, timetable, now)
    if not ahead:
        return "–"
    period = ahead[0]
    start = period.due_at(timetable.zone) + automation.AFTER
    note = "" if period.is_covered else "  * 节假日历未收录 calendar does not cover it"
    return f"{start:%Y-%m-%d %H:%M}  {period.period}{note}"


def _named(known: Sequence[Trigger], names: Sequence[str], timetable: Timetable) -> list[Trigger]:
    if not names:
        return list(known)
    by_name = {trigger.called: trigger for trigger in known}
    for name in names:
        if name not in by_name:
            entry = timetable.get(name)  # says it where there is no such data set
            raise DeclarationError(
                f"{name} has no schedule: {' | '.join(entry.said)}",
                remedy="give its delivery `due` and `awaited_from`",
            )
    return [by_name[name] for name in names]


# --- what Dagster keeps ----------------------------------------------------------------------


def _instance(settings: Settings) -> DagsterInstance:
    from dagster import DagsterInstance

    from orchestration.definitions import dagster_home

    return DagsterInstance.from_config(str(dagster_home(settings)))


def origin(name: str) -> RemoteInstigatorOrigin:
    """Under which name Dagster keeps whether a trigger is on: as ``qutong ui`` loads it."""
    from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
    from dagster._core.remote_origin import RemoteInstigatorOrigin, RemoteRepositoryOrigin
    from dagster._core.workspace.load_target import ModuleTarget

    (location,) = ModuleTarget(MODULE, None, None, None).create_origins()
    repository = RemoteRepositoryOrigin(location, SINGLETON_REPOSITORY_NAME)
    return RemoteInstigatorOrigin(repository, name)


def _state(instance: DagsterInstance, trigger: Trigger) -> InstigatorState | None:
    own = origin(trigger.name)
    return instance.get_instigator_state(own.get_id(), own.get_selector().get_id())


def _write(
    instance: DagsterInstance,
    trigger: Trigger,
    state: InstigatorState | None,
    now: datetime,
    *,
    is_on: bool,
) -> None:
    from dagster._core.scheduler.instigation import (
        InstigatorState,
        InstigatorStatus,
        InstigatorType,
        ScheduleInstigatorData,
        SensorInstigatorData,
    )

    status = InstigatorStatus.RUNNING if is_on else InstigatorStatus.STOPPED
    if trigger.lines is not None:
        made = InstigatorState(
            origin(trigger.name),
            InstigatorType.SCHEDULE,
            status,
            ScheduleInstigatorData(list(trigger.lines), now.timestamp() if is_on else None),
        )
    else:
        made = InstigatorState(
            origin(trigger.name), InstigatorType.SENSOR, status, SensorInstigatorData()
        )
    if state is None:
        instance.add_instigator_state(made)
    else:
        instance.update_instigator_state(made)
