"""Given data sets that are due, then Dagster pulls each after its due time, what was missed once.

The daemon's own loop is carried out against a code location in this process, with its clock set.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.test_utils import freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceLoadTarget
from dagster._scheduler.scheduler import launch_scheduled_runs

from orchestration import schedules
from orchestration.automation import (
    DATA_SET_TAG,
    ON_TIME_CHECK,
    PERIOD_TAG,
    cron_lines,
    delivery_key,
    due_last,
    schedule_name,
)
from orchestration.definitions import build_defs, dagster_home, steps_of
from orchestration.settings import CODE_ROOT, Settings
from orchestration.steps.state import STEPS
from orchestration.timetable import read_timetable
from tests.pipeline.released import qutong
from tests.pipeline.test_ledger import MONTHLY, due_district

LOGGER = logging.getLogger("test")


def at(text: str) -> datetime:
    """A moment by the district's clock."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return due_district(tmp_path / "district")


# --- which moments a schedule has ------------------------------------------------------------


def test_a_schedule_has_a_moment_for_each_due_date(settings: Settings) -> None:
    timetable = read_timetable(settings)
    entry = timetable.get("yunxi-month")
    # From January 2025 to March 2028: on the 10th, or on the 11th or 12th after a weekend. No
    # table of January, so none is due in February.
    assert cron_lines(entry, timetable, at("2025-12-31T12:00")) == [
        "10 17 10 1,3,4,5,6,7,8,9,10,11,12 *",
        "10 17 12 1,4,5,7 *",
        "10 17 11 1,5,8,10 *",
    ]


def test_which_period_fell_due_last(settings: Settings) -> None:
    def last(moment: str) -> str | None:
        found = due_last(settings, "yunxi-month", at(moment))
        return found.period if found else None

    assert [
        last(moment)
        for moment in (
            "2025-03-10T17:09",
            "2025-03-10T17:10",
            "2025-05-10T23:00",
            "2025-05-12T17:10",
            "2025-12-31T00:00",
        )
    ] == [None, "2025-01/2025-02", "2025-03", "2025-04", "2025-11"]


# --- in the graph ----------------------------------------------------------------------------


def test_each_data_set_that_awaits_something_has_a_schedule_and_a_check(settings: Settings) -> None:
    defs = build_defs(settings)
    repository = defs.get_repository_def()
    own = {schedule.name: schedule for schedule in repository.schedule_defs}
    assert set(own) == {"due_yunxi_investment", "due_yunxi_month"}
    assert own["due_yunxi_month"].execution_timezone == "Asia/Shanghai"
    assert own["due_yunxi_month"].description == (
        "重点项目月报（虚构）：每月：次月10日17:00前，遇节假日顺延；1—2月合并报送；自2025年1月起 | "
        "Key projects by month (invented): monthly: day 10 of the next month by 17:00, on the next "
        "working day after a holiday; months 1 to 2 in one; from January 2025 on"
    )
    assert {sensor.name for sensor in repository.sensor_defs} == {"inbox", "deadlines"}
    checks = {
        key for key in defs.resolve_asset_graph().asset_check_keys if key.name == ON_TIME_CHECK
    }
    assert {key.asset_key for key in checks} == {
        delivery_key("yunxi-investment"),
        delivery_key("yunxi-month"),
    }


def test_a_tick_asks_for_one_data_set_and_all_that_follows(settings: Settings) -> None:
    defs = build_defs(settings)
    repository = defs.get_repository_def()
    schedule = repository.get_schedule_def("due_yunxi_month")
    with dg.DagsterInstance.local_temp(str(settings.project)) as instance:
        context = dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=at("2025-06-10T17:10"),
            repository_def=repository,
        )
        (request,) = schedule.evaluate_tick(context).run_requests or []
    assert request.run_key == "yunxi-month 2025-05 2025-06-10 17:00"
    assert (request.tags[DATA_SET_TAG], request.tags[PERIOD_TAG]) == ("yunxi-month", "2025-05")
    assert request.asset_selection is not None
    pulled = [key for key in request.asset_selection if key.path[0] == "deliveries"]
    assert pulled == [delivery_key("yunxi-month")]
    assert steps_of(request.asset_selection) == list(STEPS)


