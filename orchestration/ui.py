"""Dagster's user interface, for the people it is meant for: behind checks of Host, Origin, method.

Belongs here: serving it, and what is refused before Dagster sees it. Does not belong here: what it
shows (``definitions``). Dagster itself answers whoever reaches it, mutations by GET included: any
page that the operator visits could start and end runs.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse

from orchestration.dagster_storage import put_aside_damaged
from orchestration.definitions import dagster_home
from orchestration.errors import DeclarationError, QutongError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from orchestration.settings import Settings

LOCAL = ("127.0.0.1", "localhost", "::1")
GRAPHQL = "/graphql"


def serve(
    settings: Settings, host: str, port: int, allowed: Sequence[str], say: Callable[[str], None]
) -> None:
    """Serve the interface and run the daemon of schedules and sensors, until somebody ends it.

    Args:
        settings: Of the project.
        host: The address to listen on.
        port: 0 for one that is free.
        allowed: Names under which browsers reach it, besides those of this machine.
        say: Told the address once connections are taken.

    Raises:
        DeclarationError: the address is open to others and nobody said under which name.
    """
    if not is_local(host) and not allowed:
        raise DeclarationError(
            f"{host} can be reached by others, and Dagster has no login: whoever reaches it starts "
            "and ends runs / 该地址可被他人访问, 而界面没有登录",
            remedy="keep 127.0.0.1 behind a proxy with a login (README, In production), or name "
            "the hosts by which it is reached: --allow-host NAME",
        )
    home = dagster_home(settings)
    for aside in put_aside_damaged(home):
        say(f"Dagster 历史已损坏, 另存并重建 / damaged history put aside, a new one begun: {aside}")
    os.environ |= {
        "QUTONG_PROJECT": str(settings.project),
        "QUTONG_HOME": str(settings.home),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
    }
    with contextlib.closing(_listening(host, port)) as listener:
        say(f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}")
        _serve_until_told(listener, [*LOCAL, *allowed])


def is_local(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise DeclarationError(
            f"cannot listen on {host}:{port}: {error}", remedy="give another --port or --host"
        ) from None


# --- what is started, and ends with it ---------------------------------------------------------

GRACE = 5.0
"""Seconds to come to an end by itself, for each of the two."""

# Each minute the daemon replaces its server of definitions, and the one before warns that nobody
# asks it any more; errors of theirs are told.
_DAEMON = ("-m", "dagster._daemon", "run", "--module-name", "orchestration.definitions")


def _serve_until_told(listener: socket.socket, hosts: Sequence[str]) -> None:
    """Run server and daemon in processes of their own, until told to end or one of them ends.

    Both load our definitions in further processes, which would wait for a sign of life long after
    the two are gone: each of the two has a group, and what is left of it goes with it. A run that
    one of them carries out is ended too; the next run puts in order what it left.
    """
    handle = listener.fileno()
    _end_when_told()
    with (
        _group(*_DAEMON, "--log-level", "warning", "--code-server-log-level", "error") as daemon,
        _group("-m", "orchestration.ui", str(handle), *hosts, keep=(handle,)) as server,
    ):
        while daemon.poll() is None and server.poll() is None:
            time.sleep(0.2)
    raise QutongError(
        f"a process of the interface ended by itself: server {server.returncode}, "
        f"daemon {daemon.returncode} / 界面的进程自行终止",
        remedy="start it again; what it said stands above",
    )


def _end_when_told() -> None:
    """Unwind at the first signal to end, and let no second one interrupt that."""
    told = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

    def end(*_: object) -> None:
        for number in told:
            signal.signal(number, signal.SIG_IGN)
        sys.exit(0)

    for number in told:
        signal.signal(number, end)


@contextlib.contextmanager
def _group(*command: str, keep: Sequence[int] = ()) -> Iterator[subprocess.Popen[bytes]]:
    """A process of this Python that leads a group of its own; none of it is left afterwards."""
    process = subprocess.Popen([sys.executable, *command], pass_fds=keep, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answer(listener: socket.socket, hosts: Sequence[str]) -> None:
    import uvicorn
    from dagster import DagsterInstance, __version__
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import ModuleTarget
    from dagster_webserver.app import create_app_from_workspace_process_context

    target = ModuleTarget(
        "orchestration.definitions", attribute=None, working_directory=None, location_name=None
    )
    with (
        DagsterInstance.get() as instance,
        WorkspaceProcessContext(instance, target, version=__version__) as context,
    ):
        app = guarded(create_app_from_workspace_process_context(context), hosts)
        # Open pages hold a connection that never ends by itself.
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listener])


# --- what is refused --------------------------------------------------------------------------


def guarded(app: ASGIApp, hosts: Sequence[str]) -> ASGIApp:
    """An application that answers under these names only, and no page of another origin."""
    return TrustedHostMiddleware(_Guard(app), allowed_hosts=hosts, www_redirect=False)


class _Guard:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return

        async def unframed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Frame-Options"] = "SAMEORIGIN"
            await send(message)

        refusal = _refusal(scope)
        await (refusal or self.app)(scope, receive, unframed)


def _refusal(scope: Scope) -> PlainTextResponse | None:
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        return PlainTextResponse("a page of another origin may not ask here\n", 403)
    if scope["type"] == "websocket" or scope["path"].rstrip("/") != GRAPHQL:
        return None
    if scope["method"] != "POST":
        return PlainTextResponse("queries are posted\n", 405, headers={"Allow": "POST"})
    # What a form of another page can send is never JSON, so a browser has to ask first.
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return PlainTextResponse("queries are posted as application/json\n", 415)
    return None


if __name__ == "__main__":
    _answer(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
