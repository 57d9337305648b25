"""The figures of a release as SDMX-CSV 2.0 and as structure-specific SDMX-ML 2.1 and 3.0.

Belongs here: the data files, one per theme and format. Does not belong here: structures, and
which codes there are.

DuckDB writes the lines of every file itself, sorted and streamed, so that memory stays bounded
and no row passes through Python; what stands before and after them is put around the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.publish.export import UNSAFE_START
from orchestration.publish.rowhash import digests
from orchestration.publish.sdmx.components import (
    ATTRIBUTES,
    COMPONENTS,
    DIMENSIONS,
    PUBLISHED,
    SERIES_KEY,
    TIME,
    VALUE,
    Component,
    clean,
)
from orchestration.publish.sdmx.ids import encode
from orchestration.publish.sdmx.lists import Lists, Theme, observations
from orchestration.publish.sdmx.message import Artefact, Origin, Version, header, opening
from orchestration.publish.sdmx.structures import flow_of
from orchestration.publish.tables import literal, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

XML_LIMIT = 200_000
"""A theme with more figures than this comes as SDMX-CSV only: nobody reads such XML."""

# Neither character can be in a text: XML does not allow them, so they were taken out.
_NO_QUOTE, _NO_DELIMITER = chr(30), chr(31)
_ROWS = "sdmx_row"
_CODES = "sdmx_code"
_UNITS = "sdmx_unit"


def prepare(con: DuckDBPyConnection, catalog: str, lists: Lists) -> None:
    """Give the connection a relation that has every published figure as texts by component.

    It is kept where it is small, and computed again for every file where it is not.
    """
    codes = [
        (name, code, lists.id_of(name, code)) for name in lists.codes for code in lists.codes[name]
    ]
    units = [(unit, item.measure, item.exponent) for unit, item in lists.units.items()]
    con.execute(f"create temp table {_CODES} (list text, code text, id text)")
    con.execute(f"create temp table {_UNITS} (unit text, measure text, exponent int)")
    if codes:
        rows = ", ".join(
            f"({', '.join(literal(part) for part in row)})" for row in sorted(set(codes))
        )
        con.execute(f"insert into {_CODES} values {rows}")
    if units:
        rows = ", ".join(
            f"({literal(unit)}, {literal(measure)}, {exponent})"
            for unit, measure, exponent in sorted(units)
        )
        con.execute(f"insert into {_UNITS} values {rows}")
    selected, joins = [], [f"left join {_UNITS} as u on t.unit = u.unit"]
    for item in COMPONENTS:
        expression = item.sql
        if item.codes:
            alias = quote(f"c_{item.id}")
            joins.append(
                f"left join (select code, id from {_CODES} where list = {literal(item.codes)}) "
                f"as {alias} on {alias}.code = {item.sql}"
            )
            expression = f"{alias}.id"
        elif item.is_free_text:
            expression = clean(item.sql)
        selected.append(f"{expression} as {item.id}")
    figures = sum(theme.row_count for theme in lists.themes)
    kind = "table" if figures <= XML_LIMIT else "view"
    con.execute(
        f"""
        create temp {kind} {_ROWS} as
        select t.theme, {", ".join(selected)}
        from {observations(catalog)} {" ".join(joins)}
        where {PUBLISHED}
        """
    )


def theme_digests(con: DuckDBPyConnection) -> dict[str, str]:
    """The prepared figures of each theme, as a digest."""
    return digests(con, f"select * from {_ROWS}", "theme")


def write_csv(con: DuckDBPyConnection, theme: Theme, agency: str, path: Path) -> None:
    """Write a theme as SDMX-CSV 2.0."""
    path.parent.mkdir(parents=True, exist_ok=True)
    flow = flow_of(agency, theme)
    con.execute(
        f"""
        copy (
            select
                'dataflow' as STRUCTURE, {literal(str(flow))} as STRUCTURE_ID, 'I' as ACTION,
                {", ".join(csv_columns())}
            from {_ROWS} where theme = {literal(theme.code)}
            order by {_order()}
        ) to {literal(str(path))}
        (format csv, header true, delimiter ',', quote '"', escape '"', nullstr '')
        """
    )


def csv_columns() -> list[str]:
    """SQL for each component's text in CSV; a text that could be a formula gets an apostrophe."""
    return [
        f"case when regexp_matches({item.id}, {literal(UNSAFE_START)}) "
        f"then '''' || {item.id} else {item.id} end as {item.id}"
        if item.is_free_text
        else item.id
        for item in COMPONENTS
    ]


