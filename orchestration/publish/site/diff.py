"""What a release changes against the one in force when it was built: added, revised, removed.

Belongs here: comparing current figures by their key. Does not belong here: judging whether a
change is right, and showing it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.bounds import current_code
from orchestration.errors import ReleaseError
from orchestration.publish.layout import MART_FILE
from orchestration.publish.site.model import Reader, Row
from orchestration.publish.tables import literal, published_tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CHANGES_SHOWN = 500
"""Changes of each kind on the page; how many more there are is said there."""


@dataclass(frozen=True)
class Changes:
    """The difference to the release before.

    Attributes:
        previous_id: The release compared with; empty where there is none.
        reason: Why nothing could be compared, where a release was there.
        counts: Number of changes by kind: ``added``, ``revised``, ``removed``.
        rows: The first of each kind; ``was_…`` is the old figure, the rest the new one.
    """

    previous_id: str = ""
    reason: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    indicators_added: int = 0
    indicators_removed: int = 0

    @property
    def is_first(self) -> bool:
        """Whether there was nothing to compare with."""
        return not self.previous_id


def compare(con: DuckDBPyConnection, now: Reader, previous: Path | None) -> Changes:
    """Compare an attached release with the folder of an earlier one.

    An earlier release that cannot be opened is no reason not to publish: the page says so.
    """
    import duckdb

    if previous is None or not (previous / MART_FILE).is_file():
        return Changes()
    name = previous.resolve().name
    try:
        con.execute(f"attach {literal(str(previous / MART_FILE))} as before (read_only)")
    except duckdb.Error as error:
        return Changes(name, type(error).__name__)
    try:
        before = Reader(con, "before", published_tables(con, "before"), "was")
        con.execute(_CHANGES)
        counts = dict.fromkeys(("added", "revised", "removed"), 0)
        counts |= dict(con.execute("select kind, count(*) from qt_change group by 1").fetchall())
        rows = {
            kind: now.rows(
                f"from qt_change where kind = {literal(kind)} "
                "order by indicator_code, region_code, period_end desc, period, period_kind, "
                f"scope, basis, measure, price_basis, breakdown, figure_kind, subject, locality "
                f"limit {CHANGES_SHOWN}"
            )
            for kind in counts
        }
        codes = [
            {row[0] for row in con.execute(f"select indicator_code from {view}").fetchall()}
            for view in ("qt_indicator", "was_indicator")
        ]
        con.execute("drop table qt_change")
        for view in _views(before):
            con.execute(f"drop view {view}")
    except (duckdb.Error, ReleaseError) as error:
        return Changes(name, type(error).__name__)
    finally:
        con.execute("detach before")
    return Changes(name, "", counts, rows, len(codes[0] - codes[1]), len(codes[1] - codes[0]))


def _views(reader: Reader) -> list[str]:
    rows = reader.con.execute(
        "select view_name from duckdb_views() where temporary and not internal "
        f"and starts_with(view_name, {literal(reader.prefix + '_')})"
    ).fetchall()
    return [str(row[0]) for row in rows]


_KEY = (
    "indicator_code region_code period period_kind basis measure scope price_basis breakdown "
    "figure_kind subject locality"
).split()
# What releases of before have no column for was nothing else in them.
_USUAL = {
    "figure_kind": "case when starts_with({row}.basis, 'target') then 'target' else 'outturn' end",
    "subject": "'_T'",
    "locality": "'_T'",
}


def _of(row: str, name: str) -> str:
    usual = _USUAL.get(name)
    return f"coalesce({row}.{name}, {usual.format(row=row)})" if usual else f"{row}.{name}"


_ON = " and ".join(f"{_of('n', name)} is not distinct from {_of('w', name)}" for name in _KEY)
_CURRENT = "known_to is null and coalesce(is_headline, true)"

_CHANGES = f"""
create or replace temp table qt_change as
with now_figures as (select * from qt_observation where {_CURRENT}),

was_figures as (select * from was_observation where {_CURRENT}),

joined as (
    select
        {", ".join(f"coalesce(n.{name}, w.{name}) as {name}" for name in _KEY)},
        coalesce(n.indicator_name_zh, w.indicator_name_zh) as indicator_name_zh,
        coalesce(n.indicator_name_en, w.indicator_name_en) as indicator_name_en,
        coalesce(n.region_name_zh, w.region_name_zh) as region_name_zh,
        coalesce(n.period_end, w.period_end) as period_end,
        n.value, n.unit, n.qualifier, n.obs_status, n.conf_status, n.is_simulated,
        n.is_period_inferred, n.estimate_stage, n.source_document, n.known_from,
        n.observation_id,
        w.value as was_value, w.unit as was_unit,
        {current_code("w.qualifier")} as was_qualifier,
        w.obs_status as was_obs_status, w.conf_status as was_conf_status,
        w.is_simulated as was_is_simulated, w.estimate_stage as was_estimate_stage,
        w.source_document as was_source_document,
        case when w.observation_id is null then 'added'
            when n.observation_id is null then 'removed' else 'revised' end as kind
    from now_figures as n
    full outer join was_figures as w on {_ON}
)

select * from joined
where kind <> 'revised'
    or (value, unit, qualifier, obs_status, conf_status, is_simulated) is distinct from
        (was_value, was_unit, was_qualifier, was_obs_status, was_conf_status, was_is_simulated)
"""
