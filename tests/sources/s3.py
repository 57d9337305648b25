"""The world of ``s3``: a store that speaks the protocol (moto), which looks at signatures.

What goes wrong on the way is done to its answers, before they leave.

Belongs here: starting it, laying objects there, breaking it. Does not belong here: expectations.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self
from uuid import uuid4

from tests.sources.worlds import NAME

if TYPE_CHECKING:
    from obstore.store import S3Store

ACCOUNT: Final = "123456789012"
REGION: Final = "cn-north-1"
READER: Final = {"Action": ["s3:List*", "s3:Get*", "s3:Put*", "s3:Delete*"], "Resource": "*"}

GOES_ON: Final = (
    b"<IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>"
    b"</ListBucketResult>"
)

Environ = dict[str, Any]
Start = Callable[..., Any]
Fault = Callable[[Environ, Start], Iterable[bytes] | None]


def _is_object(environ: Environ) -> bool:
    return "/" in str(environ["PATH_INFO"]).strip("/")


@dataclass
class Wire:
    """Stands before the store: counts what it gives away, and does harm to it.

    Attributes:
        faults: Each is asked in turn; the first that answers, answers.
        asked: What was asked for, with the query.
    """

    store: Callable[[Environ, Start], Iterable[bytes]]
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    moved: int = 0
    secret: str = ""

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        self.asked.append(f"{method} {path}{'?' if query else ''}{query}")
        self.headers.append({k: v for k, v in environ.items() if k.startswith("HTTP_")})
        for fault in self.faults:
            answer = fault(environ, start)
            if answer is not None:
                return answer
        return self._counted(environ, self.store(environ, start))

    def _counted(self, environ: Environ, body: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in body:
            if environ["REQUEST_METHOD"] == "GET" and _is_object(environ):
                self.moved += len(chunk)
            yield chunk

    # --- what may be done to it ----------------------------------------------------------------

    def says(
        self, status: str, code: str, *, only: Callable[[Environ], bool] | None = None
    ) -> Fault:
        """An error as stores tell them."""

        def fault(environ: Environ, start: Start) -> Iterable[bytes] | None:
            if only is not None and not only(environ):
                return None
            start(status, [("Content-Type", "application/xml")])
            said = f"no: {environ.get('HTTP_AUTHORIZATION')} {self.secret}"  # some say too much
            return [f"<Error><Code>{code}</Code><Message>{said}</Message></Error>".encode()]

        return fault

    def tears(self, after: float, times: int = 1 << 30) -> Fault:
        """The connection is gone in the middle of an object: after such a share of it."""
        left = [times]

        def fault(environ: Environ, start: Start) -> Iterable[bytes] | None:
            if environ["REQUEST_METHOD"] != "GET" or not _is_object(environ) or not left[0]:
                return None
            left[0] -= 1
            body = b"".join(self.store(environ, start))
            return self._torn(environ, body[: int(len(body) * after)])

        return fault

    def _torn(self, environ: Environ, body: bytes) -> Iterator[bytes]:
        self.moved += len(body)
        yield body
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Server:
    """The store of this process; buckets keep tests apart."""

    wire: Wire
    port: int
    key: str
    secret: str

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@functools.cache
def server() -> Server:
    """Started once; it looks at signatures and rights as AWS does."""
    from moto import settings
    from moto.iam.models import iam_backends
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    for library in ("werkzeug", "moto", "botocore", "boto3"):  # the server's own, in this process
        logging.getLogger(library).setLevel(logging.CRITICAL)
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    iam = iam_backends[ACCOUNT]["aws-cn"]
    iam.create_user("cn-north-1", "reader")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **READER}]}
    iam.put_user_policy("reader", "reads", json.dumps(policy))
    key = iam.create_access_key("reader")
    wire = Wire(DomainDispatcherApplication(create_backend_app))
    wire.secret = key.secret_access_key
    made = make_server("127.0.0.1", 0, wire, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    return Server(wire, made.port, key.access_key_id, key.secret_access_key)


class S3World:
    """A bucket on the store."""

    connector: ClassVar[str] = "s3"
    breaks: ClassVar[Mapping[str, str]] = {
        "denied": "AccessDenied",
        "slow down": "SlowDown",
        "torn": "not whole",
        "wrong key": "SignatureDoesNotMatch",
        "expired": "ExpiredToken",
        "no bucket": "NoSuchBucket",
        "wrong clock": "RequestTimeTooSkewed",
        "login page": "no store",
    }

    def __init__(self, folder: Path) -> None:
        self.server = server()
        self.bucket = f"bureau-{uuid4().hex[:12]}"
        self.secrets = {"STORE_KEY": self.server.key, "STORE_SECRET": self.server.secret}
        self._is_gone = False

    def __enter__(self) -> Self:
        from moto.s3.models import s3_backends

        s3_backends[ACCOUNT]["aws-cn"].create_bucket(self.bucket, REGION)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.mend()
        self.wire.asked.clear()
        self.wire.headers.clear()

    @property
    def wire(self) -> Wire:
        return self.server.wire

    @property
    def moved(self) -> int:
        return self.wire.moved

    def source(self) -> dict[str, Any]:
        return {
            "endpoint": self.server.address,
            "bucket": self.bucket,
            "region": REGION,
            "prefix": "统计",
            "access_key": "STORE_KEY",
            "secret_key": "STORE_SECRET",
        }

    # --- what lies there -----------------------------------------------------------------------

    def put(self, content: bytes, name: str = NAME) -> None:
        self.put_at(f"统计/{name}", content)

    def put_at(self, key: str, content: bytes) -> None:
        with self._unharmed():
            self._client.put(key, content, use_multipart=False)

    def remove(self, name: str = NAME) -> None:
        with self._unharmed():
            self._client.delete(f"统计/{name}")

    def is_kept(self, archived: bytes, content: bytes) -> bool:
        return archived == content

    @functools.cached_property
    def _client(self) -> S3Store:
        from obstore.store import S3Store

        return S3Store(
            self.bucket,
            endpoint=self.server.address,
            region=REGION,
            access_key_id=self.server.key,
            secret_access_key=self.server.secret,
            client_options={"allow_http": True},
        )

    @contextlib.contextmanager
    def _unharmed(self) -> Iterator[None]:
        faults, self.wire.faults = self.wire.faults, []
        try:
            yield
        finally:
            self.wire.faults = faults

    # --- what goes wrong -----------------------------------------------------------------------

    def break_by(self, how: str) -> None:
        wire = self.wire
        self.wire.faults.append(
            {
                "denied": wire.says("403 Forbidden", "AccessDenied"),
                "slow down": wire.says("503 Slow Down", "SlowDown"),
                "torn": wire.tears(0.5),
                "wrong key": wire.says("403 Forbidden", "SignatureDoesNotMatch"),
                "expired": wire.says("400 Bad Request", "ExpiredToken"),
                "no bucket": wire.says("404 Not Found", "NoSuchBucket"),
                "wrong clock": wire.says("403 Forbidden", "RequestTimeTooSkewed"),
                "login page": _login_page,
            }[how]
        )

    def mend(self) -> None:
        self.wire.faults.clear()

    def repeats(self) -> None:
        """The list goes on with its first page, again and again."""
        page: list[bytes] = []

        def fault(environ: Environ, start: Start) -> Iterable[bytes] | None:
            if "list-type" not in environ.get("QUERY_STRING", ""):
                return None
            if not page:
                body = b"".join(self.wire.store(environ, lambda *_: None))
                body = re.sub(b"<IsTruncated>.*</IsTruncated>", b"", body)
                page.append(body.replace(b"</ListBucketResult>", GOES_ON))
            start("200 OK", [("Content-Type", "application/xml")])
            return page

        self.wire.faults.append(fault)

    def given_away(self, start: Start, name: str = NAME) -> Iterable[bytes]:
        """The object as it is, whatever was asked of it."""
        with self._unharmed():
            answer = self._client.get(f"统计/{name}")
            body, told = bytes(answer.bytes()), answer.meta
        moment = format_datetime(told["last_modified"], usegmt=True)
        size = ("Content-Length", str(len(body)))
        start("200 OK", [("ETag", told["e_tag"] or ""), ("Last-Modified", moment), size])
        return [body]


def _login_page(environ: Environ, start: Start) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/html")])
    return [b"<html><head><title>Login</title></head><body><p>Who are you?</p></body></html>"]
