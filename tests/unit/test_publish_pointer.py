"""The pointer: publication, pinning, and a kill at every step.

Belongs here: which release readers see. Does not belong here: what a release holds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import ReleaseError
from orchestration.publish.pointer import (
    current,
    list_releases,
    pinned,
    publish,
    recover,
    rollback,
    unpin,
)
from orchestration.publish.verdict import FAILED, PASSED, RecordedVerdict, VerdictStore
from orchestration.publish.verify import verify_release
from tests.unit.test_publish_build import STEPS
from tests.unit.test_publish_world import build, prepared, unsealed

PUBLISH_STEPS = ("verdict", "mark", "rename", "pointer", "swap", "swapped", "unmark")


class Killed(BaseException):
    """Stands for SIGKILL: no handler of ours runs."""


def release(root: Path, release_id: str, make: Callable[[Path, str], Path] = prepared) -> None:
    """Build, judge and publish."""
    candidate = make(root, release_id)
    verdicts = VerdictStore(root / "verdicts")
    verdicts.record(candidate, PASSED)
    publish(root / "releases", candidate, verdicts)


def left_over(releases: Path) -> list[str]:
    return sorted(path.name for path in releases.iterdir() if path.name.startswith("."))


def test_publishing_moves_one_directory_symlink(tmp_path: Path) -> None:
    candidate = prepared(tmp_path)
    verdicts = VerdictStore(tmp_path / "verdicts")
    verdicts.record(candidate, PASSED, gates={"marts": "passed"})

    done = publish(tmp_path / "releases", candidate, verdicts)

    pointer = tmp_path / "releases" / "current"
    assert (done.release_id, done.moved, done.previous, done.pinned_to) == ("r1", True, None, None)
    assert pointer.is_symlink()
    assert pointer.readlink() == Path("r1")
    assert current(tmp_path / "releases") == "r1"
    assert left_over(tmp_path / "releases") == []
    assert verify_release(pointer) == []


def test_a_release_is_never_rewritten(tmp_path: Path) -> None:
    release(tmp_path, "r1")
    kept = (tmp_path / "releases/r1/manifest.json").stat().st_ino
    candidate = prepared(tmp_path, "r1")
    verdicts = VerdictStore(tmp_path / "verdicts")
    verdicts.record(candidate, PASSED)

    with pytest.raises(ReleaseError, match="release r1 exists already and is never rewritten"):
        publish(tmp_path / "releases", candidate, verdicts)

    assert candidate.is_dir()
    assert (tmp_path / "releases/r1/manifest.json").stat().st_ino == kept
    assert left_over(tmp_path / "releases") == [".building-r1"]


def test_a_reader_finishes_on_its_release(tmp_path: Path) -> None:
    release(tmp_path, "r1")
    with duckdb.connect(str(tmp_path / "releases/current/mart.duckdb"), read_only=True) as reader:
        release(tmp_path, "r2")

        assert reader.execute("select release_id from meta.release").fetchall() == [("r1",)]
        assert current(tmp_path / "releases") == "r2"


def test_the_list_of_releases(tmp_path: Path) -> None:
    release(tmp_path, "r1")
    release(tmp_path, "r2")
    prepared(tmp_path, "r3")

    found = list_releases(tmp_path / "releases")

    assert [(item.release_id, item.is_current, item.policy) for item in found] == [
        ("r1", False, "demo"),
        ("r2", True, "demo"),
    ]
    assert found[0].findings_total == 2
    assert list_releases(tmp_path / "none") == []


# --- the verdict ------------------------------------------------------------------------------


def refused(root: Path, candidate: Path, verdicts: VerdictStore) -> str:
    with pytest.raises(ReleaseError) as caught:
        publish(root / "releases", candidate, verdicts)
    assert current(root / "releases") is None
    assert candidate.is_dir()
    return caught.value.what


def test_no_verdict(tmp_path: Path) -> None:
    message = refused(tmp_path, prepared(tmp_path), VerdictStore(tmp_path / "verdicts"))

    assert "no verdict is recorded" in message


def test_a_verdict_that_is_not_passed(tmp_path: Path) -> None:
    candidate, verdicts = prepared(tmp_path), VerdictStore(tmp_path / "verdicts")
    verdicts.record(candidate, FAILED, problems=["release.hash-mismatch: x"])

    assert "'failed' / 结论为未通过: release.hash-mismatch: x" in refused(
        tmp_path, candidate, verdicts
    )


def test_a_verdict_changed_by_hand(tmp_path: Path) -> None:
    candidate, verdicts = prepared(tmp_path), VerdictStore(tmp_path / "verdicts")
    verdicts.record(candidate, FAILED)
    path = tmp_path / "verdicts" / "r1.json"
    path.write_text(path.read_text().replace('"failed"', '"passed"'))

    assert "changed after it was written" in refused(tmp_path, candidate, verdicts)


def test_a_verdict_that_cannot_be_read(tmp_path: Path) -> None:
    candidate, verdicts = prepared(tmp_path), VerdictStore(tmp_path / "verdicts")
    verdicts.record(candidate, PASSED)
    (tmp_path / "verdicts" / "r1.json").write_text("{}")

    assert "changed after it was written" in refused(tmp_path, candidate, verdicts)


def test_a_candidate_changed_after_its_verdict(tmp_path: Path) -> None:
    candidate, verdicts = prepared(tmp_path), VerdictStore(tmp_path / "verdicts")
    verdicts.record(candidate, PASSED)
    with duckdb.connect(str(unsealed(candidate) / "mart.duckdb")) as con:
        con.execute("update core.observation set value = 1")

    assert "its files are not those" in refused(tmp_path, candidate, verdicts)


def test_the_verdict_of_another_candidate(tmp_path: Path) -> None:
    candidate = prepared(tmp_path)

    def reader(release_id: str) -> RecordedVerdict:
        return RecordedVerdict("r0", "0" * 64, PASSED)

    with pytest.raises(ReleaseError, match="that of r0"):
        publish(tmp_path / "releases", candidate, reader)


def test_only_a_candidate_can_be_published(tmp_path: Path) -> None:
    release(tmp_path, "r1")
    verdicts = VerdictStore(tmp_path / "verdicts")

    for path in (tmp_path / "releases/r1", tmp_path / ".building-x", tmp_path / "releases"):
        with pytest.raises(ReleaseError, match="no candidate"):
            publish(tmp_path / "releases", path, verdicts)


# --- rolling back -----------------------------------------------------------------------------


def test_a_rollback_pins_and_runs_keep_their_releases(tmp_path: Path) -> None:
    for release_id in ("r1", "r2"):
        release(tmp_path, release_id)
    releases = tmp_path / "releases"

    assert rollback(releases) == "r1"
    assert (current(releases), pinned(releases)) == ("r1", "r1")

    candidate = prepared(tmp_path, "r3")
    verdicts = VerdictStore(tmp_path / "verdicts")
    verdicts.record(candidate, PASSED)
    done = publish(releases, candidate, verdicts)

    assert (done.moved, done.pinned_to) == (False, "r1")
    assert "did not move" in done.message_en
    assert "指针未移动" in done.message_zh
    assert current(releases) == "r1"
    assert [item.release_id for item in list_releases(releases)] == ["r1", "r2", "r3"]
    assert [item.is_pinned for item in list_releases(releases)] == [True, False, False]


def test_unpin_lets_runs_move_the_pointer_again(tmp_path: Path) -> None:
    for release_id in ("r1", "r2"):
        release(tmp_path, release_id)
    releases = tmp_path / "releases"
    rollback(releases, "r1")

    assert unpin(releases) == "r1"
    release(tmp_path, "r3")
    assert current(releases) == "r3"

    rollback(releases, "r1")
    assert unpin(releases, advance=True) == "r3"
    assert pinned(releases) is None
    with pytest.raises(ReleaseError, match="nothing is pinned"):
        unpin(releases)


def test_a_rollback_that_leads_nowhere(tmp_path: Path) -> None:
    release(tmp_path, "r1")

    with pytest.raises(ReleaseError, match="no release before"):
        rollback(tmp_path / "releases")
    with pytest.raises(ReleaseError, match="there is no release r7"):
        rollback(tmp_path / "releases", "r7")
    assert pinned(tmp_path / "releases") is None


def test_a_rollback_to_a_damaged_release(tmp_path: Path) -> None:
    for release_id in ("r1", "r2"):
        release(tmp_path, release_id)
    (unsealed(tmp_path / "releases/r1") / "csv/core/data_set.csv").write_text("")

    with pytest.raises(ReleaseError, match=r"r1 is damaged: csv/core/data_set\.csv"):
        rollback(tmp_path / "releases")
    assert current(tmp_path / "releases") == "r2"


@pytest.mark.parametrize(
    "pin", ["{", "[]", '{"release_id": 5}', '{"release_id": "../r1"}', '{"release_id": "r9"}']
)
def test_a_damaged_pin_stops_every_run_and_both_remedies_mend_it(tmp_path: Path, pin: str) -> None:
    for release_id in ("r1", "r2"):
        release(tmp_path, release_id)
    releases = tmp_path / "releases"
    rollback(releases)
    (releases / "pin").write_text(pin)

    with pytest.raises(ReleaseError, match="the pin (cannot be read|names a release that is not)"):
        recover(releases)
    assert rollback(releases, "r1") == "r1"
    assert (current(releases), pinned(releases)) == ("r1", "r1")

    (releases / "pin").write_text(pin)
    assert unpin(releases, advance=True) == "r2"
    assert (current(releases), pinned(releases), recover(releases)) == ("r2", None, [])


def test_a_pin_without_any_release_can_be_released(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text(json.dumps({"release_id": "r1"}))

    assert unpin(tmp_path, advance=True) is None
    assert pinned(tmp_path) is None


def test_a_pointer_that_leads_nowhere_is_said(tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to("gone")

    with pytest.raises(ReleaseError, match="gone is not there"):
        current(tmp_path)


# --- killed -----------------------------------------------------------------------------------


def killer(step: str) -> Callable[[str], None]:
    def kill(now: str) -> None:
        if now == step:
            raise Killed(step)

    return kill


@pytest.mark.parametrize("step", STEPS)
def test_killed_while_building(tmp_path: Path, step: str) -> None:
    release(tmp_path, "r1")
    releases = tmp_path / "releases"

    with pytest.raises(Killed):
        build(tmp_path, "r2", progress=killer(step))
    assert current(releases) == "r1"
    assert [item.release_id for item in list_releases(releases)] == ["r1"]

    assert recover(releases) == ["removed the unfinished candidate .building-r2"]
    release(tmp_path, "r2")
    assert current(releases) == "r2"
    assert left_over(releases) == []


@pytest.mark.parametrize("step", PUBLISH_STEPS)
def test_killed_while_publishing(tmp_path: Path, step: str) -> None:
    release(tmp_path, "r1")
    candidate = prepared(tmp_path, "r2")
    verdicts = VerdictStore(tmp_path / "verdicts")
    verdicts.record(candidate, PASSED)

    with pytest.raises(Killed):
        publish(
            tmp_path / "releases",
            candidate,
            verdicts,
            progress=killer(step),
        )
    releases = tmp_path / "releases"
    moved = step in ("swapped", "unmark")
    assert current(releases) == ("r2" if moved else "r1")
    assert verify_release(releases / "current") == []
    assert [item.release_id for item in list_releases(releases) if item.is_current]

    recover(releases)
    assert left_over(releases) == []
    assert current(releases) == ("r2" if moved else "r1")
    if not moved:
        release(tmp_path, "r2")
    assert current(releases) == "r2"
    assert recover(releases) == []


def test_killed_while_keeping_a_release_beside_a_pin(tmp_path: Path) -> None:
    for release_id in ("r1", "r2"):
        release(tmp_path, release_id)
    releases = tmp_path / "releases"
    rollback(releases)
    candidate = prepared(tmp_path, "r3")
    verdicts = VerdictStore(tmp_path / "verdicts")
    verdicts.record(candidate, PASSED)

    with pytest.raises(Killed):
        publish(releases, candidate, verdicts, progress=killer("unmark"))
    recover(releases)

    assert current(releases) == "r1"
    assert [item.release_id for item in list_releases(releases)] == ["r1", "r2", "r3"]


def test_killed_between_pin_and_pointer(tmp_path: Path) -> None:
    for release_id in ("r1", "r2"):
        release(tmp_path, release_id)
    releases = tmp_path / "releases"
    (releases / "pin").write_text(json.dumps({"release_id": "r1"}))

    assert recover(releases) == ["finished the rollback to r1"]
    assert current(releases) == "r1"


def test_a_real_kill_while_publishing(tmp_path: Path) -> None:
    release(tmp_path, "r1")
    candidate = prepared(tmp_path, "r2")
    VerdictStore(tmp_path / "verdicts").record(candidate, PASSED)
    script = """
