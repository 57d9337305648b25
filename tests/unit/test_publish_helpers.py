"""How many processes build beside a run.

Belongs here: when there are helpers. Does not belong here: what they build
(``test_publish_products``).
"""

from __future__ import annotations

import os
from concurrent.futures import Future
from typing import Any

import pytest

from orchestration.publish import helpers

pytestmark = pytest.mark.core


class Pool:
    """Stands for the processes: counts them, and does nothing."""

    def __init__(self, number: int, **_: Any) -> None:
        self.number = number
        self.ended: list[bool] = []

    def submit(self, *_: Any) -> Future[Any]:
        return Future()

    def shutdown(self, *, wait: bool, cancel_futures: bool) -> None:
        self.ended.append(wait and cancel_futures)


class Broken(Pool):
    """No process can be started."""

    def submit(self, *_: Any) -> Future[Any]:
        raise OSError


@pytest.mark.parametrize(
    ("wanted", "cores", "parts", "number"),
    [
        (None, 1, 100, 0),
        (None, 2, 100, 1),
        (None, 3, 30, 2),
        (None, 64, 100, 2),
        (None, 64, 29, 0),
        (0, 64, 100, 0),
        (2, 1, 1, 2),
        (2, 64, 0, 0),
    ],
)
def test_a_core_stays_with_the_run(
    monkeypatch: pytest.MonkeyPatch, wanted: int | None, cores: int, parts: int, number: int
) -> None:
    started: list[Pool] = []

    def start(count: int, **_: Any) -> Pool:
        started.append(Pool(count))
        return started[-1]

    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr(helpers, "ProcessPoolExecutor", start)
    with helpers.Helpers(wanted) as some:
        some.start(parts)
        some.start(parts)
        taken = some.take(print)

    assert [pool.number for pool in started] == ([number] if number else [])
    assert (taken is not None) == bool(number)
    assert [pool.ended for pool in started] == ([[True]] if number else [])


def test_without_processes_the_run_does_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "ProcessPoolExecutor", Broken)
    with helpers.Helpers(2) as some:
        some.start(1)

        assert some.take(print) is None


def test_what_is_given_is_written_down_when_it_is_given() -> None:
    given: dict[int, int] = {}
    with helpers.Helpers(1) as beside:
        beside.start(1)
        made = beside.take(len, given)
        given.update(dict.fromkeys(range(1000), 1))
        assert made is not None
        assert made.result() == 0
