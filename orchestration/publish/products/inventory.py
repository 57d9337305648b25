"""``meta.release_file``: the files of the release as a table of its database, and its exports.

Belongs here: filling the table once all other products are there. Does not belong here: the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestration.errors import ReleaseError
from orchestration.publish.edition import Edition, FileFact
from orchestration.publish.layout import (
    DATAPACKAGE_FILE,
    MART_SCRIPT,
    RELEASE_FILE_TABLE,
    csv_path,
    parquet_path,
)
from orchestration.publish.product import EVERYTHING, Files, Problem, Product
from orchestration.publish.products.tables import export_table
from orchestration.publish.rowhash import fingerprint
from orchestration.publish.rules import HASH_MISMATCH
from orchestration.publish.tables import Table, literal

if TYPE_CHECKING:
    from orchestration.publish.package import Package

_COLUMNS = ("path", "kind", "size_bytes", "sha256", "row_count")
_PART = ".".join(RELEASE_FILE_TABLE)


def _inputs(edition: Edition) -> Mapping[str, Any]:
    """It lists the report and the citation, and so is of every release anew."""
    return {_PART: {path: fact.sha256 for path, fact in edition.files.items()}}


def _build(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    own = next(t for t in edition.tables if (t.schema, t.name) == RELEASE_FILE_TABLE)
    _fill(edition, own)
    print_ = fingerprint(edition.con, own.in_catalog("mart"), own.columns)
    edition.prints[own.qualified] = print_
    return {_PART: export_table(edition, "mart", own, print_.row_count)}


def _fill(edition: Edition, own: Table) -> None:
    """Insert every file there is by now."""
    unknown = [column.name for column in own.columns if column.name not in _COLUMNS]
    if unknown or not (own.has("path") and own.has("sha256")):
        raise ReleaseError(
            f"nobody fills these columns: {', '.join(unknown) or 'path and sha256 are missing'}",
            place="meta.release_file",
            remedy=f"use these columns: {', '.join(_COLUMNS)}",
        )
    rows = ", ".join(_row(own, path, fact) for path, fact in sorted(edition.files.items()))
    if rows:
        edition.con.execute(f"insert into {own.in_catalog('mart')} values {rows}")


def _row(own: Table, path: str, fact: FileFact) -> str:
    values = {
        "path": literal(path),
        "kind": literal(path.split("/", 1)[0]),
        "size_bytes": str(fact.size_bytes),
        "sha256": literal(fact.sha256),
        "row_count": "null" if fact.row_count is None else str(fact.row_count),
    }
    return f"({', '.join(values[column.name] for column in own.columns)})"


def _check(package: Package) -> Iterator[Problem]:
    """``meta.release_file`` lists the files that are there, under the hashes they have."""
    rows = dict(package.con.execute("select path, sha256 from mart.meta.release_file").fetchall())
    own = {parquet_path(*RELEASE_FILE_TABLE), csv_path(*RELEASE_FILE_TABLE)}
    own |= {DATAPACKAGE_FILE, MART_SCRIPT}
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


INVENTORY = Product("inventory", _inputs, _build, _check, after=(EVERYTHING,))
