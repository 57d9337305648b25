"""The world of ``sftp``: an SSH server in this process, which serves a folder.

Belongs here: starting it, laying files there, breaking it. Does not belong here: expectations.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Final, Self

from paramiko import (
    ECDSAKey,
    PKey,
    ServerInterface,
    SFTPAttributes,
    SFTPHandle,
    SFTPServer,
    SFTPServerInterface,
    Transport,
)
from paramiko.common import (
    AUTH_FAILED,
    AUTH_PARTIALLY_SUCCESSFUL,
    AUTH_SUCCESSFUL,
    OPEN_SUCCEEDED,
)
from paramiko.sftp import SFTP_OP_UNSUPPORTED

from tests.sources.worlds import NAME

USER, PASSWORD = "tongji", "mima-2026-%&/云溪"
FIRST: Final = 1_767_600_000
"""When the first file was written; each later one a second later, whatever the clock says."""


class SshServer:
    """An SSH server on a folder; what it does can be changed while it runs.

    Attributes:
        logins: What was tried to log in with.
        reads: What was asked for of files: name, place and size.
        on_read: Called before a piece of a file is given away.
        on_open: Called before a file is opened.
        on_list: Called before a folder is listed.
        invented: What it lists besides and does not have.
        greets: What it says instead of being an SSH server.
    """

    def __init__(self, root: Path) -> None:
        logging.getLogger("paramiko").setLevel(logging.CRITICAL)
        self.root = root
        self.host_key: PKey = ECDSAKey.generate()
        self.other_keys: tuple[PKey, ...] = ()
        self.user_key: PKey | None = None
        self.password = PASSWORD
        self.wants_both = False
        self.logins: list[str] = []
        self.reads: list[tuple[str, int, int]] = []
        self.moved = 0
        self.on_read: Callable[[str, int], None] = lambda name, offset: None
        self.on_list: Callable[[], None] = lambda: None
        self.greets = b""
        self.invented: list[SFTPAttributes] = []
        self.on_open: Callable[[str], None] = lambda name: None
        self._lines: list[Transport] = []
        self._listener = self._listening(0)
        self.port: int = self._listener.getsockname()[1]

    # --- being there ---------------------------------------------------------------------------

    def _listening(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), backlog=20)
        threading.Thread(target=self._serve, args=(listener,), daemon=True).start()
        return listener

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            if self.greets:
                line.sendall(self.greets)
                line.close()
                continue
            transport = Transport(line)
            for key in (self.host_key, *self.other_keys):
                transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", BytesServer, Files, self)
            self._lines.append(transport)
            with contextlib.suppress(Exception):
                transport.start_server(threading.Event(), Login(self))

    def hang_up(self) -> None:
        """All connections are gone."""
        for transport in self._lines:
            transport.close()
        self._lines.clear()

    def go_away(self) -> None:
        """Nobody listens any more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()

    def come_back(self) -> None:
        """At the same port."""
        if self._listener.fileno() < 0:
            self._listener = self._listening(self.port)


class Login(ServerInterface):
    """Who may come in."""

    def __init__(self, server: SshServer) -> None:
        self.server = server
        self._has_key = False

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:
        if self.server.wants_both:
            return "password" if self._has_key else "publickey"
        return "publickey" if self.server.user_key else "password"

    def check_auth_password(self, username: str, password: str) -> int:
        self.server.logins.append("password")
        is_right = (username, password) == (USER, self.server.password)
        is_late = self.server.wants_both and not self._has_key
        return AUTH_SUCCESSFUL if is_right and not is_late else AUTH_FAILED

    def check_auth_publickey(self, username: str, key: PKey) -> int:
        self.server.logins.append("publickey")
        if username != USER or key != self.server.user_key:
            return AUTH_FAILED
        self._has_key = True
        return AUTH_PARTIALLY_SUCCESSFUL if self.server.wants_both else AUTH_SUCCESSFUL


class BytesServer(SFTPServer):
    """A server for which names are bytes, as they are for others than the library's own."""

    def _process(self, kind: int, number: int, message: Any) -> None:
        message.get_text = lambda: os.fsdecode(message.get_string())
        super()._process(kind, number, message)  # type: ignore[misc]  # the stubs do not know it


def _listed(entry: os.DirEntry[str]) -> SFTPAttributes:
    told = SFTPAttributes.from_stat(entry.stat(follow_symlinks=False))
    told.filename = os.fsencode(entry.name)  # type: ignore[assignment]  # bytes, as they are sent
    return told


