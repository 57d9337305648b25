"""A printed table as HTML: the same columns, signs, notes and sources as in the workbooks.

Belongs here: cells and header of one table. Does not belong here: which columns are printed and
under which words (``printed``).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any

from orchestration.publish.layout import csv_path, parquet_path, workbook_path
from orchestration.publish.printed import PrintedColumn, PrintedTable, has_one_unit
from orchestration.publish.site.markup import (
    Units,
    both,
    figure,
    gap_html,
    marks_html,
    safe,
    thousands,
)
from orchestration.publish.site.model import Row

ROWS_SHOWN = 100
"""Rows of a table on a page; the rest stands in its CSV file, and the page says so."""

_KINDS = ("cumulative_range", "growth_over_range", "point", "target")


class Formal:
    """Renders printed tables of one release."""

    def __init__(
        self,
        units: Units,
        regions: Mapping[str, Row],
        periods: Mapping[str, Row],
        district: str,
    ) -> None:
        self.units, self.regions, self.periods, self.district = units, regions, periods, district

    def render(self, printed: PrintedTable, base: str) -> str:
        """A table with its heading, unit line, notes, sources and files."""
        table = printed.table
        columns = self._columns(printed)
        rows = self._ordered(printed)[:ROWS_SHOWN]
        heads = "".join(self._head(column, other) for column, other in columns)
        lines = "".join(self._line(printed, columns, row) for row in rows)
        csv = csv_path(table.schema, table.name)
        more = ""
        if printed.row_count > len(rows):
            said = both(
                f"共 {printed.row_count:,} 行，此处为前 {len(rows):,} 行，全部见",
                f"{printed.row_count:,} rows, of which the first {len(rows):,} are here; all:",
            )
            more = f'<p class="note more">{said} <a href="{base}../{csv}">CSV</a></p>'
        mark = marks_html(None, is_simulated=printed.is_simulated)
        empty = "" if rows else (
            f'<p class="note">{both("本版本中此表无数据。", "No rows in this release.")}</p>'
        )  # fmt: skip
        return (
            f'<section class="formal" id="{safe(table.schema)}-{safe(table.name)}">'
            f'<h3><span class="no">{safe(printed.number)}</span> '
            f"{both(table.title_zh, table.title_en)}{mark}</h3>"
            f'<p class="unitline">{self._unit_line(printed)}</p>'
            + (
                f'<div class="scroll" tabindex="0" role="region" '
                f'aria-label="{safe(table.title_zh)} {safe(table.title_en)}">'
                f'<table class="data"><caption class="vh">{both(table.title_zh, table.title_en)}'
                f"</caption><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div>"
                if rows
                else ""
            )
            + f"{empty}{more}{self._foot(printed, base)}</section>"
        )

    def _ordered(self, printed: PrintedTable) -> list[tuple[Any, ...]]:
        """The district's own rows first."""
        place = _place(printed, "region")
        if place is None:
            return list(printed.rows)
        return sorted(printed.rows, key=lambda row: row[place] != self.district)

    def _columns(self, printed: PrintedTable) -> list[tuple[PrintedColumn, PrintedColumn | None]]:
        """What is shown: columns in both languages become one, units stand behind their numbers."""
        by_name = {column.column.name: column for column in printed.columns}
        units = {column.unit_place for column in printed.columns}
        has_period = _dated(printed) in printed.columns
        found: list[tuple[PrintedColumn, PrintedColumn | None]] = []
        for column in printed.columns:
            role, other = column.column.role, by_name.get(column.column.pair)
            # Ids are for joining tables: CSV has them, a reader has the names beside them.
            if column.place in units or role == "id":
                continue
            if other is not None and column.column.language == "en":
                continue
            if role == "period_kind" and has_period:
                continue
            found.append((column, other))
        # Yes and no say something about the figures: they come after them.
        found.sort(key=lambda pair: pair[0].kind == "boolean")
        return found

    def _head(self, column: PrintedColumn, other: PrintedColumn | None) -> str:
        zh, en = column.label_zh, column.label_en
        if column.kind == "text":
            zh, en = column.column.heading_zh or zh, column.column.heading_en or en
        unit = ""
        scalable = ""
        if column.is_number and column.unit_zh and column.unit_place is None:
            unit = f'<span class="u">{both(column.unit_zh, _english(self.units, column))}</span>'
            if column.unit_zh in self.units.scales:
                scalable = f' data-u="{safe(column.unit_zh)}"'
        kind = ' class="num"' if column.is_number else ""
        return f'<th scope="col"{kind}{scalable}>{both(zh, en)}{unit}</th>'

    def _line(
        self,
        printed: PrintedTable,
        columns: list[tuple[PrintedColumn, PrintedColumn | None]],
        row: tuple[Any, ...],
    ) -> str:
        place = _place(printed, "region")
        own = ' class="own"' if place is not None and row[place] == self.district else ""
        cells = []
        for number, (column, other) in enumerate(columns):
            text = self._cell(printed, column, other, row)
            if number == 0:
                cells.append(f'<th scope="row">{text}</th>')
            else:
                kind = "num" if column.is_number else _kind_of(column)
                cells.append(f'<td class="{kind}">{text}</td>' if kind else f"<td>{text}</td>")
        return f"<tr{own}>{''.join(cells)}</tr>"

    def _cell(  # noqa: PLR0911 - one return for each kind of cell
        self,
        printed: PrintedTable,
        column: PrintedColumn,
        other: PrintedColumn | None,
        row: tuple[Any, ...],
    ) -> str:
        value = row[column.place]
        if column.kind == "mark":
            return marks_html(None, is_simulated=bool(value))
        if column.is_number:
            return self._number(printed, column, row)
        if value is None:
            return ""
        if isinstance(value, bool):
            return both("是", "yes") if value else both("否", "no")
        text = str(value)
        if other is not None:
            return both(text, row[other.place])
        if column.column.role in ("period", "time"):
            return self.period(text) + self._kind_of_period(printed, column, row)
        place = _place(printed, "region")
        if place is not None and column.column.name_of == printed.table.columns[place].name:
            return both(text, self.regions.get(row[place], {}).get("region_name_en"))
        words = column.words
        if words:
            codes = text.split(",")
            zh = "、".join(words[code].zh if code in words else code for code in codes)
            en = ", ".join(words[code].en if code in words else code for code in codes)
            return both(zh, en)
        return safe(text)

    def _number(self, printed: PrintedTable, column: PrintedColumn, row: tuple[Any, ...]) -> str:
        value: Decimal | int | None = row[column.place]
        qualifier = None if column.qualifier_place is None else row[column.qualifier_place]
        if value is None:
            return gap_html("none") if qualifier not in (None, "exact") else ""
        unit = None if column.unit_place is None else row[column.unit_place]
        known = printed.table.observation_of(column.column.name)
        place = next(
            (n for n, other in enumerate(printed.table.columns) if other.name == known), None
        )
        of = row[place] if place is not None and column.column.role != "ordinal" else None
        if of and "," in of:  # what follows from several figures repeats none of them
            of = None
        return figure(self.units, value, unit, qualifier, is_plain=column.is_plain_in(row), of=of)

    def period(self, code: str) -> str:
        """A period as people call it."""
        known = self.periods.get(code, {})
        return both(known.get("label_zh") or code, known.get("label_en") or code)

    def _kind_of_period(
        self, printed: PrintedTable, column: PrintedColumn, row: tuple[Any, ...]
    ) -> str:
        """What a period's own name does not say: cumulative, a point in time, a target."""
        place = _place(printed, "period_kind")
        if column is not _dated(printed) or place is None or row[place] not in _KINDS:
            return ""
        kind = next(
            (own.words for own in printed.columns if own.column.role == "period_kind"), None
        )
        word = (kind or {}).get(row[place])
        return f' <span class="dims">{both(word.zh, word.en)}</span>' if word else ""

    def _unit_line(self, printed: PrintedTable) -> str:
        if not printed.unit_line:
            return ""
        if has_one_unit(printed.columns):
            column = next(column for column in printed.columns if column.is_number)
            return both("单位：", "Unit: ") + both(
                column.unit_zh, _english(self.units, column)
            ) if column.unit_zh not in self.units.scales else ""  # fmt: skip
        zh, _, en = printed.unit_line.partition(" / ")
        return both(zh, en)

    def _foot(self, printed: PrintedTable, base: str) -> str:
        """Notes and sources, and where the table lies as a file."""
        table = printed.table
        sources = "".join(f"<li>{safe(str(source))}</li>" for source in printed.sources[:15])
        notes = "".join(f"<li>{safe(note)}</li>" for note in printed.notes)
        warnings = "".join(
            f'<p class="note">{safe(text)}</p>'
            for text in printed.warnings
            if printed.is_simulated or "CSV" not in text
        )
        files = " · ".join(
            f'<a href="{base}../{path}">{name}</a>'
            for path, name in (
                (workbook_path(table.schema), "Excel"),
                (csv_path(table.schema, table.name), "CSV"),
                (parquet_path(table.schema, table.name), "Parquet"),
            )
        )
        listed = f"<p>{both('来源', 'Sources')}</p><ul>{sources}</ul>" if sources else ""
        return (
            f'{warnings}<details class="foot"><summary>{both("注释与来源", "Notes and sources")}'
            f"</summary><ul>{notes}</ul>{listed}</details>"
            f'<p class="files"><span>{both("下载", "Download")}</span> {files} '
            f"<code>{safe(table.qualified)}</code></p>"
        )


def _place(printed: PrintedTable, role: str) -> int | None:
    """Where the first column of a role stands."""
    return next(
        (place for place, column in enumerate(printed.table.columns) if column.role == role), None
    )


def _dated(printed: PrintedTable) -> PrintedColumn | None:
    """The printed column with the period of the row, which its kind belongs to."""
    place = _place(printed, "period")
    return next((column for column in printed.columns if column.place == place), None)


def _kind_of(column: PrintedColumn) -> str:
    return {"note": "text", "period": "short", "time": "short"}.get(column.column.role, "")


def _english(units: Units, column: PrintedColumn) -> str:
    """The English unit of a column, without the Chinese word that tells measures apart."""
    return units.en(column.unit_zh) if column.unit_zh in units.words else column.unit_en


def by(rows: list[Row], name: str) -> list[tuple[Any, list[Row]]]:
    """Rows in groups of one value, in their order."""
    return [(key, list(own)) for key, own in groupby(rows, key=lambda row: row[name])]


def plain_number(value: int | None) -> str:
    """A count with thousands separators."""
    return "–" if value is None else thousands(str(value))
