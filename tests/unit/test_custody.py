"""The archive is held against itself, and a person's acts on deliveries hold for the next run.

Belongs here: ``steps.custody``, ``collect.acts``, files that are not at rest. Does not belong here:
what whole runs make of it (``tests/pipeline/test_kept``).
"""

from __future__ import annotations

import itertools
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.collect import acts
from orchestration.collect.archive import Archive
from orchestration.errors import QutongError
from orchestration.settings import Settings, load_settings
from orchestration.steps.collect import collect_one
from orchestration.steps.custody import decide, shown, verify_archive
from orchestration.steps.workplace import Workplace
from tests.support import NOW, drop, make_project, profile

pytestmark = pytest.mark.core

ROW = "地区生产总值,云溪区,{year}年,年度,{value},,亿元,水平值,一、综合,yunxi-bulletin,,,"


@pytest.fixture
def project(tmp_path: Path) -> Settings:
    """The invented district before its first delivery."""
    return make_project(tmp_path / "district", with_deliveries=False)


@pytest.fixture
def work(project: Settings) -> Workplace:
    """A district that received two files."""
    at_work = Workplace(project, now=NOW)
    for year in (2023, 2024):
        row = ROW.format(year=year, value=500)
        drop(project, "yunxi-profile", f"公报{year}.csv", profile(row))
    collect_one(at_work, at_work.declarations.get("yunxi-profile"))
    return at_work


def ids(work: Workplace) -> list[str]:
    return [entry.delivery.delivery_id for entry in shown(work.declarations, work.archive)]


def in_play(work: Workplace) -> list[tuple[str, date]]:
    found = work.archive.deliveries("yunxi-profile")
    return [(delivery.file_name, delivery.delivered_on) for delivery in found]


# --- acts -------------------------------------------------------------------------------------


def test_a_held_delivery_is_out_of_play_until_it_is_released(work: Workplace) -> None:
    first, second = ids(work)
    assert [name for name, _ in in_play(work)] == ["公报2023.csv", "公报2024.csv"]
    decide(work, first, "hold", reason="the sender asks")
    assert [name for name, _ in in_play(work)] == ["公报2024.csv"]
    assert ids(work) == [first, second]
    decide(work, first, "release", reason="it was right")
    assert [name for name, _ in in_play(work)] == ["公报2023.csv", "公报2024.csv"]
    assert [(act.kind, act.reason) for act in acts.acts(work.archive.root)] == [
        ("hold", "the sender asks"),
        ("release", "it was right"),
    ]


def test_a_delivery_filed_under_a_wrong_day_is_put_right(work: Workplace) -> None:
    _, second = ids(work)
    decide(work, second, "redate", day=date(2025, 3, 5), reason="it came by post")
    assert in_play(work) == [
        ("公报2024.csv", date(2025, 3, 5)),
        ("公报2023.csv", work.archive.today),
    ]
    (entry,) = [e for e in shown(work.declarations, work.archive) if e.acts]
    assert (entry.delivery.delivered_on, entry.is_held) == (date(2025, 3, 5), False)


@pytest.mark.parametrize(
    ("named", "kind", "day", "said"),
    [
        ("nobody", "hold", None, "names 0 deliveries"),
        ("yunxi-profile:", "hold", None, "names 2 deliveries"),
        ("first", "release", None, "is so already"),
        ("first", "redate", date(2999, 1, 1), "lies in the future"),
        ("first", "redate", "its own", "is so already"),
    ],
)
def test_an_act_that_says_nothing_is_refused(
    work: Workplace, named: str, kind: acts.Kind, day: date | str | None, said: str
) -> None:
    first = ids(work)[0]
    own = work.archive.today if isinstance(day, str) else day
    with pytest.raises(QutongError, match=said):
        decide(work, first if named == "first" else named, kind, day=own, reason="x")
    assert acts.acts(work.archive.root) == []


def test_a_torn_act_was_never_said(work: Workplace) -> None:
    first, second = ids(work)
    decide(work, first, "hold", reason="x")
    log = work.archive.root / "acts.jsonl"
    log.write_bytes(log.read_bytes() + b'{"delivery_id": "' + second.encode())
    decide(work, second, "hold", reason="y")
    assert [act.delivery_id for act in acts.acts(work.archive.root)] == [first, second]


# --- is it whole ------------------------------------------------------------------------------


def test_the_runs_of_a_month_find_what_was_damaged_and_tell_it_until_it_is_whole(
    work: Workplace,
) -> None:
    both = {delivery.sha256 for delivery in work.archive.received("yunxi-profile")}
    sound = {sha256: work.archive.object_path(sha256).read_bytes() for sha256 in both}
    for sha256 in both:
        path = work.archive.object_path(sha256)
        path.chmod(0o644)
        path.write_bytes(b"torn")

    def told(day: int, run: int = 1) -> set[str]:
        at_work = Workplace(work.settings, now=NOW + timedelta(days=day, hours=run))
        stuck = collect_one(at_work, at_work.declarations.get("yunxi-profile")).stuck
        assert all("the archived bytes are not those that were received" in said for said in stuck)
        return {sha256 for sha256 in both for said in stuck if sha256 in said}

    by_day = [told(day) for day in range(1, 31)]
    # The first is due at once or within the month; from then on every run tells of it.
    assert by_day[-1] == both
    assert all(before <= after for before, after in itertools.pairwise(by_day))
    assert by_day[0] != both, "each falls on a day of its own"
    assert told(30, run=2) == both
    # A note that says nothing that is known costs nothing.
    (work.settings.work / "sampled" / "yunxi-profile").write_bytes(b"2026\xff nonsense")
    assert told(30, run=3) <= both
    for sha256, content in sound.items():
        work.archive.object_path(sha256).write_bytes(content)
    assert [told(day) for day in range(31, 61)] == [set()] * 30


