"""Reads the sentences, tables and charts of briefs again, as a stranger would.

Every number of a brief stands in a bookmark that names its observation. From ``core.observation``
alone this concludes what may stand around it: its name, its time, over what it grew, at which
prices, rise or fall, target or outturn. What fits no such reading is a fault, and so is a bar whose
length in the picture is not that of its figure. No code that writes briefs has a part in it.

Belongs here: briefs. Does not belong here: whether each number is that of the database
(``paper.check``), and pages (``site.words``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from orchestration.bounds import BOUNDS, Bound
from orchestration.publish.clock import released
from orchestration.publish.paper.figures import clean
from orchestration.publish.tables import quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_BLIP = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
_BOOKMARK = re.compile(r"figure_(\w+)_\d+")
_CUT = "…"
_GROWTHS = ("yoy_growth_pct", "cagr_pct", "mom_growth_pct")
_FIXED_PRICES = ("comparable", "constant")
_AFTER = re.compile(
    r"(?:（(?P<after>[^（）]*)）)?(?P<moved>，[与较][^；。，]*(?:持平|位))?(?P<rest>.*)", re.DOTALL
)
_ISSUED = re.compile(r"First issued (\S+)\t(\d+)年(\d+)月(\d+)日")
_BARS = ((0x1F, 0x4E, 0x79), (0x4F, 0x7F, 0xAE))
_ARROW = (0xC5, 0x5A, 0x11)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NEAR = 5.0
"""How far a drawn length may be from the true one, in pixels of 200 dpi: under a millimetre."""


@dataclass(frozen=True, slots=True)
class Fact:
    """An observation, as far as a sentence can be about it."""

    name: str
    indicator: str
    item: str
    region: str
    period: str
    label: str
    period_kind: str
    period_end: date
    measure: str
    basis: str
    scope: str
    price_basis: str
    value: Decimal
    unit: str
    qualifier: str
    figure_kind: str

    @property
    def is_target(self) -> bool:
        return self.figure_kind == "target"

    @property
    def is_growth(self) -> bool:
        return self.measure in _GROWTHS

    @property
    def bound(self) -> Bound | None:
        return BOUNDS.get(self.qualifier)


@dataclass(frozen=True)
class Wrong:
    """A word of a brief that is not what the figures say."""

    file: str
    zh: str
    en: str


@dataclass(frozen=True)
class _Said:
    """A figure in its sentence: the text before it, the figure, and the text in its bookmark."""

    lead: str
    observation: str
    text: str


def check_words(
    con: DuckDBPyConnection, catalog: str, path: Path, names: Sequence[str]
) -> Iterator[Wrong]:
    """What briefs say wrongly.

    Args:
        con: A connection that has the release attached.
        catalog: Under which name.
        path: The folder of the release.
        names: The paths of the briefs in it.
    """
    facts = _facts(con, catalog)
    moment = released(con, catalog)
    issued = {moment.release_id: moment.day} if moment else {}
    for name in names:
        try:
            brief = _Brief(name, path / name, facts, issued)
        except (OSError, BadZipFile, KeyError, ValueError):
            continue  # the check of its numbers says that it cannot be read
        for zh, en in brief.wrong():
            yield Wrong(name, zh, en)


def _facts(con: DuckDBPyConnection, catalog: str) -> dict[str, Fact]:
    core = f"{quote(catalog)}.core"
    rows = con.execute(
        f"""
        select
            o.observation_id, o.indicator_name_zh, o.indicator_code, concat_ws('/', i.mart, i.item),
            o.region_code, o.period, coalesce(p.label_zh, o.period), o.period_kind, o.period_end,
            o.measure, o.basis, o.scope, coalesce(o.price_basis, ''), o.value,
            coalesce(o.unit, ''), coalesce(o.qualifier, 'exact'), o.figure_kind
        from {core}.observation as o
        inner join {core}.indicator as i on o.indicator_code = i.indicator_code
        left join {core}.period as p on o.period = p.period
        where o.value is not null and o.is_headline
            and o.region_code = (select district_code from {quote(catalog)}.meta.release)
        """
    ).fetchall()
    facts = {}
    for row in rows:
        cells: list[Any] = [clean(cell) if isinstance(cell, str) else cell for cell in row]
        facts[cells[0]] = Fact(*cells[1:])
    return facts


class _Brief:
    """One file, read."""

    def __init__(
        self, name: str, file: Path, facts: Mapping[str, Fact], issued: Mapping[str, date]
    ) -> None:
        from defusedxml.ElementTree import fromstring

        self.name, self.facts, self.issued = name, facts, issued
        with ZipFile(file) as archive:
            self.document = fromstring(archive.read("word/document.xml"))
            relations = fromstring(archive.read("word/_rels/document.xml.rels"))
            targets = {node.get("Id"): node.get("Target", "") for node in relations}
            self.pictures = {
                name: archive.read(f"word/{target}")
                for name, target in targets.items()
                if target.endswith(".png")
            }

    def wrong(self) -> Iterator[tuple[str, str]]:
        yield from self._dated()
        for paragraph in self.document.iter(f"{_W}p"):
            if _style(paragraph) == "BriefBody":
                yield from self._sentence(paragraph)
        for row in self._rows():
            yield from self._row(row)
        for picture in self.document.iter(f"{_DRAWING}inline"):
            yield from self._picture(picture)

    def _dated(self) -> Iterator[tuple[str, str]]:
        """The day in words is the day of the release that it was first issued in."""
        for paragraph in self.document.iter(f"{_W}p"):
            found = _ISSUED.search(_text(paragraph))
            day = self.issued.get(found[1]) if found else None
            if (
                found
                and day
                and [day.year, day.month, day.day] != [int(part) for part in found.groups()[1:]]
            ):
                yield _differs(_text(paragraph), f"{day}")

    # --- sentences -----------------------------------------------------------------------------

    def _sentence(self, paragraph: Any) -> Iterator[tuple[str, str]]:
        said, tail = _said(paragraph)
        head = ""
        for title in ("位次：", "目标（不是实绩）："):
            if said and said[0].lead.startswith(title):
                head = title
                said[0] = _Said(said[0].lead.removeprefix(title), *_rest(said[0]))
        when = "" if head else said[0].lead.partition("，")[0] if said else ""
        if when:
            said[0] = _Said(said[0].lead.partition("，")[2], *_rest(said[0]))
        ends = [_AFTER.fullmatch(one.lead) for one in said[1:]] + [_AFTER.fullmatch(tail)]
        leads = [said[0].lead] if said else []
        leads += [found["rest"] if found else "" for found in ends[:-1]]
        last = ends[-1]["rest"] if ends[-1] else tail
        if last != "。":
            yield _differs(last, "。", "the end of the sentence")
        main: Fact | None = None
        for one, text, end in zip(said, leads, ends, strict=True):
            lead = text
            fact = self.facts.get(one.observation)
            if fact is None:
                yield _differs(one.text, "无", "no figure of the district")
                continue
            after = (end["after"] or "") if end else ""
            if head.startswith("目标"):
                day, has_day, rest = text.removeprefix("；").partition("目标为")
                when, lead = (day, rest) if has_day else (when, text)
            follows = main is not None and lead.startswith("，")
            expected = self._leads(fact, main if follows else None)
            bare = lead.removeprefix("；").removeprefix("，")
            if not any(_fits(bare, form) for form in expected):
                yield _differs(f"{bare}{one.text}", expected[0], f"{expected[0]!r}")
            if one.text not in _texts(fact, bare):
                yield _differs(f"{bare}{one.text}", _texts(fact, bare)[0], _texts(fact, bare)[0])
            yield from self._when(one, fact, when, after, is_follower=follows)
            if end and end["moved"] and end["moved"] != self._moved(fact):
                yield _differs(f"{one.text}{end['moved']}", self._moved(fact))
            if head.startswith("目标") != fact.is_target:
                yield _differs(one.text, "目标另列", "targets apart from outturns")
            main = main if follows else fact

    def _leads(self, fact: Fact, main: Fact | None) -> list[str]:
        """What may stand before a figure: its name; of a growth beside its level, over what."""
        price = "按可比价" if fact.price_basis in _FIXED_PRICES else ""
        name = fact.name.removesuffix("目标") if fact.is_target else fact.name
        if main is None or not fact.is_growth:
            return [f"{name}{price}为", name] if fact.is_growth else [name, f"{name}为"]
        if fact.item != main.item:
            return [f"（{name} 不是 {main.name} 的增速）"]
        frame = "同口径" if fact.scope == "same_frame" else ""
        over = {
            "cagr_pct": f"{fact.label}年均",
            "mom_growth_pct": "环比",
        }.get(fact.measure, f"{frame}同比")
        speed = "" if fact.qualifier == "exact" else "增速"
        return [f"{price}{over}{speed}"]

    def _when(
        self, one: _Said, fact: Fact, when: str, after: str, *, is_follower: bool
    ) -> Iterator[tuple[str, str]]:
        """The time that is said of a figure is its own."""
        label = fact.label
        if fact.period_kind == "point" and re.fullmatch(r"\d{4}-\d{2}", fact.period):
            label = f"{label}末"
        if is_follower and fact.measure == "cagr_pct":
            return  # its years stand before it, as the lead demands
        told = after or when
        if told not in (label, fact.label):
            yield _differs(f"{told}，{one.text}", label, label)

    def _moved(self, rank: Fact) -> str:
        """How far a rank rose or fell since the one before it; a smaller number is a rise."""
        earlier = [
            other
            for other in self.facts.values()
            if (other.indicator, other.region, other.scope, other.period_kind)
            == (rank.indicator, rank.region, rank.scope, rank.period_kind)
            and other.period_end < rank.period_end
        ]
        before = max(earlier, key=lambda other: other.period_end, default=None)
        if before is None or not rank.qualifier == before.qualifier == "exact":
            return ""
        rise = int(before.value - rank.value)
        if rise == 0:
            return f"，与{before.label}持平"
        return f"，较{before.label}{'上升' if rise > 0 else '下降'}{abs(rise)}位"

    # --- the table -----------------------------------------------------------------------------

    def _rows(self) -> Iterator[Mapping[str, Any]]:
        for table in self.document.iter(f"{_W}tbl"):
            rows = [row.findall(f"{_W}tc") for row in table.findall(f"{_W}tr")]
            heads = [_lines(cell)[0] if _lines(cell) else "" for cell in rows[0]] if rows else []
            if heads[:1] == ["指标"]:
                for row in rows[1:]:
                    yield dict(zip(heads, row, strict=True))

    def _row(self, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Name, time and unit are those of the first figure; growth and rank say which they are."""
        met = {
            head: fact
            for head, cell in row.items()
            for name in _named(cell)
            if (fact := self.facts.get(name)) is not None
        }
        if not met:
            return
        first = next(iter(met.values()))
        name = _lines(row["指标"])[0]
        when = "".join(_lines(row["报告期"]))
        if not _fits(name, first.name):
            yield _differs(name, first.name, first.name)
        if _squeezed(when.removesuffix("目标")) not in (first.label, f"{first.label}末"):
            yield _differs(f"{name} {when}", first.label, first.label)
        if when.endswith("目标") != first.is_target:
            yield _differs(f"{name} {when}", "目标", "whether it is a target")
        unit = "".join(_lines(row["单位"])) if "单位" in row else ""
        own = "" if first.unit == "1" or "数值" not in met else first.unit
        if not _fits(unit, own):
            yield _differs(f"{name} {unit}", own, own)
        if "增长%" in met:
            yield from self._growth_kind(name, first, met["增长%"], _lines(row["增长%"])[1:])
        if "位次" in met:
            small = "".join(_lines(row["位次"])[1:])
            if not small.endswith(str(met["位次"].period_end.year)) and _CUT not in small:
                yield _differs(f"{name} {small}", str(met["位次"].period_end.year))

    def _growth_kind(
        self, name: str, first: Fact, growth: Fact, lines: Sequence[str]
    ) -> Iterator[tuple[str, str]]:
        price = "可比价" if growth.price_basis in _FIXED_PRICES else ""
        start, _, end = growth.period.partition("/")
        short = end[-2:] if end[:2] == start[:2] and len(end) == 4 else end
        over = {
            "cagr_pct": f"{start}—{short}年均" if end else "年均",
            "mom_growth_pct": "环比",
        }.get(growth.measure, "同比")
        if "".join(lines) != f"{over}{price}":
            yield _differs(f"{name} {''.join(lines)}", f"{over}{price}")
        if first.item != growth.item:
            yield _differs(name, f"{growth.name} 不是其增速", f"growth of {first.name}")

    # --- pictures ------------------------------------------------------------------------------

    def _picture(self, picture: Any) -> Iterator[tuple[str, str]]:
        """Bars in a picture begin in one place and are as long as the text of it says."""
        described = picture.find(f"{_DRAWING}docPr")
        blip = next(picture.iter(_BLIP), None)
        text = "" if described is None else described.get("descr", "")
        pixels = self.pictures.get("" if blip is None else blip.get(_EMBED))
        title = "" if described is None else described.get("title", "")
        if pixels is None or not title or not text.startswith(f"{title}："):
            yield "图没有文字说明", "a chart without a text of its own"
            return
        told = text.removeprefix(f"{title}：")
        bars = [_bar(item) for item in told.split("；")]
        if "名义" in title:
            yield _differs(title, "没有出处的“名义”", "'nominal', which nobody said")
        read = (_measured(pixels, bars, is_upright=upright) for upright in (False, True))
        faults = min(read, key=len)
        if faults:
            yield _differs(title, "；".join(faults))


