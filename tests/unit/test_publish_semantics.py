"""The semantic contract: its shape, what it says may be added, and that the gate reads it.

Belongs here: the document. Does not belong here: that `qutong get` refuses for the same reason
(tests/pipeline/test_contract_kept.py).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from orchestration.catalog import Column, Table
from orchestration.publish.semantics import Document, Metric, describe
from orchestration.publish.verify import verify_release
from tests.unit.test_publish_world import prepared

pytestmark = pytest.mark.core

REGION = Table(
    "core", "region", "地区", "Regions", "每个地区一行", "One row per region", ("region_code",),
    (Column("region_code", "VARCHAR", "代码", "Code", "", False, "id", "地区代码", "Code"),),
)  # fmt: skip
FIGURES = Table(
    "core", "observation", "观测值", "Observations", "每个数字一行", "One row per figure", ("id",),
    (
        Column("region_code", "VARCHAR", "地区", "Region", "", True, "region", "地区", "Region"),
        Column("period_end", "DATE", "期末", "End", "", True, "period_bound", "期末", "End"),
        Column("value", "DECIMAL(30,8)", "数值", "Value", "亿元", True, "value", "数值", "Value",
               qualifier_column="qualifier"),
    ),
)  # fmt: skip


def indicator(code: str, measure: str, *adds: str | None, is_stock: bool = False) -> dict[str, Any]:
    return {
        "indicator_code": code, "name_zh": f"指标{code}", "name_en": f"Indicator {code}",
        "measure": measure, "base_unit": "亿元", "decimals": 1, "is_stock": is_stock,
        "mart": None, "item": None, "role": None, "adds_over_time": adds[0],
        "adds_over_regions": adds[1], "adds_over_classes": adds[2],
    }  # fmt: skip


INDICATORS = (
    indicator("flow", "level", "sum", "sum", "at_most"),
    indicator("stock", "level", "last", "sum", None, is_stock=True),
    indicator("growth", "yoy_growth_pct", "none", "none", "none"),
)


def document() -> Document:
    return describe([FIGURES, REGION], {"core.observation": {"region_code": REGION}}, INDICATORS)


def test_tables_become_data_sets_with_measures_and_dimensions() -> None:
    (model,) = json.loads(document().rendered())["semantic_model"]

    assert model["datasets"][1] == {
        "name": "core__region",
        "source": "mart.core.region",
        "primary_key": ["region_code"],
        "description": "每个地区一行 | One row per region",
        "ai_context": {"synonyms": ["地区", "Regions"]},
        "fields": [
            {
                "name": "region_code",
                "expression": {
                    "dialects": [{"dialect": "ANSI_SQL", "expression": '"region_code"'}]
                },
                "dimension": {"is_time": False},
                "label": "地区代码 | Code",
                "description": "代码 | Code",
                "datatype": "String",
                "custom_extensions": [{"vendor_name": "QUTONG", "data": '{"role": "id"}'}],
            }
        ],
    }
    fields = {field["name"]: field for field in model["datasets"][0]["fields"]}
    assert fields["period_end"]["dimension"] == {"is_time": True}
    assert "dimension" not in fields["value"]
    assert json.loads(fields["value"]["custom_extensions"][0]["data"]) == {
        "qualifier_column": "qualifier",
        "role": "value",
        "unit": "亿元",
    }
    assert model["relationships"] == [
        {
            "name": "core__observation__region_code",
            "from": "core__observation",
            "to": "core__region",
            "from_columns": ["region_code"],
            "to_columns": ["region_code"],
        }
    ]


def metrics() -> dict[str, Metric]:
    return {metric.name: metric for metric in document().semantic_model[0].metrics}


def test_each_indicator_says_what_it_adds_up_over_and_why_not() -> None:
    said = {
        name: json.loads(metric.custom_extensions[0].data)["adds_over"]
        for name, metric in metrics().items()
    }

    assert said["flow"] == {
        "time": {"way": "sum"},
        "regions": {"way": "sum"},
        "classes": {
            "way": None,
            "why_not_zh": "指标flow 不能跨分组相加：各分组之和不等于全部",
            "why_not_en": "Indicator flow is not added over classes: "
            "the classes' figures do not make up the whole",
        },
    }
    assert said["stock"] == {
        "time": {
            "way": "last",
            "why_not_zh": "时点数不能跨期相加",
            "why_not_en": "a figure that exists at a date is not added over time",
        },
        "regions": {"way": "sum"},
        "classes": {
            "way": None,
            "why_not_zh": "未申报 指标stock 能否跨分组相加",
            "why_not_en": "nobody declared whether Indicator stock adds up over classes",
        },
    }
    assert {adds["way"] for adds in said["growth"].values()} == {None}
    assert said["growth"]["time"]["why_not_en"] == (
        "Indicator growth is a rate, a growth or a rank: never added over time"
    )


@pytest.mark.parametrize(
    ("code", "where", "expected"),
    [
        ("flow", "region_code = 'a' and period_kind = 'monthly'", 3),
        ("flow", "region_code = 'a' and period = '2024-01'", 1),
        ("flow", "region_code = 'a'", None),  # a year meets its own months
        ("flow", "period = '2024-01'", None),  # a region meets the one that it lies in
        ("flow", "scope = 'other' or period = '2024-02'", None),  # two scopes meet
        ("growth", "period = '2024-01'", 5),
        ("growth", "period_kind = 'monthly'", None),
        ("stock", "true", None),
    ],
)
def test_an_expression_yields_nothing_where_figures_would_meet_that_do_not(
    code: str, where: str, expected: int | None
) -> None:
    rows = """
        ('flow', 'a', '2024-01', 'monthly', 'all', 1), ('flow', 'a', '2024-02', 'monthly', 'all', 2),
        ('flow', 'a', '2024', 'annual', 'all', 9), ('flow', 'b', '2024-01', 'monthly', 'all', 4),
        ('flow', 'a', '2024-03', 'monthly', 'other', 7), ('growth', 'a', '2024-01', 'monthly', 'all', 5),
        ('growth', 'a', '2024-02', 'monthly', 'all', 6), ('stock', 'a', '2024-01', 'point', 'all', 8),
        ('stock', 'a', '2024-02', 'point', 'all', 8)
    """  # noqa: E501 - a row beside the other
    expression = metrics()[code].expression.dialects[0].expression
    if where.startswith("region_code = 'a' and period_kind"):
        where += " and scope = 'all'"
    found = duckdb.sql(
        f"select {expression} from (select *, true as is_headline, null as known_to, "
        "'current' as price_basis, '_T' as breakdown, 'outturn' as figure_kind, '_T' as subject, "
        f"'_T' as locality, '亿元' as unit from (values {rows}) as v(indicator_code, region_code, "
        f"period, period_kind, scope, value)) as core__observation where {where}"
    ).fetchall()

    assert found == [(expected,)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"version": "0.2.0.dev0"', '"version": "1.0"'),
        ('"dialect": "ANSI_SQL"', '"dialect": "KLINGON"'),
        ('"label": "地区代码 | Code"', '"labels": "地区代码 | Code"'),
        ('"datasets": [', '"datasets": [], "others": ['),
    ],
)
def test_another_shape_is_no_document(old: str, new: str) -> None:
    text = document().rendered()
    assert Document.model_validate_json(text) == document()

    assert old in text
    with pytest.raises(ValidationError):
        Document.model_validate_json(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('"name": "core__region"', '"name": "core__land"', "release.contract-broken"),
        ('"datatype": "Date"', '"datatype": "Decimal"', "release.contract-broken"),
        ('"version": "0.2.0.dev0"', '"version": "9"', "release.package-incomplete"),
    ],
)
def test_the_gate_reads_it_again(tmp_path: Path, old: str, new: str, rule: str) -> None:
    candidate = prepared(tmp_path)
    file = candidate / "semantic/ossie.json"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.chmod(0o644)
    file.write_text(text.replace(old, new), encoding="utf-8")

    found = {p.rule_id for p in verify_release(candidate) if p.file == "semantic/ossie.json"}
    assert found == {"release.hash-mismatch", rule}
