"""Figures against the history of their series: what is an outlier, and learnt of what.

Belongs here: near misses and evidence on small tables, the table of thresholds and what overrules
it. Does not belong here: that each rule is tripped (``test_judge_rules``), whole deliveries
(``tests/rejects``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from orchestration.judge.gates import prepare
from tests.unit.judged import (
    CATALOGUE,
    EXPECTATIONS,
    GROWTH,
    SCHEMA,
    SHARE,
    UNITS,
    a_year,
    insert,
    known,
    relate,
)

pytestmark = pytest.mark.core

PLAUSIBLE = {
    "amount_flow_year": "0.45..2.2",
    "amount_stock_year": "0.7..1.5",
    "amount_flow_step": "0.2..5",
    "rate_year": "-50..50",
    "share_year": "-15..15",
}
PEOPLE: dict[str, Any] = {"unit": "万人", "basis": "point_in_time", "period_kind": "point"}
TWELVE = "100.0 104.0 110.2 115.7 120.3 127.5 133.9 139.3 147.7 155.1 161.3 169.4".split()
"""Twelve years that grow by 3 to 6 per cent."""


class World:
    """Series of one data set."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.number = 0

    def yearly(self, values: Sequence[str], first: int = 2010, **about: Any) -> None:
        """A series of years; what is None is not there."""
        for year, value in enumerate(values, start=first):
            self.one(value, **{**a_year(year), "known_from": date(year + 1, 2, 1), **about})

    def one(self, value: str, **about: Any) -> str:
        self.number += 1
        name = f"o-{self.number:03}"
        known(self.con, name, **{"indicator_code": "sales", "value": value, **about})
        return name

    def found(self, rule_id: str, columns: str = "arithmetic") -> list[Any]:
        sql = CATALOGUE.get(rule_id).statement("sql")
        rows = self.con.execute(f"select {columns} from ({sql}) order by all").fetchall()
        return [row[0] if len(row) == 1 else row for row in rows]

    def undecided(self, rule_id: str) -> int:
        sql = CATALOGUE.get(rule_id).statement("undecided_sql") or "select 0"
        return int(self.con.execute(sql).fetchall()[0][0])


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(SCHEMA)
        for line in UNITS.split(","):
            unit, dimension, factor = line.split()
            insert(con, "landing.unit", unit=unit, dimension=dimension, factor=factor)
        for code, span in PLAUSIBLE.items():
            insert(con, "landing.code", list="plausible_change", code=code, maps_to=span)
        insert(con, "landing.release", release_time=datetime(2026, 3, 1, 9, 0))
        insert(con, "landing.source_document", source_document="doc", published="2023-02-01")
        prepare(con, CATALOGUE, EXPECTATIONS, "marts", frozen=False)
        yield con


@pytest.fixture
def world(empty: duckdb.DuckDBPyConnection) -> Iterator[World]:
    empty.execute("begin")
    yield World(empty)
    empty.execute("rollback")


def changed(year: int, value: str) -> list[str]:
    """The twelve years with one of them put otherwise."""
    return [value if 2010 + n == year else other for n, other in enumerate(TWELVE)]


def test_twelve_honest_years_are_none(world: World) -> None:
    world.yearly(TWELVE)
    assert world.found("series.outlier") == []


VOLATILE = "10.0 24.0 9.0 14.0 33.0 12.0 8.0 22.0 17.0 28.0 11.0 19.0".split()
"""Twelve years of which some are three times those before, and some a third."""


def test_a_history_that_comes_at_once_is_held_against_itself(world: World) -> None:
    world.yearly(VOLATILE)
    assert world.found("series.outlier") == []
    world.con.execute("update core.observation set value = 3300 where value = 33.0")
    (said, *more) = world.found("series.outlier")
    assert (said.split(",")[0], more) == ("14 -> 3300", [])
    (message,) = world.found("series.outlier", "message_en")
    assert " of the 10 other changes of its delivery. " in message


