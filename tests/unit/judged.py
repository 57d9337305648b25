"""Small tables for the rules of executor sql: good rows, in which no rule finds anything.

Belongs here: builders with literal content. Does not belong here: expected values.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.judge.catalogue import Catalogue, Rule, load_catalogue
from orchestration.judge.gates import prepare, write_findings
from orchestration.judge.rules import judge
from orchestration.process.contract import landing_tables

EXPECTATIONS = Path(__file__).parents[2] / "expectations"
CATALOGUE: Catalogue = load_catalogue(EXPECTATIONS)

FIGURE = """
    data_set_id varchar, delivery_id varchar, indicator_code varchar, region_code varchar,
    period varchar, period_start date, period_end date, period_kind varchar, measure varchar,
    basis varchar, scope varchar, price_basis varchar, breakdown varchar, value decimal(30, 8),
    resolution decimal(30, 8), unit varchar, qualifier varchar, obs_status varchar,
    conf_status varchar, estimate_stage varchar, known_from date, source_document varchar,
    source_place varchar, delivery_place varchar, figure_kind varchar default 'outturn',
    subject varchar default '_T', locality varchar default '_T'"""
WRITTEN_BY_THE_JUDGE = "create schema landing;" + ";".join(
    f"create table landing.{name} ({', '.join(map(' '.join, landing_tables()[name].items()))})"
    for name in (
        "rule",
        "finding",
        "validation",
        "unsaid",
        "plausible",
        "population_range",
        "quotient",
        "threshold",
        "expected_change",
    )
)
SCHEMA = f"""
{WRITTEN_BY_THE_JUDGE}; create schema core; create schema intermediate; create schema investment;
create schema industry_clusters; create schema public_services; create schema plan;
create table landing.candidate (
    {FIGURE}, occurrence integer, place_order integer, unit_printed varchar);
create table landing.observation ({FIGURE}, occurrence integer);
create table core.observation (
    {FIGURE}, observation_id varchar, known_to date, is_headline boolean, headline_rank integer);
create table intermediate.int_observation_history (
    {FIGURE}, observation_id varchar, occurrence integer, is_unchanged_repeat boolean);
create table intermediate.int_mart_cell (
    observation_id varchar, mart varchar, region_code varchar, period varchar, item varchar,
    slot varchar, indicator_code varchar, growth_period varchar, scope varchar,
    is_shown boolean, period_kind varchar default 'annual', stage varchar default 'all',
    basis_family varchar default 'outturn', subject varchar default '_T',
    locality varchar default '_T', measure varchar default 'level', value decimal(30, 8),
    reference_value decimal(38, 8), unit varchar, unit_dimension varchar,
    qualifier varchar default 'exact');
create table landing.delivery (
    delivery_id varchar, data_set_id varchar, file_name varchar, delivered_on date,
    delivery_seq integer, cells_read bigint,
    cells_accepted bigint, cells_quarantined bigint, cells_non_data bigint, verdict varchar,
    receipt_sha256 varchar, is_damaged boolean, is_gone boolean);
create table landing.data_set (data_set_id varchar, max_quarantined integer);
create table landing.completeness (
    data_set_id varchar, indicator_code varchar, region_code varchar, severity varchar);
create table landing.code (
    list varchar, code varchar, name_zh varchar, name_en varchar, valid_from date, valid_to date,
    maps_to varchar);
create table landing.indicator (
    indicator_code varchar, name_zh varchar, name_en varchar, mart varchar, scope varchar,
    role varchar, over_regions varchar);
create table landing.unit (
    unit varchar, name_zh varchar, name_en varchar, dimension varchar, factor decimal(30, 8));
create table landing.relation (
    relation_id varchar, kind varchar, indicator_code varchar, other_code varchar,
    numerator_code varchar, tolerance decimal(30, 8), tolerance_kind varchar,
    reaches_total boolean, cut varchar, denominator varchar, note_zh varchar, note_en varchar);
create table landing.region (
    region_code varchar, region_name_zh varchar, region_name_en varchar, region_kind varchar,
    parent_code varchar,
    valid_from date, valid_to date, lists_all_parts boolean);