@dataclass(frozen=True)
class _Bar:
    """What the text of a picture says of a bar: its number, and whether an arrow ends it."""

    value: Decimal | None
    has_arrow: bool
    is_striped: bool


def _bar(item: str) -> _Bar:
    told = item.rpartition(" ")[2]
    found = _NUMBER.search(told)
    sign = told[: found.start()] if found else ""
    bound = next((bound for bound in BOUNDS.values() if sign and bound.sign[0] == sign), None)
    has_arrow = bound is not None and bound.has_low != bound.has_high
    return _Bar(Decimal(found[0]) if found else None, has_arrow, item.startswith("未单列部分"))


def _measured(content: bytes, bars: Sequence[_Bar], *, is_upright: bool) -> list[str]:
    """What is wrong with the bars of a picture, taken as lying or as standing ones."""
    import numpy as np
    from PIL import Image

    with Image.open(BytesIO(content)) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    lines = pixels.transpose(1, 0, 2)[:, ::-1] if is_upright else pixels
    step = len(lines) / len(bars)
    spans = {}
    faults = []
    for place, one in enumerate(bars):
        line = lines[int(step * (place + 0.5))]
        bar = np.zeros(len(line), dtype=bool)
        for colour in _BARS:
            bar |= (abs(line - colour) <= 6).all(axis=1)
        found = np.flatnonzero(bar)
        near = lines[int(step * (place + 0.3)) : int(step * (place + 0.7))]
        arrow = bool((abs(near - _ARROW) <= 40).all(axis=2).any())
        if one.value is not None and arrow != one.has_arrow:
            faults.append(f"第 {place + 1} 条的箭头")
        if len(found) and one.value is not None:
            spans[place] = (int(found[0]), int(found[-1]) + 1, float(one.value))
        elif bool(len(found)) != (one.value is not None and not one.is_striped):
            faults.append(f"第 {place + 1} 条")
    if not spans:
        return faults or ["没有条"]
    zeros = {place: low if value >= 0 else high for place, (low, high, value) in spans.items()}
    zero = next(iter(zeros.values()))
    low, high, longest = max(spans.values(), key=lambda one: abs(one[2]))
    scale = (high - low) / (abs(longest) or 1)
    for place, (low, high, length) in spans.items():
        if abs(zeros[place] - zero) > _NEAR:
            faults.append(f"第 {place + 1} 条的起点")
        elif abs(high - low - abs(length) * scale) > _NEAR:
            faults.append(f"第 {place + 1} 条的长度")
    return faults


