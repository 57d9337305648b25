"""Charts of themes: which figures they show, and how they are drawn by Vega-Lite.

Belongs here: choosing rows of marts for a chart, its specification, and rendering it once to SVG.
Does not belong here: pages. The charts of single indicators are drawn by the reader's browser from
the indicator's data file: rendering hundreds here would cost a run a minute.

A chart is laid out by positions alone (fixed padding, no axis that measures text), and its texts
are put in afterwards: so its bytes do not depend on the fonts of the machine, and one rendering
serves both languages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from orchestration.bounds import bound_of, sign
from orchestration.publish.site.markup import (
    GAPS,
    MARKS,
    Units,
    file_name,
    number_text,
    safe,
    status_marks,
    thousands,
)
from orchestration.publish.site.model import Reader, Row, Site, flags_of
from orchestration.publish.tables import literal, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

WIDTH, ROW, BAR = 400, 48, 13
MOST_BARS = 14
CHARTS_OF_THEME = 3
_LINE_HEIGHT = 190
_INK, _QUIET, _GRID = "#1d2430", "#545e6c", "#d5dae1"
COLOURS = {
    "own": "#1f5c99",
    "other": "#a9b7c6",
    "total": "#1d2430",
    "residual": "url(#hatch)",
    "warn": "#7d5200",
}
_FONT = "Noto Sans CJK SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, system-ui, sans-serif"
_HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="6" height="6" fill="#eef1f4"/>'
    f'<line x1="0" y1="0" x2="0" y2="6" stroke="{_QUIET}" stroke-width="2"/></pattern></defs>'
)


@dataclass(frozen=True)
class Bar:
    """One figure in a chart.

    Attributes:
        style: ``own``, ``other``, ``total``, ``residual`` or ``warn``.
        status: The status of its figure, where it is not as usual.
        target: Where a bullet chart has its mark.
        remark: What stands behind the figure.
        of: The observation that it is; of what is computed, those that it follows from.
        says: How it follows from them (``site.words``); empty where it is one.
        is_broken: Whether the series counts something else than at the bar before: no line.
    """

    label: tuple[str, str]
    value: Decimal | None
    unit: str
    qualifier: str | None = None
    style: str = "own"
    target: Decimal | None = None
    target_qualifier: str | None = None
    remark: tuple[str, str] = ("", "")
    is_simulated: bool = False
    status: str = ""
    is_inferred: bool = False
    of: str | None = None
    says: str = ""
    is_broken: bool = False


@dataclass(frozen=True)
class Chart:
    """A chart of a theme page.

    Attributes:
        kind: ``bars`` (parts, ranking), ``bullet`` (on a track up to ``full``) or ``line``.
        full: Where the track of a bullet chart ends.
        order: ``descending`` where the place of a bar says that none below it is longer.
    """

    id: str
    theme: str
    title: tuple[str, str]
    bars: tuple[Bar, ...]
    kind: str = "bars"
    note: tuple[str, str] = ("", "")
    full: Decimal | None = None
    order: str = ""

    @property
    def is_simulated(self) -> bool:
        """Whether any figure in it is simulated."""
        return any(bar.is_simulated for bar in self.bars)


@dataclass(frozen=True)
class Drawn:
    """A chart as it is shown and kept.

    Attributes:
        inline: SVG for the page, with every text in both languages.
        zh: A file of its own, in Chinese.
        en: The same in English.
    """

    chart: Chart
    inline: str
    zh: str
    en: str


def draw(charts: Sequence[Chart], units: Units) -> list[Drawn]:
    """Render charts; Vega-Lite's engine starts once, and only where there is something to draw."""
    if not charts:
        return []
    import vl_convert

    return [_draw(chart, units, vl_convert.vegalite_to_svg(_spec(chart))) for chart in charts]


def _draw(chart: Chart, units: Units, svg: str) -> Drawn:
    texts = _texts(chart, units)
    body = svg[svg.index(">") + 1 :]
    view = re.search(r'viewBox="([^"]+)"', svg)
    box = view[1] if view else f"0 0 {WIDTH} {ROW}"
    # Vega draws a white ground and a frame; the page has its own.
    body = re.sub(r'^<rect [^>]*fill="white"/>', "", body)
    body = re.sub(r' aria-[a-z]+="[^"]*"| role="[^"]*"| class="[^"]*"', "", body)
    # The pattern's name must be one of its own where several charts stand on a page.
    hatch = f"hatch-{chart.id}"
    defs = _HATCH.replace('id="hatch"', f'id="{hatch}"') if "url(#hatch)" in body else ""
    body = defs + body.replace("url(#hatch)", f"url(#{hatch})")

    def put(language: int) -> str:
        return _TOKEN.sub(lambda found: texts[int(found[1])][language], body)

    head = '<svg xmlns="http://www.w3.org/2000/svg"'
    files = [
        f'{head} viewBox="{_taller(box)}" font-family="{_FONT}"><title>{safe(title)}</title>'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="0" y="20" font-size="16" font-weight="700" fill="{_INK}">{safe(title)}</text>'
        f'<g transform="translate(0,{_TITLE})">{put(language)}\n'
        for language, title in enumerate(chart.title)
    ]
    zh, en = (f"{_closed(text)}\n" for text in files)
    return Drawn(chart, f'{head} viewBox="{box}" aria-hidden="true">{put(2)}', zh, en)


