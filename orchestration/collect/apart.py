"""Readings in a process of their own, within limits of time and memory.

Belongs here: that process, and what became of a reading that did not keep its limits. Does not
belong here: reading (``parse``, ``readers``), and what is made of a reading that failed.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import os
import pickle
import resource
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from orchestration.errors import QutongError

if TYPE_CHECKING:
    from orchestration.settings import Settings

Given = ParamSpec("Given")
Made = TypeVar("Made")

PATIENCE, PATIENT = 10, 600
"""So many times the allowed seconds may pass on the clock, and at least so many seconds: a busy
machine is no fault of a file, and what a file can keep busy is counted by the processor."""

ANSWER = 4096
"""Megabytes that may come of the largest file."""

_FROM_OUTSIDE = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


@dataclass(frozen=True)
class Limits:
    """What one reading may take.

    Attributes:
        seconds: Of processor time, which does not depend on what else the machine does.
        megabytes: Of memory, beyond what the process held before. Where the system cannot count
            it (macOS), only time and the answer are limited.
        answer: Megabytes of the figures and texts that come of it, in memory.
    """

    seconds: int
    megabytes: int
    answer: int = 256

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """What the district declares: the most for any file, however large."""
        district = settings.district
        return cls(district.reading_seconds, district.reading_megabytes, ANSWER)

    def for_file(self, size: int, kind: str) -> Limits:
        """What the reading of one file may take, by its size: a small one has no need of more.

        Args:
            size: Bytes of the file.
            kind: Its format, as a declaration names it.

        Raises:
            LimitError: its bytes alone take more memory than any reading may.
        """
        if size > self.megabytes << 20:
            raise LimitError(
                f"文件有 {size >> 20} MB, 超过读取内存限度 {self.megabytes} MB",
                f"the file has {size >> 20} MB, and no reading may take more than "
                f"{self.megabytes} MB of memory",
            )
        least, more = SMALL.get(kind, SMALL[""]), PER_MEGABYTE.get(kind, PER_MEGABYTE[""])
        extent = size / (1 << 20)
        slower, larger = self.seconds / USUAL.seconds, self.megabytes / USUAL.megabytes
        seconds = slower * (least.seconds + more.seconds * extent)
        megabytes = larger * (least.megabytes + more.megabytes * extent)
        answer = larger * (least.answer + more.answer * extent)
        return Limits(
            min(self.seconds, math.ceil(seconds)),
            min(self.megabytes, max(math.ceil(megabytes), LEAST_MEGABYTES)),
            min(self.answer, max(math.ceil(answer), least.answer)),
        )


USUAL = Limits(60, 2048, ANSWER)
"""What a district allows that declares nothing else. Where one allows more or less, so do small
files take more or less: what was refused as too much can always be admitted."""

LEAST_MEGABYTES = 512
"""No reader works with less."""

SMALL = {"": Limits(12, 640, 96), "pdf": Limits(20, 640, 96)}
"""What the reading of any file may take of the usual limits, however small, by format; the first
holds for all others. Together with what the process holds before, less than a gigabyte."""

PER_MEGABYTE = {
    "": Limits(12, 120, 192),
    "csv": Limits(2, 16, 24),
    "sdmx-csv": Limits(2, 16, 24),
    "px": Limits(2, 16, 24),
    "sdmx-ml": Limits(2, 32, 24),
    "html": Limits(4, 48, 24),
    "json": Limits(4, 48, 24),
    "json-stat": Limits(4, 48, 24),
    "nbs": Limits(4, 48, 24),
    "pdf": Limits(60, 120, 24),
}
"""What each megabyte of the file adds; what is packed (the first) holds more than its size says."""


class AnswerTooLongError(Exception):
    """What was read is more than may be handed on; whoever reads may know before it is packed."""


class LimitError(Exception):
    """A reading was ended: it took too much, or took its process with it."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


def within(
    limits: Limits, read: Callable[Given, Made], *args: Given.args, **kwargs: Given.kwargs
) -> Made:
    """Call a function of a module in the process that reads; started when first asked for.

    Raises:
        LimitError: it did not keep its limits, or its process died of it.
        QutongError: somebody else ended that process.
    """
    with _LOCK:
        return cast(Made, _process().call(limits, read, args, kwargs))


def start() -> None:
    """Start the process that reads, where there is none, and do not wait for it."""
    with _LOCK:
        _process()


def close() -> None:
    """End the process that reads; the next reading starts another."""
    global _kept  # noqa: PLW0603 - one process for all readings, whoever ends it
    if _kept is not None:
        _kept.end()
    _kept = None


