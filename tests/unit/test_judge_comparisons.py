"""Figures that follow from each other: what is found, what rounding explains, what stays open.

Belongs here: the views of ``expectations/comparisons.sql`` but for parts, shares, limits and
repeats (test_judge_rules), with literal rows. Does not belong here: that every rule is tripped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.judge.catalogue import Rule
from orchestration.judge.gates import prepare
from tests.unit.judged import (
    AVERAGE,
    CATALOGUE,
    CUMULATIVE,
    EXPECTATIONS,
    PRESS,
    SCHEMA,
    SHARE,
    YEAR_2020,
    YEARS,
    answers,
    build,
    collect_findings,
    figure,
    insert,
    known,
    relate,
    set_core,
)

pytestmark = pytest.mark.core

Answer = bool | None


@pytest.fixture(scope="module")
def good() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        build(connection)
        yield connection


@pytest.fixture
def con(good: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    good.execute("begin")
    yield good
    good.execute("rollback")


def change(con: duckdb.DuckDBPyConnection, text: str) -> None:
    """Changes of figures, ``id column = value, …``, several of them divided by ``;``."""
    for part in text.split(";"):
        where, what = part.strip().split(" ", 1)
        con.execute(set_core(where, what))


def found(con: duckdb.DuckDBPyConnection, rule_id: str) -> list[tuple[str, ...]]:
    """Arithmetic and both messages of the findings of a rule."""
    collect_findings(con, [CATALOGUE.get(rule_id)])
    return con.execute(
        "select arithmetic, message_zh, message_en from landing.finding where rule_id = ?",
        [rule_id],
    ).fetchall()


def test_parts_of_two_cuts_are_never_added_up(con: duckdb.DuckDBPyConnection) -> None:
    # a and b make up the total; of the same total, by another cut, 70 and 40 are too much.
    before = answers(con, "compared_parts", "is_above")
    whole = con.execute(
        "select value, unit from core.observation where indicator_code = 'total' limit 1"
    ).fetchone()
    assert whole is not None
    for code, share in (("town", 7), ("village", 4)):
        known(con, f"o-{code}", indicator_code=code, value=str(whole[0] * share / 10))
        relate(con, "part_of", code, "total", reaches_total=True, cut="place")
    after = con.execute(
        "select is_above, parts, members from judge.compared_parts "
        "where indicator_code = 'total' order by is_above, parts"
    ).fetchall()
    assert len(after) == len(before) + 1
    assert (True, 2, 2) in after
    assert after.count((True, 2, 2)) == 1


# --- shares and ratios -----------------------------------------------------------------------

RATIO = "compared_quotients where kind = 'ratio_of'"
SHARES = "compared_quotients where kind = 'share_of'"


@pytest.mark.parametrize(
    ("changes", "is_different"),
    [
        ("o-per-head value = 100000", False),
        ("o-per-head value = 100101", True),  # 100.05 亿元 / 9.995 万人 is 100100.05 元
        ("o-per-head value = 100100", False),
        ("o-per-head value = 99000, qualifier = 'above'", False),
        ("o-per-head value = 110000, qualifier = 'above'", True),
        ("o-total qualifier = 'above'", None),
        ("o-people qualifier = 'approx'", None),
        ("o-people-before known_to = date '2024-01-01'", None),  # one year end is missing
        ("o-people period_end = date '2022-11-30'", None),  # no year end
        ("o-people scope = 'registered'", None),
        ("o-per-head period_kind = 'cumulative_range'", None),  # a mean of what?
        ("o-per-head unit = '人/平方公里'", None),  # money per head is no density
        ("o-per-head unit = '亿元', value = 0.001, resolution = 0.00001", False),
    ],
)
def test_a_figure_per_head(
    con: duckdb.DuckDBPyConnection, changes: str, is_different: Answer
) -> None:
    change(con, changes)
    assert answers(con, RATIO, "is_different") == [is_different]


def test_year_ends_of_other_documents_are_used_and_named(con: duckdb.DuckDBPyConnection) -> None:
    change(con, "o-people source_document = 'press'; o-per-head value = 110000")
    ((arithmetic, zh, en),) = found(con, "relation.ratio-differs-from-computed")
    assert arithmetic == (
        "100 亿元 / ((10 + 10) / 2) 万人 = [99900.04, 100100.06]; "
        "printed 110000 [109999.5, 110000.5]; tolerance 0"
    )
    assert zh == (
        "R1 2022年 per_head 印为 110000 元，按total 100 亿元 与两个年末平均的residents "
        "10 万人、10 万人 计算为 100000 元。"
        "跨文件比较：本数见《doc》（not_stated），另用《press》（not_stated）"
    )
    assert en == (
        "per_head, R1, 2022, is printed as 110000 元; computed from total (100 亿元) and residents "
        '(mean of 10 万人 and 10 万人) it is 100000 元. Across documents: printed in "doc" '
        '(not_stated), computed with "press" (not_stated)'
    )


def test_an_area_is_divided_by_in_its_own_unit(con: duckdb.DuckDBPyConnection) -> None:
    same = {"price_basis": "not_applicable"}
    known(con, "o-crowd", **same, indicator_code="crowd", value="12.0", unit="万人")
    known(con, "o-land", **same, indicator_code="land", value="200", unit="平方公里")
    known(con, "o-density", **same, indicator_code="density", value="600", unit="人/平方公里")
    relate(con, "ratio_of", "density", "land", numerator_code="crowd")
    where = f"{RATIO} and indicator_code = 'density'"
    assert answers(con, where, "is_different") == [False]
    change(con, "o-density value = 610")
    assert answers(con, where, "is_different") == [True]


def test_a_share_in_ten_thousandths_of_figures_in_two_units(
    con: duckdb.DuckDBPyConnection,
) -> None:
    known(con, "o-small", indicator_code="small", value="5000", resolution="1", unit="万元")
    known(con, "o-part", **{**SHARE, "unit": "‱"}, indicator_code="part", value="50.0")
    relate(con, "share_of", "part", "total", numerator_code="small")
    where = f"{SHARES} and indicator_code = 'part'"
    assert answers(con, where, "is_different") == [False]  # 0.5 of 100 亿元 is 50 ‱
    change(con, "o-part value = 51")
    assert answers(con, where, "is_different") == [True]


@pytest.mark.parametrize(
    ("changes", "is_different"),
    [
        ("o-share-a value = 40.2", True),
        ("o-share-a value = 40.1", False),
        ("o-a estimate_stage = 'preliminary'", False),
        # a share of one stage beside figures of another: a revision explains any difference
        (
            "o-a estimate_stage = 'preliminary'; "
            "o-share-a value = 40.2, estimate_stage = 'census_revised'",
            None,
        ),
        ("o-a scope = 'above_scale'", None),
        ("o-a period = '2021'", None),
        ("o-a is_headline = false", None),  # another document's figure, and not the headline
        ("o-a known_to = date '2024-01-01'", None),
    ],
)
def test_what_a_document_lacks_is_taken_from_the_headline_of_another(
    con: duckdb.DuckDBPyConnection, changes: str, is_different: Answer
) -> None:
    change(con, f"o-a source_document = 'press'; {changes}")
    assert answers(con, SHARES, "is_different")[0] is is_different


def test_what_the_document_prints_itself_goes_before_others(con: duckdb.DuckDBPyConnection) -> None:
    known(con, "o-press-a", indicator_code="a", value="90.0", source_document="press")
    con.execute(set_core("o-a", "is_headline = false"))
    assert answers(con, SHARES, "is_different") == [False, False]


@pytest.mark.parametrize(
    ("changes", "is_below"),
    [
        ("o-share-b value = 59.9", False),  # 99.9 and two halves of 0.1
        ("o-share-b value = 59.8", True),
        ("o-share-b value = 50, qualifier = 'above'", None),
        ("o-share-b value = 50, qualifier = 'at_most'", True),
        ("o-share-b unit = '‱'", None),  # one share alone is no sum
        ("o-share-b scope = 'above_scale'", None),
    ],
)
def test_shares_that_should_reach_the_whole(
    con: duckdb.DuckDBPyConnection, changes: str, is_below: Answer
) -> None:
    change(con, changes)
    expected = [] if is_below is None and "qualifier" not in changes else [is_below]
    assert answers(con, "compared_share_sums", "is_below") == expected


def test_a_class_that_is_missing_leaves_the_sum_open(con: duckdb.DuckDBPyConnection) -> None:
    relate(con, "share_of", "share_c", "total", reaches_total=True)
    change(con, "o-share-b value = 20")
    assert answers(con, "compared_share_sums", "is_below") == [None]


def test_classes_not_declared_exhaustive_may_fall_short(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update landing.relation set reaches_total = false")
    change(con, "o-share-b value = 20")
    assert answers(con, "compared_share_sums", "is_below") == [False]


def test_shares_that_cut_across_an_exhaustive_set_are_not_added_to_it(
    con: duckdb.DuckDBPyConnection,
) -> None:
    known(con, "o-digital", **SHARE, indicator_code="digital", value="30.0")
    known(con, "o-emerging", **SHARE, indicator_code="emerging", value="80.0")
    relate(con, "share_of", "digital", "total")
    relate(con, "share_of", "emerging", "total")
    assert answers(con, "compared_share_sums", "is_above") == [True, False]
    relate(con, "overlaps", "digital", "emerging")
    assert answers(con, "compared_share_sums", "is_above") == [False]


# --- growth, increments ----------------------------------------------------------------------

AVERAGES = "compared_growth where measure = 'cagr_pct'"
YEARLY = "compared_growth where measure = 'yoy_growth_pct'"


@pytest.mark.parametrize(
    ("changes", "is_different"),
    [
        ("o-average value = 11.8", False),  # the root of 100 / 80
        ("o-average value = 11.9", False),  # 100.05 / 79.95 gives 11.867
        ("o-average value = 12.0", True),
        ("o-average value = 11, qualifier = 'above'", False),
        ("o-average value = 13, qualifier = 'above'", True),
        ("o-sales-2022 value = 90, qualifier = 'above'", None),
        ("o-sales-2020 known_to = date '2024-01-01'", None),
        ("o-sales-2020 source_document = 'press'", None),  # levels of one document only
        ("o-sales-2020 known_from = date '2021-02-01'", None),  # of another vintage
        ("o-sales-2020 scope = 'above_scale'", None),
        ("o-sales-2020 price_basis = 'constant'", None),
        ("o-average price_basis = 'not_stated'", None),
        ("o-sales-2020 value = 0", None),
        ("o-average period_end = date '2022-06-30'", None),  # no whole years
    ],
)
def test_average_growth_over_a_range_of_years(
    con: duckdb.DuckDBPyConnection, changes: str, is_different: Answer
) -> None:
    change(con, changes)
    assert answers(con, AVERAGES, "is_different") == [is_different]


def test_deliveries_of_a_document_without_a_date_are_different_vintages(
    con: duckdb.DuckDBPyConnection,
) -> None:
    change(con, "o-average value = 15; o-sales-2020 delivery_id = 'plan-0'")
    assert answers(con, AVERAGES, "is_different") == [True]
    con.execute("update landing.source_document set published = ''")
    assert answers(con, AVERAGES, "is_different") == [None]


@pytest.mark.parametrize(
    "changes",
    ["price_basis = 'comparable'", "price_basis = 'constant'", "scope = 'same_frame'"],
)
@pytest.mark.parametrize("figure", ["o-average", "o-growth"])
def test_growth_on_a_restated_base_is_never_held_against_levels(
    con: duckdb.DuckDBPyConnection, figure: str, changes: str
) -> None:
    change(con, f"{figure} {changes}, value = 50")
    assert answers(con, AVERAGES if figure == "o-average" else YEARLY, "is_different") == []


@pytest.mark.parametrize(
    ("changes", "is_different"),
    [
        ("o-growth value = 11.1", False),
        ("o-growth value = 11.2", False),  # 100.05 / 89.95 gives 11.228
        ("o-growth value = 11.4", True),
        ("o-sales-2021 qualifier = 'approx'", None),
        ("o-sales-2021 known_from = date '2022-02-01'", None),
        ("o-sales-2021 period_kind = 'cumulative_range'", None),
    ],
)
def test_growth_on_the_year_before(
    con: duckdb.DuckDBPyConnection, changes: str, is_different: Answer
) -> None:
    change(con, changes)
    assert answers(con, YEARLY, "is_different") == [is_different]


def test_growth_says_that_the_base_may_have_been_restated(con: duckdb.DuckDBPyConnection) -> None:
    change(con, "o-growth value = 4.2")
    assert CATALOGUE.get("relation.growth-differs-from-levels").severity == "informative"
    assert found(con, "relation.growth-differs-from-levels") == [
        (
            "100 / 90 - 1 = [10.99, 11.23] %; printed 4.2 [4.15, 4.25]; tolerance 0",
            "R1 2022年 sales_growth 印为 4.2%，按同一文件的sales 2021年 90 亿元、2022年 100 亿元 "
            "计算为 11.11%（基期可能经过调整）",
            "sales_growth, R1, 2022, is printed as 4.2%; computed from sales of the same document "
            "(90 亿元 in 2021, 100 亿元 in 2022) it is 11.11% (the base may have been restated)",
        )
    ]


@pytest.mark.parametrize(
    ("changes", "is_different"),
    [
        ("o-increment value = 20.1", False),
        ("o-increment value = 20.2", True),
        ("o-increment value = 25, qualifier = 'above'", True),
        ("o-increment value = 15, qualifier = 'above'", False),
        ("o-sales-2022 qualifier = 'above'", None),
        ("o-increment unit = '万元'", None),
        ("o-increment price_basis = 'not_stated'", None),
    ],
)
def test_an_increment_and_both_levels(
    con: duckdb.DuckDBPyConnection, changes: str, is_different: Answer
) -> None:
    change(con, changes)
    assert answers(con, "compared_increments", "is_different") == [is_different]


@pytest.mark.parametrize(
    ("changes", "is_different"),
    [
        # 20 * 1.25 / 0.25 = 100, with 11.8 for the average growth 99.58 to 100.73
        ("o-sales-2022 value = 100", False),
        ("o-sales-2022 value = 90", True),
        ("o-sales-2022 value = 95, qualifier = 'above'", False),
        ("o-sales-2022 value = 105, qualifier = 'above'", True),
        ("o-sales-2022 value = 100.0, qualifier = 'approx'", False),
        ("o-sales-2022 value = 100, qualifier = 'above'", None),
        ("o-average qualifier = 'above'", None),
        ("o-average value = 0", None),  # nothing follows from no growth
        ("o-average price_basis = 'comparable'", None),
        ("o-increment value = -20, resolution = 0.1; o-average value = -10.6", False),
    ],
)
def test_an_increment_and_average_growth_imply_the_level(
    con: duckdb.DuckDBPyConnection, changes: str, is_different: Answer
) -> None:
    con.execute("delete from core.observation where observation_id = 'o-sales-2020'")
    if "-20" in changes:  # 20 * 0.7992 / 0.2008 = 79.6
        con.execute(set_core("o-sales-2022", "value = 79.6"))
    change(con, changes)
    assert answers(con, "compared_increments", "is_different") == [is_different]


def test_the_level_at_the_start_is_implied_too(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from core.observation where observation_id = 'o-sales-2022'")
    assert answers(con, "compared_increments", "is_different") == [False]
    change(con, "o-sales-2020 value = 70")
    assert found(con, "relation.increment-differs-from-levels") == [
        (
            "20 / (q - 1), q = (1 + 11.8 %) ^ 2 = [79.46, 80.59]; printed 70 [69.95, 70.05]; "
            "tolerance 0",
            "R1 2020年 sales 印为 70 亿元，而同一文件的sales_increment 20 亿元 与sales_average "
            "11.8% 推得 79.46 至 80.59 亿元",
            "sales, R1, 2020, is printed as 70 亿元, while sales_increment (20 亿元) and "
            "sales_average (11.8%) of the same document imply 79.46 to 80.59 亿元",
        )
    ]


def test_an_increment_alone_is_counted_as_undecided(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from core.observation where indicator_code = 'sales'")
    assert answers(con, "compared_increments", "is_different") == [None]


# --- units and dates -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "unit", "value", "is_fit"),
    [
        ("level", "亿元", "5", True),
        ("level", "%", "8.04", False),
        ("level", "倍", "2", False),
        ("level", "位", "3", False),
        ("level", "人/平方公里", "3", True),
        ("level", "光年", "3", None),
        ("count", "家", "3", True),
        ("count", "万人", "3", True),
        ("count", "亿元", "3", False),
        ("count", "平方公里", "3", False),
        ("share_pct", "%", "50", True),
        ("share_pct", "‱", "73.26", True),
        ("share_pct", "‱", "10001", False),
        ("share_pct", "‱", "-1", False),
        ("share_pct", "%", "101", True),  # the delivery gate's
        ("share_pct", "百分点", "3", False),
        ("share_pct", "亿元", "3", False),
        ("yoy_growth_pct", "%", "101", True),
        ("yoy_growth_pct", "百分点", "3", True),
        ("yoy_growth_pct", "亿元", "3", False),
        ("rank", "位", "3", True),
        ("rank", "个", "3", True),
        ("rank", "%", "3", False),
        ("rank", "亿元", "3", False),
        ("ratio", "倍", "1.65", True),
        ("ratio", "%", "20", True),
        ("ratio", "亿元", "20", False),
        ("mom_growth_pct", "%", "0.3", True),
        ("mom_growth_pct", "亿元", "0.3", False),
        ("index", "指数", "103.2", True),
        ("index", "%", "103.2", True),
        ("index", "亿元", "103.2", False),
        ("target_level", "%", "20", True),
        ("target_level", "亿元", "20", True),
        ("target_growth_pct", "亿元", "20", False),
    ],
)
def test_units_and_measures(
    con: duckdb.DuckDBPyConnection, measure: str, unit: str, value: str, is_fit: Answer
) -> None:
    known(con, "o-x", indicator_code="x", measure=measure, unit=unit, value=value)
    rows = con.execute("select is_fit from judge.measured where indicator_code = 'x'").fetchall()
    assert rows == [(is_fit,)]


def test_many_figures_with_one_wrong_unit_are_one_finding(con: duckdb.DuckDBPyConnection) -> None:
    for number, region in enumerate(("R1", "R11", "R12")):
        known(con, f"o-x{number}", indicator_code="x", unit="%", value="8", region_code=region)
    assert found(con, "unit.does-not-fit-measure") == [
        (
            "8%, level",
            "R12 2022年 x 印为 8%，而level不应以“%”计；该指标共 3 个数如此",
            "x, R12, 2022, is printed as 8%, but the unit (%) does not fit its measure (level), "
            "as with 3 figures of it",
        )
    ]


@pytest.mark.parametrize(
    ("changes", "findings"),
    [
        ("known_from = date '2022-12-31'", 0),
        ("known_from = date '2022-12-30'", 1),
        ("known_from = date '2022-12-30', estimate_stage = 'forecast'", 0),
        ("known_from = date '2022-12-30', obs_status = 'F'", 0),
        ("known_from = date '2022-12-30', measure = 'target_level'", 0),
        ("known_from = date '2022-12-30', period_kind = 'target'", 0),
        ("known_from = date '2022-12-30', period_kind = 'point'", 0),  # any day of the year
        ("known_from = date '2021-12-30'", 0),  # before it started: the delivery gate's
        ("known_from = date '2022-12-30', known_to = date '2024-01-01'", 0),
    ],
)
def test_an_outturn_is_not_known_before_its_period_ends(
    con: duckdb.DuckDBPyConnection, changes: str, findings: int
) -> None:
    con.execute(set_core("o-b", changes))
    assert len(found(con, "period.ends-after-publication")) == findings


@pytest.mark.parametrize(
    ("published", "findings"),
    [
        ("2026-03-01", 0),
        ("2026-03-02", 1),
        ("2026-03", 0),  # any day of the month
        ("2026-04", 1),
        ("2026", 0),
        ("2027", 1),
        ("", 0),
    ],
)
def test_a_document_is_not_dated_after_the_release(
    con: duckdb.DuckDBPyConnection, published: str, findings: int
) -> None:
    con.execute(
        "update landing.source_document set published = ? where source_document = 'doc'",
        [published],
    )
    assert len(found(con, "document.published-in-future")) == findings


# --- documents -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "is_different"),
    [
        ("o-press-2022 value = 100, resolution = 1", False),
        ("o-press-2022 value = 101, resolution = 1", True),
        ("o-press-2022 value = 100.1", False),
        ("o-press-2022 value = 99, qualifier = 'above'", False),
        ("o-press-2022 value = 101, qualifier = 'above'", True),
        ("o-press-2022 value = 90, qualifier = 'approx'", False),
        ("o-press-2022 value = 70, qualifier = 'approx'", True),
        ("o-press-2022 value = 101, qualifier = 'at_most'", False),
        ("o-press-2022 value = 99; o-sales-2022 qualifier = 'above'", True),
        ("o-press-2022 value = 300; o-sales-2022 qualifier = 'above'", False),
        ("o-press-2022 value = 300, resolution = null, qualifier = 'approx'", None),
    ],
)
def test_two_documents_about_one_fact(
    con: duckdb.DuckDBPyConnection, changes: str, is_different: Answer
) -> None:
    change(con, changes)
    assert answers(con, "compared_documents where period = '2022'", "is_different") == [
        is_different
    ]


@pytest.mark.parametrize(
    "what",
    [
        "scope = 'above_scale'",
        "period_kind = 'cumulative_range'",
        "period = '2023'",
        "price_basis = 'comparable'",
        "breakdown = 'female'",
        "basis = 'cumulative'",
        "region_code = 'R2'",
        "unit = '万元'",
        "estimate_stage = 'forecast'",
        "obs_status = 'F'",
        "measure = 'target_level'",
        "known_to = date '2024-01-01'",
        "source_document = 'doc'",
    ],
)
def test_what_is_another_fact_is_not_compared(con: duckdb.DuckDBPyConnection, what: str) -> None:
    con.execute(set_core("o-press-2022", f"value = 200, {what}"))
    assert answers(con, "compared_documents where period = '2022'", "is_different") == []


def kinds(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Which of the two rules about other documents find something."""
    rules = ("contradiction", "census-revision")
    return [rule for rule in rules if found(con, f"document.{rule}")]


