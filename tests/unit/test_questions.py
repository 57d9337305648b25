"""Questions that the marts answer: read from the analyses of the dbt project."""

from __future__ import annotations

import re

import pytest

from orchestration.errors import DeclarationError
from orchestration.process.dbt import questions
from orchestration.settings import CODE_ROOT

pytestmark = pytest.mark.core

GOOD = "-- zh: 多少？\n-- en: How many?\nselect 1\n"


def manifest(**analyses: str) -> dict[str, object]:
    nodes: dict[str, object] = {
        f"analysis.{name}": {
            "resource_type": "analysis",
            "name": name.lstrip("_"),
            "raw_code": sql,
            "original_file_path": f"analyses/{name}.sql",
        }
        for name, sql in analyses.items()
    }
    return {"nodes": nodes | {"model.x": {"resource_type": "model"}}}


def test_they_come_in_the_order_of_their_numbers_without_their_head() -> None:
    assert questions(manifest(_02_b=GOOD, _01_a=GOOD)) == [
        {
            "question_no": number,
            "name": name,
            "question_zh": "多少？",
            "question_en": "How many?",
            "query": "select 1",
        }
        for number, name in ((1, "01_a"), (2, "02_b"))
    ]


@pytest.mark.parametrize(
    "analyses", [{"_01_a": "select 1"}, {"how_many": GOOD}, {"_01_a": "-- zh: 多少？\nselect 1"}]
)
def test_one_without_number_or_question_is_refused(analyses: dict[str, str]) -> None:
    with pytest.raises(DeclarationError) as caught:
        questions(manifest(**analyses))
    assert caught.value.file == f"analyses/{next(iter(analyses))}.sql"


def test_a_leader_finds_twenty() -> None:
    files = sorted((CODE_ROOT / "dbt_project/analyses").glob("*.sql"))
    assert [int(file.name[:2]) for file in files] == list(range(1, 21))
    for file in files:
        head = file.read_text(encoding="utf-8").splitlines()[:2]
        assert re.match(r"-- zh: .+？$", head[0])
        assert re.match(r"-- en: .+\?$", head[1]) or head[1].startswith("-- en: ")
