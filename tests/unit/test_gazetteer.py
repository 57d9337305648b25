"""The regions of China: who is meant by a name or a code, at its time."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration.collect.names import Names
from orchestration.declarations import load_codelists
from orchestration.errors import DeclarationError
from orchestration.gazetteer import Gazetteer
from orchestration.settings import CODE_ROOT
from orchestration.spec import DataSet

pytestmark = pytest.mark.core

TABLE = CODE_ROOT / "raw" / "codelists" / "regions_china.csv"
CHINA = Gazetteer(TABLE)


def year(number: int) -> tuple[date, date]:
    return date(number, 1, 1), date(number, 12, 31)


@pytest.mark.parametrize(
    ("word", "when", "codes"),
    [
        ("浙江省", 2023, ["330000"]),
        ("浙江", 2023, ["330000"]),
        ("内蒙古", 2023, ["150000"]),
        ("武汉", 2023, ["420100"]),
        ("武汉市武昌区", 2023, ["420106"]),
        ("武汉武昌", 2023, ["420106"]),
        ("湖北省武汉市武昌区", 2023, ["420106"]),
        ("湖北 武汉市 武昌区", 2023, ["420106"]),
        ("仙桃市", 2023, ["429004"]),
        ("420106", 2023, ["420106"]),
        ("鼓楼区", 2023, ["320106", "320302", "350102", "410204"]),
        ("南京鼓楼区", 2023, ["320106"]),
        ("朝阳区", 2023, ["110105", "220104"]),
        ("北京朝阳区", 2023, ["110105"]),
        ("吉林", 2023, ["220000", "220200"]),
        ("武昌", 2023, []),
        ("武汉市鼓楼区", 2023, []),
        ("云溪市", 2023, []),
        ("", 2023, []),
        ("慈溪县", 1985, ["330222"]),
        ("慈溪市", 1989, ["339009"]),
        ("慈溪市", 2023, ["330282"]),
        ("崇文区", 2005, ["110103"]),
        # Not in force any more: named, and refused by its period elsewhere.
        ("崇文区", 2023, ["110103"]),
    ],
)
def test_who_is_meant(word: str, when: int, codes: list[str]) -> None:
    assert sorted(p.code for p in CHINA.meant(word, *year(when))) == codes


@pytest.mark.parametrize(
    ("inside", "codes"),
    [("320100", ["320106"]), ("350000", ["350102"]), ("420000", ["320106", "320302", "350102"])],
)
def test_a_declared_region_decides_among_equal_names(inside: str, codes: list[str]) -> None:
    found = [p.code for p in CHINA.meant("鼓楼区", *year(2023), inside)]
    assert sorted(found)[:3] == codes


@pytest.mark.parametrize("when", [1990, 2005, 2015, 2023])
def test_every_region_in_force_is_understood_by_its_full_name(when: int) -> None:
    misread = []
    for place in CHINA.places:
        if place.holds(*year(when)):
            province = CHINA.by_code[f"{place.code[:2]}0000"][-1].name
            name = CHINA.full_name(place)
            word = name if name.startswith(province) else province + name
            codes = {p.code for p in CHINA.meant(word, *year(when))}
            if place.code not in codes or len(codes) > 1:
                misread.append((word, place.code, codes))
    assert misread == []


def test_the_table_is_whole() -> None:
    assert len({p.code for p in CHINA.places if p.level == "province" and not p.last}) == 34
    assert sum(p.level == "county" and p.last is None for p in CHINA.places) > 2800
    for place in CHINA.places:
        parent = CHINA.parent_code(place.code)
        assert (parent == "") == (place.level == "province")
        assert parent == "" or parent in CHINA.by_code, place


def test_english_names_are_those_that_are_known() -> None:
    assert CHINA.by_code["420100"][-1].name_en == "Wuhan"
    assert CHINA.by_code["420106"][-1].name_en == ""


@pytest.mark.parametrize(
    ("line", "place"),
    [("42010,武昌区,,county,1983,,", "line 2"), ("420106,武昌区,,town,1983,,", "line 2")],
)
def test_a_line_that_is_no_region_is_named(tmp_path: Path, line: str, place: str) -> None:
    table = tmp_path / "regions_china.csv"
    table.write_text(f"code,name,name_en,level,first,last,successors\n{line}\n", "utf-8")
    with pytest.raises(DeclarationError, match="is no region") as caught:
        _ = Gazetteer(table).places
    assert caught.value.place == place


def names(**more: str) -> Names:
    data_set = DataSet.model_validate(
        {
            "id": "some-regions",
            "title": {"zh": "各地", "en": "Regions"},
            "theme": "peers",
            "owner": "科 / Section",
            "origin": {
                "producer": "局",
                "documents": [{"id": "some", "title": "各地", "grade": "official"}],
            },
            "delivery": {"pattern": ["*.csv"], "cadence": "once"},
            "layout": {"kind": "records", "columns": {"value": "数值"}},
            "indicators": [{"code": "gdp"}],
            **more,
        }
    )
    return Names(data_set, load_codelists(CODE_ROOT / "raw" / "codelists"))


def test_the_names_of_a_district_go_before_those_of_china() -> None:
    regions = names().words("region")
    # Chongqing has a district of the same name; the shipped list has its own.
    assert regions.find("江北区", *year(2023)) == "330205"
    assert regions.find("重庆市江北区", *year(2023)) == "500105"
    assert regions.find("鼓楼区", *year(2023)) is None
    assert names(regions_inside="南京市").words("region").find("鼓楼区", *year(2023)) == "320106"


def test_a_name_of_several_regions_is_answered_with_all_of_them() -> None:
    assert names().proposal("region", "朝阳区", "", *year(2023)) == (
        "北京市朝阳区 (110105)；长春市朝阳区 (220104)"
    )
