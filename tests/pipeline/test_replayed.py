"""Given a correction and a refused delivery, when what was declared is mended, then it comes in.

Belongs here: two runs of one district, and what a release tells of corrections and notes. Does not
belong here: every way to correct a cell (``tests/unit/test_corrections``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
import yaml
from click.testing import Result

from orchestration.settings import Settings
from tests.pipeline.released import Released, ask, copy_of, current, qutong
from tests.support import drop, profile

UNKNOWN = profile("地区生产总直,云溪区,2021年,年度,430.0,,亿元,水平值,一、综合,yunxi-bulletin,,,")
CORRECTION = {
    "id": "industry-2025h1",
    "files": "2025-07-15/投资2025*.xlsx",
    "place": "表1!C6",
    "expect": "50.0",
    "becomes": "52.0",
    "kind": "transcription",
    "reason": {"zh": "录入时看错一位", "en": "a digit was misread"},
    "reported_by": "投资科",
    "reported_on": date(2025, 8, 1),
}


@dataclass(frozen=True)
class Replayed:
    """The district after both runs, and what they said."""

    settings: Settings
    refused: Result
    done: Result


@pytest.fixture(scope="module")
def replayed(first: Released, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    settings = copy_of(first, tmp_path_factory.mktemp("replayed") / "district")
    drop(settings, "yunxi-profile", "公报2021.csv", UNKNOWN)
    refused = qutong(settings, "run", "--quiet", through_dagster=False, all_products=False)
    corrections = settings.raw / "corrections" / "yunxi-investment.yml"
    corrections.parent.mkdir()
    corrections.write_text(yaml.safe_dump({"corrections": [CORRECTION]}, allow_unicode=True))
    path = settings.raw / "datasets/profile/yunxi-profile.yml"
    text = path.read_text(encoding="utf-8")
    labels = "  - code: gdp\n    labels: [地区生产总值, 地区生产总直]\n"
    path.write_text(text.replace("  - code: gdp\n", labels, 1), encoding="utf-8")
    done = qutong(settings, "quarantine", "replay", through_dagster=False, all_products=False)
    return Replayed(settings, refused, done)


def test_a_refused_delivery_comes_in_once_the_declaration_is_mended(replayed: Replayed) -> None:
    assert replayed.refused.exit_code == 3
    assert replayed.done.exit_code == 0, replayed.done.output
    lines = replayed.done.stdout.splitlines()
    assert lines[1:4] == [
        "  前 before  accepted 0, quarantined 1  拒收 refused by "
        "delivery.nothing-accepted,delivery.quarantined-cells",
        "  后 after   accepted 1, quarantined 0  接收 admitted",
        "1 of 1 deliveries read differently / 有变化 1 批",
    ]
    assert ask(
        current(replayed.settings),
        "select value from core.observation where indicator_code = 'gdp' and period = '2021'",
    ) == [(Decimal(430),)]
    listed = qutong(replayed.settings, "quarantine", "list").stdout
    assert listed.startswith("未了结 Open: 0 deliveries, 0 cells in quarantine")


def test_a_corrected_figure_says_from_what_and_by_which_correction(replayed: Replayed) -> None:
    release = current(replayed.settings)
    assert ask(
        release,
        "select value, value_printed, correction_id from core.observation "
        "where delivery_place = '表1!C6' and data_set_id = 'yunxi-investment'",
    ) == [(Decimal(52), "50.0", "industry-2025h1")]
    assert ask(release, "from core.correction") == [
        (
            "industry-2025h1",
            "yunxi-investment",
            "transcription",
            "2025-07-15/投资2025*.xlsx",
            "表1!C6",
            "50.0",
            "52.0",
            "录入时看错一位",
            "a digit was misread",
            "投资科",
            date(2025, 8, 1),
            None,
        )
    ]


def test_trace_tells_the_correction(replayed: Replayed) -> None:
    said = (
        "Correction    表1!C6: 50.0 → 52.0  wrong in the transcription: a digit was misread  "
        "(industry-2025h1, 投资科, 2025-08-01)"
    )
    by_figure = qutong(replayed.settings, "trace", "--english", "--indicator", "fai_industry")
    by_cell = qutong(
        replayed.settings,
        "trace",
        "--english",
        "investment.fixed_asset_investment.investment",
        "item=industry",
    )
    for done in (by_figure, by_cell):
        assert said in done.stdout.splitlines(), done.stdout
        assert "As printed    50.0 亿元" in done.stdout.splitlines()


def test_notes_of_the_sources_are_published(replayed: Replayed) -> None:
    assert ask(
        current(replayed.settings),
        "select data_set_id, note_no, place, mark, note from core.source_note",
    ) == [("yunxi-investment", 1, "表1!A8", None, "注：虚构数据，仅供测试。")]
