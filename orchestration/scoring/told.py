"""The score as a person, a document or a program reads it.

Belongs here: its table, its totals and its JSON. Does not belong here: judging (``score``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from orchestration.scoring.score import Alarm, Judged, Score
from orchestration.text import counted

GATES = ("delivery", "marts", "release")


def as_text(result: Score) -> str:
    """Every error with what came of it, the totals, and every false alarm."""
    lines = []
    for each in result.judged:
        by = each.by
        lines.append(
            f"{_mark(each)} {each.kind}/{each.error}: {each.expected} → {each.actual}"
            + (f"  [{by.gate}] {by.rule}: {by.about}" if by else "")
        )
    lines += ["", *_totals(result), ""]
    lines += [_of_alarm(alarm) for alarm in result.false_alarms]
    return "\n".join(lines)


def _mark(each: Judged) -> str:
    if each.is_right:
        return "="
    if each.expected == "harmless":
        return "!"
    return "~" if each.is_caught else "?" if each.is_found else "-"


def _of_alarm(alarm: Alarm) -> str:
    said = alarm.said
    return f"误报 false alarm  {alarm.where}: {said.rule} {said.about}: {said.message}"


def _totals(result: Score) -> list[str]:
    wrong = result.wrong
    kinds = {each.kind for each in wrong}
    sources = {each.source for each in wrong if each.source != "practice"}
    alarms = result.false_alarms
    figures = sum(result.clean.values())
    return [
        f"差错 {len(wrong)}，{len(kinds)} 类，公开更正 {len(sources)} 处 / "
        f"{counted(len(wrong), 'error')} of {counted(len(kinds), 'kind')}, "
        f"{counted(len(sources), 'public notice')}",
        f"发布前拦下 / caught before publication: {_share(e.is_caught for e in wrong)}",
        f"至少发现 / at least found: {_share(e.is_found for e in wrong)}",
        f"处置正确 / with the one right outcome: {_share(e.is_right for e in wrong)}",
        f"误报 / false alarms: {len(alarms)} of {figures} figures"
        + (f", 1 in {figures // len(alarms)}" if alarms else ""),
        f"用时 / time: {result.seconds:.0f} s",
    ]


def _share(values: Iterable[bool]) -> str:
    told = list(values)
    return f"{sum(told)} of {len(told)}" + (
        f" ({100 * sum(told) / len(told):.1f} %)" if told else ""
    )


def as_markdown(result: Score) -> str:
    """The score by kind and gate, as it stands in ``expectations/README.md``."""
    rows = ["| kind | errors | delivery | marts | release | told only | nothing | right |"]
    rows.append("|---|--:|--:|--:|--:|--:|--:|--:|")
    for kind in dict.fromkeys(each.kind for each in result.judged):
        own = [each for each in result.judged if each.kind == kind]
        rows.append(f"| {kind} | {' | '.join(map(str, _row(own)))} |")
    rows.append(f"| **all errors** | {' | '.join(map(str, _row(result.wrong)))} |")
    alarms = [
        "| figures taken to be right | figures | findings | of them true | false alarms |",
        "|---|--:|--:|--:|--:|",
    ]
    for where, count in result.clean.items():
        own_alarms = [
            a for a in result.alarms if a.where == where and a.said.severity != "informative"
        ]
        true = sum(1 for alarm in own_alarms if alarm.reason)
        alarms.append(
            f"| {where} | {count} | {len(own_alarms)} | {true} | {len(own_alarms) - true} |"
        )
    return "\n".join((*rows, "", *alarms, "", *(f"- {line}" for line in _totals(result))))


def _row(own: Sequence[Judged]) -> list[int]:
    caught = [each.by.gate if each.is_caught and each.by else "" for each in own]
    return [
        len(own),
        *(caught.count(gate) for gate in GATES),
        sum(1 for each in own if each.actual == "found"),
        sum(1 for each in own if each.actual == "silent"),
        sum(1 for each in own if each.is_right),
    ]


def as_json(result: Score) -> dict[str, Any]:
    """The whole score as plain data."""
    return {
        "errors": [
            {
                "kind": each.kind,
                "error": each.error,
                "level": each.level,
                "source": each.source,
                "expected": each.expected,
                "actual": each.actual,
                "right": each.is_right,
                "said": [vars(said) for said in each.said],
            }
            for each in result.judged
        ],
        "clean": result.clean,
        "findings_on_clean": [
            {"where": alarm.where, "false": alarm.is_false, "reason": alarm.reason}
            | vars(alarm.said)
            for alarm in result.alarms
        ],
        "false_alarms": len(result.false_alarms),
        "seconds": round(result.seconds, 1),
    }
