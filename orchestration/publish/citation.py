"""How to cite a release: a ``CITATION.cff`` (Citation File Format 1.2.0).

Belongs here: the file's contents. Does not belong here: which documents a release names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

import yaml

CFF_VERSION = "1.2.0"
# The format takes licences of the SPDX list only; any other term is said in words.
_SPDX = frozenset(
    {
        "Apache-2.0",
        "CC0-1.0",
        "CC-BY-3.0",
        "CC-BY-4.0",
        "CC-BY-SA-4.0",
        "CC-BY-NC-4.0",
        "ODbL-1.0",
        "ODC-By-1.0",
        "PDDL-1.0",
        "MulanPSL-2.0",
    }
)
_URL = re.compile(r"(?:https?|ftp|sftp)://\S+")
_YEAR = re.compile(r"\d{4}(?:-\d{2}){0,2}$")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def render_citation(
    release: Mapping[str, Any],
    sources: Sequence[Mapping[str, Any]],
    *,
    is_simulated: bool,
    licence: str,
) -> str:
    """The citation file of a release.

    Args:
        release: The row of ``meta.release``.
        sources: Rows of ``core.source_document``: they become the references.
        is_simulated: Whether any row is simulated.
        licence: An SPDX name, or a sentence.
    """
    zh, en = release["district_name_zh"], release["district_name_en"]
    label = "（含模拟数据）", " (with simulated data)"
    note_zh, note_en = label if is_simulated else ("", "")
    content: dict[str, Any] = {
        "cff-version": CFF_VERSION,
        "message": "引用数据时请注明本版本。 / Please cite this release when you use its figures.",
        "type": "dataset",
        "title": f"{zh or ''}统计数据{note_zh} / Statistics of {en or 'the district'}{note_en}",
        "authors": [{"name": _both(zh, en) or "district statistics bureau", "country": "CN"}],
        "version": release["release_id"],
        "date-released": date.fromisoformat(release["release_day"]),
    }
    if licence in _SPDX:
        content["license"] = licence
    elif licence:
        content["abstract"] = f"使用条件 / Terms: {licence}"
    references = [_reference(source) for source in sources]
    if references:
        content["references"] = references
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=1000)


def _reference(source: Mapping[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "type": "report",
        "title": _both(source["title_zh"], source["title_en"]) or source["source_document"],
        "authors": [{"name": source["issuer"] or "未注明 / not stated"}],
        "abbreviation": source["source_document"],
    }
    published = source["published"] or ""
    if _DAY.fullmatch(published):
        with suppress(ValueError):
            entry["date-published"] = date.fromisoformat(published)
    if _YEAR.match(published):
        entry["year"] = int(published[:4])
    if _URL.fullmatch(source["address"] or ""):
        entry["url"] = source["address"]
    return entry


def _both(zh: str | None, en: str | None) -> str:
    return " / ".join(filter(None, (zh, en)))
