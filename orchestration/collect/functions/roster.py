"""``roster``: a list of firms or cases, one to a row, of which only numbers leave the file.

A list is of the day on which the period of its title, or of its file name, ends. Of every group (a
tier, a state) it gives how many there are on that day, and how many began and ended in the period:
figures of the columns ``stock``, ``begun`` and ``ended``. Options:

- ``named``: headers that say who or what it is; with the group they are the key of a row.
- ``group``, ``groups``: the header of the group, and its words; each is told, 0 too.
- ``as``: ``indicator`` (default: the group is the name of the indicator) or ``breakdown`` (the
  group is a class; numbers of all groups are told beside them, under the name ``indicator``).
- ``begins``, ``ends``: headers of the days. What has ended is gone, unless ``done`` names the group
  of what has: then it stays in the list, and nothing else may have ended.
- ``due``, ``overdue``: header of the day it is due, and the group of what is past it and not done.
- ``ignored``: headers of what is no matter here. ``unit``: of what is counted.

A row that contradicts itself is not counted: its cell is quarantined, and that refuses the list.

Belongs here: counting rows. Does not belong here: what a number means (the declaration), and what
is computed from several lists (``dbt_project``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from orchestration.collect.functions import Piece
from orchestration.collect.grid import Grid, RefusedError
from orchestration.collect.layouts.extract import (
    Told,
    missing_column,
    period_in,
    title_text,
    twice,
    unknown_columns,
)
from orchestration.collect.periods import NoSuchDateError, Period, parse_period
from orchestration.spec import PERIOD_WRITTEN
from orchestration.text import fold, same

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


class Options(BaseModel):
    """What a declaration says of the list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    named: tuple[str, ...] = Field(min_length=1)
    group: str
    groups: tuple[str, ...] = Field(min_length=1)
    goes_as: Literal["indicator", "breakdown"] = Field(default="indicator", alias="as")
    indicator: str = ""
    begins: str
    ends: str
    done: str = ""
    due: str = ""
    overdue: str = ""
    ignored: tuple[str, ...] = ()
    unit: str

    @model_validator(mode="after")
    def _goes_together(self) -> Options:
        if (self.goes_as == "breakdown") is not bool(self.indicator):
            raise ValueError(
                "`indicator` is named where the group goes as a breakdown, and only there"
            )
        if bool(self.due) is not bool(self.overdue):
            raise ValueError("`due` and `overdue` belong together")
        strange = {self.done, self.overdue} - {"", *self.groups}
        if strange:
            raise ValueError(f"{', '.join(sorted(strange))} stands in no `groups`")
        return self

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header that has to be there."""
        told = (*self.named, self.group, self.begins, self.ends, self.due)
        return tuple(dict.fromkeys(text for text in told if text))


@dataclass(frozen=True)
class Entry:
    """A row that is counted: its group, and from when to when."""

    group: str
    begins: date
    ends: date | None


def find(grids: list[Grid], options: dict[str, Any], told: Told) -> list[Piece]:
    """Every cell of every grid: figures stand at the headers, what a row says is no data.

    Raises:
        RefusedError: the options are wrong, a header is missing, or nothing says the period.
    """
    try:
        known = Options.model_validate(options)
    except ValidationError as error:
        said = error.errors()[0]
        name = ".".join(map(str, said["loc"])) or "options"
        raise _refused(
            "layout.options", f"名册选项有误: {name}", f"{name}: {said['msg']}"
        ) from None
    return [
        piece for number, grid in enumerate(grids) for piece in _grid(number, grid, known, told)
    ]


def _refused(place: str, zh: str, en: str) -> RefusedError:
    return RefusedError("delivery.unreadable-file", place, zh, en)


def _grid(number: int, grid: Grid, options: Options, told: Told) -> Iterator[Piece]:
    rows: dict[int, dict[int, str]] = {}
    for row, col, text in grid.cells.select("row", "col", "text").iter_rows():
        rows.setdefault(row, {})[col] = text
    header = next(
        (r for r, cells in rows.items() if same(options.group) in map(same, cells.values())),
        min(rows, default=1),
    )
    columns = _columns(grid.where(header), rows.get(header, {}), options)
    period = _period(grid, [t for r, c in rows.items() if r < header for t in c.values()], told)
    seen: set[tuple[str, ...]] = set()
    entries: list[Entry] = []
    for row, cells in rows.items():
        if row == header:
            continue
        wrong: str | None = None
        if row > header:
            said = {name: cells.get(col, "").strip() for name, col in columns.items()}
            entry, wrong = _entry(said, options, period[1], seen)
            if entry is not None:
                entries.append(entry)
        for col in cells:
            if wrong is None or col != columns[wrong]:
                yield Piece(number, row, col, "no_data")
        # a cell that is wrong is left out, and so quarantined; one that is blank has no cell
        if wrong is not None and columns[wrong] not in cells:
            raise RefusedError(
                "delivery.unreadable-file",
                grid.place(row, columns[wrong]),
                f"“{wrong}”为空",
                f"{wrong!r} is blank",
            )
    figures = list(_figures(entries, options, period))
    for col in rows.get(header, {}):
        at_header = [said for name, said in figures if columns.get(name) == col]
        for said in at_header:
            yield Piece(number, header, col, "figure", said)
        if not at_header:
            yield Piece(number, header, col, "no_data")


def _columns(place: str, header: Mapping[int, str], options: Options) -> dict[str, int]:
    """Position of every declared header."""
    found: dict[str, list[int]] = {}
    for col, text in header.items():
        found.setdefault(same(text), []).append(col)
    columns = {}
    for text in options.headers:
        positions = found.pop(same(text), [])
        if not positions:
            raise missing_column(place, text, list(header.values()))
        if len(positions) > 1:
            raise twice(place, text, len(positions))
        columns[text] = positions[0]
    ignored = {same(text) for text in options.ignored}
    unknown = [text for text in header.values() if same(text) in found.keys() - ignored]
    if unknown:
        raise unknown_columns(place, unknown)
    return columns


def _period(grid: Grid, above: Sequence[str], told: Told) -> tuple[str, Period]:
    """The period of the list as it is written, and what it is."""
    for text in above:
        match = re.search(PERIOD_WRITTEN, title_text(text))
        if match:
            written = match.group("period")
            break
    else:
        written = period_in(told.file_name, PERIOD_WRITTEN) or ""
    try:
        return written, parse_period(written)
    except (NoSuchDateError, ValueError):
        raise _refused(
            grid.name or "file",
            "标题和文件名都没有写明期间",
            "neither the title nor the file name says the period",
        ) from None


def _day(text: str) -> date | None:
    match = _DAY.fullmatch(fold(text).strip().partition(" ")[0])
    if match is None:
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None


def _entry(
    said: Mapping[str, str], options: Options, period: Period, seen: set[tuple[str, ...]]
) -> tuple[Entry | None, str | None]:
    """A row as an entry, or the header of the cell that is wrong."""
    group = next((word for word in options.groups if same(word) == same(said[options.group])), "")
    key = (*(same(said[name]) for name in options.named), group)
    begins, ends = _day(said[options.begins]), _day(said[options.ends])
    due = _day(said[options.due]) if options.due else None
    first = begins or period.end
    is_late = due is not None and ends is None and due < period.end
    checks = (
        *((name, not said[name]) for name in options.named),
        (options.group, not group),
        (options.named[0], key in seen),
        (options.begins, begins is None or begins > period.end),
        (options.ends, bool(said[options.ends]) and not first <= (ends or date.min) <= period.end),
        (options.group, bool(options.done) and (ends is not None) is not (group == options.done)),
        (options.due, bool(options.due) and due is None),
        (options.group, bool(options.due) and is_late is not (group == options.overdue)),
    )
    wrong = next((name for name, is_wrong in checks if is_wrong), None)
    if wrong is not None or begins is None:
        return None, wrong
    seen.add(key)
    return Entry(group, begins, ends), None


def _figures(
    entries: Sequence[Entry], options: Options, period: tuple[str, Period]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Numbers by group with the header that they stand at; of all groups where they are classes."""
    written, during = period
    stock = Counter(e.group for e in entries if e.ends is None or options.done)
    begun = Counter(e.group for e in entries if e.begins >= during.start)
    ended = Counter(e.group for e in entries if e.ends is not None and e.ends >= during.start)
    told = (
        (options.group, "stock", stock),
        (options.begins, "begun", begun),
        (options.ends, "ended", ended),
    )
    for header, key, counts in told:
        about = {
            "column_key": key,
            "unit": options.unit,
            "period": written,
            "report_period": written,
            "period_source": "title",
        }
        if options.goes_as == "indicator":
            for group in options.groups:
                yield header, about | {"indicator": group, "value": str(counts[group])}
            continue
        about["indicator"] = options.indicator
        yield header, about | {"value": str(counts.total())}
        if key == "stock":
            for group in options.groups:
                yield header, about | {"breakdown": group, "value": str(counts[group])}
