"""Given a district with a release, when more arrives, then the past stays and can be asked for.

Belongs here: runs after the first: nothing new, a revision, a late arrival, a rollback. Does not
belong here: every case of the history's calculation (dbt's unit tests).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from orchestration.collect.archive import Archive, Receipt
from orchestration.settings import Settings
from tests.pipeline.released import Released, ask, copy_of, current, qutong
from tests.support import NOW, deliver, drop, profile

pytestmark = pytest.mark.core

# A second source of the same quantity, of lower precedence; it speaks first.
FLASH = """\
id: yunzhou-flash
title: {zh: 云州市快报（虚构）, en: Flash estimates of Yunzhou (invented)}
theme: profile
owner: 综合科 / General section
origin:
  producer: 云州市统计局（虚构） / Yunzhou statistics bureau (invented)
  precedence: 200
  documents:
    - {id: yunzhou-flash, title: 云州市快报（虚构）, published: 2025-01-20, grade: official}
delivery: {connector: folder, pattern: ["快报*.csv"], cadence: annual}
layout:
  kind: records
  columns: {indicator: 指标, region: 地区, period: 期间, value: 数值, unit: 单位}
  constants: {stage: flash, source_place: 表1}
indicators:
  - {code: gdp}
"""
FLASH_DELIVERY = "指标,地区,期间,数值,单位\n地区生产总值,云溪区,2024年,508.0,亿元\n"

FINAL = profile("地区生产总值,云溪区,2024年,年度,515.0,,亿元,水平值,一、综合,yunxi-bulletin,,,")
LATE = profile(
    "地区生产总值,云溪区,2024年,年度,513.0,,亿元,水平值,一、综合,yunxi-bulletin,2025-09-30,,"
)


@dataclass(frozen=True)
class History:
    """One district after each step; ``first``, ``revised`` and ``late`` are its releases."""

    settings: Settings
    first: Path
    revised: Path
    late: Path
    said: dict[str, Result]
    in_force: dict[str, str]
    parsed: dict[str, dict[str, int]]
    receipts: dict[str, list[Receipt]]


def parsed_files(settings: Settings) -> dict[str, int]:
    return {
        path.relative_to(settings.parsed).as_posix(): path.stat().st_mtime_ns
        for path in settings.parsed.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def history(first: Released, tmp_path_factory: pytest.TempPathFactory) -> History:
    settings = copy_of(first, tmp_path_factory.mktemp("history") / "district")
    said: dict[str, Result] = {}
    in_force: dict[str, str] = {}
    parsed: dict[str, dict[str, int]] = {}
    receipts: dict[str, list[Receipt]] = {}

    def step(name: str, *arguments: str) -> None:
        said[name] = qutong(settings, *arguments, through_dagster=False, all_products=False)
        in_force[name] = current(settings).name
        parsed[name] = parsed_files(settings)
        receipts[name] = list(Archive(settings.archive, NOW).receipts())

    parsed["first"] = parsed_files(settings)
    step("again", "run")
    same = (settings.deliveries / "yunxi-profile/2025-03-05/公报2024.csv").read_bytes()
    drop(settings, "yunxi-profile", "公报2024重发.csv", same)
    step("equal bytes", "run")

    declaration = settings.raw / "datasets" / "profile" / "yunzhou-flash.yml"
    declaration.write_text(FLASH, encoding="utf-8")
    deliver(settings, "yunzhou-flash", "2025-01-21", "快报2024.csv", FLASH_DELIVERY.encode())
    deliver(settings, "yunxi-profile", "2026-01-21", "公报2024最终核实.csv", FINAL)
    fixed = ("--release-time", "2026-03-02T09:00:00+00:00", "--quiet")
    step("revision", "run", "--release-id", "2026-03-02.1", *fixed)

    step("rollback", "release", "rollback")
    step("again, pinned", "run", "--quiet")
    deliver(settings, "yunxi-profile", "2026-02-10", "公报2024更正.csv", LATE)
    fixed = ("--release-time", "2026-03-03T09:00:00+00:00", "--quiet")
    step("late arrival, pinned", "run", "--release-id", "2026-03-03.1", *fixed)
    step("status, pinned", "status", "--english")
    step("unpin", "release", "unpin")
    return History(
        settings,
        settings.releases / "2026-03-01.1",
        settings.releases / "2026-03-02.1",
        settings.releases / "2026-03-03.1",
        said,
        in_force,
        parsed,
        receipts,
    )


def gdp(release: Path, day: str) -> list[tuple[Any, ...]]:
    """What was said of the district's GDP of 2024 on that day, and which figure came first."""
    return ask(
        release,
        "select source_document, source_place, value, estimate_stage, is_headline "
        f"from core.as_of(date '{day}') where indicator_code = 'gdp' "
        "and region_code = '990101' and period = '2024' order by known_from, source_place",
    )


