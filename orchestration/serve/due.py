"""What is due, for a person: the ledger as a table, and reminders that are ready to send.

Belongs here: wording of lines that are given. Does not belong here: which lines there are
(``steps.ledger``) and sending anything (``steps.alerts``).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Protocol

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
"""As the code list ``delivery_state`` calls them; a test compares."""


class Asking(Protocol):
    """What came of asking its source last."""

    @property
    def on(self) -> date: ...
    @property
    def outcome(self) -> str: ...
    @property
    def reason_zh(self) -> str: ...
    @property
    def reason_en(self) -> str: ...


@dataclass(frozen=True)
class Line:
    """One period that is awaited of a data set: a row of ``core.delivery_ledger``."""

    data_set_id: str
    data_set_title_zh: str
    data_set_title_en: str
    theme: str
    owner: str
    period: str
    period_label_zh: str
    period_label_en: str
    period_end: date
    stated_on: date
    due_on: date
    due_time: str
    is_calendar_covered: bool
    note_zh: str | None
    note_en: str | None
    state: str
    is_overdue: bool
    overdue_days: int | None
    received_on: date | None
    accepted_on: date | None
    is_late: bool
    late_days: int | None
    delivery_count: int
    refused_count: int
    superseded_count: int
    delivery_id: str | None
    refused_by: str | None
    refusal_zh: str | None
    refusal_en: str | None
    query_count: int
    pending_since: date | None
    asked: Asking | None = None

    @property
    def key(self) -> str:
        """Names it among all: data set and period."""
        return f"{self.data_set_id} {self.period}"

    @property
    def wants(self) -> str:
        """What its owner has to do, in Chinese; empty where nothing is to be done now."""
        if self.state == "overdue":
            return "尚未报送"
        if self.state == "refused" and self.is_overdue:
            return f"已拒收，尚未重报（{self.refusal_zh or self.refused_by or ''}）"
        return ""


def render_table(lines: Sequence[Line], nothing_awaited: Sequence[tuple[str, str]]) -> str:
    """The ledger as a table; what is overdue is marked, and what awaits nothing is named.

    Args:
        lines: As ``steps.ledger.lines`` gives them.
        nothing_awaited: Data sets of which nothing is awaited, each with why.
    """
    out = [_row("", "应报 due", "报告期 period", "状态 state", "数据集 data set")]
    out += [_told(line) for line in lines]
    if not lines:
        out = ["没有应报的报告期 nothing is awaited"]
    counts = Counter(line.state for line in lines)
    told = "，".join(
        f"{STATES[name][0]} {STATES[name][1]} {counts[name]}" for name in STATES if counts[name]
    )
    if told:
        out.append(told)
    late = sum(line.is_late for line in lines)
    if late:
        out.append(f"其中迟报 of these late: {late}")
    if any(not line.is_calendar_covered for line in lines):
        out.append(
            "* 节假日历未收录该年，只计周末 the calendar does not cover the year: "
            "weekends alone are counted (raw/calendars)"
        )
    by_reason: dict[str, list[str]] = {}
    for name, why in nothing_awaited:
        by_reason.setdefault(why, []).append(name)
    out += [f"{why}: {', '.join(sorted(names))}" for why, names in sorted(by_reason.items())]
    return "\n".join(out) + "\n"


def _told(line: Line) -> str:
    zh, en = STATES[line.state]
    sign = "✗" if line.is_overdue else "?" if line.state in ("in_query", "received") else " "
    due = f"{line.due_on} {line.due_time}{'' if line.is_calendar_covered else ' *'}"
    name = f"{line.data_set_title_zh} {line.data_set_id}"
    detail = "; ".join(_details(line))
    row = _row(sign, due, line.period_label_zh, f"{zh} {en}", name)
    return f"{row}\n      {detail}" if detail else row


def _details(line: Line) -> list[str]:
    told = []
    if line.due_on != line.stated_on:
        told.append(f"原定 by the rule {line.stated_on}")
    if line.received_on:
        told.append(f"收到 received {line.received_on}")
    if line.is_late:
        told.append(f"迟报 late by {line.late_days} 天 days")
    if line.is_overdue:
        told.append(f"逾期 overdue {line.overdue_days} 天 days")
    if line.state == "refused" or line.refused_count:
        told.append(
            f"拒收 refused {line.refused_count}: {line.refusal_zh or ''} [{line.refused_by}]"
        )
    if line.superseded_count:
        told.append(f"更新 superseded {line.superseded_count}")
    if line.pending_since:
        told.append(f"待反馈自 pending since {line.pending_since}")
    if line.asked and line.asked.outcome == "failed":
        told.append(
            f"{line.asked.on} 拉取失败 asking failed: {line.asked.reason_zh} {line.asked.reason_en}"
        )
    if line.is_overdue:
        told.append(f"找 ask {line.owner}")
    return told


def _row(*cells: str) -> str:
    widths = (1, 18, 18, 28, 0)
    return " ".join(
        _padded(cell, width) for cell, width in zip(cells, widths, strict=True)
    ).rstrip()


def _padded(text: str, width: int) -> str:
    taken = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
    return text + " " * max(width - taken, 0)


def render_json(lines: Iterable[Line], as_of: datetime) -> str:
    """The same for programs."""
    rows = [asdict(line) for line in lines]
    told = {"as_of": as_of.isoformat(timespec="seconds"), "periods": rows}
    return json.dumps(told, ensure_ascii=False, indent=1, default=date.isoformat) + "\n"


# --- reminders -------------------------------------------------------------------------------


def reminders(lines: Iterable[Line], bureau: str, day: date) -> dict[str, str]:
    """A text for every owner who is behind (催报), ready to send.

    Args:
        lines: The ledger.
        bureau: Who reminds.
        day: Of the reminder.
    """
    behind: dict[str, list[Line]] = {}
    for line in lines:
        if line.wants:
            behind.setdefault(line.owner, []).append(line)
    return {owner: _reminder(owner, own, bureau, day) for owner, own in sorted(behind.items())}


def _reminder(owner: str, lines: Sequence[Line], bureau: str, day: date) -> str:
    name = owner.partition("/")[0].strip()
    out = [f"{name}：", f"截至{_day(day)}，下列报表已过报送期限："]
    out += [
        f"{number}. {line.data_set_title_zh}（{line.period_label_zh}）："
        f"应于{_day(line.due_on)}{line.due_time}前报送，{line.wants}，已逾期{line.overdue_days}天。"
        for number, line in enumerate(lines, 1)
    ]
    out.append("请尽快报送；如已报送或另有情况，请告知我们。")
    return "\n".join([*out, bureau, _day(day)]) + "\n"


def file_name(owner: str) -> str:
    """An owner as part of a file's name: its Chinese part, without signs."""
    return re.sub(r"\W+", "_", owner.partition("/")[0].strip()) or "owner"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
