"""How fast each reader is beside the bare library it stands on: printed, never asserted.

pytest -m benchmark -s tests/benchmarks/test_reader_speed.py
"""

from __future__ import annotations

import io
import json
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import polars as pl
import pytest

from orchestration.collect.readers import read_grids
from orchestration.spec import Source

pytestmark = pytest.mark.benchmark

Rows = list[list[Any]]


def made(height: int, width: int = 20) -> Rows:
    chance = random.Random(1)
    head: list[Any] = [f"列{number}" for number in range(width)]
    return [head] + [
        [f"指标{row % 500}"]
        + [
            chance.choice([chance.randint(0, 10_000), round(chance.random() * 1000, 1)])
            for _ in range(width - 1)
        ]
        for row in range(height - 1)
    ]


def as_csv(rows: Rows) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


def as_xlsx(rows: Rows, code: str = "General") -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    style = book.add_format({"num_format": code}) if code != "General" else None
    sheet = book.add_worksheet("表1")
    for number, row in enumerate(rows):
        for col, value in enumerate(row):
            if isinstance(value, str) or style is None:
                sheet.write(number, col, value)
            else:
                sheet.write_number(number, col, value, style)
    book.close()
    return buffer.getvalue()


def as_xls(rows: Rows) -> bytes:
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("表1")
    for number, row in enumerate(rows):
        for col, value in enumerate(row):
            sheet.write(number, col, value)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def as_ods(rows: Rows) -> bytes:
    from odfdo import Cell, Document, Row, Table

    document = Document("spreadsheet")
    document.body.clear()
    table = Table("表1")
    for values in rows:
        row = Row()
        for value in values:
            row.append_cell(Cell(value), clone=False)
        table.append_row(row, clone=False)
    document.body.append(table)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def as_html(rows: Rows) -> bytes:
    lines = ("<tr>" + "".join(f"<td>{v}</td>" for v in row) + "</tr>\n" for row in rows)
    return f"<html><body><table>{''.join(lines)}</table></body></html>".encode()


def as_docx(rows: Rows) -> bytes:
    from docx import Document
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document = Document()
    cells = (
        "<w:tr>"
        + "".join(f"<w:tc><w:p><w:r><w:t>{v}</w:t></w:r></w:p></w:tc>" for v in r)
        + "</w:tr>"
        for r in rows
    )
    document.element.body.insert(0, parse_xml(f"<w:tbl {nsdecls('w')}>{''.join(cells)}</w:tbl>"))
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
    for start in range(0, len(rows), 40):
        page = [[str(value) for value in row[:8]] for row in rows[start : start + 40]]
        style = [
            ("FONT", (0, 0), (-1, -1), "STSong-Light", 8),
            ("GRID", (0, 0), (-1, -1), 1, (0,) * 3),
        ]
        table = Table(page, [65] * 8, [18] * len(page), style=style)
        table.wrapOn(paper, 560, 800)
        table.drawOn(paper, 20, 20)
        paper.showPage()
    paper.save()
    return buffer.getvalue()


def as_json(rows: Rows) -> bytes:
    records = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    return json.dumps(records, ensure_ascii=False).encode()


def as_parquet(rows: Rows) -> bytes:
    columns = list(zip(*rows[1:], strict=True))
    frame = pl.DataFrame({"列0": columns[0]}).with_columns(
        pl.Series(f"列{i}", columns[i], dtype=pl.Float64, strict=False)
        for i in range(1, len(columns))
    )
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def bare_calamine(content: bytes) -> Any:
    from python_calamine import CalamineWorkbook

    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def bare_openpyxl(content: bytes) -> Any:
    from openpyxl import load_workbook

    return load_workbook(io.BytesIO(content), data_only=True, rich_text=True)


def bare_xlrd(content: bytes) -> Any:
    import xlrd

    return xlrd.open_workbook(file_contents=content, formatting_info=True)


def bare_csv(content: bytes) -> Any:
    return pl.read_csv(io.BytesIO(content), has_header=False, infer_schema=False)


