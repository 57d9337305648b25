"""Workbooks of all three kinds: their cells as shown or as stored, and what they may hide."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from orchestration.collect.readers import read_grids
from orchestration.spec import Source
from tests.unit.delivered import (
    formatted,
    part_of,
    refusal,
    refused,
    rezipped,
    texts,
    workbook,
)

pytestmark = pytest.mark.core

SHEET = "xl/worksheets/sheet1.xml"


def xlsx(write: Callable[[Any, Any], None], **source: Any) -> list[tuple[int, int, str]]:
    return texts(workbook(write), format="xlsx", **source)


def simple(_: Any, sheet: Any) -> None:
    sheet.write_row(0, 0, ["指标", "数值"])
    sheet.write_row(1, 0, ["投资", 52.5])


def numbers(book: Any, sheet: Any) -> None:
    codes = ["General", "0.0", "#,##0.00", "0.0%", '0.0"亿元"', "0.00E+00"]
    for row, code in enumerate(codes):
        sheet.write_number(row, 0, 1234.5678, book.add_format({"num_format": code}))


# .xlsx


def test_numbers_as_the_workbook_shows_them() -> None:
    assert [text for _, _, text in xlsx(numbers)] == [
        "1234.5678",
        "1234.6",
        "1,234.57",
        "123456.8%",
        '1234.5678 [0.0"亿元"]',
        "1234.5678",
    ]


def test_numbers_as_stored_keep_what_a_format_adds_to_their_meaning() -> None:
    assert [text for _, _, text in xlsx(numbers, numbers="as_stored")] == [
        "1234.5678",
        "1234.5678",
        "1234.5678",
        "123456.78%",
        '1234.5678 [0.0"亿元"]',
        "1234.5678",
    ]


@pytest.mark.parametrize("wants_format", [False, True])
@pytest.mark.parametrize("shown", ["as_shown", "as_stored"])
def test_both_libraries_read_plain_values_alike(shown: str, wants_format: bool) -> None:
    values = [52, 52.0, 0.5, 1e-7, 123456789012345, -3.25, 1e20, 0, 99.99, "52.0", " 文 ", True]

    def write(book: Any, sheet: Any) -> None:
        del book
        for row, value in enumerate(values):
            sheet.write(row, 1, value)

    source = Source.model_validate({"format": "xlsx", "numbers": shown})
    (grid,) = read_grids(workbook(write), source, wants_format=wants_format)
    assert grid.cells["text"].to_list() == [
        "52",
        "52",
        "0.5",
        "0.0000001",
        "123456789012345",
        "-3.25",
        "100000000000000000000",
        "0",
        "99.99",
        "52.0",
        "文",
        "TRUE",
    ]


def test_a_sum_of_tenths_shows_fifteen_digits_and_stores_more() -> None:
    content = workbook(lambda _, sheet: sheet.write(0, 0, 77))
    xml = part_of(content, SHEET).replace(b"<v>77</v>", b"<v>0.30000000000000004</v>")
    content = rezipped(content, {SHEET: xml})
    assert texts(content, format="xlsx") == [(1, 1, "0.3")]
    stored = texts(content, format="xlsx", numbers="as_stored")
    assert stored == [(1, 1, "0.30000000000000004")]


def test_formats_that_a_layout_needs() -> None:
    def write(book: Any, sheet: Any) -> None:
        sheet.write(0, 0, "合计", book.add_format({"bold": True}))
        sheet.write(1, 0, "第一产业", book.add_format({"indent": 2}))
        sheet.write(2, 0, "\u3000 第二产业")
        sheet.write(3, 0, 1.5)
        sheet.write(4, 0, datetime(2024, 3, 1), book.add_format({"num_format": 'yyyy"年"m"月"'}))
        sheet.write(5, 0, True)
        sheet.write_formula(6, 0, "=1/0", None, "#DIV/0!")
        sheet.write_formula(7, 0, "=A1", None, "")

    assert formatted(workbook(write), format="xlsx") == [
        (1, 1, "合计", "text", 0, True),
        (2, 1, "第一产业", "text", 4, False),
        (3, 1, "第二产业", "text", 3, False),
        (4, 1, "1.5", "number", 0, False),
        (5, 1, "2024年3月", "date", 0, False),
        (6, 1, "TRUE", "boolean", 0, False),
        (7, 1, "#DIV/0!", "error", 0, False),
        (8, 1, "[formula without a value]", "formula", 0, False),
    ]


@pytest.mark.parametrize("shown", ["as_shown", "as_stored"])
def test_an_error_is_not_lost_on_the_fast_path(shown: str) -> None:
    def write(_: Any, sheet: Any) -> None:
        sheet.write_formula(0, 0, "=1/0", None, "#DIV/0!")

    assert xlsx(write, numbers=shown) == [(1, 1, "#DIV/0!")]


def test_a_chinese_date_format_that_has_a_number_only() -> None:
    content = workbook(
        lambda book, s: s.write(0, 0, 45352, book.add_format({"num_format": "0.000"}))
    )
    styles = part_of(content, "xl/styles.xml")
    styles = re.sub(rb'numFmtId="164"( fontId)', rb'numFmtId="57"\1', styles)
    content = rezipped(content, {"xl/styles.xml": styles})
    assert texts(content, format="xlsx") == [(1, 1, "2024年3月")]
    assert texts(content, format="xlsx", numbers="as_stored") == [(1, 1, "2024-03-01")]


def test_a_raised_footnote_mark_is_no_digit() -> None:
    def write(book: Any, sheet: Any) -> None:
        raised = book.add_format({"font_script": 1})
        sheet.write_rich_string(0, 0, "200.0", raised, "1", book.add_format({"bold": 1}), " ")

    assert xlsx(write) == [(1, 1, "200.0^1")]
    assert xlsx(write, numbers="as_stored") == [(1, 1, "200.0^1")]


@pytest.mark.parametrize("shown", ["as_shown", "as_stored"])
def test_a_formula_without_a_value_is_not_lost(shown: str) -> None:
    def write(_: Any, sheet: Any) -> None:
        sheet.write_formula(0, 0, "=B1+1", None, "")

    assert xlsx(write, numbers=shown) == [(1, 1, "[formula without a value]")]


def test_a_formula_with_a_value_is_that_value() -> None:
    assert xlsx(lambda _, s: s.write_formula(0, 0, "=41+1", None, 42)) == [(1, 1, "42")]


@pytest.mark.parametrize("shown", ["as_shown", "as_stored"])
def test_a_stray_cell_far_out_costs_nothing(shown: str) -> None:
    def write(_: Any, sheet: Any) -> None:
        sheet.write_string(0, 0, "a")
        sheet.write_string(1_048_575, 16_383, "x")

    assert xlsx(write, numbers=shown) == [(1, 1, "a"), (1_048_576, 16_384, "x")]


def test_cells_that_do_not_start_in_the_corner() -> None:
    assert xlsx(lambda _, s: s.write(4, 2, 7), numbers="as_stored") == [(5, 3, "7")]


def test_merged_ranges() -> None:
    def write(book: Any, sheet: Any) -> None:
        sheet.merge_range(0, 0, 1, 1, "指标", book.add_format())
        sheet.write(2, 0, "x")

    (grid,) = read_grids(workbook(write), Source(format="xlsx"))
    assert (grid.merged, grid.height) == (((1, 1, 2, 2),), 3)


def test_a_text_repeated_under_a_merged_range_counts_once() -> None:
    def write(_: Any, sheet: Any) -> None:
        sheet.merge_range(0, 0, 0, 1, "指标")
        sheet.write(0, 1, "指标")

    (grid,) = read_grids(workbook(write), Source(format="xlsx"))
    assert (grid.cells.rows(), grid.ignored) == ([(1, 1, "指标")], 1)


def test_another_text_under_a_merged_range_is_hidden_content() -> None:
    def write(_: Any, sheet: Any) -> None:
        sheet.merge_range(0, 0, 0, 1, "指标")
        sheet.write(0, 1, "别的")

    content = workbook(write)
    assert refused(content, format="xlsx") == ("delivery.hidden-content", "表1!B1")
    assert texts(content, format="xlsx", hidden="ignore") == [(1, 1, "指标")]


@pytest.mark.parametrize("variant", ["http://purl.oclc.org/ooxml/spreadsheetml/main"])
def test_the_strict_variant(variant: str) -> None:
    content = workbook(simple)
    common = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    strict = b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = {
            name: package.read(name).replace(common, variant.encode()).replace(relations, strict)
            for name in package.namelist()
        }
    assert texts(rezipped(content, parts), format="xlsx")[-1] == (2, 2, "52.5")


# Several sheets


def sheets(*names: str, hide: str = "", same: bool = False) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    for number, name in enumerate(names):
        sheet = book.add_worksheet(name)
        sheet.write(0, 0, "x" if same else f"x{number}")
        if name == hide:
            sheet.very_hidden() if name.startswith("very") else sheet.hide()
    book.close()
    return buffer.getvalue()


def test_a_sheet_that_nobody_declared() -> None:
    content = sheets("投资1", "说明")
    assert refused(content, format="xlsx", sheet="投资*") == ("cell.unexpected", "说明")
    (grid,) = read_grids(content, Source(format="xlsx", sheet="投资*", other_sheets="ignore"))
    assert (grid.name, grid.cells.rows(), grid.ignored) == ("投资1", [(1, 1, "x0")], 1)


def test_no_sheet_of_the_declared_name() -> None:
    error = refusal(sheets("投资1"), format="xlsx", sheet="财政*", other_sheets="ignore")
    assert (error.rule, error.place) == ("delivery.unreadable-file", "file")


@pytest.mark.parametrize("hidden", ["旧", "very旧"])
def test_a_hidden_sheet(hidden: str) -> None:
    content = sheets("新", hidden, hide=hidden)
    assert refused(content, format="xlsx") == ("delivery.hidden-content", hidden)
    (grid,) = read_grids(content, Source(format="xlsx", hidden="ignore"))
    assert (grid.name, grid.ignored) == ("新", 1)
    assert [g.name for g in read_grids(content, Source(format="xlsx", hidden="read"))] == [
        "新",
        hidden,
    ]


def test_two_sheets_with_the_same_cells() -> None:
    content = sheets("1月", "2月", same=True)
    assert refused(content, format="xlsx") == ("delivery.duplicate-sheet", "2月")


def test_two_sheets_whose_names_differ_in_case_only() -> None:
    content = sheets("GDP", "GDQ")
    book = part_of(content, "xl/workbook.xml").replace(b"GDQ", b"gdp")
    content = rezipped(content, {"xl/workbook.xml": book})
    assert refused(content, format="xlsx") == ("delivery.duplicate-sheet", "gdp")


# Hidden rows and columns


@pytest.mark.parametrize("shown", ["as_shown", "as_stored"])
@pytest.mark.parametrize(
    ("hide", "place", "left"),
    [
        (lambda s: s.set_row(1, None, None, {"hidden": True}), "表1!row 2", [1, 1]),
        (lambda s: s.set_row(1, 0), "表1!row 2", [1, 1]),
        (lambda s: s.set_column(1, 1, None, None, {"hidden": True}), "表1!column B", [1, 2]),
        (lambda s: s.set_column(1, 1, 0), "表1!column B", [1, 2]),
    ],
)
def test_hidden_rows_and_columns(
    shown: str, hide: Callable[[Any], None], place: str, left: list[int]
) -> None:
    def write(book: Any, sheet: Any) -> None:
        simple(book, sheet)
        hide(sheet)

    content = workbook(write)
    assert refused(content, format="xlsx", numbers=shown) == ("delivery.hidden-content", place)
    (grid,) = read_grids(content, Source(format="xlsx", hidden="ignore"))
    assert (grid.cells["row"].to_list(), grid.ignored) == (left, 2)
    assert len(texts(content, format="xlsx", hidden="read")) == 4


def test_hidden_rows_and_columns_that_are_empty_are_fine() -> None:
    def write(book: Any, sheet: Any) -> None:
        simple(book, sheet)
        sheet.set_row(5, None, None, {"hidden": True})
        sheet.set_column(5, 16_383, None, None, {"hidden": True})

    assert len(xlsx(write)) == 4


# What is unsafe or broken


def test_a_workbook_that_ends_early() -> None:
    content = workbook(simple)
    half = content[: len(content) // 2]
    assert refused(half, format="xlsx") == ("delivery.truncated-workbook", f"byte {len(half)}")


def test_a_workbook_whose_parts_are_damaged() -> None:
    content = rezipped(workbook(simple), {SHEET: b"<worksheet><sheetData><row"})
    assert refusal(content, format="xlsx").rule == "delivery.truncated-workbook"


def ole(*names: str) -> bytes:
    """An OLE container with empty streams of these names."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\x00\x03\x00\xfe\xff\x09\x00"
    header += b"\x06\x00" + bytes(10) + (1).to_bytes(4, "little") + (1).to_bytes(4, "little")
    header += bytes(4) + (4096).to_bytes(4, "little") + b"\xfe\xff\xff\xff" + bytes(4)
    header += b"\xfe\xff\xff\xff" + bytes(4) + bytes(4) + b"\xff" * 4 * 108
    table = b"\xfd\xff\xff\xff\xfe\xff\xff\xff" + b"\xff" * (512 - 8)
    entries = b""
    for number, name in enumerate(("Root Entry", *names)):
        text = name.encode("utf-16-le").ljust(64, b"\x00")
        size = (len(name) * 2 + 2).to_bytes(2, "little")
        child = (1 if number == 0 else 0xFFFFFFFF).to_bytes(4, "little")
        right = (number + 1 if 0 < number < len(names) else 0xFFFFFFFF).to_bytes(4, "little")
        kind = b"\x05" if number == 0 else b"\x02"
        entry = text + size + kind + b"\x01" + b"\xff" * 4 + right + child
        entries += entry.ljust(116, b"\x00") + b"\xfe\xff\xff\xff" + bytes(8)
    return header + table + entries.ljust(512, b"\x00")


