"""Rules that are SQL, run by DuckDB itself: each once, for its count and its rows alike.

Belongs here: running rules of executor sql. Does not belong here: the rules
(``expectations/rules``), what Great Expectations runs (``suites``), what follows (``gates``).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

from orchestration.duck import share_out
from orchestration.errors import QutongError
from orchestration.judge.catalogue import (
    EXPECTED,
    SAID_BY_RULE,
    Judged,
    Rule,
    RuleOutcome,
    Violation,
    cannot_run,
    together,
)
from orchestration.judge.gates import MOST_FINDINGS
from orchestration.judge.kept import Keep, keep_rules

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NOTHING_KNOWN = Judged([], [])

RULE_SECONDS = 240.0
"""How long a rule may take; then it is stopped, and nobody knows what it would have found."""
MOST_TOLD = 100_000
"""How many findings of a rule are kept in all."""
SUSPECT_DATA_SETS = 5
"""A rule that finds fault with every row it looks at, of so many data sets, is wrong itself."""


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
        with _in_time(con):
            # In parentheses of their own lines: a statement may end in a comment.
            con.execute(
                f"create or replace temp table found as "
                f"select columns(*)::varchar from (\n{violating}\n)"
            )
            counts = con.execute(f"select (\n{checked}\n), (\n{undecided}\n)").fetchone()
            ((unexpected,),) = con.execute("select count(*) from found").fetchall()
            rows = _kept(con, unexpected)
            names = [name for name, *_ in con.execute("describe found").fetchall()]
    except duckdb.InterruptException:
        stopped = f"stopped after {RULE_SECONDS:g} seconds / 超时，已停止"
        return RuleOutcome.broken(rule.id, stopped), [cannot_run(rule.id)]
    except duckdb.Error as error:
        return RuleOutcome.broken(rule.id, essence(str(error))), [cannot_run(rule.id)]
    looked_at, lacking = (int(count or 0) for count in counts or (0, 0))
    found = [dict(zip(names, row, strict=True)) for row in rows]
    if 0 < looked_at <= unexpected and _data_sets(found) >= SUSPECT_DATA_SETS:
        said = f"it finds fault with all {looked_at} rows it looks at / 对每一行都报错"
        return RuleOutcome.broken(rule.id, said), [cannot_run(rule.id)]
    outcome = RuleOutcome.of(rule.id, unexpected=unexpected, checked=looked_at, undecided=lacking)
    said_of = ({name: row.get(name) for name in (*SAID_BY_RULE, EXPECTED)} for row in found)
    return outcome, [{"rule_id": rule.id, **said} for said in said_of]


def _data_sets(found: Sequence[Violation]) -> int:
    return len({row.get("data_set_id") or "" for row in found})


def _kept(con: DuckDBPyConnection, unexpected: int) -> list[tuple[str | None, ...]]:
    """The findings that are kept: of a delivery with very many the first, always the same ones."""
    if unexpected <= MOST_FINDINGS:
        return con.execute("from found").fetchall()
    names = [name for name, *_ in con.execute("describe found").fetchall()]
    own = ", ".join(name for name in ("data_set_id", "delivery_id") if name in names) or "null"
    every = ", ".join(f'"{name}"' for name in names)
    return con.execute(
        f"""
        from found
        qualify row_number() over (partition by {own} order by {every}) <= {MOST_FINDINGS}
        order by all
        limit {MOST_TOLD}
        """
    ).fetchall()


@contextmanager
def _in_time(con: DuckDBPyConnection) -> Iterator[None]:
    clock = Timer(RULE_SECONDS, con.interrupt)
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()


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
