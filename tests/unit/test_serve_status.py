"""The status: what is in force, pinned, refused, and what the last run said.

Belongs here: ``read_status`` and its text. Does not belong here: the files it reads.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestration.errors import ReleaseError
from orchestration.serve.status import read_status, render_text
from tests.unit.test_publish_world import prepared, unsealed

pytestmark = pytest.mark.core


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    candidate = prepared(tmp_path)
    candidate.rename(candidate.with_name("r1"))
    (tmp_path / "releases/current").symlink_to("r1")
    return tmp_path / "releases"


def test_nothing_is_published_yet(tmp_path: Path) -> None:
    status = read_status(tmp_path / "releases")

    assert status.release_id is None
    assert render_text(status, "en") == "Nothing is published yet.\nNext: qutong run\n"
    assert render_text(status) == "尚未发布任何版本。\n下一步：qutong run\n"


def test_what_is_in_force(releases: Path) -> None:
    status = read_status(releases)

    assert (status.release_id, status.policy, status.pinned_to) == ("r1", "demo", None)
    assert status.findings_by_severity == {"hard": 0, "soft": 1, "informative": 1}
    assert [(item.data_set_id, item.refused_by) for item in status.refused] == [
        ("tour", "column.missing")
    ]
    assert status.last_run is None
    assert render_text(status) == (
        "地区：甲区\n"
        "当前版本：r1\n"
        "发布时间：2026-04-02 02:30:00 Asia/Shanghai\n"
        "策略：demo\n"
        f"位置：{releases / 'r1'}\n"
        "未了结的发现：2 (硬性 0, 软性 1, 提示 1)\n"
        "标记：模拟数据\n"
        "被拒收的交付：1\n"
        "  tour  tour.csv  [column.missing]  缺少列\n"
    )


def test_pin_and_last_run(releases: Path, tmp_path: Path) -> None:
    (releases / "pin").write_text(json.dumps({"release_id": "r1"}))
    last_run = tmp_path / "last_run.json"
    last_run.write_text(
        json.dumps(
            {
                "started_at": "2026-04-01T09:00",
                "outcome": "blocked",
                "exit_code": 1,
                "blocking": ["release.unsafe-cell"],
            }
        )
    )

    text = render_text(read_status(releases, last_run), "en")

    assert "Pinned to: r1 (new releases do not come into force; qutong release unpin)\n" in text
    assert "Last run: 2026-04-01T09:00 · blocked · exit 1 · release.unsafe-cell\n" in text
    assert "Open findings: 2 (hard 0, soft 1, informative 1)\n" in text
    assert "  tour  tour.csv  [column.missing]  A column is missing\n" in text


def test_a_broken_last_run_does_not_hide_the_rest(releases: Path, tmp_path: Path) -> None:
    (tmp_path / "last_run.json").write_text("{")

    assert read_status(releases, tmp_path / "last_run.json").release_id == "r1"


def test_a_manifest_that_lacks_something(releases: Path) -> None:
    manifest = unsealed(releases / "r1") / "manifest.json"
    manifest.write_text("{}")

    with pytest.raises(ReleaseError, match="the manifest lacks 'release_time'"):
        read_status(releases)
