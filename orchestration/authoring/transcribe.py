"""Write transcribed figures as deliveries, in the very shape that the declarations expect.

Belongs here: turning a flat list of figures of public documents into the files of
``raw/deliveries``. Does not belong here: anything a run needs; the files are committed as data.

    python -m orchestration.authoring.transcribe FIGURES.csv … --delivered 2026-11-20

A list has a header and the columns of ``PUBLISHED`` or ``PUBLIC`` below.
"""

from __future__ import annotations

import csv
import io
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from orchestration.collect.periods import label_zh, parse_period
from orchestration.declarations import Declarations, Declared, load_declarations
from orchestration.errors import QutongError
from orchestration.settings import load_settings
from orchestration.spec import (
    Block,
    Document,
    Indicator,
    RecordColumns,
    RecordsLayout,
    TableLayout,
)

NO_SECTION = "未注明章节"


@dataclass(frozen=True)
class Figure:
    """One transcribed figure; every field is the text of the list."""

    document: Document
    section: str
    code: str
    name: str
    region: str
    period: str
    period_kind: str
    inferred: bool
    value: str
    unit: str
    measure: str
    qualifier: str
    stage: str


def read_figures(path: Path, declarations: Declarations) -> list[Figure]:
    """Read one list; a row whose document is not declared is an error."""
    documents = [document for document, _ in declarations.documents.values()]
    by_id = {document.id: document for document in documents}
    by_source = {(d.title, d.published or "", d.address or ""): d for d in documents}
    figures = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            document = (
                by_id.get(row["document"])
                if "document" in row
                else by_source.get((row["source_title"], row["published"], row["source_url"]))
            )
            if document is None:
                raise QutongError("a figure of a document that nobody declares", file=path)
            figures.append(
                Figure(
                    document=document,
                    section=row.get("section") or NO_SECTION,
                    code=row["indicator_en"],
                    name=row["indicator_zh"],
                    region=row.get("region_name") or row["region"],
                    period=row["period"],
                    period_kind=row["period_kind"],
                    inferred=row.get("period_inferred") == "true",
                    value=row["value"],
                    unit=row["unit"],
                    measure=row["measure"],
                    qualifier=row["qualifier"],
                    stage=row.get("vintage") or "",
                )
            )
    return figures


class Words:
    """Codes as a delivery writes them."""

    def __init__(self, declarations: Declarations) -> None:
        lists = declarations.codelists
        self._names = {(c.list, c.code): (c.synonyms[:1] or (c.name_zh,))[0] for c in lists.codes}

    def word(self, name: str, code: str) -> str:
        """The first synonym, or the Chinese name."""
        return self._names[name, code]

    def qualifier(self, code: str) -> str:
        """Blank for an exact figure."""
        return "" if code == "exact" else self.word("qualifier", code)


def period_text(code: str, kind: str) -> str:
    """A period as a Chinese document writes it."""
    period = parse_period(code)
    text = label_zh(period)
    if kind == "point" and period.precision == "month":
        return f"{period.start.year}年末" if period.start.month == 12 else f"{text}末"
    return text


def write_records(
    declared: Declared, layout: RecordsLayout, figures: list[Figure], words: Words
) -> bytes:
    """A CSV file with one row a figure."""
    columns = layout.columns
    # Where the period or the name stands in parts, the first may say all of it.
    period = columns.period[0] if isinstance(columns.period, tuple) else columns.period
    name = columns.indicator[0] if isinstance(columns.indicator, tuple) else columns.indicator
    indicators = {i.code: i for i in declared.data_set.indicators}

    def texts(figure: Figure) -> dict[str | None, str]:
        indicator = indicators[figure.code]
        label = figure.name if figure.name in indicator.labels else indicator.labels[0]
        return {
            name: label,
            columns.region: figure.region,
            period: period_text(figure.period, figure.period_kind),
            columns.period_kind: words.word("period_kind", figure.period_kind),
            columns.value: figure.value,
            columns.qualifier: words.qualifier(figure.qualifier),
            columns.unit: figure.unit,
            columns.measure: words.word("measure", figure.measure),
            columns.source_place: figure.section,
            columns.inferred: "是" if figure.inferred else "",
            columns.stage: figure.stage,
            columns.document: figure.document.title
            if _is_unique_title(figure.document, declared)
            else figure.document.id,
            columns.simulated: "",
        }

    header = [
        text
        for name in RecordColumns.model_fields
        if name != "ignored" and (text := getattr(columns, name))
    ]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    for figure in figures:
        row = texts(figure)
        writer.writerow([row[name] for name in header])
    encoding = "utf-8-sig" if layout.encoding == "utf-8" else layout.encoding
    return buffer.getvalue().encode(encoding)


