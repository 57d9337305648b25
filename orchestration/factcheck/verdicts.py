"""What each number of a text is, and why.

Belongs here: which figure a number speaks of, whether it says the same, and what it would follow
from. Does not belong here: reading texts and figures, and how the answer is shown.

A contradiction is a strong word: it is said only where the text names indicator, region and period
without another word between, and the release has that figure and no version of it says so. A number
that speaks of something else is not ours, and not wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from orchestration.bounds import BOUNDS, EXACT
from orchestration.collect.periods import Period
from orchestration.factcheck.documents import SEPARATOR, Block
from orchestration.factcheck.figures import Figure, Name, World
from orchestration.factcheck.mentions import Mention, Moment, mentions, moments, plain, resolved

Verdict = Literal["exact", "rounded", "derived", "old_vintage", "contradicts", "not_ours"]
VERDICTS: Final[dict[Verdict, tuple[str, str]]] = {
    "exact": ("一致", "exact"),
    "rounded": ("舍入后一致", "rounded"),
    "derived": ("可由公布数推出", "derived"),
    "old_vintage": ("旧数", "old vintage"),
    "contradicts": ("不一致", "contradicts"),
    "not_ours": ("本库没有", "not ours"),
}
LEAST_DIGITS: Final = 3
"""So many digits a number needs to be known by its value and half of its name alone."""
MOST_NAMES: Final = 8
LEADING: Final = 3
"""So near its beginning a cell names the region or time that it is for."""
MOST_BESIDE: Final = 8
"""So many words more a cell may hold that says a region or a time: 区间累计, 年度."""
LONGEST_CELL: Final = 8
"""A cell of more words is a sentence, and no figure of its row and column."""
LEAST_SISTERS: Final = 3
"""A place among fewer is none."""
MOST_COUNTED: Final = 24
"""So many signs behind it a number of regions is told to be those among whom one has its place."""
LIKENESS: Final = Decimal("0.34")


@dataclass(frozen=True)
class Checked:
    """A number of a text, and what it is.

    Attributes:
        block: Index of its block.
        zh, en: Why, with the figures.
        figures: What it says, follows from or contradicts; the first is meant before all.
    """

    block: int
    mention: Mention
    verdict: Verdict
    zh: str
    en: str
    figures: tuple[Figure, ...] = ()


def check(world: World, blocks: Sequence[Block]) -> list[Checked]:
    """What every number of the blocks is, in order."""
    found: list[Checked] = []
    heading = _Context(world.district)
    for at, block in enumerate(blocks):
        read = _Read(world, block, heading)
        found += (replace(one, block=at) for one in read.checked())
        if block.kind == "heading":
            heading = read.as_heading()
        heading = replace(heading, label=read.as_label())
    return found


@dataclass(frozen=True)
class _Context:
    """What headings say of all that stands below them, and a line of the one that follows it."""

    region: str
    period: Period | None = None
    label: str = ""
    """The line before, where it is the label of what stands below it."""


LONGEST_LABEL: Final = 80
_STOPS: Final = re.compile(r"[。！？!?；;\n]|\.\s")
_FULL_STOPS: Final = re.compile(r"[。！？!?\n]|\.\s")
_TARGET: Final = re.compile("目标|力争|预期|计划|规划|确保|target|aim", re.IGNORECASE)
_AVERAGE: Final = re.compile(
    "年均|复合|on average|average annual|annual average|a year[,;]|per year", re.IGNORECASE
)
_AVERAGED_OVER: Final = re.compile(r"(?: a year)? on average (?:from |between |in )")
_LINKS: Final = (
    "达到?|为|是|完成|实现|超过?|突破|约|近|逾|不足|不低于|至少|共计?|合计|累计|总计|已|首次|分别|同口?径?比?",
    "环比|年均|复合|比|较|上年|去年|同期|增长|增加|上升|提高|提升|回升|上涨|下降|减少|回落|降低|下滑|下跌",
    "增速|增幅|名义|按?可比价格?|现价|计算|的|了|至|到|于|在|以上|左右|全[国省市区县]|排名?|位[居列次]?",
    "居|列|第|名|其中|规模|总量|总额|数值|单位|指标|报告期|位次|亿?万?元",
    "was|were|is|are|reached|totall?ed|stood at|of|by|up|down|rose|grew|fell|to|in|and|the|a",
    "year-on-year|on average|annual|average|growth|period|value|unit|indicator|rank|district|city",
    r"more|than|about|nearly|over|[a-z]\b|[\s，,：:（）()、%‰—–-]",
)
_BETWEEN: Final = re.compile(f"(?:{'|'.join(_LINKS)})*", re.IGNORECASE)
"""What may stand between a name and its number without making it the number of something else."""


_AGAINST: Final = re.compile(r"(?:比|较|高于|低于|快于|慢于|多于|少于|than)\s?$", re.IGNORECASE)
"""What stands before a region that another is held against."""
_FURTHEST: Final = re.compile(
    r"最[高低大小多少快慢]的?(?:是|为)$|(?:high|low|larg|small|fast|slow)est (?:was|is) $"
)
_IN_BRACKETS: Final = re.compile(r"\s?[(（][^()（）]*")
_LESS: Final = re.compile(
    r"(?:低|慢|少|落后|below|lower|behind)\s?(?:了|约|by)?\s*$", re.IGNORECASE
)
_FROM_BELOW: Final = re.compile("由低到高|从低到高|最低|倒数|from the lowest|lowest first")
_COUNTED: Final = re.compile(
    r"(?:个|家)?\s?(?:县|区|市|镇|乡|街道|地区|省|州|盟|旗)[^，。]{0,10}中?[居位列第]"
)
_COUNTED_EN: Final = re.compile(
    r"\s(?:county-level|district|count|cit|region|division|town|province)"
)
"""What is counted behind the number of those among whom a region has its place."""
_PLACED_EN: Final = re.compile(r"\b(?:rank|place)\w*\b[^.]*\bamong (?:the )?$")
_HELD_AGAINST_EN: Final = re.compile(r"\s(?P<how>above|below|higher than|lower than)[\w\s]{0,24}")


_MADE: Final = re.compile(
    "推算|隐含|测算|计算|占|比重|份额|人均|每|合计|差|余额?$|贡献|"
    "computed|implied|share|per |residual",
    re.IGNORECASE,
)
"""Heads of what is made of figures: it may differ from each of them."""
_RANK_HEAD: Final = re.compile("位次|排名|名次|rank", re.IGNORECASE)
_GROWTH_HEAD: Final = re.compile("增长|增速|增幅|同比|growth", re.IGNORECASE)


_GROWS: Final = re.compile("增长|增速|下降|回落|rose|fell|grew|growth|declined", re.IGNORECASE)


def _parts(text: str) -> list[str]:
    """The parts of a head: 增长（%）, 产值:亿元; and those of 人/平方公里 after its whole."""
    whole = re.split(r"[\n(（)）:：,，\s]", text)
    return [part for part in (*whole, *re.split("[/ ]", " ".join(whole))) if part]


class _Read:
    """A block with what its words name."""

    def __init__(self, world: World, block: Block, heading: _Context) -> None:
        self.world, self.block, self.heading = world, block, heading
        if world.names(plain(block.text)):
            self.heading = heading = replace(heading, label="")
        lead = "".join(f"{part}{SEPARATOR}" for part in self._lead(block))
        self.offset = len(lead)
        self.text = plain(lead + block.text)
        self.names = world.names(self.text)
        within = [(name.start, name.end) for name in self.names]
        self.places = [
            place for place in world.places(self.text)
            if self._is_said(place[0], place[1])
            and not any(a <= place[0] and place[1] <= b for a, b in within)
        ]  # fmt: skip
        self.moments = [one for one in moments(self.text) if self._is_said(one.start, one.end)]
        self.periods = self._periods()

    def _lead(self, block: Block) -> Iterator[str]:
        """What stands before a cell: heads, the words of its row, what the row is called."""
        if block.kind != "cell" and self.heading.label:
            yield self.heading.label
        yield from block.heads
        yield from block.beside
        if block.stub:
            yield self.world.whole(block.stub)

    def _is_said(self, start: int, end: int) -> bool:
        """Of a row's other cells only those count that say a region or a time and nothing else."""
        if self.block.kind != "cell":
            return True
        begin = sum(len(part) + 1 for part in self.block.heads)
        stub = self.world.whole(self.block.stub)
        stop = self.offset - (len(stub) + 1 if stub else 0)
        if not begin <= start < stop:
            return True
        first = self.text.rfind(SEPARATOR, 0, start) + 1
        last = self.text.find(SEPARATOR, end)
        rest = list(self.text[first:last])
        for moment in moments(self.text[first:last]):
            rest[moment.start : moment.end] = " " * (moment.end - moment.start)
        rest[start - first : end - first] = " " * (end - start)
        told = "".join(rest)
        is_alone = len(re.findall("[\u4e00-\u9fff]", told)) <= MOST_BESIDE
        return start - first < LEADING and is_alone and not re.search("[0-9]", told)

    def _periods(self) -> list[tuple[Moment, Period]]:
        known, found = self.heading.period, []
        for moment in self.moments:
            period = resolved(moment, known)
            if period is not None:
                found.append((moment, period))
                known = known if moment.is_base else period
        return found

    def as_heading(self) -> _Context:
        """What it says of all that stands below it."""
        said = [period for moment, period in self.periods if not moment.is_base]
        return _Context(
            self.places[-1][2] if self.places else self.world.district,
            said[-1] if said else self.heading.period,
        )

    def as_label(self) -> str:
        """The text where it names an indicator and has no number: the one below is its figure.

        What stands below a label has it on; a number, a change and a note may follow each other.
        """
        if self.block.kind == "cell" or len(self.block.text) > LONGEST_LABEL:
            return ""
        if not self.names:
            return self.heading.label
        own = [name for name in self.names if name.start >= self.offset]
        is_bare = not re.search("[0-9]", self.text[self.offset :])
        return self.block.text if own and is_bare else self.heading.label

    def checked(self) -> Iterator[Checked]:
        """Its numbers."""
        taken = [(name.start, name.end) for name in self.names]
        taken += [(start, end) for start, end, _ in self.places]
        taken += self.world.units.with_digits(self.text)
        is_cell = self.block.kind == "cell"
        for one in mentions(self.text, self.world.units, taken, of_cell=is_cell):
            if one.start < self.offset:
                continue
            told = self._about(self._as_cell(one) if is_cell else one)
            mention = replace(
                told.mention, start=told.mention.start - self.offset,
                end=told.mention.end - self.offset,
            )  # fmt: skip
            yield replace(told, mention=mention)

    def _as_cell(self, one: Mention) -> Mention:
        """A number of a cell has its unit and sort from what heads it, else from its row."""
        heads = plain(SEPARATOR.join(self.block.heads))
        if one.sort != "level":
            return one
        if _RANK_HEAD.search(heads) and one.unit is None:
            return replace(one, sort="rank")
        units = self.world.units.units
        beside = [*map(plain, self.block.beside), *_parts(plain(self.block.stub))]
        is_per_cent = one.unit == units.get("%") or (one.unit is None and "%" in heads)
        if _GROWTH_HEAD.search(heads) and is_per_cent:
            return replace(one, sort="growth", unit=units.get("%"))
        unit = one.unit or self.world.units.within(heads)
        unit = unit or next((units[word] for word in beside if word in units), None)
        return replace(one, unit=unit)

    # --- what a number is about ---

    def _about(self, one: Mention) -> Checked:
        """What the nearest name makes of it, else what another name of its sentence does."""
        region, (period, base) = self._region(one), self._period(one)
        against = self._against(one)
        told: Checked | None = None
        near: list[Name | None] = [*self._names(one)]
        every = [(one, name) for name in [*(near or [None]), *self._names_of_clauses_before(one)]]
        if self._may_be_growth(one):
            every += [(replace(one, sort="growth"), name) for name in near]
        for asked, name in every:
            answer = _Asked(self, asked, name, region, period, base, against).answer()
            is_nearest = told is None
            if answer.verdict != "not_ours" and (is_nearest or answer.verdict != "contradicts"):
                return answer
            told = told or answer
        assert told is not None
        return told

    def _may_be_growth(self, one: Mention) -> bool:
        """Per cent in the brackets of a region, in a sentence of growth: 比宁波市（-1.8%）."""
        if one.sort != "level" or one.unit is None or one.unit.dimension != "percent":
            return False
        is_in_brackets = any(
            end <= one.start and self._is_its_bracket(end, one) for _, end, _ in self.places
        )
        return is_in_brackets and (
            _GROWS.search(self.text, self._sentence(one), one.start) is not None
        )

    def _sentence(self, one: Mention) -> int:
        """Where the sentence of a number begins; the lead of a cell belongs to it."""
        if self.block.kind == "cell" or self.heading.label:
            return 0
        stops = [match.end() for match in _STOPS.finditer(self.text, 0, one.start)]
        return stops[-1] if stops else 0

    def _names(self, one: Mention) -> list[Name]:
        """The names that may be meant, the nearest first."""
        begin = self._sentence(one)
        before = [name for name in self.names if begin <= name.start and name.end <= one.start]
        return list(reversed(before))[:MOST_NAMES]

    def _names_of_clauses_before(self, one: Mention) -> list[Name]:
        """Where a clause names nothing, what those before it in the sentence do: 最高的是慈溪市."""
        if self._names(one) or self.block.kind == "cell":
            return []
        stops = [m.end() for m in _FULL_STOPS.finditer(self.text, 0, one.start)]
        begin = stops[-1] if stops else 0
        found = [name for name in self.names if begin <= name.start and name.end <= one.start]
        return list(reversed(found))[:MOST_NAMES]

    def _against(self, one: Mention) -> str | None:
        """The region that the number is told against: 比宁波市（-1.8%）高2.9个百分点."""
        begin = self._sentence(one)
        for start, end, code in reversed(self.places):
            is_before = begin <= start and end <= one.start
            if is_before and self._is_compared(start) and not self._is_its_bracket(end, one):
                return code
        return next((code for _, code in self._held_against_behind(one)), None)

    def _held_against_behind(self, one: Mention) -> Iterator[tuple[str, str]]:
        """How, and whom: 2.9 percentage points above the rate in Ningbo."""
        for start, _, code in self.places:
            said = (
                _HELD_AGAINST_EN.fullmatch(self.text[one.end : start]) if start > one.end else None
            )
            if said is not None:
                yield said["how"], code

    def is_less(self, one: Mention) -> bool:
        """Whether the words say that the region has less than the one that it is held against."""
        for how, _ in self._held_against_behind(one):
            return how in ("below", "lower than")
        return _LESS.search(self.text[: one.start]) is not None

    def counts_sisters(self, one: Mention) -> bool:
        """Whether it says among how many regions one has its place: 10个县（市、区）中居第3位."""
        behind = self.text[one.end : one.end + MOST_COUNTED]
        if _COUNTED.match(behind):
            return True
        before = self.text[self._sentence(one) : one.start]
        return _COUNTED_EN.match(behind) is not None and _PLACED_EN.search(before) is not None

    def _is_compared(self, start: int) -> bool:
        """Whether the region that begins there is what another is held against."""
        return _AGAINST.search(self.text[:start]) is not None

    def _is_its_bracket(self, end: int, one: Mention) -> bool:
        """Whether the number stands in the brackets behind a region: it is of that region."""
        return _IN_BRACKETS.fullmatch(self.text[end : one.start]) is not None

    def _region(self, one: Mention) -> str:
        """The region that the sentence names, else the one that is spoken of."""
        begin = self._sentence(one)
        heads = sum(len(part) + 1 for part in self.block.heads)
        of_heads = [place for place in self.places if place[1] <= heads]
        for start, end, code in reversed(of_heads or self.places):
            if end > one.start or start < begin:
                continue
            behind = self.text[end : one.start]
            if self._is_its_bracket(end, one):
                return code
            if self._is_compared(start):
                continue  # 比宁波市高: than whom
            if _FURTHEST.search(self.text[:start]):
                continue  # 最高的是慈溪市: of nobody but the number in brackets
            is_place = one.sort == "rank" or self.counts_sisters(one)
            if is_place and code != self.world.district:
                continue  # 全市第3, 在全市10个区中: among whom
            if re.search("占$", self.text[:start]) or re.match("(?:的)?(?:比重|份额)", behind):
                continue  # 占全市: of what
            return code
        return self.heading.region

    def _period(self, one: Mention) -> tuple[Period | None, Period | None]:
        """The period, and what it is compared with where that is said."""
        before = [(m, p) for m, p in self.periods if m.end <= one.start]
        said = [p for m, p in before if not m.is_base and not self._is_of_growth(m, one)]
        begin = max(self._sentence(one), one.base)
        bases = [p for m, p in before if m.is_base and m.start >= begin]
        behind = self._period_behind(one)
        period = behind or (said[-1] if said else self.heading.period or self._last_words(one))
        return period, bases[-1] if bases else None

    def _last_words(self, one: Mention) -> Period | None:
        """English says the time at the end: stood at 10 billion yuan in 2025."""
        stop = _FULL_STOPS.search(self.text, one.end)
        end = stop.start() if stop else len(self.text)
        is_english = self.block.kind != "cell" and self.text[one.end : end].isascii()
        later = [p for m, p in self.periods if one.end <= m.start < end and not m.is_base]
        return later[0] if is_english and later else None

    def _is_of_growth(self, moment: Moment, one: Mention) -> bool:
        """2020年至2022年年均增长9.5%: the years are those of the growth, and of nothing else.

        So is a time in brackets that of the number before it.
        """
        behind = self.text[moment.end : moment.end + 6]
        if behind[:1] in (")", "）") and self.text[moment.start - 1 : moment.start] in ("(", "（"):
            return True
        is_its_own = one.sort == "growth" and moment.end >= one.base
        return not is_its_own and re.match(r"\s*(?:的)?年均|, on average", behind) is not None

    def _period_behind(self, one: Mention) -> Period | None:
        """449.7亿元（2022年）."""
        for moment, period in self.periods:
            between = self.text[one.end : moment.start]
            if moment.start < one.end:
                continue
            is_of_cell = self.block.kind == "cell" and not re.search("[0-9]", between)
            is_averaged = one.sort == "growth" and _AVERAGED_OVER.fullmatch(between)
            if is_of_cell or is_averaged or re.fullmatch(r"[\w]?\s?[(（]", between):
                return period
        return None


