"""Great Expectations' Data Docs for the operator: what its rules said in the last run, as pages.

Belongs here: pages from kept validations, for ``var/`` and never for a release. Does not belong
here: judging, and the findings themselves, which stand in the release. Import this module inside
a function: Great Expectations costs seconds.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.errors import QutongError
from orchestration.judge.catalogue import GATES
from orchestration.judge.offline import offline_page

_GATE_NAMES = {
    "delivery": "交付关 Delivery gate",
    "marts": "集市关 Marts gate",
    "release": "发布关 Release gate",
}


def build_docs(validations: Path, site: Path) -> Path:
    """Write one page per kept validation and an index; returns the index.

    Args:
        validations: Folder of ``<gate>.json``, as ``gx.run_rules`` keeps them.
        site: Folder for the pages; pages in it from before are replaced.

    Raises:
        QutongError: nothing was kept yet, or it cannot be read.
    """
    kept = {str(gate): validations / f"{gate}.json" for gate in GATES}
    found = {gate: _read(file) for gate, file in kept.items() if file.is_file()}
    if not found:
        raise QutongError(
            "no validation is kept yet / 尚无校验结果",
            file=validations,
            remedy="make a run first: qutong run",
        )
    site.mkdir(parents=True, exist_ok=True)
    for old in site.glob("*.html"):
        old.unlink()
    for gate, validation in found.items():
        page = offline_page(_render(validation), f"{_GATE_NAMES[gate]} · Data Docs", _PAGES)
        (site / f"{gate}.html").write_text(page, encoding="utf-8")
    index = site / _INDEX
    index.write_text(
        offline_page(_index(found), "数据校验文档 Data Docs", _PAGES), encoding="utf-8"
    )
    return index


_INDEX = "index.html"
_PAGES = frozenset({_INDEX, *(f"{gate}.html" for gate in GATES)})


def _read(file: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise QutongError(
            f"the kept validation cannot be read: {error}",
            file=file,
            remedy="remove it and run again: qutong run",
        ) from error
    return content


def _render(validation: Mapping[str, Any]) -> str:
    """The page as Great Expectations makes it, with all it wants from elsewhere."""
    from orchestration.judge.gx import result_page

    return result_page(validation)


def _index(found: Mapping[str, Mapping[str, Any]]) -> str:
    lines = []
    for gate, validation in found.items():
        numbers, run = validation["statistics"], validation["meta"]["run_id"]
        lines.append(
            f'<tr><th scope="row"><a href="{gate}.html">{_GATE_NAMES[gate]}</a></th>'
            f"<td>{html.escape(run['run_name'])}</td><td>{html.escape(run['run_time'])}</td>"
            f'<td class="number">{numbers["evaluated_expectations"]}</td>'
            f'<td class="number">{numbers["successful_expectations"]}</td>'
            f'<td class="number">{numbers["unsuccessful_expectations"]}</td></tr>'
        )
    return f"""
        <h1>数据校验文档 Data Docs</h1>
        <p class="note">最近一次运行中 Great Expectations 执行的规则；供运维人员查看，不属版本内容。
        What Great Expectations ran in the last run; for the operator, no part of a release.</p>
        <table>
        <thead><tr><th scope="col">关 Gate</th><th scope="col">版本 Release</th>
        <th scope="col">时间 Time</th><th scope="col" class="number">规则 Rules</th>
        <th scope="col" class="number">通过 Passed</th>
        <th scope="col" class="number">未通过 Failed</th></tr></thead>
        <tbody>{"".join(lines)}</tbody>
        </table>
        <p class="note">发现的内容见版本中的 quality/report.html。
        The findings themselves stand in quality/report.html of the release.</p>
    """
