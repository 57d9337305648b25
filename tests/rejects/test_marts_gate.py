"""The marts gate: soft rules find what documents contradict, hard rules stop a wrong model."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration import pipeline
from orchestration.judge.catalogue import Catalogue
from orchestration.process.dbt import DbtProject
from tests.rejects.cases import (
    DBT_CASES,
    FINDING_CASES,
    MARTS_CASES,
    DbtCase,
    FindingCase,
    MartsCase,
)
from tests.rejects.world import Stage

pytestmark = pytest.mark.core


def test_what_nobody_tampered_with_passes(found: Stage) -> None:
    assert (found.run.report.blocking, found.run.report.error) == ([], "")
    assert found.run.marts_gate_outcome == "passed"
    assert [result.name for result in found.run.dbt_results if result.is_bad] == []


@pytest.mark.parametrize("case", FINDING_CASES, ids=lambda case: case.id)
def test_a_soft_rule_finds_and_shows_its_arithmetic(
    found: Stage, catalogue: Catalogue, case: FindingCase
) -> None:
    assert catalogue.get(case.rule).severity == "soft"
    rows = found.rows(
        "select data_set_id, arithmetic, place_a, place_b from quality.finding where rule_id = ?",
        case.rule,
    )
    assert rows == [(case.data_set, case.arithmetic, *case.places)]
    assert found.rows(
        "select outcome, unexpected_count from quality.validation_run where rule_id = ?", case.rule
    ) == [("failed", 1)]


def test_findings_do_not_keep_a_delivery_out(found: Stage) -> None:
    names = [case.name for case in FINDING_CASES]
    rows = found.rows(
        "select distinct verdict from landing.delivery where list_contains(?, file_name)", names
    )
    assert rows == [("admitted",)]


@pytest.mark.parametrize("case", MARTS_CASES, ids=lambda case: case.id)
def test_a_hard_rule_blocks(processed: Stage, catalogue: Catalogue, case: MartsCase) -> None:
    assert catalogue.get(case.rule).severity == "hard"
    run = processed.again(case.tamper)
    # the soft rules have had their say in `found`, and never block
    run.catalogue = Catalogue(tuple(rule for rule in catalogue if rule.severity == "hard"))

    outcomes = {outcome.rule_id: outcome for outcome in pipeline.marts_gate(run)}

    assert run.report.blocking == [case.rule]
    assert run.marts_gate_outcome == "failed"
    assert outcomes[case.rule].outcome == "failed"
    assert outcomes[case.rule].error is None
    with duckdb.connect(str(run.settings.database), read_only=True) as connection:
        said = connection.execute(
            "select distinct message_en from landing.finding where rule_id = ?", [case.rule]
        ).fetchall()
    assert said == [(case.said,)]


@pytest.mark.parametrize("case", DBT_CASES, ids=lambda case: case.id)
def test_what_dbt_refuses_blocks(
    delivered: Stage, processed: Stage, catalogue: Catalogue, case: DbtCase, tmp_path: Path
) -> None:
    assert catalogue.get(case.rule).severity == "hard"
    run = processed.again(case.tamper)
    project = run.dbt
    if case.model is not None:
        project = with_broken_model(project, tmp_path, *case.model)

    run.dbt_results = project.build(case.select)

    bad = [r.name for r in run.dbt_results if r.is_bad and r.status != "skipped"]
    assert bad == [case.failing]
    assert pipeline.blocked_by_dbt(run) == [case.rule]
    assert run.report.blocking == [case.rule]


def with_broken_model(
    project: DbtProject, folder: Path, name: str, before: str, after: str
) -> DbtProject:
    """A copy of the project with one text of one model changed."""
    shutil.copytree(project.project, folder / "dbt_project")
    shutil.copytree(project.target, folder / "target")
    model = folder / "dbt_project" / name
    sql = model.read_text(encoding="utf-8")
    assert sql.count(before) == 1
    model.write_text(sql.replace(before, after), encoding="utf-8")
    return DbtProject(folder / "dbt_project", project.database, folder / "target")