create table landing.source_document (
    source_document varchar, title_zh varchar, title_en varchar, published varchar,
    source_grade varchar);
create table landing.release (release_time timestamp);
create table industry_clusters.enterprise_tiers (
    basis_family varchar, added decimal(30, 8), exited decimal(30, 8),
    net_gain_computed decimal(30, 8), stock_before decimal(30, 8), stock_at_end decimal(30, 8),
    stock_computed decimal(30, 8), stock_difference decimal(30, 8),
    stock_before_observation_id varchar, stock_at_end_observation_id varchar);
create table industry_clusters.per_mu_class (
    firms decimal(30, 8), firms_computed decimal(30, 8), firms_difference decimal(30, 8),
    firms_observation_id varchar, share_unit varchar, share_observation_id varchar,
    firms_share_computed decimal(30, 2), tax_per_mu_unit varchar,
    tax_per_mu_computed decimal(30, 2), tax_per_mu_computed_qualifier varchar,
    tax_per_mu_observation_id varchar, value_added_per_mu_unit varchar,
    value_added_per_mu_computed decimal(30, 2), value_added_per_mu_computed_qualifier varchar,
    value_added_per_mu_observation_id varchar);
create table core.case_ledger (
    cases decimal(30, 8), cases_computed decimal(30, 8), cases_difference decimal(30, 8),
    cases_observation_id varchar, share_unit varchar, share_observation_id varchar,
    cases_share_computed decimal(30, 2), completion_rate_computed decimal(30, 2),
    completion_rate_difference decimal(30, 2), completion_rate_observation_id varchar);
create table public_services.service_coverage (
    coverage_computed decimal(30, 2), coverage_difference decimal(30, 2),
    coverage_observation_id varchar);
create table plan.plan_summary (
    count_printed decimal(30, 8), count_computed integer, count_difference decimal(30, 8),
    is_table_supplied boolean, count_observation_id varchar);
create table investment.project (project varchar, value_observation_id varchar);
create table landing.column_dictionary (
    schema_name varchar, table_name varchar, column_name varchar, role varchar);
insert into landing.column_dictionary values
    ('investment', 'project', 'value_observation_id', 'observation'),
    ('investment', 'project', 'project', 'text');
"""
CODES = {
    "measure": "level count share_pct rank target_level",
    "basis": "current share rank target",
    "qualifier": "exact above at_least above_slightly below at_most just_below approx",
    "period_kind": "annual target",
    "scope": "total above_scale",
    "price_basis": "current comparable not_applicable",
    "obs_status": "A P E F M O",
    "conf_status": "F",
    "estimate_stage": "not_stated forecast",
}
UNITS = """
    亿元 currency_cny 100000000, 万元 currency_cny 10000, 元 currency_cny 1, 万人 persons 10000,
    % percent 1, ‱ permyriad 1, 百分点 percentage_point 1, 位 rank 1, 家 count_jia 1, 个 count_ge 1,
    平方公里 area_m2 1000000, 人/平方公里 persons_per_km2 1, 倍 times_as_much 1, 指数 index 1
