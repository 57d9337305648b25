"""What a release holds, byte for byte, and what happens when it cannot be built.

Belongs here: the candidate's files. Does not belong here: verification and the pointer.
"""

from __future__ import annotations

import errno
import hashlib
import html.parser
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.errors import ReleaseError
from orchestration.publish.build import build_candidate
from orchestration.publish.database import open_new
from orchestration.publish.layout import checked_release_id
from orchestration.publish.products import tables as tables_module
from tests.unit.test_publish_world import TIME, build, make_work_db

pytestmark = pytest.mark.core

STEPS = (
    "hashes",
    "report",
    "inputs",
    "mart",
    "tables",
    "sdmx",
    "figures",
    "workbooks",
    "site",
    "inventory",
    "datapackage",
    "manifest",
    "seal",
)


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("world"))


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_page_of_downloads_knows_what_every_file_is(candidate: Path) -> None:
    page = (candidate / "site/downloads.html").read_text(encoding="utf-8")
    assert '<span lang="en">Other file</span>' not in page


def test_it_holds_these_files(candidate: Path) -> None:
    found = {str(path.relative_to(candidate)) for path in candidate.rglob("*") if path.is_file()}
    tables = (
        "core/data_set core/delivery_ledger core/indicator core/observation core/period "
        "core/region core/source_document investment/project_pipeline "
        "meta/column_dictionary meta/release meta/release_file meta/schema_dictionary "
        "quality/conservation quality/finding quality/quarantine quality/rule "
        "quality/validation_run"
    ).split()
    pages = (
        "index scorecard plan peers signals quality changes methods search compare downloads "
        "calendar corrections theme/investment indicator/fai_growth region/990101 region/990102"
    ).split()
    scripts = (
        "release names search found compare chunks indicator/fai_growth single/investment"
    ).split()
    styles = "qt front theme indicator compare search".split()

    assert found == {
        *(f"site/{page}.html" for page in pages),
        *(f"site/data/{script}.js" for script in scripts),
        *(f"site/assets/{name}.css" for name in styles),
        *(f"site/assets/{name}.js" for name in ("qt", "figures", "indicator", "compare", "search")),
        "site/calendar.ics",
        "site/feed.atom",
        "mart.duckdb",
        "manifest.json",
        "datapackage.json",
        "CITATION.cff",
        "sdmx/2.1/structures.xml",
        "sdmx/2.1/investment.xml",
        "sdmx/3.0/structures.xml",
        "sdmx/3.0/investment.xml",
        "sdmx/csv/investment.csv",
        "semantic/ossie.json",
        "quality/report.json",
        "quality/report.html",
        *(f"parquet/{table}.parquet" for table in tables),
        *(f"csv/{table}.csv" for table in tables),
        "xlsx/core.xlsx",
        "xlsx/investment.xlsx",
    }


def test_csv_is_exact_and_safe(candidate: Path) -> None:
    pipeline = (candidate / "csv/investment/project_pipeline.csv").read_bytes()
    lines = (candidate / "csv/core/observation.csv").read_bytes().decode("utf-8-sig").split("\n")

    assert pipeline == (
        b"\xef\xbb\xbfregion_code,period,projects,completion_rate_pct,residual\n"
        b"990101,2025,7,,-0.25\n"
        b"990102,2025,12,40.5,0.5\n"
    )
    # A negative number stays a number, a printed text that begins with a sign is made inert.
    assert ",-5.25,%,'-5.25,%,above,final,2026-03-01,,true,true,false," in lines[3]
    assert ',\'=cmd|calc,"",' in lines[4]
    assert ',"a,""b""",' in lines[4]


def test_times_are_iso_in_csv(candidate: Path) -> None:
    text = (candidate / "csv/meta/release.csv").read_bytes().decode("utf-8-sig")

    assert text.split("\n")[1] == (
        "r1,2026-04-01T18:30:00,demo,甲区,District A,990101,2026-04-02,2026-04-02T02:30:00,"
        "Asia/Shanghai"
    )


def test_parquet_holds_the_declared_types_in_order(candidate: Path) -> None:
    with duckdb.connect() as con:
        relation = con.sql(
            f"from read_parquet('{candidate}/parquet/investment/project_pipeline.parquet')"
        )
        types = [str(kind) for kind in relation.types]
        codec = con.sql(
            "select distinct compression from "
            f"parquet_metadata('{candidate}/parquet/core/observation.parquet')"
        ).fetchall()

    assert types == ["VARCHAR", "VARCHAR", "INTEGER", "DECIMAL(9,2)", "DECIMAL(2,2)"]
    assert codec == [("ZSTD",)]


