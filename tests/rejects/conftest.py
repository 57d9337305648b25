"""The stages of one run over all bad deliveries; each is reached once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestration.judge.catalogue import Catalogue, RuleOutcome, load_catalogue
from orchestration.settings import CODE_ROOT
from orchestration.steps import release
from tests.rejects import world
from tests.rejects.world import Stage


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue(CODE_ROOT / "expectations")


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Stage, dict[str, RuleOutcome]]:
    """After the delivery gate, with the outcome of each of its rules."""
    folder = tmp_path_factory.mktemp("rejects")
    settings = world.lay_out(folder / "district")
    return world.judge_deliveries(settings, folder / "delivered.duckdb")


@pytest.fixture(scope="session")
def delivered(judged: tuple[Stage, dict[str, RuleOutcome]]) -> Stage:
    return judged[0]


@pytest.fixture(scope="session")
def processed(delivered: Stage) -> Stage:
    """After dbt, before the marts gate."""
    return world.process(delivered, delivered.kept.with_name("processed.duckdb"))


@pytest.fixture(scope="session")
def found(processed: Stage) -> Stage:
    """After the marts gate and the tables of its findings."""
    return world.judge_marts(processed, processed.kept.with_name("found.duckdb"))


@pytest.fixture(scope="session")
def candidate(found: Stage) -> Path:
    """A built candidate, kept aside."""
    kept = found.kept.with_name("candidate")
    work = found.again()
    shutil.copytree(release.candidate(work), kept)
    shutil.copyfile(work.settings.database, found.kept.with_name("built.duckdb"))
    return kept


@pytest.fixture(scope="session")
def built(found: Stage, candidate: Path) -> Stage:
    """After the candidate was built, before the release gate."""
    return Stage(found.work, candidate.with_name("built.duckdb"))
