"""Kinds of tables and records: each declared by one key, read from bytes to observations."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from orchestration.collect.archive import Delivery
from orchestration.collect.parse import Outcome, Parsed, Refusal, parse_bytes
from orchestration.declarations import Declarations, Declared
from orchestration.spec import DataSet

pytestmark = pytest.mark.core

YEARS = "columns: [{header: [2024年], period: header}, {header: [2023年], period: header}]"


def indicator(code: str, label: str, unit: str = "亿元", **more: Any) -> dict[str, Any]:
    fixed = {"measure": "level", "price_basis": "current", "decimals": 1, "direction": "neutral"}
    names = {"name": {"zh": label, "en": code}, "labels": [label]}
    return {"code": code, "base_unit": unit} | names | fixed | more


THREE = (indicator("a", "甲"), indicator("b", "乙"), indicator("c", "丙"))


def data_set(layout: str, indicators: Any = THREE, **more: Any) -> DataSet:
    document = {"id": "d", "title": "虚构", "grade": "official"}
    return DataSet.model_validate(
        {
            "id": "kinds",
            "title": {"zh": "虚构", "en": "Invented"},
            "theme": "profile",
            "owner": "综合科 / General section",
            "origin": {"producer": "虚构 / invented", "documents": [document]},
            "delivery": {"pattern": ["*"], "cadence": "annual"},
            "layout": yaml.safe_load(layout),
            "indicators": list(indicators),
        }
        | more
    )


def parse(
    declarations: Declarations, declared: DataSet, text: str
) -> tuple[Parsed, Outcome | None]:
    delivery = Delivery(
        data_set_id="kinds",
        sha256="0" * 64,
        size_bytes=1,
        file_name="a.csv",
        connector="preview",
        delivered_on=date(2026, 11, 2),
        received_at="2026-11-02T00:00:00+00:00",
    )
    wrapped = Declared(declared, Path("kinds.yml"), "")
    parsed, outcome = parse_bytes(text.encode(), delivery, wrapped, declarations.codelists)
    assert parsed.is_balanced
    return parsed, outcome


def read(
    declarations: Declarations, layout: str, text: str, *columns: str, indicators: Any = THREE
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The accepted figures (code, value, columns), and what was quarantined (rule, place)."""
    parsed, outcome = parse(declarations, data_set(layout, indicators), text)
    assert outcome is not None, parsed.refusal
    names = ("indicator_code", "value", *columns)
    found = [
        (c, format(v.normalize(), "f"), *r) for c, v, *r in outcome.accepted.select(names).rows()
    ]
    return found, outcome.quarantined.select("rule_id", "delivery_place").rows()


def refusal(declarations: Declarations, layout: str, text: str) -> Refusal:
    parsed, _ = parse(declarations, data_set(layout), text)
    assert parsed.refusal is not None
    return parsed.refusal


def table(*blocks: str, more: str = "", region: str = "990101") -> str:
    listed = ", ".join(f"{{header_rows: 1, {block}}}" for block in blocks)
    constants = f"constants: {{region: '{region}', unit: 亿元}}"
    return f"{{kind: table, format: csv, {constants}, blocks: [{listed}], {more}}}"


# --- tables without a title -------------------------------------------------------------------

TWICE = "指标,2024年,2023年\n甲,1,2\n乙,3,4\n,,\n指标,2024年,2023年\n丙,5,6\n"
SIX = [("a", "1"), ("a", "2"), ("b", "3"), ("b", "4"), ("c", "5"), ("c", "6")]


@pytest.mark.parametrize("told", [("nth: 1", "nth: 2"), ("first_row: 甲", "first_row: 丙")])
def test_tables_of_one_header_are_told_by_place_or_first_row(
    declarations: Declarations, told: tuple[str, str]
) -> None:
    layout = table(*(f"stub: 指标, {which}, {YEARS}" for which in told))
    assert read(declarations, layout, TWICE) == (SIX, [])


