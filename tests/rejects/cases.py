"""One bad delivery, or one tampering, for each rule: what trips it and what is then said.

A text delivery lies as it would arrive in ``files/<rule>/``; a workbook is built here. Rules that
guard our own code against itself cannot be tripped from outside: their case changes the work
database, the dbt project or the release at the place where such a mistake would strike.

Belongs here: the table, with literal expectations. Does not belong here: laying out the district
(``world``) and carrying the cases out (the tests).
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish.site.markup import data_script, read_script
from tests.rejects.file_cases import FILE_CASES
from tests.rejects.kinds import (
    BULLETIN,
    FIGURES,
    FILES,
    MONTHLY,
    Case,
    DbtCase,
    DeliveryCase,
    Edit,
    FindingCase,
    MartsCase,
    NoticeCase,
    ReleaseCase,
    cell,
    refused,
)
from tests.rejects.plausible_cases import PLAUSIBLE_DELIVERY_CASES, PLAUSIBLE_FINDING_CASES
from tests.rejects.series_cases import SERIES_DELIVERIES, SERIES_FINDINGS
from tests.rejects.system_cases import SYSTEM_CASES
from tests.rejects.table_cases import TABLE_CASES
from tests.rejects.tables import part, with_parts
from tests.support import GOOD_ROW, HERE, INVESTMENT, Row, investment, profile

# --- builders of what is no text -------------------------------------------------------------


def truncated_workbook() -> bytes:
    """A transfer that broke off."""
    return investment()[:2000]


def shortened(name: str) -> bytes:
    """A file of the district without its last row."""
    lines = (HERE / "district" / "raw" / name).read_bytes().splitlines(keepends=True)
    return b"".join(lines[:-1])


def with_part(name: str, content: bytes) -> bytes:
    """A good workbook with one part more in its archive."""
    buffer = io.BytesIO(investment())
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr(name, content)
    return buffer.getvalue()


def macro_workbook() -> bytes:
    return with_part("xl/vbaProject.bin", b"\xcc\x61 a macro")


def zip_bomb() -> bytes:
    """Twenty megabytes of nothing, packed into as many kilobytes."""
    return with_part("xl/media/image1.emf", bytes(20 << 20))


def one_text_everywhere() -> bytes:
    """A long text in so many cells that every reader needs gigabytes for them, in a small file."""
    content = investment()
    name = "xl/worksheets/sheet1.xml"
    strings = part(content, "xl/sharedStrings.xml")
    head, mark, tail = strings.rpartition(b"</sst>")
    number = strings.count(b"<si>")
    cells = b"".join(b'<c t="s" r="A%d"><v>%d</v></c>' % (row, number) for row in range(30, 60_030))
    rows = cells.replace(b"<c ", b"</row><row><c ").removeprefix(b"</row>") + b"</row>"
    sheet = part(content, name).replace(b"</sheetData>", rows + b"</sheetData>")
    text = head + b"<si><t>" + b"x" * 32_000 + b"</t></si>" + mark + tail
    return with_parts(content, {name: sheet, "xl/sharedStrings.xml": text})


def encrypted_workbook() -> bytes:
    """What an office program writes under a password: no archive but an OLE container."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def damaged_place() -> bytes:
    """A section whose name lost a character on its way through another encoding."""
    return profile(
        "地区生产总值,云溪区,2023年,年度,480.1,,亿元,水平值,一、综\ufffd,yunxi-bulletin,,,"
    )


def workbook_without_period() -> bytes:
    return investment(title="云溪区固定资产投资")


def share_as_growth() -> bytes:
    return investment([INVESTMENT[0], ("其中：工业投资", "亿元", 50.0, None, 125.0)])


# --- the delivery gate -----------------------------------------------------------------------

WORKBOOK: dict[str, Any] = {"name": "投资2025下半年.xlsx", "like": MONTHLY}
"""A delivery that is a workbook."""


RANK = {
    "code": "gdp_rank",
    "name": {"zh": "地区生产总值位次", "en": "Gross domestic product, rank"},
    "measure": "rank",
    "price_basis": "not_applicable",
    "base_unit": "位",
    "decimals": 0,
    "direction": "lower_is_better",
}
EXPECTED = [{"indicators": ["gdp", "residents"], "regions": ["云溪区"]}]
OUTDATED = {
    "id": "reject-outdated",
    "files": "2026-*/*",
    "place": "R2C5",
    "expect": "48.01",
    "becomes": "480.1",
    "kind": "source",
    "reason": {"zh": "小数点错位", "en": "the decimal point is one place off"},
    "reported_by": "综合科",
    "reported_on": "2026-01-05",
}
"""A correction of a figure that the delivery has right by now."""


def cut_text() -> bytes:
    """A figure of 2345.67 of which only the first digits arrived."""
    row = "地区生产总值,云溪区,2023年,年度,2345.67,,亿元,水平值,一、综合,yunxi-bulletin,,,"
    whole = profile(row)
    return whole[: whole.index(b"2345.67") + 2]


