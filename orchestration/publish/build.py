"""Builds a candidate: everything a release holds, in a folder that readers never look into.

Belongs here: the order of the steps, from the work database to a sealed folder. Does not belong
here: judging the candidate (``verify``) and giving it to readers (``pointer``).
"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.errors import ReleaseError
from orchestration.publish.citation import render_citation
from orchestration.publish.datapackage import describe_package
from orchestration.publish.durable import (
    files_below,
    fsync_tree,
    remove_tree,
    seal,
    sha256_of,
)
from orchestration.publish.export import write_csv, write_parquet
from orchestration.publish.keys import foreign_keys
from orchestration.publish.layout import (
    CITATION_FILE,
    DATAPACKAGE_FILE,
    MANIFEST_FILE,
    MART_FILE,
    RELEASE_FILE_TABLE,
    REPORT_HTML,
    REPORT_JSON,
    Releases,
    csv_path,
    parquet_path,
)
from orchestration.publish.paper.brief import write_briefs
from orchestration.publish.paper.yearbook import write_yearbook
from orchestration.publish.pointer import recover
from orchestration.publish.printed import Words, read_words
from orchestration.publish.report import SEVERITIES, Row, read_report, render_html, render_json
from orchestration.publish.rowhash import Fingerprint, fingerprint, value_kind
from orchestration.publish.sdmx.write import write_sdmx
from orchestration.publish.site.model import read_relations
from orchestration.publish.site.pages import Source, print_shown, write_site
from orchestration.publish.tables import (
    Table,
    list_macros,
    literal,
    published_tables,
    quote,
)
from orchestration.publish.workbook import write_workbooks

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STORAGE_VERSION = "v1.2.0"
MANIFEST_VERSION = 2
"""2: releases carry papers, standard formats and pages besides their tables."""
_FILE_COLUMNS = ("path", "kind", "size_bytes", "sha256", "row_count")
Progress = Callable[[str], None]


@dataclass(frozen=True)
class ReleaseInput:
    """One admitted delivery a release was made from."""

    data_set_id: str
    file_name: str
    receipt_sha256: str


@dataclass(frozen=True)
class _Plan:
    """What the caller fixed about the release."""

    release_id: str
    release_time: datetime
    policy: str
    inputs: tuple[ReleaseInput, ...]
    versions: Mapping[str, str]
    verdicts: Mapping[str, str]
    licence: str
    macros_dir: Path | None
    previous: Path | None


def build_candidate(  # noqa: PLR0913 - each is one fact that only the caller knows
    work_db: Path,
    releases_dir: Path,
    release_id: str,
    release_time: datetime,
    inputs: Sequence[ReleaseInput],
    versions: Mapping[str, str],
    policy: str,
    *,
    verdicts: Mapping[str, str] | None = None,
    licence: str = "",
    macros_dir: Path | None = None,
    previous: Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Build a release aside and return its folder, sealed and durable.

    What an interrupted run left behind is removed first, so nothing old can enter. A failure
    removes the candidate; the pointer is not touched here.

    Args:
        work_db: The work database with the published schemas; nobody may have it open for
            writing, in this process neither.
        releases_dir: The directory of releases; made when absent.
        release_id: Its name. ``meta.release`` must bear the same.
        release_time: The only time in the release; without a zone it is UTC.
        inputs: The admitted deliveries it was made from.
        versions: Code and libraries: name to version.
        policy: The policy it is published under.
        verdicts: Verdict of the gates that have spoken: gate to ``passed``, ``failed``, ….
        licence: An SPDX or Open Definition name, or a sentence.
        macros_dir: Folder of ``*.sql`` files that create macros in the release.
        previous: Folder of the release in force: the site tells what this one changes.
        progress: Called with the name of each step before it starts.

    Raises:
        ReleaseError: The id is taken or invalid, the marts belong to another release or break
            their contract, or the disk is full.
    """
    import duckdb

    say = progress or (lambda step: None)
    releases = Releases(releases_dir)
    candidate = releases.building(release_id)
    target = releases.release(release_id)
    if not work_db.is_file():
        raise ReleaseError(
            "the work database is not there / 找不到工作库",
            file=work_db,
            remedy="build the marts first: qutong run",
        )
    releases_dir.mkdir(parents=True, exist_ok=True)
    recover(releases_dir)
    if target.exists():
        raise ReleaseError(
            f"release {release_id} exists already and is never rewritten / 该版本已存在",
            file=target,
            remedy="publish under another id",
        )
    plan = _Plan(
        release_id,
        release_time,
        policy,
        tuple(sorted(inputs, key=lambda item: (item.data_set_id, item.receipt_sha256))),
        versions,
        verdicts or {},
        licence,
        macros_dir,
        previous,
    )
    try:
        candidate.mkdir()
        _build(work_db, candidate, plan, say)
    except (OSError, duckdb.Error) as error:
        remove_tree(candidate)
        raise _translated(error, work_db, releases_dir) from error
    except Exception:
        remove_tree(candidate)
        raise
    return candidate


