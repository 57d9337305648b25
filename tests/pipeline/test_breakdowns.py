"""What a declaration breaks down reaches its fact without a line of SQL.

Belongs here: an invented table by class in a whole run, and what readers find of it. Does not
belong here: how a model sets figures side by side (``dbt_project/models/unit_tests``).
"""

from __future__ import annotations

import pytest

from tests.pipeline.released import Released, qutong
from tests.support import deliver, make_project

DECLARATION = """
id: yunxi-output-by-size
title: {zh: 云溪区分规模产值（虚构）, en: Output of Yunxi by size (invented)}
theme: industry_clusters
owner: 工业科 / Industry section
simulated: true
origin:
  producer: 云溪区统计局（虚构） / Yunxi statistics bureau (invented)
  documents:
    - id: yunxi-sizes
      title: 分规模表（虚构）
      title_en: Table by size (invented)
      grade: official
      published: 2026-02
delivery: {connector: folder, pattern: ["分规模*.csv"], cadence: annual}
layout:
  kind: records
  columns:
    indicator: 指标
    region: 地区
    period: 期间
    value: 数值
    unit: 单位
    breakdown: 规模
    qualifier: 限定
    locality: 地点
  breakdown_list: size_class
  constants: {source_place: 表1}
indicators:
  - code: yunxi_output
    name: {zh: 规上产值, en: Output above designated size}
    measure: level
    price_basis: current
    base_unit: 亿元
    decimals: 1
    direction: neutral
    mart: industry_clusters.cluster_performance
    item: yunxi_all
    item_name: {zh: 规上工业, en: Industry above designated size}
    role: output
  - code: yunxi_output_light
    name: {zh: 轻工业产值, en: Output of light industry}
    measure: level
    price_basis: current
    base_unit: 亿元
    decimals: 1
    direction: neutral
    mart: industry_clusters.cluster_performance
    role: output
    item: yunxi_light
    item_name: {zh: 轻工业, en: Light industry}
    part_of: [{to: yunxi_output}]
  - code: yunxi_kilns
    name: {zh: 窑炉, en: Kilns}
    measure: count
    price_basis: not_applicable
    base_unit: 座
    decimals: 0
    direction: neutral
    field: consumption
  - code: yunxi_kilns_growth
    name: {zh: 窑炉增速, en: "Kilns, growth"}
    measure: yoy_growth_pct
    price_basis: not_applicable
    base_unit: "%"
    decimals: 1
    direction: neutral
    growth_of: [{to: yunxi_kilns}]
"""
TABLE = """指标,地区,期间,规模,数值,单位,限定,地点
规上产值,云溪区,2025年,合计,120,亿元,,
规上产值,云溪区,2025年,大型,40,亿元,,
规上产值,云溪区,2025年,中型企业,30,亿元,,
规上产值,云溪区,2025年,小型,20,亿元,超,
轻工业产值,云溪区,2025年,,50,亿元,,
轻工业产值,云溪区,2025年,大型,25,亿元,,
窑炉,云溪区,2025年,,9,座,,
窑炉,云溪区,2025年,小型,6,座,,
窑炉,云溪区,2025年,,4,座,,窑头镇
窑炉增速,云溪区,2025年,,12.5,%,,
"""


@pytest.fixture(scope="module")
def by_size(tmp_path_factory: pytest.TempPathFactory) -> Released:
    settings = make_project(tmp_path_factory.mktemp("sizes") / "district")
    folder = settings.raw / "datasets" / "industry_clusters"
    folder.mkdir(exist_ok=True)
    (folder / "yunxi-output-by-size.yml").write_text(DECLARATION, "utf-8")
    deliver(settings, "yunxi-output-by-size", "2026-02-10", "分规模2025.csv", TABLE.encode())
    return Released(settings, qutong(settings, "run", through_dagster=False))


def test_every_class_is_a_row_of_the_fact_with_its_list_and_its_names(by_size: Released) -> None:
    assert by_size.done.exit_code == 0, by_size.done.output
    assert by_size.lines(
        "select item, class_list, class_code, class_name_zh, class_name_en, output, "
        "output_qualifier, output_low, output_high, output_is_bound, output_status "
        "from industry_clusters.cluster_performance where item like 'yunxi%' order by item, output"
    ) == [
        "yunxi_all | size_class | small | 小型 | Small | 20 | above | 20 | – | True | A",
        "yunxi_all | size_class | medium | 中型 | Medium | 30 | exact | 30 | 30 | False | A",
        "yunxi_all | size_class | large | 大型 | Large | 40 | exact | 40 | 40 | False | A",
        "yunxi_all | _T | _T | – | – | 120 | exact | 120 | 120 | False | A",
        "yunxi_light | size_class | large | 大型 | Large | 25 | exact | 25 | 25 | False | A",
        "yunxi_light | _T | _T | – | – | 50 | exact | 50 | 50 | False | A",
    ]


def test_no_class_may_be_added_up(by_size: Released) -> None:
    """The part of a whole may be; a class of that part is in it already."""
    assert by_size.lines(
        "select item, class_code, is_summable from industry_clusters.cluster_performance "
        "where item = 'yunxi_light' order by output"
    ) == ["yunxi_light | large | False", "yunxi_light | _T | True"]
    assert by_size.lines(
        "select sum(output) from industry_clusters.cluster_performance "
        "where is_summable and item like 'yunxi%'"
    ) == ["50"]


def test_a_class_is_traced_to_the_cell_it_stood_in(by_size: Released) -> None:
    done = qutong(
        by_size.settings, "trace", "industry_clusters.cluster_performance.output",
        "item=yunxi_all", "class_code=medium",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "R4C5" in done.output


def test_nothing_is_cut(by_size: Released) -> None:
    assert by_size.rows("select rule_id from quality.finding where rule_id like 'marts.%'") == []


def test_what_names_no_mart_stands_in_the_fact_of_its_field(by_size: Released) -> None:
    """Growth stands beside what grew, whose field it has; a place and a class have rows."""
    assert by_size.lines(
        "select mart, field, field_name_en, item_name_en, class_name_en, locality, value, "
        "value_unit, growth from core.figure_by_field where item = 'yunxi_kilns' "
        "order by class_name_en nulls first, locality nulls first"
    ) == [
        "core.figure_by_field | consumption | consumption | Kilns | – | – | 9 | 座 | 12.5",
        "core.figure_by_field | consumption | consumption | Kilns | – | 窑头镇 | 4 | 座 | –",
        "core.figure_by_field | consumption | consumption | Kilns | Small | – | 6 | 座 | –",
    ]
    assert by_size.lines(
        "select distinct field, mart from core.figure_by_field where item = 'gdp'"
    ) == ["profile | core.district_profile"]
