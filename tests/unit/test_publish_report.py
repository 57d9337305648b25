"""What the quality report says: what blocks, what was found, what stayed out, how much there is.

Belongs here: the report's content and its page. Does not belong here: how it gets into a release
(test_publish_build).
"""

from __future__ import annotations

import html.parser
import itertools
from pathlib import Path
from typing import Any

import duckdb
import pytest
from lxml.html import fromstring

from orchestration.declarations import load_declarations
from orchestration.publish.report import MAX_SHOWN, WORDS, read_report, render_html
from orchestration.publish.tables import published_tables
from orchestration.settings import CODE_ROOT, load_settings
from tests.unit.test_publish_world import make_work_db

FINDING = (
    "(finding_id, rule_id, gate, severity, data_set_id, delivery_id, indicator_code, region_code, "
    "period, place_a, place_b, observation_a, observation_b, arithmetic, message_zh, message_en)"
)
"""What every finding has; nothing was decided about it."""
VERDICTS = {"delivery": "routed", "marts": "passed"}


@pytest.mark.parametrize("name", ["gate", "severity", "outcome", "theme", "delivery_state"])
def test_a_code_is_called_as_its_list_calls_it(name: str) -> None:
    codes = load_declarations(load_settings(CODE_ROOT)).codelists.codes
    listed = {c.code: (c.name_zh, c.name_en) for c in codes if c.list == name}
    assert listed
    assert listed == {code: WORDS.get(code, called) for code, called in listed.items()}


def report_of(tmp_path: Path, extra_sql: str = "", **verdicts: str) -> dict[str, Any]:
    tmp_path.mkdir(exist_ok=True)
    work_db = make_work_db(tmp_path / "work.duckdb", extra_sql=extra_sql or "select 1")
    with duckdb.connect() as con:
        con.execute(f"attach '{work_db}' as mart (read_only)")
        return read_report(con, "mart", published_tables(con, "mart"), VERDICTS | verdicts)


