"""Given the work database of a run, then it stays open, is lent to others, and survives a kill."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import CODE_ROOT, Settings
from orchestration.steps import state

KILLED = """
import os, sys
from pathlib import Path
from orchestration.settings import Settings
from orchestration.steps import state

settings = Settings(Path(sys.argv[1]), Path(sys.argv[1]))
with state.kept_open(settings):
    with state.opened(settings) as con:
        con.execute("create table run.kept as select 1 as number")
    with state.opened(settings) as con:
        con.execute("begin; create table run.lost as select 1 as number")
        os._exit(9)
"""
BOUND = """
import sys
from pathlib import Path
from orchestration.settings import Settings
from orchestration.steps import state

with state.opened(Settings(Path(sys.argv[1]), Path(sys.argv[1]))) as con:
    assert con.execute("select ?, $1", [[1, None]]).fetchall()
assert "pandas" not in sys.modules
import pandas
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path)


def carry_out(script: str, settings: Settings) -> int:
    command = [sys.executable, "-c", script, str(settings.home)]
    return subprocess.run(
        command, cwd=CODE_ROOT, env={**os.environ, "PYTHONPATH": str(CODE_ROOT)}, check=False
    ).returncode


def opens(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every time that the file is opened from now on."""
    seen: list[str] = []
    connect = duckdb.connect

    def noted(file: str) -> duckdb.DuckDBPyConnection:
        seen.append(file)
        return connect(file)

    monkeypatch.setattr(duckdb, "connect", noted)
    return seen


def test_it_is_opened_once_and_shows_each_use_what_was_committed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = opens(settings, monkeypatch)
    with state.kept_open(settings):
        with state.opened(settings) as con:
            con.execute("create table run.here as select 1 as number")
        with pytest.raises(ZeroDivisionError), state.opened(settings) as con:
            con.execute("begin; insert into run.here values (2)")
            raise ZeroDivisionError
        with state.opened(settings) as con:
            assert con.execute("from run.here").fetchall() == [(1,)]
    assert seen == [str(settings.database)]


def test_it_is_lent_as_a_file_that_nobody_holds(settings: Settings) -> None:
    with state.kept_open(settings):
        with state.opened(settings) as con:
            con.execute("create table run.here as select 1 as number")
        with duckdb.connect(str(state.lent(settings)), read_only=True) as reader:
            assert reader.execute("from run.here").fetchall() == [(1,)]
        with state.opened(settings) as con:
            con.execute("insert into run.here values (2)")
    with duckdb.connect(str(settings.database), read_only=True) as reader:
        assert reader.execute("select count(*) from run.here").fetchall() == [(2,)]


def test_after_an_error_of_the_database_it_is_opened_anew(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some errors leave an open database that answers nothing any more."""
    seen = opens(settings, monkeypatch)
    with state.kept_open(settings):
        with pytest.raises(duckdb.Error), state.opened(settings) as con:
            con.execute("from run.nothing")
        with state.opened(settings) as con:
            assert con.execute("select 1").fetchall() == [(1,)]
    assert len(seen) == 2


def test_what_was_committed_survives_a_kill(settings: Settings) -> None:
    assert carry_out(KILLED, settings) == 9
    with state.opened(settings) as con:
        tables = con.execute(
            "select table_name from duckdb_tables() where table_name in ('kept', 'lost')"
        ).fetchall()
    assert tables == [("kept",)]


def test_a_bound_parameter_does_not_load_pandas(settings: Settings) -> None:
    assert carry_out(BOUND, settings) == 0
