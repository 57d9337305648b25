"""How a release describes itself to other people's tools: data package, Parquet, citation.

Belongs here: what those descriptions say and that they are valid. Does not belong here: the SDMX
files (test_publish_sdmx) and the manifest (test_publish_build).
"""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from orchestration.catalog import Column, Table
from orchestration.publish.citation import render_citation
from orchestration.publish.keys import foreign_keys
from tests.unit.test_publish_world import build

pytestmark = pytest.mark.core

SOURCE = {
    "source_document": "doc",
    "title_zh": "公报: 2025 #1",
    "title_en": None,
    "issuer": "统计局",
    "published": "2026-03",
    "licence": None,
    "address": "https://example.invalid/a",
}
RELEASE = {
    "release_id": "2026-11-22.1",
    "release_day": "2026-11-22",
    "district_name_zh": "甲区",
    "district_name_en": "A",
}


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("described"))


@pytest.fixture(scope="module")
def package(candidate: Path) -> Any:
    return json.loads((candidate / "datapackage.json").read_text(encoding="utf-8"))


# --- the data package ---------------------------------------------------------------------------


def test_every_file_is_listed(candidate: Path, package: Any) -> None:
    files = {
        path.relative_to(candidate).as_posix() for path in candidate.rglob("*") if path.is_file()
    }

    assert {item["path"] for item in package["resources"]} == files - {"datapackage.json"}
    assert len({item["name"] for item in package["resources"]}) == len(package["resources"])


def test_what_version_2_of_the_profile_requires(package: Any) -> None:
    assert package["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert package["created"] == "2026-04-02T02:30:00+08:00"
    assert all("name" in item or "path" in item for item in package["licenses"])
    assert all("title" in item or "path" in item for item in package["sources"])
    for resource in package["resources"]:
        assert isinstance(resource["name"], str)
        assert not resource["path"].startswith(("/", "..", "http"))
        assert "/" in resource["mediatype"]
        if resource.get("type") == "table":
            names = [field["name"] for field in resource["schema"]["fields"]]
            assert len(names) == len(set(names)) > 0
            assert set(resource["schema"].get("primaryKey", ())) <= set(names)


def test_media_types(package: Any) -> None:
    types = {item["path"]: item["mediatype"] for item in package["resources"]}

    assert {path: types[path] for path in types if path.startswith(("sdmx", "xlsx", "CIT"))} == {
        "CITATION.cff": "application/yaml",
        "sdmx/2.1/structures.xml": "application/vnd.sdmx.structure+xml;version=2.1",
        "sdmx/2.1/investment.xml": "application/vnd.sdmx.structurespecificdata+xml;version=2.1",
        "sdmx/3.0/structures.xml": "application/vnd.sdmx.structure+xml;version=3.0.0",
        "sdmx/3.0/investment.xml": "application/vnd.sdmx.data+xml;version=3.0.0",
        "sdmx/csv/investment.csv": "application/vnd.sdmx.data+csv;version=2.0.0",
        "xlsx/core.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx/investment.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }


def test_a_column_named_like_a_key_refers_to_it_only_where_it_says_so() -> None:
    def table(name: str, key: tuple[str, ...], references: str = "") -> Table:
        column = Column("code", "VARCHAR", "", "", "", True, references=references)
        return Table("s", name, "", "", "", "", key, (column,))

    target = table("target", ("code",))
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as mart; use mart; create schema s")
        for name in ("target", "bare", "tied"):
            con.execute(f"create table s.{name} as select 'a' as code")
        tables = (target, table("bare", ()), table("tied", (), "s.target"))
        assert foreign_keys(con, "mart", tables) == {"s.tied": {"code": target}}
        con.execute("insert into s.tied values ('b')")
        assert foreign_keys(con, "mart", tables) == {}


def test_foreign_keys_are_those_that_hold(package: Any) -> None:
    schemas = {item["path"]: item["schema"] for item in package["resources"] if "schema" in item}
    keys = {
        key["fields"][0]: key["reference"]
        for key in schemas["csv/core/observation.csv"]["foreignKeys"]
    }

    # One observation names a document that is not described: that is no foreign key.
    assert "source_document" not in keys
    assert keys["region_code"] == {"resource": "core.region.csv", "fields": ["region_code"]}
    assert sorted(keys) == ["data_set_id", "indicator_code", "period", "region_code"]
    assert schemas["parquet/quality/finding.parquet"]["foreignKeys"] == [
        {
            "fields": ["data_set_id"],
            "reference": {"resource": "core.data_set.parquet", "fields": ["data_set_id"]},
        },
        {
            "fields": ["delivery_id"],
            "reference": {
                "resource": "quality.conservation.parquet",
                "fields": ["delivery_id"],
            },
        },
        {
            "fields": ["indicator_code"],
            "reference": {"resource": "core.indicator.parquet", "fields": ["indicator_code"]},
        },
        {
            "fields": ["period"],
            "reference": {"resource": "core.period.parquet", "fields": ["period"]},
        },
        {
            "fields": ["region_code"],
            "reference": {"resource": "core.region.parquet", "fields": ["region_code"]},
        },
        {
            "fields": ["rule_id"],
            "reference": {"resource": "quality.rule.parquet", "fields": ["rule_id"]},
        },
    ]


def test_frictionless_finds_every_file_valid(candidate: Path, package: Any) -> None:
    import frictionless

    report = frictionless.validate(str(candidate / "datapackage.json"))

    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "message"])[:20]
    assert len(report.tasks) == len(package["resources"])
    read = {task.place: task.stats.get("rows", 0) for task in report.tasks if task.type == "table"}
    # Data are read row by row, those of SDMX too.
    assert read["csv/core/observation.csv"] == 4
    assert read["sdmx/csv/investment.csv"] == 3


