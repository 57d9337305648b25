"""The pages of a release.

Belongs here: what is a part of the site and from what it follows. Does not belong here: writing
pages (``site.pages``) and reading them again (``site.check``).

Pages bear no release's id: it stands in ``data/release.js`` alone, so a page is linked as long as
what it shows stays the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.publish.clock import zone_words
from orchestration.publish.finding_words import (
    check_findings,
    check_quality_page,
    check_report,
)
from orchestration.publish.layout import REPORT_HTML
from orchestration.publish.product import EVERYTHING, Files, Problem, Product
from orchestration.publish.report import has_simulated_rows, open_findings
from orchestration.publish.rules import (
    SITE_FIGURE_DIFFERS,
    SITE_INCOMPLETE,
    WORDS_DIFFER,
    unlabelled,
)
from orchestration.publish.signal_words import check_signals, check_signals_page
from orchestration.publish.site import model
from orchestration.publish.site.check import MOST_FAULTS, check_site
from orchestration.publish.site.markup import STAMP, compact_json, read_script, stated
from orchestration.publish.site.pages import ASSETS, SITE, SiteWriter, script_with_bounds
from orchestration.publish.site.search_words import check_found

if TYPE_CHECKING:
    from orchestration.publish.edition import Edition
    from orchestration.publish.package import Package

_ASSETS = Path(__file__).parents[1] / "site" / "assets"
# They show a little of everything; what they show is built anew, and shared where it is the same.
_FIXED = ("scorecard", "changes", "signals", "quality", "methods", "search")
_THEME, _CHART, _PAGE = "theme ", "chart ", "page "
_INDICATOR, _REGION, _NAMES, _LOOK, _SEARCH, _FRONT = (
    "indicator ", "region ", "names", "assets", "search", "front",
)  # fmt: skip
_COMPARE, _SINGLE = "compare", "figures "
_FOUND = "found"
_SHARED_SCRIPTS = ("names", "search", "found", "compare", "chunks")
_CHUNKS = ("indicator/", "single/")
"""Data scripts that the page of comparisons loads when it needs them."""


# --- pages that show much ------------------------------------------------------------------------


def _page_inputs(edition: Edition) -> Mapping[str, Any]:
    site = SiteWriter.of(edition)
    previous = edition.previous.resolve().name if edition.previous else ""
    hashes = {name: found.row_hash for name, found in edition.prints.items()}
    everything = [hashes, edition.report, previous, site.shared_inputs()]
    return {
        **{f"{_PAGE}{name}": everything for name in _FIXED},
        **{
            f"{_THEME}{theme}": site.theme_inputs(theme)
            for theme in [*site.themes, *model.OWN_THEMES]
        },
        **{f"{_CHART}{chart.id}": [edition.words_digest, repr(chart)] for chart in site.chosen},
    }


def _build_pages(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    site = SiteWriter.of(edition)
    stale = set(parts)
    built: dict[str, Files] = {
        f"{_PAGE}{name}": {site.fixed_page(name): None}
        for name in _FIXED
        if f"{_PAGE}{name}" in stale
    }
    for theme in [*site.themes, *model.OWN_THEMES]:
        if f"{_THEME}{theme}" in stale:
            built[f"{_THEME}{theme}"] = {site.theme_page(theme): None}
    for drawn in site.draw([c for c in site.chosen if f"{_CHART}{c.id}" in stale]):
        built[f"{_CHART}{drawn.chart.id}"] = {
            site.put(f"charts/{drawn.chart.id}.zh.svg", drawn.zh): None,
            site.put(f"charts/{drawn.chart.id}.en.svg", drawn.en): None,
        }
    return built


# --- the index of the search ---------------------------------------------------------------------


def _search_inputs(edition: Edition) -> Mapping[str, Any]:
    site = SiteWriter.of(edition)
    themes = [row["theme"] for row in site.site.indicators]
    return {
        _SEARCH: [site.search_entries(), site.called, themes, site.themes_named()],
        _FOUND: [site.district, repr(site.found), site.shared_names()],
    }


def _build_search(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    site = SiteWriter.of(edition)
    made = {_SEARCH: ("search", site.search), _FOUND: ("found", site.found_figures)}
    return {
        part: {site.script(name, *content()): None}
        for part, (name, content) in made.items()
        if part in parts
    }


# --- a page for each indicator and region --------------------------------------------------------


def _figure_inputs(edition: Edition) -> Mapping[str, Any]:
    site = SiteWriter.of(edition)
    return {
        _LOOK: "",
        _NAMES: site.shared_names(),
        _COMPARE: [site.shared_inputs(), site.compare_index()],
        **{f"{_SINGLE}{name}": own for name, own in site.single_inputs().items()},
        **{f"{_INDICATOR}{code}": own for code, own in site.indicator_inputs().items()},
        **{f"{_REGION}{code}": own for code, own in site.region_inputs().items()},
    }


def _build_figures(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    site = SiteWriter.of(edition)
    stale = set(parts)
    built: dict[str, Files] = {}
    if _LOOK in stale:
        built[_LOOK] = {
            site.put(f"assets/{name}", script_with_bounds(_ASSETS / name)): None for name in ASSETS
        }
    if _NAMES in stale:
        built[_NAMES] = {site.script("names", *site.shared_names()): None}
    if _COMPARE in stale:
        built[_COMPARE] = dict.fromkeys(site.compare_page())
    singles = [name for name in site.singles() if f"{_SINGLE}{name}" in stale]
    for name, script in site.single_scripts(singles):
        built[f"{_SINGLE}{name}"] = {script: None}
    codes = [code for code in site.names if f"{_INDICATOR}{code}" in stale]
    for code, page, data in site.indicator_pages(codes):
        built[f"{_INDICATOR}{code}"] = {page: None, data: None}
    regions = [code for code in site.site.regions if f"{_REGION}{code}" in stale]
    for code, page in site.region_pages(regions):
        built[f"{_REGION}{code}"] = {page: None}
    return built


# --- what is known when all else is there --------------------------------------------------------


def _front_inputs(edition: Edition) -> Mapping[str, Any]:
    """It bears the id of its release, and so is of every release anew."""
    release = [edition.release_id, edition.release_time.isoformat(), edition.head]
    return {_FRONT: [release, {path: fact.sha256 for path, fact in edition.files.items()}]}


def _build_front(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    """Front page and list of files; and the script that says which release and pages these are."""
    site = SiteWriter.of(edition)
    own = [site.fixed_page(name) for name in ("index", "downloads")]
    pages = [path for path in (*edition.files, *own) if path.endswith(".html")]
    stamps = {
        path.removeprefix(f"{SITE}/"): _stamp(edition.directory / path)
        for path in sorted(pages)
        if path.startswith(f"{SITE}/")
    }
    chunks = site.script("chunks", *_chunks(edition))
    scripts = {
        name: read_script((site.root / "data" / f"{name}.js").read_text(encoding="utf-8"))
        for name in _SHARED_SCRIPTS
    }
    facts = {
        "release": edition.release_id,
        "time": f"{site.site.release['release_time_local']:%Y-%m-%d %H:%M}",
        "zone": site.site.release["time_zone"],
        "clock": zone_words(site.site.release["time_zone"]),
        "statement": open_findings(edition.report["findings_open"]),
        **site.release_facts(),
        "scripts": {name: found[1:3] for name, found in scripts.items() if found},
        "pages": stamps,
    }
    facts_file = site.script("release", compact_json(facts), len(stamps))
    return {_FRONT: {path: None for path in (*own, chunks, facts_file)}}


def _chunks(edition: Edition) -> tuple[str, int]:
    """Number of entries and checksum of each data script that a page loads later, and how many."""
    start = f"{SITE}/data/"
    found = {}
    for path in sorted(edition.files):
        name = path.removeprefix(start).removesuffix(".js")
        if path.startswith(start) and name.startswith(_CHUNKS):
            with (edition.directory / path).open(encoding="utf-8") as file:
                found[name] = stated(file.read(2000))
    return compact_json(found), len(found)


def _stamp(page: Path) -> str:
    with page.open(encoding="utf-8") as file:
        found = STAMP.search(file.read(2000))
    return found[1] if found else ""


def _check(package: Package) -> Iterator[Problem]:
    """The pages are complete, of this release, and show the figures of the database."""
    for fault in check_site(
        package.con, "mart", package.tables, package.path, package.version, package.is_carried
    ):
        rule = SITE_INCOMPLETE
        if fault.is_figure or fault.is_word:
            rule = SITE_FIGURE_DIFFERS if fault.is_figure else WORDS_DIFFER
        yield Problem(rule, fault.file, fault.zh, fault.en)
    yield from _search(package)
    yield from _findings(package)
    yield from _signals(package)
    page = f"{SITE}/index.html"
    file = package.path / page
    if (
        file.is_file()
        and 'class="simbar"' not in file.read_text(encoding="utf-8", errors="replace")
        and has_simulated_rows(package.con, "mart", package.tables)
    ):
        yield unlabelled(page)


def _search(package: Package) -> Iterator[Problem]:
    """The figures beside results of the search are those in force."""
    page = f"{SITE}/data/{_FOUND}.js"
    file = package.path / page
    if file.is_file() and not package.is_carried(page):
        text = file.read_text(encoding="utf-8", errors="replace")
        for wrong in islice(check_found(package.con, text), MOST_FAULTS):
            yield Problem(SITE_FIGURE_DIFFERS, page, wrong.zh, wrong.en)


def _findings(package: Package) -> Iterator[Problem]:
    """What findings say follows from their figures, and pages say what the findings say."""
    if "quality.finding" not in {table.qualified for table in package.tables}:
        return
    for wrong in check_findings(package.con, "mart"):
        yield Problem(WORDS_DIFFER, "quality.finding", wrong.zh, wrong.en)
    for page, check in ((f"{SITE}/quality.html", check_quality_page), (REPORT_HTML, check_report)):
        file = package.path / page
        if file.is_file() and not package.is_carried(page):
            text = file.read_text(encoding="utf-8", errors="replace")
            for wrong in check(package.con, "mart", text):
                yield Problem(WORDS_DIFFER, page, wrong.zh, wrong.en)


def _signals(package: Package) -> Iterator[Problem]:
    """What signals say follows from their figures, and the page says what the signals say."""
    if "core.signal" not in {table.qualified for table in package.tables}:
        return
    for wrong in check_signals(package.con, "mart"):
        yield Problem(WORDS_DIFFER, "core.signal", wrong.zh, wrong.en)
    page = f"{SITE}/signals.html"
    file = package.path / page
    if file.is_file() and not package.is_carried(page):
        text = file.read_text(encoding="utf-8", errors="replace")
        for wrong in check_signals_page(package.con, "mart", text):
            yield Problem(WORDS_DIFFER, page, wrong.zh, wrong.en)


PAGES = Product("pages", _page_inputs, _build_pages, lane="printed")
SEARCH = Product("search", _search_inputs, _build_search)
FIGURES = Product("figures", _figure_inputs, _build_figures)
FRONT = Product("site", _front_inputs, _build_front, _check, after=(EVERYTHING,))
