"""What pulling costs: printed, never asserted.

pytest -m benchmark -s tests/benchmarks/test_sources.py
QUTONG_BENCHMARK_MEGABYTES=1000 moves so much over HTTP, QUTONG_BENCHMARK_FILES=10000 lie in a
folder.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from orchestration.settings import CODE_ROOT, Settings
from orchestration.steps.collect import collect_one, has_news
from orchestration.steps.workplace import Workplace
from tests.sources import DATA_SET, declare, pull, sourced
from tests.sources.http import Handler, serving
from tests.support import GOOD_ROW, deliver, make_project, profile

pytestmark = pytest.mark.benchmark

PULLED = """
import resource, sys, time
from datetime import UTC, datetime
from orchestration.authoring.sources import source_of
from orchestration.declarations import load_declarations
from orchestration.settings import load_settings
from pathlib import Path
settings = load_settings(Path(sys.argv[1]))
declarations = load_declarations(settings)
connector = source_of(declarations.get("yunxi-profile"), declarations, datetime.now(UTC))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begin = time.perf_counter()
found = connector.ask()
seconds = time.perf_counter() - begin
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(f"{seconds:.2f} {(after - before) / 1024:.0f} {found.error}")
"""


@contextmanager
def giving(path: Path) -> Iterator[str]:
    """A server that gives one file as fast as the machine can."""

    class Giver(Handler):
        def answer(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(path.stat().st_size))
            self.end_headers()
            with path.open("rb") as reader:
                self.connection.sendfile(reader)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Giver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/big.csv"
    server.shutdown()


def test_a_large_file_over_http(tmp_path: Path) -> None:
    """Against curl, which is the yardstick."""
    megabytes = int(os.environ.get("QUTONG_BENCHMARK_MEGABYTES", "100"))
    big = tmp_path / "big.csv"
    with big.open("wb") as writer:
        for _ in range(megabytes):
            writer.write(os.urandom(1_000_000))
    with giving(big) as address:
        begin = time.perf_counter()
        if shutil.which("curl"):
            subprocess.run(["curl", "-s", "-o", str(tmp_path / "curled"), address], check=True)
        curl = time.perf_counter() - begin
        settings = sourced(
            tmp_path / "district", "http", {"address": address, "megabytes": megabytes + 1}
        )
        command = [sys.executable, "-c", PULLED, str(settings.project)]
        done = subprocess.run(command, cwd=CODE_ROOT, capture_output=True, check=True, text=True)
    seconds, memory, error = done.stdout.split(maxsplit=2)
    print(f"\n{megabytes} MB over HTTP: {seconds} s, {memory} MB of memory more, {error.strip()}")
    print(f"  curl {curl:.2f} s")


def test_an_unchanged_pull(tmp_path: Path) -> None:
    with serving() as world:
        world.file("/gdp.csv", profile(GOOD_ROW), '"1"')
        settings = sourced(tmp_path / "district", "http", {"address": world.address + "/gdp.csv"})
        pull(settings)
        begin = time.perf_counter()
        pull(settings)
        print(
            f"\nunchanged over HTTP: {1000 * (time.perf_counter() - begin):.0f} ms, 0 bytes of it"
        )


def many_files(settings: Settings, many: int) -> None:
    for number in range(many):
        row = f"学校数,云溪区,2024年,年度,{40 + number % 9},,所,个数,表{number},yunxi-press,,,是"
        deliver(settings, DATA_SET, "2025-03-05", f"公报{number}.csv", profile(row))


def test_many_files_in_a_folder(tmp_path: Path) -> None:
    """Received, looked at again, and with one new among them."""
    many = int(os.environ.get("QUTONG_BENCHMARK_FILES", "500"))
    settings = make_project(tmp_path / "district", with_deliveries=False)
    many_files(settings, many)
    work = Workplace(settings, pause=lambda seconds: None)
    declared = work.declarations.get(DATA_SET)
    begin = time.perf_counter()
    collect_one(work, declared)
    print(f"\n{many} files received and read: {time.perf_counter() - begin:.1f} s")
    again = Workplace(settings, pause=lambda seconds: None)
    begin = time.perf_counter()
    assert not has_news(again, [again.declarations.get(DATA_SET)])
    print(f"  looked at again: {time.perf_counter() - begin:.2f} s")
    deliver(settings, DATA_SET, "2025-03-05", "公报新.csv", profile(GOOD_ROW))
    one_more = Workplace(settings, pause=lambda seconds: None)
    begin = time.perf_counter()
    assert collect_one(one_more, one_more.declarations.get(DATA_SET)).received_new == 1
    print(f"  one new among them: {time.perf_counter() - begin:.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  memory at most {peak:.0f} MB")


def test_declare_is_cheap(tmp_path: Path) -> None:
    """What loading a declaration with a source costs beside one without."""
    settings = make_project(tmp_path / "district")
    seconds = []
    for is_pulled in (False, True):
        if is_pulled:
            declare(settings, "http", {"address": "https://stats.example/x.csv"})
        begin = time.perf_counter()
        _ = Workplace(settings).declarations
        seconds.append(time.perf_counter() - begin)
    print(f"\ndeclarations: {seconds[0]:.3f} s, with a source {seconds[1]:.3f} s")
