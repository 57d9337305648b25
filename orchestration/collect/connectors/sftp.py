"""SFTP: files of a folder on another machine, whose host key is known before anything is said.

A file whose size and time are those that are known is not fetched. One that is still being written
is left alone: what is new is looked at twice, as far apart as the district's files have to rest,
whatever the clocks of both machines say. A transfer that breaks off goes on where it stopped. Links
are not followed: what they point at was not delivered here.

Belongs here: asking a server. Does not belong here: what a file says (readers).
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import logging
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AfterValidator, Field, model_validator

from orchestration.collect.archive import natural
from orchestration.collect.connectors import is_delivery, stated_day
from orchestration.collect.connectors.attempts import Known
from orchestration.collect.connectors.source import (
    Asked,
    FileNames,
    Pulled,
    SourceError,
    by_period,
    each,
    is_meant,
    safe_name,
    say_none_is_meant,
    tried,
)
from orchestration.errors import QutongError
from orchestration.spec import SecretName, SourceSection

if TYPE_CHECKING:
    from paramiko import PKey, SFTPAttributes, SFTPClient, SFTPFile, Transport

_CONNECT_SECONDS, _READ_SECONDS = 15.0, 60.0
_WINDOW: Final = 1 << 20
"""So much is asked for at once: one way there and back for all of it."""
_LOG: Final = "qutong.sftp"
_LATER: Final = "it is tried again with the next run"


def _host(value: str) -> str:
    if not value or any(letter in value for letter in "/@ \t\n"):
        raise ValueError(f"{value!r} is no name of a host: without protocol, user and path")
    return value


def _encoding(value: str) -> str:
    try:
        return codecs.lookup(value).name
    except LookupError:
        raise ValueError(f"{value!r} is no encoding: utf-8, gb18030, big5 / 不是文字编码") from None


Encoding = Annotated[str, AfterValidator(_encoding)]


class Section(SourceSection):
    """What ``delivery.source`` says of an SFTP server."""

    host: Annotated[str, AfterValidator(_host)]
    port: int = Field(default=22, ge=1, le=65535)
    user: str = Field(min_length=1)
    folder: str = Field(
        default=".",
        min_length=1,
        description="{yyyy}, {mm}, {m} and {q} stand for the period that is awaited.",
    )
    names: FileNames | None = None
    name_encoding: Encoding | None = Field(
        default=None,
        description="How the server writes names: gb18030, say. Else UTF-8, and a name that is "
        "none is read as GBK (GB 18030).",
    )
    recursive: bool = Field(default=False, description="Folders in the folder are looked into.")
    password: SecretName | None = None
    key: SecretName | None = Field(
        default=None, description="The text of the private key; its lines may be written with \\n."
    )
    key_file: Path | None = Field(default=None, description="The private key; mode 0600.")
    passphrase: SecretName | None = Field(default=None, description="Of the private key.")
    known_hosts: Path | None = Field(default=None, description="As OpenSSH keeps them.")
    host_key: str | None = Field(
        default=None,
        pattern="^SHA256:[A-Za-z0-9+/]{43}$",
        description="Fingerprint of the one key that it must have: ssh-keygen -l prints it.",
    )
    most: int = Field(default=100_000, ge=1, description="More files than that are an error.")

    @model_validator(mode="after")
    def _is_complete(self) -> Section:
        if (self.known_hosts is None) == (self.host_key is None):
            raise ValueError("declare known_hosts or host_key: whom to believe is no default")
        if self.key is not None and self.key_file is not None:
            raise ValueError("key and key_file: only one of them")
        if self.key is None and self.key_file is None and self.password is None:
            raise ValueError("declare password, key or key_file")
        if self.passphrase is not None and self.key is None and self.key_file is None:
            raise ValueError("passphrase is that of a key: declare key or key_file")
        return self

    @property
    def known_as(self) -> str:
        """What known_hosts calls it."""
        return self.host if self.port == 22 else f"[{self.host}]:{self.port}"


def origin(section: SourceSection) -> str:
    """Its address; it has no secrets in it."""
    assert isinstance(section, Section)
    port = "" if section.port == 22 else f":{section.port}"
    return f"sftp://{section.user}@{section.host}{port}/{section.folder.strip('/')}"


def pull(asked: Asked) -> Iterator[Pulled]:
    """The files that are meant and at rest, in the order in which they were written.

    Raises:
        SourceError: see ``Source``.
    """
    section = asked.section
    assert isinstance(section, Section)
    with contextlib.ExitStack() as kept:
        for one in by_period(asked, "folder", "names"):
            assert isinstance(one.section, Section)
            server = kept.enter_context(contextlib.closing(_Server(one.section, one)))
            yield from _in_folder(server)


def _in_folder(server: _Server) -> Iterator[Pulled]:
    things = server.things()
    newest = things[-1].key if things else ""
    yield from each(things, lambda thing: thing.key, lambda thing: server.had(thing, newest))


# --- a server -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Thing:
    """A file, as the server tells of it; its time has whole seconds.

    Attributes:
        path: As the server writes it: names are bytes there.
    """

    key: str
    path: bytes
    size: int
    modified: str

    @classmethod
    def of(cls, key: str, path: bytes, told: SFTPAttributes) -> _Thing:
        if told.st_size is None or told.st_mtime is None:
            raise SourceError(
                f"服务器不说明 {key} 的大小或时间", f"does not say how large {key} is, or how old",
                remedy="ask the source to mend its SFTP server", status="no attributes",
            )  # fmt: skip
        return cls(key, path, told.st_size, datetime.fromtimestamp(told.st_mtime, UTC).isoformat())

    def is_as(self, known: Known | None) -> bool:
        return known is not None and (known.size, known.modified) == (self.size, self.modified)


class _Server:
    """The server that is asked in one pull; it is logged in to again where it hung up."""

    def __init__(self, section: Section, asked: Asked) -> None:
        self.section, self.asked = section, asked
        self._transport: Transport | None = None
        self._client: SFTPClient | None = None

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()
        self._transport = self._client = None

    def things(self) -> list[_Thing]:
        """The files that are meant and at rest, in the order in which they were written."""
        found, others = tried(self.asked, self._listed)
        if not found:
            say_none_is_meant(self.asked, others)
        known = self.asked.known
        if any(not thing.is_as(known.get(thing.key)) for thing in found.values()):
            found = self._at_rest(found)
        return sorted(found.values(), key=lambda thing: (thing.modified, natural(thing.key)))

    def had(self, thing: _Thing, newest: str) -> Pulled:
        """A file with its bytes, unless they are known; a trial has but one of them."""
        is_left = thing.is_as(self.asked.known.get(thing.key))
        if is_left or (self.asked.is_trial and thing.key != newest):
            return _pulled(thing, None)
        self.asked.room(thing.size)
        path = self.asked.file(safe_name(thing.key, "file"))
        tried(self.asked, lambda: self._fetch(thing, path))
        return _pulled(thing, path)

    # --- looking -------------------------------------------------------------------------------

    def _at_rest(self, first: dict[str, _Thing]) -> dict[str, _Thing]:
        """Those that are as they were a while ago; known ones need not be looked at again."""
        if self.asked.quiet_seconds:
            self.asked.pause(min(self.asked.quiet_seconds, self.asked.in_time()))
        again, _ = tried(self.asked, self._listed)
        return {key: thing for key, thing in first.items() if again.get(key) == thing}

    def _listed(self) -> tuple[dict[str, _Thing], list[str]]:
        """Files that are meant, and the names of others."""
        found: dict[str, _Thing] = {}
        others: list[str] = []
        with self._in_words():
            folder = self._folder()
            for below, path, told in self._files(self._sftp(), folder):
                if is_meant(self.asked, below, self.section.names):
                    key = str(PurePosixPath(self.section.folder) / below)
                    found[key] = _Thing.of(key, path, told)
                else:
                    others.append(below)
                if len(found) + len(others) > self.section.most:
                    raise _too_many(self.section.most)
        return found, others

    def _folder(self) -> bytes:
        """The declared folder, as the server writes it."""
        return self.section.folder.encode(self.section.name_encoding or "utf-8")

    def _files(
        self, sftp: SFTPClient, folder: bytes, below: str = ""
    ) -> Iterator[tuple[str, bytes, SFTPAttributes]]:
        for said, told in _entries(sftp, folder):
            self.asked.in_time()
            if b"/" in said or said in (b"", b".", b".."):
                continue  # no server that means well has such names in a folder
            path = folder + b"/" + said
            name = _name(said, self.section.name_encoding)
            mode = told.st_mode or sftp.lstat(path).st_mode or 0
            if stat.S_ISREG(mode):
                yield below + name, path, told
            elif self.section.recursive and stat.S_ISDIR(mode) and is_delivery(Path(name)):
                yield from self._files(sftp, path, f"{below}{name}/")

    # --- fetching ------------------------------------------------------------------------------

    def _fetch(self, thing: _Thing, path: Path) -> None:
        """Fetch what is missing of a file that is as it was looked at, before and after."""
        with self._in_words(is_one=True):
            sftp = self._sftp()
            self._refuse_changed(thing, sftp.lstat(thing.path))
            with sftp.open(thing.path, "rb") as reader:
                self._refuse_changed(thing, reader.stat())
                start = path.stat().st_size if path.exists() else 0
                self.asked.write(_chunks(reader, start, thing.size), path, "ab")
                self._refuse_changed(thing, reader.stat())
            self._refuse_changed(thing, sftp.lstat(thing.path))
        if path.stat().st_size != thing.size:
            path.unlink()
            raise _broken_off(is_one=True)

    def _refuse_changed(self, thing: _Thing, told: SFTPAttributes) -> None:
        is_file = told.st_mode is None or stat.S_ISREG(told.st_mode)
        if not is_file or _Thing.of(thing.key, thing.path, told) != thing:
            raise SourceError(
                "读取期间文件有变化，可能仍在写入",
                "changed while it was read: it may still be written",
                remedy="leave it there: a later run takes it when it has come to rest",
                status="not whole", is_alone=True,
            )  # fmt: skip

    # --- logging in ----------------------------------------------------------------------------

    def _sftp(self) -> SFTPClient:
        """The open session, with as much time for an answer as there is."""
        if self._client is None:
            self._client = self._opened()
        channel = self._client.get_channel()
        if channel is not None:
            channel.settimeout(min(_READ_SECONDS, self.asked.in_time()))
        return self._client

    def _opened(self) -> SFTPClient:
        """A session with the host that is known; nothing secret is said to another."""
        from paramiko import SFTPClient, Transport

        # what the library tells from its thread is told in words here
        logging.getLogger(_LOG).setLevel(logging.CRITICAL + 1)
        within = min(_CONNECT_SECONDS, self.asked.in_time())
        line = socket.create_connection((self.section.host, self.section.port), timeout=within)
        self._transport = transport = Transport(line)
        transport.set_log_channel(_LOG)
        transport.banner_timeout = transport.auth_timeout = within
        host = _Host.of(self.section)
        host.prefer(transport)
        transport.start_client(timeout=within)
        host.refuse_other(transport.get_remote_server_key(), self.section)
        _log_in(transport, self.section, self.asked)
        client = SFTPClient.from_transport(transport)
        assert client is not None
        return client

    @contextlib.contextmanager
    def _in_words(self, *, is_one: bool = False) -> Iterator[None]:
        """What the library raises, as a person understands it; its own words may hold anything.

        Args:
            is_one: Whether one file was asked for; that there is a folder was seen then.
        """
        try:
            yield
        except QutongError:
            raise
        except Exception as error:
            told = _told(error, self.section, is_one=is_one)
            if not told.is_alone or told.may_pass:
                self.close()
            raise told from None


def _entries(sftp: Any, folder: bytes) -> list[tuple[bytes, SFTPAttributes]]:
    """What lies in a folder, with names as they came: the library's own list reads UTF-8 alone."""
    from paramiko import SFTPAttributes, SFTPError
    from paramiko.sftp import CMD_CLOSE, CMD_HANDLE, CMD_NAME, CMD_OPENDIR, CMD_READDIR

    attributes: Any = SFTPAttributes
    kind, answer = sftp._request(CMD_OPENDIR, folder)
    if kind != CMD_HANDLE:
        raise SFTPError("no handle")
    handle, found = answer.get_binary(), []
    while True:
        try:
            kind, answer = sftp._request(CMD_READDIR, handle)
        except EOFError:
            break
        if kind != CMD_NAME:
            raise SFTPError("no names")
        for _ in range(answer.get_int()):
            name, _line = answer.get_binary(), answer.get_binary()
            found.append((name, attributes._from_msg(answer)))
    sftp._request(CMD_CLOSE, handle)
    return found


