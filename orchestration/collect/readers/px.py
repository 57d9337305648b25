"""PX files (PC-Axis): a cube of numbers becomes rows, as one of JSON-stat does.

Belongs here: keywords, the code page, the order of the cells. Does not belong here: deciding which
variable is the region or the time (the declaration).

One row for each cell, the last variable of the heading varies fastest, missing ones too: what the
file writes instead of a number (``..``, ``.``, ``-``) is the text of the value. Its place is
``DATA[7]``. Columns: each variable under its name, with its codes, or its texts where it has none;
``value``. Offered beside them (a declaration need not know of them): ``<variable>.label`` where it
has codes, ``unit``, ``decimals``, ``contents``. Of a file in several languages the first is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from orchestration.collect.grid import Grid, Listing, RefusedError
from orchestration.collect.readers.delimited import decode
from orchestration.collect.readers.frames import by_columns, limit

if TYPE_CHECKING:
    import polars as pl

    from orchestration.spec import Source

VALUE = "value"

_CODE_PAGE = re.compile(rb'^CODEPAGE\s*=\s*"([^"]{1,30})"\s*;', re.MULTILINE)
_OEM = re.compile(rb'^CHARSET\s*=\s*"OEM"\s*;', re.MULTILINE)
_CODECS = re.compile(
    r"utf-?8|iso-?8859-(?:[1-9]|1[0-6])|windows-?(?:125[0-8]|874)|(?:cp)?(?:125[0-8]|437|850|852|866"
    r"|936|950)|gbk?(?:2312|18030)?|big5|us-ascii|ascii"
)
_KEY = re.compile(
    r'\s*+([A-Z][A-Z0-9_-]*+)(?:\[([^\]"]*+)\])?(?:\(((?:\s*+"[^"]*+"\s*+,?)++)\))?\s*+=', re.ASCII
)
_STRINGS = re.compile(r'"([^"]*)"')
_TEXT = re.compile(r'(?:"[^"]*+"|[^";]++)*+')
_TOKEN = re.compile(r'"[^"]*"|[^\s,;"]+')

Key = tuple[str, str]
"""A keyword, and the variable or value that it is about."""


@dataclass
class _File:
    """What a PX file says: the text of each keyword, and its data."""

    said: dict[Key, str] = field(default_factory=dict)
    data: str = ""

    def texts(self, keyword: str, about: str = "") -> list[str]:
        """The strings of a keyword; those that a line break parts, and no comma, are one."""
        text = self.said.get((keyword, about), "")
        parts = re.sub(r'"\s+"', "", text)
        return [found.strip() for found in _STRINGS.findall(parts)]

    def word(self, keyword: str, about: str = "") -> str:
        """The text of a keyword that has one."""
        text = self.said.get((keyword, about), "").strip()
        return "".join(_STRINGS.findall(text)) if '"' in text else text


def read(content: bytes, source: Source) -> list[Grid]:
    """The one grid of a PX file.

    Raises:
        RefusedError: wrongly encoded, cut off, no PX file, or one whose parts contradict one
            another.
    """
    import polars as pl

    file = _parsed(_decoded(content, source.encoding))
    stub, heading = file.texts("STUB"), file.texts("HEADING")
    names = [*stub, *heading]
    if not names or len(set(names)) < len(names):
        raise _broken("STUB", "缺少变量或变量重复", "variables are missing, or stand twice")
    values = [_values(file, name) for name in names]
    sizes = [len(texts) for texts in values]
    limit(prod(sizes) * (len(names) + 1))
    codes = [_codes(file, name, texts) for name, texts in zip(names, values, strict=True)]
    numbers = _numbers(file, names, values, codes, prod(sizes[: len(stub)]))
    columns: list[tuple[str, pl.Series, bool]] = []
    cells = pl.int_range(0, prod(sizes), dtype=pl.UInt32, eager=True)
    for n, name in enumerate(names):
        position = (cells // prod(sizes[n + 1 :])) % sizes[n]
        known = codes[n] or values[n]
        columns.append((name, pl.Series(known, dtype=pl.String).gather(position), False))
        if codes[n]:
            label = pl.Series(values[n], dtype=pl.String).gather(position)
            columns.append((f"{name}.label", label, True))
    columns.append((VALUE, numbers, False))
    columns += [(n, text.new_from_index(0, len(cells)), True) for n, text in _about(file)]
    _refuse_equal_names([name for name, _, _ in columns])
    texts = pl.DataFrame(
        [
            pl.concat([pl.Series([name], dtype=pl.String), series]).alias(str(n))
            for n, (name, series, _) in enumerate(columns, start=1)
        ]
    )
    offered = frozenset(name for name, _, is_offered in columns if is_offered)
    places = "DATA[" + cells.cast(pl.String) + "]"
    return [Listing(by_columns(texts, is_stripped=False), places, VALUE, offered)]


def _about(file: _File) -> list[tuple[str, pl.Series]]:
    """What the file says of all its figures; units by value stand in ``unit`` only where equal."""
    import polars as pl

    units = {text for (keyword, _), text in file.said.items() if keyword == "UNITS"}
    told = {
        "unit": file.word("UNITS") if len(units) == 1 else "",
        "decimals": file.word("DECIMALS"),
        "contents": file.word("CONTENTS"),
    }
    return [(name, pl.Series([text], dtype=pl.String)) for name, text in told.items() if text]


# --- the file --------------------------------------------------------------------------------


def _decoded(content: bytes, declared: str) -> str:
    """The text; the file itself says its code page, and what it says must agree."""
    named = _CODE_PAGE.search(content[:65536])
    page = named[1].decode("ascii", "replace").lower() if named else ""
    if page and _CODECS.fullmatch(page) is None:
        raise _wrongly_encoded(
            f"文件注明的代码页 {page} 不在支持之列", f"the code page {page} is not supported"
        )
    if not page and (declared != "utf-8" or content.isascii() or _is_utf_8(content)):
        return decode(content, declared).decode()
    page = page or ("cp850" if _OEM.search(content[:65536]) else "windows-1252")
    codec = f"cp{page}" if page.isdigit() else page.replace("windows", "cp").replace("cp-", "cp")
    if not content.isascii() and "utf" not in codec and _is_utf_8(content):
        raise _wrongly_encoded(
            f"文件注明的代码页是 {page}, 实际是 UTF-8", f"its code page is {page}, but it is UTF-8"
        )
    try:
        return content.decode(codec).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError):
        raise _wrongly_encoded(
            f"不能按文件注明的代码页 {page} 解码", f"it cannot be decoded by its code page {page}"
        ) from None


def _is_utf_8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _wrongly_encoded(zh: str, en: str) -> RefusedError:
    return RefusedError("delivery.wrong-encoding", "CODEPAGE", zh, en)


def _parsed(text: str) -> _File:
    file = _File()
    at = 0
    while match := _KEY.match(text, at):
        keyword, language, about = match[1], match[2], match[3] or ""
        if keyword == "DATA":
            body, ended, rest = text[match.end() :].rpartition(";")
            if not ended or rest.strip("\x1a \t\r\n"):
                raise _cut_off()
            file.data = body
            return file
        value = _TEXT.match(text, match.end())
        end = value.end() if value else match.end()
        if text[end : end + 1] != ";":
            raise _cut_off()
        # Of several languages the one without a mark is that of the file.
        if not language:
            key = (keyword, ", ".join(_STRINGS.findall(about)))
            file.said.setdefault(key, value[0] if value else "")
        at = end + 1
    blank = len(text[at:]) - len(text[at:].lstrip())
    line = text.count("\n", 0, at + blank) + 1
    raise RefusedError(
        "delivery.unreadable-file",
        f"line {line}",
        f"不是 PX 文件, 或第 {line} 行不是关键字 (没有 DATA)",
        f"no PX file, or line {line} is no keyword of one (there is no DATA)",
    )


def _cut_off() -> RefusedError:
    return RefusedError(
        "delivery.truncated-text",
        "DATA",
        "文件没有以分号结束 (写入或传输中断?)",
        "the file is not ended by a semicolon (writing or transfer broken off?)",
    )


# --- its parts -------------------------------------------------------------------------------


def _values(file: _File, name: str) -> list[str]:
    texts = file.texts("VALUES", name)
    if not texts or len(set(texts)) < len(texts):
        raise _broken(
            f'VALUES("{name}")',
            f"变量“{name}”没有取值或取值重复",
            f"the variable {name!r} has no values, or one stands twice",
        )
    return texts


def _codes(file: _File, name: str, values: list[str]) -> list[str]:
    codes = file.texts("CODES", name)
    if codes and (len(codes) != len(values) or len(set(codes)) < len(codes)):
        raise _broken(
            f'CODES("{name}")',
            f"变量“{name}”有 {len(values)} 个取值, 却有 {len(set(codes))} 个代码",
            f"the variable {name!r} has {len(values)} values and {len(set(codes))} codes",
        )
    return codes


def _numbers(
    file: _File, names: list[str], values: list[list[str]], codes: list[list[str]], rows: int
) -> pl.Series:
    """The texts of all cells in their order."""
    import polars as pl

    tokens = [token.strip('"') for token in _TOKEN.findall(file.data)]
    keyed = [n for n, name in enumerate(names) if file.word("KEYS", name)]
    cells = prod(len(texts) for texts in values)
    if not keyed:
        if len(tokens) != cells:
            raise _broken(
                "DATA",
                f"有 {len(tokens)} 个数, 各变量取值个数之积为 {cells}",
                f"there are {len(tokens)} numbers, and the variables multiply to {cells}",
            )
        return pl.Series(tokens, dtype=pl.String)
    if keyed != list(range(len(keyed))) or prod(len(values[n]) for n in keyed) != rows:
        raise _broken("KEYS", "KEYS 与 STUB 不符", "the keys are not the variables of the stub")
    wide = cells // rows
    filled: list[str | None] = [None] * cells
    step = len(keyed) + wide
    if len(tokens) % step:
        raise _broken("DATA", "有一行缺少键或数", "a row lacks a key or a number")
    known = []
    for k in keyed:
        is_code = file.word("KEYS", names[k]).upper() == "CODES"
        known.append({text: n for n, text in enumerate(codes[k] if is_code else values[k])})
    for at in range(0, len(tokens), step):
        row = 0
        for k, key in zip(keyed, tokens[at:], strict=False):
            if key not in known[k]:
                raise _broken(
                    "DATA", "有一行的键不是变量的取值", "a key is no value of its variable"
                )
            row = row * len(values[k]) + known[k][key]
        if any(text is not None for text in filled[row * wide : (row + 1) * wide]):
            raise _broken("DATA", "同一行出现两次", "a row stands twice")
        filled[row * wide : (row + 1) * wide] = tokens[at + len(keyed) : at + step]
    return pl.Series(filled, dtype=pl.String)


def _refuse_equal_names(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise _broken("STUB", f"变量名“{name}”与别的列相同", f"two columns are called {name!r}")


def _broken(at: str, zh: str, en: str) -> RefusedError:
    """A PX file whose parts contradict one another: nobody knows which number is which."""
    return RefusedError("delivery.unreadable-file", at, f"PX 文件前后不符: {zh}", f"PX: {en}")
