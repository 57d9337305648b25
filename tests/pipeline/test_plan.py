"""A plan's table of indicators, delivered like any data set: progress, two evaluations, targets.

Belongs here: the invented table of ``tests/plan`` in a whole run. Does not belong here: the single
branches of a test (``dbt_project/models/unit_tests/plan.yml``).
"""

from __future__ import annotations

import shutil

import pytest

from orchestration.settings import Settings
from tests.pipeline.released import Released, qutong
from tests.support import HERE, deliver, make_project

PLAN = HERE / "plan"


def with_plan(settings: Settings) -> Settings:
    """Declare and deliver the table, the printed result of its evaluation, and two rules."""
    theme = settings.raw / "datasets" / "plan"
    theme.mkdir()
    for name in ("yunxi-plan", "yunxi-plan-evaluation"):
        shutil.copy(PLAN / f"{name}.yml", theme)
    shutil.copy(PLAN / "evaluation_rules.csv", settings.raw / "codelists")
    for data_set, day, name in (
        ("yunxi-plan", "2023-09-01", "规划指标.csv"),
        ("yunxi-plan", "2026-02-20", "规划指标2025.csv"),
        ("yunxi-plan-evaluation", "2023-12-01", "评估结果.csv"),
    ):
        deliver(settings, data_set, day, name, (PLAN / name).read_bytes())
    return settings


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Released:
    settings = with_plan(make_project(tmp_path_factory.mktemp("plan") / "district"))
    return Released(settings, qutong(settings, "run", through_dagster=False, all_products=False))


def test_the_table_arrives_like_any_data_set(planned: Released) -> None:
    assert planned.done.exit_code == 0, planned.done.output
    assert planned.lines(
        "select rule_id, arithmetic, message_zh from quality.finding order by 2"
    ) == [
        "plan.summary-differs | 2 - 3 = -1"
        " | 云州市云溪区无法评估的指标数：原文 2，按指标表逐项计 3",
        "plan.summary-differs | 8 - 7 = 1 | 云州市云溪区达到进度的指标数：原文 8，按指标表逐项计 7",
    ]
    assert planned.lines(
        "select number, name_zh, nature_name_zh, target_kind_name_zh, base_value, "
        "concat_ws(' ', target_qualifier, target_value), unit, is_simulated "
        "from plan.plan_indicator where number in (1, 2, 6, 9, 12) order by number"
    ) == [
        "1 | 地区生产总值 | 预期性 | 达到水平 | 400 | at_least 550.00000000 | 亿元 | True",
        "2 | 地区生产总值增速 | 预期性 | 年均增长 | – | exact 6.00000000 | % | True",
        "6 | 新增科技企业数 | 预期性 | 累计 | – | exact 500.00000000 | 家 | True",
        "9 | 细颗粒物浓度 | 约束性 | 达到水平 | 30 | at_most 25.00000000 | 微克/立方米 | True",
        "12 | 义务教育入学率 | 约束性 | 保持 | 100 |  | % | True",
    ]
    assert planned.lines(
        "select count(*), count(distinct group_zh), bool_and(is_simulated), "
        "min(region_name_zh), max(region_name_zh) from plan.plan_indicator"
    ) == ["14 | 4 | True | 云州市云溪区 | 云州市云溪区"]


def test_the_midterm_rule_assesses_every_indicator(planned: Released) -> None:
    assert planned.lines(
        "select number, name_zh, outturn_period, outturn_value, progress_pct, progress_qualifier, "
        "threshold_pct, assessment, reason from plan.plan_progress "
        "where rule_id = 'yunxi-midterm' order by number"
    ) == [
        "1 | 地区生产总值 | 2022 | 470 | 46.67 | exact | 40 | on_track | threshold_reached",
        "2 | 地区生产总值增速 | 2021/2022 | 6.2356 | – | – | – | on_track | test_passed",
        "3 | 全员劳动生产率 | 2022 | 28.5 | 35 | exact | 40 | behind | threshold_missed",
        "4 | 研发经费投入强度 | 2022 | 3.3 | 30 | above | 40 | unassessable | bounds_do_not_decide",
        "5 | 城镇化率 | 2022-12 | 82 | 40 | exact | 40 | on_track | threshold_reached",
        "6 | 新增科技企业数 | 2021-01/2022-12 | 210 | 42 | exact | 40 | on_track"
        " | threshold_reached",
        "7 | 新增保障房套数 | 2021-01/2023-06 | 4800 | 48 | exact | 50 | behind | threshold_missed",
        "8 | 单位产值能耗累计降幅 | 2020/2022 | 7 | 46.66 | above | 40 | on_track"
        " | threshold_reached",
        "9 | 细颗粒物浓度 | 2022 | 28 | 40 | exact | 40 | on_track | threshold_reached",
        "10 | 耕地保有量 | 2022 | 5.72 | – | – | – | on_track | test_passed",
        "11 | 用水总量 | 2022 | 1.25 | – | – | – | behind | test_failed",
        "12 | 义务教育入学率 | 2022 | 99.9 | – | – | – | behind | test_failed",
        "13 | 千人床位数 | – | – | – | – | 50 | unassessable | no_outturn",
        "14 | 人均预期寿命 | 2022 | 82.4 | – | – | 40 | unassessable | target_equals_base",
    ]


