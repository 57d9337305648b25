"""The dbt project is parsed once per installation, whoever asks first, and never for stale files.

Belongs here: a project of one model. Does not belong here: what the shipped models say.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import QutongError
from orchestration.process.dbt import DbtProject
from orchestration.process.models import NodeResult

pytestmark = pytest.mark.core

PROJECT = """
name: small
version: "1.0"
profile: small
model-paths: [models]
"""
PROFILE = """
small:
  target: work
  outputs:
    work: {type: duckdb, path: "{{ env_var('QUTONG_DATABASE') }}", schema: main, threads: 1}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose only model is a table of one figure."""
    folder = tmp_path / "dbt_project"
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
    (folder / "profiles.yml").write_text(PROFILE, encoding="utf-8")
    write_model(folder, "select 480.1 as gdp")
    return folder


def write_model(folder: Path, sql: str, name: str = "figure") -> None:
    text = "{{ config(materialized='table') }}\n" + sql
    (folder / "models" / f"{name}.sql").write_text(text, encoding="utf-8")


def home(folder: Path, name: str, database: str = "warehouse.duckdb") -> DbtProject:
    """The project as one district runs it."""
    place = folder.parent / name
    place.mkdir(exist_ok=True)
    return DbtProject(folder, place / database, place / "dbt")


def built(project: DbtProject) -> list[tuple[object, ...]]:
    with duckdb.connect(str(project.database)) as connection:
        results = project.plan().build(connection, ["model.small.figure"])
        assert [(result.name, result.status) for result in results] == [("figure", "success")]
        return connection.execute("from figure").fetchall()


def parses(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The directories that dbt parses into from now on."""
    into: list[Path] = []
    parse = DbtProject._parse

    def counted(self: DbtProject, folder: Path) -> None:
        into.append(folder)
        parse(self, folder)

    monkeypatch.setattr(DbtProject, "_parse", counted)
    return into


def test_one_parses_and_every_district_builds(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    into = parses(monkeypatch)
    one, other = home(folder, "one"), home(folder, "other")

    assert one.ensure_manifest() == other.ensure_manifest()
    assert one.ensure_manifest().is_relative_to(folder / "target")
    assert [float(str(row[0])) for row in (*built(one), *built(other))] == [480.1, 480.1]
    assert other.manifest()["nodes"]["model.small.figure"]["relation_name"] == (
        '"warehouse"."main"."figure"'
    )
    assert len(into) == 1


def test_what_is_named_is_built_and_nothing_else(folder: Path) -> None:
    write_model(folder, "select 7 as other", "other")
    write_model(folder, "select other + 1 as eight from {{ ref('other') }}", "reader")
    project = home(folder, "one")

    with duckdb.connect(str(project.database)) as connection:
        for name in ("figure", "other", "reader"):
            found = project.plan().build(connection, [f"model.small.{name}"])
            assert [(result.name, result.status) for result in found] == [(name, "success")]
        assert connection.execute("from reader").fetchall() == [(8,)]


def test_a_changed_model_is_parsed_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = home(folder, "one")
    before = project.ensure_manifest()
    assert built(project)
    assert project.manifest()["nodes"]["model.small.figure"]["raw_code"].endswith("480.1 as gdp")

    into = parses(monkeypatch)
    write_model(folder, "select 7 as gdp")

    assert built(project) == [(7,)]
    assert project.ensure_manifest() != before
    assert project.manifest()["nodes"]["model.small.figure"]["raw_code"].endswith("7 as gdp")
    assert len(into) == 1

    write_model(folder, "select 480.1 as gdp")
    assert project.ensure_manifest() == before
    assert len(into) == 1


def test_a_database_of_another_name_is_another_catalogue(folder: Path) -> None:
    home(folder, "one").ensure_manifest()
    other = home(folder, "other", "second.duckdb")
    assert len(built(other)) == 1
    node = other.manifest()["nodes"]["model.small.figure"]
    assert node["relation_name"] == '"second"."main"."figure"'


def test_where_the_installation_is_read_only_the_district_keeps_it(folder: Path) -> None:
    (folder / "target").write_text("no directory can be made here", encoding="utf-8")
    project = home(folder, "one")
    assert project.ensure_manifest().is_relative_to(project.target)
    assert len(built(project)) == 1


def test_where_nothing_can_be_written_it_says_so(folder: Path) -> None:
    project = home(folder, "one")
    for place in (folder / "target", project.target):
        place.write_text("no directory can be made here", encoding="utf-8")
    with pytest.raises(QutongError, match="can be written nowhere") as refused:
        project.ensure_manifest()
    assert str(project.target) in str(refused.value.file)
    assert "QUTONG_HOME" in str(refused.value.remedy)


def test_a_project_that_does_not_parse_leaves_nothing(folder: Path) -> None:
    project = home(folder, "one")
    write_model(folder, "select * from {{ ref('nobody') }}")
    with pytest.raises(QutongError, match=r"(?s)cannot parse .*figure\.sql.*'nobody'") as refused:
        project.ensure_manifest()
    assert refused.value.file == str(folder)
    assert list((folder / "target" / "parsed").iterdir()) == []


def test_two_that_parse_at_once_end_with_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, fast = home(folder, "slow"), home(folder, "fast")
    parse = DbtProject._parse

    def overtaken(self: DbtProject, into: Path) -> None:
        parse(self, into)
        if self is slow:
            assert built(fast)

    monkeypatch.setattr(DbtProject, "_parse", overtaken)
    assert len(built(slow)) == 1
    assert list((folder / "target" / "parsed").iterdir()) == [slow.ensure_manifest().parent]
    assert slow.ensure_manifest() == fast.ensure_manifest()


def test_what_older_files_left_goes_after_a_day(folder: Path) -> None:
    project = home(folder, "one")
    oldest = project.ensure_manifest().parent
    write_model(folder, "select 6 as gdp")
    yesterday = project.ensure_manifest().parent
    killed = oldest.with_name("unfinished-killed")
    killed.mkdir()
    long_ago = time.time() - 25 * 60 * 60
    for place in (oldest, killed):
        os.utime(place, (long_ago, long_ago))
    write_model(folder, "select 7 as gdp")
    newest = project.ensure_manifest().parent
    assert set(newest.parent.iterdir()) == {yesterday, newest}


@pytest.mark.parametrize(
    ("status", "is_bad"),
    [
        ("success", False),
        ("pass", False),
        ("warn", False),
        ("no-op", False),
        ("fail", True),
        ("error", True),
        ("skipped", True),
        ("partial success", True),
        ("runtime error", True),
        ("a word of a later dbt", True),
    ],
)
def test_what_dbt_says_is_bad_unless_it_is_known_to_be_good(status: str, is_bad: bool) -> None:
    assert NodeResult("model.x", "model", "x", status, "", 0, 0.1).is_bad is is_bad
