"""Words, arrows, charts and scripts of pages, read again and concluded anew from their figures.

Belongs here: one page that says nothing wrong, and one wrong statement of each kind. Does not
belong here: papers (test_publish_paper), and whole releases (tests/rejects).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import duckdb
import pytest
from lxml import html

from orchestration.catalog import Table
from orchestration.publish.printed import Word
from orchestration.publish.site.beside import Beside, bars
from orchestration.publish.site.charts import Bar, Chart, draw
from orchestration.publish.site.geometry import check_bars, check_line
from orchestration.publish.site.markup import (
    Units,
    both,
    figure,
    growth_html,
    places_html,
    said,
)
from orchestration.publish.site.multiples import Series
from orchestration.publish.site.multiples import draw as draw_multiple
from orchestration.publish.site.series import draw_series
from orchestration.publish.site.words import check_pages

pytestmark = pytest.mark.core

UNITS = Units({"亿元": Word("亿元", "100 million yuan", 1), "%": Word("%", "per cent", 2)})

# id, indicator, region, period, end, label, measure, value, unit, qualifier, status, simulated,
# inferred, superseded from, repeat of
OBSERVATIONS = (
    ("gdp25", "gdp", "D", "2025", date(2025, 12, 31), "level", "1000", "亿元", "above", "P"),
    ("gdp24", "gdp", "D", "2024", date(2024, 12, 31), "level", "900.5", "亿元", "exact", "A"),
    ("gdpcity", "gdp", "C", "2025", date(2025, 12, 31), "level", "18700", "亿元", "approx", "A"),
    ("growth", "gdp_growth", "D", "2025", date(2025, 12, 31), "yoy_growth_pct", "-4.9", "%",
     "exact", "P"),
    ("rank25", "gdp_rank", "D", "2025", date(2025, 12, 31), "rank", "18", "位", "exact", "A"),
    ("rank20", "gdp_rank", "D", "2020", date(2020, 12, 31), "rank", "12", "位", "exact", "A"),
    ("top10", "gdp_rank", "D", "2019", date(2019, 12, 31), "rank", "10", "位", "at_most", "A"),
    ("goal", "green", "D", "2025", date(2025, 12, 31), "target_level", "90", "%", "at_least", "A"),
    ("got", "green", "D", "2025", date(2025, 12, 31), "share_pct", "90", "%", "exact", "A"),
    ("part", "part", "D", "2025", date(2025, 12, 31), "level", "250", "亿元", "exact", "A"),
    ("firm", "gdp_rank", "D", "2025", date(2025, 12, 31), "rank", "10", "位", "at_most", "A"),
    ("sh1", "share", "D", "2025", date(2025, 12, 31), "share_pct", "63.2", "%", "exact", "A"),
    ("sh2", "share", "D", "2025", date(2025, 12, 31), "share_pct", "15.5", "%", "exact", "A"),
    ("y21", "new", "D", "2021", date(2021, 12, 31), "count", "100", "家", "exact", "A"),
    ("y22", "new", "D", "2022", date(2022, 12, 31), "count", "110", "家", "exact", "A"),
    ("sum", "new", "D", "2025", date(2025, 12, 31), "target_level", "500", "家", "exact", "A"),
    ("d21", "fall", "D", "2021", date(2021, 12, 31), "ratio", "3.1", "%", "exact", "A"),
    ("d22", "fall", "D", "2022", date(2022, 12, 31), "ratio", "3", "%", "exact", "A"),
    ("s19", "run", "D", "2019", date(2019, 12, 31), "level", "380.5", "亿元", "exact", "A"),
    ("s20", "run", "D", "2020", date(2020, 12, 31), "level", "400", "亿元", "above", "A"),
    ("s22", "run", "D", "2022", date(2022, 12, 31), "level", "450.2", "亿元", "exact", "P"),
    ("s23", "run", "D", "2023", date(2023, 12, 31), "level", "480.1", "亿元", "exact", "A"),
    ("s24", "run", "D", "2024", date(2024, 12, 31), "level", "515", "亿元", "exact", "A"),
    ("said", "run", "D", "2024", date(2024, 12, 31), "level", "512.3", "亿元", "exact", "A"),
    ("sis1", "gdp", "E", "2024", date(2024, 12, 31), "level", "1200", "亿元", "exact", "A"),
    ("sis2", "gdp", "F", "2024", date(2024, 12, 31), "level", "800", "亿元", "exact", "A"),
    ("p19", "pop", "D", "2019", date(2019, 12, 31), "level", "40", "亿元", "exact", "A"),
    ("p20", "pop", "D", "2020", date(2020, 12, 31), "level", "42", "亿元", "exact", "A"),
    ("p22", "pop", "D", "2022", date(2022, 12, 31), "level", "45", "亿元", "exact", "A"),
    ("p23", "pop", "D", "2023", date(2023, 12, 31), "level", "44", "亿元", "exact", "A"),
    ("p24", "pop", "D", "2024", date(2024, 12, 31), "level", "46", "亿元", "exact", "A"),
    ("cut", "fall", "D", "2025", date(2025, 12, 31), "target_level", "13.5", "%", "exact", "A"),
)  # fmt: skip


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A release of which only what words need is there."""
    with duckdb.connect() as connection:
        connection.execute("create schema meta")
        connection.execute("create table meta.release as select 'D' as district_code")
        connection.execute(
            "create table meta.code as from (values "
            "('plan_assessment', 'on_track', '达到进度', 'on schedule'), "
            "('plan_assessment', 'behind', '未达到进度', 'behind schedule')) "
            "as t(code_list, code, name_zh, name_en)"
        )
        connection.execute(
            "create table qt_region as from (values ('D', 'C', 'county'), ('E', 'C', 'county'), "
            "('F', 'C', 'county'), ('C', 'P', 'prefecture'), ('P', null, 'province')) "
            "as t(region_code, parent_code, region_kind)"
        )
        connection.execute(
            "create table qt_period as select y::varchar as period, y || '年' as label_zh, "
            "y::varchar as label_en from range(2019, 2026) as t(y)"
        )
        connection.execute(
            "create table qt_indicator as from (values "
            "('gdp', 'm', 'gdp', 'higher_is_better'), ('gdp_growth', 'm', 'gdp', ''), "
            "('gdp_rank', 'm', 'rank', ''), ('green', 'm', 'green', 'higher_is_better'), "
            "('part', 'm', 'part', ''), ('share', 'm', 'share', '')) "
            "as t(indicator_code, mart, item, direction)"
        )
        connection.execute(
            "create table qt_break as from (values "
            "('run', null, date '2023-01-01'), ('pop', null, date '2023-01-01'), "
            "(null, 'C', date '2020-01-01')) "
            "as t(indicator_code, region_code, begins_on)"
        )
        connection.execute(
            "create table qt_observation (observation_id varchar, indicator_code varchar, "
            "region_code varchar, period varchar, period_end date, measure varchar, "
            "value decimal(30,8), unit varchar, qualifier varchar, obs_status varchar, "
            "is_simulated boolean, is_period_inferred boolean, known_from date, known_to date, "
            "repeat_of varchar, subject varchar, locality varchar, "
            "period_kind varchar default 'annual', is_headline boolean default true, "
            "conf_status varchar default 'F', breakdown varchar default '_T', "
            "figure_kind varchar default 'outturn', "
            "basis varchar, scope varchar, price_basis varchar)"
        )
        for row in OBSERVATIONS:
            marks = ", ".join("?" * len(row))
            connection.execute(
                f"insert into qt_observation values ({marks}, false, false, null, null, null, "
                "if(? = 'firm', '金田集团', '_T'), '_T', default, default, default, default, "
                "default, default, default, default)",
                [*row, row[0]],
            )
        connection.execute(
            "update qt_observation set known_from = '2025-01-20', known_to = '2025-03-06' "
            "where observation_id = 'said'"
        )
        connection.execute(
            "update qt_observation set known_from = '2025-03-06' where observation_id = 's24'"
        )
        yield connection


