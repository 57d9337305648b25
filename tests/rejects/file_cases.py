"""Bad files: damaged, unsafe, of another kind or encoding than declared, or hiding what they hold.

Belongs here: what is wrong before any table is looked at. Does not belong here: what a table says
(``table_cases``).
"""

from __future__ import annotations

from typing import Any

from tests.rejects.kinds import BULLETIN, MONTHLY, DeliveryCase, Good, refused
from tests.rejects.tables import (
    BAD,
    BAD_ROWS,
    GOOD,
    answer,
    csv,
    docx,
    fill,
    html,
    lines,
    ods,
    own,
    part,
    pdf,
    table_case,
    with_parts,
    xlsx,
)
from tests.support import investment, profile

UNTOLD = "机密备忘"
"""A text that the report of a refusal must not repeat."""

ENTITY = b'<!DOCTYPE x [<!ENTITY leak SYSTEM "file:///etc/hostname"><!ENTITY a "ha">]>'

# --- workbooks -------------------------------------------------------------------------------

INVESTED: dict[str, Any] = {"name": "投资2025下半年.xlsx", "like": MONTHLY}
SHEET = "xl/worksheets/sheet1.xml"


def with_entities(content: bytes, name: str) -> bytes:
    """An archive of which one part declares entities."""
    xml = part(content, name)
    head, mark, rest = xml.partition(b"?>")
    return with_parts(content, {name: head + mark + ENTITY + rest if mark else ENTITY + head})


def million_columns() -> bytes:
    """A cell in a column that no program has, which a rectangle of cells would have to reach."""
    content = investment()
    far = f'<c r="BDWGN5" t="inlineStr"><is><t>{UNTOLD}</t></is></c></row>'.encode()
    sheet = part(content, SHEET)
    assert sheet.count(b"</row>") > 4
    before, mark, after = sheet.rpartition(b"</row>")
    del mark
    return with_parts(content, {SHEET: before + far + after})


def wide_csv() -> bytes:
    """A header of a million columns."""
    return b"," * 1_000_000 + b"\n" + profile().rstrip(b"\n") + b"\n"


def more_sheets(name: str, *, state: str = "visible", like_first: bool = False) -> bytes:
    """A good table, and one more sheet."""

    def change(book: Any, sheet: Any) -> None:
        del sheet
        other = book.add_worksheet(name)
        fill(other, BAD if like_first else ((UNTOLD,),))
        if state == "hidden":
            other.hide()
        elif state == "veryHidden":
            other.very_hidden()

    return xlsx(BAD, change=change)


def hidden_row() -> bytes:
    """A row that nobody sees, with figures."""
    rows = (*BAD_ROWS, ("常住人口", "万人", "45.6"))
    return xlsx(
        lines(2022, rows), change=lambda _, sheet: sheet.set_row(4, None, None, {"hidden": True})
    )


def hidden_column() -> bytes:
    """A column that nobody sees."""

    def change(book: Any, sheet: Any) -> None:
        del book
        sheet.write_string(2, 3, UNTOLD)
        sheet.set_column(3, 3, None, None, {"hidden": True})

    return xlsx(BAD, change=change)


# --- texts -----------------------------------------------------------------------------------

ROW = "地区生产总值,云溪区,2022年,年度,450.2,,亿元,水平值,一、综合,yunxi-bulletin,,,"


def mixed_encodings() -> bytes:
    """Rows of one program pasted below those of another one."""
    return profile(ROW) + (ROW.replace("450.2", "451.2") + "\n").encode("gb18030")


def joined_files() -> bytes:
    """Two exports in one file: the mark of the second stands in the middle."""
    return profile(ROW) + b"\xef\xbb\xbf" + profile(ROW.replace("2022年", "2020年"))


RECORDS = [{"指标": "学校数", "期间": "2022年", "数值": 41, "单位": "所"}]
RECORDS_BEFORE = [{**RECORDS[0], "期间": "2021年", "数值": 40}]
JSON: dict[str, Any] = {
    "like": BULLETIN,
    "name": "主要指标2022.json",
    "good": Good("主要指标2021.json", lambda: answer(RECORDS_BEFORE), 1),
    "declared": {
        "delivery": {"pattern": ["主要指标*.json"], "cadence": "annual"},
        "layout": {
            "kind": "records",
            "format": "json",
            "records_at": "$.data[*]",
            "columns": {"indicator": "指标", "period": "期间", "value": "数值", "unit": "单位"},
            "constants": {
                "region": "云溪区",
                "document": "yunxi-bulletin",
                "source_place": "表1",
            },
        },
    },
}

MARKED_BEFORE = [{**RECORDS_BEFORE[0], "保密": "F"}]
MARKED = [
    {**RECORDS[0], "保密": "F"},
    {**RECORDS[0], "期间": "2020年", "数值": 77341, "保密": "C"},
]
CONFIDENTIAL: dict[str, Any] = {
    **JSON,
    "good": Good("主要指标2021.json", lambda: answer(MARKED_BEFORE), 1),
    "declared": {
        **JSON["declared"],
        "layout": {
            **JSON["declared"]["layout"],
            "columns": {**JSON["declared"]["layout"]["columns"], "confidentiality": "保密"},
        },
    },
}

HIDING: dict[str, Any] = {"hidden": UNTOLD}

