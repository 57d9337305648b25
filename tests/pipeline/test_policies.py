"""What each policy does with an open finding."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import Result

from orchestration.judge.gates import needing_decision
from orchestration.settings import Settings, load_settings
from tests.pipeline.released import Released, ask, copy_of, current, last_run, qutong, under


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
            "78 / 310 * 100 = [25.14, 25.19]; printed 35 [34.95, 35.05]; tolerance 0",
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


# --- decisions --------------------------------------------------------------------------------


def waiting(settings: Settings) -> list[str]:
    """Ids of the findings that wait for a decision."""
    told = qutong(settings, "finding", "list", "--waiting")
    assert told.exit_code == 0, told.output
    return re.findall(r"^\? (\w+) ", told.stdout, re.MULTILINE)


def decided(settings: Settings, *arguments: str) -> Result:
    return qutong(settings, "finding", *arguments)


@pytest.fixture(scope="module")
def accepted(blocked: Released, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The blocked district, after somebody accepted what was found and it ran again."""
    settings = copy_of(blocked, tmp_path_factory.mktemp("accepted") / "district")
    (finding,) = waiting(settings)
    done = decided(settings, "accept", finding[:6], "--reason", "已向投资科核实\x1b[31m")
    assert done.exit_code == 0, done.output
    assert waiting(settings) == []
    ran = qutong(settings, "run", through_dagster=False)
    assert ran.exit_code == 0, ran.output
    assert "bureau: somebody decided on every finding that needs it" in ran.stdout
    return settings


def test_what_waits_is_shown_with_its_cells_although_nothing_was_published(
    blocked: Released,
) -> None:
    (finding,) = waiting(blocked.settings)
    told = qutong(blocked.settings, "finding", "show", finding).stdout
    assert "relation.share-differs-from-computed" in told
    assert "算式 Arithmetic  78 / 310 * 100 = [25.14, 25.19]; printed 35 [34.95, 35.05]" in told
    assert re.search(r"数字 Figure .+\n +yunxi-\S+ .+\d", told)
    assert "/quality/report.html: not published" in blocked.done.output
    assert "qutong finding accept ID --reason WHY" in blocked.done.output


def test_an_accepted_finding_is_published_with_its_reason(accepted: Settings) -> None:
    path = current(accepted)
    assert ask(
        path, "select decision, decision_reason, decision_expires_on from quality.finding"
    ) == [("accepted", "已向投资科核实\x1b[31m", None)]
    page = (path / "quality" / "report.html").read_text("utf-8")
    assert (
        "本版本依 bureau 策略发布，发布时有 0 条未了结的发现，另有 1 条已核实并说明理由。" in page
    )
    assert (
        "This release was published with 0 open findings, and 1 accepted with a reason, "
        "under policy bureau." in page
    )
    assert "已向投资科核实" in page
    # Who decided is nobody's business but the archive's.
    assert "person" in (accepted.archive / "decisions.jsonl").read_text("utf-8")
    assert not [
        name for (name,) in ask(path, "select column_name from (describe quality.finding)")
        if "person" in name
    ]  # fmt: skip


def test_nothing_is_new_while_a_decision_holds(accepted: Settings) -> None:
    assert "Nothing changed" in qutong(accepted, "run", through_dagster=False).stdout


def test_a_decision_ends_with_its_values_its_day_or_its_withdrawal(
    accepted: Settings, tmp_path: Path
) -> None:
    settings = tmp_path / "district"
    shutil.copytree(accepted.project, settings, symlinks=True)
    district = load_settings(settings)
    log = district.archive / "decisions.jsonl"
    (line,) = log.read_text("utf-8").splitlines()
    (finding,) = re.findall(r"^  (v\w{16}) ", qutong(district, "finding", "list").stdout, re.M)

    # The same log, on the day after the last day on which it holds.
    log.write_text(line.replace('"expires": ""', '"expires": "2020-01-01"') + "\n", "utf-8")
    assert waiting(district) == [finding]
    told = qutong(district, "finding", "show", finding).stdout
    assert "决定已失效，须重新决定 it holds no more: decide again" in told
    blocked_again = qutong(district, "run", through_dagster=False, all_products=False)
    assert blocked_again.exit_code == 1
    assert "1 finding waits for a decision" in blocked_again.output

    # Other values under the same rule and indicator are another claim.
    other = json.loads(line) | {"claim": "0" * 16}
    log.write_text(json.dumps(other) + "\n", "utf-8")
    assert waiting(district) == [finding]

    log.write_text(line + "\n", "utf-8")
    assert waiting(district) == []
    done = decided(district, "withdraw", finding, "--reason", "又收到了另一个数")
    assert done.exit_code == 0, done.output
    assert waiting(district) == [finding]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["accept", "zz", "--reason", "x"], "'zz' names 0 findings"),
        (["accept", "{id}", "--reason", "  "], "a decision needs its reason"),
        (["accept", "{id}", "--reason", "x", "--until", "2020-01-01"], "2020-01-01 is over"),
        (["withdraw", "{id}", "--reason", "x"], "nothing is decided about {id}"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(
    blocked: Released, arguments: list[str], said: str
) -> None:
    (finding,) = waiting(blocked.settings)
    done = decided(blocked.settings, *(part.replace("{id}", finding) for part in arguments))
    assert done.exit_code == 1
    assert said.replace("{id}", finding) in done.stderr
    assert not (blocked.settings.archive / "decisions.jsonl").exists()


def test_a_query_is_noted_and_the_finding_goes_on_waiting(
    blocked: Released, tmp_path: Path
) -> None:
    settings = copy_of(blocked, tmp_path / "district")
    (finding,) = waiting(settings)
    assert decided(settings, "query", finding, "--reason", "已发函").exit_code == 0
    assert waiting(settings) == [finding]
    assert "[查询中 queried]" in qutong(settings, "finding", "list").stdout