def test_what_comes_year_by_year_is_held_against_what_came_before(world: World) -> None:
    """Later figures never count: what was once accepted stays accepted."""
    world.yearly(VOLATILE)
    world.con.execute("update core.observation set delivery_id = 'd' || period")
    before = world.found("series.outlier", "period, arithmetic")
    assert [period for period, _ in before][:2] == ["2011", "2012"]
    world.con.execute("delete from core.observation where period > '2014'")
    assert world.found("series.outlier", "period, arithmetic") == [
        (period, said) for period, said in before if period <= "2014"
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("1694.0", "161.3 -> 1694"),
        ("84.7", "161.3 -> 84.7"),
        ("116.9", "161.3 -> 116.9"),  # 169.1 with two digits exchanged
    ],
)
def test_the_last_of_twelve_years(world: World, value: str, said: str) -> None:
    world.yearly(changed(2021, value))
    (arithmetic,) = world.found("series.outlier")
    assert arithmetic.startswith(said)
    assert "learnt of 10" in arithmetic


def test_what_comes_back_after_an_error_is_none(world: World) -> None:
    world.yearly(changed(2019, "15.51"))
    assert world.found("series.outlier", "period") == ["2019"]


def test_a_new_level_is_told_once(world: World) -> None:
    world.yearly([*TWELVE[:9], "443.1", "465.3", "483.9"])
    assert world.found("series.outlier", "period") == ["2019"]


@pytest.mark.parametrize(
    ("before", "now", "about", "is_found"),
    [
        ("48.0", "24.0", PEOPLE, True),  # population halved
        ("48.0", "48.5", PEOPLE, False),
        ("48.0", "24.0", {}, False),  # an amount may
        ("48.0", "16.0", {}, True),
        ("7.4", "74.0", GROWTH, True),
        ("-27.1", "-2.6", GROWTH, False),  # as after a bad quarter
        ("40.0", "56.0", SHARE, True),
        ("40.0", "54.0", SHARE, False),
        # five things more or fewer are nothing, whatever they are in per cent
        ("3", "9", {"measure": "count", "unit": "个", "resolution": "1"}, False),
        ("300", "900", {"measure": "count", "unit": "个", "resolution": "1"}, True),
    ],
)
def test_a_short_history_takes_the_plausible_range(
    world: World, before: str, now: str, about: dict[str, Any], is_found: bool
) -> None:
    world.yearly([before, now], 2021, **about)
    assert [a.split(", ")[-2] for a in world.found("series.outlier")] == (
        ["not learnt of 0"] if is_found else []
    )


def test_a_first_figure_is_undecided_and_so_is_one_without_a_range(world: World) -> None:
    world.yearly(["10.0"], 2021)
    assert (world.found("series.outlier"), world.undecided("series.outlier")) == ([], 1)
    world.con.execute("delete from landing.code where list = 'plausible_change'")
    world.yearly(["100.0"], 2022)
    assert (world.found("series.outlier"), world.undecided("series.outlier")) == ([], 2)


def test_a_figure_of_ten_years_ago_is_nothing_to_compare_with(world: World) -> None:
    world.yearly(["10.0"], 2011)
    world.yearly(["100.0"], 2021)
    assert (world.found("series.outlier"), world.undecided("series.outlier")) == ([], 2)


def test_two_years_apart_are_compared_per_year(world: World) -> None:
    world.yearly(["10.0"], 2019)
    world.yearly(["40.0"], 2021)  # twice a year
    assert world.found("series.outlier") == []


def test_forty_cells_of_one_cause_are_one_finding(world: World) -> None:
    for n in range(40):
        world.yearly([f"{100 + n}.0", f"{1000 + 10 * n}.0"], 2021, indicator_code=f"row{n:02}")
    world.yearly(["50.0", "51.0"], 2021, indicator_code="other")
    ((arithmetic, message),) = world.found("series.outlier", "arithmetic, message_en")
    assert arithmetic.endswith("n 40")
    assert "Of the 41 comparable figures of its file and period 40 moved so" in message
    assert "decimal point or unit off by 1 places" in message
    assert message.count(" | ") == 19


