"""The calendar, the feed, and the register of what was said otherwise before.

Belongs here: what each line follows from, and one wrong line of each kind. Does not belong here:
the pages of a release in a browser (tests/browser/test_calendar).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from xml.etree import ElementTree

import duckdb
import pytest

from orchestration.catalog import Column, Table
from orchestration.publish.site import calendar, register
from orchestration.publish.site.calendar import Issue
from orchestration.publish.site.model import Reader
from orchestration.publish.site.register_words import (
    check_calendar,
    check_corrections,
    check_feed,
    check_ics,
)

COLUMNS = (
    "observation_id varchar not null", "indicator_code varchar", "region_code varchar",
    "period varchar", "period_kind varchar", "basis varchar", "measure varchar", "scope varchar",
    "price_basis varchar", "breakdown varchar", "figure_kind varchar", "subject varchar",
    "locality varchar", "value decimal(30,8)", "unit varchar", "qualifier varchar",
    "known_from date", "known_to date", "headline_during varchar", "is_headline boolean",
    "headline_rank integer", "delivery_id varchar", "correction_id varchar",
    "estimate_stage varchar",
)  # fmt: skip
LEDGER = (
    "data_set_id varchar not null", "period varchar not null", "data_set_title_zh varchar",
    "data_set_title_en varchar", "period_label_zh varchar", "period_label_en varchar",
    "due_on date", "due_time varchar", "received_on date", "state varchar", "owner varchar",
)  # fmt: skip
SHAPES = {"observation": COLUMNS, "delivery_ledger": LEDGER}
RELEASE = {
    "release_id": "r2",
    "release_day": date(2026, 4, 2),
    "release_time": datetime(2026, 4, 1, 18, 30),
    "district_code": "990101",
    "district_name_zh": "云溪区",
    "district_name_en": "Yunxi",
    "time_zone": "Asia/Shanghai",
}
DUE = (
    "fai", "2026-02", "投资月报；省, 市", "Investment", "2026年2月", "February 2026",
    date(2026, 3, 10), "17:00", None, "overdue", "投资科",
)  # fmt: skip


def figure(
    name: str,
    value: str,
    known: str,
    until: str | None,
    delivery: str,
    period: str = "2024",
    correction: str | None = None,
    during: str | None = None,
) -> tuple[object, ...]:
    """A version of a figure of one series."""
    return (
        name, "gdp", "990101", period, "annual", "actual", "level", "total", "current", "_T",
        "outturn", "_T", "_T", value, "亿元", "exact", known, until, during, until is None, 1,
        delivery, correction, "not_stated",
    )  # fmt: skip


VERSIONS = (
    # revised by a later delivery, then read anew, then corrected by declaration
    figure("a1", "100", "2024-03-01", "2025-03-01", "d1"),
    figure("a2", "101", "2025-03-01", "2025-06-01", "d2"),
    figure("a3", "102", "2025-06-01", "2026-02-01", "d2"),
    figure("a4", "103", "2026-02-01", None, "d9", correction="c1"),
    # mended on the day it came: nobody knew it
    figure("b1", "7", "2025-01-01", "2025-01-01", "d3", "2023"),
    figure("b2", "8", "2025-01-01", None, "d3", "2023"),
    # never what the release said
    figure("n1", "1", "2025-01-01", "2025-02-01", "d4", "2022", during="never"),
    figure("n2", "2", "2025-02-01", None, "d5", "2022", during="never"),
    # said again, the same
    figure("s1", "5", "2025-01-01", "2025-02-01", "d6", "2021"),
    figure("s2", "5", "2025-02-01", None, "d7", "2021"),
)


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    found = duckdb.connect()
    found.execute("set timezone = 'UTC'; attach ':memory:' as mart")
    found.execute("use mart; create schema core; create schema meta")
    for name, columns in SHAPES.items():
        found.execute(f"create table core.{name} ({', '.join(columns)})")
    for row in VERSIONS:
        marks = ", ".join("?" * len(row))
        found.execute(f"insert into core.observation values ({marks})", list(row))
    found.execute(f"insert into core.delivery_ledger values ({', '.join('?' * len(DUE))})", [*DUE])
    found.execute(
        "create table meta.release as select 'r2' as release_id, date '2026-04-02' as release_day, "
        "timestamp '2026-04-01 18:30:00' as release_time, '990101' as district_code"
    )
    return found


@pytest.fixture
def tables() -> tuple[Table, ...]:
    return tuple(
        Table("core", name, "", "", "", "", (), tuple(_column(text) for text in columns))
        for name, columns in SHAPES.items()
    )


def _column(text: str) -> Column:
    name, _, kind = text.partition(" ")
    return Column(name, kind, "", "", "", True)


def test_a_figure_is_replaced_by_correction_or_by_revision(
    con: duckdb.DuckDBPyConnection, tables: tuple[Table, ...]
) -> None:
    found = register.read(Reader(con, "mart", tables), date(2026, 4, 2))

    assert [
        (row["old_id"], row["new_id"], str(row["changed_on"]), row["is_correction"])
        for row in found.replaced
    ] == [
        ("a3", "a4", "2026-02-01", True),
        ("a2", "a3", "2025-06-01", True),
        ("a1", "a2", "2025-03-01", False),
    ]
    assert [
        (y.year, str(y.until), y.corrected, y.revised, y.published, y.rate) for y in found.years
    ] == [
        (2026, "2026-04-02", 1, 0, 3, Decimal("333.33")),
        (2025, "2025-12-31", 1, 1, 3, Decimal("333.33")),
    ]


CORRECTIONS = """
<table>
<tr data-year="2026"><th>2026 截至 2026-04-02</th><td>1</td><td>0</td><td>3</td><td>333.33</td></tr>
<tr data-year="2025"><th>2025 截至 2025-12-31</th><td>1</td><td>1</td><td>3</td><td>333.33</td></tr>
</table><table>
<tr data-replaced="a3 a4"><td><span class="day">2026-02-01</span>
<span class="how"><span lang="zh">更正</span><span lang="en">corrected</span></span></td></tr>
<tr data-replaced="a2 a3"><td><span class="day">2025-06-01</span>
<span class="how"><span lang="zh">更正</span><span lang="en">corrected</span></span></td></tr>
<tr data-replaced="a1 a2"><td><span class="day">2025-03-01</span>
<span class="how"><span lang="zh">修订</span><span lang="en">revised</span></span></td></tr>
</table>
"""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("<td>1</td><td>0</td>", "<td>0</td><td>1</td>", "2026: it says ['0', '1', '3'"),
        ("333.33", "33.33", "2026: it says ['1', '0', '3', '33.33']"),
        ("截至 2025-12-31", "截至 2025-06-30", "2025: it says"),
        ("2025-06-01", "2025-06-02", "a2 a3: it says 2025-06-02 corrected"),
        ('更正</span><span lang="en">corrected', '修订</span><span lang="en">revised',
         "a3 a4: it says 2026-02-01 revised, not 2026-02-01 corrected"),
        ('<tr data-replaced="a1 a2">', "<tr>", "更正与修订: it says 2, not 3 (a1 a2)"),
        ('data-year="2025"', "", "年 / years: it says [2026], not [2026, 2025]"),
        ("<table>", '<p data-none="replaced">没有</p><table>', "更正与修订: it says –, not 3"),
    ],
)  # fmt: skip
def test_a_wrong_line_of_the_register_is_found(
    con: duckdb.DuckDBPyConnection, tables: tuple[Table, ...], before: str, after: str, said: str
) -> None:
    assert list(check_corrections(con, "mart", tables, CORRECTIONS)) == []
    assert before in CORRECTIONS

    wrong = list(check_corrections(con, "mart", tables, CORRECTIONS.replace(before, after, 1)))

    assert [one.en[: len(said)] for one in wrong] == [said]


PAGE = """
<table><tr data-due="fai|2026-02">
<th class="what"><span lang="zh">投资月报；省, 市</span><span lang="en">Investment</span></th>
<td class="when-period"><span lang="zh">2026年2月</span><span lang="en">February 2026</span></td>
<td class="when-due">2026-03-10 17:00</td><td class="when-came">–</td>
<td class="state"><span lang="zh">逾期未报</span><span lang="en">overdue</span></td></tr></table>
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-03-10", "2026-03-11"),
        ("逾期未报", "已接收"),
        (">overdue<", ">accepted<"),
        ("February 2026", "February 2025"),
        (">–<", ">2026-03-09<"),
        (' data-due="fai|2026-02"', ""),
    ],
)
def test_a_wrong_line_of_the_calendar_is_found(
    con: duckdb.DuckDBPyConnection, tables: tuple[Table, ...], before: str, after: str
) -> None:
    assert list(check_calendar(con, "mart", tables, PAGE)) == []

    assert len(list(check_calendar(con, "mart", tables, PAGE.replace(before, after, 1)))) == 1


