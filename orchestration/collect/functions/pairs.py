"""``pairs``: names and figures beside each other, without any header, several to a row.

Options: ``columns``, the order in one group of cells (default ``[indicator, value, unit]``);
``period``, a regular expression with a group ``period`` for a text above the first group.

Belongs here: this one shape, as leaflets and dashboards print it (户籍人口 | 25.6 | 万人 | …). Does
not belong here: anything that has a header: that is declared.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orchestration.collect.functions import Piece
from orchestration.collect.grid import Grid, RefusedError
from orchestration.collect.layouts.extract import FIGURE_COLUMNS, NUMERIC, Told
from orchestration.spec import PERIOD_WRITTEN
from orchestration.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterator


def find(grids: list[Grid], options: dict[str, Any], told: Told) -> list[Piece]:
    """Every cell of every grid, with what it is.

    Raises:
        RefusedError: the options are wrong, or no row is made of such groups.
    """
    order = tuple(options.get("columns", ("indicator", "value", "unit")))
    unknown = sorted({*order} - {*FIGURE_COLUMNS}) + sorted({*options} - {"columns", "period"})
    if unknown or "value" not in order:
        raise RefusedError(
            "delivery.unreadable-file",
            "layout.options",
            f"版式函数的选项有误: {'、'.join(unknown) or 'columns 缺少 value'}",
            f"wrong options: {', '.join(unknown) or 'columns lacks value'}",
        )
    pieces = []
    for number, grid in enumerate(grids):
        pieces += list(_grid(number, grid, order, str(options.get("period", PERIOD_WRITTEN))))
    if not any(piece.role == "figure" for piece in pieces):
        raise RefusedError(
            "delivery.unreadable-file",
            grids[0].name or "file",
            f"没有一行由 {' | '.join(order)} 组成",
            f"no row is made of {' | '.join(order)}",
        )
    return pieces


def _grid(number: int, grid: Grid, order: tuple[str, ...], period: str) -> Iterator[Piece]:
    rows: dict[int, list[tuple[int, str]]] = {}
    for row, col, text in grid.cells.select("row", "col", "text").iter_rows():
        rows.setdefault(row, []).append((col, text))
    report, begun = "", False
    value_at = order.index("value")
    for row, cells in rows.items():
        groups = [cells[i : i + len(order)] for i in range(0, len(cells), len(order))]
        is_row = len(cells) % len(order) == 0 and all(
            re.match(NUMERIC, fold(group[value_at][1])) for group in groups
        )
        if not is_row:
            if not begun and (match := re.search(period, fold(cells[0][1]))):
                report = match.group("period")
            # A number in a row of another shape is left to be unexpected.
            for col, text in cells:
                if not re.match(NUMERIC, fold(text)):
                    yield Piece(number, row, col, "note" if begun else "no_data")
            continue
        begun = True
        for group in groups:
            said = {name: text for name, (_, text) in zip(order, group, strict=True)}
            if report:
                said |= {"period": report, "report_period": report, "period_source": "title"}
            for name, (col, _) in zip(order, group, strict=True):
                if name == "value":
                    yield Piece(number, row, col, "figure", said)
                else:
                    yield Piece(number, row, col, "no_data")
