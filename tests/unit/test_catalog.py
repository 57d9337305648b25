"""The catalogue of columns: what shipped models say, what is refused, the way through a release.

Belongs here: ``orchestration.catalog`` and the meta of the shipped YAML. Does not belong here: what
printing, tracing or judging make of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from orchestration.catalog import Catalog, Column, Table, unit_by_row
from orchestration.declarations import load_declarations
from orchestration.errors import DeclarationError, ReleaseError
from orchestration.model_meta import ROLES
from orchestration.process.dbt import DbtProject
from orchestration.publish.rowhash import value_kind
from orchestration.publish.sdmx.components import COMPONENTS
from orchestration.publish.sdmx.lists import OWN_LISTS
from orchestration.settings import CODE_ROOT, load_settings
from tests.unit.described import dictionary_sql

pytestmark = pytest.mark.core

MARTS = CODE_ROOT / "dbt_project/models/marts"


def code_lists() -> frozenset[str]:
    return load_declarations(load_settings(CODE_ROOT)).codelists.lists


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What the shipped models say; all that a column names is there, or this fails."""
    folder = tmp_path_factory.mktemp("catalog")
    dbt = DbtProject(CODE_ROOT / "dbt_project", folder / "warehouse.duckdb", folder / "dbt")
    return dbt.catalog(code_lists())


def test_every_model_under_marts_is_in_it_column_by_column(shipped: Catalog) -> None:
    described = {
        f"{file.parent.name}.{model['name']}": [column["name"] for column in model["columns"]]
        for file in MARTS.glob("*/*.yml")
        for model in yaml.safe_load(file.read_text(encoding="utf-8"))["models"]
    }
    assert {table.qualified: [c.name for c in table.columns] for table in shipped.tables} == (
        described
    )
    assert set(described) == {f"{f.parent.name}.{f.stem}" for f in MARTS.glob("*/*.sql")}


def test_a_role_fits_the_type_of_its_column(shipped: Catalog) -> None:
    fitting = {role: {"text"} for role in ROLES}
    fitting |= {role: {"integer", "decimal"} for role in ("value", "ordinal", "sort")}
    fitting |= {role: {"boolean"} for role in ("flag", "simulated")}
    fitting |= {role: {"date", "timestamp"} for role in ("date", "period_bound")}
    fitting["tool"] = {"text", "integer", "decimal", "boolean", "date"}
    assert [
        (table.qualified, column.name, column.role, column.data_type)
        for table in shipped.tables
        for column in table.columns
        if value_kind(_canonical(column.data_type)) not in fitting[column.role]
    ] == []


def _canonical(data_type: str) -> str:
    return str(duckdb.sqltype(data_type))


def test_what_serves_a_figure_serves_some_figure(shipped: Catalog) -> None:
    """A qualifier or unit beside no number, or an observation behind none, is a forgotten line."""
    idle = [
        f"{table.qualified}.{column.name}"
        for table in shipped.tables
        for column in table.with_role("qualifier", "unit")
        if not any(column.name in (c.qualifier_column, c.unit_column) for c in table.columns)
    ]
    # The unit that an indicator is kept in, and that of a series of which changes are told: their
    # figures stand in core.observation.
    assert sorted(idle) == [
        "core.dim_indicator.base_unit",
        "core.indicator.base_unit",
        "quality.threshold.unit",
    ]


def test_every_observation_stands_behind_a_column_or_what_is_computed(shipped: Catalog) -> None:
    assert (
        sorted(
            f"{table.qualified}.{column.name}"
            for table in shipped.tables
            for column in table.with_role("observation", "observations")
            if column.name not in table.primary_key
            and not any(c.observation == column.name for c in table.columns)
        )
        == BEHIND_THE_ROW
    )


