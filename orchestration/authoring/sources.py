"""Trying a declared source: what it says now, in words, without keeping anything.

Belongs here: one pull for a person, and how what came would be read. Does not belong here: pulling
itself (``collect.connectors``); neither archive nor receipts are touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from orchestration.authoring.preview import preview
from orchestration.collect.connectors import Offer, matches, pulling
from orchestration.collect.connectors.attempts import Attempt, Item
from orchestration.collect.connectors.pulling import PullingConnector
from orchestration.errors import QutongError
from orchestration.text import counted

if TYPE_CHECKING:
    from orchestration.declarations import Declarations, Declared

_MOST_SHOWN = 20


def source_of(declared: Declared, declarations: Declarations, now: datetime) -> PullingConnector:
    """The source of a data set.

    Raises:
        QutongError: its deliveries are laid into a folder.
    """
    found = pulling.source_of(declared, declarations, now)
    if found is None:
        raise QutongError(
            f"{declared.id} has no source that is pulled / 该数据集没有可拉取的来源",
            file=declared.path,
            place="delivery.connector",
            remedy="declare a connector and delivery.source; 'qutong source schema' lists them",
        )
    return found


def try_source(declared: Declared, declarations: Declarations, now: datetime) -> Iterator[str]:
    """What the source says now, line by line; the last line says whether a run could use it.

    Raises:
        QutongError: it did not give what was declared.
    """
    connector = source_of(declared, declarations, now)
    yield f"{declared.id} · {connector.name} · {connector.origin()}"
    try:
        if not connector.is_time():
            yield (
                "  · 不在申报的时段或间隔内，运行时会跳过 | outside its hours, or asked just now: "
                "a run would pass it over"
            )
        found = connector.ask(is_trial=True)
        yield (
            f"  · {found.things} 个文件，{found.seconds:.1f} 秒 | "
            f"{counted(found.things, 'file')}, {found.seconds:.1f} s"
        )
        usable = 0
        for offer, item in found.offers[:_MOST_SHOWN]:
            yield from _told(declared, item)
            if matches(offer.path.name, declared.data_set):
                lines, is_read = _read(declared, declarations, offer)
                usable += is_read
                yield from lines
        if len(found.offers) > _MOST_SHOWN:
            yield f"  … 另有 {len(found.offers) - _MOST_SHOWN} 个 | and more"
        if found.error is not None:
            raise connector.told(found.error)
        if not usable:
            raise QutongError(
                "nothing that came can be read as this data set / 没有可按申报读取的文件",
                file=declared.path,
                remedy="look at the lines above; mend delivery.pattern, source or layout",
            )
        yield f"✓ 可用 | a run can use it: {counted(usable, 'file')} read"
    finally:
        connector.clear()


def _told(declared: Declared, item: Item) -> Iterator[str]:
    said = f"，{item.modified}" if item.modified else ""
    yield f"  · {item.name}  {item.size} 字节 bytes{said}  {item.sha256[:12]}"
    if not matches(item.name, declared.data_set):
        patterns = ", ".join(declared.data_set.delivery.pattern)
        yield (
            f"    ✗ 文件名与申报不符：{patterns} | its name is not as declared: "
            "mend delivery.pattern, or name it in delivery.source"
        )


def _read(declared: Declared, declarations: Declarations, offer: Offer) -> tuple[list[str], bool]:
    parsed, outcome = preview(offer.path, declared, declarations)
    if parsed.refusal is not None or outcome is None:
        refusal = parsed.refusal
        assert refusal is not None
        return [f"    ✗ {refusal.rule_id}: {refusal.detail_zh} | {refusal.detail_en}"], False
    counts = (
        f"    读入 read {parsed.read} = 接收 accepted {parsed.accepted} + 隔离 quarantined "
        f"{parsed.quarantined} + 非数据 no data {parsed.non_data}"
    )
    return [counts], parsed.accepted > 0


def attempt_line(attempt: Attempt) -> str:
    """One receipt of a pull, for a terminal."""
    words = {
        "received": "收到 received",
        "unchanged": "无变化 unchanged",
        "failed": "失败 failed",
    }
    head = f"{attempt.at}  {words[attempt.outcome]:<14} {attempt.seconds:6.1f} s"
    if attempt.outcome == "failed":
        return f"{head}  {attempt.reason_zh} | {attempt.reason_en}"
    files = "、".join(item.name for item in attempt.items[:5])
    more = " …" if len(attempt.items) > 5 else ""
    return f"{head}  {attempt.things} 个 things, {attempt.size} bytes  {files}{more}"
