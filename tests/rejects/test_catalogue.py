"""No rule without a case, no case without a rule, and each case where its rule is carried out."""

from __future__ import annotations

import pytest

from orchestration.judge.catalogue import Catalogue
from tests.rejects.cases import CASES, DELIVERY_CASES
from tests.rejects.kinds import (
    FILES,
    Case,
    DbtCase,
    DeliveryCase,
    FindingCase,
    MartsCase,
    NoticeCase,
    ReleaseCase,
)

pytestmark = pytest.mark.core

KINDS: dict[tuple[str, str], tuple[type[Case], ...]] = {
    ("delivery", "reader"): (DeliveryCase,),
    ("delivery", "sql"): (DeliveryCase,),
    ("delivery", "gx"): (DeliveryCase,),
    ("marts", "sql"): (FindingCase, MartsCase),
    ("marts", "gx"): (MartsCase, NoticeCase),
    ("marts", "dbt"): (DbtCase,),
    ("release", "release"): (ReleaseCase,),
}


def test_every_rule_has_a_case_and_every_case_a_rule(catalogue: Catalogue) -> None:
    assert sorted({case.rule for case in CASES}) == sorted(rule.id for rule in catalogue)


def test_every_case_has_a_name_of_its_own() -> None:
    ids = [case.id for case in CASES]
    assert sorted(set(ids)) == sorted(ids)


def test_a_case_stands_where_its_rule_is_carried_out(catalogue: Catalogue) -> None:
    wrong = [
        case.id
        for case in CASES
        for rule in [catalogue.get(case.rule)]
        if not isinstance(case, KINDS[rule.gate, rule.executor])
    ]
    assert wrong == []


def test_what_refuses_a_delivery_is_hard(catalogue: Catalogue) -> None:
    refusing = {rule for case in DELIVERY_CASES for rule in case.refused_by.split(",") if rule}
    assert {catalogue.get(rule).severity for rule in refusing} == {"hard"}
    hard = {rule.id for rule in catalogue.by_gate("delivery") if rule.severity == "hard"}
    assert refusing == hard


def test_every_file_belongs_to_a_case() -> None:
    used = {f"{case.rule}/{case.name}" for case in CASES if hasattr(case, "name")}
    lying = {file.relative_to(FILES).as_posix() for file in FILES.rglob("*") if file.is_file()}
    assert lying - used == set()
