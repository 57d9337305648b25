"""The archive: bytes under their hash, with a receipt, before anything is decided about them.

Belongs here: storing, receipts, and what has ever been received. Does not belong here: reading
what the bytes say. A run deletes nothing in the archive, and rewrites nothing but to heal it.

Three records hold each other up: **objects** (bytes under their hash), **receipts** (one line for
each handing over) and the **registry** (one entry for each delivery). What follows from receipts is
written again from them; damaged bytes are replaced by the sender's when they come again.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import json
import os
import re
import stat
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any, BinaryIO, Literal

from orchestration.errors import QutongError

CHUNK = 1 << 20


class DamagedError(QutongError):
    """The archived bytes of a delivery are gone, or are not what was received."""


Outcome = Literal["new", "again", "unchanged"]
TELLING: frozenset[str] = frozenset({"new", "again"})
"""Outcomes of receipts that are deliveries of their own."""


@dataclass(frozen=True)
class Receipt:
    """That something was handed over: when, from where, by whom, how large, which bytes.

    Attributes:
        outcome: ``new`` for bytes never received for this data set; ``again`` for known bytes that
            take back what was received after them; else ``unchanged``.
        delivered_on: The day the sender delivered (folder date), else the day of receipt in the
            zone of the district.
        number: Counts receipts up, whatever the clock says; 0 where they were not counted yet.
        place: Where the connector found it, as long as the same thing lies there.
    """

    receipt_id: str
    data_set_id: str
    sha256: str
    size_bytes: int
    file_name: str
    origin: str
    connector: str
    delivered_on: str
    received_at: str
    received_by: str
    outcome: str
    number: int = 0
    place: str = ""


@dataclass(frozen=True)
class Delivery:
    """Bytes of one data set that said something new when they came.

    Attributes:
        number: Of its receipt.
        repeat: 1 for bytes that came for the first time, 2 where the same bytes were delivered
            again after others, and so on.
        places: Where it lay or lies: what is found there again is no news.
    """

    data_set_id: str
    sha256: str
    size_bytes: int
    file_name: str
    connector: str
    delivered_on: date
    received_at: str
    number: int = 0
    repeat: int = 1
    places: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The head of the hash, and which time it is that these bytes came."""
        return self.sha256[:12] + ("" if self.repeat == 1 else f".{self.repeat}")

    @property
    def file_stem(self) -> str:
        """The name where files are called by it: without the dot that would begin an ending."""
        return self.name.replace(".", "_")

    @property
    def delivery_id(self) -> str:
        """Stable and short: data set and name."""
        return f"{self.data_set_id}:{self.name}"

    def received_in(self, zone: tzinfo) -> datetime | None:
        """When it came, by the clocks of a zone; None where it is filed under another day."""
        local = datetime.fromisoformat(self.received_at).astimezone(zone).replace(tzinfo=None)
        return local if local.date() == self.delivered_on else None

    @property
    def arrival(self) -> tuple[int, str, str, str]:
        """Order of receipt, whatever the clock said."""
        if self.number:
            return (self.number, "", "", "")
        return (0, self.received_at, natural(self.file_name), self.sha256)

    @property
    def order(self) -> tuple[date, int, str, str, str]:
        """Order within a data set: the day of the sender, then that of receipt."""
        return (self.delivered_on, *self.arrival)


def natural(name: str) -> str:
    """A name in which numbers sort by their size."""
    parts = re.split("([0-9]+)", name)
    return "".join(part.zfill(12) if part.isdigit() else part for part in parts)


def fsync_directory(folder: Path) -> None:
    """Make renames and new names in ``folder`` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def printable(name: str) -> str:
    """A file name as text, whatever bytes it is made of."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def hash_file(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file."""
    with path.open("rb") as reader:
        return _pump(reader, None)


def _pump(reader: BinaryIO, writer: BinaryIO | None) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := reader.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if writer is not None:
            writer.write(chunk)
    return digest.hexdigest(), size


