"""Corrections: what they change, what they leave as printed, and when they must not be used.

Belongs here: declaring them and carrying them out on one delivery. Does not belong here: the
published table (``tests/pipeline``).
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from orchestration.cli import main
from orchestration.collect.parse import Parsed, definitions_digest
from orchestration.declarations import load_declarations
from orchestration.errors import DeclarationError
from orchestration.settings import Settings
from orchestration.steps.collect import collect_one
from orchestration.steps.workplace import Workplace
from tests.support import INVESTMENT, deliver, investment, parse_frames, profile

TYPING_ERROR: dict[str, Any] = {
    "id": "industry-2025h1",
    "files": "2025-07-15/投资2025*.xlsx",
    "place": "表1!C6",
    "expect": "50.0",
    "becomes": "52.0",
    "kind": "transcription",
    "reason": {"zh": "录入时看错一位", "en": "a digit was misread"},
    "reported_by": "投资科",
    "reported_on": "2025-08-01",
    "document": "yunxi-monthly",
}
ROWS = (
    "地区生产总值,云溪区,2023年,年度,480.1,,亿元,水平值,一、综合,yunxi-bulletin,,,",
    "常住人口,云溪区,2023年,年度,38.2,,万人,水平值,二、人口,yunxi-bulletin,,,",
)


def correct(
    settings: Settings, *entries: dict[str, Any], data_set: str = "yunxi-investment"
) -> Path:
    """Declare corrections of a data set."""
    path = settings.raw / "corrections" / f"{data_set}.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        yaml.safe_dump({"corrections": list(entries)}, allow_unicode=True), encoding="utf-8"
    )
    return path


def entry(**changes: Any) -> dict[str, Any]:
    """The typing error with changes; None takes a key away."""
    return {k: v for k, v in (TYPING_ERROR | changes).items() if v is not None}


def in_row(**changes: Any) -> dict[str, Any]:
    """A correction of records: the residents' figure."""
    return entry(
        **{
            "id": "residents-2023",
            "files": "*",
            "place": None,
            "where": {"指标": "常住人口", "期间": "2023年"},
            "column": "数值",
            "expect": "38.2",
            "becomes": "38.4",
        }
        | changes
    )


def read(
    settings: Settings, content: bytes | None = None, *, name: str = "投资2025上半年.xlsx"
) -> tuple[Parsed, dict[str, dict[str, object]]]:
    """The outcome and the accepted figures by their place."""
    data_set = "yunxi-investment" if name.endswith("xlsx") else "yunxi-profile"
    parsed, rows, bad = parse_frames(
        load_declarations(settings), data_set, name, content or investment()
    )
    assert bad == []
    return parsed, {str(row["delivery_place"]): row for row in rows}


def told(row: dict[str, object]) -> tuple[object, ...]:
    return tuple(
        row[name]
        for name in (
            "value", "unit", "value_printed", "unit_printed", "indicator_name_printed", "correction"
        )
    )  # fmt: skip


# --- what they change ------------------------------------------------------------------------


def test_a_value_is_corrected_and_kept_as_it_is_printed(project: Settings) -> None:
    correct(project, TYPING_ERROR)
    parsed, rows = read(project)
    assert told(rows["表1!C6"]) == (
        Decimal("52.0"), "亿元", "50.0", "亿元", "工业投资", "industry-2025h1"
    )  # fmt: skip
    assert {place: row["correction"] for place, row in rows.items() if place != "表1!C6"} == {
        "表1!C5": None,
        "表1!D5": None,
        "表1!E6": None,
        "表1!C7": None,
        "表1!E7": None,
    }
    assert (parsed.read, parsed.accepted, parsed.quarantined, parsed.non_data) == (20, 6, 0, 14)


def test_a_unit_is_corrected_for_every_figure_of_its_row(project: Settings) -> None:
    correct(project, entry(id="unit", place="表1!B7", expect="亿元", becomes="万元"))
    _, rows = read(project)
    assert told(rows["表1!C7"]) == (
        Decimal("0.0090"), "亿元", "90.0", "亿元", "房地产开发投资", "unit"
    )  # fmt: skip
    assert rows["表1!E7"]["correction"] is None  # a share has no unit of its row