class Files(SFTPServerInterface):
    """What lies in the folder; nothing can be written."""

    def __init__(self, server: ServerInterface, shown: SshServer) -> None:
        self.shown = shown

    def _at(self, path: str) -> Path:
        return self.shown.root / os.path.normpath("/" + path).lstrip("/")

    def list_folder(self, path: str) -> list[SFTPAttributes] | int:
        try:
            self.shown.on_list()
            return [_listed(entry) for entry in os.scandir(self._at(path))] + self.shown.invented
        except OSError as error:
            return SFTPServer.convert_errno(error.errno or 0)

    def stat(self, path: str) -> SFTPAttributes | int:
        return self._told(path, follow=True)

    def lstat(self, path: str) -> SFTPAttributes | int:
        return self._told(path, follow=False)

    def _told(self, path: str, *, follow: bool) -> SFTPAttributes | int:
        try:
            return SFTPAttributes.from_stat(self._at(path).stat(follow_symlinks=follow))
        except OSError as error:
            return SFTPServer.convert_errno(error.errno or 0)

    def open(self, path: str, flags: int, attr: SFTPAttributes) -> SFTPHandle | int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            return SFTP_OP_UNSUPPORTED
        place = self._at(path)
        try:
            self.shown.on_open(place.name)
            return Handle(self.shown, place)
        except OSError as error:
            return SFTPServer.convert_errno(error.errno or 0)


class Handle(SFTPHandle):
    """An open file."""

    def __init__(self, shown: SshServer, place: Path) -> None:
        super().__init__()
        self.shown, self.place = shown, place
        self._reader = place.open("rb")

    def read(self, offset: int, length: int) -> bytes | int:
        self.shown.on_read(self.place.name, offset)
        self.shown.reads.append((self.place.name, offset, length))
        self._reader.seek(offset)
        piece = self._reader.read(length)
        self.shown.moved += len(piece)
        return piece

    def stat(self) -> SFTPAttributes:
        return SFTPAttributes.from_stat(os.fstat(self._reader.fileno()))

    def close(self) -> None:
        self._reader.close()


class SftpWorld:
    """A server with a folder ``out``."""

    connector: ClassVar[str] = "sftp"
    breaks: ClassVar[Mapping[str, str]] = {
        "down": "unreachable",
        "hangs up": "dropped",
        "no SSH": "no SSH server",
        "another host": "host key changed",
        "denied": "authentication",
        "no folder": "no such folder",
        "torn": "not whole",
    }

    def __init__(self, folder: Path) -> None:
        self.root = folder / "server"
        self.folder = self.root / "out"
        self.folder.mkdir(parents=True)
        self.server = SshServer(self.root)
        self.known_hosts = folder / "known_hosts"
        self.known_hosts.write_text(self.known_line(), "utf-8")
        self.secrets = {"SFTP_PASSWORD": PASSWORD}
        self._right_key = self.server.host_key
        self._written = FIRST

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.server.go_away()

    def known_line(self, key: PKey | None = None) -> str:
        """As known_hosts has it."""
        key = key or self.server.host_key
        return f"[127.0.0.1]:{self.server.port} {key.get_name()} {key.get_base64()}\n"

    @property
    def moved(self) -> int:
        return self.server.moved

    def source(self) -> dict[str, Any]:
        return {
            "host": "127.0.0.1",
            "port": self.server.port,
            "user": USER,
            "folder": "out",
            "password": "SFTP_PASSWORD",
            "known_hosts": str(self.known_hosts),
        }

    # --- what lies there -----------------------------------------------------------------------

    def put(self, content: bytes, name: str = NAME) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self._written += 1
        os.utime(path, (self._written, self._written))

    def remove(self, name: str = NAME) -> None:
        (self.folder / name).unlink()

    def is_kept(self, archived: bytes, content: bytes) -> bool:
        return archived == content

    # --- what goes wrong -----------------------------------------------------------------------

    def break_by(self, how: str) -> None:
        server = self.server
        if how == "down":
            server.go_away()
        elif how == "another host":
            server.host_key = ECDSAKey.generate()
        elif how == "denied":
            server.password = PASSWORD[::-1]
        elif how == "no folder":
            self.folder.rename(self.root / "moved")
        elif how == "torn":
            server.on_read = lambda name, offset: server.hang_up()
        elif how == "hangs up":
            server.on_list = server.hang_up
        elif how == "no SSH":
            server.greets = f"220 FTP for {USER} {PASSWORD}\r\n".encode()

    def mend(self) -> None:
        server = self.server
        server.host_key, server.password = self._right_key, PASSWORD
        server.on_read = lambda name, offset: None
        server.on_list = lambda: None
        server.greets = b""
        if (self.root / "moved").exists():
            (self.root / "moved").rename(self.folder)
        server.come_back()


def written(key: PKey, passphrase: str | None = None) -> str:
    """A private key as text."""
    text = io.StringIO()
    key.write_private_key(text, passphrase)
    return text.getvalue()
