"""The table of bounds: what each code means, against exact intervals with open and closed ends.

Belongs here: ``orchestration/bounds.py`` in Python and in SQL, and that what is printed reads back.
Does not belong here: intervals with rounding (test_judge_macros), models (dbt unit tests).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.bounds import (
    BOUNDS,
    TABLE,
    bound_of,
    current_code,
    load,
    macros,
    of_sum,
    opposite,
    said,
    sign,
    with_ends,
)
from orchestration.bounds import End as KnownEnd
from orchestration.collect.numbers import Words, read_number
from orchestration.errors import DeclarationError
from orchestration.publish.site.pages import _bounds_for_scripts

pytestmark = pytest.mark.core

CODES = [
    "exact",
    "above",
    "at_least",
    "above_slightly",
    "below",
    "at_most",
    "just_below",
    "approx",
    "indeterminate",
]
DIRECTED = ["above", "at_least", "above_slightly", "below", "at_most", "just_below"]
WORDS = Words.of({"亿元": "亿元", "家": "家", "%": "%"})


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(macros())
        yield connection


def ask(con: duckdb.DuckDBPyConnection, expression: str, *arguments: object) -> object:
    row = con.execute(f"select {expression}", list(arguments)).fetchone()
    assert row is not None
    return row[0]


# --- exact intervals: the other way to know the answer ---------------------------------------


@dataclass(frozen=True)
class Interval:
    """All values that a figure may have; an end that is not known is infinite."""

    low: Fraction | float
    low_open: bool
    high: Fraction | float
    high_open: bool

    def __contains__(self, value: Fraction) -> bool:
        over = value > self.low or (value == self.low and not self.low_open)
        return over and (value < self.high or (value == self.high and not self.high_open))


def interval(value: Fraction, code: str) -> Interval:
    """Written out, not taken from the table. "About" and "a little" are ends nobody knows."""
    below_all, above_all = -math.inf, math.inf
    return {
        "exact": Interval(value, False, value, False),
        "above": Interval(value, True, above_all, True),
        "at_least": Interval(value, False, above_all, True),
        "above_slightly": Interval(value, True, above_all, True),
        "below": Interval(below_all, True, value, True),
        "at_most": Interval(below_all, True, value, False),
        "just_below": Interval(below_all, True, value, True),
        "approx": Interval(below_all, True, above_all, True),
        "indeterminate": Interval(below_all, True, above_all, True),
    }[code]


POSITIVE = st.decimals(min_value="0.01", max_value="99999", places=2).map(Fraction)
FIGURES = st.tuples(POSITIVE, st.sampled_from(CODES))

End = tuple[Fraction | float, bool]


def ends(value: Fraction, code: str) -> tuple[End, End]:
    """The ends of a figure that is positive, each with whether it is open."""
    known = interval(value, code)
    low: End = (Fraction(0), True) if math.isinf(known.low) else (known.low, known.low_open)
    return low, (known.high, known.high_open)


def computed(operation: str, a: tuple[End, End], b: tuple[End, End]) -> tuple[End, End]:
    """Interval arithmetic: an end of the result is open where one of its ends is."""
    (a_low, a_high), (b_low, b_high) = a, b
    if operation in ("of_difference", "of_ratio"):
        b_low, b_high = b_high, b_low
    return tuple(  # type: ignore[return-value]  # a tuple of two ends
        (_apply(operation, x[0], y[0]), x[1] or y[1]) for x, y in ((a_low, b_low), (a_high, b_high))
    )


def _apply(operation: str, x: Fraction | float, y: Fraction | float) -> Fraction | float:
    if operation == "of_sum":
        return x + y
    if operation == "of_difference":
        return x - y
    if operation == "of_product":
        return x * y
    return math.inf if y == 0 else x / y


@pytest.fixture(scope="module")
def algebra(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], str]:
    """What SQL says of every pair of codes."""
    rows = con.execute(
        "select a, b, bounds.of_sum(a, b), bounds.of_difference(a, b), bounds.of_product(a, b), "
        "bounds.of_ratio(a, b) from (select unnest($codes) as a), (select unnest($codes) as b)",
        {"codes": CODES},
    ).fetchall()
    names = ("of_sum", "of_difference", "of_product", "of_ratio")
    return {(name, a, b): code for a, b, *codes in rows
            for name, code in zip(names, codes, strict=True)}  # fmt: skip


@settings(deadline=None)
@given(FIGURES, FIGURES, st.sampled_from(["of_sum", "of_difference", "of_product", "of_ratio"]))
def test_what_is_computed_from_bounds_promises_what_holds_and_no_less(
    algebra: dict[tuple[str, str, str], str],
    a: tuple[Fraction, str],
    b: tuple[Fraction, str],
    operation: str,
) -> None:
    bound = BOUNDS[algebra[operation, a[1], b[1]]]
    number = _apply(operation, a[0], b[0])  # what is printed, with the bound beside it
    low, high = computed(operation, ends(*a), ends(*b))
    assert bound.has_low == (low[0] == number)
    assert bound.has_high == (high[0] == number)
    assert bound.is_open == any(end == (number, True) for end in (low, high))


@pytest.mark.parametrize(
    ("a", "b", "numerator", "code"),
    [
        ("exact", "above", 0, "exact"),  # 0 beds for more than 50 people is 0, not less than 0
        ("at_least", "above", 0, "at_least"),
        ("exact", "above", 1, "below"),
        ("exact", "above", None, "below"),
    ],
)
def test_nothing_divided_by_a_bound_is_nothing(
    con: duckdb.DuckDBPyConnection, a: str, b: str, numerator: int | None, code: str
) -> None:
    assert ask(con, "bounds.of_quotient(?, ?, ?)", a, b, numerator) == code


@pytest.mark.parametrize(
    ("a", "b", "total"),
    [
        ("above_slightly", "exact", "above_slightly"),
        ("above_slightly", "above_slightly", "above_slightly"),
        ("above_slightly", "at_least", "above"),
        ("above_slightly", "just_below", "approx"),
        ("just_below", "exact", "just_below"),
        ("just_below", "at_most", "below"),
        ("approx", "exact", "approx"),
        ("approx", "above", "indeterminate"),
        ("approx", "just_below", "approx"),
    ],
)
def test_what_is_near_stays_near_until_an_end_is_lost(
    algebra: dict[tuple[str, str, str], str], a: str, b: str, total: str
) -> None:
    assert algebra["of_sum", a, b] == algebra["of_sum", b, a] == total


@settings(deadline=None)
@given(st.lists(st.sampled_from(CODES), min_size=1, max_size=6))
def test_a_total_is_the_sum_of_its_rows_in_any_order(
    con: duckdb.DuckDBPyConnection, codes: list[str]
) -> None:
    total = "(select bounds.of_total(code) from (select unnest(?) as code))"
    assert ask(con, total, codes) == of_sum(*codes) == of_sum(*reversed(codes))
    assert ask(con, total, [*codes, None]) is None


@settings(deadline=None)
@given(
    POSITIVE,
    st.sampled_from(CODES),
    st.one_of(POSITIVE, st.none()),
    st.sampled_from(CODES),
    st.sampled_from(["higher_is_better", "lower_is_better", "not_stated"]),
)
def test_a_target_is_met_where_every_possible_figure_meets_it(
    con: duckdb.DuckDBPyConnection,
    value: Fraction,
    code: str,
    other: Fraction | None,
    level_code: str,
    direction: str,
) -> None:
    level = value if other is None else other  # equal ones are what open and closed differ on
    wanted: Interval | None = interval(level, level_code)
    if level_code == "exact":
        wanted = {
            "higher_is_better": interval(level, "at_least"),
            "lower_is_better": interval(level, "at_most"),
        }.get(direction)
    elif level_code in ("approx", "indeterminate"):
        wanted = None
    found = ask(
        con,
        "bounds.meets(cast(? as decimal(18, 2)), ?, cast(? as decimal(18, 2)), ?, ?)",
        *(decimal(value), code, decimal(level), level_code, direction),
    )
    figure = interval(value, code)
    steps = (Fraction(0), Fraction(1, 1000), Fraction(-1, 1000))
    possible = [x + step for x in (level, value) for step in steps if x + step in figure]
    possible += [Fraction(10**9)] if math.isinf(figure.high) else []
    possible += [Fraction(-(10**9))] if math.isinf(figure.low) else []
    if wanted is None:
        assert found is None
    elif all(x in wanted for x in possible):
        assert found is True
    elif not any(x in wanted for x in possible):
        assert found is False
    else:
        assert found is None


def decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


@pytest.mark.parametrize(
    ("value", "code", "level", "asked", "is_met"),
    [
        ("90", "exact", "90", "at_least", True),
        ("90", "exact", "90", "above", False),
        ("90", "at_least", "90", "above", None),
        ("90", "above", "90", "above", True),
        ("10", "exact", "10", "at_most", True),
        ("10", "exact", "10", "below", False),
        ("10", "at_most", "10", "below", None),
        ("10", "below", "10", "below", True),
        ("10", "just_below", "10", "at_least", False),
        ("50", "exact", "50", "above_slightly", False),
        ("51", "above_slightly", "50", "at_least", True),
        ("100", "approx", "10", "at_least", None),
        ("100", "exact", "100", "approx", None),
    ],
)
def test_a_figure_beside_a_target(
    con: duckdb.DuckDBPyConnection,
    value: str,
    code: str,
    level: str,
    asked: str,
    is_met: bool | None,
) -> None:
    found = ask(con, f"bounds.meets({value}, '{code}', {level}, '{asked}', 'not_stated')")
    assert found is is_met


@pytest.mark.parametrize(
    ("code", "rounding"),
    [
        ("exact", 0),
        ("above", -1),
        ("at_least", -1),
        ("above_slightly", -1),
        ("below", 1),
        ("at_most", 1),
        ("just_below", 1),
        ("approx", 0),
        ("indeterminate", None),
        ("no such word", None),
    ],
)
def test_a_computed_bound_is_rounded_away_from_its_side(
    con: duckdb.DuckDBPyConnection, code: str, rounding: int | None
) -> None:
    assert ask(con, "bounds.rounding(?)", code) == rounding


@pytest.mark.parametrize("code", CODES)
def test_python_and_sql_say_the_same(con: duckdb.DuckDBPyConnection, code: str) -> None:
    bound = BOUNDS[code]
    assert ask(con, "bounds.opposite(?)", code) == opposite(code)
    for name in ("has_low", "has_high", "is_lower", "is_upper", "is_open", "rounding"):
        assert ask(con, f"bounds.{name}(?)", code) == getattr(bound, name)
    for side, language in enumerate(("zh", "en")):
        assert ask(con, f"bounds.sign_{language}(?)", code) == bound.sign[side]
        assert ask(con, f"bounds.before_{language}(?)", code) == bound.before[side]
        rank = bound.rank[side].replace("{}", "12")
        assert ask(con, f"bounds.rank_{language}(12, ?)", code) == rank
    assert ask(con, "bounds.after_zh(?)", code) == bound.after_zh
    for other in CODES:
        assert ask(con, "bounds.of_sum(?, ?)", code, other) == of_sum(code, other)


def test_what_is_no_code_says_nothing(con: duckdb.DuckDBPyConnection) -> None:
    assert ask(con, "bounds.of_sum('exact', null)") is None
    assert ask(con, "bounds.of_sum('no such word', 'exact')") is None
    assert ask(con, "bounds.reaches(1, null, 1)") is None
    assert (bound_of(None), bound_of("no such word")) == (None, None)


# --- laws of the table --------------------------------------------------------------------------


def test_the_codes_and_their_opposites() -> None:
    assert list(BOUNDS) == CODES
    assert {code: opposite(code) for code in CODES} == {
        "exact": "exact",
        "above": "below",
        "at_least": "at_most",
        "above_slightly": "just_below",
        "below": "above",
        "at_most": "at_least",
        "just_below": "above_slightly",
        "approx": "approx",
        "indeterminate": "indeterminate",
    }
    assert all(opposite(opposite(code)) == code for code in CODES)


def test_around_its_number_on_both_sides_is_one_code_alone() -> None:
    assert [code for code in CODES if BOUNDS[code].is_about] == ["approx"]


def test_the_usual_word_of_a_code_comes_first() -> None:
    assert BOUNDS["above_slightly"].words[:2] == ("余", "a little more than")
    assert BOUNDS["just_below"].words[:2] == ("近", "nearly")
    assert BOUNDS["above"].words == (
        *("超", "more than", ">", "超过", "突破", "破", "逾", "多"),
        "exceeded",
    )
    assert BOUNDS["at_least"].words == (
        *("不低于", "at least", "≥", "不少于", "至少", ">=", "以上", "及以上"),
    )
    assert BOUNDS["indeterminate"].words == ()


def test_ends_that_no_code_has_are_said_by_the_strongest_that_says_no_more() -> None:
    known: tuple[KnownEnd, ...] = ("closed", "open", "near", "none")
    assert [[with_ends(low, high).code for high in known] for low in known] == [
        ["exact", "indeterminate", "at_least", "at_least"],
        ["indeterminate", "indeterminate", "above_slightly", "above"],
        ["at_most", "just_below", "approx", "indeterminate"],
        ["at_most", "below", "indeterminate", "indeterminate"],
    ]


def test_a_code_that_nobody_knows_is_said_as_it_is() -> None:
    assert said("5", "nope", "家") == "nope 5家"
    assert said("5", None, "家") == "5家"
    assert (sign("nope"), sign(None), sign("exact")) == ("nope", "", "")


def test_a_code_of_any_version_becomes_that_of_today(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(
        f"select {current_code('q')} from (values ('exceeded'), ('under'), ('near')) as t(q)"
    ).fetchall()
    assert rows == [("above",), ("at_most",), ("near",)]


def test_the_codes_of_the_first_version_are_still_known() -> None:
    assert [bound.code for bound in map(bound_of, ("exceeded", "under")) if bound] == [
        "above",
        "at_most",
    ]


@pytest.mark.parametrize(
    ("was", "now", "what", "line"),
    [
        ("above,exceeded", "exact,exceeded", "stands twice", 3),
        (",open,none,超", ",opened,none,超", "no end", 3),
        ("8,near,near", "8,near,open", "ends are those of 'just_below'", 9),
        ("超,>,超", "超,≥,超", "sign '≥' does not fit an end that is open", 3),
        ("≥,≥,不低于", "⩾,⩾,不低于", "sign '⩾' does not fit an end that is closed", 4),
        ("接近,", "接近|左右,", "'左右' means 'just_below' too", 9),
        ("第{}以后,", "第以后,", "rank without a place", 3),
        ("approx,,约,approximately,8,near,near", "approx,,约,approximately,8,near,none",
         "no opposite", 9),
        ("exact,,准确值", "precise,,准确值",
         "'exact' has to be there, with the ends closed and closed", 1),
        ("indeterminate,,", "unknown,,",
         "'indeterminate' has to be there, with the ends none and none", 1),
    ],
)  # fmt: skip
def test_a_table_that_breaks_a_law_is_refused(
    tmp_path: Path, was: str, now: str, what: str, line: int
) -> None:
    text = TABLE.read_text(encoding="utf-8")
    assert text.count(was) == 1
    file = tmp_path / "bounds.csv"
    file.write_text(text.replace(was, now), encoding="utf-8")
    with pytest.raises(DeclarationError, match=what) as caught:
        load(file)
    assert caught.value.place == f"line {line}"


# --- what is printed reads back ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "zh", "en", "in_table"),
    [
        ("exact", "50家", "50 家", "50"),
        ("above", "超50家", "more than 50 家", "超50"),
        ("at_least", "不低于50家", "at least 50 家", "≥50"),
        ("above_slightly", "50余家", "a little more than 50 家", "略超50"),
        ("below", "低于50家", "less than 50 家", "<50"),
        ("at_most", "不超过50家", "at most 50 家", "≤50"),
        ("just_below", "近50家", "nearly 50 家", "近50"),
        ("approx", "约50家", "about 50 家", "约50"),
    ],
)
def test_what_is_printed_reads_back_to_its_code(code: str, zh: str, en: str, in_table: str) -> None:
    assert said("50", code, "家") == zh
    assert said("50", code, "家", side=1) == en
    assert f"{sign(code)}50" == in_table
    for text in (zh, en, in_table, f"{sign(code, 1)}50"):
        reading = read_number(text, WORDS)
        assert reading is not None
        assert (reading.number, reading.qualifier or "exact") == ("50", code)


@pytest.mark.parametrize("code", [*DIRECTED, "approx"])
def test_every_word_of_the_table_is_read(code: str) -> None:
    bound = BOUNDS[code]
    texts = [f"{word}50" for word in bound.words_before] + [f"50{w}" for w in bound.words_after]
    readings = [read_number(text, WORDS) for text in texts]
    assert [reading and reading.qualifier for reading in readings] == [code] * len(texts)


def test_pages_get_signs_and_sides_from_the_table() -> None:
    told = json.loads(_bounds_for_scripts())
    assert told["above"] == [["超", ">"], 1]
    assert told["at_most"] == [["≤", "≤"], -1]
    assert told["approx"] == [["约", "≈"], 0]
    assert list(told) == CODES
