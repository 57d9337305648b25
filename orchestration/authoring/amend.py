"""Change the text of a declaration in one place and leave the rest of it as a person wrote it.

Belongs here: finding a key in YAML text, and adding lines to it. Does not belong here: what is
added (``extend``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import PurePath
from typing import Any

import yaml

Path = tuple[str | int, ...]
"""Keys and positions from the top of the file down."""


def open_name(name: str) -> str:
    """A file name with its numbers left open."""
    path = PurePath(name)
    return re.sub(r"[0-9]+(?:[-–—年月日.]*[0-9]+)*[年月日]?", "*", path.stem) + path.suffix


def append(text: str, where: Path, items: Sequence[str]) -> str:
    """A list with more items, each of one line."""
    node = _node(text, where)
    if isinstance(node, yaml.SequenceNode) and node.flow_style:
        at = node.end_mark.index - 1
        bare = [re.sub(r"\s+# .*$", "", item) for item in items]
        joint = ", " if node.value else ""
        return text[:at].rstrip() + joint + ", ".join(bare) + text[at:]
    return append_lines(text, where, [f"- {item}" for item in items])


def append_lines(text: str, where: Path, lines: Sequence[str]) -> str:
    """A list with one more item, which is written in several lines, the dash first."""
    node = _node(text, where)
    if not isinstance(node, yaml.SequenceNode) or not node.value or node.flow_style:
        raise ValueError(f"{where} is no list that lines can be added to")
    first = node.value[0].start_mark
    dash = text.splitlines()[first.line].rfind("-", 0, first.column)
    return _insert(text, _last_line(node) + 1, [" " * dash + line for line in lines])


def add_key(text: str, where: Path, line: str) -> str:
    """A mapping with one more key; at the top of the file, where there is no such mapping."""
    node = _find(text, where)
    if node is None and len(where) == 1:
        return text.rstrip("\n") + f"\n{where[0]}:\n  {line}\n"
    if not isinstance(node, yaml.MappingNode):
        raise ValueError(f"{where} is no mapping")
    if node.flow_style:
        at = node.end_mark.index - 1
        bare = re.sub(r"\s+# .*$", "", line)
        return text[:at].rstrip() + (", " if node.value else "") + bare + text[at:]
    column = node.value[0][0].start_mark.column
    return _insert(text, _last_line(node) + 1, [" " * column + line])


def lines_of(text: str, where: Path) -> list[str]:
    """The lines of a key at the top of a file: its own, and those below it."""
    key, node = _entry(text, str(where[0]))
    return text.splitlines()[key.start_mark.line : _last_line(node) + 1]


def items_of(text: str, where: Path) -> list[list[str]]:
    """The lines of each item of a list at the top of a file, without what indents them."""
    node = _node(text, where)
    rows = text.splitlines()
    found = []
    for item in node.value:
        first = item.start_mark
        dash = rows[first.line].rfind("-", 0, first.column)
        found.append([row[dash:] for row in rows[first.line : _last_line(item) + 1]])
    return found


def with_form(text: str, layout: Sequence[str], day: date) -> str:
    """Another layout from a day on; the one that stood becomes that of the days before it."""
    key, node = _entry(text, "layout")
    rows = text.splitlines()
    first, last = key.start_mark.line, _last_line(node)
    before = rows[first : last + 1]
    form = [f"- until: {day.isoformat()}", *(f"  {row}" if row else row for row in before)]
    if _find(text, ("earlier",)) is None:
        changed = [*layout, "earlier:", *form]
        return "\n".join([*rows[:first], *changed, *rows[last + 1 :]]) + "\n"
    longer = append_lines(text, ("earlier",), form)
    key, node = _entry(longer, "layout")
    rows = longer.splitlines()
    kept = [*rows[: key.start_mark.line], *layout, *rows[_last_line(node) + 1 :]]
    return "\n".join(kept) + "\n"


def _insert(text: str, at: int, lines: Sequence[str]) -> str:
    rows = text.splitlines()
    return "\n".join([*rows[:at], *lines, *rows[at:]]) + "\n"


def _find(text: str, where: Path) -> yaml.Node | None:
    node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    for step in where:
        if isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step] if step < len(node.value) else None
        else:
            return None
    return node


def _node(text: str, where: Path) -> Any:
    node = _find(text, where)
    if node is None:
        raise ValueError(f"{where} stands nowhere")
    return node


def _entry(text: str, name: str) -> tuple[yaml.Node, yaml.Node]:
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    return next((key, value) for key, value in root.value if key.value == name)


def _last_line(node: yaml.Node) -> int:
    """The last line of a node; that of a block is where its last text ends."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1])
    end = node.end_mark
    is_block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
    return int(end.line - 1 if is_block and end.column == 0 else end.line)
