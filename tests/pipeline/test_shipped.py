"""The repository's own deliveries, in one run: every figure stands, with document and place."""

from __future__ import annotations

import csv
import re
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from lxml import html

from orchestration.settings import CODE_ROOT, load_settings
from tests.pipeline.answers import ANSWERS
from tests.pipeline.released import Released, qutong
from tests.pipeline.series import OWN
from tests.sums import sums_that_count_twice


def test_it_publishes_everything_it_ships(shipped: Released) -> None:
    assert shipped.done.exit_code == 0, shipped.done.output
    assert "52 of 52 deliveries, 8840 observations" in shipped.done.stdout
    assert shipped.rows(
        "select count(*), count(*) filter (is_simulated), count(*) filter (known_to is null), "
        "count(*) filter (source_document = '' or delivery_place = '') from core.observation"
    ) == [(8840, 0, 8840, 0)]
    assert shipped.rows(
        f"select count(*), count(*) filter (source_place = '') from core.observation where {OWN}"
    ) == [(700, 0)]
    # Rates of nine decimals: a page computed them, and nobody published them.
    assert shipped.rows(
        "select data_set_id, rule_id, delivery_place from quality.quarantine order by all"
    ) == [
        ("population-bulletins", "value.too-precise", "R80C5"),
        ("population-bulletins", "value.too-precise", "R82C5"),
    ]
    assert shipped.rows("select count(*) from quality.conservation where not is_balanced") == [(0,)]


def test_every_document_gives_all_its_figures(shipped: Released) -> None:
    rows = shipped.rows(
        f"select source_document, count(*) from core.observation where {OWN} group by 1 "
        "order by 2 desc, 1 limit 5"
    )
    assert rows == [
        ("jiangbei-plan-midterm-2023", 346),
        ("ccid-new-centres-2025", 76),
        ("jiangbei-bulletin-2022", 30),
        ("jiangbei-refined-district-paper", 25),
        ("ningbo-economy-reply-2026", 25),
    ]
    assert shipped.rows(
        "select count(*) from core.observation where source_document = 'ningbo-daily-2025-04-29'"
    ) == [(8,)]


@pytest.mark.parametrize(
    ("indicator", "region", "period", "figure"),
    [
        (
            "fixed_asset_investment",
            "宁波市江北区",
            "2021-01/2023-06",
            (Decimal("808.4"), "亿元", "808.4", "亿元", "exact", "cumulative", False),
        ),
        (
            "gdp",
            "宁波市江北区",
            "2021/2025",
            (Decimal(1000), "亿元", "千亿", "亿元", "above", "point_in_time", True),
        ),
        (
            "above_scale_industrial_va_growth",
            "宁波市江北区",
            "2020",
            (Decimal(7), "%", "7.0", "%", "exact", "yoy", False),
        ),
        (
            "national_top100_district_rank",
            "宁波市江北区",
            "2021/2025",
            (Decimal(52), "位", "52", "位", "exact", "rank", True),
        ),
        (
            "above_scale_industrial_output",
            "北京市通州区",
            "2017-01/2017-05",
            (Decimal("235.5877"), "亿元", "2355877", "万元", "exact", "cumulative", False),
        ),
        (
            "new_industrial_far_floor",
            "宁波市",
            "2025",
            (Decimal(2), "1", "2.0", "", "at_least", "standard", True),
        ),
        (
            "avg_gdp",
            "52个城市新中心",
            "2024",
            (Decimal("2481.8"), "亿元", "2481.8", "亿元", "exact", "current", False),
        ),
        (
            "new_signed_projects_100m",
            "宁波市",
            "2026-Q1",
            (Decimal(145), "个", "145", "个", "exact", "cumulative", False),
        ),
        (
            "trade_share_of_nation",
            "宁波市江北区",
            "2022",
            (Decimal("20.3"), "‱", "20.3", "‱", "exact", "share", True),
        ),
        (
            "digital_core_value_added_growth",
            "宁波市江北区",
            "2026",
            (Decimal(8), "%", "8", "%", "exact", "target_growth", True),
        ),
    ],
)
def test_figures_stay_what_they_are(
    shipped: Released, indicator: str, region: str, period: str, figure: tuple[object, ...]
) -> None:
    assert shipped.rows(
        "select value, unit, value_printed, unit_printed, qualifier, basis, is_period_inferred "
        f"from core.observation where indicator_code = '{indicator}' "
        f"and region_name_zh = '{region}' and period = '{period}'"
    ) == [figure]


