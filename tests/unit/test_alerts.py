"""Given something is overdue, then each channel is told once, and once more when it is over."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from pydantic import TypeAdapter, ValidationError

from orchestration.serve.due import Line, reminders, render_table
from orchestration.spec import Channel
from orchestration.steps import alerts

NOW = datetime(2026, 6, 12, 1, 0, tzinfo=UTC)
SECRET = "s3cret-token-of-the-test"  # noqa: S105 - invented
CHANNEL: TypeAdapter[Any] = TypeAdapter(Channel)


def channel(**keys: Any) -> Any:
    return CHANNEL.validate_python(keys)


LINE = Line(
    data_set_id="yunxi-month",
    data_set_title_zh="重点项目月报",
    data_set_title_en="Key projects",
    theme="investment",
    owner="投资科 / Investment section",
    period="2026-05",
    period_label_zh="2026年5月",
    period_label_en="May 2026",
    period_end=date(2026, 5, 31),
    stated_on=date(2026, 6, 10),
    due_on=date(2026, 6, 10),
    due_time="17:00",
    is_calendar_covered=True,
    note_zh=None,
    note_en=None,
    state="overdue",
    is_overdue=True,
    overdue_days=2,
    received_on=None,
    accepted_on=None,
    is_late=False,
    late_days=None,
    delivery_count=0,
    refused_count=0,
    superseded_count=0,
    delivery_id=None,
    refused_by=None,
    refusal_zh=None,
    refusal_en=None,
    query_count=0,
    pending_since=None,
)
CAME = replace(
    LINE,
    state="accepted",
    is_overdue=False,
    overdue_days=None,
    received_on=date(2026, 6, 12),
    accepted_on=date(2026, 6, 12),
    is_late=True,
    late_days=2,
    delivery_count=1,
    delivery_id="yunxi-month:1",
)
OTHER = replace(LINE, data_set_id="yunxi-other", data_set_title_zh="其他", owner="综合科 / General")


def tell(declared: list[Any], lines: list[Line], archive: Path, **keys: Any) -> list[alerts.Sent]:
    return alerts.tell(declared, lines, archive, now=NOW, bureau="云溪区", **keys)


# --- once, and once more ---------------------------------------------------------------------


class Kept:
    """Takes what is sent; refuses while it is down."""

    def __init__(self) -> None:
        self.messages: list[alerts.Message] = []
        self.is_down = False

    def __call__(self, declared: Any, message: alerts.Message) -> None:
        if self.is_down:
            raise ConnectionRefusedError(111, "refused")
        self.messages.append(message)


COMMAND = {"id": "ops", "kind": "command", "command": ["true"]}


def test_each_is_told_once_and_once_more_when_it_is_over(tmp_path: Path) -> None:
    ops, kept = channel(**COMMAND), Kept()
    told = [
        [(s.raised, s.over) for s in tell([ops], lines, tmp_path, send=kept)]
        for lines in ([LINE], [LINE], [LINE, OTHER], [CAME, OTHER], [CAME, OTHER], [LINE, OTHER])
    ]
    assert told == [[(1, 0)], [(0, 0)], [(1, 0)], [(0, 1)], [(0, 0)], [(1, 0)]]
    assert [m.subject for m in kept.messages] == [
        "[云溪区] 收数 collection: 1 期逾期 overdue",
        "[云溪区] 收数 collection: 1 期逾期 overdue",
        "[云溪区] 收数 collection: 1 期已了结 over",
        "[云溪区] 收数 collection: 1 期逾期 overdue",
    ]
    assert kept.messages[0].text.splitlines()[1] == (
        "✗ 重点项目月报（2026年5月）尚未报送，应于 2026-06-10 17:00 前报送，已逾期 2 天；"
        "责任人 投资科 / Investment section"
    )
    assert kept.messages[2].text.splitlines()[1] == (
        "✓ 重点项目月报（2026年5月）已接收 accepted，收到 2026-06-12"
    )
    assert [(t.key, t.kind) for t in alerts.told(tmp_path)] == [
        ("yunxi-month 2026-05", "raised"),
        ("yunxi-other 2026-05", "raised"),
        ("yunxi-month 2026-05", "over"),
        ("yunxi-month 2026-05", "raised"),
    ]


def test_what_is_not_awaited_any_more_is_over(tmp_path: Path) -> None:
    ops, kept = channel(**COMMAND), Kept()
    tell([ops], [LINE, OTHER], tmp_path, send=kept)
    assert [(s.raised, s.over) for s in tell([ops], [OTHER], tmp_path, send=kept)] == [(0, 1)]
    assert kept.messages[-1].text.splitlines()[1:] == ["✓ yunxi-month 2026-05 不再应报 not awaited"]
    assert [(s.raised, s.over) for s in tell([ops], [OTHER], tmp_path, send=kept)] == [(0, 0)]


def test_a_channel_tells_of_its_owners_alone(tmp_path: Path) -> None:
    own, kept = channel(**COMMAND, owners=["综合科 / General"]), Kept()
    tell([own], [LINE, OTHER], tmp_path, send=kept)
    assert [row["data_set_id"] for row in kept.messages[0].raised] == ["yunxi-other"]
    assert tell([own], [LINE], tmp_path, send=kept)[0].over == 1


def test_a_channel_that_is_down_is_told_later_and_keeps_no_other_waiting(tmp_path: Path) -> None:
    down, up = Kept(), Kept()
    down.is_down = True
    ways = {"down": down, "up": up}
    declared = [channel(**COMMAND | {"id": name}) for name in ways]

    def send(one: Any, message: alerts.Message) -> None:
        ways[one.id](one, message)

    first = tell(declared, [LINE], tmp_path, send=send)
    assert [(s.raised, s.error) for s in first] == [(0, "down: ConnectionRefusedError"), (1, "")]
    down.is_down = False
    again = tell(declared, [LINE], tmp_path, send=send)
    assert [(s.raised, s.error) for s in again] == [(1, ""), (0, "")]


def test_a_message_that_comes_again_has_the_id_it_had(tmp_path: Path) -> None:
    ops, kept = channel(**COMMAND), Kept()
    tell([ops], [LINE], tmp_path, send=kept)
    (tmp_path / "alerts.jsonl").unlink()  # killed between sending and noting it
    tell([ops], [LINE], tmp_path, send=kept)
    first, second = kept.messages
    assert first == second
    tell([ops], [LINE, OTHER], tmp_path, send=kept)
    assert kept.messages[2].id != first.id


def test_a_line_that_a_kill_tore_was_never_told(tmp_path: Path) -> None:
    ops, kept = channel(**COMMAND), Kept()
    tell([ops], [LINE], tmp_path, send=kept)
    file = tmp_path / "alerts.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    assert tell([ops], [LINE], tmp_path, send=kept)[0].raised == 1
    assert tell([ops], [LINE], tmp_path, send=kept)[0].raised == 0


# --- a command -------------------------------------------------------------------------------


def test_a_command_gets_the_message_on_its_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "got.json"
    script = (
        f"import sys, pathlib; pathlib.Path({str(file)!r}).write_bytes(sys.stdin.buffer.read())"
    )
    ops = channel(id="ops", kind="command", command=[sys.executable, "-c", script])
    (sent,) = tell([ops], [LINE], tmp_path)
    got = json.loads(file.read_text("utf-8"))
    assert (sent.error, got["raised"][0]["period"], got["over"]) == ("", "2026-05", [])
    assert got["text"].startswith("[云溪区] 收数 collection")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ([sys.executable, "-c", "raise SystemExit(3)"], "ops: the command ended with 3 / 命令失败"),
        (["/nowhere/at/all"], "ops: FileNotFoundError"),
    ],
)
def test_a_command_that_fails_is_told(tmp_path: Path, command: list[str], told: str) -> None:
    (sent,) = tell([channel(id="ops", kind="command", command=command)], [LINE], tmp_path)
    assert sent.error == told
    assert alerts.told(tmp_path) == []


# --- a webhook, against a server -------------------------------------------------------------


class Hook(BaseHTTPRequestHandler):
    """Keeps what it gets and answers what it is told to."""

    got: list[tuple[str, dict[str, str], dict[str, Any]]]
    answer: tuple[int, dict[str, str], bytes]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.got.append((self.path, dict(self.headers), body))
        status, headers, content = self.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def hook() -> Iterator[tuple[type[Hook], str]]:
    handler = type("Own", (Hook,), {"got": [], "answer": (200, {}, b"{}")})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield handler, f"http://127.0.0.1:{server.server_address[1]}/hook"
        server.shutdown()


def test_a_webhook_is_posted_the_message(
    hook: tuple[type[Hook], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, url = hook
    monkeypatch.setenv("QT_TOKEN", SECRET)
    own = channel(id="hook", kind="webhook", url=url, token_secret="QT_TOKEN")  # noqa: S106 - a name
    assert [
        s.error for lines in ([LINE], [LINE], [CAME]) for s in tell([own], lines, tmp_path)
    ] == [
        "",
        "",
        "",
    ]
    (_, first, raised), (_, second, over) = handler.got
    assert (first["Content-Type"], first["Authorization"]) == (
        "application/json",
        f"Bearer {SECRET}",
    )
    assert first["Idempotency-Key"] == raised["id"] != second["Idempotency-Key"]
    assert [row["period"] for row in raised["raised"]] == ["2026-05"]
    assert (over["raised"], [row["state"] for row in over["over"]]) == ([], ["accepted"])
    assert SECRET.encode() not in (tmp_path / "alerts.jsonl").read_bytes()


def test_robots_of_chats_get_a_text_and_may_refuse_it(
    hook: tuple[type[Hook], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, url = hook
    monkeypatch.setenv("QT_ROBOT", f"{url}?key={SECRET}")
    own = channel(id="robot", kind="webhook", url_secret="QT_ROBOT", body="robot")  # noqa: S106 - a name
    handler.answer = (200, {}, b'{"errcode": 93000, "errmsg": "invalid"}')
    (sent,) = tell([own], [LINE], tmp_path)
    assert sent.error == "robot: the robot refused it: errcode 93000 / 机器人拒收"
    handler.answer = (200, {}, b'{"errcode": 0}')
    (sent,) = tell([own], [LINE], tmp_path)
    assert (sent.error, sent.raised) == ("", 1)
    path, _, body = handler.got[-1]
    assert path == f"/hook?key={SECRET}"
    assert body["msgtype"] == "text"
    assert "重点项目月报（2026年5月）尚未报送" in body["text"]["content"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((500, {}, b"no"), "hook: the address answered 500 / 对方返回 500"),
        ((403, {}, b"no"), "hook: the address answered 403 / 对方返回 403"),
        ((302, {"Location": "/elsewhere"}, b""), "hook: the address answered 302 / 对方返回 302"),
    ],
)
def test_a_webhook_that_refuses_or_sends_elsewhere_is_told(
    hook: tuple[type[Hook], str], tmp_path: Path, answer: Any, told: str
) -> None:
    handler, url = hook
    handler.answer = answer
    (sent,) = tell([channel(id="hook", kind="webhook", url=url)], [LINE], tmp_path)
    assert sent.error == told
    assert [path for path, *_ in handler.got] == ["/hook"]


def test_an_address_where_nobody_listens_is_told_without_its_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_ROBOT", f"http://127.0.0.1:9/{SECRET}")
    own = channel(id="robot", kind="webhook", url_secret="QT_ROBOT")  # noqa: S106 - a name
    (sent,) = tell([own], [LINE], tmp_path)
    assert sent.error == "robot: ConnectionError"
    monkeypatch.setenv("QT_ROBOT", f"file:///{SECRET}")
    (sent,) = tell([own], [LINE], tmp_path)
    assert sent.error == "robot: the address is none of http or https / 地址无效"
    monkeypatch.delenv("QT_ROBOT")
    (sent,) = tell([own], [LINE], tmp_path)
    assert sent.error == "robot: the secret QT_ROBOT is not set / 未设置密钥 QT_ROBOT"


# --- mail, against a server ------------------------------------------------------------------


class Mailbox:
    """A mail server's handler that keeps letters."""

    def __init__(self) -> None:
        self.letters: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        self.letters.append((envelope.mail_from, envelope.rcpt_tos, letter))
        return "250 OK"


