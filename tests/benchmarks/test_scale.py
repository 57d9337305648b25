"""What many figures cost, phase by phase, with the peak of memory: printed, never asserted.

Every figure is invented, and says so in the column 模拟: nothing here is data of a place.

pytest -m benchmark -s tests/benchmarks/test_scale.py
QUTONG_BENCHMARK_FIGURES=1000000 runs a million figures cold, from files to the publication.
QUTONG_BENCHMARK_OBSERVATIONS=10000000 adds a month to a history of ten millions. That history goes
through archive, landing, gate and models as any other; only its files were not read, but their
parse results generated.
QUTONG_BENCHMARK_VERSIONS=50000000 asks `core.as_of` for a day among fifty million versions.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.benchmarks.invented import (
    INDICATORS,
    archive_parsed_months,
    deliver_month,
    invented_district,
)
from tests.benchmarks.phases import measured, table

pytestmark = pytest.mark.benchmark


def wanted(name: str, small: int) -> int:
    """How many the person who asks wants; few enough for seconds otherwise."""
    return int(os.environ.get(f"QUTONG_BENCHMARK_{name}", small))


def test_many_figures_cold(tmp_path: Path) -> None:
    figures = wanted("FIGURES", 8_000)
    regions = 100 if figures >= 100_000 else 10
    settings = invented_district(tmp_path, regions)
    for number in range(figures // (INDICATORS * regions)):
        deliver_month(settings, number, regions)
    print("\n" + table(f"{figures} figures, cold", measured(tmp_path, last="publish")))


def test_one_more_month_on_a_long_history(tmp_path: Path) -> None:
    observations = wanted("OBSERVATIONS", 20_000)
    regions = 100 if observations >= 100_000 else 10
    months = observations // (INDICATORS * regions)
    settings = invented_district(tmp_path, regions)
    deliver_month(settings, 0, regions)
    measured(tmp_path, last="collect")
    archive_parsed_months(settings, range(1, months))
    cold = measured(tmp_path, last="publish")
    deliver_month(settings, months, regions)
    more = measured(tmp_path, last="publish")
    print("\n" + table(f"{observations} observations, cold", cold))
    print(table("one month more", more))
