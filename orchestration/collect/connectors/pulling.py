"""Pulling: a source is asked within its hours and limits, and what it has becomes offers.

Whatever a connector does, this holds: each attempt leaves a receipt, the failed ones too; what
came is on offer for the archive before anybody looks into it; a source that fails delays its own
data set alone; and no secret stands in what is told.

Belongs here: all that is the same for every source. Does not belong here: any one of them.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from orchestration import plugins
from orchestration.collect.connectors import Offer
from orchestration.collect.connectors.attempts import Attempt, Attempts, Item, Known
from orchestration.collect.connectors.secrets import Secrets
from orchestration.collect.connectors.source import (
    Asked,
    Pulled,
    Source,
    SourceError,
    on_this_disk,
)
from orchestration.deadlines import Awaited, Rule, awaited, period_over
from orchestration.errors import QutongError
from orchestration.spec import DataSet, SourceSection

if TYPE_CHECKING:
    from orchestration.collect.archive import Archive
    from orchestration.declarations import Declarations, Declared
    from orchestration.settings import Settings

UNTOLD = "连接器出错而未说明原因"
SLOW = "slow"
"""Status of an attempt that was left because others waited."""


@dataclass
class Found:
    """What one pull came to.

    Attributes:
        offers: Things that are not as they were, with what a receipt tells of each.
        things: How many the source has.
        is_news: Whether any of them has other bytes than it had.
    """

    offers: list[tuple[Offer, Item]] = field(default_factory=list)
    things: int = 0
    is_news: bool = False
    error: SourceError | None = None
    seconds: float = 0.0


class PullingConnector:
    """One source of one data set.

    Attributes:
        is_remote: See ``Connector``.
        periods: What is asked for, where a source has a file or an answer for each period.

    Args:
        data_set: Whose.
        source: The connector that it names.
        section: What it declares of the source.
        now: The moment of the run.
        pause: How to wait a number of seconds; tests let other things happen meanwhile.
    """

    is_remote = True

    def __init__(
        self,
        settings: Settings,
        data_set: DataSet,
        source: Source,
        section: SourceSection,
        now: datetime,
        secrets: Secrets | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings, self.data_set = settings, data_set
        self.source, self.section = source, section
        self.now, self.pause = now, pause
        self.name = data_set.delivery.connector
        self.secrets = secrets or Secrets()
        self.attempts = Attempts(settings.archive)
        self.periods: tuple[Awaited, ...] = ()
        self._lock = threading.Lock()
        self._found: Found | None = None
        self._left: dict[Path, Item] = {}
        self._taken: list[Item] = []
        self._there: dict[str, tuple[int, str]] = {}

    # --- as a place that deliveries come from --------------------------------------------------

    def offers(self, data_set: DataSet) -> Iterator[Offer]:
        """What the source has and was not received as it is; it is asked once in a run.

        Raises:
            QutongError: the source did not give what was declared.
        """
        if data_set.id != self.data_set.id:
            return
        self.look()
        if self._found is None:
            return
        yield from (offer for offer, _ in self._found.offers)
        if self._found.error is not None:
            raise self.told(self._found.error)

    def look(self) -> None:
        """Ask the source now, unless this run has; who goes through offers finds what it gave."""
        if self._found is None and self.is_time():
            self._is_found(self.ask())

    def leave(self, seconds: float) -> None:
        """Wait no longer for the source: what it gives after this is asked for anew."""
        self._is_found(
            Found(
                seconds=seconds,
                error=SourceError(
                    f"{seconds:.0f} 秒内未答完，其他数据集不再等待",
                    f"had not answered after {seconds:.0f} s; the other data sets went on",
                    remedy=f"qutong run --data-set {self.data_set.id} waits as long as "
                    "delivery.source.seconds says, and so does its schedule",
                    status=SLOW,
                ),
            )
        )

    def _is_found(self, found: Found) -> None:
        """What comes first counts."""
        with self._lock:
            if self._found is None:
                self._found = found
                self._left = {offer.path: item for offer, item in found.offers}

    def taken(self, offer: Offer) -> None:
        """The archive has it: so far the source is known now."""
        item = self._left.pop(offer.path, None)
        if item is None:
            return
        self._taken.append(item)
        offer.path.unlink(missing_ok=True)

    def finished(self) -> None:
        """All that was on offer is archived, or stuck: what came of the attempt is put down."""
        if self._found is not None:
            self._record(self._found)
        self._found = None
        self.clear()

    def unclaimed(self, known: set[str]) -> list[str]:
        """A source has nothing that its declaration does not ask for."""
        return []

    @cached_property
    def _archive(self) -> Archive:
        from orchestration.collect.archive import Archive

        return Archive(self.settings.archive, self.now)

    # --- asking --------------------------------------------------------------------------------

    def is_time(self) -> bool:
        """Whether the source may be asked now: within its hours, and not too soon."""
        zone = ZoneInfo(self.settings.district.time_zone)
        if not within(self.section.window, self.now.astimezone(zone).time()):
            return False
        last = self.attempts.last(self.data_set.id) if self.section.every_minutes else None
        if last is not None and last.status != SLOW:
            asked = datetime.fromisoformat(last.at)
            soonest = asked + timedelta(minutes=self.section.every_minutes)
            # an attempt of days to come was made by a clock that was wrong
            return self.now >= soonest or asked > self.now
        return True

    def ask(self, *, is_trial: bool = False) -> Found:
        """Ask the source; whatever goes wrong is what was found."""
        begun, found = time.monotonic(), Found()
        try:
            with on_this_disk():
                self._there = self._places()
                known = {} if is_trial else self._known()
                asked = Asked(
                    self.data_set, self.section, self._spool(), self.secrets, known, self.now,
                    is_trial=is_trial, periods=self.periods, pause=self.pause,
                    quiet_seconds=self.settings.district.quiet_seconds,
                )  # fmt: skip
            for pulled in in_time(asked, self._pull):
                found.things += 1
                if pulled.path is not None:
                    self._see(found, pulled, known)
        except SourceError as error:
            found.error = error
        except QutongError as error:
            found.error = SourceError(error.what, error.what, remedy=error.remedy or "")
        except Exception as error:  # a connector of others: the rest of the run goes on
            found.error = SourceError(
                UNTOLD, f"{type(error).__name__}: {error}",
                remedy="tell whoever keeps the connector; it is tried again with the next run",
            )  # fmt: skip
        found.seconds = time.monotonic() - begun
        return found

    def _pull(self, asked: Asked) -> Iterator[Pulled]:
        with self.secrets.out_of_logs():
            yield from self.source.pull(asked)

    def _places(self) -> dict[str, tuple[int, str]]:
        """Of each thing its last version that the archive has, with the hash of its bytes.

        The archive says so, not the attempts: a kill between both leaves what no attempt tells of.
        """
        there: dict[str, tuple[int, str]] = {}
        for delivery in self._archive.received(self.data_set.id):
            for place in delivery.places:
                key, _, number = place.removeprefix(f"{self.name}/").rpartition("#")
                if place.startswith(f"{self.name}/") and number.isdigit():
                    there[key] = max(there.get(key, (0, "")), (int(number), delivery.sha256))
        return there

    def _known(self) -> dict[str, Known]:
        """What was pulled last, as far as the archive has it: what it lost is fetched again."""
        known: dict[str, Known] = {}
        for key, item in self.attempts.known(self.data_set.id).items():
            path = self._archive.object_path(item.sha256)
            is_there = path.is_file() and path.stat().st_size == item.size
            if is_there and self._there.get(key, (0, ""))[0] <= item.version:
                known[key] = item
        return known

    def _thing(self, key: str, sha256: str) -> tuple[str, int]:
        """Under which name and version a thing is received.

        Bytes that this source gave under another address are no news: addresses with a time or a
        session in them are others at every pull.
        """
        version, received = self._there.get(key, (0, ""))
        if version and received != sha256:
            return key, version + 1
        if not version:
            same = [own for own in self._there.items() if own[1][1] == sha256]
            if same:
                return same[0][0], same[0][1][0]
        return key, version or 1

    def _see(self, found: Found, pulled: Pulled, known: Mapping[str, Known]) -> None:
        """Put what was fetched on offer, unless its bytes are those that were known."""
        assert pulled.path is not None
        from orchestration.collect.archive import hash_file

        sha256, size = hash_file(pulled.path)
        key = self.secrets.scrub(pulled.key)
        before = known.get(key)
        thing, version = self._thing(key, sha256)
        found.is_news = found.is_news or before is None or before.sha256 != sha256
        path, name = self._named(pulled.path, pulled.name)
        scrub = self.secrets.scrub
        item = Item(
            sha256, size, version,
            # a tag with a secret in it would be another one once it is scrubbed
            pulled.tag if scrub(pulled.tag) == pulled.tag else "",
            pulled.modified if scrub(pulled.modified) == pulled.modified else "",
            pulled.mark, _scrubbed(dict(pulled.details), scrub),
            key=key, name=name, status=scrub(pulled.status),
        )  # fmt: skip
        offer = Offer(
            data_set_id=self.data_set.id,
            path=path,
            # it leaves the spool: the archive reads its own copy back first
            is_removed=True,
            connector=self.name,
            delivered_on=pulled.delivered_on,
            # the same thing at the same version, even where a kill lost its receipt
            place=f"{self.name}/{thing}#{version}",
            origin=key,
        )
        found.offers.append((offer, item))

    def _named(self, path: Path, said: str) -> tuple[Path, str]:
        """A file under its name without the secrets that a source may put there."""
        name = self.secrets.scrub(said)
        if name not in (path.name, said):
            path = path.rename(path.with_name(name))
        return path, name

    @property
    def own_spool(self) -> Path:
        """Where what this process fetches lies until the archive has it."""
        return self.settings.work / "spool" / self.data_set.id / str(os.getpid())

    def _spool(self) -> Path:
        """An empty directory; what killed processes left is gone."""
        shutil.rmtree(self.own_spool, ignore_errors=True)
        self.settings.make_private()
        self.own_spool.mkdir(parents=True)
        for other in self.own_spool.parent.iterdir():
            if not _is_at_work(other.name):
                shutil.rmtree(other, ignore_errors=True)
        return self.own_spool

    def clear(self) -> None:
        """Nothing of what was fetched is needed any more."""
        shutil.rmtree(self.own_spool, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.own_spool.parent.rmdir()

    # --- what is told --------------------------------------------------------------------------

    def _record(self, found: Found) -> None:
        error, items = found.error, tuple(self._taken)
        if error is None and self._left:
            error = SourceError(
                f"{len(self._left)} 个文件未能归档", f"{len(self._left)} could not be archived",
                remedy="see what the run said of it; it is tried again with the next run",
            )  # fmt: skip
        self._taken, self._left = [], {}
        scrub = self.secrets.scrub
        self.attempts.add(
            Attempt(
                data_set_id=self.data_set.id,
                connector=self.name,
                at=self.now.astimezone(UTC).isoformat(timespec="seconds"),
                origin=scrub(self.origin()),
                outcome="failed" if error else "received" if found.is_news else "unchanged",
                seconds=round(found.seconds, 3),
                status=scrub(error.status) if error else "",
                reason_zh=scrub(error.zh) if error else "",
                reason_en=scrub(error.en) if error else "",
                remedy=scrub(error.remedy or "") if error else "",
                things=found.things,
                size=sum(item.size for item in items),
                items=items,
            )
        )

    def told(self, error: SourceError) -> QutongError:
        return QutongError(
            self.secrets.scrub(error.what),
            file=self.secrets.scrub(self.origin()),
            place=self.data_set.id,
            remedy=self.secrets.scrub(error.remedy or "see 'qutong source test "
                                      f"{self.data_set.id}'; it is tried again with the next run"),
        )  # fmt: skip

    def origin(self) -> str:
        """What the source is called, for a person."""
        describe = cast("Callable[[SourceSection], str] | None",
                        getattr(self.source, "origin", None))  # fmt: skip
        return describe(self.section) if describe else self.name


def in_time(asked: Asked, pull: Callable[[Asked], Iterator[Pulled]]) -> Iterator[Pulled]:
    """What a pull yields, within the declared seconds whatever it waits for.

    A library may wait where it cannot be told how long: for a name, a handshake, headers that drip.
    So it waits in a thread of its own, which nobody waits for once the time is over.

    Raises:
        SourceError: the time is over.
    """
    given: queue.SimpleQueue[Pulled | BaseException | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            for pulled in pull(asked):
                given.put(pulled)
            given.put(None)
        except BaseException as error:
            given.put(error)

    threading.Thread(target=work, daemon=True, name=f"pull {asked.data_set.id}").start()
    while True:
        try:
            one = given.get(timeout=asked.in_time())
        except queue.Empty:
            raise asked.too_long() from None
        if one is None:
            return
        if isinstance(one, BaseException):
            raise one
        yield one


def _scrubbed(told: Any, scrub: Callable[[str], str]) -> Any:
    """What a connector tells, without secrets in any text of it."""
    if isinstance(told, str):
        return scrub(told)
    if isinstance(told, Mapping):
        return {scrub(str(name)): _scrubbed(value, scrub) for name, value in told.items()}
    if isinstance(told, Sequence):
        return [_scrubbed(value, scrub) for value in told]
    return told


def _is_at_work(pid: str) -> bool:
    """Whether a process of that number is there."""
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def within(window: str | None, now: clock) -> bool:
    """Whether a time of the day lies within hours such as 22:00-06:00."""
    if window is None:
        return True
    begin, end = (clock.fromisoformat(part) for part in window.split("-"))
    if begin == end:
        return True  # all day
    if begin < end:
        return begin <= now < end
    return now >= begin or now < end


def source_of(
    declared: Declared, declarations: Declarations, now: datetime, periods: Sequence[str] = ()
) -> PullingConnector | None:
    """The source that a data set declares; None where its deliveries are laid into a folder."""
    from orchestration.declarations import section_of

    section = section_of(declared)
    if section is None:
        return None
    name = declared.data_set.delivery.connector
    # that there is one was seen when the declaration was read
    source = cast("Source", plugins.load(plugins.CONNECTORS, name))
    connector = PullingConnector(declarations.settings, declared.data_set, source, section, now)
    connector.periods = _asked_for(declared, declarations, now, periods)
    return connector


def _asked_for(
    declared: Declared, declarations: Declarations, now: datetime, periods: Sequence[str]
) -> tuple[Awaited, ...]:
    """The awaited periods that are named, or the last one that is over; none without a rule."""
    rule = Rule.of(declared.data_set.delivery)
    if rule is None:
        return ()
    today = now.astimezone(ZoneInfo(declarations.settings.district.time_zone)).date()
    known = awaited(rule, declarations.calendar, date(today.year + 1, 12, 31))
    if periods:
        return tuple(period for period in known if period.period in periods)
    last = period_over(known, today)
    return () if last is None else (last,)
