"""The engine that queries a release in the browser: fetched by ``make web``, carried in scripts.

It is no part of this package: ``web/package-lock.json`` names it with its hash, npm fetches it once
into the environment, and here it becomes classic scripts, since pages that are opened from disk may
fetch nothing. Where it was not fetched, releases have no such page and say nothing of one.

Belongs here: where it lies, what it is, packing it, and asking it to open a database. Does not
belong here: the page (``products.engine``).

    python -m orchestration.publish.engine NODE_MODULES TARGET
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import ReleaseError

SETTING = "QUTONG_BROWSER_ENGINE"
FACTS = "engine.json"
LICENCES = "LICENCES.txt"
WORKER = Path(__file__).parent / "site" / "assets" / "sql-worker.js"
_RUNNER = Path(__file__).parent / "web" / "engine.cjs"
_CHUNK = 2_000_000
"""Characters of a script: more would be one long line that no tool opens."""
_PACKAGE = "@duckdb/duckdb-wasm"
_PARTS = {
    "arrow": "apache-arrow/Arrow.es2015.min.js",
    "duckdb": f"{_PACKAGE}/dist/duckdb-browser-blocking.cjs",
    "wasm": f"{_PACKAGE}/dist/duckdb-eh.wasm",
}
_SECONDS = 120


@dataclass(frozen=True)
class Engine:
    """An engine that was fetched, or the copy of it that a release carries.

    Attributes:
        folder: Its scripts, and ``engine.json``.
        name: The package it comes from.
        version: Its version.
        duckdb: The version of DuckDB that it is.
        storages: The versions of storage that it knows.
    """

    folder: Path
    name: str
    version: str
    duckdb: str
    storages: tuple[str, ...]

    @property
    def files(self) -> list[Path]:
        """All of its files, in order."""
        return sorted(self.folder.iterdir())

    @property
    def parts(self) -> dict[str, int]:
        """What pages load before they ask, each in so many scripts."""
        found = Counter(file.stem.rpartition("-")[0] for file in self.folder.glob("*-*.js"))
        return dict(sorted(found.items()))

    @classmethod
    def read(cls, folder: Path) -> Engine | None:
        """The engine of a folder; none where there is none."""
        if not (folder / FACTS).is_file():
            return None
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        storages = tuple(facts["storages"])
        return cls(folder, facts["name"], facts["version"], facts["duckdb"], storages)


def home() -> Path | None:
    """Where the engine lies: in the environment, or where the setting says, if anywhere."""
    named = os.environ.get(SETTING)
    if named is None:
        return Path(sys.prefix) / "share" / "qutong" / "web"
    return Path(named) if named else None


def installed() -> Engine | None:
    """The engine that releases get; none where ``make web`` was never typed."""
    folder = home()
    return Engine.read(folder) if folder else None


def refusal(engine: Engine, database: Path, storage: str, queries: Sequence[str] = ()) -> str:
    """Why the engine cannot open a database, or answer a query of it; empty where it can.

    The version of storage that the file says it has is compared first. Where Node is on this
    machine, the engine itself opens the file, from the scripts that pages load.
    """
    if storage not in engine.storages:
        return f"storage version {storage} is not known to its DuckDB {engine.duckdb}"
    node = shutil.which("node")
    if node is None:
        return ""
    return _run([node, str(_RUNNER), str(engine.folder), str(WORKER), str(database)], queries)[1]


def _run(command: Sequence[str], queries: Sequence[str] = ()) -> tuple[str, str]:
    """What the runner says, and why it failed; one of them is empty."""
    try:
        done = subprocess.run(
            command, input="\0".join(queries), capture_output=True, text=True, check=False,
            timeout=_SECONDS, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", str(error)
    if done.returncode:
        return "", done.stderr.strip()[-600:] or f"node ended with {done.returncode}"
    return done.stdout, ""


# --- packing -------------------------------------------------------------------------------------


def script_of(name: str, content: bytes) -> Iterator[str]:
    """The scripts that hand bytes to a page: compressed, as text, in pieces."""
    text = base64.b64encode(gzip.compress(content, 6, mtime=0)).decode("ascii")
    pieces = [text[start : start + _CHUNK] for start in range(0, len(text), _CHUNK)]
    for number, piece in enumerate(pieces):
        yield f'window.QTSQL && QTSQL.put("{name}", {number}, {len(pieces)}, "{piece}");\n'


def pack(modules: Path, target: Path) -> Engine:
    """Turn what npm fetched into classic scripts below ``target``, replacing what was there.

    Raises:
        ReleaseError: Files are missing, or there is no Node to ask the engine what it is.
    """
    missing = [file for file in _PARTS.values() if not (modules / file).is_file()]
    node = shutil.which("node")
    if missing or node is None:
        raise ReleaseError(
            f"the browser engine is incomplete / 浏览器引擎不完整: {', '.join(missing) or 'node'}",
            file=modules,
            remedy="type `make web` again; it needs npm and node (Debian: apt-get install npm)",
        )
    building = target.with_name(f".{target.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    for name, file in _PARTS.items():
        content = (modules / file).read_bytes()
        for number, script in enumerate(script_of(name, content)):
            (building / f"{name}-{number}.js").write_text(script, encoding="ascii")
    (building / LICENCES).write_text(_licences(modules), encoding="utf-8", newline="\n")
    told, fault = _run([node, str(_RUNNER), str(building)])
    if fault:
        raise ReleaseError(f"the browser engine does not start: {fault}", file=modules,
                           remedy="use a Node of version 18 or later")  # fmt: skip
    package = json.loads((modules / _PACKAGE / "package.json").read_text(encoding="utf-8"))
    facts = {"name": _PACKAGE, "version": package["version"], **json.loads(told)}
    (building / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    building.rename(target)
    found = Engine.read(target)
    assert found is not None
    return found


def _licences(modules: Path) -> str:
    """Of whom these scripts are, and under which terms; the text of each where it came with one."""
    parts = []
    for name in (_PACKAGE, "apache-arrow"):
        package = json.loads((modules / name / "package.json").read_text(encoding="utf-8"))
        parts.append(f"{name} {package['version']}: {package.get('license', '')}")
        for file in ("LICENSE", "LICENSE.txt", "NOTICE.txt"):
            if (modules / name / file).is_file():
                parts.append((modules / name / file).read_text(encoding="utf-8").strip())
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    made = pack(Path(sys.argv[1]), Path(sys.argv[2]))
    print(f"{made.name} {made.version} (DuckDB {made.duckdb}): {made.folder}")
