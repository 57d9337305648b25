"""The simulated district: a run says of it what its key of answers says, no more, no less."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.settings import Settings, load_settings
from tests.pipeline.released import ask, current, last_run, qutong

SPAN = ("--from", "2025-01", "--months", "6", "--departments", "4", "--seed", "1")


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Half a year of four departments, laid out by the command and run once."""
    folder = tmp_path_factory.mktemp("simulated") / "district"
    from click.testing import CliRunner

    from orchestration.cli import main

    laid = CliRunner().invoke(main, ["simulate", "months", str(folder), *SPAN])
    assert laid.exit_code == 0, laid.output
    settings = load_settings(folder)
    done = qutong(settings, "run", through_dagster=False, all_products=False)
    # What was refused has been sent again by now, so nothing is open.
    assert done.exit_code == 0, done.output
    return settings


def answers(settings: Settings, name: str) -> list[dict[str, str]]:
    with (settings.project / "answers" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_version_of_every_figure_is_the_one_of_the_key(district: Settings) -> None:
    expected = {
        (
            row["data_set_id"],
            row["indicator_code"],
            row["region_code"],
            row["period"],
            row["period_kind"],
            row["measure"],
            Decimal(row["value"]),
            row["unit"],
            row["known_from"],
            row["known_to"] or None,
        )
        for row in answers(district, "values")
    }
    found = ask(
        current(district),
        "select data_set_id, indicator_code, region_code, period, period_kind, measure, value, "
        "unit, known_from::varchar, known_to::varchar from core.observation "
        "where value is not null and repeat_of is null",
    )
    assert len(expected) == 302
    assert len(found) == len(set(found)), "a version stands twice"
    assert set(found) == expected


def test_what_has_to_be_refused_is_and_nothing_else(district: Settings) -> None:
    told = answers(district, "deliveries")
    expected = {row["file"] for row in told if row["must_be"] == "refused"}
    assert {row["kind"] for row in told} == {
        "clean", "late", "revised", "mended", "unit", "format", "text",
    }  # fmt: skip
    refused = last_run(district)["refused"]
    assert {entry["file_name"] for entry in refused} == expected
    assert not any(entry["is_open"] for entry in refused)


def test_it_says_everywhere_that_it_is_simulated(district: Settings) -> None:
    release = current(district)
    assert ask(release, "select count(*) from core.observation where not is_simulated") == [(0,)]
    assert ask(release, "select bool_and(is_simulated) from core.data_set") == [(True,)]
    for file in district.deliveries.rglob("*.*"):
        assert file.name.startswith("模拟_")
    for name in ("values", "deliveries"):
        assert {row["is_simulated"] for row in answers(district, name)} == {"true"}


def test_nothing_of_january_alone_where_it_comes_with_february(district: Settings) -> None:
    periods = ask(
        current(district),
        "select distinct period, obs_status from core.observation "
        "where data_set_id = 'sim-retail' and period < '2025-03' order by all",
    )
    assert ("2025-01", "A") not in periods
    assert ("2025-01/2025-02", "A") in periods


def test_the_same_seed_gives_the_same_bytes_and_a_shorter_span_the_same_months(
    tmp_path: Path,
) -> None:
    from datetime import date

    from orchestration.authoring.months.simulate import simulate

    def laid(name: str, months: int, seed: int) -> dict[str, bytes]:
        done = simulate(
            tmp_path / name,
            first=(2024, 1),
            months=months,
            departments=12,
            seed=seed,
            today=date(2026, 1, 1),
        )
        root = done.directory / "raw" / "deliveries"
        return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}

    one = laid("one", 3, 1)
    assert one == laid("again", 3, 1)
    assert one != laid("other", 3, 2)
    first = "sim-power/2024-02-08/模拟_分行业用电量202401.xlsx"
    assert laid("longer", 5, 1)[first] == one[first]
