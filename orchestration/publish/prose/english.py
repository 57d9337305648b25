"""Figures, times and names as an English statistician writes them.

Belongs here: ``100.0 billion yuan``, ``4.9 per cent``, ``in the first quarter of 2024``. Does not
belong here: sentences (``tell``).
"""

from __future__ import annotations

import re
from decimal import Decimal

from orchestration.bounds import EXACT, bound_of, sign
from orchestration.publish.paper.figures import Figure
from orchestration.publish.printed import Words, decimal_text

_POWERS = (("万亿", 12), ("亿", 8), ("万", 4))
_LARGE = ((12, "trillion"), (9, "billion"), (6, "million"))
_NOTHING_SAID = frozenset({"items", "establishments", "pieces", "sets", "times"})
_MONTHS = re.compile(r"(\w+) (\d{4}) to (\w+) \2")
_PARTS_OF_A_YEAR = {
    ("January", "March"): "the first quarter of",
    ("January", "June"): "the first half of",
    ("January", "September"): "the first three quarters of",
}


def amount(figure: Figure, words: Words) -> str:
    """A figure with its unit and its bound: ``more than 100.0 billion yuan``."""
    return f"{_bound(figure)}{measured(figure.value, figure.unit, words)}"


def measured(value: Decimal, unit: str, words: Words) -> str:
    """A number in its unit, its powers of ten in English: 1000亿元 is 100.0 billion yuan."""
    if unit in ("", "1"):
        return grouped(value)
    if unit == "%":
        return f"{decimal_text(value)} per cent"
    power, base = _split(unit, words)
    noun = unit_noun(base, words)
    full = value.scaleb(power)
    for exponent, name in _LARGE:
        if abs(full) >= Decimal(10) ** exponent:
            scaled = decimal_text(full.scaleb(-exponent))
            scaled = scaled if "." in scaled else f"{scaled}.0"
            return f"{scaled} {name} {noun}".strip()
    return f"{grouped(full)} {noun}".strip()


def grouped(value: Decimal) -> str:
    """A number with commas between thousands."""
    whole, point, rest = decimal_text(abs(value)).partition(".")
    return f"{'-' if value < 0 else ''}{int(whole):,}{point}{rest}"


def _split(unit: str, words: Words) -> tuple[int, str]:
    """The power of ten that a Chinese unit begins with, and the unit behind it."""
    known = words.get("unit", {})
    for prefix, power in _POWERS:
        base = unit.removeprefix(prefix)
        if base != unit and base in known:
            return power, base
    return 0, unit


def unit_noun(unit: str, words: Words) -> str:
    """What is counted; nothing for things that have a name already."""
    word = words.get("unit", {}).get(unit)
    noun = re.sub(r" \([^)]*\)", "", word.en) if word else unit
    return "" if noun in _NOTHING_SAID else noun


def _bound(figure: Figure) -> str:
    bound = bound_of(figure.qualifier)
    if bound is None or not bound.before[1]:
        return ""
    return f"{bound.before[1]} "


def ordinal(number: Decimal) -> str:
    """1st, 2nd, 3rd, 11th."""
    text = decimal_text(number)
    last = {"1": "st", "2": "nd", "3": "rd"}.get(text[-1:], "th")
    return text + ("th" if text[-2:-1] == "1" else last)


def place(rank: Figure) -> str:
    """A rank: ``18th``, ``among the first 3``."""
    bound = bound_of(rank.qualifier)
    if bound is None or rank.qualifier == EXACT:
        return ordinal(rank.value)
    return bound.rank[1].format(decimal_text(rank.value))


def short_place(rank: Figure) -> str:
    """A rank in a narrow column: ``18th``, ``top 3``."""
    bound = bound_of(rank.qualifier)
    if bound is not None and bound.is_upper and not bound.is_open:
        return f"top {decimal_text(rank.value)}"
    return place(rank)


def forms(figure: Figure, words: Words) -> frozenset[str]:
    """All texts that a figure may stand as in English."""
    number = decimal_text(figure.value)
    if figure.is_rank:
        return frozenset({place(figure), short_place(figure), number})
    found = {amount(figure, words), number, f"{sign(figure.qualifier, 1)}{number}"}
    if figure.is_growth and figure.qualifier == EXACT:
        size = f"{decimal_text(abs(figure.value))} per cent"
        verbs = ("up", "rose by") if figure.value > 0 else ("down", "fell by")
        found |= (
            {f"{verb} {size}" for verb in verbs}
            if figure.value
            else {"unchanged", "did not change"}
        )
    return frozenset(found)


def when(figure: Figure) -> str:
    """``in 2022``, ``at the end of 2024``, ``from January 2021 to June 2023``."""
    label = figure.period_en
    if figure.period_kind == "point" and figure.period == f"{figure.period[:4]}-12":
        return f"at the end of {figure.period[:4]}"
    found = _MONTHS.fullmatch(label)
    if found:
        part = _PARTS_OF_A_YEAR.get((found[1], found[3]))
        if part:
            return f"in {part} {found[2]}"
        return f"from {found[1]} to {found[3]} {found[2]}"
    return f"from {label}" if " to " in label else f"in {label}"


def short_name(name_en: str) -> str:
    """A region without the one above it: Jiangbei District, Ningbo."""
    return name_en.partition(",")[0].strip()


def grown_thing(name_en: str) -> str:
    """What grew: the name of a growth without the words for growth; '' where it has none."""
    for tail in (", year-on-year growth", ", average annual growth", ", month-on-month growth"):
        if name_en.endswith(tail):
            return name_en.removesuffix(tail)
    return ""
