"""What the release in force says, held against the marts: what was published stays.

Belongs here: which published figures the marts do not have any more, or have otherwise, though no
delivery and no decision came since. Does not belong here: what follows from that
(``expectations/rules/marts/published.yml``).

Only the release in force is compared, over every day up to its own: it was held against the one
before it in the same way, so what any release said is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.process.contract import LATER, as_now
from orchestration.text import lettered_now

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_FIGURE = (
    "data_set_id",
    "indicator_code",
    "scope",
    "region_code",
    "period",
    "period_kind",
    "basis",
    "measure",
    "price_basis",
    "breakdown",
    "figure_kind",
    "subject",
    "locality",
    "source_document",
    "source_place",
)
_CONTENT = ("value", "unit", "qualifier", "obs_status", "conf_status", "estimate_stage")


@dataclass(frozen=True)
class InForce:
    """The release that readers see.

    Attributes:
        day: Of its publication, where the district is.
        observations: Its ``core.observation``, as Parquet.
        deliveries: Its ``quality.conservation``, as Parquet.
    """

    release_id: str
    day: date
    observations: Path
    deliveries: Path


def lay(con: DuckDBPyConnection, release: InForce | None, decided: Iterable[str]) -> None:
    """Fill ``landing.unsaid``.

    Args:
        con: To the work database, with ``core.observation`` as it is now.
        release: None before the first one.
        decided: Deliveries that somebody decided about since that release.
    """
    con.execute("delete from landing.unsaid")
    if release is None:
        return
    there = {
        row[0]
        for row in con.execute(
            "describe select * from read_parquet($1)", [str(release.observations)]
        ).fetchall()
    }
    later = "".join(f", {as_now('r', name, ())} as {name}" for name in LATER if name not in there)
    same_figure = _same("o", "v", _FIGURE)
    same_content = _same("o", "v", _CONTENT)
    con.execute(
        f"""
        insert into landing.unsaid by name
        with decided as (select unnest($decided::varchar[]) as delivery_id),

        came as (
            select d.delivery_id
            from landing.delivery as d
            anti join read_parquet($deliveries) as r
                on r.delivery_id = d.delivery_id and r.verdict = 'admitted'
            where d.verdict = 'admitted'
        ),

        -- What the release said of each day up to its own; of what was in force, one day at least.
        said as (
            select
                r.* exclude (known_to) replace (
                    {lettered_now("r.observation_id")} as observation_id
                ){later},
                r.known_to is null as is_in_force,
                least(
                    coalesce(r.known_to, date '9999-12-31'), greatest(r.known_from, $day) + 1
                ) as known_to
            from read_parquet($observations) as r
        ),

        differing as (
            select v.*
            from said as v
            anti join core.observation as o
                on
                    o.observation_id = v.observation_id
                    and (o.known_to is null or o.known_to >= v.known_to)
            where v.known_from < v.known_to
        ),

        answered as (
            select
                v.observation_id,
                o.known_to is null as is_in_force,
                {same_content} as is_same,
                greatest(
                    least(v.known_to, coalesce(o.known_to, v.known_to))
                    - greatest(v.known_from, o.known_from), 0
                ) as days,
                o.delivery_id in (from came) as is_news,
                o.delivery_id in (from decided)
                or o.correction_id is distinct from v.correction_id as is_decided,
                judge.with_unit(judge.show_figure(o.value, o.qualifier), o.unit) as says
            from differing as v
            inner join core.observation as o on {same_figure}
        ),

        -- A correction may have moved a figure to another key; its cell is the same.
        corrected as (
            select distinct v.observation_id
            from differing as v
            inner join core.observation as o
                on
                    o.delivery_id = v.delivery_id
                    and o.delivery_place = v.delivery_place
                    and o.correction_id is distinct from v.correction_id
        ),

        summed as (
            select
                observation_id,
                sum(days) filter (where is_same) as days,
                bool_or(is_in_force) as is_in_force,
                bool_or(days > 0 and is_news) as is_news,
                bool_or(days > 0 and is_decided) as is_decided,
                any_value(says order by days desc, says) filter (where not is_same) as says
            from answered
            group by observation_id
        )

        select
            $release_id as release_id,
            v.observation_id,
            v.data_set_id,
            v.delivery_id,
            v.indicator_code,
            v.region_code,
            v.period,
            judge.place(v.source_document, v.source_place, v.delivery_place) as place,
            v.is_in_force and not coalesce(s.is_in_force, false) as is_gone,
            concat_ws(
                ' ',
                v.region_name_zh, v.period, v.indicator_name_zh,
                judge.with_unit(judge.show_figure(v.value, v.qualifier), v.unit)
            ) as said,
            s.says as says_now
        from differing as v
        left join summed as s on s.observation_id = v.observation_id
        where
            coalesce(s.days, 0) < v.known_to - v.known_from
            and not coalesce(s.is_decided, false)
            and v.delivery_id not in (from decided)
            and v.observation_id not in (from corrected)
            -- A delivery accounts for what it takes the place of, but not for what was said on days
            -- before the release and would be left no day at all.
            and not (coalesce(s.is_news, false) and (s.days > 0 or v.known_from >= $day))
        """,
        {
            "decided": sorted(set(decided)),
            "deliveries": str(release.deliveries),
            "observations": str(release.observations),
            "day": release.day,
            "release_id": release.release_id,
        },
    )


def _same(one: str, other: str, columns: Iterable[str]) -> str:
    return " and ".join(f"{one}.{c} is not distinct from {other}.{c}" for c in columns)
