"""What stands from an earlier run: models, tests and suites about which nothing has changed.

Belongs here: what a model, a test or a suite was made from, on record beside what came of it, and
whether that is what lies there now. Does not belong here: building (``marts``) and judging
(``marts_gate``).

The record lies in the work database, in a schema of its own that goes with everything else where
that is made anew. Nothing in it has to be believed: every entry names the content that it is about,
and counts where that content lies there still. What is made again loses its entry first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from orchestration.duck import insert_rows
from orchestration.judge.contracts import AFTER_THE_GATE, ASKED_BY_SUITES
from orchestration.process.contents import Name, columns_of, contents, partitions
from orchestration.process.models import TOUCHED_CELLS, NodeResult

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from orchestration.judge.suites import Found, Suite

SCHEMA = "standing"

_TABLES = f"""
create schema if not exists {SCHEMA};
create table if not exists {SCHEMA}.node (
    unique_id varchar, made_from varchar, holds varchar, run_id varchar, result varchar
);
create table if not exists {SCHEMA}.suite (
    suite varchar, made_from varchar, run_id varchar, found varchar
);
"""

_FIGURES = "int_mart_"
"""Begins the names of the tables of figures by mart."""
_PART = "mart:"
"""Begins the tag by which a model says which mart's figures it reads: macro ``mart_cells``."""
_OWN_FIGURES = "own_figures"
"""Tag of a test that asks for no figures but those of the marts that its model reads."""
_SHOWN = ("observation_id", "indicator_code", "region_code", "period", "is_headline")
"""What such a test asks of an observation."""


# --- models and tests ------------------------------------------------------------------------


@dataclass(frozen=True)
class Node:
    """A model or a test of the step ``marts``.

    Attributes:
        reads: Ids of what it reads: models and sources.
        marts: Whose figures it reads of the tables of figures; empty for all of them.
        is_followed: Whether it is brought up to date in every run, before it is known what changed.
        follows_cells: Whether its table says itself up to which change it was brought.
    """

    unique_id: str
    table: Name | None
    reads: tuple[str, ...]
    marts: frozenset[str]
    is_followed: bool
    follows_cells: bool


@dataclass(frozen=True)
class Entry:
    """A model or a test on record: where it stands, it need not be made again."""

    made_from: str
    holds: str
    run_id: str
    result: NodeResult


class Models:
    """The models and tests of the step ``marts``, each after what it reads.

    Args:
        manifest: Of dbt.
        code: A key of the whole project's code.
    """

    def __init__(self, manifest: Mapping[str, Any], code: str) -> None:
        self._code = code
        self._manifest = manifest
        self._sources: Mapping[str, Any] = manifest["sources"]
        models = {name for name, node in manifest["nodes"].items() if _is_before_the_gate(node)}
        followed = self._with_ancestors(name for name in models if self._is_followed(name))
        nodes = [
            self._node(name, name in followed)
            for name, node in manifest["nodes"].items()
            if name in models or _is_test_of(node, models)
        ]
        known = {node.unique_id: node for node in nodes}
        order = TopologicalSorter({name: node.reads for name, node in known.items()})
        self.nodes = {name: known[name] for name in order.static_order() if name in known}

    @property
    def followed(self) -> list[str]:
        """The ids of those that every run brings up to date first."""
        return [name for name, node in self.nodes.items() if node.is_followed]

    def made_from(self, con: DuckDBPyConnection) -> dict[str, str]:
        """A key of all that each follows from, as it lies in the database now."""
        state = _State(con, self)
        keys: dict[str, str] = {}
        for name, node in self.nodes.items():
            told = [self._code, name]
            told += [keys.get(read) or state.of(read, node) for read in node.reads]
            if not node.is_followed:
                keys[name] = hashlib.sha256("\0".join(told).encode()).hexdigest()
        return keys

    def source(self, unique_id: str) -> Name | None:
        """The table of a source; None where it is none."""
        source = self._sources.get(unique_id)
        return (source["schema"], source["identifier"]) if source else None

    def _is_followed(self, name: str) -> bool:
        node = self._manifest["nodes"][name]
        is_intermediate: bool = node["schema"] == "intermediate"
        return is_intermediate or self._is_all_figures(name)

    def _with_ancestors(self, names: Iterable[str]) -> set[str]:
        found, left = set[str](), list(names)
        while left:
            name = left.pop()
            if name not in found and name in self._manifest["nodes"]:
                found.add(name)
                left += self._manifest["nodes"][name]["depends_on"]["nodes"]
        return found

    def _node(self, name: str, is_followed: bool) -> Node:
        node = self._manifest["nodes"][name]
        is_model = node["resource_type"] == "model"
        return Node(
            unique_id=name,
            table=(node["schema"], node["name"]) if is_model else None,
            reads=tuple(sorted(set(node["depends_on"]["nodes"]))),
            marts=_marts_read(node) if is_model else self._marts_asked(node),
            is_followed=is_followed,
            follows_cells=TOUCHED_CELLS in node["tags"],
        )

    def _marts_asked(self, test: Mapping[str, Any]) -> frozenset[str]:
        """Those of the model that a test is about, where it asks for no others."""
        about = self._manifest["nodes"].get(test.get("attached_node") or "")
        if about is None or _OWN_FIGURES not in test["tags"]:
            return frozenset()
        read = _marts_read(about)
        reads_all = any(map(self._is_all_figures, about["depends_on"]["nodes"]))
        return frozenset() if reads_all or not read else read | {_qualified(about)}

    def _is_all_figures(self, name: str) -> bool:
        node: Mapping[str, Any] = self._manifest["nodes"].get(name, {"tags": []})
        return TOUCHED_CELLS in node["tags"]


