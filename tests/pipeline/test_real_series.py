"""The long series that ship as a project of their own: what of them stands, what rules find.

Belongs here: literal samples of every kind of source, the findings that contradictions among the
sources lead to, and that honest differences lead to none. Does not belong here: the release of the
district itself (``test_shipped``).
"""

from __future__ import annotations

import csv
import shutil
from decimal import Decimal

import pytest

from orchestration.settings import CODE_ROOT, load_settings
from tests.pipeline.released import Released, last_run, qutong

SERIES = CODE_ROOT / "raw" / "projects" / "series"
MEGABYTE = 1_000_000
UP = "../" * 4


def read(name: str) -> list[tuple[str, ...]]:
    """The lines of a file of facts, without its header."""
    with (CODE_ROOT / "tests/facts" / name).open(encoding="utf-8", newline="") as file:
        return [tuple(line) for line in csv.reader(file)][1:]


SAMPLES = read("series_samples.csv")
"""A figure of every data set, and of every kind that a figure can be of, from the sources."""


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """A release of the long series, with what readers and gates stand on."""
    folder = tmp_path_factory.mktemp("series") / "series"
    shutil.copytree(SERIES, folder, ignore=shutil.ignore_patterns("var"))
    settings = load_settings(folder)
    done = qutong(settings, "run", through_dagster=False, all_products=False)
    assert done.exit_code == 0, done.output
    return Released(settings, done)


def test_its_deliveries_are_small() -> None:
    sizes = [p.stat().st_size for p in (SERIES / "raw/deliveries").rglob("*") if p.is_file()]
    assert max(sizes) < 2 * MEGABYTE
    assert sum(sizes) < 3 * MEGABYTE


def test_its_catalogue_and_lists_are_those_of_the_district() -> None:
    for folder in ("catalogue", "calendars"):
        here = {p.name: p.readlink().as_posix() for p in (SERIES / "raw" / folder).iterdir()}
        assert here == {
            p.name: f"{UP}{folder}/{p.name}" for p in (CODE_ROOT / "raw" / folder).iterdir()
        }
    own = {p.name for p in (SERIES / "raw/codelists").iterdir() if not p.is_symlink()}
    assert own == {"regions.csv"}


def test_all_figures_stand_but_two_that_nobody_published(series: Released) -> None:
    assert series.lines(
        "select source_grade, count(*), count(distinct source_document), count(distinct "
        "data_set_id) from core.observation group by all order by 1"
    ) == ["official | 3575 | 144 | 6", "research | 3202 | 10 | 4", "secondary | 1363 | 78 | 8"]
    assert series.lines(
        "select count(*), count(distinct indicator_code), count(distinct region_code), "
        "min(period_start), max(period_end) from core.observation"
    ) == ["8140 | 493 | 74 | 1978-01-01 | 2025-12-31"]
    # 8.307259932 ‰: computed by a page, and more than any office prints.
    assert [
        (entry["rule_id"], entry["places"]) for entry in last_run(series.settings)["quarantined"]
    ] == [("value.too-precise", "R80C5, R82C5")]


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_figure_stands_as_its_source_has_it(series: Released, sample: tuple[str, ...]) -> None:
    document, indicator, region, period, kind, value, unit, *rest = sample
    found = series.rows(
        "select period_kind, value_printed::decimal(30, 8), "
        "coalesce(nullif(unit_printed, ''), unit), measure, price_basis, qualifier, "
        f"estimate_stage, source_grade from core.observation where period_kind = '{kind}' "
        f"and source_document = '{document}' and indicator_code = '{indicator}' "
        f"and region_code = '{region}' and period = '{period}'"
    )
    assert found == [(kind, Decimal(value), unit, *rest)]


def test_doubts_scopes_and_places_are_kept(series: Released) -> None:
    assert series.lines("select count(*) from core.observation where contains(note, '疑')") == [
        "195"
    ]
    assert series.lines(
        "select scope, count(*) from core.observation where scope in "
        "('without_zones', 'district_proper', 'district_run') group by 1 order by 1"
    ) == ["district_proper | 8", "district_run | 6", "without_zones | 21"]
    assert series.lines(
        "select locality, period, value from core.observation where locality <> '_T' "
        "and indicator_code = 'resident_population' order by all"
    ) == [
        "宁波前湾新区 | 2023-12 | 28.3",
        "宁波前湾新区 | 2024-12 | 29",
        "宁波国家高新区 | 2023-12 | 15.5",
        "宁波国家高新区 | 2024-12 | 16.1",
    ]


def test_a_secondary_figure_is_never_the_headline_beside_an_official_one(series: Released) -> None:
    assert series.rows(
        "with graded as (select *, case source_grade when 'official' then 1 when 'research' then "
        "2 else 3 end as rank from core.observation) "
        "select count(*) from graded as shown inner join graded as other using (indicator_code, "
        "region_code, period, period_kind, scope, basis, price_basis, breakdown, locality) "
        "where shown.is_headline and not other.is_headline and shown.rank > other.rank"
    ) == [(0,)]


FOUND = read("series_contradictions.csv")


@pytest.mark.parametrize("line", FOUND)
def test_a_contradiction_is_found(series: Released, line: tuple[str, ...]) -> None:
    rule, indicator, region, period, arithmetic = line
    found = series.rows(
        f"select arithmetic from quality.finding where rule_id = '{rule}' "
        f"and indicator_code = '{indicator}' and region_code = '{region}' and period = '{period}'"
    )
    assert any(str(text).startswith(arithmetic) for (text,) in found), found


def test_honest_differences_raise_no_alarm(series: Released) -> None:
    """Districts below their city, 400.09 beside 4000882 万元, 51.53 万 of another Jiangbei."""
    assert series.rows(
        "select region_code, period from quality.finding where rule_id = "
        "'region.parts-exceed-total' order by all"
    ) == [("330200", "2015"), ("330200", "2016"), ("330300", "2021")]
    # What students compiled of 2004 and 2005 falls to half a share and nearly doubles: found.
    assert series.lines(
        "select rule_id, period, region_code from quality.finding "
        "where region_code in ('500105', '330205') order by all"
    ) == [
        "levels.share-moved | 2005 | 330205",
        "series.outlier | 2004 | 330205",
        "series.outlier | 2005 | 330205",
    ]
    rounded = series.rows(
        "select count(*) from quality.finding where region_code = '330203' and period = '2010' "
        "and contains(arithmetic, '400.09')"
    )
    assert rounded == [(0,)]


def test_breaks_are_a_table(series: Released) -> None:
    assert series.lines(
        "select kind, count(*) from core.series_break where kind <> 'definition' "
        "group by 1 order by 1"
    ) == ["boundary | 2", "census | 38"]
    assert series.lines(
        "select indicator_code, region_code, since, note_en from core.series_break "
        "where indicator_code = 'second_home_price_index_fixed' order by since"
    ) == [
        "second_home_price_index_fixed | – | 2016-01 | Base 2015 instead of 2010",
        "second_home_price_index_fixed | – | 2021-01 | Base 2020 instead of 2015",
    ]
