"""The pages of a release: what is read, compared, indexed and escaped for them.

Belongs here: literal expectations of texts and files. Does not belong here: what a browser makes
of them (tests/browser), and tampering with a candidate (tests/rejects).
"""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from orchestration.publish.build import build_candidate
from orchestration.publish.clock import zone_words
from orchestration.publish.durable import remove_tree
from orchestration.publish.printed import Word
from orchestration.publish.site.beside import Beside, bars
from orchestration.publish.site.charts import Bar, Chart, _broken, draw
from orchestration.publish.site.markup import (
    Units,
    both,
    checksum,
    data_script,
    figure,
    file_name,
    gap_html,
    thousands,
)
from orchestration.publish.site.search import initials, syllables
from orchestration.publish.verify import verify_release
from tests.unit.test_publish_world import TIME, build, make_work_db

UNITS = Units(
    {
        name: Word(name, en, 0)
        for name, en in (
            ("元", "yuan"),
            ("万元", "10 thousand yuan"),
            ("亿元", "100 million yuan"),
            ("万亿元", "trillion yuan"),
            ("所", "institutions (所)"),
            ("%", "per cent"),
        )
    }
)


def text_of(html: str) -> str:
    """The text of a piece of HTML, both languages one after the other."""
    return unescape(re.sub(r"<[^>]*>", "", html))


# --- texts and figures -------------------------------------------------------------------------


def test_a_text_cannot_become_a_tag_or_turn_the_page_round() -> None:
    assert both('<b>"a"', "it's & more") == (
        '<span lang="zh">&lt;b&gt;&quot;a&quot;</span><span lang="en">it&#x27;s &amp; more</span>'
    )
    assert both("甲\u202e乙\u0000", None) == "甲[U+202E]乙\ufffd"
    assert both("同", "同") == "同"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("gdp", "gdp"),
        ("330205", "330205"),
        ("con", "x-con--1143da2bc5"),
        ("index", "x-index--1bc04b5291"),
    ],
)
def test_a_page_is_called_by_its_code(code: str, name: str) -> None:
    assert file_name(code) == name


@pytest.mark.parametrize("code", ["../x", "a/b", "A B", "名称", "a" * 200, "🙂", "\ud800"])
def test_what_is_no_plain_code_gets_a_name_that_any_disk_takes(code: str) -> None:
    assert re.fullmatch(r"x-[a-z0-9-]{0,40}--[0-9a-f]{10}", file_name(code))
    assert file_name(code) == file_name(code)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("999", "999"),
        ("1000", "1,000"),
        ("-1234567.89", "−1,234,567.89"),
        ("123456789012345678", "123,456,789,012,345,678"),
        ("0.12345", "0.12345"),
    ],
)
def test_thousands_are_separated_in_the_whole_part_alone(number: str, text: str) -> None:
    assert thousands(number) == text


def test_a_figure_shows_its_sign_unit_and_marks() -> None:
    html = figure(UNITS, Decimal("1000.00000000"), "亿元", "above", status="P", is_simulated=True)

    assert text_of(html) == "超>1,000 亿元100 million yuan初p模拟simulated"
    assert 'data-v="1000" data-u' not in html
    assert 'data-u="亿元"' in html
    assert 'class="m m-provisional"' in html


@pytest.mark.parametrize(
    ("status", "conf", "text"),
    [
        ("O", None, "缺missing"),
        ("L", None, "未采not collected"),
        ("Q", None, "隐suppressed"),
        ("A", "C", "隐suppressed"),
        (None, None, "……"),
    ],
)
def test_a_gap_says_which_gap_it_is(status: str | None, conf: str | None, text: str) -> None:
    value = Decimal(7) if conf else None

    assert text_of(figure(UNITS, value, "亿元", status=status, conf=conf)) in (text, "…")
    assert "7" not in text_of(figure(UNITS, value, "亿元", status=status, conf=conf))


def test_a_bound_of_a_rank_is_a_place_among_the_first() -> None:
    assert text_of(figure(UNITS, 3, "位", "at_most")) == "前top 3 位"