@pytest.mark.parametrize(
    ("stage", "other", "expected"),
    [
        ("census_revised", "preliminary", ["census-revision"]),
        ("final", "census_revised", ["census-revision"]),
        # estimates are made to be revised
        ("final", "preliminary", []),
        ("preliminary", "flash", []),
        ("flash", "final", []),
        ("census", "survey_estimate", []),
        ("preliminary", "preliminary", ["contradiction"]),
        ("census_revised", "census_revised", ["contradiction"]),
        ("preliminary", "not_stated", ["contradiction"]),
        ("not_stated", "not_stated", ["contradiction"]),
        ("survey_estimate", "preliminary", ["contradiction"]),
        ("final", "not_stated", ["contradiction"]),  # known on one day: neither came later
    ],
)
def test_a_later_stage_of_estimate_is_a_revision(
    con: duckdb.DuckDBPyConnection, stage: str, other: str, expected: list[str]
) -> None:
    con.execute(set_core("o-sales-2022", f"estimate_stage = '{stage}'"))
    con.execute(set_core("o-press-2022", f"estimate_stage = '{other}', value = 120"))
    assert kinds(con) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ("o-sales-2022 estimate_stage = 'final', known_from = date '2024-01-20'", []),
        ("o-press-2022 estimate_stage = 'final', known_from = date '2024-01-20'", []),
        (
            "o-press-2022 known_from = date '2024-01-20'; o-sales-2022 estimate_stage = 'final'",
            ["contradiction"],
        ),
        ("o-press-2022 known_from = date '2024-01-20'", ["contradiction"]),
    ],
)
def test_a_final_figure_that_comes_later_is_a_revision(
    con: duckdb.DuckDBPyConnection, changes: str, expected: list[str]
) -> None:
    change(con, f"o-press-2022 value = 120; {changes}")
    assert kinds(con) == expected