def test_what_stands_below_a_blank_row_belongs_to_the_next_table(
    declarations: Declarations,
) -> None:
    text = TWICE.replace("\n,,\n", "\n,,\n单位：万元,,\n")
    first, second = (f"stub: 指标, nth: {n}, {YEARS}" for n in (1, 2))
    layout = table(first, second).replace(", unit: 亿元", "")
    found, quarantined = read(declarations, layout, text)
    assert found == [("c", "0.0005"), ("c", "0.0006")]
    assert [rule for rule, _ in quarantined] == ["unit.missing"] * 4


def test_a_table_that_nobody_declared_refuses_the_file(declarations: Declarations) -> None:
    told = refusal(declarations, table(f"stub: 指标, nth: 1, {YEARS}"), TWICE)
    assert (told.rule_id, told.place) == ("delivery.duplicate-block", "row 5")
    both = table(f"stub: 指标, nth: 1, {YEARS}", f"stub: 指标, first_row: 甲, {YEARS}")
    assert refusal(declarations, both, TWICE).rule_id == "delivery.duplicate-block"


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        (("nth: 1", "nth: 2, first_row: 甲"), "nth and first_row both say"),
        (("nth: 1", "starts: 甲"), "all told by `starts`"),
        (("nth: 1", ""), "needs `starts`"),
    ],
)
def test_blocks_that_are_told_in_two_ways_are_refused(blocks: tuple[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        data_set(table(*(f"stub: 指标, {YEARS}, {which}" for which in blocks)))


def test_tables_of_other_sheets_are_passed_over_but_no_number(declarations: Declarations) -> None:
    page = (
        "<table><tr><td>首页</td><td>数据</td></tr></table><p>2024年主要指标</p>"
        "<table><tr><td>指标</td><td>数值</td></tr><tr><td>甲</td><td>1</td></tr></table>"
        "<table><tr><td>下一页</td><td>2</td></tr></table>"
    )
    block = "stub: 指标, columns: [{header: [数值], period: title}]"
    layout = table(block, more="other_sheets: ignore").replace("csv", "html")
    assert read(declarations, layout, page) == ([("a", "1")], [("cell.unexpected", "表3!R1C2")])
    none = page.replace("指标</td>", "名称</td>")
    assert refusal(declarations, layout, none).rule_id == "delivery.missing-block"


# --- columns ------------------------------------------------------------------------------------


def test_a_number_in_a_column_that_carries_none_is_quarantined(declarations: Declarations) -> None:
    text = "指标,2024年,2023年,序号\n甲,1,2,1\n乙,3,无,2\n"
    columns = "{header: [2024年], period: header}, {header: [序号], carries: none}"
    for carries, quarantined in (("none", [("cell.unexpected", "R2C3")]), ("ignored", [])):
        more = f"{{header: [2023年], carries: {carries}}}"
        layout = table(f"stub: 指标, columns: [{columns}, {more}]")
        assert read(declarations, layout, text) == ([("a", "1"), ("b", "3")], quarantined)


def test_equal_headers_are_told_by_the_column_to_their_left(declarations: Declarations) -> None:
    growth = {"measure": "yoy_growth_pct", "column": "growth"}
    four = (*THREE[:2], indicator("ag", "甲", "%", **growth), indicator("bg", "乙", "%", **growth))
    columns = ", ".join(
        f"{{header: [{head}], indicator: {name}}}, {{header: [增速], after: {head}, key: growth, "
        f"indicator: {name}, unit: '%'}}"
        for head, name in (("产值", "甲"), ("销售", "乙"))
    )
    layout = table(f"stub: 年份, stub_is: period, columns: [{columns}]")
    text = "年份,产值,增速,销售,增速\n2024年,1,2,3,4\n"
    found, quarantined = read(declarations, layout, text, indicators=four)
    assert (found, quarantined) == ([("a", "1"), ("ag", "2"), ("b", "3"), ("bg", "4")], [])


@pytest.mark.parametrize(
    ("column", "header", "stage"),
    [
        ("{header: ['*'], period: header, every: true}", "2024年（快报数）", "flash"),
        ("{header: [2024年预计], period: 2024年, stage: forecast}", "2024年预计", "forecast"),
        ("{header: [2024年], period: header}", "2024年", "not_stated"),
    ],
)
def test_the_stage_of_a_column(
    declarations: Declarations, column: str, header: str, stage: str
) -> None:
    layout = table(f"stub: 指标, columns: [{column}]")
    text = f"指标,{header}\n甲,1\n"
    found, _ = read(declarations, layout, text, "period", "estimate_stage")
    assert found == [("a", "1", "2024", stage)]


# --- rows ---------------------------------------------------------------------------------------


def test_rows_of_regions_among_rows_of_indicators(declarations: Declarations) -> None:
    layout = table(f"stub: 指标, region_rows: ['*区'], {YEARS}", region="990100")
    text = "指标,2024年,2023年\n甲,1,2\n云溪区,3,4\n乙,5,6\n  其中：云溪区,7,8\n"
    found, quarantined = read(declarations, layout, text, "region_code", "period")
    assert quarantined == []
    assert [row for row in found if row[3] == "2024"] == [
        ("a", "1", "990100", "2024"),
        ("a", "3", "990101", "2024"),
        ("b", "5", "990100", "2024"),
        ("b", "7", "990101", "2024"),
    ]


def test_a_period_in_the_name_of_a_row(declarations: Declarations) -> None:
    written = "'^(?P<period>[0-9]+(-[0-9]+)?月)'"
    block = f"stub: 指标, period_in_name: {written}, columns: [{{header: [数值]}}]"
    text = "2026年6月主要指标,\n指标,数值\n1-6月甲,1\n6月乙,2\n"
    found, _ = read(declarations, table(block), text, "period", "period_kind")
    assert found == [
        ("a", "1", "2026-01/2026-06", "cumulative_range"),
        ("b", "2", "2026-06", "monthly"),
    ]


def test_a_period_of_which_two_cells_say_a_part_each(declarations: Declarations) -> None:
    columns = (
        "{header: [年], carries: period, fill_down: true}, {header: [月], carries: period}, "
        "{header: [数]}"
    )
    text = "指标,年,月,数\n甲,2024,1,5\n甲,,2,6\n甲,2025,1-2月,7\n甲,2026,,8\n"
    found, quarantined = read(
        declarations, table(f"stub: 指标, columns: [{columns}]"), text, "period"
    )
    assert found == [("a", "5", "2024-01"), ("a", "6", "2024-02"), ("a", "7", "2025-01/2025-02")]
    assert quarantined == [("period.with-other-words", "R5C4")]


RECORDS = (
    "columns: {indicator: 指标, period: %s, value: 数值}, constants: {region: '990101', unit: 亿元}"
)


def test_parts_of_a_period_in_records(declarations: Declarations) -> None:
    layout = f"{{kind: records, {RECORDS % '[年份, 月份]'}}}"
    text = "指标,年份,月份,数值\n甲,2024,5,1\n甲,2024,1-3月,2\n甲,2024,全年,3\n"
    text += "甲,2024,,4\n甲,,5,5\n甲,4048,5,6\n"
    found, quarantined = read(declarations, layout, text, "period")
    assert found == [("a", "1", "2024-05"), ("a", "2", "2024-01/2024-03"), ("a", "3", "2024")]
    assert quarantined == [
        ("period.with-other-words", "R5C4"),
        ("period.unreadable", "R6C4"),
        ("period.no-such-date", "R7C4"),
    ]
    quarters = f"{{kind: records, {RECORDS % '[年份, 季度]'}}}"
    text = "指标,年份,季度,数值\n甲,2024,2,1\n甲,2024,前三季度,2\n"
    assert read(declarations, quarters, text, "period")[0] == [
        ("a", "1", "2024-Q2"),
        ("a", "2", "2024-01/2024-09"),
    ]


SPANNED = (indicator("m", "甲当月值"), indicator("cu", "甲累计值"), indicator("st", "甲期末值"))


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("甲当月值,2024-05", ("m", "1", "2024-05", "monthly")),
        ("甲累计值,2024-05", ("cu", "1", "2024-01/2024-05", "cumulative_range")),
        ("甲累计值,2024-Q2", ("cu", "1", "2024-01/2024-06", "cumulative_range")),
        ("甲累计值,2024", ("cu", "1", "2024", "annual")),
        ("甲期末值,2024-01/2024-05", ("st", "1", "2024-05", "point")),
        ("甲期末值,2024-Q2", ("st", "1", "2024-06", "point")),
    ],
)
def test_words_in_a_name_say_what_stretch_of_time_it_is_about(
    declarations: Declarations, row: str, found: tuple[str, ...]
) -> None:
    spans = "spans: {累计: to_date, 期末: point}"
    layout = f"{{kind: records, {spans}, {RECORDS % '期间'}}}"
    text = f"指标,期间,数值\n{row},1\n"
    read_ = read(declarations, layout, text, "period", "period_kind", indicators=SPANNED)
    assert read_ == ([found], [])


