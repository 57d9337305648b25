"""A state that tests share is made by whoever needs it first, and what that run said is kept.

Belongs here: sharing between workers. Does not belong here: the states themselves.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.states import States
from tests.support import make_project


def said(text: str, code: int = 3) -> Result:
    out, err = f"{text}\n".encode(), "说明\n".encode()
    return Result(CliRunner(), out, err, out + err, None, code, None)


def test_a_state_is_made_once_and_every_worker_is_told_the_same(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(folder: Path) -> Result:
        made.append(make_project(folder).project)
        return said("已发布")

    here, there = (States(tmp_path / "states").get("one", make) for _ in range(2))
    assert made == [tmp_path / "states" / "one" / "district"]
    assert here.settings == there.settings
    assert (here.settings.project, here.settings.district.code) == (made[0], "990101")
    for state in (here, there):
        done = state.done
        assert (done.exit_code, done.stdout, done.stderr) == (3, "已发布\n", "说明\n")
        assert done.output == "已发布\n说明\n"


def test_what_was_not_finished_is_made_anew(tmp_path: Path) -> None:
    def killed(folder: Path) -> Result:
        make_project(folder)
        (folder / "half").touch()
        raise KeyboardInterrupt

    def make(folder: Path) -> Result:
        make_project(folder)
        return said("good", 0)

    states = States(tmp_path / "states")
    with pytest.raises(KeyboardInterrupt):
        states.get("one", killed)
    state = states.get("one", make)
    assert state.done.exit_code == 0
    assert not (state.settings.project / "half").exists()
