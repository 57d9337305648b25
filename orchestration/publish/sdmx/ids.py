"""Identifiers that SDMX allows, from our codes and back.

Belongs here: the mapping itself. Does not belong here: names and what is listed where.

An SDMX code consists of ASCII letters, digits, ``_``, ``-``, ``@`` and ``$``. A code of ours that
needs no more stays as it is (``990101``, ``CN_NC52``, ``gdp``); any other character becomes
``$`` and four hexadecimal digits, or ``$$`` and six beyond the first plane of Unicode: 甲 is
``$7532``. No table is needed to go back, and an id never changes when a name does. Units have ids
of their own (``meta.unit``).
"""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_OTHER = re.compile(r"[^A-Za-z0-9_-]")
_ESCAPED = re.compile(r"\$\$([0-9A-F]{6})|\$([0-9A-F]{4})")
_EMPTY = "$"


def encode(code: str) -> str:
    """The SDMX id of a code; two codes never share one."""
    if _PLAIN.fullmatch(code):
        return code
    if not code:
        return _EMPTY
    text = _OTHER.sub(lambda found: _escape(found.group()), code)
    # A cell that begins with a sign could be taken for a formula in the CSV file.
    return _escape("-") + text[1:] if text.startswith("-") else text


def decode(identifier: str) -> str:
    """The code that has this SDMX id."""
    if identifier == _EMPTY:
        return ""
    return _ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), identifier)


def artefact(prefix: str, code: str) -> str:
    """The id of a list, structure or flow that belongs to a code, such as ``DF_INVESTMENT``."""
    return f"{prefix}_{_name(code.upper())}"


def agency_of(district_code: str) -> str:
    """The id of the district's bureau as an agency: its administrative code after ``CN_``."""
    return f"CN_{_name(district_code)}"


def _escape(character: str) -> str:
    number = ord(character)
    return f"${number:04X}" if number <= 0xFFFF else f"$${number:06X}"


def _name(text: str) -> str:
    """Names of artefacts allow no ``$``."""
    return _OTHER.sub(lambda found: f"-{ord(found.group()):X}-", text)
