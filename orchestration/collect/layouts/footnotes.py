"""Notes of a table that say what a figure is: another period, a stage, a status.

Belongs here: what a declaration makes of a note, and notes that nobody declared and that speak of
another period. Does not belong here: finding notes and marks (``table``, ``header``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestration.collect.periods import Period, parse_period, read_period
from orchestration.text import fold, same

if TYPE_CHECKING:
    import polars as pl

    from orchestration.spec import Footnote

OF_ANOTHER = re.compile(
    r"(?:为|系|是|用|按|指)(?P<period>[0-9]{4}年(?:[0-9]{1,2}月|[0-9]{1,2}[-—至][0-9]{1,2}月|[末底])*"
    r"|(?:[0-9]{4}年)?(?:[0-9]{1,2}[-—–~至到])?[0-9]{1,2}月份?|上半年|前三季度|[一二三四]季度)"
    r"的?(?:累计)?(?:数据|数字|年报数|数|年报)"
    r"|(?:data|figures?) (?:for|of) (?P<other>[0-9]{4})(?![0-9])",
    re.IGNORECASE,
)
"""A note that gives its figure another period than the table does."""


def heed(figures: pl.DataFrame, declared: Sequence[Footnote], notes: Sequence[str]) -> pl.DataFrame:
    """The figures with what the notes of their table say of them.

    Args:
        figures: Figures of one table, with the texts of their own notes in ``footnote``.
        declared: What the declaration makes of notes.
        notes: All notes of the table.
    """
    import polars as pl

    columns = ("footnote", "period", "report_period")
    distinct = figures.select(columns).unique(maintain_order=True)
    if not declared and not distinct["footnote"].count():
        return figures
    rows = [
        (note, period, report, *_said(note, period, report, declared, notes))
        for note, period, report in distinct.iter_rows()
    ]
    told = ("_period", "_source", "_stage", "_status")
    schema = dict.fromkeys((*columns, *told), pl.String)
    known = pl.DataFrame(rows, schema=schema, orient="row")
    moved = pl.col("_period").is_not_null()
    return (
        figures.join(known, on=columns, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(
            period=pl.coalesce("_period", "period"),
            period_source=pl.coalesce("_source", "period_source"),
            period_kind=pl.when(~moved).then("period_kind"),
            # What stands beside the figure itself is nearer to it than a note.
            stage=pl.coalesce("stage", "_stage"),
            status=pl.coalesce("status", "_status"),
        )
        .drop(told)
    )


def _said(
    footnote: str | None,
    period: str | None,
    report: str | None,
    declared: Sequence[Footnote],
    notes: Sequence[str],
) -> tuple[str | None, str | None, str | None, str | None]:
    """Period with its source, stage and status that the notes give to figures of one kind."""
    own = fold(footnote or "")
    moved = stage = status = None
    for entry in declared:
        expression = re.compile(entry.says)
        match = expression.search(own)
        if entry.moves:
            moved = moved or (match.group("period") if match else None)
            continue
        about = (
            [m.group("period") for n in notes if (m := expression.search(fold(n)))]
            if ("period" in expression.groupindex)
            else []
        )
        meant = _resolved(period, report)
        if (match and not about) or any(_holds(_absolute(text), meant) for text in about):
            stage, status = stage or entry.stage, status or entry.status
    if moved is not None:
        return moved, "row", stage, status
    other = OF_ANOTHER.search(same(own)) or OF_ANOTHER.search(own)
    if other is not None:
        spoken = other["period"] or other["other"]
        if not _is_one(_resolved(spoken, report), _resolved(period, report)):
            # Two periods beside one figure: it is quarantined with both of them.
            return f"{period} ({other[0]})", None, stage, status
    return None, None, stage, status


def _holds(spoken: Period | None, printed: Period | None) -> bool:
    """Whether what a note says of a period is said of a figure: 2026年 of its quarters too."""
    if spoken is None or printed is None:
        return False
    return spoken.start <= printed.start and printed.end <= spoken.end


def _is_one(spoken: Period | None, printed: Period | None) -> bool:
    """Whether two periods are the same stretch of time: 一季度 and 1-3月 are."""
    if spoken is None or printed is None:
        return spoken is printed
    return spoken == printed or (spoken.start, spoken.end) == (printed.start, printed.end)


def _absolute(text: str) -> Period | None:
    try:
        return parse_period(text)
    except ValueError:
        return None


def _resolved(text: str | None, report: str | None) -> Period | None:
    try:
        return read_period(text, _absolute(report) if report else None)[0] if text else None
    except ValueError:
        return None
