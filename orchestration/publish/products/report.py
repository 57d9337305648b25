"""The quality report, for people and for programs.

Belongs here: its files and its label. Does not belong here: what it says (``publish.report``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestration.publish.calendar_words import check_calendar
from orchestration.publish.layout import REPORT_HTML, REPORT_JSON
from orchestration.publish.product import Files, Problem, Product
from orchestration.publish.report import has_simulated_rows, render_html, render_json
from orchestration.publish.rules import WORDS_DIFFER, unlabelled

if TYPE_CHECKING:
    from orchestration.publish.edition import Edition
    from orchestration.publish.package import Package

_PART = "report"


def _inputs(edition: Edition) -> Mapping[str, Any]:
    """It bears the id of its release, and so is of every release anew."""
    return {_PART: edition.report}


def _build(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    (edition.directory / REPORT_JSON).parent.mkdir(parents=True, exist_ok=True)
    for name, text in (
        (REPORT_JSON, render_json(edition.report)),
        (REPORT_HTML, render_html(edition.report, edition.compiled)),
    ):
        (edition.directory / name).write_text(text, encoding="utf-8", newline="\n")
    return {_PART: {REPORT_JSON: None, REPORT_HTML: None}}


def _check(package: Package) -> Iterator[Problem]:
    """Simulated figures are called so on the report, and its calendar says what is on record."""
    yield from _labelled(package)
    yield from _as_recorded(package)


def _as_recorded(package: Package) -> Iterator[Problem]:
    file = package.path / REPORT_HTML
    if file.is_file() and not package.is_carried(REPORT_HTML):
        text = file.read_text(encoding="utf-8", errors="replace")
        for wrong in check_calendar(package.con, "mart", text):
            yield Problem(WORDS_DIFFER, REPORT_HTML, wrong.zh, wrong.en)


def _labelled(package: Package) -> Iterator[Problem]:
    if not has_simulated_rows(package.con, "mart", package.tables):
        return
    file = package.path / REPORT_HTML
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    body = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    if not all(needle in body for needle in ("模拟数据", "simulated")):
        yield unlabelled(REPORT_HTML)


REPORT = Product("report", _inputs, _build, _check)