# What something in the row is computed from, and the row does not repeat.
BEHIND_THE_ROW = [
    "core.derived.population_observation_id",
    "core.derived.region_above_observation_id",
    "core.derived.whole_observation_id",
    "core.scheme_figure.observation_ids",
    "investment.fixed_asset_investment.total_observation_id",
    "investment.project_pipeline.all_count_observation_id",
    "plan.plan_outlook.outturn_observation_ids",
    "public_services.service_supply.residents_observation_id",
    "public_services.social_spending.residents_observation_id",
    "public_services.social_spending.total_observation_id",
]


def test_every_column_has_a_title_of_its_own_in_its_table(shipped: Catalog) -> None:
    for table in shipped.tables:
        for side in ("label_zh", "label_en"):
            titles = [getattr(column, side) for column in table.columns]
            assert all(titles), table.qualified
        pairs = [(c.label_zh, c.label_en) for c in table.columns]
        assert len(set(pairs)) == len(pairs), table.qualified


def test_every_kind_of_column_is_used_and_says_what_the_model_allows(shipped: Catalog) -> None:
    kinds = yaml.safe_load((CODE_ROOT / "dbt_project/column_kinds.yml").read_text("utf-8"))
    used = {
        (column.get("config") or {}).get("meta", {}).get("kind")
        for file in MARTS.glob("*/*.yml")
        for model in yaml.safe_load(file.read_text(encoding="utf-8"))["models"]
        for column in model["columns"]
    }
    assert set(kinds) == used - {None}
    assert shipped.tables


def test_sdmx_codes_a_column_by_the_list_that_the_catalogue_names(shipped: Catalog) -> None:
    observation = shipped.find("core.observation")
    assert observation is not None
    coded = {
        item.sql.removeprefix("t."): OWN_LISTS[item.codes]
        for item in COMPONENTS
        if item.codes in OWN_LISTS
        and item.sql.startswith("t.")
        # Units have a file; subjects and localities are whatever was delivered.
        and item.codes not in ("UNIT", "SUBJECT", "LOCALITY")
    }
    assert len(coded) == len(OWN_LISTS) - 3
    assert {name: observation.by_name[name].code_list for name in coded} == coded


# --- what is refused ---------------------------------------------------------------------------

VALUE = {"role": "value", "unit_column": "unit", "observation": "value_observation_id"}
COLUMNS: dict[str, Mapping[str, Any]] = {
    "region_code": {"role": "region"},
    "item": {"role": "code", "code_list": "item"},
    "item_name_zh": {
        "role": "name", "name_of": "item", "language": "zh", "pair": "item_name_en"
    },
    "item_name_en": {
        "role": "name", "name_of": "item", "language": "en", "pair": "item_name_zh"
    },
    "value": VALUE,
    "unit": {"role": "unit"},
    "qualifier": {"kind": "any_qualifier"},
    "value_observation_id": {"role": "observation"},
}  # fmt: skip
KINDS = "any_qualifier: {role: qualifier, code_list: qualifier}\n"
TABLE_META = {
    "publish": True,
    "title_zh": "表",
    "title_en": "Table",
    "grain_zh": "行",
    "grain_en": "Row",
}


def manifest(
    columns: Mapping[str, Mapping[str, Any]], meta: Mapping[str, Any] = TABLE_META
) -> dict[str, Any]:
    """A manifest of one mart."""
    node = {
        "unique_id": "model.q.m",
        "resource_type": "model",
        "schema": "s",
        "name": "m",
        "description": "表 | Table",
        "patch_path": "q://models/marts/s/_s.yml",
        "original_file_path": "models/marts/s/m.sql",
        "config": {"meta": dict(meta)},
        "columns": {
            name: {
                "name": name,
                "data_type": "varchar",
                "description": f"列 {name} | column {name}",
                "config": {"meta": dict(said)},
            }
            for name, said in columns.items()
        },
    }
    return {"nodes": {"model.q.m": node}}


def catalog_of(
    tmp_path: Path,
    columns: Mapping[str, Mapping[str, Any]],
    meta: Mapping[str, Any] = TABLE_META,
    lists: tuple[str, ...] = ("item", "qualifier"),
) -> Catalog:
    kinds = tmp_path / "column_kinds.yml"
    kinds.write_text(KINDS, encoding="utf-8")
    return Catalog.of_manifest(manifest(columns, meta), kinds, lists)


