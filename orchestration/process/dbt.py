"""dbt in this process: a project parsed and compiled once per installation.

Belongs here: everything that knows dbt. Does not belong here: carrying out what it compiled
(``process.models``), and what the models mean.

Parsing and compiling give the same for every work database, so their result lies beside the
project, under a key of the project's files and of dbt's versions: made when the project is
installed, made again by whoever first needs it after a file has changed, and read by everybody
else. Only these and unit tests load dbt, which costs seconds; a run reads what it compiled.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from orchestration.catalog import Catalog
from orchestration.errors import DeclarationError, QutongError
from orchestration.memory import uncollected
from orchestration.process.models import TOUCHED_CELLS, NodeResult, Plan, node_of
from orchestration.process.promised import PROMISED, promises
from orchestration.settings import CODE_ROOT, Settings, load_settings

_READ_BY_DBT = ("dbt_project.yml", "profiles.yml", "models", "macros", "tests", "analyses")
_VERSIONS_OF = ("dbt-core", "dbt-adapters", "dbt-common", "dbt-duckdb")
_DATA = "manifest.json"
_PLAN = "plan.json"
_SLOTS = "slots.json"
_SLOT = "slot:"
_STATE = "partial_parse.msgpack"  # the same as _DATA, as dbt itself reads it fastest
_DAY = 24 * 60 * 60
_KINDS = "column_kinds.yml"
_NARROWED = "QUTONG_NARROWED"
"""Tells the macro ``semi_join_touched_cells`` which of its two forms is compiled."""


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
        self._plan: tuple[Path, Plan] | None = None
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

    def promised(self, code_lists: Collection[str] | None = None) -> list[dict[str, Any]]:
        """What the first release promised and where it stands now; see ``promised.promises``.

        Raises:
            DeclarationError: something that was promised is gone.
        """
        return promises(self.project / PROMISED, self.catalog(code_lists))

    def plan(self) -> Plan:
        """All models and tests as dbt compiled them; read once as long as the files stay the same.

        Raises:
            QutongError: the project does not parse or compile, or the plan can be written nowhere.
        """
        folder = self._parsed()
        if self._plan is None or self._plan[0] != folder:
            self._plan = folder, Plan.read(folder / _PLAN)
        return self._plan[1]

    def unit_tests(self) -> list[NodeResult]:
        """Build the models on what is there, as dbt does, and run their unit tests.

        Raises:
            QutongError: dbt itself failed.
        """
        parsed = _manifest(self._parsed())
        arguments = ["build", "--resource-type", "model", "unit_test"]
        found = self._invoke(["--no-write-json", *arguments], self.target, self.database, parsed)
        return [_node_result(entry) for entry in self._results(found)]

    @property
    def _places(self) -> tuple[Path, Path]:
        return self.project / "target" / "parsed", self.target / "parsed"

    def _key(self) -> str:
        return project_digest(self.project, self.database.stem, *_versions())[:32]

    def _found(self) -> Path | None:
        """The directory of what was parsed of the project's files as they are now, if it was."""
        key = self._key()
        folders = (place / key for place in self._places)
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
        result = self._invoke(["--no-partial-parse", "parse"], folder, self._scratch(folder))
        if not result.success or not all((folder / name).is_file() for name in (_DATA, _STATE)):
            raise QutongError(
                f"dbt cannot parse the project: {result.exception or 'no manifest was written'}",
                file=self.project,
                remedy="mend the file that dbt names, or see that the disk is not full",
            )
        self._compile(folder)
        shown = _slots(json.loads((folder / _DATA).read_text(encoding="utf-8")))
        (folder / _SLOTS).write_text(json.dumps(shown), encoding="utf-8")

    def _compile(self, folder: Path) -> None:
        """Of models that follow touched cells a second time, for these alone."""
        following = self._compiled(folder, f"tag:{TOUCHED_CELLS}", narrowed=True)
        narrowed = {node.unique_id: node.compiled_code for node in following}
        nodes = self._compiled(folder, "resource_type:model", "resource_type:test")
        made = [node_of(node, narrowed.get(node.unique_id, "")) for node in nodes]
        Plan(made).write(folder / _PLAN)
        for left in (self._scratch(folder).parent, folder / "compiled"):
            shutil.rmtree(left, ignore_errors=True)

    def _compiled(self, folder: Path, *select: str, narrowed: bool = False) -> list[Any]:
        """Nodes with their SQL: compiling looks at no data, so that an empty database will do."""
        result = self._invoke(
            ["--no-write-json", "compile", "--select", *select, "--indirect-selection", "empty"],
            folder,
            self._scratch(folder),
            _manifest(folder),
            {_NARROWED: "yes"} if narrowed else {},
        )
        done = self._results(result)
        wrong = [f"{entry.node.name}: {entry.message}" for entry in done if not entry.node.compiled]
        if wrong:
            raise QutongError(
                f"dbt cannot compile the project: {'; '.join(wrong)}",
                file=self.project,
                remedy="mend the models that it names",
            )
        return [entry.node for entry in done]

    def _scratch(self, folder: Path) -> Path:
        return folder / "empty" / self.database.name

    def _results(self, done: Any) -> list[Any]:
        if done.result is None:
            raise QutongError(
                f"dbt failed: {done.exception}",
                file=self.project,
                remedy="mend what dbt names, then run again",
            )
        return list(done.result.results)

    def _invoke(
        self,
        arguments: list[str],
        target: Path,
        database: Path,
        manifest: Any = None,
        told: Mapping[str, str] | None = None,
    ) -> Any:
        """Run one command of dbt; it logs nothing, because its result says all that we use."""
        database.parent.mkdir(parents=True, exist_ok=True)
        with _environment({"QUTONG_DATABASE": str(database), _NARROWED: "", **(told or {})}):
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


def _manifest(folder: Path) -> Any:
    """What was parsed, as dbt takes it; dbt writes into it, so each command has its own."""
    with uncollected():
        from dbt.contracts.graph.manifest import Manifest
        from dbt.parser.manifest import extended_mashumuro_decoder

        content = (folder / _STATE).read_bytes()
        return Manifest.from_msgpack(content, decoder=extended_mashumuro_decoder)


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
def _environment(told: Mapping[str, str]) -> Iterator[None]:
    wanted = {
        **told,
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
