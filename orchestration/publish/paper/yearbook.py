"""The yearbook: one workbook over all themes, indicators down and periods across.

Belongs here: which tables it has and what stands in their rows, as printed tables. Does not
belong here: sheets and cells (``workbook``), and the tables of single marts (``printed``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.bounds import BOUNDS, EXACT
from orchestration.publish.layout import YEARBOOK_FILE
from orchestration.publish.paper.figures import (
    MARKS,
    Figure,
    clean,
    printed_unit,
)
from orchestration.publish.printed import (
    ROW_LIMIT,
    PrintedColumn,
    PrintedTable,
    Source,
    Word,
    Words,
    bilingual,
    notes_on_signs,
    quoted,
)
from orchestration.publish.report import Row as Report
from orchestration.publish.tables import Column, Table, quote
from orchestration.publish.workbook import write_yearbook_file

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# The chapter that a yearbook opens with: the district as a whole.
FIRST_CHAPTER = "profile"
# What nobody can print side by side; earlier periods stand in the database.
PERIOD_LIMIT = 24
CODE_COLUMN = "indicator_code (region_code)"
STUB_COLUMN = "indicator_name_zh"

# The sign of a rank that is an upper bound.
AMONG = "前"
_AMONG_WORD = Word("前", "among the first, the number included", 0)

CODES_NOTE = (
    "表头第三行为报告期代码，末列为数据库中的指标代码（他区另附地区代码） / "
    "The third line of the header names the periods, the last column the indicator and "
    "another region's code, as in the database"
)

_LEVEL, _ZH, _EN, _UNIT, _CODE, _FIRST = range(6)
_MEASURES = ("level", "count", "share_pct", "ratio", "yoy_growth_pct", "cagr_pct", "rank")
_COMPANIONS = frozenset({"share_pct", "yoy_growth_pct", "cagr_pct", "rank"})


@dataclass(frozen=True)
class _Line:
    """A row of a table before it has columns: its stub and its figures by period."""

    level: int
    zh: str
    en: str
    unit: str = ""
    code: str = ""
    figures: tuple[Figure, ...] = ()


def write_yearbook(
    con: DuckDBPyConnection,
    catalog: str,
    tables: Sequence[Table],
    words: Words,
    report: Report,
    directory: Path,
    figures: Sequence[Figure],
) -> dict[str, int]:
    """Write the yearbook of an attached release; none where there is nothing to print.

    Returns:
        Its path in the release, and how many rows with figures are printed in it.
    """
    release = con.execute(f"select district_code from {quote(catalog)}.meta.release").fetchone()
    sources = _sources(con, catalog)
    district = release[0] if release else None
    printed, chapters = _tables(figures, str(district), tables, words, sources)
    if not printed:
        return {}
    names = [clean(report["release"][f"district_name_{lang}"] or "") for lang in ("zh", "en")]
    of = f" of {names[1]}" if names[1] else ""
    title = (f"{names[0]}统计年鉴", f"Statistical yearbook{of}")
    write_yearbook_file(directory / YEARBOOK_FILE, report, title, printed, chapters, _key(words))
    return {YEARBOOK_FILE: sum(bool(row[_CODE]) for table in printed for row in table.rows)}


def _sources(con: DuckDBPyConnection, catalog: str) -> dict[str, Source]:
    rows = con.execute(
        f"""
        select source_document, coalesce(title_zh, source_document), coalesce(title_en, ''),
            coalesce(issuer, ''), coalesce(cast(published as varchar), '')
        from {quote(catalog)}.core.source_document order by source_document
        """
    ).fetchall()
    return {
        name: Source(bilingual(quoted(clean(zh)), clean(en)), clean(issuer), published)
        for name, zh, en, issuer, published in rows
    }


def _key(words: Words) -> list[str]:
    """What signs and letters mean, in all tables."""
    lines = [
        f"{bound.sign[0]}　{bilingual(bound.name_zh, bound.name_en)}"
        "（置于数字前 before the number）"
        for bound in BOUNDS.values()
        if bound.rounding is not None and bound.code != EXACT
    ]
    lines.append(f"{AMONG}　位次居前，含本数 / {_AMONG_WORD.en}（置于位次前 before a rank）")
    lines += [
        f"{mark}　{bilingual(*told)}（置于数字后 behind the number）"
        for mark, told in MARKS.items()
    ]
    lines.append("空格　没有数字，绝不为零 / an empty cell has no figure; it is never zero")
    lines.append("增长率均为原文公布，未由总量推算 / growth is as published, never computed")
    return lines


# --- which tables ------------------------------------------------------------------------------


def _tables(
    figures: Sequence[Figure],
    district: str,
    tables: Sequence[Table],
    words: Words,
    sources: dict[str, Source],
) -> tuple[list[PrintedTable], dict[str, str]]:
    """All tables, and the headings of their chapters by the number of their first table."""
    themes = words.get("theme", {})
    names = _chapters(figures, words)
    marts = {table.qualified: table for table in tables}
    observation = marts["core.observation"]
    several = _with_several_rows(figures)
    printed: list[PrintedTable] = []
    chapters: dict[str, str] = {}
    for chapter, name in enumerate(names, start=1):
        word = themes.get(name, Word(name, name, 0))
        of_theme = [figure for figure in figures if figure.theme == name]
        own = [figure for figure in of_theme if figure.region_code == district]
        drafts: list[tuple[Table, str, str, list[_Line]]] = []
        facts = [figure for figure in own if figure.is_outturn and _is_whole(figure)]
        for mart in sorted({figure.mart for figure in facts},
                           key=lambda mart: (mart not in marts, mart)):  # fmt: skip
            table = marts.get(mart, observation)
            titles = (table.title_zh, table.title_en) if mart in marts else ("其他", "Other")
            lines = _own_lines([f for f in facts if f.mart == mart], words, several)
            drafts.append((table, *titles, lines))
        targets = [figure for figure in own if figure.is_target and _is_whole(figure)]
        if targets:
            drafts.append((observation, f"{word.zh}：目标（不是实绩）",
                           f"{_capital(word.en)}: targets, not outturns",
                           _own_lines(targets, words, several)))  # fmt: skip
        told = {f.observation_id for f in (*facts, *targets)}
        apart = [f for f in own if f.observation_id not in told]
        if apart:
            drafts.append((observation, f"{word.zh}：另列数字（不是本区的实绩或目标）",
                           f"{_capital(word.en)}: figures that stand apart, no outturns or "
                           "targets of the district",
                           _own_lines(apart, words, several)))  # fmt: skip
        plain = [f for f in of_theme if f.is_outturn and _is_whole(f)]
        elsewhere = {f.indicator_code for f in plain if f.region_code != district}
        compared = [f for f in plain if f.indicator_code in elsewhere]
        if compared:
            drafts.append((observation, f"{word.zh}：分地区", f"{_capital(word.en)}: by region",
                           _region_lines(compared, words, several)))  # fmt: skip
        for place, (table, zh, en, lines) in enumerate(drafts, start=1):
            number = f"{chapter}-{place}"
            if place == 1:
                chapters[number] = f"{chapter}　{word.zh}　{_capital(word.en)}"
            printed.append(_table(table, number, (zh, en), lines, words, sources))
    return printed, chapters


def _chapters(figures: Iterable[Figure], words: Words) -> list[str]:
    """The themes in the order of their chapters."""
    themes = words.get("theme", {})
    return sorted(
        {figure.theme for figure in figures},
        key=lambda name: (name != FIRST_CHAPTER,
                          themes[name].sort if name in themes else 1 << 30, name),
    )  # fmt: skip


def tables_by_theme(
    con: DuckDBPyConnection,
    catalog: str,
    tables: Sequence[Table],
    words: Words,
    figures: Sequence[Figure],
    district: str,
) -> dict[str, list[PrintedTable]]:
    """The tables of each chapter, for others who print them too: the pages of themes."""
    printed, _ = _tables(figures, district, tables, words, _sources(con, catalog))
    names = _chapters(figures, words)
    found: dict[str, list[PrintedTable]] = {name: [] for name in names}
    for table in printed:
        found[names[int(table.number.partition("-")[0]) - 1]].append(table)
    return found


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _is_whole(figure: Figure) -> bool:
    """Whether it is of the region itself: of no subject in it, and no place below it."""
    return (figure.subject, figure.locality) == ("_T", "_T")


def _identity(figure: Figure) -> tuple[str, ...]:
    """What makes a row: figures of different scope or unit never stand in one.

    Whether a figure is cumulative or of a point in time, its period says in the header.
    """
    return (figure.indicator_code, figure.scope, figure.breakdown, figure.unit,
            figure.price_basis, figure.figure_kind, figure.subject,
            figure.locality)  # fmt: skip


def _with_several_rows(figures: Iterable[Figure]) -> frozenset[str]:
    """Indicators that need more than a code to be told apart."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for figure in figures:
        found.setdefault(figure.indicator_code, set()).add(_identity(figure))
    return frozenset(code for code, identities in found.items() if len(identities) > 1)


