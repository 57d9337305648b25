"""Suites: made from contracts and declarations, asked of DuckDB, and what is said of answers.

Belongs here: ``contracts``, ``suites`` and ``gx`` on small tables. Does not belong here: the
process that runs them (test_judge_worker) and the pages (test_judge_data_docs).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.catalog import Catalog, Column, Table
from orchestration.errors import DeclarationError, QutongError
from orchestration.judge.catalogue import RuleOutcome, Violation
from orchestration.judge.contracts import ColumnContract, TableContract, read_contracts
from orchestration.judge.gates import prepare
from orchestration.judge.suites import (
    Declaration,
    Expectation,
    Found,
    Suite,
    delivery_suites,
    judged,
    load_ranges,
    mart_suites,
)
from orchestration.judge.worker import Judge
from tests.unit.judged import CATALOGUE, EXPECTATIONS, WRITTEN_BY_THE_JUDGE

pytestmark = pytest.mark.core

MARTS = tuple(rule.id for rule in CATALOGUE.by_gate("marts", "gx"))
LISTS = {"basis": ("annual", "target")}
RANGES = {"位 | place": (1, None), "位 | digits": (0, 8)}
CONTRACT = TableContract(
    schema="core",
    table="figure",
    title_zh="数字",
    title_en="Figures",
    columns=(
        ColumnContract("region", "VARCHAR"),
        ColumnContract("stage", "VARCHAR", codes=("planned", "started")),
        ColumnContract("basis", "VARCHAR", code_list="basis"),
        ColumnContract("rank", "INTEGER", unit="位 | place"),
        ColumnContract("digits", "INTEGER", unit="位 | digits"),
        ColumnContract("share", "DECIMAL(12,4)", unit="%"),
    ),
    key=("region", "stage"),
    has_rows=True,
)
(SUITE,) = mart_suites((CONTRACT,), LISTS, RANGES)
ROWS = (
    "('R1', 'planned', 'annual', 1, 0, 120.5)",
    "('R1', null, 'target', 2, 8, -3)",
    "('R2', 'started', null, null, null, null)",
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    # GX reads `$` and `%` in a connection string as something else.
    folder = tmp_path / "区 统 $HOME 50%"
    folder.mkdir()
    file = folder / "warehouse.duckdb"
    with duckdb.connect(str(file)) as con:
        con.execute(
            "create schema core; create table core.figure (region varchar, stage varchar, "
            "basis varchar, rank integer, digits integer, share decimal(12, 4))"
        )
        con.execute(f"insert into core.figure values {', '.join(ROWS)}")
    return file


def change(database: Path, sql: str) -> None:
    with duckdb.connect(str(database)) as con:
        con.execute(sql)


def said(violations: list[Violation]) -> list[tuple[str | None, ...]]:
    return [(v["rule_id"], v["place_a"], v["message_en"]) for v in violations]


# --- what is expected -------------------------------------------------------------------------


def test_a_contract_becomes_a_suite() -> None:
    told = [(e.rule_id, e.kind, e.column, e.codes, e.low, e.high) for e in SUITE.expectations]
    assert told == [
        ("marts.columns-differ", "columns", "", (), None, None),
        ("marts.key-not-unique", "key", "", (), None, None),
        ("marts.no-rows", "rows", "", (), 1, None),
        ("marts.unknown-code", "codes", "stage", ("planned", "started"), None, None),
        ("marts.unknown-code", "codes", "basis", ("annual", "target"), None, None),
        ("marts.value-out-of-range", "range", "rank", (), 1, None),
        ("marts.value-out-of-range", "range", "digits", (), 0, 8),
    ]
    assert (SUITE.name, SUITE.title_zh, SUITE.key) == ("core.figure", "数字", ("region", "stage"))


def test_a_list_that_is_not_there_is_a_mistake_with_its_place() -> None:
    with pytest.raises(DeclarationError, match="no code list 'basis'") as caught:
        mart_suites((CONTRACT,), {}, RANGES)
    assert (caught.value.file, caught.value.place) == ("core.figure", "basis")


def test_our_own_ranges_load() -> None:
    ranges = load_ranges(EXPECTATIONS)
    assert ranges["位 | place"] == (1, None)
    assert "%" not in ranges  # a growth lies anywhere


def test_the_manifest_is_read_for_tables_that_are_there_at_the_gate() -> None:
    def model(name: str, tags: tuple[str, ...] = ()) -> dict[str, Any]:
        return {
            "resource_type": "model",
            "unique_id": name,
            "name": name,
            "schema": "core",
            "tags": list(tags),
        }

    def tested(of: str, test: str, name: str, **kwargs: object) -> dict[str, Any]:
        return {
            "resource_type": "test",
            "name": name,
            "attached_node": of,
            "test_metadata": {"name": test, "kwargs": kwargs},
        }

    nodes = [
        model("b"),
        model("a"),
        model("late", ("quality",)),
        tested("a", "accepted_values", "a_ranks", column_name="rank", values=[1, 2]),
        tested("a", "not_empty", "a_not_empty"),
        {"resource_type": "test", "name": "singular", "attached_node": None},
    ]
    said = {"code_list": "basis", "role": "rank"}
    rank = Column("rank", "DECIMAL(30,8)", "名次", "Rank", "位 | place", False, **said)
    catalog = Catalog(
        tuple(
            Table("core", name, "甲", "A", "行", "row", key, (rank,))
            for name, key in (("a", ("rank",)), ("b", ()), ("late", ()))
        )
    )
    column = ColumnContract("rank", "DECIMAL(30,8)", "位 | place", ("1", "2"), "basis")
    plain = ColumnContract("rank", "DECIMAL(30,8)", "位 | place", (), "basis")
    manifest = {"nodes": {str(n): node for n, node in enumerate(nodes)}}
    assert read_contracts(manifest, catalog) == (
        TableContract("core", "a", "甲", "A", (column,), ("rank",), has_rows=True),
        TableContract("core", "b", "甲", "A", (plain,)),
    )


# --- what is found ----------------------------------------------------------------------------


def test_good_tables_pass_and_are_let_go_of(
    database: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(database.parent)

    result = Judge().validate(database, [SUITE], MARTS)

    assert result.violations == []
    assert result.outcomes == [
        RuleOutcome("marts.columns-differ", "passed", 0, 6),
        RuleOutcome("marts.key-not-unique", "passed", 0, 3),
        RuleOutcome("marts.unknown-code", "passed", 0, 6),
        RuleOutcome("marts.value-out-of-range", "passed", 0, 6),
        RuleOutcome("marts.no-rows", "passed", 0, 1),
    ]
    assert capfd.readouterr() == ("", "")
    assert [file.name for file in database.parent.iterdir()] == [database.name]
    change(database, "create table core.free as select 1 as one")  # the write lock is free again


@pytest.mark.parametrize(
    ("sql", "rule", "count", "place", "words"),
    [
        (
            "insert into core.figure from core.figure where region = 'R2'",
            "marts.key-not-unique",
            1,
            "core.figure · region=R2 · stage=started",
            "2 rows have this key",
        ),
        (  # null is a value like another
            "insert into core.figure from core.figure where stage is null",
            "marts.key-not-unique",
            1,
            "core.figure · region=R1 · stage=None",
            "2 rows have this key",
        ),
        (
            "update core.figure set basis = 'a''b:c' where region = 'R2'",
            "marts.unknown-code",
            1,
            "core.figure · region=R2 · stage=started",
            "basis is a'b:c, which is not one of its codes",
        ),
        (
            "update core.figure set rank = 0 where region = 'R2'",
            "marts.value-out-of-range",
            1,
            "core.figure · region=R2 · stage=started",
            "rank is 0, outside [1, …]",
        ),
        (
            "update core.figure set digits = 9 where region = 'R2'",
            "marts.value-out-of-range",
            1,
            "core.figure · region=R2 · stage=started",
            "digits is 9, outside [0, 8]",
        ),
        (
            "alter table core.figure alter share type decimal(12, 3)",
            "marts.columns-differ",
            1,
            "core.figure",
            "column share: DECIMAL(12,4) in the contract, DECIMAL(12,3) in the table",
        ),
        (
            "alter table core.figure add column more varchar",
            "marts.columns-differ",
            1,
            "core.figure",
            "column more: – in the contract, VARCHAR in the table",
        ),
        (
            "create or replace table core.figure as "
            "select region, stage, basis, rank, share, digits from core.figure",
            "marts.columns-differ",
            1,
            "core.figure",
            "column digits: #5 in the contract, #6 in the table",
        ),
        ("delete from core.figure", "marts.no-rows", 1, "core.figure", "rows: 0, outside [1, …]"),
    ],
)
def test_one_bad_change_is_counted_and_named(
    database: Path, sql: str, rule: str, count: int, place: str, words: str
) -> None:
    change(database, sql)

    result = Judge().validate(database, [SUITE], MARTS)

    failed = {o.rule_id: o.unexpected_count for o in result.outcomes if o.outcome != "passed"}
    assert failed == {rule: count}
    assert all(o.error is None for o in result.outcomes)
    assert said(result.violations) == [(rule, place, words)]
    assert result.violations[0]["message_zh"]


def test_all_are_counted_and_the_first_are_named(database: Path) -> None:
    change(
        database,
        "insert into core.figure select 'N' || i, 'planned', 'x', 1, 1, 0 from range(250) as t(i)",
    )

    result = Judge().validate(database, [SUITE], MARTS)

    outcome = next(o for o in result.outcomes if o.rule_id == "marts.unknown-code")
    assert (outcome.unexpected_count, outcome.checked_count) == (250, 506)
    assert len(result.violations) == 100


def test_a_rule_that_is_not_asked_says_nothing(database: Path) -> None:
    change(database, "update core.figure set rank = 0")
    assert Judge().validate(database, [SUITE], ["marts.no-rows"]).outcomes == [
        RuleOutcome("marts.no-rows", "passed", 0, 1)
    ]


def test_a_table_that_is_not_there_fails_every_rule_about_it(database: Path) -> None:
    change(database, "drop table core.figure")
    result = Judge().validate(database, [SUITE], MARTS)
    assert {outcome.outcome for outcome in result.outcomes} == {"failed"}
    assert {outcome.error for outcome in result.outcomes} == {
        "core.figure: there is no table core.figure"
    }
    assert {v["message_en"] for v in result.violations} == {
        "the rule could not be run; report it to the maintainer"
    }


def test_an_expectation_that_cannot_be_asked_fails_and_others_still_answer(database: Path) -> None:
    change(database, "alter table core.figure rename basis to base")
    result = Judge().validate(database, [SUITE], MARTS)
    outcomes = {outcome.rule_id: outcome for outcome in result.outcomes}
    assert outcomes["marts.unknown-code"].outcome == "failed"
    assert outcomes["marts.unknown-code"].error is not None
    assert outcomes["marts.columns-differ"].unexpected_count == 2
    assert outcomes["marts.key-not-unique"].outcome == "passed"


def test_a_key_without_its_column_cannot_be_asked_and_others_still_answer(database: Path) -> None:
    change(database, "alter table core.figure rename region to place")
    result = Judge().validate(database, [SUITE], MARTS)
    outcomes = {outcome.rule_id: outcome for outcome in result.outcomes}
    assert outcomes["marts.key-not-unique"].outcome == "failed"
    assert "region" in str(outcomes["marts.key-not-unique"].error)
    assert outcomes["marts.no-rows"] == RuleOutcome("marts.no-rows", "passed", 0, 1)
    assert outcomes["marts.unknown-code"].outcome == "passed"
    assert outcomes["marts.value-out-of-range"].outcome == "passed"


def test_an_expectation_without_an_answer_has_failed() -> None:
    result = judged([SUITE], [Found("core.figure", 0, checked=6)], MARTS[:2])
    assert result.outcomes == [
        RuleOutcome("marts.columns-differ", "passed", 0, 6),
        RuleOutcome.broken(
            "marts.key-not-unique", "core.figure: Great Expectations returned no result"
        ),
    ]


def test_a_database_that_is_not_there_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(QutongError, match="cannot be read"):
        Judge().validate(tmp_path / "none.duckdb", [SUITE], MARTS)


def test_a_table_is_scanned_once(database: Path) -> None:
    """Rows, keys and values are counted together; reading the catalogue needs no scan."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    statements: list[str] = []

    def note(_con: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(" ".join(statement.split()))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        Judge().validate(database, [SUITE], MARTS)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    scans = [s for s in statements if "duckdb_columns" not in s and "LIMIT" not in s]
    assert len(scans) == 1
    assert scans[0].count("qutong.rows") == 1
    assert scans[0].count("count(DISTINCT") == 1
    assert scans[0].count("qutong.other_codes") == 2
    assert scans[0].count("qutong.outside") == 2


# --- deliveries -------------------------------------------------------------------------------

DECLARED = {
    "plan": Declaration("plan", ("total", "share"), ("doc",), "F", figures_within_pct=20),
    "free": Declaration("free", ("total",), ("doc",), "F"),
}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            f"{WRITTEN_BY_THE_JUDGE}; create table landing.delivery (delivery_id varchar, "
            "data_set_id varchar, delivery_seq integer, file_name varchar, delivered_on date, "
            "cells_accepted bigint, verdict varchar)"
        )
        prepare(connection, CATALOGUE, EXPECTATIONS, "delivery")
        yield connection