@dataclass
class _Asked:
    """A number with the indicator, region and period that its text names."""

    read: _Read
    one: Mention
    name: Name | None
    region: str
    period: Period | None
    base: Period | None
    against: str | None = None
    world: World = field(init=False)

    def __post_init__(self) -> None:
        self.world = self.read.world

    def answer(self) -> Checked:
        """What the number is."""
        candidates = self._candidates()
        if self.period is not None:
            inside = [figure for figure in candidates if _is_of(figure, self.period)]
        else:
            inside = candidates
        own = [figure for figure in inside if self._is_own(figure)]
        if own and not any(figure.is_growth or figure.measure == "rank" for figure in inside):
            inside = own  # another amount of the same subject has a name of its own
        for told in (
            self._same([f for f in inside if f.is_current]),
            self._same([f for f in inside if not f.is_current], is_old=True),
            self._derived(),
            self._by_value(),
        ):
            if told is not None:
                return told
        if inside and self.period is not None and self._is_named_alone():
            return self._contradiction(inside)
        return self._not_ours(candidates)

    def _candidates(self) -> list[Figure]:
        if self.name is None:
            return []
        found = [
            figure
            for subject in sorted(self.name.subjects)
            for figure in self.world.by_subject.get((subject, self.region), ())
            if self._can_be(figure)
        ]
        return sorted(found, key=self._fitness)

    def _fitness(self, figure: Figure) -> tuple[bool, bool, bool, bool, int, str]:
        begins = self.period is not None and figure.start == self.period.start
        return (
            not begins, not figure.is_headline, not self._is_own(figure), not figure.is_whole,
            -figure.end.toordinal(), figure.observation_id,
        )  # fmt: skip

    def _can_be(self, figure: Figure) -> bool:
        """Whether the words make it a number of that kind."""
        sort, is_own = self.one.sort, self._is_own(figure)
        if "rank" in (sort, figure.measure):
            return sort == figure.measure and self.one.value > 0
        if figure.is_growth and (figure.measure == "cagr_pct") != self._is_average():
            return False  # a year's growth is no average of years
        if sort == "growth":
            return figure.is_growth or (figure.dimension == "percent" and is_own)
        if figure.is_growth or sort == "delta":
            # 增速为4.9%: a level by its grammar where the name is that of a growth
            return is_own and self._is_in_its_unit(figure)
        if sort == "multiple":
            return figure.dimension in ("times_as_much", "dimensionless")
        return sort not in ("points", "moved") and self._is_in_its_unit(figure)

    def _is_in_its_unit(self, figure: Figure) -> bool:
        """Whether it is counted as the figure is; 8家 of what we count as 8个 is."""
        unit = self.one.unit
        if unit is None:
            return self.one.sort != "delta"
        counts = "count_"
        alike = unit.dimension.startswith(counts) and figure.dimension.startswith(counts)
        return alike or unit.dimension in ("", figure.dimension)

    def _is_average(self) -> bool:
        """Whether the words make it an average of several years."""
        read = self.read
        is_cell = read.block.kind == "cell"
        begin = 0 if is_cell else max(read._sentence(self.one), self.one.base)
        words = read.text[begin : self.one.start]
        behind = read.text[self.one.end :]
        words += behind if is_cell or _AVERAGED_OVER.match(behind) else ""
        return _AVERAGE.search(words) is not None or self._is_named_average()

    def _is_named_average(self) -> bool:
        return self.name is not None and (
            _AVERAGE.search(self.read.text[self.name.start : self.name.end]) is not None
        )

    def _is_own(self, figure: Figure) -> bool:
        return self.name is not None and figure.indicator in self.name.indicators

    # --- the same ---

    def _same(self, figures: Sequence[Figure], *, is_old: bool = False) -> Checked | None:
        rounded = None
        for figure in figures:
            how = _agrees(self.one, figure)
            if how == "exact":
                return self._told_same(figure, "old_vintage" if is_old else "exact")
            if how == "rounded" and rounded is None:
                rounded = figure
        if rounded is None:
            return None
        return self._told_same(rounded, "old_vintage" if is_old else "rounded")

    def _told_same(self, figure: Figure, verdict: Verdict) -> Checked:
        zh, en = _told(figure)
        if verdict == "old_vintage" and figure.known_to is not None:
            zh += f"；{figure.known_from}至{figure.known_to}间的数字，现已修订"
            en += f"; true as of {figure.known_from} to {figure.known_to}, revised since"
            now = [
                other for other in self._candidates()
                if other.is_current and other.is_headline and other.indicator == figure.indicator
                and other.period == figure.period
            ]  # fmt: skip
            if now:
                zh += f"，现为{_printed(now[0])}"
                en += f", now {_printed(now[0])}"
            return Checked(0, self.one, verdict, zh, en, (figure, *now[:1]))
        if not figure.is_headline:
            zh, en = zh + "；不是主数", en + "; not the headline figure"
        if self.period is None:
            zh, en = zh + "；文中未写明时期", en + "; the text names no period"
        if figure.figure_kind != "outturn" and not _TARGET.search(self.read.text):
            zh, en = zh + "；是目标或预计，不是实绩", en + "; a target or forecast, no outturn"
        return Checked(0, self.one, verdict, zh, en, (figure,))

    # --- what it follows from ---

    def _derived(self) -> Checked | None:
        for made in _FORMULAS.get(self.one.sort, ()):
            for value, formula, figures in made(self):
                if abs(value - self.one.reference) <= self.one.tolerance:
                    zh = f"{formula} = {_short(value)}"
                    return Checked(0, self.one, "derived", zh, zh, tuple(figures))
        return None

    def level(self, period: Period | None, region: str | None = None) -> Figure | None:
        """The headline level of the indicator that is named, in a period."""
        if self.name is None or period is None:
            return None
        found = [
            figure
            for subject in sorted(self.name.subjects)
            for figure in self.world.by_subject.get((subject, region or self.region), ())
            if figure.is_headline and figure.is_current and figure.is_whole
            and not figure.is_growth and figure.measure != "rank"
            and figure.figure_kind == "outturn"
            and _is_of(figure, period)
        ]  # fmt: skip
        return min(found, key=self._fitness, default=None)

    def rank(self, period: Period | None) -> Figure | None:
        """The published rank, in a period."""
        if self.name is None or period is None:
            return None
        found = [
            figure
            for subject in sorted(self.name.subjects)
            for figure in self.world.by_subject.get((subject, self.region), ())
            if figure.is_headline and figure.is_current and figure.measure == "rank"
            and _is_of(figure, period)
        ]  # fmt: skip
        return min(found, key=self._fitness, default=None)

    def growth(self, period: Period | None, region: str | None = None) -> Figure | None:
        """The published growth, in a period."""
        if self.name is None or period is None:
            return None
        found = [
            figure
            for subject in sorted(self.name.subjects)
            for figure in self.world.by_subject.get((subject, region or self.region), ())
            if figure.is_headline and figure.is_current and figure.is_growth
            and _is_of(figure, period)
        ]  # fmt: skip
        return min(found, key=self._fitness, default=None)

    # --- by its value alone ---

    def _by_value(self) -> Checked | None:
        """Known by value, unit, region, period and half of its name."""
        digits = re.sub(r"\D", "", str(abs(self.one.value))).strip("0")
        if self.one.unit is None or len(digits) < LEAST_DIGITS:
            return None
        key = (self.one.unit.dimension, self.one.reference.normalize())
        begin = self.read._sentence(self.one)
        words = self.read.text[begin : self.one.start]
        found = [
            (likeness, figure)
            for figure in self.world.by_value.get(key, ())
            if figure.is_current
            and figure.region == self.region
            and (self.period is None or _is_of(figure, self.period))
            and (likeness := _likeness(figure.name, words)) >= LIKENESS
        ]
        if not found:
            return None
        _, figure = max(found, key=lambda pair: (pair[0], pair[1].is_headline))
        return self._told_same(figure, "exact")

    # --- what it is not ---

    def _is_named_alone(self) -> bool:
        """Nothing stands between the name and the number that could make it another number."""
        name, text, read = self.name, self.read.text, self.read
        if name is None or read.heading.label:
            return False
        if read.block.kind == "cell":
            words = re.sub(r"[^\u4e00-\u9fff]", "", read.block.text)
            about = {subject for one in read.names for subject in one.subjects}
            heads = SEPARATOR.join(read.block.heads)
            return len(words) < LONGEST_CELL and len(about) == 1 and not _MADE.search(heads)
        if self.one.unit is None and self.one.sort == "level":
            return False  # of what, nobody said
        if re.search(r"[\u4e00-\u9fff]$", text[: name.start]) and not self._is_free(name.start):
            return False
        between = self._blank(name.end, self.one.start)
        return _BETWEEN.fullmatch(between) is not None

    def _is_free(self, at: int) -> bool:
        """Whether what ends at a place is no part of a longer name."""
        text = self.read.text
        ends = {end for _, end, _ in self.read.places} | {m.end for m in self.read.moments}
        return (
            at in ends
            or re.search(r"(?:实现|完成|的|和|与|及|其中|是|为|以及|目标|全年)$", text[:at])
            is not None
        )

    def _blank(self, start: int, end: int) -> str:
        """The text between two places without names of the subject, regions, times and numbers."""
        text = list(self.read.text[start:end])
        inside = [(m.start, m.end) for m in self.read.moments]
        inside += [(begin, stop) for begin, stop, _ in self.read.places]
        inside += [match.span() for match in re.finditer(r"[0-9][0-9.,]*", self.read.text)]
        for begin, stop in inside:
            for at in range(max(begin, start), min(stop, end)):
                text[at - start] = " "
        told = "".join(text)
        for word in sorted(self.world.units.units, key=len, reverse=True):
            if len(word) > 1 or word in "%‰":
                told = told.replace(f" {word}", " ")
        return told

    def _contradiction(self, figures: Sequence[Figure]) -> Checked:
        is_target = _TARGET.search(self._words_before())
        kinds = ("target", "proposal", "standard", "forecast") if is_target else ("outturn",)
        ours = [
            figure for figure in figures
            if figure.figure_kind in kinds and figure.is_whole and figure.is_current
            and (self._is_own(figure) or figure.is_growth or figure.measure == "rank")
        ]  # fmt: skip
        if not ours:
            return self._not_ours(figures)
        told = list(dict.fromkeys(_told(figure) for figure in ours[:3]))
        return Checked(
            0, self.one, "contradicts",
            "本库：" + "；".join(zh for zh, _ in told), "ours: " + "; ".join(en for _, en in told),
            tuple(ours[:3]),
        )  # fmt: skip

    def _words_before(self) -> str:
        """The words of the clause before the number, without those of names."""
        begin = self.read._sentence(self.one)
        text = list(self.read.text[begin : self.one.start])
        for name in self.read.names:
            for at in range(max(name.start, begin), min(name.end, self.one.start)):
                text[at - begin] = " "
        return re.split(r"[；;。，,]", "".join(text))[-1]

    def _not_ours(self, candidates: Sequence[Figure]) -> Checked:
        if self.name is None:
            zh, en = "没有认出指标", "no indicator of ours is named"
        elif not candidates:
            zh, en = "本库没有该地区的这一指标", "we have no such figure of the region"
        elif self.period is None:
            zh, en = "文中未写明时期", "the text names no period"
        else:
            zh, en = "本库没有该时期的这一指标", "we have no such figure of the period"
        return Checked(0, self.one, "not_ours", zh, en)


