"""The first release of the invented district: made once, and looked at by most of these tests.

Belongs here: runs that several modules share. Does not belong here: runs that only one module
looks at, and expected values.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from orchestration.cli import main
from orchestration.settings import Settings, load_settings
from tests.support import make_project

RELEASE_ID = "2026-03-01.1"
RELEASE_TIME = "2026-03-01T09:00:00+00:00"
_FROM_OUTSIDE = ("QUTONG_HOME", "QUTONG_PROJECT", "QUTONG_DATABASE")


@dataclass(frozen=True)
class Released:
    """A district with a release in force, and what the run that made it said."""

    settings: Settings
    stdout: str
    stderr: str
    exit_code: int

    @property
    def path(self) -> Path:
        """The release that readers see."""
        return self.settings.releases / self.settings.releases.joinpath("current").readlink()

    def manifest(self) -> dict[str, Any]:
        """Its manifest."""
        content: dict[str, Any] = json.loads((self.path / "manifest.json").read_text("utf-8"))
        return content

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the release, asked as any reader may."""
        with duckdb.connect(str(self.path / "mart.duckdb"), read_only=True) as connection:
            return [tuple(row) for row in connection.execute(sql).fetchall()]


def qutong(settings: Settings, *arguments: str) -> Result:
    """Type a command, in this process."""
    return CliRunner().invoke(main, ["--project", str(settings.project), *arguments])


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    """One run of the invented district; nobody changes it afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _FROM_OUTSIDE:
            patch.delenv(name, raising=False)
        settings = make_project(tmp_path_factory.mktemp("first") / "district")
        done = qutong(
            settings, "run", "--release-id", RELEASE_ID, "--release-time", RELEASE_TIME
        )
        yield Released(settings, done.stdout, done.stderr, done.exit_code)


def copy_of(released: Released, folder: Path) -> Settings:
    """The same district at another place, with everything it ever received and published."""
    shutil.copytree(released.settings.project, folder, symlinks=True)
    return load_settings(folder)
