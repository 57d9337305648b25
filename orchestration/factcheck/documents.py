"""The blocks of a text file: paragraphs, headings and cells, in the order in which they are read.

Belongs here: .docx, .html, .md and .txt. Does not belong here: what the numbers in them mean.

A cell is told with what heads its column and what its row says: the words that make its number
one of something. Tracked changes count as accepted; what a reader does not see is not read.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from orchestration.bounds import BOUNDS
from orchestration.errors import QutongError

if TYPE_CHECKING:
    from lxml.etree import _Element

Kind = Literal["heading", "text", "cell"]

MOST_BYTES: Final = 50_000_000
MOST_UNPACKED: Final = 200_000_000
MOST_SIGNS: Final = 5_000_000
SEPARATOR: Final = "\n"
"""Between the parts of a lead: no name and no number goes over it."""


@dataclass(frozen=True)
class Block:
    """A stretch of text.

    Attributes:
        place: Where a person finds it, in Chinese and English.
        text: What it says.
        heads: Of a cell the title of its table and what heads its column, the nearest last.
        beside: Of a cell the words of the cells of its row, the nearest after the first one.
        stub: Of a cell what the row is called: its first cell of words.
    """

    place: tuple[str, str]
    text: str
    kind: Kind = "text"
    heads: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    stub: str = ""


def read(path: Path) -> list[Block]:
    """The blocks of a file.

    Raises:
        QutongError: not there, too large, damaged, or of a format that is not read.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise QutongError(
            f"{path.suffix or 'a file without an ending'} is not read / 不支持这种文件",
            file=path,
            remedy="give a .docx, .html, .md or .txt file; save others as one of these",
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise QutongError(
            f"cannot be read: {error.strerror} / 文件无法读取",
            file=path,
            remedy="name a file that is there and may be read",
        ) from error
    if len(content) > MOST_BYTES:
        raise _too_large(path)
    blocks = [block for block in reader(content, path) if block.text.strip()]
    if sum(len(block.text) + sum(map(len, block.heads)) for block in blocks) > MOST_SIGNS:
        raise _too_large(path)
    return blocks


def _too_large(path: Path) -> QutongError:
    return QutongError(
        "too large for a text about a district / 文件过大",
        file=path,
        remedy="check its chapters one by one",
    )


def _damaged(path: Path, what: str) -> QutongError:
    return QutongError(
        f"damaged or none of its kind: {what} / 文件损坏或不是该类文件",
        file=path,
        remedy="open it in its own program and save it again",
    )


# --- plain texts ---------------------------------------------------------------------------------


def _decoded(content: bytes, path: Path) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise QutongError(
        "neither UTF-8 nor GB18030 / 编码既不是UTF-8也不是GB18030",
        file=path,
        remedy="save it as UTF-8",
    )


def _plain(content: bytes, path: Path) -> Iterator[Block]:
    for number, line in enumerate(_decoded(content, path).splitlines(), 1):
        yield Block((f"第{number}行", f"line {number}"), line)


def _markdown(content: bytes, path: Path) -> Iterator[Block]:
    from markdown_it import MarkdownIt

    # "commonmark" lets HTML through as it stands: it is read as HTML of a file is
    html = MarkdownIt("commonmark").enable("table").render(_decoded(content, path))
    yield from _html_blocks(html, path)


# --- pages ---------------------------------------------------------------------------------------

_HEADINGS: Final = frozenset(f"h{level}" for level in range(1, 7)) | {"caption", "figcaption"}
_UNREAD: Final = frozenset(
    {"script", "style", "template", "noscript", "head", "svg", "math", "sup"}
)
"""A raised sign is a footnote's mark and no digit of the number before it."""
_BLOCKS: Final = _HEADINGS | {
    "p", "li", "dt", "dd", "div", "section", "article", "main", "header", "footer", "nav",
    "blockquote", "pre", "body", "summary", "details", "aside", "figure", "form", "ul", "ol", "dl",
    "address", "fieldset", "html", "tr", "table", "thead", "tbody", "tfoot", "td", "th",
}  # fmt: skip


def _page(content: bytes, path: Path) -> Iterator[Block]:
    declared = re.search(rb"""charset=["']?([\w-]+)""", content[:4096])
    encoding = declared[1].decode("ascii").lower() if declared else "utf-8"
    if encoding in ("gb2312", "gbk"):
        encoding = "gb18030"
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        text = _decoded(content, path)
    yield from _html_blocks(text, path)


def _html_blocks(text: str, path: Path) -> Iterator[Block]:
    from lxml import etree, html

    bare = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    if not bare.strip():
        return
    parser = html.HTMLParser(recover=True, no_network=True)
    try:
        root = html.document_fromstring(bare, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if any("depth" in entry.message.lower() for entry in parser.error_log):
        raise _damaged(path, "nested too deeply to be read whole")
    yield from _Page().blocks(root)


class _Page:
    """A page on its way to blocks: what was counted so far."""

    def __init__(self) -> None:
        self.paragraphs = 0
        self.tables = 0

    def blocks(self, root: _Element) -> Iterator[Block]:
        """Depth first, without recursion: pages of others are nested as they please."""
        pending: list[str] = []
        stack: list[tuple[Literal["open", "close", "tail"], _Element]] = [("open", root)]
        while stack:
            step, element = stack.pop()
            name = element.tag if isinstance(element.tag, str) else ""
            if step == "tail":
                pending.append(element.tail or "")
                continue
            if step == "close":
                yield from self._ended(pending, name)
                continue
            if not name or name in _UNREAD or _is_hidden(element):
                continue
            if name == "table":
                yield from self._ended(pending, "")
                yield from self._table(element)
                continue
            if name in _BLOCKS:
                yield from self._ended(pending, "")
                stack.append(("close", element))
            pending.append("\n" if name == "br" else (element.text or ""))
            for child in reversed(element):
                stack.append(("tail", child))
                stack.append(("open", child))

    def _ended(self, pending: list[str], name: str) -> Iterator[Block]:
        text = " ".join("".join(pending).split(" ")).strip()
        pending.clear()
        if text:
            self.paragraphs += 1
            number = self.paragraphs
            kind: Kind = "heading" if name in _HEADINGS else "text"
            yield Block((f"第{number}段", f"paragraph {number}"), text, kind)

    def _table(self, table: _Element) -> Iterator[Block]:
        self.tables += 1
        rows: list[list[str]] = []
        heads = 0
        for row in table.iter("tr"):
            cells = [cell for cell in row if cell.tag in ("td", "th")]
            if rows and len(rows) == heads and all(cell.tag == "th" for cell in cells):
                heads += 1
            elif not rows:
                heads = 1
            rows.append([_seen_text(cell) for cell in cells for _ in range(_span(cell))])
        title = " ".join(_seen_text(caption) for caption in table.iter("caption"))
        yield from _cells(rows, heads, self.tables, title)


def _span(cell: _Element) -> int:
    told = cell.get("colspan", "1")
    return min(int(told), 200) if told.isdigit() and int(told) else 1


def _is_hidden(element: _Element) -> bool:
    style = (element.get("style") or "").replace(" ", "").lower()
    return element.get("hidden") is not None or "display:none" in style


def _seen_text(element: _Element) -> str:
    parts: list[str] = []
    stack: list[tuple[bool, _Element]] = [(False, element)]
    while stack:
        is_tail, one = stack.pop()
        if is_tail:
            parts.append(one.tail or "")
            continue
        name = one.tag if isinstance(one.tag, str) else ""
        if not name or name in _UNREAD or _is_hidden(one):
            continue
        is_apart = one is not element and (name == "br" or name in _BLOCKS)
        parts.append("\n" if is_apart else "")
        parts.append(one.text or "")
        for child in reversed(one):
            stack.append((True, child))
            stack.append((False, child))
    return "".join(parts).strip()


def _cells(
    rows: Sequence[Sequence[str]], heads: int, number: int, title: str = ""
) -> Iterator[Block]:
    """The cells below the header rows, each led by its column's heads and the words of its row."""
    if title:
        yield Block((f"表{number}的标题", f"title of table {number}"), title, "heading")
    for at, row in enumerate(rows, 1):
        words = [cell for cell in row if cell and not _is_number(cell)]
        for column, text in enumerate(row, 1):
            place = (
                f"表{number}第{at}行第{column}列",
                f"table {number}, row {at}, column {column}",
            )
            if at <= heads:
                yield Block(place, text, "cell")
                continue
            above = (title, *(r[column - 1] for r in rows[:heads] if column <= len(r)))
            others = tuple(word for word in words[1:] if word != text)
            # Below what a row is called may stand what it means and where it is from.
            stub = words[0].partition("\n")[0].strip() if words and words[0] != text else ""
            yield Block(place, text, "cell", tuple(filter(None, above)), others, stub)


_BOUNDS: Final = "|".join(
    sorted({re.escape(w) for b in BOUNDS.values() for w in b.words_before if w}, key=len)[::-1]
)
_NUMBER: Final = re.compile(rf"(?:{_BOUNDS})?[\s\d.,%+\-−–~≥≤<>]*", re.IGNORECASE)


def _is_number(text: str) -> bool:
    """Whether it is digits and signs, with a bound before it or none: 829.4, 超660."""
    return _NUMBER.fullmatch(text) is not None


# --- Word ----------------------------------------------------------------------------------------

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BLANKS: Final = frozenset(f"{_W}{name}" for name in ("tab", "br", "cr", "p"))
_GONE: Final = frozenset(f"{_W}{name}" for name in ("del", "moveFrom", "rPrChange", "pPrChange"))


def _word(content: bytes, path: Path) -> Iterator[Block]:
    from docx import Document
    from docx.table import Table

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MOST_UNPACKED:
                raise _too_large(path)
        document: Any = Document(io.BytesIO(content))
        parts = list(document.iter_inner_content())
    except QutongError:
        raise
    except Exception as error:  # python-docx raises whatever its parsers raise
        raise _damaged(path, type(error).__name__) from error
    paragraphs = tables = 0
    for one in parts:
        if isinstance(one, Table):
            for table, title in _word_tables(one):
                tables += 1
                rows = [[_word_text(cell._tc) for cell in row.cells] for row in table.rows]
                # A table in a cell may begin with its figures: what it is of stands around it.
                has_heads = not title or not any(_is_number(text) and text for text in rows[0])
                yield from _cells(rows, int(has_heads), tables, title)
            continue
        paragraphs += 1
        style = (one.style.name if one.style is not None else "") or ""
        kind: Kind = "heading" if re.search("heading|title|标题", style.lower()) else "text"
        place = (f"第{paragraphs}段", f"paragraph {paragraphs}")
        yield Block(place, _word_text(one._p), kind)


def _word_tables(table: Any) -> Iterator[tuple[Any, str]]:
    """A table and those in its cells, each with what stands above it in the cell and its column."""
    pending = [(table, "")]
    while pending:
        one, title = pending.pop()
        if not one.rows:
            continue
        yield one, title
        first = [_word_text(cell._tc) for cell in one.rows[0].cells]
        inner = [
            (nested, " ".join(filter(None, (head, _word_text(cell._tc)))))
            for row in one.rows
            if row._tr.find(f".//{_W}tbl") is not None
            for head, cell in zip(first, row.cells, strict=False)
            for nested in cell.tables
        ]
        pending += reversed(inner)


def _word_text(element: _Element) -> str:
    """What is read of a paragraph or a cell; a table in a cell is one of its own."""
    parts: list[str] = []
    stack = [element]
    while stack:
        one = stack.pop()
        if one.tag in _GONE or (one.tag == f"{_W}r" and _is_unread(one)):
            continue
        if one.tag == f"{_W}tbl":
            continue
        if one.tag == f"{_W}t":
            parts.append(one.text or "")
        elif one.tag in _BLANKS and parts:
            parts.append(" ")
        stack.extend(reversed(one))
    return "".join(parts).strip()


def _is_unread(run: _Element) -> bool:
    """Hidden, or raised: a footnote's mark is no digit of the number before it."""
    raised = run.find(f"{_W}rPr/{_W}vertAlign")
    is_raised = raised is not None and raised.get(f"{_W}val") == "superscript"
    return is_raised or run.find(f"{_W}rPr/{_W}vanish") is not None


_READERS: Final[dict[str, Callable[[bytes, Path], Iterator[Block]]]] = {
    ".docx": _word,
    ".html": _page,
    ".htm": _page,
    ".md": _markdown,
    ".txt": _plain,
}
