"""The yearbook: one workbook over all themes, indicators down and periods of one kind across.

Belongs here: which tables it has and what stands in their rows, as printed tables. Does not
belong here: sheets and cells (``book``), kinds of periods (``periods``), and the tables of single
marts (``printed``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.bounds import BOUNDS, EXACT
from orchestration.publish.layout import YEARBOOK_FILE
from orchestration.publish.paper.book import write_paper_book
from orchestration.publish.paper.figures import (
    MARKS,
    Figure,
    clean,
    printed_unit,
)
from orchestration.publish.paper.periods import (
    DATES,
    MONTH,
    YEAR,
    Head,
    Kind,
    head_of,
    is_point,
    is_year_end,
    kinds_by_row,
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

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# The chapter that a yearbook opens with: the district as a whole.
FIRST_CHAPTER = "profile"
# Periods of one kind in a table; earlier ones stand in the database. Of other regions the months
# of two years are printed.
PERIOD_LIMIT = 60
REGION_MONTH_LIMIT = 24
# Figures of a kind that make no table of their own beside those of another kind.
FEW = 3

# The sign of a rank that is an upper bound.
AMONG = "前"
_AMONG_WORD = Word("前", "among the first, the number included", 0)

LEVEL, ZH, EN, UNIT, CODE, FIRST = range(6)
_PER_FIGURE = 4
# Behind the name of what is of the end of a year, in the column of the year.
YEAR_END = ("年末", "end of year")
_MEASURES = ("level", "count", "share_pct", "ratio", "yoy_growth_pct", "cagr_pct", "rank")
_COMPANIONS = frozenset({"share_pct", "yoy_growth_pct", "cagr_pct", "rank"})


@dataclass(frozen=True)
class Line:
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
    sources = read_sources(con, catalog)
    district = release[0] if release else None
    printed, chapters = _tables(figures, str(district), tables, words, sources)
    if not printed:
        return {}
    names = [clean(report["release"][f"district_name_{lang}"] or "") for lang in ("zh", "en")]
    of = f" of {names[1]}" if names[1] else ""
    title = (f"{names[0]}统计年鉴", f"Statistical yearbook{of}")
    path = directory / YEARBOOK_FILE
    write_paper_book(path, report, title, printed, chapters, key_to_signs())
    return {YEARBOOK_FILE: sum(bool(row[CODE]) for table in printed for row in table.rows)}


def read_sources(con: DuckDBPyConnection, catalog: str) -> dict[str, Source]:
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


def key_to_signs() -> list[str]:
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


@dataclass(frozen=True)
class _Draft:
    """What one table is about, before it is divided by kinds of periods.

    Attributes:
        lines: Makes rows of figures that share a kind.
        is_fact: Whether it tells what came about, so that series may be read from it: its figures
            are divided by kinds of periods, and few of another kind go to the chapter's list. Of
            what is no series, such as targets, and where there are only few of any kind, each
            row says its own period.
    """

    table: Table
    zh: str
    en: str
    figures: Sequence[Figure]
    lines: Callable[[Sequence[Figure], Kind], list[Line]]
    is_fact: bool = False
    is_by_region: bool = False


@dataclass(frozen=True)
class _Piece:
    """A table before it has columns: of one kind of period, or a list with a period a row."""

    table: Table
    zh: str
    en: str
    lines: Sequence[Line]
    kind: Kind | None
    period_limit: int = PERIOD_LIMIT


def _tables(
    figures: Sequence[Figure],
    district: str,
    tables: Sequence[Table],
    words: Words,
    sources: dict[str, Source],
) -> tuple[list[PrintedTable], dict[str, str]]:
    """All tables, and the headings of their chapters by the number of their first table."""
    themes = words.get("theme", {})
    marts = {table.qualified: table for table in tables}
    printed: list[PrintedTable] = []
    chapters: dict[str, str] = {}
    several = with_several_rows(figures)
    for chapter, name in enumerate(chapters_of(figures, words), start=1):
        word = themes.get(name, Word(name, name, 0))
        of_theme = [figure for figure in figures if figure.theme == name]
        drafts = _drafts(of_theme, district, marts, word, words, several)
        for place, piece in enumerate(_pieces(drafts, marts["core.observation"], word), start=1):
            number = f"{chapter}-{place}"
            if place == 1:
                chapters[number] = f"{chapter}　{word.zh}　{capital(word.en)}"
            printed.append(_table(piece, number, words, sources))
    return printed, chapters


def _drafts(
    of_theme: Sequence[Figure],
    district: str,
    marts: Mapping[str, Table],
    word: Word,
    words: Words,
    several: frozenset[str],
) -> list[_Draft]:
    """What a chapter tells: the district by mart, its targets, what stands apart, and regions."""

    def own_lines(chosen: Sequence[Figure], kind: Kind) -> list[Line]:
        return _own_lines(chosen, kind, words, several)

    def region_lines(chosen: Sequence[Figure], kind: Kind) -> list[Line]:
        return _region_lines(chosen, kind, words, several)

    observation = marts["core.observation"]
    own = [figure for figure in of_theme if figure.region_code == district]
    facts = [figure for figure in own if figure.is_outturn and is_whole(figure)]
    targets = [figure for figure in own if figure.is_target and is_whole(figure)]
    told = {f.observation_id for f in (*facts, *targets)}
    apart = [f for f in own if f.observation_id not in told]
    plain = [f for f in of_theme if f.is_outturn and is_whole(f)]
    elsewhere = {f.indicator_code for f in plain if f.region_code != district}
    compared = [f for f in plain if f.indicator_code in elsewhere]
    theme_zh, theme_en = word.zh, capital(word.en)
    drafts = []
    for mart in sorted({f.mart for f in facts}, key=lambda mart: (mart not in marts, mart)):
        table = marts.get(mart, observation)
        titles = (table.title_zh, table.title_en) if mart in marts else ("其他", "Other")
        of_mart = [figure for figure in facts if figure.mart == mart]
        drafts.append(_Draft(table, *titles, of_mart, own_lines, is_fact=True))
    for zh, en, chosen in (
        ("目标（不是实绩）", "targets, not outturns", targets),
        ("另列数字（不是本区的实绩或目标）",
         "figures that stand apart, no outturns or targets of the district", apart),
    ):  # fmt: skip
        if chosen:
            titles = (f"{theme_zh}：{zh}", f"{theme_en}: {en}")
            drafts.append(_Draft(observation, *titles, chosen, own_lines))
    if compared:
        titles = (f"{theme_zh}：分地区", f"{theme_en}: by region")
        drafts.append(_Draft(observation, *titles, compared, region_lines,
                             is_fact=True, is_by_region=True))  # fmt: skip
    return drafts


def _pieces(drafts: Sequence[_Draft], listed_in: Table, word: Word) -> Iterator[_Piece]:
    """The tables of a chapter; lists of single figures stand at its end."""
    own: list[Line] = []
    of_regions: list[Line] = []
    for draft in drafts:
        kinds = _by_kind(draft.figures)
        has_table = draft.is_fact and any(len(own) > FEW for own in kinds.values())
        if has_table or len(kinds) == 1:
            yield from _of_kinds(draft, kinds, of_regions if draft.is_by_region else own)
        else:
            lines = [line for kind, of_kind in kinds.items() for line in draft.lines(of_kind, kind)]
            yield _Piece(draft.table, draft.zh, draft.en, list(_one_by_one(lines)), None)
    for listed, zh, en in ((own, "", ""), (of_regions, "（分地区）", ", by region")):
        if listed:
            titles = (f"{word.zh}：其他时期的单项数字{zh}",
                      f"{capital(word.en)}: single figures of other periods{en}")  # fmt: skip
            yield _Piece(listed_in, *titles, listed, None)


def _of_kinds(
    draft: _Draft, kinds: Mapping[Kind, Sequence[Figure]], listed: list[Line]
) -> Iterator[_Piece]:
    """The tables of a draft, one for each kind of period; few figures go to the list."""
    few = [kind for kind, own in kinds.items() if len(kinds) > 1 and len(own) <= FEW]
    for kind, own in kinds.items():
        if kind not in few:
            titles = (draft.zh, draft.en)
            if len(kinds) > 1:
                is_of_days = kind == MONTH and all(is_point(figure) for figure in own)
                titles = _of_kind(*titles, DATES if is_of_days else kind)
            is_cut = draft.is_by_region and kind == MONTH
            limit = REGION_MONTH_LIMIT if is_cut else PERIOD_LIMIT
            yield _Piece(draft.table, *titles, draft.lines(own, kind), kind, limit)
    if few:
        listed.append(Line(0, draft.zh, draft.en))
        for kind in few:
            listed += _one_by_one(draft.lines(kinds[kind], kind))


def _of_kind(zh: str, en: str, kind: Kind) -> tuple[str, str]:
    """A title with the kind of its periods."""
    said = f"{zh[:-1]}，{kind.zh}）" if zh.endswith("）") else f"{zh}（{kind.zh}）"
    return said, f"{en} ({kind.en})"


def _by_kind(figures: Sequence[Figure]) -> dict[Kind, list[Figure]]:
    """Figures by the kind of their period; a few stand under two of them."""
    kinds = kinds_by_row(row for _, row in _rows(figures))
    found: dict[Kind, list[Figure]] = {}
    for figure in figures:
        for kind in kinds[figure.observation_id]:
            found.setdefault(kind, []).append(figure)
    return dict(sorted(found.items()))


def _one_by_one(lines: Iterable[Line]) -> Iterator[Line]:
    """Each figure in a line of its own, newest last; topics have no place in a list.

    Of a region, the row above has the name of the indicator.
    """
    above = ("", "")
    for line in lines:
        if not line.code:
            above = (line.zh, line.en)
        names = (line.zh, line.en)
        if " " in line.code:
            names = (f"{above[0]}：{line.zh}", f"{above[1]}: {line.en}")
        for figure in line.figures:
            yield Line(1, *names, line.unit, line.code, (figure,))


def chapters_of(figures: Iterable[Figure], words: Words) -> list[str]:
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
    printed, _ = _tables(figures, district, tables, words, read_sources(con, catalog))
    names = chapters_of(figures, words)
    found: dict[str, list[PrintedTable]] = {name: [] for name in names}
    for table in printed:
        found[names[int(table.number.partition("-")[0]) - 1]].append(table)
    return found


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def is_whole(figure: Figure) -> bool:
    """Whether it is of the region itself: of no subject in it, and no place below it."""
    return (figure.subject, figure.locality) == ("_T", "_T")


def identity_of(figure: Figure) -> tuple[str, ...]:
    """What a row is about: figures of different scope or unit never stand in one."""
    return (figure.indicator_code, figure.scope, figure.breakdown, figure.unit,
            figure.price_basis, figure.figure_kind, figure.subject,
            figure.locality)  # fmt: skip


def _row_key(figure: Figure) -> tuple[str, ...]:
    """What makes a row: figures of a day and of all that a period is long never stand in one."""
    return (*identity_of(figure), "point" if is_point(figure) else "")


def with_several_rows(figures: Iterable[Figure]) -> frozenset[str]:
    """Indicators that need more than a code to be told apart."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for figure in figures:
        found.setdefault(figure.indicator_code, set()).add(identity_of(figure))
    return frozenset(code for code, identities in found.items() if len(identities) > 1)


