"""The long series that ship beside the district's own documents: what stands, what rules find.

Belongs here: literal samples of every kind of source, the findings that contradictions among the
sources lead to, and that honest differences lead to none. Does not belong here: what the district's
own documents say (``test_shipped``, ``test_facts``).
"""

from __future__ import annotations

import csv
from decimal import Decimal

import pytest

from orchestration.settings import CODE_ROOT
from tests.pipeline.released import Released, last_run
from tests.pipeline.series import OF_SERIES, OWN, SERIES

RAW = CODE_ROOT / "raw"
MEGABYTE = 1_000_000


def read(name: str) -> list[tuple[str, ...]]:
    """The lines of a file of facts, without its header."""
    with (CODE_ROOT / "tests/facts" / name).open(encoding="utf-8", newline="") as file:
        return [tuple(line) for line in csv.reader(file)][1:]


SAMPLES = read("series_samples.csv")
"""A figure of every data set, and of every kind that a figure can be of, from the sources."""


def test_its_deliveries_are_small() -> None:
    folders = [RAW / "deliveries" / name for name in SERIES]
    sizes = [p.stat().st_size for folder in folders for p in folder.rglob("*") if p.is_file()]
    assert max(sizes) < 2 * MEGABYTE
    assert sum(sizes) < 3 * MEGABYTE


def test_all_figures_stand_but_two_that_nobody_published(shipped: Released) -> None:
    assert shipped.lines(
        "select source_grade, count(*), count(distinct source_document), count(distinct "
        "data_set_id) "
        f"from core.observation where {OF_SERIES} group by all order by 1"
    ) == ["official | 3575 | 144 | 6", "research | 3202 | 10 | 4", "secondary | 1363 | 78 | 8"]
    assert shipped.lines(
        "select count(*), count(distinct indicator_code), count(distinct region_code), "
        f"min(period_start), max(period_end) from core.observation where {OF_SERIES}"
    ) == ["8140 | 493 | 74 | 1978-01-01 | 2025-12-31"]
    # 8.307259932 ‰: computed by a page, and more than any office prints.
    assert [
        (entry["rule_id"], entry["places"]) for entry in last_run(shipped.settings)["quarantined"]
    ] == [("value.too-precise", "R80C5, R82C5")]


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_figure_stands_as_its_source_has_it(shipped: Released, sample: tuple[str, ...]) -> None:
    document, indicator, region, period, kind, value, unit, *rest = sample
    found = shipped.rows(
        "select period_kind, value_printed::decimal(30, 8), "
        "coalesce(nullif(unit_printed, ''), unit), measure, price_basis, qualifier, "
        f"estimate_stage, source_grade from core.observation where period_kind = '{kind}' "
        f"and source_document = '{document}' and indicator_code = '{indicator}' "
        f"and region_code = '{region}' and period = '{period}'"
    )
    assert found == [(kind, Decimal(value), unit, *rest)]


def test_doubts_scopes_and_places_are_kept(shipped: Released) -> None:
    assert shipped.lines(
        f"select count(*) from core.observation where contains(note, '疑') and {OF_SERIES}"
    ) == ["195"]
    assert shipped.lines(
        f"select scope, count(*) from core.observation where {OF_SERIES} and scope in "
        "('without_zones', 'district_proper', 'district_run') group by 1 order by 1"
    ) == ["district_proper | 8", "district_run | 6", "without_zones | 21"]
    assert shipped.lines(
        "select locality, period, value from core.observation where locality <> '_T' "
        f"and indicator_code = 'resident_population' and {OF_SERIES} order by all"
    ) == [
        "宁波前湾新区 | 2023-12 | 28.3",
        "宁波前湾新区 | 2024-12 | 29",
        "宁波国家高新区 | 2023-12 | 15.5",
        "宁波国家高新区 | 2024-12 | 16.1",
    ]


