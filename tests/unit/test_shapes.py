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
from tests.shapes.answers import ANSWERS
from tests.shapes.files import FILES, TOWNS
from tests.support import HERE, make_project

pytestmark = pytest.mark.core

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
