"""A published table as it is printed: which columns, under which words, with which notes.

Belongs here: what a reader of paper gets to see of a table, decided from its dictionary and its
rows alone. Does not belong here: file formats and anything about one particular table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from orchestration.bounds import BOUNDS, bound_of, sign
from orchestration.publish.layout import csv_path, parquet_path
from orchestration.publish.report import has_simulated_rows
from orchestration.publish.rowhash import value_kind
from orchestration.publish.tables import Column, Table, literal, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Rows beyond it stand in CSV and Parquet, and the sheet says so. A sheet has room for 1 048 576,
# which nobody prints; writing them would cost a run two minutes and gigabytes of memory.
ROW_LIMIT = 50_000
# A binary floating-point number, all that a cell can hold, keeps this many digits exactly.
EXACT_DIGITS = 15
SOURCE_LIMIT = 15
# In a table of fewer rows nearly every column has one value only.
_ROWS_FOR_CONSTANTS = 3
# A column with more different codes keeps them: their words would fill the page.
_GLOSSARY_LIMIT = 12
_LABEL_ZH, _LABEL_EN = 24, 48

_EXACT = "exact"
_PLAIN_UNITS = frozenset({"位", "位次", "名次", "次序", "年", "年份"})


@dataclass(frozen=True)
class Word:
    """What a code is called, its place in its list, and the code of another list that it means."""

    zh: str
    en: str
    sort: int
    maps_to: str = ""


Words = Mapping[str, Mapping[str, Word]]
Row = tuple[Any, ...]


@dataclass(frozen=True)
class PrintedColumn:
    """A column that is printed: where its values stand and what is written above them."""

    column: Column
    place: int
    kind: str
    label_zh: str
    label_en: str
    unit_zh: str = ""
    unit_en: str = ""
    unit_place: int | None = None
    qualifier_place: int | None = None
    words: Mapping[str, Word] | None = None
    is_identity: bool = False
    is_plain: bool = False
    # Where a row says how deep its text stands in the stub, and what stands behind its number.
    level_place: int | None = None
    mark_place: int | None = None
    observation_place: int | None = None
    # Whether it says which period the figure of a row is of.
    is_period: bool = False

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.kind in ("integer", "decimal")

    def is_plain_in(self, row: Row) -> bool:
        """Whether its number in this row has no thousands separators."""
        by_row = None if self.unit_place is None else row[self.unit_place]
        return self.is_plain or by_row in _PLAIN_UNITS

    def in_words(self, text: str) -> str:
        """A code, or codes with commas between them, as words; any other text as it is."""
        words = self.words
        if not words:
            return text
        return "、".join(words[code].zh if code in words else code for code in text.split(","))


@dataclass(frozen=True)
class Source:
    """A document that figures of a table come from."""

    title: str
    issuer: str
    published: str

    def __str__(self) -> str:
        return "，".join(filter(None, (self.title, self.issuer, self.published)))


@dataclass(frozen=True)
class PrintedTable:
    """A table ready to print: columns, rows in the order of paper, and what stands around them."""

    table: Table
    number: str
    columns: tuple[PrintedColumn, ...]
    rows: tuple[Row, ...]
    row_count: int
    is_simulated: bool
    unit_line: str
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    sources: tuple[Source, ...]
    qualifier_words: Mapping[str, Word]
    # Rows under headings cannot be filtered or sorted.
    is_filtered: bool = True
    # Where a row has what a program finds it by; it is not printed.
    code_place: int | None = None
    # Which periods stand in it, for a list of tables.
    span: str = ""

    def sign(self, column: PrintedColumn, row: Row) -> str:
        """What stands before a number that is not exact: 超, ≥, ≤, 约."""
        if column.qualifier_place is None:
            return ""
        return qualifier_sign(row[column.qualifier_place], self.qualifier_words)

    def mark(self, column: PrintedColumn, row: Row) -> str:
        """What stands behind a number: letters that a note explains."""
        return "" if column.mark_place is None else row[column.mark_place] or ""


def read_words(con: DuckDBPyConnection, catalog: str) -> Words:
    """The words of code lists and units in an attached work database; none where it has none."""
    lists: dict[str, dict[str, Word]] = {}
    for table, columns in (
        ("code", "list, code, name_zh, name_en, coalesce(sort, 0), coalesce(maps_to, '')"),
        ("unit", "'unit', unit, name_zh, name_en, 0, ''"),
    ):
        there = con.execute(
            f"""
            select 1 from duckdb_tables()
            where database_name = {literal(catalog)} and schema_name = 'landing'
                and table_name = {literal(table)}
            """
        ).fetchone()
        if there:
            for name, code, zh, en, sort, maps_to in con.execute(
                f"select {columns} from {quote(catalog)}.landing.{table} order by all"
            ).fetchall():
                lists.setdefault(name, {})[code] = Word(zh or code, en or code, sort, maps_to)
    return lists


def print_table(
    con: DuckDBPyConnection,
    catalog: str,
    table: Table,
    number: str,
    words: Words,
    sources: Sequence[Source],
) -> PrintedTable:
    """Read a table of an attached release and decide how it is printed."""
    relation = table.in_catalog(catalog)
    rows: list[Row] = con.execute(
        f"select {table.select_list} from {relation} as t order by {table.order_by} "
        f"limit {ROW_LIMIT}"
    ).fetchall()
    counted = con.execute(f"select count(*) from {relation}").fetchone()
    row_count = counted[0] if counted else 0
    is_simulated = has_simulated_rows(con, catalog, [table])
    rows.sort(key=_order(table, words))
    choice = _choose(table, rows, words, is_simulated)
    qualifier_words = words.get("qualifier", {})
    return PrintedTable(
        table,
        number,
        choice.columns,
        tuple(rows),
        row_count,
        is_simulated,
        _unit_line(choice.columns),
        tuple(_warnings(table, row_count, is_simulated)),
        tuple(_notes(table, choice, rows, qualifier_words)),
        tuple(sources),
        qualifier_words,
    )


# --- numbers and texts -------------------------------------------------------------------------


def decimal_text(value: int | Decimal) -> str:
    """A number as it is: no exponent, no zeros that nobody printed."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimals_of(text: str) -> int:
    """Digits after the point of a number's text."""
    return len(text) - text.index(".") - 1 if "." in text else 0


