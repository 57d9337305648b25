"""Small multiples: headline series beside each other, each over its own time axis to scale.

Belongs here: which series the front page shows, and their drawings. Does not belong here: the
charts of themes (``charts``), and reading drawings again (``geometry``).

A drawing is written by positions alone: its bytes do not depend on the fonts of a machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise

from orchestration.publish.site.markup import safe, thousands
from orchestration.publish.site.model import Reader, Row, Site
from orchestration.publish.tables import literal

SHOWN = 6
FEWEST, MOST = 3, 48
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 320, 150, 52, 14, 10, 24
_STEPS: Mapping[str, int] = {"annual": 12, "quarterly": 3, "monthly": 1}
_YEAR = 12
_INK, _QUIET, _GRID = "#1d2430", "#545e6c", "#d5dae1"
_COLOURS = {True: "#1f5c99", False: "#6b7785"}
"""The district has the one colour of its own; all others are grey."""
_DOT = "M3,0A3,3,0,1,1,-3,0A3,3,0,1,1,3,0"


@dataclass(frozen=True)
class Series:
    """One indicator of one region over time.

    Attributes:
        rows: Its figures, oldest first.
        broken: To each figure the breaks since the one before it.
        is_own: Whether it is the district's.
    """

    rows: tuple[Row, ...]
    broken: tuple[tuple[Row, ...], ...]
    is_own: bool

    @property
    def last(self) -> Row:
        """Its newest figure."""
        return self.rows[-1]

    @property
    def step(self) -> int:
        """How many months lie between neighbours where none is missing."""
        kind = self.last["period_kind"]
        if kind in _STEPS:
            return _STEPS[kind]
        return _YEAR if len({row["period_end"].month for row in self.rows}) == 1 else 1

    @property
    def months(self) -> list[int]:
        """When each figure is, in months."""
        return [month_of(row) for row in self.rows]

    @property
    def has_gap(self) -> bool:
        """Whether a period between two figures has none."""
        return any(after - before > self.step for before, after in pairwise(self.months))

    @property
    def runs(self) -> list[list[int]]:
        """The places of figures that a line may join: no gap and no break between them."""
        found: list[list[int]] = []
        for place, month in enumerate(self.months):
            joins = found and not self.broken[place]
            if joins and month - self.months[place - 1] == self.step:
                found[-1].append(place)
            else:
                found.append([place])
        return found


def month_of(row: Row) -> int:
    """The month a figure ends in, counted from the year 0."""
    end = row["period_end"]
    return int(end.year) * _YEAR + int(end.month) - 1


def choose(reader: Reader, site: Site, district: str) -> list[Series]:
    """The headline series: the district's own, and its city's where it has none."""
    parent = (site.regions.get(district) or {}).get("parent_code") or ""
    rows = reader.rows(_SERIES.format(regions=f"{literal(district)}, {literal(parent)}"))
    known = reader.rows("from qt_break order by begins_on, break_no")
    found: dict[tuple[str, str], list[Series]] = {}
    for own in _grouped(rows):
        if len(own) >= FEWEST:
            kept = tuple(own[-MOST:])
            series = Series(kept, _broken(kept, known), kept[0]["region_code"] == district)
            key = kept[0]["indicator_code"], kept[0]["region_code"]
            found.setdefault(key, []).append(series)
    best = {key: max(all_, key=_weight) for key, all_ in found.items()}
    order = [row["indicator_code"] for row in site.scorecard]
    codes = order or sorted({code for code, _ in best})
    chosen = [best[code, district] for code in codes if (code, district) in best]
    chosen += [
        best[code, parent]
        for code in codes
        if (code, parent) in best and (code, district) not in best
    ]
    return chosen[:SHOWN]


def _weight(series: Series) -> tuple[object, ...]:
    """The newest first, then the longest."""
    return (series.last["period_end"].year, len(series.rows), str(series.last["scope"]))


def _grouped(rows: Sequence[Row]) -> Iterable[list[Row]]:
    """Figures that may stand in one line, oldest first."""
    found: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in _KEY), []).append(row)
    return found.values()


def _broken(rows: Sequence[Row], known: Sequence[Row]) -> tuple[tuple[Row, ...], ...]:
    """To each figure the breaks since the one before."""
    code, region = rows[0]["indicator_code"], rows[0]["region_code"]
    theirs = [
        row
        for row in known
        if row["indicator_code"] in (None, code) and row["region_code"] in (None, region)
    ]
    between = ((None, rows[0]), *pairwise(rows))
    return tuple(
        tuple(
            row
            for row in theirs
            if before is not None and before["period_end"] < row["begins_on"] <= after["period_end"]
        )
        for before, after in between
    )


_KEY = (
    "indicator_code", "region_code", "period_kind", "scope", "unit", "measure", "price_basis",
)  # fmt: skip
_SERIES = """
select
    o.indicator_code, o.indicator_name_zh, o.indicator_name_en, o.region_code, o.region_name_zh,
    o.period, o.period_kind, o.period_end, o.scope, o.measure, o.price_basis, o.value, o.unit,
    o.qualifier, o.obs_status, o.conf_status, o.is_simulated, o.is_period_inferred,
    o.observation_id
