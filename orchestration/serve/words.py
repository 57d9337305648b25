"""What a person can mean by the beginning of a word in a question: names of the release.

Belongs here: tables, columns, indicators and regions of a release, found by name or title in either
language. Does not belong here: the terminal (``prompt``) and answering (``query``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from orchestration.catalog import quote
from orchestration.serve.reading import current_release, open_mart

Kind = Literal["keyword", "table", "column", "indicator", "region"]
KEYWORDS: Final = (
    "select", "from", "where", "group by", "order by", "having", "limit", "join", "left join",
    "using", "and", "or", "not", "in", "is null", "is not null", "like", "between", "case", "when",
    "then", "else", "end", "as", "distinct", "with", "union all", "desc", "asc", "count", "sum",
    "min", "max", "avg", "describe", "summarize",
)  # fmt: skip
_BEFORE: Final = re.compile(r"""[^\s,()=<>'";+*/|]*$""")
_PLAIN: Final = re.compile(r"[^\W\d]\w*")
MOST: Final = 60
"""So many proposals at once; whoever wants others types on."""


@dataclass(frozen=True)
class Word:
    """Something that may stand in a question.

    Attributes:
        text: What is written.
        title: What it is, in both languages.
        kind: What sort of name it is.
        names: What it is found by, in lower case: by the beginning of the first, or by a part of
            any other.
        table: Of a column, the table or view it belongs to.
    """

    text: str
    title: str
    kind: Kind
    names: tuple[str, ...]
    table: str = ""


@dataclass(frozen=True)
class Proposal:
    """A word for the place of the cursor: what replaces so many characters before it."""

    text: str
    replaces: int
    title: str
    kind: Kind


class Vocabulary:
    """All words of one release."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = tuple(words)
        self._tables = {word.text for word in words if word.kind == "table"}
        self._schemas = {name.partition(".")[0] for name in self._tables}

    @classmethod
    def of_current(cls, releases_dir: Path) -> Vocabulary:
        """Those of the current release.

        Raises:
            ReleaseError: there is none.
        """
        con = open_mart(current_release(releases_dir))
        try:
            keywords = [Word(text, "", "keyword", (text,)) for text in KEYWORDS]
            named = [
                _word(*row)
                for text in (_TABLES, _COLUMNS, _CODES)
                for row in con.execute(text).fetchall()
            ]
        finally:
            con.close()
        return cls([*keywords, *named])

    def proposals(self, before: str, after: str = "") -> list[Proposal]:
        """What may stand at the cursor, between what is typed before and after it.

        Indicators and regions are written as codes in quotes; columns are those of the tables that
        the question names, where it names one.
        """
        found = _BEFORE.search(before)
        typed = found[0] if found else ""
        head, dot, tail = typed.rpartition(".")
        is_quoted = before[: len(before) - len(typed)].count("'") % 2 == 1
        if is_quoted:
            chosen = self._matching(typed, ("indicator", "region"))
        elif dot and head in self._schemas:
            chosen = self._matching(typed, ("table",))
        elif dot:
            chosen, typed = self._columns(tail, before + after), tail
        elif typed:
            chosen = [
                *self._columns(typed, before + after),
                *self._matching(typed, ("table", "keyword", "indicator", "region")),
            ]
        else:
            chosen = []
        told: dict[str, Proposal] = {}
        for word in chosen:
            is_code = word.kind in ("indicator", "region")
            text = f"'{word.text}'" if is_code and not is_quoted else word.text
            told.setdefault(text, Proposal(text, len(typed), word.title, word.kind))
        return list(told.values())[:MOST]

    def _columns(self, typed: str, question: str) -> list[Word]:
        """Columns of the tables that the question names; of all where it names none."""
        named = {name for name in self._tables if re.search(rf"{re.escape(name)}(?!\w)", question)}
        columns = self._matching(typed, ("column",))
        return [word for word in columns if word.table in named] if named else columns

    def _matching(self, typed: str, kinds: Sequence[Kind]) -> list[Word]:
        """Words that begin so first, then those whose title holds it."""
        wanted = typed.casefold()
        first, then = [], []
        for word in self.words:
            if word.kind not in kinds:
                continue
            if word.names[0].startswith(wanted):
                first.append(word)
            elif wanted and any(wanted in name for name in word.names):
                then.append(word)
        return first + then


def _word(kind: Kind, table: str | None, text: str, zh: str | None, en: str | None) -> Word:
    """A word as a row of the release tells it."""
    parts = text.split(".") if kind in ("table", "column") else [text]
    written = ".".join(part if _PLAIN.fullmatch(part) else quote(part) for part in parts)
    title = " ".join(filter(None, (zh, en)))
    names = tuple(dict.fromkeys(part.casefold() for part in (text, *_titles(zh, en))))
    owner = ".".join(
        part if _PLAIN.fullmatch(part) else quote(part) for part in (table or "").split(".") if part
    )
    return Word(written if kind in ("table", "column") else text, title, kind, names, owner)


def _titles(*titles: str | None) -> Iterator[str]:
    yield from (title for title in titles if title)


_TABLES: Final = """
select 'table', null, schema_name || '.' || table_name, title_zh, title_en
from meta.schema_dictionary
union all
select 'table', null, schema_name || '.' || view_name, null, null
from duckdb_views() where not internal
order by all
"""
_COLUMNS: Final = """
select 'column', d.schema_name || '.' || d.table_name, d.column_name, d.label_zh, d.label_en
from meta.column_dictionary as d
union all
select 'column', c.schema_name || '.' || c.table_name, c.column_name, null, null
from duckdb_columns() as c
inner join duckdb_views() as v
    on c.schema_name = v.schema_name and c.table_name = v.view_name
where not v.internal
order by all
"""
_CODES: Final = """
select 'indicator', null, indicator_code, name_zh, name_en from core.indicator
union all
select 'region', null, region_code, region_name_zh, region_name_en from core.region
order by all
"""