def is_exact_in_a_cell(text: str) -> bool:
    """Whether a floating-point number keeps every digit of this number."""
    return len(text.lstrip("-").replace(".", "").strip("0")) <= EXACT_DIGITS


def qualifier_sign(qualifier: str | None, words: Mapping[str, Word]) -> str:
    """The sign of a qualifier; of what is none its word; nothing for an exact value."""
    if qualifier is not None and bound_of(qualifier) is None and qualifier in words:
        return words[qualifier].zh
    return sign(qualifier)


def text_width(text: str) -> int:
    """The width of a text in half-width characters; a Chinese one counts two.

    So does what is wide in Chinese fonts alone, such as ① and “ ”.
    """
    if text.isascii():
        return len(text)
    from wcwidth import width

    return width(text, control_codes="ignore", ambiguous_width=2)


_COMPOSED = re.compile(r"\S+ (?:19|20)\d{2}年")


def quoted(title: str) -> str:
    """A title as it is cited: 《…》, but one that is composed of issuer, year and kind as it is.

    A document whose own title is not known is called 江北区统计局 2022年国民经济和社会发展统计公报.
    """
    return title if _COMPOSED.match(title) else f"《{title}》"


def bilingual(zh: str, en: str) -> str:
    """Chinese and English beside each other; one where they are the same or one is missing."""
    return zh if zh == en else " / ".join(filter(None, (zh, en)))


# --- which columns -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Choice:
    """What becomes of the columns that have something to say."""

    columns: tuple[PrintedColumn, ...]
    constant: tuple[tuple[PrintedColumn, str], ...]
    empty: tuple[PrintedColumn, ...]


def _choose(table: Table, rows: Sequence[Row], words: Words, is_simulated: bool) -> _Choice:
    """Which columns are printed; what is the same in every row or in none is for the notes."""
    places = {column.name: place for place, column in enumerate(table.columns)}
    units = _units(table, rows, places)
    named = _codes_with_names(table, rows, places)
    dropped = {column.qualifier_column for column in table.columns} | set(named)
    dropped |= {name for name, unit in units.items() if unit is not None} - set(table.primary_key)
    figures = _figure_patterns(table, rows)
    identifying = _identifying(table)
    columns: list[PrintedColumn] = []
    constant: list[tuple[PrintedColumn, str]] = []
    empty: list[PrintedColumn] = []
    for place, column in enumerate(table.columns):
        name = column.name
        is_mark = column.role == "simulated"
        if name in dropped or _is_technical(table, column) or (is_mark and not is_simulated):
            continue
        unit_zh, unit_en, by_row = _unit_of(column, units, words)
        qualifier = column.qualifier_column
        label_zh, label_en = ("模拟数据", "Simulated") if is_mark else _label(column)
        kind = "mark" if is_mark else value_kind(column.data_type)
        printed = PrintedColumn(
            column,
            place,
            kind,
            label_zh,
            label_en,
            unit_zh,
            unit_en,
            places[by_row] if by_row else None,
            places[qualifier] if qualifier else None,
            _words_of(column, rows, place, words, named) if kind == "text" else None,
            name in identifying or column.name_of in identifying,
            column.role == "ordinal" or unit_zh in _PLAIN_UNITS,
        )
        if rows and name not in table.primary_key and all(row[place] is None for row in rows):
            empty.append(printed)
        elif name not in units and _is_constant(printed, rows, figures):
            value = next(row[place] for row in rows if row[place] is not None)
            shown = ("是" if value else "否") if kind == "boolean" else printed.in_words(value)
            constant.append((printed, shown))
        else:
            columns.append(printed)
    return _Choice(tuple(columns), tuple(constant), tuple(empty))


