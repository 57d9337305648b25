"""Readers: the bytes of a delivered file become grids of cells with the text as written.

Belongs here: choosing the reader, and what holds for all of them: no empty file, no file of
another kind than declared. Does not belong here: any one format (a module each), and knowing
which cell means what (``layouts``).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from orchestration.collect.grid import Grid, RefusedError
from orchestration.collect.readers.containers import refuse_other_format
from orchestration.collect.readers.numbers import printed

if TYPE_CHECKING:
    from orchestration.spec import Source

__all__ = ["RefusedError", "printed", "read_grids"]


def read_grids(content: bytes, source: Source, *, wants_format: bool = False) -> list[Grid]:
    """Read the file as its declaration says.

    Args:
        content: The bytes as delivered.
        source: What the declaration says of the file.
        wants_format: Whether a layout needs ``kind``, ``indent`` and ``is_bold`` of the cells.

    Raises:
        RefusedError: empty, another kind of file than declared, wrongly encoded, truncated,
            encrypted, unsafe, hidden content, or nothing in it.
    """
    if not content.strip():
        raise RefusedError("delivery.empty-file", "file", "文件为空", "the file is empty")
    refuse_other_format(content, source.format)
    grids = _read(content, source, wants_format=wants_format)
    if all(grid.is_empty for grid in grids):
        raise RefusedError(
            "delivery.empty-file", "file", "文件中没有任何内容", "there is no cell with content"
        )
    return grids


def _read(content: bytes, source: Source, *, wants_format: bool) -> list[Grid]:
    # One module a format, imported when it is needed: each stands on a library of its own.
    readers = "orchestration.collect.readers"
    if source.format in _PLAIN:
        plain_reader = import_module(f"{readers}.{_PLAIN[source.format]}")
        return list(plain_reader.read(content, source))
    reader = import_module(f"{readers}.{_FORMATTED[source.format]}")
    return list(reader.read(content, source, wants_format=wants_format))


_PLAIN = {
    "csv": "delimited",
    "json": "nested",
    "json-stat": "cube",
    "nbs": "bureau",
    "parquet": "columnar",
    "px": "px",
    "sdmx-csv": "sdmx_csv",
    "sdmx-ml": "sdmx_ml",
    "sdmx-json": "sdmx_json",
    "eurostat-tsv": "eurostat",
}
"""Modules of the formats in which a cell is its text and no more."""

_FORMATTED = {
    "xlsx": "workbook",
    "xls": "old_workbook",
    "ods": "open_sheet",
    "html": "page",
    "docx": "document",
    "pdf": "printed_page",
}
"""Modules of the formats that know bold and indented cells."""
