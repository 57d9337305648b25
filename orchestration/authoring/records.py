"""Records of a draft: one row a figure, in files of people, of offices and of services.

Belongs here: which column carries what, and the lines of a ``records`` layout. Does not belong
here: printed tables (``printed``), the names of indicators (``labels``).
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.authoring import services
from orchestration.authoring.known import Known
from orchestration.authoring.labels import Labels
from orchestration.authoring.look import is_value, most, rows_of
from orchestration.authoring.opening import source_lines
from orchestration.authoring.yamltext import UNSURE, asked, flow, scalar, without_period
from orchestration.collect.grid import Grid
from orchestration.collect.layouts.header import meaning_of
from orchestration.collect.names import whole_region
from orchestration.collect.normalise import POWERS
from orchestration.spec import Source
from orchestration.text import fold, same

RECORD_WORDS = {
    "indicator": (
        *("指标", "指标名称", "项目", "项目名称", "indicator", "名称", "name"),
        *("estimates", "variable", "series", "indicator_name_zh", "indicator_name"),
        *("indicatorname", "seriesname", "measure", "measures", "variablename", "metric"),
        *("indicator_code", "aggregate", "characteristics", "statistic", "item"),
    ),
    "region": (
        *(
            "地区",
            "区域",
            "行政区",
            "行政区划",
            "行政区划名称",
            "区划名称",
            "镇街",
            "街道",
            "单位名称",
            "region",
            "geo",
            "geography",
        ),
        *("area", "region_name_zh", "region_name", "country", "location", "countryname"),
        *("areaname", "regionname", "economy", "geographyname", "countryorarea", "entity"),
    ),
    "region_code": (
        *("地区代码", "行政区划代码", "区划代码", "region_code", "ref_area", "countrycode"),
        *("areacode", "regioncode", "geographycode", "geocode"),
    ),
    "period": (
        *(
            "期间",
            "时间",
            "时期",
            "月份",
            "年份",
            "年度",
            "报告期",
            "日期",
            "季度",
            "年月",
            "统计时间",
            "统计期",
            "数据时间",
        ),
        *("period", "date", "time", "month", "year", "sj", "ref_date", "time_period", "quarter"),
    ),
    "period_kind": ("period_kind", "期间类型"),
    "value": (
        *("数值", "数据", "值", "本期值", "绝对数", "value", "data", "strdata", "obs_value"),
        *("数额", "指标值", "v4_0", "observation", "figure"),
    ),
    "present": ("hasdata",),
    "unit": ("单位", "计量单位", "unit", "uom", "unit_measure", "units"),
    "measure": ("指标类型", "类型"),
    "qualifier": ("限定", "qualifier"),
    "source_place": ("章节", "表号", "页码", "出处", "source_place"),
    "multiplier": ("unit_mult", "unit_multiplier", "powercode", "scalar_id"),
    "status": ("obs_status", "obs_flag", "status", "状态"),
    "confidentiality": ("conf_status", "obs_conf"),
    "decimals": ("decimals",),
}
BESIDE_WORDS = {
    "figure_kind": ("数字性质", "数据性质", "性质", "数字类型", "数据类型", "figure_kind"),
    "subject": ("主体", "企业", "企业名称", "填报企业", "subject"),
    "locality": ("地点", "区内地点", "所在地点", "园区", "商圈", "locality"),
    "printed": ("原文", "原文表述", "原文文字", "printed"),
    "note": ("备注", "附注", "说明", "注", "note", "remarks"),
}
"""What stands beside a figure, in records and in printed tables."""

_SCALE = ("scalar_factor", "scale", "multiplier", "倍率", "数量级", "单位倍数")
"""Columns that say in words by what the unit is multiplied."""

SPANS = {"累计": "to_date", "期末": "point", "当期": "period", "当月": "period", "当季": "period"}
SPANS |= {"本月": "period", "本季": "period"}
"""What words in a name say of the period beside a figure."""

_OF_OFFICES = {"dguid", "uom_id", "scalar_id", "vector", "coordinate"}
"""Columns that offices put beside dimensions, which bear names of their own: StatCan."""

_MARKS = ("symbol", "symbols", "flag", "flags", "标志", "标记", "符号")
"""Columns of marks beside one of statuses."""

_KEY = ("indicator", "region", "region_code", "period", "period_kind", "measure", "figure_kind")
_LAST_DAYS = re.compile(r"(19|20)\d\d[-/.年]\d{1,2}[-/.月](28|29|30|31)日?$")


def carried(
    header: str, texts: list[str], words: Mapping[str, Sequence[str]], kinds: AbstractSet[str]
) -> str | None:
    """What a column says of the figures of its rows, by its header and by what stands in it.

    类型 is the measure in one file and, where it says 计划 and 实际, the kind in another: its
    texts decide, all of them, and so they do where the header tells nothing.
    """
    # A header of dots alone names nothing.
    *holders, plain = [part for part in re.split("[./]", same(header).lower()) if part] or [""]
    if holders and plain in ("name", "code") and holders[-1] in words.get("region", ()):
        return "region" if plain == "name" else "region_code"
    role = next((role for role, known in words.items() if plain in known), None)
    if role not in (None, "measure", "figure_kind"):
        return role
    is_kind = bool(texts) and all(same(text) in kinds for text in texts)
    return "figure_kind" if is_kind else role if role == "measure" else None


Found = dict[str, tuple[int, str]]
"""Column and header by what the column carries."""

Body = list[dict[int, str]]


class Records:
    """The layout of records of one file."""

    def __init__(
        self,
        path: Path,
        content: bytes,
        known: Known,
        labels: Labels,
        source: Source,
        doubts: list[str],
    ) -> None:
        self.path, self.content, self.known = path, content, known
        self.labels, self.source, self.doubts = labels, source, doubts
        self.called = _descriptions(content) if source.format == "json" else {}
        self.kinds: tuple[int, str] | None = None
        self.marks = ""

    # --- files of people and of offices ---------------------------------------------------------

    def layout(self, grids: list[Grid]) -> list[str] | None:
        """The layout of a file with one row a figure; None where it is none."""
        rows = rows_of(grids[0])
        header = rows[min(rows)]
        body = [rows[n] for n in sorted(rows)[1:]]
        found, ignored, scales = self._roles(header, body)
        if len(grids) > 1 or "value" not in found:
            return None
        is_office = bool({same(text).lower() for text in header.values()} & _OF_OFFICES)
        named = _first_words(found, ignored, header, body) if is_office else None
        if named is not None:
            found["indicator"] = (named, header[named])
            ignored.remove(named)
            self.doubts.append(f"{header[named]} is taken for the indicator: is it one")
        if not found.keys() & {"period", "region", "region_code"}:
            return None
        if "indicator" not in found and ("period" not in found or _has_figures(ignored, body)):
            return None
        if self._has_companions(ignored, header, body):
            return None  # 同比增速 beside 数值: two figures a row, which a table can declare
        self._figures(found, body)
        lines = ["kind: records", *source_lines(self.source), "columns:"]
        lines += [self._column(role, found[role], body) for role in found]
        lines += self._open(found, ignored, scales, header, body)
        self._regions(found, body)
        return lines + spans_of(self.labels) + self._constants(set(found))

    def _roles(self, header: dict[int, str], body: Body) -> tuple[Found, list[int], list[int]]:
        """Columns by what they carry, those that carry nothing known, and those of a scale."""
        found: Found = {}
        ignored, scales = [], []
        for col, text in header.items():
            told = [cells[col] for cells in body if col in cells]
            name = self.called.get(text, text)
            role = carried(name, told, RECORD_WORDS | BESIDE_WORDS, self.known.kinds)
            if role in ("note", None) and self._are_stages(told):
                role = "stage"
            if role is None and self.kinds is None and self.known.are_kinds(told):
                self.kinds = (col, text)
                continue
            if same(text).lower() in _SCALE and are_powers(told):
                if "multiplier" in found:
                    ignored.append(found["multiplier"][0])
                found["multiplier"] = (col, text)  # words are clearer than the number beside them
            elif same(text).lower() in _SCALE:
                scales.append(col)
            elif role == "status" and not self._are_statuses(told):
                ignored.append(col)
            elif role == "indicator" and role in found and _is_better(text, found[role][1]):
                ignored.append(found[role][0])
                found[role] = (col, text)
            elif role is None or role in found:
                ignored.append(col)
            else:
                found[role] = (col, text)
        for col in [c for c in ignored if same(header[c]).lower() in _MARKS]:
            marks = [cells[col] for cells in body if cells.get(col)]
            if "status" in found and marks and self._are_statuses(marks):
                self.marks = header[col]
                ignored.remove(col)
                break
        return found, ignored, scales

    def _are_stages(self, texts: list[str]) -> bool:
        """Whether all that stands in a column says the stage of an estimate: 初步数."""
        said = {same(text) for text in texts if text}
        return bool(said) and all(text in self.known.stages for text in said)

    def _has_companions(self, ignored: list[int], header: dict[int, str], body: Body) -> bool:
        """Whether growth, a share or a rank stands beside the figures, by its header."""
        for col in ignored:
            said = meaning_of((header[col],), None, self.known.words)
            if said is not None and said.measure not in ("level", "count"):
                return _has_figures([col], body)
        return False

    def _are_statuses(self, texts: list[str]) -> bool:
        known = self.known.lists.members("obs_status")
        marks = {text for text in texts if text} - known.keys()
        if any(len(mark) > 4 for mark in marks):
            return False
        for mark in sorted(marks):
            self.labels.symbols.setdefault(mark, services.status_of(mark))
        return True

    def _figures(self, found: Found, body: Body) -> None:
        for number, cells in enumerate(body):
            label = cells.get(found["indicator"][0]) if "indicator" in found else self._whole()
            if label is None:
                continue
            kind = cells.get(self.kinds[0], "") if self.kinds else ""
            entry = self.labels.entry("value", f"{label}/{kind}" if kind else label)
            unit = self._unit(cells.get(found["unit"][0])) if "unit" in found else None
            present = cells.get(found["present"][0], "") if "present" in found else "yes"
            text = cells.get(found["value"][0], "")
            if present.lower() in ("false", "0", "no", "否", "无") or not text:
                self.labels.symbols.setdefault("", "M")
            else:
                self.labels.saw(entry, text, unit, (number, ""))

    def _unit(self, text: str | None) -> str | None:
        """The unit that a code of an office means in a column of units; else the text itself."""
        return self.known.unit_codes.get(same(text), text) if text else None

    def _column(self, role: str, at: tuple[int, str], body: Body) -> str:
        col, text = at
        if role == "status" and self.marks:
            return f"  status: {flow([text, self.marks])}"
        if role == "indicator" and self.kinds is not None:
            doubt = f"{self.kinds[1]} says of what time or measure a row is: part of its name"
            return asked(f"  indicator: {flow([text, self.kinds[1]])}", doubt)
        doubt = ""
        told = [same(cells[col]) for cells in body if col in cells]
        if role == "period" and told and all(map(_LAST_DAYS.match, told)):
            doubt = (
                "last days of months: stocks of that day, or is the month meant (constants: "
                "{period_kind: monthly})"
            )
        elif fold(text).strip().lower() == "v4_0":
            doubt = "the column of the figures"
        elif role in ("status", "measure", "qualifier", "figure_kind", "multiplier"):
            is_clear = same(text).lower() in (*_SCALE, "unit_mult")
            doubt = "powers of ten that the unit is multiplied by"
            doubt = "" if role != "multiplier" or is_clear else doubt
        return asked(f"  {role}: {scalar(text)}", doubt)

    def _open(
        self,
        found: Found,
        ignored: list[int],
        scales: list[int],
        header: dict[int, str],
        body: Body,
    ) -> list[str]:
        """The columns that carry nothing known; figures must not differ by them unseen."""
        cols = [found[role][0] for role in _KEY if role in found]
        cols += [self.kinds[0]] if self.kinds else []
        keys = [tuple(cells.get(col, "") for col in cols) for cells in body]
        are_apart = len(set(keys)) == len(keys)
        varied = [col for col in ignored if len({cells.get(col, "") for cells in body}) > 1]
        classes = [c for c in varied if _is_class(c, body)]
        told = [] if are_apart else sorted(classes, key=lambda c: not _tells_apart(c, keys, body))
        lines = []
        if told and "breakdown" not in found:
            lines.append(
                asked(f"  breakdown: {scalar(header[told[0]])}", "figures differ by it: what is it")
            )
            ignored = [col for col in ignored if col != told[0]]
        left = [header[col] for col in (*ignored, *scales)]
        if left:
            doubt = "columns that carry no data"
            words_of = [header[c] for c in varied if c in ignored and _has_words(c, body)]
            if words_of:
                doubt = f"do the figures differ by {', '.join(words_of[:4])}: then it is a class"
            scales = [] if "multiplier" in found else scales
            words = sorted({cells.get(col, "") for col in scales for cells in body})
            if words:
                doubt = (
                    f"{header[scales[0]]} multiplies the unit ({', '.join(words[:4])}): without "
                    "it figures are off by that factor; declare it as multiplier, or have it "
                    "worked in"
                )
            lines.append(asked(f"  ignored: {flow(left)}", doubt))
        if not are_apart and not told:
            self.doubts.append("several rows say the same of one figure: what tells them apart")
        return lines

    def _regions(self, found: Found, body: Body) -> None:
        role = next((r for r in ("region", "region_code") if r in found), None)
        if role is None:
            return
        texts = dict.fromkeys(cells.get(found[role][0], "") for cells in body)
        unknown = [t for t in texts if t and not self.known.meant_regions(t)]
        several = [t for t in texts if t and len(self.known.meant_regions(t)) > 1]
        if unknown:
            self.doubts.append(
                f"{len(unknown)} of {len(texts)} regions in {found[role][1]} are in no list "
                f"({', '.join(unknown[:3])}): they stay in quarantine until "
                "raw/codelists/regions.csv has them"
            )
        if several:
            self.doubts.append(f"several regions are called {several[0]}: say regions_inside")

    def _constants(self, told: AbstractSet[str]) -> list[str]:
        constants = []
        if "indicator" not in told:
            constants.append(
                f"  indicator: {scalar(self._whole())}  {UNSURE} the file tells none apart"
            )
        if not told & {"region", "region_code"}:
            constants.append(
                f"  region: {scalar(self.known.district)}  {UNSURE} whose figures they are"
            )
        if "period" not in told:
            constants.append(f"  period: '{date.today().year}'  {UNSURE} the period of all figures")
        return ["constants:", *constants] if constants else []

    def _whole(self, title: str = "") -> str:
        """What a file is about that tells no indicators apart."""
        return title or without_period(self.path.stem) or self.path.stem

    # --- files of services ----------------------------------------------------------------------

    def service(self, grid: Grid) -> list[str]:
        """The layout of a file of a statistical service, whose format says what its parts are."""
        rows = rows_of(grid)
        header = rows.pop(min(rows))
        body = [rows[n] for n in sorted(rows)]
        columns = {text: [cells.get(col, "") for cells in body] for col, text in header.items()}
        roles = services.roles_of(
            self.content, self.source.format, columns, grid.offered, self.known.lists
        )
        self.labels.symbols |= roles.symbols
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
            told("indicator", self._whole(roles.title)),
            told("value", ""),
            told("unit", ""),
            told("decimals", ""),
            strict=True,
        ):
            entry = self.labels.entry("value", label)
            entry.called = roles.names.get(label, "")
            doubt = services.doubt_of(entry.called or label, unit)
            if doubt:
                entry.doubt(doubt)
            if decimals in tuple("012345678"):
                entry.decimals = max(entry.decimals, int(decimals))
            if value:
                self.labels.saw(entry, value, self._unit(unit))
            else:
                self.labels.symbols[""] = "M"

    def _service_doubts(self, roles: services.Roles, columns: dict[str, list[str]]) -> None:
        for role, known, file in (
            ("region_code", self.known.regions, "regions.csv"),
            ("unit", self.known.unit_codes, "units.csv"),
        ):
            texts = {text for text in columns.get(roles.carried.get(role, ""), []) if text}
            short = {text: whole_region(text, known, self.known.lists.nation) for text in texts}
            unknown = sorted(
                t
                for t, code in short.items()
                if same(code) not in known
                and (role == "unit" or not self.known.meant_regions(code))
            )
            if unknown:
                self.doubts.append(
                    f"{len(unknown)} of {len(texts)} codes in {roles.carried[role]} are not known "
                    f"({', '.join(unknown[:3])}): they stay in quarantine until "
                    f"raw/codelists/{file} has them"
                )

    def _service_lines(self, roles: services.Roles) -> list[str]:
        lines = ["kind: records", *source_lines(self.source), "columns:"]
        lines += [f"  {role}: {scalar(header)}" for role, header in roles.carried.items()]
        told = roles.open
        if told and "breakdown" not in roles.carried:
            doubt = f"{UNSURE} figures differ by it: what is it"
            lines.append(f"  breakdown: {scalar(told[0])}  {doubt}")
            told = told[1:]
        ignored = f"  ignored: {flow([*roles.ignored, *told])}"
        if told:
            ignored += f"  {UNSURE} figures differ by {', '.join(told)}: ask for one category of it"
        elif roles.ignored:
            ignored += f"  {UNSURE} columns that carry no data"
        lines += [ignored] if roles.ignored or told else []
        constants = []
        if "indicator" not in roles.carried:
            constants.append(
                f"  indicator: {scalar(self._whole(roles.title))}  {UNSURE} the file tells none "
                "apart"
            )
        if not roles.carried.keys() & {"region", "region_code"}:
            constants.append(
                f"  region: {scalar(self.known.district)}  {UNSURE} whose figures they are"
            )
        if "period" not in roles.carried:
            constants.append(f"  period: '{date.today().year}'  {UNSURE} the period of all figures")
        lines += spans_of(self.labels) if self.source.format == "nbs" else []
        return lines + (["constants:", *constants] if constants else [])


def _descriptions(content: bytes) -> dict[str, str]:
    """What the fields of a JSON answer are called, where it says so: a list of name and desc."""
    try:
        todo: list[Any] = [json.loads(content)]
    except (ValueError, RecursionError):
        return {}
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            todo += value.values()
        elif isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
            for name, said in itertools.product(_FIELD, _SAID):
                if all(
                    isinstance(v.get(name), str) and isinstance(v.get(said), str) for v in value
                ):
                    return {v[name]: v[said] for v in value}
    return {}


_FIELD = ("name", "field", "column", "code", "id")
_SAID = ("desc", "description", "label", "title", "comment", "cn", "alias")


def are_powers(texts: list[str]) -> bool:
    """Whether a column says powers of ten in words: thousands, millions, 万."""
    words = {same(text).lower() for text in texts if text}
    return bool(words) and all(word in POWERS and not word.isdigit() for word in words)


def spans_of(labels: Labels) -> list[str]:
    """Words in names that say of what stretch of time figures are: 累计值, 期末值, 当期值."""
    names = [entry.called or entry.label for entry in labels.entries.values()]
    spans = {word: span for word, span in SPANS.items() if any(word in name for name in names)}
    return [f"spans: {flow(spans)}"] if spans else []


def _first_words(
    found: Found, ignored: list[int], header: dict[int, str], body: Body
) -> int | None:
    """The first column of words in records of an office, whose dimensions bear any name."""
    if "indicator" in found or "period" not in found:
        return None
    for col in sorted(ignored):
        if same(header[col]).lower() not in _OF_OFFICES and _has_words(col, body):
            return col
    return None


def _has_words(col: int, body: Body) -> bool:
    """Whether most of what stands in a column are words, and no numbers or codes."""
    texts = [text for cells in body if (text := cells.get(col, ""))]
    return most(bool(re.match(r"[^\W\d_]{3}|[一-鿿]{2}", text)) for text in texts)


def _is_class(col: int, body: Body) -> bool:
    """Whether the texts of a column are classes: words that come again."""
    texts = [cells.get(col, "") for cells in body]
    return len(set(texts)) < len(texts) and not most(text.isdigit() for text in texts)


def _tells_apart(col: int, keys: list[tuple[str, ...]], body: Body) -> bool:
    """Whether no two rows are of one figure any more once a column is one of its classes."""
    whole = [(*key, cells.get(col, "")) for key, cells in zip(keys, body, strict=True)]
    return len(set(whole)) == len(whole)


def _has_figures(cols: list[int], body: Body) -> bool:
    """Whether one of the columns holds figures that would be lost."""
    return any(most(is_value(cells[col]) for cells in body if col in cells) for col in cols)


def _is_better(text: str, other: str) -> bool:
    """Whether one column says the name of an indicator better than another."""
    return same(other).lower() == "indicator_code" and "name" in same(text).lower()
