"""Extending a declaration: what is new is added and asked for, what stands is kept."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestration.authoring import amend
from orchestration.cli import main
from orchestration.declarations import load_declarations, validate_file
from orchestration.settings import Settings
from tests.support import parse_frames

pytestmark = pytest.mark.core

DECLARED = """\
# Schools, once a year.
id: yunxi-visits
title: {zh: 云溪区游客（虚构）, en: Visitors of Yunxi (invented)}
theme: profile
owner: 综合科 / General section
origin:
  producer: 云溪区统计局（虚构） / Yunxi statistics bureau (invented)
  documents:
  - {id: yunxi-visits, title: 云溪区游客（虚构）, grade: official}
delivery:
  connector: folder
  pattern: ["游客*.csv"]
  cadence: monthly
layout:
  kind: table
  format: csv
  encoding: auto
  blocks:
  - stub: 指标
    header_rows: 1
    # The month alone; agreed with the department.
    columns:
    - {header: [计量单位], carries: unit}
    - {header: [本月], period: header}   # never to date
  constants: {region: 云溪区}
indicators:
# People, not visits.
- code: yunxi_visitors
  name: {zh: 游客人数, en: Visitors}
  measure: count
  price_basis: not_applicable
  base_unit: 人
  decimals: 0
  direction: higher_is_better
