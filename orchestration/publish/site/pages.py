"""Writes the pages of a release: which there are, what each is called, and its data scripts.

Belongs here: one method per kind of page, and what the pages follow from of which there are
hundreds. Does not belong here: SQL (``model``, ``diff``), charts, how a figure looks (``markup``),
and what is built and what is linked (``products.site``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.bounds import BOUNDS
from orchestration.publish import engine
from orchestration.publish.clock import zone_words
from orchestration.publish.edition import Edition
from orchestration.publish.layout import (
    CITATION_FILE,
    DATAPACKAGE_FILE,
    MANIFEST_FILE,
    MART_FILE,
    MONTHLY_FILE,
    RELEASE_FILE_TABLE,
    YEARBOOK_FILE,
    csv_path,
    parquet_path,
    workbook_path,
)
from orchestration.publish.paper.figures import can_be_printed, figures_query
from orchestration.publish.paper.yearbook import tables_by_theme
from orchestration.publish.printed import PrintedTable
from orchestration.publish.products.paper import headline_figures
from orchestration.publish.prose.known import Known, read_known
from orchestration.publish.prose.tell import Told, told
from orchestration.publish.region_words import RegionWords, region_words
from orchestration.publish.report import WORDS
from orchestration.publish.rowhash import digests
from orchestration.publish.site import (
    beside,
    calendar,
    charts,
    compare,
    diff,
    front,
    links,
    model,
    multiples,
    register,
    search,
    series,
    wide,
)
from orchestration.publish.site.beside import Beside
from orchestration.publish.site.formal import ROWS_SHOWN, Formal, by, plain_number
from orchestration.publish.site.markup import (
    GAPS,
    MARKS,
    NO_STAMP,
    RANK_UNITS,
    Units,
    Wording,
    as_markup,
    both,
    checksum,
    compact_json,
    data_script,
    figure,
    file_name,
    finalize,
    gap_html,
    growth_html,
    number_text,
    places_html,
    plain_sign,
    safe,
    said,
    sentence_html,
    sign_html,
    stamped,
    thousands,
)
from orchestration.publish.site.model import Row
from orchestration.publish.site.ways import ways
from orchestration.publish.tables import literal
from orchestration.publish.views import views

if TYPE_CHECKING:
    from jinja2 import Environment

SITE = "site"
FIXED_PAGES = (
    "index", "scorecard", "plan", "peers", "signals", "quality", "changes", "methods", "search",
    "compare", "downloads",
)  # fmt: skip
EXAMPLES = "meta.example_query"
LEDGER = "core.delivery_ledger"
DUE_SHOWN = 1000
SHORT = ("indicator/", "region/")
"""Pages of which there are hundreds: what does not speak of them alone, they leave to others."""
_OWN_TITLES = {"plan": ("规划进度", "Plan"), "peers": ("对标位次", "Peers")}
ITEMS_SHOWN = 400
HEADLINE_WEIGHT = 5
"""A headline indicator counts as so many when the periods of a table are chosen."""
_KEPT = 1 << 14
_HERE = Path(__file__).parent
SQL_PAGE = "sql.html"
SQL_ASSETS = ("sql.css", "sql.js", "sql-worker.js")
"""Of the page that needs the engine of the browser."""
ASSETS = (
    "qt.css", "qt.js", "figures.js", "front.css", "theme.css", "indicator.css", "indicator.js",
    "compare.css", "compare.js", "search.css", "search.js",
)  # fmt: skip
STYLES: Mapping[str, tuple[str, ...]] = {
    "index": ("front.css", "theme.css"),
    "theme": ("theme.css",),
    "plan": ("theme.css",),
    "peers": ("theme.css",),
    "scorecard": ("theme.css",),
}
"""Style sheets of single templates; ``qt.css`` has what all pages share."""


@dataclass(frozen=True)
class Place:
    """A page that every page leads to.

    Attributes:
        page: Its path in the site.
        is_first: Whether it stands in the header; the others stand in the foot.
    """

    page: str
    zh: str
    en: str
    is_first: bool = True


NAVIGATION = (
    Place("index.html", "首页", "Home"),
    Place("scorecard.html", "领导参阅", "Scorecard"),
    Place("plan.html", "规划", "Plan"),
    Place("peers.html", "对标", "Peers"),
    Place("compare.html", "比较", "Compare"),
    Place("changes.html", "变化", "Changes"),
    Place("search.html", "指标", "Indicators"),
    Place("downloads.html", "下载", "Downloads"),
    Place("signals.html", "异动", "Signals", is_first=False),
    Place("calendar.html", "日历", "Calendar", is_first=False),
    Place("corrections.html", "更正", "Corrections", is_first=False),
    Place(SQL_PAGE, "用 SQL 提问", "Ask in SQL", is_first=False),
    Place("quality.html", "质量", "Quality", is_first=False),
    Place("methods.html", "方法", "Methods", is_first=False),
)
"""Where to go from every page; the menu of themes stands behind the first. A line adds a page."""


def _bounds_for_scripts() -> str:
    """By qualifier its signs, and on which side of the number the true figure lies."""
    told = {code: (bound.sign, -(bound.rounding or 0)) for code, bound in BOUNDS.items()}
    return json.dumps(told, ensure_ascii=False)


def script_with_bounds(asset: Path) -> str:
    """The text of an asset, with the table of bounds where it asks for it."""
    return asset.read_text(encoding="utf-8").replace('"@bounds@"', _bounds_for_scripts())


def expected_pages(
    themes: Sequence[str], indicators: Sequence[str], regions: Sequence[str]
) -> set[str]:
    """The pages a site must have, relative to it: of indicators, those with several figures."""
    return {
        *(f"{name}.html" for name in FIXED_PAGES),
        *(links.theme_page(theme) for theme in themes),
        *(links.indicator_page(code) for code in indicators),
        *(f"region/{file_name(code)}.html" for code in regions),
    }


class SiteWriter:
    """Holds what all pages share, and writes one page or script after the other."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.reader = model.Reader(edition.con, edition.catalog, edition.tables)
        release = self.reader.rows(f'from "{edition.catalog}".meta.release')[0]
        self.site = model.read_site(
            self.reader, release, model.read_relations(edition.con, edition.catalog)
        )
        self.root = edition.directory / SITE
        self.units = Units(edition.words.get("unit", {}))
        self.word = Wording(edition.words)
        self.district = str(release.get("district_code") or "")
        self.formal = Formal(self.units, self.site.regions, self.site.periods, self.district)
        self.names = {row["indicator_code"]: row for row in self.site.indicators}
        self.places = links.places(self.site.indicators, self.site.figure_counts)
        model.register_places(edition.con, self.places)
        self.shells: dict[tuple[str, str, str], tuple[Any, ...]] = {}
        self.themes = self._themes()
        self._drawn: dict[str, charts.Drawn] = {}
        self._documents: dict[tuple[str, str], str] = {}

    @classmethod
    def of(cls, edition: Edition) -> SiteWriter:
        """The writer of an edition, made once in a process."""
        return edition.keep("site", lambda: cls(edition))

    @cached_property
    def chosen(self) -> list[charts.Chart]:
        """The charts that the marts have figures for."""
        return charts.choose(self.reader, self.site, self.units)

    @cached_property
    def beside(self) -> Mapping[str, tuple[str, str]]:
        """Of each number on the scorecard the columns with its qualifier and its observation."""
        return {
            column.name: (column.qualifier_column, table.observation_of(column.name))
            for table in self.edition.tables
            if table.qualified == model.SCORECARD
            for column in table.columns
        }

    @cached_property
    def changes(self) -> diff.Changes:
        """The difference to the release in force."""
        return diff.compare(self.edition.con, self.reader, self.edition.previous)

    def draw(self, wanted: Sequence[charts.Chart]) -> list[charts.Drawn]:
        """Charts as they are shown, each drawn once."""
        new = [chart for chart in wanted if chart.id not in self._drawn]
        self._drawn |= {drawn.chart.id: drawn for drawn in charts.draw(new, self.units)}
        return [self._drawn[chart.id] for chart in wanted]

    def put(self, name: str, text: str) -> str:
        """Write a file of the site; returns its path in the release."""
        # What is no character at all cannot be written, and must not stop a release.
        content = text.encode("utf-8", "replace")
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_bytes(content)
        return f"{SITE}/{name}"

    def script(self, name: str, payload: str, count: int) -> str:
        """Write a data script; returns its path in the release."""
        return self.put(f"data/{name}.js", data_script(name, payload, count))

    # --- data ----------------------------------------------------------------------------------

    def search_entries(self) -> list[list[str]]:
        """What can be searched for and where it is, before its pinyin is looked up."""
        rows = [
            [r["indicator_code"], r["name_zh"], r["name_en"], self.places[r["indicator_code"]]]
            for r in self.site.indicators
        ]
        regions = [
            [r["region_code"], r["region_name_zh"], r["region_name_en"]]
            for r in self.site.regions.values()
        ]
        return [*rows, *regions]

    def themes_named(self) -> dict[str, list[str]]:
        """What each theme is called."""
        return {theme: list(self._theme_pair(theme)) for theme in sorted(self._used_themes())}

    @cached_property
    def called(self) -> Mapping[str, Sequence[str]]:
        """What each indicator is called besides its name: in the catalogue, and where it stood."""
        found: dict[str, list[str]] = {c: list(s) for c, s in self.edition.synonyms.items()}
        table = self.reader.tables.get("core.observation")
        if table is not None and table.has("indicator_name_printed"):
            for row in self.reader.rows(
                "select distinct indicator_code as code, indicator_name_printed as name from "
                f"{table.in_catalog(self.reader.catalog)} where indicator_name_printed is not null "
                "order by 1, 2"
            ):
                if row["name"] not in found.setdefault(row["code"], []):
                    found[row["code"]].append(row["name"])
        return found

    @cached_property
    def found(self) -> list[Row]:
        """The figures that results of the search show."""
        rows = self.reader.rows(search.FIGURES.format(district=literal(self.district)))
        if len(rows) > search.MOST_FIGURES:
            rows = [row for row in rows if row["region_code"] == self.district]
        return rows[: search.MOST_FIGURES]

    def found_figures(self) -> tuple[str, int]:
        """Those figures as the search reads them, and how many they are."""
        periods = sorted({row["period"] for row in self.found})
        place = {code: number for number, code in enumerate(periods)}
        labels = [self.site.periods.get(code, {}) for code in periods]
        content = {
            "district": self.district,
            "periods": [
                [code, label.get("label_zh") or code, label.get("label_en") or code]
                for code, label in zip(periods, labels, strict=True)
            ],
            "figures": [
                [
                    row["observation_id"],
                    row["indicator_code"],
                    row["region_code"],
                    place[row["period"]],
                    row["of_year"],
                    *(plain_sign(row["qualifier"], row["unit"], lang) for lang in (0, 1)),
                    thousands(number_text(row["value"])),
                    "" if row["unit"] in (None, "1") else row["unit"],
                ]
                for row in self.found
            ],
        }
        return compact_json(content), len(self.found)

    def search(self) -> tuple[str, int]:
        """The search index, and how many entries it has."""
        entries = search.entries(
            self.site.indicators, self.site.regions.values(), self.places, self.called
        )
        return compact_json({"themes": self.themes_named(), "entries": entries}), len(entries)

    def release_facts(self) -> Row:
        """What all pages need to know of the release besides its pages."""
        scales = {
            unit: [list(scale.wan), list(scale.yi), list(scale.plain)]
            for unit, scale in self.units.scales.items()
        }
        unit_words = {
            unit: self.units.en(unit)
            for (unit,) in self.edition.con.execute(
                "select distinct unit from qt_observation where unit is not null order by unit"
            ).fetchall()
        }
        return {"scales": scales, "units": unit_words, "ranks": sorted(RANK_UNITS)}

    def shared_names(self) -> tuple[str, int]:
        """Names of codes that the page script needs, and how many regions there are."""
        names: dict[str, Any] = {
            "regions": {
                code: [row["region_name_zh"] or code, row["region_name_en"] or code]
                for code, row in self.site.regions.items()
            },
            "periods": {
                code: [
                    row["label_zh"] or code,
                    row["label_en"] or code,
                    str(row["period_end"] or ""),
                ]
                for code, row in self.site.periods.items()
            },
            "words": {
                name: {code: [word.zh, word.en] for code, word in words.items()}
                for name, words in self.edition.words.items()
                if name
                in (
                    "period_kind",
                    "scope",
                    "basis",
                    "breakdown",
                    "obs_status",
                    "figure_kind",
                    "price_basis",
                    "measure",
                    "derived_reason",
                    "qualifier",
                )
            },
            "district": self.district,
        }
        return compact_json(names), len(names["regions"])

    # --- pages ---------------------------------------------------------------------------------

    def page(
        self,
        path: str,
        template: str,
        title: tuple[str, str],
        content: Mapping[str, Any],
        *,
        data: Sequence[tuple[str, int | None, str]] = (),
        section: str = "",
    ) -> str:
        """Write a page; returns its path in the release.

        Args:
            path: Its place in the site.
            template: What it is rendered by.
            title: In both languages.
            content: What the template shows.
            data: The scripts it needs: name, number of entries and checksum, or nothing of them
                where ``data/release.js`` says it, because many pages share the script.
            section: What is marked in the navigation.
        """
        base = "../" * path.count("/")
        is_short = path.startswith(SHORT)
        environment = self.short_environment if is_short else self.environment
        header, footer = self._shell(base, path, section or template)
        html = environment.get_template(f"{template}.html.j2").render(
            content,
            base=base,
            path=path,
            title=title,
            header=header,
            footer=footer,
            data_files=data,
            styles=STYLES.get(template, ()),
            stamp=NO_STAMP,
        )
        return self.put(path, stamped(html))

    def _shell(self, base: str, path: str, section: str) -> tuple[Any, Any]:
        """Header and footer, the same for all pages of a kind: hundreds share one rendering."""
        is_short = path.startswith(SHORT)
        key = (base, "" if is_short else path, section)
        if key not in self.shells:
            values = {"base": base, "path": key[1], "section": section, "is_short": is_short}
            self.shells[key] = tuple(
                as_markup(self.short_environment.get_template(f"_{name}.html.j2").render(values))
                for name in ("header", "footer")
            )
        header, footer = self.shells[key]
        return header, footer

    @cached_property
    def environment(self) -> Environment:
        """Templates that may show anything of the release."""
        return self._environment(
            site=self.site,
            report=self.edition.report,
            changes=self.changes,
            release=self.site.release,
        )

    @cached_property
    def short_environment(self) -> Environment:
        """Templates of the pages there are hundreds of: they get what their inputs state alone."""
        names = ("district_name_zh", "district_name_en")
        return self._environment(release={name: self.site.release.get(name) for name in names})

    @cached_property
    def bureau(self) -> tuple[str, str]:
        """Who publishes; nobody where the district does not say."""
        known = self.site.release
        zh = known.get("bureau_name_zh") or ""
        return zh, known.get("bureau_name_en") or zh

    @cached_property
    def own(self) -> RegionWords:
        """What the district is called by its kind."""
        known = self.site.regions.get(self.district, {})
        return region_words(
            known.get("region_name_zh") or self.site.release.get("district_name_zh")
        )

    def _environment(self, **known: Any) -> Environment:
        from orchestration.publish import templating

        environment = templating.environment(_HERE / "templates", self.edition.compiled, finalize)

        def marked(function: Callable[..., str]) -> Callable[..., Any]:
            return lambda *args, **kwargs: as_markup(function(*args, **kwargs))

        def kept(function: Callable[..., str]) -> Callable[..., Any]:
            """Of codes and words, which hundreds of pages show again and again."""
            return lru_cache(_KEPT)(marked(function))

        has_sql = engine.installed() is not None
        environment.globals |= {
            "both": kept(both),
            "word": kept(self.word),
            "fig": marked(self._figure),
            "sign": kept(sign_html),
            "said": marked(said),
            "growth": marked(self._growth),
            "places": marked(places_html),
            "gap": kept(gap_html),
            "unit": kept(self.units.html),
            "safe": kept(safe),
            "period": kept(self.formal.period),
            "region": kept(self._region),
            "indicator": kept(self._indicator_link),
            "source": marked(self._source),
            "plain": plain_number,
            "page": file_name,
            "place": self.places.__getitem__,
            "theme_place": links.theme_page,
            "markup": as_markup,
            "row_id": links.row_id,
            **known,
            "is_simulated": self.edition.report["is_simulated"],
            "bureau": self.bureau,
            "ours": self.own.own,
            "whole": self.own.whole,
            "navigation": [one for one in NAVIGATION if has_sql or one.page != SQL_PAGE],
            "themes": self.themes,
            "theme_name": marked(lambda theme: both(*self._theme_pair(theme))),
            "legend_signs": [bound for bound in BOUNDS.values() if bound.sign[0]],
            "legend_marks": MARKS,
            "legend_gaps": GAPS,
            "district": self.district,
            "size": _size,
            "has_sql": has_sql,
            "by": by,
            "bars": lambda one: [as_markup(bar) for bar in beside.bars(one)],
            "among": marked(_among),
            "sister": marked(self._sister),
            "mine": marked(lambda code: ' class="own"' if code == self.district else ""),
        }
        return environment

    def _figure(self, row: Row, base: str = "value", unit: str | None = None, **more: Any) -> str:
        """A figure of a row: its ``value``, or another number that the scorecard has."""
        is_main = base == "value"
        qualifier, known = ("qualifier", "observation_id") if is_main else self.beside[base]
        of = row.get(known)
        # A mart that repeats a figure leaves behind what stands behind it.
        flags = row if is_main and "obs_status" in row else self.site.flags.get(of or "", {})
        return figure(
            self.units,
            row[base],
            row.get("unit") if is_main and unit is None else unit,
            row.get(qualifier),
            status=flags.get("obs_status"),
            conf=row.get("conf_status") if is_main else None,
            is_simulated=flags.get("is_simulated"),
            is_inferred=flags.get("is_period_inferred"),
            of=of,
            **more,
        )

    def _growth(self, row: Row) -> str:
        """The growth beside a figure of the scorecard."""
        qualifier, known = self.beside.get("growth", ("", ""))
        return growth_html(
            row["growth"],
            row.get(qualifier),
            row["growth_kind"],
            row.get(known),
            self._figure(row, "growth", "%"),
        )

    def _region(self, code: str | None, zh: str | None = None, base: str | None = None) -> str:
        known = self.site.regions.get(code or "", {})
        text = both(known.get("region_name_zh") or zh or code, known.get("region_name_en") or zh)
        if base is None or not known:
            return text
        return f'<a href="{base}region/{file_name(code or "")}.html">{text}</a>'

    def _sister(self, code: str, base: str | None = None) -> str:
        """A region of the district's city by its own name, without that of the city."""
        known = self.site.regions.get(code, {})
        above = self.site.regions.get(known.get("parent_code") or "", {})
        zh, en = known.get("region_name_zh") or code, known.get("region_name_en") or ""
        own_zh = zh.removeprefix(above.get("region_name_zh") or "") or zh
        own_en = en.removesuffix(f", {above.get('region_name_en')}")
        text = both(own_zh, own_en)
        if base is None or not known:
            return text
        return f'<a href="{base}region/{file_name(code)}.html">{text}</a>'

    def _indicator_link(self, code: str | None, base: str) -> str:
        known = self.names.get(code or "")
        if known is None:
            return safe(code or "")
        text = both(known["name_zh"] or code, known["name_en"])
        return f'<a href="{base}{self.places[known["indicator_code"]]}">{text}</a>'

    def _source(self, row: Row, base: str) -> str:
        """The document a figure comes from, with the place in it."""
        name = row.get("source_document") or ""
        if (name, base) not in self._documents:
            self._documents[name, base] = self._document(name, base)
        place = f' <span class="place">{safe(row.get("source_place") or "")}</span>'
        return self._documents[name, base] + place

    def _document(self, name: str, base: str) -> str:
        known = self.site.documents.get(name, {})
        if not known:
            return safe(name)
        text = both(known["title_zh"] or known["source_document"], known["title_en"])
        anchor = f"doc-{file_name(known['source_document'])}"
        return f'<a href="{base}methods.html#{anchor}">{text}</a>'

    # --- themes --------------------------------------------------------------------------------

    def _used_themes(self) -> set[str]:
        """Themes that have an indicator: of the others there is nothing to show."""
        return {row["theme"] for row in self.site.indicators if row["theme"]}

    def _themes(self) -> list[str]:
        listed = self.edition.words.get("theme", {})
        return sorted(
            self._used_themes() - set(model.OWN_THEMES),
            key=lambda theme: (
                theme != "profile",
                listed[theme].sort if theme in listed else 1 << 30,
                theme,
            ),
        )

    def _theme_pair(self, theme: str) -> tuple[str, str]:
        zh, en = self.word.pair("theme", theme)
        return zh, en[:1].upper() + en[1:]

    def theme_page(self, theme: str) -> str:
        """Write the page of a theme, or of plan and peers, which have one of their own kind."""
        is_own_kind = theme in model.OWN_THEMES
        base = "" if is_own_kind else "../"
        path = links.theme_page(theme)
        title = _OWN_TITLES[theme] if is_own_kind else self._theme_pair(theme)
        template = theme if is_own_kind else "theme"
        return self.page(path, template, title, self._theme_content(theme, base))

    def theme_inputs(self, theme: str) -> Any:
        """Everything that the page of a theme follows from."""
        own = [row for row in self.site.indicators if row["theme"] == theme]
        more = (
            [
                self.site.summary,
                self.site.progress,
                self.site.targets,
                self.site.ranking,
                self.site.benchmark,
                self.site.flags,
            ]
            if theme in model.OWN_THEMES
            else []
        )
        return [
            self.shared_inputs(),
            self.lookups(),
            own,
            [self.site.latest.get(row["indicator_code"]) for row in own],
            [self.site.single.get(row["indicator_code"]) for row in own],
            [repr(chart) for chart in self.chosen if chart.theme == theme],
            self._figures_digest(theme),
            repr(self.told(theme)),
            [[t.qualified, t.title_zh, t.title_en] for t in self.edition.marts],
            [repr(one) for one in self.beside_sisters],
            self._of_theme(self.site.apart, theme),
            self._of_theme(self.site.honours, theme),
            more,
        ]

    def _figures_digest(self, theme: str) -> str:
        """Digest of all headline figures of a theme with their words."""
        if not can_be_printed(self.edition.marts):
            return ""
        found = self.edition.keep(
            "figures by theme",
            lambda: digests(
                self.edition.con,
                f"select * from ({figures_query(self.edition.catalog)})",
                "theme",
            ),
        )
        return str(found.get(theme, ""))

    def _theme_content(self, theme: str, base: str) -> Row:
        own = [row for row in self.site.indicators if row["theme"] == theme]
        tables, named = self._tables_of(theme, base)
        topics: dict[str, list[Row]] = {}
        for row in links.listed(own, theme):
            if row["indicator_code"] not in named:
                topics.setdefault(row["topic"] or "", []).append(row)
        return {
            "theme": theme,
            "topics": sorted(topics.items()),
            "count": len(own),
            "left_out": max(0, len(own) - ITEMS_SHOWN),
            "drawn": self.draw([chart for chart in self.chosen if chart.theme == theme]),
            "told": self._sentences(theme),
            "tables": tables,
            "beside": [one for one in self.beside_sisters if self._theme_of(one) == theme][
                : front.BESIDE
            ],
            "matrix": self._matrix() if theme == "peers" else None,
            "apart_rows": self._of_theme(self.site.apart, theme),
            "honours": self._of_theme(self.site.honours, theme),
            "latest": self.site.latest,
            "single": self.site.single,
            "markup": as_markup,
            "chart_base": f"{base}charts/",
        }

    @staticmethod
    def _of_theme(rows: Sequence[Row], theme: str) -> list[Row]:
        return [row for row in rows if row["theme"] == theme]

    def _theme_of(self, one: Beside) -> str:
        return str(self.names.get(one.head["indicator_code"], {}).get("theme") or "")

    @cached_property
    def printed(self) -> Mapping[str, list[PrintedTable]]:
        """The tables of the yearbook by theme; none of a release that has no yearbook."""
        if not can_be_printed(self.edition.marts):
            return {}
        return tables_by_theme(
            self.edition.con,
            self.edition.catalog,
            self.edition.marts,
            self.edition.words,
            headline_figures(self.edition),
            self.district,
        )

    def _tables_of(self, theme: str, base: str) -> tuple[list[Any], set[str]]:
        """The tables of a theme as they are shown, and the indicators that stand in them."""
        apart = {row["observation_id"] for row in self.site.apart}
        wanted = [
            printed
            for printed in self.printed.get(theme, [])
            if wide.is_of_one_region(printed) and not wide.observations(printed) <= apart
        ]
        known = {of for printed in wanted for of in wide.observations(printed)}
        headlines = {row["indicator_code"] for row in self.site.scorecard}
        table = wide.Wide(
            self.units,
            model.flags_of(self.reader, [{"observation_id": of} for of in sorted(known)]),
            lambda code, zh, en: self._row_name(code, (zh, en), base),
            lambda code, zh, en: self._about_row(code, (zh, en), base),
            self._names_of(self.district),
            lambda printed: self._files_of(printed, theme, base),
            lambda code: HEADLINE_WEIGHT if code in headlines else 1,
        )
        shown = [html for printed in wanted if (html := table.render(printed))]
        return [as_markup(html) for html in shown], table.named

    def _names_of(self, code: str) -> tuple[str, str]:
        known = self.site.regions.get(code, {})
        zh = known.get("region_name_zh") or self.site.release.get("district_name_zh") or code
        return str(zh), str(known.get("region_name_en") or zh)

    def _row_name(self, code: str, name: tuple[str, str], base: str) -> str:
        """What a row is of: a link where its indicator has a page."""
        place, text = self.places.get(code, ""), both(*name)
        return text if "#" in place or not place else f'<a href="{base}{place}">{text}</a>'

    def _about_row(self, code: str, name: tuple[str, str], base: str) -> str:
        """Definition and source of an indicator that has no page to say them."""
        if "#" not in self.places.get(code, ""):
            return ""
        known, only = self.names[code], self.site.single.get(code)
        defined = both(known["definition_zh"], known["definition_en"])
        origin = self._origin(only, base) if only else ""
        return f"<b>{both(*name)}</b> {defined}{origin}" if defined or origin else ""

    def _origin(self, only: Row, base: str) -> str:
        """Where the only figure of an indicator comes from: it has no page that would say so."""
        printed = f" {both('原文', 'As printed')} “{safe(only['value_printed'] or '')}”"
        words = printed if only["is_in_words"] else ""
        note = f" {both('注', 'Note')} {safe(only['note'])}" if only["note"] else ""
        return f'<span class="sub2 src">{self._source(only, base)}{words}{note}</span>'

    def _files_of(self, printed: PrintedTable, theme: str, base: str) -> str:
        """Where the figures of a table lie as files."""
        table = printed.table
        files = [(YEARBOOK_FILE, both("年鉴 Excel", "Yearbook, Excel"))]
        if any(own.schema == theme for own in self.edition.marts):
            files.append((workbook_path(theme), both("本主题 Excel", "This theme, Excel")))
        files.append((csv_path(table.schema, table.name), "CSV"))
        links_to = " · ".join(f'<a href="{base}../{path}">{text}</a>' for path, text in files)
        return f'<p class="files"><span>{both("下载", "Download")}</span> {links_to}</p>'

    def _matrix(self) -> Row:
        """Regions of the city down, headline indicators across."""
        chosen = self.beside_sisters
        return {
            "columns": chosen,
            "regions": beside.regions_of(chosen, self.district),
        }

    def sql_page(self, own: engine.Engine) -> str:
        """Write the page that queries the database of the release."""
        named = {view.table.qualified: view for view in views(self.edition.tables)}
        tables = [
            {"table": table, "named": table.qualified, "view": named[table.qualified].qualified,
             "schema": table.schema}
            for table in self.edition.tables
        ]  # fmt: skip
        examples = (
            self.reader.rows(
                f'from "{self.edition.catalog}".meta.example_query order by question_no'
            )
            if any(table.qualified == EXAMPLES for table in self.edition.tables)
            else []
        )
        content = {
            "parts": " ".join(f"{name}:{count}" for name, count in own.parts.items()),
            "duckdb": own.duckdb,
            "engine_name": f"{own.name} {own.version}",
            "first": examples[0]["query"] if examples else "from core.indicator limit 100",
            "examples": examples,
            "tables": by(tables, "schema"),
        }
        title = ("用 SQL 提问", "Ask in SQL")
        return self.page(SQL_PAGE, "sql", title, content, section="sql")

    # --- what is due, and what was said otherwise ------------------------------------------------

    def calendar(self) -> list[str]:
        """Write the calendar as a page, as iCalendar and as a feed; returns their paths."""
        release = self.site.release
        there = any(table.qualified == LEDGER for table in self.edition.tables)
        due = (
            self.reader.rows(
                f'from "{self.edition.catalog}".{LEDGER} order by due_on desc, data_set_id, period'
            )
            if there
            else []
        )
        before = calendar.earlier(self.edition.previous)
        told = [calendar.issue(release, *self._changed()), *before]
        content = {
            "due": due,
            "before": before,
            "clock": zone_words(release["time_zone"] or ""),
            "limit": DUE_SHOWN,
            "words": WORDS,
            "rules": self._due_rules({row["data_set_id"] for row in due}),
        }
        title = ("日历", "Calendar")
        return [
            self.page("calendar.html", "calendar", title, content, section="changes"),
            self.put(calendar.ICS, calendar.calendar(release, due, told)),
            self.put(calendar.FEED, calendar.feed(release, told)),
        ]

    def _due_rules(self, awaited: set[str]) -> list[Row]:
        """By which rule each data set that is awaited falls due, in words."""
        table = self.reader.tables.get("core.data_set")
        if table is None or not awaited:
            return []
        listed = ", ".join(literal(name) for name in sorted(awaited))
        source = table.in_catalog(self.reader.catalog)
        return self.reader.rows(
            f"select title_zh, title_en, due_zh, due_en from {source} "
            f"where data_set_id in ({listed}) order by data_set_id"
        )

    def _changed(self) -> tuple[str, str]:
        """What this release changes, in one sentence."""
        changes = self.changes
        if changes.is_first:
            return "首个版本", "the first release"
        if changes.reason:
            return "未与上一版本比较", "not compared with the release before"
        added, revised, removed = (changes.counts[k] for k in ("added", "revised", "removed"))
        return (
            f"新增 {added}，修订 {revised}，不再列出 {removed}",
            f"added {added}, revised {revised}, removed {removed}",
        )

    def corrections_page(self) -> str:
        """Write the register of corrections."""
        found = register.read(self.reader, self.site.release["release_day"])
        content = {"register": found, "reasons": found.reasons, "shown": register.SHOWN}
        title = ("更正与修订", "Corrections and revisions")
        return self.page("corrections.html", "corrections", title, content, section="changes")

    # --- single pages --------------------------------------------------------------------------

    def fixed_page(self, name: str) -> str:
        """Write one of the pages that every site has."""
        make: Mapping[str, tuple[tuple[str, str], Callable[[], Row]]] = {
            "index": (("首页", "Overview"), self._index),
            "scorecard": (("领导参阅表", "Scorecard"), dict),
            "changes": (("与上一版本的差别", "Changes"), dict),
            "signals": (("异动", "Signals"), self._signals),
            "quality": (("数据质量", "Data quality"), self._quality),
            "methods": (("口径与方法", "Methods"), self._methods),
            "search": (
                ("指标与地区", "Indicators and regions"),
                lambda: {"groups": self._listed()},
            ),
            "downloads": (("下载", "Downloads"), self._downloads),
        }
        title, content = make[name]
        data = [_of_release("search")] if name == "search" else []
        return self.page(f"{name}.html", name, title, content(), data=data)

    def _index(self) -> Row:
        counts = {
            theme: sum(row["theme"] == theme for row in self.site.indicators)
            for theme in [*self.themes, *model.OWN_THEMES]
        }
        released = self.site.release.get("release_day")
        city = self.site.regions.get(
            (self.site.regions.get(self.district) or {}).get("parent_code") or "", {}
        )
        city_zh = str(city.get("region_name_zh") or "")

        def is_old(period: str) -> bool:
            return front.is_old(self.site.periods.get(period, {}).get("period_end"), released)

        return {
            "told": self._sentences(None),
            "headlines": front.headlines(self.site, self.names),
            "theme_counts": counts,
            "series": self.series,
            "drawing": lambda series: as_markup(multiples.draw(series)),
            "is_cut": multiples.is_cut,
            "is_old": is_old,
            "beside": front.two_beside(self.beside_sisters),
            "city": (city_zh, str(city.get("region_name_en") or city_zh)),
            "newest": front.newest(self.site, self.site.periods, self.names),
            "due": front.next_due(self.reader, released),
            "papers": front.papers(self.edition.files),
            "sizes": {path: fact.size_bytes for path, fact in self.edition.files.items()},
            "released": released,
            "month_en": f"{released:%B}" if released else "",
        }

    @cached_property
    def known(self) -> Known | None:
        """What sentences are written from; nothing of a release that lacks it."""
        released = self.site.release.get("release_day")
        if released is None or not can_be_printed(self.edition.marts):
            return None
        return self.edition.keep(
            "known",
            lambda: read_known(
                self.edition.con,
                self.edition.catalog,
                self.edition.marts,
                self.edition.words,
                headline_figures(self.edition),
                released,
            ),
        )

    def told(self, theme: str | None) -> list[Told]:
        """The sentences about the district, of one theme or of all."""
        most = front.SENTENCES if theme is None else front.SENTENCES_OF_THEME
        return [] if self.known is None else told(self.known, theme=theme, most=most)

    def _sentences(self, theme: str | None) -> list[Any]:
        return [as_markup(sentence_html(one)) for one in self.told(theme)]

    @cached_property
    def series(self) -> list[multiples.Series]:
        """The headline series."""
        return multiples.choose(self.reader, self.site, self.district)

    @cached_property
    def beside_sisters(self) -> list[Beside]:
        """Headline indicators in all regions of the city."""
        return beside.choose(self.reader, self.site, self.district)

    def _quality(self) -> Row:
        by_rule: dict[str, list[Row]] = {}
        for finding in self.edition.report["findings"][:ITEMS_SHOWN]:
            by_rule.setdefault(finding["rule_id"], []).append(finding)
        groups = [
            {**group, "shown": by_rule[group["rule_id"]]}
            for group in self.edition.report["findings_by_rule"]
            if group["rule_id"] in by_rule
        ]
        return {"groups": groups, "words": WORDS}

    def _signals(self) -> Row:
        """What moves now by rule, then what moved before, the district first."""
        rows = self.reader.rows(model.SIGNALS.format(district=literal(self.district)))
        now = [row for row in rows if row["is_current"]]
        before = [row for row in rows if not row["is_current"]]
        return {
            "rules": self.reader.rows("from qt_signal_rule order by priority, rule_id"),
            "groups": by(now[:ITEMS_SHOWN], "rule_id"),
            "now_count": len(now),
            "before": before[:ROWS_SHOWN],
            "before_count": len(before),
        }

    def _methods(self) -> Row:
        return {
            "documents": list(self.site.documents.values()),
            "data_sets": list(self.site.data_sets.values()),
        }

    def _listed(self) -> list[tuple[str, list[Row]]]:
        """Every indicator by theme: the list is there without a script too."""
        groups: dict[str, list[Row]] = {}
        for row in self.site.indicators:
            groups.setdefault(row["theme"] or "", []).append(row)
        order = [*self.themes, *model.OWN_THEMES]
        return sorted(
            groups.items(),
            key=lambda item: (order.index(item[0]) if item[0] in order else 99, item[0]),
        )

    # --- indicators and regions ------------------------------------------------------------------

    def shared_inputs(self) -> Any:
        """What every page follows from."""
        own = self.site.regions.get(self.district, {})
        return self.edition.keep(
            "pages from",
            lambda: [
                self.edition.words_digest,
                self.edition.head["district"],
                self.district,
                [own.get("region_name_zh"), own.get("region_name_en")],
                self.edition.report["is_simulated"],
                self.themes,
                self.themes_named(),
                self.bureau,
                engine.installed() is not None,
            ],
        )

    def lookups(self) -> str:
        """Digest of all names that pages look up: indicators, regions, periods, documents."""
        site = self.site
        return self.edition.keep(
            "lookups",
            lambda: sha256(
                repr(
                    [
                        [
                            (c, r["name_zh"], r["name_en"], self.places[c])
                            for c, r in self.names.items()
                        ],
                        site.regions,
                        site.periods,
                        [
                            (name, row["title_zh"], row["title_en"])
                            for name, row in site.documents.items()
                        ],
                    ]
                ).encode("utf-8", "surrogatepass")
            ).hexdigest(),
        )

    def indicator_inputs(self) -> dict[str, Any]:
        """Everything that the page and the data of each indicator follow from."""
        figures = digests(
            self.edition.con, model.with_names("from qt_observation"), "indicator_code"
        )
        derived = self._derived()
        relations, findings = self._relations(), self._findings()
        breaks = dict(by(self.site.breaks, "indicator_code"))
        return {
            code: [
                self.shared_inputs(),
                row,
                figures.get(code, ""),
                derived.get(code, ""),
                breaks.get(code, []),
                [[item, *self._names_in(item)] for item in relations.get(code, [])],
                findings.get(code, []),
            ]
            for code, row in self.names.items()
            if links.has_page(self.site.figure_counts.get(code, 0))
        }

    def _derived(self) -> Mapping[str, str]:
        """Digests of what the marts derive of each indicator's figures."""
        return self.edition.keep(
            "derived", lambda: digests(self.edition.con, model.DERIVED, "indicator_code")
        )

    def _names_in(self, relation: Row) -> list[Any]:
        known = (relation[key] for key in ("indicator_code", "other_code", "numerator_code"))
        rows = [self.names.get(code or "") for code in known]
        return [
            row and [row["name_zh"], row["name_en"], self.places[row["indicator_code"]]]
            for row in rows
        ]

    def _relations(self) -> dict[str, list[Row]]:
        relations: dict[str, list[Row]] = {}
        for row in self.site.relations:
            for code in {row["indicator_code"], row["other_code"], row["numerator_code"]}:
                if code:
                    relations.setdefault(code, []).append(row)
        return relations

    def _findings(self) -> dict[str, list[Row]]:
        findings: dict[str, list[Row]] = {}
        for finding in self.edition.report["findings"]:
            findings.setdefault(finding["indicator_code"] or "", []).append(finding)
        return findings

    def indicator_pages(self, codes: Sequence[str]) -> Iterator[tuple[str, str, str]]:
        """Write page and data of indicators; yields code and the paths of both."""
        relations, findings = self._relations(), self._findings()
        breaks = dict(by(self.site.breaks, "indicator_code"))
        shown = model.main_series(self.reader, codes, self.district)
        for code, current, others, payload, count in model.figures(
            self.reader, codes, self.district
        ):
            name = links.indicator_page(code).removesuffix(".html")
            row = self.names[code]
            data = self.script(name, payload, count)
            content = {
                "it": row,
                "last": self.site.latest.get(code),
                "before": self.site.previous.get(code),
                "current": current,
                "others": others,
                "figure_count": count,
                "breaks": breaks.get(code, []),
                "relations": relations.get(code, []),
                "findings": findings.get(code, []),
                "data_name": name,
                "limit": model.FIGURES_SHOWN,
                "revisions": _revisions(current, others),
                "ways": list(ways(code, row["theme"])),
                **self._series(row, shown.get(code), breaks.get(code, [])),
            }
            title = (row["name_zh"] or code, row["name_en"] or row["name_zh"] or code)
            scripts = [_of_release("names"), (name, count, checksum(payload))]
            page = self.page(
                f"{name}.html", "indicator", title, content, data=scripts, section="search"
            )
            yield code, page, data

    def _series(self, it: Row, shown: model.Series | None, breaks: Sequence[Row]) -> Row:
        """The drawing of an indicator's series, and what is said of it."""
        if shown is None:
            return {"series": None, "is_rank": False, **_drawing(None)}
        one = shown.rows[-1]
        days = [
            row["begins_on"] for row in breaks if row["region_code"] in (None, one["region_code"])
        ]
        place = self.site.regions.get(one["region_code"], {})
        named = (
            place.get("region_name_zh") or one["region_code"] or "",
            place.get("region_name_en") or one["region_code"] or "",
        )
        kind = self._kind_of(one)
        label = tuple(f"{name} · {told}" for name, told in zip(named, kind, strict=True))
        titled = (
            f"{it['name_zh'] or it['indicator_code']}，{label[0]}",
            f"{it['name_en'] or it['indicator_code']}, {label[1]}",
        )
        return {
            "series": shown,
            "series_unit": one["unit"] or "",
            "is_rank": one["unit"] in RANK_UNITS,
            "drawn_label": label,
            "drawn_kind": kind,
            "common": _joined(self._common(one)),
            **_drawing(series.draw_series(shown.rows, days, titled)),
        }

    def _kind_of(self, one: Row) -> tuple[str, str]:
        """What figures of a series have in common and their unit, in both languages."""
        words, unit = self._common(one), one["unit"] or ""
        if unit and unit != "1":
            words.append((unit, self.units.en(unit)))
        return _joined(words)

    def _common(self, one: Row) -> list[tuple[str, str]]:
        """What figures of a series have in common besides their unit, in both languages."""
        listed = [
            (name, one[name])
            for name, usual in (
                ("period_kind", ""), ("scope", "not_stated"), ("breakdown", "_T"),
                ("figure_kind", "outturn"),
            )
            if one[name] not in (None, usual)
        ]  # fmt: skip
        words = [self.word.pair(name, code) for name, code in listed]
        words += [(own, own) for own in (one["subject"], one["locality"]) if own and own != "_T"]
        return words

    # --- comparisons -----------------------------------------------------------------------------

    def singles(self) -> dict[str, list[str]]:
        """The indicators with one figure, by the data script that holds it."""
        found: dict[str, list[str]] = {}
        for row in self.site.indicators:
            code = row["indicator_code"]
            name = compare.chunk(code, row["theme"], self.site.figure_counts.get(code, 0))
            if name and code in self.site.single:
                found.setdefault(name, []).append(code)
        return found

    def single_inputs(self) -> dict[str, Any]:
        """Everything that the data scripts of single figures follow from."""
        figures = digests(
            self.edition.con, model.with_names("from qt_observation"), "indicator_code"
        )
        derived = self._derived()
        return {
            name: [[code, figures.get(code, ""), derived.get(code, "")] for code in codes]
            for name, codes in self.singles().items()
        }

    def single_scripts(self, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Write data scripts of single figures; yields the name and the path of each."""
        singles = self.singles()
        for name in names:
            codes = singles[name]
            texts = {
                code: text
                for code, _, _, text, _ in model.figures(self.reader, codes, self.district)
            }
            yield name, self.script(name, compact_json(texts), len(texts))

    def compare_index(self) -> Row:
        """What the page of comparisons knows of every indicator."""
        return compare.index(
            self.site.indicators,
            self.site.figure_counts,
            self.site.regions.values(),
            self.themes_named(),
            self.reader.rows(
                "select indicator_code, region_code, begins_on from qt_break "
                "where begins_on is not null order by all"
            ),
        )

    def compare_page(self) -> list[str]:
        """Write the page of comparisons and its index; returns their paths."""
        content = self.compare_index()
        data = self.script("compare", compact_json(content), len(content["indicators"]))
        scripts = [_of_release(name) for name in ("names", "compare", "chunks")]
        title = ("比较", "Compare")
        return [self.page("compare.html", "compare", title, {}, data=scripts), data]

    def region_inputs(self) -> dict[str, Any]:
        """Everything that the page of each region follows from."""
        shown = model.with_names(f"from ({model.REGION_FIGURES.format(limit=ITEMS_SHOWN)})")
        figures = digests(self.edition.con, shown, "region_code")
        counts = self._region_counts()
        parts: dict[str, list[Row]] = {}
        for row in self.site.regions.values():
            parts.setdefault(row["parent_code"] or "", []).append(row)
        return {
            code: [
                self.shared_inputs(),
                row,
                self.site.regions.get(row["parent_code"] or ""),
                parts.get(code, []),
                figures.get(code, ""),
                counts.get(code, 0),
            ]
            for code, row in self.site.regions.items()
        }

    def _region_counts(self) -> dict[str, int]:
        rows = self.edition.con.execute(
            "select region_code, count(*) from qt_observation "
            "where known_to is null and coalesce(is_headline, true) group by 1"
        ).fetchall()
        return dict(rows)

    def region_pages(self, codes: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Write the pages of regions, with the latest figure of each indicator; yields both."""
        if not codes:
            return
        listed = ", ".join(literal(code) for code in codes)
        shown = model.REGION_FIGURES.format(limit=ITEMS_SHOWN)
        rows = self.reader.rows(
            f"from ({shown}) where region_code in ({listed}) order by region_code, theme, "
            "indicator_code, period_kind, scope, basis, breakdown, figure_kind, subject, locality"
        )
        figures, counts = dict(by(rows, "region_code")), self._region_counts()
        parts: dict[str, list[Row]] = {}
        for row in self.site.regions.values():
            parts.setdefault(row["parent_code"] or "", []).append(row)
        for code in codes:
            row = self.site.regions[code]
            content = {
                "it": row,
                "rows": figures.get(code, []),
                "parts": parts.get(code, []),
                "figure_count": counts.get(code, 0),
                "limit": ITEMS_SHOWN,
            }
            title = (row["region_name_zh"] or code, row["region_name_en"] or code)
            path = f"region/{file_name(code)}.html"
            yield code, self.page(path, "region", title, content, section="search")

    def _downloads(self) -> Row:
        """Every file of the release, with its size where it is written by now."""
        sizes = {
            path: fact.size_bytes
            for path, fact in self.edition.files.items()
            if not path.startswith(f"{SITE}/")
        }
        tables = []
        listed: set[str] = set()
        for table in self.edition.tables:
            csv = csv_path(table.schema, table.name)
            parquet = parquet_path(table.schema, table.name)
            listed |= {csv, parquet}
            tables.append(
                {
                    "schema": table.schema,
                    "table": table,
                    "csv": csv,
                    "parquet": parquet,
                    "is_late": (table.schema, table.name) == RELEASE_FILE_TABLE,
                }
            )
        books = []
        for schema in sorted({table.schema for table in self.edition.tables}):
            if workbook_path(schema) in sizes:
                books.append((schema, workbook_path(schema)))
                listed.add(workbook_path(schema))
        return {
            "tables": by(tables, "schema"),
            "books": books,
            "sizes": sizes,
            "others": [(path, _what(path)) for path in sorted(sizes) if path not in listed],
            "late": [(path, _what(path)) for path in (MART_FILE, DATAPACKAGE_FILE, MANIFEST_FILE)],
            "charts": self.chosen,
        }


def _joined(words: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Words of both languages, a point between them."""
    return " · ".join(zh for zh, _ in words), " · ".join(en for _, en in words)


def _drawing(drawn: series.Drawn | None) -> Row:
    return {
        "drawing": drawn.svg if drawn else "",
        "is_from_zero": bool(drawn and drawn.is_from_zero),
    }


_SAME = (
    "region_code period period_kind measure basis scope price_basis breakdown figure_kind subject "
    "locality"
).split()


def _revisions(current: Sequence[Row], others: Sequence[Row]) -> list[tuple[Row, Row]]:
    """What was said of a figure, and what took its place that day, the newest first."""
    later = {
        (*(row[name] for name in _SAME), row["known_from"]): row
        for row in (*others, *current)
        if row["is_headline"] is not False
    }
    pairs = [
        (row, later[key])
        for row in others
        if row["known_to"] is not None
        and row["value"] is not None
        and (key := (*(row[name] for name in _SAME), row["known_to"])) in later
    ]
    pairs = [(old, new) for old, new in pairs if new["value"] is not None and new is not old]
    return sorted(pairs, key=lambda pair: str(pair[1]["known_from"]), reverse=True)


def _among(row: Row, one: Beside) -> str:
    """10个中第4, 4 of 10: where a figure stands among those of all regions that have one."""
    count = len(one.rows)
    is_last = count > 1 and all(row["value"] <= other["value"] for other in one.rows)
    last = ("（末位）", " (last)") if is_last else ("", "")
    return both(f"{count} 个中第 {row['place']}{last[0]}", f"{row['place']} of {count}{last[1]}")


def _of_release(name: str) -> tuple[str, int | None, str]:
    """A script of which ``data/release.js`` says what it holds."""
    return name, None, ""


# What a file is, by where it lies; the first pattern that fits.
_KINDS: Sequence[tuple[str, str, str]] = (
    (MART_FILE, "DuckDB 数据库：全部表、说明与 as_of 查询", "DuckDB database: all tables, their "
     "descriptions and as_of"),
    (MANIFEST_FILE, "清单：每个文件的大小与 SHA-256", "Manifest: size and SHA-256 of every file"),
    (DATAPACKAGE_FILE, "Data Package 描述：字段、类型、来源", "Data Package: fields and sources"),
    ("quality/report.html", "质量报告，可打印", "Quality report, fit to print"),
    ("quality/report.json", "质量报告，供程序读取", "Quality report for programs"),
    ("quality/", "数据质量", "Data quality"),
    ("csv/", "CSV 表", "CSV table"),
    ("parquet/", "Parquet 表", "Parquet table"),
    (MONTHLY_FILE, "统计月报，可打印", "Monthly report, fit to print"),
    (YEARBOOK_FILE, "统计年鉴，可打印", "Statistical yearbook, fit to print"),
    ("xlsx/", "Excel 工作簿", "Excel workbook"),
    ("sdmx/", "SDMX 交换文件", "SDMX exchange file"),
    ("semantic/", "语义约定：指标、维度与可否相加（Apache Ossie）",
     "Semantic contract: measures, dimensions, what adds up (Apache Ossie)"),
    ("brief/", "Word 简报", "Word brief"),
    (CITATION_FILE, "引用方式", "How to cite the release"),
    ("", "其他文件", "Other file"),
)  # fmt: skip


def _what(path: str) -> tuple[str, str]:
    return next((zh, en) for start, zh, en in _KINDS if path.startswith(start))


def _size(size: int | None) -> str:
    """A size for people: kB and MB of a thousand."""
    if size is None:
        return "–"
    for limit, divisor, unit in ((10**3, 1, "B"), (10**6, 10**3, "kB"), (10**9, 10**6, "MB")):
        if size < limit:
            return f"{size / divisor:.{0 if size / divisor >= 100 or unit == 'B' else 1}f} {unit}"
    return f"{size / 10**9:.1f} GB"
