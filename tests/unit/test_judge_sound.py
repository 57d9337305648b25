"""Rules that are wrong themselves: named before a figure is seen, or stopped, and never a pass.

Belongs here: wrong SQL, conditions that are never or always true, rules without end, findings
without number. Does not belong here: what rules find (test_judge_rules), what blocks
(test_judge_gates).
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.errors import DeclarationError, DeclarationErrors
from orchestration.judge import rules
from orchestration.judge.catalogue import Judged, Rule
from orchestration.judge.gates import MOST_FINDINGS, blocking, route_deliveries, write_findings
from orchestration.judge.rules import judge
from orchestration.judge.sound import demand_sound
from tests.unit.judged import CATALOGUE, WRITTEN_BY_THE_JUDGE

pytestmark = pytest.mark.core

RULE = CATALOGUE.get("period.reversed")


def rule(sql: str, **more: str) -> Rule:
    return RULE.model_copy(update={"sql": sql, "checked_sql": None, "undecided_sql": None, **more})


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(WRITTEN_BY_THE_JUDGE)
        connection.execute(
            "create table landing.candidate as select 'set' as data_set_id, 'a' as delivery_id, "
            "range as value from range(10)"
        )
        yield connection


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select * form {batch}", "wrong SQL: syntax error at or near"),
        ("select * from {batch} where 1 = 2", "a condition of it is never true"),
        ("select * from {batch} where value > 0 and false or 2 < 1", ""),
        ("select * from {batch} where true", "a condition of it is always true"),
        (
            "with b as (select * from {batch} where 2 > 1) select * from b where value > 3",
            "a condition of it is always true",
        ),
        ("select 1 from {batch} group by value having 1 > 2", "a condition of it is never true"),
        ("select * from {batch} where value > 3", ""),
        ("select * from {batch} where exists (select 1)", ""),
        ("select * from {batch} where now() > timestamp '2020-01-01'", ""),
    ],
)
def test_a_rule_that_can_say_nothing_is_named_before_a_figure_is_seen(
    con: duckdb.DuckDBPyConnection, sql: str, said: str
) -> None:
    if not said:
        demand_sound(con, [rule(sql)])
        return
    with pytest.raises(DeclarationError) as caught:
        demand_sound(con, [rule(sql)])
    assert caught.value.what.startswith(said)
    assert caught.value.place == "period.reversed.sql"
    assert "nothing was published" in (caught.value.remedy or "")


def test_all_such_rules_are_named_at_once(con: duckdb.DuckDBPyConnection) -> None:
    wrong = [rule("select * from {batch} where false"), rule("select", checked_sql="selec 1")]
    with pytest.raises(DeclarationErrors) as caught:
        demand_sound(con, wrong)
    assert [error.place for error in caught.value.errors] == [
        "period.reversed.sql",
        "period.reversed.sql",
        "period.reversed.checked_sql",
    ]


def test_the_rules_that_come_with_the_software_are_sound(con: duckdb.DuckDBPyConnection) -> None:
    demand_sound(con, CATALOGUE)


def test_a_rule_without_end_is_stopped_and_blocks(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "RULE_SECONDS", 0.2)
    endless = rule(
        "select sum(a.range * b.range) as x from range(9000000) as a, range(9000000) as b"
    )
    (outcome,) = judge(con, [endless]).outcomes
    assert outcome.error == "stopped after 0.2 seconds / 超时，已停止"
    assert outcome.outcome == "failed"
    assert blocking([outcome], CATALOGUE) == ["period.reversed"]
    (next_one,) = judge(con, [rule("select * from {batch} where value > 8")]).outcomes
    assert (next_one.error, next_one.unexpected_count) == (None, 1)


def test_a_rule_that_finds_fault_with_everybody_could_not_judge(
    con: duckdb.DuckDBPyConnection,
) -> None:
    all_of_them = rule("select * from {batch} where value >= 0")
    (outcome,) = judge(con, [all_of_them]).outcomes
    assert (outcome.error, outcome.unexpected_count) == (None, 10)  # one data set may be bad
    con.execute("update landing.candidate set data_set_id = 'set' || value % 5")
    judged = judge(con, [all_of_them])
    assert (
        judged.outcomes[0].error == "it finds fault with all 10 rows it looks at / 对每一行都报错"
    )
    assert [v["message_en"] for v in judged.violations] == [
        "the rule could not be run; report it to the maintainer"
    ]


def many(con: duckdb.DuckDBPyConnection, rows: int) -> Judged:
    con.execute(
        "create or replace table landing.candidate as select 'set' as data_set_id, "
        f"'a' as delivery_id, range as value from range({rows}) union all "
        "select 'set', 'b', range from range(3)"
    )
    bad = rule(
        "select data_set_id, delivery_id, printf('R%06d', value) as place_a, 'x' as message_zh, "
        "'y' as message_en from {batch} where value >= 0"
    )
    return judge(con, [bad])


def test_a_hundred_thousand_findings_of_one_file_are_counted_and_the_first_are_kept(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute("alter table landing.candidate add column x integer")
    judged = many(con, 100_000)
    assert judged.outcomes[0].unexpected_count == 100_003
    kept = [(v["delivery_id"], v["place_a"]) for v in judged.violations]
    assert len(kept) == MOST_FINDINGS + 3
    assert kept[0] == ("a", "R000000")
    assert kept[MOST_FINDINGS - 1 :] == [
        ("a", "R000999"),
        ("b", "R000000"),
        ("b", "R000001"),
        ("b", "R000002"),
    ]
    assert many(con, 100_000).violations == judged.violations
    assert write_findings(con, judged, CATALOGUE) == MOST_FINDINGS + 3
    first, second = route_deliveries(con)
    assert (first.delivery_id, first.reason_en) == ("a", "y (at least 1000 places)")
    assert (second.delivery_id, second.reason_zh) == ("b", "x（共 3 处）")