class _Page(html.parser.HTMLParser):
    """The text of a page, its headings, and what is wrong with how it is built."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.headings, self.ids, self.targets = "", [], set[str](), set[str]()
        self.tables = self.captions = self.headers_without_scope = 0
        self._level = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tables += tag == "table"
        self.captions += tag == "caption"
        self.headers_without_scope += tag == "th" and "scope" not in given
        self.ids |= {given["id"] or ""} if "id" in given else set()
        self.targets |= {(given["href"] or "").removeprefix("#")} if "href" in given else set()
        if tag in ("h1", "h2", "h3", "h4"):
            self._level = tag
            self.headings.append([tag, ""])

    def handle_endtag(self, tag: str) -> None:
        if tag == self._level:
            self._level = ""

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._level:
            self.headings[-1][1] += data

    headings: list[list[str]]


def test_a_release_that_nothing_blocks_says_so(tmp_path: Path) -> None:
    report = report_of(tmp_path)

    assert report["blocking"] == []
    assert report["hard_rules"] == {"rules": 1, "passed": 1, "failed": 0, "undecided": 0}
    page = _Page(render_html(report))
    assert "没有：集市的 1 条硬性规则无一违反" in page.text
    assert "Nothing blocks." in page.text


@pytest.mark.parametrize(
    ("extra_sql", "verdict", "rules"),
    [
        ("update quality.validation_run set outcome = 'failed' where rule_id = 'key.unique'",
         "failed", ["key.unique"]),
        ("update quality.validation_run set outcome = 'undecided' where rule_id = 'key.unique'",
         "failed", ["key.unique"]),
        ("update quality.validation_run set outcome = 'undecided' where rule_id = 'key.unique'",
         "passed", []),
        ("update meta.release set policy = 'bureau'", "passed",
         ["release.open-findings-need-decision"]),
        ("update meta.release set policy = 'bureau'; delete from quality.finding", "passed", []),
    ],
)  # fmt: skip
def test_what_blocks_comes_first(
    tmp_path: Path, extra_sql: str, verdict: str, rules: list[str]
) -> None:
    report = report_of(tmp_path, extra_sql, marts=verdict)

    assert [row["rule_id"] for row in report["blocking"]] == rules
    page = _Page(render_html(report))
    assert ("Nothing blocks." in page.text) is not bool(rules)
    assert all(rule in page.text for rule in rules)


def test_the_worst_finding_comes_first_and_guidance_stands_once_per_rule(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        f"""
        insert into quality.finding {FINDING} values
            ('a1', 'column.missing', 'delivery', 'soft', null, null, null, null, null,
             null, null, null, null, null, '缺列', 'missing'),
            ('h1', 'key.unique', 'marts', 'hard', null, null, null, null, null,
             null, null, null, null, null, '重复', 'twice'),
            ('f3', 'relation.sum', 'marts', 'soft', 'fai_year', null, 'fai_growth', '990102',
             '2026', null, null, null, null, null, '又一条', 'another');
        delete from quality.quarantine
        """,
    )

    assert [row["finding_id"] for row in report["findings"]] == ["h1", "a1", "f3", "f1", "f2"]
    assert [(row["rule_id"], row["count"]) for row in report["findings_by_rule"]] == [
        ("key.unique", 1),
        ("column.missing", 1),
        ("relation.sum", 3),
    ]
    page = _Page(render_html(report))
    assert page.text.count("请核对。") == 1
    assert page.text.index("twice") < page.text.index("missing") < page.text.index("another")
    assert "固定资产投资 Fixed-asset investment · 甲区 District A · 2025年 2025" in [
        " ".join(text.split()) for level, text in page.headings if level == "h4"
    ]


def test_both_figures_of_a_finding_stand_side_by_side(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        """
        update quality.finding set
            observation_a = 'aaaaaa02ffff', observation_b = 'bbbbbb01ffff cccccc01ffff gone',
            message_zh = '分项与总计不符：60 + 41 = 101 ≠ 102'
        where finding_id = 'f1'
        """,
    )

    found = next(row for row in report["findings"] if row["finding_id"] == "f1")
    assert [row["observation_id"] for row in found["figures_a"]] == ["aaaaaa02ffff"]
    assert found["figures_a"][0] | {"source_document": "doc_a"} == {
        "observation_id": "aaaaaa02ffff",
        "indicator_code": "fai_total",
        "indicator_name_zh": "固定资产投资",
        "indicator_name_en": "Fixed-asset investment",
        "region_code": "990101",
        "region_name_zh": "甲区",
        "region_name_en": "District A",
        "period": "2025",
        "period_label_zh": "2025年",
        "period_label_en": "2025",
        "value": "102",
        "unit": "亿元",
        "qualifier": "exact",
        "is_simulated": False,
        "obs_status": "A",
        "is_period_inferred": False,
        "source_document": "doc_a",
        "document_title_zh": "年度公报",
        "document_title_en": "Annual bulletin",
        "source_place": "一、投资",
        "delivery_place": "fai.xlsx!表1!B4",
    }
    assert [row["observation_id"] for row in found["figures_b"]] == ["bbbbbb01ffff", "cccccc01ffff"]
    text = " ".join(_Page(render_html(report)).text.split())
    assert "102 亿元 固定资产投资 Fixed-asset investment" in text
    assert "超-5.25 more than -5.25 % 投资增速 Growth of investment" in text
    assert "缺 missing =cmd|calc 模拟数据 / simulated data" in text
    assert "年度公报 · 一、投资 · fai.xlsx!表1!B5" in text
    # The arithmetic stands in a line of its own, not in the message too.
    assert text.count("60 + 41 = 101 ≠ 102") == 1


def test_a_refused_delivery_says_where_and_what_to_do(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        f"""
        insert into quality.quarantine values
            ('q2', 'd2', 'tour', 'unit.known', 'R3C5'), ('q3', 'd2', 'tour', 'unit.known', 'R2C5');
        insert into quality.finding {FINDING} values
            ('d9', 'column.missing', 'delivery', 'hard', 'tour', 'd2', null, null, null, '表头',
             null, null, null, null, '缺列', 'missing')
        """,
    )

    # What is wrong with it stayed out with it: it is no finding of this release.
    assert [row["finding_id"] for row in report["findings"]] == ["f1", "f2"]
    (refused,) = report["refused"]
    assert (refused["delivery_id"], refused["is_open"], refused["producer"]) == (
        "d2",
        True,
        "旅游科",
    )
    assert [(r["rule_id"], r["places"], r["first_places"]) for r in refused["rules"]] == [
        ("column.missing", 1, "表头"),
        ("unit.known", 2, "R2C5, R3C5"),
    ]
    text = " ".join(_Page(render_html(report)).text.split())
    assert "待重新报送 to be sent again" in text
    assert "请补列。 Add the column." in text
    assert [(r["rule_id"], r["places"], r["places_refused"]) for r in report["quarantine"]] == [
        ("relation.sum", 1, 0),
        ("unit.known", 2, 2),
    ]


def test_a_later_good_delivery_closes_a_refusal(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        "insert into quality.conservation select * replace ('d3' as delivery_id, 2 as "
        "delivery_seq, 'admitted' as verdict, null as refused_by) "
        "from quality.conservation where delivery_id = 'd2'; "
        "update quality.conservation set settled_by = 'd3' where delivery_id = 'd2'",
    )

    assert [row["is_open"] for row in report["refused"]] == [False]
    assert "a later delivery was admitted" in render_html(report)


def test_rules_that_lacked_data_are_counted(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        "update quality.validation_run set checked_count = 40, undecided_count = 25 "
        "where rule_id = 'relation.sum'",
    )

    assert [(r["rule_id"], r["undecided_count"]) for r in report["undecided"]] == [
        ("relation.sum", 25)
    ]
    assert "25 of 40 comparisons lacked data" in render_html(report)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ("", {"received": "2026-03-02", "state": "已接收 accepted"}),
        (
            "received_on = '2026-03-12', is_late = true, late_days = 2",
            {"received": "2026-03-12 迟报 2 天 days late: 2", "state": "已接收 accepted"},
        ),
        (
            "state = 'overdue', is_overdue = true, overdue_days = 4, received_on = null, "
            "delivery_count = 0, delivery_id = null",
            {"received": "–", "state": "逾期未报 overdue 逾期 4 天 days overdue: 4"},
        ),
        (
            "state = 'in_query', query_count = 1, delivery_count = 2, superseded_count = 1",
            {
                "received": "2026-03-02 更新 1 批 superseded: 1",
                "state": "查询中 in query 查询 1 条 open queries: 1",
            },
        ),
        (
            "state = 'pending_feedback', pending_since = '2026-03-11', received_on = null, "
            "delivery_count = 0, delivery_id = null",
            {
                "received": "–",
                "state": "待反馈 pending feedback from above 自 2026-03-11 起 since 2026-03-11",
            },
        ),
    ],
)
def test_the_calendar_says_what_became_of_each_period(
    tmp_path: Path, changes: str, told: dict[str, str]
) -> None:
    report = report_of(tmp_path, f"update core.delivery_ledger set {changes}" if changes else "")
    page = fromstring(render_html(report))
    (line,) = page.xpath("//tr[@data-awaited='fai_year 2025']")
    cells = [" ".join(" ".join(cell.itertext()).split()) for cell in line]
    assert (cells[3], cells[4]) == (told["state"], told["received"])
    assert cells[0] == "2026-03-10 17:00"
    assert cells[5] == "投资科"
    assert report["calendar_overdue"] == ("overdue" in told["state"])
    (other,) = page.xpath("//ul[@class='not-awaited']/li")
    assert other.get("data-set") == "tour"
    assert "一次性：不设期限，不催报" in other.text_content()


def test_what_is_settled_leaves_the_calendar_with_its_year(tmp_path: Path) -> None:
    older = "update core.delivery_ledger set due_on = '2025-03-10', stated_on = '2025-03-10'"
    assert report_of(tmp_path / "a", older)["calendar"] == []
    (row,) = report_of(tmp_path / "b", f"{older}, state = 'refused'")["calendar"]
    assert (row["due_on"], row["state"]) == ("2025-03-10", "refused")


def test_how_much_there_is_by_theme_and_mart(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        """
        alter table investment.project_pipeline add column all_observation_ids varchar;
        insert into meta.column_dictionary by name select
            'investment' as schema_name, 'project_pipeline' as table_name,
            'all_observation_ids' as column_name, 6 as ordinal, 'varchar' as data_type,
            true as is_nullable, 'observations' as role;
        update investment.project_pipeline
            set all_observation_ids = 'aaaaaa01ffff, aaaaaa02ffff nobody'
        """,
    )

    assert report["coverage_total"] == {
        "observations": 4,
        "simulated": 1,
        "indicators": 2,
        "regions": 1,
        "data_sets": 2,
        "first_day": "2025-01-01",
        "last_day": "2026-12-31",
    }
    assert [
        (r["theme"], r["observations"], r["data_sets"]) for r in report["coverage_by_theme"]
    ] == [("investment", 4, 2)]
    assert [
        (r["mart"], r["observations"], r["indicators"]) for r in report["coverage_by_mart"]
    ] == [("investment.project_pipeline", 2, 1)]
    assert report["coverage_by_mart"][0]["title_en"] == "Table project_pipeline"


def test_the_page_can_be_read_without_eyes_or_ink(tmp_path: Path) -> None:
    raw = render_html(report_of(tmp_path))
    page = _Page(raw)

    assert [text for level, text in page.headings if level == "h1"] == ["质量报告 Quality report"]
    levels = [int(level[1]) for level, _ in page.headings]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert page.tables == page.captions > 5
    assert page.headers_without_scope == 0
    assert page.targets <= page.ids and len(page.targets) == 8
    assert '<html lang="zh">' in raw and 'lang="en"' in raw
    assert "@page" in raw and "table-header-group" in raw
    # Page one answers; what it rests on follows.
    sections = ["glance", "blocking", "findings", "refused", "undecided", "coverage"]
    places = [raw.index(f'<h2 id="{name}"') for name in sections]
    assert places == sorted(places)


def test_a_flood_of_findings_does_not_make_an_endless_page(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        f"insert into quality.finding {FINDING} "
        "select 'm' || i, 'relation.sum', 'marts', 'soft', null, null, "
        "null, null, null, null, null, null, null, null, '众', 'many' from range(600) as t (i)",
    )

    raw = render_html(report)
    assert len(report["findings"]) == 602
    assert raw.count('<article class="finding') == MAX_SHOWN
    assert "其余 102 条见" in raw


def test_a_decision_stands_beside_its_finding_and_leaves_the_count(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        "update quality.finding set decision = 'accepted', decision_reason = '原文如此', "
        "decided_on = '2026-03-05', decision_expires_on = '2026-12-31' where finding_id = 'f1'; "
        "update meta.release set policy = 'bureau'",
    )
    assert (report["findings_total"], report["findings_open"], report["blocking"]) == (2, 1, [])
    page = _Page(render_html(report))
    text = " ".join(page.text.split())
    assert "发布时有 1 条未了结的发现，另有 1 条已核实并说明理由。" in text
    assert "已核实（照此公布） Accepted as it is 2026-03-05 有效至 2026-12-31" in text
    assert "原文如此" in text
