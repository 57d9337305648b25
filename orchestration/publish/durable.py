"""Files that survive: written, hashed, flushed to the disk, sealed against change, removed.

Belongs here: operations on files and folders as such. Does not belong here: what is in them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FILE_MODE = 0o444
DIRECTORY_MODE = 0o555
_BLOCK = 1 << 20
_FSYNC_THREADS = 16


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def fsync_path(path: Path) -> None:
    """Make a file, or the list of names in a folder, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(path: Path, text: str) -> None:
    """Write a small file so that it is there in full or not at all, also after a power cut."""
    aside = path.with_name(f".{path.name.lstrip('.')}.tmp")
    aside.write_text(text, encoding="utf-8", newline="\n")
    fsync_path(aside)
    aside.replace(path)
    fsync_path(path.parent)


def seal(directory: Path, written: Iterable[str]) -> None:
    """Take away the right to write (files 0444, folders 0555) and make all of it durable.

    Args:
        directory: The folder.
        written: The files in it that are new; the others are links to files that were sealed and
            made durable before, and are left as they are.
    """
    new = [directory / name for name in written]
    for file in new:
        file.chmod(FILE_MODE)
    # The disk gathers what many ask for at the same time.
    with ThreadPoolExecutor(_FSYNC_THREADS) as pool:
        list(pool.map(fsync_path, new))
    for folder, _, _ in os.walk(directory, topdown=False):
        Path(folder).chmod(DIRECTORY_MODE)
        fsync_path(Path(folder))


def remove_tree(directory: Path) -> None:
    """Remove a folder although it may be sealed. Removing what is not there is fine."""
    if not directory.is_dir() or directory.is_symlink():
        directory.unlink(missing_ok=True)
        return
    directory.chmod(stat.S_IRWXU)
    for folder, folders, _ in os.walk(directory):
        for name in folders:
            below = Path(folder, name)
            if not below.is_symlink():
                below.chmod(stat.S_IRWXU)
    shutil.rmtree(directory)


def files_below(directory: Path) -> Iterator[str]:
    """Paths of all files (symlinks too) below a folder, relative, with '/', in order."""
    found = []
    for folder, folders, files in os.walk(directory):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        found += [Path(folder, name).relative_to(directory).as_posix() for name in [*files, *links]]
    yield from sorted(found)


def folders_below(directory: Path) -> Iterator[str]:
    """Paths of all folders below a folder, as of ``files_below``."""
    found = [
        Path(folder, name).relative_to(directory).as_posix()
        for folder, folders, _ in os.walk(directory)
        for name in folders
        if not Path(folder, name).is_symlink()
    ]
    yield from sorted(found)


def directory_digest(directory: Path) -> str:
    """One digest for everything below a folder: each path with the hash of its bytes.

    A recorded verdict carries it, and so speaks of exactly these bytes and no others.
    """
    digest = hashlib.sha256()
    for path in files_below(directory):
        digest.update(f"{sha256_of(directory / path)}  {path}\n".encode())
    return digest.hexdigest()
