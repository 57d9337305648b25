"""How to cite the release: ``CITATION.cff``.

Belongs here: the file, and that it names this release. Does not belong here: the format
(``publish.citation``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestration.publish.citation import render_citation
from orchestration.publish.clock import released
from orchestration.publish.layout import CITATION_FILE
from orchestration.publish.product import Files, Problem, Product
from orchestration.publish.rules import WORDS_DIFFER, incomplete

if TYPE_CHECKING:
    from orchestration.publish.edition import Edition
    from orchestration.publish.package import Package


def sources_of(edition: Edition) -> list[dict[str, Any]]:
    """The documents that figures of the release come from."""
    return edition.keep("sources", lambda: _sources(edition))


def _sources(edition: Edition) -> list[dict[str, Any]]:
    names = ("source_document", "title_zh", "title_en", "issuer", "published", "licence", "address")
    rows = edition.con.execute(
        f"select {', '.join(names)} from {edition.catalog}.core.source_document "
        "order by source_document"
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def _inputs(edition: Edition) -> Mapping[str, Any]:
    release = [edition.release_id, edition.release_time.isoformat(), edition.licence]
    simulated = edition.report["is_simulated"]
    return {CITATION_FILE: [release, edition.head["district"], simulated, sources_of(edition)]}


def _build(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    text = render_citation(
        edition.report["release"],
        sources_of(edition),
        is_simulated=edition.report["is_simulated"],
        licence=edition.licence,
    )
    (edition.directory / CITATION_FILE).write_text(text, encoding="utf-8", newline="\n")
    return {CITATION_FILE: {CITATION_FILE: None}}


def _check(package: Package) -> Iterator[Problem]:
    """It cites this release, and the day on which it was released."""
    import yaml

    file = package.path / CITATION_FILE
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    try:
        content = yaml.safe_load(text)
        version, day = content["version"], content["date-released"]
    except (yaml.YAMLError, KeyError, TypeError):
        version, day = None, None
    if str(version) != package.release_id:
        yield incomplete(
            CITATION_FILE,
            f"版本为 {version}，应为 {package.release_id}",
            f"cites version {version}, not {package.release_id}",
        )
    moment = released(package.con, "mart")
    if version and moment and day != moment.day:
        yield Problem(
            WORDS_DIFFER,
            CITATION_FILE,
            f"发布日期为 {day}，应为 {moment.day}",
            f"cites the day {day}, not {moment.day}",
        )


CITATION = Product("citation", _inputs, _build, _check)
