"""The catalogue of standard indicators: what a printed label means, and what it refuses."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.authoring.init import lay_out
from orchestration.cli import main
from orchestration.declarations import Declarations, load_declarations
from orchestration.errors import DeclarationError
from orchestration.settings import Settings, load_settings
from orchestration.standards import Catalogue, Match, load_catalogue, shipped, told
from tests.support import make_project

pytestmark = pytest.mark.core

RETAIL = "retail.yml"
DECLARED = """\
id: yunxi-retail
title: {zh: 社零月报（虚构）, en: Retail (invented)}
theme: consumption
owner: 贸易科 / Trade section
origin:
  producer: 虚构 / invented
  documents: [{id: yunxi-retail-monthly, title: 社零月报（虚构）, grade: official}]
delivery: {connector: folder, pattern: ["社零*.csv"], cadence: monthly}
layout:
  kind: records
  columns: {indicator: 指标, region: 地区, period: 期间, value: 数值, unit: 单位}
indicators:
- {code: retail_sales}
- {code: retail_sales_growth}
- {code: urban_retail_sales}
- {code: rural_retail_sales}
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(shipped())


@pytest.fixture
def project(tmp_path: Path) -> Settings:
    """The invented district with some of the catalogue and a data set that refers to it."""
    settings = make_project(tmp_path, with_deliveries=False)
    (settings.raw / "catalogue").mkdir()
    for name in ("sources.yml", "trade.yml", RETAIL):
        shutil.copyfile(shipped() / name, settings.raw / "catalogue" / name)
    declare(settings, DECLARED)
    return settings


def declare(settings: Settings, text: str) -> Declarations:
    path = settings.raw / "datasets/consumption/yunxi-retail.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return load_declarations(load_settings(settings.project))


def refused(settings: Settings, old: str, new: str) -> DeclarationError:
    assert old in DECLARED
    with pytest.raises(DeclarationError) as caught:
        declare(settings, DECLARED.replace(old, new, 1))
    return caught.value


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("地区生产总值", "gdp"),
        ("地区生产总值（GDP）", "gdp"),
        ("一、地区生产总值(亿元)", "gdp"),
        ("#一 产增加值", "primary_value_added"),
        ("其中：第一产业增加值", "primary_value_added"),
        ("地区生产总值增速（％）", "gdp_growth"),
        ("人均地区生产总值（美元）", "gdp_per_capita_usd"),
        ("人均地区生产总值（元）", "gdp_per_capita"),
        ("国家级专精特新“小巨人”企业数", "little_giant_firms"),
        ("限额以上单位消费品零售额同比增长", "above_quota_retail_sales_growth"),
        ("Resident population", "resident_population"),
    ],
)
def test_a_printed_label_is_known(catalogue: Catalogue, label: str, code: str) -> None:
    assert catalogue.match(label) == Match(code, ())


@pytest.mark.parametrize(
    "label", ["第三产业", "汽车", "合计", "增长", "小学", "出口", "城镇人口", "用电量"]
)
def test_a_word_that_several_tables_use_for_several_things_is_not_taken(
    catalogue: Catalogue, label: str
) -> None:
    assert catalogue.match(label).exact is None


def test_what_only_resembles_is_proposed_and_never_taken(catalogue: Catalogue) -> None:
    found = catalogue.match("第一产业增加值合计")
    assert found.exact is None
    assert found.near[0] == "primary_value_added"
    assert len(found.near) == 3
    assert list(found.scores) == sorted(found.scores, reverse=True)


def test_what_resembles_nothing_has_no_proposal(catalogue: Catalogue) -> None:
    assert catalogue.match("xyz") == Match(None, ())
    assert catalogue.match("") == Match(None, ())


def test_the_shipped_catalogue(catalogue: Catalogue) -> None:
    written = [entry for entry in catalogue.entries.values() if not entry.is_derived]
    assert len(written) >= 400
    assert len({entry.path.name for entry in written}) >= 20
    for entry in written:
        assert entry.standard.definition.zh.endswith("。"), entry.standard.code
        assert entry.standard.definition.en.endswith("."), entry.standard.code
        assert not re.search("[\u3000-\uffef]", entry.standard.name.en), entry.standard.code


