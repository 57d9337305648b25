"""Reads the sentences of signals again: each is concluded anew from the figures it names.

A signal names its observations in the order of time. What its sentence may say follows from these
in ``core.observation``, and from the names of what they are about; no rule's SQL has a part in it.
What each kind of movement is stands in ``_KINDS``, and a test asks that every kind has one.

Belongs here: ``core.signal`` of a release, and the page that repeats it. Does not belong here:
findings (``finding_words``), and whether a movement is far enough to be told (``dbt_project``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import TYPE_CHECKING, Any

from orchestration.publish.tables import quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SHOWN = 13
"""How many figures stand in a line of arithmetic."""
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Wrong:
    """A sentence that its figures do not bear out."""

    zh: str
    en: str


@dataclass(frozen=True)
class _Fact:
    """An observation behind a signal: published growth, an index as growth, or a level."""

    region: str
    period: str
    labels: tuple[str, str]
    value: Decimal


@dataclass(frozen=True)
class _Signal:
    """A row of ``core.signal`` with its figures; of a distance each is one less the other."""

    id: str
    kind: str
    nature: str
    measure: str
    names: tuple[str, str]
    regions: tuple[str, str]
    around: tuple[str, str]
    unit: tuple[str, str]
    is_provisional: bool
    said: tuple[str, str]
    arithmetic: str
    facts: tuple[_Fact, ...]


class _NotSoError(Exception):
    """The figures do not move as the kind says."""


def check_signals(con: DuckDBPyConnection, catalog: str) -> Iterator[Wrong]:
    """Signals that say other than the figures that they name.

    Args:
        con: A connection that has the release attached.
        catalog: Under which name.
    """
    for signal in _signals(con, quote(catalog)):
        try:
            zh, en = _KINDS[signal.kind](signal)
        except (_NotSoError, KeyError, IndexError, ValueError, ArithmeticError):
            yield Wrong(
                f"异动 {signal.id} 不由所列的数得出：“{signal.said[0]}”",
                f"signal {signal.id} does not follow from its figures: {signal.said[1]!r}",
            )
            continue
        right = (
            f"{signal.regions[0]}{signal.names[0]}：{zh}" + _preliminary(signal)[0],
            f"{signal.names[1]}, {signal.regions[1]}: {en}" + _preliminary(signal)[1],
        )
        for said, should in zip(signal.said, right, strict=True):
            if said != should:
                yield Wrong(
                    f"异动 {signal.id} 写作“{said}”，应为“{should}”",
                    f"signal {signal.id} says {said!r}, it should say {should!r}",
                )
        if signal.nature != "pace" and not signal.arithmetic.startswith(_listed(signal)):
            yield Wrong(
                f"异动 {signal.id} 的算式不是所列的数：“{signal.arithmetic}”",
                f"the arithmetic of signal {signal.id} is of other figures: {signal.arithmetic!r}",
            )


def check_signals_page(con: DuckDBPyConnection, catalog: str, text: str) -> Iterator[Wrong]:
    """Signals that the page tells otherwise than ``core.signal``, or that it lacks."""
    from lxml import html

    rows = con.execute(
        "select signal_id, message_zh, message_en, arithmetic, is_current "
        f"from {quote(catalog)}.core.signal"
    ).fetchall()
    known = {row[0]: _squeezed("".join(row[1:4])) for row in rows}
    shown: dict[str, str] = {}
    for article in html.fromstring(text).xpath("//article[starts-with(@id, 's-')]"):
        paragraphs: list[Any] = article.xpath("./p")
        name = article.get("id").removeprefix("s-")
        shown[name] = _squeezed("".join("".join(p.itertext()) for p in paragraphs))
    for name, said in shown.items():
        if said != known.get(name):
            yield Wrong(
                f"异动 {name} 写作“{said[:80]}”", f"the page says of signal {name} {said[:80]!r}"
            )
    current = {row[0] for row in rows if row[4]}
    if not shown.keys() & current and current:
        yield Wrong("页上没有当前的异动", "the page has none of the current signals")


# --- what is there ------------------------------------------------------------------------------


def _signals(con: DuckDBPyConnection, mart: str) -> Iterator[_Signal]:
    rows = con.execute(
        f"""
        select
            s.signal_id, s.kind, s.nature, s.measure, s.indicator_name_zh, s.indicator_name_en,
            r.region_name_zh, coalesce(r.region_name_en, r.region_name_zh),
            coalesce(a.region_name_zh, ''), coalesce(a.region_name_en, ''),
            coalesce(s.unit, ''), coalesce(u.name_en, ''),
            s.is_provisional, s.message_zh, s.message_en, s.arithmetic, s.observation_ids,
            s.around_code
        from {mart}.core.signal as s
        left join {mart}.core.region as r on s.region_code = r.region_code
        left join {mart}.core.region as a on s.around_code = a.region_code
        left join {mart}.meta.unit as u on s.unit = u.unit
        order by s.signal_id
        """
    ).fetchall()
    known = _facts(con, mart, {name for row in rows for name in row[16].split(",")})
    for row in rows:
        facts = [known[name] for name in row[16].split(",") if name in known]
        yield _Signal(
            row[0], row[1], row[2], row[3], (row[4], row[5]), (row[6], row[7]), (row[8], row[9]),
            (row[10], row[11]), row[12], (row[13], row[14]), row[15],
            tuple(_apart(facts, row[17]) if row[2] == "distance" else facts),
        )  # fmt: skip


def _facts(con: DuckDBPyConnection, mart: str, ids: set[str]) -> dict[str, _Fact]:
    rows = con.execute(
        f"""
        select
            o.observation_id, o.region_code, o.period, p.label_zh, p.label_en,
            o.value - if(o.measure = 'index', 100, 0)
        from {mart}.core.observation as o
        inner join {mart}.core.period as p on o.period = p.period
        where list_contains(?, o.observation_id)
        """,
        [sorted(ids)],
    ).fetchall()
    return {row[0]: _Fact(row[1], row[2], (row[3], row[4]), row[5]) for row in rows}


def _apart(facts: Sequence[_Fact], around: str) -> list[_Fact]:
    """Each figure of the district less that of the region around in the same period."""
    pairs = list(zip(facts[::2], facts[1::2], strict=True))
    if any(a.period != b.period or b.region != around for a, b in pairs):
        return []
    return [_Fact(a.region, a.period, a.labels, a.value - b.value) for a, b in pairs]


# --- what each kind says ------------------------------------------------------------------------


def _falls(signal: _Signal) -> tuple[str, str]:
    first, last, k = *_ends(signal), len(signal.facts) - 1
    is_down = last.value < first.value
    _holds(all((b.value < a.value) == is_down and a.value != b.value for a, b in _steps(signal)))
    moved = _plain(abs(last.value - first.value))
    zh, en = ("走低", "fell") if is_down else ("走高", "rose")
    a, b = _plain(first.value), _plain(last.value)
    return (
        f"同比连续{k}期{zh}，由{first.labels[0]}的{a}%到{last.labels[0]}的{b}%，"
        f"变动{moved}个百分点。",
        f"growth {en} {k} periods in a row, from {a} % ({first.labels[1]}) to {b} % "
        f"({last.labels[1]}), by {moved} points.",
    )


def _widening(signal: _Signal) -> tuple[str, str]:
    first, last, k = *_ends(signal), len(signal.facts) - 1
    _holds(all(abs(b.value) > abs(a.value) for a, b in _steps(signal)))
    later = [fact.value > 0 for fact in signal.facts[1:]]
    _holds(len(set(later)) == 1 and (first.value == 0 or (first.value > 0) == later[0]))
    a, b = _plain(first.value), _plain(last.value)
    return (
        f"同比与{signal.around[0]}之差连续{k}期扩大，由{first.labels[0]}的{a}个百分点"
        f"到{last.labels[0]}的{b}个百分点。",
        f"growth less that of {signal.around[1]} moved away from zero {k} periods in a row, "
        f"from {a} points ({first.labels[1]}) to {b} points ({last.labels[1]}).",
    )


def _turn(signal: _Signal) -> tuple[str, str]:
    *before, last = signal.facts
    is_negative = last.value < 0
    _holds(last.value != 0 and all((f.value > 0) == is_negative and f.value for f in before))
    k, now = len(before), _plain(last.value)
    was, turned = ("正", "负") if is_negative else ("负", "正")
    side = "above" if is_negative else "below"
    return (
        f"同比连续{k}期为{was}之后转{turned}，{last.labels[0]}为{now}%。",
        f"growth was {side} zero {k} periods in a row and is {now} % ({last.labels[1]}).",
    )


def _extreme(signal: _Signal) -> tuple[str, str]:
    *before, last = signal.facts
    is_low = last.value < min(f.value for f in before)
    _holds(is_low or last.value > max(f.value for f in before))
    record = _plain((min if is_low else max)(f.value for f in before))
    first, now = signal.facts[0], _plain(last.value)
    zh, en = ("低", "lowest") if is_low else ("高", "highest")
    is_growth = signal.nature == "growth"
    unit = "%" if is_growth else signal.unit[0]
    said = "同比" if is_growth else "为"
    of = " % growth" if is_growth else f" {signal.unit[1]}"
    return (
        f"{last.labels[0]}{said}{now}{unit}，为{first.labels[0]}以来最{zh}，此前最{zh}为{record}{unit}。",
        f"{now}{of} ({last.labels[1]}) is the {en} since {first.labels[1]}; before, the {en} was "
        f"{record}.",
    )


def _jump(signal: _Signal) -> tuple[str, str]:
    *before, last = signal.facts
    usual, now, k = median(fact.value for fact in before), _plain(last.value), len(before)
    _holds(usual != last.value)
    return (
        f"{last.labels[0]}同比与{signal.around[0]}之差为{now}个百分点，此前{k}期的中位数为"
        f"{_plain(usual)}个百分点。",
        f"growth less that of {signal.around[1]} is {now} points ({last.labels[1]}); the median of "
        f"the {k} periods before is {_plain(usual)}.",
    )


def _pace(signal: _Signal) -> tuple[str, str]:
    target, outturn, *past = signal.facts
    label = outturn.labels
    if signal.measure == "yoy_growth_pct":
        apart = _plain(abs(outturn.value - target.value))
        a, b = _plain(outturn.value), _plain(target.value)
        return (
            f"{label[0]}累计增速{a}%，与全年目标{b}%相差{apart}个百分点。",
            f"growth so far is {a} % ({label[1]}), the target of the year {b} %, "
            f"{apart} points apart.",
        )
    done = _rounded(outturn.value * 100 / target.value)
    shares = [a.value * 100 / b.value for a, b in zip(past[::2], past[1::2], strict=True)]
    usual, is_low = _rounded(median(shares)), done < _rounded(median(shares))
    beyond = _rounded((min if is_low else max)(shares))
    _holds(done < beyond if is_low else done > beyond)
    zh, en = ("低", "lowest") if is_low else ("高", "highest")
    numbers = (_plain(done), _plain(usual), _plain(beyond), len(shares))
    return (
        f"{label[0]}累计完成全年目标的{numbers[0]}%，往年同期份额的中位数为{numbers[1]}%，"
        f"最{zh}为{numbers[2]}%（{numbers[3]}个年度）。",
        f"{numbers[0]} % of the target of the year are done ({label[1]}); the median share of the "
        f"same months in past years is {numbers[1]} %, the {en} {numbers[2]} % "
        f"(years: {numbers[3]}).",
    )


_KINDS: Mapping[str, Callable[[_Signal], tuple[str, str]]] = {
    "falls_in_a_row": _falls,
    "distance_widening": _widening,
    "turning_point": _turn,
    "extreme": _extreme,
    "distance_jump": _jump,
    "plan_pace_gap": _pace,
}
"""What a signal of each kind has to say behind the names, in both languages."""


def _ends(signal: _Signal) -> tuple[_Fact, _Fact]:
    return signal.facts[0], signal.facts[-1]


def _steps(signal: _Signal) -> list[tuple[_Fact, _Fact]]:
    return list(zip(signal.facts, signal.facts[1:], strict=False))


def _holds(condition: bool) -> None:
    if not condition:
        raise _NotSoError


def _preliminary(signal: _Signal) -> tuple[str, str]:
    if not signal.is_provisional:
        return "", ""
    return "其中有初步数。", " Some figures are preliminary."


def _listed(signal: _Signal) -> str:
    """The last figures, as the line of arithmetic begins with them."""
    shown = "; ".join(f"{f.period}: {_plain(f.value)}" for f in signal.facts[-_SHOWN:])
    return ("… " if len(signal.facts) > _SHOWN else "") + shown + "; threshold "


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)


def _plain(value: Decimal) -> str:
    """A number as it stands in a sentence: no digits that say nothing."""
    text = f"{value.quantize(Decimal('0.00000001'), ROUND_HALF_UP):f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