def test_every_value_stands_as_the_delivery_has_it(shipped: Released) -> None:
    """Read again by other means: 原文, else 数值, of every CSV delivery, row by row."""
    found: dict[tuple[str, str], str] = {}
    for data_set, place, text in shipped.rows(
        "select data_set_id, delivery_place, value_printed from core.observation "
        "where regexp_full_match(delivery_place, 'R[0-9]+C[0-9]+')"
    ):
        found[data_set, place] = text
    expected: dict[tuple[str, str], str] = {}
    for file in sorted(shipped.settings.deliveries.rglob("*.csv")):
        content = file.read_bytes()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("gb18030")
        header, *rows = csv.reader(text.splitlines())
        column = header.index("数值")
        for number, row in enumerate(rows, start=2):
            words = row[header.index("原文")] if "原文" in header else ""
            expected[file.parts[-3], f"R{number}C{column + 1}"] = words or row[column]
    assert len(expected) > 3000
    quarantined = shipped.rows("select data_set_id, delivery_place from quality.quarantine")
    assert found == {place: text for place, text in expected.items() if place not in quarantined}


def test_a_bound_and_the_exact_figure_are_one_figure_printed_twice(shipped: Released) -> None:
    rows = shipped.rows(
        "select value, qualifier, is_headline, repeat_of is not null, source_place "
        "from core.observation where indicator_code = 'urbanization_rate' "
        "and source_document = 'jiangbei-plan-midterm-2023' order by value"
    )
    assert rows == [
        (Decimal("84.7"), "exact", True, True, "二/（三）人口规模持续扩大"),
        (Decimal("85"), "just_below", False, False, "一/（一）总体目标要求落实情况"),
    ]


def test_a_sum_over_what_may_be_added_counts_all_of_it_once(shipped: Released) -> None:
    with duckdb.connect(str(shipped.settings.database), read_only=True) as con:
        assert sums_that_count_twice(con, "intermediate.int_mart_summable") == []
    sums = (
        ("sum(amount)", "public_services.social_spending where is_summable", "66"),
        ("sum(amount)", "public_services.social_spending where not is_total", "66"),
        # investment is cut by industry, by owner and by structure: one is in the other
        ("sum(investment)", "investment.fixed_asset_investment where is_summable", "–"),
        # nothing that the documents say makes any two of these apart from each other
        ("sum(revenue)", "industry_clusters.cluster_performance where is_summable", "–"),
        ("sum(output)", "industry_clusters.cluster_performance where is_summable", "–"),
    )
    for total, rows, said in sums:
        assert shipped.lines(f"select {total} from {rows}") == [said]


def test_no_stage_converts_the_projects_of_another_cohort(shipped: Released) -> None:
    assert shipped.lines(
        "select programme, stage, stage_conversion, note_zh from investment.project_pipeline "
        "where project_count is not null and stage <> 'all' order by all"
    ) == [
        "industrial_projects_100m | completed | – | 未申报为前面阶段中的同一批项目，不作转化率。",
        "industrial_projects_100m | started | – | –",
        "industry_projects_100m | landed | – | 未申报为前面阶段中的同一批项目，不作转化率。",
        "industry_projects_100m | signed | – | –",
    ]