def test_a_whole_archive_has_no_problem(work: Workplace) -> None:
    verified = verify_archive(work.archive)
    assert (verified.receipts, verified.deliveries, verified.objects) == (2, 2, 2)
    assert verified.problems == ()


def damaged(work: Workplace, what: str) -> None:
    archive = work.archive
    first = archive.deliveries("yunxi-profile")[0]
    entry = archive.root / "deliveries" / "yunxi-profile" / f"{first.sha256}.json"
    stored = archive.object_path(first.sha256)
    log = next((archive.root / "receipts").rglob("*.jsonl"))
    for path in (entry, stored, log):
        path.chmod(0o644)
    lines = log.read_bytes().splitlines(keepends=True)
    if what == "object":
        stored.write_bytes(stored.read_bytes().replace(b"500", b"501"))
    elif what == "no object":
        stored.unlink()
    elif what == "entry":
        entry.write_text("{")
    elif what == "no entry":
        entry.unlink()
    elif what == "receipt":
        log.write_bytes(lines[0][:40] + b"\n" + lines[1])
    else:
        log.write_bytes(b"".join(line for line in lines if first.sha256.encode() not in line))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("object", ["are not those that were received"]),
        ("no object", ["are missing"]),
        ("entry", ["the entry of a delivery cannot be read", "the registry does not"]),
        ("no entry", ["the registry does not"]),
        ("receipt", ["a receipt cannot be read", "no receipt tells of"]),
        ("no receipt", ["no receipt tells of"]),
    ],
)
def test_each_damage_is_named_with_its_file_and_remedy(
    work: Workplace, what: str, said: list[str]
) -> None:
    damaged(work, what)
    problems = verify_archive(work.archive).problems
    assert len(problems) == len(said)
    for problem, words in zip(problems, said, strict=True):
        assert words in problem.what
        assert problem.file and problem.remedy


# --- files that are not at rest ---------------------------------------------------------------


@pytest.fixture
def patient(project: Settings) -> Settings:
    """The district, which waits until nothing was written to a file for ten minutes."""
    file = project.raw / "district.yml"
    text = file.read_text("utf-8").replace("quiet_seconds: 0", "quiet_seconds: 600")
    file.write_text(text, encoding="utf-8")
    return load_settings(project.project)


def test_a_file_that_grows_while_we_wait_is_left_to_a_later_run(patient: Settings) -> None:
    path = drop(patient, "yunxi-profile", "公报2024.csv", profile(ROW.format(year=2024, value=23)))
    waited: list[float] = []

    def sender_goes_on(seconds: float) -> None:
        waited.append(seconds)
        path.write_bytes(profile(ROW.format(year=2024, value="2345.67")))

    work = Workplace(patient, now=NOW, pause=sender_goes_on)
    collected = collect_one(work, work.declarations.get("yunxi-profile"))
    assert (collected.offered, collected.received_new, collected.deliveries) == (1, 0, 0)
    (stuck,) = collected.stuck
    assert "is still being written" in stuck
    assert "公报2024.csv" in stuck
    assert [0 < seconds <= 600 for seconds in waited] == [True]
    assert path.exists()


def test_a_file_that_somebody_has_open_is_left_alone(project: Settings) -> None:
    path = drop(project, "yunxi-profile", "公报2024.csv", profile(ROW.format(year=2024, value=23)))
    work = Workplace(project, now=NOW)
    with path.open("ab"):
        collected = collect_one(work, work.declarations.get("yunxi-profile"))
    assert (collected.received_new, len(collected.stuck), path.exists()) == (0, 1, True)


def test_files_that_rest_are_taken_and_nobody_waits_for_what_is_known(patient: Settings) -> None:
    content = profile(ROW.format(year=2024, value=500))
    path = drop(patient, "yunxi-profile", "公报2024.csv", content)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
    os.utime(path, (long_ago, long_ago))
    work = Workplace(patient, now=NOW, pause=lambda seconds: pytest.fail("waited"))
    declared = work.declarations.get("yunxi-profile")
    assert collect_one(work, declared).received_new == 1
    drop(patient, "yunxi-profile", "公报2024重发.csv", content)
    assert collect_one(work, declared).received_new == 0
    assert not Path(path).exists()


def test_days_are_those_of_the_district(project: Settings) -> None:
    work = Workplace(project, now=datetime(2026, 3, 1, 23, 0, tzinfo=UTC))
    assert isinstance(work.archive, Archive)
    assert work.archive.today == date(2026, 3, 2)


def test_a_delivery_received_under_a_slow_clock_can_be_filed_under_its_day(
    project: Settings,
) -> None:
    """Given a clock three days slow, then the right day is no future one for the reader either."""
    drop(project, "yunxi-profile", "公报2023.csv", profile(ROW.format(year=2023, value=500)))
    slow = Workplace(project, now=datetime(2026, 2, 26, 9, tzinfo=UTC))
    collect_one(slow, slow.declarations.get("yunxi-profile"))
    right = Workplace(project, now=NOW)
    decide(right, "yunxi-profile:", "redate", day=date(2026, 3, 1), reason="the clock was slow")
    read = collect_one(right, right.declarations.get("yunxi-profile"))
    assert (read.observations, read.unreadable) == (1, 0)
