"""What stands in quarantine: refused deliveries and cells that were not understood, and till when.

Belongs here: the state that a run leaves, what settles a refusal, and telling it to the bureau's
own terminal, raw texts included. Does not belong here: judging deliveries, and anything that is
published: nothing of this leaves the state directory.
"""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.errors import QutongError
from orchestration.text import counted, fold, shown_name

STATE_FILE = "quarantine.json"
SETTLED_FOLDER = "settled"
BY_DECISION = "decision"
"""Stands for the delivery that settled a refusal, where a person decided that none is to come."""

FIRST_PLACES = 5

_RESENT = re.compile(
    r"重新报送|重新上报|重新|重报|重发|再报|补报|更正|改正|修正|修改|修订|订正|副本"
    r"|corrected|correction|resent|resend|revised|copy|v[0-9]{1,2}(?![0-9])"
    r"|第[二三四五六七八九2-9]次|\([0-9]{1,2}\)"
)
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}")
_WITHIN_YEAR = re.compile(r"[0-9]{1,2}月|季|半年|q[1-4]|(?:19|20)[0-9]{2}[-._]?(?:0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Problem:
    """Something wrong with a delivery, at a place where it has one.

    Attributes:
        raw_text: The text that stands there; private.
        raw_name: The name, unit or period that was not understood; private.
        proposal: Known words that resemble it.
        severity: ``hard`` where it keeps the delivery out.
    """

    rule_id: str
    place: str
    zh: str
    en: str
    severity: str = "soft"
    raw_text: str = ""
    raw_name: str = ""
    proposal: str = ""


@dataclass(frozen=True)
class Entry:
    """One delivery as the last run judged it.

    Attributes:
        verdict: ``admitted`` or ``refused``.
        refused_by: Rules, comma separated.
        settled_by: Later delivery that brought what was missing, or ``decision``; empty while open.
        cells: File of its quarantined cells below the work directory; empty where there are none.
        by_rule: Quarantined cells by rule: how many, and the first places.
        problems: What is wrong with the delivery besides quarantined cells.
    """

    delivery_id: str
    data_set_id: str
    file_name: str
    delivered_on: str
    sha256: str
    counted_unit: str
    read: int
    accepted: int
    quarantined: int
    verdict: str
    refused_by: str
    settled_by: str = ""
    cells: str = ""
    by_rule: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def is_bad(self) -> bool:
        """Whether something of it did not come in."""
        return self.verdict == "refused" or self.quarantined > 0

    @property
    def is_open(self) -> bool:
        """Whether what did not come in is still awaited."""
        return self.is_bad and not self.settled_by


@dataclass(frozen=True)
class Rule:
    """What a rule says to a person."""

    title_zh: str
    title_en: str
    guidance_zh: str
    guidance_en: str


@dataclass(frozen=True)
class State:
    """Every delivery as the last run judged it, and the rules that were broken."""

    as_of: str
    entries: tuple[Entry, ...]
    rules: Mapping[str, Rule]

    def settle(self, entry: Entry, by: str) -> State:
        """The state with one delivery settled."""
        entries = tuple(replace(e, settled_by=by) if e is entry else e for e in self.entries)
        return replace(self, entries=entries)

    def write(self, work: Path) -> None:
        """Keep it in the work directory."""
        work.mkdir(parents=True, exist_ok=True)
        file = work / STATE_FILE
        aside = file.with_name(file.name + ".part")
        told = {
            "as_of": self.as_of,
            "entries": [vars(e) | {"problems": list(map(vars, e.problems))} for e in self.entries],
            "rules": {name: vars(rule) for name, rule in self.rules.items()},
        }
        aside.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        aside.replace(file)


def read_state(work: Path) -> State:
    """What the last run left.

    Raises:
        QutongError: no run came as far as its delivery gate, or the file is damaged.
    """
    file = work / STATE_FILE
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        return State(
            data["as_of"],
            tuple(_entry(entry) for entry in data["entries"]),
            {name: Rule(**rule) for name, rule in data["rules"].items()},
        )
    except FileNotFoundError:
        raise QutongError(
            "no run has judged any delivery yet / 尚无运行结果", remedy="qutong run"
        ) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise QutongError(
            f"the state of the quarantine cannot be read: {type(error).__name__}",
            file=file,
            remedy="remove the file and run again: everything is read anew from the archive",
        ) from None


def _entry(data: dict[str, Any]) -> Entry:
    return Entry(
        **data
        | {
            "by_rule": {name: (count, places) for name, (count, places) in data["by_rule"].items()},
            "problems": tuple(Problem(**problem) for problem in data["problems"]),
        }
    )


# --- what settles a refusal ------------------------------------------------------------------


@dataclass(frozen=True)
class Arrived:
    """When and under which name a delivery came.

    Attributes:
        order: Order of arrival within the data set: day of delivery first.
        received_at: When we got it, whatever day it is of.
    """

    delivery_id: str
    file_name: str
    order: tuple[Any, ...]
    received_at: str

    def is_after(self, other: Arrived) -> bool:
        """Whether it is of a later day, or came later."""
        return self.order > other.order or self.received_at > other.received_at


def settled_by(
    own: Arrived,
    admitted: Sequence[Arrived],
    *,
    cadence: str,
    covered_by: frozenset[str],
) -> str:
    """The first later delivery that stands for one of which something did not come in.

    It must have been admitted after it, for the same data set, and be about the same thing:

    - it brings every figure that could be read of the other, and at least as many as the other
      should have had (``covered_by``); or
    - its name is the same but for marks of a re-sent file (重报, 更正, v2, (2) …), and it says
      which period it is about: a year, and a part of it where the data set comes more than once a
      year. A name such as 月报.xlsx comes every month and settles nothing; or
    - the data set comes only once.

    Any later delivery of the data set will not do: August says nothing about July.
    """
    later = sorted((d for d in admitted if d.is_after(own)), key=lambda d: d.order)
    for delivery in later:
        if (
            cadence == "once"
            or delivery.delivery_id in covered_by
            or (
                _says_period(own.file_name, cadence)
                and subject(delivery.file_name) == subject(own.file_name)
            )
        ):
            return delivery.delivery_id
    return ""


def subject(file_name: str) -> str:
    """A file name without its ending, marks of re-sending, blanks and signs."""
    stem = fold(file_name).rpartition(".")[0] or fold(file_name)
    plain = _RESENT.sub("", stem.lower())
    # 1-6月 and 16月 are not the same.
    between_digits = re.sub(r"(?<=[0-9])[\W_]+(?=[0-9])", "-", plain)
    return re.sub(r"(?<![0-9])[\W_]+|[\W_]+(?![0-9])", "", between_digits)


def _says_period(file_name: str, cadence: str) -> bool:
    name = fold(file_name).lower()
    return bool(_YEAR.search(name)) and (cadence == "annual" or bool(_WITHIN_YEAR.search(name)))


def decide(archive: Path, entry: Entry, reason: str, by: str) -> None:
    """Note that a person expects nothing more for a delivery; kept beside the archive's receipts.

    Raises:
        QutongError: nothing of it is open.
    """
    if not entry.is_open:
        raise QutongError(f"nothing of {entry.delivery_id} is open / 没有未了结的内容")
    file = archive / SETTLED_FOLDER / entry.data_set_id / f"{entry.sha256}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    on = datetime.now(UTC).isoformat(timespec="seconds")
    note = {"delivery_id": entry.delivery_id, "reason": reason, "decided_by": by, "decided_at": on}
    file.write_text(json.dumps(note, ensure_ascii=False, indent=1), encoding="utf-8")


def decided(archive: Path) -> frozenset[str]:
    """Deliveries for which a person expects nothing more: data set and head of the hash."""
    return frozenset(
        f"{file.parent.name}:{file.stem[:12]}"
        for file in (archive / SETTLED_FOLDER).glob("*/*.json")
    )


# --- one delivery ----------------------------------------------------------------------------


def find(state: State, named: str) -> Entry:
    """The delivery of that id, of that beginning of its hash, or of that file name.

    Raises:
        QutongError: there is none, or there are several.
    """
    bad = [entry for entry in state.entries if entry.is_bad]
    for hits in (
        [entry for entry in state.entries if entry.delivery_id == named],
        [entry for entry in bad if entry.file_name == named],
        [entry for entry in state.entries if len(named) >= 6 and (entry.sha256.startswith(named))],
    ):
        if len(hits) == 1:
            return hits[0]
        if hits:
            ids = ", ".join(entry.delivery_id for entry in hits)
            raise QutongError(f"several deliveries are called that: {ids}", remedy="give the id")
    names = [name for entry in bad for name in (entry.delivery_id, entry.file_name)]
    near = difflib.get_close_matches(named, names, n=2)
    raise QutongError(
        f"there is no delivery {named!r} / 没有这批送达",
        remedy=f"did you mean {' or '.join(near)}?" if near else "see `qutong quarantine list`",
    )


def problems_of(state: State, entry: Entry, work: Path) -> tuple[Problem, ...]:
    """Everything that is wrong with a delivery, cell by cell: the delivery as a whole first.

    Args:
        work: The work directory, where texts of quarantined cells lie.

    Raises:
        QutongError: its cells were read anew since the last run.
    """
    if not entry.cells:
        return entry.problems
    import polars as pl

    file = work / entry.cells
    if not file.is_file():
        raise QutongError(
            "the delivery was read anew since the last run",
            place=entry.delivery_id,
            remedy="qutong quarantine replay, then ask again",
        )
    cells = pl.read_parquet(file)
    absent = [name for name in ("raw_name", "proposal") if name not in cells.columns]
    cells = cells.with_columns(pl.lit("").alias(name) for name in absent).fill_null("")
    columns = ("rule_id", "delivery_place", "raw_text", "raw_name", "proposal")
    found = []
    for rule_id, place, text, name, proposal in cells.select(columns).iter_rows():
        rule = state.rules.get(rule_id, Rule(rule_id, rule_id, "", ""))
        found.append(
            Problem(
                rule_id,
                place,
                rule.title_zh,
                rule.title_en,
                raw_text=text,
                raw_name=name,
                proposal=proposal,
            )
        )
    return (*entry.problems, *found)


# --- for a person ----------------------------------------------------------------------------

VERDICTS = {"refused": "拒收 refused", "admitted": "接收 admitted"}


def outcome(entry: Entry) -> str:
    """What became of a delivery, for its sender."""
    if not entry.read:
        return "整批退回，无法读取 | refused as a whole: it could not be read"
    if entry.verdict == "refused":
        return (
            f"整批退回（可读 {entry.accepted}，隔离 {entry.quarantined}） | refused as a whole "
            f"({entry.accepted} readable, {entry.quarantined} in quarantine)"
        )
    return (
        f"已接收，部分隔离（接收 {entry.accepted}，隔离 {entry.quarantined}） | admitted in part "
        f"({entry.accepted} accepted, {entry.quarantined} in quarantine)"
    )


def render_list(state: State, data_set: str | None = None, *, settled: bool = False) -> str:
    """Open deliveries with what is wrong in them; counts and places, no texts."""
    shown = [
        entry
        for entry in state.entries
        if (entry.is_open or (settled and entry.is_bad)) and data_set in (None, entry.data_set_id)
    ]
    lines = []
    for entry in shown:
        mark = "✗" if entry.verdict == "refused" else "!"
        lines.append(
            f"{mark if entry.is_open else '✓'} {entry.delivery_id}  {shown_name(entry.file_name)}  "
            f"{entry.delivered_on}  {VERDICTS[entry.verdict]}"
        )
        if entry.settled_by:
            lines.append(f"    已了结 settled by {entry.settled_by}")
        counts = Counter((p.rule_id, p.place) for p in entry.problems if p.severity == "hard")
        lines += [
            f"    {rule}" + (f"  {place}" if place else "") + (f"  × {n}" if n > 1 else "")
            for (rule, place), n in counts.items()
        ]
        lines += [
            f"    {rule}  {places}  × {count}" for rule, (count, places) in entry.by_rule.items()
        ]
    cells = sum(entry.quarantined for entry in shown if entry.is_open)
    opened = sum(entry.is_open for entry in shown)
    lines.append(
        f"未了结 Open: {counted(opened, 'delivery', 'deliveries')}, "
        f"{counted(cells, 'cell')} in quarantine  (run of {state.as_of})"
    )
    if opened:
        lines.append(
            "下一步 Next: qutong quarantine show DELIVERY, or return DELIVERY --to FILE.xlsx"
        )
    return "\n".join(lines) + "\n"


def render_entry(state: State, entry: Entry, problems: Sequence[Problem]) -> str:
    """One delivery with every cell that was not understood, its text, and what to do."""
    lines = [
        f"{entry.delivery_id}  {shown_name(entry.file_name)}  {entry.delivered_on}  "
        f"{VERDICTS[entry.verdict]}",
        f"  sha256 {entry.sha256}",
        f"  读入 read {entry.read} {entry.counted_unit}s: 接收 accepted {entry.accepted}, "
        f"隔离 quarantined {entry.quarantined}",
    ]
    if entry.settled_by:
        lines.append(f"  已了结 settled by {entry.settled_by}")
    told: set[str] = set()
    for problem in problems:
        head = f"  {shown_name(problem.place) or '–'}  {problem.rule_id}"
        lines.append(f"{head}: {problem.zh} | {problem.en}")
        texts = (
            ("原文 text", problem.raw_text),
            ("未识别 not understood", problem.raw_name),
            ("近似 nearest known", problem.proposal),
        )
        lines += [f"      {name}: {shown_name(text)}" for name, text in texts if text]
        rule = state.rules.get(problem.rule_id)
        if rule is not None and problem.rule_id not in told:
            told.add(problem.rule_id)
            lines.append(f"      → {rule.guidance_zh} | {rule.guidance_en}")
    return "\n".join(lines) + "\n"


def render_replay(before: State, after: State, chosen: Sequence[str]) -> str:
    """What became of deliveries, before and after, side by side."""
    earlier = {entry.delivery_id: entry for entry in before.entries}
    later = {entry.delivery_id: entry for entry in after.entries}
    lines = []
    for name in chosen:
        was, now = earlier.get(name), later.get(name)
        known = now or was
        lines.append(f"{name}  {shown_name(known.file_name) if known else ''}".rstrip())
        lines.append(f"  前 before  {_counts(was)}")
        lines.append(f"  后 after   {_counts(now)}")
    changed = sum(_counts(earlier.get(name)) != _counts(later.get(name)) for name in chosen)
    lines.append(f"{changed} of {len(chosen)} deliveries read differently / 有变化 {changed} 批")
    return "\n".join(lines) + "\n"


def _counts(entry: Entry | None) -> str:
    if entry is None:
        return "–"
    refused = f"  拒收 refused by {entry.refused_by}" if entry.refused_by else "  接收 admitted"
    return f"accepted {entry.accepted}, quarantined {entry.quarantined}{refused}"
