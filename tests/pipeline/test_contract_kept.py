"""Given the semantic contract of a release, what it calls invalid is refused for the same reason.

Belongs here: the contract beside `qutong get`, on the shipped figures. Does not belong here: the
contract's shape (test_publish_semantics).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestration.errors import QutongError
from orchestration.serve.get import Question, answer
from tests.pipeline.released import Released

pytestmark = pytest.mark.core

ONE_FRAME = " and ".join(
    f"count(distinct o.{name}) = 1"
    for name in ("scope", "unit", "price_basis", "measure", "breakdown", "subject", "locality")
)
FIGURES = (
    "from core.observation as o inner join core.region as r using (region_code) "
    "where o.is_headline and o.known_to is null and o.figure_kind = 'outturn'"
)
SEVERAL = {
    # all years of one region, of which two at least follow each other
    "time": (
        f"select o.indicator_code, o.region_code, min(o.year), max(o.year) {FIGURES} "
        "and o.period_kind = 'annual' group by o.indicator_code, o.region_code "
        f"having count(*) > 1 and count(*) = max(o.year) - min(o.year) + 1 and {ONE_FRAME}"
    ),
    # two regions side by side in one year
    "regions": (
        "select o.indicator_code, min(o.region_code), max(o.region_code), o.year "
        f"{FIGURES} group by o.indicator_code, r.parent_code, o.year "
        f"having count(distinct o.region_code) > 1 and count(distinct o.period) = 1 and {ONE_FRAME}"
    ),
}
"""What has to be added up to be one figure: no figure of the whole is published."""


@pytest.fixture(scope="module")
def metrics(shipped: Released) -> dict[str, dict[str, Any]]:
    """What the contract says each indicator adds up over."""
    text = (shipped.path / "semantic/ossie.json").read_text(encoding="utf-8")
    (model,) = json.loads(text)["semantic_model"]
    return {
        metric["name"]: json.loads(metric["custom_extensions"][0]["data"])["adds_over"]
        for metric in model["metrics"]
    }


def test_every_indicator_of_the_release_has_its_metric(
    shipped: Released, metrics: dict[str, dict[str, Any]]
) -> None:
    codes = [code for (code,) in shipped.rows("select indicator_code from core.indicator")]
    assert sorted(metrics) == sorted(codes)
    assert {over: metrics["gdp"][over]["way"] for over in metrics["gdp"]} == {
        "time": "sum",
        "regions": "sum",
        "classes": "sum",
    }
    assert metrics["gdp_growth"]["regions"] == {
        "way": None,
        "why_not_zh": "地区生产总值增速 是比率、速度或位次，不能跨地区相加",
        "why_not_en": "GDP, year-on-year growth is a rate, a growth or a rank: "
        "never added over regions",
    }
    assert metrics["resident_population"]["time"]["way"] == "last"


def asked(over: str, row: tuple[Any, ...]) -> Question:
    """The question that leaves out what figures are told apart by."""
    if over == "time":
        code, region, first, last = row
        return Question(code, (region,), ("region",), str(first), str(last))
    code, region, other, year = row
    return Question(code, (region, other), ("period",), str(year), str(year))


@pytest.mark.parametrize("over", sorted(SEVERAL))
def test_what_the_contract_calls_invalid_is_refused_with_its_reason(
    shipped: Released, metrics: dict[str, dict[str, Any]], over: str
) -> None:
    rows = {row[0]: row for row in shipped.rows(SEVERAL[over])}
    invalid = {code for code in rows if metrics[code][over]["way"] is None}
    assert len(invalid) > 5
    told = {}
    for code in sorted(invalid):
        try:
            figures = answer(shipped.settings.releases, asked(over, rows[code])).figures
            told[code] = f"answered: {[str(figure.value) for figure in figures]}"
        except QutongError as error:
            told[code] = error.what

    said = {code: "{why_not_en} / {why_not_zh}".format(**metrics[code][over]) for code in invalid}
    assert told == said
