"""Layouts: which cell of a grid is a figure, and what stands around it.

Belongs here: finding columns, titles, units and rows by what they say. Does not belong here:
decoding files (``readers``) and understanding the texts (``normalise``).
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.collect.readers import RefusedError, Sheet, address
from orchestration.spec import RecordsLayout, TableColumn, TableLayout
from orchestration.text import fold, same

if TYPE_CHECKING:
    import polars as pl

TEXT_COLUMNS = (
    "indicator",
    "region",
    "region_code",
    "period",
    "period_kind",
    "value",
    "unit",
    "measure",
    "qualifier",
    "scope",
    "breakdown",
    "source_place",
    "document",
    "published",
    "stage",
    "inferred",
    "simulated",
)
"""Texts of one figure, as written; null where the delivery does not say."""


MOST_NAMES, MOST_TOLD = 500, 5


@dataclass(frozen=True)
class Extract:
    """What a layout found.

    Attributes:
        figures: One row per figure: ``TEXT_COLUMNS`` and ``column_key``, ``place``, ``sheet``,
            ``row``, ``col``.
        unexpected: Cells that the layout does not account for: ``place``, ``text``.
        read: Everything that was read, in ``unit``.
        non_data: What is declared to be no data (headers, notes, stubs).
        unit: ``row`` or ``cell``.
    """

    figures: pl.DataFrame
    unexpected: pl.DataFrame
    read: int
    non_data: int
    unit: str


def extract(sheets: list[Sheet], layout: RecordsLayout | TableLayout) -> Extract:
    """Apply the layout to every sheet.

    Raises:
        RefusedError: a declared column, title or unit is not there, or one too many is.
    """
    import polars as pl

    filled = [sheet for sheet in sheets if sheet.cells.height]
    if isinstance(layout, RecordsLayout):
        parts = [_records(sheet, layout) for sheet in filled]
    else:
        parts = [_table(sheet, layout) for sheet in filled]
    return Extract(
        figures=pl.concat([part.figures for part in parts]),
        unexpected=pl.concat([part.unexpected for part in parts]),
        read=sum(part.read for part in parts),
        non_data=sum(part.non_data for part in parts),
        unit=parts[0].unit,
    )


def _where(sheet: Sheet, row: int) -> str:
    return f"{sheet.name}!row {row}" if sheet.name else f"row {row}"


# --- records -------------------------------------------------------------------------------


def _records(sheet: Sheet, layout: RecordsLayout) -> Extract:
    import polars as pl

    header_row = int(sheet.cells["row"][0])  # cells come row by row
    header = sheet.cells.filter(pl.col("row") == header_row)
    declared = {
        name: text for name in TEXT_COLUMNS if (text := getattr(layout.columns, name)) is not None
    }
    positions = _positions(sheet, header, header_row, declared, layout.columns.ignored)
    body = sheet.cells.filter(pl.col("row") > header_row)
    by_position = {col: name for name, col in positions.items()}
    ignored = {same(text) for text in layout.columns.ignored}
    ignored_cols = [
        col for col, text in header.select("col", "text").iter_rows() if same(text) in ignored
    ]
    known = [*by_position, *ignored_cols]
    stray = body.filter(~pl.col("col").is_in(known))
    named = body.filter(pl.col("col").is_in(list(by_position))).with_columns(
        name=pl.col("col").replace_strict(by_position, return_dtype=pl.String)
    )
    rows = named.pivot(on="name", index="row", values="text") if named.height else None
    figures = _with_all_columns(
        rows if rows is not None else pl.DataFrame(schema={"row": pl.Int64})
    ).sort("row")
    value_col = positions["value"]
    figures = figures.with_columns(
        pl.lit("value").alias("column_key"),
        pl.lit(sheet.name).alias("sheet"),
        pl.lit(value_col, dtype=pl.Int64).alias("col"),
        _place(sheet.name, value_col).alias("place"),
    )
    unexpected = _cells_as_unexpected(stray, sheet.name)
    # Counted in rows: the header is the only row that is no data; a stray cell is a row more.
    return Extract(
        figures=figures.select(*TEXT_COLUMNS, "column_key", "place", "sheet", "row", "col"),
        unexpected=unexpected,
        read=1 + figures.height + unexpected.height,
        non_data=1,
        unit="row",
    )


def _positions(
    sheet: Sheet,
    header: pl.DataFrame,
    header_row: int,
    declared: dict[str, str],
    ignored: tuple[str, ...],
) -> dict[str, int]:
    place = _where(sheet, header_row)
    found: dict[str, list[int]] = {}
    printed: dict[str, str] = {}
    for col, text in header.select("col", "text").iter_rows():
        found.setdefault(same(text), []).append(col)
        printed[same(text)] = text
    positions: dict[str, int] = {}
    for name, text in declared.items():
        columns = found.pop(same(text), [])
        if not columns:
            raise _missing(place, text, list(printed.values()))
        if len(columns) > 1:
            raise RefusedError(
                "delivery.duplicate-column",
                place,
                f"列“{text}”出现了 {len(columns)} 次",
                f"the column {text!r} stands {len(columns)} times",
            )
        positions[name] = columns[0]
    unknown = [printed[key] for key in found if key not in {same(text) for text in ignored}]
    if unknown:
        raise _unknown(place, unknown)
    return positions


def _missing(place: str, wanted: str, have: list[str]) -> RefusedError:
    """A declared column is not there; only a text that resembles its name is repeated.

    Without a header the first row of data stands where the header should be: it is not quoted.
    """
    # Without a header, figures stand where its texts should be.
    texts = [text for text in have[:MOST_NAMES] if not re.search("[0-9]{2}", text)]
    near = difflib.get_close_matches(wanted, texts, n=1, cutoff=0.5)
    hint_zh = f"; 是否改名为“{near[0]}”?" if near else ""
    hint_en = f"; was it renamed to {near[0]!r}?" if near else ""
    return RefusedError(
        "delivery.missing-column",
        place,
        f"缺少列“{wanted}”{hint_zh}",
        f"the column {wanted!r} is missing{hint_en}",
    )


def _unknown(place: str, names: list[str]) -> RefusedError:
    """Columns that nobody declared; a few names that are no figures are told."""
    told = [name for name in names if not re.search("[0-9]{2}", name)][:MOST_TOLD]
    more = len(names) - len(told)
    zh, en = "、".join(told), ", ".join(told)
    return RefusedError(
        "delivery.unknown-column",
        place,
        f"有未声明的列: {zh}" + (f" 等 {len(names)} 列" if more else ""),
        f"columns that the declaration does not name: {en}" + (f" and {more} more" if more else ""),
    )


def _with_all_columns(frame: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    missing = [name for name in TEXT_COLUMNS if name not in frame.columns]
    return frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing)


def _place(sheet: str, col: int) -> pl.Expr:
    import polars as pl

    if not sheet:
        return pl.format("R{}C{}", pl.col("row"), pl.lit(col))
    letters = address("x", 1, col).removeprefix("x!")[:-1]
    return pl.format("{}!{}{}", pl.lit(sheet), pl.lit(letters), pl.col("row"))


def _cells_as_unexpected(cells: pl.DataFrame, sheet: str) -> pl.DataFrame:
    import polars as pl

    columns = sorted(cells["col"].unique().to_list()) if cells.height else []
    places = {col: address("", 1, col).removeprefix("R1") for col in columns}
    if sheet:
        places = {col: address("x", 1, col).removeprefix("x!")[:-1] for col in columns}
    mark = pl.col("col").replace_strict(places, default="", return_dtype=pl.String)
    row = pl.col("row").cast(pl.String)
    place = pl.concat_str([pl.lit(f"{sheet}!"), mark, row]) if sheet else "R" + row + mark
    return cells.select(place.alias("place"), "text")


# --- printed tables --------------------------------------------------------------------------


def _table(sheet: Sheet, layout: TableLayout) -> Extract:
    import polars as pl

    top, stub_col = _stub(sheet, layout)
    last_header = top + layout.header_rows - 1
    paths = _header_paths(sheet, top, last_header)
    columns = _match_columns(sheet, layout, paths, top, stub_col)
    title_period = _title_period(sheet, layout, top)
    corner = _corner_unit(sheet, layout, last_header)

    _refuse_merged_values(sheet, columns, last_header)
    body = sheet.cells.filter(pl.col("row") > last_header)
    stub = body.filter(pl.col("col") == stub_col).select("row", stub="text")
    notes_from = _notes_from(stub, layout)
    # Notes stand in the stub. What else stands there or below may be a figure: it is not dropped.
    beyond = body.filter((pl.col("row") >= notes_from) & (pl.col("col") != stub_col))
    above = sheet.cells.filter(
        (pl.col("row") < top) & pl.col("text").str.contains(r"^[-+0-9.,%\s]+$")
    )
    body = body.filter(pl.col("row") < notes_from)
    cut = [same(text) for text in layout.cut_rows]
    stub = (
        stub.filter(pl.col("row") < notes_from)
        .with_columns(key=pl.col("stub").map_elements(same, return_dtype=pl.String))
        .with_columns(is_cut=pl.col("key").is_in(cut))
    )
    names = stub.filter(~pl.col("is_cut")).select(
        "row",
        name=pl.col("stub").str.strip_chars().str.replace(layout.stub_prefix, "").str.strip_chars(),
    )
    value_columns = {col: c for col, c in columns.items() if c.carries == "value"}
    parts = []
    for col, column in value_columns.items():
        figures = (
            body.filter(pl.col("col") == col)
            .select("row", value="text")
            .join(names, on="row", how="left")
            .with_columns(
                pl.lit(col, dtype=pl.Int64).alias("col"),
                pl.lit(column.key).alias("column_key"),
                pl.lit(_column_period(column, paths[col], title_period), dtype=pl.String).alias(
                    "period"
                ),
                pl.lit(column.period_kind, dtype=pl.String).alias("period_kind"),
                pl.lit(column.measure, dtype=pl.String).alias("measure"),
                pl.lit(column.unit, dtype=pl.String).alias("fixed_unit"),
                _place(sheet.name, col).alias("place"),
            )
        )
        parts.append(_companions(figures, body, columns, column.key))
    figures = pl.concat(parts).sort("row", "col")
    # A table with a unit column says the unit in each row: a blank there is no reason to guess.
    per_row = any(column.carries == "unit" for column in columns.values())
    fallback = None if per_row else corner
    unit = pl.coalesce("fixed_unit", "unit", pl.lit(fallback, dtype=pl.String))
    figures = figures.with_columns(
        unit.alias("unit"),
        pl.col("name").alias("region" if layout.stub_is == "region" else "indicator"),
        pl.lit(sheet.name).alias("sheet"),
    )
    known = {stub_col, *columns}
    stray = body.filter(~pl.col("col").is_in(list(known)))
    _refuse_values_on_cuts(sheet, body, stub, list(value_columns))
    unexpected = _cells_as_unexpected(pl.concat([above, stray, beyond]), sheet.name)
    return Extract(
        figures=_with_all_columns(figures).select(
            *TEXT_COLUMNS, "column_key", "place", "sheet", "row", "col"
        ),
        unexpected=unexpected,
        read=sheet.cells.height,
        non_data=sheet.cells.height - figures.height - unexpected.height,
        unit="cell",
    )


def _refuse_merged_values(sheet: Sheet, columns: dict[int, TableColumn], last_header: int) -> None:
    """A value cell that spans several rows or columns belongs to nobody knows which of them."""
    values = {col for col, column in columns.items() if column.carries == "value"}
    for first_row, first_col, last_row, last_col in sheet.merged:
        if first_row > last_header and values & set(range(first_col, last_col + 1)):
            raise RefusedError(
                "cell.unexpected",
                address(sheet.name, first_row, first_col),
                f"数值单元格被合并到第 {last_row} 行",
                f"a value cell is merged down to row {last_row}",
            )


def _refuse_values_on_cuts(
    sheet: Sheet, body: pl.DataFrame, stub: pl.DataFrame, value_columns: list[int]
) -> None:
    import polars as pl

    on_cut = body.filter(pl.col("col").is_in(value_columns)).join(
        stub.filter("is_cut").select("row"), on="row", how="semi"
    )
    if on_cut.height:
        raise RefusedError(
            "cell.unexpected",
            _where(sheet, int(on_cut["row"][0])),
            "只作分组的行含有数值",
            "a row that only opens a cut carries figures",
        )


def _stub(sheet: Sheet, layout: TableLayout) -> tuple[int, int]:
    wanted = same(layout.stub)
    hits = [
        (row, col)
        for row, col, text in sheet.cells.select("row", "col", "text").iter_rows()
        if same(text) == wanted
    ]
    if not hits:
        above = sheet.cells["text"].head(200).to_list()
        raise _missing(sheet.name, layout.stub, above)
    if len(hits) > 1:
        raise RefusedError(
            "delivery.duplicate-column",
            address(sheet.name, *hits[1]),
            f"表头“{layout.stub}”出现了 {len(hits)} 次",
            f"the header {layout.stub!r} stands {len(hits)} times",
        )
    return hits[0]


def _header_paths(sheet: Sheet, top: int, last: int) -> dict[int, tuple[str, ...]]:
    """Header texts above each column from the top down, merged cells filled."""
    import polars as pl

    grid = {
        (row, col): text
        for row, col, text in sheet.cells.filter(pl.col("row").is_between(top, last))
        .select("row", "col", "text")
        .iter_rows()
    }
    for first_row, first_col, last_row, last_col in sheet.merged:
        text = grid.get((first_row, first_col))
        if text is not None:
            for row in range(max(first_row, top), min(last_row, last) + 1):
                for col in range(first_col, last_col + 1):
                    grid[row, col] = text
    paths: dict[int, tuple[str, ...]] = {}
    for col in sorted({col for _, col in grid}):
        texts = [grid[row, col] for row in range(top, last + 1) if (row, col) in grid]
        distinct = [t for i, t in enumerate(texts) if i == 0 or same(t) != same(texts[i - 1])]
        paths[col] = tuple(distinct)
    return paths


def _match_columns(
    sheet: Sheet,
    layout: TableLayout,
    paths: dict[int, tuple[str, ...]],
    top: int,
    stub_col: int,
) -> dict[int, TableColumn]:
    place = _where(sheet, top)
    have = ["/".join(path) for col, path in paths.items() if col != stub_col]
    found: dict[int, TableColumn] = {}
    for column in layout.columns:
        label = "/".join(column.header)
        hits = [
            col for col, path in paths.items() if col != stub_col and _fits(column.header, path)
        ]
        if not hits:
            raise _missing(place, label, have)
        if len(hits) > 1 or hits[0] in found:
            raise RefusedError(
                "delivery.duplicate-column",
                place,
                f"列“{label}”不唯一",
                f"the column {label!r} fits more than once",
            )
        found[hits[0]] = column
    unknown = ["/".join(p) for col, p in paths.items() if col not in found and col != stub_col]
    if unknown:
        raise _unknown(place, unknown)
    return found


def _fits(wanted: tuple[str, ...], path: tuple[str, ...]) -> bool:
    return len(wanted) == len(path) and all(
        w == "*" or _matches(w, text) for w, text in zip(wanted, path, strict=True)
    )


def _matches(wanted: str, text: str) -> bool:
    """A declared header text: literal, or with ``*`` for any run of characters."""
    pattern = ".*".join(re.escape(same(part)) for part in wanted.split("*"))
    return re.fullmatch(pattern, same(text)) is not None


def _title_period(sheet: Sheet, layout: TableLayout, top: int) -> str | None:
    import polars as pl

    above = sheet.cells.filter(pl.col("row") < top).filter(
        pl.col("row") <= pl.col("row").min() + layout.title_rows - 1
    )
    found = [m for text in above["text"] if (m := re.search(layout.title, fold(text)))]
    periods = {same(match.group("period")) for match in found}
    if len(periods) > 1:
        raise RefusedError(
            "delivery.missing-title-period",
            _where(sheet, 1),
            f"标题中有 {len(periods)} 个不同的期间",
            f"there are {len(periods)} different periods in the titles",
        )
    if found:
        return found[0].group("period")
    if any(column.period == "title" for column in layout.columns):
        raise RefusedError(
            "delivery.missing-title-period",
            _where(sheet, 1),
            "标题中找不到期间",
            "no period in the title",
        )
    return None


def _corner_unit(sheet: Sheet, layout: TableLayout, last_header: int) -> str | None:
    import polars as pl

    head = sheet.cells.filter(pl.col("row") <= last_header)
    found = {
        m.group("unit").strip() for t in head["text"] if (m := re.search(layout.unit, fold(t)))
    }
    if len(found) > 1:
        raise RefusedError(
            "cell.unexpected",
            _where(sheet, 1),
            f"表角有 {len(found)} 个不同的单位",
            f"there are {len(found)} different units in the corner",
        )
    return found.pop() if found else None


def _notes_from(stub: pl.DataFrame, layout: TableLayout) -> int:
    pattern = re.compile(layout.notes)
    rows = [row for row, text in stub.iter_rows() if pattern.search(fold(text).strip())]
    return min(rows, default=1 << 40)


def _column_period(column: TableColumn, path: tuple[str, ...], title: str | None) -> str | None:
    if column.period is None or column.period == "title":
        return title
    if "(?P<period>" in column.period:
        for text in path:
            match = re.search(column.period, fold(text))
            if match:
                return match.group("period")
        return None
    return column.period


def _companions(
    figures: pl.DataFrame, body: pl.DataFrame, columns: dict[int, TableColumn], key: str
) -> pl.DataFrame:
    """Add the texts that stand beside the values: unit, qualifier, place, marks."""
    import polars as pl

    for name in ("unit", "qualifier", "source_place", "simulated", "inferred"):
        cols = [
            col for col, c in columns.items() if c.carries == name and (c.of is None or c.of == key)
        ]
        if cols:
            beside = body.filter(pl.col("col") == cols[0]).select("row", pl.col("text").alias(name))
            figures = figures.join(beside, on="row", how="left")
        else:
            figures = figures.with_columns(pl.lit(None, dtype=pl.String).alias(name))
    return figures