# --- rows --------------------------------------------------------------------------------------


def own_order(words: Words) -> Callable[[Figure], tuple[Any, ...]]:
    """The order of the district's rows: by topic, by what they are of, and levels first."""
    topics, items = words.get("topic", {}), words.get("item", {})

    def order(figure: Figure) -> tuple[Any, ...]:
        topic, item = topics.get(figure.topic), items.get(figure.item)
        measure = figure.measure
        place = _MEASURES.index(measure) if measure in _MEASURES else len(_MEASURES)
        return (topic is None, topic.sort if topic else 0, figure.topic, item is None,
                item.sort if item else 0, figure.item, place, _row_key(figure))  # fmt: skip

    return order


def _own_lines(
    figures: Sequence[Figure], kind: Kind, words: Words, several: frozenset[str]
) -> list[Line]:
    """Topics, indicators, and below an indicator its share, growth and rank."""
    topics = words.get("topic", {})
    with_heads = len({figure.topic for figure in figures}) > 1
    lines: list[Line] = []
    topic: str | None = None
    above: tuple[str, str] | None = None
    for figure, of_row in _rows(sorted(figures, key=own_order(words)), kind):
        if with_heads and figure.topic != topic:
            topic, word = figure.topic, topics.get(figure.topic)
            lines.append(Line(0, word.zh if word else topic or "其他",
                               word.en if word else topic or "Other"))  # fmt: skip
        is_below = figure.measure in _COMPANIONS and above == (figure.topic, figure.item)
        if not is_below:
            above = (figure.topic, figure.item) if figure.item else None
        lines.append(line_of(figure, of_row, 1 + is_below, kind, words, several))
    return lines


