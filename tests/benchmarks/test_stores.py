"""What a pull costs from a bucket or a folder with many things in it; printed, never asserted.

pytest -m benchmark -s tests/benchmarks/test_stores.py
QUTONG_BENCHMARK_OBJECTS=10000 lie there. The server is a process of its own, and the slower half:
what it takes by itself is printed beside.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestration.settings import CODE_ROOT
from tests.sources import sourced

pytestmark = pytest.mark.benchmark

SERVE = """
import json, sys
from pathlib import Path
from tests.sources.worlds import world_named
with world_named(sys.argv[1])(Path(sys.argv[2])) as world:
    for number in range(int(sys.argv[3])):
        world.put(b"x" * 1000, f"公报{number}.csv")
    print(json.dumps({"source": world.source(), "secrets": world.secrets}, default=str), flush=True)
    for line in sys.stdin:
        if line.startswith("big"):
            world.put(bytes(int(line.split()[1])), "公报big.csv")
        print(world.moved, flush=True)
"""
"""Answers every line with how many bytes it gave away; `big N` lays a file of N bytes there."""

PULL = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from orchestration.authoring.sources import source_of
from orchestration.declarations import load_declarations
from orchestration.settings import load_settings
settings = load_settings(Path(sys.argv[1]))
declarations = load_declarations(settings)
declared = declarations.get("yunxi-profile")
source_of(declared, declarations, datetime.now(UTC)).source
def memory(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(name)))
Path("/proc/self/clear_refs").write_text("5")  # the most so far is what there is now
before = memory("VmRSS")
begin, used = time.perf_counter(), time.process_time()
connector = source_of(declared, declarations, datetime.now(UTC))
new = 0
for offer in connector.offers(declared.data_set):
    new += 1
    connector.taken(offer)
connector.finished()
seconds, used = time.perf_counter() - begin, time.process_time() - used
more = (memory("VmHWM") - before) / 1024
cost = f"{seconds:6.2f} s ({used:.2f} s of work here), {more:4.0f} MB more memory"
print(f"{new:6} fetched in {cost}")
"""
"""A pull as a run does it, without the archive."""

LIST = """
import json, sys, time
from pathlib import Path
said = json.loads(sys.argv[1])
begin = time.perf_counter()
if "bucket" in said["source"]:
    from obstore.store import S3Store
    source, secrets = said["source"], said["secrets"]
    store = S3Store(source["bucket"], endpoint=source["endpoint"], region=source["region"],
                    access_key_id=secrets["STORE_KEY"], secret_access_key=secrets["STORE_SECRET"],
                    client_options={"allow_http": True})
    found = sum(len(page) for page in store.list(source["prefix"]))
else:
    from paramiko import SFTPClient, Transport
    transport = Transport((said["source"]["host"], said["source"]["port"]))
    transport.connect(username=said["source"]["user"], password=said["secrets"]["SFTP_PASSWORD"])
    found = len(SFTPClient.from_transport(transport).listdir_attr("out"))
    transport.close()
print(f"{found:6} listed  in {time.perf_counter() - begin:6.2f} s by the library alone")
"""


@contextlib.contextmanager
def serving(name: str, folder: Path, many: int) -> Iterator[tuple[dict[str, Any], Any]]:
    """A world in a process of its own, and how to ask how many bytes it gave away."""
    command = [sys.executable, "-c", SERVE, name, str(folder), str(many)]
    with subprocess.Popen(
        command, cwd=CODE_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None and server.stdout is not None
        said = json.loads(server.stdout.readline())

        def ask(line: str = "") -> int:
            assert server.stdin is not None and server.stdout is not None
            server.stdin.write(f"{line}\n")
            server.stdin.flush()
            return int(server.stdout.readline())

        try:
            yield said, ask
        finally:
            server.stdin.close()
            server.terminate()


def told(code: str, argument: str, secrets: Mapping[str, str]) -> str:
    """What a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, argument],
        cwd=CODE_ROOT, env=os.environ | dict(secrets), capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["s3", "sftp"])
def test_many_things_and_a_large_one(tmp_path: Path, name: str) -> None:
    many = int(os.environ.get("QUTONG_BENCHMARK_OBJECTS", "1000"))
    megabytes = int(os.environ.get("QUTONG_BENCHMARK_MEGABYTES", "100"))
    with serving(name, tmp_path / "world", many) as (said, ask):
        source = said["source"] | {"megabytes": 10_000}
        settings = sourced(tmp_path / "district", name, source, "公报*.csv")
        print(f"\n{name}: {many} things of 1 kB")
        print(f"  {told(LIST, json.dumps(said), {})}")
        for what in ("first pull", "unchanged"):
            before = ask()
            line = told(PULL, str(settings.project), said["secrets"])
            print(f"  {line}, {ask() - before} bytes moved: {what}")
        ask(f"big {megabytes * 1_000_000}")
        line = told(PULL, str(settings.project), said["secrets"])
        print(f"  {line}: {megabytes} MB more")
