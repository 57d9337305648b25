"""Look at a grid that nobody declared: where its tables are and what their columns say.

Belongs here: guesses about one grid, each with the reason to doubt it. Does not belong here:
writing a declaration (``draft``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestration.authoring.known import is_absolute
from orchestration.bounds import BOUNDS
from orchestration.collect.grid import Grid
from orchestration.collect.layouts.extract import NUMERIC
from orchestration.collect.layouts.header import split_marks
from orchestration.spec import Block, TableColumn
from orchestration.text import fold, same

if TYPE_CHECKING:
    from collections.abc import Iterable

_YEAR = re.compile(r"(19|20)[0-9]{2}(年)?")
_DATE = re.compile(
    r"(19|20)[0-9]{2}([-/.][0-9]{1,2}[-/.][0-9]{1,2}|[-/](0?[1-9]|1[0-2]))"
    r"( [0-9]{1,2}(:[0-9]{2}){1,2})?"
)
_SYMBOL = re.compile(r"[-–—…·.*#/xX×]{1,6}|[(（]?[-+−]?[0-9][0-9.,，\s]*[%％]?[)）]?")
_RANK = re.compile(
    r"(位居|位列|排名?|列|居)?第?\s*([0-9]{1,4}|[一二三四五六七八九十]{1,3})\s*[位名]?"
)
_STAMP = re.compile(
    r"(19|20)[0-9]{2}(年|[-./年]?(0?[1-9]|1[0-2])(月|[-./月][0-9]{1,2}日?)?|-?Q[1-4]|年?第?[一二三四1-4]季度)?"
    r"\s*([①-⑳]|[(（\[][^()（）\[\]]{1,8}[)）\]]|\*|年?末)?"
)
_ENGLISH = re.compile(
    r"(?i:[a-z]{3,9}\.?[-, /]{0,2}(19|20)[0-9]{2}|(19|20)[0-9]{2}[- ,/]?[a-z]{3,9}"
    r"|q[1-4][- ,/]?(19|20)[0-9]{2}|(19|20)[0-9]{2} q[1-4])"
)
_BOUNDS = "|".join(re.escape(word) for bound in BOUNDS.values() for word in bound.words_before)
_CHANGE = re.compile(
    r"(增长|增加|下降|减少|提高|上升|回落|降低|提升)\s*[0-9]|持平$"
    rf"|({_BOUNDS})\s*[0-9]"
)
_BESIDE = re.compile(r"(?<=[0-9])(\s*[\[(][A-Za-z]{1,3}[\])]|\s+[A-Za-z]{1,2})$")
"""A mark of a status beside a number: 1,200 [r], 41.4 u."""
_CORNER = re.compile(r"(?<![报制送任管责总表查设工在属人布])单位\s*[:：]|\b[Uu]nits?\s*[:：]")
_HEADLINE = re.compile(r"^Table\s*[0-9]|表|情况|指标|统计|一览|汇总|完成|收支|[0-9]{4}年")
NAMED_INDICATOR = {
    *("指标", "指标名称", "项目名称", "indicator", "indicatorname", "seriesname", "series"),
    *("subjectdescriptor", "variable", "item"),
}
"""Headers over the names of indicators, folded and in small letters."""

_SERIAL = {"序号", "编号", "代码", "行次", "No.", "NO", "№"}
DEFAULTS = Block(stub="*", columns=(TableColumn(header=("*",)),))


@dataclass(frozen=True)
class Seen:
    """One table of a grid.

    Attributes:
        first: Its first row, the title's where it has one; ``last`` the last one.
        top: First row of the header.
        header_rows: How many there are.
        stub_col: Column of the names.
        titles: Texts above the header.
        serial_rows: Rows under the header that only number the columns (甲 1 2 3).
    """

    grid: Grid
    first: int
    last: int
    top: int
    header_rows: int
    stub_col: int
    titles: tuple[str, ...]
    serial_rows: tuple[str, ...] = ()
    doubts: list[str] = field(default_factory=list)


Rows = dict[int, dict[int, str]]


def rows_of(grid: Grid) -> Rows:
    """The texts of a grid by row and column."""
    rows: Rows = {}
    for row, col, text in grid.cells.select("row", "col", "text").iter_rows():
        rows.setdefault(row, {})[col] = text
    return rows


def is_value(text: str) -> bool:
    """A number or a change in words; a year alone is more likely a header."""
    plain = _BESIDE.sub("", split_marks(fold(text).strip())[0])
    if _CHANGE.match(plain):
        return True
    if _YEAR.fullmatch(plain) or _DATE.fullmatch(plain):
        return False
    return bool(re.match(NUMERIC, plain))


def is_stamp(text: str) -> bool:
    """A period that can stand beside the figures of its row: 2021, 2023①, 2024(快报数), 2026-01."""
    plain = fold(text).strip()
    if _STAMP.fullmatch(plain) is not None:
        return True
    return _ENGLISH.fullmatch(plain) is not None and is_absolute(plain)


def is_rank(text: str) -> bool:
    """A place in an order, with a word that says so: 第2, 第三位, 位居第5."""
    plain = fold(text).strip()
    return bool(re.search("[第位名居列]", plain)) and _RANK.fullmatch(plain) is not None


def is_data(cells: dict[int, str]) -> bool:
    """A row with a name or a period, and something like a value to the right of it."""
    first = min(cells)
    if is_stamp(cells[first]):
        others = [text for col, text in cells.items() if col != first]
        return any(map(is_value, others)) and not all(map(is_stamp, others))
    named = [col for col, text in cells.items() if not _SYMBOL.fullmatch(fold(text).strip())]
    valued = [col for col, text in cells.items() if is_value(text)]
    return bool(named) and bool(valued) and max(valued) > min(named)


def tables(grid: Grid) -> list[Seen]:
    """The tables of a grid, from the top down."""
    rows = rows_of(grid)
    numbers = sorted(rows)
    found: list[Seen] = []
    at = 0
    while at < len(numbers):
        data = next((i for i in range(at, len(numbers)) if is_data(rows[numbers[i]])), None)
        if data is None:
            break
        top = _header_top(rows, numbers, at, data)
        if top is None:
            at = data + 1
            continue
        end = _end(rows, numbers, data)
        found.append(_seen(grid, rows, numbers, at, top, data, end))
        at = end
    if found:
        last = found[-1]
        found[-1] = Seen(**{**last.__dict__, "last": numbers[-1]})
    return found


def _header_top(rows: Rows, numbers: list[int], at: int, data: int) -> int | None:
    """Index of the first header row above the first row of data; at most four belong to it."""
    top = None
    for i in range(data - 1, max(at - 1, data - 6), -1):
        cells = rows[numbers[i]]
        texts = [text for text in cells.values() if text]
        if any(_CORNER.search(fold(text)) for text in texts) and len(texts) <= 2:
            break
        if top is not None and numbers[i + 1] - numbers[i] > 1:
            break  # above a blank row stands a title
        if _ends_a_header(rows, numbers, i, data):
            top = i
            continue
        if _opens_a_block(rows, numbers, i, data):
            continue
        if len(texts) < 2 or any(map(_is_remark, texts)):
            # One text alone is a title, and "表号: …" is a remark.
            break
        top = i
    return top


def _is_remark(text: str) -> bool:
    """表号: 401, 填报单位: 江北区; not 其中:女性."""
    match = re.search(r"([^:：\s]{2,})[:：]\s*\S", text)
    return match is not None and not re.search("其中|^按|^在总", fold(match[1]))


def _opens_a_block(rows: Rows, numbers: list[int], at: int, data: int) -> bool:
    """Whether a row of one name right above the first figures has the header above it: 海曙区."""
    cells = rows[numbers[at]]
    if at != data - 1 or len(cells) != 1 or at == 0:
        return False
    above = rows[numbers[at - 1]]
    if numbers[at] - numbers[at - 1] > 1 or len(above) < 2 or len(above) < len(rows[numbers[data]]):
        return False
    text = next(iter(cells.values()))
    is_name = min(cells) == min(rows[numbers[data]]) and min(cells) in above
    return is_name and not _CORNER.search(fold(text)) and not any(map(_is_remark, above.values()))


def _ends_a_header(rows: Rows, numbers: list[int], at: int, data: int) -> bool:
    """Whether a row of one text ends a header: a unit below a column, or the name of the rows."""
    cells = rows[numbers[at]]
    if at != data - 1 or len(cells) != 1 or at == 0:
        return False
    (col,) = cells
    above = rows[numbers[at - 1]]
    is_next = numbers[at] - numbers[at - 1] == 1
    # The name of the index stands alone below the columns of several levels: pandas.
    is_index = col < min(above) or (at > 1 and col in above and len(rows[numbers[at - 2]]) > 2)
    is_index &= col == min(rows[numbers[data]])
    return is_next and len(above) > 1 and (is_index or (col in above and col > min(above)))


def _end(rows: Rows, numbers: list[int], data: int) -> int:
    """Index after the last row of the table: where the next title or header begins."""
    has_notes = False
    for i in range(data + 1, len(numbers)):
        cells = rows[numbers[i]]
        texts = list(cells.values())
        head = fold(texts[0]).strip()
        if re.search(DEFAULTS.notes, head):
            has_notes = True
            continue
        gap = numbers[i] - numbers[i - 1] > 1
        opens = len(texts) <= 2 and _HEADLINE.search(head) and not any(map(is_value, texts))
        follows = any(
            len(rows[n]) >= 2 and not is_data(rows[n]) for n in numbers[i + 1 : i + 4]
        ) and any(is_data(rows[n]) for n in numbers[i + 1 : i + 8])
        if opens and follows and (gap or has_notes or _titled(head)):
            return i
    return len(numbers)


def _titled(text: str) -> bool:
    return bool(
        re.search(r"[0-9]{4}年|^[(（]?[一二三四五六七八九十]+[)）、]|^表|^Table\s*[0-9]", text)
    )


def _seen(
    grid: Grid, rows: Rows, numbers: list[int], at: int, top: int, data: int, end: int
) -> Seen:
    serial = []
    first_data = data
    # 甲 | 1 | 2 | 3 under the header numbers the columns.
    cells = rows[numbers[data]]
    values = [fold(t).strip() for t in cells.values()]
    numbered = [int(v) for v in values[1:] if v.isdigit()]
    if (
        values[0] in ("甲", "甲乙", "A")
        and numbered == [*range(1, len(numbered) + 1)]
        and all(v.isdigit() or v in ("乙", "丙", "丁", "B", "C") for v in values[1:])
    ):
        serial.append(values[0])
        first_data = data + 1 if data + 1 < end else data
    # Rows that are blank, or hidden, may stand between the header and the figures.
    last = data - 2 if _opens_a_block(rows, numbers, data - 1, data) else data - 1
    header_rows = numbers[last] - numbers[top] + 1
    stub_col = _stub_col(rows, numbers, top, first_data, end)
    doubts = []
    if header_rows > 4:
        doubts.append("the header has more than four rows: check header_rows")
        header_rows = 4
    titles = tuple(text for n in numbers[at:top] for text in rows[n].values() if not is_value(text))
    return Seen(
        grid,
        numbers[at],
        numbers[end - 1],
        numbers[top],
        header_rows,
        stub_col,
        titles,
        tuple(serial),
        doubts,
    )


def _stub_col(rows: Rows, numbers: list[int], top: int, data: int, end: int) -> int:
    """The column with most texts that are no values and differ from row to row."""
    header = {col: same(t) for n in numbers[top:data] for col, t in rows[n].items()}
    best: tuple[float, int] = (-1.0, 0)
    body = numbers[data:end]
    for col in sorted({c for n in body for c in rows[n]}):
        if header.get(col) in _SERIAL:
            continue
        texts = [rows[n][col] for n in body if col in rows[n]]
        names = [t for t in texts if not _SYMBOL.fullmatch(fold(t).strip())]
        if (
            not names
            and col == min(min(rows[n]) for n in body if rows[n])
            and all(map(is_stamp, texts))
        ):
            names = texts  # years down the side
        distinct = len({same(t) for t in names}) + _called(header.get(col, ""), len(body))
        score = distinct - col / 1000
        if names and len(names) >= len(texts) / 2 and score > best[0]:
            best = (score, col)
    return best[1] or 1


def _called(header: str, rows: int) -> int:
    """How much more a column is the names of rows where its header says so: Indicator Name."""
    return rows if header.lower() in NAMED_INDICATOR else 0


def most(values: Iterable[bool], share: float = 0.6) -> bool:
    """Whether most of them hold."""
    listed = list(values)
    return bool(listed) and sum(listed) >= share * len(listed)


def plain_title(texts: tuple[str, ...]) -> str:
    """The title among the texts above a header: the longest one that is no unit."""
    candidates = [t for t in texts if not _CORNER.search(fold(t))]
    speaking = [t for t in candidates if len(re.sub(r"[(].*?[)]|[0-9年月日\s]", "", fold(t))) >= 4]
    chosen = next(iter(speaking), None) or max(candidates, key=len, default="")
    return split_marks(chosen)[0]
