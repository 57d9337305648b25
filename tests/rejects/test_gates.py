"""Every bad delivery and every tampering at its gate: each is caught, none takes another with it.

All three gates stand in one file because they share the stages of one run (``conftest``), which
are worth reaching only once.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from orchestration.errors import (
    DeclarationError,
    QutongError,
    ReleaseError,
    StaleStateError,
    VerdictError,
)
from orchestration.judge import gates
from orchestration.judge.catalogue import Catalogue, RuleOutcome
from orchestration.process.dbt import DbtProject
from orchestration.process.models import Plan
from orchestration.publish import verify
from orchestration.publish.durable import remove_tree
from orchestration.publish.product import Problem
from orchestration.steps import delivery_gate, marts, marts_gate, release, state
from orchestration.steps.delivery_gate import RefusedDelivery
from orchestration.steps.report import RunReport, compose
from orchestration.steps.workplace import Workplace
from tests.rejects.cases import (
    DBT_CASES,
    DELIVERY_CASES,
    FINDING_CASES,
    MARTS_CASES,
    NOTICE_CASES,
    RELEASE_CASES,
)
from tests.rejects.kinds import (
    MONTHLY,
    DbtCase,
    DeliveryCase,
    Edit,
    FindingCase,
    MartsCase,
    NoticeCase,
    ReleaseCase,
)
from tests.rejects.world import RELEASE_ID, Stage

# What a release gate finds in files of a release is the same with every DuckDB.
CORE = pytest.mark.core


# --- the delivery gate: it routes ------------------------------------------------------------

REFUSED = tuple(case for case in DELIVERY_CASES if case.refused_by)
BAD = "data_set_id = ? and delivery_seq = 2"

EVERY = pytest.mark.parametrize("case", DELIVERY_CASES, ids=lambda case: case.id)
EVERY_REFUSED = pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)


def told(stage: Stage, case: DeliveryCase) -> RefusedDelivery:
    """What the run's report says of the bad delivery; it holds one for each data set."""
    (refused,) = (r for r in report(stage).refused if r.data_set_id == case.data_set)
    return refused


def report(stage: Stage) -> RunReport:
    """What the run said when it left."""
    assert stage.report is not None
    return stage.report


@CORE
@EVERY
def test_the_rule_is_tripped_at_its_place(
    delivered: Stage, catalogue: Catalogue, case: DeliveryCase
) -> None:
    rule = catalogue.get(case.rule)
    if rule.executor in ("sql", "gx"):
        said = delivered.rows(
            "select coalesce(place_a, ''), message_en from landing.finding "
            "inner join landing.delivery as d using (delivery_id) "
            "where rule_id = ? and d.data_set_id = ? and delivery_seq = 2",
            case.rule,
            case.data_set,
        )
        assert said == [(case.place, case.said)]
    elif rule.severity == "hard":
        refused = told(delivered, case)
        assert (refused.rule_id, refused.place) == (case.rule, case.place)
        assert case.said in refused.detail_en
    else:
        said = delivered.rows(
            "select rule_id, delivery_place, reason_en from landing.quarantine "
            "where data_set_id = ?",
            case.data_set,
        )
        assert said == [(case.rule, case.place, case.said)]


@CORE
@EVERY
def test_the_outcome_of_the_rule_says_so(
    judged: tuple[Stage, dict[str, RuleOutcome]], case: DeliveryCase
) -> None:
    outcome = judged[1][case.rule]
    assert outcome.outcome == "failed"
    assert outcome.checked_count >= outcome.unexpected_count >= 1


@CORE
@EVERY
def test_hard_rules_refuse_the_delivery_and_soft_ones_do_not(
    delivered: Stage, case: DeliveryCase
) -> None:
    verdict = "refused" if case.refused_by else "admitted"
    rows = delivered.rows(
        f"select verdict, refused_by from landing.delivery where {BAD}", case.data_set
    )
    assert rows == [(verdict, case.refused_by)]


@CORE
@EVERY
def test_the_good_delivery_of_the_same_data_set_stays_in_force(
    delivered: Stage, case: DeliveryCase
) -> None:
    figures = 6 if case.like == MONTHLY else 7
    if case.good is not None:
        figures = case.good.figures
    rows = delivered.rows(
        "select d.verdict, count(*) from landing.delivery as d "
        "inner join landing.observation as o using (delivery_id) "
        "where d.data_set_id = ? and d.delivery_seq = 1 group by all",
        case.data_set,
    )
    assert rows == [("admitted", figures)]