_TITLE = 34
_TOKEN = re.compile(r"QT([0-9]+)Z")


def _taller(box: str) -> str:
    x, y, width, height = box.split()
    return f"{x} {y} {width} {int(float(height)) + _TITLE}"


def _closed(text: str) -> str:
    return text.rstrip().removesuffix("</svg>") + "</g></svg>"


def _texts(chart: Chart, units: Units) -> list[tuple[str, str, str]]:
    """The texts of a chart by number: Chinese, English, and both for the page."""
    found = []
    for bar in chart.bars:
        zh, en = bar.label
        found.append((safe(zh), safe(en), _spans(safe(zh), safe(en))))
        values = [_value_text(bar, units, language) for language in (0, 1)]
        found.append((values[0], values[1], _value_spans(bar, units, values)))
    return found


def _spans(zh: str, en: str) -> str:
    return zh if zh == en else f'<tspan lang="zh">{zh}</tspan><tspan lang="en">{en}</tspan>'


def _value_text(bar: Bar, units: Units, language: int) -> str:
    if bar.value is None:
        return safe(GAPS["none"][language])
    unit = units.en(bar.unit) if language else bar.unit
    text = thousands(number_text(bar.value))
    parts = [_sign(bar.qualifier, language), safe(text), _unit(unit), _remark(bar, language)]
    return "".join(parts)


def _remark(bar: Bar, language: int) -> str:
    marks = [MARKS[mark][language] for mark in status_marks(bar.status)]
    marks += [MARKS["inferred"][language]] * bar.is_inferred
    marks += [MARKS["simulated"][language]] * bar.is_simulated
    remark = bar.remark[language]
    return "".join(f" {safe(text)}" for text in [*marks, *([remark] if remark else [])])


def _side(bar: Bar) -> int:
    """Where the true figure lies beyond the bar's end: 1 above, -1 below, 0 neither or not said."""
    bound = bound_of(bar.qualifier)
    return 0 if bound is None else -(bound.rounding or 0)


def _is_about(bar: Bar) -> bool:
    bound = bound_of(bar.qualifier)
    return bound is not None and bound.is_about


def _sign(qualifier: str | None, language: int) -> str:
    return safe(sign(qualifier, language))


def _unit(unit: str) -> str:
    if unit in ("", "1"):
        return ""
    return safe(unit if unit in ("%", "‰", "‱") else f" {unit}")


def _value_spans(bar: Bar, units: Units, values: Sequence[str]) -> str:
    """A figure whose number and unit the page's switch for 万 and 亿 can find."""
    if bar.value is None or bar.unit not in units.scales:
        return _spans(values[0], values[1])
    text = number_text(bar.value)
    sign = _spans(_sign(bar.qualifier, 0), _sign(bar.qualifier, 1)) if bar.qualifier else ""
    unit = _spans(safe(bar.unit), safe(units.en(bar.unit)))
    return (
        f'<tspan class="fig" data-u="{safe(bar.unit)}">{sign}'
        f'<tspan class="n" data-v="{safe(text)}">{safe(thousands(text))}</tspan> '
        f'<tspan class="u">{unit}</tspan></tspan>{_spans(_remark(bar, 0), _remark(bar, 1))}'
    )


# --- specifications ----------------------------------------------------------------------------


def _spec(chart: Chart) -> str:
    """The Vega-Lite specification; texts are numbers that are replaced when it is drawn."""
    spec = _line(chart) if chart.kind == "line" else _bars(chart)
    spec |= {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "autosize": {"type": "none"},
        "config": {
            "aria": False,
            "font": _FONT,
            "view": {"stroke": None},
            "text": {"font": _FONT, "fontSize": 15, "fill": _INK, "baseline": "alphabetic"},
        },
    }
    return json.dumps(spec)


