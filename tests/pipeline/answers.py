"""What the twenty questions must answer on the shipped figures, checked against the documents.

Belongs here: literal rows (a part of each answer). Does not belong here: running the queries.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Row = dict[str, Any]


def d(text: str) -> Decimal:
    """A decimal, in short."""
    return Decimal(text)


RANGE = "2021-01/2023-06"

# question number: how many rows, and rows of which these columns must be found
ANSWERS: dict[int, tuple[int, list[Row]]] = {
    1: (
        19,
        [
            {"sort": 1, "period": "2025", "value": d("1000"), "qualifier": "above",
             "growth": None, "city_value": d("18700")},
            {"sort": 2, "period": "2022", "value": d("4.9"), "city_value": d("3.5"),
             "rank_in_city_text_zh": "前3"},
            {"sort": 4, "period": "2022", "value": d("177.5"), "growth": d("11")},
            {"sort": 5, "period": RANGE, "value": d("808.4"), "growth": d("13.9"),
             "growth_kind": "cagr", "growth_period": "2020/2022"},
            {"sort": 9, "value": d("3.39"), "rank_in_province_text_zh": "第18"},
            {"sort": 12, "value": d("5003"), "rank_in_city_text_zh": "第3"},
            {"sort": 16, "period": "2024-12", "value": d("51.8"), "city_value": d("977.7")},
        ],
    ),
    2: (
        30,
        [
            {"indicator_name_zh": "研发经费投入强度全省排名", "period": "2023",
             "rank_text_zh": "第18", "rank_previous": 12, "rank_previous_period": "2020",
             "rank_change": -6, "ranked_among": "province"},
            {"indicator_name_zh": "商品销售额全市排名", "rank_text_zh": "第3",
             "ranked_among": "city", "rank_change": None},
            {"indicator_name_zh": "全国综合实力百强区排名", "rank_text_zh": "第52",
             "ranked_among": "nation"},
            {"indicator_name_zh": "区域创新指数全省排名", "rank_text_zh": "第19"},
        ],
    ),
    3: (
        79,
        [
            {"concept_name_zh": "地区生产总值", "period": "2022", "region_name_zh": "宁波市",
             "value": d("15716.34"), "own_value": d("860.3"), "ratio": d("0.0547"),
             "gap": d("-14856.04")},
            {"concept_name_zh": "地区生产总值", "period": "2021", "region_name_zh": "宁波市奉化区",
             "value": d("848.4"), "own_value": d("829.4"), "ratio": d("0.9776"), "gap": d("-19")},
            {"concept_name_zh": "地区生产总值", "period": "2025", "region_name_zh": "宁波市",
             "ratio": None, "gap": None, "reason_zh": "界限方向相互抵消，不能比较"},
            {"concept_name_zh": "常住人口", "period": "2024-12", "region_name_zh": "宁波市镇海区",
             "value": d("53.2"), "own_value": d("51.8"), "gap": d("-1.4")},
            {"concept_name_zh": "地区生产总值增速", "period": "2022", "region_name_zh": "宁波市",
             "value": d("3.5"), "own_value": d("4.9"), "ratio": None, "gap": d("1.4")},
        ],
    ),
    4: (
        6,
        [
            {"item_name_zh": "固定资产投资合计", "period": RANGE, "investment": d("808.4")},
            {"item_name_zh": "工业", "investment": d("103.7"), "share_printed": d("13.9"),
             "share_computed": d("12.83"), "share_difference": d("1.07")},
            {"item_name_zh": "房地产开发", "share_printed": d("63.2")},
            {"item_name_zh": "未单列部分", "residual_share": d("7.4")},
        ],
    ),
    5: (
        12,
        [
            {"programme_name_zh": "重大项目", "stage_name_zh": "全部阶段",
             "project_count": 284, "investment": d("731.8"), "rate_printed": d("54.7")},
            {"programme_name_zh": "重大项目", "stage_name_zh": "在建", "rate_printed": d("58")},
            {"programme_name_zh": "亿元以上产业项目", "region_name_zh": "宁波市",
             "stage_name_zh": "签约", "project_count": 145, "investment": d("595.8")},
            {"programme_name_zh": "亿元以上产业项目", "stage_name_zh": "落地",
             "project_count": 193, "investment": d("781.6")},
        ],
    ),
    6: (
        8,
        [
            {"item_name_zh": "新材料产业", "output": d("497"), "output_cagr": d("6.5"),
             "output_base_implied": d("438.2"), "is_summable": False},
            {"item_name_zh": "高端装备产业", "output": d("508"), "is_summable": False},
            {"item_name_zh": "汽车零部件产业", "output": d("129"), "is_summable": False},
            {"item_name_zh": "规模以上工业", "output": d("1100"),
             "output_qualifier": "above", "output_implied": d("1105.2")},
            {"item_name_zh": "战略性新兴产业", "share": d("42.4"), "is_summable": False},
            {"item_name_zh": "装备制造业", "share": d("73.4"), "is_summable": False},
            {"item_name_zh": "高新技术产业", "share": d("70.8"), "is_summable": False},
        ],
    ),
    7: (
        3,
        [
            {"item_name_zh": "社会消费品零售总额", "value": d("449.7"), "cagr": d("9.5"),
             "base_implied_period": "2020", "base_implied": d("375.1")},
            {"item_name_zh": "消费券", "value": d("1"), "value_qualifier": "above",
             "moved": d("20"), "multiplier": None},
        ],
    ),
    8: (
        25,
        [
            {"item_name_zh": "品质文化生活圈", "basis_family": "standard", "standard": d("15"),
             "standard_qualifier": "at_most", "standard_unit": "分钟", "count": None},
            {"item_name_zh": "品质文化生活圈", "basis_family": "outturn", "standard": None,
             "count": d("119"), "coverage": None},
            {"item_name_zh": "托育综合服务圈", "period": "2026", "standard": d("15"),
             "basis_family": "standard", "count": None},
            {"item_name_zh": "社保、医保", "period": "2025", "basis_family": "target",
             "coverage": d("100")},
            {"item_name_zh": "城镇住房保障受益", "coverage": d("38.2")},
        ],
    ),
    9: (
        12,
        [
            {"item_name_zh": "一般公共预算支出", "amount": d("94.6"), "per_resident": d("18920"),
             "per_resident_qualifier": "below"},
            {"item_name_zh": "民生支出", "amount": d("66"), "share_printed": d("69.8"),
             "share_computed": d("69.77")},
            {"item_name_zh": "教育", "amount": d("13.1"), "share_computed": d("13.85"),
             "per_resident": d("2620"), "per_resident_qualifier": "below"},
        ],
    ),
    10: (
        14,
        [
            {"item_name_zh": "规划主要指标", "nature_name_zh": "全部", "count_printed": d("30"),
             "parts": "23 + 6 + 1", "is_table_supplied": False},
            {"item_name_zh": "中期达到目标要求", "nature_name_zh": "全部",
             "count_printed": d("23"), "parts": "9 + 14"},
            {"item_name_zh": "中期未达目标进度", "nature_name_zh": "约束性",
             "count_printed": d("3")},
            {"item_name_zh": "预计提前或如期完成", "figure_kind": "forecast",
             "count_printed": d("26"),
             "whole_printed": d("29")},
        ],
    ),
    11: (
        28,
        [
            {"indicator_name_zh": "新增产业空间面积", "period": "2026", "target": d("20"),
             "target_qualifier": "at_least", "target_unit": "万平方米", "outturn": None,
             "target_role": "target"},
            {"indicator_name_zh": "交通圈时间标准", "target": d("1"),
             "target_qualifier": "at_most", "target_role": "standard"},
            {"indicator_name_zh": "数字经济核心产业增加值增速", "period": "2026",
             "growth_target": d("8"), "target": None},
            {"indicator_name_zh": "城乡公交一体化率", "period": "2025", "target": d("100"),
             "outturn_period": "2023-06", "outturn": d("100"), "is_met": True},
        ],
    ),
    12: (
        170,
        [
            {"title_zh": "所列比重与计算不符", "period": RANGE,
             "arithmetic": "103.7 / 808.4 * 100 = [12.82, 12.84]; printed 13.9 [13.85, 13.95];"
             " tolerance 0"},
            {"period": "2024", "arithmetic": "56 [55.5, 56.5] / 53.6 [53.55, 53.65]"},
        ],
    ),
    # Places and shares are counted from the delivered files, by hand.
    13: (
        31,
        [
            {"concept_name_zh": "地区生产总值", "period": "2002", "own_value": d("50.9356"),
             "place": 4, "among": 5, "largest_sister_zh": "慈溪市", "largest_sister": d("200")},
            {"concept_name_zh": "地区生产总值", "period": "2008", "place": 8, "among": 9},
            {"concept_name_zh": "地区生产总值", "period": "2015", "place": 9, "among": 10,
             "lacking": 1},
            {"concept_name_zh": "地区生产总值", "period": "2016", "place": 10, "among": 10,
             "largest_sister_zh": "宁波市鄞州区", "largest_sister": d("2400")},
            {"concept_name_zh": "地区生产总值", "period": "2021", "place": 9, "among": 10,
             "lacking": 0, "largest_sister": d("2500.3")},
            {"concept_name_zh": "财政总收入", "period": "2003", "place": 4, "among": 4},
            {"concept_name_zh": "财政总收入", "period": "2009", "place": 4, "among": 10},
        ],
    ),
    14: (
        158,
        [
            {"concept_name_zh": "地区生产总值", "period": "2002", "own_value": d("50.9356"),
             "city_value": d("1500.34"), "share_of_city_pct": d("3.39")},
            {"concept_name_zh": "地区生产总值", "period": "2008", "share_of_city_pct": d("3.95")},
            {"concept_name_zh": "地区生产总值", "period": "2016", "own_value": d("383.9448"),
             "city_value": d("8686.49"), "share_of_city_pct": d("4.42")},
            {"concept_name_zh": "常住人口(七普)", "period": "2020-11",
             "share_of_city_pct": d("5.2")},
        ],
    ),
    15: (
        3,
        [
            {"name_zh": "行政村集体经营性收入下限", "target": d("50"), "outturn": d("30"),
             "outturn_qualifier": "at_least", "verdict_zh": "不能判定", "shortfall": None},
            {"name_zh": "数字经济核心产业增加值增速", "target": d("8"), "target_unit": "%",
             "outturn": d("71.4"), "outturn_unit": "亿元",
             "reason_zh": "实绩与目标度量不同，不作比较。"},
        ],
    ),
    16: (
        47,
        [
            {"indicator_name_zh": "地区生产总值", "region_name_zh": "宁波市", "period": "2015",
             "first_value": d("8003.61"), "first_document": "zjnj2016-17-2",
             "value_in_force": d("8003.61"), "document_in_force": "nbs36-gdp",
             "different_values": 3, "spread": d("291.74")},
            {"indicator_name_zh": "地区生产总值", "region_name_zh": "宁波市", "period": "2002",
             "first_value": d("1453.34"), "value_in_force": d("1500.34"), "different_values": 3},
        ],
    ),
    17: (
        62,
        [
            # 829.4 of 49.5, 14703.2 of 954.4, 1441.5 of 126.1
            {"item_name_zh": "地区生产总值", "year": 2021, "region_name_zh": "宁波市江北区",
             "yuan_per_resident": d("167556")},
            {"item_name_zh": "地区生产总值", "year": 2021, "region_name_zh": "宁波市",
             "yuan_per_resident": d("154057")},
            {"item_name_zh": "地区生产总值", "year": 2021, "region_name_zh": "余姚市",
             "yuan_per_resident": d("114314")},
        ],
    ),
    18: (
        4,
        [
            {"indicator_name_zh": "地区生产总值", "years": 18, "first_year": 2002,
             "first_value": d("50.9356"), "last_year": 2022, "last_value": d("860.3"),
             "yearly_change_on_published_pct": None,
             "breaks_zh": "2005、2009、2013、2014、2019"},
            # (177.5 / 8.2332) ^ (1 / 19), (51.8 / 49.5) ^ (1 / 3)
            {"indicator_name_zh": "财政总收入", "years": 15, "first_value": d("8.2332"),
             "last_value": d("177.5"), "yearly_change_on_published_pct": d("17.54"),
             "breaks_zh": None},
            {"indicator_name_zh": "常住人口", "yearly_change_on_published_pct": d("1.53")},
            {"indicator_name_zh": "常住人口城镇化率", "yearly_change_on_published_pct": None},
        ],
    ),
    19: (
        14,
        [
            {"region_name_zh": "宁波市江北区", "item_name_zh": "地区生产总值", "year": 2022,
             "value_year_before": d("829.4"), "value": d("860.3"),
             "growth_published_pct": d("4.9"), "growth_price_basis": "comparable",
             "change_on_published_pct": d("3.73"), "difference_points": d("-1.17"),
             "reason_zh": "来源等级不同（仅供参考）"},
            {"region_name_zh": "宁波市", "item_name_zh": "地区生产总值", "year": 2024,
             "change_on_published_pct": None, "reason_zh": "其间有普查修订"},
            {"region_name_zh": "宁波市", "item_name_zh": "一般公共预算收入", "year": 2020,
             "growth_published_pct": d("2.9"), "change_on_published_pct": d("2.88")},
        ],
    ),
    20: (
        1,
        [
            {"data_set_title_zh": "宁波市人口主要数据：分县（市、区）", "period_label_zh": "2025年",
             "state_zh": "逾期未报", "owner": "人口科 / Population section"},
        ],
    ),
}  # fmt: skip
