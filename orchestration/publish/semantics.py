"""The semantic contract of a release: what its measures and dimensions are, and what may be summed.

Written in the exchange format of Apache Ossie (Open Semantic Interchange), version 0.2.0.dev0: a
data set for each table, a metric for each indicator. What the format has no word for (over what a
metric may be added, and why not) stands in extensions under our own name, and a metric's expression
yields nothing where figures that do not belong together would meet.

Belongs here: the document and its shape. Does not belong here: when it is built and checked
(``products.semantics``), and whether figures add up (``aggregation``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from orchestration.aggregation import OVERS, Additivity, Verdict, verdict
from orchestration.publish.keys import ForeignKeys
from orchestration.publish.rowhash import value_kind
from orchestration.publish.tables import Column, Table, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VERSION: Final = "0.2.0.dev0"
VENDOR: Final = "QUTONG"
OBSERVATIONS: Final = "core.observation"
INDICATORS: Final = "core.indicator"
DataType = Literal["String", "Integer", "Decimal", "Boolean", "Date", "DateTime"]
_TYPES: Final[Mapping[str, DataType]] = {
    "text": "String",
    "integer": "Integer",
    "decimal": "Decimal",
    "boolean": "Boolean",
    "date": "Date",
    "timestamp": "DateTime",
}
_TIMES: Final = frozenset({"period", "time", "period_bound", "date"})
_FRAME: Final = (
    "region_code", "scope", "price_basis", "breakdown", "figure_kind", "subject", "locality",
    "unit", "period_kind",
)  # fmt: skip
"""What figures have to have in common before they meet."""
_WHOLE: Final = ("monthly", "quarterly", "annual")
"""Kinds of periods of which no two of one kind overlap."""
INSTRUCTIONS: Final = (
    "One row of core.observation is one published figure. Compare and add only figures of one "
    "scope, price basis, figure kind, breakdown, unit and kind of period; never add growth, "
    "shares, ranks or indices; never add stocks over time; a region is part of its parent; classes "
    "may overlap. Each metric's extension QUTONG says what may be added, and why not. A figure "
    "with is_headline and without known_to is the one in force. "
    "只有口径、价格、性质、分组、单位和期间类型都相同的数字才可比较或相加；增速、比重、位次、指数不可相加，"
    "时点数不可跨期相加，地区含其下级，分组可能重叠；各指标能否相加及原因见扩展 QUTONG。"
)


# --- the shape, as the specification has it -------------------------------------------------------


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Extension(_Shape):
    """What the format has no word for, as JSON in a text."""

    vendor_name: str
    data: str


class _Said(_Shape):
    dialect: Literal["ANSI_SQL"]
    expression: str = Field(min_length=1)


class Expression(_Shape):
    """An expression, here in one dialect."""

    dialects: list[_Said] = Field(min_length=1)


class Dimension(_Shape):
    """That a field groups rows, and whether by time."""

    is_time: bool


class Synonyms(_Shape):
    """Other names."""

    synonyms: list[str]


class DataField(_Shape):
    """A column."""

    name: str
    expression: Expression
    dimension: Dimension | None = None
    label: str
    description: str
    datatype: DataType
    custom_extensions: list[Extension] | None = None


class Dataset(_Shape):
    """A table."""

    name: str
    source: str
    primary_key: list[str] | None = None
    description: str
    ai_context: Synonyms
    fields: list[DataField] = Field(min_length=1)


class Relationship(_Shape):
    """Columns that hold the key of another table."""

    name: str
    of: str = Field(alias="from")
    to: str
    from_columns: list[str] = Field(min_length=1)
    to_columns: list[str] = Field(min_length=1)


class Metric(_Shape):
    """An indicator, and how its figures become one."""

    name: str
    expression: Expression
    description: str
    datatype: Literal["Decimal"]
    ai_context: Synonyms
    custom_extensions: list[Extension] = Field(min_length=1)


class SemanticModel(_Shape):
    """All of a release."""

    name: str
    description: str
    ai_context: dict[Literal["instructions"], str]
    datasets: list[Dataset] = Field(min_length=1)
    relationships: list[Relationship]
    metrics: list[Metric]


class Document(_Shape):
    """The file."""

    version: Literal["0.2.0.dev0"]
    semantic_model: list[SemanticModel] = Field(min_length=1, max_length=1)

    def rendered(self) -> str:
        """The text of the file."""
        return self.model_dump_json(by_alias=True, exclude_none=True, indent=1) + "\n"


# --- what it says ---------------------------------------------------------------------------------


def describe(
    tables: Sequence[Table], keys: ForeignKeys, indicators: Sequence[Mapping[str, Any]]
) -> Document:
    """The contract of a release.

    Args:
        tables: The published tables.
        keys: Which of their columns hold the key of another table.
        indicators: Rows of ``core.indicator``, see ``read_indicators``.
    """
    model = SemanticModel(
        name="qutong",
        description="区统发布的统计数据 | Statistics published by Qutong",
        ai_context={"instructions": INSTRUCTIONS},
        datasets=[_dataset(table) for table in tables if table.columns],
        relationships=list(_relationships(keys)),
        metrics=[_metric(row) for row in indicators],
    )
    return Document(version=VERSION, semantic_model=[model])


def read_indicators(
    con: DuckDBPyConnection, catalog: str, tables: Sequence[Table]
) -> list[dict[str, Any]]:
    """What the catalogue of a database says of every indicator; none where it does not say enough.

    An indicator without a figure is one too: who asks for it learns how it would add up.
    """
    table = next((table for table in tables if table.qualified == INDICATORS), None)
    needed = (
        "indicator_code name_zh name_en measure base_unit decimals is_stock mart item role "
        "adds_over_time adds_over_regions adds_over_classes"
    ).split()
    if table is None or not all(table.has(name) for name in needed):
        return []
    rows = con.execute(
        f"select {', '.join(needed)} from {table.in_catalog(catalog)} order by indicator_code"
    ).fetchall()
    return [dict(zip(needed, row, strict=True)) for row in rows]


def additivity(row: Mapping[str, Any]) -> Additivity:
    """What an indicator's figures may be added over, of a row of ``read_indicators``."""
    return Additivity(
        row["name_zh"],
        row["name_en"],
        row["measure"],
        bool(row["is_stock"]),
        row["adds_over_time"],
        row["adds_over_regions"],
        row["adds_over_classes"],
    )