DELIVERY_CASES = (
    refused(
        "delivery.unreadable-file",
        "row 2",
        "this row has 14 fields, the header has 13",
        hidden="多出一列",
    ),
    refused("delivery.empty-file", "file", "the file is empty"),
    refused(
        "delivery.wrong-encoding",
        "line 1",
        "declared as utf-8, byte 2 cannot be decoded; it looks like gb18030",
    ),
    refused(
        "delivery.truncated-workbook",
        "byte 2000",
        "the workbook ends early (a broken transfer?)",
        content=truncated_workbook,
        **WORKBOOK,
    ),
    refused(
        "delivery.truncated-text",
        "line 2",
        "line 2 is not ended by a line break (writing or transfer broken off?)",
        content=cut_text,
    ),
    refused(
        "delivery.over-reading-limit",
        "file",
        "memory",
        content=one_text_everywhere,
        **WORKBOOK,
    ),
    refused(
        "delivery.unsafe-file",
        "file",
        "the file carries macros",
        content=macro_workbook,
        variant="macro",
        **WORKBOOK,
    ),
    refused(
        "delivery.unsafe-file",
        "file",
        "it unpacks to 209",
        content=zip_bomb,
        variant="bomb",
        **WORKBOOK,
    ),
    refused(
        "delivery.unsafe-file",
        "file",
        "the file is encrypted or damaged: an OLE container without a readable workbook",
        content=encrypted_workbook,
        variant="encrypted",
        **WORKBOOK,
    ),
    refused(
        "delivery.unexpected-file-name",
        "file name",
        "the file name does not match 公报*.csv",
        name="年报2023.csv",
    ),
    refused(
        "delivery.missing-column",
        "row 1",
        "the column '数值' is missing; was it renamed to '数字'?",
    ),
    refused("delivery.duplicate-column", "row 1", "the column '单位' stands 2 times"),
    refused(
        "correction.not-as-expected",
        "R2C5",
        "correction reject-outdated: the cell does not say what is expected. Remove the correction",
        corrections=(OUTDATED,),
    ),
    refused(
        "delivery.unknown-column",
        "row 1",
        "columns that the declaration does not name: 备注",
        hidden="见附表",
    ),
    refused(
        "delivery.missing-title-period",
        "表1!row 1",
        "no period in the title",
        content=workbook_without_period,
        **WORKBOOK,
    ),
    cell("value.not-a-number", "R3C5", "Value is not a number", "约莫四百五"),
    cell("value.too-precise", "R3C5", "Value has too many decimals", "450.123456789"),
    cell("unit.unknown", "R3C5", "Unit is unknown", "亿圆"),
    cell("unit.not-convertible", "R3C5", "Unit does not fit the indicator", "450.2"),
    cell("unit.missing", "R3C5", "Unit is missing", "450.2"),
    cell("region.unknown", "R3C5", "Region is unknown", "云海区"),
    cell(
        "region.not-valid-at-period", "R3C5", "Region code was not in force in the period", "450.2"
    ),
    cell("indicator.unknown", "R3C5", "Indicator is unknown", "绿色生产总值"),
    cell("period.unreadable", "R3C5", "Period cannot be read", "前年"),
    cell("period.with-other-words", "R3C5", "Other words stand beside a period", "2022年计划"),
    cell("period.no-such-date", "R3C5", "There is no such date", "2022年13月"),
    cell("period.kind-contradicted", "R3C5", "Period and its kind contradict one another", "450.2"),
    cell("code.unknown", "R3C5", "Unknown word in a coded column", "大概齐"),
    cell("source.unknown-document", "R3C5", "Source document is not declared", "yunxi-yearbook"),
    cell("cell.unexpected", "R3C14", "Cell outside the declared layout", "手写备注"),
    refused(
        "delivery.conservation",
        "",
        "3 read, but not all of them are accounted for",
        tamper="update landing.delivery set cells_read = cells_read + 1 "
        "where data_set_id = '{data_set}' and delivery_seq = 2",
    ),
    refused(
        "delivery.quarantined-cells",
        "",
        "2 cells quarantined, 1 allowed",
        hidden="约莫四百二",
        declared={"completeness": {"max_quarantined": 1}},
    ),
    refused("delivery.nothing-accepted", "", "not one figure was accepted"),
    refused(
        "delivery.not-as-declared",
        "R2C5",
        "conf_status is C, which is not one of its codes",
        tamper="update landing.candidate set conf_status = 'C' where delivery_id = (select "
        "delivery_id from landing.delivery where data_set_id = '{data_set}' and delivery_seq = 2)",
    ),
    refused(
        "delivery.count-unlike-last",
        "",
        "rows: 1, outside [4, 10]",
        declared={"completeness": {"figures_within_pct": 50}},
    ),
    refused(
        "delivery.incomplete",
        "",
        "required and missing: residents 990101",
        declared={"completeness": {"expected": EXPECTED}},
    ),
    DeliveryCase(
        "delivery.incomplete-soft",
        "",
        "expected and missing: residents 990101",
        declared={"completeness": {"expected": [{**EXPECTED[0], "severity": "soft"}]}},
    ),
    DeliveryCase(
        "delivery.damaged-object",
        "objects//",
        "the archived bytes of 公报2023.csv are damaged, but they were read before: "
        "1 figure as it said then",
        content=lambda: profile(GOOD_ROW),
        tamper="update landing.delivery set is_damaged = true, receipt_sha256 = '' "
        "where data_set_id = '{data_set}' and delivery_seq = 2",
    ),
    DeliveryCase(
        "delivery.gone-from-folder",
        "",
        "公报2023.csv lies in its folder no more and counts: 1 figure",
        content=lambda: profile(GOOD_ROW),
        tamper="update landing.delivery set is_gone = true "
        "where data_set_id = '{data_set}' and delivery_seq = 2",
    ),
    DeliveryCase(
        "delivery.fewer-figures",
        "",
        "of the file of that name of 2025-07-15 1 figure missing, in force as before: "
        "990101 2024 schools",
        name="公报2024.csv",
        content=lambda: shortened("deliveries/yunxi-profile/2025-03-05/公报2024.csv"),
    ),
    refused("key.duplicate", "R2C5", "the same figure stands 2 times"),
    refused(
        "value.share-out-of-range",
        "表1!E6",
        "a share of 125 %",
        content=share_as_growth,
        **WORKBOOK,
    ),
    refused("rank.not-positive-integer", "R3C5", "a rank of 0", declared={"indicators": [RANK]}),
    refused("count.not-whole", "R3C5", "a count of 41.5 所"),
    DeliveryCase("value.negative-level", "R2C5", "a value of -21.4 亿元"),
    refused(
        "period.reversed",
        "R2C5",
        "starts 2024-01-01, ends 2023-12-31",
        tamper="update landing.candidate set period_start = date '2024-01-01' "
        "where data_set_id = '{data_set}' and delivery_seq = 2",
    ),
    DeliveryCase(
        "place.damaged-encoding",
        "R2C5",
        "the name of the place is damaged, of 1 figure",
        content=damaged_place,
    ),
    DeliveryCase("period.in-future", "R2C5", "known from 2025-02-28, period starts 2031-01-01"),
    refused(
        "status.value-missing-without-status",
        "R3C5",
        "value none, status A",
        declared={"symbols": {"…": "A"}},
    ),
    refused(
        "code.not-in-list",
        "R3C5",
        "the list qualifier has no approx",
        tamper="update landing.code set valid_to = date '2010-01-01' "
        "where list = 'qualifier' and code = 'approx'",
    ),
    *FILE_CASES,
    *TABLE_CASES,
    *PLAUSIBLE_DELIVERY_CASES,
    *SERIES_DELIVERIES,
)


