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

from orchestration.catalog import Catalog, Column, Table
from orchestration.errors import DeclarationError
from orchestration.process.dbt import DbtProject
from orchestration.process.promised import promises
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


SAY_SOMETHING_ELSE = {
    ("core", "data_set", "due"),
    ("investment", "project_pipeline", "stage_conversion"),
    ("investment", "project_pipeline", "stage_conversion_from"),
}
"""Promised columns that mean something else than they did; the mapping has to say so."""


def gist(description: str) -> str:
    """What a column is, without the code list that its words name and what is added to them."""
    return re.split("[：；，]", re.sub("（代码表 [a-z_]+）", "", description), maxsplit=1)[0]


def test_every_column_it_promised_leads_to_one_of_its_type_and_meaning(
    releases: Path, project: Settings
) -> None:
    dbt = DbtProject.of(project)
    _, columns = dbt.catalog().rows()
    now = {(c["schema_name"], c["table_name"], c["column_name"]): c for c in columns}
    leads = {
        (row["promised_schema"], row["promised_table"], row["promised_column"]): row
        for row in dbt.promised()
    }
    promised = ask(
        releases / RELEASE_ID,
        "select schema_name, table_name, column_name, data_type, description_zh, unit "
        "from meta.column_dictionary",
    )
    assert len(promised) == len(leads) == 321
    for schema, table, column, data_type, said, unit in promised:
        row = leads[schema, table, column]
        place = row["schema_name"], row["table_name"], row["column_name"]
        there = now[place]
        assert canonical_type(there["data_type"]) == canonical_type(data_type), place
        assert there["unit"] == (unit or ""), place
        is_as_it_was = there["description_zh"].startswith(gist(said))
        assert is_as_it_was == (place not in SAY_SOMETHING_ELSE), place
        assert is_as_it_was == (row["note_zh"] == "" and row["note_en"] == ""), place


CATALOG = Catalog(
    (
        Table("core", "here", "", "", "", "", ("a",), (
            Column("a", "VARCHAR", "", "", "", True), Column("n", "INTEGER", "", "", "", True),
        )),
    )
)  # fmt: skip
HEAD = "schema_name,table_name,column_name,data_type,moved_to,note_zh,note_en\n"


def test_what_moved_leads_to_its_new_place(tmp_path: Path) -> None:
    file = tmp_path / "promised.csv"
    file.write_text(
        HEAD + "core,here,a,varchar,,,\ncore,gone,b,varchar,core.here.a,合并,merged\n", "utf-8"
    )

    here, gone = promises(file, CATALOG)
    assert (here["table_name"], here["column_name"], here["is_moved"]) == ("here", "a", False)
    assert (gone["promised_table"], gone["promised_column"]) == ("gone", "b")
    assert (gone["table_name"], gone["column_name"], gone["is_moved"]) == ("here", "a", True)
    assert (gone["note_zh"], gone["note_en"]) == ("合并", "merged")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("core,gone,b,varchar,,,", "core.gone.b is not published"),
        ("core,gone,b,varchar,core.here,合并,merged", "core.here is not published"),
        ("core,gone,b,varchar,core.here.x,合并,merged", "core.here.x is not published"),
        ("core,here,n,varchar,,,", "it was promised as varchar and is INTEGER"),
        ("core,gone,b,varchar,core.here.a,合并,", "it moved, and nobody says why"),
    ],
)
def test_a_promise_that_is_not_kept_stops_the_run(tmp_path: Path, line: str, what: str) -> None:
    file = tmp_path / "promised.csv"
    file.write_text(HEAD + line + "\n", "utf-8")

    with pytest.raises(DeclarationError) as caught:
        promises(file, CATALOG)
    assert what in caught.value.what
    assert caught.value.place == f"line 2: {'.'.join(line.split(',')[:3])}"
    assert caught.value.remedy
