"""Reads the site of a release again: every page, every link, and figures against the mart.

Belongs here: what can be told from the written files and the database alone. Does not belong
here: which rule a fault breaks and what follows (``verify``).
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from orchestration.publish import engine
from orchestration.publish.clock import Released, released, zone_words
from orchestration.publish.durable import files_below
from orchestration.publish.site import compare, links, model
from orchestration.publish.site.markup import STAMP, checksum, file_name, read_script, stamp_of
from orchestration.publish.site.pages import SITE, SQL_ASSETS, SQL_PAGE, expected_pages
from orchestration.publish.site.words import check_pages
from orchestration.publish.tables import Table, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_FAULTS = 20
"""Faults of each kind that are told; a site that lost its folder would tell thousands."""

_LINK = re.compile(r'\s(?:href|src|action)="([^"]*)"')
_ID = re.compile(r'\sid="([^"]+)"')
_META = re.compile(
    r'<meta name="qt-data" content="([^"]+)"(?: data-count="(\d+)" data-crc="(\w+)")?>'
)
_CARD = re.compile(
    r'<li class="card" data-indicator="([^"]+)">(?:(?!</li>).)*?<span class="n" data-v="([^"]+)"',
    re.DOTALL,
)
_LINK_OF_ENTRY = 7
"""Where an entry of the search has its link."""
_OF_EVERY_PAGE = ("qt.css", "qt.js")
"""Other assets are there where a page asks for them, as links are."""
_COMPARISONS = f"{SITE}/compare.html"
_RELEASE_SCRIPT = f"{SITE}/data/release.js"
# Until then every page and script bore the id of its release.
_STAMPED_SINCE = 3
# Since then pages name the figures that they follow from.
_SAYS_SINCE = 4
# Since then there are pages to compare, of the calendar and of corrections.
_COMPARES_SINCE = 7
_RELEASE = re.compile(r'<meta name="qt-release" content="([^"]*)">')


@dataclass(frozen=True)
class Fault:
    """Something wrong with the site.

    Attributes:
        is_figure: A figure is not that of the mart.
        is_word: A word is not what the figures say.
    """

    file: str
    zh: str
    en: str
    is_figure: bool = False
    is_word: bool = False


def check_site(
    con: DuckDBPyConnection,
    catalog: str,
    tables: Sequence[Table],
    path: Path,
    version: int,
    is_carried: Callable[[str], bool] = lambda path: False,
) -> Iterator[Fault]:
    """Compare the site in a release's folder with the attached database of the release.

    Pages that were linked are read too: whether a page links to one that is gone, and whether all
    belong to one release, only the whole site can tell. Their words were read when they were new.

    Args:
        con: A connection that has the release attached.
        catalog: Under which name.
        tables: Its tables.
        path: Its folder.
        version: That of its manifest.
        is_carried: Whether a file was linked from an earlier release.
    """
    reader = model.Reader(con, catalog, tables)
    found = con.execute(f"select release_id from {quote(catalog)}.meta.release").fetchone()
    kind = _Written if version >= _STAMPED_SINCE else _WrittenBefore
    site = kind(path, str(found[0]) if found else "", compares=version >= _COMPARES_SINCE)
    expected = _expected(con, tables, path)
    if not site.compares:
        expected -= {"compare.html", "calendar.html", "corrections.html"}
    yield from _first(site.pages_missing(expected))
    yield from _first(site.of_another_release())
    yield from _first(site.links())
    yield from _first(site.links_found())
    yield from _first(site.data())
    yield from _first(_cards(site, reader, catalog))
    yield from _first(_counts(site, con))
    if version >= _SAYS_SINCE:
        yield from _first(_words(site, con, catalog, tables, is_carried))
        yield from site.moment(released(con, catalog))
        yield from _first(_scripts(site, con, is_carried))


def _words(
    site: _Written,
    con: DuckDBPyConnection,
    catalog: str,
    tables: Sequence[Table],
    is_carried: Callable[[str], bool],
) -> Iterator[Fault]:
    """Numbers and words of every page, and what charts draw, concluded anew."""
    start = f"{SITE}/"
    pages = {
        name.removeprefix(start): text for name, text in site.pages.items() if not is_carried(name)
    }
    for name, wrong in check_pages(con, catalog, tables, pages):
        yield Fault(f"{start}{name}", wrong.zh, wrong.en, is_word=True)


def _scripts(
    site: _Written, con: DuckDBPyConnection, is_carried: Callable[[str], bool]
) -> Iterator[Fault]:
    """The figures that a page's script draws are the figures in force, one by one."""
    lines: list[tuple[str, ...]] = []
    derived: list[tuple[str, ...]] = []
    files: dict[str, str] = {}
    for code, theme, count in con.execute(_OF_SCRIPTS).fetchall():
        name = compare.chunk(code, theme, count)
        files[code] = f"{SITE}/data/{name}.js"
        if name and files[code] in site.files:
            if is_carried(files[code]):
                continue
            own, more = site.figures(name, code)
            lines += [(code, *line) for line in own]
            derived += [(code, *line) for line in more]
        if name and site.compares and not site.has_figures(name, code):
            yield Fault(
                files[code],
                f"没有 {code} 的数字",
                f"has no figures of {code}",
                is_figure=True,
            )
    yield from _not_in_force(con, lines, files)
    if site.compares:
        yield from _not_derived(con, {line[0] for line in lines}, derived, files)