@contextlib.contextmanager
def mail_server(**keys: Any) -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, **keys)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop(no_assert=True)


def mail(port: int, **keys: Any) -> Any:
    return channel(
        **{
            "id": "mail",
            "kind": "smtp",
            "host": "localhost",
            "port": port,
            "security": "none",
            "sender": "stat@example.gov.cn",
            "to": ["tzk@example.gov.cn"],
        }
        | keys
    )


def test_a_letter_is_sent_once_and_once_more(tmp_path: Path) -> None:
    with mail_server() as (box, port):
        for lines in ([LINE], [LINE], [CAME]):
            (sent,) = tell([mail(port)], lines, tmp_path)
            assert sent.error == ""
    assert [(sender, to) for sender, to, _ in box.letters] == [
        ("stat@example.gov.cn", ["tzk@example.gov.cn"])
    ] * 2
    first, second = (letter for *_, letter in box.letters)
    assert first["Subject"] == "[云溪区] 收数 collection: 1 期逾期 overdue"
    assert second["Subject"] == "[云溪区] 收数 collection: 1 期已了结 over"
    assert "重点项目月报（2026年5月）尚未报送" in first.get_content()
    assert first["Message-ID"] != second["Message-ID"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost, and its key, made for the test."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "cert.pem", folder / "key.pem"


def logged_in(server: Any, session: Any, envelope: Any, mechanism: Any, data: Any) -> AuthResult:
    is_known = (data.login, data.password) == (b"stat", SECRET.encode())
    return AuthResult(success=is_known, handled=is_known)


def test_a_letter_goes_over_tls_with_a_login_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate: tuple[Path, Path]
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    keys = {"security": "starttls", "user": "stat", "password_secret": "QT_MAIL"}
    with mail_server(
        tls_context=context, require_starttls=True, authenticator=logged_in, auth_required=True
    ) as (box, port):
        monkeypatch.setenv("QT_MAIL", SECRET)
        # nobody vouches for the certificate
        (sent,) = tell([mail(port, **keys)], [LINE], tmp_path)
        assert sent.error == "mail: SSLCertVerificationError"
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        monkeypatch.setenv("QT_MAIL", "wrong")
        (sent,) = tell([mail(port, **keys)], [LINE], tmp_path)
        assert sent.error == "mail: the mail server refused the login: 535 / 邮件登录失败"
        assert box.letters == []
        monkeypatch.setenv("QT_MAIL", SECRET)
        (sent,) = tell([mail(port, **keys)], [LINE], tmp_path)
        assert (sent.error, sent.raised, len(box.letters)) == ("", 1, 1)
    assert SECRET.encode() not in (tmp_path / "alerts.jsonl").read_bytes()


# --- what is declared ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"kind": "webhook"}, "give one"),
        ({"kind": "webhook", "url": "http://a", "url_secret": "A"}, "give one"),
        ({"kind": "webhook", "url": "ftp://a"}, "pattern"),
        ({"kind": "webhook", "url": "http://a", "token_secret": "a token itself"}, "pattern"),
        ({"kind": "command", "command": []}, "at least 1 item"),
        ({"kind": "pigeon"}, "does not match any"),
        ({"kind": "smtp", "host": "a", "sender": "a@b", "to": ["c@d"], "user": "x"}, "give both"),
        (
            {
                "kind": "smtp",
                "host": "a",
                "sender": "a@b",
                "to": ["c@d"],
                "user": "x",
                "password_secret": "P",
                "security": "none",
            },
            "not sent in the clear",
        ),
    ],
)
def test_a_channel_that_cannot_be_used_is_refused(keys: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        channel(id="c", **keys)


# --- words -----------------------------------------------------------------------------------


def test_reminders_go_to_each_owner_with_what_is_missing_and_since_when() -> None:
    refused = replace(OTHER, state="refused", refusal_zh="缺少一行", overdue_days=1)
    texts = reminders([LINE, refused, CAME], "云溪区统计局", date(2026, 6, 12))
    assert texts == {
        "投资科 / Investment section": "投资科：\n"
        "截至2026年6月12日，下列报表已过报送期限：\n"
        "1. 重点项目月报（2026年5月）：应于2026年6月10日17:00前报送，尚未报送，已逾期2天。\n"
        "请尽快报送；如已报送或另有情况，请告知我们。\n云溪区统计局\n2026年6月12日\n",
        "综合科 / General": "综合科：\n"
        "截至2026年6月12日，下列报表已过报送期限：\n"
        "1. 其他（2026年5月）：应于2026年6月10日17:00前报送，"
        "已拒收，尚未重报（缺少一行），已逾期1天。\n"
        "请尽快报送；如已报送或另有情况，请告知我们。\n云溪区统计局\n2026年6月12日\n",
    }


def test_a_year_that_is_not_covered_is_said_in_the_table() -> None:
    said = render_table([replace(LINE, is_calendar_covered=False)], [])
    assert "2026-06-10 17:00 *" in said
    assert "节假日历未收录该年，只计周末 the calendar does not cover the year" in said
    assert render_table([], [("a", "一次性")]) == "没有应报的报告期 nothing is awaited\n一次性: a\n"