def test_a_secondary_figure_is_never_the_headline_beside_an_official_one(shipped: Released) -> None:
    assert shipped.rows(
        "with graded as (select *, case source_grade when 'official' then 1 when 'research' then "
        "2 else 3 end as rank from core.observation) "
        "select count(*) from graded as shown inner join graded as other using (indicator_code, "
        "region_code, period, period_kind, scope, basis, price_basis, breakdown, locality) "
        "where shown.is_headline and not other.is_headline and shown.rank > other.rank"
    ) == [(0,)]


FOUND = read("series_contradictions.csv")


@pytest.mark.parametrize("line", FOUND)
def test_a_contradiction_is_found(shipped: Released, line: tuple[str, ...]) -> None:
    rule, indicator, region, period, arithmetic = line
    found = shipped.rows(
        f"select arithmetic from quality.finding where rule_id = '{rule}' "
        f"and indicator_code = '{indicator}' and region_code = '{region}' and period = '{period}'"
    )
    assert any(str(text).startswith(arithmetic) for (text,) in found), found


def test_no_more_is_found_than_contradicts(shipped: Released) -> None:
    """Each of them was looked at: vintages, columns of one class, parts above their whole."""
    assert shipped.lines(
        "select rule_id, count(*) from quality.finding inner join (select observation_id "
        f"from core.observation where {OF_SERIES}) on observation_a = observation_id "
        "group by 1 order by 1"
    ) == [
        "document.census-revision | 40",
        "document.contradiction | 90",
        "levels.share-moved | 9",
        "marts.figures-cut | 4",
        "plausible.unusual | 1",
        "region.parts-exceed-total | 3",
        "relation.parts-do-not-reach-total | 1",
        "relation.parts-exceed-total | 3",
        "relation.share-differs-from-computed | 1",
        "series.outlier | 8",
    ]
    # Between them and the documents that were there before.
    assert shipped.lines(
        "select rule_id, f.period, arithmetic, b.source_document from quality.finding as f "
        "inner join core.observation as a on f.observation_a = a.observation_id "
        "inner join core.observation as b on f.observation_b = b.observation_id "
        f"where a.{OF_SERIES} and b.{OWN} order by all"
    ) == [
        "document.census-revision | 2020 | 12409 [12408.995, 12409.005] / ≈13100 [13000, 13200] "
        "| ningbo-government-report-2026",
        "document.census-revision | 2023 | 16453 [16452.995, 16453.005] / 17146.6 "
        "[17146.55, 17146.65] | ningbo-bulletin-2024",
        "document.contradiction | 2020 | 12409 [12408.995, 12409.005] / 12408.7 "
        "[12408.65, 12408.75] | ningbo-daily-2021-01-27",
    ]


def test_honest_differences_raise_no_alarm(shipped: Released) -> None:
    """Districts below their city, 400.09 beside 4000882 万元, 51.53 万 of another Jiangbei."""
    assert shipped.rows(
        "select region_code, period from quality.finding where rule_id = "
        "'region.parts-exceed-total' order by all"
    ) == [("330200", "2015"), ("330200", "2016"), ("330300", "2021")]
    # What students compiled of 2004 and 2005 falls to half a share and nearly doubles: found.
    assert shipped.lines(
        "select rule_id, period, region_code from quality.finding "
        f"where region_code in ('500105', '330205') and {OF_SERIES} order by all"
    ) == [
        "levels.share-moved | 2005 | 330205",
        "series.outlier | 2004 | 330205",
        "series.outlier | 2005 | 330205",
    ]
    rounded = shipped.rows(
        "select count(*) from quality.finding where region_code = '330203' and period = '2010' "
        "and contains(arithmetic, '400.09')"
    )
    assert rounded == [(0,)]


def test_breaks_are_a_table(shipped: Released) -> None:
    assert shipped.lines(
        "select kind, count(*) from core.series_break where kind <> 'definition' "
        "group by 1 order by 1"
    ) == ["boundary | 2", "census | 38"]
    assert shipped.lines(
        "select indicator_code, region_code, since, note_en from core.series_break "
        "where indicator_code = 'second_home_price_index_fixed' order by since"
    ) == [
        "second_home_price_index_fixed | – | 2016-01 | Base 2015 instead of 2010",
        "second_home_price_index_fixed | – | 2021-01 | Base 2020 instead of 2015",
    ]
