"""What dbt compiled is carried out as dbt would: order, contracts, tests, and what is left out.

Belongs here: plans of a few nodes on a database in memory. Does not belong here: compiling.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from orchestration.errors import DeclarationError
from orchestration.process.models import Column, Node, NodeResult, Plan, node_of

LANDING = """
create schema landing;
create table landing.figure (
    indicator_code varchar, region_code varchar, period varchar, value int
);
create table landing.touched (
    generation int, indicator_code varchar, region_code varchar, period varchar
);
create table landing.built (model varchar, generation int, made_from varchar);
create table landing.made_from (name varchar, digest varchar);
insert into landing.made_from values ('figure_name', 'one');
insert into landing.figure values ('gdp', '990101', '2024', 1), ('gdp', '990101', '2025', 2);
insert into landing.touched values (1, 'gdp', '990101', '2024'), (1, 'gdp', '990101', '2025');
"""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(LANDING)
        yield connection


def model(name: str, sql: str, *reads: str, columns: tuple[Column, ...] = ()) -> Node:
    return Node(name, "model", name, "core", reads, (), sql, columns=columns)


def question(name: str, sql: str, *reads: str) -> Node:
    return Node(name, "test", name, "", reads, (), sql, test="holds")


def told(results: list[NodeResult]) -> list[tuple[str, str, str]]:
    return [(result.name, result.status, result.message) for result in results]


NOTHING = "select 1 where false"
SOMETHING = "select 1 union all select 2"


def test_tests_are_asked_before_the_next_model(con: duckdb.DuckDBPyConnection) -> None:
    plan = Plan(
        [
            question("asks_both", NOTHING, "one", "two"),
            model("three", "select n + 1 as n from core.two", "two"),
            question("asks_one", NOTHING, "one"),
            model("two", "select n + 1 as n from core.one", "one"),
            model("one", "select 1 as n"),
        ]
    )
    results = plan.build(con, plan.nodes)
    assert told(results) == [
        ("one", "success", ""),
        ("asks_one", "pass", ""),
        ("two", "success", ""),
        ("asks_both", "pass", ""),
        ("three", "success", ""),
    ]
    assert con.execute("from core.three").fetchall() == [(3,)]


def test_nothing_is_made_on_what_failed(con: duckdb.DuckDBPyConnection) -> None:
    plan = Plan(
        [
            model("one", "select 1 as n"),
            model("beside", "select 7 as n"),
            question("fails", SOMETHING, "one"),
            question("passes", NOTHING, "one"),
            model("two", "select n from core.one", "one"),
            question("of_two", NOTHING, "two"),
            model("three", "select n from core.two", "two"),
        ]
    )
    results = plan.build(con, plan.nodes)
    assert sorted(told(results)) == [
        ("beside", "success", ""),
        ("fails", "fail", "2 rows, 0 expected"),
        ("of_two", "skipped", ""),
        ("one", "success", ""),
        ("passes", "pass", ""),
        ("three", "skipped", ""),
        ("two", "skipped", ""),
    ]
    (failed,) = (result for result in results if result.name == "fails")
    assert (failed.failures, failed.query, failed.is_bad) == (2, SOMETHING, True)


def test_a_test_of_two_models_stops_what_is_made_from_both(con: duckdb.DuckDBPyConnection) -> None:
    plan = Plan(
        [
            model("one", "select 1 as n"),
            model("other", "select 1 as n"),
            question("compares", SOMETHING, "one", "other"),
            model("of_one", "select n from core.one", "one"),
            model("of_both", "select n from core.one union all from core.other", "one", "other"),
        ]
    )
    found = {name: status for name, status, _ in told(plan.build(con, plan.nodes))}
    assert (found["of_one"], found["of_both"]) == ("success", "skipped")


def test_a_test_that_only_warns_stops_nothing(con: duckdb.DuckDBPyConnection) -> None:
    warns = replace(question("warns", SOMETHING, "one"), only_warns=True)
    plan = Plan([model("one", "select 1 as n"), warns, model("two", "from core.one", "one")])
    results = plan.build(con, plan.nodes)
    assert [result.status for result in results] == ["success", "warn", "success"]
    assert [result.is_bad for result in results] == [False, False, False]


CONTRACT = (Column("code", "varchar", is_required=True), Column("value", "decimal(18, 2)", False))


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "select 'gdp' as code, 480 as value",
            "this model has an enforced contract that failed: "
            "column value: DECIMAL(18,2) in the contract, INTEGER made",
        ),
        (
            "select 'gdp' as code, 480.1::decimal(18, 2) as value, 1 as more",
            "this model has an enforced contract that failed: "
            "column more: none in the contract, INTEGER made",
        ),
        (
            "select 480.1::decimal(18, 2) as value",
            "this model has an enforced contract that failed: "
            "column code: VARCHAR in the contract, none made",
        ),
        (
            "select null::varchar as code, 480.1::decimal(18, 2) as value",
            "Constraint Error: NOT NULL constraint failed: figure.code",
        ),
        ("select nobody from core.figure", "Binder Error: Referenced column"),
    ],
)
def test_what_breaks_its_contract_leaves_the_table_as_it_was(
    con: duckdb.DuckDBPyConnection, sql: str, said: str
) -> None:
    good = "select 480.1::decimal(18, 2) as value, 'gdp' as code"
    assert Plan([model("figure", good, columns=CONTRACT)]).build(con, ["figure"])[0].status == (
        "success"
    )
    (result,) = Plan([model("figure", sql, columns=CONTRACT)]).build(con, ["figure"])
    assert result.status == "error"
    assert result.message.startswith(said)
    rows = con.execute("select code, cast(value as varchar) from core.figure").fetchall()
    assert rows == [("gdp", "480.10")]


FOLLOWS = replace(
    model("followed", "select *, 'all' as made from landing.figure"),
    declared=("figure_name",),
    narrowed="select *, 'touched' as made from landing.figure semi join landing.touched as t "
    "on figure.period = t.period and t.generation > "
    "(select max(generation) from landing.built where model = 'followed')",
)


def followed(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    assert [r.status for r in Plan([FOLLOWS]).build(con, ["followed"])] == ["success"]
    return con.execute("select period, value, made from core.followed order by all").fetchall()


def test_only_touched_cells_are_made_anew(con: duckdb.DuckDBPyConnection) -> None:
    assert followed(con) == [("2024", 1, "all"), ("2025", 2, "all")]
    con.execute("update landing.figure set value = 3 where period = '2025'")
    con.execute("insert into landing.touched values (2, 'gdp', '990101', '2025')")
    assert followed(con) == [("2024", 1, "all"), ("2025", 3, "touched")]
    assert con.execute("from landing.built").fetchall() == [
        ("followed", 2, con.execute("select md5('one')").fetchall()[0][0])
    ]
    assert followed(con) == [("2024", 1, "all"), ("2025", 3, "touched")]


def test_other_declarations_make_all_anew(con: duckdb.DuckDBPyConnection) -> None:
    followed(con)
    con.execute("update landing.made_from set digest = 'two'")
    con.execute("update landing.figure set value = 3")
    assert followed(con) == [("2024", 3, "all"), ("2025", 3, "all")]


def test_a_table_that_is_gone_is_made_anew(con: duckdb.DuckDBPyConnection) -> None:
    followed(con)
    con.execute("drop table core.followed")
    assert followed(con) == [("2024", 1, "all"), ("2025", 2, "all")]


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    plan = Plan([FOLLOWS, model("figure", "select 1", columns=CONTRACT), question("q", NOTHING)])
    plan.write(tmp_path / "plan.json")
    assert Plan.read(tmp_path / "plan.json").nodes == plan.nodes
    assert plan.with_ancestors(["q"]) == {"q"}


def _of_dbt(kind: str, **config: object) -> SimpleNamespace:
    usual: dict[str, object] = {
        "model": {"materialized": "table", "pre_hook": [], "post_hook": []},
        "test": {
            "severity": "ERROR",
            "fail_calc": "count(*)",
            "warn_if": "!= 0",
            "error_if": "!= 0",
            "limit": None,
            "store_failures": None,
        },
    }[kind]  # type: ignore[assignment]  # of a literal
    return SimpleNamespace(
        name="figure",
        resource_type=kind,
        original_file_path="models/figure.sql",
        depends_on=SimpleNamespace(nodes=[]),
        config=SimpleNamespace(**{**usual, **config}),
    )


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (_of_dbt("model", materialized="view"), "materialized: view"),
        (_of_dbt("model", post_hook=["analyze"]), "post_hook"),
        (_of_dbt("test", fail_calc="sum(n)"), "fail_calc"),
        (_of_dbt("test", store_failures=True), "store_failures"),
    ],
)
def test_what_no_run_carries_out_is_refused_by_name(node: SimpleNamespace, said: str) -> None:
    with pytest.raises(DeclarationError, match=f"figure is configured .*: {said}") as refused:
        node_of(node)
    assert refused.value.file == "models/figure.sql"