# --- reading ------------------------------------------------------------------------------------


def _said(paragraph: Any) -> tuple[list[_Said], str]:
    """The figures of a paragraph, each with the text before it, and the text after the last."""
    said: list[_Said] = []
    lead, inside, name = "", "", ""
    for child in paragraph:
        if child.tag == f"{_W}bookmarkStart":
            found = _BOOKMARK.fullmatch(child.get(f"{_W}name", ""))
            name, inside = (found[1] if found else ""), ""
        elif child.tag == f"{_W}bookmarkEnd" and name:
            said.append(_Said(lead, name, inside))
            lead, name = "", ""
        elif child.tag == f"{_W}r":
            text = _text(child)
            if name:
                inside += text
            elif child.find(f"{_W}rPr/{_W}vertAlign") is None:
                lead += text
    return said, lead


def _rest(one: _Said) -> tuple[str, str]:
    return one.observation, one.text


def _named(cell: Any) -> Iterator[str]:
    for start in cell.iter(f"{_W}bookmarkStart"):
        found = _BOOKMARK.fullmatch(start.get(f"{_W}name", ""))
        if found:
            yield found[1]


def _style(paragraph: Any) -> str:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return "" if style is None else str(style.get(f"{_W}val"))


def _text(node: Any) -> str:
    return "".join(
        "\t" if part.tag == f"{_W}tab" else part.text or ""
        for run in node.iter(f"{_W}r")
        for part in run
        if part.tag in (f"{_W}t", f"{_W}tab")
    )