FLASH_FIGURE = ("yunzhou-flash", "表1", Decimal(508), "flash")
BULLETIN = ("yunxi-bulletin", "一、综合", Decimal("512.3"), "not_stated")
FOREWORD = ("yunxi-bulletin", "前言", Decimal(510), "not_stated")
PRESS = ("yunxi-press", "头版", Decimal("512.3"), "not_stated")
CORRECTED = ("yunxi-bulletin", "一、综合", Decimal(513), "not_stated")
VERIFIED = ("yunxi-bulletin", "一、综合", Decimal(515), "final")


# --- nothing new ------------------------------------------------------------------------------


def test_a_second_run_says_that_nothing_changed(history: History) -> None:
    done = history.said["again"]
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[1].startswith("无变化 Nothing changed: release 2026-03-01.1 stays in force  ("), (
        lines
    )
    assert lines[2] == "  收集 Collected  2 files on offer, 0 new"
    assert history.in_force["again"] == "2026-03-01.1"
    assert history.parsed["again"] == history.parsed["first"]


def test_equal_bytes_get_a_second_receipt_and_no_second_parse(history: History) -> None:
    done = history.said["equal bytes"]
    assert done.exit_code == 0
    assert "无变化 Nothing changed: release 2026-03-01.1 stays in force" in done.stdout
    assert "  收集 Collected  3 files on offer, 0 new" in done.stdout
    assert history.in_force["equal bytes"] == "2026-03-01.1"
    assert history.parsed["equal bytes"] == history.parsed["first"]
    mine = [
        (receipt.file_name, receipt.connector, receipt.outcome, receipt.delivered_on)
        for receipt in history.receipts["equal bytes"]
        if receipt.data_set_id == "yunxi-profile"
    ]
    assert mine[:3] == [
        ("公报2024.csv", "folder", "new", "2025-03-05"),
        ("公报2024.csv", "folder", "unchanged", "2025-03-05"),
        ("公报2024.csv", "folder", "unchanged", "2025-03-05"),
    ]
    assert [receipt[:3] for receipt in mine[3:]] == [("公报2024重发.csv", "inbox", "unchanged")]
    assert not list(history.settings.inbox.rglob("*.csv"))


# --- a revision -------------------------------------------------------------------------------


def test_a_revision_is_published(history: History) -> None:
    done = history.said["revision"]
    assert done.exit_code == 0
    assert "已发布 Published: release 2026-03-02.1" in done.stdout
    assert "  接收 Accepted   4 of 4 deliveries, 15 observations" in done.stdout
    assert history.in_force["revision"] == "2026-03-02.1"


