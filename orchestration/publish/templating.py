"""How templates of pages are set up, and what is kept of compiling them.

Belongs here: the settings that all templates share, and their compiled form. Does not belong here:
what a template may call, which each kind of page adds. Import this module inside a function: not
every command renders.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

_compiled: dict[tuple[str, str], Any] = {}
"""Compiled templates of this process, by file and content."""


class _Kept(FileSystemBytecodeCache):
    """Compiled templates, from run to run in a folder, and from district to district in memory.

    To compile the templates takes a small release longer than to render them.
    """

    def load_bytecode(self, bucket: Bucket) -> None:
        super().load_bytecode(bucket)
        name = bucket.key, bucket.checksum
        if bucket.code is None and name in _compiled:
            bucket.code = _compiled[name]
            super().dump_bytecode(bucket)  # for the processes that help
        elif bucket.code is not None:
            _compiled[name] = bucket.code

    def dump_bytecode(self, bucket: Bucket) -> None:
        super().dump_bytecode(bucket)
        _compiled[bucket.key, bucket.checksum] = bucket.code


def environment(
    templates: Path, compiled: Path | None, finalize: Callable[..., Any] | None = None
) -> Environment:
    """Templates of a folder, in which everything is escaped and nothing may be missing.

    Args:
        compiled: A folder that keeps compiled templates from run to run.
        finalize: What becomes of each value that is shown.
    """
    return Environment(
        loader=FileSystemLoader(templates),
        bytecode_cache=_Kept(str(compiled)) if compiled else None,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=finalize,
    )
