"""The steps ``marts`` and ``quality``: dbt builds models, and what it said of each is kept.

Belongs here: building a selection, the record of models and tests, and the rules that they stand
for. Does not belong here: dbt itself (``process.dbt``) and the verdict (``marts_gate``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING, Literal

from orchestration.duck import insert_rows
from orchestration.errors import QutongError
from orchestration.judge import gates
from orchestration.judge.catalogue import RuleOutcome
from orchestration.judge.contracts import AFTER_THE_GATE
from orchestration.steps import state
from orchestration.steps.workplace import Workplace

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from orchestration.process.models import NodeResult
    from orchestration.steps import standing

DbtStep = Literal["marts", "quality"]

LINES: dict[DbtStep, str] = {
    "marts": "加工 / process (dbt)",
    "quality": "质量表 / quality tables (dbt)",
}
MOST_NODES = 20
MOST_ROWS = 5


class ModelsBrokenError(QutongError):
    """Models or tests of dbt failed; the rules they stand for block.

    Attributes:
        results: What dbt said of every node.
    """

    def __init__(self, what: str, results: Sequence[NodeResult]) -> None:
        super().__init__(what)
        self.results = list(results)


def build(
    work: Workplace, step: DbtStep, *, only: Collection[str] | None = None
) -> list[NodeResult]:
    """Build the models of a step and test them.

    Args:
        work: Where.
        step: Which.
        only: Ids of models and tests, to carry out these alone; all where it is not given.

    Raises:
        ModelsBrokenError: a contract, a key or another test of severity error failed.
        QutongError: dbt found nothing to build, so that no gate would have anything to judge.
    """
    with state.carried(work, step, LINES[step]):
        if only is not None:
            results = _built(work, only)
        elif step == "marts":
            results = _build_changed(work)
        else:
            results = _built(work, _of_quality(work))
        if not results:
            raise QutongError(
                "dbt found nothing to build",
                place=f"step {step}",
                remedy="restore dbt_project from the repository, then run again",
            )
        with state.opened(work.settings) as con:
            _keep(con, step, results)
            bad = [result for result in results if result.is_bad]
            if bad:
                outcomes = dbt_outcomes(work, con)
                gates.write_validation(con, outcomes, work.catalogue)
                rules = gates.blocking(outcomes, work.catalogue)
                lines = [explain_node(con, result) for result in bad[:MOST_NODES]]
        if bad:
            names = ", ".join(result.name for result in bad[:MOST_NODES])
            raise ModelsBrokenError("\n".join([f"{', '.join(rules)}: {names}", *lines]), results)
    return results


def _built(work: Workplace, names: Collection[str]) -> list[NodeResult]:
    with state.opened(work.settings) as con:
        return work.dbt.plan().build(con, names)


def models_of(work: Workplace) -> standing.Models:
    """The models and tests of the step ``marts``, as the project's files are now."""
    from orchestration.steps.standing import Models

    return Models(work.dbt.manifest(), work.dbt.ensure_manifest().parent.name)


def nodes_of(work: Workplace, step: DbtStep) -> Collection[str]:
    """The ids of all models and tests of a step.

    The step ``quality`` has the models that tell of the judging, built after the marts gate has
    spoken. Keys and rows of marts are asked by the suites of that gate, and by no test.
    """
    return models_of(work).nodes if step == "marts" else _of_quality(work)


def _of_quality(work: Workplace) -> set[str]:
    """The models that tell of the judging, and every test that asks about one of them."""
    nodes = work.dbt.manifest()["nodes"]
    models = {
        name
        for name, node in nodes.items()
        if node["resource_type"] == "model" and AFTER_THE_GATE & set(node["tags"])
    }
    return models | {
        name
        for name, node in nodes.items()
        if node["resource_type"] == "test" and models & set(node["depends_on"]["nodes"])
    }


def _build_changed(work: Workplace) -> list[NodeResult]:
    """Build and test what does not stand from an earlier run; results of all, of those too.

    What follows every change is brought up to date first: only then is it known which figures of
    which mart are other ones. Where nothing is on record all is built at once.
    """
    from orchestration.steps import standing

    models = models_of(work)
    run_id = state.identity_of(work.settings).run_id
    with state.opened(work.settings) as con:
        is_first = not standing.entries(con)
    results = _built(work, [*models.nodes] if is_first else models.followed)
    if not results or any(result.is_bad for result in results):
        return results
    with state.opened(work.settings) as con:
        made_from = models.made_from(con)
        stand = standing.standing(con, models, made_from)
    left = models.nodes.keys() - stand.keys() - {result.unique_id for result in results}
    results += _built(work, left) if left else []
    with state.opened(work.settings) as con:
        standing.keep(con, models, made_from, results, run_id)
    return [*results, *stand.values()]


def standing_models(work: Workplace) -> dict[str, standing.Entry]:
    """The models and tests on record, with the run that made them and what their tables hold."""
    from orchestration.steps import standing

    with state.opened(work.settings) as con:
        return standing.entries(con)


def _keep(con: DuckDBPyConnection, step: DbtStep, results: Sequence[NodeResult]) -> None:
    con.execute(f"delete from {state.SCHEMA}.node where step = ?", [step])
    insert_rows(con, f"{state.SCHEMA}.node", [(step, *astuple(result)) for result in results])


def node_results(con: DuckDBPyConnection) -> list[NodeResult]:
    """What dbt said of every model and test, from the record."""
    from orchestration.process.models import NodeResult

    rows = con.execute(
        "select unique_id, kind, name, status, message, failures, seconds, test, query "
        f"from {state.SCHEMA}.node order by unique_id"
    ).fetchall()
    return [NodeResult(*row) for row in rows]


def _rule_of(result: NodeResult) -> str:
    """The rule that a model or test of dbt stands for; contracts hold NOT NULL constraints too."""
    if result.kind == "test":
        return "marts.not-null" if result.test == "not_null" else "marts.test-failed"
    return "marts.not-null" if "NOT NULL constraint" in result.message else "marts.contract"


def dbt_outcomes(work: Workplace, con: DuckDBPyConnection) -> list[RuleOutcome]:
    """Outcomes of the rules that dbt carries out, from the record."""
    unexpected: Counter[str] = Counter()
    checked: Counter[str] = Counter()
    for result in node_results(con):
        if result.status == "skipped":
            continue  # on account of another node, which has its own result
        rule = _rule_of(result)
        checked[rule] += 1
        if result.is_bad:
            unexpected[rule] += max(result.failures, 1)
    return [
        RuleOutcome.of(rule.id, unexpected=unexpected[rule.id], checked=checked[rule.id])
        for rule in work.catalogue.by_gate("marts", "dbt")
    ]


def table_rows(work: Workplace) -> dict[tuple[str, str], int]:
    """Rows of every table of the work database, by schema and name."""
    with state.opened(work.settings) as con:
        rows = con.execute(
            "select schema_name, table_name, estimated_size from duckdb_tables()"
        ).fetchall()
    return {(schema, table): size for schema, table, size in rows}


def explain_node(con: DuckDBPyConnection, result: NodeResult) -> str:
    """What a failed model or test says, with the first rows that a test found."""
    lines = [f"{result.name}: {result.message or result.status}"]
    if result.status == "fail" and result.query:
        cursor = con.execute(f"select * from ({result.query}) limit {MOST_ROWS}")
        names = [column[0] for column in cursor.description or ()]
        lines += [
            "  " + ", ".join(f"{n} {v}" for n, v in zip(names, row, strict=True))
            for row in cursor.fetchall()
        ]
    return "\n".join(lines)
