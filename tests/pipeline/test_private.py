"""Who may read what a run leaves on disk, and what a terminal gets to see of names from outside.

Belongs here: rights of files, escaping on the way to a person. Does not belong here: who may ask
the interface (test_ui).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.settings import Settings
from tests.pipeline.released import Released, copy_of, qutong
from tests.support import drop

CLOSED = ("archive", "work", "dagster", "dbt", "data_docs")


@pytest.fixture(params=[0o000, 0o077], ids=oct)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


@pytest.mark.usefixtures("_umask")
def test_state_is_made_for_its_owner_alone_whatever_the_umask(empty_project: Settings) -> None:
    told = qutong(empty_project, "run", through_dagster=False, all_products=False)
    assert told.exit_code == 0, told.output
    home = empty_project.home
    assert mode(home) == "0o700"
    assert {name: mode(home / name) for name in CLOSED} == dict.fromkeys(CLOSED, "0o700")
    # whom the owner lets in can read releases, and nothing else
    assert mode(empty_project.releases) == "0o755"
    assert mode(empty_project.releases / "current" / "") == "0o555"
    assert mode(empty_project.releases / "current" / "mart.duckdb") == "0o444"


def test_what_was_opened_is_closed_by_the_next_run(first: Released, tmp_path: Path) -> None:
    settings = copy_of(first, tmp_path / "district")
    settings.home.chmod(0o711)
    for name in ("archive", "work"):
        (settings.home / name).chmod(0o755)
    assert qutong(settings, "run", through_dagster=False).exit_code == 0
    assert mode(settings.home) == "0o711"  # its owner's decision
    assert (mode(settings.archive), mode(settings.work)) == ("0o700", "0o700")


def test_a_reply_is_for_the_one_who_asked_for_it(blocked: Released, tmp_path: Path) -> None:
    settings = copy_of(blocked, tmp_path / "district")
    deliver_bad = b"\xe6\x8c\x87\xe6\xa0\x87\n"
    drop(settings, "yunxi-profile", "公报2023.csv", deliver_bad)
    assert qutong(settings, "run", through_dagster=False, all_products=False).exit_code in (1, 3)
    target = tmp_path / "reply.xlsx"
    told = qutong(settings, "quarantine", "return", "公报2023.csv", "--to", str(target))
    assert told.exit_code == 0, told.output
    assert mode(target) == "0o600"


def test_a_name_from_outside_drives_no_terminal(first: Released, tmp_path: Path) -> None:
    settings = copy_of(first, tmp_path / "district")
    drop(settings, "nobody", "a\x1b[2J\u202egpj\n  ✗ forged.csv", b"x")
    said = qutong(settings, "run", through_dagster=False).output
    assert "  ? nobody/a\\x1b[2J\\u202egpj\\x0a  ✗ forged.csv: no data set is declared" in said
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_a_value_drives_no_terminal(first: Released) -> None:
    query = "select chr(27) || '[31m' || chr(8238) || 'x' as \"a\u2066b\""
    said = qutong(first.settings, "sql", query).output
    assert said.splitlines()[0] == "a\\u2066b"
    assert said.splitlines()[2] == "\\x1b[31m\\u202ex"


def test_an_error_drives_no_terminal(first: Released) -> None:
    said = qutong(first.settings, "sql", 'from "\x1b[31mgdp"').output
    assert "\x1b" not in said
    assert "Table with name \\x1b[31mgdp does not exist" in said


def test_a_question_that_takes_too_long_is_stopped(first: Released) -> None:
    endless = "select count(*) from range(1000000000) as a, range(1000000000) as b where a > b"
    for form in ("table", "parquet"):
        told = qutong(first.settings, "sql", "--seconds", "1", "--format", form, endless)
        assert told.exit_code == 1
        assert told.output == (
            "the question was stopped after 1 seconds / 查询超时, 已停止\n"
            "  → ask for less (a where clause, fewer joins), or allow more: --seconds N\n"
        )
