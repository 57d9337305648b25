"""Given a command that only reads, then it answers without the libraries that make releases.

Importing Dagster, dbt and Great Expectations costs seconds; what a person asks ten times a day
must not pay for them. Which layers may import which is a contract in ``pyproject.toml``.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from orchestration.settings import CODE_ROOT
from tests.pipeline.released import Released

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