@pytest.mark.parametrize(
    ("value", "known_from", "is_different"),
    [
        ("120", date(2023, 1, 1), False),  # the version that was in force then
        ("120", date(2023, 3, 1), True),  # it had ended: an outdated figure
        ("121", date(2023, 1, 1), True),
    ],
)
def test_a_document_may_quote_what_was_in_force_when_it_appeared(
    con: duckdb.DuckDBPyConnection, value: str, known_from: date, is_different: bool
) -> None:
    before = {"known_from": date(2022, 12, 31), "known_to": date(2023, 2, 1)}
    known(con, "o-earlier", **before, indicator_code="sales", value="120.0", is_headline=False)
    con.execute(set_core("o-press-2022", f"value = {value}, known_from = date '{known_from}'"))
    where = "compared_documents where period = '2022'"
    assert answers(con, where, "is_different") == [is_different]


def test_documents_grades_stages_and_the_headline_are_named(
    con: duckdb.DuckDBPyConnection,
) -> None:
    for document, title, grade in (("doc", "公报", "official"), ("press", "日报", "secondary")):
        con.execute(
            "update landing.source_document set title_zh = $t, title_en = $t, source_grade = $g "
            "where source_document = $d",
            {"t": title, "g": grade, "d": document},
        )
    for code, name in (("official", "官方"), ("secondary", "转引")):
        insert(con, "landing.code", list="source_grade", code=code, name_zh=name, name_en=code)
    change(con, "o-press-2022 value = 120, estimate_stage = 'flash'")
    assert found(con, "document.contradiction") == [
        (
            "100 [99.95, 100.05] / 120 [119.95, 120.05]",
            "R1 2022年 sales：《公报》（官方，not_stated）为 100 亿元，取为主数；"
            "《日报》（转引，flash）为 120 亿元。两数不能同时成立",
            'sales, R1, 2022: "公报" (official, not_stated) has 100 亿元, the headline; '
            '"日报" (secondary, flash) has 120 亿元. They cannot both be right',
        )
    ]


