"""What a connector that pulls is: it fetches what a source has, byte for byte, and says so.

A connector is one module, named by an entry point of the group ``qutong.connectors``. It has

    Section   what ``delivery.source`` of a declaration says, a ``spec.SourceSection``
    pull      asks a source, and yields what it has, each in a file below ``asked.spool``

It decides nothing about what it fetched, keeps nothing between two pulls, and writes nothing but
the spool: archive, receipts, hours of the day and words for people are the same for all of them
(``pulling``). What it was given the last time stands in ``asked.known``; a thing that is as it was
then is yielded without a file.

Belongs here: what both sides know of each other. Does not belong here: any one source, and what
becomes of what was fetched.
"""

from __future__ import annotations

import contextlib
import fnmatch
import itertools
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Protocol, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BaseModel, Field

from orchestration.collect.connectors import is_delivery, matches
from orchestration.collect.connectors.attempts import Known
from orchestration.collect.connectors.secrets import Secrets
from orchestration.deadlines import Awaited
from orchestration.errors import QutongError
from orchestration.spec import DataSet, SourceSection

T = TypeVar("T")

_LONGEST: Final = 240
"""Bytes of a file name; disks take 255."""


class SourceError(QutongError):
    """A source did not give what was declared.

    Args:
        zh, en: What happened, for a person.
        remedy: What to do now.
        status: What the source said in its own code: 404, NoSuchKey, 28P01.
        may_pass: Whether it may be otherwise in a moment.
        is_alone: Whether it is about one thing, and the others can be had all the same.
        wait: After how many seconds the source wants to be asked again, where it said so.
    """

    def __init__(
        self,
        zh: str,
        en: str,
        *,
        remedy: str = "",
        status: str = "",
        may_pass: bool = False,
        is_alone: bool = False,
        wait: float | None = None,
    ) -> None:
        self.zh, self.en, self.status = zh, en, status
        self.may_pass, self.is_alone, self.wait = may_pass, is_alone, wait
        super().__init__(f"{en} / {zh}", remedy=remedy or None)

    def about(self, key: str, others: int = 0) -> SourceError:
        """The same, with the thing that it is about, and how many others fared no better."""
        zh, en = (f"，另有 {others} 个", f", and {others} more") if others else ("", "")
        return SourceError(
            f"{key}{zh}：{self.zh}", f"{key}{en}: {self.en}", remedy=self.remedy or "",
            status=self.status, may_pass=self.may_pass, is_alone=self.is_alone, wait=self.wait,
        )  # fmt: skip


@dataclass(frozen=True)
class Pulled:
    """One thing that a source has.

    Attributes:
        key: What the source calls it, the same at every pull: an address, a path, a query.
        name: As what file it is delivered; a name without folders.
        path: Its bytes, below the spool; None where they are those that are known.
        delivered_on: The day that the source states.
        details: What else a receipt should tell: query, parameters, snapshot.
    """

    key: str
    name: str
    path: Path | None
    tag: str = ""
    modified: str = ""
    mark: str = ""
    delivered_on: date | None = None
    status: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """One pull: what is asked of which source, within which limits.

    Attributes:
        section: The connector's own.
        spool: An empty directory of this pull.
        known: What was pulled last, by key.
        begun: On the clock of ``time.monotonic``.
        is_trial: Whether a person only wants to know what the source says.
        periods: For which periods a source with a file or an answer for each is asked.
        quiet_seconds: For how long a file that others can still write to was left as it is.
        pause: How to wait a number of seconds; tests let other things happen meanwhile.
    """

    data_set: DataSet
    section: SourceSection
    spool: Path
    secrets: Secrets
    known: Mapping[str, Known]
    now: datetime
    begun: float = field(default_factory=time.monotonic)
    is_trial: bool = False
    periods: tuple[Awaited, ...] = ()
    quiet_seconds: float = 0.0
    pause: Callable[[float], None] = time.sleep
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def in_time(self) -> float:
        """How many seconds are left.

        Raises:
            SourceError: none.
        """
        left = self.section.seconds - (time.monotonic() - self.begun)
        if left <= 0:
            raise self.too_long()
        return left

    def too_long(self) -> SourceError:
        """That the time is over."""
        return SourceError(
            f"超过 {self.section.seconds} 秒仍未取完",
            f"was not done within {self.section.seconds} s",
            remedy="it is tried again with the next run; else raise delivery.source.seconds",
            status="timeout",
        )

    def room(self, size: int) -> None:
        """Whether a file may be so large.

        Raises:
            SourceError: it may not.
        """
        if size > self.section.megabytes * 1_000_000:
            raise SourceError(
                f"文件超过 {self.section.megabytes} MB 的上限",
                f"is larger than the limit of {self.section.megabytes} MB",
                remedy="look at what the source gives; else raise delivery.source.megabytes",
                status="too large",
                is_alone=True,
            )

    def write(self, chunks: Iterable[bytes], path: Path, mode: str = "xb") -> int:
        """Write what comes, as long as there is time and room; how large the file is then."""
        with on_this_disk():
            writer = path.open(mode, buffering=0)
        with writer:
            size = writer.seek(0, os.SEEK_END)
            for chunk in chunks:
                self.in_time()
                size += len(chunk)
                self.room(size)
                with on_this_disk():
                    left = memoryview(chunk)
                    while left:
                        left = left[writer.write(left) :]
        return size

    def file(self, name: str) -> Path:
        """A place in the spool for something that is called so."""
        folder = self.spool / f"{next(self._numbers):06}"
        folder.mkdir()
        return folder / name


