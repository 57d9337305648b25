"""Files of a server come whole, once, at rest, and from the host that is known."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paramiko import ECDSAKey, HostKeys, RSAKey, SFTPAttributes

from orchestration.collect.connectors import sftp
from orchestration.collect.connectors.source import Asked, Pulled, SourceError
from orchestration.errors import QutongError
from orchestration.spec import DataSet
from tests.sources.sftp import PASSWORD, SftpWorld, written
from tests.sources.worlds import PERIODS, asking, content, known_of, renamed

pytestmark = pytest.mark.usefixtures("nobody_waits")

BIG = bytes(range(256)) * 16384  # 4 MiB: several windows


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SftpWorld]:
    with SftpWorld(tmp_path) as made:
        yield made


def pulled(asked: Asked) -> list[Pulled]:
    return list(sftp.pull(asked))


def refused(asked: Asked) -> SourceError:
    with pytest.raises(SourceError) as caught:
        pulled(asked)
    return caught.value


# --- what is fetched ----------------------------------------------------------------------------


def test_what_is_named_as_declared_is_fetched_in_the_order_of_its_writing(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"b", "公报10.csv")
    world.put(b"a", "公报9.csv")
    for name in ("别的.csv", ".公报.csv", "公报.csv.part", "公报.csv.tmp", "deep/公报.csv"):
        world.put(b"x", name)
    found = pulled(asking(world, data_set, tmp_path / "spool"))
    assert [(thing.key, thing.name, content(thing), thing.modified) for thing in found] == [
        ("out/公报10.csv", "公报10.csv", b"b", "2026-01-05T08:00:01+00:00"),
        ("out/公报9.csv", "公报9.csv", b"a", "2026-01-05T08:00:02+00:00"),
    ]


def test_folders_are_looked_into_where_that_is_declared(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    for name in ("2025-07-15/公报.csv", "a/b/公报.csv", ".hidden/公报.csv"):
        world.put(b"x", name)
    found = pulled(asking(world, data_set, tmp_path / "spool", recursive=True))
    assert [(thing.key, str(thing.delivered_on)) for thing in found] == [
        ("out/2025-07-15/公报.csv", "2025-07-15"),
        ("out/a/b/公报.csv", "None"),
    ]


def test_links_are_not_followed(world: SftpWorld, data_set: DataSet, tmp_path: Path) -> None:
    (world.root / "secret.csv").write_bytes(b"secret")
    (world.folder / "公报.csv").symlink_to("../secret.csv")
    (world.folder / "公报").symlink_to("..")
    assert pulled(asking(world, data_set, tmp_path / "spool", recursive=True)) == []
    assert world.server.reads == []


def test_a_link_that_takes_the_place_of_a_file_is_not_followed(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"x" * 6, "公报.csv")
    (world.root / "secret.csv").write_bytes(b"secret")

    def exchange(name: str) -> None:
        (world.folder / name).unlink()
        (world.folder / name).symlink_to("../secret.csv")

    world.server.on_open = exchange
    error = refused(asking(world, data_set, tmp_path / "spool"))
    assert error.en == "out/公报.csv: changed while it was read: it may still be written"
    assert world.server.reads == []


@pytest.mark.parametrize("name", ["../公报.csv", "/公报.csv", "a/公报.csv", "公报\\..\\公报.csv"])
def test_a_name_leads_nowhere(
    world: SftpWorld, data_set: DataSet, tmp_path: Path, name: str
) -> None:
    told = SFTPAttributes()
    told.filename, told.st_mode = name, 0o100644
    told.st_size = told.st_atime = told.st_mtime = 1
    world.server.invented.append(told)
    error = None
    try:
        found = pulled(asking(world, data_set, tmp_path / "spool"))
    except SourceError as caught:
        error, found = caught.status, []
    assert found == []
    assert error == ("no such file" if "\\" in name else None)
    assert world.server.reads == []


def test_what_is_as_it_was_is_not_fetched(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"a", "公报1.csv")
    world.put(b"b", "公报2.csv")
    known = known_of(pulled(asking(world, data_set, tmp_path / "first")))
    world.put(b"c", "公报2.csv")
    world.server.reads.clear()
    again = pulled(asking(world, data_set, tmp_path / "again", known))
    assert {thing.name: thing.path and content(thing) for thing in again} == {
        "公报1.csv": None,
        "公报2.csv": b"c",
    }
    assert {name for name, _, _ in world.server.reads} == {"公报2.csv"}


def test_where_nothing_is_new_nobody_waits(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"a")
    pauses: list[float] = []
    asked = {"quiet_seconds": 5.0, "pause": pauses.append}
    known = known_of(pulled(asking(world, data_set, tmp_path / "first", asked=asked)))
    assert pauses == [5.0]
    pulled(asking(world, data_set, tmp_path / "again", known, asked=asked))
    assert pauses == [5.0]


def test_a_file_that_is_still_being_written_is_left_alone(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    for number in range(4):
        world.put(b"half", f"公报{number}.csv")

    def others_go_on(seconds: float) -> None:
        (world.folder / "公报0.csv").unlink()
        world.put(b"half and more", "公报1.csv")
        os.utime(world.folder / "公报2.csv", (1, 1))
        world.put(b"new", "公报4.csv")

    asked = asking(
        world, data_set, tmp_path / "spool", asked={"quiet_seconds": 2.0, "pause": others_go_on}
    )
    assert [thing.name for thing in pulled(asked)] == ["公报3.csv"]


def test_a_trial_has_one_file_and_says_what_else_is_there(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    trial = {"is_trial": True}
    assert refused(asking(world, data_set, tmp_path / "0", asked=trial)).zh == "那里没有文件"
    world.put(b"x", "别的.csv")
    error = refused(asking(world, data_set, tmp_path / "none", asked=trial))
    assert error.en == "has 1 files, '别的.csv' is one, and none is named 公报*.csv"
    assert error.zh == "有 1 个文件（如 别的.csv），没有一个符合 公报*.csv"
    assert pulled(asking(world, data_set, tmp_path / "run")) == []
    world.put(b"a", "公报1.csv")
    world.put(b"b", "公报2.csv")
    found = pulled(asking(world, data_set, tmp_path / "one", asked=trial))
    assert [thing.path is not None for thing in found] == [False, True]


# --- whole --------------------------------------------------------------------------------------


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(BIG)
    left = [3 << 20, 1 << 20]

    def hang_up(name: str, offset: int) -> None:
        if left and offset >= left[-1]:
            left.pop()
            world.server.hang_up()

    world.server.on_read = hang_up
    (thing,) = pulled(asking(world, data_set, tmp_path / "spool"))
    assert content(thing) == BIG
    assert left == []
    assert world.server.logins == ["password"] * 3
    # What is on its way when a line breaks is lost, a window or two; nobody begins anew.
    assert [offset for _, offset, _ in world.server.reads].count(0) == 1
    assert world.moved < 2 * len(BIG)


def test_parts_of_two_files_are_never_put_together(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(BIG)
    left = [1 << 20]

    def exchange(name: str, offset: int) -> None:
        if left and offset >= left[-1]:
            left.pop()
            world.put(BIG[::-1])
            world.server.hang_up()

    world.server.on_read = exchange
    error = refused(asking(world, data_set, tmp_path / "spool"))
    assert (error.status, left) == ("not whole", [])
    assert error.remedy == "leave it there: a later run takes it when it has come to rest"
    (thing,) = pulled(asking(world, data_set, tmp_path / "again"))
    assert content(thing) == BIG[::-1]


@pytest.mark.parametrize("new", [b"longer than it was", b"short", b"as long"])
def test_a_file_that_changes_while_it_is_read_is_noticed_and_keeps_back_no_other(
    world: SftpWorld, data_set: DataSet, tmp_path: Path, new: bytes
) -> None:
    world.put(b"as it w", "公报1.csv")
    world.put(b"other", "公报2.csv")
    world.server.on_read = lambda name, _: world.put(new, name) if name == "公报1.csv" else None
    had = []
    with pytest.raises(SourceError) as caught:
        for thing in sftp.pull(asking(world, data_set, tmp_path / "spool")):
            had.append(thing.name)
    assert had == ["公报2.csv"]
    assert caught.value.zh == "out/公报1.csv：读取期间文件有变化，可能仍在写入"


def test_a_file_that_is_replaced_by_another_of_its_size_is_noticed(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"old", "公报.csv")

    def rename(name: str, offset: int) -> None:
        world.put(b"new", "x")
        (world.folder / "x").replace(world.folder / name)

    world.server.on_read = rename
    assert refused(asking(world, data_set, tmp_path / "spool")).status == "not whole"


def test_what_is_too_large_or_may_not_be_read_keeps_back_no_other(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"x" * 1_000_001, "公报1.csv")
    world.put(b"x", "公报2.csv")
    world.put(b"x", "公报3.csv")

    def refuse(name: str) -> None:
        if name == "公报2.csv":
            raise PermissionError(13, "no")

    world.server.on_open = refuse
    had = []
    with pytest.raises(SourceError) as caught:
        for thing in sftp.pull(asking(world, data_set, tmp_path / "spool", megabytes=1)):
            had.append(thing.name)
    assert had == ["公报3.csv"]
    assert caught.value.en == "out/公报1.csv, and 1 more: is larger than the limit of 1 MB"
    assert not any(name == "公报1.csv" for name, _, _ in world.server.reads)


# --- whom to believe ----------------------------------------------------------------------------


def test_a_host_that_is_not_known_is_told_nothing(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    world.known_hosts.write_text("# nobody\n", "utf-8")
    error = refused(asking(world, data_set, tmp_path / "spool"))
    assert error.status == "host key unknown"
    assert world.server.host_key.fingerprint in error.en and error.zh
    assert world.server.logins == []


@pytest.mark.parametrize("mark", ["", "@revoked "])
def test_a_host_with_another_key_or_a_revoked_one_is_told_nothing(
    world: SftpWorld, data_set: DataSet, tmp_path: Path, mark: str
) -> None:
    line = world.known_line(None if mark else ECDSAKey.generate())
    lines = [line, f"{mark}{line}" if mark else "", "[127.0.0.1]:1 ssh-rsa no-key\n", "nonsense\n"]
    world.known_hosts.write_text("".join(lines), "utf-8")
    error = refused(asking(world, data_set, tmp_path / "spool"))
    assert error.status == "host key changed"
    assert error.remedy == "ask the source; if that is right, mend delivery.source.known_hosts"
    assert world.server.logins == []


def test_a_host_may_be_known_by_the_fingerprint_of_its_key(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"a")
    right: dict[str, Any] = {"known_hosts": None, "host_key": world.server.host_key.fingerprint}
    (thing,) = pulled(asking(world, data_set, tmp_path / "spool", **right))
    assert content(thing) == b"a"
    world.server.logins.clear()
    wrong = right | {"host_key": ECDSAKey.generate().fingerprint}
    assert refused(asking(world, data_set, tmp_path / "2", **wrong)).status == "host key changed"
    assert world.server.logins == []


def test_a_host_of_several_keys_is_asked_for_the_one_that_is_known(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"a")
    other = RSAKey.generate(2048)
    world.server.other_keys = (other,)
    lines = [world.known_line(RSAKey.generate(2048)), world.known_line(other)]
    world.known_hosts.write_text("".join(lines), "utf-8")
    (thing,) = pulled(asking(world, data_set, tmp_path / "spool"))
    assert content(thing) == b"a"


def test_hosts_may_be_hashed_in_the_file(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"a")
    name, _, key = world.known_line().partition(" ")
    world.known_hosts.write_text(f"{HostKeys.hash_host(name)} {key}", "utf-8")
    assert len(pulled(asking(world, data_set, tmp_path / "spool"))) == 1


def test_a_file_of_hosts_that_cannot_be_read(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    asked = asking(world, data_set, tmp_path / "spool", known_hosts=tmp_path / "none")
    assert refused(asked).status == "known hosts"


# --- logging in ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def user_key() -> ECDSAKey:
    return ECDSAKey.generate()


KEY: dict[str, Any] = {"password": None, "key": "SFTP_KEY"}


@pytest.mark.parametrize("passphrase", [None, "kouling"])
@pytest.mark.parametrize("is_one_line", [False, True])
def test_a_key_opens_the_door(
    world: SftpWorld, data_set: DataSet, tmp_path: Path, user_key: ECDSAKey,
    passphrase: str | None, is_one_line: bool,
) -> None:  # fmt: skip
    world.put(b"a")
    world.server.user_key = user_key
    text = written(user_key, passphrase)
    world.secrets["SFTP_KEY"] = text.replace("\n", "\\n") if is_one_line else text
    world.secrets["SFTP_PASSPHRASE"] = passphrase or ""
    said = KEY | ({"passphrase": "SFTP_PASSPHRASE"} if passphrase else {})
    assert len(pulled(asking(world, data_set, tmp_path / "spool", **said))) == 1
    assert world.server.logins == ["publickey"]


def test_a_key_may_be_kept_in_a_file_that_only_its_owner_reads(
    world: SftpWorld, data_set: DataSet, tmp_path: Path, user_key: ECDSAKey
) -> None:
    world.put(b"a")
    world.server.user_key = user_key
    file = tmp_path / "id"
    file.write_text(written(user_key), "ascii")
    file.chmod(0o640)
    said: dict[str, Any] = {"password": None, "key_file": file}
    error = refused(asking(world, data_set, tmp_path / "1", **said))
    assert (error.status, error.remedy) == ("private key", f"chmod 600 {file}")
    file.chmod(0o600)
    assert len(pulled(asking(world, data_set, tmp_path / "2", **said))) == 1
    file.unlink()
    assert refused(asking(world, data_set, tmp_path / "3", **said)).status == "private key"


def test_a_server_may_want_key_and_password(
    world: SftpWorld, data_set: DataSet, tmp_path: Path, user_key: ECDSAKey
) -> None:
    world.put(b"a")
    world.server.user_key, world.server.wants_both = user_key, True
    world.secrets["SFTP_KEY"] = written(user_key)
    error = refused(asking(world, data_set, tmp_path / "1", **KEY))
    assert error.en == "does not accept the login (it takes: password)"
    assert len(pulled(asking(world, data_set, tmp_path / "2", key="SFTP_KEY"))) == 1


@pytest.mark.parametrize(
    ("passphrase", "words"),
    [
        (None, "the private key has a passphrase"),
        ("another", "the private key, or its passphrase, cannot be used"),
    ],
)
def test_a_key_that_stays_shut(
    world: SftpWorld, data_set: DataSet, tmp_path: Path, user_key: ECDSAKey,
    passphrase: str | None, words: str,
) -> None:  # fmt: skip
    world.secrets["SFTP_KEY"] = written(user_key, "kouling")
    world.secrets["SFTP_PASSPHRASE"] = passphrase or ""
    said = KEY | ({"passphrase": "SFTP_PASSPHRASE"} if passphrase else {})
    error = refused(asking(world, data_set, tmp_path / "spool", **said))
    assert (error.status, error.en) == ("private key", words)
    assert world.server.logins == []


def test_a_login_that_is_refused_is_tried_once(
    world: SftpWorld, data_set: DataSet, tmp_path: Path, user_key: ECDSAKey
) -> None:
    world.secrets["SFTP_PASSWORD"] = "wrong" + PASSWORD
    error = refused(asking(world, data_set, tmp_path / "1"))
    assert (error.status, error.en) == ("authentication", "does not accept the login")
    assert world.server.logins == ["password"]
    world.server.user_key = user_key
    error = refused(asking(world, data_set, tmp_path / "2"))
    assert error.zh == "登录未被接受（对方接受：publickey）"
    world.secrets["SFTP_KEY"] = written(ECDSAKey.generate())
    assert refused(asking(world, data_set, tmp_path / "3", **KEY)).status == "authentication"


def test_a_secret_that_is_not_set_is_named(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    world.secrets.clear()
    with pytest.raises(QutongError, match="SFTP_PASSWORD"):
        pulled(asking(world, data_set, tmp_path / "spool"))


# --- a server that is broken --------------------------------------------------------------------


@pytest.mark.parametrize("how", sorted(SftpWorld.breaks))
def test_what_goes_wrong_is_told_and_goes_by(
    world: SftpWorld, data_set: DataSet, tmp_path: Path, how: str
) -> None:
    world.put(b"a")
    world.break_by(how)
    error = refused(asking(world, data_set, tmp_path / "1"))
    assert error.status == SftpWorld.breaks[how]
    assert error.zh and error.en and error.remedy
    world.mend()
    (thing,) = pulled(asking(world, data_set, tmp_path / "2"))
    assert content(thing) == b"a"


def test_a_server_that_hangs_up_once_is_asked_again(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"a")
    left = [1]
    world.server.on_list = lambda: world.server.hang_up() if left and left.pop() else None
    assert len(pulled(asking(world, data_set, tmp_path / "spool"))) == 1


def test_a_server_that_stops_speaking_is_given_up_in_time(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"a")
    is_over = threading.Event()

    def stop(name: str, offset: int) -> None:
        is_over.wait(20)

    world.server.on_read = stop
    try:
        assert refused(asking(world, data_set, tmp_path / "spool", seconds=1)).status == "timeout"
    finally:
        is_over.set()


def test_a_folder_that_lets_nobody_in(world: SftpWorld, data_set: DataSet, tmp_path: Path) -> None:
    def refuse() -> None:
        raise PermissionError(13, "no")

    world.server.on_list = refuse
    error = refused(asking(world, data_set, tmp_path / "spool"))
    assert (error.status, error.zh) == ("denied", "拒绝进入文件夹 out")


def test_a_file_that_is_gone_when_it_is_fetched(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"a", "公报1.csv")
    world.put(b"b", "公报2.csv")
    world.server.on_open = lambda name: world.remove(name) if name == "公报1.csv" else None
    error = refused(asking(world, data_set, tmp_path / "spool"))
    assert (error.status, error.zh) == ("no such file", "out/公报1.csv：文件已不在")


def test_a_server_that_does_not_say_how_large_a_file_is(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    told = SFTPAttributes()
    told.filename, told.st_mode = "公报.csv", 0o100644
    world.server.invented.append(told)
    error = refused(asking(world, data_set, tmp_path / "spool"))
    assert (error.status, error.zh) == ("no attributes", "服务器不说明 out/公报.csv 的大小或时间")


def test_more_files_than_are_declared_are_an_error(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    for number in range(3):
        world.put(b"x", f"公报{number}.csv")
    assert refused(asking(world, data_set, tmp_path / "spool", most=2)).status == "too many"


def test_no_such_host(world: SftpWorld, data_set: DataSet, tmp_path: Path) -> None:
    error = refused(asking(world, data_set, tmp_path / "spool", host="nobody.invalid"))
    assert (error.status, error.en) == ("unknown host", "there is no host nobody.invalid")


# --- what is declared ---------------------------------------------------------------------------

SAID: dict[str, Any] = {"host": "h", "user": "u", "password": "PASSWORD", "known_hosts": "/k"}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"known_hosts": None}, "whom to believe is no default"),
        ({"host_key": "SHA256:" + "a" * 43}, "whom to believe is no default"),
        ({"known_hosts": None, "host_key": "SHA256:short"}, "host_key"),
        ({"password": None}, "declare password, key or key_file"),
        ({"key": "KEY", "key_file": "/f"}, "only one of them"),
        ({"passphrase": "PASSPHRASE"}, "is that of a key"),
        ({"host": "sftp://h"}, "no name of a host"),
        ({"password": "the password itself"}, "password"),
    ],
)
def test_a_section_that_cannot_be_meant(said: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        sftp.Section(**(SAID | said))


def test_what_a_server_is_called() -> None:
    assert sftp.origin(sftp.Section(**SAID)) == "sftp://u@h/."
    far = sftp.Section(**(SAID | {"port": 2222, "folder": "/months/out/"}))
    assert (sftp.origin(far), far.known_as) == ("sftp://u@h:2222/months/out", "[h]:2222")


# --- names and periods --------------------------------------------------------------------------


def put_bytes(world: SftpWorld, name: bytes, content: bytes) -> None:
    (Path(os.fsdecode(os.fsencode(world.folder) + b"/" + name))).write_bytes(content)


@pytest.mark.parametrize(
    ("declared", "name", "said"),
    [
        ({}, "公报.csv".encode("gb18030"), "公报.csv"),
        ({}, "公报.csv".encode(), "公报.csv"),
        ({"name_encoding": "GB18030"}, "公报联通.csv".encode("gb18030"), "公报联通.csv"),
        ({"name_encoding": "big5"}, "公報.csv".encode("big5"), "公報.csv"),
    ],
)
def test_a_name_in_another_encoding_is_read(
    world: SftpWorld, data_set: DataSet, tmp_path: Path, declared: Any, name: bytes, said: str
) -> None:
    put_bytes(world, name, b"figures")
    meant = renamed(data_set, "公*.csv")
    (thing,) = pulled(asking(world, meant, tmp_path / "spool", **declared))
    assert (thing.key, thing.name, content(thing)) == (f"out/{said}", said, b"figures")


def test_a_name_in_no_known_encoding_is_told_with_the_remedy(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    put_bytes(world, b"\xff\xfe.csv", b"")
    error = refused(asking(world, data_set, tmp_path / "spool"))
    assert (error.status, error.zh) == ("unusable name", "文件名的编码无法识别：\\xff\\xfe.csv")
    assert error.remedy is not None and "name_encoding" in error.remedy


def test_a_folder_and_names_for_each_period(
    world: SftpWorld, data_set: DataSet, tmp_path: Path
) -> None:
    for name in ("2025/公报12月.csv", "2026/公报1月.csv", "2026/公报2月.csv", "2026/公报11月.csv"):
        world.put(name.encode(), name)
    found = pulled(
        asking(
            world, data_set, tmp_path / "spool", folder="out/{yyyy}", names="*公报{m}月*",
            asked={"periods": PERIODS},
        )
    )  # fmt: skip
    assert [thing.key for thing in found] == ["out/2025/公报12月.csv", "out/2026/公报1月.csv"]
    error = refused(asking(world, data_set, tmp_path / "none", folder="out/{yyyy}"))
    assert error.status == "no period"
