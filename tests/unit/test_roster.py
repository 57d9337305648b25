"""A list of firms or cases gives numbers, and nothing that names one.

Belongs here: the layout function ``roster``. Does not belong here: what marts make of the numbers
(``tests/pipeline/test_systems.py``).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from orchestration.collect.functions import apply_function
from orchestration.collect.grid import RefusedError
from orchestration.collect.layouts.extract import Told, Words
from orchestration.collect.readers import read_grids
from orchestration.declarations import Declarations, load_declarations
from orchestration.spec import FunctionLayout
from tests.support import HERE, make_project, parse_frames

FIRMS = """\
专精特新名册（2026年2月，虚构）
企业名称,梯队,认定日期,退出日期
甲机械,省级专精特新,2024-05-01,
乙电子,省级专精特新,2026-02-03,
丙材料,省级专精特新,2023-01-10,2026/2/20
丁阀门,省级专精特新,2022-01-10,2025-12-31
甲机械,国家级小巨人,2026年2月11日,
"""
CASES = """\
督办事项（2026年2月，虚构）
编号,事项,状态,交办日期,办理期限,办结日期
1,修桥,已完成,2026-01-05,2026-02-10,2026-02-09
2,清淤,已超时,2026-01-06,2026-02-15,
3,绿化,进行中,2026-02-02,2026-03-15,
4,停车,待派发,2026-02-20,2026-02-28,
5,噪声,已完成,2025-12-01,2026-01-01,2026-01-20
"""


@pytest.fixture(scope="module")
def declarations(tmp_path_factory: pytest.TempPathFactory) -> Declarations:
    settings = make_project(tmp_path_factory.mktemp("roster") / "d", with_deliveries=False)
    for name, theme in (("yunxi-roster", "industry_clusters"), ("yunxi-cases", "plan")):
        folder = settings.raw / "datasets" / theme
        folder.mkdir()
        shutil.copy(HERE / "systems" / f"{name}.yml", folder)
    return load_declarations(settings)


def counted(declarations: Declarations, data_set: str, name: str, text: str) -> dict[str, str]:
    parsed, accepted, quarantined = parse_frames(
        declarations, data_set, name, text.encode(), day="2026-03-01"
    )
    assert (parsed.refusal, quarantined, parsed.is_balanced) == (None, [], True)
    assert {row["period"] for row in accepted} == {"2026-02"}
    classes = (
        f"{row['indicator_code']} {row['breakdown']}".removesuffix(" _T") for row in accepted
    )
    values = (f"{row['value']:f}".rstrip("0").rstrip(".") for row in accepted)
    return dict(zip(classes, values, strict=True))


def test_firms_enter_and_leave_and_nobody_is_named(declarations: Declarations) -> None:
    assert counted(declarations, "yunxi-roster", "专精特新名册2月.csv", FIRMS) == {
        "specialised_stock": "2",
        "specialised_added": "1",
        "specialised_exited": "1",
        "giants_stock": "1",
        "giants_added": "1",
        "giants_exited": "0",
    }
    _, accepted, _ = parse_frames(
        declarations, "yunxi-roster", "专精特新名册2月.csv", FIRMS.encode(), day="2026-03-01"
    )
    assert not [row for row in accepted for name in "甲乙丙丁" if name in str(row)]


def test_cases_are_counted_by_state_and_stay_in_their_ledger(declarations: Declarations) -> None:
    assert counted(declarations, "yunxi-cases", "督办事项2月.csv", CASES) == {
        "list_cases": "5",
        "list_cases case_unassigned": "1",
        "list_cases case_in_progress": "1",
        "list_cases case_done": "2",
        "list_cases case_overdue": "1",
        "list_cases case_not_closed": "0",
        "list_opened": "2",
        "list_closed": "1",
    }


@pytest.mark.parametrize(
    ("data_set", "text", "right", "wrong", "place"),
    [
        ("yunxi-roster", FIRMS, "2024-05-01", "2024-13-01", "R3C3"),
        ("yunxi-roster", FIRMS, "2026-02-03", "2026-03-03", "R4C3"),
        ("yunxi-roster", FIRMS, "2026/2/20", "2022/2/20", "R5C4"),
        ("yunxi-roster", FIRMS, "2026/2/20", "是", "R5C4"),
        ("yunxi-roster", FIRMS, "国家级小巨人", "国家级单项冠军", "R7C2"),
        ("yunxi-roster", FIRMS, "国家级小巨人", "省级专精特新", "R7C1"),
        ("yunxi-cases", CASES, "已超时", "进行中", "R4C3"),
        ("yunxi-cases", CASES, "绿化,进行中", "绿化,已超时", "R5C3"),
        ("yunxi-cases", CASES, "绿化,进行中", "绿化,已完成", "R5C3"),
        ("yunxi-cases", CASES, "2026-03-15", "下月", "R5C5"),
    ],
)
def test_a_row_that_contradicts_itself_is_not_counted(
    declarations: Declarations, data_set: str, text: str, right: str, wrong: str, place: str
) -> None:
    assert right in text
    name = "专精特新名册.csv" if data_set == "yunxi-roster" else "督办事项.csv"
    content = text.replace(right, wrong, 1).encode()
    parsed, accepted, quarantined = parse_frames(
        declarations, data_set, name, content, day="2026-03-01"
    )
    assert (parsed.refusal, parsed.is_balanced) == (None, True)
    assert [row["delivery_place"] for row in quarantined] == [place]
    whole = {"yunxi-roster": "specialised_stock", "yunxi-cases": "list_cases"}[data_set]
    assert [row["value"] for row in accepted if row["indicator_code"] == whole]


@pytest.mark.parametrize(
    ("changes", "text", "rule", "said"),
    [
        ({"grup": "梯队"}, FIRMS, "delivery.unreadable-file", "grup: Extra inputs"),
        ({"overdue": "x"}, FIRMS, "delivery.unreadable-file", "`due` and `overdue` belong"),
        ({"done": "x"}, FIRMS, "delivery.unreadable-file", "x stands in no `groups`"),
        ({"as": "breakdown"}, FIRMS, "delivery.unreadable-file", "`indicator` is named where"),
        (
            {},
            FIRMS.replace("认定日期", "认定日"),
            "delivery.missing-column",
            "the column '认定日期' is missing; was it renamed to '认定日'?",
        ),
        ({"begins": "认定日"}, FIRMS, "delivery.missing-column", "'认定日' is missing"),
        ({"named": ["梯队"]}, FIRMS, "delivery.unknown-column", "企业名称"),
        ({}, FIRMS.replace("退出日期", "梯队"), "delivery.duplicate-column", "stands 2 times"),
        ({}, FIRMS.replace("2026年2月，", ""), "delivery.unreadable-file", "says the period"),
        ({}, FIRMS.replace("乙电子", ""), "delivery.unreadable-file", "'企业名称' is blank"),
    ],
)
def test_a_list_that_is_not_as_declared_is_refused(
    declarations: Declarations, changes: dict[str, Any], text: str, rule: str, said: str
) -> None:
    layout = declarations.get("yunxi-roster").data_set.layout
    assert isinstance(layout, FunctionLayout)
    changed = layout.model_copy(update={"options": {**layout.options, **changes}})
    grids = read_grids(text.encode(), changed)
    told = Told(Words.of(declarations.codelists), str(Path("名册.csv")))
    with pytest.raises(RefusedError) as caught:
        apply_function(grids, changed, told)
    assert caught.value.rule == rule
    assert said in caught.value.detail_en