def _bars(chart: Chart) -> dict[str, Any]:
    """Name and figure above, the bar below: long names and wide figures both find room."""
    values = [float(bar.value) for bar in chart.bars if bar.value is not None]
    targets = [float(bar.target) for bar in chart.bars if bar.target is not None]
    full = [float(chart.full)] if chart.full is not None else []
    low, high = min([0.0, *values]), max([*values, *targets, *full, 0.0]) or 1.0
    # Room for an arrow's head behind the longest bar.
    room = 1.04 if any(_side(bar) > 0 for bar in chart.bars) else 1.0
    data = [
        {
            "i": place,
            "label": f"QT{2 * place}Z",
            "text": f"QT{2 * place + 1}Z",
            "v": float(bar.value) if bar.value is not None else None,
            "fill": COLOURS[bar.style],
            "bold": bar.style in ("own", "total"),
            "up": _side(bar) > 0,
            "down": _side(bar) < 0,
            "about": _is_about(bar),
            "t": float(bar.target) if bar.target is not None else None,
            "full": full[0] if full else None,
        }
        for place, bar in enumerate(chart.bars)
    ]
    y = {"field": "i", "type": "ordinal", "axis": None, "scale": {"padding": 0}}
    x = {
        "field": "v",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [low * room, high * room], "nice": False, "zero": False},
    }
    fill = {"field": "fill", "type": "nominal", "scale": None}

    def layer(mark: dict[str, Any], test: str = "", **encoding: Any) -> dict[str, Any]:
        shift = [{"filter": test}] if test else []
        return {"transform": shift, "mark": mark, "encoding": {"y": y, **encoding}}

    bar = {"type": "bar", "height": BAR, "yOffset": 10}
    name = {"type": "text", "align": "left", "x": 0, "dy": -5}
    text = {"type": "text", "align": "right", "x": WIDTH, "dy": -5}
    head = {"type": "point", "filled": True, "size": 330, "yOffset": 10, "opacity": 1}
    layers = []
    if full:
        track = {**x, "field": "full"}
        layers.append(layer({**bar, "fill": "#eef1f4"}, "datum.full !== null", x=track))
    layers += [
        layer(bar, "datum.v !== null", x=x, fill=fill),
        layer({**head, "shape": "triangle-right"}, "datum.up", x=x, fill=fill),
        layer({**head, "shape": "triangle-left"}, "datum.down", x=x, fill=fill),
        layer(
            {**head, "shape": "diamond", "fill": "#fff", "stroke": _INK, "strokeWidth": 1.5},
            "datum.about",
            x=x,
        ),
        layer(
            {"type": "tick", "size": 24, "thickness": 3, "yOffset": 10, "color": _INK},
            "datum.t !== null",
            x={**x, "field": "t"},
        ),
        layer(name, text={"field": "label"}),
        layer({**text, "fontWeight": 600}, "datum.bold", text={"field": "text"}),
        layer(text, "!datum.bold", text={"field": "text"}),
    ]
    return {
        "width": WIDTH,
        "height": ROW * len(data),
        "padding": {"left": 1, "right": 1, "top": 0, "bottom": 4},
        "data": {"values": data},
        "layer": layers,
    }


def _named_points(years: Sequence[int], values: Sequence[Decimal]) -> tuple[set[int], set[int]]:
    """Points whose year is written below, and whose figure above: where texts have room.

    Both ends always; figures only of the largest and the smallest besides.
    """
    last = len(years) - 1
    room = _TEXT_WIDTH * max(1, years[-1] - years[0]) / (WIDTH - 90)

    def spaced(order: Sequence[int]) -> set[int]:
        found: set[int] = set()
        for place in order:
            if all(abs(years[place] - years[other]) >= room for other in found):
                found.add(place)
        return found

    by_value = sorted(range(len(values)), key=lambda place: values[place])
    ends = [last, 0]
    if last < _FEW_POINTS:
        return spaced([*ends, *range(1, last)]), spaced([*ends, *range(1, last)])
    return spaced([*ends, *range(last, 0, -1)]), spaced([*ends, by_value[-1], by_value[0]])


_TEXT_WIDTH = 56
"""So much room has a text below or above a point, in pixels."""
_FEW_POINTS = 6