# --- periods that lie in each other ----------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "is_exceeded"),
    [
        ("o-sales-range value = 100.1", False),
        ("o-sales-range value = 99.9", False),  # rounding
        ("o-sales-range value = 99.8", True),
        ("o-sales-range value = 90, qualifier = 'above'", None),
        ("o-sales-range value = 90, qualifier = 'at_most'", True),
        ("o-sales-2022 value = 160, qualifier = 'above'", True),
        ("o-sales-2022 value = 160, qualifier = 'at_most'", None),
    ],
)
def test_a_year_inside_a_cumulative_range(
    con: duckdb.DuckDBPyConnection, changes: str, is_exceeded: Answer
) -> None:
    change(con, changes)
    assert answers(con, "compared_ranges", "is_exceeded") == [is_exceeded]


@pytest.mark.parametrize(
    "changes",
    [
        "o-sales-range scope = 'above_scale'",
        "o-sales-range region_code = 'R11'",
        "o-sales-range price_basis = 'comparable'",
        "o-sales-range unit = '万元'",
        "o-sales-range is_headline = false",
        "o-sales-range basis = 'point_in_time'",  # a stock
        # the year does not lie in it
        "o-sales-range period_start = date '2022-02-01', period_end = date '2023-06-30'",
        "o-sales-range estimate_stage = 'forecast'",
        "o-sales-2020 value = -5",  # a net amount
    ],
)
def test_what_is_no_range_of_one_flow_is_not_compared(
    con: duckdb.DuckDBPyConnection, changes: str
) -> None:
    change(con, f"o-sales-range value = 10; {changes}")
    assert answers(con, "compared_ranges", "is_exceeded") == []