from qt_observation as o
where
    o.region_code in ({regions}) and o.known_to is null and coalesce(o.is_headline, true)
    and o.value is not null and coalesce(o.conf_status, 'F') not in ('C', 'N')
    and o.period_kind in ('annual', 'point', 'quarterly', 'monthly')
    and coalesce(o.breakdown, '_T') = '_T'
    and coalesce(o.figure_kind = 'outturn', o.basis not like 'target%')
    and coalesce(o.subject, '_T') = '_T' and coalesce(o.locality, '_T') = '_T'
    and coalesce(o.measure, '') <> 'rank'
qualify row_number() over (
    partition by o.indicator_code, o.region_code, o.period_kind, o.scope, o.unit, o.measure,
        o.price_basis, o.period_end
    order by o.observation_id
) = 1
order by o.indicator_code, o.region_code, o.period_kind, o.scope, o.unit, o.measure,
    o.price_basis, o.period_end
"""


# --- drawing -----------------------------------------------------------------------------------


def draw(series: Series) -> str:
    """The drawing of a series, its axes to scale."""
    months = series.months
    low, high = axis([row["value"] for row in series.rows])
    first, span = months[0], max(1, months[-1] - months[0])
    scale = high - low

    def x(month: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (month - first) / span

    def y(value: Decimal) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * float((high - value) / scale)

    colour = _COLOURS[series.is_own]
    parts = [
        f'<path class="grid" d="M{LEFT},{_n(y(value))}H{WIDTH - RIGHT}" stroke="{_GRID}"/>'
        f'<text class="tick" x="{LEFT - 6}" y="{_n(y(value) + 4)}" text-anchor="end" '
        f'font-size="12" fill="{_QUIET}">{safe(_tick(value))}</text>'
        for value in (low, high)
    ]
    for year, month in _years(months):
        parts.append(
            f'<text class="year" x="{_n(x(month))}" y="{HEIGHT - 6}" '
            f'text-anchor="{_anchor(month, months)}" font-size="12" fill="{_QUIET}">{year}</text>'
        )
    for place, breaks in enumerate(series.broken):
        if breaks:
            middle = x((months[place - 1] + months[place]) / 2)
            parts.append(
                f'<path class="break" d="M{_n(middle)},{TOP}V{HEIGHT - BOTTOM}" '
                f'stroke="{_QUIET}" stroke-dasharray="2 3"/>'
            )
    values = [row["value"] for row in series.rows]
    for run in series.runs:
        if len(run) > 1:
            line = "L".join(f"{_n(x(months[place]))},{_n(y(values[place]))}" for place in run)
            parts.append(
                f'<path class="run" d="M{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
            )
    for row, month in zip(series.rows, months, strict=True):
        is_open = row["qualifier"] not in (None, "exact") or row["obs_status"] not in (None, "A")
        parts.append(
            f'<path class="dot" transform="translate({_n(x(month))},{_n(y(row["value"]))})" '
            f'd="{_DOT}" fill="{"#fff" if is_open else colour}" stroke="{colour}" '
            'stroke-width="1.5"/>'
        )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true" xmlns="http://www.w3.org/2000/svg">'
        f"{''.join(parts)}</svg>"
    )


def axis(values: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """The round ends of the axis of values; from zero unless that would flatten the line."""
    least, most = min(values), max(values)
    is_cut = least > 0 and least * 2 > most
    low = least if is_cut or least < 0 else Decimal(0)
    high = max(most, Decimal(0)) if not is_cut else most
    if low == high:
        low, high = (Decimal(0), high) if high > 0 else (low, Decimal(0))
    if low == high:
        return Decimal(0), Decimal(1)
    unit = Decimal(1).scaleb((high - low).adjusted())
    steps = [unit / 10 * step for step in (1, 2, 5, 10)]
    step = next((one for one in steps if (high - low) / one <= 6), unit)
    ends = (
        (low / step).to_integral_value(ROUND_FLOOR) * step,
        (high / step).to_integral_value(ROUND_CEILING) * step,
    )
    return (max(ends[0], Decimal(0)), ends[1]) if low >= 0 else ends


def is_cut(series: Series) -> bool:
    """Whether the axis does not hold zero."""
    low, high = axis([row["value"] for row in series.rows])
    return not low <= 0 <= high


def _years(months: Sequence[int]) -> list[tuple[int, int]]:
    """Years that the axis names, each with the month it stands at: both ends, and round ones."""
    first, last = months[0], months[-1]
    ends = {first // _YEAR: first, last // _YEAR: last}
    years = (last - first) // _YEAR
    step = next((one for one in (1, 2, 5, 10, 20, 50) if years / one <= 5), 100)
    near = max(1, years / 6)
    for year in range(first // _YEAR + 1, last // _YEAR):
        is_free = min(year - first // _YEAR, last // _YEAR - year) >= near
        if year % step == 0 and is_free:
            ends[year] = year * _YEAR + first % _YEAR
    return sorted(ends.items())


def _anchor(month: int, months: Sequence[int]) -> str:
    return "start" if month == months[0] else "end" if month == months[-1] else "middle"


def _tick(value: Decimal) -> str:
    text = f"{value.normalize():f}"
    return thousands(text)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