def test_digits_that_were_exchanged_are_named(world: World) -> None:
    world.yearly(changed(2021, "961.4"))
    ((message,),) = [(m,) for m in world.found("series.outlier", "message_en")]
    assert "With two digits exchanged it would be" not in message
    world.con.execute("update core.observation set value = 619.4 where period = '2021'")
    (message,) = world.found("series.outlier", "message_en")
    assert message.endswith("With two digits exchanged it would be 169.4")


def expect(world: World, low: float, high: float, until: date, region: str = "") -> None:
    insert(
        world.con,
        "landing.expected_change",
        data_set_id="plan",
        indicator_code="sales",
        region_code=region,
        low=low,
        high=high,
        reason_zh="新厂投产",
        reason_en="a new plant",
        until=until,
    )


@pytest.mark.parametrize(
    ("until", "region", "is_found"),
    [
        (date(2026, 3, 1), "", False),
        (date(2026, 3, 1), "R1", False),
        (date(2026, 3, 1), "R2", True),
        (date(2026, 2, 28), "", True),  # the day before the release
    ],
)
def test_a_declared_range_holds_until_its_day(
    world: World, until: date, region: str, is_found: bool
) -> None:
    world.yearly(changed(2021, "400.0"))
    expect(world, 0, 200, until, region)
    assert bool(world.found("series.outlier")) is is_found


def test_a_declared_range_may_be_narrower(world: World) -> None:
    world.yearly(TWELVE)
    expect(world, 0, 4.5, date(2027, 1, 1))
    assert "declared" in world.found("series.outlier")[0]


def test_the_table_of_thresholds(world: World) -> None:
    world.yearly(TWELVE)
    world.yearly(["48.0", "48.5"], 2020, indicator_code="people", **PEOPLE)
    sql = (
        "select indicator_code, held_against, changes, low, usual, high, learnt_by, reason_en "
        "from judge.threshold order by all"
    )
    assert world.con.execute(sql).fetchall() == [
        ("people", "year", 1, Decimal("-30.29"), Decimal("1.04"), Decimal("50.62"), "plausible",
         None),
        ("sales", "year", 11, Decimal("-14.02"), Decimal("5.01"), Decimal("28.26"), "history",
         None),
    ]  # fmt: skip
    expect(world, -20, 60, date(2027, 1, 1))
    assert world.con.execute(sql).fetchall()[1] == (
        "sales", "year", 11, Decimal("-20.00"), Decimal("5.01"), Decimal("60.00"), "declared",
        "a new plant",
    )  # fmt: skip


def test_rows_are_exchanged_only_where_each_came_near_another(world: World) -> None:
    for code, values in {
        "a": ("10.0", "30.5"),
        "b": ("30.0", "31.0"),
        "c": ("50.0", "20.0"),
    }.items():
        world.yearly(values, 2021, indicator_code=code)
    assert world.found("series.rows-exchanged") == []


def test_three_rows_shifted_by_one(world: World) -> None:
    for code, values in {
        "a": ("10.0", "31.0"),
        "b": ("30.0", "92.0"),
        "c": ("90.0", "10.4"),
    }.items():
        world.yearly(values, 2021, indicator_code=code)
    assert world.found("series.rows-exchanged", "message_en")[0].startswith(
        "in 2022, 3 figures of one column are each near what another row of it was in 2021"
    )


def to_date(months: int, year: int = 2022, **about: Any) -> dict[str, Any]:
    end = date(year, months, (31, 28, 31, 30, 31, 30)[months - 1])
    return {
        "period": f"{year}-01/{year}-{months:02}",
        "period_start": date(year, 1, 1),
        "period_end": end,
        "period_kind": "cumulative_range",
        "basis": "cumulative",
        **about,
    }


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ("120.0", "151.0", []),
        ("120.0", "119.8", []),  # a correction of earlier months
        ("120.0", "31.0", ["31 < 120"]),
        ("120.0", "120.0", ["120 = 120"]),
        ("1.2", "1.2", []),  # of two digits by chance
        ("-5.0", "-9.0", []),  # a net amount
    ],
)
def test_years_to_date_rise(world: World, before: str, now: str, said: list[str]) -> None:
    world.one(before, **to_date(5))
    world.one(now, **to_date(6))
    assert world.found("cumulative.falls") == said