@CORE
@EVERY_REFUSED
def test_no_figure_of_a_refused_delivery_gets_in(delivered: Stage, case: DeliveryCase) -> None:
    rows = delivered.rows(
        "select count(*) from landing.observation "
        "inner join landing.delivery as d using (delivery_id) "
        "where d.data_set_id = ? and d.delivery_seq = 2",
        case.data_set,
    )
    assert rows == [(0,)]


@CORE
@EVERY_REFUSED
def test_the_person_is_told_what_to_do(
    delivered: Stage, catalogue: Catalogue, case: DeliveryCase
) -> None:
    refused = told(delivered, case)
    guidance = catalogue.get(case.refused_by.split(",")[0]).guidance
    assert (refused.file_name, refused.is_open) == (case.name, True)
    assert (refused.guidance_zh, refused.guidance_en) == (guidance.zh, guidance.en)
    assert refused.detail_zh
    assert refused.detail_en


@CORE
@pytest.mark.parametrize(
    "case", [case for case in DELIVERY_CASES if case.hidden], ids=lambda case: case.id
)
def test_the_text_of_a_cell_is_told_to_nobody(delivered: Stage, case: DeliveryCase) -> None:
    said = [
        delivered.rows(f"from landing.{table} where data_set_id = ?", case.data_set)
        for table in ("quarantine", "delivery", "finding")
    ]
    said.append([(told(delivered, case), report(delivered).quarantined)])
    assert case.hidden not in repr(said)


@CORE
def test_everything_read_is_accounted_for(delivered: Stage) -> None:
    unexplained = delivered.rows(
        "select data_set_id from landing.delivery "
        "where cells_read <> cells_accepted + cells_quarantined + cells_non_data"
    )
    assert unexplained == [("reject-delivery-conservation",)]
    # and what was counted is what lies there
    counted = delivered.rows(
        "select d.delivery_id from landing.delivery as d "
        "left join (select delivery_id, count(*) as n from landing.candidate group by 1) as c "
        "using (delivery_id) "
        "left join (select delivery_id, count(*) as n from landing.quarantine group by 1) as q "
        "using (delivery_id) "
        "where (d.cells_accepted, d.cells_quarantined) <> (coalesce(c.n, 0), coalesce(q.n, 0))"
    )
    assert counted == []


@CORE
def test_the_gate_says_the_same_when_it_is_asked_again(delivered: Stage) -> None:
    work = delivered.again()
    delivery_gate.judge_deliveries(work)
    with state.opened(work.settings) as con:
        for table in ("delivery", "finding", "validation", "observation"):
            said = con.execute(f"from landing.{table} order by all").fetchall()
            assert said == delivered.rows(f"from landing.{table} order by all")


@CORE
def test_what_is_bad_elsewhere_does_not_touch_the_other_data_sets(delivered: Stage) -> None:
    rows = delivered.rows(
        "select data_set_id, verdict, count(*) from landing.delivery "
        "where not starts_with(data_set_id, 'reject-') group by all order by all"
    )
    assert rows == [
        ("yunxi-figures", "admitted", 31),
        ("yunxi-funds", "admitted", 2),
        ("yunxi-investment", "admitted", 4),
        ("yunxi-peers", "admitted", 7),
        ("yunxi-planned", "admitted", 1),
        ("yunxi-profile", "admitted", 5),
        ("yunxi-systems", "admitted", 3),
    ]


@CORE
def test_a_figure_printed_again_at_its_place_is_no_contradiction(delivered: Stage) -> None:
    rows = delivered.rows(
        "select occurrence, value, qualifier from landing.observation "
        "where data_set_id = 'yunxi-profile' and period = '2012' order by occurrence"
    )
    assert rows == [
        (1, Decimal("180.4"), "exact"),
        (2, Decimal("180.4"), "exact"),
        (3, Decimal("180"), "above"),
    ]


@CORE
def test_quarantined_cells_are_reported_with_their_delivery(delivered: Stage) -> None:
    case = next(case for case in DELIVERY_CASES if case.rule == "delivery.quarantined-cells")
    refused = told(delivered, case)
    assert [
        (entry["rule_id"], entry["count"], entry["places"])
        for entry in report(delivered).quarantined
        if entry["delivery_id"] == refused.delivery_id
    ] == [("value.not-a-number", 2, "R3C5, R4C5")]


