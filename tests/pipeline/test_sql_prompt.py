"""Given a release, when a person types into the prompt of `qutong sql`, then they are answered.

Belongs here: a real terminal. Does not belong here: what a word can mean (test_serve_words), and
answers themselves (test_serve_query).
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.settings import CODE_ROOT
from tests.pipeline.released import Released

TAB, ENTER, UP, CTRL_C, CTRL_D = "\t", "\r", "\x1b[A", "\x03", "\x04"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")
SECONDS = 120


class Terminal:
    """`qutong sql` on a terminal of so many lines."""

    def __init__(self, project: Path, lines: int = 50, **environment: str) -> None:
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, 200, 0, 0))
        command = [sys.executable, "-m", "orchestration.cli", "--project", str(project), "sql"]
        self.process = subprocess.Popen(
            command,
            cwd=CODE_ROOT,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            close_fds=True,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", **environment},
        )
        os.close(slave)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def until(self, *texts: str) -> str:
        """What is shown from now on, up to texts that follow each other.

        Keys are typed when a prompt is there to take them: ask for it with what comes before it.
        """
        end = time.monotonic() + SECONDS
        wanted = re.compile(".*?".join(map(re.escape, texts)), re.DOTALL)
        raw = b""
        while not wanted.search(shown := ESCAPES.sub("", raw.decode(errors="ignore"))):
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            assert ready, f"{texts} were not shown, but {shown!r}"
            try:
                raw += os.read(self.master, 65536)
            except OSError as nobody:  # Linux tells so that nobody is at the other end
                raise AssertionError(f"{texts} were not shown, but {shown!r}") from nobody
        return shown

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal(first: Released) -> Iterator[Terminal]:
    opened = Terminal(first.settings.project)
    opened.until("qutong>")
    yield opened
    opened.close()


def test_a_question_of_several_lines_is_answered_and_the_next_one_asked(terminal: Terminal) -> None:
    terminal.type("select value, unit" + ENTER)
    terminal.until("…>")
    terminal.type("from core.观测值 where 1 = 0;" + ENTER)
    assert "Binder Error" in terminal.until("→ see the columns", "qutong>")
    terminal.type("select 数值, 基本单位 from core.观测值" + ENTER)
    terminal.type("where 指标代码 = 'residents';" + ENTER)
    assert "38.6  万人" in terminal.until("(1 行 / row)", "qutong>")
    terminal.type(CTRL_D)
    assert terminal.process.wait(SECONDS) == 0


def test_names_are_completed_in_both_languages(terminal: Terminal) -> None:
    terminal.type("select period, investment from investment.fixed" + TAB)
    terminal.until("_asset_investment")
    terminal.type(" where region_code = 云溪" + TAB)
    terminal.until("'990101'")
    terminal.type(" and item = 'industry';" + ENTER)
    assert "2025-01/2025-06          50" in terminal.until("(1 行 / row)")


def test_a_question_is_dropped_and_an_earlier_one_comes_back(
    first: Released, terminal: Terminal
) -> None:
    terminal.type("select 6 * 7 as answer;" + ENTER)
    assert "42" in terminal.until("(1 行 / row)", "qutong>")
    terminal.type("select nothing" + CTRL_C)
    terminal.until("qutong>")
    terminal.type("quit" + ENTER)
    assert terminal.process.wait(SECONDS) == 0

    file = first.settings.home / "sql_history"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "+select 6 * 7 as answer;" in file.read_text("utf-8")

    again = Terminal(first.settings.project)
    try:
        again.until("qutong>")
        again.type("select" + UP + ENTER)
        assert "42" in again.until("(1 行 / row)")
    finally:
        again.close()


def test_a_long_answer_goes_to_the_pager(first: Released, tmp_path: Path) -> None:
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\nsed 's/^/paged: /'\n", encoding="utf-8")
    pager.chmod(0o755)
    opened = Terminal(first.settings.project, lines=10, PAGER=str(pager))
    try:
        opened.until("qutong>")
        opened.type("from range(9) as r(i);" + ENTER)
        assert "paged: 8" in opened.until("paged: (9 行 / rows)", "qutong>")
        opened.type("from range(2) as r(i);" + ENTER)
        assert "paged" not in opened.until("(2 行 / rows)", "qutong>")
    finally:
        opened.close()


def test_without_a_terminal_a_query_is_asked_for(first: Released) -> None:
    command = [sys.executable, "-m", "orchestration.cli", "--project", str(first.settings.project)]
    done = subprocess.run(
        [*command, "sql"], cwd=CODE_ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "give a query; a prompt needs a terminal" in done.stderr
