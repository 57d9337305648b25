"""What the page of comparisons is given, and the lines that get figures elsewhere.

Belongs here: the index, its reasons, data scripts of single figures, and that lines run as they
stand. Does not belong here: what a reader makes of them (tests/browser/test_compare).
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.publish.site import compare
from orchestration.publish.site.markup import data_script, read_script
from orchestration.publish.site.ways import ways
from orchestration.publish.verify import verify_release
from tests.unit.test_publish_world import build


def indicator(code: str, **more: object) -> dict[str, object]:
    usual = dict.fromkeys(
        "name_zh name_en theme measure scope price_basis direction is_stock adds_over_time "
        "adds_over_regions adds_over_classes".split()
    )
    return {**usual, "indicator_code": code, **more}


def test_the_index_says_what_adds_up_as_answers_do() -> None:
    index = compare.index(
        [
            indicator(
                "sales", name_zh="销售", name_en="Sales", theme="trade", measure="level",
                scope="total", price_basis="current", adds_over_time="sum",
                adds_over_regions="at_most",
            ),
            indicator("growth", measure="yoy_growth_pct", theme="trade"),
            indicator("empty", theme="trade"),
        ],
        {"sales": 12, "growth": 1},
        [{"region_code": "A", "parent_code": "P"}, {"region_code": "P", "parent_code": None}],
        {"trade": ["商贸", "Trade"]},
        [{"indicator_code": None, "region_code": "A", "begins_on": "2016-10-01"}],
    )  # fmt: skip

    assert index["indicators"] == [
        ["sales", "销售", "Sales", "trade", "level", "total", "current", "", 12,
         "indicator/sales", 0, 1, 2],
        ["growth", "growth", "growth", "trade", "yoy_growth_pct", "", "", "", 1,
         "single/trade", 3, 4, 5],
    ]  # fmt: skip
    assert index["reasons"][:4] == [
        ["sum", "", ""],
        ["", "@ 不能跨地区相加：各地区之和不等于全部",
         "@ is not added over regions: the regions' figures do not make up the whole"],
        ["", "未申报 @ 能否跨分组相加", "nobody declared whether @ adds up over classes"],
        ["", "@ 是比率、速度或位次，不能跨期相加",
         "@ is a rate, a growth or a rank: never added over time"],
    ]  # fmt: skip
    assert index["parents"] == {"A": "P", "P": ""}
    assert index["breaks"] == [["", "A", "2016-10-01"]]


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    """A candidate that a test may damage."""
    found = build(tmp_path)
    for path in (found, *found.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
    return found


def changed(candidate: Path, change: Callable[[dict[str, str]], None]) -> list[tuple[str, str]]:
    """What the gate says of a data script of single figures that was changed."""
    script = candidate / "site" / "data" / "single" / "investment.js"
    arguments = read_script(script.read_text("utf-8"))
    assert arguments is not None
    texts = json.loads(arguments[3])
    change(texts)
    payload = json.dumps(texts, ensure_ascii=False)
    script.write_text(data_script("single/investment", payload, arguments[1]), "utf-8")
    return [
        (problem.rule_id, problem.detail_en)
        for problem in verify_release(candidate, is_thorough=True)
        if problem.file.startswith("site/data/") and problem.rule_id != "release.hash-mismatch"
    ]


def test_a_single_figure_stands_in_the_script_of_its_theme(candidate: Path) -> None:
    script = (candidate / "site" / "data" / "single" / "investment.js").read_text("utf-8")

    assert script.startswith('window.QT && QT.put("single/investment", 1, "')
    assert '{\\"fai_total\\":\\"' in script
    assert verify_release(candidate, is_thorough=True) == []


def test_the_gate_compares_single_figures_one_by_one(candidate: Path) -> None:
    def change(texts: dict[str, str]) -> None:
        assert texts["fai_total"].count("\t102\t") == 1
        texts["fai_total"] = texts["fai_total"].replace("\t102\t", "\t201\t")

    assert (
        "release.site-figure-differs",
        "990101 2025 201.00000000 is drawn and not in force, or in force and not drawn",
    ) in changed(candidate, change)


def test_the_gate_misses_a_figure_that_no_script_holds(candidate: Path) -> None:
    assert ("release.site-figure-differs", "has no figures of fai_total") in changed(
        candidate, lambda texts: texts.clear()
    )


# --- the same figures elsewhere ------------------------------------------------------------------


@pytest.mark.parametrize("code", ["fai_total", "it's", 'a"b', "#(x)"])
def test_lines_name_the_release_in_one_place_and_quote_the_code(code: str) -> None:
    lines = {way.id: way for way in ways(code, "investment")}

    assert list(lines) == ["sql", "python", "r", "excel", "cli", "sdmx"]
    assert all(way.text.count("current") == 1 for way in lines.values() if way.after)
    assert lines["cli"].after == ""
    quoted = {"it's": "'it''s'", 'a"b': "'a\"b'"}.get(code, f"'{code}'")
    assert f"indicator_code = {quoted} and" in lines["sql"].text
    in_m = {'a"b': '"a""b"', "#(x)": '"#(#)(x)"'}.get(code, f'"{code}"')
    assert f"each [indicator_code] = {in_m}\n" in lines["excel"].text


def test_lines_of_sql_and_python_run_as_they_stand(
    candidate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = candidate.parent.parent
    (home / "releases").mkdir(exist_ok=True)
    (home / "releases" / "current").symlink_to(candidate)
    monkeypatch.chdir(home)
    lines = {way.id: way.text for way in ways("fai_total", "investment")}

    with duckdb.connect() as con:
        for statement in lines["sql"].split(";\n"):
            found = con.execute(statement)
        assert [(*row[:2], str(row[2])) for row in found.fetchall()] == [
            ("990101", "2025", "102.00000000")
        ]
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(lines["python"], "page", "exec"), {})  # noqa: S102 - a line of our own
    assert "shape: (1, " in said.getvalue()
    assert "fai_total" in said.getvalue()
    path = lines["sdmx"].split("\n")[1]
    assert ",fai_total," in Path(path).read_text("utf-8")
