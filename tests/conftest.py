"""Fixtures for all tests, and the rule that a skipped test is an error in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import settings as hypothesis_settings

from orchestration.declarations import Declarations, load_declarations
from orchestration.settings import CODE_ROOT, Settings, load_settings
from orchestration.spec import DataSet
from tests.pipeline.released import (
    RELEASE_ID,
    RELEASE_TIME,
    Released,
    copy_of,
    qutong,
    under,
)
from tests.sources import database
from tests.states import States
from tests.support import CONTRADICTION, deliver, investment, make_project

# Properties that the suite tries a few times, tried at length: pytest --hypothesis-profile deep
hypothesis_settings.register_profile("deep", max_examples=200, deadline=None)
# A machine with other work to do is no counterexample.
hypothesis_settings.register_profile("suite", deadline=None)
hypothesis_settings.load_profile("suite")


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """No setting from outside reaches a test, or a fixture that lives longer than one."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("QUTONG_HOME", "QUTONG_PROJECT", "QUTONG_DATABASE"):
            patch.delenv(name, raising=False)
        # Releases of tests are without the engine of the browser, unless a test is about it.
        patch.setenv("QUTONG_BROWSER_ENGINE", "")
        yield


@pytest.fixture
def project(tmp_path: Path) -> Settings:
    """The invented district with its first deliveries."""
    return make_project(tmp_path / "district")


@pytest.fixture
def empty_project(tmp_path: Path) -> Settings:
    """The invented district before any delivery."""
    return make_project(tmp_path / "district", with_deliveries=False)


@pytest.fixture(scope="module")
def declarations(tmp_path_factory: pytest.TempPathFactory) -> Declarations:
    """Declarations of the invented district."""
    return load_declarations(make_project(tmp_path_factory.mktemp("declared") / "district"))


HERE = Path(__file__).parent
LONGEST_FIRST = (
    "pipeline/test_subsets.py",
    "pipeline/test_shipped.py",
    "pipeline/test_recovery.py",
    "pipeline/test_rebuilt.py",
    "rejects/test_whole_runs.py",
    "rejects/test_gates.py",
    "pipeline/test_history.py",
    "pipeline/test_one_door.py",
    "pipeline/test_dbt_unit_tests.py",
    "pipeline/test_new_district.py",
    "pipeline/test_replayed.py",
    "browser/test_site.py",
)
"""By what they cost; the second needs no state that the first is still making."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file that takes long begins early, so that no worker is left with one at the end."""
    order = {HERE / name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: order.get(item.path, len(order)))


# --- states that are made once; nobody changes them afterwards -------------------------------


@pytest.fixture(scope="session")
def states(tmp_path_factory: pytest.TempPathFactory) -> States:
    """Where all workers find them."""
    base = tmp_path_factory.getbasetemp()
    return States((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "states")


@pytest.fixture(scope="session")
def first(states: States) -> Released:
    """One run of the invented district."""

    def make(folder: Path) -> Result:
        fixed = ("--release-id", RELEASE_ID, "--release-time", RELEASE_TIME)
        return qutong(make_project(folder), "run", *fixed, keep_history=True)

    return states.get("first", make)


@pytest.fixture(scope="session")
def blocked(states: States, first: Released) -> Released:
    """Under the policy ``bureau`` a second run, with a finding: it is not published."""

    def make(folder: Path) -> Result:
        settings = under(copy_of(first, folder), "bureau")
        content = investment(CONTRADICTION, title="云溪区固定资产投资（2025年1—9月）")
        deliver(settings, "yunxi-investment", "2025-10-15", "投资2025前三季度.xlsx", content)
        return qutong(settings, "run", all_products=False)

    return states.get("blocked", make)


@pytest.fixture(scope="session")
def contradicted(states: States, blocked: Released) -> Released:
    """The same under the policy ``demo``: it is published, and Dagster keeps what was found."""

    def make(folder: Path) -> Result:
        settings = under(copy_of(blocked, folder), "demo")
        return qutong(settings, "run", keep_history=True)

    return states.get("contradicted", make)


@pytest.fixture(scope="session")
def shipped(states: States) -> Released:
    """One run of the district that the repository ships."""

    def make(folder: Path) -> Result:
        shutil.copytree(CODE_ROOT / "raw", folder / "raw")
        return qutong(load_settings(folder), "run")

    return states.get("shipped", make)


# --- databases to pull from: one server of a kind, each test has its own database in it ----------


@pytest.fixture(scope="session", autouse=True)
def _databases_end() -> Iterator[None]:
    """Servers that some test asked for end with the tests."""
    yield
    database.RUNNING.close()


@pytest.fixture
def postgres() -> database.Postgres:
    """A PostgreSQL server."""
    return database.running_postgres()


@pytest.fixture
def mariadb() -> database.MariaDB:
    """A MariaDB server."""
    return database.running_mariadb()


@pytest.fixture
def data_set(declarations: Declarations) -> DataSet:
    """The one that is pulled where it does not matter which."""
    return declarations.get("yunxi-profile").data_set


@pytest.fixture
def nobody_waits() -> Iterator[None]:
    """What may pass is tried three times, without a pause between."""
    import stamina

    stamina.set_testing(True, attempts=3, cap=True)
    yield
    stamina.set_testing(False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report
