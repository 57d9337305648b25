"""The release gate: whatever is wrong with a candidate is named, and it is not published."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from orchestration import pipeline
from orchestration.errors import ReleaseError, VerdictError
from orchestration.judge.catalogue import Catalogue
from orchestration.pipeline import Run
from orchestration.publish.durable import remove_tree
from orchestration.publish.verdict import VerdictStore
from tests.rejects.cases import RELEASE_CASES, ReleaseCase
from tests.rejects.world import RELEASE_ID, Stage

pytestmark = pytest.mark.core


def lay_candidate(run: Run, kept: Path) -> Path:
    """The kept candidate where a run builds it, and not sealed, as somebody who tampers has it."""
    path = pipeline.candidate_path(run)
    remove_tree(path)
    shutil.copytree(kept, path)
    for item in (path, *path.rglob("*")):
        item.chmod(item.stat().st_mode | stat.S_IWUSR)
    return path


def no_release(run: Run) -> bool:
    """Readers see what they saw before: nothing."""
    releases = run.settings.releases
    return not (releases / RELEASE_ID).exists() and not (releases / "current").is_symlink()


def test_what_nobody_tampered_with_passes(found: Stage, candidate: Path) -> None:
    run = found.again()
    lay_candidate(run, candidate)

    outcomes = pipeline.release_gate(run)

    assert {outcome.outcome for outcome in outcomes} == {"passed"}
    assert (run.report.blocking, run.report.error) == ([], "")


@pytest.mark.parametrize(
    "case", [case for case in RELEASE_CASES if case.rules], ids=lambda case: case.id
)
def test_the_gate_names_what_is_wrong_and_nothing_is_published(
    found: Stage, candidate: Path, catalogue: Catalogue, case: ReleaseCase
) -> None:
    assert catalogue.get(case.rule).severity == "hard"
    run = found.again(case.tamper)
    run.report.policy = case.policy
    if case.tamper:
        remove_tree(pipeline.candidate_path(run))
        path = pipeline.candidate(run)
    else:
        path = lay_candidate(run, candidate)
    if case.candidate is not None:
        case.candidate(path)

    outcomes = pipeline.release_gate(run)

    assert tuple(o.rule_id for o in outcomes if o.outcome == "failed") == tuple(
        rule.id for rule in catalogue.by_gate("release") if rule.id in case.rules
    )
    assert tuple(run.report.blocking) == case.rules
    assert any(
        line.startswith(f"{case.rule}: ") and case.said in line
        for line in run.report.error.splitlines()
    ), run.report.error
    with pytest.raises(VerdictError, match="the recorded verdict is 'failed'"):
        pipeline.publish(run)
    assert no_release(run)


@pytest.mark.parametrize(
    "case",
    [case for case in RELEASE_CASES if case.rule == "release.verdict-missing"],
    ids=lambda case: case.id,
)
def test_publication_trusts_the_record_alone(
    found: Stage, candidate: Path, case: ReleaseCase
) -> None:
    run = found.again()
    path = lay_candidate(run, candidate)
    verdicts = VerdictStore(run.settings.work / "verdicts")
    verdicts.record(path, "passed", gates={"marts": "passed", "release": "passed"})
    record = verdicts.directory / f"{RELEASE_ID}.json"
    if case.verdict == "lost":
        record.unlink()
    elif case.verdict == "edited":
        text = record.read_text(encoding="utf-8")
        assert '"marts": "passed"' in text
        record.write_text(text.replace('"marts": "passed"', '"marts": "waived"'))
    else:
        (path / "quality" / "report.json").write_text("{}")

    with pytest.raises(ReleaseError, match=case.said):
        pipeline.publish(run)

    assert run.report.blocking == [case.rule]
    assert no_release(run)
