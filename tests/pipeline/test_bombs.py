"""Hostile files through the door that a user goes through: set aside, and the rest is published.

Belongs here: whole runs. Does not belong here: every single bomb (``tests/unit/test_bombs.py``).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.collect import apart
from orchestration.steps.collect import collect_one
from orchestration.steps.workplace import Workplace
from tests import bombs
from tests.pipeline.released import last_run, qutong
from tests.support import NOW, make_project, query

LAID = (
    "xlsx: 200 000 openings of cellXfs",
    "html: tables in tables, 100 000 times",
    "json: one record of 200 000 keys",
    "csv: a period of 3 MB",
    "ods: a row repeated a million times",
)


def test_bombs_are_set_aside_and_the_rest_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given five bombs in inbox and folder, when run, then they are refused with their reasons,
    the other data set is published, and no later run reads them again."""
    settings = make_project(tmp_path)
    chosen = tuple(bombs.BY_NAME[name] for name in LAID)
    bombs.declare(settings, chosen)
    for number, bomb in enumerate(chosen):
        folder = settings.inbox / bombs.data_set_id(bomb)
        if number % 2:
            folder = settings.deliveries / bombs.data_set_id(bomb) / "2026-02-01"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / bombs.file_name(bomb)).write_bytes(bomb.make())

    done = qutong(settings, "run", through_dagster=False, all_products=False)

    assert done.exit_code == 3, done.output
    assert [
        (refused["data_set_id"], refused["rule_id"])
        for refused in sorted(last_run(settings)["refused"], key=lambda one: one["data_set_id"])
    ] == [
        ("bomb-csv-records", "delivery.unsafe-file"),
        ("bomb-html-table", "delivery.unsafe-file"),
        ("bomb-json-records", "delivery.unsafe-file"),
        ("bomb-ods-table", "delivery.over-reading-limit"),
        ("bomb-xlsx-table", "delivery.truncated-workbook"),
    ]
    assert "读取所需内存超过 512 MB" in done.output
    assert "reading needs more than 512 MB of memory" in done.output
    assert query(
        settings,
        "select data_set_id, count(*) from core.observation group by data_set_id order by 1",
    ) == [("yunxi-investment", 6), ("yunxi-profile", 7)]
    assert not [path for path in settings.inbox.rglob("*") if path.is_file()]

    def never(*_: object) -> None:
        raise AssertionError("a file that was set aside is read again")

    monkeypatch.setattr(apart._Process, "call", never)
    work = Workplace(settings, now=NOW)
    for bomb in chosen:
        told = collect_one(work, work.declarations.get(bombs.data_set_id(bomb)))
        assert (told.deliveries, told.parsed_now, told.unreadable) == (1, 0, 1)
