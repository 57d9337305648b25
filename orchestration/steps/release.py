"""The steps ``candidate``, ``release_gate`` and ``publish``: built aside, judged, given to readers.

Belongs here: what each of them demands of the record before it does anything. Does not belong
here: building, verifying and pointing (``publish``), and rules (``expectations``).

None of them trusts the caller: the verdicts of the gates are read from the work database, for the
inputs that are on disk now.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration import __version__
from orchestration.collect import published
from orchestration.collect.readings import Readings
from orchestration.duck import pandas_unseen
from orchestration.errors import DeclarationError, StaleStateError, VerdictError
from orchestration.judge import gates
from orchestration.judge.catalogue import GATES, Catalogue, Gate, RuleOutcome
from orchestration.publish.layout import MART_FILE
from orchestration.steps import state
from orchestration.steps.land import landed_deliveries
from orchestration.steps.reading import readings_now
from orchestration.steps.state import Carried
from orchestration.steps.workplace import Workplace, inputs_digest

if TYPE_CHECKING:
    from orchestration.publish.pointer import Publication
    from orchestration.settings import Settings

BEFORE_RELEASE = GATES[: GATES.index("release")]
MOST_PROBLEMS = 20


def versions() -> dict[str, str]:
    """Code and libraries that a release is made with."""
    from importlib.metadata import version

    names = ("duckdb", "polars", "dbt-core", "dbt-duckdb", "dagster", "great-expectations")
    return {"qutong": __version__} | {name: version(name) for name in names}


def candidate_path(work: Workplace) -> Path:
    """Where the candidate lies that was built, or is to be built, of what was landed."""
    return work.releases.building(state.prepared_of(work.settings).release_id)


@pandas_unseen()
def candidate(work: Workplace) -> Path:
    """Build the release aside.

    Raises:
        VerdictError: a gate refused what it would be made of, or has not spoken.
        StaleStateError: the marts follow from other inputs than those on disk.
    """
    from orchestration.publish.build import ReleaseInput, build_candidate

    settings = work.settings
    with state.carried(work, "candidate", "候选版本 / release candidate") as step:
        _demand_fresh(work, step)
        verdicts = _demand_passed(work, BEFORE_RELEASE)
        prepared = state.prepared_of(settings)
        with state.opened(settings) as con:
            inputs = [
                ReleaseInput(*row)
                for row in con.execute(
                    "select data_set_id, file_name, receipt_sha256 from landing.delivery "
                    "where verdict = 'admitted' order by all"
                ).fetchall()
            ]
        current = work.releases.current
        path = build_candidate(
            state.lent(settings),
            settings.releases,
            prepared.release_id,
            prepared.release_time,
            inputs,
            versions(),
            prepared.policy,
            verdicts=verdicts,
            licence=settings.district.licence,
            macros_dir=settings.dbt_project / "release",
            # What readers see while this one is built: it says what it changes.
            previous=current.resolve() if current.is_symlink() and current.exists() else None,
            inputs_fingerprint=step.inputs,
            synonyms=_synonyms(settings),
            products=work.products,
        )
    return path


def _synonyms(settings: Settings) -> dict[str, tuple[str, ...]]:
    """What the catalogue says that people call an indicator."""
    from orchestration.standards import load_catalogue

    folder = settings.raw / "catalogue"
    if not folder.is_dir():
        return {}
    catalogue = load_catalogue(folder, settings.work / "catalogue.json")
    return {standard.code: standard.synonyms for standard in catalogue if standard.synonyms}


def _demand_fresh(work: Workplace, step: Carried) -> None:
    if inputs_digest(work) != step.inputs:
        raise StaleStateError(
            "what is on disk has changed since it was landed: a delivery, a declaration, a rule, "
            "a model or the code / 入库之后输入已改变",
            remedy="run all steps: qutong run",
        )


def _demand_passed(work: Workplace, wanted: Sequence[Gate]) -> dict[str, str]:
    """The verdicts of gates, as a release tells them.

    Raises:
        VerdictError: one of them is not ``passed``.
    """
    with state.opened(work.settings) as con:
        found = {gate: gates.verdict(con, gate, work.catalogue) for gate in wanted}
        rules = gates.blocking_rules(con)
    bad = [f"{gate}: {said}" for gate, said in found.items() if said != "passed"]
    if bad:
        raise VerdictError(
            f"not every gate has passed: {', '.join(bad)}"
            + (f" ({', '.join(rules)})" if rules else "")
            + " / 关口未通过",
            remedy="readers keep what they had; mend what blocks, then run again",
        )
    # The delivery gate keeps single deliveries out and never stops a release.
    return found | ({"delivery": "routed"} if "delivery" in found else {})


@pandas_unseen()
def release_gate(work: Workplace) -> list[RuleOutcome]:
    """Open the package again, compare it with the marts, and record the verdict on it."""
    from orchestration.publish.verdict import VerdictStore
    from orchestration.publish.verify import verify_release

    settings = work.settings
    with state.carried(work, "release_gate", "发布关 / release gate") as step:
        verdicts = _demand_passed(work, BEFORE_RELEASE)
        path = candidate_path(work)
        if not path.is_dir():
            raise StaleStateError(
                "the candidate is not there any more / 候选版本已不存在",
                file=path,
                remedy="run all steps: qutong run",
            )
        problems = [
            (problem.rule_id, f"{problem.file}: {problem.detail_en}")
            for problem in verify_release(path, state.lent(settings), products=work.products)
        ]
        problems += _raw_text_inside(work, path)
        problems += _open_findings(work)
        outcomes = outcomes_of(problems, work.catalogue)
        with state.opened(settings) as con:
            gates.write_validation(con, outcomes, work.catalogue)
            verdict = gates.verdict(con, "release", work.catalogue)
        lines = [f"{rule}: {detail}" for rule, detail in problems]
        VerdictStore(settings.work / "verdicts").record(
            path, verdict, gates=verdicts | {"release": verdict}, problems=lines
        )
        step.detail = {"error": "\n".join(lines[:MOST_PROBLEMS])}
    return outcomes


def outcomes_of(problems: Sequence[tuple[str, str]], catalogue: Catalogue) -> list[RuleOutcome]:
    """What came of every rule of the release gate.

    Args:
        problems: The rule that each breaks, and what it is.
        catalogue: All rules.

    Raises:
        DeclarationError: a check names what is no rule of this gate: nothing would be blocked.
    """
    found = Counter(rule for rule, _ in problems)
    known = [rule.id for rule in catalogue.by_gate("release")]
    for name in found.keys() - set(known):
        raise DeclarationError(
            f"a check of the release names {name!r}, which is no rule of its gate",
            remedy="add it to expectations/rules/release",
        )
    return [RuleOutcome.of(name, unexpected=found[name], checked=1) for name in known]


def _open_findings(work: Workplace) -> list[tuple[str, str]]:
    """Under the policy ``bureau`` nothing is published while a finding waits for a decision."""
    with state.opened(work.settings) as con:
        policy = con.execute("select policy from landing.release").fetchall()[0][0]
        waiting = gates.needing_decision(gates.open_findings(con, undecided=True))
    if policy != "bureau" or not waiting:
        return []
    said = "1 finding waits" if waiting == 1 else f"{waiting} findings wait"
    return [("release.open-findings-need-decision", f"{said} for a decision: qutong finding list")]


def _raw_text_inside(work: Workplace, path: Path) -> list[tuple[str, str]]:
    """Texts of quarantined cells must not stand in what is said about them."""
    import duckdb

    files = [
        str(entry.stem.with_suffix(".quarantine.parquet"))
        for entry in landed_deliveries(work)
        if entry.counts[2]
    ]
    if not files:
        return []
    with duckdb.connect(str(path / MART_FILE), read_only=True) as connection:
        # Short texts and plain numbers stand in places and counts by chance.
        rows = connection.execute(
            "with cells as (from read_parquet($files, union_by_name = true)), "
            "raw as (select distinct raw_text as text, false as is_name from cells union "
            "select raw_name, true from cells), "
            "private as (from raw where length(text) >= 4 "
            "and not regexp_matches(text, '^[0-9.,% +-]+$')), "
            # An unknown name may be that of its sheet: places are not searched for it.
            "said as (select 'quality.quarantine' as t, quarantine_id as id, "
            "delivery_place as place, concat_ws(' ', reason_zh, reason_en) as reason "
            "from quality.quarantine union all "
            "select 'quality.conservation', delivery_id, null, "
            "concat_ws(' ', reason_zh, reason_en) "
            "from quality.conservation) "
            "select t, id from said where exists (select 1 from private where "
            "contains(said.reason, private.text) "
            "or (not private.is_name and contains(said.place, private.text))) order by all",
            {"files": files},
        ).fetchall()
    return [("release.raw-text-inside", f"{table} {key}") for table, key in rows]


def keep_evidence(work: Workplace, release_id: str) -> None:
    """Keep in the archive how the deliveries of a release were read, and what it followed.

    Before readers are given it: nothing is ever published of which this was not kept. Kept twice,
    or for a release that is not published after all, it does no harm: the next one asks at most
    about a reading that nobody has seen.
    """
    with state.opened(work.settings) as con:
        admitted = {
            name
            for (name,) in con.execute(
                "select delivery_id from landing.delivery where verdict = 'admitted'"
            ).fetchall()
        }
    is_news = False
    for declared in work.declarations:
        readings = Readings(work.archive.root, declared.id)
        for entry in readings_now(work, declared):
            if entry.delivery.delivery_id in admitted:
                is_news |= readings.keep(entry.delivery, entry.parsed.figures, entry.stem)
    if is_news:
        os.sync()  # once for thousands of files
    published.record(work.archive.root, release_id)


def publish(work: Workplace) -> Publication:
    """Move the pointer, if every gate passed for what is on disk and for these very bytes.

    Raises:
        VerdictError: a gate refused, has not spoken, or spoke of another candidate.
        StaleStateError: the candidate follows from other inputs than those on disk.
    """
    from orchestration.publish import pointer
    from orchestration.publish.verdict import VerdictStore

    settings = work.settings
    with state.carried(work, "publish", "发布 / publish") as step:
        _demand_fresh(work, step)
        _demand_passed(work, GATES)
        keep_evidence(work, state.prepared_of(settings).release_id)
        work.published_file.touch()
        try:
            done = pointer.publish(
                settings.releases, candidate_path(work), VerdictStore(settings.work / "verdicts")
            )
        except VerdictError:
            with state.opened(settings) as con:
                missing = RuleOutcome.of("release.verdict-missing", unexpected=1, checked=1)
                gates.write_validation(con, [missing], work.catalogue)
            raise
        step.detail = {
            "release_id": done.release_id,
            "path": str(done.path),
            "moved": done.moved,
            "message_zh": done.message_zh,
            "message_en": done.message_en,
        }
    return done
