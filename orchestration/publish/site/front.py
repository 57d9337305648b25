"""What the front page shows: headlines, series, sisters, what is new, papers, whom to ask.

Belongs here: choosing it. Does not belong here: HTML (``templates/index.html.j2``), drawings
(``multiples``, ``beside``), and sentences (``prose``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from orchestration.publish.layout import MONTHLY_FILE, YEARBOOK_FILE, brief_path
from orchestration.publish.site import model
from orchestration.publish.site.beside import Beside
from orchestration.publish.site.model import Reader, Row, Site

HEADLINES = 8
SENTENCES, SENTENCES_OF_THEME = 3, 5
NEWEST = 6
DISTRICT_BRIEF = brief_path("district")
BESIDE = 2
"""Indicators of a theme that are shown for all regions of the city."""
OLD_DAYS = 700
"""A yearly figure is old when the next one is due too: then its page says up to when data go."""


def headlines(site: Site, names: Mapping[str, Row]) -> list[Row]:
    """The figures of the scorecard; without one whatever the district has, alone."""
    shown = [row for row in site.scorecard if row["value"] is not None]
    if not shown:
        empty = dict.fromkeys(model.scorecard_columns())
        for code, row in site.alone.items():
            if code in names:
                named = {
                    "indicator_name_zh": names[code]["name_zh"],
                    "indicator_name_en": names[code]["name_en"],
                }
                shown.append({**empty, **row, **named})
    return shown[:HEADLINES]


def newest(site: Site, periods: Mapping[str, Row], names: Mapping[str, Row]) -> list[Row]:
    """The district's figures of the newest periods, for a release without one before it."""
    rows = [
        row
        for row in site.latest.values()
        if row["value"] is not None
        and not model.is_apart(row)
        and row["period"] in periods
        and names[row["indicator_code"]]["theme"] not in model.OWN_THEMES
        and names[row["indicator_code"]]["measure"] != "rank"
    ]
    rows.sort(key=lambda row: row["indicator_code"])
    rows.sort(key=lambda row: periods[row["period"]]["period_end"] or date.min, reverse=True)
    return rows[:NEWEST]


def two_beside(all_: Sequence[Beside]) -> list[Beside]:
    """The first headline indicator, and of the others the one with the newest figures."""
    others = sorted(all_[1:], key=lambda one: one.head["until"], reverse=True)
    return [*all_[:1], *others[:1]]


def is_old(period_end: date | None, released: date | None) -> bool:
    """Whether a figure is so old that the page has to say it."""
    if period_end is None or released is None:
        return False
    return (released - period_end).days > OLD_DAYS


def next_due(reader: Reader, released: date | None) -> list[Row]:
    """What the calendar awaits next, all of one day; nothing where it knows none."""
    table = reader.tables.get("core.delivery_ledger")
    if table is None or released is None:
        return []
    rows = reader.rows(
        "select data_set_id, data_set_title_zh, data_set_title_en, period, period_label_zh, "
        f"period_label_en, due_on from {table.in_catalog(reader.catalog)} "
        f"where due_on > date '{released.isoformat()}' and received_on is null "
        "order by due_on, data_set_id, period"
    )
    return [row for row in rows if row["due_on"] == rows[0]["due_on"]]


def papers(files: Iterable[str]) -> list[tuple[str, tuple[str, str]]]:
    """Papers that the release has, each with what it is called: those of all themes first."""
    there = set(files)
    known: Sequence[tuple[str, tuple[str, str]]] = (
        (DISTRICT_BRIEF, ("统计快报", "Brief")),
        (MONTHLY_FILE, ("统计月报", "Monthly report")),
        (YEARBOOK_FILE, ("统计年鉴", "Statistical yearbook")),
    )
    return [(path, words) for path, words in known if path in there]
