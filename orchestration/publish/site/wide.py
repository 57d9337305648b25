"""Printed tables on pages: indicators down, periods across, the same model as the yearbook's.

Belongs here: which periods stand side by side on one screen, and their HTML. Does not belong here:
which rows a table has and in which order (``paper.yearbook``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.publish.printed import PrintedColumn, PrintedTable
from orchestration.publish.site.markup import RANK_UNITS, Units, both, figure, file_name, safe
from orchestration.publish.site.model import Row

ACROSS = 8
"""Periods that stand side by side on a screen of 1280 pixels beside a stub."""
ROWS = 200
"""Rows of a table on a page; all of them stand in the files below it."""
_LEVEL, _ZH, _EN, _UNIT, _CODE = range(5)

Cells = tuple[Any, ...]


@dataclass(frozen=True)
class Shown:
    """How a printed table stands on a page.

    Attributes:
        across: The periods side by side, oldest first.
        rows: The rows that have a figure in one of them, under their headings.
        others: The rows that have none; their newest figures are listed.
        earlier: The periods that are left over for the rows above.
    """

    across: tuple[PrintedColumn, ...]
    rows: tuple[Cells, ...]
    others: tuple[Cells, ...]
    earlier: tuple[PrintedColumn, ...]


def arrange(printed: PrintedTable, weight: Callable[[str], int] = lambda code: 1) -> Shown:
    """Choose the periods: those in which most rows have their newest figure, then the fullest.

    A row whose newest figure stands in none of them is listed with its period: nobody takes an
    older figure for the newest.
    """
    periods = [column for column in printed.columns if column.observation_place is not None]
    rows = [row for row in printed.rows[:ROWS] if _has(row, periods)]
    newest = Counter[int]()
    for row in rows:
        newest[_newest(row, periods)] += weight(row[_CODE])
    chosen = set(sorted(newest, key=lambda n: (-newest[n], -n))[:ACROSS])
    filled = Counter(
        n
        for row in rows
        if _newest(row, periods) in chosen
        for n, column in enumerate(periods)
        if _in(row, column)
    )
    more = sorted((n for n in filled if n not in chosen), key=lambda n: (-filled[n], -n))
    chosen |= set(more[: ACROSS - len(chosen)])
    across = tuple(periods[n] for n in sorted(chosen))
    kept = _under_headings(
        printed.rows[:ROWS], lambda row: _has(row, across) and _newest(row, periods) in chosen
    )
    names = {id(row) for row in kept}
    return Shown(
        across,
        kept,
        tuple(row for row in rows if id(row) not in names),
        tuple(
            column
            for n, column in enumerate(periods)
            if n not in chosen and any(_has(row, [column]) for row in kept)
        ),
    )


def _newest(row: Cells, periods: Sequence[PrintedColumn]) -> int:
    return max(n for n, column in enumerate(periods) if _in(row, column))


def _under_headings(rows: Sequence[Cells], wanted: Callable[[Cells], bool]) -> tuple[Cells, ...]:
    """The wanted rows, with each heading that one of them stands under."""
    found: list[Cells] = []
    heading: Cells | None = None
    for row in rows:
        if not row[_CODE]:
            heading = row
        elif wanted(row):
            if heading is not None:
                found.append(heading)
                heading = None
            found.append(row)
    return tuple(found)


def _in(row: Cells, column: PrintedColumn) -> bool:
    return row[column.place] is not None


def _has(row: Cells, columns: Sequence[PrintedColumn]) -> bool:
    return bool(row[_CODE]) and any(_in(row, column) for column in columns)


def observations(printed: PrintedTable) -> set[str]:
    """The figures that stand in a table."""
    places = [c.observation_place for c in printed.columns if c.observation_place is not None]
    return {row[place] for row in printed.rows for place in places if row[place]}


def is_of_one_region(printed: PrintedTable) -> bool:
    """Whether its rows are indicators of the district, and not regions below an indicator."""
    return all(" " not in (row[_CODE] or "") for row in printed.rows)


class Wide:
    """Renders printed tables of one page, each indicator's first row with its id."""

    def __init__(
        self,
        units: Units,
        flags: Mapping[str, Row],
        link: Callable[[str, str, str], str],
        about: Callable[[str, str, str], str],
        region: tuple[str, str],
        files: Callable[[PrintedTable], str],
        weight: Callable[[str], int],
    ) -> None:
        """Take what all tables of a page share.

        Args:
            units: The units in both languages.
            flags: Status of each figure, by its observation.
            link: HTML of a row's name (code, 中文, English), a link where it has a page.
            about: HTML of what else is to be said of a row's indicator, of the same three.
            region: Whose figures they are.
            files: HTML of the links to the files of a table.
            weight: How much an indicator counts when periods are chosen.
        """
        self.units, self.flags, self.region = units, flags, region
        self.link, self.about, self.files, self.weight = link, about, files, weight
        self.named: set[str] = set()

    def render(self, printed: PrintedTable) -> str:
        """A table with its title, notes and files; nothing where it has no figure."""
        shown = arrange(printed, self.weight)
        if not shown.rows and not shown.others:
            return ""
        zh, en = printed.table.title_zh, printed.table.title_en
        title = both(f"{self.region[0]}：{zh}", f"{self.region[1]}: {en}")
        if _periods_by_row(printed):
            listed = self._listed(printed, shown.rows, title, is_alone=True)
            return self._section(printed, title, listed, shown.rows)
        parts = [self._wide(shown.across, shown.rows, title)] if shown.rows else []
        if shown.others:
            parts.append(self._listed(printed, shown.others, title, is_alone=not shown.rows))
        if shown.earlier:
            rows = _under_headings(shown.rows, lambda row: _has(row, shown.earlier))
            summary = both("更早与其他时期", "Earlier and other periods")
            parts.append(
                f'<details class="earlier"><summary>{summary}</summary>'
                f"{self._wide(shown.earlier, rows, title)}</details>"
            )
        return self._section(printed, title, "".join(parts), (*shown.rows, *shown.others))

    def _section(self, printed: PrintedTable, title: str, body: str, rows: Sequence[Cells]) -> str:
        return (
            f'<section class="printed"><h3><span class="no">{safe(printed.number)}</span>{title}'
            f"</h3>{body}{self._foot(printed, rows)}</section>"
        )

    def _wide(self, across: Sequence[PrintedColumn], rows: Sequence[Cells], title: str) -> str:
        heads = "".join(
            f'<th scope="col" class="num">{both(column.label_zh, column.label_en)}</th>'
            for column in across
        )
        body = "".join(self._row(row, across) for row in rows)
        return _table(
            "data printed-table",
            title,
            f'<th scope="col">{both("指标（计量单位）", "Indicator (unit)")}</th>{heads}',
            body,
        )

    def _row(self, row: Cells, across: Sequence[PrintedColumn]) -> str:
        if not row[_CODE]:
            return _heading(row, len(across) + 1)
        cells = "".join(f'<td class="num">{self._figure(row, column)}</td>' for column in across)
        return f"<tr{self._id(row)}>{self._stub(row)}{cells}</tr>"

    def _listed(
        self, printed: PrintedTable, rows: Sequence[Cells], title: str, *, is_alone: bool
    ) -> str:
        """Rows of other periods, each with its own."""
        periods = [column for column in printed.columns if column.observation_place is not None]
        own = _periods_by_row(printed)
        body = []
        for row in rows:
            if not row[_CODE]:
                body.append(_heading(row, 3))
                continue
            column = [column for column in periods if _in(row, column)][-1]
            zh, en = (row[c.place] for c in own) if own else (column.label_zh, column.label_en)
            body.append(
                f'<tr{self._id(row)}>{self._stub(row)}<td class="short">'
                f"{both(zh, en)}</td>"
                f'<td class="num">{self._figure(row, column)}</td></tr>'
            )
        said = "" if is_alone else (
            f'<p class="note">{both("其他时期的指标", "Indicators of other periods")}</p>'
        )  # fmt: skip
        return said + _table(
            "data printed-table lists",
            title,
            f'<th scope="col">{both("指标（计量单位）", "Indicator (unit)")}</th>'
            f'<th scope="col">{both("报告期", "Period")}</th>'
            f'<th scope="col" class="num">{both("数字", "Figure")}</th>',
            "".join(body),
        )

    def _stub(self, row: Cells) -> str:
        unit, shown = row[_UNIT], ""
        if unit and unit not in RANK_UNITS:
            named = f'<span class="u">{both(unit, self.units.en(unit))}</span>'
            shown = f"{both('（', ' (')}{named}{both('）', ')')}"
        depth = ' class="sub"' if row[_LEVEL] > 1 else ""
        name = self.link(row[_CODE], row[_ZH], row[_EN])
        return f'<th scope="row"{depth}>{name}{shown}</th>'

    def _id(self, row: Cells) -> str:
        """The place of an indicator on its page: once, and only where it first stands."""
        code = row[_CODE]
        if code in self.named:
            return ""
        self.named.add(code)
        return f' id="i-{file_name(code)}"'

    def _figure(self, row: Cells, column: PrintedColumn) -> str:
        if row[column.place] is None or column.observation_place is None:
            return ""
        of = row[column.observation_place]
        flags = self.flags.get(of, {})
        shown = figure(
            self.units,
            row[column.place],
            # The stub has the unit; of a rank it decides the sign.
            row[_UNIT] if row[_UNIT] in RANK_UNITS else None,
            flags.get("qualifier"),
            status=flags.get("obs_status"),
            conf=flags.get("conf_status"),
            is_simulated=flags.get("is_simulated"),
            is_inferred=flags.get("is_period_inferred"),
            is_plain=column.is_plain_in(row),
            of=of,
        )
        return shown

    def _foot(self, printed: PrintedTable, rows: Sequence[Cells]) -> str:
        told = [self.about(row[_CODE], row[_ZH], row[_EN]) for row in rows if row[_CODE]]
        about = "".join(f"<li>{text}</li>" for text in told if text)
        if about:
            summary = both("指标说明与出处", "What the indicators are, and where they come from")
            about = (
                f'<details class="foot about"><summary>{summary}</summary>'
                f"<ul>{about}</ul></details>"
            )
        notes = "".join(f"<li>{both(*_halves(note))}</li>" for note in printed.notes)
        warnings = "".join(
            f'<p class="note">{both(*_halves(text))}</p>' for text in printed.warnings
        )
        sources = "".join(f"<li>{safe(str(source))}</li>" for source in printed.sources[:15])
        listed = f"<p>{both('来源', 'Sources')}</p><ul>{sources}</ul>" if sources else ""
        return (
            f'{warnings}<details class="foot"><summary>{both("注释与来源", "Notes and sources")}'
            f"</summary><ul>{notes}</ul>{listed}</details>{about}{self.files(printed)}"
        )


def _periods_by_row(printed: PrintedTable) -> list[PrintedColumn]:
    """The columns of a list that say of which period each row is, in both languages."""
    return [column for column in printed.columns if column.is_period]


def _heading(row: Cells, width: int) -> str:
    return (
        f'<tr class="group"><th scope="colgroup" colspan="{width}">'
        f"{both(row[_ZH], row[_EN])}</th></tr>"
    )


def _halves(text: str) -> tuple[str, str]:
    """Both languages of a note that is printed as one line."""
    zh, _, en = text.partition(" / ")
    return zh, en or zh


def _table(kind: str, title: str, heads: str, body: str) -> str:
    label = safe(" ".join(title.replace("</span>", " ").split("<span")[0].split())) or "表 Table"
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">'
        f'<table class="{kind}"><caption class="vh">{title}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )
