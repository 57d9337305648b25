"""Telling people of what is overdue, each once, and once more when it is over.

What was told stands in ``archive/alerts.jsonl``, which is only ever added to, and is noted once the
channel took it: after a kill between the two a message comes again, under the same id, and none is
lost. A channel that cannot be reached keeps nobody else waiting and is tried again the next time.

Belongs here: what is news for a channel, its wording, and the three ways of sending. Does not
belong here: what is overdue (``steps.ledger``), and reminders for people to send (``serve.due``).
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from orchestration.collect import log
from orchestration.collect.connectors.secrets import Secrets
from orchestration.errors import QutongError
from orchestration.serve.due import STATES, Line

if TYPE_CHECKING:
    from orchestration.spec import Channel, CommandChannel, SmtpChannel, WebhookChannel

Kind = Literal["raised", "over"]


@dataclass(frozen=True)
class Told:
    """That a channel was told of something.

    Attributes:
        key: Data set and period.
        kind: That it is overdue, or that this is over.
    """

    channel: str
    key: str
    kind: Kind
    at: str


@dataclass(frozen=True)
class Message:
    """What a channel is told at one time.

    Attributes:
        id: The same for the same news, however often it is sent.
        subject: One line.
        text: All of it, for a person.
        raised: What is overdue and was not told yet.
        over: What was told as overdue and is not any more.
    """

    id: str
    subject: str
    text: str
    raised: tuple[Mapping[str, Any], ...]
    over: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Sent:
    """What became of one channel: how much it was told, or why it could not be."""

    channel: str
    raised: int = 0
    over: int = 0
    error: str = ""


def tell(
    channels: Iterable[Channel],
    lines: Sequence[Line],
    archive: Path,
    *,
    now: datetime,
    bureau: str,
    send: Callable[[Channel, Message], None] | None = None,
) -> list[Sent]:
    """Tell every channel what is news for it, and note what it was told.

    Args:
        channels: As the district declares them.
        lines: The ledger, as of now.
        archive: Where the log stands.
        now: The moment.
        bureau: Who tells.
        send: How; ``deliver`` by default.
    """
    known = _last(archive)
    return [
        _tell_one(channel, lines, known, archive, now, bureau, send or deliver)
        for channel in channels
    ]


def _tell_one(
    channel: Channel,
    lines: Sequence[Line],
    known: Mapping[tuple[str, str], Kind],
    archive: Path,
    now: datetime,
    bureau: str,
    send: Callable[[Channel, Message], None],
) -> Sent:
    raised, over = news(channel, lines, known)
    gone = _gone(channel, lines, known)
    if not raised and not over and not gone:
        return Sent(channel.id)
    try:
        send(channel, compose(channel.id, raised, over, gone, now, bureau))
    except (QutongError, OSError, ValueError, subprocess.SubprocessError) as error:
        said = error.what if isinstance(error, QutongError) else type(error).__name__
        return Sent(channel.id, error=f"{channel.id}: {said}")
    at = now.isoformat(timespec="seconds")
    done = [*((line.key, "raised") for line in raised), *((line.key, "over") for line in over)]
    for key, kind in [*done, *((key, "over") for key in gone)]:
        entry = {"channel": channel.id, "key": key, "kind": kind, "at": at}
        log.append(_file(archive), entry)
    return Sent(channel.id, len(raised), len(over) + len(gone))


def news(
    channel: Channel, lines: Sequence[Line], known: Mapping[tuple[str, str], Kind]
) -> tuple[list[Line], list[Line]]:
    """What is overdue and was not told, and what was told and is overdue no more."""
    own = [line for line in lines if not channel.owners or line.owner in channel.owners]
    last = {line.key: known.get((channel.id, line.key)) for line in own}
    raised = [line for line in own if line.is_overdue and last[line.key] != "raised"]
    over = [line for line in own if not line.is_overdue and last[line.key] == "raised"]
    return raised, over


def _gone(
    channel: Channel, lines: Sequence[Line], known: Mapping[tuple[str, str], Kind]
) -> list[str]:
    """What was told as overdue and is not awaited any more."""
    there = {line.key for line in lines}
    return [
        key
        for (name, key), kind in known.items()
        if name == channel.id and kind == "raised" and key not in there
    ]


def told(archive: Path) -> list[Told]:
    """All that was ever told, oldest first."""
    found = []
    for entry in log.entries(_file(archive)):
        try:
            found.append(Told(**entry))
        except TypeError:
            continue
    return found


def _last(archive: Path) -> dict[tuple[str, str], Kind]:
    return {(entry.channel, entry.key): entry.kind for entry in told(archive)}


def _file(archive: Path) -> Path:
    return archive / "alerts.jsonl"


# --- wording ---------------------------------------------------------------------------------


def compose(
    channel: str,
    raised: Sequence[Line],
    over: Sequence[Line],
    gone: Sequence[str],
    now: datetime,
    bureau: str,
) -> Message:
    """The message about some news."""
    parts = [f"{len(raised)} 期逾期 overdue"] if raised else []
    parts += [f"{len(over) + len(gone)} 期已了结 over"] if over or gone else []
    subject = f"[{bureau}] 收数 collection: {', '.join(parts)}"
    text = [subject, *(_overdue(line) for line in raised), *(_over(line) for line in over)]
    text += [f"✓ {key} 不再应报 not awaited" for key in gone]
    digest = hashlib.sha256(f"{channel} {now.date()}".encode())
    for news_of in (*(f"{li.key} {li.state} {li.is_overdue}" for li in (*raised, *over)), *gone):
        digest.update(f"{news_of}\n".encode())
    return Message(
        id=digest.hexdigest()[:32],
        subject=subject,
        text="\n".join(text) + "\n",
        raised=tuple(_facts(line) for line in raised),
        over=(*(_facts(line) for line in over), *({"key": key} for key in gone)),
    )


def _overdue(line: Line) -> str:
    return (
        f"✗ {line.data_set_title_zh}（{line.period_label_zh}）{line.wants}，"
        f"应于 {line.due_on} {line.due_time} 前报送，"
        f"已逾期 {line.overdue_days} 天；责任人 {line.owner}"
    )


def _over(line: Line) -> str:
    zh, en = STATES[line.state]
    came = f"，收到 {line.received_on}" if line.received_on else ""
    return f"✓ {line.data_set_title_zh}（{line.period_label_zh}）{zh} {en}{came}"


def _facts(line: Line) -> dict[str, Any]:
    return {
        "data_set_id": line.data_set_id,
        "title_zh": line.data_set_title_zh,
        "title_en": line.data_set_title_en,
        "period": line.period,
        "due_on": line.due_on.isoformat(),
        "state": line.state,
        "overdue_days": line.overdue_days,
        "owner": line.owner,
    }


# --- sending ---------------------------------------------------------------------------------


def deliver(channel: Channel, message: Message) -> None:
    """Hand a message to a channel.

    Raises:
        QutongError: a secret is not there, or the channel did not take it; no secret is said.
        OSError: it cannot be reached.
    """
    if channel.kind == "command":
        _command(channel, message)
    elif channel.kind == "webhook":
        _webhook(channel, message)
    else:
        _mail(channel, message)


def _command(channel: CommandChannel, message: Message) -> None:
    done = subprocess.run(
        channel.command,
        input=_json(asdict(message)),
        timeout=channel.seconds,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise QutongError(f"the command ended with {done.returncode} / 命令失败")


def _webhook(channel: WebhookChannel, message: Message) -> None:
    import httpx2 as httpx

    headers = {"Idempotency-Key": message.id}
    if channel.token_secret:
        headers["Authorization"] = f"Bearer {Secrets().get(channel.token_secret)}"
    url = channel.url or Secrets().get(channel.url_secret or "")
    if not url.startswith(("http://", "https://")):
        raise QutongError("the address is none of http or https / 地址无效")
    try:
        # a message goes where it was declared to go: no redirect, no .netrc
        answer = httpx.post(
            url, json=_body(channel, message), headers=headers, timeout=channel.seconds,
            follow_redirects=False, trust_env=False,
        )  # fmt: skip
    except httpx.TransportError as error:
        # the address may be a secret
        raise ConnectionError(type(error).__name__) from None
    if not answer.is_success:
        raise QutongError(
            f"the address answered {answer.status_code} / 对方返回 {answer.status_code}"
        )
    if channel.body == "robot":
        _demand_taken(answer.content)


def _body(channel: WebhookChannel, message: Message) -> dict[str, Any]:
    if channel.body == "robot":
        return {"msgtype": "text", "text": {"content": message.text}}
    return asdict(message)


def _demand_taken(said: bytes) -> None:
    """Robots of chats answer 200 to what they refuse, and say so inside."""
    try:
        code = json.loads(said).get("errcode", 0)
    except (ValueError, AttributeError):
        code = "?"
    if code != 0:
        raise QutongError(f"the robot refused it: errcode {code} / 机器人拒收")


def _mail(channel: SmtpChannel, message: Message) -> None:
    import smtplib
    import ssl

    trusted = ssl.create_default_context()
    if channel.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            channel.host, channel.port, timeout=channel.seconds, context=trusted
        )
    else:
        server = smtplib.SMTP(channel.host, channel.port, timeout=channel.seconds)
    with server:
        if channel.security == "starttls":
            server.starttls(context=trusted)
        if channel.user and channel.password_secret:
            try:
                server.login(channel.user, Secrets().get(channel.password_secret))
            except smtplib.SMTPAuthenticationError as error:
                raise QutongError(
                    f"the mail server refused the login: {error.smtp_code} / 邮件登录失败"
                ) from None
        server.send_message(_letter(channel, message))


def _letter(channel: SmtpChannel, message: Message) -> Any:
    from email.message import EmailMessage

    letter = EmailMessage()
    letter["Subject"] = message.subject
    letter["From"] = channel.sender
    letter["To"] = ", ".join(channel.to)
    letter["Message-ID"] = f"<{message.id}@qutong>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.text)
    return letter


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