def _region_lines(
    figures: Sequence[Figure], kind: Kind, words: Words, several: frozenset[str]
) -> list[Line]:
    """Indicators, and below each its regions."""
    items = words.get("item", {})

    def order(figure: Figure) -> tuple[Any, ...]:
        item = items.get(figure.item)
        measure = figure.measure
        place = _MEASURES.index(measure) if measure in _MEASURES else len(_MEASURES)
        return (item is None, item.sort if item else 0, figure.item, place, _row_key(figure),
                figure.region_code)  # fmt: skip

    lines: list[Line] = []
    identity: tuple[str, ...] | None = None
    for figure, of_row in _rows(sorted(figures, key=order), kind):
        if _row_key(figure) != identity:
            identity = _row_key(figure)
            head = line_of(figure, (), 0, kind, words, several)
            lines.append(Line(0, head.zh, head.en))
        lines.append(Line(1, figure.region_zh, figure.region_en, printed_unit(figure.unit),
                           f"{figure.indicator_code} {figure.region_code}", of_row))  # fmt: skip
    return lines


def _rows(
    figures: Sequence[Figure], kind: Kind | None = None
) -> list[tuple[Figure, tuple[Figure, ...]]]:
    """Neighbours that differ by period only stand in one row; two for one cell in two rows."""
    found: dict[tuple[Any, ...], list[Figure]] = {}
    met: Counter[tuple[Any, ...]] = Counter()
    for figure in figures:
        row = (_row_key(figure), figure.region_code)
        cell = (row, head_of(figure, kind) if kind else figure.observation_id)
        found.setdefault((row, met[cell]), []).append(figure)
        met[cell] += 1
    return [(of_row[0], tuple(of_row)) for of_row in found.values()]


