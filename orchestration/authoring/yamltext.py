"""Texts of a declaration that is drafted: YAML in one line, and names that become codes.

Belongs here: how a value is written. Does not belong here: what is written of a file.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from orchestration.spec import PERIOD_WRITTEN
from orchestration.text import fold

UNSURE = "# ?"
"""Before whatever a person has to decide."""


def flow(value: Any) -> str:
    """A value in one line."""
    text = yaml.safe_dump(
        value, allow_unicode=True, default_flow_style=True, sort_keys=False, width=1_000_000
    )
    return str(text).strip()


def scalar(text: str) -> str:
    """A text in one line, quoted where it has to be."""
    return flow([text])[1:-1]


def quoted(text: str) -> str:
    """A text in single quotes; in double ones where it has signs that nobody sees."""
    if not text.isprintable():
        return str(yaml.safe_dump(text, default_style='"', width=1_000_000)).strip()
    return "'" + text.replace("'", "''") + "'"


def indented(lines: list[str], by: int) -> list[str]:
    """The lines, further to the right."""
    return [" " * by + line for line in lines]


def asked(line: str, doubt: str) -> str:
    """A line with what a person has to decide about it behind it; as it is where nothing is."""
    return f"{line}  {UNSURE} {one_line(doubt)}" if doubt else line


def one_line(text: str) -> str:
    """A text that a comment can hold, whatever a cell had in it."""
    return "".join(c if c.isprintable() else " " for c in text)


def without_period(text: str) -> str:
    """A title or a file name without the period that it says."""
    bare = re.sub(PERIOD_WRITTEN, "", fold(text))
    bare = re.sub(r"[(（][\s,，、;；]+", "(", bare)
    bare = re.sub(r"[(（]\s*[)）]", "", bare)
    return re.sub(r"[0-9]{4,8}", "", bare).strip(" -_—")


def is_latin(text: str) -> bool:
    """Whether a name begins with a letter of an identifier."""
    return bool(re.match("[A-Za-z]", text))


def identifier(text: str, joint: str = "-") -> str:
    """A code from a name: pinyin of its characters, lower case."""
    from pypinyin import lazy_pinyin

    parts = lazy_pinyin(fold(text))
    plain = re.sub("[^a-z0-9]+", joint, joint.join(parts).lower()).strip(joint)
    words = plain.split(joint)
    short = joint.join(words if len(words) <= 10 else [*words[:6], *words[-3:]])
    return short if re.match("[a-z]", short) else f"t{joint}{short}".rstrip(joint)