def _line(chart: Chart) -> dict[str, Any]:
    """A series at its true years; a line joins neighbouring years, dashes cross a gap.

    Nothing crosses a break: a thin upright stands between what is not comparable.
    """
    years = [int(bar.label[0]) for bar in chart.bars]
    first, span = years[0], max(1, years[-1] - years[0])
    named = _named_points(years, [bar.value or Decimal(0) for bar in chart.bars])
    data: list[dict[str, Any]] = [
        {
            "x": (years[place] - first) / span,
            "label": f"QT{2 * place}Z" if place in named[0] else "",
            "text": f"QT{2 * place + 1}Z" if place in named[1] else "",
            "v": float(bar.value or 0),
            "open": bool(bar.status) or bar.qualifier not in (None, "exact"),
            "up": _side(bar) > 0,
        }
        for place, bar in enumerate(chart.bars)
    ]
    steps = [
        {
            "x": data[place]["x"], "v": data[place]["v"],
            "x2": data[place + 1]["x"], "v2": data[place + 1]["v"],
            "dash": [] if years[place + 1] - years[place] == 1 else [3, 4],
        }
        for place in range(len(data) - 1)
        if not chart.bars[place + 1].is_broken
    ]  # fmt: skip
    breaks = [
        {"x": (data[place]["x"] + data[place + 1]["x"]) / 2}
        for place in range(len(data) - 1)
        if chart.bars[place + 1].is_broken
    ]
    low, high = min(row["v"] for row in data), max(row["v"] for row in data)
    room = (high - low) * 0.15 or abs(high) * 0.1 or 1.0
    plain = {"type": "quantitative", "axis": None}
    x = {**plain, "field": "x", "scale": {"domain": [0, 1], "nice": False, "zero": False}}
    y = {
        **plain,
        "field": "v",
        "scale": {"domain": [low - room, high + room], "nice": False, "zero": False},
    }
    point = {"type": "point", "size": 70, "opacity": 1, "strokeWidth": 2}
    blue = COLOURS["own"]
    marks = [
        ("datum.open === false", {**point, "filled": True, "fill": blue}),
        ("datum.open", {**point, "filled": True, "fill": "#fff", "stroke": blue}),
        ("datum.up", {**point, "shape": "triangle-up", "filled": True, "fill": blue, "size": 60,
                      "yOffset": -11}),
    ]  # fmt: skip
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": [{}]},
            "mark": {"type": "rule", "stroke": _GRID},
            "encoding": {
                "x": {"value": -40},
                "x2": {"value": WIDTH - 50},
                "y": {"value": _LINE_HEIGHT},
            },
        }
    ]
    layers += [
        {
            "data": {"values": breaks},
            "mark": {"type": "rule", "stroke": _QUIET, "strokeWidth": 1, "strokeDash": [2, 3]},
            "encoding": {"x": x, "y": {"value": 0}, "y2": {"value": _LINE_HEIGHT}},
        }
    ] * bool(breaks)
    layers += [
        {
            "data": {"values": [step]},
            "mark": {
                "type": "rule",
                "stroke": blue,
                "strokeWidth": 1.5 if step["dash"] else 2.5,
                "strokeDash": step["dash"] or [1, 0],
            },
            "encoding": {"x": x, "y": y, "x2": {"field": "x2"}, "y2": {"field": "v2"}},
        }
        for step in steps
    ]
    layers += [
        {"transform": [{"filter": test}], "mark": mark, "encoding": {"x": x, "y": y}}
        for test, mark in marks
        if test != "datum.up" or any(row["up"] for row in data)
    ]
    layers += [
        {
            "mark": {"type": "text", "dy": -19, "fontWeight": 600, "fontSize": 14},
            "encoding": {"x": x, "y": y, "text": {"field": "text"}},
        },
        {
            "mark": {"type": "text", "fill": _QUIET, "fontSize": 13},
            "encoding": {"x": x, "y": {"value": _LINE_HEIGHT + 20}, "text": {"field": "label"}},
        },
    ]
    return {
        "width": WIDTH - 90,
        "height": _LINE_HEIGHT,
        "padding": {"left": 45, "right": 45, "top": 28, "bottom": 30},
        "data": {"values": data},
        "layer": layers,
    }


# --- which charts ------------------------------------------------------------------------------


def choose(reader: Reader, site: Site, units: Units) -> list[Chart]:
    """The charts that the marts of this release have figures for."""
    found: list[Chart] = []
    for select in _CHOICES:
        found += select(_Marts(reader, site, units))
    found = [chart for chart in found if len(chart.bars) > 1]
    found = [
        chart
        for place, chart in enumerate(found)
        if sum(other.theme == chart.theme for other in found[:place]) < CHARTS_OF_THEME
    ]
    ids = [{"observation_id": bar.of} for chart in found for bar in chart.bars if not bar.says]
    flags = flags_of(reader, ids)
    return [_flagged(chart, flags) for chart in found]


