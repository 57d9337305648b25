"""When what is due and was released, and what was said otherwise before.

Belongs here: what the two pages, the calendar and the feed are made from, and that they are read
again. Does not belong here: what they hold (``site.calendar``, ``site.register``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestration.publish.product import Files, Problem, Product
from orchestration.publish.rules import SITE_INCOMPLETE, WORDS_DIFFER
from orchestration.publish.site.calendar import FEED, ICS
from orchestration.publish.site.pages import SITE, SiteWriter
from orchestration.publish.site.register_words import (
    check_calendar,
    check_corrections,
    check_feed,
    check_ics,
)

if TYPE_CHECKING:
    from orchestration.publish.edition import Edition
    from orchestration.publish.package import Package

_SINCE = 7
"""The version of the first manifest with it."""
_CALENDAR, _CORRECTIONS = "calendar", "page corrections"


def _inputs(edition: Edition) -> Mapping[str, Any]:
    site = SiteWriter.of(edition)
    day = site.site.release["release_day"]
    return {
        # It tells of this very release.
        _CALENDAR: [edition.release_id, edition.release_time.isoformat()],
        _CORRECTIONS: [
            site.shared_inputs(),
            site.lookups(),
            [edition.row_hash(f"core.{name}") for name in ("observation", "correction")],
            day,
        ],
    }


def _build(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    site = SiteWriter.of(edition)
    built: dict[str, Files] = {}
    if _CALENDAR in parts:
        built[_CALENDAR] = dict.fromkeys(site.calendar())
    if _CORRECTIONS in parts:
        built[_CORRECTIONS] = {site.corrections_page(): None}
    return built


_CHECKS = {
    "calendar.html": check_calendar,
    ICS: check_ics,
    FEED: check_feed,
    "corrections.html": check_corrections,
}


def _check(package: Package) -> Iterator[Problem]:
    """Each says what the ledger, the history of versions and the release itself say."""
    if package.version < _SINCE and not package.has_work:
        return
    for name, check in _CHECKS.items():
        path = f"{SITE}/{name}"
        file = package.path / path
        if not file.is_file():
            yield Problem(SITE_INCOMPLETE, path, "文件不存在", "the file is not there")
        elif not package.is_carried(path):
            text = file.read_bytes().decode("utf-8", "replace")
            for wrong in check(package.con, "mart", package.tables, text):
                yield Problem(WORDS_DIFFER, path, wrong.zh, wrong.en)


CALENDAR = Product("calendar", _inputs, _build, _check)