def test_a_half_year_inside_its_year(con: duckdb.DuckDBPyConnection) -> None:
    half = {
        **CUMULATIVE,
        "period": "2022-01/2022-06",
        "period_start": date(2022, 1, 1),
        "period_end": date(2022, 6, 30),
    }
    known(con, "o-half", **half, indicator_code="sales", value="40")
    where = "compared_ranges where observation_b = 'o-half'"
    assert answers(con, where, "is_exceeded") == [False]
    change(con, "o-half value = 101")
    assert answers(con, where, "is_exceeded") == [True]  # the year is the next longer one
    assert answers(con, where, "has_average") == [False]  # seasons are no finding
    change(con, "o-sales-2022 qualifier = 'above'")
    assert answers(con, where, "is_exceeded") == [False]  # it bounds nothing: 150 of the range does
    change(con, "o-half value = 151")
    assert answers(con, where, "is_exceeded") == [True]


@pytest.mark.parametrize(
    ("value", "findings"),
    [("449", 0), ("452", 1), ("15000", 1), ("101", 0)],
)
def test_another_magnitude_per_year(
    con: duckdb.DuckDBPyConnection, value: str, findings: int
) -> None:
    con.execute(set_core("o-sales-range", f"value = {value}"))
    assert len(found(con, "range.other-magnitude")) == findings