"""
YEAR_2020 = {
    "period": "2020",
    "period_start": date(2020, 1, 1),
    "period_end": date(2020, 12, 31),
}
YEAR_2021 = {
    "period": "2021",
    "period_start": date(2021, 1, 1),
    "period_end": date(2021, 12, 31),
}
YEARS = {
    "period": "2020/2022",
    "period_start": date(2020, 1, 1),
    "period_end": date(2022, 12, 31),
    "period_kind": "growth_over_range",
}
CUMULATIVE = {
    "period": "2021-07/2022-12",
    "period_start": date(2021, 7, 1),
    "period_end": date(2022, 12, 31),
    "period_kind": "cumulative_range",
    "basis": "cumulative",
}
GROWTH = {"measure": "yoy_growth_pct", "basis": "yoy", "unit": "%"}
AVERAGE = {"measure": "cagr_pct", "basis": "cagr", "unit": "%"}
RESIDENTS = {
    "indicator_code": "residents",
    "period": "2022-12",
    "period_start": date(2022, 12, 1),
    "period_end": date(2022, 12, 31),
    "period_kind": "point",
    "basis": "point_in_time",
    "unit": "万人",
    "price_basis": "not_applicable",
    "resolution": "0.01",
}
A_YEAR_BEFORE = {
    "period": "2021-12",
    "period_start": date(2021, 12, 1),
    "period_end": date(2021, 12, 31),
}
PRESS = {"source_document": "press", "is_headline": False}
SHARE = {"measure": "share_pct", "basis": "share", "unit": "%", "price_basis": "not_applicable"}


def figure(**changes: Any) -> dict[str, Any]:
    """A good figure: 12.3 at current prices in 2022, known in 2023."""
    return {
        "data_set_id": "plan",
        "delivery_id": "plan-1",
        "indicator_code": "total",
        "region_code": "R1",
        "period": "2022",
        "period_start": date(2022, 1, 1),
        "period_end": date(2022, 12, 31),
        "period_kind": "annual",
        "measure": "level",
        "basis": "current",
        "scope": "total",
        "price_basis": "current",
        "breakdown": "_T",
        "value": "12.3",
        "resolution": "0.1",
        "unit": "亿元",
        "qualifier": "exact",
        "obs_status": "A",
        "conf_status": "F",
        "estimate_stage": "not_stated",
        "known_from": date(2023, 2, 1),
        "source_document": "doc",
        "source_place": "p. 1",
        "delivery_place": "Sheet1!B2",
        **changes,
    }


def insert(con: duckdb.DuckDBPyConnection, table: str, **row: Any) -> None:
    marks = ", ".join("?" for _ in row)
    con.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))


def candidate(con: duckdb.DuckDBPyConnection, **changes: Any) -> None:
    insert(con, "landing.candidate", **figure(**{"occurrence": 1, **changes}))


def known(con: duckdb.DuckDBPyConnection, observation_id: str, **changes: Any) -> None:
    """A figure in landing, history and core, each at a place of its own."""
    same = figure(**{"source_place": observation_id, **changes})
    versions = {key: same.pop(key, None) for key in ("known_to", "is_headline")}
    headline = versions["is_headline"] is None or versions["is_headline"]
    insert(con, "landing.observation", **same, occurrence=1)
    insert(
        con,
        "intermediate.int_observation_history",
        **same,
        observation_id=observation_id,
        occurrence=1,
        is_unchanged_repeat=False,
    )
    insert(
        con,
        "core.observation",
        **same,
        observation_id=observation_id,
        known_to=versions["known_to"],
        is_headline=headline,
        headline_rank=1 if headline else 2,
    )


def relate(con: duckdb.DuckDBPyConnection, kind: str, one: str, other: str, **more: Any) -> None:
    row = {
        "relation_id": f"{kind}:{one}:{other}",
        "kind": kind,
        "indicator_code": one,
        "other_code": other,
        "numerator_code": "",
        "tolerance": "0",
        "tolerance_kind": "rounding",
        "reaches_total": False,
        "denominator": "same_period",
        "note_zh": "",
        "note_en": "",
        **more,
    }
    insert(con, "landing.relation", **row)


def build(con: duckdb.DuckDBPyConnection) -> None:
    """Good tables: no rule finds anything in them, and every rule finds something to check."""
    con.execute(SCHEMA)
    for name, codes in CODES.items():
        for code in codes.split():
            insert(con, "landing.code", list=name, code=code)
    insert(con, "landing.data_set", data_set_id="plan", max_quarantined=1)
    insert(
        con,
        "landing.delivery",
        delivery_id="plan-1",
        data_set_id="plan",
        delivery_seq=1,
        cells_read=10,
        cells_accepted=7,
        cells_quarantined=1,
        cells_non_data=2,
    )
    for severity in ("hard", "soft"):
        insert(
            con,
            "landing.completeness",
            data_set_id="plan",
            indicator_code="total",
            region_code="R1",
            severity=severity,
        )
    candidate(con)
    candidate(con, **SHARE, indicator_code="share", value="100")
    candidate(con, indicator_code="rank", measure="rank", basis="rank", unit="1", value="3")
    candidate(con, indicator_code="firms", measure="count", unit="家", value="12")
    candidate(con, indicator_code="people", measure="count", unit="万人", value="1.25")
    candidate(
        con,
        indicator_code="goal",
        measure="target_level",
        basis="target",
        period="2030",
        period_start=date(2030, 1, 1),
        period_end=date(2030, 12, 31),
        period_kind="target",
    )
    candidate(con, indicator_code="gap", value=None, resolution=None, obs_status="O")

    known(con, "o-total", value="100.0")
    known(con, "o-a", indicator_code="a", value="40.04", resolution="0.01")
    known(con, "o-b", indicator_code="b", value="60.0")
    known(con, "o-share-a", **SHARE, indicator_code="share_a", value="40.0")
    known(con, "o-share-b", **SHARE, indicator_code="share_b", value="60.0")
    known(con, "o-again", value="100", resolution="1", is_headline=False)
    known(
        con,
        "o-old",
        value="99.0",
        source_place="o-total",
        known_from=date(2022, 6, 1),
        known_to=date(2023, 2, 1),
        is_headline=False,
    )
    insert(con, "landing.observation", **figure(value="99.0"), occurrence=1)
    insert(
        con,
        "intermediate.int_observation_history",
        **figure(value="99.0"),
        observation_id="o-old",
        occurrence=1,
        is_unchanged_repeat=True,
    )
    insert(
        con,
        "landing.indicator",
        indicator_code="total",
        mart="investment.project",
        scope="total",
        role="value",
    )
    insert(con, "landing.indicator", indicator_code="a", mart="")
    insert(con, "landing.indicator", indicator_code="residents", mart="", over_regions="sum")
    build_comparable(con)
    build_systems(con)
    con.execute(
        "insert into investment.project select observation_id, observation_id from core.observation"
    )
    relate(con, "part_of", "a", "total", reaches_total=True)
    relate(con, "part_of", "b", "total", reaches_total=True)
    relate(con, "share_of", "share_a", "total", numerator_code="a", reaches_total=True)
    relate(con, "share_of", "share_b", "total", numerator_code="b", reaches_total=True)
    relate(con, "not_above", "a", "total")
    prepare(con, CATALOGUE, EXPECTATIONS, "marts", frozen=False)


def collect_findings(con: duckdb.DuckDBPyConnection, rules: Iterable[Rule]) -> int:
    """Run rules and write what they find; returns how many findings."""
    return write_findings(con, judge(con, tuple(rules)), CATALOGUE)


def build_systems(con: duckdb.DuckDBPyConnection) -> None:
    """A tier that moved as it should, classes of their total, a coverage and a plan as printed."""
    insert(
        con,
        "industry_clusters.enterprise_tiers",
        basis_family="outturn",
        added="50.0",
        exited="10.0",
        net_gain_computed="40.0",
        stock_before="60.0",
        stock_at_end="100.0",
        stock_computed="100.0",
        stock_difference="0",
        stock_before_observation_id="o-b",
        stock_at_end_observation_id="o-total",
    )
    insert(
        con,
        "industry_clusters.per_mu_class",
        firms="100.0",
        firms_computed="100.0",
        firms_difference="0",
        firms_observation_id="o-total",
    )
    insert(
        con,
        "public_services.service_coverage",
        coverage_computed="40.04",
        coverage_difference="0",
        coverage_observation_id="o-a",
    )
    insert(
        con,
        "plan.plan_summary",
        count_printed="100",
        count_computed=100,
        count_difference="0",
        is_table_supplied=True,
        count_observation_id="o-total",
    )


def build_comparable(con: duckdb.DuckDBPyConnection) -> None:
    """Growth and levels, a figure per head, figures of regions, the same figures in the press."""
    for line in UNITS.split(","):
        unit, dimension, factor = line.split()
        insert(con, "landing.unit", unit=unit, dimension=dimension, factor=factor)
    insert(con, "landing.source_document", source_document="doc", published="2023-02-01")
    insert(con, "landing.source_document", source_document="press", published="2023-02")
    insert(con, "landing.release", release_time=datetime(2026, 3, 1, 9, 0))
    insert(con, "landing.region", region_code="R1", lists_all_parts=True)
    for part in ("R11", "R12"):
        insert(con, "landing.region", region_code=part, parent_code="R1")
    insert(
        con,
        "landing.region",
        region_code="R13",
        parent_code="R1",
        valid_to=date(2016, 1, 1),
    )

    sales = {"indicator_code": "sales"}
    known(con, "o-sales-2020", **sales, **YEAR_2020, value="80.0")
    known(con, "o-sales-2021", **sales, **YEAR_2021, value="90.0", estimate_stage="census_revised")
    known(con, "o-sales-2022", **sales, value="100.0")
    known(con, "o-sales-range", **sales, **CUMULATIVE, value="150.0")
    known(con, "o-press-2021", **sales, **YEAR_2021, **PRESS, value="90", estimate_stage="flash")
    known(con, "o-press-2022", **sales, **PRESS, value="100.0")
    known(con, "o-growth", **GROWTH, indicator_code="sales_growth", value="11.1")
    known(con, "o-average", **YEARS, **AVERAGE, indicator_code="sales_average", value="11.8")
    known(con, "o-increment", **YEARS, indicator_code="sales_increment", value="20.0")
    relate(con, "growth_of", "sales_growth", "sales")
    relate(con, "growth_of", "sales_average", "sales")
    relate(con, "increment_of", "sales_increment", "sales")

    known(con, "o-people", **RESIDENTS, value="10.00")
    known(con, "o-people-before", **{**RESIDENTS, **A_YEAR_BEFORE}, value="10.00")
    known(con, "o-people-11", **{**RESIDENTS, "region_code": "R11"}, value="4.00")
    known(con, "o-people-12", **{**RESIDENTS, "region_code": "R12"}, value="6.00")
    known(con, "o-per-head", indicator_code="per_head", value="100000", resolution="1", unit="元")
    relate(
        con,
        "ratio_of",
        "per_head",
        "residents",
        numerator_code="total",
        denominator="mean_of_year_ends",
    )


def build_suspicious(con: duckdb.DuckDBPyConnection) -> None:
    """Figures beside each other that are as unequal, and as near, as honest ones are."""
    # a growth and a share of one thing, in one section
    known(con, "o-rate", **GROWTH, indicator_code="line_growth", value="13.8", source_place="s")
    known(con, "o-part", **SHARE, indicator_code="line_share", value="13.9", source_place="s")
    relate(con, "growth_of", "line_growth", "line")
    relate(con, "share_of", "line_share", "line")
    # the growth of a whole and of a part of it
    frame = {**AVERAGE, **YEARS, "price_basis": "comparable"}
    known(con, "o-trade", **frame, indicator_code="trade_average", value="20.7")
    known(con, "o-export", **frame, indicator_code="export_average", value="20.8")
    relate(con, "growth_of", "trade_average", "trade")
    relate(con, "growth_of", "export_average", "export")
    relate(con, "part_of", "export", "trade")
    # finished ones and those under way
    ones = {"measure": "count", "unit": "个", "price_basis": "not_applicable", "resolution": "1"}
    known(con, "o-done", **ones, indicator_code="done", value="20")
    known(con, "o-doing", **ones, indicator_code="doing", value="21")
    relate(con, "apart_from", "doing", "done")
    # two and a half years, and the middle one
    longer = {
        "period": "2021-01/2023-06",
        "period_start": date(2021, 1, 1),
        "period_end": date(2023, 6, 30),
        "period_kind": "cumulative_range",
        "basis": "cumulative",
        "known_from": date(2023, 11, 30),
    }
    known(con, "o-fees-range", **longer, indicator_code="fees", value="430.0")
    known(con, "o-fees", indicator_code="fees", value="177.5")
    # land and firms in one row
    insert(
        con,
        "landing.code",
        list="plausible_ratio",
        code="area_mu_to_count_jia",
        name_zh="每家用地（亩）",
        name_en="land per firm (mu)",
        maps_to="1..5000",
    )
    for slot, value, unit, dimension in (
        ("land", "6.3", "万亩", "area_mu"),
        ("firms", "6.3", "万家", "count_jia"),
    ):
        known(con, f"o-{slot}", indicator_code=slot, value=value, unit=unit)
        insert(con, "landing.indicator", indicator_code=slot, name_zh=slot, name_en=slot, mart="")
        insert(
            con,
            "intermediate.int_mart_cell",
            observation_id=f"o-{slot}",
            mart="investment.project",
            region_code="R1",
            period="2022",
            item="survey",
            slot=slot,
            indicator_code=slot,
            scope="total",
            is_shown=True,
            value=value,
            reference_value=str(Decimal(value) * 10000),
            unit=unit,
            unit_dimension=dimension,
        )
    con.execute(
        "insert into investment.project select observation_id, observation_id "
        "from core.observation anti join investment.project on project = observation_id"
    )


def ranged(con: duckdb.DuckDBPyConnection, code: str, **ends: Any) -> None:
    """The plausible range of an indicator in deliveries of plan; ends as in landing.plausible."""
    row = {
        "data_set_id": "plan",
        "indicator_code": code,
        "range_class": code,
        "measure": "level",
        "dimension": "currency_cny",
        "behaviour": "flow",
        "is_signed": False,
        "is_whole": False,
        "lows_since": date(2000, 1, 1),
        "short_periods": 4.0,
        "reason_zh": "",
        "reason_en": "",
        **ends,
    }
    insert(con, "landing.plausible", **row)


def build_plausible(con: duckdb.DuckDBPyConnection) -> None:
    """A city R1 of 100 000 and its districts of 40 000 and 60 000, all alike per head."""
    con.execute("update landing.region set region_kind = if(region_code = 'R1', 'city', 'county')")
    con.execute("update landing.delivery set delivered_on = date '2023-03-01'")
    for name, codes in {"measure": "yoy_growth_pct", "basis": "yoy point_in_time"}.items():
        for code in codes.split():
            insert(con, "landing.code", list=name, code=code)
    insert(con, "landing.code", list="period_kind", code="point")
    for kind, low, high in (("city", 50_000, 1_000_000), ("county", 10_000, 500_000)):
        insert(
            con,
            "landing.population_range",
            region_kind=kind,
            low=low,
            high=high,
            lowest=low / 10,
            highest=high * 10,
        )
    people = {"dimension": "persons", "behaviour": "stock", "head_low": 1, "head_high": 1}
    possible = {"head_lowest": 1, "head_highest": 1}
    ranged(con, "residents", **people, **possible, residents_rank=1, share_moves=1.3)
    heads = {"head_low": 2_000, "head_high": 500_000, "head_lowest": 100, "head_highest": 4_000_000}
    ranged(con, "output", **heads, around_low=0.2, around_high=5, share_moves=2)
    ranged(con, "taxes", head_low=0, head_high=200_000, head_lowest=0, head_highest=2_000_000)
    rates = {"measure": "yoy_growth_pct", "dimension": "percent", "behaviour": "rate"}
    possible = {"value_lowest": -95, "value_highest": 1_000, "is_signed": True}
    ranged(con, "output_growth", **rates, **possible, value_low=-45, value_high=60)
    whole = {"dimension": "persons", "behaviour": "stock", "value_low": 0, "value_lowest": 0}
    ranged(con, "pupils", **whole, is_whole=True)
    insert(
        con,
        "landing.quotient",
        quotient_id="taxes-of-output",
        name_zh="税收与产出之比",
        name_en="Taxes over output",
        of_code="taxes",
        times_code="",
        by_code="output",
        low=0.02,
        high=0.5,
        lowest=0.001,
        highest=5,
    )
    for code in ("output", "taxes", "output_growth", "pupils"):
        insert(con, "landing.indicator", indicator_code=code, mart="", over_regions="")
    con.execute("update landing.indicator set over_regions = 'sum' where indicator_code = 'output'")
    for region, value in (("R1", "100.0"), ("R11", "40.0"), ("R12", "60.0")):
        at: dict[str, Any] = {"indicator_code": "output", "region_code": region}
        candidate(con, **at, value=value, delivery_place=f"output {region}")
        known(con, f"o-output-{region}", **at, value=value)
        known(con, f"o-output-{region}-before", **at, **YEAR_2021, value=value)
        at = {**RESIDENTS, "region_code": region}
        candidate(con, **at, value=str(Decimal(value) / 10), delivery_place=f"people {region}")
    known(
        con, "o-people-11-before", **{**RESIDENTS, **A_YEAR_BEFORE, "region_code": "R11"}, value="4"
    )
    known(
        con, "o-people-12-before", **{**RESIDENTS, **A_YEAR_BEFORE, "region_code": "R12"}, value="6"
    )
    candidate(con, **GROWTH, indicator_code="output_growth", value="7.4")
    known(con, "o-output-growth", **GROWTH, indicator_code="output_growth", value="7.4")
    known(con, "o-taxes", indicator_code="taxes", value="10.0")
    pupils = {"indicator_code": "pupils", "unit": "万人", "price_basis": "not_applicable"}
    known(con, "o-pupils", **pupils, value="0.8421", resolution="0.0001")
    con.execute(
        "insert into investment.project select observation_id, observation_id "
        "from core.observation anti join investment.project on project = observation_id"
    )


def build_series(con: duckdb.DuckDBPyConnection) -> None:
    """Figures period by period, that move and add up as honest ones do."""
    for list_, code in (("measure", "yoy_growth_pct"), ("basis", "yoy")):
        insert(con, "landing.code", list=list_, code=code)
    candidate(con, **GROWTH, indicator_code="pace", value="5.1")
    # eleven years that grow by 4 to 6 per cent
    values = "100.0 104.0 110.2 115.7 120.3 127.5 133.9 139.3 147.7 155.1 161.3".split()
    for year, value in enumerate(values, start=2012):
        known(con, f"o-ser-{year}", **a_year(year), indicator_code="ser", value=value)
    # two rows of one table, in two years
    for code, before, now in (("north", "10.0", "10.5"), ("south", "30.0", "31.0")):
        known(con, f"o-{code}-2021", **a_year(2021), indicator_code=code, value=before)
        known(con, f"o-{code}-2022", **a_year(2022), indicator_code=code, value=now)
    # three months, their quarter, and the year to date
    for month, value, sum_ in ((1, "10.0", ""), (2, "11.0", "21.0"), (3, "12.0", "33.0")):
        end = date(2022, month, (31, 28, 31)[month - 1])
        monthly = {"period_start": date(2022, month, 1), "period_end": end}
        known(
            con, f"o-month-{month}", **monthly, period=f"2022-{month:02}", period_kind="monthly",
            indicator_code="flow", value=value,
        )  # fmt: skip
        if sum_:
            known(
                con, f"o-to-date-{month}", period=f"2022-01/2022-{month:02}",
                period_start=date(2022, 1, 1), period_end=end, period_kind="cumulative_range",
                basis="cumulative", indicator_code="flow", value=sum_,
            )  # fmt: skip
    known(
        con, "o-quarter", period="2022-Q1", period_start=date(2022, 1, 1),
        period_end=date(2022, 3, 31), period_kind="quarterly", indicator_code="flow", value="33.0",
    )  # fmt: skip
    # a total that grows between its parts
    for code, value in (("total", "5.0"), ("a", "4.0"), ("b", "6.0")):
        known(con, f"o-{code}-pace", **GROWTH, indicator_code=f"{code}_pace", value=value)
        relate(con, "growth_of", f"{code}_pace", code)
    for year in (2020, 2021, 2022):
        share = {**SHARE, **a_year(year)}
        known(con, f"o-east-{year}", **share, indicator_code="east_share", value="60.0")
        known(con, f"o-west-{year}", **share, indicator_code="west_share", value="40.0")


def a_year(year: int) -> dict[str, Any]:
    """The period of a year."""
    return {
        "period": str(year),
        "period_start": date(year, 1, 1),
        "period_end": date(year, 12, 31),
    }


def set_core(where: str, change: str) -> str:
    return f"update core.observation set {change} where observation_id = '{where}'"


def answers(con: duckdb.DuckDBPyConnection, view: str, column: str) -> list[bool | None]:
    rows = con.execute(f"select {column} from judge.{view} order by observation_a").fetchall()
    return [row[0] for row in rows]


@contextlib.contextmanager
def laid(
    *builds: Callable[[duckdb.DuckDBPyConnection], None],
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with good rows of these kinds."""
    with duckdb.connect() as con:
        for lay in builds:
            lay(con)
        yield con
