"""Given the same state, then a run started by Dagster does and says what the command does.

The schedule, the sensor, the interface and a re-execution all carry out this job.
"""

from __future__ import annotations

import errno
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration import definitions
from orchestration.automation import JOB_NAME, delivery_key
from orchestration.dagster_storage import PooledEventLogStorage, file_system_of
from orchestration.definitions import (
    _STEP_KEYS,
    ACCEPTED_CHECK,
    REFUSED_TAG,
    build_defs,
    dagster_home,
)
from orchestration.errors import DeclarationError
from orchestration.publish.verdict import VerdictStore
from orchestration.settings import CODE_ROOT, Settings
from orchestration.steps.state import STEPS
from tests.pipeline.released import RELEASE_ID, Released, copy_of, current, last_run
from tests.pipeline.test_recovery import HOLD
from tests.support import GOOD_ROW, drop, few_products, judging_here, profile


@pytest.fixture(autouse=True)
def _few_products() -> Iterator[None]:
    with few_products():
        yield


@pytest.fixture
def settings(first: Released, tmp_path: Path) -> Settings:
    return copy_of(first, tmp_path / "district")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def start(
    settings: Settings, instance: dg.DagsterInstance, *assets: dg.AssetKey
) -> dg.ExecuteInProcessResult:
    """What a schedule, a sensor or a person at the interface starts."""
    job = build_defs(settings).resolve_job_def(JOB_NAME)
    with judging_here():
        return job.execute_in_process(
            instance=instance,
            asset_selection=list(assets) or None,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )


def test_on_an_unchanged_state_nothing_is_published(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    drop(settings, "nobody", "unknown.csv", b"x")
    done = start(settings, instance)
    assert done.success
    skipped = {event.step_key for event in done.all_events if event.is_step_skipped}
    assert {"marts", "release__candidate", "release__current"} <= skipped
    report = last_run(settings)
    assert (report["outcome"], report["exit_code"]) == ("unchanged", 0)
    assert report["release_id"] == RELEASE_ID
    assert report["unclaimed"] == ["nobody/unknown.csv"]
    assert [
        path.name for path in settings.releases.iterdir() if path.is_dir() and not path.is_symlink()
    ] == [RELEASE_ID]
    (run,) = instance.get_runs()
    assert run.tags["qutong/outcome"] == "unchanged"


def test_the_state_that_earlier_steps_left_outlives_a_run_without_changes(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    start(settings, instance)
    drop(settings, "yunxi-profile", "公报2023.csv", profile(GOOD_ROW))
    done = start(settings, instance)
    report = last_run(settings)
    assert done.success, report["error"]
    assert (report["outcome"], report["exit_code"], report["received_new"]) == ("published", 0, 1)
    assert current(settings).name == report["release_id"] != RELEASE_ID
    assert {run.tags["qutong/release"] for run in instance.get_runs()} == {
        RELEASE_ID,
        report["release_id"],
    }


def accepted(instance: dg.DagsterInstance, data_set: str) -> dg.AssetCheckEvaluation:
    """What a data set shows about deliveries that stay out."""
    key = dg.AssetCheckKey(delivery_key(data_set), ACCEPTED_CHECK)
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])
    event = found[key].event
    assert event is not None and event.dagster_event is not None
    return event.dagster_event.asset_check_evaluation_data