def deliver(
    con: duckdb.DuckDBPyConnection, *figures: int, data_set: str = "plan", verdict: str = ""
) -> None:
    for number, count in enumerate(figures, start=1):
        con.execute(
            "insert into landing.delivery values (?, ?, ?, 'a.csv', date '2026-01-01', ?, ?)",
            [f"{data_set}:{number}", data_set, number, count, verdict],
        )


def ends(con: duckdb.DuckDBPyConnection) -> list[tuple[int | None, int | None] | None]:
    """For each delivery the least and the most figures it may have."""
    found = []
    for suite in delivery_suites(con, DECLARED):
        rows = [e for e in suite.expectations if e.kind == "rows"]
        found.append((rows[0].low, rows[0].high) if rows else None)
    return found


def test_a_delivery_is_held_to_the_last_good_one(con: duckdb.DuckDBPyConnection) -> None:
    deliver(con, 101, 110, 50, 120)
    # 50 is not like 110, so that 120 is measured by 110 again
    assert ends(con) == [None, (81, 121), (88, 132), (88, 132)]


def test_what_a_rule_refused_is_no_measure(con: duckdb.DuckDBPyConnection) -> None:
    deliver(con, 100, 110, 120)
    con.execute(
        "insert into landing.finding by name select 'x' as finding_id, 'key.duplicate' as rule_id, "
        "'delivery' as gate, 'hard' as severity, 'plan:2' as delivery_id"
    )
    assert ends(con) == [None, (80, 120), (80, 120)]


