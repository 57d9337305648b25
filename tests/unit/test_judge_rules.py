"""Every rule of executor gx on small tables: silent on good rows, tripped by one bad change.

Belongs here: what the SQL of ``expectations/rules`` finds, and running it through Great
Expectations. Does not belong here: routing and verdicts (test_judge_gates).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.judge.catalogue import Catalogue, RuleOutcome, load_catalogue
from orchestration.judge.gates import collect_findings, prepare

pytestmark = pytest.mark.core

EXPECTATIONS = Path(__file__).parents[2] / "expectations"
CATALOGUE: Catalogue = load_catalogue(EXPECTATIONS)
GX_RULES = tuple(rule for rule in CATALOGUE if rule.executor == "gx")

FIGURE = """
    data_set_id varchar, delivery_id varchar, indicator_code varchar, region_code varchar,
    period varchar, period_start date, period_end date, period_kind varchar, measure varchar,
    basis varchar, scope varchar, price_basis varchar, breakdown varchar, value decimal(30, 8),
    resolution decimal(30, 8), unit varchar, qualifier varchar, obs_status varchar,
    conf_status varchar, estimate_stage varchar, known_from date, source_document varchar,
    source_place varchar, delivery_place varchar"""
SCHEMA = f"""
create schema landing; create schema core; create schema intermediate; create schema investment;
create table landing.candidate ({FIGURE}, occurrence integer);
create table landing.observation ({FIGURE}, occurrence integer);
create table core.observation (
    {FIGURE}, observation_id varchar, known_to date, is_headline boolean, headline_rank integer);
create table intermediate.int_observation_history (
    {FIGURE}, observation_id varchar, occurrence integer, is_unchanged_repeat boolean);
create table landing.delivery (
    delivery_id varchar, data_set_id varchar, cells_read bigint, cells_accepted bigint,
    cells_quarantined bigint, cells_non_data bigint, verdict varchar);
create table landing.data_set (data_set_id varchar, max_quarantined integer);
create table landing.completeness (
    data_set_id varchar, indicator_code varchar, region_code varchar, severity varchar);
create table landing.code (
    list varchar, code varchar, valid_from date, valid_to date);
create table landing.indicator (
    indicator_code varchar, mart varchar, scope varchar, role varchar);
create table landing.unit (unit varchar, dimension varchar);
create table landing.relation (
    relation_id varchar, kind varchar, indicator_code varchar, other_code varchar,
    numerator_code varchar, tolerance decimal(30, 8), tolerance_kind varchar,
    reaches_total boolean);
