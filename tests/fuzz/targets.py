"""Fuzz targets: each takes any bytes, and raises only where our code has a defect.

A refusal is no defect. A crash is one, and so is a wrong answer: a cell that is lost or stands
twice, a period that does not say what its text says, a number whose digits are not those of its
text.

Belongs here: how bytes become an input, and what must hold of the answer. Does not belong here:
running (``__main__``), seeds (``corpus/<target>/``), answers to single inputs (unit tests).
"""

from __future__ import annotations

import atexit
import io
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from orchestration.authoring.draft import Draft, drafted
from orchestration.authoring.init import lay_out
from orchestration.authoring.yamltext import UNSURE
from orchestration.collect.grid import Grid, RefusedError
from orchestration.collect.layouts import Extract, Told, extract
from orchestration.collect.layouts import Words as LayoutWords
from orchestration.collect.normalise import Context, normalise
from orchestration.collect.numbers import Reading, Words, read_number, read_values
from orchestration.collect.periods import (
    Period,
    hint,
    is_period_text,
    label_zh,
    parse_period,
    resolve_period,
    shift_months,
    span_of,
)
from orchestration.collect.readers import read_grids
from orchestration.declarations import (
    CodeLists,
    Declarations,
    load_codelists,
    load_declarations,
    validate_file,
)
from orchestration.errors import QutongError
from orchestration.settings import CODE_ROOT, Settings, load_settings
from orchestration.spec import DataSet, RecordsLayout, Source, TableLayout
from orchestration.text import fold

if TYPE_CHECKING:
    import polars as pl

Target = Callable[[bytes], None]

CORPUS = Path(__file__).parent / "corpus"


class DefectError(AssertionError):
    """Our code gave an answer that cannot be right."""


def demand(condition: bool, said: str) -> None:
    """Raise where a condition does not hold; not an assertion, which ``python -O`` drops."""
    if not condition:
        raise DefectError(said)


# --- readers ---------------------------------------------------------------------------------


def _read(content: bytes, **source: Any) -> None:
    """Every cell once, with a text, in reading order; the same with formats and without."""
    texts: list[list[list[tuple[Any, ...]]] | None] = []
    for wants_format in (False, True):
        try:
            grids = read_grids(content, Source(**source), wants_format=wants_format)
        except RefusedError as refused:
            demand(bool(refused.rule and refused.detail_zh and refused.detail_en), "says nothing")
            texts.append(None)
            continue
        for grid in grids:
            _check_grid(grid)
        texts.append([grid.cells.select("row", "col", "text").rows() for grid in grids])
    # Damage may lie in what only formats need.
    if None not in texts:
        demand(texts[0] == texts[1], "the texts depend on whether formats are asked for")


def _check_grid(grid: Grid) -> None:
    import polars as pl

    cells = grid.cells
    places = cells.select("row", "col")
    demand(places.is_unique().all(), "two cells at one place")
    demand(places.equals(places.sort("row", "col")), "cells out of order")
    demand((cells["row"] >= 1).all() and (cells["col"] >= 1).all(), "a place below 1")
    demand(bool((cells["text"].str.strip_chars() == cells["text"]).all()), "outer blanks")
    demand(bool((cells["text"] != "").all()), "an empty cell")
    demand(grid.ignored >= 0, "fewer than no cells are ignored")
    named = grid.places(cells.head(3))
    for row, col, place in named.select("row", "col", "place").iter_rows():
        demand(grid.place(row, col) == place, "one cell has two addresses")
    demand(grid.formatted().select(pl.col("is_bold").is_null().sum()).item() == 0, "bold is null")


