"""What a layout gives, and what it is told about the delivery.

Belongs here: the result type, the words that headers are made of, small common steps. Does not
belong here: any one layout.
"""

from __future__ import annotations

import difflib
import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from orchestration.collect.grid import Grid, RefusedError
from orchestration.spec import Dimension
from orchestration.text import fold, same

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import polars as pl

    from orchestration.declarations import CodeLists

TEXT_COLUMNS: tuple[str, ...] = (*get_args(Dimension), "value")
"""Texts of one figure, as written; null where the delivery does not say."""

FIGURE_COLUMNS = (
    *TEXT_COLUMNS,
    "indicator_path",
    "report_period",
    "period_source",
    "footnote",
    "column_key",
    "place",
    "sheet",
)
"""``TEXT_COLUMNS`` and: the names above the row and its own, joined by ``/``; the period of the
report; where the period comes from (``title``, ``header``, ``row``, ``constant``); footnotes; the
key of the column; the address. All are texts; ``row`` and ``col`` are numbers."""

NOTE_COLUMNS = ("place", "mark", "text")

MOST_NAMES, MOST_TOLD = 500, 5

SEARCHED = 500
"""Longer texts are no titles: expressions of a declaration, which may be slow, never see them."""

NUMERIC = r"^[-+−–±(（]?[0-9][-+0-9.,，%％‰\s)）]*$"
"""Nothing but a number: whatever its place, it is not dropped as a title or a note."""


@dataclass(frozen=True)
class Extract:
    """What a layout found.

    Attributes:
        figures: One row per figure: ``FIGURE_COLUMNS``, ``row``, ``col``.
        unexpected: Cells that the layout does not account for: ``place``, ``text``.
        read: Everything that was read, in ``unit``.
        non_data: What is declared to be no data (headers, notes, stubs), counted, not inferred.
        unit: ``row`` or ``cell``.
        notes: Notes of the tables: ``NOTE_COLUMNS``; the mark is empty where a note has none.
    """

    figures: pl.DataFrame
    unexpected: pl.DataFrame
    read: int
    non_data: int
    unit: str
    notes: pl.DataFrame


@dataclass(frozen=True)
class Words:
    """What headers and names are made of, folded by ``same``.

    Attributes:
        units: Ways to write a unit.
        measures: Words for a measure, with its code.
        stages: Words for the stage of an estimate: 快报数, 预计数.
    """

    units: frozenset[str] = frozenset()
    measures: tuple[tuple[str, str], ...] = ()
    stages: frozenset[str] = frozenset()

    @classmethod
    def of(cls, lists: CodeLists) -> Words:
        """The words of a project; the longest come first."""
        measures = {same(word): code for word, code in lists.words("measure").items()}
        return cls(
            units=frozenset(map(same, lists.unit_words)) | lists.unit_multiples.keys(),
            measures=tuple(sorted(measures.items(), key=lambda entry: (-len(entry[0]), entry))),
            stages=frozenset(same(word) for word in lists.words("estimate_stage")),
        )

    def stage_in(self, text: str) -> str | None:
        """The word for a stage that a header is, or that stands in brackets at its end."""
        plain = same(title_text(text))
        inside = re.fullmatch(r".*\(([^()]+)\)", plain)
        told = (plain, inside[1] if inside else "")
        return next((word for word in told if word and word in self.stages), None)

    def unit_in(self, text: str) -> tuple[str, str | None]:
        """A text without the unit that stands at its end in brackets or after ``%``, and it."""
        plain = title_text(text)
        match = re.fullmatch(r"(.*?)\s*\(([^()]+)\)", plain, re.DOTALL)
        if match and same(match[2]) in self.units:
            return match[1], match[2].strip()
        match = re.fullmatch(r"(.*?[^0-9\s])\s*[±]?\s*(%|‰)", plain, re.DOTALL)
        if match and match[1]:
            return match[1], match[2]
        return text, None


@dataclass(frozen=True)
class Told:
    """What a layout knows besides the cells.

    Attributes:
        file_name: Name of the delivered file.
        blank_is_data: Whether the declaration gives a blank cell a status.
    """

    words: Words
    file_name: str = ""
    blank_is_data: bool = False


def no_notes() -> pl.DataFrame:
    """An empty frame of notes."""
    import polars as pl

    return pl.DataFrame(schema=dict.fromkeys(NOTE_COLUMNS, pl.String))


