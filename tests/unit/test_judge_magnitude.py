"""value.magnitude-shift: refused where most figures moved by a power of ten, and never otherwise.

Belongs here: its evidence and its near misses on small tables. Does not belong here: whole
deliveries (``tests/rejects``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from orchestration.judge.gates import prepare
from tests.unit.judged import CATALOGUE, EXPECTATIONS, SCHEMA, UNITS, candidate, insert

pytestmark = pytest.mark.core

RULE = CATALOGUE.get("value.magnitude-shift")
TO_DATE: dict[str, Any] = {"period_kind": "cumulative_range", "basis": "cumulative"}
PERCENT: dict[str, Any] = {"unit": "%", "unit_printed": "%"}
GROWTH: dict[str, Any] = {"measure": "yoy_growth_pct", "basis": "yoy", **PERCENT}
SHARE: dict[str, Any] = {"measure": "share_pct", "basis": "share", **PERCENT}

Values = Mapping[str, float | str]


class World:
    """Deliveries of one data set, one after another."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.seq = 0
        self.order = 0

    def deliver(self, values: Values, year: int = 0, **about: Any) -> None:
        """The next delivery: a figure of each indicator, about the year after the last one."""
        self.seq += 1
        insert(
            self.con,
            "landing.delivery",
            delivery_id=f"plan-{self.seq}",
            data_set_id="plan",
            delivery_seq=self.seq,
            cells_quarantined=about.pop("quarantined", 0),
            verdict=about.pop("verdict", None),
        )
        self.more(values, year or 2000 + self.seq, **about)

    def more(self, values: Values, year: int, **about: Any) -> None:
        """More figures of that delivery."""
        for code, value in values.items():
            self.order += 1
            candidate(
                self.con,
                **{
                    "delivery_id": f"plan-{self.seq}",
                    "indicator_code": code,
                    "value": value,
                    "period": str(year),
                    "period_start": date(year, 1, 1),
                    "period_end": date(year, 12, 31),
                    "unit_printed": "亿元",
                    "place_order": self.order,
                    "delivery_place": f"R{self.order}",
                    **about,
                },
            )

    def found(self) -> list[tuple[str, str, str]]:
        """Delivery, arithmetic, message."""
        sql = RULE.statement("sql")
        rows = self.con.execute(
            f"select delivery_id, arithmetic, message_en from ({sql}) order by delivery_id"
        ).fetchall()
        return [(str(a), str(b), str(c)) for a, b, c in rows]

    def refused(self) -> list[str]:
        return [row[0] for row in self.found()]


@pytest.fixture
def world() -> Iterator[World]:
    with duckdb.connect() as con:
        con.execute(SCHEMA)
        for line in UNITS.split(","):
            unit, dimension, factor = line.split()
            insert(con, "landing.unit", unit=unit, dimension=dimension, factor=factor)
        insert(con, "landing.data_set", data_set_id="plan", max_quarantined=1)
        prepare(con, CATALOGUE, EXPECTATIONS, "delivery")
        yield World(con)


GOOD = {"a": "100", "b": "20", "c": "3"}


def times(factor: float, values: Values = GOOD) -> Values:
    return {code: str(Decimal(str(factor)) * Decimal(value)) for code, value in values.items()}


@pytest.mark.parametrize(
    ("factor", "power", "looks"),
    [
        (10_000, 4, "万元 instead of 亿元"),
        (11_000, 4, "万元 instead of 亿元"),
        (0.0001, -4, "another unit"),
        (100_000_000, 8, "元 instead of 亿元"),
        (1000, 3, "another unit"),
        (100, 2, "another unit"),
        (11, 1, "another unit"),
    ],
)
def test_all_figures_moved(world: World, factor: float, power: int, looks: str) -> None:
    world.deliver(GOOD)
    world.deliver(times(factor))
    ((delivery, arithmetic, message),) = world.found()
    assert delivery == "plan-2"
    assert arithmetic.endswith(f"3 of 3 by 10^{power}")
    assert message == (
        f"3 of 3 comparable figures are about 10^{power} times those before: looks like {looks}"
    )


def test_a_smaller_unit_is_named_too(world: World) -> None:
    world.deliver(times(10_000), unit="万元", unit_printed="万元")
    world.deliver(GOOD, unit="万元", unit_printed="万元")
    assert world.found() == [
        (
            "plan-2",
            "1000000 -> 100 万元, 3 of 3 by 10^-4",
            "3 of 3 comparable figures are about 10^-4 times those before: "
            "looks like 亿元 instead of 万元",
        )
    ]