def test_what_the_rules_find_in_the_documents(shipped: Released) -> None:
    """Every one of them read and held against the documents: none is a false alarm."""
    assert shipped.rows(
        "select rule_id, severity, f.indicator_code, r.region_name_zh, f.period, arithmetic "
        "from quality.finding as f left join core.region as r using (region_code) "
        f"inner join (select observation_id from core.observation where {OWN}) as a "
        "on f.observation_a = a.observation_id order by all"
    ) == [
        (  # two sources, one with a rounded figure that is not the other's
            "document.contradiction",
            "soft",
            "strategic_emerging_output_share",
            "上海市浦东新区",
            "2024",
            "56 [55.5, 56.5] / 53.6 [53.55, 53.65]",
        ),
        (  # more is pulled down than was signed for; the document prints 158 in two places
            "relation.not-above",
            "soft",
            "demolition_area",
            "宁波市江北区",
            "2021-01/2023-06",
            "158 [157.5, 158.5] > 112.5 [112.45, 112.55]; tolerance 0",
        ),
        (  # more graduates found work than people did in towns
            "relation.not-above",
            "soft",
            "new_graduate_employed",
            "宁波市江北区",
            "2021-01/2023-06",
            "5.3 [5.25, 5.35] > 4 [3.5, 4.5]; tolerance 0",
        ),
        (  # on the GDP of the year before, 5043.03, it would be 17.33
            "relation.ratio-differs-from-computed",
            "soft",
            "rd_intensity",
            "深圳市龙岗区",
            "2024",
            "873.77 / 5901.27 * 100 = [14.8, 14.81]; printed 17.33 [17.325, 17.335]; tolerance 0",
        ),
        (  # 13.9 is the average growth of all investment, too
            "relation.share-differs-from-computed",
            "soft",
            "industry_share_of_fai",
            "宁波市江北区",
            "2021-01/2023-06",
            "103.7 / 808.4 * 100 = [12.82, 12.84]; printed 13.9 [13.85, 13.95]; tolerance 0",
        ),
        (  # the growth of all investment, and in the same sentence the share of industry
            "suspicious.one-number-for-two-measures",
            "informative",
            "fixed_asset_investment_cagr",
            "宁波市江北区",
            "2020/2022",
            "13.9 = 13.9",
        ),
        (  # 21 in one place built, in another under way
            "suspicious.one-number-for-two-states",
            "soft",
            "future_communities_in_progress",
            "宁波市江北区",
            "2021-01/2023-06",
            "21 = 21",
        ),
        (  # exports and all trade
            "suspicious.part-grows-as-its-whole",
            "informative",
            "export_cagr",
            "宁波市江北区",
            "2020/2022",
            "20.7 = 20.7",
        ),
        (  # the survey takes in firms with three mu and more
            "suspicious.quotient",
            "soft",
            "per_mu_survey_land",
            "宁波市",
            "2025",
            "6.3 万亩 / 7.3 万家 = 0.86; plausible 1 to 5000",
        ),
        (  # what is left for a year and a half is that of one year
            "suspicious.remainder",
            "informative",
            "livelihood_expenditure",
            "宁波市江北区",
            "2021-01/2023-06",
            "(126.1 - 66) / 18 * 12 = 40.07",
        ),
        (  # and here it is more than any year had
            "suspicious.remainder",
            "informative",
            "total_fiscal_revenue",
            "宁波市江北区",
            "2021-01/2023-06",
            "(493.4 - 177.5) / 18 * 12 = 210.6",
        ),
        (  # a density in per cent: kilometres per square kilometre are meant
            "unit.does-not-fit-measure",
            "soft",
            "road_network_density",
            "宁波市江北区",
            "2023-06",
            "8.04%, level",
        ),
    ]


def test_figures_that_agree_across_documents_and_regions(shipped: Released) -> None:
    """GDP per head of Ningbo 2024, and two censuses of its districts, are found to be right."""
    decided = {
        rule: (checked - undecided, found)
        for rule, checked, undecided, found in shipped.rows(
            "select rule_id, checked_count, undecided_count, unexpected_count "
            "from quality.validation_run where gate = 'marts'"
        )
    }
    assert decided["relation.ratio-differs-from-computed"] == (5, 1)
    assert decided["region.parts-do-not-reach-total"] == (125, 0)
    assert decided["region.parts-exceed-total"] == (185, 3)
    assert decided["relation.increment-differs-from-levels"] == (1, 0)
    assert decided["range.other-magnitude"] == (2, 0)
    assert decided["relation.growth-differs-from-levels"] == (0, 0)


def test_the_structure_of_investment(shipped: Released) -> None:
    assert shipped.rows(
        "select item, investment, share_printed, share_computed, residual_share "
        "from investment.fixed_asset_investment where period = '2021-01/2023-06' order by item"
    ) == [
        ("_residual", None, None, None, Decimal("7.4")),
        ("industry", Decimal("103.7"), Decimal("13.9"), Decimal("12.83"), None),
        ("infrastructure", None, Decimal("15.5"), None, None),
        ("real_estate", None, Decimal("63.2"), None, None),
        ("total", Decimal("808.4"), None, None, None),
    ]
    assert shipped.rows(
        "select kind, quantity from investment.capital_attraction "
        "where kind like 'target_%' order by kind"
    ) == [
        ("target_fields", Decimal(21)),
        ("target_firms", Decimal(1685)),
        ("target_products", Decimal(453)),
        ("target_subtracks", Decimal(90)),
    ]


