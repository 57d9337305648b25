"""Ids that are made of the digits of a hash, and the spreadsheets that read them.

Belongs here: what an id begins with, wherever it is made, and how ids of before are found again.
Does not belong here: what a figure's id follows from (``unit_tests/history.yml``).
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import duckdb
import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration import bounds
from orchestration.process.said import InForce, lay
from orchestration.settings import CODE_ROOT
from orchestration.text import LETTERS, beginnings, lettered, lettered_now
from tests.unit.judged import EXPECTATIONS, WRITTEN_BY_THE_JUDGE

pytestmark = pytest.mark.core

A_NUMBER = re.compile(r"[-+]?[0-9][0-9.,]*([eEdD][-+]?[0-9]+)?|0[xX][0-9a-fA-F]+|[0-9a-fA-F]+")
"""What some spreadsheet or other takes for a number: decimal, with an exponent, hexadecimal."""
HASHES = st.text("0123456789abcdef", min_size=32, max_size=32)


def sql_value(expression: str) -> str:
    with duckdb.connect() as con:
        ((value,),) = con.execute(f"select {expression}").fetchall()
    return str(value)


@given(HASHES, st.sampled_from(sorted(LETTERS)))
def test_no_hash_makes_an_id_that_is_a_number(digest: str, kind: str) -> None:
    made = sql_value(lettered(kind, f"'{digest}'"))
    assert made == LETTERS[kind] + digest[:16]
    assert not A_NUMBER.fullmatch(made)


def test_one_that_a_spreadsheet_would_have_read_as_infinite() -> None:
    digest = "2e45385759841555ffffffffffffffff"
    assert A_NUMBER.fullmatch(digest[:16])
    assert sql_value(lettered("observation", f"'{digest}'")) == "o2e45385759841555"


def test_dbt_begins_ids_with_the_same_letter() -> None:
    keys = (CODE_ROOT / "dbt_project/macros/keys.sql").read_text("utf-8")
    said: list[str] = []
    environment = jinja2.Environment()  # noqa: S701 - SQL, and our own
    environment.globals["return"] = said.append
    environment.from_string(keys + "{{ observation_letter() }}").render()
    assert said == ["'o'"] == [f"'{LETTERS['observation']}'"]
    history = CODE_ROOT / "dbt_project/models/intermediate/int_observation_history.sql"
    text = " ".join(history.read_text("utf-8").split())
    # Wherever an id is cut from a hash, the letter stands before it.
    assert text.count("left(md5(") == text.count("{{ observation_letter() }} || left(md5(") == 2


@pytest.mark.parametrize(
    ("given_id", "found"),
    [("7e8175211016635a", "o7e8175211016635a"), ("o7e8175211016635a", "7e8175211016635a")],
)
def test_an_id_is_looked_for_with_its_letter_and_without(given_id: str, found: str) -> None:
    assert beginnings("observation", given_id) == (given_id, found)


@pytest.mark.parametrize("stored", ["7e8175211016635a", "o7e8175211016635a"])
def test_the_id_of_an_old_release_is_read_as_it_is_now(stored: str) -> None:
    assert sql_value(lettered_now(f"'{stored}'")) == "o7e8175211016635a"


_FIGURE = """
    data_set_id varchar, indicator_code varchar, scope varchar, region_code varchar,
    period varchar, period_kind varchar, basis varchar, measure varchar, price_basis varchar,
    breakdown varchar, figure_kind varchar, subject varchar, locality varchar,
    source_document varchar, source_place varchar, value decimal(30, 8), unit varchar,
    qualifier varchar, obs_status varchar, conf_status varchar, estimate_stage varchar,
    delivery_id varchar, delivery_place varchar, correction_id varchar, known_from date,
    known_to date, region_name_zh varchar, indicator_name_zh varchar, observation_id varchar
"""
_ROW = (
    "('d', 'gdp', 'total', '990101', '2024', 'annual', 'current', 'level', 'current', '_T', "
    "'outturn', '_T', '_T', 'doc', '一', {value}, '亿元', 'exact', 'A', 'F', 'final', 'd:1', "
    "'R2', null, date '2025-03-01', null, '云溪区', '生产总值', {id})"
)


@pytest.mark.parametrize(
    ("value_now", "id_now", "unsaid"),
    [("5", "o0123456789abcdef", []), ("6", "offffffffffffffff", ["o0123456789abcdef"])],
)
def test_a_release_of_before_is_held_against_ids_of_now(
    tmp_path: Path, value_now: str, id_now: str, unsaid: list[str]
) -> None:
    """Nothing changed but the ids: nothing is found. Where a value did, it is."""
    with duckdb.connect() as con:
        con.execute(f"{WRITTEN_BY_THE_JUDGE}; create schema core")
        con.execute(bounds.macros() + (EXPECTATIONS / "macros.sql").read_text("utf-8"))
        con.execute(
            "create table landing.delivery (delivery_id varchar, verdict varchar);"
            "insert into landing.delivery values ('d:1', 'admitted');"
            f"create table core.observation ({_FIGURE}); create table before ({_FIGURE});"
            "insert into before values " + _ROW.format(value="5", id="'0123456789abcdef'") + ";"
            "insert into core.observation values " + _ROW.format(value=value_now, id=f"'{id_now}'")
        )
        files = [tmp_path / "observation.parquet", tmp_path / "conservation.parquet"]
        con.execute(f"copy before to '{files[0]}'")
        con.execute(f"copy landing.delivery to '{files[1]}'")
        lay(con, InForce("r1", date(2025, 4, 1), *files), ())
        found = con.execute("select observation_id from landing.unsaid").fetchall()
    assert [name for (name,) in found] == unsaid
