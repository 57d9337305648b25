"""A plan in a district that ``qutong init`` laid out: what is expected, how far it is, how fast.

Belongs here: the invented table of ``tests/plan/new`` from the first command to the answer.
Does not belong here: what evaluations say of progress (``test_plan``).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.authoring.init import OWN_LISTS
from orchestration.cli import main
from orchestration.settings import load_settings
from tests.pipeline.released import Released, qutong
from tests.support import HERE, deliver

PLAN = HERE / "plan" / "new"
INIT = ("--code", "990101", "--name-zh", "云溪区", "--name-en", "Yunxi District")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Released:
    folder = tmp_path_factory.mktemp("new") / "district"
    assert CliRunner().invoke(main, ["init", str(folder), *INIT]).exit_code == 0
    settings = load_settings(folder)
    lists = settings.raw / "codelists"
    for name, columns in OWN_LISTS.items():
        assert (lists / name).read_text("utf-8") == ",".join(columns) + "\n"
    rules = (PLAN / "evaluation_rules.csv").read_text("utf-8").splitlines(keepends=True)
    assert (lists / "evaluation_rules.csv").read_text("utf-8") == rules[0]
    with (lists / "evaluation_rules.csv").open("a", encoding="utf-8") as file:
        file.writelines(rules[1:])
    theme = settings.raw / "datasets" / "plan"
    theme.mkdir()
    shutil.copyfile(PLAN / "plan.yml", theme / "new-plan.yml")
    deliver(settings, "new-plan", "2024-07-15", "规划.csv", (PLAN / "规划.csv").read_bytes())
    return Released(settings, qutong(settings, "run", through_dagster=False))


def test_all_of_it_is_published(begun: Released) -> None:
    assert begun.done.exit_code == 0, begun.done.output
    assert Path(begun.path / "site" / "plan.html").is_file()


def test_the_end_is_expected_by_the_method_of_each_target(begun: Released) -> None:
    assert begun.lines(
        "select number, method, point_count, expected_value, expected_low, expected_high, "
        "interval_pct, verdict, reason from plan.plan_outlook where rule_id = 'new-review' "
        "order by number"
    ) == [
        "1 | linear_trend | 4 | 152.7 | 146.2627 | 159.1373 | 80 | undecided | interval_straddles",
        "2 | mean_continued | 3 | 7.7665 | 7.5933 | 7.9399 | 80 | expected_met | interval_meets",
        "3 | mean_continued | 3 | 581.6667 | 562.0911 | 601.2422 | 80 | expected_met"
        " | interval_meets",
        "4 | mean_continued | 3 | 9.6081 | 9.29 | 9.9251 | 80 | expected_missed | interval_misses",
        "5 | linear_trend | 4 | 1.245 | 1.2194 | 1.2706 | 80 | expected_missed | interval_misses",
        "6 | linear_trend | 2 | – | – | – | – | unassessable | too_few_points",
    ]
    assert begun.lines(
        "select arithmetic, reason_zh, reason_en from plan.plan_outlook "
        "where rule_id = '_latest' and number = 1"
    ) == [
        "2020: 100; 2021: 108; 2022: 122; 2023: 131 -> 2025: 152.7 [146.2627, 159.1373], n = 4, "
        "t = 1.8856; exact 150 | 区间跨目标，尚不能判断 | The target lies within the interval: "
        "undecided."
    ]


def test_an_earlier_evaluation_knew_less(begun: Released) -> None:
    assert begun.lines(
        "select number, expected_value, expected_low, expected_high, verdict, reason "
        "from plan.plan_outlook where rule_id = 'new-midterm' order by number"
    ) == [
        "1 | 154 | 130.9686 | 177.0314 | undecided | interval_straddles",
        "2 | – | – | – | unassessable | too_few_points",
        "3 | – | – | – | unassessable | too_few_points",
        "4 | – | – | – | unassessable | too_few_points",
        "5 | 1.2233 | 1.1849 | 1.2617 | undecided | interval_straddles",
        "6 | – | – | – | unassessable | too_few_points",
    ]


def test_evaluations_stand_side_by_side(begun: Released) -> None:
    assert begun.lines(
        "select number, evaluation_no, rule_id, time_elapsed_pct, threshold_pct, progress_pct, "
        "assessment, previous_progress_pct, progress_change, previous_assessment "
        "from plan.plan_progress where number in (1, 3) order by number, evaluation_no"
    ) == [
        "1 | 1 | new-midterm | 40 | 40 | 44 | on_track | – | – | –",
        "1 | 2 | new-review | 60 | 60 | 62 | on_track | 44 | 18 | on_track",
        "3 | 1 | new-midterm | 40 | 40 | 45.6 | on_track | – | – | –",
        "3 | 2 | new-review | 60 | 60 | 69.8 | on_track | 45.6 | 24.2 | on_track",
    ]


def test_what_the_review_printed_stands_beside_what_is_computed(begun: Released) -> None:
    assert begun.lines(
        "select item, nature, figure_kind, count_printed, count_computed, count_difference "
        "from plan.plan_summary where rule_id = 'new-review' "
        "and item in ('expected_met', 'at_risk', 'assessable_at_end') order by item, nature"
    ) == [
        "assessable_at_end | all | forecast | 5 | 5 | 0",
        "assessable_at_end | anticipatory | forecast | – | 3 | –",
        "assessable_at_end | binding | forecast | – | 2 | –",
        "at_risk | all | forecast | – | 3 | –",
        "at_risk | anticipatory | forecast | – | 1 | –",
        "at_risk | binding | forecast | – | 2 | –",
        "expected_met | all | forecast | 3 | 2 | 1",
        "expected_met | anticipatory | forecast | – | 2 | –",
        "expected_met | binding | forecast | – | 0 | –",
    ]


def test_the_pace_of_a_year_is_held_against_its_seasons(begun: Released) -> None:
    assert begun.lines(
        "select period, is_latest, done_pct, time_elapsed_pct, gap_to_time, season_years, "
        "seasonal_share_pct, seasonal_share_low_pct, seasonal_share_high_pct, gap_to_pace, pace, "
        "reason from plan.plan_pace order by period"
    ) == [
        "2024-01/2024-03 | False | 17.5 | 25 | -7.5 | 1 | – | – | – | – | unassessable"
        " | too_few_full_years",
        "2024-01/2024-06 | True | 48.33 | 50 | -1.67 | 2 | 45.5 | 45 | 46 | 2.83 | ahead"
        " | season_ahead",
    ]
