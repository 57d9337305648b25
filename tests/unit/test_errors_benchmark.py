"""The benchmark of errors as data: its base is consistent, and an error changes what it says."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestration.cli import main
from orchestration.errors import DeclarationError, QutongError
from orchestration.scoring import score, told
from orchestration.scoring.base import Base, Figures, Place, sent_of
from orchestration.scoring.changes import (
    Again,
    Bytes,
    Change,
    Edition,
    Error,
    Kind,
    altered,
    deliveries_of,
)
from orchestration.scoring.said import Said
from orchestration.scoring.score import Alarm, Judged, Score
from orchestration.settings import CODE_ROOT

FOLDER = score.benchmark_folder()
KINDS = score.load_kinds(FOLDER)
ERRORS = [(kind, error) for kind in KINDS for error in kind.errors]
EVERY: list[tuple[Kind, Error | Edition]] = [
    *ERRORS,
    *((kind, edition) for kind in KINDS for edition in kind.editions),
]
RESEARCH = ("ClimateIndicator", "IEDC", "MATSS", "AusTraits", "CASCADE", "The Guardian")


@pytest.fixture(scope="module")
def base() -> Base:
    return score.load_base(FOLDER)


@pytest.fixture(scope="module")
def figures(base: Base) -> Figures:
    return Figures(base)


def a(of: str, *changes: Mapping[str, object], **more: object) -> Error:
    """An error with these changes."""
    return Error.model_validate(
        {
            "id": "one",
            "title": {"zh": "一", "en": "one"},
            "of": of,
            "change": changes,
            "expected": "held",
            "because": "It is so.",
            **more,
        }
    )


def rows(figures: Figures, error: Error, at: int = -1) -> dict[tuple[str, str], str]:
    """Values of a delivery by name of indicator and region."""
    place = Place(0, figures.base)
    own = [d for d in deliveries_of(figures, place, error) if d.data_set == error.of]
    lines = list(csv.reader(io.StringIO(own[at].content.decode("utf-8"))))
    return {(line[0], line[1]): line[3] for line in lines[1:]}


# --- what there is -----------------------------------------------------------------------------


def test_there_are_as_many_errors_kinds_and_notices_as_promised() -> None:
    wrong = [
        (kind.kind, error.source or kind.source)
        for kind, error in EVERY
        if error.expected != "harmless"
    ]
    notices = score.load_notices(FOLDER)
    offices = {name for name, said in notices.items() if not said.issuer.startswith(RESEARCH)}
    from_offices = [source for _, source in wrong if source in offices]
    assert len(wrong) >= 200
    assert len({kind for kind, _ in wrong}) >= 45
    assert len(from_offices) >= 70
    assert len(offices) >= 60


def test_every_notice_is_used_and_every_error_is_explained() -> None:
    used = {error.source or kind.source for kind, error in EVERY}
    assert set(score.load_notices(FOLDER)) - used == set()
    assert [error.id for _, error in EVERY if len(error.because) < 15] == []


def test_a_kind_is_a_file_of_its_name() -> None:
    files = {file.stem for file in (FOLDER / "kinds").glob("*.yml")}
    assert files == {kind.kind for kind in KINDS}


@pytest.mark.parametrize("error", [error for _, error in ERRORS], ids=lambda error: error.id)
def test_an_error_changes_what_is_delivered(figures: Figures, error: Error) -> None:
    place = Place(7, figures.base)
    clean = error.model_copy(update={"change": ()})
    said = [(d.day, d.name, d.content) for d in deliveries_of(figures, place, error)]
    should = [(d.day, d.name, d.content) for d in deliveries_of(figures, place, clean)]
    is_same = error.id == "same-file-again"  # it is there twice, and says the same
    assert (said == should) is is_same
    assert len(said) == len(should)


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(QutongError, match="no such kind: nonsense"):
        score.load_kinds(FOLDER, ["nonsense"])


# --- the base state ----------------------------------------------------------------------------


def test_figures_of_the_base_are_always_the_same(figures: Figures) -> None:
    assert [
        figures.value("gdp", "district", "2017"),
        figures.value("gdp", "district", "2024"),
        figures.value("retail_sales", "district", "2025-06"),
        figures.value("retail_sales_growth", "district", "2025-06"),
    ] == [Decimal("520.00"), Decimal("796.35"), Decimal("144.00"), Decimal("6.0")]


def test_real_growth_is_another_one_in_each_quarter(figures: Figures) -> None:
    quarters = ("2024-03", "2024-06", "2024-09", "2024-12")
    told = [
        tuple(figures.value("gdp_growth", region, quarter) for region in figures.base.regions)
        for quarter in quarters
    ]
    assert len(set(told)) == len(quarters)


@given(st.sampled_from(["2018", "2021-03", "2023", "2024-09", "2025-06"]))
def test_counties_make_up_the_city(period: str) -> None:
    figures = Figures(score.load_base(FOLDER))
    for code in ("gdp", "retail_sales", "resident_population", "general_budget_revenue"):
        parts = [figures.value(code, region, period) for region in figures.districts]
        assert figures.value(code, "city", period) == sum(parts)


@given(st.sampled_from(["2017", "2020", "2024", "2022-06", "2025-05"]))
def test_parts_that_exhaust_a_total_make_it_up(period: str) -> None:
    figures = Figures(score.load_base(FOLDER))
    for total, parts in (
        ("gdp", ("primary_value_added", "secondary_value_added", "tertiary_value_added")),
        ("general_budget_revenue", ("tax_revenue", "nontax_revenue")),
        ("total_trade", ("export", "import")),
        ("resident_population", ("male_population", "female_population")),
    ):
        values = [figures.value(part, "district", period) for part in parts]
        assert figures.value(total, "district", period) == sum(values)


def test_what_is_counted_up_grows_from_month_to_month(figures: Figures) -> None:
    for code in ("retail_sales", "export", "exp_science", "vat_revenue", "private_investment"):
        months = [figures.value(code, "district", f"2024-{m:02}") for m in range(2, 13)]
        assert months == sorted(months)


def test_copies_share_no_name_and_no_code(base: Base) -> None:
    places = [Place(number, base) for number in range(400)]
    codes = {place.region_code(key) for place in places for key in base.regions}
    names = {place.region_name(key) for place in places for key in base.regions}
    assert len(codes) == len(names) == 400 * 5
    assert {Place.number_of_region(place.region_code("sister3")) for place in places} == {
        *range(400)
    }
    assert Place.number_of(places[12].data_set_id("monthly")) == 12
    assert Place.number_of("jiangbei-population") is None
    assert Place.number_of_region("330205") is None


def test_a_delivery_comes_after_its_period(figures: Figures) -> None:
    place = Place(3, figures.base)
    told_days = {
        name: [(sent.period, sent.day) for sent in sent_of(figures, place, name)]
        for name in ("monthly", "bulletin")
    }
    assert told_days == {
        "monthly": [
            ("2025-03", "2025-04-22"),
            ("2025-04", "2025-05-20"),
            ("2025-05", "2025-06-20"),
            ("2025-06", "2025-07-20"),
        ],
        "bulletin": [("2023", "2024-03-05"), ("2024", "2025-03-05")],
    }


# --- what an error does ------------------------------------------------------------------------

DISTRICT = "东东市云溪区"
RETAIL = ("社会消费品零售总额", DISTRICT)
RATE = ("社会消费品零售总额增速", DISTRICT)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ({"where": {"codes": ["retail_sales"]}, "multiply": 10}, "1440.00"),
        ({"where": {"codes": ["retail_sales"]}, "plus": -4}, "140.00"),
        ({"where": {"codes": ["retail_sales"]}, "say": {"value": "约144"}}, "约144"),
        ({"where": {"codes": ["retail_sales"]}, "value_of": {"years": 1}}, "135.90"),
        ({"where": {"codes": ["retail_sales"]}, "value_of": {"code": "export"}}, "147.68"),
        ({"swap": ["retail_sales", "export"]}, "147.68"),
        ({"where": {"codes": ["retail_sales", "export"]}, "shift": 1}, "147.68"),
        ({"where": {"codes": ["retail_sales", "export"]}, "reverse": True}, "147.68"),
    ],
    ids=lambda change: "-".join(change) if isinstance(change, dict) else change,
)
def test_a_change_of_values(figures: Figures, change: dict[str, object], value: str) -> None:
    assert rows(figures, a("monthly", change))[RETAIL] == value


def test_a_rate_is_computed_anew_from_the_level_of_its_delivery(figures: Figures) -> None:
    lower: dict[str, object] = {"where": {"codes": ["retail_sales"]}, "multiply": "0.9"}
    anew: dict[str, object] = {"where": {"codes": ["retail_sales_growth"]}, "regrow": True}
    found = rows(figures, a("monthly", lower, anew))
    assert (found[RETAIL], found[RATE]) == ("129.60", "-4.6")


def test_a_first_delivery_has_no_history(figures: Figures) -> None:
    change = {"where": {"codes": ["gdp"]}, "multiply": 10}
    error = a("bulletin", change, only=["last"], beside=["city"])
    found = deliveries_of(figures, Place(0, figures.base), error)
    assert [(each.data_set, each.day) for each in found] == [
        ("bulletin", "2025-03-05"),
        ("city", "2024-10-20"),
        ("city", "2025-10-20"),
    ]


def test_a_delivery_may_come_again(figures: Figures) -> None:
    change = {"at": "再报.csv", "where": {"codes": ["gdp"]}, "multiply": 2}
    again = Again(day="2025-09-01", name="再报.csv")
    error = a("bulletin", change, again=[again.model_dump()])
    assert rows(figures, error)[("地区生产总值", DISTRICT)] == "1592.70"
    assert rows(figures, error, at=-2)[("地区生产总值", DISTRICT)] == "796.35"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([{"at": "2019", "drop": True}], "there is no delivery '2019'"),
        ([{"where": {"codes": ["gdp"]}, "drop": True}], "a change is about no row"),
        ([{"where": {"codes": ["export"]}, "regrow": True}], "export is no growth of a level"),
        ([{"file": {"replace": [["不在", "在"]]}}], "the file does not say '不在'"),
    ],
)
def test_a_change_that_cannot_be_made_is_named(
    figures: Figures, changes: list[dict[str, object]], said: str
) -> None:
    with pytest.raises(DeclarationError, match=said):
        rows(figures, a("monthly", *changes))


@pytest.mark.parametrize("given_actions", [{}, {"drop": True, "repeat": True}])
def test_a_change_has_exactly_one_action(given_actions: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="exactly one action"):
        Change.model_validate(given_actions)


TABLE = 'a,b\n1,"x, y"\n2,z\n'


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"empty_column": "b"}, "a,b\n1,\n2,\n"),
        ({"drop_column": "a"}, 'b\n"x, y"\nz\n'),
        ({"slip_column": "b"}, 'a,b\n1,z\n2,"x, y"\n'),
        ({"keep_lines": 2}, 'a,b\n1,"x, y"\n'),
        ({"before": "t\n", "after": "3,w\n"}, "t\n" + TABLE + "3,w\n"),
        ({"text": ""}, ""),
        ({"replace": [["z", "q"]]}, 'a,b\n1,"x, y"\n2,q\n'),
        ({}, TABLE),
    ],
    ids=lambda change: "-".join(change) if isinstance(change, dict) else None,
)
def test_a_change_of_a_text(change: dict[str, object], text: str) -> None:
    assert altered(TABLE, Bytes.model_validate(change), "one") == text


# --- the score ---------------------------------------------------------------------------------


def judged(expected: str, *said: Said) -> Judged:
    """What came of an error of which this was said."""
    kind = Kind.model_validate(
        {"kind": "k", "title": {"zh": "一", "en": "one"}, "level": 2, "source": "practice"}
    )
    error = a("monthly", {"drop": True}, expected=expected)
    return score.outcome(kind, error, said, CLEAN)


HARD = Said("marts", "r.hard", "hard", "monthly gdp district 2024")
SOFT = Said("marts", "r.soft", "soft", "monthly gdp district 2024")
TOLD = Said("marts", "r.told", "informative", "monthly gdp district 2024")
REFUSED = Said("delivery", "r.refuses", "refusal", "monthly 月报.csv")
CLEAN = (Said("marts", "r.noise", "soft", "monthly gdp district 2023"),)


@pytest.mark.parametrize(
    ("said", "actual"),
    [
        ((), "silent"),
        (CLEAN, "silent"),  # the clean copy says so too: it is not because of the error
        ((*CLEAN, *CLEAN), "held"),
        ((TOLD,), "found"),
        ((TOLD, SOFT), "held"),
        ((SOFT, REFUSED), "refused"),
        ((HARD,), "refused"),
    ],
)
def test_the_outcome_is_the_gravest_of_what_the_error_brought_about(
    said: tuple[Said, ...], actual: str
) -> None:
    assert judged("held", *said).actual == actual


def test_the_score_counts_errors_and_false_alarms_apart() -> None:
    result = Score(
        judged=[judged("refused", SOFT), judged("held"), judged("harmless", SOFT, TOLD)],
        clean={"base": 90, "shipped": 10},
        alarms=[Alarm("base", SOFT), Alarm("shipped", SOFT, "true"), Alarm("base", TOLD)],
    )
    assert [each.is_right for each in result.judged] == [False, False, False]
    assert [(alarm.where, alarm.said.rule) for alarm in result.false_alarms] == [
        ("base", "r.soft"),
        ("k/one", "r.soft"),
    ]
    assert told.as_text(result).splitlines() == [
        "~ k/one: refused → held  [marts] r.soft: monthly gdp district 2024",
        "- k/one: held → silent",
        "! k/one: harmless → held  [marts] r.soft: monthly gdp district 2024",
        "",
        "差错 2，1 类，公开更正 0 处 / 2 errors of 1 kind, 0 public notices",
        "发布前拦下 / caught before publication: 1 of 2 (50.0 %)",
        "至少发现 / at least found: 1 of 2 (50.0 %)",
        "处置正确 / with the one right outcome: 0 of 2 (0.0 %)",
        "误报 / false alarms: 2 of 100 figures, 1 in 50",
        "用时 / time: 0 s",
        "",
        "误报 false alarm  base: r.soft monthly gdp district 2024: ",
        "误报 false alarm  k/one: r.soft monthly gdp district 2024: ",
    ]
    assert "| k | 3 | 0 | 2 | 0 | 0 | 1 | 0 |" in told.as_markdown(result)
    assert "| shipped | 10 | 1 | 1 | 0 |" in told.as_markdown(result)
    assert told.as_json(result)["false_alarms"] == 2


# --- the command ---------------------------------------------------------------------------------


def test_the_command_lists_the_kinds() -> None:
    done = CliRunner().invoke(main, ["judge", "kinds"])
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert len(lines) == len(KINDS)
    assert "swapped  两项互换 / Two figures are exchanged  (6)" in lines


@pytest.mark.parametrize("command", ["score", "kinds"])
def test_without_a_checkout_the_command_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    monkeypatch.setattr(score, "CODE_ROOT", tmp_path)
    done = CliRunner().invoke(main, ["judge", command])
    assert done.exit_code != 0
    assert "it needs the repository's tests/errors: run it from a checkout" in done.output


def test_the_readme_has_a_row_for_every_kind() -> None:
    readme = (CODE_ROOT / "expectations" / "README.md").read_text(encoding="utf-8")
    table = readme.split("<!-- score -->")[1].split("<!-- /score -->")[0]
    kinds = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")]
    assert {kind.kind for kind in KINDS} <= set(kinds)


def test_what_is_explained_is_about_figures_that_ship() -> None:
    explained = score.load_explained(FOLDER)
    data_sets = {file.stem for file in (CODE_ROOT / "raw" / "datasets").rglob("*.yml")}
    assert {each.where for each in explained} == {score.SHIPPED}
    assert {each.about.split()[0] for each in explained} <= data_sets
