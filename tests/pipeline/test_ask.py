"""Given a release of a district that delivered little, when somebody asks a question by its number.

Belongs here: the command `qutong ask`. Does not belong here: what the shipped figures answer
(``answers``, ``test_shipped``).
"""

from __future__ import annotations

import json

import pytest

from tests.pipeline.released import Released, qutong


def test_without_a_number_all_are_listed(first: Released) -> None:
    done = qutong(first.settings, "ask")
    lines = done.stdout.splitlines()

    assert done.exit_code == 0
    assert [line.split()[0] for line in lines[::2]] == [str(number) for number in range(1, 21)]
    assert lines[26:28] == [
        " 14  历年来本区占全市的比重是多少？",
        "     Over the years, which share of its city does the district make up?",
    ]


def test_a_number_gives_the_question_and_its_answer(first: Released) -> None:
    done = qutong(first.settings, "ask", "4")
    lines = done.stdout.splitlines()

    assert done.exit_code == 0
    assert lines[:3] == [
        "固定资产投资有多少，由哪些部分构成，公布的比重是否站得住？",
        "How large is fixed-asset investment, what is it made of, and do the printed shares hold?",
        "",
    ]
    assert lines[6].split() == ["2025-01/2025-06", "工业", "50", "25", "25", "0"]
    assert lines[9] == "(4 行 / rows)"


def test_other_programs_get_the_answer_alone(first: Released) -> None:
    done = qutong(first.settings, "ask", "4", "--format", "json")

    rows = json.loads(done.stdout)
    assert [row["investment"] for row in rows] == [None, 50, 90, 200]


@pytest.mark.parametrize("number", [2, 8, 10, 13, 14, 18, 19])
def test_a_question_that_finds_nothing_says_so_in_words(first: Released, number: int) -> None:
    done = qutong(first.settings, "ask", str(number))

    assert done.exit_code == 0
    assert done.stdout.splitlines()[3:] == [
        "本版本没有可回答此问题的数字。",
        "This release holds no figure that answers it.",
    ]


@pytest.mark.parametrize("number", range(1, 21))
def test_every_question_runs_in_any_district(first: Released, number: int) -> None:
    done = qutong(first.settings, "ask", str(number), "--format", "csv")

    assert (done.exit_code, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()[0].split(",")) > 3


def test_a_number_of_no_question_is_told_with_those_there_are(first: Released) -> None:
    done = qutong(first.settings, "ask", "99")

    assert done.exit_code == 1
    assert done.stderr == (
        "there is no question 99; there are 1 to 20 / 没有这个编号的问题\n"
        "  → see them all: qutong ask\n"
    )
