"""dbt in this process: a project parsed once per installation, and builds that tell what happened.

Belongs here: everything that knows dbt. Does not belong here: what the models mean. Import this
module inside a function: dbt costs seconds.

Parsing gives the same for every work database, so its result lies beside the project, under a key
of the project's files and of dbt's versions: made when the project is installed, made again by
whoever first needs it after a file has changed, and read by everybody else.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from orchestration.catalog import Catalog
from orchestration.errors import DeclarationError, QutongError
from orchestration.memory import uncollected
from orchestration.settings import CODE_ROOT, Settings, load_settings

_READ_BY_DBT = ("dbt_project.yml", "profiles.yml", "models", "macros", "tests", "analyses")
_VERSIONS_OF = ("dbt-core", "dbt-adapters", "dbt-common", "dbt-duckdb")
_DATA = "manifest.json"
_SLOTS = "slots.json"
_SLOT = "slot:"
_STATE = "partial_parse.msgpack"  # the same as _DATA, as dbt itself reads it fastest
_DAY = 24 * 60 * 60
_KINDS = "column_kinds.yml"
_WANTED = "wanted_now"
"""Tag of what dbt is to build, in the manifest that is made for it."""


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
        return self.status not in ("success", "pass", "warn", "no-op")


class DbtProject:
    """The dbt project, built into one DuckDB file.

    Args:
        project: Directory of ``dbt_project.yml``.
        database: DuckDB file to build in. Models are named after it: ``warehouse.duckdb`` is
            the catalogue ``warehouse``.
        target: Directory for what dbt writes.
    """

    def __init__(self, project: Path, database: Path, target: Path) -> None:
        self.project = project
        self.database = database
        self.target = target
        self._data: tuple[Path, dict[str, Any]] | None = None
        self._state: tuple[Path, Any] | None = None
        self._catalog: tuple[Path, frozenset[str] | None, Catalog] | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The project over the work database of a district."""
        return cls(settings.dbt_project, settings.database, settings.dbt_target)

    def ensure_manifest(self) -> Path:
        """The manifest of the project's files as they are now; parses them where nobody has.

        Raises:
            QutongError: the project does not parse, or its manifest can be written nowhere.
        """
        return self._parsed() / _DATA

    def manifest(self) -> dict[str, Any]:
        """The manifest as data; read once as long as the project's files stay the same."""
        folder = self._parsed()
        if self._data is None or self._data[0] != folder:
            self._data = folder, json.loads((folder / _DATA).read_text(encoding="utf-8"))
        return self._data[1]

    def slots(self) -> dict[str, frozenset[str]] | None:
        """Every mart with the slots that it shows; none named where it shows all there are.

        None where nobody has parsed the project yet: it is not worth seconds to whoever asks.
        """
        folder = self._found()
        if folder is None:
            return None
        content = json.loads((folder / _SLOTS).read_text(encoding="utf-8"))
        return {mart: frozenset(slots) for mart, slots in content.items()}

    def catalog(self, code_lists: Collection[str] | None = None) -> Catalog:
        """What the published models are, column by column.

        Args:
            code_lists: The code lists there are; None to not ask for them.

        Raises:
            DeclarationError: what a model says of a column is no sense, or names what is not there.
        """
        folder, lists = self._parsed(), None if code_lists is None else frozenset(code_lists)
        if self._catalog is None or self._catalog[:2] != (folder, lists):
            made = Catalog.of_manifest(self.manifest(), self.project / _KINDS, lists)
            self._catalog = folder, lists, made
        return self._catalog[2]

    def build(self, select: Sequence[str], exclude: Sequence[str] = ()) -> list[NodeResult]:
        """Build and test a selection; unit tests run in the suite, not on the data.

        Args:
            select: What, as dbt selects.
            exclude: What of it not.

        Raises:
            QutongError: dbt itself failed (a failing test is a result, not an error).
        """
        arguments = ["build", "--select", *select]
        arguments += ["--exclude", *exclude] if exclude else []
        return self._results([*arguments, "--exclude-resource-type", "unit_test"])

    def build_only(self, names: Collection[str]) -> list[NodeResult]:
        """Build and test these models and tests and no others.

        Args:
            names: Their unique ids. dbt is shown no others but models: selecting among all nodes
                takes it longer than building a few.

        Raises:
            QutongError: dbt itself failed (a failing test is a result, not an error).
        """
        shown = _only(self._runnable(self._parsed()), names)
        arguments = ["build", "--select", f"tag:{_WANTED}", "--indirect-selection", "empty"]
        return self._results(arguments, shown)

    def unit_tests(self) -> list[NodeResult]:
        """Build the models on what is there and run their unit tests (the suite does).

        Raises:
            QutongError: dbt itself failed.
        """
        return self._results(["build", "--resource-type", "model", "unit_test"])

    @property
    def _places(self) -> tuple[Path, Path]:
        return self.project / "target" / "parsed", self.target / "parsed"

    def _key(self) -> str:
        return project_digest(self.project, self.database.stem, *_versions())[:32]

    def _found(self) -> Path | None:
        """The directory of what was parsed of the project's files as they are now, if it was."""
        folders = (place / self._key() for place in self._places)
        return next((folder for folder in folders if (folder / _SLOTS).is_file()), None)

    def _parsed(self) -> Path:
        """The directory of what dbt parsed: beside the project, or in our own target."""
        found = self._found()
        if found is not None:
            return found
        key, places = self._key(), self._places
        for place in places:
            try:
                place.mkdir(parents=True, exist_ok=True)
                scratch = Path(tempfile.mkdtemp(prefix="unfinished-", dir=place))
            except OSError:  # an installation that only its owner may write to
                continue
            _remove_old(place)
            try:
                self._parse(scratch)
                with contextlib.suppress(OSError):  # another process was faster: ours is as good
                    scratch.rename(place / key)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
            return place / key
        raise QutongError(
            "what dbt parses can be written nowhere",
            file=places[-1],
            remedy="mend the rights of the directory, or name another one in QUTONG_HOME",
        )

    def _parse(self, folder: Path) -> None:
        result = self._invoke(["--no-partial-parse", "parse"], folder)
        if not result.success or not all((folder / name).is_file() for name in (_DATA, _STATE)):
            raise QutongError(
                f"dbt cannot parse the project: {result.exception or 'no manifest was written'}",
                file=self.project,
                remedy="mend the file that dbt names, or see that the disk is not full",
            )
        shown = _slots(json.loads((folder / _DATA).read_text(encoding="utf-8")))
        (folder / _SLOTS).write_text(json.dumps(shown), encoding="utf-8")

    def _results(self, arguments: list[str], manifest: Any = None) -> list[NodeResult]:
        shown = manifest or self._runnable(self._parsed())
        result = self._invoke(["--no-write-json", *arguments], self.target, shown)
        if result.result is None:
            raise QutongError(
                f"dbt failed: {result.exception}",
                file=self.project,
                remedy="mend what dbt names, then run again",
            )
        return [_node_result(entry) for entry in result.result.results]

    def _runnable(self, folder: Path) -> Any:
        """What was parsed, as dbt runs it: read once for all builds on the same files."""
        if self._state is None or self._state[0] != folder:
            with uncollected():
                from dbt.contracts.graph.manifest import Manifest
                from dbt.parser.manifest import extended_mashumuro_decoder

                content = (folder / _STATE).read_bytes()
                read = Manifest.from_msgpack(content, decoder=extended_mashumuro_decoder)
            self._state = folder, read
        return self._state[1]

    def _invoke(self, arguments: list[str], target: Path, manifest: Any = None) -> Any:
        """Run one command of dbt; it logs nothing, because its result says all that we use."""
        with _environment(self.database):
            from dbt.adapters.duckdb.connections import DuckDBConnectionManager
            from dbt.cli.main import dbtRunner

            try:
                return dbtRunner(manifest=manifest).invoke(
                    [
                        "--no-use-colors",
                        "--log-level",
                        "none",
                        "--log-level-file",
                        "none",
                        "--no-version-check",
                        "--no-send-anonymous-usage-stats",
                        "--log-path",
                        str(target),
                        *arguments,
                        "--project-dir",
                        str(self.project),
                        "--profiles-dir",
                        str(self.project),
                        "--target-path",
                        str(target),
                    ]
                )
            finally:
                # Otherwise the write lock of the database outlives the invocation.
                DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # dbt has no types