def _name(said: bytes, encoding: str | None) -> str:
    """A name in letters.

    Raises:
        SourceError: it is in no encoding that is declared or known.
    """
    for one in (encoding,) if encoding else ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            return said.decode(one)
    shown = said.decode(encoding or "utf-8", "backslashreplace")
    raise SourceError(
        f"文件名的编码无法识别：{shown}", f"has a name in an encoding that is not known: {shown}",
        remedy="declare delivery.source.name_encoding, or ask the source to rename it",
        status="unusable name",
    )  # fmt: skip


def _chunks(reader: SFTPFile, start: int, size: int) -> Iterator[bytes]:
    while start < size:
        for chunk in reader.readv([(start, min(_WINDOW, size - start))]):
            if not chunk:
                return
            start += len(chunk)
            yield chunk


def _pulled(thing: _Thing, path: Path | None) -> Pulled:
    return Pulled(
        key=thing.key, name=safe_name(thing.key, "file"), path=path, modified=thing.modified,
        delivered_on=stated_day(PurePosixPath(thing.key)),
    )  # fmt: skip


# --- whom to believe ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Host:
    """What is known of a host: by its file of hosts, or by the fingerprint of its one key."""

    keys: tuple[PKey, ...] = ()
    revoked: tuple[str, ...] = ()

    @classmethod
    def of(cls, section: Section) -> _Host:
        """As ``known_hosts`` has it; what cannot be read in it counts for nothing."""
        if section.known_hosts is None:
            return cls()
        try:
            lines = section.known_hosts.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(
                "known_hosts 文件无法读取", f"known_hosts cannot be read ({type(error).__name__})",
                remedy="mend delivery.source.known_hosts", status="known hosts",
            ) from None  # fmt: skip
        marked = [line.split() for line in lines if line.startswith("@revoked")]
        return cls(
            tuple(key for line in lines for key in _key_in(line.strip(), section.known_as)),
            tuple(part for parts in marked for part in parts[3:4]),
        )

    def prefer(self, transport: Transport) -> None:
        """Ask for a key of the kind that is known: a host has one of each kind."""
        known = {key.get_name() for key in self.keys}
        kinds = known | ({"rsa-sha2-512", "rsa-sha2-256"} if "ssh-rsa" in known else set())
        options = transport.get_security_options()
        options.key_types = sorted(options.key_types, key=lambda kind: kind not in kinds)

    def refuse_other(self, key: PKey, section: Section) -> None:
        """Refuse a host that has another key than is known of it."""
        shown = f"{key.get_name()} {key.fingerprint}"
        if section.known_hosts is None:
            if key.fingerprint != section.host_key:
                raise _stranger("host_key", shown)
        elif not self.keys:
            raise SourceError(
                f"known_hosts 中没有主机 {section.known_as}（出示 {shown}）",
                f"known_hosts has no host {section.known_as}; it shows {shown}",
                remedy="ask the source whether that is its key; then add it to known_hosts",
                status="host key unknown",
            )
        elif key not in self.keys or key.get_base64() in self.revoked:
            raise _stranger("known_hosts", shown)


