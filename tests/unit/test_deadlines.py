"""Given a due rule and a dated calendar, then each period is due on these literal days."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestration.deadlines import (
    Calendar,
    Rule,
    awaited,
    label,
    read_calendar,
    said,
)
from orchestration.errors import DeclarationError
from orchestration.settings import CODE_ROOT
from orchestration.spec import Delivery

CHINA = read_calendar(CODE_ROOT / "raw" / "calendars", "china")


def due(until: str, **rule: Any) -> list[tuple[str, str]]:
    found = awaited(Rule(**{"cadence": "monthly"} | rule), CHINA, date.fromisoformat(until))
    return [(entry.period, entry.due_on.isoformat()) for entry in found]


# --- days of the month -----------------------------------------------------------------------


def test_the_tenth_of_the_next_month_goes_past_holidays_and_weekends() -> None:
    # 10 May 2026 is a Sunday, 10 October a Saturday that is worked on for National Day.
    assert due("2026-12-31", awaited_from="2026-03", day=10) == [
        ("2026-03", "2026-04-10"),
        ("2026-04", "2026-05-11"),
        ("2026-05", "2026-06-10"),
        ("2026-06", "2026-07-10"),
        ("2026-07", "2026-08-10"),
        ("2026-08", "2026-09-10"),
        ("2026-09", "2026-10-10"),
        ("2026-10", "2026-11-10"),
        ("2026-11", "2026-12-10"),
    ]


def test_a_due_date_in_a_long_holiday_goes_to_its_end_or_its_beginning() -> None:
    # National Day and Mid-Autumn Festival of 2025: 1 to 8 October; 28 September is worked on.
    october: dict[str, Any] = {"awaited_from": "2025-09", "day": 5}
    assert due("2025-10-31", **october) == [("2025-09", "2025-10-09")]
    assert due("2025-10-31", **october, shift="previous") == [("2025-09", "2025-09-30")]
    assert due("2025-10-31", **october, shift="none") == [("2025-09", "2025-10-05")]


def test_january_and_february_come_in_one_table() -> None:
    rule: dict[str, Any] = {"awaited_from": "2026-01", "day": 10, "together": ((1, 2),)}
    assert due("2026-05-31", **rule) == [
        ("2026-01/2026-02", "2026-03-10"),
        ("2026-03", "2026-04-10"),
        ("2026-04", "2026-05-11"),
    ]
    # who begins in the middle of them awaits the whole table
    assert due("2026-04-01", **rule | {"awaited_from": "2026-02"}) == [
        ("2026-01/2026-02", "2026-03-10")
    ]


def test_day_31_is_the_last_day_of_a_shorter_month() -> None:
    assert due("2024-05-31", awaited_from="2024-01", day=31, shift="none") == [
        ("2024-01", "2024-02-29"),
        ("2024-02", "2024-03-31"),
        ("2024-03", "2024-04-30"),
        ("2024-04", "2024-05-31"),
    ]


def test_quarters_and_years() -> None:
    quarterly: dict[str, Any] = {"cadence": "quarterly", "awaited_from": "2025-Q3", "day": 15}
    assert due("2026-05-01", **quarterly) == [
        ("2025-Q3", "2025-10-15"),
        ("2025-Q4", "2026-01-15"),
        ("2026-Q1", "2026-04-15"),
    ]
    annual: dict[str, Any] = {"cadence": "annual", "awaited_from": "2023", "day": 31, "month": 3}
    # 31 March 2024 is a Sunday
    assert due("2026-03-31", **annual) == [
        ("2023", "2024-04-01"),
        ("2024", "2025-03-31"),
        ("2025", "2026-03-31"),
    ]
    assert due("2026-03-30", **annual)[-1] == ("2024", "2025-03-31")


# --- working days, and days after ------------------------------------------------------------


def test_the_nth_working_day_counts_what_is_worked_on() -> None:
    # After January 2026: 2, 3, 4, 5, 6 February. After February: 28 February is worked on but
    # belongs to it; 2 to 6 March. After April: 1 to 5 May are holidays, 9 May (a Saturday) counts.
    assert due("2026-05-31", awaited_from="2026-01", working_day=5) == [
        ("2026-01", "2026-02-06"),
        ("2026-02", "2026-03-06"),
        ("2026-03", "2026-04-08"),
        ("2026-04", "2026-05-11"),
    ]
    assert due("2026-05-31", awaited_from="2026-04", working_day=4) == [("2026-04", "2026-05-09")]


def test_days_after_the_end_of_the_period() -> None:
    assert due("2026-03-31", awaited_from="2026-01", days_after=15) == [
        ("2026-01", "2026-02-24"),  # 15 February begins the Spring Festival
        ("2026-02", "2026-03-16"),  # 15 March is a Sunday
    ]


# --- years that nobody knows -----------------------------------------------------------------


def test_a_year_that_the_calendar_does_not_cover_is_told_as_such() -> None:
    rule = Rule("monthly", "2026-11", day=1)
    entries = awaited(rule, CHINA, date(2027, 2, 28))
    assert [(e.period, e.due_on.isoformat(), e.is_covered) for e in entries] == [
        ("2026-11", "2026-12-01", True),
        ("2026-12", "2027-01-01", False),  # New Year's Day, which nobody has told it
        ("2027-01", "2027-02-01", False),
    ]
    # whose dates no holiday moves is not asked about
    fixed = awaited(Rule("monthly", "2026-12", day=1, shift="none"), CHINA, date(2027, 1, 31))
    assert [entry.is_covered for entry in fixed] == [True]


def test_where_a_shift_leads_into_a_year_that_is_not_covered_it_says_so() -> None:
    # 31 December 2026 is a Thursday, worked on; with one more holiday it leads into 2027
    days = Calendar({**CHINA.working, date(2026, 12, 31): False}, CHINA.years)
    (entry,) = awaited(Rule("monthly", "2026-11", day=31), days, date(2027, 1, 31))[:1]
    assert (entry.stated_on, entry.due_on, entry.is_covered) == (
        date(2026, 12, 31),
        date(2027, 1, 1),
        False,
    )


# --- laws ------------------------------------------------------------------------------------

RULES = st.builds(
    Rule,
    cadence=st.just("monthly"),
    awaited_from=st.dates(date(2023, 1, 1), date(2026, 12, 1)).map(lambda d: f"{d:%Y-%m}"),
    day=st.integers(1, 31),
    month=st.integers(1, 4),
    shift=st.sampled_from(["next", "previous", "none"]),
    together=st.sampled_from([(), ((1, 2),), ((1, 3), (5, 6))]),
) | st.builds(
    Rule,
    cadence=st.sampled_from(["quarterly", "annual"]),
    awaited_from=st.just("2024"),
    working_day=st.integers(1, 60),
)


@given(RULES, st.dates(date(2024, 1, 1), date(2028, 1, 1)), st.integers(0, 400))
def test_periods_follow_each_other_without_a_gap_and_more_time_only_adds(
    rule: Rule, until: date, more: int
) -> None:
    found = awaited(rule, CHINA, until)
    later = awaited(rule, CHINA, until + timedelta(days=more))
    assert later[: len(found)] == found
    assert all(entry.due_on <= until for entry in found)
    assert all(b.start == a.end + timedelta(days=1) for a, b in itertools.pairwise(found))
    assert len({entry.period for entry in found}) == len(found)


@given(RULES, st.dates(date(2024, 1, 1), date(2028, 1, 1)))
def test_what_is_shifted_falls_on_a_working_day_and_passes_none(rule: Rule, until: date) -> None:
    for entry in awaited(rule, CHINA, until):
        if rule.shift == "none" and rule.working_day is None:
            assert entry.due_on == entry.stated_on
            continue
        assert CHINA.is_working(entry.due_on)
        first, last = sorted((entry.stated_on, entry.due_on))
        between = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        assert [day for day in between if CHINA.is_working(day)] == [entry.due_on]


@given(st.integers(1, 60), st.dates(date(2024, 1, 1), date(2026, 9, 1)))
def test_so_many_working_days_lie_after_the_period(count: int, until: date) -> None:
    rule = Rule("quarterly", "2024-Q1", working_day=count)
    for entry in awaited(rule, CHINA, until):
        days = range((entry.due_on - entry.end).days)
        worked = [CHINA.is_working(entry.end + timedelta(days=n + 1)) for n in days]
        assert (sum(worked), worked[-1]) == (count, True)


# --- words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cadence", "rule", "zh", "en"),
    [
        ("once", None, "一次性：不设期限，不催报", "once: nothing is awaited"),
        ("irregular", None, "不定期：不设期限，不催报", "irregular: nothing is awaited"),
        ("monthly", None, "每月：不设期限，不催报", "monthly: nothing is awaited"),
        (
            "monthly",
            Rule("monthly", "2026-01", day=10, together=((1, 2),)),
            "每月：次月10日17:00前，遇节假日顺延；1—2月合并报送；自2026年1月起",
            "monthly: day 10 of the next month by 17:00, on the next working day after a holiday; "
            "months 1 to 2 in one; from January 2026 on",
        ),
        (
            "quarterly",
            Rule("quarterly", "2026-Q1", working_day=5, at="12:00"),
            "每季：期后第5个工作日12:00前；自2026年第1季度起",
            "quarterly: working day 5 after the period by 12:00; from Q1 2026 on",
        ),
        (
            "annual",
            Rule("annual", "2025", day=31, month=3, shift="none"),
            "每年：次年3月末日17:00前，遇节假日不变；自2025年起",
            "annual: last day of month 3 of the next year by 17:00, holidays or not; from 2025 on",
        ),
        (
            "monthly",
            Rule("monthly", "2026-01", days_after=15, shift="previous"),
            "每月：期后15天17:00前，遇节假日提前；自2026年1月起",
            "monthly: 15 days after the period by 17:00, on the last working day before a holiday; "
            "from January 2026 on",
        ),
    ],
)
def test_a_rule_in_words(cadence: str, rule: Rule | None, zh: str, en: str) -> None:
    assert said(cadence, rule) == (zh, en)


def test_periods_in_words() -> None:
    assert [label(code) for code in ("2025", "2025-Q2", "2025-03", "2025-01/2025-02")] == [
        ("2025年", "2025"),
        ("2025年第2季度", "Q2 2025"),
        ("2025年3月", "March 2025"),
        ("2025年1—2月", "January to February 2025"),
    ]


# --- what is declared ------------------------------------------------------------------------


def delivery(**keys: Any) -> Delivery:
    return Delivery(**{"pattern": ("*.csv",), "cadence": "monthly"} | keys)


def test_a_declaration_becomes_a_rule() -> None:
    made = delivery(due={"day": 10, "at": 1020}, awaited_from="2026-01", together=[[1, 2]])
    assert Rule.of(made) == Rule(
        "monthly", "2026-01", day=10, at="17:00", shift="next", together=((1, 2),)
    )
    annual = delivery(cadence="annual", due={"working_day": 20}, awaited_from=2025)
    assert Rule.of(annual) == Rule("annual", "2025", working_day=20)
    assert Rule.of(delivery()) is None


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"due": {"day": 10}}, "give both"),
        ({"awaited_from": "2026-01"}, "give both"),
        ({"together": [[1, 2]]}, "needs `due`"),
        ({"due": {}, "awaited_from": "2026-01"}, "give one"),
        ({"due": {"day": 1, "days_after": 3}, "awaited_from": "2026-01"}, "give one"),
        ({"due": {"days_after": 3, "month": 2}, "awaited_from": "2026-01"}, "belongs to `day`"),
        ({"due": {"day": 32}, "awaited_from": "2026-01"}, "less than or equal to 31"),
        ({"due": {"day": 1, "at": "24:00"}, "awaited_from": "2026-01"}, "pattern"),
        ({"due": {"day": 1, "shift": "later"}, "awaited_from": "2026-01"}, "'next'"),
        ({"due": {"day": 1}, "awaited_from": "2026-13"}, "no period of monthly"),
        ({"due": {"day": 1}, "awaited_from": "2026"}, "no period of monthly"),
        ({"cadence": "annual", "due": {"day": 1}, "awaited_from": "2026-01"}, "of annual"),
        ({"cadence": "quarterly", "due": {"day": 1}, "awaited_from": "2026-Q5"}, "of quarterly"),
        ({"cadence": "once", "due": {"day": 1}, "awaited_from": "2026"}, "nothing is awaited"),
        ({"cadence": "irregular", "due": {"day": 1}, "awaited_from": "2026"}, "remove `due`"),
        ({"due": {"day": 1}, "awaited_from": "2026-01", "together": [[2, 2]]}, "no span"),
        ({"due": {"day": 1}, "awaited_from": "2026-01", "together": [[1, 2], [2, 3]]}, "two spans"),
        (
            {"cadence": "annual", "due": {"day": 1}, "awaited_from": "2026", "together": [[1, 2]]},
            "joins months",
        ),
        ({"due_days": 10}, "Extra inputs"),
    ],
)
def test_what_cannot_be_awaited_is_refused(keys: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        delivery(**keys)


# --- the calendar ----------------------------------------------------------------------------


def test_the_shipped_calendar_is_that_of_the_notices() -> None:
    assert sorted(CHINA.years) == [2024, 2025, 2026]
    holidays = [day for day, is_working in CHINA.working.items() if not is_working]
    working = [day for day, is_working in CHINA.working.items() if is_working]
    # days off and working weekends of the arrangements of 2024, 2025 and 2026
    for year, off, on in ((2024, 28, 8), (2025, 28, 5), (2026, 33, 6)):
        assert sum(day.year == year for day in holidays) == off
        assert sum(day.year == year for day in working) == on
    assert all(day.weekday() >= 5 for day in working)
    assert not CHINA.is_working(date(2026, 2, 23))
    assert CHINA.is_working(date(2026, 2, 28))
    assert CHINA.is_working(date(2026, 9, 20))
    assert not CHINA.is_working(date(2025, 10, 8))
    assert CHINA.is_working(date(2024, 2, 4))


HEAD = "date,kind,name_zh,name_en,source\n"
YEARS = "title: {zh: 历, en: Calendar}\nyears: [{year: 2026, source: 甲号}]\n"


@pytest.mark.parametrize(
    ("days", "place", "told"),
    [
        ("2026-10-01,off,国庆,National Day,甲号\n", "line 2", "neither holiday nor workday"),
        ("2026-13-01,holiday,国庆,National Day,甲号\n", "line 2", "is no day"),
        ("2027-10-01,holiday,国庆,National Day,甲号\n", "line 2", "2027 is no year"),
        ("2026-10-01,holiday,国庆,National Day,乙号\n", "line 2", "the source of 2026 is 甲号"),
        ("2026-10-01,holiday,国庆,,甲号\n", "line 2", "a name is missing"),
        (
            "2026-10-01,holiday,国庆,National Day,甲号\n2026-10-01,workday,a,b,甲号\n",
            "line 3",
            "stands twice",
        ),
    ],
)
def test_a_wrong_calendar_is_named_with_its_line(
    tmp_path: Path, days: str, place: str, told: str
) -> None:
    (tmp_path / "c.yml").write_text(YEARS, encoding="utf-8")
    (tmp_path / "c.csv").write_text(HEAD + days, encoding="utf-8")
    with pytest.raises(DeclarationError, match=told) as caught:
        read_calendar(tmp_path, "c")
    assert (caught.value.file, caught.value.place) == (str(tmp_path / "c.csv"), place)


def test_a_calendar_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="cannot be read"):
        read_calendar(tmp_path, "nowhere")
    assert read_calendar(tmp_path, "") == Calendar()
