"""The semantic contract: ``semantic/ossie.json``.

Belongs here: the file, and that it says of every table and indicator what the database says. Does
not belong here: what it says (``publish.semantics``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestration.publish.keys import ForeignKeys, foreign_keys
from orchestration.publish.layout import RELEASE_FILE_TABLE, SEMANTICS_FILE
from orchestration.publish.product import Files, Problem, Product
from orchestration.publish.rules import contract, incomplete

if TYPE_CHECKING:
    from orchestration.publish.edition import Edition
    from orchestration.publish.package import Package

_SINCE = 6


def _inputs(edition: Edition) -> Mapping[str, Any]:
    """All tables with their columns, how they refer to each other, and every indicator."""
    from orchestration.publish.semantics import read_indicators

    indicators = read_indicators(edition.con, edition.catalog, edition.tables)
    return {SEMANTICS_FILE: [repr(edition.tables), _referring(_keys(edition)), indicators]}


def _keys(edition: Edition) -> ForeignKeys:
    # The list of files refers to nothing, and stands in no database yet.
    return edition.keep(
        "foreign keys", lambda: foreign_keys(edition.con, edition.catalog, edition.marts)
    )


def _referring(keys: ForeignKeys) -> list[list[str]]:
    return sorted(
        [source, column, target.qualified]
        for source, columns in keys.items()
        for column, target in columns.items()
    )


def _build(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    from orchestration.publish.semantics import describe, read_indicators

    indicators = read_indicators(edition.con, edition.catalog, edition.tables)
    file = edition.directory / SEMANTICS_FILE
    file.parent.mkdir(exist_ok=True)
    text = describe(edition.tables, _keys(edition), indicators).rendered()
    file.write_text(text, encoding="utf-8", newline="\n")
    return {SEMANTICS_FILE: {SEMANTICS_FILE: None}}


def _check(package: Package) -> Iterator[Problem]:
    """It has the shape of the format, and says what follows from the database."""
    from pydantic import ValidationError

    from orchestration.publish.semantics import Document, describe, read_indicators

    if package.is_carried(SEMANTICS_FILE) or (package.version < _SINCE and not package.has_work):
        return
    try:
        text = (package.path / SEMANTICS_FILE).read_text(encoding="utf-8")
        found = Document.model_validate_json(text).semantic_model[0]
    except (OSError, ValueError, ValidationError) as error:
        yield incomplete(SEMANTICS_FILE, f"无法读取：{error}", f"cannot be read: {error}")
        return
    marts = [t for t in package.tables if (t.schema, t.name) != RELEASE_FILE_TABLE]
    keys = foreign_keys(package.con, "mart", marts)
    indicators = read_indicators(package.con, "mart", package.tables)
    expected = describe(package.tables, keys, indicators).semantic_model[0]
    for name in ("datasets", "relationships", "metrics"):
        told = {one.name: one for one in getattr(found, name)}
        follows = {one.name: one for one in getattr(expected, name)}
        for key in sorted(told.keys() | follows.keys()):
            if told.get(key) != follows.get(key):
                yield contract(
                    SEMANTICS_FILE, f"{name} {key}: {told.get(key)}", f"{follows.get(key)}"
                )
        if len(told) != len(getattr(found, name)):
            yield contract(SEMANTICS_FILE, f"{name}: a name twice", "every name once")


SEMANTICS = Product("semantics", _inputs, _build, _check)
