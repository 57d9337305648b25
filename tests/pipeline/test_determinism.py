"""The same inputs, id and time give the same bytes, wherever the project lies."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.pipeline.released import (
    RELEASE_ID,
    RELEASE_TIME,
    Released,
    copy_of,
    current,
    qutong,
)

pytestmark = pytest.mark.core

NOT_BYTE_STABLE = {"mart.duckdb"}


def hashes(release: Path) -> dict[str, str]:
    return {
        path.relative_to(release).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(release.rglob("*"))
        if path.is_file() and path.name not in NOT_BYTE_STABLE
    }


def test_building_again_elsewhere_gives_equal_bytes_and_row_hashes(
    first: Released, tmp_path: Path
) -> None:
    again = copy_of(first, tmp_path / "elsewhere" / "district")
    again.releases.rename(tmp_path / "published earlier")
    fixed = ("--release-id", RELEASE_ID, "--release-time", RELEASE_TIME)
    # The first was built through Dagster: this also proves that `steps` does the same.
    done = qutong(again, "run", *fixed, through_dagster=False)
    assert done.exit_code == 0, done.output
    one, other = hashes(first.path), hashes(current(again))
    assert len(one) > 40
    assert one == other
    tables = [
        json.loads((p / "manifest.json").read_text("utf-8")) for p in (first.path, current(again))
    ]
    assert tables[0]["tables"] == tables[1]["tables"]


def test_nothing_of_the_machine_is_in_a_release(first: Released) -> None:
    project = str(first.settings.project)
    for path in first.path.rglob("*"):
        if path.is_file():
            assert project.encode() not in path.read_bytes(), path
