"""The catalogue of standard indicators: what a printed label means, and what it refuses."""

from __future__ import annotations

import pytest

from orchestration.standards import Catalogue, Match, load_catalogue, shipped

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(shipped())


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("地区生产总值", "gdp"),
        ("地区生产总值（GDP）", "gdp"),
        ("一、地区生产总值(亿元)", "gdp"),
        ("#第 一产业", "primary_value_added"),
        ("其中：第一产业增加值", "primary_value_added"),
        ("地区生产总值增速（％）", "gdp_growth"),
    ],
)
def test_a_printed_label_is_known(catalogue: Catalogue, label: str, code: str) -> None:
    assert catalogue.match(label) == Match(code, ())


def test_what_only_resembles_is_proposed_and_never_taken(catalogue: Catalogue) -> None:
    found = catalogue.match("第一产业增加值合计")
    assert found.exact is None
    assert found.near[0] == "primary_value_added"
    assert 1 <= len(found.near) <= 3
    assert list(found.scores) == sorted(found.scores, reverse=True)


def test_what_resembles_nothing_has_no_proposal(catalogue: Catalogue) -> None:
    assert catalogue.match("xyz") == Match(None, ())
