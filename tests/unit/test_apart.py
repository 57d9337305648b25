"""Readings in a process of their own: what they may take, and what becomes of one that dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.authoring.draft import stand_in
from orchestration.cli import main
from orchestration.collect import apart
from orchestration.collect.apart import LimitError, Limits, within
from orchestration.collect.grid import RefusedError
from orchestration.collect.parse import parse_within
from orchestration.errors import QutongError
from orchestration.settings import Settings, load_settings
from orchestration.steps import collect
from orchestration.steps.workplace import Workplace
from tests.rejects.tables import part, with_parts
from tests.support import NOW, deliver, investment

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


def answers(megabytes: int) -> bytes:
    return bytes(megabytes << 20)


def test_an_answer_that_is_too_long_is_not_handed_on() -> None:
    told = "^what was read takes more than 1 MB: no honest file of its size holds that$"
    with pytest.raises(LimitError, match=told) as caught:
        within(Limits(60, 512, 1), answers, 2)
    assert caught.value.zh == "读出的内容超过 1 MB, 与文件大小不相称"
    assert len(within(Limits(60, 512, 3), answers, 2)) == 2 << 20


@pytest.mark.parametrize(
    ("district", "size", "kind", "own"),
    [
        (Limits(60, 2048, 4096), 0, "xlsx", Limits(12, 640, 96)),
        (Limits(60, 2048, 4096), 2 << 20, "xlsx", Limits(36, 880, 480)),
        (Limits(60, 2048, 4096), 2 << 20, "csv", Limits(16, 672, 144)),
        (Limits(60, 2048, 4096), 100 << 20, "csv", Limits(60, 2048, 2496)),
        (Limits(60, 2048, 4096), 100_000, "pdf", Limits(26, 652, 99)),
        (Limits(120, 8192, 4096), 0, "xlsx", Limits(24, 2560, 384)),
        (Limits(10, 512, 4096), 0, "xlsx", Limits(2, 512, 96)),
    ],
)
def test_what_a_file_may_take_follows_from_its_size_and_format(
    district: Limits, size: int, kind: str, own: Limits
) -> None:
    assert district.for_file(size, kind) == own


def test_a_file_larger_than_the_memory_of_a_reading_is_not_read() -> None:
    with pytest.raises(LimitError) as caught:
        Limits(60, 512).for_file(600 << 20, "csv")
    assert (caught.value.zh, caught.value.en) == (
        "文件有 600 MB, 超过读取内存限度 512 MB",
        "the file has 600 MB, and no reading may take more than 512 MB of memory",
    )


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


def test_figures_that_weigh_too_much_are_not_handed_on(project: Settings) -> None:
    work = Workplace(project, now=NOW)
    declared = work.declarations.get("yunxi-investment")
    file = next(project.deliveries.rglob("*.xlsx"))
    nothing = Limits(60, 512, 0)
    parsed, outcome = parse_within(
        nothing,
        file.read_bytes(),
        stand_in(file, declared.id),
        declared,
        work.declarations.codelists,
    )
    assert outcome is None
    assert parsed.refusal is not None
    assert (parsed.refusal.rule_id, parsed.refusal.detail_en) == (
        "delivery.over-reading-limit",
        "what was read takes more than 0 MB: no honest file of its size holds that",
    )


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