def line_of(
    figure: Figure,
    of_row: tuple[Figure, ...],
    level: int,
    kind: Kind,
    words: Words,
    several: frozenset[str],
) -> Line:
    zh, en = figure.name_zh, figure.name_en
    if kind == YEAR and is_year_end(figure):
        zh, en = f"{zh}（{YEAR_END[0]}）", f"{en} ({YEAR_END[1]})"
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
    return Line(level, zh, en, printed_unit(figure.unit), figure.indicator_code, of_row)


# --- the printed table -------------------------------------------------------------------------


def _table(piece: _Piece, number: str, words: Words, sources: dict[str, Source]) -> PrintedTable:
    kind = piece.kind
    of_all = [figure for line in piece.lines for figure in line.figures]
    heads = sorted({head_of(figure, kind) for figure in of_all}) if kind else []
    shown = heads[-piece.period_limit :]
    within = _within(piece.lines, shown, kind) if kind else piece.lines
    lines = within[:ROW_LIMIT]
    figures = [figure for line in lines for figure in line.figures]
    columns = _columns(shown) if kind else _list_columns()
    rows = tuple(_row(line, shown, kind) if kind else _list_row(line) for line in lines)
    limits = []
    if len(heads) > len(shown) or len(within) > len(lines):
        limits.append(
            f"此处仅印最近 {piece.period_limit} 期、前 {ROW_LIMIT:,} 行；全部见数据库 / "
            f"Only the last {piece.period_limit} periods and {ROW_LIMIT:,} rows are printed here; "
            "all of them stand in the database"
        )
    laid = Laid(piece.table, piece.zh, piece.en, columns, rows, figures)
    return printed_table(laid, number, words, sources, limits)


def _within(lines: Sequence[Line], heads: Sequence[Head], kind: Kind) -> list[Line]:
    """The rows with a figure in these periods, with no other figures, under their headings."""
    wanted, found, heading = set(heads), [], None
    for line in lines:
        if not line.code:
            heading = line
        elif own := tuple(f for f in line.figures if head_of(f, kind) in wanted):
            if heading is not None:
                found.append(heading)
                heading = None
            found.append(replace(line, figures=own))
    return found


@dataclass(frozen=True)
class Laid:
    """A table with its columns and rows, and the figures in them."""

    table: Table
    zh: str
    en: str
    columns: tuple[PrintedColumn, ...]
    rows: tuple[tuple[Any, ...], ...]
    figures: Sequence[Figure]


