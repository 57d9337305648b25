"""What the gates make of a fixed part of the benchmark of errors: a score that falls fails.

Belongs here: floors, and the whole benchmark for whoever asks for it. Does not belong here: the
errors (``tests/errors``) and their rules. A floor is raised when a rule catches more; it is never
lowered to let a change pass.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orchestration.scoring import score, told
from orchestration.scoring.score import Score
from orchestration.settings import CODE_ROOT
from tests.support import judging_here

FOLDER = score.benchmark_folder()
CAUGHT = {
    "cut-off": 1,
    "part-above-whole": 4,
    "out-of-domain": 6,
    "sums-do-not-add": 7,
    "tracked-changes": 2,
}
"""How many errors of a kind nobody could read before somebody decided on them."""
HONEST = ("honest", "small-mistakes")


@pytest.fixture(scope="module")
def result() -> Score:
    with judging_here():
        kinds = score.load_kinds(FOLDER, [*CAUGHT, *HONEST])
        return score.score(kinds, score.load_base(FOLDER))


def counted_by_kind(result: Score, holds: Callable[[score.Judged], bool]) -> dict[str, int]:
    """How many errors of each kind have a property."""
    found = dict.fromkeys(CAUGHT, 0)
    for each in result.wrong:
        found[each.kind] += holds(each)
    return found


def test_as_many_errors_are_caught_as_ever(result: Score) -> None:
    caught = counted_by_kind(result, lambda each: each.is_caught)
    assert {kind: count for kind, count in caught.items() if count < CAUGHT[kind]} == {}


def test_nothing_is_said_of_figures_that_are_right(result: Score) -> None:
    # A crisis that falls just out of what was usual is asked about.
    assert [(a.where, a.said.rule, a.said.about) for a in result.false_alarms] == [
        ("honest/crisis-fall", "series.outlier", "quarterly retail_sales sister3 2025-01/2025-06")
    ]
    assert result.clean == {"base": 2188}


def test_what_is_said_of_an_error_is_about_it(result: Score) -> None:
    (found,) = (each for each in result.judged if each.error == "hospital-beds-above-all")
    assert (found.actual, found.by and found.by.about) == (
        "held",
        "services health_beds district 2024",
    )


@pytest.mark.benchmark
def test_the_whole_score() -> None:
    with judging_here():
        whole = score.score(
            score.load_kinds(FOLDER),
            score.load_base(FOLDER),
            clean=(CODE_ROOT,),
            explained=score.load_explained(FOLDER),
            say=print,
        )
    print(told.as_text(whole))