def test_things_that_are_counted_may_differ_from_year_to_year(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute(
        "update core.observation set measure = 'count', unit = '家' where indicator_code = 'sales'"
    )
    change(con, "o-sales-range value = 15000")
    assert found(con, "range.other-magnitude") == []


def test_the_averages_are_shown(con: duckdb.DuckDBPyConnection) -> None:
    change(con, "o-sales-range value = 15000")
    assert found(con, "range.other-magnitude") == [
        (
            "15000 / 18 * 12 = 10000; 100, 99.9497 times",
            "R1 2021年7月至2022年12月 sales 累计为 15000 亿元，其中 2022年 为 100 亿元，"
            "折合每年相差 99.9 倍以上",
            "sales, R1, 2021-07 to 2022-12, comes to 15000 亿元, of which 100 亿元 in 2022, "
            "and per year they are at least 99.9 times apart",
        )
    ]


# --- regions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "exceeds", "falls_short"),
    [
        ("o-people-12 value = 6.01", 0, 0),  # 10.01 against 10.00: rounding
        ("o-people-12 value = 6.02", 1, 0),
        ("o-people-12 value = 5.98", 0, 1),
        ("o-people-12 value = 7, qualifier = 'above'", 1, 0),
        ("o-people-12 value = 5, qualifier = 'above'", 0, 0),  # open
        ("o-people-12 value = 5, scope = 'registered'", 0, 0),  # a region is missing
        ("o-people-12 value = 7, scope = 'registered'", 0, 0),
        ("o-people-12 value = 12, period = '2020-12'", 0, 0),
        # another document is of another vintage: one per cent is allowed, and no sum has to meet
        ("o-people-12 value = 5, source_document = 'press'", 0, 0),
        ("o-people-12 value = 6.1, source_document = 'press'", 0, 0),
        ("o-people-12 value = 6.2, source_document = 'press'", 1, 0),
        ("o-people-12 value = 5, estimate_stage = 'census'", 0, 0),
        ("o-people-12 value = 12, source_document = 'press', is_headline = false", 0, 0),
    ],
)
def test_regions_inside_a_region(
    con: duckdb.DuckDBPyConnection, changes: str, exceeds: int, falls_short: int
) -> None:
    change(con, changes)
    assert len(found(con, "region.parts-exceed-total")) == exceeds
    assert len(found(con, "region.parts-do-not-reach-total")) == falls_short