def _is_of(figure: Figure, period: Period) -> bool:
    """Whether a figure is of a period; a stock is of its end."""
    if figure.end != period.end:
        return False
    if figure.start == period.start or figure.period_kind == "growth_over_range":
        return True
    return figure.is_stock or figure.period_kind in ("point", "target") or period.is_point


def _agrees(one: Mention, figure: Figure) -> Literal["exact", "rounded", ""]:
    """Whether a number says what a figure says."""
    if one.unit is None or not one.unit.dimension:
        scale = one.unit.factor if one.unit else Decimal(1)
        known, said, half = figure.value, one.value * scale, one.step * scale / 2
        if one.unit is not None:
            known = figure.reference
    elif one.unit.dimension == figure.dimension:
        known, said, half = figure.reference, one.reference, one.tolerance
    else:
        known, said, half = figure.value, one.value, one.step / 2
    if one.sort == "rank":
        said = abs(said)
    if said == known:
        if one.qualifier == figure.qualifier or figure.qualifier == "approx" == one.qualifier:
            return "exact"
        is_bound = (
            BOUNDS[figure.qualifier].low != "closed" or BOUNDS[figure.qualifier].high != "closed"
        )
        if one.qualifier == EXACT and is_bound and one.sort != "rank":
            return ""  # a bound told as a number
        return "rounded" if _holds(one, known) else ""
    if one.qualifier != EXACT:
        return "rounded" if _holds(one, known) and figure.qualifier == EXACT else ""
    if figure.qualifier != EXACT:
        return ""
    return "rounded" if abs(said - known) <= half and one.sort != "rank" else ""


