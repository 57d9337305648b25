"""A wrong declaration fails at load and names file, key and remedy."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestration.declarations import load_declarations, validate_file
from orchestration.errors import DeclarationError
from orchestration.settings import CODE_ROOT, Settings, load_settings
from orchestration.spec import DataSet, last_day

pytestmark = pytest.mark.core

PROFILE = Path("raw/datasets/profile/yunxi-profile.yml")
INVESTMENT = Path("raw/datasets/investment/yunxi-investment.yml")


def spoil(project: Settings, file: Path, old: str, new: str) -> DeclarationError:
    path = project.project / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DeclarationError) as caught:
        load_declarations(load_settings(project.project))
    return caught.value


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "what", "remedy"),
    [
        (PROFILE, "owner:", "onwer:", "onwer", "unknown key 'onwer'", "did you mean 'owner'?"),
        (
            PROFILE,
            "    source_place: 章节",
            "    source_plase: 章节",
            "layout.columns.source_plase",
            "unknown key 'source_plase'",
            "did you mean 'source_place'?",
        ),
        (PROFILE, "owner: 综合科 / General section\n", "", "owner", "missing", "add 'owner'"),
        (
            PROFILE,
            "base_unit: 万人",
            "base_unit: 万 人",
            "indicators.residents.base_unit",
            "unknown unit '万 人'",
            "did you mean '万人'?",
        ),
        (
            PROFILE,
            "grade: official",
            "grade: offical",
            "origin.documents.yunxi-bulletin.grade",
            "unknown grade 'offical'",
            "did you mean 'official'?",
        ),
        (PROFILE, "measure: count", "measure: cuont", "indicators.3.measure", "Input should", ""),
        (
            PROFILE,
            "- code: schools",
            "- code: residents",
            "top level",
            "'residents' is declared twice",
            "",
        ),
        (
            PROFILE,
            "growth_of: [{to: gdp}]",
            "growth_of: [{to: gdb}]",
            "indicators.gdp_growth.growth_of",
            "nobody defines",
            "",
        ),
        (PROFILE, "published: 2025-02\n", "published: 2025-13\n", "published", "month must be", ""),
        (PROFILE, "    period: 期间\n", "", "layout.columns.period", "which period", "column"),
        (
            PROFILE,
            "connector: folder",
            "connector: floder",
            "delivery.connector",
            "there is no connector 'floder'",
            "did you mean 'folder'?",
        ),
        (PROFILE, "id: yunxi-profile", "id: yunxi-pro", "id", "declares 'yunxi-pro'", "belongs in"),
        (PROFILE, "id: yunxi-profile", "id: [", "line", "not valid YAML", "mend the line"),
        (PROFILE, "theme: profile", "theme: profile\ntheme: plan", "line 5", "stands twice", ""),
        (
            INVESTMENT,
            "column: growth",
            "column: grwoth",
            "indicators.fai_growth.column",
            "unknown column key 'grwoth'",
            "did you mean 'growth'?",
        ),
        (INVESTMENT, "carries: unit, of: value", "carries: unti", "carries", "Input should", ""),
        (
            INVESTMENT,
            "stub: 指标\n    header_rows",
            "header_rows",
            "layout.blocks.0.stub",
            "is missing",
            "add 'stub'",
        ),
        (
            INVESTMENT,
            "- code: fai\n    name: {zh: 固定资产投资, en: Fixed-asset investment}",
            "- code: gdp\n    name: {zh: 固定资产投资, en: Fixed-asset investment}",
            "indicators.gdp",
            "defined in",
            "define it once",
        ),
        (
            PROFILE,
            "role: growth",
            "role: growht",
            "indicators.gdp_growth.role",
            "unknown role 'growht'",
            "did you mean 'growth'?",
        ),
        (
            PROFILE,
            "item: resident_population",
            "item: zzz",
            "indicators.residents.item",
            "unknown item 'zzz'",
            "item_name: {zh: …, en: …}",
        ),
        (
            PROFILE,
            "item: resident_population",
            "item: resident_population\n    item_name: {zh: 居民, en: Residents}",
            "indicators.residents.item_name",
            "is named in the code list item too",
            "name it once",
        ),
        (
            INVESTMENT,
            "region: 云溪区",
            "region: 云西区",
            "layout.constants.region",
            "云西区",
            "云溪区",
        ),
    ],
)
def test_mistakes(
    project: Settings, file: Path, old: str, new: str, place: str, what: str, remedy: str
) -> None:
    error = spoil(project, file, old, new)
    assert error.file is not None
    assert place in (error.place or "")
    assert what in error.what
    assert remedy in (error.remedy or "")


def test_the_file_named_is_the_one_to_mend(project: Settings) -> None:
    error = spoil(project, PROFILE, "owner:", "onwer:")
    assert error.file == str(project.project / PROFILE)
    assert error.render().splitlines() == [
        f"{project.project / PROFILE}, onwer: unknown key 'onwer' (and 1 more)",
        "  → did you mean 'owner'?",
    ]


def test_a_reference_takes_the_definition_from_where_it_stands(project: Settings) -> None:
    path = project.project / INVESTMENT
    text = path.read_text(encoding="utf-8") + "  - {code: gdp, labels: [生产总值], column: value}\n"
    path.write_text(text, encoding="utf-8")
    declared = load_declarations(project).get("yunxi-investment")
    indicator = declared.data_set.indicators[-1]
    assert (indicator.title.zh, indicator.labels, indicator.base_unit) == (
        "地区生产总值",
        ("生产总值",),
        "亿元",
    )
    assert "gdp" not in declared.defined


def test_a_word_may_not_mean_two_codes(project: Settings) -> None:
    path = project.raw / "codelists" / "regions.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace(",云山区", ",云溪区"), encoding="utf-8"
    )
    with pytest.raises(DeclarationError, match="means both '990101' and '990102'"):
        load_declarations(project)


def test_what_a_qualifier_means_is_no_code_list_of_a_district(project: Settings) -> None:
    path = project.raw / "codelists" / "codes.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "qualifier,under,低于,under,1,,,,\n", encoding="utf-8")
    with pytest.raises(DeclarationError, match="no code list of a district") as caught:
        load_declarations(project)
    assert caught.value.remedy == "remove its lines; a word of your own goes into synonyms.csv"


def test_an_item_of_its_own_is_named_where_it_is_declared(project: Settings) -> None:
    path = project.project / PROFILE
    text = path.read_text(encoding="utf-8").replace(
        "item: resident_population", "item: people\n    item_name: {zh: 居民, en: People}"
    )
    path.write_text(text, encoding="utf-8")
    declarations = load_declarations(load_settings(project.project))
    assert {code: name.en for code, name in declarations.items.items()} == {
        "people": "People",
        "schools": "Schools",
    }


def test_the_scorecard_names_known_indicators(project: Settings) -> None:
    path = project.project / "raw/district.yml"
    path.write_text(path.read_text(encoding="utf-8") + "scorecard: [gdp, resident]\n", "utf-8")
    with pytest.raises(DeclarationError) as caught:
        load_declarations(load_settings(project.project))
    assert caught.value.what == "the scorecard names the indicator 'resident', which nobody defines"
    assert (caught.value.place, caught.value.remedy) == ("scorecard", "did you mean 'residents'?")


def test_complete_regions_are_known_regions(project: Settings) -> None:
    path = project.raw / "district.yml"
    text = path.read_text(encoding="utf-8")
    assert '"990100"' in text
    path.write_text(text.replace('"990100"', '"990188"'), encoding="utf-8")
    with pytest.raises(DeclarationError) as caught:
        load_declarations(load_settings(project.project))
    assert caught.value.what == "complete_regions names '990188', which is not a known region"
    assert caught.value.place == "complete_regions"


def test_the_district_must_be_a_known_region(project: Settings) -> None:
    path = project.raw / "district.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("990101", "990199"), encoding="utf-8")
    with pytest.raises(DeclarationError, match="not a known region"):
        load_declarations(load_settings(project.project))


def test_a_named_project_without_a_district_is_not_replaced_by_another(
    tmp_path: Path, project: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUTONG_PROJECT", str(project.project))
    assert load_settings().project == project.project
    with pytest.raises(DeclarationError, match="raw/district.yml is missing"):
        load_settings(tmp_path)


def test_labels_that_differ_in_blanks_only(project: Settings) -> None:
    error = spoil(
        project, INVESTMENT, "labels: [固定资产投资]", "labels: [固定资产投资, 固定资产 投资]"
    )
    assert "differ in blanks or width only" in error.what


def test_no_district_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUTONG_PROJECT", str(tmp_path))
    with pytest.raises(DeclarationError, match="raw/district.yml is missing"):
        load_settings()


def test_one_file_can_be_checked_alone(project: Settings) -> None:
    assert validate_file(project.project / PROFILE, project).id == "yunxi-profile"


def test_every_key_of_a_declaration_is_in_its_schema() -> None:
    schema = DataSet.model_json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {
        "id",
        "title",
        "theme",
        "owner",
        "origin",
        "delivery",
        "layout",
        "indicators",
    }


@pytest.mark.parametrize(
    ("text", "day"),
    [("2024", "2024-12-31"), ("2024-02", "2024-02-29"), ("2024-12", "2024-12-31")],
)
def test_a_date_known_to_the_month_is_its_last_day(text: str, day: str) -> None:
    assert last_day(text).isoformat() == day


def test_the_shipped_declarations_load() -> None:
    settings = load_settings(CODE_ROOT)
    declared = sorted(declared.id for declared in load_declarations(settings))
    assert declared == sorted(file.stem for file in settings.raw.glob("datasets/*/*.yml"))


SYNONYMS = Path("raw/codelists/synonyms.csv")
SYNONYM_HEADER = "list,word,code,valid_from,valid_to,note"


def with_synonyms(project: Settings, *lines: str) -> Settings:
    text = "\n".join((SYNONYM_HEADER, *lines, ""))
    (project.project / SYNONYMS).write_text(text, encoding="utf-8")
    return load_settings(project.project)


def test_words_may_mean_another_code_at_another_time(project: Settings) -> None:
    settings = with_synonyms(
        project,
        "indicator,总产值,gdp,,2011-01-01,旧口径",
        "indicator,总 产值,residents,2011-01-01,,",
        "scope,规上,above_scale,2011-01-01,,",
    )
    synonyms = load_declarations(settings).codelists.synonyms
    assert [(s.list, s.word, s.code, s.valid_from, s.valid_to, s.note) for s in synonyms] == [
        ("indicator", "总产值", "gdp", None, date(2011, 1, 1), "旧口径"),
        ("indicator", "总 产值", "residents", date(2011, 1, 1), None, ""),
        ("scope", "规上", "above_scale", date(2011, 1, 1), None, ""),
    ]


def test_a_project_needs_no_synonyms(project: Settings) -> None:
    assert load_declarations(load_settings(project.project)).codelists.synonyms == ()


@pytest.mark.parametrize(
    ("lines", "place", "what", "remedy"),
    [
        (["scop,规上,above_scale,,,"], "line 2", "no list 'scop'", "did you mean 'scope'?"),
        (["scope,规上,above_scal,,,"], "line 2", "unknown scope 'above_scal'", "'above_scale'?"),
        (["region,云溪,9901,,,"], "line 2", "unknown region '9901'", ""),
        (["indicator,总产值,gpd,,,"], "line 2", "'gpd', which nobody defines", "'gdp'?"),
        (["scope,,above_scale,,,"], "line 2", "no word", "write the word"),
        (["scope,规上,above_scale,2011,,"], "line 2", "'2011' is not a date", "YYYY-MM-DD"),
        (
            ["scope,规上,above_scale,2011-01-01,2011-01-01,"],
            "line 2",
            "ends on 2011-01-01",
            "first day",
        ),
        (
            ["scope,规上,total,,2011-01-02,", "scope,规 上,above_scale,2011-01-01,,"],
            "line 3",
            "means both 'total' (line 2) and 'above_scale' at one time",
            "where the other begins",
        ),
    ],
)
def test_mistakes_in_synonyms(
    project: Settings, lines: list[str], place: str, what: str, remedy: str
) -> None:
    settings = with_synonyms(project, *lines)
    with pytest.raises(DeclarationError) as caught:
        load_declarations(settings)
    error = caught.value
    assert error.file == str(project.project / SYNONYMS)
    assert error.place == place
    assert what in str(error)
    assert remedy in (error.remedy or "")


BY_CLASS = """
id: {id}
title: {{zh: 分组表（虚构）, en: Table by class (invented)}}
theme: profile
owner: 综合科 / General section
origin:
  producer: 统计局（虚构） / Bureau (invented)
  documents: [{{id: {id}-table, title: 表, title_en: Table, grade: official}}]
