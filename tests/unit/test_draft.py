"""Drafts of small tables: what is written without a mark is right, and what is open is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration.authoring.draft import Draft, draft
from orchestration.authoring.init import lay_out
from orchestration.authoring.look import is_data, is_rank, is_stamp, is_value
from orchestration.authoring.yamltext import UNSURE
from orchestration.collect.periods import parse_period
from orchestration.declarations import Declarations, load_declarations
from orchestration.errors import QutongError
from orchestration.settings import load_settings
from orchestration.spec import PERIOD_WRITTEN
from tests.unit.test_shapes import plain

Drafted = Callable[..., Draft]


@pytest.fixture(scope="module")
def declarations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Declarations]:
    """A new district, as `qutong init` lays it out."""
    folder = tmp_path_factory.mktemp("new") / "district"
    lay_out(folder, code="990101", name_zh="云溪区", name_en="Yunxi")
    settings = load_settings(folder)
    (settings.home / "work").mkdir(parents=True)  # what the catalogue says is kept there
    yield load_declarations(settings)


@pytest.fixture
def drafted(declarations: Declarations, tmp_path: Path) -> Drafted:
    """Draft a CSV file of that text."""

    def of(text: str, name: str = "table.csv") -> Draft:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return draft(path, declarations, data_set_id="drafted")

    return of


def figures(drafted: Draft) -> list[str]:
    assert drafted.parsed.refusal is None, drafted.parsed.refusal
    assert drafted.outcome is not None
    assert drafted.outcome.quarantined.height == 0, drafted.outcome.quarantined.rows()
    columns = ("indicator_code", "region_code", "period", "period_kind", "measure", "value", "unit")
    rows = drafted.outcome.accepted.sort("place_order").select(columns).iter_rows()
    return [" ".join(plain(value) for value in row) for row in rows]


def asked(drafted: Draft) -> list[str]:
    """What a person has to decide of layout and indicators."""
    body = drafted.text[drafted.text.index("layout:") :]
    return [line.strip() for line in body.splitlines() if UNSURE in line]


def test_a_month_table_of_known_indicators_is_drafted_without_a_doubt_but_the_region(
    drafted: Drafted,
) -> None:
    one = drafted(
        "2026年3月财政收支,,,\n单位:亿元,,,\n项目,本月,1-3月累计,累计同比增长(%)\n"
        "一、一般公共预算收入,120,360,5.2\n其中:税收收入,80,240,4.1\n非税收入,40,120,7.0\n"
    )
    to_date = "990101 2026-01/2026-03 cumulative_range"
    assert figures(one) == [
        "general_budget_revenue 990101 2026-03 monthly level 120 亿元",
        "general_budget_revenue 990101 2026-01/2026-03 cumulative_range level 360 亿元",
        f"general_budget_revenue_growth {to_date} yoy_growth_pct 5.2 %",
        "tax_revenue 990101 2026-03 monthly level 80 亿元",
        "tax_revenue 990101 2026-01/2026-03 cumulative_range level 240 亿元",
        "tax_revenue_growth 990101 2026-01/2026-03 cumulative_range yoy_growth_pct 4.1 %",
        "nontax_revenue 990101 2026-03 monthly level 40 亿元",
        "nontax_revenue 990101 2026-01/2026-03 cumulative_range level 120 亿元",
        "nontax_revenue_growth 990101 2026-01/2026-03 cumulative_range yoy_growth_pct 7 %",
    ]
    assert asked(one) == ["region: 云溪区  # ? whose figures they are; the district is assumed"]


def test_years_down_the_side_are_no_header(drafted: Drafted) -> None:
    one = drafted(
        "历年指标,,\n年份,常住人口,地区生产总值\n,(万人),(亿元)\n2021,45.6,812.3\n2022①,46.0,845.7\n"
    )
    assert figures(one) == [
        "resident_population 990101 2021 annual level 45.6 万人",
        "gdp 990101 2021 annual level 812.3 亿元",
        "resident_population 990101 2022 annual level 46 万人",
        "gdp 990101 2022 annual level 845.7 亿元",
    ]
    assert "stub_is: [period]" in one.text


def test_words_of_time_in_names_of_columns_are_names(drafted: Drafted) -> None:
    one = drafted(
        ",乡村人口(万人),年末总人口(万人),本年新增企业(户)\n1978年,79,96,5\n1979年,80,97,6\n"
    )
    names = {row.split()[0]: row.split()[5] for row in figures(one)[:3]}
    assert list(names.values()) == ["79", "96", "5"]
    assert len(names) == 3
    assert "stub: ''" in one.text


def test_a_line_above_names_the_indicator_and_its_unit(drafted: Drafted) -> None:
    one = drafted(
        "数据库：分省年度数据,,\n指标：地区生产总值(亿元),,\n地区,2024年,2023年\n北京市,3,\n天津市,1,2\n"
    )
    assert figures(one) == [
        "gdp 110000 2024 annual level 3 亿元",
        "gdp 120000 2024 annual level 1 亿元",
        "gdp 120000 2023 annual level 2 亿元",
    ]


def test_a_unit_that_no_list_has_is_asked_for(drafted: Drafted) -> None:
    one = drafted("2026年3月产量,,\n指标,本月(万箱次),累计(万箱次)\n冰箱,12.5,30.1\n空调,3.2,9.4\n")
    assert any("万箱次 is in no list" in line for line in asked(one))


def test_a_unit_that_nothing_says_is_not_taken_from_the_catalogue(drafted: Drafted) -> None:
    one = drafted("2026年3月用电,,\n指标,本月,累计\n全社会用电量,12.5,30.1\n")
    assert "electricity_consumption," not in one.text
    assert any("which is in 亿千瓦时: say its unit" in line for line in asked(one))


def test_ranks_are_no_amounts(drafted: Drafted) -> None:
    one = drafted(
        "2025年,,\n地区,地区生产总值(亿元),全市排名\n海曙区,1500.2,第2\n鄞州区,2800.3,第1\n"
    )
    assert [row.split()[4:] for row in figures(one)] == [
        ["level", "1500.2", "亿元"],
        ["rank", "2", "位"],
        ["level", "2800.3", "亿元"],
        ["rank", "1", "位"],
    ]


def test_an_index_is_no_growth(drafted: Drafted) -> None:
    one = drafted("2026年3月价格,\n指标,(上年同月=100)\n居民消费价格指数,100.5\n")
    assert "last_year" not in one.text
    assert "growth" not in {row.split()[4] for row in figures(one)}


def test_equal_names_of_two_tables_are_two_indicators(drafted: Drafted) -> None:
    one = drafted(
        "2026年3月工业,,\n指标,本月(万元),增长(%)\n营业收入,120,5.2\n利润,11,1.2\n,,\n"
        "2026年3月服务业,,\n指标,本月(万元),增长(%)\n营业收入,220,6.2\n利润,12,2.2\n"
    )
    rows = figures(one)
    assert len({row.split()[0] for row in rows}) == 8
    assert [row.split()[5] for row in rows] == [
        "120",
        "5.2",
        "11",
        "1.2",
        "220",
        "6.2",
        "12",
        "2.2",
    ]


def test_one_table_for_several_periods_is_one_block(drafted: Drafted) -> None:
    one = drafted(
        "2026年3月销量,\n指标,本月(万吨)\n甲物资,10\n乙物资,9\n,\n"
        "2026年4月销量,\n指标,本月(万吨)\n甲物资,11\n乙物资,8\n"
    )
    assert one.text.count("stub: 指标") == 1
    assert [row.split()[2] for row in figures(one)] == ["2026-03", "2026-03", "2026-04", "2026-04"]


def test_the_second_part_of_a_table_is_of_the_same_indicators(drafted: Drafted) -> None:
    one = drafted(
        "主要产品产量,,\n指标,单位,2021年\n粮食产量,吨,41200\n,,\n续表,,\n指标,单位,2022年\n粮食产量,吨,40950\n"
    )
    assert one.text.count("grain_output") == 1
    assert figures(one) == [
        "grain_output 990101 2021 annual level 4.12 万吨",
        "grain_output 990101 2022 annual level 4.095 万吨",
    ]


def test_a_note_of_another_stretch_of_time_moves_the_figures_that_carry_its_mark(
    drafted: Drafted,
) -> None:
    head = "2024年9月,,\n指标,单位,1-9月\n"
    end = "注：①服务业营业收入为1-8月数据。,,\n"
    one = drafted(f"{head}地区生产总值,亿元,900\n规模以上服务业营业收入①,亿元,310.7\n{end}")
    assert [row.split()[2] for row in figures(one)] == ["2024-01/2024-09", "2024-01/2024-08"]
    assert any(line.startswith("- {says:") and "moves: true" in line for line in asked(one))
    other = drafted(f"{head}地区生产总值,亿元,900\n规模以上服务业营业收入,亿元,310.7\n{end}")
    assert any("a note says that some figures are of 1-8月" in line for line in asked(other))
    assert "footnotes:" not in other.text


def test_a_note_says_the_stage_of_the_figures_of_a_period(drafted: Drafted) -> None:
    one = drafted(
        "历年产量,,\n年份,甲物资(吨),乙物资(吨)\n2021,1,2\n2022,3,4\n注：2022年数据为初步数。,,\n"
    )
    assert one.outcome is not None
    stages = one.outcome.accepted.sort("place_order")["estimate_stage"].to_list()
    assert stages[:2] == ["not_stated"] * 2
    assert stages[2:] == ["preliminary"] * 2
    assert any("the figures of 2022年 are of that stage" in line for line in asked(one))


def test_a_stage_that_stands_beside_a_table_is_asked_about(drafted: Drafted) -> None:
    rows = "指标,单位,1-9月\n地区生产总值,亿元,900\n"
    noted = drafted(f"2024年9月,,\n{rows}注：本表为快报数。,,\n")
    titled = drafted(f"2024年9月主要指标（预计数）,,\n{rows}")
    silent = drafted(f"2024年9月,,\n{rows}注：本表不含续建项目。,,\n")
    assert any("a note says 快报数" in line and "stage: flash" in line for line in asked(noted))
    assert any("the title says 预计数" in line and "forecast" in line for line in asked(titled))
    assert not any("stage:" in line for line in asked(silent))


def test_a_note_that_says_the_period_of_its_figure_in_other_words_moves_nothing(
    drafted: Drafted,
) -> None:
    one = drafted("2024年3月,,\n指标,单位,1-3月\n地区生产总值①,亿元,200\n注：①为一季度数据。,,\n")
    assert figures(one) == ["gdp 990101 2024-01/2024-03 cumulative_range level 200 亿元"]


def test_equal_headers_are_told_by_the_column_to_their_left(drafted: Drafted) -> None:
    one = drafted(
        "年份,地区生产总值（亿元）,比上年增长（%）,固定资产投资（亿元）,比上年增长（%）\n"
        "2020,672.4,3.1,59.8,-2.2\n2021,748.9,8.2,66.1,10.4\n"
    )
    assert figures(one)[:4] == [
        "gdp 990101 2020 annual level 672.4 亿元",
        "gdp_growth 990101 2020 annual yoy_growth_pct 3.1 %",
        "fixed_asset_investment 990101 2020 annual level 59.8 亿元",
        "fixed_asset_investment_growth 990101 2020 annual yoy_growth_pct -2.2 %",
    ]


def test_cumulative_columns_beside_months_run_from_january_on(drafted: Drafted) -> None:
    one = drafted(
        "月份,固定资产投资（亿元）,固定资产投资（亿元）\n,当月,累计\n2024年3月,121,331.4\n2024年4月,115.2,446.6\n"
    )
    assert figures(one) == [
        "fixed_asset_investment 990101 2024-03 monthly level 121 亿元",
        "fixed_asset_investment 990101 2024-01/2024-03 cumulative_range level 331.4 亿元",
        "fixed_asset_investment 990101 2024-04 monthly level 115.2 亿元",
        "fixed_asset_investment 990101 2024-01/2024-04 cumulative_range level 446.6 亿元",
    ]


def test_a_name_that_ends_with_cumulative_runs_from_january_on(drafted: Drafted) -> None:
    one = drafted("月份,一般公共预算收入累计（亿元）\n2024年3月,9.1\n2024年4月,12.1\n")
    assert figures(one)[0].split()[1:4] == ["990101", "2024-01/2024-03", "cumulative_range"]


def test_the_unit_of_the_corner_is_not_that_of_an_index(drafted: Drafted) -> None:
    one = drafted(
        "2020年,,\n单位：人,,\n年龄,男,性别比(女=100)\n0-14岁,31500,109.8\n15-59岁,181001,110.3\n"
    )
    assert [row.split()[-1] for row in figures(one)] == ["人", "女=100", "人", "女=100"]


def test_a_page_under_the_name_of_a_workbook_is_read_as_a_page(drafted: Drafted) -> None:
    page = (
        "<html><body><table><tr><td>指标</td><td>单位</td><td>2023年</td></tr>"
        "<tr><td>地区生产总值</td><td>亿元</td><td>880.2</td></tr></table></body></html>"
    )
    one = drafted(page, "table.xls")
    assert figures(one) == ["gdp 990101 2023 annual level 880.2 亿元"]
    assert any("its name says xls, and it is html" in line for line in asked(one))


def test_records_of_an_office_with_dimensions_of_its_own(drafted: Drafted) -> None:
    one = drafted(
        "REF_DATE,GEO,DGUID,Labour force characteristics,Gender,UOM,UOM_ID,VALUE\n"
        "2024-01,江北区,A01,Employment,Total,人,249,20\n2024-01,海曙区,A02,Employment,Men,人,249,4\n"
    )
    assert "indicator: Labour force characteristics" in one.text
    assert any("do the figures differ by Gender" in line for line in asked(one))
    assert any("Labour force characteristics is taken for" in line for line in asked(one))


def test_objects_beside_a_list_say_whose_its_records_are(drafted: Drafted) -> None:
    one = drafted(
        '{"data": [{"region": {"code": "330205", "name": "江北区"}, "year": 2023, "items": '
        '[{"name": "地区生产总值", "unit": "亿元", "value": 880.2}]}, '
        '{"region": {"code": "330203", "name": "海曙区"}, "year": 2023, '
        '"items": [{"name": "地区生产总值", "unit": "亿元", "value": 1520.6}]}]}',
        "answer.json",
    )
    assert figures(one) == [
        "gdp 330205 2023 annual level 880.2 亿元",
        "gdp 330203 2023 annual level 1520.6 亿元",
    ]


def test_a_header_that_names_a_region_says_whose_figures_they_are(drafted: Drafted) -> None:
    one = drafted("2026年3月,,\n指标,海曙区,鄞州区\n甲物资(万吨),10,20\n")
    assert [row.split()[1] for row in figures(one)] == ["330203", "330212"]


def test_the_right_one_of_two_tables_side_by_side_is_read_too(drafted: Drafted) -> None:
    one = drafted(
        "2025年主要指标,,,,,\n指标,单位,2025年,指标,单位,2025年\n"
        "地区生产总值,亿元,900,户籍人口,万人,30\n工业总产值,亿元,800,常住人口,万人,49\n"
    )
    assert sorted(row.split()[0] for row in figures(one))[:2] == ["gdp", "gong_ye_zong_chan_zhi"]
    assert "resident_population 990101 2025 annual level 49 万人" in figures(one)


def test_days_at_the_end_of_months_are_asked_about(drafted: Drafted) -> None:
    one = drafted("日期,贷款余额(亿元)\n2026-01-31,800.1\n2026-02-28,801.1\n2026-03-31,802.1\n")
    assert any("days: figures of these days" in line for line in asked(one))


def test_a_lag_that_a_name_says_is_declared(drafted: Drafted) -> None:
    one = drafted("2026年5月,\n指标,累计(亿元)\n服务业营业收入(错月),44.1\n工业总产值,9\n")
    assert "lag_months: 1" in one.text
    assert "2026-01/2026-04" in {row.split()[2] for row in figures(one)}


def test_a_column_that_is_empty_this_month_keeps_its_meaning(drafted: Drafted) -> None:
    one = drafted(
        "2026年2月工业,,,\n指标,计量单位,本月,1-2月累计\n工业总产值,万元,,123\n工业利润,万元,,12\n"
    )
    assert "carries: none" not in one.text
    assert "{means: {measure: level, span: month}}" in one.text


def test_parts_that_add_up_make_up_their_whole(drafted: Drafted) -> None:
    one = drafted(
        "2026年3月销量,\n指标,本月(万吨)\n一、甲物资,1000\n其中:甲物资一类,400\n甲物资二类,600\n"
    )
    assert one.text.count("part_of: [{to: jia_wu_zi, exhaustive: true}]") == 2


def test_what_is_above_its_whole_is_no_part_of_it(drafted: Drafted) -> None:
    one = drafted("2026年3月销量,\n指标,本月(万吨)\n一、甲物资,100\n其中:甲物资一类,400\n")
    assert "part_of" not in one.text


def test_growth_stands_beside_its_level(drafted: Drafted) -> None:
    one = drafted("2026年3月,,\n指标,本月(万吨),同比增长(%)\n甲物资,1000,3.2\n")
    assert "growth_of: [{to: jia_wu_zi}]" in one.text


def test_a_share_is_of_the_whole_that_it_is_computed_of(drafted: Drafted) -> None:
    one = drafted(
        "2026年3月,,\n指标,本月(万吨),比重(%)\n甲物资,1000,100\n乙物资,317,31.7\n丙物资,211,21.1\n"
    )
    assert "share_of: [{to: jia_wu_zi, numerator: yi_wu_zi}]" in one.text
    assert "share_of: [{to: jia_wu_zi, numerator: bing_wu_zi}]" in one.text


def test_english_names_are_asked_for_and_never_pinyin(drafted: Drafted) -> None:
    one = drafted("2026年3月,\n指标,本月(万吨)\n甲物资,1000\n")
    assert "name: {zh: 甲物资, en: '? 甲物资'}" in one.text


def test_records_of_another_office_are_known(drafted: Drafted) -> None:
    one = drafted(
        "REF_DATE,GEO,Estimates,UOM,SCALAR_FACTOR,VALUE,STATUS\n"
        "2024-01,云溪区,Retail sales,元,thousands,1520.5,\n"
        "2024-02,云溪区,Retail sales,元,thousands,,x\n"
    )
    assert "  period: REF_DATE" in one.text
    assert "  region: GEO" in one.text
    assert "  multiplier: SCALAR_FACTOR\n" in one.text
    assert figures(one)[0].split()[-2:] == ["1520500", "元"]


def test_our_own_export_is_known(drafted: Drafted) -> None:
    one = drafted(
        "indicator_code,indicator_name_zh,region_code,period,period_kind,value,unit,obs_status\n"
        "gdp,地区生产总值,990101,2024,annual,900.1,亿元,A\n"
        "gdp,地区生产总值,990101,2025,annual,940.1,亿元,P\n"
    )
    assert figures(one) == [
        "gdp 990101 2024 annual level 900.1 亿元",
        "gdp 990101 2025 annual level 940.1 亿元",
    ]


def test_rows_of_two_spans_are_one_indicator(drafted: Drafted) -> None:
    one = drafted(
        "指标,2020年第一季度,2019年第四季度\n国内生产总值当季值(亿元),206,278\n国内生产总值累计值(亿元),206,990\n"
    )
    assert "{code: gdp, labels: [国内生产总值当季值, 国内生产总值累计值]}" in one.text
    assert [row.split()[1:4] for row in figures(one)] == [
        ["990101", "2020-Q1", "quarterly"],
        ["990101", "2019-Q4", "quarterly"],
        ["990101", "2020-01/2020-03", "cumulative_range"],
        ["990101", "2019-01/2019-12", "cumulative_range"],
    ]


def test_a_region_among_indicators_is_asked_about(drafted: Drafted) -> None:
    one = drafted("2026年3月,\n指标,本月(万吨)\n甲物资,10\n乙物资,9\n丙物资,8\n海曙区,4\n")
    assert any("海曙区 is a region" in line for line in asked(one))


def test_names_of_several_regions_are_those_of_the_others_city(drafted: Drafted) -> None:
    one = drafted("2025年,\n地区,地区生产总值(亿元)\n海曙区,1500.2\n江北区,900\n鄞州区,2800.3\n")
    assert "regions_inside: '330200'  # ?" in one.text
    assert "gdp 330205 2025 annual level 900 亿元" in figures(one)


def test_what_does_not_read_is_said_in_words(drafted: Drafted) -> None:
    one = drafted("2025年,\n镇街,户籍人口(人)\n城东街道,100\n城西街道,200\n")
    assert any("2 figures would wait in quarantine" in line for line in asked(one))


def test_nothing_that_looks_like_a_table_is_said_so(drafted: Drafted) -> None:
    with pytest.raises(QutongError, match="nothing in the file looks like a table"):
        drafted("只有一句话\n")


@pytest.mark.parametrize(
    ("text", "value", "stamp", "rank"),
    [
        ("12.3", True, False, False),
        ("1,200 [r]", True, False, False),
        ("2021", False, True, False),
        ("2023①", False, True, False),
        ("2024(快报数)", False, True, False),
        ("2026-01-31", False, True, False),
        ("第2", False, False, True),
        ("位居第5", False, False, True),
        ("第二产业", False, False, False),
        ("1-3月", False, False, False),
    ],
)
def test_what_a_cell_looks_like(text: str, value: bool, stamp: bool, rank: bool) -> None:
    assert (is_value(text), is_stamp(text), is_rank(text)) == (value, stamp, rank)


def test_a_row_of_years_alone_is_a_header() -> None:
    assert is_data({1: "2021", 2: "45.6"})
    assert not is_data({1: "2021", 2: "2022"})


@pytest.mark.parametrize(
    ("table", "unit"),
    [
        ('"Turnover, 2024 (£ m)",\nIndustry,2024\nRetail,12.5\nHotels,3\n', "百万英镑"),
        ("Turnover,\nUnit: £ m,\nIndustry,2024\nRetail,12.5\nHotels,3\n", "百万英镑"),
        ("Turnover,\nRMB million,\nIndustry,2024\nRetail,12.5\nHotels,3\n", "百万元"),
        ("Year,Turnover (€ bn)\n2023,12.5\n2024,3\n", "十亿欧元"),
        ("Year,Turnover\n,100 million yuan\n2023,12.5\n2024,3\n", "亿元"),
        ("Year,Staff ('000)\n2023,12.5\n2024,3\n", "10^3"),
        ("period,indicator,value,unit\n2024,Staff,12.5,thousand persons\n", "千人"),
        ("period,indicator,value,unit\n2024,Sales,12.5,MIO_EUR\n", "百万欧元"),
    ],
)
def test_multiples_of_units_in_english(drafted: Drafted, table: str, unit: str) -> None:
    rows = [row.split() for row in figures(drafted(table))]
    assert (rows[0][-2], {row[-1] for row in rows}) == ("12.5", {unit})


def test_dollars_are_of_a_country(drafted: Drafted) -> None:
    one = drafted("Year,Sales (Dollars),Cost ($ m)\n2023,12.5,1\n2024,3,2\n")
    assert sum("whose dollars they are (USD, CAD, HKD)" in line for line in asked(one)) == 2


def test_a_number_of_powers_is_asked_about_and_a_word_is_not(drafted: Drafted) -> None:
    head = "REF_DATE,GEO,Estimates,UOM,{},VALUE\n2024,云溪区,Sales,元,{},1.5\n"
    for column, text, is_asked in (
        ("SCALAR_FACTOR", "tens of thousands", False),
        ("UNIT_MULT", "4", False),
        ("SCALAR_ID", "4", True),
    ):
        one = drafted(head.format(column, text))
        assert figures(one)[0].endswith("level 15000 元")
        assert any("powers of ten" in line for line in asked(one)) is is_asked


def test_a_period_is_only_assumed_where_figures_have_none(drafted: Drafted) -> None:
    one = drafted("年份,常住人口(万人)\n2023,45\n2024,46\n")
    other = drafted("指标,常住人口(万人)\n甲,45\n乙,46\n")
    assert "no period was found" not in one.text
    assert "no period was found" in other.text


def test_growth_in_a_second_table_is_that_of_its_own_level(drafted: Drafted) -> None:
    one = drafted(
        "表1 2026年3月产量,,\n指标,本月(吨),同比增长(%)\n甲物资,10,5\n乙物资,9,4\n\n"
        "表2 2026年3月销量,,\n指标,本月(吨),同比增长(%)\n丙物资,8,3\n丁物资,7,2\n"
    )
    told = {line.strip() for line in one.text.splitlines() if "growth_of" in line}
    assert told == {
        "growth_of: [{to: jia_wu_zi}]",
        "growth_of: [{to: yi_wu_zi}]",
        "growth_of: [{to: bing_wu_zi}]",
        "growth_of: [{to: ding_wu_zi}]",
    }


def test_a_bulk_table_of_eurostat_is_unpacked(drafted: Drafted) -> None:
    one = drafted(
        "freq,indic_x,unit,geo\\TIME_PERIOD\t2021 \t2022 \n"
        "A,OUT,THS_T,330203\t41.4 p\t: c\nA,OUT,THS_T,330212\t42\t43\n",
        "bulk2022.tsv",
    )
    assert figures(one) == [
        "out 330203 2021 annual level 41.4 千吨",
        "out 330203 2022 annual level - 千吨",
        "out 330212 2021 annual level 42 千吨",
        "out 330212 2022 annual level 43 千吨",
    ]
    assert "status: OBS_FLAG" in one.text


def test_remarks_above_a_wide_table_are_no_table(drafted: Drafted) -> None:
    one = drafted(
        '"Data Source","Development Indicators",\n\n"Last Updated","2024-03-28",\n\n'
        '"Country Name","Country Code","Indicator Name","Indicator Code","2021","2022",\n'
        '"海曙区","HS","Pupils (persons)","SE.P","59","17",\n'
        '"鄞州区","YZ","Pupils (persons)","SE.P","",12,\n'
    )
    assert "stub: Indicator Name" in one.text
    assert one.outcome is not None
    assert one.outcome.quarantined.height == 0
    rows = one.outcome.accepted.sort("place_order")
    assert rows.select("region_code", "period", "value_printed").rows() == [
        ("330203", "2021", "59"),
        ("330203", "2022", "17"),
        ("330212", "2022", "12"),
    ]


def test_the_name_of_the_rows_may_stand_below_the_columns(drafted: Drafted) -> None:
    one = drafted(
        ",产值,产值,人口,人口\n,甲,乙,甲,乙\n年份,,,,\n2021,100.5,5.1,45.6,0.2\n2022,110,5,46,1\n"
    )
    rows = figures(one)
    assert [row.split()[2] for row in rows] == ["2021"] * 4 + ["2022"] * 4
    assert [row.split()[5] for row in rows[:4]] == ["100.5", "5.1", "45.6", "0.2"]


def test_decimal_commas_behind_semicolons(drafted: Drafted) -> None:
    one = drafted("年份;常住人口(万人);产值(亿元)\n2021;45,6;1.812,35\n2022;46,0;1.234\n")
    assert "delimiter: ';'\n  decimal: comma\n" in one.text
    assert [row.split()[5] for row in figures(one)] == ["45.6", "1812.35", "46", "1234"]


def test_a_comma_that_may_be_either_is_asked_about(drafted: Drafted) -> None:
    one = drafted("年份;产值(亿元)\n2021;1,812\n2022;1,234\n")
    assert "decimal: comma\n" not in one.text
    assert any("1,812 may be 1812 or have three decimals" in line for line in asked(one))


def test_months_in_english(drafted: Drafted) -> None:
    one = drafted("Month,Food (£m)\nJan 2024,1.5\nFeb 2024,4\n2024 Q1,6\n")
    assert [row.split()[2:4] for row in figures(one)] == [
        ["2024-01", "monthly"],
        ["2024-02", "monthly"],
        ["2024-Q1", "quarterly"],
    ]


def test_a_first_row_that_is_called_like_a_number_is_no_numbering(drafted: Drafted) -> None:
    one = drafted("2026年3月,,\n指标,本月(吨),累计(吨)\n甲,12,25\n乙,4,5\n")
    other = drafted("2026年3月,,\n指标,本月(吨),累计(吨)\n甲,1,2\n丙物资,4,5\n")
    assert [row.split()[5] for row in figures(one)] == ["12", "25", "4", "5"]
    assert "ignored_rows: [甲]" in other.text


def test_a_total_in_the_column_of_numbers_is_the_name_of_its_row(drafted: Drafted) -> None:
    one = drafted(
        "2026年3月产值,,,\n序号,行业名称,本月(万元),累计(万元)\n1,甲物资,10,30\n2,乙物资,20,60\n合计,,30,90\n"
    )
    assert [row.split()[0] for row in figures(one)[-2:]] == ["he_ji", "he_ji"]
    parts = [line.strip() for line in one.text.splitlines() if "adds up to 合计" in line]
    assert len(parts) == 2
    assert all(line.startswith("# ? part_of: [{to: he_ji, exhaustive: true}]") for line in parts)


def test_rows_that_do_not_add_up_are_no_parts(drafted: Drafted) -> None:
    one = drafted("2026年3月,\n指标,本月(万吨)\n甲物资,10\n乙物资,20\n合计,35\n")
    assert "part_of" not in one.text


def test_whose_the_year_before_is_beside_several_columns_is_asked(drafted: Drafted) -> None:
    one = drafted(
        "2026年3月,,,,\n指标,1月(吨),2月(吨),3月(吨),上年同期(吨)\n甲物资,1,2,3,4\n乙物资,5,6,7,8\n"
    )
    other = drafted("2026年3月,,\n指标,本月(吨),上年同期(吨)\n甲物资,1,4\n乙物资,5,8\n")
    assert any("that of 3月(吨) is assumed" in line for line in asked(one))
    assert not any("is assumed" in line for line in asked(other)[1:])


def test_the_year_before_beside_rows_of_months_is_of_a_year_before_each(drafted: Drafted) -> None:
    one = drafted("2026年工业产值(万元),,\n月份,本年,上年同期\n1-2月,100,90\n3月,50,45\n")
    assert figures(one) == [
        "gong_ye_chan_zhi 990101 2026-01/2026-02 cumulative_range level 100 万元",
        "gong_ye_chan_zhi_last_year 990101 2025-01/2025-02 cumulative_range level 90 万元",
        "gong_ye_chan_zhi 990101 2026-03 monthly level 50 万元",
        "gong_ye_chan_zhi_last_year 990101 2025-03 monthly level 45 万元",
    ]
    assert any("what the title names is assumed" in line for line in asked(one))


def test_the_last_day_of_a_title_is_when_its_stocks_are_of(drafted: Drafted) -> None:
    table = "指标名称,计量单位,数值\n甲物资,吨,1200\n乙物资,吨,34\n"
    one = drafted(f"主要指标（截至2025年12月31日）,,\n{table}")
    other = drafted(f"主要指标（2025年12月31日制表）,,\n{table}")
    assert [row.split()[2:4] for row in figures(one)] == [["2025-12", "point"]] * 2
    assert any("no period was found" in line for line in asked(other))


def test_rows_without_a_figure_may_open_a_region(drafted: Drafted) -> None:
    one = drafted(
        "2025年各区指标,,\n指标,单位,数值\n海曙区,,\n地区生产总值,亿元,1500\n常住人口,万人,100\n"
        "鄞州区,,\n地区生产总值,亿元,2800\n常住人口,万人,170\n"
    )
    assert figures(one) == [
        "gdp 330203 2025 annual level 1500 亿元",
        "resident_population 330203 2025 annual level 100 万人",
        "gdp 330212 2025 annual level 2800 亿元",
        "resident_population 330212 2025 annual level 170 万人",
    ]


def test_a_part_among_the_headers_is_no_remark(drafted: Drafted) -> None:
    one = drafted("2025年末,,\n地区,总人口(人),其中：女性(人)\n海曙区,30,15\n鄞州区,60,31\n")
    assert [row.split()[5] for row in figures(one)] == ["30", "15", "60", "31"]


def test_dates_beside_figures_are_no_figures(drafted: Drafted) -> None:
    one = drafted(
        "2026年3月,,,,\n指标,单位,更新时间,地区编码,本月\n甲物资,吨,2026-04,000000,5\n乙物资,吨,2026-04-02,330203,6\n"
    )
    assert [row.split()[5] for row in figures(one)] == ["5", "6"]
    assert any("dates that are no figures" in line for line in asked(one))


def test_a_column_of_years_says_the_period_of_its_row(drafted: Drafted) -> None:
    one = drafted(
        "指标,年份,产量(万吨),销量(万吨)\n甲物资,2021,3,5\n乙物资,2021,7,9\n丙物资,2022,8,10\n"
    )
    assert [row.split()[2] for row in figures(one)] == ["2021"] * 4 + ["2022"] * 2


def test_a_unit_in_a_row_of_its_own_is_written_out(drafted: Drafted) -> None:
    one = drafted("指标,甲物资产量,甲物资增速\n频度,月,月\n单位,万吨,%\n2026-01,3,5\n2026-02,7,9\n")
    assert [row.split()[-1] for row in figures(one)] == ["万吨", "%"] * 2


def test_a_px_file_says_its_indicator_and_unit_itself(drafted: Drafted) -> None:
    one = drafted(
        'CODEPAGE="utf-8";\nCHARSET="ANSI";\nDECIMALS=1;\nUNITS="万人";\nCONTENTS="常住人口";\n'
        'STUB="地区","性别";\nHEADING="年份";\nVALUES("地区")="海曙区","鄞州区";\n'
        'VALUES("性别")="男","女";\nVALUES("年份")="2023","2024";\n'
        'CODES("地区")="330203","330212";\nDATA=\n1.5 2\n3 4.25\n5 ".."\n"-" 8;\n',
        "population.px",
    )
    assert figures(one)[:2] == [
        "resident_population 330203 2023 annual level 1.5 万人",
        "resident_population 330203 2024 annual level 2 万人",
    ]
    assert one.parsed.accepted == 8
    assert any(line.startswith("breakdown: 性别  # ?") for line in asked(one))
    assert not any("not known" in line for line in asked(one))


@pytest.mark.parametrize(
    ("title", "period"),
    [
        ("2025年1-3季度地区生产总值", "2025-01/2025-09"),
        ("2025年一至三季度", "2025-01/2025-09"),
        ("2025年前3季度", "2025-01/2025-09"),
        ("2025年前五个月", "2025-01/2025-05"),
        ("2025年五月工业", "2025-05"),
        ("2025年第二产业", "2025"),
        ("2025年上级补助", "2025"),
        ("2025年第一季度末", "2025-03"),
        ("2025年元月", None),
        ("2025年首季", None),
        ("2025年5月上旬", None),
        ("2025年3月5日制", None),
    ],
)
def test_a_part_of_a_year_in_a_title_is_never_the_year(title: str, period: str | None) -> None:
    match = re.search(PERIOD_WRITTEN, title)
    assert (parse_period(match["period"]).code if match else None) == period


def test_growth_beside_years_is_of_the_one_to_its_left(drafted: Drafted) -> None:
    rows = "甲物资,吨,49.1,49.5,0.8\n乙物资,吨,850.1,900.5,5.1\n"
    one = drafted(f"主要指标对比,,,,\n指标,单位,2024年,2025年,增长%\n{rows}")
    other = drafted(f"主要指标对比,,,,\n指标,单位,2025年,2024年,增长%\n{rows}")
    assert figures(one)[2] == "jia_wu_zi_growth 990101 2025 annual yoy_growth_pct 0.8 %"
    assert not any("on its left" in line for line in asked(one))
    assert any("is it of 2024年 on its left, or of 2025" in line for line in asked(other))


def test_months_without_a_year_wait_until_somebody_says_it(drafted: Drafted) -> None:
    one = drafted(
        "分县工业总产值,,\n地区,1月—5月(亿元),5月(亿元)\n海曙区,100.1,20.1\n鄞州区,200.1,40.1\n"
    )
    assert one.outcome is not None
    assert one.outcome.accepted.height == 0
    assert set(one.outcome.quarantined["rule_id"]) == {"period.unreadable"}
    assert sum("no year is said anywhere" in line for line in asked(one)) == 2


def test_two_years_in_one_header_are_asked_about(drafted: Drafted) -> None:
    one = drafted(
        "指标,单位,2025年,2024年,2025年为2024年%\n甲物资,吨,49,48,102.1\n乙物资,吨,9,8,112.5\n"
    )
    assert any("its header says two periods" in line for line in asked(one))
    assert one.outcome is not None
    assert one.outcome.accepted["period"].to_list() == ["2025", "2024"] * 2


def test_what_only_says_its_time_is_not_the_plan_to_its_left(drafted: Drafted) -> None:
    one = drafted(
        "镇街创收完成情况表(2026年1-5月),,,,\n镇街,年度预算(万元),累计完成(万元),同比增减额(万元),同比增减%\n"
        "海曙区,100,50,5,11.1\n鄞州区,200,90,8,9.8\n"
    )
    rows = [row.split() for row in figures(one)[:4]]
    assert [row[0] for row in rows] == [
        "nian_du_yu_suan",
        "zhen_jie_chuang_shou",
        "tong_bi_zeng_jian_e",
        "zhen_jie_chuang_shou_growth",
    ]
    assert [row[-1] for row in rows] == ["万元", "万元", "万元", "%"]
    assert any("what the title names is assumed" in line for line in asked(one))


def test_a_sign_of_per_cent_at_the_figures_is_their_unit(drafted: Drafted) -> None:
    one = drafted("2025年,,\n地区,产值(亿元),占全国比重\n海曙区,500,4.0%\n鄞州区,480,3.9%\n")
    assert [row.split()[-1] for row in figures(one)] == ["亿元", "%"] * 2


def test_a_flow_that_is_read_as_of_a_day_is_asked_about(drafted: Drafted) -> None:
    table = "指标,{}\n城镇新增就业人数(人),1000\n年末常住人口(万人),49\n"
    one = drafted("2025年就业情况,\n" + table.format("2025年12月末"))
    other = drafted("2025年就业情况,\n" + table.format("2025年"))
    assert any("new_urban_employment" in line and "adds up" in line for line in asked(one))
    assert not any("adds up" in line for line in asked(other))


def test_months_below_a_year_are_of_that_year(drafted: Drafted) -> None:
    one = drafted("月份,产值(万元)\n2026年1-2月,100\n3月,52\n4月,53\n")
    assert [row.split()[2:4] for row in figures(one)] == [
        ["2026-01/2026-02", "cumulative_range"],
        ["2026-03", "monthly"],
        ["2026-04", "monthly"],
    ]


def test_rows_without_a_name_are_of_the_one_above(drafted: Drafted) -> None:
    one = drafted("指标,年份,产量(万吨)\n甲物资,2021,3\n,2022,4\n乙物资,2021,7\n,2022,8\n")
    assert [" ".join(row.split()[:3] + row.split()[5:]) for row in figures(one)] == [
        "jia_wu_zi_chan_liang 990101 2021 3 万吨",
        "jia_wu_zi_chan_liang 990101 2022 4 万吨",
        "yi_wu_zi_chan_liang 990101 2021 7 万吨",
        "yi_wu_zi_chan_liang 990101 2022 8 万吨",
    ]
    assert any(line.startswith("stub_fill: true  # ?") for line in asked(one))


def test_the_region_that_a_title_begins_with_is_whose_figures_they_are(drafted: Drafted) -> None:
    rows = "指标,1978,2020\n甲物资(吨),1,2\n乙物资(吨),3,4\n"
    one = drafted(f"表1 北京市主要年份指标,,\n{rows}")
    other = drafted(f"江北区主要年份指标,,\n{rows}")
    assert "    region: 北京市\n" in one.text
    assert {row.split()[1] for row in figures(one)} == {"110000"}
    assert any("江北区 may be 330205, 500105" in line for line in asked(other))


def test_growth_and_rank_beside_the_figures_of_records_are_read_too(drafted: Drafted) -> None:
    one = drafted(
        "时间,地区,指标,数值,同比增速,位次,单位\n2025年1-3月,海曙区,甲物资,100,5.1,2,吨\n"
        "2025年1-3月,鄞州区,甲物资,200,4.1,1,吨\n2025年1-3月,海曙区,乙物资,300,3.1,1,吨\n"
    )
    quarter = "2025-01/2025-03 cumulative_range"
    assert figures(one)[:4] == [
        f"jia_wu_zi 330203 {quarter} level 100 吨",
        f"jia_wu_zi_growth 330203 {quarter} yoy_growth_pct 5.1 %",
        f"jia_wu_zi_rank 330203 {quarter} rank 2 位",
        f"jia_wu_zi 330212 {quarter} level 200 吨",
    ]
    assert "constants:" not in one.text


def test_the_year_before_of_an_open_stretch_is_open_too(drafted: Drafted) -> None:
    rows = "营业收入,100,90\n营业成本,80,70\n"
    one = drafted(f"2026年6月报表(万元),,\n指标,本年,上年同期\n{rows}")
    other = drafted(f"2026年6月报表(万元),,\n指标,本月,上年同期\n{rows}")
    assert any("of the same stretch of time as 本年: which one" in line for line in asked(one))
    assert not any("same stretch of time" in line for line in asked(other))


@pytest.mark.parametrize("corner", ["单位：万元", "计量单位：万元", "（单位：万元）"])
def test_who_reports_is_no_unit(drafted: Drafted, corner: str) -> None:
    one = drafted(
        f"2026年6月产值,,\n填报单位：江北区统计局,,{corner}\n指标,本月,累计\n甲物资,1,2\n乙物资,3,4\n"
    )
    assert {row.split()[-1] for row in figures(one)} == {"万元"}


def test_an_amount_right_of_growth_is_not_taken_for_growth_unasked(drafted: Drafted) -> None:
    one = drafted(
        "2026年3月,,,\n单位:吨,,,\n指标,3月同比(%),1-3月上年同期,上年同月\n甲物资,1,2,3\n乙物资,4,5,6\n"
    )
    assert any("is it an amount, or growth" in line for line in asked(one))


def test_years_beside_months_are_columns_of_their_own(drafted: Drafted) -> None:
    one = drafted("2026年3月,,\n指标,2025年(吨),1-3月(吨)\n甲物资,1,40\n乙物资,2,50\n")
    assert [row.split()[2] for row in figures(one)[:2]] == ["2025", "2026-01/2026-03"]
