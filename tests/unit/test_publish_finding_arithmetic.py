"""A line of arithmetic works out, or is told: literal lines in every form that rules write.

Belongs here: reading and working out one line. Does not belong here: the lines as the rules' SQL
writes them (test_publish_finding_words).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.publish.finding_arithmetic import check_arithmetic

pytestmark = pytest.mark.core


@dataclass(frozen=True)
class Fact:
    value: Decimal
    unit: str = "亿元"
    qualifier: str = "exact"
    resolution: Decimal | None = Decimal("0.1")


def facts(*texts: str) -> list[Fact]:
    """``800 above``, ``13100 approx`` or ``8.04 %``: value, then qualifier or unit."""
    found = []
    for text in texts:
        value, *words = text.split()
        unit = next((word for word in words if not word.isascii() or word == "%"), "亿元")
        qualifier = next((word for word in words if word.isascii() and word != "%"), "exact")
        digits = len(value.partition(".")[2])
        found.append(Fact(Decimal(value), unit, qualifier, Decimal(1).scaleb(-digits)))
    return found


RIGHT = [
    ("103.7 / 808.4 * 100 = [12.82, 12.84]; printed 13.9 [13.85, 13.95]; tolerance 0",
     ["103.7", "808.4", "13.9 %"]),
    ("158 [157.5, 158.5] > 112.5 [112.45, 112.55]; tolerance 0", ["158", "112.5"]),
    (">800 [800, ?] > 100 [99.5, 100.5]; tolerance 0", ["800 above", "100"]),
    ("≈13100 [13000, 13200] / 12408.7 [12408.65, 12408.75]", ["13100 approx", "12408.7"]),
    ("40.1 + 60.2 = 100.3 [100.2, 100.4]; total 100 [99.5, 100.5]; tolerance 0",
     ["40.1", "60.2", "100"]),
    # a declared tolerance stands in the place of rounding
    ("40.1 + 60.2 = 100.3 [100.3, 100.3]; total 100 [100, 100]; tolerance 0.2",
     ["40.1", "60.2", "100"]),
    ("4 + 5.5 = 9.5 [8.95, 10.05]; total 12 [11.5, 12.5]; 2 of 3 regions", ["4", "5.5", "12"]),
    ("(493.4 - 177.5) / 18 * 12 = 210.6", ["493.4", "177.5"]),
    ("6.3 万亩 / 7.3 万家 = 0.86; plausible 1 to 5000", ["6.3 万亩", "7.3 万家"]),
    ("(110.0 / 100.0) ^ (1 / 2) - 1 = [4.83, 4.94] %; printed 6 [5.5, 6.5]; tolerance 0",
     ["110.0", "100.0", "6 %"]),
    ("1500 / 18 * 12 = 1000; 100, 9.9469 times", ["1500", "100"]),
    ("40 + ≤50 = 90 [39.5, 90.5]; should be 100; tolerance 0", ["40 %", "50 at_most %"]),
    # two figures that happen to be the same
    ("90.0 / 90.0 - 1 = [-0.12, 0.12] %; printed 11.1 [11.05, 11.15]; tolerance 0",
     ["90.0", "90.0", "11.1 %"]),
    ("21 = 21", ["21", "21"]),
]  # fmt: skip
COUNTED = frozenset(map(Decimal, (2, 3, 18)))


@pytest.mark.parametrize(("line", "known"), RIGHT)
def test_a_line_that_works_out(line: str, known: list[str]) -> None:
    assert check_arithmetic(line, facts(*known), COUNTED) is None


@pytest.mark.parametrize(
    ("line", "known", "told"),
    [
        ("103.7 / 808.4 * 100 = [12.82, 12.94]", ["103.7", "808.4"],
         "[12.82, 12.94] should be [12.82083, 12.834787]"),
        ("103.7 / 804.8 * 100 = [12.82, 12.84]", ["103.7", "808.4"],
         "804.8 is none of its figures"),
        ("112.5 [112.45, 112.55] > 158 [157.5, 158.5]", ["158", "112.5"],
         "112.5 > 158 does not hold"),
        ("800 [800, ?] > 100 [99.5, 100.5]", ["800 above", "100"], "it is >800"),
        (">800 [799, ?] > 100 [99.5, 100.5]", ["800 above", "100"],
         "[799, None] should be [800, inf]"),
        ("40.1 + 60.2 = 100.4 [100.2, 100.4]", ["40.1", "60.2"], "100.4 = 100.3 does not hold"),
        ("(493.4 - 177.5) / 18 * 12 = 310.6", ["493.4", "177.5"], "310.6 = 210.6 does not hold"),
        ("4 + 5.5 = 9.5 [8.95, 10.05]; 7 of 3 regions", ["4", "5.5"], "7 is not what was counted"),
        ("1500 / 18 * 12 = 1000; 100, 19.9 times", ["1500", "100"],
         "they are 9.9469 times apart"),
        ("ten times as much", ["1"], "cannot be read"),
    ],
)  # fmt: skip
def test_a_line_that_does_not_is_told(line: str, known: list[str], told: str) -> None:
    wrong = check_arithmetic(line, facts(*known), COUNTED)
    assert wrong is not None
    assert told in wrong[1]


@given(st.lists(st.integers(min_value=1, max_value=10**6), min_size=2, max_size=40))
def test_a_sum_of_any_length_works_out_at_once(tenths: list[int]) -> None:
    values = [Decimal(number) / 10 for number in tenths]
    total, room = sum(values, Decimal(0)), len(values) * Decimal("0.05")
    figures = [Fact(value) for value in values]
    written = " + ".join(f"{value}" for value in values)
    assert (
        check_arithmetic(f"{written} = {total} [{total - room}, {total + room}]", figures) is None
    )
    low = total - room - 1
    assert check_arithmetic(f"{written} = {total} [{low}, {total + room}]", figures) is not None
