"""dbt in this process: a manifest that is parsed once, and builds that give back what happened.

Belongs here: everything that knows dbt. Does not belong here: what the models mean. Import this
module inside a function: dbt costs seconds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.catalog import Catalog
from orchestration.errors import DeclarationError, QutongError

_KINDS = "column_kinds.yml"
_FOLDERS = ("models", "macros", "tests", "analyses", "release")
_PARTS = ("dbt_project.yml", "profiles.yml", _KINDS, *_FOLDERS)


@dataclass(frozen=True)
class NodeResult:
    """What became of one model or test.

    Attributes:
        status: ``success``, ``pass``, ``fail``, ``warn``, ``error`` or ``skipped``.
        failures: Failing rows of a test.
        test: Which generic test it is; empty for a model.
        query: The SQL that lists a test's failing rows; empty for a model.
    """

    unique_id: str
    kind: str
    name: str
    status: str
    message: str
    failures: int
    seconds: float
    test: str = ""
    query: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether it stands in the way of a publication."""
        return self.status in ("fail", "error", "skipped", "partial success")


class DbtProject:
    """The dbt project, built into one DuckDB file.

    Args:
        project: Directory of ``dbt_project.yml``.
        database: DuckDB file to build in.
        target: Directory for what dbt writes.
    """

    def __init__(self, project: Path, database: Path, target: Path) -> None:
        self.project = project
        self.database = database
        self.target = target
        self._manifest: Any = None
        self._content: tuple[str, dict[str, Any]] | None = None
        self._catalog: tuple[str, frozenset[str] | None, Catalog] | None = None

    @property
    def manifest_path(self) -> Path:
        return self.target / "manifest.json"

    def digest(self) -> str:
        """Hash of every file of the project and of the database's path."""
        return project_digest(self.project, str(self.database))

    def ensure_manifest(self) -> Path:
        """Parse the project unless the manifest at hand is of these very files.

        Raises:
            QutongError: the project does not parse.
        """
        stamp = self.target / "manifest.digest"
        digest = self.digest()
        if self.manifest_path.is_file() and stamp.is_file() and stamp.read_text() == digest:
            return self.manifest_path
        shutil.rmtree(self.target, ignore_errors=True)
        self.target.mkdir(parents=True, exist_ok=True)
        result = self._invoke(["parse"])
        if not result.success:
            raise QutongError(
                f"dbt cannot parse the project: {result.exception or 'see its log'}",
                file=self.project,
                remedy=f"mend the model; the log lies in {self.target / 'logs'}",
            )
        self._manifest = result.result
        stamp.write_text(digest)
        return self.manifest_path

    def manifest(self) -> dict[str, Any]:
        """The manifest as data; read once as long as the project's files stay the same."""
        path, digest = self.ensure_manifest(), self.digest()
        if self._content is None or self._content[0] != digest:
            self._content = digest, json.loads(path.read_text(encoding="utf-8"))
        return self._content[1]

    def catalog(self, code_lists: Collection[str] | None = None) -> Catalog:
        """What the published models are, column by column.

        Args:
            code_lists: The code lists there are; None to not ask for them.

        Raises:
            DeclarationError: what a model says of a column is no sense, or names what is not there.
        """
        manifest, lists = self.manifest(), None if code_lists is None else frozenset(code_lists)
        if self._catalog is None or self._catalog[:2] != (self.digest(), lists):
            made = Catalog.of_manifest(manifest, self.project / _KINDS, lists)
            self._catalog = self.digest(), lists, made
        return self._catalog[2]

    def build(self, select: Sequence[str], exclude: Sequence[str] = ()) -> list[NodeResult]:
        """Build and test a selection; unit tests run in the suite, not on the data.

        Raises:
            QutongError: dbt itself failed (a failing test is a result, not an error).
        """
        arguments = ["build", "--select", *select]
        arguments += ["--exclude", *exclude] if exclude else []
        return self._results([*arguments, "--exclude-resource-type", "unit_test"])

    def unit_tests(self) -> list[NodeResult]:
        """Build the models on what is there and run their unit tests (the suite does).

        Raises:
            QutongError: dbt itself failed.
        """
        return self._results(["build", "--resource-type", "model", "unit_test"])

    def _results(self, arguments: list[str]) -> list[NodeResult]:
        self.ensure_manifest()
        if self._manifest is None:
            # what an earlier process parsed lies beside the manifest: read once for all builds
            self._manifest = self._invoke(["--no-write-json", "parse"]).result
        result = self._invoke(["--no-write-json", *arguments])
        if result.result is None:
            raise QutongError(
                f"dbt failed: {result.exception}",
                file=self.project,
                remedy=f"see the log in {self.target / 'logs'}",
            )
        return [_node_result(entry) for entry in result.result.results]

    def _invoke(self, arguments: list[str]) -> Any:
        with _environment(self.database):
            from dbt.adapters.duckdb.connections import DuckDBConnectionManager
            from dbt.cli.main import dbtRunner

            runner = dbtRunner(manifest=self._manifest)
            try:
                return runner.invoke(
                    [
                        "--no-use-colors",
                        "--log-level",
                        "none",
                        "--log-level-file",
                        "info",
                        "--no-version-check",
                        "--no-send-anonymous-usage-stats",
                        "--log-path",
                        str(self.target / "logs"),
                        *arguments,
                        "--project-dir",
                        str(self.project),
                        "--profiles-dir",
                        str(self.project),
                        "--target-path",
                        str(self.target),
                    ]
                )
            finally:
                # Otherwise the write lock of the database outlives the invocation.
                DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # dbt has no types