def test_a_span_that_the_period_cannot_have_is_quarantined(declarations: Declarations) -> None:
    layout = f"{{kind: records, spans: {{累计: to_date}}, {RECORDS % '期间'}}}"
    text = "指标,期间,数值\n甲累计值,2024-03/2024-05,1\n"
    found, quarantined = read(declarations, layout, text, indicators=SPANNED)
    assert (found, quarantined) == ([], [("period.unreadable", "R2C3")])


KINDS = (
    "{kind: records, columns: {indicator: 指标, period: 期间, value: 数值, period_kind: 频率}, "
    "constants: {region: '990101', unit: 亿元}}"
)


@pytest.mark.parametrize(
    ("period", "said", "kind"),
    [
        ("2024", "A", "annual"),
        ("2024-06", "月", "monthly"),
        ("2024-Q2", "Q", "quarterly"),
        ("2024-01/2024-03", "季度", "quarterly"),
        ("2024-01/2024-12", "年度", "annual"),
        ("2024-06", "时点", "point"),
        ("2024-Q2", "时点", "point"),
    ],
)
def test_a_frequency_that_goes_with_its_period(
    declarations: Declarations, period: str, said: str, kind: str
) -> None:
    text = f"指标,期间,数值,频率\n甲,{period},1,{said}\n"
    assert read(declarations, KINDS, text, "period_kind") == ([("a", "1", kind)], [])


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("2024", "月度"),
        ("2024", "Q"),
        ("2024-06", "年度"),
        ("2024-06", "季度"),
        ("2024-Q2", "月度"),
        ("2024-Q2", "年度"),
        ("2024-01/2024-05", "月度"),
        ("2024-02/2024-04", "季度"),
        ("2020/2022", "年度"),
    ],
)
def test_a_kind_that_contradicts_its_period_is_quarantined(
    declarations: Declarations, period: str, said: str
) -> None:
    text = f"指标,期间,数值,频率\n甲,{period},1,{said}\n"
    assert read(declarations, KINDS, text) == ([], [("period.kind-contradicted", "R2C3")])


