"""Reads the workbooks of themes again and says what their sheets say wrongly.

Belongs here: what a reader sees in a sheet, number formats included, against the table it prints,
concluded from table and dictionary by code that has no part in printing. Does not belong here:
which tables a workbook prints, whether it acts (``products/workbooks``), and printing (``printed``,
``workbook``).
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from orchestration.bounds import BOUNDS, bound_of, sign
from orchestration.publish.rowhash import value_kind
from orchestration.publish.tables import Column, Table, literal, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Words = Mapping[str, Mapping[str, tuple[str, str]]]
"""Code lists: to each code its Chinese and its English name."""
Cells = list[str]

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_REFERENCE = re.compile(r"([A-Z]+)([0-9]+)")
_NUMBER_FORMAT = re.compile(r'(?:"(?P<sign>[^"]*)")?[#,]*0(?P<point>\.(?P<decimals>0+))?[^;"]*')
_UNIT = re.compile(r"\n[（(](.*)[）)]$", re.DOTALL)
_SAME = re.compile(r"not printed: (.*)$")
_EMPTY = re.compile(r"Columns without a value in this release, not printed: (.*)$")
_GLOSSARY = re.compile(r"\d+\. ([^：]+) / [^：]+：(.*)")
_SIGNS = re.compile(r"the cell holds the number: (.*)$")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\r\ufffe\uffff]|\r\n")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_EXCEL_BEGAN = datetime(1899, 12, 30)
_MOST_TOLD = 5


@dataclass(frozen=True)
class Wrong:
    """What a workbook says, and what follows from the table; ``is_figure`` where it is a number."""

    file: str
    zh: str
    en: str
    is_figure: bool = False


def check_workbook(
    con: DuckDBPyConnection, catalog: str, file: Path, name: str, tables: Sequence[Table]
) -> Iterator[Wrong]:
    """What a theme's workbook says wrongly.

    Args:
        con: A connection that has the release attached, and the marts as ``work`` where it is one
            that is being made.
        catalog: Under which name the release is attached.
        file: The workbook.
        name: Its path in the release.
        tables: The tables of its theme.

    Raises:
        OSError, BadZipFile, KeyError, ValueError: it is no workbook, or none of this kind.
    """
    words = _words(con, catalog)
    documents = _documents(con, catalog, tables)
    with ZipFile(file) as archive:
        book = _Book(archive)
        by_name = {table.qualified: table for table in tables}
        sheets = dict(book.sheets[1:])
        listed = list(_listed(book.rows(book.sheets[0][1])))
        for number, zh, en, count, qualified in listed:
            table = by_name.get(qualified)
            if table is None:
                yield Wrong(name, f"目录列有 {qualified}", f"the contents name {qualified}")
                continue
            rows = _counted(con, table.in_catalog(catalog))
            if count != f"{rows}":
                said = f"目录：{zh} {count} 行，应为 {rows}"
                yield Wrong(name, said, f"contents: {qualified} has {count} rows, not {rows}", True)
            if not number:
                continue
            title = next((t for t in sheets if t == number or t.startswith(f"{number} ")), None)
            if title is None:
                yield Wrong(name, f"缺少表 {number}", f"there is no sheet {number}")
                continue
            cited = documents.get(qualified, frozenset())
            shown = list(book.rows(sheets[title]))
            sheet = _Sheet(con, catalog, table, words, shown, rows, cited)
            for wrong_zh, wrong_en, is_figure in sheet.wrong():
                yield Wrong(f"{name}: {title}", wrong_zh, wrong_en, is_figure)
            if not (zh.startswith(table.title_zh) and en.startswith(table.title_en)):
                yield Wrong(name, f"目录：{zh} {en}", f"contents: {zh} {en} is {qualified}")


def _listed(rows: Iterator[Cells]) -> Iterator[tuple[str, str, str, str, str]]:
    """Number, both titles, rows and name in the database of every table in the contents."""
    has_begun = False
    for cells in rows:
        if has_begun and len(cells) > 5 and re.fullmatch(r"\w+\.\w+", cells[5]):
            number = cells[0].removeprefix("表 ") if cells[0].startswith("表 ") else ""
            yield number, cells[1], cells[2], cells[3].replace(",", ""), cells[5]
        has_begun = has_begun or cells[:1] == ["表号\nNo."]


def _counted(con: DuckDBPyConnection, relation: str) -> int:
    return int(con.execute(f"select count(*) from {relation}").fetchall()[0][0])


def _words(con: DuckDBPyConnection, catalog: str) -> Words:
    """The code lists of the release, or of the marts that it is made from."""
    for database, schema, name in ((catalog, "meta", "code_list"), ("work", "landing", "list")):
        if con.execute(
            "select 1 from duckdb_tables() where database_name = ? and schema_name = ? "
            "and table_name = 'code'",
            [database, schema],
        ).fetchone():
            found: dict[str, dict[str, tuple[str, str]]] = {}
            source = f"{quote(database)}.{schema}"
            for code_list, code, zh, en in con.execute(
                f"select {name}, code, name_zh, name_en from {source}.code union all "
                f"select 'unit', unit, name_zh, name_en from {source}.unit"
            ).fetchall():
                found.setdefault(code_list, {})[code] = (zh or code, en or code)
            return found
    return {}


# --- a workbook as it is read ----------------------------------------------------------------


class _Book:
    """The sheets of a workbook, each cell as the text that a reader sees."""

    def __init__(self, archive: ZipFile) -> None:
        from defusedxml.ElementTree import fromstring

        self.archive = archive
        targets = {
            node.get("Id"): posixpath.normpath(posixpath.join("xl", node.get("Target", "")))
            for node in fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        }
        book = fromstring(archive.read("xl/workbook.xml"))
        self.sheets = [
            (node.get("name", ""), targets[node.get(f"{_REL}id")])
            for node in book.iter(f"{_MAIN}sheet")
        ]
        styles = fromstring(archive.read("xl/styles.xml"))
        formats = {
            node.get("numFmtId"): node.get("formatCode", "")
            for node in styles.iter(f"{_MAIN}numFmt")
        }
        cells = styles.find(f"{_MAIN}cellXfs")
        self.formats = [
            formats.get(node.get("numFmtId"), _BUILT_IN.get(node.get("numFmtId", ""), ""))
            for node in (cells if cells is not None else ())
        ]
        self.shared: list[str] = []
        if "xl/sharedStrings.xml" in archive.namelist():
            for item in fromstring(archive.read("xl/sharedStrings.xml")).iter(f"{_MAIN}si"):
                text = "".join(node.text or "" for node in item.iter(f"{_MAIN}t"))
                self.shared.append(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), text))

    def rows(self, part: str) -> Iterator[Cells]:
        """Rows from the first on, cells as they are shown; an empty list for a row without any."""
        from lxml.etree import iterparse

        expected = 1
        with self.archive.open(part) as stream:
            for _, node in iterparse(
                stream, tag=f"{_MAIN}row", resolve_entities=False, no_network=True
            ):
                number = int(node.get("r", expected))
                while expected < number:
                    expected += 1
                    yield []
                cells: Cells = []
                for cell in node:
                    place = _place(cell.get("r", ""))
                    cells += [""] * (place - len(cells))
                    cells.append(self._shown(cell))
                node.clear()
                expected += 1
                yield cells

    def _shown(self, cell: Any) -> str:
        value = cell.findtext(f"{_MAIN}v") or ""
        if cell.get("t") == "s":
            return self.shared[int(value)].replace("\r\n", "\n")
        if cell.get("t") == "inlineStr":
            return "".join(node.text or "" for node in cell.iter(f"{_MAIN}t"))
        if not value:
            return ""
        return _as_shown(value, self.formats[int(cell.get("s", "0"))])


_BUILT_IN = {"1": "0", "2": "0.00", "3": "#,##0", "4": "#,##0.00"}


def _place(reference: str) -> int:
    """The number of a cell's column, from 0."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise ValueError(f"no cell is called {reference!r}")
    number = 0
    for letter in found[1]:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _as_shown(value: str, look: str) -> str:
    """A number under its format: sign, digits that are shown; a date as a date."""
    number = Decimal(value)
    if "yy" in look:
        moment = _EXCEL_BEGAN + timedelta(seconds=round(float(number) * 86400))
        return moment.isoformat(" ") if "h" in look else moment.date().isoformat()
    found = _NUMBER_FORMAT.match(look)
    if found is None:
        return _digits(number)
    shown = number.quantize(Decimal(1).scaleb(-len(found["decimals"] or "")))
    return f"{found['sign'] or ''}{_digits(shown)}"


