"""Given a release, when a declaration is edited or the archive loses something, then what was
published stays until somebody decides.

Belongs here: whole runs against the release in force. Does not belong here: what makes a version
(dbt's unit tests), and acts that are not about what was published (``tests/unit/test_custody``).
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import Result

from orchestration.settings import Settings
from tests.pipeline.released import Released, ask, copy_of, current, qutong
from tests.support import deliver, hold, investment

pytestmark = pytest.mark.core


@dataclass(frozen=True)
class Told:
    """What a run said, what the marts gate found, and the release that readers see after it."""

    done: Result
    found: list[tuple[Any, ...]]
    release: Path


def step(settings: Settings, *arguments: str) -> Told:
    done = qutong(settings, *arguments, through_dagster=False, all_products=False)
    with duckdb.connect(str(settings.database), read_only=True) as con:
        found = con.execute(
            "select rule_id, data_set_id, message_en from landing.finding "
            "where starts_with(rule_id, 'published.') order by all"
        ).fetchall()
    return Told(done, found, current(settings))


# --- the archive loses something --------------------------------------------------------------


@pytest.fixture(scope="module")
def lost(first: Released, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    """Registry and receipts lose a delivery that lies nowhere else; it is then brought back."""
    settings = copy_of(first, tmp_path_factory.mktemp("lost") / "district")
    shutil.rmtree(settings.deliveries / "yunxi-investment")
    registry = settings.archive / "deliveries" / "yunxi-investment"
    (entry,) = registry.iterdir()
    kept = entry.read_bytes()
    entry.unlink()
    for receipts in (settings.archive / "receipts").rglob("*.jsonl"):
        lines = receipts.read_text("utf-8").splitlines(keepends=True)
        receipts.write_text("".join(line for line in lines if "yunxi-profile" in line), "utf-8")
    told = {"missing": step(settings, "run", "--quiet")}
    entry.write_bytes(kept)
    told["restored"] = step(settings, "run", "--quiet")
    return told


def test_a_release_with_fewer_figures_is_not_published(lost: dict[str, Told]) -> None:
    assert lost["missing"].done.exit_code == 1
    assert lost["missing"].release.name == "2026-03-01.1"
    ((rule, data_set, said),) = lost["missing"].found
    assert (rule, data_set) == ("published.figures-gone", "yunxi-investment")
    assert said.startswith(
        "6 figures published in 2026-03-01.1 are gone although no delivery did it and nobody "
        "decided so: 云州市云溪区 2025-01/2025-06 固定资产投资 200 亿元 | "
    )


def test_the_archive_restored_from_its_backup_is_enough(lost: dict[str, Told]) -> None:
    assert lost["restored"].done.exit_code == 0, lost["restored"].done.output
    assert "Nothing changed: release 2026-03-01.1" in lost["restored"].done.stdout


def test_a_delivery_that_is_held_takes_its_figures_with_it(first: Released, tmp_path: Path) -> None:
    settings = copy_of(first, tmp_path / "district")
    hold(settings, "yunxi-investment:")
    told = step(settings, "run", "--quiet")
    assert told.done.exit_code == 0, told.done.output
    assert told.found == []
    assert ask(told.release, "select count(*) from core.observation") == [(7,)]


# --- a declaration is edited ------------------------------------------------------------------


@pytest.fixture(scope="module")
def edited(first: Released, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    """The same bytes mean something else, because a unit is declared otherwise."""
    settings = copy_of(first, tmp_path_factory.mktemp("edited") / "district")
    units = settings.raw / "codelists" / "units.csv"
    before = units.read_text("utf-8")
    units.write_text(
        before.replace("currency_cny,10000,人民币万元", "currency_cny,10,人民币万元"), "utf-8"
    )
    told = {"edited": step(settings, "run")}
    units.write_text(before, "utf-8")
    told["undone"] = step(settings, "run")
    return told


def test_published_figures_do_not_change_in_silence(edited: dict[str, Told]) -> None:
    assert edited["edited"].done.exit_code == 1
    assert edited["edited"].release.name == "2026-03-01.1"
    assert "qutong declaration decide" in edited["edited"].done.output
    assert edited["edited"].found == [
        (
            "published.figures-changed",
            "yunxi-profile",
            "1 figures published in 2026-03-01.1 change although no delivery did: "
            "云州市云溪区 2024 地区生产总值 512.3 亿元 → 0.5123 亿元",
        )
    ]


def test_an_edit_that_is_undone_changes_nothing(edited: dict[str, Told]) -> None:
    assert edited["undone"].done.exit_code == 0
    assert "Nothing changed: release 2026-03-01.1" in edited["undone"].done.stdout
