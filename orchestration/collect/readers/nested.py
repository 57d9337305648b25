"""JSON files: the records that a JSONPath names, flattened into a grid.

Belongs here: records, nested keys and where each value stood. Does not belong here: services that
deliver JSON (``connectors``).

Row 1 of the grid is the header: all keys of the records in the order in which they first appear,
nested ones joined by dots (``data.strdata``), places in arrays in brackets (``tags[0]``). Numbers
keep the digits of the file. Null is no cell; true and false are texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from orchestration.collect.grid import Grid, RefusedError
from orchestration.collect.readers.containers import unsafe
from orchestration.collect.readers.delimited import decode
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

    data = _parse(decode(content, source.encoding))
    places, records = _records(data, source.records_at)
    columns = list(_columns("", "", records, len(records)))
    if not columns:
        return [Grid(name="", cells=build([], [], []), addressing="path")]
    limit(len(columns) * len(records))
    texts = [values for _, _, values in columns]
    base = pl.Series("place", places, dtype=pl.String)
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
    return [Grid(name="", cells=cells, height=len(records) + 1, addressing="path")]


def _parse(text: bytes) -> Any:
    def constant(name: str) -> Any:
        raise RefusedError(
            "delivery.unreadable-file",
            "file",
            f"含有 {name}, 不是有效的 JSON",
            f"it holds {name}, which JSON does not have",
        )

    try:
        return json.loads(
            text,
            parse_float=str,
            parse_int=str,
            parse_constant=constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise RefusedError(
            "delivery.unreadable-file",
            f"line {error.lineno}",
            f"不是有效的 JSON (第 {error.lineno} 行第 {error.colno} 列)",
            f"not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})",
        ) from None
    except RecursionError:
        raise unsafe("JSON 嵌套过深", "the JSON is nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in found if keys.count(key) > 1)
        raise RefusedError(
            "delivery.unreadable-file",
            f"key {twice}",
            f"同一对象中键 {twice} 出现两次",
            f"the key {twice} stands twice in one object",
        )
    return found


def _records(data: Any, path: str) -> tuple[list[str], list[dict[str, Any]]]:
    """The records that a path names, each with its own place."""
    import jsonpath

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
    places: list[str] = []
    records: list[Any] = []
    for match in matches:
        place = _PLAIN.sub(r".\1", str(match.path))
        if parent == path:
            places.append(place)
            records.append(match.obj)
        elif isinstance(match.obj, list):
            places.extend([f"{place}[{index}]" for index in range(len(match.obj))])
            records.extend(match.obj)
        elif isinstance(match.obj, dict):
            places.extend(f"{place}{_step(key)}" for key in match.obj)
            records.extend(match.obj.values())
    if not records:
        raise _missing(data, path, "该路径下没有记录", "nothing stands there")
    others = {type(record) for record in records} - {dict}
    if others:
        at = next(p for p, r in zip(places, records, strict=True) if not isinstance(r, dict))
        raise _missing(data, path, f"{at} 不是对象", f"{at} is no object")
    return places, records


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
                yield from _hints(value, f"{place}{_step(key)}", depth + 1)
            elif depth == 0:
                yield f"{place}{_step(key)}"


def _step(key: str) -> str:
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
        texts = values if kinds <= {str, type(None)} else [_scalar(value) for value in values]
        yield name, suffix, pl.Series("text", texts, dtype=pl.String)
    for kind in (dict, list):
        if kind not in kinds:
            continue
        for key, inner in _unfold(values, kind):
            if kind is list:
                step = header = f"[{key}]"
            else:
                step, header = _step(key), f".{key}" if name else key
            if cells > 10 * MAX_CELLS:
                raise unsafe("记录的键过于分散", "the records have too many different keys")
            cells += len(values)
            yield from _columns(name + header, suffix + step, inner, cells)


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
        for index in range(longest):
            yield (
                index,
                [v[index] if type(v) is list and index < len(v) else None for v in values],
            )


def _scalar(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None