def _figure_patterns(table: Table, rows: Sequence[Row]) -> set[tuple[bool, ...]]:
    """For each column of numbers, in which rows it has one."""
    return {
        tuple(row[place] is not None for row in rows)
        for place, column in enumerate(table.columns)
        if value_kind(column.data_type) in ("integer", "decimal")
    }


def _is_constant(
    column: PrintedColumn, rows: Sequence[Row], figures: set[tuple[bool, ...]]
) -> bool:
    """Whether a short text or flag is the same in every row, or in every row with some figure."""
    if column.is_identity or column.kind not in ("text", "boolean"):
        return False
    pattern = tuple(row[column.place] is not None for row in rows)
    values = {row[column.place] for row in rows if row[column.place] is not None}
    return (
        len(rows) >= _ROWS_FOR_CONSTANTS
        and len(values) == 1
        and text_width(str(next(iter(values)))) <= _LABEL_ZH
        and (all(pattern) or (sum(pattern) > 1 and pattern in figures))
    )


def _is_technical(table: Table, column: Column) -> bool:
    """Ids of figures, ends of a period, sort numbers and what tools need say nothing on paper."""
    if column.role == "period_bound":
        return table.primary_key != ("period",)
    return column.names_observations or column.role in ("sort", "tool")


def _codes_with_names(
    table: Table, rows: Sequence[Row], places: Mapping[str, int]
) -> dict[str, dict[str, Word]]:
    """Codes whose names stand beside them and tell rows apart as well as they do."""
    found = {}
    for name, code in places.items():
        names = table.names_of(name)
        if "zh" not in names or table.primary_key == (name,):
            continue
        zh = places[names["zh"].name]
        en = places[names["en"].name] if "en" in names else zh
        named = {(row[code], row[zh], row[en]) for row in rows if row[code] is not None}
        texts = {zh for _, zh, _ in named}
        if len(texts) == len(named) and None not in texts:
            known = {code: Word(zh, en or zh, 0) for code, zh, en in sorted(named)}
            # A code with several texts has no name that another column could use.
            found[name] = known if len(known) == len(named) else {}
    return found


def _identifying(table: Table) -> Sequence[str]:
    """The columns that say what a row is: the key.

    Where the id of a figure is the key, what stands before the first number takes its place.
    """
    if not any(table.by_name[name].names_observations for name in table.primary_key):
        return table.primary_key
    texts = takewhile(
        lambda column: value_kind(column.data_type) not in ("integer", "decimal"), table.columns
    )
    return [column.name for column in texts if not _is_technical(table, column)]


# --- words above the columns -------------------------------------------------------------------


def _label(column: Column) -> tuple[str, str]:
    """What stands above a column, short enough for a header."""
    return (
        _shorten(column.label_zh, "，", _LABEL_ZH) or column.name,
        _shorten(column.label_en, ",", _LABEL_EN) or column.name,
    )


def _shorten(text: str, stop: str, limit: int) -> str:
    if text_width(text) <= limit:
        return text
    text = text.split(stop, 1)[0]
    if text_width(text) <= limit:
        return text
    while text_width(text) > limit - 2:
        text = text.rsplit(" ", 1)[0] if " " in text else text[:-1]
    return f"{text}…"


# --- units -------------------------------------------------------------------------------------


def _units(table: Table, rows: Sequence[Row], places: Mapping[str, int]) -> dict[str, str | None]:
    """Columns that hold the unit of others: to the one unit of all rows, or None if they differ."""
    found: dict[str, str | None] = {}
    for column in table.columns:
        name = column.unit_column
        if not column.has_unit_by_row or name not in places:
            continue
        value, unit = places[column.name], places[name]
        named = {row[unit] for row in rows if row[value] is not None}
        if named and found.get(name, "") != "":
            named |= {found[name]}
        if named:
            found[name] = named.pop() if len(named) == 1 else None
        else:
            found.setdefault(name, "")
    return found


