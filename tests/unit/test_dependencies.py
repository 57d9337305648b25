"""What pyproject.toml asks for is what the package imports, and the locks hold no surprise.

Belongs here: dependencies as declared and locked. Does not belong here: what the libraries do.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest

from orchestration.settings import CODE_ROOT

# Needed without an import of ours.
NEEDED = {
    "dagster-webserver": "`qutong ui` starts it",
    "pytz": "DuckDB 1 imports it for a time with a zone",
}

LOCKS = ("requirements.lock", "requirements-dev.lock")


def declared() -> dict[str, str]:
    """Name and version bounds of each runtime dependency."""
    project = tomllib.loads((CODE_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    matches = (re.fullmatch(r"([A-Za-z0-9._-]+)(.*)", entry) for entry in project["dependencies"])
    return {match[1].lower(): match[2] for match in matches if match}


@cache
def imports() -> dict[str, set[Path]]:
    """Every module that the package imports, with the files that do."""
    found: dict[str, set[Path]] = {}
    for file in (CODE_ROOT / "orchestration").rglob("*.py"):
        for module in _imported(ast.parse(file.read_text("utf-8"))):
            found.setdefault(module, set()).add(file.relative_to(CODE_ROOT))
    return found


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def distributions(module: str) -> set[str]:
    """The distributions that a module may come from."""
    return {re.sub(r"[._]", "-", name.lower()) for name in _of_packages()[module.partition(".")[0]]}


@cache
def _of_packages() -> dict[str, list[str]]:
    return {**packages_distributions(), **{"dbt": ["dbt-core", "dbt-duckdb"]}}


def foreign() -> dict[str, set[Path]]:
    own = sys.stdlib_module_names | {"orchestration"}
    return {
        module: files for module, files in imports().items() if module.partition(".")[0] not in own
    }


def test_every_dependency_is_imported_or_has_a_reason() -> None:
    imported = set(chain.from_iterable(map(distributions, foreign())))
    idle = declared().keys() - imported - NEEDED.keys()
    assert idle == set()


def test_every_import_is_declared() -> None:
    undeclared = {
        module: sorted(map(str, files))
        for module, files in foreign().items()
        if not distributions(module) & declared().keys()
    }
    assert undeclared == {}


def test_what_is_reached_into_is_pinned() -> None:
    bounds = declared()
    private = {
        name
        for module in foreign()
        if any(re.match(r"_[a-z]", part) for part in module.split(".")[:-1])
        for name in distributions(module)
    }
    # openpyxl: a parser of its own; dagster: the base classes of a storage that is configured by
    # the name of a class (tests/pipeline/test_one_door reads the history back).
    assert private == {"dagster", "openpyxl"}
    assert {name: bounds[name] for name in private} == {
        "dagster": "==1.13.27",
        "openpyxl": "==3.1.5",
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_hashes_everything(lock: str) -> None:
    text = (CODE_ROOT / lock).read_text("utf-8")
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text)
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 100
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_what_downloads_while_it_is_built_is_not_locked(lock: str) -> None:
    names = re.findall(r"(?m)^([A-Za-z0-9._-]+)==", (CODE_ROOT / lock).read_text("utf-8"))
    assert "dbt-core" in names
    assert "dbt-core-experimental-parser" not in names


def test_the_second_lock_moves_nothing_of_the_first() -> None:
    first, second = (
        dict(re.findall(r"(?m)^([A-Za-z0-9._-]+)==(\S+)", (CODE_ROOT / lock).read_text("utf-8")))
        for lock in LOCKS
    )
    assert {name: second.get(name) for name in first} == first


def test_what_is_declared_is_what_is_locked() -> None:
    text = (CODE_ROOT / LOCKS[0]).read_text("utf-8")
    locked = dict(re.findall(r"(?m)^([A-Za-z0-9._-]+)==(\S+)", text))
    exact = {name: bound[2:] for name, bound in declared().items() if bound.startswith("==")}
    assert {name: locked[name] for name in exact} == exact
    assert declared().keys() <= locked.keys()
