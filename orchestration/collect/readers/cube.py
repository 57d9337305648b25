"""JSON-stat (2.0, and the older form under ``dataset``): a cube of numbers becomes rows.

Belongs here: the order of the cells, categories, units, notes and statuses of a cube. Does not
belong here: fetching it (``connectors``; PxWeb 2 and Eurostat answer so), and deciding which
dimension is the region or the time (the declaration).

One row for each cell of the cube, in its order (the last dimension varies fastest), missing ones
too: whether the file writes null, leaves the key of a sparse object out or says nothing else, a
cell without a number is a blank cell. Its place is ``$.value[7]``, or ``$.value['7']`` where the
values are an object. Columns: the category code of every dimension under the id of the dimension;
``value``; ``status`` where there is any. Offered beside them (a declaration need not know of
them), where a dimension has them: ``<id>.label``, ``<id>.unit``, ``<id>.decimals``, ``<id>.note``.
A power of ten that the file says of a unit, ``<id>.multiplier``, has to be declared where it is
not 0: without it every figure would be off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

from orchestration.collect.grid import Grid, Listing, RefusedError
from orchestration.collect.readers.answers import parsed, plain_number, refuse_error, scalar
from orchestration.collect.readers.delimited import decode
from orchestration.collect.readers.frames import by_columns, limit

if TYPE_CHECKING:
    import polars as pl

    from orchestration.spec import Source

MOST_TOLD = 5
VALUE, STATUS = "value", "status"


@dataclass(frozen=True)
class Dimension:
    """One dimension of a cube.

    Attributes:
        codes: Its categories in their order.
        about: What the file says of the categories, as (name, text of each): label, unit, …
        role: What the file says that it is: time, geo, metric, or nothing.
    """

    id: str
    codes: list[str]
    about: dict[str, list[str | None]] = field(default_factory=dict)
    role: str = ""


@dataclass(frozen=True)
class Cube:
    """A data set of JSON-stat.

    Attributes:
        values: The number of each cell; null where there is none.
        statuses: The status of each cell; None where the file has no statuses.
        places: Where each cell stands.
    """

    dimensions: list[Dimension]
    values: pl.Series
    statuses: pl.Series | None
    places: pl.Series


def read(content: bytes, source: Source) -> list[Grid]:
    """The one grid of a JSON-stat file.

    Raises:
        RefusedError: no JSON, an error of the service, no data set of JSON-stat, or one whose
            parts contradict one another.
    """
    import polars as pl

    cube = cube_of(parsed(decode(content, source.encoding)))
    columns = list(_columns(cube))
    offered = frozenset(name for name, _, is_offered in columns if is_offered)
    texts = pl.DataFrame(
        [
            pl.concat([pl.Series([name], dtype=pl.String), values]).alias(str(n))
            for n, (name, values, _) in enumerate(columns, start=1)
        ]
    )
    return [Listing(by_columns(texts, is_stripped=False), cube.places, VALUE, offered)]


def _columns(cube: Cube) -> Iterator[tuple[str, pl.Series, bool]]:
    """The columns of a cube as (header, texts, whether it is merely offered)."""
    import polars as pl

    sizes = [len(dimension.codes) for dimension in cube.dimensions]
    cells = pl.int_range(0, prod(sizes), dtype=pl.UInt32, eager=True)
    for n, dimension in enumerate(cube.dimensions):
        position = (cells // prod(sizes[n + 1 :])) % sizes[n]
        yield dimension.id, pl.Series(dimension.codes, dtype=pl.String).gather(position), False
        for name, texts in dimension.about.items():
            said = pl.Series(texts, dtype=pl.String).gather(position)
            is_offered = name != "multiplier" or not {*texts} - {None, "0"}
            yield f"{dimension.id}.{name}", said, is_offered
    yield VALUE, cube.values, False
    if cube.statuses is not None:
        yield STATUS, cube.statuses, False


def cube_of(data: Any) -> Cube:
    """The cube in an answer.

    Raises:
        RefusedError: see ``read``.
    """
    refuse_error(data)
    root, held = _held(data)
    inner = _object(held.get("dimension"), f"{root}.dimension")
    ids = _list(held.get("id", inner.get("id")), f"{root}.id")
    sizes = _sizes(held.get("size", inner.get("size")), f"{root}.size")
    if len(ids) != len(sizes):
        raise _broken(
            f"{root}.size",
            f"有 {len(ids)} 个维度, size 却有 {len(sizes)} 个数",
            f"there are {len(ids)} dimensions, and {len(sizes)} sizes",
        )
    if len(set(ids)) < len(ids):
        raise _broken(f"{root}.id", "同一维度出现两次", "a dimension stands twice")
    roles = _roles(held.get("role", inner.get("role")))
    dimensions = [
        _dimension(name, size, inner, f"{root}.dimension", roles.get(name, ""))
        for name, size in zip(ids, sizes, strict=True)
    ]
    if not prod(sizes):
        raise RefusedError(
            "delivery.empty-file", f"{root}.size", "数据表没有任何单元", "the table has no cells"
        )
    limit(prod(sizes) * (len(ids) + 1))
    values, places = _values(held.get("value"), prod(sizes), f"{root}.value")
    return Cube(dimensions, values, _statuses(held, prod(sizes), root), places)


def is_cube(data: Any) -> bool:
    """Whether an answer is a data set of JSON-stat."""
    try:
        held = _held(data)[1]
    except RefusedError:
        return False
    return "value" in held and isinstance(held.get("dimension"), dict)


def _held(data: Any) -> tuple[str, dict[str, Any]]:
    """The data set and where it stands: the root or, in the older form, one key of it."""
    if isinstance(data, dict):
        if "dimension" in data and data.get("class", "dataset") == "dataset":
            return "$", data
        inner = [key for key, value in data.items() if isinstance(value, dict)]
        older = [key for key in inner if "dimension" in data[key] and "value" in data[key]]
        if len(older) == 1 and "class" not in data:
            return f"$.{older[0]}", data[older[0]]
        kind = scalar(data.get("class"))
        if kind in ("collection", "dimension"):
            zh = f"是 JSON-stat 的 {kind}, 不含数据; 请查询其中的数据表"
            en = f"it is a {kind} of JSON-stat, which holds no figures: ask for a table of it"
            raise RefusedError("delivery.missing-records", "$", zh, en)
    keys = "、".join(list(data)[:MOST_TOLD]) if isinstance(data, dict) else ""
    raise RefusedError(
        "delivery.missing-records",
        "$",
        "不是 JSON-stat 数据表" + (f", 文件中有: {keys}" if keys else ""),
        "no data set of JSON-stat" + (f"; the file has {keys.replace('、', ', ')}" if keys else ""),
    )


def _roles(roles: Any) -> dict[str, str]:
    if not isinstance(roles, dict):
        return {}
    return {
        str(name): role
        for role, names in roles.items()
        for name in (names if isinstance(names, list) else [names])
    }


# --- dimensions ------------------------------------------------------------------------------


def _dimension(name: str, size: int, held: dict[str, Any], at: str, role: str) -> Dimension:
    at = f"{at}.{name}"
    if name not in held:
        have = [key for key in held if key not in ("id", "size", "role")][:MOST_TOLD]
        raise _broken(
            at,
            f"缺少维度“{name}”的说明; 有: {'、'.join(have)}",
            f"the dimension {name!r} is not described; there are {', '.join(have)}",
        )
    described = _object(held[name], at)
    category = _object(described.get("category"), f"{at}.category")
    codes = _codes(category, f"{at}.category.index")
    if len(codes) != size:
        raise _broken(
            at,
            f"维度“{name}”有 {len(codes)} 个类目, size 却为 {size}",
            f"the dimension {name!r} has {len(codes)} categories, and its size is {size}",
        )
    return Dimension(name, codes, _about(described, category, codes), role)


def _codes(category: Mapping[str, Any], at: str) -> list[str]:
    """The codes in their order: an array of them, their positions, or one label alone."""
    index = category.get("index")
    if index is None:
        index = list(_object(category.get("label"), at))
        if len(index) > 1:
            raise _broken(at, "缺少类目的次序 (index)", "the order of the categories is missing")
    if isinstance(index, list):
        codes = _list(index, at)
        if len(set(codes)) < len(codes):
            raise _broken(at, "同一类目出现两次", "a category stands twice")
        return codes
    positions = {code: scalar(position) or "" for code, position in _object(index, at).items()}
    if sorted(positions.values()) != sorted(map(str, range(len(positions)))):
        raise _broken(
            at,
            f"类目的次序不是 0 至 {len(positions) - 1} 各一次",
            f"the positions of the categories are not 0 to {len(positions) - 1}, each once",
        )
    return sorted(positions, key=lambda code: int(positions[code]))


def _about(
    described: Mapping[str, Any], category: Mapping[str, Any], codes: Sequence[str]
) -> dict[str, list[str | None]]:
    """What the file says of the categories, where it says anything."""
    labels = _mapping(category.get("label"))
    units = {code: _mapping(unit) for code, unit in _mapping(category.get("unit")).items()}
    notes = _mapping(category.get("note"))
    whole = _notes(described.get("note"))
    about: dict[str, list[str | None]] = {
        "label": [scalar(labels.get(code)) for code in codes],
        "unit": [_unit(units.get(code, {})) for code in codes],
        "decimals": [scalar(units.get(code, {}).get("decimals")) for code in codes],
        "multiplier": [_power(units.get(code, {})) for code in codes],
        "note": [_notes([whole, _notes(notes.get(code))]) for code in codes],
    }
    return {name: texts for name, texts in about.items() if any(texts)}


def _unit(unit: Mapping[str, Any]) -> str | None:
    told = (scalar(unit.get(key)) for key in ("base", "label", "symbol"))
    return next((text for text in told if text), None)


def _power(unit: Mapping[str, Any]) -> str | None:
    return scalar(unit.get("multiplier", unit.get("mult")))


def _notes(notes: Any) -> str | None:
    listed = notes if isinstance(notes, list) else [notes]
    return "；".join(text.strip() for text in listed if isinstance(text, str) and text) or None


# --- cells -----------------------------------------------------------------------------------


def _values(values: Any, cells: int, at: str) -> tuple[pl.Series, pl.Series]:
    import polars as pl

    order = pl.int_range(0, cells, dtype=pl.UInt32, eager=True).cast(pl.String)
    if isinstance(values, list):
        if len(values) != cells:
            raise _broken(
                at,
                f"有 {len(values)} 个值, 各维度 size 之积为 {cells}",
                f"there are {len(values)} values, and the sizes multiply to {cells}",
            )
        return _numbers(values, at), f"{at}[" + order + "]"
    sparse = _object(values, at)
    texts = list(sparse.values())
    # An index that stands at no cell would be a figure of nothing.
    whole = _at_cells(sparse, cells, at)
    filled = pl.Series([None], dtype=pl.String).new_from_index(0, cells)
    return filled.scatter(whole, _numbers(texts, at)), f"{at}['" + order + "']"


def _at_cells(keys: Mapping[str, Any], cells: int, at: str) -> pl.Series:
    """The cells that the keys of a sparse object name."""
    import polars as pl

    written = pl.Series(list(keys), dtype=pl.String)
    number = written.str.extract("^(0|[1-9][0-9]{0,9})$", 1).cast(pl.UInt64)
    wrong = (number.is_null() | (number >= cells)).arg_true()
    if len(wrong):
        key = written[wrong[0]]
        raise _broken(
            f"{at}['{key}']",
            f"序号 {key} 不是 0 至 {cells - 1} 之一",
            f"the index {key} is none of 0 to {cells - 1}",
        )
    return number


def _numbers(values: Sequence[Any], at: str) -> pl.Series:
    import polars as pl

    kinds = set(map(type, values))
    if kinds & {dict, list}:
        raise _broken(at, "值中有对象或数组", "objects or arrays stand among the values")
    plain = kinds <= {str, type(None)}
    texts = pl.Series(values if plain else [*map(scalar, values)], dtype=pl.String)
    with_power = texts.str.contains("[eE]").fill_null(value=False).arg_true()
    if len(with_power):
        written_out = [plain_number(text) for text in texts.gather(with_power)]
        texts = texts.scatter(with_power, written_out)
    return texts


def _statuses(held: Mapping[str, Any], cells: int, root: str) -> pl.Series | None:
    """The status of each cell: of all of them, by position, or one by one."""
    import polars as pl

    status, at = held.get("status"), f"{root}.status"
    if status is None or status in ({}, [], ""):
        return None
    if isinstance(status, str):
        status = [status]
    if isinstance(status, list):
        if len(status) not in (1, cells):
            raise _broken(
                at,
                f"有 {len(status)} 个状态, 应为 1 个或 {cells} 个",
                f"there are {len(status)} statuses, and there should be 1 or {cells}",
            )
        given = pl.Series([*map(scalar, status)], dtype=pl.String)
        return given.new_from_index(0, cells) if len(status) == 1 else given
    sparse = _object(status, at)
    empty = pl.Series([None], dtype=pl.String).new_from_index(0, cells)
    return empty.scatter(_at_cells(sparse, cells, at), [*map(scalar, sparse.values())])


# --- shapes ----------------------------------------------------------------------------------


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _object(value: Any, at: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise _broken(at, "不是对象", "it is no object")


def _list(value: Any, at: str) -> list[str]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise _broken(at, "不是文本的数组", "it is no array of texts")


def _sizes(value: Any, at: str) -> list[int]:
    texts = _list(value, at)
    if not all(re.fullmatch("[0-9]{1,9}", text) for text in texts):
        raise _broken(at, "不是自然数的数组", "it is no array of whole numbers")
    return [int(text) for text in texts]


def _broken(at: str, zh: str, en: str) -> RefusedError:
    """JSON-stat whose parts contradict one another: nobody knows which number is which."""
    zh, en = f"JSON-stat 前后不符: {zh}", f"JSON-stat: {en}"
    return RefusedError("delivery.unreadable-file", at, zh, en)
