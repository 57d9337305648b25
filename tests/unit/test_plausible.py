"""Classes of plausible ranges: which one an indicator has, what is refused, what is landed.

Belongs here: ``orchestration.plausible``, ``raw/catalogue/ranges.yml``, ranges of a declaration's
own. Does not belong here: what figures are held against them (test_judge_plausible).
"""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from orchestration.cli import main
from orchestration.declarations import load_declarations
from orchestration.errors import DeclarationError
from orchestration.plausible import FILE, Plausible, absolute, load_ranges
from orchestration.process.declared import ReleaseControl, declared_rows
from orchestration.settings import Settings, load_settings
from orchestration.spec import Envelope
from orchestration.standards import Catalogue, load_catalogue, shipped, told
from tests.support import make_project

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def known() -> Plausible:
    return load_ranges(shipped())


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(shipped())


@pytest.fixture
def project(tmp_path: Path) -> Settings:
    return make_project(tmp_path, with_deliveries=False)


# --- which class -----------------------------------------------------------------------------


def test_every_standard_indicator_has_a_class_and_it_rests_on_something(
    catalogue: Catalogue,
) -> None:
    classes = {code: catalogue.range_of(code) for code in catalogue.entries}
    assert len(classes) == 1080
    assert all(
        entry is not None and entry.basis.zh and entry.basis.en for entry in classes.values()
    )


@pytest.mark.parametrize(
    ("code", "range_class"),
    [
        ("gdp", "output-of-all"),
        ("gdp_growth", "growth-of-totals"),  # by what grows
        ("secondary_value_added_growth", "growth-of-totals"),
        ("industrial_profit_growth", "growth-of-result"),
        ("resident_population", "residents"),
        ("primary_pupils", "pupils"),
        ("tax_share", "share"),  # by its measure
        ("pm25", "concentration"),  # by its unit
        ("crude_steel_output", "goods"),
        ("government_debt_balance", "money-stock"),
        ("premium_income", "money-flow"),
        ("cpi", "index"),  # by the defaults of its file
        ("road_length", "things-held"),
    ],
)
def test_the_class_of_a_standard_indicator(
    catalogue: Catalogue, code: str, range_class: str
) -> None:
    found = catalogue.range_of(code)
    assert found is not None
    assert found.id == range_class


def test_amounts_that_may_be_negative_are_those_of_results_and_refunds(
    catalogue: Catalogue,
) -> None:
    signed = {
        standard.code
        for standard in catalogue
        if standard.measure in ("level", "count")
        and (found := catalogue.range_of(standard.code)) is not None
        and found.sign == "any"
    }
    assert {"industrial_profit", "trade_balance", "vat_revenue", "financing_increment"} <= signed
    assert signed.isdisjoint({"gdp", "retail_sales", "resident_population", "deposit_balance"})


@pytest.mark.parametrize(
    ("code", "region_kind", "usual", "possible"),
    [
        ("gdp", "county", (12_000_000, 4.2e12), (100_000, 3.2e13)),
        ("resident_population", "prefecture", (150_000, 25_000_000), (2_000, 35_000_000)),
    ],
)
def test_the_range_of_a_kind_of_region_is_that_per_head_times_its_residents(
    catalogue: Catalogue,
    code: str,
    region_kind: str,
    usual: tuple[float, float],
    possible: tuple[float, float],
) -> None:
    found = catalogue.range_of(code)
    assert found is not None and found.per_head is not None and catalogue.plausible is not None
    residents = catalogue.plausible.ranges.populations[region_kind]
    assert absolute(found.per_head, residents) == Envelope(usual=usual, possible=possible)


ends = st.tuples(
    st.integers(-1000, 1000), st.integers(1, 1000), st.integers(0, 9), st.integers(0, 9)
)


def _envelope(drawn: tuple[int, int, int, int]) -> Envelope:
    low, size, below, above = drawn
    return Envelope(usual=(low, low + size), possible=(low - below, low + size + above))


@given(ends, ends.map(lambda drawn: (abs(drawn[0]) + 10, *drawn[1:])), st.integers(0, 100))
def test_what_is_usual_per_head_in_a_usual_region_is_usual(
    head: tuple[int, int, int, int], people: tuple[int, int, int, int], at: int
) -> None:
    per_head, residents = _envelope(head), _envelope(people)
    whole = absolute(per_head, residents)
    (low, high), (fewest, most) = per_head.usual, residents.usual
    assert None not in (low, high, fewest, most)
    value = (low + (high - low) * at / 100) * (fewest + (most - fewest) * at / 100)  # type: ignore[operator]  # no end is null here
    assert whole.usual[0] <= value + 1e-6 and value - 1e-6 <= whole.usual[1]  # type: ignore[operator]  # as above


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "per_head: {usual: [1500, 700000]",
            "per_head: {usual: [50, 700000]",
            "what is usual must lie within what is possible",
        ),
        ("growth: growth-of-people", "growth: growth-of-nobody", "growth-of-nobody"),
        ("- id: pupils\n", "- id: workers\n", "workers"),
        (
            "per_head: {usual: [0.008, 0.16], possible: [0.0005, 0.5]}",
            "per_head: {usual: [0.008, 0.16], possible: [-1, 0.5]}",
            "never negative",
        ),
        ("of: total_fiscal_revenue", "of: total_fiscal_revenues", "total_fiscal_revenues"),
        ("usual: [0.1, 2], possible: [0.01, 20]", "usual: [2, 0.1], possible: [0.01, 20]", "above"),
    ],
)
def test_a_wrong_range_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = tmp_path / "catalogue"
    shutil.copytree(shipped(), folder)
    text = (folder / FILE).read_text(encoding="utf-8")
    assert old in text
    (folder / FILE).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DeclarationError) as caught:
        load_catalogue(folder)
    assert said in caught.value.what
    assert caught.value.file == str(folder / FILE)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("output-of-al", "there is no class of ranges 'output-of-al'"),
        ("share", "the class 'share' is not of level in currency_cny"),
    ],
)
def test_an_entry_that_names_another_class_is_named(tmp_path: Path, named: str, said: str) -> None:
    folder = tmp_path / "catalogue"
    shutil.copytree(shipped(), folder)
    path = folder / "national_accounts.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("range: output-of-all", f"range: {named}", 1), encoding="utf-8")
    with pytest.raises(DeclarationError, match=said) as caught:
        load_catalogue(folder)
    assert (caught.value.file, caught.value.place) == (str(path), "indicators.gdp.range")


