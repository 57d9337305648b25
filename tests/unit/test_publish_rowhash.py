"""The canonical row hash: what changes it, and what must not.

Belongs here: hashes of tables with literal rows. Does not belong here: whole releases.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.errors import ReleaseError
from orchestration.publish.rowhash import Fingerprint, canonical_text, fingerprint, value_kind
from orchestration.publish.tables import Column, canonical_type

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def columns(**types: str) -> list[Column]:
    return [Column(name, canonical_type(kind), "", "", "", True) for name, kind in types.items()]


def hashed(con: duckdb.DuckDBPyConnection, rows: str, **types: str) -> Fingerprint:
    names = ", ".join(types)
    casts = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in types.items())
    return fingerprint(
        con, f"(select {casts} from (values {rows}) as v({names}))", columns(**types)
    )


def test_the_hash_is_the_same_on_every_version(con: duckdb.DuckDBPyConnection) -> None:
    # Literal: a DuckDB that hashes differently breaks the verification of old releases.
    found = hashed(
        con,
        "('甲', 1.50, date '2026-01-02', true, timestamp '2026-01-02 03:04:05', 7),"
        "(null, -0.25, null, false, null, null)",
        a="varchar",
        b="decimal(30,8)",
        c="date",
        d="boolean",
        e="timestamp",
        f="bigint",
    )

    assert found == Fingerprint(
        2, "280d99c540fdc4472e6a1dac3bde26442150a02d431744f55de21283aa415170"
    )


def test_order_does_not_matter_and_number_of_equal_rows_does(
    con: duckdb.DuckDBPyConnection,
) -> None:
    one = hashed(con, "(1), (2)", a="integer")

    assert hashed(con, "(2), (1)", a="integer") == one
    assert hashed(con, "(2), (1), (1)", a="integer").row_hash != one.row_hash


def test_scale_and_width_do_not_matter(con: duckdb.DuckDBPyConnection) -> None:
    assert hashed(con, "(1.50), (0.5)", a="decimal(30,8)") == hashed(
        con, "(1.50), (0.5)", a="decimal(9,2)"
    )
    assert hashed(con, "(0.5)", a="decimal(2,2)") == hashed(con, "(0.5)", a="decimal(9,4)")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("('a', 'bc')", "('ab', 'c')"),
        ("('', null)", "(null, '')"),
        ("('N', 'x')", "(null, 'x')"),
        ("('V1:a', 'b')", "('a', 'V1:b')"),
        ("('a', 'b')", "('b', 'a')"),
        ("('a\n', '')", "('a', '\n')"),
        ("('a ', 'b')", "('a', 'b')"),
    ],
)
def test_rows_that_differ_hash_differently(
    con: duckdb.DuckDBPyConnection, left: str, right: str
) -> None:
    types = {"a": "varchar", "b": "varchar"}

    assert hashed(con, left, **types).row_hash != hashed(con, right, **types).row_hash


def test_names_and_kinds_enter(con: duckdb.DuckDBPyConnection) -> None:
    number = hashed(con, "(1)", a="integer").row_hash

    assert hashed(con, "(1)", b="integer").row_hash != number
    assert hashed(con, "('1')", a="varchar").row_hash != number


def test_a_table_without_rows_has_a_hash(con: duckdb.DuckDBPyConnection) -> None:
    found = fingerprint(con, "(select 1 as a where false)", columns(a="integer"))

    assert found.row_count == 0
    assert len(found.row_hash) == 64


@pytest.mark.parametrize(
    ("value", "data_type", "text"),
    [
        ("100", "decimal(30,8)", "100"),
        ("808.40", "decimal(30,8)", "808.4"),
        ("-0.50", "decimal(2,2)", "-0.5"),
        ("0", "decimal(30,8)", "0"),
        ("1200", "decimal(10,0)", "1200"),
        ("true", "boolean", "true"),
        ("date '2026-03-01'", "date", "2026-03-01"),
        ("timestamp '2026-03-01 00:00:00'", "timestamp", "2026-03-01T00:00:00.000000"),
        ("'00'", "varchar", "00"),
        ("null", "date", None),
    ],
)
def test_the_canonical_text_of_a_value(
    con: duckdb.DuckDBPyConnection, value: str, data_type: str, text: str | None
) -> None:
    expression = canonical_text(f"cast({value} as {data_type})", canonical_type(data_type))

    assert con.execute(f"select {expression}").fetchall() == [(text,)]


@pytest.mark.parametrize("data_type", ["DOUBLE", "HUGEINT", "TIMESTAMP WITH TIME ZONE", "FLOAT"])
def test_types_that_are_not_exact_are_refused(data_type: str) -> None:
    with pytest.raises(ReleaseError, match="cast it in its mart"):
        value_kind(data_type)
