"""Whether a drawing has the sizes of its figures: lengths, origin, arrows, places on a time axis.

Belongs here: reading lines and areas of an SVG. Does not belong here: what figures a chart shows,
and how it is drawn (``charts``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

ROW, BAR = 48.0, 13.0
"""Height of a line of a bar chart: a name and a figure above, a bar below."""

NEAR = 0.7
"""How far a drawn length may be from the true one, in pixels."""

_TRACK = "#eef1f4"
_RECTANGLE = re.compile(r"M(-?[\d.]+),(-?[\d.]+)h(-?[\d.]+)v(-?[\d.]+)h-?[\d.]+Z")
_MOVED = re.compile(r"translate\((-?[\d.e-]+),\s*(-?[\d.e-]+)\)")
_STEPS = re.compile(r"[ML](-?[\d.]+) (-?[\d.]+)")
_BELOW_MARK = 4.5
"""How far below its line the foot of an axis mark's text stands."""
_CORNERS = re.compile(r"[ML](-?[\d.]+),(-?[\d.]+)")


def check_bars(
    drawing: Any, values: Sequence[Decimal | None], sides: Sequence[int], full: Decimal | None
) -> Iterator[tuple[str, str]]:
    """What is wrong with bars: each begins at zero, is as long as its figure, and has its arrow.

    Args:
        drawing: The SVG.
        values: The figures, from the top.
        sides: Where each has an arrow: 1 to the right, -1 to the left, 0 none.
        full: What the track of a bar stands for.
    """
    bars, tracks = _rectangles(drawing)
    drawn = {place for place, value in enumerate(values) if value is not None}
    if set(bars) != drawn:
        yield (
            f"有 {len(bars)} 条，应为 {len(drawn)} 条",
            f"{len(bars)} bars for {len(drawn)} figures",
        )
        return
    spans = {
        place: (left, width, float(value))
        for place, (left, width) in bars.items()
        if (value := values[place]) is not None
    }
    if not spans:
        return
    zeros = {place: left if value >= 0 else left + width
             for place, (left, width, value) in spans.items()}  # fmt: skip
    zero = next(iter(zeros.values()))
    scale = _scale(spans.values(), tracks, full)
    for place, (_, width, length) in spans.items():
        if abs(zeros[place] - zero) > NEAR:
            yield f"第 {place + 1} 条不从零起", f"bar {place + 1} does not start at zero"
        elif abs(width - abs(length) * scale) > NEAR:
            yield (
                f"第 {place + 1} 条的长度不是 {length:g}",
                f"the length of bar {place + 1} is not that of {length:g}",
            )
    arrows = _arrows(drawing)
    for place, side in enumerate(sides):
        if arrows.get(place, 0) != side:
            yield f"第 {place + 1} 条的箭头不符", f"the arrow of bar {place + 1} is not its bound's"


def check_line(
    drawing: Any, labels: Sequence[str], values: Sequence[Decimal | None]
) -> Iterator[tuple[str, str]]:
    """What is wrong with a line: points stand at their years, and as high as their figures."""
    points = sorted(_points(drawing))
    known = [
        (int(label[:4]), float(value))
        for label, value in zip(labels, values, strict=True)
        if value is not None and label[:4].isdigit()
    ]
    if len(points) != len(known):
        yield f"有 {len(points)} 点，应为 {len(known)} 点", f"{len(points)} points for {len(known)}"
        return
    if len(points) < 2:
        return
    (first_x, first_y), (last_x, _) = points[0], points[-1]
    (first_year, first_value), (last_year, _) = known[0], known[-1]
    per_year = (last_x - first_x) / ((last_year - first_year) or 1)
    low, high = min(known, key=lambda one: one[1]), max(known, key=lambda one: one[1])
    rise = [points[known.index(one)][1] for one in (low, high)]
    per_unit = (rise[0] - rise[1]) / ((high[1] - low[1]) or 1)
    if per_unit < 0 or per_year <= 0:
        yield "坐标轴方向相反", "an axis runs the wrong way"
        return
    for (x, y), (year, value), label in zip(points, known, labels, strict=False):
        if abs(x - first_x - per_year * (year - first_year)) > NEAR:
            yield f"{label} 不在时间轴上应在之处", f"{label} is not at its place on the time axis"
        if abs(first_y - y - per_unit * (value - first_value)) > NEAR:
            yield f"{label} 的高度不符", f"{label} is not as high as its figure"


@dataclass(frozen=True)
class Point:
    """A figure that a series must show.

    Attributes:
        side: Where its arrow points: 1 up, -1 down, 0 none.
        is_open: Whether it is provisional, estimated or a bound: a hollow point.
        is_joined: Whether the line may come from the point before.
    """

    day: date
    value: Decimal
    side: int
    is_open: bool
    is_joined: bool


