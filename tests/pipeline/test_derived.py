"""What is computed of figures that a small district delivers, and why some of it is not.

Belongs here: two years of an invented district and its city, months cumulative, a part and its
whole, in a whole run; and that ``qutong get`` computes the same. Does not belong here: the single
branches of a derivation (``dbt_project/models/unit_tests/derived.yml``).
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from orchestration.serve.get import Question, answer
from orchestration.settings import Settings
from tests.pipeline.released import Released, qutong
from tests.support import deliver, make_project

DECLARATION = """
id: yunxi-months
title: {zh: 云溪区月报（虚构）, en: Monthly report of Yunxi (invented)}
theme: profile
owner: 综合科 / General section
origin:
  producer: 云溪区统计局（虚构） / Yunxi statistics bureau (invented)
  documents:
    - {id: yunxi-months-2024, title: 云溪区月报（虚构）, published: 2025-02, grade: official}
delivery: {connector: folder, pattern: ["月报*.csv"], cadence: monthly}
layout:
  kind: records
  columns: {indicator: 指标, region: 地区, period: 期间, period_kind: 期间类型, value: 数值,
            qualifier: 限定, unit: 单位, source_place: 章节}
indicators:
  - code: retail
    name: {zh: 零售额, en: Retail sales}
    measure: level
    price_basis: current
    base_unit: 亿元
    decimals: 1
    direction: higher_is_better
    mart: core.district_profile
    item: retail
    item_name: {zh: 零售额, en: Retail sales}
    role: value
    topic: economy
    additive: {time: sum, regions: sum, classes: sum}
  - code: retail_online
    name: {zh: 网上零售额, en: Online retail sales}
    measure: level
    price_basis: current
    base_unit: 亿元
    decimals: 1
    direction: higher_is_better
    mart: core.district_profile
    item: retail_online
    item_name: {zh: 网上零售额, en: Online retail sales}
    role: value
    topic: economy
    additive: {time: sum, regions: sum, classes: sum}
    part_of: [{to: retail}]
  - code: retail_growth
    name: {zh: 零售额增速, en: "Retail sales, growth"}
    measure: yoy_growth_pct
    price_basis: current
    base_unit: "%"
    decimals: 1
    direction: higher_is_better
    mart: core.district_profile
    item: retail
    role: growth
    topic: economy
    growth_of: [{to: retail}]
