"""Conservation: what is written as any format is read back, at its place, and nothing else."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.collect.readers import read_grids
from orchestration.spec import Source

pytestmark = pytest.mark.core

Rows = list[list[str]]

CHARACTERS = "甲乙指标投资亿元年abcXYZ0123456789.,-%()（）：“”'&<>;|*±²①　 "
WORDS = st.text(CHARACTERS, min_size=1, max_size=8).map(str.strip).filter(bool)
FIGURES = st.decimals(-(10**6), 10**6, places=2, allow_nan=False).map(
    lambda d: format(d.normalize() + 0, "f")
)
CELLS = st.one_of(st.just(""), WORDS, FIGURES)


@st.composite
def tables(draw: st.DrawFn) -> Rows:
    """A small table whose first row and column are filled, so that no writer cuts it."""
    width, height = draw(st.integers(2, 5)), draw(st.integers(2, 6))
    rows = [[draw(CELLS) for _ in range(width)] for _ in range(height)]
    rows[0] = [f"列{number}" for number in range(width)]
    for number, row in enumerate(rows[1:]):
        row[0] = f"行{number}"
    return rows


def as_csv(rows: Rows) -> bytes:
    import csv

    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue().encode()


def as_gb18030(rows: Rows) -> bytes:
    return as_csv(rows).decode().encode("gb18030")


def as_xlsx(rows: Rows) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet()
    for row, values in enumerate(rows):
        for col, value in enumerate(values):
            if is_figure(value):
                sheet.write_number(row, col, float(value))
            elif value:
                sheet.write_string(row, col, value)
    book.close()
    return buffer.getvalue()


def as_xls(rows: Rows) -> bytes:
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("表1")
    for row, values in enumerate(rows):
        for col, value in enumerate(values):
            sheet.write(row, col, float(value) if is_figure(value) else value)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def as_ods(rows: Rows) -> bytes:
    from odfdo import Document, Table

    document = Document("spreadsheet")
    document.body.clear()
    table = Table("表1")
    for row, values in enumerate(rows):
        for col, value in enumerate(values):
            if value:
                table.set_value((col, row), value)
    document.body.append(table)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def as_html(rows: Rows) -> bytes:
    lines = (
        "<tr>" + "".join(f"<td>{html.escape(value)}</td>" for value in row) + "</tr>"
        for row in rows
    )
    return f"<html><body><table>{''.join(lines)}</table></body></html>".encode()


def as_docx(rows: Rows) -> bytes:
    from docx import Document

    document = Document()
    table = document.add_table(len(rows), len(rows[0]))
    for row, values in enumerate(rows):
        for col, value in enumerate(values):
            table.cell(row, col).text = value
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def as_pdf(rows: Rows) -> bytes:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen import canvas
    from reportlab.platypus import Table

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    buffer = io.BytesIO()
    paper = canvas.Canvas(buffer)
    style = [
        ("FONT", (0, 0), (-1, -1), "STSong-Light", 10),
        ("GRID", (0, 0), (-1, -1), 1, (0,) * 3),
    ]
    table = Table(rows, [100] * len(rows[0]), style=style)
    table.wrapOn(paper, 500, 800)
    table.drawOn(paper, 40, 400)
    paper.save()
    return buffer.getvalue()


def as_json(rows: Rows) -> bytes:
    head = rows[0]
    records = [dict(zip(head, row, strict=True)) for row in rows[1:]]
    return json.dumps(records, ensure_ascii=False).encode()


def as_parquet(rows: Rows) -> bytes:
    columns = {name: [row[i] for row in rows[1:]] for i, name in enumerate(rows[0])}
    buffer = io.BytesIO()
    pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)).write_parquet(buffer)
    return buffer.getvalue()


def is_figure(text: str) -> bool:
    try:
        return format(float(text), "f").rstrip("0").rstrip(".") == text
    except ValueError:
        return False


WRITERS: dict[str, tuple[Callable[[Rows], bytes], dict[str, str]]] = {
    "csv": (as_csv, {}),
    "csv in gb18030": (as_gb18030, {"encoding": "gb18030"}),
    "xlsx as shown": (as_xlsx, {"format": "xlsx"}),
    "xlsx as stored": (as_xlsx, {"format": "xlsx", "numbers": "as_stored"}),
    "xls": (as_xls, {"format": "xls"}),
    "ods": (as_ods, {"format": "ods"}),
    "html": (as_html, {"format": "html"}),
    "docx": (as_docx, {"format": "docx"}),
    "json": (as_json, {"format": "json"}),
    "parquet": (as_parquet, {"format": "parquet"}),
}


def expected(rows: Rows) -> list[tuple[int, int, str]]:
    return [
        (row, col, text)
        for row, values in enumerate(rows, start=1)
        for col, value in enumerate(values, start=1)
        if (text := value.strip())
    ]


def read(content: bytes, wants_format: bool, **source: str) -> list[tuple[int, int, str]]:
    (grid,) = read_grids(content, Source.model_validate(source), wants_format=wants_format)
    assert grid.ignored == 0
    return [(row, col, text) for row, col, text, *_ in grid.cells.rows()]


@pytest.mark.parametrize("writer", WRITERS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=tables(), wants_format=st.booleans())
def test_no_cell_is_lost_and_none_invented(writer: str, rows: Rows, wants_format: bool) -> None:
    write, source = WRITERS[writer]
    if writer == "html":  # several blanks are one there, whoever reads it
        rows = [[re.sub(" +", " ", text) for text in row] for row in rows]
    assert read(write(rows), wants_format, **source) == expected(rows)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=tables())
def test_a_pdf_keeps_every_text_in_its_cell(rows: Rows) -> None:
    # The font of the test has no ²; and how wide a blank is, a PDF does not say.
    rows = [[text.replace("²", "2") for text in row] for row in rows]

    def squeeze(cells: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
        return [(row, col, "".join(text.split())) for row, col, text in cells]

    assert squeeze(read(as_pdf(rows), False, format="pdf")) == squeeze(expected(rows))