def check_series(
    drawing: Any, points: Sequence[Point], *, is_rank: bool
) -> Iterator[tuple[str, str]]:
    """What is wrong with a series: its points, the marks of its axis, and what a line joins.

    Args:
        drawing: The SVG.
        points: What its circles must be, from the left.
        is_rank: Whether the smallest value stands on top.
    """
    circles = [node for node in drawing.iter() if _tag(node) == "circle"]
    places = [(float(node.get("cx")), float(node.get("cy"))) for node in circles]
    marks = [
        (float(node.get("data-v")), float(node.get("y")) - _BELOW_MARK)
        for node in drawing.iter()
        if _tag(node) == "text" and node.get("class") == "mark"
    ]
    if len(marks) < 2:
        yield "纵轴没有刻度", "the axis has no marks"
        return
    (low, low_y), (high, high_y) = min(marks), max(marks)
    per_unit = (low_y - high_y) / (high - low)
    per_day = (places[-1][0] - places[0][0]) / ((points[-1].day - points[0].day).days or 1)
    if (per_unit < 0) != is_rank or per_day <= 0:
        yield "坐标轴方向相反", "an axis runs the wrong way"
        return
    for value, y in marks:
        if abs(low_y - y - per_unit * (value - low)) > NEAR:
            yield f"刻度 {value:g} 不在应在之处", f"the mark {value:g} is not at its place"
    for (x, y), point, node in zip(places, points, circles, strict=True):
        if abs(x - places[0][0] - per_day * (point.day - points[0].day).days) > NEAR:
            yield (
                f"{point.day} 不在时间轴上应在之处",
                f"{point.day} is not at its place on the time axis",
            )
        if abs(low_y - y - per_unit * (float(point.value) - low)) > NEAR:
            yield f"{point.day} 的高度不符", f"{point.day} is not as high as its figure"
        if (node.get("fill") == "#fff") != point.is_open:
            yield (
                f"{point.day} 的点空心与否不符",
                f"the point of {point.day} is not marked as it is",
            )
    yield from _heads(drawing, places, points)
    yield from _joins(drawing, places, points)


def _heads(
    drawing: Any, places: Sequence[tuple[float, float]], points: Sequence[Point]
) -> Iterator[tuple[str, str]]:
    """Each bound has its arrow, and nothing else has one."""
    found: dict[float, int] = {}
    for node in _paths(drawing):
        if node.get("class") == "arrow":
            (_, foot), _, (x, head) = (
                (float(x), float(y)) for x, y in _STEPS.findall(node.get("d", ""))
            )
            found[x] = 1 if head < foot else -1
    expected = {
        round(x, 1): point.side for (x, _), point in zip(places, points, strict=True) if point.side
    }
    if found != expected:
        yield "界限的箭头不符", "the arrows are not those of the bounds"


def _joins(
    drawing: Any, places: Sequence[tuple[float, float]], points: Sequence[Point]
) -> Iterator[tuple[str, str]]:
    """The line goes through the points, and over neither a gap nor a break."""
    line = next((node for node in _paths(drawing) if node.get("class") == "line"), None)
    text = "" if line is None else line.get("d", "")
    steps = [(float(x), float(y)) for x, y in _STEPS.findall(text)]
    if steps != list(places):
        yield "线不经过各点", "the line does not go through the points"
        return
    moves = re.findall("[ML]", text)
    for move, point in zip(moves[1:], points[1:], strict=True):
        if (move == "L") != point.is_joined:
            yield (
                f"{point.day} 之前的连线不符：缺口与断点不可跨过",
                f"the line before {point.day}: neither a gap nor a break is crossed",
            )


def _tag(node: Any) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _scale(spans: Any, tracks: Sequence[float], full: Decimal | None) -> float:
    if full and tracks:
        return tracks[0] / float(full)
    longest = max(spans, key=lambda one: abs(one[2]))
    return float(longest[1] / (abs(longest[2]) or 1))


def _paths(drawing: Any) -> Iterator[Any]:
    for node in drawing.iter():
        if isinstance(node.tag, str) and node.tag.rpartition("}")[2] == "path":
            yield node


def _rectangles(drawing: Any) -> tuple[dict[int, tuple[float, float]], list[float]]:
    """Bars by their line, as left end and width; and the widths of the tracks below them."""
    bars: dict[int, tuple[float, float]] = {}
    tracks = []
    for node in _paths(drawing):
        found = _RECTANGLE.fullmatch(node.get("d", ""))
        if found is None or node.get("fill") is None:
            continue
        left, top, width, height = (float(text) for text in found.groups())
        if height > BAR:  # the mark of a target stands across the bar
            continue
        if node.get("fill") == _TRACK:
            tracks.append(width)
        else:
            bars[int(top // ROW)] = (left, width)
    return bars, tracks


def _arrows(drawing: Any) -> dict[int, int]:
    """By line, where the triangle at the end of its bar points."""
    found = {}
    for node in _paths(drawing):
        moved, corners = (
            _MOVED.search(node.get("transform", "")),
            _CORNERS.findall(node.get("d", "")),
        )
        if moved is None or len(corners) != 3 or "A" in node.get("d", ""):
            continue
        xs = sorted(float(x) for x, _ in corners)
        points_right = abs(xs[0] - xs[1]) < abs(xs[1] - xs[2])
        found[int(float(moved[2]) // ROW)] = 1 if points_right else -1
    return found


def _points(drawing: Any) -> Iterator[tuple[float, float]]:
    for node in _paths(drawing):
        moved = _MOVED.search(node.get("transform", ""))
        if moved is not None and "A" in node.get("d", ""):
            yield float(moved[1]), float(moved[2])
