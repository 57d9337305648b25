"""What one more month costs on a short and on a long history: printed, never asserted.

Every figure is invented, and says so in the column 模拟: nothing here is data of a place.

pytest -m benchmark -s tests/benchmarks/test_history_cost.py
QUTONG_BENCHMARK_MONTHS=6,48,120 names the histories to try.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.settings import Settings, load_settings
from orchestration.steps import collect, delivery_gate, land, marts
from orchestration.steps.door import entered
from orchestration.steps.workplace import Workplace
from tests.support import PROFILE_HEADER, make_project

pytestmark = pytest.mark.benchmark

INDICATORS, REGIONS = 400, 10
IN_MARTS = 40
"""How many of the indicators stand in a mart too."""
NOW = datetime(2036, 3, 1, 9, 0, tzinfo=UTC)

HEAD = """id: yunxi-returns
title: {zh: 云溪区月报（虚构）, en: Monthly returns of Yunxi (invented)}
theme: investment
owner: 综合科 / General section
simulated: true
origin:
  producer: 云溪区统计局（虚构） / Yunxi statistics bureau (invented)
  documents:
    - id: yunxi-returns
      title: 云溪区月报（虚构）
      title_en: Monthly returns (invented)
      grade: official
delivery: {connector: folder, pattern: ["月报*.csv"], cadence: monthly}
layout:
  kind: records
  columns:
    indicator: 指标
    region: 地区
    period: 期间
    period_kind: 期间类型
    value: 数值
    qualifier: 限定
    unit: 单位
    measure: 类型
    source_place: 章节
    document: 来源
    published: 发布日期
    inferred: 期间推定
    simulated: 模拟
indicators:
"""
INDICATOR = """  - code: invented_{n}
    name: {{zh: 虚构指标{n}, en: Invented indicator {n}}}
    measure: level
    price_basis: current
    base_unit: 亿元
    decimals: 1
    direction: neutral
"""
PLACED = """    mart: investment.fixed_asset_investment
    item: invented_{n}
    item_name: {{zh: 虚构项目{n}, en: Invented item {n}}}
    role: value
"""


def invented_district(folder: Path) -> Settings:
    """The invented district with ten more towns and four hundred more indicators."""
    settings = make_project(folder, with_deliveries=False)
    regions = settings.raw / "codelists" / "regions.csv"
    with regions.open("a", encoding="utf-8") as lines:
        for n in range(REGIONS):
            lines.write(
                f"9901010{n:02},云溪区虚构{n}街道,Town {n} (invented),town,990101,,,,虚构{n}街道\n"
            )
    with (settings.raw / "datasets/investment/yunxi-returns.yml").open(
        "w", encoding="utf-8"
    ) as out:
        out.write(HEAD)
        for n in range(INDICATORS):
            out.write(INDICATOR.format(n=n) + (PLACED.format(n=n) if n < IN_MARTS else ""))
    return load_settings(folder)


def deliver_month(settings: Settings, number: int) -> None:
    """Lay out a month of four thousand figures; ``number`` counts months from January 2024."""
    year, month = 2024 + number // 12, number % 12 + 1
    day = date(year, month, 28) + timedelta(days=10)
    path = settings.deliveries / "yunxi-returns" / day.isoformat() / f"月报{year}年{month}月.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = (
        f"虚构指标{n},虚构{r}街道,{year}年{month}月,月度,"
        f"{100 + (n * 7 + r * 13 + number) % 50}.5,,亿元,水平值,表1,yunxi-returns,,,是"
        for n in range(INDICATORS)
        for r in range(REGIONS)
    )
    path.write_text("\n".join((PROFILE_HEADER, *rows, "")), encoding="utf-8")


def cpu() -> float:
    """Processor seconds of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


@contextmanager
def timed(name: str, told: dict[str, tuple[float, float]]) -> Iterator[None]:
    wall, busy = time.perf_counter(), cpu()
    yield
    told[name] = (cpu() - busy, time.perf_counter() - wall)


def carry_out(settings: Settings) -> dict[str, tuple[float, float]]:
    """From the files on offer to the marts: processor and wall seconds by step."""
    told: dict[str, tuple[float, float]] = {}
    work = Workplace(settings, now=NOW)
    with timed("manifest", told):
        work.dbt.manifest()
        work.dbt._results(["compile", "--select", "core.region"])
    with timed("declare", told):
        _ = work.declarations, work.catalogue
    with entered(work, release_id="r", release_time=NOW):
        with timed("collect", told):
            collect.collect(work, [declared.id for declared in work.declarations])
        with timed("land", told):
            land.land(work)
        with timed("gate", told):
            _, routed = delivery_gate.delivery_gate(work)
        with timed("dbt", told):
            results = marts.build(work, "marts")
    slow = sorted(results, key=lambda r: -r.seconds)[:6]
    print("   slowest:", ", ".join(f"{r.name} {r.seconds:.2f}" for r in slow))
    assert routed.observations > 0
    return told


def test_one_more_month(tmp_path: Path) -> None:
    histories = os.environ.get("QUTONG_BENCHMARK_MONTHS", "6,48,120").split(",")
    lines = []
    for months in map(int, histories):
        settings = invented_district(tmp_path / str(months))
        for number in range(months):
            deliver_month(settings, number)
        cold = carry_out(settings)
        deliver_month(settings, months)
        more = carry_out(settings)
        for kind, told in (("cold", cold), ("+1 month", more)):
            steps = {name: cost for name, cost in told.items() if name != "manifest"}
            busy, wall = (sum(cost[i] for cost in steps.values()) for i in (0, 1))
            lines.append(
                f"{months:>4} months, {kind:<9} cpu {busy:6.1f} s  wall {wall:6.1f} s  "
                + "  ".join(f"{name} {cost[0]:.1f}" for name, cost in steps.items())
            )
    print("\n" + "\n".join(lines))
