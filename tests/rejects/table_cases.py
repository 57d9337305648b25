"""Bad tables: files that can be read, and say something else than their declaration expects.

Belongs here: headers, blocks, names, periods, units and magnitudes. Does not belong here: what is
wrong with the file itself (``file_cases``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.rejects.kinds import MONTHLY, DeliveryCase, cell, refused
from tests.rejects.tables import BAD, BLOCK, Lines, csv, lines, own, table_case, xlsx
from tests.support import INVESTMENT, Row, investment

INVESTED: dict[str, Any] = {"name": "投资2025下半年.xlsx", "like": MONTHLY}
NEXT = "云溪区固定资产投资（2025年1—12月）"


def formulas_without_values() -> bytes:
    """Figures computed by a program that does not store what it computes."""

    def change(book: Any, sheet: Any) -> None:
        del book
        sheet.write_formula(3, 2, "=40+1", None, "")

    return xlsx(BAD, change=change)


def moved_header() -> bytes:
    """The upper header begins a column further right than before."""
    import io

    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(investment()))
    sheet = book["表1"]
    sheet.unmerge_cells("C3:E3")
    sheet["C3"], sheet["D3"] = None, "本期累计"
    sheet.merge_cells("D3:E3")
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def invested(rows: Sequence[Row]) -> bytes:
    return investment(rows, title=NEXT)


UNIT_FORGOTTEN: tuple[Row, ...] = (
    ("固定资产投资", "亿元", 4_100_000.0, 6.1, None),
    ("其中：工业投资", "亿元", 1_020_000.0, None, 24.9),
    ("其中：房地产开发投资", "亿元", 1_800_000.0, None, 43.9),
)
"""From 亿元 to 万元, and the column of units was not brought up to date."""

FRACTIONS: tuple[Row, ...] = (
    ("固定资产投资", "亿元", 410.0, "0.061", None),
    ("其中：工业投资", "亿元", 102.0, None, "0.249"),
    ("其中：房地产开发投资", "亿元", 180.0, None, "0.439"),
)

REGIONS = ("地区", "单位", "地区生产总值")
REGION_BLOCK = {
    "stub": "地区",
    "stub_is": ["region"],
    "header_rows": 1,
    "columns": [
        {"header": ["单位"], "carries": "unit"},
        {"header": ["地区生产总值"], "period": "title", "indicator": "地区生产总值"},
    ],
}


def by_region(year: int, *more: Sequence[str]) -> Lines:
    """A table with regions in its stub."""
    title = f"{year}年各区地区生产总值（虚构）"
    rows = (("云溪区", "亿元", "420.5"), ("云山区", "亿元", "300.1"))
    return ((title,), REGIONS, *rows, *more)


TWO: dict[str, Any] = {
    "blocks": [
        {**BLOCK, "starts": r"^一、经济\((?P<period>.*?)\)"},
        {**BLOCK, "starts": r"^二、教育\((?P<period>.*?)\)"},
    ]
}


def two_blocks() -> Lines:
    """As it was delivered before: one figure in each block."""
    head = ("指标", "单位", "数量")
    return (
        ("一、经济（2021年）",),
        head,
        ("地区生产总值", "亿元", "420.5"),
        ("二、教育（2021年）",),
        head,
        ("学校数", "所", "40"),
    )


def bad_blocks(first: str, second: str) -> bytes:
    """The next delivery, with other titles."""
    table = [tuple(line) for line in two_blocks()]
    table[0], table[3] = (first,), (second,)
    return csv(table)


CHANGED_NAME = """\
list,word,code,valid_from,valid_to,note
region,旧城,990109,1990-01-01,2016-01-01,
region,旧城,990101,2016-01-01,,
"""
"""``synonyms.csv``: a district that was merged into another one, which keeps its name."""

TABLE_CASES: tuple[DeliveryCase, ...] = (
    DeliveryCase(
        "value.not-a-number",
        "表1!C4",
        "Value is not a number",
        refused_by="delivery.quarantined-cells",
        variant="formula",
        declared=own("xlsx"),
        **table_case("xlsx", formulas_without_values),
    ),
    refused(
        "delivery.missing-column",
        "表1!row 3",
        "the column '本期累计/绝对数' is missing; was it renamed to '本期累计/同比±%'?",
        content=moved_header,
        variant="moved-header",
        **INVESTED,
    ),
    refused(
        "value.magnitude-shift",
        "表1!C5",
        "3 of 3 comparable figures are about 10^4 times those before: looks like 万元 instead of "
        "亿元",
        also="plausible.impossible",
        content=lambda: invested(UNIT_FORGOTTEN),
        variant="unit",
        **INVESTED,
    ),
    refused(
        "value.magnitude-shift",
        "表1!D5",
        "3 of 3 comparable figures are about 10^-2 times those before: looks like fractions "
        "instead of per cents (0.065 for 6.5)",
        content=lambda: invested(FRACTIONS),
        variant="fractions",
        **INVESTED,
    ),
    DeliveryCase(
        "period.unreadable",
        "R3C5",
        "Period cannot be read",
        refused_by="delivery.quarantined-cells",
        variant="date-serial",
        name="公报序列号.csv",
        hidden="44926",
    ),
    DeliveryCase(
        "indicator.unknown",
        "表1!C8",
        "Indicator is unknown",
        refused_by="delivery.quarantined-cells",
        variant="totals-row",
        content=lambda: invested((*INVESTMENT, ("合计", "亿元", 340.0, None, None))),
        **INVESTED,
    ),
    DeliveryCase(
        "region.unknown",
        "R5C3",
        "Region is unknown",
        refused_by="delivery.quarantined-cells",
        variant="totals-row",
        hidden="720.6",
        declared=own("csv", blocks=[REGION_BLOCK]),
        **table_case(
            "csv",
            lambda: csv(by_region(2022, ("合计", "亿元", "720.6"))),
            lambda: csv(by_region(2021)),
        ),
    ),
    refused(
        "delivery.duplicate-block",
        "row 4",
        "2 rows open the block",
        declared=own("csv", **TWO),
        **table_case(
            "csv",
            lambda: bad_blocks("一、经济（2022年）", "一、经济（2022年）"),
            lambda: csv(two_blocks()),
        ),
    ),
    refused(
        "delivery.missing-block",
        "file",
        "block 2 is missing",
        declared=own("csv", **TWO),
        **table_case(
            "csv",
            lambda: csv(lines(2022)).replace(
                "2022年云溪区主要指标".encode(), "一、经济（2022年）".encode()
            ),
            lambda: csv(two_blocks()),
        ),
    ),
    cell(
        "name.ambiguous-in-period",
        "R3C5",
        "Name changes its meaning inside the period",
        "450.2",
    ),
)
