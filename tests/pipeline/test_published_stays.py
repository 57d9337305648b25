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

from orchestration.collect.archive import Archive
from orchestration.settings import Settings
from tests.pipeline.released import Released, ask, copy_of, current, qutong
from tests.support import INVESTMENT, NOW, Row, deliver, drop, hold, investment, profile

MORE: tuple[Row, ...] = (("其中：工业投资", "亿元", 51.0, None, 25.5), INVESTMENT[2])


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
    return Told(done, found, settings.releases / current(settings).name)


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
        "6 figures published in 2026-03-01.1 gone although no delivery did it and nobody "
        "decided so: 云州市云溪区 2025-01/2025-06 固定资产投资 200 亿元 | "
    )


def test_the_archive_restored_from_its_backup_is_enough(lost: dict[str, Told]) -> None:
    assert lost["restored"].done.exit_code == 0, lost["restored"].done.output
    # Its folder is gone still: that is said, and all figures count.
    assert "2 of 2 deliveries" in lost["restored"].done.stdout
    assert lost["restored"].found == []
    assert ask(
        lost["restored"].release,
        "select rule_id, message_en from quality.finding "
        "where rule_id = 'delivery.gone-from-folder'",
    ) == [
        (
            "delivery.gone-from-folder",
            "投资2025上半年.xlsx lies in its folder no more and counts: 6 figures",
        )
    ]


def test_a_delivery_filed_under_the_day_of_what_was_published_is_asked_about(
    first: Released, tmp_path: Path
) -> None:
    """Filed under the day of the workbook of July, it would leave that no day; it came later."""
    settings = copy_of(first, tmp_path / "district")
    content = investment((INVESTMENT[0], *MORE))
    deliver(settings, "yunxi-investment", "2025-07-15", "投资2025上半年订正.xlsx", content)
    told = step(settings, "run")
    assert told.done.exit_code == 1
    ((rule, _, said),) = told.found
    assert rule == "published.figures-changed"
    assert "云州市云溪区 2025-01/2025-06 工业投资 50 亿元 → 51 亿元" in said
    again = Archive(settings.archive, NOW).received("yunxi-investment")[-1].delivery_id
    redate = ("delivery", "redate", again, "--day", "2025-08-01", "--reason", "came in August")
    assert step(settings, *redate).done.exit_code == 0
    told = step(settings, "run")
    assert told.done.exit_code == 0, told.done.output
    industry = (
        "select value, known_from from core.observation where indicator_code = 'fai_industry'"
    )
    assert ask(told.release, f"{industry} order by known_from") == [
        (Decimal(50), date(2025, 7, 15)),
        (Decimal(51), date(2025, 8, 1)),
    ]


def test_a_delivery_that_is_held_takes_its_figures_with_it(first: Released, tmp_path: Path) -> None:
    settings = copy_of(first, tmp_path / "district")
    hold(settings, "yunxi-investment:")
    told = step(settings, "run", "--quiet")
    assert told.done.exit_code == 0, told.done.output
    assert told.found == []
    assert ask(told.release, "select count(*) from core.observation") == [(7,)]


# --- a declaration is edited ------------------------------------------------------------------

PRESS = "地区生产总值,云溪区,{year}年,年度,{value},,万元,水平值,头版,yunxi-press,,,"
REPRINT = "地区生产总值,云溪区,2024年,年度,513.0,,亿元,水平值,一、综合,yunxi-bulletin,2025-02-28,,"
BEFORE, NOW_AND_LATER = "2026-03-01", "2999-01-01"
PUBLISHED = "2026-03-01.1"


def worth(settings: Settings, factor: int) -> None:
    """Declare what 万元 is worth; it is worth 10 000."""
    units = settings.raw / "codelists" / "units.csv"
    lines = units.read_text("utf-8").splitlines()
    own = f"万元,万元,10 thousand yuan,currency_cny,{factor},人民币万元|万元人民币,CNY_E4"
    lines = [own if line.startswith("万元,") else line for line in lines]
    units.write_text("\n".join((*lines, "")), "utf-8")