def _flagged(chart: Chart, flags: Mapping[str, Row]) -> Chart:
    """A chart whose bars bear the status of their figures."""
    bars = []
    for bar in chart.bars:
        own = flags.get(bar.of or "", {})
        status = own.get("obs_status") or ""
        bars.append(
            replace(
                bar,
                status="" if status == "A" else status,
                is_inferred=bool(own.get("is_period_inferred")),
                is_simulated=bar.is_simulated or bool(own.get("is_simulated")),
            )
        )
    return replace(chart, bars=tuple(bars))


class _Marts:
    """Rows of marts for the district; none where a mart or a column is not there."""

    def __init__(self, reader: Reader, site: Site, units: Units) -> None:
        self.reader, self.site, self.units = reader, site, units
        self.con: DuckDBPyConnection = reader.con
        self.district = str(site.release.get("district_code") or "")

    def rows(self, table: str, columns: str, where: str, order: str) -> list[Row]:
        """Named columns of a mart's rows for the district."""
        known = self.reader.tables.get(table)
        if known is None or not all(known.has(name) for name in columns.split()):
            return []
        names = ", ".join(f"t.{quote(name)}" for name in columns.split())
        return self.reader.rows(
            f"select {names} from {known.in_catalog(self.reader.catalog)} as t "
            f"where t.region_code = {literal(self.district)} and {where} order by {order}"
        )

    def period(self, code: str) -> tuple[str, str]:
        """What a period is called."""
        row = self.site.periods.get(code, {})
        return row.get("label_zh") or code, row.get("label_en") or code


def _last(rows: Iterable[Row], at_least: int = 2) -> list[Row]:
    """The rows of the newest period that has enough of them."""
    by_period: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_period.setdefault((str(row["period_end"]), row["period"]), []).append(row)
    enough = [key for key, own in by_period.items() if len(own) >= at_least]
    return by_period[max(enough)] if enough else []


def _named(row: Row, base: str = "item") -> tuple[str, str]:
    zh = row[f"{base}_name_zh"] or ""
    return zh, row[f"{base}_name_en"] or zh


def _titled(marts: _Marts, row: Row, zh: str, en: str) -> tuple[str, str]:
    label = marts.period(row["period"])
    return f"{zh}，{label[0]}", f"{en}, {label[1]}"


def _investment(marts: _Marts) -> list[Chart]:
    rows = marts.rows(
        "investment.fixed_asset_investment",
        "item item_name_zh item_name_en period period_end share_printed share_printed_qualifier "
        "share_computed residual_share is_simulated share_observation_id "
        "investment_observation_id total_observation_id",
        "coalesce(t.share_printed, t.share_computed, t.residual_share) is not null",
        "t.period_end desc, coalesce(t.share_printed, t.share_computed) desc nulls last, t.item",
    )
    bars: list[Bar] = []
    last = _last(rows)
    for row in sorted(last, key=lambda row: row["item"] == "_residual"):
        is_rest = row["item"] == "_residual"
        is_own = row["share_printed"] is None and not is_rest
        value = row["residual_share"] if is_rest else row["share_printed"]
        bars.append(
            Bar(
                _named(row),
                row["share_computed"] if is_own else value,
                "%",
                None if is_own or is_rest else row["share_printed_qualifier"],
                "residual" if is_rest else "own",
                remark=("（计算）", "(computed)") if is_own else ("", ""),
                is_simulated=bool(row["is_simulated"]),
                of=" ".join(bar.of or "" for bar in bars) if is_rest
                else f"{row['investment_observation_id']}/{row['total_observation_id']}" if is_own
                else row["share_observation_id"],
                says="rest" if is_rest else "share" if is_own else "",
            )
        )  # fmt: skip
    if not last:
        return _funnel(marts)
    structure = Chart(
        "investment-structure",
        "investment",
        _titled(marts, last[0], "固定资产投资构成", "Structure of investment"),
        tuple(bars),
        "bullet",
        (
            "所印比重；斜纹为未单列部分：合计减去各项，没有项目说明它。",
            "Shares as printed; the hatched bar is what no item explains.",
        ),
        Decimal(100),
    )
    return [structure, *_funnel(marts)]


