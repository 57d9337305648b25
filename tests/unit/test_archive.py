"""Bytes are kept before anything is decided about them."""

from __future__ import annotations

import os
import re
import shutil
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from orchestration.collect import archive as archive_module
from orchestration.collect.archive import Archive, Delivery
from orchestration.collect.connectors import is_delivery
from orchestration.collect.connectors.folder import FolderConnector, is_open_for_writing
from orchestration.declarations import load_declarations
from orchestration.errors import QutongError
from orchestration.settings import Settings
from tests.support import drop

pytestmark = pytest.mark.core

FIRST = datetime(2026, 1, 5, 8, tzinfo=UTC)
LATER = datetime(2026, 2, 5, 8, tzinfo=UTC)
SHA_OF_A = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
SHA_OF_B = "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"


def put(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_the_bytes_lie_under_their_hash_and_cannot_be_written(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", FIRST)
    delivery, receipt = archive.store(
        put(tmp_path, "a.csv", "a"), "set", connector="inbox", delivered_on=None
    )
    assert (delivery.sha256, delivery.delivered_on, receipt.outcome) == (
        SHA_OF_A,
        date(2026, 1, 5),
        "new",
    )
    path = tmp_path / "archive" / "objects" / "ca" / SHA_OF_A
    assert path.read_text() == "a"
    assert path.stat().st_mode & 0o222 == 0


def test_equal_bytes_again_are_one_more_receipt_and_nothing_else(tmp_path: Path) -> None:
    for moment, name in ((FIRST, "a.csv"), (LATER, "copy.csv")):
        archive = Archive(tmp_path / "archive", moment)
        archive.store(put(tmp_path, name, "a"), "set", connector="inbox", delivered_on=None)
    assert [(r.outcome, r.file_name) for r in archive.receipts()] == [
        ("new", "a.csv"),
        ("unchanged", "copy.csv"),
    ]
    assert [d.file_name for d in archive.deliveries("set")] == ["a.csv"]


def test_deliveries_come_in_the_order_of_their_days_then_of_arrival(tmp_path: Path) -> None:
    early, late = date(2025, 1, 1), date(2025, 2, 1)
    for moment, name, day in ((FIRST, "b", late), (LATER, "c", early), (LATER, "a", late)):
        archive = Archive(tmp_path / "archive", moment)
        archive.store(put(tmp_path, name, name), "set", connector="folder", delivered_on=day)
    assert [d.file_name for d in archive.deliveries("set")] == ["c", "b", "a"]


def test_bytes_that_changed_on_disk_are_never_read(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", FIRST)
    archive.store(put(tmp_path, "a", "a"), "set", connector="inbox", delivered_on=None)
    path = archive.object_path(SHA_OF_A)
    path.chmod(0o644)
    path.write_text("b")
    with pytest.raises(QutongError, match="not those that were received"):
        archive.read(SHA_OF_A)


def test_what_a_killed_run_left_is_cleaned_and_a_torn_receipt_is_skipped(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", FIRST)
    archive.store(put(tmp_path, "a", "a"), "set", connector="inbox", delivered_on=None)
    (archive.root / "incoming" / "123-half").write_text("x")
    log = next((archive.root / "receipts").rglob("*.jsonl"))
    log.write_text(log.read_text() + '{"receipt_id": "tor')
    archive.clean()
    assert list((archive.root / "incoming").iterdir()) == []
    assert len(list(archive.receipts())) == 1


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("a.csv", True), (".a.csv", False), ("~$a.xlsx", False), ("a.csv.part", False)],
)
def test_hidden_and_half_written_files_are_left_alone(name: str, is_one: bool) -> None:
    assert is_delivery(Path(name)) is is_one


def test_an_inbox_gives_up_what_is_archived_and_shows_what_nobody_claims(
    project: Settings,
) -> None:
    data_set = load_declarations(project).get("yunxi-profile").data_set
    inbox = FolderConnector(project.inbox, "inbox", consume=True)
    claimed = drop(project, "yunxi-profile", "公报.csv", b"x")
    drop(project, "nobody", "x.csv", b"x")
    (offer,) = inbox.offers(data_set)
    assert offer.delivered_on is None
    inbox.taken(offer)
    assert not claimed.exists()
    assert inbox.unclaimed({"yunxi-profile"}) == ["nobody/x.csv"]


def test_a_file_that_was_only_misnamed_is_put_right_by_its_name(tmp_path: Path) -> None:
    for moment, name in ((FIRST, "bad.csv"), (LATER, "公报.csv"), (LATER, "公报二.csv")):
        archive = Archive(tmp_path / "archive", moment)
        archive.store(
            put(tmp_path, name, "a"),
            "set",
            connector="inbox",
            delivered_on=None,
            is_well_named=lambda name: name.startswith("公报"),
        )
    assert [d.file_name for d in archive.deliveries("set")] == ["公报.csv"]


def test_the_second_version_is_offered_before_the_tenth(project: Settings) -> None:
    data_set = load_declarations(project).get("yunxi-profile").data_set
    for name in ("公报v10.csv", "公报v2.csv"):
        drop(project, "yunxi-profile", name, b"x")
    inbox = FolderConnector(project.inbox, "inbox", consume=True)
    assert [offer.path.name for offer in inbox.offers(data_set)] == ["公报v2.csv", "公报v10.csv"]


def test_a_name_of_other_bytes_than_utf_8_is_kept_readably(tmp_path: Path) -> None:
    source = Path(os.fsdecode(bytes(tmp_path) + b"/\xb9\xab\xb1\xa8.csv"))
    source.write_text("a")
    archive = Archive(tmp_path / "archive", FIRST)
    delivery, _ = archive.store(source, "set", connector="inbox", delivered_on=None)
    assert delivery.file_name == r"\xb9\xab\xb1\xa8.csv"


def test_links_in_an_inbox_are_not_followed(project: Settings, tmp_path: Path) -> None:
    data_set = load_declarations(project).get("yunxi-profile").data_set
    secret = put(tmp_path, "公报秘密.csv", "secret")
    (project.inbox / "yunxi-profile").mkdir(parents=True)
    (project.inbox / "yunxi-profile" / "公报.csv").symlink_to(secret)
    inbox = FolderConnector(project.inbox, "inbox", consume=True)
    assert list(inbox.offers(data_set)) == []
    assert inbox.unclaimed({"yunxi-profile"}) == ["yunxi-profile/公报.csv"]
    assert secret.read_text() == "secret"


# --- known bytes that are news ------------------------------------------------------------------


def receive(
    archive: Archive,
    folder: Path,
    name: str,
    content: str,
    place: str = "",
    day: date | None = None,
) -> str:
    """Store a file that is then removed; the outcome of its receipt."""
    _, receipt = archive.store(
        put(folder, name, content),
        "set",
        connector="inbox",
        delivered_on=day,
        place=place,
        is_removed=True,
    )
    return receipt.outcome


def test_bytes_sent_again_after_others_take_those_back(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", FIRST)
    outcomes = [receive(archive, tmp_path, f"{n}.csv", c) for n, c in enumerate("abba")]
    assert outcomes == ["new", "new", "unchanged", "again"]
    assert [delivery.delivery_id for delivery in archive.deliveries("set")] == [
        f"set:{SHA_OF_A[:12]}",
        f"set:{SHA_OF_B[:12]}",
        f"set:{SHA_OF_A[:12]}.2",
    ]


def test_what_still_lies_where_it_was_found_is_no_news(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", FIRST)
    looks = (("a", "folder/1"), ("b", "folder/2"), ("a", "folder/1"), ("b", "folder/2"))
    assert [receive(archive, tmp_path, "x", c, place) for c, place in looks] == [
        "new",
        "new",
        "unchanged",
        "unchanged",
    ]
    # The second file is put back to what the first holds: in its place that is news.
    assert receive(archive, tmp_path, "x", "a", "folder/2") == "again"
    assert receive(archive, tmp_path, "x", "a", "folder/2") == "unchanged"
    assert receive(archive, tmp_path, "x", "a", "folder/1") == "unchanged"


def test_a_second_place_of_known_bytes_is_remembered(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", FIRST)
    looks = (("a", "folder/1"), ("a", "folder/2"), ("b", "folder/3"), ("a", "folder/2"))
    outcomes = [receive(archive, tmp_path, "x", c, place) for c, place in looks]
    assert outcomes == ["new", "unchanged", "new", "unchanged"]


def test_order_is_by_receipts_even_where_the_clock_is_set_back(tmp_path: Path) -> None:
    day = date(2026, 1, 5)
    for moment, name in ((LATER, "b"), (FIRST, "a"), (FIRST, "c")):
        receive(Archive(tmp_path / "archive", moment), tmp_path, name, name, day=day)
    archive = Archive(tmp_path / "archive", FIRST)
    assert [(d.number, d.file_name) for d in archive.deliveries("set")] == [
        (1, "b"),
        (2, "a"),
        (3, "c"),
    ]


def test_a_day_is_one_of_the_district(tmp_path: Path) -> None:
    before_eight = datetime(2026, 1, 5, 23, 30, tzinfo=UTC)
    archive = Archive(tmp_path / "archive", before_eight, ZoneInfo("Asia/Shanghai"))
    receive(archive, tmp_path, "a", "a")
    (delivery,) = archive.deliveries("set")
    assert delivery.delivered_on == date(2026, 1, 6)


def test_receipts_of_before_places_were_kept_still_tell_them(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", FIRST)
    for content, name in (("a", "1.csv"), ("b", "2.csv")):
        folder = tmp_path / "deliveries" / "set" / "2026-01-01"
        folder.mkdir(parents=True, exist_ok=True)
        archive.store(put(folder, name, content), "set", connector="folder", delivered_on=None)
    for file in archive.root.rglob("*.json*"):
        as_it_was = re.sub(r',\s*"(number|repeat|place|places)": [^,}\n]+', "", file.read_text())
        file.chmod(0o644)
        file.write_text(as_it_was)
    archive = Archive(tmp_path / "archive", LATER)
    assert [d.places for d in archive.deliveries("set")] == [(), ()]
    assert archive.reconcile() == []
    assert [(d.number, d.places) for d in archive.deliveries("set")] == [
        (0, ("folder/2026-01-01/1.csv",)),
        (0, ("folder/2026-01-01/2.csv",)),
    ]
    assert receive(archive, tmp_path, "x", "a", "folder/2026-01-01/1.csv") == "unchanged"


# --- what is damaged --------------------------------------------------------------------------


def damage(path: Path, content: str) -> None:
    path.chmod(0o644)
    path.write_text(content)


@pytest.mark.parametrize("found", ["b", ""])
def test_damaged_bytes_are_healed_before_the_sender_loses_its_copy(
    tmp_path: Path, found: str
) -> None:
    archive = Archive(tmp_path / "archive", FIRST)
    receive(archive, tmp_path, "a", "a")
    damage(archive.object_path(SHA_OF_A), found)
    assert receive(archive, tmp_path, "a", "a") == "unchanged"
    assert archive.read(SHA_OF_A) == b"a"


def test_a_file_that_changes_while_it_is_read_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = put(tmp_path, "a.csv", "23")
    whole = archive_module.hash_file

    def sender_goes_on(path: Path) -> tuple[str, int]:
        told = whole(path)
        if path == source:
            path.write_text("2345.67\n")
        return told

    monkeypatch.setattr(archive_module, "hash_file", sender_goes_on)
    archive = Archive(tmp_path / "archive", FIRST)
    with pytest.raises(QutongError, match="still being written"):
        archive.store(source, "set", connector="inbox", delivered_on=None, is_removed=True)
    assert (list(archive.receipts()), archive.received("set")) == ([], [])


def test_a_torn_receipt_costs_itself_alone(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", FIRST)
    receive(archive, tmp_path, "a", "a")
    log = next((archive.root / "receipts").rglob("*.jsonl"))
    log.write_bytes(log.read_bytes() + b'{"receipt_id": "tor\xff')
    archive = Archive(tmp_path / "archive", FIRST)
    receive(archive, tmp_path, "b", "b")
    assert [(r.number, r.file_name) for r in archive.receipts()] == [(1, "a"), (2, "b")]
    assert [place for place, receipt in archive.receipt_lines() if receipt is None] == [
        "receipts/2026/2026-01-05.jsonl:2"
    ]


@pytest.mark.parametrize("is_there", [True, False])
def test_an_entry_is_written_again_from_its_receipt(tmp_path: Path, is_there: bool) -> None:
    archive = Archive(tmp_path / "archive", FIRST)
    for name, content in (("1", "a"), ("2", "b"), ("3", "a")):
        receive(archive, tmp_path, name, content)
    before = archive.deliveries("set")
    for name in (f"{SHA_OF_A}.json", f"{SHA_OF_A}.2.json"):
        entry = archive.root / "deliveries" / "set" / name
        if is_there:
            damage(entry, "{")
        else:
            entry.unlink()
    assert [d.file_name for d in archive.deliveries("set")] == ["2"]
    assert len(archive.damaged_entries("set")) == 2 * is_there
    assert sorted(path.name for path in archive.reconcile()) == [
        f"{SHA_OF_A}.2.json",
        f"{SHA_OF_A}.json",
    ]
    assert archive.deliveries("set") == before
    assert archive.reconcile() == []


def test_entries_written_again_know_every_place_however_often_a_thing_was_looked_at(
    tmp_path: Path,
) -> None:
    archive = Archive(tmp_path / "archive", FIRST)
    looks = (("a", "1"), ("a", "2"), ("a", "2"), ("b", "1"), ("a", "1"), ("a", "2"), ("a", "2"))
    outcomes = [receive(archive, tmp_path, "x", c, f"folder/{place}") for c, place in looks]
    assert outcomes == ["new", "unchanged", "unchanged", "new", "again", "unchanged", "unchanged"]
    shutil.rmtree(archive.root / "deliveries")
    archive = Archive(tmp_path / "archive", FIRST)
    assert len(archive.reconcile()) == 3
    assert [(d.repeat, d.places) for d in archive.received("set")] == [
        (1, ("folder/1", "folder/2")),
        (1, ("folder/1",)),
        (2, ("folder/1", "folder/2")),
    ]


def test_receipts_of_one_receiving_are_lines_of_one_log(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", FIRST)
    receive(archive, tmp_path, "a", "a")
    log = next((archive.root / "receipts").rglob("*.jsonl"))
    log.write_bytes(log.read_bytes() + b'{"receipt_id": "tor')
    with archive.receiving():
        for name in ("b", "c"):
            receive(archive, tmp_path, name, name)
            # What was received has its receipt at once: a kill after it takes nothing away.
            assert [r.file_name for r in Archive(archive.root, FIRST).receipts()][-1] == name
    receive(archive, tmp_path, "d", "d")
    assert [r.file_name for r in archive.receipts()] == ["a", "b", "c", "d"]


def test_a_file_is_read_again_where_it_was_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    whole = archive_module.hash_file

    def counted(path: Path) -> tuple[str, int]:
        read.append(path.name)
        return whole(path)

    monkeypatch.setattr(archive_module, "hash_file", counted)
    archive, source = Archive(tmp_path / "archive", FIRST), put(tmp_path, "a.csv", "a")
    # A moment ago: it may change again before the clock does.
    assert archive.hash_of(source) == archive.hash_of(source) == (SHA_OF_A, 1)
    assert len(read) == 2
    monkeypatch.setattr(archive_module, "_LONG_AGO", -1)
    assert archive.hash_of(source) == archive.hash_of(source) == (SHA_OF_A, 1)
    assert len(read) == 3
    source.write_text("b")
    assert archive.hash_of(source)[0].startswith("3e23e8160039594a")


def test_a_damaged_entry_that_no_receipt_tells_of_is_named_and_costs_itself(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", FIRST)
    for name in ("a", "b"):
        receive(archive, tmp_path, name, name)
    shutil.rmtree(archive.root / "receipts")
    entry = archive.root / "deliveries" / "set" / f"{SHA_OF_A}.json"
    damage(entry, '{"data_set_id": 1}')
    assert archive.reconcile() == []
    assert archive.damaged_entries() == [entry]
    assert [d.file_name for d in archive.deliveries("set")] == ["b"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="leases are Linux's")
def test_a_file_that_somebody_writes_is_known(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", "1")
    assert not is_open_for_writing(path)
    with path.open("a"):
        assert is_open_for_writing(path)
    assert not is_open_for_writing(path)
    assert not is_open_for_writing(tmp_path / "gone.csv")


def test_what_was_received_is_read_once_not_for_each_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of files on offer would read thousands of entries each."""
    read: list[Path] = []
    plainly = archive_module._read_entry

    def counted(path: Path) -> Delivery | None:
        read.append(path)
        return plainly(path)

    monkeypatch.setattr(archive_module, "_read_entry", counted)
    names = [f"{n}" for n in range(20)]
    first = Archive(tmp_path / "archive", FIRST)
    assert {receive(first, tmp_path, name, name, place=name) for name in names} == {"new"}
    assert read == []
    again = Archive(tmp_path / "archive", LATER)
    assert {receive(again, tmp_path, name, name, place=name) for name in names} == {"unchanged"}
    assert len(read) == len(names)


def test_what_another_process_received_meanwhile_is_known(tmp_path: Path) -> None:
    one, other = (Archive(tmp_path / "archive", FIRST) for _ in range(2))
    assert receive(one, tmp_path, "a", "a", place="a") == "new"
    assert receive(other, tmp_path, "b", "b", place="b") == "new"
    assert receive(one, tmp_path, "b", "b", place="b") == "unchanged"
    assert [d.file_name for d in one.received("set")] == ["a", "b"]