def _unit_of(
    column: Column, units: Mapping[str, str | None], words: Words
) -> tuple[str, str, str | None]:
    """A column's unit in both languages, and the column to look into where it differs by row."""
    zh, _, en = (part.strip() for part in column.unit.partition("|"))
    en = en or zh
    name = column.unit_column
    if name in units:
        unit = units[name]
        if unit is None:
            return "", "", name
        word = words.get("unit", {}).get(unit)
        # A sign is the same in every language.
        unit_en = word.en if word and (len(unit) > 1 or unit.isalnum()) else unit
        if column.has_unit_by_row:
            return unit, unit_en, None
        zh, en = zh.replace(name, unit), en.replace(name, unit_en)
    return zh, en, None


def _unit_line(columns: Sequence[PrintedColumn]) -> str:
    numbers = [column for column in columns if column.is_number]
    if any(column.unit_place is not None for column in numbers):
        return "单位：见各行 / Units by row"
    units = {(column.unit_zh, column.unit_en) for column in numbers}
    if len(units) == 1:
        zh, en = units.pop()
        return f"单位：{zh} / Unit: {en}" if zh else ""
    return "单位：见表头 / Units in the header" if units else ""


def has_one_unit(columns: Sequence[PrintedColumn]) -> bool:
    """Whether the line above the table names the unit of all numbers in it."""
    numbers = [column for column in columns if column.is_number]
    return (
        len({column.unit_zh for column in numbers}) == 1
        and all(column.unit_place is None for column in numbers)
    )  # fmt: skip


# --- codes -------------------------------------------------------------------------------------


def _words_of(
    column: Column,
    rows: Sequence[Row],
    place: int,
    words: Words,
    named: Mapping[str, Mapping[str, Word]],
) -> Mapping[str, Word] | None:
    """Words for the codes that occur; none where they are too many to explain on paper.

    A column may speak of rows of this table, in codes that are not printed: only their names are.
    """
    if column.name in named or not rows:
        return None
    values = {code for row in rows if row[place] for code in str(row[place]).split(",")}
    known = named.get(column.codes_of) or words.get(column.code_list, {})
    found = {code: known[code] for code in known if code in values}
    return found if 0 < len(found) <= _GLOSSARY_LIMIT else None


def _order(table: Table, words: Words) -> Any:
    """Sort key of a row: what identifies it, and codes by their place in their list."""
    parts = [
        (place, words.get(column.code_list, {}))
        for name in _identifying(table)
        for place, column in enumerate(table.columns)
        if column.name == name
    ]

    def key(row: Row) -> list[tuple[bool, int, Any]]:
        return [
            (row[place] is None, known[row[place]].sort if row[place] in known else 1 << 30,
             "" if row[place] is None else row[place])
            for place, known in parts
        ]  # fmt: skip

    return key


# --- notes -------------------------------------------------------------------------------------


def _warnings(table: Table, row_count: int, is_simulated: bool) -> Iterator[str]:
    if is_simulated:
        yield "含模拟数据，已逐行标明 / With simulated data, marked in each row"
    if row_count > ROW_LIMIT:
        csv, parquet = csv_path(table.schema, table.name), parquet_path(table.schema, table.name)
        yield (
            f"本表共 {row_count:,} 行，此处仅印前 {ROW_LIMIT:,} 行；全部见 {csv}、{parquet} / "
            f"Only the first {ROW_LIMIT:,} of {row_count:,} rows are printed here; "
            f"all of them: {csv}, {parquet}"
        )


def _notes(
    table: Table, choice: _Choice, rows: Sequence[Row], qualifier_words: Mapping[str, Word]
) -> Iterator[str]:
    columns = choice.columns
    if not rows:
        yield "本版本中此表无数据 / No rows in this release"
    yield from notes_on_signs(columns, rows, qualifier_words)
    numbers = [column for column in columns if column.is_number]
    if any(row[column.place] is None for column in numbers for row in rows):
        yield "空格为没有数字，绝不为零 / An empty cell has no figure; it is never zero"
    values = (row[column.place] for column in numbers for row in rows)
    if any(value is not None and not is_exact_in_a_cell(decimal_text(value)) for value in values):
        yield (
            f"超过 {EXACT_DIGITS} 位有效数字的数以文本写出，一位不丢 / "
            f"A number of more than {EXACT_DIGITS} digits is written as text and keeps them all"
        )
    for column in columns:
        if column.kind != "mark" and column.words is None:
            zh, en = column.column.description_zh, column.column.description_en
            # A title that says all of it in one language says enough.
            if zh != column.label_zh and en.lower() != column.label_en.lower():
                yield bilingual(zh.rstrip("。"), en.rstrip("."))
    yield from _glossary(columns)
    if choice.constant:
        same = "；".join(
            f"{bilingual(column.label_zh, column.label_en)} = {value}"
            for column, value in choice.constant
        )
        yield (
            "凡有数字之行取值皆同而未印的列 / "
            f"Columns that are the same wherever they apply, not printed: {same}"
        )
    if choice.empty:
        yield (
            f"无数值而未印的列：{'、'.join(column.label_zh for column in choice.empty)} / "
            "Columns without a value in this release, not printed: "
            f"{', '.join(column.column.name for column in choice.empty)}"
        )
    yield (
        f"数据库表名 {table.qualified}；表头第三行为列名；"
        f"未印的列见 {csv_path(table.schema, table.name)} / "
        f"In the database: {table.qualified}; the third line of the header names its columns; "
        f"columns not printed: {csv_path(table.schema, table.name)}"
    )


