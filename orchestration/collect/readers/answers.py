"""What services answer: JSON with every digit, and errors that come in place of data.

Belongs here: parsing an answer, and telling an error from data. Does not belong here: fetching it
(``connectors``) and what the data of any one service look like (``cube``, ``bureau``).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import Any

from orchestration.collect.grid import RefusedError
from orchestration.collect.readers.containers import unsafe

MOST_SAID = 120
"""Characters of an error that are repeated."""

MOST_PLACES = 40


def parsed(text: bytes) -> Any:
    """The JSON of a file; numbers are texts with the digits of the file.

    Raises:
        RefusedError: no valid JSON, or a key twice in an object.
    """
    try:
        return json.loads(
            text,
            parse_float=str,
            parse_int=str,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise RefusedError(
            "delivery.unreadable-file",
            f"line {error.lineno}",
            f"不是有效的 JSON (第 {error.lineno} 行第 {error.colno} 列)",
            f"not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})",
        ) from None
    except RecursionError:
        raise unsafe("JSON 嵌套过深", "the JSON is nested too deeply") from None


def _constant(name: str) -> Any:
    raise RefusedError(
        "delivery.unreadable-file",
        "file",
        f"含有 {name}, 不是有效的 JSON",
        f"it holds {name}, which JSON does not have",
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(key for key, _ in pairs)
        twice = next(key for key, count in times.items() if count > 1)[:MOST_SAID]
        raise RefusedError(
            "delivery.unreadable-file",
            f"key {twice}",
            f"同一对象中键 {twice} 出现两次",
            f"the key {twice} stands twice in one object",
        )
    return found


def scalar(value: Any) -> str | None:
    """A leaf as a text; null, objects and arrays are none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None


def plain_number(text: str | None) -> str | None:
    """A number with its power of ten written out: 2.4E3 is 2400, exactly; any other text stays."""
    if text is None or ("e" not in text and "E" not in text):
        return text
    if re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+", text) is None:
        return text
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return format(number, "f") if abs(number.adjusted()) <= MOST_PLACES else text


_STATUS_OK = ("", "0", "200", "20000", "ok", "success")


def refuse_error(data: Any) -> None:
    """Refuse an answer that says that something went wrong.

    Known are the bureau's (``returncode`` and, in its new service, ``success`` and ``state``),
    JSON-stat's class ``error``, and what most services share: ``error``, ``errors``, a ``status``
    or ``statusCode`` from 400 on.

    Raises:
        RefusedError: it is an error.
    """
    if not isinstance(data, dict):
        return
    code = _code_of_error(data)
    if code is None:
        return
    zh, en = (f" {code}", f" {code}") if code else ("", "")
    said = _said(data)
    told = f": {said}" if said else ""
    raise RefusedError(
        "delivery.error-answer",
        "file",
        f"接口返回错误{zh}{told}",
        f"the service answered with the error{en}{told}",
    )


def _code_of_error(data: dict[str, Any]) -> str | None:
    """The code of the error, empty where it has none; None where it is no error."""
    code = scalar(data.get("returncode"))
    if code is not None:
        return None if code in _STATUS_OK else code
    state = scalar(data.get("state", data.get("code"))) or ""
    if scalar(data.get("success")) == "false":
        return state
    status = scalar(data.get("statusCode", data.get("status"))) or ""
    if data.get("class") == "error" or re.fullmatch("[45][0-9]{2}", status):
        return status
    has_error = bool(data.get("error") or data.get("errors"))
    return "" if has_error and not {"data", "value", "values"} & data.keys() else None


def _said(data: dict[str, Any]) -> str:
    for key in ("returndata", "message", "msg", "label", "title", "detail", "error", "errors"):
        text = data.get(key)
        if isinstance(text, list) and text:
            text = text[0]
        if isinstance(text, dict):
            text = text.get("message")
        if isinstance(text, str) and text.strip():
            return " ".join(text.split())[:MOST_SAID]
    return ""
