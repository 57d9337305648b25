"""Web pages: tables with their spans, what is hidden, and the lines around them."""

from __future__ import annotations

import pytest

from orchestration.collect.readers import read_grids
from orchestration.spec import Source
from tests.unit.delivered import formatted, refusal, refused, texts

pytestmark = pytest.mark.core


def page(body: str, head: str = '<meta charset="utf-8">') -> bytes:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode()


def test_spans_sections_marks_and_breaks() -> None:
    content = page(
        "<table><tfoot><tr><td>合计</td><td>3</td><td>4</td></tr></tfoot>"
        "<thead><tr><th rowspan=2>指标<th colspan=2>绝对数<tr><th>本月<th>累计</thead>"
        "<tr><td>&nbsp;&nbsp;投资<sup>1</sup></td><td>1,234.5</td><td>a<br>b</td></tr></table>"
    )
    (grid,) = read_grids(content, Source(format="html"))
    assert grid.cells.rows() == [
        (1, 1, "指标"),
        (1, 2, "绝对数"),
        (2, 2, "本月"),
        (2, 3, "累计"),
        (3, 1, "投资^1"),
        (3, 2, "1,234.5"),
        (3, 3, "a b"),
        (4, 1, "合计"),
        (4, 2, "3"),
        (4, 3, "4"),
    ]
    assert (grid.name, grid.height) == ("表1", 4)
    assert sorted(grid.merged) == [(1, 1, 2, 1), (1, 2, 1, 3)]
    assert grid.place(3, 2) == "表1!R3C2"


def test_lines_above_and_notes_below_become_rows() -> None:
    lines = "".join(f"<p>第{n}行</p>" for n in range(1, 7))
    content = page(
        f"{lines}<div>单位：<b>亿元</b></div><table><tr><td>a</td><td>1</td></tr></table>"
        "<p>注：1. 甲</p><p>2. 乙</p><p>资料来源：统计局</p><p>正文</p>"
        "<table><tr><td>b</td><td>2</td></tr></table>"
    )
    one, two = read_grids(content, Source(format="html"))
    assert one.cells.rows() == [
        (1, 1, "第3行"),
        (2, 1, "第4行"),
        (3, 1, "第5行"),
        (4, 1, "第6行"),
        (5, 1, "单位：亿元"),
        (6, 1, "a"),
        (6, 2, "1"),
        (7, 1, "注：1. 甲"),
        (8, 1, "2. 乙"),
        (9, 1, "资料来源：统计局"),
    ]
    assert (two.name, two.cells.rows()) == ("表2", [(1, 1, "正文"), (2, 1, "b"), (2, 2, "2")])


def test_a_table_that_only_arranges_others_gives_no_grid() -> None:
    content = page(
        "<table><tr><td>标题</td></tr><tr><td><table><tr><td>a</td><td>1</td></tr></table>"
        "<p>注：甲</p></td></tr></table>"
    )
    assert texts(content, format="html") == [
        (1, 1, "标题"),
        (2, 1, "a"),
        (2, 2, "1"),
        (3, 1, "注：甲"),
    ]


def test_a_table_inside_a_cell_is_a_grid_of_its_own() -> None:
    content = page(
        "<table><tr><td>a</td><td>b</td></tr>"
        "<tr><td>c</td><td>d<table><tr><td>e</td><td>f</td></tr></table></td></tr></table>"
    )
    outer, inner = read_grids(content, Source(format="html"))
    assert outer.cells["text"].to_list() == ["a", "b", "c", "d"]
    assert inner.cells.rows() == [(1, 1, "e"), (1, 2, "f")]


@pytest.mark.parametrize(
    "table",
    [
        "<table><td>a</td><td>1</td></table>",
        "<table><form><tr><td>a</td><td>1</td></tr></form></table>",
        "<table><tr><td>a<td>1</table>",
        "<TABLE><TBODY><TR><TD>a</TD><TD>1</TD></TR></TBODY></TABLE>",
    ],
)
def test_sloppy_pages(table: str) -> None:
    assert texts(page(table), format="html") == [(1, 1, "a"), (1, 2, "1")]


