"""A source behind HTTP gives what was declared, or the reason why not, in words.

Belongs here: a real server on this machine and what comes of each of its answers. Does not belong
here: what holds for every connector (test_connector_contract).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from orchestration import plugins
from orchestration.settings import Settings
from orchestration.steps.collect import collect_one
from orchestration.steps.workplace import Workplace
from tests.sources import DATA_SET, archived, attempts, declare, pull, sourced
from tests.sources.http import World, self_signed, serving
from tests.support import GOOD_ROW, NOW, drop, profile

pytestmark = pytest.mark.usefixtures("nobody_waits")

FILE = profile(GOOD_ROW)
REVISED = profile(GOOD_ROW.replace("480.1", "481.5"))
LOGIN_PAGE = "<!DOCTYPE html><html><title>统一登录</title><form></form></html>".encode()


@pytest.fixture
def world() -> Iterator[World]:
    with serving() as found:
        yield found


def declared(folder: Path, world: World, path: str = "/gdp.csv", **source: Any) -> Settings:
    return sourced(folder / "district", "http", {"address": world.address + path} | source)


def test_a_file_is_archived_as_it_came_and_moved_once(tmp_path: Path, world: World) -> None:
    world.file("/gdp.csv", FILE, '"1"', Last_Modified="Sun, 01 Mar 2026 00:00:00 GMT")
    settings = declared(tmp_path, world)
    first = pull(settings)
    assert (first.received_new, first.observations, first.stuck) == (1, 1, [])
    assert archived(settings) == [("gdp.csv", FILE)]
    second = pull(settings, NOW + timedelta(days=1))
    assert (second.received_new, second.deliveries) == (0, 1)
    told = attempts(settings)
    assert [(one.outcome, one.size, one.things) for one in told] == [
        ("received", len(FILE), 1), ("unchanged", 0, 1),
    ]  # fmt: skip
    (item,) = told[0].items
    assert (item.key, item.tag, item.version) == (world.address + "/gdp.csv", '"1"', 1)
    assert item.modified == "Sun, 01 Mar 2026 00:00:00 GMT"
    assert world.asked[1][2]["If-None-Match"] == '"1"'


def test_bytes_that_come_again_take_the_revision_back(tmp_path: Path, world: World) -> None:
    settings = declared(tmp_path, world)
    for day, body in enumerate((FILE, REVISED, FILE, FILE)):
        world.file("/gdp.csv", body, f'"{day}"')
        pull(settings, NOW + timedelta(days=day))
    assert [content for _, content in archived(settings)] == [FILE, REVISED, FILE]
    assert [one.items[0].version if one.items else 0 for one in attempts(settings)] == [1, 2, 3, 3]


def test_a_transfer_that_breaks_off_goes_on(tmp_path: Path, world: World) -> None:
    body = FILE + b"\n" * 200_000
    world.breaks_off("/gdp.csv", body, [1000, 150_000])
    settings = declared(tmp_path, world)
    assert pull(settings).stuck == []
    assert archived(settings) == [("gdp.csv", body)]
    ranges = [headers.get("Range") for _, _, headers in world.asked]
    assert ranges == [None, "bytes=1000-", "bytes=150000-"]


@pytest.mark.parametrize(
    "told",
    [
        {"Content-Range": "bytes 0-9/{total}"},  # not from where it broke off
        {"Content-Range": "bytes 1000-1009/1010"},  # of another length
        {"Content-Range": "bytes 1000-/{total}", "ETag": '"other"'},
        {},
    ],
)
def test_a_rest_of_something_else_is_none(
    tmp_path: Path, world: World, told: dict[str, str]
) -> None:
    body = FILE + b"\n" * 20_000

    def answer(handler: Any) -> None:
        wanted = handler.headers.get("Range")
        named = {name: text.format(total=len(body)) for name, text in told.items()}
        handler.send_response(206 if wanted else 200)
        for name, text in ({"ETag": '"1"'} | (named if wanted else {})).items():
            handler.send_header(name, text)
        handler.send_header("Content-Length", str(10 if wanted else len(body)))
        handler.send_header("Accept-Ranges", "bytes")
        handler.end_headers()
        handler.wfile.write(body[:10] if wanted else body[:1000])
        handler.close_connection = True

    world.answers["/gdp.csv"] = answer
    assert refusal(declared(tmp_path, world))[0] == "not whole"


def test_a_page_that_is_unchanged_still_leads_on(tmp_path: Path, world: World) -> None:
    """Pages are fetched whole: what comes after one that did not change may have."""
    world.file("/api", b'{"data": [1], "next": "/api?after=1"}', '"1"')
    source = {"pages": {"by": "link", "path": "next"}, "name": "api.csv"}
    settings = declared(tmp_path, world, "/api", **source)
    for second in (b'{"data": [2]}', b'{"data": [3]}'):
        world.file("/api?after=1", second, '"2"')
        pull(settings)
    assert [content for _, content in archived(settings)][1:] == [
        b'{"data": [2]}',
        b'{"data": [3]}',
    ]


def test_parameters_are_part_of_what_is_asked(tmp_path: Path, world: World) -> None:
    """Two questions to one address are two things, and its own query stays."""
    for month in ("01", "02"):
        world.file(f"/api?table=7&m={month}", FILE + month.encode(), '"same"')
    settings = declared(tmp_path, world, "/api?table=7", parameters={"m": "01"}, name="a.csv")
    pull(settings)
    changed = {"address": world.address + "/api?table=7", "parameters": {"m": "02"}}
    declare(settings, "http", changed | {"name": "a.csv"})
    pull(settings, NOW + timedelta(days=1))
    assert [content for _, content in archived(settings)] == [FILE + b"01", FILE + b"02"]


def test_an_object_that_the_archive_lost_is_fetched_again(tmp_path: Path, world: World) -> None:
    world.file("/gdp.csv", FILE, '"1"')
    settings = declared(tmp_path, world)
    pull(settings)
    archive = Workplace(settings, now=NOW).archive
    (delivery,) = archive.received(DATA_SET)
    archive.object_path(delivery.sha256).unlink()
    assert pull(settings, NOW + timedelta(days=1)).stuck == []
    assert archived(settings) == [("gdp.csv", FILE)]


def test_an_address_with_a_time_in_it_is_no_news(tmp_path: Path, world: World) -> None:
    """A person's correction is not overruled by what the source has had all the time."""
    world.answers["/f.csv"] = lambda handler: handler.say(200, FILE)
    settings = declared(tmp_path, world, "/list.html", find={"text": "表"}, tries=1)
    for day in (1, 2):
        world.says("/list.html", 200, f'<a href="/f.csv?t={day}">表</a>'.encode())
        pull(settings, NOW + timedelta(days=day))
        if day == 1:
            drop(settings, DATA_SET, "更正.csv", REVISED)
            pull(settings, NOW + timedelta(days=1, hours=1))
    assert [content for _, content in archived(settings)] == [FILE, REVISED]


