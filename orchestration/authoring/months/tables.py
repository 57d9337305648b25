"""How the departments of the simulated district print their month tables, and declare them.

Belongs here: files and declarations, from figures that are given. Does not belong here: figures
(``truth``) and what goes wrong (``simulate``). Every file says in its title and its notes that it
is simulated.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from html import escape

from orchestration.authoring.months.departments import Department, Item

Key = tuple[str, str]
"""Code of an indicator, and which of its figures: month, month_growth, to_date, to_date_growth."""

NOT_COLLECTED = "—"
NOTE = "注：模拟数据，不是任何地区的统计数字。Simulated figures; no statistic of any place."


@dataclass(frozen=True)
class Sheet:
    """One month table.

    Attributes:
        title: With the period in it.
        unit: In the corner; empty where every row has its own.
        heads: Header rows, from the top; a blank cell belongs to the one at its left.
        rows: Name and cells of each row, as they are printed.
    """

    title: str
    unit: str
    heads: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, ...], ...]


def suffix(department: Department) -> str:
    """What the names of its files end with."""
    return {
        "xlsx": ".xlsx",
        "xlsx-unit-rows": ".xlsx",
        "csv": ".csv",
        "records": ".csv",
        "html": ".html",
        "html-as-xls": ".xls",
        "json": ".json",
    }[department.shape]


def columns_of(department: Department) -> tuple[tuple[str, str], ...]:
    """The columns of figures: which figure, and its header, from the left."""
    kinds = {item.kind for _, item in department.rows}
    if kinds == {"stock"}:
        return (("month", "期末余额"), ("month_growth", "同比±%"))
    if kinds == {"index"}:
        return (("month", "上年同月=100"), ("to_date", "累计（上年同期=100）"))
    both = (("to_date", "累计"), ("to_date_growth", "累计同比±%"))
    if department.only_to_date:
        return both
    return (("month", "本月"), ("month_growth", "本月同比±%"), *both)


def content(department: Department, year: int, month: int, cells: Mapping[Key, str]) -> bytes:
    """The file of a month, of the figures as they are printed.

    Args:
        cells: A text for each figure; what has none is left blank.
    """
    if department.shape in ("records", "json"):
        return _records(department, year, month, cells)
    sheet = _sheet(department, year, month, cells)
    if department.shape == "csv":
        return _as_csv(sheet).encode(department.encoding)
    if department.shape in ("html", "html-as-xls"):
        return _as_html(sheet).encode()
    return _as_xlsx(sheet, datetime(year, month, 28))


def _sheet(department: Department, year: int, month: int, cells: Mapping[Key, str]) -> Sheet:
    span = f"{year}年{month}月"
    if department.together and month == 2:
        span = f"{year}年1—2月" if department.only_to_date else f"{year}年2月"
    elif department.only_to_date and month > 1:
        span = f"{year}年1—{month}月"
    columns = columns_of(department)
    units = {item.unit for _, item in department.rows}
    per_row = department.shape == "xlsx-unit-rows" or len(units) > 1
    if department.shape in ("xlsx", "html", "html-as-xls") and len(columns) == 4:
        heads: tuple[tuple[str, ...], ...] = (
            (department.stub, "本月", "", "累计", ""),
            ("", "绝对数", "同比±%", "绝对数", "同比±%"),
        )
    else:
        lead = (department.stub, "计量单位") if per_row else (department.stub,)
        heads = ((*lead, *(head for _, head in columns)),)
    rows = []
    for depth, item in department.rows:
        name = f"　　其中：{item.label}" if depth else item.label
        lead = (name, item.unit) if per_row else (name,)
        rows.append((*lead, *(cells.get((item.code, key), "") for key, _ in columns)))
    return Sheet(
        f"{department.table_zh}（{span}）（模拟数据）",
        "" if per_row else next(iter(units)),
        heads,
        tuple(rows),
    )


def _as_csv(sheet: Sheet) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    width = len(sheet.heads[0])
    writer.writerow([sheet.title, *[""] * (width - 1)])
    if sheet.unit:
        writer.writerow([*[""] * (width - 1), f"单位：{sheet.unit}"])
    writer.writerows([*sheet.heads, *sheet.rows])
    writer.writerow([NOTE, *[""] * (width - 1)])
    return out.getvalue()


def _as_html(sheet: Sheet) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    heads = [line(head, "th") for head in sheet.heads]
    if len(sheet.heads) == 2:
        heads = [
            f'<tr><th rowspan="2">{sheet.heads[0][0]}</th><th colspan="2">本月</th>'
            '<th colspan="2">累计</th></tr>',
            line(sheet.heads[1][1:], "th"),
        ]
    corner = f"<p>单位：{sheet.unit}</p>" if sheet.unit else ""
    return "\n".join(
        (
            '<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8">',
            f"<title>{sheet.title}</title></head><body>",
            f"<p>{sheet.title}</p>{corner}<table>",
            *heads,
            *(line(row, "td") for row in sheet.rows),
            f"</table><p>{NOTE}</p></body></html>\n",
        )
    )


def _as_xlsx(sheet: Sheet, created: datetime) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": created, "comments": "模拟数据 Simulated"})
    page = book.add_worksheet("月报（模拟）")
    width = len(sheet.heads[0])
    page.merge_range(0, 0, 0, width - 1, sheet.title)
    if sheet.unit:
        page.write_string(1, width - 1, f"单位：{sheet.unit}")
    for at, head in enumerate(sheet.heads, start=2):
        for col, text in enumerate(head):
            page.write_string(at, col, text)
    if len(sheet.heads) == 2:
        page.merge_range(2, 0, 3, 0, sheet.heads[0][0])
        page.merge_range(2, 1, 2, 2, sheet.heads[0][1])
        page.merge_range(2, 3, 2, 4, sheet.heads[0][3])
    formats = {n: book.add_format({"num_format": f"0.{'0' * n}" if n else "0"}) for n in range(6)}
    for at, row in enumerate(sheet.rows, start=2 + len(sheet.heads)):
        for col, text in enumerate(row):
            if col and _is_number(text):
                decimals = len(text.partition(".")[2])
                page.write_number(at, col, float(text), formats[decimals])
            else:
                page.write_string(at, col, text)
    page.write_string(2 + len(sheet.heads) + len(sheet.rows), 0, NOTE)
    book.close()
    return buffer.getvalue()


def _is_number(text: str) -> bool:
    return bool(text) and text.lstrip("-").replace(".", "", 1).isdigit()


_RECORD = ("指标", "期间", "期间类型", "数值", "单位", "指标类型", "模拟")


def _records(department: Department, year: int, month: int, cells: Mapping[Key, str]) -> bytes:
    rows = []
    for _, item in department.rows:
        for key, _ in columns_of(department):
            text = cells.get((item.code, key), "")
            to_date = key.startswith("to_date")
            is_growth = key.endswith("growth")
            rows.append(
                (
                    f"{item.label}增速" if is_growth else item.label,
                    f"{year}年1—{month}月" if to_date and month > 1 else f"{year}年{month}月",
                    "累计" if to_date else "月度",
                    text,
                    "%" if is_growth else item.unit,
                    "同比增速" if is_growth else "水平值",
                    "是",
                )
            )
    head = (department.stub, *_RECORD[1:])
    if department.shape == "json":
        records = [dict(zip(head, row, strict=True)) for row in rows]
        for record in records:
            record["说明"] = NOTE
        return (json.dumps(records, ensure_ascii=False, indent=1) + "\n").encode()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([head, *rows])
    return out.getvalue().encode(department.encoding)


# --- declarations --------------------------------------------------------------------------------


def declaration(department: Department, awaited_from: str, region: str) -> str:
    """The declaration of a department's data set, as YAML."""
    ends = suffix(department)
    lines = [
        f"# {department.table_zh}（模拟）",
        f"# {department.name_en}: simulated month tables",
        f"id: {department.id}",
        f"title: {{zh: {department.table_zh}（模拟）, en: '{department.name_en}, monthly "
        "(simulated)'}",
        f"theme: {department.theme}",
        f"owner: {department.name_zh}（模拟） / {department.name_en} (simulated)",
        "simulated: true",
        "origin:",
        f"  producer: {department.name_zh}（模拟） / {department.name_en} (simulated)",
        "  documents:",
        f"  - {{id: {department.id}-table, title: {department.table_zh}月报（模拟）, "
        f"title_en: '{department.name_en}: month table (simulated)', grade: official}}",
        "delivery:",
        "  connector: folder",
        f"  pattern: ['{department.file_stem}*{ends}']",
        "  cadence: monthly",
        f"  due: {{day: {department.day}}}",
        f"  awaited_from: {awaited_from}",
    ]
    if department.together:
        lines.append("  together: [[1, 2]]")
    lines += ["layout:", *(f"  {line}" for line in _layout(department, region))]
    lines += [f"symbols: {{'{NOT_COLLECTED}': O}}", "indicators:"]
    grows = any(key.endswith("growth") for key, _ in columns_of(department))
    is_keyed = department.shape not in ("records", "json")
    for _, item in department.rows:
        lines.append(f"- {{code: {item.code}, labels: [{item.label}]}}")
        if grows and item.growth:
            label = item.label if is_keyed else f"{item.label}增速"
            column = ", column: growth" if is_keyed else ""
            frame = ", scope: same_frame" if department.together else ""
            lines.append(f"- {{code: {item.code}_growth, labels: [{label}]{column}{frame}}}")
    return "\n".join(lines) + "\n"


