"""Writes the site of a release: which pages there are, what each is called, and its data scripts.

Belongs here: one method per kind of page, and the order of writing. Does not belong here: SQL
(``model``, ``diff``), charts, and how a figure looks (``markup``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.bounds import BOUNDS
from orchestration.publish.durable import files_below
from orchestration.publish.layout import (
    DATAPACKAGE_FILE,
    MANIFEST_FILE,
    MART_FILE,
    RELEASE_FILE_TABLE,
    csv_path,
    parquet_path,
    workbook_path,
)
from orchestration.publish.printed import PrintedTable, Words, print_table
from orchestration.publish.report import Row as Report
from orchestration.publish.site import charts, diff, model, search
from orchestration.publish.site.formal import ROWS_SHOWN, Formal, by, plain_number
from orchestration.publish.site.markup import (
    GAPS,
    MARKS,
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
    safe,
    sign_html,
)
from orchestration.publish.site.model import Row, Site
from orchestration.publish.tables import Table
from orchestration.publish.workbook import LEFT_OUT, printed_themes

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from jinja2 import Environment, Template

SITE = "site"
FIXED_PAGES = (
    "index", "scorecard", "plan", "peers", "quality", "changes", "methods", "search", "downloads",
)  # fmt: skip
HEADLINES = 8
ITEMS_SHOWN = 400
_HERE = Path(__file__).parent
ASSETS = ("qt.css", "qt.js")
# Schemas without figures of a theme: their tables are for methods and for machines.
_NO_THEME = ("core", "quality", "meta")
_PROFILE_TABLE = ("core", "district_profile")


def _bounds_for_scripts() -> str:
    """By qualifier its signs, and on which side of the number the true figure lies."""
    told = {code: (bound.sign, -(bound.rounding or 0)) for code, bound in BOUNDS.items()}
    return json.dumps(told, ensure_ascii=False)


@dataclass(frozen=True)
class Source:
    """What a site is made from.

    Attributes:
        con: A connection with the release attached.
        catalog: The name it is attached under.
        tables: Its published tables.
        printed: Its tables as the workbooks print them, by schema and name.
        words: The words of code lists.
        report: The quality report.
        relations: Declared relations between indicators.
        previous: The folder of the release in force, to tell what this one changes.
    """

    con: DuckDBPyConnection
    catalog: str
    tables: Sequence[Table]
    printed: Mapping[tuple[str, str], PrintedTable]
    words: Words
    report: Report
    relations: list[Row]
    previous: Path | None = None


def expected_pages(
    themes: Sequence[str], indicators: Sequence[str], regions: Sequence[str]
) -> set[str]:
    """The pages a site must have, relative to it."""
    return {
        *(f"{name}.html" for name in FIXED_PAGES),
        *(f"theme/{file_name(theme)}.html" for theme in themes),
        *(f"indicator/{file_name(code)}.html" for code in indicators),
        *(f"region/{file_name(code)}.html" for code in regions),
    }


def print_shown(
    con: DuckDBPyConnection, catalog: str, tables: Sequence[Table], words: Words
) -> dict[tuple[str, str], PrintedTable]:
    """The tables of all themes as they are printed, with no more rows than pages can show."""
    found = {}
    for number, _, own in printed_themes(tables, words):
        shown = [table for table in own if (table.schema, table.name) not in LEFT_OUT]
        for place, table in enumerate(shown, start=1):
            printed = print_table(con, catalog, table, f"{number}-{place}", words)
            kept = printed.rows[: ROWS_SHOWN * 5]
            found[(table.schema, table.name)] = replace(printed, rows=kept)
    return found


def write_site(source: Source, directory: Path) -> None:
    """Write ``site/`` into the folder of a release that has its other files already."""
    reader = model.Reader(source.con, source.catalog, source.tables)
    release = reader.rows(f'from "{source.catalog}".meta.release')[0]
    site = model.read_site(reader, release, source.relations)
    changes = diff.compare(source.con, reader, source.previous)
    _Writer(source, reader, site, changes, directory).write()


class _Writer:
    """Holds what all pages share."""

    def __init__(
        self,
        source: Source,
        reader: model.Reader,
        site: Site,
        changes: diff.Changes,
        directory: Path,
    ) -> None:
        self.source, self.reader, self.site, self.changes = source, reader, site, changes
        self.directory = directory
        self.root = directory / SITE
        self.release_id = str(site.release["release_id"])
        self.units = Units(source.words.get("unit", {}))
        self.word = Wording(source.words)
        self.district = str(site.release.get("district_code") or "")
        self.formal = Formal(self.units, site.regions, site.periods, self.district)
        self.names = {row["indicator_code"]: row for row in site.indicators}
        self.templates: dict[str, Template] = {}
        self.shells: dict[tuple[str, str, str], tuple[Any, ...]] = {}
        self.data: dict[str, tuple[int, str]] = {}
        self.themes = self._themes()
        self.environment = self._environment()
        self.drawn: list[charts.Drawn] = []

    def write(self) -> None:
        """All pages; data scripts first, because a page names the checksum of its own."""
        for name in (
            "",
            "assets",
            "data",
            "data/indicator",
            "theme",
            "indicator",
            "region",
            "charts",
        ):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        for name in ASSETS:
            text = (_HERE / "assets" / name).read_text(encoding="utf-8")
            self._put(f"assets/{name}", text.replace('"@bounds@"', _bounds_for_scripts()))
        # Vega-Lite runs in an engine of its own, beside what Python writes meanwhile.
        with ThreadPoolExecutor(1) as beside:
            chosen = charts.choose(self.reader, self.site)
            drawing = beside.submit(charts.draw, chosen, self.units)
            self._write_data()
            self._indicators()
            self._regions()
            self.drawn = drawing.result()
        for drawn in self.drawn:
            self._put(f"charts/{drawn.chart.id}.zh.svg", drawn.zh)
            self._put(f"charts/{drawn.chart.id}.en.svg", drawn.en)
        for theme in self.themes:
            self._theme(theme)
        self._page("index.html", "index", ("首页", "Overview"), self._index())
        self._page("scorecard.html", "scorecard", ("领导参阅表", "Scorecard"), {})
        self._page("plan.html", "plan", ("规划进度", "Plan"), self._theme_content("plan", ""))
        self._page("peers.html", "peers", ("对标位次", "Peers"), self._theme_content("peers", ""))
        self._page("changes.html", "changes", ("与上一版本的差别", "Changes"), {})
        self._page("quality.html", "quality", ("数据质量", "Data quality"), self._quality())
        self._page("methods.html", "methods", ("口径与方法", "Methods"), self._methods())
        self._page(
            "search.html",
            "search",
            ("指标与地区", "Indicators and regions"),
            {"groups": self._listed()},
            data=("search",),
        )
        self._page("downloads.html", "downloads", ("下载", "Downloads"), self._downloads())

    # --- data ----------------------------------------------------------------------------------

    def _write_data(self) -> None:
        entries = search.entries(self.site.indicators, self.site.regions.values())
        scales = {
            unit: [list(scale.wan), list(scale.yi)] for unit, scale in self.units.scales.items()
        }
        unit_words = {
            unit: self.units.en(unit)
            for (unit,) in self.source.con.execute(
                "select distinct unit from qt_observation where unit is not null order by unit"
            ).fetchall()
        }
        release = {"release": self.release_id, "scales": scales, "units": unit_words}
        self._script("release", compact_json(release), 1)
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
                for name, words in self.source.words.items()
                if name in ("period_kind", "scope", "basis", "breakdown", "obs_status")
            },
            "district": self.district,
        }
        self._script("names", compact_json(names), len(names["regions"]))
        themes = {theme: list(self._theme_pair(theme)) for theme in sorted(self._used_themes())}
        self._script("search", compact_json({"themes": themes, "entries": entries}), len(entries))

    def _script(self, name: str, payload: str, count: int) -> None:
        self._put(f"data/{name}.js", data_script(name, self.release_id, payload, count))
        self.data[name] = (count, checksum(payload))

    def _put(self, name: str, text: str) -> None:
        # What is no character at all cannot be written, and must not stop a release.
        content = text.encode("utf-8", "replace")
        (self.root / name).write_bytes(content)

    # --- pages ---------------------------------------------------------------------------------

    def _page(
        self,
        path: str,
        template: str,
        title: tuple[str, str],
        content: Mapping[str, Any],
        *,
        data: Sequence[str] = (),
        section: str = "",
    ) -> None:
        base = "../" * path.count("/")
        found = self.templates.get(template)
        if found is None:
            found = self.environment.get_template(f"{template}.html.j2")
            self.templates[template] = found
        names = ["release", *data]
        header, footer = self._shell(base, path, section or template)
        html = found.render(
            content,
            base=base,
            path=path,
            title=title,
            header=header,
            footer=footer,
            data_files=[(name, *self.data[name]) for name in names],
        )
        self._put(path, html)

    def _shell(self, base: str, path: str, section: str) -> tuple[Any, Any]:
        """Header and footer, the same for all pages of a kind: hundreds share one rendering."""
        is_short = path.startswith(("indicator/", "region/"))
        key = (base, "" if is_short else path, section)
        if key not in self.shells:
            values = {"base": base, "path": key[1], "section": section, "is_short": is_short}
            self.shells[key] = tuple(
                as_markup(self.environment.get_template(f"_{name}.html.j2").render(values))
                for name in ("header", "footer")
            )
        header, footer = self.shells[key]
        return header, footer

    def _environment(self) -> Environment:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            finalize=finalize,
        )

        def marked(function: Callable[..., str]) -> Callable[..., Any]:
            return lambda *args, **kwargs: as_markup(function(*args, **kwargs))

        environment.globals |= {
            "both": marked(both),
            "word": marked(self.word),
            "fig": marked(self._figure),
            "sign": marked(sign_html),
            "gap": marked(gap_html),
            "unit": marked(self.units.html),
            "safe": marked(safe),
            "period": marked(self.formal.period),
            "region": marked(self._region),
            "indicator": marked(self._indicator_link),
            "source": marked(self._source),
            "plain": plain_number,
            "page": file_name,
            "site": self.site,
            "release": self.site.release,
            "report": self.source.report,
            "changes": self.changes,
            "themes": self.themes,
            "theme_name": marked(lambda theme: both(*self._theme_pair(theme))),
            "legend_signs": [bound for bound in BOUNDS.values() if bound.sign[0]],
            "legend_marks": MARKS,
            "legend_gaps": GAPS,
            "district": self.district,
            "size": _size,
            "by": by,
        }
        return environment

    def _figure(self, row: Row, base: str = "value", unit: str | None = None, **more: Any) -> str:
        """A figure of a row: ``value`` with its own columns, or ``growth`` with ``growth_…``."""
        is_main = base == "value"
        return figure(
            self.units,
            row[base],
            row.get("unit") if is_main and unit is None else unit,
            row.get("qualifier" if is_main else f"{base.removesuffix('_value')}_qualifier"),
            status=row.get("obs_status") if is_main else None,
            conf=row.get("conf_status") if is_main else None,
            is_simulated=row.get("is_simulated") if is_main else False,
            is_inferred=row.get("is_period_inferred") if is_main else False,
            **more,
        )

    def _region(self, code: str | None, zh: str | None = None, base: str | None = None) -> str:
        known = self.site.regions.get(code or "", {})
        text = both(known.get("region_name_zh") or zh or code, known.get("region_name_en") or zh)
        if base is None or not known:
            return text
        return f'<a href="{base}region/{file_name(code or "")}.html">{text}</a>'

    def _indicator_link(self, code: str | None, base: str) -> str:
        known = self.names.get(code or "")
        if known is None:
            return safe(code or "")
        text = both(known["name_zh"] or code, known["name_en"])
        return f'<a href="{base}indicator/{file_name(code or "")}.html">{text}</a>'

    def _source(self, row: Row, base: str) -> str:
        """The document a figure comes from, with the place in it."""
        known = self.site.documents.get(row.get("source_document") or "", {})
        place = f' <span class="place">{safe(row.get("source_place") or "")}</span>'
        if not known:
            return safe(row.get("source_document") or "") + place
        text = both(known["title_zh"] or known["source_document"], known["title_en"])
        anchor = f"doc-{file_name(known['source_document'])}"
        return f'<a href="{base}methods.html#{anchor}">{text}</a>{place}'

    # --- themes --------------------------------------------------------------------------------

    def _used_themes(self) -> set[str]:
        schemas = {table.schema for table in self.source.tables} - set(_NO_THEME)
        named = {row["theme"] for row in self.site.indicators if row["theme"]}
        return schemas | named

    def _themes(self) -> list[str]:
        listed = self.source.words.get("theme", {})
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

    def _theme(self, theme: str) -> None:
        path = f"theme/{file_name(theme)}.html"
        self._page(path, "theme", self._theme_pair(theme), self._theme_content(theme, "../"))

    def _theme_content(self, theme: str, base: str) -> Row:
        own = [row for row in self.site.indicators if row["theme"] == theme]
        tables = [
            printed
            for (schema, name), printed in self.source.printed.items()
            if schema == theme or (theme == "profile" and (schema, name) == _PROFILE_TABLE)
        ]
        topics: dict[str, list[Row]] = {}
        for row in own[:ITEMS_SHOWN]:
            topics.setdefault(row["topic"] or "", []).append(row)
        return {
            "theme": theme,
            "topics": sorted(topics.items()),
            "count": len(own),
            "left_out": max(0, len(own) - ITEMS_SHOWN),
            "drawn": [drawn for drawn in self.drawn if drawn.chart.theme == theme],
            "tables": [as_markup(self.formal.render(printed, base)) for printed in tables],
            "latest": self.site.latest,
            "markup": as_markup,
            "chart_base": f"{base}charts/",
        }

    # --- single pages --------------------------------------------------------------------------

    def _index(self) -> Row:
        shown = [row for row in self.site.scorecard if row["value"] is not None]
        if not shown:
            # Without a scorecard: whatever the district has, with nothing beside it.
            empty = dict.fromkeys(model.scorecard_columns())
            for code, row in self.site.latest.items():
                if row["value"] is not None and code in self.names:
                    named = self.names[code]
                    names = {
                        "indicator_name_zh": named["name_zh"],
                        "indicator_name_en": named["name_en"],
                    }
                    shown.append({**empty, **row, **names})
        counts = {
            theme: sum(row["theme"] == theme for row in self.site.indicators)
            for theme in [*self.themes, *model.OWN_THEMES]
        }
        return {"headlines": shown[:HEADLINES], "theme_counts": counts, "latest": self.site.latest}

    def _quality(self) -> Row:
        by_rule: dict[str, list[Row]] = {}
        for finding in self.source.report["findings"][:ITEMS_SHOWN]:
            by_rule.setdefault(finding["rule_id"], []).append(finding)
        groups = [
            {**group, "shown": by_rule[group["rule_id"]]}
            for group in self.source.report["findings_by_rule"]
            if group["rule_id"] in by_rule
        ]
        return {"groups": groups}

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

    def _indicators(self) -> None:
        relations: dict[str, list[Row]] = {}
        for row in self.site.relations:
            for code in {row["indicator_code"], row["other_code"], row["numerator_code"]}:
                if code:
                    relations.setdefault(code, []).append(row)
        findings: dict[str, list[Row]] = {}
        for finding in self.source.report["findings"]:
            findings.setdefault(finding["indicator_code"] or "", []).append(finding)
        for code, current, others, text, count in model.figures(
            self.reader, list(self.names), self.district
        ):
            name = f"indicator/{file_name(code)}"
            payload = text
            self._script(name, payload, count)
            row = self.names[code]
            self._page(
                f"{name}.html",
                "indicator",
                (row["name_zh"] or code, row["name_en"] or row["name_zh"] or code),
                {
                    "it": row,
                    "current": current,
                    "others": others,
                    "figure_count": count,
                    "relations": relations.get(code, []),
                    "findings": findings.get(code, []),
                    "data_name": name,
                    "limit": model.FIGURES_SHOWN,
                },
                data=("names", name),
                section="search",
            )
            del self.data[name]

    def _regions(self) -> None:
        """One page for each region that has figures, with its latest of each indicator."""
        rows = self.reader.rows(_REGION_FIGURES.format(limit=ITEMS_SHOWN))
        counts = dict(
            self.source.con.execute(
                "select region_code, count(*) from qt_observation "
                "where known_to is null and coalesce(is_headline, true) group by 1"
            ).fetchall()
        )
        figures = dict(by(rows, "region_code"))
        for code, row in self.site.regions.items():
            parts = [other for other in self.site.regions.values() if other["parent_code"] == code]
            self._page(
                f"region/{file_name(code)}.html",
                "region",
                (row["region_name_zh"] or code, row["region_name_en"] or code),
                {
                    "it": row,
                    "rows": figures.get(code, []),
                    "parts": parts,
                    "figure_count": counts.get(code, 0),
                    "limit": ITEMS_SHOWN,
                },
                section="search",
            )

    def _downloads(self) -> Row:
        """Every file of the release, with its size where it is written by now."""
        sizes = {
            path: (self.directory / path).stat().st_size
            for path in files_below(self.directory)
            if not path.startswith((MART_FILE, f"{SITE}/"))
        }
        tables = []
        listed: set[str] = set()
        for table in self.source.tables:
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
        for schema in sorted({table.schema for table in self.source.tables}):
            if workbook_path(schema) in sizes:
                books.append((schema, workbook_path(schema)))
                listed.add(workbook_path(schema))
        return {
            "tables": by(tables, "schema"),
            "books": books,
            "sizes": sizes,
            "others": [(path, _what(path)) for path in sorted(sizes) if path not in listed],
            "late": [(path, _what(path)) for path in (MART_FILE, DATAPACKAGE_FILE, MANIFEST_FILE)],
            "drawn": self.drawn,
        }


_REGION_FIGURES = """
select o.*
from qt_observation as o
where known_to is null and coalesce(is_headline, true)
qualify
    row_number() over (
        partition by region_code, indicator_code, period_kind, scope, basis, breakdown
        order by period_end desc, period_start desc, observation_id
    ) = 1
    and dense_rank() over (partition by region_code order by theme, indicator_code) <= {limit}
order by region_code, theme, indicator_code, period_kind, scope, basis, breakdown
"""

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
    ("xlsx/", "Excel 工作簿", "Excel workbook"),
    ("sdmx/", "SDMX 交换文件", "SDMX exchange file"),
    ("docx/", "Word 简报", "Word brief"),
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
