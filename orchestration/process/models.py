"""Models and tests of the dbt project, as dbt compiled them, carried out in DuckDB.

Belongs here: the compiled plan, and making tables and asking tests by it. Does not belong here:
dbt, which makes the plan where the project's files have changed (``process.dbt``), and which
models are made anew (``steps.standing``).

dbt takes longer to load, and to find out what it is going to do, than DuckDB takes to do it, and
comes to the same SQL each time: so it is asked once per state of the project's files. What it
guarantees of a build holds here too: tables as their contracts say or none, each in one
transaction, tests before what is made from their models, and nothing on top of what failed.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from orchestration.errors import DeclarationError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TOUCHED_CELLS = "touched_cells"
"""Tag of a model of which only touched cells are made anew.

A cell is an indicator of a region in a period; ``landing.touched`` lists those of which a figure
came, went or was read anew, by generation, and ``landing.built`` up to which one each model follows
them. Such a model narrows what it reads with the macro ``semi_join_touched_cells``. It is made in
full where it was never made, and where a table of declarations that it reads was filled with other
rows since.
"""


@dataclass(frozen=True)
class NodeResult:
    """What became of one model or test.

    Attributes:
        status: ``success``, ``pass``, ``fail``, ``warn``, ``error`` or ``skipped``.
        failures: Failing rows of a test.
        test: Which generic test it is; empty for a model.
        query: The SQL that lists a test's failing rows; empty for a model.
    """

    unique_id: str
    kind: str
    name: str
    status: str
    message: str
    failures: int
    seconds: float
    test: str = ""
    query: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether it stands in the way of a publication."""
        return self.status not in ("success", "pass", "warn", "no-op")


@dataclass(frozen=True)
class Column:
    """A column of a contract."""

    name: str
    type: str
    is_required: bool


@dataclass(frozen=True)
class Node:
    """A model or a test, compiled.

    Attributes:
        reads: Ids of the models that it reads.
        declared: Names of the sources that it reads.
        sql: Its rows; the failing ones of a test.
        narrowed: Of a model that follows touched cells, the rows of these alone.
        columns: Of a model's contract; empty where it has none.
        test: Which generic test it is.
        only_warns: Whether a test that fails is no failure.
    """

    unique_id: str
    kind: Literal["model", "test"]
    name: str
    schema: str
    reads: tuple[str, ...]
    declared: tuple[str, ...]
    sql: str
    narrowed: str = ""
    columns: tuple[Column, ...] = ()
    test: str = ""
    only_warns: bool = False

    @property
    def relation(self) -> str:
        """The name of a model's table."""
        return f'"{self.schema}"."{self.name}"'


class ContractError(Exception):
    """The rows of a model are not as its contract says."""