def test_only_the_declared_host_hears_secrets(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUREAU_TOKEN", "tok-4711")
    with serving() as other:
        other.file("/gdp.csv", FILE)
        world.says("/gdp.csv", 302, Location=other.address + "/gdp.csv")
        headers = {"X-Token": "{BUREAU_TOKEN}"}
        settings = declared(tmp_path, world, headers=headers)
        assert refusal(settings)[0] == "other host"  # another port is another host
        declared(tmp_path, world, headers=headers, hosts=["127.0.0.1"])
        assert pull(settings).stuck == []
        assert [told.get("X-Token") for _, _, told in other.asked] == [None]
        assert world.asked[-1][2]["X-Token"] == "tok-4711"


def test_half_a_body_is_none(tmp_path: Path, world: World) -> None:
    def half(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(FILE)))
        handler.end_headers()
        handler.wfile.write(FILE[:20])
        handler.close_connection = True

    world.answers["/gdp.csv"] = half
    settings = declared(tmp_path, world)
    assert archived(settings) == []
    assert refusal(settings) == ("not whole", "传输在 20 字节处中断", "broke off after 20 bytes")
    assert len(world.asked) == 3


def refusal(settings: Settings) -> tuple[str, str, str]:
    """Status and both reasons of an attempt that failed; it stopped nothing else."""
    collected = pull(settings)
    assert collected.received_new == 0
    assert len(collected.stuck) == 1
    assert archived(settings) == []
    last = attempts(settings)[-1]
    assert last.outcome == "failed"
    assert last.remedy
    assert last.reason_en in collected.stuck[0]
    return last.status, last.reason_zh, last.reason_en


