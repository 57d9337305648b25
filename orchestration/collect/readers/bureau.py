"""Answers of the national bureau's data service (国家数据), in its old and its new shape.

Belongs here: both shapes as the same rows. Does not belong here: fetching them (``connectors``),
and other services that happen to send JSON (``nested``).

Old (``easyquery.htm``, closed in 2026): ``returndata.datanodes``, a number each with the codes of
its dimensions (``wds``: ``zb`` indicator, ``reg`` region, ``sj`` time), and ``wdnodes`` with names
and units of the codes. Where ``hasdata`` is false there is no number, whatever ``data`` says (0.0
does); ``strdata`` is the figure as the site shows it, ``data`` may have digits beyond it.

New (``stream/esData``): ``data``, an entry for each time (``code`` such as ``202509MM``,
``202404SS``, ``2025YY``), in it ``values``, one for each indicator and region: ``_id``,
``i_showname``, ``value`` (a text, "" where there is none), ``du_name`` the unit, ``da`` the region
in twelve digits.

Columns of either: ``zb``, ``zb.name``, ``zb.unit``, ``reg``, ``reg.name``, ``sj``, ``sj.name``,
``value``; further dimensions of the old shape under their code. Only codes and the value have to
be declared; names, units, ``zb.memo``, ``decimals`` and, in the new shape, every other field of a
value by its name are offered. A blank value stays a row: a missing figure.

What could not be ascertained: how the old one wrote quarters (``sj.name`` says them in words, and
a declaration can take its periods from there). The new one is described by those who call it
alone. That SS is a quarter is how all of them use it; whether it knows other endings is unknown,
and such a period is quarantined. Ids of indicators are not those of the old one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.collect.grid import Grid, Listing, RefusedError
from orchestration.collect.readers.answers import parsed, plain_number, refuse_error, scalar
from orchestration.collect.readers.delimited import decode
from orchestration.collect.readers.frames import by_columns, limit

if TYPE_CHECKING:
    from orchestration.spec import Source

VALUE = "value"
_KNOWN = ("zb", "reg", "sj")
Texts = list[str | None]


@dataclass(frozen=True)
class _Table:
    """The rows of an answer.

    Attributes:
        columns: Texts by header; ``value`` among them.
        must: Headers that a declaration has to name, or to ignore.
        places: Where each value stands.
    """

    columns: dict[str, Texts]
    must: frozenset[str]
    places: list[str]


def read(content: bytes, source: Source) -> list[Grid]:
    """The one grid of an answer.

    Raises:
        RefusedError: no JSON, an error of the service, or neither of the two shapes.
    """
    import polars as pl

    data = parsed(decode(content, source.encoding))
    refuse_error(data)
    table = _old(data) if _is_old(data) else _new(data)
    if not table.places:
        zh, en = "返回中没有任何数据节点", "there is not one value in the answer"
        raise RefusedError("delivery.empty-file", "file", zh, en)
    filled = {name: texts for name, texts in table.columns.items() if name == VALUE or any(texts)}
    limit(len(filled) * len(table.places))
    texts = pl.DataFrame(
        [
            pl.Series(str(n), [name, *values], dtype=pl.String)
            for n, (name, values) in enumerate(filled.items(), start=1)
        ]
    )
    offered = frozenset(filled) - table.must
    places = pl.Series(table.places, dtype=pl.String)
    return [Listing(by_columns(texts, is_stripped=False), places, VALUE, offered)]


def is_answer(data: Any) -> bool:
    """Whether JSON is an answer of the bureau, in either shape."""
    if _is_old(data):
        nodes = data["returndata"].get("datanodes")
        return isinstance(nodes, list) and all(isinstance(n, dict) and "wds" in n for n in nodes)
    return _is_new(data)


def _is_old(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("returndata"), dict)


def _is_new(data: Any) -> bool:
    entries = data.get("data") if isinstance(data, dict) else None
    return isinstance(entries, list) and all(
        isinstance(entry, dict) and "code" in entry and isinstance(entry.get("values"), list)
        for entry in entries
    )


# --- the old shape ---------------------------------------------------------------------------


def _old(data: Mapping[str, Any]) -> _Table:
    held = data["returndata"]
    nodes = _objects(held.get("datanodes"), "$.returndata.datanodes")
    told = _told(held.get("wdnodes"))
    at = [_codes(node, n) for n, node in enumerate(nodes)]
    names = sorted({name for codes in at for name in codes}, key=_order)
    columns: dict[str, Texts] = {}
    for name in names:
        codes = [own.get(name) for own in at]
        columns[name] = codes
        about = told.get(name, {})
        for what, texts in about.items():
            columns[f"{name}.{what}"] = [texts.get(code) if code else None for code in codes]
    numbers = [_mapping(node.get("data")) for node in nodes]
    columns["decimals"] = [scalar(number.get("dotcount")) for number in numbers]
    columns[VALUE] = [_shown(number) for number in numbers]
    places = [f"$.returndata.datanodes[{n}].data" for n in range(len(nodes))]
    return _Table(columns, frozenset((*names, VALUE)), places)


def _shown(number: Mapping[str, Any]) -> str | None:
    """The figure as the site shows it; none where it says that it has none."""
    if scalar(number.get("hasdata")) == "false":
        return None
    shown = number.get("strdata", number.get("data"))
    return plain_number(scalar(shown))


def _codes(node: Mapping[str, Any], n: int) -> dict[str, str]:
    """The code in each dimension of one value."""
    place = f"$.returndata.datanodes[{n}].wds"
    found: dict[str, str] = {}
    for entry in _objects(node.get("wds"), place):
        name, code = scalar(entry.get("wdcode")), scalar(entry.get("valuecode"))
        if not name or name in found:
            raise _unlike(place, "维度代码缺失或重复", "a dimension has no code, or stands twice")
        found[name] = code or ""
    return found


def _told(nodes: Any) -> dict[str, dict[str, dict[str, str | None]]]:
    """What the answer says of its codes: by dimension, by what it says, by code."""
    told: dict[str, dict[str, dict[str, str | None]]] = {}
    for dimension in _objects(nodes or [], "$.returndata.wdnodes"):
        listed = _objects(dimension.get("nodes"), "$.returndata.wdnodes")
        name = scalar(dimension.get("wdcode")) or ""
        told[name] = {
            what: {scalar(entry.get("code")) or "": _first(entry, keys) for entry in listed}
            for what, keys in (
                ("name", ("cname", "name")),
                ("unit", ("unit",)),
                ("memo", ("memo",)),
            )
        }
    return told


def _first(entry: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    return next((text for key in keys if (text := scalar(entry.get(key)))), None)


def _order(name: str) -> tuple[int, str]:
    return (_KNOWN.index(name) if name in _KNOWN else len(_KNOWN), name)


# --- the new shape ---------------------------------------------------------------------------

_NEW = {"_id": "zb", "i_showname": "zb.name", "du_name": "zb.unit", "da": "reg"}
_NEW |= {"da_name": "reg.name", "num_accuracy_value": "decimals"}
_TIME = {"code": "sj", "name": "sj.name"}


def _new(data: Any) -> _Table:
    if not _is_new(data):
        have = "、".join(list(data)[:5]) if isinstance(data, dict) else type(data).__name__
        zh = f"既无 returndata.datanodes, 也无 data[*].values; 文件中有: {have}"
        en = f"there is neither returndata.datanodes nor data[*].values, but {have}"
        raise _unlike("$", zh, en)
    entries = [
        (entry, _objects(entry["values"], f"$.data[{n}].values"))
        for n, entry in enumerate(data["data"])
    ]
    numbers = [number for _, values in entries for number in values]
    names = dict.fromkeys(name for number in numbers for name in number)
    if numbers and VALUE not in names:
        raise _unlike("$.data[*].values[*]", "缺少 value", "they have no value")
    columns: dict[str, Texts] = {
        _NEW.get(name, name): [scalar(number.get(name)) for number in numbers] for name in names
    }
    for old, new in _TIME.items():
        told = [(scalar(entry.get(old)), len(values)) for entry, values in entries]
        columns[new] = [text for text, times in told for _ in range(times)]
    columns[VALUE] = [plain_number(text) for text in columns.get(VALUE, [])]
    places = [
        f"$.data[{n}].values[{m}].value"
        for n, (_, values) in enumerate(entries)
        for m in range(len(values))
    ]
    return _Table(columns, frozenset((*_KNOWN, VALUE)), places)


# --- shapes ----------------------------------------------------------------------------------


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any, at: str) -> list[dict[str, Any]]:
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    raise _unlike(at, "不是对象的数组", "it is no array of objects")


def _unlike(at: str, zh: str, en: str) -> RefusedError:
    zh = f"不是国家统计局数据接口的结构: {zh}"
    en = f"not built like an answer of the national bureau: {en}"
    return RefusedError("delivery.missing-records", at, zh, en)