def _is_unique_title(document: Document, declared: Declared) -> bool:
    titles = [d.title for d in declared.data_set.origin.documents]
    return titles.count(document.title) == 1


def write_table(
    declared: Declared, layout: TableLayout, figures: list[Figure], words: Words
) -> bytes:
    """A workbook with a title, a unit, header rows, a stub and notes."""
    import xlsxwriter

    indicators = {i.code: i for i in declared.data_set.indicators}
    block = layout.blocks[0]
    rows = _table_rows(block, figures, indicators)
    title_figure = next(
        (f for f in figures if _column(block, indicators[f.code]).get("period") == "title"),
        figures[0],
    )
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": datetime(2026, 11, 20)})
    sheet = book.add_worksheet("表1")
    bold = book.add_format({"bold": True, "align": "center", "valign": "vcenter", "font_size": 14})
    head = book.add_format(
        {"bold": True, "align": "center", "valign": "vcenter", "border": 1, "text_wrap": True}
    )
    text = book.add_format({"border": 1})
    width = 1 + len(block.columns)
    name = declared.data_set.title.zh
    period = period_text(title_figure.period, title_figure.period_kind)
    sheet.merge_range(0, 0, 0, width - 1, f"{name}（{period}）", bold)
    units = {f.unit for f in figures if not _column(block, indicators[f.code]).get("unit")}
    per_row = any(column.carries == "unit" for column in block.columns)
    corner = "见各行" if per_row else "、".join(sorted(units)) or "见各栏"
    sheet.write_string(1, width - 1, f"单位：{corner}" if not per_row and units else "计量单位见表")
    _write_header(sheet, block, head)
    first = 2 + block.header_rows
    formats: dict[str, Any] = {}
    for offset, (label, cells) in enumerate(rows):
        sheet.write_string(first + offset, 0, label, text)
        for position, column in enumerate(block.columns, start=1):
            figure = cells.get(column.of or column.key) or next(iter(cells.values()))
            own = cells.get((column.of if column.carries != "value" else column.key) or "")
            content = {
                "value": own.value if own else "",
                "unit": own.unit if own else "",
                "qualifier": words.qualifier(own.qualifier) if own else "",
                "source_place": figure.section,
                "inferred": "是" if own and own.inferred else "",
            }.get(column.carries, "")
            if column.carries == "value" and content:
                places = len(content.partition(".")[2])
                number_format = "0." + "0" * places if places else "0"
                if number_format not in formats:
                    formats[number_format] = book.add_format(
                        {"num_format": number_format, "border": 1}
                    )
                sheet.write_number(first + offset, position, float(content), formats[number_format])
            elif content:
                sheet.write_string(first + offset, position, content, text)
            else:
                sheet.write_blank(first + offset, position, None, text)
    last = first + len(rows)
    sources = "；".join(dict.fromkeys(f.document.title for f in figures))
    sheet.write_string(last, 0, f"资料来源：{sources}")
    sheet.write_string(last + 1, 0, "注：据公开文件转录，数值按原文印刷的位数。")
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, width - 1, 14)
    sheet.freeze_panes(first, 1)
    book.close()
    return buffer.getvalue()


def _column(block: Block, indicator: Indicator) -> dict[str, Any]:
    return next(
        column.model_dump()
        for column in block.columns
        if column.carries == "value" and column.key == indicator.column
    )


