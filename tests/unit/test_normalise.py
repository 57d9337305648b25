"""Texts become codes, decimals in the base unit and periods; what is not understood is named."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.declarations import Declarations, load_declarations
from orchestration.settings import Settings
from tests.support import GOOD_ROW, parse_frames, profile

pytestmark = pytest.mark.core


def one(declarations: Declarations, row: str, **options: str) -> dict[str, object]:
    parsed, rows, bad = parse_frames(
        declarations, "yunxi-profile", options.get("name", "公报.csv"), profile(row)
    )
    assert parsed.is_balanced
    return (rows + bad)[0]


def changed(**cells: str) -> str:
    names = "indicator region period kind value qualifier unit measure".split()
    names += "place document published inferred simulated".split()
    texts = dict(zip(names, GOOD_ROW.split(","), strict=True)) | cells
    return ",".join(f'"{texts[name]}"' for name in names)


@pytest.mark.parametrize(
    ("value", "unit", "number", "resolution"),
    [
        ("480.1", "亿元", "480.1", "0.1"),
        ("480", "亿元", "480", "1"),
        ("4,801,000", "万元", "480.1", "0.0001"),
        ("19 278.1", "亿元", "19278.1", "0.1"),
        ("４８０．１", "亿元", "480.1", "0.1"),
        ("-5.82", "亿元", "-5.82", "0.01"),
        ("−5.82", "亿元", "-5.82", "0.01"),
        ("48010000000", "元", "480.1", "0.00000001"),
        ("0", "亿元", "0", "1"),
        ("0.1000000000", "亿元", "0.1", "0.00000001"),
        ("1.2", "万亿元", "12000", "1000"),
    ],
)
def test_values_convert_exactly(
    declarations: Declarations, value: str, unit: str, number: str, resolution: str
) -> None:
    row = one(declarations, changed(value=value, unit=unit))
    assert (row["value"], row["resolution"], row["unit"]) == (
        Decimal(number),
        Decimal(resolution),
        "亿元",
    )
    assert (row["value_printed"], row["unit_printed"]) == (value, unit)


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"value": "约五百"}, "value.not-a-number"),
        ({"value": ""}, "value.not-a-number"),
        ({"value": "1,23.4"}, "value.not-a-number"),
        ({"value": "1.2.3"}, "value.not-a-number"),
        ({"value": "1e5"}, "value.not-a-number"),
        ({"value": "5²"}, "value.not-a-number"),
        ({"value": "①"}, "value.not-a-number"),
        ({"value": "½"}, "value.not-a-number"),
        ({"value": "٤٨٠"}, "value.not-a-number"),
        ({"value": "1,234 567"}, "value.not-a-number"),
        ({"value": "NaN"}, "value.not-a-number"),
        ({"value": "0.1234567891", "unit": "万亿元"}, "value.too-precise"),
        ({"value": "∞"}, "value.not-a-number"),
        ({"value": "5."}, "value.not-a-number"),
        ({"value": ".5"}, "value.not-a-number"),
        ({"value": "--5"}, "value.not-a-number"),
        ({"value": "0.123456789"}, "value.too-precise"),
        ({"value": "1" + "0" * 23}, "value.too-precise"),
        ({"unit": "亿员"}, "unit.unknown"),
        ({"unit": ""}, "unit.missing"),
        ({"unit": "万人"}, "unit.not-convertible"),
        ({"value": "5%"}, "unit.not-convertible"),
        ({"region": "云雾区"}, "region.unknown"),
        ({"region": ""}, "region.unknown"),
        ({"region": "旧城区"}, "region.not-valid-at-period"),
        ({"indicator": "地区生产毛额"}, "indicator.unknown"),
        ({"period": "去年"}, "period.unreadable"),
        ({"period": "2023年13月"}, "period.no-such-date"),
        ({"measure": "奇怪"}, "code.unknown"),
        ({"qualifier": "大概也许"}, "code.unknown"),
        ({"kind": "旬度"}, "code.unknown"),
        ({"inferred": "也许"}, "code.unknown"),
        ({"document": "无名来源"}, "source.unknown-document"),
        ({"published": "2025-02-30"}, "period.unreadable"),
    ],
)
def test_what_is_not_understood_is_quarantined_by_its_rule(
    declarations: Declarations, cells: dict[str, str], rule: str
) -> None:
    row = one(declarations, changed(**cells))
    assert (row.get("rule_id"), row.get("delivery_place")) == (rule, "R2C5")


def test_a_code_that_ended_serves_the_time_it_was_in_force(declarations: Declarations) -> None:
    row = one(declarations, changed(region="旧城区", period="2014年"))
    assert row["region_code"] == "990109"


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("", "exact"),
        ("超", "exceeded"),
        ("以内", "under"),
        ("近", "approx"),
        ("不低于", "at_least"),
    ],
)
def test_bounds_stay_bounds(declarations: Declarations, word: str, code: str) -> None:
    assert one(declarations, changed(qualifier=word))["qualifier"] == code


@pytest.mark.parametrize(
    ("cells", "name", "known"),
    [
        ({}, "公报.csv", date(2025, 2, 28)),
        ({"document": "yunxi-press"}, "公报.csv", date(2025, 3, 1)),
        ({"published": "2025-06-30"}, "公报.csv", date(2025, 6, 30)),
        ({}, "公报最终核实.csv", date(2026, 1, 20)),
    ],
)
def test_when_the_public_knew(
    declarations: Declarations, cells: dict[str, str], name: str, known: date
) -> None:
    assert one(declarations, changed(**cells), name=name)["known_from"] == known


def test_a_figure_printed_twice_in_one_place_keeps_both(declarations: Declarations) -> None:
    _, rows, _ = parse_frames(
        declarations, "yunxi-profile", "公报.csv", profile(GOOD_ROW, GOOD_ROW)
    )
    assert [row["occurrence"] for row in rows] == [1, 2]


def test_marks_of_inference_and_simulation_stay(declarations: Declarations) -> None:
    row = one(declarations, changed(inferred="是", simulated="模拟"))
    assert (row["is_period_inferred"], row["is_simulated"]) == (True, True)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["480.1", "1,000", "abc", "", "１２", "-3", "5%", "9" * 30]),
            st.sampled_from(["亿元", "万元", "元", "人", "", "亿员"]),
            st.sampled_from(["云溪区", "旧城区", "火星"]),
            st.sampled_from(["2023年", "2023-13", "昨天", "2024年1—5月"]),
        ),
        max_size=20,
    )
)
def test_every_row_is_accepted_or_quarantined(
    declarations: Declarations, rows: list[tuple[str, str, str, str]]
) -> None:
    lines = [changed(value=v, unit=u, region=r, period=p) for v, u, r, p in rows]
    parsed, accepted, bad = parse_frames(declarations, "yunxi-profile", "公报.csv", profile(*lines))
    assert parsed.read == len(lines) + 1
    assert len(accepted) + len(bad) == len(lines)
    assert {row["delivery_place"] for row in accepted + bad} == {
        f"R{number}C5" for number in range(2, len(lines) + 2)
    }


def test_a_shift_that_no_stored_value_can_take_is_never_left_undone(project: Settings) -> None:
    path = project.raw / "datasets" / "profile" / "yunxi-profile.yml"
    text = path.read_text("utf-8").replace("base_unit: 亿元", "base_unit: 元", 1)
    path.write_text(text, encoding="utf-8")
    row = one(load_declarations(project), changed(value="1.2", unit="万亿元"))
    assert row["rule_id"] == "unit.not-convertible"
