"""Reads the arithmetic line of a finding again: each number in it, and whether it works out.

A line is made of figures that the finding names, of ends between which they lie, of what follows
from them, and of a few plain numbers (100 for per cent, 12 months). Here it is parsed as a person
would read it, and worked out anew; no rule's SQL has a part in it.

    103.7 / 808.4 * 100 = [12.82, 12.84]; printed 13.9 [13.85, 13.95]; tolerance 0

Belongs here: ``quality.finding.arithmetic``. Does not belong here: the sentences beside it
(``finding_words``).
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice, product
from typing import Final, Protocol

from orchestration.bounds import BOUNDS

_POWERS = range(-13, 14)
_SLIGHT: Final = 1e-8
"""What binary fractions may differ by, relative to the number."""
_TIMES: Final = 1e-4
_MOST_WAYS: Final = 64
_MOST_CORNERS: Final = 6
_PLAIN: Final = frozenset(map(Decimal, (1, 2, 12, 100, 1000, 10000)))


class Figure(Protocol):
    """What of an observation a line of arithmetic can say."""

    @property
    def value(self) -> Decimal: ...
    @property
    def qualifier(self) -> str: ...
    @property
    def resolution(self) -> Decimal | None: ...
    @property
    def unit(self) -> str: ...


def check_arithmetic(
    text: str, figures: Sequence[Figure], others: frozenset[Decimal] = frozenset()
) -> tuple[str, str] | None:
    """What is wrong with a line, in Chinese and English; None where it works out.

    Args:
        text: The line.
        figures: The figures that the finding names.
        others: Numbers that follow from them otherwise: of months, years, regions.
    """
    try:
        parsed = _Parser(_tokens(_without_units(text, figures))).clauses()
    except _UnreadableError:
        return f"算式“{text}”不能识读", f"the arithmetic {text!r} cannot be read"
    # a declared tolerance stands in the place of rounding
    found = [next(_Line(parsed, figures, others, is_rounded).faults(), None)
             for is_rounded in (True, False)]  # fmt: skip
    if found[0] is None or found[1] is None:
        return None
    return f"算式“{text}”：{found[0][0]}", f"the arithmetic {text!r}: {found[0][1]}"


# --- reading ------------------------------------------------------------------------------------


class _UnreadableError(Exception):
    """A line that is written otherwise than lines are."""


@dataclass(frozen=True)
class _Number:
    """A number as it stands there, with its sign, and the ends that are given behind it.

    ``is_plain``: by its place it is no figure: 100 for per cent, so many months, an exponent.
    """

    value: Decimal
    sign: str = ""
    ends: tuple[Decimal | None, Decimal | None] | None = None
    is_percent: bool = False
    is_plain: bool = False


@dataclass(frozen=True)
class _Operation:
    name: str
    left: _Term
    right: _Term


@dataclass(frozen=True)
class _Ends:
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True)
class _Name:
    name: str


_Variable = tuple[set[int], tuple[float, float]]
"""The places of one figure in an expression, and between which ends it lies."""
_Given = tuple[Decimal | None, Decimal | None]
_Term = _Number | _Operation | _Ends | _Name


@dataclass(frozen=True)
class _Clause:
    """Words, then terms with the signs of comparison between them."""

    word: str
    terms: tuple[_Term, ...]
    signs: tuple[str, ...]


_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<word>[a-z][a-z ]*[a-z]|q)|(?P<sign>[≈≤≥~<>]+(?=\d))"
    r"|(?P<mark>[-+*/^()=<>\[\],;%?]))"
)


def _without_units(text: str, figures: Sequence[Figure]) -> str:
    for unit in sorted({figure.unit for figure in figures}, key=len, reverse=True):
        if unit not in ("", "1", "%"):
            text = text.replace(f" {unit}", " ")
    return text


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _UnreadableError(text[at:])
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _plain(term: _Term) -> _Term:
    """The same, with no figure in it."""
    if isinstance(term, _Operation):
        return _Operation(term.name, _plain(term.left), _plain(term.right))
    return replace(term, is_plain=True) if isinstance(term, _Number) else term


class _Parser:
    """Recursive descent over one line."""

    def __init__(self, tokens: Sequence[tuple[str, str]]) -> None:
        self.tokens, self.at = tokens, 0

    def clauses(self) -> list[_Clause]:
        found = [self._clause()]
        while self._take(";") or self._take(","):
            found.append(self._clause())
        if self.at < len(self.tokens):
            raise _UnreadableError(self.tokens[self.at])
        return found

    def _clause(self) -> _Clause:
        word = self._word()
        if word == "q":
            self.at -= 1
            word = ""
        terms, signs = [self._sum()], []
        while self.at < len(self.tokens):
            kind, text = self.tokens[self.at]
            if text in ("=", "<", ">"):
                self.at += 1
                signs.append(text)
                terms.append(self._sum())
            elif kind == "word" and text in ("to", "of"):
                self.at += 1
                signs.append(text)
                terms.append(self._sum())
                self._word()  # 3 of 5 regions
            elif kind == "word" and text == "times":
                self.at += 1
                word = text
            else:
                break
        return _Clause(word, tuple(terms), tuple(signs))

    def _sum(self) -> _Term:
        return self._chain(self._product, "+-")

    def _product(self) -> _Term:
        return self._chain(self._power, "*/")

    def _power(self) -> _Term:
        left = self._atom()
        return _Operation("^", left, _plain(self._atom())) if self._take("^") else left

    def _chain(self, part: Callable[[], _Term], names: str) -> _Term:
        left = part()
        while self.at < len(self.tokens) and self.tokens[self.at][1] in tuple(names):
            name = self.tokens[self.at][1]
            self.at += 1
            right = part()
            if name == "*" and isinstance(right, _Number) and right.value in _PLAIN:
                if right.value == 12 and isinstance(left, _Operation) and left.name == "/":
                    left = _Operation("/", left.left, _plain(left.right))
                right = _plain(right)
            if name == "/" and isinstance(left, _Operation) and left.name == "+":
                right = _plain(right)
            left = _Operation(name, left, right)
        return left

    def _atom(self) -> _Term:
        if self._take("("):
            inner = self._sum()
            self._need(")")
            return inner
        if self._take("["):
            ends = self._ends()
            self._take("%")
            return ends
        if self._word() == "q":
            return _Name("q")
        sign = self._sign()
        number = Decimal(self._number())
        if self._take("["):
            ends = self._ends()
            return _Number(number, sign, (ends.low, ends.high))
        return _Number(number, sign, is_percent=self._take("%"))

    def _ends(self) -> _Ends:
        low = self._end()
        self._need(",")
        high = self._end()
        self._need("]")
        return _Ends(low, high)

    def _end(self) -> Decimal | None:
        return None if self._take("?") else Decimal(self._number())

    def _number(self) -> str:
        minus = "-" if self._take("-") else ""
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind != "number":
            raise _UnreadableError(text)
        self.at += 1
        return minus + text

    def _sign(self) -> str:
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind != "sign":
            return ""
        self.at += 1
        return text

    def _word(self) -> str:
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind != "word":
            return ""
        self.at += 1
        return text

    def _take(self, mark: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == ("mark", mark):
            self.at += 1
            return True
        return False

    def _need(self, mark: str) -> None:
        if not self._take(mark):
            raise _UnreadableError(mark)


# --- working it out -----------------------------------------------------------------------------

_OPERATIONS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
}


class _Line:
    """The clauses of a line, held against the figures that they are about."""

    def __init__(
        self,
        clauses: Sequence[_Clause],
        figures: Sequence[Figure],
        others: frozenset[Decimal],
        is_rounded: bool,
    ) -> None:
        self.clauses, self.others = clauses, others
        self.known: dict[Decimal, list[tuple[float, float]]] = {}
        self.signs: dict[Decimal, set[str]] = {}
        for figure in figures:
            low, high = _between(figure, is_rounded)
            ways = self.known.setdefault(figure.value, [])
            ways.append((low, high))
            if low == float("-inf") and figure.value >= 0:
                ways.append((0.0, high))  # what is counted or a share is never below nothing
            bound = BOUNDS.get(figure.qualifier)
            self.signs.setdefault(figure.value, set()).add(bound.sign[1] if bound else "")
        is_one_unit = len({figure.unit for figure in figures}) == 1
        self.scales = [1.0, 100.0, 1000.0, 10000.0] if is_one_unit else [10.0**n for n in _POWERS]
        self.named: dict[str, _Term] = {
            clause.terms[0].name: clause.terms[1]
            for clause in clauses
            if isinstance(clause.terms[0], _Name) and clause.signs == ("=",)
        }

    def faults(self) -> Iterator[tuple[str, str]]:
        for clause in self.clauses:
            if isinstance(clause.terms[0], _Name):
                yield from self._unknown(clause.terms[1])
            elif clause.word in ("tolerance", "plausible", "at most", "should be"):
                continue  # what was declared
            elif clause.word == "times":
                yield from self._other_times(clause)
            elif clause.signs == ("of",):
                yield from self._uncounted(clause)
            elif len(clause.terms) == 1:
                yield from self._unknown(clause.terms[0])
            else:
                yield from self._related(clause)

    def _related(self, clause: _Clause) -> Iterator[tuple[str, str]]:
        (left, right), (sign,) = clause.terms, clause.signs
        yield from self._unknown(left)
        if isinstance(left, _Number) and isinstance(right, _Number):
            yield from self._unknown(right)
            holds = {"=": operator.eq, ">": operator.gt, "<": operator.lt}[sign]
            if not holds(left.value, right.value):
                yield _not_so(left.value, sign, right.value)
        elif isinstance(right, _Number) and right.ends is not None:
            # a sum, with the ends of its parts
            printed = _worked_out(left, self.named)
            if abs(printed - float(right.value)) > _SLIGHT * max(1, abs(printed)):
                yield _not_so(right.value, "=", round(printed, 8))
            yield from self._other_ends(left, right.ends, [1.0])
        elif isinstance(right, _Ends):
            yield from self._other_ends(left, (right.low, right.high), self.scales)
        elif isinstance(right, _Number):
            printed = _worked_out(left, self.named)
            step = float(Decimal(1).scaleb(int(right.value.as_tuple().exponent)))
            shown = float(right.value)
            if not any(abs(printed * scale - shown) <= step for scale in self.scales):
                yield _not_so(right.value, "=", round(printed, 8))

    def _other_ends(
        self, left: _Term, ends: _Given, scales: Sequence[float]
    ) -> Iterator[tuple[str, str]]:
        ranges = self._ranges(left)
        if not any(_reaches(ends, low, high, scales) for low, high in ranges):
            yield _differ(ends, *ranges[0])

    def _other_times(self, clause: _Clause) -> Iterator[tuple[str, str]]:
        """By how many times at least the two before it are apart."""
        first, second = (self._ranges(one.terms[0])[0] for one in self.clauses[:2])
        found = [a / b if b else float("inf") for a, b in product(first, second)]
        least = max(min(found), 1 / max(found) if max(found) > 0 else 1, 1)
        (said,) = clause.terms
        if not isinstance(said, _Number) or abs(float(said.value) - least) > _TIMES:
            yield f"相差 {least:.4f} 倍", f"they are {least:.4f} times apart"

    def _unknown(self, term: _Term) -> Iterator[tuple[str, str]]:
        """Numbers that are none of the figures and nothing plain, and ends that are not theirs."""
        if isinstance(term, _Operation):
            yield from self._unknown(term.left)
            yield from self._unknown(term.right)
        elif isinstance(term, _Number):
            ends = () if term.is_plain else self.known.get(term.value, ())
            if not ends:
                is_plain = term.value in _PLAIN or term.value in self.others
                if not is_plain or term.sign or term.ends:
                    yield f"{term.value} 不是所指的数", f"{term.value} is none of its figures"
                return
            signs = self.signs[term.value]
            if term.sign not in signs:
                right = f"{min(signs)}{term.value}"
                yield f"{term.sign}{term.value} 应为 {right}", f"it is {right}"
            if term.ends is not None and not any(_are(term.ends, *own) for own in ends):
                yield _differ(term.ends, *ends[0])

    def _uncounted(self, clause: _Clause) -> Iterator[tuple[str, str]]:
        for term in clause.terms:
            if isinstance(term, _Number) and term.value not in self.others:
                yield f"{term.value} 不是所数的", f"{term.value} is not what was counted"

    def _ranges(self, term: _Term) -> list[tuple[float, float]]:
        """Between which ends an expression lies: a figure has one value in all its places.

        Several, where several figures have one value: nothing says which of them stands where.
        """
        leaves = [leaf for leaf in _leaves(term, self.named) if leaf.value in self.known]
        values = sorted({leaf.value for leaf in leaves})
        ways: list[list[_Variable]] = []
        for chosen in islice(product(*(self.known[value] for value in values)), _MOST_WAYS):
            ends = dict(zip(values, chosen, strict=True))
            ways.append([
                ({id(leaf) for leaf in leaves if leaf.value == value}, ends[value])
                for value in values
            ])  # fmt: skip
        if len(leaves) > len(values):
            ways.append([({id(leaf)}, self.known[leaf.value][0]) for leaf in leaves])
        return [self._range(term, way) for way in ways]

    def _range(self, term: _Term, way: Sequence[_Variable]) -> tuple[float, float]:
        if len(way) > _MOST_CORNERS:
            return _sum_range(term, {place: ends for places, ends in way for place in places})
        found = []
        for corner in product(*(ends for _, ends in way)):
            pairs = zip(way, corner, strict=True)
            chosen = {place: end for (places, _), end in pairs for place in places}
            try:
                found.append(_worked_out(term, self.named, chosen))
            except (ZeroDivisionError, OverflowError):
                return float("-inf"), float("inf")
        if any(math.isnan(number) for number in found):
            return float("-inf"), float("inf")
        return min(found), max(found)


def _reaches(ends: _Given, low: float, high: float, scales: Sequence[float]) -> bool:
    """Whether the ends are those worked out, rounded outwards to their digits."""

    def is_end(end: Decimal | None, right: float, side: int) -> bool:
        if abs(right) == float("inf"):
            return end is None or (side < 0 and end == 0)
        if end is None:
            return False
        step = float(Decimal(1).scaleb(int(end.as_tuple().exponent)))
        beyond = side * (float(end) - right)
        return -_SLIGHT * max(1, abs(right)) <= beyond <= step + _SLIGHT * max(1, abs(right))

    return any(is_end(ends[0], low * by, -1) and is_end(ends[1], high * by, 1) for by in scales)


def _are(ends: _Given, low: float, high: float) -> bool:
    """Whether the ends are these; what is counted is never below nothing."""

    def is_end(end: Decimal | None, right: float) -> bool:
        if abs(right) == float("inf"):
            return end is None or (right < 0 and end == 0)
        return end is not None and abs(float(end) - right) <= _SLIGHT * max(1, abs(right))

    return is_end(ends[0], low) and is_end(ends[1], high)


def _between(figure: Figure, is_rounded: bool) -> tuple[float, float]:
    """Between which ends a figure lies: what its bound says, or what rounding leaves."""
    bound, value = BOUNDS.get(figure.qualifier), figure.value
    if bound is None:
        return float("-inf"), float("inf")
    if (bound.low, bound.high) == ("closed", "closed"):
        if not is_rounded:
            return float(value), float(value)
        if figure.resolution is None:
            return float("-inf"), float("inf")
        return float(value - figure.resolution / 2), float(value + figure.resolution / 2)
    step = _last_unit(figure)
    near = bound.rounding == 0
    low = value if bound.has_low else value - step if near else Decimal("-Infinity")
    high = value if bound.has_high else value + step if near else Decimal("Infinity")
    return float(low), float(high)


def _last_unit(figure: Figure) -> Decimal:
    """One unit of the last digit that says something: 13100 gives 100."""
    least = Decimal(1).scaleb(int(figure.value.normalize().as_tuple().exponent))
    return max(least, figure.resolution or Decimal(0))


def _leaves(term: _Term, named: Mapping[str, _Term]) -> Iterator[_Number]:
    if isinstance(term, _Operation):
        yield from _leaves(term.left, named)
        yield from _leaves(term.right, named)
    elif isinstance(term, _Number) and not term.is_plain:
        yield term
    elif isinstance(term, _Name) and term.name in named:
        yield from _leaves(named[term.name], named)


def _worked_out(
    term: _Term, named: Mapping[str, _Term], chosen: Mapping[int, float] | None = None
) -> float:
    if isinstance(term, _Operation):
        left = _worked_out(term.left, named, chosen)
        return float(_OPERATIONS[term.name](left, _worked_out(term.right, named, chosen)))
    if isinstance(term, _Number):
        value = (chosen or {}).get(id(term), float(term.value))
        return value / 100 if term.is_percent else value
    if isinstance(term, _Name) and term.name in named:
        return _worked_out(named[term.name], named, chosen)
    raise ZeroDivisionError(term)


def _sum_range(term: _Term, figures: Mapping[int, tuple[float, float]]) -> tuple[float, float]:
    """The ends of a long sum: nothing else has so many figures."""
    if isinstance(term, _Number):
        return figures.get(id(term), (float(term.value), float(term.value)))
    if not isinstance(term, _Operation) or term.name != "+":
        return float("-inf"), float("inf")
    left, right = _sum_range(term.left, figures), _sum_range(term.right, figures)
    return left[0] + right[0], left[1] + right[1]


def _not_so(left: Decimal, sign: str, right: object) -> tuple[str, str]:
    return f"{left} {sign} {right} 不成立", f"{left} {sign} {right} does not hold"


def _differ(ends: _Given, low: float, high: float) -> tuple[str, str]:
    given = f"[{ends[0]}, {ends[1]}]"
    return f"{given} 应为 [{low:.8g}, {high:.8g}]", f"{given} should be [{low:.8g}, {high:.8g}]"