def test_another_rule_is_another_row_of_a_list(planned: Released) -> None:
    assert planned.lines(
        "select rule_id, number, outturn_period, progress_pct, threshold_pct, assessment "
        "from plan.plan_progress where number in (1, 10) order by number, evaluation_period"
    ) == [
        "yunxi-midterm | 1 | 2022 | 46.67 | 40 | on_track",
        "yunxi-end | 1 | 2025 | 106.67 | 100 | on_track",
        "yunxi-midterm | 10 | 2022 | – | – | on_track",
        "yunxi-end | 10 | 2025 | – | – | behind",
    ]
    assert planned.lines(
        "select assessment, count(*) from plan.plan_progress where rule_id = 'yunxi-end' "
        "group by all order by all"
    ) == ["behind | 1", "on_track | 1", "unassessable | 12"]


def test_what_was_printed_stands_beside_what_follows_from_the_table(planned: Released) -> None:
    assert planned.lines(
        "select item, nature, count_printed, count_computed, count_difference, parts, "
        "is_sum_of_parts, is_table_supplied from plan.plan_summary "
        "where rule_id = 'yunxi-midterm' order by item, nature"
    ) == [
        "assessable_at_end | all | – | 0 | – | – | – | True",
        "assessable_at_end | anticipatory | – | 0 | – | – | – | True",
        "assessable_at_end | binding | – | 0 | – | – | – | True",
        "at_risk | all | – | 0 | – | – | – | True",
        "at_risk | anticipatory | – | 0 | – | – | – | True",
        "at_risk | binding | – | 0 | – | – | – | True",
        "behind | all | 4 | 4 | 0 | – | – | True",
        "behind | anticipatory | – | 1 | – | – | – | True",
        "behind | binding | – | 3 | – | – | – | True",
        "expected_met | all | – | 0 | – | – | – | True",
        "expected_met | anticipatory | – | 0 | – | – | – | True",
        "expected_met | binding | – | 0 | – | – | – | True",
        "on_track | all | 8 | 7 | 1 | – | – | True",
        "on_track | anticipatory | – | 4 | – | – | – | True",
        "on_track | binding | – | 3 | – | – | – | True",
        "plan_indicator_groups | all | – | 4 | – | – | – | True",
        "plan_indicators | all | 14 | 14 | 0 | 8 + 4 + 2 | True | True",
        "plan_indicators | anticipatory | – | 8 | – | – | – | True",
        "plan_indicators | binding | – | 6 | – | – | – | True",
        "unassessable | all | 2 | 3 | -1 | – | – | True",
        "unassessable | anticipatory | – | 3 | – | – | – | True",
        "unassessable | binding | – | 0 | – | – | – | True",
    ]
    assert planned.lines(
        "select count(*), min(is_simulated) from plan.plan_summary where rule_id = 'yunxi-end' "
        "and count_printed is null and note_zh is null"
    ) == ["22 | True"]


def test_targets_stand_beside_the_latest_outturn(planned: Released) -> None:
    assert planned.lines(
        "select indicator_name_zh, target_qualifier, coalesce(target, growth_target), "
        "outturn_period, outturn, is_met, note_zh from plan.policy_target "
        "where indicator_code in ('gdp', 'gdp_growth', 'farmland', 'water_use', 'new_tech_firms') "
        "order by 1"
    ) == [
        "地区生产总值 | at_least | 550 | 2025 | 560 | True | –",
        "地区生产总值增速 | exact | 6 | 2024 | 5.1 | – | 实绩与目标所指期间不同，不作比较。",
        "新增科技企业数 | exact | 500 | 2021-01/2022-12 | 210 | – | "
        "实绩与目标所指期间不同，不作比较。",
        "用水总量 | at_most | 1.2 | 2022 | 1.25 | False | –",
        "耕地保有量 | at_least | 5.72 | 2025 | 5.71 | False | –",
    ]


def test_a_progress_leads_back_to_the_figures_behind_it(planned: Released) -> None:
    done = qutong(
        planned.settings,
        "trace",
        "plan.plan_progress.outturn_value",
        "rule_id=yunxi-midterm",
        "indicator_code=gdp_growth",
    )
    assert done.exit_code == 0, done.output
    assert "8 %" in done.stdout and "4.5 %" in done.stdout
    assert "规划指标.csv" in done.stdout


def test_empty_tables_are_published_like_full_ones(first: Released) -> None:
    tables = (
        "plan.plan_indicator",
        "plan.plan_progress",
        "plan.plan_outlook",
        "plan.plan_pace",
        "core.scheme",
        "core.scheme_member",
    )
    for table in tables:
        assert first.lines(f"select count(*) from {table}") == ["0"]
        file = first.path / "csv" / f"{table.replace('.', '/')}.csv"
        assert file.read_text("utf-8-sig").count("\n") == 1
        assert (first.path / "parquet" / f"{table.replace('.', '/')}.parquet").stat().st_size > 0
    assert qutong(first.settings, "release", "verify").exit_code == 0
