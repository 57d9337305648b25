"""States that tests of several modules begin with: each is made once for all workers.

Belongs here: making a state under a lock, and finding it again. Does not belong here: which states
there are (fixtures in ``conftest``), and changing one: who does that works on a copy.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result
from filelock import FileLock

from orchestration.settings import load_settings
from tests.pipeline.released import Released

SAID = "said.json"


class States:
    """A directory of districts, each beside what the command said that made it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def get(self, name: str, make: Callable[[Path], Result]) -> Released:
        """The state of that name; ``make`` lays it out in a directory, if nobody has done so."""
        district, said = self.folder / name / "district", self.folder / name / SAID
        with FileLock(self.folder / f"{name}.lock"):
            if not said.exists():
                # What another worker began and did not finish is of no use.
                shutil.rmtree(district.parent, ignore_errors=True)
                said.write_text(json.dumps(_facts(make(district))), encoding="utf-8")
        return Released(load_settings(district), _result(json.loads(said.read_text("utf-8"))))


def _facts(done: Result) -> list[str | int]:
    texts = (done.stdout_bytes, done.stderr_bytes, done.output_bytes)
    return [done.exit_code, *(text.decode("utf-8") for text in texts)]


def _result(facts: tuple[int, str, str, str]) -> Result:
    code, *texts = facts
    stdout, stderr, output = (text.encode("utf-8") for text in texts)
    return Result(CliRunner(), stdout, stderr, output, None, code, None)
