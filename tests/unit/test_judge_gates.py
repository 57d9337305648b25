"""The gates: routing, validation rows, what blocks, and verdicts that cannot be changed.

Belongs here: ``orchestration.judge.gates`` on small tables. Does not belong here: what the rules
find (test_judge_rules).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import QutongError
from orchestration.judge.catalogue import Catalogue, Judged, RuleOutcome, Violation
from orchestration.judge.gates import (
    FindingGroup,
    Refusal,
    apply_routing,
    blocking,
    blocking_rules,
    finding_groups,
    forget_routing,
    needing_decision,
    open_findings,
    prepare,
    route_deliveries,
    verdict,
    write_findings,
    write_validation,
)
from tests.unit.judged import CATALOGUE, EXPECTATIONS, WRITTEN_BY_THE_JUDGE

pytestmark = pytest.mark.core

PASSED = RuleOutcome.of("history.interval-order", unexpected=0, checked=5)
FAILED = RuleOutcome.of("history.interval-order", unexpected=2, checked=5)
UNDECIDED = RuleOutcome.of("history.interval-order", unexpected=0, checked=5, undecided=1)
BAD_CONTRACT = RuleOutcome.of("marts.contract", unexpected=1, checked=1)
MORE = (CATALOGUE.get("marts.contract"),)
BROKEN = RuleOutcome.broken("history.interval-order", "Catalog Error: no table")


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(WRITTEN_BY_THE_JUDGE)
        prepare(connection, CATALOGUE, EXPECTATIONS, "delivery")
        connection.execute(
            "create table landing.delivery (delivery_id varchar, verdict varchar, "
            "refused_by varchar, reason_zh varchar, reason_en varchar, settled_by varchar)"
        )
        connection.execute(
            "insert into landing.delivery values ('d1', 'admitted', '', '', '', ''), "
            "('d2', 'admitted', '', '', '', '')"
        )
        connection.execute(
            "create table landing.finding_decision (claim varchar, decision varchar)"
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
    finding(con, "2", rule_id="key.duplicate", delivery_id="d1", message_zh="其二", message_en="zz")
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
            "",
        ),
        ("d2", "admitted", "", "", "", ""),
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
        (
            "d2",
            "refused",
            "delivery.empty-file,delivery.conservation",
            "空；不符",
            "empty; differs",
            "",
        )
    ]


def test_a_rule_is_told_beside_another_whose_name_holds_its_own(
    con: duckdb.DuckDBPyConnection,
) -> None:
    apply_routing(con, [Refusal("d1", "s", ("delivery.incomplete-soft",), "甲", "a")])
    apply_routing(con, [Refusal("d1", "s", ("delivery.incomplete",), "乙", "b")])
    rows = con.execute(
        "select refused_by, reason_en from landing.delivery where verdict = 'refused'"
    )
    assert rows.fetchall() == [("delivery.incomplete-soft,delivery.incomplete", "a; b")]


def test_a_hard_rule_that_names_no_delivery_stops_the_gate(con: duckdb.DuckDBPyConnection) -> None:
    finding(con, "1", rule_id="key.duplicate", delivery_id="d1")
    finding(con, "2", rule_id="count.not-whole")
    finding(con, "3", rule_id="unit.missing", severity="soft")
    finding(con, "4", rule_id="history.interval-order", gate="marts")
    with pytest.raises(QutongError, match=r"count\.not-whole.*does not say in which delivery"):
        route_deliveries(con)
    con.execute("update landing.finding set delivery_id = '' where rule_id = 'count.not-whole'")
    with pytest.raises(QutongError, match="does not say in which delivery"):
        route_deliveries(con)


def test_a_gate_that_is_asked_again_finds_what_the_readers_said(
    con: duckdb.DuckDBPyConnection,
) -> None:
    title = CATALOGUE.get("delivery.empty-file").title
    con.execute(
        "update landing.delivery set verdict = 'refused', refused_by = 'delivery.empty-file', "
        "reason_zh = $1, reason_en = $2 where delivery_id = 'd2'",
        [f"a.csv: {title.zh}", f"a.csv: {title.en}"],
    )
    con.execute("insert into landing.delivery values ('d3', 'refused', 'delivery.empty-file', "
                f"'b.csv: {title.zh}', 'b.csv: {title.en}', 'd9')")  # fmt: skip
    con.execute("update landing.delivery set verdict = '' where delivery_id = 'd1'")
    read = con.execute("from landing.delivery order by delivery_id").fetchall()
    for delivery in ("d1", "d2"):
        apply_routing(con, [Refusal(delivery, "s", ("key.duplicate",), "重复", "twice")])
    con.execute("update landing.delivery set settled_by = 'd9'")

    forget_routing(con)

    assert con.execute("from landing.delivery order by delivery_id").fetchall() == [
        *read[:2],
        (*read[2][:5], "d9"),
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


def test_comparisons_are_laid_as_tables_or_views_over_either(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "macros.sql").write_text(
        "create schema if not exists judge; create or replace macro judge.twice(n) as 2 * n;"
    )
    (tmp_path / "plausible.sql").write_text("")
    (tmp_path / "comparisons.sql").write_text(
        "create or replace view judge.one as select 1 as n;\n"
        "create or replace view judge.two as select judge.twice(n) as n from judge.one;"
    )
    (tmp_path / "series.sql").write_text(
        "create or replace view judge.threshold as select 9 as changes;"
    )
    (tmp_path / "deliveries.sql").write_text("create or replace macro judge.none() as null;")
    con.execute(
        """
        create table landing.indicator (mart varchar);
        create table landing.column_dictionary (
            schema_name varchar, table_name varchar, column_name varchar, role varchar);
        create schema core;
        create table core.shown (x integer, y integer, z integer);
        create table core.told (x integer);
        insert into core.shown values (7, null, 1), (8, 9, 2);
        insert into core.told values (5);
        create table core.observation (x integer);
        insert into core.observation values (6);
        insert into landing.indicator values ('core.shown'), ('core.shown'), ('core.gone');
        insert into landing.column_dictionary values ('core', 'shown', 'x', 'observation'),
            ('core', 'shown', 'y', 'observation'), ('core', 'shown', 'z', 'value'),
            ('core', 'told', 'x', 'observation'), ('core', 'observation', 'x', 'observation');
        attach ':memory:' as elsewhere;
        create schema elsewhere.judge;
        create table elsewhere.judge.one (n integer);
        create table core.one (n integer);
        """
    )

    def laid() -> dict[str, str]:
        rows = con.execute(
            "select table_name, table_type from information_schema.tables "
            "where table_catalog = current_database() and table_schema = 'judge'"
        )
        return dict(rows.fetchall())

    prepare(con, CATALOGUE, tmp_path, "delivery")
    assert laid() == {}
    tables = {
        **dict.fromkeys(("one", "two", "threshold"), "BASE TABLE"),
        **dict.fromkeys(("mart_figure", "reached"), "VIEW"),
    }
    for _ in range(2):
        prepare(con, CATALOGUE, tmp_path, "marts")
        assert laid() == tables
        prepare(con, CATALOGUE, tmp_path, "marts", frozen=False)
        assert laid() == dict.fromkeys(tables, "VIEW")
    prepare(con, CATALOGUE, tmp_path, "release")
    assert laid() == tables
    assert con.execute("from judge.two").fetchall() == [(2,)]
    assert con.execute("from judge.mart_figure order by all").fetchall() == [
        ("core.shown", "7"),
        ("core.shown", "8"),
        ("core.shown", "9"),
    ]
    # in any table but the one of all figures
    assert con.execute("from judge.reached order by all").fetchall() == [
        ("5",),
        ("7",),
        ("8",),
        ("9",),
    ]
    assert con.execute("from elsewhere.judge.one").fetchall() == []
    con.execute("delete from landing.indicator")
    prepare(con, CATALOGUE, tmp_path, "marts")
    assert con.execute("from judge.mart_figure").fetchall() == []


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
        (RuleOutcome.broken("repeat.contradiction", "x"), True),  # nobody knows what it would find
        (RuleOutcome.of("key.duplicate", unexpected=3, checked=3), False),  # routes
        (RuleOutcome.broken("key.duplicate", "x"), True),
        (RuleOutcome.of("marts.contract", unexpected=1, checked=1), True),
        (RuleOutcome.of("release.unsafe-cell", unexpected=1, checked=1), True),
    ],
)
def test_what_blocks(outcome: RuleOutcome, blocks: bool) -> None:
    assert blocking([outcome], CATALOGUE) == ([outcome.rule_id] if blocks else [])


def test_what_blocks_is_told_in_order_whatever_came_before() -> None:
    outcomes = [
        PASSED,
        RuleOutcome.of("key.duplicate", unexpected=3, checked=3),
        RuleOutcome.of("release.unsafe-cell", unexpected=1, checked=1),
        RuleOutcome.of("repeat.contradiction", unexpected=3, checked=3),
        RuleOutcome.of("marts.contract", unexpected=1, checked=1),
    ]
    assert blocking(outcomes, CATALOGUE) == ["marts.contract", "release.unsafe-cell"]


def test_an_undecided_rule_blocks_unless_it_says_otherwise() -> None:
    rule = CATALOGUE.get("history.interval-order")
    lenient = Catalogue((rule.model_copy(update={"undecided_blocks": False}), *MORE))
    assert blocking([UNDECIDED, BAD_CONTRACT], lenient) == ["marts.contract"]
    assert blocking([FAILED], lenient) == ["history.interval-order"]
    assert blocking([BROKEN], lenient) == ["history.interval-order"]


def test_a_verdict_needs_an_outcome_of_every_rule(con: duckdb.DuckDBPyConnection) -> None:
    first, *others = [
        RuleOutcome.of(rule.id, unexpected=0, checked=1) for rule in CATALOGUE.by_gate("release")
    ]
    assert verdict(con, "release", CATALOGUE) == "missing"
    write_validation(con, others, CATALOGUE)
    assert verdict(con, "release", CATALOGUE) == "missing"
    write_validation(con, [first], CATALOGUE)
    assert verdict(con, "release", CATALOGUE) == "passed"
    # an outcome of a rule that is gone from the catalogue takes nothing away
    con.execute(
        "insert into landing.validation (rule_id, gate, is_blocking) "
        "values ('old', 'release', false)"
    )
    assert verdict(con, "release", CATALOGUE) == "passed"

    write_validation(con, [FAILED], CATALOGUE)
    assert verdict(con, "marts", CATALOGUE) == "failed"
    assert verdict(con, "release", CATALOGUE) == "passed"
    write_validation(
        con, [RuleOutcome.of("release.unsafe-cell", unexpected=1, checked=1)], CATALOGUE
    )
    assert verdict(con, "release", CATALOGUE) == "failed"


def test_what_blocks_now_is_read_from_the_record(con: duckdb.DuckDBPyConnection) -> None:
    write_validation(con, [RuleOutcome.broken("release.unsafe-cell", "x"), PASSED], CATALOGUE)
    assert blocking_rules(con) == ["release.unsafe-cell"]
    write_validation(con, [FAILED, BAD_CONTRACT], CATALOGUE)
    write_validation(con, [RuleOutcome.broken("unit.missing", "x")], CATALOGUE)
    assert blocking_rules(con) == [
        "unit.missing",  # it could not judge
        "history.interval-order",
        "marts.contract",
        "release.unsafe-cell",
    ]


def test_findings_are_open_unless_their_delivery_stayed_out(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update landing.delivery set verdict = 'refused' where delivery_id = 'd2'")
    finding(con, "1", rule_id="key.duplicate", delivery_id="d2")
    finding(con, "2", rule_id="value.negative-level", delivery_id="d1", severity="soft")
    finding(con, "3", rule_id="value.negative-level", delivery_id="d2", severity="soft")
    finding(con, "4", rule_id="relation.not-above", gate="marts", severity="soft")
    finding(con, "5", rule_id="history.revised", gate="marts", severity="informative")
    finding(con, "6", rule_id="relation.not-above", delivery_id="d2", gate="marts", severity="hard")
    finding(con, "7", rule_id="value.negative-level", severity="soft")

    found = open_findings(con)

    assert found == {"hard": 1, "informative": 1, "soft": 3}
    assert needing_decision(found) == 4
    assert needing_decision({"informative": 1}) == 0

    con.execute("update landing.finding set claim = finding_id")
    con.execute("insert into landing.finding_decision values ('2', 'accepted'), ('4', 'queried')")
    assert open_findings(con) == found
    assert open_findings(con, undecided=True) == {"hard": 1, "informative": 1, "soft": 2}


def test_findings_keep_their_ids_and_replace_those_of_the_same_rules(
    con: duckdb.DuckDBPyConnection,
) -> None:
    where: Violation = {
        "data_set_id": "s",
        "delivery_id": "d1",
        "indicator_code": "gdp",
        "region_code": "R1",
        "period": "2024",
        "place_a": "A1",
        "place_b": "B1",
    }
    key: Violation = {"rule_id": "key.duplicate", **where}
    unit: Violation = {"rule_id": "unit.missing"}
    judged = Judged(
        [
            RuleOutcome.of(rule, unexpected=1, checked=1)
            for rule in ("key.duplicate", "unit.missing")
        ],
        [
            {**key, "arithmetic": "2", "message_en": "a"},
            {**key, "arithmetic": "1", "message_en": "b"},
            {**key, "arithmetic": "1", "message_en": "a"},
            {**key, "observation_b": "o2"},
            unit,
        ],
    )
    assert write_findings(con, judged, CATALOGUE) == 5
    assert write_findings(con, judged, CATALOGUE) == 5
    rows = con.execute(
        "select finding_id, rule_id, gate, severity, place_b, arithmetic, message_en "
        "from landing.finding order by rule_id, arithmetic, message_en"
    ).fetchall()
    hard = ("key.duplicate", "delivery", CATALOGUE.get("key.duplicate").severity, "B1")
    # v and the first 16 digits of the md5 of "key.duplicate|s|d1|gdp|R1|2024|A1|B1||", then "…|2",
    # "…|3"
    assert rows == [
        ("v507dbac24bbe3090", *hard, "1", "a"),
        ("v8f4e77a855e16310", *hard, "1", "b"),
        ("va3e5e15187eec729", *hard, "2", "a"),
        ("v38b5b76bec5bb71c", *hard, None, None),
        (
            "vb6acba06ff354d79",
            "unit.missing",
            "delivery",
            CATALOGUE.get("unit.missing").severity,
            None,
            None,
            None,
        ),
    ]

    nothing = Judged([RuleOutcome.of("unit.missing", unexpected=0, checked=1)], [])
    assert write_findings(con, nothing, CATALOGUE) == 0
    assert con.execute("select distinct rule_id from landing.finding").fetchall() == [
        ("key.duplicate",)
    ]


def test_findings_are_told_by_rule_by_data_set_and_by_the_tables_that_name_their_figures(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute(
        """
        create table landing.indicator (indicator_code varchar, name_zh varchar);
        create table landing.region (region_code varchar, region_name_zh varchar);
        create table landing.column_dictionary (
            schema_name varchar, table_name varchar, column_name varchar, role varchar);
        create schema core;
        create table core.profile (a varchar, b varchar, c varchar);
        create table core.other (a varchar);
        insert into landing.indicator values ('gdp', '生产总值');
        insert into landing.region values ('R1', '江北区');
        insert into landing.column_dictionary values ('core', 'profile', 'a', 'observation'),
            ('core', 'profile', 'b', 'observations'), ('core', 'profile', 'c', 'text'),
            ('core', 'other', 'a', 'observation'), ('core', 'gone', 'a', 'observation');
        insert into core.profile values ('o1', 'o2, o3', 'o4'), ('o1', null, null);
        insert into core.other values ('o9');
        """
    )
    told = {"indicator_code": "gdp", "region_code": "R1", "period": "2024"}
    finding(con, "1", rule_id="b", severity="soft", observation_a="o1", observation_b="o3", **told)
    finding(con, "2", rule_id="a", severity="soft", message_zh="甲", message_en="a")
    finding(con, "3", rule_id="b", observation_b="o2 o8", indicator_code="x", region_code="y")
    finding(con, "4", rule_id="c", severity="informative", observation_a="o4", data_set_id="")

    groups = finding_groups(con, "marts", shown=2)

    grave = ("b", "x", "y", "", "", "")
    told_of = ("b", "生产总值", "江北区", "2024", "", "")
    plain = ("a", "", "", "", "甲", "a")
    of_c = ("c", "", "", "", "", "")
    assert groups == {
        ("rule", "a"): FindingGroup(1, False, (plain,)),
        ("rule", "b"): FindingGroup(2, True, (grave, told_of)),
        ("rule", "c"): FindingGroup(1, False, (of_c,)),
        ("data_set", "s"): FindingGroup(3, True, (grave, plain)),
        ("table", "core.profile"): FindingGroup(2, True, (grave, told_of)),
    }
    assert finding_groups(con, "delivery", shown=2).keys() == groups.keys() - {
        ("table", "core.profile")
    }
    con.execute("delete from landing.column_dictionary")
    assert ("table", "core.profile") not in finding_groups(con, "marts")


def test_an_outcome_of_no_rule_is_an_error() -> None:
    with pytest.raises(QutongError, match="there is no rule"):
        blocking([RuleOutcome.of("no.such-rule", unexpected=0, checked=0)], CATALOGUE)
