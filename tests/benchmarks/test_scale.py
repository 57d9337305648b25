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
import time
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import CODE_ROOT
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


# --- the figures of a day among many versions -------------------------------------------------

VERSIONS = """
create schema core;
create table figure as
select
    i as figure,
    'invented_' || i % 400 as indicator_code,
    '990100' || lpad(cast(i // 400 as varchar), 3, '0') as region_code
from range(40000) as t(i);
create table month as
select i as month, strftime(date '1900-01-01' + to_months(cast(i as integer)), '%Y-%m') as period
from range(1500) as t(i);
-- Of eleven versions the last two are of one figure, revised once.
create table core.observation as
select
    md5(cast(v.i as varchar)) as observation_id,
    f.indicator_code,
    'total' as scope,
    f.region_code,
    m.period,
    'monthly' as period_kind,
    'level' as basis,
    'level' as measure,
    'current' as price_basis,
    '_T' as breakdown,
    cast(v.i % 1000 as decimal(30, 8)) as value,
    3000000 as headline_rank,
    if(v.i % 11 = 10, date '2021-01-01', date '2020-01-01') as known_from,
    if(v.i % 11 = 9, date '2021-01-01', null) as known_to,
    cast(null as varchar) as repeat_of,
    v.i % 11 <> 9 as is_headline,
    'yunxi-returns' as data_set_id,
    -- One indicator in twenty is treated as one that several sources state.
    if(f.figure % 20 = 7, '2020-01-01/', null) as headline_during
from (select i, i // 11 * 10 + least(i % 11, 9) as n from range({versions}) as t(i)) as v
inner join figure as f on v.n % 40000 = f.figure
inner join month as m on v.n // 40000 = m.month
"""
AS_OF = "core.as_of(date '2030-01-01')"
QUESTIONS = {
    "all of an indicator": "sum(value) from {} and indicator_code = 'invented_8'",
    "the same, with rivals": "sum(value) from {} and indicator_code = 'invented_7'",
    "headlines of a region": "sum(value) from {} and region_code = '990100007' and is_headline",
    "sum by region": "list(s) from (select sum(value) as s from {} group by region_code)",
}


def test_the_figures_of_a_day_among_many_versions(tmp_path: Path) -> None:
    con = duckdb.connect(str(tmp_path / "versions.duckdb"))
    con.execute("set memory_limit = '4GB'")
    con.execute(VERSIONS.format(versions=wanted("VERSIONS", 440_000)))
    con.execute((CODE_ROOT / "dbt_project/release/as_of.sql").read_text(encoding="utf-8"))
    for name, question in QUESTIONS.items():
        spent = []
        for source in ("core.observation where known_to is null", f"{AS_OF} where true"):
            begin = time.process_time()
            con.execute(f"select {question.format(source)}").fetchall()
            spent.append(time.process_time() - begin)
        now, then = spent
        print(f"\n{name:<24} in force {now:6.2f} s, as of a day {then:6.2f} s, × {then / now:.2f}")
