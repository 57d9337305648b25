"""Bytes are kept before anything is decided about them."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestration.collect import connectors
from orchestration.collect.archive import Archive
from orchestration.collect.connectors import is_delivery
from orchestration.collect.connectors.folder import FolderConnector
from orchestration.declarations import load_declarations
from orchestration.errors import QutongError
from orchestration.settings import Settings
from tests.support import drop

pytestmark = pytest.mark.core

FIRST = datetime(2026, 1, 5, 8, tzinfo=UTC)
LATER = datetime(2026, 2, 5, 8, tzinfo=UTC)
SHA_OF_A = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"


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


def test_every_module_beside_it_is_a_connector(project: Settings, tmp_path: Path) -> None:
    (tmp_path / "ready.py").write_text(
        "class Ready:\n    name = 'ready'\n\n\ndef connectors(settings):\n    return (Ready(),)\n",
        encoding="utf-8",
    )
    packages = connectors.__path__
    packages.append(str(tmp_path))
    try:
        names = [connector.name for connector in connectors.connectors_of(project)]
    finally:
        packages.remove(str(tmp_path))
    assert names == ["folder", "inbox", "ready"]


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


def test_the_second_version_comes_before_the_tenth(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", FIRST)
    for name in ("v10", "v2"):
        archive.store(put(tmp_path, name, name), "set", connector="folder", delivered_on=None)
    assert [d.file_name for d in archive.deliveries("set")] == ["v2", "v10"]


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


def test_a_damaged_entry_is_named(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", FIRST)
    archive.store(put(tmp_path, "a", "a"), "set", connector="inbox", delivered_on=None)
    file = archive.root / "deliveries" / "set" / f"{SHA_OF_A}.json"
    file.chmod(0o644)
    file.write_text("{")
    with pytest.raises(QutongError, match="damaged"):
        archive.deliveries("set")
