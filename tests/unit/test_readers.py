"""Bytes become cells, or a refusal that names rule and place."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from orchestration.collect.readers import RefusedError, address, printed, read_sheets
from orchestration.spec import RecordColumns, RecordsLayout, TableColumn, TableLayout
from tests.support import investment

pytestmark = pytest.mark.core

CSV = RecordsLayout(kind="records", columns=RecordColumns(value="数值"))
GB = CSV.model_copy(update={"encoding": "gb18030"})
TABLE = TableLayout(
    kind="table", stub="指标", columns=(TableColumn(header=("绝对数",), carries="value"),)
)


def refusal(content: bytes, layout: RecordsLayout | TableLayout) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        read_sheets(content, layout)
    return caught.value


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
        (12.5, "[$¥-804]#,##0.00", "12.5 [[$¥-804]#,##0.00]"),
        (float("inf"), "0", "Infinity"),
    ],
)
def test_a_number_reads_as_the_workbook_shows_it(
    value: object, number_format: str, text: str
) -> None:
    assert printed(value, number_format) == text


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
    assert address(sheet, row, col) == text


def test_a_csv_keeps_text_as_written_and_counts_blank_lines() -> None:
    (sheet,) = read_sheets('\ufeff指标,数值\n\n投资,"1,234.50"\n'.encode(), CSV)
    assert sheet.cells.rows() == [
        (1, 1, "指标"),
        (1, 2, "数值"),
        (3, 1, "投资"),
        (3, 2, "1,234.50"),
    ]


def test_gb18030_is_read_where_it_is_declared() -> None:
    (sheet,) = read_sheets("指标,数值\n投资,1\n".encode("gb18030"), GB)
    assert sheet.cells.rows()[0] == (1, 1, "指标")


def test_wrong_encoding_names_the_line_and_guesses() -> None:
    refused = refusal("value,x\n投资,1\n".encode("gb18030"), CSV)
    assert (refused.rule, refused.place) == ("delivery.wrong-encoding", "line 2")
    assert "it looks like gb18030" in refused.detail_en


@pytest.mark.parametrize("content", [b"", b"  \n\n", "\ufeff".encode()])
def test_empty_files(content: bytes) -> None:
    assert refusal(content, CSV).rule == "delivery.empty-file"


def test_a_row_with_too_many_fields_is_named() -> None:
    refused = refusal(b"a,b\n1,2\n1,2,3\n", CSV)
    assert (refused.rule, refused.place) == ("delivery.unreadable-file", "row 3")


def test_a_workbook_where_a_csv_is_declared() -> None:
    assert refusal(investment(), CSV).rule == "delivery.unreadable-file"


def test_a_workbook_that_ends_early() -> None:
    content = investment()
    refused = refusal(content[: len(content) // 2], TABLE)
    assert refused.rule == "delivery.truncated-workbook"
    assert refused.place == f"byte {len(content) // 2}"


def test_text_where_a_workbook_is_declared() -> None:
    assert refusal("指标,数值\n".encode(), TABLE).rule == "delivery.unreadable-file"


def test_an_old_or_encrypted_workbook() -> None:
    assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), TABLE).rule == (
        "delivery.unsafe-file"
    )


def rezipped(content: bytes, extra: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, extra.get(name) or old.read(name))
        for name in extra.keys() - set(old.namelist()):
            new.writestr(name, extra[name])
    return buffer.getvalue()


def test_a_workbook_with_macros() -> None:
    content = rezipped(investment(), {"xl/vbaProject.bin": b"x"})
    assert refusal(content, TABLE).rule == "delivery.unsafe-file"


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    content = rezipped(investment(), {"xl/media/zero.bin": bytes(64 << 20)})
    assert refusal(content, TABLE).rule == "delivery.unsafe-file"


def test_an_entity_attack_is_refused() -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<sheetData><row r="1"><c r="A1" t="str"><v>&b;</v></c></row></sheetData></worksheet>'
    )
    content = rezipped(investment(), {"xl/worksheets/sheet1.xml": bomb})
    assert refusal(content, TABLE).rule == "delivery.truncated-workbook"


def test_a_sheet_that_nobody_declared() -> None:
    layout = TABLE.model_copy(update={"sheet": "投资*"})
    assert refusal(investment(), layout).rule == "cell.unexpected"


def workbook(write: Callable[[Any, Any], None]) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    write(book, book.add_worksheet("表1"))
    book.close()
    return buffer.getvalue()


def texts(content: bytes) -> list[tuple[int, int, str]]:
    (sheet,) = read_sheets(content, TABLE)
    return [(row, col, text) for row, col, text in sheet.cells.rows()]


def test_a_raised_footnote_mark_is_no_digit() -> None:
    def write(book: Any, sheet: Any) -> None:
        raised = book.add_format({"font_script": 1})
        sheet.write_rich_string(0, 0, "200.0", raised, "1", book.add_format({"bold": 1}), " ")

    assert texts(workbook(write)) == [(1, 1, "200.0^1")]


def test_a_formula_without_a_value_is_not_lost() -> None:
    content = workbook(lambda _, sheet: sheet.write_formula(0, 0, "=B1+1", None, ""))
    assert texts(content) == [(1, 1, "[formula without a value]")]


def test_a_formula_with_a_value_is_that_value() -> None:
    content = workbook(lambda _, sheet: sheet.write_formula(0, 0, "=41+1", None, 42))
    assert texts(content) == [(1, 1, "42")]


def test_a_stray_cell_far_out_costs_nothing() -> None:
    content = workbook(lambda _, sheet: sheet.write_string(1_048_575, 16_383, "x"))
    assert texts(content) == [(1_048_576, 16_384, "x")]


def test_merged_ranges_of_a_whole_sheet_are_refused_before_they_are_built() -> None:
    small = workbook(lambda _, sheet: sheet.merge_range(0, 0, 1, 1, "x"))
    with zipfile.ZipFile(io.BytesIO(small)) as package:
        xml = package.read("xl/worksheets/sheet1.xml").replace(b"A1:B2", b"A1:XFD2000")
    content = rezipped(small, {"xl/worksheets/sheet1.xml": xml})
    assert refusal(content, TABLE).rule == "delivery.unsafe-file"


def test_a_quote_that_never_closes_swallows_no_rows() -> None:
    refused = refusal(b'a,b\n1,"s1\n2,s2\n3,s3"\n4,s4\n', CSV)
    assert (refused.rule, refused.place) == ("delivery.unreadable-file", "row 2")
