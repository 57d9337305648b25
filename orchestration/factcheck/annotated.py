"""The answer about a text: an annotated copy, JSON for programs, a summary for a terminal.

Belongs here: how it is shown. Does not belong here: what is said (``verdicts``).

The copy is one HTML file without scripts and without anything from elsewhere. Its texts are those
of the file that was checked: they are escaped, and what cannot be seen in them is shown.
"""

from __future__ import annotations

import html
import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from orchestration.factcheck.documents import Block
from orchestration.factcheck.figures import Figure
from orchestration.factcheck.run import Report
from orchestration.factcheck.verdicts import VERDICTS, Checked
from orchestration.text import shown

SCHEMA: Final = "qutong-check/1"
_STYLE: Final = """
body{font:16px/1.8 "Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei",sans-serif;
 color:#1d2733;max-width:52rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid #c8ced6;padding:.2rem .5rem}
mark{background:none;color:inherit;border-bottom:3px solid;padding:0 .1em}
mark.exact,mark.rounded{border-color:#2e7d4f}mark.derived{border-color:#1f4e79}
mark.old_vintage{border-color:#b26a00}mark.contradicts{border-color:#b3261e;background:#fbe9e7}
mark.not_ours{border-color:#9aa4af;border-bottom-style:dotted}
sup{font-size:.7em;color:#54606c}ol{padding-left:2.2rem}li.not_ours{color:#54606c}
small{color:#54606c}
"""


def as_json(report: Report) -> str:
    """Every number with place, verdict, reason and the figures behind it."""
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "file": report.file.name,
        "release_id": report.release_id,
        "counts": dict(report.counts),
        "numbers": [_record(report, one) for one in report.checked],
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _record(report: Report, one: Checked) -> dict[str, Any]:
    block, mention = report.blocks[one.block], one.mention
    return {
        "place_zh": block.place[0],
        "place_en": block.place[1],
        "start": mention.start,
        "end": mention.end,
        "text": block.text[mention.start : mention.end],
        "value": f"{mention.value:f}",
        "unit": mention.unit.word if mention.unit else None,
        "qualifier": mention.qualifier,
        "sort": mention.sort,
        "verdict": one.verdict,
        "reason_zh": one.zh,
        "reason_en": one.en,
        "figures": [_figure(figure) for figure in one.figures],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "observation_id": figure.observation_id,
        "indicator_code": figure.indicator,
        "indicator_name_zh": figure.name,
        "region_code": figure.region,
        "period": figure.period,
        "value": f"{figure.value.normalize():f}",
        "unit": figure.unit,
        "qualifier": figure.qualifier,
        "known_from": figure.known_from.isoformat(),
        "known_to": figure.known_to.isoformat() if figure.known_to else None,
        "source_document": figure.source,
        "place": figure.place,
    }


def summary(report: Report) -> Iterator[str]:
    """What a person should look at, first what contradicts."""
    counts = report.counts
    yield f"{shown(report.file.name)} · 版本 release {report.release_id}"
    told = (f"{VERDICTS[v][0]} {VERDICTS[v][1]} {n}" for v, n in counts.items())
    yield f"  {len(report.checked)} 个数字 numbers: " + " · ".join(told)
    for one in report.checked:
        if one.verdict not in ("contradicts", "old_vintage"):
            continue
        block, mention = report.blocks[one.block], one.mention
        around = block.text[max(0, mention.start - 24) : mention.end + 8]
        zh, en = VERDICTS[one.verdict]
        yield f"  {zh} {en}: {block.place[0]} {block.place[1]}"
        yield f"    …{shown(' '.join(around.split()))}…"
        yield f"    {one.zh} / {one.en}"
        if one.figures:
            yield f"    → qutong trace {one.figures[0].observation_id}"


def as_html(report: Report) -> str:
    """The text with every number marked and numbered, and below it the reason of each."""
    numbers: dict[int, list[tuple[int, Checked]]] = defaultdict(list)
    for number, one in enumerate(report.checked, 1):
        numbers[one.block].append((number, one))
    parts = [
        "<!doctype html><html lang=zh-CN><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width,initial-scale=1'>",
        f"<title>核对 Checked: {_safe(report.file.name)}</title><style>{_STYLE}</style>",
        f"<h1>核对 Checked: {_safe(report.file.name)}</h1>",
        f"<p>对照版本 against release {_safe(report.release_id)}. ",
        "　".join(
            f"<mark class={v}>{zh} {en}</mark> {report.counts[v]}"
            for v, (zh, en) in VERDICTS.items()
        ),
        "</p><hr>",
        *_body(report, numbers),
        "<hr><h2>逐项说明 Number by number</h2><ol>",
        *(_reason(report, one, at) for at, one in enumerate(report.checked, 1)),
        "</ol></html>\n",
    ]
    return "\n".join(parts)


def _body(report: Report, numbers: dict[int, list[tuple[int, Checked]]]) -> Iterator[str]:
    blocks = list(enumerate(report.blocks))
    for table, group in groupby(blocks, key=lambda pair: _table(pair[1])):
        if table is None:
            for at, block in group:
                tag = "h3" if block.kind == "heading" else "p"
                yield f"<{tag}>{_marked(block, numbers[at])}</{tag}>"
            continue
        yield "<table>"
        for _, row in groupby(group, key=lambda pair: pair[1].place[0].partition("行")[0]):
            cells = (f"<td>{_marked(block, numbers[at])}</td>" for at, block in row)
            yield f"<tr>{''.join(cells)}</tr>"
        yield "</table>"


def _table(block: Block) -> str | None:
    return block.place[0].partition("第")[0] if block.kind == "cell" else None


def _marked(block: Block, numbers: list[tuple[int, Checked]]) -> str:
    told, at = [], 0
    for number, one in numbers:
        start, end = one.mention.start, one.mention.end
        zh, en = VERDICTS[one.verdict]
        told += [
            _safe(block.text[at:start]),
            f"<mark class={one.verdict} title='{_safe(f'{zh} {en}: {one.zh}')}'>",
            _safe(block.text[start:end]),
            f"</mark><sup><a href='#n{number}'>{number}</a></sup>",
        ]
        at = end
    return "".join([*told, _safe(block.text[at:])])


def _reason(report: Report, one: Checked, number: int) -> str:
    block, mention = report.blocks[one.block], one.mention
    zh, en = VERDICTS[one.verdict]
    sources = "".join(
        f"<br><small>{_safe(f'{f.source}，{f.place}')} · "
        f"<code>qutong trace {_safe(f.observation_id)}</code></small>"
        for f in one.figures
    )
    said = one.zh if one.zh == one.en else f"{one.zh} / {one.en}"
    text = _safe(block.text[mention.start : mention.end])
    return (
        f"<li id=n{number} class={one.verdict}><b>{text}</b> "
        f"{zh} {en}: {_safe(said)} <small>{block.place[0]} {block.place[1]}</small>{sources}</li>"
    )


def _safe(text: str) -> str:
    return html.escape(shown(text), quote=True)
