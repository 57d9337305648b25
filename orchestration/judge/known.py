"""What the delivery gate found out before: a delivery is judged once by rules that see it alone.

Belongs here: the record of what such rules found, and whether it still holds. Does not belong
here: running them (``rules``, ``suites``), and rules that compare deliveries with each other.

A delivery is known under a key that says all that the rules looked at. Where one that was judged
is gone or has another key, nothing is known any more: counts cannot be taken out of their sum.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from orchestration.judge.catalogue import SAID_BY_RULE, Judged, Rule, RuleOutcome
from orchestration.judge.suites import Suite

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

By = Literal["sql", "gx"]
Keys = Mapping[str, str]
"""Deliveries with what they are known under."""


def keys_for_rules(con: DuckDBPyConnection, rules: Iterable[Rule]) -> Keys:
    """What deliveries are known under to rules of SQL: their parse results, and what is declared.

    What the rules themselves say needs no mention: other rules make the work database anew.
    """
    texts = " ".join(f"{rule.sql} {rule.checked_sql} {rule.undecided_sql}" for rule in rules)
    named = sorted(set(re.findall(r"\blanding\.(\w+)", texts)))
    return dict(
        con.execute(
            "select delivery_id, concat_ws(' ', parse_key, (select md5(string_agg(digest, ' ' "
            "order by name)) from landing.made_from where list_contains($1, name))) "
            "from landing.landed",
            [named],
        ).fetchall()
    )


def keys_for_suites(con: DuckDBPyConnection, asked: Iterable[Suite]) -> Keys:
    """What deliveries are known under to suites: their parse results, and what is expected."""
    parsed = dict(con.execute("select delivery_id, parse_key from landing.landed").fetchall())
    told: dict[int, str] = {}  # by identity: the deliveries of a data set share most of them
    return {
        suite.delivery_id: f"{parsed[suite.delivery_id]} {_digest(suite, told)}" for suite in asked
    }


def _digest(suite: Suite, told: dict[int, str]) -> str:
    for expectation in suite.expectations:
        if id(expectation) not in told:
            told[id(expectation)] = json.dumps(asdict(expectation))
    said = f"[{', '.join(told[id(expectation)] for expectation in suite.expectations)}]"
    return hashlib.sha256(said.encode()).hexdigest()


def recall(con: DuckDBPyConnection, by: By, keys: Keys) -> tuple[frozenset[str], Judged]:
    """The deliveries that need no judging, and what was found in them; forgets what is outdated."""
    judged = dict(
        con.execute(
            "select delivery_id, made_from from landing.judged where executor = $1", [by]
        ).fetchall()
    )
    if not judged.items() <= keys.items():
        _forget(con, by)
        judged = {}
    if not judged:
        return frozenset(), Judged([], [])
    outcomes = con.execute(
        "select rule_id, unexpected_count, checked_count, undecided_count "
        "from landing.known_outcome where executor = $1",
        [by],
    ).fetchall()
    said = con.execute(
        f"select rule_id, {', '.join(SAID_BY_RULE)} from landing.known_violation "
        "where executor = $1",
        [by],
    ).fetchall()
    names = ("rule_id", *SAID_BY_RULE)
    return frozenset(judged), Judged(
        [
            RuleOutcome.of(rule_id, unexpected=unexpected, checked=checked, undecided=undecided)
            for rule_id, unexpected, checked, undecided in outcomes
        ],
        [dict(zip(names, row, strict=True)) for row in said],
    )


def remember(con: DuckDBPyConnection, by: By, keys: Keys, judged: Judged) -> None:
    """Keep what was found in all these deliveries; no rule of ``judged`` may have been broken."""
    con.begin()
    _forget(con, by)
    _insert(con, "judged", [(by, *entry) for entry in keys.items()])
    _insert(
        con,
        "known_outcome",
        [
            (by, o.rule_id, o.unexpected_count, o.checked_count, o.undecided_count)
            for o in judged.outcomes
        ],
    )
    names = ("rule_id", *SAID_BY_RULE)
    _insert(
        con,
        "known_violation",
        [(by, *(violation.get(name) for name in names)) for violation in judged.violations],
    )
    con.commit()


def _forget(con: DuckDBPyConnection, by: By) -> None:
    for table in ("judged", "known_outcome", "known_violation"):
        con.execute(f"delete from landing.{table} where executor = $1", [by])


def _insert(con: DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert rows in the order of the table's columns, as one statement."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        lists = ", ".join(f"unnest(${number})" for number in range(1, len(columns) + 1))
        con.execute(f"insert into landing.{table} select {lists}", columns)