def fig(value: str, unit: str, of: str, qualifier: str = "exact", status: str = "A") -> str:
    return figure(UNITS, Decimal(value), unit, qualifier, status=status, of=of)


def line(*cells: str) -> str:
    link = '<a href="indicator/gdp.html">GDP</a>'
    return f"<table><tbody><tr><th>{link}</th>{''.join(cells)}</tr></tbody></table>"


GDP = fig("1000", "亿元", "gdp25", "above", "P")
GROWTH = growth_html(
    Decimal("-4.9"), "exact", "yoy", "growth", fig("-4.9", "%", "growth", "exact", "P")
)
SCORE = line(
    f"<td>{GDP}</td><td>{both('2025年', '2025')}</td><td>{GROWTH}</td>"
    f'<td data-le="City">{fig("18700", "亿元", "gdpcity", "approx")}</td>'
)
ROW = f'<table><tbody><tr id="i-gdp"><th>GDP</th><td>{GDP} 2025年</td></tr></tbody></table>'
LINKED = f'<ul><li><a href="theme/profile.html#i-gdp">GDP</a> {GDP} 2025年</li></ul>'
RANK = f"<li>{said('rank', 'rank25', both('第18', 'number 18'))}</li>"
TOP = f"<li>{said('rank', 'top10', both('前10', 'among the first 10'))}</li>"
PLACES = f"<li>{places_html(-6, 'rank25 rank20')}</li>"
MET = f"<li>{said('met', 'goal got', '✓ ' + both('已达到', 'met'))}</li>"
BEFORE = f"<li>{said('before', 'gdp25 gdp24', both('前一期', 'Before'))}</li>"
VERSION = (
    "<li>"
    + said("version", "gdp24", both("另一来源，未作主数", "another source, not the headline"))
    + "</li>"
)
SHARE = f"<li>{said('share', 'part/gdp25', figure(UNITS, Decimal('25'), '%'))}</li>"
FIRM = f"<li>金田集团 {fig('10', '位', 'firm', 'at_most')} {both('2025年', '2025')}</li>"
REST = f"<li>{said('rest', 'sh1 sh2', figure(UNITS, Decimal('21.3'), '%'))}</li>"
SUM = f"<li>{said('progress', '- sum y21+y22', figure(UNITS, Decimal('42'), '%'))}</li>"
FALL = f"<li>{said('progress', '- cut d21*d22', figure(UNITS, Decimal('44.5'), '%'))}</li>"
ENOUGH = (
    "<li>"
    + said("progress", "- sum y21+y22", figure(UNITS, Decimal("42"), "%")
           + both("（达到进度，门槛 40%）", "(on schedule; threshold 40%)"))
    + "</li>"
)  # fmt: skip
RUN = [
    {
        "observation_id": name, "region_code": "D", "period": period, "period_end": end,
        "value": Decimal(value), "unit": unit, "qualifier": qualifier, "obs_status": status,
    }
    for name, _, _, period, end, _, value, unit, qualifier, status in OBSERVATIONS
    if name in ("s19", "s20", "s22", "s23", "s24")
]  # fmt: skip