def test_ten_times_a_number_of_one_digit_says_nothing(world: World) -> None:
    few = {"a": "0.3", "b": "0.5", "c": "0.9"}
    world.deliver(few)
    world.deliver(times(10, few))
    assert world.refused() == []


@pytest.mark.parametrize("factor", [1, 2, 6, 15, 60, 300, 4000, 30_000, 0.3])
def test_what_is_no_power_of_ten_is_a_change(world: World, factor: float) -> None:
    world.deliver(GOOD)
    world.deliver(times(factor))
    assert world.refused() == []


def test_an_honest_jump_of_one_figure_or_two(world: World) -> None:
    world.deliver(GOOD)
    world.deliver({**GOOD, "a": "100000", "b": "20000"})
    assert world.refused() == []


def test_two_figures_are_too_few(world: World) -> None:
    world.deliver({"a": "100", "b": "20"})
    world.deliver({"a": "1000000", "b": "200000"})
    assert world.refused() == []


@pytest.mark.parametrize(("unchanged", "refused"), [(1, ["plan-2"]), (2, [])])
def test_four_of_five_are_enough(world: World, unchanged: int, refused: list[str]) -> None:
    values = {code: "50" for code in "abcde"}
    world.deliver(values)
    world.deliver({c: "50" if n < unchanged else "500000" for n, c in enumerate("abcde")})
    assert world.refused() == refused


def test_figures_of_another_kind_of_unit_do_not_speak_for_it(world: World) -> None:
    people = {f"p{n}": "7" for n in range(9)}
    world.deliver(GOOD)
    world.more(people, 2001, unit="万人", unit_printed="万人")
    world.deliver(times(10_000))
    world.more(people, 2002, unit="万人", unit_printed="万人")
    assert world.refused() == ["plan-2"]


def test_different_powers_are_no_shift(world: World) -> None:
    world.deliver(GOOD)
    world.deliver({"a": "100000", "b": "200000", "c": "300000000"})
    assert world.refused() == []


def test_one_figure_is_enough_where_the_unit_changed_by_that_power(world: World) -> None:
    world.deliver({"a": "0.0123"}, unit_printed="万元")
    world.deliver({"a": "124"}, unit_printed="亿元")
    assert [row[:1] for row in world.found()] == [("plan-2",)]


def test_a_unit_that_changed_with_its_figures(world: World) -> None:
    world.deliver(GOOD, unit_printed="万元")
    world.deliver(times(1.1), unit_printed="亿元")
    assert world.refused() == []


def test_a_jump_in_another_direction_than_the_unit(world: World) -> None:
    world.deliver({"a": "124"}, unit_printed="万元")
    world.deliver({"a": "0.0123"}, unit_printed="亿元")
    assert world.refused() == []


def test_the_mended_delivery_gets_in_and_the_mistake_repeated_does_not(world: World) -> None:
    world.deliver(GOOD)
    world.deliver(times(10_000))
    world.deliver(times(10_500))
    world.deliver(times(1.1))
    world.deliver(times(1.2))
    assert world.refused() == ["plan-2", "plan-3"]


def test_the_mended_delivery_of_one_figure(world: World) -> None:
    world.deliver({"a": "0.0123"}, unit_printed="万元")
    world.deliver({"a": "124"}, unit_printed="亿元")
    world.deliver({"a": "124"}, unit_printed="亿元")
    world.deliver({"a": "0.0124"}, unit_printed="万元")
    assert world.refused() == ["plan-2", "plan-3"]


def test_a_revision_is_compared_with_the_same_period(world: World) -> None:
    world.deliver(GOOD, 2020)
    world.more(times(1.1), 2021)
    world.deliver(times(10_000), 2020)
    assert world.refused() == ["plan-2"]


def test_a_series_of_one_indicator_revised(world: World) -> None:
    world.deliver({})
    for year in (2018, 2019, 2020):
        world.more({"a": str(100 + year)}, year)
    world.deliver({})
    for year in (2018, 2019, 2020):
        world.more({"a": str(10_000 * (100 + year))}, year)
    assert world.refused() == ["plan-2"]


def test_figures_of_long_ago_are_not_compared(world: World) -> None:
    world.deliver(GOOD, 1980)
    world.deliver(times(1000), 2020)
    assert world.refused() == []


def test_sums_over_months_are_compared_per_month(world: World) -> None:
    world.deliver(times(12), period_end=date(2001, 12, 31), **TO_DATE)
    january: dict[str, Any] = {
        "period_start": date(2002, 1, 1),
        "period_end": date(2002, 1, 31),
        **TO_DATE,
    }
    world.deliver(GOOD, **january)
    assert world.refused() == []
    world.deliver(times(1000), **january)
    assert world.refused() == ["plan-3"]