def _key_in(line: str, host: str) -> Iterator[PKey]:
    """The key of a host, where a line of ``known_hosts`` is about it."""
    from paramiko import HostKeys
    from paramiko.hostkeys import HostKeyEntry, InvalidHostKey

    if line.startswith(("#", "@")):
        return
    try:
        entry = HostKeyEntry.from_line(line)
    except InvalidHostKey:
        return
    if entry is None or entry.key is None:
        return
    for name in entry.hostnames or ():
        if name == host or (name.startswith("|1|") and HostKeys.hash_host(host, name) == name):
            yield entry.key


def _stranger(where: str, shown: str) -> SourceError:
    return SourceError(
        f"主机密钥与申报不符（出示 {shown}）：可能已更换，也可能有人冒充",
        f"its host key is not the one that is known; it shows {shown}",
        remedy=f"ask the source; if that is right, mend delivery.source.{where}",
        status="host key changed",
    )


def _log_in(transport: Transport, section: Section, asked: Asked) -> None:
    """Key, then password, as far as both are declared and the server wants both."""
    key = _key(section, asked)
    left = ["password"]
    if key is not None:
        left = list(transport.auth_publickey(section.user, key))
    if section.password is not None and left:
        left = list(transport.auth_password(section.user, asked.secrets.get(section.password)))
    if left and not transport.is_authenticated():
        raise _refused(left)


