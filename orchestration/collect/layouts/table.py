"""Printed tables: title, unit in a corner, header rows, stub, figures, notes.

Every cell of a grid gets exactly one role here; roles are counted, and the counts are what the
conservation gate adds up. Belongs here: blocks, roles, and what stands around a figure. Does not
belong here: headers (``header``), names of rows (``stub``), understanding texts (``normalise``).
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from orchestration.collect.grid import Grid, RefusedError
from orchestration.collect.layouts.extract import (
    NOTE_COLUMNS,
    NUMERIC,
    Extract,
    Told,
    Words,
    fits,
    missing_column,
    no_notes,
    period_in,
    title_text,
    unexpected_cells,
    with_all_columns,
)
from orchestration.collect.layouts.footnotes import heed
from orchestration.collect.layouts.header import (
    Cells,
    Found,
    header_paths,
    mark_key,
    match_columns,
    split_marks,
)
from orchestration.collect.layouts.stub import CUT, IGNORED, Name, names_of
from orchestration.collect.periods import (
    Period,
    is_month_of_year,
    joined,
    label_zh,
    parse_period,
    read_period,
    with_years,
    year_before,
)
from orchestration.text import fold, same

if TYPE_CHECKING:
    import polars as pl

    from orchestration.spec import Block, TableLayout

FAR = 1 << 40
SAID = ("region", "indicator", "breakdown", "scope", "price_basis", "unit", "stage", "status")
"""What the title of a block or a column can say for all its figures, besides the period."""

_ANY_DIGIT = "[0-9０-９]"

NOTE_SEARCHED = 2000
"""So much of a text tells whether it is a note."""

HEAD_ROWS = 200
"""Texts of so many rows are offered as the nearest ones when a header is not found."""


@dataclass(frozen=True)
class Region:
    """The rows of a grid that one block takes.

    Attributes:
        first: First row.
        last: Last row, the row before the next block.
        said: What the groups of ``starts`` matched in the opening row.
    """

    block: Block
    first: int
    last: int
    said: dict[str, str] = field(default_factory=dict)


@dataclass
class Parts:
    """What the blocks of one grid give, to be put together.

    Attributes:
        period: The period of the last table that has one, those of earlier grids included.
        tail: The notes below the last of several tables: they are those of a table without any.
    """

    figures: list[pl.DataFrame] = field(default_factory=list)
    roles: list[pl.DataFrame] = field(default_factory=list)
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    blanks: int = 0
    period: str | None = None
    tail: Parts | None = None
    marks: dict[str, str] = field(default_factory=dict)


def extract_tables(grids: list[Grid], layout: TableLayout, told: Told) -> Extract:
    """The figures of all grids.

    Raises:
        RefusedError: a declared block, column, title or unit is not there, or one too many is.
    """
    import polars as pl

    met: set[int] = set()
    period: str | None = None
    extracts = []
    for grid in grids:
        if layout.other_sheets == "ignore" and not _has_block(grid, layout):
            extracts.append(_passed_over(grid))
            continue
        regions = _regions(grid, layout)
        met |= {id(region.block) for region in regions}
        parts = Parts(period=period)
        extracts.append(_grid(grid, layout, regions, told, parts))
        period = parts.period
    for number, block in enumerate(layout.blocks, start=1):
        if id(block) not in met and not block.optional:
            wanted = block.starts or block.first_row or block.stub
            raise RefusedError(
                "delivery.missing-block",
                grids[0].name or "file",
                f"找不到第 {number} 个表块 (应有一行符合 {wanted})",
                f"block {number} is missing (no row fits {wanted})",
            )
    return Extract(
        figures=pl.concat([e.figures for e in extracts]),
        unexpected=pl.concat([e.unexpected for e in extracts]),
        read=sum(e.read for e in extracts),
        non_data=sum(e.non_data for e in extracts),
        unit="cell",
        notes=pl.concat([e.notes for e in extracts]),
    )


def _has_block(grid: Grid, layout: TableLayout) -> bool:
    """Whether a row opens one of the blocks, or is the header of one that nothing opens."""
    texts = [title_text(text) for text in grid.cells["text"]]
    for block in layout.blocks:
        if not fnmatch.fnmatch(grid.name, block.sheet):
            continue
        if block.starts is None and not block.stub.strip():
            if _blank_corner(block, grid.cells) is not None:
                return True
        elif block.starts is None:
            if any(fits(block.stub, split_marks(text)[0]) is not None for text in texts):
                return True
        elif any(re.search(block.starts, text) for text in texts):
            return True
    return False


def _passed_over(grid: Grid) -> Extract:
    """A sheet or table that is none of the declared ones (navigation, contents): no figures.

    A number in it is quarantined all the same: the table may be one whose header changed.
    """
    import polars as pl

    numbers = grid.cells.filter(pl.col("text").str.contains(NUMERIC))
    unexpected = unexpected_cells(grid, numbers.select("row", "col", "text"))
    return Extract(
        figures=with_all_columns(
            pl.DataFrame(schema={"row": pl.Int64, "col": pl.Int64, "value": pl.String})
        ),
        unexpected=unexpected,
        read=grid.cells.height + grid.ignored,
        non_data=grid.cells.height - unexpected.height + grid.ignored,
        unit="cell",
        notes=no_notes(),
    )


# --- blocks ----------------------------------------------------------------------------------


def _regions(grid: Grid, layout: TableLayout) -> list[Region]:
    """Which rows belong to which block."""
    blocks = [block for block in layout.blocks if fnmatch.fnmatch(grid.name, block.sheet)]
    if len(blocks) == 1 and not blocks[0].is_told:
        return [Region(blocks[0], 1, FAR)]
    untitled = [block for block in blocks if block.starts is None]
    if untitled:
        return _untitled(grid, blocks)
    texts = [(row, title_text(text)) for row, text in grid.cells.select("row", "text").iter_rows()]
    opened: dict[int, tuple[Block, dict[str, str]]] = {}
    for block in blocks:
        if block.starts is None:
            continue
        pattern = re.compile(block.starts)
        hits = {row: match for row, text in reversed(texts) if (match := pattern.search(text))}
        if len(hits) > 1 and not block.every:
            raise RefusedError(
                "delivery.duplicate-block",
                grid.where(sorted(hits)[1]),
                f"表题 {block.starts} 出现了 {len(hits)} 次",
                f"{len(hits)} rows open the block {block.starts}",
            )
        for row, match in hits.items():
            if row in opened:
                raise RefusedError(
                    "delivery.duplicate-block",
                    grid.where(row),
                    "同一行符合两个表块的表题",
                    "one row opens two of the declared blocks",
                )
            opened[row] = (block, {k: v for k, v in match.groupdict().items() if v})
    if not opened:
        raise RefusedError(
            "delivery.missing-block",
            grid.name or "file",
            "没有任何声明的表题",
            "no row opens any of the declared blocks",
        )
    _refuse_equal_titles(grid, opened)
    rows = sorted(opened)
    ends = [row - 1 for row in rows[1:]] + [FAR]
    return [
        Region(opened[row][0], row, end, opened[row][1])
        for row, end in zip(rows, ends, strict=True)
    ]


def _untitled(grid: Grid, blocks: list[Block]) -> list[Region]:
    """Tables that nothing opens: told by their place among those with their header, or first row.

    What stands above a header and below the last blank row belongs to it: title and unit.
    """
    cells = list(grid.cells.select("row", "col", "text").iter_rows())
    filled = sorted({row for row, _, _ in cells})
    headers: dict[int, int] = {}
    for block in blocks:
        for row, col, text in cells:
            if row not in headers and fits(block.stub, split_marks(text)[0]) is not None:
                headers[row] = col
    tops = sorted(headers)
    owner: dict[int, Block] = {}
    for number, block in enumerate(blocks, start=1):
        own = [top for top in tops if _is_stub(block, cells, top)]
        if block.nth is not None:
            hits = own[block.nth - 1 : block.nth]
        else:
            hits = [t for t in own if _first_name(block, cells, t, headers[t])]
        hits = hits if block.nth is None or len(own) >= block.nth else []
        if len(hits) > 1 or any(top in owner for top in hits):
            raise RefusedError(
                "delivery.duplicate-block",
                grid.where(hits[-1]),
                f"第 {number} 个表块符合多个表, 或与别的表块重叠; 请写明 nth、first_row 或 starts",
                f"block {number} fits several tables, or one that another block takes: say which "
                "by nth, first_row or starts",
            )
        if hits:
            owner[hits[0]] = block
    unknown = [top for top in tops if top not in owner]
    if unknown:
        raise RefusedError(
            "delivery.duplicate-block",
            grid.where(unknown[0]),
            f"第 {unknown[0]} 行起的表没有声明 (表头相同的表有 {len(tops)} 个)",
            f"the table from row {unknown[0]} on is not declared ({len(tops)} tables have this "
            "header)",
        )
    if not owner:
        raise RefusedError(
            "delivery.missing-block",
            grid.name or "file",
            "没有任何声明的表头",
            "no row is the header of any of the declared blocks",
        )
    starts = [_opening(top, before, filled) for top, before in zip(tops, [0, *tops], strict=False)]
    starts[0] = 1
    ends = [start - 1 for start in starts[1:]] + [FAR]
    return [
        Region(owner[top], start, end) for top, start, end in zip(tops, starts, ends, strict=True)
    ]


def _is_stub(block: Block, cells: Cells, row: int) -> bool:
    return any(r == row and fits(block.stub, split_marks(t)[0]) is not None for r, _, t in cells)


def _first_name(block: Block, cells: Cells, top: int, col: int) -> bool:
    below = top + block.header_rows
    first = next((text for row, c, text in cells if row >= below and c == col), None)
    return first is not None and fits(block.first_row or "*", split_marks(first)[0]) is not None


def _opening(top: int, before: int, filled: list[int]) -> int:
    """The first row of the table with its header there: what follows the last blank row."""
    own = top
    between = [row for row in filled if before < row < top]
    for row in reversed(between):
        if row != own - 1:
            return own
        own = row
    return top  # no blank row: what stands above the header belongs to the table before


def _refuse_equal_titles(grid: Grid, opened: dict[int, tuple[Block, dict[str, str]]]) -> None:
    """A block that occurs several times says something else in each of its titles."""
    seen: set[tuple[int, tuple[tuple[str, str], ...]]] = set()
    for row in sorted(opened):
        block, said = opened[row]
        key = (id(block), tuple(sorted((name, same(text)) for name, text in said.items())))
        if key in seen:
            raise RefusedError(
                "delivery.duplicate-block",
                grid.where(row),
                "两个表块的表题相同",
                "two blocks have the same title",
            )
        seen.add(key)


def _grid(
    grid: Grid, layout: TableLayout, regions: list[Region], told: Told, parts: Parts
) -> Extract:
    import polars as pl

    before = regions[0].first
    preamble = grid.cells.filter(pl.col("row") < before)
    if preamble.height:
        role = pl.when(_is_numeric() & ~_is_day()).then(pl.lit("stray"))
        parts.roles.append(preamble.with_columns(role=role.otherwise(pl.lit("title"))))
    parts.tail = _tail(grid, regions) if len(regions) > 1 else None
    for region in regions:
        _block(grid, layout, region, told, parts)
    roles = pl.concat([frame.select("row", "col", "text", "role") for frame in parts.roles])
    unexpected = unexpected_cells(grid, roles.filter(pl.col("role") == "stray"))
    figures = pl.concat(parts.figures).sort("row", "col")
    data = roles.filter(pl.col("role") == "figure").height
    return Extract(
        figures=figures,
        unexpected=unexpected,
        read=grid.cells.height + grid.ignored + parts.blanks,
        non_data=roles.height - data - unexpected.height + grid.ignored,
        unit="cell",
        notes=pl.DataFrame(
            parts.notes, schema=dict.fromkeys(NOTE_COLUMNS, pl.String), orient="row"
        ),
    )


# --- one block -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Frame:
    """One block with its place in the grid.

    Attributes:
        cells: Its cells, with kind, indent and boldness.
        left: First column that it takes; ``right`` the last one.
        top: First header row; ``last_header`` the last one.
        notes_from: First row of its notes.
        last: Last row of the block, notes included.
    """

    grid: Grid
    block: Block
    cells: pl.DataFrame
    left: int
    right: int
    top: int
    last_header: int
    stub_col: int
    notes_from: int
    last: int


def _block(grid: Grid, layout: TableLayout, region: Region, told: Told, parts: Parts) -> None:
    import polars as pl

    block = region.block
    cells = grid.formatted().filter(pl.col("row").is_between(region.first, region.last))
    stubs = _stubs(grid, block, cells)
    top = stubs[0][0]
    last_header = top + block.header_rows - 1
    head: Cells = list(
        cells.filter(pl.col("row") <= last_header).select("row", "col", "text").iter_rows()
    )
    said = dict(region.said)
    report, report_text = _report(grid, layout, block, head, top, said, told, parts.period)
    parts.period = report_text or parts.period
    said.setdefault("unit", _corner_unit(grid, block, head, told.words) or "")
    notes_from = _notes_from(block, cells.filter(pl.col("row") > last_header))
    starts = [col for _, col in stubs]
    bounds = zip(starts, [col - 1 for col in starts[1:]] + [FAR], strict=True)
    body_roles = []
    known, told_before = len(parts.figures), len(parts.notes)
    notes: dict[str, str] = {}
    for number, (stub_col, right) in enumerate(bounds):
        left = 0 if number == 0 else stub_col
        frame = Frame(
            grid,
            block,
            cells.filter(pl.col("col").is_between(left, right)),
            left,
            right,
            top,
            last_header,
            stub_col,
            notes_from,
            region.last,
        )
        if number == 0:
            notes = _notes(frame, parts)
            if not notes and notes_from == FAR and parts.tail is not None:
                notes = parts.tail.marks
        roles = _columns(frame, layout, told, _Around(report, report_text, said, notes), parts)
        body_roles.append(roles)
    parts.roles += body_roles
    texts = [text for _, _, text in parts.notes[told_before:]]
    if not texts and parts.tail is not None:
        texts = [text for _, _, text in parts.tail.notes]
    parts.figures[known:] = [
        heed(figures, layout.footnotes, texts) for figures in parts.figures[known:]
    ]


def _tail(grid: Grid, regions: list[Region]) -> Parts:
    """The notes that stand below the last of several tables, at the end of their sheet."""
    import polars as pl

    region = regions[-1]
    cells = grid.formatted().filter(pl.col("row").is_between(region.first, region.last))
    top, stub_col = _stubs(grid, region.block, cells)[0]
    last_header = top + region.block.header_rows - 1
    notes_from = _notes_from(region.block, cells.filter(pl.col("row") > last_header))
    frame = Frame(
        grid, region.block, cells, 0, FAR, top, last_header, stub_col, notes_from, region.last
    )
    tail = Parts()
    tail.marks = _notes(frame, tail)
    return tail


@dataclass(frozen=True)
class _Around:
    """What stands around the figures of a block."""

    report: Period | None
    report_text: str | None
    said: dict[str, str]
    notes: dict[str, str]


def _columns(
    frame: Frame, layout: TableLayout, told: Told, around: _Around, parts: Parts
) -> pl.DataFrame:
    """Figures of one stub and the columns beside it; returns every cell with its role."""
    import polars as pl

    grid, block = frame.grid, frame.block
    head: Cells = list(
        frame.cells.filter(pl.col("row").is_between(frame.top, frame.last_header))
        .select("row", "col", "text")
        .iter_rows()
    )
    paths = header_paths(grid, head, frame.top, frame.last_header, fill=block.header_fill)
    paths = {
        col: path
        for col, path in paths.items()
        if col != frame.stub_col and frame.left <= col <= frame.right
    }
    columns = match_columns(grid.where(frame.top), block, paths, around.report, told.words)
    values = {col: hit for col, hit in columns.items() if hit.column.carries == "value"}
    beside = {col: hit for col, hit in columns.items() if hit.column.carries not in _NO_PART}
    _refuse_merged_values(grid, values, frame)
    counters = [c for c, hit in columns.items() if _COUNTER.search(same("/".join(hit.texts)))]
    names = _names(frame, told, list(values), [c for c in counters if c not in values])
    in_body = pl.col("row").is_between(frame.last_header + 1, frame.notes_from - 1)
    body = frame.cells.filter(in_body)
    on = pl.DataFrame(
        {"row": [n.row for n in names], "line": [n.role for n in names]},
        schema={"row": pl.Int64, "line": pl.String},
    )
    _refuse_values_on_cuts(grid, body, on, list(values))
    lines = _lines(frame, names, around.notes)
    if frame.block.stub_fill:
        lines = _filled_down(lines, body.filter(pl.col("col").is_in(list(values)))["row"])
    if "period" in frame.block.stub_is and around.report is None:
        lines = lines.with_columns(
            pl.Series("period", with_years(lines["period"].to_list()), dtype=pl.String)
        )
    lines = _companions(frame, body, beside, lines, told.words)
    ignored = [n.row for n in names if n.role == IGNORED]
    found = body.filter(pl.col("col").is_in(list(values)) & ~pl.col("row").is_in(ignored))
    figures = found.select("row", "col", value="text")
    if told.blank_is_data:
        blanks = _blanks(figures, names, list(values))
        parts.blanks += blanks.height
        figures = pl.concat([figures, blanks]).sort("row", "col")
    parts.figures.append(_dress(frame, figures, lines, values, around))
    others = [*beside, *(col for col, hit in columns.items() if hit.column.carries == "ignored")]
    empty = [col for col, hit in columns.items() if hit.column.carries == "none"]
    return _roles(frame, values, [*others, *(c for c in empty if c in counters)], empty, ignored)


_NO_PART = ("value", "none", "ignored")

_COUNTER = re.compile("序号|行次|栏次|代码|编码|编号")
_TOTAL = r"^\s*[合总小]\s*计\s*[:：]?\s*$"
"""Headers of columns of numbers that are never figures."""


def _roles(
    frame: Frame,
    values: dict[int, Found],
    others: list[int],
    empty: list[int],
    ignored: list[int],
) -> pl.DataFrame:
    """Every cell of the block with exactly one role.

    A column that is declared to carry nothing may hold words; a number there is nobody's figure.
    """
    import polars as pl

    row, col = pl.col("row"), pl.col("col")
    numeric = _is_numeric()
    # Notes stand at the beginning of their row. A number beside or below them may be a figure.
    role = (
        pl.when(row < frame.top)
        .then(pl.when(numeric & ~_is_day()).then(pl.lit("stray")).otherwise(pl.lit("title")))
        .when(row <= frame.last_header)
        .then(pl.lit("header"))
        .when(row >= frame.notes_from)
        .then(pl.when(numeric).then(pl.lit("stray")).otherwise(pl.lit("note")))
        .when(col == frame.stub_col)
        .then(pl.lit("stub"))
        .when(row.is_in(ignored))
        .then(pl.lit("ignored"))
        .when(col.is_in(list(values)))
        .then(pl.lit("figure"))
        .when(col.is_in(others) | (col.is_in(empty) & ~pl.col("text").str.contains(_ANY_DIGIT)))
        .then(pl.lit("companion"))
        .otherwise(pl.lit("stray"))
    )
    return frame.cells.with_columns(role=role)


def _is_numeric() -> pl.Expr:
    import polars as pl

    return pl.col("text").str.contains(NUMERIC)


def _is_day() -> pl.Expr:
    """A date above a table says when it was made, and is no figure."""
    import polars as pl

    return pl.col("text").str.contains(r"^(19|20)[0-9]{2}[-./][0-9]{1,2}[-./][0-9]{1,2}$")


def _blanks(figures: pl.DataFrame, names: list[Name], columns: list[int]) -> pl.DataFrame:
    """Named rows times value columns, less the cells that are there."""
    import polars as pl

    rows = pl.DataFrame({"row": [n.row for n in names if not n.role]}, schema={"row": pl.Int64})
    cols = pl.DataFrame({"col": columns}, schema={"col": pl.Int64})
    return (
        rows.join(cols, how="cross")
        .join(figures, on=["row", "col"], how="anti")
        .with_columns(value=pl.lit(""))
    )


def _dress(
    frame: Frame,
    figures: pl.DataFrame,
    lines: pl.DataFrame,
    values: dict[int, Found],
    around: _Around,
) -> pl.DataFrame:
    """Give each figure what its row, its column, the title and the notes say."""
    import polars as pl

    grid = frame.grid
    # A table with a unit column says the unit in each row: a blank there is no reason to guess.
    per_row = any(c.carries == "unit" for c in frame.block.columns)
    corner = None if per_row else (around.said.get("unit") or None)
    columns = pl.DataFrame(
        [
            {
                "col": col,
                "column_key": hit.column.key,
                "col_period": hit.period,
                "col_source": hit.period_source,
                "period_kind": hit.period_kind,
                "measure": hit.measure,
                "col_unit": hit.unit,
                "col_note": _resolved(hit.marks, around.notes),
                "col_part": _part_of_row(frame.block, hit),
                **{f"col_{name}": hit.said.get(name) for name in SAID if name != "unit"},
            }
            for col, hit in values.items()
        ],
        schema={"col": pl.Int64}
        | dict.fromkeys(
            (
                "column_key",
                "col_period",
                "col_source",
                "period_kind",
                "measure",
                "col_unit",
                "col_note",
                "col_part",
                *(f"col_{name}" for name in SAID if name != "unit"),
            ),
            pl.String,
        ),
    )
    frame_ = figures.join(columns, on="col", how="left").join(lines, on="row", how="left")
    frame_ = _value_marks(_of_key(frame_), around.notes)
    absent = [n for n in ("period", "unit", *SAID) if n not in frame_.columns]
    frame_ = frame_.with_columns(
        pl.lit(None, dtype=pl.String).alias(n) for n in dict.fromkeys(absent)
    )
    frame_ = _with_part(frame_, frame.block)
    row_period = pl.col("period").is_not_null()
    title = around.report_text
    in_name: pl.Expr = pl.lit(None, dtype=pl.String)
    if "name_period" in frame_.columns:
        in_name = pl.col("name_period")
    frame_ = frame_.with_columns(
        period=pl.coalesce(in_name, "col_period", "period", pl.lit(title, dtype=pl.String))
        if not _row_wins(frame.block)
        else pl.coalesce(in_name, "period", "col_period", pl.lit(title, dtype=pl.String)),
        period_kind=pl.when(in_name.is_null()).then("period_kind"),
        period_source=pl.when(in_name.is_not_null())
        .then(pl.lit("row"))
        .when(row_period & pl.lit(_row_wins(frame.block)))
        .then(pl.lit("row"))
        .otherwise(
            pl.coalesce(
                "col_source",
                pl.when(row_period).then(pl.lit("row")),
                pl.lit("title" if title else None, dtype=pl.String),
            )
        ),
        report_period=pl.lit(around.report.code if around.report else title, dtype=pl.String),
        unit=pl.coalesce("col_unit", "unit", pl.lit(corner, dtype=pl.String)),
        footnote=pl.concat_str(
            "row_note", "col_note", "value_note", separator=" ", ignore_nulls=True
        ),
        sheet=pl.lit(grid.name),
        **{
            name: pl.coalesce(f"col_{name}", name, pl.lit(around.said.get(name), dtype=pl.String))
            for name in SAID
            if name != "unit"
        },
    ).with_columns(footnote=pl.when(pl.col("footnote") != "").then(pl.col("footnote")))
    frame_ = _a_year_before(frame_, values, around.report)
    return _constants(with_all_columns(grid.places(frame_)), frame.block)


def _a_year_before(
    figures: pl.DataFrame, values: dict[int, Found], report: Period | None
) -> pl.DataFrame:
    """Figures of 上年同期 beside rows that say a period are of the year before it."""
    import polars as pl

    cols = [col for col, hit in values.items() if hit.column.last_year]
    if not cols:
        return figures
    is_of = pl.col("col").is_in(cols) & pl.col("period").is_not_null()
    earlier = {
        text: _year_before(text, report) for text in figures.filter(is_of)["period"].unique()
    }
    moved = pl.col("period").replace_strict(earlier, default=None, return_dtype=pl.String)
    return figures.with_columns(period=pl.when(is_of).then(moved).otherwise("period"))


def _year_before(text: str, report: Period | None) -> str:
    """The period of a row a year earlier; the text itself where it is none, which is told."""
    try:
        period, beside = read_period(text, report)
        before = year_before(period)
    except ValueError:
        return text
    if beside:
        return text
    return label_zh(before) + "末" if period.is_point else before.code


def _part_of_row(block: Block, hit: Found) -> str | None:
    """What the header says of the period where the row says the other part: 2021 | Jan."""
    said = [text for text in hit.texts if is_month_of_year(text)]
    is_joined = "period" in block.stub_is and hit.column.period == "header"
    return said[-1] if is_joined and said else None


def _with_part(figures: pl.DataFrame, block: Block) -> pl.DataFrame:
    """The period of each figure of which the row says the year and the header the month."""
    import polars as pl

    pairs = figures.filter(pl.col("col_part").is_not_null()).select("period", "col_part").unique()
    if not pairs.height:
        return figures
    told = [joined([(block.stub, row), ("", part)]) for row, part in pairs.iter_rows()]
    both = pairs.with_columns(_joined=pl.Series(told, dtype=pl.String))
    return (
        figures.join(both, on=["period", "col_part"], how="left", maintain_order="left")
        .with_columns(
            period=pl.coalesce("_joined", "period"),
            period_kind=pl.when(pl.col("_joined").is_null()).then("period_kind"),
        )
        .drop("_joined")
    )


def _constants(figures: pl.DataFrame, block: Block) -> pl.DataFrame:
    """What the declaration says of all figures of the block, where nothing else says it."""
    import polars as pl

    given = block.constants.model_dump(exclude_none=True)
    if "period" in given:
        source = pl.when(pl.col("period").is_null()).then(pl.lit("constant"))
        figures = figures.with_columns(period_source=source.otherwise(pl.col("period_source")))
    return figures.with_columns(
        pl.col(name).fill_null(pl.lit(value)) for name, value in given.items()
    )


def _of_key(figures: pl.DataFrame) -> pl.DataFrame:
    """What stands beside the values of one key belongs to no others."""
    import polars as pl

    for name in [column for column in figures.columns if "@" in column]:
        plain, _, key = name.partition("@")
        own: pl.Expr = pl.when(pl.col("column_key") == key).then(pl.col(name))
        if plain in figures.columns:
            own = pl.coalesce(own, plain)
        figures = figures.with_columns(own.alias(plain)).drop(name)
    return figures


def _row_wins(block: Block) -> bool:
    """Whether the rows, and not the columns, say the period."""
    return "period" in block.stub_is or any(c.carries == "period" for c in block.columns)


def _value_marks(figures: pl.DataFrame, notes: dict[str, str]) -> pl.DataFrame:
    """Take footnote marks off values, where the table has a note of that mark."""
    import polars as pl

    texts = figures.filter(pl.col("value").str.contains(r"[①-⑳*＊\]]|\^"))["value"].unique()
    rows = []
    for text in texts:
        bare, marks = split_marks(text)
        if marks and bare and all(mark in notes for mark in marks):
            rows.append((text, bare, _resolved(marks, notes)))
    marked = pl.DataFrame(
        rows,
        schema={"value": pl.String, "bare": pl.String, "value_note": pl.String},
        orient="row",
    )
    return (
        figures.join(marked, on="value", how="left", maintain_order="left")
        .with_columns(value=pl.coalesce("bare", "value"))
        .drop("bare")
    )


def _resolved(marks: tuple[str, ...], notes: dict[str, str]) -> str | None:
    texts = [notes[mark] for mark in marks if mark in notes]
    return " ".join(texts) or None


# --- rows ------------------------------------------------------------------------------------


def _names(frame: Frame, told: Told, values: list[int], counters: list[int]) -> list[Name]:
    """The names of the rows; a total may stand in the column of numbers beside a blank stub."""
    import polars as pl

    in_body = pl.col("row").is_between(frame.last_header + 1, frame.notes_from - 1)
    body = frame.cells.filter(in_body)
    stub = body.filter(pl.col("col") == frame.stub_col)
    beside = body.filter(
        pl.col("col").is_in(counters)
        & (pl.col("col") < frame.stub_col)
        & pl.col("text").str.contains(_TOTAL)
    ).join(stub, on="row", how="anti")
    stub = pl.concat([stub, beside.unique("row", keep="first")]).sort("row")
    rows = list(stub.select("row", "text", "indent", "is_bold").iter_rows())
    with_figures = set(body.filter(pl.col("col").is_in(values))["row"])
    blank = {row for row, _, _, _ in rows} - with_figures
    return names_of(rows, frame.block, told.words, blank)


def _lines(frame: Frame, names: list[Name], notes: dict[str, str]) -> pl.DataFrame:
    """One row per row of the stub: what it is about, from its names by depth."""
    import polars as pl

    dims = frame.block.stub_is
    filled = _down_merged(frame, frame.stub_col, {n.row: n for n in names})
    data: dict[str, list[str | None]] = {dim: [] for dim in dict.fromkeys(dims)}
    data |= {"unit": [], "indicator_path": [], "row_note": []}
    if frame.block.period_in_name is not None:
        data["name_period"] = [name.period for _, name in filled]
    if frame.block.region_rows:
        data["region"] = [name.region for _, name in filled]
    cuts = {(n.path) for n in names if n.role == CUT}
    for _, name in filled:
        # Rows that open a cut stand in the path, but they are no level of the table.
        levels = [
            text
            for depth, text in enumerate(name.path)
            if name.path[: depth + 1] not in cuts or depth == len(name.path) - 1
        ]
        by_dim: dict[str, list[str]] = {}
        for depth, text in enumerate(levels):
            by_dim.setdefault(dims[min(depth, len(dims) - 1)], []).append(text)
        for dim in dict.fromkeys(dims):
            own = by_dim.get(dim)
            data[dim].append(own[-1] if own else None)
        path = name.path if dims == ("indicator",) else tuple(by_dim.get("indicator", ()))
        data["indicator_path"].append("/".join(path) if "indicator" in dims else None)
        data["unit"].append(name.unit)
        data["row_note"].append(_resolved(name.marks, notes))
    return pl.DataFrame(
        {"row": [row for row, _ in filled], **data},
        schema={"row": pl.Int64} | dict.fromkeys(data, pl.String),
    )


def _filled_down(lines: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """The lines with those of rows that have figures and no name: what the one above says."""
    import polars as pl

    wanted = pl.DataFrame({"row": rows.unique()}).join(lines, on="row", how="anti")
    above = lines.sort("row")
    return pl.concat(
        [above, wanted.sort("row").join_asof(above, on="row", strategy="backward")],
        how="diagonal",
    ).sort("row")


def _down_merged(frame: Frame, col: int, by_row: dict[int, Name]) -> list[tuple[int, Name]]:
    """Rows with their name; a merged stub names every row that it spans."""
    spans = {
        (first_row, row)
        for first_row, first_col, last_row, last_col in frame.grid.merged
        if first_col <= col <= last_col and first_row > frame.last_header
        for row in range(first_row, min(last_row, frame.notes_from - 1, frame.last) + 1)
    }
    filled = dict(by_row)
    for first, row in spans:
        if first in by_row:
            filled.setdefault(row, by_row[first])
    return sorted(filled.items())


def _companions(
    frame: Frame,
    body: pl.DataFrame,
    beside: dict[int, Found],
    lines: pl.DataFrame,
    words: Words,
) -> pl.DataFrame:
    """Add the texts that stand beside the values; those of one key only come with their key."""
    import polars as pl

    rows = body.select("row").unique()
    stub = frame.block.stub
    lines = rows.join(lines, on="row", how="left").sort("row")
    for col, hit in beside.items():
        carries = str(hit.column.carries)
        texts = dict(body.filter(pl.col("col") == col).select("row", "text").iter_rows())
        for first_row, first_col, last_row, last_col in frame.grid.merged:
            if first_col <= col <= last_col and first_row in texts:
                for row in range(first_row + 1, last_row + 1):
                    texts.setdefault(row, texts[first_row])
        name = carries if hit.column.of is None else f"{carries}@{hit.column.of}"
        frame_ = pl.DataFrame(
            {"row": list(texts), name: list(texts.values())},
            schema={"row": pl.Int64, name: pl.String},
        )
        if name in lines.columns:
            lines = lines.rename({name: f"{name}_"})
        lines = lines.join(frame_, on="row", how="left")
        if hit.column.fill_down:
            lines = lines.sort("row").with_columns(pl.col(name).forward_fill())
        if f"{name}_" in lines.columns and carries == "period":
            heads = (stub, "/".join(hit.texts))
            lines = _joined_period(lines, name, heads)
            stub = heads[1]
        elif f"{name}_" in lines.columns and name == "indicator":
            lines = _joined_name(lines, words)
        elif f"{name}_" in lines.columns:
            lines = lines.with_columns(pl.coalesce(name, f"{name}_").alias(name)).drop(f"{name}_")
        elif carries == "period":
            stub = "/".join(hit.texts)
    return lines


def _joined_name(lines: pl.DataFrame, words: Words) -> pl.DataFrame:
    """A name of which two cells of the row say a part each: 总产值(万元) | 完成率(%)."""
    import polars as pl

    texts = lines["indicator"].drop_nulls().unique().to_list()
    read = {text: words.unit_in(text) for text in texts}
    schema = {"indicator": pl.String, "_bare": pl.String, "_unit": pl.String}
    told = pl.DataFrame([(t, *read[t]) for t in texts], schema=schema, orient="row")
    lines = lines.join(told, on="indicator", how="left", maintain_order="left")
    parts = (("indicator", "indicator_"), ("indicator_path", "indicator_path"))
    return (
        lines.with_columns(
            pl.concat_str(whole, "_bare", separator="/", ignore_nulls=True).alias(name)
            for name, whole in parts
        )
        .with_columns(unit=pl.coalesce("_unit", "unit"))
        .drop("indicator_", "_bare", "_unit")
    )


def _joined_period(lines: pl.DataFrame, name: str, heads: tuple[str, str]) -> pl.DataFrame:
    """A period of which two cells of the row say a part each: 2024 | 5月."""
    import polars as pl

    parts = [f"{name}_", name]
    told = [
        joined(list(zip(heads, texts, strict=True))) for texts in lines.select(parts).iter_rows()
    ]
    return lines.with_columns(pl.Series(name, told, dtype=pl.String)).drop(f"{name}_")


# --- around ----------------------------------------------------------------------------------


def _stubs(grid: Grid, block: Block, cells: pl.DataFrame) -> list[tuple[int, int]]:
    """Where the header of the stub stands; several times where tables stand side by side."""
    import polars as pl

    if not block.stub.strip():
        corner = _blank_corner(block, cells)
        if corner is None:
            raise missing_column(grid.name or "file", block.stub, [])
        return [corner]
    texts = cells.filter(~pl.col("text").str.contains(NUMERIC))["text"].unique()
    wanted = [t for t in texts if fits(block.stub, split_marks(t)[0]) is not None]
    hits = list(
        cells.filter(pl.col("text").is_in(wanted))
        .select("row", "col")
        .sort("row", "col")
        .iter_rows()
    )
    if not hits:
        raise missing_column(
            grid.name or "file", block.stub, cells["text"].head(HEAD_ROWS).to_list()
        )
    first = [hit for hit in hits if hit[0] == hits[0][0]]
    if len(hits) > len(first) or (len(first) > 1 and not block.side_by_side):
        again = hits[1] if len(first) == 1 or not block.side_by_side else hits[len(first)]
        raise RefusedError(
            "delivery.duplicate-column",
            grid.place(*again),
            f"表头“{block.stub}”出现了 {len(hits)} 次",
            f"the header {block.stub!r} stands {len(hits)} times",
        )
    return first


def _blank_corner(block: Block, cells: pl.DataFrame) -> tuple[int, int] | None:
    """Where a table begins whose corner is blank: the first row with headers and no name.

    A unit or date that stands alone on the right is no header.
    """
    left = cells["col"].min()
    wanted = [column.header[0] for column in block.columns if column.header]
    for (row,), line in cells.group_by("row", maintain_order=True):
        texts = [split_marks(text)[0] for text in line["text"]]
        if line["col"].min() == left or (
            len(texts) == 1 and re.search(block.unit, title_text(texts[0]))
        ):
            continue
        if not wanted or any(fits(text, head) is not None for text in wanted for head in texts):
            return int(str(row)), int(str(left))
    return None


def _report(
    grid: Grid,
    layout: TableLayout,
    block: Block,
    head: Cells,
    top: int,
    said: dict[str, str],
    told: Told,
    before: str | None,
) -> tuple[Period | None, str | None]:
    """The period of the report, with its text; what else the title says goes into ``said``.

    ``before`` is the period of the last table before this one that has one.
    """
    title_rows = sorted({row for row, _, _ in head if row < top})[: block.title_rows]
    found = []
    for row, _, text in head:
        if row in title_rows and (match := re.search(block.title, title_text(text))):
            groups = {k: v for k, v in match.groupdict().items() if v}
            for name, value in groups.items():
                if name != "period":
                    said.setdefault(name, value)
            if "period" in groups:
                found.append(groups["period"])
    if "period" in said:
        found = [said["period"]]
    elif layout.period_from in ("sheet", "file"):
        name = grid.name if layout.period_from == "sheet" else told.file_name
        named = period_in(name, layout.period_written)
        found = [named] if named else []
    periods = {same(text) for text in found}
    if len(periods) > 1 and len(ends := {_end_of(text) for text in found}) == 1 and ends != {None}:
        # 三季度 above the text and 三季度末 above the table: what stands nearer says it better.
        found = found[-1:]
        periods = {same(found[0])}
    if len(periods) > 1:
        raise RefusedError(
            "delivery.missing-title-period",
            grid.where(head[0][0]),
            f"标题中有 {len(periods)} 个不同的期间",
            f"there are {len(periods)} different periods in the titles",
        )
    said_period: str | None = found[0] if found else layout.constants.period
    if said_period is None and layout.period_from == "document":
        said_period = before
    if said_period is None and _needs_report(block):
        where = {
            "title": "标题中",
            "document": "本表及之前各表的标题中",
            "sheet": "工作表名中",
            "file": "文件名中",
        }[layout.period_from]
        raise RefusedError(
            "delivery.missing-title-period",
            grid.where(head[0][0]),
            f"{where}找不到期间",
            f"no period in the {layout.period_from}",
        )
    try:
        return (parse_period(said_period) if said_period else None), said_period
    except ValueError:
        return None, said_period


def _end_of(text: str) -> date | None:
    try:
        return parse_period(text).end
    except ValueError:
        return None


def _needs_report(block: Block) -> bool:
    return any(column.carries == "value" and column.period == "title" for column in block.columns)


def _corner_unit(grid: Grid, block: Block, head: Cells, words: Words) -> str | None:
    """The unit in the corner; none where it lists several (个、亿元), which say nothing alone."""
    found = {
        m.group("unit").strip() for _, _, t in head if (m := re.search(block.unit, title_text(t)))
    }
    if len(found) > 1:
        raise RefusedError(
            "cell.unexpected",
            grid.where(head[0][0]),
            f"表角有 {len(found)} 个不同的单位",
            f"there are {len(found)} different units in the corner",
        )
    unit = found.pop() if found else None
    listed = re.split("[、,，;；和及/]", unit or "")
    several = len(listed) > 1 and all(same(part) in words.units for part in listed)
    return None if several and same(unit) not in words.units else unit


_NOTE_MARK = re.compile(
    r"^(?:注\s*([0-9]{1,2})\s*[:：、.]|注\s*[:：]\s*([0-9]{1,2})\s+"
    r"|(?:注\s*[:：]\s*)?(?:([①-⑳])|\^\s*([0-9a-z]{1,2})\)?|(\[[0-9]{1,2}\])|([*＊]+))"
    r"|([0-9]{1,2})\s*[、.])\s*"
)


def _notes_from(block: Block, below: pl.DataFrame) -> int:
    """The first row under the header whose first cell is a note.

    A row that only begins with a mark (①, *) and has figures is a row of the table.
    """
    import polars as pl

    pattern = re.compile(block.notes)
    first = below.sort("row", "col").unique("row", keep="first", maintain_order=True)
    with_numbers = set(below.filter(pl.col("text").str.contains(NUMERIC))["row"])
    for row, text in first.select("row", "text").iter_rows():
        head = fold(text[:NOTE_SEARCHED]).strip()
        if pattern.search(head) and (row not in with_numbers or "\u4e00" <= head[0] <= "\u9fff"):
            return int(row)
    return FAR


def _notes(frame: Frame, parts: Parts) -> dict[str, str]:
    """Harvest the notes; returns the texts by their marks."""
    import polars as pl

    by_mark: dict[str, str] = {}
    rows = frame.cells.filter(pl.col("row") >= frame.notes_from)
    mark = ""
    leftmost = min(rows["col"].to_list(), default=0)
    for row, col, text in rows.select("row", "col", "text").iter_rows():
        match = _NOTE_MARK.match(fold(text).strip())
        if match is not None:
            number, spaced, circled, raised, bracketed, stars, plain = match.groups()
            own = circled or bracketed or stars or f"^{number or spaced or raised or plain}"
            mark = mark_key(own)
        elif col == leftmost and re.match(r"^(注|说明|资料来源)", text):
            mark = ""
        body = text.strip()[match.end() :] if match else text
        if mark:
            by_mark[mark] = f"{by_mark[mark]} {body}" if mark in by_mark else body
        parts.notes.append((frame.grid.place(row, col), mark, text))
    return by_mark


# --- what cannot be right --------------------------------------------------------------------


def _refuse_merged_values(grid: Grid, values: dict[int, Found], frame: Frame) -> None:
    """A value cell that spans several rows or columns belongs to nobody knows which of them."""
    for first_row, first_col, last_row, last_col in grid.merged:
        inside = frame.last_header < first_row < min(frame.notes_from, frame.last + 1)
        spanned = [col for col in values if first_col <= col <= last_col]
        if inside and spanned and (first_row, first_col) != (last_row, last_col):
            covers_stub = first_col <= frame.stub_col <= last_col
            if covers_stub and first_row == last_row:
                continue  # a row that is one wide cell opens a cut, or is a remark
            raise RefusedError(
                "cell.unexpected",
                grid.place(first_row, first_col),
                f"数值单元格被合并到第 {last_row} 行",
                f"a value cell is merged down to row {last_row}",
            )


def _refuse_values_on_cuts(
    grid: Grid, body: pl.DataFrame, on: pl.DataFrame, value_columns: list[int]
) -> None:
    import polars as pl

    on_cut = body.filter(pl.col("col").is_in(value_columns)).join(
        on.filter(pl.col("line") == CUT), on="row", how="semi"
    )
    if on_cut.height:
        raise RefusedError(
            "cell.unexpected",
            grid.where(int(on_cut["row"][0])),
            "只作分组的行含有数值",
            "a row that only opens a cut carries figures",
        )