def _layout(department: Department, region: str) -> list[str]:
    formats = {"xlsx-unit-rows": "xlsx", "records": "csv", "html-as-xls": "html"}
    kind = formats.get(department.shape, department.shape)
    encoding = [f"encoding: {department.encoding}"] if department.encoding != "utf-8" else []
    constants = ["constants:", f"  region: {region}", "  source_place: 月报"]
    if department.shape in ("records", "json"):
        parts = ("indicator", "period", "period_kind", "value", "unit", "measure", "simulated")
        named = [f"  {part}: {head}" for part, head in zip(parts, _RECORD, strict=True)]
        ignored = ["  ignored: [说明]"] if department.shape == "json" else []
        return ["kind: records", f"format: {kind}", *encoding, "columns:", *named, *ignored,
                *constants]  # fmt: skip
    columns = columns_of(department)
    two_rows = department.shape in ("xlsx", "html", "html-as-xls") and len(columns) == 4
    periods = {"month": "本月", "to_date": "累计"}
    heads: tuple[tuple[str, ...], ...] = tuple((head,) for _, head in columns)
    if two_rows:
        heads = (("本月", "绝对数"), ("本月", "同比±%"), ("累计", "绝对数"), ("累计", "同比±%"))
    lines = ["kind: table", f"format: {kind}", *encoding, "blocks:",
             f"- header_rows: {2 if two_rows else 1}", "  stub: 指标", "  columns:"]  # fmt: skip
    units = {item.unit for _, item in department.rows}
    if department.shape == "xlsx-unit-rows" or len(units) > 1:
        lines.append("  - {header: [计量单位], carries: unit}")
    for (key, _), head in zip(columns, heads, strict=True):
        base, is_growth = key.removesuffix("_growth"), key.endswith("growth")
        said = [f"header: [{', '.join(repr(text) for text in head)}]", f"period: {periods[base]}"]
        if base == "to_date":
            said.append("period_kind: cumulative_range")
        elif any(item.kind == "stock" for _, item in department.rows):
            said.append("period_kind: point")
        if is_growth:
            said += ["key: growth", "unit: '%'"]
        lines.append(f"  - {{{', '.join(said)}}}")
    return [*lines, *constants]


def printed(value: Decimal) -> str:
    """A figure as departments print it: all its decimals, and no exponent."""
    return format(value, "f")


def growths(item: Item, department: Department) -> bool:
    """Whether the growth of the item is printed."""
    return item.growth and any(key.endswith("growth") for key, _ in columns_of(department))