"""
HEADER = "指标,地区,期间,期间类型,数值,限定,单位,章节"
ROWS = """
零售额,云溪区,2022年,年度,80,,亿元,一
零售额,云溪区,2023年,年度,100,,亿元,一
零售额,云溪区,2024年,年度,120,,亿元,一
零售额,云山区,2023年,年度,90,,亿元,一
零售额,云山区,2024年,年度,150,,亿元,一
零售额,云州市,2023年,年度,500,,亿元,一
零售额,云州市,2024年,年度,600,,亿元,一
网上零售额,云溪区,2023年,年度,30,,亿元,一
网上零售额,云溪区,2024年,年度,36,,亿元,一
网上零售额,云州市,2024年,年度,200,超,亿元,一
零售额增速,云溪区,2023年,年度,2.0,,%,一
零售额增速,云溪区,2024年,年度,8.0,,%,一
零售额,云溪区,2023年1—2月,累计,8,,亿元,二
零售额,云溪区,2023年1—3月,累计,20,,亿元,二
零售额,云溪区,2024年1—2月,累计,10,,亿元,二
零售额,云溪区,2024年1—3月,累计,25,,亿元,二
零售额,云溪区,2024年1—4月,累计,24,,亿元,二
"""


def with_months(settings: Settings) -> Settings:
    """Declare and deliver two years of months; the bulletin says who lived there."""
    (settings.raw / "datasets/profile/yunxi-months.yml").write_text(DECLARATION, "utf-8")
    content = f"{HEADER}\n{ROWS.strip()}\n"
    deliver(settings, "yunxi-months", "2025-02-20", "月报2024.csv", content.encode())
    return settings


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Released:
    settings = with_months(make_project(tmp_path_factory.mktemp("derived") / "district"))
    done = qutong(settings, "run", through_dagster=False, all_products=False)
    assert done.exit_code == 0, done.output
    return Released(settings, done)


JOINED = "from core.fact_figure join core.derived using (observation_id) where indicator_code = "


def test_a_year_is_told_beside_the_one_before(district: Released) -> None:
    # 120 on 100 is 20 %; 8 % were published: the base was another one. (1.02 × 1.08)^½ = 1.049571
    assert district.lines(
        "select region_code, period, value, growth_as_published, average_growth_two_years, "
        f"change_on_published, change_pct_on_published, change_reason, index_to_base {JOINED}"
        "'retail' and period_kind = 'annual' order by all"
    ) == [
        "990100 | 2023 | 500 | – | – | – | – | no_year_before | 100",
        "990100 | 2024 | 600 | – | – | 100 | 20 | – | 120",
        "990101 | 2022 | 80 | – | – | – | – | no_year_before | 100",
        "990101 | 2023 | 100 | 2 | – | 20 | 25 | frame | 125",
        "990101 | 2024 | 120 | 8 | 4.96 | 20 | 20 | frame | 150",
        "990102 | 2023 | 90 | – | – | – | – | no_year_before | 100",
        "990102 | 2024 | 150 | – | – | 60 | 66.67 | – | 166.67",
    ]


def test_a_year_is_told_beside_other_places(district: Released) -> None:
    # 120 of 600 亿元 are 20 %; 120 亿元 for 386 000 residents are 31 088.08… 元.
    assert district.lines(
        "select region_code, period, share_of_region_above, per_head, per_head_unit, "
        "per_head_reason, rank_computed, rank_of_regions, rank_regions_lacking, rank_reason "
        f"{JOINED}'retail' and period_kind = 'annual' and year >= 2023 order by all"
    ) == [
        "990100 | 2023 | – | – | – | no_population | – | – | – | alone",
        "990100 | 2024 | – | – | – | no_population | – | – | – | alone",
        "990101 | 2023 | 20 | – | – | no_population | 1 | 2 | 0 | –",
        "990101 | 2024 | 20 | 31088.1 | 元/人 | – | 2 | 2 | 0 | –",
        "990102 | 2023 | 18 | – | – | no_population | 2 | 2 | 0 | –",
        "990102 | 2024 | 25 | – | – | no_population | 1 | 2 | 0 | –",
    ]


def test_months_come_out_of_cumulative_figures(district: Released) -> None:
    # Twelve months to March 2024: 100 + 25 - 20. April's cumulative figure is below that of March.
    assert district.lines(
        "select period, current_computed, current_period, current_reason, rolling_twelve_months, "
        f"rolling_reason, previous_change_reason {JOINED}"
        "'retail' and period_kind = 'cumulative_range' order by all"
    ) == [
        "2023-01/2023-02 | 8 | 2023-01/2023-02 | – | – | gap | cumulative",
        "2023-01/2023-03 | 12 | 2023-03 | – | – | gap | cumulative",
        "2024-01/2024-02 | 10 | 2024-01/2024-02 | – | 102 | – | cumulative",
        "2024-01/2024-03 | 15 | 2024-03 | – | 105 | – | cumulative",
        "2024-01/2024-04 | – | – | fell | – | gap | cumulative",
    ]


def test_a_part_has_its_share_its_pull_and_its_contribution(district: Released) -> None:
    # 36 of 120; it grew by 6 where the whole grew by 20 from 100.
    assert district.lines(
        "select region_code, period, share_of_whole, pull_points, pull_reason, contribution_pct, "
        f"contribution_reason {JOINED}'retail_online' order by all"
    ) == [
        "990100 | 2024 | – | – | bound | – | bound",
        "990101 | 2023 | 30 | – | no_year_before | – | no_year_before",
        "990101 | 2024 | 30 | 6 | – | 30 | –",
    ]


def test_every_reason_has_words(district: Released) -> None:
    reasons = "change_reason, rank_reason, per_head_reason, pull_reason, current_reason"
    named = " union ".join(f"select {one} as code from core.derived" for one in reasons.split(", "))
    assert (
        district.rows(
            f"select code from ({named}) anti join (from meta.code where code_list = "
            "'derived_reason') using (code) where code is not null"
        )
        == []
    )


def test_the_calendar_holds_the_neighbours_of_every_period(district: Released) -> None:
    assert district.lines(
        "select period, kind, label_zh, previous_period, same_period_last_year, year_period "
        "from core.dim_period where period in ('2024', '2024-01', '2024-Q1', '2024-01/2024-02', "
        "'2024-01/2024-04', '2024-01/2024-06', '2022') order by all"
    ) == [
        "2022 | year | 2022年 | – | – | 2022",
        "2024 | year | 2024年 | 2023 | 2023 | 2024",
        "2024-01 | month | 2024年1月 | 2023-12 | 2023-01 | 2024",
        "2024-01/2024-02 | jan_feb | 2024年1月至2024年2月 | 2023-12 | 2023-01/2023-02 | 2024",
        "2024-01/2024-04 | to_date | 2024年1月至2024年4月 | 2023-01/2023-04 | 2023-01/2023-04"
        " | 2024",
        "2024-01/2024-06 | half | 2024年1月至2024年6月 | 2023-07/2023-12 | 2023-01/2023-06 | 2024",
        "2024-Q1 | quarter | 2024年第1季度 | 2023-Q4 | 2023-Q1 | 2024",
    ]


def test_what_was_promised_is_made_of_the_dimensions(district: Released) -> None:
    assert district.lines("select region_code, role from core.dim_region order by region_code") == [
        "990000 | province",
        "990100 | city",
        "990101 | self",
        "990102 | sister",
        "990109 | sister",
        "CN | nation",
    ]
    assert district.lines(
        "select indicator_code, nature, growth_of, part_of, mart, mart_column "
        "from core.dim_indicator where starts_with(indicator_code, 'retail') order by all"
    ) == [
        "retail | flow | – | – | core.district_profile | value",
        "retail_growth | rate | retail | – | core.district_profile | growth",
        "retail_online | flow | – | retail | core.district_profile | value",
    ]
    for table, columns in (
        ("period", "period, label_zh, months"),
        ("region", "region_code, region_kind, parent_code"),
        ("indicator", "indicator_code, mart, adds_over_time"),
        ("source_document", "source_document, source_grade"),
    ):
        dimension = {"source_document": "dim_source"}.get(table, f"dim_{table}")
        assert (
            district.rows(
                f"select {columns} from core.{table} except select {columns} from core.{dimension}"
            )
            == []
        )


@pytest.mark.parametrize("indicator", ["retail", "retail_online", "retail_growth", "residents"])
def test_get_computes_the_same(district: Released, indicator: str) -> None:
    question = Question(indicator, regions=("all",), change=True, per_head=False)
    told = answer(district.settings.releases, question)
    derived = {
        row[0]: row[1:]
        for row in district.rows(
            "select observation_id, value_year_before, change_on_published, "
            "change_pct_on_published, growth_as_published, "
            "coalesce(year_before_observation_id, ''), change_on_published is null "
            f"{JOINED}'{indicator}'"
        )
    }
    assert len(told.figures) == len(derived) > 0
    for one in told.figures:
        more = one.more
        assert derived[one.observations[0]] == (
            more["value_year_before"],
            more.get("change_on_published"),
            more.get("change_pct_on_published"),
            more["growth_as_published"],
            more["year_before_observations"],
            more.get("change_on_published") is None,
        )


def test_get_computes_the_same_per_head(district: Released) -> None:
    told = answer(district.settings.releases, Question("retail", regions=("all",), per_head=True))
    derived = {
        row[0]: (row[1], row[2])
        for row in district.rows(f"select observation_id, per_head, per_head_unit {JOINED}'retail'")
    }
    got = {
        one.observations[0]: (one.more.get("per_head"), one.more.get("per_head_unit"))
        for one in told.figures
    }
    assert got == derived
    assert (Decimal("31088.1"), "元/人") in derived.values()
