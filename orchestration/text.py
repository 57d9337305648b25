"""Texts as deliveries write them, folded for comparison, and as a terminal may see them.

Belongs here: folding of width and blanks, escaping. Does not belong here: what a text means.
Unicode's compatibility forms are not used: they would turn 5² into 52 and ① into 1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FULL_WIDTH = [chr(code) for code in range(0xFF01, 0xFF5F)]
"""Full-width forms of the printable ASCII characters."""

HALF_WIDTH = [chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)]

BLANKS = ["\u3000", "\u00a0", "\u2007", "\u202f", "\u2002", "\u2003", "\u2009"]
"""The blanks that are not ASCII: full-width, non-breaking, figure, narrow, en, em, thin."""

UNSEEN = ["\u200b", "\u2060", "\ufeff"]
"""Characters without width that pages and workbooks leave in a text."""

_FOLD = str.maketrans(
    dict(zip(FULL_WIDTH, HALF_WIDTH, strict=True))
    | dict.fromkeys(BLANKS, " ")
    | dict.fromkeys(UNSEEN, "")
)


def fold(text: str) -> str:
    """Full-width forms and blanks as their ASCII ones."""
    return text.translate(_FOLD)


def same(text: str | None) -> str:
    """A text for comparison: folded, without any blanks."""
    return re.sub(r"\s+", "", fold(text or ""))


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun, as ``judge.counted`` says it in SQL: 1 figure, 2 figures."""
    return f"{number} {one if number == 1 else many or one + 's'}"


LETTERS = {"observation": "o", "finding": "v", "quarantine": "q"}
"""What the ids begin with that are made of the digits of a hash: a spreadsheet takes digits alone,
or with an e among them, for a number. dbt's macro ``observation_letter`` says the first."""


def lettered(kind: str, digest: str) -> str:
    """SQL of the id of an observation, finding or quarantined cell, out of SQL of its hash."""
    return f"'{LETTERS[kind]}' || left({digest}, 16)"


def lettered_now(column: str) -> str:
    """SQL of an observation's id as it is now, out of a release that may have it without letter."""
    letter = LETTERS["observation"]
    return f"if(starts_with({column}, '{letter}'), '', '{letter}') || {column}"


def beginnings(kind: str, name: str) -> tuple[str, str]:
    """How an id may begin that a person gives: releases and reports of before have no letter."""
    letter = LETTERS[kind]
    other = name.removeprefix(letter) if name.startswith(letter) else letter + name
    return (name, other)


_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Controls (but line feed and tab), directions of writing, characters without width, halves."""


def shown(text: str) -> str:
    """A text as a terminal gets it: what would drive it or cannot be seen is escaped."""
    return _UNSHOWN.sub(_escaped, text)


def shown_name(name: str) -> str:
    """The same for a name or value from outside, which has one line: it cannot forge another."""
    return re.sub("[\n\t]", _escaped, shown(name))


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def shown_moment(manifest: Mapping[str, Any]) -> str:
    """When a release was made: the time where its district is, with the zone.

    Releases of a time when none was stated tell theirs in UTC.

    Raises:
        KeyError: the manifest states no time.
    """
    if manifest.get("time_zone"):
        return f"{manifest['release_time_local']} {manifest['time_zone']}".replace("T", " ", 1)
    return f"{manifest['release_time']} UTC".replace("T", " ", 1)
