"""The ledger of collection: which period each delivery is of, and every awaited period as of now.

``core.delivery_ledger`` says what is on record in a release, and ``qutong due`` what is on record
now. Both are one text of SQL: the model's, asked here of tables that hold what declarations,
calendar, archive and logs say at this moment, and what the last run judged.

Belongs here: these tables, and recording what a person says of an awaited period. Does not belong
here: when a period is due (``deadlines``), and how it is told (``serve.due``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import deadlines
from orchestration.collect import decisions, feedback
from orchestration.collect.archive import Archive, Delivery, current_user, printable
from orchestration.collect.connectors import attempts
from orchestration.collect.feedback import Kind, Mark
from orchestration.errors import QutongError
from orchestration.serve.due import Line
from orchestration.settings import Settings
from orchestration.text import fold
from orchestration.timetable import Timetable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from orchestration.steps.workplace import Workplace

Rows = list[dict[str, Any]]
FILE = "ledger.json"
MODEL = Path("models", "marts", "core", "delivery_ledger.sql")
_SOURCE = re.compile(r"\{\{ source\('landing', '(\w+)'\) \}\}")


# --- within a run: which period a delivery is of ---------------------------------------------


def tell_periods(work: Workplace, connection: DuckDBPyConnection) -> None:
    """Write ``landing.delivery_period``, and keep what was judged for who asks between runs.

    A delivery is of the awaited periods with whose last day a figure of it ends: of a printed
    table the report's own alone, for last year's stands beside it for comparison; of records each.
    What lies ahead is no report. One that could not be read is of the period that its name says,
    else of the last one that was over when it came.
    """
    from orchestration.process import landing

    records = [d.id for d in work.declarations if d.data_set.layout.kind == "records"]
    connection.execute("delete from landing.delivery_period")
    connection.execute(_BY_FIGURES, {"records": records})
    landing.insert_rows(
        connection,
        "delivery_period",
        [
            {"delivery_id": name, "data_set_id": data_set, "period": period}
            for name, data_set, file, day in connection.execute(_UNREAD).fetchall()
            if (period := _by_name(work, data_set, file, day))
        ],
    )
    _keep(work.settings, connection)


_BY_FIGURES = """
insert into landing.delivery_period
with ended as (
    select distinct
        c.data_set_id, c.delivery_id, c.source_document, c.period_end,
        list_contains($records, c.data_set_id) as is_records
    from landing.candidate as c
    inner join landing.delivery as d on c.delivery_id = d.delivery_id
    where c.figure_kind = 'outturn' and c.read_to is null and c.period_end <= d.delivered_on
)

select distinct e.delivery_id, e.data_set_id, a.period
from (
    select * from ended
    qualify is_records or period_end = max(period_end) over (
        partition by delivery_id, source_document
    )
) as e
inner join landing.awaited as a
    on e.data_set_id = a.data_set_id and e.period_end = a.period_end
"""

_UNREAD = """
select delivery_id, data_set_id, file_name, delivered_on
from landing.delivery
where
    data_set_id in (select data_set_id from landing.awaited)
    and delivery_id not in (select delivery_id from landing.candidate)
order by data_set_id, delivery_seq
"""


def _by_name(work: Workplace, data_set_id: str, file_name: str, day: date) -> str | None:
    rule = deadlines.Rule.of(work.declarations.get(data_set_id).data_set.delivery)
    if rule is None:
        return None
    until = date(day.year + 1, 12, 31)
    return period_of_name(
        file_name, day, deadlines.awaited(rule, work.declarations.calendar, until)
    )


def period_of_name(
    file_name: str, delivered_on: date, periods: Sequence[deadlines.Awaited]
) -> str | None:
    """The awaited period that a file's name says; else the last one over when it came."""
    for end in _ends_said(file_name):
        found = deadlines.period_ending(periods, end)
        if found is not None:
            return found.period
    last = deadlines.period_over(periods, delivered_on)
    return last.period if last else None


_MONTH = re.compile(r"(?<!\d)(20\d{2})[-._]?(0[1-9]|1[0-2])(?!\d)")
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)")


def _ends_said(file_name: str) -> list[date]:
    """Last days of the periods that a name says, as it is written out or as 2026-10, 202610."""
    from orchestration.collect.periods import parse_period
    from orchestration.spec import PERIOD_WRITTEN

    name = fold(Path(file_name).stem)
    ends = []
    for match in re.finditer(PERIOD_WRITTEN, name):
        try:
            ends.append(parse_period(match["period"]).end)
        except ValueError:
            continue
    ends += [deadlines.month_end(int(year), int(month)) for year, month in _MONTH.findall(name)]
    return [*ends, *(date(int(year), 12, 31) for year in _YEAR.findall(name))]