def _key(section: Section, asked: Asked) -> PKey | None:
    """The private key, whatever its kind."""
    if section.key is None and section.key_file is None:
        return None
    from paramiko import ECDSAKey, Ed25519Key, PasswordRequiredException, RSAKey, SSHException

    if section.key is not None:
        text = asked.secrets.get(section.key).replace("\\n", "\n")
    else:
        text = _kept_key(section)
    passphrase = asked.secrets.get(section.passphrase) if section.passphrase else None
    for kind in (Ed25519Key, ECDSAKey, RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text), passphrase)
        except PasswordRequiredException:
            raise _bad_key("私钥有口令", "the private key has a passphrase") from None
        except (SSHException, ValueError, IndexError, TypeError):
            continue
    raise _bad_key("私钥无法使用，或口令不对", "the private key, or its passphrase, cannot be used")


def _kept_key(section: Section) -> str:
    assert section.key_file is not None
    try:
        if section.key_file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SourceError(
                "私钥文件的权限过宽", "the file of the private key can be read by others",
                remedy=f"chmod 600 {section.key_file}", status="private key",
            )  # fmt: skip
        return section.key_file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise _bad_key("私钥文件无法读取", "the file of the private key cannot be read") from None


# --- words for what went wrong ------------------------------------------------------------------


