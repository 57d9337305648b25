"""The code lists of a release: every code its figures use, named in both languages.

Belongs here: collecting codes and their names from the release. Does not belong here: writing
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from orchestration.bounds import BOUNDS, INDETERMINATE
from orchestration.publish.sdmx.components import COMPONENTS, PUBLISHED, Component
from orchestration.publish.sdmx.ids import artefact, encode
from orchestration.publish.sdmx.message import ARTEFACT_VERSION, NO_TEXT, Artefact, Text
from orchestration.publish.tables import Table, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CROSS_DOMAIN = {"FREQ": "2.1", "OBS_STATUS": "2.2", "CONF_STATUS": "1.3", "DECIMALS": "1.0"}
"""Lists that SDMX maintains, with the version whose codes are used."""

_FREQUENCIES = {
    "A": Text("年度", "Annual"),
    "Q": Text("季度", "Quarterly"),
    "M": Text("月度", "Monthly"),
    "D": Text("日", "Daily"),
    "_O": Text("其他（区间）", "Other (a range)"),
}
OWN_LISTS = {
    "MEASURE_KIND": "measure",
    "BASIS": "basis",
    "SCOPE": "scope",
    "PRICE_BASIS": "price_basis",
    "BREAKDOWN": "breakdown",
    "FIGURE_KIND": "figure_kind",
    "SUBJECT": "subject",
    "LOCALITY": "locality",
    "PERIOD_KIND": "period_kind",
    "UNIT": "unit",
    "OBS_STATUS": "obs_status",
    "CONF_STATUS": "conf_status",
    "QUALIFIER": "qualifier",
    "ESTIMATE_STAGE": "estimate_stage",
}
"""SDMX id of a list of ours to its name in ``codes.csv``; the unit list has a file of its own."""
_QUALIFIERS = {
    bound.code: Text(bound.name_zh, bound.name_en)
    for bound in BOUNDS.values()
    if bound.code != INDETERMINATE
}
UNIT_TABLE = "meta.unit"
"""What each unit is a multiple of, and its id; releases of before do not have it."""
VERSIONS_OF_OWN = {"UNIT": "2.0"}
"""Lists of ours whose codes are others than under the version before: of UNIT the ids were made of
the characters of the unit until they were declared."""


class Named(Protocol):
    """The word for a code in both languages."""

    @property
    def zh(self) -> str: ...

    @property
    def en(self) -> str: ...


Words = Mapping[str, Mapping[str, Named]]


@dataclass(frozen=True)
class Code:
    """A member of a list; ``id`` is that of SDMX, ``parent`` the id of another member."""

    id: str
    name: Text
    description: Text = NO_TEXT
    parent: str = ""


@dataclass(frozen=True)
class CodeList:
    """A code list; ``is_partial`` where SDMX maintains it and only the codes in use are here."""

    artefact: Artefact
    name: Text
    codes: tuple[Code, ...]
    is_partial: bool = False


@dataclass(frozen=True)
class Unit:
    """A unit as another one times a power of ten: 亿元 is 元 times ten to the eighth.

    ``id`` is its own in SDMX, ``measure`` the other unit.
    """

    id: str
    measure: str
    exponent: int


@dataclass(frozen=True)
class Theme:
    """A theme with its indicators and the number of its published figures."""

    code: str
    name: Text
    row_count: int

    @property
    def file_name(self) -> str:
        """What its files are called, without ending."""
        return encode(self.code)


@dataclass(frozen=True)
class Lists:
    """Everything that structures and data of a release refer to by a code.

    Attributes:
        themes: In the order of their codes.
        code_lists: The lists that all themes share, by the name components use.
        indicators: The list of each theme's indicators.
        codes: Our code for each name of a list and code in use.
        units: What each unit is a multiple of.
    """

    themes: tuple[Theme, ...]
    code_lists: Mapping[str, CodeList]
    indicators: Mapping[str, CodeList]
    codes: Mapping[str, frozenset[str]]
    units: Mapping[str, Unit]

    def id_of(self, name: str, code: str) -> str:
        """The SDMX id of a code of ours in a list."""
        return self.units[code].id if name == "UNIT" else encode(code)

    def of(self, component: Component, theme: Theme) -> CodeList:
        """The list that a component takes its codes from."""
        if component.codes == "INDICATOR":
            return self.indicators[theme.code]
        return self.code_lists[component.codes]


def observations(catalog: str) -> str:
    """The published figures, aliased as the components expect."""
    return f"{quote(catalog)}.core.observation as t"


def read_lists(
    con: DuckDBPyConnection,
    catalog: str,
    tables: Iterable[Table],
    words: Words,
    agency: str,
) -> Lists:
    """Collect the codes of a release and their names.

    Args:
        con: Connection with the release attached.
        catalog: Name of the attached release.
        tables: The published tables.
        words: Names of codes by list and code.
        agency: Id of the agency that maintains the lists.
    """
    known = {table.qualified: table for table in tables}
    used = _used(con, catalog)
    units = _units(con, catalog, known, used["UNIT"])
    used["UNIT"] |= units.keys()
    # What a bound means does not depend on which bounds a release happens to hold.
    used["QUALIFIER"] |= _QUALIFIERS.keys()
    words = {**words, "qualifier": {**words.get("qualifier", {}), **_QUALIFIERS}}
    themes = _themes(con, catalog, words)
    code_lists = {}
    for component in COMPONENTS:
        name = component.codes
        if name and name != "INDICATOR" and name not in code_lists:
            code_lists[name] = _code_list(con, catalog, name, used[name], words, agency, units)
    indicators = _indicators(con, catalog, known["core.indicator"], themes, agency)
    return Lists(
        themes,
        code_lists,
        indicators,
        {name: frozenset(codes) for name, codes in used.items()},
        units,
    )


def _used(con: DuckDBPyConnection, catalog: str) -> dict[str, set[str]]:
    """Our codes that published figures use, by list; derived ones among them."""
    coded = [item for item in COMPONENTS if item.codes and not item.sql.startswith("u.")]
    selected = ", ".join(f"list(distinct {item.sql})" for item in coded)
    row: Any = con.execute(
        f"select {selected} from {observations(catalog)} where {PUBLISHED}"
    ).fetchone()
    found: dict[str, set[str]] = {}
    for item, codes in zip(coded, row, strict=True):
        found.setdefault(item.codes, set()).update(code for code in codes or () if code is not None)
    return found


def _units(
    con: DuckDBPyConnection, catalog: str, tables: Mapping[str, Table], used: set[str]
) -> dict[str, Unit]:
    """Each unit in use, and what it is a power of ten of; itself where nothing says more."""
    listed: dict[str, Unit] = {}
    if UNIT_TABLE in tables:
        rows = con.execute(
            "select unit, sdmx_id, unit_measure, unit_mult "
            f"from {tables[UNIT_TABLE].in_catalog(catalog)}"
        ).fetchall()
        listed = {unit: Unit(*said) for unit, *said in rows}
    found = {unit: listed.get(unit, Unit(encode(unit), unit, 0)) for unit in used}
    return {
        **{unit.measure: listed[unit.measure] for unit in found.values() if unit.measure in listed},
        **found,
    }


def _themes(con: DuckDBPyConnection, catalog: str, words: Words) -> tuple[Theme, ...]:
    """Themes that have indicators or figures."""
    rows = con.execute(
        f"""
        select theme, cast(sum(figures) as bigint) from (
            select theme, 0 as figures from {quote(catalog)}.core.indicator
            union all
            select t.theme, 1 from {observations(catalog)} where {PUBLISHED}
        )
        where theme is not null
        group by theme order by theme
        """
    ).fetchall()
    return tuple(Theme(code, _named(words.get("theme"), code), count) for code, count in rows)


def _code_list(
    con: DuckDBPyConnection,
    catalog: str,
    name: str,
    used: set[str],
    words: Words,
    agency: str,
    units: Mapping[str, Unit],
) -> CodeList:
    component = next(item for item in COMPONENTS if item.codes == name)
    if name == "AREA":
        codes = _areas(con, catalog, used)
    elif name == "SOURCE":
        codes = _sources(con, catalog, used)
    elif name == "FREQ":
        codes = tuple(Code(code, _FREQUENCIES[code]) for code in sorted(used))
    elif name == "DECIMALS":
        codes = tuple(Code(code, Text(code, code)) for code in sorted(used, key=int))
    else:
        named = words.get(OWN_LISTS[name])
        ids = {code: units[code].id if name == "UNIT" else encode(code) for code in used}
        codes = tuple(Code(ids[code], _named(named, code)) for code in sorted(used))
    if name in CROSS_DOMAIN:
        return CodeList(
            Artefact("Codelist", "SDMX", f"CL_{name}", CROSS_DOMAIN[name]),
            Text(f"{component.name.zh}（SDMX跨领域代码表，仅列所用代码）", f"{component.name.en}"),
            codes,
            is_partial=True,
        )
    own = Artefact("Codelist", agency, f"CL_{name}", VERSIONS_OF_OWN.get(name, ARTEFACT_VERSION))
    return CodeList(own, component.name, codes)


def _areas(con: DuckDBPyConnection, catalog: str, used: set[str]) -> tuple[Code, ...]:
    """All regions of the release under their parents; a code without entry is its own name."""
    rows = con.execute(
        f"select * from {quote(catalog)}.core.region order by region_code"
    ).description
    has_parent = any(column[0] == "parent_code" for column in rows or ())
    regions = con.execute(
        f"""
        select region_code, region_name_zh, region_name_en,
            {"parent_code" if has_parent else "null"}
        from {quote(catalog)}.core.region order by region_code
        """
    ).fetchall()
    known = {code for code, *_ in regions}
    listed = [
        Code(
            encode(code),
            _text(code, zh, en),
            parent=encode(parent) if parent in known and parent != code else "",
        )
        for code, zh, en, parent in regions
    ]
    rest = [Code(encode(code), Text(code, code)) for code in sorted(used - known)]
    return tuple(listed + rest)


def _sources(con: DuckDBPyConnection, catalog: str, used: set[str]) -> tuple[Code, ...]:
    rows = {
        code: (_text(code, zh, en), Text(issuer or "", ""))
        for code, zh, en, issuer in con.execute(
            f"""
            select source_document, title_zh, title_en, issuer
            from {quote(catalog)}.core.source_document
            """
        ).fetchall()
    }
    return tuple(
        Code(encode(code), *rows.get(code, (Text(code, code), NO_TEXT))) for code in sorted(used)
    )


def _indicators(
    con: DuckDBPyConnection,
    catalog: str,
    table: Table,
    themes: Iterable[Theme],
    agency: str,
) -> dict[str, CodeList]:
    """Each theme's indicators with their definitions."""
    definition = (
        "definition_zh, definition_en"
        if table.has("definition_zh") and table.has("definition_en")
        else "null, null"
    )
    rows = con.execute(
        f"""
        select theme, indicator_code, name_zh, name_en, {definition}
        from {table.in_catalog(catalog)}
        union
        select t.theme, t.indicator_code, any_value(t.indicator_name_zh),
            any_value(t.indicator_name_en), null, null
        from {observations(catalog)}
        where {PUBLISHED} and t.theme is not null and not exists (
            select 1 from {table.in_catalog(catalog)} as i
            where i.indicator_code = t.indicator_code and i.theme = t.theme
        )
        group by t.theme, t.indicator_code
        order by all
        """
    ).fetchall()
    found: dict[str, list[Code]] = {}
    for theme, code, zh, en, definition_zh, definition_en in rows:
        found.setdefault(theme, []).append(
            Code(
                encode(code),
                _text(code, zh, en),
                Text(definition_zh or "", definition_en or ""),
            )
        )
    return {
        theme.code: CodeList(
            Artefact("Codelist", agency, artefact("CL_INDICATOR", theme.code)),
            Text(f"指标：{theme.name.zh}", f"Indicators: {theme.name.en}"),
            tuple(found.get(theme.code, ())),
        )
        for theme in themes
    }


def _named(words: Mapping[str, Named] | None, code: str) -> Text:
    word = (words or {}).get(code)
    return _text(code, word.zh, word.en) if word else Text(code, code)


def _text(code: str, zh: str | None, en: str | None) -> Text:
    """Names of a code; a language without a name takes what there is."""
    first, second = (zh or "").strip(), (en or "").strip()
    return Text(first or second or code, second or first or code)
