"""Bytes become cells, or a refusal that names rule and place: what holds for every format."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from orchestration.collect.grid import Grid
from orchestration.collect.readers import printed, read_grids
from orchestration.collect.readers.frames import build
from orchestration.collect.readers.numbers import as_stored
from orchestration.collect.readers.selection import matches
from orchestration.spec import Source
from tests.unit.delivered import refusal, refused, texts, workbook

pytestmark = pytest.mark.core

ACCOUNTING = '_ {0}* #,##0.00_ ;_ {0}* -#,##0.00_ ;_ {0}* "-"??_ ;_ @_ '
"""会计专用, as Excel offers it."""


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (52, "General", "52"),
        (52.0, "General", "52"),
        (52.0, "0.0", "52.0"),
        (808.4, "0.0", "808.4"),
        (0.1 + 0.2, "0.0", "0.3"),
        (0.1 + 0.2, "General", "0.3"),
        (12345678901234567, "General", "12345678901234567"),
        (2.5, "0", "3"),
        (1234567.5, "#,##0.00", "1,234,567.50"),
        (0.123, "0.0%", "12.3%"),
        (1e-7, "General", "0.0000001"),
        (1e21, "General", "1000000000000000000000"),
        ("  84.7 ", "General", "84.7"),
        (True, "General", "TRUE"),
        (None, "General", ""),
        (-3.25, "0.0;[Red]-0.0", "-3.3"),
        (1234.56, "_(* #,##0.0_);_(* (#,##0.0)", "1,234.6"),
        (12.5, "0.##", "12.5"),
        (12.0, "0.0#", "12.0"),
        (12.5, '0.0"亿元"', '12.5 [0.0"亿元"]'),
        (123456.0, "0!.0000", "123456 [0!.0000]"),
        (200.0, "0.0万元", "200 [0.0万元]"),
        (200.0, "[$USD] #,##0.0", "200 [[$USD] #,##0.0]"),
        (123456.0, "[<10000]0;0.0", "123456 [[<10000]0;0.0]"),
        (6.5, "-0.0", "6.5 [-0.0]"),
        (6.5, "(0.0)", "6.5 [(0.0)]"),
        (-6.5, "0.0;(0.0)", "-6.5"),
        (-6.5, "0.0;0.0", "-6.5 [0.0;0.0]"),
        (200.0, ";;;", "200 [;;;]"),
        (0.0, '0.0;-0.0;"…"', "…"),
        (0.0, "0.0;-0.0;", "0 [0.0;-0.0;]"),
        (0.065, "0.0 %", "6.5%"),
        (0.065, "0.0%%", "0.065 [0.0%%]"),
        (1e300, "0.00", "1" + "0" * 300),
        (1234567.0, "#,##0,", "1234567 [#,##0,]"),
        (1234567.0, "0.0,,", "1234567 [0.0,,]"),
        (12.345, "0.00E+00", "12.345"),
        (2.675, "0.00", "2.68"),
        (12.5, "[$-804]#,##0.00", "12.50"),
        (12.5, "[$¥-804]#,##0.00", "12.50"),
        (12.5, "[$$-409]#,##0.00", "12.5 [[$$-409]#,##0.00]"),
        (1234.5, ACCOUNTING.format("￥"), "1,234.50"),
        (-1234.5, ACCOUNTING.format("￥"), "-1,234.50"),
        (0.0, ACCOUNTING.format(""), "-"),
        (-0.1234, "#,##0", "0"),
        (float("inf"), "0", "Infinity"),
    ],
)
def test_a_number_reads_as_the_workbook_shows_it(
    value: object, number_format: str, text: str
) -> None:
    assert printed(value, number_format) == text


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (date(2024, 1, 1), "General", "2024-01-01"),
        (datetime(2024, 1, 1), "General", "2024-01-01"),
        (datetime(2024, 1, 1, 8, 30), "General", "2024-01-01T08:30:00"),
        (datetime(2024, 3, 1), 'yyyy"年"m"月"', "2024年3月"),
        (datetime(2024, 3, 1), "[$-804]yyyy年mm月dd日;@", "2024年03月01日"),
        (datetime(2024, 3, 1), "yyyy-mm", "2024-03"),
        (datetime(2024, 3, 1), "mm-dd-yy", "2024-03-01"),
        (datetime(2024, 3, 1), "[$-409]mmm-yy", "2024-03-01"),
        (datetime(2024, 3, 1, 8, 30), "yyyy/m/d h:mm", "2024-03-01T08:30:00"),
        (time(8, 30), "h:mm", "08:30:00"),
        (timedelta(hours=30, minutes=5), "[h]:mm", "30:05:00"),
    ],
)
def test_a_date_reads_as_shown_where_that_is_unambiguous(
    value: object, number_format: str, text: str
) -> None:
    assert printed(value, number_format) == text


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (52.0, "0.0", "52"),
        (0.1 + 0.2, "0.0", "0.30000000000000004"),
        (1234.5678, "#,##0.0", "1234.5678"),
        (0.123456, "0.0%", "12.3456%"),
        (1234567.0, "#,##0,", "1234567 [#,##0,]"),
        (12.5, '0.0"亿元"', '12.5 [0.0"亿元"]'),
        (-3.25, "0.0;[Red]-0.0", "-3.25"),
        (1e-7, "General", "0.0000001"),
        (datetime(2024, 3, 1), 'yyyy"年"m"月"', "2024-03-01"),
        (True, "General", "TRUE"),
        (1234.5678, ACCOUNTING.format(""), "1234.5678"),
        (-0.1234, ACCOUNTING.format("￥"), "-0.1234"),
        (0.0, ACCOUNTING.format("￥"), "0"),
        (0.0, '0.0;-0.0;"无"', "无"),
        (0.1234, '0.0%;-0.0%;"-"', "12.34%"),
        (-0.1234, "0.0%;(0.0%)", "-12.34%"),
        (1234567.0, "#,##0,;-#,##0,", "1234567 [#,##0,;-#,##0,]"),
    ],
)
def test_a_number_reads_with_all_stored_digits(
    value: object, number_format: str, text: str
) -> None:
    assert as_stored(value, number_format) == text


@pytest.mark.parametrize(
    ("sheet", "row", "col", "text"),
    [
        ("表1", 7, 2, "表1!B7"),
        ("表1", 1, 27, "表1!AA1"),
        ("x", 2, 703, "x!AAA2"),
        ("", 3, 4, "R3C4"),
    ],
)
def test_addresses(sheet: str, row: int, col: int, text: str) -> None:
    assert Grid(sheet, build([], [], [])).place(row, col) == text


@pytest.mark.parametrize(
    ("name", "pattern", "fits"),
    [
        ("表1", "*", True),
        ("表1", "表?", True),
        ("表10", "表?", False),
        ("表[1]", "表[1]", True),
        ("表1", "表[1]", False),
    ],
)
def test_names_of_sheets(name: str, pattern: str, fits: bool) -> None:
    assert matches(name, pattern) is fits


@pytest.mark.parametrize("content", [b"", b"  \n\n", "\ufeff".encode()])
def test_empty_files(content: bytes) -> None:
    assert refusal(content).rule == "delivery.empty-file"


PAGE = b"<html><body><table><tr><td>1</td></tr></table></body></html>"


@pytest.mark.parametrize(
    ("content", "declared", "looks_like"),
    [
        (workbook(lambda _, s: s.write(0, 0, "x")), "csv", "an Excel workbook"),
        (PAGE, "csv", "a web page"),
        (b'[{"a": 1}]', "csv", "a JSON file"),
        (b"{\\rtf1 x}", "csv", "an RTF document"),
        (b"a,b\n1,2\n", "xlsx", "a text file"),
        (PAGE, "xlsx", "a web page"),
        (PAGE, "xls", "a web page"),
        (b"%PDF-1.7\n", "docx", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", "pdf", "an image"),
        (workbook(lambda _, s: s.write(0, 0, "x")), "docx", "an Excel workbook"),
        (workbook(lambda _, s: s.write(0, 0, "x")), "ods", "an Excel workbook"),
        (workbook(lambda _, s: s.write(0, 0, "x")), "json", "an Excel workbook"),
        (b"PAR1....PAR1", "json", "a Parquet file"),
        (b"Rar!\x1a\x07\x00", "csv", "a compressed archive"),
        (b'<?xml version="1.0"?><Workbook/>', "xls", "an XML file"),
    ],
)
def test_another_kind_of_file_than_declared(content: bytes, declared: str, looks_like: str) -> None:
    error = refusal(content, format=declared)
    assert (error.rule, error.place) == ("delivery.wrong-format", "file")
    assert f"but it looks like {looks_like}" in error.detail_en


@pytest.mark.parametrize("declared", ["csv", "html", "json"])
def test_text_formats_strip_blanks_of_every_width(declared: str) -> None:
    text = "\u3000\u00a0 投资\u2003"
    content = {
        "csv": f"{text},1\n",
        "html": f"<table><tr><td>{text}</td><td>1</td></tr></table>",
        "json": f'[{{"{text}": 1}}]',
    }[declared]
    assert texts(content.encode(), format=declared)[0] == (1, 1, "投资")


# Delimited text


def test_a_csv_keeps_text_as_written_and_counts_blank_lines() -> None:
    assert texts('\ufeff指标,数值\n\n投资,"1,234.50"\n'.encode()) == [
        (1, 1, "指标"),
        (1, 2, "数值"),
        (3, 1, "投资"),
        (3, 2, "1,234.50"),
    ]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "utf-8"),
        ("utf-8", "auto"),
        ("utf-8-sig", "utf-8"),
        ("gb18030", "gb18030"),
        ("gbk", "auto"),
        ("utf-16", "utf-16"),
        ("utf-16", "auto"),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", "auto"),
    ],
)
def test_encodings_are_detected_and_confirmed(encoding: str, declared: str) -> None:
    content = "指标,数值\n投资,1\n".encode(encoding)
    assert texts(content, encoding=declared) == [
        (1, 1, "指标"),
        (1, 2, "数值"),
        (2, 1, "投资"),
        (2, 2, "1"),
    ]


@pytest.mark.parametrize(
    ("content", "declared", "place", "reason"),
    [
        ("value,x\n投资,1\n".encode("gb18030"), "utf-8", "line 2", "it looks like gb18030"),
        # Decodes as GB18030 without an error, to other characters.
        ("x,y\n指标,数据\n".encode(), "gb18030", "line 2", "the text is utf-8"),
        ("指标,1\n".encode("utf-16-le"), "utf-8", "line 1", "the text is utf-16"),
        ("指标,1\n".encode(), "utf-16", "line 1", "it looks like utf-8"),
        ("指标,1\n".encode() + "投资,2\n".encode("gbk"), "utf-8", "line 2", "two encodings"),
        ("指标,1\n".encode("gbk") + "投资,2\n".encode(), "gb18030", "line 2", "two encodings"),
        ("指标,1\n".encode("gbk") + "投资,2\n".encode(), "auto", "line 2", "two encodings"),
        ("指标,1\n\ufeff指标,2\n".encode(), "utf-8", "line 2", "two files joined"),
        (b"a,b\n1,\x002\n", "utf-8", "line 2", "null characters"),
        (b"a,b\n\xff\xff\n", "auto", "line 2", "cannot be decoded"),
    ],
)
def test_wrong_encodings(content: bytes, declared: str, place: str, reason: str) -> None:
    error = refusal(content, encoding=declared)
    assert (error.rule, error.place) == ("delivery.wrong-encoding", place)
    assert reason in error.detail_en


def test_one_sign_of_two_bytes_is_not_taken_for_another_encoding() -> None:
    # 联通 and the like: in GB18030 some pairs of bytes are UTF-8 as well.
    content = "\u7565,1\n".encode("gb18030")
    assert texts(content, encoding="gb18030")[0] == (1, 1, "\u7565")
    assert texts("m²,1\n".encode(), encoding="auto")[0] == (1, 1, "m²")


def test_a_row_with_too_many_fields_is_named() -> None:
    assert refused(b"a,b\n1,2\n1,2,3\n") == ("delivery.unreadable-file", "row 3")


def test_a_title_above_the_header_is_one_field_of_its_row() -> None:
    content = "2024年投资\n单位：亿元\n指标,数值\n投资,1\n".encode()
    assert texts(content) == [
        (1, 1, "2024年投资"),
        (2, 1, "单位：亿元"),
        (3, 1, "指标"),
        (3, 2, "数值"),
        (4, 1, "投资"),
        (4, 2, "1"),
    ]


def test_a_quote_that_never_closes_swallows_no_rows() -> None:
    content = b'a,b\n1,"s1\n2,s2\n3,s3"\n4,s4\n'
    assert refused(content) == ("delivery.unreadable-file", "row 2")


@pytest.mark.parametrize(("delimiter", "mark"), [("\t", "\t"), (";", ";"), ("|", "|")])
def test_delimiters(delimiter: str, mark: str) -> None:
    content = f"a{mark}b, c\r\n1{mark}2\r\n".encode()
    assert texts(content, delimiter=delimiter) == [
        (1, 1, "a"),
        (1, 2, "b, c"),
        (2, 1, "1"),
        (2, 2, "2"),
    ]


def test_the_grid_of_a_text_has_no_name() -> None:
    (grid,) = read_grids(b"a,b\n1,2\n", Source())
    assert (grid.name, grid.height, grid.place(2, 1)) == ("", 2, "R2C1")


@pytest.mark.parametrize(
    "content",
    [b"a,b\r\r\n1,2\r\r\n", b"a,b\r\n1,2\r\n\x1a", b"a,b\n1,2\x1a", b"a,b\r1,2\r"],
)
def test_lines_as_old_programs_end_them(content: bytes) -> None:
    assert texts(content) == [(1, 1, "a"), (1, 2, "b"), (2, 1, "1"), (2, 2, "2")]


def test_a_cell_may_hold_a_line_break_and_no_line_of_the_file() -> None:
    assert texts('"地区\n名称",b\r\n1,2\r\n'.encode())[0] == (1, 1, "地区\n名称")
    assert refused(b'a,b\n"1,2\n3,4\n5",6\n') == ("delivery.unreadable-file", "row 2")
    assert refused(b'a,b\n1,"2\n3\n4\n5\n6\n7\n8"\n') == ("delivery.unreadable-file", "row 2")


def test_remarks_of_two_fields_may_stand_above_a_header() -> None:
    head = b'Data Source,World,\n\n"Name","Code","2021","2022"\n'
    cells = texts(head + b"x,y,1,2\n")
    assert cells[:2] == [(1, 1, "Data Source"), (1, 2, "World")]
    assert cells[-4:] == [(4, 1, "x"), (4, 2, "y"), (4, 3, "1"), (4, 4, "2")]
    for ragged in (head + b"x,y,1,2,3\n", b"a,b\nx,1,2,3\n", b"a,b\nx\ry,1,2,3\n"):
        assert refused(ragged)[0] == "delivery.unreadable-file"
