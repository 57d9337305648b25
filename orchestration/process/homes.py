"""Which fact holds the figures of an indicator, and of which field it is.

Belongs here: what follows from a declaration and the catalogue. Does not belong here: what is
declared (``declarations``), and rows (``declared``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.spec import GROWTH_MEASURES

if TYPE_CHECKING:
    from orchestration.declarations import Declarations
    from orchestration.spec import Indicator

BY_FIELD = "core.figure_by_field"
"""The fact of what no theme has a mart for."""
_RELATIVES = ("growth_of", "part_of", "share_of", "ratio_of", "rank_of", "mean_of")


@dataclass(frozen=True)
class Home:
    """The mart of an indicator, what its row is about, and the column it stands in."""

    mart: str
    item: str
    role: str


def home(indicator: Indicator, declarations: Declarations) -> Home:
    """What it declares, or the fact of its field: an item of its own, growth beside its level."""
    if indicator.mart is not None:
        return Home(indicator.mart, indicator.item or "", indicator.role or "")
    return Home(BY_FIELD, _item(indicator, declarations), _role(indicator))


def field(code: str, declarations: Declarations) -> str:
    """The field that it names, of its entry, of what it is related to, or its theme."""
    seen: set[str] = set()
    asked = [code]
    for one in asked:
        found = _own_field(one, declarations)
        if found:
            return found
        seen.add(one)
        asked += [other for other in _relatives(one, declarations) if other not in seen]
    indicator, declared = declarations.definitions[code]
    return indicator.theme or declared.data_set.theme


def _own_field(code: str, declarations: Declarations) -> str | None:
    definition = declarations.definitions.get(code)
    named = definition[0].field if definition else None
    entry = declarations.catalogue.entries.get(code)
    return named or (entry.field_code if entry else None)


def _relatives(code: str, declarations: Declarations) -> Iterator[str]:
    definition = declarations.definitions.get(code)
    if definition is not None:
        for kind in _RELATIVES:
            yield from (relation.to for relation in getattr(definition[0], kind))


def _item(indicator: Indicator, declarations: Declarations) -> str:
    """Itself; of ``<code>_growth`` what grows, where that has no mart of its own either."""
    level = indicator.code.removesuffix("_growth")
    grown = {relation.to for relation in indicator.growth_of}
    definition = declarations.definitions.get(level)
    is_beside = level in grown and definition is not None and definition[0].mart is None
    return level if is_beside else indicator.code


def _role(indicator: Indicator) -> str:
    if indicator.measure in GROWTH_MEASURES:
        return "growth"
    return {"share_pct": "share", "rank": "rank"}.get(indicator.measure or "", "value")
