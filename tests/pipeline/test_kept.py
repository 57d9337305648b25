"""Given a release, when bytes come again or are held or damaged, then nothing is lost in silence.

Belongs here: whole runs on what the archive keeps. Does not belong here: its own records
(``tests/unit/test_archive``), acts and files not at rest (``tests/unit/test_custody``).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import Result

from orchestration.collect.archive import Archive
from orchestration.settings import Settings
from tests.pipeline.released import Released, ask, copy_of, current, qutong
from tests.support import NOW, deliver, drop, profile

REVISED = profile("地区生产总值,云溪区,2024年,年度,515.0,,亿元,水平值,一、综合,yunxi-bulletin,,,")


@dataclass(frozen=True)
class Kept:
    """One district after each step."""

    settings: Settings
    said: dict[str, Result]
    releases: dict[str, Path]


@pytest.fixture(scope="module")
def kept(first: Released, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    settings = copy_of(first, tmp_path_factory.mktemp("kept") / "district")
    said: dict[str, Result] = {}
    releases: dict[str, Path] = {}

    def step(name: str, *arguments: str) -> None:
        said[name] = qutong(settings, *arguments, through_dagster=False)
        releases[name] = current(settings)

    original = (settings.deliveries / "yunxi-profile/2025-03-05/公报2024.csv").read_bytes()
    deliver(settings, "yunxi-profile", "2026-01-21", "公报2024订正.csv", REVISED)
    step("revised", "run", "--quiet")
    drop(settings, "yunxi-profile", "公报2024重发.csv", original)
    step("taken back", "run", "--quiet")
    step("nothing new", "run", "--quiet")

    archive = Archive(settings.archive, NOW)
    again = next(d for d in archive.received("yunxi-profile") if d.repeat == 2)
    step("held", "delivery", "hold", again.delivery_id, "--reason", "sent by mistake")
    step("listed", "delivery", "list", "yunxi-profile")
    entry = settings.archive / "deliveries" / "yunxi-profile" / f"{again.sha256}.json"
    entry.unlink()
    step("verified", "archive", "verify")
    step("without it", "run", "--quiet")
    step("verified again", "archive", "verify")
    return Kept(settings, said, releases)


def gdp(release: Path, day: str) -> list[Decimal]:
    """The district's GDP of 2024 in the bulletin's first section, as it was known on a day."""
    found = ask(
        release,
        f"select value from core.as_of(date '{day}') where indicator_code = 'gdp' "
        "and region_code = '990101' and period = '2024' and source_place = '一、综合'",
    )
    return [value for (value,) in found]


FIRST, SECOND = Decimal("512.3"), Decimal(515)


def test_bytes_that_come_again_take_the_revision_back(kept: Kept) -> None:
    assert kept.said["revised"].exit_code == 0
    assert kept.said["taken back"].exit_code == 0
    assert gdp(kept.releases["revised"], "2999-01-01") == [SECOND]
    assert gdp(kept.releases["taken back"], "2999-01-01") == [FIRST]


def test_what_was_said_in_between_stays_in_the_history(kept: Kept) -> None:
    days = ("2025-12-31", "2026-02-01", "2999-01-01")
    said = [gdp(kept.releases["taken back"], day) for day in days]
    assert said == [[FIRST], [SECOND], [FIRST]]


def test_the_same_bytes_are_no_news_twice(kept: Kept) -> None:
    assert "无变化 Nothing changed" in kept.said["nothing new"].stdout
    assert kept.releases["nothing new"] == kept.releases["taken back"]


def test_a_delivery_that_is_held_says_nothing_any_more(kept: Kept) -> None:
    assert kept.said["held"].exit_code == 0
    assert kept.said["without it"].exit_code == 0, kept.said["without it"].output
    assert gdp(kept.releases["without it"], "2999-01-01") == [SECOND]
    listed = [line for line in kept.said["listed"].stdout.splitlines() if "held" in line]
    assert len(listed) == 2
    assert listed[0].endswith("公报2024重发.csv  ⏸ 暂停 held")
    assert listed[1].endswith("暂停使用 held: sent by mistake")


def test_a_missing_entry_is_found_and_written_again(kept: Kept) -> None:
    assert kept.said["verified"].exit_code == 1
    assert "a receipt tells of yunxi-profile:" in kept.said["verified"].stderr
    # The run wrote it again before it counted: no figure of it is lost.
    assert kept.said["verified again"].exit_code == 0
    assert ask(
        kept.releases["without it"],
        "select count(*) from core.observation where data_set_id = 'yunxi-profile'",
    ) == ask(
        kept.releases["revised"],
        "select count(*) from core.observation where data_set_id = 'yunxi-profile'",
    )
