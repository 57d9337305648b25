"""What a one-page brief says: entries, sentences, charts and notes, chosen from the figures.

Belongs here: choosing and wording, pure: figures in, words out. Does not belong here: reading
the release (``figures``), drawing (``charts``) and Word (``brief``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from orchestration.bounds import BOUNDS, EXACT, sign
from orchestration.publish.paper.charts import Bar, Chart
from orchestration.publish.paper.figures import (
    MARKS,
    Figure,
    figure_cell,
    printed_unit,
)
from orchestration.publish.printed import (
    Words,
    decimal_text,
    text_width,
)

# A sentence, cut where a figure stands: plain text, or a text with the figure that it says.
Part = str | tuple[str, Figure]
Sentence = tuple[Part, ...]

NAME_WIDTH = 60
_FEWEST_BARS, _MOST_BARS = 3, 6
_LAST_MONTH = 12
_PRICES = {"comparable": "可比价", "constant": "不变价", "current": "现价"}
"""What is said of the prices of a growth: nothing where nobody says anything of them."""
_PRICES_EN = {
    "comparable": "at comparable prices",
    "constant": "at constant prices",
    "current": "at current prices",
}
_MEASURE_ORDER = ("level", "share_pct", "ratio", "count")


@dataclass(frozen=True)
class Entry:
    """A headline figure with the growth and the rank that belong to it."""

    figure: Figure
    growth: Figure | None = None
    rank: Figure | None = None

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All its figures."""
        return tuple(filter(None, (self.figure, self.growth, self.rank)))


@dataclass(frozen=True)
class Structure:
    """The parts of a total with what is not itemised, as a mart states them."""

    table: str
    title_zh: str
    title_en: str
    period_zh: str
    period_en: str
    parts: tuple[tuple[str, str, Decimal, str], ...]
    residual: tuple[Decimal, str] | None


@dataclass(frozen=True)
class Limits:
    """How much of everything one page has room for."""

    rows: int
    sentences: int
    sources: int
    chart_height: int
    name_width: int = NAME_WIDTH


