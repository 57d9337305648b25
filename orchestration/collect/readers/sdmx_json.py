"""SDMX-JSON 1.0 and 2.0: observations keyed by the positions of their dimensions.

Belongs here: the order of dimensions and attributes, and of series and observations. Does not
belong here: fetching it (``connectors``; the OECD, the ECB and the BIS answer so), JSON-stat
(``cube``), and what a component means (the declaration).

One row for each observation, in the order of the file. Its place is that of the observation:
``$.dataSets[0].series['0:1'].observations['3']``. Columns: the id of every dimension with the id
of its value, ``OBS_VALUE``, and the ids of the attributes of series and observation; the names of
values are offered as ``REF_AREA.label``. A number that is null is a blank cell. Attributes of the
whole set are offered: they say of all figures the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.collect.grid import Grid, Listing, RefusedError
from orchestration.collect.readers.answers import parsed, plain_number, refuse_error, scalar
from orchestration.collect.readers.delimited import decode
from orchestration.collect.readers.frames import by_columns, limit

if TYPE_CHECKING:
    from orchestration.spec import Source

VALUE = "OBS_VALUE"
_LEVELS = ("dataSet", "series", "observation")


@dataclass(frozen=True)
class _Component:
    """A dimension or attribute: its id, and the ids and names of its values by position."""

    id: str
    ids: list[str | None]
    names: list[str | None]


@dataclass(frozen=True)
class _Structure:
    """Components by level: of the set, of a series, of an observation."""

    dimensions: dict[str, list[_Component]]
    attributes: dict[str, list[_Component]]


def is_sdmx(data: Any) -> bool:
    """Whether a parsed JSON file is SDMX-JSON with data."""
    body = _body(data)
    return isinstance(body.get("dataSets"), list) and _structure_of(body) is not None


def read(content: bytes, source: Source) -> list[Grid]:
    """The one grid of an SDMX-JSON message.

    Raises:
        RefusedError: no JSON, an error of the service, no SDMX-JSON with one data set, or keys
            that its structure does not have.
    """
    import polars as pl

    data = parsed(decode(content, source.encoding))
    refuse_error(data)
    body = _body(data)
    sets, held = body.get("dataSets"), _structure_of(body)
    if not isinstance(sets, list) or held is None:
        raise _refused("$", "不是 SDMX-JSON: 缺少 dataSets 或 structure", "no SDMX-JSON: dataSets "
                       "or structure is missing")  # fmt: skip
    filled = [one for one in sets if isinstance(one, dict)]
    if len(filled) != 1:
        raise _refused("$.dataSets", f"含有 {len(filled)} 个数据集, 请分别查询",
                       f"it holds {len(filled)} data sets: ask for each by itself")  # fmt: skip
    structure = _Structure(_components(held, "dimensions"), _components(held, "attributes"))
    prefix = "$.data.dataSets[0]" if "dataSets" not in data else "$.dataSets[0]"
    rows = list(_rows(filled[0], structure, prefix))
    limit(len(rows))
    named = dict.fromkeys(name for row, _ in rows for name in row)
    columns = [
        pl.Series(str(n), [name, *(row.get(name) for row, _ in rows)], dtype=pl.String)
        for n, name in enumerate(named, start=1)
    ]
    places = pl.Series([place for _, place in rows], dtype=pl.String)
    whole = {
        part.id for part in (*structure.attributes["dataSet"], *structure.dimensions["dataSet"])
    }
    offered = frozenset(name for name in named if name.endswith(".label") or name in whole)
    frame = pl.DataFrame(columns)
    return [Listing(by_columns(frame, is_stripped=False), places, VALUE, offered)]


def _body(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        return {}
    inner = data.get("data")
    return inner if "dataSets" not in data and isinstance(inner, dict) else data


def _structure_of(body: dict[str, Any]) -> dict[str, Any] | None:
    held = body.get("structure")
    several = body.get("structures")
    if held is None and isinstance(several, list) and len(several) == 1:
        held = several[0]
    return held if isinstance(held, dict) and isinstance(held.get("dimensions"), dict) else None


def _components(held: dict[str, Any], kind: str) -> dict[str, list[_Component]]:
    told = held.get(kind)
    found: dict[str, list[_Component]] = {}
    for level in _LEVELS:
        listed = told.get(level) if isinstance(told, dict) else None
        found[level] = [
            _component(part) for part in (listed if isinstance(listed, list) else []) if part
        ]
    return found


def _component(part: Any) -> _Component:
    if not isinstance(part, dict) or not isinstance(part.get("id"), str):
        raise _refused("$.structure", "structure 中有一项没有 id", "a component has no id")
    values = part.get("values")
    listed = [
        v if isinstance(v, dict) else {} for v in (values if isinstance(values, list) else [])
    ]
    names = [scalar(value.get("name")) for value in listed]
    ids = [scalar(value.get("id")) or scalar(value.get("value")) for value in listed]
    return _Component(part["id"], [i or n for i, n in zip(ids, names, strict=True)], names)


def _rows(
    data: dict[str, Any], structure: _Structure, prefix: str
) -> Iterator[tuple[dict[str, str | None], str]]:
    """The texts of each observation by header, and where it stands."""
    of_set = _said(structure.dimensions["dataSet"], [0] * len(structure.dimensions["dataSet"]), "")
    of_set |= _said(structure.attributes["dataSet"], _positions(data.get("attributes")), prefix)
    for key, series in _items(data.get("series"), f"{prefix}.series"):
        place = f"{prefix}.series['{key}']"
        told = of_set | _keyed(structure.dimensions["series"], key, place)
        inner = series if isinstance(series, dict) else {}
        told |= _said(structure.attributes["series"], _positions(inner.get("attributes")), place)
        yield from _observations(inner, structure, told, place)
    yield from _observations(data, structure, of_set, prefix)


def _observations(
    held: dict[str, Any], structure: _Structure, told: dict[str, str | None], prefix: str
) -> Iterator[tuple[dict[str, str | None], str]]:
    for key, values in _items(held.get("observations"), f"{prefix}.observations"):
        place = f"{prefix}.observations['{key}']"
        listed = values if isinstance(values, list) else [values]
        own = _keyed(structure.dimensions["observation"], key, place)
        number = plain_number(scalar(listed[0])) if listed else None
        said = _said(structure.attributes["observation"], _positions(listed[1:]), place)
        yield told | own | {VALUE: number} | said, place


def _items(held: Any, place: str) -> Iterator[tuple[str, Any]]:
    if held is None:
        return
    if not isinstance(held, dict):
        raise _refused(place, "应为按位置编号的对象", "an object keyed by positions is expected")
    yield from held.items()


def _keyed(parts: list[_Component], key: str, place: str) -> dict[str, str | None]:
    """What a key such as 0:3:1 says of each dimension."""
    numbers = key.split(":")
    if len(numbers) != len(parts) or not all(number.isdigit() for number in numbers):
        raise _refused(place, f"键 {key[:40]} 与 {len(parts)} 个维度不符",
                       f"the key {key[:40]} does not fit {len(parts)} dimensions")  # fmt: skip
    return _said(parts, [int(number) for number in numbers], place)


def _positions(listed: Any) -> list[int | str | None]:
    """Positions of values; what is no number is a value itself, as version 2 allows."""
    if not isinstance(listed, list):
        return []
    texts = [scalar(item) for item in listed]
    return [int(text) if text is not None and text.isdigit() else text for text in texts]


def _said(
    parts: list[_Component], positions: list[int | str | None] | list[int], place: str
) -> dict[str, str | None]:
    told: dict[str, str | None] = {}
    for part, position in zip(parts, positions, strict=False):
        if not isinstance(position, int):
            told[part.id] = position
            continue
        if not part.ids:
            told[part.id] = str(position)  # an attribute without a list: the value itself
            continue
        if position >= len(part.ids):
            raise _refused(place, f"{part.id} 没有第 {position} 项",
                           f"{part.id} has no value at position {position}")  # fmt: skip
        told[part.id] = part.ids[position]
        if part.names[position] is not None and part.names[position] != part.ids[position]:
            told[f"{part.id}.label"] = part.names[position]
    return told


def _refused(place: str, zh: str, en: str) -> RefusedError:
    return RefusedError("delivery.unreadable-file", place, zh, en)
