"""What each policy does with an open finding."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestration.judge.gates import needing_decision
from orchestration.settings import Settings, load_settings
from tests.pipeline.released import Released, ask, copy_of, current, last_run, qutong
from tests.support import INVESTMENT, Row, deliver, investment

pytestmark = pytest.mark.core

# Printed 25.0 % where 50 / 200 is 25.0 %: 35.0 % contradicts its own table.
CONTRADICTION: tuple[Row, ...] = (
    INVESTMENT[0],
    ("其中：工业投资", "亿元", 50.0, None, 35.0),
    INVESTMENT[2],
)


@pytest.fixture(scope="module")
def contradicted(first: Released, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = copy_of(first, tmp_path_factory.mktemp("policies") / "district")
    content = investment(CONTRADICTION, title="云溪区固定资产投资（2025年1—9月）")
    deliver(settings, "yunxi-investment", "2025-10-15", "投资2025前三季度.xlsx", content)
    return settings


def under(settings: Settings, policy: str) -> Settings:
    file = settings.raw / "district.yml"
    lines = file.read_text("utf-8").splitlines()
    text = "\n".join(f"policy: {policy}" if x.startswith("policy:") else x for x in lines)
    file.write_text(text + "\n", encoding="utf-8")
    return load_settings(settings.project)


def test_bureau_publishes_nothing_while_a_finding_is_open(contradicted: Settings) -> None:
    settings = under(contradicted, "bureau")
    before = current(settings)
    done = qutong(settings, "run")
    assert done.exit_code == 1
    assert "release.open-findings-need-decision" in done.output
    assert current(settings) == before
    report = last_run(settings)
    assert (report["outcome"], report["findings"]) == ("blocked", {"soft": 1})


def test_demo_publishes_and_says_so_on_every_product(contradicted: Settings) -> None:
    settings = under(contradicted, "demo")
    done = qutong(settings, "run", through_dagster=False)
    assert done.exit_code == 0
    assert "demo: published with open findings, and every product says so" in done.stdout
    release = current(settings)
    page = (release / "quality" / "report.html").read_text("utf-8")
    assert "本版本依 demo 策略发布，发布时有 1 条未了结的发现。" in page
    assert "This release was published with 1 open finding under policy demo." in page
    manifest = json.loads((release / "manifest.json").read_text("utf-8"))
    assert (manifest["policy"], manifest["findings_total"]) == ("demo", 1)
    assert ask(release, "select policy from meta.release") == [("demo",)]
    assert ask(release, "select rule_id, indicator_code, arithmetic from quality.finding") == [
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
    done = qutong(settings, "run", through_dagster=False)
    assert done.exit_code == 0, done.output
    assert ask(current(settings), "select policy from meta.release") == [("bureau",)]
