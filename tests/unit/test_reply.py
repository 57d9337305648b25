"""The reply to the sender: the delivered table with its bad cells marked, as a safe workbook.

Belongs here: what stands in the workbook. Does not belong here: what is wrong with a delivery.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import date, datetime

import openpyxl
import polars as pl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from orchestration.collect.archive import Delivery
from orchestration.collect.grid import Grid
from orchestration.collect.readers import read_grids
from orchestration.collect.reply import Fault, Sender, reply
from orchestration.declarations import Declarations
from tests.support import PROFILE_HEADER, investment, profile

SENDER = Sender("云溪区 | Yunxi", "整批退回 | refused as a whole", "r-1", "2026-03-01 09:00:00 UTC")
NUMBER = ("数值无法识别", "Value is not a number", "请填数字", "Enter a number")


def fault(place: str, rule: str = "value.not-a-number", **more: str) -> Fault:
    return Fault(rule, place, *NUMBER, **more)


def made(
    declarations: Declarations,
    faults: list[Fault],
    *,
    name: str = "投资2025上半年.xlsx",
    content: bytes | None = None,
    readable: bool = True,
) -> bytes:
    content = content or investment()
    declared = declarations.get("yunxi-investment" if name.endswith("xlsx") else "yunxi-profile")
    delivery = Delivery(
        data_set_id=declared.id,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        file_name=name,
        connector="folder",
        delivered_on=date(2025, 7, 15),
        received_at="2026-03-01T09:00:00+00:00",
    )
    grids = read_grids(content, declared.data_set.layout) if readable else []
    return reply(delivery, declared, grids, faults, SENDER)


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def texts(sheet: Worksheet) -> dict[str, object]:
    return {
        cell.coordinate: cell.value
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }


def marked(sheet: Worksheet) -> list[str]:
    """Cells with the frame, the line and the fill of a fault: none of them alone."""
    return [
        cell.coordinate
        for row in sheet.iter_rows()
        for cell in row
        if cell.border.top.style == "thick"
        and cell.font.u == "single"
        and cell.fill.fgColor.rgb == "FFFFEB9C"
    ]


def test_the_table_stands_there_as_it_was_delivered(declarations: Declarations) -> None:
    book = opened(made(declarations, [fault("表1!C6")]))
    assert book.sheetnames == ["退回说明", "表1"]
    sheet = book["表1"]
    assert texts(sheet) == {
        "A1": "云溪区固定资产投资（2025年1—6月）",
        "A3": "指标",
        "B3": "计量单位",
        "C3": "本期累计",
        "C4": "绝对数",
        "D4": "同比±%",
        "E4": "比重(%)",
        "A5": "固定资产投资",
        "B5": "亿元",
        "C5": "200.0",
        "D5": "6.5",
        "A6": "其中：工业投资",
        "B6": "亿元",
        "C6": "50.0",
        "E6": "25.0",
        "A7": "其中：房地产开发投资",
        "B7": "亿元",
        "C7": "90.0",
        "E7": "45.0",
        "A8": "注：虚构数据，仅供测试。",
    }
    assert sorted(str(area) for area in sheet.merged_cells.ranges) == [
        "A1:E1",
        "A3:A4",
        "B3:B4",
        "C3:E3",
    ]
    assert marked(sheet) == ["C6"]
    assert sheet["C6"].comment.text == (
        "第 1 处  value.not-a-number\n问题: 数值无法识别\n办法: 请填数字\n"
        "Wrong: Value is not a number\nRemedy: Enter a number"
    )


def test_the_cover_lists_every_problem_with_a_link(declarations: Declarations) -> None:
    faults = [fault("", rule="delivery.quarantined-cells"), fault("表1!C6", text="五十")]
    cover = opened(made(declarations, faults))["退回说明"]
    found = texts(cover)
    assert [found[f"C{row}"] for row in range(3, 11)] == [
        "云溪区 | Yunxi",
        "云溪区固定资产投资（虚构） | Fixed-asset investment of Yunxi (invented)  "
        "(yunxi-investment)",
        "投资2025上半年.xlsx",
        "2025-07-15",
        "r-1  2026-03-01 09:00:00 UTC",
        hashlib.sha256(investment()).hexdigest(),
        "整批退回 | refused as a whole",
        "2",
    ]
    rows = [row for row in range(1, cover.max_row + 1) if cover.cell(row, 1).value in ("1", "2")]
    assert [[cover.cell(row, col).value for col in range(1, 5)] for row in rows] == [
        [
            "1",
            "整个文件 the whole file",
            "数值无法识别\nValue is not a number\n[delivery.quarantined-cells]",
            "请填数字\nEnter a number",
        ],
        [
            "2",
            "表1!C6",
            "数值无法识别\nValue is not a number\n原文 Text: 五十\n[value.not-a-number]",
            "请填数字\nEnter a number",
        ],
    ]
    link = cover.cell(rows[1], 2).hyperlink
    assert link is not None
    assert link.location == "'表1'!C6"
    assert cover.cell(rows[0], 2).hyperlink is None


def test_a_text_file_becomes_a_sheet(declarations: Declarations) -> None:
    row = "地区生产总直,云溪区,2021年,年度,=1+1,,亿元,水平值,一、综合,yunxi-bulletin,,,"
    named = fault("R2C5", rule="indicator.unknown", text="=1+1", named="地区生产总直")
    content = made(
        declarations,
        [fault("R2C5", text="=1+1"), named],
        name="公报2021.csv",
        content=profile(row),
    )
    book = opened(content)
    sheet = book["公报2021"]
    assert [sheet.cell(1, col).value for col in range(1, 14)] == PROFILE_HEADER.split(",")
    # what was not understood is marked where it stands, not at its figure
    assert marked(sheet) == ["A2", "E2"]
    assert sheet["A2"].comment.text.startswith("第 2 处  indicator.unknown")
    places = [cell.value for cell in book["退回说明"]["B"] if cell.value]
    assert places[-2:] == ["R2C5  (E2)", "R2C1  (A2)"]


def test_no_cell_is_ever_a_formula(declarations: Declarations) -> None:
    dangerous = ["=1+1", "+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "http://example.org", "{=1}"]
    rows = [f"{text},云溪区,2021年,年度,1,,亿元,水平值,一、综合,b,,," for text in dangerous]
    content = made(declarations, [fault("R2C1")], name="公报2021.csv", content=profile(*rows))
    sheet = opened(content)["公报2021"]
    assert [sheet.cell(row, 1).value for row in range(2, 8)] == dangerous
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
    assert [sheet.cell(row, 1).quotePrefix for row in range(2, 8)] == [
        True,
        True,
        True,
        True,
        False,
        False,
    ]
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for part in package.namelist():
            if part.startswith("xl/worksheets/"):
                text = package.read(part).decode("utf-8")
                assert "<f>" not in text
                assert "http://example.org" not in text


def test_a_refusal_at_a_row_marks_the_row(declarations: Declarations) -> None:
    sheet = opened(made(declarations, [fault("表1!row 4", rule="delivery.missing-column")]))["表1"]
    # A and B are covered by the merged header above them
    assert marked(sheet) == ["C4", "D4", "E4"]
    assert sheet["C4"].comment.text.startswith("第 1 处  delivery.missing-column")


@pytest.mark.parametrize("place", ["file", "byte 2000", "表9!C6", "表1!ZZZZ1", "row", ""])
def test_what_is_no_address_marks_nothing(declarations: Declarations, place: str) -> None:
    book = opened(made(declarations, [fault(place)]))
    assert marked(book["表1"]) == []
    assert not [cell for row in book["退回说明"].iter_rows() for cell in row if cell.hyperlink]


def test_an_empty_cell_can_be_marked(declarations: Declarations) -> None:
    sheet = opened(made(declarations, [fault("表1!D6")]))["表1"]
    assert marked(sheet) == ["D6"]
    assert sheet["D6"].value is None


def test_a_file_that_could_not_be_read_gives_the_explanation_alone(
    declarations: Declarations,
) -> None:
    unreadable = fault("byte 2000", rule="delivery.truncated-workbook")
    book = opened(made(declarations, [unreadable], readable=False))
    assert book.sheetnames == ["退回说明"]
    said = [str(cell.value) for row in book["退回说明"].iter_rows() for cell in row if cell.value]
    assert any(text.startswith("来件无法打开或读取") for text in said)
    assert "byte 2000" in said


def test_several_faults_of_a_cell_share_its_comment(declarations: Declarations) -> None:
    faults = [fault("表1!C6"), fault("表1!C6", rule="unit.missing")]
    sheet = opened(made(declarations, faults))["表1"]
    lines = sheet["C6"].comment.text.splitlines()
    assert [line for line in lines if line.startswith("第")] == [
        "第 1 处  value.not-a-number",
        "第 2 处  unit.missing",
    ]


def test_the_bytes_follow_from_the_delivery_alone(declarations: Declarations) -> None:
    first, again = (made(declarations, [fault("表1!C6")]) for _ in range(2))
    assert first == again
    assert opened(first).properties.created == datetime(2025, 7, 15)


def test_names_that_no_workbook_accepts(declarations: Declarations) -> None:
    cells = pl.DataFrame({"row": [1], "col": [1], "text": ["x"]})
    names = ["退回说明", "a/b", "A_B", "x" * 40, "x" * 41, "History"]
    declared = declarations.get("yunxi-investment")
    delivery = Delivery("d", "0" * 64, 1, "投资.xlsx", "folder", date(2025, 7, 15), "2026-03-01")
    content = reply(
        delivery, declared, [Grid(name, cells) for name in names], [fault("a/b!A1")], SENDER
    )
    book = opened(content)
    assert book.sheetnames == [
        "退回说明",
        "退回说明 (2)",
        "a_b",
        "A_B (2)",
        "x" * 31,
        "x" * 27 + " (2)",
        "History (2)",
    ]
    assert marked(book["a_b"]) == ["A1"]


def test_a_large_table_is_sent_back_in_part(
    declarations: Declarations, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.collect import reply as module

    monkeypatch.setattr(module, "MOST_CELLS", 300)
    rows = ["地区生产总值,云溪区,2021年,年度,1,,亿元,水平值,一、综合,b,,,"] * 60
    content = made(declarations, [fault("R50C5")], name="公报2021.csv", content=profile(*rows))
    sheet = opened(content)["公报2021"]
    filled = sorted({int("".join(c for c in key if c.isdigit())) for key in texts(sheet)})
    assert filled == [*range(1, 21), 50]
    assert marked(sheet) == ["E50"]