def _build(work_db: Path, candidate: Path, plan: _Plan, say: Progress) -> None:
    """All steps, in order."""
    import duckdb

    mart_file = candidate / MART_FILE
    con = duckdb.connect()
    try:
        con.execute("set timezone = 'UTC'")
        con.execute(f"attach {literal(str(work_db))} as work (read_only)")
        con.execute(
            f"attach {literal(str(mart_file))} as mart (storage_version '{STORAGE_VERSION}')"
        )
        _check_belongs(con, plan)
        tables = published_tables(con, "work")
        own = _release_file_table(tables)
        others = [table for table in tables if table is not own]

        say("mart")
        con.execute("begin")
        for table in tables:
            _copy_table(con, table, with_rows=table is not own)
        con.execute("commit")
        say("files")
        row_counts: dict[str, int] = {}
        for table in others:
            row_counts |= _export(con, table, candidate)
        say("report")
        report = read_report(con, "mart", tables, plan.verdicts)
        _write(candidate / REPORT_JSON, render_json(report))
        _write(candidate / REPORT_HTML, render_html(report))
        sources = _sources(con)
        row_counts |= _write_products(con, plan, report, tables, sources, candidate, say)
        say("release_file")
        con.execute("begin")
        _list_files(con, own, candidate, row_counts)
        _export(con, own, candidate)
        say("comments")
        for table in tables:
            _comment(con, table)
        _create_macros(con, plan.macros_dir)
        con.execute("commit")
        say("hashes")
        prints = {
            table: fingerprint(con, table.in_catalog("mart"), table.columns) for table in tables
        }
        keys = foreign_keys(con, "mart", tables)
        con.execute("use memory")
        con.execute("detach mart")
        # A definition is spelt anew when it is read from the file: take it as readers will.
        con.execute(f"attach {literal(str(mart_file))} as mart (read_only)")
        macros = list_macros(con, "mart")
    finally:
        con.close()

    say("manifest")
    files = {
        path: (sha256_of(candidate / path), (candidate / path).stat().st_size)
        for path in files_below(candidate)
        if path != MART_FILE
    }
    package = describe_package(
        report["release"],
        tables,
        files,
        sources,
        keys,
        is_simulated=report["is_simulated"],
        licence=plan.licence,
    )
    _write(candidate / DATAPACKAGE_FILE, _json(package))
    datapackage = candidate / DATAPACKAGE_FILE
    files[DATAPACKAGE_FILE] = (sha256_of(datapackage), datapackage.stat().st_size)
    _write(candidate / MANIFEST_FILE, _json(_manifest(plan, report, files, prints, macros)))
    say("fsync")
    fsync_tree(candidate)
    say("seal")
    seal(candidate)
    fsync_tree(candidate)


def _write_standards(
    con: DuckDBPyConnection,
    plan: _Plan,
    report: Row,
    tables: Sequence[Table],
    words: Words,
    sources: Sequence[Mapping[str, Any]],
    candidate: Path,
) -> dict[str, int]:
    """What other people's tools read: SDMX and the citation; returns the rows in each file."""
    is_simulated = report["is_simulated"]
    _write(
        candidate / CITATION_FILE,
        render_citation(
            report["release"],
            plan.release_time,
            sources,
            is_simulated=is_simulated,
            licence=plan.licence,
        ),
    )
    return write_sdmx(con, tables, words, plan.release_time, candidate, is_simulated=is_simulated)


def _check_belongs(con: DuckDBPyConnection, plan: _Plan) -> None:
    """The marts say themselves which release they were built for: never publish stale ones."""
    rows = con.execute("select release_id, release_time, policy from work.meta.release").fetchall()
    given = plan.release_time
    moment = given.astimezone(UTC).replace(tzinfo=None) if given.tzinfo else given
    expected = (plan.release_id, moment, plan.policy)
    if rows != [expected]:
        raise ReleaseError(
            f"the marts were built for {rows}, not for {expected} / 集市属于另一次运行",
            place="meta.release",
            remedy="build the marts again with this release's id, time and policy",
        )


def _release_file_table(tables: Sequence[Table]) -> Table:
    for table in tables:
        if (table.schema, table.name) == RELEASE_FILE_TABLE:
            return table
    raise ReleaseError(
        "meta.release_file is not in the dictionary of the marts",
        place="meta.schema_dictionary",
        remedy="declare the table; a release lists its files there",
    )


