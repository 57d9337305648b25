"""What stands from an earlier run: what models say that they read, and when a suite is not asked.

Belongs here: ``orchestration.steps.standing`` and ``orchestration.process.contents`` on literal
tables. Does not belong here: that a run makes the same as one from nothing (test_rebuilt).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import duckdb
import pytest

from orchestration.judge.suites import Expectation, Found, Suite
from orchestration.process.contents import contents, partitions
from orchestration.process.dbt import DbtProject
from orchestration.settings import CODE_ROOT, load_settings
from orchestration.steps import standing
from orchestration.steps.standing import Models

pytestmark = pytest.mark.core

TABLE = ("core", "figure")
SUITE = Suite(
    "core.figure", "数字", "Figures", *TABLE, key=("region",), expectations=(
        Expectation("marts.no-rows", "rows", "有数据", "has rows", low=1),
    )
)  # fmt: skip


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            "create schema core; create table core.figure (region varchar, value decimal(9, 1)); "
            "insert into core.figure values ('R', 1), ('R', 1), ('S', null)"
        )
        yield connection


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return DbtProject.of(load_settings(CODE_ROOT)).manifest()


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> Models:
    return Models(manifest, "code")


@pytest.mark.parametrize(
    "change",
    [
        "update core.figure set value = 2 where region = 'S'",
        "delete from core.figure where region = 'S'",
        "insert into core.figure values ('S', null)",
        "update core.figure set region = 'S' where region = 'R'",
        "update core.figure set value = 0 where value is null",
        "alter table core.figure alter value type decimal(9, 2)",
        "alter table core.figure rename value to amount",
    ],
)
def test_other_rows_columns_or_types_are_other_contents(
    con: duckdb.DuckDBPyConnection, change: str
) -> None:
    before = contents(con, [TABLE])
    con.execute(change)
    assert contents(con, [TABLE]) != before


def test_the_order_of_rows_is_no_content(con: duckdb.DuckDBPyConnection) -> None:
    before = contents(con, [TABLE])
    con.execute("create or replace table core.figure as from core.figure order by region desc")
    assert contents(con, [TABLE, ("core", "nowhere")]) == before


def test_a_change_shows_in_its_own_part(con: duckdb.DuckDBPyConnection) -> None:
    before = partitions(con, "core.figure", "region", ["region", "value"])
    con.execute("update core.figure set value = 2 where region = 'S'")
    after = partitions(con, "core.figure", "region", ["region", "value"])
    assert (before["R"], before["S"]) != (after["R"], after["S"])
    assert before["R"] == after["R"]


def test_models_say_whose_figures_they_read(models: Models) -> None:
    said = {node.unique_id.split(".")[2]: node.marts for node in models.nodes.values()}
    assert said["tourism"] == {"consumption.tourism"}
    assert said["service_supply"] == {"public_services.service_supply", "core.district_profile"}
    assert said["service_supply_figures"] == said["service_supply"]
    assert said["ranking"] == frozenset()
    # It names observations that it finds for itself, so nothing narrows down what is asked of them.
    assert said["plan_summary_figures"] == frozenset()


def test_a_model_that_names_a_table_of_figures_itself_reads_all_of_it(
    manifest: dict[str, Any],
) -> None:
    node = manifest["nodes"]["model.qutong.tourism"]
    code = "select * from {{ ref('int_mart_cell') }}" + node["raw_code"]
    nodes = manifest["nodes"] | {"model.qutong.tourism": node | {"raw_code": code}}
    models = Models(manifest | {"nodes": nodes}, "code")
    assert models.nodes["model.qutong.tourism"].marts == frozenset()


def test_no_other_macro_names_a_table_of_figures(manifest: dict[str, Any]) -> None:
    """Else a model could read more of it than its tags say."""
    macros = {
        macro["name"]
        for macro in manifest["macros"].values()
        if macro["package_name"] == "qutong" and "ref('int_mart_" in macro["macro_sql"]
    }
    assert macros == {"mart_cells", "mart_items", "mart_summable", "test_figures"}


def test_what_follows_every_change_comes_first(models: Models) -> None:
    followed = {name.split(".")[2] for name in models.followed}
    assert {"int_observation_history", "observation", "int_mart_cell"} <= followed
    assert "tourism" not in followed
    order = [name.rpartition(".")[2] for name in models.nodes]
    assert order.index("plan_indicator") < order.index("plan_progress")


def made_from(con: duckdb.DuckDBPyConnection, models: Models, suite: Suite) -> dict[str, str]:
    return standing.suites_made_from(con, [suite], models, "code")


def test_a_suite_stands_while_it_and_its_table_are_what_they_were(
    con: duckdb.DuckDBPyConnection, models: Models
) -> None:
    passed = Found("core.figure", 0, checked=3)
    key = made_from(con, models, SUITE)
    assert standing.standing_suites(con, [SUITE], key) == []
    standing.keep_suites(con, [passed], key, "run")
    assert standing.standing_suites(con, [SUITE], key) == [passed]

    other = replace(SUITE, expectations=(replace(SUITE.expectations[0], low=2),))
    assert made_from(con, models, other) != key
    con.execute("delete from core.figure where region = 'S'")
    assert standing.standing_suites(con, [SUITE], made_from(con, models, SUITE)) == []
    # What was looked for in vain is forgotten, also where the table becomes what it was.
    assert standing.standing_suites(con, [SUITE], key) == []


@pytest.mark.parametrize(
    "found",
    [Found("core.figure", 0, checked=3, unexpected=1), Found("core.figure", 0, error="no")],
)
def test_a_suite_that_did_not_pass_never_stands(
    con: duckdb.DuckDBPyConnection, models: Models, found: Found
) -> None:
    key = made_from(con, models, SUITE)
    standing.keep_suites(con, [found], key, "run")
    assert standing.standing_suites(con, [SUITE], key) == []


def test_a_table_that_follows_every_change_is_always_judged(
    con: duckdb.DuckDBPyConnection, models: Models
) -> None:
    con.execute("create table core.observation as select 1 as observation_id")
    suite = replace(SUITE, name="core.observation", table="observation")
    assert made_from(con, models, suite) == {}
