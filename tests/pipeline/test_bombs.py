"""Hostile files through the door that a user goes through: set aside, and the rest is published.

Belongs here: whole runs. Does not belong here: every single bomb (``tests/unit/test_bombs.py``).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.steps.door import execute
from orchestration.steps.workplace import Workplace
from tests import bombs
from tests.bombs import BY_NAME
from tests.pipeline.steps import one_by_one
from tests.support import few_products, judging_here, make_project, query

pytestmark = pytest.mark.core

LAID = (
    "xlsx: 200 000 openings of cellXfs",
    "html: tables in tables, 100 000 times",
    "json: one record of 200 000 keys",
    "json: 2 million empty records",
    "ods: columns repeated 16 384 times, rows a million",
)


def test_bombs_are_set_aside_the_rest_is_published_and_later_runs_do_not_touch_them(
    tmp_path: Path,
) -> None:
    settings = make_project(tmp_path)
    chosen = tuple(BY_NAME[name] for name in LAID)
    bombs.declare(settings, chosen)
    for number, bomb in enumerate(chosen, start=1):
        folder = settings.inbox if number % 2 else settings.deliveries / "2026-02-01"
        place = settings.deliveries / bombs.data_set_id(bomb) / "2026-02-01"
        folder = settings.inbox / bombs.data_set_id(bomb) if number % 2 else place
        folder.mkdir(parents=True, exist_ok=True)
        (folder / bombs.file_name(bomb, number)).write_bytes(bomb.make())
    with judging_here(), few_products():
        first = execute(Workplace(settings), one_by_one, ())
        second = execute(Workplace(settings), one_by_one, ())
    assert (first.exit_status, len(first.refused)) == (3, 5)
