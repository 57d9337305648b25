"""When runs start by themselves: a monthly schedule and a sensor on the inbox.

Belongs here: triggers. Does not belong here: what a run does.
"""

from __future__ import annotations

import hashlib
from typing import Any

import dagster as dg

from orchestration.collect.connectors import is_delivery
from orchestration.settings import Settings

JOB_NAME = "qutong"
MONTHLY = "0 6 16 * *"
"""Monthly tables are due by the 15th; the run is on the 16th at six."""


def build_schedule(job: Any, settings: Settings) -> dg.ScheduleDefinition:
    """The monthly run, in the district's time zone."""
    return dg.ScheduleDefinition(
        name="monthly",
        job=job,
        cron_schedule=MONTHLY,
        execution_timezone=settings.district.time_zone,
        description="每月例行发布 | The monthly release",
    )


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


def build_sensor(job: Any, settings: Settings) -> dg.SensorDefinition:
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
