"""Hashes of trees of files: whether anything that a release follows from has changed.

Belongs here: hashing files. Does not belong here: deciding what follows from a change.
"""

from __future__ import annotations

import hashlib
from pathlib import Path


def tree_digest(root: Path, patterns: tuple[str, ...], skip: tuple[str, ...] = ()) -> bytes:
    """SHA-256 over the names and contents of the files below ``root`` that match a pattern."""
    digest = hashlib.sha256()
    files = {path for pattern in patterns for path in root.rglob(pattern) if path.is_file()}
    for path in sorted(files):
        relative = path.relative_to(root)
        if relative.parts[0] in skip:
            continue
        digest.update(relative.as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.digest()
