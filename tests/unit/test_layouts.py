"""Cells become figures: records by header text, printed tables by title, header and stub."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from orchestration.collect.layouts.extract import missing_column
from orchestration.declarations import Declarations
from tests.support import (
    GOOD_ROW,
    INVESTMENT,
    PROFILE_HEADER,
    Row,
    investment,
    parse_frames,
    profile,
)

pytestmark = pytest.mark.core


def refusal(declarations: Declarations, name: str, content: bytes) -> tuple[str, str, str]:
    data_set = "yunxi-profile" if name.endswith(".csv") else "yunxi-investment"
    parsed, _, _ = parse_frames(declarations, data_set, name, content)
    assert parsed.refusal is not None
    return parsed.refusal.rule_id, parsed.refusal.place, parsed.refusal.detail_en


def test_a_printed_table_gives_every_figure_with_its_cell(declarations: Declarations) -> None:
    parsed, rows, bad = parse_frames(declarations, "yunxi-investment", "投资.xlsx", investment())
    assert bad == []
    assert [
        (r["indicator_code"], r["value"], r["unit"], r["period"], r["basis"], r["delivery_place"])
        for r in rows
    ] == [
        ("fai", Decimal("200"), "亿元", "2025-01/2025-06", "cumulative", "表1!C5"),
        ("fai_growth", Decimal("6.5"), "%", "2025-01/2025-06", "yoy", "表1!D5"),
        ("fai_industry", Decimal("50"), "亿元", "2025-01/2025-06", "cumulative", "表1!C6"),
        ("fai_industry_share", Decimal("25"), "%", "2025-01/2025-06", "share", "表1!E6"),
        ("fai_estate", Decimal("90"), "亿元", "2025-01/2025-06", "cumulative", "表1!C7"),
        ("fai_estate_share", Decimal("45"), "%", "2025-01/2025-06", "share", "表1!E7"),
    ]
    assert (parsed.counted_unit, parsed.accepted, parsed.quarantined) == ("cell", 6, 0)
    assert parsed.read == parsed.accepted + parsed.non_data


def test_columns_are_found_by_meaning_not_by_position(declarations: Declarations) -> None:
    content = investment(
        [("固定资产投资", "亿元", None, 200.0, 6.5)],
        headers=("指标", "计量单位", "比重(%)", "绝对数", "同比±%"),
    )
    _, rows, _ = parse_frames(declarations, "yunxi-investment", "投资.xlsx", content)
    assert [(r["indicator_code"], r["delivery_place"]) for r in rows] == [
        ("fai", "表1!D5"),
        ("fai_growth", "表1!E5"),
    ]


@pytest.mark.parametrize(
    ("headers", "rule", "said"),
    [
        (
            ("指标", "计量单位", "绝对额", "同比±%", "比重(%)"),
            "delivery.missing-column",
            "'本期累计/绝对数' is missing; was it renamed to '本期累计/绝对额'?",
        ),
        (
            ("项目", "计量单位", "绝对数", "同比±%", "比重(%)"),
            "delivery.missing-column",
            "'指标' is missing",
        ),
        (
            ("指标", "计量单位", "绝对数", "绝对数", "同比±%", "比重(%)"),
            "delivery.duplicate-column",
            "fits more than once",
        ),
        (
            ("指标", "计量单位", "绝对数", "同比±%", "比重(%)", "去年同期"),
            "delivery.unknown-column",
            "本期累计/去年同期",
        ),
    ],
)
def test_headers_that_do_not_fit(
    declarations: Declarations, headers: tuple[str, ...], rule: str, said: str
) -> None:
    found, place, detail = refusal(declarations, "投资.xlsx", investment([], headers=headers))
    assert found == rule
    assert place.startswith("表1")
    assert said in detail


def test_a_missing_column_with_a_blank_heading_is_told_in_words() -> None:
    error = missing_column("表1", " ", ["产业", "2024年"])
    assert (error.detail_zh, error.detail_en) == (
        "缺少标题为空的列",
        "the column with a blank heading is missing",
    )


def test_a_title_without_a_period(declarations: Declarations) -> None:
    rule, place, _ = refusal(declarations, "投资.xlsx", investment(title="云溪区固定资产投资"))
    assert (rule, place) == ("delivery.missing-title-period", "表1!row 1")


def test_a_row_without_a_name_is_quarantined_with_its_cell(declarations: Declarations) -> None:
    rows: list[Row] = [*INVESTMENT, ("", "亿元", 12.0, None, None)]
    parsed, _, bad = parse_frames(declarations, "yunxi-investment", "投资.xlsx", investment(rows))
    assert [(b["rule_id"], b["delivery_place"], b["raw_text"]) for b in bad] == [
        ("indicator.unknown", "表1!C8", "12.0")
    ]
    assert parsed.is_balanced


def test_symbols_map_to_a_status_and_missing_is_never_zero(declarations: Declarations) -> None:
    content = investment([("固定资产投资", "亿元", "…", 6.5, None)])
    _, rows, bad = parse_frames(declarations, "yunxi-investment", "投资.xlsx", content)
    assert bad == []
    assert [(r["indicator_code"], r["value"], r["obs_status"]) for r in rows] == [
        ("fai", None, "O"),
        ("fai_growth", Decimal("6.5"), "P"),
    ]


def test_a_symbol_declared_to_be_no_data_is_counted_as_such(declarations: Declarations) -> None:
    content = investment([("固定资产投资", "亿元", "-", 6.5, None)])
    parsed, rows, bad = parse_frames(declarations, "yunxi-investment", "投资.xlsx", content)
    assert ([r["indicator_code"] for r in rows], bad) == (["fai_growth"], [])
    assert parsed.is_balanced


def test_a_cell_beside_the_table_is_not_lost(declarations: Declarations) -> None:
    rows: list[tuple[object, ...]] = [(*INVESTMENT[0], "手写备注")]
    content = investment(rows)  # type: ignore[arg-type]  # one cell too many, on purpose
    parsed, _, bad = parse_frames(declarations, "yunxi-investment", "投资.xlsx", content)
    assert [(b["rule_id"], b["delivery_place"]) for b in bad] == [("cell.unexpected", "表1!F5")]
    assert parsed.is_balanced


def test_records_count_rows_and_conserve_them(declarations: Declarations) -> None:
    bad_row = GOOD_ROW.replace("480.1", "四百八")
    content = profile(GOOD_ROW, "", bad_row)
    parsed, rows, bad = parse_frames(declarations, "yunxi-profile", "公报.csv", content)
    assert (parsed.read, parsed.accepted, parsed.quarantined, parsed.non_data) == (3, 1, 1, 1)
    assert rows[0]["delivery_place"] == "R2C5"
    assert [(b["rule_id"], b["delivery_place"], b["raw_text"]) for b in bad] == [
        ("value.not-a-number", "R4C5", "四百八")
    ]


def test_a_moved_column_of_records_is_found_by_its_name(declarations: Declarations) -> None:
    header = ",".join(reversed(PROFILE_HEADER.split(",")))
    row = ",".join(reversed(GOOD_ROW.split(",")))
    _, rows, _ = parse_frames(
        declarations, "yunxi-profile", "公报.csv", profile(row, header=header)
    )
    assert (rows[0]["value"], rows[0]["delivery_place"]) == (Decimal("480.1"), "R2C9")


def test_a_missing_column_of_records_does_not_quote_data(declarations: Declarations) -> None:
    content = profile(GOOD_ROW, header=GOOD_ROW)
    rule, place, detail = refusal(declarations, "公报.csv", content)
    assert (rule, place) == ("delivery.missing-column", "row 1")
    assert detail == "the column '指标' is missing"


def test_a_file_of_another_name(declarations: Declarations) -> None:
    rule, place, _ = refusal(declarations, "年报.csv", profile(GOOD_ROW))
    assert (rule, place) == ("delivery.unexpected-file-name", "file name")


def spoiled(change: Callable[[Any], None]) -> bytes:
    """The good workbook, changed by hand."""
    import io

    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(investment()))
    change(book["表1"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def set_cells(**cells: object) -> Callable[[Any], None]:
    def change(sheet: Any) -> None:
        for place, value in cells.items():
            sheet[place] = value

    return change


@pytest.mark.parametrize(
    ("cells", "places"),
    [
        ({"C9": 12.0}, ["表1!C9"]),  # below the notes
        ({"C8": 12.0}, ["表1!C8"]),  # on the row of the notes
        ({"G2": 5}, ["表1!G2"]),  # above the header
    ],
)
def test_a_figure_outside_the_body_is_never_called_no_data(
    declarations: Declarations, cells: dict[str, object], places: list[str]
) -> None:
    content = spoiled(set_cells(**cells))
    parsed, _, bad = parse_frames(declarations, "yunxi-investment", "投资.xlsx", content)
    assert [(b["rule_id"], b["delivery_place"]) for b in bad] == [
        ("cell.unexpected", place) for place in places
    ]
    assert parsed.is_balanced


def test_a_blank_unit_in_a_table_with_a_unit_column_is_missing(declarations: Declarations) -> None:
    content = spoiled(set_cells(B6=None, E2="单位：万元"))
    _, _, bad = parse_frames(declarations, "yunxi-investment", "投资.xlsx", content)
    assert [(b["rule_id"], b["delivery_place"]) for b in bad] == [("unit.missing", "表1!C6")]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (set_cells(A2="上年同期（2024年1—6月）"), "delivery.missing-title-period"),
        (set_cells(D2="单位：万元", E2="单位：亿元"), "cell.unexpected"),
        (lambda sheet: sheet.merge_cells("C5:C6"), "cell.unexpected"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(
    declarations: Declarations, change: Callable[[Any], None], rule: str
) -> None:
    assert refusal(declarations, "投资.xlsx", spoiled(change))[0] == rule


def test_figures_that_stand_in_the_header_are_not_quoted(declarations: Declarations) -> None:
    content = spoiled(lambda sheet: sheet.delete_rows(4))
    _, _, detail = refusal(declarations, "投资.xlsx", content)
    assert "200" not in detail


def test_a_folder_dated_after_the_day_of_receipt_is_refused(declarations: Declarations) -> None:
    parsed, _, _ = parse_frames(
        declarations, "yunxi-profile", "公报.csv", profile(GOOD_ROW), day="2099-01-01"
    )
    assert parsed.refusal is not None
    assert parsed.refusal.place == "folder name"
