"""The release described for other tools: ``datapackage.json``.

Belongs here: the file, and that it lists all others. Does not belong here: the format
(``publish.datapackage``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestration.publish import jsontext
from orchestration.publish.datapackage import describe_package
from orchestration.publish.keys import foreign_keys
from orchestration.publish.layout import DATAPACKAGE_FILE, MANIFEST_FILE, MART_FILE, MART_SCRIPT
from orchestration.publish.product import EVERYTHING, Files, Problem, Product
from orchestration.publish.products.citation import sources_of
from orchestration.publish.report import has_simulated_rows
from orchestration.publish.rules import incomplete, unlabelled

if TYPE_CHECKING:
    from orchestration.publish.edition import Edition
    from orchestration.publish.package import Package


def _inputs(edition: Edition) -> Mapping[str, Any]:
    """It lists every file, and so is of every release anew."""
    release = [edition.release_id, edition.release_time.isoformat(), edition.licence]
    files = {path: fact.sha256 for path, fact in edition.files.items()}
    return {DATAPACKAGE_FILE: [release, files]}


def _build(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    content = describe_package(
        edition.report["release"],
        edition.tables,
        {path: (fact.sha256, fact.size_bytes) for path, fact in edition.files.items()},
        sources_of(edition),
        foreign_keys(edition.con, "mart", edition.tables),
        is_simulated=edition.report["is_simulated"],
        licence=edition.licence,
    )
    (edition.directory / DATAPACKAGE_FILE).write_text(
        jsontext.render(content), encoding="utf-8", newline="\n"
    )
    return {DATAPACKAGE_FILE: {DATAPACKAGE_FILE: None}}


def _check(package: Package) -> Iterator[Problem]:
    """It lists every file with its hash, and says where figures are simulated."""
    listed = {
        str(entry.get("path")): str(entry.get("sha256"))
        for entry in package.manifest.get("files", [])
        if entry.get("path") not in (DATAPACKAGE_FILE, MART_SCRIPT)
    }
    try:
        content = json.loads((package.path / DATAPACKAGE_FILE).read_text(encoding="utf-8"))
        described = {
            item["path"]: str(item.get("hash", "")).removeprefix("sha256:")
            for item in content["resources"]
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield incomplete(DATAPACKAGE_FILE, f"无法读取：{error}", f"cannot be read: {error}")
        return
    expected = {**listed, MART_FILE: "", MANIFEST_FILE: ""}
    for name in sorted(set(expected) | set(described)):
        if expected.get(name) != described.get(name):
            yield incomplete(
                DATAPACKAGE_FILE,
                f"与清单不一致：{name}",
                f"disagrees with the manifest on {name}",
            )
    simulated = has_simulated_rows(package.con, "mart", package.tables)
    if simulated and not (content.get("is_simulated") is True and content.get("label")):
        yield unlabelled(DATAPACKAGE_FILE)


DATAPACKAGE = Product("datapackage", _inputs, _build, _check, after=(EVERYTHING,))
