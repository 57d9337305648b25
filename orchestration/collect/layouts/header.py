"""The header of a printed table: which column is which, by texts or by what they mean.

Belongs here: header paths, matching columns, the period and unit that a header says. Does not
belong here: the rows below it (``stub``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from orchestration.collect.grid import Grid, RefusedError
from orchestration.collect.layouts.extract import (
    Words,
    fits,
    missing_column,
    title_text,
    twice,
    unknown_columns,
)
from orchestration.collect.periods import (
    Period,
    beside_period,
    default_kind,
    is_month_of_year,
    is_period_text,
    read_period,
    resolve_period,
    span_of,
)
from orchestration.spec import Block, TableColumn
from orchestration.text import fold, same

Cells = list[tuple[int, int, str]]

_PLAIN = ("level", "count")
"""Measures that a header cannot tell apart: the indicator says which it is."""

MARK = re.compile(r"(?:\s*+(?:[①-⑳]|\^\s*+[0-9a-z]{1,2}\)?|\[[0-9]{1,2}\]|[*＊]))++$")
"""Footnote marks at the end of a text; never backtracks, whatever stands there."""

MARKED = 60
"""So many characters at the end of a text may be marks."""

EARLIER = re.compile(r"(上年|去年)(同期|同月|同季)|(?<![与和比较])同期")
"""Words for the same period of last year."""
_THIS_YEAR = re.compile(r"本年|今年|本期|本年度")
_COMPARED = re.compile(r"[比较与和](上年|去年|上月|上季度?)(同期|同月|同季|末)?")
_OTHER_BASE = re.compile(r"环比|完成率|进度|[比较](上(月|季|期)|年初|上年末|期初)")
_AMOUNT = re.compile("(增减|增加|增长|净增|增)(绝对)?(额|量|数)")
_FILLER = re.compile(
    r"按?可比(价格?|口径)(计算)?|按?现价|名义|实际|情况|[±()（）,，、:：]|的|率|幅|完成|为|数$|额$|量$"
)
"""What may stand beside a period and a word for a measure without changing what they mean."""


@dataclass(frozen=True)
class Found:
    """A column of the declaration, found at a column of the grid.

    Attributes:
        texts: Its header texts from the top down, without footnote marks.
        captured: What ``*`` matched, by position of the header text.
        marks: Footnote marks of the header.
        unit: The unit that the header says.
        period: Code of the period that the header says; its text where it cannot be resolved.
        period_source: ``title``, ``header`` or ``constant``; None where the row says the period.
        period_kind: Kind of the period: as declared, else as its wording says (月末, 累计).
    """

    column: TableColumn
    texts: tuple[str, ...]
    captured: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    unit: str | None = None
    period: str | None = None
    period_source: str | None = None
    period_kind: str | None = None
    measure: str | None = None
    said: dict[str, str] = field(default_factory=dict)


def split_marks(text: str) -> tuple[str, tuple[str, ...]]:
    """A text without the footnote marks at its end, and the marks."""
    match = MARK.search(text, max(0, len(text) - MARKED))
    if match is None or match.start() == 0:
        return text, ()
    found = re.findall(r"[①-⑳]|\^\s*[0-9a-z]{1,2}\)?|\[[0-9]{1,2}\]|[*＊]+", match[0])
    return text[: match.start()].rstrip(), tuple(mark_key(mark) for mark in found)


def mark_key(mark: str) -> str:
    """One way to write a footnote mark: raised 1, [1] and ① are different marks."""
    return same(mark).replace(")", "").replace("＊", "*")


def header_paths(
    grid: Grid, cells: Cells, top: int, last: int, *, fill: bool
) -> dict[int, tuple[str, ...]]:
    """Header texts above each column from the top down, merged cells filled.

    Args:
        fill: Whether a text holds for the empty columns to its right too (merges were lost).
    """
    texts = {(row, col): text for row, col, text in cells if top <= row <= last}
    for first_row, first_col, last_row, last_col in grid.merged:
        text = texts.get((first_row, first_col))
        if text is not None:
            for row in range(max(first_row, top), min(last_row, last) + 1):
                for col in range(first_col, last_col + 1):
                    texts[row, col] = text
    columns = sorted({col for _, col in texts})
    if fill:
        for row in range(top, last):
            held = None
            for col in columns:
                held = texts.get((row, col), held)
                has_below = any((below, col) in texts for below in range(row + 1, last + 1))
                if held is not None and (row, col) not in texts and has_below:
                    texts[row, col] = held
    paths: dict[int, tuple[str, ...]] = {}
    for col in columns:
        path = [texts[row, col] for row in range(top, last + 1) if (row, col) in texts]
        paths[col] = tuple(t for i, t in enumerate(path) if i == 0 or same(t) != same(path[i - 1]))
    return paths


def match_columns(
    place: str,
    block: Block,
    paths: dict[int, tuple[str, ...]],
    report: Period | None,
    words: Words,
) -> dict[int, Found]:
    """Every column of the header with its declaration.

    Raises:
        RefusedError: a declared column is missing or fits twice, or a column is not declared.
    """
    plain: dict[int, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for col, path in paths.items():
        split = [split_marks(text) for text in path]
        plain[col] = (
            tuple(text for text, _ in split),
            tuple(mark for _, marks in split for mark in marks),
        )
    full = with_left_period({col: texts for col, (texts, _) in plain.items()})
    meanings = {
        col: meaning_of(texts, report, words)
        for col, texts in full.items()
        if any(column.means for column in block.columns)
    }
    found: dict[int, Found] = {}
    # Columns found by their texts come first: what a declaration says outright goes before meaning.
    for column in sorted(block.columns, key=lambda c: c.means is not None):
        hits: dict[int, Found] = {}
        for col, (texts, marks) in plain.items():
            if col in found and column.means is not None:
                continue
            captured = _captured(column, texts, words)
            if captured is None and column.means is None:
                continue
            if column.after is not None and not _stands_after(column, col, plain, words):
                continue
            is_part = "period" in block.stub_is and any(map(is_month_of_year, texts))
            if column.every and column.period == "header" and not (is_part or _says_period(texts)):
                continue
            if column.means is not None and not _is_meant(column, meanings[col]):
                continue
            hits[col] = Found(column, texts, captured or (), marks)
        if not hits:
            raise missing_column(place, column.label, ["/".join(t) for t, _ in plain.values()])
        if (len(hits) > 1 and not column.every) or (hits.keys() & found.keys()):
            raise RefusedError(
                "delivery.duplicate-column",
                place,
                f"列“{column.label}”不唯一",
                f"the column {column.label!r} fits more than once",
            )
        found |= hits
    unknown = ["/".join(texts) for col, (texts, _) in plain.items() if col not in found]
    if unknown:
        raise unknown_columns(place, unknown)
    told = {col: _tell(hit, full[col], report, words) for col, hit in found.items()}
    _refuse_equal(place, told)
    return told


def _stands_after(
    column: TableColumn,
    col: int,
    plain: dict[int, tuple[tuple[str, ...], tuple[str, ...]]],
    words: Words,
) -> bool:
    """Whether the nearest column to the left with another header is the one it stands after."""
    for left in sorted((other for other in plain if other < col), reverse=True):
        texts = plain[left][0]
        if same("/".join(texts)) != same("/".join(plain[col][0])):
            bare = [words.unit_in(text)[0] for text in texts]
            return any(fits(column.after or "", text) is not None for text in (*texts, *bare))
    return False


def _captured(column: TableColumn, texts: tuple[str, ...], words: Words) -> tuple[str, ...] | None:
    if len(column.header) != len(texts):
        return None
    captured = []
    for wanted, text in zip(column.header, texts, strict=True):
        got = fits(wanted, text)
        if got is None and column.unit == "header":
            got = fits(wanted, words.unit_in(text)[0])
        if got is None:
            return None
        if "*" in wanted:
            captured.append(got)
    return tuple(captured)


@dataclass(frozen=True)
class Said:
    """What the texts of a header say together."""

    measure: str
    span: str
    last_year: bool
    unit: str | None
    period: Period | None


def meaning_of(texts: tuple[str, ...], report: Period | None, words: Words) -> Said | None:
    """What a header means; None where a part of it is not understood.

    A text is understood when nothing is left of it once its unit, its period and its word for a
    measure are taken away.
    """
    measure, unit, last_year = None, None, False
    for text in texts:
        if _OTHER_BASE.search(same(text)):
            return None  # growth on the period before, or the year's beginning, is another basis
        if _AMOUNT.search(same(text)):
            return None  # by how much, and not by how many per cent
        bare, own = words.unit_in(text)
        unit = own or unit
        key = same(bare)
        if "±" in fold(text):
            key = key.replace("±", "") or "同比"
        compared = _COMPARED.sub("", key)
        word = next(((w, code) for w, code in words.measures if w and w in key), None)
        if compared != key and word is None:
            word = (key, "yoy_growth_pct")
        if word is not None:
            if measure not in (None, *_PLAIN, word[1]):
                return None
            measure = word[1]
            rest = _COMPARED.sub("", key.replace(word[0], "", 1))
        else:
            rest = compared
            last_year = last_year or bool(EARLIER.search(rest))
        if same(rest) not in words.units and _FILLER.sub("", beside_period(rest)):
            return None
    period = period_said(texts, report)
    if measure is None:
        measure = "level"
    span = (span_of(period) if period is not None else None) or "any"
    return Said(measure, span, last_year and measure in _PLAIN, unit, period)


def period_said(texts: tuple[str, ...], report: Period | None) -> Period | None:
    """The period that header texts say together; the report's own where they say none."""
    spoken = tuple(_COMPARED.sub("", same(text)) for text in texts)
    try:
        return resolve_period([text for text in spoken if text], report)
    except ValueError:
        return report if not _says_period(texts) else None


