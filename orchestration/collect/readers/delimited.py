"""Delimited text (CSV, TSV): decoded strictly, its encoding detected and confirmed.

Belongs here: encodings of text files, and the one grid of a delimited file. Does not belong here:
pages and JSON, which use ``decode`` of this module and no more.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from orchestration.collect.grid import Grid, Rectangle, RefusedError
from orchestration.collect.readers.frames import by_columns

if TYPE_CHECKING:
    import polars as pl

    from orchestration.spec import Source

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
"""Byte order marks."""


def read(content: bytes, source: Source) -> list[Grid]:
    """The one grid of a delimited text.

    Raises:
        RefusedError: wrongly encoded, or no rectangle of fields.
    """
    import polars as pl

    text = _lines(decode(content, source.encoding))
    _refuse_cut(text)
    _refuse_wide(text, source.delimiter)
    try:
        frame = pl.read_csv(
            io.BytesIO(text), has_header=False, infer_schema=False, separator=source.delimiter
        )
    except pl.exceptions.NoDataError:
        raise RefusedError("delivery.empty-file", "file", "文件为空", "the file is empty") from None
    except pl.exceptions.PolarsError as error:
        below = _below_titles(text, source.delimiter)
        if below is None:
            below = _below_remarks(text, source.delimiter)
        if below is None:
            raise _ragged(text, source.delimiter, error) from None
        frame = below
    columns = by_columns(frame, is_stripped=not _has_blanks(text))
    if b'"' in text or b"\r" in text:
        _refuse_long_fields(columns, source.delimiter)
    return [Rectangle(columns)]


_END_OF_FILE = b"\x1a"
"""Ctrl-Z, with which DOS programs end a text."""


def _lines(text: bytes) -> bytes:
    """The text with one kind of line break: CR CR LF comes of a text that was converted twice."""
    if text.endswith(_END_OF_FILE):
        text = text.rstrip(_END_OF_FILE)
        text = text if text.endswith((b"\n", b"\r")) else text + b"\n"
    if b"\r" not in text:
        return text
    if b"\n" not in text:
        return text.replace(b"\r", b"\n")
    return text.replace(b"\r\r\n", b"\n")


def _refuse_cut(text: bytes) -> None:
    # Of a number in the last line nobody can say whether it stands there whole.
    if text.strip() and not text.endswith(b"\n"):
        last = text.count(b"\n") + 1
        raise RefusedError(
            "delivery.truncated-text",
            f"line {last}",
            f"第 {last} 行没有以换行结束 (写入或传输中断?)",
            f"line {last} is not ended by a line break (writing or transfer broken off?)",
        )


MAX_COLUMNS = 16_384
"""As many as a sheet has; the library takes minutes for a million."""


def _refuse_wide(text: bytes, delimiter: str) -> None:
    # How many columns there are, the library takes from one of the first lines.
    for number, line in enumerate(text.split(b"\n", 20)[:20], start=1):
        if line.count(delimiter.encode()) >= MAX_COLUMNS:
            raise RefusedError(
                "delivery.unsafe-file",
                f"line {number}",
                f"超过 {MAX_COLUMNS} 列",
                f"more than {MAX_COLUMNS} columns",
            )


_BLANKS_BEGIN = (b" ", b"\t", b"\x0b", b"\x0c", b"\xc2", b"\xe1", b"\xe2", b"\xe3")
"""First bytes of the blanks of Unicode; most Chinese characters begin with others."""


def _has_blanks(text: bytes) -> bool:
    """Whether a field may have blanks to strip: looking for a byte is faster than stripping."""
    return any(byte in text for byte in _BLANKS_BEGIN)


def _is_utf_8(content: bytes) -> bool:
    """Whether the bytes are UTF-8, without making a text of them."""
    import polars as pl

    try:
        pl.Series([content], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def _below_titles(text: bytes, delimiter: str) -> pl.DataFrame | None:
    """The frame of a file with lines of one field above its header; None if there are none.

    The library takes the number of columns from the first line, and a title has only one.
    """
    import polars as pl

    lines = text.split(b"\n", 20)
    titles = next((i for i, line in enumerate(lines[:20]) if delimiter.encode() in line), 0)
    if not titles or any(b'"' in line for line in lines[:titles]):
        return None
    try:
        frame = pl.read_csv(
            io.BytesIO(b"\n".join(lines[titles:])),
            has_header=False,
            infer_schema=False,
            separator=delimiter,
        )
    except pl.exceptions.PolarsError:
        return None
    first = pl.Series(frame.columns[0], [t.strip().decode() for t in lines[:titles]])
    return pl.concat([pl.DataFrame([first]), frame], how="diagonal")


_REMARK_FIELDS = 2
"""So many filled fields has a remark above a header: what it is, and what it says."""


def _below_remarks(text: bytes, delimiter: str) -> pl.DataFrame | None:
    """The frame of a file with remarks of two fields above its header; None if there are none.

    The library takes the number of columns from the first line: it gets as many delimiters there
    as the header has. A row that is longer than the header is refused as ever.
    """
    import csv

    import polars as pl

    lines = text.split(b"\n", 20)[:20]
    if any(line.count(b'"') % 2 for line in lines):
        return None  # a field runs over several lines
    rows = list(csv.reader([line.decode() for line in lines], delimiter=delimiter))
    width = max(map(len, rows))
    at = next(n for n, row in enumerate(rows) if len(row) == width)
    above = [[field for field in row if field.strip()] for row in rows[:at]]
    if not above or width <= _REMARK_FIELDS + 1 or max(map(len, above)) > _REMARK_FIELDS:
        return None
    names = [field for field in rows[at] if field.strip()]
    are_names = len(names) >= width - 1 and not _HAS_FIGURE.search("\n".join(names))
    if not are_names:
        return None
    padding = delimiter.encode() * (width - len(rows[0]))
    first, joint, rest = text.partition(b"\n")
    try:
        return pl.read_csv(
            io.BytesIO(first + padding + joint + rest),
            has_header=False,
            infer_schema=False,
            separator=delimiter,
        )
    except pl.exceptions.PolarsError:
        return None


_HAS_FIGURE = re.compile(r"^(?!(?:19|20)[0-9]{2}$)[-+]?[0-9][0-9.,]*$", re.MULTILINE)
"""A number that is no year: it stands in no header."""

_MOST_BREAKS = 5
"""So many line breaks a cell has; more are lines of the file after a quote that never closes."""


def _refuse_long_fields(columns: pl.DataFrame, delimiter: str) -> None:
    """A quoted field may hold a line break, but no lines of the file."""
    import polars as pl

    # A delimiter beside the line break: the field may have swallowed the rest of its line.
    swallows = pl.all().str.contains(r"[\r\n]") & (
        pl.all().str.contains(delimiter, literal=True)
        | (pl.all().str.count_matches(r"[\r\n]+") > _MOST_BREAKS)
    )
    broken = columns.select(pl.arg_where(pl.any_horizontal(swallows))).to_series()
    if len(broken):
        raise RefusedError(
            "delivery.unreadable-file",
            f"row {int(broken[0]) + 1}",
            "一个带引号的字段跨了多行并含有分隔符 (引号未闭合?); 请去掉单元格内的换行或补全引号",
            "a quoted field runs over several lines and holds a delimiter (a quote that never "
            "closes?): take the line breaks out of the cell, or close the quote",
        )


def _ragged(text: bytes, delimiter: str, error: Exception) -> RefusedError:
    """Find the line that the CSV library stumbled over."""
    import csv

    reader = csv.reader(io.StringIO(text.decode()), delimiter=delimiter)
    width = None
    try:
        for number, row in enumerate(reader, start=1):
            width = width or len(row)
            if len(row) > width:
                return RefusedError(
                    "delivery.unreadable-file",
                    f"row {number}",
                    f"该行有 {len(row)} 列, 表头只有 {width} 列",
                    f"this row has {len(row)} fields, the header has {width}",
                )
    except csv.Error as other:
        return RefusedError(
            "delivery.unreadable-file", f"line {reader.line_num}", "不是有效的 CSV", str(other)
        )
    return RefusedError(
        "delivery.unreadable-file",
        "file",
        "不是有效的 CSV (引号未闭合?)",
        f"not valid CSV (a quote that never closes?): {type(error).__name__}",
    )


def decode(content: bytes, declared: str) -> bytes:
    """The text as UTF-8 without a byte order mark, its encoding being the declared one.

    Whatever decodes is not yet right: UTF-8 read as GB18030 becomes other Chinese characters
    without an error. So the encoding is detected from the bytes first, and must agree.

    Raises:
        RefusedError: another encoding than declared, two in one file, or null characters.
    """
    mark = next((m for m in _MARKS if content.startswith(m[0])), None)
    found = mark[1] if mark else _detect(content, declared)
    body = content[len(mark[0]) :] if mark else content
    if declared not in ("auto", found):
        _refuse_mixed(body, declared)
        raise _wrong_encoding(content, declared, found)
    if found == "utf-8":
        if not _is_utf_8(body):
            _refuse_mixed(body, found)
            raise _wrong_encoding(content, "utf-8", found)
        text = body
    else:
        if found == "gb18030":
            _refuse_mixed(body, found)
        codec = _utf_16(content, body) if found == "utf-16" else found
        try:
            text = body.decode(codec).encode()
        except UnicodeError:
            raise _wrong_encoding(content, declared, found) from None
    for unwanted, zh, en in (
        (b"\x00", "空字符", "null characters"),
        (
            b"\xef\xbb\xbf",
            "第二个字节顺序标记 (两个文件拼在一起?)",
            "a second byte order mark (two files joined?)",
        ),
    ):
        at = text.find(unwanted) if unwanted[:1] in text else -1
        if at >= 0:
            raise RefusedError(
                "delivery.wrong-encoding",
                _line(text, at),
                f"按 {found} 解码后含有{zh}",
                f"decoded as {found} it holds {en}",
            )
    return text


_UTF_8_LINE = re.compile(
    rb"^[\x00-\x09\x0b-\x7f]*+(?:[\xe1-\xef][\x80-\xbf]{2}[\x00-\x09\x0b-\x7f]*+){2,}+$",
    re.MULTILINE,
)
"""A line whose Chinese characters are UTF-8; by chance no text in GB18030 looks like this."""


def _line(content: bytes, at: int) -> str:
    line_end = b"\n"
    return f"line {content.count(line_end, 0, at) + 1}"


_THREE_BYTES = re.compile(rb"[\xe0-\xff]")


def _detect(content: bytes, declared: str) -> str:
    """The encoding that the bytes speak for; the declared one where they fit it as well."""
    if _has_alternate_nulls(content):
        return "utf-16"
    if content.isascii():
        return declared if declared == "gb18030" else "utf-8"
    if not _is_utf_8(content):
        try:
            content.decode("gb18030")
        except UnicodeDecodeError:
            return "gb18030" if declared == "gb18030" else "utf-8"
        return "gb18030"
    if declared == "utf-8" or _THREE_BYTES.search(content):
        return "utf-8"
    text = content.decode()
    # Only sequences of two bytes: each may be one Chinese character in GB18030, or ² and × in
    # UTF-8. The declaration decides; without one, signs of Latin-1 speak for UTF-8.
    return "gb18030" if declared == "gb18030" or max(text) >= "\u0100" else "utf-8"


def _has_alternate_nulls(content: bytes) -> bool:
    start = content[:4096]
    even, odd = start[::2].count(0), start[1::2].count(0)
    few, many = sorted((even, odd))
    return many > max(1, len(start) // 16) and few <= many // 16


def _utf_16(content: bytes, body: bytes) -> str:
    if content[:2] == b"\xff\xfe":
        return "utf-16-le"
    if content[:2] == b"\xfe\xff":
        return "utf-16-be"
    start = body[:4096]
    return "utf-16-be" if start[::2].count(0) > start[1::2].count(0) else "utf-16-le"


def _refuse_mixed(body: bytes, main: str) -> None:
    """Refuse a file of which some lines are UTF-8 and others are GB18030."""
    good = _UTF_8_LINE.search(body)
    if good is None:
        return
    try:
        body.decode()
    except UnicodeDecodeError as error:
        bad = error.start
    else:
        return
    at = bad if main == "utf-8" else good.start()
    start, end = body.rfind(b"\n", 0, bad) + 1, body.find(b"\n", bad)
    try:
        body[start : end if end >= 0 else None].decode("gb18030")
    except UnicodeDecodeError:
        return  # no text in either encoding: the error of decoding says more
    other = "gb18030" if main == "utf-8" else "utf-8"
    raise RefusedError(
        "delivery.wrong-encoding",
        _line(body, at),
        f"文件混用两种编码: 其余行是 {main}, 本行是 {other}",
        f"two encodings in one file: this line is {other}, others are {main}",
    )


def _wrong_encoding(content: bytes, declared: str, found: str) -> RefusedError:
    codec = {"auto": found, "utf-8": "utf-8-sig"}.get(declared, declared)
    try:
        content.decode(codec)
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        is_other = found not in (declared, "auto") and declared != "auto"
        return RefusedError(
            "delivery.wrong-encoding",
            _line(content, at),
            f"声明的编码是 {declared}, 第 {at} 字节无法解码"
            + (f"; 看起来是 {found}" if is_other else ""),
            f"declared as {declared}, byte {at} cannot be decoded"
            + (f"; it looks like {found}" if is_other else ""),
        )
    line = next((i for i, row in enumerate(content.split(b"\n"), 1) if not row.isascii()), 1)
    return RefusedError(
        "delivery.wrong-encoding",
        f"line {line}",
        f"声明的编码是 {declared}, 实际是 {found} (按声明解码会变成乱码)",
        f"declared as {declared}, but the text is {found}: read as declared it turns into others",
    )
