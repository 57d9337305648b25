"""Value texts: the exact decimal that a cell prints, and what else it says beside it.

Belongs here: digits, signs, separators, words of growth, bounds and units inside a value. Does not
belong here: whether the figure is one of growth, and converting units (``normalise``).

What could be two numbers is none: 1.234.567, 1,23, 45%–50%, (12.3) where nobody said that brackets
are a sign. Footnote marks are the layout's; 5^2 and 5² are not 52.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import MAX_PREC, Context, Decimal
from typing import TYPE_CHECKING

from orchestration.bounds import BOUNDS, EXACT, opposite
from orchestration.text import BLANKS, FULL_WIDTH, HALF_WIDTH, UNSEEN, fold, same

if TYPE_CHECKING:
    import polars as pl

MINUS = "−–﹣"
"""Signs that are a minus before digits; the full-width one is folded like all others."""

_SWAPPED = str.maketrans(",.", ".,")

PERCENT, PERMILLE, POINTS = "%", "‰", "百分点"
_GROWTH_UNITS = (None, PERCENT, PERMILLE, POINTS)

# Digits in groups of three, separated by commas or by blanks, or not separated at all. A group
# that opens with 0 is no thousand: 0,123 is somebody's decimal comma.
_UNSIGNED = r"(?:[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+|(?: [0-9]{3})+)|[0-9]+)(?:\.[0-9]+)?"
_NUMBER = rf"[+-]?{_UNSIGNED}"
_PLAIN = re.compile(rf"({_NUMBER}) *(.*)", re.DOTALL)
# As workbooks write stored numbers: one digit before the point, the sign, two digits or more.
_SCIENTIFIC = re.compile(r"([+-]?[0-9](?:\.([0-9]+))?)[eE]([+-][0-9]{2,3})")
_UP = "增长|增加|上升|提高|提升|回升"
_DOWN = "下降|减少|回落|降低|下滑"
_GROWTH = re.compile(rf"(?P<up>{_UP})?(?P<down>{_DOWN})? *(?P<rest>.+)", re.DOTALL)
_ARROWS = {"▲": "", "↑": "", "▼": "-", "↓": "-"}
_FLAT = re.compile("(?:与?(?:上年|去年)(?:同期)?|同比)?持平")
_DOUBLED = {"翻一番": "100", "翻了一番": "100", "翻两番": "300", "翻了两番": "300"}
_BRACKETS = re.compile(rf"\( *({_UNSIGNED}) *([%‰]?) *\)")

DIRECTED = frozenset(code for code in BOUNDS if opposite(code) != code)
"""Qualifiers that turn round with the sign of their number."""


def _pattern(words: Mapping[str, str]) -> str:
    """Any of the words, the longest first; blanks in them may be several."""
    listed = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", " +") for word in listed)


_BEFORE = {word: b.code for b in BOUNDS.values() for word in b.words_before if b.code != EXACT}
_BEHIND = {word: b.code for b in BOUNDS.values() for word in b.words_after if b.code != EXACT}
_OPENING = re.compile(rf"({_pattern(_BEFORE)}) *", re.IGNORECASE)
_EXACT = Context(prec=MAX_PREC)
"""Moving the point never rounds: the usual context would, beyond 28 digits."""


@dataclass(frozen=True)
class Reading:
    """What one value text says.

    Attributes:
        number: The exact decimal, digits and a point only, after a minus if there is one.
        places: Decimal places that it was given with; negative where it was given in tens.
        unit: Code of the unit in the text.
        qualifier: Code of the bound in the text.
        is_growth: It is a number by a word of growth: only a figure of growth can be one.
        is_rank: It is a place in an order (第3位): only a rank can be one.
    """

    number: str
    places: int
    unit: str | None = None
    qualifier: str | None = None
    is_growth: bool = False
    is_rank: bool = False


@dataclass(frozen=True)
class Words:
    """What may stand beside the digits.

    Attributes:
        units: Unit by the way it is written, folded.
        negative_in_brackets: (12.3) is -12.3 here.
        decimal_comma: 1.234,5 is 1234.5 here.
    """

    units: Mapping[str, str]
    negative_in_brackets: bool = False
    decimal_comma: bool = False

    @classmethod
    def of(
        cls,
        units: Mapping[str, str],
        *,
        negative_in_brackets: bool = False,
        decimal_comma: bool = False,
    ) -> Words:
        """From the words of the code lists; those that no value can hold are left out."""
        folded = {same(word): code for word, code in units.items()}
        return cls(
            # A unit that opens with a digit (1, dimensionless) cannot be told from the number.
            {word: code for word, code in folded.items() if word and not word[0].isdigit()},
            negative_in_brackets,
            decimal_comma,
        )


def read_number(text: str, words: Words) -> Reading | None:
    """The number that the text prints; None where it is none, or may be two."""
    plain = fold(text).translate({ord(sign): "-" for sign in MINUS}).strip()
    if words.decimal_comma:
        plain = plain.translate(_SWAPPED)
    return (
        _beside(plain, words)
        or _scientific(plain)
        or _growth(plain, words)
        or _arrow(plain, words)
        or _rank(plain)
    )


def without_mark(text: str, marks: Sequence[str], words: Words) -> tuple[str, str] | None:
    """The number of a text and the mark beside it: 41.4 u, 1,200 [r], 905.5(快报数).

    Args:
        text: As the cell prints it.
        marks: Marks that may stand there, the longest first; in brackets or not.
        words: What else may stand beside the digits; what it explains is no mark.

    Returns:
        The text without the mark, and the mark; None where there is none, or a text that is a
        number as it stands.
    """
    plain = fold(text).strip()
    if read_number(plain, words) is not None:
        return None
    for mark in marks:
        bare = fold(mark).strip()
        for written in (f"({bare})", f"[{bare}]", bare):
            for rest in (plain.removesuffix(written), plain.removeprefix(written)):
                if rest != plain and read_number(rest, words) is not None:
                    return rest.strip(), mark
    return None


def can_be_mark(text: str) -> bool:
    """Whether a declared symbol can stand beside a number: -, % and . may be part of it."""
    if re.fullmatch(r"\s*\^[0-9a-z]{1,2}\s*", text):
        return True  # a raised digit is no digit of the number
    return re.search(r"[^\W\d_]|[①-⑳*＊†‡]", text) is not None and not re.search("[0-9]", text)


_RANK = re.compile(r"第 *(?:([0-9]{1,4})|([一二三四五六七八九]?十?[一二三四五六七八九]?)) *[位名]?")
_TENS = {char: n for n, char in enumerate("一二三四五六七八九", 1)}


def _rank(text: str) -> Reading | None:
    """第3, 第3位, 第十二名."""
    match = _RANK.fullmatch(text)
    if match is None or not (match[1] or match[2]):
        return None
    if match[1]:
        number = int(match[1])
    else:
        before, ten, after = match[2].rpartition("十") if "十" in match[2] else ("", "", match[2])
        if not ten and len(after) > 1:
            return None
        number = (_TENS.get(before, 1) * 10 if ten else 0) + _TENS.get(after, 0)
    return Reading(str(number), 0, is_rank=True) if number else None


def _decimal(digits: str) -> Reading:
    number = re.sub("[, +]", "", digits)
    return Reading(number, len(number.partition(".")[2]))


def _beside(text: str, words: Words) -> Reading | None:
    """A number with at most one bound and one unit: 约17800, 50余家, 1000亿元以上, 12.3%."""
    brackets = _BRACKETS.fullmatch(text)
    if brackets is not None:
        if not words.negative_in_brackets:
            return None
        reading = _decimal(f"-{brackets[1]}")
        return replace(reading, unit=words.units.get(brackets[2]))
    qualifier = None
    opening = _OPENING.match(text)
    if opening is not None:
        word = re.sub(" +", " ", opening[1].lower())
        qualifier, text = _BEFORE[word], text[opening.end() :]
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    rest = same(match[2])
    for word, code in _BEHIND.items():
        for bare in {rest.removeprefix(word), rest.removesuffix(word)} - {rest}:
            if bare and bare not in words.units:
                continue
            if qualifier is not None:
                return None  # 约1000以上 is two bounds
            qualifier, rest = code, bare
            break
    if rest and rest not in words.units:
        return None
    return replace(_decimal(match[1]), unit=words.units.get(rest), qualifier=qualifier)


def _scientific(text: str) -> Reading | None:
    match = _SCIENTIFIC.fullmatch(text)
    if match is None:
        return None
    exponent = int(match[3])
    number = format(Decimal(match[1]).scaleb(exponent, _EXACT), "f")
    return Reading(number, len(match[2] or "") - exponent)


def _growth(text: str, words: Words) -> Reading | None:
    """增长5.6%, 下降5.8%, 增长1.2倍, 翻一番, 持平, 提高13.4个百分点."""
    if _FLAT.fullmatch(text):
        return Reading("0", 0, is_growth=True)
    if text in _DOUBLED:
        return Reading(_DOUBLED[text], -2, unit=PERCENT, is_growth=True)
    match = _GROWTH.fullmatch(text)
    if match is None or bool(match["up"]) == bool(match["down"]):
        return None
    found = _beside(match["rest"], words)
    # 下降-5.8% may be either; nothing falls by a whole multiple of itself (下降1倍); and 下降超过5%
    # is below -5: the bound would turn round with the sign.
    units = _GROWTH_UNITS if match["down"] else (*_GROWTH_UNITS, "倍")
    if (
        found is None
        or re.search("[-+(]", match["rest"])
        or found.unit not in units
        or (match["down"] and found.qualifier in DIRECTED)
    ):
        return None
    if found.unit == "倍":
        number = format(Decimal(found.number).scaleb(2, _EXACT), "f")
        found = replace(found, number=number, places=found.places - 2, unit=PERCENT)
    sign = "-" if match["down"] else ""
    return replace(found, number=f"{sign}{found.number}", is_growth=True)


def _arrow(text: str, words: Words) -> Reading | None:
    """▲5.2, ▼5.2%, 5.2↑, 5.2%↓."""
    if len(text) < 2 or (text[0] in _ARROWS) == (text[-1] in _ARROWS):
        return None
    sign, rest = (text[0], text[1:]) if text[0] in _ARROWS else (text[-1], text[:-1])
    match = re.fullmatch(rf" *({_UNSIGNED}) *(.*?) *", rest)
    if match is None:
        return None
    unit = words.units.get(same(match[2])) if match[2] else None
    if match[2] and unit not in (PERCENT, PERMILLE, POINTS):
        return None
    return replace(_decimal(_ARROWS[sign] + match[1]), unit=unit, is_growth=True)


def folded(column: str) -> pl.Expr:
    """Full-width digits, signs and blanks as their ASCII forms, and nothing else."""
    import polars as pl

    blanks = [" "] * len(BLANKS)
    nothing = [""] * len(UNSEEN)
    return pl.col(column).str.replace_many(
        [*FULL_WIDTH, *BLANKS, *UNSEEN], [*HALF_WIDTH, *blanks, *nothing]
    )


def read_values(frame: pl.DataFrame, symbols: Mapping[str, str], words: Words) -> pl.DataFrame:
    """Understand the column ``value``.

    Adds ``symbol_status`` (what a declared symbol stands for, and then nothing else), ``plain``
    (the decimal as text), ``places``, ``value_unit``, ``value_qualifier``, ``is_growth`` and
    ``is_rank`` as in ``Reading``, and of the decimal ``decimals``, ``whole_digits`` and
    ``idle_zeros``. Plain numbers are read as a column; only texts that are none are looked at one
    by one, each once.

    Args:
        frame: Figures; a null value is a blank one.
        symbols: Status by the symbol that the declaration names; ``""`` is a blank cell.
        words: What may stand beside the digits.
    """
    import polars as pl

    exact = {same(text): status for text, status in symbols.items()}
    by_sign = {re.sub(f"[{MINUS}]", "-", text): status for text, status in exact.items()}
    frame = frame.with_columns(pl.col("value").fill_null("")).with_columns(
        _bare=folded("value").str.strip_chars()
    )
    dashed = pl.col("_bare").str.replace_all(f"[{MINUS}]", "-")
    if words.decimal_comma:
        dashed = dashed.str.replace_many([",", "."], [".", ","])
    frame = frame.with_columns(_text=dashed)
    status = pl.coalesce(
        pl.col(column)
        .str.replace_all(r"\s+", "")
        .replace_strict(known, default=None, return_dtype=pl.String)
        for column, known in (("_bare", exact), ("_text", by_sign))
    )
    frame = frame.with_columns(
        symbol_status=status,
        _digits=pl.col("_text")
        .str.extract(rf"^({_NUMBER}) *[%‰]?$", 1)
        .str.replace_all("[, +]", ""),
        _mark=pl.col("_text").str.extract(r"([%‰])$", 1),
    ).with_columns(_digits=pl.when(pl.col("symbol_status").is_null()).then("_digits"))
    units = {mark: words.units[mark] for mark in (PERCENT, PERMILLE) if mark in words.units}
    readings = _read_rest(frame, words)
    frame = frame.join(readings, on="value", how="left", maintain_order="left").with_columns(
        plain=pl.coalesce("_digits", "_number"),
        value_unit=pl.when(pl.col("_digits").is_not_null())
        .then(pl.col("_mark").replace_strict(units, default=None, return_dtype=pl.String))
        .otherwise("_unit"),
        is_growth=pl.col("is_growth").fill_null(value=False),
        is_rank=pl.col("is_rank").fill_null(value=False),
    )
    decimals = pl.col("plain").str.extract(r"\.([0-9]+)$", 1).str.len_chars().fill_null(0)
    whole = pl.col("plain").str.extract("^-?([0-9]+)", 1).str.strip_chars_start("0")
    idle = pl.col("plain").str.extract(r"\.[0-9]*?(0+)$", 1).str.len_chars().fill_null(0)
    return (
        frame.with_columns(
            decimals=decimals.cast(pl.Int32),
            whole_digits=whole.str.len_chars().fill_null(0).cast(pl.Int32),
            idle_zeros=idle.cast(pl.Int32),
        )
        .with_columns(places=pl.coalesce("_places", "decimals"))
        .drop("_bare", "_text", "_digits", "_mark", "_number", "_unit", "_places")
    )


def _read_rest(frame: pl.DataFrame, words: Words) -> pl.DataFrame:
    """The distinct texts that are neither plain numbers nor symbols."""
    import polars as pl

    open_texts = frame.filter(pl.col("_digits").is_null() & pl.col("symbol_status").is_null())
    rows = []
    for text in open_texts["value"].unique().to_list():
        reading = read_number(text, words)
        if reading is not None:
            rows.append(
                (
                    text,
                    reading.number,
                    reading.places,
                    reading.unit,
                    reading.qualifier,
                    reading.is_growth,
                    reading.is_rank,
                )
            )
    schema = {
        "value": pl.String,
        "_number": pl.String,
        "_places": pl.Int32,
        "_unit": pl.String,
        "value_qualifier": pl.String,
        "is_growth": pl.Boolean,
        "is_rank": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")