create table investment.project (project varchar, value_observation_id varchar);
"""
CODES = {
    "measure": "level count share_pct rank target_level",
    "basis": "current share rank target",
    "qualifier": "exact exceeded at_least under at_most approx",
    "period_kind": "annual target",
    "scope": "total above_scale",
    "price_basis": "current comparable not_applicable",
    "obs_status": "A P E F M O",
    "conf_status": "F",
    "estimate_stage": "not_stated forecast",
}
SHARE = {"measure": "share_pct", "basis": "share", "unit": "%", "price_basis": "not_applicable"}


def figure(**changes: Any) -> dict[str, Any]:
    """A good figure: 12.3 at current prices in 2022, known in 2023."""
    return {
        "data_set_id": "plan",
        "delivery_id": "plan-1",
        "indicator_code": "total",
        "region_code": "R1",
        "period": "2022",
        "period_start": date(2022, 1, 1),
        "period_end": date(2022, 12, 31),
        "period_kind": "annual",
        "measure": "level",
        "basis": "current",
        "scope": "total",
        "price_basis": "current",
        "breakdown": "_T",
        "value": "12.3",
        "resolution": "0.1",
        "unit": "亿元",
        "qualifier": "exact",
        "obs_status": "A",
        "conf_status": "F",
        "estimate_stage": "not_stated",
        "known_from": date(2023, 2, 1),
        "source_document": "doc",
        "source_place": "p. 1",
        "delivery_place": "Sheet1!B2",
        **changes,
    }


def insert(con: duckdb.DuckDBPyConnection, table: str, **row: Any) -> None:
    marks = ", ".join("?" for _ in row)
    con.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))


def candidate(con: duckdb.DuckDBPyConnection, **changes: Any) -> None:
    insert(con, "landing.candidate", **figure(**{"occurrence": 1, **changes}))


def known(con: duckdb.DuckDBPyConnection, observation_id: str, **changes: Any) -> None:
    """A figure in landing, history and core, each at a place of its own."""
    same = figure(**{"source_place": observation_id, **changes})
    versions = {key: same.pop(key, None) for key in ("known_to", "is_headline")}
    headline = versions["is_headline"] is None or versions["is_headline"]
    insert(con, "landing.observation", **same, occurrence=1)
    insert(
        con,
        "intermediate.int_observation_history",
        **same,
        observation_id=observation_id,
        occurrence=1,
        is_unchanged_repeat=False,
    )
    insert(
        con,
        "core.observation",
        **same,
        observation_id=observation_id,
        known_to=versions["known_to"],
        is_headline=headline,
        headline_rank=1 if headline else 2,
    )


def relate(con: duckdb.DuckDBPyConnection, kind: str, one: str, other: str, **more: Any) -> None:
    row = {
        "relation_id": f"{kind}:{one}:{other}",
        "kind": kind,
        "indicator_code": one,
        "other_code": other,
        "numerator_code": "",
        "tolerance": "0",
        "tolerance_kind": "rounding",
        "reaches_total": False,
        **more,
    }
    insert(con, "landing.relation", **row)


def build(con: duckdb.DuckDBPyConnection) -> None:
    """Good tables: no rule finds anything in them, and every rule finds something to check."""
    con.execute(SCHEMA)
    for name, codes in CODES.items():
        for code in codes.split():
            insert(con, "landing.code", list=name, code=code)
    insert(con, "landing.data_set", data_set_id="plan", max_quarantined=1)
    insert(
        con,
        "landing.delivery",
        delivery_id="plan-1",
        data_set_id="plan",
        cells_read=10,
        cells_accepted=7,
        cells_quarantined=1,
        cells_non_data=2,
    )
    for severity in ("hard", "soft"):
        insert(
            con,
            "landing.completeness",
            data_set_id="plan",
            indicator_code="total",
            region_code="R1",
            severity=severity,
        )
    candidate(con)
    candidate(con, **SHARE, indicator_code="share", value="100")
    candidate(con, indicator_code="rank", measure="rank", basis="rank", unit="1", value="3")
    candidate(con, indicator_code="firms", measure="count", unit="家", value="12")
    candidate(con, indicator_code="people", measure="count", unit="万人", value="1.25")
    candidate(
        con,
        indicator_code="goal",
        measure="target_level",
        basis="target",
        period="2030",
        period_start=date(2030, 1, 1),
        period_end=date(2030, 12, 31),
        period_kind="target",
    )
    candidate(con, indicator_code="gap", value=None, resolution=None, obs_status="O")

    known(con, "o-total", value="100.0")
    known(con, "o-a", indicator_code="a", value="40.04", resolution="0.01")
    known(con, "o-b", indicator_code="b", value="60.0")
    known(con, "o-share-a", **SHARE, indicator_code="share_a", value="40.0")
    known(con, "o-share-b", **SHARE, indicator_code="share_b", value="60.0")
    known(con, "o-again", value="100", resolution="1", is_headline=False)
    known(
        con,
        "o-old",
        value="99.0",
        source_place="o-total",
        known_from=date(2022, 6, 1),
        known_to=date(2023, 2, 1),
        is_headline=False,
    )
    insert(con, "landing.observation", **figure(value="99.0"), occurrence=1)
    insert(
        con,
        "intermediate.int_observation_history",
        **figure(value="99.0"),
        observation_id="o-old",
        occurrence=1,
        is_unchanged_repeat=True,
    )
    insert(
        con,
        "landing.indicator",
        indicator_code="total",
        mart="investment.project",
        scope="total",
        role="value",
    )
    insert(con, "landing.indicator", indicator_code="a", mart="")
    insert(con, "investment.project", project="x", value_observation_id="o-total")
    relate(con, "part_of", "a", "total", reaches_total=True)
    relate(con, "part_of", "b", "total", reaches_total=True)
    relate(con, "share_of", "share_a", "total", numerator_code="a")
    relate(con, "share_of", "share_b", "total", numerator_code="b")
    relate(con, "not_above", "a", "total")
    prepare(con, CATALOGUE, EXPECTATIONS, "marts")


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


def count(con: duckdb.DuckDBPyConnection, sql: str | None) -> int:
    assert sql is not None
    row = con.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


def violations(con: duckdb.DuckDBPyConnection, rule_id: str) -> int:
    return count(con, f"select count(*) from ({CATALOGUE.get(rule_id).statement('sql')})")


def set_core(where: str, change: str) -> str:
    return f"update core.observation set {change} where observation_id = '{where}'"


def set_candidate(indicator: str, change: str) -> str:
    return f"update landing.candidate set {change} where indicator_code = '{indicator}'"


# rule -> one change that makes it fail with exactly one finding
BAD: dict[str, str] = {
    "delivery.conservation": "update landing.delivery set cells_read = 11",
    "delivery.quarantined-cells": "update landing.delivery set cells_quarantined = 2",
    "delivery.nothing-accepted": "update landing.delivery set cells_accepted = 0",
    "delivery.incomplete": set_candidate("total", "region_code = 'R2'"),
    "delivery.incomplete-soft": set_candidate("total", "indicator_code = 'other'"),
    "key.duplicate": "insert into landing.candidate "
    "select * from landing.candidate where indicator_code = 'total'",
    "value.share-out-of-range": set_candidate("share", "value = 100.1"),
    "rank.not-positive-integer": set_candidate("rank", "value = 0"),
    "count.not-whole": set_candidate("firms", "value = 12.5"),
    "value.negative-level": set_candidate("total", "value = -1"),
    "period.reversed": set_candidate("total", "period_start = date '2023-01-01'"),
    "period.in-future": set_candidate("total", "known_from = date '2021-12-31'"),
    "status.value-missing-without-status": set_candidate("gap", "obs_status = 'A'"),
    "code.not-in-list": set_candidate("total", "scope = 'everything'"),
    "history.one-current-version": set_core("o-old", "known_to = null"),
    "history.interval-order": set_core("o-old", "known_to = date '2022-01-01'"),
    "history.nothing-lost": "delete from core.observation where observation_id = 'o-again'",
    "headline.exactly-one": set_core("o-again", "is_headline = true"),
    "marts.figure-not-in-mart": "delete from investment.project",
    "repeat.contradiction": set_core("o-again", "value = 102"),
    "relation.parts-exceed-total": set_core("o-b", "value = 60.2"),
    "relation.parts-do-not-reach-total": set_core("o-b", "value = 59.8"),
    "relation.share-differs-from-computed": set_core("o-share-a", "value = 40.3"),
    "relation.shares-exceed-100": set_core("o-share-b", "value = 60.3"),
    "relation.not-above": set_core("o-a", "value = 100.2"),
}


def test_every_rule_has_a_bad_row_here() -> None:
    assert sorted(BAD) == sorted(rule.id for rule in GX_RULES)


def test_a_time_may_be_counted_in_fractions(con: duckdb.DuckDBPyConnection) -> None:
    rule = CATALOGUE.get("count.not-whole")
    insert(con, "landing.unit", unit="年", dimension="time_years")
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
    con: duckdb.DuckDBPyConnection, rule_id: str
) -> None:
    rule = CATALOGUE.get(rule_id)
    checked = rule.statement("checked_sql") or f"select count(*) from {rule.batch}"
    assert count(con, checked) > 0
    assert violations(con, rule_id) == 0
    con.execute(BAD[rule_id])
    assert collect_findings(con, [rule]) == 1
    row = con.execute("select * exclude (finding_id) from landing.finding").fetchone()
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
    rules = [rule.id for rule in CATALOGUE.by_gate("delivery", "gx")]
    assert {rule_id for rule_id in rules if violations(con, rule_id)} == found


def answers(con: duckdb.DuckDBPyConnection, view: str, column: str) -> list[bool | None]:
    rows = con.execute(f"select {column} from judge.{view} order by observation_a").fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    ("change", "is_above", "is_below"),
    [
        ("o-b value = 60.0", False, False),  # 100.04 against 100.0: rounding
        ("o-b qualifier = 'exceeded'", None, None),  # 100.04 and more: rounding or not
        ("o-b value = 61, qualifier = 'exceeded'", True, False),
        ("o-b value = 61, qualifier = 'at_least'", True, False),
        ("o-b value = 50, qualifier = 'at_least'", None, None),
        ("o-b value = 50, qualifier = 'under'", False, True),
        ("o-b value = 61, qualifier = 'under'", None, None),
        ("o-b value = 60, qualifier = 'approx'", None, None),
        ("o-b value = 90, qualifier = 'approx'", True, False),
        ("o-total value = 50, qualifier = 'exceeded'", None, None),
        ("o-total value = 150, qualifier = 'exceeded'", False, True),
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
    con.execute(set_core("o-a", "value = 5, qualifier = 'under'"))
    con.execute(set_core("o-b", "value = 101"))
    assert answers(con, "compared_parts", "is_above") == [True]


@pytest.mark.parametrize(
    ("change", "is_different"),
    [
        ("o-share-a value = 40.1", False),  # 40.04 / 100.0 lies in 40.01…40.07
        ("o-share-a value = 40.2", True),
        ("o-share-a value = 40.2, resolution = 1", False),
        ("o-share-a value = 39, qualifier = 'exceeded'", False),
        ("o-share-a value = 41, qualifier = 'exceeded'", True),
        ("o-share-a value = 41, qualifier = 'under'", False),
        ("o-share-a value = 40, qualifier = 'approx'", False),
        ("o-share-a value = 40.04, qualifier = 'at_least'", None),
        ("o-a qualifier = 'exceeded'", None),
        ("o-a value = 41, qualifier = 'exceeded'", True),
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
    assert answers(con, "compared_shares", "is_different")[0] is is_different


def test_the_arithmetic_is_shown(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(set_core("o-share-a", "value = 40.3"))
    con.execute(set_core("o-b", "value = 61, qualifier = 'exceeded'"))
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
            "分项之和大于总计：40.04 + >61 = 101.04 [101.035, ?]; total 100 [99.95, 100.05]; "
            "tolerance 0",
        ),
        (
            "relation.share-differs-from-computed",
            "doc · o-share-a · Sheet1!B2",
            "doc · o-a · Sheet1!B2; doc · o-total · Sheet1!B2",
            "o-share-a",
            "o-a o-total",
            "40.04 / 100 * 100 = [40.01, 40.07]; printed 40.3 [40.25, 40.35]; tolerance 0",
            "比重与计算不符：40.04 / 100 * 100 = [40.01, 40.07]; "
            "printed 40.3 [40.25, 40.35]; tolerance 0",
        ),
    ]


@pytest.mark.parametrize(
    ("change", "is_above"),
    [
        ("o-share-b value = 60.1", False),
        ("o-share-b value = 60.2", True),  # 100.2 less two halves of 0.1 is still above 100
        ("o-share-b value = 61, qualifier = 'at_least'", True),
        ("o-share-b value = 50, qualifier = 'at_least'", None),
        ("o-share-b value = 60, qualifier = 'under'", None),
        ("o-share-b value = 50, qualifier = 'under'", False),
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
        ("o-a value = 90, qualifier = 'exceeded'", None),
        ("o-a value = 101, qualifier = 'exceeded'", True),
        ("o-a value = 99, qualifier = 'under'", False),
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
        ("value = 99, qualifier = 'exceeded'", False),
        ("value = 101, qualifier = 'exceeded'", True),
        ("value = 100, qualifier = 'under'", False),
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
    assert all(len(row[0]) == 16 for row in first)


def test_a_rule_that_cannot_run_leaves_one_finding() -> None:
    rule = CATALOGUE.get("code.not-in-list").model_copy(update={"sql": "select x from nowhere"})
    with duckdb.connect() as connection:  # not in a transaction: an error would end it
        build(connection)
        assert collect_findings(connection, [rule, CATALOGUE.get("marts.contract")]) == 1
        findings = connection.execute("select rule_id, message_en from landing.finding").fetchall()
    assert findings == [
        ("code.not-in-list", "the rule could not be run; report it to the maintainer")
    ]


# --- through Great Expectations ---------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> Path:
    # GX reads `$` and `%` in a connection string as something else.
    folder = tmp_path / "区 统 $HOME 50%"
    folder.mkdir()
    file = folder / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        build(connection)
    return file


def run(database: Path) -> dict[str, RuleOutcome]:
    from orchestration.judge.gx import run_rules

    return {outcome.rule_id: outcome for outcome in run_rules(database, CATALOGUE.rules)}


def test_all_rules_pass_on_good_tables(
    database: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(database.parent)
    outcomes = run(database)
    assert list(outcomes) == [rule.id for rule in GX_RULES]
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


def test_signs_that_the_libraries_between_would_read_as_their_own(database: Path) -> None:
    from orchestration.judge.gx import run_rules

    sql = (
        "select {'a': 1} as x from {batch} as c "
        "where c.unit = '%' and c.unit like '%%' and ':name' <> '{}' and c.value::int = 100"
    )
    rule = CATALOGUE.get("count.not-whole").model_copy(update={"sql": sql})
    (outcome,) = run_rules(database, [rule])
    assert outcome == RuleOutcome("count.not-whole", "failed", 1, 1, 0)


def test_a_database_that_is_not_there_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    from orchestration.errors import QutongError
    from orchestration.judge.gx import run_rules

    with pytest.raises(QutongError, match="cannot be read"):
        run_rules(tmp_path / "none.duckdb", CATALOGUE.rules)
    assert run_rules(tmp_path / "none.duckdb", []) == []
