"""Object stores that speak the S3 protocol: the objects below a prefix whose names are as declared.

An object whose ETag, size and time are those that are known is not fetched. One that is replaced
while it is read is noticed: it is asked for by its ETag, and looked at again when it is here. A
transfer that breaks off goes on where it stopped. What the environment says of AWS (keys, tokens,
endpoints) decides nothing: the declaration does.

Belongs here: asking an object store. Does not belong here: what an object says (readers).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from orchestration.collect.archive import natural
from orchestration.collect.connectors import stated_day
from orchestration.collect.connectors.attempts import Known
from orchestration.collect.connectors.source import (
    Asked,
    FileNames,
    Proxy,
    Pulled,
    SourceError,
    by_period,
    each,
    is_meant,
    proxy_of,
    safe_name,
    say_none_is_meant,
    tried,
)
from orchestration.spec import SecretName, SourceSection

if TYPE_CHECKING:
    from obstore import GetOptions, GetResult, ObjectMeta
    from obstore.store import ClientConfig, S3Store

T = TypeVar("T")

_CHUNK: Final = 256 * 1024
_PAGE: Final = 500
_CONNECT_SECONDS, _READ_SECONDS = 15, 60
_EVERY_HOST: Final = "*,0.0.0.0/0,::/0"


def _endpoint(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{value!r} is no address of the form https://host")
    if parts.username or parts.password:
        raise ValueError("keys do not stand in an address: declare `access_key` and `secret_key`")
    if parts.path.strip("/") or parts.query:
        raise ValueError("has a path: declare `bucket` and `prefix`")
    return value.rstrip("/")


class Section(SourceSection):
    """What ``delivery.source`` says of a bucket."""

    endpoint: Annotated[str, AfterValidator(_endpoint)] | None = Field(
        default=None, description="Where the store is asked; without it AWS itself, by region."
    )
    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$")
    region: str = "us-east-1"
    prefix: str = Field(
        default="",
        description="A folder in the bucket; what lies below is meant. {yyyy}, {mm}, {m} and {q} "
        "stand for the period that is awaited.",
    )
    names: FileNames | None = None
    style: Literal["path", "virtual"] = Field(
        default="path", description="https://host/bucket/… or https://bucket.host/…"
    )
    access_key: SecretName | None = Field(default=None, description="With secret_key.")
    secret_key: SecretName | None = Field(
        default=None, description="Without keys the store is asked as anybody may."
    )
    session_token: SecretName | None = Field(default=None, description="Of keys for a time.")
    most: int = Field(default=100_000, ge=1, description="More objects than that are an error.")
    user_agent: str = "qutong"
    proxy: Proxy | None = None
    authority: Path | None = Field(
        default=None, description="File with the certificate of the authority of the store."
    )

    @model_validator(mode="after")
    def _keys_go_together(self) -> Section:
        if (self.access_key is None) != (self.secret_key is None):
            raise ValueError("access_key and secret_key go together")
        if self.session_token is not None and self.access_key is None:
            raise ValueError("session_token needs access_key and secret_key")
        return self

    @property
    def host(self) -> str:
        """Where the bucket is asked for."""
        endpoint = self.endpoint or f"https://s3.{self.region}.amazonaws.com"
        if self.style == "path":
            return endpoint
        scheme, _, host = endpoint.partition("://")
        return f"{scheme}://{self.bucket}.{host}"


def origin(section: SourceSection) -> str:
    """Bucket and prefix, with the store's address where it is not AWS."""
    assert isinstance(section, Section)
    place = "/".join(part for part in (section.bucket, section.prefix.strip("/")) if part)
    return f"{section.endpoint}/{place}" if section.endpoint else f"s3://{place}"


def pull(asked: Asked) -> Iterator[Pulled]:
    """The objects that are meant, in the order in which they were laid there.

    Raises:
        SourceError: see ``Source``.
    """
    section = asked.section
    assert isinstance(section, Section)
    with _loop() as loop:
        store = _store(section, asked)
        for one in by_period(asked, "prefix", "names"):
            assert isinstance(one.section, Section)
            yield from _in_bucket(_Bucket(store, one.section, one, loop))


