"""The gates: routing, validation rows, what blocks, and verdicts that cannot be changed.

Belongs here: ``orchestration.judge.gates`` on small tables. Does not belong here: what the rules
find (test_judge_rules).
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.errors import QutongError
from orchestration.judge.catalogue import RuleOutcome
from orchestration.judge.gates import (
    Refusal,
    apply_routing,
    blocking,
    prepare,
    route_deliveries,
    write_validation,
)
from tests.unit.judged import CATALOGUE, EXPECTATIONS, WRITTEN_BY_THE_JUDGE

pytestmark = pytest.mark.core

PASSED = RuleOutcome.of("history.interval-order", unexpected=0, checked=5)
FAILED = RuleOutcome.of("history.interval-order", unexpected=2, checked=5)
UNDECIDED = RuleOutcome.of("history.interval-order", unexpected=0, checked=5, undecided=1)
BROKEN = RuleOutcome.broken("history.interval-order", "Catalog Error: no table")


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(WRITTEN_BY_THE_JUDGE)
        prepare(connection, CATALOGUE, EXPECTATIONS, "delivery")
        connection.execute(
            "create table landing.delivery (delivery_id varchar, verdict varchar, "
            "refused_by varchar, reason_zh varchar, reason_en varchar)"
        )
        connection.execute(
            "insert into landing.delivery values ('d1', 'admitted', '', '', ''), "
            "('d2', 'admitted', '', '', '')"
        )
        yield connection


def finding(con: duckdb.DuckDBPyConnection, number: str, **row: str) -> None:
    full = {"finding_id": number, "gate": "delivery", "severity": "hard", "data_set_id": "s", **row}
    marks = ", ".join("?" for _ in full)
    con.execute(
        f"insert into landing.finding ({', '.join(full)}) values ({marks})", list(full.values())
    )


def test_prepare_can_run_again_and_writes_the_catalogue(con: duckdb.DuckDBPyConnection) -> None:
    prepare(con, CATALOGUE, EXPECTATIONS, "delivery")
    rows = con.execute("select rule_id, ess_level, guidance_zh from landing.rule").fetchall()
    assert len(rows) == len(CATALOGUE)
    assert ("unit.missing", 1, "请在行内、表角注明单位，或在声明中写明固定单位。") in rows


def test_a_hard_finding_refuses_its_delivery_and_no_other(con: duckdb.DuckDBPyConnection) -> None:
    said = {"message_zh": "中文", "message_en": "text"}
    finding(con, "1", rule_id="key.duplicate", delivery_id="d1", **said)
    finding(con, "2", rule_id="key.duplicate", delivery_id="d1", message_zh="其二")
    finding(con, "3", rule_id="count.not-whole", delivery_id="d1", **said)
    finding(con, "4", rule_id="value.negative-level", delivery_id="d2", severity="soft", **said)
    finding(con, "5", rule_id="history.interval-order", delivery_id="d2", gate="marts", **said)
    refusals = route_deliveries(con)
    assert refusals == [
        Refusal(
            delivery_id="d1",
            data_set_id="s",
            rule_ids=("count.not-whole", "key.duplicate"),
            reason_zh="中文；中文（共 2 处）",
            reason_en="text; text (2 places)",
        )
    ]
    apply_routing(con, refusals)
    assert con.execute("from landing.delivery order by delivery_id").fetchall() == [
        (
            "d1",
            "refused",
            "count.not-whole,key.duplicate",
            "中文；中文（共 2 处）",
            "text; text (2 places)",
        ),
        ("d2", "admitted", "", "", ""),
    ]


def test_what_the_reader_said_stays_in_front(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "update landing.delivery set verdict = 'refused', refused_by = 'delivery.empty-file', "
        "reason_zh = '空', reason_en = 'empty' where delivery_id = 'd2'"
    )
    refusal = Refusal("d2", "s", ("delivery.conservation",), "不符", "differs")
    apply_routing(con, [refusal])
    apply_routing(con, [refusal])
    assert con.execute("from landing.delivery where delivery_id = 'd2'").fetchall() == [
        ("d2", "refused", "delivery.empty-file,delivery.conservation", "空；不符", "empty; differs")
    ]


def test_prepare_fills_columns_by_name() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema landing")
        connection.execute(
            "create table landing.rule (rule_id varchar, title_zh varchar, guidance_zh varchar, "
            "gate varchar, ess_level integer, severity varchar, executor varchar, owner varchar, "
            "title_en varchar, guidance_en varchar, tolerance varchar, tolerance_reason varchar)"
        )
        prepare(connection, CATALOGUE, EXPECTATIONS, "delivery")
        row = connection.execute(
            "select gate, title_zh, guidance_en from landing.rule where rule_id = 'unit.missing'"
        ).fetchone()
    assert row == (
        "delivery",
        "缺少计量单位",
        "Print the unit in the row or in the corner, or declare the one that always holds.",
    )


def test_nothing_found_refuses_nothing(con: duckdb.DuckDBPyConnection) -> None:
    assert route_deliveries(con) == []
    apply_routing(con, [])


def test_validation_rows_replace_those_of_the_same_rule(con: duckdb.DuckDBPyConnection) -> None:
    write_validation(con, [PASSED], CATALOGUE)
    write_validation(con, [FAILED], CATALOGUE)
    write_validation(con, [], CATALOGUE)
    assert con.execute("from landing.validation").fetchall() == [
        ("history.interval-order", "marts", "sql", "failed", 5, 2, 0, None, True)
    ]


def test_an_outcome_follows_from_its_counts() -> None:
    assert [o.outcome for o in (PASSED, FAILED, UNDECIDED, BROKEN)] == [
        "passed",
        "failed",
        "undecided",
        "failed",
    ]
    both = RuleOutcome.of("x", unexpected=1, checked=2, undecided=1)
    assert both.outcome == "failed"


@pytest.mark.parametrize(
    ("outcome", "blocks"),
    [
        (PASSED, False),
        (FAILED, True),
        (UNDECIDED, True),
        (BROKEN, True),
        (RuleOutcome.of("relation.not-above", unexpected=0, checked=2, undecided=1), False),
        (RuleOutcome.of("relation.not-above", unexpected=1, checked=2, undecided=1), False),
        (RuleOutcome.of("repeat.contradiction", unexpected=3, checked=3), False),  # soft
        (RuleOutcome.broken("repeat.contradiction", "x"), False),
        (RuleOutcome.of("key.duplicate", unexpected=3, checked=3), False),  # routes
        (RuleOutcome.broken("key.duplicate", "x"), True),
        (RuleOutcome.of("marts.contract", unexpected=1, checked=1), True),
        (RuleOutcome.of("release.unsafe-cell", unexpected=1, checked=1), True),
    ],
)
def test_what_blocks(outcome: RuleOutcome, blocks: bool) -> None:
    assert blocking([outcome], CATALOGUE) == ([outcome.rule_id] if blocks else [])


def test_an_outcome_of_no_rule_is_an_error() -> None:
    with pytest.raises(QutongError, match="there is no rule"):
        blocking([RuleOutcome.of("no.such-rule", unexpected=0, checked=0)], CATALOGUE)
