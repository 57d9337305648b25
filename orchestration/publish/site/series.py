"""The series of an indicator, drawn into its page as it is written: seen without a script.

Belongs here: where points, lines and the marks of an axis stand. Does not belong here: which series
is shown (``model.main_series``), other views of it (``assets/figures.js``), and whether the drawing
is right (``geometry.check_series``).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orchestration.bounds import bound_of, sign
from orchestration.publish.site.markup import (
    AMONG,
    RANK_UNITS,
    both,
    number_text,
    safe,
    thousands,
)
from orchestration.publish.site.model import Row

WIDTH, HEIGHT = 720, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 26, 30, 34
_TICKS = 4
_LABELLED = 12
"""So many points may bear their figures; of more, the first and the last."""
_YEAR = 400
"""Days that may lie between neighbours of a series, unless its figures are usually closer."""
_INK, _QUIET, _GRID, _BLUE = "#1d2430", "#545e6c", "#d5dae1", "#1f5c99"


@dataclass(frozen=True)
class _Axes:
    first: date
    days: int
    low: float
    high: float
    is_rank: bool

    def x(self, day: date) -> float:
        """Where a day stands: time is to scale."""
        wide = WIDTH - _LEFT - _RIGHT - 40
        return _LEFT + 20 + (day - self.first).days / self.days * wide

    def y(self, value: float) -> float:
        """Where a value stands; the first rank is the highest."""
        share = (value - self.low) / (self.high - self.low)
        return _TOP + (share if self.is_rank else 1 - share) * (HEIGHT - _TOP - _BOTTOM)


@dataclass(frozen=True)
class Drawn:
    """A drawing, and whether its axis starts at zero."""

    svg: str
    is_from_zero: bool


def draw_series(
    rows: Sequence[Row], breaks: Sequence[date], label: tuple[str, str]
) -> Drawn | None:
    """The drawing of a series; none where it has fewer than two figures.

    Args:
        rows: Its figures, the oldest first.
        breaks: The days on which what is counted changed.
        label: What the drawing is called, in both languages.
    """
    points = [row for row in rows if row["value"] is not None and not _is_hidden(row)]
    if len({row["period_end"] for row in points}) < 2:
        return None
    values = [float(row["value"]) for row in points]
    is_rank = points[0]["unit"] in RANK_UNITS
    ticks = _ticks(min(values), max(values), is_rank=is_rank)
    first = points[0]["period_end"]
    axes = _Axes(
        first,
        (points[-1]["period_end"] - first).days or 1,
        float(min(ticks)),
        float(max(ticks)),
        is_rank,
    )
    broken = [
        any(before["period_end"] < day <= row["period_end"] for day in breaks)
        for before, row in itertools.pairwise(points)
    ]
    parts = [
        *_axis(axes, ticks),
        *_uprights(axes, points, broken),
        _line(axes, points, broken),
        *_points(axes, points),
        *_periods(axes, points),
    ]
    named = " · ".join(safe(text) for text in label)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{named}" font-size="13" fill="{_INK}">{"".join(parts)}</svg>'
    )
    return Drawn(svg, is_from_zero=ticks[0] == 0)


def _is_hidden(row: Row) -> bool:
    return row.get("conf_status") in ("C", "N")


def _ticks(low: float, high: float, *, is_rank: bool) -> list[Decimal]:
    """Round values around the figures, at equal steps: the marks of the axis are its ends."""
    span = (high - low) or abs(high) * 0.2 or 1.0
    power = Decimal(10) ** math.floor(math.log10(span / _TICKS))
    steps = (power * size for size in (1, 2, 5, 10))
    step = next(size for size in steps if float(size) * _TICKS >= span)
    if is_rank:
        step = max(step.quantize(Decimal(1)), Decimal(1))
    first = math.floor(low / float(step))
    if is_rank:
        first = max(first, 0)
    last = max(math.ceil(high / float(step)), first + 1)
    return [step * place for place in range(first, last + 1)]


def _axis(axes: _Axes, ticks: Sequence[Decimal]) -> Iterator[str]:
    for tick in ticks:
        y = axes.y(float(tick))
        text = number_text(tick)
        yield (
            f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_GRID}"/>'
        )
        if axes.is_rank and tick == 0:
            continue  # no rank is before the first
        yield (
            f'<text class="mark" data-v="{text}" x="{_LEFT - 8}" y="{y + 4.5:.1f}" '
            f'text-anchor="end" fill="{_QUIET}">{thousands(text)}</text>'
        )


def _uprights(axes: _Axes, points: Sequence[Row], broken: Sequence[bool]) -> Iterator[str]:
    """A thin upright stands at a break."""
    for place, is_broken in enumerate(broken):
        if is_broken:
            pair = (points[place], points[place + 1])
            x = sum(axes.x(row["period_end"]) for row in pair) / 2
            yield (
                f'<line class="break" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" '
                f'y2="{HEIGHT - _BOTTOM}" stroke="{_QUIET}" stroke-dasharray="2 3"/>'
            )


def _line(axes: _Axes, points: Sequence[Row], broken: Sequence[bool]) -> str:
    """The line; it crosses neither a gap nor a break."""
    ends = [row["period_end"] for row in points]
    far = farthest(ends)
    path = []
    for place, row in enumerate(points):
        jumps = place == 0 or broken[place - 1] or (ends[place] - ends[place - 1]).days > far
        move = "M" if jumps else "L"
        path.append(f"{move}{axes.x(row['period_end']):.1f} {axes.y(float(row['value'])):.1f}")
    return f'<path class="line" d="{"".join(path)}" fill="none" stroke="{_BLUE}" stroke-width="2"/>'


def farthest(ends: Sequence[date]) -> float:
    """How many days neighbours may lie apart: a year or less makes a series."""
    steps = sorted((day - before).days for before, day in itertools.pairwise(ends))
    return min(_YEAR, 1.6 * steps[len(steps) // 2])


def _points(axes: _Axes, points: Sequence[Row]) -> Iterator[str]:
    is_few = len(points) <= _LABELLED
    for place, row in enumerate(points):
        x, y = axes.x(row["period_end"]), axes.y(float(row["value"]))
        is_open = row["obs_status"] not in (None, "A") or row["qualifier"] not in (None, "exact")
        fill = "#fff" if is_open else _BLUE
        yield (
            f'<circle data-o="{safe(row["observation_id"])}" cx="{x:.1f}" cy="{y:.1f}" '
            f'r="{4.5 if is_few else 2.4}" fill="{fill}" stroke="{_BLUE}" stroke-width="1.5"/>'
        )
        side = _side(row) * (-1 if axes.is_rank else 1)
        if side:
            yield _arrow(x, y, side)
        if is_few or place in (0, len(points) - 1):
            edge = "end" if place == len(points) - 1 else "start" if place == 0 else "middle"
            shown = safe(thousands(number_text(row["value"])))
            yield (
                f'<text x="{x:.1f}" y="{y - (20 if side > 0 else 10):.1f}" text-anchor="{edge}">'
                f"{_sign(row)}{shown}</text>"
            )


def _side(row: Row) -> int:
    """Where the true figure lies beyond its number: 1 above, -1 below, 0 neither or not said."""
    bound = bound_of(row["qualifier"])
    return 0 if bound is None else -(bound.rounding or 0)


def _arrow(x: float, y: float, side: int) -> str:
    foot, head = y - side * 8, y - side * 15
    return (
        f'<path class="arrow" d="M{x - 4:.1f} {foot:.1f}L{x + 4:.1f} {foot:.1f}'
        f'L{x:.1f} {head:.1f}Z" fill="{_BLUE}"/>'
    )


def _sign(row: Row) -> str:
    zh, en = sign(row["qualifier"], 0), sign(row["qualifier"], 1)
    bound = bound_of(row["qualifier"])
    if row["unit"] in RANK_UNITS and bound is not None and bound.is_upper and not bound.is_open:
        zh, en = AMONG
    return both(zh, en).replace("<span", "<tspan").replace("</span>", "</tspan>") if zh else ""


def _periods(axes: _Axes, points: Sequence[Row]) -> Iterator[str]:
    """The codes of periods, as many as have room; the last always has."""
    last = len(points) - 1
    taken, ends = -math.inf, axes.x(points[last]["period_end"]) - _broad(points[last]) / 2
    for place, row in enumerate(points):
        x, broad = axes.x(row["period_end"]), _broad(row)
        if place == last or (x - broad / 2 >= taken and x + broad / 2 <= ends):
            taken = x + broad / 2
            at = min(x, WIDTH - broad / 2)
            yield (
                f'<text class="when" x="{at:.1f}" y="{HEIGHT - _BOTTOM + 24}" text-anchor="middle" '
                f'fill="{_QUIET}">{safe(row["period"])}</text>'
            )


def _broad(row: Row) -> float:
    return 7.4 * len(row["period"]) + 10
