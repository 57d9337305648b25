"""Word documents: tables with their spans, tracked changes, and the lines around them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from orchestration.collect.readers import read_grids
from orchestration.spec import Source
from tests.unit.delivered import formatted, part_of, refusal, refused, rezipped, texts

pytestmark = pytest.mark.core

MAIN = "word/document.xml"


def docx(write: Callable[[Any], None]) -> bytes:
    from docx import Document

    document = Document()
    write(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def filled(document: Any, rows: list[list[str]]) -> Any:
    table = document.add_table(len(rows), len(rows[0]))
    for row, values in enumerate(rows):
        for col, value in enumerate(values):
            table.cell(row, col).text = value
    return table


def changed(old: str, new: str) -> bytes:
    """A document of one table with the text 甲, whose XML is changed."""
    content = docx(lambda d: filled(d, [["甲", "1"], ["乙", "2"]]))
    xml = part_of(content, MAIN).decode()
    assert old in xml
    return rezipped(content, {MAIN: xml.replace(old, new, 1).encode()})


def test_spans_lines_and_nested_tables() -> None:
    def write(document: Any) -> None:
        document.add_paragraph("2024年投资")
        document.add_paragraph("单位：亿元")
        table = filled(document, [["", "", ""], ["", "本月", "累计"], ["投资", "1", ""]])
        table.cell(0, 0).merge(table.cell(1, 0)).text = "指标"
        table.cell(0, 1).merge(table.cell(0, 2)).text = "绝对数"
        inner = table.cell(2, 2).add_table(1, 1)
        inner.cell(0, 0).text = "内"
        document.add_paragraph("注：甲")

    one, two = read_grids(docx(write), Source(format="docx"))
    assert one.cells.rows() == [
        (1, 1, "2024年投资"),
        (2, 1, "单位：亿元"),
        (3, 1, "指标"),
        (3, 2, "绝对数"),
        (4, 2, "本月"),
        (4, 3, "累计"),
        (5, 1, "投资"),
        (5, 2, "1"),
    ]
    assert (one.name, sorted(one.merged), one.place(5, 2)) == (
        "表1",
        [(3, 1, 4, 1), (3, 2, 3, 3)],
        "表1!R5C2",
    )
    assert two.cells.rows() == [(1, 1, "内"), (2, 1, "注：甲")]


def test_formats_that_a_layout_needs() -> None:
    from docx.shared import Pt

    def write(document: Any) -> None:
        table = filled(document, [["合计", "\u3000第一产业"], ["其中", "200.0"]])
        table.cell(0, 0).paragraphs[0].runs[0].bold = True
        table.cell(1, 0).paragraphs[0].paragraph_format.left_indent = Pt(21)
        mark = table.cell(1, 1).paragraphs[0].add_run("1")
        mark.font.superscript = True

    assert formatted(docx(write), format="docx") == [
        (1, 1, "合计", "text", 0, True),
        (1, 2, "第一产业", "text", 2, False),
        (2, 1, "其中", "text", 4, False),
        (2, 2, "200.0^1", "text", 0, False),
    ]


def test_tracked_changes_read_as_accepted() -> None:
    old = "<w:r><w:t>1</w:t></w:r>"
    new = (
        '<w:del w:id="1" w:author="a"><w:r><w:delText>1</w:delText></w:r></w:del>'
        '<w:ins w:id="2" w:author="a"><w:r><w:t>3</w:t></w:r></w:ins>'
    )
    assert texts(changed(old, new), format="docx") == [
        (1, 1, "甲"),
        (1, 2, "3"),
        (2, 1, "乙"),
        (2, 2, "2"),
    ]


def test_a_row_whose_deletion_is_tracked() -> None:
    content = changed("<w:tr><w:tc>", '<w:tr><w:trPr><w:del w:id="1"/></w:trPr><w:tc>')
    assert texts(content, format="docx") == [(1, 1, "乙"), (1, 2, "2")]


@pytest.mark.parametrize(
    ("old", "new", "left"),
    [
        ("<w:r><w:t>1<", "<w:r><w:rPr><w:vanish/></w:rPr><w:t>1<", 3),
        ("<w:tr><w:tc>", "<w:tr><w:trPr><w:hidden/></w:trPr><w:tc>", 2),
    ],
)
def test_hidden_text(old: str, new: str, left: int) -> None:
    content = changed(old, new)
    assert refused(content, format="docx") == ("delivery.hidden-content", "表1!row 1")
    assert len(texts(content, format="docx", hidden="ignore")) == left
    assert len(texts(content, format="docx", hidden="read")) == 4


def test_a_cell_of_several_paragraphs_is_one_text() -> None:
    def write(document: Any) -> None:
        table = filled(document, [["固定资产", "1"]])
        table.cell(0, 0).add_paragraph("投资")

    assert texts(docx(write), format="docx")[0] == (1, 1, "固定资产 投资")


def test_a_document_without_a_table() -> None:
    content = docx(lambda document: document.add_paragraph("无表"))
    assert refused(content, format="docx") == ("delivery.unreadable-file", "file")


def test_a_document_that_ends_early() -> None:
    content = docx(lambda document: filled(document, [["a"]]))
    assert refusal(content[:-2000], format="docx").rule == "delivery.truncated-workbook"


@pytest.mark.parametrize(
    "attack",
    [
        b'<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
        b'<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_an_entity_attack(attack: bytes) -> None:
    content = docx(lambda document: filled(document, [["a"]]))
    xml = part_of(content, MAIN).replace(b"?>", b"?>" + attack, 1)
    assert refusal(rezipped(content, {MAIN: xml}), format="docx").rule == "delivery.unsafe-file"


def test_a_document_with_macros() -> None:
    content = docx(lambda document: filled(document, [["a"]]))
    content = rezipped(content, {"word/vbaProject.bin": b"x"})
    assert refusal(content, format="docx").rule == "delivery.unsafe-file"


def test_a_damaged_document() -> None:
    content = docx(lambda document: filled(document, [["a"]]))
    content = rezipped(content, {MAIN: b"<w:document"})
    assert refusal(content, format="docx").rule == "delivery.truncated-workbook"