@pytest.fixture(scope="module")
def edited(first: Released, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    """The same bytes mean something else, because a unit is declared otherwise."""
    settings = copy_of(first, tmp_path_factory.mktemp("edited") / "district")
    decide = ("declaration", "decide", "yunxi-profile")
    told: dict[str, Told] = {}
    worth(settings, 10)
    told["edited"] = step(settings, "run")
    worth(settings, 10_000)
    told["undone"] = step(settings, "run")
    told["nothing to decide"] = step(settings, *decide, "kept", "--reason", "why not")
    worth(settings, 10)
    told["decided to correct"] = step(settings, *decide, "corrected", "--reason", "ten, not more")
    told["corrected"] = step(settings, "run")
    worth(settings, 100)
    told["decided to keep"] = step(settings, *decide, "kept", "--reason", "it was ten then")
    drop(settings, "yunxi-profile", "公报2023.csv", profile(PRESS.format(year=2023, value=4801)))
    drop(settings, "yunxi-profile", "公报2024重印.csv", profile(REPRINT))
    told["kept"] = step(settings, "run")
    worth(settings, 1000)
    told["decided for later"] = step(settings, *decide, "forward", "--reason", "as of now")
    worth(settings, 10_000)
    told["forward"] = step(settings, "run")
    told["rebuilt"] = step(settings, "rebuild")
    return told


def gdp(told: Told, day: str, year: int, place: str) -> list[Decimal]:
    """The district's GDP at a place, as it was known on a day."""
    found = ask(
        told.release,
        f"select value from core.as_of(date '{day}') where indicator_code = 'gdp' "
        f"and region_code = '990101' and period = '{year}' and source_place = '{place}'",
    )
    return [value for (value,) in found]


def press(told: Told, day: str, year: int = 2024) -> list[Decimal]:
    return gdp(told, day, year, "头版")


def test_published_figures_do_not_change_in_silence(edited: dict[str, Told]) -> None:
    assert edited["edited"].done.exit_code == 1
    assert edited["edited"].release.name == PUBLISHED
    assert "qutong declaration decide" in edited["edited"].done.output
    assert edited["edited"].found == [
        (
            "published.figures-changed",
            "yunxi-profile",
            "1 figure published in 2026-03-01.1 changed although no delivery did: "
            "云州市云溪区 2024 地区生产总值 512.3 亿元 → 0.5123 亿元",
        )
    ]


def test_an_edit_that_is_undone_changes_nothing(edited: dict[str, Told]) -> None:
    assert edited["undone"].done.exit_code == 0
    assert "Nothing changed: release 2026-03-01.1" in edited["undone"].done.stdout
    assert edited["nothing to decide"].done.exit_code == 1
    assert "nothing that was published of yunxi-profile" in edited["nothing to decide"].done.stderr


def test_a_correction_is_known_from_the_day_it_was_decided(edited: dict[str, Told]) -> None:
    assert edited["decided to correct"].done.exit_code == 0
    assert edited["corrected"].done.exit_code == 0, edited["corrected"].done.output
    assert press(edited["corrected"], BEFORE) == [Decimal("512.3")]
    assert press(edited["corrected"], NOW_AND_LATER) == [Decimal("0.5123")]


def test_figures_beside_it_keep_their_id(edited: dict[str, Told], first: Released) -> None:
    others = (
        "select observation_id, known_from, known_to, value from core.observation "
        "where source_place <> '头版' order by all"
    )
    assert ask(edited["corrected"].release, others) == first.rows(others)


def test_what_is_kept_is_kept_from_a_later_edit(edited: dict[str, Told]) -> None:
    assert edited["kept"].done.exit_code == 0, edited["kept"].done.output
    assert press(edited["kept"], BEFORE) == [Decimal("512.3")]
    assert press(edited["kept"], NOW_AND_LATER) == [Decimal("0.5123")]
    # A delivery that came after the edit is read as the declaration says.
    assert press(edited["kept"], NOW_AND_LATER, 2023) == [Decimal("0.004801")]


def test_a_revision_that_repeats_the_old_date_erases_nothing(edited: dict[str, Told]) -> None:
    assert gdp(edited["kept"], BEFORE, 2024, "一、综合") == [Decimal("512.3")]
    assert gdp(edited["kept"], NOW_AND_LATER, 2024, "一、综合") == [Decimal("513.0")]


def test_a_declaration_for_later_deliveries_asks_no_more(edited: dict[str, Told]) -> None:
    assert edited["forward"].done.exit_code == 0, edited["forward"].done.output
    assert press(edited["forward"], NOW_AND_LATER) == [Decimal("0.5123")]
    assert press(edited["forward"], NOW_AND_LATER, 2023) == [Decimal("0.004801")]


def test_a_rebuild_comes_to_the_same_history(edited: dict[str, Told]) -> None:
    history = "from core.observation order by all"
    assert edited["rebuilt"].done.exit_code == 0, edited["rebuilt"].done.output
    assert ask(edited["rebuilt"].release, history) == ask(edited["forward"].release, history)


# --- archived bytes are damaged ---------------------------------------------------------------


@pytest.fixture(scope="module")
def damaged(first: Released, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    """The archive's copy of the workbook is torn, nothing of it is left, and all is read anew."""
    settings = copy_of(first, tmp_path_factory.mktemp("damaged") / "district")
    shutil.rmtree(settings.deliveries / "yunxi-investment")
    (torn,) = Archive(settings.archive, NOW).received("yunxi-investment")
    path = Archive(settings.archive, NOW).object_path(torn.sha256)
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(content[:100])
    told = {"rebuilt": step(settings, "rebuild"), "again": step(settings, "run")}
    drop(settings, "yunxi-investment", torn.file_name, content)
    told["healed"] = step(settings, "run")
    return told


FOUND = (
    "select rule_id, message_en from quality.finding "
    "where data_set_id = 'yunxi-investment' order by all"
)
FIGURES = "select * exclude (delivery_place) from core.observation order by all"


def test_a_damaged_object_costs_no_figure_that_was_in_force(
    damaged: dict[str, Told], first: Released
) -> None:
    assert damaged["rebuilt"].done.exit_code == 3, damaged["rebuilt"].done.output
    assert "the archived bytes are not those that were received" in damaged["rebuilt"].done.output
    assert ask(damaged["rebuilt"].release, FIGURES) == first.rows(FIGURES)
    assert ask(damaged["rebuilt"].release, FOUND) == [
        (
            "delivery.damaged-object",
            "the archived bytes of 投资2025上半年.xlsx are damaged, but they were read "
            "before: 6 figures as it said then",
        ),
        (
            "delivery.gone-from-folder",
            "投资2025上半年.xlsx lies in its folder no more and counts: 6 figures",
        ),
    ]
    assert damaged["again"].done.exit_code == 3
    assert damaged["again"].release == damaged["rebuilt"].release


def test_the_same_bytes_heal_it(damaged: dict[str, Told], first: Released) -> None:
    assert damaged["healed"].done.exit_code == 0, damaged["healed"].done.output
    assert ask(damaged["healed"].release, FIGURES) == first.rows(FIGURES)
    assert ask(damaged["healed"].release, FOUND) == []
