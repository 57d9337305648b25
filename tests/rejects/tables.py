"""A small printed table in every format, for cases that bring a layout of their own.

Belongs here: writing the table. Does not belong here: what is wrong with it (``file_cases``,
``table_cases``).
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.rejects.kinds import BULLETIN, Good

Lines = Sequence[Sequence[str]]

HEADER = ("指标", "单位", "数量")
ROWS = (("地区生产总值", "亿元", "420.5"), ("学校数", "所", "40"))
BAD_ROWS = (("地区生产总值", "亿元", "450.2"), ("学校数", "所", "41"))


def lines(year: int, rows: Lines = ROWS) -> Lines:
    """Title, header, rows."""
    return ((f"{year}年云溪区主要指标（虚构）",), HEADER, *rows)


GOOD, BAD = lines(2021), lines(2022, BAD_ROWS)


def xlsx(
    table: Lines, *, name: str = "表1", change: Callable[[Any, Any], None] | None = None
) -> bytes:
    """A workbook; ``change`` may do more to the book and its sheet."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet(name)
    fill(sheet, table)
    if change is not None:
        change(book, sheet)
    book.close()
    return buffer.getvalue()


def fill(sheet: Any, table: Lines) -> None:
    """Write texts and numbers into a sheet."""
    for row, texts in enumerate(table):
        for col, text in enumerate(texts):
            if text.replace(".", "", 1).isdigit():
                sheet.write_number(row, col, float(text))
            else:
                sheet.write_string(row, col, text)


def csv(table: Lines) -> bytes:
    """Delimited text, each line as wide as the widest."""
    width = max(len(texts) for texts in table)
    return "".join(",".join((*t, *[""] * (width - len(t)))) + "\n" for t in table).encode()


def html(table: Lines, before: str = "") -> bytes:
    """A page."""
    rows = "".join(
        "<tr>" + "".join(f"<td>{text}</td>" for text in texts) + "</tr>" for texts in table[1:]
    )
    page = f"<body><p>{table[0][0]}</p><table>{rows}</table></body>"
    return f"{before}<html><head><meta charset='utf-8'></head>{page}</html>".encode()


def docx(table: Lines) -> bytes:
    """A Word file."""
    import docx as word

    book = word.Document()
    book.add_paragraph(table[0][0])
    inside = book.add_table(rows=len(table) - 1, cols=len(HEADER))
    for row, texts in enumerate(table[1:]):
        for col, text in enumerate(texts):
            inside.cell(row, col).text = text
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def ods(table: Lines) -> bytes:
    """An OpenDocument spreadsheet."""
    from odfdo import Cell, Document, Row, Table

    document = Document("spreadsheet")
    document.body.clear()
    sheet = Table("表1")
    for texts in table:
        row = Row()
        for text in texts:
            is_number = text.replace(".", "", 1).isdigit()
            row.append_cell(
                Cell(float(text), text=text, cell_type="float") if is_number else Cell(text)
            )
        sheet.append_row(row)
    document.body.append(sheet)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def pdf(table: Lines, *, is_scan: bool = False) -> bytes:
    """A page with three rules; of a scan it has the picture and no text."""
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(400, 300), invariant=True)
    if is_scan:
        from PIL import Image

        canvas.drawImage(ImageReader(Image.new("L", (200, 150), 230)), 0, 0, 400, 300)
        canvas.save()
        return buffer.getvalue()
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas.setFont("STSong-Light", 11)
    canvas.drawString(100, 270, table[0][0])
    for y in (255, 233, 235 - 20 * (len(table) - 1)):
        canvas.line(30, y, 370, y)
    for number, texts in enumerate(table[1:]):
        for x, text in zip((40, 190, 300), texts, strict=True):
            canvas.drawString(x, 240 - 20 * number, text)
    canvas.save()
    return buffer.getvalue()


def answer(records: Sequence[Mapping[str, Any]]) -> bytes:
    """A JSON answer with records inside."""
    return json.dumps({"remark": "虚构", "data": records}, ensure_ascii=False).encode()


def with_parts(content: bytes, parts: Mapping[str, bytes]) -> bytes:
    """An archive with some of its parts replaced."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, parts.get(name, old.read(name)))
    return buffer.getvalue()


def part(content: bytes, name: str) -> bytes:
    """One part of an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return package.read(name)


WRITERS: dict[str, Callable[[Lines], bytes]] = {
    "xlsx": xlsx,
    "csv": csv,
    "html": html,
    "docx": docx,
    "ods": ods,
    "pdf": pdf,
}

BLOCK = {
    "stub": "指标",
    "header_rows": 1,
    "columns": [
        {"header": ["单位"], "carries": "unit"},
        {"header": ["数量"], "period": "title"},
    ],
}


def own(file_format: str, block: Mapping[str, Any] | None = None, **layout: Any) -> dict[str, Any]:
    """What a case declares besides ``BULLETIN``: a printed table in another format."""
    constants = {"region": "云溪区", "document": "yunxi-bulletin", "source_place": "表1"}
    blocks = layout.pop("blocks", [{**BLOCK, **(block or {})}])
    return {
        "delivery": {"pattern": [f"主要指标*.{file_format}"], "cadence": "annual"},
        "layout": {
            "kind": "table",
            "format": file_format,
            "blocks": blocks,
            "constants": constants,
            **layout,
        },
    }


def table_case(
    file_format: str, content: Callable[[], bytes], good: Callable[[], bytes] | None = None
) -> dict[str, Any]:
    """The parts of a case that every table here has in common."""
    before = good or (lambda: WRITERS[file_format](GOOD))
    return {
        "like": BULLETIN,
        "name": f"主要指标2022.{file_format}",
        "content": content,
        "good": Good(f"主要指标2021.{file_format}", before, 2),
    }
