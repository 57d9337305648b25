"""Reads the arithmetic line of a finding again: each number in it, and whether it works out.

A line is made of figures that the finding names, of ends between which they lie, of what follows
from them, and of a few plain numbers (100 for per cent, 12 months). Here it is parsed as a person
would read it, and worked out anew; no rule's SQL has a part in it.

    103.7 / 808.4 * 100 = [12.82, 12.84]; printed 13.9 [13.85, 13.95]; tolerance 0

Belongs here: ``quality.finding.arithmetic``. Does not belong here: the sentences beside it
(``finding_words``).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Final, Protocol

from orchestration.bounds import BOUNDS

_POWERS = range(-13, 14)
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
    for wrong in _faults(parsed, figures, others):
        return f"算式“{text}”：{wrong[0]}", f"the arithmetic {text!r}: {wrong[1]}"
    return None


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
                right = _plain(right)
                if right.value == 12 and isinstance(left, _Operation) and left.name == "/":
                    left = _Operation("/", left.left, _plain(left.right))
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


def _faults(
    clauses: Sequence[_Clause], figures: Sequence[Figure], others: frozenset[Decimal]
) -> Iterator[tuple[str, str]]:
    known = {figure.value: figure for figure in figures}
    named: dict[str, _Term] = {}
    for clause in clauses:
        if clause.terms and isinstance(clause.terms[0], _Name) and clause.signs == ("=",):
            named[clause.terms[0].name] = clause.terms[1]
    for clause in clauses:
        if isinstance(clause.terms[0], _Name):
            yield from _unknown(clause.terms[1], known, others)
        elif clause.word in ("tolerance", "plausible", "at most", "should be"):
            continue  # what was declared
        elif clause.word == "times":
            yield from _other_times(clause, clauses, known, named)
        elif clause.signs == ("of",):
            yield from _unknown_of(clause, others)
        elif len(clause.terms) == 1:
            yield from _unknown(clause.terms[0], known, others)
        else:
            yield from _related(clause, known, others, named)


def _related(
    clause: _Clause,
    known: Mapping[Decimal, Figure],
    others: frozenset[Decimal],
    named: Mapping[str, _Term],
) -> Iterator[tuple[str, str]]:
    (left, right), (sign,) = clause.terms, clause.signs
    yield from _unknown(left, known, others)
    if isinstance(left, _Number) and isinstance(right, _Number):
        yield from _unknown(right, known, others)
        holds = {"=": operator.eq, ">": operator.gt, "<": operator.lt}[sign]
        if not holds(left.value, right.value):
            yield _not_so(left.value, sign, right.value)
        return
    low, high = _range(left, known, named)
    units = {figure.unit for figure in known.values()}
    scales = [1.0, 100.0] if len(units) == 1 else [10.0**power for power in _POWERS]
    if isinstance(right, _Number) and right.ends is not None:
        # a sum, with the ends of its parts
        printed = _worked_out(left, named)
        if Decimal(str(round(printed, 8))) != right.value:
            yield _not_so(right.value, "=", round(printed, 8))
        if not _reaches(right.ends, low, high, [1.0]):
            yield _other_ends(right.ends, low, high)
    elif isinstance(right, _Ends):
        if not _reaches((right.low, right.high), low, high, scales):
            yield _other_ends((right.low, right.high), low, high)
    elif isinstance(right, _Number):
        printed = _worked_out(left, named)
        step = float(Decimal(1).scaleb(int(right.value.as_tuple().exponent)))
        if not any(abs(printed * scale - float(right.value)) <= step for scale in scales):
            yield _not_so(right.value, "=", round(printed, 8))


def _other_times(
    clause: _Clause,
    clauses: Sequence[_Clause],
    known: Mapping[Decimal, Figure],
    named: Mapping[str, _Term],
) -> Iterator[tuple[str, str]]:
    """By how many times at least the two before it are apart."""
    (first, second), (said,) = (one.terms[0] for one in clauses[:2]), clause.terms
    found = [
        a / b if b else float("inf")
        for a, b in product(_range(first, known, named), _range(second, known, named))
    ]
    least = max(min(found), 1 / max(found) if max(found) > 0 else 1, 1)
    if not isinstance(said, _Number) or abs(float(said.value) - least) > 0.0001:
        yield f"相差 {least:.4f} 倍", f"they are {least:.4f} times apart"


def _reaches(
    ends: tuple[Decimal | None, Decimal | None], low: float, high: float, scales: Sequence[float]
) -> bool:
    """Whether the ends are those worked out, rounded outwards to their digits."""

    def is_end(end: Decimal | None, right: float, side: int, scale: float) -> bool:
        if end is None or abs(right) == float("inf"):
            return end is None or abs(right) == float("inf")
        step = float(Decimal(1).scaleb(int(end.as_tuple().exponent)))
        return -step * 0.001 <= side * (float(end) - right * scale) <= step * 1.001 + 1e-9

    return any(
        is_end(ends[0], low, -1, scale) and is_end(ends[1], high, 1, scale) for scale in scales
    )


def _unknown(
    term: _Term, known: Mapping[Decimal, Figure], others: frozenset[Decimal]
) -> Iterator[tuple[str, str]]:
    """Numbers that are none of the figures and nothing plain, and ends that are not theirs."""
    if isinstance(term, _Operation):
        yield from _unknown(term.left, known, others)
        yield from _unknown(term.right, known, others)
    elif isinstance(term, _Number):
        figure = None if term.is_plain else known.get(term.value)
        if figure is None:
            is_plain = term.value in _PLAIN or term.value in others
            if not is_plain or term.sign or term.ends:
                yield f"{term.value} 不是所指的数", f"{term.value} is none of its figures"
            return
        bound = BOUNDS.get(figure.qualifier)
        sign = bound.sign[1] if bound else ""
        if term.sign != sign:
            yield f"{term.sign}{term.value} 应为 {sign}{term.value}", f"it is {sign}{term.value}"
        if term.ends is not None and not _has_ends(term.ends, figure):
            yield _other_ends(term.ends, *_between(figure))


def _unknown_of(clause: _Clause, others: frozenset[Decimal]) -> Iterator[tuple[str, str]]:
    for term in clause.terms:
        if isinstance(term, _Number) and term.value not in others:
            yield f"{term.value} 不是所数的", f"{term.value} is not what was counted"


def _has_ends(ends: tuple[Decimal | None, Decimal | None], figure: Figure) -> bool:
    low, high = _between(figure)
    given = (
        float("-inf") if ends[0] is None else float(ends[0]),
        float("inf") if ends[1] is None else float(ends[1]),
    )
    return all(a == b or abs(a - b) < 1e-9 for a, b in zip(given, (low, high), strict=True))


def _between(figure: Figure) -> tuple[float, float]:
    """Between which ends a figure lies: what its bound says, or what rounding leaves."""
    bound, value = BOUNDS.get(figure.qualifier), figure.value
    if bound is None:
        return float("-inf"), float("inf")
    if (bound.low, bound.high) == ("closed", "closed"):
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
    digits = figure.value.normalize().as_tuple()
    least = Decimal(1).scaleb(int(digits.exponent))
    return max(least, figure.resolution or Decimal(0))


def _range(
    term: _Term, known: Mapping[Decimal, Figure], named: Mapping[str, _Term]
) -> tuple[float, float]:
    """Between which ends an expression lies: the same figure has one value in all its places."""
    used = sorted({number for number in _leaves(term, named) if number in known})
    found = []
    for ends in product(*(_between(known[number]) for number in used)):
        chosen = dict(zip(used, ends, strict=True))
        try:
            found.append(_worked_out(term, named, chosen))
        except (ZeroDivisionError, OverflowError):
            return float("-inf"), float("inf")
    return min(found), max(found)


def _leaves(term: _Term, named: Mapping[str, _Term]) -> Iterator[Decimal]:
    if isinstance(term, _Operation):
        yield from _leaves(term.left, named)
        yield from _leaves(term.right, named)
    elif isinstance(term, _Number) and not term.is_plain:
        yield term.value
    elif isinstance(term, _Name) and term.name in named:
        yield from _leaves(named[term.name], named)


def _worked_out(
    term: _Term, named: Mapping[str, _Term], chosen: Mapping[Decimal, float] | None = None
) -> float:
    if isinstance(term, _Operation):
        left = _worked_out(term.left, named, chosen)
        return float(_OPERATIONS[term.name](left, _worked_out(term.right, named, chosen)))
    if isinstance(term, _Number):
        value = float(term.value)
        if chosen and not term.is_plain:
            value = chosen.get(term.value, value)
        return value / 100 if term.is_percent else value
    if isinstance(term, _Name) and term.name in named:
        return _worked_out(named[term.name], named, chosen)
    raise ZeroDivisionError(term)


def _not_so(left: Decimal, sign: str, right: object) -> tuple[str, str]:
    return f"{left} {sign} {right} 不成立", f"{left} {sign} {right} does not hold"


def _other_ends(
    ends: tuple[Decimal | None, Decimal | None], low: float, high: float
) -> tuple[str, str]:
    given = f"[{ends[0]}, {ends[1]}]"
    return f"{given} 应为 [{low:.8g}, {high:.8g}]", f"{given} should be [{low:.8g}, {high:.8g}]"
