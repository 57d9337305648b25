"""The world of ``http``: a file at an address, which asks for a token.

Belongs here: laying it there, breaking it. Does not belong here: the server (``http``), and
expectations.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import quote

from tests.sources.http import Handler, serving
from tests.sources.worlds import NAME

TOKEN = "token-2026/%&+云溪"  # noqa: S105 - invented
PAGE = b"<!DOCTYPE html><html><head><title>Login</title></head><body>Who are you?</body></html>"


class HttpWorld:
    """A server with one file at a time."""

    connector: ClassVar[str] = "http"
    breaks: ClassVar[Mapping[str, str]] = {
        "denied": "401",
        "out of service": "503",
        "gone": "404",
        "login page": "page instead of file",
        "leads in a circle": "redirect loop",
        "torn": "not whole",
    }

    def __init__(self, folder: Path) -> None:
        self.secrets = {"HTTP_TOKEN": TOKEN}
        self.moved = 0
        self._laid: dict[str, bytes] = {}
        self._how = ""
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self.server = self._stack.enter_context(serving())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def source(self) -> dict[str, Any]:
        return {
            "address": f"{self.server.address}/{quote(NAME)}",
            "parameters": {"token": "{HTTP_TOKEN}"},
        }

    # --- what lies there -----------------------------------------------------------------------

    def put(self, content: bytes, name: str = NAME) -> None:
        self._laid[name] = content
        self.server.answers[f"/{quote(name)}"] = lambda handler: self._answer(handler, name)

    def remove(self, name: str = NAME) -> None:
        del self.server.answers[f"/{quote(name)}"]

    def is_kept(self, archived: bytes, content: bytes) -> bool:
        return archived == content

    def _answer(self, handler: Handler, name: str) -> None:
        content = self._laid[name]
        tag = f'"{hashlib.sha256(content).hexdigest()}"'
        says: dict[str, Callable[[], None]] = {
            "denied": lambda: handler.say(401, handler.path.encode()),
            "out of service": lambda: handler.say(503, handler.path.encode()),
            "gone": lambda: handler.say(404),
            "login page": lambda: handler.say(200, PAGE),
            "leads in a circle": lambda: handler.say(302, Location=handler.path),
            "torn": lambda: self._torn(handler, content),
        }
        if self._how:
            says[self._how]()
        elif handler.headers.get("If-None-Match") == tag:
            handler.say(304, ETag=tag)
        else:
            self.moved += len(content)
            handler.say(200, content, ETag=tag)

    def _torn(self, handler: Handler, content: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[: len(content) // 2])
        handler.close_connection = True

    # --- what goes wrong -----------------------------------------------------------------------

    def break_by(self, how: str) -> None:
        self._how = how

    def mend(self) -> None:
        self._how = ""