def _in_bucket(bucket: _Bucket) -> Iterator[Pulled]:
    things = bucket.things()
    newest = things[-1].key if things else ""
    yield from each(things, lambda thing: thing.key, lambda thing: bucket.had(thing, newest))


@contextlib.contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop in a thread of its own: whoever asks may be within another one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


# --- a bucket -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Thing:
    """An object, as the store tells of it."""

    key: str
    size: int
    tag: str
    modified: str
    version: str

    @classmethod
    def of(cls, meta: ObjectMeta) -> _Thing:
        # some stores list parts of a second, and tell none of them of an object itself
        moment: datetime = meta["last_modified"].astimezone(UTC).replace(microsecond=0)
        return cls(
            meta["path"], meta["size"], meta["e_tag"] or "", moment.isoformat(),
            meta["version"] or "",
        )  # fmt: skip

    def is_as(self, known: Known | None) -> bool:
        """Whether it is the one that was pulled; a store without ETags tells by size and time."""
        return known is not None and (known.tag, known.size, known.modified) == (
            self.tag, self.size, self.modified,
        )  # fmt: skip

    def is_same(self, other: _Thing) -> bool:
        """Whether both are the same bytes; an answer need not tell everything that a list does."""
        return self.size == other.size and (self.tag == other.tag or not other.tag)


