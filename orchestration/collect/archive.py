"""The archive: bytes under their hash, with a receipt, before anything is decided about them.

Belongs here: storing, receipts, and what has ever been received. Does not belong here: reading
what the bytes say. Nothing in the archive is rewritten or deleted by a run.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from orchestration.errors import QutongError

CHUNK = 1 << 20


@dataclass(frozen=True)
class Receipt:
    """That something was handed over: when, from where, by whom, how large, which bytes.

    Attributes:
        outcome: ``new`` for bytes never received for this data set, else ``unchanged``.
        delivered_on: The day the sender delivered (folder date), else the day of receipt.
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


@dataclass(frozen=True)
class Delivery:
    """Distinct bytes of one data set, with the first receipt for them."""

    data_set_id: str
    sha256: str
    size_bytes: int
    file_name: str
    connector: str
    delivered_on: date
    received_at: str

    @property
    def delivery_id(self) -> str:
        """Stable and short: data set and the head of the hash."""
        return f"{self.data_set_id}:{self.sha256[:12]}"

    @property
    def order(self) -> tuple[date, str, str, str]:
        """Order of arrival within a data set; inside one run, v2 comes before v10."""
        parts = re.split("([0-9]+)", self.file_name)
        natural = "".join(part.zfill(12) if part.isdigit() else part for part in parts)
        return (self.delivered_on, self.received_at, natural, self.sha256)


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
        now: Clock of the receipts; one instant for a whole run, so that the order of arrival
            inside a run is the order of file names.
    """

    def __init__(self, root: Path, now: datetime) -> None:
        self.root = root
        self.now = now

    def object_path(self, sha256: str) -> Path:
        """Where the bytes of a hash lie."""
        return self.root / "objects" / sha256[:2] / sha256

    def store(
        self,
        source: Path,
        data_set_id: str,
        *,
        connector: str,
        delivered_on: date | None,
        is_well_named: Callable[[str], bool] = bool,
    ) -> tuple[Delivery, Receipt]:
        """Store the bytes of ``source`` durably and write a receipt.

        Known bytes keep the name they first came under, unless that name was not one of the data
        set's and the new one is: a file that was only misnamed is put right by naming it well.

        Raises:
            QutongError: the source cannot be read or the archive cannot be written.
        """
        try:
            sha256, size = hash_file(source)
            if not self.object_path(sha256).exists():
                sha256, size = self._copy(source)
        except OSError as error:
            raise QutongError(
                f"could not be archived: {error.strerror}",
                file=source,
                remedy="check that the file is readable and the disk is not full, then run again",
            ) from error
        known = self.delivery(data_set_id, sha256)
        stamp = self.now.isoformat(timespec="microseconds")
        receipt = Receipt(
            receipt_id=uuid.uuid4().hex,
            data_set_id=data_set_id,
            sha256=sha256,
            size_bytes=size,
            file_name=printable(source.name),
            origin=printable(str(source)),
            connector=connector,
            delivered_on=(delivered_on or self.now.date()).isoformat(),
            received_at=stamp,
            received_by=_user(),
            outcome="unchanged" if known else "new",
        )
        self._append(receipt)
        if known is None:
            known = Delivery(
                data_set_id=data_set_id,
                sha256=sha256,
                size_bytes=size,
                file_name=printable(source.name),
                connector=connector,
                delivered_on=delivered_on or self.now.date(),
                received_at=stamp,
            )
            self._register(known)
        elif not is_well_named(known.file_name) and is_well_named(receipt.file_name):
            known = replace(known, file_name=receipt.file_name)
            self._register(known)
        return known, receipt

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

    def _append(self, receipt: Receipt) -> None:
        folder = self.root / "receipts" / f"{self.now:%Y}"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.now:%Y-%m-%d}.jsonl"
        line = json.dumps(asdict(receipt), ensure_ascii=False) + "\n"
        with file.open("a", encoding="utf-8") as writer:
            writer.write(line)
            writer.flush()
            os.fsync(writer.fileno())

    def _register(self, delivery: Delivery) -> None:
        folder = self.root / "deliveries" / delivery.data_set_id
        folder.mkdir(parents=True, exist_ok=True)
        content = asdict(delivery) | {"delivered_on": delivery.delivered_on.isoformat()}
        temporary = folder / f".{delivery.sha256}.{os.getpid()}"
        with temporary.open("w", encoding="utf-8") as writer:
            json.dump(content, writer, ensure_ascii=False, indent=1)
            writer.flush()
            os.fsync(writer.fileno())
        temporary.chmod(0o444)
        temporary.replace(folder / f"{delivery.sha256}.json")
        fsync_directory(folder)

    def delivery(self, data_set_id: str, sha256: str) -> Delivery | None:
        """The delivery of these bytes for this data set, if it was ever received."""
        file = self.root / "deliveries" / data_set_id / f"{sha256}.json"
        if not file.is_file():
            return None
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            return Delivery(**data | {"delivered_on": date.fromisoformat(data["delivered_on"])})
        except (ValueError, TypeError, KeyError):
            raise QutongError(
                "the entry of a delivery in the archive is damaged",
                file=file,
                remedy="restore this file from the backup of var/archive",
            ) from None

    def deliveries(self, data_set_id: str) -> list[Delivery]:
        """All deliveries of a data set in the order of arrival."""
        folder = self.root / "deliveries" / data_set_id
        found = [self.delivery(data_set_id, file.stem) for file in sorted(folder.glob("*.json"))]
        return sorted((d for d in found if d is not None), key=lambda delivery: delivery.order)

    def read(self, sha256: str) -> bytes:
        """The archived bytes, checked against their hash.

        Raises:
            QutongError: the bytes are gone or are not what was received.
        """
        path = self.object_path(sha256)
        try:
            content = path.read_bytes()
        except OSError:
            raise QutongError(
                "the archived bytes are missing",
                file=path,
                remedy="restore var/archive from its backup",
            ) from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise QutongError(
                "the archived bytes are not those that were received",
                file=path,
                remedy="restore this file from the backup of var/archive",
            )
        return content

    def receipts(self) -> Iterator[Receipt]:
        """Every receipt ever written, oldest first."""
        for file in sorted((self.root / "receipts").rglob("*.jsonl")):
            for line in file.read_text(encoding="utf-8").splitlines():
                try:
                    yield Receipt(**json.loads(line))
                except (json.JSONDecodeError, TypeError):
                    continue  # the torn last line of a run that was killed while writing it

    def clean(self) -> None:
        """Remove what a killed run left half copied."""
        for leftover in (self.root / "incoming").glob("*"):
            leftover.unlink(missing_ok=True)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