# --- the marts gate --------------------------------------------------------------------------


def workbook(*rows: Row, period: str) -> Callable[[], bytes]:
    """A workbook of investment about another period."""
    return lambda: investment(rows, title=f"云溪区固定资产投资（{period}）")


def figures(
    *rows: str, document: str = "yunxi-yearbook", published: str = "", industry: str = ""
) -> Callable[[], bytes]:
    """A delivery of related figures; document and date go to rows that have none."""
    header = "指标,地区,期间,期间类型,数值,单位,来源,发布日期,阶段"
    more = f",{document},{published},"
    lines = (row if row.count(",") == header.count(",") else row + more for row in rows)
    lines = (f"{line},{industry}" for line in lines)
    content = "\n".join((f"{header},行业", *lines, "")).encode()
    return lambda: content


def contradiction() -> bytes:
    return (FILES / "repeat.contradiction" / "公报2018.csv").read_bytes()


def small_plan() -> bytes:
    """A plan of one indicator whose document says that it has two."""
    rows = (
        "指标,地区,期间,期间类型,数值,单位,类型",
        "小规划产出,云溪区,2020年,年度,36.5,亿元,水平值",
        "小规划产出,云溪区,2025年,目标期,48.2,亿元,目标值",
        "小规划指标数,云溪区,2021—2025年,时点,2,项,个数",
    )
    return "\n".join((*rows, "")).encode()


