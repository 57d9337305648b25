"""A district with a release in force, and the command typed in this process.

Belongs here: short ways to run and to look. Does not belong here: fixtures (``conftest``) and
expected values.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from orchestration.cli import main
from orchestration.settings import Settings, load_settings
from tests.pipeline.steps import one_by_one
from tests.support import few_products, judging_here

RELEASE_ID = "2026-03-01.1"
RELEASE_TIME = "2026-03-01T09:00:00+00:00"


@dataclass(frozen=True)
class Released:
    """A district with a release in force, and what the run that made it said."""

    settings: Settings
    done: Result

    @property
    def path(self) -> Path:
        """The release that readers see."""
        return current(self.settings)

    def manifest(self) -> dict[str, Any]:
        """Its manifest."""
        content: dict[str, Any] = json.loads((self.path / "manifest.json").read_text("utf-8"))
        return content

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of it, asked as any reader may."""
        return ask(self.path, sql)

    def records(self, sql: str) -> list[dict[str, Any]]:
        """The same by column name."""
        with duckdb.connect(str(self.path / "mart.duckdb"), read_only=True) as connection:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def lines(self, sql: str) -> list[str]:
        """The same as text, see ``shown``."""
        return shown(self.rows(sql))


def shown(rows: list[tuple[Any, ...]]) -> list[str]:
    """Rows as lines: cells between bars, decimals without trailing zeros, – for no value."""
    return [" | ".join(_cell(value) for value in row) for row in rows]


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def current(settings: Settings) -> Path:
    """The release that readers see."""
    return settings.releases / (settings.releases / "current").readlink()


def ask(release: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a release, whether readers see it or not."""
    with duckdb.connect(str(release / "mart.duckdb"), read_only=True) as connection:
        return [tuple(row) for row in connection.execute(sql).fetchall()]


def qutong(
    settings: Settings,
    *arguments: str,
    keep_history: bool = False,
    through_dagster: bool = True,
    all_products: bool = True,
) -> Result:
    """Type a command, in this process.

    What Dagster notes about a run stays in memory unless it is to be kept: that is a third of
    the time of a small run. Where nothing depends on Dagster, the steps are called without it;
    where nobody looks at pages and papers, they are not made.
    """
    with (
        pytest.MonkeyPatch.context() as patch,
        judging_here(),
        contextlib.nullcontext() if all_products else few_products(),
    ):
        if not through_dagster:
            from orchestration import definitions

            patch.setattr(definitions, "execute_job", one_by_one)
        elif not keep_history:
            from dagster import DagsterInstance

            patch.setattr(DagsterInstance, "from_config", lambda home: DagsterInstance.ephemeral())
        return CliRunner().invoke(main, ["--project", str(settings.project), *arguments])


def copy_of(released: Released, folder: Path) -> Settings:
    """The same district at another place, with everything it ever received and published."""
    shutil.copytree(released.settings.project, folder, symlinks=True)
    return load_settings(folder)


def under(settings: Settings, policy: str) -> Settings:
    """The same district, publishing under another policy."""
    file = settings.raw / "district.yml"
    lines = file.read_text("utf-8").splitlines()
    text = "\n".join(f"policy: {policy}" if x.startswith("policy:") else x for x in lines)
    file.write_text(text + "\n", encoding="utf-8")
    return load_settings(settings.project)


def last_run(settings: Settings) -> dict[str, Any]:
    """The report of the last run."""
    content: dict[str, Any] = json.loads((settings.work / "last_run.json").read_text("utf-8"))
    return content