"""
TITLE = "云溪区2026年10月游客情况\n"
PLAIN = TITLE + "指标,计量单位,本月\n游客人数,人,120\n"
ROW = PLAIN + "过夜人数,人,45\n"
COLUMN = TITLE + "指标,计量单位,本月,本年累计\n游客人数,人,120,900\n"
LAYOUT = TITLE + "项目,单位,10月\n游客人数,人,120\n"


@pytest.fixture
def declared(empty_project: Settings) -> Path:
    file = empty_project.raw / "datasets" / "profile" / "yunxi-visits.yml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(DECLARED, encoding="utf-8")
    return file


def extended(project: Settings, name: str, content: str, *more: str) -> Result:
    file = project.project / name
    file.write_text(content, encoding="utf-8")
    words = ["--project", str(project.project), "data-set", "extend", "yunxi-visits", str(file)]
    return CliRunner().invoke(main, [*words, *more])


def added(before: str, after: str) -> list[str]:
    """The new lines; every one that stood there has to be there in its order."""
    rest = iter(after.splitlines())
    new: list[str] = []
    for line in before.splitlines():
        for other in rest:
            if other == line:
                break
            new.append(other)
        else:
            raise AssertionError(f"{line!r} is gone")
    return [*new, *rest]


def test_a_file_that_is_read_whole_changes_nothing(empty_project: Settings, declared: Path) -> None:
    done = extended(empty_project, "游客202610.csv", PLAIN)
    assert done.exit_code == 0, done.output
    assert "nothing is new" in done.output
    assert declared.read_text("utf-8") == DECLARED


def test_a_new_row_becomes_an_indicator_that_is_asked_for(
    empty_project: Settings, declared: Path
) -> None:
    done = extended(empty_project, "游客202610.csv", ROW)
    assert done.exit_code == 0, done.output
    lines = added(DECLARED, declared.read_text("utf-8"))
    assert lines[0].startswith("- code: ")
    assert any("过夜人数" in line for line in lines)
    assert any("# ?" in line for line in lines)
    _, rows, bad = parse_frames(
        load_declarations(empty_project), "yunxi-visits", "游客202610.csv", ROW.encode()
    )
    assert [str(row["value"]).rstrip("0").rstrip(".") for row in rows] == ["120", "45"]
    assert bad == []


def test_a_new_column_is_added_and_what_came_without_it_is_read_as_before(
    empty_project: Settings, declared: Path
) -> None:
    done = extended(empty_project, "游客202610.csv", COLUMN, "--from", "2026-02-01")
    assert done.exit_code == 0, done.output
    assert "新列 new column: " in done.output
    text = declared.read_text("utf-8")
    assert text.count("    # The month alone; agreed with the department.\n") == 2
    asked = [line for line in text.splitlines() if "# ? a new column" in line]
    assert len(asked) == 1
    assert asked[0].startswith("    - {")
    declarations = load_declarations(empty_project)
    for day, content, wanted in (
        ("2026-01-31", PLAIN, [("2026-10", 120)]),
        ("2026-02-01", COLUMN, [("2026-10", 120), ("2026-01/2026-10", 900)]),
    ):
        _, rows, _ = parse_frames(
            declarations, "yunxi-visits", "游客202610.csv", content.encode(), day=day
        )
        found = [(row["period"], int(str(row["value"]).split(".")[0])) for row in rows]
        assert found == wanted


def test_a_new_column_of_records_is_asked_for(empty_project: Settings, declared: Path) -> None:
    before = "指标,地区,期间,数值,单位\n学校数,云溪区,2025年,12,所\n"
    after = "指标,地区,期间,数值,单位,备注,经办\n学校数,云溪区,2026年,13,所,含分校,甲\n"
    first, second = (empty_project.project / f"学校{year}年.csv" for year in (2025, 2026))
    first.write_text(before, encoding="utf-8")
    second.write_text(after, encoding="utf-8")
    words = ["--project", str(empty_project.project), "data-set"]
    of = ["--id", "yunxi-new", "--theme", "profile"]
    assert CliRunner().invoke(main, [*words, "draft", str(first), *of]).exit_code == 0
    asked = ["extend", "yunxi-new", str(second), "--from", "2026-02-01"]
    done = CliRunner().invoke(main, [*words, *asked])
    assert done.exit_code == 0, done.output
    declarations = load_declarations(empty_project)
    for day, content, note in (("2026-01-31", before, None), ("2026-02-01", after, "含分校")):
        name = second.name
        _, rows, _ = parse_frames(declarations, "yunxi-new", name, content.encode(), day=day)
        assert [row["note"] for row in rows] == [note]


def test_a_changed_layout_is_a_second_form_and_the_first_is_kept(
    empty_project: Settings, declared: Path
) -> None:
    done = extended(empty_project, "游客202610.csv", LAYOUT, "--from", "2026-11-05")
    assert done.exit_code == 0, done.output
    text = declared.read_text("utf-8")
    assert "- until: 2026-11-05" in text
    assert "# The month alone; agreed with the department." in text
    assert "# People, not visits." in text
    declarations = load_declarations(empty_project)
    for day, content in (("2026-11-04", PLAIN), ("2026-11-05", LAYOUT)):
        data_set = declarations.get("yunxi-visits").data_set.on(date.fromisoformat(day))
        block = data_set.layout.model_dump()["blocks"][0]
        assert block["stub"] == content.splitlines()[1].split(",")[0]


def test_the_form_follows_the_day_of_the_delivery(empty_project: Settings, declared: Path) -> None:
    extended(empty_project, "游客202610.csv", LAYOUT, "--from", "2026-02-01")
    declarations = load_declarations(empty_project)
    for day, content, accepted in (
        ("2026-01-31", PLAIN, 1),
        ("2026-01-31", LAYOUT, 0),
        ("2026-02-01", LAYOUT, 1),
        ("2026-02-01", PLAIN, 0),
    ):
        parsed, rows, _ = parse_frames(
            declarations, "yunxi-visits", "游客202610.csv", content.encode(), day=day
        )
        assert (len(rows), parsed.refusal is None) == (accepted, bool(accepted))


def test_another_file_name_is_added_to_the_pattern(empty_project: Settings, declared: Path) -> None:
    done = extended(empty_project, "来访2026年10月.csv", PLAIN)
    assert done.exit_code == 0, done.output
    assert "  pattern: [\"游客*.csv\", '来访*.csv']" in declared.read_text("utf-8")


def test_it_can_be_looked_at_first(empty_project: Settings, declared: Path) -> None:
    done = extended(empty_project, "游客202610.csv", ROW, "--stdout")
    assert "过夜人数" in done.output
    assert declared.read_text("utf-8") == DECLARED


def test_forms_stand_in_the_order_of_their_days(empty_project: Settings, declared: Path) -> None:
    text = amend.with_form(DECLARED, amend.lines_of(DECLARED, ("layout",)), date(2026, 2, 1))
    text = amend.with_form(text, amend.lines_of(DECLARED, ("layout",)), date(2026, 5, 1))
    declared.write_text(text, encoding="utf-8")
    data_set = validate_file(declared, empty_project)
    assert [form.until for form in data_set.earlier] == [date(2026, 2, 1), date(2026, 5, 1)]
    declared.write_text(text.replace("2026-05-01", "2026-01-01"), encoding="utf-8")
    with pytest.raises(Exception, match="the forms stand from the oldest on"):
        validate_file(declared, empty_project)


@pytest.mark.parametrize(
    ("text", "where", "becomes"),
    [
        ("a: [x]  # why\nb: 1\n", ("a",), "a: [x, y]  # why\nb: 1\n"),
        ("a: []\n", ("a",), "a: [y]\n"),
        ("a:\n- x  # why\n\n# of b\nb: 1\n", ("a",), "a:\n- x  # why\n- y\n\n# of b\nb: 1\n"),
        (
            "a:\n  -   {k: x,\n       l: z}\nb: 1\n",
            ("a",),
            "a:\n  -   {k: x,\n       l: z}\n  - y\nb: 1\n",
        ),
        ("a:\n- k: |\n    x\n    z\nb: 1\n", ("a",), "a:\n- k: |\n    x\n    z\n- y\nb: 1\n"),
    ],
)
def test_an_item_is_added_and_nothing_else_moves(
    text: str, where: tuple[str, ...], becomes: str
) -> None:
    assert amend.append(text, where, ["y"]) == becomes
