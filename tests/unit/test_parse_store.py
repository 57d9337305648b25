"""Parse results on disk: read again where whole, made again where a file of them is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.collect.parse import RESULT_KINDS
from orchestration.steps import collect
from orchestration.steps.workplace import Workplace
from tests.support import GOOD_ROW, NOW, drop, make_project, profile

pytestmark = pytest.mark.core


@pytest.mark.parametrize("lost", [".json", *(f".{kind}.parquet" for kind in RESULT_KINDS)])
def test_a_result_that_lost_a_file_is_made_again(tmp_path: Path, lost: str) -> None:
    settings = make_project(tmp_path)
    work = Workplace(settings, now=NOW)
    declared = work.declarations.get("yunxi-investment")
    assert collect.collect_one(work, declared).parsed_now == 1
    (delivery,) = work.archive.deliveries(declared.id)
    work.store.stem(delivery, declared).with_suffix(lost).unlink()
    assert collect.collect_one(Workplace(settings, now=NOW), declared).parsed_now == 1
    assert collect.collect_one(Workplace(settings, now=NOW), declared).parsed_now == 0


def test_bytes_that_came_again_are_read_anew_with_their_declaration(tmp_path: Path) -> None:
    """Given A, B and A again, when code lists change, then all three deliveries are read again."""
    settings = make_project(tmp_path, with_deliveries=False)
    for value in ("501", "502", "501"):
        drop(
            settings, "yunxi-profile", f"公报{value}.csv", profile(GOOD_ROW.replace("480.1", value))
        )
        work = Workplace(settings, now=NOW)
        collect.collect_one(work, work.declarations.get("yunxi-profile"))
    units = settings.raw / "codelists" / "units.csv"
    units.write_text(units.read_text("utf-8") + "\n", "utf-8")
    work = Workplace(settings, now=NOW)
    read = collect.collect_one(work, work.declarations.get("yunxi-profile"))
    assert (read.deliveries, read.parsed_now) == (3, 3)
