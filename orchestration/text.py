"""Texts as deliveries write them, folded for comparison.

Belongs here: folding of width and blanks. Does not belong here: what a text means. Unicode's
compatibility forms are not used: they would turn 5² into 52 and ① into 1.
"""

from __future__ import annotations

import re

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