def _digits(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


# --- a sheet against its table -----------------------------------------------------------------


class _Sheet:
    """A sheet and the table that it prints."""

    def __init__(
        self,
        con: DuckDBPyConnection,
        catalog: str,
        table: Table,
        words: Words,
        rows: Sequence[Cells],
        row_count: int,
        documents: Collection[str],
    ) -> None:
        self.table, self.words, self.row_count = table, words, row_count
        head = next(
            (
                place
                for place, cells in enumerate(rows)
                if place > 3 and cells and len(set(cells)) == len(cells)
                and all(cell in table.by_name for cell in cells)
            ),
            None,
        )  # fmt: skip
        if head is None:
            raise ValueError(f"no line of {table.qualified} names its columns")
        self.top, self.heads = rows[: head - 2], rows[head - 2 : head]
        self.columns = [table.by_name[name] for name in rows[head]]
        end = next(
            (place for place in range(head + 1, len(rows)) if not any(rows[place])), len(rows)
        )
        width = len(self.columns)
        self.shown = [tuple(cells + [""] * (width - len(cells))) for cells in rows[head + 1 : end]]
        self.below = [cells[0] for cells in rows[end:] if cells and cells[0]]
        names = [column.name for column in table.columns]
        self.place = {name: place for place, name in enumerate(names)}
        self.rows = con.execute(
            f"select {table.select_list} from {table.in_catalog(catalog)}"
        ).fetchall()
        self.documents = documents

    def wrong(self) -> Iterator[tuple[str, str, bool]]:
        """What it says wrongly, in both languages, and whether that is a number."""
        yield from self._titled()
        yield from self._columns()
        yield from self._cells()
        yield from self._notes()
        yield from self._sources()

    def _titled(self) -> Iterator[tuple[str, str, bool]]:
        told = [cells[0] if cells else "" for cells in self.top[1:3]]
        expected = [self.table.title_zh or self.table.name, self.table.title_en]
        if told != [_clean(text) for text in expected]:
            yield *_differs(" / ".join(told), " / ".join(expected)), False

    def _columns(self) -> Iterator[tuple[str, str, bool]]:
        """What stands above each column: what it is called, and its unit."""
        line = next((cells[0] for cells in self.top[3:4] if cells), "")
        common = re.fullmatch(r"单位：(.*) / Unit: (.*)", line)
        for place, column in enumerate(self.columns):
            heads = [cells[place] if place < len(cells) else "" for cells in self.heads]
            labels = [_UNIT.sub("", head) for head in heads]
            called = ("模拟数据", "Simulated") if column.role == "simulated" else (
                column.label_zh or column.name, column.label_en or column.name
            )  # fmt: skip
            for label, right in zip(labels, called, strict=True):
                if not right.startswith(label.removesuffix("…")) or not label:
                    yield *_differs(label, right), False
            if value_kind(column.data_type) not in ("integer", "decimal"):
                continue
            told = tuple((found[1] if (found := _UNIT.search(head)) else "") for head in heads)
            if not any(told) and common:
                told = (common[1], common[2])
            yield from self._unit(column, told)

    def _unit(self, column: Column, told: tuple[str, ...]) -> Iterator[tuple[str, str, bool]]:
        """The unit above numbers is that of each of them."""
        zh, _, en = (part.strip() for part in column.unit.partition("|"))
        right = (zh, en or zh)
        name = column.unit_column
        if name in self.place:
            place = self.place[column.name]
            units = {row[self.place[name]] for row in self.rows if row[place] is not None} - {None}
            if len(units) > 1 or not any(told):
                # It differs by row, or stands there: the unit has a column.
                if units and name not in [item.name for item in self.columns]:
                    yield *_differs(f"{column.name} {told[0] or '–'}", f"{sorted(units)}"), False
                if not any(told) or not units:
                    return
            for unit in units:
                english = self.words.get("unit", {}).get(unit, (unit, told[1]))[1]
                if column.has_unit_by_row:
                    right = (unit, english)
                else:
                    right = (zh.replace(name, unit), (en or zh).replace(name, english))
                if told[0] != right[0] or told[1] not in (right[1], right[0]):
                    yield *_differs(f"{column.name} {' / '.join(told)}", " / ".join(right)), False
            return
        if any(told) and told != right:
            yield *_differs(f"{column.name} {' / '.join(told)}", " / ".join(right)), False

    def _cells(self) -> Iterator[tuple[str, str, bool]]:
        """Every row that is shown is a row of the table, shown once; all are, unless it says so."""
        places = [p for p, column in enumerate(self.columns) if not self._is_unknown(column)]
        compared = [self.columns[place] for place in places]
        expected = Counter(
            tuple(self._expected(column, row) for column in compared) for row in self.rows
        )
        shown = Counter(
            tuple(self._read(self.columns[place], row[place]) for place in places)
            for row in self.shown
        )
        is_cut = f"{self.row_count:,}" in " ".join(cells[0] for cells in self.top[4:] if cells)
        missing, other = expected - shown, shown - expected
        for row in islice(other, _MOST_TOLD):
            told, right, is_figure = _nearest(compared, row, missing)
            yield *_differs(told, right), is_figure
        lacking = missing.total() - other.total()
        if lacking > 0 and not is_cut:
            yield (
                f"缺少 {lacking} 行",
                f"rows of the table that it does not show: {lacking}",
                True,
            )

    def _expected(self, column: Column, row: tuple[Any, ...]) -> str:
        """What a cell has to show."""
        value = row[self.place[column.name]]
        if column.role == "simulated":
            return "模拟" if value else ""
        if value is None:
            return ""
        kind = value_kind(column.data_type)
        if kind in ("integer", "decimal"):
            qualifier = (
                row[self.place[column.qualifier_column]]
                if column.qualifier_column in self.place
                else None
            )
            return f"{self._sign(qualifier)}{_digits(Decimal(value))}"
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, datetime):
            return value.replace(microsecond=0).isoformat(" ")
        if isinstance(value, date):
            return value.isoformat()
        return self._in_words(column, str(value))

    def _sign(self, qualifier: str | None) -> str:
        words = self.words.get("qualifier", {})
        if qualifier is not None and qualifier in words and bound_of(qualifier) is None:
            return words[qualifier][0]
        return sign(qualifier)

    def _read(self, column: Column, cell: str) -> str:
        if value_kind(column.data_type) != "text" or column.role == "simulated":
            return cell
        return self._in_words(column, cell)

    def _is_unknown(self, column: Column) -> bool:
        """Whether what it shows are words of a list that the release does not hold."""
        return not self.words and bool(column.code_list or column.qualifier_column)

    def _in_words(self, column: Column, text: str) -> str:
        """Codes and their words alike, as words; any other text as it is."""
        known = self._known[column.name]
        if known:
            parts = re.split(r"[,、]", text)
            text = "、".join(known.get(part, part) for part in parts)
        return _clean(text)

    @cached_property
    def _known(self) -> Mapping[str, Mapping[str, str]]:
        """To each column of codes their Chinese names: of its list, or beside it in this table."""
        found: dict[str, Mapping[str, str]] = {}
        for column in self.columns:
            listed = self.words.get(column.code_list, {}) if column.code_list else {}
            found[column.name] = {code: names[0] for code, names in listed.items()}
            named = self.table.names_of(column.codes_of) if column.codes_of else {}
            if "zh" in named:
                code, name = self.place[column.codes_of], self.place[named["zh"].name]
                found[column.name] = {row[code]: row[name] for row in self.rows if row[name]}
        return found

    def _notes(self) -> Iterator[tuple[str, str, bool]]:
        """What is told of columns that are not printed."""
        by_label: dict[str, list[Column]] = {}
        for column in self.table.columns:
            by_label.setdefault(column.label_zh or column.name, []).append(column)
        for note in self.below:
            if found := _EMPTY.search(note):
                for name in found[1].split(", "):
                    if name not in self.place or any(
                        row[self.place[name]] is not None for row in self.rows
                    ):
                        yield *_differs(f"{name}: –", "a value"), False
            elif "凡有数字之行取值皆同" in note and (found := _SAME.search(note)):
                yield from self._constants(found[1].split("；"), by_label)
            elif found := _GLOSSARY.fullmatch(note):
                yield from self._glossary(found[1], found[2].split("；"))
            elif found := _SIGNS.search(note):
                yield from self._signs(found[1].split("；"))

    def _glossary(self, head: str, told: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
        """The words of codes that are explained are those of the column's list."""
        labels = head.split("、")
        allowed: set[str] = set()
        for column in self.columns:
            if not column.label_zh or not any(
                column.label_zh.startswith(label.removesuffix("…")) for label in labels
            ):
                continue
            for code, (zh, en) in self._glossed(column).items():
                allowed |= {f"{zh} {en} [{code}]"} | ({f"{zh} {en}"} if en == code else set())
        for entry in told if allowed else ():
            if entry not in allowed:
                yield *_differs(f"{head}：{entry}", "no word of its code list"), False

    def _glossed(self, column: Column) -> Mapping[str, tuple[str, str]]:
        named = self.table.names_of(column.codes_of) if column.codes_of else {}
        if "zh" not in named:
            return self.words.get(column.code_list, {})
        code, zh = self.place[column.codes_of], self.place[named["zh"].name]
        en = self.place[named["en"].name] if "en" in named else zh
        return {row[code]: (row[zh], row[en] or row[zh]) for row in self.rows if row[zh]}

    def _signs(self, told: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
        """A sign before numbers means what it is said to mean."""
        words = self.words.get("qualifier", {})
        allowed = set()
        for code in {*BOUNDS, *words}:
            zh, en = words.get(code, (code, code))
            allowed.add(f"“{self._sign(code)}” {zh}" + ("" if zh == en else f" / {en}"))
        for entry in told if words else ():
            if entry not in allowed:
                yield *_differs(entry, "another meaning of the sign"), False

    def _constants(
        self, pieces: Sequence[str], by_label: Mapping[str, Sequence[Column]]
    ) -> Iterator[tuple[str, str, bool]]:
        for entry, is_true in parted(pieces, lambda entry: self._holds(entry, by_label)):
            if not is_true:
                yield *_differs(entry, "another value, or several"), False

    def _holds(self, entry: str, by_label: Mapping[str, Sequence[Column]]) -> bool:
        """Whether a column of that title has that value in all its rows."""
        label, _, told = entry.rpartition(" = ")
        head = label.split(" / ")[0].removesuffix("…")
        columns = [
            column for name, group in by_label.items() if name.startswith(head) for column in group
        ]
        for column in columns:
            values = {
                self._plain(column, row[self.place[column.name]])
                for row in self.rows
                if row[self.place[column.name]] is not None
            }
            if values == {self._plain(column, told)}:
                return True
        return False

    def _plain(self, column: Column, value: Any) -> str:
        if not self.words and column.code_list:
            return ""
        if isinstance(value, bool):
            return "是" if value else "否"
        listed = self.words.get(column.code_list, {})
        return _clean("、".join(
            listed.get(part, (part, part))[0] for part in re.split(r"[,、]", str(value))
        ))  # fmt: skip

    def _sources(self) -> Iterator[tuple[str, str, bool]]:
        """Every document that is named stands behind some row, under its own title."""
        if "来源 Sources" not in self.below:
            return
        for line in self.below[self.below.index("来源 Sources") + 1 :]:
            if line.startswith("… 另有"):
                continue
            if line not in self.documents:
                yield *_differs(line, "no document behind the table is called so"), False


def _nearest(
    columns: Sequence[Column], row: tuple[str, ...], others: Counter[tuple[str, ...]]
) -> tuple[str, str, bool]:
    """The cells in which a row differs from the row most like it; whether one is a number."""

    def alike(other: tuple[str, ...]) -> int:
        return sum(a == b for a, b in zip(row, other, strict=True))

    nearest = max(others, key=alike, default=())
    if not nearest:
        return " ".join(filter(None, row)), "–", True
    pairs = [(column, a, b) for column, a, b in zip(columns, row, nearest, strict=True) if a != b]
    return (
        ", ".join(f"{column.name} {a}" for column, a, _ in pairs),
        ", ".join(f"{column.name} {b}" for column, _, b in pairs),
        any(value_kind(column.data_type) in ("integer", "decimal") for column, _, _ in pairs),
    )


def _documents(
    con: DuckDBPyConnection, catalog: str, tables: Sequence[Table]
) -> dict[str, frozenset[str]]:
    """The documents behind the rows of each table, as they are cited; one query for all."""
    ids = " union all ".join(
        f"select {literal(table.qualified)} as name, "
        f"unnest(regexp_extract_all({quote(column.name)}, '[^ ,;]+')) as id "
        f"from {table.in_catalog(catalog)}"
        for table in tables
        for column in table.columns
        if column.names_observations and value_kind(column.data_type) == "text"
    )
    if not ids:
        return {}
    core = f"{quote(catalog)}.core"
    composed = literal(r"\S+ (19|20)\d{2}年.*")
    found: dict[str, set[str]] = {}
    for name, text in con.execute(
        f"""
        select distinct i.name, concat_ws('，', nullif(concat_ws(' / ',
            if(regexp_full_match(d.title_zh, {composed}), d.title_zh,
                coalesce('《' || nullif(d.title_zh, '') || '》', o.source_document)),
            nullif(d.title_en, '')), ''), nullif(d.issuer, ''), nullif(d.published, ''))
        from ({ids}) as i
        inner join {core}.observation as o on i.id = o.observation_id
        left join {core}.source_document as d on o.source_document = d.source_document
        """
    ).fetchall():
        found.setdefault(name, set()).add(_clean(text))
    return {name: frozenset(texts) for name, texts in found.items()}


def _clean(text: str) -> str:
    """A text without what a cell cannot hold."""
    return _UNPRINTABLE.sub(lambda found: "\n" if "\r" in found[0] else "", text)


def parted(pieces: Sequence[str], holds: Callable[[str], bool]) -> Iterator[tuple[str, bool]]:
    """Statements that were joined by ；, and whether each holds.

    Titles and values may have a semicolon of their own: the fewest pieces that hold together are
    one statement, and a piece that holds with none of those behind it is one that does not.
    """
    while pieces:
        sizes = range(1, len(pieces) + 1)
        size = next((n for n in sizes if holds("；".join(pieces[:n]))), 0)
        yield "；".join(pieces[: size or 1]), bool(size)
        pieces = pieces[size or 1 :]


def _differs(told: str, right: str) -> tuple[str, str]:
    return f"印为 {told!r}，应为 {right!r}", f"it says {told!r}, the table {right!r}"