class _Process:
    """The other process, as this one sees it."""

    def __init__(self) -> None:
        # Spawned: a fork would inherit locks of threads that it does not have.
        context = get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    def call(self, limits: Limits, read: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        try:
            self._line.send((limits, read, args, kwargs))
            if not self._line.poll(max(PATIENCE * limits.seconds, PATIENT)):
                raise _too_long(limits)
            is_good, answer = pickle.loads(self._line.recv_bytes())  # noqa: S301 - our own process
        except (EOFError, ConnectionError):
            self._process.join()
            raise self._what_ended_it(limits) from None
        except BaseException:
            self.end()  # what it says later would be taken for the answer to something else
            raise
        if isinstance(answer, MemoryError):
            self.end()  # nobody knows what it still holds
            raise _too_much(limits)
        if isinstance(answer, AnswerTooLongError):
            raise _too_long_an_answer(limits)
        if not is_good:
            raise answer
        return answer

    def _what_ended_it(self, limits: Limits) -> Exception:
        code = self._process.exitcode or 0
        if code == -signal.SIGPROF:
            return _too_long(limits)
        if -code in _FROM_OUTSIDE:
            return QutongError(
                f"the process that reads deliveries was ended ({signal.Signals(-code).name})",
                remedy="run again; what was read before is kept",
            )
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return LimitError(
            f"读取它的进程因此终止 ({how}), 通常是内存超过 {limits.megabytes} MB",
            f"the process that read it died of it ({how}), as a rule for lack of memory "
            f"({limits.megabytes} MB are allowed)",
        )

    def end(self) -> None:
        """Kill it, and wait for it: it holds nothing but what it reads."""
        self._process.kill()
        self._process.join()
        self._line.close()


_LOCK = threading.Lock()
_kept: _Process | None = None


def _process() -> _Process:
    global _kept  # noqa: PLW0603 - one process for all readings, whoever asks first starts it
    if _kept is None or not _kept.is_alive:
        close()
        _kept = _Process()
    return _kept


atexit.register(close)


def _too_long(limits: Limits) -> LimitError:
    return LimitError(
        f"读取用时超过 {limits.seconds} 秒 (处理器时间)",
        f"reading took more than {limits.seconds} seconds of processor time",
    )


def _too_much(limits: Limits) -> LimitError:
    return LimitError(
        f"读取所需内存超过 {limits.megabytes} MB",
        f"reading needs more than {limits.megabytes} MB of memory",
    )


def _too_long_an_answer(limits: Limits) -> LimitError:
    return LimitError(
        f"读出的内容超过 {limits.answer} MB, 与文件大小不相称",
        f"what was read takes more than {limits.answer} MB: no honest file of its size holds that",
    )


# --- the other process ------------------------------------------------------------------------


def _serve(line: Connection) -> None:
    """Read until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    # What a parent ignores or blocks, its children would too, and could not be ended.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _FROM_OUTSIDE)
    # The kernel ends a reading that takes too long, in whatever library it is.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    # What a library says when it dies, and what it held then, may be text of a respondent.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    import polars as pl

    import orchestration.collect.parse

    _ = pl, orchestration.collect.parse  # what every reading needs counts for none of them
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            limits, read, args, kwargs = line.recv()
            with _limited(limits):
                line.send_bytes(_answer(limits, read, args, kwargs))


def _answer(limits: Limits, read: Callable[..., Any], args: Any, kwargs: Any) -> bytes:
    try:
        answer = pickle.dumps((True, read(*args, **kwargs)), pickle.HIGHEST_PROTOCOL)
        if len(answer) > limits.answer << 20:
            return pickle.dumps((False, AnswerTooLongError()))
    except MemoryError:
        return pickle.dumps((False, MemoryError()))
    except Exception as error:
        return pickle.dumps((False, _sendable(error)))
    return answer


def _sendable(error: Exception) -> Exception:
    """The error, or its words where it cannot be made again by another process."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - bytes that the same line made
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


@contextlib.contextmanager
def _limited(limits: Limits) -> Any:
    held = _data_held()
    kind = resource.RLIMIT_DATA
    _, most = resource.getrlimit(kind)
    if held is not None:
        resource.setrlimit(kind, (held + (limits.megabytes << 20), most))
    signal.setitimer(signal.ITIMER_PROF, limits.seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        if held is not None:
            resource.setrlimit(kind, (most, most))


def _data_held() -> int | None:
    """Bytes that the kernel counts against the limit now; None where it does not count them."""
    if sys.platform != "linux":
        return None
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    return pages * resource.getpagesize()