FINDING_CASES = (
    *PLAUSIBLE_FINDING_CASES,
    *SYSTEM_CASES,
    FindingCase(
        "plan.summary-differs",
        "yunxi-planned",
        "小规划.csv",
        small_plan,
        "2 - 1 = 1",
        ("yunxi-planned · R4C5", None),
    ),
    FindingCase(
        "relation.parts-exceed-total",
        MONTHLY,
        "投资2024上半年.xlsx",
        workbook(
            ("固定资产投资", "亿元", 200.0, None, None),
            ("其中：工业投资", "亿元", 110.0, None, None),
            ("其中：房地产开发投资", "亿元", 95.0, None, None),
            period="2024年1—6月",
        ),
        "95 + 110 = 205 [204.9, 205.1]; total 200 [199.95, 200.05]; tolerance 0",
        (
            "yunxi-monthly · 表1 · 表1!C5",
            "yunxi-monthly · 表1 · 表1!C7; yunxi-monthly · 表1 · 表1!C6",
        ),
    ),
    FindingCase(
        "relation.parts-do-not-reach-total",
        "yunxi-funds",
        "资金2024上半年.xlsx",
        workbook(
            ("到位资金", "亿元", 80.0, None, None),
            ("其中：国内贷款", "亿元", 30.0, None, None),
            ("其中：自筹资金", "亿元", 40.0, None, None),
            period="2024年1—6月",
        ),
        "30 + 40 = 70 [69.9, 70.1]; total 80 [79.95, 80.05]; tolerance 0",
        ("yunxi-funds · 表1 · 表1!C5", "yunxi-funds · 表1 · 表1!C6; yunxi-funds · 表1 · 表1!C7"),
    ),
    FindingCase(
        "relation.share-differs-from-computed",
        MONTHLY,
        "投资2024一季度.xlsx",
        workbook(
            ("固定资产投资", "亿元", 100.0, None, None),
            ("其中：工业投资", "亿元", 25.0, None, 35.0),
            period="2024年1—3月",
        ),
        "25 / 100 * 100 = [24.93, 25.07]; printed 35 [34.95, 35.05]; tolerance 0",
        (
            "yunxi-monthly · 表1 · 表1!E6",
            "yunxi-monthly · 表1 · 表1!C6; yunxi-monthly · 表1 · 表1!C5",
        ),
    ),
    FindingCase(
        "relation.shares-exceed-100",
        MONTHLY,
        "投资2024前三季度.xlsx",
        workbook(
            ("其中：工业投资", "亿元", None, None, 48.0),
            ("其中：房地产开发投资", "亿元", None, None, 58.0),
            period="2024年1—9月",
        ),
        "58 + 48 = 106 [105.9, 106.1]; at most 100; tolerance 0",
        ("yunxi-monthly · 表1 · 表1!E6; yunxi-monthly · 表1 · 表1!E5", None),
    ),
    FindingCase(
        "relation.not-above",
        "yunxi-funds",
        "资金2024一季度.xlsx",
        workbook(
            ("到位资金", "亿元", 40.0, None, None),
            ("完成支付", "亿元", 52.0, None, None),
            period="2024年1—3月",
        ),
        "52 [51.95, 52.05] > 40 [39.95, 40.05]; tolerance 0",
        ("yunxi-funds · 表1 · 表1!C6", "yunxi-funds · 表1 · 表1!C5"),
    ),
    FindingCase(
        "relation.ratio-differs-from-computed",
        FIGURES,
        "关联2019人均.csv",
        figures(
            "产出,云溪区,2019年,年度,200.0,亿元",
            "户籍人口,云溪区,2018年末,时点,19.9,万人",
            "户籍人口,云溪区,2019年末,时点,20.1,万人",
            "人均产出,云溪区,2019年,年度,120000,元",
        ),
        "200 亿元 / ((19.9 + 20.1) / 2) 万人 = [99725.68, 100275.69]; "
        "printed 120000 [119999.5, 120000.5]; tolerance 0",
        (
            "yunxi-yearbook · 表2 · R5C5",
            "yunxi-yearbook · 表2 · R2C5; yunxi-yearbook · 表2 · R3C5; yunxi-yearbook · 表2 · R4C5",
        ),
    ),
    FindingCase(
        "relation.shares-do-not-reach-100",
        FIGURES,
        "关联2018比重.csv",
        figures("传统产业比重,云溪区,2018年,年度,60.0,%", "新兴产业比重,云溪区,2018年,年度,39.0,%"),
        "39 + 60 = 99 [98.9, 99.1]; should be 100; tolerance 0",
        ("yunxi-yearbook · 表2 · R3C5; yunxi-yearbook · 表2 · R2C5", None),
    ),
    FindingCase(
        "relation.average-growth-differs-from-levels",
        FIGURES,
        "关联2010年均.csv",
        figures(
            "营业额,云溪区,2008年,年度,80.0,亿元",
            "营业额,云溪区,2010年,年度,100.0,亿元",
            "营业额年均增速,云溪区,2008—2010年,区间年均,15.0,%",
        ),
        "(100 / 80) ^ (1 / 2) - 1 = [11.74, 11.87] %; printed 15 [14.95, 15.05]; tolerance 0",
        ("yunxi-yearbook · 表2 · R4C5", "yunxi-yearbook · 表2 · R2C5; yunxi-yearbook · 表2 · R3C5"),
    ),
    FindingCase(
        "relation.growth-differs-from-levels",
        FIGURES,
        "关联2013增速.csv",
        figures(
            "营业额,云溪区,2012年,年度,90.0,亿元",
            "营业额,云溪区,2013年,年度,100.0,亿元",
            "营业额增速,云溪区,2013年,年度,4.0,%",
        ),
        "100 / 90 - 1 = [10.99, 11.23] %; printed 4 [3.95, 4.05]; tolerance 0",
        ("yunxi-yearbook · 表2 · R4C5", "yunxi-yearbook · 表2 · R2C5; yunxi-yearbook · 表2 · R3C5"),
    ),
    FindingCase(
        "relation.increment-differs-from-levels",
        FIGURES,
        "关联2017增量.csv",
        figures(
            "营业额,云溪区,2015年,年度,80.0,亿元",
            "营业额,云溪区,2017年,年度,100.0,亿元",
            "营业额增量,云溪区,2015—2017年,区间年均,30.0,亿元",
        ),
        "100 - 80 = [19.9, 20.1]; printed 30 [29.95, 30.05]; tolerance 0",
        ("yunxi-yearbook · 表2 · R4C5", "yunxi-yearbook · 表2 · R2C5; yunxi-yearbook · 表2 · R3C5"),
    ),
    FindingCase(
        "unit.does-not-fit-measure",
        FIGURES,
        "关联2020路网.csv",
        figures("路网密度,云溪区,2020年,年度,8.04,%"),
        "8.04%, level",
        ("yunxi-yearbook · 表2 · R2C5", None),
    ),
    FindingCase(
        "period.ends-after-publication",
        FIGURES,
        "关联2024图书馆.csv",
        figures("图书馆数,云溪区,2024年,年度,7,家", published="2024-11-01"),
        "2024-11-01 < 2024-12-31",
        ("yunxi-yearbook · 表2 · R2C5", None),
    ),
    FindingCase(
        "document.published-in-future",
        FIGURES,
        "关联2016概览.csv",
        figures("图书馆数,云溪区,2016年,年度,5,家", document="yunxi-almanac"),
        "2026-04 > 2026-03-01",
        ("yunxi-almanac", None),
    ),
    FindingCase(
        "document.contradiction",
        FIGURES,
        "关联2010产出.csv",
        figures(
            "产出,云溪区,2010年,年度,50.0,亿元,yunxi-yearbook,,",
            "产出,云溪区,2010年,年度,55.0,亿元,yunxi-gazette,,",
        ),
        "50 [49.95, 50.05] / 55 [54.95, 55.05]",
        ("yunxi-yearbook · 表2 · R2C5", "yunxi-gazette · 表2 · R3C5"),
    ),
    FindingCase(
        "document.census-revision",
        FIGURES,
        "关联2011产出.csv",
        figures(
            "产出,云溪区,2011年,年度,60.0,亿元,yunxi-yearbook,,经普修订",
            "产出,云溪区,2011年,年度,58.0,亿元,yunxi-gazette,,快报",
        ),
        "60 [59.95, 60.05] / 58 [57.95, 58.05]",
        ("yunxi-yearbook · 表2 · R2C5", "yunxi-gazette · 表2 · R3C5"),
    ),
    FindingCase(
        "range.part-exceeds-whole",
        FIGURES,
        "关联2012规费.csv",
        figures("规费,云溪区,2011-01/2013-06,累计,40.0,亿元", "规费,云溪区,2012年,年度,50.0,亿元"),
        "40 [39.95, 40.05] < 50 [49.95, 50.05]",
        ("yunxi-yearbook · 表2 · R2C5", "yunxi-yearbook · 表2 · R3C5"),
    ),
    FindingCase(
        "range.other-magnitude",
        FIGURES,
        "关联2005规费.csv",
        figures(
            "规费,云溪区,2004-01/2006-06,累计,2000.0,亿元", "规费,云溪区,2005年,年度,100.0,亿元"
        ),
        "2000 / 30 * 12 = 800; 100, 7.9958 times",
        ("yunxi-yearbook · 表2 · R2C5", "yunxi-yearbook · 表2 · R3C5"),
    ),
    FindingCase(
        "region.parts-exceed-total",
        FIGURES,
        "关联2019学生.csv",
        figures(
            "在校学生,云州市,2019年,年度,10.0,万人",
            "在校学生,云溪区,2019年,年度,6.0,万人",
            "在校学生,云山区,2019年,年度,5.0,万人",
        ),
        "6 + 5 = 11 [10.9, 11.1]; total 10 [9.95, 10.05]; 2 of 2 regions",
        ("yunxi-yearbook · 表2 · R2C5", "yunxi-yearbook · 表2 · R3C5; yunxi-yearbook · 表2 · R4C5"),
    ),
    FindingCase(
        "region.parts-do-not-reach-total",
        FIGURES,
        "关联2020学生.csv",
        figures(
            "在校学生,云州市,2020年,年度,10.0,万人",
            "在校学生,云溪区,2020年,年度,6.0,万人",
            "在校学生,云山区,2020年,年度,3.0,万人",
        ),
        "6 + 3 = 9 [8.9, 9.1]; total 10 [9.95, 10.05]; 2 of 2 regions",
        ("yunxi-yearbook · 表2 · R2C5", "yunxi-yearbook · 表2 · R3C5; yunxi-yearbook · 表2 · R4C5"),
    ),
    FindingCase(
        "suspicious.one-number-for-two-measures",
        FIGURES,
        "关联2007比重.csv",
        figures(
            "营业额年均增速,云溪区,2005—2007年,区间年均,15.3,%",
            "营业额比重,云溪区,2006年,年度,15.3,%",
        ),
        "15.3 = 15.3",
        ("yunxi-yearbook · 表2 · R2C5", "yunxi-yearbook · 表2 · R3C5"),
    ),
    FindingCase(
        "suspicious.part-grows-as-its-whole",
        FIGURES,
        "关联2004增速.csv",
        figures("营业额增速,云溪区,2004年,年度,12.7,%", "网上营业额增速,云溪区,2004年,年度,12.7,%"),
        "12.7 = 12.7",
        ("yunxi-yearbook · 表2 · R3C5", "yunxi-yearbook · 表2 · R2C5"),
    ),
    FindingCase(
        "suspicious.one-number-for-two-states",
        FIGURES,
        "关联2003会堂.csv",
        figures("建成会堂数,云溪区,2003年,年度,21,座", "在建会堂数,云溪区,2003年,年度,21,座"),
        "21 = 21",
        ("yunxi-yearbook · 表2 · R3C5", "yunxi-yearbook · 表2 · R2C5"),
    ),
    FindingCase(
        "suspicious.remainder",
        FIGURES,
        "关联2016规费.csv",
        figures("规费,云溪区,2015-01/2017-06,累计,49.3,亿元", "规费,云溪区,2016年,年度,17.7,亿元"),
        "(49.3 - 17.7) / 18 * 12 = 21.07",
        ("yunxi-yearbook · 表2 · R2C5", "yunxi-yearbook · 表2 · R3C5"),
    ),
    FindingCase(
        "suspicious.quotient",
        FIGURES,
        "关联2002用地.csv",
        figures("调查用地,云溪区,2002年,年度,0.8,万亩", "调查企业,云溪区,2002年,年度,1.0,万家"),
        "0.8 万亩 / 1 万家 = 0.8; plausible 1 to 5000",
        ("yunxi-yearbook · 表2 · R2C5", "yunxi-yearbook · 表2 · R3C5"),
    ),
    FindingCase(
        "marts.figures-cut",
        FIGURES,
        "关联2021项目.csv",
        figures("调查项目,云溪区,2021年,年度,3,个", industry="制造业"),
        "breakdown",
        (None, None),
    ),
    FindingCase(
        "repeat.contradiction",
        BULLETIN,
        "公报2018.csv",
        contradiction,
        "300.2 [300.15, 300.25] / >320 [320, ?]",
        ("yunxi-bulletin · 一、综合 · R2C5", "yunxi-bulletin · 前言 · R3C5"),
    ),
    *SERIES_FINDINGS,
)