def _table_rows(
    block: Block, figures: list[Figure], indicators: dict[str, Indicator]
) -> list[tuple[str, dict[str, Figure]]]:
    """Rows of the stub with their cells by column key; cuts follow the row that they open."""
    by_region = block.stub_is == ("region",)
    rows: list[tuple[str, str, dict[str, Figure]]] = []
    for figure in figures:
        indicator = indicators[figure.code]
        label = figure.region if by_region else indicator.labels[0]
        for known, section, cells in rows:
            if known == label and section == figure.section and indicator.column not in cells:
                cells[indicator.column] = figure
                break
        else:
            rows.append((label, figure.section, {indicator.column: figure}))
    if by_region:
        return [(label, cells) for label, _, cells in rows]
    parents: dict[str, str] = {}
    for label, _, cells in rows:
        for figure in cells.values():
            for kind, relation in indicators[figure.code].relations():
                if kind in ("part_of", "share_of") and relation.to in indicators:
                    parent = indicators[relation.to].labels[0]
                    if parent != label:
                        parents[label] = parent
    children: dict[str, list[tuple[str, dict[str, Figure]]]] = defaultdict(list)
    present = {label for label, _, _ in rows}
    top = []
    for label, _, cells in rows:
        parent = parents.get(label, "")
        if parent in present:
            children[parent].append((f"其中：{label}", cells))
        else:
            top.append((label, cells))
    ordered = []
    for label, cells in top:
        ordered.append((label, cells))
        ordered.extend(children.pop(label, []))
    return ordered + [row for rest in children.values() for row in rest]


def _write_header(sheet: Any, block: Block, style: Any) -> None:
    top, bottom = 2, 1 + block.header_rows
    paths = [(block.stub,), *(column.header for column in block.columns)]
    col = 0
    while col < len(paths):
        path = paths[col]
        if len(path) == 1:
            sheet.merge_range(top, col, bottom, col, path[0], style)
            col += 1
            continue
        end = col
        while end + 1 < len(paths) and len(paths[end + 1]) > 1 and paths[end + 1][0] == path[0]:
            end += 1
        if end > col:
            sheet.merge_range(top, col, top, end, path[0], style)
        else:
            sheet.write_string(top, col, path[0], style)
        for inner in range(col, end + 1):
            sheet.write_string(bottom, inner, paths[inner][1], style)
        col = end + 1


def write_deliveries(
    declarations: Declarations, figures: list[Figure], target: Path, delivered: str
) -> dict[Path, int]:
    """Write every figure into the delivery of the one data set that carries it.

    A table holds the figures of one document, as documents come one by one.
    """
    words = Words(declarations)
    written: dict[Path, int] = {}
    placed = 0
    for declared in declarations:
        data_set = declared.data_set
        documents = {document.id for document in data_set.origin.documents}
        codes = {indicator.code for indicator in data_set.indicators}
        own = [f for f in figures if f.document.id in documents and f.code in codes]
        placed += len(own)
        groups: dict[str, list[Figure]] = defaultdict(list)
        for figure in own:
            split = isinstance(data_set.layout, TableLayout) and len(documents) > 1
            groups[figure.document.id[-4:] if split else ""].append(figure)
        for suffix, group in groups.items():
            name = data_set.delivery.pattern[0].replace("*", suffix)
            path = target / data_set.id / delivered / name
            path.parent.mkdir(parents=True, exist_ok=True)
            layout = data_set.layout
            if isinstance(layout, RecordsLayout):
                content = write_records(declared, layout, group, words)
            elif isinstance(layout, TableLayout):
                content = write_table(declared, layout, group, words)
            else:
                raise QutongError(f"{declared.id} is read by a function: nothing writes its files")
            path.write_bytes(content)
            written[path] = len(group)
    if placed != len(figures):
        raise QutongError(
            f"{len(figures)} figures, {placed} places for them",
            remedy="each pair of document and indicator must belong to exactly one data set",
        )
    return written


@click.command()
@click.argument("lists", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--delivered", required=True, help="Delivery date, YYYY-MM-DD.")
def main(lists: tuple[Path, ...], delivered: str) -> None:
    """Write the figures of LISTS into raw/deliveries of the current project."""
    settings = load_settings()
    declarations = load_declarations(settings)
    figures = [figure for path in lists for figure in read_figures(path, declarations)]
    for path, count in write_deliveries(
        declarations, figures, settings.deliveries, delivered
    ).items():
        click.echo(f"{count:5d}  {path.relative_to(settings.project)}")


if __name__ == "__main__":
    sys.exit(main())
