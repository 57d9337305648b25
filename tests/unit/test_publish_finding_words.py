"""Every number in a finding's sentence follows from the figures it names; another one is a fault.

Belongs here: sentences as the rules' SQL writes them, right and with each number changed in turn.
Does not belong here: what is found (test_judge_rules), and that a candidate is refused
(tests/rejects).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
import pytest

from orchestration.publish.finding_words import (
    READ_AGAIN,
    check_findings,
    check_quality_page,
    check_report,
)
from tests.unit.judged import (
    CATALOGUE,
    build,
    build_plausible,
    build_series,
    build_suspicious,
    collect_findings,
    laid,
)
from tests.unit.test_judge_rules import BAD, RANGED

NOT_OF_FIGURES = {
    "history.one-current-version",
    "history.interval-order",
    "history.nothing-lost",
    "published.figures-gone",
    "published.figures-changed",
    "headline.exactly-one",
    "marts.figure-not-in-mart",
}
"""Hard rules about the warehouse itself: what they find is never published."""
WORKED_OUT = ("relation.", "document.contra", "document.census", "range.", "region.", "repeat.",
              "suspicious.")  # fmt: skip
SYSTEMS = (
    "plan.plan_summary",
    "industry_clusters.enterprise_tiers",
    "industry_clusters.per_mu_class",
    "core.case_ledger",
    "public_services.service_coverage",
)
"""Marts that a sentence about them is read beside."""
RELEASED_SCHEMAS = """
create schema rel.core; create schema rel.quality; create schema rel.meta; create schema rel.plan;
create schema rel.industry_clusters; create schema rel.public_services;
"""
RELEASED = """
create table rel.core.observation as
    select
        * exclude (resolution),
        resolution,
        indicator_code as indicator_name_zh,
        indicator_code as indicator_name_en,
        cast(null as varchar) as region_name_zh
    from core.observation;
create table rel.core.region as select * from landing.region;
create table rel.core.source_document as
    select * replace (coalesce(title_zh, source_document) as title_zh,
                      coalesce(title_en, source_document) as title_en)
    from landing.source_document;