@contextlib.contextmanager
def _environment(database: Path) -> Iterator[None]:
    wanted = {
        "QUTONG_DATABASE": str(database),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _node_result(entry: Any) -> NodeResult:
    return NodeResult(
        unique_id=entry.node.unique_id,
        kind=str(entry.node.resource_type),
        name=entry.node.name,
        status=str(entry.status),
        message=(entry.message or "").strip(),
        failures=int(entry.failures or 0),
        seconds=float(entry.execution_time or 0),
        test=getattr(getattr(entry.node, "test_metadata", None), "name", ""),
        query=getattr(entry.node, "compiled_code", None) or ""
        if str(entry.node.resource_type) == "test"
        else "",
    )


def project_digest(project: Path, *more: str) -> str:
    """Hash of the files that dbt reads."""
    digest = hashlib.sha256()
    for part in _PARTS:
        path = project / part
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                digest.update(file.relative_to(project).as_posix().encode() + b"\0")
                digest.update(file.read_bytes())
    digest.update("\0".join(more).encode())
    return digest.hexdigest()


def questions(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The questions that the marts answer, from the project's analyses, as rows for ``landing``.

    An analysis is named ``<number>_<name>`` and begins with ``-- zh: …`` and ``-- en: …``.

    Raises:
        DeclarationError: an analysis has no number or no question.
    """
    rows = []
    for node in manifest["nodes"].values():
        if node["resource_type"] != "analysis":
            continue
        number = re.match(r"(\d+)_", node["name"])
        head = re.match(r"-- zh: (?P<zh>.+)\n-- en: (?P<en>.+)\n", node["raw_code"])
        if number is None or head is None:
            raise DeclarationError(
                "the analysis has no number in its name, or does not begin with its question",
                file=node["original_file_path"],
                place="first two lines",
                remedy="name it 13_name.sql and begin with `-- zh: …` and `-- en: …`",
            )
        rows.append(
            {
                "question_no": int(number[1]),
                "name": node["name"],
                "question_zh": head["zh"].strip(),
                "question_en": head["en"].strip(),
                "query": node["raw_code"][head.end() :].strip(),
            }
        )
    return sorted(rows, key=lambda row: (row["question_no"], row["name"]))