@pytest.mark.parametrize(
    ("status", "body", "headers", "told"),
    [
        (200, LOGIN_PAGE, {},
         ("page instead of file", "得到的是网页“统一登录”，不是所申报的 csv 文件",
          "answered with a page, '统一登录', where csv was declared: error or login")),
        (200, LOGIN_PAGE, {"Content_Type": "text/csv"},
         ("page instead of file", "得到的是网页“统一登录”，不是所申报的 csv 文件",
          "answered with a page, '统一登录', where csv was declared: error or login")),
        (200, b"", {}, ("empty", "答复为空", "the answer is empty")),
        (204, b"", {}, ("empty", "答复为空", "the answer is empty")),
        (304, b"", {}, ("304", "答复异常（304）", "answered otherwise than it should (304)")),
        (206, b"half", {}, ("206", "答复异常（206）", "answered otherwise than it should (206)")),
        (200, b"\xef\xbb\xbf<!-- x --><html><title>y</title>", {},
         ("page instead of file", "得到的是网页“y”，不是所申报的 csv 文件",
          "answered with a page, 'y', where csv was declared: error or login")),
        (200, b"x", {"Content_Encoding": "br"},
         ("coding", "答复的压缩方式 br 未要求", "is coded as br, which nobody asked for")),
        (401, b"", {}, ("401", "要求登录（401）", "asks for a login (401)")),
        (403, b"", {}, ("403", "拒绝访问（403）", "refuses access (403)")),
        (404, b"", {}, ("404", "地址上没有文件（404）", "has nothing at this address (404)")),
        (429, b"", {"Retry_After": "0"},
         ("429", "请求过于频繁（429）", "was asked too often (429)")),
        (429, b"", {"Retry_After": "99999"},
         ("429", "请求过于频繁（429）", "was asked too often (429)")),
        (503, b"", {"Retry_After": "Sun, 01 Mar 2020 00:00:00 GMT"},
         ("503", "暂停服务（503）", "is out of service (503)")),
        (302, b"", {"Location": "/gdp.csv"}, ("redirect loop", "转向没有尽头",
                                              "leads on without end")),
        (302, b"", {"Location": "http://elsewhere.example/x.csv"},
         ("other host", "转向了另一主机 elsewhere.example",
          "leads on to another host, elsewhere.example")),
        (302, b"", {"Location": "file:///etc/passwd"},
         ("other host", "转向了另一主机 ", "leads on to another host, ")),
        (302, b"", {"Location": "http://[bad"},
         ("other host", "转向了另一主机 ", "leads on to another host, ")),
    ],
)  # fmt: skip
def test_an_answer_that_is_none(
    tmp_path: Path,
    world: World,
    status: int,
    body: bytes,
    headers: dict[str, str],
    told: tuple[str, str, str],
) -> None:
    world.says("/gdp.csv", status, body, **headers)
    assert refusal(declared(tmp_path, world)) == told


def test_what_may_pass_is_tried_again(tmp_path: Path, world: World) -> None:
    left = [503, 429]

    def busy(handler: Any) -> None:
        if left:
            handler.say(left.pop(0), Retry_After="0")
        else:
            handler.say(200, FILE)

    world.answers["/gdp.csv"] = busy
    settings = declared(tmp_path, world)
    assert pull(settings).stuck == []
    assert archived(settings) == [("gdp.csv", FILE)]


def test_what_will_not_pass_is_not(tmp_path: Path, world: World) -> None:
    world.says("/gdp.csv", 404)
    refusal(declared(tmp_path, world))
    assert len(world.asked) == 1


def test_a_bomb_is_refused_while_it_comes(tmp_path: Path, world: World) -> None:
    world.bomb("/gdp.csv", 40)
    told = refusal(declared(tmp_path, world, megabytes=1))
    assert told == ("too large", "文件超过 1 MB 的上限", "is larger than the limit of 1 MB")


def test_a_slow_drip_is_given_up(tmp_path: Path, world: World) -> None:
    def drip(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"0")
        except OSError:
            pass

    world.answers["/gdp.csv"] = drip
    assert refusal(declared(tmp_path, world, seconds=1))[0] in ("timeout", "not whole")


