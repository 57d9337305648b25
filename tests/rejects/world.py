"""The invented district with every bad delivery beside good ones, taken through the gates once.

Belongs here: laying the project out, and the stages of a run without Dagster. Does not belong
here: what is bad (``cases``) and what has to come of it (the tests).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.judge.catalogue import RuleOutcome
from orchestration.settings import Settings
from orchestration.steps import collect, delivery_gate, land, marts, marts_gate
from orchestration.steps.door import entered
from orchestration.steps.report import RunReport
from orchestration.steps.workplace import Workplace
from tests.rejects.cases import (
    DELIVERY_CASES,
    FINDING_CASES,
    final_bulletin,
    repeated_bulletin,
)
from tests.rejects.kinds import FIGURES, MONTHLY, DeliveryCase
from tests.rejects.series_cases import REVISED
from tests.rejects.table_cases import CHANGED_NAME
from tests.support import HERE, deliver, investment, make_project, profile

GOOD_DAY, BAD_DAY = "2025-07-15", "2026-02-10"
GOOD_BULLETIN = (
    HERE / "district/raw/deliveries/yunxi-profile/2025-03-05/公报2024.csv"
).read_bytes()
SIMULATED = profile("学校数,云溪区,2025年,年度,43,,所,个数,三、教育,yunxi-bulletin,2026-01-30,,是")
RELEASE_ID, RELEASE_TIME = "2026-03-01.1", datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@dataclass
class Stage:
    """A project at one point of its run, kept aside so that it can be gone back to.

    Attributes:
        work: Where it came to this point.
        kept: Copy of the work database, and with it of all that the steps left.
        report: What the run said when it left, where it was one.
    """

    work: Workplace
    kept: Path
    report: RunReport | None = None

    @property
    def settings(self) -> Settings:
        return self.work.settings

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of the work database as it was at this point."""
        return [tuple(row) for row in self._connection.execute(sql, parameters).fetchall()]

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.kept), read_only=True)

    def again(self, tamper: str = "") -> Workplace:
        """Go back to this point, change something, and go on as another process would."""
        shutil.copyfile(self.kept, self.settings.database)
        if tamper:
            with duckdb.connect(str(self.settings.database)) as connection:
                connection.execute(tamper)
        return Workplace(self.settings)


def lay_out(folder: Path) -> Settings:
    """The district, a data set for every bad delivery, and what the marts gate finds things in."""
    settings = make_project(folder)
    (settings.raw / "codelists" / "synonyms.csv").write_text(CHANGED_NAME, encoding="utf-8")
    for case in DELIVERY_CASES:
        declare(settings, case)
        good = ("公报2024.csv", GOOD_BULLETIN)
        if case.like == MONTHLY:
            good = ("投资2025上半年.xlsx", investment())
        if case.good is not None:
            good = (case.good.name, case.good.content())
        deliver(settings, case.data_set, GOOD_DAY, *good)
        deliver(settings, case.data_set, BAD_DAY, case.name, case.read())
    laid = {
        "funds": "investment",
        "figures": "profile",
        "peers": "profile",
        "systems": "profile",
        "planned": "plan",
    }
    for name, theme in ((f"yunxi-{name}.yml", theme) for name, theme in laid.items()):
        (settings.raw / "datasets" / theme).mkdir(exist_ok=True)
        shutil.copy(HERE / "rejects" / name, settings.raw / "datasets" / theme)
    shutil.copy(HERE / "rejects" / "evaluation_rules.csv", settings.raw / "codelists")
    for found in FINDING_CASES:
        deliver(settings, found.data_set, GOOD_DAY, found.name, found.content())
    deliver(settings, "yunxi-profile", BAD_DAY, "公报2024_最终核实.csv", final_bulletin())
    deliver(settings, "yunxi-profile", BAD_DAY, "公报2025_模拟.csv", SIMULATED)
    deliver(settings, FIGURES, BAD_DAY, "关联2024修订.csv", REVISED())
    deliver(settings, "yunxi-profile", BAD_DAY, "公报2012.csv", repeated_bulletin())
    return settings


def declare(settings: Settings, case: DeliveryCase) -> None:
    """Declare the data set of a case: that of ``case.like``, referring to its indicators."""
    source = next((settings.raw / "datasets").rglob(f"{case.like}.yml"))
    data: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    own = [
        {key: entry[key] for key in ("code", "labels", "column") if key in entry}
        for entry in data["indicators"]
    ]
    changes: Mapping[str, Any] = case.declared
    data |= {key: value for key, value in changes.items() if key != "indicators"}
    data |= {"id": case.data_set, "indicators": [*own, *changes.get("indicators", ())]}
    target = source.with_name(f"{case.data_set}.yml")
    target.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    if case.corrections:
        corrections = settings.raw / "corrections" / f"{case.data_set}.yml"
        corrections.parent.mkdir(exist_ok=True)
        entries = {"corrections": [dict(entry) for entry in case.corrections]}
        corrections.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")


def judge_deliveries(settings: Settings, kept: Path) -> tuple[Stage, dict[str, RuleOutcome]]:
    """Collect and land everything, and let the delivery gate route it."""
    work = Workplace(settings)
    with entered(work, release_id=RELEASE_ID, release_time=RELEASE_TIME) as here:
        collect.collect(work, [declared.id for declared in work.declarations])
        land.land(work)
        with duckdb.connect(str(settings.database)) as connection:
            for case in DELIVERY_CASES:
                if case.tamper:
                    connection.execute(case.tamper.format(data_set=case.data_set))
        outcomes, _ = delivery_gate.delivery_gate(work)
    shutil.copyfile(settings.database, kept)
    return Stage(work, kept, here.report), {outcome.rule_id: outcome for outcome in outcomes}


def process(stage: Stage, kept: Path) -> Stage:
    """Build and test the marts."""
    work = stage.again()
    marts.build(work, "marts")
    shutil.copyfile(work.settings.database, kept)
    return Stage(work, kept)


def judge_marts(stage: Stage, kept: Path) -> Stage:
    """Let the marts gate judge what was built, and build the tables that say so."""
    work = stage.again()
    marts_gate.marts_gate(work)
    shutil.copytree(work.settings.reports, kept.with_name("reports"))
    marts.build(work, "quality")
    shutil.copyfile(work.settings.database, kept)
    return Stage(work, kept)