def _holds(one: Mention, known: Decimal) -> bool:
    """Whether a bound or an about of a text is true of an exact figure, and no empty word."""
    bound = BOUNDS[one.qualifier]
    said = one.reference if one.unit and one.unit.dimension else one.value
    if bound.code == EXACT:
        return said == known
    if said and abs(known - said) > abs(said) / 10:
        return False
    if bound.low in ("open", "closed") and bound.high in ("none", "near"):
        return known > said or (bound.low == "closed" and known == said)
    if bound.high in ("open", "closed") and bound.low in ("none", "near"):
        return known < said or (bound.high == "closed" and known == said)
    return abs(known - said) <= abs(said) / 20


def _likeness(name: str, words: str) -> Decimal:
    """How much of a name stands in the words before a number, by pairs of signs."""
    pairs = {name[at : at + 2] for at in range(len(name) - 1)}
    there = sum(1 for pair in pairs if pair in words)
    return Decimal(there) / len(pairs) if pairs else Decimal(0)


def _printed(figure: Figure) -> str:
    bound = BOUNDS[figure.qualifier]
    sign = bound.sign[0] if figure.qualifier != EXACT else ""
    return f"{sign}{_short(figure.value)}{figure.unit}"


def _told(figure: Figure) -> tuple[str, str]:
    said = f"{figure.name} {figure.period} {_printed(figure)}"
    return said, f"{figure.name_en} {figure.period} {_printed(figure)}"


