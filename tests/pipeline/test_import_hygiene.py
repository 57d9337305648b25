"""Given a command that only reads, then it answers without the libraries that make releases.

Importing Dagster, dbt and Great Expectations costs seconds; what a person asks ten times a day
must not pay for them. Which layers may import which is a contract in ``pyproject.toml``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.settings import CODE_ROOT
from tests.pipeline.released import Released, copy_of
from tests.support import INVESTMENT_LATER, deliver, investment

HEAVY = ("dagster", "dagster_dbt", "dbt", "great_expectations", "pandas", "sqlalchemy")
OF_DECLARATIONS = ("pydantic", "yaml")
PROBE = """
import json, sys
from orchestration.cli import main
done = main(sys.argv[1:], standalone_mode=False)
print()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""

READING = {
    "status": ("status",),
    "sql": ("sql", "select count(*) from core.observation"),
    "figures": ("get", "gdp", "--change"),
    "questions": ("ask",),
    "a question": ("ask", "14"),
    "trace a figure": ("trace", "--indicator", "gdp", "--period", "2024"),
    "trace a cell": (
        "trace",
        "investment.fixed_asset_investment.investment",
        "item=industry",
        "period=2025-01/2025-06",
    ),
    "releases": ("release", "list"),
    "a release": ("release", "show"),
    "data sets": ("data-set", "list"),
    "a data set": ("data-set", "show", "yunxi-profile"),
    "declarations": ("data-set", "validate"),
    "quarantine": ("quarantine", "list"),
}
DECLARED = ("data sets", "a data set", "declarations")
"""What asks for declarations; who reads releases alone does without."""


@pytest.mark.parametrize("name", READING)
def test_a_reading_command_imports_nothing_that_makes_releases(first: Released, name: str) -> None:
    arguments = READING[name]
    unwanted = HEAVY if name in DECLARED else HEAVY + OF_DECLARATIONS
    command = [sys.executable, "-c", PROBE, "--project", str(first.settings.project), *arguments]
    done = subprocess.run(command, cwd=CODE_ROOT, capture_output=True, check=True, text=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert loaded & {"orchestration"}
    assert sorted(loaded & set(unwanted)) == []


def test_a_run_loads_dagster_alone(first: Released, tmp_path: Path) -> None:
    """The judge has a process of its own, dbt's plan stands, and DuckDB need not know pandas."""
    settings = copy_of(first, tmp_path / "district")
    content = investment(INVESTMENT_LATER, title="云溪区固定资产投资（2025年1—9月）")
    deliver(settings, "yunxi-investment", "2025-10-15", "投资2025前三季度.xlsx", content)
    command = [sys.executable, "-c", PROBE, "--project", str(settings.project), "run"]
    done = subprocess.run(command, cwd=CODE_ROOT, capture_output=True, check=True, text=True)
    assert "Published" in done.stdout
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert sorted(loaded & {*HEAVY, "dbt_common"}) == ["dagster", "dagster_dbt", "sqlalchemy"]


GRAPH = """
import sys
from pathlib import Path
from orchestration import definitions
from orchestration.settings import load_settings
definitions.build_defs(load_settings(Path(sys.argv[1])))
print(sorted(name for name in sys.modules if name.partition(".")[0] in ("dbt", "dbt_common")))
"""


def test_who_knows_the_assets_has_not_loaded_dbt(first: Released) -> None:
    command = [sys.executable, "-c", GRAPH, str(first.settings.project)]
    done = subprocess.run(command, cwd=CODE_ROOT, capture_output=True, check=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