def drawn_series() -> str:
    drawn = draw_series(RUN, [date(2023, 1, 1)], ("产出", "Output"))
    assert drawn is not None
    assert not drawn.is_from_zero
    note = "<p class='note'>纵轴不从零起</p>"
    return f'<figure class="series" data-chart="series">{drawn.svg}{note}</figure>'


SERIES = drawn_series()
GRID = (
    '<table class="grid"><thead><tr><th>报告期</th><th data-region="D">本区</th>'
    '<th data-region="C">本市</th></tr></thead><tbody><tr data-period="2025"><th>2025年</th>'
    f"<td>{GDP}</td><td>{fig('18700', '亿元', 'gdpcity', 'approx')}</td></tr></tbody></table>"
)
REVISED = (
    f"<li>{both('2024年', '2024')} {fig('512.3', '亿元', 'said')} "
    + said("revised", "said s24", both("→ 自 2025-03-06 起为", "→ from 2025-03-06 on"))
    + f" {fig('515', '亿元', 's24')}</li>"
)
STANDS = f"<li>{said('place', 'gdp24', both('3 个中第 2', '2 of 3'))}</li>"
LAST = f"<li>{said('place', 'sis2', both('3 个中第 3（末位）', '3 of 3 (last)'))}</li>"


def multiple(series: Series) -> str:
    """A small multiple as the front page has it."""
    rows = "".join(
        f"<tr><th>{row['period']}年</th><td>{fig(str(row['value']), '亿元', row['observation_id'])}"
        "</td></tr>"
        for row in series.rows
    )
    return (
        f'<figure class="multiple own" data-chart="multiple">{draw_multiple(series)}'
        f"<p>纵轴不从零起</p><table><tbody>{rows}</tbody></table></figure>"
    )