def test_before_anything_was_due_a_tick_starts_nothing(settings: Settings) -> None:
    repository = build_defs(settings).get_repository_def()
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=at("2025-02-10T17:10"),
            repository_def=repository,
        )
        told = repository.get_schedule_def("due_yunxi_month").evaluate_tick(context)
    assert (told.run_requests, told.skip_message) == ([], "没有到期的报告期 nothing is due")


# --- on and off ------------------------------------------------------------------------------


def test_schedules_are_switched_on_and_off_and_shown(settings: Settings) -> None:
    def shown() -> dict[str, str]:
        said = qutong(settings, "schedule", "show", keep_history=True).output
        return {line.split()[3]: line[:4].strip() for line in said.splitlines() if line[0] in "✓–"}

    off = dict.fromkeys(("yunxi-investment", "yunxi-month", "inbox", "deadlines"), "– 关")
    assert shown() == off
    done = qutong(settings, "schedule", "on", "yunxi-month", "inbox", keep_history=True)
    assert done.exit_code == 0
    assert "qutong ui" in done.output
    assert shown() == off | {"yunxi-month": "✓ 开", "inbox": "✓ 开"}
    qutong(settings, "schedule", "on", keep_history=True)
    assert shown() == dict.fromkeys(off, "✓ 开")
    qutong(settings, "schedule", "off", "inbox", keep_history=True)
    assert shown() == dict.fromkeys(off, "✓ 开") | {"inbox": "– 关"}
    qutong(settings, "schedule", "off", keep_history=True)
    assert shown() == off
    wrong = qutong(settings, "schedule", "on", "yunxi-profile", keep_history=True)
    assert (wrong.exit_code, "不设期限" in wrong.output) == (2, True)


# --- the daemon, with its clock set ----------------------------------------------------------


class Here(WorkspaceLoadTarget):
    """Our definitions as a code location in this process, under the name that they have there."""

    def create_origins(self) -> list[Any]:
        target = LoadableTargetOrigin(executable_path=sys.executable, module_name=schedules.MODULE)
        return [InProcessCodeLocationOrigin(target, location_name=schedules.MODULE)]


@pytest.fixture
def daemon(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[dg.DagsterInstance, WorkspaceProcessContext]]:
    monkeypatch.setenv("QUTONG_PROJECT", str(settings.project))
    list(schedules.switch(settings, ["yunxi-month"], is_on=True, now=at("2025-02-01T08:00")))
    with (
        dg.DagsterInstance.from_config(str(dagster_home(settings))) as instance,
        WorkspaceProcessContext(instance, Here()) as context,
    ):
        yield instance, context


def tick(daemon: tuple[dg.DagsterInstance, WorkspaceProcessContext], moment: str) -> list[str]:
    """The periods of all runs that were asked for by a moment, the oldest first."""
    instance, context = daemon
    with freeze_time(at(moment)):
        for told in launch_scheduled_runs(context, LOGGER, at(moment), {}):
            assert told is None, told
    runs = instance.get_runs(ascending=True)
    return [run.tags[PERIOD_TAG] for run in runs]


def test_what_was_missed_while_the_machine_was_off_is_caught_up_once(
    daemon: tuple[dg.DagsterInstance, WorkspaceProcessContext],
) -> None:
    assert tick(daemon, "2025-03-10T17:09") == []
    first = tick(daemon, "2025-03-10T17:11")
    assert first == ["2025-01/2025-02"]
    assert tick(daemon, "2025-03-10T17:12") == first
    assert tick(daemon, "2025-04-09T09:00") == first
    # off from April on: four due dates pass, and one run is for all of them
    caught_up = tick(daemon, "2025-07-20T08:00")
    assert caught_up == [*first, "2025-06"]
    # off and on again, and again: nothing is caught up twice
    assert tick(daemon, "2025-07-20T08:01") == caught_up
    assert tick(daemon, "2025-08-10T20:00") == caught_up  # a Sunday: due on Monday
    assert tick(daemon, "2025-08-11T17:10") == [*caught_up, "2025-07"]


