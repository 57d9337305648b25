"""SDMX-ML: generic data (2.1) and structure-specific data (2.1, 3.0, 3.1), as rows.

Belongs here: series, groups, observations and the attributes of each level. Does not belong here:
SDMX-CSV (``sdmx_csv``), and what a component means (the declaration).

One row for each observation, in the order of the file, with every component that is said of it:
of the observation, its series, a group that its series belongs to, and the whole data set; what
is said nearest to it counts. Its place is its XPath without prefixes,
``/StructureSpecificData/DataSet/Series[3]/Obs[7]``. An observation without a number, or with NaN,
is a blank cell. A series without observations holds no figure.

Structure-specific data do not say which of their components are dimensions: all have to be
declared or ignored. In generic data the attributes of a series, a group or the data set are
offered, those of an observation are not, nor are the power of ten and confidentiality, without
which figures would be wrong or public.

Read with lxml as it goes by, and not with pysdmx, which the lock has for tests: that one no longer
knows where in the file an observation stood, and needs pandas. The tests hold this reader against
it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestration.collect.grid import Grid, Listing, RefusedError
from orchestration.collect.readers.answers import MOST_SAID
from orchestration.collect.readers.containers import refuse_document_type
from orchestration.collect.readers.frames import by_columns, limit
from orchestration.collect.readers.sdmx_csv import MISSING_NUMBER, VALUE, deletion

if TYPE_CHECKING:
    import polars as pl

    from orchestration.spec import Source

Texts = dict[str, str]
_SPECIFIC = ("StructureSpecificData", "StructureSpecificTimeSeriesData")
_GENERIC = ("GenericData", "GenericTimeSeriesData")
_LOOKED_AT = ("Obs", "Series", "Group", "Atts", "DataSet", "Structure", "ErrorMessage", "Error")
_TIME = "TIME_PERIOD"
_NEEDED = frozenset(("UNIT_MULT", "CONF_STATUS", "OBS_STATUS"))
_OF_MESSAGE = frozenset(
    "action structureRef setID dataScope validFromDate validToDate publicationYear "
    "publicationPeriod reportingBeginDate reportingEndDate".split()
)
"""What a data set says of itself; some write it without a prefix."""


@dataclass
class _Message:
    """What was read so far.

    Attributes:
        kind: The root.
        dimension: What an observation is told apart by, where the message says it once for all.
        sets: How many data sets began.
        counted: How many series, and how many observations of what holds them now.
        series: What is said of each series; the first says nothing. Where groups are told,
            an observation without a series is one of its own.
        attributes: Generic data: what is an attribute of a series, a group or the data set.
        columns: What is said of the observations themselves, by component; a column may end
            before the last of them.
        owners: The entry of ``series`` of each observation.
        numbers: The number of its series, 0 where it has none, and its own.
        texts: Every text but the numbers, once.
    """

    kind: str = ""
    dimension: str = _TIME
    sets: int = 0
    counted: list[int] = field(default_factory=lambda: [0, 0])
    data_set: Texts = field(default_factory=dict)
    groups: list[Texts] = field(default_factory=list)
    series: list[Texts] = field(default_factory=lambda: [{}])
    attributes: set[str] = field(default_factory=set)
    columns: dict[str, list[str | None]] = field(default_factory=dict)
    owners: list[int] = field(default_factory=list)
    numbers: tuple[list[int], list[int]] = field(default_factory=lambda: ([], []))
    texts: dict[str, str] = field(default_factory=dict)
    is_in_series: bool = False


def read(content: bytes, source: Source) -> list[Grid]:
    """The one grid of an SDMX-ML message.

    Raises:
        RefusedError: no XML, another kind of message, an error, a deletion, or no observation.
    """
    del source  # the message says all of it itself
    refuse_document_type(content, "file")
    message = _read(content)
    if not message.owners:
        zh, en = "消息中没有任何观测值", "there is not one observation in the message"
        raise RefusedError("delivery.empty-file", "file", zh, en)
    return [_grid(message)]


# --- the message as it goes by ----------------------------------------------------------------


def _read(content: bytes) -> _Message:
    from lxml import etree

    message = _Message()
    try:
        events: Any = etree.iterparse(
            io.BytesIO(content),
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            remove_comments=True,
            remove_pis=True,
            tag=[f"{{*}}{name}" for name in _LOOKED_AT],
        )
        for event, element in events:
            if not message.kind:
                message.kind = _kind(element.getroottree().getroot())
            name = _local(element.tag)
            if event == "end":
                _end(message, name, element)
            elif name != "Obs":
                _begin(message, name, element)
        _kind(events.root)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise RefusedError(
            "delivery.unreadable-file",
            f"line {line}",
            f"XML 不完整或有误 (第 {line} 行)",
            f"the XML is cut short or damaged (line {line}): {error.msg}",
        ) from None
    return message


def _begin(message: _Message, name: str, element: Any) -> None:
    if name == "DataSet":
        _open(message, element)
    elif name == "Series" and _parent(element) == "DataSet":
        # Told in full where it ends; its observations come before that.
        message.series.append({})
        message.counted = [message.counted[0] + 1, 0]
        message.is_in_series = True


def _end(message: _Message, name: str, element: Any) -> None:
    match name:
        case "Obs":
            _observation(message, element)
            if not message.is_in_series:
                _forget(element)
        case "Series" if _parent(element) == "DataSet":
            message.series[-1] |= _said(message, element, "SeriesKey")
            message.is_in_series = False
            _forget(element)
        case "Group" | "Atts" if _parent(element) == "DataSet":
            message.groups.append(_said(message, element, "GroupKey"))
            _forget(element)
        case "DataSet":
            message.data_set |= _said(message, element, "")
            _forget(element)
        case "Structure" if _parent(element) == "Header":
            message.dimension = element.get("dimensionAtObservation") or _TIME
        case "Error" | "ErrorMessage" if message.kind == "Error":
            raise _error(element)


def _forget(element: Any) -> None:
    """Let go of what was read, and of the empty element before it."""
    element.clear(keep_tail=False)
    before = element.getprevious()
    if before is not None and before.tag == element.tag:
        element.getparent().remove(before)


def _kind(root: Any) -> str:
    name = _local(root.tag)
    if name in (*_SPECIFIC, *_GENERIC, "Error"):
        return name
    zh = {"Structure": "结构定义"}.get(name, f"{name} 消息")
    raise RefusedError(
        "delivery.missing-records",
        f"/{name}",
        f"是 SDMX 的{zh}或其他 XML, 不含数据; 应为 {_SPECIFIC[0]} 或 {_GENERIC[0]}",
        f"its root is {name}, which holds no figures: expected {_SPECIFIC[0]} or {_GENERIC[0]}",
    )


def _error(element: Any) -> RefusedError:
    code = next((e.get("code") for e in element.iter() if e.get("code")), "")
    said = " ".join(" ".join(element.itertext()).split())[:MOST_SAID]
    return RefusedError(
        "delivery.error-answer",
        "/Error",
        f"接口返回错误 {code}: {said}",
        f"the service answered with the error {code}: {said}",
    )


def _open(message: _Message, element: Any) -> None:
    message.sets += 1
    place = f"/{message.kind}/DataSet[{message.sets}]"
    own = {_local(key): text for key, text in element.attrib.items()}
    if own.get("action") == "Delete":
        raise deletion(place)
    if message.sets > 1:
        raise RefusedError(
            "delivery.unreadable-file",
            place,
            "消息中有几个数据集, 请分别查询",
            "it holds several data sets: ask for each by itself",
        )


def _observation(message: _Message, element: Any) -> None:
    own = _own(message, element)
    if message.kind in _GENERIC:
        own |= _values(element, "ObsKey")
        for child in element:
            if _local(child.tag) == "ObsDimension":
                own[child.get("id") or message.dimension] = child.get("value") or ""
            elif _local(child.tag) == "ObsValue":
                own[VALUE] = child.get("value") or ""
        own |= _values(element, "Attributes")
    _keep(message, own)
    is_flat = not message.is_in_series
    if is_flat and message.groups:
        message.series.append(own)
    message.owners.append(0 if is_flat and not message.groups else len(message.series) - 1)
    message.counted[1] += 1
    message.numbers[0].append(0 if is_flat else message.counted[0])
    message.numbers[1].append(message.counted[1])


def _keep(message: _Message, own: Texts) -> None:
    """Add what is said of one observation to the columns; equal texts are held once."""
    count, texts = len(message.owners), message.texts
    for name, text in own.items():
        column = message.columns.get(name)
        if column is None:
            column = message.columns[name] = []
        if len(column) < count:
            column.extend([None] * (count - len(column)))
        column.append(text if name == VALUE else texts.setdefault(text, text))


def _said(message: _Message, element: Any, key: str) -> Texts:
    """What is said of a series, a group or a data set."""
    own = _own(message, element)
    if message.kind in _GENERIC:
        said = _values(element, "Attributes")
        message.attributes |= said.keys()
        own |= _values(element, key) | said
    return own


def _own(message: _Message, element: Any) -> Texts:
    """Of structure-specific data: components as XML attributes, or as values of several."""
    if message.kind in _GENERIC:
        return {}
    # What has a prefix is of the message (action, type), not of the data.
    of_message = _OF_MESSAGE if _local(element.tag) == "DataSet" else frozenset()
    own = {k: v for k, v in element.items() if k[0] != "{" and k not in of_message}
    for child in element if len(element) else ():
        if _local(child.tag) == "Comp" and child.get("id"):
            texts = [" ".join(value.itertext()).strip() for value in child]
            own[child.get("id")] = "；".join(filter(None, texts))
    return own


def _values(element: Any, name: str) -> Texts:
    """Components of generic data as id and value, below one child."""
    return {
        value.get("id"): value.get("value") or ""
        for child in element
        if _local(child.tag) == name
        for value in child
        if value.get("id")
    }


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _parent(element: Any) -> str:
    above = element.getparent()
    return "" if above is None else _local(above.tag)


# --- the rows ---------------------------------------------------------------------------------


def _grid(message: _Message) -> Listing:
    import polars as pl

    said = frozenset(message.columns)
    with_groups = list(_grouped(message))
    # The components in the order in which they first appear: of series, then of observations.
    names = list(dict.fromkeys(name for texts in with_groups for name in texts) | message.columns)
    limit(len(names) * len(message.owners))
    owner = pl.Series(message.owners, dtype=pl.UInt32)
    columns = [
        pl.concat([pl.Series([name], dtype=pl.String), _texts(message, name, with_groups, owner)])
        for name in names
    ]
    numbered = [column.alias(str(n)) for n, column in enumerate(columns, start=1)]
    whole = by_columns(pl.DataFrame(numbered), is_stripped=False)
    offered = frozenset(message.attributes - said - _NEEDED)
    return Listing(whole, _places(message), VALUE, offered)


def _texts(message: _Message, name: str, series: list[Texts], owner: pl.Series) -> pl.Series:
    """What is said of each observation in one component: of itself, else of its series."""
    import polars as pl

    own = message.columns.pop(name, [])
    texts = pl.Series([*own, *[None] * (len(owner) - len(own))], dtype=pl.String)
    of_series = pl.Series([told.get(name) for told in series], dtype=pl.String)
    if of_series.null_count() < len(of_series):
        texts = texts.fill_null(of_series.gather(owner))
    return texts.set(texts == MISSING_NUMBER, None) if name == VALUE else texts


def _places(message: _Message) -> pl.Series:
    import polars as pl

    at = f"/{message.kind}/DataSet"
    series, number = (pl.Series(counted, dtype=pl.UInt32) for counted in message.numbers)
    within = pl.format("{}/Series[{}]", pl.lit(at), series)
    above = pl.select(pl.when(series > 0).then(within).otherwise(pl.lit(at))).to_series()
    return above + "/Obs[" + number.cast(pl.String) + "]"


def _grouped(message: _Message) -> Iterator[Texts]:
    """Each series with what its groups and the data set say, where nothing nearer does.

    A group belongs to the series with which it shares all components that both have.
    """
    found: dict[tuple[tuple[str, ...], frozenset[str]], Mapping[tuple[str, ...], Texts]] = {}
    shapes = {frozenset(group) for group in message.groups}
    for series in message.series:
        told = dict(message.data_set)
        for shape in shapes:
            shared = tuple(sorted(shape & series.keys()))
            if not shared:
                continue
            if (shared, shape) not in found:
                found[shared, shape] = {
                    tuple(group[name] for name in shared): group
                    for group in message.groups
                    if group.keys() == shape
                }
            told |= found[shared, shape].get(tuple(series[name] for name in shared), {})
        yield told | series
