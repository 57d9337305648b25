"""Files of statistical services: what their columns carry, as far as the format itself says it.

Belongs here: recognising such a file, and the part of each of its columns. Does not belong here:
reading it (``collect.readers``), writing the declaration (``draft``), files of people (``look``).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestration.collect.grid import RefusedError
from orchestration.collect.names import whole_region
from orchestration.collect.periods import parse_period
from orchestration.collect.readers import bureau, cube, eurostat, sdmx_csv, sdmx_json
from orchestration.collect.readers.answers import parsed
from orchestration.collect.readers.delimited import decode
from orchestration.collect.readers.nested import step_of

if TYPE_CHECKING:
    from orchestration.declarations import CodeLists

MOST_OF_A_LINE = 20_000
Columns = Mapping[str, list[str]]
"""Texts below each header; "" where there is none."""

_SDMX = {
    "indicator": ("INDICATOR", "SERIES", "VARIABLE", "SUBJECT", "MEASURE", "INDIC", "NA_ITEM"),
    "region_code": ("REF_AREA", "GEO", "LOCATION", "COUNTRY", "REGION", "REG"),
    "period": ("TIME_PERIOD", "TIME"),
    "period_kind": ("PERIOD_KIND",),
    "value": ("OBS_VALUE",),
    "unit": ("UNIT_MEASURE", "UNIT"),
    "multiplier": ("UNIT_MULT", "UNIT_MULTIPLIER", "POWERCODE"),
    "decimals": ("DECIMALS",),
    "status": ("OBS_STATUS", "OBS_FLAG"),
    "confidentiality": ("CONF_STATUS",),
    "qualifier": ("QUALIFIER",),
    "note": ("COMMENT_OBS", "OBS_COM", "OBS_COMMENT"),
}
_KEY = ("indicator", "region_code", "period")
_BUREAU = {
    "indicator": ("zb",),
    "region_code": ("reg",),
    "period": ("sj",),
    "value": ("value",),
    "unit": ("zb.unit",),
    "decimals": ("decimals",),
}
_OF_NO_USE = frozenset(("FREQ", "TITLE", "SOURCE_AGENCY", "COLLECTION", "LAST UPDATE", "OBS_ID"))
"""Of these the figure says nothing more than its period does, or they name it once more."""

_STATUSES = {
    **{"p": "P", "e": "E", "u": "U", "b": "B", "d": "D", "f": "F", "n": "N", "r": "A", "s": "E"},
    **{".": "M", "..": "M", "...": "M", ":": "M", "-": "M", "x": "Q", "z": "M", "c": "Q"},
}
"""What marks of a status mean at most offices; each is asked for."""


def status_of(mark: str) -> str:
    """What a mark of a status means at most offices; each is asked for."""
    return _STATUSES.get(mark.lower(), "A")


@dataclass
class Roles:
    """What the columns of a file carry.

    Attributes:
        carried: Header by what the column carries.
        ignored: Headers of columns that carry no data.
        names: What the file calls the codes of its indicators.
        open: Dimensions with several categories that nobody can place: figures differ by them.
        symbols: Status by mark, where it is no code of SDMX.
        title: What the file calls itself.
    """

    carried: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    symbols: dict[str, str] = field(default_factory=dict)
    title: str = ""


def doubt_of(name: str, unit: str) -> str:
    """What a person has to decide of the measure of an indicator; empty where its unit says it."""
    if "累计" in name:
        return "it runs from January on: its periods have to say so (2026年1—9月)"
    if re.search("增长|增速|增幅|指数|比重|同比|环比", name) or unit in ("", "%", "‰"):
        return "level, yoy_growth_pct, share_pct or another one"
    return ""


def format_of(content: bytes, form: str) -> str:
    """The format of a service that a file of this kind is in; else the kind itself."""
    if form == "csv":
        line = content[:MOST_OF_A_LINE].split(b"\n", 1)[0].decode("utf-8", "ignore")
        if eurostat.is_packed(line):
            return "eurostat-tsv"
        return "sdmx-csv" if sdmx_csv.is_sdmx(line) else form
    if form == "json":
        data = _json(content)
        if cube.is_cube(data):
            return "json-stat"
        if sdmx_json.is_sdmx(data):
            return "sdmx-json"
        return "nbs" if bureau.is_answer(data) else form
    return form


def _json(content: bytes) -> Any:
    try:
        return parsed(decode(content, "auto"))
    except RefusedError:
        return None  # whoever reads it says why


@dataclass(frozen=True)
class Keyed:
    """Numbers of a JSON file that are told apart by keys alone.

    Attributes:
        path: JSONPath of the numbers.
        keys: What the keys on the way to them say, from the outermost on.
        size: How many numbers there are.
    """

    path: str
    keys: tuple[str, ...]
    size: int


def keyed(content: bytes, regions: Container[str]) -> Keyed | None:
    """Where a JSON file has numbers keyed by their period; None where it has none."""
    found: list[Keyed] = []
    todo: list[tuple[str, Any]] = [("$", _json(content))]
    while todo:
        path, value = todo.pop()
        if not isinstance(value, dict):
            continue
        levels = _levels(value)
        if levels:
            names = tuple(_key_of(level, n, regions) for n, level in enumerate(levels[:-1]))
            if len(set(names)) == len(names):
                wild = ".*" * (len(levels) - 1) + "[*]"
                found.append(Keyed(path + wild, (*names, "period"), len(levels[-1])))
        else:
            todo += [(f"{path}{step_of(key)}", inner) for key, inner in value.items()]
    return max(found, key=lambda k: k.size, default=None)


def _levels(value: dict[str, Any]) -> list[list[str]]:
    """The keys of each depth of objects that end in numbers keyed by periods; else none."""
    levels: list[list[str]] = []
    current = [value]
    while current:
        levels.append([key for inner in current for key in inner])
        inside = [item for inner in current for item in inner.values()]
        if inside and all(isinstance(item, dict) for item in inside):
            current = inside
            continue
        is_number = not any(isinstance(item, dict | list) for item in inside)
        return levels if inside and is_number and _all_periods(levels[-1]) else []
    return []


def _key_of(keys: list[str], depth: int, regions: Container[str]) -> str:
    if all(key in regions for key in keys):
        return "region"
    return "indicator" if depth == 0 else "breakdown"


def roles_of(
    content: bytes,
    form: str,
    columns: Columns,
    offered: frozenset[str],
    lists: CodeLists,
) -> Roles:
    """What the columns of a service's file carry.

    Args:
        content: The file.
        form: Its format, one of a service.
        columns: What was read of it.
        offered: Headers that a declaration need not know.
        lists: The code lists of the project.
    """
    if form == "json":
        return Roles({name: name for name in columns})  # keys are called by what they carry
    words = _BUREAU if form == "nbs" else _SDMX
    if form == "json-stat":
        roles = _of_cube(content, columns)
    elif form == "px":
        roles = _of_px(columns, offered, lists)
    else:
        roles = _by_words(columns, words, offered)
    if form == "nbs":
        roles.names = _pairs(columns, "zb", "zb.name")
        _readable_period(roles, columns)
    _known_regions(roles, columns, lists)
    marks = {text for text in columns.get(roles.carried.get("status", ""), []) if text}
    roles.symbols = {m: status_of(m) for m in sorted(marks - lists.members("obs_status").keys())}
    return roles


def _by_words(
    columns: Columns, words: Mapping[str, tuple[str, ...]], offered: frozenset[str]
) -> Roles:
    roles = Roles()
    spelled = {header if words is _BUREAU else header.upper(): header for header in columns}
    for role, known in words.items():
        header = next((spelled[word] for word in known if word in spelled), None)
        if header is None and role == "indicator":
            # Eurostat calls it by its list: indic_de, indic_bt.
            header = next((h for word, h in spelled.items() if word.startswith("INDIC_")), None)
        if header is not None:
            roles.carried[role] = header
    _rest(roles, [header for header in columns if header not in offered], columns)
    return roles


def _of_cube(content: bytes, columns: Columns) -> Roles:
    data = _json(content)
    dimensions = cube.cube_of(data).dimensions
    roles = Roles(title=_label(data))
    by_role = {"time": "period", "geo": "region_code", "metric": "indicator"}
    for dimension in dimensions:
        role = by_role.get(dimension.role)
        if role is not None:
            roles.carried.setdefault(role, dimension.id)
    metric = roles.carried.get("indicator", "")
    of_metric = {part: f"{metric}.{part}" for part in ("unit", "decimals", "multiplier")}
    for role, header in {"value": cube.VALUE, "status": cube.STATUS, **of_metric}.items():
        if header in columns:
            roles.carried[role] = header
    roles.names = _pairs(columns, metric, f"{metric}.label")
    _rest(roles, [dimension.id for dimension in dimensions], columns)
    return roles


_PX_REGIONS = ("地区", "区域", "region", "area", "municipality", "county", "country", "geo")
_PX_INDICATORS = ("指标", "indicator", "contents", "contentscode", "variable", "statistic")


def _of_px(columns: Columns, offered: frozenset[str], lists: CodeLists) -> Roles:
    """A PX file says what is measured and in what unit; its variables bear any name."""
    roles = Roles(title=next(iter(columns.get("contents", [])), ""))
    variables = [header for header in columns if header not in offered and header != "value"]
    for header in variables:
        texts = set(columns[header])
        name = header.lower().rpartition(".")[2]
        if "period" not in roles.carried and _all_periods(columns[header]):
            roles.carried["period"] = header
        elif "region_code" not in roles.carried and (
            name in _PX_REGIONS or texts <= lists.region_words.keys()
        ):
            roles.carried["region_code"] = header
        elif "indicator" not in roles.carried and name in _PX_INDICATORS:
            roles.carried["indicator"] = header
            roles.names = _pairs(columns, header, f"{header}.label")
    if "indicator" not in roles.carried and "contents" in columns:
        roles.carried["indicator"] = "contents"
    roles.carried["value"] = "value"
    roles.carried |= {part: part for part in ("unit", "decimals") if part in columns}
    _rest(roles, variables, columns)
    return roles


def _label(data: Any) -> str:
    text = data.get("label") if isinstance(data, dict) else None
    return text if isinstance(text, str) else ""


def _rest(roles: Roles, headers: Iterable[str], columns: Columns) -> None:
    """The columns that carry nothing known; where figures differ by them, somebody has to say how.

    Figures that indicator, region and period tell apart need no more.
    """
    rest = [h for h in headers if h not in roles.carried.values() and h not in sdmx_csv.FLOW]
    told = [columns[roles.carried[r]] for r in _KEY if r in roles.carried]
    keys = list(zip(*told, strict=True))
    are_apart = len(set(keys)) == len(keys) > 0
    for header in rest:
        is_idle = len(set(columns[header])) == 1 or header.upper() in _OF_NO_USE
        (roles.ignored if is_idle or are_apart else roles.open).append(header)


def _pairs(columns: Columns, code: str, name: str) -> dict[str, str]:
    if code not in columns or name not in columns:
        return {}
    return {c: n for c, n in zip(columns[code], columns[name], strict=True) if c and n}


def _readable_period(roles: Roles, columns: Columns) -> None:
    """The names of times, where their codes are not known as periods."""
    named = "sj.name"
    if not _all_periods(columns.get("sj", [])) and _all_periods(columns.get(named, [])):
        roles.carried["period"] = named
        roles.ignored.append("sj")


def _all_periods(texts: list[str]) -> bool:
    try:
        return bool([parse_period(text) for text in set(texts)])
    except ValueError:
        return False


def _known_regions(roles: Roles, columns: Columns, lists: CodeLists) -> None:
    """The names of regions, where they are known and their codes are not."""
    code = roles.carried.get("region_code")
    if code is None:
        return
    for named in (f"{code}.label", f"{code}.name"):
        known = lists.region_words.keys()
        own = {whole_region(text, known, lists.nation) for text in columns[code]}
        if not own & known and set(columns.get(named, [])) & known:
            roles.carried["region"] = named
            del roles.carried["region_code"]
            roles.ignored.append(code)
            return