def test_the_tour(shipped: Released, tmp_path: Path) -> None:
    """The simulated second round: one revision, one refusal, labelled wherever they show."""
    folder = tmp_path / "district"
    shutil.copytree(shipped.settings.project, folder, symlinks=True)
    settings = load_settings(folder)
    shutil.copytree(CODE_ROOT / "raw/simulated/second-round", settings.inbox, dirs_exist_ok=True)
    done = qutong(settings, "run", through_dagster=False)
    assert done.exit_code == 3, done.output
    toured = Released(settings, done)
    where = "indicator_code = 'gdp' and source_document = 'jiangbei-plan-report-2020'"
    assert toured.rows(
        "select value, qualifier, estimate_stage, is_simulated, is_headline, "
        f"known_to is null from core.observation where {where} order by known_from"
    ) == [
        (Decimal(660), "above", "preliminary", False, False, False),
        (Decimal("661.5"), "exact", "final", True, True, True),
    ]
    assert toured.rows(
        f"select value, is_headline from core.as_of(date '2026-11-20') where {where}"
    ) == [(Decimal(660), True)]
    assert toured.rows(
        "select rule_id, delivery_place from quality.quarantine order by delivery_place"
    ) == [
        ("value.not-a-number", "R2C5"),
        ("unit.unknown", "R3C5"),
        ("region.not-valid-at-period", "R4C5"),
        ("value.too-precise", "R80C5"),
        ("value.too-precise", "R82C5"),
    ]
    page = (toured.path / "quality" / "report.html").read_text("utf-8")
    assert "模拟数据 / simulated data" in page
    for path in toured.path.rglob("*"):
        if path.is_file():
            assert "四十九万五".encode() not in path.read_bytes(), path


@pytest.mark.parametrize("number", sorted(ANSWERS))
def test_a_leaders_question_is_answered(shipped: Released, number: int) -> None:
    ((query,),) = shipped.rows(f"select query from meta.example_query where question_no = {number}")
    found = shipped.records(query)
    count, expected = ANSWERS[number]
    assert len(found) == count
    for row in expected:
        assert [f for f in found if all(f[name] == value for name, value in row.items())], row


def shown(page: Path, language: str) -> str:
    """What a reader of one language sees of a page."""
    tree = html.parse(str(page), html.HTMLParser(encoding="utf-8")).getroot()
    other = "en" if language == "zh" else "zh"
    for hidden in tree.xpath(f"//body//*[@lang='{other}'] | //script | //style"):
        hidden.drop_tree()
    return " ".join(tree.text_content().split())


def test_the_front_page_says_each_word_in_one_language(shipped: Released) -> None:
    page = shipped.path / "site" / "index.html"
    zh, en = shown(page, "zh"), shown(page, "en")
    assert "全市前3" in zh and "174 处疑点尚待核实" in zh
    assert "in the city" not in zh
    assert "among the first 3 in the city" in en and "174 findings are still open" in en
    assert "全市" not in en


def test_no_page_shows_its_own_markup(shipped: Released) -> None:
    pages = sorted((shipped.path / "site").rglob("*.html"))
    assert len(pages) > 100
    written_out = re.compile(r"</?[a-z][a-z0-9]*( [a-z-]+=[^<>]*)?>")
    assert [page.name for page in pages if written_out.search(shown(page, "zh"))] == []


def test_every_figure_stands_in_a_mart(shipped: Released) -> None:
    """Each figure, or the headline that stands for it, is named by a mart row."""
    columns = shipped.rows(
        "select schema_name, table_name, column_name from meta.column_dictionary "
        "where role = 'observation' "
        "and table_name not in ('observation', 'fact_figure', 'derived', 'signal') "
        "and not regexp_matches(column_name, '^own_|_previous_')"
    )
    shown = " union ".join(
        f'select "{column}" as id from {schema}.{table}' for schema, table, column in columns
    )
    key = (
        "indicator_code, scope, region_code, period, period_kind, basis, measure, price_basis, "
        "breakdown, figure_kind, subject, locality"
    )
    assert shipped.rows(
        f"with shown as ({shown}), figures as (select *, first_value(observation_id) over "
        f"(partition by {key} order by is_headline desc) as headline from core.observation) "
        "select count(*), count(*) filter (headline in (select id from shown)) from figures "
        f"where {OWN}"
    ) == [(700, 700)]
    assert shipped.rows("select count(*) from core.indicator where mart = ''") == [(0,)]
