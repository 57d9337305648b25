"""A file held against the current release.

Belongs here: what reads the release, the catalogue of names and the file. Does not belong here: how
the answer is shown (``annotated``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.factcheck import documents
from orchestration.factcheck.documents import Block
from orchestration.factcheck.figures import World
from orchestration.factcheck.verdicts import VERDICTS, Checked, Verdict, check

if TYPE_CHECKING:
    from orchestration.settings import Settings


@dataclass(frozen=True)
class Report:
    """What a file says, number by number."""

    file: Path
    release_id: str
    blocks: Sequence[Block]
    checked: Sequence[Checked]

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How many numbers of each verdict."""
        told = Counter(one.verdict for one in self.checked)
        return {verdict: told[verdict] for verdict in VERDICTS}


def check_file(settings: Settings, file: Path) -> Report:
    """Check a file against the current release.

    Raises:
        QutongError: no release, or a file that cannot be read.
    """
    blocks = documents.read(file)
    world = read_world(settings)
    return Report(file, world.release_id, blocks, check(world, blocks))


def read_world(settings: Settings) -> World:
    """What the current release knows, with the synonyms of the catalogue."""
    from orchestration.serve.reading import current_release, open_mart

    release = current_release(settings.releases)
    con = open_mart(release)
    try:
        return World.of(con, release.release_id, _synonyms(settings))
    finally:
        con.close()


def _synonyms(settings: Settings) -> Mapping[str, str]:
    from orchestration.standards import load_catalogue

    folder = settings.raw / "catalogue"
    if not folder.is_dir():
        return {}
    return load_catalogue(folder, settings.work / "catalogue.json").words