import os, signal, sys
from pathlib import Path
from orchestration.publish.pointer import publish
from orchestration.publish.verdict import VerdictStore
root = Path(sys.argv[1])
def kill(step):
    if step == "swap":
        os.kill(os.getpid(), signal.SIGKILL)
publish(root / "releases", root / "releases/.building-r2", VerdictStore(root / "verdicts"),
        progress=kill)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        check=False,
    )

    assert ended.returncode == -signal.SIGKILL
    assert current(tmp_path / "releases") == "r1"
    release(tmp_path, "r2", build)
    assert current(tmp_path / "releases") == "r2"
    assert left_over(tmp_path / "releases") == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs the right to become somebody else")
def test_somebody_without_the_rights_of_root_can_publish_and_clear(tmp_path: Path) -> None:
    """The rename of a sealed folder, the removal of one: root would be allowed anything."""
    script = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from orchestration.publish.pointer import publish, recover, rollback
from orchestration.publish.verdict import VerdictStore
from orchestration.publish.verify import verify_release
from orchestration.publish.durable import remove_tree
from tests.unit.test_publish_world import _kept, build, make_work_db
root = Path(sys.argv[1])
(root / "first").mkdir()
verify_release(build(root / "first"))  # imports all there is: others may not read this Python
for release_id in ("r1", "r2", "r3"):
    os.chown(make_work_db(root / f"work-{release_id}.duckdb", release_id), 65534, 65534)
remove_tree(_kept())
os.chdir(root); os.setgid(65534); os.setuid(65534)
store = VerdictStore(root / "verdicts")
for release_id in ("r1", "r2"):
    candidate = build(root, release_id)
    store.record(candidate, "passed")
    publish(root / "releases", candidate, store)
try:
    (root / "releases/r1/csv/core/data_set.csv").open("w")
except PermissionError:
    print("sealed")
build(root, "r3")
print(recover(root / "releases"), rollback(root / "releases"), flush=True)
os._exit(0)
"""
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    for folder in home.parents:
        if folder.is_relative_to("/tmp/") and folder != Path("/tmp"):  # noqa: S108 - pytest makes it
            folder.chmod(folder.stat().st_mode | 0o055)
    ended = subprocess.run(
        [sys.executable, "-c", script, str(home), str(Path(__file__).parents[2])],
        cwd=home,
        check=False,
        capture_output=True,
        text=True,
    )

    assert ended.stdout.splitlines() == [
        "sealed",
        "['removed the unfinished candidate .building-r3'] r1",
    ], ended.stderr
