"""Data Docs of a small validation: built offline, readable, without any text of a delivery.

Belongs here: what is kept of rules and suites, and the pages made of it. Does not belong here: how
pages are stripped (test_judge_offline), and what rules find (test_judge_rules).
"""

from __future__ import annotations

import re
import socket
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import QutongError
from orchestration.judge.catalogue import Gate, Rule
from orchestration.judge.kept import Keep, read_kept
from orchestration.judge.rules import run_rules
from orchestration.judge.suites import Expectation, Suite
from orchestration.judge.worker import Judge
from orchestration.spec import Text

RAW_TEXT = "四十九万五"


def rule(rule_id: str, sql: str, severity: str = "hard", gate: Gate = "marts") -> Rule:
    return Rule.model_validate(
        {
            "id": rule_id,
            "title": Text(zh=f"{rule_id} 标题", en=f"title of {rule_id}"),
            "gate": gate,
            "level": 1,
            "severity": severity,
            "owner": "steward",
            "guidance": Text(zh="请核对 <b>原文</b>。", en="Check the $source."),
            "executor": "sql",
            "batch": "core.figure",
            "sql": sql,
            "undecided_sql": "select count(*) from core.figure where text is null",
        }
    )


RULES = (
    rule("a.good", "select * from {batch} where text = ''"),
    rule("b.found", "select text as message_zh from {batch} where text is not null", "soft"),
    rule("c.broken", "select cast(text as integer) as n from {batch} where n > 0"),
)


SUITE = Suite(
    name="core.figure",
    title_zh="数字",
    title_en="Figures",
    schema="core",
    table="figure",
    key=("text",),
    expectations=(
        Expectation("marts.unknown-code", "codes", "限甲", "only 甲", "text", codes=("甲",)),
        Expectation("marts.no-rows", "rows", "表中有数据", "the table holds $rows", low=1),
        Expectation("marts.no-rows", "rows", "很多数据", "many rows", low=9),
    ),
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    database = folder / "work.duckdb"
    with duckdb.connect(str(database)) as con:
        con.execute("create schema core; create table core.figure (text varchar)")
        con.execute(f"insert into core.figure values ('{RAW_TEXT}'), (null)")
    validations = folder / "validations"
    for gate, rules in (("delivery", RULES[:1]), ("marts", RULES)):
        keep = Keep(validations / f"{gate}.json", "2026-03-01.1", datetime(2026, 3, 1, 9))
        run_rules(database, rules, keep)
        Judge().validate(database, [SUITE], ("marts.unknown-code", "marts.no-rows"), keep)
    return validations


@pytest.fixture(scope="module")
def site(kept: Path) -> Path:
    from orchestration.judge.data_docs import build_docs

    folder = kept.parent / "data_docs"
    folder.mkdir()
    (folder / "release.html").write_text("of an earlier run", encoding="utf-8")

    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked for")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        assert build_docs(kept, folder) == folder / "index.html"
    return folder


def test_what_is_kept_counts_and_quotes_nothing(kept: Path) -> None:
    for file in kept.rglob("*.json"):
        assert RAW_TEXT not in file.read_text("utf-8"), file
    content = read_kept(kept / "marts.json")
    assert content["run"] == {
        "run_name": "2026-03-01.1",
        "run_time": "2026-03-01T09:00:00+00:00",
    }
    told = [
        tuple(rule[key] for key in ("rule_id", "outcome", "unexpected", "checked", "undecided"))
        for rule in content["rules"]
    ]
    assert told == [
        ("a.good", "undecided", 0, 2, 1),
        ("b.found", "failed", 1, 2, 1),
        ("c.broken", "failed", 0, 0, 0),
    ]
    suite = read_kept(kept / "marts" / "core.figure.json")
    assert [(entry["success"], entry["result"]) for entry in suite["results"]] == [
        (
            False,
            {
                "element_count": 2,
                "unexpected_count": 1,
                "unexpected_percent": 100.0,
                "missing_count": 1,
                "missing_percent": 50.0,
                "unexpected_percent_total": 50.0,
                "unexpected_percent_nonmissing": 100.0,
            },
        ),
        (True, {"observed_value": 2}),
        (False, {"observed_value": 2}),
    ]
    assert suite["statistics"]["successful_expectations"] == 1


def test_the_pages_load_nothing_and_quote_nothing(site: Path) -> None:
    assert sorted(path.name for path in site.iterdir()) == [
        "delivery-core.figure.html",
        "delivery.html",
        "index.html",
        "marts-core.figure.html",
        "marts.html",
    ]
    for path in site.iterdir():
        page = path.read_text("utf-8")
        assert not re.search(r"<(script|link|img|svg|iframe)\b", page), path
        assert not re.search(r"(src|href)\s*=\s*[\"']?\s*(\w+:|//|/)", page), path
        assert "url(" not in page and "@import" not in page, path
        assert not re.search(r"https?:", page), path
        assert RAW_TEXT not in page, path
        for target in re.findall(r'href="([^"#]+)', page):
            assert (site / target).is_file(), (path, target)


def test_the_pages_say_what_each_rule_came_to(site: Path) -> None:
    index = (site / "index.html").read_text("utf-8")
    assert '<a href="marts.html">集市关 Marts gate</a>' in index
    assert "2026-03-01.1" in index

    page = (site / "marts.html").read_text("utf-8")
    text = " ".join(re.sub(r"<[^>]+>", " ", page.partition("<body>")[2]).split())
    assert "a.good 标题 | title of a.good a.good · hard · steward" in text
    assert "请核对 &lt;b&gt;原文&lt;/b&gt;。 | Check the $source." in text
    assert "1 / 2 （未定 undecided 1）" in text
    assert "fa-exclamation-triangle" in page
    assert text.index("a.good") < text.index("b.found")
    assert "core.figure 数字 Figures 3" in text


def test_the_page_of_a_suite_says_what_is_expected_in_both_languages(site: Path) -> None:
    page = (site / "marts-core.figure.html").read_text("utf-8")
    text = " ".join(re.sub(r"<[^>]+>", " ", page.partition("<body>")[2]).split())
    assert "<title>数字 Figures · Data Docs</title>" in page
    assert "限甲 | only 甲" in text
    assert "表中有数据 | the table holds ＄rows 2" in text
    assert '<a href="index.html">数据校验文档 Data Docs</a>' in page
    assert page.count('"fas fa-times') > page.count('"fas fa-check-circle')


@pytest.mark.parametrize("content", [None, "{", "[1"])
def test_without_a_validation_it_says_what_to_do(tmp_path: Path, content: str | None) -> None:
    from orchestration.judge.data_docs import build_docs

    if content is not None:
        (tmp_path / "marts.json").write_text(content, encoding="utf-8")
    with pytest.raises(QutongError) as caught:
        build_docs(tmp_path, tmp_path / "site")
    assert "qutong run" in (caught.value.remedy or "")
