"""Reads the calendar, the feed and the register of corrections again, and concludes them anew.

No code that writes them has a part in it: what is due comes from the ledger, what was replaced from
the history of versions by a query of its own, and each line is put into words again.

Belongs here: those four files. Does not belong here: figures on pages (``words``), which are read
there on these pages too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from orchestration.publish.calendar_words import STATES
from orchestration.publish.tables import Table, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LISTED = 1000
_HISTORY = ("headline_during", "headline_rank", "delivery_id", "correction_id")


@dataclass(frozen=True)
class Wrong:
    """A line that is not what is on record."""

    zh: str
    en: str


def _differs(place: str, found: object, right: object) -> Wrong:
    return Wrong(f"{place}：写作 {found}，应为 {right}", f"{place}: it says {found}, not {right}")


def _tree(text: str) -> Any:
    from lxml import html

    return html.fromstring(text)


def _words(node: Any) -> str:
    return re.sub(r"\s+", " ", node.text_content()).strip()


def _both(node: Any) -> tuple[str, str]:
    """What a node says in Chinese and in English; what has one language is the same in both."""
    told = [
        "".join(
            part.text_content() if part.tag == "span" else ""
            for part in node.xpath(f".//span[@lang='{lang}']")
        ).strip()
        for lang in ("zh", "en")
    ]
    own = _words(node)
    return told[0] or own, told[1] or own


# --- the calendar --------------------------------------------------------------------------------


def _ledger(
    con: DuckDBPyConnection, catalog: str, tables: Sequence[Table]
) -> dict[str, tuple[Any, ...]]:
    """What is awaited, by data set and period."""
    if not any(table.qualified == "core.delivery_ledger" for table in tables):
        return {}
    rows = con.execute(
        f"""
        select
            data_set_id || '|' || period, data_set_title_zh, data_set_title_en, period_label_zh,
            period_label_en, due_on, due_time, received_on, state
        from {quote(catalog)}.core.delivery_ledger
        order by due_on desc, data_set_id, period
        """
    ).fetchall()
    return {row[0]: row[1:] for row in rows}


def check_calendar(
    con: DuckDBPyConnection, catalog: str, tables: Sequence[Table], text: str
) -> Iterator[Wrong]:
    """Each line of the page is a line of the ledger, in its words; none is left out."""
    known = _ledger(con, catalog, tables)
    tree = _tree(text)
    told = {row.get("data-due"): row for row in tree.xpath("//tr[@data-due]")}
    if list(told) != list(known)[:_LISTED]:
        yield _differs("应报", len(told), len(known))
    for key in told.keys() & known.keys():
        title_zh, title_en, label_zh, label_en, due_on, due_time, received, state = known[key]
        right = {
            "what": (title_zh, title_en or title_zh),
            "when-period": (label_zh, label_en),
            "when-due": (f"{due_on} {due_time}",) * 2,
            "when-came": (str(received or "–"),) * 2,
            "state": STATES[state],
        }
        for css, expected in right.items():
            (cell,) = told[key].xpath(f"./*[contains(concat(' ', @class, ' '), ' {css} ')]")
            if _both(cell) != expected:
                yield _differs(key, " / ".join(_both(cell)), " / ".join(expected))


def check_ics(
    con: DuckDBPyConnection, catalog: str, tables: Sequence[Table], text: str
) -> Iterator[Wrong]:
    """Its days are those of the ledger and of this release, and a calendar can read it."""
    lines = text.split("\r\n")
    long = [line for line in lines if len(line.encode("utf-8")) > 75]
    if long or "\n" in text.replace("\r\n", ""):
        yield Wrong("行的写法不合 RFC 5545", "lines are not written as RFC 5545 has them")
    unfolded = text.replace("\r\n ", "").split("\r\n")
    found = sorted(_events(unfolded))
    expected = [
        (
            f"应报 {row[0]} {row[2]} | Due: {row[1]} {row[3]}",
            f"{row[4]:%Y%m%d}",
            f"{row[4] + timedelta(days=1):%Y%m%d}",
        )
        for row in _ledger(con, catalog, tables).values()
    ]
    due = [event for event in found if event[0].startswith("应报 ")]
    for event in sorted(set(due) ^ set(expected)):
        yield _differs("应报", event, "core.delivery_ledger")
    release, day, _ = _release(con, catalog)
    own = [event for event in found if event[0] == f"发布 {release} | Released: {release}"]
    right = [(own[0][0] if own else "", f"{day:%Y%m%d}", f"{day + timedelta(days=1):%Y%m%d}")]
    if own != right:
        yield _differs("发布", own, right)


def _events(lines: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Summary, first day and the day after the last of each event."""
    own: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            own = {}
        elif line == "END:VEVENT":
            shown = re.sub(r"\\([\\;,])", r"\1", own.get("SUMMARY", ""))
            yield shown, own.get("DTSTART;VALUE=DATE", ""), own.get("DTEND;VALUE=DATE", "")
        else:
            own[name] = value