def _funnel(marts: _Marts) -> list[Chart]:
    rows = marts.rows(
        "investment.project_pipeline",
        "programme programme_name_zh programme_name_en stage_name_zh stage_name_en stage_sort "
        "period period_end rate_printed rate_of rate_observation_id is_simulated",
        "t.rate_printed is not null",
        "t.period_end desc, t.programme, t.stage_sort",
    )
    programmes: dict[str, list[Row]] = {}
    for row in rows:
        # Rates of different wholes are no bars of one chart.
        programmes.setdefault(f"{row['programme']}/{row['rate_of']}", []).append(row)
    last = max((_last(own) for own in programmes.values()), key=len, default=[])
    if not last:
        return []
    name = _named(last[0], "programme")
    return [
        Chart(
            "investment-funnel",
            "investment",
            _titled(marts, last[0], f"{name[0]}：各阶段比率", f"{name[1]}: rate by stage"),
            tuple(
                Bar(_named(row, "stage"), row["rate_printed"], "%",
                    is_simulated=bool(row["is_simulated"]), of=row["rate_observation_id"])
                for row in last
            ),
            "bullet",
            ("各阶段比率按文件所印，分母相同。", "Rates of one whole, as printed."),
            Decimal(100),
        )
    ]  # fmt: skip


def _clusters(marts: _Marts) -> list[Chart]:
    columns = (
        "item item_name_zh item_name_en period period_end is_summable is_simulated basis_family "
    )
    outputs = marts.rows(
        "industry_clusters.cluster_performance",
        columns + "output output_unit output_qualifier output_observation_id",
        "t.output is not null and t.basis_family = 'outturn'",
        "t.period_end desc, t.output desc, t.item",
    )
    overlap = (
        "各类互有重叠，不可相加。箭头表示下限。",
        "Classes overlap and must not be added. An arrow ends a lower bound.",
    )
    return _simple(marts, outputs, "clusters-output", "industry_clusters", "output",
                   ("产业产值", "Output of industries"), overlap)  # fmt: skip


def _simple(
    marts: _Marts,
    rows: Sequence[Row],
    chart_id: str,
    theme: str,
    column: str,
    title: tuple[str, str],
    note: tuple[str, str] = ("", ""),
) -> list[Chart]:
    """Bars of one column in the newest period, of the unit that most rows have.

    Never of shares: rates of different wholes are no bars of one chart.
    """
    last = _last(rows)
    if not last:
        return []
    units = [row[f"{column}_unit"] for row in last]
    unit = max(sorted(set(units)), key=units.count)
    own = [row for row in last if row[f"{column}_unit"] == unit]
    return [
        Chart(
            chart_id,
            theme,
            _titled(marts, last[0], *title),
            tuple(
                Bar(_named(row), row[column], unit or "", row[f"{column}_qualifier"],
                    is_simulated=bool(row["is_simulated"]), of=row[f"{column}_observation_id"])
                for row in sorted(own, key=lambda row: -row[column])[:MOST_BARS]
            ),
            note=note,
            order="descending",
        )
    ]  # fmt: skip


def _consumption(marts: _Marts) -> list[Chart]:
    values = marts.rows(
        "consumption.retail_and_trade",
        "item item_name_zh item_name_en period period_end value value_unit value_qualifier "
        "value_observation_id is_simulated",
        "t.value is not null and t.basis_family = 'outturn' and t.period_kind = 'annual'",
        "t.period_end desc, t.value desc, t.item",
    )
    rates = marts.rows(
        "consumption.retail_and_trade",
        "item item_name_zh item_name_en period period_end cagr cagr_qualifier cagr_period "
        "cagr_price_basis cagr_observation_id is_simulated",
        "t.cagr is not null",
        "t.period_end desc, t.cagr desc, t.item",
    )
    for row in rates:
        row["cagr_unit"] = "%"
    # Growth over other years, or at other prices, is no bar beside it.
    kinds = [(row["cagr_period"], row["cagr_price_basis"]) for row in rates]
    most = max(kinds, key=kinds.count, default=None)
    rates = [row for row, kind in zip(rates, kinds, strict=True) if kind == most]
    return [
        *_simple(marts, values, "consumption-values", "consumption", "value",
                 ("商贸与外贸规模", "Trade and retail sales"),
                 ("各项口径不同，不可相加。", "Of different scopes: not to be added.")),
        *_simple(marts, rates, "consumption-growth", "consumption", "cagr",
                 ("年均增速", "Average annual growth"),
                 ("按文件所印的年均增速。", "Average annual growth as printed.")),
    ]  # fmt: skip


def _services(marts: _Marts) -> list[Chart]:
    spending = marts.rows(
        "public_services.social_spending",
        "item item_name_zh item_name_en period period_end is_total amount amount_unit "
        "amount_qualifier amount_observation_id is_simulated",
        "t.amount is not null and t.basis_family = 'outturn' and t.period_kind = 'annual'",
        "t.period_end desc, t.is_total desc, t.amount desc, t.item",
    )
    charts = _simple(
        marts, spending, "services-spending", "public_services", "amount",
        ("财政支出", "Public spending"),
        ("深色为合计。民生支出由多项组成，与单项重叠。",
         "Dark: the total. Spending on livelihood contains single items."),
    )  # fmt: skip
    totals = {_named(row)[0] for row in spending if row["is_total"]}
    return [
        replace(chart, bars=tuple(
            replace(bar, style="total") if bar.label[0] in totals else bar for bar in chart.bars
        ))
        for chart in charts
    ]  # fmt: skip


