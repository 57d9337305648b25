"""Reference periods as they are written, and what they mean.

Belongs here: parsing and printing one period, absolute (2026年11月) or relative to the period of
a report (本月, 1-11月, 上年同期), and moving it by months. Does not belong here: the kind of a
period, which is the observation's own (a year may be a sum, a point in time or a target), and
finding the texts (``layouts``).

What could mean two periods is refused: a wrong period is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from orchestration.text import same

Precision = Literal["year", "quarter", "month", "month_range", "year_range"]
Span = Literal["month", "to_date", "quarter", "year", "years", "point"]

FIRST_YEAR, LAST_YEAR = 1900, 2200


class NoSuchDateError(ValueError):
    """The text has the form of a period and names a date that does not exist."""


@dataclass(frozen=True)
class Period:
    """A reference period.

    Attributes:
        code: ``2022``, ``2023-06``, ``2026-Q1``, ``2021-01/2023-06`` or ``2020/2022``.
        start: First day.
        end: Last day.
        precision: What the code is made of.
        is_point: The text says the end of it (年末, 6月末), and not the stretch of time.
        is_to_date: The text says from January on, even where that is January alone.
    """

    code: str
    start: date
    end: date
    precision: Precision
    # How it was written, and no part of what it is: two periods of one code are equal.
    is_point: bool = field(default=False, compare=False)
    is_to_date: bool = field(default=False, compare=False)


def _month_end(year: int, month: int) -> date:
    following = date(year + 1, 1, 1) if month == 12 else date(year, month + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def year(number: int) -> Period:
    """The period of one year."""
    _check_year(number)
    return Period(f"{number:04d}", date(number, 1, 1), date(number, 12, 31), "year")


def month(number: int, of: int) -> Period:
    """The period of one month (``of`` 1 to 12)."""
    _check_year(number)
    _check_month(of)
    return Period(f"{number:04d}-{of:02d}", date(number, of, 1), _month_end(number, of), "month")


def quarter(number: int, of: int) -> Period:
    """The period of one quarter (``of`` 1 to 4)."""
    _check_year(number)
    if of not in (1, 2, 3, 4):
        raise NoSuchDateError(f"there is no quarter {of}")
    first = of * 3 - 2
    return Period(
        f"{number:04d}-Q{of}", date(number, first, 1), _month_end(number, first + 2), "quarter"
    )


def months(first_year: int, first: int, last_year: int, last: int) -> Period:
    """A range of months, both ends included; one month is that month."""
    begin, finish = month(first_year, first), month(last_year, last)
    if begin.start > finish.start:
        raise NoSuchDateError(f"{begin.code} lies after {finish.code}")
    to_date = first == 1 and first_year == last_year
    if begin == finish:
        return replace(begin, is_to_date=to_date)
    return Period(
        f"{begin.code}/{finish.code}", begin.start, finish.end, "month_range", is_to_date=to_date
    )


def years(first: int, last: int) -> Period:
    """A range of years, both ends included; one year is that year."""
    begin, finish = year(first), year(last)
    if first > last:
        raise NoSuchDateError(f"{first} lies after {last}")
    if first == last:
        return begin
    return Period(f"{begin.code}/{finish.code}", begin.start, finish.end, "year_range")


def _check_year(number: int) -> None:
    if not FIRST_YEAR <= number <= LAST_YEAR:
        raise NoSuchDateError(f"{number} is no plausible year")


def _check_month(number: int) -> None:
    if not 1 <= number <= 12:
        raise NoSuchDateError(f"there is no month {number}")


# --- how periods are written ----------------------------------------------------------------

_TO = r"(?:[-–—−~]{1,2}|至|到)"
_DIGITS = dict.fromkeys("〇○零", "0") | {c: str(n) for n, c in enumerate("一二三四五六七八九", 1)}
_CHINESE_YEAR = re.compile(
    r"(?<![〇○零0一二三四五六七八九])[〇○零0一二三四五六七八九]{4}"
    rf"(?=年|{_TO}[〇○零0一二三四五六七八九]{{4}}年)"
)
_NUMERAL = "(?:十[一二]|[一二三四五六七八九十])"
# 一月 and the first end of 一至十一月; 前十一个月.
_CHINESE_MONTH = re.compile(
    rf"(?<![十百第]){_NUMERAL}(?=月|个月|{_TO}(?:{_NUMERAL}|[0-9]{{1,2}})月)"
)
_NUMBERS = {c: n for n, c in enumerate("一二三四五六七八九十", 1)} | {"十一": 11, "十二": 12}


def _plain(text: str) -> str:
    """Folded, without blanks, Chinese numerals of years and months as digits."""
    folded = same(text)
    folded = _CHINESE_YEAR.sub(
        lambda match: "".join(_DIGITS.get(char, char) for char in match[0]), folded
    )
    return _ENGLISH.sub(_in_digits, _CHINESE_MONTH.sub(lambda m: str(_NUMBERS[m[0]]), folded))


_MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
_MONTHS = {
    name[:size]: number
    for number, name in enumerate(_MONTH_NAMES, start=1)
    for size in (3, len(name))
} | {"sept": 9}
_NAMED = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ENGLISH = re.compile(
    rf"^(?:(?P<before>{_NAMED})\.?[-,/]?(?P<year>(?:19|20)[0-9]{{2}})"
    rf"|(?P<year_first>(?:19|20)[0-9]{{2}})[-,/]?(?P<behind>{_NAMED})\.?"
    r"|Q(?P<quarter>[1-4])[-,/]?(?P<of>(?:19|20)[0-9]{2}))$",
    re.IGNORECASE,
)
"""Jan 2024, January 2024, 1988 JAN, Q1 2024. Of Jan-24 nobody knows whether 24 is a day."""

_ENGLISH_RANGE = re.compile(
    rf"(?P<first>{_NAMED})\.?(?P<first_year>(?:19|20)[0-9]{{2}})?(?:to|-|–)"
    rf"(?P<last>{_NAMED})\.?(?P<year>(?:19|20)[0-9]{{2}})",
    re.IGNORECASE,
)
"""Jul to Sep 2026, Nov 2025 to Jan 2026."""


def _in_digits(match: re.Match[str]) -> str:
    if match["quarter"]:
        return f"{match['of']}-Q{match['quarter']}"
    name = (match["before"] or match["behind"]).lower()
    return f"{match['year'] or match['year_first']}-{_MONTHS[name]:02d}"


def _point(period: Period) -> Period:
    """The last month of the period, as a point in time."""
    end = period.end
    return replace(month(end.year, end.month), is_point=True)


def _day(number: int, of: int, day: int) -> Period:
    """A day stands for its month only where it ends it: 2026-11-30, never 2026-11-15."""
    _check_year(number)
    _check_month(of)
    end = _month_end(number, of)
    if not 1 <= day <= end.day:
        raise NoSuchDateError(f"{number:04d}-{of:02d} has no day {day}")
    if day != end.day:
        raise ValueError("a day inside a month is not written like a period")
    return replace(month(number, of), is_point=True)


def _quarters(number: int, first: int, last: int) -> Period:
    begin, finish = quarter(number, first), quarter(number, last)
    if first >= last:
        raise NoSuchDateError(f"{begin.code} does not lie before {finish.code}")
    return months(number, begin.start.month, number, finish.end.month)


def _months_from(number: int, first: int, count: int) -> Period:
    """So many months from the beginning of one."""
    _check_year(number)
    _check_month(first)
    if count == 0:
        raise NoSuchDateError("it lasts no month")
    last = number * 12 + first - 2 + count
    return months(number, first, last // 12, last % 12 + 1)


def _years_from(number: int, count: int) -> Period:
    if count == 0:
        raise NoSuchDateError("it lasts no year")
    return years(number, number + count - 1)


def _half(number: int, of: int) -> Period:
    if of not in (1, 2):
        raise NoSuchDateError(f"there is no half-year {of}")
    return months(number, of * 6 - 5, number, of * 6)


_Y, _M = r"([0-9]{4})", r"([0-9]{1,2})"
_Q = r"([一二三四1-9])"
_MIDNIGHT = r"(?:T?00:00(?::00(?:\.0+)?)?)?"  # blanks are gone: 2026-11-3000:00:00
_FORMS: list[tuple[re.Pattern[str], Callable[..., Period]]] = [
    (re.compile(pattern), form)
    for pattern, form in (
        (rf"{_Y}-([0-9]{{2}})(?:{_TO}|/){_Y}-([0-9]{{2}})", months),
        (rf"{_Y}\.{_M}{_TO}{_Y}\.{_M}", months),
        (rf"{_Y}/{_M}{_TO}{_Y}/{_M}", months),
        (rf"{_Y}年{_M}月?(?:份)?{_TO}{_Y}年{_M}月(?:份)?", months),
        (rf"{_Y}年{_M}月?(?:份)?{_TO}{_M}月(?:份)?", lambda y, a, b: months(y, a, y, b)),
        (rf"{_Y}\.{_M}{_TO}{_M}月(?:份)?", lambda y, a, b: months(y, a, y, b)),
        (rf"{_Y}年前{_M}个月", lambda y, last: months(y, 1, y, last)),
        (rf"{_Y}-{_M}-{_M}{_MIDNIGHT}", _day),
        (rf"{_Y}/{_M}/{_M}{_MIDNIGHT}", _day),
        (rf"{_Y}\.{_M}\.{_M}", _day),
        (rf"{_Y}年{_M}月{_M}日", _day),
        (rf"{_Y}[-/]{_M}", month),
        # Not 2026.1: that may be a number that lost the zero of 2026.10.
        (rf"{_Y}\.([0-9]{{2}}|[2-9])", month),
        (rf"{_Y}年{_M}月(?:份)?", month),
        (rf"{_Y}年{_M}月(?:份)?(?:末|底)", lambda y, m: _point(month(y, m))),
        # YYYYMM only where nothing else is possible.
        (r"((?:19|20|21)[0-9]{2})(0[1-9]|1[0-2])", month),
        # The national bureau's codes: 202509MM a month, 202404SS a quarter, 2025YY a year.
        (rf"{_Y}([0-9]{{2}})MM", month),
        (rf"{_Y}([0-9]{{2}})SS", quarter),
        (rf"{_Y}YY", year),
        # SDMX and PxWeb: 2024M09, 2024-M09, 2024-S1, 2024-A1, 2024-01/P30M.
        (rf"{_Y}-?M([0-9]{{2}})", month),
        (rf"{_Y}-?S([0-9])", _half),
        (rf"{_Y}-A1", year),
        (rf"{_Y}-([0-9]{{2}})(?:-01(?:T00:00:00)?)?/P([0-9]{{1,3}})M", _months_from),
        (rf"{_Y}(?:-01)?(?:-01(?:T00:00:00)?)?/P([0-9]{{1,2}})Y", _years_from),
        (rf"{_Y}(?:-|年)?Q([1-9])", quarter),
        (rf"{_Y}年第?{_Q}季度?", quarter),
        (rf"{_Y}年第?{_Q}季度?(?:末|底)", lambda y, q: _point(quarter(y, q))),
        (rf"{_Y}年第?{_Q}{_TO}第?{_Q}季度", _quarters),
        (rf"{_Y}年前[三3]季度", lambda y: _quarters(y, 1, 3)),
        (rf"{_Y}年上半年", lambda y: _half(y, 1)),
        (rf"{_Y}年下半年", lambda y: _half(y, 2)),
        (rf"{_Y}-?H([12])", _half),
        (rf"{_Y}年年?(?:末|底)", lambda y: _point(year(y))),
        (rf"{_Y}(?:年(?:度|全年)?)?", year),
        (rf"{_Y}(?:年度?)?(?:{_TO}|/){_Y}(?:年度?)?", years),
    )
]


def _absolute(plain: str) -> Period | None:
    for pattern, form in _FORMS:
        match = pattern.fullmatch(plain)
        if match is not None:
            return form(*(_NUMBERS.get(group) or int(group) for group in match.groups()))
    return None


def _english_range(plain: str) -> Period | None:
    """JultoSep2026: three months; NovtoJan2026 begins in the year before."""
    match = _ENGLISH_RANGE.fullmatch(plain)
    if match is None:
        return None
    first, last = (_MONTHS[match[name].lower()] for name in ("first", "last"))
    last_year = int(match["year"])
    first_year = int(match["first_year"] or last_year - (first > last))
    return months(first_year, first, last_year, last)


def parse_period(text: str) -> Period:
    """Read a period as deliveries write it.

    Full-width characters and blanks do not matter. Known forms: ``2022``, ``2022年``,
    ``二〇二二年``, ``2023-06``, ``2023.06``, ``202306``, ``2023年6月末``, ``2023-06-30`` (the last
    day of a month and no other), ``2026-Q1``, ``2026年第一季度``, ``2026H1``, ``2024年1—5月``,
    ``2021年1月—2023年6月``, ``2021-01/2023-06``, ``2020—2022年``, ``2024年上半年``, ``2024年末``;
    ``Jan 2024``, ``1988 JAN``, ``Q1 2024``, ``Jul to Sep 2026``;
    in answers of services ``202509MM``, ``202404SS`` (a quarter), ``2025YY``, ``2024M09``,
    ``2024-S1`` (a half-year) and ``2024-01/P30M`` (thirty months from January on).

    Raises:
        NoSuchDateError: the form is known, the date does not exist (month 13, a range that ends
            before it begins).
        ValueError: the form is not known.
    """
    period = _absolute(_plain(text)) or _english_range(same(text))
    if period is None:
        raise ValueError(f"{text!r} is not written like a period")
    return period


# --- periods of a report: relative ones, in the texts of a header --------------------------

# What a figure is compared with is not its period: 比上年同期增长. Neither is a price basis.
_COMPARED = re.compile(
    r"(?:同比|环比)(?:上一?年|去年|上一?月|上一?季度?|上一?期)?(?:同期|同月)?"
    r"|(?:(?<!占)比|较|与|和|对比)(?:上一?年|去年)?(?:同期|同月|同季度?)(?:相比)?"
    r"|(?:(?<!占)比|较|与)(?:(?:上一?|去)年(?:年?[末底])?|上一?月[末底]?|上一?季度?[末底]?|上一?期[末底]?"
    r"|年初|期初|月初|[0-9]{4}年(?:[0-9]{1,2}月)?[末底]?)(?:相比)?"
    r"|以?[0-9]{4}年[=为]100|(?:上年|基期)(?:同期|同月)?[=为]100"
    r"|按?(?:[0-9]{4}年|上年)?(?:可比|不变|当年|现行)价格?|[0-9]{4}年(?:版|口径)"
)
_END = "(?:末|底)?"
# 基本年报 and 资本期末 are no words of time.
_THIS = "(?<![基资成样])"
_LAST_YEAR = "(?:上一?年度?|去年)"
_TOKEN = re.compile(
    "|".join(
        f"(?P<{name}>{pattern})"
        for name, pattern in {
            "dated": rf"(?<![0-9])(?:[0-9]{{4}}年?{_TO}[0-9]{{4}}年度?|[0-9]{{4}}年(?:"
            rf"[0-9]{{1,2}}月?{_TO}(?:[0-9]{{4}}年)?[0-9]{{1,2}}月(?:份)?"
            rf"|[0-9]{{1,2}}月[0-9]{{1,2}}日|[0-9]{{1,2}}月(?:份)?{_END}|前[0-9]{{1,2}}个月"
            rf"|第?[一二三四1-4]{_TO}第?[一二三四1-4]季度|第?[一二三四1-4]季度{_END}|前[三3]季度"
            rf"|[上下]半年|年?[末底]|全年|度)?(?!{_TO}))",
            "to_date": rf"1月?(?:份)?{_TO}(?:本|当|报告)[月期](?:[末止])?(?:累计)?"
            rf"|[自从]?年初(?:{_TO}|以来|起)(?:(?:[本当]|报告)[月期]|今)?[末止]?(?:累计)?"
            r"|年初累计|[今本]年(?:以来|初以来)(?:累计)?|[本当](?:月|年|期)(?:[末止])?累计|止?累计",
            "same": rf"{_LAST_YEAR}?同(?:期|月|季度?){_END}",
            "previous": rf"(?<!以)上一?(?:月|期|季度?){_END}",
            "span": rf"(?<![0-9])[0-9]{{1,2}}月?(?:份)?{_TO}[0-9]{{1,2}}月(?:份)?",
            "first": r"前[0-9]{1,2}个月",
            "month": rf"(?<![0-9])[0-9]{{1,2}}月(?:份)?{_END}",
            "this_month": rf"{_THIS}(?:本|当|报告)月{_END}|月[末底]",
            "this_period": rf"{_THIS}(?:本|报告)期{_END}|期末",
            "quarters": rf"第?[一二三四1-4]{_TO}第?[一二三四1-4]季度|前[三3]季度",
            "quarter": rf"(?<![0-9])第?[一二三四1-4]季度{_END}|第[一二三四1-4]季",
            "this_quarter": rf"{_THIS}[本当]季度?{_END}|季度?末",
            "half": "[上下]半年",
            "whole": "全年",
            "this_year": f"{_THIS}[本今当]年度?(?:年?[末底])?",
            "last_year": f"{_LAST_YEAR}(?:年?[末底])?",
            "year_end": "年[末底]",
        }.items()
    )
)
_SHIFTS = ("same", "previous", "last_year")
# Of these nobody knows which period they mean; a year of two digits is never guessed.
_UNCLEAR = re.compile(
    r"[年期月季]初|[上中下]旬|上上|前年|[明次来]年|下一?[年月期季](?!度?计划)|基期|以来|历年|自开|自建"
    r"|(?<![0-9.])[0-9]{2}年(?![期限内以来])"
    r"|(?<![0-9.,])(?:19|20)[0-9]{2}(?![0-9.,年万亿元个家户人亩件%])"
)
_UNCLEAR_BESIDE = re.compile(
    r"[0-9]+[年月日季]|止"
    r"|\n(?:初(?![步级始中])|[之以][前后]|前后|左右|上下|中期)|(?:约|大概|大约|不是|并非|除)\n"
)
# What may stand beside a period in a cell of its own: 2025年（累计）, 截至2025年末, 2025年数.
_BESIDE_ALLOWED = re.compile(r"[()\[\]【】\n\s,、。.:]|期间|时期|报告期|(?<!\w)数据?$")
_UNTIL = re.compile(r"截[至止]|至|到")
# 上年同期增长 may be last year's growth or this year's against it; 上年同期增速 is last year's.
_GROWTH_AFTER = re.compile(r"[(]?(?:增长|增减|[±]|[+][-/])")
_PLANNED = re.compile("计划|目标|任务|预[期计算测]")


@dataclass(frozen=True)
class _Token:
    name: str
    text: str

    @property
    def is_end(self) -> bool:
        return self.text[-1] in "末底"

    @property
    def numbers(self) -> list[int]:
        found = re.findall("[0-9]+|[一二三四]", self.text)
        return [_NUMBERS.get(number) or int(number) for number in found]


def _tokens(text: str) -> list[_Token]:
    """The period expressions of one text from left to right."""
    return _spoken(text)[0]


def _spoken(text: str) -> tuple[list[_Token], str]:
    """The period expressions of one text from left to right, and what it says beside them.

    Raises:
        ValueError: it speaks of time in a way that is not understood.
    """
    plain = _plain(text)
    bare = re.sub(r"^[(\[【](.*)[)\]】]$", r"\1", plain)
    if _absolute(bare) is not None:
        return [_Token("dated", bare)], ""
    # Something that no expression matches keeps the neighbours of what is cut out apart.
    plain = _COMPARED.sub("\n", plain)
    rest = re.sub(r"[(]?%[)]?|[\n±]|增[长减速幅]|下降", "", plain)
    if re.match("[0-9]{4}", rest) and _absolute(rest) is not None:
        return [_Token("dated", rest)], _plain(text).replace(rest, "")
    found: list[_Token] = []
    at, residue = 0, ""
    for match in _TOKEN.finditer(plain):
        gap = plain[at : match.start()]
        if found and re.fullmatch(_TO, gap):
            raise ValueError(f"{text!r} is a range that is not written like a period")
        name = str(match.lastgroup)
        if name == "same" and _GROWTH_AFTER.match(plain, match.end()):
            raise ValueError(f"{text!r} may be growth of the year before, or growth against it")
        residue += f"{gap}\n"
        found.append(_Token(name, match[0]))
        at = match.end()
    residue += plain[at:]
    unclear = _UNCLEAR.search(residue) or (found and _UNCLEAR_BESIDE.search(residue))
    if unclear:
        raise ValueError(f"{unclear[0].strip()!r} in {text!r} is not written like a period")
    return found, residue


def is_period_text(text: str) -> bool:
    """Whether the text speaks of a period, absolute or relative, readable or not."""
    try:
        return bool(_tokens(text))
    except ValueError:
        return True


def beside_period(text: str) -> str:
    """What a text says beside its periods; all of it where it is not understood."""
    try:
        return _spoken(text)[1].replace("\n", "")
    except ValueError:
        return _plain(text)


def read_period(text: str, report: Period | None) -> tuple[Period, str]:
    """The period of a text that says little else, such as a cell of a column of periods.

    Returns:
        The period, and the words that stand beside it (快报, 计划, 左右): passed over, they would
        make a plan an outturn.

    Raises:
        NoSuchDateError: a date that does not exist is written.
        ValueError: no period is, or one that may be meant in two ways.
    """
    try:
        return parse_period(text), ""
    except NoSuchDateError:
        raise
    except ValueError:
        period = resolve_period([text], report)
    beside = beside_period(text)
    if period.is_point or period.is_to_date:
        beside = _UNTIL.sub("", beside)
    return period, _BESIDE_ALLOWED.sub("", beside)


def resolve_period(texts: Sequence[str], report: Period | None) -> Period:
    """The period that a path of texts says, such as the header over a figure from the top down.

    A period that is written out wins over the report's and over what stands above it; what is
    relative starts from it, else from the report. Words of growth, unit and measure do not matter.

    Args:
        texts: The texts, from top to bottom; those without any period are skipped.
        report: The period of the report, where it is known.

    Raises:
        NoSuchDateError: a date that does not exist is written.
        ValueError: no period, one that is relative to nothing, two that contradict one another,
            or one that may be meant in two ways.
    """
    tokens = [token for text in texts for token in _tokens(text)]
    if not tokens:
        raise ValueError(f"{' / '.join(texts)!r} is not written like a period")
    path = _Path(report, is_planned=any(_PLANNED.search(same(text)) for text in texts))
    last = max((at for at, token in enumerate(tokens) if token.name == "dated"), default=-1)
    for token in tokens:
        if token.name == "dated":
            path.write(token.text)
    for at, token in enumerate(tokens):
        if token.name == "dated":
            continue
        if at < last and token.name in _SHIFTS:
            path.agree(token)
        else:
            path.apply(token)
    return path.result()


def _has_months(period: Period | None) -> bool:
    return period is not None and period.precision in ("month", "month_range", "quarter")


def year_before(period: Period) -> Period:
    match period.precision:
        case "year":
            moved = year(period.start.year - 1)
        case "quarter":
            moved = quarter(period.start.year - 1, (period.start.month + 2) // 3)
        case "month":
            moved = month(period.start.year - 1, period.start.month)
        case "month_range":
            first, last = period.start, period.end
            moved = months(first.year - 1, first.month, last.year - 1, last.month)
        case _:
            raise ValueError(f"the same period of last year: {period.code} is several years")
    return replace(moved, is_point=period.is_point, is_to_date=period.is_to_date)


def _month_before(period: Period, count: int = 1) -> Period:
    number, of = divmod(period.end.year * 12 + period.end.month - 1 - count, 12)
    return replace(month(number, of + 1), is_point=period.is_point)


class _Path:
    """What a path of texts has said so far."""

    def __init__(self, report: Period | None, *, is_planned: bool) -> None:
        self.report = report
        self.is_planned = is_planned
        self.anchor: Period | None = None
        self.said: Period | None = None
        # 本年 and 上年 alone name a year only as the place of what follows: 本年 / 11月.
        self.is_loose = False
        self.is_shifted = False

    def write(self, text: str) -> None:
        """A period that is written out; a second one must lie in the first."""
        period = parse_period(text)
        if self.anchor is not None and not (
            self.anchor.start <= period.start and period.end <= self.anchor.end
        ):
            raise ValueError(f"{self.anchor.code} and {period.code} contradict one another")
        self.anchor = self.said = period

    def agree(self, token: _Token) -> None:
        """上年同期 above 2025年11月: the written period wins, and must not contradict it."""
        assert self.anchor is not None
        if self.report is None:
            return
        other = _Path(self.report, is_planned=True)
        other.apply(token)
        said = other.said
        assert said is not None
        if said.end < self.anchor.start or self.anchor.end < said.start:
            raise ValueError(f"{token.text} and {self.anchor.code} contradict one another")

    def apply(self, token: _Token) -> None:
        """One relative expression."""
        step: Callable[[_Token], None] = getattr(self, f"_{token.name}")
        step(token)

    def result(self) -> Period:
        """What the whole path says."""
        assert self.said is not None
        if self.is_loose and not self.is_planned:
            report = self._reported()
            if report.precision == "year":
                return self.said
            is_this_year = self.said.start.year == report.end.year
            if is_this_year and report.is_to_date and report.precision == "month_range":
                return report
            raise ValueError(
                f"{self.said.code} as a whole, or as far as {report.code} goes: "
                "say 全年, 累计 or 上年同期"
            )
        return self.said

    def _reported(self) -> Period:
        if self.report is None:
            raise ValueError("a relative period needs that of the report, which is not known")
        return self.report

    @property
    def _base(self) -> Period:
        if self.said is not None and not self.is_loose:
            return self.said
        return self._reported()

    @property
    def _number(self) -> int:
        """The year that a month or quarter belongs to."""
        period = self.said or self._reported()
        if period.start.year != period.end.year:
            raise ValueError(f"{period.code} is more than one year")
        return period.start.year

    def _ends(self) -> Period:
        """The month that 本月 means."""
        if self.said is not None and self.said.precision in ("month", "month_range"):
            return month(self.said.end.year, self.said.end.month)
        report = self._reported()
        if report.precision not in ("month", "month_range"):
            raise ValueError(f"{report.code}, the period of the report, names no month")
        return month(self._number, report.end.month)

    def _set(self, period: Period, *, is_end: bool = False) -> None:
        """A month, range or quarter that is named: inside what was said, or around it."""
        before = self.said
        if before is not None and _has_months(before):
            inside = before.start <= period.start and period.end <= before.end
            around = period.start <= before.start and before.end == period.end
            if not (inside or around):
                raise ValueError(f"{before.code} and {period.code} contradict one another")
        report = self.report
        if (
            report is not None
            and self.anchor is None
            and not self.is_planned
            and _has_months(report)
            and period.end > report.end
        ):
            # A report of January whose header says 12月 speaks of the year before, or of a plan.
            raise ValueError(f"{period.code} goes beyond {report.code}, the period of the report")
        self.said = _point(period) if is_end else period
        self.is_loose = False

    def _month(self, token: _Token) -> None:
        self._set(month(self._number, token.numbers[0]), is_end=token.is_end)

    def _span(self, token: _Token) -> None:
        first, last = token.numbers
        self._set(months(self._number, first, self._number, last))

    def _first(self, token: _Token) -> None:
        self._set(months(self._number, 1, self._number, token.numbers[0]))

    def _quarter(self, token: _Token) -> None:
        self._set(quarter(self._number, token.numbers[0]), is_end=token.is_end)

    def _quarters(self, token: _Token) -> None:
        first, last = [1, *token.numbers][-2:]
        self._set(_quarters(self._number, first, last))

    def _half(self, token: _Token) -> None:
        self._set(_half(self._number, 1 if token.text[0] == "上" else 2))

    def _whole(self, token: _Token) -> None:
        self.said, self.is_loose = year(self._number), False

    def _year_end(self, token: _Token) -> None:
        self._set(month(self._number, 12), is_end=True)

    def _this_month(self, token: _Token) -> None:
        ends = self._ends()
        self.said, self.is_loose = _point(ends) if token.is_end else ends, False

    def _this_period(self, token: _Token) -> None:
        if self.is_loose and self.said is not None and self.report is not None:
            is_now = self.said.start.year == self.report.end.year
            base = self.report if is_now else year_before(self.report)
        else:
            base = self._base
        self.said, self.is_loose = _point(base) if token.is_end else base, False

    def _this_quarter(self, token: _Token) -> None:
        base = self._base
        if base.precision in ("year", "year_range") or base.end.month % 3:
            raise ValueError(f"{base.code} does not end a quarter")
        this = quarter(base.end.year, base.end.month // 3)
        self.said, self.is_loose = _point(this) if token.is_end else this, False

    def _to_date(self, token: _Token) -> None:
        base = self.said
        if base is None or not _has_months(base):
            report = self.report
            if base is None or (
                report is not None and _has_months(report) and self._number == report.end.year
            ):
                base = self._reported()
            elif report is not None and _has_months(report):
                raise ValueError(f"{base.code} to date: the whole of it, or as far as the report")
        if base.precision == "year_range" or base.start.year != base.end.year:
            raise ValueError(f"{base.code} is more than one year")
        if _has_months(base):
            base = months(base.end.year, 1, base.end.year, base.end.month)
        self.said, self.is_loose = base, False

    def _same(self, token: _Token) -> None:
        if self.is_shifted:
            return
        base = self._reported() if self.is_loose or self.said is None else self.said
        if self.is_loose and self._number != base.end.year - 1:
            raise ValueError(f"{token.text} of {self._number} says no period")
        if "月" in token.text and base.precision != "month":
            if self.said is not None and not self.is_loose:
                raise ValueError(f"{base.code} is no month")
            if base.precision != "month_range":
                raise ValueError(f"{base.code}, the period of the report, names no month")
            base = month(base.end.year, base.end.month)
        if "季" in token.text and base.precision != "quarter":
            raise ValueError(f"{base.code} is no quarter")
        before = year_before(base)
        self.said, self.is_loose = _point(before) if token.is_end else before, False
        self.is_shifted = True

    def _previous(self, token: _Token) -> None:
        if "月" in token.text:
            before = _month_before(self._ends())
        else:
            base = self._base
            if "季" in token.text and base.precision != "quarter":
                raise ValueError(f"{base.code} is no quarter")
            if base.precision == "month":
                before = _month_before(base)
            elif base.precision == "quarter":
                ended = _month_before(base, 3)
                before = quarter(ended.end.year, ended.end.month // 3)
            elif base.precision == "year":
                before = year(base.start.year - 1)
            else:
                raise ValueError(f"the period before {base.code} may be several")
        self.said, self.is_loose = _point(before) if token.is_end else before, False

    def _this_year(self, token: _Token) -> None:
        if token.is_end:
            self._year_end(token)
            return
        if self.said is None:
            self.said, self.is_loose = year(self._number), True
        elif self.is_shifted:
            raise ValueError(f"{token.text} and the year before contradict one another")

    def _last_year(self, token: _Token) -> None:
        if token.is_end:
            if self.is_shifted:
                raise ValueError(f"{token.text} beside the year before: one year back, or two?")
            self.said, self.is_loose = _point(year(self._number - 1)), False
        elif self.said is None:
            self.said, self.is_loose = year(self._number - 1), True
        elif self.is_loose:
            raise ValueError(f"{token.text} and {self.said.code} contradict one another")
        elif not self.is_shifted:
            # 1-11月 over 上年: the same months, a year earlier.
            self.said = year_before(self.said)
        self.is_shifted = True


def hint(text: str) -> str:
    """A period that an unreadable text may mean, for a person to choose; empty where none."""
    found = re.search(r"((?:19|20)[0-9]{2})(?:[^0-9]{1,2}([0-9]{1,2})(?![0-9]))?", _plain(text))
    if found is None:
        return ""
    try:
        near = month(int(found[1]), int(found[2])) if found[2] else year(int(found[1]))
    except NoSuchDateError:
        return ""
    return f"{label_zh(near)} ({near.code})"


def span_of(period: Period, *, is_point: bool | None = None) -> Span | None:
    """The stretch of time that a header names; none where it is another one (7–12月).

    Args:
        period: The period; January alone is ``to_date`` where its text said 累计.
        is_point: What is known besides the text about its being a point in time.
    """
    if period.is_point if is_point is None else is_point:
        return "point"
    if period.is_to_date:
        return "to_date"
    match period.precision:
        case "year":
            return "year"
        case "quarter":
            return "quarter"
        case "month":
            return "month"
        case "year_range":
            return "years"
        case _:
            return None


def shift_months(period: Period, count: int) -> Period:
    """The period of an indicator that lags its report by ``count`` months (错月).

    A month is an earlier month. What runs from January on ends earlier: January–May is
    January–April, and before January it is the year before: January becomes January–December.

    Raises:
        ValueError: a lag in months says nothing about the period (quarters, years, 7–12月).
    """
    if count < 0:
        raise ValueError("a lag is no negative number")
    if count == 0:
        return period
    if period.is_to_date:
        ends = _month_before(period, count).end
        return months(ends.year, 1, ends.year, ends.month)
    if period.precision == "month":
        return _month_before(period, count)
    raise ValueError(f"a lag of {count} months says nothing about {period.code}")


def spanned(period: Period, span: Literal["to_date", "point", "year"]) -> Period:
    """What a word beside a period makes of it: from January on to its end, its end, its year.

    Raises:
        ValueError: it begins in another month than January, or runs over several years.
    """
    if span == "point":
        if period.precision == "year_range":
            raise ValueError(f"the end of {period.code} is not the end of one year")
        return _point(period)
    if period.precision == "year":
        return period
    if span == "year" and period.start.year == period.end.year:
        return year(period.end.year)
    if period.start.year != period.end.year:
        raise ValueError(f"{period.code} is more than one year")
    if period.precision == "month_range" and period.start.month != 1:
        raise ValueError(f"{period.code} does not begin in January")
    return months(period.end.year, 1, period.end.year, period.end.month)


def with_years(texts: Sequence[str | None]) -> list[str | None]:
    """Texts of rows from the top down, months without a year with that of the row above.

    2026年1-2月, 3月 and 4月 are of one year. Where the next does not lie after the one above, the
    year may be the next one or not: it stays as it is, and so do all below it.
    """
    found: list[str | None] = []
    last: Period | None = None
    for text in texts:
        try:
            last = parse_period(text) if text else last
        except ValueError:
            last, kept = _with_year(text or "", last)
            found.append(kept)
            continue
        found.append(text)
    return found


def _with_year(text: str, last: Period | None) -> tuple[Period | None, str]:
    if last is None or not _WITHOUT_YEAR.fullmatch(_plain(text)):
        return None, text
    whole = f"{last.end.year}年{_plain(text)}"
    try:
        period = parse_period(whole)
    except ValueError:
        return None, text
    return (period, whole) if period.end > last.end else (None, text)


_WITHOUT_YEAR = re.compile(
    rf"[0-9]{{1,2}}(?:{_TO}[0-9]{{1,2}})?月份?|第?[一二三四1-4]季度|[上下]半年"
)


def joined(parts: Sequence[tuple[str, str | None]]) -> str | None:
    """A period whose parts stand in several cells (2024 | 5), written as one text.

    Args:
        parts: The header over each part, and its text; a bare number is what its header calls it.

    Returns:
        The text; None where no part says anything. A part that is missing leaves it unreadable:
        2024 beside a blank month is perhaps the year, perhaps not.
    """
    texts = [_part(header, text) for header, text in parts]
    if not any(texts):
        return None
    for n, text in enumerate(texts):
        try:
            period = parse_period(text)
        except ValueError:
            continue
        if n > 0 or period.precision != "year":
            return text  # one cell says all of it
    return "".join(texts) if all(texts) else " / ".join(text or "?" for text in texts)


_MONTHS_NAMED = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH_NAMED = re.compile(rf"({'|'.join(_MONTHS_NAMED)})[a-z]{{0,6}}\.?", re.IGNORECASE)


def is_month_of_year(text: str) -> bool:
    """Whether a text says a month or a quarter of any year: 1月, Jan, 二季度, Q2."""
    bare = same(text)
    return bool(
        _MONTH_NAMED.fullmatch(bare)
        or re.fullmatch(r"1?[0-9]月份?|第?[一二三四1-4]季度?|[Qq][1-4]", bare)
    )


def _part(header: str, text: str | None) -> str:
    bare = same(text)
    if re.fullmatch("[0-9]{4}", bare):
        return f"{bare}年"
    if re.fullmatch("[0-9]{1,2}", bare):
        if "月" in header or re.search("month", header, re.IGNORECASE):
            return f"{bare}月"
        if "季" in header or re.search("quarter", header, re.IGNORECASE):
            return f"第{bare}季度"
    named = _MONTH_NAMED.fullmatch(bare)
    if named is not None:
        return f"{_MONTHS_NAMED.index(named[1].lower()) + 1}月"
    return bare


DEFAULT_KIND = {
    "year": "annual",
    "quarter": "quarterly",
    "month": "monthly",
    "month_range": "cumulative_range",
    "year_range": "growth_over_range",
}
"""The kind of a period where the delivery does not say it."""


def default_kind(period: Period) -> str:
    """The kind of a period where the delivery says it by its wording alone."""
    if period.is_point:
        return "point"
    return "cumulative_range" if period.is_to_date else DEFAULT_KIND[period.precision]


def label_zh(period: Period) -> str:
    """The period as a Chinese reader writes it."""
    first, last = period.start, period.end
    match period.precision:
        case "year":
            return f"{first.year}年"
        case "quarter":
            return f"{first.year}年{'一二三四'[(first.month - 1) // 3]}季度"
        case "month":
            return f"{first.year}年{first.month}月"
        case "month_range" if first.year == last.year:
            return f"{first.year}年{first.month}—{last.month}月"
        case "month_range":
            return f"{first.year}年{first.month}月—{last.year}年{last.month}月"
        case _:
            return f"{first.year}—{last.year}年"