@CORE
def test_the_marts_hold_nothing_that_was_refused(processed: Stage) -> None:
    rows = processed.rows(
        "select count(*) from core.observation as o "
        "inner join landing.delivery as d using (delivery_id) where d.verdict <> 'admitted'"
    )
    assert rows == [(0,)]
    # the year 2022 stands in bad files only; what is admitted all the same is there
    assert processed.rows("from core.observation where period = '2022'") == []
    rows = processed.rows("select value from core.observation where period in ('2003', '2031')")
    assert sorted(rows) == [(Decimal(n),) for n in ("-21.4", "21", "21", "900.0")]


# --- the marts gate: soft rules find, hard rules stop a wrong model --------------------------


@CORE
def test_marts_that_nobody_tampered_with_pass(found: Stage, catalogue: Catalogue) -> None:
    with state.opened(found.again().settings) as con:
        assert gates.verdict(con, "marts", catalogue) == "passed"
        assert gates.blocking_rules(con) == []
        assert [result.name for result in marts.node_results(con) if result.is_bad] == []


@CORE
@pytest.mark.parametrize("case", FINDING_CASES, ids=lambda case: case.id)
def test_a_soft_rule_finds_and_shows_its_arithmetic(
    found: Stage, catalogue: Catalogue, case: FindingCase
) -> None:
    assert catalogue.get(case.rule).severity in ("soft", "informative")
    rows = found.rows(
        "select data_set_id, arithmetic, place_a, place_b from quality.finding where rule_id = ?",
        case.rule,
    )
    # what is laid out for other rules names no mart, and is told so, by data set
    own = [row for row in rows if row[1] != "undeclared"]
    assert own == [(case.data_set, case.arithmetic, *case.places)]
    assert found.rows(
        "select outcome, unexpected_count from quality.validation_run where rule_id = ?", case.rule
    ) == [("failed", len(rows))]


@CORE
def test_a_run_leaves_reports_that_name_every_finding_at_its_cell(found: Stage) -> None:
    """Refused deliveries are in them too: they exist whether anything is published or not."""
    reports = found.kept.with_name("reports")
    ids = found.rows("select finding_id from landing.finding where gate <> 'release'")
    report = json.loads((reports / "validation_report.json").read_bytes())
    zeros = [entry["id"] for entry in report if entry["value"] == "0"]
    assert sorted(zeros) == sorted(name for (name,) in ids)
    told: dict[Any, tuple[Any, ...]] = {}
    for file in reports.glob("findings-*.xlsx"):
        sheet: Any = openpyxl.load_workbook(file).active
        told |= {row[12]: row for row in sheet.iter_rows(min_row=4, values_only=True)}
    assert sorted(told) == sorted(zeros)
    ((refused,),) = found.rows(
        "select finding_id from landing.finding where rule_id = 'levels.above-region'"
    )
    assert told[refused][3:8] == (
        "公报2023.csv",
        "",
        "R2C5",
        "吞吐量，云州市云溪区，2003",
        "130 万吨",
    )
    ((unusual,),) = found.rows(
        "select finding_id from landing.finding where rule_id = 'levels.per-head-unlike-around'"
    )
    severity, effect, _, file_name, _, cell, _, printed, expected = told[unusual][:9]
    assert (severity, file_name, cell, printed) == ("soft", "比较总产出.csv", "R4C5", "50 亿元")
    assert (effect, expected) == (87.5, "400 亿元")


@CORE
def test_findings_do_not_keep_a_delivery_out(found: Stage) -> None:
    names = [case.name for case in FINDING_CASES]
    rows = found.rows(
        "select distinct verdict from landing.delivery where list_contains(?, file_name)", names
    )
    assert rows == [("admitted",)]


@contextlib.contextmanager
def published(work: Workplace, query: str) -> Iterator[None]:
    """Readers see a release that says what a query of the marts says, as far as the gate looks."""
    releases = work.releases
    path = releases.release("2026-02-01.1")
    if not query:
        yield
        return
    for table, said in (("core/observation", query), ("quality/conservation", CONSERVED)):
        file = path / "parquet" / f"{table}.parquet"
        file.parent.mkdir(parents=True)
        with state.opened(work.settings) as con:
            con.execute(f"copy ({said}) to '{file}' (format parquet)")
    (path / "manifest.json").write_text('{"release_time": "2026-02-01T00:00:00"}', "utf-8")
    releases.current.symlink_to(path.name)
    try:
        yield
    finally:
        releases.current.unlink()
        shutil.rmtree(path)


