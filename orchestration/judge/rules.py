"""Rules that are SQL, run by DuckDB itself: each once, for its count and its rows alike.

Belongs here: running rules of executor sql. Does not belong here: the rules
(``expectations/rules``), what Great Expectations runs (``suites``), what follows (``gates``).
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.duck import share_out
from orchestration.errors import QutongError
from orchestration.judge.catalogue import (
    SAID_BY_RULE,
    Judged,
    Rule,
    RuleOutcome,
    Violation,
    cannot_run,
    together,
)
from orchestration.judge.kept import Keep, keep_rules

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NOTHING_KNOWN = Judged([], [])


def run_rules(
    database: Path,
    rules: Sequence[Rule],
    keep: Keep | None = None,
    known: Judged = NOTHING_KNOWN,
) -> Judged:
    """Run the rules of executor sql on a DuckDB file; outcomes come in the order of the rules.

    The file is opened read-only, so that no rule can change what it judges, and let go of before
    the function returns: nobody may hold it open for writing meanwhile, not even this process.
    ``gates.prepare`` must have run on it. A rule that cannot be run has failed, with the reason in
    ``error`` and one violation that says so.

    Args:
        keep: Where the outcomes are kept for Data Docs.
        known: What rules that see deliveries alone found in those of ``landing.judged``; they look
            at the others, and what is returned is about all.

    Raises:
        QutongError: the file cannot be opened.
    """
    import duckdb

    ours = [rule for rule in rules if rule.executor == "sql"]
    if not ours:
        return Judged([], [])
    try:
        con = duckdb.connect(str(database), read_only=True)
    except duckdb.Error as error:
        raise unreadable(database, error) from None
    with con:
        share_out(con, database)
        judged = together(known, judge(con, ours, {o.rule_id for o in known.outcomes}))
    if keep is not None:
        keep_rules(keep, ours, judged.outcomes)
    return judged


def judge(con: DuckDBPyConnection, rules: Sequence[Rule], only_new: Container[str] = ()) -> Judged:
    """Run rules on an open connection; no transaction may be open, an error would abort it.

    Args:
        only_new: Rules that leave out deliveries that were judged before.
    """
    outcomes: list[RuleOutcome] = []
    violations: list[Violation] = []
    for rule in rules:
        if rule.executor == "sql":
            outcome, found = _judge(con, rule, only_new=rule.id in only_new)
            outcomes.append(outcome)
            violations += found
    return Judged(outcomes, violations)


def _judge(
    con: DuckDBPyConnection, rule: Rule, *, only_new: bool
) -> tuple[RuleOutcome, list[Violation]]:
    import duckdb

    violating = rule.statement("sql", only_new=only_new)
    checked = rule.statement("checked_sql", only_new=only_new)
    undecided = rule.statement("undecided_sql", only_new=only_new) or "select 0"
    try:
        # In parentheses of their own lines: a statement may end in a comment.
        cursor = con.execute(f"select columns(*)::varchar from (\n{violating}\n)")
        names = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        counts = con.execute(f"select (\n{checked}\n), (\n{undecided}\n)").fetchone() or (0, 0)
    except duckdb.Error as error:
        return RuleOutcome.broken(rule.id, essence(str(error))), [cannot_run(rule.id)]
    outcome = RuleOutcome.of(
        rule.id, unexpected=len(rows), checked=int(counts[0] or 0), undecided=int(counts[1] or 0)
    )
    said = [{"rule_id": rule.id, **{name: row.get(name) for name in SAID_BY_RULE}} for row in rows]
    return outcome, said


def unreadable(database: Path, error: Exception) -> QutongError:
    """The error for a work database that cannot be opened."""
    return QutongError(
        f"the work database cannot be read: {essence(str(error))}",
        file=database,
        remedy="close what holds it open for writing, then run again",
    )


def essence(message: str) -> str:
    """What DuckDB says, without the statement and the links around it."""
    match = re.search(r"\w+ (?:Error|Exception): .*", message)
    return (match.group() if match else message).strip().splitlines()[0]
