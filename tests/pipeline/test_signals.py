"""Rules of signals through the door: each has a series that trips it and one that stays calm.

Belongs here: the invented series of ``tests/signals`` in a whole run, and what the release gate
reads again of them. Does not belong here: one calculation alone (unit tests of dbt).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from orchestration.errors import DeclarationError
from orchestration.publish.signal_words import check_signals, check_signals_page
from orchestration.settings import CODE_ROOT, Settings
from orchestration.signals import KINDS, load_signals
from tests.pipeline.released import Released, qutong
from tests.support import HERE, deliver, make_project

CASES: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(
    (HERE / "signals" / "cases.yml").read_text("utf-8")
)
RULES = {rule.id: rule for rule in load_signals(CODE_ROOT / "expectations")}
SERIES = [(rule, way) for rule in CASES for way in ("trips", "calm")]

HEAD = """\
id: yunxi-signals
title: {zh: 云溪区异动示例（虚构）, en: Series that move (invented)}
theme: investment
owner: 综合科 / General section
simulated: true
origin:
  producer: 云溪区统计局（虚构） / Yunxi statistics bureau (invented)
  documents:
    - {id: yunxi-signals, title: 异动示例（虚构）, issuer: 云溪区统计局（虚构）, grade: official}
delivery: {connector: folder, pattern: ["*.csv"], cadence: monthly}
layout:
  kind: records
  columns:
    indicator: 指标
    region: 地区
    period: 期间
    period_kind: 期间类型
    value: 数值
    unit: 单位
    measure: 类型
