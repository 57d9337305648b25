"""Charts of a brief: bars and columns as pictures, with arrows for bounds.

Belongs here: the drawing of a chart that is already chosen, as SVG and as PNG. Does not belong
here: which figures a chart shows (``brief_model``) and the charts of the site.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from html import escape
from pathlib import Path

from orchestration.bounds import bound_of, sign
from orchestration.publish.printed import decimal_text, text_width

DPI = 200
_FONTS = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, SimHei, sans-serif"
_FONT_NAMES = ("notosanscjk", "notoserifcjk", "notosanssc", "sourcehan", "wqy", "simhei",
               "simsun", "msyh", "pingfang", "droidsansfallback", "hiragino", "heiti")  # fmt: skip
_FONT_DIRS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts",
              "/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts")  # fmt: skip
_BLUE, _LIGHT, _GREY, _INK = "#1F4E79", "#9DB8D2", "#B0B0B0", "#222222"
_FONT, _SMALL = 8.5, 7.5


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


@dataclass(frozen=True)
class Chart:
    """A chart before it is drawn."""

    kind: str
    title_zh: str
    title_en: str
    bars: tuple[Bar, ...]

    @property
    def has_residual(self) -> bool:
        """Whether a bar stands for what is not itemised."""
        return any(bar.is_residual for bar in self.bars)

    @property
    def alternative(self) -> str:
        """What somebody hears who cannot see the picture."""
        values = "；".join(
            f"{bar.label_zh.replace('；', '，')} {bar.text}{bar.marks}" for bar in self.bars
        )
        return f"{self.title_zh}：{values}"


def draw(chart: Chart, width: float, height: float) -> bytes:
    """The chart as PNG, ``width`` by ``height`` points at 200 dpi.

    Only the renderer of vl-convert is used: the drawing is small, and starting the JavaScript of
    Vega for it would cost every release a second.
    """
    from vl_convert import svg_to_png

    return bytes(svg_to_png(svg(chart, width, height, in_chinese=has_chinese_font()), ppi=DPI))


@cache
def has_chinese_font() -> bool:
    """Whether this machine can draw Chinese; where not, labels are English, never boxes."""
    return any(
        name in path.name.lower().replace("-", "").replace("_", "")
        for folder in _FONT_DIRS
        for path in Path(folder).expanduser().rglob("*.[tTo]t[fcFC]")
        for name in _FONT_NAMES
    )


def svg(chart: Chart, width: float, height: float, *, in_chinese: bool = True) -> str:
    """The chart as SVG; sizes are in points."""
    body = _bars if chart.kind == "bars" else _columns
    shapes = "".join(body(chart.bars, width, height, in_chinese))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}" '
        f'viewBox="0 0 {_n(width)} {_n(height)}" font-family="{_FONTS}">'
        '<defs><pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="4" height="4" fill="#E6E6E6"/>'
        f'<line x1="0" y1="0" x2="0" y2="4" stroke="{_GREY}" stroke-width="2"/></pattern></defs>'
        f'<rect width="{_n(width)}" height="{_n(height)}" fill="#FFFFFF"/>{shapes}</svg>'
    )


def _bars(
    bars: Sequence[Bar], width: float, height: float, in_chinese: bool
) -> Iterator[str]:  # fmt: skip
    left = width * 0.4
    values = [float(bar.value) for bar in bars if bar.value is not None]
    low, high = min(0.0, *values), max(0.0, *values)
    sides = 2 if low < 0 else 1
    widest = max(text_width(bar.text + bar.marks) for bar in bars) * 0.52
    # Many digits are set smaller, so that the bars keep a part of the width.
    size = min(_FONT, ((width - left) * 0.75 / sides - 14) / widest)
    longest = widest * size + 14
    room = width - left - longest * sides
    scale = room / ((high - low) or 1.0)
    zero = left + (longest if low < 0 else 0) - low * scale
    step = height / len(bars)
    thick = min(step * 0.56, 15)
    for place, bar in enumerate(bars):
        middle = step * (place + 0.5)
        yield from _label(bar.label_zh if in_chinese else bar.label_en, left - 6, middle, left - 8)
        if bar.value is None:
            continue
        length = float(bar.value) * scale
        end = zero + length
        yield (
            f'<rect x="{_n(min(zero, end))}" y="{_n(middle - thick / 2)}" '
            f'width="{_n(max(abs(length), 0.8))}" height="{_n(thick)}" fill="{_fill(bar)}"/>'
        )
        direction = _direction(bar)
        away = 1 if length >= 0 else -1
        if direction:
            yield _arrow(end, middle, direction, thick)
        gap = 12 if direction == away else 4
        yield _text(bar.text if in_chinese else _ascii(bar), end + gap * away, middle + 3,
                    size, "start" if away > 0 else "end", marks=bar.marks)  # fmt: skip
    yield (
        f'<line x1="{_n(zero)}" y1="2" x2="{_n(zero)}" y2="{_n(height - 2)}" '
        f'stroke="{_INK}" stroke-width="0.8"/>'
    )


def _columns(
    bars: Sequence[Bar], width: float, height: float, in_chinese: bool
) -> Iterator[str]:  # fmt: skip
    values = [float(bar.value) for bar in bars if bar.value is not None]
    low, high = min(0.0, *values), max(0.0, *values)
    top, bottom = 24.0, 16.0
    scale = (height - top - bottom) / ((high - low) or 1.0)
    base = height - bottom + low * scale
    step = width / len(bars)
    thick = min(step * 0.5, 30)
    for place, bar in enumerate(bars):
        middle = step * (place + 0.5)
        label = bar.label_zh if in_chinese else bar.label_en
        size = min(_FONT, step / max(text_width(label) * 0.52, 1))
        yield _text(label, middle, height - 4, size, "middle")
        if bar.value is None:
            yield _text("缺" if in_chinese else "n/a", middle, base - 4, _FONT, "middle", _GREY)
            continue
        tall = float(bar.value) * scale
        yield (
            f'<rect x="{_n(middle - thick / 2)}" y="{_n(min(base - tall, base))}" '
            f'width="{_n(thick)}" height="{_n(max(abs(tall), 0.8))}" fill="{_fill(bar)}"/>'
        )
        direction = _direction(bar)
        if direction:
            yield _arrow(middle, base - tall, direction, thick, is_upright=True)
        gap = 13 if direction > 0 and tall >= 0 else 4
        size = min(_FONT, step / max(text_width(bar.text) * 0.52, 1))
        yield _text(bar.text if in_chinese else _ascii(bar), middle,
                    base - max(tall, 0) - gap, size, "middle", marks=bar.marks)  # fmt: skip
    yield (
        f'<line x1="2" y1="{_n(base)}" x2="{_n(width - 2)}" y2="{_n(base)}" '
        f'stroke="{_INK}" stroke-width="0.8"/>'
    )


def _label(text: str, right: float, middle: float, room: float) -> Iterator[str]:
    """A label in one line, or in two smaller ones; what is longer still ends with …"""
    if text_width(text) * _FONT * 0.5 <= room:
        yield _text(text, right, middle + 3, _FONT, "end")
        return
    most = int(room / (_SMALL * 0.5))
    first = _head(text, most)
    rest = text[len(first) :].strip()
    second = rest if text_width(rest) <= most else _head(rest, most - 2) + "…"
    if not second:
        yield _text(first, right, middle + 3, _SMALL, "end")
        return
    yield _text(first.strip(), right, middle - 1.2, _SMALL, "end")
    yield _text(second, right, middle + 7.3, _SMALL, "end")


def _head(text: str, width: int) -> str:
    """The beginning of a text; English is cut between words where it has any."""
    taken = 0
    for place, char in enumerate(text):
        taken += text_width(char)
        if taken > width:
            head = text[:place]
            space = head.rfind(" ")
            return head[: space + 1] if text.isascii() and space > 0 else head
    return text


def _text(
    text: str, x: float, y: float, size: float, anchor: str, fill: str = _INK, marks: str = ""
) -> str:
    raised = (
        f'<tspan baseline-shift="super" font-size="{_n(size * 0.75)}">'
        f"{escape(marks, quote=False)}</tspan>"
        if marks
        else ""
    )
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" text-anchor="{anchor}" '
        f'fill="{fill}">{escape(text, quote=False)}{raised}</text>'
    )


def _direction(bar: Bar) -> int:
    """Where a bounded value lies: above, below, or neither."""
    bound = bound_of(bar.qualifier)
    return 0 if bound is None else -(bound.rounding or 0)


def _fill(bar: Bar) -> str:
    if bar.is_residual:
        return "url(#hatch)"
    return "#4F7FAE" if sign(bar.qualifier) else _BLUE


def _arrow(x: float, y: float, direction: int, thick: float, *, is_upright: bool = False) -> str:
    """An arrow at the end of a bar: the value lies beyond it, or short of it."""
    half, long = min(thick / 2, 6), 9 * direction
    start = 1 if direction > 0 else -1
    if is_upright:
        points = [(x - half, y - start), (x + half, y - start), (x, y - start - long)]
    else:
        points = [(x + start, y - half), (x + start, y + half), (x + start + long, y)]
    fill = "#C55A11" if direction > 0 else "#FFFFFF"
    path = " ".join(f"{_n(px)},{_n(py)}" for px, py in points)
    return f'<polygon points="{path}" fill="{fill}" stroke="#C55A11" stroke-width="0.6"/>'


def _ascii(bar: Bar) -> str:
    """Without a Chinese character: 超1000 is >1000, 前10 is ≤10."""
    return bar.text if bar.value is None else f"{sign(bar.qualifier, 1)}{decimal_text(bar.value)}"


def _n(value: float) -> str:
    """A length in the drawing: the same text on every machine."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
