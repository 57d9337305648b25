"""Reads the words of pages again: each is concluded anew from the figures it names.

A page ties what it says to observations: ``data-o`` is the one that a number repeats, ``data-of``
those that a statement of the kind ``data-says`` follows from. Here both are read as a stranger
would read them, from the written file and ``core.observation`` alone: no code that writes pages
has a part in it. A word of direction that names no figure is a fault of its own.

Belongs here: pages and their charts. Does not belong here: whether the site is complete
(``site.check``), and papers (``paper.words``).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from orchestration.bounds import BOUNDS, Bound
from orchestration.publish.prose.check import Facts, faults, read_facts
from orchestration.publish.site.geometry import (
    Point,
    check_bars,
    check_cells,
    check_line,
    check_multiple,
    check_series,
)
from orchestration.publish.tables import Table, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SENTENCE = "told."
_RANK_UNITS = ("位", "位次", "名次")
_GROWTH_WORDS = {
    "yoy_growth_pct": ("同比", "year on year"),
    "cagr_pct": ("年均", "a year on average"),
    "mom_growth_pct": ("环比", "on the period before"),
}
_STATUS_MARKS = {"A": "", "P": "provisional", "E": "estimated", "I": "estimated", "F": "forecast"}
_NO_MARK = ("L", "M", "O", "Q")
# Where the text of a page is a name, a note or a title that was delivered, or the same in every
# release: words in there are not of this page's making.
_NOT_SAID = (
    "a th h1 h2 h3 figcaption caption code summary script style nav header footer dl svg title"
).split()
_NOT_SAID_CLASSES = frozenset(
    {"src", "note", "formal", "signs", "finding", "side", "more", "reason"}
)
_LOOSE = re.compile(
    r"[▲▼↑↓]|位次不变|[升降] ?\d+ ?位|\b(?:rose|fell) \d|[✓○] ?(?:已|未)|已达到|未达到|不能判定"
    r"|已被取代|前一期"
)
_FAR = 400
"""Days that may lie between neighbours of a series."""
_BLOCKS = ("tr", "li")
_BLOCK_CLASSES = frozenset({"hero", "side", "rev"})


@dataclass(frozen=True, slots=True)
class Fact:
    """An observation, as far as words can be about it."""

    indicator: str
    region: str
    period: str
    period_end: date
    label_zh: str
    label_en: str
    measure: str
    value: Decimal | None
    unit: str
    qualifier: str
    status: str
    is_simulated: bool
    is_inferred: bool
    known_from: date | None
    known_to: date | None
    repeats: str
    direction: str
    item: str
    subject: str
    locality: str
    period_kind: str

    @property
    def month(self) -> int:
        """The month it ends in, counted from the year 0."""
        return self.period_end.year * 12 + self.period_end.month - 1

    def is_in_year(self, stub: str) -> bool:
        """Whether it may stand in the column of a year: the end of one is called so in its row."""
        year = self.period_end.year
        if self.period_kind == "point" and self.period == f"{year}-12":
            return "年末" in stub
        return self.period == f"{year}-01/{year}-12"

    @property
    def is_superseded(self) -> bool:
        """Whether another figure took its place."""
        return self.known_to is not None

    @property
    def thing(self) -> tuple[str, ...]:
        """What it is of, whatever is said of it."""
        return (self.indicator, self.region, self.period, self.measure, self.subject, self.locality)

    @property
    def bound(self) -> Bound | None:
        """What is known of its ends."""
        return BOUNDS.get(self.qualifier)


@dataclass(frozen=True)
class Wrong:
    """A number or a word that is not what the figures say."""

    zh: str
    en: str


def check_pages(
    con: DuckDBPyConnection, catalog: str, tables: Sequence[Table], pages: Mapping[str, str]
) -> Iterator[tuple[str, Wrong]]:
    """What pages say wrongly, each with its page.

    Args:
        con: A connection that has the release attached, and the views of ``model.Reader`` on it.
        catalog: Under which name.
        tables: Its tables.
        pages: Text of each page by its path in the site.
    """
    from lxml import html

    trees = {name: html.fromstring(text) for name, text in pages.items() if text.strip()}
    named: set[str] = set()
    for tree in trees.values():
        named.update(tree.xpath("//@data-o"))
        for ids in tree.xpath("//@data-of"):
            named.update(re.split(r"[ /+*]+", ids))
    has_sentences = any(
        tree.xpath(f"//*[starts-with(@data-says, '{_SENTENCE}')]") for tree in trees.values()
    )
    known = _Known(
        _facts(con, named),
        _places(con, catalog),
        _counts(con, catalog, tables),
        _assessed(con, catalog, tables),
        _standing(con, trees.values()),
        _breaks(con),
        read_facts(con, catalog) if has_sentences else None,
    )
    for name, tree in trees.items():
        page = _Page(name, tree, known)
        for wrong in page.wrong():
            yield name, wrong


_Break = tuple[str | None, str | None, date]
"""Of what indicator, in what region (none: all), and from which day on."""


def _breaks(con: DuckDBPyConnection) -> list[_Break]:
    rows = con.execute(
        "select indicator_code, region_code, begins_on from qt_break where begins_on is not null"
    ).fetchall()
    return [(row[0], row[1], row[2]) for row in rows]


def _facts(con: DuckDBPyConnection, ids: set[str]) -> dict[str, Fact]:
    con.execute("create or replace temp table qt_named (id varchar)")
    if ids:
        con.execute("insert into qt_named select unnest(?)", [sorted(ids)])
    rows = con.execute(
        """
        select
            o.observation_id, o.indicator_code, o.region_code, o.period, o.period_end,
            coalesce(p.label_zh, o.period), coalesce(p.label_en, o.period), o.measure, o.value,
            coalesce(o.unit, ''), coalesce(o.qualifier, 'exact'), coalesce(o.obs_status, 'A'),
            coalesce(o.is_simulated, false), coalesce(o.is_period_inferred, false),
            o.known_from, o.known_to, coalesce(o.repeat_of, ''), coalesce(i.direction, ''),
            concat_ws('/', i.mart, i.item), coalesce(o.subject, '_T'), coalesce(o.locality, '_T'),
            coalesce(o.period_kind, '')
        from qt_observation as o
        inner join qt_named as n on o.observation_id = n.id
        left join qt_period as p on o.period = p.period
        left join qt_indicator as i on o.indicator_code = i.indicator_code
        """
    ).fetchall()
    con.execute("drop table qt_named")
    return {row[0]: Fact(*row[1:]) for row in rows}


@dataclass(frozen=True)
class _Places:
    district: str
    parents: Mapping[str, str]

    @property
    def city(self) -> str:
        return self.parents.get(self.district, "")

    @property
    def province(self) -> str:
        return self.parents.get(self.city, "")


def _places(con: DuckDBPyConnection, catalog: str) -> _Places:
    found = con.execute(f"select district_code from {quote(catalog)}.meta.release").fetchone()
    parents = con.execute("select region_code, coalesce(parent_code, '') from qt_region").fetchall()
    return _Places(str(found[0]) if found else "", dict(parents))


_OWN = "where region_code = (select district_code from {c}.meta.release)"
_COUNTS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "observations": (("core.observation",), "select count(*) from {c}.core.observation"),
    "indicators": (
        ("core.observation",),
        "select count(distinct indicator_code) from {c}.core.observation",
    ),
    "documents": (
        ("core.observation",),
        "select count(distinct source_document) from {c}.core.observation",
    ),
    "findings": (
        ("quality.finding", "quality.conservation"),
        "select count(*) from {c}.quality.finding as f "
        "left join {c}.quality.conservation as d on f.delivery_id = d.delivery_id "
        "where f.decision is distinct from 'accepted' "
        "and (f.gate <> 'delivery' or d.verdict is distinct from 'refused')",
    ),
    "targets.no_outturn": (
        ("plan.policy_target",),
        "select count(*) filter (where outturn is null) from {c}.plan.policy_target " + _OWN,
    ),
    "targets.undecided": (
        ("plan.policy_target",),
        "select count(*) filter (where outturn is not null and is_met is null) "
        "from {c}.plan.policy_target " + _OWN,
    ),
}
"""What pages count: of which tables, and how."""
_ASSESSED = re.compile(
    r"（(?P<zh_word>[^（）]+)，门槛 (?P<zh>\d+(?:\.\d+)?)%）"
    r"|\((?P<en_word>[^()]+); threshold (?P<en>\d+(?:\.\d+)?)%\)"
)
_COUNTED = re.compile(r"\d[\d,]*")


def _counts(con: DuckDBPyConnection, catalog: str, tables: Sequence[Table]) -> dict[str, int]:
    there = {table.qualified for table in tables}
    counts = {}
    for name, (needed, query) in _COUNTS.items():
        if there.issuperset(needed):
            found = con.execute(query.format(c=quote(catalog))).fetchone()
            counts[name] = int((found or (0,))[0])
    return counts


def _assessed(
    con: DuckDBPyConnection, catalog: str, tables: Sequence[Table]
) -> Mapping[str, tuple[str, str]]:
    """What an evaluation is called, by its code."""
    if not any(table.qualified == "meta.code" for table in tables):
        return {}
    rows = con.execute(
        f"select code, name_zh, name_en from {quote(catalog)}.meta.code "
        "where code_list = 'plan_assessment'"
    ).fetchall()
    return {row[0]: (row[1], row[2] or row[1]) for row in rows}


@dataclass(frozen=True)
class _Standing:
    """Where a figure stands among those of all regions of its city that have one."""

    count: int
    above: int
    below: int
    is_exact: bool


# Figures in force of the same indicator, period, scope, unit and prices, of the region's sisters.
_AMONG = """
with in_force as (
    select
        o.observation_id, o.region_code, o.value, coalesce(o.qualifier, 'exact') as qualifier,
        r.parent_code, coalesce(r.region_kind, '') as kind,
        concat_ws('|', o.indicator_code, o.period, o.period_kind, coalesce(o.scope, ''),
            coalesce(o.unit, ''), coalesce(o.measure, ''), coalesce(o.price_basis, ''),
            coalesce(o.basis, '')) as what
    from qt_observation as o
    inner join qt_region as r on o.region_code = r.region_code
    where
        o.known_to is null and coalesce(o.is_headline, true) and o.value is not null
        and coalesce(o.conf_status, 'F') not in ('C', 'N')
        and coalesce(o.breakdown, '_T') = '_T'
        and coalesce(o.figure_kind = 'outturn', o.basis not like 'target%')
        and coalesce(o.subject, '_T') = '_T' and coalesce(o.locality, '_T') = '_T'
)