CONSERVED = "select delivery_id, verdict from landing.delivery"


@CORE
@pytest.mark.parametrize("case", MARTS_CASES, ids=lambda case: case.id)
def test_a_hard_rule_blocks(processed: Stage, catalogue: Catalogue, case: MartsCase) -> None:
    assert catalogue.get(case.rule).severity == "hard"
    work = processed.again(case.tamper)
    # the soft rules have had their say in `found`, and never block
    work.catalogue = Catalogue(tuple(rule for rule in catalogue if rule.severity == "hard"))

    with published(work, case.published):
        outcomes = {outcome.rule_id: outcome for outcome in marts_gate.marts_gate(work)[0]}

    assert outcomes[case.rule].outcome == "failed"
    assert outcomes[case.rule].error is None
    with state.opened(work.settings) as con:
        assert gates.blocking_rules(con) == [case.rule]
        assert gates.verdict(con, "marts", work.catalogue) == "failed"
        said = con.execute(
            "select distinct message_en from landing.finding where rule_id = ?", [case.rule]
        ).fetchall()
    assert said == [(case.said,)]
    assert compose(work.settings).blocking == [case.rule]


@CORE
@pytest.mark.parametrize("case", NOTICE_CASES, ids=lambda case: case.id)
def test_what_is_only_told_blocks_nothing(
    processed: Stage, catalogue: Catalogue, case: NoticeCase
) -> None:
    rule = catalogue.get(case.rule)
    assert rule.severity == "informative"
    work = processed.again(case.tamper)
    work.catalogue = Catalogue((rule,))

    outcomes = {outcome.rule_id: outcome.outcome for outcome in marts_gate.marts_gate(work)[0]}

    assert outcomes == {case.rule: "failed"}
    with state.opened(work.settings) as con:
        assert gates.blocking_rules(con) == []
        assert gates.verdict(con, "marts", work.catalogue) == "passed"
        said = con.execute(
            "select message_en from landing.finding where rule_id = ?", [case.rule]
        ).fetchall()
    assert said == [(case.said,)]


@CORE
@pytest.mark.parametrize("case", DBT_CASES, ids=lambda case: case.id)
def test_what_dbt_refuses_blocks(
    delivered: Stage, processed: Stage, catalogue: Catalogue, case: DbtCase, tmp_path: Path
) -> None:
    assert catalogue.get(case.rule).severity == "hard"
    work = processed.again(case.tamper)
    if case.model is not None:
        work.dbt = with_broken_model(work.dbt, tmp_path, *case.model)

    with pytest.raises(marts.ModelsBrokenError) as broken:
        marts.build(work, "marts", only=named(work, *case.select))

    bad = [r.name for r in broken.value.results if r.is_bad and r.status != "skipped"]
    assert bad == [case.failing]
    with state.opened(work.settings) as con:
        assert gates.blocking_rules(con) == [case.rule]
    said_at_the_end = compose(work.settings)
    assert (said_at_the_end.outcome, said_at_the_end.blocking) == ("blocked", [case.rule])


@CORE
@pytest.mark.parametrize("step", ["marts", "quality"])
def test_where_dbt_builds_nothing_no_gate_passes(
    found: Stage, monkeypatch: pytest.MonkeyPatch, step: marts.DbtStep
) -> None:
    work = found.again()
    monkeypatch.setattr(Plan, "build", lambda *_, **__: [])

    with pytest.raises(QutongError, match="dbt found nothing to build"):
        marts.build(work, step)
    with pytest.raises(StaleStateError, match=f"the step {step} was failed"):
        release.candidate(work)


@CORE
def test_a_mart_that_names_another_figure_is_told_both_ways(processed: Stage) -> None:
    work = processed.again(
        "update core.district_profile set value_observation_id = 'nobody' "
        "where region_code = '990101' and period = '2003' and value_observation_id is not null"
    )

    with pytest.raises(marts.ModelsBrokenError) as broken:
        marts.build(work, "marts", only=named(work, "district_profile_figures"))

    assert compose(work.settings).blocking == ["marts.test-failed"]
    said = broken.value.what
    assert "problem a declared figure is not shown" in said
    assert "problem what is shown is no headline in force, observation_id nobody" in said
    assert "slot value_observation_id" in said


