"""Given two deliveries of the invented district, when it runs once, then readers find this.

Belongs here: what one release holds and how it is asked. Does not belong here: what a second
run does (``test_history``), and how bad deliveries are told (``tests/rejects``).
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml
from openpyxl import load_workbook

from orchestration.settings import CODE_ROOT
from tests.pipeline.released import RELEASE_ID, Released, qutong
from tests.support import investment

pytestmark = pytest.mark.core

# What issue 2 asks for; the contract adds columns and keeps this order.
ASKED_FOR = """
    observation_id data_set_id indicator_code indicator_name_zh indicator_name_en region_code
    region_name_zh period period_start period_end period_kind basis scope price_basis breakdown
    value unit value_printed unit_printed qualifier obs_status conf_status estimate_stage
    known_from known_to is_headline is_period_inferred is_simulated source_document source_grade
    source_place delivery_place receipt_sha256
""".split()

# A model under marts is published, under the name of its folder and its own.
TABLES = sorted(
    f"{file.parent.name}.{file.stem}"
    for file in (CODE_ROOT / "dbt_project/models/marts").glob("*/*.sql")
)

IN_ORDER_OF_PLACES = (
    "order by data_set_id, regexp_extract(delivery_place, '[0-9]+$|^R[0-9]+'), delivery_place"
)
BULLETIN_SHA256 = "f723e65b1c2e3674dddb6bb1d211f2918f343d37274483585116f83e6ca5ed37"


# --- what the run says ------------------------------------------------------------------------


def test_the_summary_tells_a_person_what_came_of_it(first: Released) -> None:
    assert first.done.exit_code == 0
    assert re.sub(r"\d+\.\d s\)", "… s)", first.done.stdout).splitlines() == [
        "",
        "已发布 Published: release 2026-03-01.1  (… s)",
        "  收集 Collected  2 files on offer, 2 new",
        "  接收 Accepted   2 of 2 deliveries, 13 observations",
        "  拒收 Refused    0 deliveries (0 open)",
        "  发现 Found      no findings; 30 comparisons lacked data",
        f"  位置 Place      {first.settings.releases / RELEASE_ID}",
        '  下一步 Next   open quality/report.html there, or ask: qutong sql "from core.data_set"',
    ]


def test_progress_names_every_step(first: Released) -> None:
    lines = [re.sub(r"^ *\d+\.\d s  ", "", line) for line in first.done.stderr.splitlines()]
    assert lines == [
        "准备 / starting",
        "收集 / collect  yunxi-investment",
        "收集 / collect  yunxi-profile",
        "入库 / land",
        "交付关 / delivery gate",
        "加工 / process (dbt)",
        "集市关 / marts gate",
        "质量表 / quality tables (dbt)",
        "候选版本 / release candidate",
        "发布关 / release gate",
        "发布 / publish",
    ]


# --- core.observation -------------------------------------------------------------------------


def test_the_columns_are_those_of_the_contract(first: Released) -> None:
    declared = yaml.safe_load(
        (CODE_ROOT / "dbt_project/models/marts/core/_core.yml").read_text(encoding="utf-8")
    )
    model = next(model for model in declared["models"] if model["name"] == "observation")
    contract = [(column["name"], column["data_type"]) for column in model["columns"]]
    found = first.rows("select column_name, lower(column_type) from (describe core.observation)")
    assert [(name, kind.replace(" ", "")) for name, kind in found] == contract
    names = [name for name, _ in found]
    assert [name for name in names if name in ASKED_FOR] == ASKED_FOR


def test_every_figure_stands_there_as_it_was_printed(first: Released) -> None:
    assert first.lines(
        "select delivery_place, indicator_code, region_name_zh, period, value, unit, "
        f"value_printed, unit_printed, qualifier from core.observation {IN_ORDER_OF_PLACES}"
    ) == [
        "表1!C5 | fai | 云州市云溪区 | 2025-01/2025-06 | 200 | 亿元 | 200.0 | 亿元 | exact",
        "表1!D5 | fai_growth | 云州市云溪区 | 2025-01/2025-06 | 6.5 | % | 6.5 | % | exact",
        "表1!C6 | fai_industry | 云州市云溪区 | 2025-01/2025-06 | 50 | 亿元 | 50.0 | 亿元 | exact",
        "表1!E6 | fai_industry_share | 云州市云溪区 | 2025-01/2025-06 | 25 | % | 25.0 | % | exact",
        "表1!C7 | fai_estate | 云州市云溪区 | 2025-01/2025-06 | 90 | 亿元 | 90.0 | 亿元 | exact",
        "表1!E7 | fai_estate_share | 云州市云溪区 | 2025-01/2025-06 | 45 | % | 45.0 | % | exact",
        "R2C5 | gdp | 云州市云溪区 | 2024 | 512.3 | 亿元 | 512.3 | 亿元 | exact",
        "R3C5 | gdp_growth | 云州市云溪区 | 2024 | 5.1 | % | 5.1 | % | exact",
        "R4C5 | gdp | 云州市 | 2024 | 4120.5 | 亿元 | 4,120.5 | 亿元 | exact",
        "R5C5 | gdp | 云州市云溪区 | 2024 | 510 | 亿元 | 510 | 亿元 | above",
        "R6C5 | gdp | 云州市云溪区 | 2024 | 512.3 | 亿元 | 5123000 | 万元 | exact",
        "R7C5 | residents | 云州市云溪区 | 2024-12 | 38.6 | 万人 | ３８．６ | 万人 | exact",
        "R8C5 | schools | 云州市云溪区 | 2024 | 41 | 所 | 41 | 所 | exact",
    ]


def test_every_figure_names_its_document_and_place(first: Released) -> None:
    assert first.lines(
        "select delivery_place, source_document, source_place, source_grade from core.observation "
        f"where data_set_id = 'yunxi-profile' {IN_ORDER_OF_PLACES}"
    ) == [
        "R2C5 | yunxi-bulletin | 一、综合 | official",
        "R3C5 | yunxi-bulletin | 一、综合 | official",
        "R4C5 | yunxi-bulletin | 一、综合 | official",
        "R5C5 | yunxi-bulletin | 前言 | official",
        "R6C5 | yunxi-press | 头版 | secondary",
        "R7C5 | yunxi-bulletin | 二、人口 | official",
        "R8C5 | yunxi-bulletin | 三、教育 | official",
    ]
    assert first.rows(
        "select distinct source_document, source_place, source_grade from core.observation "
        "where data_set_id = 'yunxi-investment'"
    ) == [("yunxi-monthly", "表1", "official")]


def test_one_row_in_all_its_columns(first: Released) -> None:
    rows = first.rows("from core.observation where indicator_code = 'residents'")
    names = [row[0] for row in first.rows("select column_name from (describe core.observation)")]
    assert [dict(zip(names, row, strict=True)) for row in rows] == [
        {
            "observation_id": "od9abeed442a88c49",
            "data_set_id": "yunxi-profile",
            "indicator_code": "residents",
            "indicator_name_zh": "常住人口",
            "indicator_name_en": "Residents",
            "region_code": "990101",
            "region_name_zh": "云州市云溪区",
            "period": "2024-12",
            "period_start": date(2024, 12, 1),
            "period_end": date(2024, 12, 31),
            "period_kind": "point",
            "measure": "level",
            "basis": "point_in_time",
            "scope": "not_stated",
            "price_basis": "not_applicable",
            "breakdown": "_T",
            "value": Decimal("38.6"),
            "unit": "万人",
            "value_printed": "３８．６",
            "unit_printed": "万人",
            "indicator_name_printed": "常住人口",
            "qualifier": "exact",
            "obs_status": "A",
            "conf_status": "F",
            "estimate_stage": "not_stated",
            "known_from": date(2025, 2, 28),
            "known_to": None,
            "is_headline": True,
            "repeat_of": None,
            "is_period_inferred": True,
            "is_simulated": False,
            "source_document": "yunxi-bulletin",
            "source_grade": "official",
            "source_place": "二、人口",
            "delivery_place": "R7C5",
            "delivery_id": "yunxi-profile:f723e65b1c2e",
            "receipt_sha256": BULLETIN_SHA256,
            "resolution": Decimal("0.1"),
            "theme": "profile",
            "headline_rank": 1100070,
            "note": None,
            "correction_id": None,
            "headline_during": None,
            "figure_kind": "outturn",
            "subject": "_T",
            "locality": "_T",
            "value_low": Decimal("38.6"),
            "value_high": Decimal("38.6"),
            "is_bound": False,
            "year": 2024,
            "quarter": 4,
            "month": 12,
            "reference_date": date(2024, 12, 31),
        }
    ]


def test_no_id_of_a_release_is_a_number_to_a_spreadsheet(first: Released) -> None:
    """Whatever its hash: nothing that stands for an id begins as a number does."""
    columns = first.rows(
        "select schema_name, table_name, column_name from meta.column_dictionary "
        "where role in ('observation', 'observations', 'evidence') "
        "or column_name in ('finding_id', 'quarantine_id', 'repeat_of', 'correction_id') "
        "order by all"
    )
    assert ("quality", "finding", "finding_id") in columns
    assert ("core", "observation", "observation_id") in columns
    for schema, table, column in columns:
        assert (
            first.rows(
                f"select {column} from {schema}.{table} where regexp_matches({column}, '^[-+.0-9]')"
            )
            == []
        ), f"{schema}.{table}.{column}"


def test_every_code_that_the_dictionary_names_is_in_a_table(first: Released) -> None:
    assert (
        first.rows(
            "select distinct code_list from meta.column_dictionary where code_list is not null "
            "and code_list not in (select code_list from meta.code)"
        )
        == []
    )
    assert first.lines(
        "select code, name_zh, name_en from meta.code where code_list = 'qualifier' "
        "and code in ('above', 'exact') order by code"
    ) == ["above | 超过（不含本数） | above, the number excluded", "exact | 准确值 | exact"]
    assert first.lines(
        "select u.sdmx_id, u.unit_measure, u.unit_mult from core.observation as o "
        "join meta.unit as u using (unit) where o.indicator_code = 'residents'"
    ) == ["PS_E4 | 人 | 4"]
    package = json.loads((first.path / "datapackage.json").read_text("utf-8"))
    (figures,) = (r for r in package["resources"] if r["name"] == "core.observation.csv")
    assert {
        "fields": ["unit"],
        "reference": {"resource": "meta.unit.csv", "fields": ["unit"]},
    } in figures["schema"]["foreignKeys"]
    assert {r["name"] for r in package["resources"]} > {"meta.code.csv", "meta.code.parquet"}


def test_one_headline_among_three_prints_and_the_bound_is_a_repeat(first: Released) -> None:
    assert first.lines(
        "select o.source_document, o.source_place, o.value, o.qualifier, o.source_grade, "
        "o.known_from, o.is_headline, p.source_place as repeats "
        "from core.observation as o left join core.observation as p "
        "on o.repeat_of = p.observation_id "
        "where o.indicator_code = 'gdp' and o.region_code = '990101' order by o.source_place"
    ) == [
        "yunxi-bulletin | 一、综合 | 512.3 | exact | official | 2025-02-28 | True | –",
        "yunxi-bulletin | 前言 | 510 | above | official | 2025-02-28 | False | 一、综合",
        "yunxi-press | 头版 | 512.3 | exact | secondary | 2025-03-01 | False | –",
    ]


def test_kinds_of_figures_and_periods(first: Released) -> None:
    assert first.lines(
        "select indicator_code, measure, basis, period_kind, period_start, period_end, "
        "obs_status, estimate_stage, known_from from core.observation "
        "where is_headline and region_code = '990101' "
        "and indicator_code in ('gdp_growth', 'fai', 'fai_growth', 'fai_industry_share', "
        "'schools') order by all"
    ) == [
        f"{kind} | cumulative_range | 2025-01-01 | 2025-06-30 | P | preliminary | 2025-07-15"
        for kind in (
            "fai | level | cumulative",
            "fai_growth | yoy_growth_pct | yoy",
            "fai_industry_share | share_pct | share",
        )
    ] + [
        f"{kind} | annual | 2024-01-01 | 2024-12-31 | A | not_stated | 2025-02-28"
        for kind in ("gdp_growth | yoy_growth_pct | yoy", "schools | count | current")
    ]


# --- marts ------------------------------------------------------------------------------------


def test_investment_with_printed_and_computed_share_and_the_residual(first: Released) -> None:
    assert first.lines(
        "select item, item_name_zh, is_part_of_total, investment, investment_unit, share_printed, "
        "share_computed, share_computed_qualifier, share_difference, residual_share, "
        "residual_investment, residual_investment_qualifier, growth_printed, growth_kind "
        "from investment.fixed_asset_investment order by item"
    ) == [
        "_residual | 未单列部分 | False | – | 亿元 | – | – | – | – | 30 | 60 | exact | – | –",
        "industry | 工业 | True | 50 | 亿元 | 25 | 25 | exact | 0 | – | – | – | – | –",
        "real_estate | 房地产开发 | True | 90 | 亿元 | 45 | 45 | exact | 0 | – | – | – | – | –",
        "total | 固定资产投资合计 | False | 200 | 亿元 | – | – | – | – | – | – | – | 6.5 | yoy",
    ]


def test_each_mart_row_names_the_observations_behind_it(first: Released) -> None:
    assert first.rows(
        "select m.item, v.delivery_place, s.delivery_place, g.delivery_place, t.delivery_place "
        "from investment.fixed_asset_investment as m "
        "left join core.observation as v on m.investment_observation_id = v.observation_id "
        "left join core.observation as s on m.share_observation_id = s.observation_id "
        "left join core.observation as g on m.growth_observation_id = g.observation_id "
        "left join core.observation as t on m.total_observation_id = t.observation_id "
        "order by m.item"
    ) == [
        ("_residual", None, None, None, "表1!C5"),
        ("industry", "表1!C6", "表1!E6", None, "表1!C5"),
        ("real_estate", "表1!C7", "表1!E7", None, "表1!C5"),
        ("total", "表1!C5", None, "表1!D5", "表1!C5"),
    ]


def test_the_district_profile(first: Released) -> None:
    assert first.lines(
        "select region_name_zh, period, topic, item, basis_family, value, unit, growth, "
        "growth_kind, price_basis, growth_price_basis from core.district_profile order by all"
    ) == [
        "云州市 | 2024 | economy | gdp | outturn | 4120.5 | 亿元 | – | – | current | –",
        "云州市云溪区 | 2024 | economy | gdp | outturn | 512.3 | 亿元 | 5.1 | yoy | current | "
        "comparable",
        "云州市云溪区 | 2024 | governance | schools | outturn | 41 | 所 | – | – | "
        "not_applicable | –",
        "云州市云溪区 | 2024-12 | population | resident_population | outturn | 38.6 | 万人 | – | "
        "– | not_applicable | –",
    ]


# --- quality ----------------------------------------------------------------------------------


def test_nothing_is_lost_on_the_way(first: Released) -> None:
    assert first.lines(
        "select data_set_id, file_name, delivered_on, counted_unit, cells_read, cells_accepted, "
        "cells_quarantined, cells_non_data, is_balanced, verdict from quality.conservation "
        "order by data_set_id"
    ) == [
        "yunxi-investment | 投资2025上半年.xlsx | 2025-07-15 | cell | 20 | 6 | 0 | 14 | True | "
        "admitted",
        "yunxi-profile | 公报2024.csv | 2025-03-05 | row | 8 | 7 | 0 | 1 | True | admitted",
    ]
    assert first.rows(
        "select count(*) from quality.conservation "
        "where cells_read <> cells_accepted + cells_quarantined + cells_non_data"
    ) == [(0,)]


def test_receipts_are_the_hashes_of_the_deliveries(first: Released) -> None:
    assert first.rows(
        "select data_set_id, receipt_sha256 from quality.conservation order by data_set_id"
    ) == [
        ("yunxi-investment", hashlib.sha256(investment()).hexdigest()),
        ("yunxi-profile", BULLETIN_SHA256),
    ]


def test_every_rule_spoke_and_none_failed(first: Released) -> None:
    assert first.rows(
        "select gate, outcome, count(*) from quality.validation_run group by all order by all"
    ) == [
        ("delivery", "passed", 70),
        ("delivery", "undecided", 2),
        ("marts", "passed", 59),
        ("marts", "undecided", 3),
    ]
    assert first.rows("select count(*) from quality.finding") == [(0,)]
    assert first.rows("select count(*) from quality.quarantine") == [(0,)]


def test_the_release_knows_itself(first: Released) -> None:
    assert first.rows(
        "select release_id, release_time::varchar, policy, district_code, district_name_zh, "
        "district_name_en, code_version, is_simulated_inside, release_day::varchar, "
        "release_time_local::varchar, time_zone from meta.release"
    ) == [
        (
            "2026-03-01.1",
            "2026-03-01 09:00:00",
            "demo",
            "990101",
            "云州市云溪区",
            "Yunxi District, Yunzhou (invented)",
            "0.1.0",
            False,
            "2026-03-01",
            "2026-03-01 17:00:00",
            "Asia/Shanghai",
        )
    ]


# --- the package ------------------------------------------------------------------------------


def files_of(release: Path) -> list[str]:
    return sorted(p.relative_to(release).as_posix() for p in release.rglob("*") if p.is_file())


def test_the_files_of_a_release(first: Released) -> None:
    tables = [table.replace(".", "/") for table in TABLES]
    found = files_of(first.path)
    pages = {name for name in found if name.startswith("site/")}
    assert {
        "site/index.html",
        "site/assets/qt.css",
        "site/theme/investment.html",
        "site/indicator/gdp.html",
        "site/data/indicator/gdp.js",
    } <= pages
    assert [name for name in found if name not in pages] == sorted(
        [
            "CITATION.cff",
            "brief/district.docx",
            "brief/district.en.docx",
            "brief/investment.docx",
            "brief/investment.en.docx",
            "brief/profile.docx",
            "brief/profile.en.docx",
            "datapackage.json",
            "manifest.json",
            "mart.duckdb",
            *(
                f"sdmx/{version}/{name}.xml"
                for version in ("2.1", "3.0")
                for name in ("investment", "profile", "structures")
            ),
            "sdmx/csv/investment.csv",
            "sdmx/csv/profile.csv",
            "semantic/ossie.json",
            "quality/report.html",
            "quality/report.json",
            *(f"csv/{table}.csv" for table in tables),
            *(f"parquet/{table}.parquet" for table in tables),
            *{
                f"xlsx/{table.split('/')[0]}.xlsx"
                for table in tables
                if not table.startswith(("meta/", "quality/"))
            },
            "xlsx/monthly.xlsx",
            "xlsx/yearbook.xlsx",
        ]
    )


def test_the_monthly_report_is_of_the_newest_month(first: Released) -> None:
    book = load_workbook(first.path / "xlsx/monthly.xlsx")
    assert book.sheetnames == ["目录 Contents", "1-1 投资（2025年6月）"]
    assert book["目录 Contents"]["A1"].value == "云州市云溪区统计月报　2025年6月"
    rows = book["1-1 投资（2025年6月）"].iter_rows(min_row=5, max_row=12, max_col=5)
    assert [[cell.value for cell in row] for row in rows] == [
        ["指标", "指标（英文）", "计量单位", "1—6月累计", "1—6月累计\n同比增长\n（%）"],
        ["Indicator", "Indicator, in English", "Unit", "January–June",
         "January–June on a year earlier\n(%)"],
        ["固定资产投资", "Fixed-asset investment", "亿元", 200, 6.5],
        ["房地产开发投资", "Real-estate investment", "亿元", 90, None],
        ["房地产开发投资比重", "Share of real-estate investment", "%", 45, None],
        ["工业投资", "Industrial investment", "亿元", 50, None],
        ["工业投资比重", "Share of industrial investment", "%", 25, None],
        [None] * 5,
    ]  # fmt: skip
    front = (first.path / "site/index.html").read_text("utf-8")
    downloads = (first.path / "site/downloads.html").read_text("utf-8")
    assert '<a href="../xlsx/monthly.xlsx">' in front
    assert '../xlsx/monthly.xlsx"' in downloads


def test_nobody_can_write_into_a_release(first: Released) -> None:
    entries = [first.path, *first.path.rglob("*")]
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in entries}
    assert modes == {(True, 0o555), (False, 0o444)}


def test_readers_follow_one_relative_link(first: Released) -> None:
    pointer = first.settings.releases / "current"
    assert pointer.is_symlink()
    assert pointer.readlink() == Path("2026-03-01.1")
    assert sorted(path.name for path in first.settings.releases.iterdir()) == [
        "2026-03-01.1",
        "current",
        "ledger.jsonl",
    ]


def test_the_manifest_has_the_hash_of_every_file(first: Released) -> None:
    manifest = first.manifest()
    listed = {entry["path"]: (entry["sha256"], entry["size_bytes"]) for entry in manifest["files"]}
    found = {}
    for name in set(files_of(first.path)) - {"manifest.json", "mart.duckdb"}:
        content = (first.path / name).read_bytes()
        found[name] = (hashlib.sha256(content).hexdigest(), len(content))
    assert listed == found


def test_the_manifest_names_its_inputs_by_receipt(first: Released) -> None:
    manifest = first.manifest()
    assert manifest["inputs"] == [
        {
            "data_set_id": "yunxi-investment",
            "file_name": "投资2025上半年.xlsx",
            "receipt_sha256": hashlib.sha256(investment()).hexdigest(),
        },
        {
            "data_set_id": "yunxi-profile",
            "file_name": "公报2024.csv",
            "receipt_sha256": BULLETIN_SHA256,
        },
    ]
    assert sorted(manifest["versions"]) == [
        "dagster",
        "dbt-core",
        "dbt-duckdb",
        "duckdb",
        "great-expectations",
        "polars",
        "qutong",
    ]
    assert manifest["versions"]["duckdb"] == duckdb.__version__


def test_the_manifest_counts_and_hashes_every_table(first: Released) -> None:
    entries = first.manifest()["tables"]
    assert [f"{entry['schema']}.{entry['table']}" for entry in entries] == TABLES
    for entry in entries:
        count = first.rows(f"select count(*) from {entry['schema']}.{entry['table']}")
        assert count == [(entry["row_count"],)]
        assert re.fullmatch("[0-9a-f]{64}", entry["row_hash"])


def test_the_list_of_files_leaves_out_its_own_container(first: Released) -> None:
    listed = first.rows("select path from meta.release_file order by path")
    own = {
        "csv/meta/release_file.csv",
        "parquet/meta/release_file.parquet",
        "datapackage.json",
        "manifest.json",
        "mart.duckdb",
    }
    assert [path for (path,) in listed] == sorted(set(files_of(first.path)) - own)


def test_csv_opens_in_a_spreadsheet(first: Released) -> None:
    content = (first.path / "csv/core/period.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines() == [
        "period,period_start,period_end,precision,months,label_zh,label_en,observation_count,"
        "year,quarter,month",
        "2024,2024-01-01,2024-12-31,year,12,2024年,2024,6,2024,,",
        "2024-12,2024-12-01,2024-12-31,month,1,2024年12月,December 2024,1,2024,4,12",
        "2025-01/2025-06,2025-01-01,2025-06-30,range,6,2025年1月至2025年6月,"
        "January 2025 to June 2025,6,2025,,",
    ]
    for file in (first.path / "csv").rglob("*.csv"):
        assert file.read_bytes()[:3] == b"\xef\xbb\xbf", file


def test_parquet_holds_the_same_rows(first: Released) -> None:
    for table in TABLES:
        file = first.path / "parquet" / f"{table.replace('.', '/')}.parquet"
        assert first.rows(
            f"select (select count(*) from (from {table} except all from read_parquet('{file}'))), "
            f"(select count(*) from (from read_parquet('{file}') except all from {table}))"
        ) == [(0, 0)]


def test_every_table_and_column_carries_a_comment_in_both_languages(first: Released) -> None:
    comments = first.rows(
        "select schema_name || '.' || table_name, comment from duckdb_tables() where not internal "
        "union all "
        "select schema_name || '.' || view_name, comment from duckdb_views() where not internal "
        "union all "
        "select schema_name || '.' || table_name || '.' || column_name, comment "
        "from duckdb_columns() where not internal"
    )
    # a view beside each table, with as many columns
    assert len(comments) == 2 * (len(TABLES) + len(first.rows("from meta.column_dictionary")))
    for name, comment in comments:
        assert re.search("[\u4e00-\u9fff]", comment or ""), name
        assert re.search("[A-Za-z]{3}", comment or ""), name
    assert dict(comments)["core.observation.known_from"] == "公众获知日期 | Day the public knew it"


def test_the_dictionary_names_units(first: Released) -> None:
    assert first.rows(
        "select column_name, unit from meta.column_dictionary "
        "where schema_name = 'investment' and table_name = 'fixed_asset_investment' "
        "and column_name in ('share_computed', 'residual_share') order by all"
    ) == [("residual_share", "%"), ("share_computed", "%")]


def test_as_of_is_part_of_every_release(first: Released) -> None:
    assert first.rows(
        "select value, known_from from core.as_of(date '2025-02-28') "
        "where indicator_code = 'gdp' and region_code = '990101' order by value"
    ) == [(Decimal(510), date(2025, 2, 28)), (Decimal("512.3"), date(2025, 2, 28))]
    assert first.rows("select count(*) from core.as_of(date '2025-02-27')") == [(0,)]
    assert first.rows("select count(*) from core.as_of(date '2026-03-01')") == [(13,)]


# --- asking -----------------------------------------------------------------------------------


def said(first: Released, *arguments: str) -> list[str]:
    done = qutong(first.settings, *arguments)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_status(first: Released) -> None:
    lines = said(first, "status", "--english")
    assert re.fullmatch(r"Last run: \d{4}-\d\d-\d\dT[\d:+]+ · published · exit 0", lines.pop()), (
        lines
    )
    assert lines == [
        "District: Yunxi District, Yunzhou (invented)",
        "Current release: 2026-03-01.1",
        "Release time: 2026-03-01 17:00:00 Asia/Shanghai",
        "Policy: demo",
        f"Place: {first.path}",
        "Open findings: 0 (hard 0, soft 0, informative 0)",
    ]
    assert said(first, "status")[:2] == ["地区：云州市云溪区", "当前版本：2026-03-01.1"]


SHARES = (
    "select item_name_zh, investment, share_computed from investment.fixed_asset_investment "
    "where is_part_of_total order by item"
)


def test_sql_as_a_table(first: Released) -> None:
    assert said(first, "sql", SHARES) == [
        "item_name_zh  investment  share_computed",
        "────────────  ──────────  ──────────────",
        "工业                  50              25",
        "房地产开发            90              45",
        "(2 行 / rows)",
    ]


def test_sql_as_csv_and_json(first: Released) -> None:
    assert said(first, "sql", SHARES, "--format", "csv") == [
        "item_name_zh,investment,share_computed",
        "工业,50,25",
        "房地产开发,90,45",
    ]
    assert json.loads("\n".join(said(first, "sql", SHARES, "--format", "json"))) == [
        {"item_name_zh": "工业", "investment": 50, "share_computed": 25},
        {"item_name_zh": "房地产开发", "investment": 90, "share_computed": 45},
    ]


def test_sql_as_parquet(first: Released, tmp_path: Path) -> None:
    done = qutong(first.settings, "sql", SHARES, "--format", "parquet")
    file = tmp_path / "answer.parquet"
    file.write_bytes(done.stdout_bytes)
    assert duckdb.sql(f"from read_parquet('{file}')").fetchall() == [
        ("工业", Decimal(50), Decimal(25)),
        ("房地产开发", Decimal(90), Decimal(45)),
    ]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("create table core.mine as select 1", "CREATE is no question"),
        ("insert into core.period select * from core.period", "INSERT is no question"),
        ("update core.observation set value = 0", "UPDATE is no question"),
        ("delete from core.observation", "DELETE is no question"),
        ("drop table core.observation", "DROP is no question"),
        ("copy core.period to '{folder}/out.csv'", "COPY is no question"),
        ("export database '{folder}/out'", "EXPORT is no question"),
        ("attach '{folder}/out.duckdb'", "ATTACH is no question"),
        ("set enable_external_access = true", "SET is no question"),
        ("install httpfs", "LOAD is no question"),
        ("select 1; drop table core.observation", "these are 2 statements"),
        ("from read_csv('{folder}/secret.csv')", "Permission Error"),
        ("from read_text('{folder}/secret.csv')", "Permission Error"),
        ("from glob('{folder}/*')", "Permission Error"),
        ("from '{folder}/secret.csv'", "Permission Error"),
    ],
)
def test_sql_writes_nothing_and_reads_no_file(
    first: Released, tmp_path: Path, statement: str, message: str
) -> None:
    (tmp_path / "secret.csv").write_text("a\nhush\n", encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in first.path.rglob("*")}
    done = qutong(first.settings, "sql", statement.format(folder=tmp_path))
    assert done.exit_code == 1
    assert message in done.stderr
    assert "→" in done.stderr
    assert "hush" not in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]
    assert {path: path.stat().st_mtime_ns for path in first.path.rglob("*")} == before


def test_trace_leads_back_to_the_bytes(first: Released) -> None:
    kept = first.settings.archive / "objects" / "f7" / BULLETIN_SHA256
    expected = [
        "Release       2026-03-01.1  2026-03-01 17:00:00 Asia/Shanghai  policy demo",
        "Figure        Gross domestic product (gdp)  云州市 990100  2024  current",
        "Value         4120.5 亿元  [headline figure]",
        "As printed    4,120.5 亿元",
        "Id            o32bb5a4640b44b53",
        "Vintages      2025-02-28 – now  4120.5  not_stated  ← this one",
        "Document      Statistical bulletin of Yunxi (invented), 云溪区统计局（虚构）, 2025-02",
        "Place in it   一、综合",
        "Delivery      yunxi-profile  公报2024.csv",
        "Cell          R4C5",
        f"Receipt       sha256 {BULLETIN_SHA256}",
        f"Bytes         archived, hash verified  {kept}",
    ]
    by_name = ("--indicator", "gdp", "--period", "2024", "--region", "云州市")
    assert said(first, "trace", "--english", *by_name) == expected
    assert said(first, "trace", "--english", "32bb5a46") == expected
    assert kept.read_bytes().decode().splitlines()[3] == (
        '地区生产总值,云州市,2024年,年度,"4,120.5",,亿元,水平值,一、综合,yunxi-bulletin,,,'
    )


def test_trace_of_a_bound_and_of_a_cell_in_a_workbook(first: Released) -> None:
    lines = said(first, "trace", "--indicator", "gdp", "--region", "990101")
    assert "数值      超510 亿元" in lines
    lines = said(first, "trace", "--indicator", "fai_industry_share")
    assert "交付      yunxi-investment  投资2025上半年.xlsx" in lines
    assert "单元格    表1!E6" in lines


def test_trace_of_nothing(first: Released) -> None:
    done = qutong(first.settings, "trace", "--indicator", "happiness")
    assert done.exit_code == 1
    assert done.stderr.startswith("no figure matches / 没有符合的数字\n  → see what there is:")
    done = qutong(first.settings, "trace")
    assert done.exit_code == 2
    assert "give an observation id, a cell, or --indicator" in done.stderr


def test_release_list_show_verify(first: Released) -> None:
    assert said(first, "release", "list") == [
        "* 2026-03-01.1     2026-03-01 17:00:00 Asia/Shanghai  demo      0 findings"
    ]
    shown = said(first, "release", "show")
    assert shown[:7] == [
        "release_id      2026-03-01.1",
        "release_time    2026-03-01 17:00:00 Asia/Shanghai",
        "policy          demo",
        "findings_total  0",
        "is_simulated    False",
        f"place           {first.path}",
        "inputs          2 deliveries",
    ]
    assert [line.split()[0] for line in shown[7:]] == TABLES
    assert "  core.observation                               13 rows" in shown
    assert said(first, "release", "verify") == [
        "✓ 2026-03-01.1: every file, table and hash is as it was published"
    ]


def test_a_release_that_is_not_there(first: Released) -> None:
    done = qutong(first.settings, "release", "show", "2020-01-01.1")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == ("there is no release 2020-01-01.1\n  → see `qutong release list`\n")


def test_data_sets_list_show_validate(first: Released) -> None:
    assert said(first, "data-set", "list") == [
        "yunxi-investment                    investment        "
        "云溪区固定资产投资（虚构） | Fixed-asset investment of Yunxi (invented)",
        "yunxi-profile                       profile           "
        "云溪区公报（虚构） | Bulletin of Yunxi (invented)",
    ]
    assert said(first, "data-set", "show", "yunxi-profile") == [
        "云溪区公报（虚构） | Bulletin of Yunxi (invented)",
        "  declaration   raw/datasets/profile/yunxi-profile.yml",
        "  theme         profile",
        "  owner         综合科 / General section",
        "  documents     云溪区统计公报（虚构）; 云溪日报（虚构）",
        "  files         公报*.csv",
        "  due           每年：不设期限，不催报 | annual: nothing is awaited",
        "  indicators    4",
        "  2025-03-05  公报2024.csv  f723e65b1c2e",
        "      read 8 rows = accepted 7 + quarantined 0 + no data 1",
    ]
    assert said(first, "data-set", "validate") == ["✓ 2 data sets, 10 indicators"]
    file = first.settings.raw / "datasets" / "investment" / "yunxi-investment.yml"
    assert said(first, "data-set", "validate", str(file)) == ["✓ yunxi-investment: 6 indicators"]
