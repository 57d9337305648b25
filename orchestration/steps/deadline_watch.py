"""Watching deadlines between runs: the channels are told what is newly overdue, and what is over.

Belongs here: bringing ledger, district and channels together, for the command and for the sensor of
Dagster. Does not belong here: either of them.
"""

from __future__ import annotations

from datetime import date, datetime

from orchestration.locking import file_lock
from orchestration.serve.due import Line
from orchestration.settings import Settings
from orchestration.steps import alerts, ledger
from orchestration.steps.alerts import Sent
from orchestration.timetable import read_timetable


def lines(settings: Settings, now: datetime) -> list[Line]:
    """Every awaited period up to the end of the year, as of now.

    Raises:
        DeclarationError: district or calendar are wrong.
    """
    timetable = read_timetable(settings)
    until = date(now.astimezone(timetable.zone).year, 12, 31)
    return ledger.lines(settings, timetable, ledger.Asked(now, until))


def alert(settings: Settings, now: datetime) -> list[Sent]:
    """Tell every channel of the district what is news for it.

    Two that do so at once take turns: what one told is known to the other.

    Raises:
        DeclarationError: district or calendar are wrong.
    """
    channels = settings.district.alerts
    if not channels:
        return []
    settings.make_private()
    with file_lock(settings.work / "alerts.lock"):
        return alerts.tell(
            channels,
            lines(settings, now),
            settings.archive,
            now=now,
            bureau=settings.district.name.zh,
        )
