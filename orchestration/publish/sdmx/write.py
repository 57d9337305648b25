"""All SDMX files of a release.

Belongs here: which files there are, and their order. Does not belong here: what stands in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.publish.sdmx.data import XML_LIMIT, prepare, write_csv, write_xml
from orchestration.publish.sdmx.ids import agency_of
from orchestration.publish.sdmx.lists import Theme, Words, read_lists
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


def write_sdmx(
    con: DuckDBPyConnection,
    tables: Sequence[Table],
    words: Words,
    release_time: datetime,
    candidate: Path,
    *,
    is_simulated: bool,
) -> dict[str, int]:
    """Write structures and data of a release; returns the figures in each data file.

    Args:
        con: Connection with the release attached as ``mart`` and the work database as ``work``.
        tables: The published tables.
        words: Names of codes by list and code.
        release_time: The only time in the files; without a zone it is UTC.
        candidate: Folder of the release.
        is_simulated: Whether any row of the release is simulated.
    """
    origin = _origin(con, release_time, is_simulated=is_simulated)
    agency = origin.agency
    lists = read_lists(con, "mart", "work", tables, words, agency)
    prepare(con, "mart", lists)
    counts = {}
    for version in VERSIONS:
        structures = candidate / structures_path(version)
        structures.parent.mkdir(parents=True, exist_ok=True)
        text = render_structures(version, origin, lists)
        structures.write_text(text, encoding="utf-8", newline="\n")
    for theme in lists.themes:
        paths = data_paths(theme)
        for path in paths.values():
            counts[path] = theme.row_count
        if "csv" in paths:
            write_csv(con, theme, agency, candidate / paths["csv"])
        for version in VERSIONS:
            if version in paths:
                write_xml(con, theme, version, origin, candidate / paths[version])
    return counts


def _origin(con: DuckDBPyConnection, release_time: datetime, *, is_simulated: bool) -> Origin:
    """Who sends the messages of a release, and what they are called."""
    row: Any = con.execute(
        "select release_id, district_code, district_name_zh, district_name_en "
        "from mart.meta.release"
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
