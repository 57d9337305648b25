"""Printed tables, one trait at a time: which cell is a figure and what stands around it."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from orchestration.collect.grid import Grid, RefusedError
from orchestration.collect.layouts import Extract, Told, Words, extract
from orchestration.collect.layouts.header import meaning_of
from orchestration.collect.periods import months
from orchestration.spec import DataSet, TableLayout

pytestmark = pytest.mark.core

WORDS = Words(
    frozenset({"万元", "亿元", "%", "人", "个"}),
    (("同比增长", "yoy_growth_pct"), ("比重", "share_pct"), ("同比", "yoy_growth_pct")),
)


def grid(text: str, name: str = "表1", merged: Any = (), indents: Any = None) -> Grid:
    """A grid from lines of cells separated by ``|``; leading blanks of a cell are its indent."""
    rows = []
    for row, line in enumerate(text.strip("\n").splitlines(), start=1):
        for col, cell in enumerate(line.split("|"), start=1):
            if cell.strip():
                indent = sum(2 if c == "　" else 1 for c in cell[: len(cell) - len(cell.lstrip())])
                rows.append((row, col, cell.strip(), indent, (indents or {}).get(row, False)))
    cells = pl.DataFrame(
        rows,
        schema={
            "row": pl.Int64,
            "col": pl.Int64,
            "text": pl.String,
            "indent": pl.Int32,
            "is_bold": pl.Boolean,
        },
        orient="row",
    )
    return Grid(name, cells, merged, height=text.count("\n"))


def read(
    text: str,
    *columns: dict[str, Any],
    told: Told | None = None,
    merged: Any = (),
    name: str = "表1",
    bold: Any = None,
    layout: dict[str, Any] | None = None,
    **block: Any,
) -> Extract:
    declared = {
        "kind": "table",
        "blocks": [
            {"stub": "指标", "header_rows": 1, "columns": list(columns) or [{"header": ["数值"]}]}
            | block
        ],
    } | (layout or {})
    found = extract(
        [grid(text, name, merged, bold)],
        TableLayout.model_validate(declared),
        told or Told(WORDS, "表.xlsx"),
    )
    assert found.read == found.figures.height + found.unexpected.height + found.non_data
    return found


def rows(found: Extract, *columns: str) -> list[tuple[Any, ...]]:
    return found.figures.select(*columns).rows()


def test_numbering_puts_rows_under_one_another() -> None:
    found = read(
        "指标|数值\n一、投资|100\n(一)工业|60\n1、制造业|50\n2.电力|10\n（二）服务业|40\n二、消费|70"
    )
    assert rows(found, "indicator_path", "value", "place") == [
        ("投资", "100", "表1!B2"),
        ("投资/工业", "60", "表1!B3"),
        ("投资/工业/制造业", "50", "表1!B4"),
        ("投资/工业/电力", "10", "表1!B5"),
        ("投资/服务业", "40", "表1!B6"),
        ("消费", "70", "表1!B7"),
    ]


def test_a_cut_opens_a_group_under_the_row_before_it() -> None:
    found = read("指标|数值\n总额|100\n在总额中:|\n工业|60\n服务业|40\n按规模分:|\n大型|30")
    assert rows(found, "indicator_path", "value") == [
        ("总额", "100"),
        ("总额/在总额中:/工业", "60"),
        ("总额/在总额中:/服务业", "40"),
        ("总额/按规模分:/大型", "30"),
    ]


def test_what_follows_of_which_is_lined_up_with_the_name_behind_it() -> None:
    found = read(
        "指标|数值\n总额|100\n  其中：甲|60\n        乙|40\n合计|9",
        hierarchy=["indent", "mark"],
    )
    assert rows(found, "indicator", "indicator_path") == [
        ("总额", "总额"),
        ("甲", "总额/甲"),
        ("乙", "总额/乙"),
        ("合计", "合计"),
    ]


def test_bold_rows_stand_above_plain_ones() -> None:
    found = read(
        "指标|数值\n工业|100\n大型|60\n建筑业|40\n大型|10",
        hierarchy=["bold"],
        bold={2: True, 4: True},
    )
    assert rows(found, "indicator_path") == [
        ("工业",),
        ("工业/大型",),
        ("建筑业",),
        ("建筑业/大型",),
    ]


def test_levels_of_the_stub_may_be_indicators_and_regions() -> None:
    found = read(
        "指标|数值\n税收|100\n#城东|60\n#城西|40\n用电|9",
        stub_is=["indicator", "region"],
    )
    assert rows(found, "indicator", "region", "value") == [
        ("税收", None, "100"),
        ("税收", "城东", "60"),
        ("税收", "城西", "40"),
        ("用电", None, "9"),
    ]


def test_a_unit_in_the_name_is_that_of_the_row() -> None:
    found = read(
        "指标|数值\n税收(亿元)|100\n从业人员（人）|60\n指数(上年=100)|9", unit_in_name=True
    )
    assert rows(found, "indicator", "unit") == [
        ("税收", "亿元"),
        ("从业人员", "人"),
        ("指数(上年=100)", None),
    ]


def test_units_come_from_column_row_and_corner_in_this_order() -> None:
    text = "某表|||（单位：万元）\n指标|数值|比重(%)|另(亿元)\n税收|1|2|3"
    found = read(
        text,
        {"header": ["数值"]},
        {"header": ["比重(%)"], "unit": "%"},
        {"header": ["另"], "unit": "header"},
    )
    assert rows(found, "value", "unit") == [("1", "万元"), ("2", "%"), ("3", "亿元")]


def test_several_units_in_one_corner_say_nothing() -> None:
    found = read("单位：个、亿元\n指标|数值\n税收|1")
    assert rows(found, "value", "unit") == [("1", None)]


def test_a_merged_stub_names_all_rows_that_it_spans() -> None:
    found = read(
        "指标|类别|数值\n税收|甲|1\n|乙|2\n用电|甲|3",
        {"header": ["类别"], "carries": "breakdown"},
        {"header": ["数值"]},
        merged=((2, 1, 3, 1),),
    )
    assert rows(found, "indicator", "breakdown", "value") == [
        ("税收", "甲", "1"),
        ("税收", "乙", "2"),
        ("用电", "甲", "3"),
    ]


def test_a_blank_beside_may_repeat_what_stands_above() -> None:
    found = read(
        "镇街|指标|数值\n城东|税收|1\n|用电|2\n城西|税收|3",
        {"header": ["镇街"], "carries": "region", "fill_down": True},
        {"header": ["数值"]},
    )
    assert rows(found, "region", "indicator", "value") == [
        ("城东", "税收", "1"),
        ("城东", "用电", "2"),
        ("城西", "税收", "3"),
    ]


def test_header_texts_hold_to_the_right_where_merges_were_lost() -> None:
    found = read(
        "2026年3月\n指标|3月||1-3月|\n|数值|同比|数值|同比\n税收|1|2|3|4",
        {"header": ["3月", "数值"], "period": "header"},
        {"header": ["3月", "同比"], "period": "header", "key": "growth"},
        {"header": ["1-3月", "数值"], "period": "header"},
        {"header": ["1-3月", "同比"], "period": "header", "key": "growth"},
        header_rows=2,
        header_fill=True,
    )
    assert rows(found, "period", "column_key", "value") == [
        ("2026-03", "value", "1"),
        ("2026-03", "growth", "2"),
        ("2026-01/2026-03", "value", "3"),
        ("2026-01/2026-03", "growth", "4"),
    ]


def test_meaning_finds_columns_whatever_their_order_and_words() -> None:
    columns: list[dict[str, Any]] = [
        {"means": {"span": "month"}},
        {"means": {"measure": "yoy_growth_pct", "span": "month"}, "key": "growth"},
        {"means": {"span": "to_date"}},
        {"means": {"measure": "yoy_growth_pct", "span": "to_date"}, "key": "growth"},
        {"means": {"span": "to_date", "last_year": True}, "key": "last"},
    ]
    texts = [
        "2026年5月\n指标|5月|同比±%|1-5月|上年同期|同比±%\n税收|1|2|3|5|4",
        "2026年5月\n指标|累计|累计同比增长(%)|去年同期累计|本月|本月同比增长（%）\n税收|3|4|5|1|2",
        "2026年5月\n指标|本年累计|上年同期|比上年同期增长%|当月|当月比上年同月增长%\n税收|3|5|4|1|2",
    ]
    words = Words(
        WORDS.units,
        (
            ("增长", "yoy_growth_pct"),
            ("比上年同期增长", "yoy_growth_pct"),
            *WORDS.measures,
            ("本年", "level"),
        ),
    )
    for text in texts:
        found = read(text, *columns, told=Told(words, ""))
        assert sorted(rows(found, "column_key", "period", "value")) == [
            ("growth", "2026-01/2026-05", "4"),
            ("growth", "2026-05", "2"),
            ("last", "2025-01/2025-05", "5"),
            ("value", "2026-01/2026-05", "3"),
            ("value", "2026-05", "1"),
        ], text


def test_growth_on_another_base_is_no_growth_on_last_year() -> None:
    with pytest.raises(RefusedError) as caught:
        read(
            "2026年5月\n指标|5月|环比增长(%)\n税收|1|2",
            {"means": {"span": "month"}},
            {"means": {"measure": "yoy_growth_pct", "span": "month"}, "key": "growth"},
        )
    assert caught.value.rule == "delivery.missing-column"


def test_blocks_are_found_by_their_titles_and_say_their_regions() -> None:
    text = (
        "说明性文字\n城东街道2026年1-6月\n指标|数值\n税收|1\n注：甲\n\n"
        "城西街道2026年1-6月\n指标|数值\n税收|2"
    )
    found = read(text, starts="^(?P<region>.*?街道)(?P<period>[0-9]{4}年.*)$", every=True)
    assert rows(found, "region", "period", "value", "place") == [
        ("城东街道", "2026年1-6月", "1", "表1!B4"),
        ("城西街道", "2026年1-6月", "2", "表1!B9"),
    ]
    assert found.notes.rows() == [("表1!A5", "", "注：甲")]


@pytest.mark.parametrize(
    ("text", "block", "rule", "place"),
    [
        (
            "甲表\n指标|数值\n税收|1\n甲表\n指标|数值\n税收|2",
            {"starts": "^甲表"},
            "delivery.duplicate-block",
            "表1!row 4",
        ),
        (
            "甲表\n指标|数值\n税收|1\n甲表\n指标|数值\n税收|2",
            {"starts": "^甲表", "every": True},
            "delivery.duplicate-block",
            "表1!row 4",
        ),
        ("乙表\n指标|数值\n税收|1", {"starts": "^甲表"}, "delivery.missing-block", "表1"),
        ("指标|数值\n税收|1\n指标|数值\n税收|2", {}, "delivery.duplicate-column", "表1!A3"),
        ("指标|数额\n税收|1", {}, "delivery.missing-column", "表1!row 1"),
        ("指标|数值|数值\n税收|1|2", {}, "delivery.duplicate-column", "表1!row 1"),
        ("指标|数值|备注\n税收|1|2", {}, "delivery.unknown-column", "表1!row 1"),
        ("指标|数值\n其中：|1", {}, "cell.unexpected", "表1!row 2"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(
    text: str, block: dict[str, Any], rule: str, place: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        read(text, **block)
    assert (caught.value.rule, caught.value.place) == (rule, place)


def test_a_value_column_merged_with_its_neighbour_is_refused() -> None:
    with pytest.raises(RefusedError) as caught:
        read("指标|数值\n税收|1\n用电|", merged=((2, 2, 3, 2),))
    assert (caught.value.rule, caught.value.place) == ("cell.unexpected", "表1!B2")


def test_tables_side_by_side() -> None:
    found = read("指标|数值|指标|数值\n税收|1|用电|2\n用水|3||", side_by_side=True)
    assert rows(found, "indicator", "value", "place") == [
        ("税收", "1", "表1!B2"),
        ("用电", "2", "表1!D2"),
        ("用水", "3", "表1!B3"),
    ]


def test_ignored_rows_are_counted_and_not_read() -> None:
    found = read("指标|数值\n甲|1\n税收|2\n合计|2", ignored_rows=["甲", "合*计"])
    assert rows(found, "indicator", "value") == [("税收", "2")]
    assert (found.read, found.non_data) == (8, 7)


def test_blanks_are_data_where_the_declaration_gives_them_a_status() -> None:
    found = read(
        "指标|数值|比重\n税收|1|\n在总额中:||\n用电||",
        {"header": ["数值"]},
        {"header": ["比重"], "key": "share"},
        told=Told(WORDS, "", blank_is_data=True),
    )
    assert rows(found, "indicator", "column_key", "value", "place") == [
        ("税收", "value", "1", "表1!B2"),
        ("税收", "share", "", "表1!C2"),
        ("用电", "value", "", "表1!B4"),
        ("用电", "share", "", "表1!C4"),
    ]


def test_marks_of_names_headers_and_values_find_their_notes() -> None:
    found = read(
        "指标|数值②\n税收①|1\n用电|2*\n用水|3③\n注：1. 总说明\n①含滞纳金\n②快报数\n*估计数"
    )
    assert rows(found, "indicator", "value", "footnote") == [
        ("税收", "1", "含滞纳金 快报数"),
        ("用电", "2", "快报数 估计数"),
        # Nobody explains ③: the text stays as it is and the cell will be quarantined.
        ("用水", "3③", "快报数"),
    ]
    assert [mark for _, mark, _ in found.notes.rows()] == ["", "①", "②", "*"]


@pytest.mark.parametrize(
    ("where", "name", "file", "period"),
    [
        ("sheet", "2026年3月", "表.xlsx", "2026-03"),
        ("sheet", "2025", "表.xlsx", "2025"),
        ("file", "表1", "税收202603.xlsx", "2026-03"),
        ("file", "表1", "税收2026年1-3月（20260408报）.xlsx", "2026-01/2026-03"),
    ],
)
def test_the_period_of_the_report_may_stand_in_a_name(
    where: str, name: str, file: str, period: str
) -> None:
    found = read(
        "指标|数值\n税收|1",
        {"header": ["数值"], "period": "title"},
        told=Told(WORDS, file),
        name=name,
        layout={"period_from": where},
    )
    assert rows(found, "period", "period_source") == [(period, "title")]


def test_periods_in_the_stub_follow_from_the_title() -> None:
    found = read("2026年消费\n指标|数值\n1-2月|1\n3月|2\n上半年|3", stub_is="period")
    assert rows(found, "period", "report_period", "period_source") == [
        ("1-2月", "2026", "row"),
        ("3月", "2026", "row"),
        ("上半年", "2026", "row"),
    ]


def test_a_point_in_time_stays_one() -> None:
    found = read("人口（2026年6月末）\n指标|数值\n人口|1", {"header": ["数值"], "period": "title"})
    assert rows(found, "period", "period_kind") == [("2026-06", "point")]


def test_two_periods_in_the_title_are_refused_unless_they_end_together() -> None:
    text = "2026年三季度报告\n表1 床位（2026年三季度末）\n指标|数值\n床位|1"
    found = read(text, {"header": ["数值"], "period": "title"})
    assert rows(found, "period", "period_kind") == [("2026-09", "point")]
    with pytest.raises(RefusedError, match="2 different periods"):
        read("2026年三季度报告\n2025年床位\n指标|数值\n床位|1")


def test_constants_of_a_block_fill_what_nothing_else_says() -> None:
    found = read(
        "指标|数值\n税收|1", constants={"period": "2025", "unit": "亿元", "scope": "total"}
    )
    assert rows(found, "period", "period_source", "unit", "scope") == [
        ("2025", "constant", "亿元", "total")
    ]


@pytest.mark.parametrize(
    ("text", "is_outturn"),
    [("2025年1-11月", True), ("2025年1-11月计划", False), ("2025年1-11月预计", False),
     ("2025年1-11月实际完成", True)],
)  # fmt: skip
def test_a_header_that_says_more_than_its_period_is_no_outturn(text: str, is_outturn: bool) -> None:
    said = meaning_of((text,), months(2025, 1, 2025, 11), WORDS)
    assert (said is not None and said.measure == "level") is is_outturn


def test_a_column_says_what_is_100_in_it() -> None:
    """Of two columns of one index each has its own base; a constant holds for all the others."""
    text = "月份|环比|定基（2015年=100）\n2016年1月|100.5|103.0"
    found = read(
        text,
        {"header": ["环比"], "key": "mom"},
        {"header": ["定基*"], "key": "fixed", "price_basis": "2015年=100"},
        stub="月份",
        stub_is="period",
        constants={"indicator": "住宅", "price_basis": "上月=100"},
    )
    assert rows(found, "column_key", "value", "price_basis") == [
        ("mom", "100.5", "上月=100"),
        ("fixed", "103.0", "2015年=100"),
    ]


TABLE: dict[str, Any] = {
    "id": "two-documents",
    "title": {"zh": "两份", "en": "Two"},
    "theme": "profile",
    "owner": "综合科 / General section",
    "origin": {
        "producer": "虚构 / invented",
        "documents": [
            {"id": "a", "title": "甲", "grade": "official"},
            {"id": "b", "title": "乙", "grade": "official"},
        ],
    },
    "delivery": {"pattern": ["*.xlsx"], "cadence": "annual"},
    "indicators": [{"code": "gdp"}, {"code": "exports"}],
}


def declared(*blocks: dict[str, Any]) -> DataSet:
    common = {"stub": "地区", "stub_is": "region", "columns": [{"header": ["*年"], "every": True}]}
    layout = {"kind": "table", "blocks": [common | block for block in blocks]}
    return DataSet.model_validate(TABLE | {"layout": layout})


def test_each_block_may_say_its_document_and_its_indicator() -> None:
    """Constants, a column or the title say them; then no column has to say one indicator."""
    titled = "^(?P<indicator>.+)表$"
    carried = [{"header": ["*年"], "every": True}, {"header": ["来源"], "carries": "document"}]
    data_set = declared(
        {"sheet": "甲", "constants": {"document": "a", "indicator": "总值"}},
        {"sheet": "乙", "title": titled, "columns": carried},
    )
    assert isinstance(data_set.layout, TableLayout)
    assert [block.by_column for block in data_set.layout.blocks] == [False, False]


@pytest.mark.parametrize(
    ("constants", "said"),
    [
        ({"indicator": "总值"}, "the layout must say which one a figure is from"),
        ({"indicator": "总值", "document": "c"}, "'c' is not among origin.documents"),
        ({"document": "a"}, "the column of an indicator"),
    ],
)
def test_a_block_that_leaves_one_of_them_open_is_refused(
    constants: dict[str, str], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        declared({"sheet": "甲", "constants": constants})