def _leads_nowhere(file: str, link: str) -> Fault:
    return Fault(file, f"链接无目标：{link}", f"a link leads nowhere: {link}")


def _first(faults: Iterator[Fault]) -> Iterator[Fault]:
    for number, fault in enumerate(faults):
        if number == MOST_FAULTS:
            return
        yield fault


def _expected(con: DuckDBPyConnection, tables: Sequence[Table], path: Path) -> set[str]:
    indicators = [code for code, count in _figure_counts(con) if links.has_page(count)]
    regions = [row[0] for row in con.execute("select region_code from qt_region").fetchall()]
    named = con.execute(
        "select distinct theme from qt_indicator where theme is not null and theme <> ''"
    ).fetchall()
    themes = {row[0] for row in named} - set(model.OWN_THEMES)
    expected = expected_pages(sorted(themes), indicators, regions)
    if not any(table.qualified == "core.signal" for table in tables):
        expected -= {"signals.html"}  # a release of before there were signals
    if (path / SITE / "engine" / engine.FACTS).is_file():
        expected |= {SQL_PAGE, *(f"assets/{name}" for name in SQL_ASSETS)}
    return expected


class _Written:
    """The files of a site, each read once."""

    def __init__(self, path: Path, release_id: str, *, compares: bool) -> None:
        """Read the pages.

        Args:
            path: The release.
            release_id: What it is called.
            compares: Whether it must have a page of comparisons, and scripts for it.
        """
        self.path, self.release_id, self.compares = path, release_id, compares
        self.files = set(files_below(path))
        self.pages = {
            # As the bytes are: a line end that is read otherwise is another page.
            name: (path / name).read_bytes().decode("utf-8", "replace")
            for name in sorted(self.files)
            if name.startswith(f"{SITE}/") and name.endswith(".html")
        }
        self.ids: dict[str, set[str]] = {}
        self.scripts: dict[str, list[Any] | None] = {}
        self.payloads: dict[str, dict[str, str]] = {}

    def pages_missing(self, expected: set[str]) -> Iterator[Fault]:
        """Pages and assets that must be there."""
        assets = {f"assets/{name}" for name in _OF_EVERY_PAGE}
        for name in sorted({f"{SITE}/{name}" for name in expected | assets} - self.files):
            yield Fault(name, "网页不存在", "the page is not there")

    def of_another_release(self) -> Iterator[Fault]:
        """What ``data/release.js`` says is true of this release and of every page of it."""
        facts = self.facts
        if facts.get("release") != self.release_id:
            yield Fault(_RELEASE_SCRIPT, "属于另一版本", "it is of another release")
            return
        listed = facts.get("pages", {})
        pages = {name.removeprefix(f"{SITE}/"): text for name, text in self.pages.items()}
        for name in sorted(set(listed) | set(pages)):
            text = pages.get(name, "")
            found = STAMP.search(text)
            if found is None or found[1] != listed.get(name) or found[1] != stamp_of(text):
                yield Fault(f"{SITE}/{name}", "网页属于另一版本", "the page is of another release")

    def moment(self, expected: Released | None) -> Iterator[Fault]:
        """Pages tell the time of the release where the district is."""
        if expected is None or not expected.zone:
            return
        clock = list(zone_words(expected.zone))
        told = (self.facts.get("time"), self.facts.get("zone"))
        # Pages of a release from before say the name of the zone.
        said = self.facts.get("clock", clock)
        if told != (f"{expected.local:%Y-%m-%d %H:%M}", expected.zone) or said != clock:
            words = said if isinstance(said, list) else [said]
            there = f"{told[0]} {told[1]} ({' / '.join(map(str, words))})"
            wanted = f"{expected.local} {expected.zone} ({' / '.join(clock)})"
            yield Fault(
                _RELEASE_SCRIPT,
                f"发布时间写作 {there}，应为 {wanted}",
                f"says {there}, not {wanted}",
                is_word=True,
            )

    def links(self) -> Iterator[Fault]:
        """Every link leads to a file of the release and to a place in it; none leads out."""
        known: set[tuple[str, str]] = set()
        for name, text in self.pages.items():
            folder = posixpath.dirname(name)
            for link in set(_LINK.findall(text)):
                if (folder, link) in known:
                    continue
                target, _, fragment = link.partition("#")
                path = posixpath.normpath(posixpath.join(folder, unquote(target)))
                path = path if target else name
                if re.match(r"[a-z][a-z0-9+.-]*:|//", target, re.IGNORECASE):
                    yield Fault(name, f"链接指向外部：{link}", f"a link leads out: {link}")
                elif path not in self.files or (fragment and not self._has(path, fragment)):
                    yield _leads_nowhere(name, link)
                elif target:
                    known.add((folder, link))

    def links_found(self) -> Iterator[Fault]:
        """What the search finds is there: a script makes these links, and no page has them."""
        arguments = self._arguments("search")
        for entry in json.loads(arguments[3])["entries"] if arguments else ():
            target, _, fragment = str(entry[_LINK_OF_ENTRY]).partition("#")
            path = f"{SITE}/{unquote(target)}"
            if path not in self.files or (fragment and not self._has(path, fragment)):
                yield _leads_nowhere(f"{SITE}/data/search.js", entry[_LINK_OF_ENTRY])

    @cached_property
    def compared(self) -> set[str]:
        """The indicators that the page of comparisons knows."""
        arguments = self._arguments("compare")
        content = json.loads(arguments[3]) if arguments else {"indicators": []}
        return {entry[0] for entry in content["indicators"]}

    def _has(self, page: str, fragment: str) -> bool:
        """Whether a page has a place; or, of comparisons, whether there is what it shall show."""
        if page == _COMPARISONS and fragment.startswith("i="):
            return unquote(fragment.removeprefix("i=")) in self.compared
        if page not in self.ids:
            self.ids[page] = set(_ID.findall(self.pages.get(page, "")))
        return fragment in self.ids[page]

    def data(self) -> Iterator[Fault]:
        """Data scripts are whole, and what their pages or the release expect."""
        for name, text in self.pages.items():
            for data, count, crc in _META.findall(text):
                expected = [int(count), crc] if crc else self.facts.get("scripts", {}).get(data)
                if expected is None or self.script(data) != expected:
                    yield Fault(
                        f"{SITE}/data/{data}.js",
                        f"数据文件与网页 {name} 不符",
                        f"the data file is not what {name} expects",
                    )

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What ``data/release.js`` says; nothing where it is missing or damaged."""
        arguments = self._arguments("release")
        content = json.loads(arguments[3]) if arguments else {}
        return content if isinstance(content, dict) else {}

    def script(self, name: str) -> list[Any] | None:
        """Count and true checksum of a data script; nothing for a broken one."""
        if name not in self.scripts:
            arguments = self._arguments(name)
            self.scripts[name] = arguments[1:3] if arguments else None
        return self.scripts[name]

    def figures(self, name: str, code: str) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
        """What a script holds of an indicator: its figures, and what is derived of them.

        Figures are region, period, value, qualifier, status, conf, flags, unit and dimensions;
        what is derived follows region, period, unit and dimensions.
        """
        common, _, rest = self._text(name, code).partition("\n\n")
        own, _, more = rest.partition("\n\n")
        shared = common.split("\n")
        lines = []
        for line in own.split("\n") if own else ():
            *cells, number = line.split("\t")
            lines.append((*cells, *shared[int(number)].split("\t")))
        derived = []
        for line in more.split("\n") if more else ():
            number, *numbers = line.split("\t")
            of = lines[int(number)]
            derived.append(
                (*of[:2], *_filled(of[7:], _DIMENSIONS), *_filled(numbers, len(_DERIVED)))
            )
        return lines, derived

    def has_figures(self, name: str, code: str) -> bool:
        """Whether a script holds anything of an indicator."""
        return self._text(name, code) != ""

    def _text(self, name: str, code: str) -> str:
        if name not in self.payloads:
            arguments = self._arguments(name)
            payload = arguments[3] if arguments else ""
            is_shared = name.startswith("single/")
            self.payloads[name] = json.loads(payload or "{}") if is_shared else {code: payload}
        return str(self.payloads[name].get(code, ""))

    def _arguments(self, name: str) -> list[Any] | None:
        """What a script says: its name, a count, a checksum, and what has that checksum."""
        arguments = self._written(name)
        if len(arguments) != 4:
            return None
        own, _, crc, payload = arguments
        return arguments if own == name and checksum(payload) == crc else None

    def _written(self, name: str) -> list[Any]:
        """The arguments of a script as they stand there; none of a missing or broken one."""
        file = f"{SITE}/data/{name}.js"
        if file not in self.files:
            return []
        text = (self.path / file).read_text(encoding="utf-8", errors="replace")
        return read_script(text) or []


class _WrittenBefore(_Written):
    """A site of a release whose pages and scripts bear its id, as they did before version 3."""

    def of_another_release(self) -> Iterator[Fault]:
        """Every page bears the id of its release."""
        for name, text in self.pages.items():
            found = _RELEASE.search(text)
            if found is None or found[1] != self.release_id:
                yield Fault(name, "网页属于另一版本", "the page is of another release")

    def _arguments(self, name: str) -> list[Any] | None:
        """Beside that, the id of its release."""
        arguments = self._written(name)
        if len(arguments) != 5:
            return None
        own, release, count, crc, payload = arguments
        is_own = own == name and release == self.release_id and checksum(payload) == crc
        return [own, count, crc, payload] if is_own else None


def _cards(site: _Written, reader: model.Reader, catalog: str) -> Iterator[Fault]:
    """The headline figures are those of the scorecard, else the district's figures in force."""
    page = f"{SITE}/index.html"
    shown = _CARD.findall(site.pages.get(page, ""))
    expected: dict[str, set[Decimal]] = {}
    rows = (
        reader.con.execute(
            "select indicator_code, value from qt_scorecard where value is not null"
        ).fetchall()
        or reader.con.execute(
            "select indicator_code, value from qt_observation where value is not null "
            "and known_to is null and coalesce(is_headline, true) "
            "and coalesce(conf_status, 'F') = 'F' "
            "and coalesce(figure_kind <> 'outturn', basis like 'target%', false) = false "
            "and coalesce(subject, '_T') = '_T' and coalesce(locality, '_T') = '_T' "
            f"and region_code = (select district_code from {quote(catalog)}.meta.release)"
        ).fetchall()
    )
    for code, value in rows:
        expected.setdefault(code, set()).add(value)
    if expected and not shown:
        yield Fault(page, "首页没有数字", "the front page has no figures", is_figure=True)
    for code, text in shown:
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if value not in expected.get(code, set()):
            yield Fault(
                page,
                f"{code} 为 {text}，与数据库不符",
                f"{code} is {text}, which is not the database's figure",
                is_figure=True,
            )