def test_a_kill_between_tick_and_run_starts_no_second_one(
    daemon: tuple[dg.DagsterInstance, WorkspaceProcessContext],
) -> None:
    instance, _ = daemon
    assert tick(daemon, "2025-03-10T17:11") == ["2025-01/2025-02"]
    # the daemon forgets that it was there: its tick is carried out anew
    own = schedules.origin(schedule_name("yunxi-month"))
    (last,) = instance.get_ticks(own.get_id(), own.get_selector().get_id(), limit=1)
    assert last.status.value == "SUCCESS"
    state = instance.get_instigator_state(own.get_id(), own.get_selector().get_id())
    assert state is not None
    with freeze_time(at("2025-03-10T17:20")):
        instance.purge_ticks(
            own.get_id(), own.get_selector().get_id(), at("2025-03-11T00:00").timestamp()
        )
    assert tick(daemon, "2025-03-10T17:21") == ["2025-01/2025-02"]


# --- between runs ----------------------------------------------------------------------------

KEEP = (
    "import pathlib, sys\n"
    "file = pathlib.Path(sys.argv[1])\n"
    "file.write_text(file.read_text() + '.' if file.exists() else '.')"
)


def test_the_sensor_tells_of_deadlines_once(settings: Settings, tmp_path: Path) -> None:
    got = tmp_path / "got.txt"
    command = json.dumps([sys.executable, "-c", KEEP, str(got)])
    file = settings.raw / "district.yml"
    alerts = f"alerts: [{{id: ops, kind: command, command: {command}}}]\n"
    file.write_text(file.read_text("utf-8") + alerts, encoding="utf-8")
    settings = Settings(settings.project, settings.home)
    repository = build_defs(settings).get_repository_def()
    sensor = repository.get_sensor_def("deadlines")
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, repository_def=repository)
        first = sensor.evaluate_tick(context)
        context = dg.build_sensor_context(
            instance=instance, repository_def=repository, cursor=first.cursor
        )
        second = sensor.evaluate_tick(context)
    told = {event.asset_key: event for event in first.asset_events}
    check = told[delivery_key("yunxi-month")]
    assert isinstance(check, dg.AssetCheckEvaluation)
    assert (check.check_name, check.passed) == (ON_TIME_CHECK, False)
    assert "2025年3月 逾期未报 overdue: 2025-04-10 17:00" in str(
        check.metadata["逾期 overdue"].value
    )
    assert first.run_requests == []
    assert list(second.asset_events) == []
    assert got.read_text() == "."


def test_a_backfill_names_periods_that_are_awaited(settings: Settings) -> None:
    wrong = qutong(settings, "run", "--data-set", "yunxi-month", "--period", "2025-01")
    assert (wrong.exit_code, "does not await 2025-01" in wrong.output) == (1, True)
    wrong = qutong(settings, "run", "--period", "2025-03")
    assert (wrong.exit_code, "--data-set" in wrong.output) == (2, True)


def test_who_asks_what_is_on_needs_no_dagster_definitions(settings: Settings) -> None:
    """Names and dates of schedules follow from declarations alone."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom orchestration.settings import load_settings\n"
        "from orchestration.timetable import read_timetable\n"
        "print(len(read_timetable(load_settings(Path(sys.argv[1]))).entries))\n"
        "assert not {'dagster', 'dbt'} & set(sys.modules)"
    )
    command = [sys.executable, "-c", code, str(settings.project)]
    done = subprocess.run(command, cwd=CODE_ROOT, capture_output=True, check=True, text=True)
    assert done.stdout == "3\n"
    assert "cadence: monthly" in MONTHLY