def test_every_name_and_synonym_means_its_own_indicator(catalogue: Catalogue) -> None:
    for standard in catalogue:
        for word in (standard.name.zh, standard.name.en, *standard.synonyms):
            assert catalogue.match(word).exact == standard.code, word
            assert catalogue.match(f"其中：{word}").exact == standard.code, word


def test_growth_that_is_published_follows_from_its_level(catalogue: Catalogue) -> None:
    growth = catalogue.get("manufacturing_value_added_growth")
    assert growth is not None
    assert (growth.name.zh, growth.measure, growth.price_basis, growth.base_unit) == (
        "制造业增加值增速",
        "yoy_growth_pct",
        "comparable",
        "%",
    )
    assert [relation.to for relation in growth.growth_of] == ["manufacturing_value_added"]
    assert (growth.part_of, growth.stock, growth.additive.time) == ((), False, "none")
    assert catalogue.companion("manufacturing_value_added", "growth_of") == growth.code
    assert catalogue.companion("manufacturing_value_added", "share_of") == (
        "manufacturing_share_of_gdp"
    )
    assert catalogue.companion("schools", "growth_of") is None


@pytest.mark.parametrize("text", ["retail_sales", "社零", "Retail sales of consumer goods"])
def test_search_finds_by_code_chinese_and_english(catalogue: Catalogue, text: str) -> None:
    assert catalogue.search(text)[0].code == "retail_sales"
    assert told(catalogue, text).startswith("retail_sales\n")


def test_an_entry_that_is_not_there_is_answered_with_the_nearest(catalogue: Catalogue) -> None:
    with pytest.raises(DeclarationError, match="no indicator 'retail_sale'") as caught:
        told(catalogue, "retail_sale")
    assert "retail_sales 社会消费品零售总额" in str(caught.value.remedy)


@pytest.mark.parametrize(
    ("old", "new", "place", "what", "remedy"),
    [
        (
            "  synonyms: [社会消费",
            "  sinonyms: [社会消费",
            "",
            "unknown key 'sinonyms'",
            "synonyms",
        ),
        (
            "name: {zh: 社会消费品零售总额, en: Retail sales of consumer goods}",
            "name: {zh: 社会消费品零售总额}",
            "indicators.retail_sales.name.en",
            "'en' is missing",
            "add 'en'",
        ),
        (
            "{to: retail_sales, ",
            "{to: retail_sails, ",
            "part_of",
            "not in the catalogue",
            "retail_s",
        ),
        ("社零, 社零总额", "进出口总值, 社零总额", "synonyms", "means retail_sales", "keep it"),
        ("base_unit: 亿元", "base_unit: 忆元", "base_unit", "unknown unit '忆元'", "did you mean"),
        ("topic: retail", "topic: retale", "topic", "unknown topic 'retale'", "did you mean"),
        (
            "source: trade-programme",
            "source: trade",
            "source",
            "no source is called",
            "did you mean",
        ),
        ("frequency: monthly", "frequency: weekly", "frequency", "Input should be", ""),
        (
            "- code: retail_sales\n",
            "- code: total_trade\n",
            "total_trade",
            "stands in retail.yml",
            "keep one",
        ),
        ("exhaustive: true, cut: form", "cut: form", "part_of", "are of one cut", "both"),
        ("  lag_days: 20", "  labels: [x]", "defaults.labels", "no key that entries", "known keys"),
    ],
)
def test_a_mistake_is_named_with_file_place_and_remedy(
    project: Settings, old: str, new: str, place: str, what: str, remedy: str
) -> None:
    file = project.raw / "catalogue" / RETAIL
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(DeclarationError) as caught:
        load_declarations(load_settings(project.project))
    assert what in caught.value.what
    assert place in str(caught.value.place)
    assert remedy in str(caught.value.remedy)
    assert str(caught.value.file).startswith(str(file.parent))


