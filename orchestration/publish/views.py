"""The Chinese face of a release: a view of each published table, named and headed in Chinese.

Belongs here: what the views are called and how they are made, from the catalogue alone. Does not
belong here: running that (``database``) and comparing them with their tables (``verify``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orchestration.catalog import Table, literal, quote


@dataclass(frozen=True)
class View:
    """A view of a table: the same rows, each column under its title.

    Attributes:
        table: What it shows.
        name: Its name, in the schema of the table.
        headings: The name of each column, in the order of the table's columns.
    """

    table: Table
    name: str
    headings: tuple[str, ...]

    @property
    def qualified(self) -> str:
        """``schema.name``, for people."""
        return f"{self.table.schema}.{self.name}"

    @property
    def named(self) -> str:
        """``schema.name`` as SQL has it, in whatever database is the default."""
        return f"{quote(self.table.schema)}.{quote(self.name)}"

    def sql(self) -> list[str]:
        """Statements that make the view and say in the database what it and its columns are."""
        source = f"{quote(self.table.schema)}.{quote(self.table.name)}"
        columns = ", ".join(
            f"{quote(column.name)} as {quote(heading)}"
            for column, heading in zip(self.table.columns, self.headings, strict=True)
        )
        said = (
            f"{self.table.title_zh}：{self.table.qualified} 的中文列名 | "
            f"{self.table.title_en}: {self.table.qualified} under Chinese names"
        )
        return [
            f"create view {self.named} as select {columns} from {source}",
            f"comment on view {self.named} is {literal(said)}",
            *(
                f"comment on column {self.named}.{quote(heading)} is "
                f"{literal(f'{column.name}: {column.description_zh} | {column.description_en}')}"
                for column, heading in zip(self.table.columns, self.headings, strict=True)
            ),
        ]


def views(tables: Sequence[Table]) -> tuple[View, ...]:
    """The views of tables; names that several would have are told apart by the English one."""
    taken = {(table.schema, table.name.casefold()) for table in tables}
    titles = Counter((table.schema, table.title_zh.casefold()) for table in tables)
    made = []
    for table in tables:
        key = (table.schema, table.title_zh.casefold())
        is_own = bool(table.title_zh) and titles[key] == 1 and key not in taken
        name = table.title_zh if is_own else _told_apart(table.title_zh, table.name)
        labels = [(column.label_zh, column.name) for column in table.columns]
        made.append(View(table, name, tuple(_distinct(labels))))
    return tuple(made)


def _distinct(labels: Sequence[tuple[str, str]]) -> Iterable[str]:
    """Titles of columns, up to the first comma where that is enough to tell them apart.

    DuckDB takes names that differ in case alone for one.
    """
    short = [re.split("[，；]", label, maxsplit=1)[0] for label, _ in labels]
    times = Counter(text.casefold() for text in short)
    full = Counter(label.casefold() for label, _ in labels)
    for text, (label, name) in zip(short, labels, strict=True):
        if text and times[text.casefold()] == 1:
            yield text
        else:
            yield label if label and full[label.casefold()] == 1 else _told_apart(label, name)


def _told_apart(title: str, name: str) -> str:
    return f"{title}（{name}）"