# --- rows --------------------------------------------------------------------------------------


def _own_lines(
    figures: Sequence[Figure], words: Words, several: frozenset[str]
) -> list[_Line]:  # fmt: skip
    """Topics, indicators, and below an indicator its share, growth and rank."""
    topics, items = words.get("topic", {}), words.get("item", {})

    def order(figure: Figure) -> tuple[Any, ...]:
        topic, item = topics.get(figure.topic), items.get(figure.item)
        measure = figure.measure
        place = _MEASURES.index(measure) if measure in _MEASURES else len(_MEASURES)
        return (topic is None, topic.sort if topic else 0, figure.topic, item is None,
                item.sort if item else 0, figure.item, place, _identity(figure))  # fmt: skip

    with_heads = len({figure.topic for figure in figures}) > 1
    lines: list[_Line] = []
    topic: str | None = None
    above: tuple[str, str] | None = None
    for figure, of_row in _rows(sorted(figures, key=order)):
        if with_heads and figure.topic != topic:
            topic, word = figure.topic, topics.get(figure.topic)
            lines.append(_Line(0, word.zh if word else topic or "其他",
                               word.en if word else topic or "Other"))  # fmt: skip
        is_below = figure.measure in _COMPANIONS and above == (figure.topic, figure.item)
        if not is_below:
            above = (figure.topic, figure.item) if figure.item else None
        lines.append(_line(figure, of_row, 1 + is_below, words, several))
    return lines


