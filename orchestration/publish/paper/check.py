"""Re-opens briefs and the yearbook and compares every figure in them with the release's own.

Belongs here: reading a finished file as a stranger would. Does not belong here: what follows from
a difference (``verify``), and the workbooks of single themes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from orchestration.bounds import BOUNDS
from orchestration.publish.layout import YEARBOOK_FILE
from orchestration.publish.paper.brief import BOOKMARK
from orchestration.publish.paper.figures import (
    Figure,
    printed_forms,
)
from orchestration.publish.paper.yearbook import AMONG, CODE_COLUMN, STUB_COLUMN
from orchestration.publish.printed import (
    Words,
    decimal_text,
    is_exact_in_a_cell,
    qualifier_sign,
)
from orchestration.publish.prose import english
from orchestration.publish.report import SIMULATED_LABEL
from orchestration.publish.tables import quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# A brief holds nothing that acts or reaches out: fields, objects, templates, links.
_ACTIVE = re.compile(r'TargetMode="External"|w:instrText|w:fldSimple|w:object\b|w:altChunk')
# Nor anything that was struck, or put in its place, and not yet agreed to; nor a remark on it.
_REVISED = re.compile(r"<w:(?:ins|del|moveFrom|moveTo|commentReference|[rp]PrChange)\b")
_ACTIVE_CELL = re.compile(r'<f[ >]|TargetMode="External"')
_NUMBERS = ("数值", "增长", "位次", "Va", "Gr", "Ra")
"""How the heads of columns with figures begin."""
_FORMAT = re.compile(r'(?:"(?P<sign>[^"]*)")?[#0][^"]*(?:"(?P<mark>[^"]*)")?')


@dataclass(frozen=True)
class Difference:
    """What is wrong with a file.

    Attributes:
        kind: ``figure``, ``unreadable``, ``active``, ``revised`` or ``unlabelled``.
    """

    kind: str
    file: str
    zh: str
    en: str


def check_briefs(
    path: Path, names: Sequence[str], figures: Sequence[Figure], words: Words
) -> Iterator[Difference]:
    """Compare briefs with the figures of their release.

    Args:
        path: The folder of the release.
        names: The paths of the briefs in it.
        figures: Its headline figures, and those that open findings speak of.
        words: The English names of units.
    """
    by_id = {figure.observation_id: figure for figure in figures}
    for name in names:
        try:
            yield from _check_brief(name, path / name, by_id, words)
        except (OSError, BadZipFile, KeyError, ValueError) as error:
            yield _unreadable(name, error)


def check_yearbook(
    con: DuckDBPyConnection, catalog: str, path: Path, figures: Sequence[Figure]
) -> Iterator[Difference]:
    """Compare the yearbook in the folder of an attached release with the figures of it."""
    row = con.execute(f"select district_code from {quote(catalog)}.meta.release").fetchone()
    by_key: dict[tuple[str, str, str], list[Figure]] = {}
    for figure in figures:
        by_key.setdefault(figure.key, []).append(figure)
    try:
        yield from _check_yearbook(path / YEARBOOK_FILE, by_key, str(row[0]) if row else "")
    # openpyxl raises what the damage happens to cause, a TypeError or an IndexError too.
    except Exception as error:
        yield _unreadable(YEARBOOK_FILE, error)


# --- briefs ------------------------------------------------------------------------------------


def _check_brief(
    name: str, file: Path, by_id: Mapping[str, Figure], words: Words
) -> Iterator[Difference]:
    from defusedxml.ElementTree import fromstring

    with ZipFile(file) as archive:
        parts = {
            part: archive.read(part).decode("utf-8")
            for part in archive.namelist()
            if part.endswith((".xml", ".rels"))
        }
    if any(_ACTIVE.search(text) for text in parts.values()):
        yield Difference("active", name, "快报含有域、对象或外部链接",
                         "the brief holds a field, an object or a link to elsewhere")  # fmt: skip
    if any(_REVISED.search(text) for text in parts.values()):
        yield Difference("revised", name, "快报留有修改痕迹或批注",
                         "tracked changes or comments are left in the brief")  # fmt: skip
    document = fromstring(parts["word/document.xml"])
    met: list[Figure] = []
    for paragraph in document.iter(f"{_W}p"):
        for observation_id, text, mark in _figures_in(paragraph):
            figure = by_id.get(observation_id)
            if figure is None:
                yield _difference(name, f"{text}（{observation_id}）", "nothing", "无")
                continue
            met.append(figure)
            if not _says(text, figure, words, name) or mark != figure.marks:
                right = f"{decimal_text(figure.value)}{figure.marks}"
                yield _difference(name, f"{figure.name_zh} {text}{mark}", right, right)
    for text in _loose_numbers(document):
        yield _difference(name, text, "a figure behind it", "所据的数字")
    is_labelled = SIMULATED_LABEL in "".join(document.itertext())
    if any(figure.is_simulated for figure in met) and not is_labelled:
        yield Difference("unlabelled", name, "含模拟数据而没有标明",
                         "simulated figures without a label")  # fmt: skip


def _says(text: str, figure: Figure, words: Words, name: str) -> bool:
    if figure.qualifier in BOUNDS and name.endswith(".en.docx"):
        return text in english.forms(figure, words)
    if figure.qualifier in BOUNDS:
        return any(text in (form, f"{form}{figure.unit}") for form in printed_forms(figure, {}))
    # The first version's codes had signs and words of their own.
    return decimal_text(figure.value) in text


def _figures_in(paragraph: Any) -> Iterator[tuple[str, str, str]]:
    """The id in each bookmark, the text inside it, and the raised letters right behind it."""
    open_id, text, mark, is_behind = "", "", "", False
    for child in paragraph:
        if child.tag == f"{_W}bookmarkStart":
            if is_behind:
                yield open_id, text, mark
            found = BOOKMARK.match(child.get(f"{_W}name", ""))
            open_id, text, mark, is_behind = found[1] if found else "", "", "", False
        elif child.tag == f"{_W}bookmarkEnd":
            is_behind = bool(open_id)
        elif child.tag == f"{_W}r" and open_id:
            run = "".join(node.text or "" for node in child.iter(f"{_W}t"))
            is_raised = child.find(f"{_W}rPr/{_W}vertAlign") is not None
            if not is_behind:
                text += run
            elif is_raised:
                mark += run
            else:
                yield open_id, text, mark
                open_id, is_behind = "", False
    if open_id and is_behind:
        yield open_id, text, mark


def _loose_numbers(document: Any) -> Iterator[str]:
    """Numbers in the table of figures that no bookmark ties to a figure."""
    for table in document.iter(f"{_W}tbl"):
        rows = [row.findall(f"{_W}tc") for row in table.findall(f"{_W}tr")]
        heads = ["".join(cell.itertext()) for cell in rows[0]] if rows else []
        if not heads or not heads[0].startswith(("指标", "Indicator")):
            continue
        places = [place for place, head in enumerate(heads) if head[:2] in _NUMBERS]
        for row in rows[1:]:
            for place in places:
                first = row[place].find(f"{_W}p")
                text = "".join(first.itertext()) if first is not None else ""
                if text and not any(True for _ in first.iter(f"{_W}bookmarkStart")):
                    yield text


# --- the yearbook ------------------------------------------------------------------------------


def _check_yearbook(
    file: Path, by_key: Mapping[tuple[str, str, str], Sequence[Figure]], district: str
) -> Iterator[Difference]:
    from openpyxl import load_workbook

    with ZipFile(file) as archive:
        texts = [archive.read(name).decode("utf-8") for name in archive.namelist()]
    if any(_ACTIVE_CELL.search(text) for text in texts):
        yield Difference("active", YEARBOOK_FILE, "年鉴含有公式或外部链接",
                         "the yearbook holds a formula or a link to elsewhere")  # fmt: skip
    if not any(SIMULATED_LABEL in text for text in texts) and any(
        figure.is_simulated for figures in by_key.values() for figure in figures
    ):
        yield Difference("unlabelled", YEARBOOK_FILE, "含模拟数据而没有标明",
                         "simulated figures without a label")  # fmt: skip
    book = load_workbook(file, read_only=True)
    try:
        for sheet in book.worksheets[1:]:
            yield from _check_sheet(sheet, by_key, district)
    finally:
        book.close()


def _check_sheet(
    sheet: Any, by_key: Mapping[tuple[str, str, str], Sequence[Figure]], district: str
) -> Iterator[Difference]:
    rows = sheet.iter_rows()
    above: list[Sequence[Any]] = []
    for row in rows:
        above.append(row)
        if row[0].value == STUB_COLUMN:
            break
    else:
        raise ValueError(f"sheet {sheet.title} has no header")
    names = [cell.value for cell in above[-1]]
    last = names.index(CODE_COLUMN)
    yield from _check_periods(sheet, above[-3:], last, by_key)
    for row in rows:
        if row[0].value is None:
            break
        indicator, _, region = str(row[last].value or "").partition(" ")
        for name, cell in zip(names[3:last], row[3:last], strict=True):
            if cell.value is None:
                continue
            known = by_key.get((indicator, region or district, str(name)), ())
            if not any(_stands_in(cell, figure) for figure in known):
                right = "、".join(decimal_text(figure.value) for figure in known) or "无 nothing"
                place = f"{sheet.title}!{cell.coordinate}"
                yield _difference(f"{YEARBOOK_FILE}: {place}", str(cell.value), right, right)


def _check_periods(
    sheet: Any,
    head: Sequence[Sequence[Any]],
    last: int,
    by_key: Mapping[tuple[str, str, str], Sequence[Figure]],
) -> Iterator[Difference]:
    """The words over a column of figures name the period whose code stands below them."""
    told = {
        figure.period: (figure.period_zh, figure.period_en)
        for figures in by_key.values()
        for figure in figures
    }
    for cells in list(zip(*head, strict=True))[3:last]:
        *words, code = (str(cell.value) for cell in cells)
        right = told.get(code)
        if right is not None and tuple(words) != right:
            place = f"{YEARBOOK_FILE}: {sheet.title}!{cells[0].coordinate}"
            yield _difference(place, " / ".join(words), right[1], right[0])


def _stands_in(cell: Any, figure: Figure) -> bool:
    """Whether a cell holds this figure, with its sign before it and its letters behind it."""
    text = decimal_text(figure.value)
    sign = AMONG if figure.is_among else qualifier_sign(figure.qualifier, {})
    is_known = figure.qualifier in BOUNDS
    if not is_exact_in_a_cell(text):
        shown = str(cell.value)
        return shown == f"{sign}{text}{figure.marks}" or (
            not is_known and shown.endswith(f"{text}{figure.marks}")
        )
    look = _FORMAT.match(str(cell.number_format).split(";", 1)[0])
    return (
        isinstance(cell.value, int | float)
        and decimal_text(figure.value) == _number_text(cell.value)
        and look is not None
        and (not is_known or (look["sign"] or "") == sign)
        and (look["mark"] or "") == figure.marks
    )


def _number_text(value: float) -> str:
    from decimal import Decimal

    return decimal_text(Decimal(str(value)))


# --- differences -------------------------------------------------------------------------------


def _difference(file: str, found: str, en: str, zh: str) -> Difference:
    return Difference(
        "figure",
        file,
        f"印为 {found}，数据库为 {zh}",
        f"it prints {found}, the database has {en}",
    )


def _unreadable(file: str, error: Exception) -> Difference:
    return Difference("unreadable", file, f"文件无法读取：{error!r}", f"cannot be read: {error!r}")