def test_formats_in_attributes_and_style_sheets() -> None:
    content = page(
        "<table><tr><th>指标</th><td class=i>甲</td></tr>"
        "<tr><td style='font-weight:700'>乙</td><td><b>丙</b></td></tr>"
        "<tr><td>\u3000丁</td><td style='padding-left:12px'>戊</td></tr></table>",
        "<style><!-- .i {mso-char-indent-count:2;} --></style>",
    )
    assert formatted(content, format="html") == [
        (1, 1, "指标", "text", 0, True),
        (1, 2, "甲", "text", 4, False),
        (2, 1, "乙", "text", 0, True),
        (2, 2, "丙", "text", 0, True),
        (3, 1, "丁", "text", 2, False),
        (3, 2, "戊", "text", 2, False),
    ]


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("<tr style='display:none'><td>隐</td><td>9</td></tr>", "表1!row 2"),
        ("<tr hidden><td>隐</td></tr>", "表1!row 2"),
        ("<tr class=h><td>隐</td></tr>", "表1!row 2"),
        ("<tr><td>b</td><td style='display:none'>9</td></tr>", "表1!row 2"),
        ("<tr><td>b<span style='display:none'>9</span></td></tr>", "表1!row 2"),
    ],
)
def test_hidden_elements(row: str, place: str) -> None:
    head = "<style>.h{display:none}</style>"
    content = page(f"<table><tr><td>a</td><td>1</td></tr>{row}</table>", head)
    assert refused(content, format="html") == ("delivery.hidden-content", place)
    (grid,) = read_grids(content, Source(format="html", hidden="ignore"))
    assert grid.ignored > 0
    assert "隐" not in "".join(grid.cells["text"])
    assert "9" not in "".join(grid.cells["text"])
    (grid,) = read_grids(content, Source(format="html", hidden="read"))
    assert "9" in "".join(grid.cells["text"]) or "隐" in "".join(grid.cells["text"])


def test_a_hidden_table() -> None:
    content = page("<div style='display:none'><table><tr><td>a</td></tr></table></div>")
    assert refused(content, format="html") == ("delivery.hidden-content", "表1")


def test_a_page_in_gb2312() -> None:
    content = page("<table><tr><td>指标</td></tr></table>", '<meta charset="gb2312">')
    content = content.decode().encode("gbk")
    assert texts(content, format="html", encoding="auto") == [(1, 1, "指标")]
    assert refusal(content, format="html", encoding="utf-8").rule == "delivery.wrong-encoding"


def test_an_encoding_that_is_not_supported() -> None:
    content = page("<table><tr><td>指標</td></tr></table>", '<meta charset="big5">')
    content = content.decode().encode("big5")
    error = refusal(content, format="html", encoding="auto")
    assert (error.rule, "big5" in error.detail_en) == ("delivery.wrong-encoding", True)


def test_a_workbook_saved_as_a_page_and_named_xls() -> None:
    content = (
        b'<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>'
        b"<meta http-equiv=Content-Type content='text/html; charset=utf-8'></head><body>"
        b"<table border=0><col width=72><tr height=18><td x:num>52.5</td></tr>"
        b"<![if supportMisalignedColumns]><tr height=0 style='display:none'><td width=72></td></tr>"
        b"<![endif]></table></body></html>"
    )
    assert texts(content, format="html") == [(1, 1, "52.5")]
    assert refusal(content, format="xls").rule == "delivery.wrong-format"


def test_scripts_and_comments_are_no_text() -> None:
    content = page(
        "<script>document.write('x')</script><!-- y --><table><tr><td>a<!-- z -->b"
        "<script>1</script></td></tr></table>"
    )
    assert texts(content, format="html") == [(1, 1, "ab")]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (page("<p>无表</p>"), "delivery.unreadable-file"),
        (b"<html><body><table><tr><td>1</td></tr><tr><td>2", "delivery.unreadable-file"),
        (b'<!DOCTYPE html [<!ENTITY a "b">]><table><tr><td>&a;</table>', "delivery.unsafe-file"),
        (page("<div>" * 5000 + "<table><tr><td>1</table>"), "delivery.unsafe-file"),
        (
            page("<table>" + "<tr><td rowspan=9999 colspan=999>x" * 5 + "<tr>" * 9999 + "</table>"),
            "delivery.unsafe-file",
        ),
    ],
)
def test_pages_that_are_refused(content: bytes, rule: str) -> None:
    assert refusal(content, format="html").rule == rule


def test_a_page_fetches_nothing(tmp_path: object) -> None:
    content = page(
        f"<link rel=stylesheet href='file://{tmp_path}/x.css'><img src='http://127.0.0.1:9/x'>"
        "<table><tr><td>1</td></tr></table>"
    )
    assert texts(content, format="html") == [(1, 1, "1")]


@pytest.mark.parametrize(
    "run",
    [
        "<sup>1</sup>",
        '<span style="vertical-align:super">1</span>',
        '<span style="vertical-align: 4pt;">1</span>',
        '<span class="up">1</span>',
        '<font style="position:relative;top:-4.0pt;mso-text-raise:4.0pt">1</font>',
    ],
)
def test_a_digit_raised_by_its_style_is_a_mark(run: str) -> None:
    page = f"<style>.up{{vertical-align:text-top}}</style><table><tr><td>45{run}</td></tr></table>"
    assert texts(page.encode(), format="html") == [(1, 1, "45^1")]


def test_a_digit_that_stands_in_its_line_is_a_digit() -> None:
    for style in ("vertical-align:middle", "vertical-align:0pt", "position:absolute;top:4pt"):
        page = f'<table><tr><td>45<span style="{style}">1</span></td></tr></table>'
        assert texts(page.encode(), format="html") == [(1, 1, "451")]
