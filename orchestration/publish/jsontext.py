"""JSON for people and programs: one entry a line, so that it can be read, searched and compared.

Belongs here: the layout of such a file. Does not belong here: what stands in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def render(content: Mapping[str, Any]) -> str:
    """An object with one line for each of its entries, and one for each item of a list in it.

    Python indents deeper JSON many times more slowly than it writes the same on one line.
    """
    lines = (f"{_text(key)}: {_value(value)}" for key, value in content.items())
    return "{\n  " + ",\n  ".join(lines) + "\n}\n"


def _value(value: Any) -> str:
    if isinstance(value, list) and value and not isinstance(value[0], str):
        return "[\n    " + ",\n    ".join(map(_text, value)) + "\n  ]"
    return _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
