"""Schemes, rules of evaluations and places in a plan: a mistake names file, line and remedy."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from orchestration.declarations import load_codelists, load_declarations
from orchestration.errors import DeclarationError
from orchestration.programmes import (
    EVALUATION_RULE_COLUMNS,
    SCHEME_COLUMNS,
    SCHEME_MEMBER_COLUMNS,
)
from orchestration.settings import CODE_ROOT, Settings, load_settings
from orchestration.spec import PlanIndicator
from tests.support import HERE

pytestmark = pytest.mark.core

Line = dict[str, str]

SCHEME: Line = {"scheme_code": "a", "name_zh": "甲", "name_en": "A", "kind": "space"}
MEMBER: Line = {"scheme_code": "a", "group_order": "1", "group_size": "2"}
NAMED = MEMBER | {"position": "1", "member_name_zh": "员", "member_name_en": "Member"}
RULE: Line = {
    "rule_id": "midterm",
    "plan_id": "plan",
    "region_code": "990101",
    "name_zh": "中期",
    "name_en": "Mid-term",
    "plan_name_zh": "规划",
    "plan_name_en": "Plan",
    "plan_period": "2021/2025",
    "evaluation_period": "2023-06",
    "annual_period": "2022",
    "annual_threshold_pct": "40",
    "within_year_threshold_pct": "50",
}
COLUMNS = {
    "schemes": SCHEME_COLUMNS,
    "scheme_members": SCHEME_MEMBER_COLUMNS,
    "evaluation_rules": EVALUATION_RULE_COLUMNS,
}


def write(project: Settings, name: str, *lines: Line) -> Path:
    file = project.raw / "codelists" / f"{name}.csv"
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS[name], restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    return file


def refused(project: Settings) -> DeclarationError:
    with pytest.raises(DeclarationError) as caught:
        load_declarations(project)
    return caught.value


def test_a_district_need_not_have_any(project: Settings) -> None:
    lists = load_codelists(project.raw / "codelists")
    assert (lists.schemes, lists.scheme_members, lists.evaluation_rules) == ((), (), ())


def test_what_is_empty_is_unknown_and_what_is_known_is_as_precise_as_its_source(
    project: Settings,
) -> None:
    write(
        project,
        "schemes",
        SCHEME | {"valid_from": "2023", "valid_to": "2024-06"},
        SCHEME | {"scheme_code": "b", "predecessor_codes": "a", "region_code": "990100"},
    )
    write(project, "scheme_members", NAMED, MEMBER | {"group_order": "2", "group_size": ""})
    lists = load_declarations(project).codelists
    first, second = lists.schemes
    assert (first.valid_from, first.valid_to, first.region_code) == ("2023", "2024-06", None)
    assert (second.predecessor_codes, second.valid_from) == (("a",), None)
    assert [(m.group_order, m.group_size, m.position) for m in lists.scheme_members] == [
        (1, 2, 1),
        (2, None, None),
    ]


@pytest.mark.parametrize(
    ("changes", "place", "what", "remedy"),
    [
        ({"scheme_code": "A"}, "line 2, scheme_code", "String should match", "mend 'A'"),
        ({"name_en": ""}, "line 2, name_en", "the field is empty", "fill in name_en"),
        ({"kind": "spaec"}, "line 2, kind", "unknown kind 'spaec'", "did you mean 'space'?"),
        ({"region_code": "999999"}, "line 2, region_code", "unknown region_code", ""),
        ({"valid_from": "2023-13"}, "line 2, valid_from", "month must be", "mend '2023-13'"),
        (
            {"valid_from": "2024", "valid_to": "2023"},
            "line 2, valid_to",
            "2023 lies before 2024",
            "mend one of the two",
        ),
        ({"predecessor_codes": "b"}, "line 2, predecessor_codes", "unknown", ""),
        ({"predecessor_codes": "a"}, "line 2, predecessor_codes", "cannot follow itself", ""),
        ({"note_zh": "注"}, "line 2, note_en", "one of two languages is missing", "note_en"),
        (
            {"source_document": "yunxi-bulletim"},
            "source_document",
            "a names the document 'yunxi-bulletim'",
            "did you mean 'yunxi-bulletin'?",
        ),
    ],
)
def test_mistakes_in_schemes(
    project: Settings, changes: Line, place: str, what: str, remedy: str
) -> None:
    file = write(project, "schemes", SCHEME | changes)
    error = refused(project)
    assert (error.file, error.place) == (str(file), place)
    assert what in error.what
    assert remedy in (error.remedy or "")


def test_a_scheme_stands_once(project: Settings) -> None:
    write(project, "schemes", SCHEME, SCHEME)
    error = refused(project)
    assert (error.place, error.what) == ("line 3, scheme_code", "'a' stands in line 2 too")


@pytest.mark.parametrize(
    ("lines", "place", "what"),
    [
        ([NAMED | {"scheme_code": "b"}], "line 2, scheme_code", "unknown scheme_code 'b'"),
        ([NAMED | {"group_order": "0"}], "line 2, group_order", "greater than or equal to 1"),
        ([NAMED | {"position": ""}], "line 2, position", "has a position and a name"),
        ([NAMED | {"position": "3"}], "line 2, position", "position 3 in a group of 2"),
        ([NAMED | {"member_name_en": ""}], "line 2, member_name_en", "one of two languages"),
        (
            [NAMED, NAMED | {"position": "2", "group_size": "3"}],
            "line 3, group_size",
            "another name or size",
        ),
        ([NAMED, NAMED], "line 3, valid_from", "position 1 is taken by a line above"),
        (
            [NAMED | {"valid_to": "2024"}, NAMED | {"valid_from": "2023-12"}],
            "line 3, valid_from",
            "has not ended",
        ),
        ([NAMED | {"resembles_item": "gpd"}], "resembles_item", "resembles 'gpd'"),
    ],
)
def test_mistakes_in_members(project: Settings, lines: list[Line], place: str, what: str) -> None:
    write(project, "schemes", SCHEME)
    file = write(project, "scheme_members", *lines)
    error = refused(project)
    assert (error.file, error.place) == (str(file), place)
    assert what in error.what
    assert error.remedy


def test_a_position_changes_hands(project: Settings) -> None:
    write(project, "schemes", SCHEME)
    write(
        project,
        "scheme_members",
        NAMED | {"valid_to": "2024-06"},
        NAMED | {"valid_from": "2024-06", "member_name_zh": "新员"},
    )
    members = load_declarations(project).codelists.scheme_members
    assert [member.member_name_zh for member in members] == ["员", "新员"]


@pytest.mark.parametrize(
    ("changes", "place", "what"),
    [
        ({"annual_threshold_pct": "1e2"}, "line 2, annual_threshold_pct", "String should match"),
        ({"annual_period": "2022-06"}, "line 2, annual_period", "String should match"),
        ({"annual_period": "2026"}, "line 2, annual_period", "lies outside the plan"),
        ({"evaluation_period": "2023-06-30"}, "line 2, evaluation_period", "neither a year"),
        ({"plan_period": "2025/2021"}, "line 2, plan_period", "not a range of years"),
        ({"region_code": "云溪"}, "line 2, region_code", "unknown region_code"),
        ({"source_document": "nothing"}, "source_document", "midterm names the document"),
    ],
)
def test_mistakes_in_rules(project: Settings, changes: Line, place: str, what: str) -> None:
    file = write(project, "evaluation_rules", RULE | changes)
    error = refused(project)
    assert (error.file, error.place) == (str(file), place)
    assert what in error.what
    assert error.remedy


def test_a_rule_stands_once(project: Settings) -> None:
    write(project, "evaluation_rules", RULE, RULE | {"annual_threshold_pct": "45.5"})
    assert refused(project).what == "'midterm' stands twice"


def plan_file(project: Settings, *changes: tuple[str, str]) -> Path:
    text = (HERE / "plan" / "yunxi-plan.yml").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file = project.raw / "datasets" / "plan" / "yunxi-plan.yml"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    return file


def test_an_indicator_defined_elsewhere_has_a_place_in_the_plan_too(project: Settings) -> None:
    plan_file(project)
    declarations = load_declarations(project)
    in_plan = {
        indicator.code: indicator.plan
        for indicator in declarations.get("yunxi-plan").data_set.indicators
    }
    gdp = in_plan["gdp"]
    assert isinstance(gdp, PlanIndicator)
    assert (gdp.number, gdp.figures, gdp.base_period, gdp.target_period) == (
        1,
        "annual",
        "2020",
        "2025",
    )
    assert declarations.definitions["gdp"][0].plan is None


@pytest.mark.parametrize(
    ("old", "new", "place", "what"),
    [
        ("number: 2", "number: 1", "indicators.gdp_growth.plan", "1 of plan 'yunxi-fourteenth'"),
        ("nature: anticipatory", "nature: expected", "plan.nature", "Input should be"),
        ("target_kind: level", "target_kind: levels", "plan.target_kind", "Input should be"),
        ("base_period: 2020", "base_period: 2025", "plan", "does not lie before the target"),
        ("target_period: 2025", "target_period: 2025-Q1", "target_period", "not a date"),
        ("measure: level", "measure: level\n    mart: plan.plan_progress", "", "follows from"),
    ],
)
def test_mistakes_in_a_place_in_the_plan(
    project: Settings, old: str, new: str, place: str, what: str
) -> None:
    file = plan_file(project, (old, new))
    error = refused(project)
    assert error.file == str(file)
    assert place in (error.place or "")
    assert what in error.what


def test_the_shipped_lists_name_nothing_that_is_not_there() -> None:
    lists = load_declarations(load_settings(CODE_ROOT)).codelists
    assert {scheme.kind for scheme in lists.schemes} <= set(lists.members("scheme_kind"))
    known = [m for m in lists.scheme_members if m.scheme_code == "manufacturing_133x"]
    assert [m.member_name_zh for m in known] == [
        "新型功能材料",
        "高端装备",
        "高端汽车零部件",
        "智能传感",
        "生命健康",
        "新能源",
        "时尚消费品",
        "低空经济",
        "人形机器人",
    ]
    assert [(r.annual_period, r.annual_threshold_pct) for r in lists.evaluation_rules] == [
        ("2022", "40")
    ]