def check_feed(
    con: DuckDBPyConnection, catalog: str, tables: Sequence[Table], text: str
) -> Iterator[Wrong]:
    """It is Atom, its first entry is this release at its time, and no two entries have one id."""
    atom = "{http://www.w3.org/2005/Atom}"
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - a file of the release at hand
    except ElementTree.ParseError as error:
        yield Wrong(f"不是 XML：{error}", f"it is no XML: {error}")
        return
    entries = [
        [entry.findtext(f"{atom}{name}") for name in ("id", "updated", "content")]
        for entry in root.iter(f"{atom}entry")
    ]
    release, day, moment = _release(con, catalog)
    first = entries[0] if entries else [None] * 3
    right = [release, f"{moment:%Y-%m-%dT%H:%M:%SZ}", day.isoformat()]
    found = [str(first[0]).rpartition(":")[2], first[1], str(first[2])[:10]]
    if root.tag != f"{atom}feed" or found != right or root.findtext(f"{atom}updated") != right[1]:
        yield _differs("feed", found, right)
    ids = [entry[0] for entry in entries]
    times = [str(entry[1]) for entry in entries]
    if len(ids) != len(set(ids)) or times != sorted(times, reverse=True):
        yield Wrong("条目重复或次序不对", "entries are there twice or out of order")


def _release(con: DuckDBPyConnection, catalog: str) -> tuple[str, date, Any]:
    row = con.execute(
        f"select release_id, release_day, release_time from {quote(catalog)}.meta.release"
    ).fetchone()
    assert row is not None
    moment = row[2].astimezone(UTC) if row[2].tzinfo else row[2]
    return str(row[0]), row[1], moment


# --- the register --------------------------------------------------------------------------------

# Another way to the same: of each figure the versions that were public, one after the other.
_REPLACED = """
with versions as (
    select
        observation_id, known_from, known_to, value, unit, qualifier, correction_id, delivery_id,
        headline_during, is_headline, headline_rank,
        concat_ws(
            '|', indicator_code, region_code, period, period_kind, basis, measure, scope,
            price_basis, breakdown, figure_kind, subject, locality
        ) as figure
    from {c}.core.observation
),

ended as (
    select * from versions
    where known_to is not null and known_to <> known_from
        and coalesce(headline_during, '') <> 'never'
),

following as (
    select
        ended.observation_id as old_id,
        arg_min(
            {{'id': v.observation_id, 'reread': v.delivery_id = ended.delivery_id,
              'correction': v.correction_id, 'value': v.value, 'unit': v.unit,
              'qualifier': v.qualifier}},
            (case when v.is_headline then 0 else 1 end, v.headline_rank, v.observation_id)
        ) filter (
            where v.value is distinct from ended.value or v.unit is distinct from ended.unit
                or v.qualifier is distinct from ended.qualifier
        ) as new,
        any_value(ended.known_to) as day
    from ended
    inner join versions as v on v.figure = ended.figure and v.known_from = ended.known_to
    group by ended.observation_id
)

select old_id, new.id, day, new.correction is not null or new.reread from following
where new is not null
"""
_PUBLISHED = """
select
    count(*) filter (where known_from <= date '{day}')
    - count(*) filter (where known_to <= date '{day}')
from {c}.core.observation where coalesce(headline_during, '') <> 'never'
"""


def check_corrections(
    con: DuckDBPyConnection, catalog: str, tables: Sequence[Table], text: str
) -> Iterator[Wrong]:
    """Each replaced figure is there with its day and kind, none else; and the rates follow."""
    tree = _tree(text)
    observation = next((t for t in tables if t.qualified == "core.observation"), None)
    if observation is None or not all(observation.has(name) for name in _HISTORY):
        return
    rows = con.execute(_REPLACED.format(c=quote(catalog))).fetchall()
    known = {f"{old} {new}": (day, is_correction) for old, new, day, is_correction in rows}
    told = {row.get("data-replaced"): row for row in tree.xpath("//tr[@data-replaced]")}
    if not told.keys() <= known.keys() or len(told) != min(len(known), _LISTED):
        lost = sorted(set(told) ^ set(known))[:3]
        yield _differs("更正与修订", len(told), f"{len(known)} ({', '.join(lost)})")
    for key in told.keys() & known.keys():
        day, is_correction = known[key]
        (shown,) = told[key].xpath(".//span[@class='day']")
        (how,) = told[key].xpath(".//span[@class='how']")
        right = ("更正", "corrected") if is_correction else ("修订", "revised")
        if _words(shown) != day.isoformat() or _both(how) != right:
            yield _differs(key, f"{_words(shown)} {_both(how)[1]}", f"{day} {right[1]}")
    if bool(tree.xpath("//*[@data-none='replaced']")) != (not known):
        yield _differs("更正与修订", "–", len(known))
    yield from _rates(con, catalog, known.values(), tree)


def _rates(con: DuckDBPyConnection, catalog: str, known: Any, tree: Any) -> Iterator[Wrong]:
    """The line of each year, with its share put together again."""
    release_day = _release(con, catalog)[1]
    told = {int(row.get("data-year")): row for row in tree.xpath("//tr[@data-year]")}
    years = {day.year for day, _ in known} | {release_day.year}
    if list(told) != sorted(years, reverse=True):
        yield _differs("年 / years", list(told), sorted(years, reverse=True))
    for year in told.keys() & years:
        until = min(date(year, 12, 31), release_day)
        counted = con.execute(_PUBLISHED.format(c=quote(catalog), day=until)).fetchone()
        published = int((counted or (0,))[0])
        own = [is_correction for day, is_correction in known if day.year == year]
        corrected = sum(own)
        rate = Decimal(1000 * corrected) / published if published else None
        shown = "–" if rate is None else str(rate.quantize(Decimal("0.01"), ROUND_HALF_UP))
        right = [f"{n:,}" for n in (corrected, len(own) - corrected, published)] + [shown]
        found = [_words(cell) for cell in told[year].xpath("./td")]
        if found != right or until.isoformat() not in _words(told[year].xpath("./th")[0]):
            yield _differs(str(year), found, right)
