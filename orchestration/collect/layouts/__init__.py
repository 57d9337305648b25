"""Layouts: which cell of a grid is a figure, and what stands around it.

Belongs here: choosing the layout that a declaration names. Does not belong here: decoding files
(``readers``) and understanding the texts (``normalise``).
"""

from __future__ import annotations

from orchestration.collect.grid import Grid
from orchestration.collect.layouts.extract import Extract, Told, Words
from orchestration.collect.layouts.records import extract_records
from orchestration.collect.layouts.table import extract_tables
from orchestration.spec import FunctionLayout, RecordsLayout, TableLayout

__all__ = ["Extract", "Told", "Words", "extract", "wants_format"]

Layout = RecordsLayout | TableLayout | FunctionLayout


def wants_format(layout: Layout) -> bool:
    """Whether the layout looks at indents or bold type; plain files are read faster without."""
    if isinstance(layout, TableLayout):
        return any({"indent", "bold"} & set(block.hierarchy) for block in layout.blocks)
    return isinstance(layout, FunctionLayout)


def extract(grids: list[Grid], layout: Layout, told: Told) -> Extract:
    """Apply the layout to every grid with content.

    Raises:
        RefusedError: a declared block, column, title or unit is not there, or one too many is.
    """
    import polars as pl

    filled = [grid for grid in grids if not grid.is_empty]
    if isinstance(layout, TableLayout):
        return extract_tables(filled, layout, told)
    if isinstance(layout, FunctionLayout):
        from orchestration.collect.functions import apply_function

        return apply_function(filled, layout, told)
    parts = [extract_records(grid, layout, told) for grid in filled]
    return Extract(
        figures=pl.concat([part.figures for part in parts]),
        unexpected=pl.concat([part.unexpected for part in parts]),
        read=sum(part.read for part in parts),
        non_data=sum(part.non_data for part in parts),
        unit=parts[0].unit,
        notes=pl.concat([part.notes for part in parts]),
    )
