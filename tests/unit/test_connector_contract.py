"""What every connector holds to; one that gets a world (``tests/sources/worlds.py``) is here.

Archived as it came before anybody reads it; nothing twice, nothing lost, also after a kill; what
changes is news, also where it goes back; failures in words, secrets in none of them; other data
sets go on.
"""

from __future__ import annotations

import base64
import contextlib
import io
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
import stamina

from orchestration.collect.archive import Archive, Delivery
from orchestration.collect.connectors.attempts import Attempt, Attempts
from orchestration.collect.connectors.pulling import PullingConnector
from orchestration.collect.parse import ParseStore
from orchestration.settings import Settings
from orchestration.steps.collect import Collected, collect_one
from orchestration.steps.workplace import Workplace
from tests.sources import archived, attempts, pull, sourced
from tests.sources.worlds import WORLDS, World, world_named
from tests.support import GOOD_ROW, NOW, deliver, investment, profile

A = profile(GOOD_ROW)
B = profile(GOOD_ROW.replace("480.1", "481.2"))
BROKEN = [(name, how) for name in sorted(WORLDS) for how in sorted(world_named(name).breaks)]
CHINESE, ENGLISH = re.compile("[一-鿿]"), re.compile("[a-z]{3}")


class KilledError(BaseException):
    """The process ends here."""


@contextlib.contextmanager
def retried_at_once() -> Iterator[None]:
    """What may pass is tried once more, without waiting."""
    stamina.set_testing(True, attempts=2)
    try:
        yield
    finally:
        stamina.set_testing(False)


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with retried_at_once():
        yield


@contextlib.contextmanager
def started(name: str, folder: Path) -> Iterator[World]:
    """A world whose secrets the environment has."""
    with pytest.MonkeyPatch.context() as patch, world_named(name)(folder / "world") as world:
        for secret, value in world.secrets.items():
            patch.setenv(secret, value)
        yield world