def test_a_whole_is_no_part_of_its_part(project: Settings) -> None:
    file = project.raw / "catalogue" / RETAIL
    own = "\n  part_of: [{to: catering_sales}]\n- code: retail_sales_growth\n"
    text = file.read_text("utf-8").replace("\n- code: retail_sales_growth\n", own, 1)
    file.write_text(text, "utf-8")
    with pytest.raises(DeclarationError, match="a part contains its whole") as caught:
        load_catalogue(file.parent)
    assert "retail_sales → catering_sales → retail_sales" in caught.value.what


def own_entry(project: Settings, more: str = "") -> None:
    (project.raw / "catalogue" / "yunxi.yml").write_text(
        f"""\
field: {{zh: 本区指标, en: Of the district}}
indicators:
- code: retail_sales
  name: {{zh: 全区社零（本区口径）, en: Retail sales as the district counts}}
  definition: {{zh: 本区口径。, en: As the district counts.}}
  source: local-programme
  measure: level
  price_basis: current
  base_unit: 万元
  decimals: 0
  direction: higher_is_better
  theme: consumption
  additive: {{time: sum, regions: sum, classes: sum}}
  frequency: monthly
  lag_days: 10{more}
""",
        encoding="utf-8",
    )


def test_a_district_overrules_an_entry_knowingly(project: Settings) -> None:
    own_entry(project)
    with pytest.raises(DeclarationError, match="stands in retail.yml too") as caught:
        load_catalogue(project.raw / "catalogue")
    assert "overrules: true" in str(caught.value.remedy)
    own_entry(project, "\n  overrules: true")
    indicator = declare(project, DECLARED).definitions["retail_sales"][0]
    assert (indicator.title.zh, indicator.base_unit) == ("全区社零（本区口径）", "万元")


