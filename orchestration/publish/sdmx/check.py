"""Reads the SDMX files of a release again and compares them with its database.

Belongs here: what makes an SDMX file other than the release it lies in. Does not belong here: the
rule it breaks, and what follows. Validity against the official schemas is shown by the tests: it
depends on the code that writes, not on the figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.publish.rowhash import canonical_text, checksum_sql
from orchestration.publish.sdmx.components import COMPONENTS, PUBLISHED, clean
from orchestration.publish.sdmx.data import XML_LIMIT
from orchestration.publish.sdmx.ids import artefact, encode
from orchestration.publish.sdmx.lists import Theme, observations
from orchestration.publish.sdmx.message import VERSIONS, Text
from orchestration.publish.sdmx.write import data_paths, structures_path
from orchestration.publish.tables import literal, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_COMPARED = (
    "OBS_ID",
    "OBS_VALUE",
    "UNIT",
    "UNIT_MEASURE",
    "UNIT_MULT",
    "OBS_STATUS",
    "QUALIFIER",
    "IS_SIMULATED",
)
_MULTIPLES = ("UNIT_MEASURE", "UNIT_MULT")
"""Not asked of releases from before units were a table of theirs."""
_ROWS = "sdmx_expected"
_CODES = "sdmx_expected_code"


def check_sdmx(
    con: DuckDBPyConnection, catalog: str, release: Path, is_carried: Callable[[str], bool]
) -> Iterator[tuple[str, str, str]]:
    """What is wrong with the SDMX files of a release: file, and the words for it.

    Figures are compared one by one, in each format: which they are, value, unit and what it is a
    multiple of, status, qualifier, and whether they are simulated. A file that ``is_carried`` knows
    must be there, and is not read.
    """
    themes = _themes(con, catalog)
    expected = {structures_path(version) for version in VERSIONS}
    for theme in themes:
        expected |= set(data_paths(theme).values())
    folder = release / "sdmx"
    found = {
        str(path.relative_to(release).as_posix()) for path in folder.rglob("*") if path.is_file()
    }
    for name in sorted(expected - found):
        yield name, "文件不存在", "the file is not there"
    for name in sorted(found - expected):
        yield name, "没有与之对应的数据", "no figures belong to it"
    for version in VERSIONS:
        name = structures_path(version)
        if name in found and not is_carried(name):
            yield from _check_structures(release / name, name, themes)
    new = [
        (theme, kind, name)
        for theme in themes
        for kind, name in data_paths(theme).items()
        if name in found and not is_carried(name)
    ]
    has_units = _has_units(con, catalog)
    compared = tuple(name for name in _COMPARED if has_units or name not in _MULTIPLES)
    if has_units:
        yield from _check_units(con, catalog)
    if new:
        is_kept = sum(theme.row_count for theme in themes) <= XML_LIMIT
        _expect(con, catalog, has_units=has_units, is_kept=is_kept)
    for theme, kind, name in new:
        differing = _differing(con, release / name, theme, kind, compared)
        if differing:
            yield (
                name,
                f"与数据库不符：{differing}",
                f"differs from the database: {differing}",
            )


def _themes(con: DuckDBPyConnection, catalog: str) -> list[Theme]:
    rows = con.execute(
        f"""
        select theme, cast(sum(figures) as bigint) from (
            select theme, 0 as figures from {quote(catalog)}.core.indicator
            union all
            select t.theme, 1 from {observations(catalog)} where {PUBLISHED}
        )
        where theme is not null group by theme order by theme
        """
    ).fetchall()
    return [Theme(code, Text(code, code), count) for code, count in rows]


def _has_units(con: DuckDBPyConnection, catalog: str) -> bool:
    rows = con.execute(
        f"select 1 from duckdb_tables() where database_name = {literal(catalog)} "
        "and schema_name = 'meta' and table_name = 'unit'"
    ).fetchall()
    return bool(rows)


def _check_units(con: DuckDBPyConnection, catalog: str) -> Iterator[tuple[str, str, str]]:
    """A value in its unit is the same quantity as in the other one, times the power of ten.

    Told from the factors alone, by which values are converted everywhere else.
    """
    rows = con.execute(
        f"""
        select u.unit, u.unit_measure, u.unit_mult from {quote(catalog)}.meta.unit as u
        left join {quote(catalog)}.meta.unit as m on u.unit_measure = m.unit
        where u.dimension is distinct from m.dimension or u.factor is distinct from
            m.factor * cast('1' || repeat('0', u.unit_mult) as decimal(30, 8))
        order by u.unit
        """
    ).fetchall()
    for unit, measure, exponent in rows:
        yield (
            "meta.unit",
            f"1 {unit}不等于 {measure} 乘以10的{exponent}次方",
            f"1 {unit} is not 1 {measure} times ten to the power of {exponent}",
        )


def _expect(con: DuckDBPyConnection, catalog: str, *, has_units: bool, is_kept: bool) -> None:
    """Give the connection a relation with what every figure is to say; small ones are kept."""
    codes = {
        row[0]
        for row in con.execute(
            f"select unit from {observations(catalog)} union select qualifier "
            f"from {observations(catalog)}"
        ).fetchall()
        if row[0] is not None
    }
    ids, multiple = "u.id", ""
    if has_units:
        ids = (
            "coalesce(n.sdmx_id, u.id) as UNIT, coalesce(m.sdmx_id, u.id) as UNIT_MEASURE, "
            "case when t.unit is not null then cast(coalesce(n.unit_mult, 0) as varchar) end"
        )
        multiple = (
            f"left join {quote(catalog)}.meta.unit as n on t.unit = n.unit "
            f"left join {quote(catalog)}.meta.unit as m on n.unit_measure = m.unit"
        )
    con.execute(f"create temp table {_CODES} (code text, id text)")
    if codes:
        rows = ", ".join(f"({literal(code)}, {literal(encode(code))})" for code in sorted(codes))
        con.execute(f"insert into {_CODES} values {rows}")
    con.execute(
        f"""
        create temp {"table" if is_kept else "view"} {_ROWS} as
        select t.theme,
            {clean("t.observation_id")} as OBS_ID,
            {canonical_text("t.value", "DECIMAL(30,8)")} as OBS_VALUE,
            {ids} as {"UNIT_MULT" if has_units else "UNIT"},
            t.obs_status as OBS_STATUS, q.id as QUALIFIER,
            cast(coalesce(t.is_simulated, false) as varchar) as IS_SIMULATED
        from {observations(catalog)}
        left join {_CODES} as u on t.unit = u.code
        left join {_CODES} as q on t.qualifier = q.code
        {multiple}
        where {PUBLISHED}
        """
    )


def _differing(
    con: DuckDBPyConnection, path: Path, theme: Theme, kind: str, compared: tuple[str, ...]
) -> str:
    """How a data file differs, in numbers; nothing when it does not."""
    import duckdb

    columns = ", ".join(compared)
    expected = f"select {columns} from {_ROWS} where theme = {literal(theme.code)}"
    try:
        if kind == "csv":
            found = f"select {columns} from {_csv(path)}"
            more, fewer = _compared(con, found, expected, compared)
        else:
            known = Counter(con.execute(expected).fetchall())
            said = Counter(
                tuple(element.get(name) for name in compared) for element in _elements(path, "Obs")
            )
            more, fewer = (said - known).total(), (known - said).total()
    except (duckdb.Error, ValueError, KeyError) as error:
        return repr(error)
    return f"+{more} -{fewer}" if more or fewer else ""


def _compared(
    con: DuckDBPyConnection, found: str, expected: str, columns: tuple[str, ...]
) -> tuple[int, int]:
    """How many rows a query has more and fewer than another; most have the same, which is quick."""
    ((count, total, known_count, known_total),) = con.execute(
        f"with found as ({checksum_sql(f'({found})', columns)}), "
        f"known as ({checksum_sql(f'({expected})', columns)}) select * from found, known"
    ).fetchall()
    if (count, total) == (known_count, known_total):
        return 0, 0
    ((more, fewer),) = con.execute(
        f"select (select count(*) from ({found} except all {expected})), "
        f"(select count(*) from ({expected} except all {found}))"
    ).fetchall()
    return more, fewer


def _csv(path: Path) -> str:
    """A data file by the names in its first line: one of an earlier release has fewer.

    Raises:
        ValueError: a column that no structure of ours has.
    """
    with path.open(encoding="utf-8") as file:
        names = file.readline().removeprefix("\ufeff").rstrip("\r\n").split(",")
    known = {"STRUCTURE", "STRUCTURE_ID", "ACTION", *(item.id for item in COMPONENTS)}
    if set(names) - known:
        raise ValueError(f"no column of ours: {', '.join(sorted(set(names) - known))}")
    typed = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({literal(str(path))}, auto_detect = false, "
        "header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', "
        f"columns = {{{typed}}})"
    )


def _elements(path: Path, tag: str) -> Iterator[dict[str, str]]:
    """The attributes of every element of this name; a message that is no XML is a ValueError."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, iterparse

    try:
        for _, element in iterparse(path, events=("end",)):
            if element.tag.rpartition("}")[2] == tag:
                yield dict(element.attrib)
            if element.tag.rpartition("}")[2] in ("Series", "Code"):
                element.clear()
    except (ParseError, DefusedXmlException) as error:
        raise ValueError(f"no XML: {error}") from error


def _check_structures(path: Path, name: str, themes: list[Theme]) -> Iterator[tuple[str, str, str]]:
    """There is a data structure for every theme, under the id that its data refer to."""
    try:
        found = [element["id"] for element in _elements(path, "DataStructure")]
    except (ValueError, KeyError) as error:
        yield name, f"无法读取：{error}", f"cannot be read: {error}"
        return
    expected = [artefact("DSD", theme.code) for theme in themes]
    if found != expected:
        yield name, f"数据结构为 {found}，应为 {expected}", f"describes {found}, not {expected}"