def test_what_is_cumulative_up_to_a_month_runs_from_january_on(declarations: Declarations) -> None:
    text = "指标,期间,数值,频率\n甲,2024-06,1,累计\n甲,2024-01,2,累计\n甲,2024-Q1,3,累计\n"
    found, _ = read(declarations, KINDS, text, "period", "period_kind")
    assert found == [
        ("a", "1", "2024-01/2024-06", "cumulative_range"),
        ("a", "2", "2024-01", "cumulative_range"),
        ("a", "3", "2024-Q1", "cumulative_range"),
    ]


def test_units_by_indicator_where_the_file_has_none(declarations: Declarations) -> None:
    three = (indicator("a", "甲"), indicator("p", "率", "%"), indicator("n", "人数", "人"))
    fixed = "constants: {region: '990101'}, columns: {indicator: 指标, period: 期间, value: 数值}"
    text = "指标,期间,数值\n甲,2024,15000\n率,2024,2\n率,2023,3%\n人数,2024,4\n"
    layout = f"{{kind: records, units: {{a: 万元, '*': base}}, {fixed}}}"
    found, quarantined = read(declarations, layout, text, "unit", indicators=three)
    assert quarantined == []
    assert found == [
        ("a", "1.5", "亿元"),
        ("p", "2", "%"),
        ("p", "3", "%"),
        ("n", "4", "人"),
    ]
    one = f"{{kind: records, units: {{a: 万元}}, {fixed}}}"
    _, quarantined = read(declarations, one, text, indicators=three)
    assert quarantined == [("unit.missing", "R3C3"), ("unit.missing", "R5C3")]