def _short(value: Decimal) -> str:
    rounded = round(value, 4).normalize()
    return f"{rounded:f}"


# --- formulas ------------------------------------------------------------------------------------

_Made = Iterable[tuple[Decimal, str, tuple[Figure, ...]]]


def _year_before(period: Period) -> Period:
    begin, end = period.start, period.end
    day = 28 if (end.month, end.day) == (2, 29) else end.day
    if end.month == 2 and end.day == 28 and (end.year - 1) % 4 == 0:
        day = 29
    return replace(
        period, start=begin.replace(year=begin.year - 1),
        end=date(end.year - 1, end.month, day), code="",
    )  # fmt: skip


def _before(asked: _Asked) -> Period | None:
    if asked.base is not None:
        return asked.base
    return _year_before(asked.period) if asked.period else None


def _change(asked: _Asked) -> _Made:
    """Per cent more than the published level of a year before, or of the base that is named."""
    now, then = asked.level(asked.period), asked.level(_before(asked))
    if now and then and then.reference > 0 and now.dimension == then.dimension:
        value = (now.reference / then.reference - 1) * 100
        yield value, f"{_printed(now)} ÷ {_printed(then)} − 1（公布水平之比）× 100%", (now, then)


def _average(asked: _Asked) -> _Made:
    """Average growth over years, from the published levels of the first and the last."""
    period = asked.period
    if period is None or period.precision != "year_range":
        return
    years = period.end.year - period.start.year
    now = asked.level(replace(period, start=date(period.end.year, 1, 1), code=""))
    first = replace(period, end=date(period.start.year, 12, 31), code="")
    then = asked.level(first)
    if now and then and then.reference > 0 and now.dimension == then.dimension and years:
        ratio = float(now.reference / then.reference)
        value = (Decimal(ratio ** (1 / years)) - 1) * 100
        yield value, f"({_printed(now)} ÷ {_printed(then)})^(1/{years}) − 1", (now, then)


