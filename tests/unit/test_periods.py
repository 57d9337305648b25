"""Periods as deliveries write them, and as headers of a report say them."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.collect.periods import (
    NoSuchDateError,
    Period,
    default_kind,
    hint,
    is_period_text,
    label_zh,
    month,
    months,
    parse_period,
    quarter,
    resolve_period,
    shift_months,
    span_of,
    with_years,
    year,
    years,
)

pytestmark = pytest.mark.core


@pytest.mark.parametrize(
    ("text", "code", "start", "end"),
    [
        ("2022", "2022", date(2022, 1, 1), date(2022, 12, 31)),
        ("２０２２年", "2022", date(2022, 1, 1), date(2022, 12, 31)),
        ("2022年度", "2022", date(2022, 1, 1), date(2022, 12, 31)),
        ("2023-06", "2023-06", date(2023, 6, 1), date(2023, 6, 30)),
        ("202509MM", "2025-09", date(2025, 9, 1), date(2025, 9, 30)),
        ("202404SS", "2024-Q4", date(2024, 10, 1), date(2024, 12, 31)),
        ("2025YY", "2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("2024M09", "2024-09", date(2024, 9, 1), date(2024, 9, 30)),
        ("2024-M09", "2024-09", date(2024, 9, 1), date(2024, 9, 30)),
        ("2024-A1", "2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-S1", "2024-01/2024-06", date(2024, 1, 1), date(2024, 6, 30)),
        ("2024-S2", "2024-07/2024-12", date(2024, 7, 1), date(2024, 12, 31)),
        ("2024-Q3", "2024-Q3", date(2024, 7, 1), date(2024, 9, 30)),
        ("2024-01/P30M", "2024-01/2026-06", date(2024, 1, 1), date(2026, 6, 30)),
        ("2024-11-01/P3M", "2024-11/2025-01", date(2024, 11, 1), date(2025, 1, 31)),
        ("2024-03/P1M", "2024-03", date(2024, 3, 1), date(2024, 3, 31)),
        ("2024-01-01T00:00:00/P2Y", "2024/2025", date(2024, 1, 1), date(2025, 12, 31)),
        ("2023年6月末", "2023-06", date(2023, 6, 1), date(2023, 6, 30)),
        ("2024年2月", "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024年末", "2024-12", date(2024, 12, 1), date(2024, 12, 31)),
        ("2026-Q1", "2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026年一季度", "2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("Q1 2026", "2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("Jan 2026", "2026-01", date(2026, 1, 1), date(2026, 1, 31)),
        ("1988 JAN", "1988-01", date(1988, 1, 1), date(1988, 1, 31)),
        ("September 2024", "2024-09", date(2024, 9, 1), date(2024, 9, 30)),
        ("2026年第4季度", "2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2024年1—5月", "2024-01/2024-05", date(2024, 1, 1), date(2024, 5, 31)),
        ("2024年1-2月", "2024-01/2024-02", date(2024, 1, 1), date(2024, 2, 29)),
        ("2024 年 1 月 至 5 月", "2024-01/2024-05", date(2024, 1, 1), date(2024, 5, 31)),
        ("2021年1月—2023年6月", "2021-01/2023-06", date(2021, 1, 1), date(2023, 6, 30)),
        ("2021-01/2023-06", "2021-01/2023-06", date(2021, 1, 1), date(2023, 6, 30)),
        ("2020—2022年", "2020/2022", date(2020, 1, 1), date(2022, 12, 31)),
        ("2020/2022", "2020/2022", date(2020, 1, 1), date(2022, 12, 31)),
        ("2024年上半年", "2024-01/2024-06", date(2024, 1, 1), date(2024, 6, 30)),
        ("2024年前三季度", "2024-01/2024-09", date(2024, 1, 1), date(2024, 9, 30)),
        ("2026.11", "2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026.2", "2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2026/11", "2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026-1", "2026-01", date(2026, 1, 1), date(2026, 1, 31)),
        ("2022-6", "2022-06", date(2022, 6, 1), date(2022, 6, 30)),
        ("202611", "2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026年11月份", "2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026年1月至11月", "2026-01/2026-11", date(2026, 1, 1), date(2026, 11, 30)),
        ("2026年1-11月份", "2026-01/2026-11", date(2026, 1, 1), date(2026, 11, 30)),
        ("2026年前11个月", "2026-01/2026-11", date(2026, 1, 1), date(2026, 11, 30)),
        ("2026.1-2026.11", "2026-01/2026-11", date(2026, 1, 1), date(2026, 11, 30)),
        ("2026年第一季度", "2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026年1季度", "2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026Q3", "2026-Q3", date(2026, 7, 1), date(2026, 9, 30)),
        ("2026年一至三季度", "2026-01/2026-09", date(2026, 1, 1), date(2026, 9, 30)),
        ("2026年下半年", "2026-07/2026-12", date(2026, 7, 1), date(2026, 12, 31)),
        ("2026H1", "2026-01/2026-06", date(2026, 1, 1), date(2026, 6, 30)),
        ("二〇二六年", "2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("二零二六年", "2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("二○二六年十一月", "2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("二〇二六年一至十一月", "2026-01/2026-11", date(2026, 1, 1), date(2026, 11, 30)),
        ("二〇二〇—二〇二二年", "2020/2022", date(2020, 1, 1), date(2022, 12, 31)),
        ("2026-11-30", "2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026-11-30 00:00:00", "2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2024/2/29", "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026年11月30日", "2026-11", date(2026, 11, 1), date(2026, 11, 30)),
    ],
)
def test_known_forms(text: str, code: str, start: date, end: date) -> None:
    period = parse_period(text)
    assert (period.code, period.start, period.end) == (code, start, end)


@pytest.mark.parametrize(
    "text",
    [
        "2023年13月",
        "2023-00",
        "202413MM",
        "202405SS",
        "202400SS",
        "2024-S3",
        "2024M00",
        "2024-01/P0M",
        "2026-Q5",
        "2023年6—1月",
        "2022/2020",
        "0022年",
        "2026-02-30",
        "2026年11月31日",
        "2026/13",
    ],
)
def test_dates_that_do_not_exist(text: str) -> None:
    with pytest.raises(NoSuchDateError):
        parse_period(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "去年",
        "11月",
        "202",
        "“十四五”",
        "2022-06-29",
        "2026年11月15日",
        "202²年",
        "٢٠٢٢",
        "26年",
        "26年11月",
        "2026年1—本月",
        # A number that lost a zero: January, or October.
        "2026.1",
        # The serial of a date, a region code, no month at all.
        "45231",
        "330205",
        "202613",
        "20261130",
        "2005-10年",
    ],
)
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="not written like a period"):
        parse_period(text)


YEARS = st.integers(1950, 2100)
MONTHS = st.integers(1, 12)
PERIODS = st.one_of(
    st.builds(year, YEARS),
    st.builds(month, YEARS, MONTHS),
    st.builds(quarter, YEARS, st.integers(1, 4)),
    st.builds(
        lambda y, m, dy, n: months(y, m, y + dy + 1, n), YEARS, MONTHS, st.integers(0, 9), MONTHS
    ),
    st.builds(lambda y, n: years(y, y + n), YEARS, st.integers(1, 50)),
)


@given(PERIODS)
def test_code_and_label_say_the_same(period: Period) -> None:
    assert parse_period(period.code) == period
    assert parse_period(label_zh(period)) == period


@given(st.text(max_size=30))
def test_any_text_is_a_period_or_a_clear_error(text: str) -> None:
    try:
        period = parse_period(text)
    except ValueError:
        return
    assert period.start <= period.end


NOVEMBER, TO_NOVEMBER = month(2026, 11), months(2026, 1, 2026, 11)


@pytest.mark.parametrize("report", [NOVEMBER, TO_NOVEMBER])
@pytest.mark.parametrize(
    ("path", "code"),
    [
        (["本月"], "2026-11"),
        (["当月"], "2026-11"),
        (["11月"], "2026-11"),
        (["十一月"], "2026-11"),
        (["1–11月"], "2026-01/2026-11"),
        (["１－１１月"], "2026-01/2026-11"),
        (["一至十一月"], "2026-01/2026-11"),
        (["前11个月"], "2026-01/2026-11"),
        (["1-本月"], "2026-01/2026-11"),
        (["1月至本月"], "2026-01/2026-11"),
        (["累计"], "2026-01/2026-11"),
        (["本年累计"], "2026-01/2026-11"),
        (["年初累计"], "2026-01/2026-11"),
        (["自年初至本月末累计"], "2026-01/2026-11"),
        (["今年以来"], "2026-01/2026-11"),
        (["本月止累计"], "2026-01/2026-11"),
        (["本年止累计"], "2026-01/2026-11"),
        (["本期累计"], "2026-01/2026-11"),
        (["上年同月"], "2025-11"),
        (["上年同期累计"], "2025-01/2025-11"),
        (["上月"], "2026-10"),
        (["全年"], "2026"),
        (["一季度"], "2026-Q1"),
        (["第三季度"], "2026-Q3"),
        (["上半年"], "2026-01/2026-06"),
        (["前三季度"], "2026-01/2026-09"),
        (["1–2月"], "2026-01/2026-02"),
        (["期末"], "2026-11"),
        (["月末"], "2026-11"),
        (["上年末"], "2025-12"),
        (["上月末"], "2026-10"),
        # Words of growth and units around it.
        (["11月增长(%)"], "2026-11"),
        (["1-11月累计"], "2026-01/2026-11"),
        (["本月止累计±%"], "2026-01/2026-11"),
        (["11月", "比上年同期增长(%)"], "2026-11"),
        (["1-11月", "同比±%"], "2026-01/2026-11"),
        (["11月比去年同月±%"], "2026-11"),
        (["1-11月", "增加值（按2020年不变价）"], "2026-01/2026-11"),
        # What stands above is what the lower texts start from.
        (["11月", "上年同期"], "2025-11"),
        (["1-11月", "上年同期"], "2025-01/2025-11"),
        (["1-11月", "上年"], "2025-01/2025-11"),
        (["上年同期", "1-11月"], "2025-01/2025-11"),
        (["上年", "1-11月"], "2025-01/2025-11"),
        (["去年11月"], "2025-11"),
        (["本年", "累计"], "2026-01/2026-11"),
        (["本年", "本月"], "2026-11"),
        (["上年", "本月"], "2025-11"),
        # Written out, it wins.
        (["2025年", "11月"], "2025-11"),
        (["2025年1-11月"], "2025-01/2025-11"),
        (["2024年11月", "本月"], "2024-11"),
        (["2025年11月", "累计"], "2025-01/2025-11"),
        (["2025年11月", "上年同期"], "2024-11"),
        (["上年同期", "2025年11月"], "2025-11"),
        (["2026年1月至本月"], "2026-01/2026-11"),
        (["指标", "2025年", "（亿元）"], "2025"),
        # Targets and plans are about the whole year.
        (["本年计划"], "2026"),
        (["全年目标"], "2026"),
    ],
)
def test_a_header_under_the_period_of_its_report(
    report: Period, path: list[str], code: str
) -> None:
    assert resolve_period(path, report).code == code


@pytest.mark.parametrize(
    ("path", "report", "code"),
    [
        (["本期"], "2026-11", "2026-11"),
        (["报告期"], "2026-01/2026-11", "2026-01/2026-11"),
        (["上年同期"], "2026-11", "2025-11"),
        (["去年同期"], "2026-01/2026-11", "2025-01/2025-11"),
        (["同期"], "2026-Q3", "2025-Q3"),
        (["上期"], "2026-11", "2026-10"),
        (["上期"], "2026-Q1", "2025-Q4"),
        (["上季度"], "2026-Q1", "2025-Q4"),
        (["本季度"], "2026-09", "2026-Q3"),
        (["季末"], "2026-Q3", "2026-09"),
        (["累计"], "2026-Q3", "2026-01/2026-09"),
        (["本年"], "2026-01/2026-11", "2026-01/2026-11"),
        (["本年"], "2025", "2025"),
        (["上年"], "2025", "2024"),
        (["上年同期"], "2025", "2024"),
        (["年末"], "2025", "2025-12"),
        (["下半年"], "2025", "2025-07/2025-12"),
        (["累计"], "2026-01", "2026-01"),
        (["上月"], "2026-01", "2025-12"),
    ],
)
def test_what_depends_on_the_kind_of_report(path: list[str], report: str, code: str) -> None:
    assert resolve_period(path, parse_period(report)).code == code


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (["指标", "单位"], "not written like a period"),
        (["比上年同期增长(%)"], "not written like a period"),
        (["2026年11月", "2026年12月"], "contradict"),
        (["2026年1-11月", "2025年"], "contradict"),
        (["上年同期", "2026年11月"], "contradict"),
        (["11月", "12月"], "contradict"),
        (["上年同期上年末"], "one year back, or two"),
        (["上年", "上年末"], "one year back, or two"),
        # In a report of November nobody knows December, the fourth quarter or the end of the year.
        (["12月"], "goes beyond"),
        (["第四季度"], "goes beyond"),
        (["年末"], "goes beyond"),
        (["本季"], "does not end a quarter"),
        # Last year as a whole, or as far as November?
        (["上年"], "say 全年"),
        (["本年"], "say 全年"),
        (["2025年", "累计"], "as far as the report"),
        # Growth of last year, or growth against it?
        (["上年同期增长(%)"], "growth"),
        (["1-11月", "年初数"], "not written like a period"),
        (["自开始建设累计完成投资"], "not written like a period"),
        (["11月15日"], "not written like a period"),
        (["25年", "11月"], "not written like a period"),
        (["一季度至三季度"], "not written like a period"),
        (["2026(11)"], "not written like a period"),
        (["13月"], "no month 13"),
    ],
)
def test_what_may_mean_two_periods_means_none(path: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve_period(path, NOVEMBER)


@pytest.mark.parametrize("text", ["本月", "11月", "累计", "上年同期", "上年", "全年", "期末"])
def test_relative_to_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="which is not known"):
        resolve_period([text], None)


@pytest.mark.parametrize(
    ("text", "is_period"),
    [
        ("1-11月", True),
        ("2026", True),
        ("11月增长(%)", True),
        ("2026年13月", True),
        ("年初数", True),
        ("固定资产投资", False),
        ("比上年增长(%)", False),
        ("同比±%", False),
        ("四季青街道", False),
        ("基本年报", False),
        ("以上期间", False),
        ("主营业务收入2000万元以上", False),
    ],
)
def test_texts_that_speak_of_time(text: str, is_period: bool) -> None:
    assert is_period_text(text) is is_period


@pytest.mark.parametrize(
    ("path", "span", "kind"),
    [
        (["11月"], "month", "monthly"),
        (["1-2月"], "to_date", "cumulative_range"),
        (["累计"], "to_date", "cumulative_range"),
        (["2026年1月", "累计"], "to_date", "cumulative_range"),
        (["一季度"], "quarter", "quarterly"),
        (["全年"], "year", "annual"),
        (["2020—2022年"], "years", "growth_over_range"),
        (["11月末"], "point", "point"),
        (["2024年末"], "point", "point"),
        (["2025年下半年"], None, "cumulative_range"),
    ],
)
def test_the_stretch_of_time(path: list[str], span: str | None, kind: str) -> None:
    period = resolve_period(path, NOVEMBER)
    assert default_kind(period) == kind if span else span_of(period) is None
    assert span_of(period) == span


@pytest.mark.parametrize(
    ("text", "count", "code"),
    [
        ("2026年5月", 1, "2026-04"),
        ("2026年1月", 1, "2025-12"),
        ("2026年1—5月", 1, "2026-01/2026-04"),
        ("2026年1—2月", 1, "2026-01"),
        ("2026年1—2月", 2, "2025-01/2025-12"),
        ("2026年1—2月", 3, "2025-01/2025-11"),
        ("2026年上半年", 1, "2026-01/2026-05"),
        ("2026年1—1月", 1, "2025-01/2025-12"),
        ("2026-Q1", 0, "2026-Q1"),
    ],
)
def test_an_indicator_that_lags_its_report(text: str, count: int, code: str) -> None:
    assert shift_months(parse_period(text), count).code == code


@pytest.mark.parametrize("text", ["2026-Q1", "2025", "2020/2022", "2025年下半年"])
def test_a_lag_in_months_says_nothing_of_it(text: str) -> None:
    with pytest.raises(ValueError, match="says nothing"):
        shift_months(parse_period(text), 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-11-15", "2026年11月 (2026-11)"),
        ("大约2026年", "2026年 (2026)"),
        ("2026年13月", ""),
        ("12.3", ""),
    ],
)
def test_hints(text: str, told: str) -> None:
    assert hint(text) == told


WORDS = st.sampled_from(
    "2025年 2026年 2026 11月 1-11月 1月 至 本月 累计 上年同期 上年 同期 本年 增长 % ( ) 末 年 月 - "
    "一季度 上半年 二〇二五年 十 26 13 日 止 期末 比 同比 全年 计划".split()
)


@given(st.lists(WORDS, max_size=5), st.sampled_from([None, NOVEMBER, TO_NOVEMBER, year(2024)]))
def test_no_year_comes_from_nowhere(words: list[str], report: Period | None) -> None:
    text = "".join(words)
    try:
        period = resolve_period([text], report)
    except ValueError:
        return
    digits = text.replace("二〇二五年", "2025年")
    known = {int(number) for number in re.findall("[0-9]{4}", digits)}
    if report is not None:
        known |= {report.start.year}
    # A word of the year before (上年, 同期, and 上月 in January) is one year away, never two.
    assert {period.start.year, period.end.year} <= known | {number - 1 for number in known}


@given(PERIODS)
def test_an_absolute_period_needs_no_report(period: Period) -> None:
    assert resolve_period([label_zh(period)], None) == period
    assert resolve_period([label_zh(period)], NOVEMBER) == period
    assert is_period_text(label_zh(period))


@given(st.lists(st.text(max_size=12), max_size=4))
def test_any_path_is_a_period_or_a_clear_error(texts: list[str]) -> None:
    try:
        period = resolve_period(texts, NOVEMBER)
    except ValueError:
        return
    assert period.start <= period.end


@pytest.mark.parametrize(
    ("texts", "read"),
    [
        (["2026年1-2月", "3月", "4月"], ["2026年1-2月", "2026年3月", "2026年4月"]),
        (["2025年12月", "1月", "2月"], ["2025年12月", "1月", "2月"]),
        (["2026年", "1月"], ["2026年", "1月"]),
        (["2026年一季度", "二季度", None], ["2026年一季度", "2026年二季度", None]),
        (["1月", "2026年2月", "3月"], ["1月", "2026年2月", "2026年3月"]),
        (["2026年1月", "合计", "2月"], ["2026年1月", "合计", "2月"]),
    ],
)
def test_months_without_a_year_below_one_that_has_it(
    texts: list[str | None], read: list[str | None]
) -> None:
    assert with_years(texts) == read


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Jul to Sep 2026", "2026-07/2026-09"),
        ("Nov to Jan 2026", "2025-11/2026-01"),
        ("Nov 2025 to Jan 2026", "2025-11/2026-01"),
        ("January-March 2026", "2026-01/2026-03"),
    ],
)
def test_a_rolling_window_in_english_is_a_range_of_months(text: str, code: str) -> None:
    assert parse_period(text).code == code
