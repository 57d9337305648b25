"""Data Docs for the operator: what the gates said in the last run, as pages.

Belongs here: pages from what is kept of validations, for ``var/`` and never for a release. Does not
belong here: judging, and the findings themselves, which stand in the release. Pages of suites are
made by Great Expectations, which is imported only then: it costs seconds.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestration.errors import QutongError
from orchestration.judge.catalogue import GATE_NAMES, GATES
from orchestration.judge.kept import read_kept
from orchestration.judge.offline import offline_page

_NAMES: dict[str, str] = {gate: f"{name.zh} {name.en}" for gate, name in GATE_NAMES.items()}
_SUITES_OF = {"delivery": "各批送达 Deliveries", "marts": "各集市 Marts"}
_WORDS = {
    "passed": '<i class="fas fa-check-circle"></i>',
    "failed": '<i class="fas fa-times"></i>',
    "undecided": "未定 undecided",
}
_CANNOT_RUN = '<i class="fas fa-exclamation-triangle"></i>'
_INDEX = "index.html"


def build_docs(validations: Path, site: Path) -> Path:
    """Write a page per gate and per suite, and an index; returns the index.

    Args:
        validations: Folder of what ``kept`` keeps.
        site: Folder for the pages; pages in it from before are replaced.

    Raises:
        QutongError: nothing was kept yet, or it cannot be read.
    """
    gates = {
        str(gate): read_kept(validations / f"{gate}.json")
        for gate in GATES
        if (validations / f"{gate}.json").is_file()
    }
    if not gates:
        raise QutongError(
            "no validation is kept yet / 尚无校验结果",
            file=validations,
            remedy="make a run first: qutong run",
        )
    suites = {
        f"{gate}-{file.stem}.html": read_kept(file)
        for gate in gates
        for file in sorted((validations / gate).glob("*.json"))
    }
    site.mkdir(parents=True, exist_ok=True)
    for old in site.glob("*.html"):
        old.unlink()
    pages = {_INDEX, *suites, *(f"{gate}.html" for gate in gates)}
    for gate, kept in gates.items():
        own = {page: suite for page, suite in suites.items() if page.startswith(f"{gate}-")}
        title = f"{_NAMES[gate]} · Data Docs"
        _write(site / f"{gate}.html", _gate(gate, kept, own), title, pages)
    for page, suite in suites.items():
        zh, en = suite["meta"]["title"]
        head = f'<p><a href="{_INDEX}">数据校验文档 Data Docs</a></p>{_heading(zh, en)}'
        _write(site / page, head + _render(suite), f"{zh} {en} · Data Docs", pages)
    index = site / _INDEX
    _write(index, _index_page(gates, suites), "数据校验文档 Data Docs", pages)
    return index


def _write(file: Path, body: str, title: str, pages: set[str]) -> None:
    file.write_text(offline_page(body, title, pages), encoding="utf-8")


def _render(validation: Mapping[str, Any]) -> str:
    """The page as Great Expectations makes it, with all it wants from elsewhere."""
    from orchestration.judge.gx import result_page

    return result_page(validation)


def _heading(zh: str, en: str) -> str:
    return f'<h1>{html.escape(zh)} <span lang="en">{html.escape(en)}</span></h1>'


def _index_page(gates: Mapping[str, Mapping[str, Any]], suites: Mapping[str, Any]) -> str:
    lines = []
    for gate, kept in gates.items():
        rules, run = kept["rules"], kept["run"]
        own = [suite for page, suite in suites.items() if page.startswith(f"{gate}-")]
        failed = sum(rule["outcome"] == "failed" for rule in rules)
        lines.append(
            f'<tr><th scope="row"><a href="{gate}.html">{_NAMES[gate]}</a></th>'
            f"<td>{html.escape(run['run_name'])}</td><td>{html.escape(run['run_time'])}</td>"
            f"{_numbers(len(rules), failed)}"
            f"{_numbers(len(own), sum(not suite['success'] for suite in own))}</tr>"
        )
    return f"""
        <h1>数据校验文档 Data Docs</h1>
        <p class="note">最近一次运行中各关的规则与预期；供运维人员查看，不属版本内容。
        What the gates demanded in the last run; for the operator, no part of a release.</p>
        <table>
        <thead><tr><th scope="col">关 Gate</th><th scope="col">版本 Release</th>
        <th scope="col">时间 Time</th>
        <th scope="col" class="number">SQL规则 SQL rules</th>
        <th scope="col" class="number">未通过 Failed</th>
        <th scope="col" class="number">预期组 Suites</th>
        <th scope="col" class="number">未通过 Failed</th></tr></thead>
        <tbody>{"".join(lines)}</tbody>
        </table>
        <p class="note">发现的内容见版本中的 quality/report.html。
        The findings themselves stand in quality/report.html of the release.</p>
    """


def _numbers(*numbers: int) -> str:
    return "".join(f'<td class="number">{number}</td>' for number in numbers)


def _gate(gate: str, kept: Mapping[str, Any], suites: Mapping[str, Mapping[str, Any]]) -> str:
    listed = [
        f'<tr><th scope="row"><a href="{page}">{html.escape(suite["suite_name"])}</a></th>'
        f"<td>{html.escape(suite['meta']['title'][0])}"
        f'<span class="quiet">{html.escape(suite["meta"]["title"][1])}</span></td>'
        f"{_numbers(suite['statistics']['evaluated_expectations'])}"
        f"<td>{_WORDS['passed' if suite['success'] else 'failed']}</td></tr>"
        for page, suite in suites.items()
    ]
    return f"""
        <p><a href="{_INDEX}">数据校验文档 Data Docs</a></p>
        <h1>{_NAMES[gate]}</h1>
        <h5>{_SUITES_OF.get(gate, "")}</h5>
        <table>
        <thead><tr><th scope="col">预期组 Suite</th><th scope="col">名称 Title</th>
        <th scope="col" class="number">预期 Expectations</th>
        <th scope="col">结论 Outcome</th></tr></thead>
        <tbody>{"".join(listed)}</tbody>
        </table>
        <h5>SQL规则 SQL rules</h5>
        {_rules(kept["rules"])}
    """


def _rules(rules: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for rule in rules:
        words = " · ".join((rule["rule_id"], rule["severity"], rule["owner"]))
        counts = f"{rule['unexpected'] if rule['could_run'] else '–'} / {rule['checked']}"
        if rule["undecided"]:
            counts += f" （未定 undecided {rule['undecided']}）"
        lines.append(
            f"<tr><td>{html.escape(' | '.join(rule['title']))}"
            f'<span class="code">{html.escape(words)}</span>'
            f'<span class="quiet">{html.escape(" | ".join(rule["guidance"]))}</span></td>'
            f"<td>{counts}</td>"
            f"<td>{_WORDS[rule['outcome']] if rule['could_run'] else _CANNOT_RUN}</td></tr>"
        )
    return f"""
        <table>
        <thead><tr><th scope="col">规则 Rule</th>
        <th scope="col">违反／检查 Violations / checked</th>
        <th scope="col">结论 Outcome</th></tr></thead>
        <tbody>{"".join(lines)}</tbody>
        </table>
    """
