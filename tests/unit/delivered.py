"""Files as suppliers deliver them, made in memory, and short ways to read them.

Belongs here: builders that several tests of readers need. Does not belong here: expected cells.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from orchestration.collect.grid import RefusedError
from orchestration.collect.readers import read_grids
from orchestration.spec import Source


def refusal(content: bytes, **source: Any) -> RefusedError:
    """The refusal of a file that must be refused."""
    with pytest.raises(RefusedError) as caught:
        read_grids(content, Source(**source))
    return caught.value


def refused(content: bytes, **source: Any) -> tuple[str, str]:
    """Rule and place of the refusal."""
    error = refusal(content, **source)
    return error.rule, error.place


def texts(content: bytes, **source: Any) -> list[tuple[int, int, str]]:
    """The cells of a file that is one grid."""
    (grid,) = read_grids(content, Source(**source))
    return [(row, col, text) for row, col, text, *_ in grid.cells.rows()]


def formatted(content: bytes, **source: Any) -> list[tuple[int, int, str, str, int, bool]]:
    """The cells of a file that is one grid, with kind, indent and bold."""
    (grid,) = read_grids(content, Source(**source), wants_format=True)
    cells = grid.cells.select("row", "col", "text", "kind", "indent", "is_bold")
    return [(r, c, t, k, i, b) for r, c, t, k, i, b in cells.rows()]


def workbook(write: Callable[[Any, Any], None], name: str = "表1") -> bytes:
    """A workbook (.xlsx) of one sheet."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    write(book, book.add_worksheet(name))
    book.close()
    return buffer.getvalue()


def rezipped(content: bytes, extra: dict[str, bytes]) -> bytes:
    """An archive with some of its parts replaced or added."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, extra.get(name) or old.read(name))
        for name in extra.keys() - set(old.namelist()):
            new.writestr(name, extra[name])
    return buffer.getvalue()


def part_of(content: bytes, name: str) -> bytes:
    """One part of an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return package.read(name)
