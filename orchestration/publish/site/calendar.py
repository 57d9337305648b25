"""What is due when, and what was released when: for the page, for calendars, for feed readers.

Days are days where the district is: they are written as days, which no calendar moves.

Belongs here: iCalendar (RFC 5545) and Atom (RFC 4287) as text. Does not belong here: finding when a
period is due, and the pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from orchestration.publish.clock import zone_words
from orchestration.publish.site.markup import plain
from orchestration.publish.site.model import Row

ICS, FEED = "calendar.ics", "feed.atom"
RELEASES_KEPT = 60
"""So many releases a feed tells of, the latest first."""

_ATOM = "http://www.w3.org/2005/Atom"
_FOLDED = 73
"""Octets of a line before it is folded: 75 with the blank and the line end."""


@dataclass(frozen=True)
class Issue:
    """A release as the feed tells of it."""

    release_id: str
    updated: str
    summary: str

    @property
    def day(self) -> str:
        """The day of the release where the district was: the summary's first words."""
        return self.summary[:10]

    @property
    def zh(self) -> str:
        """The summary in Chinese."""
        return self.summary.partition(" | ")[0]

    @property
    def en(self) -> str:
        """The summary in English."""
        told = self.summary.partition(" | ")[2]
        return f"{self.day} · {told}" if told else self.summary


def issue(release: Row, changes_zh: str, changes_en: str) -> Issue:
    """This release."""
    moment: datetime = release["release_time"]
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    told = f"{release['release_day'].isoformat()} · {changes_zh} | {changes_en}"
    return Issue(str(release["release_id"]), f"{aware:%Y-%m-%dT%H:%M:%SZ}", told)


def earlier(previous: Path | None) -> list[Issue]:
    """The releases that the feed of the release before tells of, itself among them.

    A feed that is missing or damaged is no reason not to publish: nothing is told of what nobody
    knows.
    """
    file = previous / "site" / FEED if previous else None
    if file is None or not file.is_file():
        return []
    try:
        tree = ElementTree.fromstring(file.read_text(encoding="utf-8"))  # noqa: S314 - our own file
    except (OSError, ValueError, ElementTree.ParseError):
        return []
    return list(issues(tree))


def issues(tree: ElementTree.Element) -> Iterator[Issue]:
    """The releases of a feed, in its order."""
    for entry in tree.iter(f"{{{_ATOM}}}entry"):
        told = [entry.findtext(f"{{{_ATOM}}}{name}") or "" for name in ("id", "updated", "content")]
        yield Issue(told[0].rpartition(":")[2], told[1], told[2])


def feed(release: Row, told: Sequence[Issue]) -> str:
    """The releases as an Atom feed, this one first."""
    code = _name(str(release["district_code"]))
    title = escape(plain(f"{release['district_name_zh']}统计发布 | {release['district_name_en']}"))
    entries = "".join(
        f"<entry><title>版本 {escape(one.release_id)} | Release {escape(one.release_id)}</title>"
        f"<id>urn:qutong:{code}:{escape(one.release_id)}</id><updated>{one.updated}</updated>"
        f'<content type="text">{escape(plain(one.summary))}</content></entry>\n'
        for one in told[:RELEASES_KEPT]
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="{_ATOM}" xml:lang="zh-CN">\n'
        f"<title>{title}</title><id>urn:qutong:{code}</id><updated>{told[0].updated}</updated>"
        f"<author><name>{escape(plain(str(release['district_name_zh'])))}</name></author>\n"
        f'<link rel="alternate" type="text/html" href="index.html"/>\n{entries}</feed>\n'
    )


# --- iCalendar -----------------------------------------------------------------------------------


def calendar(release: Row, due: Sequence[Row], told: Sequence[Issue]) -> str:
    """What is due, and what was released, as days of a calendar."""
    stamp = told[0].updated.replace("-", "").replace(":", "")
    code = _name(str(release["district_code"]))
    zone = release["time_zone"]
    clock = zone_words(zone)[0]
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Qutong//Statistical calendar//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(release['district_name_zh'])}统计日历",
        f"X-WR-TIMEZONE:{_text(zone)}",
    ]
    for row in due:
        titles = [
            f"{row[f'data_set_title_{lang}']} {row[f'period_label_{lang}']}" for lang in _BOTH
        ]
        lines += _event(
            f"due-{_name(row['data_set_id'])}-{_name(row['period'])}@{code}",
            stamp,
            row["due_on"],
            f"应报 {titles[0]} | Due: {titles[1]}",
            f"{row['due_time']} {clock} · {row['owner']}",
        )
    for one in told[:RELEASES_KEPT]:
        lines += _event(
            f"release-{_name(one.release_id)}@{code}",
            stamp,
            date.fromisoformat(one.day),
            f"发布 {one.release_id} | Released: {one.release_id}",
            one.summary,
        )
    return "".join(_folded(line) for line in [*lines, "END:VCALENDAR"])


_BOTH = ("zh", "en")


def _event(uid: str, stamp: str, day: date, summary: str, description: str) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_text(summary)}",
        f"DESCRIPTION:{_text(description)}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _name(text: str) -> str:
    """A text as a part of an id."""
    return re.sub(r"[^A-Za-z0-9.-]", lambda found: f"_{ord(found[0]):x}", text)


def _text(text: str) -> str:
    """A value as iCalendar writes texts."""
    shown = plain(str(text)).replace("\\", "\\\\").replace(";", r"\;").replace(",", r"\,")
    return re.sub(r"\r\n|\r|\n", r"\\n", shown)


def _folded(line: str) -> str:
    """A line of at most 75 octets, what is longer goes on behind a blank; no character is cut."""
    pieces, size = [""], 0
    for char in line:
        octets = len(char.encode("utf-8"))
        if size + octets > _FOLDED:
            pieces.append("")
            size = 0
        pieces[-1] += char
        size += octets
    return "\r\n ".join(pieces) + "\r\n"
