"""The interval logic of the judge, with literal figures for every qualifier.

Belongs here: ``expectations/macros.sql``. Does not belong here: rules (test_judge_rules).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.core

MACROS = Path(__file__).parents[2] / "expectations" / "macros.sql"


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
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
        ("exceeded", "80", None, "80", None),
        ("at_least", "80", None, "80", None),
        ("under", None, "80", None, "80"),
        ("at_most", None, "80", None, "80"),
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
    ("a_low", "is_open", "a_high", "b_low", "b_high", "tolerance", "is_exact", "answer"),
    [
        ("101", "false", "101", "100", "100", "0", "true", True),
        ("101", "false", "101", "100", "100", "1", "true", False),
        ("100", "false", "100", "100", "100", "0", "true", False),
        ("100", "true", "null", "100", "100", "0", "false", True),  # 超100 above 100
        ("100", "false", "null", "100", "100", "0", "false", None),  # 100以上 may be 100
        ("99", "true", "null", "100", "100", "0", "false", None),
        ("null", "false", "90", "100", "100", "0", "false", False),
        ("null", "false", "110", "100", "100", "0", "false", None),
        ("90", "false", "110", "100", "100", "0", "false", None),  # 约
        ("99.95", "false", "100.05", "99.5", "100.5", "0", "true", False),  # rounding
        ("120", "false", "120", "100", "null", "0", "false", None),  # limit is 100以上
        ("90", "false", "90", "100", "null", "0", "false", False),
    ],
)
def test_above(  # noqa: PLR0917 - one argument a column of the table
    con: duckdb.DuckDBPyConnection,
    a_low: str,
    is_open: str,
    a_high: str,
    b_low: str,
    b_high: str,
    tolerance: str,
    is_exact: str,
    answer: bool | None,
) -> None:
    arguments = ", ".join((a_low, is_open, a_high, b_low, b_high, tolerance, is_exact))
    assert ask(con, f"judge.is_above({arguments})") is answer


@pytest.mark.parametrize(
    ("a", "b", "qualifier", "tolerance", "is_exact", "answer"),
    [
        (("49.9", "false", "50.1"), ("50.05", "false", "50.15"), "exact", "0", "true", False),
        (("49.9", "false", "50.1"), ("50.2", "false", "50.3"), "exact", "0", "true", True),
        (("49.9", "false", "50.1"), ("50.2", "false", "50.3"), "exact", "0.1", "true", False),
        (("51", "false", "52"), ("50", "true", "null"), "exceeded", "0", "false", False),
        (("48", "false", "49"), ("50", "true", "null"), "exceeded", "0", "false", True),
        (("49", "false", "51"), ("50", "true", "null"), "exceeded", "0", "false", None),
        (("48", "false", "49"), ("null", "false", "50"), "under", "0", "false", False),
        (("49", "false", "51"), ("null", "false", "50"), "at_most", "0", "false", None),
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


@pytest.mark.parametrize(
    ("value", "qualifier", "text"),
    [
        ("12.30000000", "exact", "12.3"),
        ("800.00000000", "exceeded", ">800"),
        ("800", "at_least", ">=800"),
        ("0.05", "under", "<=0.05"),
        ("100", "at_most", "<=100"),
        ("5000", "approx", "~5000"),
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