def test_what_yaml_says_is_kept_until_a_file_changes(
    project: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder, cache = project.raw / "catalogue", tmp_path / "kept.json"
    first = load_catalogue(folder, cache)
    with monkeypatch.context() as patched:
        patched.setattr("orchestration.standards.read_yaml", None)
        assert load_catalogue(folder, cache) == first
    file = folder / RETAIL
    file.write_text(file.read_text("utf-8").replace("社零额,", "社零额度,"), "utf-8")
    assert load_catalogue(folder, cache).match("社零额度").exact == "retail_sales"
    cache.write_text("torn")
    assert load_catalogue(folder, cache).match("社零额度").exact == "retail_sales"


def test_a_declaration_says_only_the_code(project: Settings) -> None:
    declarations = declare(project, DECLARED)
    indicators = {i.code: i for i in declarations.get("yunxi-retail").data_set.indicators}
    retail = indicators["retail_sales"]
    assert (retail.title.zh, retail.title.en) == (
        "社会消费品零售总额",
        "Retail sales of consumer goods",
    )
    assert (retail.base_unit, retail.mart, retail.role) == (
        "亿元",
        "consumption.retail_and_trade",
        "value",
    )
    assert {"社会消费品零售总额", "社零"} <= set(retail.labels)
    owners = {code: declared.id for code, (_, declared) in declarations.definitions.items()}
    assert owners["retail_sales"] == "yunxi-retail"


def test_labels_of_a_declaration_go_before_synonyms(project: Settings) -> None:
    text = DECLARED.replace("{code: retail_sales_growth}", "{code: import, labels: [社零]}", 1)
    indicators = declare(project, text).get("yunxi-retail").data_set.indicators
    assert "社零" not in indicators[0].labels
    assert indicators[1].labels == ("社零",)


def test_parts_that_nobody_delivers_are_not_awaited(project: Settings) -> None:
    whole = declare(project, DECLARED).definitions
    assert [(r.to, r.exhaustive, r.cut) for r in whole["urban_retail_sales"][0].part_of] == [
        ("retail_sales", True, "urban_rural")
    ]
    text = DECLARED.replace("- {code: rural_retail_sales}\n", "")
    some = declare(project, text).definitions
    assert [(r.to, r.exhaustive) for r in some["urban_retail_sales"][0].part_of] == [
        ("retail_sales", False)
    ]
    text = text.replace("- {code: retail_sales}\n- {code: retail_sales_growth}\n", "")
    assert declare(project, text).definitions["urban_retail_sales"][0].part_of == ()


@pytest.mark.parametrize(
    ("says", "key"),
    [
        ("base_unit: 万人", "base_unit"),
        ("measure: rank", "measure"),
        ("measure: yoy_growth_pct", "measure"),
        ("stock: true", "stock"),
    ],
)
def test_another_concept_needs_another_code(project: Settings, says: str, key: str) -> None:
    error = refused(project, "{code: retail_sales}", f"{{code: retail_sales, {says}}}")
    assert "another indicator" in error.what
    assert error.place == f"indicators.retail_sales.{key}"
    assert "a code of its own" in str(error.remedy)


@pytest.mark.parametrize("says", ["base_unit: 万元", "measure: target_level", "decimals: 1"])
def test_the_same_concept_may_be_said_otherwise(project: Settings, says: str) -> None:
    text = DECLARED.replace("{code: retail_sales}", f"{{code: retail_sales, {says}}}", 1)
    key, value = says.split(": ")
    assert str(getattr(declare(project, text).definitions["retail_sales"][0], key)) in (
        {value} if key != "measure" else {"target_level"}
    )


def test_an_unknown_code_is_answered_with_the_nearest(project: Settings) -> None:
    error = refused(project, "{code: urban_retail_sales}", "{code: urban_retail_sale}")
    assert "neither the catalogue nor another data set defines it" in error.what


def test_only_one_data_set_adds_to_an_entry(project: Settings) -> None:
    text = DECLARED.replace("{code: retail_sales}", "{code: retail_sales, topic: trade}", 1)
    path = project.raw / "datasets/consumption/yunxi-again.yml"
    path.write_text(text.replace("id: yunxi-retail\n", "id: yunxi-again\n"), encoding="utf-8")
    with pytest.raises(DeclarationError, match="is said in .*yunxi-again.yml too") as caught:
        declare(project, text)
    assert "say it once" in str(caught.value.remedy)


def test_an_entry_without_a_name_says_nothing_of_what_the_catalogue_lacks(
    project: Settings,
) -> None:
    error = refused(project, "{code: retail_sales}", "{code: schools, topic: retail}")
    assert "topic belongs to that definition" in error.what


def qutong(project: Settings, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["--project", str(project.project), "catalogue", *words])
    return done.exit_code, done.output


def test_the_commands(project: Settings) -> None:
    code, text = qutong(project, "list", "网络零售")
    assert (code, text.splitlines()[0].split()[:2]) == (0, ["online_retail_sales", "亿元"])
    code, text = qutong(project, "list")
    assert (code, "import " in text, "import_growth" in text) == (0, True, False)
    assert qutong(project, "match", "社零", "社会零售总额")[1].splitlines()[0] == (
        "社零\tretail_sales\t"
    )
    code, text = qutong(project, "show", "urban_retail_sales")
    assert (code, "构成 part of" in text, "各部分之和即总体" in text) == (0, True, True)
    code, text = qutong(project, "show", "retail_sail")
    assert (code, "did you mean retail_sales 社会消费品零售总额" in text) == (2, True)
    code, text = qutong(project, "schema")
    assert (code, "additive" in json.loads(text)["$defs"]["Standard"]["properties"]) == (0, True)


def test_a_new_district_has_the_catalogue_and_the_regions_around_it(tmp_path: Path) -> None:
    lay_out(tmp_path / "a", code="420106", name_zh="武昌区", name_en="Wuchang District")
    lay_out(tmp_path / "b", code="990101", name_zh="云溪区", name_en="Yunxi District")
    for folder, above in (("a", "420100"), ("b", "CN")):
        found = load_declarations(load_settings(tmp_path / folder))
        assert len(found.catalogue) == len(load_catalogue(shipped()))
        assert found.codelists.regions[-1].parent_code == above
        assert found.codelists.region_code("武汉市") == "420100"
