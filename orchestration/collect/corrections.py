"""Corrections of known errors: they change cells of the grid before a layout looks at it.

Belongs here: finding the cell, insisting that it still says what was found wrong, and saying which
figures a correction touched. Does not belong here: declaring corrections (``spec``,
``declarations``) and understanding texts (``normalise``).
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestration.collect.grid import ERROR, FORMULA, TEXT, Grid, RefusedError
from orchestration.text import same

if TYPE_CHECKING:
    import polars as pl

    from orchestration.collect.archive import Delivery
    from orchestration.collect.layouts import Extract
    from orchestration.spec import Correction

RULE = "correction.not-as-expected"

SEARCHED_ROWS = 20
"""The header that ``where`` names stands in these first rows."""

PRINTED = ("value", "unit", "indicator")
"""Texts of a figure that are kept as the source has them."""


@dataclass(frozen=True)
class Applied:
    """A correction and the cell that it changed.

    Attributes:
        grid: Number of the grid, from 0.
        place: The address of the cell.
    """

    correction: Correction
    grid: int
    row: int
    col: int
    place: str


def applies(correction: Correction, delivery: Delivery) -> bool:
    """Whether the delivery is one of those that the correction is for."""
    name = f"{delivery.delivered_on.isoformat()}/{delivery.file_name}"
    return fnmatch.fnmatch(name, correction.files)


def apply(
    grids: list[Grid], corrections: Sequence[Correction], delivery: Delivery
) -> tuple[list[Grid], tuple[Applied, ...]]:
    """The grids with every correction for this delivery carried out, and which those were.

    Raises:
        RefusedError: a cell is not there or says something else, so the correction is out of date.
    """
    found = tuple(_find(grids, entry) for entry in corrections if applies(entry, delivery))
    taken: dict[tuple[int, int, int], Applied] = {}
    for entry in found:
        first = taken.setdefault((entry.grid, entry.row, entry.col), entry)
        if first is not entry:
            raise _refuse(
                entry.correction,
                entry.place,
                f"与更正 {first.correction.id} 更正同一单元格，请只留一条",
                f"corrects the same cell as {first.correction.id}: keep one of them",
            )
    return _carried_out(grids, found), found


def _carried_out(grids: list[Grid], applied: Sequence[Applied]) -> list[Grid]:
    import polars as pl

    changed = list(grids)
    for number in sorted({entry.grid for entry in applied}):
        own = [entry for entry in applied if entry.grid == number]
        texts = pl.DataFrame(
            {
                "row": [entry.row for entry in own],
                "col": [entry.col for entry in own],
                "becomes": [entry.correction.becomes for entry in own],
            },
            schema_overrides={name: grids[number].cells.schema[name] for name in ("row", "col")},
        )
        cells = (
            grids[number]
            .cells.join(texts, on=["row", "col"], how="left", maintain_order="left")
            .with_columns(text=pl.coalesce("becomes", "text"))
        )
        if "kind" in cells.columns:
            # What a program could not compute is a text once a person wrote it.
            broken = pl.col("becomes").is_not_null() & pl.col("kind").is_in([ERROR, FORMULA])
            cells = cells.with_columns(
                kind=pl.when(broken).then(pl.lit(TEXT)).otherwise(pl.col("kind"))
            )
        changed[number] = grids[number].with_cells(cells.drop("becomes"))
    return changed


# --- finding the cell ------------------------------------------------------------------------


def _find(grids: list[Grid], correction: Correction) -> Applied:
    import polars as pl

    hits = []
    for number, grid in enumerate(grids):
        if not grid.cells.height:
            continue
        cells = (
            grid.places(grid.cells).filter(pl.col("place") == correction.place)
            if correction.place is not None
            else _row_cells(grid, correction)
        )
        hits += [(number, *cell) for cell in cells.select("row", "col", "text").iter_rows()]
    target = correction.target
    if not hits:
        raise _refuse(
            correction, target, "找不到该单元格，来源可能已调整", "there is no such cell (any more)"
        )
    if len(hits) > 1:
        raise _refuse(
            correction,
            target,
            f"符合条件的单元格有 {len(hits)} 个",
            f"{len(hits)} cells fit, one is meant",
        )
    number, row, col, text = hits[0]
    place = grids[number].place(row, col)
    if text != correction.expect:
        raise _refuse(
            correction, place, "单元格内容与 expect 不符", "the cell does not say what is expected"
        )
    return Applied(correction, number, row, col, place)


def _row_cells(grid: Grid, correction: Correction) -> pl.DataFrame:
    """The cells of the column in the rows that ``where`` describes."""
    import polars as pl

    nothing = grid.cells.clear()
    wanted = {same(header): same(text) for header, text in correction.where.items()}
    column = same(correction.column)
    first = int(grid.cells["row"][0])
    near = grid.cells.filter(pl.col("row") < first + SEARCHED_ROWS)
    for (row,), cells in near.group_by("row", maintain_order=True):
        columns = {same(text): col for col, text in cells.select("col", "text").iter_rows()}
        if {*wanted, column} <= set(columns):
            header_row = int(str(row))
            break
    else:
        return nothing
    body = grid.cells.filter(pl.col("row") > header_row)
    rows = body.select("row").unique()
    for header, text in wanted.items():
        own = body.filter(pl.col("col") == columns[header])
        spellings = [t for t in own["text"].unique().to_list() if same(t) == text]
        rows = rows.join(own.filter(pl.col("text").is_in(spellings)), on="row", how="semi")
    return body.filter(pl.col("col") == columns[column]).join(rows, on="row", how="semi")


def _refuse(correction: Correction, place: str, zh: str, en: str) -> RefusedError:
    """The text that stands in the cell is not repeated: messages are logged."""
    return RefusedError(
        RULE,
        place,
        f"更正 {correction.id}: {zh}。来源已改正的，请删除该更正，或用 files 限定到旧的文件",
        f"correction {correction.id}: {en}. Remove the correction if the source was mended, or "
        "narrow its `files` to the deliveries that are still wrong",
    )


# --- which figures it touched ----------------------------------------------------------------


def marked(
    corrected: Extract,
    grids: list[Grid],
    applied: Sequence[Applied],
    extract: Callable[[list[Grid]], Extract],
) -> tuple[Extract, pl.DataFrame]:
    """The extract whose figures name the corrections that they depend on, and what was printed.

    A figure depends on a correction if it reads differently without it: its own value was
    corrected, or its name, its unit, a header, a title. So no layout needs to know of corrections.

    Args:
        corrected: What the layout found in the corrected grids.
        grids: The grids as delivered.
        extract: Applies the layout.

    Returns:
        The extract, with ``correction`` among its figures (ids, in the order of declaration), and a
        frame with ``place`` and the texts of ``PRINTED`` as the source has them.
    """
    import polars as pl

    figures = corrected.figures.drop("correction", strict=False)
    texts = [name for name in figures.columns if name not in ("row", "col", "place")]
    touched = figures.select("place", "sheet")
    printed = figures.select("place", *PRINTED)
    for number, entry in enumerate(applied):
        others = [other for other in applied if other is not entry]
        without = _extracted(_carried_out(grids, others), extract)
        if without is None:
            # Without it nothing could be read.
            own = pl.col("sheet") == grids[entry.grid].name
            printed = _as_expected(printed, entry)
        else:
            differing = figures.select("place", *texts).join(
                without.figures.select("place", *texts),
                on=["place", *texts],
                how="anti",
                nulls_equal=True,
            )
            own = pl.col("place").is_in(differing["place"].to_list())
            printed = _as_without(printed, figures, without.figures)
        word = pl.when(own).then(pl.lit(entry.correction.id))
        touched = touched.with_columns(word.alias(f"c{number}"))
    ids = pl.concat_str(
        [f"c{number}" for number in range(len(applied))], separator=", ", ignore_nulls=True
    )
    by_place = touched.select("place", correction=pl.when(ids != "").then(ids))
    told = figures.join(by_place, on="place", how="left", maintain_order="left")
    kept = by_place.filter(pl.col("correction").is_not_null())
    return replace(corrected, figures=told), printed.join(kept, on="place", how="semi")


def _extracted(grids: list[Grid], extract: Callable[[list[Grid]], Extract]) -> Extract | None:
    try:
        return extract(grids)
    except RefusedError:
        return None


def _as_without(
    printed: pl.DataFrame, corrected: pl.DataFrame, without: pl.DataFrame
) -> pl.DataFrame:
    """Texts as they are without one correction, where that one changes them."""
    import polars as pl

    now = corrected.select("place", **{f"{name}_now": name for name in PRINTED})
    source = without.select("place", **{f"{name}_source": name for name in PRINTED})
    beside = printed.join(now, on="place", how="left", maintain_order="left").join(
        source, on="place", how="left", maintain_order="left"
    )
    return beside.with_columns(
        pl.when(pl.col(f"{name}_source") != pl.col(f"{name}_now"))
        .then(pl.col(f"{name}_source"))
        .otherwise(pl.col(name))
        .alias(name)
        for name in PRINTED
    ).select("place", *PRINTED)


def _as_expected(printed: pl.DataFrame, entry: Applied) -> pl.DataFrame:
    import polars as pl

    own = pl.col("place") == entry.place
    expected = pl.lit(entry.correction.expect)
    return printed.with_columns(value=pl.when(own).then(expected).otherwise(pl.col("value")))


def as_printed(accepted: pl.DataFrame, printed: pl.DataFrame) -> pl.DataFrame:
    """Accepted observations with the printed texts as the source has them."""
    import polars as pl

    targets = {
        "value": "value_printed",
        "unit": "unit_printed",
        "indicator": "indicator_name_printed",
    }
    source = printed.select("place", **{f"{name}_source": name for name in PRINTED})
    joined = accepted.join(
        source, left_on="delivery_place", right_on="place", how="left", maintain_order="left"
    )
    return joined.with_columns(
        pl.coalesce(f"{name}_source", target).alias(target) for name, target in targets.items()
    ).select(accepted.columns)
