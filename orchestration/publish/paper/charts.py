"""Charts of a brief: bars as a picture without a word, with arrows for bounds.

A picture carries no text, so that no font of the building machine has a part in it: names and
numbers stand beside the bars in the cells of a table, in the fonts of the brief.

Belongs here: the drawing of a chart that is already chosen, as SVG and as PNG. Does not belong
here: which figures a chart shows (``brief_model``) and the charts of the site.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from orchestration.bounds import bound_of, sign
from orchestration.publish.printed import decimal_text

DPI = 200
_BLUE, _GREY, _INK = "#1F4E79", "#B0B0B0", "#222222"
_ARROW_ROOM = 12.0


@dataclass(frozen=True)
class Bar:
    """One bar: its label, its value, and what is written beside it; no value is a gap."""

    label_zh: str
    label_en: str
    value: Decimal | None
    text: str
    qualifier: str | None
    marks: str = ""
    is_residual: bool = False

    def label(self, language: str) -> str:
        """Its name."""
        return self.label_zh if language == "zh" else self.label_en

    def number(self, language: str) -> str:
        """Its number: 超1000 is >1000 in English."""
        if language == "zh":
            return self.text
        if self.value is None:
            return "n/a"
        return f"{sign(self.qualifier, 1)}{decimal_text(self.value)}"


@dataclass(frozen=True)
class Chart:
    """A chart before it is drawn."""

    title_zh: str
    title_en: str
    bars: tuple[Bar, ...]

    @property
    def has_residual(self) -> bool:
        """Whether a bar stands for what is not itemised."""
        return any(bar.is_residual for bar in self.bars)

    def title(self, language: str) -> str:
        """Its title."""
        return self.title_zh if language == "zh" else self.title_en

    def alternative(self, language: str) -> str:
        """What somebody hears who cannot see the picture."""
        values = "；".join(
            f"{bar.label(language).replace('；', '，')} {bar.number(language)}{bar.marks}"
            for bar in self.bars
        )
        return f"{self.title(language)}：{values}"


def draw(chart: Chart, width: float, height: float) -> bytes:
    """The chart as PNG, ``width`` by ``height`` points at 200 dpi.

    Only the renderer of vl-convert is used: the drawing is small, and starting the JavaScript of
    Vega for it would cost every release a second.
    """
    from vl_convert import svg_to_png

    return bytes(svg_to_png(svg(chart, width, height), ppi=DPI))


def svg(chart: Chart, width: float, height: float) -> str:
    """The chart as SVG; sizes are in points. Bars lie, each in the middle of its row."""
    shapes = "".join(_bars(chart.bars, width, height))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}" '
        f'viewBox="0 0 {_n(width)} {_n(height)}">'
        '<defs><pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="4" height="4" fill="#E6E6E6"/>'
        f'<line x1="0" y1="0" x2="0" y2="4" stroke="{_GREY}" stroke-width="2"/></pattern></defs>'
        f'<rect width="{_n(width)}" height="{_n(height)}" fill="#FFFFFF"/>{shapes}</svg>'
    )


def _bars(bars: Sequence[Bar], width: float, height: float) -> Iterator[str]:
    values = [float(bar.value) for bar in bars if bar.value is not None]
    low, high = min(0.0, *values), max(0.0, *values)
    scale = (width - 2 * _ARROW_ROOM) / ((high - low) or 1.0)
    zero = (_ARROW_ROOM if low < 0 else 1.0) - low * scale
    step = height / len(bars)
    thick = min(step * 0.56, 13)
    for place, bar in enumerate(bars):
        if bar.value is None:
            continue
        middle = step * (place + 0.5)
        length = float(bar.value) * scale
        end = zero + length
        yield (
            f'<rect x="{_n(min(zero, end))}" y="{_n(middle - thick / 2)}" '
            f'width="{_n(max(abs(length), 0.8))}" height="{_n(thick)}" fill="{_fill(bar)}"/>'
        )
        direction = _direction(bar)
        if direction:
            yield _arrow(end, middle, direction, thick)
    yield (
        f'<line x1="{_n(zero)}" y1="2" x2="{_n(zero)}" y2="{_n(height - 2)}" '
        f'stroke="{_INK}" stroke-width="0.8"/>'
    )


def _direction(bar: Bar) -> int:
    """Where a bounded value lies: above, below, or neither."""
    bound = bound_of(bar.qualifier)
    return 0 if bound is None else -(bound.rounding or 0)


def _fill(bar: Bar) -> str:
    if bar.is_residual:
        return "url(#hatch)"
    return "#4F7FAE" if sign(bar.qualifier) else _BLUE


def _arrow(x: float, y: float, direction: int, thick: float) -> str:
    """An arrow at the end of a bar: the value lies beyond it, or short of it."""
    half, long = min(thick / 2, 6), 9 * direction
    start = 1 if direction > 0 else -1
    points = [(x + start, y - half), (x + start, y + half), (x + start + long, y)]
    fill = "#C55A11" if direction > 0 else "#FFFFFF"
    path = " ".join(f"{_n(px)},{_n(py)}" for px, py in points)
    return f'<polygon points="{path}" fill="{fill}" stroke="#C55A11" stroke-width="0.6"/>'


def _n(value: float) -> str:
    """A length in the drawing: the same text on every machine."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
