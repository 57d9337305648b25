"""Sources that tests pull from: real servers on this machine, and projects that declare them.

Belongs here: one module per kind of source, which starts it and breaks it in named ways; and what
all tests of sources need. Does not belong here: expected values.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from orchestration.collect.connectors.attempts import Attempt, Attempts
from orchestration.settings import Settings, load_settings
from orchestration.steps.collect import Collected, collect_one
from orchestration.steps.workplace import Workplace
from tests.support import NOW, make_project

DATA_SET = "yunxi-profile"


FORMATS = {"postgresql": "parquet", "sql": "parquet"}
"""What a connector gives, where that is no CSV."""


def sourced(folder: Path, connector: str, source: Mapping[str, Any], pattern: str = "") -> Settings:
    """The invented district, whose profile is pulled from a source."""
    if folder.exists():
        settings = load_settings(folder)
    else:
        settings = make_project(folder, with_deliveries=False)
    declare(settings, connector, source, pattern)
    return settings


def declare(
    settings: Settings,
    connector: str,
    source: Mapping[str, Any],
    pattern: str = "",
    data_set: str = DATA_SET,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Declare where a data set comes from: the profile, where nothing is said."""
    path = next((settings.raw / "datasets").rglob(f"{data_set}.yml"))
    data, form = yaml.safe_load(path.read_text("utf-8")), FORMATS.get(connector, "csv")
    pattern = pattern or f"*.{form}"
    data["delivery"] |= {"connector": connector, "source": dict(source), "pattern": [pattern]}
    data["delivery"] |= more or {}
    if data_set == DATA_SET:
        data["layout"]["format"] = form
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


def pull(settings: Settings, now: datetime = NOW) -> Collected:
    """What the step ``collect`` does for the profile."""
    work = Workplace(settings, now=now, pause=lambda seconds: None)
    return collect_one(work, work.declarations.get(DATA_SET))


def attempts(settings: Settings) -> list[Attempt]:
    """Receipts of asking the source of the profile."""
    return Attempts(settings.archive).of(DATA_SET)


def archived(settings: Settings) -> list[tuple[str, bytes]]:
    """Name and bytes of every delivery of the profile, in the order of receipt."""
    archive = Workplace(settings, now=NOW).archive
    return [
        (delivery.file_name, archive.object_path(delivery.sha256).read_bytes())
        for delivery in sorted(archive.received(DATA_SET), key=lambda one: one.arrival)
    ]