@contextlib.contextmanager
def on_this_disk() -> Iterator[None]:
    """What goes wrong on this side is not the source's."""
    try:
        yield
    except OSError as error:
        raise SourceError(
            "本机磁盘无法写入", f"cannot be written to the disk here: {error.strerror or error}",
            remedy="make room on the disk of the work directory, then run again", status="disk",
        ) from error  # fmt: skip


_OF_PERIOD: Mapping[str, Callable[[date], str]] = {
    "{yyyy}": lambda end: f"{end.year:04}",
    "{mm}": lambda end: f"{end.month:02}",
    "{m}": lambda end: f"{end.month}",
    "{q}": lambda end: f"{(end.month + 2) // 3}",
}
"""What stands in a text for the last day of a period."""


def for_period(said: Any, period: Awaited) -> Any:
    """What a declaration says, for one period: in each text of it."""
    if isinstance(said, str):
        for name, told in _OF_PERIOD.items():
            said = said.replace(name, told(period.end))
        return said
    if isinstance(said, BaseModel):
        return said.model_copy(update={name: for_period(own, period) for name, own in said})
    if isinstance(said, Mapping):
        return {name: for_period(value, period) for name, value in said.items()}
    if isinstance(said, list | tuple):
        return type(said)(for_period(value, period) for value in said)
    return said


def is_of_period(said: Any) -> bool:
    """Whether a declaration says another thing for each period."""
    if isinstance(said, str):
        return any(name in said for name in _OF_PERIOD)
    if isinstance(said, BaseModel):
        return any(is_of_period(value) for _, value in said)
    if isinstance(said, Mapping):
        return any(is_of_period(value) for value in said.values())
    return isinstance(said, list | tuple) and any(is_of_period(value) for value in said)


def by_period(asked: Asked, *keys: str) -> list[Asked]:
    """The same pull once for each period that is asked for, where those keys name one.

    Raises:
        SourceError: they do, and none is awaited.
    """
    told = {key: getattr(asked.section, key) for key in keys}
    if not is_of_period(told):
        return [asked]
    if not asked.periods:
        raise SourceError(
            "没有应报的报告期，申报中的年月无从填写",
            "no period is awaited, so nothing can be put into the declaration",
            remedy="declare delivery.due and awaited_from", status="no period",
        )  # fmt: skip
    return [
        replace(asked, section=asked.section.model_copy(update=for_period(told, period)))
        for period in asked.periods
    ]


# --- proxies ------------------------------------------------------------------------------------

_SECRET = re.compile(r"\{([A-Z][A-Z0-9_]*)\}")


def filled(text: str, secrets: Secrets, spelled: Callable[[str], str] = str) -> str:
    """A text with the secrets that stand in it by name, each spelled as the text needs it."""
    return _SECRET.sub(lambda found: spelled(secrets.get(found[1])), text)


def _proxy(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            f"{without_login(value)!r} is no address of the form http://host:port / 不是代理地址"
        )
    if parts.password and not _SECRET.fullmatch(parts.password):
        raise ValueError(
            "the password of a proxy stands in no declaration: give it to a secret, and write its "
            "name, http://user:{PROXY_PASSWORD}@host:port / 代理密码不得写入申报"
        )
    return value


