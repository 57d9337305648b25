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
    """Judge the marts by the rules of Great Expectations and by what dbt's tests said.

    Returns:
        What came of each rule; and open findings by severity, comparisons that lacked data, and why
        rules could not be run.
    """
    from orchestration.judge import gates, gx

    catalogue, database = work.catalogue, work.settings.database
    with state.carried(work, "marts_gate", "集市关 / marts gate") as step:
        with state.opened(work.settings) as con:
            gates.prepare(con, catalogue, work.settings.expectations, "marts")
        outcomes = gx.run_rules(database, catalogue.by_gate("marts"), keep(work, "marts"))
        with state.opened(work.settings) as con:
            outcomes += dbt_outcomes(work, con)
            failed = [catalogue.get(o.rule_id) for o in outcomes if o.outcome == "failed"]
            gates.collect_findings(con, [rule for rule in failed if rule.executor == "gx"])
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