def repeated_bulletin() -> bytes:
    """One figure three times at one place, each print compatible with the others: no mistake."""
    row = "地区生产总值,云溪区,2012年,年度,{},{},亿元,水平值,一、综合,yunxi-bulletin,,,"
    return profile(row.format("180.4", ""), row.format("180.4", ""), row.format("180", "超"))


def final_bulletin() -> bytes:
    """A revision of the year 2024: the marts then hold a version that has ended."""
    return profile("地区生产总值,云溪区,2024年,年度,515.6,,亿元,水平值,一、综合,yunxi-bulletin,,,")


SCHOOLS = "(data_set_id = 'yunxi-profile' and indicator_code = 'schools' and period = '2024')"


def one_other(change: str) -> str:
    """A figure as it was published, otherwise than it is."""
    return (
        f"select * replace ('other' as observation_id, {change}) from core.observation "
        f"where {SCHOOLS}"
    )


MARTS_CASES = (
    MartsCase(
        "history.one-current-version",
        "update core.observation set known_to = null where known_to is not null",
        "2 current versions",
    ),
    MartsCase(
        "history.interval-order",
        "update core.observation set known_to = known_from - 1 "
        "where known_to is not null and data_set_id = 'yunxi-profile'",
        "known from 2025-02-28 to 2025-02-27",
    ),
    MartsCase(
        "history.nothing-lost",
        "delete from core.observation where data_set_id = 'yunxi-profile' "
        "and indicator_code = 'schools' and period = '2024'",
        "7 admitted, 6 in the history",
    ),
    MartsCase(
        "published.figures-gone",
        "",
        "1 figure published in 2026-02-01.1 gone although no delivery did it and nobody "
        "decided so: 云州市云溪区 1999 学校数 41 所",
        published="from core.observation union all " + one_other("'1999' as period"),
    ),
    MartsCase(
        "published.figures-changed",
        "",
        "1 figure published in 2026-02-01.1 changed although no delivery did: "
        "云州市云溪区 2024 学校数 42 所 → 41 所",
        published=f"from core.observation where {SCHOOLS} is not true "
        "union all " + one_other("42 as value"),
    ),
    MartsCase(
        "headline.exactly-one",
        "update core.observation set is_headline = false where indicator_code = 'schools'",
        "0 headline figures",
    ),
    MartsCase(
        "marts.figure-not-in-mart",
        "delete from core.district_profile where item = 'resident_population'",
        "the headline figure is not in core.district_profile",
    ),
    MartsCase(
        "marts.columns-differ",
        "alter table core.region alter column region_name_en type integer using 1",
        "column region_name_en: VARCHAR in the contract, INTEGER in the table",
    ),
    MartsCase(
        "marts.key-not-unique",
        "insert into core.region select * from core.region where region_code = '990101'",
        "2 rows have this key",
    ),
    MartsCase(
        "marts.unknown-code",
        "update core.period set precision = 'week' where period = '2003'",
        "precision is week, which is not one of its codes",
    ),
    MartsCase(
        "marts.value-out-of-range",
        "update core.period set months = -12 where period = '2003'",
        "months is -12, outside [0, …]",
    ),
)