class Archive:
    """The archive of one project.

    Args:
        root: Its directory; made when missing.
        now: Clock of the receipts; one instant for a whole run.
        zone: Where a day begins and ends.
    """

    def __init__(self, root: Path, now: datetime, zone: tzinfo = UTC) -> None:
        self.root = root
        self.now = now
        self.today = now.astimezone(zone).date()
        self._last_number: int | None = None
        self._known: dict[str, _Known] = {}
        self._log: BinaryIO | None = None
        self._hashed: dict[Path, tuple[tuple[int, ...], tuple[str, int]]] = {}

    def _next_number(self) -> int:
        if self._last_number is None:
            last = (_last_of(file) for file in (self.root / "receipts").rglob("*.jsonl"))
            self._last_number = max((receipt.number for receipt in last if receipt), default=0)
        self._last_number += 1
        return self._last_number

    def object_path(self, sha256: str) -> Path:
        """Where the bytes of a hash lie."""
        return self.root / "objects" / sha256[:2] / sha256

    def hash_of(self, source: Path) -> tuple[str, int]:
        """SHA-256 and size of a file that is on offer; read once while it stays what it is.

        A file is looked at several times in a run: is it news, and what is its receipt to say. One
        that was changed a moment ago may change again within the same tick of the clock.

        Raises:
            OSError: it cannot be read.
        """
        told = source.stat()
        now = (*_identity(told), told.st_ctime_ns)
        known = self._hashed.get(source)
        if known is not None and known[0] == now:
            return known[1]
        found = hash_file(source)
        if time.time_ns() - max(told.st_mtime_ns, told.st_ctime_ns) > _LONG_AGO:
            self._hashed[source] = now, found
        return found

    @contextlib.contextmanager
    def receiving(self) -> Iterator[None]:
        """Within, the log of receipts is opened once, not for each of thousands of files."""
        with self._log_of_receipts() as log:
            self._log = log
            try:
                yield
            finally:
                self._log = None

    # --- receiving ---------------------------------------------------------------------------

    def store(
        self,
        source: Path,
        data_set_id: str,
        *,
        connector: str,
        delivered_on: date | None,
        place: str = "",
        is_removed: bool = False,
        is_well_named: Callable[[str], bool] = bool,
        origin: str = "",
    ) -> tuple[Delivery, Receipt]:
        """Store the bytes of ``source`` durably and write a receipt.

        Args:
            source: The file.
            data_set_id: Whose.
            connector: Its name.
            delivered_on: The day that the sender states.
            place: See ``Receipt``.
            is_removed: Whether the source goes once this returns: what the archive holds is then
                read to its end and compared first.
            is_well_named: Whether a file name is one of the data set's.
            origin: What the sender calls it, where that is not the path.

        Known bytes keep the name they first came under, unless that name was not one of the data
        set's and the new one is: a file that was only misnamed is put right by naming it well.

        Raises:
            QutongError: the source cannot be read, changes while it is read, or the archive cannot
                be written.
        """
        try:
            sha256, size = self._kept(source, is_removed)
        except OSError as error:
            raise QutongError(
                f"could not be archived: {error.strerror}",
                file=source,
                remedy="check that the file is readable and the disk is not full, then run again",
            ) from error
        received = self.known(data_set_id)
        outcome = received.outcome(sha256, place)
        receipt = Receipt(
            receipt_id=uuid.uuid4().hex,
            data_set_id=data_set_id,
            sha256=sha256,
            size_bytes=size,
            file_name=printable(source.name),
            origin=origin or printable(str(source)),
            connector=connector,
            delivered_on=(delivered_on or self.today).isoformat(),
            received_at=self.now.isoformat(timespec="microseconds"),
            received_by=current_user(),
            outcome=outcome,
            number=self._next_number(),
            place=place,
        )
        same = received.of_bytes(sha256)
        if outcome in TELLING:
            self._append(receipt)
            delivery = _delivery_of(receipt, repeat=len(same) + 1)
            self._register(delivery)
            return delivery, receipt
        known = delivery = same[-1]
        if place and place not in known.places:
            delivery = replace(delivery, places=(*known.places, place))
        if not is_well_named(known.file_name) and is_well_named(receipt.file_name):
            delivery = replace(delivery, file_name=receipt.file_name)
        self._append(receipt, is_durable=delivery != known)
        if delivery != known:
            self._register(delivery)
        return delivery, receipt

    def _kept(self, source: Path, is_removed: bool) -> tuple[str, int]:
        """Bytes of ``source`` under their hash: copied, or copied again where damage is seen."""
        before = _identity(source.stat())
        sha256, size = self.hash_of(source)
        is_there = _size_of(self.object_path(sha256)) == size
        if not is_there or (is_removed and not self.is_sound(sha256)):
            sha256, size = self._copy(source)
            self.check(sha256)
        if _identity(source.stat()) != before:
            raise QutongError(
                "is still being written: it changed while it was read / 文件仍在写入",
                file=printable(str(source)),
                remedy="leave it there: a later run takes it when it has come to rest",
            )
        return sha256, size

    def _copy(self, source: Path) -> tuple[str, int]:
        """Copy while hashing: what counts are the bytes that were copied."""
        incoming = self.root / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        temporary = incoming / f"{os.getpid()}-{uuid.uuid4().hex}"
        try:
            with source.open("rb") as reader, temporary.open("xb") as writer:
                sha256, size = _pump(reader, writer)
                writer.flush()
                os.fsync(writer.fileno())
            target = self.object_path(sha256)
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.chmod(0o444)
            temporary.replace(target)
            fsync_directory(target.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return sha256, size

    def _append(self, receipt: Receipt, *, is_durable: bool = True) -> None:
        """Add a receipt; one that tells nothing new need not outlive the machine's power.

        Thousands of files that lie where they lay would cost a wait for the disk each.
        """
        line = json.dumps(vars(receipt), ensure_ascii=False) + "\n"
        kept = self._log
        with self._log_of_receipts() if kept is None else contextlib.nullcontext(kept) as writer:
            writer.write(line.encode())
            writer.flush()
            if is_durable:
                os.fsync(writer.fileno())

    @contextlib.contextmanager
    def _log_of_receipts(self) -> Iterator[BinaryIO]:
        """The file of the day, at its end."""
        folder = self.root / "receipts" / f"{self.now:%Y}"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{self.now:%Y-%m-%d}.jsonl").open("a+b") as writer:
            begin_line(writer)
            yield writer

    def _register(self, delivery: Delivery) -> None:
        folder = self._registry(delivery.data_set_id)
        folder.mkdir(parents=True, exist_ok=True)
        received = self.known(delivery.data_set_id)
        content = asdict(delivery) | {"delivered_on": delivery.delivered_on.isoformat()}
        temporary = folder / f".{delivery.sha256}.{os.getpid()}"
        with temporary.open("w", encoding="utf-8") as writer:
            json.dump(content, writer, ensure_ascii=False, indent=1)
            writer.flush()
            os.fsync(writer.fileno())
        temporary.chmod(0o444)
        temporary.replace(self._entry(delivery))
        fsync_directory(folder)
        received.add(delivery)
        known = self._known[delivery.data_set_id]
        self._known[delivery.data_set_id] = replace(known, changed_at=_changed_at(folder))

    def _entry(self, delivery: Delivery) -> Path:
        name = delivery.sha256 + ("" if delivery.repeat == 1 else f".{delivery.repeat}")
        return self.root / "deliveries" / delivery.data_set_id / f"{name}.json"

    # --- what was received -------------------------------------------------------------------

    def known(self, data_set_id: str) -> Received:
        """What was received for a data set, for who asks once for each of thousands of files.

        Entries are read again where one came or went, and not where one was damaged since.
        """
        kept = self._known.get(data_set_id)
        if kept is None or kept.changed_at != _changed_at(self._registry(data_set_id)):
            return self._looked_at(data_set_id)
        return kept.received

    def has(self, data_set_id: str) -> bool:
        """Whether anything was ever received for a data set, damaged or not."""
        folder = self._registry(data_set_id)
        return folder.is_dir() and any(folder.iterdir())

    def received(self, data_set_id: str) -> list[Delivery]:
        """All deliveries of a data set in the order of receipt; damaged entries are left out."""
        return self._looked_at(data_set_id).in_order()

    def _looked_at(self, data_set_id: str) -> Received:
        """What was received for a data set; read again where any of its entries changed."""
        return self._entries_read(data_set_id).received

    def _entries_read(self, data_set_id: str) -> _Known:
        """The same with its entries; those that have not changed are not read again."""
        folder = self._registry(data_set_id)
        changed_at, there = _changed_at(folder), _entries_of(folder)
        kept = self._known.get(data_set_id, _Known(Received(), 0, {}))
        entries = {
            name: known
            if (known := kept.entries.get(name)) is not None and known.at == at
            else _Entry(at, _read_entry(folder / name))
            for name, at in there.items()
        }
        if data_set_id in self._known and entries == kept.entries:
            return kept
        found = Received()
        for entry in entries.values():
            if entry.delivery is not None:
                found.add(entry.delivery)
        made = self._known[data_set_id] = _Known(found, changed_at, entries)
        return made

    def _registry(self, data_set_id: str) -> Path:
        return self.root / "deliveries" / data_set_id

    def deliveries(self, data_set_id: str) -> list[Delivery]:
        """Deliveries of a data set that count, in the order of their days (see ``acts``)."""
        from orchestration.collect import acts

        return acts.Decided.of(acts.acts(self.root)).in_play(self.received(data_set_id))

    def find(self, data_set_id: str, delivery_id: str) -> Delivery | None:
        """The delivery of that id."""
        found = (d for d in self.received(data_set_id) if d.delivery_id == delivery_id)
        return next(found, None)

    def read(self, sha256: str) -> bytes:
        """The archived bytes, checked against their hash.

        Raises:
            DamagedError: the bytes are gone or are not what was received.
        """
        path = self.object_path(sha256)
        try:
            content = path.read_bytes()
        except OSError:
            raise _gone(path) from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise _changed(path)
        return content

    def check(self, sha256: str) -> None:
        """Read the archived bytes again, piece by piece, and compare them with their hash.

        Raises:
            DamagedError: the bytes are gone or are not what was received.
        """
        path = self.object_path(sha256)
        try:
            found, _ = hash_file(path)
        except OSError:
            raise _gone(path) from None
        if found != sha256:
            raise _changed(path)

    def is_sound(self, sha256: str) -> bool:
        """Whether the archived bytes are those that were received."""
        try:
            self.check(sha256)
        except DamagedError:
            return False
        return True

    def receipts(self) -> Iterator[Receipt]:
        """Every receipt ever written, oldest first; what is torn is left out."""
        for _, receipt in self.receipt_lines():
            if receipt is not None:
                yield receipt

    def receipt_lines(self) -> Iterator[tuple[str, Receipt | None]]:
        """Every line of the receipts with its place; None where it cannot be read."""
        for file in sorted((self.root / "receipts").rglob("*.jsonl")):
            lines = file.read_bytes().split(b"\n")
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield f"{file.relative_to(self.root)}:{number}", _read_receipt(line)

    def _telling_receipts(self) -> Iterator[Receipt]:
        """Receipts, but for those that say what one before them said of a thing at its place.

        Every look at a file that lies where it lay leaves one: most lines of a log say nothing new,
        and to see that takes a sixth of the time of reading them.
        """
        seen: dict[bytes, set[bytes]] = {}  # by whose bytes, since they told something
        for file in sorted((self.root / "receipts").rglob("*.jsonl")):
            for line in file.read_bytes().split(b"\n"):
                told = _TOLD.match(line)
                if told is None:
                    receipt = _read_receipt(line) if line.strip() else None
                else:
                    bytes_, outcome, place = told.groups()
                    places = seen.setdefault(bytes_, set())
                    if outcome == b"unchanged" and place in places:
                        continue
                    receipt = _read_receipt(line)
                    if outcome != b"unchanged":
                        places.clear()
                    places.add(place)
                if receipt is not None:
                    yield receipt

    # --- putting in order --------------------------------------------------------------------

    def clean(self) -> None:
        """Remove what a killed run left half copied."""
        for leftover in (self.root / "incoming").glob("*"):
            leftover.unlink(missing_ok=True)

    def reconcile(self) -> list[Path]:
        """Write the entries of the registry again that receipts tell of and that are not there.

        Returns:
            The entries that were written.
        """
        written = []
        told = told_by(self._telling_receipts())
        for data_set_id in {delivery.data_set_id for delivery in told}:
            self._looked_at(data_set_id)
        for delivery in told:
            entry = self._entry(delivery)
            known = self.known(delivery.data_set_id).find(delivery.sha256, delivery.repeat)
            if known is None:
                self._register(delivery)
                written.append(entry)
            elif known.number == 0 and set(delivery.places) - set(known.places):
                self._register(replace(known, places=delivery.places))  # of before places were kept
        return written

    def damaged_entries(self, data_set_id: str = "*") -> list[Path]:
        """Entries of the registry that cannot be read."""
        return sorted(
            folder / name
            for folder in (self.root / "deliveries").glob(f"{data_set_id}/")
            for name, entry in self._entries_read(folder.name).entries.items()
            if entry.delivery is None
        )


def place_of(connector: str, path: Path, thing: str = "") -> str:
    """A place as receipts name it: whose, where below its data set, and which thing lies there."""
    return f"{connector}/{printable(str(path))}" + (f"#{thing}" if thing else "")


# --- what is news ----------------------------------------------------------------------------


class Received:
    """What was received for one data set, by its bytes and by where it was found."""

    def __init__(self) -> None:
        self._of_bytes: dict[str, dict[int, Delivery]] = {}
        self._there: dict[str, Delivery] = {}
        self._newest: Delivery | None = None
        self._in_order: list[Delivery] | None = None

    def add(self, delivery: Delivery) -> None:
        """Add a delivery, or what its entry says now."""
        self._in_order = None
        self._of_bytes.setdefault(delivery.sha256, {})[delivery.repeat] = delivery
        for place in delivery.places:
            there = self._there.get(place)
            if there is None or there.arrival <= delivery.arrival:
                self._there[place] = delivery
        if self._newest is None or self._newest.arrival <= delivery.arrival:
            self._newest = delivery

    def find(self, sha256: str, repeat: int) -> Delivery | None:
        """The delivery that brought these bytes for the so many-th time."""
        return self._of_bytes.get(sha256, {}).get(repeat)

    def of_bytes(self, sha256: str) -> list[Delivery]:
        """Deliveries of these bytes in the order of receipt."""
        return sorted(self._of_bytes.get(sha256, {}).values(), key=_arrival)

    def in_order(self) -> list[Delivery]:
        """All of them in the order of receipt."""
        if self._in_order is None:
            all_ = (d for same in self._of_bytes.values() for d in same.values())
            self._in_order = sorted(all_, key=_arrival)
        return list(self._in_order)

    def outcome(self, sha256: str, place: str) -> Outcome:
        """What it means that these bytes are on offer.

        Knowledge follows what is handed over: bytes that are known take back what came after them.
        What merely still lies where it was found is no news.

        Args:
            sha256: Of the bytes on offer.
            place: Where they are; empty where a connector cannot tell.
        """
        if sha256 not in self._of_bytes:
            return "new"
        there = self._there.get(place, self._newest)
        return "unchanged" if there is not None and there.sha256 == sha256 else "again"


@dataclass(frozen=True)
class _Entry:
    """An entry of the registry: its size and time when it was read, and what it said, if it did."""

    at: tuple[int, int]
    delivery: Delivery | None


@dataclass(frozen=True)
class _Known:
    """What was received, and the entries by name as they were read; one may have come since."""

    received: Received
    changed_at: int
    entries: Mapping[str, _Entry]


def _entries_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of each entry of a data set, by its name."""
    try:
        with os.scandir(folder) as found:
            told = [(file.name, file.stat()) for file in found if _is_entry(file.name)]
    except FileNotFoundError:
        return {}
    return {name: (at.st_size, at.st_mtime_ns) for name, at in told}


def _is_entry(name: str) -> bool:
    """Whether a file is an entry, and none that is being written."""
    return name.endswith(".json") and not name.startswith(".")


def _arrival(delivery: Delivery) -> tuple[int, str, str, str]:
    return delivery.arrival


def _changed_at(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def told_by(receipts: Iterable[Receipt]) -> list[Delivery]:
    """The deliveries that receipts tell of."""
    found: dict[tuple[str, str], list[Delivery]] = {}
    for receipt in receipts:
        same = found.setdefault((receipt.data_set_id, receipt.sha256), [])
        if not same or receipt.outcome == "again":
            same.append(_delivery_of(receipt, repeat=len(same) + 1))
        elif receipt.place and receipt.place not in same[-1].places:
            same[-1] = replace(same[-1], places=(*same[-1].places, receipt.place))
    return [delivery for same in found.values() for delivery in same]


def _delivery_of(receipt: Receipt, *, repeat: int) -> Delivery:
    return Delivery(
        data_set_id=receipt.data_set_id,
        sha256=receipt.sha256,
        size_bytes=receipt.size_bytes,
        file_name=receipt.file_name,
        connector=receipt.connector,
        delivered_on=date.fromisoformat(receipt.delivered_on),
        received_at=receipt.received_at,
        number=receipt.number,
        repeat=repeat,
        places=(receipt.place,) if receipt.place else (),
    )


# --- reading what a kill or a disk may have damaged ------------------------------------------


_TOLD = re.compile(
    rb'\{"receipt_id": "\w+", ("data_set_id": "[\w-]+", "sha256": "\w+"), '
    rb'.*, "outcome": "(\w+)", "number": \d+, ("place": ".+")\}'
)
"""A receipt as ``Archive`` writes it: whose, which bytes, what they meant, and where they lay. What
looks like it inside of a text has a backslash before each quotation mark."""


def _read_receipt(line: bytes) -> Receipt | None:
    try:
        receipt = Receipt(**json.loads(line))
    except (ValueError, TypeError):
        return None
    if receipt.place or receipt.connector != "folder":
        return receipt
    # Written before places were kept: the folder connector's follow from the path.
    _, _, below = receipt.origin.rpartition(f"/{receipt.data_set_id}/")
    return replace(receipt, place=place_of("folder", Path(below)))


def _read_entry(file: Path) -> Delivery | None:
    try:
        data: dict[str, Any] = json.loads(file.read_bytes())
        days = date.fromisoformat(data["delivered_on"])
        places = tuple(data.get("places", ()))
        return Delivery(**data | {"delivered_on": days, "places": places})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


TAIL = 1 << 14
"""Bytes at the end of a file of receipts in which its last whole line stands."""


def _last_of(file: Path) -> Receipt | None:
    with file.open("rb") as reader:
        reader.seek(max(0, reader.seek(0, os.SEEK_END) - TAIL))
        lines = reader.read().split(b"\n")
    return next((r for r in map(_read_receipt, reversed(lines)) if r is not None), None)


def begin_line(log: BinaryIO) -> None:
    """Go to the end of a log; end the half line that a killed run may have left there."""
    if log.seek(0, os.SEEK_END):
        log.seek(-1, os.SEEK_END)
        if log.read(1) != b"\n":
            log.write(b"\n")


_LONG_AGO = 2_000_000_000
"""Nanoseconds after which a change is told from another by the clock of any file system."""


def _identity(told: os.stat_result) -> tuple[int, int, int, int]:
    """Which bytes lie at a path, as far as the system says so."""
    return told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns


def _size_of(path: Path) -> int | None:
    """Size of a file; None where there is none."""
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_size if stat.S_ISREG(told.st_mode) else None


def _gone(path: Path) -> DamagedError:
    return DamagedError(
        "the archived bytes are missing / 存档原件缺失",
        file=path,
        remedy="deliver the same file again, or restore var/archive from its backup",
    )


def _changed(path: Path) -> DamagedError:
    return DamagedError(
        "the archived bytes are not those that were received / 存档原件已损坏",
        file=path,
        remedy="deliver the same file again, or restore this file from the backup of var/archive",
    )


def current_user() -> str:
    """Who is at work, for logs."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
