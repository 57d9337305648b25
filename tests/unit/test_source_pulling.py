"""What holds for every source that is pulled, whatever its connector does.

Belongs here: receipts of attempts, secrets, hours, connectors of other packages, what a person is
told. Does not belong here: any one kind of source.
"""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from orchestration import plugins
from orchestration.cli import main
from orchestration.collect.connectors.secrets import FILE_VARIABLE, Secrets
from orchestration.collect.connectors.source import Asked, Pulled, SourceError, safe_name
from orchestration.errors import DeclarationError, QutongError
from orchestration.settings import CODE_ROOT, Settings
from orchestration.spec import SourceSection
from orchestration.steps.collect import ask_sources, asked_sources, collect_one, has_news
from orchestration.steps.workplace import Workplace
from tests.sources import DATA_SET, archived, attempts, declare, pull, sourced
from tests.sources.http import Handler, World, serving
from tests.support import GOOD_ROW, NOW, make_project, profile

FILE = profile(GOOD_ROW)


@pytest.fixture
def world() -> Iterator[World]:
    with serving() as found:
        yield found


@pytest.fixture
def settings(tmp_path: Path, world: World) -> Settings:
    world.file("/gdp.csv", FILE, '"1"')
    return sourced(tmp_path / "district", "http", {"address": world.address + "/gdp.csv"})


def qutong(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--project", str(settings.project), *arguments])


# --- the archive first -------------------------------------------------------------------------


def test_a_receipt_says_where_it_came_from(settings: Settings, world: World) -> None:
    pull(settings)
    (receipt,) = Workplace(settings).archive.receipts()
    assert (receipt.origin, receipt.connector) == (world.address + "/gdp.csv", "http")
    assert receipt.place == f"http/{world.address}/gdp.csv#1"


def test_a_run_that_is_killed_before_the_receipt_takes_nothing_twice(settings: Settings) -> None:
    """The archive has it, the attempt is not on record: the next pull comes to the same place."""
    work = Workplace(settings, now=NOW)
    *_, connector = work.connectors[DATA_SET]
    declared = work.declarations.get(DATA_SET)
    (offer,) = connector.offers(declared.data_set)
    work.archive.store(
        offer.path, DATA_SET, connector=offer.connector, delivered_on=None, place=offer.place,
        origin=offer.origin,
    )  # fmt: skip
    assert attempts(settings) == []
    collected = pull(settings, NOW + timedelta(days=1))
    assert (collected.received_new, collected.deliveries) == (0, 1)
    assert archived(settings) == [("gdp.csv", FILE)]


def test_a_look_for_news_asks_once(settings: Settings, world: World) -> None:
    """What was fetched to see whether there is news is what is taken."""
    work = Workplace(settings, now=NOW)
    declared = work.declarations.get(DATA_SET)
    assert has_news(work, [declared])
    assert attempts(settings) == []
    assert collect_one(work, declared).received_new == 1
    assert len(world.asked) == 1
    assert len(attempts(settings)) == 1
    assert not (settings.work / "spool" / DATA_SET).exists()


def test_what_came_before_a_failure_is_kept(settings: Settings, world: World) -> None:
    world.file("/api?page=1", b'{"data": [1]}')
    world.says("/api?page=2", 500)
    source = {"address": world.address + "/api", "pages": {"by": "number"}, "name": "a.csv"}
    declare(settings, "http", source | {"tries": 1})
    collected = pull(settings)
    assert (collected.received_new, len(collected.stuck)) == (1, 1)
    (told,) = attempts(settings)
    assert (told.outcome, told.status, [item.name for item in told.items]) == (
        "failed", "500", ["a-0001.csv"],
    )  # fmt: skip
    world.file("/api?page=2", b'{"data": []}')
    assert pull(settings).received_new == 0


def test_a_slow_source_keeps_no_other_waiting(tmp_path: Path, world: World) -> None:
    """The first answers only once the second was asked."""
    second_asked = threading.Event()

    def slow(handler: Handler) -> None:
        handler.say(200 if second_asked.wait(timeout=30) else 500, FILE)

    def quick(handler: Handler) -> None:
        second_asked.set()
        handler.say(404)

    world.answers |= {"/slow.csv": slow, "/quick.csv": quick}
    settings = sourced(tmp_path / "district", "http", {"address": world.address + "/slow.csv"})
    quickly = {"address": world.address + "/quick.csv"}
    declare(settings, "http", quickly, "*.xlsx", data_set="yunxi-investment")
    work = Workplace(settings, now=NOW)
    ask_sources(work, [DATA_SET, "yunxi-investment"])
    assert collect_one(work, work.declarations.get(DATA_SET)).observations == 1
    assert len(collect_one(work, work.declarations.get("yunxi-investment")).stuck) == 1


@pytest.fixture
def dripping() -> Iterator[int]:
    """The port of a server that says a letter now and then, whoever asks it whatever."""
    over = threading.Event()

    def drip(line: socket.socket) -> None:
        with line, contextlib.suppress(OSError):
            while not over.wait(0.02):
                line.sendall(b"S")

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = listener.accept()
                threading.Thread(target=drip, args=(line,)).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept)
        thread.start()
        yield listener.getsockname()[1]
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