def population(*, is_broken: bool = True) -> Series:
    """Five years with one missing, and a break before 2023."""
    rows = tuple(
        {
            "observation_id": f"p{year - 2000}", "period": str(year), "period_kind": "annual",
            "period_end": date(year, 12, 31), "value": Decimal(value), "qualifier": "exact",
            "obs_status": "A",
        }
        for year, value in ((2019, 40), (2020, 42), (2022, 45), (2023, 44), (2024, 46))
    )  # fmt: skip
    known = {"since": "2023", "note_zh": "改了", "note_en": "changed"}
    return Series(rows, ((), (), (), (known,) if is_broken else (), ()), is_own=True)


def ranked(rows: Sequence[tuple[str, str, str]]) -> str:
    """Regions beside each other: observation, value, css of the line."""
    values = [Decimal(value) for _, value, _ in rows]
    own = [css for *_, css in rows].index("own")
    pictures = bars(Beside(tuple({"value": value} for value in values), own))
    lines = "".join(
        f'<tr class="{css}"><td class="rk">{place}</td><th>x 2024年</th>'
        f'<td class="length">{picture}</td><td>{fig(value, "亿元", name)}</td></tr>'
        for place, (picture, (name, value, css)) in enumerate(zip(pictures, rows, strict=True), 1)
    )
    stands = said("place", "gdp24", both("3 个中第 2", "2 of 3"))
    return (
        f'<figure data-chart="ranked"><p>{stands}</p><table><tbody>{lines}</tbody></table></figure>'
    )


RANKED = ranked((("sis1", "1200", ""), ("gdp24", "900.5", "own"), ("sis2", "800", "")))
MATRIX = (
    '<table class="matrix"><thead><tr><th>地区</th><th><a href="indicator/gdp.html">GDP</a>'
    '<span class="u">2024年 · 亿元</span></th></tr></thead><tbody>'
    f'<tr><th><a href="region/E.html">E</a></th><td>{fig("1200", "", "sis1")}</td></tr>'
    "</tbody></table>"
)
PRINTED = (
    '<table class="printed-table"><thead><tr><th>指标</th><th>2023年</th><th>2024年</th></tr>'
    '</thead><tbody><tr id="i-pop"><th>人口<span class="u">亿元</span></th>'
    f"<td>{fig('44', '', 'p23')}</td><td>{fig('46', '', 'p24')}</td></tr></tbody></table>"
)
GOOD = {
    "series": SERIES, "grid": GRID, "revised": REVISED,
    "stands": STANDS, "last": LAST, "multiple": multiple(population()), "ranked": RANKED,
    "matrix": MATRIX, "printed": PRINTED,
    "enough": ENOUGH, "row": ROW, "linked": LINKED,
    "score": SCORE, "rank": RANK, "top": TOP, "places": PLACES, "met": MET, "before": BEFORE,
    "version": VERSION, "share": SHARE, "rest": REST, "firm": FIRM, "sum": SUM, "fall": FALL,
}  # fmt: skip


def wrong(con: duckdb.DuckDBPyConnection, text: str, name: str = "index.html") -> list[str]:
    page = f"<html><body><main>{text}</main></body></html>"
    tables = [Table("meta", "code", "", "", "", "", (), ())]
    return [found.en for _, found in check_pages(con, "memory", tables, {name: page})]