def test_a_revision_supersedes_its_own_key_and_nothing_else(history: History) -> None:
    assert ask(
        history.revised,
        "select source_document, source_place, value, estimate_stage, known_from, known_to, "
        "is_headline from core.observation "
        "where indicator_code = 'gdp' and region_code = '990101' order by known_from, source_place",
    ) == [
        (*FLASH_FIGURE, date(2025, 1, 20), None, False),
        (*BULLETIN, date(2025, 2, 28), date(2026, 1, 20), False),
        (*FOREWORD, date(2025, 2, 28), None, False),
        (*PRESS, date(2025, 3, 1), None, False),
        (*VERIFIED, date(2026, 1, 20), None, True),
    ]
    assert ask(
        history.revised,
        "select count(*), count(*) filter (where known_to is not null) from core.observation",
    ) == [(15, 1)]


def test_figures_not_revised_keep_their_id(history: History) -> None:
    assert ask(
        history.revised,
        "select observation_id from core.observation where known_to is not null",
    ) == [("o2d8949a18ae916de",)]
    before = ask(history.first, "select observation_id from core.observation")
    after = ask(history.revised, "select observation_id from core.observation")
    assert set(before) < set(after)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-01-19", []),
        ("2025-01-20", [(*FLASH_FIGURE, True)]),
        ("2025-02-27", [(*FLASH_FIGURE, True)]),
        ("2025-02-28", [(*FLASH_FIGURE, False), (*BULLETIN, True), (*FOREWORD, False)]),
        (
            "2026-01-19",
            [
                (*FLASH_FIGURE, False),
                (*BULLETIN, True),
                (*FOREWORD, False),
                (*PRESS, False),
            ],
        ),
        (
            "2026-01-20",
            [
                (*FLASH_FIGURE, False),
                (*FOREWORD, False),
                (*PRESS, False),
                (*VERIFIED, True),
            ],
        ),
    ],
)
def test_as_of_gives_what_was_said_on_a_day(
    history: History, day: str, expected: list[tuple[Any, ...]]
) -> None:
    assert gdp(history.revised, day) == expected


def test_as_of_today_is_what_is_in_force(history: History) -> None:
    today = "select * from core.as_of(date '2026-03-02')"
    in_force = "select * from core.observation where known_to is null"
    for difference in (f"{today} except {in_force}", f"{in_force} except {today}"):
        assert ask(history.revised, difference) == []


def test_the_profile_follows_the_headline(history: History) -> None:
    asked = (
        "select value, growth from core.district_profile "
        "where item = 'gdp' and region_code = '990101'"
    )
    assert ask(history.first, asked) == [(Decimal("512.3"), Decimal("5.1"))]
    assert ask(history.revised, asked) == [(Decimal(515), Decimal("5.1"))]


# --- a late arrival ---------------------------------------------------------------------------


def test_a_late_arrival_finds_its_place_in_the_past(history: History) -> None:
    assert ask(
        history.late,
        "select value, known_from, known_to, is_headline from core.observation "
        "where indicator_code = 'gdp' and source_place = '一、综合' and region_code = '990101' "
        "order by known_from",
    ) == [
        (Decimal("512.3"), date(2025, 2, 28), date(2025, 9, 30), False),
        (Decimal(513), date(2025, 9, 30), date(2026, 1, 20), False),
        (Decimal(515), date(2026, 1, 20), None, True),
    ]


def test_the_past_is_told_as_it_is_known_now_and_as_it_was_told_then(history: History) -> None:
    others = [(*FLASH_FIGURE, False), (*FOREWORD, False), (*PRESS, False)]
    assert gdp(history.late, "2025-10-01") == [*others, (*CORRECTED, True)]
    assert gdp(history.late, "2025-09-29")[1] == (*BULLETIN, True)
    assert gdp(history.late, "2026-03-03") == [*others, (*VERIFIED, True)]
    assert gdp(history.revised, "2025-10-01")[1] == (*BULLETIN, True)


def test_nothing_is_deleted(history: History, first: Released) -> None:
    for earlier, later in ((history.first, history.revised), (history.revised, history.late)):
        ids = "select observation_id from core.observation"
        assert set(ask(earlier, ids)) < set(ask(later, ids))
    for original in first.path.rglob("*"):
        if original.is_file():
            kept = history.first / original.relative_to(first.path)
            assert kept.read_bytes() == original.read_bytes()
    archived = {path.name for path in (history.settings.archive / "objects").rglob("*")}
    for file in history.settings.deliveries.rglob("*.*"):
        assert hashlib.sha256(file.read_bytes()).hexdigest() in archived
    assert len(list(Archive(history.settings.archive, NOW).deliveries("yunxi-profile"))) == 3


