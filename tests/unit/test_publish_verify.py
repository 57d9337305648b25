"""Verification: each thing that can be wrong with a release, and the rule that says so.

Belongs here: one spoiled release per rule. Does not belong here: what follows from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.publish.product import Problem
from orchestration.publish.rules import RULES, contract, rows_differ, unlabelled
from orchestration.publish.verify import verify_release
from tests.unit.test_publish_world import build, make_work_db, prepared, unsealed

pytestmark = pytest.mark.core


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    return unsealed(prepared(tmp_path))


def rules(path: Path, work_db: Path | None = None) -> set[str]:
    return {problem.rule_id for problem in verify_release(path, work_db)}


def rewrite(candidate: Path, name: str, old: bytes, new: bytes) -> None:
    """Change a file and the manifest with it, as somebody who knows the layout would."""
    content = (candidate / name).read_bytes()
    assert old in content
    (candidate / name).write_bytes(content.replace(old, new))
    rehash(candidate, name)


def rehash(candidate: Path, name: str) -> None:
    manifest = json.loads((candidate / "manifest.json").read_text(encoding="utf-8"))
    content = (candidate / name).read_bytes()
    for entry in manifest["files"]:
        if entry["path"] == name:
            entry["sha256"] = hashlib.sha256(content).hexdigest()
            entry["size_bytes"] = len(content)
    text = json.dumps(manifest, ensure_ascii=False, indent=2)
    (candidate / "manifest.json").write_text(text, encoding="utf-8")


def change_mart(candidate: Path, sql: str) -> None:
    with duckdb.connect(str(candidate / "mart.duckdb")) as con:
        con.execute(sql)


def test_problems_say_what_is_wrong_in_both_languages() -> None:
    assert contract("f", "1", "2") == Problem(
        "release.contract-broken", "f", "实际为 1，应为 2", "found 1, expected 2"
    )
    assert unlabelled("f") == Problem(
        "release.unlabelled-simulated",
        "f",
        "版本含模拟数据而此文件没有标明",
        "the release holds simulated rows and this file does not say so",
    )
    assert rows_differ("f", (1, "a"), (2, "a"), "清单", "the manifest") == [
        Problem(
            "release.row-count-differs", "f", "1 行，清单为 2 行", "1 rows where the manifest has 2"
        )
    ]
    assert rows_differ("f", (1, "a"), (1, "b"), "清单", "the manifest") == [
        Problem(
            "release.row-hash-differs",
            "f",
            "行内容与清单不同",
            "the rows differ from those of the manifest",
        )
    ]
    assert rows_differ("f", (1, "a"), (1, "a"), "清单", "the manifest") == []


def test_the_rules_are_these() -> None:
    assert RULES == (
        "release.hash-mismatch",
        "release.contract-broken",
        "release.row-count-differs",
        "release.row-hash-differs",
        "release.dictionary-incomplete",
        "release.unsafe-cell",
        "release.unlabelled-simulated",
        "release.sdmx-differs",
        "release.package-incomplete",
        "release.site-incomplete",
        "release.site-figure-differs",
        "release.printed-figure-differs",
        "release.words-differ",
        "release.browser-cannot-open",
        "release.paper-unreadable",
    )


@pytest.mark.parametrize(
    "name",
    [
        "csv/core/observation.csv",
        "parquet/core/observation.parquet",
        "quality/report.html",
        "quality/report.json",
        "datapackage.json",
    ],
)
def test_a_changed_byte(candidate: Path, name: str) -> None:
    content = bytearray((candidate / name).read_bytes())
    content[len(content) // 2] ^= 1
    (candidate / name).write_bytes(bytes(content))

    found = [p for p in verify_release(candidate) if p.rule_id == "release.hash-mismatch"]

    assert [problem.file for problem in found] == [name]
    assert found[0].detail_en == "the bytes do not have the hash the manifest states"


@pytest.mark.parametrize(
    "name", ["csv/core/data_set.csv", "quality/report.html", "mart.duckdb", "manifest.json"]
)
def test_a_missing_file(candidate: Path, name: str) -> None:
    (candidate / name).unlink()

    assert "release.hash-mismatch" in rules(candidate)


@pytest.mark.parametrize("name", ["more.csv", "mart.duckdb.wal", "csv/core/more.csv"])
def test_a_file_beside_the_release(candidate: Path, name: str) -> None:
    (candidate / name).write_bytes(b"")

    assert "release.hash-mismatch" in rules(candidate)


def test_a_link_in_place_of_a_file(candidate: Path, tmp_path: Path) -> None:
    name = "csv/core/data_set.csv"
    (candidate / name).rename(tmp_path / "elsewhere.csv")
    (candidate / name).symlink_to(tmp_path / "elsewhere.csv")

    assert rules(candidate) == {"release.hash-mismatch"}


def test_a_broken_database(candidate: Path) -> None:
    (candidate / "mart.duckdb").write_bytes(b"not a database")

    assert rules(candidate) == {"release.hash-mismatch"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("manifest_version", "3"),
        ("manifest_version", None),
        ("database", []),
        ("files", {}),
        ("files", None),
        ("files", ["mart.duckdb"]),
        ("files", [{"path": "mart.duckdb", "size_bytes": 1}]),
        ("files", [{"path": "mart.duckdb", "sha256": "0", "size_bytes": "1"}]),
        ("files", [{"path": 5, "sha256": "0", "size_bytes": 1}]),
        ("products", [[]]),
        ("products", [{"parts": []}]),
        ("products", [{"name": "tables"}]),
        ("products", [{"name": "tables", "parts": 5}]),
        ("products", [{"name": "tables", "parts": [{"built_in": "r1"}]}]),
        ("products", [{"name": "tables", "parts": [{"files": []}]}]),
        ("products", [{"name": "tables", "parts": [{"built_in": "r1", "files": [[]]}]}]),
        ("tables", [5]),
    ],
)
def test_a_manifest_of_another_shape(candidate: Path, key: str, value: object) -> None:
    path = candidate / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**manifest, key: value}), encoding="utf-8")

    (found,) = verify_release(candidate)

    assert (found.rule_id, found.file) == ("release.hash-mismatch", "manifest.json")
    assert found.detail_en == "the manifest is missing or cannot be read: it is of another shape"
    assert found.detail_zh == "清单缺失或无法读取：it is of another shape"


def listed_size(manifest: dict[str, Any]) -> None:
    manifest["files"][-1]["size_bytes"] += 1


def in_two_products(manifest: dict[str, Any]) -> None:
    one, other = manifest["products"][:2]
    other["parts"][0]["files"].append(one["parts"][0]["files"][0])


def in_no_product(manifest: dict[str, Any]) -> None:
    del manifest["products"][0]["parts"][0]["files"][0]


def without_a_table(manifest: dict[str, Any]) -> None:
    manifest["tables"] = [t for t in manifest["tables"] if t["table"] != "rule"]


@pytest.mark.parametrize(
    ("change", "rule", "said"),
    [
        (listed_size, "release.hash-mismatch", "the bytes do not have the hash the manifest"),
        (in_two_products, "release.package-incomplete", "belong to exactly one product: "),
        (in_no_product, "release.package-incomplete", "belong to exactly one product: "),
        (without_a_table, "release.contract-broken", "found nothing, expected quality.rule"),
    ],
)
def test_a_manifest_that_is_wrong_in_one_thing(
    candidate: Path, change: Callable[[dict[str, Any]], None], rule: str, said: str
) -> None:
    path = candidate / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")

    (found,) = verify_release(candidate)

    assert found.rule_id == rule
    assert said in found.detail_en


def test_a_table_that_the_marts_do_not_have(candidate: Path, tmp_path: Path) -> None:
    work = make_work_db(tmp_path / "work.duckdb", extra_sql="drop table quality.rule")

    (found,) = verify_release(candidate, work)

    assert found == Problem(
        "release.contract-broken",
        "mart.duckdb: quality.rule",
        "实际为 no such table in the marts，应为 quality.rule",
        "found no such table in the marts, expected quality.rule",
    )


def test_a_table_without_columns_in_the_dictionary(candidate: Path) -> None:
    change_mart(candidate, "delete from meta.column_dictionary where table_name = 'rule'")

    found = [p for p in verify_release(candidate) if p.rule_id == "release.contract-broken"]

    assert "quality.rule: [(" in found[0].detail_en
    assert found[0].detail_en.endswith(", expected []")
    assert '"mart"."quality"."rule" has no columns in the column dictionary' in found[1].detail_zh


def test_a_candidate_cannot_say_that_it_is_an_old_release(candidate: Path, tmp_path: Path) -> None:
    work = make_work_db(tmp_path / "work.duckdb")
    assert rules(candidate, work) == set()
    path = candidate / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    (candidate / "CITATION.cff").unlink()
    manifest["files"] = [e for e in manifest["files"] if e["path"] != "CITATION.cff"]
    path.write_text(json.dumps({**manifest, "manifest_version": 1}), encoding="utf-8")

    found = {(problem.rule_id, problem.file) for problem in verify_release(candidate, work)}

    # its product looks for it, and the list of the parts still has it
    assert ("release.package-incomplete", "CITATION.cff") in found
    assert ("release.package-incomplete", "manifest.json") in found


def test_a_manifest_of_another_release(candidate: Path) -> None:
    moved = candidate.rename(candidate.with_name("r9"))

    assert rules(moved) == {"release.hash-mismatch"}


def test_a_manifest_with_another_policy(candidate: Path) -> None:
    path = candidate / "manifest.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"policy": "demo"', '"policy": "bureau"'), encoding="utf-8")

    assert rules(candidate) == {"release.hash-mismatch"}


def test_a_hash_in_release_file_that_is_another(candidate: Path) -> None:
    rewrite(candidate, "quality/report.json", b"60 + 41", b"61 + 41")

    assert rules(candidate) == {"release.hash-mismatch", "release.package-incomplete"}


@pytest.mark.parametrize(
    "sql",
    [
        "alter table core.data_set add column more varchar",
        "alter table core.data_set alter is_simulated type varchar",
        "alter table core.data_set rename title_zh to title_cn",
        "create table core.more (a varchar)",
        "create table main.more (a varchar)",
        "drop table quality.rule",
        "drop macro table core.as_of",
        "create or replace macro core.as_of(t) as table select * from core.observation",
        "alter table quality.finding alter finding_id drop not null",
    ],
)
def test_a_database_that_breaks_its_contract(candidate: Path, sql: str) -> None:
    change_mart(candidate, sql)

    assert "release.contract-broken" in rules(candidate)


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("drop view core.V", "release.contract-broken"),
        ("create view core.more as select 1 as a", "release.contract-broken"),
        ("create view core.observation_2 as from core.observation", "release.contract-broken"),
        (
            "create or replace view core.V as select 'x' as [列 region_code], "
            "region_name_zh as [列 region_name_zh], region_name_en as [列 region_name_en] "
            "from core.region",
            "release.row-hash-differs",
        ),
        (
            "create or replace view core.V as select region_code as [列 region_code], "
            "region_name_zh as [列 region_name_zh], region_name_en as [列 region_name_en] "
            "from core.region limit 0",
            "release.row-count-differs",
        ),
        (
            "create or replace view core.V as select region_code as [列 region_code], "
            "region_name_zh as [列 region_name_en], region_name_en as [列 region_name_zh] "
            "from core.region",
            "release.contract-broken",
        ),
        ("comment on view core.V is null", "release.dictionary-incomplete"),
    ],
)
def test_a_view_that_does_not_show_its_table(candidate: Path, sql: str, rule: str) -> None:
    sql = sql.replace("V", "[表 region]").replace("[", '"').replace("]", '"')
    change_mart(candidate, sql)

    assert rule in rules(candidate)


def test_a_csv_header_that_breaks_the_contract(candidate: Path) -> None:
    rewrite(candidate, "csv/core/data_set.csv", b"title_zh,", b"title_cn,")

    assert "release.contract-broken" in rules(candidate)


def test_a_csv_without_the_mark_of_its_encoding(candidate: Path) -> None:
    rewrite(candidate, "csv/core/data_set.csv", b"\xef\xbb\xbf", b"")

    assert "release.contract-broken" in rules(candidate)


def test_a_parquet_file_with_another_type(candidate: Path) -> None:
    name = "parquet/core/data_set.parquet"
    with duckdb.connect() as con:
        con.execute(
            f"copy (select * replace (is_simulated::varchar as is_simulated) "
            f"from read_parquet('{candidate}/{name}')) to '{candidate}/{name}.new' "
            "(format parquet)"
        )
    (candidate / f"{name}.new").replace(candidate / name)
    rehash(candidate, name)

    assert "release.contract-broken" in rules(candidate)


def test_a_row_less_in_the_database(candidate: Path) -> None:
    change_mart(candidate, "delete from core.observation where observation_id = 'bbbbbb01ffff'")

    found = [p for p in verify_release(candidate) if p.rule_id == "release.row-count-differs"]

    assert found[0].file == "mart.duckdb: core.observation"
    assert found[0].detail_en == "3 rows where the manifest has 4"
    assert found[0].detail_zh == "3 行，清单为 4 行"


def test_another_value_in_the_database(candidate: Path) -> None:
    change_mart(candidate, "update core.observation set value = value + 0.00000001")

    assert rules(candidate) == {
        "release.row-hash-differs",
        "release.sdmx-differs",
        "release.site-figure-differs",
        "release.words-differ",
    }


def test_a_row_less_in_csv(candidate: Path) -> None:
    rewrite(candidate, "csv/investment/project_pipeline.csv", b"990101,2025,7,,-0.25\n", b"")

    assert "release.row-count-differs" in rules(candidate)


def test_another_value_in_csv(candidate: Path) -> None:
    rewrite(candidate, "csv/investment/project_pipeline.csv", b"40.5", b"40.6")

    assert "release.row-hash-differs" in rules(candidate)


def test_a_release_that_differs_from_the_marts(candidate: Path, tmp_path: Path) -> None:
    other = make_work_db(
        tmp_path / "other.duckdb",
        extra_sql="update core.observation set value = 1 where value = 102;"
        "delete from quality.quarantine",
    )

    assert rules(candidate) == set()
    assert rules(candidate, other) == {"release.row-hash-differs", "release.row-count-differs"}


@pytest.mark.parametrize(
    "sql",
    [
        "update meta.column_dictionary set description_en = '' where column_name = 'value'",
        "update meta.column_dictionary set description_zh = null where column_name = 'value'",
        "update meta.schema_dictionary set title_en = ' ' where table_name = 'rule'",
        "update meta.schema_dictionary set grain_zh = '' where table_name = 'rule'",
    ],
)
def test_what_is_not_documented_in_both_languages(candidate: Path, sql: str) -> None:
    change_mart(candidate, sql)

    # the contract for other tools says what the dictionary says
    assert rules(candidate) == {
        "release.contract-broken", "release.dictionary-incomplete", "release.row-hash-differs",
    }  # fmt: skip


def test_a_comment_that_is_missing(candidate: Path) -> None:
    change_mart(candidate, "comment on column core.observation.value is null")

    assert rules(candidate) == {"release.dictionary-incomplete"}


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-x", "@SUM", "\t=1", "\r=1", "＝1"])
def test_a_cell_that_could_be_a_formula(candidate: Path, cell: str) -> None:
    rewrite(
        candidate,
        "csv/core/data_set.csv",
        "演示".encode(),
        f'"{cell}"'.encode(),
    )

    assert "release.unsafe-cell" in rules(candidate)


def test_a_number_that_is_none(candidate: Path) -> None:
    rewrite(candidate, "csv/investment/project_pipeline.csv", b"40.5", b"=40.5")

    assert "release.unsafe-cell" in rules(candidate)


def test_what_the_builder_writes_is_never_a_formula(tmp_path: Path) -> None:
    cells = ("=1+1", "+1", "-x", "@SUM", "\t=1", "\r\n=1", "＝1")
    rows = ", ".join(f"('rule-{place}', '{cell}', 'x')" for place, cell in enumerate(cells))
    candidate = build(
        tmp_path,
        extra_sql=f"insert into quality.rule (rule_id, title_zh, title_en) values {rows}",
    )
    text = (candidate / "csv/quality/rule.csv").read_bytes().decode("utf-8-sig")

    assert rules(candidate) == set()
    assert all(f"'{cell}" in text for cell in cells)


def test_a_row_of_a_simulated_data_set_that_does_not_say_so(tmp_path: Path) -> None:
    candidate = build(tmp_path, extra_sql="update core.observation set is_simulated = false")

    assert rules(candidate) == {"release.unlabelled-simulated"}


def test_a_report_that_hides_the_simulation(candidate: Path) -> None:
    rewrite(candidate, "quality/report.html", "模拟数据".encode(), "数据".encode())

    assert "release.unlabelled-simulated" in rules(candidate)


SDMX = "sdmx/3.0/investment.xml"


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        (SDMX, b'OBS_VALUE="102"', b'OBS_VALUE="103"', "differs from the database: +1 -1"),
        (SDMX, b'OBS_STATUS="O"', b'OBS_STATUS="A"', "differs from the database: +1 -1"),
        (SDMX, b"</Series>", b"", "differs from the database: ValueError('no XML: "),
        ("sdmx/2.1/investment.xml", b'UNIT="$0025"', b'UNIT="$2030"', "+2 -2"),
        (
            "sdmx/csv/investment.csv",
            b",above,",
            b",exact,",
            "differs from the database: +1 -1",
        ),
        ("sdmx/csv/investment.csv", b"dataflow,", b"x,dataflow,", "InvalidInputException"),
        ("sdmx/2.1/structures.xml", b'id="DSD_INVESTMENT"', b'id="DSD_X"', "describes ['DSD_X'"),
        ("sdmx/3.0/structures.xml", b"</mes:Structure>", b"", "cannot be read: no XML: "),
    ],
)
def test_sdmx_that_says_something_else(
    candidate: Path, name: str, before: bytes, after: bytes, said: str
) -> None:
    rewrite(candidate, name, before, after)

    found = [p for p in verify_release(candidate) if p.rule_id == "release.sdmx-differs"]

    assert [problem.file for problem in found] == [name]
    assert said in found[0].detail_en


def test_sdmx_that_is_missing_or_belongs_to_nothing(candidate: Path) -> None:
    (candidate / "sdmx/csv/investment.csv").rename(candidate / "sdmx/csv/plan.csv")

    found = [p for p in verify_release(candidate) if p.rule_id == "release.sdmx-differs"]

    assert [(problem.file, problem.detail_en) for problem in found] == [
        ("sdmx/csv/investment.csv", "the file is not there"),
        ("sdmx/csv/plan.csv", "no figures belong to it"),
    ]


def test_a_citation_of_another_release(candidate: Path) -> None:
    rewrite(candidate, "CITATION.cff", b"version: r1", b"version: r0")

    assert "release.package-incomplete" in rules(candidate)


def test_a_data_package_that_forgets_a_file(candidate: Path) -> None:
    rewrite(candidate, "datapackage.json", b'"xlsx/core.xlsx"', b'"xlsx/gone.xlsx"')

    found = [p for p in verify_release(candidate) if p.rule_id == "release.package-incomplete"]

    assert [problem.detail_en for problem in found] == [
        "disagrees with the manifest on xlsx/core.xlsx",
        "disagrees with the manifest on xlsx/gone.xlsx",
    ]