def _series(marts: _Marts) -> list[Chart]:
    """Lines only where there is a series: at least three years of one scope."""
    rows = marts.reader.rows(_SERIES.format(district=literal(marts.district)))
    by_code: dict[str, list[Row]] = {}
    for row in rows:
        by_code.setdefault(row["indicator_code"], []).append(row)
    order = {row["indicator_code"]: row["sort"] for row in marts.site.scorecard}
    known = marts.reader.rows("from qt_break order by begins_on, break_no")
    charts: list[Chart] = []
    for code in sorted(by_code, key=lambda code: (order.get(code, 10_000), code))[:4]:
        own = by_code[code][-8:]
        if len(own) < _SERIES_LENGTH:
            continue
        unit = own[-1]["unit"] or ""
        named = (own[0]["indicator_name_zh"], own[0]["indicator_name_en"])
        broken = _broken(own, known, marts.district)
        told = [row for rows in broken for row in rows]
        charts.append(
            Chart(
                f"series-{file_name(code)}",
                "profile",
                (f"{named[0]}（{unit}）", f"{named[1]} ({marts.units.en(unit)})"),
                tuple(
                    Bar((row["period"][:4], row["period"][:4]), row["value"], "",
                        row["qualifier"], is_simulated=bool(row["is_simulated"]),
                        of=row["observation_id"], is_broken=bool(rows))
                    for row, rows in zip(own, broken, strict=True)
                ),
                "line",
                ("空心点为初步数、估计数或界限，箭头表示“超”；虚线跨过没有数字的年份。纵轴不从零起。"
                 + "".join(f"竖线处不连线（自{row['since']}起）：{row['note_zh']}。"
                           for row in told),
                 "Hollow: provisional, estimated or a bound; dashes cross years without a figure. "
                 "The axis does not start at zero."
                 + "".join(f" No line at the upright, from {row['since']} on: {row['note_en']}."
                           for row in told)),
            )
        )  # fmt: skip
    return charts


def _broken(own: Sequence[Row], known: Sequence[Row], district: str) -> list[list[Row]]:
    """To each figure of a series the breaks since the one before."""
    theirs = [
        row
        for row in known
        if row["indicator_code"] in (None, own[0]["indicator_code"])
        and row["region_code"] in (None, district)
    ]
    before = [None, *(row["period_end"] for row in own)]
    return [
        [
            row
            for row in theirs
            if end is not None and end < row["begins_on"] <= figure["period_end"]
        ]
        for end, figure in zip(before, own, strict=False)
    ]


_SERIES_LENGTH = 3
_SERIES = """
select
    o.indicator_code, o.indicator_name_zh, o.indicator_name_en, o.period, o.period_end, o.value,
    o.unit, o.qualifier, o.obs_status, o.is_simulated, o.observation_id
from qt_observation as o
inner join qt_scorecard as s on o.indicator_code = s.indicator_code
    and o.scope is not distinct from s.scope and o.period_kind is not distinct from s.period_kind
    and o.unit is not distinct from s.unit
where
    o.region_code = {district} and o.known_to is null and coalesce(o.is_headline, true)
    and o.value is not null and o.conf_status is distinct from 'C'
    and o.conf_status is distinct from 'N' and o.period_kind in ('annual', 'point')
    and coalesce(o.breakdown, '_T') = '_T'
    and coalesce(o.figure_kind = 'outturn', o.basis not like 'target%')
    and coalesce(o.subject, '_T') = '_T' and coalesce(o.locality, '_T') = '_T'
qualify row_number() over (
    partition by o.indicator_code, year(o.period_end) order by o.period_end desc, o.observation_id
) = 1
order by o.indicator_code, o.period_end
"""


