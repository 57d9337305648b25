"""A table as Parquet and as CSV: ordered by key, the same bytes every time, safe to open.

Belongs here: the two file formats of the release. Does not belong here: which tables there are,
hashes, and what describes the files.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.publish.rowhash import canonical_text, value_kind
from orchestration.publish.tables import Column, Table, literal, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pyarrow import DataType

BOM = b"\xef\xbb\xbf"

# What a spreadsheet may take for a formula or a command when it opens a CSV file: a sign in
# first place, in half or full width, or a control character that hides one.
UNSAFE_START = "^[=+\\-@\\t\\r\\n＝＋－＠]"
_ROW_GROUP = 122_880


def write_parquet(con: DuckDBPyConnection, catalog: str, table: Table, path: Path) -> None:
    """Write a table as zstd Parquet, ordered by its key, with what its columns mean."""
    said = _metadata(table)
    path.parent.mkdir(parents=True, exist_ok=True)
    con.execute(
        f"""
        copy (
            select {table.select_list}
            from {table.in_catalog(catalog)} as t
            order by {table.order_by}
        ) to {literal(str(path))}
        (
            format parquet, compression zstd, row_group_size {_ROW_GROUP},
            kv_metadata {{{", ".join(f"{literal(k)}: {literal(v)}" for k, v in said.items())}}}
        )
        """
    )


def _metadata(table: Table) -> dict[str, str]:
    """What the file says of itself: the table and its columns in both languages.

    Arrow keeps what is said of a column in its own schema, which Parquet carries as one more key:
    DuckDB writes that key as it writes the others, so the rows need not pass through Arrow. Other
    readers find the same under ``columns``.
    """
    words = {
        "title_zh": table.title_zh,
        "title_en": table.title_en,
        "grain_zh": table.grain_zh,
        "grain_en": table.grain_en,
    }
    columns = {
        column.name: {
            key: text
            for key, text in (
                ("label_zh", column.label_zh),
                ("label_en", column.label_en),
                ("unit", column.unit),
                ("code_list", column.code_list),
                ("description_zh", column.description_zh),
                ("description_en", column.description_en),
            )
            if text
        }
        for column in table.columns
    }
    return {
        **words,
        "columns": json.dumps(columns, ensure_ascii=False),
        "ARROW:schema": _arrow_schema(table, columns, words),
    }


def _arrow_schema(
    table: Table, columns: Mapping[str, Mapping[str, str]], words: Mapping[str, str]
) -> str:
    """The table as an Arrow schema in the form that Parquet carries it."""
    import pyarrow as pa

    schema = pa.schema(
        [
            pa.field(
                column.name, _arrow_type(column.data_type), metadata=dict(columns[column.name])
            )
            for column in table.columns
        ],
        metadata=dict(words),
    )
    return base64.b64encode(schema.serialize().to_pybytes()).decode("ascii")


def _arrow_type(data_type: str) -> DataType:
    """The Arrow type that DuckDB writes a column as; other types are refused before."""
    import pyarrow as pa

    if data_type.startswith("DECIMAL("):
        width, scale = data_type.removeprefix("DECIMAL(").removesuffix(")").split(",")
        return pa.decimal128(int(width), int(scale))
    return {
        "VARCHAR": pa.string(),
        "BOOLEAN": pa.bool_(),
        "DATE": pa.date32(),
        "TIMESTAMP": pa.timestamp("us"),
        "TINYINT": pa.int8(),
        "SMALLINT": pa.int16(),
        "INTEGER": pa.int32(),
        "BIGINT": pa.int64(),
        "UTINYINT": pa.uint8(),
        "USMALLINT": pa.uint16(),
        "UINTEGER": pa.uint32(),
        "UBIGINT": pa.uint64(),
    }[data_type]


def write_csv(con: DuckDBPyConnection, catalog: str, table: Table, path: Path) -> None:
    """Write a table as CSV: RFC 4180 with LF, UTF-8 with BOM, ordered by its key.

    NULL is an empty field, an empty text is ``""``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    body = path.with_name(path.name + ".body")
    con.execute(
        f"""
        copy (
            select {csv_select_list(table)}
            from {table.in_catalog(catalog)} as t
            order by {table.order_by}
        ) to {literal(str(body))}
        (format csv, header true, delimiter ',', quote '"', escape '"', nullstr '')
        """
    )
    with path.open("wb") as whole, body.open("rb") as part:
        whole.write(BOM)
        shutil.copyfileobj(part, whole, 1 << 20)
    body.unlink()


def csv_select_list(table: Table) -> str:
    """All columns of a table (aliased ``t``) as their texts in CSV, under their own names."""
    return ", ".join(f"{csv_text(column)} as {quote(column.name)}" for column in table.columns)


def csv_text(column: Column) -> str:
    """SQL for the text of a value in CSV; text that could be a formula gets an apostrophe."""
    expression = f"t.{quote(column.name)}"
    if value_kind(column.data_type) == "text":
        return (
            f"case when regexp_matches({expression}, {literal(UNSAFE_START)}) "
            f"then '''' || {expression} else {expression} end"
        )
    if value_kind(column.data_type) == "timestamp":
        whole = canonical_text(expression, column.data_type)
        return f"regexp_replace({whole}, '\\.?0+$', '')"
    return canonical_text(expression, column.data_type)


def read_csv_relation(table: Table, path: Path) -> str:
    """SQL table function that reads a CSV file of a release back, every column as text."""
    columns = ", ".join(f"{literal(column.name)}: 'VARCHAR'" for column in table.columns)
    return (
        f"read_csv({literal(str(path))}, auto_detect = false, header = true, delim = ',', "
        f"quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, "
        f"columns = {{{columns}}})"
    )


def read_parquet_relation(path: Path) -> str:
    """SQL table function that reads a Parquet file of a release back."""
    return f"read_parquet({literal(str(path))})"
