"""Value texts become the decimal that they print, or none: never another one."""

from __future__ import annotations

import re
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.collect.numbers import Reading, Words, read_number, read_values

pytestmark = pytest.mark.core

UNITS = {
    "亿元": "亿元",
    "万元": "万元",
    "家": "家",
    "倍": "倍",
    "%": "%",
    "‰": "‰",
    "百分点": "百分点",
    "个百分点": "百分点",
    "m2": "平方米",
    "无量纲": "1",
    "1": "1",
}
WORDS = Words.of(UNITS)
IN_BRACKETS = Words.of(UNITS, negative_in_brackets=True)
WITH_COMMA = Words.of(UNITS, decimal_comma=True)


@pytest.mark.parametrize(
    ("text", "number", "places"),
    [
        ("808.4", "808.4", 1),
        ("1,234.5", "1234.5", 1),
        ("19 278.1", "19278.1", 1),
        ("19\u00a0278.1", "19278.1", 1),
        ("19\u2009278.1", "19278.1", 1),
        ("１２．３", "12.3", 1),
        ("１，２３４", "1234", 0),
        ("12.3\u200b", "12.3", 1),
        ("−5.8", "-5.8", 1),
        ("–5.8", "-5.8", 1),
        ("－5.8", "-5.8", 1),
        ("﹣5.8", "-5.8", 1),
        ("+5.2", "5.2", 1),
        ("1.2E+05", "120000", -4),
        ("1.23e-05", "0.0000123", 7),
        ("-1E+02", "-100", -2),
    ],
)
def test_plain_numbers(text: str, number: str, places: int) -> None:
    assert read_number(text, WORDS) == Reading(number, places)


@pytest.mark.parametrize(
    ("text", "number", "places", "unit"),
    [
        ("增长5.6%", "5.6", 1, "%"),
        ("增长 5.6 %", "5.6", 1, "%"),
        ("增长5.6", "5.6", 1, None),
        ("增长1倍", "100", -2, "%"),
        ("增长1.2倍", "120", -1, "%"),
        ("增长1.25倍", "125", 0, "%"),
        ("翻一番", "100", -2, "%"),
        ("翻两番", "300", -2, "%"),
        ("下降5.8%", "-5.8", 1, "%"),
        ("减少3%", "-3", 0, "%"),
        ("持平", "0", 0, None),
        ("与上年同期持平", "0", 0, None),
        ("提高13.4个百分点", "13.4", 1, "百分点"),
        ("上升2个百分点", "2", 0, "百分点"),
        ("回落0.2个百分点", "-0.2", 1, "百分点"),
        ("▲5.2", "5.2", 1, None),
        ("▼5.2%", "-5.2", 1, "%"),
        ("↑5.2", "5.2", 1, None),
        ("5.2%↓", "-5.2", 1, "%"),
    ],
)
def test_words_of_growth(text: str, number: str, places: int, unit: str | None) -> None:
    assert read_number(text, WORDS) == Reading(number, places, unit, is_growth=True)


@pytest.mark.parametrize(
    ("text", "number", "unit", "qualifier"),
    [
        ("超1000", "1000", None, "above"),
        ("超过1,000亿元", "1000", "亿元", "above"),
        ("突破2000亿元", "2000", "亿元", "above"),
        ("约17800", "17800", None, "approx"),
        ("近85", "85", None, "just_below"),
        ("1000以上", "1000", None, "at_least"),
        ("1000亿元以上", "1000", "亿元", "at_least"),
        ("不低于60%", "60", "%", "at_least"),
        ("≥60%", "60", "%", "at_least"),
        ("50余", "50", None, "above_slightly"),
        ("50余家", "50", "家", "above_slightly"),
        ("100左右", "100", None, "approx"),
        ("50多家", "50", "家", "above"),
        ("破1000亿元", "1000", "亿元", "above"),
        ("＞5", "5", None, "above"),
        ("至少60%", "60", "%", "at_least"),
        ("100家及以上", "100", "家", "at_least"),
        ("不足60%", "60", "%", "below"),
        ("低于 60%", "60", "%", "below"),
        ("100家以内", "100", "家", "at_most"),
        ("不超过100家", "100", "家", "at_most"),
        ("前10", "10", None, "at_most"),
        ("<=10", "10", None, "at_most"),
        ("接近85", "85", None, "just_below"),
        ("More  than 1,000 亿元", "1000", "亿元", "above"),
        ("at\u00a0least 60%", "60", "%", "at_least"),
        ("12.3亿元", "12.3", "亿元", None),
        ("12.3 亿 元", "12.3", "亿元", None),
        ("12.3%", "12.3", "%", None),
        ("5‰", "5", "‰", None),
        ("0.2个百分点", "0.2", "百分点", None),
        ("12m2", "12", "平方米", None),
    ],
)
def test_bounds_and_units_beside_the_number(
    text: str, number: str, unit: str | None, qualifier: str | None
) -> None:
    found = read_number(text, WORDS)
    assert found is not None
    assert (found.number, found.unit, found.qualifier) == (number, unit, qualifier)
    assert not found.is_growth


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.234.567",
        "1,23",
        "12,34.5",
        "0,123",
        "1,234 567",
        "1234,567",
        "1  234",
        "--",
        "--5",
        "—",
        "+-5",
        "±5",
        "5.",
        ".5",
        "1/2",
        "12:30",
        "45%–50%",
        "3-5",
        "1 2",
        "1O.5",
        "5^2",
        "5²",
        "①",
        "½",
        "٤٨٠",
        "NaN",
        "∞",
        "1e5",
        "12E+05",
        "12.3亿",
        "12.3 亿美",
        "(12.3)",
        "（12.3）",
        "(-12.3)",
        "约五百",
        "大概5",
        "1000超",
        "以上1000",
        "约1000以上",
        "超约5",
        "增长",
        "增长5.6%3",
        "增长-5%",
        "增长+5%",
        "增长(5)",
        "下降-5%",
        "下降1倍",
        "下降超过5%",
        "增长下降5%",
        "增长5亿元",
        "基本持平",
        "▲",
        "▲-5",
        "▲5▲",
        "翻三十番",
    ],
)
def test_what_is_no_number_or_may_be_two(text: str) -> None:
    assert read_number(text, WORDS) is None


