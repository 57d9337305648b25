"""The canonical text of values, and the hash of a table that depends on nothing but its rows.

Belongs here: what makes two tables equal, whatever their row order, file format or DuckDB
version. Does not belong here: hashes of files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.errors import ReleaseError
from orchestration.publish.tables import Column, literal, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_INTEGERS = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
)
_KINDS = {"VARCHAR": "text", "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "timestamp"}


@dataclass(frozen=True)
class Fingerprint:
    """How many rows a table has, and the canonical hash of them."""

    row_count: int
    row_hash: str


def value_kind(data_type: str) -> str:
    """What a value of this type is: text, integer, decimal, boolean, date or timestamp.

    Doubles are refused because their text and sums are not exact, HUGEINT because Parquet has
    no such type, timestamps with a zone because their text depends on a setting.
    """
    if data_type in _INTEGERS:
        return "integer"
    if _DECIMAL.fullmatch(data_type):
        return "decimal"
    if data_type in _KINDS:
        return _KINDS[data_type]
    raise ReleaseError(
        f"a release holds no column of type {data_type} / 发布版本不允许 {data_type} 类型的列",
        remedy="cast it in its mart: DECIMAL for values, BIGINT for counts, TIMESTAMP for times",
    )


def canonical_text(expression: str, data_type: str) -> str:
    """SQL for the one text of a value: no trailing zeros, ISO dates, NULL stays NULL."""
    kind = value_kind(data_type)
    if kind == "text":
        return expression
    if kind == "timestamp":
        return f"strftime({expression}, '%Y-%m-%dT%H:%M:%S.%f')"
    if kind == "decimal":
        width, scale = _decimal(data_type)
        # A decimal without room before the point prints as '.5'; one digit more gives '0.5'.
        wide = f"cast({expression} as decimal({min(38, max(width, scale + 1))}, {scale}))"
        text = f"cast({wide} as varchar)"
        return f"rtrim(rtrim({text}, '0'), '.')" if scale else text
    return f"cast({expression} as varchar)"


def fingerprint(con: DuckDBPyConnection, relation: str, columns: Sequence[Column]) -> Fingerprint:
    """Row count and canonical row hash of a relation (a quoted table name or a table function).

    Every cell becomes the length of its canonical text in bytes and the text, so no separator
    can occur in a value, and NULL differs from every text; names and kinds of the columns enter
    once. The SHA-256 of each row is
    sorted and hashed again, in buckets by its first digits to keep the texts short: equal rows
    are counted, their order is not.
    """
    if not columns:
        raise ReleaseError(f"{relation} has no columns in the column dictionary")
    cells = ", ".join(
        f"case when {text} is null then 'N' else concat('V', strlen({text}), ':', {text}) end"
        for text in (canonical_text(quote(column.name), column.data_type) for column in columns)
    )
    header = json.dumps([[column.name, value_kind(column.data_type)] for column in columns])
    rows = con.execute(
        f"""
        with hashed as (
            select sha256(concat({cells})) as digest from {relation}
        ),
        buckets as (
            select
                left(digest, 3) as bucket,
                count(*) as row_count,
                sha256(string_agg(digest, '' order by digest)) as digest
            from hashed
            group by bucket
        )
        select
            cast(coalesce(sum(row_count), 0) as bigint),
            sha256({literal(header)} || coalesce(string_agg(digest, '' order by bucket), ''))
        from buckets
        """
    ).fetchall()
    return Fingerprint(*rows[0])


def digests(con: DuckDBPyConnection, query: str, by: str = "''") -> dict[str, str]:
    """The rows of any query as digests, one for each value of the expression ``by``.

    Every cell becomes its text with its length; the order of rows does not matter. For telling
    whether two releases show the same, in one pass and without a row in Python.
    """
    names = [item[0] for item in con.execute(f"describe {query}").fetchall()]
    cells = ", ".join(
        f"coalesce(concat('V', strlen(cast({name} as varchar)), ':', cast({name} as varchar)), 'N')"
        for name in map(quote, names)
    )
    found = con.execute(
        f"""
        with hashed as (
            select coalesce(cast({by} as varchar), '') as part, sha256(concat({cells})) as digest
            from ({query})
        )
        select part, sha256(string_agg(digest, '' order by digest)) from hashed group by part
        """
    ).fetchall()
    return dict(sorted(found))


def checksum_sql(relation: str, expressions: Sequence[str], *more: str) -> str:
    """SQL for one row, the number and a quick checksum of a relation's rows in any order.

    For comparing two relations in one statement of one DuckDB: the checksum is no cryptographic
    hash, and is never kept. ``more`` are aggregates to compute of the same rows.
    """
    row = f"hash({', '.join(expressions)})"
    total = f"coalesce(sum({row}::hugeint), 0)::varchar as row_sum"
    return f"select {', '.join(('count(*) as row_count', total, *more))} from {relation}"


def _decimal(data_type: str) -> tuple[int, int]:
    """Width and scale of a decimal type."""
    width, scale = data_type.removeprefix("DECIMAL(").removesuffix(")").split(",")
    return int(width), int(scale)