delivery: {{connector: folder, pattern: ["{id}*.csv"], cadence: annual}}
layout:
  kind: records
  columns: {{indicator: 指标, region: 地区, period: 期间, value: 数值, breakdown: 组}}
  breakdown_list: {classes}
indicators: [{indicator}]
"""
KILNS = (
    "{code: kilns, name: {zh: 窑炉, en: Kilns}, measure: count, price_basis: not_applicable, "
    "base_unit: 座, decimals: 0, direction: neutral}"
)


@pytest.mark.parametrize("ends", ["", "2020-01-01"])
def test_two_lists_of_one_indicator_mean_one_thing_by_a_code(project: Settings, ends: str) -> None:
    """Else two figures would be one; a code that had ended when the other began is no other."""
    begins = ends or "2010-01-01"
    with (project.raw / "codelists" / "codes.csv").open("a", encoding="utf-8") as file:
        file.write(f"kiln_fuel,one,煤,Coal,1,,,{ends},\nkiln_age,one,新,New,1,,{begins},,\n")
    folder = project.raw / "datasets" / "profile"
    for name, classes, indicator in (
        ("kilns-by-age", "kiln_age", KILNS),
        ("kilns-by-fuel", "kiln_fuel", "{code: kilns}"),
    ):
        text = BY_CLASS.format(id=name, classes=classes, indicator=indicator)
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    settings = load_settings(project.project)
    if ends:
        assert "kilns" in load_declarations(settings).definitions
        return
    with pytest.raises(DeclarationError) as caught:
        load_declarations(settings)
    error = caught.value
    assert (error.file, error.place) == (
        str(folder / "kilns-by-fuel.yml"),
        "layout.breakdown_list",
    )
    assert "kilns is broken down by kiln_age (kilns-by-age) and by kiln_fuel" in error.what
    assert "'one'" in error.what


UNITS = Path("raw/codelists/units.csv")


def test_a_unit_without_a_declared_id_has_a_readable_one_of_its_own(project: Settings) -> None:
    path = project.project / UNITS
    with path.open("a", encoding="utf-8") as file:
        file.write("担,担,piculs,mass_dan,1,,\n石,石,,mass_shi,1,,\n双,双,1 pair,pairs,1,,\n")
    units = load_declarations(load_settings(project.project)).codelists.units
    assert {u.code: u.sdmx_id for u in units if u.code in ("担", "石", "双", "亿元")} == {
        "担": "PICULS_62C5",
        "石": "UNIT_77F3",
        "双": "UNIT_1_PAIR_53CC",
        "亿元": "CNY_E8",
    }


def test_a_list_of_units_of_before_has_ids_too(project: Settings) -> None:
    """The column came later: a district's own list need not have it."""
    path = project.project / UNITS
    lines = path.read_text("utf-8").splitlines()
    path.write_text("".join(f"{line.rpartition(',')[0]}\n" for line in lines), "utf-8")
    units = load_declarations(load_settings(project.project)).codelists.units
    ids = [unit.sdmx_id for unit in units]
    assert len(set(ids)) == len(ids) == len(lines) - 1
    assert all(re.fullmatch("[A-Z][A-Z0-9_]*", identifier) for identifier in ids)
    assert "CNY_E8" in ids