@pytest.fixture(params=sorted(WORLDS))
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with started(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def settings(tmp_path: Path, world: World) -> Settings:
    return sourced(tmp_path / "district", world.connector, world.source())


def later(settings: Settings, days: int) -> Collected:
    return pull(settings, NOW + timedelta(days=days))


def kept(settings: Settings) -> list[bytes]:
    return [content for _, content in archived(settings)]


def same(world: World, settings: Settings, *contents: bytes) -> bool:
    """Whether these deliveries were received, and no others."""
    found = kept(settings)
    return len(found) == len(contents) and all(map(world.is_kept, found, contents))


# --- what comes ---------------------------------------------------------------------------------


def test_what_comes_is_archived_as_it_came_before_anybody_reads_it(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put(A)
    read, seen = ParseStore.parse, []

    def look(store: ParseStore, delivery: Delivery, *rest: object) -> object:
        archive = Workplace(settings, now=NOW).archive
        told = [receipt.sha256 for receipt in archive.receipts()]
        seen.append((archive.object_path(delivery.sha256).exists(), delivery.sha256 in told))
        return read(store, delivery, *rest)  # type: ignore[arg-type]  # passed on as given

    monkeypatch.setattr(ParseStore, "parse", look)
    collected = pull(settings)
    assert (collected.received_new, collected.observations, collected.stuck) == (1, 1, [])
    assert seen == [(True, True)]
    assert same(world, settings, A)


def test_what_is_as_it_was_is_not_moved_and_no_delivery(world: World, settings: Settings) -> None:
    world.put(A)
    pull(settings)
    moved = world.moved
    again = later(settings, 1)
    assert (again.offered, again.received_new, again.stuck) == (0, 0, [])
    assert world.moved == moved
    assert [(attempt.outcome, attempt.things) for attempt in attempts(settings)] == [
        ("received", 1),
        ("unchanged", 1),
    ]
    assert same(world, settings, A)


def test_what_changes_is_news_also_where_it_goes_back(world: World, settings: Settings) -> None:
    for day, content in enumerate((A, B, A)):
        world.put(content)
        assert later(settings, day).received_new == 1
    assert later(settings, 3).received_new == 0
    assert same(world, settings, A, B, A)


def test_what_is_taken_away_and_laid_there_again_is_no_news(
    world: World, settings: Settings
) -> None:
    world.put(A)
    pull(settings)
    world.remove()
    later(settings, 1)
    world.put(A)
    assert later(settings, 2).received_new == 0
    assert same(world, settings, A)


# --- killed -------------------------------------------------------------------------------------

POINTS = {
    "fetched": (Archive, "store"),
    "bytes kept": (Archive, "_append"),
    "received": (PullingConnector, "taken"),
    "taken": (Attempts, "add"),
}


@pytest.mark.parametrize("point", sorted(POINTS))
def test_a_pull_that_is_killed_is_taken_up_and_nothing_comes_twice(
    world: World, settings: Settings, point: str
) -> None:
    def kill(*_: object, **__: object) -> None:
        raise KilledError

    world.put(A)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(*POINTS[point], kill)
        pull(settings)
    collected = later(settings, 1)
    assert collected.stuck == []
    assert same(world, settings, A)
    receipts = list(Workplace(settings, now=NOW).archive.receipts())
    assert len({receipt.place for receipt in receipts}) == 1
    assert [receipt.outcome for receipt in receipts].count("new") == 1
    moved = world.moved
    assert later(settings, 2).offered == 0
    assert world.moved == moved


# --- broken -------------------------------------------------------------------------------------


@dataclass
class Course:
    """A source that is broken, mended, changed and broken, and mended again; a pull after each.

    Attributes:
        stuck, kept: What a person is told after each pull, and what was received by then.
        attempts: The receipts of asking.
        said: All that was logged and printed.
        files: Every file of the project, with its name.
    """

    status: str
    secrets: Mapping[str, str]
    stuck: list[list[str]] = field(default_factory=list)
    kept: list[list[bytes]] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    said: str = ""
    files: dict[str, bytes] = field(default_factory=dict)

    def run(self, world: World, settings: Settings, how: str) -> None:
        for day, (content, is_broken) in enumerate(((A, 1), (A, 0), (B, 1), (B, 0))):
            if is_broken:
                world.put(content)
                world.break_by(how)
            else:
                world.mend()
            self.stuck.append(later(settings, day).stuck)
            self.kept.append([_as_laid(world, content) for content in kept(settings)])
        self.attempts = attempts(settings)
        paths = (path for path in settings.project.rglob("*") if path.is_file())
        self.files = {str(path): str(path).encode() + path.read_bytes() for path in paths}


def _as_laid(world: World, archived: bytes) -> bytes:
    """What was laid there, of what the archive has."""
    return next((content for content in (A, B) if world.is_kept(archived, content)), archived)


@contextlib.contextmanager
def listening() -> Iterator[io.StringIO]:
    """All that is logged, however little it matters, and all that is printed."""
    heard, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(heard), root.level
    root.addHandler(handler)
    root.setLevel(1)
    try:
        with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
            yield heard
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


@pytest.fixture(scope="module", params=BROKEN, ids=[f"{name}: {how}" for name, how in BROKEN])
def course(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Course]:
    """Run once, looked at from several tests."""
    name, how = request.param
    folder = tmp_path_factory.mktemp("course")
    with started(name, folder) as world, listening() as heard:
        made = Course(world.breaks[how], dict(world.secrets))
        with retried_at_once():
            made.run(world, sourced(folder / "district", name, world.source()), how)
        made.said = heard.getvalue()
    yield made


def test_what_goes_wrong_is_told_in_words(course: Course) -> None:
    assert [attempt.outcome for attempt in course.attempts] == ["failed", "received"] * 2
    for failed, (told,) in zip(course.attempts[::2], course.stuck[::2], strict=True):
        assert failed.status == course.status
        assert CHINESE.search(failed.reason_zh) and ENGLISH.search(failed.reason_en)
        assert ENGLISH.search(failed.remedy)
        for words in (failed.reason_zh, failed.reason_en, failed.remedy):
            assert words in told


def test_what_is_broken_is_made_up_for_without_a_hand_and_nothing_is_lost(course: Course) -> None:
    assert course.kept == [[], [A], [A], [A, B]]
    assert course.stuck[1::2] == [[], []]


def test_a_secret_stands_nowhere(course: Course) -> None:
    assert any("/pulls/" in place for place in course.files)
    everywhere = course.files | {"what was told": f"{course.stuck} {course.said}".encode()}
    for name, secret in course.secrets.items():
        for way in (secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()):
            found = [place for place, content in everywhere.items() if way.encode() in content]
            assert not found, f"{name} stands in {found}"


def test_other_data_sets_go_on_while_a_source_is_broken(world: World, settings: Settings) -> None:
    world.put(A)
    world.break_by(sorted(world.breaks)[0])
    deliver(settings, "yunxi-investment", "2025-07-15", "投资2025上半年.xlsx", investment())
    work = Workplace(settings, now=NOW)
    found = {declared.id: collect_one(work, declared) for declared in work.declarations}
    assert len(found["yunxi-profile"].stuck) == 1
    assert (found["yunxi-investment"].received_new, found["yunxi-investment"].stuck) == (1, [])
