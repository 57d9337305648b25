"""Whole runs over a source that is pulled: received, revised, broken, and well again.

Belongs here: what a run makes of a source. Does not belong here: sources (test_source_*).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import stamina
from click.testing import Result

from orchestration.settings import Settings
from tests.pipeline.released import Released, qutong
from tests.sources import DATA_SET, attempts, sourced
from tests.sources.http import World, serving
from tests.support import GOOD_ROW, deliver, investment, profile

WORD = "wort-4711-geheim"
REVISED = GOOD_ROW.replace("480.1", "481.5")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    stamina.set_testing(True, attempts=2, cap=True)
    with serving() as found, pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUREAU_WORD", WORD)
        yield found
    stamina.set_testing(False)


@dataclass
class Runs:
    """A district, and what each run of it said."""

    settings: Settings
    said: dict[str, Result]

    def __getitem__(self, name: str) -> Result:
        return self.said[name]

    def lines(self, sql: str) -> list[str]:
        return Released(self.settings, self.said["revised"]).lines(sql)


@pytest.fixture(scope="module")
def runs(world: World, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """One district, run five times over a source that is not always well."""
    source = {
        "address": world.address + "/gdp.csv",
        "headers": {"X-Word": "{BUREAU_WORD}"},
    }
    settings = sourced(tmp_path_factory.mktemp("pulled") / "district", "http", source)
    runs = Runs(settings, {})

    def run(name: str) -> None:
        runs.said[name] = qutong(settings, "run", through_dagster=False, all_products=False)

    world.file("/gdp.csv", profile(GOOD_ROW), '"1"')
    run("first")
    run("unchanged")
    world.says("/gdp.csv", 503)
    deliver(settings, "yunxi-investment", "2026-02-20", "投资2025上半年.xlsx", investment())
    run("down")
    world.file("/gdp.csv", profile(REVISED), '"2"')
    run("revised")
    world.says("/gdp.csv", 200, f"<html><title>{WORD}</title>".encode())
    run("page")
    return runs


def test_what_was_pulled_is_published(runs: Runs) -> None:
    assert runs["first"].exit_code == 0
    assert "收集 Collected  1 file on offer, 1 new" in runs["first"].output


def test_an_unchanged_source_publishes_nothing(runs: Runs, world: World) -> None:
    assert runs["unchanged"].exit_code == 0
    assert "无变化 Nothing changed" in runs["unchanged"].output
    assert [one.outcome for one in attempts(runs.settings)[:2]] == ["received", "unchanged"]


def test_a_source_that_is_down_delays_its_own_data_set(runs: Runs) -> None:
    """The other data set's delivery is published; what was known of this one stays."""
    assert runs["down"].exit_code == 3
    assert "is out of service (503) / 暂停服务（503）" in runs["down"].output
    assert runs.lines(
        "select data_set_id, count(*) from quality.conservation group by all order by 1"
    ) == ["yunxi-investment | 1", "yunxi-profile | 2"]


def test_a_revision_is_news_and_the_old_figure_is_still_known(runs: Runs) -> None:
    assert runs["revised"].exit_code == 0
    assert runs.lines(
        "select value, known_to is null from core.observation where indicator_code = 'gdp' "
        "and region_code = (select district_code from meta.release) order by known_from, value"
    ) == ["480.1 | False", "481.5 | True"]


def test_a_page_instead_of_the_file_changes_nothing(runs: Runs) -> None:
    assert runs["page"].exit_code == 3
    assert "answered with a page" in runs["page"].output
    assert runs.lines("select count(*) from core.observation where known_to is null") == ["7"]


def test_the_word_that_opens_the_source_stands_nowhere(runs: Runs) -> None:
    """Not in the archive, the work directory, Dagster's or the release, nor in what was said."""
    word = WORD.encode()
    home: Path = runs.settings.home
    found = [str(p) for p in home.rglob("*") if p.is_file() and word in p.read_bytes()]
    assert found == []
    told = [runs[name].output for name in ("first", "unchanged", "down", "revised", "page")]
    assert not any(WORD in text for text in told)


def test_every_look_has_its_receipt(runs: Runs) -> None:
    assert [(one.data_set_id, one.outcome, one.status) for one in attempts(runs.settings)] == [
        (DATA_SET, "received", ""),
        (DATA_SET, "unchanged", ""),
        (DATA_SET, "failed", "503"),
        (DATA_SET, "received", ""),
        (DATA_SET, "failed", "page instead of file"),
    ]


def test_a_figure_is_traced_to_where_and_when_it_was_pulled(runs: Runs, world: World) -> None:
    said = qutong(runs.settings, "trace", "--indicator", "gdp", "--period", "2023").output
    line = next(line for line in said.splitlines() if line.startswith("拉取"))
    address, connector, moment = line.removeprefix("拉取").split()
    assert (address, connector) == (f"{world.address}/gdp.csv", "http")
    last = next(one for one in reversed(attempts(runs.settings)) if one.items)
    assert moment == last.at
    assert WORD not in said