@pytest.mark.parametrize("mark", ["del", "ins", "s", "strike"])
def test_a_tracked_change_is_no_part_of_a_page(con: duckdb.DuckDBPyConnection, mark: str) -> None:
    text = f"{ENOUGH}<p><{mark}>累计同比上涨</{mark}></p>"
    assert wrong(con, text) == ["a tracked change is left: '累计同比上涨'"]


@pytest.mark.parametrize("name", GOOD)
def test_what_follows_from_the_figures_is_right(con: duckdb.DuckDBPyConnection, name: str) -> None:
    assert wrong(con, GOOD[name]) == []


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("score", ">1,000<", ">1,001<", "it says '1,001 (1000)', the figures say '1,000'"),
        ("score", '<span lang="zh">超</span>', '<span lang="zh">近</span>',
         "it says '近1,000', the figures say '超1,000'"),
        ("score", "亿元", "万元", "it says '1,000 万元', the figures say '1,000 亿元'"),
        ("score", "m m-provisional", "m m-estimated",
         "it says '1,000 [estimated]', the figures say '1,000 [provisional]'"),
        ("score", "2025年", "2024年",
         "it says '1,000（GDP超1,000 亿元初2024年▼ 同比 −4.9%初约18,700 亿元）', "
         "the figures say '2025'"),
        ("score", "indicator/gdp.html", "indicator/fai.html",
         "it says '1,000（fai）', the figures say 'gdp'"),
        ("series", 'data-o="s24"', 'data-o="s23"',
         "2023-12-31 is not at its place on the time axis"),
        ("series", 'data-o="s24"', 'data-o="gdp24"', "2 things in one series"),
        ("series", 'data-o="s24"', 'data-o="nobody"', "points of the series name no figures"),
        ("series", 'data-v="450"', 'data-v="470"', "the mark 470 is not at its place"),
        ("series", '>350<', '>300<', "the mark 350 says 300"),
        ("series", 'fill="#fff"', 'fill="#1f5c99"',
         "the point of 2020-12-31 is not marked as it is"),
        ("series", "纵轴不从零起", "纵轴从零起", "the axis starts elsewhere than is said"),
        ("series", ' class="arrow"', "", "the arrows are not those of the bounds"),
        ("grid", 'data-region="C"', 'data-region="P"',
         "it says '约18,700 亿元（P 2025）', the figures say 'C 2025'"),
        ("grid", 'data-period="2025"', 'data-period="2024"',
         "it says '超1,000 亿元初（D 2024）', the figures say 'D 2025'"),
        ("revised", "said s24", "s24 said",
         "it says '→ 自 2025-03-06 起为', the figures say 'no figures behind it'"),
        ("revised", "said s24", "said s23",
         "it says '→ 自 2025-03-06 起为', the figures say 'no figures behind it'"),
        ("revised", "自 2025-03-06", "自 2025-01-20",
         "it says '→ 自 2025-01-20 起为 / → from 2025-03-06 on', "
         "the figures say '→from2025-03-06on'"),
        ("row", 'id="i-gdp"', 'id="i-fai"', "it says '1,000（fai）', the figures say 'gdp'"),
        ("linked", "#i-gdp", "#i-fai", "it says '1,000（fai）', the figures say 'gdp'"),
        ("score", 'data-le="City"', 'data-le="Province"',
         "it says '18,700（Province）', the figures say 'gdp C'"),
        ("score", "▼", "▲", "it says '▲ 同比 −4.9%初 / ▲ year on year −4.9%p', "
         "the figures say '▼year on year−4.9%p'"),
        ("score", "chg down", "chg up",
         "it says '▼ 同比 −4.9%初', the figures say 'no figures behind it'"),
        ("score", "同比", "年均", "it says '▼ 年均 −4.9%初 / ▼ year on year −4.9%p', "
         "the figures say '▼year on year−4.9%p'"),
        ("score", ' data-o="gdp25"', "",
         "the number 超>1,000 亿元100 million yuan names no figure"),
        ("score", 'data-o="gdp25"', 'data-o="nobody"',
         "it says '超>1,000 亿元100 million yuan', the figures say 'no figure nobody'"),
        ("rank", "第18", "第8", "it says '第8 / number 18', the figures say 'number 18'"),
        ("top", "前10", "第10",
         "it says '第10 / among the first 10', the figures say 'among the first 10'"),
        ("places", "下降6位", "上升6位",
         "it says '↓ 上升6位 / ↓ fell 6 places', the figures say '↓fell6places'"),
        ("places", "↓", "↑",
         "it says '↑ 下降6位 / ↑ fell 6 places', the figures say '↓fell6places'"),
        ("places", "rank25 rank20", "rank20 rank25",
         "it says '↓ 下降6位', the figures say 'no figures behind it'"),
        ("places", "rank25 rank20", "rank25 top10",
         "it says '↓ 下降6位', the figures say 'no figures behind it'"),
        ("met", "✓ ", "○ ", "it says '○ 已达到 / ○ met', the figures say '✓met'"),
        ("met", "已达到", "未达到", "it says '✓ 未达到 / ✓ met', the figures say '✓met'"),
        ("before", "gdp25 gdp24", "gdp24 gdp25",
         "it says '前一期', the figures say 'no figures behind it'"),
        ("version", "另一来源，未作主数", "已被取代",
         "it says '已被取代 / another source, not the headline', "
         "the figures say 'another source, not the headline'"),
        ("share", '"25">25<', '"35">35<', "it says '35%', the figures say 'no figures behind it'"),
        ("firm", "金田集团", "本区",
         "it says '10（本区 前10 位 2025年）', the figures say '金田集团'"),
        ("rest", "21.3", "21.4", "it says '21.4%', the figures say 'no figures behind it'"),
        ("sum", "42", "43", "it says '43%', the figures say 'no figures behind it'"),
        ("sum", "y21+y22", "y22", "it says '42%', the figures say 'no figures behind it'"),
        ("enough", "达到进度", "未达到进度",
         "it says '42%（未达到进度，门槛 40%）', the figures say 'no figures behind it'"),
        ("enough", "on schedule", "behind schedule",
         "it says '42%（达到进度，门槛 40%）', the figures say 'no figures behind it'"),
        ("enough", "40%", "45%",
         "it says '42%（达到进度，门槛 45%）', the figures say 'no figures behind it'"),
        # 3.1 and 3.0 added up would be 45.2 % of 13.5
        ("fall", "44.5", "45.2", "it says '45.2%', the figures say 'no figures behind it'"),
        ("rest", 'data-says="rest"', 'data-says="guess"',
         "nothing tells what 'guess' follows from"),
        ("stands", "3 个中第 2", "3 个中第 1",
         "it says '3 个中第 1 / 2 of 3', the figures say '2of3'"),
        ("stands", "gdp24", "gdp25",
         "it says '3 个中第 2', the figures say 'no figures behind it'"),
        # the last is told as plainly as the first
        ("last", "（末位）", "",
         "it says '3 个中第 3 / 3 of 3 (last)', the figures say '3of3(last)'"),
        ("multiple", "纵轴不从零起", "", "a cut axis does not say so"),
        ("multiple", "multiple own", "multiple", "the colour of the chart is not its region's"),
        ("multiple", 'p24"', 'gdp24"', "the table below the chart is not one series"),
        ("ranked", 'class="own"', 'class=""', "'2x 2024年900.5 100 million yuan': wrong region"),
        ("ranked", '"rk">2<', '"rk">1<', "it says '1', the figures say '2'"),
        ("ranked", 'width="100.000"', 'width="70.000"', "the length of bar 2 is not that of 900.5"),
        ("matrix", "2024年", "2023年",
         "it says '1,200（GDP2023年 · 亿元）', the figures say '2024'"),
        ("matrix", "region/E.html", "region/F.html", "it says '1,200（F）', the figures say 'E'"),
        ("matrix", "indicator/gdp.html", "indicator/fai.html",
         "it says '1,200（fai）', the figures say 'gdp'"),
        ("printed", "<th>2023年</th><th>2024年</th>", "<th>2024年</th><th>2023年</th>",
         "it says '44（2024年）', the figures say '2023'"),
        ("printed", "亿元", "万元", "it says '44 万元', the figures say '44 亿元'"),
        ("printed", 'p24"', 'gdp24"', "it says '46', the figures say '900.5'"),
        ("rank", "</li>", "</li><p>↑ 上升3位</p>", "'↑' names no figures"),
        ("rank", "</li>", "</li><p>已达到</p>", "'已达到' names no figures"),
    ],
)  # fmt: skip
def test_a_wrong_word_is_found(
    con: duckdb.DuckDBPyConnection, name: str, before: str, after: str, told: str
) -> None:
    assert before in GOOD[name]
    assert told in wrong(con, GOOD[name].replace(before, after))