def test_the_database_has_comments_macros_and_not_null(candidate: Path) -> None:
    with duckdb.connect(str(candidate / "mart.duckdb"), read_only=True) as con:
        comments = con.execute(
            "select comment from duckdb_columns() where table_name = 'observation' "
            "and column_name in ('observation_id', 'value') order by column_name"
        ).fetchall()
        table = con.execute(
            "select comment from duckdb_tables() where table_name = 'observation'"
        ).fetchall()
        as_of = con.execute(
            "select observation_id from core.as_of('2026-02-01') order by all"
        ).fetchall()
        required = con.execute(
            "select is_nullable from duckdb_columns() where table_name = 'observation' "
            "and column_name in ('observation_id', 'value') order by column_name"
        ).fetchall()

    assert comments == [
        ("列 observation_id。〔主键〕 | Column observation_id. [key]",),
        ("列 value。 | Column value.",),
    ]
    assert table == [("表 observation | Table observation",)]
    assert as_of == [("aaaaaa01ffff",)]
    assert required == [(False,), (True,)]


def test_the_database_has_a_view_of_each_table_under_chinese_names(candidate: Path) -> None:
    with duckdb.connect(str(candidate / "mart.duckdb"), read_only=True) as con:
        shown = con.execute(
            'select "列 period", "列 projects" from investment."表 project_pipeline" order by all'
        ).fetchall()
        counts = con.execute(
            "select (select count(*) from duckdb_views() where not internal), "
            "(select count(*) from meta.schema_dictionary)"
        ).fetchall()
        said = con.execute(
            "select comment from duckdb_views() where view_name = '表 project_pipeline'"
        ).fetchall()

    assert shown == [("2025", 7), ("2025", 12)]
    assert counts == [(17, 17)]
    assert said == [
        (
            "表 project_pipeline：investment.project_pipeline 的中文列名 | "
            "Table project_pipeline: investment.project_pipeline under Chinese names",
        )
    ]


def test_keys_are_told_and_are_constraints_where_others_refer_to_them(candidate: Path) -> None:
    with duckdb.connect(str(candidate / "mart.duckdb"), read_only=True) as con:
        told = con.execute(
            "select table_name, column_name, comment from duckdb_columns() "
            "where comment like '%〔%' and table_name in ('observation', 'project_pipeline') "
            "and column_name in ('region_code', 'period') order by all"
        ).fetchall()
        keys = con.execute(
            "select schema_name || '.' || table_name, constraint_text from duckdb_constraints() "
            "where constraint_type = 'PRIMARY KEY' order by all"
        ).fetchall()

    assert told == [
        ("observation", "period", "列 period。〔外键 → core.period〕"
         " | Column period. [refers to core.period]"),
        ("observation", "region_code", "列 region_code。〔外键 → core.region〕"
         " | Column region_code. [refers to core.region]"),
        ("project_pipeline", "period", "列 period。〔主键之一；外键 → core.period〕"
         " | Column period. [part of the key; refers to core.period]"),
        ("project_pipeline", "region_code", "列 region_code。〔主键之一；外键 → core.region〕"
         " | Column region_code. [part of the key; refers to core.region]"),
    ]  # fmt: skip
    assert keys == [
        ("core.data_set", "PRIMARY KEY(data_set_id)"),
        ("core.indicator", "PRIMARY KEY(indicator_code)"),
        ("core.period", "PRIMARY KEY(period)"),
        ("core.region", "PRIMARY KEY(region_code)"),
        ("core.source_document", "PRIMARY KEY(source_document)"),
        ("quality.conservation", "PRIMARY KEY(delivery_id)"),
        ("quality.rule", "PRIMARY KEY(rule_id)"),
    ]


def test_release_file_lists_all_but_its_container_and_its_own_exports(candidate: Path) -> None:
    with duckdb.connect(str(candidate / "mart.duckdb"), read_only=True) as con:
        rows = con.execute("from meta.release_file order by path").fetchall()
    paths = [row[0] for row in rows]
    report = (candidate / "quality/report.json").read_bytes()

    assert len(paths) == 2 * 16 + 2 + 2 + 5 + 1 + 39
    assert not any(
        "release_file" in path or path in ("mart.duckdb", "manifest.json", "datapackage.json")
        for path in paths
    )
    assert (
        "quality/report.json",
        "quality",
        len(report),
        hashlib.sha256(report).hexdigest(),
        None,
    ) in rows
    assert [row[4] for row in rows if row[0] == "csv/core/observation.csv"] == [4]