def _slots(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """Every mart with the slots that its model shows, by tags of ``mart_cells``, ``slot``."""
    found = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model":
            mart = f"{node['schema']}.{node['name']}"
            shown = {tag.removeprefix(_SLOT) for tag in node["tags"] if tag.startswith(_SLOT)}
            found[mart] = sorted(shown) if f"mart:{mart}" in node["tags"] else []
    return found


def _only(manifest: Any, names: Collection[str]) -> Any:
    """The wanted nodes of a manifest of dbt, tagged, and all models: dbt asks what reads what.

    Nodes are copies: dbt writes into those that it builds.
    """
    from dbt.contracts.graph.manifest import Manifest

    found = {
        name: copy.copy(node)
        for name, node in manifest.nodes.items()
        if name in names or node.resource_type == "model"
    }
    for name in names:
        found[name].tags = [*found[name].tags, _WANTED]
    return Manifest(
        nodes=found,
        sources=manifest.sources,
        macros=manifest.macros,
        docs=manifest.docs,
        files=manifest.files,
        metadata=manifest.metadata,
        source_patches=manifest.source_patches,
        env_vars=manifest.env_vars,
    )


def prepare() -> None:
    """Parse the project of this checkout, so that no run has to (a step of the installation)."""
    DbtProject.of(load_settings(CODE_ROOT)).ensure_manifest()


@functools.cache
def _versions() -> list[str]:
    return [f"{name} {importlib.metadata.version(name)}" for name in _VERSIONS_OF]


def _remove_old(place: Path) -> None:
    """What other states of the files left; not today's, which may be at work elsewhere."""
    for folder in place.iterdir():
        with contextlib.suppress(OSError):
            if folder.stat().st_mtime < time.time() - _DAY:
                shutil.rmtree(folder, ignore_errors=True)


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
    """Hash of the files that dbt reads, and of what else its result depends on."""
    digest = hashlib.sha256()
    for part in _READ_BY_DBT:
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