def test_a_line_that_crosses_a_break_or_a_gap_is_found(con: duckdb.DuckDBPyConnection) -> None:
    path = re.search(r'class="line" d="([^"]+)"', SERIES)
    assert path is not None
    # 2019–2020, a gap, 2022, a break, 2023–2024.
    assert re.findall("[ML]", path[1]) == ["M", "L", "M", "M", "L"]
    over_gap = path[1].replace("M", "L", 3).replace("L", "M", 1)
    assert wrong(con, SERIES.replace(path[1], over_gap)) == [
        "the line before 2022-12-31: neither a gap nor a break is crossed",
        "the line before 2023-12-31: neither a gap nor a break is crossed",
    ]
    moved = re.sub(r"L([0-9.]+) ([0-9.]+)$", r"L\1 1\2", path[1])
    assert wrong(con, SERIES.replace(path[1], moved)) == ["the line does not go through the points"]
    higher = re.sub(r'(data-o="s22" cx="[0-9.]+" cy=")[0-9.]+', r"\g<1>99.0", SERIES)
    assert wrong(con, higher) == [
        "2022-12-31 is not as high as its figure",
        "the line does not go through the points",
    ]


def test_a_line_over_a_break_or_a_gap_is_found(con: duckdb.DuckDBPyConnection) -> None:
    assert "a line crosses a gap or a break" in wrong(con, multiple(population(is_broken=False)))
    closed = multiple(population())
    points = re.findall(r'class="dot" transform="translate\(([^)]+)\)', closed)
    over = closed.replace('class="run" d="M', f'class="run" d="M{points[1]}L{points[2]}L', 1)
    assert "a line crosses a gap or a break" in wrong(con, over)
    cut = re.sub('<path class="run"[^>]*>', "", closed)
    assert "neighbours are not joined" in wrong(con, cut)