@pytest.mark.parametrize(
    ("sql", "exceeds", "falls_short"),
    [
        ("update landing.indicator set over_regions = 'at_most'", (0, 1), (0, 0)),
        ("update landing.indicator set over_regions = ''", (0, 0), (0, 0)),
        ("update landing.region set lists_all_parts = false", (0, 1), (0, 0)),
        # a third region in force without a figure
        ("update landing.region set valid_to = null", (0, 1), (0, 0)),
        # it ends within the period: nobody knows whose the figures are
        (
            "update landing.region set valid_to = date '2022-12-15' where region_code = 'R13'",
            (0, 1),
            (0, 0),
        ),
    ],
)
def test_what_is_declared_decides_which_sums_have_to_meet(
    con: duckdb.DuckDBPyConnection, sql: str, exceeds: tuple[int, int], falls_short: tuple[int, int]
) -> None:
    con.execute(sql)
    for index, value in enumerate(("5.00", "7.00")):
        change(con, f"o-people-12 value = {value}")
        assert len(found(con, "region.parts-exceed-total")) == exceeds[index]
        assert len(found(con, "region.parts-do-not-reach-total")) == falls_short[index]


def test_a_group_of_regions_is_no_part_beside_its_members(con: duckdb.DuckDBPyConnection) -> None:
    """The urban districts of a city: they lack a figure, and no sum waits for it."""
    insert(
        con,
        "landing.region",
        region_code="R1-urban",
        parent_code="R1",
        region_kind="aggregate",
    )
    change(con, "o-people-12 value = 5.5")
    assert len(found(con, "region.parts-do-not-reach-total")) == 1


def test_the_sum_over_regions_is_shown(con: duckdb.DuckDBPyConnection) -> None:
    change(con, "o-people-12 value = 5.5")
    assert found(con, "region.parts-do-not-reach-total") == [
        (
            "4 + 5.5 = 9.5 [9.49, 9.51]; total 10 [9.995, 10.005]; 2 of 2 regions",
            "R1 2022年12月 residents 印为 10 万人，所辖 2 个地区中 2 个之和为 9.5 万人，"
            "地区齐全而小于本地区",
            "residents, R1, 2022-12, is printed as 10 万人; 2 of the 2 regions inside it add up "
            "to 9.5 万人, less than the region itself",
        )
    ]


# --- frozen ----------------------------------------------------------------------------------


def test_frozen_comparisons_are_the_same_and_can_be_laid_again(
    con: duckdb.DuckDBPyConnection,
) -> None:
    change(con, "o-people-12 value = 5.5; o-per-head value = 110000")
    rules = CATALOGUE.by_gate("marts", "sql")

    def everything(asked: Sequence[Rule] = rules) -> list[tuple[object, ...]]:
        collect_findings(con, asked)
        return con.execute("from landing.finding order by all").fetchall()

    as_views = everything()
    assert len(as_views) >= 2
    named = con.execute("select distinct rule_id from landing.finding").fetchall()
    for _ in range(2):
        prepare(con, CATALOGUE, EXPECTATIONS, "marts")
        assert everything() == as_views
    change(con, "o-people-12 value = 6")
    assert everything() == as_views  # nothing is computed again
    prepare(con, CATALOGUE, EXPECTATIONS, "marts", frozen=False)
    assert len(everything([CATALOGUE.get(name) for (name,) in named])) == len(as_views) - 1


# --- laws ------------------------------------------------------------------------------------