@pytest.mark.parametrize(
    ("qualifier", "text"),
    [
        ("above", "超>1 个"),
        ("at_least", "≥1 个"),
        ("above_slightly", "略超≳1 个"),
        ("below", "<1 个"),
        ("at_most", "≤1 个"),  # 不超过1个 allows one
        ("just_below", "近≲1 个"),
        ("approx", "约≈1 个"),
        ("exceeded", "超>1 个"),  # a release of the first version, beside one of today
        ("under", "≤1 个"),
    ],
)
def test_a_bound_has_its_sign_in_both_languages(qualifier: str, text: str) -> None:
    assert text_of(figure(UNITS, 1, "个", qualifier)) == text


def test_eighteen_digits_stay_what_they_are() -> None:
    html = figure(UNITS, Decimal("123456789012345678.12345678"), "亿元")

    assert 'data-v="123456789012345678.12345678"' in html
    assert "123,456,789,012,345,678.12345678" in html


def test_units_with_a_fraction_or_a_larger_prefix_are_not_scaled() -> None:
    assert set(UNITS.scales) == {"元", "万元", "亿元"}
    assert UNITS.scales["亿元"].wan == ("万元", "10 thousand yuan", 4)
    assert UNITS.scales["亿元"].plain == ("元", "yuan", 8)
    assert UNITS.scales["元"].yi == ("亿元", "100 million yuan", -8)
    assert UNITS.en("所") == "institutions"
    assert UNITS.en("%") == "%"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Asia/Shanghai", ("北京时间", "Beijing time")),
        ("UTC", ("协调世界时", "UTC")),
        ("Europe/Berlin", ("Europe/Berlin 时间", "Europe/Berlin time")),
        ("", ("", "")),
    ],
)
def test_a_zone_is_called_as_its_readers_call_it(zone: str, words: tuple[str, str]) -> None:
    assert zone_words(zone) == words


def test_every_gap_has_a_word() -> None:
    assert text_of(gap_html("suppressed")) == "隐suppressed"


def test_a_data_script_holds_nothing_that_ends_a_script() -> None:
    script = data_script("a", '{"x":"</script>\u2028\u2029&<!--"}', 1)

    assert "</script" not in script
    assert "\u2028" not in script
    assert "<!--" not in script
    name, count, crc, payload = json.loads(f"[{script[script.index('(') + 1 : -3]}]")
    assert (name, count) == ("a", 1)
    assert payload == '{"x":"</script>\u2028\u2029&<!--"}'
    assert crc == checksum(payload) == "c8ea2df9"


# --- search ------------------------------------------------------------------------------------


def test_pinyin_gives_initials_and_syllables() -> None:
    assert initials("固定资产投资") == "gdzctz"
    assert initials("规上工业（2024）") == "gsgy2024"
    assert initials("R&D经费") == "rdjf"
    assert syllables("重庆银行") == "chongqingyinhang"
    assert initials("") == ""


# --- charts ------------------------------------------------------------------------------------


def test_a_chart_is_drawn_once_for_both_languages_and_ends_bounds_in_arrows() -> None:
    chart = Chart(
        "c",
        "investment",
        ("构成 <甲>", "Structure"),
        (
            Bar(("工业", "Industry"), Decimal("63.2"), "%", "above"),
            Bar(("未单列", "Not itemised"), Decimal("7.4"), "%", style="residual"),
        ),
        "bullet",
        full=Decimal(100),
    )

    first, second = (draw([chart], UNITS)[0] for _ in range(2))

    assert first == second
    assert "<title>构成 &lt;甲&gt;</title>" in first.zh
    assert ">超63.2%<" in first.zh
    assert ">&gt;63.2%<" in first.en
    assert '<tspan lang="zh">工业</tspan><tspan lang="en">Industry</tspan>' in first.inline
    assert "url(#hatch-c)" in first.zh
    assert "QT" not in first.zh
    assert "http" not in first.inline.replace("http://www.w3.org/2000/svg", "")


def test_no_line_crosses_a_break() -> None:
    """Four years, a break before the third: two lines of the three, and an upright between."""

    def drawn(*broken: bool) -> str:
        bars = tuple(
            Bar((str(year), str(year)), Decimal(value), "", is_broken=is_broken)
            for year, value, is_broken in zip(
                (2017, 2018, 2019, 2020), (10, 11, 15, 16), broken, strict=True
            )
        )
        (chart,) = draw([Chart("s", "profile", ("总值", "Total"), bars, "line")], UNITS)
        return chart.zh

    whole, broken = drawn(False, False, False, False), drawn(False, False, True, False)
    line, upright = 'stroke="#1f5c99" stroke-width="2.5"', 'stroke-dasharray="2,3"'
    assert (whole.count(line), broken.count(line)) == (3, 2)
    assert (whole.count(upright), broken.count(upright)) == (0, 1)