def named(work: Workplace, *names: str) -> set[str]:
    """Models of these names and what is asked about them, and tests of these names."""
    nodes = work.dbt.plan().nodes.values()
    chosen = {node.unique_id for node in nodes if node.name in names}
    return chosen | {
        node.unique_id for node in nodes if node.kind == "test" and chosen & {*node.reads}
    }


def with_broken_model(
    project: DbtProject, folder: Path, name: str, before: str, after: str
) -> DbtProject:
    """A copy of the project, without the later marts, with one text of one model changed."""
    later = shutil.ignore_patterns("investment", "quality", "meta", "unit_tests", "target")
    shutil.copytree(project.project, folder / "dbt_project", ignore=later)
    model = folder / "dbt_project" / name
    sql = model.read_text(encoding="utf-8")
    assert sql.count(before) == 1
    model.write_text(sql.replace(before, after), encoding="utf-8")
    return DbtProject(folder / "dbt_project", project.database, folder / "target")


# --- the release gate: what is wrong is named, and nothing is published ----------------------


def lay_candidate(work: Workplace, kept: Path) -> Path:
    """The kept candidate where a run builds it, and not sealed, as somebody who tampers has it."""
    path = release.candidate_path(work)
    remove_tree(path)
    shutil.copytree(kept, path)
    for item in (path, *path.rglob("*")):
        item.chmod(item.stat().st_mode | stat.S_IWUSR)
    return path


def no_release(work: Workplace) -> bool:
    """Readers see what they saw before: nothing."""
    releases = work.settings.releases
    return not (releases / RELEASE_ID).exists() and not (releases / "current").is_symlink()


@dataclass(frozen=True)
class Vouched:
    """What a passed release gate left: the verdict on record stands beside the work database."""

    after: Stage
    outcomes: list[RuleOutcome]
    record: str

    def again(self, candidate: Path) -> Workplace:
        """Go back to where publication is asked for."""
        work = self.after.again()
        lay_candidate(work, candidate)
        record_file(work).write_text(self.record, encoding="utf-8")
        return work


def record_file(work: Workplace) -> Path:
    return work.settings.work / "verdicts" / f"{RELEASE_ID}.json"


@pytest.fixture(scope="module")
def vouched(built: Stage, candidate: Path) -> Vouched:
    work = built.again()
    lay_candidate(work, candidate)
    outcomes = release.release_gate(work)
    kept = built.kept.with_name("vouched.duckdb")
    shutil.copyfile(work.settings.database, kept)
    return Vouched(Stage(work, kept), outcomes, record_file(work).read_text(encoding="utf-8"))


@CORE
def test_a_candidate_that_nobody_tampered_with_passes(vouched: Vouched) -> None:
    assert {outcome.outcome for outcome in vouched.outcomes} == {"passed"}
    said_at_the_end = compose(vouched.after.again().settings)
    assert (said_at_the_end.blocking, said_at_the_end.error) == ([], "")


TAMPERED = [case for case in RELEASE_CASES if case.rules]


def beside_each_other(cases: Sequence[ReleaseCase]) -> list[tuple[ReleaseCase, ...]]:
    """Cases that one candidate can hold: each changes another file. All others stand alone."""
    together: list[dict[str, ReleaseCase]] = []
    alone: list[tuple[ReleaseCase, ...]] = []
    for case in cases:
        if not isinstance(case.candidate, Edit):
            alone.append((case,))
            continue
        free = (held for held in together if case.candidate.file not in held)
        held = next(free, None)
        if held is None:
            together.append(held := {})
        held[case.candidate.file] = case
    return [*(tuple(held.values()) for held in together), *alone]


@dataclass(frozen=True)
class Refused:
    """What the gate said of a candidate in which one case or several were laid.

    Attributes:
        problems: Rule and text of each; the text begins with the file.
    """

    cases: tuple[ReleaseCase, ...]
    failed: tuple[str, ...]
    report: RunReport
    problems: list[tuple[str, str]]

    def rules(self) -> set[str]:
        """All that the cases trip."""
        return {rule for case in self.cases for rule in case.rules}

    def told_of(self, case: ReleaseCase) -> list[tuple[str, str]]:
        """The problems that are about one of the cases."""
        if len(self.cases) == 1:
            return self.problems
        assert isinstance(case.candidate, Edit)
        return [found for found in self.problems if case.candidate.is_told(found[1])]


