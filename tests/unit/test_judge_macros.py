"""The interval logic of the judge, with literal figures for every qualifier.

Belongs here: ``expectations/macros.sql``. Does not belong here: what a qualifier means
(test_bounds), rules (test_judge_rules).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.bounds import macros
from orchestration.text import counted

pytestmark = pytest.mark.core

MACROS = Path(__file__).parents[2] / "expectations" / "macros.sql"


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(macros())
        connection.execute(MACROS.read_text(encoding="utf-8"))
        yield connection


def ask(con: duckdb.DuckDBPyConnection, expression: str) -> object:
    row = con.execute(f"select {expression}").fetchone()
    assert row is not None
    return row[0]


def decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@pytest.mark.parametrize(
    ("value", "resolution", "unit"),
    [
        ("808.4", "0.1", "0.1"),
        ("800", "1", "100"),
        ("5000", "1", "1000"),
        ("12000", "1000", "1000"),  # 1.2万
        ("1200000", "10000", "100000"),  # 120万
        ("13333.4", "666.67", "6666.7"),  # 20亩
        ("0.5", "0.1", "0.1"),
        ("100.0", "0.1", "100"),
        ("-30", "1", "10"),
        ("0", "1", "1"),
    ],
)
def test_one_unit_of_the_last_significant_digit(
    con: duckdb.DuckDBPyConnection, value: str, resolution: str, unit: str
) -> None:
    found = ask(
        con,
        f"judge.significant_unit(cast({value} as decimal(30, 8)), "
        f"cast({resolution} as decimal(30, 8)))",
    )
    assert found == Decimal(unit)


@pytest.mark.parametrize(
    ("qualifier", "value_low", "value_high", "printed_low", "printed_high"),
    [
        ("exact", "80", "80", "79.5", "80.5"),
        ("above", "80", None, "80", None),
        ("at_least", "80", None, "80", None),
        ("above_slightly", "80", None, "80", None),
        ("below", None, "80", None, "80"),
        ("at_most", None, "80", None, "80"),
        ("just_below", None, "80", None, "80"),
        ("approx", "70", "90", "70", "90"),
        ("no such word", None, None, None, None),
    ],
)
def test_the_interval_of_a_figure(
    con: duckdb.DuckDBPyConnection,
    qualifier: str,
    value_low: str | None,
    value_high: str | None,
    printed_low: str | None,
    printed_high: str | None,
) -> None:
    figure = f"cast(80 as decimal(30, 8)), '{qualifier}', cast(1 as decimal(30, 8))"
    assert ask(con, f"judge.value_low({figure})") == decimal(value_low)
    assert ask(con, f"judge.value_high({figure})") == decimal(value_high)
    assert ask(con, f"judge.printed_low({figure})") == decimal(printed_low)
    assert ask(con, f"judge.printed_high({figure})") == decimal(printed_high)


def test_an_unknown_rounding_leaves_the_printed_interval_open(
    con: duckdb.DuckDBPyConnection,
) -> None:
    figure = "cast(80 as decimal(30, 8)), 'exact', cast(null as decimal(30, 8))"
    assert ask(con, f"judge.printed_low({figure})") is None
    assert ask(con, f"judge.value_low({figure})") == Decimal(80)


@pytest.mark.parametrize(
    (
        "a_low",
        "is_open",
        "a_high",
        "b_low",
        "b_is_open",
        "b_high",
        "tolerance",
        "is_exact",
        "answer",
    ),
    [
        ("101", "false", "101", "100", "false", "100", "0", "true", True),
        ("101", "false", "101", "100", "false", "100", "1", "true", False),
        ("100", "false", "100", "100", "false", "100", "0", "true", False),
        ("100", "true", "null", "100", "false", "100", "0", "false", True),  # 超100 above 100
        ("100", "false", "null", "100", "false", "100", "0", "false", None),  # 100以上 may be 100
        ("100", "false", "100", "null", "true", "100", "0", "false", True),  # 低于100
        ("100", "false", "100", "null", "false", "100", "0", "false", None),  # 不超过100
        ("99", "true", "null", "100", "false", "100", "0", "false", None),
        ("null", "false", "90", "100", "false", "100", "0", "false", False),
        ("null", "false", "110", "100", "false", "100", "0", "false", None),
        ("90", "false", "110", "100", "false", "100", "0", "false", None),  # 约
        ("99.95", "false", "100.05", "99.5", "false", "100.5", "0", "true", False),  # rounding
        ("120", "false", "120", "100", "false", "null", "0", "false", None),  # limit is 100以上
        ("90", "false", "90", "100", "false", "null", "0", "false", False),
    ],
)
def test_above(  # noqa: PLR0917 - one argument a column of the table
    con: duckdb.DuckDBPyConnection,
    a_low: str,
    is_open: str,
    a_high: str,
    b_low: str,
    b_is_open: str,
    b_high: str,
    tolerance: str,
    is_exact: str,
    answer: bool | None,
) -> None:
    arguments = ", ".join((a_low, is_open, a_high, b_low, b_is_open, b_high, tolerance, is_exact))
    assert ask(con, f"judge.is_above({arguments})") is answer


@pytest.mark.parametrize(
    ("a", "b", "qualifier", "tolerance", "is_exact", "answer"),
    [
        (("49.9", "false", "50.1"), ("50.05", "false", "50.15"), "exact", "0", "true", False),
        (("49.9", "false", "50.1"), ("50.2", "false", "50.3"), "exact", "0", "true", True),
        (("49.9", "false", "50.1"), ("50.2", "false", "50.3"), "exact", "0.1", "true", False),
        (("51", "false", "52"), ("50", "true", "null"), "above", "0", "false", False),
        (("48", "false", "49"), ("50", "true", "null"), "above", "0", "false", True),
        (("49", "false", "51"), ("50", "true", "null"), "above", "0", "false", None),
        (("48", "false", "49"), ("null", "false", "50"), "at_most", "0", "false", False),
        (("49", "false", "51"), ("null", "false", "50"), "at_most", "0", "false", None),
        (("50", "false", "50"), ("null", "true", "50"), "below", "0", "false", True),
        (("50", "false", "50"), ("null", "false", "50"), "at_most", "0", "false", False),
        (("49", "false", "51"), ("48", "false", "52"), "approx", "0", "false", False),
        (("40", "true", "null"), ("49", "false", "51"), "exact", "0", "false", None),
        (("60", "true", "null"), ("49", "false", "51"), "exact", "0", "false", True),
        (("51", "true", "null"), ("49", "false", "51"), "exact", "0", "false", True),
        (("51", "false", "null"), ("49", "false", "51"), "exact", "0", "false", None),
    ],
)
def test_different(
    con: duckdb.DuckDBPyConnection,
    a: tuple[str, str, str],
    b: tuple[str, str, str],
    qualifier: str,
    tolerance: str,
    is_exact: str,
    answer: bool | None,
) -> None:
    arguments = ", ".join((*a, *b, f"'{qualifier}'", tolerance, is_exact))
    assert ask(con, f"judge.is_different({arguments})") is answer


FIGURES = st.tuples(
    st.integers(1, 6),
    st.sampled_from(
        ["exact", "above", "at_least", "above_slightly", "below", "at_most", "just_below"]
    ),
)
EVERYWHERE = [Fraction(n, 4) for n in range(29)]
"""0 to 7 in quarters: on, between and beyond all numbers of the figures."""


def possible(value: int, qualifier: str) -> list[Fraction]:
    holds = {
        "exact": Fraction.__eq__,
        "above": Fraction.__gt__,
        "at_least": Fraction.__ge__,
        "above_slightly": Fraction.__gt__,
        "below": Fraction.__lt__,
        "at_most": Fraction.__le__,
        "just_below": Fraction.__lt__,
    }[qualifier]
    return [x for x in EVERYWHERE if holds(x, Fraction(value))]


@settings(deadline=None)
@given(FIGURES, FIGURES)
def test_comparisons_decide_what_exact_intervals_decide(
    con: duckdb.DuckDBPyConnection, a: tuple[int, str], b: tuple[int, str]
) -> None:
    def ends(figure: tuple[int, str]) -> str:
        value, qualifier = figure
        low, high = (
            f"judge.value_{end}(cast({value} as decimal(30, 8)), '{qualifier}', 1)"
            for end in ("low", "high")
        )
        return f"{low}, bounds.is_open('{qualifier}'), {high}"

    is_exact = a[1] == b[1] == "exact"
    ours, theirs = possible(*a), possible(*b)
    is_above = ask(con, f"judge.is_above({ends(a)}, {ends(b)}, 0, {is_exact})")
    assert (is_above is True) == all(x > y for x in ours for y in theirs)
    assert (is_above is False) == all(x <= y for x in ours for y in theirs)
    is_different = ask(con, f"judge.is_different({ends(a)}, {ends(b)}, '{b[1]}', 0, {is_exact})")
    assert (is_different is True) == (not set(ours) & set(theirs))
    assert (is_different is False) == (set(ours) <= set(theirs))


@pytest.mark.parametrize(
    ("value", "qualifier", "text"),
    [
        ("12.30000000", "exact", "12.3"),
        ("800.00000000", "above", ">800"),
        ("800", "at_least", "≥800"),
        ("0.05", "below", "<0.05"),
        ("100", "at_most", "≤100"),
        ("5000", "approx", "≈5000"),
    ],
)
def test_a_figure_is_shown_as_a_person_writes_it(
    con: duckdb.DuckDBPyConnection, value: str, qualifier: str, text: str
) -> None:
    shown = ask(con, f"judge.show_figure(cast({value} as decimal(30, 8)), '{qualifier}')")
    assert shown == text


def test_a_relative_tolerance_is_a_fraction(con: duckdb.DuckDBPyConnection) -> None:
    assert ask(con, "judge.tolerance_of(0.01, 'relative', -200)") == Decimal(2)
    assert ask(con, "judge.tolerance_of(0.01, 'absolute', -200)") == Decimal("0.01")
    assert ask(con, "judge.tolerance_of(null, 'rounding', 200)") == Decimal(0)


@pytest.mark.parametrize(
    ("period", "zh", "en"),
    [
        ("2024", "2024年", "2024"),
        ("2023-06", "2023年6月", "2023-06"),
        ("2023-12-31", "2023年12月31日", "2023-12-31"),
        ("2021-01/2023-06", "2021年1月至2023年6月", "2021-01 to 2023-06"),
        ("2020/2022", "2020年至2022年", "2020 to 2022"),
        ("2026-Q1", "2026年第1季度", "2026-Q1"),
    ],
)
def test_a_period_in_words(con: duckdb.DuckDBPyConnection, period: str, zh: str, en: str) -> None:
    assert ask(con, f"judge.period_zh('{period}')") == zh
    assert ask(con, f"judge.period_en('{period}')") == en


@pytest.mark.parametrize(
    ("value", "qualifier", "unit", "zh", "en"),
    [
        ("873.77", "exact", "亿元", "873.77 亿元", "873.77 亿元"),
        ("17.33", "exact", "%", "17.33%", "17.33%"),
        ("2", "exact", "1", "2", "2"),
        ("1000", "above", "亿元", "超 1000 亿元", "more than 1000 亿元"),
        ("99", "at_least", "%", "不低于 99%", "at least 99%"),
        ("6000", "above_slightly", "场", "6000余 场", "a little more than 6000 场"),
        ("3.5", "below", "%", "低于 3.5%", "less than 3.5%"),
        ("100", "just_below", "家", "近 100 家", "nearly 100 家"),
        ("3", "at_most", "个", "不超过 3 个", "at most 3 个"),
        ("13100", "approx", "亿元", "约 13100 亿元", "about 13100 亿元"),
        ("null", "exact", "亿元", None, None),
    ],
)
def test_a_figure_in_words(
    con: duckdb.DuckDBPyConnection, value: str, qualifier: str, unit: str, zh: str, en: str
) -> None:
    figure = f"cast({value} as decimal(30, 8)), '{qualifier}', '{unit}'"
    assert ask(con, f"judge.said_zh({figure})") == zh
    assert ask(con, f"judge.said_en({figure})") == en


@pytest.mark.parametrize(
    ("low", "high", "zh", "en"),
    [
        ("1.5", "2.0", "1.5 至 2%", "1.5 to 2%"),
        ("1.5", "1.5", "1.5%", "1.5%"),
        ("1.5", "null", "不低于 1.5%", "at least 1.5%"),
        ("null", "2.0", "不超过 2%", "at most 2%"),
    ],
)
def test_an_interval_in_words(
    con: duckdb.DuckDBPyConnection, low: str, high: str, zh: str, en: str
) -> None:
    ends = f"cast({low} as decimal(30, 8)), cast({high} as decimal(30, 8)), '%'"
    assert ask(con, f"judge.between_zh({ends})") == zh
    assert ask(con, f"judge.between_en({ends})") == en


@pytest.mark.parametrize(
    ("value", "digits", "direction", "shown"),
    [
        ("12.8278", 2, -1, "12.82"),
        ("12.8278", 2, 1, "12.83"),
        ("12.8278", 2, 0, "12.83"),
        ("12.82", 2, -1, "12.82"),
        ("12.82", 2, 1, "12.82"),
        ("-1.855", 2, -1, "-1.86"),
        ("186378.7654", 8, 0, "186378.7654"),
    ],
)
def test_a_computed_figure_is_rounded_without_noise(
    con: duckdb.DuckDBPyConnection, value: str, digits: int, direction: int, shown: str
) -> None:
    rounded = f"judge.rounded(cast({value} as decimal(30, 8)), {digits}, {direction})"
    assert ask(con, f"judge.show({rounded})") == shown


@pytest.mark.parametrize(
    ("resolution", "digits"),
    [("1", 2), ("100", 2), ("0.1", 2), ("0.01", 2), ("0.001", 3), ("0.00000001", 8), ("null", 2)],
)
def test_places_to_show(con: duckdb.DuckDBPyConnection, resolution: str, digits: int) -> None:
    assert ask(con, f"judge.digits_of(cast({resolution} as decimal(30, 8)))") == digits


@pytest.mark.parametrize(("number", "said"), [(0, "0 figures"), (1, "1 figure"), (2, "2 figures")])
def test_a_number_agrees_with_its_noun_in_python_and_in_sql(
    con: duckdb.DuckDBPyConnection, number: int, said: str
) -> None:
    assert ask(con, f"judge.counted({number}, 'figure')") == said
    assert counted(number, "figure") == said


def test_a_noun_may_have_a_plural_of_its_own() -> None:
    assert [counted(n, "delivery", "deliveries") for n in (1, 2)] == ["1 delivery", "2 deliveries"]