def test_a_break_counts_where_it_lies_between_two_figures_of_its_series() -> None:
    def year(number: int) -> dict[str, Any]:
        return {"indicator_code": "gdp", "period_end": date(number, 12, 31)}

    def since(number: int, indicator: str | None, region: str | None) -> dict[str, Any]:
        return {
            "begins_on": date(number, 1, 1),
            "since": str(number),
            "indicator_code": indicator,
            "region_code": region,
        }

    census, boundary = since(2019, "gdp", None), since(2021, None, "330205")
    known = [
        since(2015, "gdp", None),  # before all figures
        census,
        since(2019, "retail_sales", None),  # of another indicator
        since(2020, None, "330212"),  # of another region
        boundary,
    ]
    own = [year(2017), year(2018), year(2020), year(2021)]
    assert _broken(own, known, "330205") == [[], [], [census], [boundary]]


def test_no_charts_start_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "vl_convert", None)

    assert draw([], UNITS) == []


# --- a whole site ------------------------------------------------------------------------------

HOSTILE = """
update core.indicator set
    name_zh = '</script><img src=x onerror=alert(1)>' || chr(8238) || '🙂"''/\\',
    name_en = 'a</title><b>' where indicator_code = 'fai_total';
insert into core.indicator values ('..' || '/../etc/passwd', '斜线', 'Slash', '<theme>/x');
insert into core.region values ('a b/c', '<i>区', 'R"egion');
update core.observation set value = 123456789012345678.12345678
    where observation_id = 'aaaaaa02ffff';
update core.observation set conf_status = 'C', obs_status = 'A', value = 77
    where observation_id = 'bbbbbb01ffff';
"""