@pytest.mark.parametrize("declared", ["xlsx", "xls", "docx"])
def test_an_encrypted_document(declared: str) -> None:
    error = refusal(ole("EncryptionInfo", "EncryptedPackage"), format=declared)
    assert error.rule == "delivery.unsafe-file"
    assert "needs a password" in error.detail_en


def test_a_container_that_cannot_be_read() -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)
    assert refused(content, format="xlsx") == ("delivery.unsafe-file", "file")


def test_an_old_workbook_where_a_new_one_is_declared() -> None:
    error = refusal(xls(lambda _, s: s.write(0, 0, 1)), format="xlsx")
    assert error.rule == "delivery.wrong-format"
    assert "an old Excel workbook (.xls)" in error.detail_en


@pytest.mark.parametrize("name", ["xl/vbaProject.bin", "xl/VBAPROJECT.BIN"])
def test_a_workbook_with_macros(name: str) -> None:
    content = rezipped(workbook(simple), {name: b"x"})
    assert refusal(content, format="xlsx").rule == "delivery.unsafe-file"


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    content = rezipped(workbook(simple), {"xl/media/zero.bin": bytes(64 << 20)})
    assert refusal(content, format="xlsx").rule == "delivery.unsafe-file"


ATTACKS = [
    b'<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
    b'<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    b'<!DOCTYPE w SYSTEM "http://example.org/w.dtd">',
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml"])
def test_an_entity_attack_is_refused(attack: bytes, name: str) -> None:
    content = workbook(simple)
    xml = part_of(content, name).replace(b"?>", b"?>" + attack, 1)
    assert refusal(rezipped(content, {name: xml}), format="xlsx").rule == "delivery.unsafe-file"


def test_an_entity_attack_in_another_encoding_is_refused() -> None:
    content = workbook(simple)
    xml = part_of(content, SHEET).decode().replace("UTF-8", "UTF-16")
    xml = xml.replace("?>", f"?>{ATTACKS[0].decode()}", 1)
    content = rezipped(content, {SHEET: xml.encode("utf-16")})
    assert refusal(content, format="xlsx").rule == "delivery.unsafe-file"


def test_merged_ranges_of_a_whole_sheet_are_refused_before_they_are_built() -> None:
    small = workbook(lambda _, sheet: sheet.merge_range(0, 0, 1, 1, "x"))
    xml = part_of(small, SHEET).replace(b"A1:B2", b"A1:XFD2000")
    assert refusal(rezipped(small, {SHEET: xml}), format="xlsx").rule == "delivery.unsafe-file"


# .xls


def xls(write: Callable[[Any, Any], None]) -> bytes:
    import xlwt

    book = xlwt.Workbook()
    write(book, book.add_sheet("表1"))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_an_old_workbook_with_formats() -> None:
    import xlwt

    def write(_: Any, sheet: Any) -> None:
        raised = xlwt.Font()
        raised.escapement = 1
        sheet.write(0, 0, " 指标", xlwt.easyxf("font: bold on; align: indent 1"))
        sheet.write(1, 0, 0.1234, xlwt.easyxf(num_format_str="0.0%"))
        sheet.write(2, 0, 1234.56, xlwt.easyxf(num_format_str="#,##0.0"))
        sheet.write(3, 0, date(2024, 3, 1), xlwt.easyxf(num_format_str='yyyy"年"m"月"'))
        sheet.write_rich_text(4, 0, ["200.0", ("1", raised)])
        sheet.write(5, 0, xlwt.Formula("1+1"))
        sheet.write(6, 0, "")
        sheet.write_merge(7, 8, 0, 1, "合计")

    assert formatted(xls(write), format="xls") == [
        (1, 1, "指标", "text", 3, True),
        (2, 1, "12.3%", "number", 0, False),
        (3, 1, "1,234.6", "number", 0, False),
        (4, 1, "2024年3月", "date", 0, False),
        (5, 1, "200.0^1", "text", 0, False),
        (6, 1, "[formula without a value]", "formula", 0, False),
        (8, 1, "合计", "text", 0, False),
    ]
    assert [t for _, _, t in texts(xls(write), format="xls", numbers="as_stored")][1:4] == [
        "12.34%",
        "1234.56",
        "2024-03-01",
    ]
    (grid,) = read_grids(xls(write), Source(format="xls"))
    assert grid.merged == ((8, 1, 9, 2),)


@pytest.mark.parametrize(
    ("hide", "place"),
    [
        (lambda s: setattr(s.row(1), "hidden", True), "表1!row 2"),
        (lambda s: setattr(s.col(1), "hidden", True), "表1!column B"),
    ],
)
def test_an_old_workbook_with_hidden_parts(hide: Callable[[Any], None], place: str) -> None:
    def write(_: Any, sheet: Any) -> None:
        for row in range(2):
            sheet.write(row, 0, "a")
            sheet.write(row, 1, row)
        hide(sheet)

    content = xls(write)
    assert refused(content, format="xls") == ("delivery.hidden-content", place)
    assert len(texts(content, format="xls", hidden="ignore")) == 2


def test_an_old_workbook_that_ends_early() -> None:
    content = xls(lambda _, sheet: sheet.write(0, 0, "x" * 3000))
    assert refusal(content[:3000], format="xls").rule in (
        "delivery.unreadable-file",
        "delivery.unsafe-file",
    )


def test_an_old_workbook_with_macros() -> None:
    assert refused(ole("Workbook", "_VBA_PROJECT_CUR"), format="xls") == (
        "delivery.unsafe-file",
        "file",
    )


# .ods


def ods(rows: str, *, columns: str = "", styles: str = "") -> bytes:
    """A spreadsheet of one table with these rows."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{about}:1.0"'
        for name, about in (
            ("office", "office"),
            ("table", "table"),
            ("text", "text"),
            ("style", "style"),
            ("fo", "xsl-fo-compatible"),
        )
    )
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        '<office:body><office:spreadsheet><table:table table:name="表1">'
        f"{columns}{rows}"
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", xml)
    return buffer.getvalue()


def row(*cells: str, about: str = "") -> str:
    return f"<table:table-row {about}>{''.join(cells)}</table:table-row>"


def cell(text: str, about: str = "") -> str:
    return f"<table:table-cell {about}><text:p>{text}</text:p></table:table-cell>"


def number(value: str, shown: str, kind: str = "float") -> str:
    return cell(shown, f'office:value-type="{kind}" office:value="{value}"')


def test_a_spreadsheet_with_shown_texts_and_stored_values() -> None:
    content = ods(
        row(cell("指标"), number("1234.5678", "1,234.6"), number("0.1234", "12.3%", "percentage"))
        + row(
            cell("日期"),
            cell("2024年3月", 'office:value-type="date" office:date-value="2024-03-01"'),
            number("123456", "12.3万元"),
        )
    )
    assert texts(content, format="ods") == [
        (1, 1, "指标"),
        (1, 2, "1,234.6"),
        (1, 3, "12.3%"),
        (2, 1, "日期"),
        (2, 2, "2024年3月"),
        (2, 3, "12.3万元"),
    ]
    assert texts(content, format="ods", numbers="as_stored") == [
        (1, 1, "指标"),
        (1, 2, "1234.5678"),
        (1, 3, "12.34%"),
        (2, 1, "日期"),
        (2, 2, "2024-03-01"),
        (2, 3, "123456 [12.3万元]"),
    ]


def test_repeated_rows_and_cells_are_not_built_where_they_are_empty() -> None:
    content = ods(
        row(cell("a", 'table:number-columns-repeated="2"'), about='table:number-rows-repeated="2"')
        + row("<table:table-cell/>", about='table:number-rows-repeated="1048000"')
        + row(
            '<table:table-cell table:number-columns-repeated="16383"/>',
            cell("z"),
        )
    )
    assert texts(content, format="ods") == [
        (1, 1, "a"),
        (1, 2, "a"),
        (2, 1, "a"),
        (2, 2, "a"),
        (1_048_003, 16_384, "z"),
    ]


def test_a_filled_row_that_is_repeated_a_million_times() -> None:
    wide = cell("a", 'table:number-columns-repeated="1000"')
    content = ods(row(wide, about='table:number-rows-repeated="1048576"'))
    assert refusal(content, format="ods").rule == "delivery.unsafe-file"


def test_a_spreadsheet_with_formats_spans_and_comments() -> None:
    styles = (
        '<style:style style:name="b"><style:text-properties fo:font-weight="bold"/></style:style>'
        '<style:style style:name="i"><style:paragraph-properties fo:margin-left="10pt"/>'
        "</style:style>"
        '<style:style style:name="s"><style:text-properties style:text-position="super 58%"/>'
        "</style:style>"
    )
    content = ods(
        row(
            cell("合计", 'table:style-name="b" table:number-columns-spanned="2"'),
            "<table:covered-table-cell/>",
        )
        + row(cell('<text:s text:c="2"/>投资', 'table:style-name="i"'))
        + row(cell('200.0<text:span text:style-name="s">1</text:span>'))
        + row(
            "<table:table-cell><office:annotation><text:p>批注</text:p></office:annotation>"
            "<text:p>x</text:p></table:table-cell>"
        )
        + row('<table:table-cell table:formula="of:=[.A1]"/>'),
        styles=styles,
    )
    assert formatted(content, format="ods") == [
        (1, 1, "合计", "text", 0, True),
        (2, 1, "投资", "text", 4, False),
        (3, 1, "200.0^1", "text", 0, False),
        (4, 1, "x", "text", 0, False),
        (5, 1, "[formula without a value]", "formula", 0, False),
    ]
    (grid,) = read_grids(content, Source(format="ods"))
    assert grid.merged == ((1, 1, 1, 2),)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (
            ods(row(cell("a")) + row(cell("b"), about='table:visibility="filter"')),
            "表1!row 2",
        ),
        (
            ods(
                row(cell("a"), cell("b")),
                columns='<table:table-column/><table:table-column table:visibility="collapse"/>',
            ),
            "表1!column B",
        ),
    ],
)
def test_a_spreadsheet_with_hidden_parts(content: bytes, place: str) -> None:
    assert refused(content, format="ods") == ("delivery.hidden-content", place)
    assert texts(content, format="ods", hidden="ignore") == [(1, 1, "a")]


@pytest.mark.parametrize(
    "extra",
    [
        {"Basic/Standard/Module1.xml": b"<x/>"},
        {"META-INF/manifest.xml": b"<m><encryption-data/></m>"},
        {"styles.xml": ATTACKS[0] + b"<x/>"},
    ],
)
def test_an_unsafe_spreadsheet(extra: dict[str, bytes]) -> None:
    content = rezipped(ods(row(cell("a"))), extra)
    assert refusal(content, format="ods").rule == "delivery.unsafe-file"


def test_a_spreadsheet_that_a_library_wrote() -> None:
    from odfdo import Document, Table

    document = Document("spreadsheet")
    document.body.clear()
    table = Table("表1")
    table.set_value("A1", "指标")
    table.set_value("B2", 52.5)
    document.body.append(table)
    buffer = io.BytesIO()
    document.save(buffer)
    assert texts(buffer.getvalue(), format="ods") == [(1, 1, "指标"), (2, 2, "52.5")]