NOTICE_CASES = (
    NoticeCase("marts.no-rows", "delete from core.observation", "rows: 0, outside [1, …]"),
)

DBT_CASES = (
    DbtCase(
        "marts.contract",
        ("dim_period",),
        "dim_period",
        model=("models/marts/core/dim_period.sql", "as months,", "as number_of_months,"),
    ),
    DbtCase(
        "marts.not-null",
        ("dim_region",),
        "dim_region",
        tamper="update landing.region set region_name_zh = null where region_code = '990101'",
    ),
    DbtCase(
        "marts.test-failed",
        ("observation",),
        "observation_delivery_exists",
        tamper="delete from landing.delivery where data_set_id = 'yunxi-profile'",
    ),
)


# --- the release gate ------------------------------------------------------------------------


def edit(name: str, before: str, after: str) -> Edit:
    """Replace the first such text in a file of the candidate."""

    def change(path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after, 1), encoding="utf-8", newline="")

    return Edit(name, change)


def in_script(name: str, before: str, after: str) -> Edit:
    """Replace the first such text in what a data script of the pages carries, as a build would."""

    def change(path: Path) -> None:
        arguments = read_script(path.read_text(encoding="utf-8"))
        assert arguments and before in arguments[3]
        payload = arguments[3].replace(before, after, 1)
        path.write_text(data_script(name, payload, arguments[1]), encoding="utf-8", newline="")

    return Edit(f"site/data/{name}.js", change)


def in_mart(sql: str) -> Callable[[Path], None]:
    """Change the database of the candidate; DuckDB files have no hash in the manifest."""

    def change(candidate: Path) -> None:
        with duckdb.connect(str(candidate / "mart.duckdb")) as connection:
            connection.execute(sql)

    return change