def _region_lines(
    figures: Sequence[Figure], words: Words, several: frozenset[str]
) -> list[_Line]:  # fmt: skip
    """Indicators, and below each its regions."""
    items = words.get("item", {})

    def order(figure: Figure) -> tuple[Any, ...]:
        item = items.get(figure.item)
        measure = figure.measure
        place = _MEASURES.index(measure) if measure in _MEASURES else len(_MEASURES)
        return (item is None, item.sort if item else 0, figure.item, place, _identity(figure),
                figure.region_code)  # fmt: skip

    lines: list[_Line] = []
    identity: tuple[str, ...] | None = None
    for figure, of_row in _rows(sorted(figures, key=order)):
        if _identity(figure) != identity:
            identity = _identity(figure)
            head = _line(figure, (), 0, words, several)
            lines.append(_Line(0, head.zh, head.en))
        lines.append(_Line(1, figure.region_zh, figure.region_en, printed_unit(figure.unit),
                           f"{figure.indicator_code} {figure.region_code}", of_row))  # fmt: skip
    return lines


def _rows(figures: Sequence[Figure]) -> list[tuple[Figure, tuple[Figure, ...]]]:
    """Neighbours that differ by period only stand in one row."""
    found: dict[tuple[Any, ...], list[Figure]] = {}
    for figure in figures:
        found.setdefault((_identity(figure), figure.region_code), []).append(figure)
    return [(of_row[0], tuple(of_row)) for of_row in found.values()]


def _line(
    figure: Figure,
    of_row: tuple[Figure, ...],
    level: int,
    words: Words,
    several: frozenset[str],
) -> _Line:
    zh, en = figure.name_zh, figure.name_en
    if figure.breakdown != "_T":
        word = words.get("breakdown", {}).get(figure.breakdown)
        zh = f"{zh}：{word.zh if word else figure.breakdown}"
        en = f"{en}: {word.en if word else figure.breakdown}"
    if not figure.is_outturn and not figure.is_target:
        word = words.get("figure_kind", {}).get(figure.figure_kind)
        zh = f"{zh}（{word.zh if word else figure.figure_kind}）"
        en = f"{en} ({word.en if word else figure.figure_kind})"
    for own in (figure.subject, figure.locality):
        if own != "_T":
            zh, en = f"{zh}〔{own}〕", f"{en} [{own}]"
    if figure.indicator_code in several and figure.scope != "not_stated":
        word = words.get("scope", {}).get(figure.scope)
        zh = f"{zh}（{word.zh if word else figure.scope}）"
        en = f"{en} ({word.en if word else figure.scope})"
    return _Line(level, zh, en, printed_unit(figure.unit), figure.indicator_code, of_row)


# --- the printed table -------------------------------------------------------------------------


