"""The stub of a printed table: the names of its rows and which stands under which.

Belongs here: numbering, indents, 其中, rows that open a cut, footnote marks of names. Does not
belong here: what a name means (``names``).
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, replace

from orchestration.collect.layouts.extract import Words, fits
from orchestration.collect.layouts.header import split_marks
from orchestration.spec import Block
from orchestration.text import fold

_NUMBERING = (
    r"第?[一二三四五六七八九十]{1,3}\s*[、.．]",
    r"\([一二三四五六七八九十]{1,3}\)\s*、?",
    r"[0-9]{1,2}(?:[、]|\.(?![0-9]))",
    r"\([0-9]{1,2}\)\s*、?|[①-⑳](?=\S)",
)
"""Levels of numbering from the top down: 一、 (一) 1、 (1); fewer of them still rank."""

UNNUMBERED = len(_NUMBERING)
CUT, IGNORED, OPENS = "cut", "ignored", "opens"


@dataclass(frozen=True)
class Name:
    """One row of the stub.

    Attributes:
        row: Its row in the grid.
        name: Its name without numbering, marks and what opens a cut.
        path: The names above it and its own, from the top.
        depth: How many stand above it.
        role: ``cut`` for a row that only opens a cut, ``ignored`` for a declared one, ``opens`` for
            one without a figure that others stand under, else empty.
        unit: The unit in brackets at its end, where the block says that there is one.
        period: The period in it, where the block says that there is one.
        region: Its text where it names a region of the row above; then ``name`` is that row's.
        marks: Its footnote marks.
    """

    row: int
    name: str
    path: tuple[str, ...]
    depth: int
    role: str = ""
    unit: str | None = None
    marks: tuple[str, ...] = ()
    period: str | None = None
    region: str | None = None


Row = tuple[int, str, int, bool]
"""Row number, text, indent, bold."""


def names_of(
    rows: list[Row], block: Block, words: Words, blank: Set[int] = frozenset()
) -> list[Name]:
    """The rows of a stub in their order, each with those that it stands under.

    Args:
        rows: The rows.
        block: What is declared of them.
        words: What units are called.
        blank: Rows without a figure.
    """
    opening = blank if "blank" in block.hierarchy else frozenset()
    rank_of = _Ranks(block)
    stack: list[tuple[tuple[float, ...], str]] = []
    found: list[Name] = []
    above: Name | None = None
    written = re.compile(block.period_in_name) if block.period_in_name else None
    for row, text, indent, bold in rows:
        bare, marks = split_marks(text)
        is_cut = any(fits(pattern, bare) is not None for pattern in block.cut_rows)
        is_ignored = any(fits(pattern, bare) is not None for pattern in block.ignored_rows)
        if above is not None and _names_region(block, bare):
            region, _ = rank_of(bare, indent, bold, is_cut=False)
            found.append(replace(above, row=row, region=region.strip(), marks=marks))
            continue
        period = None
        if written is not None and (match := written.search(fold(bare))):
            period = match.group("period")
            bare = fold(bare)[: match.start()] + fold(bare)[match.end() :]
        name, rank = rank_of(bare, indent, bold, is_cut=is_cut, opens=row in opening)
        unit = None
        if block.unit_in_name:
            name, unit = words.unit_in(name)
        name = name.strip()
        while stack and stack[-1][0] >= rank:
            stack.pop()
        path = (*(upper for _, upper in stack), name)
        role = CUT if is_cut else IGNORED if is_ignored else OPENS if row in opening else ""
        found.append(Name(row, name, path, len(stack), role, unit, marks, period))
        above = None if role else found[-1]
        stack.append((rank, name))
    return found


def _names_region(block: Block, text: str) -> bool:
    bare = re.sub(block.stub_prefix, "", fold(text).strip())
    return any(fits(pattern, bare) is not None for pattern in block.region_rows)


class _Ranks:
    """How far down a row stands, by the clues of the block, the strongest clue first."""

    def __init__(self, block: Block) -> None:
        self.clues = block.hierarchy
        self.prefix = re.compile(block.stub_prefix)
        self.cut: tuple[float, ...] | None = None

    def __call__(
        self, text: str, indent: int, bold: bool, *, is_cut: bool, opens: bool = False
    ) -> tuple[str, tuple[float, ...]]:
        printed = text.strip()
        plain = fold(printed)
        number, mark, width = UNNUMBERED, 0, 0
        if "numbering" in self.clues:
            number, plain = _numbering(plain)
        while not is_cut and (match := self.prefix.match(plain)) and match[0]:
            opened = printed[len(printed) - len(plain) :][: match.end()]
            mark += opened.count("#") + opened.count("/") or 1
            width += sum(2 if ord(char) > 0x2E7F else 1 for char in opened)
            plain = plain[match.end() :].lstrip()
        if "numbering" in self.clues and number == UNNUMBERED:
            number, plain = _numbering(plain)
        # What follows 其中: is lined up with the name behind it, not with the word; more or less.
        lined_up = indent + (0 if opened_by_sign(text) else width)
        levels = {
            "blank": 0 if opens else 1,
            "numbering": number,
            "bold": 0 if bold else 1,
            "indent": (lined_up + 1) // 2,
            "mark": mark,
        }
        base = tuple(float(levels[clue]) for clue in self.clues if clue in levels)
        return plain, (*base, self._cut_level(base, is_cut=is_cut))

    def _cut_level(self, base: tuple[float, ...], *, is_cut: bool) -> float:
        """A cut stands under the row before it and above the rows that follow on its level."""
        if "cut" not in self.clues:
            return 0
        if is_cut:
            self.cut = base
            return 0.5
        if self.cut is not None and base >= self.cut:
            return 1
        self.cut = None
        return 0


def opened_by_sign(text: str) -> bool:
    """Whether a name begins with # or /, signs that are not lined up with anything."""
    return fold(text).strip().startswith(("#", "/"))


def _numbering(text: str) -> tuple[int, str]:
    for level, pattern in enumerate(_NUMBERING):
        match = re.match(pattern, text)
        if match is not None and len(match[0]) < len(text):
            return level, text[match.end() :].strip()
    return UNNUMBERED, text