def test_a_column_has_what_its_kind_says_and_a_title_from_its_description(tmp_path: Path) -> None:
    (table,) = catalog_of(tmp_path, COLUMNS).tables
    assert table.by_name["qualifier"] == Column(
        "qualifier", "varchar", "列 qualifier", "column qualifier", "", True, "qualifier",
        "列 qualifier", "Column qualifier", code_list="qualifier",
    )  # fmt: skip
    assert table.by_name["value"].unit == "见 unit 列 | see column unit"
    assert table.observation_of("unit") == "value_observation_id"
    assert table.observation_of("item") == ""
    assert list(table.names_of("item")) == ["zh", "en"]


@pytest.mark.parametrize(
    ("column", "said", "key", "message"),
    [
        ("value", {"rolle": "value"}, "role", "role"),
        ("value", {**VALUE, "colour": "red"}, "colour", "no such key"),
        ("value", {"role": "figure"}, "role", "Input should be"),
        ("value", {**VALUE, "unit_column": "units"}, "unit_column", "no column 'units'"),
        ("value", {**VALUE, "unit_column": "item"}, "unit_column", "has the role code"),
        ("value", {**VALUE, "qualifier_column": "unit"}, "qualifier_column", "the role unit"),
        ("value", {**VALUE, "observation": "lost"}, "observation", "no column 'lost'"),
        ("value", {**VALUE, "unit": "元 | yuan"}, "", "has to name unit"),
        ("item", {"role": "code", "code_list": "things"}, "code_list", "no code list 'things'"),
        ("item", {"role": "code", "codes_of": "unit"}, "codes_of", "has the role unit"),
        ("item", {"role": "text", "codes_of": "item"}, "", "has the role code"),
        ("item", {"role": "code", "references": "core.item"}, "references", "core.item"),
        ("item", {"role": "code", "references": "item"}, "references", "pattern"),
        ("item_name_zh", {"role": "name", "pair": "item_name_en"}, "", "language"),
        ("item_name_zh", {"role": "name", "language": "zh", "pair": "unit"}, "pair", "role unit"),
        ("item_name_zh", {"role": "name", "language": "en", "pair": "item_name_en"}, "pair",
         "no pair"),
        ("qualifier", {"role": "qualifier"}, "", "code of a list"),
        ("qualifier", {"kind": "nothing"}, "kind", "no kind of column 'nothing'"),
        ("value", {**VALUE, "confidentiality": "restricted"}, "confidentiality", "restricted"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_model_column_and_key(
    tmp_path: Path, column: str, said: Mapping[str, Any], key: str, message: str
) -> None:
    catalog_of(tmp_path, COLUMNS)  # without it there is none
    with pytest.raises(DeclarationError) as caught:
        catalog_of(tmp_path, {**COLUMNS, column: said})
    error = caught.value
    assert error.file == "models/marts/s/_s.yml"
    assert error.place == f"model m, column {column}" + (f", config.meta.{key}" if key else "")
    assert message in error.what
    assert error.remedy


def test_a_published_model_has_titles_and_grain(tmp_path: Path) -> None:
    meta = {name: text for name, text in TABLE_META.items() if name != "grain_en"}
    with pytest.raises(DeclarationError, match=r"model m, config.meta.grain_en"):
        catalog_of(tmp_path, COLUMNS, meta)
    assert catalog_of(tmp_path, COLUMNS, {"publish": False}).tables == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [("- a", "kinds of columns"), ("a: 1", "kinds of columns"), ("{", "not valid YAML")],
)
def test_kinds_are_a_mapping_of_mappings(tmp_path: Path, text: str, message: str) -> None:
    kinds = tmp_path / "column_kinds.yml"
    kinds.write_text(text, encoding="utf-8")
    with pytest.raises(DeclarationError, match=message):
        Catalog.of_manifest(manifest(COLUMNS), kinds)


# --- through a release -------------------------------------------------------------------------

TEXTS = [
    item.name
    for item in fields(Column)
    if item.name not in ("name", "data_type", "is_nullable", "unit")
]
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6)


@given(
    st.lists(
        st.builds(
            Column,
            name=st.just(""),
            data_type=st.sampled_from(["INTEGER", "VARCHAR", "DECIMAL(30,8)"]),
            unit=WORDS,
            is_nullable=st.booleans(),
            **{**dict.fromkeys(TEXTS, WORDS), "role": st.sampled_from(sorted(ROLES))},
        ),
        min_size=1,
        max_size=3,
    )
)
def test_what_a_dictionary_keeps_is_what_a_reader_gets(columns: list[Column]) -> None:
    from dataclasses import replace

    named = tuple(replace(column, name=f"c{place}") for place, column in enumerate(columns))
    table = Table("s", "m", "表", "Table", "行", "Row", ("c0",), named)
    with duckdb.connect() as con:
        con.execute(f"attach ':memory:' as mart; use mart; {DICTIONARIES}")
        con.execute(dictionary_sql(table))
        assert Catalog.of_release(con, "mart").tables == (table,)


DICTIONARIES = """
create schema meta;
create table meta.schema_dictionary (
    schema_name varchar, table_name varchar, title_zh varchar, title_en varchar,
    grain_zh varchar, grain_en varchar, primary_key varchar);
create table meta.column_dictionary (
    schema_name varchar, table_name varchar, column_name varchar, ordinal integer,
    data_type varchar, description_zh varchar, description_en varchar, unit varchar,
    is_nullable boolean, role varchar, label_zh varchar, label_en varchar, heading_zh varchar,
    heading_en varchar, unit_column varchar, qualifier_column varchar, observation_column varchar,
    code_list varchar, codes_of varchar, name_of varchar, language varchar, pair_column varchar,
    refers_to varchar, confidentiality varchar);
"""


def test_a_database_without_dictionaries_is_no_release() -> None:
    with duckdb.connect() as con, pytest.raises(ReleaseError, match="dictionaries"):
        con.execute("attach ':memory:' as mart")
        Catalog.of_release(con, "mart")


def test_a_dictionary_from_before_roles_is_read_by_name() -> None:
    """What traces and cells need of releases that were made before."""
    names = {
        "region_code": "",
        "region_name_zh": "",
        "share_printed": "见 share_unit 列 | see column share_unit",
        "share_unit": "",
        "share_qualifier": "",
        "share_observation_id": "",
        "parts_observation_ids": "",
        "observation_a": "",
        "is_simulated": "",
    }
    columns = tuple(
        Column(name, "VARCHAR", "", "", unit, True, confidentiality="")
        for name, unit in names.items()
    )
    old = DICTIONARIES.replace(
        DICTIONARIES[DICTIONARIES.index(", role varchar") : DICTIONARIES.rindex(")")], ""
    )
    rows = ", ".join(
        f"('s', 'm', '{column.name}', {place}, 'VARCHAR', '', '', '{column.unit}', true)"
        for place, column in enumerate(columns)
    )
    with duckdb.connect() as con:
        con.execute(f"attach ':memory:' as mart; use mart; {old}")
        con.execute("insert into meta.schema_dictionary values ('s', 'm', '', '', '', '', '')")
        con.execute(f"insert into meta.column_dictionary values {rows}")
        (table,) = Catalog.of_release(con, "mart").tables

    share = table.by_name["share_printed"]
    assert (share.unit_column, share.qualifier_column, share.observation) == (
        "share_unit",
        "share_qualifier",
        "share_observation_id",
    )
    assert unit_by_row("share_unit") == share.unit
    assert {column.name: column.role for column in table.columns if column.role} == {
        "region_code": "region",
        "region_name_zh": "name",
        "share_observation_id": "observation",
        "parts_observation_ids": "observations",
        "observation_a": "evidence",
        "is_simulated": "simulated",
    }
    assert table.by_name["region_name_zh"].name_of == "region_code"
