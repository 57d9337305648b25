"""JSON files: the records that a JSONPath names, flattened into a grid.

Belongs here: records, nested keys, what stands around a record, and where each value stood. Does
not belong here: services that deliver JSON (``connectors``), and shapes that have a name of their
own (``cube``, ``bureau``).

Row 1 of the grid is the header: all keys of the records in the order in which they first appear,
nested ones joined by dots (``data.strdata``), places in arrays in brackets (``tags[0]``); after
them the declared ``keys`` of the way to a record and fields of its ``parents``. Numbers keep the
digits of the file. Null is no cell; true and false are texts.

Figures keyed by their period, ``{"990101": {"2023": 1.5, "2024": null}}``, are records too: with
``records_at: $.*.*`` and ``keys: [region, period]`` each is a row of region, period and ``value``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.collect.grid import Grid, RefusedError
from orchestration.collect.readers.answers import parsed, refuse_error, scalar
from orchestration.collect.readers.containers import unsafe
from orchestration.collect.readers.delimited import MAX_COLUMNS, decode
from orchestration.collect.readers.frames import MAX_CELLS, build, interleave, lengthen, limit

if TYPE_CHECKING:
    import polars as pl

    from orchestration.spec import Source

_PLAIN = re.compile(r"\['([^\W\d]\w*)'\]")
MAX_KEYS_SHOWN = 10


def read(content: bytes, source: Source) -> list[Grid]:
    """The one grid of a JSON file.

    Raises:
        RefusedError: no valid JSON, a key twice in an object, or no records at the declared path.
    """
    import polars as pl

    data = parsed(decode(content, source.encoding))
    found = _records(data, source)
    columns = []
    try:
        for column in _columns(*_named(found.records), found.records, len(found.records)):
            columns.append(column)
            if len(columns) > MAX_COLUMNS:
                raise unsafe(
                    f"记录的键超过 {MAX_COLUMNS} 个",
                    f"the records have more than {MAX_COLUMNS} keys",
                )
    except RecursionError:
        raise unsafe("JSON 嵌套过深", "the JSON is nested too deeply") from None
    if not columns and not any(found.parts):
        return [Grid(name="", cells=build([], [], []), addressing="path")]
    if not columns:  # bare values, none of which is there
        columns = [("value", "", pl.Series("text", found.records, dtype=pl.String))]
    columns += [*_keys(found, source.keys), *_parents(data, found, source.parents)]
    limit(len(columns) * len(found.records))
    texts = [values for _, _, values in columns]
    base = pl.Series("place", found.places, dtype=pl.String)
    where = interleave([base + suffix for _, suffix, _ in columns]).alias("place")
    # The place of an empty cell is of no use: both are filtered alike.
    values = lengthen(texts, first_row=2, is_stripped=True)
    filled = interleave(texts)
    values = values.with_columns(where.filter((filled != "").fill_null(value=False)))
    values = values.with_columns(pl.col("text").str.strip_chars()).filter(pl.col("text") != "")
    width = len(columns)
    head = build(
        [1] * width,
        list(range(1, width + 1)),
        [name for name, _, _ in columns],
        {"place": [f"{source.records_at}{suffix}" for _, suffix, _ in columns]},
    )
    cells = pl.concat([head, values])
    return [Grid(name="", cells=cells, height=len(found.records) + 1, addressing="path")]


@dataclass(frozen=True)
class _Found:
    """The records that a path names.

    Attributes:
        places: Where each stands.
        records: Objects; with declared keys of the way to them bare values too.
        parts: The steps to each, where a declaration asks for them.
    """

    places: list[str]
    records: list[Any]
    parts: list[tuple[str | int, ...]]


def _named(records: list[Any]) -> tuple[str, str]:
    """Header and end of the place of what the records are: a bare value is a column of its own."""
    return ("", "") if any(type(record) is dict for record in records) else ("value", "")


def _records(data: Any, source: Source) -> _Found:
    """The records that a path names, each with its own place."""
    import jsonpath

    path = source.records_at
    if not isinstance(data, dict | list):
        # The library would take a text for JSON once more.
        raise _missing(data, path, "文件只是一个值", "the file is a single value")
    # All elements of what a path names: one query for the parent is enough.
    parent = path.removesuffix("[*]")
    try:
        matches = list(jsonpath.finditer(parent, data))
    except jsonpath.JSONPathError as error:
        raise _missing(data, path, f"路径无效 ({type(error).__name__})", "no valid path") from None
    except RecursionError:
        raise unsafe("JSON 嵌套过深", "the JSON is nested too deeply") from None
    found = _Found([], [], [])
    for match in matches:
        place = _PLAIN.sub(r".\1", str(match.path))
        way = tuple(match.parts)
        if parent == path:
            inner: list[tuple[Any, str, Any]] = [((), "", match.obj)]
        elif isinstance(match.obj, list):
            inner = [((n,), f"[{n}]", value) for n, value in enumerate(match.obj)]
        elif isinstance(match.obj, dict):
            inner = [((key,), step_of(key), value) for key, value in match.obj.items()]
        else:
            continue
        found.places.extend([place + step for _, step, _ in inner])
        found.records.extend([value for _, _, value in inner])
        if source.keys or source.parents:
            found.parts.extend([way + last for last, _, _ in inner])
    if not found.records:
        refuse_error(data)
        raise _missing(data, path, "该路径下没有记录", "nothing stands there")
    _refuse_others(data, path, found)
    return found


def _refuse_others(data: Any, path: str, found: _Found) -> None:
    """Records are objects, or bare values that their keys tell apart."""
    kinds = {type(record) for record in found.records}
    if kinds == {dict} or (found.parts and not kinds & {dict, list}):
        return
    refuse_error(data)
    at = next(
        place
        for place, record in zip(found.places, found.records, strict=True)
        if not isinstance(record, dict)
    )
    raise _missing(data, path, f"{at} 不是对象", f"{at} is no object")


def _keys(found: _Found, names: Sequence[str]) -> Iterator[tuple[str, str, pl.Series]]:
    """The last steps on the way to each record, as columns."""
    import polars as pl

    for back, name in zip(range(len(names), 0, -1), names, strict=True):
        texts = [str(way[-back]) if len(way) >= back else None for way in found.parts]
        yield name, f"#{name}", pl.Series("text", texts, dtype=pl.String)


def _parents(
    data: Any, found: _Found, fields: Sequence[str]
) -> Iterator[tuple[str, str, pl.Series]]:
    """Fields of the objects around each record; one that none of them has is no column."""
    import polars as pl

    known: dict[tuple[str | int, ...], list[dict[str, Any]]] = {}
    for field in fields:
        out, name = field.count("../") - 1, field.rpartition("/")[2]
        texts: list[str | None] = []
        has_any = False
        for way in found.parts:
            holder = way[:-1]
            if holder not in known:
                known[holder] = _around(data, holder)
            around = known[holder]
            outer = around[out] if out < len(around) else {}
            is_told, value = _field(outer, name)
            has_any |= is_told
            texts.append(scalar(value))
        if has_any:
            yield field, f"#{field}", pl.Series("text", texts, dtype=pl.String)


def _field(outer: dict[str, Any], name: str) -> tuple[bool, Any]:
    """Whether an object has a field, and its value; region.name is that of an object in it."""
    if name in outer:
        return True, outer[name]
    key, _, rest = name.partition(".")
    inner = outer.get(key)
    return _field(inner, rest) if rest and isinstance(inner, dict) else (False, None)


def _around(data: Any, way: Sequence[str | int]) -> list[dict[str, Any]]:
    """The objects that one comes through on the way, from the innermost outwards."""
    passed = [data]
    for step in way:
        passed.append(passed[-1][step])
    return [value for value in reversed(passed) if isinstance(value, dict)]


def _missing(data: Any, path: str, zh: str, en: str) -> RefusedError:
    have = list(_hints(data, "$"))[:MAX_KEYS_SHOWN]
    return RefusedError(
        "delivery.missing-records",
        path,
        f"{zh}; 文件中有: {', '.join(have)}",
        f"{en}; the file has {', '.join(have)}",
    )


def _hints(data: Any, place: str, depth: int = 0) -> Iterator[str]:
    """Where records might be: arrays of objects first, then the keys of the top."""
    if isinstance(data, list):
        if any(isinstance(item, dict) for item in data[:10]):
            yield f"{place}[*]"
        elif depth == 0:
            yield f"{place} (an array)"
    elif isinstance(data, dict) and depth < 6:
        for key, value in list(data.items())[:50]:
            if isinstance(value, dict | list):
                yield from _hints(value, f"{place}{step_of(key)}", depth + 1)
            elif depth == 0:
                yield f"{place}{step_of(key)}"


def step_of(key: str) -> str:
    """The step of a path to a key."""
    if re.fullmatch(r"[^\W\d]\w*", key):
        return f".{key}"
    escaped = key.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"


def _columns(
    name: str, suffix: str, values: list[Any], cells: int
) -> Iterator[tuple[str, str, pl.Series]]:
    """The leaves below one key as (header, end of the place, texts), record by record."""
    import polars as pl

    kinds = set(map(type, values))
    scalars = kinds - {dict, list, type(None)}
    if scalars:
        texts = values if kinds <= {str, type(None)} else [scalar(value) for value in values]
        yield name, suffix, pl.Series("text", texts, dtype=pl.String)
    for kind in (dict, list):
        if kind not in kinds:
            continue
        for key, inner in _unfold(values, kind):
            if kind is list:
                step = header = f"[{key}]"
            else:
                step, header = step_of(key), f".{key}" if name else key
            cells += len(values)
            _refuse_scattered(cells)
            yield from _columns(name + header, suffix + step, inner, cells)


def _refuse_scattered(cells: int) -> None:
    if cells > MAX_CELLS:
        raise unsafe("记录的键过于分散", "the records have too many different keys")


def _unfold(values: list[Any], kind: type) -> Iterator[tuple[Any, list[Any]]]:
    if kind is dict:
        keys: dict[str, None] = {}
        shapes: set[tuple[str, ...]] = set()
        for value in values:
            if type(value) is dict:
                shape = tuple(value)
                if shape not in shapes:
                    shapes.add(shape)
                    keys.update(dict.fromkeys(shape))
        _refuse_scattered(len(keys) * len(values))
        if set(map(type, values)) == {dict}:
            if len(shapes) == 1:
                by_key = zip(*(value.values() for value in values), strict=True)
                yield from zip(keys, map(list, by_key), strict=True)
                return
            for key in keys:
                yield key, [value.get(key) for value in values]
        else:
            for key in keys:
                yield key, [v.get(key) if type(v) is dict else None for v in values]
    else:
        longest = max(len(value) for value in values if type(value) is list)
        _refuse_scattered(longest * len(values))
        for index in range(longest):
            yield (
                index,
                [v[index] if type(v) is list and index < len(v) else None for v in values],
            )
