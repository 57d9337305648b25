"""A declared query is one statement that reads, its parameters found; its rows make one file.

Belongs here: statements, declarations, drift and files, without any database. Does not belong here:
what a database makes of them (test_source_postgresql, test_source_sql).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestration.collect.connectors.query import (
    QuerySection,
    Watermark,
    drift,
    kind_of,
    statement,
)
from orchestration.collect.connectors.secrets import Secrets
from orchestration.collect.connectors.source import Asked, SourceError
from orchestration.collect.connectors.table import Column, Table, batches_of
from tests.support import NOW


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("SELECT :a + :b", ("SELECT ", "a", " + ", "b", "")),
        ("SELECT x::date, ':no', \":no\" FROM t WHERE y = :A;",
         ("SELECT x::date, ':no', \":no\" FROM t WHERE y = ", "a", "")),
        ("SELECT 'it''s :no' -- :no\n, :a", ("SELECT 'it''s :no' -- :no\n, ", "a", "")),
        ("SELECT /* :no ; */ :a -- the end;", ("SELECT /* :no ; */ ", "a", "")),
        ("SELECT $$ :no; $$, $x$ $$ :no $x$, :a", ("SELECT $$ :no; $$, $x$ $$ :no $x$, ", "a", "")),
        ("SELECT E'\\' :no', :a", ("SELECT E'\\' :no', ", "a", "")),
        ("SELECT '\\', :a", ("SELECT '\\', ", "a", "")),
        ("(SELECT 地区 FROM t WHERE 年 = :year)", ("(SELECT 地区 FROM t WHERE 年 = ", "year", ")")),
    ],
)  # fmt: skip
def test_parameters_are_found_where_they_are(query: str, parts: tuple[str, ...]) -> None:
    assert statement(query).parts == parts


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("SELECT '\\' :no', \"\\\" :no\", :a", ("SELECT '\\' :no', \"\\\" :no\", ", "a", "")),
        ("SELECT 5--:a", ("SELECT 5--", "a", "")),
        ("SELECT 1 # :no ;\n, `:no`, :a", ("SELECT 1 # :no ;\n, `:no`, ", "a", "")),
    ],
)
def test_mysql_reads_texts_and_remarks_its_own_way(query: str, parts: tuple[str, ...]) -> None:
    assert statement(query, is_mysql=True).parts == parts


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT 1; SELECT 2", "more than one statement"),
        ("SELECT 1; DROP TABLE t", "more than one statement"),
        ("DROP TABLE t", "begins with 'drop'"),
        ("", "begins with ''"),
        ("-- SELECT 1", "begins with ''"),
        ("EXPLAIN ANALYZE DELETE FROM t", "begins with 'explain'"),
        ("WITH x AS (DELETE FROM t RETURNING 1) SELECT 1", "would write or lock: 'delete from'"),
        ("WITH x AS (delete /**/ from t) SELECT 1", "would write or lock: 'delete from'"),
        ('WITH x AS (UPDATE "t" SET a = 1) SELECT 1', "would write or lock: 'update set'"),
        ("WITH x AS (UPDATE s.t AS u SET a = 1) SELECT 1", "would write or lock"),
        ("WITH x AS (INSERT INTO t VALUES (1)) SELECT 1", "would write or lock: 'into'"),
        ("SELECT * INTO copy FROM t", "would write or lock: 'into'"),
        ("SELECT * FROM t INTO OUTFILE '/tmp/x'", "would write or lock: 'into'"),
        ("SELECT * FROM t FOR UPDATE", "would write or lock: 'for update'"),
        ("SELECT * FROM t FOR SHARE", "would write or lock: 'for share'"),
    ],
)
def test_what_is_not_one_statement_that_reads_is_refused(query: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        statement(query)


@pytest.mark.parametrize(
    "query",
    ["SELECT update_time, \"into\", 'delete from', deleted FROM t", "VALUES (1)", "TABLE t",
     "WITH x AS (SELECT 1) SELECT * FROM x", "SELECT insert('a', 1, 0, 'b'), truncate(1.5, 0)"],
)  # fmt: skip
def test_words_that_only_look_like_writing_are_none(query: str) -> None:
    assert statement(query).parts == (query,)


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"query": "SELECT :a"}, "the query asks for :a, which parameters does not have"),
        ({"query": "SELECT 1", "parameters": {"a": 1}}, "does not ask for the parameter :a"),
        ({"query": "SELECT :now", "parameters": {"now": 1}}, "the parameter now is built in"),
        ({"query": "SELECT :watermark"}, "need each other"),
        ({"query": "SELECT 1", "watermark": {"column": "a", "overlap": 1, "first": 0}},
         "need each other"),
        ({"query": "SELECT 1; SELECT 2"}, "more than one statement"),
        ({"query": "SELECT 1", "name": "../x.parquet"}, "string_pattern_mismatch"),
        ({"query": "SELECT 1", "password": "hunter2"}, "string_pattern_mismatch"),
        ({"query": "SELECT 1", "tls": "none"}, "literal_error"),
        ({"query": "SELECT :watermark",
          "watermark": {"column": "a", "overlap": "3 days", "first": 0}}, "overlap is a number"),
        ({"query": "SELECT :watermark",
          "watermark": {"column": "a", "overlap": "often", "first": "2025-01-01"}},
         "not of the form '3 days'"),
        ({"query": "SELECT :watermark",
          "watermark": {"column": "a", "overlap": "3 days", "first": "soon"}}, "no moment"),
    ],
)  # fmt: skip
def test_a_declaration_that_cannot_be_is_refused(declared: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        QuerySection(**declared)


def test_a_query_that_changed_is_another_source() -> None:
    one = QuerySection(query="SELECT :a", parameters={"a": 1}).identity
    assert one == QuerySection(query="SELECT :a", parameters={"a": 1}, megabytes=9).identity
    assert one != QuerySection(query="SELECT :a", parameters={"a": 2}).identity
    assert one != QuerySection(query="SELECT  :a", parameters={"a": 1}).identity


@pytest.mark.parametrize(
    ("first", "overlap", "mark", "asked"),
    [
        (100, 5, 250, 245),
        (100, 5, 102, 100),
        ("2024-01-01", "40 days", date(2025, 2, 10), date(2025, 1, 1)),
        ("2025-02-01", "40 days", date(2025, 2, 10), date(2025, 2, 1)),
        ("2025-01-01T00:00:00", "12 hours", datetime(2025, 2, 1), datetime(2025, 1, 31, 12)),
        ("2025-01-01T00:00:00", "90 minutes", datetime(2025, 1, 1, 1, tzinfo=UTC),
         datetime(2025, 1, 1, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_watermark_goes_back_by_its_overlap_and_no_further(
    first: object, overlap: object, mark: Any, asked: object
) -> None:
    watermark = Watermark.model_validate({"column": "a", "overlap": overlap, "first": first})
    assert watermark.before(mark) == asked


def test_types_are_the_same_by_any_of_their_names() -> None:
    assert kind_of("INT8") == kind_of("bigint") == "bigint"
    assert kind_of("decimal (12, 2)") == "numeric(12,2)"
    assert kind_of("timestamp  with time zone") == "timestamptz"


def test_a_column_is_told_by_what_became_of_it() -> None:
    before = {"a": "numeric", "b": "numeric(9,1)", "c": "", "d": "text", "gone": "date"}
    now = {"a": "numeric(12,2)", "b": "numeric(9,2)", "c": "text", "d": "", "new": "date"}
    assert list(drift(before, now)) == [
        ("列 b 的类型由 numeric(9,1) 变为 numeric(9,2)", "b was numeric(9,1), is numeric(9,2)"),
        ("缺少列 gone", "gone vanished"),
        ("新增列 new（date）", "new appeared (date)"),
    ]


# --- the file -----------------------------------------------------------------------------------


def table_of(
    folder: Path, values: list[tuple[Any, ...]], size: int, path: Path | None = None
) -> Table:
    section = QuerySection(query="SELECT 1")
    asked = Asked(None, section, folder, Secrets({}), {}, NOW)  # type: ignore[arg-type]  # of none
    columns = [Column(name) for name in "abcd"]
    table = Table(columns, path or folder / f"{size}.rows", asked)
    table.add_all(batches_of(columns, (values[n : n + size] for n in range(0, len(values), size))))
    return table


CELLS = st.tuples(
    st.none() | st.integers(-(10**30), 10**30),
    st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**15),
                            max_value=10**15),
    st.none() | st.text(st.characters(codec="utf-8"), max_size=5),
    st.none() | st.datetimes(),
)  # fmt: skip


@settings(max_examples=30)
@given(values=st.lists(CELLS, min_size=1, max_size=12), size=st.integers(1, 13))
def test_the_same_rows_make_the_same_bytes_however_they_come(
    tmp_path_factory: pytest.TempPathFactory, values: list[tuple[Any, ...]], size: int
) -> None:
    """And every value is found again."""
    from pyarrow import parquet

    folder = tmp_path_factory.mktemp("table")
    whole, parts = table_of(folder, values, 99), table_of(folder, values, size)
    assert whole.write(folder / "whole") == parts.write(folder / "parts")
    found = parquet.ParquetFile(folder / "parts").read().to_pylist()
    assert [tuple(row.values()) for row in found] == values


def test_rows_that_are_many_are_written_in_groups_of_one_size(tmp_path: Path) -> None:
    from pyarrow import parquet

    values = [(n, None, "x", None) for n in range(120_000)]
    one = table_of(tmp_path, values, 7_001).write(tmp_path / "one")
    assert one == table_of(tmp_path, values, 50_000).write(tmp_path / "other")
    metadata = parquet.ParquetFile(tmp_path / "one").metadata
    assert [metadata.row_group(n).num_rows for n in range(3)] == [50_000, 50_000, 20_000]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None, -(2**40)], "int64"),
        ([10**18, 1], "decimal128(38, 0)"),
        ([1, Decimal("2.50")], "decimal128(38, 2)"),
        ([Decimal("NaN"), Decimal(1)], "string"),
        ([10**37, Decimal("0.25")], "string"),
        ([1, 0.5], "double"),
        ([10**17, 0.5], "string"),
        ([Decimal(1), 0.5], "string"),
        ([True, None], "bool"),
        ([True, 1], "string"),
        ([date(2025, 1, 1)], "date32[day]"),
        ([datetime(2025, 1, 1), date(2025, 1, 1)], "string"),
        ([datetime(2025, 1, 1, tzinfo=UTC)], "timestamp[us, tz=UTC]"),
        (["2025"], "string"),
        ([None], "string"),
    ],
)
def test_a_type_keeps_every_digit_of_every_value(
    tmp_path: Path, values: list[Any], kind: str
) -> None:
    table = table_of(tmp_path, [(value, None, None, None) for value in values], 1)
    assert str(table.columns[0].type()) == kind
    table.write(tmp_path / "file")


def test_a_disk_that_is_full_is_not_the_fault_of_the_source(tmp_path: Path) -> None:
    full, values = Path("/dev/full"), [(1, None, "x", None)]
    with pytest.raises(SourceError, match="cannot be written to the disk here") as caught:
        table_of(tmp_path, values, 1, full)
    assert caught.value.status == "disk"
    with pytest.raises(SourceError, match="cannot be written to the disk here"):
        table_of(tmp_path, values, 1).write(full)
