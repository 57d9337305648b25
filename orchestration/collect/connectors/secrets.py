"""Secrets: named in declarations, kept in the environment or in a file that only its owner reads.

Belongs here: finding them, and taking them out of every text. Does not belong here: what they are
used for.
"""

from __future__ import annotations

import base64
import contextlib
import html
import json
import logging
import os
import re
import stat
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus

from orchestration.errors import QutongError

FILE_VARIABLE: Final = "QUTONG_SECRETS_FILE"
_LINE = re.compile(r"\s*(?:#.*)?|(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>.*)")
_SHORTEST = 4
"""What is shorter stands in ordinary words too; it is no secret to speak of."""


class Secrets:
    """What secrets are by their names; those that were asked for are taken out of texts.

    Args:
        environment: Of the process.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self._used: dict[str, str] = {}

    def get(self, name: str) -> str:
        """The secret of a name.

        Raises:
            QutongError: nobody set it, or the file of secrets can be read by others.
        """
        value = self._environment.get(name) or self._kept().get(name)
        if not value:
            raise QutongError(
                f"the secret {name} is not set / 未设置密钥 {name}",
                remedy=f"set it in the environment, or in the file that {FILE_VARIABLE} names",
            )
        self._used[name] = value
        return value

    def scrub(self, text: str) -> str:
        """A text without the secrets that were asked for, however they are written in it."""
        # a copy: sources are asked side by side
        for name, value in sorted(dict(self._used).items(), key=lambda pair: -len(pair[1])):
            for written in _written(value):
                text = text.replace(written, f"‹{name}›")
            if len(value) >= _SHORTEST:
                coded = re.escape(quote(value, safe=""))
                text = re.sub(coded, f"‹{name}›", text, flags=re.IGNORECASE)
        return text

    @contextlib.contextmanager
    def out_of_logs(self) -> Iterator[None]:
        """Whatever is logged meanwhile, by whichever library, is scrubbed before anybody has it."""
        _watch()
        with _LOCK:
            _AT_WORK.append(self)
        try:
            yield
        finally:
            with _LOCK:
                _AT_WORK.remove(self)

    def _kept(self) -> dict[str, str]:
        named = self._environment.get(FILE_VARIABLE)
        if not named:
            return {}
        path = Path(named)
        try:
            if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise QutongError(
                    "the file of secrets can be read by others / 密钥文件的权限过宽",
                    file=path,
                    remedy=f"chmod 600 {path}",
                )
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise QutongError(
                f"the file of secrets cannot be read: {error} / 密钥文件无法读取",
                file=path,
                remedy=f"mend it, or the variable {FILE_VARIABLE}",
            ) from error
        return dict(
            _entry(path, number, line) for number, line in enumerate(lines, 1) if _says(line)
        )


_LOCK = threading.Lock()
_AT_WORK: list[Secrets] = []
"""Those whose sources are being asked, by any thread."""


@cache
def _watch() -> None:
    """Scrub what is logged while sources are asked; once in a process, for all threads."""
    make = logging.getLogRecordFactory()

    def scrubbed(*args: Any, **named: Any) -> logging.LogRecord:
        record = make(*args, **named)
        with _LOCK:
            at_work = list(_AT_WORK)
        if not at_work:
            return record
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            return record  # a library's own mistake, which it is told of
        error = None
        if record.exc_info:
            error = logging.Formatter().formatException(record.exc_info)
        for secrets in at_work:
            text = secrets.scrub(text)
            error = secrets.scrub(error) if error else error
        record.msg, record.args = text, None
        if error:
            record.exc_text, record.exc_info = error, None
        return record

    logging.setLogRecordFactory(scrubbed)


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _entry(path: Path, number: int, line: str) -> tuple[str, str]:
    match = _LINE.fullmatch(line)
    if match is None or match["name"] is None:
        # the line itself may be a secret
        raise QutongError(
            "is not of the form NAME=value / 格式应为 NAME=value",
            file=path,
            place=f"line {number}",
            remedy="a name has capital letters, digits and _; # begins a remark",
        )
    return match["name"], match["value"].strip()


def _written(value: str) -> list[str]:
    """All ways in which a secret may stand in an address, a header or a message."""
    if len(value) < _SHORTEST:
        return []
    plain = base64.b64encode(value.encode()).decode().rstrip("=")
    ways = {value, quote(value, safe=""), quote(value), quote_plus(value), repr(value)[1:-1], plain}
    ways |= {html.escape(value), json.dumps(value)[1:-1], repr(value.encode())[2:-1]}
    # in a pair of name and password the letters fall otherwise
    for shift in (1, 2):
        inside = base64.b64encode(b"\0" * shift + value.encode()).decode()
        ways.add(inside[4:].rstrip("=")[:-1])
    return sorted((way for way in ways if len(way) >= _SHORTEST), key=len, reverse=True)