def _peers(marts: _Marts) -> list[Chart]:
    concepts: dict[str, list[Row]] = {}
    for row in marts.site.benchmark:
        if row["peer_kind"] == "sister":
            concepts.setdefault(row["concept_code"], []).append(row)
    charts: list[Chart] = []
    own_zh = marts.site.release.get("district_name_zh") or marts.district
    own_en = marts.site.release.get("district_name_en") or own_zh
    for code, rows in concepts.items():
        if len(rows) < _PEERS or len(charts) == _PEER_CHARTS:
            continue
        unit = rows[0]["unit"] or ""
        bars = [
            Bar(_region(marts, row), row["value"], unit, row["qualifier"], "other",
                is_simulated=bool(row["is_simulated"]), of=row["value_observation_id"])
            for row in rows
        ]  # fmt: skip
        bars.append(Bar((own_zh, own_en), rows[0]["own_value"], unit, rows[0]["own_qualifier"],
                        of=rows[0]["own_observation_id"]))  # fmt: skip
        bars.sort(key=lambda bar: (-(bar.value or 0), bar.label))
        charts.append(
            Chart(
                f"peers-{file_name(code)}",
                "peers",
                _titled(marts, rows[0], rows[0]["concept_name_zh"],
                        rows[0]["concept_name_en"] or code),
                tuple(bars[:MOST_BARS]),
                "bars",
                (f"深蓝为{own_zh}；只列有数字的地区。",
                 f"Dark blue: {own_en}; regions without a figure are left out."),
                order="descending",
            )
        )  # fmt: skip
    return charts


_PEERS, _PEER_CHARTS = 3, 4


def _region(marts: _Marts, row: Row) -> tuple[str, str]:
    known = marts.site.regions.get(row["region_code"], {})
    zh = row["region_name_zh"] or known.get("region_name_zh") or row["region_code"]
    return zh, known.get("region_name_en") or zh


def _way(row: Row) -> str:
    """What a progress follows from: base, target and outturns; no base where the way has none.

    Outturns that add up stand with ``+`` between them, rates one upon the other with ``*``.
    """
    base = row["base_observation_id"] if row["target_kind"] == "level" else None
    sign = "*" if row["accumulate"] == "chain" else "+"
    outturns = str(row["outturn_observation_ids"] or "").replace(",", sign)
    return f"{base or '-'} {row['target_observation_id']} {outturns}"


def _assessed(row: Row) -> tuple[str, str]:
    """What the evaluation says of a progress, and by which threshold."""
    zh, en, threshold = row["assessment_name_zh"], row["assessment_name_en"], row["threshold_pct"]
    if threshold is None:
        return f"（{zh}）", f"({en})"
    number = number_text(threshold)
    return f"（{zh}，门槛 {number}%）", f"({en}; threshold {number}%)"


# Hatched is what nobody knows: no evaluation decides it.
_ASSESSED = {"on_track": "own", "expected_met": "own", "unassessable": "residual"}


def _plan(marts: _Marts) -> list[Chart]:
    charts: list[Chart] = []
    wholes = [
        row
        for row in marts.site.summary
        if row["whole_printed"] is not None
        and row["count_printed"] is not None
        and row["nature"] == "all"
    ]
    groups: dict[tuple[str, Decimal], list[Row]] = {}
    for row in wholes:
        groups.setdefault((row["period"], row["whole_printed"]), []).append(row)
    for place, ((_, whole), rows) in enumerate(groups.items()):
        charts.append(
            Chart(
                f"plan-assessment-{place + 1}",
                "plan",
                (f"{rows[0]['rule_name_zh']}：{number_text(whole)} 项中的结果",
                 f"{rows[0]['rule_name_en']}: of {number_text(whole)} indicators"),
                tuple(
                    Bar(_named(row), row["count_printed"], row["count_unit"] or "",
                        row["count_qualifier"],
                        _ASSESSED.get(row["item"], "warn"),
                        is_simulated=bool(row["is_simulated"]), of=row["count_observation_id"])
                    for row in sorted(rows, key=lambda row: -row["count_printed"])
                ),
                "bullet",
                ("浅色底为全部可计的指标数。", "The light track is the whole it counts among."),
                whole,
                "descending",
            )
        )  # fmt: skip
    progress = [row for row in marts.site.progress if row["progress_pct"] is not None]
    if progress:
        most = max(float(row["progress_pct"]) for row in progress)
        charts.append(
            Chart(
                "plan-progress",
                "plan",
                ("规划指标进度", "Progress of plan indicators"),
                tuple(
                    Bar((row["name_zh"], row["name_en"] or row["name_zh"]), row["progress_pct"],
                        "%", row["progress_qualifier"],
                        _ASSESSED.get(row["assessment"], "warn"),
                        row["threshold_pct"], is_simulated=bool(row["is_simulated"]),
                        of=_way(row), says="progress",
                        remark=_assessed(row))
                    for row in progress[:40]
                ),
                "bullet",
                ("竖线为门槛，浅色底止于 100%。", "Tick: the threshold. The track ends at 100 %."),
                Decimal(100) if most <= 100 else None,
            )
        )  # fmt: skip
    return charts


_CHOICES = (_series, _investment, _clusters, _consumption, _services, _plan, _peers)