def test_a_new_year_begins_anew(world: World) -> None:
    world.one("300.0", **to_date(6, 2021))
    world.one("40.0", **to_date(2, 2022))
    assert world.found("cumulative.falls") == []


def test_months_make_the_quarter_as_they_are_rounded(world: World) -> None:
    for month, value in ((1, "35.0"), (2, "34.0"), (3, "37.0")):
        start, end = date(2022, month, 1), date(2022, month, (31, 28, 31)[month - 1])
        world.one(
            value, period=f"2022-{month:02}", period_kind="monthly", period_start=start,
            period_end=end,
        )  # fmt: skip
    quarter = {
        "period": "2022-Q1", "period_kind": "quarterly", "period_start": date(2022, 1, 1),
        "period_end": date(2022, 3, 31),
    }  # fmt: skip
    name = world.one("106.2", **quarter)
    rule = "period.parts-differ-from-whole"
    assert world.found(rule) == []  # four roundings
    world.con.execute(f"update core.observation set value = 106.3 where observation_id = '{name}'")
    assert world.found(rule) == ["35 + 34 + 37 = 106; printed 106.3"]
    # of another day, half a per cent may have been revised
    world.con.execute(
        f"update core.observation set known_from = '2023-05-01' where observation_id = '{name}'"
    )
    assert world.found(rule) == []


@pytest.mark.parametrize(
    ("growth", "is_found"),
    [
        ("11.1", False),
        ("-11.1", True),  # its minus was added
        ("4.0", False),  # the base was restated
        ("62.0", True),
        ("-2.0", False),
    ],
)
def test_growth_and_its_levels(world: World, growth: str, is_found: bool) -> None:
    world.yearly(["90.0", "100.0"], 2021)
    relate(world.con, "growth_of", "sales_pace", "sales")
    world.one(growth, **GROWTH, **a_year(2022), indicator_code="sales_pace")
    assert bool(world.found("growth.contradicts-levels")) is is_found


def revised(world: World, before: str, now: str, year: int, **about: Any) -> None:
    """A figure known a year later, and what took its place in March 2026."""
    same = {**a_year(year), "source_place": "t"}
    first = {"known_from": date(year + 1, 2, 1), "known_to": date(2026, 3, 1)}
    known(world.con, "v-1", **{**same, **first, "value": before, "is_headline": False})
    known(world.con, "v-2", **{**same, "known_from": date(2026, 3, 1), "value": now, **about})


@pytest.mark.parametrize(
    ("before", "now", "year", "about", "is_found"),
    [
        ("100.0", "103.0", 2024, {}, False),
        ("100.0", "125.0", 2024, {}, True),
        ("100.0", "125.0", 2024, {"estimate_stage": "census_revised"}, False),
        ("100.0", "103.0", 2019, {}, True),  # an old one, and nothing says why
        ("100.0", "103.0", 2019, {"estimate_stage": "final"}, False),
    ],
)
def test_revisions(
    world: World, before: str, now: str, year: int, about: dict[str, Any], is_found: bool
) -> None:
    revised(world, before, now, year, **about)
    assert bool(world.found("revision.larger-than-usual")) is is_found


def test_a_flash_after_a_final_figure(world: World) -> None:
    revised(world, "100.0", "101.0", 2024, estimate_stage="flash")
    assert world.found("revision.goes-back-a-stage") == []
    world.con.execute(
        "update core.observation set estimate_stage = 'final' where observation_id = 'v-1'"
    )
    assert world.found("revision.goes-back-a-stage") == ["100 -> 101"]


def test_shares_that_never_made_a_whole_need_not(world: World) -> None:
    for code, values in {"a": ("60.0", "58.0", "57.0"), "b": ("30.0", "31.0", "25.0")}.items():
        world.yearly(values, 2020, **SHARE, indicator_code=code)
    assert world.found("shares.stop-adding") == []
