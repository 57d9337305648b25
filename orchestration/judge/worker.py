"""The judge of suites, in a process of its own: Great Expectations is imported while others work.

Belongs here: starting that process, asking it, and ending it whatever happens. Does not belong
here: what it is asked (``suites``) and how it finds out (``gx``).

Requests and answers are lines of JSON on its standard input and output. It ends when its input
ends, so that it does not outlive a parent that was killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, Self

from orchestration.errors import QutongError
from orchestration.judge.catalogue import Judged
from orchestration.judge.kept import Keep
from orchestration.judge.suites import Expectation, Found, Suite, found, judged, of_rules
from orchestration.memory import uncollected
from orchestration.settings import CODE_ROOT

PATIENCE = 600.0
"""Seconds that an answer may take, the import included."""

_REMEDY = "run again, and report it if it stays; nothing was published"


class Judge:
    """Runs suites in this process, importing Great Expectations when first asked."""

    def found(
        self, database: Path, suites: Sequence[Suite], keep: Keep | None = None
    ) -> list[Found]:
        """As ``suites.found``.

        Raises:
            QutongError: the file cannot be opened, or there is no answer. Never a pass.
        """
        return found(database, suites, keep)

    def ask(
        self, database: Path, suites: Sequence[Suite], keep: Keep | None = None
    ) -> Callable[[], list[Found]]:
        """Ask, and go on with other work; what is returned waits for the answer, as ``found``."""
        return partial(self.found, database, suites, keep)

    def validate(
        self,
        database: Path,
        suites: Sequence[Suite],
        rule_ids: Sequence[str],
        keep: Keep | None = None,
    ) -> Judged:
        """Run suites, and say what came of each of the rules, also where no suite asks them.

        Raises:
            QutongError: the file cannot be opened, or there is no answer. Never a pass.
        """
        asked = of_rules(suites, rule_ids)
        return judged(asked, self.found(database, asked, keep), rule_ids)

    def close(self) -> None:
        """End it; it may be closed twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def start(patience: float = PATIENCE) -> Judge:
    """Start a judge in a process of its own; returns at once, while that process imports.

    Args:
        patience: Seconds that an answer may take.
    """
    return _Worker([sys.executable, "-m", __name__], patience)


class _Worker(Judge):
    """A judge in another process."""

    def __init__(self, command: Sequence[str], patience: float) -> None:
        self._patience = patience
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        path = [str(CODE_ROOT), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))},
        )
        # Also where nobody closes it: when it is forgotten, and when this process exits.
        self._end = weakref.finalize(self, _end, self._process, self._said)

    def found(
        self, database: Path, suites: Sequence[Suite], keep: Keep | None = None
    ) -> list[Found]:
        """Ask the other process."""
        request = {
            "database": str(database),
            "suites": [asdict(suite) for suite in suites],
            "keep": keep and {**asdict(keep), "file": str(keep.file), "run_time": keep.run_time},
        }
        text = json.dumps(request, ensure_ascii=False, default=datetime.isoformat)
        try:
            answer = json.loads(self._ask(text.encode() + b"\n"))
        except BaseException:
            self.close()  # what it says later would be taken for the answer to something else
            raise
        if "error" in answer:
            raise QutongError(**answer["error"])
        return [Found(**entry | {"rows": tuple(entry["rows"])}) for entry in answer["found"]]

    def ask(
        self, database: Path, suites: Sequence[Suite], keep: Keep | None = None
    ) -> Callable[[], list[Found]]:
        """The other process is at work meanwhile; somebody has to wait for it."""
        pool = ThreadPoolExecutor(1)
        answer = pool.submit(self.found, database, suites, keep)
        pool.shutdown(wait=False)
        return answer.result

    def close(self) -> None:
        """End the process and wait for it; also in the middle of an answer."""
        self._end()

    def _ask(self, request: bytes) -> bytes:
        """Send a line and read a line, none of which may hang."""
        if not self._end.alive:
            raise self._failed("was closed")
        to, of = self._process.stdin, self._process.stdout
        assert to is not None and of is not None
        os.set_blocking(to.fileno(), False)
        answer, deadline = b"", time.monotonic() + self._patience
        while not answer.endswith(b"\n"):
            left = deadline - time.monotonic()
            readable, writable, _ = select.select([of], [to] if request else [], [], max(left, 0))
            if left <= 0 and not readable:
                raise self._failed(f"gave no answer in {self._patience:g} seconds")
            try:
                if writable:
                    request = request[os.write(to.fileno(), request) :]
                if readable:
                    part = os.read(of.fileno(), 1 << 16)
                    if not part:
                        raise self._failed(f"ended with exit code {self._process.wait()}")
                    answer += part
            except BrokenPipeError:
                raise self._failed(f"ended with exit code {self._process.wait()}") from None
        return answer

    def _failed(self, how: str) -> QutongError:
        last = ""
        if not self._said.closed:
            self._said.seek(0)
            lines = self._said.read().decode(errors="replace").strip().splitlines()
            last = f": {lines[-1]}" if lines else ""
        return QutongError(
            f"the process that runs Great Expectations {how}{last}",
            place="orchestration.judge.worker",
            remedy=_REMEDY,
        )


def _end(process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    # Killed, not asked: it holds nothing but a file that it reads.
    process.kill()
    process.wait()
    said.close()


# --- the other process ------------------------------------------------------------------------


def main() -> None:
    """Import Great Expectations, then answer until there are no more requests."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is no answer
    with uncollected():
        from orchestration.judge import gx  # noqa: F401 - imported ahead of the first request

    for line in sys.stdin.buffer:
        answers.write(json.dumps(_answer(json.loads(line)), ensure_ascii=False) + "\n")
        answers.flush()


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    suites = [
        Suite(
            **{
                **suite,
                "key": tuple(suite["key"]),
                "expectations": tuple(
                    Expectation(**{**entry, "codes": tuple(entry["codes"])})
                    for entry in suite["expectations"]
                ),
            }
        )
        for suite in request["suites"]
    ]
    told = request["keep"]
    keep = told and Keep(
        Path(told["file"]),
        told["run_name"],
        datetime.fromisoformat(told["run_time"]),
        tuple(told["standing"]),
    )
    try:
        entries = found(Path(request["database"]), suites, keep)
    except QutongError as error:
        parts = ("what", "file", "place", "remedy")
        return {"error": {part: getattr(error, part) for part in parts}}
    return {"found": [asdict(entry) for entry in entries]}


if __name__ == "__main__":
    main()
