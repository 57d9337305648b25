"""The work database as dbt finds it: schema ``landing``, brought to what is declared and archived.

Belongs here: how the tables of ``landing`` follow the archive, and the database they lie in: it
persists, but is disposable. Does not belong here: what the tables are (``contract``), rows of
declarations (``declared``), and anything computed from a figure (``dbt_project``).
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import bounds
from orchestration.process.contract import as_now, landing_ddl, landing_tables
from orchestration.process.fingerprint import tree_digest
from orchestration.settings import CODE_ROOT
from orchestration.text import lettered

if TYPE_CHECKING:
    import duckdb

_OF_DELIVERY = ("data_set_id", "delivery_id", "receipt_sha256", "delivered_on", "delivery_seq")
"""Columns of a figure that its delivery has; the others are those of its parse result."""

_CELL = "indicator_code, region_code, period"
"""What incremental models rebuild at once: no version, repeat or headline looks beyond it."""


@dataclass(frozen=True)
class Past:
    """A delivery as it was read up to a day on which a correction of it was decided."""

    stem: Path
    since: date | None
    until: date


@dataclass(frozen=True)
class Landed:
    """One delivery with what parsing made of it.

    Attributes:
        counts: Read, accepted, quarantined and non-data, in ``counted_unit``.
        refused_by: Rule that made it unusable, with the place; None when it could be read.
        stem: Path of its parsed files without their ending.
        past: How it was read before, oldest first; up to the day from which on it is read so.
        is_damaged: Whether this is how it was read before its archived bytes were damaged.
        is_gone: Whether it lies no more in the folder that it was delivered in.
        received_at: When it came, by the district's clock; None where it was filed under another
            day.
    """

    delivery_id: str
    data_set_id: str
    sha256: str
    file_name: str
    delivered_on: date
    size_bytes: int
    connector: str
    is_simulated: bool
    counted_unit: str
    counts: tuple[int, int, int, int]
    refused_by: tuple[str, str] | None
    stem: Path
    past: tuple[Past, ...] = ()
    is_damaged: bool = False
    is_gone: bool = False
    received_at: datetime | None = None

    @property
    def parse_key(self) -> str:
        """Names its parse result, and those before it."""
        before = (f"{past.stem.name}>{past.until}" for past in self.past)
        return " ".join((*before, self.stem.name))


@dataclass(frozen=True)
class Touched:
    """What a sync changed.

    Attributes:
        deliveries: Landed anew or gone.
        data_sets: Those they belong to.
        everything: The database was made anew.
    """

    deliveries: frozenset[str]
    data_sets: frozenset[str]
    everything: bool


# --- the database ----------------------------------------------------------------------------


def make_anew(connection: duckdb.DuckDBPyConnection, *, keep: str) -> None:
    """Empty the work database but for the schema ``keep``, and make ``landing`` as declared."""
    schemas = connection.execute(
        "select schema_name from duckdb_schemas() where not internal "
        "and database_name = current_database() and schema_name not in ('main', $keep)",
        {"keep": keep},
    ).fetchall()
    for (schema,) in schemas:
        connection.execute(f'drop schema "{schema}" cascade')
    connection.execute(bounds.macros())
    connection.execute(landing_ddl())
    connection.execute("insert into landing.made_from values ('', $1)", [_code_digest()])


def _code_digest() -> str:
    """Hash of all code that the work database follows from: other code makes it anew."""
    import duckdb

    digest = hashlib.sha256(duckdb.__version__.encode())
    for part in ("orchestration", "dbt_project", "expectations"):
        digest.update(tree_digest(CODE_ROOT / part, ("*.py", "*.csv", "*.sql", "*.yml")))
    return digest.hexdigest()


def _is_current(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether an earlier run of this very code filled the database."""
    import duckdb

    try:
        made = connection.execute("select digest from landing.made_from where name = ''")
        return made.fetchall() == [(_code_digest(),)]
    except duckdb.Error:
        return False