def _copy_table(con: DuckDBPyConnection, table: Table, *, with_rows: bool) -> None:
    """Create a table under its contract and fill it, ordered by its key."""
    _check_contract(con, table)
    con.execute(f"create schema if not exists mart.{quote(table.schema)}")
    columns = ", ".join(
        f"{quote(column.name)} {column.data_type}{'' if column.is_nullable else ' not null'}"
        for column in table.columns
    )
    con.execute(f"create table {table.in_catalog('mart')} ({columns})")
    if with_rows:
        con.execute(
            f"""
            insert into {table.in_catalog("mart")}
            select {table.select_list}
            from {table.in_catalog("work")} as t
            order by {table.order_by}
            """
        )
        _check_key(con, table)


def _check_contract(con: DuckDBPyConnection, table: Table) -> None:
    """The table in the work database has the columns of the dictionary, in that order."""
    declared = [(column.name, column.data_type) for column in table.columns]
    actual = con.execute(
        f"""
        select column_name, data_type from duckdb_columns()
        where database_name = 'work'
            and schema_name = {literal(table.schema)} and table_name = {literal(table.name)}
        order by column_index
        """
    ).fetchall()
    if actual != declared:
        raise ReleaseError(
            f"the columns are {actual}, the dictionary says {declared}",
            place=table.qualified,
            remedy="build meta.column_dictionary after the marts it describes",
        )
    for column in table.columns:
        try:
            value_kind(column.data_type)
        except ReleaseError as error:
            raise ReleaseError(
                error.what, place=f"{table.qualified}.{column.name}", remedy=error.remedy
            ) from error


def _check_key(con: DuckDBPyConnection, table: Table) -> None:
    """No two rows share the key: otherwise the order, and with it the bytes, is not fixed."""
    if not table.primary_key:
        return
    missing = [name for name in table.primary_key if not table.has(name)]
    if missing:
        raise ReleaseError(
            f"the key names columns that are not there: {', '.join(missing)}",
            place=table.qualified,
            remedy="correct primary_key in meta.schema_dictionary",
        )
    key = ", ".join(quote(name) for name in table.primary_key)
    row = con.execute(
        f"""
        select {key} from {table.in_catalog("mart")} group by {key} having count(*) > 1 limit 1
        """
    ).fetchone()
    if row is not None:
        raise ReleaseError(
            f"more than one row has the key ({', '.join(table.primary_key)}) = {row}",
            place=table.qualified,
            remedy="make the mart's grain and its declared key agree",
        )


def _export(con: DuckDBPyConnection, table: Table, candidate: Path) -> dict[str, int]:
    """Write a table's two files; returns the rows in each."""
    parquet, csv = parquet_path(table.schema, table.name), csv_path(table.schema, table.name)
    write_parquet(con, "mart", table, candidate / parquet)
    write_csv(con, "mart", table, candidate / csv)
    rows = con.execute(f"select count(*) from {table.in_catalog('mart')}").fetchall()
    return {parquet: rows[0][0], csv: rows[0][0]}


def _list_files(
    con: DuckDBPyConnection, own: Table, candidate: Path, row_counts: Mapping[str, int]
) -> None:
    """Fill ``meta.release_file`` with every file there is by now, the database excepted."""
    unknown = [column.name for column in own.columns if column.name not in _FILE_COLUMNS]
    if unknown or not (own.has("path") and own.has("sha256")):
        raise ReleaseError(
            f"nobody fills these columns: {', '.join(unknown) or 'path and sha256 are missing'}",
            place="meta.release_file",
            remedy=f"use these columns: {', '.join(_FILE_COLUMNS)}",
        )
    rows = []
    for path in files_below(candidate):
        if path.startswith(MART_FILE):
            continue
        values = {
            "path": literal(path),
            "kind": literal(path.split("/", 1)[0]),
            "size_bytes": str((candidate / path).stat().st_size),
            "sha256": literal(sha256_of(candidate / path)),
            "row_count": str(row_counts.get(path, "null")),
        }
        rows.append(f"({', '.join(values[column.name] for column in own.columns)})")
    con.execute(f"insert into {own.in_catalog('mart')} values {', '.join(rows)}")


def _comment(con: DuckDBPyConnection, table: Table) -> None:
    """Say in the database itself what the dictionaries say of a table and its columns."""
    name = table.in_catalog("mart")
    title = _both(table.title_zh, table.title_en)
    con.execute(f"comment on table {name} is {literal(title)}")
    for column in table.columns:
        text = _both(column.description_zh, column.description_en)
        con.execute(f"comment on column {name}.{quote(column.name)} is {literal(text)}")


def _both(zh: str, en: str) -> str:
    return " | ".join(filter(None, (zh, en)))


