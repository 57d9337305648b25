"""The models of the history, compiled once: for properties that are about them, not about dbt.

Belongs here: an empty work database and what makes its tables. Does not belong here: deliveries
and expected values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.declarations import Declarations
from orchestration.judge import gates
from orchestration.settings import CODE_ROOT, Settings
from orchestration.steps import land, state
from orchestration.steps.door import entered
from orchestration.steps.workplace import Workplace
from tests.support import make_project


@dataclass(frozen=True, repr=False)
class Models:
    """A district, an empty work database, and the tables of its history as DuckDB makes them.

    Attributes:
        declarations: What was declared, by a name of the test: read once for thousands of lives.
    """

    settings: Settings
    database: bytes
    tables: tuple[str, ...]
    declarations: dict[object, Declarations] = field(default_factory=dict)

    def build(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the tables anew from what is landed."""
        for sql in self.tables:
            connection.execute(sql)


def compiled(folder: Path) -> Models:
    """dbt compiles the models of a district without deliveries."""
    own = make_project(folder, with_deliveries=False)
    work = Workplace(own)
    with entered(work):
        land.land_deliveries(work, [])
    plan = work.dbt.plan()
    wanted = plan.with_ancestors(["model.qutong.observation"])
    with state.opened(own) as connection:
        results = plan.build(connection, wanted)
    assert [r.message for r in results if r.is_bad] == []
    made = [plan.nodes[result.unique_id] for result in results]
    tables = [f"create or replace table {node.relation} as {node.sql}" for node in made]
    as_of = (CODE_ROOT / "dbt_project" / "release" / "as_of.sql").read_text("utf-8")
    with duckdb.connect(str(own.database)) as connection:
        gates.prepare(connection, work.catalogue, own.expectations, "delivery")
    return Models(own, own.database.read_bytes(), (*tables, as_of))
