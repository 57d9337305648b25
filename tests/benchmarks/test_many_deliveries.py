"""What a long life costs: thousands of deliveries, receipts and releases; printed, never asserted.

pytest -m benchmark -s tests/benchmarks/test_many_deliveries.py
QUTONG_BENCHMARK_DELIVERIES=5000 and QUTONG_BENCHMARK_RELEASES=2000 are what a bureau comes to in
years; every look at so many files leaves as many receipts.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from orchestration.collect.archive import place_of
from orchestration.collect.parse import Parsed, figures_digest
from orchestration.publish import ledger
from orchestration.settings import CODE_ROOT, Settings
from orchestration.steps.workplace import Workplace
from tests.support import deliver, make_project, profile

pytestmark = pytest.mark.benchmark

DAY = "2025-03-05"
ROW = "学校数,云溪区,2024年,年度,{value},,所,个数,表{number},yunxi-press,,,是"


def timed(settings: Settings, *arguments: str) -> float:
    """Wall seconds of a command in a process of its own."""
    command = [sys.executable, "-m", "orchestration.cli", "--project", str(settings.project)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("QUTONG_")}
    begin = time.perf_counter()
    done = subprocess.run(
        [*command, *arguments], cwd=CODE_ROOT, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()[-2000:]
    return time.perf_counter() - begin


def deliver_one(settings: Settings, number: int) -> Path:
    """One invented figure, which says that it is simulated."""
    row = ROW.format(value=40 + number % 9, number=number)
    return deliver(settings, "yunxi-profile", DAY, f"公报{number}.csv", profile(row))


def receive_many(settings: Settings, many: int) -> None:
    """Put deliveries into the archive with what reading them would give: it would take an hour."""
    import polars as pl

    work = Workplace(settings)
    declared, lists = work.declarations.get("yunxi-profile"), work.declarations.codelists
    read: tuple[Parsed, pl.DataFrame] | None = None
    for number in range(many):
        path = deliver_one(settings, number)
        place = place_of("folder", path.relative_to(settings.deliveries / declared.id))
        day = date.fromisoformat(DAY)
        own, _ = work.archive.store(
            path, declared.id, connector="folder", delivered_on=day, place=place
        )
        stem = work.store.stem(own, declared)
        if read is None:
            like = stem
            known, _ = work.store.parse(own, declared, work.archive, lists)
            read = known, pl.read_parquet(stem.with_suffix(".accepted.parquet"))
            continue
        for kind in ("quarantine", "notes"):
            os.link(like.with_suffix(f".{kind}.parquet"), stem.with_suffix(f".{kind}.parquet"))
        figure = (
            read[1]
            .with_columns(
                source_place=pl.lit(f"表{number}"),
                value=pl.lit(40 + number % 9).cast(pl.Decimal(38, 8)),
            )
            .cast(read[1].schema)
        )
        figure.write_parquet(stem.with_suffix(".accepted.parquet"))
        figures = figures_digest(figure)
        work.store.write_counts(
            stem, replace(read[0], delivery_id=own.delivery_id, sha256=own.sha256, figures=figures)
        )


def steps_of(settings: Settings) -> str:
    told = json.loads((settings.work / "last_run.json").read_text("utf-8"))
    return ", ".join(f"{name} {seconds:.1f}" for name, seconds in told["seconds"].items())


def test_one_delivery_among_many(tmp_path: Path) -> None:
    many = int(os.environ.get("QUTONG_BENCHMARK_DELIVERIES", "200"))
    settings = make_project(tmp_path / "district", with_deliveries=False)
    receive_many(settings, many)
    print(f"\n{many} deliveries")
    print(f"  run, all read          {timed(settings, 'run'):7.1f} s  ({steps_of(settings)})")
    deliver_one(settings, many)
    print(f"  run, one more          {timed(settings, 'run'):7.1f} s  ({steps_of(settings)})")
    print(f"  run, unchanged         {timed(settings, 'run'):7.1f} s")
    while sum(1 for _ in Workplace(settings).archive.receipts()) < 4 * many:
        timed(settings, "run")
    print(f"{4 * many} receipts")
    print(f"  run, unchanged         {timed(settings, 'run'):7.1f} s")
    for command in (["status"], ["delivery", "list"], ["release", "list"], ["archive", "verify"]):
        print(f"  {' '.join(command):<22} {timed(settings, *command):7.2f} s")


def test_many_releases(tmp_path: Path) -> None:
    many = int(os.environ.get("QUTONG_BENCHMARK_RELEASES", "100"))
    settings = make_project(tmp_path / "district")
    timed(settings, "run")
    copy_releases(settings, many)
    print(f"\n{many} releases")
    for command in (["status"], ["release", "list"], ["sql", "select 1"]):
        print(f"  {' '.join(command):<22} {timed(settings, *command):7.2f} s")
    deliver_one(settings, 1)
    print(f"  run, one delivery      {timed(settings, 'run'):7.1f} s  ({steps_of(settings)})")


def copy_releases(settings: Settings, many: int) -> None:
    """Releases before the one that was made, as many days ago: links to its files."""
    releases = Workplace(settings).releases
    made = releases.current.resolve()
    (entry,) = ledger.published(releases).values()
    lines = []
    for number in range(many):
        name = f"19{number // 300:02}-{number // 28 % 10 + 1:02}-{number % 28 + 1:02}.{number}"
        shutil.copytree(made, releases.release(name), copy_function=os.link)
        lines.append(json.dumps({**vars(entry), "release_id": name}))
    releases.ledger.write_text("\n".join((*lines, releases.ledger.read_text("utf-8"))), "utf-8")