def test_frictionless_sees_a_byte_that_changed(candidate: Path, tmp_path: Path) -> None:
    import frictionless

    damaged = tmp_path / "release"
    shutil.copytree(candidate, damaged)
    for name in ("parquet/core/region.parquet", "xlsx/core.xlsx", "csv/core/region.csv"):
        file = damaged / name
        file.chmod(0o644)
        file.write_bytes(file.read_bytes() + b"\n")
    report = frictionless.validate(str(damaged / "datapackage.json"))

    assert {task.place for task in report.tasks if not task.valid} == {
        "parquet/core/region.parquet",
        "xlsx/core.xlsx",
        "csv/core/region.csv",
    }


def test_every_resource_is_of_a_type_that_the_profile_knows(package: Any) -> None:
    assert {item.get("type", "table") for item in package["resources"]} == {"table"}
    schemas = {item["path"] for item in package["resources"] if "schema" in item}
    assert {"csv/core/region.csv", "parquet/core/region.parquet"} < schemas


# --- Parquet ------------------------------------------------------------------------------------


def test_parquet_columns_say_what_they_are(candidate: Path) -> None:
    import pyarrow.parquet as pq

    path = candidate / "parquet/investment/project_pipeline.parquet"
    schema = pq.read_schema(path)

    assert schema.field("completion_rate_pct").metadata == {
        b"label_zh": "列 completion_rate_pct".encode(),
        b"label_en": b"Column completion_rate_pct",
        b"unit": b"%",
        b"description_zh": "列 completion_rate_pct。".encode(),
        b"description_en": b"Column completion_rate_pct.",
    }
    assert schema.metadata[b"title_zh"] == "表 project_pipeline".encode()
    assert [str(kind) for kind in schema.types] == [
        "string",
        "string",
        "int32",
        "decimal128(9, 2)",
        "decimal128(2, 2)",
    ]
    assert [str(row["residual"]) for row in pq.read_table(path).to_pylist()] == ["-0.25", "0.50"]


def test_parquet_says_so_to_readers_without_arrow(candidate: Path) -> None:
    with duckdb.connect() as con:
        said = {
            bytes(key).decode(): bytes(value).decode()
            for key, value in con.execute(
                "select key, value from parquet_kv_metadata("
                f"'{candidate}/parquet/investment/project_pipeline.parquet')"
            ).fetchall()
        }

    assert said["title_en"] == "Table project_pipeline"
    assert json.loads(said["columns"])["completion_rate_pct"]["unit"] == "%"


def test_every_parquet_file_is_read_by_arrow_as_by_duckdb(candidate: Path) -> None:
    import pyarrow.parquet as pq

    for path in sorted((candidate / "parquet").rglob("*.parquet")):
        with duckdb.connect() as con:
            rows = con.execute(f"from read_parquet('{path}')").fetchall()
        assert [tuple(row.values()) for row in pq.read_table(path).to_pylist()] == rows


# --- the citation -------------------------------------------------------------------------------


def test_the_citation(candidate: Path) -> None:
    cited = yaml.safe_load((candidate / "CITATION.cff").read_text(encoding="utf-8"))

    assert cited == {
        "cff-version": "1.2.0",
        "message": "引用数据时请注明本版本。 / Please cite this release when you use its figures.",
        "type": "dataset",
        "title": "甲区统计数据（含模拟数据） / Statistics of District A (with simulated data)",
        "authors": [{"name": "甲区 / District A", "country": "CN"}],
        "version": "r1",
        "date-released": date(2026, 4, 2),
        "license": "CC-BY-4.0",
        "references": [
            {
                "type": "report",
                "title": "年度公报 / Annual bulletin",
                "authors": [{"name": "统计局"}],
                "abbreviation": "doc_a",
                "year": 2026,
                "url": "https://example.invalid/a",
            }
        ],
    }


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (None, {}),
        ("2026", {"year": 2026}),
        ("2026-03-05", {"year": 2026, "date-published": date(2026, 3, 5)}),
        ("2026-02-31", {"year": 2026}),
        ("spring 2026", {}),
    ],
)
def test_a_source_is_cited_with_the_date_it_has(
    published: str | None, expected: dict[str, Any]
) -> None:
    text = render_citation(
        RELEASE,
        [{**SOURCE, "published": published}],
        is_simulated=False,
        licence="",
    )
    (reference,) = yaml.safe_load(text)["references"]

    assert {key: reference[key] for key in ("year", "date-published") if key in reference} == (
        expected
    )
    assert reference["title"] == "公报: 2025 #1"


def test_terms_that_have_no_spdx_name_are_said_in_words() -> None:
    text = render_citation(RELEASE, [], is_simulated=False, licence="内部使用\x00")
    cited = yaml.safe_load(text)

    assert "license" not in cited
    assert cited["abstract"] == "使用条件 / Terms: 内部使用\x00"
    assert "references" not in cited
    assert cited["title"] == "甲区统计数据 / Statistics of A"
