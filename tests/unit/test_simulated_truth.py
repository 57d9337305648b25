"""The figures of the simulated district: sums, growth under a frame, revisions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from orchestration.authoring.months.departments import DEPARTMENTS, Department
from orchestration.authoring.months.simulate import simulate
from orchestration.authoring.months.truth import Revision, Truth, months_from
from orchestration.cli import main
from orchestration.declarations import load_declarations
from orchestration.errors import DeclarationError
from orchestration.settings import load_settings

RETAIL = next(d for d in DEPARTMENTS if d.id == "sim-retail")
FISCAL = next(d for d in DEPARTMENTS if d.id == "sim-fiscal")
LATER = date(2030, 1, 1)


@given(st.integers(0, 5), st.integers(2020, 2029), st.integers(1, 12))
def test_parts_make_up_their_whole_in_every_cut(seed: int, year: int, month: int) -> None:
    truth = Truth(seed)
    whole = RETAIL.items[0]
    for value in (truth.month, truth.to_date):
        total = value(RETAIL, whole, (year, month), LATER)
        for cut in (whole.parts, whole.other_parts):
            assert sum(value(RETAIL, part, (year, month), LATER) for part in cut) == total


@given(st.integers(0, 5), st.integers(2020, 2029), st.integers(2, 12))
def test_a_month_is_what_is_added_to_the_year(seed: int, year: int, month: int) -> None:
    truth, item = Truth(seed), FISCAL.items[1]
    before = truth.to_date(FISCAL, item, (year, month - 1), LATER)
    added = truth.month(FISCAL, item, (year, month), LATER)
    assert truth.to_date(FISCAL, item, (year, month), LATER) == before + added


def test_growth_is_on_the_base_of_this_years_frame() -> None:
    truth, item = Truth(1), DEPARTMENTS[0].items[0]
    march = (2025, 3)
    now = truth.to_date(DEPARTMENTS[0], item, march, LATER)
    before = truth.to_date(DEPARTMENTS[0], item, (2024, 3), LATER)
    frame = truth.frame(DEPARTMENTS[0], item, 2025)
    assert (now, before, frame) == (Decimal("394.01"), Decimal("367.24"), Decimal("1.0018"))
    # 394.01 / 367.24 is 7.3 % more; on the base of this year's frame, 367.90, it is 7.1 %.
    said = truth.growth(DEPARTMENTS[0], item, march, LATER, is_to_date=True)
    assert said == Decimal("7.1")


def test_a_revision_counts_from_its_day_in_the_part_the_whole_and_the_year() -> None:
    truth, part = Truth(1), FISCAL.items[0].parts[0]
    on = date(2025, 4, 21)
    truth.revisions[part.code, (2025, 3)] = Revision(part.code, (2025, 3), Decimal("1.1"), on)
    for item in (part, FISCAL.items[0]):
        for value in (truth.month, truth.to_date):
            first = value(FISCAL, item, (2025, 3), date(2025, 4, 20))
            assert value(FISCAL, item, (2025, 3), on) > first
            # What was printed before stays as it was known then.
            assert value(FISCAL, item, (2025, 3), date(2025, 4, 20)) == first


def test_january_is_not_reported_where_it_comes_with_february() -> None:
    span = (2024 * 12 + 10, 2025 * 12 + 2)
    assert list(months_from(*span, together=True)) == [(2024, 11), (2024, 12), (2025, 2), (2025, 3)]
    assert list(months_from(*span, together=False))[2] == (2025, 1)


def test_twelve_departments_with_their_own_layouts_are_declared_soundly(tmp_path: Path) -> None:
    simulate(
        tmp_path / "d", first=(2025, 1), months=1, departments=12, seed=1, today=date(2026, 1, 1)
    )
    declared = load_declarations(load_settings(tmp_path / "d"))
    assert len(list(declared)) == 12
    assert all(entry.data_set.simulated for entry in declared)
    assert len({_look(d) for d in DEPARTMENTS}) >= 10


def _look(department: Department) -> tuple[object, ...]:
    kinds = tuple(sorted({item.kind for _, item in department.rows}))
    return (
        department.shape,
        department.encoding,
        department.only_to_date,
        kinds,
        department.together,
    )


def test_no_file_comes_from_the_future(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="which is not yet") as caught:
        simulate(
            tmp_path / "d", first=(2025, 1), months=6, departments=2, seed=1, today=date(2025, 5, 1)
        )
    assert "--from" in (caught.value.remedy or "")


def test_a_district_is_not_overwritten(tmp_path: Path) -> None:
    words = ["simulate", "months", str(tmp_path / "d"), "--months", "1", "--departments", "1"]
    assert CliRunner().invoke(main, words).exit_code == 0
    again = CliRunner().invoke(main, words)
    assert (again.exit_code, "there is a district here already" in again.stderr) == (2, True)
