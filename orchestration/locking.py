"""One run at a time on one state directory, and turns on what is smaller.

Belongs here: locks, and what others are told about the holder of a run's. Does not belong here:
what is done while one is held.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestration.errors import DeclarationError, RunLockedError
from orchestration.settings import Settings

if TYPE_CHECKING:
    from filelock import BaseFileLock


_LOOKS_AGAIN: Final = 0.2
"""Seconds between two looks at a lock that is waited for."""


@contextlib.contextmanager
def run_lock(settings: Settings, patience: float = 0.0) -> Iterator[None]:
    """Hold the lock for a block; within a block that holds it already, nothing changes.

    Args:
        settings: Of the project.
        patience: For how many seconds another run is waited for.

    Raises:
        DeclarationError: the state directory cannot be written.
        RunLockedError: another process is at work here.
    """
    is_fresh = acquire_lock(settings, patience)
    try:
        yield
    finally:
        if is_fresh:
            release_lock(settings)


def acquire_lock(settings: Settings, patience: float = 0.0) -> bool:
    """Take the lock for this process, in whichever thread; False when it holds it already.

    It is held until ``release_lock`` or until the process ends, however it ends: the kernel sees
    to that.

    Raises:
        DeclarationError: the state directory cannot be written.
        RunLockedError: another process is at work here.
    """
    from filelock import Timeout

    lock = _lock(settings.lock_file)
    if lock.is_locked:
        return False
    try:
        settings.make_private()
        lock.acquire(timeout=patience, poll_interval=_LOOKS_AGAIN)
    except Timeout:
        raise RunLockedError(
            f"another run is at work here ({_holder(settings) or 'unknown process'})",
            file=settings.lock_file,
            remedy="wait until it has finished, then run again",
        ) from None
    except OSError as error:
        raise DeclarationError(
            f"the state directory cannot be written: {error.strerror}",
            file=settings.home,
            remedy="mend its rights, or name another one in QUTONG_HOME",
        ) from None
    return True


def release_lock(settings: Settings) -> None:
    """Let go of the lock; where nothing is held, nothing happens."""
    _lock(settings.lock_file).release()


@contextlib.contextmanager
def file_lock(file: Path) -> Iterator[None]:
    """Take turns with other processes on something small; waits until it is one's turn."""
    from filelock import FileLock

    with FileLock(file, preserve_lock_file=True, fallback_to_soft=False):
        yield


@functools.cache
def _lock(file: Path) -> BaseFileLock:
    """The one lock of this process on a state directory, kept until the process ends.

    The file stays when the lock is let go: a lock on a name that others have opened and somebody
    has removed would lock nobody out. For the same reason there is no way out to a lock that a
    killed process leaves behind.
    """
    from filelock import FileLock

    return FileLock(
        file,
        thread_local=False,
        preserve_lock_file=True,
        fallback_to_soft=False,
        on_acquired=_sign,
    )


def _sign(descriptor: int) -> None:
    """Write down who holds the lock: a courtesy, so a full disk does not keep the lock away."""
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        note = f"pid {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
        os.pwrite(descriptor, note.encode(), 0)


def _holder(settings: Settings) -> str:
    with contextlib.suppress(OSError):
        return settings.lock_file.read_text(encoding="utf-8").strip()
    return ""
