"""What a reader sees in the workbooks of a release, cell by cell, read back with another library.

Belongs here: the printed form of tables, and that it is the same every time. Does not belong
here: that the files are listed and hashed (test_publish_build, test_publish_verify).
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from orchestration.catalog import Column, Table, unit_by_row
from orchestration.publish import printed as printed_module
from orchestration.publish.printed import (
    Word,
    decimal_text,
    is_exact_in_a_cell,
    qualifier_sign,
    text_width,
)
from orchestration.publish.sheets import check_workbook, parted
from orchestration.publish.tables import published_tables
from orchestration.publish.verify import verify_release
from orchestration.publish.workbook import (
    line_count,
    number_format,
    printed_themes,
    safe_text,
    sheet_name,
)
from tests.unit.described import columns_sql, dictionary_sql
from tests.unit.test_publish_world import build, unsealed

WORDS = """
create schema landing;
create table landing.code (
    list varchar, code varchar, name_zh varchar, name_en varchar, sort integer,
    maps_to varchar default ''
);
insert into landing.code (list, code, name_zh, name_en, sort) values
    ('theme', 'core', '公共维度', 'core', 1), ('theme', 'investment', '投资', 'investment', 2),
    ('item', 'total', '合计', 'Total', 10), ('item', 'industry', '工业', 'Industry', 30),
    ('item', '_rest', '其余', 'Rest', 99),
    ('period_kind', 'annual', '年度', 'annual', 1), ('period_kind', 'point', '时点', 'point', 2),
    ('qualifier', 'exact', '准确值', 'exact', 1),
    ('qualifier', 'above', '超过（不含本数）', 'above, the number excluded', 2),
    ('qualifier', 'approx', '约', 'approximately', 6),
    ('price_basis', 'current', '现价', 'current', 1),
    ('basis_family', 'outturn', '实绩', 'outturn', 1),
    ('basis_family', 'target', '目标', 'target', 2),
    ('qualifier', 'seen', '见', 'seen', 9);
create table landing.unit (
    unit varchar, name_zh varchar, name_en varchar, dimension varchar, factor decimal(30, 8)
);
insert into landing.unit values
    ('亿元', '亿元', '100 million yuan', 'currency_cny', 100000000),
    ('人', '人', 'persons', 'persons', 1), ('%', '百分比', 'per cent', 'percent', 1);
