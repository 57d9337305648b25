"""The numbers of a sentence: value, unit, bound, and what kind of number its words make it.

Belongs here: digits, Chinese numerals where they count something, units and multipliers, words of
growth, share and rank, ranges, and the words of time around them. Does not belong here: which
figure a number is (``verdicts``).

A number that is part of a date, a title, a numbering or a name is no mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Final, Literal

from orchestration.bounds import BOUNDS, EXACT, opposite
from orchestration.collect.periods import Period, months, parse_period
from orchestration.text import BLANKS, FULL_WIDTH, HALF_WIDTH, UNSEEN

Sort = Literal["level", "growth", "points", "rank", "moved", "delta", "share", "multiple"]
"""level: an amount, a count or a rate; growth: per cent more; points: percentage points more or
less; moved: places up or down; delta: an amount more or less; multiple: times as much."""

_SAME_LENGTH: Final = str.maketrans(
    dict(zip(FULL_WIDTH, HALF_WIDTH, strict=True))
    | dict.fromkeys((*BLANKS, *UNSEEN), " ")
    | dict.fromkeys("−﹣", "-")
)


def plain(text: str) -> str:
    """A text folded without a change of length: places in it are places in the text."""
    return text.translate(_SAME_LENGTH)


@dataclass(frozen=True)
class Unit:
    """What a number is counted in: ``factor`` of the reference unit of its dimension."""

    word: str
    dimension: str
    factor: Decimal


@dataclass(frozen=True)
class Mention:
    """A number of a text.

    Attributes:
        start, end: Where it stands, its unit with it.
        value: As printed, with the sign that digits or words give it.
        step: What one in its last printed place is worth, in its unit.
        unit: None where none is said.
        base: Where the words before it begin that belong to it alone.
        is_flat: It is no digit but 持平.
    """

    start: int
    end: int
    text: str
    value: Decimal
    step: Decimal
    unit: Unit | None
    qualifier: str
    sort: Sort
    base: int
    is_flat: bool = False

    @property
    def reference(self) -> Decimal:
        """In the reference unit of its dimension."""
        return self.value * (self.unit.factor if self.unit else 1)

    @property
    def tolerance(self) -> Decimal:
        """Half of its last printed place, in the reference unit."""
        return self.step * (self.unit.factor if self.unit else 1) / 2


@dataclass(frozen=True)
class Moment:
    """A word of time.

    Attributes:
        period: None where it follows of another one (``relative``): 1—5月, 上年, and where it is a
            day, which no figure is of.
        is_base: What something is compared with: 比2020年.
    """

    start: int
    end: int
    period: Period | None
    relative: str = ""
    is_base: bool = False


# --- words of time -------------------------------------------------------------------------------

_TO: Final = r"\s?(?:[-–—~]{1,2}|至|到)\s?"
_YEAR: Final = r"(?:19|20|21)[0-9]{2}"
_MONTHS_EN: Final = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
)
_FIRST_MONTHS: Final = {"quarter": 3, "two quarters": 6, "half": 6, "three quarters": 9}
_PARTS_EN: Final = "|".join((*sorted(_FIRST_MONTHS, key=len, reverse=True), "[0-9]{1,2} months"))
_ABSOLUTE: Final = (
    rf"{_YEAR}年[0-9]{{1,2}}月(?:份)?{_TO}(?:{_YEAR}年)?[0-9]{{1,2}}月(?:份)?(?![0-9日])",
    rf"{_YEAR}年[0-9]{{1,2}}{_TO}[0-9]{{1,2}}月(?:份)?",
    rf"{_YEAR}年[0-9]{{1,2}}月[0-9]{{1,2}}日",
    rf"{_YEAR}年[0-9]{{1,2}}月(?:份)?(?:末|底)?",
    rf"{_YEAR}年第?[一二三四1-4]{_TO}第?[一二三四1-4]季度",
    rf"{_YEAR}年第?[一二三四1-4]季度(?:末|底)?",
    rf"{_YEAR}年(?:前[三3]季度|[上下]半年|前[0-9]{{1,2}}个月)",
    rf"{_YEAR}年?{_TO}{_YEAR}年",
    rf"{_YEAR}{_TO}[0-9]{{2}}年",
    rf"{_YEAR}(?:年?[末底]|年年?[末底]|年全年|年度?)",
    rf"[0-9]{{1,2}} (?:{_MONTHS_EN}) {_YEAR}",
    rf"first (?:{_PARTS_EN}) of {_YEAR}",
    rf"{_YEAR}–[0-9]{{2}}(?![0-9-])",
    rf"{_YEAR}-(?:0[1-9]|1[0-2])/{_YEAR}-(?:0[1-9]|1[0-2])",
    rf"{_YEAR}/{_YEAR}",
    rf"{_YEAR}-Q[1-4]",
    rf"{_YEAR}-(?:0[1-9]|1[0-2])-(?:[0-2][0-9]|3[01])",
    rf"{_YEAR}-(?:0[1-9]|1[0-2])(?![0-9])",
    rf"(?:{_MONTHS_EN})\s{_YEAR} to (?:{_MONTHS_EN})\s{_YEAR}",
    rf"(?:{_MONTHS_EN})\s{_YEAR}",
    rf"Q[1-4]\s{_YEAR}",
    rf"{_YEAR}\s?(?:to|and|–|—|-)\s?{_YEAR}",
    rf"(?<![0-9.,]){_YEAR}(?![0-9.,]*[0-9%])(?!\s?[万亿千百])",
)
_RELATIVE: Final = (
    rf"(?<![0-9])[0-9]{{1,2}}月?{_TO}[0-9]{{1,2}}月(?:份)?",
    r"(?<![0-9])(?:1[0-2]|[1-9])月(?:份)?(?:末|底)?",
    r"(?:第?[一二三四1-4]季度|前[三3]季度|[上下]半年|前[0-9]{1,2}个月)",
    r"(?:上一?年|去年|今年|本年|全年)(?:同期|[末底])?",
)
_MOMENT: Final = re.compile(
    rf"(?P<absolute>{'|'.join(_ABSOLUTE)})|(?P<relative>{'|'.join(_RELATIVE)})"
)
_BASE: Final = re.compile(
    r"(?:比|较|相比|对比|与|compared with|from|over|since)\s*$", re.IGNORECASE
)


def moments(text: str) -> list[Moment]:
    """The words of time of a folded text, in order."""
    found = []
    for match in _MOMENT.finditer(text):
        said = match.group()
        is_range = " to " in said  # from January to June: nothing is compared with it
        is_base = not is_range and _BASE.search(text[: match.start()]) is not None
        if match["relative"] is not None:
            found.append(Moment(match.start(), match.end(), None, said, is_base))
            continue
        found.append(Moment(match.start(), match.end(), _period(said), "", is_base))
    return found


DECEMBER: Final = 12


def _period(said: str) -> Period | None:
    if said[0].isalpha() and " to " in said:
        first, last = (parse_period(part) for part in said.split(" to "))
        begin, end = first.start, last.end
        return months(begin.year, begin.month, end.year, end.month) if begin < end else None
    if said.startswith("first "):
        part, year = said.removeprefix("first ").split(" of ")
        until = _FIRST_MONTHS.get(part) or int(part.removesuffix(" months"))
        return months(int(year), 1, int(year), until) if 1 < until <= DECEMBER else None
    written = re.sub(r"\s?(?:to|and)\s?|[–—]", "-", said)
    written = (
        re.sub(r"^([0-9]{2})([0-9]{2}-)([0-9]{2})$", r"\1\2\1\3", written)
        if "–" in said
        else written
    )
    written = re.sub(r"^([0-9]{2})([0-9]{2}-)([0-9]{2}年)$", r"\1\2\1\3", written)
    for form in (
        written,
        f"{written}年" if re.fullmatch(rf"{_YEAR}-{_YEAR}", written) else written,
    ):
        try:
            return parse_period(form)
        except ValueError:
            continue
    return None


def resolved(moment: Moment, known: Period | None) -> Period | None:
    """The period of a word of time, after a period that was named before it."""
    if moment.period is not None or known is None or not moment.relative:
        return moment.period
    word, year = moment.relative, known.end.year
    if word.startswith(("上年", "上一年", "去年")):
        year, word = year - 1, re.sub("^(?:上一?年|去年)", "", word)
    word = re.sub("^(?:今年|本年|全年)", "", word)
    if word == "同期":
        return None
    try:
        return parse_period(f"{year}年{word}")
    except ValueError:
        return None


# --- numbers -------------------------------------------------------------------------------------

_DIGITS: Final = (
    r"(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]{0,2}(?: [0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
)
_CHINESE: Final = {c: n for n, c in enumerate("零一二三四五六七八九十")} | {"两": 2, "半": 0}
_NUMERALS: Final = "[一二三四五六七八九十百两]"
_TENTHS: Final = re.compile(
    r"(?P<tenths>[一二三四五六七八九])成(?P<half>半)?(?![员立为功果长绩本])"
)
_TIMES: Final = re.compile(r"(?P<times>[一二三四五六七八九十两])倍")
_DOUBLED: Final = re.compile(r"翻了?[一1]番")
_FLAT: Final = re.compile("(?:基本)?持平")
_ORDINAL: Final = re.compile(rf"第\s?(?P<rank>[0-9]+|{_NUMERALS}+)\s?(?P<after>位|名)?")
_ORDINAL_EN: Final = re.compile(
    r"(?<=\branked )(?P<rank>[0-9]+)(?P<after>st|nd|rd|th)\b|"
    r"(?<=\bplaced )(?P<rank_too>[0-9]+)(?:st|nd|rd|th)\b"
)
_AMONG: Final = re.compile(
    rf"(?:前|\btop\s|\bamong the (?:first|top) )\s?"
    rf"(?P<rank>[0-9]+|{_NUMERALS}+)\s?(?P<after>位|名|强)?"
)
_NUMBER: Final = re.compile(
    rf"(?<![0-9A-Za-z_.])(?P<sign>[-+](?=[0-9]))?(?P<number>{_DIGITS})(?![0-9])"
)
_UP: Final = "增长|增加|上升|提高|提升|回升|上涨|扩大|增幅为|增速为|增幅|增速"
_DOWN: Final = "下降|减少|回落|降低|下滑|下跌|收窄|缩小|负增长"
_UP_EN: Final = "up|rose(?: by)?|grew(?: by)?|growth of|increased(?: by)?|increase of"
_DOWN_EN: Final = "down|fell(?: by)?|declined(?: by)?|decreased(?: by)?|decrease of"
_FILLER: Final = r"(?:了|约|超过?|近|达到?|为|逾|至少|不足|低于|高于|by|about|of|：|:|\s)*"
_CHANGED: Final = re.compile(
    rf"(?:(?P<up>{_UP}|\b(?:{_UP_EN}))|(?P<down>{_DOWN}|\b(?:{_DOWN_EN}))){_FILLER}$", re.IGNORECASE
)
_CHANGED_TO: Final = re.compile(rf"(?:{_UP}|{_DOWN})(?:到|至|为)\s*$|\bto\s*$", re.IGNORECASE)
_SHARE: Final = re.compile("占|比重|占比|份额|share|proportion", re.IGNORECASE)
_PLACED: Final = re.compile("位|居|列|排|名次|跻身|进入|第|rank", re.IGNORECASE)
_NO_RANK_BEHIND: Final = re.compile(
    r"\s?(?:季度|产业|届|次|批|条|章|节|款|个|版|期|年|人民|中学|小学|医院|轮|卷|页|号|步|部分|方面|阶段|代|大)"
)
_ENDS: Final = re.compile(r"\s*(?:$|[，,；;。.、)）(（\n])")
_NOT_WITHIN: Final = re.compile(
    r"(?:图|表|注|附件|附表|专栏|Figure|Table|Chart|Note) ?[0-9]+|《[^》]*》|https?://\S+|"
    r"[A-Z]{2,}/?[A-Z]? ?[0-9][0-9.—-]*|[“‘][^”’]{0,8}[0-9][^”’]{0,8}[”’]|"
    r"(?<![0-9])(?<!ranked )(?<!placed )[0-9]+[A-Za-z]+(?![A-Za-z])|"
    r"[A-Za-z_][A-Za-z_.-]*[0-9][\w.-]*"
)
_NUMBERED: Final = re.compile(
    r"^\s*(?:[(（]?[0-9]{1,2}[)）]|[0-9]{1,2}[.、．](?![0-9])|[①-⑳]|[0-9]{1,2}(?:\.[0-9]{1,2})+(?=\s))"
)
_SCALES: Final = {
    "万亿": 10**12, "千亿": 10**11, "百亿": 10**10, "亿": 10**8, "千万": 10**7, "百万": 10**6,
    "万": 10**4, "千": 10**3, "trillion": 10**12, "billion": 10**9, "million": 10**6,
    "thousand": 10**3,
}  # fmt: skip
_BEFORE_WORDS: Final = {word: b.code for b in BOUNDS.values() for word in b.words_before}
_AFTER_WORDS: Final = {word: b.code for b in BOUNDS.values() for word in b.words_after}


def _any(words: Mapping[str, str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_BOUND_BEFORE: Final = re.compile(rf"(?P<word>{_any(_BEFORE_WORDS)})\s*$", re.IGNORECASE)
_BOUND_BEHIND: Final = re.compile(rf"\s?(?P<word>{_any(_AFTER_WORDS)})", re.IGNORECASE)


class Units:
    """The words that units are written with."""

    def __init__(
        self, units: Mapping[str, Unit], numbered: Mapping[str, Unit] | None = None
    ) -> None:
        """Take the words; ``numbered`` are those that begin with digits: 100 million yuan."""
        self.units = dict(units)
        of_words = numbered or {}
        self._numbered = {w: of_words[w] for w in sorted(of_words, key=len, reverse=True)}

    def with_digits(self, text: str) -> list[tuple[int, int]]:
        """Where units stand whose names hold a number: 100 million yuan."""
        if not self._numbered:
            return []
        return [match.span() for match in self._numbers_of_units.finditer(text)]

    def within(self, text: str) -> Unit | None:
        """The unit that a head names: 产值（亿元）, 增长%; the longest word of it."""
        counted = next((unit for word, unit in self._numbered.items() if word in text), None)
        if counted is not None:
            return counted
        inside = [w for w in self.units if w in text and (len(w) > 1 or w in "%‰‱")]
        chinese = [word for word in inside if not word.isascii() or word == "%"]
        parts = [part.strip() for part in re.split(r"[\n(（)）:：,，/\s]", text)]
        alone = [part for part in parts if part in self.units]
        for words in (chinese, alone, inside):
            if words:
                return self.units[max(words, key=len)]
        return None

    @cached_property
    def _numbers_of_units(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self._numbered)))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        scales = "|".join(sorted(_SCALES, key=len, reverse=True))
        words = "|".join(sorted(map(re.escape, self.units), key=len, reverse=True))
        return re.compile(
            rf"\s?(?P<scale>{scales})?\s?(?P<unit>{words})|\s?(?P<alone>{scales})", re.IGNORECASE
        )

    def behind(self, text: str, at: int) -> tuple[Unit | None, int]:
        """The unit that begins at a place, and where it ends."""
        whole = self._longest(text, at)
        if whole is not None:
            return whole
        match = self._pattern.match(text, at)
        if match is None:
            return None, at
        scale = Decimal(_SCALES.get((match["scale"] or match["alone"] or "").lower(), 1))
        unit = self.units.get(match["unit"] or "")
        if unit is None:
            return Unit(match.group().strip(), "", scale), match.end()
        return replace(unit, word=match.group().strip(), factor=unit.factor * scale), match.end()

    def _longest(self, text: str, at: int) -> tuple[Unit, int] | None:
        """A unit that is listed with its multiplier, such as 亿元."""
        start = at + (text[at : at + 1] == " ")
        for size in range(min(12, len(text) - start), 0, -1):
            unit = self.units.get(text[start : start + size])
            if unit is not None:
                is_cut = (
                    text[start : start + size + 1].isascii()
                    and text[start + size : start + size + 1].isalpha()
                )
                return None if is_cut else (unit, start + size)
        return None


def mentions(
    text: str, units: Units, taken: Sequence[tuple[int, int]] = (), *, of_cell: bool = False
) -> list[Mention]:
    """The numbers of a folded text.

    Args:
        text: Folded by :func:`plain`.
        units: How units are written.
        taken: Stretches whose numbers are none, such as names.
        of_cell: The text is a cell: a number that opens it numbers nothing.
    """
    blocked = [*taken, *((m.start, m.end) for m in moments(text))]
    blocked += [match.span() for match in _NOT_WITHIN.finditer(text)]
    blocked += [match.span() for match in _ORDINAL.finditer(text) if not _rank(text, match)]
    if not of_cell:
        blocked += [
            match.span()
            for match in _NUMBERED.finditer(text)
            if units.behind(text, match.end())[0] is None
        ]
    found: list[Mention] = []
    for start, end, one in _candidates(text, units):
        if any(start < stop and begin < end for begin, stop in blocked):
            continue
        if found and start < found[-1].end:
            continue
        found.append(replace(one, base=found[-1].end if found else 0))
    return _shared_units(text, found)


def _candidates(text: str, units: Units) -> Iterator[tuple[int, int, Mention]]:
    every: list[Mention] = []
    for pattern, made in (
        (_ORDINAL, _rank), (_ORDINAL_EN, _placed), (_AMONG, _rank), (_TENTHS, _tenths),
        (_TIMES, _times),
        (_DOUBLED, _doubled), (_FLAT, _flat),
    ):  # fmt: skip
        every += [one for match in pattern.finditer(text) if (one := made(text, match))]
    every += [_counted(text, match, units) for match in _NUMBER.finditer(text)]
    for one in sorted(every, key=lambda m: (m.start, -m.end)):
        yield one.start, one.end, one


def _chinese(word: str) -> int | None:
    if word.isdigit():
        return int(word)
    if word == "十":
        return 10
    tens, ten, ones = word.partition("十")
    parts = [_CHINESE.get(part, 0 if not part else None) for part in (tens, ones)]
    if None in parts or len(tens) > 1 or len(ones) > 1:
        return None
    if not ten:
        return _CHINESE.get(word)
    return (parts[0] or 1) * 10 + (parts[1] or 0)


def _rank(text: str, match: re.Match[str]) -> Mention | None:
    number = _chinese(match["rank"])
    before = text[max(0, match.start() - 12) : match.start()]
    if number is None or not number:
        return None
    is_english = match.group().startswith("among")
    is_among = is_english or match.group().startswith(("前", "top"))
    if not (match["after"] or is_english) and (
        _NO_RANK_BEHIND.match(text, match.end())
        or not (
            _PLACED.search(before)
            or before.endswith("\n")  # a cell
            or (is_among and _ENDS.match(text, match.end()))
        )
    ):
        return None
    return Mention(
        match.start(), match.end(), match.group(), Decimal(number), Decimal(1), None,
        "at_most" if is_among else EXACT, "rank", 0,
    )  # fmt: skip


def _placed(_text: str, match: re.Match[str]) -> Mention:
    """Ranked 3rd."""
    number = Decimal(match["rank"] or match["rank_too"])
    return Mention(
        match.start(), match.end(), match.group(), number, Decimal(1), None, EXACT, "rank", 0
    )


def _tenths(text: str, match: re.Match[str]) -> Mention:
    value = Decimal(_CHINESE[match["tenths"]] * 10 + (5 if match["half"] else 0))
    one = Mention(
        match.start(), match.end(), match.group(), value, Decimal(5 if match["half"] else 10),
        Unit("%", "percent", Decimal(1)), EXACT, "level", 0,
    )  # fmt: skip
    return _with_words(text, one)


def _times(text: str, match: re.Match[str]) -> Mention:
    value = Decimal(_CHINESE[match["times"]])
    one = Mention(match.start(), match.end(), match.group(), value, Decimal(1), None, EXACT,
                  "multiple", 0)  # fmt: skip
    return _with_words(text, one)


def _doubled(_text: str, match: re.Match[str]) -> Mention:
    return Mention(match.start(), match.end(), match.group(), Decimal(2), Decimal("0.1"), None,
                   EXACT, "multiple", 0)  # fmt: skip


def _flat(_text: str, match: re.Match[str]) -> Mention:
    is_about = match.group().startswith("基本")
    return Mention(
        match.start(), match.end(), match.group(), Decimal(0), Decimal("1" if is_about else "0.1"),
        Unit("%", "percent", Decimal(1)), EXACT, "growth", 0, is_flat=True,
    )  # fmt: skip


def _counted(text: str, match: re.Match[str], units: Units) -> Mention:
    digits = re.sub("[, ]", "", match["number"])
    places = len(digits.partition(".")[2])
    value = Decimal(f"{match['sign'] or ''}{digits}")
    start = match.start()
    if match["sign"] == "-" and re.search(r"[0-9%‰元人个]\s?$", text[:start]):
        start, value = start + 1, abs(value)  # 5%-8%: to, no minus
    bound = _BOUND_BEHIND.match(text, match.end())
    is_between = bound is not None and bound["word"] in ("余", "多")  # 1000余亿元
    unit, end = units.behind(text, bound.end() if bound and is_between else match.end())
    if unit is None and is_between and bound is not None:
        end = bound.end()
    one = Mention(
        start, end, text[start:end], value, Decimal(1).scaleb(-places), unit, EXACT, "level", 0
    )
    if bound and is_between:
        one = replace(one, qualifier=_AFTER_WORDS[bound["word"]])
    return _with_words(text, one)


def _with_words(text: str, one: Mention) -> Mention:
    """With what the words around it make of it: sort, sign, bound."""
    before, behind = text[max(0, one.start - 30) : one.start], text[one.end : one.end + 8]
    before = re.split(r"[，,；;。!?！？、|\n]", before)[-1]
    qualifier = one.qualifier
    said = _BOUND_BEFORE.search(before)
    if said is not None:
        qualifier = _BEFORE_WORDS.get(said["word"], qualifier)
    else:
        said = _BOUND_BEHIND.match(behind)
        if said is not None:
            qualifier = _AFTER_WORDS.get(said["word"], qualifier)
    changed = None if _CHANGED_TO.search(before) else _CHANGED.search(before)
    sort, value = one.sort, one.value
    dimension = one.unit.dimension if one.unit else ""
    if changed is not None and changed["down"]:
        value, qualifier = -value, opposite(qualifier) if qualifier in BOUNDS else qualifier
    if dimension == "percentage_point":
        sort = "points"
    elif dimension == "rank":
        sort = "rank" if changed is None else "moved"
    elif one.sort == "multiple" or dimension == "times_as_much":
        sort = "multiple"
    elif changed is not None and dimension in ("percent", "permille"):
        sort = "growth"
    elif changed is not None and one.unit is not None:
        sort = "delta"
    elif dimension == "percent" and _SHARE.search(before):
        sort = "share"
    return replace(one, value=value, sort=sort, qualifier=qualifier or EXACT)


_RANGE: Final = re.compile(r"\s?(?:[-–—~]|至|到)\s?")


def _shared_units(text: str, found: list[Mention]) -> list[Mention]:
    """5至8亿元, 10—12%: the first of a range has the unit of the second."""
    for at, (one, following) in enumerate(pairwise(found)):
        between = text[one.end : following.start]
        if one.unit is None and following.unit is not None and _RANGE.fullmatch(between):
            found[at] = replace(one, unit=following.unit, sort=following.sort)
    return found
