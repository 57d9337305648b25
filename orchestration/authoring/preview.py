"""Preview: what a data set would accept and refuse of a file, without keeping anything.

Belongs here: reading one file as a run would and telling it. Does not belong here: the archive,
the work database, releases: none of them is touched.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.authoring.draft import stand_in
from orchestration.collect.apart import Limits
from orchestration.collect.parse import Outcome, Parsed, parse_within
from orchestration.errors import QutongError

if TYPE_CHECKING:
    import polars as pl

    from orchestration.declarations import Declarations, Declared

SHOWN = (
    "indicator_code",
    "region_code",
    "period",
    "value",
    "unit",
    "qualifier",
    "obs_status",
    "value_printed",
    "unit_printed",
    "delivery_place",
)


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


def render(parsed: Parsed, outcome: Outcome | None, limit: int) -> str:
    """What would be accepted, quarantined or refused, for a terminal."""
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
    lines += _table(outcome.accepted.select(SHOWN).head(limit))
    if outcome.accepted.height > limit:
        lines.append(f"  … {outcome.accepted.height - limit} more; --limit shows them")
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


def _table(frame: pl.DataFrame) -> list[str]:
    rows = [[_plain(value) for value in row] for row in (tuple(frame.columns), *frame.iter_rows())]
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
