"""What the checks of a release come to at its gate."""

from __future__ import annotations

import pytest

from orchestration.errors import DeclarationError
from orchestration.publish import rules
from orchestration.steps.release import outcomes_of
from tests.unit.judged import CATALOGUE

pytestmark = pytest.mark.core


def test_every_rule_has_an_outcome_and_those_that_are_broken_have_failed() -> None:
    broken = [(rules.HASH_MISMATCH, "a"), (rules.HASH_MISMATCH, "b"), (rules.SITE_INCOMPLETE, "c")]
    outcomes = outcomes_of(broken, CATALOGUE)
    assert [o.rule_id for o in outcomes] == [rule.id for rule in CATALOGUE.by_gate("release")]
    assert {o.rule_id: o.unexpected_count for o in outcomes if o.outcome == "failed"} == {
        rules.HASH_MISMATCH: 2,
        rules.SITE_INCOMPLETE: 1,
    }


@pytest.mark.parametrize("rule", ["release.map-is-empty", "marts.contract"])
def test_a_problem_of_what_is_no_rule_of_the_gate_does_not_pass(rule: str) -> None:
    with pytest.raises(DeclarationError, match=f"names '{rule}', which is no rule of its gate"):
        outcomes_of([(rule, "geo/regions.json: empty")], CATALOGUE)