def _says_period(texts: tuple[str, ...]) -> bool:
    return any(is_period_text(_COMPARED.sub("", same(text))) for text in texts)


def _is_meant(column: TableColumn, said: Said | None) -> bool:
    means = column.means
    if means is None or said is None:
        return False
    return (
        (means.measure == said.measure or {means.measure, said.measure} <= set(_PLAIN))
        and means.span in ("any", said.span)
        and means.last_year == said.last_year
    )


def with_left_period(paths: dict[int, tuple[str, ...]]) -> dict[int, tuple[str, ...]]:
    """Headers without a period (同比±%) with that of the nearest header to the left (11月)."""
    full: dict[int, tuple[str, ...]] = {}
    held: tuple[str, ...] = ()
    for col, texts in sorted(paths.items()):
        spoken = tuple(text for text in texts if is_period_text(_COMPARED.sub("", same(text))))
        own = tuple(text for text in spoken if not EARLIER.fullmatch(same(text)))
        if own and not any(EARLIER.search(same(text)) for text in texts):
            held = own  # growth stands beside 上年同期 and is not about it
        # 上年同期 beside 本年 is that of the report; beside 1-5月 it is that of 1-5月.
        is_opposed = bool(spoken) and all(_THIS_YEAR.fullmatch(same(text)) for text in held)
        full[col] = texts if own or is_opposed else (*held, *texts)
    return full