def test_nothing_is_compared_where_nothing_is_declared(con: duckdb.DuckDBPyConnection) -> None:
    deliver(con, 100, 1, data_set="free")
    assert ends(con) == [None, None]


def test_what_could_not_be_read_has_no_suite(con: duckdb.DuckDBPyConnection) -> None:
    deliver(con, 100, verdict="refused")
    deliver(con, 0, data_set="free")
    assert delivery_suites(con, DECLARED) == []


def test_the_columns_of_a_query_are_learnt_without_its_rows(database: Path) -> None:
    import sqlalchemy
    from great_expectations.expectations.metrics import util

    from orchestration.judge import gx

    engine = sqlalchemy.create_engine(gx._url(database))
    query = sqlalchemy.text(
        "select i, if(i >= 0, error('it is fetched'), '') as j from range(9) t(i)"
    )
    told = util.column_reflection_fallback(query, engine.dialect, engine)
    assert [column["name"] for column in told] == ["i", "j"]


def test_a_delivery_is_judged_by_its_own_rows(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "create schema landing; create table landing.candidate as select * from (values "
            "('a:it''s', 'total', 'F', 'B2'), ('a:it''s', 'gdp', 'F', 'B3'), "
            "('b:2', 'other', 'C', 'B4')) "
            "as t(delivery_id, indicator_code, conf_status, delivery_place)"
        )

    def suite(delivery_id: str) -> Suite:
        return Suite(
            name=delivery_id,
            title_zh="甲",
            title_en="A",
            schema="landing",
            table="candidate",
            key=("indicator_code", "delivery_place"),
            expectations=(
                Expectation(
                    "delivery.not-as-declared",
                    "codes",
                    "指标",
                    "indicators",
                    column="indicator_code",
                    codes=("total",),
                ),
                Expectation("delivery.count-unlike-last", "rows", "个数", "count", low=2, high=4),
            ),
            data_set_id="plan",
            delivery_id=delivery_id,
        )

    rules = ("delivery.not-as-declared", "delivery.count-unlike-last")
    result = Judge().validate(file, [suite("a:it's"), suite("b:2")], rules)

    assert result.outcomes == [
        RuleOutcome("delivery.not-as-declared", "failed", 2, 3),
        RuleOutcome("delivery.count-unlike-last", "failed", 1, 2),
    ]
    assert [
        (v["delivery_id"], v.get("indicator_code"), v.get("place_a"), v["arithmetic"])
        for v in result.violations
    ] == [
        ("a:it's", "gdp", "B3", "indicator_code = gdp"),
        ("b:2", "other", "B4", "indicator_code = other"),
        ("b:2", None, None, "1; [2, 4]"),
    ]