_OF_SCRIPTS = """
select i.indicator_code, i.theme, count(o.indicator_code)
from qt_indicator as i
left join qt_observation as o on i.indicator_code = o.indicator_code
    and o.known_to is null and coalesce(o.is_headline, true)
group by all
order by 1
"""
_DIMENSIONS = 8
_DERIVED = "growth change index_to_base rolling current_month reason".split()


def _filled(parts: Sequence[str], length: int) -> tuple[str, ...]:
    """Parts of a line with those that were left out at its end."""
    return (*parts, *[""] * (length - len(parts)))


_DRAWN = (
    "indicator_code region_code period value qualifier status conf flags unit period_kind scope "
    "basis breakdown figure_kind subject locality"
).split()
_DRAWN_BEFORE = len(_DRAWN) - 3
"""So many columns had scripts before figures had a kind, a subject and a locality."""
_NOT_IN_FORCE = """
with in_force as (
    select
        indicator_code, region_code, period,
        case when conf_status in ('C', 'N') then null else value end as value,
        coalesce(qualifier, 'exact') as qualifier, coalesce(obs_status, 'A') as status,
        coalesce(conf_status, 'F') as conf,
        if(is_simulated, 's', '') || if(is_period_inferred, 'i', '') as flags,
        coalesce(unit, '') as unit, coalesce(period_kind, '') as period_kind,
        coalesce(scope, '') as scope, coalesce(basis, '') as basis,
        coalesce(breakdown, '') as breakdown,
        coalesce(nullif(figure_kind, 'outturn'), '') as figure_kind,
        coalesce(nullif(subject, '_T'), '') as subject,
        coalesce(nullif(locality, '_T'), '') as locality
    from qt_observation
    where known_to is null and coalesce(is_headline, true)
        and indicator_code in (select indicator_code from qt_drawn)
),

drawn as (
    select
        indicator_code, region_code, period,
        try_cast(nullif(value, '') as decimal(30, 8)) as value,
        coalesce(nullif(qualifier, ''), 'exact') as qualifier,
        coalesce(nullif(status, ''), 'A') as status, coalesce(nullif(conf, ''), 'F') as conf,
        flags, unit, period_kind, scope, basis, breakdown, figure_kind, subject, locality
    from qt_drawn
)

select distinct indicator_code, region_code, period, coalesce(value::varchar, '')
from (from drawn except all from in_force)
union
select distinct indicator_code, region_code, period, coalesce(value::varchar, '')
from (from in_force except all from drawn)
order by all
limit 20
"""