def _tell(hit: Found, full: tuple[str, ...], report: Period | None, words: Words) -> Found:
    """Add period, unit, measure and captured names to a column that was found.

    ``full`` are its header texts with the period that it takes from its left.
    """
    column = hit.column
    unit = column.unit
    if unit == "header" or (unit is None and column.means is not None):
        unit = next((u for t in reversed(hit.texts) if (u := words.unit_in(t)[1])), None)
    said: dict[str, str] = {}
    captured = list(hit.captured)
    for name in ("indicator", "region", "breakdown"):
        value = getattr(column, name)
        if value == "header":
            said[name] = captured.pop(0)
        elif value is not None:
            said[name] = value
    for name in ("scope", "price_basis", "stage", "status"):
        if (constant := getattr(column, name)) is not None:
            said[name] = constant
    stage = next((word for text in hit.texts if (word := words.stage_in(text))), None)
    if stage is not None and column.carries == "value":
        said.setdefault("stage", stage)
    period, source = _period(hit, full, report)
    code = period.code if isinstance(period, Period) else period
    kind: str | None = column.period_kind
    if kind is None and isinstance(period, Period):
        kind = default_kind(period)
    measure = column.measure
    if measure is None and column.means is not None and column.means.measure not in _PLAIN:
        measure = column.means.measure
    return Found(
        column, hit.texts, hit.captured, hit.marks, unit, code, source, kind, measure, said
    )


def _period(
    hit: Found, full: tuple[str, ...], report: Period | None
) -> tuple[Period | str | None, str | None]:
    """The column's period (its text where that is unreadable), and where it comes from."""
    wanted = hit.column.period
    if wanted is None and hit.column.means is None:
        return None, None
    if wanted == "title":
        return report, "title"
    if wanted is None or wanted == "header":
        return period_said(full, report) or "/".join(full), "header"
    if "(?P<period>" in wanted:
        match = next((m for t in hit.texts if (m := re.search(wanted, title_text(t)))), None)
        if match is None:
            return "/".join(hit.texts), "header"
        return _resolved(match.group("period"), report), "header"
    source = "header" if _is_relative(wanted) else "constant"
    return _resolved(wanted, report), source


def _is_relative(text: str) -> bool:
    return re.search(r"[0-9]{4}", fold(text)) is None


def _resolved(text: str, report: Period | None) -> Period | str:
    try:
        period, beside = read_period(text, report)
    except ValueError:
        return text
    return text if beside else period


def _refuse_equal(place: str, found: dict[int, Found]) -> None:
    """Two columns that say the same of the same indicators cannot be told apart."""
    seen: dict[tuple[object, ...], int] = {}
    for col, hit in found.items():
        if hit.column.carries != "value" or not hit.column.every:
            continue
        key = (hit.column.key, hit.period, tuple(sorted(hit.said.items())), hit.measure)
        if key in seen:
            raise twice(place, hit.column.label, 2)
        seen[key] = col