def _is_before_the_gate(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] == "model" and not AFTER_THE_GATE & set(node["tags"])


def _is_test_of(node: Mapping[str, Any], models: Collection[str]) -> bool:
    if node["resource_type"] != "test":
        return False
    about = [name for name in node["depends_on"]["nodes"] if name.startswith("model.")]
    is_asked = (node.get("test_metadata") or {}).get("name") not in ASKED_BY_SUITES
    return is_asked and all(name in models for name in about)


def _marts_read(model: Mapping[str, Any]) -> frozenset[str]:
    """The marts whose figures a model reads; empty where it names their tables itself."""
    parts = (tag.removeprefix(_PART) for tag in model["tags"] if tag.startswith(_PART))
    return frozenset() if _FIGURES in model["raw_code"] else frozenset(parts)


def _qualified(model: Mapping[str, Any]) -> str:
    return f"{model['schema']}.{model['name']}"


class _State:
    """What lies in the database now, table by table; each is looked at once, when asked for."""

    def __init__(self, con: DuckDBPyConnection, models: Models) -> None:
        self._con = con
        self._models = models
        self._columns = columns_of(con)
        self._declared = dict(con.execute("select name, digest from landing.made_from").fetchall())
        self._seen: dict[Name, dict[str, str]] = {}

    def of(self, read: str, reader: Node) -> str:
        """What a source or a table that is followed holds for who reads it."""
        source = self._models.source(read)
        if source is not None:
            return self._declared.get(source[1]) or self._whole(source)
        node = self._models.nodes[read]
        assert node.table is not None
        if "mart" in self._columns[node.table]:
            return self._parts(node.table, "mart", tuple(self._columns[node.table]), reader)
        if node.follows_cells:
            return self._shown(node.table, reader) if reader.marts else self._brought_to(node)
        return self._whole(node.table)

    def _whole(self, table: Name) -> str:
        if table not in self._seen:
            self._seen[table] = {"": contents(self._con, [table])[table]}
        return self._seen[table][""]

    def _parts(self, table: Name, by: str, columns: Sequence[str], reader: Node) -> str:
        if table not in self._seen:
            relation = ".".join(table)
            self._seen[table] = partitions(self._con, relation, by, columns)
        parts = self._seen[table]
        return json.dumps({mart: parts.get(mart) for mart in sorted(reader.marts or parts)})

    def _shown(self, table: Name, reader: Node) -> str:
        if table not in self._seen:
            relation = f"{'.'.join(table)} join landing.indicator using (indicator_code)"
            self._seen[table] = partitions(self._con, relation, "mart", _SHOWN)
        return json.dumps({mart: self._seen[table].get(mart) for mart in sorted(reader.marts)})

    def _brought_to(self, node: Node) -> str:
        name = node.unique_id.rpartition(".")[2]
        found = self._con.execute(
            "select generation, made_from from landing.built where model = $name", {"name": name}
        ).fetchall()
        return json.dumps(found)