def _not_in_force(
    con: DuckDBPyConnection, lines: Sequence[tuple[str, ...]], files: Mapping[str, str]
) -> Iterator[Fault]:
    """Figures that scripts draw and the database has not in force, or the other way round."""
    import polars as pl

    # A line of another shape is one that nobody could compare, so it is a fault and not left out.
    for line in lines:
        if len(line) not in (len(_DRAWN), _DRAWN_BEFORE):
            yield Fault(
                files[line[0]],
                f"每行应有 {len(_DRAWN)} 项，实有 {len(line)} 项",
                f"a line of {len(line)} parts where {len(_DRAWN)} are known",
                is_figure=True,
            )
            return
    drawn = pl.DataFrame(
        [(*line, *[""] * (len(_DRAWN) - len(line))) for line in lines],
        schema=dict.fromkeys(_DRAWN, pl.String),
        orient="row",
    ).with_columns(pl.col("flags").fill_null(""))
    con.register("qt_drawn", drawn)
    try:
        found = con.execute(_NOT_IN_FORCE).fetchall()
    finally:
        con.unregister("qt_drawn")
    for code, region, period, value in found:
        yield Fault(
            files[code],
            f"{region} {period} {value} 与现行数字不符",
            f"{region} {period} {value} is drawn and not in force, or in force and not drawn",
            is_figure=True,
        )


