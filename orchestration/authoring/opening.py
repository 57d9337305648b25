"""Open a file that nobody declared: its format, and the way of reading it that works.

Belongs here: from bytes to grids, and the lines of a layout that say how. Does not belong here:
what the grids hold (``records``, ``printed``).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.authoring import services
from orchestration.authoring.yamltext import flow, quoted
from orchestration.collect.grid import Grid, RefusedError
from orchestration.collect.readers import read_grids
from orchestration.collect.readers.containers import looks_like
from orchestration.collect.readers.nested import step_of
from orchestration.errors import QutongError
from orchestration.spec import Source

FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xls": "xls",
    ".ods": "ods",
    ".htm": "html",
    ".html": "html",
    ".docx": "docx",
    ".pdf": "pdf",
    ".json": "json",
    ".xml": "sdmx-ml",
    ".parquet": "parquet",
}

_EXCHANGED = {"xls", "xlsx", "html"}
"""Formats that systems export under each other's names: a page called .xls."""


def read(
    content: bytes, form: str, path: Path, regions: Mapping[str, str]
) -> tuple[Source, list[Grid], list[str]]:
    """Grids of the file, with the first way of reading it that works."""
    doubts: list[str] = []
    found = looks_like(content)
    if found != form and {form, found} <= _EXCHANGED:
        doubts.append(f"its name says {form}, and it is {found}: will it always come so")
        form = found
    given: dict[str, Any] = {"format": services.format_of(content, form), "encoding": "auto"}
    if given["format"] == "json":
        given |= _records_of(content, regions)
    if path.suffix.lower() == ".tsv" or (
        form == "csv" and content.count(b"\t") > content.count(b",")
    ):
        given["delimiter"] = "\t"
    for hidden in ("refuse", "ignore"):
        try:
            source = Source.model_validate(given | {"hidden": hidden})
            return source, read_grids(content, source, wants_format=True), doubts
        except RefusedError as error:
            if error.rule != "delivery.hidden-content":
                raise QutongError(
                    f"{error.rule} at {error.place}: {error.detail_zh} | {error.detail_en}",
                    file=path,
                    remedy="mend the file, or ask its sender for it again",
                ) from None
            doubts.append(f"hidden content is left out: {error.detail_en}")
    raise QutongError("nothing can be read", file=path)


def _records_of(content: bytes, regions: Mapping[str, str]) -> dict[str, Any]:
    """Where the records of a JSON file are: its longest list of objects, with what stands around
    them, or numbers that keys tell apart."""
    sizes: Counter[str] = Counter()
    around: dict[str, dict[str, None]] = {}
    try:
        todo: list[tuple[str, Any, list[Any]]] = [("$", json.loads(content), [])]
    except (ValueError, RecursionError):
        return {}
    while todo:
        path, value, outer = todo.pop()
        if isinstance(value, dict):
            inside = [value, *outer]
            todo += [(f"{path}{step_of(key)}", inner, inside) for key, inner in value.items()]
        elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
            sizes[f"{path}[*]"] += sum(isinstance(inner, dict) for inner in value)
            around.setdefault(f"{path}[*]", {}).update(_fields_around(outer))
            todo += [(f"{path}[*]", inner, outer) for inner in value]
    by_keys = services.keyed(content, regions)
    best = max(sizes, key=lambda path: (sizes[path], path), default="$[*]")
    if by_keys is not None and by_keys.size > sizes[best]:
        return {"records_at": by_keys.path, "keys": by_keys.keys}
    # What stands once, at the top, is of the answer and not of its records.
    told = list(around.get(best, {})) if best.count("[*]") > 1 else []
    return {"records_at": best, "parents": tuple(told)}


def _fields_around(outer: list[Any]) -> dict[str, None]:
    """Fields of the objects around a list as the reader calls them; not those of the root."""
    return {
        f"{'../' * depth}{name}": None
        for depth, holder in enumerate(outer[:-1], start=1)
        for name in _scalars(holder)
    }


def _scalars(holder: dict[str, Any]) -> list[str]:
    """Its fields, and those of the objects in it: region.name of {"region": {"name": …}}."""
    names = []
    for key, value in holder.items():
        if isinstance(value, dict):
            names += [f"{key}.{k}" for k, v in value.items() if not isinstance(v, dict | list)]
        elif not isinstance(value, list):
            names.append(key)
    return names


def source_lines(source: Source) -> list[str]:
    """The lines of a layout that say how the file is read."""
    lines = [f"format: {source.format}"]
    if source.format in ("csv", "html", "sdmx-csv", "eurostat-tsv"):
        lines.append("encoding: auto")
    if source.delimiter != "," and source.format != "eurostat-tsv":
        lines.append(f"delimiter: {quoted(source.delimiter)}")
    if source.format == "json":
        lines.append(f"records_at: {quoted(source.records_at)}")
        for name in ("parents", "keys"):
            told = list(getattr(source, name))
            lines += [f"{name}: {flow(told)}"] if told else []
    if source.hidden != "refuse":
        lines.append(f"hidden: {source.hidden}")
    return lines
