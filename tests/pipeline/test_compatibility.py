"""The first release ever made is still read, and what was promised in it is still there.

Belongs here: what clients of an old release rely on. The release is kept packed in
``tests/fixtures``; it is never made anew.
"""

from __future__ import annotations

import io
import re
import tarfile
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.process.dbt import DbtProject, dictionaries
from orchestration.publish.tables import canonical_type
from orchestration.publish.verify import verify_release
from orchestration.serve.query import run_sql
from orchestration.settings import CODE_ROOT, Settings
from tests.pipeline.released import ask

pytestmark = pytest.mark.core

PACKED = Path(__file__).parents[1] / "fixtures" / "first-release.tar.xz"
RELEASE_ID = "2026-11-22.1"


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of releases that holds the first one, as the current one."""
    folder = tmp_path_factory.mktemp("releases")
    with tarfile.open(PACKED) as packed:
        packed.extractall(folder)  # noqa: S202 - our own fixture; 3.11.2 knows no filter
    (folder / "current").symlink_to(RELEASE_ID)
    return folder


def test_it_still_verifies(releases: Path) -> None:
    assert verify_release(releases / RELEASE_ID) == []


def test_it_still_answers(releases: Path) -> None:
    release = releases / RELEASE_ID
    assert ask(release, "select count(*) from core.observation") == [(674,)]
    assert ask(release, "select count(*) from core.as_of(date '2022-01-01')") == [(26,)]
    assert ask(
        release,
        "select share_printed, share_computed from investment.fixed_asset_investment "
        "where item = 'industry'",
    ) == [(Decimal("13.9000"), Decimal("12.8300"))]


def test_the_queries_of_the_readme_answer(releases: Path) -> None:
    readme = (CODE_ROOT / "README.md").read_text("utf-8")
    queries = re.findall(r'qutong sql "\n?(.*?)"\n', readme, re.DOTALL)
    assert len(queries) >= 2
    for query in queries[:2]:
        output = io.BytesIO()
        run_sql(releases, query, "csv", output)
        assert len(output.getvalue().splitlines()) > 1, query


def test_every_column_it_promised_is_still_promised(releases: Path, project: Settings) -> None:
    _, columns = dictionaries(DbtProject.of(project).manifest())
    now = {
        (c["schema_name"], c["table_name"], c["column_name"]): canonical_type(c["data_type"])
        for c in columns
    }
    promised = ask(
        releases / RELEASE_ID,
        "select schema_name, table_name, column_name, data_type from meta.column_dictionary",
    )
    assert len(promised) > 300
    for schema, table, column, data_type in promised:
        assert now.get((schema, table, column)) == canonical_type(data_type), (table, column)
