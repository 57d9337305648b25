"""Printed tables of a draft: blocks, rows, and what stands around them.

Belongs here: from the tables that were seen to the lines of a ``table`` layout. Does not belong
here: single headers (``columns``), the names of indicators (``labels``), finding tables (``look``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from orchestration.authoring.columns import CLASSES, WHOLES, Below, Column, Columns
from orchestration.authoring.known import LAG, NAMED_PERIOD, PLAN_OF_YEAR, SPOKEN, Known
from orchestration.authoring.labels import Entry, Labels, no_unit
from orchestration.authoring.look import Seen, is_rank, is_value, most, plain_title, rows_of, tables
from orchestration.authoring.opening import source_lines
from orchestration.authoring.records import SPANS
from orchestration.authoring.yamltext import (
    UNSURE,
    asked,
    flow,
    quoted,
    scalar,
    without_period,
)
from orchestration.collect.grid import Grid
from orchestration.collect.layouts.extract import period_in
from orchestration.collect.layouts.footnotes import OF_ANOTHER
from orchestration.collect.layouts.header import EARLIER, header_paths, mark_key, split_marks
from orchestration.collect.layouts.stub import Name, names_of
from orchestration.collect.periods import Period, parse_period, read_period
from orchestration.collect.readers.selection import matches
from orchestration.errors import QutongError
from orchestration.spec import PERIOD_WRITTEN, Block, Source, TableColumn
from orchestration.text import counted, fold, same

_TOTALS = ("合计", "总计", "小计", "全市", "全区", "全省", "全国", "总计数", "合计数")
_MARKED = re.compile(r"(?:注\s*[:：]?\s*)?(?P<mark>[①-⑳]|[*＊]+|\[[0-9]{1,2}\]|\^[0-9]{1,2})")
"""A note that begins with a mark: figures may carry it."""
_MOVES = (
    "(?:为|系|是)(?P<period>[0-9年月至到—–-]+|上半年|前三季度|[一二三四]季度)的?(?:累计)?"
    "(?:数据|数字|年报数|数|年报)"
)
_STAGE_OF = re.compile(
    r"(?P<period>[0-9]{4}年(?:[0-9]{1,2}月)?)(?:数据)?(?:为|是|系)(?P<stage>\w{2,8})"
)
_FEW = 4
_NAMED_BESIDE = ("合计", "总计", "小计")
"""What may stand in the column of numbers beside a blank name."""
_COUNTER = re.compile(
    r"^(id|.*_id|code|.*code|key|page|total|count|size|index|.*no|version)$", re.I
)
_DAYS = re.compile(r"(19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?$")
_SUBJECT = re.compile(r"^指标\s*[:：]\s*(.+?)\s*(?:[(（]([^()（）]+)[)）])?\s*$")
SUBJECT_PATTERN = r"^指标\s*[:：]\s*(?P<indicator>.+?)\s*(?:[(](?P<unit>[^()]+)[)])?\s*$"
_CONTINUED = re.compile(
    r"[(\[]\s*续[表上一二三四五六七八九十0-9]*\s*[)\]]|^\s*(接上|续上?)\s*表\s*[-0-9一二三四五六七八九十]*\s*$"
)
"""What is printed over the second part of a table, alone or behind its title."""
_REGION_HEADER = re.compile("^(地区|镇街|街道|乡镇|镇乡|区县|县市|行政区|区域|地域|市县|省份|城市)")


@dataclass(frozen=True)
class Stub:
    """The rows of a table.

    Attributes:
        names: The name of each row.
        stub_is: What they name.
        hierarchy: What puts a row under another.
        doubt: What a person has to decide about them.
        kinds: What a column says of time or measure of each row: part of its name.
    """

    names: dict[int, Name]
    stub_is: tuple[str, ...]
    hierarchy: tuple[str, ...]
    doubt: str = ""
    kinds: dict[int, str] = field(default_factory=dict)


class Printed:
    """The layout of the printed tables of one file."""

    def __init__(
        self, path: Path, known: Known, labels: Labels, source: Source, doubts: list[str]
    ) -> None:
        self.path, self.known, self.labels = path, known, labels
        self.source, self.doubts = source, doubts
        self.breakdown_list = ""
        self.row_names: list[str] = []
        self.needs_period = False
        self.needs_region = False
        self.footnotes: dict[str, str] = {}
        self.report: Period | None = None
        self.kinds: dict[str, None] = {}

    def layout(self, grids: list[Grid]) -> tuple[list[str], str, Period | None]:
        """The lines of the layout, the title of the file, and its period.

        Raises:
            QutongError: nothing looks like a table, or several cannot be told apart.
        """
        seen = [table for grid in grids for table in tables(grid)]
        if not seen:
            raise self._no_table()
        by_grid = Counter(id(table.grid) for table in seen)
        several = max(by_grid.values()) > 1
        title, report = plain_title(seen[0].titles), None
        blocks: list[list[str]] = []
        places: list[list[str]] = []
        written_by: list[Seen] = []
        kept: list[Seen] = []
        written: dict[str, int] = {}
        wheres: dict[str, list[str]] = {}
        kinds: dict[str, int] = {}
        for table in seen:
            own, where = self._report(table)
            if "title" in wheres and (own is None or where == "file"):
                own, where = report, "document"
            if own is not None:
                wheres.setdefault(where, []).append(table.grid.name)
            report = report or own
            kind = _kind_of(table) or (next(reversed(kinds), "") if _goes_on(table) else "")
            number = kinds.setdefault(kind, len(kinds))
            suffix = f"_{number + 1}" if number else ""
            block = self._block(table, own, several=several, suffix=suffix, name=kind)
            if not block:
                continue
            kept.append(table)
            text = "\n".join(block)
            if text in written and several and table.grid is written_by[written[text]].grid:
                _repeat(blocks[written[text]])
            if text not in written:  # the same table for another period, on another sheet
                written[text] = len(blocks)
                blocks.append(block)
                written_by.append(table)
                places.append([])
            places[written[text]].append(table.grid.name)
        seen = kept
        if not seen:
            raise self._no_table()
        if several:
            _tell_apart(blocks, seen, written_by)
        lines = ["kind: table", *source_lines(self.source)]
        lines += self._sheets(grids, seen, blocks, places, several=several)
        lines += _period_from(wheres)
        if self.breakdown_list:
            lines.append(f"breakdown_list: {self.breakdown_list}")
        lines += self._spans()
        if self.footnotes:
            lines.append("footnotes:")
            lines += [asked(f"- {entry}", doubt) for entry, doubt in self.footnotes.items()]
        lines.append("blocks:")
        for block in blocks:
            lines += [f"- {block[0]}", *(f"  {line}" for line in block[1:])]
        lines += self._constants(seen, report)
        return lines, title, report

    def _no_table(self) -> QutongError:
        return QutongError(
            "nothing in the file looks like a table with a header, names and figures",
            file=self.path,
            remedy="see whether it is the right file; a layout function can read what no "
            "declaration describes",
        )

    def _sheets(
        self,
        grids: list[Grid],
        seen: list[Seen],
        blocks: list[list[str]],
        places: list[list[str]],
        *,
        several: bool,
    ) -> list[str]:
        """Lines for the sheets that are read; each block is told its own where they differ."""
        lines = []
        filled = list(dict.fromkeys(table.grid.name for table in seen))
        others = [grid.name for grid in grids if grid.name not in filled]
        if others:
            # Where no pattern tells them apart, a sheet without the headers is passed over.
            pattern = _pattern_of(filled, others) or "*"
            told = ", ".join(others[:3])
            lines.append(f"sheet: {quoted(pattern)}")
            lines.append(asked("other_sheets: ignore", f"without a table: {told}"))
        if len(blocks) > 1 and not several:
            patterns = [_pattern_of(own, [n for n in filled if n not in own]) for own in places]
            if None in patterns:
                raise QutongError(
                    "the sheets hold tables of different shape, and their names do not tell which "
                    "are alike / 各工作表结构不同",
                    file=self.path,
                    remedy="draft them apart: save those of one shape as a file of their own",
                )
            for block, own in zip(blocks, patterns, strict=True):
                block.append(f"sheet: {quoted(str(own))}")
        return lines

    def _constants(self, seen: list[Seen], report: Period | None) -> list[str]:
        texts = [text for table in seen for text in table.titles]
        named = [
            word
            for word in sorted(self.known.lists.region_words, key=len, reverse=True)
            if len(word) > 1 and any(word in text for text in texts)
        ]
        region, doubt = self.known.district, "whose figures they are; the district is assumed"
        if named:
            region, doubt = named[0], ""
        elif (told := self._region_of_title(texts)) is not None:
            word, meant = told
            region = word if len(meant) == 1 else region
            doubt = f"{word} may be {', '.join(meant[:4])}: write the code of the one that is meant"
            doubt = doubt if len(meant) > 1 else ""
        lines = ["constants:"]
        if self.needs_region:
            lines.append(asked(f"  region: {scalar(region)}", doubt))
        if report is None and self.needs_period:
            year = datetime.now(UTC).year
            lines.append(
                f"  period: '{year}'  {UNSURE} no period was found in title, sheet or file name"
            )
        return lines if len(lines) > 1 else []

    def _region_of_title(self, texts: list[str]) -> tuple[str, list[str]] | None:
        """The region that a title begins with, behind its number and its period: 江北区主要指标."""
        for text in texts:
            bare = re.sub(
                rf"^\s*(表\s*[-0-9.、一二三四五六七八九十]+)?\s*[:：]?\s*({PERIOD_WRITTEN})?",
                "",
                fold(text),
            )
            names = [bare[: match.end()] for match in re.finditer("[省市区县州盟旗]", bare[:16])]
            for name in reversed(names):
                if meant := self.known.meant_regions(name):
                    return name, meant
        return None

    def _report(self, table: Seen) -> tuple[Period | None, str]:
        written = [
            match.group("period")
            for text in table.titles
            if (match := re.search(PERIOD_WRITTEN, fold(text)))
        ]
        places = {
            "title": written,
            "sheet": [period_in(table.grid.name, PERIOD_WRITTEN)],
            "file": [period_in(self.path.stem, PERIOD_WRITTEN)],
        }
        for where, texts in places.items():
            for text in filter(None, texts):
                try:
                    return parse_period(text), where
                except ValueError:
                    continue
        return None, "title"

    # --- one table ------------------------------------------------------------------------------

    def _block(
        self, table: Seen, report: Period | None, *, several: bool, suffix: str, name: str
    ) -> list[str]:
        rows = rows_of(table.grid)
        table = _below_groups(table, rows)
        last = table.top + table.header_rows - 1
        stub_text = rows.get(table.top, {}).get(table.stub_col, "")
        paths, fill = _paths(table, rows, last)
        body = [r for r in sorted(rows) if last < r <= table.last and not _is_note(rows[r])]
        again = [
            col for col, path in paths.items() if same(path[-1]) == same(split_marks(stub_text)[0])
        ]
        stub_cols = [table.stub_col, *again]
        stub = self._stub(table, body, rows, stub_text, table.stub_col)
        subject = self._subject(table) if "indicator" not in stub.stub_is else None
        first = {c: p for c, p in paths.items() if not again or c < again[0]}
        by_column = "indicator" not in stub.stub_is
        self.report = report
        below = Below(
            texts={c: [rows[r][c] for r in body if c in rows[r]] for c in first},
            report=report,
            by_column=by_column and subject is None,
            period_in_rows="period" in stub.stub_is,
            region_in_rows="region" in stub.stub_is,
            suffix=suffix,
            is_named_above=subject is not None,
            is_divided=_is_divided(first),
            has_last_year=any(EARLIER.search(same(path[-1])) for path in first.values()),
            title=_about(table),
        )
        columns = Columns(self.known, below).of(first)
        if self.source.format == "json":
            _doubt_counters(columns)
        if stub.stub_is == ("indicator",):
            stub = self._with_kinds(table, body, columns, below, stub)
        if not any(column.is_value for column in columns):
            return []
        says_region = any(column.written.get("carries") == "region" for column in columns)
        if not below.region_in_rows and not says_region:
            self.needs_region |= any(
                column.is_value and "region" not in column.written for column in columns
            )
        if not below.period_in_rows:
            values = [column.written for column in columns if column.is_value]
            has_column = any(column.written.get("carries") == "period" for column in columns)
            self.needs_period |= not has_column and any("period" not in w for w in values)
        lines = self._head(table, rows, several=several)
        lines += [
            f"stub: {scalar(split_marks(stub_text)[0])}",
            f"header_rows: {table.header_rows}",
        ]
        if subject is not None:
            lines.append(f"title: {quoted(SUBJECT_PATTERN)}")
        above = self._unit_above(table) if _corner(table) is None else None
        if above is not None:
            lines.append(f"unit: {quoted(above[0])}")
        if fill:
            lines.append("header_fill: true")
        lines += _rows_lines(stub)
        if again:
            lines.append("side_by_side: true")
        lines += self._unnamed(table, body, rows, columns)
        lines += self._ignored(table, body, rows, stub, stub_cols)
        if any(n.unit for n in stub.names.values()):
            lines.append("unit_in_name: true")
        lines.append("columns:")
        for column in columns:
            doubt = column.doubt
            if column.unknown_unit and not by_column:
                doubt = doubt or no_unit(column.unknown_unit)
            lines.append(asked(f"- {flow(column.written)}", doubt))
        block_name = name
        if subject is not None:
            self._subject_figures(subject, columns, body, rows, suffix)
        else:
            for number, stub_col in enumerate(stub_cols):
                moved = stub_col - table.stub_col
                own = stub if number == 0 else self._stub(table, body, rows, stub_text, stub_col)
                self._figures(table, body, rows, columns, own, moved, block_name)
        self.doubts += [*table.doubts, *_without_header(table, body, rows, paths, last)]
        self._notes(table, rows, report)
        return lines

    def _with_kinds(
        self, table: Seen, body: list[int], columns: list[Column], below: Below, stub: Stub
    ) -> Stub:
        """The rows of names that are merged over several, of which a column says a part each."""
        merged = {
            row: first
            for first, left, end, right in table.grid.merged
            if left <= table.stub_col <= right and first in stub.names
            for row in range(first, end + 1)
        }
        if not merged or any(row not in merged for row in body):
            return stub
        for column in columns:
            texts = below.texts.get(column.cols[0], [])
            if column.is_value or len(texts) < len(body) or not self.known.are_kinds(texts):
                continue
            column.written = {"header": column.written["header"], "carries": "indicator"}
            column.doubt = "it says of what time or measure a row is: part of its name"
            self.kinds |= dict.fromkeys(texts)
            names = {row: stub.names[merged[row]] for row in body}
            return replace(stub, names=names, kinds=dict(zip(body, texts, strict=False)))
        return stub

    def _unit_above(self, table: Seen) -> tuple[str, str] | None:
        """The unit that ends a title, or stands above the table alone: a pattern for it, and it."""
        for text in table.titles:
            plain = fold(text).strip()
            inner = re.search(r"[(]\s*(?:in\s+)?([^()]+?)\s*[)]$", plain)
            if inner is not None and same(inner[1]) in self.known.units:
                return rf"[(]\s*(?:in\s+)?(?P<unit>{re.escape(inner[1])})\s*[)]$", inner[1]
            if same(plain) in self.known.units and not plain.isdigit():
                return f"^(?P<unit>{re.escape(plain)})$", plain
        return None

    def _head(self, table: Seen, rows: dict[int, dict[int, str]], *, several: bool) -> list[str]:
        if not several:
            return []
        return [f"starts: {quoted(_title_pattern(table.titles, table.first, rows))}"]

    def _stages(self, where: str, text: str) -> None:
        """A word for the stage of an estimate, that stands beside a table and not at a figure."""
        found = [word for word in self.known.stages if word in text]
        if found:
            word = max(found, key=len)
            self.doubts.append(
                f"{where} says {word} ({text[:60]}): if it is said of all figures, declare "
                f"constants: {{stage: {self.known.stages[word]}}}; if of some, see footnotes"
            )

    def _notes(self, table: Seen, rows: dict[int, dict[int, str]], report: Period | None) -> None:
        for title in table.titles:
            self._stages("the title", title)
        inside = [r for r in sorted(rows) if table.top < r <= table.last]
        notes = [r for r in inside if _is_note(rows[r])]
        carried = {
            mark
            for row in {table.top, *inside} - {*notes}
            for text in rows[row].values()
            for mark in split_marks(fold(text).strip())[1]
        }
        for text in (" ".join(rows[row].values()) for row in notes):
            self._stages("a note", text)
            self._stage_of_a_period(text)
            if LAG.search(text):
                self.doubts.append(
                    f"a note says that some figures come later ({text[:60]}): give their "
                    "indicators lag_months"
                )
            other = OF_ANOTHER.search(same(text))
            if other is None:
                continue
            mark = _MARKED.match(fold(text).strip())
            if other["period"] and mark is not None and mark_key(mark["mark"]) in carried:
                self._moves(other["period"], text, report)
            else:
                self.doubts.append(
                    f"a note says that some figures are of {other['period'] or other['other']}"
                    f" ({text[:60]}): see whether theirs carry a mark of it; else give their "
                    "indicators lag_months"
                )

    def _unnamed(
        self,
        table: Seen,
        body: list[int],
        rows: dict[int, dict[int, str]],
        columns: list[Column],
    ) -> list[str]:
        """Rows without a name that say another period, region or class than the one above."""
        told = {col for column in columns if not column.is_value for col in column.cols}
        values = {col for column in columns if column.is_value for col in column.cols}
        bare = [r for r in body if table.stub_col not in rows[r] and values & rows[r].keys()]
        told = {c for c in told if c > table.stub_col}
        if not bare or bare[0] == body[0] or not all(told & rows[row].keys() for row in bare):
            return []
        return [asked("stub_fill: true", "rows without a name have the name of the row above")]

    def _moves(self, period: str, text: str, report: Period | None) -> None:
        """A note that gives the figures with its mark another period than their column does."""
        if report is not None:
            own = {(report.start, report.end), (date(report.end.year, 1, 1), report.end)}
            try:
                meant, _ = read_period(period, report)
            except ValueError:
                return
            if (meant.start, meant.end) in own:
                return  # 一季度 beside 1-3月: it says the same in other words
        self.footnotes.setdefault(
            flow({"says": _MOVES, "moves": True}),
            f"a note says {period} ({text[:40]}): figures that carry its mark are of that period",
        )

    def _stage_of_a_period(self, text: str) -> None:
        """A note that says the stage of the figures of a period: 2022年数据为初步数."""
        said = _STAGE_OF.search(fold(text))
        if said is None:
            return
        stage = next((word for word in _longest(self.known.stages) if word in said["stage"]), None)
        if stage is not None:
            says = f"(?P<period>[0-9]{{4}}年(?:[0-9]{{1,2}}月)?)(?:数据)?(?:为|是|系){stage}"
            self.footnotes.setdefault(
                flow({"says": says, "stage": self.known.stages[stage]}),
                f"a note says {said[0]}: the figures of {said['period']} are of that stage",
            )

    def _ignored(
        self,
        table: Seen,
        body: list[int],
        rows: dict[int, dict[int, str]],
        stub: Stub,
        stub_cols: list[int],
    ) -> list[str]:
        stubs = [rows[r].get(col, "") for r in body for col in stub_cols]
        totals = sorted(
            {
                t
                for t in stubs
                if stub.stub_is == ("region",)
                and same(t) in _TOTALS
                and not self.known.is_region(t)
            }
        )
        if not table.serial_rows and not totals:
            return []
        doubt = "totals are left out; a synonym of their region keeps them" if totals else ""
        return [asked(f"ignored_rows: {flow([*table.serial_rows, *totals])}", doubt)]

    def _subject(self, table: Seen) -> tuple[str, str | None] | None:
        """The indicator that a line above the table names, with its unit: 指标：GDP(亿元)."""
        for text in table.titles:
            match = _SUBJECT.match(fold(text).strip())
            if match:
                return match[1], match[2]
        return None

    def _subject_figures(
        self,
        subject: tuple[str, str | None],
        columns: list[Column],
        body: list[int],
        rows: dict[int, dict[int, str]],
        suffix: str,
    ) -> None:
        label, unit = subject
        entry = self.labels.entry(f"value{suffix}" if suffix else "value", label)
        known = unit is not None and same(unit) in self.known.units
        for row in body:
            for column in columns:
                for col in column.cols if column.is_value else []:
                    if text := rows[row].get(col):
                        self.labels.saw(
                            entry,
                            text,
                            column.unit or (unit if known else None),
                            (col, str(row)),
                            None if known else unit,
                        )

    # --- rows -----------------------------------------------------------------------------------

    def _stub(
        self,
        table: Seen,
        body: list[int],
        rows: dict[int, dict[int, str]],
        header: str,
        stub_col: int,
    ) -> Stub:
        formatted = table.grid.formatted()
        looks = {
            (r, c): (i, b)
            for r, c, i, b in formatted.select("row", "col", "indent", "is_bold").iter_rows()
        }
        at = {r: stub_col for r in body if stub_col in rows[r]}
        at |= {
            r: col
            for r in body
            if r not in at
            for col, text in rows[r].items()
            if col < stub_col and same(text) in _NAMED_BESIDE
        }
        own = [(r, rows[r][at[r]], *looks[r, at[r]]) for r in body if r in at]
        clues: list[str] = ["numbering"]
        valued = {
            r
            for r, _, _, _ in own
            if any(is_value(t) or is_rank(t) for c, t in rows[r].items() if c > at[r])
        }
        blank = {r for r, _, _, _ in own} - valued
        opening = [text for r, text, _, _ in own if r in blank and not _has_more(rows[r])]
        if self._open_regions(opening, [text for r, text, _, _ in own if r in valued]):
            clues.insert(0, "blank")
        if len({bold for r, _, _, bold in own if r in valued}) > 1:
            clues.append("bold")
        if len({indent for _, _, indent, _ in own}) > 1:
            clues.append("indent")
        hierarchy = (*clues, "mark", "cut")
        block = Block.model_validate(
            {
                "stub": "*",
                "columns": [TableColumn(header=("*",))],
                "hierarchy": hierarchy,
                "unit_in_name": True,
                "ignored_rows": table.serial_rows,
            }
        )
        found = names_of(own, block, self.known.words, blank)
        names = {n.row: n for n in found if n.role != "ignored"}
        if "blank" in clues:
            self.row_names += [n.name for n in names.values() if n.row in valued]
            return Stub(names, ("region", "indicator"), hierarchy, self._regions_doubt(opening))
        stub_is, doubt = self._what(names, valued, header)
        return Stub(names, stub_is, hierarchy, doubt)

    def _open_regions(self, opening: list[str], valued: list[str]) -> bool:
        """Whether rows without a figure name regions, and those below them their indicators."""
        if not opening or not all(map(self.known.is_region, opening)):
            return False
        again = len({same(text) for text in valued}) < len(valued)
        return (len(opening) > 1 or again) and not any(map(self.known.is_region, valued))

    def _what(
        self, names: dict[int, Name], valued: set[int], header: str
    ) -> tuple[tuple[str, ...], str]:
        """What the rows name, and what is open about it."""
        known = self.known
        listed = [n.name for n in names.values() if n.row in valued]
        counted = [name for name in listed if same(name) not in _TOTALS]
        if most(map(known.is_time, listed)):
            readable = [name for name in listed if known.period_of(name) is not None]
            doubt = ""
            if len(readable) < len(listed):
                other = next(name for name in listed if known.period_of(name) is None)
                doubt = f"{other} is not written like a period with its year"
            elif all(_DAYS.match(same(name)) for name in listed):
                doubt = "days: figures of these days, or of the months that end with them"
            return ("period",), doubt
        if most((known.is_region(name) for name in counted), 0.5) and most(
            (known.looks_like_region(name) for name in counted), 0.75
        ):
            return ("region",), self._regions_doubt(counted)
        if most(same(name) in known.industries for name in listed):
            self.breakdown_list = "industry"
            return ("breakdown",), ""
        if _REGION_HEADER.search(same(header)) or most(
            bool(re.search("(街道|[^城]镇|乡|社区)$", same(name))) for name in listed
        ):
            return ("region",), self._regions_doubt(counted)
        deep = [n.name for n in names.values() if n.depth > 0 and n.row in valued]
        if deep and most(map(known.is_region, deep), 0.9):
            return ("indicator", "region"), self._regions_doubt(deep)
        self.row_names += listed
        return ("indicator",), ""

    def _regions_doubt(self, names: list[str]) -> str:
        unknown = [name for name in names if not self.known.meant_regions(name)]
        several = [name for name in names if len(self.known.meant_regions(name)) > 1]
        said = []
        if unknown:
            said.append(
                f"not in the lists of regions: {', '.join(unknown[:4])}; they stay in quarantine "
                "until raw/codelists/regions.csv has them"
            )
        if several:
            said.append(
                f"several regions are called {several[0]}: say regions_inside of the data set"
            )
        return "; ".join(said)

    def _spans(self) -> list[str]:
        """Words at the end of names that say of what stretch of their periods rows are."""
        ends = [re.sub(r"[(（].*?[)）]$", "", label) for label in self.row_names]
        said = [match[0] for end in ends if (match := SPOKEN.search(end))]
        spans = {word: span for word, span in SPANS.items() if any(word in s for s in said)}
        spans |= {m[0]: "year" for t in self.kinds if (m := PLAN_OF_YEAR.search(t))}
        return [f"spans: {flow(spans)}"] if spans else []

    # --- figures --------------------------------------------------------------------------------

    def _figures(
        self,
        table: Seen,
        body: list[int],
        rows: dict[int, dict[int, str]],
        columns: list[Column],
        stub: Stub,
        moved: int,
        block: str,
    ) -> None:
        """Note every indicator that the table has, with its unit and decimals."""
        unit_cols = [c.cols[0] for c in columns if c.written.get("carries") == "unit"]
        corner = _corner(table) or (self._unit_above(table) or ("", None))[1]
        for row in body:
            name = stub.names.get(row)
            if name is None:
                continue  # with stub_fill it has a name that was noted in the row above
            own = rows[row].get(unit_cols[0] + moved) if unit_cols else None
            own = self.known.unit_in(stub.kinds.get(row, ""))[1] or own
            if stub.kinds and own:
                name = replace(name, unit=None)
            in_name = self.known.unit_in(name.name)[2]
            for column in columns:
                if not column.is_value:
                    continue
                for col in column.cols:
                    text = rows[row].get(col + moved)
                    if text is None:
                        continue
                    entry = self._entry(column, name, stub, block, stub.kinds.get(row, ""))
                    unit = column.unit or name.unit or own or (None if unit_cols else corner)
                    unknown = column.unknown_unit or (in_name if unit is None else None)
                    if in_name and not column.unit:
                        unknown, unit = in_name, None
                    is_apart = stub.stub_is[:1] != ("indicator",)
                    place = str(name.path[0] if len(stub.stub_is) > 1 else row) if is_apart else ""
                    self.labels.saw(entry, text, unit, (col, place), unknown)
        for column in columns:
            if column.is_value and "indicator" not in stub.stub_is and column.label:
                entry = self.labels.entry(column.key, column.label, column.role)
                entry.block = block
                if column.unknown_unit:
                    entry.unknown_units.setdefault(column.unknown_unit)

    def _entry(self, column: Column, name: Name, stub: Stub, block: str, kind: str) -> Entry:
        if "indicator" not in stub.stub_is:
            entry = self.labels.entry(column.key, column.label, column.role)
        else:
            label = self._label(name, stub)
            label += f"/{self.known.unit_in(kind)[0]}" if kind else ""
            entry = self.labels.entry(column.key, label, column.role)
            entry.of = column.label
            if len(stub.stub_is) == 1:
                entry.above = name.path[:-1]
        entry.block = block
        self._named_period(entry, name)
        return entry

    def _named_period(self, entry: Entry, name: Name) -> None:
        """地区生产总值(1-9月) in a report of 1-10月, and what stands under it, come later."""
        said = next((m for n in reversed(name.path) if (m := NAMED_PERIOD.search(fold(n)))), None)
        report = self.report
        if said is None or report is None:
            return
        try:
            own, _ = read_period(said[1], report)
        except ValueError:
            return
        months = (report.end.year - own.end.year) * 12 + report.end.month - own.end.month
        if months > 0:
            entry.lag = months
            entry.doubt(
                f"{said[0].strip()} is said of it, the report is later: lag_months {months}"
            )

    def _label(self, name: Name, stub: Stub) -> str:
        if stub.stub_is[:1] == ("region",):
            name = replace(name, path=name.path[1:])
        elif len(stub.stub_is) > 1 and name.depth > 0:
            return str(name.path[0])
        inner = 1 if stub.stub_is[:1] == ("region",) else 0
        same_name = {n.path[inner:] for n in stub.names.values() if same(n.name) == same(name.name)}
        if len(same_name) > 1 and len(name.path) > 1:
            return "/".join(name.path[-2:])
        return str(name.name)


def _has_more(cells: dict[int, str]) -> bool:
    """Whether a row has anything beside its name."""
    return len(cells) > 1


def _rows_lines(stub: Stub) -> list[str]:
    """What the rows of a table name, and what puts one under another."""
    lines = []
    if stub.stub_is != ("indicator",):
        lines.append(asked(f"stub_is: {flow(list(stub.stub_is))}", stub.doubt))
    elif stub.doubt:
        lines.append(f"{UNSURE} {stub.doubt}")
    if stub.hierarchy != Block.model_fields["hierarchy"].default:
        lines.append(f"hierarchy: {flow(list(stub.hierarchy))}")
    return lines


def _period_from(wheres: dict[str, list[str]]) -> list[str]:
    """The line that says where periods stand, and what is open about it."""
    where = next((w for w in ("file", "sheet", "document") if w in wheres), "title")
    if where == "title":
        return []
    doubt = ""
    if where == "file":
        doubt = "is it the period of the figures, or when the file was sent"
    elif where == "document":
        told = ", ".join(wheres["document"][:3])
        doubt = f"no period stands above {told}: is it that of the table before"
    return [asked(f"period_from: {where}", doubt)]


def _repeat(block: list[str]) -> None:
    """A block that occurs several times, each time with the period of another title."""
    if "(?P<period>" in block[0] and "every: true" not in block:
        block.insert(1, "every: true")


def _tell_apart(blocks: list[list[str]], seen: list[Seen], written_by: list[Seen]) -> None:
    """Tables of one sheet are told by their titles; where those do not, by their number."""
    starts = [block[0] for block in blocks]
    if len(set(starts)) == len(starts) and not any(text == "starts: '^$'" for text in starts):
        return
    for block, table in zip(blocks, written_by, strict=True):
        stub = next(line for line in block if line.startswith("stub: "))
        alike = [other for other in seen if other.grid is table.grid and other.top <= table.top]
        number = sum(_stub_text(other) == _stub_text(table) for other in alike)
        block[0] = stub
        block[block.index(stub, 1)] = f"nth: {number}"


def _stub_text(table: Seen) -> str:
    return same(split_marks(rows_of(table.grid).get(table.top, {}).get(table.stub_col, ""))[0])


def _paths(
    table: Seen, rows: dict[int, dict[int, str]], last: int
) -> tuple[dict[int, tuple[str, ...]], bool]:
    """Header texts by column, and whether a text holds for the blanks to its right."""
    cells = [(r, c, t) for r in rows for c, t in rows[r].items()]
    paths = header_paths(table.grid, cells, table.top, last, fill=False)
    fill = any(len(path) < table.header_rows for path in paths.values()) and not any(
        table.top <= r1 <= last for r1, _, _, _ in table.grid.merged
    )
    if fill:
        paths = header_paths(table.grid, cells, table.top, last, fill=True)
    bare = {
        col: tuple(split_marks(text)[0] for text in path)
        for col, path in paths.items()
        if col != table.stub_col
    }
    return bare, fill


def _below_groups(table: Seen, rows: dict[int, dict[int, str]]) -> Seen:
    """Two tables side by side under a heading each (收入 | 支出): their header is the row below.

    The headings stand above it like a title. Where they are needed to tell names apart, equal
    names are refused by the gate.
    """
    last = table.top + table.header_rows - 1
    low, high = rows.get(last, {}), rows.get(table.top, {})
    stub = low.get(table.stub_col)
    again = [
        c for c, text in low.items() if stub and c != table.stub_col and same(text) == same(stub)
    ]
    if (
        table.header_rows < 2
        or not again
        or same(high.get(table.stub_col, "")) in ("", same(stub or ""))
    ):
        return table
    if any(col not in low for col in high):
        return table
    above = tuple(t for row in range(table.top, last) for t in rows.get(row, {}).values())
    return replace(table, top=last, header_rows=1, titles=(*table.titles, *above))


def _is_divided(paths: dict[int, tuple[str, ...]]) -> bool:
    """Whether classes stand over groups of equal headers: 城市 | 农村, each with 环比 | 同比."""
    below: dict[str, list[tuple[str, ...]]] = {}
    for path in paths.values():
        head = next((text for text in path[:-1] if same(text) in (*CLASSES, *WHOLES)), None)
        if head is not None:
            below.setdefault(same(head), []).append(tuple(t for t in path if t != head))
    groups = [sorted(paths_) for paths_ in below.values()]
    return (
        bool(below.keys() & set(CLASSES))
        and len(groups) > 1
        and all(g == groups[0] for g in groups)
    )


def _is_note(cells: dict[int, str]) -> bool:
    first = fold(cells[min(cells)]).strip()
    return bool(re.search(Block.model_fields["notes"].default, first)) and not any(
        is_value(text) for text in cells.values()
    )


def _corner(table: Seen) -> str | None:
    """The unit in the corner of a table."""
    return next(
        (
            m.group("unit").strip()
            for text in table.titles
            if (m := re.search(Block.model_fields["unit"].default, fold(text).strip()))
        ),
        None,
    )


def _without_header(
    table: Seen,
    body: list[int],
    rows: dict[int, dict[int, str]],
    paths: dict[int, tuple[str, ...]],
    last: int,
) -> list[str]:
    """Columns of texts that nothing stands over: nobody can say by a name which is which."""
    filled = Counter(col for row in body for col in rows[row])
    bare = [col for col in sorted(filled) if col not in paths and col != table.stub_col]
    named = [col for col in bare if filled[col] > 1 or len(body) < _FEW]
    if not named:
        return []
    where = ", ".join(table.grid.place(last, col) for col in named[:4])
    return [
        f"nothing stands over {counted(len(named), 'column')} that have texts ({where}): write a "
        "header there that says what each of them is (指标, 地区), and draft it again | "
        "这些列没有表头，请补上表头后重新起草"
    ]


def _longest(words: Iterable[str]) -> list[str]:
    return sorted(words, key=lambda word: (-len(word), word))


def _about(table: Seen) -> str:
    """What the title of a table is about, without its period and the unit behind it."""
    title = re.sub(r"[(（][^()（）]*[)）]\s*$", "", fold(plain_title(table.titles)).strip())
    bare = re.sub(r"^表\s*[-0-9一二三四五六七八九十]+[、:：.\s]*", "", title)
    return without_period(re.sub("(完成|基本|主要)?(情况|统计|一览|汇总)*表?$", "", bare))


def _doubt_counters(columns: list[Column]) -> None:
    """Numbers of a JSON file that are keys or counters are no figures."""
    for column in columns:
        header = str(column.written.get("header", [""])[-1]).split(".")[-1]
        if column.is_value and _COUNTER.match(header):
            column.written = {"header": column.written["header"], "carries": "ignored"}
            column.doubt = "a key or a counter by its name, and no figure"
        elif column.is_value:
            column.doubt = column.doubt or "is it a figure, and which indicator"


def _kind_of(table: Seen) -> str:
    """What a table is about, whatever period and sheet it is of."""
    title = re.sub(PERIOD_WRITTEN, "", fold(plain_title(table.titles)))
    return re.sub(r"\s", "", _CONTINUED.sub("", title))


def _goes_on(table: Seen) -> bool:
    """Whether its title says that it is the second part of the table before it: 续表."""
    return any(_CONTINUED.search(fold(text)) for text in table.titles)


def _pattern_of(names: list[str], others: list[str]) -> str | None:
    """A pattern that all names fit and none of the others does."""
    if not others:
        return "*"
    first, last = names[0], names[0][::-1]
    for name in names[1:]:
        first = first[: _common(first, name)]
        last = last[: _common(last, name[::-1])]
    inner = [char for char in "-_年月 表" if all(char in name for name in names)]
    candidates = [
        names[0] if len(names) == 1 else "",
        f"{first}*" if first else "",
        f"*{last[::-1]}" if last else "",
        *(f"*{char}*" for char in inner),
        "?" * len(names[0]) if len({len(n) for n in names}) == 1 else "",
    ]
    for pattern in filter(None, candidates):
        if "[" in pattern or (len(names) == 1 and set("*?") & set(names[0])):
            continue
        if all(matches(n, pattern) for n in names) and not any(matches(n, pattern) for n in others):
            return pattern
    return None


def _common(one: str, other: str) -> int:
    size = 0
    while size < min(len(one), len(other)) and one[size] == other[size]:
        size += 1
    return size


def _title_pattern(titles: tuple[str, ...], first: int, rows: dict[int, dict[int, str]]) -> str:
    """The title as a regular expression, with its period left open."""
    title = titles[0] if titles else ""
    plain = fold(title).strip()
    match = re.search(PERIOD_WRITTEN, plain)
    if match is None:
        return f"^{re.escape(plain)}$"
    head, tail = plain[: match.start()], plain[match.end() :]
    return f"^{re.escape(head)}(?P<period>[0-9]{{4}}.*?){re.escape(tail)}$"