def _table(
    table: Table,
    number: str,
    titles: tuple[str, str],
    lines: Sequence[_Line],
    words: Words,
    sources: dict[str, Source],
) -> PrintedTable:
    figures = [figure for line in lines for figure in line.figures]
    periods = sorted({(f.period_end, f.period_start, f.period): f for f in figures}.items())
    shown = [figure for _, figure in periods[-PERIOD_LIMIT:]]
    codes = [figure.period for figure in shown]
    columns = _columns(shown)
    rows = tuple(_row(line, codes) for line in lines[:ROW_LIMIT])
    qualifier_words = {**words.get("qualifier", {}), AMONG: _AMONG_WORD}
    titled = Table(
        table.schema, table.name, *titles,
        "每行一个指标，逐期列示", "One indicator, its periods side by side", (),
        tuple(column.column for column in columns),
    )  # fmt: skip
    is_simulated = any(figure.is_simulated for figure in figures)
    warnings = []
    if is_simulated:
        warnings.append("含模拟数据，以字母 s 标明 / With simulated data, marked with the letter s")
    if len(periods) > len(shown) or len(lines) > len(rows):
        warnings.append(
            f"此处仅印最近 {PERIOD_LIMIT} 期、前 {ROW_LIMIT:,} 行；全部见 core.observation / "
            f"Only the last {PERIOD_LIMIT} periods and {ROW_LIMIT:,} rows are printed here; "
            "all of them: core.observation"
        )
    return PrintedTable(
        titled,
        number,
        columns,
        rows,
        len(rows),
        is_simulated,
        "单位：见各行 / Units by row",
        tuple(warnings),
        (*_notes(columns, rows, figures, words, qualifier_words), CODES_NOTE),
        tuple(_behind(figures, sources)),
        qualifier_words,
        is_filtered=False,
    )


def _columns(periods: Sequence[Figure]) -> tuple[PrintedColumn, ...]:
    def text(
        name: str, place: int, zh: str, en: str, *, is_stub: bool, language: str = ""
    ) -> PrintedColumn:
        column = Column(name, "VARCHAR", zh, en, "", True, language=language)
        level = _LEVEL if is_stub else None
        return PrintedColumn(column, place, "text", zh, en, is_identity=is_stub, level_place=level)

    return (
        text(STUB_COLUMN, _ZH, "指标", "Indicator", is_stub=True, language="zh"),
        text("indicator_name_en", _EN, "指标（英文）", "Indicator, in English", is_stub=True,
             language="en"),
        text("unit", _UNIT, "计量单位", "Unit", is_stub=False),
        *(
            PrintedColumn(
                Column(figure.period, "DECIMAL(30,8)", figure.period_zh, figure.period_en, "",
                       True),
                _FIRST + 4 * place,
                "decimal",
                figure.period_zh,
                figure.period_en,
                unit_place=_UNIT,
                qualifier_place=_FIRST + 4 * place + 1,
                mark_place=_FIRST + 4 * place + 2,
                observation_place=_FIRST + 4 * place + 3,
            )
            for place, figure in enumerate(periods)
        ),
        text(CODE_COLUMN, _CODE, "代码", "Code", is_stub=False),
    )  # fmt: skip


def _row(line: _Line, periods: Sequence[str]) -> tuple[Any, ...]:
    by_period = {figure.period: figure for figure in line.figures}
    cells: list[Any] = [line.level, line.zh, line.en, line.unit or None, line.code or None]
    for period in periods:
        figure = by_period.get(period)
        if figure is None:
            cells += [None] * 4
        else:
            cells += [figure.value, _qualifier(figure), figure.marks, figure.observation_id]
    return tuple(cells)


def _qualifier(figure: Figure) -> str:
    """前10: for a rank the sign ≤ would be read as a size."""
    return AMONG if figure.is_among else figure.qualifier


def _behind(figures: Iterable[Figure], sources: dict[str, Source]) -> list[Source]:
    """The documents behind the figures, those behind most of them first."""
    counts: dict[str, int] = {}
    for figure in figures:
        counts[figure.source_document] = counts.get(figure.source_document, 0) + 1
    names = sorted(counts, key=lambda name: (-counts[name], name))
    return [sources[name] for name in names if name in sources]


def _notes(
    columns: Sequence[PrintedColumn],
    rows: Sequence[tuple[Any, ...]],
    figures: Sequence[Figure],
    words: Words,
    qualifier_words: Mapping[str, Word],
) -> Iterable[str]:
    yield from notes_on_signs(columns, rows, qualifier_words)
    marks = {mark for figure in figures for mark in figure.marks}
    if marks:
        told = "；".join(
            f"“{mark}” {bilingual(*MARKS[mark])}" for mark in MARKS if mark in marks
        )  # fmt: skip
        yield f"数字后的字母 / Letters behind a number: {told}"
    yield "空格为没有数字，绝不为零 / An empty cell has no figure; it is never zero"
    for list_name, field, plain in (
        ("scope", "scope", ("not_stated", "")),
        ("price_basis", "price_basis", ("not_applicable", "not_stated", "current", "")),
    ):
        by_code: dict[str, dict[str, None]] = {}
        for figure in figures:
            code = getattr(figure, field)
            if code not in plain:
                by_code.setdefault(code, {})[figure.name_zh] = None
        for code, names in sorted(by_code.items()):
            word = words.get(list_name, {}).get(code, Word(code, code, 0))
            yield f"{bilingual(word.zh, word.en)}：{'、'.join(names)}"