def without_labels(path: Path) -> None:
    """Take every word for simulated out of the page that people open."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("模拟", "").replace("simulated", ""), encoding="utf-8")


def with_old_engine(candidate: Path) -> None:
    """Give the candidate an engine of before the storage that databases of releases have."""
    facts = {"name": "engine", "version": "1.29.0", "duckdb": "v1.1.1", "storages": ["v1.1.1"]}
    folder = candidate / "site" / "engine"
    folder.mkdir()
    (folder / "engine.json").write_text(json.dumps(facts), encoding="utf-8")


def in_zip(name: str, part: str, pattern: str, after: str) -> Edit:
    """Replace the first such text in a part of a Word or Excel file of the candidate."""

    def change(path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            parts = {item: archive.read(item) for item in archive.namelist()}
        text, count = re.subn(pattern, after, parts[part].decode(), count=1)
        assert count == 1
        parts[part] = text.encode()
        with zipfile.ZipFile(path, "w") as archive:
            for item, content in parts.items():
                archive.writestr(item, content)

    return Edit(name, change)


RELEASE_CASES = (
    ReleaseCase(
        "release.hash-mismatch",
        ("release.hash-mismatch",),
        "quality/report.json: the bytes do not have the hash the manifest states",
        edit("quality/report.json", "{", "{ "),
    ),
    ReleaseCase(
        "release.contract-broken",
        ("release.contract-broken",),
        "mart.duckdb: found core.region: [('region_code', 'VARCHAR', False), ",
        in_mart("alter table core.region rename region_kind to kind_of_region"),
    ),
    ReleaseCase(
        "release.row-count-differs",
        (
            "release.contract-broken",
            "release.printed-figure-differs",
            "release.row-count-differs",
        ),
        "mart.duckdb: core.region: 5 rows where the marts has 6",
        in_mart("delete from core.region where region_code = '990109'"),
    ),
    ReleaseCase(
        "release.row-hash-differs",
        ("release.row-hash-differs", "release.words-differ"),
        "parquet/core/region.parquet: the rows differ from those of the database",
        in_mart("update core.region set region_name_en = 'Elsewhere' where region_code = '990109'"),
    ),
    ReleaseCase(
        "release.dictionary-incomplete",
        ("release.dictionary-incomplete",),
        "core.region.region_code: has no comment in the database",
        in_mart("comment on column core.region.region_code is ''"),
    ),
    ReleaseCase(
        "release.unsafe-cell",
        ("release.hash-mismatch", "release.row-hash-differs", "release.unsafe-cell"),
        "csv/core/region.csv: 1 rows hold a cell that a spreadsheet may take for a formula",
        edit("csv/core/region.csv", "云省", "=1+1"),
    ),
    ReleaseCase(
        "release.unlabelled-simulated",
        ("release.hash-mismatch", "release.unlabelled-simulated"),
        "quality/report.html: the release holds simulated rows and this file does not say so",
        Edit("quality/report.html", without_labels),
    ),
    ReleaseCase(
        "release.sdmx-differs",
        ("release.hash-mismatch", "release.sdmx-differs"),
        "sdmx/3.0/profile.xml: differs from the database: +1 -1",
        edit("sdmx/3.0/profile.xml", 'OBS_STATUS="A"', 'OBS_STATUS="E"'),
    ),
    ReleaseCase(
        "release.package-incomplete",
        ("release.hash-mismatch", "release.package-incomplete"),
        "CITATION.cff: cites version of another time, not 2026-03-01.1",
        edit("CITATION.cff", "2026-03-01.1", "of another time"),
    ),
    ReleaseCase(
        "release.printed-figure-differs",
        ("release.hash-mismatch", "release.printed-figure-differs", "release.words-differ"),
        "brief/profile.docx: it prints ",
        in_zip(
            "brief/profile.docx",
            "word/document.xml",
            r'(w:name="figure_\w+"/><w:r><w:t>)[^<]*',
            r"\g<1>7",
        ),
    ),
    ReleaseCase(
        "release.printed-figure-differs",
        ("release.hash-mismatch", "release.printed-figure-differs"),
        "xlsx/yearbook.xlsx: 1-1 ",
        in_zip(
            "xlsx/yearbook.xlsx",
            "xl/worksheets/sheet2.xml",
            r'(<c r="\w+" s="\d+">)<v>[^<]*',
            r"\g<1><v>7",
        ),
        variant="yearbook",
    ),
    ReleaseCase(
        "release.printed-figure-differs",
        ("release.hash-mismatch", "release.printed-figure-differs"),
        "xlsx/monthly.xlsx: 1-1 ",
        in_zip(
            "xlsx/monthly.xlsx",
            "xl/worksheets/sheet2.xml",
            r'(<c r="\w+" s="\d+">)<v>[^<]*',
            r"\g<1><v>7",
        ),
        variant="monthly",
    ),
    ReleaseCase(
        "release.paper-unreadable",
        ("release.hash-mismatch", "release.paper-unreadable"),
        "xlsx/yearbook.xlsx: 1-1 ",
        in_zip("xlsx/yearbook.xlsx", "xl/styles.xml", r'<sz val="9"/>', '<sz val="7"/>'),
    ),
    ReleaseCase(
        "release.site-incomplete",
        ("release.hash-mismatch", "release.site-incomplete"),
        "site/index.html: a link leads nowhere: scorecards.html",
        edit("site/index.html", 'href="scorecard.html"', 'href="scorecards.html"'),
    ),
    ReleaseCase(
        "release.site-figure-differs",
        (
            "release.hash-mismatch",
            "release.site-figure-differs",
            "release.site-incomplete",
            "release.words-differ",
        ),
        "which is not the database's figure",
        edit("site/index.html", 'class="n" data-v="', 'class="n" data-v="9'),
    ),
    ReleaseCase(
        "release.site-figure-differs",
        (
            "release.hash-mismatch",
            "release.site-figure-differs",
            "release.site-incomplete",
        ),
        "is drawn and not in force, or in force and not drawn",
        in_script("indicator/gdp", "\t4120.5\t", "\t4210.5\t"),
        variant="data-of-page",
    ),
    ReleaseCase(
        "release.words-differ",
        ("release.hash-mismatch", "release.words-differ"),
        "site/feed.atom: feed: it says ",
        edit("site/feed.atom", "<entry><title>", "<entry><id>of another release</id><title>"),
        variant="feed",
    ),
    ReleaseCase(
        "release.words-differ",
        ("release.hash-mismatch", "release.site-incomplete", "release.words-differ"),
        "site/corrections.html: ",
        edit("site/corrections.html", '<td class="num">', '<td class="num">9'),
        variant="corrections",
    ),
    ReleaseCase(
        "release.site-figure-differs",
        ("release.hash-mismatch", "release.site-figure-differs"),
        "site/data/found.js: ",
        in_script("found", '"4,120.5"', '"4,210.5"'),
        variant="search",
    ),
    ReleaseCase(
        "release.browser-cannot-open",
        ("release.browser-cannot-open", "release.hash-mismatch", "release.site-incomplete"),
        "mart.duckdb: the engine of the browser cannot open it: storage version v1.2.0 is not ",
        with_old_engine,
    ),
    ReleaseCase(
        "release.words-differ",
        ("release.hash-mismatch", "release.words-differ"),
        "brief/profile.docx: tracked changes or comments are left in the brief",
        in_zip(
            "brief/profile.docx",
            "word/document.xml",
            "<w:body>",
            '<w:body><w:p><w:del w:id="9" w:author="x"><w:r><w:delText>上涨</w:delText></w:r>'
            "</w:del></w:p>",
        ),
        variant="tracked-changes",
    ),
    ReleaseCase(
        "release.words-differ",
        ("release.hash-mismatch", "release.site-incomplete", "release.words-differ"),
        "site/index.html: it says ",
        edit("site/index.html", '<span lang="zh">亿元</span>', '<span lang="zh">万元</span>'),
    ),
    ReleaseCase(
        "release.words-differ",
        ("release.hash-mismatch", "release.words-differ"),
        "brief/profile.docx: it says ",
        in_zip("brief/profile.docx", "word/document.xml", r"(<w:t>\d{4}年)，", r"\g<1>底，"),
        variant="brief",
    ),
    ReleaseCase(
        "release.words-differ",
        ("release.hash-mismatch", "release.words-differ"),
        "CITATION.cff: cites the day 2026-02-28, not 2026-03-01",
        edit("CITATION.cff", "date-released: 2026-03-01", "date-released: 2026-02-28"),
        variant="day-of-citation",
    ),
    ReleaseCase(
        "release.words-differ",
        ("release.words-differ",),
        "manifest.json: released at 2026-03-01 17:00:00 Asia/Shanghai; the manifest says ",
        edit("manifest.json", "2026-03-01T17:00:00", "2026-03-01T09:00:00"),
        variant="time-of-manifest",
    ),
    ReleaseCase(
        "release.words-differ",
        ("release.hash-mismatch", "release.words-differ"),
        "site/data/release.js: says 2026-03-01 09:00 Asia/Shanghai (北京时间 / Beijing time), not ",
        in_script("release", "2026-03-01 17:00", "2026-03-01 09:00"),
        variant="time-of-pages",
    ),
    ReleaseCase(
        "release.printed-figure-differs",
        ("release.hash-mismatch", "release.printed-figure-differs"),
        "xlsx/investment.xlsx: ",
        in_zip(
            "xlsx/investment.xlsx",
            "xl/worksheets/sheet3.xml",
            r'(<c r="\w+" s="\d+">)<v>[^<]*',
            r"\g<1><v>7",
        ),
        variant="theme-workbook",
    ),
    ReleaseCase(
        "release.words-differ",
        ("release.hash-mismatch", "release.words-differ"),
        "xlsx/investment.xlsx: ",
        in_zip("xlsx/investment.xlsx", "xl/sharedStrings.xml", "亿元", "万元"),
        variant="unit-in-workbook",
    ),
    ReleaseCase(
        "release.words-differ",
        ("release.words-differ",),
        "the figures give 52、40",
        tamper="update quality.finding set message_zh = replace(message_zh, '52', '25') "
        "where rule_id = 'relation.not-above'",
        variant="finding",
    ),
    ReleaseCase(
        "release.words-differ",
        ("release.hash-mismatch", "release.site-incomplete", "release.words-differ"),
        "site/quality.html: finding ",
        edit("site/quality.html", "大于到位资金", "小于到位资金"),
        variant="finding-page",
    ),
    ReleaseCase(
        "release.raw-text-inside",
        ("release.raw-text-inside",),
        "quality.quarantine",
        tamper="update quality.quarantine set reason_zh = '约莫四百五' "
        "where rule_id = 'value.not-a-number'",
    ),
    ReleaseCase(
        "release.open-findings-need-decision",
        ("release.open-findings-need-decision",),
        "for a decision: qutong finding list",
        policy="bureau",
    ),
    ReleaseCase("release.verdict-missing", (), "no verdict is recorded for it", verdict="lost"),
    ReleaseCase(
        "release.verdict-missing",
        (),
        "the recorded verdict was changed after it was written",
        verdict="edited",
        variant="edited",
    ),
    ReleaseCase(
        "release.verdict-missing",
        (),
        "its files are not those the verdict was given on",
        verdict="stale",
        variant="stale",
    ),
)

CASES: tuple[Case, ...] = (
    *DELIVERY_CASES,
    *FINDING_CASES,
    *MARTS_CASES,
    *NOTICE_CASES,
    *DBT_CASES,
    *RELEASE_CASES,
)