def test_trace_shows_the_vintages(history: History) -> None:
    done = qutong(history.settings, "trace", "--english", "o2d8949a18ae916de")
    lines = done.stdout.splitlines()
    place = lines.index("Vintages      2025-02-28 – 2025-09-30  512.3  not_stated  ← this one")
    assert [line.strip() for line in lines[place + 1 : place + 3]] == [
        "2025-09-30 – 2026-01-20  513  not_stated",
        "2026-01-20 – now  515  final",
    ]


# --- going back -------------------------------------------------------------------------------


def test_a_rollback_pins(history: History) -> None:
    assert history.said["rollback"].stdout == (
        "readers see 2026-03-01.1; it is pinned until `qutong release unpin`\n"
    )
    assert history.in_force["rollback"] == "2026-03-01.1"


def test_an_unchanged_run_names_the_release_that_readers_see(history: History) -> None:
    done = history.said["again, pinned"]
    assert done.exit_code == 0
    assert "Nothing changed: release 2026-03-01.1 stays in force" in done.stdout
    assert history.in_force["again, pinned"] == "2026-03-01.1"


def test_a_run_under_a_pin_keeps_its_release_unseen(history: History) -> None:
    done = history.said["late arrival, pinned"]
    assert done.exit_code == 0
    assert "已保留, 未生效 Kept, not in force: release 2026-03-03.1" in done.stdout
    assert (
        "Release 2026-03-03.1 is kept; the pointer is pinned to 2026-03-01.1 and did not move."
        in done.stdout
    )
    assert history.in_force["late arrival, pinned"] == "2026-03-01.1"
    status = history.said["status, pinned"].stdout.splitlines()
    assert "Current release: 2026-03-01.1" in status
    assert (
        "Pinned to: 2026-03-01.1 (new releases do not come into force; qutong release unpin)"
        in status
    )


def test_unpin_shows_readers_the_newest_release(history: History) -> None:
    assert history.said["unpin"].stdout == "unpinned; readers see 2026-03-03.1\n"
    assert history.in_force["unpin"] == "2026-03-03.1"
    listed = qutong(history.settings, "release", "list").stdout.splitlines()
    assert [line.split()[:2] for line in listed[:2]] == [
        ["2026-03-01.1", "2026-03-01"],
        ["2026-03-02.1", "2026-03-02"],
    ]
    assert listed[2].startswith(
        "* 2026-03-03.1     2026-03-03 17:00:00 Asia/Shanghai  demo      0 findings"
    )


def test_a_text_that_says_what_was_true_once_is_told_so(history: History, tmp_path: Path) -> None:
    text = tmp_path / "旧稿.txt"
    values = ("515", "513", "508", "600")
    text.write_text("\n".join(f"2024年，云溪区地区生产总值{v}亿元。" for v in values), "utf-8")
    done = qutong(history.settings, "check", str(text), "--json")
    numbers = json.loads(done.stdout)["numbers"]
    assert [(n["verdict"], n["reason_zh"]) for n in numbers[:3]] == [
        ("exact", "地区生产总值 2024 515亿元"),
        (
            "old_vintage",
            "地区生产总值 2024 513亿元；2025-09-30至2026-01-20间的数字，现已修订，现为515亿元",
        ),
        ("exact", "地区生产总值 2024 508亿元；不是主数"),
    ]
    assert numbers[3]["verdict"] == "contradicts"
    assert next(f["value"] for f in numbers[3]["figures"]) == "515"
    assert all(f["known_to"] is None for f in numbers[3]["figures"])
    assert done.exit_code == 1
