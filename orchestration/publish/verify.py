"""Re-opens a release and compares it with its own manifest, its dictionary and the marts.

Belongs here: checks that trust nothing the builder remembers, each under the id of its rule.
Does not belong here: deciding what follows from a problem.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

import yaml

from orchestration.errors import ReleaseError
from orchestration.publish.durable import files_below, sha256_of
from orchestration.publish.export import (
    BOM,
    UNSAFE_START,
    csv_select_list,
    read_csv_relation,
    read_parquet_relation,
)
from orchestration.publish.layout import (
    CITATION_FILE,
    DATAPACKAGE_FILE,
    MANIFEST_FILE,
    MART_FILE,
    RELEASE_FILE_TABLE,
    REPORT_HTML,
    csv_path,
    parquet_path,
    release_id_of,
    workbook_path,
)
from orchestration.publish.paper.check import check_paper
from orchestration.publish.report import SIMULATED_LABEL, has_simulated_rows
from orchestration.publish.rowhash import Fingerprint, fingerprint, value_kind
from orchestration.publish.sdmx.check import check_sdmx
from orchestration.publish.site.check import check_site
from orchestration.publish.site.pages import SITE
from orchestration.publish.tables import (
    Column,
    Table,
    list_macros,
    literal,
    published_tables,
    quote,
)
from orchestration.publish.workbook import LEFT_OUT

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HASH_MISMATCH = "release.hash-mismatch"
CONTRACT_BROKEN = "release.contract-broken"
ROW_COUNT_DIFFERS = "release.row-count-differs"
ROW_HASH_DIFFERS = "release.row-hash-differs"
DICTIONARY_INCOMPLETE = "release.dictionary-incomplete"
UNSAFE_CELL = "release.unsafe-cell"
UNLABELLED_SIMULATED = "release.unlabelled-simulated"
SDMX_DIFFERS = "release.sdmx-differs"
PACKAGE_INCOMPLETE = "release.package-incomplete"
SITE_INCOMPLETE = "release.site-incomplete"
SITE_FIGURE_DIFFERS = "release.site-figure-differs"
PRINTED_FIGURE_DIFFERS = "release.printed-figure-differs"

RULES = (
    HASH_MISMATCH,
    CONTRACT_BROKEN,
    ROW_COUNT_DIFFERS,
    ROW_HASH_DIFFERS,
    DICTIONARY_INCOMPLETE,
    UNSAFE_CELL,
    UNLABELLED_SIMULATED,
    SDMX_DIFFERS,
    PACKAGE_INCOMPLETE,
    SITE_INCOMPLETE,
    SITE_FIGURE_DIFFERS,
    PRINTED_FIGURE_DIFFERS,
)

_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"


@dataclass(frozen=True)
class Problem:
    """One thing that keeps a release from being what it says it is."""

    rule_id: str
    file: str
    detail_zh: str
    detail_en: str


@dataclass(frozen=True)
class _Package:
    """An opened release: the connection has it attached as ``mart``, the marts as ``work``."""

    path: Path
    manifest: Mapping[str, Any]
    con: DuckDBPyConnection
    tables: tuple[Table, ...]
    has_work: bool

    def recorded(self, table: Table) -> Fingerprint | None:
        """What the manifest says of a table."""
        for entry in self.manifest.get("tables", []):
            if (entry.get("schema"), entry.get("table")) == (table.schema, table.name):
                return Fingerprint(entry.get("row_count", -1), entry.get("row_hash", ""))
        return None


def verify_release(path: Path, work_db: Path | None = None) -> list[Problem]:
    """Check a release or a candidate as if somebody else had made it.

    Args:
        path: Its folder.
        work_db: The work database it was built from, to compare with; without it the manifest
            alone is the yardstick.

    Returns:
        What is wrong, in the order of the checks; nothing when the release is good.
    """
    import duckdb

    manifest, problems = _read_manifest(path)
    if manifest is None:
        return problems
    problems += _check_files(path, manifest)
    if not (path / MART_FILE).is_file() or (path / MART_FILE).is_symlink():
        return problems
    con = duckdb.connect()
    try:
        con.execute("set timezone = 'UTC'")
        con.execute(f"attach {literal(str(path / MART_FILE))} as mart (read_only)")
        if work_db is not None:
            con.execute(f"attach {literal(str(work_db))} as work (read_only)")
        tables = published_tables(con, "mart")
        package = _Package(path, manifest, con, tables, work_db is not None)
        for check in _CHECKS:
            # A release of a time before there were pages has none, and is not built anew for them.
            if check not in _SINCE_2 or int(manifest.get("manifest_version", 1)) >= 2:
                problems += check(package)
    except (duckdb.Error, ReleaseError) as error:
        problems.append(_unreadable(error))
    finally:
        con.close()
    return problems


def _read_manifest(path: Path) -> tuple[dict[str, Any] | None, list[Problem]]:
    try:
        content = json.loads((path / MANIFEST_FILE).read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("not an object")
    except (OSError, ValueError) as error:
        return None, [
            Problem(
                HASH_MISMATCH,
                MANIFEST_FILE,
                f"清单缺失或无法读取：{error}",
                f"the manifest is missing or cannot be read: {error}",
            )
        ]
    return content, []


def _check_files(path: Path, manifest: Mapping[str, Any]) -> list[Problem]:
    """Every file of the manifest is there with its hash, and no other file is."""
    problems = []
    listed = {entry["path"]: entry for entry in manifest.get("files", [])}
    present = set(files_below(path))
    for name in sorted(set(listed) | {MART_FILE}):
        file = path / name
        if name not in present or file.is_symlink():
            problems.append(Problem(HASH_MISMATCH, name, "文件不存在", "the file is not there"))
        elif name in listed and (
            sha256_of(file) != listed[name]["sha256"]
            or file.stat().st_size != listed[name]["size_bytes"]
        ):
            problems.append(
                Problem(
                    HASH_MISMATCH,
                    name,
                    "文件内容与清单的哈希不符",
                    "the bytes do not have the hash the manifest states",
                )
            )
    for name in sorted(present - set(listed) - {MART_FILE, MANIFEST_FILE}):
        problems.append(
            Problem(
                HASH_MISMATCH, name, "清单中没有这个文件", "the manifest does not know this file"
            )
        )
    if manifest.get("release_id") != release_id_of(path.resolve()):
        problems.append(
            Problem(
                HASH_MISMATCH,
                MANIFEST_FILE,
                f"清单属于版本 {manifest.get('release_id')}",
                f"the manifest is that of release {manifest.get('release_id')}",
            )
        )
    return problems


def _check_identity(package: _Package) -> Iterator[Problem]:
    """The database and the manifest speak of one and the same release."""
    rows = package.con.execute("select release_id, policy from mart.meta.release").fetchall()
    stated = (package.manifest.get("release_id"), package.manifest.get("policy"))
    if rows != [stated]:
        yield Problem(
            HASH_MISMATCH,
            MANIFEST_FILE,
            f"清单为 {stated}，数据库为 {rows}",
            f"the manifest says {stated}, the database {rows}",
        )


def _check_release_file(package: _Package) -> Iterator[Problem]:
    """``meta.release_file`` lists the files that are there, under the hashes they have."""
    rows = dict(package.con.execute("select path, sha256 from mart.meta.release_file").fetchall())
    own = {parquet_path(*RELEASE_FILE_TABLE), csv_path(*RELEASE_FILE_TABLE), DATAPACKAGE_FILE}
    expected = {
        entry["path"]: entry["sha256"]
        for entry in package.manifest.get("files", [])
        if entry["path"] not in own
    }
    for name in sorted(set(rows) | set(expected)):
        if rows.get(name) != expected.get(name):
            yield Problem(
                HASH_MISMATCH,
                name,
                "meta.release_file 与清单不一致",
                "meta.release_file and the manifest disagree",
            )


def _check_contracts(package: _Package) -> Iterator[Problem]:
    """Tables, columns, order, types and NULLs are those of the dictionary, in every format."""
    con = package.con
    actual: dict[tuple[str, str], list[tuple[str, str, bool]]] = {}
    for schema, table, column, data_type, nullable in con.execute(
        """
        select schema_name, table_name, column_name, data_type, is_nullable
        from duckdb_columns() where database_name = 'mart' and not internal
        order by schema_name, table_name, column_index
        """
    ).fetchall():
        actual.setdefault((schema, table), []).append((column, data_type, nullable))
    declared = {
        (table.schema, table.name): [
            (column.name, column.data_type, column.is_nullable) for column in table.columns
        ]
        for table in package.tables
    }
    for name in sorted(set(actual) | set(declared)):
        if actual.get(name) != declared.get(name):
            yield _contract(
                MART_FILE,
                f"{'.'.join(name)}: {actual.get(name)}",
                f"{declared.get(name)}",
            )
    for table in package.tables:
        yield from _check_file_contracts(package, table)
    macros = list_macros(con, "mart")
    recorded = package.manifest.get("database", {}).get("macros") or []
    if macros != recorded and (
        _macro_names(macros) != _macro_names(recorded) or _same_duckdb(package)
    ):
        yield _contract(MART_FILE, f"macros {macros}", f"{recorded}")


def _check_file_contracts(package: _Package, table: Table) -> Iterator[Problem]:
    parquet, csv = parquet_path(table.schema, table.name), csv_path(table.schema, table.name)
    if (package.path / parquet).is_file():
        found = package.con.execute(
            f"describe select * from {read_parquet_relation(package.path / parquet)}"
        ).fetchall()
        columns = [(row[0], row[1]) for row in found]
        expected = [(column.name, column.data_type) for column in table.columns]
        if columns != expected:
            yield _contract(parquet, f"{columns}", f"{expected}")
    if (package.path / csv).is_file():
        with (package.path / csv).open("rb") as file:
            first = file.readline()
        header = BOM + (",".join(column.name for column in table.columns) + "\n").encode()
        if first != header:
            yield _contract(csv, repr(first), repr(header))


def _check_rows(package: _Package) -> Iterator[Problem]:
    """Counts and row hashes agree: manifest, database, work database, Parquet and CSV."""
    for table in package.tables:
        recorded = package.recorded(table)
        name = f"{MART_FILE}: {table.qualified}"
        if recorded is None:
            yield _contract(MANIFEST_FILE, "nothing", table.qualified)
            continue
        mart = fingerprint(package.con, table.in_catalog("mart"), table.columns)
        yield from _compare(name, mart, recorded, "清单", "the manifest")
        is_own = (table.schema, table.name) == RELEASE_FILE_TABLE
        if package.has_work and not is_own:
            work = _work_fingerprint(package, table)
            if work is None:
                yield _contract(name, "no such table in the marts", table.qualified)
            else:
                yield from _compare(name, mart, work, "集市", "the marts")
        yield from _check_file_rows(package, table, mart)


def _check_file_rows(package: _Package, table: Table, mart: Fingerprint) -> Iterator[Problem]:
    """Parquet and CSV hold the rows of the database; a file that cannot be read says so."""
    import duckdb

    parquet, csv = parquet_path(table.schema, table.name), csv_path(table.schema, table.name)
    if (package.path / parquet).is_file():
        try:
            found = fingerprint(
                package.con, read_parquet_relation(package.path / parquet), table.columns
            )
            yield from _compare(parquet, found, mart, "数据库", "the database")
        except duckdb.Error as error:
            yield _contract(parquet, str(error), table.qualified)
    if (package.path / csv).is_file():
        texts = [Column(column.name, "VARCHAR", "", "", "", True) for column in table.columns]
        projected = f"(select {csv_select_list(table)} from {table.in_catalog('mart')} as t)"
        try:
            found = fingerprint(package.con, read_csv_relation(table, package.path / csv), texts)
            expected = fingerprint(package.con, projected, texts)
            yield from _compare(csv, found, expected, "数据库", "the database")
            yield from _check_cells(package, table, csv)
        except duckdb.Error as error:
            yield _contract(csv, str(error), table.qualified)


def _check_cells(package: _Package, table: Table, csv: str) -> Iterator[Problem]:
    """No text in a CSV file can be taken for a formula; numbers are nothing but numbers."""
    conditions = []
    for column in table.columns:
        kind, name = value_kind(column.data_type), quote(column.name)
        if kind == "text":
            conditions.append(f"regexp_matches({name}, {literal(UNSAFE_START)})")
        elif kind in ("integer", "decimal"):
            conditions.append(f"not regexp_matches({name}, {literal(_NUMBER)})")
    if not conditions:
        return
    row = package.con.execute(
        f"""
        select count(*) from {read_csv_relation(table, package.path / csv)}
        where {" or ".join(f"coalesce({condition}, false)" for condition in conditions)}
        """
    ).fetchone()
    if row and row[0]:
        yield Problem(
            UNSAFE_CELL,
            csv,
            f"{row[0]} 行有可能被当作公式的单元格",
            f"{row[0]} rows hold a cell that a spreadsheet may take for a formula",
        )


def _check_workbooks(package: _Package) -> Iterator[Problem]:
    """A workbook has a sheet per table and the contents, nothing that acts, and its label."""
    for schema in sorted({table.schema for table in package.tables}):
        name = workbook_path(schema)
        if not (package.path / name).is_file():
            continue
        tables = [
            table
            for table in package.tables
            if table.schema == schema and (table.schema, table.name) not in LEFT_OUT
        ]
        try:
            parts = _parts_of(package.path / name)
            sheets = parts["xl/workbook.xml"].count("<sheet ")
        except (OSError, BadZipFile, KeyError, UnicodeDecodeError, zlib.error) as error:
            yield _contract(name, repr(error), "an Excel workbook")
            continue
        if sheets != len(tables) + 1:
            yield _contract(name, f"{sheets} sheets", f"{len(tables) + 1} sheets")
        # In a text '<' is written '&lt;': what looks like a formula here is one.
        if any(re.search(r"<f[ >]|TargetMode=\"External\"", text) for text in parts.values()):
            yield Problem(
                UNSAFE_CELL,
                name,
                "工作簿含有公式或外部链接",
                "the workbook holds a formula or a link to elsewhere",
            )
        label = parts.get("xl/sharedStrings.xml", "")
        if SIMULATED_LABEL not in label and has_simulated_rows(package.con, "mart", tables):
            yield _unlabelled(name)


def _parts_of(workbook: Path) -> dict[str, str]:
    """The texts a workbook is made of, by their names in it."""
    with ZipFile(workbook) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


def _check_paper(package: _Package) -> Iterator[Problem]:
    """Every figure of a brief and of the yearbook is the one in the database."""
    rules = {"figure": PRINTED_FIGURE_DIFFERS, "active": UNSAFE_CELL,
             "unlabelled": UNLABELLED_SIMULATED, "unreadable": CONTRACT_BROKEN}  # fmt: skip
    for found in check_paper(package.con, "mart", package.tables, package.path):
        yield Problem(rules[found.kind], found.file, found.zh, found.en)


def _check_site(package: _Package) -> Iterator[Problem]:
    """The pages are complete, and show the figures of the database."""
    for fault in check_site(package.con, "mart", package.tables, package.path):
        rule = SITE_FIGURE_DIFFERS if fault.is_figure else SITE_INCOMPLETE
        yield Problem(rule, fault.file, fault.zh, fault.en)


def _check_sdmx(package: _Package) -> Iterator[Problem]:
    """The SDMX files hold the published figures, all of them and no others."""
    for name, zh, en in check_sdmx(package.con, "mart", package.path):
        yield Problem(SDMX_DIFFERS, name, zh, en)


def _check_descriptions(package: _Package) -> Iterator[Problem]:
    """The data package lists every file with its hash, and the citation names this release."""
    listed = {
        str(entry.get("path")): str(entry.get("sha256"))
        for entry in package.manifest.get("files", [])
        if entry.get("path") != DATAPACKAGE_FILE
    }
    try:
        content = json.loads((package.path / DATAPACKAGE_FILE).read_text(encoding="utf-8"))
        described = {
            item["path"]: str(item.get("hash", "")).removeprefix("sha256:")
            for item in content["resources"]
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield _incomplete(DATAPACKAGE_FILE, f"无法读取：{error}", f"cannot be read: {error}")
    else:
        expected = {**listed, MART_FILE: "", MANIFEST_FILE: ""}
        for name in sorted(set(expected) | set(described)):
            if expected.get(name) != described.get(name):
                yield _incomplete(
                    DATAPACKAGE_FILE,
                    f"与清单不一致：{name}",
                    f"disagrees with the manifest on {name}",
                )
    citation = package.path / CITATION_FILE
    text = citation.read_text(encoding="utf-8") if citation.is_file() else ""
    try:
        cited = yaml.safe_load(text)
        version = cited["version"]
    except (yaml.YAMLError, KeyError, TypeError):
        version = None
    if str(version) != str(package.manifest.get("release_id")):
        yield _incomplete(
            CITATION_FILE,
            f"版本为 {version}，应为 {package.manifest.get('release_id')}",
            f"cites version {version}, not {package.manifest.get('release_id')}",
        )


def _incomplete(file: str, zh: str, en: str) -> Problem:
    return Problem(PACKAGE_INCOMPLETE, file, zh, en)


def _check_dictionary(package: _Package) -> Iterator[Problem]:
    """Every table and column is described in both languages, and carries its comment."""
    for table in package.tables:
        if not table.columns:
            yield _undocumented(table.qualified, "没有任何列", "has no columns")
        texts = (table.title_zh, table.title_en, table.grain_zh, table.grain_en)
        if not all(text.strip() for text in texts):
            yield _undocumented(
                table.qualified,
                "标题或粒度缺中文或英文",
                "lacks a title or grain in Chinese or English",
            )
        for column in table.columns:
            if not (column.description_zh.strip() and column.description_en.strip()):
                yield _undocumented(
                    f"{table.qualified}.{column.name}",
                    "缺中文或英文说明",
                    "lacks a description in Chinese or English",
                )
    silent = package.con.execute(
        """
        select schema_name || '.' || table_name as name from duckdb_tables()
        where database_name = 'mart' and coalesce(trim(comment), '') in ('', '/')
        union all
        select schema_name || '.' || table_name || '.' || column_name from duckdb_columns()
        where database_name = 'mart' and not internal
            and coalesce(trim(comment), '') in ('', '/')
        order by name
        """
    ).fetchall()
    for (name,) in silent:
        yield _undocumented(name, "数据库中没有注释", "has no comment in the database")


def _check_simulated(package: _Package) -> Iterator[Problem]:
    """What is simulated says so: in its row, and on every product of the release."""
    con, path = package.con, package.path
    observed = con.execute(
        """
        select count(*) from mart.core.observation as o
        inner join mart.core.data_set as d on o.data_set_id = d.data_set_id
        where d.is_simulated and not coalesce(o.is_simulated, false)
        """
    ).fetchone()
    if observed and observed[0]:
        yield Problem(
            UNLABELLED_SIMULATED,
            f"{MART_FILE}: core.observation",
            f"{observed[0]} 行来自模拟数据集而未标记",
            f"{observed[0]} rows of simulated data sets are not marked",
        )
    if not has_simulated_rows(con, "mart", package.tables):
        return
    page = f"{SITE}/index.html"
    for file, needles in (
        (REPORT_HTML, ("模拟数据", "simulated")),
        # An earlier release has no pages; where they are missing, another check says so.
        *([(page, ('class="simbar"',))] if (path / page).is_file() else []),
        (DATAPACKAGE_FILE, ('"is_simulated": true', "模拟数据", "simulated")),
        (MANIFEST_FILE, ('"is_simulated": true', "模拟数据", "simulated")),
    ):
        text = (path / file).read_text(encoding="utf-8") if (path / file).is_file() else ""
        body = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
        if not all(needle in body for needle in needles):
            yield _unlabelled(file)


_CHECKS: tuple[Callable[[_Package], Iterator[Problem]], ...] = (
    _check_identity,
    _check_release_file,
    _check_contracts,
    _check_rows,
    _check_workbooks,
    _check_paper,
    _check_sdmx,
    _check_site,
    _check_descriptions,
    _check_dictionary,
    _check_simulated,
)


_SINCE_2 = frozenset({_check_paper, _check_sdmx, _check_site, _check_descriptions})
"""What releases carry since version 2 of the manifest."""


def _work_fingerprint(package: _Package, table: Table) -> Fingerprint | None:
    import duckdb

    try:
        return fingerprint(package.con, table.in_catalog("work"), table.columns)
    except (duckdb.CatalogException, duckdb.BinderException):
        return None


def _compare(
    file: str, found: Fingerprint, expected: Fingerprint, with_zh: str, with_en: str
) -> Iterator[Problem]:
    if found.row_count != expected.row_count:
        yield Problem(
            ROW_COUNT_DIFFERS,
            file,
            f"{found.row_count} 行，{with_zh}为 {expected.row_count} 行",
            f"{found.row_count} rows where {with_en} has {expected.row_count}",
        )
    elif found.row_hash != expected.row_hash:
        yield Problem(
            ROW_HASH_DIFFERS,
            file,
            f"行内容与{with_zh}不同",
            f"the rows differ from those of {with_en}",
        )


def _contract(file: str, found: str, expected: str) -> Problem:
    return Problem(
        CONTRACT_BROKEN,
        file,
        f"实际为 {found}，应为 {expected}",
        f"found {found}, expected {expected}",
    )


def _unlabelled(file: str) -> Problem:
    return Problem(
        UNLABELLED_SIMULATED,
        file,
        "版本含模拟数据而此文件没有标明",
        "the release holds simulated rows and this file does not say so",
    )


def _unreadable(error: Exception) -> Problem:
    """A check that could not be made: a table or column is missing, or the file is damaged."""
    import duckdb

    cause = error.__cause__ or error
    missing = isinstance(cause, duckdb.CatalogException | duckdb.BinderException | ReleaseError)
    text = error.what if isinstance(error, ReleaseError) else str(error)
    return Problem(
        CONTRACT_BROKEN if missing else HASH_MISMATCH,
        MART_FILE,
        f"数据库无法读取：{text}",
        f"the database cannot be read: {text}",
    )


def _undocumented(place: str, zh: str, en: str) -> Problem:
    return Problem(DICTIONARY_INCOMPLETE, f"{MART_FILE}: {place}", zh, en)


def _macro_names(macros: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(macro["name"], macro["parameters"]) for macro in macros]


def _same_duckdb(package: _Package) -> bool:
    """Whether this DuckDB made the release: another one may spell a definition differently."""
    import duckdb

    made_with = package.manifest.get("database", {}).get("duckdb")
    return bool(made_with == duckdb.__version__)
