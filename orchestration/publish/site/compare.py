"""What the page of comparisons knows of every indicator before it loads a figure.

Belongs here: the index of that page, with what may be added (``orchestration.aggregation``). Does
not belong here: figures (``model.figures``), and how a reader compares (``assets/compare.js``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orchestration.aggregation import OVERS, Additivity, verdict
from orchestration.publish.site.links import has_page, indicator_page
from orchestration.publish.site.markup import file_name
from orchestration.publish.site.model import Row

NAME = "@"
"""Stands in a reason where the name of its indicator will: reasons are few, indicators many."""


def chunk(code: str, theme: str | None, figures: int) -> str:
    """The data script that holds the figures of an indicator; empty where it has none."""
    if has_page(figures):
        return indicator_page(code).removesuffix(".html")
    return f"single/{file_name(theme or 'other')}" if figures else ""


def index(
    indicators: Sequence[Row],
    figures: Mapping[str, int],
    regions: Iterable[Row],
    themes: Mapping[str, list[str]],
    breaks: Iterable[Row],
) -> dict[str, Any]:
    """The content of ``data/compare.js``.

    Of each indicator: code, both names, theme, measure, scope, price basis, direction, number of
    figures, data script, and the numbers of three reasons: how its figures become one over time,
    regions and classes.
    """
    reasons: dict[tuple[str, str, str], int] = {}

    def reason(row: Row, over: Any) -> int:
        told = verdict(
            Additivity(
                NAME,
                NAME,
                row["measure"] or "",
                bool(row["is_stock"]),
                row["adds_over_time"],
                row["adds_over_regions"],
                row["adds_over_classes"],
            ),
            over,
        )
        return reasons.setdefault((told.way or "", told.zh, told.en), len(reasons))

    entries = []
    for row in indicators:
        code, count = row["indicator_code"], figures.get(row["indicator_code"], 0)
        if count:
            entries.append(
                [
                    code,
                    row["name_zh"] or code,
                    row["name_en"] or row["name_zh"] or code,
                    row["theme"] or "",
                    row["measure"] or "",
                    row["scope"] or "",
                    row["price_basis"] or "",
                    row["direction"] or "",
                    count,
                    chunk(code, row["theme"], count),
                    *(reason(row, over) for over in OVERS),
                ]
            )
    return {
        "indicators": entries,
        "reasons": [list(told) for told in reasons],
        "themes": themes,
        "breaks": [
            [row["indicator_code"] or "", row["region_code"] or "", str(row["begins_on"])]
            for row in breaks
        ],
        "parents": {row["region_code"]: row["parent_code"] or "" for row in regions},
    }
