"""Builds a candidate: everything a release holds, in a folder that readers never look into.

Belongs here: the order of the steps, from the work database to a sealed folder. Does not belong
here: how one product is made (``products``) and whether it is built or linked (``press``), judging
the candidate (``verify``), giving it to readers (``pointer``).
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.duck import share_out
from orchestration.errors import ReleaseError
from orchestration.publish import jsontext
from orchestration.publish.database import (
    STORAGE_VERSION,
    check_belongs,
    check_contracts,
    comment,
    constrained,
    copy_table,
    create_macros,
    create_views,
    open_new,
)
from orchestration.publish.durable import remove_tree, seal
from orchestration.publish.edition import Edition
from orchestration.publish.helpers import Helpers
from orchestration.publish.keys import foreign_keys
from orchestration.publish.layout import MANIFEST_FILE, MART_FILE, RELEASE_FILE_TABLE, Releases
from orchestration.publish.pointer import recover
from orchestration.publish.press import Press, Previous
from orchestration.publish.printed import read_words
from orchestration.publish.product import Product
from orchestration.publish.registry import PRODUCTS
from orchestration.publish.report import SEVERITIES, read_report
from orchestration.publish.rowhash import fingerprint
from orchestration.publish.tables import Table, list_macros, literal, published_tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MANIFEST_VERSION = 8
"""2: releases carry papers, standard formats and pages besides their tables. 3: the manifest lists
products with what each part was made from, and the id of a release stands in one file of its site.
6: the database has a view of each table under Chinese names, and there is a semantic contract.
8: a table of the yearbook holds periods of one kind.
"""
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
    inputs_fingerprint: str
    synonyms: Mapping[str, Sequence[str]]


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
    inputs_fingerprint: str = "",
    synonyms: Mapping[str, Sequence[str]] | None = None,
    products: Sequence[Product] = PRODUCTS,
    workers: int | None = None,
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
        previous: Folder of the release in force: what did not change is linked from it, and the
            site tells what this one changes.
        progress: Called with the name of each step before it starts.
        inputs_fingerprint: What the run says of all its inputs; kept in the manifest.
        synonyms: By the code of an indicator what else people call it: the search finds it so.
        products: What to make, in the order of the registry.
        workers: Processes to build in beside this one; None is as many as pay.

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
        inputs_fingerprint,
        synonyms or {},
    )
    try:
        candidate.mkdir()
        _build(work_db, candidate, plan, products, workers, say)
    except (OSError, duckdb.Error) as error:
        remove_tree(candidate)
        raise _translated(error, work_db, releases_dir) from error
    except Exception:
        remove_tree(candidate)
        raise
    return candidate


def _build(
    work_db: Path,
    candidate: Path,
    plan: _Plan,
    products: Sequence[Product],
    workers: int | None,
    say: Progress,
) -> None:
    """All steps, in order."""
    import duckdb

    mart_file = candidate / MART_FILE
    previous = Previous.open(plan.previous)
    con = duckdb.connect()
    try:
        con.execute("set timezone = 'UTC'")
        share_out(con, work_db)
        con.execute(f"attach {literal(str(work_db))} as work (read_only)")
        check_belongs(con, plan.release_id, plan.release_time, plan.policy)
        with Helpers(workers) as helpers:
            tables = published_tables(con, "work")
            if previous is None:
                # All is to be built: they load what they need while the marts are read.
                helpers.start(len(tables))
            edition = _open_edition(con, tables, work_db, candidate, plan, say)
            say("inputs")
            press = Press(edition, products, previous, helpers)
            press.start()
            say("mart")
            most = max((found.row_count for found in edition.prints.values()), default=0)
            open_new(con, mart_file, most)
            # DuckDB needs no Python for this: it goes on beside what Python writes meanwhile.
            with ThreadPoolExecutor(1) as beside:
                row_counts = {name: found.row_count for name, found in edition.prints.items()}
                database = beside.submit(
                    _make_database, con.cursor(), edition.tables, row_counts, plan.macros_dir
                )
                press.build(say)
                database.result()
            press.describe(say)
        con.execute("detach mart")
        # A definition is spelt anew when it is read from the file: take it as readers will.
        con.execute(f"attach {literal(str(mart_file))} as mart (read_only)")
        macros = list_macros(con, "mart")
    finally:
        con.close()
    press.finish(say)
    say("manifest")
    text = jsontext.render(_manifest(plan, edition, press, macros))
    (candidate / MANIFEST_FILE).write_text(text, encoding="utf-8", newline="\n")
    say("seal")
    seal(candidate, [*press.written, MART_FILE, MANIFEST_FILE])


def _open_edition(
    con: DuckDBPyConnection,
    tables: tuple[Table, ...],
    work_db: Path,
    candidate: Path,
    plan: _Plan,
    say: Progress,
) -> Edition:
    """Read what all products are made from; every table is hashed here, and only here."""
    if RELEASE_FILE_TABLE not in [(table.schema, table.name) for table in tables]:
        raise ReleaseError(
            "meta.release_file is not in the dictionary of the marts",
            place="meta.schema_dictionary",
            remedy="declare the table; a release lists its files there",
        )
    check_contracts(con, tables)
    say("hashes")
    prints = {
        table.qualified: fingerprint(con, table.in_catalog("work"), table.columns)
        for table in tables
        if (table.schema, table.name) != RELEASE_FILE_TABLE
    }
    say("report")
    report = read_report(con, "work", tables, plan.verdicts)
    words = read_words(con, "work")
    return Edition(
        work_db,
        candidate,
        plan.release_id,
        plan.release_time,
        plan.licence,
        plan.previous,
        tables,
        prints,
        words,
        report,
        opened=con,
        synonyms=plan.synonyms,
    )


def _make_database(
    con: DuckDBPyConnection,
    tables: Sequence[Table],
    row_counts: Mapping[str, int],
    macros_dir: Path | None,
) -> None:
    """The tables with their rows, comments, views and macros; the list of files is filled last.

    The connection is this function's own, and closed by it.
    """
    import duckdb

    try:
        # A name that is not found is looked for among the variables of Python, which another thread
        # adds to meanwhile: "dictionary changed size during iteration".
        con.execute("set python_enable_replacements = false")
        con.execute("begin")
        with_key = constrained(tables, row_counts)
        for table in tables:
            is_filled = (table.schema, table.name) != RELEASE_FILE_TABLE
            is_constrained = table.qualified in with_key
            copy_table(con, table, with_rows=is_filled, is_constrained=is_constrained)
        referring = foreign_keys(con, "mart", tables)
        for table in tables:
            comment(con, table, referring.get(table.qualified, {}))
        create_views(con, tables)
        create_macros(con, macros_dir)
        con.execute("commit")
        # Else detaching does it, when nothing goes on beside it any more.
        with contextlib.suppress(duckdb.TransactionException):
            con.execute("checkpoint mart")
    finally:
        con.close()


def _manifest(
    plan: _Plan, edition: Edition, press: Press, macros: Sequence[Mapping[str, str]]
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
            "row_count": edition.prints[table.qualified].row_count,
            "row_hash": edition.prints[table.qualified].row_hash,
        }
        for table in edition.tables
    ]
    report = edition.report
    return {
        "manifest_version": MANIFEST_VERSION,
        "release_id": plan.release_id,
        "release_time": plan.release_time.isoformat(),
        "release_time_local": report["release"]["release_time_local"],
        "time_zone": report["release"]["time_zone"],
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
        "inputs_fingerprint": plan.inputs_fingerprint,
        "versions": dict(sorted(plan.versions.items())),
        "database": {
            "path": MART_FILE,
            "storage_version": STORAGE_VERSION,
            "checked_by": "row_hash",
            "duckdb": duckdb.__version__,
            "macros": list(macros),
        },
        "tables": tables,
        "products": press.manifest(),
        "files": [
            {
                "path": path,
                "sha256": fact.sha256,
                "size_bytes": fact.size_bytes,
                **({} if fact.row_count is None else {"row_count": fact.row_count}),
            }
            for path, fact in sorted(edition.files.items())
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
