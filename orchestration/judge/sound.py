"""Whether a rule can say anything: its SQL parses, and depends on what it judges.

Belongs here: what can be told of a rule before any figure is seen. Does not belong here: running
rules (``rules``), and the keys of their declaration (``catalogue``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from orchestration.errors import DeclarationError, DeclarationErrors
from orchestration.judge.catalogue import Rule

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_STATEMENTS = ("sql", "checked_sql", "undecided_sql")
_CLAUSES = ("where_clause", "having", "qualify")
_LOOKS_AT_DATA = ("COLUMN_REF", "SUBQUERY", "FUNCTION", "PARAMETER", "LAMBDA_REF", "WINDOW")


def demand_sound(con: DuckDBPyConnection, rules: Iterable[Rule]) -> None:
    """Refuse rules that are wrong SQL, that are never true, or always.

    Raises:
        DeclarationError: the one that is; with its name, and what is wrong.
        DeclarationErrors: all of them, where there are several.
    """
    errors = []
    for rule in rules:
        if rule.executor == "sql":
            errors += [
                DeclarationError(
                    said,
                    place=f"{rule.id}.{field}",
                    remedy="mend the rule in expectations/rules; nothing was published",
                )
                for field in _STATEMENTS
                if (statement := rule.statement(field)) is not None  # type: ignore[arg-type]  # of these three
                if (said := _mistake(con, statement, is_rule=field == "sql"))
            ]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise DeclarationErrors(errors)


def _mistake(con: DuckDBPyConnection, statement: str, *, is_rule: bool) -> str:
    """What is wrong with a statement; empty where nothing is."""
    ((text,),) = con.execute("select json_serialize_sql($1)", [statement]).fetchall()
    parsed = json.loads(text)
    if parsed.get("error"):
        return f"wrong SQL: {parsed.get('error_message', '')} / SQL 有误"
    if not is_rule:
        return ""
    for node in _selects(parsed):
        for clause in _CLAUSES:
            condition = node.get(clause)
            if condition and not any(kind in _LOOKS_AT_DATA for kind in _classes(condition)):
                ((holds,),) = con.execute(
                    "select json_deserialize_sql($1)", [json.dumps(_asked(condition))]
                ).fetchall()
                return _constant(con, str(holds))
    return ""


def _asked(condition: dict[str, Any]) -> dict[str, Any]:
    """The statement that asks for a condition alone."""
    select: dict[str, Any] = {
        "node": {
            "type": "SELECT_NODE",
            "modifiers": [],
            "cte_map": {"map": []},
            "select_list": [condition],
            "from_table": {"type": "EMPTY", "alias": "", "sample": None},
            "where_clause": None,
            "group_expressions": [],
            "group_sets": [],
            "aggregate_handling": "STANDARD_HANDLING",
            "having": None,
            "sample": None,
            "qualify": None,
        }
    }
    return {"error": False, "statements": [select]}


def _constant(con: DuckDBPyConnection, statement: str) -> str:
    ((holds,),) = con.execute(statement).fetchall()
    if holds:
        return "a condition of it is always true, whatever the figures say / 恒为真"
    return "a condition of it is never true, whatever the figures say / 恒为假"


def _selects(node: Any) -> Iterator[dict[str, Any]]:
    """Every SELECT of a parsed statement."""
    if isinstance(node, dict):
        if node.get("type") == "SELECT_NODE":
            yield node
        for value in node.values():
            yield from _selects(value)
    elif isinstance(node, list):
        for value in node:
            yield from _selects(value)


def _classes(node: Any) -> Iterator[str]:
    """The classes of all expressions in one."""
    if isinstance(node, dict):
        if "class" in node:
            yield str(node["class"])
        for value in node.values():
            yield from _classes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _classes(value)