_NOT_DERIVED = """
with marts as (
    select
        o.indicator_code, o.region_code, o.period, coalesce(o.unit, '') as unit,
        coalesce(o.period_kind, '') as period_kind, coalesce(o.scope, '') as scope,
        coalesce(o.basis, '') as basis, coalesce(o.breakdown, '') as breakdown,
        coalesce(nullif(o.figure_kind, 'outturn'), '') as figure_kind,
        coalesce(nullif(o.subject, '_T'), '') as subject,
        coalesce(nullif(o.locality, '_T'), '') as locality,
        d.growth_as_published as growth, d.change_pct_on_published as change, d.index_to_base,
        d.rolling_twelve_months as rolling, d.current_computed as current_month,
        case
            when d.change_reason in ('no_year_before', 'rate') then ''
            else coalesce(d.change_reason, '')
        end as reason
    from qt_observation as o
    inner join qt_derived as d on o.observation_id = d.observation_id
    where o.known_to is null and coalesce(o.is_headline, true)
        and coalesce(o.conf_status, 'F') not in ('C', 'N')
        and o.indicator_code in (select code from qt_codes)
),

told as (
    from marts
    where coalesce(growth, change, index_to_base, rolling, current_month) is not null
        or reason <> ''
),

drawn as (
    select
        indicator_code, region_code, period, unit, period_kind, scope, basis, breakdown,
        figure_kind, subject, locality,
        try_cast(nullif(growth, '') as decimal(30, 8)) as growth,
        try_cast(nullif(change, '') as decimal(30, 8)) as change,
        try_cast(nullif(index_to_base, '') as decimal(30, 8)) as index_to_base,
        try_cast(nullif(rolling, '') as decimal(30, 8)) as rolling,
        try_cast(nullif(current_month, '') as decimal(30, 8)) as current_month, reason
    from qt_drawn_derived
)

select distinct indicator_code, region_code, period
from (from drawn except all from told)
union
select distinct indicator_code, region_code, period
from (from told except all from drawn)
order by all
limit 20
"""