def test_other_regions_and_kinds_are_other_figures(world: World) -> None:
    world.deliver(GOOD)
    world.deliver(times(10_000), region_code="R2")
    world.deliver(times(10_000), scope="above_scale")
    world.deliver(times(10_000), period_kind="point")
    assert world.refused() == []


def test_nothing_is_compared_with_zero_or_with_a_loss(world: World) -> None:
    world.deliver({"a": "0", "b": "-2", "c": "3", "d": "-5"})
    world.deliver({"a": "10000", "b": "20000", "c": "30000", "d": "50000"})
    assert world.refused() == []


def test_what_stays_out_for_another_reason_is_no_measure(world: World) -> None:
    world.deliver(times(10_000), quarantined=2)
    world.deliver(times(10_000), verdict="refused")
    world.deliver(GOOD)
    world.deliver(times(1.1))
    assert world.refused() == []


# --- per cents -------------------------------------------------------------------------------

RATES = {"a": "6.5", "b": "-3.2", "c": "12.5"}
FRACTIONS = {"a": "0.061", "b": "-0.029", "c": "0.131"}
FINE: dict[str, Any] = {"resolution": "0.001"}


def test_growth_as_fractions(world: World) -> None:
    world.deliver(RATES, **GROWTH)
    world.deliver(FRACTIONS, **GROWTH, **FINE)
    ((delivery, _, message),) = world.found()
    assert delivery == "plan-2"
    assert message == (
        "3 of 3 comparable figures are about 10^-2 times those before: "
        "looks like fractions instead of per cents (0.065 for 6.5)"
    )


def test_growth_as_fractions_and_mended(world: World) -> None:
    world.deliver(RATES, **GROWTH)
    world.deliver(FRACTIONS, **GROWTH, **FINE)
    world.deliver({"a": "6.1", "b": "-2.9", "c": "13.1"}, **GROWTH)
    assert world.refused() == ["plan-2"]


def test_growth_that_came_to_nearly_nothing(world: World) -> None:
    world.deliver(RATES, **GROWTH)
    world.deliver({"a": "0.1", "b": "-0.0", "c": "0.1"}, **GROWTH)
    assert world.refused() == []


def test_growth_near_zero_before_and_after(world: World) -> None:
    world.deliver({"a": "0.9", "b": "0.8", "c": "0.7"}, **GROWTH)
    world.deliver({"a": "0.009", "b": "0.008", "c": "0.007"}, **GROWTH, **FINE)
    assert world.refused() == []


def test_growth_that_changed_its_sign(world: World) -> None:
    world.deliver(RATES, **GROWTH)
    world.deliver({"a": "-0.065", "b": "0.032", "c": "-0.125"}, **GROWTH, **FINE)
    assert world.refused() == []


def test_growth_that_jumped_by_a_thousand(world: World) -> None:
    world.deliver({"a": "1.2", "b": "1.5", "c": "1.1"}, **GROWTH)
    world.deliver({"a": "1200", "b": "1500", "c": "1100"}, **GROWTH)
    assert world.refused() == []


def test_shares_as_fractions(world: World) -> None:
    world.deliver({"a": "25.1", "b": "44", "c": "30.9"}, **SHARE)
    world.deliver({"a": "0.25", "b": "0.44", "c": "0.31"}, **SHARE, resolution="0.01")
    assert world.refused() == ["plan-2"]


def test_amounts_that_grew_a_hundredfold_are_no_shift_of_per_cents(world: World) -> None:
    world.deliver(GOOD)
    world.deliver(times(0.01))
    assert world.refused() == []


def test_amounts_and_per_cents_are_counted_apart(world: World) -> None:
    many = {f"g{n}": "6.5" for n in range(9)}
    world.deliver(GOOD)
    world.more(many, 2001, **GROWTH)
    world.deliver(times(10_000))
    world.more(many, 2002, **GROWTH)
    assert world.refused() == ["plan-2"]


def test_per_cents_of_more_months_are_compared_as_they_are(world: World) -> None:
    half: dict[str, Any] = {
        "period_start": date(2002, 1, 1),
        "period_end": date(2002, 6, 30),
        **TO_DATE,
    }
    world.deliver({"a": "6.5", "b": "3.2", "c": "12.5"}, **{**TO_DATE, **GROWTH})
    world.deliver({"a": "0.021", "b": "0.015", "c": "0.04"}, **{**half, **GROWTH}, **FINE)
    assert world.refused() == ["plan-2"]