@pytest.mark.parametrize("drips", ["HTTP/1.1 200 OK\r\nX-Drip: ", "HTTP/1.1 200 OK\r\n", ""])
def test_headers_that_drip_are_given_up_in_time(tmp_path: Path, drips: str) -> None:
    """Each byte comes within every time limit for a packet; the whole never ends."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            line, _ = listener.accept()
            with line, contextlib.suppress(OSError):
                line.sendall(drips.encode())
                while not over.wait(0.02):
                    line.sendall(b"X")

        thread = threading.Thread(target=drip)
        thread.start()
        port = listener.getsockname()[1]
        source = {"address": f"http://127.0.0.1:{port}/gdp.csv", "seconds": 1, "tries": 1}
        settings = sourced(tmp_path / "district", "http", source)
        begun = time.monotonic()
        assert refusal(settings)[0] == "timeout"
        assert time.monotonic() - begun < 3
        over.set()
        thread.join()


def test_a_server_that_is_down_delays_its_own_data_set(tmp_path: Path) -> None:
    with serving() as gone:
        pass
    settings = declared(tmp_path, gone)
    status, zh, en = refusal(settings)
    assert (status, zh) == ("unreachable", "连接不上")
    assert en.startswith("cannot be reached")


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ('attachment; filename="../etc/公报.csv"', "公报.csv"),
        ("attachment; filename*=UTF-8''%E5%85%AC%E6%8A%A5.csv", "公报.csv"),
        ('attachment; filename="..\\\\..\\\\.hidden.csv"', "hidden.csv"),
        ("attachment", "gdp.csv"),
    ],
)
def test_a_name_leads_nowhere(tmp_path: Path, world: World, told: str, name: str) -> None:
    world.file("/gdp.csv", FILE, Content_Disposition=told.encode("utf-8").decode("latin-1"))
    settings = declared(tmp_path, world)
    pull(settings)
    assert [found.encode("utf-8", "ignore") for found, _ in archived(settings)] in (
        [name.encode()], [name.encode("utf-8").decode("latin-1").encode()],
    )  # fmt: skip
    assert not (tmp_path / "etc").exists()


# --- pages and logins -------------------------------------------------------------------------

LIST = """<html><base href="/files/"><ul>
<li><a href="2025-11.csv">2025年11月月报</a></li>
<li><a href="2026-02.csv">2026年2月月报</a></li>
<li><a href="2025-12.csv">2025年12月月报</a></li>
<li><a href="rules.pdf">制度</a></li>
</ul></html>""".encode()


@pytest.mark.parametrize(
    ("find", "names"),
    [
        ({"text": "月报$", "take": "newest"}, ["2026-02.csv"]),
        ({"text": "月报$"}, ["2025-11.csv"]),
        ({"link": r"\.csv$", "take": "last"}, ["2025-12.csv"]),
        ({"link": r"\.csv$", "take": "all"}, ["2025-11.csv", "2026-02.csv", "2025-12.csv"]),
    ],
)
def test_the_file_that_a_page_links_to(
    tmp_path: Path, world: World, find: dict[str, str], names: list[str]
) -> None:
    world.says("/list.html", 200, LIST)
    for month in ("2025-11", "2026-02", "2025-12"):
        world.file(f"/files/{month}.csv", FILE + month.encode())
    settings = declared(tmp_path, world, "/list.html", find=find)
    assert pull(settings).stuck == []
    assert [name for name, _ in archived(settings)] == names


def test_a_page_without_the_link_is_told(tmp_path: Path, world: World) -> None:
    world.says("/list.html", 200, LIST)
    told = refusal(declared(tmp_path, world, "/list.html", find={"text": "季报"}))
    assert told[1:] == ("页面的 4 个链接都不符合申报",
                        "none of the 4 links of the page is as declared")  # fmt: skip


def test_answers_in_pages_end_where_a_page_is_empty(tmp_path: Path, world: World) -> None:
    for number, body in ((1, b'{"data": [1]}'), (2, b'{"data": [2]}'), (3, b'{"data": []}')):
        world.file(f"/api?page={number}", body)
    settings = declared(tmp_path, world, "/api", pages={"by": "number"}, name="api.csv")
    pull(settings)
    assert [(name, content) for name, content in archived(settings)] == [
        ("api-0001.csv", b'{"data": [1]}'), ("api-0002.csv", b'{"data": [2]}'),
    ]  # fmt: skip


def test_answers_that_link_to_the_next(tmp_path: Path, world: World) -> None:
    world.file("/api", b'{"data": [1], "links": {"next": "/api?after=1"}}')
    world.file("/api?after=1", b'{"data": [2], "links": {"next": null}}')
    source = {"pages": {"by": "link", "path": "links.next"}, "name": "api.csv"}
    settings = declared(tmp_path, world, "/api", **source)
    pull(settings)
    assert [name for name, _ in archived(settings)] == ["api-0001.csv", "api-0002.csv"]


def test_a_page_that_repeats_is_told(tmp_path: Path, world: World) -> None:
    world.file("/api", b'{"data": [1]}')
    settings = declared(tmp_path, world, "/api", pages={"by": "offset"}, name="api.csv")
    pull(settings)
    last = attempts(settings)[-1]
    assert (last.outcome, last.reason_zh) == ("failed", "第 2 页与前面的一页相同")


@pytest.mark.parametrize(("password", "is_let_in"), [("天书-S3cret!", True), ("wrong-word", False)])
def test_a_login_by_form(
    tmp_path: Path,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    password: str,
    is_let_in: bool,
) -> None:
    from urllib.parse import parse_qs

    def login(handler: Any) -> None:
        if handler.command == "GET":
            handler.say(200, b'<form><input type="hidden" name="csrf" value="t1"></form>')
            return
        sent = parse_qs(handler.body.decode())
        good = sent == {"csrf": ["t1"], "user": ["qu"], "password": ["天书-S3cret!"]}
        if good:
            handler.say(200, "欢迎".encode(), Set_Cookie="session=abc")
        else:
            handler.say(200, f"口令 {sent['password'][0]} 不对".encode())

    def table(handler: Any) -> None:
        is_known = "session=abc" in handler.headers.get("Cookie", "")
        handler.say(200, FILE if is_known else LOGIN_PAGE)

    world.answers |= {"/login": login, "/gdp.csv": table}
    monkeypatch.setenv("BUREAU_PASSWORD", password)
    form = {
        "address": world.address + "/login",
        "fields": {"user": "qu", "password": "{BUREAU_PASSWORD}"},
        "shows": "欢迎",
    }
    settings = declared(tmp_path, world, form=form)
    collected = pull(settings)
    if is_let_in:
        assert archived(settings) == [("gdp.csv", FILE)]
    else:
        assert attempts(settings)[-1].reason_zh == "登录未被接受"
    told = [*collected.stuck, str(attempts(settings))]
    assert not any(password in text for text in told)


def test_headers_carry_secrets_that_nobody_is_told(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUREAU_TOKEN", "tok-4711-äöü-秘密")
    seen = []

    def answer(handler: Any) -> None:
        seen.append((handler.headers.get("X-Token"), handler.path))
        handler.say(302, Location="http://tok-4711.example/" + handler.path)

    world.answers["/gdp.csv"] = answer
    monkeypatch.setenv("BUREAU_TOKEN", "tok-4711")
    settings = declared(
        tmp_path, world, headers={"X-Token": "{BUREAU_TOKEN}"}, parameters={"k": "{BUREAU_TOKEN}"}
    )
    collected = pull(settings)
    assert seen == [("tok-4711", "/gdp.csv?k=tok-4711")]
    files = [p for p in settings.home.rglob("*") if p.is_file()]
    told = "\n".join(p.read_text("utf-8", "replace") for p in files) + "\n".join(collected.stuck)
    assert "tok-4711" not in told
    assert "‹BUREAU_TOKEN›" in told


def test_a_secret_that_is_not_set_is_named(tmp_path: Path, world: World) -> None:
    world.file("/gdp.csv", FILE)
    settings = declared(tmp_path, world, headers={"X-Token": "{NOBODY_SET_IT}"})
    assert refusal(settings)[2] == "the secret NOBODY_SET_IT is not set / 未设置密钥 NOBODY_SET_IT"
    assert world.asked == []


# --- a file for each period --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("periods", "names"),
    [
        ((), ["2026-02.csv"]),
        (("2025-12", "2026-01"), ["2025-12.csv", "2026-01.csv"]),
    ],
)
def test_a_file_for_each_period_that_is_awaited(
    tmp_path: Path, world: World, periods: tuple[str, ...], names: list[str]
) -> None:
    """The last that is over on the first of March, or those that a backfill names."""
    for month in ("2025-12", "2026-01", "2026-02"):
        world.file(f"/{month}.csv", FILE + month.encode())
    settings = declared(tmp_path, world, "/{yyyy}-{mm}.csv")
    rule = {"cadence": "monthly", "due": {"day": 10}, "awaited_from": "2025-11"}
    declare(settings, "http", {"address": world.address + "/{yyyy}-{mm}.csv"}, more=rule)
    work = Workplace(settings, now=NOW, pause=lambda seconds: None)
    work.periods = periods
    assert collect_one(work, work.declarations.get(DATA_SET)).stuck == []
    assert [name for name, _ in archived(settings)] == names


def test_without_a_period_the_address_cannot_be_filled_in(tmp_path: Path, world: World) -> None:
    status, zh, _ = refusal(declared(tmp_path, world, "/{yyyy}-{mm}.csv"))
    assert (status, zh) == ("no period", "没有应报的报告期，申报中的年月无从填写")


# --- certificates -----------------------------------------------------------------------------


def test_certificates(tmp_path: Path) -> None:
    own, other = self_signed(tmp_path, "own"), self_signed(tmp_path, "other")
    print_of = {
        pair: hashlib.sha256(ssl.PEM_cert_to_DER_cert(pair[0].read_text())).hexdigest()
        for pair in (own, other)
    }
    with serving(own) as world:
        world.file("/gdp.csv", FILE)
        settings = declared(tmp_path, world)
        assert refusal(settings)[:2] == ("certificate", "证书不可信")
        declared(tmp_path, world, certificate_sha256=print_of[other])
        assert refusal(settings)[:2] == ("certificate", "证书已更换")
        assert world.asked == []
        declared(tmp_path, world, certificate_sha256=print_of[own])
        assert pull(settings).stuck == []
        assert archived(settings) == [("gdp.csv", FILE)]


# --- within its hours -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "hour", "is_asked"),
    [
        ({"window": "22:00-06:00"}, 23, True),
        ({"window": "22:00-06:00"}, 5, True),
        ({"window": "22:00-06:00"}, 6, False),
        ({"window": "08:00-18:00"}, 17, True),
        ({"window": "08:00-18:00"}, 18, False),
    ],
)
def test_a_source_is_asked_within_its_hours(
    tmp_path: Path, world: World, source: dict[str, str], hour: int, is_asked: bool
) -> None:
    world.file("/gdp.csv", FILE)
    settings = declared(tmp_path, world, **source)
    # hours are those of the district, eight before those of the clock here
    pull(settings, NOW.replace(hour=0) + timedelta(hours=hour - 8))
    assert len(world.asked) == is_asked


def test_a_source_is_not_asked_again_too_soon(tmp_path: Path, world: World) -> None:
    world.file("/gdp.csv", FILE)
    settings = declared(tmp_path, world, every_minutes=60)
    for minutes in (0, 59, 60):
        pull(settings, NOW + timedelta(minutes=minutes))
    assert len(world.asked) == 2


# --- proxies ----------------------------------------------------------------------------------


def test_the_environment_says_nothing_of_proxies(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    world.file("/gdp.csv", FILE)
    assert pull(declared(tmp_path, world)).received_new == 1


def test_a_declared_proxy_is_asked_with_a_login_that_nobody_is_told(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXY_PASSWORD", "pa/ss:4711@")
    world.file("http://stats.invalid/gdp.csv", FILE)
    proxy = world.address.replace("://", "://jiangbei:{PROXY_PASSWORD}@")
    settings = declared(tmp_path, world, address="http://stats.invalid/gdp.csv", proxy=proxy)
    assert pull(settings).received_new == 1
    word = base64.b64encode(b"jiangbei:pa/ss:4711@").decode()
    assert world.asked[0][2]["Proxy-Authorization"] == f"Basic {word}"
    assert "4711" not in (settings.archive / "pulls" / f"{DATA_SET}.jsonl").read_text("utf-8")


@pytest.mark.parametrize("connector", ["http", "s3"])
def test_a_password_of_a_proxy_stands_in_no_declaration(connector: str) -> None:
    section = plugins.load(plugins.CONNECTORS, connector).Section
    more = {"address": "http://h/f"} if connector == "http" else {"bucket": "yuebao"}
    with pytest.raises(ValidationError, match=r"http://user:\{PROXY_PASSWORD\}@host:port") as told:
        section(proxy="http://user:geheim-4711@proxy:3128", **more)
    assert "geheim-4711" not in told.value.errors()[0]["msg"]
