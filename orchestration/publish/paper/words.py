"""Reads the sentences, tables and charts of briefs again, as a stranger would.

A sentence begins with bookmarks that name its kind and its observations: ``prose.check`` concludes
from them what it may say. Rows of the table, what kind of brief it is and the day are concluded
here, from ``core.observation`` alone, and so are bars, whose length in the picture is that of
their figure. No code that writes briefs has a part in it.

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
from orchestration.publish.prose.check import Facts, faults, read_facts
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
_TOLD = re.compile(r"told_(\w+)_\d+")
_OF = re.compile(r"of_(\w+)_\d+")
_ISSUED = re.compile(
    r"(?:首发版本|First issued in release) (\S+)\t"
    r"(?:(?P<y>\d+)年(?P<m>\d+)月(?P<d>\d+)日|(?P<d2>\d+) (?P<month>\w+) (?P<y2>\d+))"
)
_MONTHS = ("January February March April May June July August September October November "
           "December").split()  # fmt: skip
_HEADS = {
    "zh": {"指标": "name", "报告期": "when", "数值": "value", "单位": "unit", "增长%": "growth",
           "位次": "rank"},
    "en": {"Indicator": "name", "Period": "when", "Value": "value", "Growth, %": "growth",
           "Rank": "rank"},
}  # fmt: skip
_TARGET = {"zh": "目标", "en": "target"}
_FORMS = {1: ("月度", "monthly"), 3: ("季度", "quarterly"), 6: ("半年", "half-yearly"),
          9: ("季度", "quarterly"), 12: ("年度", "yearly")}  # fmt: skip
_BARS = ((0x1F, 0x4E, 0x79), (0x4F, 0x7F, 0xAE))
_ARROW = (0xC5, 0x5A, 0x11)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NEAR = 5.0
"""How far a drawn length may be from the true one, in pixels of 200 dpi: under a millimetre."""


@dataclass(frozen=True, slots=True)
class Fact:
    """An observation, as far as a sentence can be about it."""

    name: str
    name_en: str
    indicator: str
    item: str
    region: str
    period: str
    label: str
    label_en: str
    period_kind: str
    period_start: date
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
    told = read_facts(con, catalog)
    moment = released(con, catalog)
    issued = {moment.release_id: moment.day} if moment else {}
    for name in names:
        try:
            brief = _Brief(name, path / name, facts, told, issued)
        except (OSError, BadZipFile, KeyError, ValueError):
            continue  # the check of its numbers says that it cannot be read
        for zh, en in brief.wrong():
            yield Wrong(name, zh, en)


def _facts(con: DuckDBPyConnection, catalog: str) -> dict[str, Fact]:
    core = f"{quote(catalog)}.core"
    rows = con.execute(
        f"""
        select
            o.observation_id, o.indicator_name_zh, coalesce(o.indicator_name_en, ''),
            o.indicator_code, concat_ws('/', i.mart, i.item),
            o.region_code, o.period, coalesce(p.label_zh, o.period),
            coalesce(p.label_en, o.period), o.period_kind, o.period_start, o.period_end,
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
        self,
        name: str,
        file: Path,
        facts: Mapping[str, Fact],
        told: Facts,
        issued: Mapping[str, date],
    ) -> None:
        from defusedxml.ElementTree import fromstring

        self.name, self.facts, self.told, self.issued = name, facts, told, issued
        self.language = "en" if name.endswith(".en.docx") else "zh"
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
            if _style(paragraph) in ("BriefBody", "BriefLead"):
                yield from self._sentence(paragraph)
        shown: list[Fact] = []
        for row in self._rows():
            yield from self._row(row, shown)
        yield from self._form(shown)
        for table in self.document.iter(f"{_W}tbl"):
            yield from self._chart(table)
        for picture in self.document.iter(f"{_DRAWING}inline"):
            yield from self._picture(picture)

    def _dated(self) -> Iterator[tuple[str, str]]:
        """The day in words is the day of the release that it was first issued in."""
        for paragraph in self.document.iter(f"{_W}p"):
            found = _ISSUED.search(_text(paragraph))
            day = self.issued.get(found[1]) if found else None
            if found is None or day is None:
                continue
            year, day_of_month = found["y"] or found["y2"], found["d"] or found["d2"]
            month = found["m"] or str(_MONTHS.index(found["month"]) + 1)
            if [day.year, day.month, day.day] != [int(year), int(month), int(day_of_month)]:
                yield _differs(_text(paragraph), f"{day}")

    def _sentence(self, paragraph: Any) -> Iterator[tuple[str, str]]:
        """What a sentence says follows from the observations that it names."""
        kind, of = "", []
        for start in paragraph.iter(f"{_W}bookmarkStart"):
            name = start.get(f"{_W}name", "")
            told, one = _TOLD.fullmatch(name), _OF.fullmatch(name)
            kind = told[1] if told else kind
            of += [one[1]] if one else []
        yield from faults(self.told, kind, self.language, of, _unmarked(paragraph))

    def _form(self, shown: Sequence[Fact]) -> Iterator[tuple[str, str]]:
        """A brief is monthly, quarterly, half-yearly or yearly by its newest outturn."""
        outturns = [fact for fact in shown if fact.figure_kind == "outturn"]
        if not outturns:
            return
        newest = max(outturns, key=lambda fact: (fact.period_end, fact.period))
        month = newest.period_end.month
        is_to_date = newest.period_kind == "point" or newest.period_start.month == 1
        length = 12 if newest.period_kind == "annual" else month if is_to_date else 1
        zh, en = _FORMS.get(length, _FORMS[1])
        right = f"（{zh}）" if self.language == "zh" else f" ({en})"
        for paragraph in self.document.iter(f"{_W}p"):
            if _style(paragraph) == "BriefSubtitle" and not _text(paragraph).endswith(right):
                yield _differs(_text(paragraph), right, right)

    # --- the table -----------------------------------------------------------------------------

    def _rows(self) -> Iterator[Mapping[str, Any]]:
        """The cells of each row by what their column holds."""
        known = _HEADS[self.language]
        for table in self.document.iter(f"{_W}tbl"):
            rows = [row.findall(f"{_W}tc") for row in table.findall(f"{_W}tr")]
            heads = [_lines(cell)[0] if _lines(cell) else "" for cell in rows[0]] if rows else []
            if heads[:1] == [next(iter(known))]:
                for row in rows[1:]:
                    yield {known.get(h, h): cell for h, cell in zip(heads, row, strict=True)}

    def _row(self, row: Mapping[str, Any], shown: list[Fact]) -> Iterator[tuple[str, str]]:
        """Name, time and unit are those of the first figure; growth and rank say which they are."""
        met = {
            head: fact
            for head, cell in row.items()
            for name in _named(cell)
            if (fact := self.facts.get(name)) is not None
        }
        if not met:
            return
        shown += met.values()
        first = next(iter(met.values()))
        is_zh = self.language == "zh"
        own_name = first.name if is_zh else first.name_en
        label = first.label if is_zh else first.label_en
        name = _lines(row["name"])[0]
        when = ("" if is_zh else " ").join(_lines(row["when"]))
        target = _TARGET[self.language]
        if not _fits(name, own_name):
            yield _differs(name, own_name, own_name)
        if _squeezed(when.removesuffix(target)) != _squeezed(label):
            yield _differs(f"{name} {when}", label, label)
        if when.endswith(target) != first.is_target:
            yield _differs(f"{name} {when}", target, "whether it is a target")
        unit = "".join(_lines(row["unit"])) if "unit" in row else ""
        own = "" if first.unit == "1" or "value" not in met else first.unit
        if "unit" in row and not _fits(unit, own):
            yield _differs(f"{name} {unit}", own, own)
        if "growth" in met:
            yield from self._growth_kind(name, first, met["growth"], _lines(row["growth"])[1:])
        if "rank" in met:
            small = "".join(_lines(row["rank"])[1:])
            if not small.endswith(str(met["rank"].period_end.year)) and _CUT not in small:
                yield _differs(f"{name} {small}", str(met["rank"].period_end.year))

    def _growth_kind(
        self, name: str, first: Fact, growth: Fact, lines: Sequence[str]
    ) -> Iterator[tuple[str, str]]:
        fixed = growth.price_basis in _FIXED_PRICES
        start, _, end = growth.period.partition("/")
        short = end[-2:] if end[:2] == start[:2] and len(end) == 4 else end
        if self.language == "zh":
            over = {
                "cagr_pct": f"{start}—{short}年均" if end else "年均",
                "mom_growth_pct": "环比",
            }.get(growth.measure, "同比") + ("可比价" if fixed else "")
        else:
            over = {
                "cagr_pct": f"a year, {start}–{short}" if end else "a year",
                "mom_growth_pct": "month on month",
            }.get(growth.measure, "year on year") + (", real" if fixed else "")
        if "".join(lines) != over:
            yield _differs(f"{name} {''.join(lines)}", over)
        if first.item != growth.item:
            yield _differs(name, f"{growth.name} 不是其增速", f"growth of {first.name}")

    # --- charts --------------------------------------------------------------------------------

    def _chart(self, table: Any) -> Iterator[tuple[str, str]]:
        """Beside the bars of a picture stand the names and numbers that its text has."""
        rows = [row.findall(f"{_W}tc") for row in table.findall(f"{_W}tr")]
        own = [cell for row in rows for cell in row if cell.find(f"{_W}tbl") is None]
        picture = next((one for cell in own for one in cell.iter(f"{_DRAWING}docPr")), None)
        if picture is None:
            return
        title = picture.get("title", "")
        told = picture.get("descr", "").removeprefix(f"{title}：").split("；")
        shown = [("".join(_lines(row[0])), "".join(_lines(row[-1]))) for row in rows]
        for item, (label, number) in zip(told, shown, strict=False):
            name, _, value = item.rpartition(" ")
            if value != number or not _fits(label.replace("；", "，"), name):
                yield _differs(f"{label} {number}", item, item)
        if len(told) != len(shown):
            yield _differs(title, f"{len(told)} 条", f"{len(told)} bars")

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
        wrong = _measured(pixels, bars)
        if wrong:
            yield _differs(title, "；".join(wrong))


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
    bound = next((bound for bound in BOUNDS.values() if sign and sign in bound.sign), None)
    has_arrow = bound is not None and bound.has_low != bound.has_high
    return _Bar(
        Decimal(found[0]) if found else None,
        has_arrow,
        item.startswith(("未单列部分", "Not itemised")),
    )


def _measured(content: bytes, bars: Sequence[_Bar]) -> list[str]:
    """What is wrong with the lying bars of a picture."""
    import numpy as np
    from PIL import Image

    with Image.open(BytesIO(content)) as image:
        lines = np.asarray(image.convert("RGB")).astype(int)
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


def _unmarked(paragraph: Any) -> str:
    """The text of a paragraph without the raised letters of marks."""
    return "".join(
        _text(run) if run.tag == f"{_W}r" and run.find(f"{_W}rPr/{_W}vertAlign") is None else ""
        for run in paragraph
    )


def _named(cell: Any) -> Iterator[str]:
    for start in cell.iter(f"{_W}bookmarkStart"):
        found = _BOOKMARK.fullmatch(start.get(f"{_W}name", ""))
        if found:
            yield found[1]


def _style(paragraph: Any) -> str:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return "" if style is None else str(style.get(f"{_W}val"))


def _text(node: Any) -> str:
    """The text of a paragraph, or of one run."""
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


def _differs(found: str, zh: str, en: str = "") -> tuple[str, str]:
    return f"写作“{found}”，应为“{zh}”", f"it says {found!r}, the figures say {en or zh!r}"