class Plan:
    """All models and tests of the project, as dbt compiled them."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = {node.unique_id: node for node in nodes}

    @classmethod
    def read(cls, file: Path) -> Self:
        """The plan in a file."""
        return cls(_node(entry) for entry in json.loads(file.read_text(encoding="utf-8")))

    def write(self, file: Path) -> None:
        """Into a file."""
        content = [asdict(node) for node in self.nodes.values()]
        file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    def with_ancestors(self, names: Collection[str]) -> set[str]:
        """These nodes and all models that they are made from."""
        found, left = set[str](), list(names)
        while left:
            name = left.pop()
            if name not in found:
                found.add(name)
                left += self.nodes[name].reads
        return found

    def build(self, con: DuckDBPyConnection, names: Collection[str]) -> list[NodeResult]:
        """Make and test these models and ask these tests, and no others.

        Args:
            con: The work database, open for writing and in no transaction.
            names: Unique ids. What they read and is not among them lies there already.

        Returns:
            One result each, in the order in which they were carried out.

        Raises:
            duckdb.FatalException: the database can answer nothing any more.
        """
        results: list[NodeResult] = []
        unmade: set[str] = set()
        doubted: list[frozenset[str]] = []
        for node in self._in_order(names):
            if unmade.intersection(node.reads) or self._is_on(doubted, node):
                result = _result(node, "skipped")
            else:
                result = _made(con, node) if node.kind == "model" else _asked(con, node)
            results.append(result)
            if result.is_bad and node.kind == "model":
                unmade.add(node.unique_id)
            elif result.is_bad:
                doubted.append(frozenset(node.reads))
        return results

    def _in_order(self, names: Collection[str]) -> Iterator[Node]:
        """What is read before who reads it, and each test before the next model."""
        chosen = [name for name in self.nodes if name in names]
        sorter = TopologicalSorter(
            {name: [read for read in self.nodes[name].reads if read in names] for name in chosen}
        )
        sorter.prepare()
        tests, models = deque[str](), deque[str]()
        while sorter.is_active():
            for name in sorter.get_ready():
                (tests if self.nodes[name].kind == "test" else models).append(name)
            name = tests.popleft() if tests else models.popleft()
            yield self.nodes[name]
            sorter.done(name)

    def _is_on(self, doubted: Collection[frozenset[str]], node: Node) -> bool:
        """Whether a model is made from all models that a failed test is about."""
        if node.kind == "test" or not doubted:
            return False
        below = self.with_ancestors(node.reads)
        return any(models <= below for models in doubted)


# --- models ----------------------------------------------------------------------------------


def _made(con: DuckDBPyConnection, node: Node) -> NodeResult:
    import duckdb

    begun = time.perf_counter()
    con.begin()
    try:
        if node.narrowed:
            _follow(con, node)
        else:
            _make(con, node)
        con.commit()
    except duckdb.FatalException:
        raise
    except (duckdb.Error, ContractError) as error:
        con.rollback()
        return _result(node, "error", str(error), seconds=time.perf_counter() - begun)
    except BaseException:
        con.rollback()
        raise
    return _result(node, "success", seconds=time.perf_counter() - begun)


def _make(con: DuckDBPyConnection, node: Node) -> None:
    """The table anew. It is private to the run: nobody needs the old one meanwhile."""
    con.execute(f'create schema if not exists "{node.schema}"')
    con.execute(f"drop table if exists {node.relation}")
    if not node.columns:
        con.execute(f"create table {node.relation} as {node.sql}")
        return
    declared = ", ".join(
        f'"{column.name}" {column.type}{" not null" if column.is_required else ""}'
        for column in node.columns
    )
    con.execute(f"create table {node.relation} ({declared})")
    _compare(con, node)
    names = ", ".join(f'"{column.name}"' for column in node.columns)
    con.execute(f"insert into {node.relation} ({names}) select {names} from ({node.sql})")


def _compare(con: DuckDBPyConnection, node: Node) -> None:
    """Hold the columns of the rows against those of the table.

    Raises:
        ContractError: a name or a type differs; names every one.
    """
    wanted, found = _columns(con, node.relation), _columns(con, f"({node.sql})")
    differences = [
        f"column {name}: {wanted.get(name, 'none')} in the contract, {found.get(name, 'none')} made"
        for name in (*wanted, *(name for name in found if name not in wanted))
        if wanted.get(name) != found.get(name)
    ]
    if differences:
        raise ContractError(
            "this model has an enforced contract that failed: " + "; ".join(differences)
        )


def _columns(con: DuckDBPyConnection, rows: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in con.execute(f"describe from {rows}").fetchall()}


def _follow(con: DuckDBPyConnection, node: Node) -> None:
    """The rows of touched cells anew, or all of them; and up to which change it was brought."""
    if _is_followed(con, node):
        con.execute(
            f"delete from {node.relation} as old where exists (select 1 from landing.touched as t "
            "where t.generation > (select max(generation) from landing.built where model = $model) "
            "and old.indicator_code = t.indicator_code and old.region_code = t.region_code "
            "and old.period = t.period)",
            {"model": node.name},
        )
        con.execute(f"insert into {node.relation} by name {node.narrowed}")
    else:
        _make(con, node)
    models = [name.rpartition(".")[2] for name in node.reads]
    generation = (
        "select min(generation) from landing.built where list_contains($models, model)"
        if models
        else "select coalesce(max(generation), 0) from (select generation from landing.touched "
        "union all select generation from landing.built) where $models = []"
    )
    (latest,) = con.execute(generation, {"models": models}).fetchone() or (None,)
    made_from = _declared(con, node)
    con.execute("delete from landing.built where model = $model", {"model": node.name})
    con.execute(
        "insert into landing.built by name "
        "select $model as model, $generation as generation, $made_from as made_from",
        {"model": node.name, "generation": latest, "made_from": made_from},
    )


def _is_followed(con: DuckDBPyConnection, node: Node) -> bool:
    """Whether what lies there was made from the declarations as they are, up to some change."""
    is_there = con.execute(
        "select 1 from duckdb_tables() where schema_name = $schema and table_name = $name",
        {"schema": node.schema, "name": node.name},
    ).fetchone()
    known = con.execute(
        "select 1 from landing.built where model = $model and made_from = $made_from",
        {"model": node.name, "made_from": _declared(con, node)},
    ).fetchone()
    return is_there is not None and known is not None


def _declared(con: DuckDBPyConnection, node: Node) -> str:
    """The hash of the declarations that a model reads."""
    found = con.execute(
        "select coalesce(md5(string_agg(digest, ' ' order by name)), '') "
        "from landing.made_from where list_contains($names, name)",
        {"names": list(node.declared)},
    ).fetchone()
    return str(found[0]) if found else ""


# --- tests -----------------------------------------------------------------------------------


def _asked(con: DuckDBPyConnection, node: Node) -> NodeResult:
    import duckdb

    begun = time.perf_counter()
    try:
        counted = con.execute(f"select count(*) from ({node.sql})").fetchone()
    except duckdb.FatalException:
        raise
    except duckdb.Error as error:
        return _result(node, "error", str(error), seconds=time.perf_counter() - begun)
    failures = counted[0] if counted else 0
    status = "pass" if not failures else "warn" if node.only_warns else "fail"
    message = f"{failures} rows, 0 expected" if failures else ""
    return _result(node, status, message, failures, time.perf_counter() - begun)


def _result(
    node: Node, status: str, message: str = "", failures: int = 0, seconds: float = 0.0
) -> NodeResult:
    return NodeResult(
        unique_id=node.unique_id,
        kind=node.kind,
        name=node.name,
        status=status,
        message=message.strip(),
        failures=failures,
        seconds=seconds,
        test=node.test,
        query=node.sql if node.kind == "test" else "",
    )


# --- what dbt compiled -----------------------------------------------------------------------


def node_of(compiled: Any, narrowed: str = "") -> Node:
    """A model or a test as dbt compiled it.

    Args:
        compiled: dbt's node.
        narrowed: Of a model that follows touched cells, the SQL for these alone.

    Raises:
        DeclarationError: it is configured as nothing here carries out.
    """
    config, is_model = compiled.config, str(compiled.resource_type) == "model"
    reads = [name for name in compiled.depends_on.nodes if name.startswith("model.")]
    sources = [name for name in compiled.depends_on.nodes if name.startswith("source.")]
    _refuse_what_is_not_carried_out(compiled, is_model=is_model)
    return Node(
        unique_id=compiled.unique_id,
        kind="model" if is_model else "test",
        name=compiled.name,
        schema=compiled.schema if is_model else "",
        reads=tuple(sorted(set(reads))),
        declared=tuple(sorted({name.rpartition(".")[2] for name in sources})),
        sql=compiled.compiled_code,
        narrowed=narrowed,
        columns=tuple(_contract(compiled)) if is_model and config.contract.enforced else (),
        test=getattr(getattr(compiled, "test_metadata", None), "name", "") or "",
        only_warns=not is_model and str(config.severity).lower() == "warn",
    )


def _contract(compiled: Any) -> Iterator[Column]:
    for column in compiled.columns.values():
        asked = {str(getattr(c.type, "value", c.type)) for c in column.constraints}
        yield Column(column.name, column.data_type, "not_null" in asked)


_USUAL_TEST = {
    "fail_calc": "count(*)",
    "warn_if": "!= 0",
    "error_if": "!= 0",
    "limit": None,
    "store_failures": None,
}


def _refuse_what_is_not_carried_out(compiled: Any, *, is_model: bool) -> None:
    config = compiled.config
    if is_model:
        wrong = [] if config.materialized == "table" else [f"materialized: {config.materialized}"]
        wrong += [hook for hook in ("pre_hook", "post_hook") if getattr(config, hook)]
        remedy = "make it a table without hooks; one of touched cells has the tag touched_cells"
    else:
        wrong = [key for key, usual in _USUAL_TEST.items() if getattr(config, key) != usual]
        remedy = "a test lists failing rows; of its settings severity and where are carried out"
    if wrong:
        raise DeclarationError(
            f"{compiled.name} is configured as no run carries out: {', '.join(wrong)}",
            file=compiled.original_file_path,
            remedy=remedy,
        )


def _node(entry: Mapping[str, Any]) -> Node:
    read = dict(entry)
    read["columns"] = tuple(Column(**column) for column in entry["columns"])
    return Node(**read | {key: tuple(entry[key]) for key in ("reads", "declared")})
