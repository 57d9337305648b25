"""An HTTP server in a thread of the test, which answers as it is told, and wrongly where asked to.

Belongs here: answering. Does not belong here: what should come of an answer.
"""

from __future__ import annotations

import datetime as dt
import gzip
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers with what is laid out for a path; writes nothing to the terminal."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.answer()

    def answer(self) -> None:
        world = self.server.world
        world.asked.append((self.command, self.path, dict(self.headers)))
        path = self.path.partition("?")[0]
        laid = world.answers.get(self.path) or world.answers.get(path)
        if laid is None:
            self.say(404, b"not found")
        else:
            laid(self)

    def say(self, status: int, body: bytes = b"", **headers: str) -> None:
        """A whole answer."""
        self.send_response(status)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in ({"Content-Length": str(len(body))} | named).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    world: World

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # connections that a test breaks off


@dataclass
class World:
    """A server.

    Attributes:
        answers: What it says, by path, with its question or without.
        asked: Every request: method, path with its question, headers.
    """

    address: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def file(self, path: str, body: bytes, tag: str = "", **headers: str) -> None:
        """Lay a file out, which is not sent again to who knows it."""

        def answer(handler: Handler) -> None:
            if tag and handler.headers.get("If-None-Match") == tag:
                handler.say(304, ETag=tag)
            else:
                handler.say(200, body, **({"ETag": tag} if tag else {}), **headers)

        self.answers[path] = answer

    def says(self, path: str, status: int, body: bytes = b"", **headers: str) -> None:
        """Lay an answer out."""
        self.answers[path] = lambda handler: handler.say(status, body, **headers)

    def breaks_off(self, path: str, body: bytes, at: list[int], tag: str = '"1"') -> None:
        """Lay a file out that breaks off at a byte, once for each; ranges are answered."""
        left = list(at)

        def answer(handler: Handler) -> None:
            wanted = handler.headers.get("Range")
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
            end = left.pop(0) if left else len(body)
            handler.send_response(206 if wanted else 200)
            handler.send_header("Content-Length", str(len(body) - start))
            handler.send_header("Accept-Ranges", "bytes")
            if wanted:
                told = f"bytes {start}-{len(body) - 1}/{len(body)}"
                handler.send_header("Content-Range", told)
            handler.send_header("ETag", tag)
            handler.end_headers()
            handler.wfile.write(body[start:end])
            handler.close_connection = True

        self.answers[path] = answer

    def bomb(self, path: str, megabytes: int) -> None:
        """Lay an answer out that is small as it comes and large when it is unpacked."""
        packed = gzip.compress(b"0" * (megabytes * 1_000_000))
        self.says(path, 200, packed, Content_Encoding="gzip")


@contextmanager
def serving(certificate: tuple[Path, Path] | None = None) -> Iterator[World]:
    """A server at work; with a certificate and its key it speaks TLS."""
    server = _Server(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    world = server.world = World(f"{scheme}://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield world
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def self_signed(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that nobody vouches for, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / f"{name}.crt", folder / f"{name}.key"
    cert.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert, private
