"""One question in SQL to the current release, answered as a table, CSV, JSON or Parquet.

Belongs here: running the question safely and writing the answer. Does not belong here: ready
answers such as a trace or the status.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from orchestration.errors import QutongError
from orchestration.serve.reading import current_release, open_mart
from orchestration.text import shown

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Format = Literal["table", "csv", "json", "parquet"]
FORMATS: tuple[Format, ...] = ("table", "csv", "json", "parquet")
TABLE_ROWS = 1000
SECONDS = 120

_QUESTIONS = frozenset({"SELECT", "EXPLAIN", "PRAGMA", "CALL"})
_UNSAFE_START = re.compile("[=+\\-@\t\r\n＝＋－＠]")
_NEEDS_QUOTES = re.compile('[",\r\n]')
_BATCH = 10_000

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Rows:
    """A result: names, whether each column is numeric, and the rows in batches."""

    names: tuple[str, ...]
    is_number: tuple[bool, ...]
    batches: Iterator[list[Row]]


def run_sql(
    releases_dir: Path,
    sql: str,
    format: Format,
    output: BinaryIO,
    *,
    table_rows: int = TABLE_ROWS,
    seconds: float = SECONDS,
    nothing: str = "",
) -> None:
    """Answer one question from the current release.

    Args:
        releases_dir: The directory of releases.
        sql: One statement that asks; nothing it could do leaves the database or changes it.
        format: ``table`` for people (at most ``table_rows`` rows, and it says so), ``csv``
            (safe to open in a spreadsheet), ``json`` (an array of objects), ``parquet``.
        output: Where to write; bytes.
        table_rows: The most rows a table shows.
        seconds: How long it may take.
        nothing: What stands in place of a table without rows; the empty table where not given.

    Raises:
        QutongError: No release, several statements, a statement that is no question, one that
            takes too long, or SQL that DuckDB refuses, with its own words.
    """
    import duckdb

    if format not in FORMATS:
        raise QutongError(
            f"there is no format {format!r} / 没有这种格式", remedy=f"use {', '.join(FORMATS)}"
        )
    release = current_release(releases_dir)
    con = open_mart(release)
    clock = Timer(seconds, con.interrupt)
    clock.daemon = True
    clock.start()
    try:
        _check_question(con, sql)
        if format == "parquet":
            _write_parquet(con, sql, output)
        else:
            write_rows(_ask(con, sql), format, output, table_rows, nothing)
    except duckdb.InterruptException:
        raise QutongError(
            f"the question was stopped after {seconds:g} seconds / 查询超时, 已停止",
            remedy="ask for less (a where clause, fewer joins), or allow more: --seconds N",
        ) from None
    except duckdb.Error as error:
        raise _explained(error) from error
    finally:
        clock.cancel()
        con.close()


def write_rows(
    rows: Rows,
    format: Literal["table", "csv", "json"],
    output: BinaryIO,
    limit: int = TABLE_ROWS,
    nothing: str = "",
) -> None:
    """Write a result; at most ``limit`` rows of a table, and it says so."""
    if format == "table":
        _write_table(rows, output, limit, nothing)
    else:
        _WRITERS[format](rows, output)


def display_width(text: str) -> int:
    """How many columns a text takes on a terminal: East Asian wide characters take two."""
    if text.isascii():
        return len(text)
    from wcwidth import width

    return width(text, control_codes="ignore")


def _check_question(con: DuckDBPyConnection, sql: str) -> None:
    """Exactly one statement, and one that asks."""
    statements = con.extract_statements(sql)
    if not statements:
        raise QutongError(
            "there is no statement / 没有语句",
            remedy='for example: qutong sql "from core.observation limit 5"',
        )
    kinds = [statement.type.name for statement in statements]
    # PIVOT is one statement to a person and several to DuckDB: 1.5 unfolds it, 2.0 says MULTI.
    is_pivot = kinds == ["MULTI"] or (
        kinds == ["CREATE", "SELECT"] and len({item.query for item in statements}) == 1
    )
    if len(statements) > 1 and not is_pivot:
        raise QutongError(
            f"these are {len(statements)} statements / 一次只能执行一条语句",
            remedy="ask one question at a time",
        )
    if not is_pivot and kinds[0] not in _QUESTIONS:
        raise QutongError(
            f"{kinds[0]} is no question; a release is only read / 版本只能查询",
            remedy="use SELECT, FROM, WITH, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN",
        )


def _ask(con: DuckDBPyConnection, sql: str) -> Rows:
    cursor = con.execute(sql)
    description = cursor.description or []
    names = tuple(str(item[0]) for item in description)
    is_number = tuple(_is_number(str(item[1])) for item in description)

    def batches() -> Iterator[list[Row]]:
        while rows := cursor.fetchmany(_BATCH):
            yield rows

    return Rows(names, is_number, batches())


def _is_number(data_type: str) -> bool:
    return data_type.upper().startswith(
        ("NUMBER", "DECIMAL", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "U", "DOUBLE")
    ) and not data_type.upper().startswith(("UUID", "UNION"))


def _text(value: object) -> str:
    """A value as text: exact decimals without trailing zeros, ISO dates, true and false."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list | tuple | dict):
        return _json(value)
    return str(value)