_BARE = re.compile(
    r"(?<![0-9])(?<![0-9][-—–~/_])((?:19|20)[0-9]{2}(?:-?(?:0[1-9]|1[0-2])|-?[Qq][1-4])?)"
    r"(?![0-9]|[-—–~/_][0-9]|[Qq][1-4]|\s?年)"
)
"""A bare period in a name: 2026, 202611, 2026q3; of 2025-2026 neither year is one, and
what 2025年 says a pattern tells."""


def title_text(text: str) -> str:
    """The text folded, as the expressions of a declaration see it; empty where it is too long."""
    return fold(text).strip() if len(text) <= SEARCHED else ""


def period_in(text: str, pattern: str) -> str | None:
    """The period in the name of a sheet or file: as the pattern says, or 2026, 202611, 2026-11."""
    match = re.search(pattern, title_text(text))
    if match is not None:
        return match.group("period")
    bare = _BARE.search(fold(text))
    return bare[1].upper() if bare else None


def with_all_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with every column of a figure, in their order; what is missing is null."""
    import polars as pl

    missing = [name for name in FIGURE_COLUMNS if name not in frame.columns]
    return frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing).select(
        *FIGURE_COLUMNS,
        pl.col("row").cast(pl.Int64),
        pl.col("col").cast(pl.Int64),
    )


def unexpected_cells(grid: Grid, cells: pl.DataFrame) -> pl.DataFrame:
    """Cells as the normaliser quarantines them."""
    return grid.places(cells).select("place", "text")


def fits(wanted: str, text: str) -> str | None:
    """What ``*`` matched when a declared text fits a printed one; None where it does not.

    ``|`` separates alternatives, ``*`` is any run of characters. A text without ``*`` gives the
    whole printed text.
    """
    plain = same(text)
    for pattern in _alternatives(wanted):
        match = pattern.fullmatch(plain)
        if match is not None:
            found = [group for group in match.groups() if group]
            return found[0] if found else ("" if match.groups() else plain)
    return None


@functools.lru_cache(maxsize=4096)
def _alternatives(wanted: str) -> tuple[re.Pattern[str], ...]:
    return tuple(
        re.compile("(.*)".join(re.escape(same(part)) for part in alternative.split("*")))
        for alternative in (wanted.split("|") if wanted != "|" else (wanted,))
    )


def missing_column(place: str, wanted: str, have: Sequence[str]) -> RefusedError:
    """A declared column is not there; only a text that resembles its name is repeated.

    Without a header the first row of data stands where the header should be: it is not quoted.
    """
    # Without a header, figures stand where its texts should be.
    names = [text for text in have[:MOST_NAMES] if len(text) <= SEARCHED]
    texts = [text for text in names if not re.search("[0-9]{2}", text)]
    near = difflib.get_close_matches(wanted, texts, n=1, cutoff=0.5)
    hint_zh = f"; 是否改名为“{near[0]}”?" if near else ""
    hint_en = f"; was it renamed to {near[0]!r}?" if near else ""
    # A declared heading may be blank: the corner of a table often is.
    what_zh = f"列“{wanted}”" if wanted.strip() else "标题为空的列"
    what_en = f"the column {wanted!r}" if wanted.strip() else "the column with a blank heading"
    return RefusedError(
        "delivery.missing-column",
        place,
        f"缺少{what_zh}{hint_zh}",
        f"{what_en} is missing{hint_en}",
    )


def unknown_columns(place: str, names: Iterable[str]) -> RefusedError:
    """Columns that nobody declared; a few names that are no figures are told."""
    listed = list(names)
    # A name that goes on and on is a text, and not told.
    named = [name for name in listed if len(name) <= SEARCHED]
    told = [name for name in named if not re.search("[0-9]{2}", name)][:MOST_TOLD]
    zh, en = f": {'、'.join(told)}", f": {', '.join(told)}"
    if len(told) < len(listed):
        zh = f"{zh} 等 {len(listed)} 列" if told else f": {len(listed)} 列"
        en = f"{en} and {len(listed) - len(told)} more" if told else f": {len(listed)} of them"
    return RefusedError(
        "delivery.unknown-column",
        place,
        f"有未声明的列{zh}",
        f"columns that the declaration does not name{en}",
    )


def twice(place: str, label: str, times: int) -> RefusedError:
    """A column that must stand once stands several times."""
    return RefusedError(
        "delivery.duplicate-column",
        place,
        f"列“{label}”出现了 {times} 次",
        f"the column {label!r} stands {times} times",
    )
