"""Texts on their way to numbers: blocks of files, words of time, values, units and bounds.

Belongs here: ``factcheck.documents`` and ``factcheck.mentions``. Does not belong here: what a
number is (``pipeline/test_factcheck``, through the command and a release).
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import docx
import pytest
from docx.oxml import OxmlElement
from hypothesis import given
from hypothesis import strategies as st

from orchestration.errors import QutongError
from orchestration.factcheck import documents
from orchestration.factcheck.mentions import Unit, Units, mentions, moments, plain, resolved

pytestmark = pytest.mark.core

UNITS = Units(
    {
        "元": Unit("元", "money", Decimal(1)),
        "亿元": Unit("亿元", "money", Decimal(10) ** 8),
        "yuan": Unit("元", "money", Decimal(1)),
        "%": Unit("%", "percent", Decimal(1)),
        "个百分点": Unit("百分点", "percentage_point", Decimal(1)),
        "倍": Unit("倍", "times_as_much", Decimal(1)),
        "位": Unit("位", "rank", Decimal(1)),
        "人": Unit("人", "people", Decimal(1)),
        "所": Unit("所", "count_suo", Decimal(1)),
    },
    {"100 million yuan": Unit("亿元", "money", Decimal(10) ** 8)},
)


def told(text: str, *, of_cell: bool = False) -> list[str]:
    """Each number as: what stands there | sort | value in its reference unit | bound."""
    folded = plain(text)
    found = mentions(folded, UNITS, UNITS.with_digits(folded), of_cell=of_cell)
    return [
        f"{text[m.start : m.end]}|{m.sort}|{m.reference.normalize():f}|{m.qualifier}" for m in found
    ]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("总额449.7亿元，增长9.5%",
         ["449.7亿元|level|44970000000|exact", "9.5%|growth|9.5|exact"]),
        ("下降3.2%，回落1.5个百分点",
         ["3.2%|growth|-3.2|exact", "1.5个百分点|points|-1.5|exact"]),
        ("超过1000亿元，不足8%",
         ["1000亿元|level|100000000000|above", "8%|level|8|below"]),
        ("常住人口120余万人", ["120余万人|level|1200000|above_slightly"]),
        ("1.2万亿元；3千万人",
         ["1.2万亿元|level|1200000000000|exact", "3千万人|level|30000000|exact"]),
        ("１２，３４５人", ["１２，３４５人|level|12345|exact"]),
        ("增速5%-8%，5至8亿元", ["5%|growth|5|exact", "8%|level|8|exact",
                                 "5|level|500000000|exact", "8亿元|level|800000000|exact"]),
        ("居全市第3位，排名前十，上升2位",
         ["第3位|rank|3|exact", "前十|rank|10|at_most", "2位|moved|2|exact"]),
        ("占全市的三成，是上年的两倍",
         ["三成|share|30|exact", "两倍|multiple|2|exact"]),
        ("与上年同期持平，较2020年翻一番",
         ["持平|growth|0|exact", "翻一番|multiple|2|exact"]),
        ("增加12.3亿元，提高到15%",
         ["12.3亿元|delta|1230000000|exact", "15%|level|15|exact"]),
        ("grew by 4.9 % to 2 billion yuan",
         ["4.9 %|growth|4.9|exact", "2 billion yuan|level|2000000000|exact"]),
        ("4.4 亿元100 million yuan", ["4.4 亿元|level|440000000|exact"]),
    ],
)  # fmt: skip
def test_a_number_is_what_its_words_make_it(text: str, numbers: list[str]) -> None:
    assert told(text) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "2022年1—5月", "2023年6月30日", "截至2024年末", "2020—22年", "January 2021 to June 2023",
        "2026-12-01.1",
        "1. 经济", "（2）农业", "《2022年统计公报》", "GB/T 4754—2017", "第三产业",
        "第一季度", "第1批",
        "见图3、表 2",
        "“1586”行动", "133X体系", "V2.0", "https://example.org/2024/5", "成立、成员、成果",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert told(text) == []


def test_a_cell_that_opens_with_a_number_numbers_nothing() -> None:
    assert told("1. ") == []
    assert told("1.5", of_cell=True) == ["1.5|level|1.5|exact"]


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("2022年，1—5月，上半年", ["2022", "2022-01/2022-05", "2022-01/2022-06"]),
        ("2024年末；上年", ["2024-12", "2023"]),
        ("2020年至2022年", ["2020/2022"]),
        ("2021年1月—2023年6月", ["2021-01/2023-06"]),
        ("2020—22年均增长", ["2020/2022"]),
        ("2026年第一季度", ["2026-Q1"]),
        ("January 2021 to June 2023", ["2021-01/2023-06"]),
        ("2023年6月30日", ["2023-06"]),
        ("2023年6月29日，上年同期", [None, None]),
    ],
)
def test_words_of_time(text: str, periods: list[str | None]) -> None:
    found, known = [], None
    for moment in moments(plain(text)):
        period = resolved(moment, known)
        known = period or known
        found.append(period.code if period else None)
    assert found == periods


def test_what_is_compared_with_is_no_period_of_the_figure() -> None:
    assert [(m.is_base, m.relative) for m in moments("比2020年增长，较上年提高")] == [
        (True, ""),
        (True, "上年"),
    ]


@given(st.text(alphabet="0123456789.,年月第位前增长下降%亿元人-—至 “”《》(）\n", max_size=60))
def test_any_text_has_its_numbers_in_order_and_within_it(text: str) -> None:
    folded = plain(text)
    assert len(folded) == len(text)
    end = 0
    for one in mentions(folded, UNITS):
        assert end <= one.start < one.end <= len(text)
        end = one.end


# --- files -----------------------------------------------------------------------------------


def blocks(path: Path) -> list[tuple[str, str, tuple[str, ...], str]]:
    return [(b.kind, b.text, b.heads, b.stub) for b in documents.read(path)]


TABLE = [
    ("cell", "指标", (), ""),
    ("cell", "产值（亿元）", (), ""),
    ("cell", "工业", ("指标",), ""),
    ("cell", "12.5", ("产值（亿元）",), "工业"),
]


def test_markdown_with_a_table(tmp_path: Path) -> None:
    path = tmp_path / "稿.md"
    path.write_text(
        "# 标题\n\n正文 **12** 个\n\n| 指标 | 产值（亿元） |\n|---|---|\n| 工业 | 12.5 |\n", "utf-8"
    )
    assert blocks(path) == [("heading", "标题", (), ""), ("text", "正文 12 个", (), ""), *TABLE]


def test_a_page_says_what_a_reader_sees(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(
        "<meta charset=gbk><h2>标题</h2><p>人口12<sup>3</sup>万<script>99</script><p hidden>7"
        "<p>甲<br>乙"
        "<table><tr><th>指标<th>产值（亿元）<tr><td>工业<td>12.5</table>".encode("gbk")
    )
    assert blocks(path) == [
        ("heading", "标题", (), ""), ("text", "人口12万", (), ""), ("text", "甲\n乙", (), ""),
        *TABLE,
    ]  # fmt: skip


def test_a_document_with_tracked_changes_hidden_text_and_marks(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("标题", 1)
    paragraph = document.add_paragraph("人口12")
    paragraph.add_run("3").font.superscript = True
    paragraph.add_run("99").font.hidden = True
    paragraph.add_run("万")
    gone, deleted = OxmlElement("w:del"), OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "88"
    deleted.append(text)
    gone.append(deleted)
    paragraph._p.append(gone)  # type: ignore[arg-type]  # its stubs know paragraphs alone
    table = document.add_table(2, 2)
    for cell, said in zip(
        (c for row in table.rows for c in row.cells),
        ["指标", "产值（亿元）", "工业", "12.5"],
        strict=True,
    ):
        cell.text = said
    path = tmp_path / "稿.docx"
    document.save(str(path))
    assert blocks(path) == [("heading", "标题", (), ""), ("text", "人口12万", (), ""), *TABLE]


def test_a_plain_text_in_either_encoding(tmp_path: Path) -> None:
    path = tmp_path / "稿.txt"
    for encoding in ("utf-8-sig", "gb18030"):
        path.write_text("第一行\n\n第三行", encoding)
        assert [(b.place[1], b.text) for b in documents.read(path)] == [
            ("line 1", "第一行"), ("line 3", "第三行"),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("稿.pdf", b"%PDF-1.7", "is not read"),
        ("稿.docx", b"PK\x03\x04 and no more", "damaged"),
        ("稿.docx", b"", "damaged"),
        ("稿.txt", b"\xff\xfe\xff\x00\x81", "neither UTF-8 nor GB18030"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(QutongError, match=said) as refused:
        documents.read(path)
    assert refused.value.file == str(path)
    assert refused.value.remedy


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(QutongError, match="cannot be read"):
        documents.read(tmp_path / "none.txt")


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    for name in ("a.txt", "a.md", "a.html"):
        (tmp_path / name).write_bytes(b"  \n ")
        assert documents.read(tmp_path / name) == []


def test_nothing_of_a_page_is_left_out_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "deep.html"
    path.write_text("<div>" * 200 + "12", "utf-8")
    assert [b.text for b in documents.read(path)] == ["12"]
    path.write_text("<div>" * 5000 + "12", "utf-8")
    with pytest.raises(QutongError, match="nested too deeply"):
        documents.read(path)
