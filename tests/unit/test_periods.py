"""Periods as deliveries write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.collect.periods import (
    NoSuchDateError,
    Period,
    label_zh,
    month,
    months,
    parse_period,
    quarter,
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
        ("2023年6月末", "2023-06", date(2023, 6, 1), date(2023, 6, 30)),
        ("2024年2月", "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024年末", "2024-12", date(2024, 12, 1), date(2024, 12, 31)),
        ("2026-Q1", "2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026年一季度", "2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
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
    ],
)
def test_known_forms(text: str, code: str, start: date, end: date) -> None:
    period = parse_period(text)
    assert (period.code, period.start, period.end) == (code, start, end)


@pytest.mark.parametrize(
    "text", ["2023年13月", "2023-00", "2026-Q5", "2023年6—1月", "2022/2020", "0022年"]
)
def test_dates_that_do_not_exist(text: str) -> None:
    with pytest.raises(NoSuchDateError):
        parse_period(text)


@pytest.mark.parametrize(
    "text", ["", "去年", "11月", "202", "2022-6", "“十四五”", "2022-06-30", "202²年", "٢٠٢٢"]
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
