"""The Chinese face of a release: what its views are called where the catalogue is not unique.

Belongs here: names. Does not belong here: that a release has them (test_publish_build), and that
the gate compares them (test_publish_verify).
"""

from __future__ import annotations

import duckdb
import pytest

from orchestration.catalog import Column, Table
from orchestration.publish.views import views

pytestmark = pytest.mark.core


def column(name: str, label: str) -> Column:
    return Column(name, "INTEGER", f"说明{name}", f"About {name}", "", True, label_zh=label)


def table(name: str, title: str, *columns: Column) -> Table:
    return Table("core", name, title, name.title(), "一行", "One row", ("a",), columns)


def test_a_view_has_the_title_of_its_table_and_those_of_its_columns() -> None:
    (view,) = views([table("region", "地区", column("a", "代码"), column("b", "名称"))])

    assert (view.name, view.headings) == ("地区", ("代码", "名称"))


def test_equal_titles_are_told_apart_by_the_english_names() -> None:
    same = column("a", "名称"), column("b", "名称"), column("c", "GDP"), column("d", "gdp")
    made = views([table("here", "指标", *same, column("e", "")), table("there", "指标", *same)])

    assert [view.name for view in made] == ["指标（here）", "指标（there）"]
    assert made[0].headings == ("名称（a）", "名称（b）", "GDP（c）", "gdp（d）", "（e）")


def test_a_long_title_ends_at_its_first_comma_where_that_tells_it_apart() -> None:
    labels = (
        column("a", "数值，以基本单位计"),
        column("b", "单位，原文"),
        column("c", "单位，换算后"),
    )
    (view,) = views([table("here", "指标", *labels, column("d", "范围；不含下级"))])

    assert view.headings == ("数值", "单位，原文", "单位，换算后", "范围")


def test_no_view_takes_the_name_of_a_table() -> None:
    made = views([table("region", "Region", column("a", "a"))])

    assert [view.name for view in made] == ["Region（region）"]


def test_its_statements_run_whatever_stands_in_a_title() -> None:
    (view,) = views([table("region", "“地区”\"'", column("a", "占比（%）'\""), column("b", "值"))])
    con = duckdb.connect()
    con.execute("create schema core; create table core.region as select 1 as a, 2 as b")
    con.execute("; ".join(view.sql()))

    assert con.execute(f"select * from {view.named}").fetchall() == [(1, 2)]
    assert [item[0] for item in con.description or ()] == ["占比（%）'\"", "值"]
    assert con.execute(
        "select comment from duckdb_columns() where column_name = '值'"
    ).fetchall() == [("b: 说明b | About b",)]
