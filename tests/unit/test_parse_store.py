"""Parse results on disk: read again where whole, made again where a file of them is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.collect.parse import RESULT_KINDS
from orchestration.steps import collect
from orchestration.steps.workplace import Workplace
from tests.support import NOW, make_project

pytestmark = pytest.mark.core


@pytest.mark.parametrize("lost", [".json", *(f".{kind}.parquet" for kind in RESULT_KINDS)])
def test_a_result_that_lost_a_file_is_made_again(tmp_path: Path, lost: str) -> None:
    settings = make_project(tmp_path)
    work = Workplace(settings, now=NOW)
    declared = work.declarations.get("yunxi-investment")
    assert collect.collect_one(work, declared).parsed_now == 1
    (delivery,) = work.archive.deliveries(declared.id)
    work.store.stem(delivery, declared).with_suffix(lost).unlink()
    assert collect.collect_one(Workplace(settings, now=NOW), declared).parsed_now == 1
    assert collect.collect_one(Workplace(settings, now=NOW), declared).parsed_now == 0
