"""What stands beside a figure: its status, confidentiality, power of ten, decimals, region."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.collect.archive import Delivery
from orchestration.collect.names import whole_region
from orchestration.collect.parse import Outcome, Parsed, parse_bytes
from orchestration.declarations import Declarations, Declared
from orchestration.spec import DataSet

pytestmark = pytest.mark.core

DECLARED: dict[str, Any] = {
    "id": "beside",
    "title": {"zh": "旁注", "en": "Beside"},
    "theme": "profile",
    "owner": "综合科 / General section",
    "origin": {
        "producer": "虚构 / invented",
        "documents": [{"id": "d", "title": "虚构", "grade": "official"}],
    },
    "delivery": {"pattern": ["*.csv"], "cadence": "annual"},
    "layout": {
        "kind": "records",
        "columns": {
            "indicator": "INDICATOR",
            "region_code": "REF_AREA",
            "period": "TIME_PERIOD",
            "value": "OBS_VALUE",
            "unit": "UNIT",
            "multiplier": "UNIT_MULT",
            "decimals": "DECIMALS",
            "status": "OBS_STATUS",
            "confidentiality": "CONF_STATUS",
        },
    },
    "symbols": {"p": "P"},
    "indicators": [
        {
            "code": "turnover",
            "name": {"zh": "营业额", "en": "Turnover"},
            "labels": ["T"],
            "measure": "level",
            "price_basis": "current",
            "base_unit": "亿元",
            "decimals": 2,
            "direction": "neutral",
        }
    ],
}
NOTHING: Mapping[str, Any] = {}
HEADER = "INDICATOR,REF_AREA,TIME_PERIOD,OBS_VALUE,UNIT,UNIT_MULT,DECIMALS,OBS_STATUS,CONF_STATUS"


def read(
    declarations: Declarations, over: Mapping[str, Any] = NOTHING, **cells: str
) -> tuple[Parsed, Outcome]:
    given = {"INDICATOR": "T", "REF_AREA": "990101", "TIME_PERIOD": "2024", "UNIT": "元"}
    given |= {"OBS_VALUE": "41.1"} | cells
    row = ",".join(given.get(name, "") for name in HEADER.split(","))
    data_set = DataSet.model_validate(DECLARED | dict(over))
    delivery = Delivery(
        data_set_id="beside",
        sha256="0" * 64,
        size_bytes=1,
        file_name="a.csv",
        connector="preview",
        delivered_on=date(2026, 1, 2),
        received_at="2026-01-02T00:00:00+00:00",
    )
    declared = Declared(data_set, Path("beside.yml"), "")
    content = f"{HEADER}\n{row}\n".encode()
    parsed, outcome = parse_bytes(content, delivery, declared, declarations.codelists)
    assert parsed.is_balanced
    assert outcome is not None, parsed.refusal
    return parsed, outcome


def accepted(declarations: Declarations, *names: str, **cells: str) -> tuple[Any, ...]:
    _, outcome = read(declarations, NOTHING, **cells)
    assert outcome.quarantined.is_empty(), outcome.quarantined.rows()
    return outcome.accepted.select(names).row(0)


def quarantined(declarations: Declarations, **cells: str) -> tuple[str, str | None]:
    parsed, outcome = read(declarations, NOTHING, **cells)
    assert (parsed.accepted, parsed.quarantined) == (0, 1)
    rule, name = outcome.quarantined.select("rule_id", "raw_name").row(0)
    return rule, name


@pytest.mark.parametrize(
    ("power", "value", "resolution", "printed"),
    [
        ("", "0.000000411", "0.00000001", "元"),
        ("0", "0.000000411", "0.00000001", "元"),
        ("8", "41.1", "0.1", "元 ×10^8"),
        ("6", "0.411", "0.001", "元 ×10^6"),
        ("6.0", "0.411", "0.001", "元 ×10^6"),
        ("11", "41100", "100", "元 ×10^11"),
        ("thousands", "0.000411", "0.000001", "元 ×10^3"),
        ("1000000", "0.411", "0.001", "元 ×10^6"),
        ("百万", "0.411", "0.001", "元 ×10^6"),
    ],
)
def test_the_power_of_ten_moves_the_point_exactly(
    declarations: Declarations, power: str, value: str, resolution: str, printed: str
) -> None:
    if power in ("", "0"):  # 41.1 yuan in 亿元 has nine decimals
        assert quarantined(declarations, UNIT_MULT=power) == ("value.too-precise", None)
        return
    names = ("value", "resolution", "unit_printed", "value_printed")
    told = accepted(declarations, *names, UNIT_MULT=power)
    assert told == (Decimal(value), Decimal(resolution), printed, "41.1")


@pytest.mark.parametrize("power", ["1", "10", "-3", "many", "2.5"])
def test_a_power_of_ten_that_may_be_two_is_asked_for(
    declarations: Declarations, power: str
) -> None:
    assert quarantined(declarations, UNIT_MULT=power) == ("unit.unknown", power)


def test_a_unit_that_is_a_power_itself_takes_no_second(declarations: Declarations) -> None:
    told = quarantined(declarations, UNIT="亿元", UNIT_MULT="8")
    assert told == ("unit.not-convertible", "8")
    assert accepted(declarations, "value", UNIT="亿元", UNIT_MULT="0") == (Decimal("41.1"),)


@pytest.mark.parametrize(
    ("decimals", "resolution"), [("", "0.1"), ("2", "0.01"), ("0", "0.1"), ("1", "0.1")]
)
def test_decimals_say_where_the_digits_end(
    declarations: Declarations, decimals: str, resolution: str
) -> None:
    told = accepted(declarations, "value", "resolution", UNIT="亿元", DECIMALS=decimals)
    assert told == (Decimal("41.1"), Decimal(resolution))


def test_decimals_that_are_no_count(declarations: Declarations) -> None:
    assert quarantined(declarations, UNIT="亿元", DECIMALS="two") == ("code.unknown", "two")


@pytest.mark.parametrize(
    ("status", "value", "told"),
    [
        ("", "41.1", "A"),
        ("A", "41.1", "A"),
        ("P", "41.1", "P"),
        ("p", "41.1", "P"),
        ("U", "41.1", "U"),
        ("M", "", "M"),
        ("L", "", "L"),
        ("Q", "", "Q"),
    ],
)
def test_the_status_of_the_row(
    declarations: Declarations, status: str, value: str, told: str
) -> None:
    number = Decimal("41.1") if value else None
    cells = {"UNIT": "亿元", "OBS_STATUS": status, "OBS_VALUE": value}
    assert accepted(declarations, "value", "obs_status", **cells) == (number, told)


@pytest.mark.parametrize(
    ("status", "value", "rule"),
    [
        ("M", "41.1", "code.unknown"),
        ("?", "41.1", "code.unknown"),
        ("A", "", "value.not-a-number"),
        ("", "", "value.not-a-number"),
        ("M", "n/a", "value.not-a-number"),
    ],
)
def test_a_status_that_contradicts_its_number(
    declarations: Declarations, status: str, value: str, rule: str
) -> None:
    told = quarantined(declarations, UNIT="亿元", OBS_STATUS=status, OBS_VALUE=value)
    assert told[0] == rule


def test_a_confidential_number_stays_out_of_a_free_data_set(declarations: Declarations) -> None:
    told = quarantined(declarations, UNIT="亿元", CONF_STATUS="C")
    assert told == ("value.confidential", "C")
    assert accepted(declarations, "conf_status", UNIT="亿元", CONF_STATUS="F") == ("F",)
    assert quarantined(declarations, UNIT="亿元", CONF_STATUS="Z") == ("code.unknown", "Z")


def test_without_its_number_it_is_suppressed(declarations: Declarations) -> None:
    cells = {"UNIT": "亿元", "CONF_STATUS": "C", "OBS_VALUE": ""}
    names = ("value", "obs_status", "conf_status")
    assert accepted(declarations, *names, **cells) == (None, "Q", "F")


def test_in_a_confidential_data_set_it_is_at_home(declarations: Declarations) -> None:
    over = {"disclosure": {"conf_status": "C", "rule": "fewer than three firms"}}
    _, outcome = read(declarations, over, UNIT="亿元", CONF_STATUS="C")
    assert outcome.accepted.select("value", "conf_status").row(0) == (Decimal("41.1"), "C")
    _, outcome = read(declarations, over, UNIT="亿元", CONF_STATUS="F")
    assert outcome.accepted.select("conf_status").row(0) == ("C",)


KNOWN = frozenset({"330205", "330200", "330205001", "330205002003"})


@pytest.mark.parametrize(
    ("code", "whole"),
    [
        ("330205000000", "330205"),
        ("330200000000", "330200"),
        ("000000000000", "CN"),
        ("330205001000", "330205001"),
        ("330205009000", "330205009000"),
        ("330205002003", "330205002003"),
        ("330205001001", "330205001001"),
        ("330205", "330205"),
        ("江北区", "江北区"),
        ("33020500000", "33020500000"),
    ],
)
def test_twelve_digits_are_a_region_or_a_place_below(code: str, whole: str) -> None:
    assert whole_region(code, KNOWN, "CN") == whole


def test_a_nation_that_nobody_lists_stays_unknown() -> None:
    assert whole_region("0" * 12, KNOWN, None) == "0" * 12


@pytest.mark.parametrize(
    ("code", "region"), [("990101000000", "990101"), ("000000000000", "CN"), ("990101", "990101")]
)
def test_a_padded_code_is_the_region(declarations: Declarations, code: str, region: str) -> None:
    assert accepted(declarations, "region_code", UNIT="亿元", REF_AREA=code) == (region,)


def test_a_town_is_not_taken_for_its_county(declarations: Declarations) -> None:
    told = quarantined(declarations, UNIT="亿元", REF_AREA="990101007000")
    assert told == ("region.unknown", "990101007000")


@pytest.mark.parametrize(
    ("printed", "symbols", "value", "status", "stage", "note"),
    [
        ("41.4 u", {"u": "U"}, "41.4", "U", "not_stated", "u"),
        ("41.4u", {"u": "U"}, "41.4", "U", "not_stated", "u"),
        ("1200 [r]", {"[r]": "A"}, "1200", "A", "not_stated", "[r]"),
        ("1200 (r)", {"r": "A"}, "1200", "A", "not_stated", "r"),
        ("41.1^1", {"^1": "P"}, "41.1", "P", "not_stated", "^1"),
        ("56*", {"*": "E"}, "56", "E", "not_stated", "*"),
        ("905.5（快报数）", {}, "905.5", "P", "flash", None),
        ("905.5 预计数", {}, "905.5", "F", "forecast", None),
        ("约905.5 预计数", {}, "905.5", "F", "forecast", None),
    ],
)
def test_a_mark_beside_a_number_says_its_status(
    declarations: Declarations,
    printed: str,
    symbols: dict[str, str],
    value: str,
    status: str,
    stage: str,
    note: str | None,
) -> None:
    cells = {"OBS_VALUE": printed, "UNIT": "亿元"}
    _, outcome = read(declarations, {"symbols": symbols}, **cells)
    names = ("value", "obs_status", "estimate_stage", "note", "value_printed")
    (row,) = outcome.accepted.select(names).rows()
    assert row == (Decimal(value), status, stage, note, printed)


@pytest.mark.parametrize(
    ("printed", "symbols", "rule"),
    [
        ("41.4 u", {}, "value.not-a-number"),  # nobody said what it stands for
        ("41.4 x", {"x": "M"}, "code.unknown"),  # missing, and there is a number
        ("41.4 - 3", {"-": "M"}, "value.not-a-number"),
        ("41.4^1", {}, "value.not-a-number"),
        ("1.2e5", {"e": "E"}, "value.not-a-number"),
    ],
)
def test_a_mark_that_nobody_explained_keeps_the_figure_out(
    declarations: Declarations, printed: str, symbols: dict[str, str], rule: str
) -> None:
    over = {"symbols": symbols}
    parsed, outcome = read(declarations, over, OBS_VALUE=printed, UNIT="亿元")
    assert (parsed.accepted, outcome.quarantined["rule_id"].to_list()) == (0, [rule])


def test_two_statuses_of_one_figure_contradict_one_another(declarations: Declarations) -> None:
    cells = {"OBS_VALUE": "41.4 u", "UNIT": "亿元", "OBS_STATUS": "E"}
    _, outcome = read(declarations, {"symbols": {"u": "U"}}, **cells)
    assert outcome.quarantined["rule_id"].to_list() == ["code.unknown"]


@pytest.mark.parametrize(
    ("printed", "price_basis"),
    [
        ("", "current"),
        ("可比价", "comparable"),
        ("上月=100", "previous_period"),
        ("上年同月=100", "same_period_last_year"),
        ("2020年=100", "base_2020"),
    ],
)
def test_a_row_may_say_at_which_prices_or_what_is_100(
    declarations: Declarations, printed: str, price_basis: str
) -> None:
    # The column DECIMALS of this file is that of the price basis here.
    columns = DECLARED["layout"]["columns"]
    kept = {part: head for part, head in columns.items() if part != "decimals"}
    layout = DECLARED["layout"] | {"columns": kept | {"price_basis": "DECIMALS"}}
    _, outcome = read(declarations, {"layout": layout}, DECIMALS=printed, UNIT="亿元")
    assert outcome.accepted["price_basis"].to_list() == [price_basis]


def test_a_price_basis_that_nobody_lists_is_quarantined(declarations: Declarations) -> None:
    columns = DECLARED["layout"]["columns"]
    kept = {part: head for part, head in columns.items() if part != "decimals"}
    layout = DECLARED["layout"] | {"columns": kept | {"price_basis": "DECIMALS"}}
    _, outcome = read(declarations, {"layout": layout}, DECIMALS="1898年=100", UNIT="亿元")
    assert outcome.quarantined.select("rule_id", "raw_text").rows() == [("code.unknown", "41.1")]


@pytest.mark.parametrize(
    ("measure", "basis"),
    [
        ("index", "index"),
        ("mom_growth_pct", "mom"),
        ("yoy_growth_pct", "yoy"),
        ("level", "current"),
    ],
)
def test_what_an_index_and_a_monthly_growth_are_measured_against(
    declarations: Declarations, measure: str, basis: str
) -> None:
    one = DECLARED["indicators"][0] | {"measure": measure}
    _, outcome = read(declarations, {"indicators": [one]}, UNIT="亿元")
    assert outcome.accepted["basis"].to_list() == [basis]
