"""Classifications that ship as code lists, held to the facts that people count with."""

from __future__ import annotations

from collections import Counter

import pytest

from orchestration.declarations import Code, load_codelists
from orchestration.settings import CODE_ROOT

pytestmark = pytest.mark.core

LISTS = load_codelists(CODE_ROOT / "raw" / "codelists")


def members(name: str) -> dict[str, Code]:
    return LISTS.members(name)


def test_divisions_of_both_editions() -> None:
    new, old = members("industry_division"), members("industry_division_2011")
    assert (len(new), len(old), len(members("industry"))) == (97, 96, 20)
    assert {code[0] for code in new} == set(members("industry")) == {code[0] for code in old}
    assert sorted(code[1:] for code in new) == [f"{number:02}" for number in range(1, 98)]
    assert {str(code.valid_from) for code in new.values()} == {"2018-01-01"}
    assert {str(code.valid_to) for code in old.values()} == {"2018-01-01"}


def test_three_sectors_with_their_exceptions() -> None:
    """三次产业划分规定 (2018): support to farming and mining and repair are tertiary."""
    sectors = {code: entry.maps_to for code, entry in members("industry_division").items()}
    assert set(sectors.values()) == set(members("sector"))
    assert Counter(sectors.values()) == {"primary": 4, "secondary": 43, "tertiary": 50}
    assert [sectors[code] for code in ("A04", "A05", "B10", "B11", "C42", "C43", "E50", "F51")] == [
        "primary",
        "tertiary",
        "secondary",
        "tertiary",
        "secondary",
        "tertiary",
        "secondary",
        "tertiary",
    ]


def test_the_bridge_from_2011_names_divisions_of_2017() -> None:
    bridge = {c: e.maps_to.split("|") for c, e in members("industry_division_2011").items()}
    reached = {code for codes in bridge.values() for code in codes}
    # Management of land is new; handling went from transport agencies to storage.
    assert set(members("industry_division")) - reached == {"N79"}
    assert reached <= set(members("industry_division"))
    assert bridge["G58"] == ["G58", "G59"]
    assert (bridge["O79"], bridge["Q84"], bridge["T96"]) == (["O80"], ["Q85"], ["T97"])
    assert [code for code, codes in bridge.items() if len(codes) > 1] == ["G58"]


def test_the_other_lists() -> None:
    assert set(members("size_class")) == {"large", "medium", "small", "micro"}
    assert len(members("strategic_emerging")) == 9
    core = {code for entry in members("digital_core").values() for code in entry.maps_to.split("|")}
    assert core - {""} == {"C39", "I63", "I64", "I65"}
    assert {"100", "200", "300"} <= set(members("registration_type"))
    assert {"110", "170", "300"} <= set(members("registration_type_2011"))
