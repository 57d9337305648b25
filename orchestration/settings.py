"""Where things are and how this district publishes.

Belongs here: directories, the district's own settings, the environment variables that move them.
Does not belong here: data sets and code lists (``declarations``), and anything done with them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from orchestration.errors import DeclarationError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    from orchestration.spec import District

M = TypeVar("M", bound="BaseModel")

CODE_ROOT = Path(__file__).resolve().parent.parent
"""The checkout: ``dbt_project/`` and ``expectations/`` stand beside this package."""

PRIVATE = 0o700

DISTRICT_FILE = Path("raw", "district.yml")


@dataclass(frozen=True)
class Settings:
    """Resolved settings of one project directory.

    Attributes:
        project: Directory that holds ``raw/``.
        home: Run state; moved by the environment variable ``QUTONG_HOME``.
    """

    project: Path
    home: Path

    @cached_property
    def district(self) -> District:
        """What ``raw/district.yml`` says; read when first asked for, because readers never ask.

        Raises:
            DeclarationError: it is wrong; names key and remedy.
        """
        from orchestration.spec import District

        file = self.project / DISTRICT_FILE
        return parse_model(District, read_yaml(file), file)

    @property
    def raw(self) -> Path:
        return self.project / "raw"

    @property
    def deliveries(self) -> Path:
        return self.raw / "deliveries"

    @property
    def calendars(self) -> Path:
        return self.raw / "calendars"

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    @property
    def archive(self) -> Path:
        return self.home / "archive"

    @property
    def work(self) -> Path:
        return self.home / "work"

    @property
    def parsed(self) -> Path:
        return self.work / "parsed"

    @property
    def database(self) -> Path:
        return self.work / "warehouse.duckdb"

    @property
    def validations(self) -> Path:
        return self.work / "validations"

    @property
    def reports(self) -> Path:
        """What the last run found, for the bureau's own use."""
        return self.home / "reports"

    @property
    def data_docs(self) -> Path:
        return self.home / "data_docs"

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def dbt_target(self) -> Path:
        return self.home / "dbt"

    @property
    def dbt_project(self) -> Path:
        return CODE_ROOT / "dbt_project"

    @property
    def expectations(self) -> Path:
        return CODE_ROOT / "expectations"

    @property
    def lock_file(self) -> Path:
        return self.work / "run.lock"

    def make_private(self) -> None:
        """Make the state directory, whatever the umask, for its owner alone.

        Whoever publishes to others on this machine opens the directory itself (``chmod o+x``):
        releases can then be read, and what holds texts of respondents still cannot.

        Raises:
            OSError: it cannot be made, or belongs to somebody else.
        """
        self.home.parent.mkdir(parents=True, exist_ok=True)
        private = (self.archive, self.work, self.dagster_home, self.dbt_target, self.data_docs)
        for folder in (self.home, *private):
            folder.mkdir(mode=PRIVATE, exist_ok=True)
        for folder in private:
            if folder.stat().st_mode & 0o077:
                folder.chmod(PRIVATE)
        if not self.releases.exists():
            self.releases.mkdir()
            self.releases.chmod(0o755)


def find_project(named: Path | None = None) -> Path:
    """The project directory that is named, or the nearest one at or above here, or the checkout.

    A name wins over the environment variable ``QUTONG_PROJECT``, and that one over searching;
    where either names a directory without a district, nothing else is taken instead.

    Raises:
        DeclarationError: there is no ``raw/district.yml`` anywhere it was looked for.
    """
    from_outside = os.environ.get("QUTONG_PROJECT")
    if named is not None:
        candidates = [named]
    elif from_outside:
        candidates = [Path(from_outside)]
    else:
        here = Path.cwd().resolve()
        candidates = [here, *here.parents, CODE_ROOT]
    for folder in candidates:
        if (folder / DISTRICT_FILE).is_file():
            return folder.resolve()
    raise DeclarationError(
        "there is no district here: raw/district.yml is missing",
        file=candidates[0],
        remedy="run `qutong init DIRECTORY`, or name the project in QUTONG_PROJECT",
    )


