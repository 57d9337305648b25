"""What was ever published from here, one line a release, also after its folder was removed.

Belongs here: writing that line and reading it back. Does not belong here: releases themselves, and
which of them readers see (``pointer``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from orchestration.publish.durable import write_durably
from orchestration.publish.layout import MANIFEST_FILE, Releases


@dataclass(frozen=True)
class Entry:
    """A release as it was when it got its name.

    Attributes:
        release_id: Its id, which is given once.
        digest: Of all its files, see ``durable.directory_digest``.
        inputs: What it follows from, as the run said (``inputs_fingerprint`` of its manifest).
    """

    release_id: str
    digest: str
    inputs: str


def published(releases: Releases) -> Mapping[str, Entry]:
    """What was published, by id, in order; a line that cannot be read is left out."""
    try:
        lines = releases.ledger.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    entries = {}
    for line in lines:
        try:
            entry = Entry(**json.loads(line))
        except (ValueError, TypeError):
            continue
        entries[entry.release_id] = entry
    return entries


def last(releases: Releases) -> Entry | None:
    """What was published last; None where nobody knows."""
    entries = list(published(releases).values())
    return entries[-1] if entries else None


def enter(releases: Releases, release_id: str, digest: str) -> None:
    """Enter a release that has its name; twice is fine."""
    entries = dict(published(releases))
    path = releases.release(release_id)
    manifest = json.loads((path / MANIFEST_FILE).read_text(encoding="utf-8"))
    entries.pop(release_id, None)  # one that comes again is the last one again
    inputs = manifest.get("inputs_fingerprint", "")
    entries[release_id] = Entry(release_id, digest, inputs)
    lines = [json.dumps(asdict(entry), ensure_ascii=False) + "\n" for entry in entries.values()]
    write_durably(releases.ledger, "".join(lines))