@pytest.mark.parametrize(
    ("old", "new", "place", "what"),
    [
        (",CNY_E8", ",CNY-E8", "line 22, sdmx_id", "'CNY-E8' is no id of a unit"),
        (",CNY_E8", ",CNY_E4", "亿元, sdmx_id", "'万元' and '亿元' have one id, CNY_E4"),
    ],
)
def test_an_id_of_a_unit_that_cannot_be(
    project: Settings, old: str, new: str, place: str, what: str
) -> None:
    error = spoil(project, UNITS, old, new)
    assert (error.file, error.place) == (str(project.project / UNITS), place)
    assert what in error.what
    assert error.remedy


CHANGES = """\
changes:
  - indicators: [gdp, gdp_growth]
    regions: [云溪区]
    low: -20
    high: 150
    reason: {zh: 新厂投产, en: a new plant}
    until: 2027-06-30
"""


def test_what_is_expected_of_changes_lands_by_indicator_and_region(project: Settings) -> None:
    from orchestration.process.declared import ReleaseControl, declared_rows

    path = project.project / PROFILE
    path.write_text(CHANGES + path.read_text(encoding="utf-8"), encoding="utf-8")
    control = ReleaseControl("2026-03-01.1", datetime(2026, 3, 1, tzinfo=UTC), "demo", "0")
    rows = declared_rows(load_declarations(load_settings(project.project)), control)
    same = {
        "data_set_id": "yunxi-profile",
        "region_code": "990101",
        "low": -20.0,
        "high": 150.0,
        "reason_zh": "新厂投产",
        "reason_en": "a new plant",
        "until": date(2027, 6, 30),
    }
    assert rows["expected_change"] == [
        {**same, "indicator_code": "gdp"},
        {**same, "indicator_code": "gdp_growth"},
    ]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("[gdp, gdp_growth]", "[gdb]", "changes expects gdb, which is not declared here"),
        ("[云溪区]", "[云海区]", "unknown region '云海区'"),
        ("high: 150", "high: -30", "`low` is not below `high`"),
        ("until: 2027-06-30\n", "\n", "missing"),
    ],
)
def test_a_wrong_expectation_of_changes_is_named(
    project: Settings, old: str, new: str, what: str
) -> None:
    error = spoil(project, PROFILE, "owner:", CHANGES.replace(old, new) + "owner:")
    assert what in str(error)