def _json(value: object) -> str:
    """A value as JSON; decimals are written digit by digit, never by way of a double."""
    if value is None or isinstance(value, bool | int | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return json.dumps(value) if value - value == 0 else json.dumps(str(value))
    if isinstance(value, Decimal):
        return _text(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_json(item) for item in value) + "]"
    if isinstance(value, dict):
        pairs = (
            f"{json.dumps(str(key), ensure_ascii=False)}: {_json(item)}"
            for key, item in value.items()
        )
        return "{" + ", ".join(pairs) + "}"
    return json.dumps(_text(value), ensure_ascii=False)


def _csv_cell(value: object) -> str:
    """A CSV field: numbers and dates as they are, anything else unable to be a formula."""
    text = _text(value)
    is_exact = isinstance(value, int | float | Decimal | date | time)
    if not is_exact and _UNSAFE_START.match(text):
        text = f"'{text}"
    if text == "" and value is not None:
        return '""'
    if _NEEDS_QUOTES.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text


def _write_csv(answer: Rows, output: BinaryIO) -> None:
    output.write((",".join(_csv_cell(name) for name in answer.names) + "\n").encode())
    for rows in answer.batches:
        text = "".join(",".join(_csv_cell(value) for value in row) + "\n" for row in rows)
        output.write(text.encode())


def _write_json(answer: Rows, output: BinaryIO) -> None:
    names = [json.dumps(name, ensure_ascii=False) for name in _distinct(answer.names)]
    lead = "[\n"
    for rows in answer.batches:
        lines = (
            "  {" + ", ".join(f"{n}: {_json(v)}" for n, v in zip(names, row, strict=True)) + "}"
            for row in rows
        )
        output.write((lead + ",\n".join(lines)).encode())
        lead = ",\n"
    output.write(b"[]\n" if lead == "[\n" else b"\n]\n")


def _distinct(names: Sequence[str]) -> list[str]:
    """Names made distinct, because a JSON object holds each once."""
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return distinct


def _write_table(answer: Rows, output: BinaryIO, limit: int, nothing: str) -> None:
    """Write an aligned table: numbers to the right, wide characters counted as two."""
    rows: list[Row] = []
    for batch in answer.batches:
        rows += batch
        if len(rows) > limit:
            break
    if nothing and not rows:
        output.write(nothing.encode())
        return
    cells = [[_one_line(_text(value)) for value in row] for row in rows[:limit]]
    names = [_one_line(name) for name in answer.names]
    widths = [
        max(display_width(name), *(display_width(row[place]) for row in cells), 1)
        for place, name in enumerate(names)
    ]

    def line(values: Sequence[str]) -> str:
        padded = (
            " " * (width - display_width(value)) + value
            if is_number
            else value + " " * (width - display_width(value))
            for value, width, is_number in zip(values, widths, answer.is_number, strict=True)
        )
        return "  ".join(padded).rstrip() + "\n"

    text = line(names) + "  ".join("─" * width for width in widths) + "\n"
    text += "".join(line(row) for row in cells)
    if len(rows) > limit:
        text += f"… 仅显示前 {limit} 行 / only the first {limit} rows; --format csv gives all\n"
    else:
        noun = "row" if len(rows) == 1 else "rows"
        text += f"({len(rows)} 行 / {noun})\n"
    output.write(text.encode())


def _one_line(text: str) -> str:
    """Text without what would break a line or drive a terminal."""
    return shown(re.sub(r"[\r\n\t]", " ", text))


def _write_parquet(con: DuckDBPyConnection, sql: str, output: BinaryIO) -> None:
    """Write zstd Parquet. Polars writes it: the connection is shut in and cannot write files."""
    import polars as pl

    try:
        frame = pl.DataFrame(con.sql(sql))
    except pl.exceptions.DuplicateError:
        raise QutongError(
            "two columns have one name / 两列同名", remedy="name each column: select … as name"
        ) from None
    frame.write_parquet(output, compression="zstd")


_WRITERS: dict[str, Callable[[Rows, BinaryIO], None]] = {
    "csv": _write_csv,
    "json": _write_json,
}


def _explained(error: Exception) -> QutongError:
    """DuckDB's own message, and what to try."""
    import duckdb

    text = str(error)
    if isinstance(error, duckdb.CatalogException):
        remedy = 'see what there is: qutong sql "from meta.schema_dictionary"'
    elif isinstance(error, duckdb.BinderException):
        remedy = 'see the columns: qutong sql "from meta.column_dictionary"'
    elif isinstance(error, duckdb.ParserException):
        remedy = "correct the SQL; texts stand in single quotes"
    elif isinstance(error, duckdb.PermissionException):
        remedy = "a question reads the release alone; use --format to get a file"
    else:
        remedy = "correct the SQL"
    return QutongError(text, remedy=remedy)
