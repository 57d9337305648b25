"""PDF documents: cells by position, with lines and without."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from orchestration.collect.readers import read_grids
from orchestration.spec import Source
from tests.unit.delivered import refusal, refused

pytestmark = pytest.mark.core

FONT = "STSong-Light"
ROWS = (
    ("指标", "绝对数", "", "增速"),
    ("", "本月", "累计", "%"),
    ("地区生产总值", "100.5", "1,200.25", "5.1"),
    ("第一产业", "3.2", "", "-1.0"),
    ("合计", "103.7", "1,300", "…"),
)
CELLS = [
    (1, 1, "2024年主要指标"),
    (2, 1, "单位：亿元"),
    (3, 1, "指标"),
    (3, 2, "绝对数"),
    (3, 4, "增速"),
    (4, 2, "本月"),
    (4, 3, "累计"),
    (4, 4, "%"),
    (5, 1, "地区生产总值"),
    (5, 2, "100.5"),
    (5, 3, "1,200.25"),
    (5, 4, "5.1"),
    (6, 1, "第一产业"),
    (6, 2, "3.2"),
    (6, 4, "-1.0"),
    (7, 1, "合计"),
    (7, 2, "103.7"),
    (7, 3, "1,300"),
    (7, 4, "…"),
    (8, 1, "注：本表按现价计算。"),
]


def pdf(*pages: Callable[[Any], None], **options: Any) -> bytes:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen import canvas

    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    buffer = io.BytesIO()
    paper = canvas.Canvas(buffer, **options)
    for draw in pages:
        paper.setFont(FONT, 10)
        draw(paper)
        paper.showPage()
    paper.save()
    return buffer.getvalue()


def table(
    *style: tuple[Any, ...], rows: Sequence[Sequence[str]] = ROWS, notes: bool = True
) -> Callable[[Any], None]:
    from reportlab.platypus import Table

    def draw(paper: Any) -> None:
        if notes:
            paper.drawString(200, 800, "2024年主要指标")
            paper.drawString(400, 780, "单位：亿元")
        drawn = Table(
            rows,
            colWidths=[120, 80, 80, 60],
            style=[
                ("FONT", (0, 0), (-1, -1), FONT, 10),
                ("SPAN", (1, 0), (2, 0)),
                ("ALIGN", (1, 0), (-1, 1), "CENTER"),
                ("ALIGN", (1, 2), (-1, -1), "RIGHT"),
                *style,
            ],
        )
        _, height = drawn.wrapOn(paper, 500, 700)
        drawn.drawOn(paper, 100, 760 - height)
        if notes:
            paper.drawString(100, 745 - height, "注：本表按现价计算。")
        paper.drawString(300, 30, "- 1 -")

    return draw


BLACK = (0, 0, 0)
GRID = ("GRID", (0, 0), (-1, -1), 0.5, BLACK)
INNER = ("INNERGRID", (0, 0), (-1, -1), 0.5, BLACK)
TOP = ("LINEABOVE", (0, 0), (-1, 0), 1, BLACK)
MIDDLE = ("LINEBELOW", (0, 1), (-1, 1), 0.5, BLACK)
BOTTOM = ("LINEBELOW", (0, -1), (-1, -1), 1, BLACK)


@pytest.mark.parametrize(
    "style",
    [(GRID,), (INNER, TOP, BOTTOM), (TOP, MIDDLE, BOTTOM), ()],
    ids=["ruled", "open sides", "three lines", "no lines"],
)
def test_one_table_drawn_in_several_ways(style: tuple[tuple[Any, ...], ...]) -> None:
    (grid,) = read_grids(pdf(table(*style)), Source(format="pdf"))
    assert grid.name == "第1页表1"
    assert grid.cells.rows() == CELLS
    assert (3, 2, 3, 3) in grid.merged
    assert grid.place(5, 2) == "第1页表1!R5C2"


def test_a_number_that_is_missing_shifts_no_other() -> None:
    rows = [("地区", "甲", "乙", "丙"), ("东区", "1.0", "", "3.0"), ("西区", "", "2.0", "4.0")]
    rows += [("南区", "5.0", "6.0", "7.0")]
    (grid,) = read_grids(pdf(table(rows=rows, notes=False)), Source(format="pdf"))
    assert [(r, c, t) for r, c, t in grid.cells.rows() if r in (2, 3)] == [
        (2, 1, "东区"),
        (2, 2, "1.0"),
        (2, 4, "3.0"),
        (3, 1, "西区"),
        (3, 3, "2.0"),
        (3, 4, "4.0"),
    ]


def test_a_table_that_goes_on_over_the_page() -> None:
    rows = (*ROWS[:2], ("第二产业", "1.1", "2.2", "3.3"))
    content = pdf(table(GRID), table(GRID, rows=rows, notes=False))
    grids = read_grids(content, Source(format="pdf"))
    assert [g.name for g in grids] == ["第1页表1", "第2页表1"]
    assert grids[1].cells.rows()[-4:] == [
        (3, 1, "第二产业"),
        (3, 2, "1.1"),
        (3, 3, "2.2"),
        (3, 4, "3.3"),
    ]


def test_two_tables_between_three_lines_each_on_one_page() -> None:
    def draw(paper: Any) -> None:
        for start, name in ((800, "甲"), (600, "乙")):
            paper.drawString(100, start + 8, f"表 {name}")
            for y in (start, start - 20, start - 60):
                paper.line(90, y, 400, y)
            for number, (label, value) in enumerate([("指标", "数值"), (name, "1.5"), ("丁", "2")]):
                paper.drawString(100, start - 14 - 20 * number, label)
                paper.drawRightString(390, start - 14 - 20 * number, value)

    one, two = read_grids(pdf(draw), Source(format="pdf"))
    assert [t for _, _, t in one.cells.rows()] == ["表 甲", "指标", "数值", "甲", "1.5", "丁", "2"]
    assert [t for _, _, t in two.cells.rows()] == ["表 乙", "指标", "数值", "乙", "1.5", "丁", "2"]


def test_rows_without_lines_between_them_in_a_ruled_table() -> None:
    rows = [("指标", "数值"), ("甲\n乙\n丙", "1.0\n2.0\n3.0")]
    from reportlab.platypus import Table

    def draw(paper: Any) -> None:
        drawn = Table(rows, style=[("FONT", (0, 0), (-1, -1), FONT, 10), GRID])
        drawn.wrapOn(paper, 500, 700)
        drawn.drawOn(paper, 100, 600)

    (grid,) = read_grids(pdf(draw), Source(format="pdf"))
    assert grid.cells.rows() == [
        (1, 1, "指标"),
        (1, 2, "数值"),
        (2, 1, "甲"),
        (2, 2, "1.0"),
        (3, 1, "乙"),
        (3, 2, "2.0"),
        (4, 1, "丙"),
        (4, 2, "3.0"),
    ]


def test_a_wrapped_label_is_one_text_and_a_raised_mark_no_digit() -> None:
    from reportlab.platypus import Table

    def draw(paper: Any) -> None:
        rows = [("全社会固定\n资产投资", "200.0"), ("其他", "")]
        drawn = Table(rows, [90, 60], [30, 20], [("FONT", (0, 0), (-1, -1), FONT, 10), GRID])
        drawn.wrapOn(paper, 500, 700)
        drawn.drawOn(paper, 100, 600)
        paper.drawString(200, 606, "30.5")
        paper.setFont(FONT, 6)
        paper.drawString(221, 610, "1")

    (grid,) = read_grids(pdf(draw), Source(format="pdf"))
    assert grid.cells.rows() == [
        (1, 1, "全社会固定资产投资"),
        (1, 2, "200.0"),
        (2, 1, "其他"),
        (2, 2, "30.5^1"),
    ]


def test_prose_is_no_table() -> None:
    def draw(paper: Any) -> None:
        for line in range(12):
            paper.drawString(90, 800 - 16 * line, "全年地区生产总值增长百分之五点一, 运行平稳。")

    assert refused(pdf(draw), format="pdf") == ("delivery.unreadable-file", "file")


def test_a_scanned_document() -> None:
    from reportlab.lib.utils import ImageReader

    def picture(paper: Any) -> None:
        image = io.BytesIO(b"P6 2 2 255 " + bytes(12))
        paper.drawImage(ImageReader(image), 0, 0, 500, 700)

    assert refused(pdf(picture), format="pdf") == ("delivery.scanned-document", "file")
    mixed = pdf(table(GRID), picture, table(GRID))
    assert refused(mixed, format="pdf") == ("delivery.scanned-document", "第2页")
    (grid,) = read_grids(pdf(picture, table(GRID)), Source(format="pdf"))
    assert grid.name == "第2页表1"


def test_an_encrypted_pdf() -> None:
    content = pdf(table(GRID), encrypt="secret")
    error = refusal(content, format="pdf")
    assert (error.rule, "password" in error.detail_en) == ("delivery.unsafe-file", True)


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_a_pdf_that_ends_early(share: float) -> None:
    content = pdf(table(GRID))
    assert refusal(content[: int(len(content) * share)], format="pdf").rule.startswith("delivery.")


def test_a_stream_that_unpacks_to_too_much() -> None:
    packed = zlib.compress(bytes(300 << 20), 1)
    content = pdf(table(GRID)) + b"\nstream\n" + packed + b"\nendstream\n"
    assert refusal(content, format="pdf").rule == "delivery.unsafe-file"


def test_headers_that_are_printed_over_each_others_ends_are_two() -> None:
    def draw(paper: Any) -> None:
        rows = [
            ("产品", "计量单位", "本月", "1-6月", "上年同期"),
            ("原煤", "吨", "123", "456", "789"),
            ("水泥", "吨", "1 234", "5 678", "6 001"),
            ("钢材", "吨", "98", "1,205", "900"),
        ]
        for line, row in enumerate(rows):
            height = 700 - 18 * line
            paper.drawString(30, height, row[0])
            paper.drawString(100, height, row[1])
            for right, text in zip((192, 228, 264), row[2:], strict=True):
                paper.drawRightString(right, height, text)

    (grid,) = read_grids(pdf(draw), Source(format="pdf"))
    assert [text for row, _, text in grid.cells.rows() if row == 1] == [
        "产品",
        "计量单位",
        "本月",
        "1-6月",
        "上年同期",
    ]
    assert grid.merged == ()
    assert [(c, t) for r, c, t in grid.cells.rows() if r == 3] == [
        (1, "水泥"),
        (2, "吨"),
        (3, "1 234"),
        (4, "5 678"),
        (5, "6 001"),
    ]