def test_a_name_is_corrected_for_every_figure_of_its_row(project: Settings) -> None:
    wrong = [*INVESTMENT[:1], ("其中：商业投资", *INVESTMENT[1][1:]), *INVESTMENT[2:]]
    correct(
        project, entry(id="name", place="表1!A6", expect="其中：商业投资", becomes="其中：工业投资")
    )
    _, rows = read(project, investment(wrong))
    assert {place: row["correction"] for place, row in rows.items()} == {
        "表1!C5": None,
        "表1!D5": None,
        "表1!C6": "name",
        "表1!E6": "name",
        "表1!C7": None,
        "表1!E7": None,
    }
    assert (rows["表1!C6"]["indicator_code"], rows["表1!C6"]["indicator_name_printed"]) == (
        "fai_industry",
        "商业投资",
    )


def test_a_title_is_corrected_for_every_figure_under_it(project: Settings) -> None:
    correct(
        project,
        entry(
            id="title",
            place="表1!A1",
            expect="云溪区固定资产投资（2025年1—6月）",
            becomes="云溪区固定资产投资（2024年1—6月）",
        ),
    )
    _, rows = read(project)
    assert {(row["period"], row["correction"]) for row in rows.values()} == {
        ("2024-01/2024-06", "title")
    }


def test_a_header_without_which_nothing_could_be_read(project: Settings) -> None:
    headers = ("指标", "计量单位", "绝对量", "同比±%", "比重(%)")
    correct(project, entry(id="header", place="表1!C4", expect="绝对量", becomes="绝对数"))
    _, rows = read(project, investment(headers=headers))
    assert {row["correction"] for row in rows.values()} == {"header"}
    assert rows["表1!C6"]["value_printed"] == "50.0"


def test_two_corrections_of_one_figure(project: Settings) -> None:
    correct(project, TYPING_ERROR, entry(id="unit", place="表1!B6", expect="亿元", becomes="万元"))
    _, rows = read(project)
    assert told(rows["表1!C6"]) == (
        Decimal("0.0052"), "亿元", "50.0", "亿元", "工业投资", "industry-2025h1, unit"
    )  # fmt: skip


def test_a_row_of_records_is_found_by_what_it_says(project: Settings) -> None:
    correct(project, in_row(), data_set="yunxi-profile")
    _, rows = read(project, profile(*reversed(ROWS)), name="公报2023.csv")
    assert [(place, str(row["value"]), row["correction"]) for place, row in rows.items()] == [
        ("R2C5", "38.40000000", "residents-2023"),
        ("R3C5", "480.10000000", None),
    ]


def test_other_deliveries_are_left_alone(project: Settings) -> None:
    correct(project, entry(files="2024-*/*"))
    _, rows = read(project)
    assert (rows["表1!C6"]["value"], rows["表1!C6"]["correction"]) == (Decimal("50.0"), None)


def test_a_correction_makes_the_archive_be_read_anew(project: Settings) -> None:
    before = definitions_digest(load_declarations(project).get("yunxi-investment"))
    correct(project, TYPING_ERROR)
    corrected = definitions_digest(load_declarations(project).get("yunxi-investment"))
    correct(project, entry(becomes="53.0"))
    again = definitions_digest(load_declarations(project).get("yunxi-investment"))
    assert len({before, corrected, again}) == 3


# --- once the source is mended ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        ({"expect": "51.0"}, "表1!C6", "the cell does not say what is expected"),
        ({"place": "表1!C60"}, "表1!C60", "there is no such cell (any more)"),
        ({"place": "表2!C6"}, "表2!C6", "there is no such cell (any more)"),
    ],
)
def test_it_fails_loudly_once_the_source_says_something_else(
    project: Settings, change: dict[str, Any], place: str, said: str
) -> None:
    correct(project, entry(**change))
    parsed, rows = read(project)
    assert rows == {}
    refusal = parsed.refusal
    assert refusal is not None
    assert (refusal.rule_id, refusal.place) == ("correction.not-as-expected", place)
    assert refusal.detail_en == (
        f"correction industry-2025h1: {said}. Remove the correction if the source was mended, or "
        "narrow its `files` to the deliveries that are still wrong"
    )
    assert "50.0" not in refusal.detail_zh + refusal.detail_en


@pytest.mark.parametrize(
    ("change", "rows", "said"),
    [
        ({}, (ROWS[0],), "there is no such cell (any more)"),
        ({}, (*ROWS, ROWS[1]), "2 cells fit, one is meant"),
        ({"column": "数字"}, ROWS, "there is no such cell (any more)"),
        ({"expect": "38.1"}, ROWS, "the cell does not say what is expected"),
    ],
)
def test_a_row_that_is_not_there_or_not_the_only_one(
    project: Settings, change: dict[str, Any], rows: tuple[str, ...], said: str
) -> None:
    correct(project, in_row(**change), data_set="yunxi-profile")
    parsed, _ = read(project, profile(*rows), name="公报2023.csv")
    assert parsed.refusal is not None
    assert said in parsed.refusal.detail_en