def load_settings(project: Path | None = None) -> Settings:
    """The settings of a project directory (the current one by default)."""
    folder = find_project(project)
    home = Path(os.environ.get("QUTONG_HOME") or folder / "var").expanduser().resolve()
    return Settings(folder, home)


def read_yaml(file: Path) -> Any:
    """Read one YAML file; keys that stand twice are refused.

    Raises:
        DeclarationError: not readable, not UTF-8, or not YAML; names line and column.
    """
    import yaml

    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DeclarationError(
            f"the file is not UTF-8 (byte {error.start})", file=file, remedy="save it as UTF-8"
        ) from None
    except OSError as error:
        raise DeclarationError(f"cannot be read: {error.strerror}", file=file) from None
    try:
        return yaml.load(text, Loader=_unique_key_loader())  # noqa: S506 - derived from CSafeLoader
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else None
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise DeclarationError(
            f"not valid YAML: {problem}",
            file=file,
            place=place,
            remedy="mend the line; indentation and colons are the usual reasons",
        ) from None


_LOADER: Any = None


def _unique_key_loader() -> Any:
    """The safe loader, C-built where there is one, refusing a key that stands twice."""
    global _LOADER  # noqa: PLW0603 - built once, yaml is imported lazily
    if _LOADER is not None:
        return _LOADER
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]  # the base is chosen at run time
        pass

    def mapping(loader: Any, node: Any, deep: bool = False) -> Any:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = loader.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return loader.construct_mapping(node, deep=deep)

    def construct(loader: Any, node: Any) -> Any:
        data: dict[Any, Any] = {}
        yield data
        data.update(mapping(loader, node, deep=True))

    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, construct)
    _LOADER = Loader
    return _LOADER


def parse_model(model: type[M], data: Any, file: Path) -> M:
    """Validate ``data`` as ``model``; the first mistake is named with its key and a remedy.

    Raises:
        DeclarationError: with file, key and remedy.
    """
    from pydantic import ValidationError

    if not isinstance(data, dict):
        raise DeclarationError("the file must hold keys and values", file=file, place="line 1")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _explain(error, model, file) from None


def _explain(error: ValidationError, model: Any, file: Path) -> DeclarationError:
    import difflib

    mistakes = error.errors()
    # A misspelt key is also a missing one: the misspelling is what the person has to see.
    first = next((m for m in mistakes if m["type"] == "extra_forbidden"), mistakes[0])
    count = len(mistakes)
    union_tags = {"records", "table"}
    location = [part for part in first["loc"] if part not in union_tags]
    key = ".".join(str(part) for part in location)
    kind, message = first["type"], first["msg"].removeprefix("Value error, ")
    remedy = "mend the key; `qutong data-set schema` prints what is allowed"
    if kind == "extra_forbidden":
        known = _known_keys(model, location[:-1], first["loc"])
        near = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
        message = f"unknown key {location[-1]!r}"
        remedy = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
    elif kind == "missing":
        message = f"the key {location[-1]!r} is missing"
        remedy = f"add {location[-1]!r}"
    more = f" (and {count - 1} more)" if count > 1 else ""
    return DeclarationError(f"{message}{more}", file=file, place=key or "top level", remedy=remedy)


def _known_keys(model: Any, path: list[Any], raw_path: tuple[Any, ...]) -> list[str]:
    """Names of the fields at ``path`` below ``model``, walking lists and tagged unions."""
    from typing import get_args

    def models(annotation: Any) -> list[Any]:
        if isinstance(annotation, type) and hasattr(annotation, "model_fields"):
            return [annotation]
        return [m for part in get_args(annotation) for m in models(part)]

    current = [model]
    for part in path:
        if isinstance(part, int):
            continue
        current = [
            found
            for candidate in current
            if part in candidate.model_fields
            for found in models(candidate.model_fields[part].annotation)
        ]
    tag = next((p for p in raw_path if p in ("records", "table")), None)
    if tag and len(current) > 1:
        current = [m for m in current if tag in str(m.model_fields.get("kind"))] or current
    return sorted({name for m in current for name in m.model_fields})
