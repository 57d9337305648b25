"""Where an indicator is shown: the one place that knows, for pages, scripts and the release gate.

An indicator with several figures in force has a page of its own; one with a single figure is a row
of its theme's page, or of the list of all indicators where no theme lists it. Belongs here: links
within the site, relative to it. Does not belong here: what stands at their end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestration.publish.site.markup import file_name
from orchestration.publish.site.model import OWN_THEMES, Row

ROWS_LISTED = 400
"""So many indicators a theme's page lists, in the order of their codes."""

LIST_PAGE = "search.html"
"""The page that lists every indicator."""

_FIGURES_OF_A_PAGE = 2


def has_page(figures: int) -> bool:
    """Whether an indicator with so many figures in force has a page of its own."""
    return figures >= _FIGURES_OF_A_PAGE


def indicator_page(code: str) -> str:
    """The page of an indicator that has one."""
    return f"indicator/{file_name(code)}.html"


def theme_page(theme: str) -> str:
    """The page of a theme."""
    return f"{theme}.html" if theme in OWN_THEMES else f"theme/{file_name(theme)}.html"


def row_id(code: str) -> str:
    """The id of an indicator's row, wherever it is listed."""
    return f"i-{file_name(code)}"


def listed(indicators: Sequence[Row], theme: str) -> list[Row]:
    """The indicators that the page of a theme lists, of all in the order of their codes."""
    return [row for row in indicators if row["theme"] == theme][:ROWS_LISTED]


def places(indicators: Sequence[Row], figures: Mapping[str, int]) -> dict[str, str]:
    """To each indicator the link to it.

    Args:
        indicators: All, with code and theme, in the order of their codes.
        figures: How many figures each has in force.
    """
    found: dict[str, str] = {}
    rows_of: dict[str, int] = {}
    for row in indicators:
        code, theme = row["indicator_code"], row["theme"]
        if theme:
            rows_of[theme] = rows_of.get(theme, 0) + 1
        is_listed = bool(theme) and rows_of[theme] <= ROWS_LISTED
        if has_page(figures.get(code, 0)):
            found[code] = indicator_page(code)
        else:
            found[code] = f"{theme_page(theme) if is_listed else LIST_PAGE}#{row_id(code)}"
    return found
