"""Whatever a district declares and prints, a sum over rows that may be added counts all of it once.

Belongs here: the model ``int_mart_summable`` on invented districts, held against a plain reading of
what a sum may be. Does not belong here: single cases (``dbt_project/models/unit_tests``), and the
shipped data (``tests/pipeline/test_shipped``), which the same reading is asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration import bounds
from orchestration.settings import CODE_ROOT
from tests.sums import sums_that_count_twice

pytestmark = pytest.mark.core

MODEL = CODE_ROOT / "dbt_project/models/intermediate/int_mart_summable.sql"
SQL = re.sub(
    r"\{\{ (?:source\('landing', '(\w+)'\)|ref\('(\w+)'\)) \}\}",
    lambda found: f"landing.{found[1]}" if found[1] else f"intermediate.{found[2]}",
    MODEL.read_text("utf-8"),
)
CODES = ("all", "b", "c", "d", "e", "f")
REGIONS = (("P", "province", ""), ("C", "prefecture", "P"), ("D", "county", "C"),
           ("E", "county", "C"), ("X", "aggregate", "P"))  # fmt: skip
PERIODS = (
    ("2021", "annual", date(2021, 1, 1), date(2021, 12, 31)),
    ("2022", "annual", date(2022, 1, 1), date(2022, 12, 31)),
    ("2022-Q1", "quarterly", date(2022, 1, 1), date(2022, 3, 31)),
    ("2021-01/2022-12", "cumulative_range", date(2021, 1, 1), date(2022, 12, 31)),
    ("2022-01/2022-12", "cumulative_range", date(2022, 1, 1), date(2022, 12, 31)),
    ("2021-07/2022-06", "cumulative_range", date(2021, 7, 1), date(2022, 6, 30)),
    ("2022-12", "point", date(2022, 12, 1), date(2022, 12, 31)),
)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(bounds.macros())
        connection.execute(
            """
            create schema landing; create schema intermediate; create schema core;
            create table landing.relation (
                kind varchar, indicator_code varchar, other_code varchar, cut varchar);
            create table landing.region (
                region_code varchar, region_kind varchar, parent_code varchar);
            create table intermediate.int_mart_cell (
                mart varchar, region_code varchar, period varchar, period_kind varchar,
                period_start date, period_end date, item varchar, stage varchar,
                basis_family varchar, slot varchar, indicator_code varchar, measure varchar,
                basis varchar, price_basis varchar, value decimal(30, 8),
                reference_value decimal(38, 8), unit varchar, qualifier varchar, subject varchar,
                locality varchar, is_shown boolean, observation_id varchar, class_code varchar)
            """
        )
        connection.executemany("insert into landing.region values (?, ?, ?)", REGIONS)
        yield connection


codes = st.sampled_from(CODES)
relations = st.lists(
    st.tuples(st.sampled_from(["part_of", "part_of", "part_of", "overlaps"]), codes, codes).filter(
        lambda relation: relation[1] != relation[2]
    ),
    max_size=7,
)
mostly_plain = st.sampled_from(
    ["plain"] * 6 + ["target", "firm", "place", "class", "bound", "10k", "fixed"]
)
cells = st.lists(
    st.tuples(
        codes,
        st.sampled_from(REGIONS),
        st.sampled_from(PERIODS),
        st.sampled_from(["value", "value", "count"]),
        st.integers(1, 60),
        mostly_plain,
    ),
    min_size=1,
    max_size=14,
    unique_by=lambda cell: (cell[0], cell[1], cell[2], cell[3], cell[5]),
)


@settings(max_examples=150, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(relations=relations, cells=cells)
def test_what_may_be_added_is_counted_once_and_stays_within_its_whole(
    con: duckdb.DuckDBPyConnection,
    relations: list[tuple[str, str, str]],
    cells: list[tuple[str, tuple[str, str, str], tuple[str, str, date, date], str, int, str]],
) -> None:
    lay(con, relations, cells)
    assert sums_that_count_twice(con, f"({SQL})") == []


def lay(con: duckdb.DuckDBPyConnection, relations: object, cells: object) -> None:
    con.execute("delete from landing.relation; delete from intermediate.int_mart_cell")
    assert isinstance(relations, list) and isinstance(cells, list)
    for relation in relations:
        con.execute("insert into landing.relation values (?, ?, ?, '')", relation)
    for number, (code, region, period, slot, value, kind) in enumerate(cells):
        is_count = slot == "count"
        target = kind == "target"
        con.execute(
            f"insert into intermediate.int_mart_cell values ({', '.join('?' * 23)})",
            [
                "m.t", region[0], period[0], period[1], period[2], period[3], code, "all",
                "target" if target else "outturn", slot, f"{code}_{slot}" if is_count else code,
                "count" if is_count else "target_level" if target else "level",
                "point_in_time" if period[1] == "point" else "current",
                "not_applicable" if is_count else "constant" if kind == "fixed" else "current",
                Decimal(value), Decimal(value), "万元" if kind == "10k" else "亿元",
                "above" if kind == "bound" else "exact", "firm" if kind == "firm" else "_T",
                "place" if kind == "place" else "_T", True, f"o{number}",
                "large" if kind == "class" else "_T",
            ],
        )  # fmt: skip


def test_the_plain_reading_sees_what_is_counted_twice(con: duckdb.DuckDBPyConnection) -> None:
    """It is no test if it finds nothing: all rows flagged, each fault is seen."""
    everything = f"(select * replace (true as is_summable) from ({SQL}))"
    year, range_ = PERIODS[1], PERIODS[3]
    district, city = REGIONS[2], REGIONS[1]
    part = [("part_of", "b", "all"), ("part_of", "c", "all")]
    plain = ("b", district, year, "value", 10, "plain")
    for relations, cells, told in (
        (part, [plain, ("b", district, range_, "value", 30, "plain")], "o0 and o1: one period"),
        (part, [plain, ("b", city, year, "value", 30, "plain")], "o0 and o1: one region"),
        (part, [plain, ("all", district, year, "value", 30, "plain")], "o0 and o1: part and whole"),
        ([*part, ("overlaps", "b", "c")], [plain, ("c", district, year, "value", 1, "plain")],
         "o0 and o1: they overlap"),
        (part, [plain, ("c", district, year, "value", 1, "10k")], "o0 and o1: two units"),
        ([], [plain, ("c", district, year, "value", 1, "plain")], "o0: a part of nothing"),
        (part, [plain, ("b", district, year, "value", 9, "target")], "o1: no plain outturn"),
        (part, [plain, ("c", district, year, "value", 9, "plain"),
                ("all", city, range_, "value", 15, "plain")], "above o2"),
    ):  # fmt: skip
        lay(con, relations, cells)
        assert told in " | ".join(sums_that_count_twice(con, everything)), told


def test_whatever_is_refused_is_not_everything(con: duckdb.DuckDBPyConnection) -> None:
    """Three parts of a printed whole over two years in two districts are all added."""
    relations = [("part_of", code, "all") for code in ("b", "c", "d")]
    cells = [
        (code, region, period, "value", 5, "plain")
        for code in ("b", "c", "d")
        for region in REGIONS[2:4]
        for period in PERIODS[:2]
    ]
    lay(con, relations, cells)
    rows = con.execute(f"select count(*) from ({SQL}) where is_summable").fetchall()
    assert rows == [(12,)]
