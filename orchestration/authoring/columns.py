"""Columns of a printed table that nobody declared: what each of their headers says.

Belongs here: one header after the other, with the reasons to doubt it. Does not belong here: rows,
blocks, the names of indicators.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from orchestration.authoring.known import (
    AT_AN_END,
    INDEX,
    LAG,
    PLAN_OF_YEAR,
    RANKED,
    TIME_WORDS,
    Known,
    is_absolute,
    opened,
)
from orchestration.authoring.labels import NAMES, ROLE
from orchestration.authoring.look import is_rank, is_stamp, is_value, most
from orchestration.authoring.records import BESIDE_WORDS, RECORD_WORDS, carried
from orchestration.authoring.yamltext import identifier
from orchestration.collect.layouts.extract import fits
from orchestration.collect.layouts.header import Said, meaning_of, with_left_period
from orchestration.collect.periods import Period, is_month_of_year, is_period_text
from orchestration.spec import OF_ONE_VALUE
from orchestration.text import fold, same

UNITS = ("单位", "计量单位", "unit", "units")
SERIAL = ("序号", "编号", "代码", "行次", "no.", "no", "id")
_CODES = re.compile("(编码|代码|编号|区划码|code|codes)$")
"""The ends of headers over codes, which are no figures."""
_YEARS = re.compile("(?:19|20)[0-9]{2}年?")
_FREQUENCIES = ("年", "季", "月", "日", "年度", "季度", "月度", "日度", "半年")
_PLAN = re.compile(
    "计划|目标|预算|预期|完成|进度|占|比例|贡献|拉动|差|环比|比上月|比年初|较|增减|增量"
)

CLASSES = (
    *("城市", "城镇", "农村", "乡村", "男", "女", "男性", "女性"),
    *("urban", "rural", "male", "female", "men", "women"),
)
"""Headers that say a class of what stands below them."""

WHOLES = ("全市", "全区", "全县", "全省", "全国", "合计", "总计", "total")
"""Headers beside them that say all classes together."""

_OF_GROWTH = ("%", "‰", "百分点", "个百分点")
"""Units of growth."""

_CUT = re.compile("按.{1,12}分")
"""A header that says by what the one to its left is divided."""

_WHOLE_YEAR = re.compile(r"annual|year|total|全年|年度|年平均|全年平均", re.IGNORECASE)

_CHANGE = re.compile("增减|比上|较上|变动")
"""Headers of changes: growth beside them is that of the level to their left."""

_LAST_YEAR = ("上年同期", "去年同期", "同期", "上年同期数", "去年同期数", "同期数")
_OF_THE_ROW = re.compile("[当本][月期季年]|单月|[年月季期]末|年底|月底")
"""Words of time over figures that are of the period of their row, or of its end."""


@dataclass
class Column:
    """A column of the draft: what is written, and what it means.

    Attributes:
        written: The entry of the declaration.
        cols: Columns of the sheet that it fits.
        key: Which indicators stand in it.
        unit: Their unit, where the header says it.
        unknown_unit: What stands in brackets where a unit would, and is in no list.
        doubt: What a person has to decide about it.
        label: The indicator that it is, where the rows are none.
        role: What its figures are: value, growth, share, rank, …
    """

    written: dict[str, Any]
    cols: list[int]
    key: str = "value"
    unit: str | None = None
    unknown_unit: str | None = None
    doubt: str = ""
    label: str = ""
    role: str = "value"
    asks: list[str] = field(default_factory=list)

    @property
    def is_value(self) -> bool:
        """Whether figures stand in it."""
        return "carries" not in self.written


@dataclass(frozen=True)
class Below:
    """What stands below the headers.

    Attributes:
        texts: Texts of each column below its header.
        report: The period of the report.
        by_column: Whether the columns, and not the rows, say the indicator.
        period_in_rows: Whether the rows say the period.
        suffix: Behind the keys of this block, where another block has equal names.
        is_named_above: Whether the title says the indicator.
        has_last_year: Whether a column says what it was in the same period of last year.
        is_divided: Whether groups of equal columns stand under classes: 城市, 农村.
        title: What the title is about, without its period and unit.
    """

    texts: dict[int, list[str]]
    report: Period | None
    by_column: bool
    period_in_rows: bool
    region_in_rows: bool
    suffix: str = ""
    is_named_above: bool = False
    is_divided: bool = False
    has_last_year: bool = False
    title: str = ""


class Columns:
    """The columns of one table."""

    def __init__(self, known: Known, below: Below) -> None:
        self.known, self.below = known, below
        self.left_unit: str | None = None
        self.left_key = ""
        self.years: list[str] = []
        self.paths: dict[int, tuple[str, ...]] = {}
        self.has_period_beside = False
        self.words = known.words
        self.months: list[str] = []
        self.before: tuple[tuple[str, ...], str] = ((), "")

    def of(self, paths: dict[int, tuple[str, ...]]) -> list[Column]:
        """Every column of the header."""
        columns: list[Column] = []
        left = ""
        self.left_unit = None
        self.paths = paths
        self.has_period_beside = any(
            same(path[-1]).lower() in RECORD_WORDS["period"]
            and most(
                (is_stamp(t) or self.known.is_time(t) for t in self.below.texts.get(c, [])), 0.9
            )
            for c, path in paths.items()
        )
        self.years = [t for path in paths.values() for t in path if is_absolute(t)]
        meant: dict[tuple[Any, ...], Column] = {}
        full = with_left_period(paths)
        if self.below.period_in_rows and self.below.by_column:
            ends = [path[-1] for path in paths.values() if is_month_of_year(path[-1])]
            self.months = list(dict.fromkeys(ends)) if len(ends) > 1 else []
        for col, path in sorted(paths.items()):
            column = self._one(path, full[col], col, left)
            self.before = (path, column.role if column.is_value else "")
            is_own = column.is_value and column.role == "value"
            is_own = is_own and "breakdown" not in column.written
            if is_own and not (_PLAN.search(column.label) or _CHANGE.search(column.label)):
                left, self.left_unit, self.left_key = column.label, column.unit, column.key
            if not column.is_value:
                columns.append(column)
                continue
            again = meant.get(_identity(column))
            if again is not None and column.written.get("every"):
                again.cols.append(col)
                continue
            if again is not None:
                # 上半年 beside 前三季度: both run from January on: their texts tell them apart.
                if self._tell_by_left(paths, again, column):
                    columns.append(column)
                    continue
                for clash, own in ((again, paths[again.cols[0]]), (column, path)):
                    told: dict[str, Any] = {"header": list(own), "period": "header"}
                    if clash.unit is not None:
                        told["unit"] = "header" if self._unit(own)[1] else clash.unit
                    clash.written = told | _literal(clash)
                if full[again.cols[0]] == full[col]:
                    column.doubt = "another column says the same: check its header and key"
            meant.setdefault(_identity(column), column)
            columns.append(column)
        _to_date_index(columns, paths)
        _keep_apart(columns)
        _close_stars(columns, paths)
        _ask_whose_last_year(columns, paths, self.known)
        return columns

    def _tell_by_left(
        self, paths: dict[int, tuple[str, ...]], first: Column, second: Column
    ) -> bool:
        """Equal headers are told apart by the nearest other one to their left, if it differs."""
        told = []
        for column in (first, second):
            own = paths[column.cols[0]]
            if paths[first.cols[0]] != own or not self.below.by_column:
                return False
            left = [paths[c] for c in sorted(paths) if c < column.cols[0] and paths[c] != own]
            if not left:
                return False
            told.append(left[-1][-1])
        if same(told[0]) == same(told[1]):
            return False
        for column, text in zip((first, second), told, strict=True):
            written = {"header": list(paths[column.cols[0]]), "after": text}
            column.written = written | _literal(column)
        return True

    def _one(self, path: tuple[str, ...], full: tuple[str, ...], col: int, left: str) -> Column:
        texts = self.below.texts.get(col, [])
        key = same(path[-1]).lower()
        if key in UNITS:
            return Column({"header": list(path), "carries": "unit"}, [col])
        if key in SERIAL or _CODES.search(key):
            return Column({"header": list(path), "carries": "ignored"}, [col])
        if texts and not any(is_value(t) or is_rank(t) for t in texts):
            beside = self._beside(path, col, texts)
            if beside is not None:
                return beside
        if not texts and not self._means_figures(path, full):
            column = Column({"header": list(path), "carries": "none"}, [col])
            column.doubt = "empty in this file: what will stand here"
            return column
        if self.months and (path[-1] in self.months or _WHOLE_YEAR.fullmatch(key)):
            return self._of_year(path, col)
        if self.below.by_column:
            return self._own(path, full, col, left)
        return self._value(path, full, col, left)

    def _of_year(self, path: tuple[str, ...], col: int) -> Column:
        """A month, or the whole, of the year that the row says; the title says of what."""
        label = self.below.title or "".join(path)
        is_month = path[-1] in self.months
        written: dict[str, Any] = {"header": list(path)}
        if is_month:
            written = {"header": [*path[:-1], "|".join(self.months)], "period": "header"}
            written["every"] = True
        column = self._finished(written, col, identifier(label, "_"), "level", None)
        column.label = label
        column.doubt = "what the title names is assumed of months: which indicator is it"
        if not is_month:
            column.doubt = "the year's figure of the same indicator, its sum or its mean: is it"
        return column

    def _means_figures(self, path: tuple[str, ...], full: tuple[str, ...]) -> bool:
        """Whether a column that is empty this month will have figures another month."""
        if self.below.by_column:
            return bool(self.known.unit_in(path[-1])[1])
        return meaning_of(full, self.below.report, self.words) is not None

    def _beside(self, path: tuple[str, ...], col: int, texts: list[str]) -> Column | None:
        if most(same(t) in self.known.units for t in texts):
            return Column({"header": list(path), "carries": "unit"}, [col])
        if most(self.known.is_region(t) for t in texts):
            written = {"header": list(path), "carries": "region", "fill_down": True}
            return Column(written, [col])
        plain = same(path[-1]).lower()
        if plain in RECORD_WORDS["region"] and not self.below.region_in_rows:
            column = Column({"header": list(path), "carries": "region", "fill_down": True}, [col])
            unknown = [t for t in dict.fromkeys(texts) if not self.known.meant_regions(t)]
            column.doubt = (
                f"not in the lists of regions: {', '.join(unknown[:3])}: they stay in quarantine "
                "until raw/codelists/regions.csv has them"
            )
            return column
        role = carried(path[-1], texts, BESIDE_WORDS, self.known.kinds)
        if role is not None and role not in OF_ONE_VALUE:
            return Column({"header": list(path), "carries": role}, [col])
        if most((is_stamp(t) or self.known.is_time(t) for t in texts), 0.9):
            return self._dates(path, col)
        if any(re.search(r"\d", fold(t)) for t in texts) and not most(
            bool(re.search(r"[一-鿿]{3}", t)) for t in texts
        ):
            return None  # 第2, 5↑, 12.3 p: figures with something beside them
        if all(not re.search(r"\w", t) for t in texts):
            return None  # nothing but signs that stand for a figure
        column = Column({"header": list(path), "carries": "none"}, [col])
        if same(path[-1]) != "备注":
            column.doubt = "a column without figures is left out"
        return column

    def _dates(self, path: tuple[str, ...], col: int) -> Column:
        """A column of periods beside the figures, or of dates that say something else."""
        is_period = same(path[-1]).lower() in RECORD_WORDS["period"]
        if is_period and not self.below.period_in_rows:
            return Column({"header": list(path), "carries": "period", "fill_down": True}, [col])
        column = Column({"header": list(path), "carries": "ignored"}, [col])
        column.doubt = "dates that are no figures: are they the periods of the figures beside them"
        return column

    # --- columns of figures ---------------------------------------------------------------------

    def _unit(self, path: tuple[str, ...]) -> tuple[list[str], str | None, str | None]:
        """The header without its unit, the unit, and one that no list has."""
        read = [self.known.unit_in(text) for text in path]
        unit = next((unit for _, unit, _ in reversed(read) if unit), None)
        unknown = next((other for _, _, other in reversed(read) if other), None)
        return [bare for bare, _, _ in read], unit, None if unit else unknown

    def _value(self, path: tuple[str, ...], full: tuple[str, ...], col: int, left: str) -> Column:
        """A column of figures beside rows that name indicators."""
        placed = self._region(path, full, col) or self._divided(path, full, col, left)
        if placed is not None:
            return placed
        _, unit, _ = self._unit(path)
        said = meaning_of(full, self.below.report, self.words)
        if any(INDEX.search(text) for text in path):
            said = None
        relative = [t for t in full if is_period_text(t) and not re.search("[0-9]{4}", fold(t))]
        absolute = [t for t in path if is_absolute(t)]
        is_readable = said is not None and said.period is not None
        if said is not None and absolute and is_readable:
            key, measure = ROLE.get(said.measure, ("value", "level"))
            header = [opened(t) if t in (*absolute, *relative) else t for t in path]
            written: dict[str, Any] = {"header": header, "period": "header", "every": True}
            return self._finished(written, col, key, measure, unit or said.unit)
        if said is not None and is_readable and not absolute and not relative:
            beside = self._beside_a_period(said, path, full, col, unit)
            if beside is not None:
                return beside
            if left and said.measure != "level":
                column = self._own(path, full, col, left)
                column.doubt = column.doubt or f"is it of {left}, which stands to its left"
                return column
        if said is not None and (relative or self.below.report is not None) and not absolute:
            return self._by_meaning(said, relative, col, unit)
        if said is not None and self.has_period_beside and not relative and not absolute:
            key, measure = ROLE.get(said.measure, ("value", "level"))
            return self._finished({"header": list(path)}, col, key, measure, unit or said.unit)
        bare = self._unit(path)[0]
        if (
            self.below.has_last_year
            and unit == "%"
            and same(bare[-1]) in ("增减", "增减率", "增长")
        ):
            written = {"header": list(path), "period": "header", "measure": "yoy_growth_pct"}
            return self._finished(written, col, "growth", "yoy_growth_pct", unit)
        column = self._own(path, full, col, left)
        if PLAN_OF_YEAR.search("".join(bare)):
            column.written["period"] = "全年"
        elif len(full) > len(path) and _PLAN.search("".join(path)):
            column.written["period"] = "header"  # 为预算% beside 累计完成
        named = next((t for t in path if self.known.looks_like_region(t)), None)
        if named is not None:
            column.doubt = _unknown_region(named, self.known) + ", and draft it again"
        column.doubt = column.doubt or (
            "its header is neither a period nor a measure: what it adds to the name of the row "
            "(a class, a plan, a region, another basis)"
        )
        return column

    def _divided(
        self, path: tuple[str, ...], full: tuple[str, ...], col: int, left: str
    ) -> Column | None:
        """A column of a class (城市, 农村, 男), or of all of them, over headers that come again."""
        heads = [text for text in path[:-1] if same(text) in (*CLASSES, *WHOLES)]
        if len(heads) != 1 or not self.below.is_divided:
            return None
        rest = tuple(text for text in path if text != heads[0])
        column = self._value(rest, tuple(t for t in full if t != heads[0]), col, left)
        kept = {k: v for k, v in column.written.items() if k not in ("header", "means")}
        column.written = {"header": list(path)}
        if same(heads[0]) in CLASSES:
            column.written["breakdown"] = heads[0]
        if "means" not in kept and "period" not in kept and self.below.report is not None:
            kept["period"] = "header" if any(self.known.is_time(t) for t in rest) else "title"
        column.written |= kept
        return column

    def _measure_of_left(self, said: Said, col: int) -> str:
        """上年同月 right of 3月同比: the growth is said on its left alone."""
        own = meaning_of(self.paths[col], self.below.report, self.words)
        plain = ("level", "count")
        if own is None or own.measure not in plain or said.measure in plain or not own.last_year:
            return ""
        return "is it an amount, or growth as the column to its left"

    def _beside_a_period(
        self, said: Said, path: tuple[str, ...], full: tuple[str, ...], col: int, unit: str | None
    ) -> Column | None:
        """增长% beside 2024年 and 2025年 is of the one to its left, which may not be the newest."""
        left = next((text for text in full if text not in path and is_absolute(text)), None)
        if left is None or said.measure == "level":
            return None
        key, measure = ROLE.get(said.measure, ("value", "level"))
        written = {"header": list(path), "period": "header"}
        column = self._finished(written, col, key, measure, unit or said.unit)
        newest = max(filter(None, map(self.known.period_of, self.years)), key=lambda p: p.end)
        if self.known.period_of(left) != newest:
            column.doubt = f"is it of {left} on its left, or of {newest.code}"
        if said.measure == "cagr_pct":
            column.doubt = "from which year on is it the average: declare its period"
        return column

    def _by_meaning(self, said: Said, relative: list[str], col: int, unit: str | None) -> Column:
        key, measure = ROLE.get(said.measure, ("value", "level"))
        means: dict[str, Any] = {"measure": said.measure}
        if relative:
            means["span"] = said.span
        if said.last_year:
            means["last_year"] = True
            key = "last_year"
        column = self._finished({"means": means}, col, key, measure, unit or said.unit)
        column.doubt = self._measure_of_left(said, col)
        report = self.below.report
        if not relative and report is not None and report.precision == "month":
            column.doubt = column.doubt or (
                "the header does not say whether it is the month alone, or from January on"
            )
        return column

    def _region(self, path: tuple[str, ...], full: tuple[str, ...], col: int) -> Column | None:
        """A column of one region, beside rows that are indicators."""
        places = [t for t in path if self.known.is_region(t)]
        if len(places) == 1 and len(self.known.meant_regions(places[0])) != 1:
            return None  # asked about where it is taken for a name
        if len(places) != 1 or self.below.region_in_rows:
            return None
        rest = tuple(t for t in full if t != places[0])
        said = meaning_of(rest, self.below.report, self.words) if rest else None
        if rest and said is None:
            return None
        column = (
            self._by_meaning(said, [t for t in rest if is_period_text(t)], col, None)
            if said is not None
            else self._finished({}, col, "value", "level", None)
        )
        kept = {k: v for k, v in column.written.items() if k not in ("means",)}
        header = [opened(t) if t != places[0] else t for t in path]
        says_period = any(is_period_text(t) for t in rest)
        period = "header" if says_period else "title" if self.below.report else None
        column.written = {"header": header, "region": _one_word(places[0]), **kept}
        if period is not None and not self.below.period_in_rows:
            column.written["period"] = period
        if said is not None and said.measure not in ("level", "count"):
            column.written["measure"] = said.measure
        return column

    def _own(self, path: tuple[str, ...], full: tuple[str, ...], col: int, left: str) -> Column:
        """A column that is an indicator of its own; a bare 同比 is that of the one to its left."""
        bare, unit, unknown = self._unit(path)
        texts = self.below.texts.get(col, [])
        if self.below.by_column and left and len(path) > 1 and _CUT.match(same(path[0])):
            return self._class_of(path, left, col)
        measure, names = self._measure(bare, path, full)
        label = "".join(names)
        doubt = self._of_which_year(path)
        is_bare = not label
        if is_bare:
            label, unnamed = self._named_around(bare, measure, left)
            doubt = doubt or unnamed
        if is_bare and self.below.period_in_rows and _is_last_year(bare[-1]):
            return self._last_year(path, label, col, unit)
        if measure == "level" and self._are_ranks(path, texts):
            measure = "rank"
        before, role_before = self.before
        if measure == "rank" and role_before == "growth" and before[:-1] == path[:-1]:
            label += self.known.unit_in(before[-1])[0]  # 位次 beside 增速 is the place by growth
        if not is_bare and measure == "level" and _PLAN.search(label) and self.below.by_column:
            doubt = doubt or "what its header says of the figure: a plan, a share, another basis"
        if LAG.search("".join(path)):
            doubt = doubt or "its header says that it comes later: give its indicator lag_months"
        if measure == "yoy_growth_pct" and (unit or unknown or "%") not in _OF_GROWTH:
            measure, label = "level", label + ("" if bare[-1] in label else bare[-1])
            doubt = f"a change in {unit or unknown}, and no growth in per cent"
        role, _ = ROLE.get(measure, ("value", "level"))
        if any(INDEX.search(t) for t in path):
            role, measure = "value", "ratio"
            label = "".join(t for t in bare if not self.known.is_time(t)) or label
        written = self._header_of(path, full)
        if AT_AN_END.search(label) and measure == "level" and not self.below.period_in_rows:
            written["period_kind"] = "point"
        in_rows = self.below.period_in_rows
        beside = self._beside_periods(bare, names, written) if in_rows else ""
        doubt = doubt or beside
        if TIME_WORDS.search(label) and re.search("累计|当月|本月|当季|本季", label):
            doubt = doubt or "its header says what time it is of: do its periods say so too"
        key = identifier(label, "_") + ("" if role == "value" else f"_{role}")
        if not self.below.by_column and is_bare and role != "value" and not left:
            key = role
        below = bare[1:]
        if unit is None:
            unit = next((t for t in below if same(t) in self.known.units), None)
        region = next((t for t in below if len(self.known.meant_regions(t)) == 1), None)
        if region is not None and not self.below.region_in_rows:
            written["region"] = _one_word(region)
        column = self._finished(written, col, key, measure, unit)
        if unit is None and any(INDEX.search(t) for t in path):
            column.written["unit"] = column.unit = "1"  # 性别比(女=100) under 单位：人
        column.role, column.unknown_unit = role, unknown
        # Beside rows that are indicators, a bare measure adds nothing to their names.
        column.label = "" if is_bare and not left and not self.below.by_column else label
        column.doubt = doubt
        return column

    def _named_around(self, bare: list[str], measure: str, left: str) -> tuple[str, str]:
        """What a column is called whose header names nothing, and what is open about it."""
        title = self.below.title if self.below.by_column else ""
        # What only says its time (本月, 累计完成) is no companion of the column to its left.
        label = (title or left if measure == "level" else left or title) or "".join(bare)
        if self.below.is_named_above or (left and measure != "level"):
            return label, ""
        which = "what the title names is assumed" if label == title else "which one is it"
        return label, f"its header names no indicator: {which}"

    def _are_ranks(self, path: tuple[str, ...], texts: list[str]) -> bool:
        by_texts = bool(texts) and most(map(is_rank, texts))
        return by_texts or any(RANKED.search(text) for text in path)

    def _of_which_year(self, path: tuple[str, ...]) -> str:
        """Months without a year anywhere, or two periods in one header."""
        if self.below.period_in_rows:
            return ""
        if any(len(_YEARS.findall(fold(text))) > 1 for text in path):
            return "its header says two periods: of which of them is it, and what does it compare"
        is_open = self.below.report is None and not any(map(is_absolute, path))
        if is_open and any(map(self._has_months, path)):
            return "no year is said anywhere: give the period with its year (2026年1—5月)"
        return ""

    def _last_year(self, path: tuple[str, ...], label: str, col: int, unit: str | None) -> Column:
        """上年同期 beside rows of periods: of a year before that of the row."""
        key = f"{identifier(label, '_')}_last_year"
        written = {"header": list(path), "last_year": True}
        column = self._finished(written, col, key, "level", unit or self.left_unit)
        column.role, column.label = "last_year", label
        return column

    def _class_of(self, path: tuple[str, ...], left: str, col: int) -> Column:
        """A column under 按性别分: a class of the indicator to its left."""
        written: dict[str, Any] = {"header": list(path), "key": self.left_key}
        written["breakdown"] = re.sub(r"\s+", " ", re.sub("[①-⑳]", "", path[-1]))
        if not self.below.period_in_rows and self.below.report is not None:
            written["period"] = "title"
        doubt = f"a class of {re.sub(chr(10), ' ', left)}, which stands to its left: is it"
        return Column(written, [col], self.left_key, self.left_unit, label=left, doubt=doubt)

    def _header_of(self, path: tuple[str, ...], full: tuple[str, ...]) -> dict[str, Any]:
        """The header of such a column as it is written, and where its period comes from."""
        absolute = [t for t in path if is_absolute(t)]
        written: dict[str, Any] = {"header": [opened(t) if t in absolute else t for t in path]}
        if self.below.period_in_rows:
            return written
        speaks = any(self.known.is_time(t) or self._has_months(t) for t in full)
        if absolute:
            written |= {"period": "header", "every": True}
        elif self.below.report is not None:
            written["period"] = "header" if speaks else "title"
            if speaks:
                written["header"] = [opened(t) if self.known.is_time(t) else t for t in path]
        elif any(self._has_months(t) for t in full):
            written["period"] = "header"  # of which year nothing says: it waits until it is said
        return written

    def _beside_periods(self, bare: list[str], names: list[str], written: dict[str, Any]) -> str:
        """What words of time in a header say of the period of the row, and what is open."""
        texts = [t for t in bare if t not in names]
        if any("累计" in t for t in texts) or any(re.search("累计值?$", t) for t in names):
            written["period_kind"] = "cumulative_range"
        elif any(self.known.is_time(t) and not _OF_THE_ROW.search(t) for t in texts):
            return (
                "header and row both say a period, and that of the row is taken: give the column "
                "its own (period), or another indicator"
            )
        return ""

    def _has_months(self, text: str) -> bool:
        return bool(re.search(r"[0-9]\s*月|季度|上半年", fold(text)))

    def _is_beside(self, text: str, texts: list[str]) -> bool:
        """A frequency, a unit or a region that stands below a name in the header."""
        is_first = text == texts[0]
        plain = same(text)
        return not is_first and (
            plain in _FREQUENCIES or plain in self.known.units or self.known.is_region(plain)
        )

    def _measure(
        self, bare: list[str], path: tuple[str, ...], full: tuple[str, ...]
    ) -> tuple[str, list[str]]:
        """The measure of a column and the texts of its header that name something."""
        report = self.below.report
        said = meaning_of(full, report, self.words)
        measure = said.measure if said is not None else "level"
        names = []
        for text in bare:
            plain = INDEX.sub("", text)
            if not same(text) or self.known.is_time(text) or self._is_beside(text, bare):
                continue
            if plain == text and meaning_of((text,), report, self.words) is not None:
                continue
            names.append(text)
        if said is None:
            for text in reversed(bare):
                alone = meaning_of((text,), report, self.words)
                if alone is not None and alone.measure != "level":
                    measure = alone.measure
                    break
        return measure, names

    def _finished(
        self, written: dict[str, Any], col: int, key: str, measure: str, unit: str | None
    ) -> Column:
        if self.below.suffix:
            key = f"{key}{self.below.suffix}"
        if key != "value":
            written["key"] = key
        if unit is not None and "means" not in written:
            in_header = any(self.known.words.unit_in(t)[1] for t in written.get("header", ()))
            written["unit"] = "header" if in_header else self.known.units.get(same(unit), unit)
        if unit is None and measure in ("yoy_growth_pct", "cagr_pct", "share_pct"):
            written["unit"] = unit = "%"
        if unit is None and measure == "rank":
            written["unit"] = unit = "位"
        role = key.removesuffix(self.below.suffix) if self.below.suffix else key
        return Column(written, [col], key, unit, role=role if role in NAMES else "value")


def _one_word(text: str) -> str:
    """A name that is broken over lines or spaced out (望江\\n街道, 北 苑 街道) as one word."""
    return re.sub(r"(?<=[一-鿿])\s+(?=[一-鿿])", "", text)


def _unknown_region(text: str, known: Known) -> str:
    meant = known.meant_regions(text)
    if not meant:
        return f"the region {text} is in no list: add it to raw/codelists/regions.csv"
    return (
        f"{text} may be {', '.join(meant[:3])}: say `regions_inside`, or write it into "
        "raw/codelists/regions.csv"
    )


def _is_last_year(text: str) -> bool:
    return same(text) in _LAST_YEAR


def _ask_whose_last_year(
    columns: list[Column], paths: dict[int, tuple[str, ...]], known: Known
) -> None:
    """上年同期 beside 1月, 2月, 3月 may be that of the last of them, or of all together."""
    for number, column in enumerate(columns):
        path = paths[column.cols[0]]
        if not column.is_value or len(path) > 1 or not _is_last_year(known.unit_in(path[-1])[0]):
            continue
        before = [other for other in columns[:number] if other.is_value and other.key == "value"]
        is_open = [o for o in before if "any" in o.written.get("means", {}).values() or o.doubt]
        if is_open and len(before) == 1:
            said = "/".join(paths[before[-1].cols[-1]])
            column.doubt = column.doubt or f"it is of the same stretch of time as {said}: which one"
        elif len(before) > 1 or any(len(other.cols) > 1 for other in before):
            said = "/".join(paths[before[-1].cols[-1]])
            column.doubt = column.doubt or (
                f"of which of the columns to its left: that of {said} is assumed"
            )


def _keep_apart(columns: list[Column]) -> None:
    """Names that are shortened to one key are keys of their own."""
    taken: dict[str, str] = {}
    for column in columns:
        if not column.is_value or not column.label:
            continue
        key, number = column.key, 2
        while taken.setdefault(key, column.label) != column.label:
            key, number = f"{column.key}_{number}", number + 1
        if key != column.key:
            column.key = column.written["key"] = key


def _to_date_index(columns: list[Column], paths: dict[int, tuple[str, ...]]) -> None:
    """上年同期=100 beside 上年同月=100 compares what runs from January on."""
    bases = {col: same(path[-1]) for col, path in paths.items() if INDEX.search(path[-1])}
    if not any("同月" in base for base in bases.values()):
        return
    for column in columns:
        if "同期" in bases.get(column.cols[0], "") and column.written.get("period") == "title":
            column.written["period"] = "累计"
            column.doubt = "beside 上年同月=100 it is taken to run from January on"


def _close_stars(columns: list[Column], paths: dict[int, tuple[str, ...]]) -> None:
    """A header with a bare * fits whatever stands there: beside others it keeps a word of time."""
    for column in columns:
        header = [str(text) for text in column.written.get("header", ())]
        others = [p for c, p in paths.items() if c not in column.cols and len(p) == len(header)]
        if "*" not in header or not any(_all_fit(header, path) for path in others):
            continue
        own = [paths[col] for col in column.cols if col in paths]
        for word in ("月", "季", "年"):
            closed = [
                f"*{word}*" if text == "*" and all(word in path[i] for path in own) else text
                for i, text in enumerate(header)
            ]
            if closed != header and not any(_all_fit(closed, path) for path in others):
                column.written["header"] = closed
                break
        else:
            if len(own) == 1:
                column.written["header"] = list(own[0])


def _all_fit(header: list[str], path: tuple[str, ...]) -> bool:
    return all(
        wanted == text or fits(wanted, text) is not None
        for wanted, text in zip(header, path, strict=True)
    )


def _identity(column: Column) -> tuple[Any, ...]:
    written = column.written
    if "means" in written:
        return ("means", tuple(sorted(written["means"].items())))
    return ("header", tuple(written.get("header", ())))


def _literal(column: Column) -> dict[str, Any]:
    return {k: v for k, v in column.written.items() if k not in ("means", "header")}
