"""The rule catalogue: what it accepts, and how it says what is wrong with a rule file.

Belongs here: loading rule files. Does not belong here: what the rules find (test_judge_rules).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.declarations import load_declarations
from orchestration.errors import QutongError
from orchestration.judge.catalogue import GATE_NAMES, GATES, RULE_COLUMNS, load_catalogue
from orchestration.settings import CODE_ROOT, load_settings

pytestmark = pytest.mark.core

EXPECTATIONS = Path(__file__).parents[2] / "expectations"

GOOD: dict[str, Any] = {
    "id": "value.too-large",
    "title": {"zh": "数值过大", "en": "Value is too large"},
    "level": 1,
    "severity": "hard",
    "owner": "supplier",
    "executor": "sql",
    "guidance": {"zh": "请核对单位。", "en": "Check the unit."},
    "batch": "landing.candidate",
    "sql": "select c.delivery_id from {batch} as c where c.value > 10",
}


def write(folder: Path, *rules: dict[str, Any], gate: str = "delivery", area: str = "a") -> Path:
    file = folder / "rules" / gate / f"{area}.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump({"rules": list(rules)}, allow_unicode=True), encoding="utf-8")
    return file


def refused(folder: Path) -> QutongError:
    with pytest.raises(QutongError) as caught:
        load_catalogue(folder)
    return caught.value


def test_a_rule_takes_its_gate_from_its_folder_and_its_table_for_batch(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (rule,) = load_catalogue(tmp_path)
    assert rule.gate == "delivery"
    assert rule.statement("sql") == (
        "select c.delivery_id from landing.candidate as c where c.value > 10"
    )
    assert rule.statement("checked_sql") == "select count(*) from landing.candidate as b"
    assert rule.statement("undecided_sql") is None


def test_rows_have_the_columns_of_landing_rule(tmp_path: Path) -> None:
    sql = "select 1 from {batch} where value > (select tolerance from landing.rule)"
    write(tmp_path, {**GOOD, "tolerance": {"value": 0.5, "reason": "rounding"}, "sql": sql})
    assert load_catalogue(tmp_path).rows() == [
        (
            "value.too-large",
            "delivery",
            1,
            "hard",
            "sql",
            "supplier",
            "请核对单位。",
            "Check the unit.",
            "数值过大",
            "Value is too large",
            "0.5",
            "rounding",
        )
    ]
    assert len(RULE_COLUMNS) == 12


def test_gates_have_the_order_and_the_names_of_their_code_list() -> None:
    codes = load_declarations(load_settings(CODE_ROOT)).codelists.codes
    listed = sorted((code for code in codes if code.list == "gate"), key=lambda code: code.sort)
    assert [code.code for code in listed] == list(GATES)
    assert {code.code: (code.name_zh, code.name_en.capitalize()) for code in listed} == {
        gate: (name.zh, name.en) for gate, name in GATE_NAMES.items()
    }


def test_rules_stand_in_the_order_of_the_gates(tmp_path: Path) -> None:
    write(tmp_path, {**GOOD, "id": "c.c"}, gate="release")
    write(tmp_path, {**GOOD, "id": "b.b"}, gate="marts")
    write(tmp_path, {**GOOD, "id": "z.z"}, gate="delivery")
    catalogue = load_catalogue(tmp_path)
    assert [rule.id for rule in catalogue] == ["z.z", "b.b", "c.c"]
    assert [rule.id for rule in catalogue.by_gate("marts")] == ["b.b"]
    assert catalogue.by_gate("marts", "dbt") == ()


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ({"severty": "hard"}, "value.too-large.severty", "did you mean 'severity'"),
        ({"severity": "fatal"}, "value.too-large.severity", "'hard', 'soft' or 'informative'"),
        ({"level": 6}, "value.too-large.level", "less than or equal to 5"),
        ({"id": "Value Too Large"}, "Value Too Large.id", "match pattern"),
        ({"title": {"zh": "数值过大"}}, "value.too-large.title.en", "add 'en'"),
        ({"guidance": {"zh": "一\n二", "en": "x"}}, "value.too-large.guidance", "one line"),
        ({"gate": "marts"}, "value.too-large.gate", "move the rule to the other folder"),
        ({"sql": None}, "value.too-large", "needs `batch` and `sql`"),
        ({"batch": None}, "value.too-large", "needs `batch` and `sql`"),
        ({"executor": "reader"}, "value.too-large", "runs no SQL: remove batch, sql"),
        ({"sql": "delete from landing.rule"}, "value.too-large.sql", "one SELECT"),
        ({"sql": "select 1; select 2"}, "value.too-large.sql", "without a semicolon"),
        ({"tolerance": {"value": -1, "reason": "x"}}, "value.too-large.tolerance.value", "pattern"),
        ({"tolerance": {"value": 1}}, "value.too-large.tolerance.reason", "is missing"),
        ({"tolerance": {"value": 1, "reason": "x"}}, "value.too-large", "read in SQL"),
    ],
)
def test_a_wrong_rule_is_named_with_file_key_and_remedy(
    tmp_path: Path, change: dict[str, Any], place: str, words: str
) -> None:
    rule = {key: value for key, value in {**GOOD, **change}.items() if value is not None}
    file = write(tmp_path, rule)
    error = refused(tmp_path)
    assert error.file == str(file)
    assert error.place == place
    assert error.remedy
    assert words in str(error)


def test_a_duplicate_id_is_refused_and_both_files_are_named(tmp_path: Path) -> None:
    first = write(tmp_path, GOOD, area="a")
    second = write(tmp_path, GOOD, area="b")
    error = refused(tmp_path)
    assert error.file == str(second)
    assert str(first) in error.what


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD)
    file.write_text(file.read_text(encoding="utf-8") + "  level: 2\n", encoding="utf-8")
    assert "stands twice" in refused(tmp_path).what


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("- id: x\n", "one key, `rules`"),
        ("rules:\n  - id: [\n", "not valid YAML"),
        ("rules:\n  - just text\n", "keys and values"),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, content: str, words: str) -> None:
    write(tmp_path, GOOD).write_text(content, encoding="utf-8")
    assert words in str(refused(tmp_path))


def test_a_folder_that_is_no_gate_is_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD, gate="mart")
    assert "'mart' is not a gate" in refused(tmp_path).what


def test_no_rules_at_all_is_an_error(tmp_path: Path) -> None:
    assert "there are no rules" in refused(tmp_path).what


def test_an_unknown_rule_is_an_error() -> None:
    with pytest.raises(QutongError, match=r"there is no rule 'x\.y'"):
        load_catalogue(EXPECTATIONS).get("x.y")


def test_our_own_rules_load_and_hold_no_code_of_a_place() -> None:
    catalogue = load_catalogue(EXPECTATIONS)
    assert {rule.executor for rule in catalogue} == {"reader", "sql", "gx", "dbt", "release"}
    for rule in catalogue.by_gate("delivery", "reader"):
        if rule.id.startswith("delivery."):
            assert rule.severity == "hard"
    for file in (EXPECTATIONS / "rules").rglob("*.yml"):
        text = file.read_text(encoding="utf-8")
        digits = "".join(c if c.isdigit() else " " for c in text).split()
        assert all(len(run) < 6 for run in digits), file
