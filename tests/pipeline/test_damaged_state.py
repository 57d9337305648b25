"""State that somebody damaged: healed by a run, or refused with a remedy that works as it stands.

Belongs here: what lies in ``var`` and is not what the program left there. Does not belong here:
runs that were killed (test_recovery), the archive (test_custody).
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from orchestration.dagster_storage import put_aside_damaged
from orchestration.publish import ledger
from orchestration.publish.durable import remove_tree
from orchestration.settings import Settings
from tests.pipeline.released import Released, copy_of, qutong
from tests.states import States
from tests.support import GOOD_ROW, deliver, profile

FIRST, SECOND = "2026-03-01.1", "2026-03-02.1"
FINAL = "地区生产总值,云溪区,2022年,年度,470.1,,亿元,水平值,一、综合,yunxi-bulletin,,,"


@pytest.fixture(scope="session")
def twice(states: States, first: Released) -> Released:
    """Two releases, of which readers see the second."""

    def make(folder: Path) -> Result:
        settings = copy_of(first, folder)
        deliver(settings, "yunxi-profile", "2026-02-10", "公报2023.csv", profile(GOOD_ROW))
        when = ("--release-id", SECOND, "--release-time", "2026-03-02T09:00:00+00:00")
        return typed(settings, "run", *when)

    return states.get("twice", make)


@pytest.fixture
def settings(twice: Released, tmp_path: Path) -> Settings:
    return copy_of(twice, tmp_path / "district")


def typed(settings: Settings, *arguments: str) -> Result:
    return qutong(settings, *arguments, through_dagster=False, all_products=False)


def revised(settings: Settings) -> None:
    deliver(settings, "yunxi-profile", "2026-02-11", "公报2022.csv", profile(FINAL))


def remedy(result: Result) -> list[str]:
    """The command that an error recommends."""
    assert result.exit_code == 1, result.output
    (command,) = re.findall(r"→ .*?: qutong (.*)", result.output)
    return str(command).split()


def seen(settings: Settings) -> str:
    """The release that a question is answered from."""
    asked = typed(settings, "sql", "--format", "csv", "select release_id from meta.release")
    assert asked.exit_code == 0, asked.output
    return asked.stdout.splitlines()[1]


def names(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.releases.iterdir())


def a_folder(pointer: Path) -> None:
    pointer.unlink()
    pointer.mkdir()


def a_copy(pointer: Path) -> None:
    release = pointer.resolve()
    pointer.unlink()
    shutil.copytree(release, pointer)


def a_file(pointer: Path) -> None:
    pointer.unlink()
    pointer.write_text("r2", encoding="utf-8")


def dangling(pointer: Path) -> None:
    pointer.unlink()
    pointer.symlink_to("2026-03-09.1")


def elsewhere(pointer: Path) -> None:
    pointer.unlink()
    pointer.symlink_to(pointer.parents[2])


def removed(pointer: Path) -> None:
    pointer.unlink()


LOST = pytest.mark.parametrize(
    "lose", [a_folder, a_copy, a_file, dangling, elsewhere, removed], ids=lambda f: f.__name__
)


@LOST
def test_a_lost_pointer_is_put_right_by_the_run_that_readers_are_told_to_start(
    settings: Settings, lose: Callable[[Path], None]
) -> None:
    lose(settings.releases / "current")
    assert remedy(typed(settings, "sql", "select 1")) == ["run"]
    told = typed(settings, *remedy(typed(settings, "status")))
    assert told.exit_code == 0
    assert f"无变化 Nothing changed: release {SECOND} stays in force" in told.output
    assert seen(settings) == SECOND
    assert (settings.releases / "current").is_symlink()
    kept = {".aside-current-1"} if lose in (a_folder, a_copy, a_file) else set()
    assert set(names(settings)) - kept == {FIRST, SECOND, "current", "ledger.jsonl"}
    assert kept <= set(names(settings))


def test_a_release_that_was_removed_comes_again_under_an_id_of_its_own(
    settings: Settings,
) -> None:
    remove_tree(settings.releases / SECOND)
    assert remedy(typed(settings, "status")) == ["run"]
    told = typed(settings, "run")
    assert "已发布 Published: release " in told.output
    assert seen(settings) not in (FIRST, SECOND)


def test_a_release_whose_manifest_is_damaged_is_replaced(settings: Settings) -> None:
    manifest = settings.releases / SECOND / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_text("{", encoding="utf-8")
    assert remedy(typed(settings, "status")) == ["run"]
    assert typed(settings, "run").exit_code == 0
    assert seen(settings) not in (FIRST, SECOND)


def test_a_pin_on_a_release_that_is_gone(settings: Settings) -> None:
    assert typed(settings, "release", "rollback", FIRST).exit_code == 0
    remove_tree(settings.releases / FIRST)
    for command in (["status"], ["sql", "select 1"], ["run"]):
        assert remedy(typed(settings, *command)) == ["release", "unpin"]
    assert typed(settings, "release", "unpin").output == f"unpinned; readers see {SECOND}\n"
    assert seen(settings) == SECOND
    assert typed(settings, "run").exit_code == 0


def text_pin(pin: Path) -> None:
    pin.write_text("{garbage", encoding="utf-8")


def bytes_pin(pin: Path) -> None:
    pin.write_bytes(b"\xff\xfe\x00")


def folder_pin(pin: Path) -> None:
    pin.mkdir()


@pytest.mark.parametrize("damage", [text_pin, bytes_pin, folder_pin], ids=lambda f: f.__name__)
def test_both_remedies_of_a_damaged_pin_mend_it(
    settings: Settings, damage: Callable[[Path], None]
) -> None:
    pin = settings.releases / "pin"
    damage(pin)
    assert remedy(typed(settings, "run")) == ["release", "unpin"]
    assert seen(settings) == SECOND  # readers are not concerned
    # the other remedy asks for an id: the list has them
    listed = typed(settings, "release", "list").stdout.splitlines()
    assert [line[2:].split()[0] for line in listed] == [FIRST, SECOND]
    assert typed(settings, "release", "rollback", FIRST).exit_code == 0
    assert seen(settings) == FIRST
    assert typed(settings, "release", "unpin").exit_code == 0

    damage(pin)
    assert typed(settings, "release", "unpin").output == f"unpinned; readers see {SECOND}\n"
    assert typed(settings, "run").exit_code == 0


def test_the_id_of_a_removed_release_is_not_given_again(settings: Settings) -> None:
    remove_tree(settings.releases / SECOND)
    revised(settings)
    told = typed(settings, "run", "--release-id", SECOND)
    assert told.exit_code == 1
    assert f"release {SECOND} was published before, with other content" in told.output
    assert seen(settings) == FIRST
    # by itself a run takes another number
    day = typed(settings, "run").output.split("Published: release ")[1].split(".")[0]
    given = seen(settings)
    remove_tree(settings.releases / given)
    assert typed(settings, "run").exit_code == 0
    assert (given, seen(settings)) == (f"{day}.1", f"{day}.2")


def test_what_was_published_before_a_kill_is_not_published_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    revised(settings)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "enter", killed)
        assert "Aborted!" in typed(settings, "run").output
    given = seen(settings)
    assert given not in (FIRST, SECOND)
    told = typed(settings, "run")
    assert f"无变化 Nothing changed: release {given} stays in force" in told.output
    entered = [json.loads(line)["release_id"] for line in read_ledger(settings)]
    assert entered == [FIRST, SECOND, given]


def read_ledger(settings: Settings) -> list[str]:
    return (settings.releases / "ledger.jsonl").read_text("utf-8").splitlines()


def test_garbage_in_the_history_of_dagster_stops_no_run(settings: Settings) -> None:
    history = settings.dagster_home / "history"
    for file in history.rglob("*.db"):
        file.write_bytes(b"garbage" * 1000)
    revised(settings)
    told = qutong(settings, "run", keep_history=True, all_products=False)
    assert told.exit_code == 0, told.output
    aside = history.with_name("history-damaged-1")
    assert f"damaged history put aside, a new one begun: {aside}" in told.stderr
    assert put_aside_damaged(settings.dagster_home) == []


@pytest.mark.parametrize("name", ["runs.db", "runs/index.db"])
def test_a_history_that_was_cut_off_is_put_aside(settings: Settings, name: str) -> None:
    file = settings.dagster_home / "history" / name
    file.write_bytes(file.read_bytes()[:5000])
    assert put_aside_damaged(settings.dagster_home) == [settings.dagster_home / "history-damaged-1"]
    assert put_aside_damaged(settings.dagster_home) == []


# --- what `release verify` sees ---------------------------------------------------------------


def change(settings: Settings, name: str, old: str, new: str) -> None:
    file = settings.releases / SECOND / name
    file.chmod(0o644)
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def verified(settings: Settings) -> list[str]:
    told = typed(settings, "release", "verify")
    assert told.exit_code == 1
    *problems, last = told.stdout.splitlines()
    assert last == "→ publish anew: qutong rebuild; or choose another: qutong release rollback ID"
    return [line.rsplit(" | ", 1)[1] for line in problems]


RECORDED = "the files do not have the digest that was recorded when they were published"


def test_verify_sees_another_list_of_inputs(settings: Settings) -> None:
    change(settings, "manifest.json", "公报2023.csv", "公报2019.csv")
    assert verified(settings) == [
        RECORDED,
        "the manifest lists 1 delivery too many: yunxi-profile 公报2019.csv",
        "the manifest lists 1 delivery too few: yunxi-profile 公报2023.csv",
    ]


def test_verify_sees_another_time(settings: Settings) -> None:
    change(settings, "manifest.json", "2026-03-02T09:00:00", "2026-03-02T10:00:00")
    found = verified(settings)
    assert found[0] == RECORDED
    assert found[1].startswith(f"the manifest says ('{SECOND}', '2026-03-02T10:00:00', 'demo'), ")


def test_verify_sees_an_empty_folder(settings: Settings) -> None:
    release = settings.releases / SECOND
    release.chmod(0o755)
    (release / "more").mkdir()
    assert verified(settings) == ["the manifest knows no file in this folder"]


def test_verify_sees_what_agrees_with_itself_and_not_with_the_record(settings: Settings) -> None:
    change(settings, "manifest.json", '"polars": "2.1.0"', '"polars": "2.1.1"')
    assert verified(settings) == [RECORDED]