@dataclass(frozen=True)
class Selection:
    """The figures of a brief, best first.

    Attributes:
        before: By the observation of a rank the rank before it, where a distance can be told.
    """

    entries: tuple[Entry, ...]
    ranks: tuple[Figure, ...]
    targets: tuple[Figure, ...]
    before: Mapping[str, Figure] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say."""
        return not (self.entries or self.ranks or self.targets)


# --- choosing ----------------------------------------------------------------------------------


def select(
    figures: Sequence[Figure],
    scorecard: Sequence[str],
    ranked: Mapping[str, str],
    words: Words,
) -> Selection:
    """Choose from the figures of one region.

    Args:
        figures: Those of a theme, or of all themes.
        scorecard: Codes of the leaders' sheet, in its order: they come first.
        ranked: The indicator of a rank to the indicator that it ranks.
        words: The words of code lists: things stand in the order of their list.
    """
    items = words.get("item", {})
    whole = [figure for figure in figures if figure.is_of_region]
    facts = [figure for figure in whole if figure.is_outturn]
    latest = _latest(facts)
    places = {code: place for place, code in enumerate(scorecard)}
    heads = [f for f in latest if not f.is_growth and not f.is_rank]
    ranks = [figure for figure in latest if figure.is_rank]
    growths: dict[tuple[str, str], list[Figure]] = {}
    for figure in facts:
        if figure.is_growth:
            growths.setdefault((figure.mart, figure.item), []).append(figure)
    entries = [
        _with_company(head, growths.get((head.mart, head.item), ()), ranks, ranked, words)
        for head in heads
    ]
    taken = {f.indicator_code for entry in entries for f in entry.figures}
    for growth in latest:
        if growth.is_growth and growth.indicator_code not in taken:
            rank = _rank_of(growth, ranks, ranked)
            entries.append(Entry(growth, None, rank))
    taken = {f.indicator_code for entry in entries for f in entry.figures}
    entries.sort(key=lambda entry: (
        places.get(entry.figure.indicator_code, len(places)),
        _weight(entry),
        -abs(entry.figure.value) if entry.figure.unit == "亿元" else Decimal(0),
        items[entry.figure.item].sort if entry.figure.item in items else 1 << 30,
        entry.figure.indicator_code,
    ))  # fmt: skip
    alone = [rank for rank in ranks if rank.indicator_code not in taken]
    alone.sort(key=lambda rank: (rank.qualifier != "exact", rank.value, rank.indicator_code))
    targets = _latest([figure for figure in whole if figure.is_target])
    targets.sort(key=lambda f: (f.unit not in ("%", "亿元"), f.period_end, f.indicator_code))
    return Selection(tuple(entries), tuple(alone), tuple(targets), _places_before(facts, ranks))


def _places_before(facts: Sequence[Figure], ranks: Sequence[Figure]) -> dict[str, Figure]:
    """The rank before each: of the same kind of period, and both without a bound.

    One of the first ten has no distance to another rank.
    """
    found: dict[str, Figure] = {}
    for rank in ranks:
        kind = (rank.indicator_code, rank.scope, rank.period_kind)
        earlier = [
            other
            for other in facts
            if (other.indicator_code, other.scope, other.period_kind) == kind
            and other.is_rank
            and other.period_end < rank.period_end
        ]
        last = max(earlier, key=lambda other: (other.period_end, other.period), default=None)
        if last is not None and last.qualifier == rank.qualifier == EXACT:
            found[rank.observation_id] = last
    return found


def _latest(figures: Iterable[Figure]) -> list[Figure]:
    """The newest figure of each indicator; a total over years says less than the year in it."""
    found: dict[str, Figure] = {}
    for figure in figures:
        held = found.get(figure.indicator_code)
        if held is None or _recency(figure) > _recency(held):
            found[figure.indicator_code] = figure
    return list(found.values())


def _recency(figure: Figure) -> tuple[bool, object, bool, str]:
    is_long = (figure.period_end - figure.period_start).days > 366
    return (not is_long, figure.period_end, figure.period_kind == "annual", figure.period)


def _with_company(
    head: Figure,
    growths: Sequence[Figure],
    ranks: Sequence[Figure],
    ranked: Mapping[str, str],
    words: Words,
) -> Entry:
    own = [figure for figure in growths if is_growth_of(figure, head, words)]
    own.sort(key=lambda f: (f.period != head.period, f.measure, f.indicator_code))
    return Entry(head, own[0] if own else None, _rank_of(head, ranks, ranked))


def is_growth_of(growth: Figure, head: Figure, words: Words) -> bool:
    """Whether growth reported for the same item is that of this figure, in its period."""
    role = words.get("role", {}).get(growth.role)
    return (
        head.measure in ("level", "count")
        and (role.maps_to if role else growth.role) == head.role
        and growth.scope in (head.scope, "same_frame")
        and (
            (growth.period == head.period)
            or (
                growth.measure == "cagr_pct"
                and head.period_start <= growth.period_end <= head.period_end
            )
        )
    )


def _rank_of(
    head: Figure, ranks: Sequence[Figure], ranked: Mapping[str, str]
) -> Figure | None:  # fmt: skip
    own = [rank for rank in ranks if ranked.get(rank.indicator_code) == head.indicator_code]
    return own[0] if own else None


def _weight(entry: Entry) -> int:
    figure = entry.figure
    if figure.is_growth:
        return 3
    if figure.measure == "level":
        return 0 if entry.growth else 1 if figure.unit == "亿元" else 2
    order = _MEASURE_ORDER
    return 3 + (order.index(figure.measure) if figure.measure in order else len(order))


def cut(text: str, width: int) -> str:
    """A name within a width in half-width characters."""
    if text_width(text) <= width:
        return text
    while text_width(text) > width - 2:
        text = text[:-1]
    return f"{text}…"


_FORMS = {
    1: ("月度", "monthly"),
    3: ("季度", "quarterly"),
    6: ("半年", "half-yearly"),
    12: ("年度", "yearly"),
}


def form_of(figures: Sequence[Figure]) -> tuple[str, str] | None:
    """Of what kind a brief is, by the newest of its outturns."""
    newest = max(
        (figure for figure in figures if figure.is_outturn),
        key=lambda figure: (figure.period_end, figure.period),
        default=None,
    )
    if newest is None:
        return None
    month = newest.period_end.month
    is_to_date = newest.period_kind == "point" or newest.period_start.month == 1
    length = {3: 3, 6: 6, 9: 3, 12: 12}.get(month, 1) if is_to_date else 1
    return _FORMS[12 if newest.period_kind == "annual" else length]


# --- charts ------------------------------------------------------------------------------------


def choose_charts(
    figures: Sequence[Figure], entries: Sequence[Entry], structures: Sequence[Structure],
    words: Words,
) -> list[Chart]:  # fmt: skip
    """Two charts at most, of different kinds; none where there is nothing to compare."""
    facts = [f for f in figures if f.is_outturn and f.is_of_region]
    order = {
        f.indicator_code: place
        for place, f in reversed(list(enumerate(f for e in entries for f in e.figures)))
    }
    facts.sort(key=lambda f: order.get(f.indicator_code, len(order)))
    candidates = [
        *(_structure_chart(structure) for structure in structures[:1]),
        _series_chart(facts, words),
        _group_chart(facts, words, lambda f: f.measure == "level" and f.unit != "%"),
        _group_chart(facts, words, lambda f: f.is_growth),
        _group_chart(facts, words, lambda f: f.measure == "count"),
    ]
    return [chart for chart in candidates if chart is not None][:2]


def _structure_chart(structure: Structure) -> Chart:
    bars = [Bar(zh, en, value, f"{sign(qualifier)}{decimal_text(value)}", qualifier)
            for zh, en, value, qualifier in structure.parts]  # fmt: skip
    if structure.residual is not None:
        value, qualifier = structure.residual
        text = f"{sign(qualifier)}{decimal_text(value)}"
        bars.append(Bar("未单列部分", "Not itemised", value, text, qualifier, is_residual=True))
    return Chart(
        f"{structure.title_zh}（%），{structure.period_zh}",
        f"{structure.title_en}, per cent, {structure.period_en}",
        tuple(bars),
    )


def _series_chart(facts: Sequence[Figure], words: Words) -> Chart | None:
    """The first indicator with three years of one kind.

    Columns are a year apart: a year without a figure is a gap, and no year is left out.
    """
    series: dict[tuple[str, str, str, str], list[Figure]] = {}
    for figure in facts:
        if figure.is_growth or figure.is_rank:
            continue
        if figure.period_kind == "annual" or (
            figure.period_kind == "point" and figure.period_end.month == _LAST_MONTH
        ):
            key = (figure.indicator_code, figure.period_kind, figure.scope, figure.unit)
            series.setdefault(key, []).append(figure)
    found = next((own for own in series.values() if len(own) >= _FEWEST_BARS), None)
    if found is None:
        return None
    found = sorted(found, key=lambda figure: figure.period_end)[-_MOST_BARS:]
    first = found[0]
    bars: list[Bar] = []
    for before, figure in zip([None, *found], found, strict=False):
        if before is not None:
            missing = range(before.period_end.year + 1, figure.period_end.year)
            bars += [Bar(str(year), str(year), None, "缺", None) for year in missing]
        bars.append(_bar(figure, words, figure.period_zh, figure.period))
    bars = bars[-_MOST_BARS - 2 :]
    while bars and bars[0].value is None:
        bars = bars[1:]
    if sum(bar.value is not None for bar in bars) < _FEWEST_BARS:
        return None
    unit, unit_en = printed_unit(first.unit), unit_name(first.unit, words)
    return Chart(
        f"{first.name_zh}（{unit}）" if unit else first.name_zh,
        f"{first.name_en} ({unit_en})" if unit_en else first.name_en,
        tuple(bars),
    )


def _group_chart(facts: Sequence[Figure], words: Words, wanted: object) -> Chart | None:
    """What can stand on one scale: one measure, unit, period and price basis."""
    assert callable(wanted)
    groups: dict[tuple[str, str, str, str], list[Figure]] = {}
    for figure in facts:
        if wanted(figure):
            key = (figure.measure, figure.unit, figure.period, figure.price_basis)
            groups.setdefault(key, []).append(figure)
    sized = [group for group in groups.values() if len(group) >= _FEWEST_BARS]
    if not sized:
        return None
    group = max(sized, key=lambda own: (min(len(own), _MOST_BARS), own[0].period_end))
    group = sorted(group[:_MOST_BARS], key=lambda figure: -figure.value)
    first = group[0]
    bars = tuple(_bar(f, words, _label(f, facts, words), f.name_en) for f in group)
    unit, unit_en = printed_unit(first.unit), unit_name(first.unit, words)
    kind_zh, kind_en = "主要指标", "Key figures"
    if first.is_growth:
        price = _PRICES.get(first.price_basis, "")
        price_en = _PRICES_EN.get(first.price_basis, "")
        is_average = first.measure == "cagr_pct"
        kind_zh = "年均增速" if is_average else "同比增速"
        kind_en = "Average annual growth" if is_average else "Growth on a year earlier"
        kind_zh += f"（{price}）" if price else ""
        kind_en += f", {price_en}" if price_en else ""
    return Chart(
        f"{kind_zh}（{unit}），{first.period_zh}",
        f"{kind_en} ({unit_en}), {first.period_en}" if unit_en else f"{kind_en}, {first.period_en}",
        bars,
    )


def _label(figure: Figure, facts: Sequence[Figure], words: Words) -> str:
    """Name of a bar. The caption says that it is growth: then the name of what grew says enough."""
    role = words.get("role", {}).get(figure.role)
    if not figure.is_growth or role is None:
        return figure.name_zh
    grew = (figure.mart, figure.item, role.maps_to)
    named = {f.name_zh for f in facts if not f.is_growth and (f.mart, f.item, f.role) == grew}
    return named.pop() if len(named) == 1 else figure.name_zh


def _bar(figure: Figure, words: Words, label_zh: str, label_en: str) -> Bar:
    return Bar(label_zh, label_en, figure.value, figure_cell(figure, words), figure.qualifier,
               figure.marks)  # fmt: skip


# --- notes -------------------------------------------------------------------------------------


def notes(
    used: Sequence[Figure],
    charts: Sequence[Chart],
    words: Words,
    language: str,
    *,
    is_cut: bool,
) -> list[str]:
    """What the reader has to know, only where it occurs."""
    found: list[tuple[str, str]] = []
    met = {figure.qualifier for figure in used if not figure.is_rank} - {EXACT}
    bounds = [bound for code, bound in BOUNDS.items() if code in met]
    if bounds:
        has_arrows = any(bound.is_lower or bound.is_upper for bound in bounds)
        found.append((
            "；".join(f"{b.sign[0]}：{b.name_zh}" for b in bounds) + "。"
            + ("界限不是准确值，图中以箭头表示。" if has_arrows else ""),
            "; ".join(f"{b.sign[1]}: {b.name_en}" for b in bounds) + "."
            + (" A bound is no exact value; charts show it with an arrow." if has_arrows else ""),
        ))  # fmt: skip
    marks = [mark for mark in MARKS if any(mark in figure.marks for figure in used)]
    if marks:
        found.append((
            "数字后的字母：" + "；".join(f"{mark} {MARKS[mark][0]}" for mark in marks) + "。",
            "Letters behind numbers: " + "; ".join(f"{m} {MARKS[m][1]}" for m in marks) + ".",
        ))  # fmt: skip
    found += _scopes(used, words)
    if any(figure.is_growth for figure in used):
        found.append((
            "增长率除注明“按已公布数计算”者外均为原文公布，未由总量推算；"
            "未注明价格口径者，原文没有说明或不适用。",
            "Growth is as published unless it is said to be computed from published levels; "
            "where prices are not named, the source names none.",
        ))  # fmt: skip
    if any(chart.has_residual for chart in charts):
        found.append(
            (
                "构成未单列部分为合计与各项公布比重之差。",
                "Not itemised: the total less the published shares.",
            )
        )
    if is_cut:
        found.append(("过长的名称以…截短，全称见数据库。", "Long names are cut (…)."))
    return [zh if language == "zh" else en for zh, en in found]


def _scopes(used: Sequence[Figure], words: Words) -> Iterable[tuple[str, str]]:
    """Whom a figure covers, where its document says so; 同口径 stands in the sentence itself."""
    scopes = words.get("scope", {})
    by_scope: dict[str, dict[str, str]] = {}
    for figure in used:
        if figure.scope not in ("not_stated", "same_frame", ""):
            by_scope.setdefault(figure.scope, {})[figure.name_zh] = figure.name_en
    for scope, names in sorted(by_scope.items()):
        word = scopes.get(scope)
        first = list(names.items())[:3]
        more = len(names) > len(first)
        yield (
            f"口径为{word.zh if word else scope}：{'、'.join(cut(zh, 40) for zh, _ in first)}"
            f"{'等' if more else ''}。",
            f"Scope {word.en if word else scope}: {'; '.join(cut(en, 60) for _, en in first)}"
            f"{' and others' if more else ''}.",
        )


def unit_name(unit: str, words: Words) -> str:
    """A unit in English; nothing for a pure number."""
    if unit in ("", "1"):
        return ""
    word = words.get("unit", {}).get(unit)
    return word.en if word else unit


def source_line(titles: Sequence[tuple[str, str]], limit: int, language: str) -> str:
    """The documents behind the figures, those behind most of them first."""
    is_zh = language == "zh"
    shown = [
        cut(title, 70)
        + (f"（{cut(issuer, 36)}）" if is_zh and issuer and title.startswith("《") else "")
        for title, issuer in titles[:limit]
    ]
    more = f"等 {len(titles)} 份文件" if is_zh else f"; {len(titles)} documents in all"
    rest = more if len(titles) > limit else ""
    return f"{('；' if is_zh else '; ').join(shown)}{rest}{'。' if is_zh else '.'}" if shown else ""


def most_used(figures: Iterable[Figure]) -> list[str]:
    """Source documents, those of most figures first."""
    counts = Counter(f.source_document for f in figures if f.source_document)
    return sorted(counts, key=lambda name: (-counts[name], name))