@pytest.mark.parametrize(
    ("text", "number"), [("(12.3)", "-12.3"), ("（1,234）", "-1234"), ("( 5 )", "-5")]
)
def test_brackets_are_a_sign_where_that_is_declared(text: str, number: str) -> None:
    found = read_number(text, IN_BRACKETS)
    assert found is not None
    assert found.number == number


@pytest.mark.parametrize(
    ("text", "qualifier"), [("增长约5.6%", "approx"), ("增长超过10%", "above")]
)
def test_bounds_of_growth(text: str, qualifier: str) -> None:
    found = read_number(text, WORDS)
    assert found is not None
    assert (found.qualifier, found.is_growth) == (qualifier, True)


def read(texts: list[str], symbols: dict[str, str] | None = None) -> list[dict[str, object]]:
    return read_values(pl.DataFrame({"value": texts}), symbols or {}, WORDS).to_dicts()


def test_symbols_stand_for_a_status_and_for_no_number() -> None:
    symbols = {"": "O", "-": "none", "…": "M", "0": "L"}
    rows = read(["", "-", "−", "…", "0", "1.50"], symbols)
    assert [row["symbol_status"] for row in rows] == ["O", "none", "none", "M", "L", None]
    assert [row["plain"] for row in rows] == [None, None, None, None, None, "1.50"]
    assert (rows[5]["decimals"], rows[5]["whole_digits"], rows[5]["idle_zeros"]) == (2, 1, 1)


def test_a_sign_of_its_own_goes_before_the_one_it_is_folded_to() -> None:
    rows = read(["–", "-"], {"–": "O", "-": "none"})
    assert [row["symbol_status"] for row in rows] == ["O", "none"]


def printed(number: Decimal, style: str) -> str:
    text = format(number, ",f")
    match style:
        case "blanks":
            return text.replace(",", " ")
        case "none":
            return text.replace(",", "")
        case "full":
            wide = {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)}
            return "".join(wide.get(char, char) for char in text)
        case "minus":
            return text.replace("-", "−")
        case _:
            return text


DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=3) | st.decimals(
    -(10**12), 10**12, places=1
)
STYLES = st.sampled_from(["commas", "blanks", "none", "full", "minus"])


@given(DECIMALS, STYLES)
def test_what_was_printed_is_read(number: Decimal, style: str) -> None:
    text = printed(number, style)
    found = read_number(text, WORDS)
    assert found is not None
    assert Decimal(found.number) == number
    row = read([text])[0]
    assert (row["plain"], row["places"]) == (found.number, found.places)


PIECES = st.sampled_from(
    [
        *"1 23 456 0 , . - − + % 亿元 家 约 以上 余 ( ) １ ， ^ ² / : e E+05 O".split(),
        " ",
        "\u3000",
        "\n",
    ]
)


@given(st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=12))
def test_no_wrong_number(text: str) -> None:
    found = read_number(text, WORDS)
    row = read([text])[0]
    assert row["plain"] == (found.number if found else None)
    if found is None or re.search(r"[eE][+-]", text):
        return
    kept = re.sub("m2$", "", text)
    ascii_digits = kept.translate({0xFF10 + digit: str(digit) for digit in range(10)})
    assert re.sub(r"\D", "", found.number) == "".join(re.findall("[0-9]", ascii_digits))
    assert found.number.startswith("-") == bool(re.search("[-−–－﹣]", text))
    assert not re.search("[0-9][^0-9.,， 　１０．]+[0-9]", ascii_digits)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("第3", "3"),
        ("第3位", "3"),
        ("第 12 名", "12"),
        ("第三", "3"),
        ("第十二位", "12"),
        ("第二十", "20"),
    ],
)
def test_a_place_in_an_order_is_a_rank(text: str, number: str) -> None:
    assert read_number(text, WORDS) == Reading(number, 0, is_rank=True)


@pytest.mark.parametrize("text", ["第", "第位", "第0位", "第三三", "第3位5", "第3.5位", "第3季度"])
def test_what_is_no_place_in_an_order(text: str) -> None:
    assert read_number(text, WORDS) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.234,5", "1234.5"), ("0,75%", "0.75"), ("1.234", "1234"), ("-1 234,5", "-1234.5")],
)
def test_a_comma_before_decimals_where_that_is_declared(text: str, number: str) -> None:
    found = read_number(text, WITH_COMMA)
    assert found is not None
    assert found.number == number
    frame = pl.DataFrame({"value": [text]})
    assert read_values(frame, {}, WITH_COMMA)["plain"].to_list() == [number]
    assert read_number("1.5", WITH_COMMA) is None
    assert read_values(frame, {text: "M"}, WITH_COMMA)["symbol_status"].to_list() == ["M"]