def bare_ods(content: bytes) -> Any:
    from odfdo import Document

    table: Any = Document(io.BytesIO(content)).body.get_table(0)
    return table.get_values()


def bare_html(content: bytes) -> Any:
    from lxml import html

    root = html.document_fromstring(content)
    return [[cell.text_content() for cell in row] for row in root.iter("tr")]


def bare_docx(content: bytes) -> Any:
    from docx import Document

    table = Document(io.BytesIO(content)).tables[0]
    return [[cell.text for cell in row.cells] for row in table.rows]


def bare_pdf(content: bytes) -> Any:
    import pdfplumber

    with pdfplumber.open(io.BytesIO(content)) as document:
        return [page.extract_tables() for page in document.pages]


def bare_json(content: bytes) -> Any:
    return json.loads(content)


def bare_parquet(content: bytes) -> Any:
    return pl.read_parquet(io.BytesIO(content)).cast(pl.String)


def best(times: int, *runs: Callable[[], Any]) -> list[float]:
    """The shortest time of each; they take turns, so that a busy machine slows down all."""
    found: list[list[float]] = [[] for _ in runs]
    for _ in range(times):
        for run, seconds in zip(runs, found, strict=True):
            begin = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - begin)
    return [min(seconds) for seconds in found]


CASES: list[tuple[str, Callable[[Rows], bytes], int, Callable[[bytes], Any], dict[str, str], bool]]
CASES = [
    ("csv / polars", as_csv, 20_000, bare_csv, {}, False),
    (
        "csv gb18030 / polars",
        lambda r: as_csv(r).decode().encode("gb18030"),
        20_000,
        lambda c: bare_csv(c.decode("gb18030").encode()),
        {"encoding": "gb18030"},
        False,
    ),
    ("xlsx stored / calamine", as_xlsx, 10_000, bare_calamine, {"numbers": "as_stored"}, False),
    ("xlsx shown, General / calamine", as_xlsx, 10_000, bare_calamine, {}, False),
    ("xlsx shown, 0.0 / openpyxl", lambda r: as_xlsx(r, "0.0"), 2_000, bare_openpyxl, {}, False),
    ("xlsx formats / openpyxl", lambda r: as_xlsx(r, "0.0"), 2_000, bare_openpyxl, {}, True),
    ("xls / xlrd", as_xls, 2_000, bare_xlrd, {}, False),
    ("xls formats / xlrd", as_xls, 2_000, bare_xlrd, {}, True),
    ("ods / odfdo", as_ods, 300, bare_ods, {}, False),
    ("ods stored / calamine", as_ods, 300, bare_calamine, {"numbers": "as_stored"}, False),
    ("html / lxml", as_html, 5_000, bare_html, {}, False),
    ("html formats / lxml", as_html, 5_000, bare_html, {}, True),
    ("docx / python-docx", as_docx, 200, bare_docx, {}, False),
    ("docx formats / python-docx", as_docx, 200, bare_docx, {}, True),
    ("pdf / pdfplumber", as_pdf, 80, bare_pdf, {}, False),
    ("json / json", as_json, 20_000, bare_json, {}, False),
    ("parquet / polars", as_parquet, 20_000, bare_parquet, {}, False),
]


def test_readers_beside_their_libraries() -> None:
    lines = [f"{'':<34}{'cells':>9}{'ours/s':>12}{'bare/s':>12}{'share':>8}"]
    for name, write, height, bare, about, wants_format in CASES:
        content = write(made(height))
        format_ = name.replace(",", " ").split()[0]
        source = Source.model_validate({"format": format_, **about})
        times = 9 if height > 5000 else 3
        cells = sum(g.cells.height for g in read_grids(content, source, wants_format=wants_format))
        ours, theirs = best(
            times,
            partial(read_grids, content, source, wants_format=wants_format),
            partial(bare, content),
        )
        lines.append(
            f"{name:<34}{cells:>9}{cells / ours:>12,.0f}{cells / theirs:>12,.0f}"
            f"{theirs / ours:>8.0%}"
        )
    print("\n" + "\n".join(lines))