select
    own.observation_id, count(distinct other.region_code),
    count(distinct other.region_code) filter (where other.value > own.value),
    count(distinct other.region_code) filter (where other.value < own.value),
    bool_and(other.qualifier = 'exact')
from in_force as own
inner join qt_stands as s on own.observation_id = s.id
inner join in_force as other
    on own.what = other.what and own.parent_code = other.parent_code and own.kind = other.kind
group by own.observation_id
"""


def _standing(con: DuckDBPyConnection, trees: Iterable[Any]) -> dict[str, _Standing]:
    ids = {found for tree in trees for found in tree.xpath("//*[@data-says='place']/@data-of")}
    if not ids:
        return {}
    con.execute("create or replace temp table qt_stands as select unnest(?) as id", [sorted(ids)])
    rows = con.execute(_AMONG).fetchall()
    con.execute("drop table qt_stands")
    return {row[0]: _Standing(*row[1:]) for row in rows}


@dataclass(frozen=True)
class _Known:
    """What all pages of a release are read against."""

    facts: Mapping[str, Fact]
    places: _Places
    counts: Mapping[str, int]
    assessed: Mapping[str, tuple[str, str]]
    standing: Mapping[str, _Standing]
    breaks: Sequence[_Break]
    sentences: Facts | None


class _Page:
    """One page: its figures, statements, charts, and words that name nothing."""

    def __init__(self, name: str, tree: Any, known: _Known) -> None:
        self.name, self.tree = name, tree
        self.facts, self.places, self.counts = known.facts, known.places, known.counts
        self.assessed, self.standing = known.assessed, known.standing
        self.breaks, self.sentences = known.breaks, known.sentences

    def wrong(self) -> Iterator[Wrong]:
        for span in self.tree.xpath("//span[contains(concat(' ', @class, ' '), ' fig ')]"):
            yield from self._figure(span)
        for span in self.tree.xpath("//*[@data-says]"):
            yield from self._statement(span)
        for block in self.tree.xpath("//tr | //li"):
            yield from self._subject(block)
        for figure in self.tree.xpath("//figure[@data-chart]"):
            is_series = figure.get("data-chart") == "series"
            yield from self._series(figure) if is_series else self._chart(figure)
        for table in self.tree.xpath("//table[contains(concat(' ', @class, ' '), ' grid ')]"):
            yield from self._grid(table)
        yield from self._loose()
        for node in self.tree.xpath("//del | //ins | //s | //strike"):
            yield Wrong(
                f"修改痕迹留在页面上：{_text(node)}", f"a tracked change is left: '{_text(node)}'"
            )

    # --- numbers -------------------------------------------------------------------------------

    def _figure(self, span: Any) -> Iterator[Wrong]:
        known = span.get("data-o")
        if known is None:
            if not _is_told_otherwise(span):
                yield Wrong(
                    f"数字 {_text(span)} 没有写明出自哪个数",
                    f"the number {_text(span)} names no figure",
                )
            return
        fact = self.facts.get(known)
        if fact is None or fact.value is None:
            yield _differs(_text(span), f"{known}: 无", f"no figure {known}")
            return
        shown, right = _shown(span), _printed(fact)
        is_formal = _is_below(span, "section", "formal")
        if shown.number not in right.numbers:
            yield _differs(shown.number, right.numbers[0])
        if shown.sign != right.sign:
            yield _differs(f"{shown.sign}{shown.number}", f"{right.sign}{right.numbers[0]}")
        if shown.unit and shown.unit != fact.unit:
            yield _differs(f"{shown.number} {shown.unit}", f"{right.numbers[0]} {fact.unit}")
        if is_formal:
            return
        marks = _marks_behind(span)
        if marks != right.marks:
            yield _differs(
                f"{shown.number} [{', '.join(sorted(marks))}]",
                f"{right.numbers[0]} [{', '.join(sorted(right.marks))}]",
            )
        block = _block(span)
        if block is not None and not _is_below(span, "figure", "chart"):
            text = _in_chinese(block)
            for own in (fact.subject, fact.locality):
                if own != "_T" and own not in text:
                    yield _differs(f"{shown.number}（{text[:40]}）", own)
            head = _head(span)
            if head is None and fact.label_zh not in text:
                yield _differs(f"{shown.number}（{text[:40]}）", fact.label_zh, fact.label_en)
            elif head is not None:
                is_matrix = bool(head.xpath("./ancestor::table[contains(@class, 'matrix')]"))
                yield from (
                    self._in_matrix(span, fact, head, block)
                    if is_matrix
                    else self._in_column(span, fact, head, block)
                )

    def _in_matrix(self, span: Any, fact: Fact, head: Any, block: Any) -> Iterator[Wrong]:
        """A number among regions is of the indicator, period and unit above it, and of its row."""
        above, number = _in_chinese(head), _shown(span).number
        unit = "" if fact.unit in ("", "1") else fact.unit
        if fact.label_zh not in above or not above.endswith(unit):
            yield _differs(f"{number}（{above}）", f"{fact.label_zh} {unit}", fact.label_en)
        for known, own in (
            (_indicators_linked(head), fact.indicator),
            (_linked(block, "region/"), fact.region),
        ):
            if own not in known and not any(name.startswith("x-") for name in known):
                yield _differs(f"{number}（{', '.join(sorted(known))}）", own)

    def _in_column(self, span: Any, fact: Fact, head: Any, block: Any) -> Iterator[Wrong]:
        """A number of a printed table is of the period above it, the unit beside, the district."""
        stub = "".join(_in_chinese(node) for node in block.xpath("./th"))
        above = {fact.label_zh, *([f"{fact.period_end.year}年"] if fact.is_in_year(stub) else [])}
        if _squeezed(_in_chinese(head)) not in map(_squeezed, above):
            yield _differs(f"{_shown(span).number}（{_in_chinese(head)}）", fact.label_zh,
                           fact.label_en)  # fmt: skip
        unit = "".join(_in_chinese(node) for node in block.xpath("./th/span[@class='u']"))
        if fact.unit not in ("", "1", *_RANK_UNITS) and unit != fact.unit:
            yield _differs(f"{_shown(span).number} {unit}", f"{_shown(span).number} {fact.unit}")
        if fact.region != self.places.district:
            yield _differs(f"{_shown(span).number}（{self.places.district}）", fact.region)
        first = self.facts.get(next(iter(block.xpath(".//@data-o")), ""))
        if first is not None and first.indicator != fact.indicator:
            yield _differs(f"{_shown(span).number}（{first.indicator}）", fact.indicator)

    def _subject(self, block: Any) -> Iterator[Wrong]:
        """The first number of a line is of the indicator and of the region that it links to."""
        if _is_below(block, "section", "formal") or _is_below(block, "figure", "chart"):
            return
        first = next(iter(block.xpath(".//span[@data-o]")), None)
        fact = self.facts.get(first.get("data-o", "")) if first is not None else None
        if first is not None and _is_below(first, "table", "matrix"):
            return
        if fact is None:
            return
        for own, links in (
            (fact.indicator, _indicators_linked(block)),
            (fact.region, _linked(block, "region/")),
        ):
            plain = {link for link in links if not link.startswith("x-")}
            if plain and len(links) == 1 and own not in plain:
                yield _differs(f"{_shown(first).number}（{', '.join(links)}）", own)
        named = {"City": self.places.city, "Province": self.places.province}
        for cell in block.xpath("./td[@data-le]"):
            region = named.get(cell.get("data-le"))
            for span in cell.xpath(".//span[@data-o]"):
                other = self.facts.get(span.get("data-o"))
                if region and other and (other.region, other.indicator) != (region, fact.indicator):
                    yield _differs(
                        f"{_shown(span).number}（{cell.get('data-le')}）",
                        f"{other.indicator} {other.region}",
                    )

    # --- statements ----------------------------------------------------------------------------

    def _statement(self, span: Any) -> Iterator[Wrong]:
        kind, ids = span.get("data-says", ""), span.get("data-of", "").split()
        if kind.startswith(_SENTENCE):
            yield from self._sentence(span, kind.removeprefix(_SENTENCE), ids)
            return
        conclude = _KINDS.get(kind)
        if conclude is None:
            yield Wrong(f"说法“{kind}”没有判据", f"nothing tells what {kind!r} follows from")
            return
        text = _in_chinese(span), _in_english(span)
        try:
            right = conclude(self, span, ids)
        except (KeyError, ValueError, TypeError, ArithmeticError):
            yield _differs(text[0], f"{' '.join(ids)}: 无", "no figures behind it")
            return
        if right is not None and (_squeezed(text[0]), _squeezed(text[1])) != (
            _squeezed(right[0]), _squeezed(right[1]),
        ):  # fmt: skip
            yield _differs(" / ".join(text), right[0], right[1])

    def _sentence(self, span: Any, kind: str, ids: Sequence[str]) -> Iterator[Wrong]:
        """A sentence is one that its figures allow, in both languages, and names them all."""
        assert self.sentences is not None
        for language, text in (("zh", _in_chinese(span)), ("en", _in_english(span))):
            for zh, en in faults(self.sentences, kind, language, ids, text):
                yield Wrong(zh, en)
        for number in span.xpath(".//b"):
            if number.get("data-o") not in ids:
                yield Wrong(
                    f"数字 {_text(number)} 没有写明出自哪个数",
                    f"the number {_text(number)} names no figure",
                )

    def growth(self, span: Any, ids: Sequence[str]) -> tuple[str, str] | None:
        """▲ 同比 6.5%: direction, over what, and of what it is the growth."""
        fact = self.facts[ids[0]]
        zh, en = _GROWTH_WORDS[fact.measure]
        arrow = {1: "▲", -1: "▼", 0: "＝", None: ""}[_direction(fact)]
        css = {1: "up", -1: "down", 0: "flat", None: ""}[_direction(fact)]
        if set(span.get("class", "").split()) & {"up", "down", "flat"} != {css} - {""}:
            raise ValueError(css)
        block = _block(span)
        head = None if block is None else next(iter(block.xpath(".//span[@data-o]")), None)
        own = self.facts.get(head.get("data-o", "")) if head is not None else None
        if own is not None and (own.item, own.region) != (fact.item, fact.region):
            raise ValueError(own.item)
        # The number itself is read by its own name.
        figure = _in_chinese(_only(span, "fig")), _in_english(_only(span, "fig"))
        marks = _after_figure(span)
        return f"{arrow}{zh}{figure[0]}{marks[0]}", f"{arrow}{en}{figure[1]}{marks[1]}"

    def places_moved(self, span: Any, ids: Sequence[str]) -> tuple[str, str]:
        """上升2位: from the rank before to this one; a smaller number is a rise."""
        now, before = (self.facts[name] for name in ids)
        same = (now.indicator, now.region, now.measure) == (
            before.indicator, before.region, before.measure,
        )  # fmt: skip
        exact = now.qualifier == before.qualifier == "exact"
        if not same or not exact or now.measure != "rank" or not before.period_end < now.period_end:
            raise ValueError(ids)
        assert now.value is not None and before.value is not None
        rise = int(before.value - now.value)
        css = "up" if rise > 0 else "down" if rise < 0 else "flat"
        if css not in span.get("class", "").split():
            raise ValueError(css)
        if rise == 0:
            return "＝位次不变", "＝unchanged"
        word = "place" if abs(rise) == 1 else "places"
        if rise > 0:
            return f"↑上升{rise}位", f"↑rose{rise}{word}"
        return f"↓下降{-rise}位", f"↓fell{-rise}{word}"

    def rank(self, span: Any, ids: Sequence[str]) -> tuple[str, str]:
        """第3, 前10."""
        fact = self.facts[ids[0]]
        if fact.measure != "rank" or fact.bound is None or fact.value is None:
            raise ValueError(ids)
        number = _digits(fact.value)
        zh, en = (words.format(number) for words in fact.bound.rank)
        return zh, en

    def place(self, span: Any, ids: Sequence[str]) -> tuple[str, str]:
        """10个中第4: among all regions of the city with such a figure, the largest first."""
        stands = self.standing[ids[0]]
        if not stands.is_exact:
            raise ValueError(ids)
        place, is_last = stands.above + 1, stands.below == 0 and stands.count > 1
        zh, en = f"{stands.count}个中第{place}", f"{place}of{stands.count}"
        return (f"{zh}（末位）", f"{en}(last)") if is_last else (zh, en)

    def met(self, span: Any, ids: Sequence[str]) -> tuple[str, str] | None:
        """已达到, 未达到, 不能判定: every value that the outturn may have, against the target."""
        target, outturn = (self.facts[name] for name in ids)
        met = _meets(outturn, target)
        shown = _in_chinese(span)
        # That it cannot be told has other reasons too; that it can be has none but the figures.
        if "不能判定" in shown and target.region == outturn.region:
            return "?不能判定", "?undecided"
        if met is None or target.unit != outturn.unit:
            raise ValueError(ids)
        return ("✓已达到", "✓met") if met else ("○未达到", "○notyet")

    def before(self, span: Any, ids: Sequence[str]) -> tuple[str, str]:
        """前一期: the same thing, earlier."""
        last, earlier = (self.facts[name] for name in ids)
        if (last.indicator, last.region) != (earlier.indicator, earlier.region):
            raise ValueError(ids)
        if not earlier.period_end < last.period_end:
            raise ValueError(ids)
        return "前一期", "Before"

    def version(self, span: Any, ids: Sequence[str]) -> tuple[str, str]:
        """已被取代, 重复公布, 另一来源."""
        fact = self.facts[ids[0]]
        if fact.is_superseded:
            return "已被取代", "superseded"
        if fact.repeats:
            return "重复公布", "repeated"
        return "另一来源，未作主数", "another source, not the headline"

    def revised(self, span: Any, ids: Sequence[str]) -> tuple[str, str]:
        """→ 自某日起为: what was said of the same thing, and what took its place that day."""
        old, new = (self.facts[name] for name in ids)
        if old.thing != new.thing or old.known_to is None or old.known_to != new.known_from:
            raise ValueError(ids)
        return f"→自{new.known_from}起为", f"→from{new.known_from}on"

    def computed(self, span: Any, right: Decimal) -> None:
        """A number in a statement is what its figures give, to the digits that are printed."""
        shown = Decimal(_shown(_only(span, "fig")).number.replace(",", "").replace("−", "-"))
        digits = -int(shown.as_tuple().exponent)
        if abs(shown - right) >= Decimal(1).scaleb(-digits):
            raise ValueError(right)

    def share(self, span: Any, ids: Sequence[str]) -> None:
        """A part of a whole in per cent."""
        self.computed(span, self._share(ids[0]))

    def rest(self, span: Any, ids: Sequence[str]) -> None:
        """What the shares leave of the whole."""
        self.computed(span, 100 - sum((self._share(name) for name in ids), Decimal(0)))

    def progress(self, span: Any, ids: Sequence[str]) -> None:
        """How much of the way from the base to the target is gone, and whether that is enough."""
        base = Decimal(0) if ids[0] == "-" else self._value(ids[0])
        target = self._value(ids[1])
        right = 100 * (self._outturn(ids[2]) - base) / (target - base)
        self.computed(span, right)
        for text, language in ((_in_chinese(span), 0), (_in_english(span), 1)):
            said = _ASSESSED.search(text)
            if said is None:
                continue
            threshold = Decimal(said["zh"] or said["en"])
            word = (said["zh_word"] or said["en_word"]).strip()
            codes = self._is_enough(right, threshold, ids)
            if word not in {self.assessed[code][language] for code in codes}:
                raise ValueError(word)

    def _is_enough(self, right: Decimal, threshold: Decimal, ids: Sequence[str]) -> set[str]:
        """What an evaluation may call a progress: a bound decides on one side of it alone."""
        enough = "on_track" if right >= threshold else "behind"
        base, target = ids[0], self.facts[ids[1]]
        outturns = [self.facts[name] for name in re.split(r"[+*]", ids[2])]
        is_exact = all(fact.qualifier == "exact" for fact in (target, *outturns))
        if is_exact and (base == "-" or self.facts[base].qualifier == "exact"):
            return {enough}
        known = {enough, "unassessable"}
        return known | {"behind"} if right == threshold else known

    def count(self, span: Any, ids: Sequence[str]) -> None:
        """So many: what a query of its own counts, in both languages."""
        right = f"{self.counts[ids[0]]:,}"
        for text in (_in_chinese(span), _in_english(span)):
            if _COUNTED.findall(text) != [right]:
                raise ValueError(right)

    def was(self, span: Any, ids: Sequence[str]) -> None:
        """A figure of the release before: of another release, so nothing here can tell."""

    def _value(self, name: str) -> Decimal:
        value = self.facts[name].value
        if value is None:
            raise ValueError(name)
        return value

    def _outturn(self, names: str) -> Decimal:
        """One outturn, the sum of several (``a+b``), or what is left of rates (``a*b``)."""
        if "*" not in names:
            return sum((self._value(name) for name in names.split("+")), Decimal(0))
        left = Decimal(1)
        for name in names.split("*"):
            left *= 1 - self._value(name) / 100
        return 100 * (1 - left)

    def _share(self, name: str) -> Decimal:
        part, _, whole = name.partition("/")
        return 100 * self._value(part) / self._value(whole) if whole else self._value(part)

    # --- charts --------------------------------------------------------------------------------

    def _chart(self, figure: Any) -> Iterator[Wrong]:
        """What is drawn has the sizes, the order and the places of the figures below it."""
        drawing = next(iter(figure.xpath("./svg")), None)
        lines = figure.xpath(".//tbody/tr")
        numbers = [_number(line) for line in lines]
        sides = [_side(line) for line in lines]
        labels = [_in_chinese(line.xpath("./th")[0]) for line in lines]
        kind = figure.get("data-chart")
        if kind == "ranked":
            yield from self._ranked(figure, lines, numbers)
            return
        if drawing is None:
            yield Wrong("图没有画出", "the chart is not drawn")
        elif kind == "multiple":
            yield from self._multiple(figure, drawing, lines)
            return
        elif figure.get("data-chart") == "line":
            yield from _drawn(check_line(drawing, labels, numbers))
            if "纵轴不从零起" not in _in_chinese(figure):
                yield Wrong("截断的纵轴没有说明", "a cut axis does not say so")
        else:
            full = figure.get("data-full")
            yield from _drawn(check_bars(drawing, numbers, sides, Decimal(full) if full else None))
        # Where there is no room for it, the text of a point is empty.
        told = {_squeezed(read(cell)) for line in lines for cell in line.xpath("./th | ./td")
                for read in (_in_chinese, _in_english)}  # fmt: skip
        for text in () if drawing is None else drawing.xpath(".//*[local-name()='text']"):
            for read in (_in_chinese, _in_english):
                if _squeezed(read(text)) not in told | {""}:
                    yield Wrong(f"图中的“{read(text)}”不在图下的表里",
                                f"the chart says {read(text)!r}, its table does not")  # fmt: skip
        given = [number for number in numbers if number is not None]
        if figure.get("data-order") == "descending" and given != sorted(given, reverse=True):
            yield Wrong(f"图中次序不是由大到小：{labels}", f"the bars do not descend: {labels}")

    def _series(self, figure: Any) -> Iterator[Wrong]:
        """A series is of one thing in one region; points and line are where its figures are."""
        drawing = next(iter(figure.xpath("./svg")), None)
        names = [] if drawing is None else drawing.xpath(".//circle/@data-o")
        facts = [self.facts[name] for name in names if name in self.facts]
        if len(facts) != len(names) or len(facts) < 2 or any(one.value is None for one in facts):
            yield Wrong("图中的点没有写明出自哪些数", "points of the series name no figures")
            return
        things = {(one.indicator, one.region, one.unit, one.measure) for one in facts}
        if len(things) > 1:
            yield Wrong(f"一条线里有 {len(things)} 种数", f"{len(things)} things in one series")
            return
        is_rank = facts[0].unit in _RANK_UNITS
        lowest = min(map(Decimal, figure.xpath("./svg//text[@class='mark']/@data-v")), default=1)
        told = "第1在上" if is_rank else "纵轴从零起" if lowest == 0 else "纵轴不从零起"
        if told not in _in_chinese(figure):
            yield Wrong(f"没有说明{told}", "the axis starts elsewhere than is said")
        yield from _drawn(check_series(drawing, self._points(facts),
                                       is_rank=is_rank))  # fmt: skip

    def _points(self, facts: Sequence[Fact]) -> list[Point]:
        ends = [one.period_end for one in facts]
        steps = sorted((day - before).days for before, day in pairwise(ends))
        far = min(_FAR, 1.6 * steps[len(steps) // 2])
        points = []
        for place, one in enumerate(facts):
            before = facts[place - 1].period_end if place else None
            is_joined = before is not None and (one.period_end - before).days <= far
            if place and self._is_broken(facts[place - 1], one):
                is_joined = False
            side = _beyond(one) * (-1 if one.unit in _RANK_UNITS else 1)
            is_open = one.status != "A" or one.qualifier != "exact"
            assert one.value is not None
            points.append(Point(one.period_end, one.value, side, is_open, is_joined))
        return points

    def _grid(self, table: Any) -> Iterator[Wrong]:
        """Each figure of a table of periods and regions is of its line and its column."""
        heads = [cell.get("data-region") for cell in table.xpath("./thead/tr/th")]
        for line in table.xpath("./tbody/tr"):
            for head, cell in zip(heads, line.xpath("./th | ./td"), strict=False):
                for name in cell.xpath(".//span/@data-o"):
                    fact = self.facts.get(name)
                    if fact and (fact.region, fact.period) != (head, line.get("data-period")):
                        yield _differs(f"{_in_chinese(cell)}（{head} {line.get('data-period')}）",
                                       f"{fact.region} {fact.period}")  # fmt: skip

    def _multiple(self, figure: Any, drawing: Any, lines: Sequence[Any]) -> Iterator[Wrong]:
        """A series over time, of one indicator and region: no line crosses a gap or a break."""
        facts = [self.facts.get(name) for line in lines for name in line.xpath(".//@data-o")]
        told = [fact for fact in facts if fact is not None and fact.value is not None]
        if len(told) != len(lines) or len({(f.indicator, f.region, f.unit) for f in told}) != 1:
            yield Wrong("图下的表不是一个序列", "the table below the chart is not one series")
            return
        if [fact.month for fact in told] != sorted({fact.month for fact in told}):
            yield Wrong("图下的表不按时间排列", "the table below the chart is not in order of time")
            return
        is_own = "own" in figure.get("class", "").split()
        if is_own != (told[0].region == self.places.district):
            yield Wrong("图的颜色不是这个地区的", "the colour of the chart is not its region's")
        steps = {"annual": 12, "quarterly": 3, "monthly": 1}
        same = 12 if len({fact.month % 12 for fact in told}) == 1 else 1
        step = steps.get(told[0].period_kind, same)
        joined = [False] + [
            after.month - before.month == step and not self._is_broken(before, after)
            for before, after in pairwise(told)
        ]
        values = [fact.value for fact in told if fact.value is not None]
        yield from _drawn(check_multiple(drawing, [f.month for f in told], values, joined))
        ticks = [_text(node) for node in drawing.xpath(".//*[@class='tick']")]
        if ticks and Decimal(ticks[0].replace(",", "").replace("−", "-")) > 0 and (
            "纵轴不从零起" not in _in_chinese(figure)
        ):  # fmt: skip
            yield Wrong("截断的纵轴没有说明", "a cut axis does not say so")

    def _is_broken(self, before: Fact, after: Fact) -> bool:
        return any(
            code in (None, after.indicator)
            and region in (None, after.region)
            and before.period_end < since <= after.period_end
            for code, region, since in self.breaks
        )

    def _ranked(
        self, figure: Any, lines: Sequence[Any], numbers: Sequence[Decimal | None]
    ) -> Iterator[Wrong]:
        """Regions of a city beside each other: the largest first, none of them left out."""
        cells = [next(iter(line.xpath(".//td[@class='length']")), None) for line in lines]
        yield from _drawn(check_cells(cells, numbers))
        given = [number for number in numbers if number is not None]
        if given != sorted(given, reverse=True):
            yield Wrong("次序不是由大到小", "the lines do not descend")
        for name in figure.xpath(".//*[@data-says='place']/@data-of"):
            if name in self.standing and self.standing[name].count != len(lines):
                yield Wrong("有地区没有列出", "a region with a figure is left out")
        for line in lines:
            fact = self.facts.get(next(iter(line.xpath(".//@data-o")), ""))
            is_own = "own" in line.get("class", "").split()
            if fact is None or is_own != (fact.region == self.places.district):
                yield Wrong(
                    f"“{_in_chinese(line)}”标错了地区", f"{_in_english(line)!r}: wrong region"
                )
                continue
            place = next(iter(line.xpath("./td[@class='rk']")), None)
            right = 1 + sum(number > fact.value for number in given if fact.value is not None)
            if place is not None and _text(place) not in ("", str(right)):
                yield _differs(_text(place), str(right))

    # --- words that name nothing ---------------------------------------------------------------

    def _loose(self) -> Iterator[Wrong]:
        if posixpath.basename(self.name) in ("quality.html", "methods.html", "search.html"):
            return
        for text in self.tree.xpath("//main//text()"):
            found = _LOOSE.search(text)
            if found and not _is_delivered(text.getparent()):
                yield Wrong(f"“{found[0]}”没有写明出自哪些数", f"{found[0]!r} names no figures")


_KINDS: Mapping[str, Callable[[_Page, Any, Sequence[str]], tuple[str, str] | None]] = {
    "growth": _Page.growth,
    "places": _Page.places_moved,
    "rank": _Page.rank,
    "place": _Page.place,
    "met": _Page.met,
    "before": _Page.before,
    "version": _Page.version,
    "revised": _Page.revised,
    "share": _Page.share,
    "rest": _Page.rest,
    "progress": _Page.progress,
    "count": _Page.count,
    "was": _Page.was,
}
"""What each kind of statement must say, in both languages; nothing where its number is all."""


# --- conclusions --------------------------------------------------------------------------------


def _direction(fact: Fact) -> int | None:
    """The sign of every value that the figure may have; None where they have several."""
    bound, value = fact.bound, fact.value
    if bound is None or value is None:
        return None
    low = value if bound.low in ("closed", "open", "near") else None
    high = value if bound.high in ("closed", "open", "near") else None
    if low is not None and (low > 0 or (low == 0 and bound.low == "open")):
        return 1
    if high is not None and (high < 0 or (high == 0 and bound.high == "open")):
        return -1
    return 0 if (bound.low, bound.high) == ("closed", "closed") else None


def _meets(outturn: Fact, target: Fact) -> bool | None:
    """Whether every value of the outturn, or none, is what the target asks for."""
    asked, got = target.bound, outturn.bound
    if asked is None or got is None or target.value is None or outturn.value is None:
        return None
    wants_more = asked.has_low and not asked.has_high
    wants_less = asked.has_high and not asked.has_low
    if (asked.low, asked.high) == ("closed", "closed"):
        wants_more = target.direction == "higher_is_better"
        wants_less = target.direction == "lower_is_better"
    if wants_more == wants_less:
        return None
    is_open = (asked.low if wants_more else asked.high) == "open"
    least = outturn.value if got.has_low else None
    most = outturn.value if got.has_high else None
    least_open, most_open = got.low == "open", got.high == "open"
    level = target.value
    if wants_less:
        least, most = (None if most is None else -most), (None if least is None else -least)
        least_open, most_open, level = most_open, least_open, -level
    if least is not None and (least > level or (least == level and (not is_open or least_open))):
        return True
    if most is not None and (most < level or (most == level and (is_open or most_open))):
        return False
    return None


@dataclass(frozen=True)
class _Printed:
    numbers: tuple[str, ...]
    sign: str
    marks: frozenset[str]


def _printed(fact: Fact) -> _Printed:
    """How a figure may be printed: its digits, the sign before them, the marks behind."""
    assert fact.value is not None
    plain = _digits(fact.value)
    bound = fact.bound
    sign = bound.sign[0] if bound else ""
    if fact.unit in _RANK_UNITS and bound is not None and bound.high == "closed" != bound.low:
        sign = "前"
    marks = set()
    if fact.status not in _NO_MARK:
        marks.add(_STATUS_MARKS.get(fact.status, "other_status"))
    marks |= {"inferred"} if fact.is_inferred else set()
    marks |= {"simulated"} if fact.is_simulated else set()
    grouped = f"{Decimal(plain):,f}".replace("-", "−")
    return _Printed((grouped, plain.replace("-", "−")), sign, frozenset(marks - {""}))


def _digits(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# --- reading ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Shown:
    number: str
    sign: str
    unit: str


def _shown(span: Any) -> _Shown:
    """What stands in a figure, in Chinese; its number as it is seen and as scripts read it."""
    number = next(iter(span.xpath("./*[@class='n']")), None)
    seen = "" if number is None else _text(number)
    stored = "" if number is None else number.get("data-v", "")
    if stored.replace("-", "−") not in (seen, seen.replace(",", "")):
        seen = f"{seen} ({stored})"
    parts = {
        name: "".join(_in_chinese(part) for part in span.xpath(f"./span[@class='{name}']"))
        for name in ("q", "u")
    }
    return _Shown(seen, parts["q"], parts["u"])


def _only(span: Any, name: str) -> Any:
    (found,) = span.xpath(f"./span[contains(concat(' ', @class, ' '), ' {name} ')]")
    return found


def _after_figure(span: Any) -> tuple[str, str]:
    marks = span.xpath("./span[contains(@class, 'm-')]")
    zh, en = "".join(map(_in_chinese, marks)), "".join(map(_in_english, marks))
    return zh, en


def _marks_behind(span: Any) -> frozenset[str]:
    """The classes of the marks that follow a figure without anything between."""
    found = set()
    node = span
    while not (node.tail or "").strip():
        node = node.getnext()
        names = [] if node is None else node.get("class", "").split()
        marks = [name.removeprefix("m-") for name in names if name.startswith("m-")]
        if not marks:
            break
        found.update(marks)
    return frozenset(found)


def _block(span: Any) -> Any | None:
    """The line that a figure stands in, with all that is said beside it."""
    for node in span.iterancestors():
        if node.tag in _BLOCKS or _BLOCK_CLASSES & set(node.get("class", "").split()):
            return node
    return None


def _head(span: Any) -> Any | None:
    """The head of the column that a number of a printed table stands in."""
    cell = next((node for node in span.iterancestors("td")), None)
    table = next((node for node in span.iterancestors("table")), None)
    kinds = set() if table is None else set(table.get("class", "").split())
    if cell is None or table is None or not kinds & {"printed-table", "matrix"} or "lists" in kinds:
        return None
    heads = table.xpath("./thead/tr/th")
    place = sum(1 for _ in cell.itersiblings(preceding=True))
    return heads[place] if place < len(heads) else heads[0]


def _is_below(node: Any, tag: str, name: str) -> bool:
    return any(name in up.get("class", "").split() for up in node.iterancestors(tag))


def _is_told_otherwise(span: Any) -> bool:
    """A number in a statement is read with it; one of a formal table is its row's."""
    says = any(up.get("data-says") is not None for up in span.iterancestors())
    return says or _is_below(span, "section", "formal") or span.tag == "tspan"