def ics() -> str:
    names = [name.split()[0] for name in LEDGER]
    told = [calendar.issue(RELEASE, "首个版本", "the first release")]
    return calendar.calendar(RELEASE, [dict(zip(names, DUE, strict=True))], told)


def test_a_calendar_program_reads_days_that_no_zone_moves() -> None:
    text = ics()
    lines = text.split("\r\n")

    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert max(len(line.encode()) for line in lines) <= 75
    assert "DTSTART;VALUE=DATE:20260310" in lines
    assert "DTEND;VALUE=DATE:20260311" in lines
    assert "UID:due-fai-2026-02@990101" in lines
    assert "DTSTAMP:20260401T183000Z" in lines
    unfolded = text.replace("\r\n ", "").split("\r\n")
    assert "SUMMARY:应报 投资月报；省\\, 市 2026年2月 | Due: Investment February 2026" in unfolded
    assert "DESCRIPTION:17:00 北京时间 · 投资科" in unfolded
    # the release is of the day where the district is
    assert "DTSTART;VALUE=DATE:20260402" in lines


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("DATE:20260310", "DATE:20260309", 1),
        lambda text: text.replace("DATE:20260402", "DATE:20260401", 1),
        lambda text: text.replace("Investment", "Inventory", 1),
        lambda text: text.replace("\r\n", "\n", 1),
        lambda text: text.replace("发布 r2", "发布 r1", 1),
    ],
)
def test_a_wrong_day_of_the_calendar_file_is_found(
    con: duckdb.DuckDBPyConnection, tables: tuple[Table, ...], damage: Callable[[str], str]
) -> None:
    assert list(check_ics(con, "mart", tables, ics())) == []

    assert list(check_ics(con, "mart", tables, damage(ics()))) != []