# --- what a data set says --------------------------------------------------------------------

PROFILE = Path("raw/datasets/profile/yunxi-profile.yml")
TITLE = "code: gdp\n"


def declare(project: Settings, said: str) -> Settings:
    path = project.project / PROFILE
    text = path.read_text(encoding="utf-8")
    assert text.count(TITLE) == 1
    at = text.index(TITLE) + len(TITLE)
    indent = " " * 4
    path.write_text(f"{text[:at]}{indent}{said}\n{text[at:]}", encoding="utf-8")
    return load_settings(project.project)


def landed(settings: Settings, code: str) -> list[dict[str, Any]]:
    control = ReleaseControl("r", datetime(2026, 3, 1), "demo", "0")
    rows = declared_rows(load_declarations(settings), control)["plausible"]
    return [r for r in rows if (r["data_set_id"], r["indicator_code"]) == ("yunxi-profile", code)]


def test_an_indicator_of_a_data_set_names_a_class_or_has_one(project: Settings) -> None:
    assert [row["range_class"] for row in landed(project, "gdp")] == ["money-flow"]
    settings = declare(project, "range: output-of-all")
    (row,) = landed(settings, "gdp")
    assert (row["range_class"], row["head_low"], row["head_highest"], row["share_moves"]) == (
        "output-of-all",
        1500,
        4_000_000,
        1.6,
    )


def test_a_data_set_narrows_a_range(project: Settings) -> None:
    own = "plausible: {per_head: {usual: [30000, 300000], possible: [10000, 1000000]}}"
    (row,) = landed(declare(project, own), "gdp")
    assert (row["head_low"], row["head_lowest"]) == (30_000, 10_000)
    assert (row["head_high"], row["head_highest"]) == (300_000, 1_000_000)
    assert (row["from_day"], row["to_day"], row["reason_en"]) == (None, None, "")


WIDER = "per_head: {usual: [0, 50000000], possible: [0, 90000000]}"


def test_a_data_set_overrules_a_range_with_reason_and_expiry(project: Settings) -> None:
    own = f"plausible: {{{WIDER}, reason: {{zh: 总部, en: head offices}}, until: 2027-12-31}}"
    overruled, after = landed(declare(project, own), "gdp")
    assert (overruled["head_highest"], overruled["to_day"]) == (90_000_000, date(2028, 1, 1))
    assert (overruled["reason_zh"], overruled["reason_en"]) == ("总部", "head offices")
    assert (after["head_highest"], after["from_day"], after["to_day"]) == (
        30_000_000,
        date(2028, 1, 1),
        None,
    )


@pytest.mark.parametrize("more", ["", ", until: 2027-12-31", ", reason: {zh: 总部, en: offices}"])
def test_to_overrule_takes_a_reason_and_an_expiry(project: Settings, more: str) -> None:
    settings = declare(project, f"plausible: {{{WIDER}{more}}}")
    with pytest.raises(DeclarationError, match="wider than money-flow") as caught:
        load_declarations(settings)
    assert caught.value.place == "indicators.gdp.plausible"
    assert "until which day" in (caught.value.remedy or "")


# --- what a person reads ---------------------------------------------------------------------


def test_show_prints_the_range(catalogue: Catalogue) -> None:
    text = told(catalogue, "gdp")
    assert "output-of-all: 地区生产总值 | Gross domestic product" in text
    assert "人均 per head     1,500 … 700,000，可能 possible 100 … 4,000,000" in text
    assert "县级 county" in text
    assert "增速 growth %     -45 … 60，可能 possible -95 … 1,000" in text
    assert "Ejin Horo" in text
    assert "数值 value        0 … 100，可能 possible 0 … 100" in told(catalogue, "tax_share")


def test_the_schemas_know_ranges() -> None:
    entries = json.loads(CliRunner().invoke(main, ["catalogue", "schema"]).output)
    assert "range" in entries["$defs"]["Standard"]["properties"]
    ranges = json.loads(CliRunner().invoke(main, ["catalogue", "schema", "--ranges"]).output)
    assert {"classes", "quotients", "populations"} <= set(ranges["properties"])
    declared = json.loads(CliRunner().invoke(main, ["data-set", "schema"]).output)
    assert {"plausible", "range"} <= set(declared["$defs"]["Indicator"]["properties"])
