"""The yearbook, the monthly report and the briefs.

Belongs here: what each is made from, and reading them again. Does not belong here: choosing,
wording and laying out figures (``paper``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from orchestration.publish.issued import issued_in_another
from orchestration.publish.layout import MONTHLY_FILE, YEARBOOK_FILE, brief_path
from orchestration.publish.paper.brief import DISTRICT, LANGUAGES, read_beside, write_briefs
from orchestration.publish.paper.cells import check_yearbook
from orchestration.publish.paper.check import Difference, check_briefs
from orchestration.publish.paper.figures import (
    Figure,
    can_be_printed,
    figures_query,
    read_figures,
)
from orchestration.publish.paper.monthly import (
    city_of,
    derived_query,
    month_of,
    write_monthly,
)
from orchestration.publish.paper.months import check_monthly
from orchestration.publish.paper.words import check_words
from orchestration.publish.paper.yearbook import write_yearbook
from orchestration.publish.printed import Word, Words
from orchestration.publish.product import Files, Problem, Product
from orchestration.publish.prose.known import Known, read_known
from orchestration.publish.prose.tell import plain, told
from orchestration.publish.rowhash import digests
from orchestration.publish.rules import (
    CONTRACT_BROKEN,
    PAPER_UNREADABLE,
    PRINTED_FIGURE_DIFFERS,
    UNLABELLED_SIMULATED,
    UNSAFE_CELL,
    WORDS_DIFFER,
)

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from orchestration.publish.edition import Edition
    from orchestration.publish.package import Package
    from orchestration.publish.tables import Table

    _Sources = tuple[
        DuckDBPyConnection, str, Sequence[Table], Words, dict[str, Any], Path, list[Figure]
    ]

_YEARBOOK = "yearbook"
_MONTHLY = "monthly"
# What papers of earlier releases say, and how, was held to other rules: their bytes are compared.
_READ_SINCE = 8
_RULES = {
    "figure": PRINTED_FIGURE_DIFFERS,
    "mixed": PRINTED_FIGURE_DIFFERS,
    "small": PAPER_UNREADABLE,
    "active": UNSAFE_CELL,
    "revised": WORDS_DIFFER,
    "unlabelled": UNLABELLED_SIMULATED,
    "unreadable": CONTRACT_BROKEN,
}


def headline_figures(edition: Edition) -> list[Figure]:
    """All headline figures of an edition, read once in a process."""
    return edition.keep("figures", lambda: read_figures(edition.con, edition.catalog))


def _shared(edition: Edition) -> list[Any]:
    """What every paper follows from besides its figures."""
    documents = f"from {edition.catalog}.core.source_document"
    columns = "source_document, title_zh, title_en, issuer, published"
    return edition.keep(
        "papers from",
        lambda: [
            edition.words_digest,
            edition.head,
            digests(edition.con, f"select {columns} {documents}"),
        ],
    )


def _sources(edition: Edition) -> _Sources:
    """What every paper is written from, and where to."""
    return (
        edition.con, edition.catalog, edition.marts, edition.words, edition.report,
        edition.directory, headline_figures(edition),
    )  # fmt: skip


def _is_of_now(package: Package) -> bool:
    """Whether papers say what this code has them say; a candidate cannot claim to be old."""
    return package.version >= _READ_SINCE or package.has_work


def _digests(edition: Edition, where: str) -> dict[str, str]:
    """The headline figures by theme, as digests."""
    query = f"select * from ({figures_query(edition.catalog)}) where {where}"
    return digests(edition.con, query, "theme")


# --- the yearbook --------------------------------------------------------------------------------


def _yearbook_inputs(edition: Edition) -> Mapping[str, Any]:
    if not can_be_printed(edition.marts):
        return {}
    titles = [[t.qualified, t.title_zh, t.title_en] for t in edition.marts]
    return {_YEARBOOK: [_digests(edition, "true"), titles, _shared(edition)]}


def _build_yearbook(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    return {_YEARBOOK: write_yearbook(*_sources(edition))}


def _check_yearbook(package: Package) -> Iterator[Problem]:
    """Every figure of the yearbook is the one in the database."""
    if (package.path / YEARBOOK_FILE).is_file() and can_be_printed(package.tables):
        yield from issued_in_another(package, YEARBOOK_FILE)
        if _is_of_now(package) and not package.is_carried(YEARBOOK_FILE):
            yield from _problems(
                check_yearbook(package.con, "mart", package.path, _published(package))
            )


# --- the monthly report ---------------------------------------------------------------------------


def _monthly_inputs(edition: Edition) -> Mapping[str, Any]:
    if not can_be_printed(edition.marts):
        return {}
    district = str(edition.head["district_code"])
    month = month_of(headline_figures(edition), district)
    if month is None:
        return {}
    has_derived = any(table.qualified == "core.derived" for table in edition.marts)
    derived = digests(edition.con, derived_query(edition.catalog)) if has_derived else {}
    city = city_of(edition.con, edition.catalog, edition.marts, district)
    return {_MONTHLY: [month, _digests(edition, "true"), _shared(edition), derived, city]}


def _build_monthly(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    return {_MONTHLY: write_monthly(*_sources(edition))}


def _check_monthly(package: Package) -> Iterator[Problem]:
    """Every figure of the monthly report is the one in the database, or follows from some."""
    if (package.path / MONTHLY_FILE).is_file() and can_be_printed(package.tables):
        yield from issued_in_another(package, MONTHLY_FILE)
        if not package.is_carried(MONTHLY_FILE):
            own = _published(package)
            yield from _problems(
                check_monthly(package.con, "mart", package.path, own, package.tables)
            )


# --- briefs --------------------------------------------------------------------------------------


def _brief_inputs(edition: Edition) -> Mapping[str, Any]:
    if not can_be_printed(edition.marts):
        return {}
    district = str(edition.head["district_code"])
    quoted = district.replace("'", "''")
    own = _digests(edition, f"region_code = '{quoted}'")
    scorecard, ranked, structures, _ = read_beside(
        edition.con, edition.catalog, edition.marts, district
    )
    shared = [_shared(edition), scorecard, ranked]
    day = date.fromisoformat(edition.report["release"]["release_day"])
    known = read_known(
        edition.con, edition.catalog, edition.marts, edition.words, headline_figures(edition), day
    )
    stated: dict[str, Any] = {DISTRICT: [shared, own, _said(known, None)]} if own else {}
    for theme in own:
        parts = [asdict(item) for item in structures if item.table.startswith(f"{theme}.")]
        if theme:
            stated[theme] = [shared, own[theme], parts, _said(known, theme)]
    return stated


def _said(known: Known, theme: str | None) -> list[Any]:
    """What is said of a theme: it follows from other regions' figures and from the day too."""
    return [[one.kind, one.of, plain(one.zh), plain(one.en)] for one in told(known, theme=theme)]