def test_a_year_at_a_wrong_place_and_a_wrong_tick_are_found(
    con: duckdb.DuckDBPyConnection,
) -> None:
    closed = multiple(population())
    assert ">2019</text>" in closed
    assert "the year 2018 stands at a wrong place" in wrong(
        con, closed.replace(">2019</text>", ">2018</text>")
    )
    assert ">46</text>" in closed
    assert "2019-12 is not as high as its figure" not in wrong(con, closed)
    assert "2024-12 is not as high as its figure" in wrong(
        con, closed.replace(">46</text>", ">50</text>")
    )


def test_a_region_that_is_left_out_is_missed(con: duckdb.DuckDBPyConnection) -> None:
    short = ranked((("sis1", "1200", ""), ("gdp24", "900.5", "own")))
    assert wrong(con, short) == ["a region with a figure is left out"]


def test_an_outturn_of_ninety_meets_a_target_of_at_least_ninety(
    con: duckdb.DuckDBPyConnection,
) -> None:
    missed = f"<li>{said('met', 'goal got', '○ ' + both('未达到', 'not yet'))}</li>"
    assert wrong(con, missed) == ["it says '○ 未达到 / ○ not yet', the figures say '✓met'"]


def test_what_a_chart_says_stands_in_the_table_below_it(con: duckdb.DuckDBPyConnection) -> None:
    """Its bars are drawn from the same figures, but the words in it are words of their own."""
    (picture,) = draw([replace(BARS, bars=BARS.bars[:1])], UNITS)
    row = f"<tr><th>{both('甲', 'a')}</th><td>{figure(UNITS, Decimal(60), '%')}</td></tr>"
    chart = (
        f'<figure class="chart" data-chart="bars">{picture.inline}'
        f"<table><tbody>{row}</tbody></table></figure>"
    )
    # the number of the table itself names no figure here
    known = [text for text in wrong(con, chart) if "names no figure" not in text]
    assert known == []
    turned = chart.replace(">60%<", ">90%<", 1)
    assert turned != chart
    assert "the chart says '90%', its table does not" in wrong(con, turned)


