"""What the archive keeps of releases: how much had been decided when each was published.

Belongs here: the log of releases, which is only ever added to. Does not belong here: what a release
holds (``publish``), and the decisions themselves (``acts``).
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from orchestration.collect.acts import Act, acts
from orchestration.collect.archive import begin_line


def _file(archive: Path) -> Path:
    return archive / "releases.jsonl"


def record(archive: Path, release_id: str) -> None:
    """Note that a release was published, durably, and how many acts it followed."""
    entry = {"release_id": release_id, "acts": len(acts(archive))}
    archive.mkdir(parents=True, exist_ok=True)
    with _file(archive).open("a+b") as writer:
        begin_line(writer)
        writer.write(json.dumps(entry).encode() + b"\n")
        writer.flush()
        os.fsync(writer.fileno())


def acts_since(archive: Path, release_id: str) -> list[Act]:
    """What was decided since a release; everything where nobody noted what it followed.

    Counted, not timed: a clock that is set back decides nothing.
    """
    told = acts(archive)
    try:
        lines = _file(archive).read_bytes().split(b"\n")
    except FileNotFoundError:
        return told
    known = 0
    for line in lines:
        try:
            entry = json.loads(line)
            known = int(entry["acts"]) if entry["release_id"] == release_id else known
        except (ValueError, TypeError, KeyError):
            continue
    return told[known:]
