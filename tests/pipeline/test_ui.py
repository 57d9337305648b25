"""Dagster's interface as `qutong ui` serves it: for this machine, not for pages from elsewhere.

Belongs here: real requests to a real server. Does not belong here: what the interface shows
(test_dagster).
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from orchestration.settings import CODE_ROOT, Settings
from orchestration.ui import GRACE
from tests.pipeline.released import Released, copy_of, qutong

LAUNCH = "mutation { setAutoMaterializePaused(paused: true) }"
PAUSED = "{ instance { autoMaterializePaused } }"
PATIENCE = 180.0


class Interface:
    """A server that was started, and ways to ask it."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        assert parts.hostname == "127.0.0.1"
        assert parts.port is not None
        self.host, self.port = parts.hostname, parts.port
        self.netloc = f"{self.host}:{self.port}"

    def ask(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> tuple[int, str]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")

    def post(self, query: str, **headers: str) -> tuple[int, str]:
        body = json.dumps({"query": query})
        return self.ask("POST", "/graphql", body, **{"Content_Type": "application/json", **headers})

    def is_paused(self) -> bool:
        status, text = self.post(PAUSED)
        assert status == 200, text
        return bool(json.loads(text)["data"]["instance"]["autoMaterializePaused"])


@contextlib.contextmanager
def served(settings: Settings) -> Iterator[tuple[Interface, subprocess.Popen[str]]]:
    """The command at work; told to end afterwards, if it was not before."""
    command = ["--project", str(settings.project), "ui", "--port", "0"]
    with subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", *command],
        cwd=CODE_ROOT,
        env=os.environ | {"PYTHONPATH": str(CODE_ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        yield Interface(process.stderr.readline().strip()), process
        process.send_signal(signal.SIGTERM)
        # Whatever it started writes there too: there is an end when all have ended.
        process.communicate(timeout=PATIENCE)


@pytest.fixture(scope="module")
def district(first: Released, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return copy_of(first, tmp_path_factory.mktemp("ui") / "district")


@pytest.fixture(scope="module")
def interface(district: Settings) -> Iterator[Interface]:
    with served(district) as (interface, _):
        yield interface


def test_its_own_page_and_queries_are_answered(interface: Interface) -> None:
    assert interface.ask("GET", "/")[0] == 200
    own = f"http://{interface.netloc}"
    status, text = interface.post("{ version }", Origin=own)
    assert (status, list(json.loads(text)["data"])) == (200, ["version"])
    local = f"localhost:{interface.port}"
    assert interface.post("{ version }", Host=local, Origin=f"http://{local}")[0] == 200


def test_a_mutation_from_its_own_page_works(interface: Interface) -> None:
    off = LAUNCH.replace("true", "false")
    own = f"http://{interface.netloc}"
    assert interface.post(LAUNCH, Origin=own)[0] == 200
    assert interface.is_paused()
    assert interface.post(off, Origin=own)[0] == 200
    assert not interface.is_paused()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:3000", "127.0.0.1.evil.example"])
def test_another_host_is_refused(interface: Interface, host: str) -> None:
    assert interface.ask("GET", "/", Host=host)[0] == 400
    assert interface.post(LAUNCH, Host=host, Origin=f"http://{host}")[0] == 400
    assert not interface.is_paused()


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://localhost"]
)
def test_another_origin_is_refused(interface: Interface, origin: str) -> None:
    assert interface.post(LAUNCH, Origin=origin)[0] == 403
    assert interface.ask("POST", "/report_asset_materialization/x", "{}", Origin=origin)[0] == 403
    assert not interface.is_paused()


def test_nothing_is_asked_by_get(interface: Interface) -> None:
    for path in ("/graphql", "/graphql/"):
        for method in ("GET", "HEAD", "PUT"):
            assert interface.ask(method, f"{path}?query={quote(LAUNCH)}")[0] == 405
    assert not interface.is_paused()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_nothing_is_asked_by_what_a_form_can_send(interface: Interface, kind: str) -> None:
    path = f"/graphql?query={quote(LAUNCH)}"
    assert interface.ask("POST", path, "{}", Content_Type=kind)[0] == 415
    assert interface.post(LAUNCH, Content_Type=kind)[0] == 415
    assert not interface.is_paused()


def test_a_websocket_is_for_its_own_page(interface: Interface) -> None:
    protocol = [Subprotocol("graphql-ws")]
    address = f"ws://{interface.netloc}/graphql"
    own = Origin(f"http://{interface.netloc}")
    with connect(address, origin=own, subprotocols=protocol, open_timeout=PATIENCE) as line:
        line.send('{"type": "connection_init"}')
        assert json.loads(line.recv(PATIENCE))["type"] == "connection_ack"
    for origin in ("http://evil.example", "null", f"http://localhost:{interface.port}"):
        with pytest.raises(InvalidStatus) as refused:
            connect(address, origin=Origin(origin), subprotocols=protocol)
        assert refused.value.response.status_code == 403
    with pytest.raises(InvalidStatus) as refused:
        connect(
            f"ws://evil.example:{interface.port}/graphql",
            origin=Origin(f"http://evil.example:{interface.port}"),
            subprotocols=protocol,
            sock=socket.create_connection((interface.host, interface.port)),
        )
    assert refused.value.response.status_code == 400


WIDE = ("0.0.0.0", "::", "192.0.2.7", "stat.example")  # noqa: S104 - what has to be refused


@pytest.mark.parametrize("host", WIDE)
def test_a_wide_address_needs_a_word(first: Released, tmp_path: Path, host: str) -> None:
    settings = copy_of(first, tmp_path / "district")
    told = qutong(settings, "ui", "--host", host)
    assert told.exit_code == 2
    assert told.output.startswith(f"{host} can be reached by others, and Dagster has no login")
    assert "--allow-host NAME" in told.output


def test_all_that_was_started_ends_with_it(first: Released, tmp_path: Path) -> None:
    """Also where a page is open: its connection would never end by itself."""
    with served(copy_of(first, tmp_path / "district")) as (interface, process):
        assert interface.post("{ version }")[0] == 200  # our definitions are loaded
        with connect(
            f"ws://{interface.netloc}/graphql",
            origin=Origin(f"http://{interface.netloc}"),
            subprotocols=[Subprotocol("graphql-ws")],
            open_timeout=PATIENCE,
        ):
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGTERM)
            # Code servers that outlive it hold its standard error open, as its daemon would.
            process.communicate(timeout=2 * GRACE + 2)
        assert process.returncode == 0