# --- charts -------------------------------------------------------------------------------------

BARS = Chart(
    "one", "plan", ("图", "chart"),
    (Bar(("甲", "a"), Decimal(60), "%"), Bar(("乙", "b"), Decimal(30), "%", "above"),
     Bar(("丙", "c"), Decimal(-10), "%", "at_most"), Bar(("丁", "d"), None, "%")),
)  # fmt: skip
LINE = Chart(
    "two", "profile", ("线", "line"),
    tuple(Bar((year, year), Decimal(value), "") for year, value in
          (("2018", "3"), ("2020", "5"), ("2021", "4"), ("2025", "9"))),
    "line",
)  # fmt: skip


def drawn(chart: Chart, change: Callable[[str], str] = str) -> list[str]:
    """What is wrong with a chart that is drawn as it is, or is changed afterwards."""
    (picture,) = draw([chart], UNITS)
    svg = html.fromstring(change(picture.inline))
    values = [bar.value for bar in chart.bars]
    if chart.kind == "line":
        found = check_line(svg, [bar.label[0] for bar in chart.bars], values)
    else:
        sides = [{"above": 1, "at_most": -1}.get(bar.qualifier or "", 0) for bar in chart.bars]
        found = check_bars(svg, values, sides, chart.full)
    return [en for _, en in found]


def scaled(pattern: str, factor: float) -> Callable[[str], str]:
    """Make the first number that a pattern finds longer or shorter."""

    def change(svg: str) -> str:
        found = re.search(pattern, svg)
        assert found is not None
        return svg[: found.start(1)] + f"{float(found[1]) * factor:g}" + svg[found.end(1) :]

    return change


def test_drawings_have_the_sizes_of_their_figures() -> None:
    assert drawn(BARS) == []
    assert drawn(replace(BARS, kind="bullet", full=Decimal(100), bars=BARS.bars[:2])) == []
    assert drawn(LINE) == []


@pytest.mark.parametrize(
    ("chart", "change", "told"),
    [
        (BARS, scaled(r"h([\d.]+)v13h-[\d.]+Z\" fill=\"#1f5c99", 0.5), "the length of bar"),
        (BARS, scaled(r"M([\d.]+),75", 1.5), "bar 2 does not start at zero"),
        (BARS, lambda svg: re.sub(r'<path transform="[^"]*" d="M[^"A]*Z"[^>]*/>', "", svg, count=1),
         "the arrow of bar"),
        (replace(BARS, bars=(replace(BARS.bars[0], value=Decimal(20)), *BARS.bars[1:])),
         scaled(r"h([\d.]+)v13h-[\d.]+Z\" fill=\"#1f5c99", 3), "the length of bar"),
        (LINE, scaled(r"<path transform=\"translate\(([1-9][\d.]+),[\d.]+\)\" d=\"M[^\"]*A", 1.2),
         "is not at its place on the time axis"),
    ],
)  # fmt: skip
def test_a_drawing_of_another_size_is_found(
    chart: Chart, change: Callable[[str], str], told: str
) -> None:
    found = drawn(chart, change)
    assert found
    assert any(told in text for text in found)


def test_places_on_a_time_axis_that_are_only_counted_are_found() -> None:
    years = tuple(replace(bar, label=(str(2018 + n), "")) for n, bar in enumerate(LINE.bars))
    (picture,) = draw([replace(LINE, bars=years)], UNITS)
    svg = html.fromstring(picture.inline)
    values = [bar.value for bar in LINE.bars]
    found = [en for _, en in check_line(svg, ["2018", "2020", "2021", "2025"], values)]
    assert found == [
        "2020 is not at its place on the time axis",
        "2021 is not at its place on the time axis",
    ]
