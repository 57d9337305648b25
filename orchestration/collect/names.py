"""Names: the words of deliveries and what they mean, at the time that a figure is about.

Belongs here: looking a word up by its dated meanings, and proposing words that resemble an unknown
one. Does not belong here: deciding by resemblance (nobody does), and the columns of a delivery
(``normalise``).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from orchestration.text import same

if TYPE_CHECKING:
    from orchestration.declarations import CodeLists
    from orchestration.gazetteer import Gazetteer
    from orchestration.spec import DataSet

PROPOSED, CUTOFF = 3, 0.5


class AmbiguousNameError(ValueError):
    """The meaning of the word changes inside the period."""


@dataclass(frozen=True)
class Sense:
    """What a word means from a day on, up to another one that is excluded."""

    word: str
    code: str
    valid_from: date | None = None
    valid_to: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it means that on the day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day < self.valid_to
        )


class Vocabulary:
    """The words of one list.

    Blanks and width of a word do not matter.

    Args:
        always: Code by word, whatever the time.
        senses: Meanings in time, which go before ``always``; of two that hold the first wins.
    """

    def __init__(self, always: Mapping[str, str], senses: Iterable[Sense] = ()) -> None:
        self._always: dict[str, str] = {}
        self._printed: dict[str, str] = {}
        self._senses: dict[str, list[Sense]] = {}
        for word, code in always.items():
            self._always.setdefault(same(word), code)
            self._printed.setdefault(same(word), word)
        for sense in senses:
            self._senses.setdefault(same(sense.word), []).append(sense)
            self._printed.setdefault(same(sense.word), sense.word)

    @property
    def is_dated(self) -> bool:
        """Whether the time matters at all."""
        return bool(self._senses)

    def find(self, word: str, start: date | None, end: date | None) -> str | None:
        """The code of the word in a period, or in general where the period is not known.

        Raises:
            AmbiguousNameError: it means one thing in one part of the period and another, or
                nothing, in the rest.
        """
        key = same(word)
        senses = self._senses.get(key)
        default = self._always.get(key)
        if not senses:
            return default
        if start is None or end is None:
            codes: set[str | None] = {sense.code for sense in senses}
            codes |= {default} - {None}
            return codes.pop() if len(codes) == 1 else None
        bounds = (day for sense in senses for day in (sense.valid_from, sense.valid_to))
        changes = {day for day in bounds if day is not None and start < day <= end}
        codes = {
            next((sense.code for sense in senses if sense.holds(day)), default)
            for day in {start, *changes}
        }
        if len(codes) > 1:
            raise AmbiguousNameError(f"{word!r} changes its meaning between {start} and {end}")
        return codes.pop()

    def nearest(
        self,
        word: str,
        start: date | None,
        end: date | None,
        barred: frozenset[str] = frozenset(),
    ) -> str:
        """Words that resemble this one and are known in the period, for a person to choose from.

        Empty where none does; codes that are ``barred`` are not proposed.
        """
        found: list[str] = []
        codes = set(barred)
        near = difflib.get_close_matches(same(word), self._printed, n=PROPOSED * 3, cutoff=CUTOFF)
        for key in near:
            try:
                code = self.find(key, start, end)
            except AmbiguousNameError:
                continue
            if code is not None and code not in codes and len(found) < PROPOSED:
                codes.add(code)
                found.append(f"{self._printed[key]} ({code})")
        return "；".join(found)

    def when(self, word: str) -> str:
        """What the word means at other times; empty where it means nothing ever."""
        told: dict[str, None] = {}
        for sense in self._senses.get(same(word), []):
            first = sense.valid_from.isoformat() if sense.valid_from else ""
            last = (sense.valid_to - timedelta(days=1)).isoformat() if sense.valid_to else ""
            told[f"{sense.word} ({sense.code}, {first}—{last})"] = None
        return "；".join(list(told)[:PROPOSED])


class UnitWords(Vocabulary):
    """The words of units, and what follows from them: words for multiples, codes of offices.

    Args:
        listed: Code by listed word; these alone are proposed for an unknown one.
        more: Code by further text, without blanks.
    """

    def __init__(self, listed: Mapping[str, str], more: Mapping[str, str]) -> None:
        super().__init__(listed)
        self._more = more

    def find(self, word: str, start: date | None, end: date | None) -> str | None:
        """The code of the unit, whatever the time."""
        return super().find(word, start, end) or self._more.get(same(word))


class RegionWords(Vocabulary):
    """The words of regions: a district's own first, then all regions of China by name and code.

    Args:
        always: As of ``Vocabulary``.
        senses: As of ``Vocabulary``.
        gazetteer: The regions of China.
        inside: The code of the region that names of several regions are meant inside.
    """

    def __init__(
        self,
        always: Mapping[str, str],
        senses: Iterable[Sense],
        gazetteer: Gazetteer,
        inside: str | None,
    ) -> None:
        super().__init__(always, senses)
        self._gazetteer, self._inside = gazetteer, inside

    @property
    def is_dated(self) -> bool:
        """Whether the time matters at all."""
        return bool(self._gazetteer) or super().is_dated

    def find(self, word: str, start: date | None, end: date | None) -> str | None:
        """The code of the region; None where no region, or more than one, is meant."""
        own = super().find(word, start, end)
        if own is not None or not self._gazetteer:
            return own
        if re.fullmatch("[0-9]{6}0{6}", same(word)):
            return self.find(same(word)[:6], start, end)
        meant = self._gazetteer.meant(word, start, end, self._inside)
        return meant[0].code if len(meant) == 1 else None

    def nearest(
        self,
        word: str,
        start: date | None,
        end: date | None,
        barred: frozenset[str] = frozenset(),
    ) -> str:
        """The regions that a name means, where it means several; else words that resemble it."""
        meant = self._gazetteer.meant(word, start, end, self._inside) if self._gazetteer else ()
        if len(meant) > 1:
            named = (f"{self._gazetteer.full_name(place)} ({place.code})" for place in meant)
            return "；".join(named)
        return super().nearest(word, start, end, barred)


def whole_region(code: str, known: Container[str], nation: str | None) -> str:
    """A region's code of twelve digits as the code lists write it; any other text stays.

    The bureau pads the code of a county, city or province with zeros, twelve of them are the
    nation. Where the last six digits say a town or a village, the code is one of theirs: looked up
    with all twelve digits, or with nine, and never taken for the county around it.

    Args:
        code: The code as delivered.
        known: Ways to write a region.
        nation: The code of the nation, where the lists have one.
    """
    plain = same(code)
    if plain in known or re.fullmatch("[0-9]{12}", plain) is None:
        return code
    if plain == "0" * 12:
        return nation or code
    if plain.endswith("0" * 6):
        return plain[:6]
    return plain[:9] if plain.endswith("000") and plain[:9] in known else code


def suffixes(path: str | None) -> list[str]:
    """The ends of a path of names from the longest down to two of them: a/b/c gives a/b/c, b/c."""
    parts = (path or "").split("/")
    return ["/".join(parts[at:]) for at in range(len(parts) - 1)]


class Names:
    """All words that the deliveries of one data set may use.

    Args:
        data_set: Its labels, documents and list of breakdowns.
        codelists: Code lists and dated synonyms.
    """

    def __init__(self, data_set: DataSet, codelists: CodeLists) -> None:
        self._data_set = data_set
        self._lists = codelists
        self._known: dict[str, Vocabulary] = {}

    @cached_property
    def indicators(self) -> dict[str, Vocabulary]:
        """Words of indicators by the key of the column they stand in; "" in records."""
        is_keyed = self._data_set.layout.kind != "records"
        always: dict[str, dict[str, str]] = {}
        senses: dict[str, list[Sense]] = {}
        dated = self._synonyms("indicator")
        for indicator in self._data_set.indicators:
            key = indicator.column if is_keyed else ""
            words = always.setdefault(key, {})
            for label in indicator.labels:
                words.setdefault(label, indicator.code)
            senses.setdefault(key, []).extend(s for s in dated if s.code == indicator.code)
        return {key: Vocabulary(words, senses[key]) for key, words in always.items()}

    def indicator(
        self, name: str | None, path: str | None, key: str, start: date | None, end: date | None
    ) -> str | None:
        """The indicator of a row: the longest end of its path that is a label, else its name.

        Raises:
            AmbiguousNameError: see ``Vocabulary.find``.
        """
        words = self.indicators.get(key)
        if words is None or name is None:
            return None
        for candidate in (*suffixes(path), name):
            code = words.find(candidate, start, end)
            if code is not None:
                return code
        return None

    def words(self, name: str) -> Vocabulary:
        """The words of ``region``, ``unit``, ``document``, ``breakdown`` or a list of codes."""
        if name not in self._known:
            self._known[name] = self._load(name)
        return self._known[name]

    def _load(self, name: str) -> Vocabulary:
        lists = self._lists
        if name == "region":
            inside = self._data_set.regions_inside
            return RegionWords(
                lists.region_words,
                self._synonyms("region"),
                lists.gazetteer,
                lists.region_code(inside) if inside else None,
            )
        if name == "unit":
            return UnitWords(lists.unit_words, lists.unit_codes | lists.unit_multiples)
        if name == "document":
            documents = self._data_set.origin.documents
            return Vocabulary({word: d.id for d in documents for word in (d.id, d.title)})
        if name == "breakdown":
            return self._breakdowns()
        return Vocabulary(lists.words(name), self._synonyms(name))

    def _breakdowns(self) -> Vocabulary:
        """Classes of the declared list in the time of their codes, and the words of the total."""
        always = dict(self._lists.words("breakdown"))
        name = self._data_set.layout.breakdown_list
        senses = self._synonyms(name or "breakdown")
        for entry in self._lists.members(name or "").values():
            for word in (entry.code, entry.name_zh, entry.name_en, *entry.synonyms):
                if not word:
                    continue
                if entry.valid_from is None and entry.valid_to is None:
                    always.setdefault(word, entry.code)
                else:
                    senses.append(Sense(word, entry.code, entry.valid_from, entry.valid_to))
        return Vocabulary(always, senses)

    def _synonyms(self, name: str) -> list[Sense]:
        return [
            Sense(entry.word, entry.code, entry.valid_from, entry.valid_to)
            for entry in self._lists.synonyms
            if entry.list == name
        ]

    def proposal(
        self, asked: str, name: str, key: str, start: date | None, end: date | None
    ) -> str:
        """What an unknown word may have meant: its meaning at other times, or words like it."""
        words = self.indicators.get(key) if asked == "indicator" else self.words(asked)
        if words is None:
            return ""
        barred: frozenset[str] = frozenset()
        if asked == "region" and start is not None and end is not None:
            barred = frozenset(
                region.code
                for region in self._lists.regions
                if (region.valid_to is not None and region.valid_to <= start)
                or (region.valid_from is not None and region.valid_from > end)
            )
        return words.when(name) or words.nearest(name, start, end, barred)