def without_login(address: str) -> str:
    """An address, without who asks there."""
    before, at, behind = address.rpartition("@")
    return f"{before.partition('://')[0]}://{behind}" if at else address


Proxy = Annotated[
    str,
    AfterValidator(_proxy),
    Field(
        description="http://host:port, with a login http://user:{NAME}@host:port, {NAME} for a "
        "secret. What the environment says of proxies counts for nothing."
    ),
]


def proxy_of(proxy: str | None, secrets: Secrets) -> str | None:
    """The declared proxy with its login."""
    return None if proxy is None else filled(proxy, secrets, lambda said: quote(said, safe=""))


# --- a connector --------------------------------------------------------------------------------


class Source(Protocol):
    """A connector that pulls."""

    Section: type[SourceSection]

    def pull(self, asked: Asked) -> Iterator[Pulled]:
        """Everything that the source has for a data set, in a stable order.

        Raises:
            SourceError: the source did not give what was declared.
        """
        ...


def safe_name(said: str, fallback: str) -> str:
    """A file name that leads nowhere, of what a source calls something."""
    name = said.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(letter for letter in name if letter.isprintable()).strip().lstrip(".~$ ")
    return _short(name) or fallback


def _short(name: str) -> str:
    """A name that a disk takes: what is too much falls out before its ending."""
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > _LONGEST // 4:
        stem, dot, ending = name, "", ""
    kept = stem.encode()[: _LONGEST - len((dot + ending).encode())]
    return kept.decode("utf-8", "ignore") + dot + ending


FileNames = Annotated[
    str,
    Field(
        min_length=1,
        description="Of the files that delivery.pattern means only those that are named so: "
        "*{yyyy}年{m}月*, with the period that is awaited.",
    ),
]


def is_meant(asked: Asked, below: str, names: str | None = None) -> bool:
    """Whether what lies at a path below what is declared is a delivery of the data set."""
    name = safe_name(below, "")
    is_named = names is None or fnmatch.fnmatch(name, names)
    return is_delivery(Path(below)) and is_named and matches(name, asked.data_set)


def say_none_is_meant(asked: Asked, others: Sequence[str]) -> None:
    """Tell a person who tries a source that it has other things than are declared.

    A run awaits what comes; nothing is no failure.

    Raises:
        SourceError: it is a trial.
    """
    if not asked.is_trial:
        return
    patterns = ", ".join(asked.data_set.delivery.pattern)
    many = len(others)
    raise SourceError(
        f"有 {many} 个文件（如 {others[0]}），没有一个符合 {patterns}" if many else "那里没有文件",
        f"has {many} files, {others[0]!r} is one, and none is named {patterns}"
        if many
        else "has no file there",
        remedy="if there should be one, mend delivery.source, or delivery.pattern",
        status="none is meant",
    )


def each(
    things: Iterable[T], key: Callable[[T], str], fetch: Callable[[T], Pulled]
) -> Iterator[Pulled]:
    """Fetch one thing after the other; what fails alone does not keep back those after it.

    Raises:
        SourceError: what failed first, once all others were had; what fails for all, at once.
    """
    failed: list[tuple[str, SourceError]] = []
    for thing in things:
        try:
            pulled = fetch(thing)
        except SourceError as error:
            if not error.is_alone:
                raise
            failed.append((key(thing), error))
            continue
        yield pulled
    if failed:
        first, reason = failed[0]
        raise reason.about(first, others=len(failed) - 1)


def tried(asked: Asked, ask: Callable[[], T]) -> T:
    """What ``ask`` returns; what may pass is tried again, further and further apart.

    Raises:
        SourceError: of the last try, or of one that no other try would mend.
    """
    import stamina
    from stamina.instrumentation import set_on_retry_hooks

    set_on_retry_hooks([])  # they would tell errors that nobody has scrubbed

    def again(error: Exception) -> bool | float:
        if not isinstance(error, SourceError) or not error.may_pass:
            return False
        if error.wait is None:
            return True
        return error.wait if error.wait < asked.in_time() else False

    tries = stamina.retry_context(
        on=again, attempts=asked.section.tries, timeout=asked.in_time(),
        wait_initial=0.5, wait_max=30.0, wait_jitter=1.0,
    )  # fmt: skip
    for attempt in tries:
        with attempt:
            return ask()
    raise AssertionError("a retry context ends by returning or raising")