def _create_macros(con: DuckDBPyConnection, macros_dir: Path | None) -> None:
    """Run the SQL files that create macros, with the release as the default database."""
    import duckdb

    con.execute("use mart")
    for file in sorted(macros_dir.glob("*.sql")) if macros_dir else []:
        try:
            con.execute(file.read_text(encoding="utf-8"))
        except duckdb.Error as error:
            raise ReleaseError(
                f"the macro cannot be created: {error}",
                file=file,
                remedy="a file here holds 'create or replace macro <schema>.<name>(…) as …'",
            ) from error


def _write_products(
    con: DuckDBPyConnection,
    plan: _Plan,
    report: Row,
    tables: Sequence[Table],
    sources: Sequence[Row],
    candidate: Path,
    say: Progress,
) -> dict[str, int]:
    """Workbooks, papers, standard formats and pages, in this order: the pages list the others."""
    others = [table for table in tables if (table.schema, table.name) != RELEASE_FILE_TABLE]
    words = read_words(con, "work")
    say("workbooks")
    row_counts = write_workbooks(con, "mart", others, words, report, candidate)
    say("paper")
    row_counts |= write_yearbook(con, "mart", others, words, report, candidate)
    write_briefs(con, "mart", others, words, report, candidate)
    say("standards")
    row_counts |= _write_standards(con, plan, report, others, words, sources, candidate)
    say("site")
    shown = print_shown(con, "mart", others, words)
    relations = read_relations(con, "work")
    source = Source(con, "mart", tables, shown, words, report, relations, plan.previous)
    write_site(source, candidate)
    return row_counts


def _sources(con: DuckDBPyConnection) -> list[dict[str, Any]]:
    names = ("source_document", "title_zh", "title_en", "issuer", "published", "licence", "address")
    rows = con.execute(
        f"select {', '.join(names)} from mart.core.source_document order by source_document"
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def _manifest(
    plan: _Plan,
    report: Row,
    files: Mapping[str, tuple[str, int]],
    prints: Mapping[Table, Fingerprint],
    macros: Sequence[Mapping[str, str]],
) -> dict[str, Any]:
    """What the release is checked against, and the short answer to "what is in force".

    A DuckDB file is not byte-stable, so the manifest knows it by the canonical hashes of its
    tables; the hash of its bytes stands in the recorded verdict.
    """
    import duckdb

    tables = [
        {
            "schema": table.schema,
            "table": table.name,
            "row_count": prints[table].row_count,
            "row_hash": prints[table].row_hash,
        }
        for table in prints
    ]
    return {
        "manifest_version": MANIFEST_VERSION,
        "release_id": plan.release_id,
        "release_time": plan.release_time.isoformat(),
        "policy": plan.policy,
        "district_name_zh": report["release"]["district_name_zh"],
        "district_name_en": report["release"]["district_name_en"],
        "is_simulated": report["is_simulated"],
        "label": report["simulated_label"] if report["is_simulated"] else "",
        "statement_zh": report["statement_zh"],
        "statement_en": report["statement_en"],
        "verdicts": {gate["gate"]: gate["verdict"] for gate in report["gates"]},
        "findings_total": report["findings_total"],
        "findings_by_severity": {
            severity: report["findings_by_severity"].get(severity, 0)
            for severity in (*SEVERITIES, *report["findings_by_severity"])
        },
        "refused": [
            {
                name: row[name]
                for name in (
                    "data_set_id",
                    "file_name",
                    "delivered_on",
                    "refused_by",
                    "reason_zh",
                    "reason_en",
                )
            }
            for row in report["refused"]
        ],
        "inputs": [asdict(item) for item in plan.inputs],
        "versions": dict(sorted(plan.versions.items())),
        "database": {
            "path": MART_FILE,
            "storage_version": STORAGE_VERSION,
            "checked_by": "row_hash",
            "duckdb": duckdb.__version__,
            "macros": list(macros),
        },
        "tables": tables,
        "files": [
            {"path": path, "sha256": digest, "size_bytes": size}
            for path, (digest, size) in sorted(files.items())
        ],
    }


def _translated(error: Exception, work_db: Path, releases_dir: Path) -> ReleaseError:
    """A failure of the disk or the database, with what a person can do about it."""
    text = str(error)
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if full or "No space left on device" in text or "Disk quota exceeded" in text:
        return ReleaseError(
            "the disk is full: the release was not built and the current one stays / "
            "磁盘已满，未生成新版本，当前版本不变",
            file=releases_dir,
            remedy="free some space (old releases may be removed), then run again",
        )
    if "lock" in text.lower() or "different configuration" in text or "file handle" in text:
        return ReleaseError(
            f"the work database is in use: {text}",
            file=work_db,
            remedy="close every connection to it, then run again",
        )
    return ReleaseError(
        f"the release could not be built: {text}",
        file=releases_dir,
        remedy="the current release stays; mend the cause and run again",
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
