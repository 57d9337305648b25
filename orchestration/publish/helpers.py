"""Processes that build products beside the run.

Belongs here: how many there are, starting them early enough, ending them with the run. Does not
belong here: what they build (``press``).
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import current_process, get_context, parent_process
from threading import Thread
from typing import Any, ParamSpec, TypeVar, cast

Given = ParamSpec("Given")
Made = TypeVar("Made")

MOST = 2
# Below this many parts a process takes longer to start than they take to build.
_WORTH_A_PROCESS = 30


class Helpers:
    """Up to so many processes, started when it is known that they pay."""

    def __init__(self, wanted: int | None = None) -> None:
        """Prepare; ``wanted`` is their number, None as many as pay."""
        self._wanted = wanted
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Helpers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            # Nobody may write into a candidate that is being removed.
            self._pool.shutdown(wait=True, cancel_futures=True)

    def start(self, parts: int) -> None:
        """Start them where so many parts are worth it; they load what builds need at once.

        Loading takes as long as building thirty parts does: a run that knows beforehand that
        there is much to do says so before it reads the marts.
        """
        number = self._number(parts)
        if self._pool is not None or not number:
            return
        self._pool = ProcessPoolExecutor(
            number, mp_context=get_context("spawn"), initializer=_end_with_parent
        )
        for _ in range(number):
            self.take(_load)

    def take(
        self, work: Callable[Given, Made], *args: Given.args, **kwargs: Given.kwargs
    ) -> Future[Made] | None:
        """Let one of them do some work; None where there is none to be had."""
        if self._pool is None:
            return None
        try:
            # What is given is written down here and now: the pool does so in a thread of its own,
            # while the run goes on filling the dictionaries that are given.
            given = pickle.dumps((work, args, kwargs))
            return cast("Future[Made]", self._pool.submit(_carry_out, given))
        except (OSError, BrokenProcessPool):
            self._pool = None
            return None

    def _number(self, parts: int) -> int:
        """How many pay: none where there is little to do, none are allowed, or there is one core.

        The run itself builds too, so one processor stays with it.
        """
        if current_process().daemon or not parts:
            return 0
        if self._wanted is not None:
            return self._wanted
        return min(MOST, (os.cpu_count() or 1) - 1) if parts >= _WORTH_A_PROCESS else 0


def _carry_out(given: bytes) -> Any:
    """In a worker: the work that was given."""
    work, args, kwargs = pickle.loads(given)  # noqa: S301 - of our own process
    return work(*args, **kwargs)


def _load() -> None:
    """What nearly every build needs; the rest is loaded by the product that needs it."""
    import duckdb
    import jinja2

    import orchestration.publish.registry  # noqa: F401 - products are found by their names

    _ = duckdb, jinja2


def _end_with_parent() -> None:
    """In a worker: end when the run is killed, so that nobody writes into what it left."""
    parent = parent_process()

    def wait_for_end() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=wait_for_end, daemon=True).start()