CASES = 8
"""Cases in one example: each is a region of its own, and all are compared at once."""
PARTS = 5
AMOUNTS = st.decimals(min_value="0.5", max_value="9000", places=4)
RULES = tuple(
    rule
    for rule in CATALOGUE.by_gate("marts", "sql")
    if rule.id.startswith(("relation.", "region.", "range.", "document.contr"))
)


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """Declared relations and no figure."""
    with duckdb.connect() as connection:
        connection.execute(SCHEMA)
        for unit, dimension, factor in (("亿元", "currency_cny", 10**8), ("%", "percent", 1)):
            insert(connection, "landing.unit", unit=unit, dimension=dimension, factor=factor)
        insert(connection, "landing.indicator", indicator_code="total", over_regions="sum")
        relate(connection, "growth_of", "growth", "total")
        relate(connection, "increment_of", "increment", "total")
        for case in range(CASES):
            insert(connection, "landing.region", region_code=f"R{case}", lists_all_parts=True)
        for number in range(PARTS):
            part, share = f"p{number}", f"share_p{number}"
            more = {"numerator_code": part, "reaches_total": True}
            relate(connection, "part_of", part, "total", reaches_total=True)
            relate(connection, "share_of", share, "total", **more)
            for case in range(CASES):
                place = {"region_code": f"R{case}_{number}", "parent_code": f"R{case}"}
                insert(connection, "landing.region", **place)
        prepare(connection, CATALOGUE, EXPECTATIONS, "marts", frozen=False)
        yield connection


def findings_in(con: duckdb.DuckDBPyConnection, figures: list[dict[str, object]]) -> int:
    """How many findings there are in figures, each of which has all columns."""
    con.execute("delete from core.observation")
    names = ", ".join(figures[0])
    marks = ", ".join("?" for _ in figures[0])
    con.executemany(
        f"insert into core.observation ({names}) values ({marks})",
        [list(row.values()) for row in figures],
    )
    prepare(con, CATALOGUE, EXPECTATIONS, "marts")
    return collect_findings(con, RULES)


def stated(number: int, **changes: object) -> dict[str, object]:
    """A figure as a row of core.observation."""
    row = figure(observation_id=f"o{number}", known_to=None, is_headline=True, headline_rank=1)
    return row | {key: value for key, value in changes.items() if key in row}


def printed(value: Decimal, resolution: Decimal) -> dict[str, object]:
    rounded = value.quantize(resolution, ROUND_HALF_UP)
    return {"value": str(rounded), "resolution": str(resolution)}


@settings(max_examples=5, deadline=None)
@given(
    cases=st.lists(
        st.tuples(
            st.lists(AMOUNTS, min_size=PARTS, max_size=PARTS),
            st.decimals(min_value="0.6", max_value="1.6", places=3),
            st.sampled_from([Decimal(1), Decimal("0.1"), Decimal("0.01")]),
        ),
        min_size=CASES,
        max_size=CASES,
    )
)
def test_rounding_alone_is_never_found(
    empty: duckdb.DuckDBPyConnection, cases: list[tuple[list[Decimal], Decimal, Decimal]]
) -> None:
    """Figures that are true and rounded: parts, shares, regions, growth and increment."""
    tenth = Decimal("0.1")
    rows: list[dict[str, object]] = []
    for case, (parts, factor, unit) in enumerate(cases):
        total = sum(parts, Decimal(0))
        before = total / factor
        growth = {**YEARS, **AVERAGE, "indicator_code": "growth"}
        figures: list[dict[str, object]] = [
            printed(total, unit),
            {**YEAR_2020, **printed(before, unit)},
            {**YEARS, "indicator_code": "increment", **printed(total - before, unit)},
            {**growth, **printed((factor.sqrt() - 1) * 100, tenth)},
        ]
        for number, part in enumerate(parts):
            share = {**SHARE, **printed(part / total * 100, tenth)}
            figures += [
                {"indicator_code": f"p{number}", **printed(part, unit)},
                {"region_code": f"R{case}_{number}", **printed(part, unit)},
                {"indicator_code": f"share_p{number}", **share},
            ]
        rows += [
            stated(len(rows) + place, **{"region_code": f"R{case}", **row})
            for place, row in enumerate(figures)
        ]
    assert findings_in(empty, rows) == 0


@settings(max_examples=5, deadline=None)
@given(
    cases=st.lists(
        st.tuples(AMOUNTS, AMOUNTS, st.sampled_from(["above", "at_least"])),
        min_size=CASES,
        max_size=CASES,
    )
)
def test_a_lower_bound_that_holds_is_never_found(
    empty: duckdb.DuckDBPyConnection, cases: list[tuple[Decimal, Decimal, str]]
) -> None:
    """Whoever prints a bound below a true figure contradicts nobody."""
    exact = Decimal("0.0001")
    rows: list[dict[str, object]] = []
    for case, (before, increment, qualifier) in enumerate(cases):
        total = before + increment
        press = {**PRESS, "value": str(int(total) - 1), "qualifier": qualifier}
        some = {**YEARS, "value": str(int(increment) - 1), "qualifier": qualifier}
        part = {"value": str(int(increment)), "qualifier": qualifier}
        figures: tuple[dict[str, object], ...] = (
            printed(total, exact),
            {**YEAR_2020, **printed(before, exact)},
            {**press, "resolution": "1"},
            {**some, "resolution": "1", "indicator_code": "increment"},
            {**part, "resolution": "1", "indicator_code": "p0"},
        )
        rows += [
            stated(len(rows) + place, region_code=f"R{case}", **row)
            for place, row in enumerate(figures)
        ]
    assert findings_in(empty, rows) == 0
