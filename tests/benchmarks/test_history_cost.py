"""What one more month costs on a short and on a long history: printed, never asserted.

Every figure is invented, and says so in the column 模拟: nothing here is data of a place.

pytest -m benchmark -s tests/benchmarks/test_history_cost.py
QUTONG_BENCHMARK_MONTHS=6,48,120 names the histories to try.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.benchmarks.invented import deliver_month, invented_district
from tests.benchmarks.phases import measured, table

pytestmark = pytest.mark.benchmark


def test_one_more_month(tmp_path: Path) -> None:
    told = []
    for months in map(int, os.environ.get("QUTONG_BENCHMARK_MONTHS", "6,48,120").split(",")):
        settings = invented_district(tmp_path / str(months))
        for number in range(months):
            deliver_month(settings, number)
        # Up to the marts gate: what it never passed is no ground to build on.
        told.append(table(f"{months} months, cold", measured(settings.project, last="marts gate")))
        deliver_month(settings, months)
        told.append(table("one month more", measured(settings.project, last="marts gate")))
    print("\n" + "\n".join(told))
