"""The regions of China from county level up, with the years of their codes: who is meant by a name.

Belongs here: ``raw/codelists/regions_china.csv``, and which of its regions a name or a code means
at a time. Does not belong here: what a district calls its regions itself (``regions.csv``), which
goes before.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path

from orchestration.errors import DeclarationError
from orchestration.text import same

COLUMNS = ("code", "name", "name_en", "level", "first", "last", "successors")
LEVELS = ("province", "prefecture", "county")
BEGIN = 1981
"""The year the table begins with: what it has from then on is older, or may be."""

_SHORT = {
    "province": re.compile(r"(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)$"),
    "prefecture": re.compile(r"(?:市|地区|盟)$"),
    "county": re.compile(r"(?:区|县|市|旗)$"),
}


@dataclass(frozen=True)
class Place:
    """A region under one name and code, in force from one year to another that is excluded."""

    code: str
    name: str
    name_en: str
    level: str
    first: int
    last: int | None
    successors: str

    @property
    def valid_from(self) -> date | None:
        return date(self.first, 1, 1) if self.first > BEGIN else None

    @property
    def valid_to(self) -> date | None:
        return date(self.last, 1, 1) if self.last else None

    @property
    def short(self) -> str | None:
        """Its name without the kind of region behind it; None where too little is left."""
        short = _SHORT[self.level].sub("", self.name)
        return short if len(short) > 1 and short != self.name else None

    def holds(self, start: date | None, end: date | None) -> bool:
        """Whether it is in force in the period; of an unknown period, whether it is today."""
        if start is None or end is None:
            return self.last is None
        began, ended = self.valid_from, self.valid_to
        return (ended is None or ended > start) and (began is None or began <= end)


@dataclass(frozen=True)
class Gazetteer:
    """All regions of a table; of none where the project has no such file.

    Attributes:
        path: The table.
    """

    path: Path | None = None

    def __reduce__(self) -> tuple[type[Gazetteer], tuple[Path | None]]:
        # The table is read where it is asked, not handed from process to process.
        return Gazetteer, (self.path,)

    def __bool__(self) -> bool:
        return self.path is not None

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every region under every name that it had."""
        return _places(self.path, self.path.stat().st_mtime_ns) if self.path else ()

    @cached_property
    def by_code(self) -> Mapping[str, tuple[Place, ...]]:
        """The names of a code, oldest first."""
        found: dict[str, list[Place]] = {}
        for place in self.places:
            found.setdefault(place.code, []).append(place)
        return {code: tuple(places) for code, places in found.items()}

    @cached_property
    def _asked(self) -> dict[str, list[Place]]:
        """What names meant that were asked for: a delivery asks for each in many periods."""
        return {}

    @cached_property
    def _by_name(self) -> dict[str, list[Place]]:
        found: dict[str, list[Place]] = {}
        for place in self.places:
            short = place.short if place.level != "county" else None
            for name in {place.name, short or place.name}:
                found.setdefault(name, []).append(place)
        return found

    @cached_property
    def _by_short(self) -> dict[str, list[Place]]:
        found: dict[str, list[Place]] = {}
        for place in self.places:
            if place.level == "county" and place.short:
                found.setdefault(place.short, []).append(place)
        return found

    def span(self, code: str) -> tuple[date | None, date | None]:
        """The first day of a code and the day it ended, under whatever names; both may be open."""
        places = self.by_code.get(code, ())
        if not places:
            return None, None
        return places[0].valid_from, places[-1].valid_to

    def parent_code(self, code: str) -> str:
        """The region around one; empty of a province."""
        above = f"{code[:4]}00"
        if code.endswith("0000"):
            return ""
        return above if above != code and above in self.by_code else f"{code[:2]}0000"

    def full_name(self, place: Place) -> str:
        """Its name with the city around it, or the province where there is none."""
        above = self.by_code.get(self.parent_code(place.code))
        if place.level != "county" or above is None:
            return place.name
        return f"{above[-1].name}{place.name}"

    def meant(
        self, word: str, start: date | None, end: date | None, inside: str | None = None
    ) -> tuple[Place, ...]:
        """The regions that a name or a code may mean in a period, each code once.

        A name is that of the region alone, or with its city, its province or both before it, which
        may then be short (武汉江岸). Where none of that name is in force, those of other times.

        Args:
            word: As delivered.
            start: Of the period, where it is known.
            end: Of the period.
            inside: The code of the region that all names are inside, where they mean several.
        """
        name = same(word)
        if name in self.by_code:
            return (self._at(self.by_code[name], start, end),)
        found = self._asked.get(name)
        if found is None:
            found = self._asked.setdefault(name, self._named(name))
        held = [place for place in found if place.holds(start, end)]
        chosen = _once_each(held or found)
        if inside is not None and len(chosen) > 1:
            stem = re.sub(r"(?:00){1,2}$", "", inside)
            chosen = tuple(place for place in chosen if place.code.startswith(stem)) or chosen
        return chosen

    def _at(self, places: tuple[Place, ...], start: date | None, end: date | None) -> Place:
        return next((p for p in reversed(places) if p.holds(start, end)), places[-1])

    def _named(self, name: str) -> list[Place]:
        for at in range(len(name)):
            before, own = name[:at], name[at:]
            tables = (self._by_name, self._by_short) if before else (self._by_name,)
            for table in tables:
                places = table.get(own, [])
                if before:
                    places = [place for place in places if before in self._ways_to(place.code)]
                if places:
                    return places
        return []

    def _ways_to(self, code: str) -> set[str]:
        """What may stand before the name of a region: its city, its province, or both."""
        outer = self._names(f"{code[:2]}0000")
        inner = self._names(f"{code[:4]}00") if not code.endswith("00") else set()
        return outer | inner | {f"{one}{other}" for one in outer for other in inner}

    def _names(self, code: str) -> set[str]:
        places = self.by_code.get(code, ())
        return {name for place in places for name in (place.name, place.short) if name}


def _once_each(places: Iterable[Place]) -> tuple[Place, ...]:
    found: dict[str, Place] = {}
    for place in places:
        found[place.code] = place
    return tuple(found.values())


@cache
def _places(path: Path, _written: int) -> tuple[Place, ...]:
    """The rows of the table.

    Raises:
        DeclarationError: a column is missing, or a line is no region; with its number.
    """
    reader = csv.reader(path.read_text(encoding="utf-8-sig").splitlines(), strict=True)
    if tuple(next(reader, ())) != COLUMNS:
        raise DeclarationError(
            f"the columns are {', '.join(COLUMNS)}",
            file=path,
            place="line 1",
            remedy="`qutong init` lays out the table: copy it from a new district",
        )
    found = []
    for row in reader:
        fits = len(row) == len(COLUMNS) and row[3] in LEVELS
        if not (fits and re.fullmatch(r"\d{6}", row[0]) and re.fullmatch(r"\d{4}", row[4])):
            raise DeclarationError(
                f"{','.join(row)} is no region / 不是一条区划",
                file=path,
                place=f"line {reader.line_num}",
                remedy="write code, name, level and the year it began; or remove the line",
            )
        code, name, name_en, level, first, last, successors = row
        ended = int(last) if last else None
        found.append(Place(code, name, name_en, level, int(first), ended, successors))
    return tuple(found)
