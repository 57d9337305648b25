"""Logs that are only ever added to, a line of JSON an entry.

Belongs here: adding an entry durably, and reading what a kill left. Does not belong here: what
entries say (``acts``, ``decisions``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from orchestration.collect.archive import begin_line


def append(file: Path, entry: Mapping[str, Any]) -> None:
    """Add an entry, durably."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as writer:
        begin_line(writer)
        writer.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        writer.flush()
        os.fsync(writer.fileno())


def entries(file: Path) -> Iterator[dict[str, Any]]:
    """Every entry, oldest first; a line that a kill tore is left out: it never was said."""
    try:
        lines = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry
