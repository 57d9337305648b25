"""What stands in the briefs and the yearbook, read back with python-docx and openpyxl.

Belongs here: sentences, cells and pages of a small invented district, and that they are the same
every time. Does not belong here: that a release holds the files (test_publish_build and the
pipeline tests).
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import pytest
from docx import Document
from docx.oxml.ns import qn
from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string

from orchestration.publish.package import Package
from orchestration.publish.paper.brief import write_briefs
from orchestration.publish.paper.brief_model import (
    Entry,
    choose_charts,
    cut,
    form_of,
    select,
)
from orchestration.publish.paper.cells import check_yearbook
from orchestration.publish.paper.charts import Bar, Chart, draw, svg
from orchestration.publish.paper.check import Difference, check_briefs
from orchestration.publish.paper.figures import (
    Figure,
    clean,
    figure_cell,
    figure_words,
    read_figures,
)
from orchestration.publish.paper.words import check_words
from orchestration.publish.paper.yearbook import write_yearbook
from orchestration.publish.printed import Word
from orchestration.publish.products.paper import BRIEFS
from orchestration.publish.tables import Column, Table

WORDS: Mapping[str, Mapping[str, Word]] = {
    "theme": {
        "investment": Word("投资", "investment", 2),
        "consumption": Word("消费", "consumption", 4),
        "profile": Word("区情概览", "profile", 8),
    },
    "topic": {"economy": Word("经济", "Economy", 1), "people": Word("人口", "Population", 2)},
    "item": {"gdp": Word("地区生产总值", "GDP", 1), "sales": Word("零售", "Sales", 2)},
    "role": {
        "value": Word("数值", "value", 1),
        "growth": Word("增速", "growth", 5, "value"),
        "cagr": Word("年均增速", "average annual growth", 6, "value"),
    },
    "ranked_among": {"city": Word("全市", "city", 2)},
    "scope": {"above_scale": Word("规模以上", "above designated size", 3)},
    "qualifier": {
        "exact": Word("准确值", "exact", 1),
        "above": Word("超过（不含本数）", "above, the number excluded", 2),
    },
}
REPORT: dict[str, Any] = {
    "release": {
        "release_id": "2026-03-01.1",
        "release_time": "2026-02-28T16:30:00",
        "release_day": "2026-03-01",
        "release_time_local": "2026-03-01T00:30:00",
        "time_zone": "Asia/Shanghai",
        "policy": "demo",
        "district_name_zh": "云溪区",
        "district_name_en": "Yunxi District",
    },
    "statement_zh": "本版本依 demo 策略发布，发布时有 2 条未了结的发现。",
    "statement_en": "This release was published with 2 open findings under policy demo.",
    "findings_open": 2,
}
GDP = Figure(
    "a1", "gdp", "地区生产总值", "Gross domestic product", "profile", "economy",
    "core.district_profile", "gdp", "value", "990101", "云溪区", "Yunxi District", "2025", "2025年",
    "2025", date(2025, 1, 1), date(2025, 12, 31), "annual", "level", "current", "not_stated",
    "current", "_T", Decimal("1000.00000000"), "亿元", "above", "P", False, False, "doc_a",
)  # fmt: skip


def figure(observation_id: str, code: str, name: str, value: str, **changes: Any) -> Figure:
    """An exact figure of the district, unless something else is said."""
    common: dict[str, Any] = {
        "observation_id": observation_id,
        "indicator_code": code,
        "name_zh": name,
        "name_en": code.replace("_", " ").capitalize(),
        "value": Decimal(value),
        "qualifier": "exact",
        "obs_status": "A",
        "item": code,
    }
    return replace(GDP, **(common | changes))


def of_year(year: int) -> dict[str, Any]:
    return {"period": str(year), "period_zh": f"{year}年", "period_en": str(year),
            "period_start": date(year, 1, 1), "period_end": date(year, 12, 31)}  # fmt: skip


GROWTH = figure("a2", "gdp_growth", "地区生产总值增速", "4.9", item="gdp", role="growth",
                measure="yoy_growth_pct", basis="yoy", unit="%",
                price_basis="comparable")  # fmt: skip
CAGR = figure("a3", "sales_cagr", "零售额年均增速", "-1.80", item="sales", role="cagr",
              measure="cagr_pct", basis="cagr", unit="%", theme="consumption",
              period="2023/2025", period_zh="2023年至2025年", period_en="2023 to 2025",
              period_start=date(2023, 1, 1), period_kind="growth_over_range",
              mart="consumption.trade", topic="")  # fmt: skip
SALES = figure("a4", "sales", "零售额", "449.7", item="sales", theme="consumption",
               mart="consumption.trade", topic="", is_period_inferred=True)  # fmt: skip
RANK = figure("a5", "gdp_growth_city_rank", "GDP增速全市排名", "3", item="gdp_growth", role="rank",
              measure="rank", basis="rank", unit="位",
              qualifier="at_most")  # fmt: skip
TARGET = figure("a6", "revenue_target", "数字经济收入目标", "1000", measure="target_level",
                basis="target", period_kind="target", qualifier="above", figure_kind="target",
                **of_year(2027))  # fmt: skip
OLDER = replace(GDP, observation_id="a7", value=Decimal("860.3"), qualifier="exact",
                obs_status="A", **of_year(2023))  # fmt: skip
OLDEST = replace(GDP, observation_id="a8", value=Decimal(660), qualifier="above",
                 obs_status="A", **of_year(2022))  # fmt: skip
ELSEWHERE = replace(GDP, observation_id="b1", region_code="990102", region_zh="甲区",
                    region_en="District A", value=Decimal("123456789012345678"),
                    qualifier="approx", obs_status="A")  # fmt: skip
FIGURES = (GDP, GROWTH, CAGR, SALES, RANK, TARGET, OLDER, OLDEST, ELSEWHERE)


def said(parts: tuple[Any, ...]) -> str:
    return "".join(part if isinstance(part, str) else part[0] + part[1].marks for part in parts)


# --- one figure --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "cell", "words"),
    [
        ({}, "超1000", "超1000亿元"),
        ({"qualifier": "at_least"}, "≥1000", "不低于1000亿元"),
        ({"qualifier": "above_slightly"}, "略超1000", "1000余亿元"),
        ({"qualifier": "below"}, "<1000", "低于1000亿元"),
        ({"qualifier": "just_below"}, "近1000", "近1000亿元"),
        ({"qualifier": "at_most"}, "≤1000", "不超过1000亿元"),
        ({"qualifier": "approx"}, "约1000", "约1000亿元"),
        ({"qualifier": "exact", "value": Decimal("0.10")}, "0.1", "0.1亿元"),
        ({"value": Decimal("123456789012345678.5")}, "超123456789012345678.5",
         "超123456789012345678.5亿元"),
        ({"measure": "rank", "qualifier": "at_most", "value": Decimal(10)}, "前10", "前10"),
        ({"measure": "rank", "qualifier": "exact", "value": Decimal(3)}, "第3", "第3"),
        ({"measure": "rank", "qualifier": "above", "value": Decimal(3)}, "第3以后", "第3以后"),
        ({"measure": "rank", "qualifier": "approx", "value": Decimal(3)}, "约第3", "约第3"),
    ],
)  # fmt: skip
def test_a_figure_never_says_more_than_its_source(
    changes: dict[str, Any], cell: str, words: str
) -> None:
    one = replace(GDP, **changes)
    assert (figure_cell(one, WORDS), figure_words(one, WORDS)) == (cell, words)


@pytest.mark.parametrize(
    ("value", "qualifier", "words"),
    [
        ("4.90", "exact", "增长4.9%"),
        ("-1.8", "exact", "下降1.8%"),
        ("0", "exact", "持平"),
        ("10", "above", "超10%"),
        # Above −5 per cent may be growth: neither verb is true.
        ("-5", "above", "超-5%"),
    ],
)
def test_growth_in_words(value: str, qualifier: str, words: str) -> None:
    growth = replace(GROWTH, value=Decimal(value), qualifier=qualifier)
    assert figure_words(growth, WORDS) == words


def test_marks() -> None:
    assert GDP.marks == "p"
    assert replace(GDP, obs_status="E", is_period_inferred=True, is_simulated=True).marks == "eis"
    assert replace(GDP, obs_status="A").marks == ""


# --- choosing ----------------------------------------------------------------------------------


def test_a_rank_among_the_first_has_no_distance_to_another() -> None:
    earlier = replace(RANK, observation_id="b1", qualifier="exact", **of_year(2023))
    assert select([earlier, RANK], [], {}, WORDS).before == {}


@pytest.mark.parametrize(
    ("changes", "form"),
    [
        (of_year(2025), ("年度", "yearly")),
        ({"period_end": date(2026, 6, 30), "period_start": date(2026, 1, 1),
          "period_kind": "cumulative_range"}, ("半年", "half-yearly")),
        ({"period_end": date(2026, 3, 31), "period_start": date(2026, 1, 1),
          "period_kind": "cumulative_range"}, ("季度", "quarterly")),
        ({"period_end": date(2026, 5, 31), "period_start": date(2026, 1, 1),
          "period_kind": "cumulative_range"}, ("月度", "monthly")),
        ({"period_end": date(2026, 6, 30), "period_start": date(2026, 6, 1),
          "period_kind": "monthly"}, ("月度", "monthly")),
    ],
)  # fmt: skip
def test_the_newest_figure_says_what_kind_of_brief_it_is(
    changes: dict[str, Any], form: tuple[str, str]
) -> None:
    assert form_of([OLDER, replace(SALES, **changes)]) == form
    assert form_of([TARGET]) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"figure_kind": "forecast"},
        {"figure_kind": "proposal"},
        {"figure_kind": "standard"},
        {"figure_kind": "action"},
        {"figure_kind": "record"},
        {"subject": "某集团"},
        {"locality": "某新城"},
    ],
    ids=str,
)
def test_what_stands_apart_is_neither_fact_nor_target(changes: dict[str, Any]) -> None:
    apart = (replace(GDP, **changes), replace(RANK, **changes))
    selection = select(apart, ["gdp"], {}, WORDS)
    assert selection.is_empty
    assert choose_charts([replace(OLDER, **changes)] * 3, (), (), WORDS) == []


@pytest.mark.parametrize(
    ("price_basis", "title"),
    [
        ("not_stated", "同比增速（%），2025年"),
        ("not_applicable", "同比增速（%），2025年"),
        ("comparable", "同比增速（可比价）（%），2025年"),
        ("current", "同比增速（现价）（%），2025年"),
    ],
)
def test_prices_of_growth_are_said_where_somebody_said_them(price_basis: str, title: str) -> None:
    growths = [
        replace(GROWTH, observation_id=f"g{n}", indicator_code=f"g{n}", price_basis=price_basis)
        for n in range(3)
    ]
    (chart,) = choose_charts(growths, (), (), WORDS)
    assert chart.title_zh == title


def test_a_rank_stands_beside_what_it_ranks_and_growth_is_never_computed() -> None:
    level = [GDP, OLDER, OLDEST]
    selection = select(level, [], {}, WORDS)
    assert selection.entries == (Entry(GDP, None, None),)

    ranked = select([GDP, GROWTH, RANK], [], {"gdp_growth_city_rank": "gdp"}, WORDS)
    assert ranked.entries == (Entry(GDP, GROWTH, RANK),)
    assert ranked.ranks == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": "above_scale"},
        {"item": "other"},
        {"role": "output_growth"},
        of_year(2024),
    ],
    ids=["another scope", "another thing", "another role", "another year"],
)
def test_growth_of_something_else_stands_alone(changes: dict[str, Any]) -> None:
    entries = select([GDP, replace(GROWTH, **changes)], [], {}, WORDS).entries
    assert [entry.growth for entry in entries] == [None, None]


# --- charts ------------------------------------------------------------------------------------


def test_a_series_shows_its_gaps_and_bounds() -> None:
    selection = select([GDP, OLDER, OLDEST], [], {}, WORDS)
    (chart,) = choose_charts([GDP, OLDER, OLDEST], selection.entries, [], WORDS)
    assert chart.title_zh == "地区生产总值（亿元）"
    assert [(bar.label_zh, bar.text, bar.qualifier) for bar in chart.bars] == [
        ("2022年", "超660", "above"),
        ("2023年", "860.3", "exact"),
        ("2024", "缺", None),
        ("2025年", "超1000", "above"),
    ]
    assert svg(chart, 240, 130).count("<polygon") == 2


def test_a_chart_needs_no_font() -> None:
    """Names and numbers stand beside the picture, in the fonts of the brief."""
    (chart,) = choose_charts([GDP, OLDER, OLDEST], [Entry(GDP)], [], WORDS)
    assert "<text" not in svg(chart, 240, 130)
    assert chart.alternative("en") == (
        "Gross domestic product (亿元)：2022 >660；2023 860.3；2024 n/a；2025 >1000p"
    )


def test_one_figure_makes_no_chart() -> None:
    assert choose_charts([GDP], [Entry(GDP)], [], WORDS) == []


def test_a_chart_is_a_picture_of_200_dots_per_inch() -> None:
    bars = (Bar("工业 <&", "Industry", Decimal("-1.5"), "-1.5", ""),
            Bar("其余", "Rest", Decimal(3), "≤3", "≤", is_residual=True))  # fmt: skip
    picture = draw(Chart("构成", "Structure", bars), 216, 108)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])) == (600, 300)


# --- a release ---------------------------------------------------------------------------------


TABLES = {
    "core.observation": (
        "observation_id indicator_code indicator_name_zh indicator_name_en region_code period "
        "period_start:date period_end:date period_kind measure basis scope price_basis breakdown "
        "value:decimal(30,8) unit qualifier obs_status is_headline:boolean "
        "is_period_inferred:boolean is_simulated:boolean source_document figure_kind subject "
        "locality"
    ),
    "core.indicator": "indicator_code theme topic mart item role",
    "core.region": "region_code region_name_zh region_name_en region_kind parent_code",
    "core.period": "period label_zh label_en",
    "core.source_document": "source_document title_zh title_en issuer published",
    "meta.release": "district_code release_id release_time:timestamp time_zone",
    "peers.ranking": "indicator_code ranked_code ranked_among",
    "consumption.trade": "item",
    "core.district_profile": "item",
}
TITLES = {"consumption.trade": ("商贸", "Trade"), "core.district_profile": ("区情", "Profile")}


class World:
    """A release of some figures, and the papers made from it."""

    def __init__(self, path: Path, figures: tuple[Figure, ...]) -> None:
        self.path = path
        self.con = duckdb.connect()
        self.con.execute("attach ':memory:' as mart; use mart; create schema core;"
                         "create schema meta; create schema consumption;"
                         "create schema peers")  # fmt: skip
        self.tables = []
        for name, columns in TABLES.items():
            typed = [
                (column, kind or "varchar")
                for column, _, kind in (part.partition(":") for part in columns.split())
            ]
            self.con.execute(
                f"create table {name} ({', '.join(f'{column} {kind}' for column, kind in typed)})"
            )
            schema, table = name.split(".")
            zh, en = TITLES.get(name, (name, name))
            described = tuple(
                Column(column, kind.upper(), column, column, "", True) for column, kind in typed
            )
            self.tables.append(Table(schema, table, zh, en, "行", "row", (), described))
        self.con.execute(
            "insert into meta.release values ('990101', '2026-03-01.1', '2026-02-28 16:30:00', "
            "'Asia/Shanghai')"
        )
        self.insert("peers.ranking", ("gdp_growth_city_rank", None, "city"))
        self.insert(
            "core.source_document", ("doc_a", "年度<公报> “甲”", "Bulletin", "统计局", "2026")
        )
        for one in figures:
            self.insert("core.observation", (
                one.observation_id, one.indicator_code, one.name_zh, one.name_en, one.region_code,
                one.period, one.period_start, one.period_end, one.period_kind, one.measure,
                one.basis, one.scope, one.price_basis, one.breakdown, one.value, one.unit,
                one.qualifier, one.obs_status, True, one.is_period_inferred, one.is_simulated,
                one.source_document, one.figure_kind, one.subject, one.locality,
            ))  # fmt: skip
        named: dict[str, set[tuple[str, ...]]] = {
            "core.indicator": {(f.indicator_code, f.theme, f.topic, f.mart, f.item, f.role)
                               for f in figures},
            "core.region": {(f.region_code, f.region_zh, f.region_en, "county", "990100")
                            for f in figures},
            "core.period": {(f.period, f.period_zh, f.period_en) for f in figures},
        }  # fmt: skip
        for table, rows in named.items():
            for row in sorted(rows):
                self.insert(table, row)

    def insert(self, table: str, row: tuple[Any, ...]) -> None:
        self.con.execute(f"insert into {table} values ({', '.join('?' * len(row))})", list(row))

    def briefs(self) -> list[str]:
        figures = read_figures(self.con, "mart")
        return write_briefs(
            self.con, "mart", self.tables, WORDS, REPORT, self.path, figures,
            {"district", *(figure.theme for figure in figures)},
        )  # fmt: skip

    def yearbook(self) -> dict[str, int]:
        return write_yearbook(
            self.con, "mart", self.tables, WORDS, REPORT, self.path,
            read_figures(self.con, "mart"),
        )  # fmt: skip

    def brief(self, subject: str) -> Any:
        return Document(str(self.path / "brief" / f"{subject}.docx"))

    def differences(self) -> list[tuple[str, str, str]]:
        return [(found.kind, found.file, found.en) for found in self.check(self.path)]

    def check(self, path: Path) -> list[Difference]:
        """Read all papers in the folder of a release again."""
        figures = read_figures(self.con, "mart")
        briefs = [f"brief/{file.name}" for file in sorted((path / "brief").glob("*.docx"))]
        return [
            *check_briefs(path, briefs, figures, {}),
            *check_yearbook(self.con, "mart", path, figures),
        ]


def in_both(*subjects: str) -> list[str]:
    """The briefs of subjects in both languages."""
    return [f"brief/{subject}{end}.docx" for subject in subjects for end in ("", ".en")]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = World(tmp_path_factory.mktemp("release"), FIGURES)
    assert made.briefs() == in_both("district", "consumption", "profile")
    assert made.yearbook() == {"xlsx/yearbook.xlsx": 8}
    return made


def texts(document: Any) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs if paragraph.text]


def test_a_brief_from_top_to_bottom(world: World) -> None:
    document = world.brief("profile")
    assert texts(document) == [
        "统计快报",
        "云溪区　区情概览（年度）",
        "首发版本 2026-03-01.1\t2026年3月1日",
        "要点",
        "2025年，全区地区生产总值超1000亿元p，按可比价计算同比增长4.9%。",
        "2025年，全区GDP增速全市排名前3。",
        "2027年全区数字经济收入的目标是超1000亿元。",
        "主要数据",
        "说明与来源",
        "1. 超：超过（不含本数）。界限不是准确值，图中以箭头表示。",
        "2. 数字后的字母：p 初步数。",
        "3. 增长率除注明“按已公布数计算”者外均为原文公布，未由总量推算；"
        "未注明价格口径者，原文没有说明或不适用。",
        "资料来源：《年度<公报> “甲”》（统计局）。",
    ]
    table = document.tables[0]
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["指标", "报告期", "数值", "单位", "增长%", "位次"],
        ["地区生产总值", "2025年", "超1000p", "亿元", "4.9\n同比可比价", ""],
        ["GDP增速全市排名", "2025年", "", "", "", "前3\n全市2025"],
        ["数字经济收入目标", "2027年\n目标", "超1000", "亿元", "", ""],
    ]
    footer = document.sections[0].footer
    assert [paragraph.text for paragraph in footer.paragraphs] == [
        "发布时有 2 条未了结的发现。",
    ]


def test_the_english_brief_is_english(world: World) -> None:
    document = world.brief("profile.en")
    assert texts(document) == [
        "Statistical brief",
        "Yunxi District: Profile (yearly)",
        "First issued in release 2026-03-01.1\t1 March 2026",
        "Highlights",
        "Gross domestic product in Yunxi District stood at more than 1,000 亿元p in 2025, "
        "up 4.9 per cent on a year earlier at comparable prices.",
        "Gdp growth city rank: Yunxi District was among the first 3 in 2025.",
        "Revenue in Yunxi District: the target in 2027 is more than 1,000 亿元.",
        "Key figures",
        "Notes and sources",
        "1. >: above, the number excluded. A bound is no exact value; "
        "charts show it with an arrow.",
        "2. Letters behind numbers: p provisional.",
        "3. Growth is as published unless it is said to be computed from published levels; "
        "where prices are not named, the source names none.",
        "Sources: Bulletin.",
    ]


def test_a_brief_can_be_edited(world: World) -> None:
    """Named styles with Chinese fonts, a real table, and pictures that say what they show."""
    document = world.brief("profile")
    fonts = {
        style.name: style.element.rPr.rFonts.get(qn("w:eastAsia"))
        for style in document.styles
        if style.name.startswith("Brief")
    }
    assert (fonts["Brief Title"], fonts["Brief Body"], fonts["Brief Cell"]) == (
        "黑体",
        "仿宋",
        "宋体",
    )
    assert {p.style.name for p in document.paragraphs} <= set(fonts)
    (picture,) = document.inline_shapes
    assert picture._inline.docPr.get("descr") == (
        "地区生产总值（亿元）：2022年 超660；2023年 860.3；2024 缺；2025年 超1000p"
    )
    section = document.sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    core = document.core_properties
    assert (str(core.created), str(core.modified)) == ("2026-02-28 16:30:00+00:00",) * 2 or (
        str(core.created),
        str(core.modified),
    ) == ("2026-02-28 16:30:00",) * 2
    assert core.title == "统计快报：区情概览"


def test_the_yearbook_shows_time_across(world: World) -> None:
    book = load_workbook(world.path / "xlsx/yearbook.xlsx")
    assert book.sheetnames == [
        "目录 Contents", "1-1 区情", "1-2 区情概览：目标（不是实绩）", "1-3 区情概览：分地区",
        "2-1 商贸",
    ]  # fmt: skip
    sheet = book["1-1 区情"]
    rows = [[cell.value for cell in row][:6] for row in sheet.iter_rows(min_row=5, max_row=10)]
    assert rows == [
        ["指标", "指标（英文）", "计量单位", "2022年", "2023年", "2025年"],
        ["Indicator", "Indicator, in English", "Unit", "2022", "2023", "2025"],
        ["地区生产总值", "Gross domestic product", "亿元", 660, 860.3, 1000],
        ["地区生产总值增速", "Gdp growth", "%", None, None, 4.9],
        ["GDP增速全市排名", "Gdp growth city rank", "位", None, None, 3],
        [None] * 6,
    ]
    assert sheet["F7"].number_format == '"超"#,##0_._0"p";"超"-#,##0_._0"p"'
    assert sheet["F8"].number_format == "#,##0.0_p"
    assert sheet["F9"].number_format == '"前"0_._0_p;"前"-0_._0_p'
    assert [sheet[f"A{row}"].alignment.indent for row in (7, 8, 9)] == [1, 2, 1]
    assert (sheet.print_title_rows, sheet.page_setup.fitToHeight) == ("$5:$6", 0)
    assert sheet.freeze_panes == "B7"
    assert sheet.auto_filter.ref is None

    # Two kinds of period, and few figures of both: each row says its own.
    trade = book["2-1 商贸"]
    rows = [[cell.value for cell in row][:6] for row in trade.iter_rows(min_row=5, max_row=9)]
    assert rows == [
        ["指标", "指标（英文）", "计量单位", "报告期", "报告期（英文）", "数字"],
        ["Indicator", "Indicator, in English", "Unit", "Period, in Chinese", "Period", "Figure"],
        ["零售额", "Sales", "亿元", "2025年", "2025", 449.7],
        ["零售额年均增速", "Sales cagr", "%", "2023年至2025年", "2023 to 2025", -1.8],
        [None] * 6,
    ]

    regions = book["1-3 区情概览：分地区"]
    found = [[cell.value for cell in row][:6] for row in regions.iter_rows(min_row=7, max_row=9)]
    assert found == [
        ["地区生产总值", "Gross domestic product", None, None, None, None],
        ["云溪区", "Yunxi District", "亿元", 660, 860.3, 1000],
        ["甲区", "District A", "亿元", None, None, "约123456789012345678"],
    ]


def test_what_a_program_needs_stands_beside_what_is_printed(world: World) -> None:
    """Nothing is hidden, and nothing that is printed is a name of the database."""
    book = load_workbook(world.path / "xlsx/yearbook.xlsx")
    sheet = book["1-3 区情概览：分地区"]
    last = sheet.max_column
    assert [sheet.cell(row, last).value for row in range(5, 10)] == [
        "代码（供查数，不打印）", "Code, for look-ups, not printed", None, "gdp 990101",
        "gdp 990102",
    ]  # fmt: skip
    width = {
        one.title: column_index_from_string(re.findall(r"\$([A-Z]+)\$\d+", one.print_area)[-1])
        for one in book.worksheets
    }
    assert last == width[sheet.title] + 2
    printed = {
        str(cell.value)
        for one in book.worksheets
        for row in one.iter_rows(max_col=width[one.title])
        for cell in row
        if cell.value is not None
    }
    assert not [text for text in printed if re.search("core[.]|[a-z]_[a-z]", text)]
    assert not any(
        dimension.hidden
        for one in book.worksheets
        for dimension in (*one.column_dimensions.values(), *one.row_dimensions.values())
    )
    assert {one.sheet_state for one in book.worksheets} == {"visible"}


def test_the_contents_lead_to_every_table_and_explain_every_sign(world: World) -> None:
    sheet = load_workbook(world.path / "xlsx/yearbook.xlsx")["目录 Contents"]
    first = [row[0].value for row in sheet.iter_rows() if row[0].value]
    assert first[:2] == ["云溪区统计年鉴", "Statistical yearbook of Yunxi District"]
    assert "1　区情概览　Profile" in first
    assert "2　消费　Consumption" in first
    assert (
        "前　位次居前，含本数 / among the first, the number included（置于位次前 before a rank）"
        in first
    )
    assert "s　模拟数据 / simulated data（置于数字后 behind the number）" in first
    links = [cell.hyperlink.location for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert links[0] == "'1-1 区情'!A1"
    assert len(links) == 8


def test_the_bytes_are_the_same_every_time(world: World, tmp_path: Path) -> None:
    again = World(tmp_path, FIGURES)
    for name in [*again.briefs(), *again.yearbook()]:
        assert (tmp_path / name).read_bytes() == (world.path / name).read_bytes(), name


# --- what comes in badly -----------------------------------------------------------------------

NASTY = "\"<名>&'\u202e\x07\x0b😀\u2066" + "很长的名称" * 40
_MEASURES = ("level", "count", "share_pct", "yoy_growth_pct", "rank", "target_level")
NASTY_FIGURES = tuple(
    figure(f"c{place}", f"thing_{place:02}", f"{place}{NASTY}",
           f"-{'9' * 18}.12345678" if place % 2 else "123456789012345678",
           is_simulated=True, unit="很长很长的计量单位名称", name_en="Long words " * 30,
           measure=_MEASURES[place % 6],
           qualifier=("exact", "at_most", "approx")[place % 3])
    for place in range(40)
)  # fmt: skip


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = World(tmp_path_factory.mktemp("nasty"), NASTY_FIGURES)
    assert made.briefs() == in_both("district", "profile")
    assert made.yearbook() == {"xlsx/yearbook.xlsx": 40}
    return made


def test_bad_names_do_no_harm(nasty: World) -> None:
    document = nasty.brief("profile")
    text = "\n".join(texts(document)) + "".join(c.text for c in document.tables[0]._cells)
    assert "\"<名>&' 😀很长的名称" in text
    assert not re.search("[\u202e\u2066\x07\x0b]", text)
    assert "模拟数据 / simulated data：带字母 s 的数字不是真实数字" in text
    assert "过长的名称以…截短，全称见数据库。" in text
    assert "123456789012345678" in text
    assert nasty.differences() == []


def test_one_figure_is_enough_and_none_makes_nothing(tmp_path: Path) -> None:
    lonely = World(tmp_path / "one", (replace(GROWTH, name_en="GDP, year-on-year growth"),))
    assert lonely.briefs() == in_both("district", "profile")
    assert "2025年，全区地区生产总值按可比价计算同比增长4.9%。" in texts(lonely.brief("profile"))
    assert len(lonely.brief("profile").inline_shapes) == 0

    nothing = World(tmp_path / "none", (ELSEWHERE,))
    assert nothing.briefs() == []
    assert nothing.yearbook() == {"xlsx/yearbook.xlsx": 1}
    empty = World(tmp_path / "empty", ())
    assert (empty.briefs(), empty.yearbook()) == ([], {})


def test_names_are_one_line_and_cut_to_a_width() -> None:
    assert clean("甲\u202e乙\x00\n 丙") == "甲乙 丙"
    assert cut("固定资产投资", 12) == "固定资产投资"
    assert cut("固定资产投资额", 12) == "固定资产投…"


# --- read back ---------------------------------------------------------------------------------


def change(path: Path, part: str, pattern: str, after: str) -> None:
    """Replace a text in a part of a Word or Excel file."""
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text, count = re.subn(pattern, after, parts[part].decode(), count=1)
    assert count == 1
    parts[part] = text.encode()
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    path.write_bytes(buffer.getvalue())


@pytest.mark.parametrize(
    ("file", "part", "pattern", "after", "problem"),
    [
        ("brief/profile.docx", "word/document.xml",
         ">超1000亿元<", ">1000亿元<",
         ("figure", "brief/profile.docx",
          "it prints 地区生产总值 1000亿元p, the database has 1000p")),
        ("brief/profile.docx", "word/document.xml",
         ">超1000<", ">超1001<",
         ("figure", "brief/profile.docx",
          "it prints 地区生产总值 超1001p, the database has 1000p")),
        ("brief/profile.docx", "word/document.xml",
         ">p<", "><",
         ("figure", "brief/profile.docx",
          "it prints 地区生产总值 超1000亿元, the database has 1000p")),
        ("brief/profile.docx", "word/document.xml",
         "figure_a2_", "figure_zz_",
         ("figure", "brief/profile.docx",
          "it prints 增长4.9%（zz）, the database has nothing")),
        ("brief/profile.docx", "word/_rels/document.xml.rels", "Target=",
         'TargetMode="External" Target=',
         ("active", "brief/profile.docx",
          "the brief holds a field, an object or a link to elsewhere")),
        ("brief/profile.docx", "word/document.xml", "<w:body>",
         '<w:body><w:p><w:del w:id="9"><w:r><w:delText>上涨</w:delText></w:r></w:del></w:p>',
         ("revised", "brief/profile.docx", "tracked changes or comments are left in the brief")),
        ("brief/profile.docx", "word/document.xml", "</w:body>",
         '<w:p><w:ins w:id="9" w:author="x"><w:r><w:t>上涨</w:t></w:r></w:ins></w:p></w:body>',
         ("revised", "brief/profile.docx", "tracked changes or comments are left in the brief")),
        ("xlsx/yearbook.xlsx", "xl/worksheets/sheet2.xml", "<v>860.3</v>", "<v>860.4</v>",
         ("figure", "xlsx/yearbook.xlsx: 1-1 区情!E7",
          "it prints 860.4（2023年 / 2023）, the database has 860.3")),
        ("xlsx/yearbook.xlsx", "xl/sharedStrings.xml", ">2025年<", ">2052年<",
         ("figure", "xlsx/yearbook.xlsx: 1-1 区情!F7",
          "it prints 1000（2052年 / 2025）, the database has 无 nothing")),
        ("xlsx/yearbook.xlsx", "xl/sharedStrings.xml", ">地区生产总值<", ">国内生产总值<",
         ("figure", "xlsx/yearbook.xlsx: 1-1 区情!D7",
          "it prints  国内生产总值 亿元, the database has 地区生产总值 云溪区 亿元")),
        ("xlsx/yearbook.xlsx", "xl/sharedStrings.xml", ">亿元<", ">万元<",
         ("figure", "xlsx/yearbook.xlsx: 1-1 区情!D7",
          "it prints  地区生产总值 万元, the database has 地区生产总值 云溪区 亿元")),
        ("xlsx/yearbook.xlsx", "xl/styles.xml", '<sz val="9"/>', '<sz val="7"/>',
         ("small", "xlsx/yearbook.xlsx: 1-1 区情", "prints 7.0 points, less than 8")),
        ("xlsx/yearbook.xlsx", "xl/worksheets/sheet2.xml", 'paperSize="9"', 'paperSize="7"',
         ("unreadable", "xlsx/yearbook.xlsx", "cannot be read: ValueError("
          "'the paper of a sheet is neither A3 nor A4: 7')")),
        ("xlsx/yearbook.xlsx", "xl/styles.xml", "&quot;超&quot;#,##0_._0&quot;p&quot;",
         "#,##0_._0&quot;p&quot;",
         ("figure", "xlsx/yearbook.xlsx: 1-1 区情!F7",
          "it prints 1000（2025年 / 2025）, the database has 1000")),
        ("xlsx/yearbook.xlsx", "xl/worksheets/sheet2.xml", "<v>860.3</v>", "<f>1+1</f><v>860.3</v>",
         ("active", "xlsx/yearbook.xlsx", "the workbook holds a formula or a link to elsewhere")),
    ],
)  # fmt: skip
def test_what_is_printed_otherwise_is_found(
    world: World,
    tmp_path: Path,
    file: str,
    part: str,
    pattern: str,
    after: str,
    problem: tuple[str, str, str],
) -> None:
    assert world.differences() == []
    shutil.copytree(world.path, tmp_path / "release")
    change(tmp_path / "release" / file, part, pattern, after)
    checked = world.check(tmp_path / "release")
    found = [(d.kind, d.file, d.en) for d in checked]
    assert problem in found


def test_a_damaged_file_is_named(world: World, tmp_path: Path) -> None:
    shutil.copytree(world.path, tmp_path / "release")
    for name in ("brief/profile.docx", "xlsx/yearbook.xlsx"):
        (tmp_path / "release" / name).write_bytes(b"PK\x03\x04 no more")
    checked = world.check(tmp_path / "release")
    found = [(d.kind, d.file) for d in checked]
    assert found == [("unreadable", "brief/profile.docx"), ("unreadable", "xlsx/yearbook.xlsx")]


# --- words read back ---------------------------------------------------------------------------


def wrong_words(world: World, path: Path) -> list[str]:
    """What the briefs in the folder of a release say wrongly, in English."""
    names = [f"brief/{file.name}" for file in sorted((path / "brief").glob("*.docx"))]
    return [wrong.en for wrong in check_words(world.con, "mart", path, names)]


@pytest.mark.parametrize(
    ("version", "has_work", "rules"),
    [
        (8, False, ["release.words-differ"]),
        (7, False, []),
        # A candidate cannot say that it is an old release.
        (7, True, ["release.words-differ"]),
    ],
)
def test_what_a_brief_of_an_earlier_release_says_is_not_held_to_what_came_later(
    world: World, tmp_path: Path, version: int, has_work: bool, rules: list[str]
) -> None:
    shutil.copytree(world.path, tmp_path / "release")
    path = tmp_path / "release"
    change(path / "brief/profile.docx", "word/document.xml", ">。<", ">，创历史新高。<")
    release = Package(
        path, {"manifest_version": version}, world.con, tuple(world.tables), has_work
    )  # fmt: skip
    found = {p.rule_id for p in BRIEFS.check(release) if p.file == "brief/profile.docx"}
    assert sorted(found) == rules


def test_every_word_of_a_brief_follows_from_its_figures(world: World, nasty: World) -> None:
    assert wrong_words(world, world.path) == []
    assert wrong_words(nasty, nasty.path) == []


@pytest.mark.parametrize(
    ("pattern", "after", "said"),
    [
        (">增长4.9%<", ">下降4.9%<", "下降4.9% ≠ 4.9%"),
        ("，按可比价计算同比<", "，同比<", "does not fit"),
        ("，按可比价计算同比<", "，名义同比<", "does not fit"),
        (">2025年，全区地区", ">2024年，全区地区", "does not fit"),
        ("全区地区生产总值<", "全县地区生产总值<", "does not fit"),
        ("地区生产总值<", "财政收入<", "does not fit"),
        (">超1000亿元<", ">近1000亿元<", "近1000亿元 ≠ 1000 亿元 (above)"),
        (">。<", ">，创历史新高。<", "does not fit"),
        (">前3<", ">第3<", "does not fit"),
        ("told_rank", "told_target", "no target"),
        ("told_level_1", "told_boast_1", "names no observation"),
        ("（年度）", "（月度）", "the figures say '（年度）'"),
        ("同比可比价", "同比", "it says '地区生产总值 同比', the figures say '同比可比价'"),
        ("全市2025", "全市2024", "it says 'GDP增速全市排名 全市2024', the figures say '2025'"),
        (">亿元<", ">万元<", "it says '地区生产总值 万元', the figures say '亿元'"),
        ("2026年3月1日", "2026年3月2日", "the figures say '2026-03-01'"),
        ("2023年 860.3", "2023年 430.3", "the figures say '第 2 条的长度'"),
        ("2025年 超1000p", "2025年 1000p", "the figures say '第 4 条的箭头'"),
        ("2024 缺", "2024 900", "the figures say '第 3 条'"),
        (">860.3<", ">680.3<", "it says '2023年 680.3', the figures say '2023年 860.3'"),
        ('descr="地区生产总值（亿元）(.*?)title="地区生产总值（',
         r'descr="地区生产总值名义（亿元）\1title="地区生产总值名义（',
         "the figures say \"'nominal', which nobody said\""),
    ],
)  # fmt: skip
def test_a_word_that_does_not_follow_is_found(
    world: World, tmp_path: Path, pattern: str, after: str, said: str
) -> None:
    shutil.copytree(world.path, tmp_path / "release")
    change(tmp_path / "release" / "brief/profile.docx", "word/document.xml", pattern, after)
    assert any(said in wrong for wrong in wrong_words(world, tmp_path / "release"))


# --- on paper ----------------------------------------------------------------------------------


def test_every_brief_is_one_page(world: World, nasty: World, tmp_path: Path) -> None:
    """As LibreOffice lays it out; WPS and Word are kept away from the end of the page."""
    office = shutil.which("soffice")
    if office is None or not shutil.which("pdfinfo"):
        pytest.skip(
            "apt-get install libreoffice-writer libreoffice-calc poppler-utils fonts-noto-cjk"
        )
    files = []
    for made in (world, nasty):
        for file in sorted((made.path / "brief").glob("*.docx")):
            digest = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
            files.append(tmp_path / f"{file.stem}-{digest}.docx")
            shutil.copy(file, files[-1])
    subprocess.run(
        [office, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
         "--convert-to", "pdf", "--outdir", str(tmp_path), *map(str, files)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    for file in files:
        told = subprocess.run(
            ["pdfinfo", str(file.with_suffix(".pdf"))], check=True, capture_output=True, text=True
        ).stdout
        pages = re.search(r"^Pages:\s+(\d+)$", told, re.MULTILINE)
        assert pages is not None
        assert pages[1] == "1", file.name
