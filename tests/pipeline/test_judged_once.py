"""A delivery is judged once by what sees it alone; what is told is that of judging all at once.

Belongs here: that law, over deliveries, a withdrawal and an edited declaration; and that nothing is
looked at again. Does not belong here: what the rules find (``tests/rejects``).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.judge.suites import Suite
from orchestration.judge.worker import Judge
from orchestration.process.contract import landing_tables
from orchestration.settings import Settings
from orchestration.steps import collect, delivery_gate, land
from orchestration.steps.door import entered
from orchestration.steps.workplace import Workplace
from tests.support import (
    GOOD_ROW,
    INVESTMENT,
    NOW,
    deliver,
    hold,
    investment,
    make_project,
    profile,
)

pytestmark = pytest.mark.core

ACCEPTED = list(landing_tables()["delivery"]).index("cells_accepted")
OTHER_ROW = GOOD_ROW.replace("480.1", "490.2")


class Counting:
    """Validates suites, and remembers which."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def validate(self, database: Path, suites: list[Suite], *more: Any) -> Any:
        self.asked += [suite.delivery_id for suite in suites]
        return Judge().validate(database, suites, *more)


def judge(settings: Settings) -> tuple[list[list[tuple[Any, ...]]], list[str]]:
    """Collect, land and judge; what the gate tells of everything, and the deliveries it asked of.

    ``checked_count`` of every rule is part of it, so what is left out is missed.
    """
    work, judges = Workplace(settings, now=NOW), Counting()
    work.__dict__["judge"] = judges
    with entered(work, release_id="2026-03-01.1", release_time=NOW):
        collect.collect(work, [declared.id for declared in work.declarations])
        land.land_deliveries(work, land.landed_deliveries(work))
        delivery_gate.judge_deliveries(work)
    with duckdb.connect(str(settings.database), read_only=True) as con:
        told = [
            con.execute(f"select * from landing.{table} order by all").fetchall()
            for table in ("finding", "validation", "delivery")
        ]
    return told, judges.asked


def at_once(settings: Settings) -> list[list[tuple[Any, ...]]]:
    """What is told where nothing was judged before; the work database stays as it was."""
    aside = settings.database.with_suffix(".aside")
    settings.database.rename(aside)
    told, _ = judge(settings)
    aside.replace(settings.database)
    return told


def share_too_large(settings: Settings) -> None:
    rows = [INVESTMENT[0], ("其中：工业投资", "亿元", 50.0, None, 125.0)]
    table = investment(rows, title="云溪区固定资产投资（2025年1—12月）")
    deliver(settings, "yunxi-investment", "2026-02-10", "投资2025下半年.xlsx", table)


def said_twice(settings: Settings) -> None:
    content = profile(GOOD_ROW, OTHER_ROW)
    deliver(settings, "yunxi-profile", "2026-02-11", "公报2022.csv", content)


def mended(settings: Settings) -> None:
    deliver(settings, "yunxi-profile", "2026-02-12", "公报2022更正.csv", profile(OTHER_ROW))


def withdrawn(settings: Settings) -> None:
    name = "投资2025上半年.xlsx"
    next(settings.deliveries.rglob(name)).unlink()
    received = Workplace(settings, now=NOW).archive.received("yunxi-investment")
    hold(settings, next(d.delivery_id for d in received if d.file_name == name))


def declared_otherwise(settings: Settings) -> None:
    file = next(settings.raw.rglob("yunxi-profile.yml"))
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("grade: official", "grade: research", 1), encoding="utf-8")


Change = Callable[[Settings], None]


def test_what_was_judged_before_is_told_as_if_it_were_judged_now(tmp_path: Path) -> None:
    settings = make_project(tmp_path)
    deliver(settings, "yunxi-profile", "2026-02-09", "公报2023.csv", profile(GOOD_ROW))
    judge(settings)
    steps: tuple[tuple[Change, int | None], ...] = (
        (share_too_large, 1),
        (said_twice, 1),
        (mended, 1),
        (lambda _: None, 0),
        (withdrawn, None),
        (declared_otherwise, None),
    )
    for change, asked in steps:
        change(settings)
        told, judged = judge(settings)
        kept = list((settings.validations / "delivery").glob("*.json"))
        assert len(kept) == len([row for row in told[2] if row[ACCEPTED]])
        assert told == at_once(settings), change
        if asked is not None:
            assert len(judged) == asked, change
    findings = {row[1] for row in told[0]}
    assert {"key.duplicate", "value.share-out-of-range"} <= findings
