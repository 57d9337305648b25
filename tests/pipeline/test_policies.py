"""What each policy does with an open finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.judge.gates import needing_decision
from tests.pipeline.released import Released, ask, copy_of, current, last_run, qutong, under

pytestmark = pytest.mark.core


def test_bureau_publishes_nothing_while_a_finding_is_open(
    first: Released, blocked: Released
) -> None:
    assert blocked.done.exit_code == 1
    assert "release.open-findings-need-decision" in blocked.done.output
    assert blocked.path.name == first.path.name
    report = last_run(blocked.settings)
    assert (report["outcome"], report["findings"]) == ("blocked", {"soft": 1})


def test_demo_publishes_and_says_so_on_every_product(contradicted: Released) -> None:
    assert contradicted.done.exit_code == 0, contradicted.done.output
    said = contradicted.done.stdout
    assert "demo: published with open findings, and every product says so" in said
    page = (contradicted.path / "quality" / "report.html").read_text("utf-8")
    assert "本版本依 demo 策略发布，发布时有 1 条未了结的发现。" in page
    assert "This release was published with 1 open finding under policy demo." in page
    manifest = contradicted.manifest()
    assert (manifest["policy"], manifest["findings_total"]) == ("demo", 1)
    assert contradicted.rows("select policy from meta.release") == [("demo",)]
    assert contradicted.rows("select rule_id, indicator_code, arithmetic from quality.finding") == [
        (
            "relation.share-differs-from-computed",
            "fai_industry_share",
            "50 / 200 * 100 = [24.96, 25.04]; printed 35 [34.95, 35.05]; tolerance 0",
        )
    ]


def test_what_is_informative_needs_no_decision() -> None:
    assert needing_decision({"hard": 1, "soft": 2, "informative": 4}) == 3
    assert needing_decision({"informative": 1}) == 0


def test_bureau_publishes_when_nothing_is_open(first: Released, tmp_path: Path) -> None:
    settings = under(copy_of(first, tmp_path / "district"), "bureau")
    done = qutong(settings, "run", through_dagster=False, all_products=False)
    assert done.exit_code == 0, done.output
    assert ask(current(settings), "select policy from meta.release") == [("bureau",)]
