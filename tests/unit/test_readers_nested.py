"""JSON and Parquet: records, nested keys, and the digits of the file."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from orchestration.collect.readers import read_grids
from orchestration.spec import Source
from tests.unit.delivered import refusal, refused, texts

pytestmark = pytest.mark.core

NBS = """{"returncode": 200, "returndata": {"datanodes": [
  {"code": "zb.A01", "data": {"data": 1.50, "strdata": "1.50", "has": true},
   "wds": [{"v": "甲"}, {"v": "乙"}]},
  {"code": null, "data": {"data": 1E5, "strdata": " "}, "x y": 12345678901234567890}
]}}"""


def test_records_are_flattened_and_keep_their_digits() -> None:
    source = Source(format="json", records_at="$.returndata.datanodes[*]")
    (grid,) = read_grids(NBS.encode(), source)
    node = "$.returndata.datanodes"
    assert grid.cells.rows() == [
        (1, 1, "code", f"{node}[*].code"),
        (1, 2, "data.data", f"{node}[*].data.data"),
        (1, 3, "data.strdata", f"{node}[*].data.strdata"),
        (1, 4, "data.has", f"{node}[*].data.has"),
        (1, 5, "wds[0].v", f"{node}[*].wds[0].v"),
        (1, 6, "wds[1].v", f"{node}[*].wds[1].v"),
        (1, 7, "x y", f"{node}[*]['x y']"),
        (2, 1, "zb.A01", f"{node}[0].code"),
        (2, 2, "1.50", f"{node}[0].data.data"),
        (2, 3, "1.50", f"{node}[0].data.strdata"),
        (2, 4, "true", f"{node}[0].data.has"),
        (2, 5, "甲", f"{node}[0].wds[0].v"),
        (2, 6, "乙", f"{node}[0].wds[1].v"),
        (3, 2, "1E5", f"{node}[1].data.data"),
        (3, 7, "12345678901234567890", f"{node}[1]['x y']"),
    ]
    assert (grid.height, grid.addressing) == (3, "path")
    assert grid.place(2, 3) == "$.returndata.datanodes[0].data.strdata"


@pytest.mark.parametrize(
    ("path", "places"),
    [
        ("$.a[*]", ["$.a[0].x", "$.a[1].x"]),
        ("$.a[1:]", ["$.a[1].x"]),
        ("$..a[0]", ["$.a[0].x"]),
        ("$.b.*", ["$.b.k.x", "$.b['l m'].x"]),
        ("$.b[*]", ["$.b.k.x", "$.b['l m'].x"]),
    ],
)
def test_paths(path: str, places: list[str]) -> None:
    content = b'{"a": [{"x": 1}, {"x": 2}], "b": {"k": {"x": 3}, "l m": {"x": 4}}}'
    (grid,) = read_grids(content, Source(format="json", records_at=path))
    assert grid.cells.filter(pl.col("row") > 1)["place"].to_list() == places


@pytest.mark.parametrize(
    ("content", "path", "rule", "place"),
    [
        (NBS, "$.data[*]", "delivery.missing-records", "$.data[*]"),
        (NBS, "$.returncode[*]", "delivery.missing-records", "$.returncode[*]"),
        ("[1, 2]", "$[*]", "delivery.missing-records", "$[*]"),
        ("[]", "$[*]", "delivery.missing-records", "$[*]"),
        ('[{"a": 1}]', "$[?(", "delivery.missing-records", "$[?("),
        ('[{"a": 1, "a": 2}]', "$[*]", "delivery.unreadable-file", "key a"),
        ('[{"a": NaN}]', "$[*]", "delivery.unreadable-file", "file"),
        ('[{"a": -Infinity}]', "$[*]", "delivery.unreadable-file", "file"),
        ('[{"a": 1},\n]', "$[*]", "delivery.unreadable-file", "line 2"),
        ('[{"a": 1}', "$[*]", "delivery.unreadable-file", "line 1"),
        ('{"a": 1}\n{"a": 2}', "$", "delivery.unreadable-file", "line 2"),
        ("[" * 200_000, "$[*]", "delivery.unsafe-file", "file"),
        ('[{"a":' * 50_000 + "1", "$[*]", "delivery.unsafe-file", "file"),
    ],
)
def test_json_that_is_refused(content: str, path: str, rule: str, place: str) -> None:
    assert refused(content.encode(), format="json", records_at=path) == (rule, place)


def test_a_path_that_matches_nothing_says_what_there_is() -> None:
    error = refusal(NBS.encode(), format="json", records_at="$.data[*]")
    assert "$.returndata.datanodes[*]" in error.detail_en
    assert "$.returndata.datanodes[*]" in error.detail_zh


def test_json_in_the_declared_encoding() -> None:
    content = '[{"指标": "投资"}]'.encode("gb18030")
    assert texts(content, format="json", encoding="gb18030") == [(1, 1, "指标"), (2, 1, "投资")]
    assert refusal(content, format="json").rule == "delivery.wrong-encoding"


def test_records_that_mix_values_and_objects_lose_nothing() -> None:
    content = b'[{"a": 1}, {"a": {"b": 2}}, {"a": [3, {"c": 4}]}, {"b": false}]'
    assert texts(content, format="json") == [
        (1, 1, "a"),
        (1, 2, "a.b"),
        (1, 3, "a[0]"),
        (1, 4, "a[1].c"),
        (1, 5, "b"),
        (2, 1, "1"),
        (3, 2, "2"),
        (4, 3, "3"),
        (4, 4, "4"),
        (5, 5, "false"),
    ]


# Parquet


def parquet(columns: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_parquet(buffer)
    return buffer.getvalue()


def test_the_columns_of_a_parquet_file() -> None:
    content = parquet(
        {
            "指标": [" 甲 ", "乙"],
            "数": [52.0, 1e-7],
            "短": pl.Series([0.1, None], dtype=pl.Float32),
            "定点": [Decimal("1.50"), None],
            "整": [12345678901234567, 0],
            "日": [date(2024, 3, 1), None],
            "时": [datetime(2024, 3, 1), datetime(2024, 3, 1, 8, 30)],
            "是": [True, False],
        }
    )
    assert texts(content, format="parquet") == [
        (1, 1, "指标"),
        (1, 2, "数"),
        (1, 3, "短"),
        (1, 4, "定点"),
        (1, 5, "整"),
        (1, 6, "日"),
        (1, 7, "时"),
        (1, 8, "是"),
        (2, 1, "甲"),
        (2, 2, "52"),
        (2, 3, "0.1"),
        (2, 4, "1.50"),
        (2, 5, "12345678901234567"),
        (2, 6, "2024-03-01"),
        (2, 7, "2024-03-01"),
        (2, 8, "true"),
        (3, 1, "乙"),
        (3, 2, "0.0000001"),
        (3, 5, "0"),
        (3, 7, "2024-03-01T08:30:00"),
        (3, 8, "false"),
    ]


@pytest.mark.parametrize("values", [[[1, 2]], [{"a": 1}], [b"x"]])
def test_a_column_with_more_than_one_value_a_cell(values: list[Any]) -> None:
    content = parquet({"甲": values})
    assert refused(content, format="parquet") == ("delivery.unreadable-file", "column 甲")


def test_a_parquet_file_that_ends_early() -> None:
    content = parquet({"甲": list(range(1000))})
    assert refusal(content[:-100], format="parquet").rule == "delivery.unreadable-file"


def test_a_parquet_file_of_more_rows_than_fit() -> None:
    import pyarrow as pa
    from pyarrow import parquet as files

    buffer = io.BytesIO()
    files.write_table(pa.table({"a": pa.nulls(30_000_000, pa.int8())}), buffer)
    assert refusal(buffer.getvalue(), format="parquet").rule == "delivery.unsafe-file"
