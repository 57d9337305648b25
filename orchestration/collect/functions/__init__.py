"""Layout functions: for the table that no declaration can describe.

A function is a module of this package with ``find(grids, options, told) -> list[Piece]``. It says
of every cell what it is; this module holds it to that.

Belongs here: the contract. Does not belong here: reading files, and understanding texts: a
function gives texts as they are written.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from orchestration.collect.grid import Grid, RefusedError
from orchestration.collect.layouts.extract import (
    FIGURE_COLUMNS,
    NOTE_COLUMNS,
    Extract,
    Told,
    unexpected_cells,
    with_all_columns,
)

if TYPE_CHECKING:
    from orchestration.spec import FunctionLayout


@dataclass(frozen=True)
class Piece:
    """What one cell is.

    A cell that holds several figures (a sentence) gives several pieces of role ``figure``.

    Attributes:
        grid: Position of its grid in the list that the function was given.
        row: Row of the cell; ``col`` its column.
        role: ``figure``, ``no_data`` (title, header, name …), or ``note``.
        said: For a figure: texts by the names in ``FIGURE_COLUMNS``; ``value`` at least.
    """

    grid: int
    row: int
    col: int
    role: Literal["figure", "no_data", "note"]
    said: dict[str, str] = field(default_factory=dict)


def exists(name: str) -> bool:
    """Whether there is a function of that name."""
    return importlib.util.find_spec(f"{__name__}.{name}") is not None


def apply_function(grids: list[Grid], layout: FunctionLayout, told: Told) -> Extract:
    """Run the function and hold it to its contract.

    A cell that it leaves out is unexpected. A figure counts once for each piece of its cell.

    Raises:
        RefusedError: the function refuses the delivery, or breaks its contract.
    """
    import polars as pl

    module = importlib.import_module(f"{__name__}.{layout.function}")
    pieces: list[Piece] = module.find(grids, layout.options, told)
    figures, notes, stray, read, non_data = [], [], [], 0, 0
    for number, grid in enumerate(grids):
        own = [piece for piece in pieces if piece.grid == number]
        cells = {(r, c): t for r, c, t in grid.cells.select("row", "col", "text").iter_rows()}
        at = {(piece.row, piece.col) for piece in own}
        roles: dict[tuple[int, int], set[str]] = {}
        for piece in own:
            roles.setdefault((piece.row, piece.col), set()).add(piece.role)
        if not at <= cells.keys() or any(len(found) > 1 for found in roles.values()):
            raise RefusedError(
                "delivery.unreadable-file",
                grid.name or "file",
                f"版式函数 {layout.function} 违反约定",
                f"the layout function {layout.function} names cells that are not there, "
                "or gives one two roles",
            )
        rows = [
            dict.fromkeys(FIGURE_COLUMNS)
            | {"column_key": "value", "period_source": "row"}
            | piece.said
            | {"row": piece.row, "col": piece.col, "sheet": grid.name}
            for piece in own
            if piece.role == "figure"
        ]
        schema = dict.fromkeys(FIGURE_COLUMNS, pl.String) | {"row": pl.Int64, "col": pl.Int64}
        frame = grid.places(pl.DataFrame(rows, schema=schema, orient="row").drop("place"))
        figures.append(with_all_columns(frame))
        notes += [
            (grid.place(p.row, p.col), "", cells[p.row, p.col]) for p in own if p.role == "note"
        ]
        left = grid.cells.filter(pl.Series([(r, c) not in at for r, c in cells], dtype=pl.Boolean))
        stray.append(unexpected_cells(grid, left))
        silent = sum(1 for found in roles.values() if found != {"figure"}) + grid.ignored
        non_data += silent
        read += silent + len(rows) + left.height
    return Extract(
        figures=pl.concat(figures),
        unexpected=pl.concat(stray),
        read=read,
        non_data=non_data,
        unit="cell",
        notes=pl.DataFrame(notes, schema=dict.fromkeys(NOTE_COLUMNS, pl.String), orient="row"),
    )
