"""Fixtures for all tests, and the rule that a skipped test is an error in CI."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from orchestration.declarations import Declarations, load_declarations
from orchestration.settings import Settings
from tests.support import make_project

# Properties that the suite tries a few times, tried at length: pytest --hypothesis-profile deep
hypothesis_settings.register_profile("deep", max_examples=200)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUTONG_HOME", "QUTONG_PROJECT", "QUTONG_DATABASE"):
        monkeypatch.delenv(name, raising=False)


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report
