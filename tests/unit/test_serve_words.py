"""What the beginning of a word is completed to, by name and by title in either language."""

from __future__ import annotations

import pytest

from orchestration.serve.words import Vocabulary
from tests.unit.test_publish_world import prepared

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    root = tmp_path_factory.mktemp("world")
    candidate = prepared(root)
    candidate.rename(candidate.with_name("r1"))
    (root / "releases/current").symlink_to("r1")
    return Vocabulary.of_current(root / "releases")


@pytest.mark.parametrize(
    ("before", "texts", "replaces"),
    [
        ("sel", ["select"], 3),
        ("from core.obs", ["core.observation"], 8),
        ("from core.ind", ["core.indicator"], 8),
        ("select known_f", ["known_from", '"列 known_from"'], 7),
        ("select o.known_t", ["known_to", '"列 known_to"'], 7),
        ("where indicator_code = 投资增", ["'fai_growth'"], 3),
        ("where indicator_code = 'fai_", ["fai_growth", "fai_total"], 4),
        ("where region_code in ('甲", ["990101"], 1),
        ("where a = 'x' and sel", ["select"], 3),
        ("select nothing_of_that", [], 0),
        ("select ", [], 0),
    ],
)
def test_completions(words: Vocabulary, before: str, texts: list[str], replaces: int) -> None:
    found = words.proposals(before)

    assert [one.text for one in found] == texts
    assert {one.replaces for one in found} <= {replaces}


def test_columns_are_those_of_the_tables_that_the_question_names(words: Vocabulary) -> None:
    anywhere = words.proposals("select title_")
    of_data_set = words.proposals("select title_", " from core.data_set as d")

    assert {"title_zh", "title_en"} == {one.text for one in of_data_set}
    assert {one.text for one in anywhere} >= {"title_zh", "title_en"}
    assert [one.text for one in words.proposals("select x.列", ' from core."表 region" as x')] == [
        '"列 region_code"', '"列 region_name_en"', '"列 region_name_zh"',
    ]  # fmt: skip


def test_a_proposal_says_what_it_is(words: Vocabulary) -> None:
    (one,) = words.proposals("'fai_growth")

    assert (one.kind, one.title) == ("indicator", "投资增速 Growth of investment")