@pytest.fixture(scope="module")
def refused(found: Stage, built: Stage, candidate: Path) -> Callable[[ReleaseCase], Refused]:
    """Takes the candidate of a case through the gate, once for all cases that it holds."""
    group_of = {case.id: group for group in beside_each_other(TAMPERED) for case in group}
    done: dict[tuple[ReleaseCase, ...], Refused] = {}

    def of(case: ReleaseCase) -> Refused:
        group = group_of[case.id]
        if group not in done:
            done[group] = refuse(group, found, built, candidate)
        return done[group]

    return of


def refuse(cases: tuple[ReleaseCase, ...], found: Stage, built: Stage, candidate: Path) -> Refused:
    """Lay the cases out, and let the gate refuse what they make."""
    first = cases[0]
    if first.tamper:
        work = found.again(first.tamper)
        remove_tree(release.candidate_path(work))
        path = release.candidate(work)
    else:
        work = built.again(f"update landing.release set policy = '{first.policy}';")
        path = lay_candidate(work, candidate)
    for case in cases:
        if case.candidate is not None:
            case.candidate(path)

    outcomes = release.release_gate(work)

    with pytest.raises(VerdictError, match="not every gate has passed: release: failed"):
        release.publish(work)
    assert no_release(work)
    problems = json.loads(record_file(work).read_text(encoding="utf-8"))["problems"]
    return Refused(
        cases,
        tuple(outcome.rule_id for outcome in outcomes if outcome.outcome == "failed"),
        compose(work.settings),
        [(rule, said) for rule, _, said in (line.partition(": ") for line in problems)],
    )


@pytest.mark.parametrize("case", TAMPERED, ids=lambda case: case.id)
def test_the_gate_names_what_is_wrong_and_nothing_is_published(
    refused: Callable[[ReleaseCase], Refused], catalogue: Catalogue, case: ReleaseCase
) -> None:
    assert catalogue.get(case.rule).severity == "hard"

    gate = refused(case)

    told = gate.told_of(case)
    assert tuple(sorted({rule for rule, _ in told})) == case.rules
    assert any(rule == case.rule and case.said in said for rule, said in told), told
    # No rule is tripped but those of the cases, each of them blocks, and it is said at the end.
    assert gate.failed == tuple(
        rule.id for rule in catalogue.by_gate("release") if rule.id in gate.rules()
    )
    assert gate.report.blocking == sorted(gate.rules())
    first = gate.problems[: release.MOST_PROBLEMS]
    assert gate.report.error == "\n".join(f"{rule}: {said}" for rule, said in first)


@pytest.mark.parametrize("rule", ["release.no-such-rule", "marts.contract"])
def test_a_check_that_names_no_rule_of_the_gate_stops_the_release(
    built: Stage, candidate: Path, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    work = built.again()
    lay_candidate(work, candidate)
    found = Problem(rule, "geo/regions.json", "坏", "bad")
    monkeypatch.setattr(verify, "_CHECKS", (lambda package: iter((found,)),))

    with pytest.raises(DeclarationError, match=f"names '{rule}', which is no rule of its gate"):
        release.release_gate(work)
    with pytest.raises(StaleStateError, match="the step release_gate was failed"):
        release.publish(work)
    assert no_release(work)


@pytest.mark.parametrize(
    "case",
    [case for case in RELEASE_CASES if case.rule == "release.verdict-missing"],
    ids=lambda case: case.id,
)
def test_publication_trusts_the_record_alone(
    vouched: Vouched, candidate: Path, case: ReleaseCase
) -> None:
    work = vouched.again(candidate)
    path, record = release.candidate_path(work), record_file(work)
    if case.verdict == "lost":
        record.unlink()
    elif case.verdict == "edited":
        text = record.read_text(encoding="utf-8")
        assert '"marts": "passed"' in text
        record.write_text(text.replace('"marts": "passed"', '"marts": "waived"'))
    else:
        (path / "quality" / "report.json").write_text("{}")

    with pytest.raises(ReleaseError, match=case.said):
        release.publish(work)

    assert compose(work.settings).blocking == [case.rule]
    assert no_release(work)
