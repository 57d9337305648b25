"""What hardly comes about unless somebody slipped: what is told, and the near misses that are not.

Belongs here: the rules of ``rules/marts/suspicious.yml`` and ``marts.figures-cut``, with literal
sentences. Does not belong here: that every rule is tripped (test_judge_rules).
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.unit.judged import (
    CATALOGUE,
    build,
    build_suspicious,
    collect_findings,
    insert,
    known,
    set_core,
)

pytestmark = pytest.mark.core

MEASURES = "suspicious.one-number-for-two-measures"
RATES = "suspicious.part-grows-as-its-whole"
STATES = "suspicious.one-number-for-two-states"
REMAINDER = "suspicious.remainder"
QUOTIENT = "suspicious.quotient"
CUT = "marts.figures-cut"


@pytest.fixture(scope="module")
def good() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        build(connection)
        build_suspicious(connection)
        yield connection


@pytest.fixture
def con(good: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    good.execute("begin")
    yield good
    good.execute("rollback")


def found(con: duckdb.DuckDBPyConnection, rule_id: str) -> list[tuple[str, ...]]:
    collect_findings(con, [CATALOGUE.get(rule_id)])
    return con.execute(
        "select arithmetic, message_zh, message_en from landing.finding where rule_id = ? "
        "order by arithmetic",
        [rule_id],
    ).fetchall()


@pytest.mark.parametrize(
    ("rule_id", "changes", "said"),
    [
        (
            MEASURES,
            ["o-rate value = 13.9"],
            (
                "13.9 = 13.9",
                "R1 2022年 line_share 与 2022年 line_growth 在同一段里都印为 13.9%，"
                "可能抄错其中一个",
                "line_share, R1, 2022, and line_growth, 2022, are both printed as 13.9% in one "
                "section, and one of them may be a slip",
            ),
        ),
        (
            RATES,
            ["o-export value = 20.7"],
            (
                "20.7 = 20.7",
                "R1 2020年至2022年 export_average 印为 20.7%，其总量的trade_average 也印为 20.7%，"
                "分毫不差，可能抄错其中一个",
                "export_average, R1, 2020 to 2022, is printed as 20.7%, and trade_average, of what "
                "it is a part of, as 20.7%, exactly the same, and one of them may be a slip",
            ),
        ),
        (
            STATES,
            ["o-done value = 21"],
            (
                "21 = 21",
                "R1 2022年 doing 印为 21 个，同一文件的done 也印为 21 个，而两者不应是同一批",
                "doing, R1, 2022, is printed as 21 个, and so is done of the same document, 21 个; "
                "they should be different ones",
            ),
        ),
        (
            REMAINDER,
            ["o-fees-range value = 493.4"],
            (
                "(493.4 - 177.5) / 18 * 12 = 210.6",
                "R1 2021年1月至2023年6月 fees 累计为 493.4 亿元，减去 2022年 的 177.5 亿元，"
                "其余 18 个月为 315.9 亿元，折合每年 210.6 亿元，与所知年份相差过大",
                "fees, R1, 2021-01 to 2023-06, comes to 493.4 亿元; without 177.5 亿元 of 2022 the "
                "other 18 months have 315.9 亿元, per year 210.6 亿元, too far from the years that "
                "are known",
            ),
        ),
    ],
)
def test_what_is_told(
    con: duckdb.DuckDBPyConnection, rule_id: str, changes: list[str], said: tuple[str, ...]
) -> None:
    for change in changes:
        con.execute(set_core(*change.split(" ", 1)))
    assert found(con, rule_id) == [said]


@pytest.mark.parametrize(
    ("rule_id", "change"),
    [
        (MEASURES, "o-rate value = 13.9, source_place = 't'"),  # another section
        (MEASURES, "o-rate value = 13.9, source_document = 'press'"),
        (MEASURES, "o-rate value = 13.9, qualifier = 'above'"),  # more than 13.9 is another number
        (MEASURES, "o-rate value = 13.9, region_code = 'R11'"),
        (MEASURES, "o-rate value = 13.9, period_start = '2019-01-01', period_end = '2019-12-31'"),
        (MEASURES, "o-rate value = 13.9, measure = 'share_pct'"),  # two shares may well be equal
        (RATES, "o-export value = 20.7, qualifier = 'approx'"),
        (RATES, "o-export value = 20.7, period = '2019/2022'"),
        (RATES, "o-export value = 20.7, breakdown = 'private'"),
        (STATES, "o-doing value = 21, qualifier = 'above'"),
        (STATES, "o-done value = 21, period = '2021'"),
        (STATES, "o-done value = 21, source_document = 'press'"),
        (REMAINDER, "o-fees-range value = 480"),  # 201.7 a year beside 177.5 in the middle of it
        (REMAINDER, "o-fees-range value = 375"),  # 131.7 is less than 154.3
        (REMAINDER, "o-fees-range value = 493.4, qualifier = 'above'"),
        (REMAINDER, "o-fees-range value = 493.4, unit = '万元'"),
        (REMAINDER, "o-fees-range value = 493.4, price_basis = 'not_applicable'"),
        (REMAINDER, "o-fees-range value = 493.4, figure_kind = 'target'"),
        (REMAINDER, "o-fees period = '2022-Q4', period_kind = 'quarterly'"),  # seasons differ
    ],
)
def test_a_near_miss_is_not_told(con: duckdb.DuckDBPyConnection, rule_id: str, change: str) -> None:
    con.execute(set_core(*change.split(" ", 1)))
    expected = 1 if "value = 375" in change else 0
    assert len(found(con, rule_id)) == expected


@pytest.mark.parametrize(
    ("rule_id", "changes"),
    [
        (MEASURES, ["o-rate value = 5.2", "o-part value = 5.2"]),  # of two figures many are equal
        (RATES, ["o-export value = 21", "o-trade value = 21"]),
        (STATES, ["o-done value = 3", "o-doing value = 3"]),
        (STATES, ["o-done value = 20", "o-doing value = 20"]),  # rounded to one figure
    ],
)
def test_numbers_of_few_figures_are_often_equal(
    con: duckdb.DuckDBPyConnection, rule_id: str, changes: list[str]
) -> None:
    for change in changes:
        con.execute(set_core(*change.split(" ", 1)))
    assert found(con, rule_id) == []


def test_growth_from_year_to_year_explains_a_remainder(con: duckdb.DuckDBPyConnection) -> None:
    """The last of five years is 100; the four before it are two and a half years earlier."""
    change = (
        "o-fees-range period_start = '2018-01-01', period_end = '2022-12-31', "
        "period = '2018-01/2022-12', value = {}"
    )
    con.execute(set_core("o-fees", "value = 100"))
    con.execute(set_core(*change.format(390).split(" ", 1)))  # 72.5 a year grew to 100
    assert found(con, REMAINDER) == []
    con.execute(set_core(*change.format(370).split(" ", 1)))  # 67.5 a year would have to
    assert len(found(con, REMAINDER)) == 1


def test_another_magnitude_is_told_once(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(set_core("o-fees-range", "value = 4300"))
    assert found(con, REMAINDER) == []
    assert len(found(con, "range.other-magnitude")) == 1


def test_a_quotient_outside_its_usual_range(con: duckdb.DuckDBPyConnection) -> None:
    firms = "update intermediate.int_mart_cell set {} where slot = 'firms'"
    con.execute(firms.format("value = 7.3, reference_value = 73000"))
    assert found(con, QUOTIENT) == [
        (
            "6.3 万亩 / 7.3 万家 = 0.86; plausible 1 to 5000",
            "R1 2022年 land 6.3 万亩 与firms 7.3 万家 之比，每家用地（亩）为 0.86，"
            "通常在 1 至 5000 之间",
            "land, R1, 2022, 6.3 万亩, by firms, 7.3 万家: land per firm (mu) 0.86, usually from 1 "
            "to 5000",
        )
    ]
    con.execute(firms.format("qualifier = 'at_most'"))  # of fewer firms it would be more
    assert found(con, QUOTIENT) == []
    con.execute(firms.format("qualifier = 'exact', item = 'loans'"))  # another row: other firms
    assert found(con, QUOTIENT) == []


def test_what_reaches_no_mart_is_told_by_cause(con: duckdb.DuckDBPyConnection) -> None:
    insert(con, "landing.indicator", indicator_code="beds", name_zh="床位", name_en="Beds",
           mart="investment.project", scope="total", role="value")  # fmt: skip
    for number, breakdown in enumerate(("public", "private")):
        known(con, f"o-beds-{number}", indicator_code="beds", breakdown=breakdown)
    known(con, "o-beds-other", indicator_code="beds", scope="above_scale")
    known(con, "o-loose", indicator_code="loose")
    known(con, "o-second", indicator_code="total", period="2019", is_headline=False)
    assert found(con, CUT) == [
        (
            "breakdown",
            "2 个数未进入任何集市，集市没有该分组的列：床位（private, public）",
            "2 figures in no mart, because the marts have no column for their classes: "
            "Beds (private, public)",
        ),
        (
            "scope",
            "1 个数未进入任何集市，口径不是申报的口径：床位",
            "1 figure in no mart, because their scope is not the declared one: Beds",
        ),
    ]
    con.execute(
        "insert into investment.project select observation_id, observation_id "
        "from core.observation where indicator_code = 'beds'"
    )
    assert found(con, CUT) == []
