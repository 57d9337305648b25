"""What sentences are written from: figures, what is derived of them, regions, breaks, findings.

Belongs here: reading it, once for a release. Does not belong here: choosing and wording.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from orchestration.publish.paper.figures import Figure, clean, read_figures
from orchestration.publish.printed import Words
from orchestration.publish.tables import Table, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Region:
    """A region, its kind and the region above it."""

    zh: str
    en: str
    kind: str
    parent: str


@dataclass(frozen=True)
class Derived:
    """What ``core.derived`` gives without a reason against it; None where it gives nothing."""

    before: str | None = None
    change_pct: object = None
    above: str | None = None
    share: object = None
    rank: int | None = None
    of_regions: int | None = None


@dataclass(frozen=True)
class Break:
    """From when on a series is another one; no region means all."""

    indicator_code: str
    region_code: str | None
    begins_on: date


@dataclass(frozen=True)
class Known:
    """All that sentences are written from.

    Attributes:
        district: The code of the district of this release.
        figures: The headline figures.
        others: Figures that are no headline, which open findings speak of, by observation.
        derived: By observation.
        disputes: Pairs of observations of which two documents cannot both be right: the
            headline first.
        day: The day of the release, where the district is.
        scorecard: The indicators of the leaders' sheet, in order.
        ranked: The indicator of a rank to the one that it ranks.
        words: The words of code lists.
    """

    district: str
    figures: Sequence[Figure]
    regions: Mapping[str, Region]
    day: date
    words: Words
    others: Mapping[str, Figure] = field(default_factory=dict)
    derived: Mapping[str, Derived] = field(default_factory=dict)
    breaks: Sequence[Break] = ()
    disputes: Sequence[tuple[str, str]] = ()
    scorecard: Sequence[str] = ()
    ranked: Mapping[str, str] = field(default_factory=dict)


def read_known(
    con: DuckDBPyConnection,
    catalog: str,
    tables: Sequence[Table],
    words: Words,
    figures: Sequence[Figure],
    day: date,
) -> Known:
    """Read it from an attached release or work database; what a release lacks is left out."""
    there = {table.qualified for table in tables}
    inside = quote(catalog)

    def rows(needed: str, query: str) -> list[tuple[object, ...]]:
        return con.execute(query).fetchall() if needed in there else []

    district = con.execute(f"select district_code from {inside}.meta.release").fetchone()
    regions = {
        str(code): Region(clean(str(zh)), clean(str(en or "")), str(kind or ""), str(parent or ""))
        for code, zh, en, kind, parent in rows(
            "core.region",
            "select region_code, region_name_zh, region_name_en, region_kind, parent_code "
            f"from {inside}.core.region",
        )
    }
    disputes = [
        (str(a), str(b))
        for a, b in rows(
            "quality.finding",
            f"select observation_a, observation_b from {inside}.quality.finding "
            "where rule_id = 'document.contradiction' and decision = 'open' "
            "and observation_a is not null and observation_b is not null order by all",
        )
    ]
    mine = {figure.observation_id for figure in figures}
    named = {one for pair in disputes for one in pair} - mine
    others = {}
    if named:
        listed = ", ".join(f"'{name}'" for name in sorted(named))
        where = f"o.observation_id in ({listed})"
        others = {figure.observation_id: figure for figure in read_figures(con, catalog, where)}
    return Known(
        district=str(district[0]) if district else "",
        figures=figures,
        regions=regions,
        day=day,
        words=words,
        others=others,
        derived=_derived(rows("core.derived", _DERIVED.format(inside))),
        breaks=[
            Break(str(code), str(region) if region else None, begins)
            for code, region, begins in rows(
                "core.series_break",
                f"select indicator_code, region_code, begins_on from {inside}.core.series_break "
                "order by all",
            )
            if isinstance(begins, date)
        ],
        disputes=disputes,
        scorecard=[
            str(code)
            for (code,) in rows(
                "peers.scorecard",
                f"select indicator_code from {inside}.peers.scorecard "
                "order by sort, indicator_code",
            )
        ],
        ranked={
            str(code): str(other)
            for code, other in rows(
                "peers.ranking",
                f"select distinct indicator_code, ranked_code from {inside}.peers.ranking "
                "where ranked_code is not null order by all",
            )
        },
    )


_DERIVED = """
    select
        observation_id,
        case when change_reason is null then year_before_observation_id end,
        case when change_reason is null then change_pct_on_published end,
        case when share_of_region_above_reason is null then region_above_observation_id end,
        case when share_of_region_above_reason is null then share_of_region_above end,
        case when rank_reason is null and rank_shared_by = 1 then rank_computed end,
        case when rank_reason is null and rank_shared_by = 1 then rank_of_regions end
    from {}.core.derived
    """


def _derived(rows: Sequence[tuple[object, ...]]) -> dict[str, Derived]:
    return {
        str(row[0]): Derived(*row[1:])  # type: ignore[arg-type]  # as the query has them
        for row in rows
        if any(cell is not None for cell in row[1:])
    }
