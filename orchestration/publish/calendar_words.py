"""The calendar of collection in the quality report, concluded anew from what is on record.

Belongs here: what each line of it has to say, word for word, out of days alone; and that the ledger
stands to receipts and verdicts as it says. Does not belong here: writing it (``report``), and what
finds when a period is due: a release states that, and the rule it follows from stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from orchestration.publish.clock import Released, released
from orchestration.publish.tables import quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STATES = {
    "awaited": ("未到期", "not due yet"),
    "overdue": ("逾期未报", "overdue"),
    "received": ("已收到，待审", "received, not judged"),
    "refused": ("拒收", "refused"),
    "accepted": ("已接收", "accepted"),
    "in_query": ("查询中", "in query"),
    "pending_feedback": ("待反馈", "pending feedback from above"),
    "waived": ("免报", "waived"),
}
"""What each state of a delivery is called."""
_SETTLED = ("accepted", "waived")
_BEHIND = ("overdue", "refused")
_NOT_COVERED = (
    "节假日历未收录该年，只计周末",
    "the calendar does not cover the year: weekends alone are counted",
)


@dataclass(frozen=True)
class Wrong:
    """A line that is not what is on record."""

    zh: str
    en: str


@dataclass(frozen=True)
class _Row:
    """A row of the ledger, with the verdict on the delivery that it names."""

    key: str
    label_zh: str
    label_en: str
    title_zh: str
    title_en: str
    owner: str
    stated_on: date
    due_on: date
    due_time: str
    is_covered: bool
    state: str
    is_overdue: bool
    overdue_days: int | None
    received_on: date | None
    is_late: bool
    late_days: int | None
    delivery_count: int
    refused_count: int
    superseded_count: int
    query_count: int
    pending_since: date | None
    delivery_id: str | None
    verdict: str | None

    @property
    def due_at(self) -> datetime:
        return datetime.combine(self.due_on, time.fromisoformat(self.due_time))


def check_calendar(con: DuckDBPyConnection, catalog: str, text: str) -> Iterator[Wrong]:
    """What the calendar of a report says otherwise than the ledger, or the ledger than its days."""
    moment = released(con, catalog)
    if moment is None or "delivery_ledger" not in _tables(con, catalog):
        return
    rows = _rows(con, catalog)
    for row in rows:
        yield from _own(row, moment)
    shown = _shown(text)
    wanted = {row.key: row for row in rows if _is_shown(row, moment)}
    for key in sorted(wanted.keys() ^ shown.keys()):
        yield Wrong(f"收数日历缺少或多出 {key}", f"the calendar lacks {key}, or has it too much")
    for key in wanted.keys() & shown.keys():
        right = _squeezed(_said(wanted[key]))
        if shown[key] != right:
            yield Wrong(
                f"收数日历 {key} 写作“{shown[key][:90]}”，应为“{right[:90]}”",
                f"the calendar says of {key} {shown[key][:90]!r}, it should say {right[:90]!r}",
            )


def _tables(con: DuckDBPyConnection, catalog: str) -> set[str]:
    rows = con.execute(
        "select table_name from duckdb_tables() where database_name = ? and schema_name = 'core'",
        [catalog],
    ).fetchall()
    return {name for (name,) in rows}


def _rows(con: DuckDBPyConnection, catalog: str) -> list[_Row]:
    mart = quote(catalog)
    found = con.execute(
        "select l.data_set_id || ' ' || l.period, l.period_label_zh, l.period_label_en, "
        "l.data_set_title_zh, l.data_set_title_en, l.owner, l.stated_on, l.due_on, l.due_time, "
        "l.is_calendar_covered, l.state, l.is_overdue, l.overdue_days, l.received_on, l.is_late, "
        "l.late_days, l.delivery_count, l.refused_count, l.superseded_count, l.query_count, "
        "l.pending_since, l.delivery_id, c.verdict "
        f"from {mart}.core.delivery_ledger as l "
        f"left join {mart}.quality.conservation as c on l.delivery_id = c.delivery_id"
    ).fetchall()
    return [_Row(*row) for row in found]


def _own(row: _Row, moment: Released) -> Iterator[Wrong]:
    """A row against itself: its state and days follow from the days beside them."""
    is_past = moment.local > row.due_at
    is_accepted = row.verdict == "admitted"
    late = (row.received_on - row.due_on).days if row.received_on and row.is_late else None
    overdue = (moment.day - row.due_on).days if is_past and row.state in _BEHIND else None
    holds = {
        "accepted": is_accepted == (row.state in ("accepted", "in_query")),
        "in query": row.state != "in_query" or row.query_count > 0,
        "nothing came": (row.received_on is None) == (row.delivery_count == 0),
        "late": row.is_late or row.received_on is None or row.received_on <= row.due_on,
        "days late": row.late_days == late and (late is None or late >= 0),
        "days overdue": (row.is_overdue, row.overdue_days) == (overdue is not None, overdue),
        "not due": row.state != "awaited" or not is_past,
        "overdue": row.state != "overdue" or is_past,
        "refused": row.state != "refused" or row.refused_count > 0,
        "counts": row.refused_count + row.superseded_count + is_accepted <= row.delivery_count,
    }
    for what in (name for name, is_so in holds.items() if not is_so):
        yield Wrong(
            f"台账 {row.key} 前后不一：{what}", f"the ledger contradicts itself: {row.key}, {what}"
        )


def _is_shown(row: _Row, moment: Released) -> bool:
    return row.due_on.year == moment.day.year or row.state not in _SETTLED


def _said(row: _Row) -> str:
    """The cells of a line, one after the other."""
    zh, en = STATES[row.state]
    parts = [f"{row.due_on} {row.due_time}"]
    if row.stated_on != row.due_on:
        parts += [f"原定 {row.stated_on}", f"by the rule {row.stated_on}"]
    parts += () if row.is_covered else _NOT_COVERED
    title = (row.title_zh, row.title_en, row.key.partition(" ")[0])
    parts += [row.label_zh, row.label_en, *title, zh, en]
    if row.is_overdue:
        parts += [f"逾期 {row.overdue_days} 天", f"days overdue: {row.overdue_days}"]
    if row.query_count:
        parts += [f"查询 {row.query_count} 条", f"open queries: {row.query_count}"]
    if row.pending_since:
        parts += [f"自 {row.pending_since} 起", f"since {row.pending_since}"]
    return " ".join([*parts, *_came(row), row.owner])


def _came(row: _Row) -> list[str]:
    if row.received_on is None:
        return ["–"]
    parts = [str(row.received_on)]
    if row.is_late:
        parts += [f"迟报 {row.late_days} 天", f"days late: {row.late_days}"]
    if row.refused_count:
        parts += [f"拒收 {row.refused_count} 批", f"refused: {row.refused_count}"]
    if row.superseded_count:
        parts += [f"更新 {row.superseded_count} 批", f"superseded: {row.superseded_count}"]
    return parts


def _shown(text: str) -> dict[str, str]:
    """What the report says of each awaited period."""
    from lxml import html

    lines: list[Any] = html.fromstring(text).xpath("//tr[@data-awaited]")
    return {line.get("data-awaited"): _squeezed("".join(line.itertext())) for line in lines}


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