create table rel.meta.release as select release_time from landing.release;
create table rel.quality.finding as select * from landing.finding;
"""


@pytest.fixture(scope="module")
def good() -> Iterator[duckdb.DuckDBPyConnection]:
    with laid(build, build_suspicious, build_series) as connection:
        yield connection


@pytest.fixture(scope="module")
def ranged() -> Iterator[duckdb.DuckDBPyConnection]:
    with laid(build, build_plausible) as connection:
        yield connection


def released(good: duckdb.DuckDBPyConnection, rule_id: str) -> duckdb.DuckDBPyConnection:
    """A release with the one finding of a rule, and the figures it is about."""
    good.execute("begin")
    try:
        good.execute(BAD[rule_id])
        collect_findings(good, [CATALOGUE.get(rule_id)])
        tables = {
            name: good.sql(f"select * from {name}").pl()
            for name in ("core.observation", "landing.region", "landing.source_document",
                         "landing.release", "landing.finding", *SYSTEMS)
        }  # fmt: skip
    finally:
        good.execute("rollback")
    con = duckdb.connect()
    con.execute("attach ':memory:' as rel; create schema core; create schema landing")
    con.execute(RELEASED_SCHEMAS)
    for name, frame in tables.items():
        con.register("frame", frame)
        placed = f"rel.{name}" if name in SYSTEMS else name
        con.execute(f"create table {placed} as from frame")
        con.unregister("frame")
    con.execute(RELEASED)
    return con


def wrong(con: duckdb.DuckDBPyConnection) -> list[str]:
    return [found.en for found in check_findings(con, "rel")]


def test_every_rule_that_is_about_figures_is_read_again() -> None:
    at_marts = {rule.id for rule in CATALOGUE.by_gate("marts") if rule.executor == "sql"}
    assert at_marts - NOT_OF_FIGURES == READ_AGAIN
    assert {CATALOGUE.get(rule).severity for rule in NOT_OF_FIGURES} == {"hard"}


@pytest.mark.parametrize("rule_id", sorted(READ_AGAIN))
def test_a_sentence_stands_and_none_of_its_numbers_may_be_another(
    good: duckdb.DuckDBPyConnection, ranged: duckdb.DuckDBPyConnection, rule_id: str
) -> None:
    """But the ends of what is usual: they are declared, and follow of no figure."""
    is_ranged = rule_id.startswith(RANGED)
    with released(ranged if is_ranged else good, rule_id) as con:
        ((zh, en, sum_),) = con.execute(
            "select message_zh, message_en, coalesce(arithmetic, '') from rel.quality.finding"
        ).fetchall()
        assert wrong(con) == []
        if not rule_id.startswith(WORKED_OUT):
            sum_ = ""
        for column, text in (("message_zh", zh), ("message_en", en), ("arithmetic", sum_)):
            for place in re.finditer(r"\d+(?:\.\d+)?", text):
                if _is_in_a_name(text, place.start()):
                    continue
                if is_ranged and re.search("通常为|usual", text[: place.start()]):
                    continue
                other = f"{text[: place.start()]}{_another(place[0])}{text[place.end() :]}"
                con.execute(f"update rel.quality.finding set {column} = ?", [other])
                assert wrong(con), other
            con.execute(f"update rel.quality.finding set {column} = ?", [text])


def _another(number: str) -> str:
    """A number that no sentence here has: far from it, and of no year, month or day."""
    return f"{float(number) * 3 + 777:.1f}"


def _is_in_a_name(text: str, at: int) -> bool:
    """R1 and R11 are names; 1 to 5000 is the range of a code list, a tolerance is declared."""
    before = text[:at]
    declared = ("通常在", "usually from", "plausible", "tolerance", "should be", "at most")
    return text[max(at - 1, 0)] == "R" or any(word in before for word in declared)


@pytest.mark.parametrize(
    ("rule_id", "change"),
    [
        ("relation.not-above", "observation_a = 'o-total', observation_b = 'o-a'"),
        ("relation.parts-exceed-total", "observation_b = 'o-a'"),
        ("suspicious.part-grows-as-its-whole", "observation_b = 'o-growth'"),
        ("suspicious.one-number-for-two-states", "observation_b = null"),
        ("suspicious.remainder", "observation_b = 'o-total'"),
    ],
)
def test_a_sentence_about_other_figures_does_not_stand(
    good: duckdb.DuckDBPyConnection, rule_id: str, change: str
) -> None:
    with released(good, rule_id) as con:
        con.execute(f"update rel.quality.finding set {change}")
        assert wrong(con) != []


def test_a_finding_whose_figures_do_not_stand_so_is_a_fault(
    good: duckdb.DuckDBPyConnection,
) -> None:
    """Both sides and the sentence agree with each other; what is said of them is not so."""
    with released(good, "relation.not-above") as con:
        con.execute("update rel.core.observation set value = 99 where observation_id = 'o-a'")
        for column in ("message_zh", "message_en"):
            con.execute(
                f"update rel.quality.finding set {column} = replace({column}, '100.2', '99')"
            )
        con.execute(
            "update rel.quality.finding set arithmetic = "
            "replace(arithmetic, '100.2 [100.195, 100.205]', '99 [98.995, 99.005]')"
        )
        sentence, sum_ = wrong(con)
        assert sentence.endswith("the figures give figures that stand to each other so")
        assert sum_.endswith("99 > 100 does not hold")


PAGE = '<main><article class="finding soft" id="f-{id}"><h4>x 1</h4><p>{text}</p></article></main>'
REPORT = (
    '<article class="finding soft"><p>{text}</p><p class="arithmetic">1</p>'
    '<p class="source"><code>total</code> <code>{id}</code></p></article>'
)


@pytest.mark.parametrize(("check", "page"), [(check_quality_page, PAGE), (check_report, REPORT)])
def test_a_page_tells_what_the_finding_says(
    good: duckdb.DuckDBPyConnection, check: object, page: str
) -> None:
    with released(good, "relation.not-above") as con:
        ((name, zh, en),) = con.execute(
            "select finding_id, message_zh, message_en from rel.quality.finding"
        ).fetchall()
        both = f'<span lang="zh">{zh}</span> <span lang="en">{en}</span>'
        assert callable(check)
        assert list(check(con, "rel", page.format(id=name, text=both))) == []
        for bad in (both.replace("100.2", "100.3", 1), both.replace("大于", "小于"), "", zh):
            assert len(list(check(con, "rel", page.format(id=name, text=bad)))) == 1
