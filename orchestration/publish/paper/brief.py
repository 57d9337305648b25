"""Briefs in Word on one page, in Chinese and in English: of the district, and of each theme.

Belongs here: reading what a brief needs from an attached release, fitting it on one page of A4,
and writing it with python-docx. Does not belong here: what a brief says (``brief_model``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from orchestration.publish.layout import brief_path
from orchestration.publish.paper.brief_model import (
    Entry,
    Limits,
    Part,
    Selection,
    Sentence,
    Structure,
    choose_charts,
    cut,
    form_of,
    most_used,
    notes,
    select,
    source_line,
)
from orchestration.publish.paper.charts import Chart, draw
from orchestration.publish.paper.figures import (
    Figure,
    clean,
    figure_cell,
    printed_unit,
)
from orchestration.publish.printed import Words, quoted, text_width
from orchestration.publish.prose import english
from orchestration.publish.prose.known import Known, read_known
from orchestration.publish.prose.tell import Told, told, whole_of
from orchestration.publish.report import SIMULATED_LABEL, open_findings
from orchestration.publish.report import Row as Report
from orchestration.publish.tables import Table, literal, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DISTRICT = "district"
# A bookmark's name: which figure it holds, and a number that makes it unique.
BOOKMARK = re.compile(r"figure_(\w+)_(\d+)$")

_PAGE = (595.3, 841.9)
_MARGIN_X, _MARGIN_TOP, _MARGIN_BOTTOM, _FOOTER_ROOM = 51.0, 45.0, 52.0, 26.0
_WIDTH = _PAGE[0] - 2 * _MARGIN_X
# Word, WPS and LibreOffice do not break lines alike: what is counted is kept below the page.
_ROOM = _PAGE[1] - _MARGIN_TOP - _MARGIN_BOTTOM - 16
_COLUMNS = {
    "zh": (193.0, 74.0, 78.0, 46.0, 62.0, 40.0),
    "en": (153.0, 86.0, 130.0, 0.0, 72.0, 52.0),
}
_HEADS = {
    "zh": ("指标", "报告期", "数值", "单位", "增长%", "位次"),
    "en": ("Indicator", "Period", "Value", "", "Growth, %", "Rank"),
}
LANGUAGES = ("zh", "en")
_HEADINGS = {
    "zh": ("要点", "主要数据", "说明与来源", "资料来源："),
    "en": ("Highlights", "Key figures", "Notes and sources", "Sources: "),
}
_VALUE, _UNIT, _GROWTH, _RANK = 2, 3, 4, 5
_SMALLER_NAME = 8.0
"""Points of an English name that takes two lines of a row."""
_CHART_WIDTH = _WIDTH / 2 - 8

_FANGSONG, _HEITI, _SONGTI, _LATIN = "仿宋", "黑体", "宋体", "Times New Roman"
_RED, _GREY, _INK, _RULE = "C00000", "666666", "000000", "8C8C8C"

# Name, East Asian font, size, height of a line, space before, bold, colour.
_STYLES: tuple[tuple[str, str, float, float, float, bool, str], ...] = (
    ("Brief Title", _HEITI, 22, 30, 0, False, _RED),
    ("Brief Subtitle", _HEITI, 13, 19, 0, False, _INK),
    ("Brief Line", _SONGTI, 9, 14, 2, False, _INK),
    ("Brief Label", _HEITI, 10.5, 15, 3, True, _RED),
    ("Brief Heading", _HEITI, 11.5, 17, 6, False, _INK),
    ("Brief Lead", _FANGSONG, 12, 18, 2, True, _INK),
    ("Brief Body", _FANGSONG, 11, 16.5, 0, False, _INK),
    ("Brief Cell", _SONGTI, 9, 11.5, 0, False, _INK),
    ("Brief Small", _SONGTI, 7, 8.5, 0, False, _GREY),
    ("Brief Caption", _HEITI, 9, 12, 0, False, _INK),
    ("Brief Bar", _SONGTI, 7.5, 8.2, 0, False, _INK),
    ("Brief Note", _SONGTI, 8, 10.5, 0, False, _INK),
    ("Brief Footer", _SONGTI, 7.5, 10, 0, False, _GREY),
)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_LINE = {name: height for name, _, _, height, _, _, _ in _STYLES}
_SIZE = {name: size for name, _, size, _, _, _, _ in _STYLES}
_SPACE = {name: space for name, _, _, _, space, _, _ in _STYLES}

# From rich to poor: the first that fits on the page is taken.
_LIMITS = (
    *(Limits(rows, told, 3, 132) for told in (7, 6, 5) for rows in (12, 11, 10, 9, 8)),
    Limits(8, 4, 3, 124),
    Limits(7, 4, 2, 116),
    Limits(6, 3, 2, 108, 48),
    Limits(6, 3, 2, 100, 40),
    Limits(5, 2, 1, 92, 32),
    Limits(4, 2, 1, 84, 24),
)


@dataclass(frozen=True)
class _Subject:
    """What a brief is about."""

    name: str
    title_zh: str
    title_en: str
    selection: Selection
    figures: tuple[Figure, ...]
    structures: tuple[Structure, ...]
    among: Mapping[str, str]
    told: tuple[Told, ...]

    def title(self, language: str) -> str:
        """What it is called."""
        return self.title_zh if language == "zh" else self.title_en


@dataclass(frozen=True)
class _Page:
    """All that stands on the page, and what it takes of it."""

    limits: Limits
    told: tuple[Told, ...]
    entries: tuple[Entry, ...]
    charts: tuple[Chart, ...]
    notes: tuple[str, ...]
    source: str
    height: float


def write_briefs(
    con: DuckDBPyConnection,
    catalog: str,
    tables: Sequence[Table],
    words: Words,
    report: Report,
    directory: Path,
    figures: Sequence[Figure],
    subjects: Collection[str],
) -> list[str]:
    """Write the briefs of an attached release; a theme without figures of the district has none.

    Args:
        con: A connection that has the release attached.
        catalog: The name it is attached under.
        tables: Its published tables.
        words: The words of code lists.
        report: The quality report: district, release, policy, statement of open findings.
        directory: The folder of the release.
        figures: Its headline figures.
        subjects: What to write about: themes, and the district as ``DISTRICT``.

    Returns:
        The paths of the briefs in the release.
    """
    sources = _source_titles(con, catalog)
    day = date.fromisoformat(report["release"]["release_day"])
    known = read_known(con, catalog, tables, words, figures, day)
    paths = []
    for subject in _subjects(con, catalog, tables, words, known):
        if subject.name not in subjects:
            continue
        for language in LANGUAGES:
            path = brief_path(subject.name, language)
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            page = _fit(subject, words, sources, language)
            document = _Document(subject, page, words, report, language)
            (directory / path).write_bytes(document.write())
            paths.append(path)
    return paths


# --- reading -----------------------------------------------------------------------------------


def _subjects(
    con: DuckDBPyConnection,
    catalog: str,
    tables: Sequence[Table],
    words: Words,
    known: Known,
) -> list[_Subject]:
    """The district, then its themes in the order of their list."""
    code = known.district
    own = [figure for figure in known.figures if figure.region_code == code]
    scorecard, (ranked, among), structures, _ = read_beside(con, catalog, tables, code)
    themes = words.get("theme", {})
    last = max((word.sort for word in themes.values()), default=0) + 1
    names = sorted(
        {figure.theme for figure in own if figure.theme},
        key=lambda name: (themes[name].sort if name in themes else last, name),
    )
    found = []
    whole = _whole_selection(select(own, scorecard, ranked, words), scorecard)
    if not whole.is_empty:
        found.append(_Subject(DISTRICT, f"{whole_of(known, code)}主要指标", "Key figures", whole,
                              _figures_of(whole, own), (), among,
                              tuple(told(known))))  # fmt: skip
    for name in names:
        word = themes.get(name)
        figures = tuple(figure for figure in own if figure.theme == name)
        selection = select(figures, scorecard, ranked, words)
        parts = tuple(part for part in structures if part.table.startswith(f"{name}."))
        if not selection.is_empty:
            found.append(_Subject(name, word.zh if word else name,
                                  _capital(word.en if word else name), selection, figures,
                                  parts, among, tuple(told(known, theme=name))))  # fmt: skip
    return found


def read_beside(
    con: DuckDBPyConnection, catalog: str, tables: Sequence[Table], district: str
) -> tuple[
    list[str],
    tuple[dict[str, str], dict[str, str]],
    list[Structure],
    dict[str, tuple[str, str, str]],
]:
    """What briefs are made from besides figures: the leaders' sheet, ranks, parts, documents."""
    return (
        _scorecard(con, catalog, tables),
        _rankings(con, catalog, tables),
        _structures(con, catalog, tables, district),
        _source_titles(con, catalog),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _whole_selection(selection: Selection, scorecard: Sequence[str]) -> Selection:
    """For the district: the leaders' sheet alone, where there is one."""
    listed = tuple(e for e in selection.entries if e.figure.indicator_code in scorecard)
    listed = tuple(sorted(listed, key=lambda e: scorecard.index(e.figure.indicator_code)))
    return Selection(listed or selection.entries, selection.ranks, (), selection.before)


def _figures_of(selection: Selection, own: Sequence[Figure]) -> tuple[Figure, ...]:
    """All periods of the indicators that a selection speaks of."""
    codes = {figure.indicator_code for entry in selection.entries for figure in entry.figures}
    return tuple(figure for figure in own if figure.indicator_code in codes)


def _has(tables: Sequence[Table], schema: str, name: str, *columns: str) -> bool:
    return any(
        (table.schema, table.name) == (schema, name) and all(map(table.has, columns))
        for table in tables
    )


def _scorecard(con: DuckDBPyConnection, catalog: str, tables: Sequence[Table]) -> list[str]:
    if not _has(tables, "peers", "scorecard", "sort", "indicator_code"):
        return []
    rows = con.execute(
        f"select indicator_code from {quote(catalog)}.peers.scorecard order by sort, indicator_code"
    ).fetchall()
    return [code for (code,) in rows]


def _rankings(
    con: DuckDBPyConnection, catalog: str, tables: Sequence[Table]
) -> tuple[dict[str, str], dict[str, str]]:
    """Of the indicator of a rank: the indicator that it ranks, and among whom."""
    if not _has(tables, "peers", "ranking", "indicator_code", "ranked_code", "ranked_among"):
        return {}, {}
    rows = con.execute(
        "select distinct indicator_code, ranked_code, ranked_among "
        f"from {quote(catalog)}.peers.ranking order by all"
    ).fetchall()
    ranked = {code: other for code, other, _ in rows if other is not None}
    return ranked, {code: among for code, _, among in rows if among is not None}


_PART_COLUMNS = ("region_code", "period", "period_end", "item_name_zh", "item_name_en",
                 "is_part_of_total", "share_printed", "share_printed_qualifier", "residual_share",
                 "residual_share_qualifier")  # fmt: skip


def _structures(
    con: DuckDBPyConnection, catalog: str, tables: Sequence[Table], district: str
) -> list[Structure]:
    """Totals whose printed parts a mart lists beside the share that none of them explains."""
    found = []
    for table in tables:
        if not all(map(table.has, _PART_COLUMNS)):
            continue
        rows = con.execute(
            f"""
            select
                t.period, coalesce(p.label_zh, t.period), coalesce(p.label_en, t.period),
                t.item_name_zh, coalesce(t.item_name_en, ''), t.is_part_of_total,
                t.share_printed, t.share_printed_qualifier,
                t.residual_share, t.residual_share_qualifier
            from {table.in_catalog(catalog)} as t
            left join {quote(catalog)}.core.period as p on t.period = p.period
            where t.region_code = {literal(district)}
                and (t.residual_share is not null
                    or (t.is_part_of_total and t.share_printed is not null))
            order by t.period_end desc, t.period, t.share_printed desc nulls last, t.item_name_zh
            """
        ).fetchall()
        newest = [row for row in rows if row[0] == rows[0][0]]
        parts = [row for row in newest if row[5] and row[6] is not None]
        rest = next((row for row in newest if row[8] is not None), None)
        if len(parts) < 2:
            continue
        found.append(
            Structure(
                table.qualified,
                f"{table.title_zh}构成",
                f"{table.title_en}: structure",
                newest[0][1],
                newest[0][2],
                tuple((row[3], row[4], row[6], row[7]) for row in parts),
                (rest[8], rest[9]) if rest else None,
            )
        )
    return found


def _source_titles(con: DuckDBPyConnection, catalog: str) -> dict[str, tuple[str, str, str]]:
    """Of each document its title in Chinese and in English, and who issued it."""
    rows = con.execute(
        "select source_document, coalesce(title_zh, source_document), "
        "coalesce(title_en, title_zh, source_document), coalesce(issuer, '') "
        f"from {quote(catalog)}.core.source_document order by source_document"
    ).fetchall()
    return {name: (quoted(clean(zh)), clean(en), clean(issuer)) for name, zh, en, issuer in rows}


# --- fitting -----------------------------------------------------------------------------------


def _fit(
    subject: _Subject, words: Words, sources: Mapping[str, tuple[str, str, str]], language: str
) -> _Page:
    """The richest page that is one page."""
    charts = choose_charts(subject.figures, subject.selection.entries, subject.structures, words)
    for limits in _LIMITS:
        page = _compose(subject, words, sources, charts, limits, language)
        if page.height <= _ROOM:
            return page
    return page


def _compose(
    subject: _Subject,
    words: Words,
    sources: Mapping[str, tuple[str, str, str]],
    charts: Sequence[Chart],
    limits: Limits,
    language: str,
) -> _Page:
    selection = subject.selection
    body = subject.told[: limits.sentences]
    entries = _rows_of(selection, limits.rows)
    said = [part[1] for one in body for part in _in(one, language) if not isinstance(part, str)]
    used = list(dict.fromkeys([*said, *(f for entry in entries for f in entry.figures)]))
    room = _name_room(entries, language)
    is_cut = any(
        _name_line(figure, language, room) != _name(figure, language)
        for entry in entries
        for figure in entry.figures[:1]
    )
    documents = most_used(used)
    titles = [
        (found[0] if language == "zh" else found[1], found[2])
        for found in (sources.get(name, (name, name, "")) for name in documents)
    ]
    remarks = notes(used, charts, words, language, is_cut=is_cut)
    source = source_line(titles, limits.sources, language)
    height = _height(body, entries, charts, remarks, source, limits, language)
    return _Page(limits, tuple(body), tuple(entries), tuple(charts), tuple(remarks), source,
                 height)  # fmt: skip


def _in(one: Told, language: str) -> Sentence:
    return one.zh if language == "zh" else one.en


def _rows_of(selection: Selection, limit: int) -> list[Entry]:
    """The rows of the table: entries, then ranks, then targets, while there is room."""
    rows = [*selection.entries, *(Entry(figure) for figure in selection.ranks)]
    rows += [Entry(figure) for figure in selection.targets]
    return rows[:limit]


def _height(
    body: Sequence[Told],
    entries: Sequence[Entry],
    charts: Sequence[Chart],
    remarks: Sequence[str],
    source: str,
    limits: Limits,
    language: str,
) -> float:
    heads = ("Brief Title", "Brief Subtitle", "Brief Line", "Brief Label")
    total = 8 + sum(_LINE[name] + _SPACE[name] for name in heads)
    total += 3 * (_LINE["Brief Heading"] + _SPACE["Brief Heading"])
    for place, one in enumerate(body):
        style = "Brief Body" if place else "Brief Lead"
        total += _text_height("".join(map(_plain, _in(one, language))), style, 22) + _SPACE[style]
    total += _row_height(language) * (len(entries) + 1) + 4
    if charts:
        total += limits.chart_height + 2 * _LINE["Brief Caption"] + _LINE["Brief Small"] + 14
    for text in [*remarks, f"{_HEADINGS[language][3]}{source}"]:
        total += _text_height(f"12 {text}", "Brief Note")
    return total


def _row_height(language: str) -> float:
    """Names and numbers of English take two lines, where Chinese has a line and a smaller one."""
    second = "Brief Small" if language == "zh" else "Brief Cell"
    return _LINE["Brief Cell"] + _LINE[second] + 0.8


def _text_height(text: str, style: str, indent: float = 0) -> float:
    """A half-width character is taken a little wider than half its size."""
    width = text_width(text) * _SIZE[style] * 0.515 + indent
    # The last characters of a line move to the next with their punctuation.
    return _LINE[style] * (1 + int(width // (_WIDTH - 2 * _SIZE[style])))


def _plain(part: Part) -> str:
    return part if isinstance(part, str) else part[0] + part[1].marks


def _name(figure: Figure, language: str) -> str:
    return figure.name_zh if language == "zh" else figure.name_en


def _name_room(entries: Sequence[Entry], language: str) -> float:
    """How wide a name may be in the table: its column takes what columns left out leave."""
    columns = _COLUMNS[language]
    others = sum(columns[place] for place in _columns_of(entries, language) if place)
    return _WIDTH - others - 10


def _name_line(figure: Figure, language: str, room: float) -> str:
    """A name in the table, in one line; an English one in two smaller ones."""
    if language == "zh":
        return cut(figure.name_zh, int(room / (_SIZE["Brief Cell"] * 0.515)))
    # A line ends before the word that no longer fits, and a font put in for another is wider.
    return cut(figure.name_en, 2 * int(room / (_SMALLER_NAME * 0.6)) - 8)


# --- an empty page -------------------------------------------------------------------------------


@cache
def _empty_page() -> bytes:
    """A file with page and styles and nothing in it: the same for all, and slow to make."""
    from docx import Document

    document: Any = Document()
    _set_page(document)
    _make_styles(document)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _set_page(document: Any) -> None:
    """A4, upright, and nothing of the template's own."""
    from docx.shared import Pt

    section = document.sections[0]
    section.page_width, section.page_height = (Pt(side) for side in _PAGE)
    section.left_margin = section.right_margin = Pt(_MARGIN_X)
    section.top_margin, section.bottom_margin = Pt(_MARGIN_TOP), Pt(_MARGIN_BOTTOM)
    section.header_distance = section.footer_distance = Pt(_FOOTER_ROOM)
    for paragraph in list(document.paragraphs):
        paragraph._element.getparent().remove(paragraph._element)


def _make_styles(document: Any) -> None:
    """Named styles, so that an editor in Word or WPS changes a style and not a paragraph."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.enum.text import WD_LINE_SPACING
    from docx.shared import Pt, RGBColor

    styles = document.styles
    for name, east_asian, size, height, space, bold, colour in _STYLES:
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        assert style.style_id == name.replace(" ", "")
        style.base_style = styles["Normal"]
        style.quick_style = True
        font = style.font
        font.name, font.size, font.bold = _LATIN, Pt(size), bold
        font.color.rgb = RGBColor.from_string(colour)
        _set_fonts(style.element.get_or_add_rPr(), east_asian)
        form = style.paragraph_format
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(height)
        form.space_before, form.space_after = Pt(space), Pt(0)
        form.widow_control = False
        for switch in ("w:autoSpaceDE", "w:autoSpaceDN"):
            # No blanks between Chinese and numbers, as bureaus print: 2025年, 860.3亿元.
            _before_spacing(style.element.get_or_add_pPr(), _element(switch, val="0"))
    _set_fonts(styles["Normal"].element.get_or_add_rPr(), _SONGTI)
    styles["Normal"].paragraph_format.space_after = Pt(0)
    _set_language(document)


def _set_fonts(properties: Any, east_asian: str) -> None:
    """Fonts for Latin and for Chinese; the template's theme fonts would win over them."""
    from docx.oxml.ns import qn

    fonts = properties.get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for name, font in (("ascii", _LATIN), ("hAnsi", _LATIN), ("cs", _LATIN),
                       ("eastAsia", east_asian)):  # fmt: skip
        fonts.set(qn(f"w:{name}"), font)


def _set_language(document: Any) -> None:
    """Chinese and English, so that no speller marks every word."""
    from docx.oxml.ns import qn

    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")
        language.set(qn("w:eastAsia"), "zh-CN")


# --- writing -----------------------------------------------------------------------------------


class _Document:
    """A brief while it is written, in one language."""

    def __init__(
        self, subject: _Subject, page: _Page, words: Words, report: Report, language: str
    ) -> None:
        from docx import Document

        self.subject, self.page, self.words, self.report = subject, page, words, report
        self.language, self.is_zh = language, language == "zh"
        self.release: Mapping[str, Any] = report["release"]
        self.moment = datetime.fromisoformat(self.release["release_time"])
        self.document: Any = Document(BytesIO(_empty_page()))
        self.bookmarks = 0
        used = [figure for entry in page.entries for figure in entry.figures]
        self.is_simulated = any(figure.is_simulated for figure in (*subject.figures, *used))
        self.form = form_of(used)

    def write(self) -> bytes:
        """The whole document; returns the bytes of the file."""
        self.write_head()
        self.write_body()
        self.write_table()
        self.write_charts()
        self.write_notes()
        self.write_footer()
        self.set_properties()
        buffer = BytesIO()
        self.document.save(buffer)
        return _with_fixed_times(buffer.getvalue())

    def set_properties(self) -> None:
        """The core properties: the release's time is the only time there is."""
        core = self.document.core_properties
        core.title, core.subject = self.title()[:255], self.release["release_id"]
        core.author = self.district()[:255]
        core.last_modified_by, core.comments = core.author, ""
        core.keywords = SIMULATED_LABEL if self.is_simulated else ""
        core.language, core.revision = "zh-CN" if self.is_zh else "en-GB", 1
        core.created = core.modified = self.moment.replace(tzinfo=None, microsecond=0)

    def title(self) -> str:
        """What the brief is called."""
        name = self.subject.title(self.language)
        return f"统计快报：{name}" if self.is_zh else f"Statistical brief: {name}"

    def district(self) -> str:
        """Whose brief it is."""
        return clean(self.release[f"district_name_{self.language}"] or "")

    # --- from the top down ---

    def add(self, style: str, text: str = "", holder: Any = None) -> Any:
        """A paragraph in one of our styles."""
        paragraph = (holder or self.document).add_paragraph()
        _set_style(paragraph, style)
        if text:
            paragraph.add_run(text)
        return paragraph

    def write_head(self) -> None:
        """Title, district, release; a red rule below, as bureaus print it."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        day = date.fromisoformat(self.release["release_day"])
        title = self.subject.title(self.language)
        if self.is_zh:
            head, form = "统计快报", f"（{self.form[0]}）" if self.form else ""
            about = f"{cut(self.district(), 44)}　{cut(title, 24)}{form}".strip()
            issued = f"首发版本 {self.release['release_id']}"
            dated = f"{day.year}年{day.month}月{day.day}日"
        else:
            head, form = "Statistical brief", f" ({self.form[1]})" if self.form else ""
            about = f"{cut(self.district(), 60)}: {cut(title, 40)}{form}".strip(": ")
            issued = f"First issued in release {self.release['release_id']}"
            dated = f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
        for style, text in (("Brief Title", head), ("Brief Subtitle", about)):
            self.add(style, text).alignment = WD_ALIGN_PARAGRAPH.CENTER
        line = self.add("Brief Line", f"{issued}\t{dated}")
        line.paragraph_format.tab_stops.add_tab_stop(_points(_WIDTH), _right_tab())
        _rule(line, _RED, 12)
        if self.is_simulated:
            told = (
                "带字母 s 的数字不是真实数字"
                if self.is_zh
                else "figures marked s are no real figures"
            )
            label = self.add("Brief Label", f"{SIMULATED_LABEL}：{told}")
            label.alignment = WD_ALIGN_PARAGRAPH.CENTER

    def heading(self, place: int) -> None:
        """A heading."""
        paragraph = self.add("Brief Heading", _HEADINGS[self.language][place])
        paragraph.paragraph_format.keep_with_next = True

    def write_body(self) -> None:
        """The sentences, each beginning with what it follows from."""
        if self.page.told:
            self.heading(0)
        for place, one in enumerate(self.page.told):
            paragraph = self.add("Brief Body" if place else "Brief Lead")
            paragraph.paragraph_format.first_line_indent = _points(22 if self.is_zh else 0)
            self.add_mark(paragraph, f"told_{one.kind}")
            for observation in one.of:
                self.add_mark(paragraph, f"of_{observation}")
            for part in _in(one, self.language):
                if isinstance(part, str):
                    paragraph.add_run(part)
                else:
                    self.add_figure(paragraph, part[0], part[1])

    def add_mark(self, paragraph: Any, name: str) -> None:
        """An empty bookmark: a name that nobody sees and the gate reads."""
        start, end = self.bookmark(name)
        paragraph._p.append(start)
        paragraph._p.append(end)

    def bookmark(self, name: str) -> tuple[Any, Any]:
        """The two ends of a bookmark."""
        self.bookmarks += 1
        identity = str(self.bookmarks)
        start = _element("w:bookmarkStart", id=identity, name=f"{name}_{identity}")
        return start, _element("w:bookmarkEnd", id=identity)

    def add_figure(self, paragraph: Any, text: str, figure: Figure, size: float = 0) -> None:
        """A number inside a bookmark that names the figure it is, and its marks behind it."""
        start, end = self.bookmark(f"figure_{figure.observation_id}")
        paragraph._p.append(start)
        run = paragraph.add_run(text)
        paragraph._p.append(end)
        if size:
            run.font.size = _points(size)
        if figure.marks:
            mark = paragraph.add_run(figure.marks)
            mark.font.superscript = True
            mark.font.color.rgb = _colour(_RED if figure.is_simulated else _GREY)

    def write_table(self) -> None:
        """The table of headline figures."""
        if not self.page.entries:
            return
        self.heading(1)
        shown = _columns_of(self.page.entries, self.language)
        columns = _COLUMNS[self.language]
        table = self.document.add_table(rows=1 + len(self.page.entries), cols=len(shown))
        table.autofit = False
        spare = _WIDTH - sum(columns[place] for place in shown)
        _lay_out(table, [columns[place] + (0 if place else spare) for place in shown])
        # python-docx walks the whole table for each cell that is asked for.
        rows = [dict(zip(shown, row.cells, strict=True)) for row in table.rows]
        for place, cell in rows[0].items():
            self.in_cell(cell, "center").add_run(_HEADS[self.language][place]).bold = True
        _repeat(table.rows[0])
        for cells, entry in zip(rows[1:], self.page.entries, strict=True):
            self.write_row(cells, entry)
        for row in table.rows:
            _keep_whole(row)
        _three_rules(table)

    def in_cell(self, cell: Any, side: str = "", style: str = "Brief Cell") -> Any:
        """The first paragraph of a cell, in our style."""
        paragraph = cell.paragraphs[0]
        _set_style(paragraph, style)
        _align(paragraph, side)
        return paragraph

    def small(self, cell: Any, text: str, side: str = "") -> None:
        """The second, smaller line of a cell, if there is anything to say in it."""
        if text:
            _align(self.add("Brief Small", text, cell), side)

    def rank_place(self, rank: Figure) -> str:
        """Under a rank: among whom, and when."""
        code = self.subject.among.get(rank.indicator_code, "")
        word = self.words.get("ranked_among", {}).get(code)
        if self.is_zh:
            return cut(f"{word.zh if word else code}{rank.period_end.year}", 10)
        return cut(f"{word.en if word else code} {rank.period_end.year}".strip(), 12)

    def name(self, cell: Any, figure: Figure) -> None:
        """What a row is called; what one line does not hold is set in two smaller ones."""
        room = _name_room(self.page.entries, self.language)
        text = _name_line(figure, self.language, room)
        paragraph = self.in_cell(cell)
        run = paragraph.add_run(text)
        if not self.is_zh and text_width(text) * _SIZE["Brief Cell"] * 0.515 > room:
            run.font.size = _points(_SMALLER_NAME)
            paragraph.paragraph_format.line_spacing = _points(_LINE["Brief Cell"] - 1)

    def write_row(self, cells: Mapping[int, Any], entry: Entry) -> None:
        """One headline figure: name, period, number, unit, growth, rank."""
        figure = entry.figure
        self.name(cells[0], figure)
        joint = "至" if self.is_zh else " to "
        start, _, end = (figure.period_zh if self.is_zh else figure.period_en).partition(joint)
        self.in_cell(cells[1], "center").add_run(cut(start, 18))
        target = "目标" if self.is_zh else "target"
        when = [f"{joint.strip()}{'' if self.is_zh else ' '}{cut(end, 18)}" if end else "",
                target if figure.is_target else ""]  # fmt: skip
        self.small(cells[1], " ".join(filter(None, when)), "center")
        own = _column_of(figure)
        self.number(cells[own], figure, "center" if own == _RANK else "right")
        if own == _VALUE and _UNIT in cells:
            self.in_cell(cells[_UNIT], "center").add_run(cut(printed_unit(figure.unit), 10))
        if own == _GROWTH:
            self.small(cells[_GROWTH], _growth_kind(figure, self.language), "right")
        if own == _RANK:
            self.small(cells[_RANK], self.rank_place(figure), "center")
        growth, rank = entry.growth, entry.rank
        for place, other, side, line in (
            (_GROWTH, growth, "right", _growth_kind(growth, self.language) if growth else ""),
            (_RANK, rank, "center", self.rank_place(rank) if rank else ""),
        ):
            if other is not None:
                self.number(cells[place], other, side)
                self.small(cells[place], line, side)
        for cell in cells.values():
            if not cell.paragraphs[0].text:
                self.in_cell(cell)
            _centre(cell)

    def number(self, cell: Any, figure: Figure, side: str) -> None:
        """A figure in a cell; many digits are set smaller, never cut."""
        text = self.cell_text(figure)
        room = _COLUMNS[self.language][_column_of(figure)] - 8
        size = _SIZE["Brief Cell"]
        width: float = text_width(text)
        if not self.is_zh:  # It takes two lines, broken between words; digits have no such place.
            width = max(width * 0.65, *map(text_width, text.split(" ")))
        while width * size * 0.52 > room and size > 4:
            size -= 0.5
        self.add_figure(self.in_cell(cell, side), text, figure,
                        size if size < _SIZE["Brief Cell"] else 0)  # fmt: skip

    def cell_text(self, figure: Figure) -> str:
        """A figure in the table: its unit stands in a column, in English behind the number."""
        if self.is_zh or figure.is_growth:
            return figure_cell(figure, self.words)
        if figure.is_rank:
            return english.short_place(figure)
        return english.amount(figure, self.words)

    def write_charts(self) -> None:
        """The charts side by side, each under its caption."""
        if not self.page.charts:
            return
        gap = self.add("Brief Small")
        gap.paragraph_format.keep_with_next = True
        table = self.document.add_table(rows=2, cols=len(self.page.charts))
        table.autofit = False
        width = _WIDTH / len(self.page.charts)
        _lay_out(table, [width] * len(self.page.charts))
        for place, chart in enumerate(self.page.charts):
            head, body = table.cell(0, place), table.cell(1, place)
            caption = head.paragraphs[0]
            _set_style(caption, "Brief Caption")
            # Two lines: what is cut of a long name must not be its unit.
            most = 2 * int((width - 12) / (_SIZE["Brief Caption"] * 0.515)) - 12
            number = f"图{place + 1} " if self.is_zh else f"Chart {place + 1}. "
            caption.add_run(f"{number}{cut(chart.title(self.language), most)}")
            self.write_chart(body, chart, min(width - 12, _CHART_WIDTH * 1.5))
        for row in table.rows:
            _keep_whole(row)

    def write_chart(self, holder: Any, chart: Chart, width: float) -> None:
        """Names, bars and numbers in three columns: the bars are one picture without a word."""
        from docx.enum.table import WD_ROW_HEIGHT_RULE

        height = float(self.page.limits.chart_height)
        longest = max(text_width(bar.number(self.language) + bar.marks) for bar in chart.bars)
        numbers = min(max(longest * _SIZE["Brief Bar"] * 0.55 + 6, 30), width * 0.35)
        names = min(
            max(text_width(bar.label(self.language)) for bar in chart.bars)
            * _SIZE["Brief Bar"] * 0.53 + 8,
            width * 0.36,
        )  # fmt: skip
        room = width - names - numbers
        table = holder.add_table(rows=len(chart.bars), cols=3)
        table.autofit = False
        _lay_out(table, [names, room, numbers], margin=20)
        step = height / len(chart.bars)
        for row, bar in zip(table.rows, chart.bars, strict=True):
            row.height, row.height_rule = _points(step), WD_ROW_HEIGHT_RULE.EXACTLY
            label, _, number = row.cells
            lines = 2 if step >= 2 * _LINE["Brief Bar"] else 1
            most = int((names - 4) / (_SIZE["Brief Bar"] * 0.53)) * lines - (lines - 1) * 2
            self.in_cell(label, "right", "Brief Bar").add_run(cut(bar.label(self.language), most))
            told = self.in_cell(number, "", "Brief Bar")
            told.add_run(bar.number(self.language))
            if bar.marks:
                told.add_run(bar.marks).font.superscript = True
            _centre(label)
            _centre(number)
        middle = table.cell(0, 1).merge(table.cell(len(chart.bars) - 1, 1))
        for extra in middle.paragraphs[1:]:
            extra._p.getparent().remove(extra._p)
        self.in_cell(middle, "", "Brief Cell").paragraph_format.line_spacing = 1.0
        self.add_picture(middle.paragraphs[0], chart, room - 4, height)
        # A cell of Word ends with a paragraph; this one takes no room.
        last = holder.paragraphs[-1]
        _set_style(last, "Brief Small")
        last.paragraph_format.line_spacing = _points(1)
        first = holder.paragraphs[0]
        if first is not last and not first.text:
            first._p.getparent().remove(first._p)

    def add_picture(self, paragraph: Any, chart: Chart, width: float, height: float) -> None:
        """A chart as a picture with a text that says the same."""
        picture = paragraph.add_run().add_picture(
            BytesIO(draw(chart, width, height)), width=_points(width), height=_points(height)
        )
        properties = picture._inline.docPr
        properties.set("descr", clean(chart.alternative(self.language)))
        properties.set("title", clean(chart.title(self.language)))

    def write_notes(self) -> None:
        """Notes on scope, bounds and marks, and where the figures are from."""
        self.heading(2)
        for place, text in enumerate(self.page.notes, start=1):
            self.add("Brief Note", f"{place}. {text}")
        if self.page.source:
            paragraph = self.add("Brief Note")
            paragraph.add_run(_HEADINGS[self.language][3]).bold = True
            paragraph.add_run(self.page.source)

    def write_footer(self) -> None:
        """Under what conditions this was published."""
        footer = self.document.sections[0].footer
        paragraph = footer.paragraphs[0]
        _set_style(paragraph, "Brief Footer")
        paragraph.add_run(open_findings(self.report["findings_open"])[0 if self.is_zh else 1])
        _rule(paragraph, _RULE, 4, "top")


def _column_of(figure: Figure) -> int:
    """In which column of the table a figure stands."""
    return _RANK if figure.is_rank else _GROWTH if figure.is_growth else _VALUE


def _columns_of(entries: Sequence[Entry], language: str) -> list[int]:
    """The columns of the table: those of growth and rank only where there is any."""
    used = {_column_of(figure) for entry in entries for figure in entry.figures}
    left_out = {_GROWTH, _RANK} - used
    heads = _HEADS[language]
    return [place for place in range(len(heads)) if place not in left_out and heads[place]]


def _growth_kind(growth: Figure, language: str) -> str:
    """Under a growth: over which time, and whether at comparable prices."""
    fixed = growth.price_basis in ("comparable", "constant")
    price, price_en = ("可比价", ", real") if fixed else ("", "")
    if growth.measure == "cagr_pct":
        start, _, end = growth.period.partition("/")
        years = f"{start}—{end[-2:] if end[:2] == start[:2] and len(end) == 4 else end}"
        if language == "zh":
            return f"{years}年均{price}" if end else f"年均{price}"
        return f"a year, {years.replace('—', '–')}{price_en}" if end else f"a year{price_en}"
    return f"同比{price}" if language == "zh" else f"year on year{price_en}"


# --- Word's own things -------------------------------------------------------------------------


def _set_style(paragraph: Any, name: str) -> None:
    """By id: python-docx looks through all styles of its template for each paragraph."""
    paragraph._p.style = name.replace(" ", "")


def _points(size: float) -> Any:
    from docx.shared import Pt

    return Pt(size)


def _colour(text: str) -> Any:
    from docx.shared import RGBColor

    return RGBColor.from_string(text)


def _right_tab() -> Any:
    from docx.enum.text import WD_TAB_ALIGNMENT

    return WD_TAB_ALIGNMENT.RIGHT


def _align(paragraph: Any, side: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    if side:
        paragraph.alignment = {
            "center": WD_ALIGN_PARAGRAPH.CENTER,
            "right": WD_ALIGN_PARAGRAPH.RIGHT,
        }[side]


def _element(tag: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(tag)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element


def _before_spacing(properties: Any, element: Any) -> None:
    """Where the schema wants it among the properties of a paragraph."""
    properties.find("{*}spacing").addprevious(element)


def _rule(paragraph: Any, colour: str, eighths: int, side: str = "bottom") -> None:
    """A line below or above a paragraph."""
    borders = _element("w:pBdr")
    borders.append(_element(f"w:{side}", val="single", sz=str(eighths), space="3", color=colour))
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:wordWrap",
        "w:overflowPunct", "w:topLinePunct", "w:autoSpaceDE", "w:autoSpaceDN", "w:bidi",
        "w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind", "w:contextualSpacing",
        "w:mirrorIndents", "w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment",
        "w:textboxTightWrap", "w:outlineLvl", "w:divId", "w:cnfStyle", "w:rPr", "w:sectPr",
        "w:pPrChange",
    )  # fmt: skip


def _lay_out(table: Any, widths: Sequence[float], margin: int = 80) -> None:
    """Fixed columns: every program breaks the same lines."""
    for column, width in zip(table.columns, widths, strict=True):
        column.width = _points(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = _points(width)
    properties = table._tbl.tblPr
    margins = _element("w:tblCellMar")
    for side in ("left", "right"):
        margins.append(_element(f"w:{side}", w=str(margin), type="dxa"))
    look = properties.find("{*}tblLook")
    if look is None:
        properties.append(margins)
    else:
        look.addprevious(margins)


def _three_rules(table: Any) -> None:
    """The three-line table of statistics: above and below the head, and at the end."""
    last = len(table.rows) - 1
    for place, row in enumerate(table.rows):
        for cell in row.cells:
            lines = []
            if place == 0:
                lines = [("top", "12"), ("bottom", "6")]
            elif place == last:
                lines = [("bottom", "12")]
            else:
                lines = [("bottom", "2")]
            borders = _element("w:tcBorders")
            for side, size in lines:
                colour = "BFBFBF" if size == "2" else "000000"
                borders.append(_element(f"w:{side}", val="single", sz=size, color=colour))
            properties = cell._tc.get_or_add_tcPr()
            before = properties.find("{*}vAlign")
            if before is None:
                properties.append(borders)
            else:
                before.addprevious(borders)


def _centre(cell: Any) -> None:
    from docx.enum.table import WD_ALIGN_VERTICAL

    cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER


def _repeat(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:tblHeader"))


def _keep_whole(row: Any) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.insert(0, _element("w:cantSplit"))


def _with_fixed_times(content: bytes) -> bytes:
    """The same parts in the same order; python-docx stamps them with the time of writing."""
    buffer = BytesIO()
    with ZipFile(BytesIO(content)) as before, ZipFile(buffer, "w") as after:
        for name in before.namelist():
            if name == "docProps/thumbnail.jpeg":
                continue
            info = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.external_attr = ZIP_DEFLATED, 0o600 << 16
            part = before.read(name)
            if name == "_rels/.rels":
                part = re.sub(rb"<Relationship [^>]*thumbnail[^>]*/>", b"", part)
            after.writestr(info, part)
    return buffer.getvalue()