def notes_on_signs(
    columns: Sequence[PrintedColumn], rows: Sequence[Row], qualifier_words: Mapping[str, Word]
) -> Iterator[str]:
    """What the signs before numbers mean, those that occur."""
    qualified = [column for column in columns if column.qualifier_place is not None]
    met = {
        (row[column.qualifier_place], row[column.place] is None)
        for column in qualified
        for row in rows
        if column.qualifier_place is not None
    }
    signs = []
    order = [
        *BOUNDS,
        *sorted(name for name, _ in met if name not in BOUNDS and name),
    ]
    for qualifier in order:
        if (qualifier, False) in met and qualifier_sign(qualifier, qualifier_words):
            word = qualifier_words.get(qualifier, Word(qualifier, qualifier, 0))
            signs.append(
                f"“{qualifier_sign(qualifier, qualifier_words)}” {bilingual(word.zh, word.en)}"
            )
    if signs:
        yield (
            f"数字前的字符表示数值性质，单元格中仍为数字 / A sign before a number qualifies it; "
            f"the cell holds the number: {'；'.join(signs)}"
        )
    if any(is_empty and name not in (None, _EXACT) for name, is_empty in met):
        yield (
            "由界限算得而方向不定者，不给数值 / "
            "What is computed from bounds and has no direction has no value"
        )


def _glossary(columns: Sequence[PrintedColumn]) -> Iterator[str]:
    """One line per set of codes: the words that are printed, in English, and as codes."""
    lines: dict[tuple[tuple[str, Word], ...], list[PrintedColumn]] = {}
    named = [column for column in columns if column.words]
    for column in named:
        lines.setdefault(tuple((column.words or {}).items()), []).append(column)
    for entries, sharing in lines.items():
        head = bilingual(
            "、".join(column.label_zh for column in sharing),
            ", ".join(column.label_en for column in sharing),
        )
        yield f"{head}：" + "；".join(
            f"{word.zh} {word.en}" + (f" [{code}]" if code != word.en else "")
            for code, word in entries
        )


# --- sources -----------------------------------------------------------------------------------


def sources_behind(
    con: DuckDBPyConnection, catalog: str, tables: Sequence[Table]
) -> dict[str, list[Source]]:
    """The documents behind the rows of each table, those behind most figures first.

    One query for all: planning a query for each takes longer than answering it.
    """
    ids = " union all ".join(
        f"select {place} as place, unnest(regexp_split_to_array({quote(column.name)}, '[ ,;]+')) "
        f"as observation_id from {table.in_catalog(catalog)} where {quote(column.name)} is not null"
        for place, table in enumerate(tables)
        for column in table.columns
        if column.names_observations and value_kind(column.data_type) == "text"
    )
    found: dict[str, list[Source]] = {table.qualified: [] for table in tables}
    if not ids:
        return found
    rows = con.execute(
        f"""
        with behind as (select distinct place, observation_id from ({ids}))

        select
            b.place, o.source_document, any_value(d.title_zh), any_value(d.title_en),
            any_value(d.issuer), any_value(d.published)
        from behind as b
        inner join {quote(catalog)}.core.observation as o on b.observation_id = o.observation_id
        left join {quote(catalog)}.core.source_document as d
            on o.source_document = d.source_document
        where o.source_document is not null
        group by b.place, o.source_document
        order by b.place, count(*) desc, o.source_document
        """
    ).fetchall()
    for place, name, zh, en, issuer, published in rows:
        title = bilingual(quoted(zh) if zh else name, en or "")
        found[tables[place].qualified].append(Source(title, issuer or "", published or ""))
    return found