def test_the_manifest_states_inputs_versions_and_hashes(candidate: Path) -> None:
    manifest = read_json(candidate / "manifest.json")
    text = (candidate / "manifest.json").read_text(encoding="utf-8")
    listed = {entry["path"]: entry for entry in manifest["files"]}
    csv = (candidate / "csv/core/data_set.csv").read_bytes()

    assert [entry["file_name"] for entry in manifest["inputs"]] == ["fai.xlsx"]
    assert manifest["versions"] == {"qutong": "0.1.0"}
    assert manifest["verdicts"] == {"delivery": "passed", "marts": "passed", "release": "pending"}
    assert manifest["findings_by_severity"] == {"hard": 0, "soft": 1, "informative": 1}
    assert listed["csv/core/data_set.csv"] == {
        "path": "csv/core/data_set.csv",
        "sha256": hashlib.sha256(csv).hexdigest(),
        "size_bytes": len(csv),
        "row_count": 2,
    }
    assert str(candidate.parent) not in text


def test_the_data_package_describes_every_export(candidate: Path) -> None:
    package = read_json(candidate / "datapackage.json")
    resources = {item["path"]: item for item in package["resources"]}
    fields = resources["csv/investment/project_pipeline.csv"]["schema"]["fields"]

    assert package["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert package["created"] == "2026-04-02T02:30:00+08:00"
    assert package["licenses"] == [{"name": "CC-BY-4.0"}]
    assert package["sources"][0]["title"] == "年度公报 / Annual bulletin"
    # Every table twice with its fields, and one theme of SDMX; what is CSV is read as a table.
    assert sum("schema" in item for item in package["resources"]) == 2 * 17 + 1
    assert sum(item.get("type") == "table" for item in package["resources"]) == 17 + 1
    assert [field["type"] for field in fields] == [
        "string",
        "string",
        "integer",
        "number",
        "number",
    ]
    assert fields[3]["unit"] == "%"
    assert fields[3]["description"] == "列 completion_rate_pct。 / Column completion_rate_pct."
    assert resources["csv/investment/project_pipeline.csv"]["schema"]["primaryKey"] == [
        "region_code",
        "period",
    ]


class _Tags(html.parser.HTMLParser):
    """Collects tags and whatever could load something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str | None] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_report_page_says_it_all_and_loads_nothing(candidate: Path) -> None:
    page = (candidate / "quality/report.html").read_text(encoding="utf-8")
    tags = _Tags()
    tags.feed(page)

    assert not tags.tags & {"script", "link", "img", "iframe", "object"}
    assert all((address or "").startswith("#") for address in tags.addresses)
    assert "url(" not in page
    assert "@import" not in page
    assert "本版本依 demo 策略发布，发布时有 2 条未了结的发现。" in tags.text
    assert "This release was published with 2 open findings under policy demo." in tags.text
    assert "模拟数据 / simulated data" in tags.text
    assert "60 + 41 = 101 ≠ 102" in tags.text
    assert "fai.xlsx!表1!B9" in tags.text
    assert "分项与总计不符 &lt;b&gt;" in page
    assert tags.text.index("分项与总计不符") < tags.text.index("a note")
    assert "A column is missing" in tags.text
    assert "None" not in tags.text.replace("None.", "")


def test_the_report_as_json(candidate: Path) -> None:
    report = read_json(candidate / "quality/report.json")

    assert [item["finding_id"] for item in report["findings"]] == ["f1", "f2"]
    assert [item["delivery_id"] for item in report["refused"]] == ["d2"]
    assert [item["difference"] for item in report["conservation"]] == [0, 0]
    assert report["coverage"][0] == {
        "data_set_id": "fai_year",
        "title_zh": "固定资产投资",
        "title_en": "Fixed-asset investment",
        "theme": "investment",
        "observations": 3,
        "indicators": 2,
        "regions": 1,
        "first_day": "2025-01-01",
        "last_day": "2025-12-31",
        "last_reported_day": "2025-12-31",
        "last_delivered_on": "2026-03-02",
        "cadence": "annual",
        "due_zh": "每年：次年3月10日17:00前",
        "due_en": "annual: day 10 of month 3",
        "is_simulated": False,
    }


def test_without_simulated_rows_nothing_is_labelled(tmp_path: Path) -> None:
    candidate = build(
        tmp_path,
        extra_sql="delete from core.observation where is_simulated;"
        "delete from quality.conservation where is_simulated",
    )

    assert read_json(candidate / "manifest.json")["is_simulated"] is False
    assert "模拟数据" not in (candidate / "quality/report.html").read_text(encoding="utf-8")


def test_building_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    # The second work database holds the same rows in another order.
    first = build(tmp_path / "a")
    second = build(
        tmp_path / "b",
        extra_sql="create table t as from core.observation; truncate core.observation;"
        "insert into core.observation from t order by observation_id desc; drop table t",
    )
    bytes_of = [
        {
            str(path.relative_to(root)): path.read_bytes()
            for path in root.rglob("*")
            if path.is_file() and path.name != "mart.duckdb"
        }
        for root in (first, second)
    ]

    assert bytes_of[0] == bytes_of[1]


def test_what_a_killed_run_left_never_enters(tmp_path: Path) -> None:
    stale = tmp_path / "releases" / ".building-r1" / "csv"
    stale.mkdir(parents=True)
    (stale / "old.csv").write_text("old", encoding="utf-8")
    other = tmp_path / "releases" / ".building-r0"
    other.mkdir()
    other.chmod(0o555)

    candidate = build(tmp_path)

    assert not (candidate / "csv/old.csv").exists()
    assert not other.exists()


@pytest.mark.parametrize("step", STEPS)
def test_a_full_disk_leaves_nothing_and_says_so(tmp_path: Path, step: str) -> None:
    def fill_up(now: str) -> None:
        if now == step:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ReleaseError) as caught:
        build(tmp_path, progress=fill_up)

    assert "the disk is full" in caught.value.what
    assert "free some space" in str(caught.value.remedy)
    assert list((tmp_path / "releases").iterdir()) == []


def test_a_disk_that_fills_up_inside_duckdb_says_so_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise duckdb.IOException('Could not write file "x": No space left on device')

    monkeypatch.setattr(tables_module, "write_parquet", fail)

    with pytest.raises(ReleaseError, match="the disk is full"):
        build(tmp_path)
    assert list((tmp_path / "releases").iterdir()) == []


@pytest.mark.parametrize(
    ("extra_sql", "message"),
    [
        ("update meta.release set policy = 'bureau'", "the marts were built for"),
        ("insert into investment.project_pipeline values ('990101', '2025', 1, 1, 0)",
         "more than one row has the key"),
        ("alter table core.data_set add column more varchar", "the dictionary says"),
        ("alter table quality.rule drop column guidance_en;"
         "delete from meta.column_dictionary where column_name = 'guidance_en'",
         "the quality report cannot read"),
        ("alter table investment.project_pipeline alter residual type double;"
         "update meta.column_dictionary set data_type = 'double' where column_name = 'residual'",
         "no column of type DOUBLE"),
        ("insert into meta.release by name select 'r2' as release_id",
         "the marts were built for"),
        ("delete from meta.schema_dictionary where table_name = 'release_file'",
         "meta.release_file is not in the dictionary"),
    ],
)  # fmt: skip
def test_marts_that_do_not_fit_are_not_published(
    tmp_path: Path, extra_sql: str, message: str
) -> None:
    with pytest.raises(ReleaseError, match=message):
        build(tmp_path, extra_sql=extra_sql)
    assert list((tmp_path / "releases").iterdir()) == []


def test_a_release_is_never_rewritten(tmp_path: Path) -> None:
    (tmp_path / "releases" / "r1").mkdir(parents=True)

    with pytest.raises(ReleaseError, match="exists already"):
        build(tmp_path)


def test_a_work_database_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="the work database is not there"):
        build_candidate(tmp_path / "no.duckdb", tmp_path / "r", "r1", TIME, [], {}, "demo")


def test_a_work_database_that_is_open_says_so(tmp_path: Path) -> None:
    work_db = make_work_db(tmp_path / "work-r1.duckdb")

    with duckdb.connect(str(work_db)), pytest.raises(ReleaseError) as caught:
        build(tmp_path)

    assert "close every connection" in str(caught.value.remedy)


@pytest.mark.parametrize(
    ("most_rows", "is_compressed"), [(0, False), (122_880, False), (122_881, True)]
)
def test_only_a_database_with_a_large_table_is_compressed(
    tmp_path: Path, most_rows: int, is_compressed: bool
) -> None:
    with duckdb.connect() as con:
        open_new(con, tmp_path / "mart.duckdb", most_rows)
        con.execute("create table mart.t as select i // 1000 as n from range(50_000) as r(i)")
        con.execute("checkpoint mart")
        found = con.execute("select compression from pragma_storage_info('mart.t')").fetchall()

    assert any(name not in ("Uncompressed", "Constant") for (name,) in found) == is_compressed


@pytest.mark.parametrize("release_id", ["", ".", "..", ".x", "a/b", "a b", "current", "pin", "é"])
def test_an_id_that_cannot_name_a_folder(release_id: str) -> None:
    with pytest.raises(ReleaseError, match="cannot be a release id"):
        checked_release_id(release_id)