def _build_briefs(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    written = write_briefs(*_sources(edition), set(parts))
    # A theme of which nothing can be said in a sentence has no brief.
    return {
        part: {
            path: None
            for path in written
            if path in [brief_path(part, language) for language in LANGUAGES]
        }
        for part in parts
    }


def _check_briefs(package: Package) -> Iterator[Problem]:
    """Every figure of a brief is the one in the database."""
    files = sorted(file for file in (package.path / "brief").glob("*.docx") if file.is_file())
    if not files or not can_be_printed(package.tables):
        return
    names = [file.relative_to(package.path).as_posix() for file in files]
    for name in names:
        yield from issued_in_another(package, name)
    new = [name for name in names if not package.is_carried(name)]
    if new:
        yield from _problems(check_briefs(package.path, new, *_sayable(package)))
    if new and _is_of_now(package):
        for wrong in check_words(package.con, "mart", package.path, new):
            yield Problem(WORDS_DIFFER, wrong.file, wrong.zh, wrong.en)


# --- both ----------------------------------------------------------------------------------------


def _published(package: Package) -> list[Figure]:
    return package.keep("figures", lambda: read_figures(package.con, "mart"))


def _sayable(package: Package) -> tuple[list[Figure], Words]:
    """What a brief may print: headlines, what open findings speak of, and the names of units."""
    figures = _published(package)
    known = read_known(package.con, "mart", package.tables, {}, figures, date.min)
    has_units = any(table.qualified == "meta.unit" for table in package.tables)
    units = {
        unit: Word(zh or unit, en or unit, 0)
        for unit, zh, en in (
            package.con.execute("select unit, name_zh, name_en from mart.meta.unit").fetchall()
            if has_units
            else []
        )
    }
    return [*figures, *known.others.values()], {"unit": units}


def _problems(differences: Iterator[Difference]) -> Iterator[Problem]:
    for found in differences:
        yield Problem(_RULES[found.kind], found.file, found.zh, found.en)


YEARBOOK = Product("yearbook", _yearbook_inputs, _build_yearbook, _check_yearbook, lane="figures")
MONTHLY = Product("monthly", _monthly_inputs, _build_monthly, _check_monthly, lane="figures")
BRIEFS = Product("briefs", _brief_inputs, _build_briefs, _check_briefs, lane="figures")
