"""Words for multiples of units, and codes of offices: each means what it says."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.collect.names import UnitWords
from orchestration.declarations import CodeLists, load_codelists
from orchestration.settings import CODE_ROOT
from orchestration.text import same
from orchestration.unitwords import SCALES, scaled_words

pytestmark = pytest.mark.core

LISTS: CodeLists = load_codelists(CODE_ROOT / "raw" / "codelists")
WORDS = UnitWords(LISTS.unit_words, LISTS.unit_codes | LISTS.unit_multiples)


@pytest.mark.parametrize(
    ("word", "unit"),
    [
        ("£ m", "百万英镑"),
        ("£m", "百万英镑"),
        ("m", "米"),
        ("RMB bn", "十亿元"),
        ("10,000 yuan", "万元"),
        ("100 million yuan", "亿元"),
        ("Millions of yuan", "百万元"),
        ("US$ million", "百万美元"),
        ("USD M", "百万美元"),
        ("thousand tonnes", "千吨"),
        ("Thousand tonnes", "千吨"),
        ("thousands of persons", "千人"),
        ("persons, thousands", "千人"),
        ("'000", "10^3"),
        ("per 1,000", "‰"),
        ("per 100,000", "/10万"),
        ("Number", "1"),
        ("NUMBER", "1"),
        ("CNY_E8", "亿元"),
        ("THS_PER", "千人"),
        ("MIO_EUR", "百万欧元"),
        ("PC", "%"),
        ("$4EBF$5143", "亿元"),
        ("℃", "摄氏度"),
        ("Dollars", None),
        ("$ million", None),
        ("million", "10^6"),
        ("million m", None),
        ("m tonnes", None),
        ("thousand 万元", None),
    ],
)
def test_what_a_unit_is_called(word: str, unit: str | None) -> None:
    assert WORDS.find(word, None, None) == unit


@given(st.sampled_from(sorted(SCALES)), st.data())
def test_a_word_for_a_multiple_is_that_many_times_its_unit(power: int, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(("yuan", "USD", "persons", "tonnes", "km", "m2", "€", "ha")))
    word = data.draw(st.sampled_from(SCALES[power]))
    found = WORDS.find(f"{word} {name}", None, None)
    if found is None:
        return
    by_code = {listed.code: listed for listed in LISTS.units}
    base = by_code[WORDS.find(name, None, None) or ""]
    assert by_code[found].dimension == base.dimension
    assert Decimal(by_code[found].factor) == Decimal(base.factor) * 10**power


def test_no_two_units_claim_one_word() -> None:
    meant: dict[str, set[str]] = {}
    for word, code in scaled_words(LISTS.units):
        assert word == same(word)
        meant.setdefault(word, set()).add(code)
    assert {word: codes for word, codes in meant.items() if len(codes) > 1} == {}
    assert len(meant) < 15_000
