"""What a printed limit means: the table of qualifiers, ``bounds.csv``, and what follows from it.

Belongs here: the two ends of each qualifier, its signs and words, the algebra over ends, and the
SQL that says the same inside a database. Does not belong here: reading a text (``collect``), what
is done with an interval (``expectations``), a layout (``publish``).

A qualifier says of the true figure, beside the printed number v, where its low and its high end
are:

    closed  the end is v and v itself counts         open  the end is v and v is excluded
    near    there is an end near v, but not where    none  nothing is said on this side

All else follows: what has a low end only is a lower bound; the opposite swaps the ends; the end of
a sum is the vaguest of the ends it is made of. No other place gives a code a meaning.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import attrgetter
from pathlib import Path
from typing import Final, Literal, cast, get_args

from orchestration.errors import DeclarationError

End = Literal["closed", "open", "near", "none"]
_VAGUENESS: Mapping[End, int] = {"closed": 0, "open": 1, "near": 2, "none": 3}
_KNOWN = ("closed", "open")

TABLE: Final = Path(__file__).with_name("bounds.csv")
EXACT: Final = "exact"
INDETERMINATE: Final = "indeterminate"


@dataclass(frozen=True)
class Bound:
    """One qualifier.

    Attributes:
        was: Its code in releases and deliveries of the first version, where it had another.
        low, high: What is known of the low and of the high end of the true figure.
        sign: Before a number in tables and charts, Chinese and English.
        before: Before a number in sentences, Chinese and English.
        after_zh: Between number and unit in Chinese sentences (6000余场).
        rank: A rank with it, Chinese and English; ``{}`` stands for the number.
        words_before, words_after: All by which a text is recognised, before and behind a number.
    """

    code: str
    was: str
    name_zh: str
    name_en: str
    sort: int
    low: End
    high: End
    sign: tuple[str, str]
    before: tuple[str, str]
    after_zh: str
    rank: tuple[str, str]
    words_before: tuple[str, ...]
    words_after: tuple[str, ...]

    @property
    def has_low(self) -> bool:
        """The true figure is not below the number."""
        return self.low in _KNOWN

    @property
    def has_high(self) -> bool:
        """The true figure is not above the number."""
        return self.high in _KNOWN

    @property
    def is_lower(self) -> bool:
        """A lower bound: it says where the figure begins, not where it ends."""
        return self.has_low and not self.has_high

    @property
    def is_upper(self) -> bool:
        """An upper bound."""
        return self.has_high and not self.has_low

    @property
    def is_open(self) -> bool:
        """The number itself is excluded. Of an open bound one end only is known."""
        return "open" in (self.low, self.high)

    @property
    def is_about(self) -> bool:
        """Around the number, on both sides."""
        return (self.low, self.high) == ("near", "near")

    @property
    def rounding(self) -> int | None:
        """How a computed number keeps the promise: -1 down, 1 up, 0 to the nearest.

        None where no number promises anything.
        """
        if self.is_lower:
            return -1
        if self.is_upper:
            return 1
        return None if (self.low, self.high) == ("none", "none") else 0

    @property
    def words(self) -> tuple[str, ...]:
        """All by which a delivery names it, the usual one first; its earlier code too."""
        usual = (*self.before[:1], self.after_zh)
        told = (*usual, *self.words_before, *self.words_after, self.was)
        return tuple(dict.fromkeys(word for word in told if word))


def load(file: Path = TABLE) -> Mapping[str, Bound]:
    """The table by code, in its order.

    Raises:
        DeclarationError: a value is not one of its column, or the table breaks a law: codes, ends
            and words are its own, the opposite of each is in it, a sign fits its ends.
    """
    found: dict[str, Bound] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            bound = _bound(row, file, number)
            if bound.code in found:
                raise _wrong(file, number, f"the code {bound.code!r} stands twice")
            found[bound.code] = bound
    _check(found, file)
    return found


def _bound(row: Mapping[str, str], file: Path, number: int) -> Bound:
    for end in (row["low"], row["high"]):
        if end not in get_args(End):
            raise _wrong(file, number, f"{end!r} is no end: {', '.join(get_args(End))}")
    sign, before = (row["sign_zh"], row["sign_en"]), (row["before_zh"], row["before_en"])
    return Bound(
        code=row["code"],
        was=row["was"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        sort=int(row["sort"]),
        low=cast("End", row["low"]),
        high=cast("End", row["high"]),
        sign=sign,
        before=before,
        after_zh=row["after_zh"],
        rank=(row["rank_zh"], row["rank_en"]),
        # what is printed reads back: the printed words are recognised without being listed again
        words_before=_words(*before, *sign, *row["words_before"].split("|"))
        if row["code"] != INDETERMINATE
        else (),
        words_after=_words(row["after_zh"], *row["words_after"].split("|")),
    )


def _words(*words: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))


def _check(bounds: Mapping[str, Bound], file: Path) -> None:
    by_ends: dict[tuple[End, End], str] = {}
    owner: dict[str, str] = {}
    for number, bound in enumerate(bounds.values(), start=2):
        if by_ends.setdefault((bound.low, bound.high), bound.code) != bound.code:
            raise _wrong(file, number, f"its ends are those of {by_ends[bound.low, bound.high]!r}")
        for word in (bound.code, *bound.words):
            if owner.setdefault(word, bound.code) != bound.code:
                raise _wrong(file, number, f"{word!r} means {owner[word]!r} too")
        is_or_equal = any(mark in bound.sign[1] for mark in "≥≤")
        if (bound.is_lower or bound.is_upper) and is_or_equal == bound.is_open:
            raise _wrong(file, number, f"the sign {bound.sign[1]!r} does not fit an end that is "
                                       f"{'open' if bound.is_open else 'closed'}")  # fmt: skip
        if any("{}" not in text for text in bound.rank):
            raise _wrong(file, number, "a rank without a place {} for its number")
    for number, bound in enumerate(bounds.values(), start=2):
        if (bound.high, bound.low) not in by_ends:
            raise _wrong(file, number, f"{bound.code!r} has no opposite")
    for code, ends in ((EXACT, ("closed", "closed")), (INDETERMINATE, ("none", "none"))):
        if code not in bounds or (bounds[code].low, bounds[code].high) != ends:
            raise _wrong(file, 1, f"{code!r} has to be there, with the ends {' and '.join(ends)}")


def _wrong(file: Path, line: int, what: str) -> DeclarationError:
    return DeclarationError(what, file=file, place=f"line {line}", remedy="mend the table")


BOUNDS: Final = load()
_BY_ENDS: Final = {(bound.low, bound.high): bound for bound in BOUNDS.values()}
_EARLIER: Final = {bound.was: bound for bound in BOUNDS.values() if bound.was}


def bound_of(code: str | None) -> Bound | None:
    """The bound of a code, of this version or of the first; None for another word."""
    return None if code is None else BOUNDS.get(code) or _EARLIER.get(code)


def current_code(column: str) -> str:
    """SQL for a code of any version as the code of today."""
    listed = " ".join(f"when '{was}' then '{bound.code}'" for was, bound in _EARLIER.items())
    return f"case {column} {listed} else {column} end"


def with_ends(low: End, high: End) -> Bound:
    """The bound that says this, or the strongest that says no more."""
    if (low, high) in _BY_ENDS:
        return _BY_ENDS[low, high]
    said_of_it: tuple[End, End] = (
        "none" if low == "near" else low,
        "none" if high == "near" else high,
    )
    return _BY_ENDS.get(said_of_it, BOUNDS[INDETERMINATE])


def opposite(code: str) -> str:
    """What holds of -x where the bound holds of x."""
    return with_ends(BOUNDS[code].high, BOUNDS[code].low).code


def of_sum(*codes: str) -> str:
    """What is known of a sum, or of a product of positive figures."""
    return reduce(_joined, (BOUNDS[code] for code in codes)).code


def _joined(a: Bound, b: Bound) -> Bound:
    low, high = _vaguer(a.low, b.low), _vaguer(a.high, b.high)
    return with_ends(low, high)


def _vaguer(a: End, b: End) -> End:
    return max(a, b, key=_VAGUENESS.__getitem__)


def said(number: str, code: str | None, unit: str = "", side: int = 0) -> str:
    """A figure in a sentence; ``side`` 0 is Chinese, 1 English.

    An unknown code is said as it is.
    """
    bound = bound_of(code)
    if bound is None:
        return f"{code} {number}{unit}" if code else f"{number}{unit}"
    if side:
        return f"{bound.before[1]} {number} {unit}".strip()
    return f"{bound.before[0]}{number}{bound.after_zh}{unit}"


def sign(code: str | None, side: int = 0) -> str:
    """What stands before a number in a table; an unknown code as it is, for exact nothing."""
    bound = bound_of(code)
    return bound.sign[side] if bound is not None else code or ""


# --- the same in SQL ---------------------------------------------------------------------------


def macros() -> str:
    """The schema ``bounds``: macros by which every database says what the table says.

    Arguments named ``a``, ``b`` or ``qualifier`` are codes; for null all give null. Figures of
    products and ratios are positive. Each answer is looked up in a constant list: a macro is
    written out wherever it is called, and a nest of cases would cost more to plan than to run.

    - ``opposite(qualifier)``, ``of_sum``, ``of_difference``, ``of_product``, ``of_ratio(a, b)``:
      codes; ``of_total(a)``: that of a sum of rows, an aggregate; ``of_quotient(a, b, numerator)``:
      as a ratio, and of 0 divided by anything what is known of the 0.
    - ``has_low``, ``has_high``, ``is_lower``, ``is_upper``, ``is_open``, ``rounding(qualifier)``:
      as the properties of ``Bound``.
    - ``reaches``, ``exceeds(value, qualifier, level)``: at or above a level, above it; null where
      the bound does not decide.
    - ``meets(value, qualifier, level, level_qualifier, direction)``: as a target asks. Its own
      qualifier says on which side the figure belongs; where it is exact, the direction does.
    - ``sign_zh``, ``sign_en``, ``before_zh``, ``after_zh``, ``before_en(qualifier)``;
      ``rank_zh``, ``rank_en(rank, qualifier)``: words.
    """
    statements = ["create schema if not exists bounds"]
    for signature, body in (*_facts(), *_algebra(), *_comparisons(), *_words_in_sql()):
        statements.append(f"create or replace macro bounds.{signature} as\n    {body}")
    return "".join(f"{statement};\n" for statement in statements)


def _facts() -> Iterable[tuple[str, str]]:
    yield "number_of(qualifier)", f"list_position({_list(BOUNDS)}, qualifier)"
    for name in ("has_low", "has_high", "is_lower", "is_upper", "is_open"):
        yield f"{name}(qualifier)", f"qualifier {_in(attrgetter(name))}"
    yield (
        "rounding(qualifier)",
        f"case when qualifier {_in(lambda b: b.is_lower)} then -1 "
        f"when qualifier {_in(lambda b: b.is_upper)} then 1 "
        f"when qualifier {_in(lambda b: b.rounding == 0)} then 0 end",
    )


def _algebra() -> Iterable[tuple[str, str]]:
    sums = _list(of_sum(a, b) for a in BOUNDS for b in BOUNDS)
    differences = _list(of_sum(a, opposite(b)) for a in BOUNDS for b in BOUNDS)
    place = f"{len(BOUNDS)} * (bounds.number_of(a) - 1) + bounds.number_of(b)"
    yield "opposite(qualifier)", _of_code(opposite(code) for code in BOUNDS)
    for name, codes in (
        ("of_sum", sums),
        ("of_product", sums),
        ("of_difference", differences),
        ("of_ratio", differences),
    ):
        yield f"{name}(a, b)", f"({codes})[{place}]"
    yield (
        "of_quotient(a, b, numerator)",
        "case when numerator = 0 then a else bounds.of_ratio(a, b) end",
    )
    vagueness = list(_VAGUENESS)
    ends = _list(with_ends(low, high).code for low in vagueness for high in vagueness)
    low, high = (
        f"max({[_VAGUENESS[getattr(b, end)] for b in BOUNDS.values()]}[bounds.number_of(a)])"
        for end in ("low", "high")
    )
    yield (
        "of_total(a)",
        f"case when count(*) = count(a) then ({ends})[{len(vagueness)} * {low} + {high} + 1] end",
    )


def _comparisons() -> Iterable[tuple[str, str]]:
    has_low, has_high = _in(lambda b: b.has_low), _in(lambda b: b.has_high)
    low_open, low_closed = _in(lambda b: b.low == "open"), _in(lambda b: b.low == "closed")
    high_open, high_closed = _in(lambda b: b.high == "open"), _in(lambda b: b.high == "closed")
    yield (
        "reaches(value, qualifier, level)",
        f"case when qualifier {has_low} and value >= level then true "
        f"when qualifier {high_closed} and value < level then false "
        f"when qualifier {high_open} and value <= level then false end",
    )
    yield (
        "exceeds(value, qualifier, level)",
        f"case when qualifier {low_open} and value >= level then true "
        f"when qualifier {low_closed} and value > level then true "
        f"when qualifier {has_high} and value <= level then false end",
    )
    asked = "level_qualifier"
    at_least = _in(lambda b: b.is_lower and not b.is_open)
    at_most = _in(lambda b: b.is_upper and not b.is_open)
    yield (
        f"meets(value, qualifier, level, {asked}, direction)",
        f"case when {asked} {low_open} then bounds.exceeds(value, qualifier, level) "
        f"when {asked} {at_least} or ({asked} = '{EXACT}' and direction = 'higher_is_better') "
        "then bounds.reaches(value, qualifier, level) "
        f"when {asked} {at_most} or ({asked} = '{EXACT}' and direction = 'lower_is_better') "
        "then not bounds.exceeds(value, qualifier, level) "
        f"when {asked} {high_open} then not bounds.reaches(value, qualifier, level) end",
    )


def _words_in_sql() -> Iterable[tuple[str, str]]:
    table = BOUNDS.values()
    yield "sign_zh(qualifier)", _of_code(b.sign[0] for b in table)
    yield "sign_en(qualifier)", _of_code(b.sign[1] for b in table)
    yield "before_zh(qualifier)", _of_code(b.before[0] for b in table)
    yield "after_zh(qualifier)", _of_code(b.after_zh for b in table)
    yield "before_en(qualifier)", _of_code(b.before[1] for b in table)
    for name, ranks in (
        ("rank_zh", _of_code(b.rank[0] for b in table)),
        ("rank_en", _of_code(b.rank[1] for b in table)),
    ):
        yield f"{name}(rank, qualifier)", f"replace({ranks}, '{{}}', cast(rank as varchar))"


def _of_code(answers: Iterable[str]) -> str:
    """What stands for the qualifier in a list in the table's order."""
    return f"({_list(answers)})[bounds.number_of(qualifier)]"


def _list(texts: Iterable[str]) -> str:
    """A list of texts as one constant."""
    joined = "|".join(texts).replace("'", "''")
    return f"string_split('{joined}', '|')"


def _in(test: Callable[[Bound], bool]) -> str:
    codes = ", ".join(f"'{bound.code}'" for bound in BOUNDS.values() if test(bound))
    return f"in ({codes})"