def printed_table(
    laid: Laid,
    number: str,
    words: Words,
    sources: Mapping[str, Source],
    warnings: Sequence[str] = (),
    notes: Sequence[str] = (),
    span: str = "",
) -> PrintedTable:
    """A table of figures with what stands around it: signs, marks, scopes and sources."""
    qualifier_words = {**words.get("qualifier", {}), AMONG: _AMONG_WORD}
    titled = Table(
        laid.table.schema, laid.table.name, laid.zh, laid.en,
        "每行一个指标，逐期列示", "One indicator, its periods side by side", (),
        tuple(column.column for column in laid.columns),
    )  # fmt: skip
    is_simulated = any(figure.is_simulated for figure in laid.figures)
    label = "含模拟数据，以字母 s 标明 / With simulated data, marked with the letter s"
    return PrintedTable(
        titled,
        number,
        laid.columns,
        laid.rows,
        sum(bool(row[CODE]) for row in laid.rows),
        is_simulated,
        "单位：见各行 / Units by row",
        ((label, *warnings) if is_simulated else tuple(warnings)),
        (*_notes(laid.columns, laid.rows, laid.figures, words, qualifier_words), *notes),
        tuple(_behind(laid.figures, sources)),
        qualifier_words,
        is_filtered=False,
        code_place=CODE,
        span=span or _span(laid.columns),
    )


def _span(columns: Sequence[PrintedColumn]) -> str:
    """Which periods; of many the first and the last; of a list its rows say it."""
    if any(column.is_period for column in columns):
        return "见各行 by row"
    labels = [column.label_zh for column in columns if column.is_number]
    return "、".join(labels) if len(labels) <= 2 else f"{labels[0]} … {labels[-1]}"


def stub_columns() -> tuple[PrintedColumn, ...]:
    """What says what a row is: names and unit."""
    return (
        text_column(ZH, "指标", "Indicator", is_stub=True, language="zh"),
        text_column(EN, "指标（英文）", "Indicator, in English", is_stub=True, language="en"),
        text_column(UNIT, "计量单位", "Unit"),
    )


def text_column(
    place: int, zh: str, en: str, *, is_stub: bool = False, language: str = ""
) -> PrintedColumn:
    """A column of texts."""
    column = Column(en, "VARCHAR", zh, en, "", True, language=language)
    level = LEVEL if is_stub else None
    return PrintedColumn(column, place, "text", zh, en, is_identity=is_stub, level_place=level)


def figure_column(
    place: int, zh: str, en: str, name: str = "", *, unit: str | None = None
) -> PrintedColumn:
    """The column of figures at a place among those of a row, which say their unit, or it does."""
    first = FIRST + _PER_FIGURE * place
    return PrintedColumn(
        Column(name or en, "DECIMAL(30,8)", zh, en, "", True),
        first,
        "decimal",
        zh,
        en,
        unit or "",
        unit or "",
        unit_place=UNIT if unit is None else None,
        qualifier_place=first + 1,
        mark_place=first + 2,
        observation_place=first + 3,
    )


def _columns(heads: Sequence[Head]) -> tuple[PrintedColumn, ...]:
    return (
        *stub_columns(),
        *(figure_column(place, head.zh, head.en, head.key) for place, head in enumerate(heads)),
    )


def _list_columns() -> tuple[PrintedColumn, ...]:
    behind = FIRST + _PER_FIGURE
    return (
        *stub_columns(),
        replace(text_column(behind, "报告期", "Period, in Chinese"), is_period=True),
        replace(text_column(behind + 1, "报告期（英文）", "Period"), is_period=True),
        figure_column(0, "数字", "Figure"),
    )


def _row(line: Line, heads: Sequence[Head], kind: Kind) -> tuple[Any, ...]:
    by_head = {head_of(figure, kind): figure for figure in line.figures}
    found = (by_head.get(head) for head in heads)
    return row_of(line, [cell_of(figure) if figure else None for figure in found])


def _list_row(line: Line) -> tuple[Any, ...]:
    figure = line.figures[0] if line.figures else None
    periods = (figure.period_zh, figure.period_en) if figure else (None, None)
    return (*row_of(line, [cell_of(figure) if figure else None]), *periods)


Cell = tuple[Any, str, str, str]
"""A number, its qualifier, the letters behind it, and the observation that it repeats."""


def cell_of(figure: Figure) -> Cell:
    """A figure as four cells of a row."""
    return figure.value, _qualifier(figure), figure.marks, figure.observation_id


def row_of(line: Line, cells: Iterable[Cell | None]) -> tuple[Any, ...]:
    """A row: its stub, and four cells for each figure."""
    stub = (line.level, line.zh, line.en, line.unit or None, line.code or None)
    return sum(((cell or (None,) * _PER_FIGURE) for cell in cells), start=stub)


def _qualifier(figure: Figure) -> str:
    """前10: for a rank the sign ≤ would be read as a size."""
    return AMONG if figure.is_among else figure.qualifier


def _behind(figures: Iterable[Figure], sources: Mapping[str, Source]) -> list[Source]:
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