def _is_delivered(node: Any) -> bool:
    for up in (node, *node.iterancestors()):
        if up.get("data-says") is not None or up.tag in _NOT_SAID:
            return True
        if _NOT_SAID_CLASSES & set(up.get("class", "").split()):
            return True
    return False


def _linked(block: Any, folder: str) -> set[str]:
    """The names of the pages in a folder that a block links to."""
    return {
        posixpath.basename(link.partition("#")[0]).removesuffix(".html")
        for link in block.xpath(f".//a[contains(@href, '{folder}')]/@href")
    }


def _indicators_linked(block: Any) -> set[str]:
    """The indicators that a block is of, or links to: by their page, or by their row."""
    rows = {link.partition("#i-")[2] for link in block.xpath(".//a[contains(@href, '#i-')]/@href")}
    own = block.get("id", "")
    return rows | _linked(block, "indicator/") | ({own[2:]} if own.startswith("i-") else set())


def _beyond(fact: Fact) -> int:
    """On which side of its number the true figure lies: 1 above it, -1 below it, 0 neither."""
    bound = fact.bound
    if bound is None or bound.has_low == bound.has_high:
        return 0
    return 1 if bound.has_low else -1


def _number(line: Any) -> Decimal | None:
    """The number of a line below a chart; None where it has none."""
    found = line.xpath(".//span[@class='n']/@data-v")
    try:
        return Decimal(found[0]) if found else None
    except InvalidOperation:
        return None