def _keep(settings: Settings, connection: DuckDBPyConnection) -> None:
    """What the gate judged, for ``qutong due``."""
    judged: dict[str, dict[str, Any]] = {}
    for row in connection.execute(
        "select d.delivery_id, verdict, refused_by, reason_zh, "
        "reason_en, list(p.period order by p.period) filter (p.period is not null) "
        "from landing.delivery as d left join landing.delivery_period as p using (delivery_id) "
        "group by all order by d.delivery_id"
    ).fetchall():
        names = ("verdict", "refused_by", "reason_zh", "reason_en", "periods")
        judged[row[0]] = dict(zip(names, (*row[1:5], row[5] or []), strict=True))
    file = settings.work / FILE
    aside = file.with_name(f"{FILE}.part")
    aside.write_text(json.dumps(judged, ensure_ascii=False), encoding="utf-8")
    aside.replace(file)


# --- between runs: everything as of now ------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What is asked of the ledger.

    Attributes:
        now: The moment, with a zone.
        until: The last day whose due dates are of interest.
        only: These data sets; all where empty.
    """

    now: datetime
    until: date
    only: frozenset[str] = frozenset()


_WAITING = ("awaited", "overdue", "refused")
"""States in which it matters what came of asking the source."""


def lines(settings: Settings, timetable: Timetable, asked: Asked) -> list[Line]:
    """Every awaited period due up to a day, as of now.

    Raises:
        DeclarationError: the calendar is missing or wrong.
    """
    last = attempts.last_of_each(settings.archive, timetable.zone)
    return [
        Line(**row, asked=last.get(row["data_set_id"]) if row["state"] in _WAITING else None)
        for row in _ask(settings, _tables(settings, timetable, asked))
    ]


def calendar(
    settings: Settings,
    timetable: Timetable,
    now: datetime,
    year: int | None = None,
    only: frozenset[str] = frozenset(),
) -> list[Line]:
    """What is due in a year; without one in this year, with what of before is not settled.

    Raises:
        DeclarationError: the calendar is missing or wrong.
    """
    this_year = now.astimezone(timetable.zone).year
    until = date(year or this_year, 12, 31)
    found = lines(settings, timetable, Asked(now, until, only))
    if year is not None:
        return [line for line in found if line.due_on.year == year]
    settled = ("accepted", "waived")
    return [line for line in found if line.due_on.year == this_year or line.state not in settled]


def _ask(settings: Settings, tables: Mapping[str, Rows]) -> Rows:
    """The rows of the model, over these tables."""
    import duckdb

    text = (settings.dbt_project / MODEL).read_text(encoding="utf-8")
    query = _SOURCE.sub(r"landing.\1", text)
    with duckdb.connect() as connection:
        connection.execute("create schema landing")
        for name, rows in tables.items():
            _fill(connection, name, rows)
        cursor = connection.execute(f"select * from ({query}) order by due_on, data_set_id")
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _fill(connection: DuckDBPyConnection, table: str, rows: Rows) -> None:
    columns = _COLUMNS[table]
    made = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    connection.execute(f"create table landing.{table} ({made})")
    if rows:
        # As text: to bind anything DuckDB imports pandas, which takes longer than all the rest.
        shape = ", ".join(f'"{name}": "{kind}"' for name, kind in columns.items())
        text = json.dumps(rows, ensure_ascii=False, default=str).replace("'", "''")
        connection.execute(
            f"insert into landing.{table} by name "
            f"select unnest(from_json('{text}', '[{{{shape}}}]'), recursive := true)"
        )


def _columns(of: str, **others: str) -> dict[str, str]:
    return dict.fromkeys(of.split(), "varchar") | others


_COLUMNS: dict[str, dict[str, str]] = {
    "release": {"release_time_local": "timestamp"},
    "data_set": _columns("data_set_id title_zh title_en theme owner"),
    "awaited": _columns(
        "data_set_id period label_zh label_en",
        period_end="date",
        stated_on="date",
        due_on="date",
        due_at="timestamp",
        is_covered="boolean",
    ),
    "delivery_period": _columns("delivery_id data_set_id period"),
    "delivery": _columns(
        "delivery_id data_set_id verdict refused_by reason_zh reason_en",
        delivery_seq="integer",
        delivered_on="date",
        received_at="timestamp",
    ),
    "finding_decision": _columns("decision delivery_id"),
    "feedback": _columns("data_set_id period kind", since="date"),
}
"""What the model reads of ``landing``; a test holds it against the contract and the model."""


def _tables(settings: Settings, timetable: Timetable, asked: Asked) -> dict[str, Rows]:
    entries = [
        entry
        for entry in timetable
        if entry.rule and (not asked.only or entry.data_set_id in asked.only)
    ]
    archive = Archive(settings.archive, asked.now, timetable.zone)
    judged, came = _judged(settings), _Came()
    awaited: Rows = []
    for entry in entries:
        assert entry.rule is not None
        periods = deadlines.awaited(entry.rule, timetable.calendar, asked.until)
        awaited += [period.row(entry.data_set_id) for period in periods]
        came.add(archive.deliveries(entry.data_set_id), periods, judged, timetable)
    return {
        "release": [
            {"release_time_local": asked.now.astimezone(timetable.zone).replace(tzinfo=None)}
        ],
        "data_set": [
            {
                "data_set_id": entry.data_set_id,
                "title_zh": entry.title_zh,
                "title_en": entry.title_en,
                "theme": entry.theme,
                "owner": entry.owner,
            }
            for entry in entries
        ],
        "awaited": awaited,
        "delivery": came.deliveries,
        "delivery_period": came.periods,
        "finding_decision": _decided(archive),
        "feedback": feedback.rows(settings.archive, timetable.zone),
    }


def _decided(archive: Archive) -> Rows:
    told = decisions.decisions(archive.root)
    return [
        {"decision": decision.kind, "delivery_id": decision.delivery_id}
        for decision in decisions.in_force(told, archive.today).values()
    ]


def _judged(settings: Settings) -> dict[str, dict[str, Any]]:
    """What the last run judged; nothing where none did."""
    try:
        judged: dict[str, dict[str, Any]] = json.loads((settings.work / FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return judged


class _Came:
    """Deliveries that count, with their verdicts and the periods that they are of."""

    def __init__(self) -> None:
        self.deliveries: Rows = []
        self.periods: Rows = []

    def add(
        self,
        received: Iterable[Delivery],
        periods: Sequence[deadlines.Awaited],
        judged: Mapping[str, Mapping[str, Any]],
        timetable: Timetable,
    ) -> None:
        """All of one data set, in the order of their days."""
        for number, delivery in enumerate(received, 1):
            verdict = judged.get(delivery.delivery_id, {})
            self.deliveries.append(
                {
                    "delivery_id": delivery.delivery_id,
                    "data_set_id": delivery.data_set_id,
                    "delivery_seq": number,
                    "delivered_on": delivery.delivered_on,
                    "received_at": delivery.received_in(timetable.zone),
                    "verdict": verdict.get("verdict", ""),
                    "refused_by": verdict.get("refused_by", ""),
                    "reason_zh": verdict.get("reason_zh", ""),
                    "reason_en": verdict.get("reason_en", ""),
                }
            )
            self.periods += [
                {
                    "delivery_id": delivery.delivery_id,
                    "data_set_id": delivery.data_set_id,
                    "period": period,
                }
                for period in verdict.get("periods") or _guessed(delivery, verdict, periods)
            ]


def _guessed(
    delivery: Delivery, verdict: Mapping[str, Any], periods: Sequence[deadlines.Awaited]
) -> list[str]:
    """The period of a delivery that nobody has judged yet."""
    if verdict:
        return []
    named = period_of_name(delivery.file_name, delivery.delivered_on, periods)
    return [named] if named else []


# --- what a person records -------------------------------------------------------------------


def mark(
    settings: Settings, timetable: Timetable, data_set_id: str, period: str, kind: Kind, reason: str
) -> Mark:
    """Record what a person says of an awaited period; the ledger follows it at once.

    Raises:
        QutongError: the data set does not await such a period, or there is nothing to say of it.
    """
    from orchestration.locking import run_lock

    now = datetime.now(UTC)
    if not reason.strip():
        raise QutongError("it needs its reason / 请写明理由", remedy="--reason")
    demand_awaited(timetable, data_set_id, period)
    with run_lock(settings):
        known = feedback.in_force(feedback.marks(settings.archive))
        if kind == "over" and (data_set_id, period) not in known:
            raise QutongError(
                f"nothing is recorded of {data_set_id} {period} / 没有可了结的登记",
                remedy=f"qutong due --data-set {data_set_id}",
            )
        made = Mark(
            data_set_id=data_set_id,
            period=period,
            kind=kind,
            reason=reason.strip(),
            person=current_user(),
            at=now.isoformat(timespec="seconds"),
        )
        feedback.record(settings.archive, made)
    return made


def demand_awaited(timetable: Timetable, data_set_id: str, period: str) -> None:
    """Make sure that a period is one that a data set awaits, this year or next.

    Raises:
        QutongError: it is none; the periods that there are, are named.
    """
    entry = timetable.get(data_set_id)
    until = date(datetime.now(timetable.zone).year + 1, 12, 31)
    periods = deadlines.awaited(entry.rule, timetable.calendar, until) if entry.rule else []
    if period not in {known.period for known in periods}:
        some = ", ".join(known.period for known in periods[-3:])
        raise QutongError(
            f"{data_set_id} does not await {printable(period)} / 没有这个应报报告期",
            remedy=f"name one of its periods: … {some}" if some else entry.said[0],
        )