def _lines(cell: Any) -> list[str]:
    return [_text(paragraph) for paragraph in cell.findall(f"{_W}p")]


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _fits(shown: str, whole: str) -> bool:
    """Whether a text is another, or its beginning and end where … stands for the middle."""
    if _CUT not in shown:
        return shown == whole
    start, _, end = shown.partition(_CUT)
    return whole.startswith(start) and whole.endswith(end) and len(start) > 1


def _texts(fact: Fact, lead: str) -> list[str]:
    """How a figure may be said in a sentence."""
    number = f"{fact.value.normalize():f}"
    unit = "" if fact.unit == "1" else fact.unit
    bound = fact.bound
    if bound is None:
        return [f"{number}{unit}"]
    if fact.measure == "rank":
        return [bound.rank[0].format(number)]
    if fact.is_growth and fact.qualifier == "exact" and not lead.endswith("为"):
        if fact.value == 0:
            return ["持平"]
        verb = "增长" if fact.value > 0 else "下降"
        return [f"{verb}{abs(fact.value).normalize():f}{unit}"]
    return [
        f"{bound.before[0]}{number}{bound.after_zh}{unit}",
        f"{bound.sign[0]}{number}{unit}",
    ]


def _differs(found: str, zh: str, en: str = "") -> tuple[str, str]:
    return f"写作“{found}”，应为“{zh}”", f"it says {found!r}, the figures say {en or zh!r}"
