"""The catalogue: which tables are published, and what each of their columns is.

Belongs here: reading it, from dbt's manifest or from the dictionaries of a release, and whether
what a column names is there. Does not belong here: what printing, judging or tracing make of it.
Nobody else guesses from the name or the description of a column.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.errors import DeclarationError, ReleaseError
from orchestration.settings import read_yaml

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from orchestration.model_meta import ColumnMeta, TableMeta

OBSERVATION_ROLES = frozenset({"observation", "observations"})
"""Columns with ids of observations behind the row."""


@dataclass(frozen=True)
class Column:
    """One column: name, DuckDB type in canonical spelling, what it says, and what it is.

    ``orchestration.model_meta`` describes what follows ``is_nullable``; an empty text is none.
    """

    name: str
    data_type: str
    description_zh: str
    description_en: str
    unit: str
    is_nullable: bool
    role: str = ""
    label_zh: str = ""
    label_en: str = ""
    heading_zh: str = ""
    heading_en: str = ""
    unit_column: str = ""
    qualifier_column: str = ""
    observation: str = ""
    code_list: str = ""
    codes_of: str = ""
    name_of: str = ""
    language: str = ""
    pair: str = ""
    references: str = ""
    confidentiality: str = "public"

    @property
    def names_observations(self) -> bool:
        """Whether it holds the ids of observations behind the row."""
        return self.role in OBSERVATION_ROLES

    @property
    def has_unit_by_row(self) -> bool:
        """Whether its unit is what its unit column holds, and nothing more."""
        return bool(self.unit_column) and self.unit == unit_by_row(self.unit_column)


# Attribute of a column to its name in `meta.column_dictionary`, where SQL has a word of its own.
_DICTIONARY_NAMES = {
    "name": "column_name",
    "observation": "observation_column",
    "pair": "pair_column",
    "references": "refers_to",
}
_DESCRIBED = [(item.name, _DICTIONARY_NAMES.get(item.name, item.name)) for item in fields(Column)]


@dataclass(frozen=True)
class Table:
    """One published table with its columns in order and the key it is ordered by."""

    schema: str
    name: str
    title_zh: str
    title_en: str
    grain_zh: str
    grain_en: str
    primary_key: tuple[str, ...]
    columns: tuple[Column, ...]
    description_zh: str = ""
    description_en: str = ""

    @property
    def qualified(self) -> str:
        """``schema.table``, for people."""
        return f"{self.schema}.{self.name}"

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Its columns by their names."""
        return {column.name: column for column in self.columns}

    def has(self, column: str) -> bool:
        """Whether the table has a column of this name."""
        return column in self.by_name

    def with_role(self, *roles: str) -> tuple[Column, ...]:
        """The columns of these roles, in order."""
        return tuple(column for column in self.columns if column.role in roles)

    def names_of(self, column: str) -> Mapping[str, Column]:
        """The columns that name the code in a column, by their language."""
        return {item.language: item for item in self.columns if item.name_of == column}

    def observation_of(self, name: str) -> str:
        """The column with the id of the observation that a column repeats or describes.

        A unit and a qualifier follow their number; nothing where they serve several.
        """
        column = self.by_name[name]
        if column.names_observations or column.role == "evidence":
            return name
        served = {
            item.observation
            for item in self.columns
            if name in (item.unit_column, item.qualifier_column) and item.observation
        }
        return column.observation or (served.pop() if len(served) == 1 else "")

    def in_catalog(self, catalog: str) -> str:
        """The quoted name of this table in an attached database."""
        return f"{quote(catalog)}.{quote(self.schema)}.{quote(self.name)}"

    @property
    def select_list(self) -> str:
        """All columns, quoted, in order."""
        return ", ".join(quote(column.name) for column in self.columns)

    @property
    def order_by(self) -> str:
        """The order of the table's rows: by key, or by all columns where it has none.

        The table is aliased ``t``: an export may give a column's text the column's own name,
        and a bare name in ORDER BY would then sort by the text.
        """
        names = self.primary_key or tuple(column.name for column in self.columns)
        return ", ".join(f"t.{quote(name)} asc nulls last" for name in names)


