"""When a release was made, as its own district counts: concluded anew from the moment alone.

Belongs here: what checks compare the days and times with that a release states, and what readers
call a time zone. Does not belong here: stating them (``process/declared`` writes them into
``landing.release``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from orchestration.publish.tables import quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


_ZONES = {
    **dict.fromkeys(
        ("Asia/Shanghai", "Asia/Chongqing", "Asia/Chungking", "Asia/Harbin", "PRC"),
        ("北京时间", "Beijing time"),
    ),
    **dict.fromkeys(("UTC", "Etc/UTC"), ("协调世界时", "UTC")),
}


def zone_words(zone: str) -> tuple[str, str]:
    """What readers call a time zone: 北京时间; any other by its name in the tz database."""
    return _ZONES.get(zone) or ((f"{zone} 时间", f"{zone} time") if zone else ("", ""))


@dataclass(frozen=True)
class Released:
    """The moment of a release.

    Attributes:
        local: Where the district is, without a zone.
        zone: The district's, by its name in the tz database; empty for a release of a time when
            releases stated none: ``local`` is UTC then.
    """

    release_id: str
    local: datetime
    zone: str

    @property
    def day(self) -> date:
        """The day that papers bear."""
        return self.local.date()


def released(con: DuckDBPyConnection, catalog: str) -> Released | None:
    """The moment of the release attached as ``catalog``; None where it states none.

    Raises:
        ZoneInfoNotFoundError: it states a zone that there is none.
    """
    cursor = con.execute(f"from {quote(catalog)}.meta.release")
    names = [column[0] for column in cursor.description or ()]
    row = cursor.fetchone()
    if row is None:
        return None
    told = dict(zip(names, row, strict=True))
    zone = told.get("time_zone") or ""
    local = told["release_time"].replace(tzinfo=UTC).astimezone(ZoneInfo(zone or "UTC"))
    return Released(told["release_id"], local.replace(tzinfo=None), zone)
