"""Opens the current release the way every reader should: resolved once, read-only, shut in.

Belongs here: finding the release and the connection to it. Does not belong here: questions.
The names used here are the published layout of a release, which readers of all kinds rely on.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.errors import ReleaseError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CURRENT = "current"
PIN = "pin"
MART_FILE = "mart.duckdb"
MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True)
class CurrentRelease:
    """The release readers see, resolved to its own folder so that it cannot change midway."""

    release_id: str
    path: Path
    manifest: Mapping[str, Any]


def current_release(releases_dir: Path) -> CurrentRelease:
    """The release the pointer leads to.

    Raises:
        ReleaseError: There is none yet, or it is damaged.
    """
    pointer = releases_dir / CURRENT
    if not pointer.is_symlink():
        if is_empty(releases_dir):
            raise ReleaseError(
                "nothing is published yet / 尚未发布任何版本",
                file=releases_dir,
                remedy="make a release: qutong run",
            )
        raise ReleaseError(
            "the pointer to the current release is lost / 指向当前版本的链接已丢失",
            file=pointer,
            remedy=_remedy(releases_dir),
        )
    path = releases_dir / pointer.readlink().name
    try:
        manifest = json.loads((path / MANIFEST_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReleaseError(
            f"the current release cannot be read: {error} / 当前版本无法读取",
            file=path,
            remedy=_remedy(releases_dir),
        ) from error
    return CurrentRelease(path.name, path, manifest)


def is_empty(releases_dir: Path) -> bool:
    """Whether nothing was ever published here, and nothing stands where the pointer would."""
    return not (releases_dir / CURRENT).exists() and not any(releases_dir.glob("*/manifest.json"))


def _remedy(releases_dir: Path) -> str:
    if (releases_dir / PIN).exists():
        return "release the pin: qutong release unpin"
    return "let a run put it right: qutong run"


def open_mart(release: CurrentRelease) -> DuckDBPyConnection:
    """Open a release's database: read-only, no other file or network, settings locked."""
    import duckdb

    file = release.path / MART_FILE
    if not file.is_file():
        raise ReleaseError(
            "the database of the release is not there / 版本的数据库不存在",
            file=file,
            remedy=_remedy(release.path.parent),
        )
    try:
        return duckdb.connect(
            str(file),
            read_only=True,
            config={
                "enable_external_access": "false",
                # A large sort may spill; the sealed release folder is no place for it.
                "temp_directory": str(Path(tempfile.gettempdir()) / f"qutong-{os.getpid()}"),
                "lock_configuration": "true",
            },
        )
    except duckdb.Error as error:
        raise ReleaseError(
            f"the database of the release cannot be opened: {error}",
            file=file,
            remedy="check it: qutong release verify",
        ) from error