def bring_up_to_date(
    connection: duckdb.DuckDBPyConnection,
    prepare: Callable[[duckdb.DuckDBPyConnection], None],
    declared: Mapping[str, Sequence[Mapping[str, Any]]],
    landed: Sequence[Landed],
    reasons: Mapping[str, tuple[str, str]],
    *,
    keep: str,
    anew: bool = False,
) -> Touched:
    """``sync`` the work database, or make it anew first where what it holds is of no use.

    Args:
        connection: To the work database.
        prepare: Lays out what others keep in the database, over whatever was there.
        declared: See ``sync``.
        landed: See ``sync``.
        reasons: See ``sync``.
        keep: A schema that stays whatever happens: the record of the run.
        anew: Whether the caller knows that what it holds is of no use.
    """
    import duckdb

    for is_anew in (anew or not _is_current(connection), True):
        if is_anew:
            make_anew(connection, keep=keep)
        try:
            prepare(connection)
            touched = sync(connection, declared, landed, reasons)
        except duckdb.Error:
            if is_anew:
                raise
        else:
            return Touched(touched.deliveries, touched.data_sets, is_anew)
    raise AssertionError("a database that was made anew either syncs or raises")


@contextlib.contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing: a kill leaves the database as it was."""
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def insert_rows(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows given as mappings into ``landing.<table>``; column by column, bound."""
    if not rows:
        return
    types = landing_tables()[table]
    names = list(rows[0])
    lists = ", ".join(f"unnest(${i + 1}::{types[name]}[])" for i, name in enumerate(names))
    connection.execute(
        f"insert into landing.{table} by name "
        f"select * from (select {lists}) as t({', '.join(names)})",
        [[row[name] for row in rows] for name in names],
    )


# --- what is declared and archived -----------------------------------------------------------


def sync(
    connection: duckdb.DuckDBPyConnection,
    declared: Mapping[str, Sequence[Mapping[str, Any]]],
    landed: Sequence[Landed],
    reasons: Mapping[str, tuple[str, str]],
) -> Touched:
    """Bring ``landing`` to what is declared and archived, up to what the delivery gate reads.

    Parse results are read where they are not landed yet. What the judge said of an earlier state
    goes.

    Args:
        declared: Rows by table; tables that are not named stay as they are.
        landed: Every delivery ever received, data set by data set in the order of arrival.
        reasons: For each rule its title in Chinese and English: what a reader of the quarantine
            table is told, instead of the raw text.
    """
    with _transaction(connection):
        for table, rows in declared.items():
            _replace_rows(connection, table, rows)
        for table in ("delivery", "delivery_period", "finding", "validation"):
            connection.execute(f"delete from landing.{table}")
        deliveries = _delivery_rows(landed, reasons)
        insert_rows(connection, "delivery", deliveries)
        return _land_changed(connection, landed, deliveries, reasons)