"""

Described = Sequence[tuple[str, str, str, str | None] | tuple[str, str, str, str | None, str]]


def published(name: str, titles: str, key: str, columns: Described, rows: str) -> str:
    """SQL that adds a table with its dictionary.

    Columns are (name, type, zh | en, unit) and what else they are as ``attribute: value`` with
    semicolons between them; a number is a value and anything else a text unless it says so.
    """
    schema, table = name.split(".")
    zh, en = titles.split(" | ")
    described = Table(
        schema, table, zh, en, "每项一行", "One row per item", tuple(key.split(", ")),
        tuple(_described(*column) for column in columns),
    )  # fmt: skip
    sql = [
        f"create schema if not exists {schema}",
        f"create table {name} ({columns_sql(described.columns)})",
        dictionary_sql(described),
    ]
    if rows:
        sql.append(f"insert into {name} values {rows}")
    return ";\n".join(sql) + ";\n"


def _described(name: str, data_type: str, words: str, unit: str | None, more: str = "") -> Column:
    zh, en = words.split(" | ")
    is_number = data_type.startswith(("decimal", "integer", "bigint"))
    meta = {"role": "value" if is_number else "text", "label_zh": zh, "label_en": en}
    meta |= dict(pair.split(": ") for pair in filter(None, more.split("; ")))
    if "unit_column" in meta and unit is None:
        unit = unit_by_row(meta["unit_column"])
    return Column(name, data_type, zh, en, unit or "", True, **meta)


WORKS = published(
    "investment.works",
    "固定资产投资 | Fixed-asset investment",
    "region_code, period, period_kind, item",
    (
        ("region_code", "varchar", "地区代码 | Code of the region", None, "role: region"),
        ("region_name_zh", "varchar", "地区名称 | Name of the region in Chinese", None,
         "role: name; language: zh; name_of: region_code"),
        ("period", "varchar", "报告期代码：2022、2023-06 | Period as a code: 2022, 2023-06", None,
         "role: period; label_zh: 报告期代码; label_en: Period as a code"),
        ("period_start", "date", "第一天 | First day", None, "role: period_bound"),
        ("period_end", "date", "最后一天 | Last day", None, "role: period_bound"),
        ("period_kind", "varchar", "报告期类型 | Kind of period", None,
         "role: period_kind; code_list: period_kind"),
        ("item", "varchar", "对象 | Item", None, "role: code; code_list: item"),
        ("item_name_zh", "varchar", "对象名称（中文） | Name of the item in Chinese", None,
         "role: name; language: zh; pair: item_name_en; name_of: item"),
        ("item_name_en", "varchar", "对象名称（英文） | Name of the item in English", None,
         "role: name; language: en; pair: item_name_zh; name_of: item"),
        ("item_sort", "integer", "次序 | Order", "次序 | order", "role: sort"),
        ("amount", "decimal(30,8)", "投资额 | Investment", None,
         "unit_column: amount_unit; qualifier_column: amount_qualifier"),
        ("amount_unit", "varchar", "投资额单位 | Unit of the investment", None, "role: unit"),
        ("amount_qualifier", "varchar", "数值性质 | Qualifier", None, "role: qualifier"),
        ("growth_printed", "decimal(12,4)",
         "公布的增速；绝不推算 | Growth as published; never computed", "%",
         "label_zh: 公布的增速; label_en: Growth as published; "
         "qualifier_column: growth_qualifier"),
        ("growth_qualifier", "varchar", "增速的数值性质 | Qualifier of the growth", None,
         "role: qualifier"),
        ("city_rank", "integer", "全市位次 | Rank in the city", "位 | place", "role: ordinal"),
        ("projects", "bigint", "项目数 | Projects", "个 | projects"),
        ("is_part", "boolean", "是组成部分 | Is a part", None),
        ("before_item", "varchar", "前一项 | The item before", None, "role: code; codes_of: item"),
        ("never", "decimal(9,2)", "从无数值 | Never any value", "%"),
        ("is_simulated", "boolean", "模拟 | Simulated", None, "role: simulated"),
        ("amount_observation_id", "varchar", "编号 | Id", None, "role: observation"),
    ),
    """
    ('990101', '甲区', '2025', '2025-01-01', '2025-12-31', 'annual', 'industry', '工业', 'Industry',
     30, 1234.5, '亿元', 'above', -0.5, 'approx', 1234, 1234, true, 'total', null, false,
     'bbbbbb01ffff'),
    ('990101', '甲区', '2025', '2025-01-01', '2025-12-31', 'annual', '_rest', '其余', 'Rest',
     99, null, null, null, null, null, null, null, false, null, null, true, 'cccccc01ffff'),
    ('990101', '甲区', '2025', '2025-01-01', '2025-12-31', 'annual', 'total', '合计', 'Total',
     10, 808.4, '亿元', 'exact', 13.9, 'exact', 2, 12, null, null, null, false, 'aaaaaa02ffff')
    """,
)  # fmt: skip

FIGURES = published(
    "investment.a_long_table",
    "关于某区若干年度主要经济社会发展指标完成情况的综合统计表（含分项）[一]:*? | A long title",
    "name",
    (
        ("name", "varchar", "名称 | Name", None),
        (
            "value",
            "decimal(38,8)",
            "数值 | Value",
            None,
            "unit_column: unit; qualifier_column: qualifier",
        ),
        ("unit", "varchar", "基本单位 | Base unit", None, "role: unit"),
        ("qualifier", "varchar", "数值性质 | Qualifier", None, "role: qualifier"),
    ),
    """
    ('=1+1', 7, '位', 'exact'), (' @SUM(A1)', 1234567, '人', 'seen'), ('＝1', 13.9, '%', 'exact'),
    ('https://example.invalid', 123456789012345678.25, '人', 'approx'),
    (chr(1) || 'a' || chr(13) || 'b', 0, '人', 'at_most'), ('_x0041_', 9.95, '%', 'at_least'),
    ('-', 1900, '年', 'at_most')
    """,
)

ONE_UNIT = published(
    "investment.one_unit",
    "一个单位 | One unit",
    "period",
    (
        ("period", "varchar", "报告期 | Period", None, "role: period"),
        ("amount", "decimal(30,8)", "金额 | Amount", None, "unit_column: amount_unit"),
        ("amount_unit", "varchar", "金额单位 | Unit of the amount", None, "role: unit"),
        ("known_on", "date", "获知日期 | Known on", None),
        ("read_at", "timestamp", "读取时间 | Read at", None),
    ),
    """
    ('2024', 100, '亿元', '1899-12-31', '2026-01-02 03:04:05'),
    ('2025', 200.25, '亿元', '2026-02-03', null)
    """,
)

SERIES = published(
    "peers.series",
    "对标 | Peers",
    "value_observation_id",
    (
        ("value_observation_id", "varchar", "编号 | Id", None, "role: observation"),
        ("region_code", "varchar", "地区代码 | Code of the region", None, "role: region"),
        (
            "region_name_zh",
            "varchar",
            "地区名称 | Name of the region in Chinese",
            None,
            "role: name; language: zh; name_of: region_code",
        ),
        ("item", "varchar", "对象 | Item", None, "role: code; code_list: item"),
        ("value", "decimal(30,8)", "数值（公布） | Value as printed", "%", "label_zh: 数值"),
        (
            "price_basis",
            "varchar",
            "价格口径 | Price basis",
            None,
            "role: code; code_list: price_basis",
        ),
        ("kind", "varchar", "类型 | Kind", None, "role: code; code_list: basis_family"),
        ("of_items", "varchar", "所含 | Items", None, "role: code; code_list: item"),
        (
            "note_zh",
            "varchar",
            "说明：为何 | Why, in Chinese",
            None,
            "role: note; language: zh; pair: note_en; label_zh: 说明（中文）; "
            "label_en: Note, in Chinese",
        ),
        (
            "note_en",
            "varchar",
            "说明：为何 | Why, in English",
            None,
            "role: note; language: en; pair: note_zh; label_zh: 说明（英文）; "
            "label_en: Note, in English",
        ),
    ),
    """
    ('aaaaaa01ffff', '990102', '乙区', 'total', 1, 'current', 'target', null, null, null),
    ('aaaaaa02ffff', '990101', '甲区', 'industry', 2, 'current', 'outturn', 'total,_rest', 'a',
     'b'),
    ('bbbbbb01ffff', '990101', '甲区', 'total', null, null, 'outturn', null, null, null)
    """,
)

WIDE = published(
    "peers.wide",
    "宽表 | A wide table",
    "name",
    (
        ("name", "varchar", "名称 | Name", None),
        *((f"text_{i}", "varchar", f"第{i}列 | Column {i}", None) for i in range(30)),
    ),
    ", ".join(
        "(" + ", ".join(["'" + "一二三四五六七八九十" * 3 + f"{row}'"] * 31) + ")"
        for row in range(2)
    ),
)

EMPTY = published(
    "investment.without_rows",
    "空表 | Empty table",
    "name",
    (("name", "varchar", "名称 | Name", None), ("value", "decimal(9,2)", "数值 | Value", "%")),
    "",
)

ALL = WORDS + WORKS + FIGURES + ONE_UNIT + EMPTY + SERIES + WIDE


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("books"), extra_sql=ALL)


@pytest.fixture(scope="module")
def book(candidate: Path) -> Workbook:
    return load_workbook(candidate / "xlsx/investment.xlsx")


@pytest.fixture(scope="module")
def works(book: Workbook) -> Worksheet:
    return sheet_of(book, "固定资产投资")


def sheet_of(book: Workbook, title: str) -> Worksheet:
    (name,) = (name for name in book.sheetnames if title in name)
    sheet = book[name]
    assert isinstance(sheet, Worksheet)
    return sheet


def texts(sheet: Worksheet) -> str:
    """Everything that is written on a sheet."""
    return "\n".join(
        str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None
    )


def header_row(sheet: Worksheet) -> int:
    """The row that names the columns of the database."""
    assert sheet.auto_filter.ref
    return int(sheet.auto_filter.ref.split(":")[0].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


def column(sheet: Worksheet, name: str) -> list[Any]:
    """The cells below the header of a column."""
    head = header_row(sheet)
    assert sheet.auto_filter.ref
    end = int(sheet.auto_filter.ref.split(":")[1].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    (place,) = (cell.column for cell in sheet[head] if cell.value == name)
    return [sheet.cell(row, place) for row in range(head + 1, end + 1)]


def named(sheet: Worksheet) -> list[Any]:
    return [cell.value for cell in sheet[header_row(sheet)] if cell.value]


def test_every_theme_has_a_workbook(candidate: Path) -> None:
    assert sorted(path.name for path in (candidate / "xlsx").iterdir()) == [
        "core.xlsx",
        "investment.xlsx",
        "peers.xlsx",
    ]


def test_it_is_sealed_listed_and_verified(candidate: Path) -> None:
    content = (candidate / "xlsx/investment.xlsx").read_bytes()
    manifest = json.loads((candidate / "manifest.json").read_text(encoding="utf-8"))

    assert (candidate / "xlsx/investment.xlsx").stat().st_mode & 0o777 == 0o444
    assert {
        "path": "xlsx/investment.xlsx",
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
        "row_count": 14,
    } in manifest["files"]
    listed = (candidate / "csv/meta/release_file.csv").read_text(encoding="utf-8-sig")
    (line,) = (line for line in listed.splitlines() if line.startswith("xlsx/investment.xlsx,"))
    assert line.split(",")[1] == "xlsx"
    # 3 works, 7 figures, 2 of one unit, 2 of the small district's pipeline
    assert line.split(",")[4] == "14"
    assert verify_release(candidate) == []


def test_the_first_sheet_says_what_this_is(book: Workbook) -> None:
    sheet = book["目录 Contents"]
    values = [[cell.value for cell in row[:2]] for row in sheet.iter_rows(max_row=9)]

    assert book.sheetnames[0] == "目录 Contents"
    assert values == [
        ["甲区统计表：投资", None],
        ["Statistical tables of District A: investment", None],
        [None, None],
        ["首发版本 First issued in", "r1"],
        ["首发时间 First issued at", "2026-04-02 02:30:00 Asia/Shanghai"],
        ["策略 Policy", "demo"],
        ["质量 Quality", "本版本依 demo 策略发布，发布时有 2 条未了结的发现。"],
        [None, "This release was published with 2 open findings under policy demo."],
        [None, "模拟数据 / simulated data：本册含模拟的行，均逐行标明 / "
               "some rows of this workbook are simulated, and each is marked"],
    ]  # fmt: skip


def test_the_contents_list_tables_with_links_figures_first(book: Workbook) -> None:
    sheet = book["目录 Contents"]
    lines = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=12)]
    link = sheet["B12"].hyperlink

    assert [[line[0], str(line[1])[:6], line[3], line[5]] for line in lines] == [
        ["表 2-1", "固定资产投资", 3, "investment.works"],
        ["表 2-2", "关于某区若干", 7, "investment.a_long_table"],
        ["表 2-3", "一个单位", 2, "investment.one_unit"],
        ["表 2-4", "表 proj", 2, "investment.project_pipeline"],
        ["表 2-5", "空表", 0, "investment.without_rows"],
    ]
    assert lines[0][1:5] == [
        "固定资产投资（含模拟）",
        "Fixed-asset investment (simulated rows)",
        3,
        "每项一行\nOne row per item",
    ]
    assert link is not None
    assert link.location == "'2-1 固定资产投资'!A1"


def test_observations_are_named_and_not_printed(candidate: Path) -> None:
    book = load_workbook(candidate / "xlsx/core.xlsx")
    lines = [
        [cell.value for cell in row]
        for row in book["目录 Contents"].iter_rows()
        if row[0].value == "未印 not printed"
    ]

    assert [[line[1], line[3], line[4], line[5]] for line in lines] == [
        ["表 observation", 4,
         "过长不印，见 csv/core/observation.csv\nToo long to print: see csv/core/observation.csv",
         "core.observation"]
    ]  # fmt: skip
    assert not any("observation" in name for name in book.sheetnames)


def test_sheets_have_names_that_excel_takes(book: Workbook) -> None:
    assert book.sheetnames[2] == "2-2 关于某区若干年度主要经济社会发展指标完成情况的综合统计"
    assert all(len(name) <= 31 for name in book.sheetnames)
    assert not set("[]:*?/\\") & set("".join(book.sheetnames))
    title = "很长的表名" * 9
    assert sheet_name("1-1", title) != sheet_name("1-2", title)
    assert sheet_name("1-1", "a/b[c]'") == "1-1 a_b_c_"


def test_titles_number_and_unit(book: Workbook, works: Worksheet) -> None:
    assert [works[f"A{row}"].value for row in range(1, 6)] == [
        "表 2-1",
        "固定资产投资",
        "Fixed-asset investment",
        "单位：见表头 / Units in the header",
        "含模拟数据，已逐行标明 / With simulated data, marked in each row",
    ]
    assert sheet_of(book, "一个单位")["A4"].value == "单位：亿元 / Unit: 100 million yuan"
    assert sheet_of(book, "关于某区")["A4"].value == "单位：见各行 / Units by row"


def test_what_is_printed_and_what_is_not(book: Workbook, works: Worksheet) -> None:
    assert named(works) == [
        "region_name_zh",
        "period",
        "period_kind",
        "item_name_zh",
        "item_name_en",
        "amount",
        "growth_printed",
        "city_rank",
        "projects",
        "is_part",
        "before_item",
        "is_simulated",
    ]
    assert named(sheet_of(book, "一个单位")) == ["period", "amount", "known_on", "read_at"]
    assert named(sheet_of(book, "关于某区")) == ["name", "value", "unit"]
    # Two regions without names beside their codes: the codes stay.
    assert named(sheet_of(book, "表 project_pipeline")) == [
        "region_code",
        "period",
        "projects",
        "completion_rate_pct",
        "residual",
    ]
    assert "无数值而未印的列：从无数值 / Columns without a value in this release" in texts(works)


def test_headers_in_two_languages_with_the_unit(book: Workbook, works: Worksheet) -> None:
    head = header_row(works)
    above = {
        works.cell(head, place).value: (
            works.cell(head - 2, place).value,
            works.cell(head - 1, place).value,
        )
        for place in range(1, 13)
    }

    assert above["amount"] == ("投资额\n（亿元）", "Investment\n(100 million yuan)")
    assert above["growth_printed"] == ("公布的增速\n（%）", "Growth as published\n(%)")
    assert above["period_kind"] == ("报告期类型", "Kind of period")
    assert above["item_name_en"] == ("对象名称（英文）", "Name of the item in English")
    assert above["is_simulated"] == ("模拟数据", "Simulated")
    one = sheet_of(book, "一个单位")
    assert one.cell(header_row(one) - 2, 2).value == "金额"


def test_rows_stand_in_the_order_of_their_lists(works: Worksheet) -> None:
    assert [cell.value for cell in column(works, "item_name_zh")] == ["合计", "工业", "其余"]
    # Codes in words; a code of this table's rows by the name it has there.
    assert [cell.value for cell in column(works, "period_kind")] == ["年度"] * 3
    assert [cell.value for cell in column(works, "before_item")] == [None, "合计", None]
    assert [cell.value for cell in column(works, "is_part")] == [None, "是", "否"]


def test_numbers_are_numbers_with_their_own_decimals(works: Worksheet) -> None:
    assert [(cell.value, cell.number_format) for cell in column(works, "amount")] == [
        (808.4, "#,##0.0"),
        (1234.5, '"超"#,##0.0;"超"-#,##0.0'),
        (None, "General"),
    ]
    assert [(cell.value, cell.number_format) for cell in column(works, "growth_printed")] == [
        (13.9, "#,##0.0"),
        (-0.5, '"约"#,##0.0;"约"-#,##0.0'),
        (None, "General"),
    ]
    assert [(cell.value, cell.number_format) for cell in column(works, "projects")][:2] == [
        (12, "#,##0"),
        (1234, "#,##0"),
    ]
    # A rank has no thousands separator.
    assert [(cell.value, cell.number_format) for cell in column(works, "city_rank")][:2] == [
        (2, "0"),
        (1234, "0"),
    ]


def test_units_and_bounds_by_row(book: Workbook) -> None:
    sheet = sheet_of(book, "关于某区")
    found = {
        name.value: (value.value, value.number_format, unit.value)
        for name, value, unit in zip(
            column(sheet, "name"), column(sheet, "value"), column(sheet, "unit"), strict=True
        )
    }

    assert found["=1+1"] == (7, "0_._0_0", "位")
    assert found["＝1"] == (13.9, "#,##0.0_0", "%")
    assert found["_x0041_"] == (9.95, '"≥"#,##0.00;"≥"-#,##0.00', "%")
    assert found["-"] == (1900, '"≤"0_._0_0;"≤"-0_._0_0', "年")
    # A qualifier nobody has a sign for is written as its word.
    assert found[" @SUM(A1)"] == (1234567, '"见"#,##0_._0_0;"见"-#,##0_._0_0', "人")
    # More digits than a cell keeps: a text, with its sign, and a note.
    assert found["https://example.invalid"][0] == "约123456789012345678.25"
    assert "超过 15 位有效数字的数以文本写出，一位不丢" in texts(sheet)


def test_texts_are_inert(book: Workbook, candidate: Path) -> None:
    sheet = sheet_of(book, "关于某区")
    cells = {cell.value: cell for cell in column(sheet, "name")}

    assert {cell.data_type for cell in cells.values()} == {"s"}
    assert {value for value, cell in cells.items() if cell.quotePrefix} == {
        "=1+1", " @SUM(A1)", "＝1", "-",
    }  # fmt: skip
    assert all(cell.hyperlink is None for cell in cells.values())
    assert "a\nb" in cells
    assert "文本中不可见的控制字符已去除" in texts(sheet)
    with zipfile.ZipFile(candidate / "xlsx/investment.xlsx") as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert not any("<f>" in text or "<f " in text for text in parts.values())
    assert not any('TargetMode="External"' in text for text in parts.values())


def test_dates_are_dates_from_the_year_excel_begins_with(book: Workbook) -> None:
    sheet = sheet_of(book, "一个单位")

    assert [(cell.value, cell.number_format) for cell in column(sheet, "known_on")] == [
        ("1899-12-31", "General"),
        (datetime(2026, 2, 3), "yyyy-mm-dd"),
    ]
    assert column(sheet, "read_at")[0].value == datetime(2026, 1, 2, 3, 4, 5)
    assert column(sheet, "read_at")[0].number_format == "yyyy-mm-dd hh:mm:ss"


def test_the_sheet_is_ready_for_screen_and_paper(
    candidate: Path, book: Workbook, works: Worksheet
) -> None:
    assert works.freeze_panes == "E9"
    assert works.auto_filter.ref == "A8:L11"
    assert works.print_title_rows == "$6:$8"
    assert works.page_setup.orientation == "landscape"
    assert works.page_setup.paperSize == 9
    # As many pages as it takes in height; one in width is what the format says by itself.
    assert (works.page_setup.fitToWidth or 1, works.page_setup.fitToHeight) == (1, 0)
    with zipfile.ZipFile(candidate / "xlsx/investment.xlsx") as archive:
        page = archive.read("xl/worksheets/sheet2.xml").decode()
        other = archive.read("xl/worksheets/sheet4.xml").decode()
    assert '<pageSetUpPr fitToPage="1"/>' in page
    assert (
        "<oddFooter>&amp;L甲区 r1&amp;C第 &amp;P 页 / 共 &amp;N 页&amp;R表 2-1</oddFooter>" in page
    )
    assert "<oddHeader>&amp;R模拟数据 / simulated data</oddHeader>" in page
    assert "<oddHeader>" not in other
    assert book.active is book["目录 Contents"]


def test_simulated_rows_are_marked(book: Workbook, works: Worksheet) -> None:
    marks = column(works, "is_simulated")

    assert [cell.value for cell in marks] == [None, None, "模拟"]
    assert [cell.fill.fgColor.rgb for cell in column(works, "item_name_zh")] == [
        "00000000", "00000000", "FFFFF2CC",
    ]  # fmt: skip
    assert "is_simulated" not in named(sheet_of(book, "表 project_pipeline"))


def test_notes_say_what_signs_words_and_blanks_mean(works: Worksheet) -> None:
    text = texts(works)

    assert "“超” 超过（不含本数） / above, the number excluded；“约” 约 / approximately" in text
    assert "“≥”" not in text
    assert "空格为没有数字，绝不为零 / An empty cell has no figure; it is never zero" in text
    assert "公布的增速；绝不推算 / Growth as published; never computed" in text
    assert "报告期类型 / Kind of period：年度 annual" in text
    assert "是 yes；否 no" in text
    assert "数据库表名 investment.works；" in text


def test_sources_are_the_documents_behind_the_rows(works: Worksheet, book: Workbook) -> None:
    values = [row[0].value for row in works.iter_rows() if row[0].value]
    place = values.index("来源 Sources")

    # The document of the simulated figure is not described: its id stands for it.
    assert values[place + 1 :] == ["《年度公报》 / Annual bulletin，统计局，2026-03", "doc_b"]
    assert "来源 Sources" not in texts(sheet_of(book, "一个单位"))


def test_many_sources_are_counted(tmp_path: Path) -> None:
    documents = (
        "insert into core.observation by name "
        "select * exclude (i) replace ('o' || i as observation_id, 'd' || i as source_document) "
        "from core.observation, range(20) as r(i) where observation_id = 'aaaaaa02ffff';"
    )
    links = (
        "insert into investment.works by name select 'r' || i as region_code, '2025' as period, "
        "'total' as item, 'o' || i as amount_observation_id from range(20) as r(i);"
    )
    candidate = build(tmp_path, extra_sql=ALL + documents + links)
    sheet = sheet_of(load_workbook(candidate / "xlsx/investment.xlsx"), "固定资产投资")
    values = [row[0].value for row in sheet.iter_rows() if row[0].value]
    sources = values[values.index("来源 Sources") + 1 :]

    assert len(sources) == 16
    assert sources[-1] == "… 另有 7 份，见 core.source_document / 7 more: core.source_document"


def test_what_is_the_same_in_every_row_is_a_note(candidate: Path) -> None:
    sheet = sheet_of(load_workbook(candidate / "xlsx/peers.xlsx"), "对标")

    assert named(sheet) == [
        "region_name_zh", "item", "value", "kind", "of_items", "note_zh", "note_en",
    ]  # fmt: skip
    assert "not printed: 价格口径 / Price basis = 现价" in texts(sheet)
    # No key to sort by but the id of a figure: what stands before the first number does it.
    assert [cell.value for cell in column(sheet, "region_name_zh")] == ["甲区", "甲区", "乙区"]
    assert [cell.value for cell in column(sheet, "item")] == ["合计", "工业", "合计"]
    assert [cell.value for cell in column(sheet, "of_items")] == [None, "合计、其余", None]
    assert [cell.value for cell in column(sheet, "kind")] == ["实绩", "实绩", "目标"]
    assert [sheet.cell(header_row(sheet) - 2, place).value for place in (6, 7)] == [
        "说明（中文）",
        "说明（英文）",
    ]


def test_a_wide_table_is_continued_on_a_second_page(candidate: Path) -> None:
    book = load_workbook(candidate / "xlsx/peers.xlsx")
    wide, other = sheet_of(book, "宽表"), sheet_of(book, "对标")

    assert (wide.page_setup.fitToWidth, wide.page_setup.paperSize) == (2, 8)
    assert wide.print_title_cols == "$A:$A"
    assert other.page_setup.fitToWidth in (None, 1)
    assert other.print_title_cols is None


def test_a_table_without_rows_says_so(book: Workbook) -> None:
    sheet = sheet_of(book, "空表")

    assert "本版本中此表无数据 / No rows in this release" in texts(sheet)
    assert sheet.auto_filter.ref is None


def test_rows_beyond_the_limit_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printed_module, "ROW_LIMIT", 2)
    candidate = build(tmp_path, extra_sql=ALL)
    book = load_workbook(candidate / "xlsx/investment.xlsx")
    sheet = sheet_of(book, "关于某区")

    assert sheet["A5"].value == (
        "本表共 7 行，此处仅印前 2 行；"
        "全部见 csv/investment/a_long_table.csv、parquet/investment/a_long_table.parquet / "
        "Only the first 2 of 7 rows are printed here; all of them: "
        "csv/investment/a_long_table.csv, parquet/investment/a_long_table.parquet"
    )
    assert len(column(sheet, "name")) == 2
    assert "仅印前" not in texts(sheet_of(book, "一个单位"))


def test_the_same_rows_make_the_same_bytes(candidate: Path, tmp_path: Path) -> None:
    again = build(
        tmp_path,
        extra_sql=ALL + "create table t as from investment.works; truncate investment.works;"
        "insert into investment.works from t order by item desc; drop table t",
    )

    for name in ("core", "investment"):
        path = f"xlsx/{name}.xlsx"
        assert (candidate / path).read_bytes() == (again / path).read_bytes()


def test_without_words_codes_are_printed_as_they_are(tmp_path: Path) -> None:
    candidate = build(tmp_path, extra_sql=WORKS)
    book = load_workbook(candidate / "xlsx/investment.xlsx")
    sheet = sheet_of(book, "固定资产投资")

    assert [cell.value for cell in column(sheet, "period_kind")] == ["annual"] * 3
    assert [cell.value for cell in column(sheet, "item_name_zh")] == ["其余", "工业", "合计"]
    assert book["目录 Contents"]["A1"].value == "甲区统计表：investment"
    assert sheet["A1"].value == "表 2-1"


def tampered(candidate: Path, tmp_path: Path, part: str, old: str, new: str) -> list[str]:
    """The problems of a release whose workbook has another part, and a manifest to match."""
    copy = unsealed(Path(shutil.copytree(candidate, tmp_path / candidate.name)))
    path = copy / "xlsx/investment.xlsx"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return [
        f"{problem.rule_id}: {problem.detail_en}"
        for problem in verify_release(copy)
        if problem.file == "xlsx/investment.xlsx" and problem.rule_id != "release.hash-mismatch"
    ]


@pytest.mark.parametrize(
    ("part", "old", "new", "problem"),
    [
        ("xl/worksheets/sheet2.xml", "<v>808.4</v>", "<f>1+1</f><v>808.4</v>",
         "release.unsafe-cell: the workbook holds a formula or a link to elsewhere"),
        ("xl/workbook.xml", '<sheet name="2-3 一个单位"', '<shoot name="2-3 一个单位"',
         "release.contract-broken: found 5 sheets, expected 6 sheets"),
        ("xl/sharedStrings.xml", "模拟数据 / simulated data", "数据 / data",
         "release.unlabelled-simulated: the release holds simulated rows and this file does not "
         "say so"),
    ],
)  # fmt: skip
def test_a_workbook_that_is_not_right(
    candidate: Path, tmp_path: Path, part: str, old: str, new: str, problem: str
) -> None:
    assert tampered(candidate, tmp_path, part, old, new) == [problem]


@pytest.fixture(scope="module")
def edited(candidate: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[str]]:
    """What is wrong with the workbook once a text in a part of it is another."""
    folder = tmp_path_factory.mktemp("edited")
    con = duckdb.connect()
    con.execute(
        f"attach '{candidate / 'mart.duckdb'}' as mart (read_only); attach ':memory:' as work"
    )
    con.execute(f"use work; {WORDS} use memory")
    tables = [table for table in published_tables(con, "mart") if table.schema == "investment"]

    def check(part: str, old: str, new: str) -> list[str]:
        with zipfile.ZipFile(candidate / "xlsx/investment.xlsx") as archive:
            parts = {name: archive.read(name).decode() for name in archive.namelist()}
        if old:
            parts[part], count = re.subn(old, new, parts[part], count=1)
            assert count == 1
        with zipfile.ZipFile(folder / "x.xlsx", "w") as archive:
            for name, text in parts.items():
                archive.writestr(name, text)
        wrong = check_workbook(con, "mart", folder / "x.xlsx", "x.xlsx", tables)
        return [f"{found.file}: {found.en}" for found in wrong]

    return check


WORKS_SHEET = "x.xlsx: 2-1 固定资产投资: "
SHARED, STYLES = "xl/sharedStrings.xml", "xl/styles.xml"


def test_a_workbook_as_it_was_built_says_what_its_tables_say(
    edited: Callable[..., list[str]],
) -> None:
    assert edited("", "", "") == []


@pytest.mark.parametrize(
    ("part", "old", "new", "said"),
    [
        ("xl/worksheets/sheet2.xml", "<v>808.4</v>", "<v>808.5</v>",
         "it says 'amount 808.5', the table 'amount 808.4'"),
        ("xl/worksheets/sheet2.xml", "<v>1234.5</v>", "",
         "it says 'amount ', the table 'amount 超1234.5'"),
        (STYLES, "&quot;超&quot;#,##0.0;", "&quot;≥&quot;#,##0.0;",
         "it says 'amount ≥1234.5', the table 'amount 超1234.5'"),
        (STYLES, 'formatCode="#,##0.0"', 'formatCode="#,##0"',
         "it says 'amount 808, growth_printed 14', the table 'amount 808.4, growth_printed 13.9'"),
        (SHARED, "投资额\n（亿元）", "投资额\n（万元）",
         "it says 'amount 万元 / 100 million yuan', the table '亿元 / 100 million yuan'"),
        (SHARED, "Rank in the city\n", "Rank in the province\n",
         "it says 'Rank in the province', the table 'Rank in the city'"),
        (SHARED, ">工业<", ">农业<",
         "it says 'item_name_zh 农业', the table 'item_name_zh 工业'"),
        (SHARED, ">年度<", ">时点<",
         "it says 'period_kind 时点', the table 'period_kind 年度'"),
        (SHARED, ">固定资产投资<", ">工业投资<",
         "it says '工业投资 / Fixed-asset investment', "
         "the table '固定资产投资 / Fixed-asset investment'"),
        (SHARED, "《年度公报》", "《季度公报》",
         "it says '《季度公报》 / Annual bulletin，统计局，2026-03', "
         "the table 'no document behind the table is called so'"),
        (SHARED, "not printed: never<", "not printed: growth_printed<",
         "it says 'growth_printed: –', the table 'a value'"),
        (SHARED, "Kind of period：年度 annual", "Kind of period：年底 annual",
         "it says '报告期类型：年底 annual', the table 'no word of its code list'"),
        (SHARED, "“超” 超过（不含本数） / above, the number excluded",
         "“超” 不低于 / at least",
         "it says '“超” 不低于 / at least', the table 'another meaning of the sign'"),
    ],
)  # fmt: skip
def test_a_wrong_statement_of_each_kind_is_found(
    edited: Callable[..., list[str]], part: str, old: str, new: str, said: str
) -> None:
    assert WORKS_SHEET + said in edited(part, old, new)


def test_a_title_or_a_value_may_have_a_semicolon_of_its_own() -> None:
    """What is the same in all rows is told as 'title = value；…', and either may hold a ；."""
    due = "报送期限（英文）；不设… / When due = 一次：不设期限；不催报"
    told = f"{due}；甲 / A = 乙".split("；")
    assert len(told) == 4
    holds = {due, "甲 / A = 乙"}
    assert list(parted(told, holds.__contains__)) == [(due, True), ("甲 / A = 乙", True)]
    assert list(parted(told, {due}.__contains__)) == [(due, True), ("甲 / A = 乙", False)]
    assert list(parted(told, {"甲 / A = 乙"}.__contains__))[-1] == ("甲 / A = 乙", True)


def test_the_contents_are_counted_again(edited: Callable[..., list[str]]) -> None:
    count = '(<c r="D12" s="[0-9]+">)<v>3</v>'
    assert edited("xl/worksheets/sheet1.xml", count, r"\g<1><v>30</v>") == [
        "x.xlsx: contents: investment.works has 30 rows, not 3"
    ]


def test_a_row_that_is_not_shown_is_missed(edited: Callable[..., list[str]]) -> None:
    row = '<row r="10".*?</row>'
    assert WORKS_SHEET + "rows of the table that it does not show: 2" in edited(
        "xl/worksheets/sheet2.xml", row, ""
    )


def test_a_damaged_workbook(candidate: Path, tmp_path: Path) -> None:
    copy = unsealed(Path(shutil.copytree(candidate, tmp_path / candidate.name)))
    (copy / "xlsx/investment.xlsx").write_bytes(b"no archive")

    assert {problem.rule_id for problem in verify_release(copy)} == {
        "release.hash-mismatch",
        "release.contract-broken",
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((0,), "#,##0"),
        ((1,), "#,##0.0"),
        ((1, 2), "#,##0.0_0"),
        ((0, 2), "#,##0_._0_0"),
        ((1, 1, "约"), '"约"#,##0.0;"约"-#,##0.0'),
        ((0, 0, 'a"b'), '"ab"#,##0;"ab"-#,##0'),
        ((0, 0, "长" * 99), f'"{"长" * 40}"#,##0;"{"长" * 40}"-#,##0'),
    ],
)
def test_number_formats(arguments: tuple[Any, ...], expected: str) -> None:
    assert number_format(*arguments) == expected


@pytest.mark.parametrize(
    ("value", "text", "is_exact"),
    [
        (Decimal("808.40000000"), "808.4", True),
        (Decimal("0E-8"), "0", True),
        (Decimal("100.00"), "100", True),
        (Decimal("-0.125"), "-0.125", True),
        (Decimal("9007199254740993.1"), "9007199254740993.1", False),
        (999_999_999_999_999, "999999999999999", True),
        (1_234_567_890_123_456, "1234567890123456", False),
    ],
)
def test_numbers_as_texts(value: Decimal | int, text: str, is_exact: bool) -> None:
    assert decimal_text(value) == text
    assert is_exact_in_a_cell(text) is is_exact


@pytest.mark.parametrize(
    ("qualifier", "sign"),
    [(None, ""), ("exact", ""), ("above", "超"), ("at_least", "≥"), ("below", "<"),
     ("at_most", "≤"), ("approx", "约"), ("seen", "见"), ("unheard", "unheard")],
)  # fmt: skip
def test_signs_of_qualifiers(qualifier: str | None, sign: str) -> None:
    assert qualifier_sign(qualifier, {"seen": Word("见", "seen", 9)}) == sign


def test_texts_that_do_not_fit_a_cell() -> None:
    assert safe_text("a" * 32_767) == "a" * 32_767
    assert safe_text("a" * 32_768) == "a" * 32_766 + "…"
    # Excel counts such a character twice.
    assert safe_text("𠮷" * 16_384) == "𠮷" * 16_383 + "…"
    assert safe_text("a\x00\x0bb\ufffe\r\nc\rd") == "ab\nc\nd"


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, 1),
        ("投资额", 6, 1),
        ("投资额", 5, 2),
        ("two words", 9, 1),
        ("two words", 8, 2),
        ("a\nb", 9, 2),
        ("abcdefghij", 4, 3),
    ],
)
def test_lines_of_wrapped_texts(text: str, width: float, lines: int) -> None:
    assert line_count(text, width) == lines


def test_a_chinese_character_is_two_wide() -> None:
    assert text_width("投资 GDP") == 8
    assert text_width("“①”") == 6
    assert text_width("e\u0301甲") == 3


def test_a_theme_keeps_its_number() -> None:
    def table(schema: str) -> Table:
        return Table(schema, "t", "", "", "", "", (), ())

    tables = [table(schema) for schema in ("core", "meta", "new", "peers", "quality", "zoo")]
    words = {"theme": {"core": Word("", "", 1), "peers": Word("", "", 7)}}

    found = [theme[:2] for theme in printed_themes(tables, words)]

    assert found == [(1, "core"), (7, "peers"), (8, "new"), (9, "zoo")]