def entries(con: DuckDBPyConnection) -> dict[str, Entry]:
    """All models and tests on record, whether or not they stand."""
    con.execute(_TABLES)
    rows = con.execute(
        f"select unique_id, made_from, holds, run_id, result from {SCHEMA}.node"
    ).fetchall()
    return {
        name: Entry(made_from, holds, run_id, NodeResult(**json.loads(result)))
        for name, made_from, holds, run_id, result in rows
    }


def standing(
    con: DuckDBPyConnection, models: Models, made_from: Mapping[str, str]
) -> dict[str, NodeResult]:
    """What came of the models and tests that need not be made again; the others are forgotten.

    A model stands where it was made from what lies there now, its table holds what it held then,
    and every model that it reads stands; a test likewise.
    """
    known = entries(con)
    holds = _holds(con, models, known)
    stand: dict[str, NodeResult] = {}
    for name, node in models.nodes.items():
        entry = known.get(name)
        if entry is None or (entry.made_from, entry.holds) != (made_from.get(name), holds[name]):
            continue
        if all(read in stand for read in node.reads if read in made_from):
            stand[name] = replace(entry.result, seconds=0.0)
    con.execute(f"delete from {SCHEMA}.node where not list_contains($1, unique_id)", [[*stand]])
    return stand


def keep(
    con: DuckDBPyConnection,
    models: Models,
    made_from: Mapping[str, str],
    results: Iterable[NodeResult],
    run_id: str,
) -> None:
    """Put on record what came out well; what is followed is brought up to date in any case."""
    good = [
        result
        for result in results
        if result.status in ("success", "pass") and result.unique_id in made_from
    ]
    if not good:
        return
    holds = _holds(con, models, [result.unique_id for result in good])
    con.execute(_TABLES)
    rows = [
        (r.unique_id, made_from[r.unique_id], holds[r.unique_id], run_id, _text(asdict(r)))
        for r in good
    ]
    insert_rows(con, f"{SCHEMA}.node", rows)


def _holds(con: DuckDBPyConnection, models: Models, names: Iterable[str]) -> dict[str, str]:
    """What the tables of models hold now; a test has none."""
    tables = {name: models.nodes[name].table for name in names if name in models.nodes}
    there = contents(con, {table for table in tables.values() if table is not None})
    return {name: there.get(table, "") if table else "" for name, table in tables.items()}


def _text(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True)


# --- suites ----------------------------------------------------------------------------------


def standing_suites(
    con: DuckDBPyConnection, suites: Sequence[Suite], made_from: Mapping[str, str]
) -> list[Found]:
    """What came of the suites that passed on what lies there now; the others are forgotten."""
    from orchestration.judge.suites import Found

    con.execute(_TABLES)
    known = {
        name: (key, found)
        for name, key, found in con.execute(
            f"select suite, made_from, found from {SCHEMA}.suite"
        ).fetchall()
    }
    stand = [
        suite.name
        for suite in suites
        if suite.name in known and known[suite.name][0] == made_from.get(suite.name)
    ]
    con.execute(f"delete from {SCHEMA}.suite where not list_contains($1, suite)", [stand])
    # What stands found nothing, so it names no rows.
    return [Found(**entry | {"rows": ()}) for n in stand for entry in json.loads(known[n][1])]


def suites_made_from(
    con: DuckDBPyConnection, suites: Sequence[Suite], models: Models, code: str
) -> dict[str, str]:
    """A key of all that each suite says and of what its table holds, as it lies there now.

    A table that follows every change is left out: to look whether it changed costs as much as to
    judge it.
    """
    following = {n.table for n in models.nodes.values() if n.follows_cells}
    asked = [suite for suite in suites if (suite.schema, suite.table) not in following]
    there = contents(con, {(suite.schema, suite.table) for suite in asked})
    return {
        suite.name: hashlib.sha256(
            "\0".join((code, _text(asdict(suite)), there[suite.schema, suite.table])).encode()
        ).hexdigest()
        for suite in asked
        if (suite.schema, suite.table) in there
    }


def keep_suites(
    con: DuckDBPyConnection, found: Sequence[Found], made_from: Mapping[str, str], run_id: str
) -> None:
    """Put on record the suites of which every expectation was asked and met."""
    by_suite: dict[str, list[Found]] = {}
    for entry in found:
        by_suite.setdefault(entry.suite, []).append(entry)
    rows = [
        (name, made_from[name], run_id, _text([asdict(entry) for entry in answers]))
        for name, answers in by_suite.items()
        if name in made_from and not any(entry.error or entry.unexpected for entry in answers)
    ]
    insert_rows(con, f"{SCHEMA}.suite", rows)