def _not_derived(
    con: DuckDBPyConnection,
    codes: set[str],
    lines: Sequence[tuple[str, ...]],
    files: Mapping[str, str],
) -> Iterator[Fault]:
    """Growth, changes and indices that scripts hold and the marts do not, or the other way."""
    import polars as pl

    names = [*_DRAWN[:3], *_DRAWN[-_DIMENSIONS:], *_DERIVED]
    drawn = pl.DataFrame(lines, schema=dict.fromkeys(names, pl.String), orient="row")
    con.register("qt_drawn_derived", drawn)
    con.register("qt_codes", pl.DataFrame({"code": sorted(codes)}, schema={"code": pl.String}))
    try:
        found = con.execute(_NOT_DERIVED).fetchall()
    finally:
        con.unregister("qt_drawn_derived")
        con.unregister("qt_codes")
    for code, region, period in found:
        yield Fault(
            files[code],
            f"{region} {period} 的增速、变化或指数与 core.derived 不符",
            f"{region} {period}: growth, change or index is not that of core.derived",
            is_figure=True,
        )


def _counts(site: _Written, con: DuckDBPyConnection) -> Iterator[Fault]:
    """Each indicator's data file has as many figures as the mart has in force."""
    for code, count in _figure_counts(con):
        page = site.pages.get(f"{SITE}/indicator/{file_name(code)}.html", "")
        found = {name: int(number) for name, number, crc in _META.findall(page) if crc}
        number = found.get(f"indicator/{file_name(code)}")
        if page and number != count:
            yield Fault(
                f"{SITE}/indicator/{file_name(code)}.html",
                f"有 {number} 个数字，数据库有 {count} 个",
                f"{number} figures where the database has {count}",
                is_figure=True,
            )


def _figure_counts(con: DuckDBPyConnection) -> list[tuple[str, int]]:
    """How many figures each indicator has in force."""
    return con.execute(
        """
        select i.indicator_code, count(o.indicator_code)
        from qt_indicator as i
        left join qt_observation as o on i.indicator_code = o.indicator_code
            and o.known_to is null and coalesce(o.is_headline, true)
        group by i.indicator_code
        order by i.indicator_code
        """
    ).fetchall()