def test_a_run_with_refused_deliveries_is_marked(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    drop(settings, "yunxi-profile", "公报2023.csv", profile(GOOD_ROW)[:-3])  # its end is missing
    assert start(settings, instance).success
    (run,) = instance.get_runs()
    assert (run.tags["qutong/outcome"], run.tags[REFUSED_TAG]) == ("published", "1")
    shown = accepted(instance, "yunxi-profile")
    assert (shown.passed, shown.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert shown.metadata["refused"].value == 1
    assert "公报2023.csv [delivery.truncated-text]" in (shown.description or "")
    listed = str(shown.metadata["拒收 refused deliveries"].value)
    assert listed.startswith("- 拒收 refused: yunxi-profile 公报2023.csv") and " → " in listed
    assert accepted(instance, "yunxi-investment").passed
    warned = [e.user_message for e in instance.all_logs(run.run_id) if e.level == logging.WARNING]
    assert [line for line in warned if "公报2023.csv [delivery.truncated-text]" in line]

    drop(settings, "yunxi-profile", "公报2023.csv", profile(GOOD_ROW))
    assert start(settings, instance).success
    mended = next(iter(instance.get_runs(limit=1)))
    assert mended.tags["qutong/outcome"] == "published"
    assert REFUSED_TAG not in mended.tags
    assert accepted(instance, "yunxi-profile").passed


def test_who_asks_for_some_steps_gets_those_and_no_release(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    drop(settings, "yunxi-profile", "公报2023.csv", profile(GOOD_ROW))
    done = start(settings, instance, delivery_key("yunxi-profile"))
    assert done.success
    report = last_run(settings)
    assert (report["outcome"], report["exit_code"], report["received_new"]) == ("partial", 0, 1)
    assert current(settings).name == RELEASE_ID


def test_while_another_run_is_at_work_nothing_is_touched(
    settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(settings, "yunxi-profile", "公报2023.csv", profile(GOOD_ROW))
    command = [sys.executable, "-c", HOLD, str(settings.project)]
    with subprocess.Popen(
        command, cwd=CODE_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with monkeypatch.context() as patch:
            patch.setattr(definitions, "PATIENCE", 0.1)
            done = start(settings, instance)
        assert not done.success
        assert len(list((settings.inbox / "yunxi-profile").iterdir())) == 1
        assert last_run(settings)["outcome"] == "published"
        assert current(settings).name == RELEASE_ID
        # A run that nobody watches waits until it is its turn.
        over = threading.Timer(0.3, other.kill)
        over.start()
        assert start(settings, instance).success
        over.join()
    assert current(settings).name == last_run(settings)["release_id"] != RELEASE_ID


def test_a_reexecution_goes_on_from_the_step_that_failed(
    settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "the cable came off")

    drop(settings, "yunxi-profile", "公报2023.csv", profile(GOOD_ROW))
    with monkeypatch.context() as patch:
        patch.setattr(VerdictStore, "record", no_room)
        failed = start(settings, instance)
    assert not failed.success
    assert last_run(settings)["outcome"] == "failed"
    assert current(settings).name == RELEASE_ID

    job = dg.reconstructable(job_at)
    monkeypatch.setenv("QUTONG_PROJECT", str(settings.project))
    options = dg.ReexecutionOptions.from_failure(failed.run_id, instance)
    with dg.execute_job(job, instance=instance, reexecution_options=options) as again:
        assert again.success
        started = {event.step_key for event in again.all_events if event.is_step_start}
    assert started == {"judge__release_gate", "release__current"}
    report = last_run(settings)
    assert (report["outcome"], report["error"]) == ("published", "")
    assert current(settings).name == report["release_id"] != RELEASE_ID


def job_at() -> dg.JobDefinition:
    """The job of the district that the environment names."""
    return build_defs().resolve_job_def(JOB_NAME)


def test_every_step_has_its_key(settings: Settings) -> None:
    job = build_defs(settings).resolve_job_def(JOB_NAME)
    assert {node.name for node in job.graph.nodes} == set(_STEP_KEYS)
    assert list(_STEP_KEYS.values()) == list(STEPS)


# --- Dagster's history -------------------------------------------------------------------------


def test_history_is_kept_in_the_files_that_dagster_itself_would_use(first: Released) -> None:
    home = first.settings.dagster_home
    with dg.DagsterInstance.from_config(str(dagster_home(first.settings))) as instance:
        assert isinstance(instance.event_log_storage, PooledEventLogStorage)
        (run,) = instance.get_runs()
        assert (home / "history" / "runs" / f"{run.run_id}.db").is_file()
    assert (home / "history" / "runs.db").is_file()


@pytest.mark.parametrize(
    ("mounts", "kind"),
    [
        ("none / ext4 rw 0 0\n", "ext4"),
        ("none / ext4 rw 0 0\nserver:/x {home} nfs4 rw 0 0\n", "nfs4"),
        ("none / ext4 rw 0 0\nserver:/x {home}-not-it nfs4 rw 0 0\n", "ext4"),
        ("", ""),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(
    tmp_path: Path, mounts: str, kind: str
) -> None:
    home = tmp_path / "home"
    (home / "dagster").mkdir(parents=True)
    file = tmp_path / "mounts"
    file.write_text(mounts.format(home=home))
    assert file_system_of(home / "dagster", file) == kind


def test_a_history_on_a_network_file_system_is_refused(
    project: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.definitions.file_system_of", lambda folder: "nfs4")
    with pytest.raises(DeclarationError, match="cannot be kept on nfs4: it needs a local disk"):
        dagster_home(project)
