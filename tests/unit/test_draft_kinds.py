"""Drafts of tables as bureaus and offices publish them, one test a kind: what the draft reads of
its own file without a line by hand, and what it asks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from orchestration.authoring.draft import Draft, draft
from orchestration.authoring.init import lay_out
from orchestration.authoring.yamltext import UNSURE
from orchestration.declarations import Declarations, load_declarations
from orchestration.settings import load_settings
from tests.unit.test_shapes import plain

Merges = Sequence[tuple[int, int, int, int]]
Drafted = Callable[..., Draft]

TOWNS = "990101001,临江街道,Linjiang,town,990101,,,,\n990101002,白沙镇,Baisha,town,990101,,,,\n"


@pytest.fixture(scope="module")
def declarations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Declarations]:
    """A new district with two towns."""
    folder = tmp_path_factory.mktemp("new") / "district"
    lay_out(folder, code="990101", name_zh="云溪区", name_en="Yunxi")
    regions = folder / "raw" / "codelists" / "regions.csv"
    regions.write_text(regions.read_text(encoding="utf-8") + TOWNS, encoding="utf-8")
    settings = load_settings(folder)
    (settings.home / "work").mkdir(parents=True)
    yield load_declarations(settings)


@pytest.fixture
def of_text(declarations: Declarations, tmp_path: Path) -> Drafted:
    """Draft a text file: CSV, JSON or HTML by its name."""

    def of(text: str, name: str = "table.csv") -> Draft:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return draft(path, declarations, data_set_id="drafted")

    return of


@pytest.fixture
def of_sheets(declarations: Declarations, tmp_path: Path) -> Drafted:
    """Draft a workbook: rows of each sheet by its name, and its merged ranges from 0."""

    def of(sheets: dict[str, list[list[object]]], merges: Merges = ()) -> Draft:
        import xlsxwriter

        path = tmp_path / "table.xlsx"
        with xlsxwriter.Workbook(path) as book:
            for name, rows in sheets.items():
                sheet = book.add_worksheet(name)
                for top, left, bottom, right in merges:
                    sheet.merge_range(top, left, bottom, right, "")
                for number, row in enumerate(rows):
                    for col, cell in enumerate(row):
                        if cell is not None:
                            sheet.write(number, col, cell)
        return draft(path, declarations, data_set_id="drafted")

    return of


def figures(drafted: Draft, *more: str) -> list[str]:
    """What is read, in the order of the file: name, period, measure, value, unit and ``more``."""
    assert drafted.parsed.refusal is None, drafted.parsed.refusal
    assert drafted.outcome is not None
    assert drafted.outcome.quarantined.height == 0, drafted.outcome.quarantined.rows()
    columns = ("indicator_name_printed", "period", "measure", "value", "unit", *more)
    rows = drafted.outcome.accepted.sort("place_order").select(columns).iter_rows()
    return [" ".join(plain(value) for value in row) for row in rows]


def asked(drafted: Draft, word: str) -> bool:
    """Whether a mark of the draft says a word."""
    marks = [line.split(UNSURE, 1)[1] for line in drafted.text.splitlines() if UNSURE in line]
    return any(word in mark for mark in marks)


def test_two_tables_under_a_heading_each_keep_their_own_names(of_text: Drafted) -> None:
    one = of_text(
        "云溪区2026年10月财政收支,,,,,,,,,,,\n编制单位:云溪区财政局,,,,,,,,,,,单位:万元\n"
        "收入,,,,,,支出,,,,,\n"
        "项目,年初预算数,本月完成,累计完成,为预算%,上年同期,"
        "项目,年初预算数,本月完成,累计完成,为预算%,上年同期\n"
        "税收收入,100,8,90,90.0,85,教育支出,70,6,60,85.7,55\n"
        "非税收入,50,4,45,90.0,40,卫生支出,30,2,25,83.3,20\n"
    )
    assert figures(one)[:6] == [
        "税收收入 2026 target_level 100 万元",
        "税收收入 2026-10 level 0.0008 亿元",
        "税收收入 2026-01/2026-10 level 0.009 亿元",
        "税收收入 2026-01/2026-10 ratio 90 %",
        "税收收入 2025-01/2025-10 level 85 万元",
        "教育支出 2026 target_level 70 万元",
    ]
    assert asked(one, "a plan by the header of its column")
    assert asked(one, "how far a plan is fulfilled")


def test_growth_of_levels_side_by_side_is_of_the_one_to_its_left(of_text: Drafted) -> None:
    one = of_text(
        "云溪区2026年三季度社会保险,,,,\n险种,参保人数(万人),同比增长(%),基金收入(亿元),同比(%)\n"
        "养老保险,196,1.5,124,2.5\n失业保险,147,0.8,6,0.1\n"
    )
    assert figures(one, "indicator_code") == [
        "养老保险 2026-Q3 level 196 万人 yang_lao_bao_xian_can_bao_ren_shu",
        "养老保险 2026-Q3 yoy_growth_pct 1.5 % yang_lao_bao_xian_can_bao_ren_shu_growth",
        "养老保险 2026-Q3 level 124 亿元 yang_lao_bao_xian_ji_jin_shou_ru",
        "养老保险 2026-Q3 yoy_growth_pct 2.5 % yang_lao_bao_xian_ji_jin_shou_ru_growth",
        "失业保险 2026-Q3 level 147 万人 shi_ye_bao_xian_can_bao_ren_shu",
        "失业保险 2026-Q3 yoy_growth_pct 0.8 % shi_ye_bao_xian_can_bao_ren_shu_growth",
        "失业保险 2026-Q3 level 6 亿元 shi_ye_bao_xian_ji_jin_shou_ru",
        "失业保险 2026-Q3 yoy_growth_pct 0.1 % shi_ye_bao_xian_ji_jin_shou_ru_growth",
    ]


def test_a_change_in_days_is_no_growth_in_per_cent(of_text: Drafted) -> None:
    one = of_text(
        "云溪区2026年1-8月住院情况,,\n地区,平均住院日(天),\n,1-8月,同比增减(天)\n"
        "临江街道,8.6,0.3\n白沙镇,9.3,-0.1\n"
    )
    assert figures(one)[1].split()[1:] == ["2026-01/2026-08", "level", "0.3", "天"]
    assert asked(one, "a change in 天, and no growth in per cent")


def test_classes_over_equal_columns_are_classes_and_the_whole_is_none(of_text: Drafted) -> None:
    one = of_text(
        "2026年9月居民消费价格指数,,,,,,\n类别,全区,,城市,,农村,\n"
        ",上年同月=100,上年同期=100,上年同月=100,上年同期=100,上年同月=100,上年同期=100\n"
        "食品,98.9,102.0,95.1,99.5,101.7,104.3\n衣着,96.3,102.7,103.0,98.7,100.6,95.8\n"
    )
    assert figures(one, "breakdown")[:6] == [
        "食品 2026-09 ratio 98.9 1 _T",
        "食品 2026-01/2026-09 ratio 102 1 _T",
        "食品 2026-09 ratio 95.1 1 城市",
        "食品 2026-01/2026-09 ratio 99.5 1 城市",
        "食品 2026-09 ratio 101.7 1 农村",
        "食品 2026-01/2026-09 ratio 104.3 1 农村",
    ]
    assert asked(one, "it is taken to run from January on")


def test_columns_by_sex_are_classes_of_the_stock_to_their_left(of_text: Drafted) -> None:
    one = of_text(
        "云溪区历年人口,,,\n单位:万人 (10 000 persons),,,\n年份,年末户籍人口,按性别分,\n,,男,女\n"
        "2023,32.4,16.5,15.9\n2024,32.3,16.4,15.9\n2025,32.2,16.4,15.8\n"
    )
    assert figures(one, "breakdown", "period_kind")[:3] == [
        "年末户籍人口 2023 level 324000 人 _T annual",
        "年末户籍人口 2023 level 165000 人 男 annual",
        "年末户籍人口 2023 level 159000 人 女 annual",
    ]
    assert asked(one, "a class of 年末户籍人口")


def test_a_rank_beside_growth_is_by_growth(of_text: Drafted) -> None:
    one = of_text(
        "云溪区2026年前三季度,,,,\n地区,地区生产总值,,,\n,总量(亿元),位次,增速(%),位次\n"
        "临江街道,45.42,2,-1.5,1\n白沙镇,62.52,1,-2.9,2\n"
    )
    codes = [row.split()[-1] for row in figures(one, "indicator_code")[:4]]
    assert len(set(codes)) == 4
    assert "地区生产总值增速位次" in one.text


def test_quarters_under_years_are_one_indicator_and_the_note_below_holds_for_all_tables(
    of_text: Drafted,
) -> None:
    head = "指标,2025年,,,,2026年*,\n,一季度,上半年,前三季度,全年,一季度,上半年\n"
    one = of_text(
        "表1 累计地区生产总值 单位:亿元,,,,,,\n" + head + "地区生产总值,6,13,20,28,7,15\n"
        "第一产业,1,2,3,4,1,2\n,,,,,,\n"
        "表2 累计增长速度(上年同期=100),,,,,,\n"
        + head
        + "地区生产总值,104.1,104.4,103.6,105.5,106.5,106.0\n"
        "第一产业,103.3,105.9,106.0,105.9,104.4,104.9\n*2026年为初步核算数。,,,,,,\n"
    )
    told = figures(one, "estimate_stage")
    assert told[:6] == [
        "地区生产总值 2025-Q1 level 6 亿元 not_stated",
        "地区生产总值 2025-01/2025-06 level 13 亿元 not_stated",
        "地区生产总值 2025-01/2025-09 level 20 亿元 not_stated",
        "地区生产总值 2025 level 28 亿元 not_stated",
        "地区生产总值 2026-Q1 level 7 亿元 preliminary",
        "地区生产总值 2026-01/2026-06 level 15 亿元 preliminary",
    ]
    assert told[12] == "地区生产总值 2025-Q1 ratio 104.1 1 not_stated"
    assert told[16] == "地区生产总值 2026-Q1 ratio 106.5 1 preliminary"


def test_months_over_years_of_rows_are_months_of_those_years(of_text: Drafted) -> None:
    one = of_text(
        "Table 1. Units Authorized,,,,\nYear,Jan,Feb,Mar,Annual\n2024,180,177,171,176\n"
        "2025,114,(NA),116,115\n2026,108,115p,,\n"
    )
    told = figures(one, "obs_status")
    assert [row.split()[-5:] for row in told if not row.endswith(" M")] == [
        ["2024-01", "level", "180", "1", "A"],
        ["2024-02", "level", "177", "1", "A"],
        ["2024-03", "level", "171", "1", "A"],
        ["2024", "level", "176", "1", "A"],
        ["2025-01", "level", "114", "1", "A"],
        ["2025-03", "level", "116", "1", "A"],
        ["2025", "level", "115", "1", "A"],
        ["2026-01", "level", "108", "1", "A"],
        ["2026-02", "level", "115", "1", "P"],
    ]
    assert [row for row in told if row.endswith(" M")] == [
        "Table 1. Units Authorized 2025-02 level - 1 M"
    ]
    assert asked(one, "what the title names is assumed of months")
    assert asked(one, "its sum or its mean")


def test_a_column_that_says_time_or_measure_of_merged_names_is_part_of_them(
    of_sheets: Drafted,
) -> None:
    one = of_sheets(
        {
            "附件": [
                ["2026年1-10月各镇街主要指标"],
                ["指标名称", "口径", "临江\n街道", "白沙镇"],
                ["规上总产值(万元)", "全年目标", 846, 549],
                [None, "1-10月完成", 787, 397],
                [None, "完成率(%)", 93.1, 72.3],
                [None, "同比(%)", -12.1, 0.3],
                ["新增企业(家)", "全年目标", 31, "无任务"],
                [None, "1-10月完成", 21, 15],
                [None, "完成率(%)", 67.7, "无任务"],
                [None, "同比(%)", 1.5, 2.5],
            ]
        },
        [(2, 0, 5, 0), (6, 0, 9, 0)],
    )
    assert figures(one, "region_code")[0:8:2] == [
        "规上总产值/全年目标 2026 target_level 846 万元 990101001",
        "规上总产值/1-10月完成 2026-01/2026-10 level 787 万元 990101001",
        "规上总产值/完成率 2026-01/2026-10 ratio 93.1 % 990101001",
        "规上总产值/同比 2026-01/2026-10 yoy_growth_pct -12.1 % 990101001",
    ]
    assert asked(one, "it says of what time or measure a row is")
    assert asked(one, "M missing")


def test_a_dash_for_a_unit_and_a_period_behind_a_name(of_text: Drafted) -> None:
    one = of_text(
        "云溪区2026年1-10月主要指标,,,\n指标,计量单位,1-10月累计,同比±%\n"
        "一、地区生产总值(1-9月),亿元,652.3,4.6\n其中:第一产业,亿元,18.4,5.0\n"
        "二、规模以上工业增加值,—,—,-8.3\n"
    )
    assert figures(one)[:4] == [
        "地区生产总值(1-9月) 2026-01/2026-09 level 652.3 亿元",
        "地区生产总值(1-9月) 2026-01/2026-09 yoy_growth_pct 4.6 %",
        "第一产业 2026-01/2026-09 level 18.4 亿元",
        "第一产业 2026-01/2026-09 yoy_growth_pct 5 %",
    ]
    assert "code: gdp," in one.text
    assert asked(one, "the report is later: lag_months 1")


def test_a_table_without_a_period_is_asked_to_be_of_that_of_the_table_before(
    of_sheets: Drafted,
) -> None:
    one = of_sheets(
        {
            "表1": [
                ["云溪区 2026 年三季度收支"],
                ["指标", "单位", "本季", "同比(%)"],
                ["收入", "亿元", 5, 1.5],
            ],
            "表2": [["就业"], ["项目", "单位", "三季度", "1-9月累计"], ["新增就业", "人", 54, 161]],
        }
    )
    assert figures(one) == [
        "收入 2026-Q3 level 5 亿元",
        "收入 2026-Q3 yoy_growth_pct 1.5 %",
        "新增就业 2026-Q3 level 54 人",
        "新增就业 2026-01/2026-09 level 161 人",
    ]
    assert asked(one, "no period stands above 表2")


def test_fields_of_json_are_known_by_what_the_answer_calls_them(of_text: Drafted) -> None:
    rows = [
        {"A": "202608", "B": "临江街道", "C": "客运量", "D": "1,347.1", "E": "万人次", "F": kind}
        for kind in ("本月", "累计")
    ]
    rows += [
        {**rows[0], "D": "3.5", "E": "%", "F": "本月同比"},
        {**rows[0], "B": "白沙镇", "D": "暂无"},
    ]
    rows += [{**row, "A": "202609"} for row in rows]
    fields = [
        {"name": name, "desc": desc}
        for name, desc in zip(
            "ABCDEF",
            ("统计时间", "行政区划", "指标名称", "指标值", "计量单位", "统计类型"),
            strict=True,
        )
    ]
    text = json.dumps({"data": {"fields": fields, "list": rows}}, ensure_ascii=False)
    one = of_text(text, "page.json")
    assert figures(one, "region_code", "obs_status")[:4] == [
        "客运量/本月 2026-08 level 1347.1 万人次 990101001 A",
        "客运量/累计 2026-01/2026-08 level 1347.1 万人次 990101001 A",
        "客运量/本月同比 2026-08 yoy_growth_pct 3.5 % 990101001 A",
        "客运量/本月 2026-08 level - 万人次 990101002 M",
    ]
    assert asked(one, "F says of what time or measure a row is")


def test_marks_beside_statuses_are_statuses_too(of_text: Drafted) -> None:
    head = '"REF_DATE","GEO","DGUID","Industry","UOM","VALUE","STATUS","SYMBOL"\n'
    one = of_text(
        head + '"2026-08","临江街道","X1","Retail trade","%","1.5","",""\n'
        '"2026-09","临江街道","X1","Retail trade","%","1.7","","p"\n'
        '"2026-10","临江街道","X1","Retail trade","%","","x",""\n'
    )
    assert [row.split()[-1] for row in figures(one, "obs_status")] == ["A", "P", "Q"]


def test_a_navigation_beside_a_table_with_a_blank_corner_is_passed_over(of_text: Drafted) -> None:
    one = of_text(
        "<html><body><table><tr><td>首页</td><td>公开</td></tr></table>"
        "<p>云溪区2026年1-8月医疗服务</p><table><tr><td></td><td>诊疗人次(万人次)</td><td>出院人次(万人次)</td></tr>"
        "<tr><td>医院</td><td>902.3</td><td>36.1</td></tr><tr><td>诊所</td><td>144.3*</td><td>-</td></tr></table>"
        "<table><tr><td>地区</td><td>病床使用率(%)</td></tr><tr><td>临江街道</td><td>91.6</td></tr>"
        "<tr><td>白沙镇</td><td>87.5</td></tr></table></body></html>",
        "page.html",
    )
    told = figures(one, "obs_status")
    assert told[0] == "医院 2026-01/2026-08 level 902.3 万人次 A"
    assert told[2] == "诊所 2026-01/2026-08 level 144.3 万人次 P"
    assert len(told) == 6


@pytest.mark.parametrize("title", ["2025年秋季教育简报", "2025-2026学年教育简报"])
def test_a_school_year_is_never_taken_for_the_year_it_begins_in(
    of_text: Drafted, title: str
) -> None:
    one = of_text(f"{title},\n类别,学校数(所)\n小学,38\n初中,32\n", f"{title}.csv")
    assert asked(one, "no period was found")
