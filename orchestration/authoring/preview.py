"""Preview: what a data set would accept and refuse of a file, as a person reads it.

Belongs here: the words of it, cell by cell. Does not belong here: judging the file
(``steps.rehearsal``); nothing is kept of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.authoring.draft import stand_in
from orchestration.collect.apart import Limits
from orchestration.collect.parse import Outcome, Parsed, parse_within
from orchestration.errors import QutongError
from orchestration.serve.quarantine import Entry, Rule

if TYPE_CHECKING:
    import polars as pl

    from orchestration.declarations import Declarations, Declared

SHOWN = {
    "delivery_place": "位置 place",
    "indicator_code": "指标 indicator",
    "region_code": "地区 region",
    "period": "期间 period",
    "period_kind": "期间类型 kind",
    "measure": "计量 measure",
    "basis": "口径 basis",
    "breakdown": "分组 breakdown",
    "value_printed": "原文 printed",
    "unit_printed": "单位 unit",
    "qualifier": "限定 qualifier",
    "value": "数值 value",
    "unit": "基本单位 base unit",
    "obs_status": "状态 status",
}
"""What is shown of a figure, with the words over it."""

SAME_FOR_ALL = {"breakdown": "_T", "qualifier": "exact", "obs_status": "A"}
"""What is not shown where all figures say it."""


def preview(
    path: Path, declared: Declared, declarations: Declarations
) -> tuple[Parsed, Outcome | None]:
    """Read a file as a delivery of the data set.

    Raises:
        QutongError: the file cannot be opened.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise QutongError(f"cannot be opened: {error.strerror}", file=path) from error
    limits = Limits.of(declarations.settings)
    delivery = stand_in(path, declared.id)
    return parse_within(limits, content, delivery, declared, declarations.codelists)


def names_of(declared: Declared, declarations: Declarations) -> dict[str, str]:
    """What the codes of its indicators, and of regions, are called."""
    named = {i.code: i.name.zh for i in declared.data_set.indicators if i.name is not None}
    return named | {r.code: r.name_zh for r in declarations.codelists.regions}


def render(
    parsed: Parsed, outcome: Outcome | None, limit: int, names: Mapping[str, str] | None = None
) -> str:
    """What the reader would accept, quarantine or refuse, for a terminal.

    Args:
        parsed: What was counted.
        outcome: The figures; None where the file was refused.
        limit: How many figures are shown, and how many cells that were not understood.
        names: What codes are called, see ``names_of``.
    """
    if parsed.refusal is not None or outcome is None:
        refusal = parsed.refusal
        assert refusal is not None
        return (
            f"✗ 拒收 refused: {refusal.rule_id} at {refusal.place}\n"
            f"  {refusal.detail_zh} | {refusal.detail_en}\n"
        )
    lines = [
        f"读入 read {parsed.read} {parsed.counted_unit}s = 接收 accepted {parsed.accepted}"
        f" + 隔离 quarantined {parsed.quarantined} + 非数据 no data {parsed.non_data}"
    ]
    lines += _figures(outcome.accepted, limit, names or {})
    for row in outcome.quarantined.head(limit).iter_rows(named=True):
        name = row.get("raw_name") or row["raw_text"]
        lines.append(f"✗ {row['delivery_place']}  {row['rule_id']}: {name!r}")
        if row.get("proposal"):
            lines.append(f"    最相近 nearest known: {row['proposal']}")
    if outcome.quarantined.height > limit:
        lines.append(f"  … {outcome.quarantined.height - limit} more")
    lines += [
        f"注 note {row['place']}: {row['text']}" for row in outcome.notes.iter_rows(named=True)
    ]
    return "\n".join(lines) + "\n"


def render_verdict(entry: Entry, rules: Mapping[str, Rule], *, is_known: bool) -> str:
    """What the delivery gate says of the file, for a terminal."""
    lines = []
    for problem in entry.problems:
        mark = "✗" if problem.severity == "hard" else "!"
        at = f" at {problem.place}" if problem.place else ""
        lines.append(f"{mark} {problem.rule_id}{at}")
        lines.append(f"    {problem.zh} | {problem.en}")
        rule = rules.get(problem.rule_id)
        if rule is not None:
            lines.append(f"    → {rule.guidance_zh} | {rule.guidance_en}")
    if is_known:
        lines.append("这批文件已经收到过 | these bytes were delivered before: nothing new")
    if entry.verdict == "refused":
        lines.append(f"✗ 一次运行将拒收 | a run would refuse it: {entry.refused_by}")
    else:
        lines.append("✓ 一次运行将接收 | a run would admit it")
    return "\n".join(lines) + "\n"


def _figures(accepted: pl.DataFrame, limit: int, names: Mapping[str, str]) -> list[str]:
    shown = [
        name
        for name in SHOWN
        if SAME_FOR_ALL.get(name) is None or (accepted[name] != SAME_FOR_ALL[name]).any()
    ]
    rows: list[tuple[object, ...]] = [tuple(SHOWN[name] for name in shown)]
    for figure in accepted.select(shown).head(limit).iter_rows(named=True):
        for column in ("indicator_code", "region_code"):
            called = names.get(figure[column], "")
            figure[column] = f"{figure[column]} {called}".rstrip()
        rows.append(tuple(figure.values()))
    lines = _table(rows)
    if accepted.height > limit:
        lines.append(f"  … {accepted.height - limit} more; --limit shows them")
    return lines


def _table(given: list[tuple[object, ...]]) -> list[str]:
    rows = [[_plain(value) for value in row] for row in given]
    widths = [max(_width(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            text + " " * (width - _width(text)) for text, width in zip(r, widths, strict=True)
        ).rstrip()
        for r in rows
    ]


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return "" if value is None else str(value)


def _width(text: str) -> int:
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)
