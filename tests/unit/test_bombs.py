"""Every hostile file at the door of the process that reads: how it ends, and why.

Belongs here: single files. Does not belong here: writing them (``tests/bombs.py``), whole runs
(``tests/pipeline/test_bombs.py``), and what they cost (``tests/benchmarks/test_bombs.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest

from orchestration.collect import apart
from orchestration.collect.apart import Limits
from orchestration.collect.archive import Delivery
from orchestration.collect.parse import Refusal, parse_within
from orchestration.declarations import Declarations, load_declarations
from tests.bombs import BOMBS, BY_NAME, data_set_id, declare, file_name
from tests.support import make_project

End = tuple[int, int] | tuple[str, str, str, str]
"""Figures accepted and quarantined of a file that is read; else rule, place and reason."""

TIME: End = ("delivery.over-reading-limit", "file", "用时", "time")
"""What would go on much longer: here a district allows two seconds, and a small file has less."""

MEMORY: End = ("delivery.over-reading-limit", "file", "内存", "memory")
"""Whether a library says so itself or dies of it, differs: see below."""

LONG_TEXT: End = (
    "delivery.unsafe-file",
    "",
    "有文本超过 32767 个字符",
    "a text of more than 32767 characters",
)

ENDS: dict[str, End] = {
    "xlsx: 200 000 styles": (1, 0),
    "xlsx: 40 000 number formats": (1, 0),
    "xlsx: 50 000 named styles": (1, 0),
    "xlsx: 200 000 fonts": (1, 0),
    "xlsx: 200 000 fills of gradients": (1, 0),
    "xlsx: 200 000 openings of cellXfs": (
        "delivery.truncated-workbook",
        "file",
        "工作簿损坏或不完整, 无法打开",
        "the workbook is damaged or incomplete (XMLSyntaxError)",
    ),
    "xlsx: 200 000 openings of numFmt": (
        "delivery.truncated-workbook",
        "file",
        "工作簿损坏或不完整, 无法打开",
        "the workbook is damaged or incomplete (XMLSyntaxError)",
    ),
    "xlsx: 200 000 openings of mergeCell": (
        "delivery.truncated-workbook",
        "file",
        "工作簿损坏或不完整, 无法打开",
        "the workbook is damaged or incomplete (ParseError)",
    ),
    "xlsx: 200 000 openings of row": (
        "delivery.truncated-workbook",
        "file",
        "工作簿损坏或不完整, 无法打开",
        "the workbook is damaged or incomplete (ParseError)",
    ),
    "xlsx: 200 000 rows one in another": (
        "delivery.truncated-workbook",
        "file",
        "工作簿损坏或不完整, 无法打开",
        "the workbook is damaged or incomplete (ParseError)",
    ),
    "xlsx: 200 000 formulas that never end": (
        "delivery.truncated-workbook",
        "file",
        "工作簿损坏或不完整, 无法打开",
        "the workbook is damaged or incomplete (ParseError)",
    ),
    "xlsx: 200 000 cells in one cell": (
        "delivery.truncated-workbook",
        "file",
        "工作簿损坏或不完整, 无法打开",
        "the workbook is damaged or incomplete (ParseError)",
    ),
    "xlsx: a very long number format": (
        "delivery.unsafe-file",
        "file",
        "有数字格式超过 1024 个字符",
        "a number format has more than 1024 characters",
    ),
    "xlsx: merged ranges: 100 000 of two cells": (1, 0),
    "xlsx: merged ranges: 1 000 of a row": (
        "delivery.unsafe-file",
        "file",
        "合并区域过大",
        "merged ranges are too large",
    ),
    "xlsx: a dimension of all cells": (1, 0),
    "xlsx: one cell in the last corner": (1, 1),
    "xlsx: 200 000 hidden columns": (1, 0),
    "xlsx: 100 000 hidden rows": (1, 0),
    "xlsx: 5 000 sheets that are one": (
        "delivery.unsafe-file",
        "file",
        "工作表超过 1000 张",
        "more than 1000 sheets",
    ),
    "xlsx: 100 000 names": (1, 0),
    "xlsx: 3 million empty cells": TIME,
    "xlsx: a zip of blanks": (
        "delivery.unsafe-file",
        "file",
        "解压后有 60002983 字节, 过大",
        "it unpacks to 60002983 bytes",
    ),
    "xlsx: a zip that lies": (
        "delivery.truncated-workbook",
        "xl/worksheets/sheet1.xml",
        "工作簿不完整 (传输中断?)",
        "the workbook ends early (a broken transfer?)",
    ),
    "xlsx: entities": (
        "delivery.unsafe-file",
        "file",
        "xl/worksheets/sheet1.xml 声明了 XML 实体或文档类型",
        "xl/worksheets/sheet1.xml declares XML entities or a document type",
    ),
    "xlsx: 3 000 cells of one text with 100 000 runs": TIME,
    "xlsx: 20 000 cells of one text of a megabyte": MEMORY,
    "xlsx: 2 million shared strings": TIME,
    "xlsx: a number of a million digits": (
        "delivery.truncated-workbook",
        "file",
        "工作簿损坏或不完整, 无法打开",
        "the workbook is damaged or incomplete (ValueError)",
    ),
    "xlsx: an element of 50 000 attributes": (1, 0),
    "xlsx: 200 000 validations": TIME,
    "xlsx: 10 000 conditional formats": (1, 0),
    "xlsx: elements nested 200 000 deep": (1, 0),
    "html: 200 000 comments that never end": (
        "delivery.unreadable-file",
        "file",
        "文件中没有表格",
        "there is no table in it",
    ),
    "html: a comment of 10 MB": (1, 0),
    "html: a style sheet of 1 MB without braces": (1, 0),
    "html: comments of a style sheet that never end": (1, 0),
    "html: openings of a style sheet": (1, 0),
    "html: a style attribute of 2 MB": (1, 0),
    "html: a style sheet of 20 000 classes for 20 000 cells": (1, 0),
    "html: a charset that never comes": (1, 0),
    "html: bold in bold, 100 000 times": (
        "delivery.unsafe-file",
        "file",
        "网页嵌套过深",
        "elements are nested too deeply",
    ),
    "html: tables in tables, 100 000 times": (
        "delivery.unsafe-file",
        "file",
        "网页嵌套过深",
        "elements are nested too deeply",
    ),
    "html: tables in tables, 80 times, each with many texts": (
        "delivery.missing-column",
        "表2",
        "缺少列“指标”",
        "the column '指标' is missing",
    ),
    "html: spans over 65 534 rows": (
        "delivery.unsafe-file",
        "file",
        "合并单元格过大",
        "merged cells are too large",
    ),
    "html: spans over 1 000 columns": (
        "delivery.unsafe-file",
        "file",
        "合并单元格过大",
        "merged cells are too large",
    ),
    "html: 100 000 attributes": TIME,
    "html: columns by the million": (1, 0),
    "html: 60 000 cells in a row": (1, 59_998),
    "html: 50 000 lines above the table": (1, 0),
    "html: a title of 3 MB": LONG_TEXT,
    "html: entities": (
        "delivery.unsafe-file",
        "file",
        "网页声明了实体",
        "the page declares entities",
    ),
    "html: half a character in GB18030": (
        "delivery.wrong-encoding",
        "line 1",
        "声明的编码是 gb18030, 第 170 字节无法解码",
        "declared as gb18030, byte 170 cannot be decoded",
    ),
    "json: a key twice among 100 000": (
        "delivery.unreadable-file",
        "key k99999",
        "同一对象中键 k99999 出现两次",
        "the key k99999 stands twice in one object",
    ),
    "json: 6 000 records with a key of their own": (
        "delivery.unsafe-file",
        "file",
        "记录的键过于分散",
        "the records have too many different keys",
    ),
    "json: 5 000 records with nested keys of their own": (
        "delivery.unsafe-file",
        "file",
        "记录的键过于分散",
        "the records have too many different keys",
    ),
    "json: one record of 200 000 keys": (
        "delivery.unsafe-file",
        "file",
        "记录的键超过 16384 个",
        "the records have more than 16384 keys",
    ),
    "json: a list of a million": (
        "delivery.unsafe-file",
        "file",
        "记录的键超过 16384 个",
        "the records have more than 16384 keys",
    ),
    "json: lists of 1 000 in 1 000 records": (
        "delivery.unknown-column",
        "row 1",
        "有未声明的列: l[0]、l[1]、l[2]、l[3]、l[4] 等 1000 列",
        "columns that the declaration does not name: l[0], l[1], l[2], l[3], l[4] and 995 more",
    ),
    "json: lists in lists": (
        "delivery.unsafe-file",
        "file",
        "记录的键超过 16384 个",
        "the records have more than 16384 keys",
    ),
    "json: nested 100 000 deep": (
        "delivery.unsafe-file",
        "file",
        "JSON 嵌套过深",
        "the JSON is nested too deeply",
    ),
    "json: nested 900 deep": (
        "delivery.missing-column",
        "row 1",
        "缺少列“指标”",
        "the column '指标' is missing",
    ),
    "json: nested 400 deep, 400 records": (
        "delivery.missing-column",
        "row 1",
        "缺少列“指标”",
        "the column '指标' is missing",
    ),
    "json: a number of 3 million digits": LONG_TEXT,
    "json: a text of 5 MB for a period": LONG_TEXT,
    "json: 2 million empty records": TIME,
    "json: a key of 3 MB": (
        "delivery.unknown-column",
        "row 1",
        "有未声明的列: 1 列",
        "columns that the declaration does not name: 1 of them",
    ),
    "json: 200 000 openings": (
        "delivery.unsafe-file",
        "file",
        "JSON 嵌套过深",
        "the JSON is nested too deeply",
    ),
    "json: 200 000 texts that never end": (
        "delivery.unreadable-file",
        "line 1",
        "不是有效的 JSON (第 1 行第 3 列)",
        "not valid JSON: Invalid \\escape (line 1, column 3)",
    ),
    "csv: a period of 3 MB": LONG_TEXT,
    "csv: a period of 1 MB of digits": LONG_TEXT,
    "csv: a period of 1 MB of blanks": LONG_TEXT,
    "csv: a period of 500 KB of dashes": LONG_TEXT,
    "csv: a period of 500 KB in Chinese digits": LONG_TEXT,
    "csv: 2 000 periods of 2 KB": (0, 2000),
    "csv: 20 000 periods that are none": (0, 20000),
    "csv: a field of 10 MB": LONG_TEXT,
    "csv: a name of 1 MB of brackets": LONG_TEXT,
    "csv: 50 000 names that are not known": (0, 50000),
    "csv: 300 names of 30 KB that are not known": (0, 300),
    "csv: quotes by the million": LONG_TEXT,
    "csv: a quote that never ends": (
        "delivery.unreadable-file",
        "line 2",
        "不是有效的 CSV",
        "field larger than field limit (131072)",
    ),
    "csv: a quote and 500 000 line breaks": LONG_TEXT,
    "csv: a unit of 1 MB": LONG_TEXT,
    "csv: a unit of 1 MB of brackets": LONG_TEXT,
    "csv: 5 000 units of 300 characters": (0, 5000),
    "csv: a number of a million digits": LONG_TEXT,
    "csv: a number of 500 000 groups": (
        "delivery.unsafe-file",
        "line 2",
        "超过 16384 列",
        "more than 16384 columns",
    ),
    "csv: a number of 500 000 signs": LONG_TEXT,
    "csv: a number of 300 000 blanks": LONG_TEXT,
    "csv: a number of 300 000 words": LONG_TEXT,
    "csv: a number of marks": LONG_TEXT,
    "csv: a power of ten": (0, 1),
    "csv: a million columns": (
        "delivery.unsafe-file",
        "line 1",
        "超过 16384 列",
        "more than 16384 columns",
    ),
    "csv: 16 000 columns of 500 rows": (
        "delivery.empty-file",
        "file",
        "文件中没有任何内容",
        "there is no cell with content",
    ),
    "csv: one line of 20 columns, then a million of 1": MEMORY,
    "csv: half a character in GB18030": (
        "delivery.wrong-encoding",
        "line 2",
        "声明的编码是 gb18030, 第 48 字节无法解码",
        "declared as gb18030, byte 48 cannot be decoded",
    ),
    "csv: a million line breaks": (0, 0),
    "csv: a million carriage returns": (0, 0),
    "csv: a title of 1 MB": LONG_TEXT,
    "csv: 1 000 header texts of 100 digits": (
        "delivery.missing-column",
        "row 2",
        "缺少列“单位”",
        "the column '单位' is missing",
    ),
    "csv: 30 000 notes": (1, 0),
    "csv: 30 000 rows of stub": (0, 30_000),
    "pdf: forms in circles": TIME,
    "pdf: forms in a tower": TIME,
    "pdf: 2 million operators": TIME,
    "pdf: 500 000 saved states": TIME,
    "pdf: a million numbers before an operator": TIME,
    "pdf: 19 000 lines that cross": (
        "delivery.unreadable-file",
        "file",
        "文件中没有表格",
        "there is no table in it",
    ),
    "pdf: 600 lines that cross": (
        "delivery.unreadable-file",
        "file",
        "文件中没有表格",
        "there is no table in it",
    ),
    "pdf: a path of 500 000 points": TIME,
    "pdf: 200 000 characters on one spot": TIME,
    "pdf: 60 000 characters all over": TIME,
    "pdf: pages in windows of references": (
        "delivery.unreadable-file",
        "file",
        "文件中没有表格",
        "there is no table in it",
    ),
    "pdf: references in references": (
        "delivery.unreadable-file",
        "file",
        "文件中没有表格",
        "there is no table in it",
    ),
    "pdf: a hex stream of 6 MB": (
        "delivery.unreadable-file",
        "file",
        "文件中没有表格",
        "there is no table in it",
    ),
    "pdf: hex around 400 MB": MEMORY,
    "pdf: run lengths": (
        "delivery.scanned-document",
        "file",
        "PDF 是扫描图片, 没有文字层",
        "the PDF is scanned images without text",
    ),
    "pdf: LZW": (
        "delivery.scanned-document",
        "file",
        "PDF 是扫描图片, 没有文字层",
        "the PDF is scanned images without text",
    ),
    "pdf: a map of four milliard characters": MEMORY,
    "pdf: cross references in circles": (
        "delivery.unreadable-file",
        "file",
        "PDF 损坏或不完整, 无法读取",
        "the PDF is damaged or incomplete (PdfminerException)",
    ),
    "pdf: arrays nested 200 000 deep": (
        "delivery.unreadable-file",
        "file",
        "文件中没有表格",
        "there is no table in it",
    ),
    "pdf: a dictionary nested 100 000 deep": (
        "delivery.unreadable-file",
        "file",
        "PDF 损坏或不完整, 无法读取",
        "the PDF is damaged or incomplete (PdfminerException)",
    ),
    "pdf: 200 000 objects": (
        "delivery.scanned-document",
        "file",
        "PDF 是扫描图片, 没有文字层",
        "the PDF is scanned images without text",
    ),
    "pdf: 500 pages of one content": (
        "delivery.unreadable-file",
        "file",
        "文件中没有表格",
        "there is no table in it",
    ),
    "ods: columns repeated 16 384 times, rows a million": (
        "delivery.unsafe-file",
        "file",
        "单元格数超过 20000000",
        "more than 20000000 cells",
    ),
    "ods: a row repeated a million times": MEMORY,
    "ods: a text of a megabyte in 16 384 cells": MEMORY,
    "ods: a million blanks": LONG_TEXT,
    "ods: spans nested 10 000 deep": (
        "delivery.truncated-workbook",
        "content.xml",
        "电子表格损坏或不完整, 无法打开",
        "the spreadsheet is damaged or incomplete (XMLSyntaxError)",
    ),
    "ods: spans nested 200 deep": (1, 0),
    "ods: merged ranges": (
        "delivery.unsafe-file",
        "file",
        "合并区域过大",
        "merged ranges are too large",
    ),
    "ods: a million rows one by one": (
        "delivery.unsafe-file",
        "file",
        "解压后有 18001217 字节, 过大",
        "it unpacks to 18001217 bytes",
    ),
    "ods: a million hidden columns": (
        "delivery.hidden-content",
        "表1!column A",
        "A 列被隐藏而其中有内容; 请取消隐藏, 或在声明中写明 hidden",
        "column A is hidden and not empty; unhide it, or let the declaration say what to do "
        "(hidden)",
    ),
    "docx: tables in tables, 5 000 deep": (
        "delivery.truncated-workbook",
        "file",
        "文档损坏或不完整, 无法打开",
        "the document is damaged or incomplete (XMLSyntaxError)",
    ),
    "docx: tables in tables, 80 deep": (
        "delivery.missing-column",
        "表2",
        "缺少列“指标”",
        "the column '指标' is missing",
    ),
    "docx: text boxes in text boxes, 40 deep": (1, 1),
    "docx: cells over 16 384 columns": (
        "delivery.unsafe-file",
        "file",
        "合并单元格过大",
        "merged cells are too large",
    ),
    "docx: 60 000 runs": LONG_TEXT,
    "docx: content controls 5 000 deep": (
        "delivery.truncated-workbook",
        "file",
        "文档损坏或不完整, 无法打开",
        "the document is damaged or incomplete (XMLSyntaxError)",
    ),
    "docx: entities": (
        "delivery.unsafe-file",
        "file",
        "word/document.xml 声明了 XML 实体或文档类型",
        "word/document.xml declares XML entities or a document type",
    ),
    "docx: 20 000 files inside": (
        "delivery.unsafe-file",
        "file",
        "压缩包内有 20003 个文件",
        "20003 files inside",
    ),
    "parquet: 2 million rows of one text of 10 KB": MEMORY,
    "parquet: 10 million rows in a few bytes": (
        "delivery.unsafe-file",
        "file",
        "单元格数超过 20000000",
        "more than 20000000 cells",
    ),
    "parquet: a footer that lies": (
        "delivery.unreadable-file",
        "file",
        "Parquet 文件损坏或不完整",
        "the Parquet file is damaged or incomplete (OSError)",
    ),
    "xls: sectors in circles": (
        "delivery.unsafe-file",
        "file",
        "文件加密或已损坏: 是 OLE 复合文件, 其中没有可读的工作簿",
        "the file is encrypted or damaged: an OLE container without a readable workbook",
    ),
    "xls: 8 000 rows": (
        "delivery.missing-column",
        "表1",
        "缺少列“指标”",
        "the column '指标' is missing",
    ),
    "json-stat: a dimension of a milliard": (
        "delivery.unsafe-file",
        "file",
        "单元格数超过 20000000",
        "more than 20000000 cells",
    ),
    "px: values by the milliard": (
        "delivery.unsafe-file",
        "file",
        "单元格数超过 20000000",
        "more than 20000000 cells",
    ),
    "px: quotes that never end": (
        "delivery.truncated-text",
        "DATA",
        "文件没有以分号结束 (写入或传输中断?)",
        "the file is not ended by a semicolon (writing or transfer broken off?)",
    ),
    "sdmx-ml: entities": (
        "delivery.unsafe-file",
        "file",
        "file 声明了 XML 实体或文档类型",
        "file declares XML entities or a document type",
    ),
    "sdmx-ml: series nested 100 000 deep": (
        "delivery.missing-records",
        "/Series",
        "是 SDMX 的Series 消息或其他 XML, 不含数据; 应为 StructureSpecificData 或 GenericData",
        "its root is Series, which holds no figures: expected StructureSpecificData or GenericData",
    ),
    "sdmx-csv: a million columns": (
        "delivery.unsafe-file",
        "line 1",
        "超过 16384 列",
        "more than 16384 columns",
    ),
}
"""How each ends."""


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Declarations]:
    settings = make_project(tmp_path_factory.mktemp("bombs"), with_deliveries=False)
    declare(settings)
    yield load_declarations(settings)
    apart.close()


def ended(declared: Declarations, name: str) -> tuple[End, Refusal | None]:
    """How a bomb ends, and its refusal."""
    bomb = BY_NAME[name]
    content = bomb.make()
    identifier = data_set_id(bomb)
    received = "2026-03-01T09:00:00+00:00"
    delivery = Delivery(
        identifier,
        sha256="0" * 64,
        size_bytes=len(content),
        file_name=file_name(bomb),
        connector="folder",
        delivered_on=date(2026, 2, 1),
        received_at=received,
    )
    limits = Limits(2 if ENDS[name] is TIME else 60, 2048, apart.ANSWER)
    parsed, _ = parse_within(
        limits, content, delivery, declared.get(identifier), declared.codelists
    )
    told = parsed.refusal
    if told is None:
        return (parsed.accepted, parsed.quarantined), None
    return (told.rule_id, told.place, told.detail_zh, told.detail_en), told


def test_every_bomb_has_its_end() -> None:
    assert set(ENDS) == {f"{bomb.format}: {bomb.name}" for bomb in BOMBS}


COSTLY = {
    "pdf: a map of four milliard characters",
    "pdf: 200 000 objects",
    "pdf: LZW",
    "xlsx: 200 000 hidden columns",
    "xlsx: 40 000 number formats",
    "xlsx: 20 000 cells of one text of a megabyte",
    "xlsx: 100 000 names",
    "xlsx: 10 000 conditional formats",
    "xlsx: 2 million shared strings",
    "json: 2 million empty records",
}
"""Those that take more than a second; others of their kinds are always tried."""

NAMES = [
    pytest.param(name, marks=pytest.mark.exhaustive if name in COSTLY else ()) for name in ENDS
]


@pytest.mark.parametrize("name", NAMES)
def test_a_bomb_ends_with_its_reason(declared: Declarations, name: str) -> None:
    end, refusal = ended(declared, name)
    if ENDS[name] is TIME:
        assert refusal is not None
        assert refusal.rule_id == "delivery.over-reading-limit"
        # One second, or two for one of several megabytes.
        assert re.fullmatch(r"读取用时超过 [12] 秒 \(处理器时间\)", refusal.detail_zh)
        said = "reading took more than [12] seconds of processor time"
        assert re.fullmatch(said, refusal.detail_en)
    elif ENDS[name] is MEMORY:
        assert refusal is not None
        assert refusal.rule_id == "delivery.over-reading-limit"
        assert re.search("内存.*[67][0-9]{2} MB", refusal.detail_zh)
        assert "memory" in refusal.detail_en
    elif ENDS[name] is LONG_TEXT:
        assert (end[0], *end[2:]) == (LONG_TEXT[0], *LONG_TEXT[2:])
    else:
        assert end == ENDS[name]