def attributes_in(page: Path) -> set[str]:
    """The names of all attributes of a page, as a browser reads it."""
    found: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.update(name for name, _ in attrs)

    Reader().feed(page.read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A candidate whose names are everything a name should not be."""
    return build(tmp_path_factory.mktemp("hostile"), extra_sql=HOSTILE)


def test_hostile_names_change_neither_pages_nor_places(hostile: Path) -> None:
    site = hostile / "site"

    assert verify_release(hostile, hostile.parent.parent / "work-r1.duckdb") == []
    assert [path.name for path in (site / "indicator").iterdir()] == ["fai_growth.html"]
    listed = (site / "theme" / "x-theme-x--1f11923ac2.html").read_text("utf-8")
    assert '<li id="i-x-etc-passwd--3754d6cb3a">' in listed
    page = (site / "theme" / "investment.html").read_text("utf-8")
    assert "<img" not in page
    assert "\u202e" not in page
    assert "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;[U+202E]🙂" in page
    attributes = {name for path in site.rglob("*.html") for name in attributes_in(path)}
    assert {name for name in attributes if name.startswith("on")} == set()
    assert "style" not in attributes


def test_what_is_confidential_stands_in_no_page_and_no_data_file(hostile: Path) -> None:
    site = hostile / "site"

    for name in ("indicator/fai_growth.html", "data/indicator/fai_growth.js", "index.html"):
        assert not re.search(r"\b77\b", (site / name).read_text("utf-8")), name


def test_a_value_of_eighteen_digits_is_text_everywhere(hostile: Path) -> None:
    site = hostile / "site"

    page = (site / "theme" / "investment.html").read_text("utf-8")
    assert 'data-v="123456789012345678.12345678">123,456,789,012,345,678.12345678<' in page


EXTREME = """
insert into core.region
select
    printf('98%04d', i), printf('第%d个', i) || repeat('长', 40), 'Region' || repeat(' long', 20)
from range(1, 201) as every(i);
insert into core.observation
select o.* replace (
    'e' || printf('%011d', i) as observation_id, printf('98%04d', i) as region_code,
    (100 - i)::decimal(30, 8) as value
)
from core.observation as o, range(1, 201) as every(i)
where o.observation_id = 'bbbbbb01ffff';
update core.indicator set name_zh = repeat('很长的名', 10) where indicator_code = 'fai_growth';
insert into core.indicator values ('gone', '全缺的指标', 'All missing', 'investment');
insert into core.observation
select o.* replace (
    'f' || observation_id[2:] as observation_id, 'gone' as indicator_code,
    null as value, 'M' as obs_status
)
from core.observation as o
where o.observation_id in ('bbbbbb01ffff', 'cccccc01ffff');
"""


@pytest.fixture(scope="module")
def extreme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hundred regions, long names, figures above, at and below zero, a series without any."""
    return build(tmp_path_factory.mktemp("extreme"), extra_sql=EXTREME)


def test_two_hundred_regions_and_long_names_pass_the_gate(extreme: Path) -> None:
    assert verify_release(extreme, extreme.parent.parent / "work-r1.duckdb") == []
    page = (extreme / "site/indicator/fai_growth.html").read_text("utf-8")
    assert f'<h1><span lang="zh">{"很长的名" * 10}</span>' in page
    regions = extreme / "site/region"
    assert len(list(regions.glob("98*.html"))) == 200
    for code, shown in (
        ("980099", 'data-v="1">1<'), ("980100", 'data-v="0">0<'), ("980200", 'data-v="-100">−100<')
    ):  # fmt: skip
        assert shown in (regions / f"{code}.html").read_text("utf-8")


NEWEST_MISSING = """
insert into core.observation
select o.* replace (
    'd' || observation_id[2:] as observation_id, period_start + interval 10 year as period_start,
    period_end + interval 10 year as period_end, '2099' as period,
    null as value, 'M' as obs_status
)
from core.observation as o where known_to is null;
"""


def test_where_the_newest_of_all_is_missing_the_front_page_has_the_last_there_is(
    tmp_path: Path,
) -> None:
    built = build(tmp_path, extra_sql=NEWEST_MISSING)
    assert verify_release(built, built.parent.parent / "work-r1.duckdb") == []
    page = (built / "site" / "index.html").read_text("utf-8")
    cards = re.compile(r'<li class="card" data-indicator="([^"]+)">.*?data-v="([^"]+)"', re.DOTALL)
    assert cards.findall(page) == [("fai_growth", "-5.25"), ("fai_total", "102")]


def test_a_series_without_any_figure_shows_gaps_and_no_zero(extreme: Path) -> None:
    page = (extreme / "site/indicator/gone.html").read_text("utf-8")

    assert "<h1>" in page
    assert 'class="gap gap-missing"' in page
    assert 'class="n"' not in page


def test_bars_above_at_and_below_zero_begin_at_one_zero() -> None:
    def drawn(*values: str) -> list[tuple[str, str]]:
        rows = tuple({"value": Decimal(value)} for value in values)
        return [
            re.findall(r' x="([^"]+)" y="0" width="([^"]+)"', bar)[0]
            for bar in bars(Beside(rows, 0))
        ]

    assert drawn("10", "0", "-5") == [
        ("33.333", "66.667"), ("33.333", "0.000"), ("0.000", "33.333"),
    ]  # fmt: skip
    assert drawn("0", "0") == [("0.000", "0.000"), ("0.000", "0.000")]
    assert drawn("-2", "-4") == [("50.000", "50.000"), ("0.000", "100.000")]


def test_the_same_inputs_give_the_same_bytes(hostile: Path, tmp_path: Path) -> None:
    again = build(tmp_path, extra_sql=HOSTILE)

    def files(root: Path) -> dict[str, bytes]:
        return {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted((root / "site").rglob("*"))
            if path.is_file()
        }

    assert files(again) == files(hostile)


def following(tmp_path: Path, before: Path, extra_sql: str) -> Path:
    """A candidate r2, built while ``before`` is in force."""
    work = make_work_db(tmp_path / "work-r2.duckdb", "r2", extra_sql)
    return build_candidate(work, tmp_path / "next", "r2", TIME, [], {}, "demo", previous=before)


def test_the_difference_names_what_is_added_revised_and_removed(tmp_path: Path) -> None:
    before = build(tmp_path)
    after = following(
        tmp_path,
        before,
        """
        update core.observation set value = 103.5 where observation_id = 'aaaaaa02ffff';
        delete from core.observation where observation_id = 'cccccc01ffff';
        insert into core.observation by name
            select * replace ('dddd' as observation_id, '990102' as region_code, 9 as value)
            from core.observation where observation_id = 'aaaaaa02ffff';
        """,
    )

    page = text_of((after / "site" / "changes.html").read_text("utf-8"))

    assert "added 1, revised 1, removed 1; indicators added 0, removed 0" in page
    revised = page[page.index("修订Revised") : page.index("不再列出Removed")]
    assert re.search(r"102 亿元.*103\.5 亿元", revised, re.DOTALL)
    assert "甲区District A" in revised
    added = page[page.index("新增Added") :]
    assert "乙区District B" in added


def test_a_release_that_changes_nothing_says_so(tmp_path: Path) -> None:
    after = following(tmp_path, build(tmp_path), "")

    assert "added 0, revised 0, removed 0" in (after / "site/changes.html").read_text("utf-8")


def test_a_qualifier_that_only_got_another_name_is_no_revision(tmp_path: Path) -> None:
    first = make_work_db(
        tmp_path / "work-r1.duckdb",
        "r1",
        "update core.observation set qualifier = 'exceeded' where qualifier = 'above';",
    )
    before = build_candidate(first, tmp_path / "first", "r1", TIME, [], {}, "demo")

    after = following(tmp_path, before, "")

    assert "added 0, revised 0, removed 0" in (after / "site/changes.html").read_text("utf-8")


def test_a_release_before_that_cannot_be_opened_stops_nothing(tmp_path: Path) -> None:
    before = tmp_path / "broken"
    before.mkdir()
    (before / "mart.duckdb").write_bytes(b"no database")

    after = following(tmp_path, before, "")

    assert "could not be opened" in (after / "site/changes.html").read_text("utf-8")


def test_the_first_release_has_nothing_to_compare_with(hostile: Path) -> None:
    assert "This is the first release" in (hostile / "site/changes.html").read_text("utf-8")


def test_rows_of_marts_stand_in_files_and_not_on_pages(tmp_path: Path) -> None:
    release = build(
        tmp_path,
        extra_sql="insert into investment.project_pipeline "
        "select '990103', 'p' || lpad(i::varchar, 5, '0'), i, null, null "
        "from range(10000) as t(i)",
    )

    page = (release / "site/theme/investment.html").read_text("utf-8")

    assert "p00001" not in page
    assert page.count("<tr") < 10
    assert "p00001" in (release / "csv/investment/project_pipeline.csv").read_text("utf-8")


def test_a_theme_with_nothing_is_not_shown(tmp_path: Path) -> None:
    release = build(
        tmp_path,
        extra_sql="delete from investment.project_pipeline; delete from core.observation; "
        "delete from core.indicator",
    )

    front = (release / "site/index.html").read_text("utf-8")

    assert not (release / "site/theme").exists()
    assert "theme/" not in front
    assert "本版本还没有本区的数字" in front
    assert verify_release(release, tmp_path / "work-r1.duckdb") == []


def test_the_gate_finds_pages_that_are_gone_and_links_that_lead_out(tmp_path: Path) -> None:
    release = build(tmp_path)
    for path in (release, *release.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
    (release / "site/plan.html").unlink()
    front = release / "site/index.html"
    text = front.read_text("utf-8")
    front.write_text(text.replace("</main>", '<a href="https://example.invalid/">x</a></main>'))

    found = {
        (problem.file, problem.detail_en)
        for problem in verify_release(release, tmp_path / "work-r1.duckdb")
        if problem.rule_id == "release.site-incomplete"
    }

    assert ("site/plan.html", "the page is not there") in found
    assert ("site/index.html", "a link leads out: https://example.invalid/") in found
    remove_tree(release)


def test_a_figure_that_is_not_the_marts_is_found(tmp_path: Path) -> None:
    release = build(tmp_path)
    front = release / "site/index.html"
    front.chmod(0o644)
    text = front.read_text("utf-8")
    assert 'data-v="102"' in text
    front.write_text(text.replace('data-v="102"', 'data-v="103"'))

    found = [
        (problem.file, problem.detail_en)
        for problem in verify_release(release, tmp_path / "work-r1.duckdb")
        if problem.rule_id == "release.site-figure-differs"
    ]

    assert found == [("site/index.html", "fai_total is 103, which is not the database's figure")]
