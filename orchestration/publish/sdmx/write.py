"""The SDMX files of a release: structures, and each theme's figures.

Belongs here: which files there are, and their order. Does not belong here: what stands in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.publish.sdmx.data import XML_LIMIT, prepare, write_csv, write_xml
from orchestration.publish.sdmx.ids import agency_of
from orchestration.publish.sdmx.lists import Lists, Theme, Words, read_lists
from orchestration.publish.sdmx.message import VERSIONS, Origin, Text, Version
from orchestration.publish.sdmx.structures import render_structures
from orchestration.publish.tables import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def structures_path(version: Version) -> str:
    """Path of the structure message, relative to its release."""
    return f"sdmx/{version}/structures.xml"


def data_paths(theme: Theme) -> dict[str, str]:
    """Paths of a theme's data by format (``csv``, ``2.1``, ``3.0``); none without figures."""
    if not theme.row_count:
        return {}
    paths = {"csv": f"sdmx/csv/{theme.file_name}.csv"}
    if theme.row_count <= XML_LIMIT:
        paths |= {version: f"sdmx/{version}/{theme.file_name}.xml" for version in VERSIONS}
    return paths


@dataclass(frozen=True)
class Sdmx:
    """The figures of a release as SDMX has them, in a connection that ``data.prepare`` was told."""

    con: DuckDBPyConnection
    origin: Origin
    lists: Lists


def read_sdmx(
    con: DuckDBPyConnection,
    catalog: str,
    tables: Sequence[Table],
    words: Words,
    release_time: datetime,
    *,
    is_simulated: bool,
) -> Sdmx:
    """Collect codes and figures of a release.

    Args:
        con: Connection with the marts attached, and with the names of codes in them.
        catalog: Name of the attached marts.
        tables: The published tables.
        words: Names of codes by list and code.
        release_time: The only time in the files; without a zone it is UTC.
        is_simulated: Whether any row of the release is simulated.
    """
    origin = _origin(con, catalog, release_time, is_simulated=is_simulated)
    lists = read_lists(con, catalog, tables, words, origin.agency)
    prepare(con, catalog, lists)
    return Sdmx(con, origin, lists)


def write_structures(sdmx: Sdmx, directory: Path) -> list[str]:
    """Write the structure messages; returns their paths in the release."""
    paths = []
    for version in VERSIONS:
        path = structures_path(version)
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        text = render_structures(version, sdmx.origin, sdmx.lists)
        (directory / path).write_text(text, encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


def write_theme(sdmx: Sdmx, theme: Theme, directory: Path) -> dict[str, int]:
    """Write the figures of a theme in every format; returns how many there are in each file."""
    paths = data_paths(theme)
    if "csv" in paths:
        write_csv(sdmx.con, theme, sdmx.origin.agency, directory / paths["csv"])
    messages = {v: directory / paths[v] for v in VERSIONS if v in paths}
    if messages:
        write_xml(sdmx.con, theme, sdmx.origin, messages)
    return dict.fromkeys(paths.values(), theme.row_count)


def _origin(
    con: DuckDBPyConnection, catalog: str, release_time: datetime, *, is_simulated: bool
) -> Origin:
    """Who sends the messages of a release, and what they are called."""
    row: Any = con.execute(
        "select release_id, district_code, district_name_zh, district_name_en "
        f"from {catalog}.meta.release"
    ).fetchone()
    release_id, code, zh, en = row
    note = ("（含模拟数据）", " (with simulated data)") if is_simulated else ("", "")
    moment = release_time.astimezone(UTC) if release_time.tzinfo else release_time
    return Origin(
        agency_of(code),
        Text(zh or en or code, en or zh or code),
        release_id,
        moment,
        Text(f"{zh or ''}统计数据{note[0]}", f"Statistics of {en or 'the district'}{note[1]}"),
    )