# --- notes --------------------------------------------------------------------------------------

MOVED = "指标,2024年,2023年\n甲,1①,2\n乙,3,4\n①为2022年数据。,,\n"


def test_a_note_that_moves_the_period_of_its_figure(declarations: Declarations) -> None:
    block = f"stub: 指标, {YEARS}"
    moves = "footnotes: [{says: '为(?P<period>[0-9]{4}年)数据', moves: true}]"
    found, quarantined = read(declarations, table(block, more=moves), MOVED, "period", "note")
    assert quarantined == []
    assert found[0] == ("a", "1", "2022", "为2022年数据。")
    assert [row[2] for row in found[1:]] == ["2023", "2024", "2023"]


def test_a_note_that_moves_a_period_undeclared_keeps_the_figure_out(
    declarations: Declarations,
) -> None:
    found, quarantined = read(declarations, table(f"stub: 指标, {YEARS}"), MOVED, "period")
    assert [row[:2] for row in found] == [("a", "2"), ("b", "3"), ("b", "4")]
    assert quarantined == [("period.unreadable", "R2C2")]
    same_year = MOVED.replace("2022年数据", "2024年数据")
    assert read(declarations, table(f"stub: 指标, {YEARS}"), same_year)[1] == []


def test_a_note_says_the_stage_of_one_period(declarations: Declarations) -> None:
    text = "指标,2024年,2023年\n甲,1,2\n注：2024年为初步核算数。,,\n"
    says = "footnotes: [{says: '(?P<period>[0-9]{4}年)为初步', stage: preliminary}]"
    layout = table(f"stub: 指标, {YEARS}", more=says)
    found, _ = read(declarations, layout, text, "estimate_stage", "obs_status")
    assert found == [("a", "1", "preliminary", "P"), ("a", "2", "not_stated", "A")]


def test_a_note_says_the_status_of_the_figures_that_carry_its_mark(
    declarations: Declarations,
) -> None:
    text = "指标,2024年,2023年\n甲①,1,2\n乙,3,4\n①估算。,,\n"
    says = "footnotes: [{says: 估算, status: E}]"
    layout = table(f"stub: 指标, {YEARS}", more=says)
    found, _ = read(declarations, layout, text, "obs_status")
    assert [row[2] for row in found] == ["E", "E", "A", "A"]


def test_a_year_of_digits_with_its_stage_in_brackets(declarations: Declarations) -> None:
    block = "stub: 年份, stub_is: period, columns: [{header: [甲], indicator: 甲}]"
    text = "年份,甲\n2024（快报数）,1\n2023,2\n2022（约）,3\n"
    found, quarantined = read(declarations, table(block), text, "period", "estimate_stage")
    assert found == [("a", "1", "2024", "flash"), ("a", "2", "2023", "not_stated")]
    assert [place for _, place in quarantined] == ["R4C2"]


def test_a_table_whose_corner_is_blank(declarations: Declarations) -> None:
    block = "stub: '', stub_is: period, columns: [{header: ['*'], indicator: header, every: true}]"
    text = "某区人口,,\n,,单位：亿元\n,甲,乙\n2023年,1,2\n2024年,3,4\n"
    found, quarantined = read(declarations, table(block), text, "period")
    assert quarantined == []
    assert found == [
        ("a", "1", "2023"),
        ("b", "2", "2023"),
        ("a", "3", "2024"),
        ("b", "4", "2024"),
    ]
    named = text.replace("\n,甲", "\n年份,甲")
    assert refusal(declarations, table(block), named).rule_id == "delivery.missing-column"


@pytest.mark.parametrize("note", ["①普查修订数。", "注：①普查修订数。", "注: ① 普查修订数。"])
def test_a_mark_behind_the_word_note_is_found(declarations: Declarations, note: str) -> None:
    text = f"指标,2024年,2023年①\n甲,1,2\n{note},,\n"
    says = "footnotes: [{says: 普查修订, stage: census_revised}]"
    layout = table(f"stub: 指标, {YEARS}", more=says)
    found, _ = read(declarations, layout, text, "estimate_stage", "note")
    assert found == [("a", "1", "not_stated", None), ("a", "2", "census_revised", "普查修订数。")]
