"""Draft a declaration for a file that nobody has declared: it runs, and says what it is unsure of.

Belongs here: turning what was seen of a file (``look``) into a declaration. Does not belong here:
reading figures; the draft is tried with the reader that a run uses.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from orchestration.authoring import services
from orchestration.authoring.look import Seen, is_value, most, plain_title, rows_of, tables
from orchestration.collect.apart import LimitError, Limits, within
from orchestration.collect.archive import Delivery, hash_file
from orchestration.collect.grid import Grid, RefusedError
from orchestration.collect.layouts.extract import Words, period_in
from orchestration.collect.layouts.header import (
    header_paths,
    meaning_of,
    split_marks,
    with_left_period,
)
from orchestration.collect.layouts.stub import names_of
from orchestration.collect.names import whole_region
from orchestration.collect.parse import Outcome, Parsed, parse_bytes
from orchestration.collect.periods import Period, is_period_text, parse_period
from orchestration.collect.readers import read_grids
from orchestration.collect.readers.containers import WRITTEN_IN
from orchestration.collect.readers.nested import step_of
from orchestration.declarations import Declared, validate_file
from orchestration.errors import QutongError
from orchestration.spec import OF_ONE_VALUE, PERIOD_WRITTEN, Block, Source, TableColumn
from orchestration.text import fold, same

if TYPE_CHECKING:
    from orchestration.declarations import Declarations

UNSURE = "# ?"
_FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xls": "xls",
    ".ods": "ods",
    ".htm": "html",
    ".html": "html",
    ".docx": "docx",
    ".pdf": "pdf",
    ".json": "json",
    ".xml": "sdmx-ml",
    ".parquet": "parquet",
}
_RECORD_WORDS = {
    "indicator": ("指标", "指标名称", "项目", "项目名称", "indicator", "名称", "name"),
    "region": ("地区", "区域", "行政区", "镇街", "街道", "单位名称", "region"),
    "region_code": ("地区代码", "行政区划代码", "区划代码"),
    "period": (
        *("期间", "时间", "时期", "月份", "年份", "年度", "报告期"),
        *("period", "date", "time", "month", "year", "sj"),
    ),
    "value": ("数值", "数据", "值", "本期值", "绝对数", "value", "data", "strdata"),
    "present": ("hasdata",),
    "unit": ("单位", "计量单位", "unit"),
    "measure": ("指标类型", "类型"),
    "qualifier": ("限定",),
    "source_place": ("章节", "表号", "页码", "出处"),
}
_BESIDE_WORDS = {
    "figure_kind": ("数字性质", "数据性质", "性质", "数字类型", "数据类型", "figure_kind"),
    "subject": ("主体", "企业", "企业名称", "填报企业", "subject"),
    "locality": ("地点", "区内地点", "所在地点", "园区", "商圈", "locality"),
    "printed": ("原文", "原文表述", "原文文字", "printed"),
    "note": ("备注", "附注", "说明", "注", "note", "remarks"),
}
"""What stands beside a figure, in records and in printed tables."""
_ROLE = {
    "level": ("value", "level"),
    "count": ("value", "count"),
    "yoy_growth_pct": ("growth", "yoy_growth_pct"),
    "cagr_pct": ("cagr", "cagr_pct"),
    "share_pct": ("share", "share_pct"),
    "rank": ("rank", "rank"),
    "ratio": ("ratio", "ratio"),
}
_NAMES = {
    "growth": ("同比增速", "growth on the same period of last year"),
    "cagr": ("年均增速", "average annual growth"),
    "share": ("比重", "share"),
    "rank": ("位次", "rank"),
    "ratio": ("比率", "ratio"),
    "last_year": ("上年同期同口径数", "same period of last year, same frame"),
}
_MEASURE = {role: measure for role, measure in _ROLE.values() if role != "value"} | {
    "last_year": "level"
}
_REGION_HEADER = re.compile("^(地区|镇街|街道|乡镇|镇乡|区县|县市|行政区|区域|地域|市县)")
_CADENCE = {"month": "monthly", "month_range": "monthly", "quarter": "quarterly"}


@dataclass(frozen=True)
class Draft:
    """A declaration that was drafted.

    Attributes:
        text: The YAML.
        doubts: How many lines it is unsure of.
        parsed: What a run would make of the file.
        outcome: The figures, unless the file was refused.
    """

    data_set_id: str
    theme: str
    text: str
    doubts: int
    parsed: Parsed
    outcome: Outcome | None


@dataclass
class _Indicator:
    key: str
    label: str
    role: str = "value"
    units: Counter[str] = field(default_factory=Counter)
    decimals: int = 0
    whole: bool = True
    of: str = ""
    called: str = ""
    doubt: str = ""

    @property
    def name(self) -> str:
        """Its Chinese name: the row's, and the column's where it says more than a measure."""
        if self.called:
            return self.called
        return self.label.replace("/", "：") + (f"：{self.of}" if self.of else "")


@dataclass
class _Column:
    """A column of the draft: what is written, and what it means."""

    written: dict[str, Any]
    cols: list[int]
    key: str = ""
    unit: str | None = None
    doubt: str = ""
    label: str = ""
    role: str = "value"


def draft(
    path: Path,
    declarations: Declarations,
    *,
    data_set_id: str | None = None,
    theme: str | None = None,
) -> Draft:
    """Look at a file and write a declaration for it.

    Raises:
        QutongError: the file cannot be read, or not within the limits of a reading, or holds
            nothing that looks like a table.
    """
    limits = Limits.of(declarations.settings)
    try:
        return within(limits, _drafted, path, declarations, data_set_id, theme)
    except LimitError as error:
        raise QutongError(
            f"{error.zh} | {error.en}",
            file=path,
            remedy="take one table of it, or raise reading_seconds or reading_megabytes "
            "in raw/district.yml",
        ) from None


def _drafted(
    path: Path, declarations: Declarations, data_set_id: str | None, theme: str | None
) -> Draft:
    known_format = _FORMATS.get(path.suffix.lower())
    if known_format is None:
        raise QutongError(
            "the kind of the file is not known",
            file=path,
            remedy=f"give it one of the endings {' '.join(sorted(_FORMATS))}",
        )
    content = path.read_bytes()
    regions = declarations.codelists.region_words
    source, grids, doubts = _read(content, known_format, path, regions)
    drafter = _Drafter(path, content, declarations, source, doubts)
    text = drafter.write(grids, data_set_id, theme)
    return _tried(text, drafter, content, declarations)


def _read(
    content: bytes, form: str, path: Path, regions: Mapping[str, str]
) -> tuple[Source, list[Grid], list[str]]:
    """Grids of the file, with the first way of reading it that works."""
    doubts: list[str] = []
    given: dict[str, Any] = {"format": services.format_of(content, form), "encoding": "auto"}
    if given["format"] == "json":
        given |= _records_of(content, regions)
    if path.suffix.lower() == ".tsv" or (
        form == "csv" and content.count(b"\t") > content.count(b",")
    ):
        given["delimiter"] = "\t"
    for hidden in ("refuse", "ignore"):
        try:
            source = Source.model_validate(given | {"hidden": hidden})
            return source, read_grids(content, source, wants_format=True), doubts
        except RefusedError as error:
            if error.rule != "delivery.hidden-content":
                raise QutongError(
                    f"{error.rule} at {error.place}: {error.detail_zh} | {error.detail_en}",
                    file=path,
                    remedy="mend the file, or ask its sender for it again",
                ) from None
            doubts.append(f"hidden content is left out: {error.detail_en}")
    raise QutongError("nothing can be read", file=path)


def _records_of(content: bytes, regions: Mapping[str, str]) -> dict[str, Any]:
    """Where the records of a JSON file are: its longest list of objects, with what stands around
    them, or numbers that keys tell apart."""
    sizes: Counter[str] = Counter()
    around: dict[str, dict[str, None]] = {}
    try:
        todo: list[tuple[str, Any, list[Any]]] = [("$", json.loads(content), [])]
    except (ValueError, RecursionError):
        return {}
    while todo:
        path, value, outer = todo.pop()
        if isinstance(value, dict):
            inside = [value, *outer]
            todo += [(f"{path}{step_of(key)}", inner, inside) for key, inner in value.items()]
        elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
            sizes[f"{path}[*]"] += sum(isinstance(inner, dict) for inner in value)
            around.setdefault(f"{path}[*]", {}).update(_fields_around(outer))
            todo += [(f"{path}[*]", inner, outer) for inner in value]
    by_keys = services.keyed(content, regions)
    best = max(sizes, key=lambda path: (sizes[path], path), default="$[*]")
    if by_keys is not None and by_keys.size > sizes[best]:
        return {"records_at": by_keys.path, "keys": by_keys.keys}
    # What stands once, at the top, is of the answer and not of its records.
    told = list(around.get(best, {})) if best.count("[*]") > 1 else []
    return {"records_at": best, "parents": tuple(told)}


def _fields_around(outer: list[Any]) -> dict[str, None]:
    """Fields of the objects around a list as the reader calls them; not those of the root."""
    return {
        f"{'../' * depth}{key}": None
        for depth, holder in enumerate(outer[:-1], start=1)
        for key, value in holder.items()
        if not isinstance(value, dict | list)
    }


class _Drafter:
    def __init__(
        self,
        path: Path,
        content: bytes,
        declarations: Declarations,
        source: Source,
        doubts: list[str],
    ) -> None:
        self.path = path
        self.content = content
        self.declarations = declarations
        self.lists = declarations.codelists
        self.words = Words.of(self.lists)
        self.source = source
        self.doubts = doubts
        self.regions = {same(word): code for word, code in self.lists.region_words.items()}
        self.industries = {same(word) for word in self.lists.words("industry")}
        self.breakdown_list = ""
        self.kinds = {same(word) for word in self.lists.words("figure_kind")}
        self.units = {same(word): code for word, code in self.lists.unit_words.items()}
        self.indicators: dict[tuple[str, str], _Indicator] = {}
        self.symbols: dict[str, str] = {}
        self.data_set_id = ""
        self.theme = ""
        self.taken: set[str] = set()

    # --- the whole -----------------------------------------------------------------------------

    def write(self, grids: list[Grid], data_set_id: str | None, theme: str | None) -> str:
        filled = [grid for grid in grids if grid.cells.height]
        is_service = self.source.format in WRITTEN_IN or bool(self.source.keys)
        layout = self._service(filled[0]) if is_service else self._records(filled)
        title = ""
        report: Period | None = None
        if layout is None:
            layout, title, report = self._tables(filled)
        title = title or self.path.stem
        # What is told apart by the period is one data set: its name and files carry none.
        name = _without_period(title) or title
        self.data_set_id = data_set_id or _identifier(_without_period(self.path.stem) or name)
        self.theme = theme or self._theme()
        lines = [
            f"# {name}",
            f"# Drafted from {self.path.name}; lines with {UNSURE!r} are guesses.",
            f"id: {self.data_set_id}",
            f"title: {_flow({'zh': name, 'en': self.data_set_id.replace('-', ' ').capitalize()})}"
            f"  {UNSURE} the English title",
            f"theme: {self.theme}"
            + ("" if theme else f"  {UNSURE} one of the themes; also the name of the folder"),
            f"owner: 综合科 / General section  {UNSURE} who answers for it in the bureau",
            "origin:",
            f"  producer: 未注明 / not stated  {UNSURE} who made the file",
            "  documents:",
            f"  - id: {self.data_set_id}",
            f"    title: {_scalar(name)}",
            f"    grade: official  {UNSURE} official, research or secondary",
            "delivery:",
            "  connector: folder",
            f"  pattern: {_flow([_pattern(self.path.name)])}",
            f"  cadence: {_CADENCE.get(report.precision, 'annual') if report else 'irregular'}",
            f"  {UNSURE} due: {{day: 10}} and awaited_from: once it is known when periods are due",
        ]
        lines += ["layout:", *_indented(layout, 2), "indicators:", *self._indicator_lines(report)]
        if self.symbols:
            lines.append("symbols:")
            lines += [
                f"  {_quoted(text)}: {status}  {UNSURE} M missing, O not collected, none: no data"
                for text, status in sorted(self.symbols.items())
            ]
        lines += [f"{UNSURE} {doubt}" for doubt in self.doubts]
        return "\n".join(lines) + "\n"

    def _theme(self) -> str:
        known = self.declarations.definitions
        themes = Counter(
            known[code][0].theme or known[code][1].data_set.theme
            for ind in self.indicators.values()
            if (code := self._known(ind)) is not None
        )
        return themes.most_common(1)[0][0] if themes else "profile"

    def _source_lines(self) -> list[str]:
        lines = [f"format: {self.source.format}"]
        if self.source.format in ("csv", "html", "sdmx-csv"):
            lines.append("encoding: auto")
        if self.source.delimiter != ",":
            lines.append(f"delimiter: {_quoted(self.source.delimiter)}")
        if self.source.format == "json":
            lines.append(f"records_at: {_quoted(self.source.records_at)}")
            for name in ("parents", "keys"):
                told = list(getattr(self.source, name))
                lines += [f"{name}: {_flow(told)}"] if told else []
        if self.source.hidden != "refuse":
            lines.append(f"hidden: {self.source.hidden}")
        return lines

    # --- files of services ----------------------------------------------------------------------

    def _service(self, grid: Grid) -> list[str]:
        """The layout of a file of a statistical service, whose format says what its parts are."""
        rows = rows_of(grid)
        header = rows.pop(min(rows))
        body = [rows[n] for n in sorted(rows)]
        columns = {text: [cells.get(col, "") for cells in body] for col, text in header.items()}
        roles = services.roles_of(
            self.content, self.source.format, columns, grid.offered, self.lists
        )
        self.symbols |= roles.symbols
        self._service_figures(roles, columns, len(body))
        self._service_doubts(roles, columns)
        return self._service_lines(roles)

    def _service_figures(
        self, roles: services.Roles, columns: dict[str, list[str]], rows: int
    ) -> None:
        """Note every indicator with its unit and decimals."""

        def told(role: str, otherwise: str) -> list[str]:
            return columns.get(roles.carried.get(role, "")) or [otherwise] * rows

        for label, value, unit, decimals in zip(
            told("indicator", self._whole(roles)),
            told("value", ""),
            told("unit", ""),
            told("decimals", ""),
            strict=True,
        ):
            entry = self._indicator("value", label)
            entry.called = roles.names.get(label, "")
            entry.doubt = services.doubt_of(entry.called or label, unit)
            if decimals in tuple("012345678"):
                entry.decimals = max(entry.decimals, int(decimals))
            if value:
                self._saw(entry, value, unit or None)
            else:
                self.symbols[""] = "M"

    def _service_doubts(self, roles: services.Roles, columns: dict[str, list[str]]) -> None:
        for role, known, file in (
            ("region_code", self.regions, "regions.csv"),
            ("unit", self.units, "units.csv"),
        ):
            texts = {text for text in columns.get(roles.carried.get(role, ""), []) if text}
            short = {text: whole_region(text, known, self.lists.nation) for text in texts}
            unknown = sorted(t for t, code in short.items() if same(code) not in known)
            if unknown:
                self.doubts.append(
                    f"{len(unknown)} of {len(texts)} codes in {roles.carried[role]} are not known "
                    f"({', '.join(unknown[:3])}): they stay in quarantine until "
                    f"raw/codelists/{file} has them"
                )

    def _whole(self, roles: services.Roles) -> str:
        """What a file is about that tells no indicators apart."""
        return roles.title or _without_period(self.path.stem) or self.path.stem

    def _service_lines(self, roles: services.Roles) -> list[str]:
        lines = ["kind: records", *self._source_lines(), "columns:"]
        lines += [f"  {role}: {_scalar(header)}" for role, header in roles.carried.items()]
        told = roles.open
        if told and "breakdown" not in roles.carried:
            doubt = f"{UNSURE} figures differ by it: what is it"
            lines.append(f"  breakdown: {_scalar(told[0])}  {doubt}")
            told = told[1:]
        ignored = f"  ignored: {_flow([*roles.ignored, *told])}"
        if told:
            ignored += f"  {UNSURE} figures differ by {', '.join(told)}: ask for one category of it"
        elif roles.ignored:
            ignored += f"  {UNSURE} columns that carry no data"
        lines += [ignored] if roles.ignored or told else []
        constants = []
        if "indicator" not in roles.carried:
            constants.append(
                f"  indicator: {_scalar(self._whole(roles))}  {UNSURE} the file tells none apart"
            )
        if not roles.carried.keys() & {"region", "region_code"}:
            constants.append(
                f"  region: {_scalar(self._district())}  {UNSURE} whose figures they are"
            )
        if "period" not in roles.carried:
            constants.append(f"  period: '{date.today().year}'  {UNSURE} the period of all figures")
        return lines + (["constants:", *constants] if constants else [])

    # --- records -------------------------------------------------------------------------------

    def _records(self, grids: list[Grid]) -> list[str] | None:
        """The layout of a file with one row a figure; None where it is none."""
        grid = grids[0]
        rows = rows_of(grid)
        header = rows[min(rows)]
        found: dict[str, tuple[int, str]] = {}
        ignored = []
        for col, text in header.items():
            told = [cells[col] for n, cells in rows.items() if n != min(rows) and col in cells]
            role = self._carried(text, told, _RECORD_WORDS | _BESIDE_WORDS)
            if role is None or role in found:
                ignored.append(text)
            else:
                found[role] = (col, text)
        if not {"indicator", "value"} <= found.keys() or not found.keys() & {"period", "region"}:
            return None
        body = [rows[n] for n in sorted(rows)[1:]]
        for cells in body:
            label = cells.get(found["indicator"][0])
            if label is None:
                continue
            entry = self._indicator("value", label)
            unit = cells.get(found["unit"][0]) if "unit" in found else None
            present = cells.get(found["present"][0], "") if "present" in found else "yes"
            if present.lower() in ("false", "0", "no", "否", "无"):
                self.symbols[""] = "M"
            else:
                self._saw(entry, cells.get(found["value"][0], ""), unit)
        lines = ["kind: records", *self._source_lines(), "columns:"]
        lines += [f"  {role}: {_scalar(text)}" for role, (_, text) in found.items()]
        if ignored:
            lines.append(f"  ignored: {_flow(ignored)}  {UNSURE} columns that carry no data")
        constants = []
        if "region" not in found and "region_code" not in found:
            constants.append(
                f"  region: {_scalar(self._district())}  {UNSURE} whose figures they are"
            )
        if "period" not in found:
            constants.append(f"  period: '{date.today().year}'  {UNSURE} the period of all figures")
        return lines + (["constants:", *constants] if constants else [])

    def _carried(
        self, header: str, texts: list[str], words: Mapping[str, Sequence[str]]
    ) -> str | None:
        """What a column says of the figures of its rows, by its header and by what stands in it.

        类型 is the measure in one file and, where it says 计划 and 实际, the kind in another: its
        texts decide, all of them, and so they do where the header tells nothing.
        """
        plain = re.split("[./]", same(header).lower())[-1]
        role = next((role for role, known in words.items() if plain in known), None)
        if role not in (None, "measure", "figure_kind"):
            return role
        is_kind = bool(texts) and all(same(text) in self.kinds for text in texts)
        return "figure_kind" if is_kind else role if role == "measure" else None

    def _district(self) -> str:
        return self.declarations.settings.district.name.zh

    # --- printed tables ------------------------------------------------------------------------

    def _tables(self, grids: list[Grid]) -> tuple[list[str], str, Period | None]:
        seen = [table for grid in grids for table in tables(grid)]
        if not seen:
            raise QutongError(
                "nothing in the file looks like a table with a header, names and figures",
                file=self.path,
                remedy="see whether it is the right file; a layout function can read what no "
                "declaration describes",
            )
        by_grid = Counter(id(table.grid) for table in seen)
        several = max(by_grid.values()) > 1
        title, report = plain_title(seen[0].titles), None
        blocks: list[list[str]] = []
        written: set[str] = set()
        period_from = "title"
        for table in seen:
            own, where = self._report(table)
            if own is not None and where != "title":
                period_from = where
            report = report or own
            block = self._block(table, own, several=several)
            text = "\n".join(block)
            if text not in written:  # the same table for another period, on another sheet
                written.add(text)
                blocks.append(block)
        if len(blocks) > 1 and not several:
            blocks = [
                [*block, f"sheet: {_quoted(table.grid.name)}"]
                for block, table in zip(blocks, seen, strict=False)
            ]
        lines = ["kind: table", *self._source_lines()]
        if period_from != "title":
            lines.append(f"period_from: {period_from}")
        if self.breakdown_list:
            lines.append(f"breakdown_list: {self.breakdown_list}")
        lines.append("blocks:")
        for block in blocks:
            lines += [f"- {block[0]}", *(f"  {line}" for line in block[1:])]
        lines += self._constants(seen, report)
        return lines, title, report

    def _constants(self, seen: list[Seen], report: Period | None) -> list[str]:
        texts = [text for table in seen for text in table.titles]
        named = [
            word
            for word in sorted(self.lists.region_words, key=len, reverse=True)
            if len(word) > 1 and any(word in text for text in texts)
        ]
        region = named[0] if named else self._district()
        doubt = "" if named else f"  {UNSURE} whose figures they are; the district is assumed"
        lines = ["constants:", f"  region: {_scalar(region)}{doubt}"]
        if report is None:
            year = datetime.now(UTC).year
            lines.append(
                f"  period: '{year}'  {UNSURE} no period was found in title, sheet or file name"
            )
        return lines

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

    def _block(self, table: Seen, report: Period | None, *, several: bool) -> list[str]:
        rows = rows_of(table.grid)
        stub_text = rows[table.top].get(table.stub_col, "")
        for row in range(table.top, table.top + table.header_rows):
            stub_text = stub_text or rows.get(row, {}).get(table.stub_col, "")
        cells = [(r, c, t) for r in rows for c, t in rows[r].items()]
        last = table.top + table.header_rows - 1
        paths = header_paths(table.grid, cells, table.top, last, fill=False)
        fill = any(len(path) < table.header_rows for path in paths.values()) and not any(
            table.top <= r1 <= last for r1, _, _, _ in table.grid.merged
        )
        if fill:
            paths = header_paths(table.grid, cells, table.top, last, fill=True)
        paths = {
            col: tuple(split_marks(text)[0] for text in path)
            for col, path in paths.items()
            if col != table.stub_col
        }
        body = [r for r in sorted(rows) if last < r <= table.last and not self._is_note(rows[r])]
        names, stub_is, hierarchy = self._stub(table, body, rows, stub_text)
        again = [
            col for col, path in paths.items() if same(path[-1]) == same(split_marks(stub_text)[0])
        ]
        if again:
            paths = {col: path for col, path in paths.items() if col < again[0]}
        columns = self._columns(
            paths,
            body,
            rows,
            report,
            by_column="indicator" not in stub_is,
            period_in_rows="period" in stub_is,
        )
        stubs = [rows[r].get(col, "") for r in body for col in (table.stub_col, *again)]
        totals = sorted(
            {t for t in stubs if stub_is == ("region",) and same(t) in ("合计", "总计", "小计")}
        )
        lines = []
        if several:
            lines.append(f"starts: {_quoted(_title_pattern(table.titles, table.first, rows))}")
        lines += [
            f"stub: {_scalar(split_marks(stub_text)[0])}",
            f"header_rows: {table.header_rows}",
        ]
        if fill:
            lines.append("header_fill: true")
        if stub_is != ("indicator",):
            lines.append(f"stub_is: {_flow(list(stub_is))}")
        if hierarchy != Block.model_fields["hierarchy"].default:
            lines.append(f"hierarchy: {_flow(list(hierarchy))}")
        if again:
            lines.append("side_by_side: true")
        if table.serial_rows or totals:
            doubt = f"  {UNSURE} totals are left out; a label for them keeps them" if totals else ""
            lines.append(f"ignored_rows: {_flow([*table.serial_rows, *totals])}{doubt}")
        if any(n.unit for n in names.values()):
            lines.append("unit_in_name: true")
        lines.append("columns:")
        for column in columns:
            doubt = f"  {UNSURE} {column.doubt}" if column.doubt else ""
            lines.append(f"- {_flow(column.written)}{doubt}")
        self._figures(table, body, rows, columns, names, stub_is)
        self.doubts += table.doubts
        return lines

    def _is_note(self, cells: dict[int, str]) -> bool:
        first = fold(cells[min(cells)]).strip()
        return bool(re.search(Block.model_fields["notes"].default, first)) and not any(
            is_value(text) for text in cells.values()
        )

    def _columns(
        self,
        paths: dict[int, tuple[str, ...]],
        body: list[int],
        rows: dict[int, dict[int, str]],
        report: Period | None,
        *,
        by_column: bool,
        period_in_rows: bool,
    ) -> list[_Column]:
        columns: list[_Column] = []
        label = ""
        meant: dict[tuple[Any, ...], _Column] = {}
        full = with_left_period(paths)
        for col, path in sorted(paths.items()):
            texts = [rows[r][col] for r in body if col in rows[r]]
            key = same(path[-1]).lower()
            if key in ("单位", "计量单位"):
                columns.append(_Column({"header": list(path), "carries": "unit"}, [col]))
                continue
            if not any(is_value(t) for t in texts) or key in ("序号", "编号", "代码", "行次"):
                columns.append(self._beside(path, col, texts))
                continue
            if by_column:
                column = self._own_column(path, full[col], col, report, label)
                label = column.label
                if period_in_rows:
                    column.written.pop("period", None)
            else:
                column = self._value_column(path, full[col], col, report)
            again = meant.get(_identity(column))
            if again is not None and column.written.get("every"):
                again.cols.append(col)
                continue
            if again is not None:
                # 上半年 beside 前三季度: both run from January on, so their texts tell them apart.
                for clash, own in ((again, paths[again.cols[0]]), (column, path)):
                    told = {"header": list(own), "period": "header"}
                    clash.written = told | _literal(clash)
                if full[again.cols[0]] == full[col]:
                    column.doubt = "another column says the same: check its header and key"
            meant.setdefault(_identity(column), column)
            columns.append(column)
        return columns

    def _beside(self, path: tuple[str, ...], col: int, texts: list[str]) -> _Column:
        if texts and most(same(t) in self.units for t in texts):
            return _Column({"header": list(path), "carries": "unit"}, [col])
        if texts and most(same(t) in self.regions for t in texts):
            return _Column({"header": list(path), "carries": "region", "fill_down": True}, [col])
        role = self._carried(path[-1], texts, _BESIDE_WORDS) if texts else None
        if role is not None and role not in OF_ONE_VALUE:
            return _Column({"header": list(path), "carries": role}, [col])
        column = _Column({"header": list(path), "carries": "none"}, [col])
        if texts and same(path[-1]) not in ("序号", "编号", "代码", "行次", "备注"):
            column.doubt = "a column without figures is left out"
        return column

    def _value_column(
        self, path: tuple[str, ...], full: tuple[str, ...], col: int, report: Period | None
    ) -> _Column:
        """A column of figures; ``full`` is its header with the period from its left."""
        said = meaning_of(full, report, self.words)
        relative = [t for t in full if is_period_text(t) and not re.search("[0-9]{4}", fold(t))]
        absolute = [t for t in path if _is_absolute(t)]
        unit = next((u for t in reversed(path) if (u := self.words.unit_in(t)[1])), None)
        if said is not None and absolute and not relative:
            key, measure = _ROLE.get(said.measure, ("value", "level"))
            header = [_opened(t) if t in absolute else t for t in path]
            written: dict[str, Any] = {"header": header, "period": "header", "every": True}
            return self._finished(written, col, key, measure, unit or said.unit)
        if said is not None and (relative or report is not None):
            key, measure = _ROLE.get(said.measure, ("value", "level"))
            means: dict[str, Any] = {"measure": said.measure}
            if relative:
                means["span"] = said.span
            if said.last_year:
                means["last_year"] = True
                key = "last_year"
            return self._finished({"means": means}, col, key, measure, unit or said.unit)
        return self._own_column(path, full, col, report, "")

    def _own_column(
        self,
        path: tuple[str, ...],
        full: tuple[str, ...],
        col: int,
        report: Period | None,
        left: str,
    ) -> _Column:
        """A column that is an indicator of its own; a bare 同比 is that of the one to its left."""
        unit = next((u for t in reversed(path) if (u := self.words.unit_in(t)[1])), None)
        bare = [self.words.unit_in(t)[0] for t in path]
        said = meaning_of(full, report, self.words)
        measure = said.measure if said is not None else "level"
        named = [
            t
            for t in bare
            if meaning_of((t,), report, self.words) is None and not is_period_text(t)
        ]
        if said is None:
            for text in reversed(bare):
                alone = meaning_of((text,), report, self.words)
                if alone is not None and alone.measure != "level":
                    measure = alone.measure
        label = "".join(named) or left or "".join(bare)
        role, _ = _ROLE.get(measure, ("value", "level"))
        absolute = [t for t in path if _is_absolute(t)]
        header = [_opened(t) if t in absolute else t for t in path]
        written: dict[str, Any] = {"header": header}
        if absolute:
            written |= {"period": "header", "every": True}
        elif report is not None:
            written["period"] = "header" if any(map(is_period_text, full)) else "title"
        key = _identifier(label, "_") + ("" if role == "value" else f"_{role}")
        column = self._finished(written, col, key, measure, unit)
        column.label, column.role = label, role
        return column

    def _finished(
        self, written: dict[str, Any], col: int, key: str, measure: str, unit: str | None
    ) -> _Column:
        if key != "value":
            written["key"] = key
        if unit is not None and "means" not in written:
            written["unit"] = "header" if any("(" in fold(t) for t in written["header"]) else unit
        if unit is None and measure in ("yoy_growth_pct", "cagr_pct", "share_pct"):
            written["unit"] = unit = "%"
        if unit is None and measure == "rank":
            written["unit"] = unit = "位"
        return _Column(written, [col], key, unit)

    def _stub(
        self, table: Seen, body: list[int], rows: dict[int, dict[int, str]], header: str
    ) -> tuple[dict[int, Any], tuple[str, ...], tuple[str, ...]]:
        formatted = table.grid.formatted()
        looks = {
            (r, c): (i, b)
            for r, c, i, b in formatted.select("row", "col", "indent", "is_bold").iter_rows()
        }
        own = [
            (r, rows[r][table.stub_col], *looks[r, table.stub_col])
            for r in body
            if table.stub_col in rows[r]
        ]
        clues: list[str] = ["numbering"]
        valued = [r for r, _, _, _ in own if any(is_value(t) for t in rows[r].values())]
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
        names = {n.row: n for n in names_of(own, block, self.words) if n.role != "ignored"}
        listed = [n.name for n in names.values() if n.row in valued]
        stub_is: tuple[str, ...] = ("indicator",)
        if most(same(name) in self.regions for name in listed):
            stub_is = ("region",)
        elif most(is_period_text(name) for name in listed):
            stub_is = ("period",)
        elif most(same(name) in self.industries for name in listed):
            stub_is = ("breakdown",)
            self.breakdown_list = "industry"
        elif _REGION_HEADER.search(same(header)) or most(
            bool(re.search("(街道|[^城]镇|乡|社区)$", same(name))) for name in listed
        ):
            stub_is = ("region",)
            self.doubts.append(
                "regions that are not known stay in quarantine until raw/codelists/regions.csv "
                "has them"
            )
        elif any(n.depth for n in names.values()):
            deep = [n.name for n in names.values() if n.depth > 0 and n.row in valued]
            if most((same(name) in self.regions for name in deep), 0.9):
                stub_is = ("indicator", "region")
        return names, stub_is, hierarchy

    def _figures(
        self,
        table: Seen,
        body: list[int],
        rows: dict[int, dict[int, str]],
        columns: list[_Column],
        names: dict[int, Any],
        stub_is: tuple[str, ...],
    ) -> None:
        """Note every indicator that the table has, with its unit and decimals."""
        unit_cols = [c.cols[0] for c in columns if c.written.get("carries") == "unit"]
        corner = next(
            (
                m.group("unit").strip()
                for text in table.titles
                if (m := re.search(Block.model_fields["unit"].default, fold(text).strip()))
            ),
            None,
        )
        for row in body:
            name = names.get(row)
            if name is None:
                continue
            for column in columns:
                if "carries" in column.written:
                    continue
                for col in column.cols:
                    text = rows[row].get(col)
                    if text is None:
                        continue
                    label = self._label(name, names, stub_is)
                    if "indicator" not in stub_is:
                        entry = self._indicator(column.key, column.label, column.role)
                    else:
                        entry = self._indicator(column.key or "value", label, column.role)
                        entry.of = column.label
                    own_unit = rows[row].get(unit_cols[0]) if unit_cols else None
                    self._saw(entry, text, column.unit or name.unit or own_unit or corner)

    def _label(self, name: Any, names: dict[int, Any], stub_is: tuple[str, ...]) -> str:
        if len(stub_is) > 1 and name.depth > 0:
            return str(name.path[0])
        same_name = {n.path for n in names.values() if same(n.name) == same(name.name)}
        if len(same_name) > 1 and len(name.path) > 1:
            return "/".join(name.path[-2:])
        return str(name.name)

    # --- indicators ----------------------------------------------------------------------------

    def _indicator(self, key: str, label: str, role: str = "") -> _Indicator:
        if not role or role == "value":
            role = key if key in _NAMES else "value"
        return self.indicators.setdefault((key, same(label)), _Indicator(key, label, role))

    def _saw(self, entry: _Indicator, text: str, unit: str | None) -> None:
        plain = fold(text).strip()
        has_digits = bool(re.search("[0-9]", plain))
        if "百分点" in plain:
            unit = "百分点"
        if unit is not None and same(unit) in self.units:
            entry.units[self.units[same(unit)]] += 1
        if not has_digits:
            if plain and len(plain) <= 6 and not re.search(r"[一-鿿A-WYZa-wyz]", plain):
                self.symbols.setdefault(same(text), "M")
            return
        match = re.search(r"\.([0-9]+)", plain)
        if match:
            entry.decimals = max(entry.decimals, min(len(match[1]), 8))
            entry.whole = False

    def _known(self, entry: _Indicator) -> str | None:
        """The indicator that is called exactly so, with the same kind of figure."""
        measures = {"level", "count"} if entry.role == "value" else {_MEASURE[entry.role]}
        found = [
            code
            for code, (indicator, _) in self.declarations.definitions.items()
            if indicator.measure in measures
            and same(entry.label.split("/")[-1])
            in {same(t) for t in (indicator.title.zh, *indicator.labels)}
            and self._fits_unit(entry, indicator.base_unit)
        ]
        return found[0] if len(found) == 1 else None

    def _fits_unit(self, entry: _Indicator, base_unit: str | None) -> bool:
        dimension = {unit.code: unit.dimension for unit in self.lists.units}
        own = entry.units.most_common(1)[0][0] if entry.units else None
        return own is None or dimension.get(own) == dimension.get(base_unit or "")

    def _indicator_lines(self, report: Period | None) -> list[str]:
        lines: list[str] = []
        used: set[str] = set()
        for entry in self.indicators.values():
            known = self._known(entry)
            column = {} if entry.key == "value" else {"column": entry.key}
            if known is not None and known not in used:
                used.add(known)
                indicator, owner = self.declarations.definitions[known]
                refer = {"code": known, **column, "labels": [entry.label]}
                lines.append(f"- {_flow(refer)}  {UNSURE} as in {owner.id}: {indicator.title.zh}")
                continue
            suffix = "" if entry.role == "value" else f"_{entry.role}"
            code = self._code(entry.name, suffix)
            used.add(code)
            unit = entry.units.most_common(1)[0][0] if entry.units else None
            measure = _MEASURE.get(entry.role, "level")
            named = _NAMES.get(entry.role)
            zh = entry.name + (named[0] if named else "")
            en = code.replace("_", " ")
            lines += [
                f"- code: {code}",
                f"  name: {_flow({'zh': zh, 'en': en})}",
                f"  labels: {_flow([entry.label])}",
                *([f"  column: {entry.key}"] if column else []),
                f"  measure: {measure}" + (f"  {UNSURE} {entry.doubt}" if entry.doubt else ""),
                *(["  scope: same_frame"] if entry.role == "last_year" else []),
                "  price_basis: not_stated",
                f"  base_unit: {_quoted(unit or '1')}"
                + ("" if unit else f"  {UNSURE} no unit was found"),
                f"  decimals: {entry.decimals}",
                "  direction: neutral",
            ]
        return lines

    def _code(self, label: str, suffix: str) -> str:
        base = _identifier(f"{self.data_set_id}-{label}" if not _latin(label) else label, "_")
        stem = _identifier(label, "_")
        code = f"{stem}{suffix}"
        if code in self.declarations.definitions or code in self.taken:
            code = f"{base}{suffix}"
        number = 2
        while code in self.declarations.definitions or code in self.taken:
            code, number = f"{base}{suffix}_{number}", number + 1
        self.taken.add(code)
        return code


# --- trying it -------------------------------------------------------------------------------


def _tried(text: str, drafter: _Drafter, content: bytes, declarations: Declarations) -> Draft:
    """Check the draft as a declaration and read the file with it, without keeping anything."""
    import tempfile

    settings = declarations.settings
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / drafter.theme / f"{drafter.data_set_id}.yml"
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8")
        data_set = validate_file(file, settings)
    declared = Declared(data_set, Path(f"{drafter.data_set_id}.yml"), "")
    parsed, outcome = parse_bytes(
        content, stand_in(drafter.path, drafter.data_set_id), declared, declarations.codelists
    )
    return Draft(
        drafter.data_set_id,
        drafter.theme,
        text,
        sum(UNSURE in line for line in text.splitlines()[2:]),
        parsed,
        outcome,
    )


def stand_in(path: Path, data_set_id: str) -> Delivery:
    """A delivery of a file that was not delivered: nothing is archived."""
    sha256, size = hash_file(path)
    now = datetime.now(UTC)
    return Delivery(
        data_set_id=data_set_id,
        sha256=sha256,
        size_bytes=size,
        file_name=path.name,
        connector="preview",
        delivered_on=now.date(),
        received_at=now.isoformat(),
    )


# --- texts -----------------------------------------------------------------------------------


def _identity(column: _Column) -> tuple[Any, ...]:
    written = column.written
    if "means" in written:
        return ("means", tuple(sorted(written["means"].items())))
    return ("header", tuple(written.get("header", ())))


def _literal(column: _Column) -> dict[str, Any]:
    return {k: v for k, v in column.written.items() if k not in ("means", "header")}


def _without_period(text: str) -> str:
    bare = re.sub(PERIOD_WRITTEN, "", fold(text))
    bare = re.sub(r"[(（][\s,，、;；]+", "(", bare)
    bare = re.sub(r"[(（]\s*[)）]", "", bare)
    return re.sub(r"[0-9]{4,8}", "", bare).strip(" -_—")


def _is_absolute(text: str) -> bool:
    plain = fold(text).strip()
    return bool(re.search(PERIOD_WRITTEN, plain) or re.fullmatch("(19|20)[0-9]{2}", plain))


def _opened(text: str) -> str:
    """A header text with its period left open."""
    return re.sub("^(19|20)[0-9]{2}$", "*", re.sub(PERIOD_WRITTEN, "*", fold(text).strip()))


def _pattern(file_name: str) -> str:
    path = Path(file_name)
    return (
        re.sub(r"[0-9]+(?:[-–—年月日.]*[0-9]+)*", "*", path.stem).replace("**", "*") + path.suffix
    )


def _title_pattern(titles: tuple[str, ...], first: int, rows: dict[int, dict[int, str]]) -> str:
    """The title as a regular expression, with its period left open."""
    title = titles[0] if titles else next(iter(rows[first].values()))
    plain = fold(title).strip()
    match = re.search(PERIOD_WRITTEN, plain)
    if match is None:
        return f"^{re.escape(plain)}$"
    head, tail = plain[: match.start()], plain[match.end() :]
    return f"^{re.escape(head)}(?P<period>[0-9]{{4}}.*?){re.escape(tail)}$"


def _latin(text: str) -> bool:
    return bool(re.match("[A-Za-z]", text))


def _identifier(text: str, joint: str = "-") -> str:
    """A code from a name: pinyin of its characters, lower case."""
    from pypinyin import lazy_pinyin

    parts = lazy_pinyin(fold(text))
    plain = re.sub("[^a-z0-9]+", joint, joint.join(parts).lower()).strip(joint)
    words = plain.split(joint)
    short = joint.join(words if len(words) <= 10 else [*words[:6], *words[-3:]])
    return short if re.match("[a-z]", short) else f"t{joint}{short}".rstrip(joint)


def _flow(value: Any) -> str:
    text = yaml.safe_dump(
        value, allow_unicode=True, default_flow_style=True, sort_keys=False, width=10_000
    )
    return str(text).strip()


def _scalar(text: str) -> str:
    return _flow([text])[1:-1]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'" if "\t" not in text else '"\\t"'


def _indented(lines: list[str], by: int) -> list[str]:
    return [" " * by + line for line in lines]
