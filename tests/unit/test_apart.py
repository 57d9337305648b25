"""Readings in a process of their own: what they may take, and what becomes of one that dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.cli import main
from orchestration.collect import apart
from orchestration.collect.apart import LimitError, Limits, within
from orchestration.collect.grid import RefusedError
from orchestration.errors import QutongError
from orchestration.settings import Settings, load_settings
from orchestration.steps import collect
from orchestration.steps.workplace import Workplace
from tests.rejects.tables import part, with_parts
from tests.support import NOW, deliver, investment

pytestmark = pytest.mark.core

AMPLE = Limits(60, 512)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    apart.close()


def pid() -> int:
    return os.getpid()


def never_ends() -> None:
    while True:
        pass


def takes(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))


def dies(number: int) -> None:
    os.kill(os.getpid(), number)


def refuses() -> None:
    raise RefusedError("delivery.empty-file", "file", "文件为空", "the file is empty")


def fails_oddly() -> None:
    class OddError(Exception):
        pass

    raise OddError("nobody else knows this class")


def test_all_readings_share_one_process_that_is_not_this_one() -> None:
    first = within(AMPLE, pid)
    assert first != os.getpid()
    assert within(AMPLE, pid) == first


def test_a_reading_that_never_ends_is_ended_and_the_next_one_is_read() -> None:
    with pytest.raises(LimitError, match="^reading took more than 1 seconds of processor time$"):
        within(Limits(1, 512), never_ends)
    assert within(AMPLE, takes, 1) == 1 << 20


def test_time_counts_for_each_reading_alone() -> None:
    for _ in range(3):
        assert within(Limits(1, 512), takes, 200) == 200 << 20


def test_a_reading_that_takes_too_much_memory_is_ended() -> None:
    with pytest.raises(LimitError, match="^reading needs more than 256 MB of memory$"):
        within(Limits(60, 256), takes, 300)
    assert within(AMPLE, takes, 300) == 300 << 20


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_reading_that_takes_its_process_with_it_is_at_fault(number: int) -> None:
    with pytest.raises(LimitError, match=signal.Signals(number).name):
        within(AMPLE, dies, number)
    assert within(AMPLE, takes, 1) == 1 << 20


def test_a_process_that_somebody_ended_says_nothing_of_a_delivery() -> None:
    with pytest.raises(QutongError, match="was ended .SIGTERM.") as caught:
        within(AMPLE, dies, signal.SIGTERM)
    assert caught.value.remedy == "run again; what was read before is kept"


@pytest.fixture
def deaf() -> Iterator[None]:
    """This process ignores being ended, as one that a service manager's shell started may."""
    apart.close()
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, before)
    apart.close()


@pytest.mark.usefixtures("deaf")
def test_a_reading_can_be_ended_where_its_parent_cannot() -> None:
    with pytest.raises(QutongError, match="was ended .SIGTERM."):
        within(AMPLE, dies, signal.SIGTERM)


def test_errors_come_back_as_they_were() -> None:
    with pytest.raises(RefusedError) as caught:
        within(AMPLE, refuses)
    assert (caught.value.rule, caught.value.place) == ("delivery.empty-file", "file")
    assert str(caught.value) == "delivery.empty-file at file: the file is empty"
    with pytest.raises(RuntimeError, match="^OddError: nobody else knows this class$"):
        within(AMPLE, fails_oddly)


# --- through the doors -------------------------------------------------------------------------


def three_million_empty_cells() -> bytes:
    """A workbook of 17 KB that takes its reader several seconds and some 700 MB."""
    name = "xl/worksheets/sheet1.xml"
    content = investment()
    row = b"<row>" + b"<c/>" * 3_000_000 + b"</row></sheetData>"
    return with_parts(content, {name: part(content, name).replace(b"</sheetData>", row)})


def limited(settings: Settings, seconds: int) -> Settings:
    file = settings.raw / "district.yml"
    lines = [x for x in file.read_text("utf-8").splitlines() if "reading_" not in x]
    file.write_text("\n".join([*lines, f"reading_seconds: {seconds}", ""]), encoding="utf-8")
    return load_settings(settings.project)


@pytest.fixture
def burdened(project: Settings) -> Settings:
    """A good delivery, and one that nobody can read in a second."""
    content = three_million_empty_cells()
    assert len(content) < 20_000
    deliver(project, "yunxi-investment", "2025-10-15", "投资2025前三季度.xlsx", content)
    return limited(project, 1)


def collected(settings: Settings) -> collect.Collected:
    work = Workplace(settings, now=NOW)
    return collect.collect_one(work, work.declarations.get("yunxi-investment"))


def test_a_delivery_over_its_limit_is_set_aside_until_the_limit_is_another(
    burdened: Settings,
) -> None:
    told = collected(burdened)
    assert (told.deliveries, told.parsed_now, told.unreadable, told.observations) == (2, 2, 1, 6)
    told = collected(burdened)
    assert (told.deliveries, told.parsed_now, told.unreadable, told.observations) == (2, 0, 1, 6)
    told = collected(limited(burdened, 2))
    assert (told.deliveries, told.parsed_now, told.unreadable, told.observations) == (2, 2, 1, 6)


def test_preview_and_draft_end_too(burdened: Settings, tmp_path: Path) -> None:
    file = tmp_path / "投资2025前三季度.xlsx"
    file.write_bytes(three_million_empty_cells())
    project = ["--project", str(burdened.project), "data-set"]
    seen = CliRunner().invoke(main, [*project, "preview", "yunxi-investment", str(file)])
    assert seen.exit_code == 3
    assert "✗ 拒收 refused: delivery.over-reading-limit at file" in seen.output
    assert "reading took more than 1 seconds of processor time" in seen.output
    drafted = CliRunner().invoke(main, [*project, "draft", str(file)])
    assert drafted.exit_code == 1
    assert "reading took more than 1 seconds of processor time" in drafted.output
    assert "raise reading_seconds or reading_megabytes in raw/district.yml" in drafted.output
