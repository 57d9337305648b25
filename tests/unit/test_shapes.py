"""Every shape in which figures arrive: drafted, mended with a few lines, and read to the cell."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.authoring.draft import Draft, draft
from orchestration.authoring.look import is_value
from orchestration.authoring.preview import preview
from orchestration.bounds import BOUNDS
from orchestration.collect.parse import Outcome, Parsed
from orchestration.declarations import (
    Declarations,
    Declared,
    load_declarations,
    validate_file,
)
from orchestration.errors import QutongError
from orchestration.spec import Correction
from tests.shapes.answers import ANSWERS
from tests.shapes.files import FILES, TOWNS
from tests.support import HERE, make_project

MOST_EDITS = 10
"""Lines that a person may have to change in a draft."""


@dataclass(frozen=True)
class World:
    declarations: Declarations
    folder: Path

    def file(self, data_set: str) -> Path:
        name, content = FILES[data_set]
        path = self.folder / name
        path.write_bytes(content())
        return path

    def draft(self, data_set: str) -> Draft:
        theme = Path(self.declared(data_set).path).parent.name
        return draft(self.file(data_set), self.declarations, data_set_id=data_set, theme=theme)

    def declared(self, data_set: str) -> Declared:
        source = HERE / "shapes" / f"{data_set}.yml"
        text = source.read_text(encoding="utf-8")
        theme = next(line for line in text.splitlines() if line.startswith("theme: "))[7:]
        copy = self.folder / theme / source.name
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(text, encoding="utf-8")
        return Declared(validate_file(copy, self.declarations.settings), copy, "")

    def read(self, data_set: str) -> tuple[Parsed, Outcome]:
        parsed, outcome = preview(self.file(data_set), self.declared(data_set), self.declarations)
        assert parsed.refusal is None, parsed.refusal
        assert outcome is not None
        return parsed, outcome


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = make_project(tmp_path_factory.mktemp("shapes") / "district")
    with (settings.raw / "codelists" / "regions.csv").open("a", encoding="utf-8") as regions:
        regions.write(TOWNS)
    yield World(load_declarations(settings), tmp_path_factory.mktemp("files"))


def lines(outcome: Outcome) -> str:
    """The accepted figures as ``answers`` writes them."""
    columns = ("indicator_code", "region_code", "period", "period_kind", "value", "unit")
    rows = outcome.accepted.sort("place_order").select(*columns, "obs_status", "delivery_place")
    return "\n" + "".join(
        " ".join(plain(value) for value in row) + "\n" for row in rows.iter_rows()
    )


def plain(value: object) -> str:
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return "-" if value is None else str(value)


def test_a_number_behind_any_word_of_a_bound_is_taken_for_a_value() -> None:
    words = [word for bound in BOUNDS.values() for word in bound.words_before]

    assert {"超", "约", "不低于", "≥", "more than"} <= set(words)
    assert [word for word in words if not is_value(f"{word} 5")] == []
    assert not is_value("约定")


@pytest.mark.parametrize("data_set", FILES)
def test_every_figure_is_read_with_its_cell(world: World, data_set: str) -> None:
    parsed, outcome = world.read(data_set)
    assert lines(outcome) == ANSWERS[data_set]
    assert parsed.is_balanced


@pytest.mark.parametrize("data_set", FILES)
def test_a_draft_runs_and_needs_few_edits(world: World, data_set: str) -> None:
    drafted = world.draft(data_set)
    assert drafted.parsed.refusal is None
    assert drafted.outcome is not None
    final = (HERE / "shapes" / f"{data_set}.yml").read_text(encoding="utf-8").splitlines()
    changes = difflib.unified_diff(drafted.text.splitlines(), final, n=0, lineterm="")
    edited = [line for line in changes if line.startswith("+") and not line.startswith("+++")]
    # What the catalogue does not know has no English name until somebody gives it one.
    edited = [line for line in edited if not line.startswith("+  name: ")]
    assert len(edited) <= MOST_EDITS
    assert lines(drafted.outcome) == ANSWERS[data_set]
    assert drafted.doubts > 0


def test_what_has_no_number_waits_with_its_cell(world: World) -> None:
    _, outcome = world.read("yunxi-retail-month")
    bad = outcome.quarantined.select("rule_id", "delivery_place", "raw_text").rows()
    assert bad == [("value.not-a-number", "R6C3", "提高")]


def test_footnotes_reach_their_figures_and_notes_are_kept(world: World) -> None:
    _, outcome = world.read("yunxi-industry-month")
    accepted = outcome.accepted
    noted = accepted.filter(accepted["note"].is_not_null())
    assert noted.select("delivery_place", "note").rows() == [
        ("工业!C8", "增加值只公布增速，按可比价格计算。"),
        ("工业!E8", "增加值只公布增速，按可比价格计算。"),
    ]
    assert outcome.notes.rows() == [
        ("工业!A11", "", "注：1. 规模以上工业指年主营业务收入2000万元及以上的工业企业。"),
        ("工业!A12", "①", "① 增加值只公布增速，按可比价格计算。"),
        ("工业!A13", "", "资料来源：云溪区统计局（虚构数据，仅供测试）"),
    ]
    _, outcome = world.read("yunxi-schools")
    accepted = outcome.accepted
    noted = accepted.filter(accepted["note"] == "含九年一贯制学校。")
    assert noted["delivery_place"].to_list() == [f"表1!R6C{col}" for col in (2, 3, 4, 5)]


def test_next_month_is_read_without_any_change(world: World) -> None:
    """Periods follow from the title: the declaration names no month."""
    import io

    from openpyxl import load_workbook

    book = load_workbook(world.file("yunxi-industry-month"))
    sheet = book["工业"]
    sheet["A1"] = "2026年12月云溪区规模以上工业主要指标"
    sheet["B3"], sheet["D3"] = "12月", "1－12月"
    buffer = io.BytesIO()
    book.save(buffer)
    path = world.folder / "云溪区工业202612.xlsx"
    path.write_bytes(buffer.getvalue())
    parsed, outcome = preview(path, world.declared("yunxi-industry-month"), world.declarations)
    assert parsed.refusal is None
    assert outcome is not None
    assert outcome.accepted["period"].unique().sort().to_list() == ["2026-01/2026-12", "2026-12"]


RECORDS = """指标,类型,企业名称,园区,期间,数值,单位,原文,备注
新开工项目数,计划,,,2025年,12,个,,年初下达
新开工项目数,实际,,,2025年,9,个,,
新开工项目数,预计,云溪重工,,2025年,3,个,,
新开工项目数,实际,,高新园,2024年,2,个,两个,口径为在建
"""


def test_a_draft_proposes_whose_figure_it_is_and_of_what_kind(world: World) -> None:
    path = world.folder / "项目.csv"
    path.write_text(RECORDS, encoding="utf-8")
    drafted = draft(path, world.declarations, data_set_id="projects", theme="investment")
    for line in (
        "    figure_kind: 类型",
        "    subject: 企业名称",
        "    locality: 园区",
        "    printed: 原文",
        "    note: 备注",
    ):
        assert line in drafted.text.splitlines()
    assert "    measure: 类型" not in drafted.text.splitlines()
    assert drafted.outcome is not None
    accepted = drafted.outcome.accepted.sort("place_order")
    told = ["figure_kind", "subject", "locality", "value_printed", "note"]
    assert accepted.select(told).rows() == [
        ("target", "_T", "_T", "12", "年初下达"),
        ("outturn", "_T", "_T", "9", None),
        ("forecast", "云溪重工", "_T", "3", None),
        ("outturn", "_T", "高新园", "两个", "口径为在建"),
    ]


def test_a_type_that_names_measures_stays_the_measure(world: World) -> None:
    path = world.folder / "项目.csv"
    path.write_text(
        "指标,类型,期间,数值,单位\n项目数,个数,2025年,12,个\n项目数,位次,2025年,2,位\n", "utf-8"
    )
    drafted = draft(path, world.declarations, data_set_id="projects", theme="investment")
    assert "    measure: 类型" in drafted.text.splitlines()
    assert "figure_kind" not in drafted.text


def test_a_draft_of_a_printed_table_proposes_them_too(world: World) -> None:
    path = world.folder / "投资.csv"
    path.write_text(
        "云溪区2024年投资情况,,,,\n指标,计量单位,性质,2024年,备注\n"
        "工业投资,亿元,实绩,12.5,快报\n基础设施投资,亿元,预计,8.1,\n",
        "utf-8",
    )
    drafted = draft(path, world.declarations, data_set_id="investments", theme="investment")
    assert "- {header: [性质], carries: figure_kind}" in drafted.text
    assert "- {header: [备注], carries: note}" in drafted.text
    assert drafted.outcome is not None
    accepted = drafted.outcome.accepted.sort("place_order")
    assert accepted.select("figure_kind", "value_printed", "note").rows() == [
        ("outturn", "12.5", "快报"),
        ("forecast", "8.1", None),
    ]


def served(world: World, data_set: str, old: str, new: str) -> tuple[Parsed, Outcome | None]:
    """A file of a service in which something changed, read as it was declared before."""
    content = FILES[data_set][1]().decode()
    assert old in content
    path = world.folder / FILES[data_set][0]
    path.write_bytes(content.replace(old, new).encode())
    return preview(path, world.declared(data_set), world.declarations)


@pytest.mark.parametrize(
    ("data_set", "old", "new", "rule", "said"),
    [
        ("yunxi-population-cube", "Region", "Regions", "delivery.missing-column", "Regions"),
        ("yunxi-population-cube", '"value"', '"values"', "delivery.unreadable-file", "no object"),
        ("yunxi-bureau", '"reg"', '"diqu"', "delivery.missing-column", "'reg' is missing"),
        ("yunxi-bureau-new", '"da"', '"area"', "delivery.missing-column", "'reg' is missing"),
        ("yunxi-exports-sdmx", "REF_AREA", "REF_AREAS", "delivery.missing-column", "REF_AREAS"),
        ("yunxi-jobs-sdmx", "FREQ=", "SEX=", "delivery.unknown-column", "SEX"),
        ("yunxi-jobs-sdmx", " UNIT_MULT=", " MULT=", "delivery.missing-column", "UNIT_MULT"),
    ],
)
def test_what_a_service_renames_is_named(
    world: World, data_set: str, old: str, new: str, rule: str, said: str
) -> None:
    refusal = served(world, data_set, old, new)[0].refusal
    assert refusal is not None
    assert refusal.rule_id == rule
    assert said in refusal.detail_en


@pytest.mark.parametrize(
    ("data_set", "old", "new", "told"),
    [
        ("yunxi-bureau", '"A0402"', '"A0499"', [("indicator.unknown", "A0499")]),
        ("yunxi-bureau-new", "202404SS", "202404BB", [("period.unreadable", "202404BB")]),
        ("yunxi-exports-sdmx", "2025-S1", "2025-W05", [("period.unreadable", "2025-W05")]),
        ("yunxi-jobs-sdmx", '"990102"', '"990199"', [("region.unknown", "990199")]),
        ("yunxi-jobs-sdmx", '"90071992"', '"9O071992"', [("value.not-a-number", None)]),
        ("yunxi-exports-sdmx", "2,A,F", "2,A,C", [("value.confidential", "C")]),
    ],
)
def test_a_code_that_nobody_knows_is_quarantined_alone(
    world: World, data_set: str, old: str, new: str, told: list[tuple[str, str | None]]
) -> None:
    parsed, outcome = served(world, data_set, old, new)
    assert outcome is not None
    assert parsed.is_balanced
    assert outcome.quarantined.select("rule_id", "raw_name").rows() == told


def test_a_number_that_comes_twice_is_kept_twice_for_the_gate(world: World) -> None:
    """Which of the two is right, the rule on repeated figures asks."""
    _, outcome = served(world, "yunxi-exports-sdmx", "A,990102,EXP,2025,", "A,990101,EXP,2024,")
    assert outcome is not None
    twice = outcome.accepted.sort("place_order").select("region_code", "period", "occurrence")
    assert twice.rows()[0] == ("990101", "2024", 1)
    assert twice.rows()[4] == ("990101", "2024", 2)


def test_an_error_page_is_no_file_to_draft_from(world: World) -> None:
    path = world.folder / "错误.json"
    path.write_text('{"returncode": 501, "returndata": "参数错误"}', "utf-8")
    with pytest.raises(QutongError, match="接口返回错误 501: 参数错误"):
        draft(path, world.declarations)


def test_a_correction_finds_the_observation_by_its_place(world: World) -> None:
    place = "/StructureSpecificData/DataSet/Series[1]/Obs[1]"
    correction = Correction.model_validate(
        {
            "id": "jobs",
            "place": place,
            "expect": "21.5",
            "becomes": "21.4",
            "kind": "source",
            "reason": {"zh": "虚构", "en": "invented"},
            "reported_by": "综合科",
            "reported_on": "2026-02-01",
        }
    )
    declared = world.declared("yunxi-jobs-sdmx")
    corrected = Declared(declared.data_set, declared.path, "", corrections=(correction,))
    parsed, outcome = preview(world.file("yunxi-jobs-sdmx"), corrected, world.declarations)
    assert parsed.refusal is None, parsed.refusal
    assert outcome is not None
    first = outcome.accepted.sort("place_order").row(0, named=True)
    told = ("value", "value_printed", "correction", "delivery_place")
    assert [first[name] for name in told] == [Decimal("214000"), "21.5", "jobs", place]
