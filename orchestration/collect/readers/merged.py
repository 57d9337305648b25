"""Cells under a merged range: nobody sees them, whatever is stored there.

Belongs here: finding them. Does not belong here: reading merged ranges from a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def uncovered(
    cells: pl.DataFrame, merged: Sequence[tuple[int, int, int, int]]
) -> tuple[pl.DataFrame, set[tuple[int, int]], int]:
    """Tell cells that a merged range covers from those that are seen.

    Programs that export workbooks often repeat the text of the first cell under the whole range;
    these repetitions are left out. Any other text under there is hidden content.

    Returns:
        The cells without repetitions, the places that are covered by others, and how many
        repetitions there were.
    """
    import polars as pl

    if not merged:
        return cells, set(), 0
    texts = {(r, c): t for r, c, t in cells.select("row", "col", "text").iter_rows()}
    covered: set[tuple[int, int]] = set()
    repeated: set[tuple[int, int]] = set()
    for top, left, bottom, right in merged:
        first = texts.get((top, left))
        for row in range(top, bottom + 1):
            for col in range(left, right + 1):
                text = texts.get((row, col))
                if text is None or (row, col) == (top, left):
                    continue
                (repeated if text == first else covered).add((row, col))
    if repeated:
        places = zip(cells["row"].to_list(), cells["col"].to_list(), strict=True)
        cells = cells.filter(pl.Series([place not in repeated for place in places]))
    return cells, covered, len(repeated)