def read_csv(content: bytes) -> None:
    """Delimited text: the first byte chooses the declared encoding and delimiter."""
    encodings = ("utf-8", "gb18030", "utf-16", "auto")
    choice = content[0] if content else 0
    _read(content[1:], encoding=encodings[choice % 4], delimiter=",\t;|"[choice // 4 % 4])


def read_json(content: bytes) -> None:
    """JSON: up to the first line break the path of the records, then the file."""
    path, _, text = content.partition(b"\n")
    records_at = path[:80].decode("utf-8", "replace")
    _read(text, format="json", records_at=records_at)
    _read(text, format="json", records_at=records_at, keys=("k", "l"), parents=("../a",))


SERVICES = ("json-stat", "nbs", "sdmx-csv", "sdmx-ml", "px", "sdmx-json", "eurostat-tsv")


def read_service(content: bytes) -> None:
    """Files of statistical services, as they are; each is read as every kind of them."""
    for form in SERVICES:
        _read(content, format=form)


def read_html(content: bytes) -> None:
    """Pages, as they are."""
    _read(content, format="html", encoding="auto")


def read_parquet(content: bytes) -> None:
    """Parquet files, as they are."""
    _read(content, format="parquet")


def read_xls(content: bytes) -> None:
    """Old workbooks, as they are."""
    _read(content, format="xls")


def read_pdf(content: bytes) -> None:
    """PDF files, as they are."""
    _read(content, format="pdf")


def read_xlsx(content: bytes) -> None:
    """The XML of a sheet, in a workbook around it; shared strings follow after a zero byte."""
    sheet, _, strings = content.partition(b"\0")
    file = _packed(WORKBOOK | {"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": strings})
    _read(file, format="xlsx", hidden="read")
    _read(file, format="xlsx", numbers="as_stored")


def read_docx(content: bytes) -> None:
    """The XML of a document, in a Word file around it."""
    _read(_packed(DOCUMENT | {"word/document.xml": content}), format="docx")


def read_ods(content: bytes) -> None:
    """The XML of a spreadsheet, in an OpenDocument file around it."""
    mime = b"application/vnd.oasis.opendocument.spreadsheet"
    manifest = _MANIFEST
    _read(
        _packed({"mimetype": mime, "content.xml": content, "META-INF/manifest.xml": manifest}),
        format="ods",
    )


def read_any(content: bytes) -> None:
    """Any file declared as any format: the first byte chooses which."""
    office = ("csv", "xlsx", "xls", "ods", "html", "docx", "pdf", "json", "parquet")
    formats = (*office, *SERVICES)
    _read(content[1:], format=formats[(content[0] if content else 0) % len(formats)])


def _packed(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, content in parts.items():
            package.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_OPEN = "http://schemas.openxmlformats.org"
_TYPES, _RELATED = f"{_OPEN}/package/2006/content-types", f"{_OPEN}/package/2006/relationships"
_OFFICE = f"{_OPEN}/officeDocument/2006/relationships"
_SHEETS = f"{_OPEN}/spreadsheetml/2006/main"
_PARTS = "application/vnd.openxmlformats-officedocument"
_MANIFEST = (
    b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
)


def _xml(text: str) -> bytes:
    return _HEAD + text.encode()


def _types(parts: dict[str, str]) -> bytes:
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{_PARTS}.{kind}+xml"/>'
        for name, kind in parts.items()
    )
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    default = (
        f'<Default Extension="rels" ContentType="{rels}"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
    )
    return _xml(f'<Types xmlns="{_TYPES}">{default}{overrides}</Types>')


def _related(targets: dict[str, str]) -> bytes:
    lines = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (target, kind) in enumerate(targets.items(), start=1)
    )
    return _xml(f'<Relationships xmlns="{_RELATED}">{lines}</Relationships>')


WORKBOOK = {
    "[Content_Types].xml": _types(
        {
            "xl/workbook.xml": "spreadsheetml.sheet.main",
            "xl/worksheets/sheet1.xml": "spreadsheetml.worksheet",
            "xl/styles.xml": "spreadsheetml.styles",
            "xl/sharedStrings.xml": "spreadsheetml.sharedStrings",
        }
    ),
    "_rels/.rels": _related({"xl/workbook.xml": "officeDocument"}),
    "xl/workbook.xml": _xml(
        f'<workbook xmlns="{_SHEETS}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="表1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": _related(
        {
            "worksheets/sheet1.xml": "worksheet",
            "styles.xml": "styles",
            "sharedStrings.xml": "sharedStrings",
        }
    ),
    "xl/styles.xml": _xml(
        f'<styleSheet xmlns="{_SHEETS}">'
        '<numFmts count="1"><numFmt numFmtId="164" formatCode="0.0%"/></numFmts>'
        "<fonts><font/><font><b/></font></fonts><fills><fill/></fills><borders><border/></borders>"
        "<cellStyleXfs><xf/></cellStyleXfs><cellXfs>"
        '<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164" fontId="1"/><xf numFmtId="57"/>'
        '<xf numFmtId="4"><alignment indent="2"/></xf>'
        "</cellXfs></styleSheet>"
    ),
}
DOCUMENT = {
    "[Content_Types].xml": _types({"word/document.xml": "wordprocessingml.document.main"}),
    "_rels/.rels": _related({"word/document.xml": "officeDocument"}),
}


# --- numbers ---------------------------------------------------------------------------------


@cache
def lists() -> CodeLists:
    """The code lists that the repository ships."""
    return load_codelists(CODE_ROOT / "raw" / "codelists")


@cache
def _words(in_brackets: bool) -> Words:
    return Words.of(lists().unit_words, negative_in_brackets=in_brackets)


_DOUBLINGS = {"翻一番": 100, "翻了一番": 100, "翻两番": 300, "翻了两番": 300}
_FALLING = re.compile("下降|减少|回落|降低|下滑|▼|↓")


def number(content: bytes) -> None:
    """A value text: what is accepted has the digits of the text, one by one or as a column."""
    import polars as pl

    text = content[:300].decode("utf-8", "replace")
    for in_brackets in (False, True):
        words = _words(in_brackets)
        reading = read_number(text, words)
        if reading is not None:
            _check_reading(text, reading, in_brackets)
        if in_brackets:
            continue
        frame = read_values(pl.DataFrame({"value": [text, "7"]}), {"…": "M"}, words)
        demand(frame.height == 2, "a figure is lost")
        first, second = frame.to_dicts()
        demand(second["plain"] == "7", "a text changes its neighbour")
        if first["symbol_status"] is not None:
            demand(text.strip() == "…" or "…" in fold(text), "a symbol that is none")
        elif reading is None:
            demand(first["plain"] is None, "the column reads what alone is no number")
        else:
            demand(first["plain"] is not None, "the column does not read what alone is a number")
            demand(Decimal(first["plain"]) == Decimal(reading.number), "read in two ways")
            demand(first["value_unit"] == reading.unit, "two units")
            demand(first["value_qualifier"] == reading.qualifier, "two bounds")
            demand(first["places"] == reading.places, "two resolutions")


def _check_reading(text: str, reading: Reading, in_brackets: bool) -> None:
    value = Decimal(reading.number)
    demand(
        value.is_finite() and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", reading.number) is not None,
        f"{reading.number} is no plain decimal",
    )
    plain = fold(text).strip()
    digits = re.sub(r"[^0-9.]", "", _without_unit(plain))
    if not digits and reading.is_rank:
        demand(plain.startswith("第") and 1 <= value <= 99, "a rank without digits")
        return
    if not digits:
        demand(value == _DOUBLINGS.get(plain, 0), "a number without digits")
        return
    scientific = re.fullmatch(r"([-+−–﹣]?[0-9.]+)[eE]([+−–﹣-][0-9]+)", plain)
    if scientific is not None:
        signs = {ord(sign): "-" for sign in "−–﹣"}
        exact = Fraction(scientific[1].translate(signs)) * Fraction(10) ** int(
            scientific[2].translate(signs)
        )
        demand(Fraction(value) == exact, "another number")
        return
    printed = Fraction(digits)
    if reading.is_growth and "倍" in plain:
        printed *= 100
    demand(abs(Fraction(value)) == printed, f"{reading.number} has not the digits of its text")
    is_negative = (
        re.search(r"[-−–﹣]\s*[0-9]", plain) is not None
        or _FALLING.search(plain) is not None
        or (in_brackets and plain.startswith("("))
    )
    demand((value < 0) == (is_negative and printed != 0), "the sign is another one")


def _without_unit(plain: str) -> str:
    """The text without a unit behind the number that has digits of its own (m2)."""
    found = re.fullmatch(r"(.*?[0-9])(\s*[^0-9.,\s]+\s*[0-9]+[^0-9]*)", plain, re.DOTALL)
    if found is not None and not re.search("[eE][-+]", found[2]):
        unit = re.sub(r"\s", "", found[2])
        if unit in {re.sub(r"\s", "", fold(word)) for word in lists().unit_words}:
            return found[1]
    return plain


# --- periods ---------------------------------------------------------------------------------

REPORTS = (
    None,
    parse_period("2026年11月"),
    parse_period("2026年1—11月"),
    parse_period("2025年"),
    parse_period("2026年第三季度"),
    parse_period("2020—2022年"),
)


def period(content: bytes) -> None:
    """Lines of a header over a report: what is accepted can be said again and means the same."""
    text = content[:400].decode("utf-8", "replace")
    hint(text)
    try:
        found = parse_period(text)
    except ValueError:
        found = None
    if found is not None:
        _check_period(found)
        years = {found.start.year, found.end.year}
        written = {int(y) for y in re.findall("[0-9]{4}", fold(text).replace(" ", ""))}
        chinese = re.search("[〇○零一二三四五六七八九]", text)
        demand(bool(chinese) or years <= written or _is_compact(text, years), "another year")
        demand(is_period_text(text), "a period that is no text of a period")
    lines = text.split("\n")[:6]
    for report in REPORTS:
        try:
            said = resolve_period(lines, report)
        except ValueError:
            continue
        _check_period(said)
        if found is not None and len(lines) == 1:
            demand(said == found, "alone it says another period than in a header")


def _is_compact(text: str, years: set[int]) -> bool:
    """YYYYMM, and blanks inside the digits."""
    digits = re.sub("[^0-9]", "", fold(text))
    return all(str(year) in digits for year in years)


def _check_period(found: Period) -> None:
    demand(found.start <= found.end, "ends before it begins")
    demand(1900 <= found.start.year <= found.end.year <= 2200, "no plausible year")
    demand(parse_period(found.code) == found, "its code says another period")
    demand(parse_period(label_zh(found)) == found, "its label says another period")
    span_of(found)
    try:
        moved = shift_months(found, 1)
    except ValueError:
        return
    demand(moved.end < found.end, "a lag does not go back")


# --- layouts ---------------------------------------------------------------------------------

_LEVEL = {"measure": "level", "span": "to_date"}
_GROWTH = {"measure": "yoy_growth_pct", "span": "to_date"}
TABLE: dict[str, Any] = {"kind": "table", "constants": {"region": "江北区"}}
LAYOUTS: tuple[dict[str, Any], ...] = (
    TABLE
    | {
        "blocks": [
            {
                "stub": "指标",
                "header_rows": 2,
                "hierarchy": ["numbering", "indent", "mark", "cut"],
                "columns": [
                    {"means": _LEVEL},
                    {"means": _GROWTH, "key": "growth"},
                    {"header": ["计量单位"], "carries": "unit"},
                ],
            }
        ]
    },
    TABLE
    | {
        "blocks": [
            {
                "stub": "地区|镇街",
                "stub_is": ["region"],
                "header_rows": 1,
                "side_by_side": True,
                "ignored_rows": ["合计"],
                "columns": [{"header": ["产值*"], "period": "title", "unit": "header"}],
            }
        ]
    },
    TABLE
    | {
        "blocks": [
            {
                "starts": r"^一、(?P<region>.*?)\((?P<period>[0-9]{4}.*?)\)$",
                "every": True,
                "stub": "指标",
                "header_rows": 1,
                "columns": [{"header": ["产值"], "period": "title"}],
            },
            {
                "starts": r"^二、金融",
                "optional": True,
                "stub": "指标",
                "header_rows": 1,
                "header_fill": True,
                "unit_in_name": True,
                "columns": [
                    {"header": ["*"], "every": True, "period": "header", "unit": "header"},
                    {"header": ["单位"], "carries": "unit", "fill_down": True},
                ],
            },
        ]
    },
    {
        "kind": "records",
        "columns": {
            "indicator": "指标",
            "period": "期间",
            "value": "数值",
            "unit": "单位",
            "ignored": ["备注"],
        },
        "constants": {"region": "江北区"},
    },
    TABLE
    | {
        "other_sheets": "ignore",
        "spans": {"累计": "to_date", "期末": "point"},
        "units": {"output": "万元", "*": "base"},
        "footnotes": [
            {"says": "为(?P<period>[0-9]{4}年)数据", "moves": True},
            {"says": "(?P<period>[0-9]{4}年)为初步", "stage": "preliminary"},
        ],
        "blocks": [
            {
                "nth": 1,
                "stub": "指标",
                "header_rows": 1,
                "region_rows": ["*区"],
                "period_in_name": "^(?P<period>[0-9]+月)",
                "columns": [
                    {"header": ["产值"]},
                    {"header": ["增速"], "after": "产值", "key": "growth"},
                    {"header": ["年"], "carries": "period", "fill_down": True},
                    {"header": ["月"], "carries": "period"},
                    {"header": ["序号"], "carries": "none"},
                ],
            },
            {
                "first_row": "产值",
                "optional": True,
                "stub": "",
                "header_rows": 1,
                "columns": [{"header": ["*"], "every": True, "period": "header"}],
            },
        ],
    },
    {
        "kind": "records",
        "spans": {"累计": "to_date"},
        "units": {"*": "base"},
        "columns": {
            "indicator": "指标",
            "period": ["年", "月"],
            "period_kind": "频率",
            "value": "数值",
        },
        "constants": {"region": "江北区"},
    },
)
"""What a declaration may say of a table, much of it at once."""


@cache
def _data_set(at: int) -> DataSet:
    base = {"price_basis": "current", "base_unit": "亿元", "decimals": 1, "direction": "neutral"}
    name = {"zh": "产值", "en": "Output"}
    growth = {"measure": "yoy_growth_pct", "base_unit": "%", "column": "growth"}
    output: dict[str, Any] = {"code": "output", "name": name, "labels": ["产值"], **base}
    return DataSet.model_validate(
        {
            "id": "fuzzed",
            "title": name,
            "theme": "profile",
            "owner": "x",
            "origin": {
                "producer": "x",
                "documents": [{"id": "x", "title": "x", "grade": "official"}],
            },
            "delivery": {"pattern": ["*"], "cadence": "once"},
            "layout": LAYOUTS[at],
            "symbols": {"…": "M", "-": "none", "u": "U"} | ({"": "M"} if at == 1 else {}),
            "indicators": [
                output | {"measure": "level"},
                output
                | growth
                | {
                    "code": "output_growth",
                    "labels": ["产值", "增速"][LAYOUTS[at]["kind"] == "records" :][:1],
                },
            ],
        }
    )


def layout(content: bytes) -> None:
    """A grid: the first line names a layout and merged ranges, then rows of cells and tabs.

    Every cell gets one role, and every figure is accepted, waits, or is declared to be none.
    """
    text = content[:6000].decode("utf-8", "replace")
    head, _, body = text.partition("\n")
    at = int(head[0]) % len(LAYOUTS) if head[:1].isascii() and head[:1].isdigit() else 0
    grid = _grid(body, head[1:])
    if grid is None:
        return
    data_set = _data_set(at)
    is_blank_data = "" in data_set.symbols
    told = Told(LayoutWords.of(lists()), "产值202611.csv", is_blank_data)
    layout_ = data_set.layout
    demand(isinstance(layout_, RecordsLayout | TableLayout), "a layout of these targets")
    try:
        found = extract([grid], layout_, told)
    except RefusedError:
        return
    _check_extract(found, grid, is_by_row=isinstance(layout_, RecordsLayout))
    context = Context(data_set, lists(), None, None, None)
    result = normalise(found, context)
    read = result.accepted.height + result.quarantined.height + found.non_data + result.non_data
    demand(found.read == read, "what was read is not what was accounted for")
    _check_accepted(result.accepted, grid)


def _grid(body: str, merges: str) -> Grid | None:
    from orchestration.collect.readers.frames import build, leading_blanks
    from orchestration.collect.readers.merged import uncovered

    rows, cols, texts, indents = [], [], [], []
    lines = body.split("\n")[:80]
    for row, line in enumerate(lines, start=1):
        for col, text in enumerate(line.split("\t")[:20], start=1):
            rows.append(row)
            cols.append(col)
            texts.append(text)
            indents.append(leading_blanks(text))
    formats: dict[str, list[Any]] = {
        "indent": indents,
        "is_bold": [False] * len(rows),
        "kind": ["text"] * len(rows),
    }
    cells = build(rows, cols, texts, formats, is_sorted=True)
    ranges = [
        (int(a), int(b), int(a) + int(c), int(b) + int(d))
        for a, b, c, d in re.findall(r"([1-9])([1-9])([0-9])([0-9])", merges, re.ASCII)[:5]
    ]
    cells, _, _ = uncovered(cells, ranges)
    return Grid("表1", cells, tuple(ranges), len(lines)) if cells.height else None


def _check_extract(found: Extract, grid: Grid, *, is_by_row: bool) -> None:
    total = found.figures.height + found.unexpected.height + found.non_data
    demand(found.read == total, "roles do not add up")
    if not is_by_row:
        demand(found.read >= grid.cells.height, "a cell is lost")
    demand(found.figures.select("row", "col").is_unique().all(), "a figure stands twice")
    texts = {(row, col): text for row, col, text in grid.cells.select("row", "col", "text").rows()}
    for row, col, value in found.figures.select("row", "col", "value").iter_rows():
        printed = texts.get((row, col), "")
        demand((value or "") == printed or printed.startswith(value), "a figure from elsewhere")


def _check_accepted(accepted: pl.DataFrame, grid: Grid) -> None:
    exponents = {unit.code: Decimal(unit.factor) for unit in lists().units}
    by_place = dict(grid.places(grid.cells).select("place", "text").iter_rows())
    for value, unit, place, printed in accepted.select(
        "value", "unit", "delivery_place", "value_printed"
    ).iter_rows():
        if value is None:
            continue
        demand(place in by_place, "a figure at no place")
        reading = read_number(printed, _words(in_brackets=False))
        demand(reading is not None, "accepted, and no number")
        assert reading is not None
        same_digits = {Fraction(reading.number) * Fraction(10) ** n for n in range(-12, 13)}
        demand(Fraction(value) in same_digits, "accepted with other digits")
        demand(unit in exponents, "a unit that is none")


# --- declarations ----------------------------------------------------------------------------


@cache
def _settings() -> tuple[Settings, Any]:
    folder = tempfile.TemporaryDirectory(prefix="qutong-fuzz-")
    root = Path(folder.name)
    for name in ("codelists", "datasets/profile"):
        (root / "raw" / name).mkdir(parents=True)
    source = CODE_ROOT / "raw" / "codelists"
    for file in source.glob("*.csv"):
        (root / "raw" / "codelists" / file.name).write_bytes(file.read_bytes())
    district = (CODE_ROOT / "tests/district/raw/district.yml").read_text(encoding="utf-8")
    (root / "raw" / "district.yml").write_text(district, encoding="utf-8")
    return load_settings(root), folder


def declaration(content: bytes) -> None:
    """A declaration, checked as if somebody had laid it into the project; then put to use."""
    settings, _ = _settings()
    path = settings.raw / "datasets" / "profile" / "fuzzed.yml"
    path.write_bytes(content[:8000])
    try:
        data_set = validate_file(path, settings)
    except QutongError as error:
        demand(bool(str(error)), "an error that says nothing")
        return
    demand(DataSet.model_validate_json(data_set.model_dump_json()) == data_set, "not the same")
    layout_ = data_set.layout
    if not isinstance(layout_, RecordsLayout | TableLayout):
        return
    told = Told(LayoutWords.of(lists()), "产值202611.csv", "" in data_set.symbols)
    grid = _grid(DELIVERED, "")
    assert grid is not None
    try:
        found = extract([grid], layout_, told)
    except RefusedError:
        return
    _check_extract(found, grid, is_by_row=isinstance(layout_, RecordsLayout))
    normalise(found, Context(data_set, lists(), None, None, None))


DELIVERED = (
    "2026年1—11月江北区工业产值（虚构数据，仅供测试）\n"
    "\t\t单位：万元\n"
    "指标\t1-11月\t同比增长(%)\n"
    "产值\t1234.5\t5.8\n"
    "其中：轻工业\t234.5\t-1.2\n"
    "注：虚构。\n"
)
"""What a fuzzed declaration is put to use on."""


# --- drafts ----------------------------------------------------------------------------------


@cache
def district() -> tuple[Declarations, Path]:
    """A new district without a catalogue, which is read anew for each draft, and a folder."""
    folder = Path(tempfile.mkdtemp(prefix="qutong-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    lay_out(folder / "district", code="990101", name_zh="云溪区", name_en="Yunxi")
    shutil.rmtree(folder / "district" / "raw" / "catalogue")
    return load_declarations(load_settings(folder / "district")), folder


def draft(content: bytes) -> None:
    """A delimited text that nobody declared: its draft runs, or somebody is told what to decide.

    Of a file that breaks off in its last line nothing is asked, so a line break is added.
    """
    declarations, folder = district()
    path = folder / "grid.csv"
    path.write_bytes(content + b"\n")
    try:
        made = drafted(path, declarations, "grid", None)
    except QutongError as error:
        demand(bool(error.remedy) or "nothing can be read" in str(error), "no remedy")
        return
    check_draft(made)


def check_draft(made: Draft) -> None:
    """What a draft owes to its own file: every figure is read, or said to wait and why."""
    said = [line for line in made.text.splitlines() if line.startswith(UNSURE)]
    demand(made.doubts >= len(said), "a doubt that is not counted")
    if made.parsed.refusal is not None:
        rule = made.parsed.refusal.rule_id
        demand(any(rule in line for line in said), "does not say why it is refused")
        return
    demand(made.outcome is not None and made.parsed.is_balanced, "a cell is lost")
    assert made.outcome is not None
    for rule in made.outcome.quarantined["rule_id"].unique():
        demand(any(f": {rule}: " in line for line in said), "does not say what waits")
    _check_relations(made.text)


def _check_relations(text: str) -> None:
    """No indicator is a part, growth or rank of itself, and each refers to one that is there."""
    indicators = yaml.safe_load(text)["indicators"]
    for entry in indicators:
        for kind in ("part_of", "growth_of", "share_of", "rank_of"):
            demand(
                all(relation["to"] != entry["code"] for relation in entry.get(kind, ())),
                f"{kind} itself",
            )


TARGETS: dict[str, Target] = {
    "draft": draft,
    "csv": read_csv,
    "json": read_json,
    "service": read_service,
    "html": read_html,
    "xlsx": read_xlsx,
    "xls": read_xls,
    "ods": read_ods,
    "docx": read_docx,
    "pdf": read_pdf,
    "parquet": read_parquet,
    "any": read_any,
    "number": number,
    "period": period,
    "layout": layout,
    "declaration": declaration,
}
