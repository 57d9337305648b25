"""What is plausible of figures: what is told, who is to blame, and the near misses.

Belongs here: the rules of ``rules/delivery/plausible.yml``, ``rules/marts/plausible.yml`` and
``levels.yml`` in literal rows. Does not belong here: classes of ranges and their declaration
(test_plausible), that every rule is tripped (test_judge_rules).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from orchestration.judge.gates import measure_effects
from tests.unit.judged import (
    CATALOGUE,
    GROWTH,
    RESIDENTS,
    YEAR_2021,
    build,
    build_plausible,
    candidate,
    collect_findings,
    insert,
    known,
    ranged,
    relate,
    set_core,
)

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def good() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        build(connection)
        build_plausible(connection)
        yield connection


@pytest.fixture
def con(good: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    good.execute("begin")
    yield good
    good.execute("rollback")


def found(
    con: duckdb.DuckDBPyConnection, rule_id: str, columns: str = "arithmetic, message_en"
) -> list[tuple[str, ...]]:
    collect_findings(con, [CATALOGUE.get(rule_id)])
    return con.execute(
        f"select {columns} from landing.finding where rule_id = ? order by all", [rule_id]
    ).fetchall()


def undecided(con: duckdb.DuckDBPyConnection, rule_id: str) -> int:
    statement = CATALOGUE.get(rule_id).statement("undecided_sql")
    ((count,),) = con.execute(statement or "").fetchall()
    return int(count)


def deliver(con: duckdb.DuckDBPyConnection, name: str, day: str) -> None:
    insert(
        con,
        "landing.delivery",
        delivery_id=name,
        data_set_id="plan",
        delivered_on=day,
        delivery_seq=2,
    )


# --- what cannot be --------------------------------------------------------------------------


def test_a_rate_that_no_economy_has_is_refused_in_numbers(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update landing.candidate set value = 5000 where indicator_code = 'output_growth'")
    assert found(
        con, "plausible.impossible", "delivery_id, arithmetic, message_zh, message_en"
    ) == [
        (
            "plan-1",
            "5000 % > 1000 %",
            "R1 2022年 output_growth 为 5000%，这一级地区可能的范围为 -95 至 1000%",
            "output_growth, R1, 2022, is 5000%, and possible for a region of its kind is "
            "-95 to 1000%",
        )
    ]


@pytest.mark.parametrize(
    ("value", "unit", "refused"),
    [
        ("199999", "亿元", False),  # a county of five million at four million yuan a head: 200 000
        ("200001", "亿元", True),
        ("400000", "亿元", True),  # all amounts × 10^4 in a first delivery
        ("0.002", "亿元", False),  # a thousand residents at a hundred yuan: 0.001
        ("0.0009", "亿元", True),
        ("1999990000", "万元", False),  # the unit is taken into account
        ("2000010000", "万元", True),
    ],
)
def test_an_amount_is_held_to_its_kind_of_region(
    con: duckdb.DuckDBPyConnection, value: str, unit: str, refused: bool
) -> None:
    candidate(con, indicator_code="output", region_code="R12", value=value, unit=unit, period="x")
    con.execute("delete from landing.candidate where indicator_code = 'residents'")
    assert bool(found(con, "plausible.impossible")) is refused


def test_a_month_is_held_to_its_part_of_a_year_with_room_for_the_season(
    con: duckdb.DuckDBPyConnection,
) -> None:
    month = {
        "period": "2022-07",
        "period_start": date(2022, 7, 1),
        "period_end": date(2022, 7, 31),
        "period_kind": "monthly",
    }
    at = {"indicator_code": "output", "region_code": "R12"}
    candidate(con, **at, **month, value="66000")  # 200 000 / 12 * 4 = 66 667
    assert found(con, "plausible.impossible") == []
    candidate(con, **at, **month, value="67000")
    assert len(found(con, "plausible.impossible")) == 1


def test_low_ends_hold_for_totals_and_from_a_year_on(con: duckdb.DuckDBPyConnection) -> None:
    small = {"indicator_code": "output", "region_code": "R12", "value": "0.0001"}
    old = {
        "period": "1978",
        "period_start": date(1978, 1, 1),
        "period_end": date(1978, 12, 31),
    }
    candidate(con, **small, breakdown="A")
    candidate(con, **small, subject="firm")
    candidate(con, **{**small, **old})
    assert found(con, "plausible.impossible") == []


def test_what_has_no_range_is_undecided_and_counted(con: duckdb.DuckDBPyConnection) -> None:
    before = undecided(con, "plausible.impossible")
    candidate(con, indicator_code="unheard-of")
    candidate(con, indicator_code="output", region_code="nowhere")
    assert undecided(con, "plausible.impossible") == before + 2


def test_a_data_set_overrules_a_range_until_a_day(con: duckdb.DuckDBPyConnection) -> None:
    """A catalogue range that excludes the truth."""
    con.execute("update landing.candidate set value = 2500 where indicator_code = 'output_growth'")
    con.execute(
        "update landing.plausible set from_day = date '2023-03-02' "
        "where indicator_code = 'output_growth'"
    )
    ranged(
        con,
        "output_growth",
        measure="yoy_growth_pct",
        dimension="percent",
        behaviour="rate",
        value_lowest=-95,
        value_highest=3000,
        to_day=date(2023, 3, 2),
        reason_zh="新区",
        reason_en="a new area",
    )
    assert found(con, "plausible.impossible") == []
    con.execute("update landing.delivery set delivered_on = date '2023-03-02'")
    assert len(found(con, "plausible.impossible")) == 1


def test_per_head_the_figure_is_to_blame_that_came_with_or_after_the_residents(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute(
        "update landing.candidate set value = 6000 "
        "where indicator_code = 'output' and region_code = 'R12'"
    )
    assert found(con, "plausible.impossible-per-head", "place_a, place_b, arithmetic") == [
        ("output R12", "people R12", "6000 亿元 / 60000 = 10000000")
    ]
    deliver(con, "people-1", "2023-04-01")
    con.execute(
        "update landing.candidate set delivery_id = 'people-1' where indicator_code = 'residents'"
    )
    assert found(con, "plausible.impossible-per-head") == []


def test_per_head_the_residents_are_to_blame_where_half_of_several_deliveries_cannot_be(
    con: duckdb.DuckDBPyConnection,
) -> None:
    for number, day in enumerate(("2023-05-01", "2023-06-01"), start=2):
        deliver(con, f"plan-{number}", day)
        for code in ("output", "taxes"):
            candidate(
                con,
                delivery_id=f"plan-{number}",
                indicator_code=code,
                region_code="R12",
                value="30.0",
                scope=f"s{number}",
                delivery_place=f"{code} {number}",
            )
    assert found(con, "plausible.impossible-per-head") == []
    con.execute(
        "update landing.candidate set value = 0.06 "
        "where indicator_code = 'residents' and region_code = 'R12'"
    )
    con.execute("update landing.population_range set lowest = 1")
    assert found(
        con, "plausible.impossible-per-head", "delivery_id, indicator_code, place_a, arithmetic"
    ) == [("plan-1", "residents", "people R12", "60 亿元 / 600 = 10000000")]


@pytest.mark.parametrize(
    ("change", "is_found"),
    [
        ("value = 119", False),  # stages of estimate differ by less than a fifth
        ("value = 121", True),
        ("value = 121, period_kind = 'monthly'", False),
        ("value = 121, scope = 'above_scale'", False),
        ("value = 121, breakdown = 'A'", False),
        ("value = 121, figure_kind = 'target'", False),
        ("value = 121, qualifier = 'at_most'", False),
        ("value = 1210000, unit = '万元'", True),
    ],
)
def test_a_district_has_no_more_than_its_city(
    con: duckdb.DuckDBPyConnection, change: str, is_found: bool
) -> None:
    con.execute(
        f"update landing.candidate set {change} "
        "where indicator_code = 'output' and region_code = 'R12'"
    )
    assert bool(found(con, "levels.above-region")) is is_found


def test_a_city_below_two_of_its_districts_is_what_is_refused(
    con: duckdb.DuckDBPyConnection,
) -> None:
    deliver(con, "city", "2023-05-01")
    con.execute(
        "update landing.candidate set delivery_id = 'city', value = 45 "
        "where indicator_code = 'output' and region_code = 'R1'"
    )
    # of one district above it nobody knows, and mostly it is the district
    assert found(con, "levels.above-region", "delivery_id, arithmetic") == [
        ("plan-1", "60 亿元 > 45 亿元")
    ]
    con.execute(
        "update landing.candidate set value = 10 "
        "where indicator_code = 'output' and region_code = 'R1'"
    )
    assert found(con, "levels.above-region", "delivery_id, arithmetic") == [
        ("city", "40 亿元 > 10 亿元"),
        ("city", "60 亿元 > 10 亿元"),
    ]


# --- what is unusual -------------------------------------------------------------------------


def test_what_is_unusual_of_its_kind_is_told_where_nobody_knows_the_residents(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute(set_core("o-output-growth", "value = 74"))
    assert found(con, "plausible.unusual") == [
        (
            "74 % / -45 to 60",
            "output_growth, R1, 2022, is 74%, and usual for a region of its kind is -45 to 60%",
        )
    ]
    con.execute("delete from core.observation where indicator_code = 'residents'")
    con.execute(set_core("o-output-R12", "value = 2600"))
    assert found(con, "plausible.unusual", "arithmetic") == [
        ("2600 亿元 / 0.2 to 2500",),
        ("74 % / -45 to 60",),
    ]


def test_per_head_is_told_with_the_residents(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(set_core("o-taxes", "value = 210"))
    assert found(con, "plausible.unusual-per-head", "arithmetic, message_zh, observation_b") == [
        (
            "210 亿元 / 100000 = 210000",
            "R1 2022年 taxes 为 210 亿元，按常住人口 100000 人折算每人每年 210000，"
            "通常为 不超过 200000",
            "o-people",
        )
    ]
    known(con, "o-far", indicator_code="taxes", region_code="R99", value="9")
    assert undecided(con, "plausible.unusual-per-head") == 1


@pytest.mark.parametrize(
    ("change", "answers"),
    [
        ("o-output-R11 value = 8", []),  # a fifth of the city's per head
        ("o-output-R11 value = 7.9", [("19750 / 100000 = 0.1975",)]),
        ("o-output-R1 value = 490", []),
        ("o-output-R12 known_to = date '2024-01-01'", []),
    ],
)
def test_per_head_beside_the_city(
    con: duckdb.DuckDBPyConnection, change: str, answers: list[tuple[str, ...]]
) -> None:
    where, what = change.split(" ", 1)
    con.execute(set_core(where, what))
    assert found(con, "levels.per-head-unlike-around", "arithmetic") == answers


def test_without_the_city_three_sisters_say_what_is_usual(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from core.observation where observation_id = 'o-output-R1'")
    assert undecided(con, "levels.per-head-unlike-around") == 3  # two districts, the city itself
    for number in range(14, 17):
        code = f"R{number}"
        insert(con, "landing.region", region_code=code, parent_code="R1", region_kind="county")
        known(con, f"p-{code}", **{**RESIDENTS, "region_code": code}, value="5.00")
        value = "4.0" if number == 14 else "50.0"
        known(con, f"g-{code}", indicator_code="output", region_code=code, value=value)
    assert found(con, "levels.per-head-unlike-around", "arithmetic, message_en") == [
        (
            "8000 / 100000 = 0.08",
            "output, R14, 2022, is 4 亿元, per head 8000: 0.08 times that of the middle of 4 "
            "sisters (100000), and usual is 0.2 to 5",
        )
    ]


def test_half_of_the_population_is_a_share_that_jumps(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "update landing.indicator set over_regions = 'sum' where indicator_code = 'residents'"
    )
    con.execute(set_core("o-people-11", "value = 2.00"))
    assert found(con, "levels.share-moved", "observation_a, observation_b, arithmetic") == [
        ("o-people-11", "o-people-11-before", "40 % -> 20 %, 0.5 times")
    ]
    # A source of a better grade is not asked for what a worse one had the year before.
    con.execute(set_core("o-people-11-before", "headline_rank = 3000001"))
    assert found(con, "levels.share-moved") == []
    con.execute(set_core("o-people-11", "headline_rank = 3000002"))
    assert len(found(con, "levels.share-moved")) == 1
    con.execute(set_core("o-people-11", "value = 3.10"))  # 1 / 1.29
    assert found(con, "levels.share-moved") == []


def test_a_first_delivery_that_is_off_as_a_whole_is_one_finding(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """All amounts × 10 in a first delivery: nothing before it, so it is held against others."""
    deliver(con, "first", "2023-05-01")
    insert(con, "landing.region", region_code="R14", parent_code="R1", region_kind="county")
    known(con, "p-R14", **{**RESIDENTS, "region_code": "R14"}, value="5.00")
    for number, value in enumerate(("500.0", "430.0", "610.0")):
        code = f"amount{number}"
        ranged(con, code, head_low=0, head_high=9_000_000, around_low=0.02, around_high=50)
        insert(con, "landing.indicator", indicator_code=code, over_regions="sum")
        known(con, f"c{number}", indicator_code=code, value="100.0")
        known(
            con,
            f"f{number}",
            delivery_id="first",
            indicator_code=code,
            region_code="R14",
            value=value,
        )
    assert found(con, "levels.delivery-off", "delivery_id, arithmetic, message_en") == [
        (
            "first",
            "3 of 3 amounts by 10^1, as 1000000 / 100000 = 10",
            "3 of 3 amounts of the delivery are per head about 10 times those of other regions, "
            "such as amount0, R14, 2022, 500 亿元",
        )
    ]


@pytest.mark.parametrize(
    ("times", "is_found"), [(1, False), (10, False), (100, True), (1000, True)]
)
def test_where_nobody_knows_the_residents_a_middling_region_of_its_kind_says_it(
    con: duckdb.DuckDBPyConnection, times: int, is_found: bool
) -> None:
    """A middling county: 70.7 thousand residents at 31.6 thousand a head."""
    deliver(con, "first", "2023-05-01")
    insert(con, "landing.region", region_code="R77", region_kind="county")
    for number, value in enumerate(("160.0", "250.0", "110.0", "200.0")):
        code = f"amount{number}"
        ranged(con, code, head_low=2_000, head_high=500_000, share_moves=2)
        known(
            con,
            f"f{number}",
            delivery_id="first",
            indicator_code=code,
            region_code="R77",
            value=str(float(value) * times),
        )
    told = found(con, "levels.delivery-off", "delivery_id, message_zh")
    assert [name for name, _ in told] == ["first"] * is_found
    assert all("个的每年数值约为同级地区中等水平的 " in text for _, text in told)


@pytest.mark.parametrize(
    ("taxes", "arithmetic"),
    [("2.0", []), ("50.0", []), ("1.9", ["1.9 亿元 / 100 亿元 = 0.019"])],
)
def test_two_domains(con: duckdb.DuckDBPyConnection, taxes: str, arithmetic: list[str]) -> None:
    con.execute(set_core("o-taxes", f"value = {taxes}"))
    assert found(con, "plausible.domains", "arithmetic") == [(text,) for text in arithmetic]


def test_a_domain_without_the_other_figure_is_undecided(con: duckdb.DuckDBPyConnection) -> None:
    known(con, "o-taxes-21", **YEAR_2021, indicator_code="taxes", region_code="R99", value="1")
    assert undecided(con, "plausible.domains") == 1


def test_a_rate_is_no_domain_of_a_part_of_a_year(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(set_core("o-taxes", "value = 0.1, period_kind = 'cumulative_range'"))
    assert found(con, "plausible.domains") == []


def test_a_growth_before_the_low_ends_hold_is_judged_all_the_same(
    con: duckdb.DuckDBPyConnection,
) -> None:
    old = {"period": "1994", "period_start": date(1994, 1, 1), "period_end": date(1994, 12, 31)}
    known(con, "o-old-growth", **{**GROWTH, **old}, indicator_code="output_growth", value="-60")
    assert found(con, "plausible.unusual", "arithmetic") == [("-60 % / -45 to 60",)]


# --- effect first ----------------------------------------------------------------------------


def effects(con: duckdb.DuckDBPyConnection, *rules: str) -> list[tuple[str, float | None]]:
    collect_findings(con, [CATALOGUE.get(rule) for rule in rules])
    measure_effects(con)
    return [
        (name, None if effect is None else round(effect, 2))
        for name, effect in con.execute(
            "select observation_a, cast(effect_pct as double) from landing.finding "
            "order by 2 desc nulls last, 1"
        ).fetchall()
    ]


def test_effect_is_how_far_a_figure_is_off_in_per_cent_of_the_total_it_enters(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """|value - expected| / total: of its whole, else of the region around, else of itself."""
    con.execute(set_core("o-output-R11", "value = 7.9"))  # usual is 8 and more, the city has 100
    con.execute(set_core("o-taxes", "value = 250"))  # usual per head is 20 000 million and less
    con.execute(set_core("o-output-growth", "value = 74"))  # usual is 60 and less: 14 points
    relate(con, "part_of", "taxes", "output")
    rules = ("levels.per-head-unlike-around", "plausible.unusual-per-head", "plausible.unusual")
    assert effects(con, *rules) == [
        ("o-taxes", 50.0),
        ("o-output-R11", 32.1),
        ("o-output-growth", 14.0),
    ]


def test_without_a_number_that_was_expected_the_effect_is_not_known(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute(set_core("o-pupils", "value = 0.84213, resolution = 0.00001"))
    assert effects(con, "plausible.not-whole") == [("o-pupils", None)]


def test_of_two_documents_the_other_figure_was_expected(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(set_core("o-press-2022", "value = 105"))
    ((_, effect),) = effects(con, "document.contradiction")
    assert effect == 4.76  # 5 of 105
