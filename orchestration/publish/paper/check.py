"""Re-opens briefs and compares every figure in them with the release's own.

Belongs here: reading a finished brief as a stranger would. Does not belong here: what follows from
a difference (``verify``), and workbooks (``cells``, ``sheets``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from orchestration.bounds import BOUNDS
from orchestration.publish.paper.brief import BOOKMARK
from orchestration.publish.paper.figures import (
    Figure,
    printed_forms,
)
from orchestration.publish.printed import (
    Words,
    decimal_text,
)
from orchestration.publish.prose import english
from orchestration.publish.report import SIMULATED_LABEL

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# A brief holds nothing that acts or reaches out: fields, objects, templates, links.
_ACTIVE = re.compile(r'TargetMode="External"|w:instrText|w:fldSimple|w:object\b|w:altChunk')
# Nor anything that was struck, or put in its place, and not yet agreed to; nor a remark on it.
_REVISED = re.compile(r"<w:(?:ins|del|moveFrom|moveTo|commentReference|[rp]PrChange)\b")
_NUMBERS = ("数值", "增长", "位次", "Va", "Gr", "Ra")
"""How the heads of columns with figures begin."""


@dataclass(frozen=True)
class Difference:
    """What is wrong with a file.

    Attributes:
        kind: ``figure``, ``mixed``, ``small``, ``unreadable``, ``active``, ``revised`` or
            ``unlabelled``.
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
            yield unreadable(name, error)


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
                yield difference(name, f"{text}（{observation_id}）", "nothing", "无")
                continue
            met.append(figure)
            if not _says(text, figure, words, name) or mark != figure.marks:
                right = f"{decimal_text(figure.value)}{figure.marks}"
                yield difference(name, f"{figure.name_zh} {text}{mark}", right, right)
    for text in _loose_numbers(document):
        yield difference(name, text, "a figure behind it", "所据的数字")
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


# --- differences -------------------------------------------------------------------------------


def difference(file: str, found: str, right: str, right_zh: str = "") -> Difference:
    """A figure, or what it is called, is not the database's."""
    return Difference(
        "figure",
        file,
        f"印为 {found}，数据库为 {right_zh or right}",
        f"it prints {found}, the database has {right}",
    )


def unreadable(file: str, error: Exception) -> Difference:
    """A file is none of its kind."""
    return Difference("unreadable", file, f"文件无法读取：{error!r}", f"cannot be read: {error!r}")