def test_the_feed_tells_of_this_release_and_of_those_before_it() -> None:
    before = Issue("r1", "2026-03-01T00:00:00Z", "2026-03-01 · 首个版本 | the first release")
    text = calendar.feed(RELEASE, [calendar.issue(RELEASE, "新增 1", "added 1"), before])

    found = list(calendar.issues(ElementTree.fromstring(text)))  # noqa: S314 - made here

    assert found == [
        Issue("r2", "2026-04-01T18:30:00Z", "2026-04-02 · 新增 1 | added 1"),
        before,
    ]
    assert (found[0].zh, found[0].en) == ("2026-04-02 · 新增 1", "2026-04-02 · added 1")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-04-01T18:30:00Z</updated><content", "2026-04-01T18:31:00Z</updated><content"),
        (":r2<", ":r3<"),
        ("2026-04-02 ·", "2026-04-01 ·"),
        ("</feed>", "</fee>"),
        ("</feed>", "<entry><id>urn:qutong:990101:r2</id><updated>2020</updated></entry></feed>"),
    ],
)
def test_a_wrong_entry_of_the_feed_is_found(
    con: duckdb.DuckDBPyConnection, tables: tuple[Table, ...], before: str, after: str
) -> None:
    text = calendar.feed(RELEASE, [calendar.issue(RELEASE, "首个版本", "the first release")])
    assert list(check_feed(con, "mart", tables, text)) == []
    assert before in text

    assert len(list(check_feed(con, "mart", tables, text.replace(before, after, 1)))) == 1