def _side(line: Any) -> int:
    """On which side of its number the true figure lies: 1 beyond it, -1 short of it, 0 neither."""
    sign = "".join(_in_chinese(part) for part in line.xpath(".//span[@class='q']"))
    bound = next((bound for bound in BOUNDS.values() if sign and bound.sign[0] == sign), None)
    if bound is None or bound.has_low == bound.has_high:
        return 0
    return 1 if bound.has_low else -1


def _drawn(faults: Iterator[tuple[str, str]]) -> Iterator[Wrong]:
    for zh, en in faults:
        yield Wrong(zh, en)


def _text(node: Any) -> str:
    return "".join(node.itertext()).strip()


def _in_chinese(node: Any) -> str:
    return _in_language(node, "en")


def _in_english(node: Any) -> str:
    return _in_language(node, "zh")


def _in_language(node: Any, other: str) -> str:
    """The text of a node without what is said in the other language, and without tips."""
    if node.get("lang") == other:
        return ""
    parts = [node.text or ""]
    for child in node:
        if isinstance(child.tag, str):
            parts.append(_in_language(child, other))
        parts.append(child.tail or "")
    return " ".join("".join(parts).split())


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _differs(found: str, zh: str, en: str = "") -> Wrong:
    return Wrong(f"写作“{found}”，应为“{zh}”", f"it says {found!r}, the figures say {en or zh!r}")