def _difference(asked: _Asked) -> _Made:
    now, then = asked.level(asked.period), asked.level(_before(asked))
    if now and then and now.dimension == then.dimension:
        yield now.reference - then.reference, f"{_printed(now)} − {_printed(then)}", (now, then)


def _points(asked: _Asked) -> _Made:
    """Percentage points between two shares, rates or growths."""
    for ask in (asked.growth, asked.level):
        now, then = ask(asked.period), ask(_before(asked))
        if now and then and now.dimension == then.dimension == "percent":
            yield now.value - then.value, f"{_printed(now)} − {_printed(then)}", (now, then)


def _apart(asked: _Asked) -> _Made:
    """Percentage points between the region and the one that it is held against."""
    if asked.against is None:
        return
    is_less = asked.read.is_less(asked.one)
    for ask in (asked.growth, asked.level):
        own, other = ask(asked.period), ask(asked.period, asked.against)
        if own and other and own.dimension == other.dimension == "percent":
            first, second = (other, own) if is_less else (own, other)
            yield (
                first.value - second.value,
                f"{_printed(first)} − {_printed(second)}",
                (own, other),
            )


def _sisters(asked: _Asked) -> tuple[Figure, list[Figure]] | None:
    """The level of the region and those of all that lie beside it in the region above."""
    regions = asked.world.regions
    own = regions.get(asked.region)
    now = asked.level(asked.period)
    if own is None or now is None or own.parent is None:
        return None
    codes = sorted(c for c, r in regions.items() if r.parent == own.parent and not r.is_past)
    found = [level for code in codes if (level := asked.level(asked.period, code)) is not None]
    return now, [level for level in found if level.dimension == now.dimension]


