"""Schemes, rules of evaluations and places in a plan: a mistake names file, line and remedy."""

from __future__ import annotations

import csv
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestration.declarations import load_codelists, load_declarations
from orchestration.errors import DeclarationError
from orchestration.process.declared import ReleaseControl, declared_rows
from orchestration.programmes import (
    BREAK_COLUMNS,
    CLUSTER_MEMBER_COLUMNS,
    EVALUATION_RULE_COLUMNS,
    HONOUR_COLUMNS,
    SCHEME_COLUMNS,
    SCHEME_MEMBER_COLUMNS,
    SCHEME_RULE_COLUMNS,
)
from orchestration.settings import CODE_ROOT, Settings, load_settings
from orchestration.spec import PlanIndicator
from tests.support import HERE

pytestmark = pytest.mark.core

Line = dict[str, str]

PRINTED: Line = {"document": "yunxi-bulletin", "section": "一"}
SCHEME: Line = PRINTED | {
    "scheme_code": "a",
    "name_zh": "甲",
    "name_en": "A",
    "kind": "spatial_layout",
    "level": "district",
    "status": "defined",
}
MEMBER: Line = PRINTED | {
    "scheme_code": "a",
    "member_zh": "员",
    "member_en": "Member",
    "sort": "1",
}
CLUSTER_MEMBER: Line = PRINTED | {
    "scheme_code": "a",
    "sort": "1",
    "industry_list": "industry_division",
    "industry_code": "C26",
    "valid_from": "2021",
}
COUNTED: Line = PRINTED | {"scheme_code": "a", "sort": "1", "items": "gdp; industry"}
CLUSTER: Line = PRINTED | {
    "scheme_code": "a",
    "sort": "1",
    "industry_list": "industry",
    "industry_code": "B",
}
HONOUR: Line = PRINTED | {
    "region_code": "990101",
    "theme": "profile",
    "title_zh": "示范区",
    "title_en": "Model area",
    "level": "province",
    "granted": "2022",
    "granted_inferred": "true",
    "state": "awarded",
}
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
CONTROL = ReleaseControl("2026-03-01.1", datetime(2026, 3, 1, tzinfo=UTC), "demo", "test")
COLUMNS = {
    "schemes": SCHEME_COLUMNS,
    "scheme_members": SCHEME_MEMBER_COLUMNS,
    "scheme_rules": SCHEME_RULE_COLUMNS,
    "cluster_members": CLUSTER_MEMBER_COLUMNS,
    "honours": HONOUR_COLUMNS,
    "evaluation_rules": EVALUATION_RULE_COLUMNS,
    "breaks": BREAK_COLUMNS,
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
    assert lists.honours == ()


def test_what_is_empty_is_unknown_and_what_is_known_is_as_precise_as_its_source(
    project: Settings,
) -> None:
    write(
        project,
        "schemes",
        SCHEME | {"valid_from": "2023", "valid_to": "2024-06", "successor_code": "b"},
        SCHEME | {"scheme_code": "b", "region_code": "990100", "also_in": "yunxi-bulletin"},
    )
    write(project, "scheme_members", MEMBER, MEMBER | {"sort": "2", "group_zh": "支柱"})
    write(
        project,
        "honours",
        HONOUR | {"subject": "某园区"},
        HONOUR | {"state": "aimed_at", "granted": "", "granted_inferred": "false"},
    )
    lists = load_declarations(project).codelists
    first, second = lists.schemes
    assert (first.valid_from, first.valid_to, first.region_code) == ("2023", "2024-06", None)
    assert (first.successor_code, second.also_in) == ("b", ("yunxi-bulletin",))
    assert [(m.sort, m.group_zh) for m in lists.scheme_members] == [(1, None), (2, "支柱")]
    assert [(h.subject, h.granted, h.granted_inferred, h.is_aim) for h in lists.honours] == [
        ("某园区", "2022", True, False),
        (None, None, False, True),
    ]


@pytest.mark.parametrize(
    ("changes", "place", "what", "remedy"),
    [
        ({"scheme_code": "A"}, "line 2, scheme_code", "String should match", "mend 'A'"),
        ({"name_en": ""}, "line 2, name_en", "the field is empty", "fill in name_en"),
        (
            {"kind": "spatial_layuot"},
            "line 2, kind",
            "unknown kind 'spatial_layuot'",
            "did you mean 'spatial_layout'?",
        ),
        ({"level": "town"}, "line 2, level", "unknown level 'town'", ""),
        ({"status": "known"}, "line 2, status", "unknown status 'known'", ""),
        ({"document": ""}, "line 2, document", "the field is empty", "fill in document"),
        ({"region_code": "999999"}, "line 2, region_code", "unknown region_code", ""),
        ({"valid_from": "2023-13"}, "line 2, valid_from", "month must be", "mend '2023-13'"),
        (
            {"valid_from": "2024", "valid_to": "2023"},
            "line 2, valid_to",
            "2023 lies before 2024",
            "mend one of the two",
        ),
        ({"successor_code": "b"}, "line 2, successor_code", "unknown", ""),
        ({"successor_code": "a"}, "line 2, successor_code", "cannot follow itself", ""),
        (
            {"document": "yunxi-bulletim"},
            "document",
            "a names the document 'yunxi-bulletim'",
            "did you mean 'yunxi-bulletin'?",
        ),
        (
            {"also_in": "yunxi-bulletin; yunxi-paper"},
            "document",
            "a names the document 'yunxi-paper'",
            "",
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
        ([MEMBER | {"scheme_code": "b"}], "line 2, scheme_code", "unknown scheme_code 'b'"),
        ([MEMBER | {"scheme_code": "named"}], "line 2, scheme_code", "it has no members"),
        ([MEMBER | {"sort": "0"}], "line 2, sort", "greater than or equal to 1"),
        ([MEMBER | {"member_en": ""}], "line 2, member_en", "the field is empty"),
        ([MEMBER, MEMBER], "line 3, sort", "place 1 of 'a' stands in line 2"),
        ([MEMBER | {"document": "nothing"}], "document", "员 (a) names the document"),
        ([MEMBER | {"resembles_item": "gpd"}], "resembles_item", "resembles 'gpd'"),
    ],
)
def test_mistakes_in_members(project: Settings, lines: list[Line], place: str, what: str) -> None:
    only_named = SCHEME | {"scheme_code": "named", "status": "named_only"}
    write(project, "schemes", SCHEME, only_named)
    file = write(project, "scheme_members", *lines)
    error = refused(project)
    assert (error.file, error.place) == (str(file), place)
    assert what in error.what
    assert error.remedy


def test_an_industry_is_counted_to_a_cluster_between_dates(project: Settings) -> None:
    write(project, "schemes", SCHEME)
    write(project, "scheme_members", MEMBER)
    later = CLUSTER_MEMBER | {"valid_from": "2024", "valid_to": "2025-06"}
    write(project, "cluster_members", CLUSTER_MEMBER, later)
    members = load_declarations(project).codelists.cluster_members
    assert [(m.sort, m.industry_code, m.valid_from, m.valid_to) for m in members] == [
        (1, "C26", "2021", None),
        (1, "C26", "2024", "2025-06"),
    ]


@pytest.mark.parametrize(
    ("lines", "place", "what"),
    [
        ([CLUSTER_MEMBER | {"scheme_code": "b"}], "line 2, scheme_code", "unknown scheme_code 'b'"),
        ([CLUSTER_MEMBER | {"sort": "7"}], "line 2, sort", "'a' has no member 7"),
        ([CLUSTER_MEMBER | {"industry_list": "item"}], "line 2, industry_list", "Input should be"),
        ([CLUSTER_MEMBER | {"industry_code": "C99"}], "line 2, industry_code", "unknown industry"),
        ([CLUSTER_MEMBER | {"valid_to": "2020"}], "line 2, valid_to", "2020 lies before 2021"),
        ([CLUSTER_MEMBER, CLUSTER_MEMBER], "line 3, industry_code", "it stands in line 2 too"),
        ([CLUSTER_MEMBER | {"document": "nothing"}], "document", "C26 (a, 1) names the document"),
    ],
)
def test_mistakes_in_industries_of_clusters(
    project: Settings, lines: list[Line], place: str, what: str
) -> None:
    write(project, "schemes", SCHEME)
    write(project, "scheme_members", MEMBER)
    file = write(project, "cluster_members", *lines)
    error = refused(project)
    assert (error.file, error.place) == (str(file), place)
    assert what in error.what
    assert error.remedy


def test_a_rule_says_item_class_and_region_of_all_that_counts(project: Settings) -> None:
    write(project, "schemes", SCHEME)
    write(project, "scheme_members", MEMBER)
    industry = {"class_list": "industry", "classes": "B;C", "items": "industry"}
    write(
        project,
        "scheme_rules",
        COUNTED | industry | {"valid_from": "2024", "valid_to": "2025-06"},
        COUNTED | {"valid_from": "2025-07", "regions": "990101"},
        COUNTED | {"sort": "0", "items": "", "is_complete": "true"},
    )
    write(project, "cluster_members", CLUSTER)
    declarations = load_declarations(project)
    told = [
        (row["sort"], row["item"], row["class_code"], row["region_code"], row["is_complete"])
        for row in declared_rows(declarations, CONTROL)["scheme_cell"]
    ]
    assert told == [
        (1, "industry", "B", None, False),
        (1, "industry", "C", None, False),
        (1, "gdp", "_T", "990101", False),
        (1, "industry", "_T", "990101", False),
        (0, "", "_T", None, True),
    ]


def test_a_rule_takes_the_industries_of_a_cluster_on_their_days(project: Settings) -> None:
    write(project, "schemes", SCHEME)
    write(project, "scheme_members", MEMBER)
    write(
        project,
        "cluster_members",
        CLUSTER | {"valid_to": "2024"},
        CLUSTER | {"industry_code": "C", "valid_from": "2025-07"},
    )
    listed = COUNTED | {"items": "industry", "class_list": "industry", "valid_from": "2024-03"}
    write(project, "scheme_rules", listed)
    rows = declared_rows(load_declarations(project), CONTROL)["scheme_cell"]
    assert [(row["class_code"], row["valid_from"], row["valid_to"]) for row in rows] == [
        ("B", date(2024, 3, 1), date(2024, 12, 31)),
        ("C", date(2025, 7, 1), None),
    ]


@pytest.mark.parametrize(
    ("lines", "place", "what"),
    [
        ([COUNTED | {"scheme_code": "b"}], "line 2, scheme_code", "unknown scheme_code 'b'"),
        ([COUNTED | {"sort": "2"}], "line 2, sort", "'a' has no member 2"),
        ([COUNTED | {"items": ""}], "line 2, items", "nothing counts as this member"),
        ([COUNTED | {"items": "gpd"}], "items", "counts 'gpd', which is no item of a mart"),
        ([COUNTED | {"is_complete": "true"}], "line 2, is_complete", "a member alone cannot be"),
        ([COUNTED | {"classes": "C"}], "line 2, class_list", "classes of which list?"),
        (
            [COUNTED | {"class_list": "industry"}],
            "line 2, classes",
            "no class of 'industry' counts as this member",
        ),
        (
            [COUNTED | {"class_list": "industry", "classes": "Z"}],
            "line 2, classes",
            "unknown classes 'Z'",
        ),
        ([COUNTED | {"regions": "999999"}], "line 2, regions", "unknown regions '999999'"),
        (
            [COUNTED | {"valid_to": "2024"}, COUNTED | {"valid_from": "2024-12"}],
            "line 3, valid_from",
            "the rule in line 2 holds at the same time",
        ),
    ],
)
def test_mistakes_in_rules_of_members(
    project: Settings, lines: list[Line], place: str, what: str
) -> None:
    write(project, "schemes", SCHEME)
    write(project, "scheme_members", MEMBER)
    file = write(project, "scheme_rules", *lines)
    error = refused(project)
    assert (error.file, error.place) == (str(file), place)
    assert what in error.what
    assert error.remedy


@pytest.mark.parametrize(
    ("changes", "place", "what"),
    [
        ({"region_code": "999999"}, "line 2, region_code", "unknown region_code"),
        ({"theme": "sports"}, "line 2, theme", "Input should be"),
        ({"level": "town"}, "line 2, level", "unknown level 'town'"),
        ({"state": "won"}, "line 2, state", "unknown state 'won'"),
        ({"state": "aimed_at"}, "line 2, granted", "aimed_at was not granted in 2022"),
        ({"document": "nothing"}, "document", "示范区 names the document"),
    ],
)
def test_mistakes_in_honours(project: Settings, changes: Line, place: str, what: str) -> None:
    file = write(project, "honours", HONOUR | changes)
    error = refused(project)
    assert (error.file, error.place) == (str(file), place)
    assert what in error.what
    assert error.remedy


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


BREAK = {
    "indicator_codes": "gdp;fai",
    "region_codes": "990101",
    "since": "2016-10",
    "kind": "boundary",
    "note_zh": "区划调整",
    "note_en": "Boundary change",
}


def test_a_break_is_of_each_indicator_and_region_that_is_delivered(project: Settings) -> None:
    shutil.copytree(CODE_ROOT / "raw" / "catalogue", project.raw / "catalogue")
    whole = {"indicator_codes": "", "region_codes": "990101;990100", "since": "2020"}
    undelivered = {"indicator_codes": "cpi", "region_codes": ""}
    write(project, "breaks", BREAK, BREAK | whole, BREAK | undelivered)
    rows = declared_rows(
        load_declarations(project),
        CONTROL,
    )["series_break"]
    assert [
        (row["break_no"], row["indicator_code"], row["region_code"], row["since"], row["begins_on"])
        for row in rows
    ] == [
        (1, "gdp", None, "2013", date(2013, 1, 1)),  # what the catalogue says of it
        (2, "gdp", "990101", "2016-10", date(2016, 10, 1)),
        (3, "fai", "990101", "2016-10", date(2016, 10, 1)),
        (4, None, "990101", "2020", date(2020, 1, 1)),
        (5, None, "990100", "2020", date(2020, 1, 1)),
    ]


@pytest.mark.parametrize(
    ("changes", "place", "what"),
    [
        ({"kind": "flood"}, "line 2, kind", "unknown kind 'flood'"),
        ({"region_codes": "990101;999999"}, "line 2, region_codes", "unknown region_codes"),
        ({"since": "2016-13"}, "line 2, since", "month must be in 1..12"),
        ({"note_en": ""}, "line 2, note_en", "the field is empty"),
        ({"indicator_codes": "gpd"}, "indicator_codes", "'gpd', which is no indicator"),
        (
            {"indicator_codes": "", "region_codes": ""},
            "line 2, indicator_codes",
            "every series would break",
        ),
    ],
)
def test_mistakes_in_breaks(project: Settings, changes: Line, place: str, what: str) -> None:
    file = write(project, "breaks", BREAK | changes)
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
    assert (len(lists.schemes), len(lists.scheme_members), len(lists.honours)) == (88, 152, 142)
    known = [m for m in lists.scheme_members if m.scheme_code == "manufacturing_133x"]
    assert [m.member_zh for m in known] == [
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
