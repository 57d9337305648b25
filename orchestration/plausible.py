"""Plausible ranges of figures: ``raw/catalogue/ranges.yml``, and the class that an indicator has.

Belongs here: reading the classes, which of them an indicator refers to or inherits, and how a
person reads one. Does not belong here: what figures are held against (``expectations``), entries
of the catalogue themselves (``standards``).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from orchestration.errors import DeclarationError
from orchestration.settings import CODE_ROOT, parse_model, read_yaml
from orchestration.spec import Envelope, Measure, RangeClass, Ranges, Span

FILE = "ranges.yml"

_BEHAVIOUR = {"stock": "存量 stock", "flow": "流量 flow", "rate": "比率 rate"}
_SIGN = {"never_negative": "不为负 never negative", "any": "可为负 may be negative"}
_KINDS = {
    "county": "县级 county",
    "prefecture": "地级 prefecture",
    "province": "省级 province",
    "nation": "全国 nation",
}


@dataclass(frozen=True)
class Plausible:
    """The classes of ranges of a project.

    Attributes:
        path: The file they stand in.
        dimensions: The dimension of every unit.
    """

    ranges: Ranges
    path: Path
    dimensions: Mapping[str, str]

    @cached_property
    def by_id(self) -> Mapping[str, RangeClass]:
        """Every class by its id."""
        return {entry.id: entry for entry in self.ranges.classes}

    def of(
        self,
        measure: Measure,
        unit: str,
        *,
        stock: bool = False,
        named: str | None = None,
        level: RangeClass | None = None,
    ) -> RangeClass | None:
        """The class of an indicator; None where no class is of its measure.

        Args:
            measure: Of the indicator.
            unit: Its base unit.
            stock: Whether its figures exist at a date.
            named: The class that its entry names.
            level: Of a growth rate: the class of what grows.

        Raises:
            DeclarationError: the named class is none, or is of other measures or units.
        """
        dimension = self.dimensions.get(unit, "")
        if named is not None:
            return self._named(named, measure, dimension)
        if level is not None and level.growth is not None and measure != "cagr_pct":
            return self.by_id[level.growth]
        asked: Measure = "level" if measure == "target_level" else measure
        for entry in self.ranges.classes:
            if asked in entry.measures and _fits(entry, dimension, stock=stock):
                return entry
        return None

    def _named(self, named: str, measure: Measure, dimension: str) -> RangeClass:
        known = self.by_id.get(named)
        if known is None:
            import difflib

            near = difflib.get_close_matches(named, list(self.by_id), n=1, cutoff=0.4)
            raise DeclarationError(
                f"there is no class of ranges {named!r} / 没有这一区间类",
                file=self.path,
                remedy=f"did you mean {near[0]!r}?" if near else "name one of its classes",
            )
        is_amount = measure in ("level", "count", "target_level")
        unlike = (known.measures and measure not in known.measures) or (
            known.dimensions and dimension not in known.dimensions
        )
        if unlike or (known.per_head is not None and not is_amount):
            raise DeclarationError(
                f"the class {named!r} is not of {measure} in {dimension} / 区间类与计量不符",
                file=self.path,
                remedy="name another class, or leave `range` out",
            )
        return known


def _fits(entry: RangeClass, dimension: str, *, stock: bool) -> bool:
    return (not entry.dimensions or dimension in entry.dimensions) and (
        entry.stock is None or entry.stock == stock
    )


def load_ranges(folder: Path, units: Path | None = None) -> Plausible:
    """The ranges of a project, or those that come with the software where it has none.

    Args:
        folder: ``raw/catalogue``.
        units: ``raw/codelists/units.csv``; beside the folder where it is not said.

    Raises:
        DeclarationError: the file is not as it should be.
    """
    path = folder / FILE
    if not path.exists():
        path = CODE_ROOT / "raw" / "catalogue" / FILE
    listed = units or folder.parent / "codelists" / "units.csv"
    if not listed.exists():
        listed = CODE_ROOT / "raw" / "codelists" / "units.csv"
    return Plausible(_ranges(path, path.stat().st_mtime_ns), path, _dimensions(listed))


@lru_cache(maxsize=8)
def _ranges(path: Path, _changed: int) -> Ranges:
    return parse_model(Ranges, read_yaml(path), path)


def _dimensions(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return {
            row["unit"]: row["dimension"] for row in csv.DictReader(lines) if row.get("dimension")
        }


def told(known: RangeClass, ranges: Ranges) -> list[tuple[str, str]]:
    """How a person reads a class: names of lines and their texts, in both languages."""
    traits = [
        _BEHAVIOUR[known.behaviour],
        _SIGN[known.sign],
        "整数 whole" if known.whole else "",
    ]
    lines = [
        ("区间 range", f"{known.id}: {known.name.zh} | {known.name.en}"),
        ("性质 traits", "; ".join(filter(None, traits))),
    ]
    if known.value is not None:
        lines.append(("数值 value", _envelope(known.value)))
    if known.per_head is not None:
        lines.append(("人均 per head", _envelope(known.per_head)))
        lines += [
            (
                _KINDS.get(kind, kind),
                _envelope(absolute(known.per_head, residents)),
            )
            for kind, residents in ranges.populations.items()
        ]
    if known.around is not None:
        lines.append(("与上级之比 around", _span(known.around)))
    if known.growth is not None:
        growth = next(entry for entry in ranges.classes if entry.id == known.growth)
        if growth.value is not None:
            lines.append(("增速 growth %", _envelope(growth.value)))
    lines += [("依据 basis", known.basis.zh), ("", known.basis.en)]
    return lines


def absolute(per_head: Envelope, residents: Envelope) -> Envelope:
    """The range of a figure of a kind of region: per head, times its residents."""
    return Envelope(
        usual=_times(per_head.usual, residents.usual),
        possible=_times(per_head.possible, residents.possible),
    )


def _times(one: Span, other: Span) -> Span:
    corners = [a * b for a in one if a is not None for b in other if b is not None]
    low = None if one[0] is None or other[0] is None else min(corners)
    high = None if one[1] is None or other[1] is None else max(corners)
    return (low, high)


def _envelope(envelope: Envelope) -> str:
    return f"{_span(envelope.usual)}，可能 possible {_span(envelope.possible)}"


def _span(span: Iterable[float | None]) -> str:
    low, high = span
    return f"{'' if low is None else f'{low:,.12g}'} … {'' if high is None else f'{high:,.12g}'}"