def _place(asked: _Asked) -> _Made:
    """The place among those that lie beside the region and have a figure of the same period."""
    read, among = asked.read, _sisters(asked)
    if among is None or len(among[1]) < LEAST_SISTERS:
        return
    own, levels = among
    words = read.text[read._sentence(asked.one) : asked.one.start]
    is_from_below = _FROM_BELOW.search(words) is not None
    ahead = [
        level for level in levels
        if (level.reference < own.reference if is_from_below else level.reference > own.reference)
    ]  # fmt: skip
    sign = "<" if is_from_below else ">"
    formula = f"{len(levels)} 个中 {len(ahead)} 个{sign}{_printed(own)}，位次"
    yield Decimal(len(ahead) + 1), formula, (own, *ahead)


def _among(asked: _Asked) -> _Made:
    """How many have a figure of the same period, where a place among them is told: 10个区."""
    among = _sisters(asked) if asked.read.counts_sisters(asked.one) else None
    if among is not None:
        own, levels = among
        yield Decimal(len(levels)), "有同期数字的地区数", (own, *levels)


def _moved(asked: _Asked) -> _Made:
    now, then = asked.rank(asked.period), asked.rank(_before(asked))
    if now and then:
        value = then.value - now.value
        yield value, f"第{_short(then.value)} → 第{_short(now.value)}", (now, then)


