"""The sentences of pages and briefs: what each kind says, and that a wrong one is found.

Belongs here: ``expectations/prose``, the words of each kind in both languages, and their reading
again. Does not belong here: where they stand in a file (test_publish_paper).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import DeclarationError
from orchestration.publish.paper.figures import Figure
from orchestration.publish.printed import Word
from orchestration.publish.prose import check
from orchestration.publish.prose.english import measured, ordinal
from orchestration.publish.prose.known import Break, Derived, Known, Region
from orchestration.publish.prose.rules import Kind, Parameters, Rule, load_rules, shipped_rules
from orchestration.publish.prose.tell import Told, plain, told
from orchestration.spec import Text

pytestmark = pytest.mark.core

UNITS = {"亿元": "100 million yuan", "元": "yuan", "万人": "10 thousand persons", "人": "persons"}
WORDS = {
    "unit": {unit: Word(unit, name, 0) for unit, name in UNITS.items()},
    "role": {"value": Word("数值", "value", 1), "growth": Word("增速", "growth", 2, "value")},
}
REGIONS = {
    "990100": Region("云城市", "Yuncheng", "prefecture", "990000"),
    "990101": Region("云城市云溪区", "Yunxi District, Yuncheng", "county", "990100"),
    "990102": Region("云城市甲县", "Jia County, Yuncheng", "county", "990100"),
    "990103": Region("乙市", "Yi City", "county", "990100"),
}
LEVEL = Figure(
    "a1", "gdp", "地区生产总值", "Gross domestic product", "profile", "", "core.profile", "gdp",
    "value", "990101", "云城市云溪区", "Yunxi District, Yuncheng", "2025", "2025年", "2025",
    date(2025, 1, 1), date(2025, 12, 31), "annual", "level", "current", "not_stated", "current",
    "_T", Decimal(1000), "亿元", "exact", "A", False, False, "doc",
)  # fmt: skip
GROWTH = replace(
    LEVEL, observation_id="a2", indicator_code="gdp_growth", name_zh="地区生产总值增速",
    name_en="GDP, year-on-year growth", role="growth", measure="yoy_growth_pct",
    price_basis="comparable", value=Decimal("4.9"), unit="%",
)  # fmt: skip
RANK = replace(
    LEVEL, observation_id="a5", indicator_code="gdp_rank", name_zh="地区生产总值全市排名",
    name_en="GDP, rank in the city", item="rank", measure="rank", value=Decimal(3), unit="位",
)  # fmt: skip
TARGET = replace(
    LEVEL, observation_id="a6", indicator_code="gdp_target", name_zh="地区生产总值目标",
    name_en="Gross domestic product, target", measure="target_level", figure_kind="target",
    value=Decimal(1200), period="2027", period_zh="2027年", period_en="2027",
    period_start=date(2027, 1, 1), period_end=date(2027, 12, 31),
)  # fmt: skip


def in_year(figure: Figure, year: int, name: str, value: str) -> Figure:
    return replace(
        figure, observation_id=name, value=Decimal(value), period=str(year),
        period_zh=f"{year}年", period_en=str(year), period_start=date(year, 1, 1),
        period_end=date(year, 12, 31),
    )  # fmt: skip


def elsewhere(figure: Figure, region: str, name: str, value: str) -> Figure:
    return replace(
        figure, observation_id=name, region_code=region, region_zh=REGIONS[region].zh,
        region_en=REGIONS[region].en, value=Decimal(value),
    )  # fmt: skip


BEFORE = in_year(LEVEL, 2024, "b1", "860.3")
OLDEST = in_year(LEVEL, 2023, "b2", "1100")
CITY = elsewhere(LEVEL, "990100", "c1", "15000")
CITY_GROWTH = elsewhere(GROWTH, "990100", "c2", "5.5")
JIA = elsewhere(LEVEL, "990102", "d1", "1500")
YI = elsewhere(LEVEL, "990103", "d2", "1200")
RANK_BEFORE = in_year(RANK, 2023, "b5", "1")
OTHER = replace(LEVEL, observation_id="x1", value=Decimal("998.7"))


def known(figures: Sequence[Figure], **more: Any) -> Known:
    facts: dict[str, Any] = {"district": "990101", "figures": figures, "regions": REGIONS,
                             "day": date(2026, 3, 1), "words": WORDS}  # fmt: skip
    return Known(**(facts | more))


def rule(kind: Kind, **more: Any) -> Rule:
    return Rule(id=kind, title=Text(zh="甲", en="A"), kind=kind, priority=10, **more)


def facts_of(world: Known, headlines: Sequence[Figure]) -> check.Facts:
    """What the check reads from a release, of the same figures."""
    rows = [*headlines, *world.others.values()]
    facts = [
        check.Fact(
            f.observation_id, f.indicator_code, f.name_zh, f.name_en, f.region_code, f.period,
            f.period_zh, f.period_en, f.period_kind, f.period_start, f.period_end, f.measure,
            f.scope, f.price_basis, f.value, f.unit, f.qualifier, f.figure_kind,
            f"{f.mart}/{f.item}", f.is_of_region, f.observation_id not in world.others,
            f.is_simulated,
        )
        for f in rows
    ]  # fmt: skip
    by_indicator: dict[str, list[check.Fact]] = {}
    for fact in facts:
        by_indicator.setdefault(fact.indicator, []).append(fact)
    return check.Facts(
        {fact.observation_id: fact for fact in facts},
        by_indicator,
        {code: (r.zh, r.en, r.kind, r.parent) for code, r in REGIONS.items()},
        {one: found.before for one, found in world.derived.items() if found.before},
        [(b.indicator_code, b.region_code, b.begins_on) for b in world.breaks],
        frozenset(world.disputes),
        UNITS,
    )


WORLDS: dict[str, tuple[Known, str, str]] = {
    "level": (
        known([LEVEL, GROWTH]),
        "2025年，全区地区生产总值为1000亿元，按可比价计算同比增长4.9%。",
        "Gross domestic product in Yunxi District stood at 100.0 billion yuan in 2025, "
        "up 4.9 per cent on a year earlier at comparable prices.",
    ),
    "growth": (
        known([GROWTH]),
        "2025年，全区地区生产总值按可比价计算同比增长4.9%。",
        "GDP in Yunxi District rose by 4.9 per cent on a year earlier at comparable prices "
        "in 2025.",
    ),
    "change": (
        known([LEVEL, BEFORE], derived={"a1": Derived("b1", Decimal("16.24"))}),
        "2025年，全区地区生产总值为1000亿元，按已公布数计算比2024年（860.3亿元）增长16.2%。",
        "Gross domestic product in Yunxi District stood at 100.0 billion yuan in 2025; computed "
        "from the published levels, that is up 16.2 per cent from 86.03 billion yuan in 2024.",
    ),
    "share": (
        known([LEVEL, CITY], derived={"a1": Derived(above="c1", share=Decimal("6.6667"))}),
        "2025年，全区地区生产总值（1000亿元）占云城市（15000亿元）的6.7%。",
        "Gross domestic product in Yunxi District (100.0 billion yuan) made up 6.7 per cent of "
        "that in Yuncheng (1.5 trillion yuan) in 2025.",
    ),
    "pace": (
        known([GROWTH, CITY_GROWTH]),
        "2025年，全区地区生产总值按可比价计算同比增长4.9%，增速比云城市（5.5%）低0.6个百分点。",
        "GDP in Yunxi District rose by 4.9 per cent on a year earlier at comparable prices in "
        "2025, 0.6 percentage points below the rate in Yuncheng (5.5 per cent).",
    ),
    "sisters": (
        known([LEVEL, JIA, YI], derived={"a1": Derived(rank=3, of_regions=3)}),
        "2025年，全区地区生产总值（1000亿元）由高到低在云城市3个县（市、区）中居第3位（末位）；"
        "最高的是甲县（1500亿元）。",
        "Gross domestic product in Yunxi District (100.0 billion yuan) ranked 3rd and last "
        "among the 3 county-level divisions of Yuncheng in 2025; the highest was "
        "Jia County (150.0 billion yuan).",
    ),
    "rank": (
        known([RANK, RANK_BEFORE]),
        "2025年，全区地区生产总值全市排名第3，比2023年下降2位。",
        "GDP, rank in the city: Yunxi District was 3rd in 2025, 2 places lower than in 2023.",
    ),
    "series": (
        known([LEVEL, BEFORE, OLDEST]),
        "2023年至2025年，全区地区生产总值由1100亿元减至1000亿元。",
        "Gross domestic product in Yunxi District fell from 110.0 billion yuan in 2023 to "
        "100.0 billion yuan in 2025.",
    ),
    "target": (
        known([LEVEL, TARGET]),
        "2027年全区地区生产总值的目标是1200亿元；2025年实际为1000亿元。",
        "Gross domestic product in Yunxi District: the target in 2027 is 120.0 billion yuan; "
        "the outturn in 2025 was 100.0 billion yuan.",
    ),
    "finding": (
        known([LEVEL], others={"x1": OTHER}, disputes=[("a1", "x1")]),
        "关于2025年全区地区生产总值，两份文件说法不一：一为1000亿元（本处采用），一为998.7亿元。",
        "Gross domestic product in Yunxi District in 2025: two documents differ. One has "
        "100.0 billion yuan (used here), the other 99.87 billion yuan.",
    ),
}


def only(kind: str, world: Known, **more: Any) -> list[Told]:
    return told(world, rules=[rule(kind, **more)])  # type: ignore[arg-type]  # a key of WORLDS


@pytest.mark.parametrize("kind", WORLDS)
def test_each_kind_says_what_its_figures_do(kind: str) -> None:
    world, zh, en = WORLDS[kind]
    (one,) = only(kind, world)
    assert (plain(one.zh), plain(one.en)) == (zh, en)
    facts = facts_of(world, world.figures)
    for language, text in (("zh", zh), ("en", en)):
        assert list(check.faults(facts, kind, language, one.of, text)) == []


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("level", "1000亿元", "1001亿元"),
        ("level", "增长4.9%", "下降4.9%"),
        ("level", "按可比价计算", ""),
        ("level", "2025年", "2024年"),
        ("level", "全区", "全县"),
        ("level", "100.0 billion", "10.0 billion"),
        ("level", "up 4.9", "down 4.9"),
        ("level", "in 2025", "in 2024"),
        ("level", "billion yuan", "billion persons"),
        ("growth", "增长4.9%", "增长9.4%"),
        ("growth", "rose by", "fell by"),
        ("change", "增长16.2%", "增长16.3%"),
        ("change", "增长16.2%", "下降16.2%"),
        ("change", "up 16.2", "down 16.2"),
        ("share", "的6.7%", "的7.6%"),
        ("share", "占云城市", "占全省"),
        ("share", "6.7 per cent", "6.8 per cent"),
        ("pace", "低0.6个百分点", "高0.6个百分点"),
        ("pace", "低0.6个百分点", "低0.5个百分点"),
        ("pace", "below", "above"),
        ("sisters", "居第3位（末位）", "居第2位"),
        ("sisters", "（末位）", ""),
        ("sisters", "3个县", "4个县"),
        ("sisters", "甲县", "乙市"),
        ("sisters", "3rd and last", "1st"),
        ("rank", "下降2位", "上升2位"),
        ("rank", "下降2位", "下降1位"),
        ("rank", "2 places lower", "2 places higher"),
        ("series", "减至", "增至"),
        ("series", "2023年至", "2022年至"),
        ("series", "fell", "rose"),
        ("target", "1200亿元", "1000亿元"),
        ("target", "目标是", "实际是"),
        ("finding", "998.7亿元", "1000亿元"),
        ("finding", "the other 99.87", "the other 98.97"),
    ],
)
def test_a_wrong_sentence_of_each_kind_is_found(kind: str, right: str, wrong: str) -> None:
    world, zh, en = WORLDS[kind]
    (one,) = only(kind, world)
    language, text = ("zh", zh) if right in zh else ("en", en)
    assert right in text
    facts = facts_of(world, world.figures)
    told_wrongly = text.replace(right, wrong, 1)
    assert len(list(check.faults(facts, kind, language, one.of, told_wrongly))) == 1


def test_a_sentence_that_names_other_figures_is_found() -> None:
    world, zh, _ = WORLDS["sisters"]
    facts = facts_of(world, world.figures)
    assert list(check.faults(facts, "sisters", "zh", ["a1", "d1"], zh))
    assert list(check.faults(facts, "sisters", "zh", ["a1", "nobody"], zh))
    assert list(check.faults(facts, "boast", "zh", ["a1"], zh))


def test_a_series_never_runs_over_a_break() -> None:
    world = known([LEVEL, BEFORE, OLDEST], breaks=[Break("gdp", None, date(2024, 1, 1))])
    assert only("series", world) == []
    facts = facts_of(world, world.figures)
    zh = WORLDS["series"][1]
    assert list(check.faults(facts, "series", "zh", ["b2", "b1", "a1"], zh))


def test_old_figures_say_so_and_the_newest_do_not() -> None:
    old = in_year(LEVEL, 2022, "a1", "860.3")
    (one,) = only("level", known([old]))
    assert plain(one.zh) == "2022年，全区地区生产总值为860.3亿元（数据截至2022年）。"
    assert plain(one.en).endswith("in 2022 (data up to 2022).")
    facts = facts_of(known([old]), [old, replace(LEVEL, observation_id="z9")])
    assert list(check.faults(facts, "level", "zh", one.of, plain(one.zh)))


def test_simulated_figures_are_called_so() -> None:
    simulated = replace(LEVEL, is_simulated=True)
    (one,) = only("level", known([simulated]))
    assert plain(one.zh) == "2025年，全区地区生产总值为1000亿元（模拟数据）。"
    assert plain(one.en).endswith("in 2025 (simulated data).")
    facts = facts_of(known([simulated]), [simulated])
    assert list(check.faults(facts, "level", "zh", one.of, plain(one.zh))) == []
    bare = plain(one.zh).replace("（模拟数据）", "")
    assert list(check.faults(facts, "level", "zh", one.of, bare))


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        ("0", "为0亿元。", "stood at 0 yuan in 2025."),
        ("-12.5", "为-12.5亿元。", "stood at -1.25 billion yuan in 2025."),
        ("123456789012345678", "为123456789012345678亿元。",
         "stood at 12345678901234.5678 trillion yuan in 2025."),
    ],
)  # fmt: skip
def test_every_number_is_said_whole(value: str, zh: str, en: str) -> None:
    world = known([replace(LEVEL, value=Decimal(value))])
    (one,) = only("level", world)
    assert plain(one.zh).endswith(zh)
    assert plain(one.en).endswith(en)
    facts = facts_of(world, world.figures)
    for language, text in (("zh", plain(one.zh)), ("en", plain(one.en))):
        assert list(check.faults(facts, "level", language, one.of, text)) == []


def test_a_district_with_nothing_says_nothing() -> None:
    assert told(known([])) == []
    assert told(known([CITY])) == []
    assert [one.kind for one in told(known([LEVEL]))] == ["level"]


@pytest.mark.parametrize(
    ("name", "whole"), [("甲区", "全区"), ("甲县", "全县"), ("甲市", "全市"), ("某新城", "某新城")]
)
def test_a_county_is_no_district(name: str, whole: str) -> None:
    regions = {"990101": Region(name, "A", "county", "")}
    (one,) = only("level", known([LEVEL], regions=regions))
    assert plain(one.zh).startswith(f"2025年，{whole}地区生产总值")


def test_units_and_ordinals_in_english() -> None:
    assert measured(Decimal("50.3"), "万人", WORDS) == "503,000 persons"
    assert measured(Decimal("4.9"), "%", WORDS) == "4.9 per cent"
    assert measured(Decimal("5.2"), "亿元", WORDS) == "520.0 million yuan"
    assert [ordinal(Decimal(n)) for n in (1, 2, 3, 4, 11, 12, 21)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "21st",
    ]  # fmt: skip


# --- rules -------------------------------------------------------------------------------------


def test_the_shipped_rules_are_one_of_each_kind() -> None:
    assert {one.kind for one in shipped_rules()} == set(WORLDS)


def test_a_rule_is_for_its_themes_and_indicators() -> None:
    world = known([LEVEL])
    assert only("level", world, themes=("investment",)) == []
    assert len(only("level", world, themes=("district",))) == 1
    assert only("level", world, indicators=("sales",)) == []
    many = Parameters(min_points=4)
    assert only("series", WORLDS["series"][0], parameters=many) == []


GOOD = "id: a\ntitle: {zh: 甲, en: A}\nkind: level\npriority: 10\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (GOOD.replace("level", "boast"), "kind"),
        (GOOD + "at_most: 0\n", "at_most"),
        (GOOD + "parameters: {years: 0}\n", "years"),
        (GOOD + "colour: red\n", "colour"),
        (GOOD.replace("id: a", "id: b"), "id"),
        ("- no mapping\n", ""),
    ],
)
def test_a_bad_rule_is_named(tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "a.yml").write_text(text, encoding="utf-8")
    with pytest.raises(DeclarationError) as caught:
        load_rules(tmp_path)
    assert caught.value.file == str(tmp_path / "a.yml")
    assert place in (caught.value.place or "")
    assert caught.value.remedy
