"""Ways to write a unit that no list spells out: million yuan, USD bn, £m, THS_PER.

A unit that is a multiple of another one of its dimension is also called by that one's Latin name
and a word for the multiple, in either order. Which units there are, and what each is called, are
data (``raw/codelists/units.csv``).

Belongs here: words for multiples, and the codes of statistical offices. Does not belong here:
units themselves, and what a cell says (``collect.numbers``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Protocol

from orchestration.text import same

SCALES: dict[int, tuple[str, ...]] = {
    3: ("thousand", "thousands", "'000", "’000", "000", "000s", "1,000", "1000"),
    4: ("10 thousand", "ten thousand", "10,000", "10000"),
    6: ("million", "millions", "mn", "mln", "1,000,000"),
    8: ("100 million", "hundred million", "100m"),
    9: ("billion", "billions", "bn", "bln"),
    12: ("trillion", "trillions", "tn", "trn"),
}
"""Words by power of ten. A billion is a thousand millions, as in English now."""

_OF_MONEY: dict[int, tuple[str, ...]] = {3: ("k", "K", "th"), 6: ("m", "M", "mil"), 9: ("b", "B")}
"""Letters that are short for a multiple beside a currency, and a unit beside anything else."""

_OFFICES: dict[int, tuple[str, ...]] = {3: ("THS",), 6: ("MIO",), 9: ("BN", "BIO")}
_CURRENCY = "currency_"
_LATIN = re.compile(r"[$£€¥A-Za-z][$£€¥A-Za-z .23²³]*")
_SCALED = re.compile(
    r"(thousand|million|billion|trillion|hundred|ten|mn|bn|k)\b|[kMG]W", re.IGNORECASE
)

OFFICE_CODES = {
    **{"PC": "%", "PT": "%", "PCT": "%", "PERCENT": "%", "NR": "1", "NUMBER": "1", "UNITS": "1"},
    **{"PER": "人", "PERS": "人", "PS": "人", "HAB": "人"},
}
"""Unit by the code that offices give it in a column of units: Eurostat, OECD, our own exports."""


class _Unit(Protocol):
    @property
    def code(self) -> str: ...
    @property
    def dimension(self) -> str: ...
    @property
    def factor(self) -> str: ...
    @property
    def synonyms(self) -> tuple[str, ...]: ...
    @property
    def sdmx_id(self) -> str: ...


def scaled_words(units: Iterable[_Unit]) -> Iterator[tuple[str, str]]:
    """Each word for a multiple of a unit, without blanks, with the code of that multiple."""
    for unit, power, multiple in _multiples(tuple(units)):
        is_money = unit.dimension.startswith(_CURRENCY)
        short = _OF_MONEY.get(power, ()) if is_money else ()
        for name in _latin_names(unit):
            for word in map(same, (*SCALES[power], *short)):
                yield f"{word}{name}", multiple.code
                yield f"{name}{word}", multiple.code
                if word.islower() and len(word) > 1:
                    yield f"{word.capitalize()}{name}", multiple.code
                    yield f"{name}{word.capitalize()}", multiple.code
                if word.endswith("s") and word.isalpha():
                    yield f"{word}of{name}", multiple.code
                    yield f"{word.capitalize()}of{name}", multiple.code
                yield f"{name},{word}", multiple.code


def office_codes(units: Iterable[_Unit]) -> dict[str, str]:
    """Unit by what stands for it in a column of codes: CNY_E8, MIO_EUR, THS_PER, PC."""
    units = tuple(units)
    listed = {unit.code for unit in units}
    codes = {word: code for word, code in OFFICE_CODES.items() if code in listed}
    own = {unit.code: [w for w, code in codes.items() if code == unit.code] for unit in units}
    for unit, power, multiple in _multiples(units):
        for name in (unit.sdmx_id, *own[unit.code]):
            for scale in _OFFICES.get(power, ()):
                codes.setdefault(f"{scale}_{name}", multiple.code)
    codes |= {_spelled_out(unit.code): unit.code for unit in units}
    return codes | {unit.sdmx_id: unit.code for unit in units}


def _spelled_out(code: str) -> str:
    """A unit as our releases wrote it before units had ids: $4EBF$5143 for 亿元."""
    return "".join(c if c.isascii() and c.isalnum() else f"${ord(c):04X}" for c in code)


def _multiples(units: tuple[_Unit, ...]) -> Iterator[tuple[_Unit, int, _Unit]]:
    """Units with a power of ten and the unit of their dimension that is so many times as much."""
    by_size = {(unit.dimension, Decimal(unit.factor)): unit for unit in reversed(units)}
    for unit in units:
        for power in SCALES:
            multiple = by_size.get((unit.dimension, Decimal(unit.factor).scaleb(power)))
            if multiple is not None:
                yield unit, power, multiple


def _latin_names(unit: _Unit) -> list[str]:
    """Its names in Latin letters that say no multiple themselves."""
    names = [
        name
        for name in (unit.code, *unit.synonyms)
        if _LATIN.fullmatch(name) and not _SCALED.search(name)
    ]
    more = [name.capitalize() for name in names if re.fullmatch("[a-z][a-z ]{3,}", name)]
    return list(dict.fromkeys(same(name) for name in (*names, *more)))


def spelled(word: str) -> tuple[str, ...]:
    """A listed word in the capitals that people write it in; short ones mean what they are."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z ,.0-9-]{3,}", word) or not word.islower():
        return (word,)
    return (word, word.capitalize(), word.upper(), word.title())
