"""From a cell of a published table to the observations behind it, and on to the archived bytes.

Belongs here: finding the row that a person names, and which of its observations made the cell.
Does not belong here: the way from an observation to the bytes (``trace``).
"""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.catalog import Catalog, Column, Table, literal, quote
from orchestration.errors import QutongError
from orchestration.serve.reading import current_release, open_mart
from orchestration.serve.trace import (
    MAX_FIGURES,
    BytesState,
    Fact,
    Language,
    Trace,
    as_lines,
    as_trace,
    cannot_answer,
    figure_facts,
    follow,
    observations,
    release_fact,
    value_text,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Pair = tuple[str, str]
Row = dict[str, Any]

MAX_LISTED = 12
MART = "mart"
"""What DuckDB calls an opened release: its file without the ending."""
_NAMING = ("observation", "observations", "evidence")


@dataclass(frozen=True)
class CellSelector:
    """Which cell of a table, or which whole row.

    Attributes:
        cell: ``schema.table.column``, or ``schema.table`` for the row.
        where: Columns and the values they must have, as texts; an empty text means no value.
            ``region`` stands for the code or the name of the region.
    """

    cell: str
    where: tuple[Pair, ...] = ()


@dataclass(frozen=True)
class Source:
    """An observation behind the row: its id, and the columns that name it."""

    observation_id: str
    columns: tuple[str, ...]
    is_own: bool


@dataclass(frozen=True)
class CellTrace:
    """A cell, or a row where no column is named, and what stands behind it.

    Attributes:
        table: The table that it stands in.
        key: The row's key.
        row: All of the row.
        column: The column; None for the whole row.
        unit: Unit of the cell, Chinese and English.
        qualifier: What the value is: exact, a bound, …
        sources: The observations behind the row, the cell's own first.
        missing: Ids that ``core.observation`` does not have.
        trace: The way back of the cell's own observation; where it has none, of all.
    """

    table: Table
    key: Mapping[str, Any]
    row: Mapping[str, Any]
    column: Column | None
    unit: Pair
    qualifier: str
    sources: tuple[Source, ...]
    missing: tuple[str, ...]
    others: tuple[Mapping[str, Any], ...]
    trace: Trace


def trace_cell(releases_dir: Path, archive_dir: Path, selector: CellSelector) -> CellTrace:
    """Follow a cell of a table of the current release back to the archived bytes.

    Args:
        releases_dir: The directory of releases.
        archive_dir: The archive.
        selector: Which cell.

    Raises:
        QutongError: Table, column or key is not there, no row or several have that key, or the
            table names no observations; says what there is instead.
    """
    import duckdb

    release = current_release(releases_dir)
    con = open_mart(release)
    try:
        catalog = Catalog.of_release(con, MART)
        table, column_name = _table_of(catalog, selector.cell.strip())
        column = _column(table, column_name) if column_name else None
        if not table.with_role(*_NAMING):
            naming = [t.qualified for t in catalog.tables if t.with_role("observation")]
            raise QutongError(
                f"the rows of {table.qualified} name no observations / 该表不记录观测编号",
                remedy=f"tables that do: {', '.join(naming)}",
            )
        row = _row(con, table, selector.where)
        sources = _sources(row, table, column)
        own = [source.observation_id for source in sources if source.is_own]
        is_empty = column is not None and row[column.name] is None
        wanted = own or ([] if is_empty else [source.observation_id for source in sources])
        found = {item["observation_id"]: item for item in _behind(con, sources)}
        states: dict[str, BytesState] = {}
        rows = [found[name] for name in wanted if name in found]
        figures = tuple(
            follow(con, release, archive_dir, item, states) for item in rows[:MAX_FIGURES]
        )
    except duckdb.Error as error:
        raise cannot_answer(release, error) from error
    finally:
        con.close()
    names = [s.observation_id for s in sources]
    return CellTrace(
        table=table,
        key={name: row[name] for name in table.primary_key},
        row=row,
        column=column,
        unit=_unit(column, row),
        qualifier=_qualifier(column, row),
        sources=sources,
        missing=tuple(name for name in names if name not in found),
        others=tuple(found[name] for name in names if name in found and name not in wanted),
        trace=as_trace(release, figures, len(rows)),
    )


# --- which table, column and row -----------------------------------------------------------------


def _rows(con: DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = con.execute(sql).fetchall()
    return rows


def _near(wanted: str, known: Sequence[str]) -> list[str]:
    """What is spelt or begins like it, the nearest first; everything where nothing is near."""
    near = difflib.get_close_matches(wanted, known, n=4, cutoff=0.5)
    near += [name for name in known if wanted and wanted in name and name not in near]
    return near or list(known)


def _table_of(catalog: Catalog, cell: str) -> tuple[Table, str]:
    """The table and the column of a name in two or three parts."""
    parts = cell.split(".")
    found = catalog.find(".".join(parts[:2]))
    if found is not None and len(parts) in (2, 3):
        return found, ".".join(parts[2:])
    known = [table.qualified for table in catalog.tables]
    tables = [t.qualified for t in catalog.tables if t.schema not in ("meta", "quality")]
    # The schema may be wrong or missing: `fixed_asset_investment.share_printed`.
    by_name = [name for name in known if name.partition(".")[2] in parts]
    shown = by_name or _near(".".join(parts[:2]), tables)
    raise QutongError(
        f"there is no table {'.'.join(parts[:2])!r} / 没有这张表",
        remedy=f"write schema.table.column; did you mean {', '.join(shown)}?"
        if shown != tables
        else f"write schema.table.column; there are {', '.join(tables)}",
    )


def _column(table: Table, name: str) -> Column:
    if table.has(name):
        return table.by_name[name]
    raise QutongError(
        f"{table.qualified} has no column {name!r} / 没有这一列",
        remedy=f"there is: {', '.join(_near(name, list(table.by_name)))}",
    )


def _condition(table: Table, pair: Pair) -> str:
    name, value = pair
    regions = table.with_role("region")
    if name == "region" and regions and not table.has(name):
        names = [regions[0].name, *(c.name for c in table.names_of(regions[0].name).values())]
        return "(" + " or ".join(f"{quote(part)} = {literal(value)}" for part in names) + ")"
    column = _column(table, name)
    expression = quote(column.name)
    if not value:
        return f"nullif(cast({expression} as varchar), '') is null"
    if column.data_type.lower() == "varchar":
        return f"{expression} = {literal(value)}"
    # `2022-01-01`, `true`, `13.9`: as the column's own type reads them.
    return f"coalesce({expression} = try_cast({literal(value)} as {column.data_type}), false)"


def _row(
    con: DuckDBPyConnection,
    table: Table,
    where: Sequence[Pair],
) -> Row:
    """The one row that fulfils all conditions."""
    keys = table.primary_key
    conditions = [_condition(table, pair) for pair in where]
    condition = " and ".join(conditions) or "true"
    order = ", ".join(quote(name) for name in keys) or "all"
    source = f"from {table.in_catalog(MART)} where {condition}"
    cursor = con.execute(f"select * {source} order by {order} limit {MAX_LISTED + 1}")
    names = [item[0] for item in cursor.description or []]
    rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    if not rows:
        raise _no_row(con, table, where, conditions)
    if len(rows) > 1:
        count = _rows(con, f"select count(*) {source}")[0][0]
        given = {name for name, _ in where}
        lines = [
            "  " + " ".join(_pair(name, row[name]) for name in keys if name not in given)
            for row in rows[:MAX_LISTED]
        ]
        more = [f"  … ({count - MAX_LISTED} more / 其余)"] if count > MAX_LISTED else []
        raise QutongError(
            "\n".join(
                [f"{count} rows of {table.qualified} match / 符合的有 {count} 行:", *lines, *more]
            ),
            remedy="add what tells them apart, as KEY=VALUE / 请补充条件",
        )
    return rows[0]


def _no_row(
    con: DuckDBPyConnection, table: Table, where: Sequence[Pair], conditions: Sequence[str]
) -> QutongError:
    """For each condition that lets nothing through, what there is under the other conditions."""
    lines = []
    for place, (name, value) in enumerate(where):
        others = [text for number, text in enumerate(conditions) if number != place]
        regions = table.with_role("region")
        column = regions[0].name if name == "region" and regions else name
        found = [
            str(row[0])
            for row in _rows(
                con,
                f"select distinct cast({quote(column)} as varchar) from {table.in_catalog(MART)} "
                f"where {' and '.join(others) or 'true'} and {quote(column)} is not null "
                "order by 1",
            )
        ]
        if not found:
            continue
        near = [item for item in _near(value, found) if item != value]
        near += [item for item in found if item not in near]
        more = f", … ({len(near) - MAX_LISTED} more)" if len(near) > MAX_LISTED else ""
        lines.append(f"  {column}: {', '.join(near[:MAX_LISTED])}{more}")
    given = " ".join(_pair(name, value) for name, value in where) or "nothing"
    head = f"no row of {table.qualified} has {given} / 没有符合的行"
    if not lines:
        return QutongError(
            head, remedy="give fewer conditions: no two of these stand in one row together"
        )
    return QutongError(
        "\n".join([f"{head}; with the other conditions there is / 其他条件下有:", *lines]),
        remedy="give one of these values / 请改用其中的值",
    )


def _pair(name: str, value: object) -> str:
    """``name=value`` as it can be typed."""
    return shlex.quote(f"{name}={'' if value is None else value}")


# --- which observations --------------------------------------------------------------------------


def _sources(row: Row, table: Table, column: Column | None) -> tuple[Source, ...]:
    """The observations that the row names, the cell's own first, each once."""
    named = {item.name: _ids(row[item.name]) for item in table.with_role(*_NAMING)}
    own_column = table.observation_of(column.name) if column else None
    by_id: dict[str, list[str]] = {}
    for name in sorted(named, key=lambda name: name != own_column):
        for observation_id in named[name]:
            by_id.setdefault(observation_id, []).append(name)
    return tuple(
        Source(observation_id, tuple(names), own_column in names)
        for observation_id, names in by_id.items()
    )


def _ids(value: object) -> list[str]:
    """One id, or several between blanks or commas, or a list of them."""
    parts = value if isinstance(value, list) else re.split(r"[\s,]+", str(value or ""))
    return [part for part in parts if part]


def _behind(con: DuckDBPyConnection, sources: Sequence[Source]) -> list[Row]:
    if not sources:
        return []
    ids = ", ".join(literal(source.observation_id) for source in sources)
    return observations(con, f"observation_id in ({ids})")


def _unit(column: Column | None, row: Row) -> Pair:
    """The cell's unit in both languages; where another column holds it, what stands there."""
    if column is None or not column.unit:
        return "", ""
    if column.unit_column and column.has_unit_by_row:
        unit = str(row[column.unit_column] or "")
        return unit, unit
    zh, _, en = column.unit.partition(" | ")
    return zh, en or zh


def _qualifier(column: Column | None, row: Row) -> str:
    """The qualifier that stands beside the value; a figure without one is exact."""
    if column is None or not column.qualifier_column:
        return ""
    return str(row[column.qualifier_column] or "")


# --- for a person --------------------------------------------------------------------------------


def render_text(found: CellTrace, language: Language = "zh") -> str:
    """The cell, then what stands behind it down to the bytes."""
    zh = language == "zh"
    side = 0 if zh else 1
    facts = [release_fact(found.trace, zh), *_cell_facts(found, side)]
    blocks = [as_lines(facts, zh)]
    columns = {source.observation_id: source.columns for source in found.sources}
    for figure in found.trace.figures:
        names = ", ".join(columns[figure.observation["observation_id"]])
        blocks.append(
            as_lines([(("依据", "Behind it")[side], names), *figure_facts(figure, zh)], zh)
        )
    if found.trace.matched > len(found.trace.figures):
        blocks.append(
            f"共 {found.trace.matched} 个观测，显示前 {len(found.trace.figures)} 个。\n"
            if zh
            else f"{found.trace.matched} observations, the first {len(found.trace.figures)} are "
            "shown.\n"
        )
    if found.others:
        head = ("同行的其他观测", "Other observations of the row")[side]
        lines = [
            f"  {item['observation_id']}  {_brief(item, side)}  "
            f"({', '.join(columns[item['observation_id']])})"
            for item in found.others
        ]
        blocks.append("\n".join([head, *lines, ""]))
    return "\n".join(blocks)


def _cell_facts(found: CellTrace, side: int) -> list[Fact]:
    row, column = found.row, found.column
    table = found.table
    title = (table.title_zh, table.title_en)[side]
    cell = f"{table.qualified}.{column.name}" if column else table.qualified
    names = [
        str((row[item.pair] if side and item.pair else None) or row[item.name])
        for item in table.with_role("name")
        if item.language == "zh" and row[item.name]
    ]
    facts: list[Fact] = [
        (("表中单元", "Table cell")[side], f"{cell}  {title}".rstrip()),
        (
            ("所在行", "Row")[side],
            " ".join(_pair(name, value) for name, value in found.key.items())
            + (f"  ({', '.join(names)})" if names else ""),
        ),
    ]
    facts += [(("缺失", "Lost")[side], f"{name}  core.observation") for name in found.missing]
    if column is None:
        if not found.sources:
            facts.append((("依据", "Behind it")[side], ("无观测", "no observation")[side]))
        return facts
    is_simulated = any(row[item.name] for item in table.with_role("simulated"))
    note = ("  [含模拟数据]", "  [simulated]")[side] if is_simulated else ""
    facts += [
        (("数值", "Value")[side], f"{_shown(found, side)}{note}"),
        (("说明", "Means")[side], f"{column.description_zh} | {column.description_en}"),
    ]
    if not any(source.is_own for source in found.sources):
        facts.append((("依据", "Behind it")[side], _without_own(found, side)))
    return facts


def _shown(found: CellTrace, side: int) -> str:
    assert found.column is not None
    value, unit = found.row[found.column.name], found.unit[side]
    if value is None:
        text = ("空", "empty")[side]
        if found.qualifier == "indeterminate":
            text += ("，方向不定，不给数值", ": its direction is indeterminate")[side]
        return text
    if isinstance(value, Decimal):
        return f"{value_text(value, found.qualifier, side)} {unit}".rstrip()
    return f"{value} {unit}".rstrip()


def _without_own(found: CellTrace, side: int) -> str:
    count = len(found.sources)
    if not count:
        return ("本行无观测", "the row has no observation")[side]
    if found.column is not None and found.row[found.column.name] is None:
        return (
            "本单元无数",
            "nothing stands in the cell",
        )[side]
    return (
        f"按上述说明得出；本行的 {count} 个观测如下",
        f"it follows as described above; the observations of its row ({count}) follow",
    )[side]


def _brief(item: Mapping[str, Any], side: int) -> str:
    name = item[("indicator_name_zh", "indicator_name_en")[side]] or item["indicator_code"]
    value = value_text(item["value"], item["qualifier"], side)
    return f"{name}  {value} {item['unit'] or ''}".rstrip()
