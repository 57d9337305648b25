"""Which of the sheets or tables found become grids, and which of their cells.

Belongs here: names that the declaration asks for, hidden content, sheets that stand twice. Does not
belong here: finding sheets in a file.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from orchestration.collect.grid import Grid, RefusedError, letters
from orchestration.collect.readers.frames import limit

if TYPE_CHECKING:
    import polars as pl

    from orchestration.spec import Source


NOWHERE = 10**6
"""From this column on: hidden texts that take no column of their table."""


@dataclass
class Found:
    """A sheet or table as a reader found it.

    Attributes:
        grid: All of its cells, hidden ones among them.
        is_hidden: Whether nobody sees the sheet.
        hidden_rows: Rows that nobody sees.
        hidden_cols: Columns that nobody sees, as ranges from first to last.
        hidden_cells: Single cells that nobody sees, as (row, column).
    """

    grid: Grid
    is_hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_cols: list[tuple[int, int]] = field(default_factory=list)
    hidden_cells: set[tuple[int, int]] = field(default_factory=set)


def matches(name: str, pattern: str) -> bool:
    """Whether a name fits a pattern with * and ?; brackets mean themselves."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, name, re.DOTALL) is not None


def select(found: Sequence[Found], source: Source, *, what: str = "sheet") -> list[Grid]:
    """The grids that the declaration asks for.

    Raises:
        RefusedError: hidden content, a filled sheet that nobody declared, one that stands twice,
            or none of the declared name.
    """
    limit(sum(item.grid.cells.height for item in found))
    word = "工作表" if what == "sheet" else "表格"
    grids: list[Grid] = []
    ignored = 0
    is_named = False
    for item in found:
        grid = item.grid
        fits = matches(grid.name, source.sheet)
        is_named = is_named or fits
        if not fits and source.other_sheets == "ignore":
            ignored += grid.cells.height
        elif item.is_hidden and source.hidden != "read":
            if source.hidden == "refuse" and grid.cells.height:
                raise _hidden(grid.name, f"{word}被隐藏", f"the {what} is hidden")
            ignored += grid.cells.height
        elif fits:
            grids.append(_visible(item, source.hidden))
        elif grid.cells.height:
            raise RefusedError(
                "cell.unexpected",
                grid.name,
                "工作簿含有未声明的工作表" if what == "sheet" else "文件含有未声明的表格",
                f"a {what} that the declaration does not name (it names {source.sheet})",
            )
    if not is_named:
        raise RefusedError(
            "delivery.unreadable-file",
            "file",
            f"没有名为 {source.sheet} 的{word}" if found else f"文件中没有{word}",
            f"there is no {what} named {source.sheet}" if found else f"there is no {what} in it",
        )
    if what == "sheet":
        _refuse_twice(grids)
    if ignored and grids:
        grids[0] = replace(grids[0], ignored=grids[0].ignored + ignored)
    return grids


def _visible(item: Found, hidden: str) -> Grid:

    grid = item.grid
    if hidden == "read" or not (item.hidden_rows or item.hidden_cols or item.hidden_cells):
        return grid
    cells = grid.cells
    in_rows = cells["row"].is_in(sorted(item.hidden_rows))
    in_cols = cells["col"].is_in(_inside(cells["col"].unique().to_list(), item.hidden_cols))
    unseen = in_rows | in_cols | _are_among(cells, item.hidden_cells)
    if not unseen.any():
        return grid
    if hidden == "refuse":
        at = unseen.arg_max() or 0
        row, col = int(cells["row"][at]), int(cells["col"][at])
        if in_rows[at]:
            raise _hidden(grid.where(row), f"第 {row} 行被隐藏", f"row {row} is hidden")
        if in_cols[at]:
            mark = letters(col) if grid.addressing == "a1" else str(col)
            place = f"{grid.name}!column {mark}"
            raise _hidden(place, f"{mark} 列被隐藏", f"column {mark} is hidden")
        # What takes no column of the table has one far out, so that it displaces nothing.
        place = grid.where(row) if col >= NOWHERE else grid.place(row, col)
        raise _hidden(place, "单元格被隐藏", "the cell is hidden")
    return replace(grid, cells=cells.filter(~unseen), ignored=grid.ignored + int(unseen.sum()))


def _inside(cols: Sequence[int], ranges: Sequence[tuple[int, int]]) -> list[int]:
    """The columns that lie in a range; a file may name any number of ranges."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    ends = [last for _, last in joined]
    found = []
    for col in cols:
        at = bisect_left(ends, col)
        if at < len(joined) and joined[at][0] <= col:
            found.append(col)
    return found


def _are_among(cells: pl.DataFrame, wanted: set[tuple[int, int]]) -> pl.Series:
    import polars as pl

    if not wanted:
        return pl.repeat(value=False, n=cells.height, dtype=pl.Boolean, eager=True)
    places = zip(cells["row"].to_list(), cells["col"].to_list(), strict=True)
    return pl.Series([place in wanted for place in places], dtype=pl.Boolean)


def _hidden(place: str, zh: str, en: str) -> RefusedError:
    return RefusedError(
        "delivery.hidden-content",
        place,
        f"{zh}而其中有内容; 请取消隐藏, 或在声明中写明 hidden",
        f"{en} and not empty; unhide it, or let the declaration say what to do (hidden)",
    )


def _refuse_twice(grids: Sequence[Grid]) -> None:
    """Refuse sheets that differ in case only, or whose cells are the same."""
    names: dict[str, str] = {}
    for grid in grids:
        other = names.setdefault(grid.name.casefold(), grid.name)
        if other != grid.name:
            raise RefusedError(
                "delivery.duplicate-sheet",
                grid.name,
                f"与工作表 {other} 的名称只有大小写之差",
                f"its name differs from that of sheet {other} in case only",
            )
    for position, grid in enumerate(grids):
        for other_grid in grids[:position]:
            if grid.cells.height and grid.cells.equals(other_grid.cells):
                raise RefusedError(
                    "delivery.duplicate-sheet",
                    grid.name,
                    f"内容与工作表 {other_grid.name} 完全相同",
                    f"it is the same as sheet {other_grid.name}, cell by cell",
                )
