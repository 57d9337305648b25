"""Texts become codes, decimals in the base unit and periods; what is not understood is named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.collect.layouts.extract import Extract
from orchestration.collect.normalise import (
    OBSERVATION_COLUMNS,
    QUARANTINE_COLUMNS,
    Context,
    normalise,
)
from orchestration.declarations import (
    Code,
    CodeLists,
    Declarations,
    Region,
    Synonym,
    Unit,
    load_declarations,
)
from orchestration.settings import Settings
from orchestration.spec import DataSet
from tests.support import GOOD_ROW, parse_frames, profile


def one(declarations: Declarations, row: str, **options: str) -> dict[str, object]:
    parsed, rows, bad = parse_frames(
        declarations, "yunxi-profile", options.get("name", "公报.csv"), profile(row)
    )
    assert parsed.is_balanced
    return (rows + bad)[0]


def changed(**cells: str) -> str:
    names = "indicator region period kind value qualifier unit measure".split()
    names += "place document published inferred simulated".split()
    texts = dict(zip(names, GOOD_ROW.split(","), strict=True)) | cells
    return ",".join(f'"{texts[name]}"' for name in names)


@pytest.mark.parametrize(
    ("value", "unit", "number", "resolution"),
    [
        ("480.1", "亿元", "480.1", "0.1"),
        ("480", "亿元", "480", "1"),
        ("4,801,000", "万元", "480.1", "0.0001"),
        ("19 278.1", "亿元", "19278.1", "0.1"),
        ("４８０．１", "亿元", "480.1", "0.1"),
        ("-5.82", "亿元", "-5.82", "0.01"),
        ("−5.82", "亿元", "-5.82", "0.01"),
        ("48010000000", "元", "480.1", "0.00000001"),
        ("0", "亿元", "0", "1"),
        ("0.1000000000", "亿元", "0.1", "0.00000001"),
        ("1.2", "万亿元", "12000", "1000"),
    ],
)
def test_values_convert_exactly(
    declarations: Declarations, value: str, unit: str, number: str, resolution: str
) -> None:
    row = one(declarations, changed(value=value, unit=unit))
    assert (row["value"], row["resolution"], row["unit"]) == (
        Decimal(number),
        Decimal(resolution),
        "亿元",
    )
    assert (row["value_printed"], row["unit_printed"]) == (value, unit)


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"value": "约五百"}, "value.not-a-number"),
        ({"value": ""}, "value.not-a-number"),
        ({"value": "1,23.4"}, "value.not-a-number"),
        ({"value": "1.2.3"}, "value.not-a-number"),
        ({"value": "1e5"}, "value.not-a-number"),
        ({"value": "5²"}, "value.not-a-number"),
        ({"value": "①"}, "value.not-a-number"),
        ({"value": "½"}, "value.not-a-number"),
        ({"value": "٤٨٠"}, "value.not-a-number"),
        ({"value": "1,234 567"}, "value.not-a-number"),
        ({"value": "NaN"}, "value.not-a-number"),
        ({"value": "0.1234567891", "unit": "万亿元"}, "value.too-precise"),
        ({"value": "∞"}, "value.not-a-number"),
        ({"value": "5."}, "value.not-a-number"),
        ({"value": ".5"}, "value.not-a-number"),
        ({"value": "--5"}, "value.not-a-number"),
        ({"value": "0.123456789"}, "value.too-precise"),
        ({"value": "1" + "0" * 23}, "value.too-precise"),
        ({"unit": "亿员"}, "unit.unknown"),
        ({"unit": ""}, "unit.missing"),
        ({"unit": "万人"}, "unit.not-convertible"),
        ({"value": "5%"}, "unit.not-convertible"),
        ({"region": "云雾区"}, "region.unknown"),
        ({"region": ""}, "region.unknown"),
        ({"region": "旧城区"}, "region.not-valid-at-period"),
        ({"indicator": "地区生产毛额"}, "indicator.unknown"),
        ({"period": "去年"}, "period.unreadable"),
        ({"period": "2023年13月"}, "period.no-such-date"),
        ({"measure": "奇怪"}, "code.unknown"),
        ({"qualifier": "大概也许"}, "code.unknown"),
        ({"kind": "旬度"}, "code.unknown"),
        ({"inferred": "也许"}, "code.unknown"),
        ({"document": "无名来源"}, "source.unknown-document"),
        ({"published": "2025-02-30"}, "period.unreadable"),
    ],
)
def test_what_is_not_understood_is_quarantined_by_its_rule(
    declarations: Declarations, cells: dict[str, str], rule: str
) -> None:
    row = one(declarations, changed(**cells))
    assert (row.get("rule_id"), row.get("delivery_place")) == (rule, "R2C5")


def test_a_code_that_ended_serves_the_time_it_was_in_force(declarations: Declarations) -> None:
    row = one(declarations, changed(region="旧城区", period="2014年"))
    assert row["region_code"] == "990109"


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("", "exact"),
        ("超", "above"),
        ("以内", "at_most"),
        ("近", "just_below"),
        ("余", "above_slightly"),
        ("不足", "below"),
        ("约", "approx"),
        ("exceeded", "above"),
        ("under", "at_most"),
        ("不低于", "at_least"),
    ],
)
def test_bounds_stay_bounds(declarations: Declarations, word: str, code: str) -> None:
    assert one(declarations, changed(qualifier=word))["qualifier"] == code


@pytest.mark.parametrize(
    ("cells", "name", "known"),
    [
        ({}, "公报.csv", date(2025, 2, 28)),
        ({"document": "yunxi-press"}, "公报.csv", date(2025, 3, 1)),
        ({"published": "2025-06-30"}, "公报.csv", date(2025, 6, 30)),
        ({}, "公报最终核实.csv", date(2026, 1, 20)),
    ],
)
def test_when_the_public_knew(
    declarations: Declarations, cells: dict[str, str], name: str, known: date
) -> None:
    assert one(declarations, changed(**cells), name=name)["known_from"] == known


def test_a_figure_printed_twice_in_one_place_keeps_both(declarations: Declarations) -> None:
    _, rows, _ = parse_frames(
        declarations, "yunxi-profile", "公报.csv", profile(GOOD_ROW, GOOD_ROW)
    )
    assert [row["occurrence"] for row in rows] == [1, 2]


def test_marks_of_inference_and_simulation_stay(declarations: Declarations) -> None:
    row = one(declarations, changed(inferred="是", simulated="模拟"))
    assert (row["is_period_inferred"], row["is_simulated"]) == (True, True)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["480.1", "1,000", "abc", "", "１２", "-3", "5%", "9" * 30]),
            st.sampled_from(["亿元", "万元", "元", "人", "", "亿员"]),
            st.sampled_from(["云溪区", "旧城区", "火星"]),
            st.sampled_from(["2023年", "2023-13", "昨天", "2024年1—5月"]),
        ),
        max_size=20,
    )
)
def test_every_row_is_accepted_or_quarantined(
    declarations: Declarations, rows: list[tuple[str, str, str, str]]
) -> None:
    lines = [changed(value=v, unit=u, region=r, period=p) for v, u, r, p in rows]
    parsed, accepted, bad = parse_frames(declarations, "yunxi-profile", "公报.csv", profile(*lines))
    assert parsed.read == len(lines) + 1
    assert len(accepted) + len(bad) == len(lines)
    assert {row["delivery_place"] for row in accepted + bad} == {
        f"R{number}C5" for number in range(2, len(lines) + 2)
    }


def test_a_shift_that_no_stored_value_can_take_is_never_left_undone(project: Settings) -> None:
    path = project.raw / "datasets" / "profile" / "yunxi-profile.yml"
    text = path.read_text("utf-8").replace("base_unit: 亿元", "base_unit: 元", 1)
    path.write_text(text, encoding="utf-8")
    row = one(load_declarations(project), changed(value="1.2", unit="万亿元"))
    assert row["rule_id"] == "unit.not-convertible"


# --- tables, made by hand: what the layout found is written here --------------------------------


def an_indicator(code: str, *labels: str, **more: object) -> dict[str, object]:
    return {
        "code": code,
        "name": {"zh": labels[0], "en": code},
        "labels": list(labels),
        "measure": "level",
        "price_basis": "current",
        "base_unit": "亿元",
        "decimals": 1,
        "direction": "neutral",
        **more,
    }


GROWTH = {"column": "growth", "measure": "yoy_growth_pct", "base_unit": "%"}
INDICATORS = (
    an_indicator("fai", "固定资产投资"),
    an_indicator("fai_growth", "固定资产投资", **GROWTH),
    an_indicator("share", "投资比重", measure="share_pct", base_unit="%"),
    an_indicator("points", "比重提高", measure="ratio", base_unit="百分点"),
    an_indicator("firms", "企业数", measure="count", base_unit="家"),
    an_indicator("services", "服务业营业收入", lag_months=1),
    an_indicator("services_growth", "服务业营业收入", lag_months=1, **GROWTH),
    an_indicator("renewal", "技改"),
    an_indicator("industry_renewal", "工业投资/技改"),
    an_indicator("output_500", "产值（500万元）"),
    an_indicator("output_2000", "产值（2000万元）", lag_months=1),
    an_indicator("only", "只此一列", column="only"),
)


def a_data_set(*, symbols: dict[str, str] | None = None, **layout: object) -> DataSet:
    keys = [{"header": [key], "key": key} for key in ("value", "growth", "only")]
    blocks = layout.pop("blocks", [{"stub": "指标", "columns": keys}])
    return DataSet.model_validate(
        {
            "id": "test",
            "title": {"zh": "测试", "en": "test"},
            "theme": "profile",
            "owner": "nobody",
            "origin": {
                "producer": "nobody",
                "documents": [{"id": "doc", "title": "文件", "grade": "official"}],
            },
            "delivery": {"pattern": ["*.xlsx"], "cadence": "monthly"},
            "layout": {"kind": "table", "blocks": blocks, **layout},
            "symbols": symbols or {},
            "indicators": list(INDICATORS),
        }
    )


def a_code(
    name: str, code: str, *words: str, first: date | None = None, last: date | None = None
) -> Code:
    return Code(name, code, words[0], "", 1, words[1:], first, last, "")


Y2011 = date(2011, 1, 1)
LISTS = CodeLists(
    regions=(
        Region("990101", "云溪区", "", "county", "", None, None, "", ()),
        Region("990102", "新城区", "", "county", "", date(2016, 1, 1), None, "", ("新城",)),
        Region("990103", "新城县", "", "county", "", None, date(2016, 1, 1), "990102", ()),
    ),
    units=(
        Unit("亿元", "", "", "currency", "100000000", (), "CNY_E8"),
        Unit("万元", "", "", "currency", "10000", (), "CNY_E4"),
        Unit("%", "", "", "percent", "1", (), "PT"),
        Unit("百分点", "", "", "points", "1", ("个百分点",), "PP"),
        Unit("倍", "", "", "times", "1", (), "TIMES"),
        Unit("家", "", "", "firms", "1", (), "FIRMS_JIA"),
    ),
    codes=(
        a_code("qualifier", "exact", "准确值"),
        a_code("qualifier", "above", "超", "突破"),
        a_code("qualifier", "at_least", "以上"),
        a_code("qualifier", "approx", "约"),
        a_code("measure", "level", "水平值"),
        a_code("measure", "yoy_growth_pct", "同比"),
        a_code("scope", "not_stated", "未说明"),
        a_code("scope", "above_scale", "规上"),
        a_code("estimate_stage", "not_stated", "未说明"),
        a_code("estimate_stage", "forecast", "预测数", "预计"),
        a_code("estimate_stage", "flash", "快报数", "快报"),
        a_code("estimate_stage", "final", "最终核实数"),
        a_code("period_kind", "cumulative_range", "累计"),
        a_code("period_kind", "monthly", "月度"),
        a_code("breakdown", "_T", "合计"),
        a_code("measure", "target_level", "目标值"),
        a_code("figure_kind", "outturn", "实绩"),
        a_code("figure_kind", "target", "目标"),
        a_code("figure_kind", "forecast", "预计"),
        a_code("figure_kind", "standard", "标准"),
        a_code("figure_kind", "record", "非统计量"),
        a_code("industry", "C", "制造业", first=date(2012, 1, 1)),
        a_code("industry", "Z", "手工业", last=date(2012, 1, 1)),
    ),
    synonyms=(
        Synonym("indicator", "规上产值", "output_500", None, Y2011),
        Synonym("indicator", "规上产值", "output_2000", Y2011, None),
        Synonym("region", "新城", "990103", None, date(2016, 1, 1)),
        Synonym("scope", "大企业", "above_scale", Y2011, None),
    ),
)
FIGURE = {
    "indicator": "固定资产投资",
    "region": "云溪区",
    "period": "2026-11",
    "value": "12.3",
    "unit": "亿元",
    "period_source": "title",
    "column_key": "value",
    "place": "表1!B7",
}
A_GROWTH = {"column_key": "growth", "unit": "%"}


def understood(data_set: DataSet, *figures: Mapping[str, str | None]) -> list[dict[str, object]]:
    """Figures that differ from a good one, as they were accepted or quarantined."""
    rows = [{**FIGURE, **figure} for figure in figures]
    names = sorted({name for row in rows for name in row})
    frame = pl.DataFrame(
        [[row.get(name) for name in names] for row in rows],
        schema=dict.fromkeys(names, pl.String),
        orient="row",
    )
    nothing = pl.DataFrame(schema={"place": pl.String, "text": pl.String})
    found = Extract(frame, nothing, len(rows), 0, "cell", nothing)
    result = normalise(found, Context(data_set, LISTS, None, None, None))
    assert tuple(result.accepted.columns) == OBSERVATION_COLUMNS
    assert tuple(result.quarantined.columns) == QUARANTINE_COLUMNS
    assert result.accepted.height + result.quarantined.height + result.non_data == len(rows)
    return [*result.accepted.to_dicts(), *result.quarantined.to_dicts()]


def figure(data_set: DataSet | None = None, /, **texts: str | None) -> dict[str, object]:
    return understood(data_set or a_data_set(), texts)[0]


@pytest.mark.parametrize(
    ("value", "unit", "number", "resolution", "unit_printed"),
    [
        ("增长5.6%", "%", "5.6", "0.1", "%"),
        ("增长5.6%", None, "5.6", "0.1", "%"),
        ("增长1倍", "%", "100", "100", "%"),
        ("增长1.2倍", "%", "120", "10", "%"),
        ("增长1.234倍", "%", "123.4", "0.1", "%"),
        ("翻一番", None, "100", "100", "%"),
        ("下降5.8%", "%", "-5.8", "0.1", "%"),
        ("持平", "%", "0", "1", "%"),
        ("持平", None, "0", "1", ""),
        ("▼5.2", "%", "-5.2", "0.1", "%"),
    ],
)
def test_words_of_growth_in_a_column_of_growth(
    value: str, unit: str | None, number: str, resolution: str, unit_printed: str
) -> None:
    row = figure(value=value, unit=unit, column_key="growth")
    assert (row["value"], row["resolution"], row["unit"], row["unit_printed"]) == (
        Decimal(number),
        Decimal(resolution),
        "%",
        unit_printed,
    )
    assert row["value_printed"] == value


@pytest.mark.parametrize(
    ("texts", "rule"),
    [
        # Words of growth where no growth is meant.
        ({"value": "增长5.6%"}, "value.not-a-number"),
        ({"value": "持平"}, "value.not-a-number"),
        ({"indicator": "企业数", "value": "▲5", "unit": "家"}, "value.not-a-number"),
        # A difference in points is no growth, and no share.
        ({**A_GROWTH, "value": "提高13.4个百分点"}, "unit.not-convertible"),
        # The cell says one unit, the corner another.
        ({"value": "12.3万元"}, "unit.not-convertible"),
        ({"value": "12.3%"}, "unit.not-convertible"),
        ({**A_GROWTH, "value": "1.2倍"}, "unit.not-convertible"),
        # The cell says one bound, the column beside it another.
        ({"value": "超1000", "qualifier": "约"}, "code.unknown"),
        ({"value": "超1000", "qualifier": "准确值"}, "code.unknown"),
        # 下降5% and 超: below -5, which 超 beside -5 would not say.
        ({**A_GROWTH, "value": "下降5%", "qualifier": "超"}, "value.not-a-number"),
        ({"value": "(12.3)"}, "value.not-a-number"),
        ({"value": "5^2"}, "value.not-a-number"),
        ({"value": "1E+300"}, "value.too-precise"),
        ({"value": "1E-12"}, "value.too-precise"),
    ],
)
def test_values_that_say_something_else(texts: dict[str, str], rule: str) -> None:
    assert figure(**texts)["rule_id"] == rule


@pytest.mark.parametrize(
    ("texts", "number", "qualifier"),
    [
        ({"value": "超1000"}, "1000", "above"),
        ({"value": "超1000", "qualifier": "突破"}, "1000", "above"),
        ({"value": "1000亿元以上"}, "1000", "at_least"),
        ({"value": "1000万元以上", "unit": None}, "0.1", "at_least"),
        ({"value": "50余家", "indicator": "企业数", "unit": None}, "50", "above_slightly"),
        ({"value": "12.3", "qualifier": "约"}, "12.3", "approx"),
        ({"value": "1.2E+05", "unit": "万元"}, "12", "exact"),
        ({**A_GROWTH, "value": "下降约5%"}, "-5", "approx"),
        ({"value": "提高0.2个百分点", "indicator": "比重提高", "unit": "%"}, "0.2", "exact"),
    ],
)
def test_bounds_and_units_inside_the_value(
    texts: dict[str, str], number: str, qualifier: str
) -> None:
    row = figure(**texts)
    assert (row["value"], row["qualifier"]) == (Decimal(number), qualifier)


def test_the_unit_in_the_cell_is_the_one_that_was_printed() -> None:
    row = figure(value="提高0.2个百分点", indicator="比重提高", unit="%")
    assert (row["unit"], row["unit_printed"]) == ("百分点", "百分点")
    row = figure(value="12.3万元", unit=None)
    assert (row["value"], row["resolution"], row["unit_printed"]) == (
        Decimal("0.00123"),
        Decimal("0.00001"),
        "万元",
    )


def test_brackets_are_a_sign_where_the_layout_says_so() -> None:
    row = figure(a_data_set(negative_in_brackets=True), value="（1,234.5）")
    assert (row["value"], row["value_printed"]) == (Decimal("-1234.5"), "（1,234.5）")


def test_a_blank_cell_may_be_a_symbol() -> None:
    data_set = a_data_set(symbols={"": "O", "-": "none", "…": "M"})
    blank, dots = understood(data_set, {"value": ""}, {"value": "—"}, {"value": "…"})[:2]
    assert (blank["value"], blank["obs_status"], dots["obs_status"]) == (None, "O", "M")


@pytest.mark.parametrize(
    ("period", "report", "code", "kind"),
    [
        ("11月", "2026-11", "2026-11", "monthly"),
        ("1-11月", "2026-11", "2026-01/2026-11", "cumulative_range"),
        ("上年同期", "2026年1—11月", "2025-01/2025-11", "cumulative_range"),
        ("累计", "2026年1月", "2026-01", "cumulative_range"),
        ("2024年", "2026-11", "2024", "annual"),
        ("2024年末", None, "2024-12", "point"),
        ("2025年（累计）", "2025年1—11月", "2025-01/2025-11", "cumulative_range"),
        ("截至2024年末", None, "2024-12", "point"),
    ],
)
def test_periods_of_rows_under_the_report(
    period: str, report: str | None, code: str, kind: str
) -> None:
    row = figure(period=period, report_period=report, period_source="row")
    assert (row["period"], row["period_kind"]) == (code, kind)


@pytest.mark.parametrize(
    ("texts", "stage"),
    [
        ({"period": "2025年快报"}, "flash"),
        ({"period": "2025年（快报数）"}, "flash"),
        ({"period": "2025年预计"}, "forecast"),
        ({"period": "2025年预计", "stage": "预测数"}, "forecast"),
        ({"period": "2025年", "stage": "最终核实数"}, "final"),
        ({"period": "2025年"}, "not_stated"),
    ],
)
def test_a_word_for_a_stage_beside_a_period_is_the_stage(
    texts: dict[str, str | None], stage: str
) -> None:
    row = figure(**texts, period_source="row")
    assert (row["period"], row["estimate_stage"]) == ("2025", stage)


@pytest.mark.parametrize(
    ("texts", "rule"),
    [
        ({"period": "2025年计划"}, "period.with-other-words"),
        ({"period": "2025年目标"}, "period.with-other-words"),
        ({"period": "2025年同比"}, "period.with-other-words"),
        ({"period": "截至2025年"}, "period.with-other-words"),
        ({"period": "2025年快报", "stage": "最终核实数"}, "period.with-other-words"),
        ({"period": "不是2025年"}, "period.unreadable"),
        ({"period": "2025年之前"}, "period.unreadable"),
        ({"period": "2025年以后"}, "period.unreadable"),
        ({"period": "2025年初"}, "period.unreadable"),
        ({"period": "2025年左右"}, "period.unreadable"),
        ({"period": "约2025年"}, "period.unreadable"),
        ({"period": "2025年1月 1-3月"}, "period.unreadable"),
        ({"period": "11月"}, "period.unreadable"),
        ({"period": None}, "period.unreadable"),
        ({"period": "12月", "report_period": "2026-11"}, "period.unreadable"),
        ({"period": "13月", "report_period": "2026-11"}, "period.no-such-date"),
        ({"period": "2026-11-15"}, "period.unreadable"),
    ],
)
def test_periods_that_nobody_can_know(texts: dict[str, str | None], rule: str) -> None:
    row = figure(**texts)
    assert (row["rule_id"], row["raw_name"]) == (rule, texts["period"])


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ({"period_source": "title"}, "2026-10"),
        ({"period_source": "header"}, "2026-10"),
        ({"period_source": "row"}, "2026-11"),
        ({"period_source": "constant"}, "2026-11"),
        ({"period_source": None}, "2026-11"),
        ({"period": "2026年1—11月"}, "2026-01/2026-10"),
        ({"period": "2026年1月"}, "2025-12"),
        ({"period": "2026年1月", "period_kind": "累计"}, "2025-01/2025-12"),
        ({"period": "1月", "period_kind": "累计", "report_period": "2026-01"}, "2025-01/2025-12"),
        ({"indicator": "固定资产投资"}, "2026-11"),
    ],
)
def test_an_indicator_that_lags_has_a_period_of_its_own(
    texts: dict[str, str | None], code: str
) -> None:
    assert figure(**{"indicator": "服务业营业收入", **texts})["period"] == code


def test_a_lag_in_months_needs_months() -> None:
    row = figure(indicator="服务业营业收入", period="2026年一季度")
    assert (row["rule_id"], row["raw_name"]) == ("period.unreadable", "2026年一季度")


def test_the_longest_end_of_the_path_is_the_indicator() -> None:
    paths = {"投资/工业投资/技改": "industry_renewal", "投资/民间投资/技改": "renewal"}
    rows = understood(
        a_data_set(), *({"indicator": "技改", "indicator_path": path} for path in paths)
    )
    assert [row["indicator_code"] for row in rows] == list(paths.values())
    assert figure(indicator="技改")["indicator_code"] == "renewal"


@pytest.mark.parametrize(
    ("period", "code"), [("2010年", "output_500"), ("2011年12月", "output_2000")]
)
def test_a_name_means_what_it_meant_then(period: str, code: str) -> None:
    row = figure(indicator="规上产值", period=period, period_source="row")
    assert row["indicator_code"] == code


@pytest.mark.parametrize(
    "texts",
    [
        {"indicator": "规上产值", "period": "2010—2012年"},
        # The report is of January 2011, its figure of December 2010.
        {"indicator": "规上产值", "period": "2011年1月"},
    ],
)
def test_a_name_that_changes_its_meaning_is_not_chosen(texts: dict[str, str]) -> None:
    row = figure(**texts)
    assert (row["rule_id"], row["raw_name"]) == ("name.ambiguous-in-period", "规上产值")


def test_names_of_regions_and_codes_are_dated_too() -> None:
    row = figure(region="新城", period="2015年", period_source="row")
    assert row["region_code"] == "990103"
    assert figure(region="新城")["region_code"] == "990102"
    row = figure(region="新城", period="2015—2017年")
    assert (row["rule_id"], row["raw_name"]) == ("name.ambiguous-in-period", "新城")
    assert figure(scope="大企业")["scope"] == "above_scale"
    row = figure(scope="大企业", period="2010年")
    assert (row["rule_id"], row["raw_name"]) == ("code.unknown", "大企业")


def test_breakdowns_of_a_list_and_free_ones() -> None:
    listed = a_data_set(breakdown_list="industry")
    assert figure(listed, breakdown="制 造业")["breakdown"] == "C"
    assert figure(listed, breakdown="合计")["breakdown"] == "_T"
    assert figure(listed)["breakdown"] == "_T"
    assert figure(listed, breakdown="手工业", period="2010年")["breakdown"] == "Z"
    row = figure(listed, breakdown="手工业")
    assert (row["rule_id"], row["raw_name"], row["proposal"]) == (
        "code.unknown",
        "手工业",
        "手工业 (Z, —2011-12-31)",
    )
    assert figure(breakdown="甲乙丙")["breakdown"] == "甲乙丙"


def test_constants_say_what_no_cell_says() -> None:
    constants = {"measure": "yoy_growth_pct", "scope": "above_scale", "breakdown": "C"}
    row = figure(a_data_set(breakdown_list="industry", constants=constants))
    assert (row["measure"], row["scope"], row["breakdown"]) == (
        "yoy_growth_pct",
        "above_scale",
        "C",
    )


def test_where_a_column_alone_says_the_indicator() -> None:
    keys = [{"header": [key], "key": key} for key in ("value", "growth")]
    by_column = {
        "stub": "地区",
        "stub_is": "region",
        "columns": [{"header": ["只此一列"], "key": "only"}],
        "starts": "a",
    }
    by_name = {"stub": "指标", "columns": keys, "starts": "b"}
    data_set = a_data_set(blocks=[by_column, by_name])
    row = figure(data_set, indicator=None, column_key="only")
    assert (row["indicator_code"], row["indicator_name_printed"]) == ("only", "只此一列")
    # A blank stub in a block of names is no name.
    assert figure(data_set, indicator=None)["rule_id"] == "indicator.unknown"


@pytest.mark.parametrize(
    ("texts", "rule", "name", "proposal"),
    [
        ({"indicator": "固定资产投姿"}, "indicator.unknown", "固定资产投姿", "固定资产投资 (fai)"),
        (
            {**A_GROWTH, "indicator": "固定资产投姿"},
            "indicator.unknown",
            "固定资产投姿",
            "固定资产投资 (fai_growth)",
        ),
        ({"region": "云西区"}, "region.unknown", "云西区", "云溪区 (990101)"),
        ({"region": "新域区"}, "region.unknown", "新域区", "新城区 (990102)"),
        (
            {"region": "新域县", "period": "2010年"},
            "region.unknown",
            "新域县",
            "新城县 (990103)",
        ),
        ({"unit": "亿员"}, "unit.unknown", "亿员", "亿元 (亿元)"),
        ({"scope": "规上业"}, "code.unknown", "规上业", "规上 (above_scale)"),
        ({"measure": "奇怪"}, "code.unknown", "奇怪", ""),
        ({"period": "2026-11-15"}, "period.unreadable", "2026-11-15", "2026年11月 (2026-11)"),
        ({"value": "12.3.4"}, "value.not-a-number", None, ""),
    ],
)
def test_what_may_have_been_meant_is_proposed_and_not_taken(
    texts: dict[str, str], rule: str, name: str | None, proposal: str
) -> None:
    row = figure(**texts)
    assert (row["rule_id"], row["raw_name"], row["proposal"]) == (rule, name, proposal)
    assert row["raw_text"] == texts.get("value", "12.3")


def test_notes_and_corrections_come_along() -> None:
    row = figure(footnote="①不含农户", correction="2026-001")
    assert (row["note"], row["correction"]) == ("①不含农户", "2026-001")
    row = figure()
    assert (row["note"], row["correction"]) == (None, None)


VALUES = ["12.3", "增长1倍", "持平", "超1000", "12.3万元", "abc", "", "(5)", "5%"]
PERIODS = ["2026-11", "11月", "上年同期", "2010—2012年", "13月", "去年"]


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "value": st.sampled_from(VALUES),
                "period": st.sampled_from(PERIODS),
                "report_period": st.sampled_from([None, "2026-11", "x"]),
                "period_source": st.sampled_from([None, "title", "row"]),
                "indicator": st.sampled_from(
                    ["固定资产投资", "规上产值", "服务业营业收入", "无", None]
                ),
                "region": st.sampled_from(["云溪区", "新城", "火星", None]),
                "unit": st.sampled_from(["亿元", "%", None]),
                "column_key": st.sampled_from(["value", "growth"]),
                "breakdown": st.sampled_from(["制造业", "丙", None]),
            }
        ),
        max_size=15,
    )
)
def test_no_figure_of_a_table_is_lost(figures: list[dict[str, str | None]]) -> None:
    numbered = [{**texts, "place": str(at)} for at, texts in enumerate(figures)]
    if numbered:
        rows = understood(a_data_set(breakdown_list="industry"), *numbered)
        assert {row["delivery_place"] for row in rows} == {row["place"] for row in numbered}


@pytest.mark.parametrize(
    ("texts", "kind", "basis", "stage"),
    [
        ({}, "outturn", "current", "not_stated"),
        ({"measure": "目标值"}, "target", "target", "not_stated"),
        ({"measure": "目标值", "figure_kind": "目标"}, "target", "target", "not_stated"),
        ({"measure": "目标值", "figure_kind": "标准"}, "standard", "standard", "not_stated"),
        ({"figure_kind": "预计"}, "forecast", "current", "forecast"),
        ({"stage": "预测数"}, "forecast", "current", "forecast"),
        ({"period": "2026年预计"}, "forecast", "current", "forecast"),
        ({"figure_kind": "非统计量"}, "record", "current", "not_stated"),
    ],
)
def test_what_a_figure_is(texts: dict[str, str], kind: str, basis: str, stage: str) -> None:
    row = figure(**texts)
    assert (row["figure_kind"], row["basis"], row["estimate_stage"]) == (kind, basis, stage)


def test_a_forecast_has_the_status_of_one() -> None:
    assert figure(figure_kind="预计")["obs_status"] == "F"


@pytest.mark.parametrize(
    "texts",
    [
        {"measure": "目标值", "figure_kind": "实绩"},
        {"measure": "目标值", "figure_kind": "预计"},
        {"stage": "预测数", "figure_kind": "实绩"},
        {"figure_kind": "愿景"},
    ],
    ids=str,
)
def test_a_kind_that_contradicts_or_that_nobody_knows(texts: dict[str, str]) -> None:
    row = figure(**texts)
    assert (row["rule_id"], row["raw_name"]) == ("code.unknown", texts["figure_kind"])


def test_whose_a_figure_is_where_and_in_what_words() -> None:
    row = figure(subject="某集团", locality="某新城", printed="十强", note="年份未印", footnote="①")
    assert (row["subject"], row["locality"], row["value_printed"], row["note"]) == (
        "某集团",
        "某新城",
        "十强",
        "年份未印；①",
    )
    plain = figure()
    assert (plain["subject"], plain["locality"], plain["value_printed"]) == ("_T", "_T", "12.3")


def test_one_indicator_may_have_an_outturn_and_a_forecast_of_one_period() -> None:
    rows = understood(a_data_set(), {}, {"figure_kind": "预计"}, {"subject": "某集团"})
    assert [(row["figure_kind"], row["subject"], row["occurrence"]) for row in rows] == [
        ("outturn", "_T", 1),
        ("forecast", "_T", 1),
        ("outturn", "某集团", 1),
    ]
