"""What an error does to the deliveries of the base state.

Belongs here: the shapes of an error as a person writes it, and carrying it out on rows and bytes.
Does not belong here: the errors themselves (``tests/errors/kinds``) and what gates make of them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from pydantic import Field, model_validator

from orchestration.errors import DeclarationError
from orchestration.scoring.base import (
    Figure,
    Figures,
    Place,
    RegionKey,
    Sent,
    Words,
    Written,
    csv_text,
    period_text,
    sent_of,
)

Expected = Literal["refused", "held", "found", "harmless"]


class Where(Written):
    """Which rows a change is about; what is left out says nothing."""

    codes: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    regions: tuple[RegionKey, ...] = ()
    periods: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    without_units: tuple[str, ...] = ()

    def holds(self, figure: Figure) -> bool:
        """Whether a row is meant."""
        return (
            (not self.codes or figure.code in self.codes)
            and figure.code not in self.without
            and (not self.regions or figure.region in self.regions)
            and (not self.periods or figure.period in self.periods)
            and (not self.units or figure.unit in self.units)
            and figure.unit not in self.without_units
        )


class Taken(Written):
    """Where a value comes from that does not belong here.

    Attributes:
        years: Of that many years before.
        period: Of that period.
        code: Of that indicator.
        region: Of that region.
    """

    years: int = 0
    period: str = ""
    code: str = ""
    region: RegionKey = ""


class Texts(Written):
    """Texts that stand in place of the right ones."""

    label: str | None = None
    region: str | None = None
    period: str | None = None
    unit: str | None = None
    value: str | None = None


class Bytes(Written):
    """What is done to the written file.

    Attributes:
        replace: Pairs of texts, each of which has to be there.
        empty_column: A column that is emptied.
        drop_column: A column that is left out.
        slip_column: A column whose values stand one row lower.
        keep_lines: How many lines are left, with the header.
        cut: How many bytes are missing at the end.
        encoding: In which it is written.
        text: What the file holds instead.
    """

    replace: tuple[tuple[str, str], ...] = ()
    empty_column: str = ""
    drop_column: str = ""
    slip_column: str = ""
    keep_lines: int | None = None
    cut: int = 0
    encoding: str = "utf-8"
    text: str | None = None
    before: str = ""
    after: str = ""


class Edition(Written):
    """An error of a release that is made of clean figures.

    Attributes:
        file: The file of the release that is put wrong, after it was written and before anybody
            reads it. Its hash is that of the wrong bytes: it was so when it was packed.
        member: The part of a workbook or text document that is meant.
        change: What is done to its text.
        remove: It is not there at all.
    """

    id: str
    title: Words
    file: str
    member: str = ""
    change: Bytes = Bytes()
    remove: bool = False
    expected: Expected
    because: str
    source: str = ""


class Change(Written):
    """One thing that is done; exactly one of its actions is given.

    Attributes:
        at: The delivery: ``last``, ``first``, ``all``, or the period that it ends with.
        data_set: Another data set than that of the error.
        multiply: Values times this, with as many decimals as before.
        shift: Values move down by that many rows among the rows that are meant; the last ones come
            back at the top.
        swap: The values of two codes are exchanged.
        years: The period that is printed is another by so many years.
        add_rows: Figures of other periods of the same series stand in it as well.
        regrow: Rates of growth are computed anew from the levels that the delivery now has.
    """

    at: str = "last"
    data_set: str = ""
    where: Where = Where()
    multiply: Decimal | None = None
    exact: bool = False
    plus: Decimal | None = None
    value_of: Taken | None = None
    say: Texts | None = None
    shift: int | None = None
    reverse: bool = False
    swap: tuple[str, str] | None = None
    years: int | None = None
    drop: bool = False
    repeat: bool = False
    add_rows: Taken | None = None
    regrow: bool = False
    file: Bytes | None = None
    name: str = ""
    day: str = ""

    @model_validator(mode="after")
    def _one_action(self) -> Change:
        given = [
            self.multiply is not None,
            self.plus is not None,
            self.value_of is not None,
            self.say is not None,
            self.shift is not None,
            self.reverse,
            self.swap is not None,
            self.years is not None,
            self.drop,
            self.repeat,
            self.add_rows is not None,
            self.regrow,
            self.file is not None,
            bool(self.name),
            bool(self.day),
        ]
        if sum(given) != 1:
            raise ValueError("a change has exactly one action")
        return self


class Again(Written):
    """A delivery more: one of the base sent once more, under another name on another day."""

    like: str = "last"
    day: str
    name: str


PRACTICE = "practice"
"""The source of what nobody published, though people at offices know it."""


class Notice(Written):
    """A public notice of a correction, in our own words."""

    issuer: str
    address: str
    what: Words


class Error(Written):
    """One error: what is done to a clean base state, and the one right outcome.

    Attributes:
        of: The data set of the base in which it happens.
        beside: Other data sets of the base that are there, without the error. The fewer there are,
            the harder it is: where nobody else prints the same figure, nothing contradicts it.
        only: Deliveries that there are; all of them when left out. ``last`` alone is a first
            delivery, which has no history to be held against.
        again: Deliveries more than the base has, before anything is changed.
        source: The notice that it is re-created from; that of its kind when left out.
    """

    id: str
    title: Words
    of: str
    beside: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    again: tuple[Again, ...] = ()
    change: tuple[Change, ...]
    expected: Expected
    because: str
    source: str = ""


class Kind(Written):
    """Errors of one kind, with the level of validation at which they should be noticed.

    Attributes:
        source: Id of a notice in ``sources.yml``, or ``practice``.
    """

    kind: str
    title: Words
    level: int = Field(ge=0, le=5)
    source: str
    errors: tuple[Error, ...] = ()
    editions: tuple[Edition, ...] = ()


@dataclass(frozen=True)
class Delivered:
    """A file as it is laid in."""

    data_set: str
    day: str
    name: str
    content: bytes


@dataclass
class _Draft:
    """A delivery while it is being changed."""

    data_set: str
    sent: Sent
    alters: list[Callable[[str], str]]
    encoding: str = "utf-8"
    cut: int = 0

    def finished(self) -> Delivered:
        text = csv_text(self.sent.figures)
        for alter in self.alters:
            text = alter(text)
        content = text.encode(self.encoding)
        content = content[: len(content) - self.cut] if self.cut else content
        return Delivered(self.data_set, self.sent.day, self.sent.name, content)


def deliveries_of(figures: Figures, place: Place, error: Error) -> list[Delivered]:
    """All deliveries of a copy of the base state in which the error happened."""
    drafts: list[_Draft] = []
    for name in (error.of, *error.beside):
        for sent in sent_of(figures, place, name):
            drafts.append(_Draft(name, sent, []))
    own = [draft for draft in drafts if draft.data_set == error.of]
    if error.only:
        left = {id(d) for each in error.only for d in _at(own, each, error)}
        drafts = [d for d in drafts if d.data_set != error.of or id(d) in left]
        own = [d for d in own if id(d) in left]
    for again in error.again:
        (like,) = _at(own, again.like, error)
        sent = replace(like.sent, day=again.day, name=again.name)
        drafts.append(_Draft(error.of, sent, []))
    for change in error.change:
        of = change.data_set or error.of
        mine = [draft for draft in drafts if draft.data_set == of]
        for draft in _at(mine, change.at, error):
            _carry_out(figures, place, draft, change, error)
    return [draft.finished() for draft in drafts]


def clean_deliveries(figures: Figures, place: Place) -> list[Delivered]:
    """All deliveries of a copy of the base state, as they should be."""
    return [
        _Draft(name, sent, []).finished()
        for name in figures.base.data_sets
        for sent in sent_of(figures, place, name)
    ]


def _at(drafts: Sequence[_Draft], at: str, error: Error) -> list[_Draft]:
    """The deliveries that ``at`` names, by their order, by the period they end with, or by name."""
    if at == "all":
        return list(drafts)
    if at in ("first", "last"):
        return [drafts[0 if at == "first" else -1]]
    found = [d for d in drafts if at in (d.sent.period, d.sent.name)]
    if not found:
        raise DeclarationError(
            f"there is no delivery '{at}'",
            place=f"error {error.id}",
            remedy="name 'first', 'last', 'all', the period it ends with, or its file name",
        )
    return found


def _carry_out(figures: Figures, place: Place, draft: _Draft, change: Change, error: Error) -> None:
    sent = draft.sent
    if change.file is not None:
        _alter(draft, change.file, error)
        return
    if change.name or change.day:
        draft.sent = replace(sent, name=change.name or sent.name, day=change.day or sent.day)
        return
    chosen = [number for number, f in enumerate(sent.figures) if change.where.holds(f)]
    if not chosen:
        raise DeclarationError(
            "a change is about no row of its delivery",
            place=f"error {error.id}",
            remedy="see which codes, regions and periods the delivery has in tests/errors/base.yml",
        )
    rows = list(sent.figures)
    if change.drop:
        rows = [f for number, f in enumerate(rows) if number not in set(chosen)]
    elif change.repeat:
        rows += [rows[number] for number in chosen]
    elif change.regrow:
        for number in chosen:
            rows[number] = _regrown(figures, rows, rows[number], error)
    elif change.add_rows is not None:
        rows += [_other(figures, draft, rows[n], change.add_rows) for n in chosen]
    else:
        new = _new_rows(figures, place, draft, [rows[n] for n in chosen], change)
        for number, row in zip(chosen, new, strict=True):
            rows[number] = row
    draft.sent = replace(sent, figures=tuple(rows))


def _new_rows(
    figures: Figures, place: Place, draft: _Draft, rows: list[Figure], change: Change
) -> list[Figure]:
    if change.shift is not None or change.reverse:
        values = [row.value for row in rows]
        moved = values[::-1] if change.reverse else _rotated(values, change.shift or 0)
        return [replace(row, value=value) for row, value in zip(rows, moved, strict=True)]
    if change.swap is not None:
        one, other = change.swap
        by_key = {(row.code, row.region, row.period): row.value for row in rows}
        turned = {one: other, other: one}
        return [
            replace(row, value=by_key[turned[row.code], row.region, row.period])
            if row.code in turned
            else row
            for row in rows
        ]
    if change.years is not None:
        frequency = figures.base.data_sets[draft.data_set].frequency
        return [
            replace(
                row,
                period_text=period_text(
                    frequency, f"{int(row.period[:4]) + change.years}{row.period[4:]}"
                ),
            )
            for row in rows
        ]
    return [_new_row(figures, place, draft, row, change) for row in rows]


def _regrown(figures: Figures, rows: Sequence[Figure], row: Figure, error: Error) -> Figure:
    """A rate of growth that goes with the levels of its delivery."""
    level = figures.base.series[row.code].growth_of
    now = [f for f in rows if (f.code, f.region, f.period) == (level, row.region, row.period)]
    if level is None or len(now) != 1:
        raise DeclarationError(
            f"{row.code} is no growth of a level of this delivery",
            place=f"error {error.id}",
            remedy="name a code that base.yml gives `growth_of`",
        )
    before = figures.value(level, row.region, f"{int(row.period[:4]) - 1}{row.period[4:]}")
    rate = 100 * (Decimal(now[0].value) / before - 1)
    return replace(row, value=f"{rate.quantize(Decimal('0.1'), ROUND_HALF_UP):f}")


def _rotated(values: list[str], by: int) -> list[str]:
    return values[-by:] + values[:-by]


def _new_row(figures: Figures, place: Place, draft: _Draft, row: Figure, change: Change) -> Figure:
    if change.say is not None:
        say = change.say
        region = say.region.format(stem=place.stem) if say.region is not None else None
        texts = {
            "label": say.label,
            "region_text": region,
            "period_text": say.period,
            "unit": say.unit,
            "value": say.value,
        }
        return replace(row, **{key: text for key, text in texts.items() if text is not None})
    if change.value_of is not None:
        return replace(row, value=_other(figures, draft, row, change.value_of).value)
    value = Decimal(row.value)
    number = value * change.multiply if change.multiply is not None else value
    number += change.plus or 0
    if not change.exact:
        exponent = value.as_tuple().exponent
        number = number.quantize(Decimal(1).scaleb(int(exponent)), ROUND_HALF_UP)
    return replace(row, value=f"{number:f}")


def _other(figures: Figures, draft: _Draft, row: Figure, taken: Taken) -> Figure:
    """The figure that the base has for another period, indicator or region."""
    frequency = figures.base.data_sets[draft.data_set].frequency
    period = taken.period or f"{int(row.period[:4]) - taken.years}{row.period[4:]}"
    code, region = taken.code or row.code, taken.region or row.region
    return replace(
        row,
        code=code,
        region=region,
        period=period,
        period_text=period_text(frequency, period),
        value=str(figures.value(code, region, period)),
    )


def _alter(draft: _Draft, said: Bytes, error: Error) -> None:
    draft.encoding, draft.cut = said.encoding, said.cut
    draft.alters.append(lambda text: altered(text, said, error.id))


def altered(text: str, said: Bytes, error: str) -> str:
    """A text to which the things were done that an error says.

    Raises:
        DeclarationError: a text that is to be replaced is not there.
    """
    if said.text is not None:
        return said.text
    for old, new in said.replace:
        if old not in text:
            raise DeclarationError(
                f"the file does not say '{old}'",
                place=f"error {error}",
                remedy="write what the clean file says, see tests/errors/base.yml",
            )
        text = text.replace(old, new)
    if not (said.empty_column or said.drop_column or said.slip_column) and (
        said.keep_lines is None and not said.before and not said.after
    ):
        return text
    lines = text.splitlines()
    for column, act in (
        (said.empty_column, "empty"),
        (said.drop_column, "drop"),
        (said.slip_column, "slip"),
    ):
        if column:
            lines = _with_column(lines, column, act)
    if said.keep_lines is not None:
        lines = lines[: said.keep_lines]
    return said.before + "\n".join((*lines, "")) + said.after


def _with_column(lines: Sequence[str], column: str, act: str) -> list[str]:
    """Lines of a CSV file, one column of which is changed."""
    rows = list(csv.reader(lines))
    number = rows[0].index(column)
    values = [row[number] for row in rows[1:]]
    values = values[-1:] + values[:-1] if act == "slip" else [""] * len(values)
    for row, value in zip(rows[1:], values, strict=True):
        row[number] = value
    if act == "drop":
        rows = [[*row[:number], *row[number + 1 :]] for row in rows]
    told = io.StringIO()
    csv.writer(told, lineterminator="\n").writerows(rows)
    return told.getvalue().splitlines()