def test_two_ways_to_name_one_cell_are_one_too_many(project: Settings) -> None:
    correct(project, in_row(), in_row(id="twice", where=None, column=None, place="R3C5"),
            data_set="yunxi-profile")  # fmt: skip
    parsed, _ = read(project, profile(*ROWS), name="公报2023.csv")
    assert parsed.refusal is not None
    assert parsed.refusal.detail_en.startswith(
        "correction twice: corrects the same cell as residents-2023: keep one of them."
    )


# --- declaring them --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([entry(becomes="50.0")], "`becomes` is what `expect` is: there is nothing to correct"),
        ([entry(place=None)], "a cell is named by `place`, or by `where` and `column`"),
        ([entry(column="数值")], "`where` finds the row and `column` the cell in it: give both"),
        ([entry(expect=50.0)], "50.0 is no text: put it in quotes, so that it stays as printed"),
        ([entry(reasons="typo")], "unknown key 'reasons'"),
        ([TYPING_ERROR, TYPING_ERROR], "correction 'industry-2025h1' is declared twice"),
        (
            [TYPING_ERROR, entry(id="again", files="*/投资*", becomes="51.0")],
            "again and industry-2025h1 correct the same cell, 表1!C6",
        ),
        ([in_row()], "`where` finds rows of records; this data set is no list of records"),
    ],
)
def test_a_wrong_entry_is_named_with_file_key_and_remedy(
    project: Settings, entries: list[dict[str, Any]], said: str
) -> None:
    path = correct(project, *entries)
    with pytest.raises(DeclarationError) as error:
        load_declarations(project)
    assert said in error.value.what
    assert error.value.file == str(path)
    assert error.value.place is not None
    assert error.value.place.startswith("corrections")
    assert error.value.remedy


def test_one_cell_in_different_deliveries_may_be_corrected_each(project: Settings) -> None:
    correct(project, TYPING_ERROR, entry(id="other", files="2026-*/投资*", becomes="51.0"))
    assert len(load_declarations(project).get("yunxi-investment").corrections) == 2


def test_an_unknown_data_set_is_refused(project: Settings) -> None:
    correct(project, TYPING_ERROR, data_set="yunxi-investmnet")
    with pytest.raises(DeclarationError, match="which is no data set") as error:
        load_declarations(project)
    assert error.value.remedy == "name it yunxi-investment.yml"


def test_an_id_stands_once_in_the_project(project: Settings) -> None:
    correct(project, TYPING_ERROR)
    correct(project, in_row(id=TYPING_ERROR["id"]), data_set="yunxi-profile")
    with pytest.raises(DeclarationError, match="there is a correction 'industry-2025h1' in"):
        load_declarations(project)


def test_a_return_is_never_corrected(project: Settings) -> None:
    path = project.raw / "datasets/investment/yunxi-investment.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("origin:\n", "origin:\n  filled_in_by: respondent\n"))
    load_declarations(project)
    correct(project, TYPING_ERROR)
    with pytest.raises(DeclarationError, match="only the respondent may change its return"):
        load_declarations(project)


# --- what a person sees ----------------------------------------------------------------------


def test_the_data_set_shows_its_corrections_and_those_for_nothing(project: Settings) -> None:
    deliver(project, "yunxi-investment", "2025-07-15", "投资2025上半年.xlsx", investment())
    correct(project, TYPING_ERROR, entry(id="unused", files="2019-*/*", place="表1!C7"))
    work = Workplace(project)
    collect_one(work, work.declarations.get("yunxi-investment"))
    done = CliRunner().invoke(
        main, ["--project", str(project.project), "data-set", "show", "yunxi-investment"]
    )
    assert done.exit_code == 0, done.output
    begin = next(n for n, line in enumerate(done.output.splitlines()) if "correction " in line)
    assert done.output.splitlines()[begin:] == [
        "  correction industry-2025h1: 表1!C6: 50.0 → 52.0  (transcription)",
        "      录入时看错一位 | a digit was misread",
        "      for 1 of 1 deliveries (2025-07-15/投资2025*.xlsx)",
        "  correction unused: 表1!C7: 50.0 → 52.0  (transcription)",
        "      录入时看错一位 | a digit was misread",
        "      ! 2019-*/* fits no delivery that ever came: mend `files`, or remove the correction",
    ]
