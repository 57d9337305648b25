"""The step ``marts_gate``: the marts are judged as a whole, before anything is published of them.

Belongs here: which outcomes make up the verdict. Does not belong here: the rules themselves
(``judge``, ``expectations``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from orchestration.collect import published
from orchestration.errors import QutongError
from orchestration.judge.catalogue import Catalogue, Gate, Judged, RuleOutcome
from orchestration.judge.gates import FindingGroup, Subject
from orchestration.publish.layout import MANIFEST_FILE, parquet_path
from orchestration.steps import state
from orchestration.steps.delivery_gate import keep
from orchestration.steps.findings import write_reports
from orchestration.steps.marts import dbt_outcomes, models_of
from orchestration.steps.workplace import Workplace

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from orchestration.judge.kept import Keep
    from orchestration.judge.suites import Suite

MOST_SAID = 5


def marts_gate(work: Workplace) -> tuple[list[RuleOutcome], dict[str, Any]]:
    """Judge the marts by rules, by suites of every table, and by what dbt's tests said.

    Returns:
        What came of each rule; and open findings by severity, comparisons that lacked data, and why
        rules could not be run.
    """
    from orchestration.judge import gates, rules
    from orchestration.judge.contracts import read_contracts
    from orchestration.judge.suites import load_ranges, mart_suites

    catalogue = work.catalogue
    expectations = work.settings.expectations
    with state.carried(work, "marts_gate", "集市关 / marts gate") as step:
        kept = keep(work, "marts")
        with state.opened(work.settings) as con:
            gates.prepare(con, catalogue, expectations, "marts")
            _lay_published(work, con)
            lists = dict(
                con.execute(
                    "select list, list(code order by code) from landing.code group by list"
                ).fetchall()
            )
        asked = mart_suites(
            read_contracts(work.dbt.manifest(), work.dbt.catalog()),
            lists,
            load_ranges(expectations),
        )
        answered = _ask_suites(work, asked, kept)
        database = state.lent(work.settings)
        try:
            found = rules.run_rules(database, catalogue.by_gate("marts", "sql"), kept)
        finally:
            tables = answered()
        with state.opened(work.settings) as con:
            outcomes = [*found.outcomes, *tables.outcomes, *dbt_outcomes(work, con)]
            for judged in (found, tables):
                gates.write_findings(con, judged, catalogue)
            gates.measure_effects(con)
            gates.write_validation(con, outcomes, catalogue)
            write_reports(work, con)
            step.detail = {
                "findings": gates.open_findings(con),
                "undecided": gates.undecided_comparisons(con),
                "error": "\n".join(
                    [f"{o.rule_id}: {o.error}" for o in outcomes if o.error]
                    + _said_by_blocking(catalogue, found)
                ),
            }
    return outcomes, step.detail


def _said_by_blocking(catalogue: Catalogue, found: Judged) -> list[str]:
    """What blocks, in the words of its first findings, and what to do about it."""
    lines = []
    for outcome in found.outcomes:
        rule = catalogue.get(outcome.rule_id)
        if rule.severity != "hard" or outcome.error:
            continue
        said = [v for v in found.violations if v["rule_id"] == rule.id]
        lines += [f"{rule.id}: {v['message_zh']} | {v['message_en']}" for v in said[:MOST_SAID]]
        lines += [f"  → {rule.guidance.zh} | {rule.guidance.en}"] if said else []
    return lines


def _lay_published(work: Workplace, con: DuckDBPyConnection) -> None:
    """Hold what readers see against the marts.

    Raises:
        QutongError: the release that readers see cannot be read.
    """
    import json

    import duckdb

    from orchestration.process import said

    current = work.releases.current
    if not current.is_symlink():
        said.lay(con, None, ())
        return
    path = current.resolve()
    try:
        manifest = json.loads((path / MANIFEST_FILE).read_text(encoding="utf-8"))
        moment = datetime.fromisoformat(manifest["release_time"]).replace(tzinfo=UTC)
        in_force = said.InForce(
            path.name,
            moment.astimezone(work.zone).date(),
            path / parquet_path("core", "observation"),
            path / parquet_path("quality", "conservation"),
        )
        since = published.acts_since(work.archive.root, path.name)
        said.lay(con, in_force, (act.delivery_id for act in since))
    except (OSError, ValueError, TypeError, KeyError, duckdb.IOException) as error:
        raise QutongError(
            "the release in force cannot be read, so nobody knows what was published / "
            "当前版本无法读取",
            file=path,
            remedy="see 'qutong release verify'; 'qutong release rollback ID' leads to a sound one",
        ) from error


def _ask_suites(work: Workplace, suites: Sequence[Suite], keep: Keep) -> Callable[[], Judged]:
    """Ask the suites that do not stand from an earlier run; a judge of its own goes to work.

    A suite stands where it says what it said, and its table holds what it held when it passed.

    Returns:
        Waits for the answers, and says what came of all suites, by rule.
    """
    from importlib.metadata import version

    from orchestration.judge.kept import kept_file
    from orchestration.judge.suites import judged, of_rules
    from orchestration.steps import standing

    native = [rule.id for rule in work.catalogue.by_gate("marts", "gx")]
    asked = of_rules(suites, native)
    with state.opened(work.settings) as con:
        made_from = standing.suites_made_from(
            con, asked, models_of(work), version("great-expectations")
        )
        pages = [suite for suite in asked if kept_file(keep, suite.name).is_file()]
        known = standing.standing_suites(con, pages, made_from)
    names = {entry.suite for entry in known}
    left = [suite for suite in asked if suite.name not in names]
    run_id = state.identity_of(work.settings).run_id
    wait = work.judge.ask(
        state.lent(work.settings), left, replace(keep, standing=tuple(sorted(names)))
    )

    def answered() -> Judged:
        found = wait()
        with state.opened(work.settings) as con:
            standing.keep_suites(con, found, made_from, run_id)
        return judged(asked, [*known, *found], native)

    return answered


def finding_groups(work: Workplace, gate: Gate) -> dict[tuple[Subject, str], FindingGroup]:
    """What was found so far, by rule, data set and table, for those who look at the assets."""
    from orchestration.judge import gates

    with state.opened(work.settings) as con:
        return gates.finding_groups(con, gate)
