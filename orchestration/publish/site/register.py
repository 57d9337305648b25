"""What was said otherwise before: every figure that was replaced, why, and how often it happens.

A published figure is replaced in one of two ways. **Corrected**: the same delivery is read anew, or
a correction was declared: somebody had made a mistake. **Revised**: a later delivery says
otherwise, as final figures do of preliminary ones. A version that ended on the day it began was
never public and is no figure that was replaced.

Belongs here: reading this from the history of versions. Does not belong here: the page, and
concluding anew what it says (``register_words``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from orchestration.publish.site.model import Reader, Row

PER = 1000
"""Corrections are told per so many published figures."""

SHOWN = 1000
"""Replaced figures on the page; how many more there are is said there."""

_KEY = (
    "indicator_code region_code period period_kind basis measure scope price_basis breakdown "
    "figure_kind subject locality"
).split()
NEEDED = ("headline_during", "headline_rank", "delivery_id", "correction_id", *_KEY)
"""Columns that a history of versions has; releases of before lack some."""

_REPLACED = f"""
with pairs as (
    select
        old.observation_id as old_id,
        new.observation_id as new_id,
        old.known_to as changed_on,
        new.correction_id is not null or new.delivery_id = old.delivery_id as is_correction,
        row_number() over (
            partition by old.observation_id
            order by new.is_headline desc, new.headline_rank asc, new.observation_id asc
        ) as place
    from {{c}}.core.observation as old
    inner join {{c}}.core.observation as new
        on old.known_to = new.known_from
        and {" and ".join(f"old.{name} is not distinct from new.{name}" for name in _KEY)}
    where
        old.known_to > old.known_from
        and old.headline_during is distinct from 'never'
        and (old.value, old.unit, old.qualifier) is distinct from
            (new.value, new.unit, new.qualifier)
)

select pairs.*, new.correction_id, new.estimate_stage as new_stage, old.estimate_stage as old_stage
from pairs
inner join {{c}}.core.observation as old on pairs.old_id = old.observation_id
inner join {{c}}.core.observation as new on pairs.new_id = new.observation_id
where pairs.place = 1
order by pairs.changed_on desc, old.indicator_code, old.region_code, old.period, pairs.old_id
"""
_PUBLISHED = """
select count(*) from {c}.core.observation
where
    headline_during is distinct from 'never'
    and known_from <= date '{day}'
    and (known_to is null or known_to > date '{day}')
"""


@dataclass(frozen=True)
class Year:
    """How often figures were replaced in a year.

    Attributes:
        until: The day on which the published figures are counted: the last of the year, or that of
            the release.
    """

    year: int
    until: date
    corrected: int
    revised: int
    published: int

    @property
    def rate(self) -> Decimal | None:
        """Corrections per thousand published figures; none where none was published."""
        if not self.published:
            return None
        found = Decimal(PER * self.corrected) / Decimal(self.published)
        return found.quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Register:
    """Every replaced figure, the latest first, with the two figures themselves by their id."""

    replaced: Sequence[Row]
    figures: dict[str, Row]
    reasons: dict[str, Row]
    years: Sequence[Year]


def read(reader: Reader, release_day: date) -> Register:
    """The register as of a release; empty where the release has no history of versions."""
    table = reader.tables.get("core.observation")
    if table is None or not all(table.has(name) for name in NEEDED):
        return Register([], {}, {}, [])
    catalog = f'"{reader.catalog}"'
    replaced = reader.rows(_REPLACED.format(c=catalog))
    ids = sorted({row[name] for row in replaced[:SHOWN] for name in ("old_id", "new_id")})
    figures = {}
    if ids:
        listed = ", ".join(f"'{one}'" for one in ids)
        rows = reader.rows(f"from qt_observation where observation_id in ({listed})")
        figures = {row["observation_id"]: row for row in rows}
    reasons = {}
    if "core.correction" in reader.tables:
        rows = reader.rows(f"from {catalog}.core.correction")
        reasons = {row["correction_id"]: row for row in rows}
    return Register(
        replaced, figures, reasons, list(_years(reader, catalog, replaced, release_day))
    )


def _years(
    reader: Reader, catalog: str, replaced: Sequence[Row], release_day: date
) -> Sequence[Year]:
    """The years in which something was replaced, and that of the release; the latest first."""
    years = {row["changed_on"].year for row in replaced} | {release_day.year}
    found = []
    for year in sorted(years, reverse=True):
        until = min(date(year, 12, 31), release_day)
        own = [row for row in replaced if row["changed_on"].year == year]
        corrected = sum(row["is_correction"] for row in own)
        (counted,) = reader.rows(_PUBLISHED.format(c=catalog, day=until))
        published = next(iter(counted.values()))
        found.append(Year(year, until, corrected, len(own) - corrected, published))
    return found