def _multiple(asked: _Asked) -> _Made:
    now, then = asked.level(asked.period), asked.level(_before(asked))
    if now and then and then.reference > 0 and now.dimension == then.dimension:
        yield now.reference / then.reference, f"{_printed(now)} ÷ {_printed(then)}", (now, then)


def _share(asked: _Asked) -> _Made:
    """What the region has of the one that it lies in."""
    region = asked.world.regions.get(asked.region)
    while region is not None and region.parent:
        now = asked.level(asked.period)
        whole = asked.level(asked.period, region.parent)
        if now and whole and whole.reference > 0 and now.dimension == whole.dimension:
            value = now.reference / whole.reference * 100
            yield value, f"{_printed(now)} ÷ {_printed(whole)} × 100%", (now, whole)
        region = asked.world.regions.get(region.parent)


def _years_together(asked: _Asked) -> _Made:
    """A flow over several years, from each of them."""
    period = asked.period
    if period is None or period.precision != "year_range":
        return
    years = range(period.start.year, period.end.year + 1)
    parts = [
        asked.level(replace(period, start=date(y, 1, 1), end=date(y, 12, 31), code=""))
        for y in years
    ]
    found = [part for part in parts if part is not None and not part.is_stock]
    if len(found) == len(years) and len({part.dimension for part in found}) == 1:
        total = sum((part.reference for part in found), Decimal(0))
        yield total, " + ".join(map(_printed, found)), tuple(found)


_FORMULAS: Final[dict[str, tuple[Callable[[_Asked], _Made], ...]]] = {
    "growth": (_change, _average),
    "points": (_points, _apart),
    "moved": (_moved,),
    "rank": (_place,),
    "delta": (_difference,),
    "multiple": (_multiple,),
    "share": (_share,),
    "level": (_share, _years_together, _among),
}
