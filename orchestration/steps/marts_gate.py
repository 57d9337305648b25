"""The step ``marts_gate``: the marts are judged as a whole, before anything is published of them.

Belongs here: which outcomes make up the verdict. Does not belong here: the rules themselves
(``judge``, ``expectations``).
"""

from __future__ import annotations

from typing import Any

from orchestration.judge.catalogue import Gate, RuleOutcome
from orchestration.judge.gates import FindingGroup, Subject
from orchestration.steps import state
from orchestration.steps.delivery_gate import keep
from orchestration.steps.marts import dbt_outcomes
from orchestration.steps.workplace import Workplace


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
        database = state.lent(work.settings)
        found = rules.run_rules(database, catalogue.by_gate("marts", "sql"), kept)
        native = [rule.id for rule in catalogue.by_gate("marts", "gx")]
        tables = work.judge.validate(database, asked, native, kept)
        with state.opened(work.settings) as con:
            outcomes = [*found.outcomes, *tables.outcomes, *dbt_outcomes(work, con)]
            for judged in (found, tables):
                gates.write_findings(con, judged, catalogue)
            gates.write_validation(con, outcomes, catalogue)
            step.detail = {
                "findings": gates.open_findings(con),
                "undecided": sum(outcome.undecided_count for outcome in outcomes),
                "error": "\n".join(f"{o.rule_id}: {o.error}" for o in outcomes if o.error),
            }
    return outcomes, step.detail


def finding_groups(work: Workplace, gate: Gate) -> dict[tuple[Subject, str], FindingGroup]:
    """What was found so far, by rule, data set and table, for those who look at the assets."""
    from orchestration.judge import gates

    with state.opened(work.settings) as con:
        return gates.finding_groups(con, gate)
