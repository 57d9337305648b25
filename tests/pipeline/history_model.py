"""The law of the history, in plain words of Python: what the public knew on any day.

Belongs here: the model that the product is held against; it shares no code with it and knows no
tables. Does not belong here: carrying anything out (``test_history_law``).

A **delivery** says figures, each with the date it bears or none. What it says of a figure is known

- from the date that it bears;
- without one from the date of its document where it came first and that has one, else from the day
  it was delivered;
- from the day it was delivered where an earlier delivery of the figure bears the same date.

On a day the public knows, of what is known by then, what bears the latest date; of one date what
was delivered last. A held delivery says nothing. How a delivery is read depends on what is
declared; what was published stays as it was read unless a correction was decided: it is known from
that day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

DOCUMENT = date(2025, 3, 1)
UNDATED = 2
"""The figure that is printed in a letter without a date."""

Declared = tuple[int, bool]
"""What a unit is worth, and whether the name of the second figure is known."""


@dataclass(frozen=True)
class Said:
    """One figure in a delivery; figure 0 is printed in the unit, figure 1 bears the name."""

    figure: int
    value: int
    bears: date | None


@dataclass
class Delivery:
    """What was handed over once, with what was decided about it."""

    day: date
    figures: tuple[Said, ...]
    is_held: bool = False
    published: Declared | None = None
    corrected: list[tuple[date, Declared]] = field(default_factory=list)
    decided: tuple[str, Declared, Declared] | None = None  # what, instead of what, as published

    def reads(self, declared: Declared) -> tuple[tuple[int, Fraction], ...]:
        """What a declaration makes of it."""
        worth, knows = declared
        found = []
        for said in self.figures:
            if said.figure == 0:
                found.append((0, Fraction(said.value * worth, 10_000)))
            elif said.figure != 1 or knows:
                found.append((said.figure, Fraction(said.value)))
        return tuple(found)


@dataclass
class Model:
    """Everything that ever came, in the order of its receipt."""

    declared: Declared = (10_000, True)
    deliveries: list[Delivery] = field(default_factory=list)

    def _is_decided(self, delivery: Delivery) -> bool:
        """Whether what was decided last is about how the delivery is read now."""
        if delivery.decided is None:
            return False
        choice, against, _ = delivery.decided
        return choice == "forward" or delivery.reads(against) == delivery.reads(self.declared)

    def in_force(self, delivery: Delivery) -> Declared:
        """The declaration that a delivery is read by now."""
        if delivery.decided and delivery.decided[0] != "corrected" and self._is_decided(delivery):
            return delivery.decided[2]
        return self.declared

    def waiting(self) -> list[Delivery]:
        """Published deliveries that are read otherwise now and about which nobody has decided."""
        return [
            d
            for d in self.deliveries
            if not d.is_held
            and d.published is not None
            and d.reads(d.published) != d.reads(self.declared)
            and not self._is_decided(d)
        ]

    def decide(self, choice: str, today: date) -> None:
        """A person decides about all that waits; decisions never go back in time."""
        day = max([today, *(on for d in self.deliveries for on, _ in d.corrected)])
        for delivery in self.waiting():
            assert delivery.published is not None
            delivery.decided = (choice, self.declared, delivery.published)
            if choice == "corrected":
                delivery.corrected.append((day, delivery.published))

    def publish(self) -> None:
        """What is said now is public."""
        for delivery in self.deliveries:
            if not delivery.is_held:
                delivery.published = self.in_force(delivery)

    def as_of(self, day: date) -> dict[int, Fraction]:
        """What the public knew at the end of a day."""
        known: dict[int, Fraction] = {}
        for figure in (0, 1, 2):
            said = [
                (delivery, number, own)
                for number, delivery in enumerate(self.deliveries)
                if not delivery.is_held
                for own in delivery.figures
                if own.figure == figure
            ]
            reads = {number: self._read_on(delivery, day) for delivery, number, _ in said}
            said = [entry for entry in said if figure in dict(reads[entry[1]])]
            said.sort(key=lambda entry: (entry[0].day, entry[1]))
            best: tuple[date, date, int] | None = None
            dates: list[date] = []
            for place, (delivery, number, own) in enumerate(said):
                is_dated = figure != UNDATED and (place == 0 or delivery.day < DOCUMENT)
                bears = own.bears or (DOCUMENT if is_dated else delivery.day)
                known_on = max(bears, delivery.day) if bears in dates else bears
                dates.append(bears)
                if known_on <= day and (best is None or (bears, delivery.day, number) > best):
                    best = (bears, delivery.day, number)
            if best is not None:
                known[figure] = dict(reads[best[2]])[figure]
        return known

    def _read_on(self, delivery: Delivery, day: date) -> tuple[tuple[int, Fraction], ...]:
        for decided_on, was in delivery.corrected:
            if day < decided_on:
                return delivery.reads(was)
        return delivery.reads(self.in_force(delivery))
