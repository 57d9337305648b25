"""The published figures as people read them from the documents, field by field, and kept apart.

Belongs here: what the release says of every figure in ``tests/facts/published_figures.csv``, and
that what is no outturn of the district stands nowhere as one. Does not belong here: the rest of
what the repository ships (``test_shipped``).
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections import Counter
from decimal import Decimal
from pathlib import Path

from tests.pipeline.released import Released

FACTS = Path(__file__).parents[1] / "facts" / "published_figures.csv"
KINDS = {
    "A": "outturn",
    "T": "target",
    "F": "forecast",
    "R": "proposal",
    "S": "standard",
    "D": "action",
    "N": "record",
}
FIELDS = (
    "source_document, source_place, indicator_code, "
    "translate(indicator_name_printed, '()', '（）'), region_name_zh, "
    "period, period_kind, is_period_inferred, value, unit, value_printed, unit_printed, measure, "
    "qualifier, figure_kind, subject, locality, note"
)
# In the workbook a name says less than its column does: 固定资产投资 under 年均增长(%).
SHORT_NAMES = {
    "固定资产投资年均增速": "固定资产投资",
    "房地产开发投资占固定资产投资比重": "房地产开发投资",
    "工业投资占固定资产投资比重": "工业投资",
    "基础设施投资占固定资产投资比重": "基础设施投资",
    "备案（核准）中方投资额年均增速": "备案（核准）中方投资额",
}


def expected() -> list[dict[str, str]]:
    with FACTS.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def as_it_stands(fact: dict[str, str]) -> tuple[object, ...]:
    """A line of the facts as ``core.observation`` has to have it."""
    return (
        fact["document"],
        fact["section"],
        fact["indicator"],
        SHORT_NAMES.get(fact["name"], fact["name"]),
        fact["region"],
        fact["period"],
        fact["period_kind"],
        fact["inferred"] == "true",
        Decimal(fact["value"]),
        fact["unit"],
        fact["value_printed"],
        fact["unit_printed"],
        fact["measure"],
        fact["qualifier"],
        KINDS[fact["status"]],
        fact["subject"] or "_T",
        fact["locality"] or "_T",
        fact["note"] or None,
    )


def test_every_figure_stands_as_the_documents_have_it(shipped: Released) -> None:
    facts = expected()
    documents = {fact["document"] for fact in facts}
    assert (len(facts), len(documents)) == (480, 5)
    listed = ", ".join(f"'{name}'" for name in sorted(documents))
    found = Counter(
        shipped.rows(
            f"select {FIELDS} from core.observation "
            f"where known_to is null and source_document in ({listed})"
        )
    )
    wanted = Counter(as_it_stands(fact) for fact in facts)
    assert (wanted - found, found - wanted) == (Counter(), Counter())


def test_the_facts_are_of_seven_kinds_and_eight_qualifiers_less_one() -> None:
    facts = expected()
    assert Counter(fact["status"] for fact in facts) == {
        "A": 419, "T": 22, "N": 18, "S": 12, "R": 4, "F": 3, "D": 2,
    }  # fmt: skip
    assert Counter(fact["qualifier"] for fact in facts) == {
        "exact": 380, "above": 35, "at_most": 26, "at_least": 18, "above_slightly": 10,
        "approx": 6, "just_below": 5,
    }  # fmt: skip
    assert sum(bool(fact["note"]) for fact in facts) == 292
    assert sum(fact["value_printed"] != fact["value"] for fact in facts) == 94


def test_kinds_are_never_mixed(shipped: Released) -> None:
    """Every headline stands in one mart of its kind: what is apart stands in no other."""
    columns = shipped.rows(
        "select schema_name, table_name, column_name from meta.column_dictionary "
        "where role = 'observation' and table_name not in "
        "('observation', 'figure_apart', 'fact_figure', 'derived', 'signal')"
    )
    shown = " union all ".join(
        f"select '{schema}.{table}' as mart, \"{column}\" as id from {schema}.{table}"
        for schema, table, column in columns
    )
    apart = (
        f"with shown as ({shown}) select distinct mart, figure_kind, subject, locality "
        "from shown inner join core.observation on id = observation_id "
        "where figure_kind in ('forecast', 'proposal', 'action', 'record') "
        "or subject <> '_T' or locality <> '_T' order by all"
    )
    assert shipped.rows(apart) == [
        ("consumption.business_districts", "outturn", "_T", "慈城古县城"),
        ("consumption.business_districts", "outturn", "_T", "泛老外滩等三大商圈"),
        ("core.figure_by_field", "outturn", "_T", "宁波前湾新区"),
        ("core.figure_by_field", "outturn", "_T", "宁波国家高新区"),
        ("plan.plan_summary", "forecast", "_T", "_T"),
    ]
    assert shipped.rows(
        "select figure_kind, count(*) from core.figure_apart group by 1 order by 1"
    ) == [("action", 2), ("forecast", 4), ("outturn", 49), ("proposal", 4), ("record", 18)]
    assert (
        shipped.rows(
            "select basis, figure_kind from core.observation "
            "where (basis in ('target', 'target_growth')) <> (figure_kind = 'target') group by all"
        )
        == []
    )
    assert shipped.rows(
        "select target_role, figure_kind, count(*) from plan.policy_target "
        "inner join core.observation on target_observation_id = observation_id "
        "group by all order by all"
    ) == [
        ("floor", "target", 1),
        ("standard", "standard", 10),
        ("target", "target", 21),
    ]


def test_a_forecast_of_an_evaluation_is_a_forecast(shipped: Released) -> None:
    assert shipped.rows(
        "select item, count_printed, figure_kind from plan.plan_summary "
        "where period = '2025-12' order by item"
    ) == [
        ("assessable_at_end", Decimal(29), "forecast"),
        ("at_risk", Decimal(3), "forecast"),
        ("expected_met", Decimal(26), "forecast"),
    ]
    assert shipped.rows(
        "select item, rate_printed, rate_declared, figure_kind from plan.plan_summary "
        "where rate_printed is not null order by item"
    ) == [
        ("general_progress_threshold", Decimal(50), Decimal(50), "standard"),
        ("progress_threshold", Decimal(40), Decimal(40), "standard"),
    ]
    assert shipped.rows(
        "select obs_status, estimate_stage, figure_kind from core.observation "
        "where indicator_code = 'plan_indicators_expected_met'"
    ) == [("F", "forecast", "forecast")]


def test_what_a_firm_does_is_no_rank_of_the_district(shipped: Released) -> None:
    assert shipped.rows(
        "select indicator_code, value, qualifier, value_printed from core.figure_apart "
        "where subject = '金田集团' order by indicator_code"
    ) == [
        ("jintian_national_private_rank", Decimal(67), "exact", "67"),
        ("jintian_province_private_rank", Decimal(10), "at_most", "十强"),
    ]
    assert shipped.rows(
        "select count(*) from peers.ranking where indicator_code like 'jintian%'"
    ) == [(0,)]
    assert shipped.rows(
        "select count(*) from industry_clusters.enterprise_tiers as t "
        "inner join core.figure_apart as a on t.rank_observation_id = a.value_observation_id"
    ) == [(0,)]
    page = (shipped.path / "site/peers.html").read_text("utf-8")
    assert page.count("金田集团") == 0
    for brief in shipped.path.glob("brief/*.docx"):
        assert "金田集团" not in text_of(brief), brief


def test_a_place_below_the_district_is_named_beside_its_figures(shipped: Released) -> None:
    assert shipped.rows(
        "select locality, count(*) from core.figure_apart where locality is not null "
        "group by 1 order by 1"
    ) == [
        ("姚江新城", 3), ("宁波前湾新区", 4), ("宁波国家高新区", 4),
        ("慈城古县城", 1), ("桂城扇面工业区", 2), ("泛老外滩等三大商圈", 2),
        ("老外滩", 1),
    ]  # fmt: skip
    assert shipped.rows(
        "select sales, sales_qualifier, locality from consumption.business_districts "
        "where sales is not null"
    ) == [(Decimal(120), "above", "泛老外滩等三大商圈")]


def test_targets_are_met_as_their_words_say(shipped: Released) -> None:
    """90 % 以上 is at least 90, and not more than 1 allows 1."""
    assert shipped.rows(
        "select indicator_code, target, target_qualifier, target_role from plan.policy_target "
        "where indicator_code in ('good_air_quality_rate', 'future_industries_cap_per_park') "
        "order by 1"
    ) == [
        ("future_industries_cap_per_park", Decimal(1), "at_most", "standard"),
        ("good_air_quality_rate", Decimal(90), "at_least", "target"),
    ]
    page = (shipped.path / "site/plan.html").read_text("utf-8")
    (row,) = re.findall(r'<tr id="i-future_industries_cap_per_park">.*?</tr>', page, re.DOTALL)
    assert "≤" in row
    assert "&lt;1" not in row.replace(" ", "")


def test_a_rank_of_18_after_12_is_a_fall_of_six_places(shipped: Released) -> None:
    assert shipped.rows(
        "select rank_previous, rank, rank_change from peers.ranking "
        "where indicator_code = 'rd_intensity_province_rank' and is_latest"
    ) == [(12, 18, -6)]
    assert shipped.rows(
        "select rank_in_province, rank_in_province_change from peers.scorecard "
        "where indicator_code = 'rd_intensity'"
    ) == [(18, -6)]
    for name in ("scorecard", "peers"):
        page = words_of((shipped.path / f"site/{name}.html").read_text("utf-8"))
        assert "↓ 下降6位 fell 6 places" in page, name
        assert "上升6位" not in page, name
    brief = text_of(shipped.path / "brief/industry_clusters.docx")
    assert "2023年，全区研发经费投入强度全省排名第18，比2020年下降6位" in brief


def test_no_growth_is_called_nominal_where_nobody_said_so(shipped: Released) -> None:
    printed = "规模以上工业销售产值名义增速"  # so the source calls it
    for brief in shipped.path.glob("brief/*.docx"):
        assert "名义" not in text_of(brief).replace(printed, ""), brief


def test_schemes_stand_with_document_section_and_status(shipped: Released) -> None:
    assert shipped.rows(
        "select status, count(*), sum(members_known)::int from core.scheme group by 1 order by 1"
    ) == [
        ("defined", 11, 44),
        ("enumerated", 15, 73),
        ("enumerated_elsewhere", 1, 7),
        ("named_only", 53, 0),
        ("partly_named", 8, 28),
    ]
    assert shipped.rows("select count(*) from core.scheme_member") == [(152,)]
    names = "战略性新兴产业发展五年“双倍增”计划", "省“万亩千亿”新产业平台", "地企双评"
    assert shipped.rows(
        "select name_zh, source_document, status from core.scheme "
        f"where name_zh in {names} order by scheme_code"
    ) == [
        ("地企双评", "ningbo-daily-2025-04-29", "named_only"),
        ("战略性新兴产业发展五年“双倍增”计划", "jiangbei-plan-midterm-2023", "named_only"),
        ("省“万亩千亿”新产业平台", "jiangbei-plan-midterm-2023", "partly_named"),
    ]
    assert shipped.rows(
        "select scheme_code, predecessor_codes from core.scheme "
        "where predecessor_codes is not null order by 1"
    ) == [("grid_4_8", "grid_4_10"), ("layout_1_2_4_5", "layout_1_2_3_4")]


def test_what_is_aimed_at_is_never_shown_as_won(shipped: Released) -> None:
    assert shipped.rows(
        "select state, is_aim, count(*), count(granted) from core.honour "
        "group by state, state_sort, is_aim order by state_sort"
    ) == [
        ("awarded", False, 72, 72),
        ("selected", False, 25, 25),
        ("pilot", False, 21, 21),
        ("passed", False, 6, 6),
        ("shortlisted", False, 2, 2),
        ("aimed_at", True, 16, 0),
    ]
    shown = 0
    for theme in ("profile", "industry_clusters", "consumption", "public_services"):
        page = (shipped.path / f"site/theme/{theme}.html").read_text("utf-8")
        titles = shipped.rows(
            f"select title_zh, is_aim from core.honour where theme = '{theme}' order by honour_no"
        )
        won, _, aims = page.partition('id="aims"')
        held = won[won.find('id="honours"') :]
        for title, is_aim in titles:
            assert title in (aims if is_aim else held), title
        shown += len(titles)
        words = words_of(held)
        assert "争创" not in words, theme
    assert shown == 142


def test_sources_have_titles_and_no_remarks(shipped: Released) -> None:
    rows = shipped.rows("select title_zh, title_en from core.source_document")
    remark = re.compile(r"\b(media|mirror|official|aggregator|copy|press copy)\b", re.IGNORECASE)
    assert [row for row in rows if remark.search(row[0]) or remark.search(row[1])] == []
    assert [zh for zh, _ in rows if not re.search("[\u4e00-\u9fff]", zh)] == []
    assert [en for _, en in rows if re.search("[\u4e00-\u9fff]", en)] == []
    assert shipped.rows(
        "select title_zh from core.source_document "
        "where source_document = 'jiangbei-plan-report-2020'"
    ) == [("江北区发展和改革局 2020年计划执行情况报告",)]
    brief = text_of(shipped.path / "brief/district.docx")
    assert "；江北区统计局 2022年国民经济和社会发展统计公报（开头部分）" in brief


def text_of(brief: Path) -> str:
    with zipfile.ZipFile(brief) as archive:
        xml = archive.read("word/document.xml").decode("utf-8")
    paragraphs = re.findall(r"<w:p[ >].*?</w:p>", xml, re.DOTALL)
    # Raised letters behind a number (p, i) are marks, and no words.
    raised = r"<w:r>(?:(?!</w:r>).)*?w:vertAlign(?:(?!</w:r>).)*?</w:r>"
    return "\n".join(re.sub("<[^>]+>", "", re.sub(raised, "", p)) for p in paragraphs)


def words_of(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page).split())