FILE_CASES: tuple[DeliveryCase, ...] = (
    refused(
        "delivery.unsafe-file",
        "file",
        "xl/worksheets/sheet1.xml declares XML entities or a document type",
        content=lambda: with_entities(investment(), SHEET),
        variant="entities-xlsx",
        **INVESTED,
    ),
    refused(
        "delivery.unsafe-file",
        "file",
        "declares XML entities or a document type",
        variant="entities-docx",
        declared=own("docx"),
        **table_case("docx", lambda: with_entities(docx(BAD), "word/document.xml")),
    ),
    refused(
        "delivery.unsafe-file",
        "file",
        "declares XML entities or a document type",
        variant="entities-ods",
        declared=own("ods"),
        **table_case("ods", lambda: with_entities(ods(BAD), "content.xml")),
    ),
    refused(
        "delivery.unsafe-file",
        "file",
        "the page declares entities",
        variant="entities-html",
        declared=own("html"),
        **table_case("html", lambda: html(BAD, ENTITY.decode())),
    ),
    refused(
        "delivery.truncated-workbook",
        "file",
        "the workbook is damaged or incomplete (ValueError)",
        content=million_columns,
        variant="million-columns",
        **INVESTED,
        **HIDING,
    ),
    refused(
        "delivery.unsafe-file",
        "line 1",
        "more than 16384 columns",
        content=wide_csv,
        variant="million-columns",
    ),
    refused(
        "delivery.wrong-format",
        "file",
        "declared as an Excel workbook (.xlsx), but it looks like a web page (HTML)",
        content=lambda: html(BAD),
        variant="html-as-xlsx",
        **INVESTED,
    ),
    refused(
        "delivery.wrong-format",
        "file",
        "declared as a text file (CSV), but it looks like an Excel workbook (.xlsx)",
        content=investment,
        variant="xlsx-as-csv",
    ),
    refused(
        "delivery.wrong-format",
        "file",
        "declared as a Word document (.docx), but it looks like a PDF",
        variant="pdf-as-docx",
        declared=own("docx"),
        **table_case("docx", lambda: pdf(BAD)),
    ),
    refused(
        "delivery.wrong-format",
        "file",
        "declared as a PDF, but it looks like a text file (CSV)",
        variant="csv-as-pdf",
        declared=own("pdf"),
        **table_case("pdf", lambda: csv(BAD)),
    ),
    refused(
        "delivery.wrong-encoding",
        "line 3",
        "two encodings in one file: this line is gb18030, others are utf-8",
        content=mixed_encodings,
        variant="mixed",
    ),
    refused(
        "delivery.wrong-encoding",
        "line 3",
        "it holds a second byte order mark (two files joined?)",
        content=joined_files,
        variant="joined",
    ),
    refused(
        "delivery.wrong-encoding",
        "line 3",
        "declared as gb18030, byte 80 cannot be decoded; it looks like utf-8",
        variant="utf-8-as-gb18030",
        declared=own("csv", encoding="gb18030"),
        **table_case(
            "csv",
            lambda: csv(BAD),
            lambda: csv(GOOD).decode().encode("gb18030"),
        ),
    ),
    refused(
        "delivery.duplicate-sheet",
        "表1 (2)",
        "it is the same as sheet 表1, cell by cell",
        declared=own("xlsx"),
        **table_case("xlsx", lambda: more_sheets("表1 (2)", like_first=True)),
    ),
    refused(
        "delivery.hidden-content",
        "草稿",
        "the sheet is hidden and not empty; unhide it",
        variant="sheet",
        declared=own("xlsx"),
        **table_case("xlsx", lambda: more_sheets("草稿", state="hidden")),
        **HIDING,
    ),
    refused(
        "delivery.hidden-content",
        "参数",
        "the sheet is hidden and not empty; unhide it",
        variant="very-hidden-sheet",
        declared=own("xlsx"),
        **table_case("xlsx", lambda: more_sheets("参数", state="veryHidden")),
        **HIDING,
    ),
    refused(
        "delivery.hidden-content",
        "表1!row 5",
        "row 5 is hidden and not empty; unhide it",
        variant="row",
        hidden="45.6",
        declared=own("xlsx"),
        **table_case("xlsx", hidden_row),
    ),
    refused(
        "delivery.hidden-content",
        "表1!column D",
        "column D is hidden and not empty; unhide it",
        variant="column",
        declared=own("xlsx"),
        **table_case("xlsx", hidden_column),
        **HIDING,
    ),
    refused(
        "delivery.scanned-document",
        "file",
        "scan",
        declared=own("pdf"),
        **table_case("pdf", lambda: pdf(BAD, is_scan=True)),
    ),
    refused(
        "delivery.unreadable-file",
        "key 数值",
        "the key 数值 stands twice in one object",
        content=lambda: answer(RECORDS).replace(
            b'"\xe6\x9c\x9f', b'"\xe6\x95\xb0\xe5\x80\xbc": 1, "\xe6\x9c\x9f'
        ),
        variant="duplicate-key",
        **JSON,
    ),
    refused(
        "delivery.missing-records",
        "$.data[*]",
        "nothing stands there; the file has $.remark",
        content=lambda: answer([]),
        **JSON,
    ),
    refused(
        "delivery.error-answer",
        "file",
        "the service answered with the error 501: 参数错误",
        content='{"returncode": 501, "returndata": "参数错误"}'.encode,
        **JSON,
    ),
    DeliveryCase(
        "value.confidential",
        "$.data[1].数值",
        "A confidential figure in a data set that is free",
        content=lambda: answer(MARKED),
        refused_by="delivery.quarantined-cells",
        hidden="77341",
        **CONFIDENTIAL,
    ),
)