def _bad_key(zh: str, en: str) -> SourceError:
    return SourceError(
        zh, en, remedy="mend delivery.source.key, key_file or passphrase, or their secrets",
        status="private key",
    )  # fmt: skip


def _refused(allowed: list[str]) -> SourceError:
    kinds = ", ".join(allowed)
    return SourceError(
        f"登录未被接受（对方接受：{kinds}）" if kinds else "登录未被接受",
        f"does not accept the login (it takes: {kinds})" if kinds else "does not accept the login",
        remedy="check delivery.source.user and the secrets; ask the source whether it let you in",
        status="authentication",
    )  # fmt: skip


def _broken_off(*, is_one: bool) -> SourceError:
    return SourceError(
        "连接中断", "the connection broke off", remedy=_LATER,
        status="not whole" if is_one else "dropped", may_pass=True, is_alone=is_one,
    )  # fmt: skip


def _too_many(most: int) -> SourceError:
    return SourceError(
        f"超过 {most} 个文件", f"has more than {most} files",
        remedy="name a folder with fewer; else raise delivery.source.most", status="too many",
    )  # fmt: skip


def _told(error: Exception, section: Section, *, is_one: bool) -> SourceError:
    """What went wrong, by its kind alone."""
    from paramiko import AuthenticationException, BadAuthenticationType, SSHException
    from paramiko.ssh_exception import IncompatiblePeer

    if isinstance(error, BadAuthenticationType):
        return _refused(list(error.allowed_types))
    if isinstance(error, AuthenticationException):
        return _refused([])
    if isinstance(error, IncompatiblePeer):
        return SourceError(
            "双方没有共同的加密方式", "speaks no cipher in common with us",
            remedy="ask the source to renew its SSH server", status="incompatible",
        )  # fmt: skip
    if isinstance(error, SSHException) and "banner" in str(error):
        return SourceError(
            "答复不像 SSH 服务器", "answers as no SSH server does",
            remedy="mend delivery.source.host or port; " + _LATER, status="no SSH server",
            may_pass=True,
        )  # fmt: skip
    if isinstance(error, OSError):
        return _told_by_system(error, section, is_one=is_one)
    return _broken_off(is_one=is_one)


def _told_by_system(error: OSError, section: Section, *, is_one: bool) -> SourceError:
    where = f"{section.host}:{section.port}"
    if isinstance(error, socket.gaierror):
        return SourceError(
            f"找不到主机 {section.host}", f"there is no host {section.host}",
            remedy="mend delivery.source.host; check the network", status="unknown host",
            may_pass=True,
        )  # fmt: skip
    if isinstance(error, TimeoutError):
        return SourceError(
            "没有按时答复", "did not answer in time", remedy=_LATER, status="timeout",
            may_pass=True,
        )  # fmt: skip
    if error.errno in (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH):
        return SourceError(
            f"连接不上 {where}", f"{where} cannot be reached",
            remedy="check host, port and network; " + _LATER, status="unreachable",
            may_pass=True,
        )  # fmt: skip
    if error.errno == errno.ENOENT:
        return _gone(section, is_one=is_one)
    if error.errno in (errno.EACCES, errno.EPERM):
        return SourceError(
            "拒绝读取" if is_one else f"拒绝进入文件夹 {section.folder}",
            "may not be read" if is_one else f"lets nobody into the folder {section.folder}",
            remedy=f"ask the source to let {section.user} read it", status="denied",
            is_alone=is_one,
        )  # fmt: skip
    return _broken_off(is_one=is_one)


def _gone(section: Section, *, is_one: bool) -> SourceError:
    if is_one:
        return SourceError(
            "文件已不在", "is there no more", remedy=_LATER, status="no such file", is_alone=True
        )
    return SourceError(
        f"没有文件夹 {section.folder}", f"has no folder {section.folder}",
        remedy="mend delivery.source.folder; ask the source where it is now",
        status="no such folder",
    )  # fmt: skip
