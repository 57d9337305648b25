"""The first release of the invented district: made once, and looked at by most of these tests.

Belongs here: runs that several modules share. Does not belong here: runs that only one module
looks at, and expected values.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pipeline.released import RELEASE_ID, RELEASE_TIME, Released, qutong
from tests.support import make_project


@pytest.fixture(scope="session")
def clean_environment() -> Iterator[None]:
    """No setting from outside reaches a fixture that lives longer than a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("QUTONG_HOME", "QUTONG_PROJECT", "QUTONG_DATABASE"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory, clean_environment: None) -> Released:
    """One run of the invented district; nobody changes it afterwards."""
    settings = make_project(tmp_path_factory.mktemp("first") / "district")
    fixed = ("--release-id", RELEASE_ID, "--release-time", RELEASE_TIME)
    return Released(settings, qutong(settings, "run", *fixed))
