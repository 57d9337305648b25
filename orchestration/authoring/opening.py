"""Open a file that nobody declared: its format, and the way of reading it that works.

Belongs here: from bytes to grids, and the lines of a layout that say how. Does not belong here:
what the grids hold (``records``, ``printed``).
"""

from __future__ import annotations

import json
import re
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
    ".px": "px",
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
    if given["format"] == "csv":
        given["delimiter"] = _delimiter(content, path)
    for hidden in ("refuse", "ignore"):
        try:
            source = Source.model_validate(given | {"hidden": hidden})
            grids = read_grids(content, source, wants_format=True)
            if source.format in ("csv", "html") and _has_decimal_comma(grids, source, doubts):
                source = source.model_copy(update={"decimal": "comma"})
                grids = [_pointed(grid) for grid in grids]
            return source, grids, doubts
        except RefusedError as error:
            if error.rule != "delivery.hidden-content":
                raise QutongError(
                    f"{error.rule} at {error.place}: {error.detail_zh} | {error.detail_en}",
                    file=path,
                    remedy="mend the file, or ask its sender for it again",
                ) from None
            doubts.append(f"hidden content is left out: {error.detail_en}")
    raise QutongError("nothing can be read", file=path)


def _delimiter(content: bytes, path: Path) -> str:
    """What separates the fields: the sign that most lines have, and have equally often."""
    if path.suffix.lower() == ".tsv":
        return "\t"
    lines = [line for line in content[:_LOOKED_AT].splitlines()[:_LINES] if line.strip()]
    best, most_lines = ",", 0
    for sign in (",", "\t", ";", "|"):
        counts = Counter(line.count(sign.encode()) for line in lines)
        counts.pop(0, None)
        alike = max(counts.values(), default=0)
        if alike > most_lines:
            best, most_lines = sign, alike
    return best


_LOOKED_AT, _LINES = 20_000, 50
_COMMA = re.compile(r"[-+]?([0-9]+|[0-9]{1,3}([. ][0-9]{3})+),([0-9]{1,2}|[0-9]{4,}) ?%?")
_POINT = re.compile(r"[-+]?([0-9]+|[0-9]{1,3}([, ][0-9]{3})+)\.([0-9]{1,2}|[0-9]{4,}) ?%?")
_EITHER = re.compile(r"[-+]?[0-9]{1,3}[.,][0-9]{3} ?%?")
_NUMERIC = re.compile(r"[-+]?[0-9][0-9., ]* ?%?")


def _has_decimal_comma(grids: list[Grid], source: Source, doubts: list[str]) -> bool:
    """Whether figures have a comma before their decimals; asked where they may or may not."""
    texts = [text.strip() for grid in grids for text in grid.cells["text"].head(_LOOKED_AT)]
    if any(_POINT.fullmatch(text) for text in texts):
        return False
    if any(_COMMA.fullmatch(text) for text in texts):
        return True
    either = next((text for text in texts if _EITHER.fullmatch(text)), None)
    if either is not None and source.delimiter == ";":
        doubts.append(
            f"{either} may be {either.replace(',', '').replace('.', '')} or have three decimals: "
            "say decimal: comma where a comma stands before decimals"
        )
    return False


def _pointed(grid: Grid) -> Grid:
    """The grid with points before decimals, as what looks at it expects them."""
    import polars as pl

    swapped = pl.col("text").str.replace_many([",", "."], [".", ","])
    is_number = pl.col("text").str.contains(f"^{_NUMERIC.pattern}$")
    return grid.with_cells(
        grid.cells.with_columns(text=pl.when(is_number).then(swapped).otherwise("text"))
    )


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
    if source.decimal != "point":
        lines.append(f"decimal: {source.decimal}")
    if source.hidden != "refuse":
        lines.append(f"hidden: {source.hidden}")
    return lines
