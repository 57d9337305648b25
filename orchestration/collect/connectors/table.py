"""Tables: the rows of a result as they come, and the Parquet file that is made of them.

They are laid down in batches first, as a column's type may depend on all of its values: how many
digits its numbers have, whether it holds numbers at all. Memory is that of one batch. The file then
depends on nothing but names, types and rows in their order: no time, no chance, no size of batches.

Belongs here: Arrow, types of columns, writing. Does not belong here: any database, and queries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orchestration.collect.connectors.source import Asked, SourceError, on_this_disk

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP_ROWS: Final = 50_000
_MOST_DIGITS: Final = 38
_PLAIN = r"^-?[0-9]+(\.[0-9]+)?$"
_FIRST_DAY, _LAST_DAY = date.min.toordinal() - 719163, date.max.toordinal() - 719163


@dataclass
class Column:
    """A column of a result.

    Attributes:
        kind: Its type as the database calls it; empty where it tells none.
        final: Its type in Arrow; None where that is for its values to say, which come as texts.
        seen: Of such a column, what kinds of values it holds; see ``SPELLINGS``.
        whole, scale: The most digits before and after the point.
        is_plain: Whether all of them are written in digits.
    """

    name: str
    kind: str = ""
    final: pa.DataType | None = None
    seen: set[str] = field(default_factory=set)
    whole: int = 0
    scale: int = 0
    is_plain: bool = True

    def told(self) -> str:
        """The type by which a change of it is noticed."""
        families = {_FAMILIES.get(kind, kind) for kind in self.seen}
        return self.kind or (families.pop() if len(families) == 1 else "text" if families else "")

    def look(self, values: pa.Array) -> None:
        """Take in what the values of a batch are."""
        import pyarrow.compute as pc

        if self.final is not None or not self.seen & {"numeric", "integer"}:
            return
        plain = pc.match_substring_regex(values, _PLAIN)
        self.is_plain = self.is_plain and pc.all(plain, min_count=0).as_py()
        digits = pc.utf8_ltrim(values, "-")
        point, length = pc.find_substring(digits, "."), pc.utf8_length(digits)
        has_point = pc.greater_equal(point, 0)
        whole = pc.max(pc.if_else(has_point, point, length)).as_py() or 0
        scale = pc.max(pc.if_else(has_point, pc.subtract(pc.subtract(length, point), 1), 0)).as_py()
        self.whole, self.scale = max(self.whole, whole), max(self.scale, scale or 0)

    def type(self) -> pa.DataType:
        """Its type in the file: one that keeps every digit of every value."""
        import pyarrow as pa

        if self.final is not None:
            return self.final
        seen, fits = self.seen, self.is_plain and self.whole + self.scale <= _MOST_DIGITS
        if seen == {"integer"} and self.whole <= 18:
            return pa.int64()
        if seen and seen <= {"integer", "numeric"} and fits:
            return pa.decimal128(_MOST_DIGITS, self.scale)
        if "double" in seen and seen <= {"integer", "double"} and self.whole <= 15:
            return pa.float64()
        return _plain_types().get(next(iter(seen)), pa.string()) if len(seen) == 1 else pa.string()


_FAMILIES: Final = {"integer": "number", "numeric": "number", "double": "number"}


def _plain_types() -> dict[str, pa.DataType]:
    import pyarrow as pa

    return {
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
        "timestamptz": pa.timestamp("us", tz="UTC"),
    }


class Table:
    """The rows of a result.

    Args:
        path: Where they are laid down.
        asked: Whose limits of time and size hold.
    """

    def __init__(self, columns: Sequence[Column], path: Path, asked: Asked) -> None:
        self.columns, self.path, self.asked = columns, path, asked
        self.rows = 0

    def kinds(self) -> dict[str, str]:
        """The types of the columns, by which a change is noticed."""
        return {column.name: column.told() for column in self.columns}

    def add_all(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Lay down what comes.

        Raises:
            SourceError: there is no time or no room left, or a day is none.
        """
        import pyarrow as pa

        schema = pa.schema([(column.name, column.final or pa.string()) for column in self.columns])
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with on_this_disk(), pa.ipc.new_stream(str(self.path), schema, options=options) as writer:
            for batch in batches:
                self._look(batch)
                writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
                self.rows += len(batch)
                self.asked.in_time()
                self.asked.room(self.path.stat().st_size)

    def _look(self, batch: pa.RecordBatch) -> None:
        for column, values in zip(self.columns, batch.columns, strict=True):
            _validate(column, values)
            column.look(values)

    def write(self, path: Path) -> str:
        """Make the Parquet file; its SHA-256."""
        from pyarrow import parquet

        options = {"compression": "zstd", "write_statistics": False, "store_schema": False}
        schema = self._schema()
        with on_this_disk(), parquet.ParquetWriter(path, schema, **options) as writer:
            for group in _groups(self._final(), schema):
                writer.write_table(group, row_group_size=_GROUP_ROWS)
                self.asked.in_time()
                self.asked.room(path.stat().st_size)
        with path.open("rb") as reader:
            return hashlib.file_digest(reader, "sha256").hexdigest()

    def told(self, only: _Only | None = None) -> tuple[int, str]:
        """How many rows there are, and a hash of them as the database gave them.

        Types do not count: of few rows others are learnt than of many.

        Args:
            only: Of these rows alone.
        """
        import pyarrow as pa

        digest, rows = hashlib.sha256(), 0
        with pa.ipc.open_stream(str(self.path)) as reader:
            for batch in reader:
                given = batch.filter(only.mask(self._typed(batch))) if only else batch
                rows += len(given)
                texts = [column.cast(pa.string()).to_pylist() for column in given.columns]
                for row in zip(*texts, strict=True):
                    digest.update(repr(row).encode())
        return rows, digest.hexdigest()

    def tail(self, name: str, since: Any, *, is_open: bool) -> tuple[int, str]:
        """The same of the rows after, or from, a value of a column."""
        return self.told(_Only(name, since, is_open))

    def largest(self, name: str) -> Any:
        """The largest value of a column; None where there is none.

        Raises:
            SourceError: the result has no such column.
        """
        import pyarrow.compute as pc

        if name not in self.kinds():
            raise SourceError(
                f"结果没有水位列 {name}", f"the result has no column {name!r} for the watermark",
                remedy="mend the query, or delivery.source.watermark.column", status="schema",
            )  # fmt: skip
        found = [pc.max(batch.column(name)).as_py() for batch in self._final()]
        return max((value for value in found if value is not None), default=None)

    # --- reading what was laid down ------------------------------------------------------------

    def _schema(self) -> pa.Schema:
        import pyarrow as pa

        return pa.schema([(column.name, column.type()) for column in self.columns])

    def _final(self) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        with pa.ipc.open_stream(str(self.path)) as reader:
            for batch in reader:
                yield self._typed(batch)

    def _typed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        import pyarrow as pa

        arrays = [
            _cast(column, values)
            for column, values in zip(self.columns, batch.columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema())


@dataclass(frozen=True)
class _Only:
    """Of a table, the rows after or from a value."""

    name: str
    since: Any
    is_open: bool

    def mask(self, batch: pa.RecordBatch) -> pa.Array:
        """Which rows they are."""
        import pyarrow as pa
        import pyarrow.compute as pc

        column = batch.column(self.name)
        since = self.since
        if pa.types.is_string(column.type):
            since = text_of(since)
        elif pa.types.is_timestamp(column.type) and isinstance(since, datetime):
            naive = since.astimezone(UTC).replace(tzinfo=None) if since.tzinfo else since
            since = naive if column.type.tz is None else naive.replace(tzinfo=UTC)
        compare = pc.greater if self.is_open else pc.greater_equal
        return compare(column, pa.scalar(since).cast(column.type))


def _groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """The same rows in groups of one size, however they came."""
    import pyarrow as pa

    held, rows = [], 0
    for batch in batches:
        held.append(batch)
        rows += len(batch)
        while rows >= _GROUP_ROWS:
            table = pa.Table.from_batches(held, schema)
            yield table.slice(0, _GROUP_ROWS).combine_chunks()
            held, rows = table.slice(_GROUP_ROWS).to_batches(), rows - _GROUP_ROWS
    if rows:
        yield pa.Table.from_batches(held, schema).combine_chunks()


def _cast(column: Column, values: pa.Array) -> pa.Array:
    final = column.type()
    return values if values.type == final else values.cast(final)


def _validate(column: Column, values: pa.Array) -> None:
    """Refuse days that no calendar has."""
    import pyarrow as pa
    import pyarrow.compute as pc

    bounds = _bounds(values.type)
    if bounds is not None:
        stored = values.view(pa.int32() if pa.types.is_date32(values.type) else pa.int64())
        span = pc.min_max(stored).as_py()
        if span["min"] is not None and (span["min"] < bounds[0] or span["max"] > bounds[1]):
            raise SourceError(
                f"列 {column.name} 有无穷或公元前的日期",
                f"{column.name} holds infinity, or a day before the year 1 or after 9999",
                remedy="leave such rows out in the query, or make NULL of them: nullif",
                status="value",
            )


def _bounds(kind: pa.DataType) -> tuple[int, int] | None:
    import pyarrow as pa

    if pa.types.is_date32(kind):
        return _FIRST_DAY, _LAST_DAY
    if pa.types.is_timestamp(kind):
        return _FIRST_DAY * 86_400_000_000, (_LAST_DAY + 1) * 86_400_000_000 - 1
    return None


# --- rows of Python -----------------------------------------------------------------------------


def text_of(value: Any) -> str:
    """A value as a column of texts has it."""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return str(value)


def _number(value: Decimal) -> str:
    return format(value, "f") if value.is_finite() else str(value)


def _zoned(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


SPELLINGS: Final[dict[type, tuple[str, Any]]] = {
    bool: ("boolean", lambda value: "true" if value else "false"),
    int: ("integer", str),
    float: ("double", repr),
    Decimal: ("numeric", _number),
    str: ("text", str),
    date: ("date", date.isoformat),
    time: ("time", time.isoformat),
    timedelta: ("time", str),
}
"""By the type of a value: what it is called, and how it is laid down."""


def batches_of(
    columns: Sequence[Column], rows: Iterable[Sequence[Sequence[Any]]]
) -> Iterator[pa.RecordBatch]:
    """Rows of Python, in batches, as texts; the columns learn what they hold.

    Raises:
        SourceError: a value is none that a cell can have: bytes, a list.
    """
    import pyarrow as pa

    names = [column.name for column in columns]
    for batch in rows:
        arrays = [
            pa.array(_texts(column, values), pa.string())
            for column, values in zip(columns, zip(*batch, strict=True), strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, names=names)


def _texts(column: Column, values: Sequence[Any]) -> list[str | None]:
    kinds = set(map(type, values)) - {type(None)}
    if len(kinds) == 1 and (only := kinds.pop()) in SPELLINGS:
        word, spell = SPELLINGS[only]
        column.seen.add(word)
        return [None if value is None else spell(value) for value in values]
    return [None if value is None else _text(column, value) for value in values]


def _text(column: Column, value: Any) -> str:
    if isinstance(value, datetime):
        column.seen.add("timestamptz" if value.tzinfo else "timestamp")
        return _zoned(value) if value.tzinfo else value.isoformat()
    for kind, (word, spell) in SPELLINGS.items():
        if isinstance(value, kind):
            column.seen.add(word)
            return str(spell(value))
    raise no_cell(column.name, type(value).__name__)


def no_cell(name: str, kind: str) -> SourceError:
    """A type that is not one value a cell."""
    return SourceError(
        f"列 {name} 的类型 {kind} 不是一格一值", f"{name} is of the type {kind}: no value a cell",
        remedy="leave it out of the query, or make text of it: CAST(… AS text), encode(…, 'hex')",
        status="schema",
    )  # fmt: skip