indicators:
"""


def code(rule: str, way: str) -> str:
    return f"case_{rule}_{way}".replace(".", "_").replace("-", "_")


def named(rule: str, way: str) -> str:
    return (
        f"虚构{'增速' if 'frequency' not in CASES[rule][way] else '水平'}{[*CASES].index(rule) + 1}"
        + ("甲" if way == "trips" else "乙")
    )


def declared(rule: str, way: str) -> str:
    case = CASES[rule][way]
    is_growth = "frequency" not in case
    measure, unit = ("yoy_growth_pct", '"%"') if is_growth else ("level", "亿元")
    return (
        f"  - code: {code(rule, way)}\n"
        f"    name: {{zh: {named(rule, way)}, en: {code(rule, way)}}}\n"
        f"    measure: {measure}\n    price_basis: current\n    base_unit: {unit}\n"
        "    decimals: 1\n    direction: higher_is_better\n"
    )


def rows(rule: str, way: str) -> Iterator[str]:
    """The lines of a case as a bureau delivers them."""
    case, name = CASES[rule][way], named(rule, way)
    if case.get("frequency") == "pace":
        yield f"{name},云溪区,2025年,目标期,1000,亿元,目标值"
        for year, half in ((2023, 450), (2024, 460)):
            yield f"{name},云溪区,{year}年1—6月,累计,{half},亿元,水平值"
            yield f"{name},云溪区,{year}年,年度,1000,亿元,水平值"
        yield f"{name},云溪区,2025年1—6月,累计,{case['own'][0]},亿元,水平值"
        return
    for region, values in (("云溪区", case["own"]), ("云州市", case.get("city", []))):
        for place, value in enumerate(values):
            if case.get("frequency") == "year":
                yield f"{name},{region},{2015 + place}年,年度,{value},亿元,水平值"
            else:
                month = f"{2023 + place // 10}年{place % 10 + 3}月"
                yield f"{name},{region},{month},月度,{value},%,同比增速"


def lay(settings: Settings) -> Settings:
    theme = settings.raw / "datasets" / "investment"
    theme.mkdir(exist_ok=True)
    (theme / "yunxi-signals.yml").write_text(
        HEAD + "".join(declared(rule, way) for rule, way in SERIES), encoding="utf-8"
    )
    lines = [line for rule, way in SERIES for line in rows(rule, way)]
    content = "\n".join(("指标,地区,期间,期间类型,数值,单位,类型", *lines, ""))
    deliver(settings, "yunxi-signals", "2026-02-01", "异动.csv", content.encode())
    return settings


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Released:
    settings = lay(make_project(tmp_path_factory.mktemp("signals") / "district"))
    return Released(settings, qutong(settings, "run", through_dagster=False))


def test_every_rule_has_a_series_that_trips_it_and_one_that_stays_calm() -> None:
    assert CASES.keys() == RULES.keys()
    assert {rule.kind for rule in RULES.values()} == set(KINDS)
    assert all(case.keys() == {"trips", "calm"} for case in CASES.values())


def test_each_series_trips_its_own_rule_and_no_other(moving: Released) -> None:
    assert moving.done.exit_code == 0, moving.done.output
    found = moving.rows(
        "select indicator_code, rule_id, period from core.signal "
        "where indicator_code like 'case%' order by 1"
    )
    assert found == sorted(
        (code(rule, "trips"), rule, str(CASES[rule]["trips"]["period"])) for rule in CASES
    )


@pytest.mark.parametrize("rule", CASES)
def test_a_signal_says_what_moved(moving: Released, rule: str) -> None:
    found = moving.rows(
        f"select message_zh, is_simulated from core.signal where rule_id = '{rule}'"
    )
    assert found == [(CASES[rule]["trips"]["says"], True)]


def test_what_ended_long_ago_is_not_told_of_now(moving: Released) -> None:
    assert moving.lines("select rule_id, period from core.signal where is_current order by 1") == [
        "growth.extreme | 2025-07",
        "plan.behind-pace | 2025-01/2025-06",
    ]


def test_a_rule_says_how_much_it_looked_at(moving: Released) -> None:
    assert moving.lines(
        "select rule_id, series_count, too_short_count, signal_count, current_count "
        "from core.signal_rule where rule_id in ('growth.turned', 'plan.behind-pace') order by 1"
    ) == ["growth.turned | 10 | 2 | 1 | 0", "plan.behind-pace | 2 | 0 | 1 | 1"]


def test_signals_block_nothing_and_stand_on_a_page(moving: Released) -> None:
    page = (moving.path / "site" / "signals.html").read_text("utf-8")
    assert page.count('id="s-') == len(CASES)
    assert CASES["growth.turned"]["trips"]["says"] in page
    assert moving.rows("select count(*) from quality.finding where rule_id like 'signal%'") == [
        (0,)
    ]


def attached(mart: Path, change: str) -> Iterator[str]:
    """What the release gate says of a copy of the release that somebody changed."""
    con = duckdb.connect(str(mart))
    con.execute(change)
    yield from (wrong.en for wrong in check_signals(con, "mart"))
    con.close()


@pytest.mark.parametrize(
    "change",
    [
        "update core.signal set message_zh = replace(message_zh, '7期', '8期')",
        "update core.signal set message_en = replace(message_en, '-1.9 %', '-1.8 %')",
        "update core.signal set arithmetic = replace(arithmetic, '5.3', '5.4')",
        "update core.signal set kind = 'falls_in_a_row' where kind = 'turning_point'",
        "update core.signal set observation_ids = observation_ids[:35] where kind = 'extreme'",
    ],
)
def test_a_sentence_that_its_figures_do_not_bear_out_is_found(
    moving: Released, tmp_path: Path, change: str
) -> None:
    mart = tmp_path / "mart.duckdb"
    shutil.copyfile(moving.path / "mart.duckdb", mart)
    mart.chmod(0o644)
    assert list(attached(mart, "select 1")) == []
    assert list(attached(mart, change))


def test_a_page_that_says_otherwise_is_found(moving: Released) -> None:
    page = (moving.path / "site" / "signals.html").read_text("utf-8")
    with duckdb.connect(str(moving.path / "mart.duckdb"), read_only=True) as con:
        assert list(check_signals_page(con, "mart", page)) == []
        wrong = page.replace("由2023年9月的5.1%", "由2023年9月的6.1%")
        assert [w.en[:20] for w in check_signals_page(con, "mart", wrong)] == [
            "the page says of sig"
        ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("kind: turning_point", "kind: turning", "kind"),
        ("nature: growth", "nature: level", "a rule of kind turning_point looks at growth"),
        ("id: growth.turned", "id: growth.turns", "stands in a file of another name"),
        ("at_least: 0.3", "at_leest: 0.3", "at_leest"),
    ],
)
def test_a_mistake_in_a_rule_is_named(tmp_path: Path, before: str, after: str, said: str) -> None:
    text = (CODE_ROOT / "expectations/signals/growth.turned.yml").read_text("utf-8")
    folder = tmp_path / "signals"
    folder.mkdir()
    (folder / "growth.turned.yml").write_text(text.replace(before, after, 1), "utf-8")
    with pytest.raises(DeclarationError) as told:
        load_signals(tmp_path)
    assert said in str(told.value)
    assert "growth.turned.yml" in str(told.value)