def _name(qualified: str) -> str:
    """A name without the dot, which in a model parts a data set from its field."""
    return qualified.replace(".", "__")


def _dataset(table: Table) -> Dataset:
    return Dataset(
        name=_name(table.qualified),
        source=f"mart.{table.qualified}",
        primary_key=list(table.primary_key) or None,
        description=f"{table.grain_zh} | {table.grain_en}",
        ai_context=Synonyms(synonyms=[table.title_zh, table.title_en]),
        fields=[_field(column) for column in table.columns],
    )


def _field(column: Column) -> DataField:
    is_measure = column.role == "value"
    said: dict[str, str] = {
        name: text
        for name, text in (
            ("role", column.role),
            ("unit", column.unit),
            ("qualifier_column", column.qualifier_column),
            ("observation_column", column.observation),
            ("code_list", column.code_list),
        )
        if text
    }
    return DataField(
        name=column.name,
        expression=_sql(quote(column.name)),
        dimension=None if is_measure else Dimension(is_time=column.role in _TIMES),
        label=f"{column.label_zh} | {column.label_en}",
        description=f"{column.description_zh} | {column.description_en}",
        datatype=_TYPES[value_kind(column.data_type)],
        custom_extensions=[_extension(said)] if said else None,
    )


def _relationships(keys: ForeignKeys) -> Iterator[Relationship]:
    for source, columns in sorted(keys.items()):
        for column, target in sorted(columns.items()):
            if target.qualified != source and target.primary_key == (column,):
                yield Relationship(
                    name=f"{_name(source)}__{column}",
                    of=_name(source),
                    to=_name(target.qualified),
                    from_columns=[column],
                    to_columns=[column],
                )


def _metric(row: Mapping[str, Any]) -> Metric:
    one = additivity(row)
    ways = {over: verdict(one, over) for over in OVERS}
    said = {
        "measure": row["measure"],
        "unit": row["base_unit"],
        "decimals": row["decimals"],
        "is_stock": bool(row["is_stock"]),
        "mart": row["mart"],
        "item": row["item"],
        "column": row["role"],
        "adds_over": {over: _told(way) for over, way in ways.items()},
    }
    return Metric(
        name=row["indicator_code"],
        expression=_sql(_aggregate(row["indicator_code"], ways["time"])),
        description=f"{row['name_zh']} | {row['name_en']}",
        datatype="Decimal",
        ai_context=Synonyms(synonyms=[row["name_zh"], row["name_en"]]),
        custom_extensions=[_extension(said)],
    )


def _told(way: Verdict) -> dict[str, str | None]:
    if way.zh:
        return {"way": way.way, "why_not_zh": way.zh, "why_not_en": way.en}
    return {"way": way.way}


def _aggregate(code: str, over_time: Verdict) -> str:
    """One figure of an indicator in force, or what figures of one region make over time.

    Nothing where regions, classes, scopes, kinds of figures or periods that overlap would meet:
    which regions hold each other no aggregate can see.
    """
    figures = _name(OBSERVATIONS)
    is_of = (
        f"{figures}.indicator_code = '{code}' and {figures}.is_headline "
        f"and {figures}.known_to is null"
    )
    value = f"case when {is_of} then {figures}.value end"
    if over_time.way not in ("sum", "mean"):
        return f"case when count({value}) = 1 then max({value}) end"
    frame = " || '|' || ".join(f"{figures}.{name}" for name in _FRAME)
    is_one_frame = f"count(distinct case when {is_of} then {frame} end) = 1"
    kinds = ", ".join(f"'{kind}'" for kind in _WHOLE)
    has_parts = f"max(case when {is_of} then {figures}.period_kind end) in ({kinds})"
    total = f"{'avg' if over_time.way == 'mean' else 'sum'}({value})"
    return (
        f"case when count({value}) = 1 then max({value}) when {is_one_frame} and {has_parts} "
        f"then {total} end"
    )


def _sql(expression: str) -> Expression:
    return Expression(dialects=[_Said(dialect="ANSI_SQL", expression=expression)])


def _extension(said: Mapping[str, Any]) -> Extension:
    return Extension(vendor_name=VENDOR, data=json.dumps(said, ensure_ascii=False, sort_keys=True))