class _Bucket:
    """The bucket that is asked in one pull."""

    def __init__(
        self, store: S3Store, section: Section, asked: Asked, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.store, self.section, self.asked = store, section, asked
        self._loop = loop

    def things(self) -> list[_Thing]:
        """The objects that are meant, in the order in which they were laid there."""
        found = tried(self.asked, self._listed)
        if not found:
            tried(self.asked, self._refuse_other)
        below = len(self.section.prefix.strip("/"))
        meant = [
            thing
            for thing in found
            if is_meant(self.asked, thing.key[below:].lstrip("/"), self.section.names)
        ]
        if not meant:
            say_none_is_meant(self.asked, [thing.key for thing in found])
        return sorted(meant, key=lambda thing: (thing.modified, natural(thing.key)))

    def had(self, thing: _Thing, newest: str) -> Pulled:
        """An object with its bytes, unless they are known; a trial has but one of them."""
        is_left = thing.is_as(self.asked.known.get(thing.key))
        if is_left or (self.asked.is_trial and thing.key != newest):
            return _pulled(thing, None)
        path = self.asked.file(safe_name(thing.key, "object"))
        return self._fetched(thing, path)

    # --- asking ------------------------------------------------------------------------------

    def _listed(self) -> list[_Thing]:
        found: dict[str, _Thing] = {}
        with _in_words(self.section):
            pages = self.store.list(self.section.prefix.strip("/") or None, chunk_size=_PAGE)
            for page in self._all(pages):
                for meta in page:
                    thing = _Thing.of(meta)
                    if thing.key in found:
                        raise _repeats(thing.key)
                    found[thing.key] = thing
                if len(found) > self.section.most:
                    raise _too_many(self.section.most)
        return list(found.values())

    def _refuse_other(self) -> None:
        """A page that says yes to everything lists nothing: it does not say no to this either."""
        try:
            self._looked_at(f"no-such-object/{uuid.uuid4().hex}")
        except SourceError as error:
            if error.status in ("NoSuchKey", "403"):
                return
            if error.may_pass:
                raise
        raise _no_store()

    def _fetched(self, thing: _Thing, path: Path) -> Pulled:
        """All bytes of one and the same object, in as many tries as that takes."""
        wanted = thing

        def fetch() -> None:
            nonlocal wanted
            self.asked.room(wanted.size)
            is_whole = self._is_read(wanted, path)
            now = self._looked_at(wanted.key)
            is_same, wanted = wanted.is_same(now), now
            if not is_whole or not is_same:
                path.unlink(missing_ok=True)
                raise SourceError(
                    "读取期间对象被替换", "was replaced while it was read",
                    remedy="it is tried again with the next run", status="not whole",
                    may_pass=True, is_alone=True,
                )  # fmt: skip

        tried(self.asked, fetch)
        return _pulled(wanted, path)

    def _is_read(self, thing: _Thing, path: Path) -> bool:
        """Fetch what is missing; False where it is not the object that it was."""
        from obstore.exceptions import BaseError, PreconditionError

        start = path.stat().st_size if path.exists() else 0
        if start < thing.size or not path.exists():
            with _in_words(self.section, is_one=True):
                try:
                    self._read(thing, path, start)
                except PreconditionError:
                    return False
                except BaseError as error:
                    if not start or not _NO_PARTS.search(str(error)):
                        raise
                    path.unlink()  # the store has no parts of objects to give: all of it again
                    raise _broken_off() from None
        return path.exists() and path.stat().st_size == thing.size

    def _read(self, thing: _Thing, path: Path, start: int) -> None:
        options: GetOptions = {"if_match": thing.tag} if thing.tag else {}
        if start:
            options["range"] = {"offset": start}
        answer = self._waited(lambda: self.store.get_async(thing.key, options=options))
        if not thing.is_same(_Thing.of(answer.meta)):
            return  # the store does not heed If-Match; that it is another object is seen next
        self.asked.write(self._chunks(answer), path, "ab")

    def _chunks(self, answer: GetResult) -> Iterator[bytes]:
        with _in_words(self.section, is_one=True):
            for chunk in self._all(answer.stream(min_chunk_size=_CHUNK)):
                yield bytes(chunk)

    def _looked_at(self, key: str) -> _Thing:
        with _in_words(self.section, is_one=True):
            return _Thing.of(self._waited(lambda: self.store.head_async(key)))

    def _all(self, stream: AsyncIterator[T]) -> Iterator[T]:
        """What comes, one after the other, as long as there is time."""
        with contextlib.suppress(StopAsyncIteration):
            while True:
                yield self._waited(stream.__anext__)

    def _waited(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What a store answers within the time that is left: it may lead on without end."""

        async def within() -> T:
            return await asyncio.wait_for(ask(), self.asked.in_time())

        try:
            return asyncio.run_coroutine_threadsafe(within(), self._loop).result()
        except TimeoutError:
            self.asked.in_time()
            raise


def _pulled(thing: _Thing, path: Path | None) -> Pulled:
    return Pulled(
        key=thing.key, name=safe_name(thing.key, "object"), path=path, tag=thing.tag,
        modified=thing.modified, delivered_on=stated_day(PurePosixPath(thing.key)),
        details={"version": thing.version} if thing.version else {},
    )  # fmt: skip


# --- the client ---------------------------------------------------------------------------------


def _store(section: Section, asked: Asked) -> S3Store:
    """The client; each key that the environment could set is set here."""
    from datetime import timedelta

    from obstore.store import S3Store

    keys = _keys(section, asked)
    with _in_words(section):
        return S3Store(
            section.bucket,
            config={
                "endpoint": section.host,
                "aws_endpoint_url_s3": section.host,
                "region": section.region,
                "virtual_hosted_style_request": section.style == "virtual",
                "skip_signature": keys is None,
                "s3_express": False,
            },
            client_options=_client(section, asked),
            # again tries tell of themselves in `tried`, within the time of the declaration
            retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=section.seconds)},
            credential_provider=None if keys is None else lambda: keys,
        )


def _keys(section: Section, asked: Asked) -> Any:
    """The credential, or None for anybody; a token of the environment is none of ours."""
    if section.access_key is None or section.secret_key is None:
        return None
    secrets = asked.secrets
    token = secrets.get(section.session_token) if section.session_token else None
    return {
        "access_key_id": secrets.get(section.access_key),
        "secret_access_key": secrets.get(section.secret_key),
        "token": token,
        "expires_at": None,
    }


def _client(section: Section, asked: Asked) -> ClientConfig:
    options: ClientConfig = {
        "allow_http": section.host.startswith("http://"),
        "allow_invalid_certificates": False,
        "connect_timeout": f"{_CONNECT_SECONDS}s",
        "read_timeout": f"{_READ_SECONDS}s",
        "timeout": f"{section.seconds}s",
        "user_agent": section.user_agent,
    }
    if (proxy := proxy_of(section.proxy, asked.secrets)) is not None:
        options["proxy_url"] = proxy
    else:
        # the library asks the environment unless it is told of a proxy: one that nothing goes by
        options["proxy_url"] = "http://localhost"
        options["proxy_excludes"] = _EVERY_HOST
    if section.authority is not None:
        options["root_certificate"] = _authority(section.authority)
    return options


def _authority(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(
            "证书机构文件无法读取", f"the file of the authority cannot be read: {error.strerror}",
            remedy="mend delivery.source.authority", status="certificate",
        ) from error  # fmt: skip


# --- words for what went wrong ------------------------------------------------------------------


def _repeats(key: str) -> SourceError:
    return SourceError(
        f"列表重复：{key} 出现两次", f"its list repeats itself: {key} comes twice",
        remedy="tell whoever runs the store: its pages do not go on", status="repeating list",
    )  # fmt: skip


def _too_many(most: int) -> SourceError:
    return SourceError(
        f"超过 {most} 个对象", f"has more than {most} objects",
        remedy="narrow delivery.source.prefix; else raise delivery.source.most",
        status="too many",
    )  # fmt: skip


_CODE = re.compile(r"<Code>\s*([A-Za-z0-9_.]+)\s*</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_NO_PARTS = re.compile("NotPartial|ContentRange|UnexpectedRange")
_KEYS = "check the secrets that delivery.source.access_key and secret_key name"
_LATER = "it is tried again with the next run"

_WORDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "NoSuchBucket": ("没有这个存储桶", "has no such bucket", "mend delivery.source.bucket"),
    "NoSuchKey": ("对象已不在", "has the object no more", _LATER),
    "NoSuchVersion": ("对象已不在", "has the object no more", _LATER),
    "AccessDenied": (
        "拒绝访问", "refuses access",
        "ask the source to let these keys list the bucket and read its objects",
    ),
    "AllAccessDisabled": ("存储桶已停用", "has shut the bucket", "ask the source"),
    "InvalidAccessKeyId": ("访问密钥不存在", "does not know the access key", _KEYS),
    "SignatureDoesNotMatch": ("密钥不正确", "finds the secret key wrong", _KEYS),
    "InvalidToken": ("临时令牌无效", "finds the token invalid", "set the session token anew"),
    "InvalidClientTokenId": ("临时令牌无效", "finds the token invalid", "set the keys anew"),
    "ExpiredToken": ("密钥已过期", "finds the keys expired", "set keys and token anew"),
    "TokenRefreshRequired": ("密钥已过期", "finds the keys expired", "set keys and token anew"),
    "RequestTimeTooSkewed": (
        "本机时钟与对方相差过大", "finds the clock of this machine wrong",
        "set the clock (NTP); it is tried again with the next run",
    ),
    "RequestExpired": (
        "本机时钟与对方相差过大", "finds the clock of this machine wrong",
        "set the clock (NTP); it is tried again with the next run",
    ),
    "AuthorizationHeaderMalformed": (
        "区域不符", "is in another region", "mend delivery.source.region",
    ),
    "PermanentRedirect": (
        "存储桶在另一区域或地址", "has the bucket in another region or at another address",
        "mend delivery.source.region or endpoint",
    ),
    "InvalidObjectState": (
        "对象已归档，需先取回", "keeps the object in cold storage", "ask the source to restore it",
    ),
    "SlowDown": ("请求过于频繁", "was asked too often", "declare every_minutes; " + _LATER),
    "ServiceUnavailable": ("暂停服务", "is out of service", _LATER),
    "InternalError": ("内部错误", "failed inside", _LATER),
    "RequestTimeout": ("没有按时答复", "did not answer in time", _LATER),
    "401": ("要求登录", "asks for keys", "declare access_key and secret_key"),
    "403": ("拒绝访问", "refuses access", "ask the source; " + _KEYS),
    "404": ("没有这个存储桶或对象", "has no such bucket or object", "mend delivery.source"),
    "429": ("请求过于频繁", "was asked too often", "declare every_minutes"),
    "501": ("不支持此请求", "does not know what it is asked", "mend delivery.source.endpoint"),
    "503": ("暂停服务", "is out of service", _LATER),
}  # fmt: skip

_PASSING: Final = (429, 500, 502, 503, 504)
_ALONE: Final = ("NoSuchKey", "404", "InvalidObjectState", "AccessDenied", "403")
"""What is said of one object; the others can be had."""


@contextlib.contextmanager
def _in_words(section: Section, *, is_one: bool = False) -> Iterator[None]:
    """What the library raises, as a person understands it; its own words may hold anything.

    Args:
        is_one: Whether one object was asked for; that the others can be listed was seen then.
    """
    from obstore.exceptions import BaseError, InvalidPathError

    try:
        yield
    except FileNotFoundError as error:
        raise _told(str(error), "NoSuchKey", is_one=is_one) from None
    except InvalidPathError as error:
        raise _unusable_name(str(error)) from None
    except TimeoutError:
        raise _told("", "RequestTimeout") from None
    except (BaseError, OSError, ValueError) as error:
        told = _transport(str(error), section) or _told(str(error), is_one=is_one)
        raise told from None


def _told(text: str, otherwise: str = "", *, is_one: bool = False) -> SourceError:
    """What a store says of itself."""
    code, status = _CODE.search(text), _STATUS.search(text)
    number = int(status[1]) if status else 0
    name = code[1] if code else otherwise or str(number or "")
    if "without LOCATION" in text:
        name = "PermanentRedirect"
    zh, en, remedy = _WORDS.get(name) or _WORDS.get(str(number)) or (
        "答复异常", "answered otherwise than a store does", "look at delivery.source.endpoint",
    )  # fmt: skip
    zh_shown, en_shown = (f"（{name}）", f" ({name})") if name else ("", "")
    return SourceError(
        f"{zh}{zh_shown}", f"{en}{en_shown}", remedy=remedy, status=name or "unknown",
        may_pass=number in _PASSING or name in ("SlowDown", "RequestTimeout", "InternalError"),
        is_alone=is_one and name in _ALONE,
    )  # fmt: skip


def _transport(text: str, section: Section) -> SourceError | None:
    """What goes wrong before a store says anything, or while it speaks."""
    if _STATUS.search(text):
        return None
    host = urlsplit(section.host).netloc
    if "certificate" in text.lower():
        return SourceError(
            "证书不可信", "its certificate is not trusted",
            remedy="ask the source; declare delivery.source.authority", status="certificate",
        )  # fmt: skip
    if "invalid list response" in text:
        return _no_store()
    if "dns error" in text or "failed to lookup" in text:
        return SourceError(
            f"找不到主机 {host}", f"there is no host {host}",
            remedy="mend delivery.source.endpoint; check the network", status="unknown host",
            may_pass=True,
        )  # fmt: skip
    if "TimedOut" in text or "kind: Timeout" in text:
        return _told("", "RequestTimeout")
    if "kind: Connect" in text:
        return SourceError(
            f"连接不上 {host}", f"{host} cannot be reached",
            remedy="check address and network; " + _LATER, status="unreachable", may_pass=True,
        )  # fmt: skip
    if "kind: Interrupted" in text or "kind: Request" in text or "kind: Body" in text:
        return _broken_off()
    return None


def _broken_off() -> SourceError:
    return SourceError(
        "传输中断", "broke off", remedy=_LATER, status="not whole", may_pass=True, is_alone=True
    )


def _no_store() -> SourceError:
    return SourceError(
        "答复不像对象存储：可能是登录页或代理", "answers as no store does: a login page, a proxy?",
        remedy="open delivery.source.endpoint in a browser, and mend it", status="no store",
    )  # fmt: skip


def _unusable_name(text: str) -> SourceError:
    named = re.search(r'Path "(.*?)"', text)
    name = named[1] if named else "?"
    return SourceError(
        f"对象名无法使用：{name}", f"has an object whose name cannot be used: {name}",
        remedy="ask the source to rename it, or narrow delivery.source.prefix",
        status="unusable name",
    )  # fmt: skip
