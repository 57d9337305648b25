"""The delivery gate on every bad delivery at once: each is caught, none takes another with it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orchestration.judge.catalogue import Catalogue, RuleOutcome
from orchestration.pipeline import RefusedDelivery
from tests.rejects.cases import DELIVERY_CASES, MONTHLY, DeliveryCase
from tests.rejects.world import Stage

pytestmark = pytest.mark.core

REFUSED = tuple(case for case in DELIVERY_CASES if case.refused_by)
BAD = "data_set_id = ? and delivery_seq = 2"

EVERY = pytest.mark.parametrize("case", DELIVERY_CASES, ids=lambda case: case.id)
EVERY_REFUSED = pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)


def told(stage: Stage, case: DeliveryCase) -> RefusedDelivery:
    """What the run's report says of the bad delivery; it holds one for each data set."""
    (refused,) = (r for r in stage.run.report.refused if r.data_set_id == case.data_set)
    return refused


@EVERY
def test_the_rule_is_tripped_at_its_place(
    delivered: Stage, catalogue: Catalogue, case: DeliveryCase
) -> None:
    rule = catalogue.get(case.rule)
    if rule.executor == "gx":
        said = delivered.rows(
            "select coalesce(place_a, ''), message_en from landing.finding "
            "inner join landing.delivery as d using (delivery_id) "
            "where rule_id = ? and d.data_set_id = ? and delivery_seq = 2",
            case.rule,
            case.data_set,
        )
        assert said == [(case.place, case.said)]
    elif rule.severity == "hard":
        refused = told(delivered, case)
        assert (refused.rule_id, refused.place) == (case.rule, case.place)
        assert case.said in refused.detail_en
    else:
        said = delivered.rows(
            "select rule_id, delivery_place, reason_en from landing.quarantine "
            "where data_set_id = ?",
            case.data_set,
        )
        assert said == [(case.rule, case.place, case.said)]


@EVERY
def test_the_outcome_of_the_rule_says_so(
    judged: tuple[Stage, dict[str, RuleOutcome]], case: DeliveryCase
) -> None:
    outcome = judged[1][case.rule]
    assert outcome.outcome == "failed"
    assert outcome.checked_count >= outcome.unexpected_count >= 1


@EVERY
def test_hard_rules_refuse_the_delivery_and_soft_ones_do_not(
    delivered: Stage, case: DeliveryCase
) -> None:
    verdict = "refused" if case.refused_by else "admitted"
    rows = delivered.rows(
        f"select verdict, refused_by from landing.delivery where {BAD}", case.data_set
    )
    assert rows == [(verdict, case.refused_by)]


@EVERY
def test_the_good_delivery_of_the_same_data_set_stays_in_force(
    delivered: Stage, case: DeliveryCase
) -> None:
    figures = 6 if case.like == MONTHLY else 7
    rows = delivered.rows(
        "select d.verdict, count(*) from landing.delivery as d "
        "inner join landing.observation as o using (delivery_id) "
        "where d.data_set_id = ? and d.delivery_seq = 1 group by all",
        case.data_set,
    )
    assert rows == [("admitted", figures)]


@EVERY_REFUSED
def test_no_figure_of_a_refused_delivery_gets_in(delivered: Stage, case: DeliveryCase) -> None:
    rows = delivered.rows(
        "select count(*) from landing.observation "
        "inner join landing.delivery as d using (delivery_id) "
        "where d.data_set_id = ? and d.delivery_seq = 2",
        case.data_set,
    )
    assert rows == [(0,)]


@EVERY_REFUSED
def test_the_person_is_told_what_to_do(
    delivered: Stage, catalogue: Catalogue, case: DeliveryCase
) -> None:
    refused = told(delivered, case)
    guidance = catalogue.get(case.refused_by).guidance
    assert (refused.file_name, refused.is_open) == (case.name, True)
    assert (refused.guidance_zh, refused.guidance_en) == (guidance.zh, guidance.en)
    assert refused.detail_zh
    assert refused.detail_en


@pytest.mark.parametrize(
    "case", [case for case in DELIVERY_CASES if case.hidden], ids=lambda case: case.id
)
def test_the_text_of_a_cell_is_told_to_nobody(delivered: Stage, case: DeliveryCase) -> None:
    said = [
        delivered.rows(f"from landing.{table} where data_set_id = ?", case.data_set)
        for table in ("quarantine", "delivery", "finding")
    ]
    said.append([(told(delivered, case), delivered.run.report.quarantined)])
    assert case.hidden not in repr(said)


def test_everything_read_is_accounted_for(delivered: Stage) -> None:
    unexplained = delivered.rows(
        "select data_set_id from landing.delivery "
        "where cells_read <> cells_accepted + cells_quarantined + cells_non_data"
    )
    assert unexplained == [("reject-delivery-conservation",)]
    # and what was counted is what lies there
    counted = delivered.rows(
        "select d.delivery_id from landing.delivery as d "
        "left join (select delivery_id, count(*) as n from landing.candidate group by 1) as c "
        "using (delivery_id) "
        "left join (select delivery_id, count(*) as n from landing.quarantine group by 1) as q "
        "using (delivery_id) "
        "where (d.cells_accepted, d.cells_quarantined) <> (coalesce(c.n, 0), coalesce(q.n, 0))"
    )
    assert counted == []


def test_what_is_bad_elsewhere_does_not_touch_the_other_data_sets(delivered: Stage) -> None:
    rows = delivered.rows(
        "select data_set_id, verdict, count(*) from landing.delivery "
        "where not starts_with(data_set_id, 'reject-') group by all order by all"
    )
    assert rows == [
        ("yunxi-funds", "admitted", 2),
        ("yunxi-investment", "admitted", 4),
        ("yunxi-profile", "admitted", 5),
    ]


def test_a_figure_printed_again_at_its_place_is_no_contradiction(delivered: Stage) -> None:
    rows = delivered.rows(
        "select occurrence, value, qualifier from landing.observation "
        "where data_set_id = 'yunxi-profile' and period = '2012' order by occurrence"
    )
    assert rows == [
        (1, Decimal("180.4"), "exact"),
        (2, Decimal("180.4"), "exact"),
        (3, Decimal("180"), "exceeded"),
    ]


def test_quarantined_cells_are_reported_with_their_delivery(delivered: Stage) -> None:
    case = next(case for case in DELIVERY_CASES if case.rule == "delivery.quarantined-cells")
    refused = told(delivered, case)
    assert [
        (entry["rule_id"], entry["count"], entry["places"])
        for entry in delivered.run.report.quarantined
        if entry["delivery_id"] == refused.delivery_id
    ] == [("value.not-a-number", 2, "R3C5, R4C5")]


def test_the_marts_hold_nothing_that_was_refused(processed: Stage) -> None:
    rows = processed.rows(
        "select count(*) from core.observation as o "
        "inner join landing.delivery as d using (delivery_id) where d.verdict <> 'admitted'"
    )
    assert rows == [(0,)]
    # the year 2022 stands in bad files only; what is admitted all the same is there
    assert processed.rows("from core.observation where period = '2022'") == []
    rows = processed.rows("select value from core.observation where period in ('2003', '2031')")
    assert sorted(rows) == [(Decimal("-21.4"),), (Decimal("900.0"),)]
