"""Every rule of executor sql on small tables: silent on good rows, tripped by one bad change.

Belongs here: what the SQL of ``expectations/rules`` finds, and running it on a file. Does not
belong here: routing and verdicts (test_judge_gates), suites (test_judge_suites).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import QutongError
from orchestration.judge.catalogue import Judged, RuleOutcome
from orchestration.judge.rules import essence, run_rules
from tests.unit.judged import (
    CATALOGUE,
    answers,
    build,
    build_plausible,
    build_series,
    build_suspicious,
    candidate,
    collect_findings,
    insert,
    known,
    laid,
    relate,
    set_core,
)

pytestmark = pytest.mark.core

RANGED = ("plausible.", "levels.")
"""Rules that need ranges and regions (``build_plausible``); elsewhere they are undecided."""

SQL_RULES = tuple(rule for rule in CATALOGUE if rule.executor == "sql")


@pytest.fixture(scope="module")
def good() -> Iterator[duckdb.DuckDBPyConnection]:
    with laid(build, build_suspicious) as connection:
        yield connection


@pytest.fixture(scope="module")
def regions() -> Iterator[duckdb.DuckDBPyConnection]:
    with laid(build, build_plausible) as connection:
        yield connection


@pytest.fixture(scope="module")
def good_series() -> Iterator[duckdb.DuckDBPyConnection]:
    with laid(build, build_suspicious, build_series) as connection:
        yield connection


@pytest.fixture
def rich(good_series: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """With figures period by period."""
    good_series.execute("begin")
    yield good_series
    good_series.execute("rollback")


@pytest.fixture
def con(good: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    good.execute("begin")
    yield good
    good.execute("rollback")


def count(con: duckdb.DuckDBPyConnection, sql: str | None) -> int:
    assert sql is not None
    row = con.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


def violations(con: duckdb.DuckDBPyConnection, rule_id: str) -> int:
    return count(con, f"select count(*) from ({CATALOGUE.get(rule_id).statement('sql')})")


def set_candidate(indicator: str, change: str) -> str:
    return f"update landing.candidate set {change} where indicator_code = '{indicator}'"


def sent(delivery: int, year: int, values: str, **about: str) -> str:
    """A delivery, or more of one: figures named a, b, … of a year, in their order."""
    names = {"measure": "level", "basis": "current", "region_code": "R1", "unit": "亿元", **about}
    said = ", ".join(f"'{value}' as {name}" for name, value in names.items())
    where = "from landing.candidate where indicator_code = 'total'"
    place = 10 * delivery + 5 * (names["region_code"] == "R2")
    figures = "; ".join(
        "insert into landing.candidate by name select * replace ("
        f"{said}, 'plan-{delivery}' as delivery_id, 'fig{n}' as indicator_code, {value} as value, "
        f"'{year}' as period, date '{year}-01-01' as period_start, "
        f"date '{year}-12-31' as period_end, date '{year + 1}-02-01' as known_from, "
        f"{place + n} as place_order) {where}"
        for n, value in enumerate(values.split(), start=1)
    )
    return (
        f"insert into landing.delivery by name from (select 'plan-{delivery}' as delivery_id, "
        f"'plan' as data_set_id, {delivery} as delivery_seq, 9 as cells_accepted) "
        f"where {delivery} not in (select delivery_seq from landing.delivery); "
    ) + figures


GROWING = {"measure": "yoy_growth_pct", "basis": "yoy", "unit": "%"}

# rule -> one change that makes it fail with exactly one finding
BAD: dict[str, str] = {
    "delivery.conservation": "update landing.delivery set cells_read = 11",
    "delivery.quarantined-cells": "update landing.delivery set cells_quarantined = 2",
    "delivery.nothing-accepted": "update landing.delivery set cells_accepted = 0",
    "delivery.incomplete": set_candidate("total", "region_code = 'R2'"),
    "delivery.incomplete-soft": set_candidate("total", "indicator_code = 'other'"),
    "key.duplicate": "insert into landing.candidate "
    "select * from landing.candidate where indicator_code = 'total'",
    "place.damaged-encoding": set_candidate("total", "source_place = '表\ufffd'"),
    "value.share-out-of-range": set_candidate("share", "value = 100.1"),
    "rank.not-positive-integer": set_candidate("rank", "value = 0"),
    "count.not-whole": set_candidate("firms", "value = 12.5"),
    "value.negative-level": set_candidate("total", "value = -1"),
    "plausible.impossible": set_candidate("output_growth", "value = 5000"),
    "plausible.impossible-per-head": set_candidate(
        "output' and region_code = 'R12", "value = 6000"
    ),
    "levels.above-region": set_candidate("output' and region_code = 'R12", "value = 121"),
    "period.reversed": set_candidate("total", "period_start = date '2023-01-01'"),
    "period.in-future": set_candidate("total", "known_from = date '2021-12-31'"),
    "status.value-missing-without-status": set_candidate("gap", "obs_status = 'A'"),
    "code.not-in-list": set_candidate("total", "scope = 'everything'"),
    "delivery.damaged-object": "update landing.delivery set is_damaged = true",
    "delivery.gone-from-folder": "update landing.delivery set is_gone = true",
    "delivery.fewer-figures": "update landing.delivery set file_name = 'a.csv'; "
    "insert into landing.delivery by name select 'plan-2' as delivery_id, 'plan' as data_set_id, "
    "'a.csv' as file_name, 2 as delivery_seq, 9 as cells_accepted, 'admitted' as verdict; "
    "insert into landing.candidate select * replace ('plan-2' as delivery_id) "
    "from landing.candidate where indicator_code <> 'total'",
    "value.magnitude-shift": "insert into landing.delivery by name "
    "select 'plan-2' as delivery_id, 'plan' as data_set_id, 2 as delivery_seq; "
    "insert into landing.candidate "
    "select * replace ('plan-2' as delivery_id, value * 1000 as value) from landing.candidate "
    "where value is not null",
    "value.all-amounts-of-another-size": sent(1, 2022, "123.4 456.7 88.8 77.7")
    + "; "
    + sent(2, 2023, "61.0 230.1 44.1 39.2"),
    "repeat.table-of-another-period": sent(1, 2022, "123.4 456.7 88.8")
    + "; "
    + sent(2, 2023, "123.4 456.7 88.8"),
    "repeat.column-of-another-period": sent(1, 2022, "123.4 456.7 88.8 99.9")
    + "; "
    + sent(1, 2022, "11.3 6.7 12.8", **GROWING)
    + "; "
    + sent(2, 2023, "130.4 470.9 90.1 99.1")
    + "; "
    + sent(2, 2023, "11.3 6.7 12.8", **GROWING),
    "repeat.copied-column": sent(2, 2023, "123.4 456.7 88.8")
    + "; "
    + sent(2, 2023, "123.4 456.7 88.8", region_code="R2"),
    "value.table-of-zeros": sent(2, 2023, "0 0 0 0"),
    "value.column-of-zeros": sent(1, 2022, "123.4 456.7 88.8")
    + "; "
    + sent(1, 2022, "1.2", **GROWING)
    + "; "
    + sent(2, 2023, "0 0 0")
    + "; "
    + sent(2, 2023, "1.3", **GROWING),
    "delivery.lacks-figures": sent(2, 2022, "1 2 3")
    + "; "
    + sent(3, 2023, "1 2 3")
    + "; delete from landing.candidate where delivery_id = 'plan-3' and indicator_code = 'fig2'; "
    + sent(3, 2023, "4 5", **GROWING)
    + "; "
    + sent(2, 2022, "4 5", **GROWING),
    "period.implausible": set_candidate(
        "total", "period = '1925', period_start = '1925-01-01', period_end = '1925-12-31'"
    ),
    "period.no-sequence": "; ".join(
        sent(delivery, year, "1").replace(
            f"'plan-{delivery}' as delivery_id", "'plan-2' as delivery_id"
        )
        for delivery, year in ((2, 2019), (3, 2020), (4, 2012), (5, 2022))
    ),
    "growth.implausible": sent(2, 2023, "5000", **GROWING),
    "history.one-current-version": set_core("o-old", "known_to = null"),
    "history.interval-order": set_core("o-old", "known_to = date '2022-01-01'"),
    "history.nothing-lost": "delete from core.observation where observation_id = 'o-again'",
    "published.figures-gone": "insert into landing.unsaid (data_set_id, is_gone, said) "
    "values ('plan', true, '41')",
    "published.figures-changed": "insert into landing.unsaid (data_set_id, is_gone, said) "
    "values ('plan', false, '41')",
    "headline.exactly-one": set_core("o-again", "is_headline = true"),
    "marts.figure-not-in-mart": "delete from investment.project",
    "repeat.contradiction": set_core("o-again", "value = 102"),
    "relation.parts-exceed-total": set_core("o-b", "value = 60.2"),
    "relation.parts-do-not-reach-total": set_core("o-b", "value = 59.8"),
    "relation.share-differs-from-computed": set_core("o-share-a", "value = 40.3"),
    "relation.shares-exceed-100": set_core("o-share-b", "value = 60.3"),
    "relation.not-above": set_core("o-a", "value = 100.2"),
    "relation.shares-do-not-reach-100": set_core("o-share-b", "value = 59.7"),
    "relation.ratio-differs-from-computed": set_core("o-per-head", "value = 101000"),
    "relation.average-growth-differs-from-levels": set_core("o-average", "value = 12.5"),
    "relation.growth-differs-from-levels": set_core("o-growth", "value = 12.5"),
    "relation.increment-differs-from-levels": set_core("o-increment", "value = 21.0"),
    "unit.does-not-fit-measure": set_core("o-per-head", "unit = '%'"),
    "period.ends-after-publication": set_core("o-a", "known_from = date '2022-11-30'"),
    "document.published-in-future": "update landing.source_document set published = '2026-04' "
    "where source_document = 'doc'",
    "document.contradiction": set_core("o-press-2022", "value = 105"),
    "document.census-revision": set_core("o-press-2021", "value = 95"),
    "range.part-exceeds-whole": set_core("o-sales-range", "value = 90"),
    "range.other-magnitude": set_core("o-sales-range", "value = 1500"),
    "marts.figures-cut": set_core("o-total", "breakdown = 'private'")
    + "; delete from investment.project where project = 'o-total'",
    "suspicious.one-number-for-two-measures": set_core("o-rate", "value = 13.9"),
    "suspicious.part-grows-as-its-whole": set_core("o-export", "value = 20.7"),
    "suspicious.one-number-for-two-states": set_core("o-done", "value = 21"),
    "suspicious.remainder": set_core("o-fees-range", "value = 493.4"),
    "suspicious.quotient": "update intermediate.int_mart_cell set value = 7.3, "
    "reference_value = 73000 where slot = 'firms'; " + set_core("o-firms", "value = 7.3"),
    "system.stock-does-not-follow": "update industry_clusters.enterprise_tiers "
    "set exited = 13, stock_computed = 97, stock_difference = 3",
    "system.classes-miss-total": "update industry_clusters.per_mu_class "
    "set firms_computed = 98, firms_difference = 2",
    "system.rate-differs-from-computed": "update public_services.service_coverage "
    "set coverage_computed = 61",
    "plan.summary-differs": "update plan.plan_summary set count_computed = 98, "
    "count_difference = 2",
    "plausible.unusual": set_core("o-output-growth", "value = 74"),
    "plausible.unusual-per-head": set_core("o-taxes", "value = 210"),
    "plausible.not-whole": set_core("o-pupils", "value = 0.84213, resolution = 0.00001"),
    "plausible.domains": set_core("o-taxes", "value = 51"),
    "levels.per-head-unlike-around": set_core("o-output-R11", "value = 7.9"),
    "levels.share-moved": set_core("o-output-R11", "value = 19"),
    "levels.delivery-off": "update core.observation set value = value / 9 "
    "where indicator_code = 'output' and region_code <> 'R1'",
    "series.outlier": set_core("o-ser-2022", "value = 316.1"),
    "series.rows-exchanged": set_core("o-north-2022", "value = 31.0")
    + "; "
    + set_core("o-south-2022", "value = 10.5"),
    "series.zero-after-none": set_core("o-ser-2022", "value = 0"),
    "cumulative.falls": set_core("o-to-date-3", "value = 12.0"),
    "period.parts-differ-from-whole": set_core("o-quarter", "value = 36.0"),
    "growth.contradicts-levels": set_core("o-growth", "value = -11.1"),
    "growth.total-outside-parts": set_core("o-total-pace", "value = 8.0"),
    "revision.larger-than-usual": set_core("o-old", "value = 80.0"),
    "revision.goes-back-a-stage": set_core("o-old", "estimate_stage = 'final'")
    + "; "
    + set_core("o-total", "estimate_stage = 'preliminary'"),
    "shares.stop-adding": set_core("o-west-2022", "value = 38.0"),
    "region.parts-exceed-total": set_core("o-people-12", "value = 6.10"),
    "region.parts-do-not-reach-total": set_core("o-people-12", "value = 5.90"),
}


def test_every_rule_has_a_bad_row_here() -> None:
    assert sorted(BAD) == sorted(rule.id for rule in SQL_RULES)


def test_a_time_may_be_counted_in_fractions(con: duckdb.DuckDBPyConnection) -> None:
    rule = CATALOGUE.get("count.not-whole")
    insert(con, "landing.unit", unit="年", dimension="time_years", factor="1")
    candidate(con, measure="count", unit="年", value="2.5")
    assert len(con.execute(rule.statement("sql") or "").fetchall()) == 0
    candidate(con, measure="count", unit="家", value="2.5")
    assert len(con.execute(rule.statement("sql") or "").fetchall()) == 1


def test_documents_are_compared_with_themselves_only(con: duckdb.DuckDBPyConnection) -> None:
    rule = CATALOGUE.get("relation.parts-exceed-total")
    con.execute(set_core("o-a", "value = 900, source_document = 'other'"))
    assert len(con.execute(rule.statement("sql") or "").fetchall()) == 0
    con.execute(set_core("o-a", "source_document = 'doc'"))
    assert len(con.execute(rule.statement("sql") or "").fetchall()) == 1


@pytest.mark.parametrize("rule_id", BAD)
def test_a_rule_is_silent_on_good_rows_and_tripped_by_a_bad_one(
    request: pytest.FixtureRequest, rule_id: str
) -> None:
    name = "regions" if rule_id.startswith(RANGED) else "good_series"
    con: duckdb.DuckDBPyConnection = request.getfixturevalue(name)
    con.execute("begin")
    request.addfinalizer(lambda: con.execute("rollback"))
    rule = CATALOGUE.get(rule_id)
    checked = rule.statement("checked_sql") or f"select count(*) from {rule.batch}"
    assert count(con, checked) > 0
    assert violations(con, rule_id) == 0
    con.execute(BAD[rule_id])
    assert collect_findings(con, [rule]) == 1
    row = con.execute(
        "select * exclude (finding_id, claim, expected, effect_pct) from landing.finding"
    ).fetchone()
    assert row is not None
    assert row[:4] == (rule_id, rule.gate, rule.severity, "plan")
    assert row[-1] and row[-2], "both messages say something"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (set_candidate("rank", "value = 2.5"), {"rank.not-positive-integer"}),
        (set_candidate("share", "value = -0.1"), {"value.share-out-of-range"}),
        (set_candidate("share", "unit = '百分点', value = 101"), set()),
        (set_candidate("people", "unit = '人'"), {"count.not-whole"}),
        (set_candidate("people", "unit = '亿人'"), set()),
        (set_candidate("total", "obs_status = 'M'"), {"status.value-missing-without-status"}),
        (set_candidate("gap", "obs_status = 'M'"), set()),
        (set_candidate("total", "known_from = date '2021-12-31', obs_status = 'F'"), set()),
        (set_candidate("total", "qualifier = null"), {"code.not-in-list"}),
        (
            "update landing.code set valid_to = date '2022-01-01' where code = 'exact'",
            {"code.not-in-list"},
        ),
        (
            "update landing.code set valid_to = date '2022-01-02' where code = 'exact'",
            {"code.not-in-list"},
        ),  # the goal of 2030
        ("update landing.completeness set region_code = ''", set()),
        ("update landing.delivery set cells_quarantined = null", set()),
        (
            "update landing.delivery set cells_accepted = 0, cells_read = 3, verdict = 'refused'",
            set(),
        ),
        ("delete from landing.data_set", {"delivery.quarantined-cells"}),  # the default is 0
    ],
)
def test_the_edges_of_delivery_rules(
    con: duckdb.DuckDBPyConnection, change: str, found: set[str]
) -> None:
    con.execute(change)
    rules = [rule.id for rule in CATALOGUE.by_gate("delivery", "sql")]
    assert {rule_id for rule_id in rules if violations(con, rule_id)} == found


@pytest.mark.parametrize(
    ("change", "is_above", "is_below"),
    [
        ("o-b value = 60.0", False, False),  # 100.04 against 100.0: rounding
        ("o-b qualifier = 'above'", None, None),  # 100.04 and more: rounding or not
        ("o-b value = 61, qualifier = 'above'", True, False),
        ("o-b value = 61, qualifier = 'at_least'", True, False),
        ("o-b value = 50, qualifier = 'at_least'", None, None),
        ("o-b value = 50, qualifier = 'at_most'", False, True),
        ("o-b value = 61, qualifier = 'at_most'", None, None),
        ("o-b value = 60, qualifier = 'approx'", None, None),
        ("o-b value = 90, qualifier = 'approx'", True, False),
        ("o-total value = 50, qualifier = 'above'", None, None),
        ("o-total value = 150, qualifier = 'above'", False, True),
        ("o-total value = 99, qualifier = 'at_most'", True, False),
        ("o-b scope = 'above_scale'", False, None),  # b is another frame: a part is missing
        ("o-b price_basis = 'comparable'", False, None),
        ("o-b known_to = date '2024-01-01'", False, None),
        ("o-b known_to = date '2025-01-01'", False, None),
        ("o-b resolution = null", None, None),
    ],
)
def test_parts_and_total(
    con: duckdb.DuckDBPyConnection, change: str, is_above: bool | None, is_below: bool | None
) -> None:
    where, what = change.split(" ", 1)
    con.execute(set_core(where, what))
    assert answers(con, "compared_parts", "is_above") == [is_above]
    assert answers(con, "compared_parts", "is_below") == [is_below]


@pytest.mark.parametrize(
    ("kind", "tolerance", "is_above"),
    [
        ("absolute", "0.5", True),
        ("absolute", "0.6", False),
        ("relative", "0.005", True),
        ("relative", "0.006", False),
    ],
)
def test_a_declared_tolerance(
    con: duckdb.DuckDBPyConnection, kind: str, tolerance: str, is_above: bool
) -> None:
    con.execute(set_core("o-b", "value = 60.5"))
    con.execute(f"update landing.relation set tolerance_kind = '{kind}', tolerance = {tolerance}")
    assert answers(con, "compared_parts", "is_above") == [is_above]


def test_parts_that_overlap_are_not_summed(con: duckdb.DuckDBPyConnection) -> None:
    known(con, "o-c", indicator_code="c", value="70.0")
    relate(con, "part_of", "c", "total", reaches_total=True)
    assert answers(con, "compared_parts", "is_above") == [True]
    relate(con, "overlaps", "c", "b")
    assert answers(con, "compared_parts", "is_above") == [False, False, False]


def test_a_count_has_a_low_end_even_under_a_bound(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update core.observation set measure = 'count' where basis = 'current'")
    con.execute(set_core("o-a", "value = 5, qualifier = 'at_most'"))
    con.execute(set_core("o-b", "value = 101"))
    assert answers(con, "compared_parts", "is_above") == [True]


@pytest.mark.parametrize(
    ("change", "is_different"),
    [
        ("o-share-a value = 40.1", False),  # 40.04 / 100.0 lies in 40.01…40.07
        ("o-share-a value = 40.2", True),
        ("o-share-a value = 40.2, resolution = 1", False),
        ("o-share-a value = 39, qualifier = 'above'", False),
        ("o-share-a value = 41, qualifier = 'above'", True),
        ("o-share-a value = 41, qualifier = 'at_most'", False),
        ("o-share-a value = 40, qualifier = 'approx'", False),
        ("o-share-a value = 40.04, qualifier = 'at_least'", None),
        ("o-a qualifier = 'above'", None),
        ("o-a value = 41, qualifier = 'above'", True),
        ("o-a known_to = date '2025-01-01'", None),  # no numerator to compute with
        ("o-total qualifier = 'at_least'", None),
        ("o-total value = 0", None),
        ("o-a price_basis = 'comparable'", None),
    ],
)
def test_printed_and_computed_share(
    con: duckdb.DuckDBPyConnection, change: str, is_different: bool | None
) -> None:
    where, what = change.split(" ", 1)
    con.execute(set_core(where, what))
    shares = "compared_quotients where kind = 'share_of'"
    assert answers(con, shares, "is_different")[0] is is_different


def test_the_arithmetic_is_shown(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(set_core("o-share-a", "value = 40.3"))
    con.execute(set_core("o-b", "value = 61, qualifier = 'above'"))
    con.execute("delete from core.observation where observation_id = 'o-share-b'")
    collect_findings(
        con,
        [
            CATALOGUE.get("relation.parts-exceed-total"),
            CATALOGUE.get("relation.share-differs-from-computed"),
        ],
    )
    rows = con.execute(
        "select rule_id, place_a, place_b, observation_a, observation_b, arithmetic, message_zh "
        "from landing.finding order by rule_id"
    ).fetchall()
    assert rows == [
        (
            "relation.parts-exceed-total",
            "doc · o-total · Sheet1!B2",
            "doc · o-a · Sheet1!B2; doc · o-b · Sheet1!B2",
            "o-total",
            "o-a o-b",
            "40.04 + >61 = 101.04 [101.035, ?]; total 100 [99.95, 100.05]; tolerance 0",
            "R1 2022年 total 印为 100 亿元，而分项 a 40.04 亿元、b 超 61 亿元 之和为 101.04 亿元，"
            "大于总计",
        ),
        (
            "relation.share-differs-from-computed",
            "doc · o-share-a · Sheet1!B2",
            "doc · o-a · Sheet1!B2; doc · o-total · Sheet1!B2",
            "o-share-a",
            "o-a o-total",
            "40.04 / 100 * 100 = [40.01, 40.07]; printed 40.3 [40.25, 40.35]; tolerance 0",
            "R1 2022年 share_a 印为 40.3%，按同一文件的a 40.04 亿元 与total 100 亿元 计算为 40.04%",
        ),
    ]


@pytest.mark.parametrize(
    ("change", "is_above"),
    [
        ("o-share-b value = 60.1", False),
        ("o-share-b value = 60.2", True),  # 100.2 less two halves of 0.1 is still above 100
        ("o-share-b value = 61, qualifier = 'at_least'", True),
        ("o-share-b value = 50, qualifier = 'at_least'", None),
        ("o-share-b value = 60, qualifier = 'at_most'", None),
        ("o-share-b value = 50, qualifier = 'at_most'", False),
    ],
)
def test_shares_of_one_whole(
    con: duckdb.DuckDBPyConnection, change: str, is_above: bool | None
) -> None:
    where, what = change.split(" ", 1)
    con.execute(set_core(where, what))
    assert answers(con, "compared_share_sums", "is_above") == [is_above]


def test_shares_that_overlap_are_not_summed(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(set_core("o-share-b", "value = 90"))
    relate(con, "overlaps", "b", "a")  # their numerators
    assert answers(con, "compared_share_sums", "is_above") == []


@pytest.mark.parametrize(
    ("change", "is_above"),
    [
        ("o-a value = 100.0", False),
        ("o-a value = 100.05", False),
        ("o-a value = 100.1", True),
        ("o-a value = 90, qualifier = 'above'", None),
        ("o-a value = 101, qualifier = 'above'", True),
        ("o-a value = 99, qualifier = 'at_most'", False),
        ("o-a indicator_code = 'z'", None),
    ],
)
def test_not_above(con: duckdb.DuckDBPyConnection, change: str, is_above: bool | None) -> None:
    where, what = change.split(" ", 1)
    con.execute(set_core(where, what))
    expected = [] if "'z'" in change else [is_above]
    assert answers(con, "compared_limits", "is_above") == expected


@pytest.mark.parametrize(
    ("change", "is_contradictory"),
    [
        ("value = 100", False),
        ("value = 101", True),
        ("value = 99, qualifier = 'above'", False),
        ("value = 101, qualifier = 'above'", True),
        ("value = 100, qualifier = 'at_most'", False),
        ("value = 99, qualifier = 'at_most'", True),
        ("value = 110, qualifier = 'approx'", False),
        ("value = 130, qualifier = 'approx'", True),
        ("value = 100, resolution = null", False),
        ("value = 101, resolution = null", None),
    ],
)
def test_a_figure_printed_twice(
    con: duckdb.DuckDBPyConnection, change: str, is_contradictory: bool | None
) -> None:
    con.execute(set_core("o-again", change))
    assert answers(con, "compared_repeats", "is_contradictory") == [is_contradictory]


def printed(con: duckdb.DuckDBPyConnection, *values: str, qualifier: str = "exact") -> None:
    """The figure that stands at ``o-total`` and ``o-again`` as 100, at as many more places."""
    for value in values:
        number = count(con, "select count(*) from core.observation")
        changes = {"value": value, "qualifier": qualifier, "is_headline": False}
        known(con, f"o-more-{number:04}", **changes)


def contradictions(con: duckdb.DuckDBPyConnection) -> list[tuple[str, ...]]:
    sql = CATALOGUE.get("repeat.contradiction").statement("sql")
    columns = "observation_a, observation_b, arithmetic, message_en"
    return con.execute(f"select {columns} from ({sql}) order by 2").fetchall()


def compared(con: duckdb.DuckDBPyConnection) -> int:
    sql = CATALOGUE.get("repeat.contradiction").statement("checked_sql")
    return count(con, f"select ({sql})")


def test_one_place_against_many_is_one_finding(con: duckdb.DuckDBPyConnection) -> None:
    printed(con, "100.0", "100.0", "120.0", "100.0")
    assert contradictions(con) == [
        (
            "o-more-0031",
            "o-more-0033",
            "100 [99.95, 100.05] / 120 [119.95, 120.05]",
            "total, R1, 2022, is 100 亿元 in 4 places of the document and 120 亿元 in another",
        )
    ]
    assert compared(con) == 5


def test_findings_are_as_many_as_statements_not_as_pairs(
    con: duckdb.DuckDBPyConnection,
) -> None:
    printed(con, *(str(200 + number) for number in range(30) for _ in range(20)))
    found = contradictions(con)
    assert len(found) == 31  # 100 and 100.0 stand in a place each, 200 first in twenty
    assert found[0][2].startswith("200 [199.95, 200.05] / ")
    assert {entry[3].split(" in ", 1)[1] for entry in found} == {
        "20 places of the document and 100 亿元 in another",
        *(f"20 places of the document and {200 + n} 亿元 in 20 others" for n in range(1, 30)),
    }
    assert compared(con) == 601


def test_what_a_bound_allows_can_still_contradict_itself(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(set_core("o-again", "value = 90, qualifier = 'above'"))
    con.execute(set_core("o-total", "value = 90, qualifier = 'above'"))
    printed(con, "98.0", "102.0", "95.0")
    assert [entry[2] for entry in contradictions(con)] == [
        "102 [101.95, 102.05] / 98 [97.95, 98.05]",
        "102 [101.95, 102.05] / 95 [94.95, 95.05]",
    ]


def test_two_prints_at_one_place_are_no_two_places(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(set_core("o-again", "value = 120, source_place = 'o-total'"))
    assert contradictions(con) == []
    printed(con, "120.0")
    # 120 stands there too: what is said at the other place contradicts what is said here
    assert [entry[:2] for entry in contradictions(con)] == [("o-more-0031", "o-total")]


def test_another_document_may_say_something_else(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(set_core("o-again", "value = 130, source_document = 'other'"))
    assert answers(con, "compared_repeats", "is_contradictory") == []


def test_the_id_of_a_finding_is_stable_and_unique(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update landing.candidate set scope = 'x', unit = 'y'")
    con.execute("insert into landing.candidate select * from landing.candidate")
    rule = CATALOGUE.get("code.not-in-list")
    assert collect_findings(con, [rule]) == 14
    first = con.execute("select finding_id from landing.finding order by all").fetchall()
    assert collect_findings(con, [rule]) == 14
    again = con.execute("select finding_id from landing.finding order by all").fetchall()
    assert first == again
    assert len(set(first)) == 14
    assert all(len(row[0]) == 17 and row[0][0] == "v" for row in first)


def test_a_rule_that_cannot_run_leaves_one_finding() -> None:
    rule = CATALOGUE.get("code.not-in-list").model_copy(update={"sql": "select x from nowhere"})
    with duckdb.connect() as connection:  # not in a transaction: an error would end it
        build(connection)
        assert collect_findings(connection, [rule, CATALOGUE.get("marts.contract")]) == 1
        findings = connection.execute("select rule_id, message_en from landing.finding").fetchall()
    assert findings == [
        ("code.not-in-list", "the rule could not be run; report it to the maintainer")
    ]


# --- on a file -------------------------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> Path:
    folder = tmp_path / "区 统 $HOME 50%"
    folder.mkdir()
    file = folder / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        build(connection)
    return file


def run(database: Path) -> dict[str, RuleOutcome]:
    judged = run_rules(database, CATALOGUE.rules)
    found = Counter(violation["rule_id"] for violation in judged.violations)
    for outcome in judged.outcomes:  # what is counted is what is named
        assert found[outcome.rule_id] == (1 if outcome.error else outcome.unexpected_count)
    return {outcome.rule_id: outcome for outcome in judged.outcomes}


def test_all_rules_pass_on_good_tables(
    database: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(database.parent)
    outcomes = run(database)
    assert list(outcomes) == [rule.id for rule in SQL_RULES]
    # where no range is declared, nobody knows what is plausible; a first delivery, and the first
    # figure of a series, have nothing before them
    lacking = {"plausible.impossible", "delivery.lacks-figures", "series.outlier"}
    assert {outcomes.pop(rule).outcome for rule in lacking} == {"undecided"}
    assert {outcome.outcome for outcome in outcomes.values()} == {"passed"}
    assert outcomes["relation.parts-exceed-total"] == RuleOutcome(
        "relation.parts-exceed-total", "passed", unexpected_count=0, checked_count=1
    )
    assert outcomes["code.not-in-list"].checked_count == 63
    assert capfd.readouterr() == ("", "")
    assert [file.name for file in database.parent.iterdir()] == [database.name]
    with duckdb.connect(str(database)) as connection:  # the write lock is free again
        connection.execute("create table landing.free as select 1 as one")


def test_bad_rows_undecided_ones_and_rules_that_cannot_run(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with duckdb.connect(str(database)) as connection:
        for rule_id in ("delivery.conservation", "count.not-whole", "relation.not-above"):
            connection.execute(BAD[rule_id])
        connection.execute(set_core("o-share-b", "qualifier = 'approx'"))
        connection.execute("drop view judge.compared_repeats")
        connection.execute("alter table landing.candidate rename period_end to ended")
        connection.execute("alter table landing.candidate add column ready boolean")
    with caplog.at_level(logging.WARNING):
        outcomes = run(database)
    assert outcomes["delivery.conservation"].unexpected_count == 1
    assert outcomes["count.not-whole"].outcome == "failed"
    assert outcomes["relation.not-above"].outcome == "failed"
    assert outcomes["relation.not-above"].error is None
    assert outcomes["relation.shares-exceed-100"].outcome == "undecided"
    assert outcomes["relation.shares-exceed-100"].undecided_count == 1
    broken = outcomes["repeat.contradiction"]
    assert broken.outcome == "failed"
    assert broken.error is not None
    assert broken.error.startswith("Catalog Error: Table with name compared_repeats")
    assert outcomes["period.reversed"].error is not None
    assert outcomes["rank.not-positive-integer"].outcome == "passed"
    assert not caplog.records


def test_signs_that_a_library_between_would_read_as_its_own(database: Path) -> None:
    sql = (
        "select {'a': 1} as x from {batch} as c "
        "where c.unit = '%' and c.unit like '%%' and ':name' <> '{}' and c.value::int = 100"
    )
    rule = CATALOGUE.get("count.not-whole").model_copy(update={"sql": sql})
    (outcome,) = run_rules(database, [rule]).outcomes
    assert outcome == RuleOutcome("count.not-whole", "failed", 1, 1, 0)


def test_a_database_that_is_not_there_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(QutongError, match="cannot be read"):
        run_rules(tmp_path / "none.duckdb", CATALOGUE.rules)
    assert run_rules(tmp_path / "none.duckdb", []) == Judged([], [])


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Catalog Error: no table x\n\nLINE 1: from x", "Catalog Error: no table x"),
        (
            "(duckdb.CatalogException) Catalog Error: no table x\n[SQL: from x]",
            "Catalog Error: no table x",
        ),
        ("Parser Exception: near x", "Parser Exception: near x"),
        (" something else\nand more ", "something else"),
    ],
)
def test_of_an_error_its_first_words_are_told(message: str, told: str) -> None:
    assert essence(message) == told
