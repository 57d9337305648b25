"""Standard indicators and the regions of China, from a delivery to a release."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestration.settings import CODE_ROOT, load_settings
from orchestration.standards import shipped
from tests.pipeline.released import ask, current, last_run, qutong
from tests.support import deliver, make_project

DECLARED = """\
id: yunxi-catalogue
title: {zh: 主要指标（虚构）, en: Main indicators (invented)}
theme: profile
owner: 综合科 / General section
origin:
  producer: 虚构 / invented
  documents: [{id: yunxi-main, title: 主要指标（虚构）, published: 2025-02, grade: official}]
delivery: {connector: folder, pattern: ["主要指标*.csv"], cadence: annual}
regions_inside: 南京市
completeness: {max_quarantined: 1}
layout:
  kind: records
  columns: {indicator: 指标, region: 地区, period: 期间, value: 数值, unit: 单位}
  constants: {source_place: 表1}
indicators:
- {code: retail_sales}
- {code: urban_retail_sales}
- {code: rural_retail_sales}
- {code: goods_retail_sales}
- {code: catering_sales}
- {code: private_investment_share}
- {code: floor_space_under_construction}
- {code: floor_space_started}
"""

# 60 + 30 is not 100; 80 + 20 is; more was started than was under construction.
FIGURES = """\
指标,地区,期间,数值,单位
社零,武汉市武昌区,2024年,100.0,亿元
城镇消费品零售额,武汉市武昌区,2024年,60.0,亿元
乡村消费品零售额,武汉市武昌区,2024年,30.0,亿元
商品零售额,武汉市武昌区,2024年,80.0,亿元
餐饮收入,武汉市武昌区,2024年,20.0,亿元
房屋施工面积,420106000000,2024年,40.0,万平方米
房屋新开工面积,420106,2024年,50.0,万平方米
民间投资占固定资产投资比重,鼓楼区,2024年,61.5,%
民间投资占固定资产投资比重,朝阳区,2024年,55.0,%
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the invented district with one delivery that names codes of the catalogue."""
    folder = tmp_path_factory.mktemp("catalogue")
    settings = make_project(folder)
    shutil.copytree(shipped(), settings.raw / "catalogue")
    china = "codelists/regions_china.csv"
    shutil.copyfile(CODE_ROOT / "raw" / china, settings.raw / china)
    (settings.raw / "datasets/profile/yunxi-catalogue.yml").write_text(DECLARED, "utf-8")
    deliver(settings, "yunxi-catalogue", "2025-03-01", "主要指标2024.csv", FIGURES.encode())
    settings = load_settings(folder)
    done = qutong(settings, "run", all_products=False)
    assert done.exit_code == 0, done.output
    assert [entry["count"] for entry in last_run(settings)["quarantined"]] == [1]
    return current(settings)


def test_relations_of_the_catalogue_find_contradictions_with_no_line_written(
    release: Path,
) -> None:
    found = ask(
        release,
        "select rule_id, indicator_code from quality.finding "
        "where data_set_id = 'yunxi-catalogue' order by all",
    )
    assert found == [
        ("relation.not-above", "floor_space_started"),
        ("relation.parts-do-not-reach-total", "retail_sales"),
    ]


def test_what_figures_are_about_is_read_by_name_and_code(release: Path) -> None:
    assert ask(
        release,
        "select distinct region_code from core.observation "
        "where data_set_id = 'yunxi-catalogue' order by 1",
    ) == [("320106",), ("420106",)]


def test_regions_with_figures_are_published_with_those_around_them(release: Path) -> None:
    assert ask(
        release,
        "select region_code, region_name_zh, region_name_en, parent_code from core.region "
        "where region_code[:2] in ('32', '42') order by 1",
    ) == [
        ("320000", "江苏省", "Jiangsu", "CN"),
        ("320100", "南京市", "Nanjing", "320000"),
        ("320106", "南京市鼓楼区", "南京市鼓楼区", "320100"),
        ("420000", "湖北省", "Hubei", "CN"),
        ("420100", "武汉市", "Wuhan", "420000"),
        ("420106", "武汉市武昌区", "武汉市武昌区", "420100"),
    ]