def write_xml(
    con: DuckDBPyConnection, theme: Theme, origin: Origin, paths: Mapping[Version, Path]
) -> None:
    """Write a theme as structure-specific SDMX-ML, figures grouped into time series.

    The series are the same in every version of the format; what stands around them is not.
    """
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    some = next(iter(paths.values()))
    body = some.with_name(some.name + ".body")
    key = ", ".join(f"r.{item.id}" for item in SERIES_KEY)
    con.execute(
        f"""
        copy (
            with placed as (
                select r.*,
                    row_number() over series = 1 as is_first,
                    lead(r.{TIME}) over series is null as is_last
                from {_ROWS} as r where r.theme = {literal(theme.code)}
                window series as (partition by {key} order by r.{TIME})
            )
            select concat(
                case when is_first then concat('<Series', {_attributes(SERIES_KEY)}, '>') end,
                '<Obs', {_attributes((_component(TIME), _component(VALUE), *ATTRIBUTES))}, '/>',
                case when is_last then '</Series>' end
            )
            from placed order by {_order()}
        ) to {literal(str(body))}
        (
            format csv, header false, delimiter {literal(_NO_DELIMITER)},
            quote {literal(_NO_QUOTE)}, escape {literal(_NO_QUOTE)}
        )
        """
    )
    for version, path in paths.items():
        start, end = _around(theme, version, origin)
        with path.open("wb") as whole, body.open("rb") as part:
            whole.write(start.encode())
            # DuckDB quotes some lines (one with '#', for instance); no other such character occurs.
            while chunk := part.read(1 << 20):
                whole.write(chunk.translate(None, _NO_QUOTE.encode()))
            whole.write(end.encode())
    body.unlink()


def _around(theme: Theme, version: Version, origin: Origin) -> tuple[str, str]:
    """What stands before and after the series of a data message."""
    flow = flow_of(origin.agency, theme)
    name = f"{flow.id}"
    structure = (
        f'<mes:Structure structureID="{name}" namespace="{flow.urn}" '
        f'dimensionAtObservation="{TIME}">{_usage(flow, version)}</mes:Structure>'
        f"<mes:DataSetAction>Information</mes:DataSetAction>"
    )
    scope = ' ss:dataScope="DataStructure"' if version == "2.1" else ""
    spaces: Mapping[str, str] = {"ns1": f"{flow.urn}:ObsLevelDim:{TIME}"}
    start = (
        opening("StructureSpecificData", version, spaces)
        + header(origin, encode(theme.code), structure)
        + f'<mes:DataSet ss:structureRef="{name}" xsi:type="ns1:DataSetType"{scope} '
        'ss:action="Information">\n'
    )
    return start, "</mes:DataSet>\n</mes:StructureSpecificData>\n"


def _usage(flow: Artefact, version: Version) -> str:
    return flow.reference(version, "com:StructureUsage")


def _attributes(items: tuple[Component, ...]) -> str:
    """SQL for XML attributes, each with the blank before it; none where there is no value."""
    parts = []
    for item in items:
        value = f"{item.id}"
        if item.is_free_text:
            for character, entity in (
                ("&", "&amp;"),
                ("<", "&lt;"),
                (">", "&gt;"),
                ('"', "&quot;"),
                ("\t", "&#9;"),
                ("\n", "&#10;"),
                ("\r", "&#13;"),
            ):
                value = f"replace({value}, {literal(character)}, {literal(entity)})"
        start = literal(f' {item.id}="')
        parts.append(f"case when {item.id} is not null then concat({start}, {value}, '\"') end")
    return ", ".join(parts)


def _component(identifier: str) -> Component:
    return next(item for item in COMPONENTS if item.id == identifier)


def _order() -> str:
    return ", ".join(item.id for item in DIMENSIONS)