@dataclass(frozen=True)
class Catalog:
    """All published tables, ordered by schema and name."""

    tables: tuple[Table, ...]

    @classmethod
    def of_manifest(
        cls,
        manifest: Mapping[str, Any],
        kinds: Path,
        code_lists: Collection[str] | None = None,
    ) -> Catalog:
        """The published models of dbt's manifest.

        Args:
            manifest: The manifest as data.
            kinds: File of the kinds of columns that the models refer to.
            code_lists: The lists there are; None to not ask.

        Raises:
            DeclarationError: A model or column says too little, something unknown, or names a
                column, table or list that is not there.
        """
        known = _read_kinds(kinds)
        keys = _keys(manifest)
        nodes = sorted(
            (node for node in manifest["nodes"].values() if is_published(node)),
            key=lambda node: (node["schema"], node["name"]),
        )
        tables = tuple(_declared(node, known, keys.get(node["unique_id"], ())) for node in nodes)
        files = {f"{n['schema']}.{n['name']}": _file_of(n) for n in nodes}
        _check(tables, files, code_lists)
        return cls(tables)

    @classmethod
    def of_release(cls, con: DuckDBPyConnection, catalog: str) -> Catalog:
        """What the dictionaries of an attached database say.

        Raises:
            ReleaseError: It has no dictionaries.
        """
        import duckdb

        try:
            heads = _rows(con, catalog, "schema_dictionary", "schema_name, table_name")
            lines = _rows(con, catalog, "column_dictionary", "schema_name, table_name, ordinal")
        except duckdb.Error as error:
            raise ReleaseError(
                f"the dictionaries of the marts cannot be read: {error}",
                place="meta.schema_dictionary, meta.column_dictionary",
                remedy="build the marts again; they declare what a release contains",
            ) from error
        columns: dict[tuple[str, str], list[Column]] = {}
        for line in lines:
            columns.setdefault((line["schema_name"], line["table_name"]), []).append(
                _described(line)
            )
        return cls(
            tuple(
                Table(
                    head["schema_name"],
                    head["table_name"],
                    head["title_zh"] or "",
                    head["title_en"] or "",
                    head["grain_zh"] or "",
                    head["grain_en"] or "",
                    _listed(head.get("primary_key")),
                    tuple(
                        _as_before_roles(
                            f"{head['schema_name']}.{head['table_name']}",
                            columns.get((head["schema_name"], head["table_name"]), []),
                        )
                    ),
                    head.get("description_zh") or "",
                    head.get("description_en") or "",
                )
                for head in heads
            )
        )

    def find(self, qualified: str) -> Table | None:
        """The table of a name ``schema.table``."""
        return next((table for table in self.tables if table.qualified == qualified), None)

    def rows(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Tables and columns as rows of the two dictionaries."""
        heads = [
            {
                "schema_name": table.schema,
                "table_name": table.name,
                "title_zh": table.title_zh,
                "title_en": table.title_en,
                "description_zh": table.description_zh,
                "description_en": table.description_en,
                "grain_zh": table.grain_zh,
                "grain_en": table.grain_en,
                "primary_key": ",".join(table.primary_key),
            }
            for table in self.tables
        ]
        lines = [
            {"schema_name": table.schema, "table_name": table.name, "ordinal": ordinal}
            | {name: getattr(column, attribute) for attribute, name in _DESCRIBED}
            for table in self.tables
            for ordinal, column in enumerate(table.columns, start=1)
        ]
        return heads, lines


def unit_by_row(column: str) -> str:
    """How the dictionary says that another column holds the unit of each row."""
    return f"见 {column} 列 | see column {column}"


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal.

    The first bound parameter makes DuckDB import pandas and NumPy, a third of a second and more
    than many an answer takes: names and hashes are written into the statement instead.
    """
    return "'" + text.replace("'", "''") + "'"


@cache
def canonical_type(data_type: str) -> str:
    """A DuckDB type in the one spelling DuckDB itself uses: ``int`` is ``INTEGER``."""
    import duckdb

    try:
        return str(duckdb.sqltype(data_type))
    except duckdb.Error:
        return data_type.strip().upper()


def is_published(node: Mapping[str, Any]) -> bool:
    """Whether a node of the manifest is a model that users read."""
    return node["resource_type"] == "model" and bool(_meta(node).get("publish"))


def observation_tables(con: DuckDBPyConnection, *roles: str) -> list[tuple[str, str, list[str]]]:
    """Built tables of a work database with columns of these roles: schema, table, columns.

    Read from ``landing.column_dictionary``, which the work database has before its marts.
    """
    wanted = ", ".join(f"'{role}'" for role in roles)
    return con.execute(
        f"""
        select d.schema_name, d.table_name, list(d.column_name order by d.column_name)
        from landing.column_dictionary as d
        inner join information_schema.columns as c
            on
                c.table_catalog = current_database()
                and d.schema_name = c.table_schema
                and d.table_name = c.table_name
                and d.column_name = c.column_name
        where d.role in ({wanted})
        group by all
        order by all
        """
    ).fetchall()


# --- from the manifest ---------------------------------------------------------------------------


def _meta(node: Mapping[str, Any]) -> dict[str, Any]:
    return {**(node.get("meta") or {}), **((node.get("config") or {}).get("meta") or {})}


def _file_of(node: Mapping[str, Any]) -> str:
    return str(node.get("patch_path") or node["original_file_path"]).rpartition("://")[2]


def _keys(manifest: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The key columns of each model, from its test named ``<model>_key``."""
    nodes = manifest["nodes"]
    return {
        node["attached_node"]: tuple(node["test_metadata"]["kwargs"]["columns"])
        for node in nodes.values()
        if node["resource_type"] == "test"
        and node.get("attached_node") in nodes
        and node["name"] == f"{nodes[node['attached_node']]['name']}_key"
    }


def _both(description: str) -> tuple[str, str]:
    zh, _, en = " ".join(description.split()).partition(" | ")
    return zh.strip(), en.strip()


def _read_kinds(path: Path) -> Mapping[str, Mapping[str, Any]]:
    kinds = read_yaml(path) or {}
    if not isinstance(kinds, dict) or not all(isinstance(kind, dict) for kind in kinds.values()):
        raise DeclarationError(
            "the kinds of columns are no mapping of mappings",
            file=path,
            remedy="write `kind: {role: …}`, one kind an entry",
        )
    return kinds


def _declared(
    node: Mapping[str, Any], kinds: Mapping[str, Mapping[str, Any]], key: Sequence[str]
) -> Table:
    from orchestration.model_meta import TableMeta

    file, place = _file_of(node), f"model {node['name']}"
    head: TableMeta = _valid(TableMeta, _meta(node), file, place)
    zh, en = _both(node["description"])
    return Table(
        node["schema"],
        node["name"],
        head.title_zh,
        head.title_en,
        head.grain_zh,
        head.grain_en,
        tuple(key),
        tuple(
            _declared_column(column, kinds, file, f"{place}, column {column['name']}")
            for column in node["columns"].values()
        ),
        zh,
        en,
    )


def _declared_column(
    column: Mapping[str, Any], kinds: Mapping[str, Mapping[str, Any]], file: str, place: str
) -> Column:
    from orchestration.model_meta import ColumnMeta

    own = _meta(column)
    kind = own.pop("kind", None)
    if kind is not None and kind not in kinds:
        raise DeclarationError(
            f"there is no kind of column {kind!r}",
            file=file,
            place=f"{place}, config.meta.kind",
            remedy="name an entry of column_kinds.yml, or add one",
        )
    meta: ColumnMeta = _valid(ColumnMeta, {**kinds.get(kind or "", {}), **own}, file, place)
    if meta.confidentiality != "public":
        raise DeclarationError(
            f"the column is {meta.confidentiality}, and its model is published",
            file=file,
            place=f"{place}, config.meta.confidentiality",
            remedy="take the column out of the published model, or declare it public",
        )
    zh, en = _both(column["description"])
    unit = meta.unit or (unit_by_row(meta.unit_column) if meta.unit_column else "")
    said = meta.model_dump(exclude={"unit"}, exclude_none=True)
    said.setdefault("label_zh", zh)
    said.setdefault("label_en", en[:1].upper() + en[1:])
    return Column(
        column["name"],
        column["data_type"] or "",
        zh,
        en,
        unit,
        not any(item["type"] == "not_null" for item in column.get("constraints", ())),
        **said,
    )


def _valid(model: Any, meta: Mapping[str, Any], file: str, place: str) -> Any:
    from pydantic import ValidationError

    try:
        return model.model_validate(dict(meta))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        what = "has no such key" if first["type"] == "extra_forbidden" else first["msg"]
        raise DeclarationError(
            f"config.meta: {f'{key}: ' if key else ''}{what}",
            file=file,
            place=f"{place}{f', config.meta.{key}' if key else ''}",
            remedy=f"write what orchestration/model_meta.py describes: "
            f"{', '.join(model.model_fields)}",
        ) from error


def _check(
    tables: Sequence[Table], files: Mapping[str, str], code_lists: Collection[str] | None
) -> None:
    """Everything that a column names is there."""
    by_name = {table.qualified: table for table in tables}
    for table in tables:
        for column in table.columns:
            for key, what, remedy in _unresolved(column, table, by_name, code_lists):
                raise DeclarationError(
                    what,
                    file=files[table.qualified],
                    place=f"model {table.name}, column {column.name}, config.meta.{key}",
                    remedy=remedy,
                )


def _unresolved(
    column: Column,
    table: Table,
    tables: Mapping[str, Table],
    code_lists: Collection[str] | None,
) -> Iterator[tuple[str, str, str]]:
    """What the meta of a column names that is not there: key, what, remedy."""
    wanted = {
        "unit_column": ("unit",),
        "qualifier_column": ("qualifier",),
        "observation": tuple(OBSERVATION_ROLES),
        "codes_of": ("id", "region", "code"),
        "name_of": ("id", "region", "code", "status"),
        "pair": (column.role,),
    }
    for key, roles in wanted.items():
        name = getattr(column, key)
        if not name:
            continue
        other = table.by_name.get(name)
        if other is None:
            near = ", ".join(item.name for item in table.with_role(*roles)) or "none has the role"
            yield key, f"{table.qualified} has no column {name!r}", f"columns of that role: {near}"
        elif other.role not in roles:
            said = " or ".join(sorted(roles))
            yield key, f"{name!r} has the role {other.role}", f"name a column of role {said}"
        elif key == "pair" and (other.pair != column.name or other.language == column.language):
            yield key, f"{name!r} is no pair of it", f"write `pair: {column.name}` there"
    target = tables.get(column.references)
    if column.references and (target is None or target.primary_key != (column.name,)):
        yield (
            "references",
            f"the key of {column.references} is not {column.name!r}",
            f"name a published table with that key: "
            f"{', '.join(t.qualified for t in tables.values() if t.primary_key == (column.name,))}",
        )
    if code_lists is not None and column.code_list and column.code_list not in code_lists:
        yield (
            "code_list",
            f"there is no code list {column.code_list!r}",
            f"add it to raw/codelists/codes.csv; there are {', '.join(sorted(code_lists))}",
        )


# --- from a release ------------------------------------------------------------------------------


def _rows(con: DuckDBPyConnection, catalog: str, table: str, order: str) -> list[dict[str, Any]]:
    cursor = con.execute(f"select * from {quote(catalog)}.meta.{table} order by {order}")
    names = [item[0] for item in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _described(line: Mapping[str, Any]) -> Column:
    said = {attribute: line.get(name) for attribute, name in _DESCRIBED}
    is_nullable = bool(said.pop("is_nullable"))
    texts = {attribute: text or "" for attribute, text in said.items()}
    texts["data_type"] = canonical_type(texts["data_type"])
    return Column(is_nullable=is_nullable, **texts)


_NAMES_OBSERVATION = re.compile(r"(?:^|_)observation_id(s?)$")
_NAMES_EVIDENCE = re.compile(r"^observation_[ab]$")
_NAMES_SOMETHING = re.compile(r"^(\w+)_name_(zh|en)$")
_UNIT_BY_ROW = re.compile(r"\bcolumn (\w+)")
_ABOUT = frozenset({"printed", "value", "unit", "qualifier", "kind", "scope", "price", "basis"})


def _as_before_roles(table: str, columns: Sequence[Column]) -> list[Column]:
    """Columns of a release from before its dictionary had roles, as far as a trace needs them.

    The only place that still goes by names and descriptions, for those releases alone.
    """
    if any(column.role for column in columns):
        return list(columns)
    names = {column.name for column in columns}
    observations = {
        _NAMES_OBSERVATION.sub("", name): name for name in names if _NAMES_OBSERVATION.search(name)
    }
    return [
        replace(
            column,
            **(_role_by_name(table, column.name, names) or _ties(column, names, observations)),
        )
        for column in columns
    ]


def _role_by_name(table: str, name: str, names: Collection[str]) -> dict[str, Any]:
    found = _NAMES_OBSERVATION.search(name)
    if found:
        return {"role": "observations" if found[1] else "observation"}
    if _NAMES_EVIDENCE.search(name):
        return {"role": "evidence"}
    found = _NAMES_SOMETHING.search(name)
    if found:
        pair = f"{found[1]}_name_{'en' if found[2] == 'zh' else 'zh'}"
        named = next((code for code in (found[1], f"{found[1]}_code") if code in names), "")
        pair = pair if pair in names else ""
        return {"role": "name", "language": found[2], "pair": pair, "name_of": named}
    # Of a data set it says what is declared, of any other row what the row itself is.
    simulated = "flag" if table == "core.data_set" else "simulated"
    roles = {"region_code": "region", "is_simulated": simulated}
    return {"role": roles[name]} if name in roles else {}


def _ties(
    column: Column, names: Collection[str], observations: Mapping[str, str]
) -> dict[str, Any]:
    base = column.name.removesuffix("_printed")
    qualifiers = [f"{column.name}_qualifier", f"{base}_qualifier"]
    qualifiers += ["qualifier"] if column.name == "value" else []
    words = column.name.split("_")
    while len(words) > 1 and words[-1] in _ABOUT:
        words.pop()
    unit = _UNIT_BY_ROW.search(column.unit)
    return {
        "unit_column": unit[1] if unit and unit[1] in names else "",
        "qualifier_column": next((name for name in qualifiers if name in names), ""),
        "observation": observations.get(column.name) or observations.get("_".join(words)) or "",
    }