def _replace_rows(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Replace the rows of a table of declarations, if they differ from those it was filled from."""
    name, digest = {"name": table}, hashlib.sha256(repr(rows).encode()).hexdigest()
    known = connection.execute("select digest from landing.made_from where name = $name", name)
    if known.fetchall() == [(digest,)]:
        return
    connection.execute(f"delete from landing.{table}")
    insert_rows(connection, table, rows)
    connection.execute("delete from landing.made_from where name = $name", name)
    insert_rows(connection, "made_from", [name | {"digest": digest}])


def _land_changed(
    connection: duckdb.DuckDBPyConnection,
    landed: Sequence[Landed],
    deliveries: Sequence[Mapping[str, Any]],
    reasons: Mapping[str, tuple[str, str]],
) -> Touched:
    """Land what is new or was read anew, and take away what it replaces or what is gone."""
    wanted = {
        entry.delivery_id: f"{row['delivery_seq']} {entry.delivered_on} {entry.parse_key}"
        for entry, row in zip(landed, deliveries, strict=True)
    }
    known = dict(connection.execute("select delivery_id, parse_key from landing.landed").fetchall())
    changed = {name for name, _ in wanted.items() ^ known.items()}
    if not changed:
        return Touched(frozenset(), frozenset(), False)
    connection.execute(
        "create temp table changed as select unnest($1) as delivery_id", [[*changed]]
    )
    owners = {entry.data_set_id for entry in landed if entry.delivery_id in changed}
    for table in ("candidate", "superseded", "quarantine", "source_note", "landed"):
        gone = f"delete from landing.{table} where delivery_id in (select delivery_id from changed)"
        if table == "candidate":
            gone += " returning data_set_id"
            owners |= {row[0] for row in connection.execute(gone).fetchall()}
        else:
            connection.execute(gone)
    connection.execute("drop table changed")
    _read_parsed(connection, [entry for entry in landed if entry.delivery_id in changed], reasons)
    insert_rows(
        connection,
        "landed",
        [{"delivery_id": d, "parse_key": key} for d, key in wanted.items() if d in changed],
    )
    return Touched(frozenset(changed), frozenset(owners), False)


def _read_parsed(
    connection: duckdb.DuckDBPyConnection,
    landed: Sequence[Landed],
    reasons: Mapping[str, tuple[str, str]],
) -> None:
    """Fill ``candidate``, ``quarantine`` and ``source_note`` from the files of parse results."""
    past = [(e.delivery_id, p.stem, p.since, p.until) for e in landed for p in e.past]
    _read_files(connection, "superseded", past)
    readable = [
        (e.delivery_id, e.stem, e.past[-1].until if e.past else None, None)
        for e in landed
        if e.refused_by is None
    ]
    if not readable:
        return
    for table in ("candidate", "quarantine", "source_note"):
        _read_files(connection, table, readable)
    connection.execute(
        "update landing.quarantine set reason_zh = r.zh, reason_en = r.en "
        "from (select unnest($1::varchar[]) as id, unnest($2::varchar[]) as zh, "
        "unnest($3::varchar[]) as en) as r where rule_id = r.id and reason_zh = ''",
        [list(reasons), [zh for zh, _ in reasons.values()], [en for _, en in reasons.values()]],
    )


Read = tuple[str, Path, date | None, date | None]
"""A delivery, the stem of a result of it, and the days from and up to which it is read so."""


def _read_files(connection: duckdb.DuckDBPyConnection, table: str, results: Sequence[Read]) -> None:
    """Fill a table from the files of its kind."""
    if not results:
        return
    kind, insert = _INSERTS[table]
    ids, stems, since, until = zip(*results, strict=True)
    files = [str(stem.with_suffix(f".{kind}.parquet")) for stem in stems]
    distinct = sorted(set(files))
    # Results that were kept with an earlier release may lack a column: then it is null of them.
    there = {
        name
        for (name,) in connection.execute(
            "select distinct name from parquet_schema($1)", [distinct]
        ).fetchall()
    }
    connection.execute(
        f"insert into landing.{table} by name {insert.format(figure=_figure(there))} {_SOURCE}",
        {
            "files": distinct,
            "names": files,
            "ids": list(ids),
            "since": list(since),
            "until": list(until),
        },
    )


_SOURCE = (
    "from read_parquet($files, filename = true, file_row_number = true, union_by_name = true) as p "
    "join (select unnest($names) as name, unnest($ids) as delivery_id, "
    "unnest($since::date[]) as read_from, unnest($until::date[]) as read_to) as f "
    "on p.filename = f.name join landing.delivery as d on f.delivery_id = d.delivery_id"
)
_QUARANTINED = "md5(concat_ws('|', d.delivery_id, p.rule_id, p.delivery_place))"
_INSERTS = {
    "candidate": ("accepted", "select {figure}"),
    "superseded": ("accepted", "select {figure}"),
    "quarantine": (
        "quarantine",
        f"select {lettered('quarantine', _QUARANTINED)} "
        "as quarantine_id, d.delivery_id, d.data_set_id, p.rule_id, p.delivery_place, "
        "'' as reason_zh, '' as reason_en",
    ),
    "source_note": (
        "notes",
        "select d.delivery_id, d.data_set_id, p.file_row_number::integer + 1 as note_no, p.place, "
        "p.mark, p.text as note",
    ),
}


def _figure(there: Collection[str]) -> str:
    """The columns of a candidate, out of its parse result and its delivery."""
    renamed = {
        "correction_id": "p.correction as correction_id",
        "known_from": "coalesce(p.known_from, d.delivered_on) as known_from",
        "read_from": "f.read_from",
        "read_to": "f.read_to",
    }
    return ", ".join(
        f"d.{name}"
        if name in _OF_DELIVERY
        else renamed.get(name) or f"{as_now('p', name, there)} as {name}"
        for name in landing_tables()["candidate"]
    )


def _delivery_rows(
    landed: Sequence[Landed], reasons: Mapping[str, tuple[str, str]]
) -> list[dict[str, Any]]:
    rows = []
    sequence: Counter[str] = Counter()
    for entry in landed:
        sequence[entry.data_set_id] += 1
        read, accepted, quarantined, non_data = entry.counts
        rule, place = entry.refused_by or ("", "")
        zh, en = reasons[rule] if rule else ("", "")
        rows.append(
            {
                "delivery_id": entry.delivery_id,
                "data_set_id": entry.data_set_id,
                "receipt_sha256": entry.sha256,
                "file_name": entry.file_name,
                "delivered_on": entry.delivered_on,
                "delivery_seq": sequence[entry.data_set_id],
                "size_bytes": entry.size_bytes,
                "connector": entry.connector,
                "is_simulated": entry.is_simulated,
                "counted_unit": entry.counted_unit,
                "cells_read": read,
                "cells_accepted": accepted,
                "cells_quarantined": quarantined,
                "cells_non_data": non_data,
                "verdict": "refused" if rule else "",
                "refused_by": rule,
                "reason_zh": f"{place}: {zh}" if rule else "",
                "reason_en": f"{place}: {en}" if rule else "",
                "settled_by": "",
                "received_at": entry.received_at,
                "is_damaged": entry.is_damaged,
                "is_gone": entry.is_gone,
            }
        )
    return rows


# --- what is admitted ------------------------------------------------------------------------


def admit(connection: duckdb.DuckDBPyConnection) -> None:
    """Admit what no rule refused, and take its candidates as observations.

    Observations of deliveries that were admitted before, from the same parse result, stay as they
    are; the cells of all others are noted for the models that are built incrementally.
    """
    with _transaction(connection):
        connection.execute("update landing.delivery set verdict = 'admitted' where verdict = ''")
        connection.execute(
            "create temp table news as with wanted as (from landing.landed where delivery_id in "
            "(select delivery_id from landing.delivery where verdict = 'admitted')) "
            "(from wanted except from landing.admitted) "
            "union all (from landing.admitted except from wanted)"
        )
        is_news = "delivery_id in (select delivery_id from news)"
        arrives = (
            f"{is_news} and delivery_id in "
            "(select delivery_id from landing.delivery where verdict = 'admitted')"
        )
        _touch(connection, is_news, arrives)
        connection.execute(f"delete from landing.observation where {is_news}")
        for table in ("candidate", "superseded"):
            connection.execute(
                f"insert into landing.observation by name from landing.{table} where {arrives}"
            )
        connection.execute(f"delete from landing.admitted where {is_news}")
        connection.execute(f"insert into landing.admitted from landing.landed where {arrives}")
        connection.execute("drop table news")
        connection.execute(
            "update landing.release set is_simulated_inside = "
            "(select count(*) > 0 from landing.observation where is_simulated)"
        )


def _touch(connection: duckdb.DuckDBPyConnection, goes: str, comes: str) -> None:
    """Note the cells of figures that come and go; forget what every model has followed."""
    connection.execute(
        "delete from landing.touched "
        "where generation <= (select min(generation) from landing.built)"
    )
    connection.execute(
        "insert into landing.touched with latest as (select max(generation) as generation from "
        "(select generation from landing.built union all select generation from landing.touched)) "
        f"select distinct latest.generation + 1, {_CELL} from latest, ("
        f"select {_CELL} from landing.observation where {goes} union all "
        f"select {_CELL} from landing.candidate where {comes} union all "
        f"select {_CELL} from landing.superseded where {comes}) "
        # Where no model was built yet, all of them will be built in full.
        "where exists (select 1 from landing.built)"
    )