DRIPPED: dict[str, dict[str, Any]] = {
    "http": {"address": "http://127.0.0.1:{port}/gdp.csv"},
    "s3": {"endpoint": "http://127.0.0.1:{port}", "bucket": "yuebao"},
    "sftp": {
        "host": "127.0.0.1",
        "user": "u",
        "password": "WORD",
        "host_key": f"SHA256:{'a' * 43}",
    },
    "postgresql": {"host": "127.0.0.1", "database": "d", "user": "WORD", "query": "select 1"},
    "sql": {"host": "127.0.0.1", "database": "d", "user": "WORD", "query": "select 1"},
}


@pytest.mark.parametrize("connector", list(DRIPPED))
def test_a_server_that_drips_is_given_up_in_time(
    tmp_path: Path, dripping: int, connector: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``seconds`` is said of the whole attempt, whatever a library waits for."""
    monkeypatch.setenv("WORD", "word")
    told = {
        name: value.format(port=dripping) if isinstance(value, str) else value
        for name, value in DRIPPED[connector].items()
    }
    told |= {"port": dripping} if "host" in told else {}
    settings = sourced(tmp_path / "d", connector, told | {"seconds": 1, "tries": 20})
    begun = time.monotonic()
    assert len(pull(settings).stuck) == 1
    assert time.monotonic() - begun < 4
    (attempt,) = attempts(settings)
    assert (attempt.outcome, attempt.things) == ("failed", 0)
    if connector in ("http", "s3"):
        assert (attempt.status, attempt.reason_zh) == ("timeout", "超过 1 秒仍未取完")


def test_what_takes_longer_than_others_wait_is_left_and_asked_again(
    tmp_path: Path, world: World
) -> None:
    """The run goes on without it; alone, it has the time that it declares."""
    over = threading.Event()

    def slow(handler: Handler) -> None:
        over.wait(timeout=60)
        handler.say(200, FILE)

    world.answers["/slow.csv"] = slow
    world.says("/quick.csv", 404)
    settings = sourced(
        tmp_path / "district", "http", {"address": world.address + "/slow.csv", "every_minutes": 60}
    )
    patient(settings, 1)
    quickly = {"address": world.address + "/quick.csv"}
    declare(settings, "http", quickly, "*.xlsx", data_set="yunxi-investment")
    work = Workplace(settings, now=NOW)
    with asked_sources(work, [DATA_SET, "yunxi-investment"]):
        pass
    (attempt,) = attempts(settings)
    assert (attempt.outcome, attempt.status) == ("failed", "slow")
    assert attempt.reason_zh == "1 秒内未答完，其他数据集不再等待"
    assert attempt.remedy.startswith(f"qutong run --data-set {DATA_SET}")
    over.set()
    alone = Workplace(settings, now=NOW)
    with asked_sources(alone, [DATA_SET]):
        assert collect_one(alone, alone.declarations.get(DATA_SET)).received_new == 1


def patient(settings: Settings, seconds: int) -> None:
    """Declare how long a run waits for several sources."""
    file = settings.raw / "district.yml"
    text = file.read_text("utf-8")
    file.write_text(f"{text}\nsource_wait_seconds: {seconds}\n", encoding="utf-8")


INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
from orchestration.cli import main
main()
"""


def test_a_run_that_somebody_ends_ends_while_sources_are_asked(
    settings: Settings, world: World
) -> None:
    asked, over = threading.Event(), threading.Event()

    def never(handler: Handler) -> None:
        asked.set()
        over.wait(timeout=60)

    world.answers["/gdp.csv"] = never
    command = [sys.executable, "-c", INTERRUPTIBLE, "--project", str(settings.project), "run"]
    with subprocess.Popen(
        command, cwd=CODE_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as run:
        try:
            assert asked.wait(timeout=60)
            begun = time.monotonic()
            run.send_signal(signal.SIGINT)
            assert run.wait(timeout=60) != 0
            assert time.monotonic() - begun < 5
        finally:
            over.set()
            run.kill()
    assert attempts(settings) == []
    assert not (settings.work / "spool" / DATA_SET).exists()


def test_what_a_killed_process_left_in_the_spool_is_cleared(settings: Settings) -> None:
    left = settings.work / "spool" / DATA_SET / "999999999"
    left.mkdir(parents=True)
    at_work = settings.work / "spool" / DATA_SET / "1"
    at_work.mkdir()
    pull(settings)
    assert (left.exists(), at_work.exists()) == (False, True)


# --- connectors of others ----------------------------------------------------------------------

CARRIER = """
from orchestration.collect.connectors.source import Pulled
from orchestration.spec import SourceSection


class Section(SourceSection):
    basket: str


def pull(asked):
    if asked.section.basket == "burst":
        raise RuntimeError("the basket burst")
    path = asked.file("korb.csv")
    asked.write([asked.section.basket.encode() + b"\\n"], path)
    yield Pulled(key="basket", name="korb.csv", path=path)
"""


@pytest.fixture
def carrier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package of a district, installed beside ours."""
    site = tmp_path / "site"
    told = site / "carrier-1.0.dist-info"
    told.mkdir(parents=True)
    (site / "carrier_pigeon.py").write_text(CARRIER, encoding="utf-8")
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text(f"[{plugins.CONNECTORS}]\npigeon = carrier_pigeon\n")
    monkeypatch.syspath_prepend(str(site))
    plugins.names.cache_clear()
    plugins.load.cache_clear()
    yield
    plugins.names.cache_clear()
    plugins.load.cache_clear()
    sys.modules.pop("carrier_pigeon", None)


@pytest.mark.usefixtures("carrier")
def test_a_connector_of_another_package(tmp_path: Path) -> None:
    settings = sourced(tmp_path / "district", "pigeon", {"basket": FILE.decode()})
    assert pull(settings).observations == 1
    assert archived(settings) == [("korb.csv", FILE)]
    assert "pigeon" in qutong(settings, "source", "schema").output
    schema = json.loads(qutong(settings, "source", "schema", "pigeon").output)
    assert "basket" in schema["properties"]


@pytest.mark.usefixtures("carrier")
def test_a_connector_that_fails_in_its_own_way_delays_its_own_data_set(tmp_path: Path) -> None:
    settings = sourced(tmp_path / "district", "pigeon", {"basket": "burst"})
    collected = pull(settings)
    assert len(collected.stuck) == 1
    assert "RuntimeError: the basket burst / 连接器出错而未说明原因" in collected.stuck[0]
    work = Workplace(settings, now=NOW)
    assert collect_one(work, work.declarations.get("yunxi-investment")).stuck == []


@pytest.mark.usefixtures("carrier")
@pytest.mark.parametrize(
    ("connector", "source", "place", "what", "remedy"),
    [
        ("pigeom", {}, "delivery.connector", "there is no connector 'pigeom'",
         "did you mean 'pigeon'?"),
        ("pigeon", {}, "delivery.source.basket", "the key 'basket' is missing", "add 'basket'"),
        ("pigeon", {"baskt": "x"}, "delivery.source.baskt", "unknown key 'baskt' (and 1 more)",
         "did you mean 'basket'?"),
        ("folder", {"basket": "x"}, "delivery.source",
         "the connector 'folder' has no source to declare",
         "remove the key, or name the connector that it is meant for"),
        ("http", {"address": "ftp://x/y"}, "delivery.source.address",
         "'ftp://x/y' is no address of the form https://host/path",
         "mend the key; `qutong source schema` prints what is allowed"),
        ("http", {"address": "https://me:word@x/y"}, "delivery.source.address",
         "names and passwords do not stand in an address: declare `basic`",
         "mend the key; `qutong source schema` prints what is allowed"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_when_it_is_read(
    tmp_path: Path, connector: str, source: dict[str, str], place: str, what: str, remedy: str
) -> None:
    settings = sourced(tmp_path / "district", connector, source)
    found = Workplace(settings).declarations
    (aside,) = (entry for entry in found.aside if not entry.is_consequence)
    error = aside.error
    assert isinstance(error, DeclarationError)
    assert (error.place, error.what, error.remedy) == (place, what, remedy)


# --- secrets -----------------------------------------------------------------------------------

words = st.text(min_size=4, max_size=40).filter(lambda text: text.strip() == text)


@given(words, st.text(max_size=20), st.text(max_size=20))
def test_no_secret_stays_in_a_text(secret: str, before: str, behind: str) -> None:
    from urllib.parse import quote, quote_plus

    secrets = Secrets({"TOKEN": secret})
    secrets.get("TOKEN")
    pair = base64.b64encode(f"user:{secret}".encode()).decode()
    for written in (secret, quote(secret), quote_plus(secret), quote(secret, safe="")):
        assert secrets.scrub(f"{before}{written}{behind}") != f"{before}{written}{behind}"
    assert base64.b64encode(secret.encode()).decode().rstrip("=") not in secrets.scrub(pair)


def test_secrets_from_a_file_of_its_owner(tmp_path: Path) -> None:
    kept = tmp_path / "secrets"
    kept.write_text("# of the bureau\nDB_WORD=秘密 1\n\nTOKEN = x\n", encoding="utf-8")
    kept.chmod(0o600)
    environment = {FILE_VARIABLE: str(kept), "OTHER": "word"}
    with pytest.raises(QutongError) as wrong:
        Secrets(environment).get("DB_WORD")
    assert (wrong.value.place, wrong.value.what) == (
        "line 4", "is not of the form NAME=value / 格式应为 NAME=value",
    )  # fmt: skip
    kept.write_text("# of the bureau\nDB_WORD=秘密 1\n", encoding="utf-8")
    assert Secrets(environment).get("DB_WORD") == "秘密 1"
    assert Secrets(environment).get("OTHER") == "word"
    kept.chmod(0o640)
    with pytest.raises(QutongError, match="can be read by others"):
        Secrets(environment).get("DB_WORD")


@given(st.text(max_size=60))
def test_a_name_leads_nowhere(said: str) -> None:
    name = safe_name(said, "answer")
    assert name
    assert Path(name).name == name
    assert not name.startswith(".")
    assert len(name) <= 150


# --- words for a person ------------------------------------------------------------------------


def test_a_source_is_tried_without_keeping_anything(settings: Settings, world: World) -> None:
    done = qutong(settings, "source", "test", DATA_SET)
    assert done.exit_code == 0
    first, seconds, name, counts, last = done.output.splitlines()
    assert first == f"{DATA_SET} · http · {world.address}/gdp.csv"
    assert seconds.startswith("  · 1 个文件，")
    assert name.startswith(f"  · gdp.csv  {len(FILE)} 字节 bytes")
    assert counts.strip() == (
        "读入 read 2 = 接收 accepted 1 + 隔离 quarantined 0 + 非数据 no data 1"
    )
    assert last == "✓ 可用 | a run can use it: 1 file read"
    assert archived(settings) == []
    assert attempts(settings) == []
    assert not (settings.work / "spool" / DATA_SET).exists()


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/gdp.txt", FILE, "✗ 文件名与申报不符：*.csv"),
        ("/gdp.csv", b"\xff\xfe\x00", "✗ delivery."),
        ("/gdp.csv", b"<html><title>x</title>", "得到的是网页“x”，不是所申报的 csv 文件"),
    ],
)
def test_a_source_that_no_run_could_use_is_told(
    settings: Settings, world: World, path: str, body: bytes, told: str
) -> None:
    world.file(path, body)
    declare(settings, "http", {"address": world.address + path})
    done = qutong(settings, "source", "test", DATA_SET)
    assert done.exit_code == 1
    assert told in done.output


def test_what_came_of_asking_is_listed(settings: Settings, world: World) -> None:
    assert "尚未拉取 | never asked" in qutong(settings, "source", "list").output
    pull(settings)
    world.says("/gdp.csv", 404)
    pull(settings, NOW + timedelta(days=1))
    lines = qutong(settings, "source", "log", DATA_SET).output.splitlines()
    assert "收到 received" in lines[0]
    assert "gdp.csv" in lines[0]
    assert "失败 failed" in lines[1]
    assert lines[1].endswith("地址上没有文件（404） | has nothing at this address (404)")
    assert "地址上没有文件（404）" in qutong(settings, "source", "list").output


def test_what_came_of_asking_stands_in_the_ledger(settings: Settings, world: World) -> None:
    world.says("/gdp.csv", 404)
    rule = {"cadence": "monthly", "due": {"day": 10}, "awaited_from": "2025-11"}
    declare(settings, "http", {"address": world.address + "/gdp.csv"}, more=rule)
    pull(settings)
    told = qutong(settings, "due", "--data-set", DATA_SET).output
    assert "2026-03-01 拉取失败 asking failed: 地址上没有文件（404） has nothing at this" in told
    periods = json.loads(qutong(settings, "due", "--data-set", DATA_SET, "--json").output)
    assert periods["periods"][0]["asked"]["outcome"] == "failed"


def test_a_run_that_fails_meanwhile_leaves_a_receipt(settings: Settings) -> None:
    """What was asked and not archived is told as such, and the spool is empty."""
    work = Workplace(settings, now=NOW)
    with pytest.raises(RuntimeError), asked_sources(work, [DATA_SET]):
        raise RuntimeError
    (told,) = attempts(settings)
    assert (told.outcome, told.reason_zh, told.items) == ("failed", "1 个文件未能归档", ())
    assert not (settings.work / "spool" / DATA_SET).exists()
    assert pull(settings).received_new == 1


def test_secrets_of_one_source_stay_out_of_logs_while_another_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The records of all threads are scrubbed as long as any source is asked."""
    one, other = Secrets({"ONE": "wort-eins"}), Secrets({"OTHER": "wort-zwei"})
    one.get("ONE")
    other.get("OTHER")
    log = logging.getLogger("a.library")
    with caplog.at_level(logging.INFO):
        first, second = one.out_of_logs(), other.out_of_logs()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        log.info("GET /?token=%s", "wort-zwei")
        second.__exit__(None, None, None)
        log.info("GET /?token=%s", "plain")
    assert caplog.messages == ["GET /?token=‹OTHER›", "GET /?token=plain"]


def test_a_data_set_without_a_source_says_so(tmp_path: Path) -> None:
    settings = make_project(tmp_path / "district")
    done = qutong(settings, "source", "test", DATA_SET)
    assert done.exit_code == 1
    assert "has no source that is pulled / 该数据集没有可拉取的来源" in done.output
    assert "没有申报来源" in qutong(settings, "source", "list").output


# --- limits ------------------------------------------------------------------------------------


def asked(tmp_path: Path, **section: Any) -> Asked:
    (tmp_path / "spool").mkdir()
    declared = Workplace(make_project(tmp_path / "district")).declarations.get(DATA_SET)
    return Asked(
        declared.data_set, SourceSection(**section), tmp_path / "spool", Secrets({}), {}, NOW
    )


def test_what_is_written_stays_within_its_room(tmp_path: Path) -> None:
    limits = asked(tmp_path, megabytes=1)
    assert limits.write([b"0" * 500_000] * 2, limits.file("a")) == 1_000_000
    with pytest.raises(SourceError, match="is larger than the limit of 1 MB"):
        limits.write([b"0" * 500_001] * 2, limits.file("b"))


def test_what_takes_too_long_is_given_up(tmp_path: Path) -> None:
    late = replace(asked(tmp_path, seconds=1), begun=-1e9)
    with pytest.raises(SourceError, match="was not done within 1 s"):
        late.write([b"0"], late.file("a"))


def test_things_of_one_pull_do_not_meet(tmp_path: Path) -> None:
    limits = asked(tmp_path)
    one, two = limits.file("a.csv"), limits.file("a.csv")
    assert one != two
    assert Pulled(key="a", name="a.csv", path=one).path == one
