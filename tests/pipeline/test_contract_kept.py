"""Given the semantic contract of a release, what it calls invalid is refused for the same reason.

Belongs here: the contract beside `qutong get`, on the shipped figures. Does not belong here: the
contract's shape (test_publish_semantics).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestration.errors import QutongError
from orchestration.serve.get import By, Question, answer
from tests.pipeline.released import Released

pytestmark = pytest.mark.core

ASKED: dict[str, tuple[str, tuple[By, ...], str]] = {
    # what is left out of `by` is added up; so many different ones of it have to be there
    "time": ("period", ("region",), "add --by "),
    "regions": ("region_code", ("period",), "add --by region"),
}


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
        "why_not_en": "Growth of gross domestic product is a rate, a growth or a rank: "
        "never added over regions",
    }
    assert metrics["resident_population"]["time"]["way"] == "last"


def told(shipped: Released, question: Question) -> str:
    """Why a question is refused; nothing where it is answered."""
    try:
        answer(shipped.settings.releases, question)
    except QutongError as error:
        return error.what
    return ""


@pytest.mark.parametrize("over", sorted(ASKED))
def test_what_the_contract_calls_invalid_is_refused_with_its_reason(
    shipped: Released, metrics: dict[str, dict[str, Any]], over: str
) -> None:
    column, by, _ = ASKED[over]
    # of one frame, so that nothing else stands in the way of adding
    several = shipped.rows(
        f"select indicator_code, min(region_code), min(period) from core.observation "
        f"where is_headline and known_to is null and figure_kind = 'outturn' "
        f"group by indicator_code having count(distinct {column}) > 1 "
        "and count(distinct scope) = 1 and count(distinct unit) = 1 "
        "and count(distinct breakdown) = 1 and count(distinct price_basis) = 1 "
        "and count(distinct measure) = 1 order by 1"
    )
    refused = [code for code, _, _ in several if metrics[code][over]["way"] is None]
    assert len(refused) > 20
    reasons = {
        code: told(shipped, Question(code, regions=("all",), by=by)) for code in refused[:40]
    }
    said = {code: metrics[code][over]["why_not_en"] for code in reasons}
    agreeing = [code for code, reason in reasons.items() if said[code] in reason]
    others = {code: reason for code, reason in reasons.items() if code not in agreeing}

    assert len(agreeing) > 20, others
    # what is no sum at all, as one region alone holds the others, is answered or told otherwise
    assert all(not reason or "lies within" in reason for reason in others.values()), others
