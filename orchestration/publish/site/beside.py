"""The district among its sisters: one period each, all that have a figure, the last told too.

Belongs here: which figures of the regions of one city stand beside each other, their ranks and
their bars. Does not belong here: published ranks (``peers.ranking``), and reading this again
(``words``, ``geometry``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from orchestration.publish.site.model import Reader, Row, Site
from orchestration.publish.tables import literal

FEWEST = 3
COLUMNS = 8
RECENT_YEARS = 5
"""What is older than the newest by more stands behind all others."""
BAR_LENGTH, BAR_HEIGHT = 100, 10
_COLOURS = {True: "#1f5c99", False: "#a9b7c6"}

IN_FORCE = """
    o.known_to is null and coalesce(o.is_headline, true) and o.value is not null
    and coalesce(o.conf_status, 'F') not in ('C', 'N')
    and coalesce(o.breakdown, '_T') = '_T'
    and coalesce(o.figure_kind = 'outturn', o.basis not like 'target%')
    and coalesce(o.subject, '_T') = '_T' and coalesce(o.locality, '_T') = '_T'
    and coalesce(o.measure, '') <> 'rank'
"""

KEYS = "indicator_code, period, period_kind, scope, unit, measure, price_basis, basis"
"""What figures have in common that stand beside each other."""

SISTERS = f"""
select o.*
from qt_observation as o
inner join qt_region as r on o.region_code = r.region_code
inner join qt_region as d on d.region_code = {{district}}
where
    r.parent_code = d.parent_code and r.region_kind is not distinct from d.region_kind
    and {IN_FORCE}
qualify row_number() over (
    partition by {", ".join(f"o.{key}" for key in KEYS.split(", "))}, o.region_code
    order by o.observation_id
) = 1
"""
"""Figures of the regions of one city, the district among them; one for each period."""

_CHOSEN = f"""
with theirs as ({SISTERS}),

counted as (
    select
        {KEYS}, count(*) as n, max(period_end) as until,
        bool_and(coalesce(qualifier, 'exact') = 'exact') as is_ranked
    from theirs
    group by all
    having count(*) >= {FEWEST} and bool_or(region_code = {{district}})
),

-- The newest period in which nearly all have a figure that they ever had.
nearly as (
    select * from counted
    qualify n * 5 >= max(n) over (partition by indicator_code) * 4
),

chosen as (
    select * from nearly
    qualify row_number() over (
        partition by indicator_code order by until desc, n desc, {KEYS}
    ) = 1
)

select
    t.*, c.n, c.until, r.region_name_zh as own_name_zh, r.region_name_en as own_name_en,
    case when c.is_ranked then rank() over (
        partition by t.indicator_code order by t.value desc
    ) end as place
from theirs as t
inner join chosen as c
    on t.indicator_code = c.indicator_code and t.period = c.period
    and t.period_kind is not distinct from c.period_kind
    and t.scope is not distinct from c.scope and t.unit is not distinct from c.unit
    and t.measure is not distinct from c.measure
    and t.price_basis is not distinct from c.price_basis and t.basis is not distinct from c.basis
left join qt_region as r on t.region_code = r.region_code
order by t.indicator_code, t.value desc, t.region_code
"""


@dataclass(frozen=True)
class Beside:
    """One indicator of one period in all regions of the city that have a figure.

    Attributes:
        rows: The figures, the largest first, each with its ``place`` where all are exact.
        own: The place of the district's among them.
    """

    rows: tuple[Row, ...]
    own: int

    @property
    def head(self) -> Row:
        """The district's own figure."""
        return self.rows[self.own]

    @property
    def by_region(self) -> Mapping[str, Row]:
        """The figure of each region."""
        return {row["region_code"]: row for row in self.rows}


def choose(reader: Reader, site: Site, district: str) -> list[Beside]:
    """Headline indicators in the order of the scorecard, then the newest others."""
    found: dict[str, list[Row]] = {}
    for row in reader.rows(_CHOSEN.format(district=literal(district))):
        found.setdefault(row["indicator_code"], []).append(row)
    order = {row["indicator_code"]: place for place, row in enumerate(site.scorecard)}
    last = max((rows[0]["until"].year for rows in found.values()), default=0)
    codes = sorted(found, key=lambda code: (
        last - found[code][0]["until"].year > RECENT_YEARS,
        order.get(code, len(order)), -found[code][0]["until"].toordinal(), code,
    ))  # fmt: skip
    return [
        Beside(tuple(found[code]), [r["region_code"] for r in found[code]].index(district))
        for code in codes[:COLUMNS]
    ]


def bars(beside: Beside) -> list[str]:
    """A bar for each figure, all of one scale and from one zero."""
    values = [row["value"] for row in beside.rows]
    low, high = min(Decimal(0), *values), max(Decimal(0), *values)
    scale = (high - low) or Decimal(1)
    return [
        _bar(value, low, scale, is_own=place == beside.own) for place, value in enumerate(values)
    ]


def _bar(value: Decimal, low: Decimal, scale: Decimal, *, is_own: bool) -> str:
    start = float((min(value, Decimal(0)) - low) / scale) * BAR_LENGTH
    length = float(abs(value) / scale) * BAR_LENGTH
    return (
        f'<svg viewBox="0 0 {BAR_LENGTH} {BAR_HEIGHT}" preserveAspectRatio="none" '
        f'aria-hidden="true"><rect x="{start:.3f}" y="0" width="{length:.3f}" '
        f'height="{BAR_HEIGHT}" fill="{_COLOURS[is_own]}"/></svg>'
    )


def regions_of(chosen: Sequence[Beside], district: str) -> list[str]:
    """Regions that stand in any of them, in the order of their codes, the district first."""
    codes = {row["region_code"] for one in chosen for row in one.rows}
    return sorted(codes, key=lambda code: (code != district, code))
