"""Objects of a store come whole, once, and as they were when they were listed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina

from orchestration.collect.connectors import s3
from orchestration.collect.connectors.secrets import Secrets
from orchestration.collect.connectors.source import Asked, Pulled, SourceError
from orchestration.errors import QutongError
from orchestration.spec import DataSet
from tests.sources.s3 import Environ, S3World, Start
from tests.sources.worlds import PERIODS, asking, content, known_of

pytestmark = pytest.mark.usefixtures("nobody_waits")

BIG = bytes(range(256)) * 8192  # 2 MiB: several chunks


@pytest.fixture
def world(tmp_path: Path) -> Iterator[S3World]:
    with S3World(tmp_path) as made:
        yield made


def pulled(asked: Asked) -> list[Pulled]:
    return list(s3.pull(asked))


def refused(asked: Asked) -> SourceError:
    with pytest.raises(SourceError) as caught:
        pulled(asked)
    return caught.value


# --- what is fetched ----------------------------------------------------------------------------


def test_what_is_named_as_declared_is_fetched(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"a", "公报2024.csv")
    world.put(b"b", "2025-07-15/公报2025.csv")
    for name in ("别的.csv", ".公报.csv", "公报.csv.part", "~$公报.csv", ".hidden/公报.csv"):
        world.put(b"x", name)
    world.put_at("elsewhere/公报2023.csv", b"x")
    found = sorted(pulled(asking(world, data_set, tmp_path / "spool")), key=lambda one: one.key)
    assert [
        (thing.key, thing.name, content(thing), str(thing.delivered_on)) for thing in found
    ] == [
        ("统计/2025-07-15/公报2025.csv", "公报2025.csv", b"b", "2025-07-15"),
        ("统计/公报2024.csv", "公报2024.csv", b"a", "None"),
    ]
    assert found[1].tag == '"0cc175b9c0f1b6a831c399e269772661"'
    assert world.moved >= 2


def test_what_is_as_it_was_is_not_fetched(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"a", "公报1.csv")
    world.put(b"b", "公报2.csv")
    known = known_of(pulled(asking(world, data_set, tmp_path / "first")))
    world.put(b"c", "公报2.csv")
    before = world.moved
    again = pulled(asking(world, data_set, tmp_path / "again", known))
    assert {thing.name: thing.path and content(thing) for thing in again} == {
        "公报1.csv": None,
        "公报2.csv": b"c",
    }
    assert world.moved - before == 1


def test_a_list_comes_in_pages(
    world: S3World, data_set: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    for number in (10, 9, 1, 2, 3):
        world.put(b"x", f"公报{number}.csv")
    world.wire.asked.clear()
    names = [thing.name for thing in pulled(asking(world, data_set, tmp_path / "spool"))]
    assert sorted(names) == ["公报1.csv", "公报10.csv", "公报2.csv", "公报3.csv", "公报9.csv"]
    assert sum("continuation-token" in asked for asked in world.wire.asked) == 2


def test_what_was_laid_there_together_comes_in_the_order_of_its_numbers(
    data_set: DataSet,
) -> None:
    class Two(s3._Bucket):
        def _listed(self) -> list[s3._Thing]:
            return [
                s3._Thing(f"公报v{number}.csv", 1, "", f"2025-01-0{day}", "")
                for number, day in ((10, 2), (2, 2), (11, 1))
            ]

    section = s3.Section(bucket="abc")
    asked = Asked(data_set, section, Path(), Secrets({}), {}, asking_now())
    bucket = Two(None, section, asked, None)  # type: ignore[arg-type]  # asks no store
    assert [thing.key for thing in bucket.things()] == ["公报v11.csv", "公报v2.csv", "公报v10.csv"]


def asking_now() -> Any:
    from tests.support import NOW

    return NOW


def test_the_version_of_an_object_is_told(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    from moto.s3.models import s3_backends

    from tests.sources.s3 import ACCOUNT

    s3_backends[ACCOUNT]["aws-cn"].put_bucket_versioning(world.bucket, "Enabled")
    world.put(b"a")
    (thing,) = pulled(asking(world, data_set, tmp_path / "spool"))
    assert len(thing.details["version"]) > 20


@pytest.mark.parametrize("key", ["统计/a\\..\\..\\公报.csv", "统计/公\u200b报.csv"])
def test_a_name_leads_nowhere(world: S3World, data_set: DataSet, tmp_path: Path, key: str) -> None:
    from moto.s3.models import s3_backends

    from tests.sources.s3 import ACCOUNT

    s3_backends[ACCOUNT]["aws-cn"].put_object(world.bucket, key, b"a")
    (thing,) = pulled(asking(world, data_set, tmp_path / "spool"))
    assert (thing.name, content(thing)) == ("公报.csv", b"a")
    assert thing.path is not None and thing.path.is_relative_to(tmp_path / "spool")


def test_a_name_that_no_disk_takes_is_shortened_before_its_ending(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"a", f"公报{'长' * 120}.csv")
    (thing,) = pulled(asking(world, data_set, tmp_path / "spool"))
    assert (thing.name, content(thing)) == (f"公报{'长' * 76}.csv", b"a")


@pytest.mark.parametrize("key", ["统计/../../公报.csv", "统计//公报.csv"])
def test_a_name_that_no_path_has_is_told(
    world: S3World, data_set: DataSet, tmp_path: Path, key: str
) -> None:
    from moto.s3.models import s3_backends

    from tests.sources.s3 import ACCOUNT

    s3_backends[ACCOUNT]["aws-cn"].put_object(world.bucket, key, b"a")
    error = refused(asking(world, data_set, tmp_path / "spool"))
    assert error.status == "unusable name"
    assert key in error.en and key in error.zh


def test_a_trial_has_one_object_and_says_what_else_is_there(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    trial = {"is_trial": True}
    assert refused(asking(world, data_set, tmp_path / "0", asked=trial)).zh == "那里没有文件"
    world.put(b"x", "别的.csv")
    error = refused(asking(world, data_set, tmp_path / "none", asked=trial))
    assert error.en == "has 1 files, '统计/别的.csv' is one, and none is named 公报*.csv"
    assert error.zh == "有 1 个文件（如 统计/别的.csv），没有一个符合 公报*.csv"
    assert pulled(asking(world, data_set, tmp_path / "run")) == []
    world.put(b"a", "公报1.csv")
    world.put(b"b", "公报2.csv")
    found = pulled(asking(world, data_set, tmp_path / "one", asked=trial))
    assert [thing.path is not None for thing in found] == [False, True]


# --- whole, and the one that was listed ---------------------------------------------------------


def replacing(world: S3World, *contents: bytes, after: str = "GET", heeds: bool = True) -> Any:
    """Whenever the object is read, somebody has just replaced it."""
    left = list(contents)

    def fault(environ: Environ, start: Start) -> Iterable[bytes] | None:
        is_object = environ["PATH_INFO"].count("/") > 1
        if environ["REQUEST_METHOD"] == after and is_object and left:
            world.put(left.pop(0))
            return None if heeds else world.given_away(start)
        return None

    return fault


@pytest.mark.parametrize(
    ("after", "heeds"),
    [("GET", True), ("GET", False), ("HEAD", True)],
    ids=["If-Match", "If-Match is not heeded", "once it is here"],
)
def test_an_object_that_is_replaced_while_it_is_read_is_fetched_anew(
    world: S3World, data_set: DataSet, tmp_path: Path, after: str, heeds: bool
) -> None:
    world.put(b"old")
    world.wire.faults.append(replacing(world, b"new", after=after, heeds=heeds))
    (thing,) = pulled(asking(world, data_set, tmp_path / "spool"))
    assert (content(thing), thing.tag) == (b"new", '"22af645d1859cb5ca6da0c484f1f37ea"')


def test_an_object_that_is_replaced_at_every_try_is_refused(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"old")
    world.put(b"other", "公报0.csv")
    many = (b"%d" % number for number in range(100))
    world.wire.faults.append(replacing(world, *many))
    error = refused(asking(world, data_set, tmp_path / "spool"))
    assert error.status == "not whole"
    assert error.en == "统计/公报2025.csv: was replaced while it was read"
    assert error.zh == "统计/公报2025.csv：读取期间对象被替换"


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(BIG)
    before = world.moved
    world.wire.faults.append(world.wire.tears(0.5, times=2))
    (thing,) = pulled(asking(world, data_set, tmp_path / "spool"))
    assert content(thing) == BIG
    ranges = [told["HTTP_RANGE"] for told in world.wire.headers if "HTTP_RANGE" in told]
    assert len(ranges) == 2
    assert world.moved - before < 1.5 * len(BIG)


@pytest.fixture
def one_more_try(nobody_waits: None) -> None:
    """It breaks off three times."""
    stamina.set_testing(True, attempts=4)


@pytest.mark.usefixtures("one_more_try")
@pytest.mark.parametrize("size", [0, 1, 262_144, 262_145, 700_001])
@pytest.mark.parametrize("shares", [(0.0,), (1.0,), (0.999, 0.0, 0.001), (0.4, 0.4, 0.4)])
def test_wherever_it_breaks_off_the_bytes_are_those_that_lie_there(
    world: S3World, data_set: DataSet, tmp_path: Path, size: int, shares: tuple[float, ...]
) -> None:
    world.put(BIG[:size])
    world.wire.faults += [world.wire.tears(share, times=1) for share in shares]
    (thing,) = pulled(asking(world, data_set, tmp_path / "spool"))
    assert content(thing) == BIG[:size]


def test_a_store_that_gives_no_parts_is_asked_for_all_of_it_again(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(BIG)

    def whole(environ: Environ, start: Start) -> Iterable[bytes] | None:
        return world.given_away(start) if "HTTP_RANGE" in environ else None

    world.wire.faults += [whole, world.wire.tears(0.5, times=1)]
    (thing,) = pulled(asking(world, data_set, tmp_path / "spool"))
    assert content(thing) == BIG
    assert sum("HTTP_RANGE" in told for told in world.wire.headers) == 1


def test_parts_of_two_objects_are_never_put_together(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(BIG)
    world.wire.faults.append(world.wire.tears(0.5, times=1))
    is_torn: list[bool] = []

    def fault(environ: Environ, start: Start) -> Iterable[bytes] | None:
        if "HTTP_RANGE" in environ and not is_torn:
            is_torn.append(True)
            world.put(BIG[::-1])
        return None

    world.wire.faults.append(fault)
    (thing,) = pulled(asking(world, data_set, tmp_path / "spool"))
    assert is_torn == [True]
    assert content(thing) == BIG[::-1]


def test_one_object_that_cannot_be_had_keeps_back_no_other(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    for number in range(4):
        world.put(b"x" * 10, f"公报{number}.csv")
    world.put(b"y" * 1_500_000, "公报1.csv")

    def is_second(environ: Environ) -> bool:
        return str(environ["PATH_INFO"]).endswith("2.csv")

    world.wire.faults.append(world.wire.says("403 Forbidden", "AccessDenied", only=is_second))
    had = []
    with pytest.raises(SourceError) as caught:
        for thing in s3.pull(asking(world, data_set, tmp_path / "spool", megabytes=1)):
            had.append(thing.name)
    assert sorted(had) == ["公报0.csv", "公报3.csv"]
    assert ", and 1 more: " in caught.value.en
    assert "，另有 1 个：" in caught.value.zh


def test_an_object_that_is_too_large_is_refused_before_it_is_fetched(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"x" * 1_000_001)
    before = world.moved
    error = refused(asking(world, data_set, tmp_path / "spool", megabytes=1))
    assert (error.status, world.moved - before) == ("too large", 0)


def test_a_disk_that_is_full_is_not_the_fault_of_the_store(
    world: S3World, data_set: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put(b"a")
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    monkeypatch.setattr(Asked, "file", lambda asked, name: full)
    error = refused(asking(world, data_set, tmp_path / "spool"))
    assert (error.status, error.en) == (
        "disk",
        "cannot be written to the disk here: No space left on device",
    )


# --- a store that is broken ---------------------------------------------------------------------


def test_a_list_that_repeats_ends_in_words(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    world.put(b"a")
    world.repeats()
    error = refused(asking(world, data_set, tmp_path / "spool"))
    assert error.status == "repeating list"
    assert "统计/公报2025.csv comes twice" in error.en


def test_an_empty_list_that_never_ends_ends_in_time(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    world.repeats()
    error = refused(asking(world, data_set, tmp_path / "spool", seconds=1))
    assert error.status == "timeout"
    assert error.zh == "超过 1 秒仍未取完"


def test_more_objects_than_are_declared_are_an_error(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    for number in range(3):
        world.put(b"x", f"公报{number}.csv")
    assert refused(asking(world, data_set, tmp_path / "spool", most=2)).status == "too many"


def test_what_may_pass_is_tried_again(world: S3World, data_set: DataSet, tmp_path: Path) -> None:
    world.put(b"a")
    left = [2]

    def fault(environ: Environ, start: Start) -> Iterable[bytes] | None:
        left[0] -= 1
        return (
            world.wire.says("503 Slow Down", "SlowDown")(environ, start) if left[0] >= 0 else None
        )

    world.wire.faults.append(fault)
    (thing,) = pulled(asking(world, data_set, tmp_path / "spool"))
    assert content(thing) == b"a"


@pytest.mark.parametrize(
    ("status", "code", "zh"),
    [
        (403, "AccessDenied", "拒绝访问"),
        (403, "RequestTimeTooSkewed", "本机时钟与对方相差过大"),
        (400, "ExpiredToken", "密钥已过期"),
        (400, "AuthorizationHeaderMalformed", "区域不符"),
        (301, "PermanentRedirect", "存储桶在另一区域或地址"),
        (503, "SlowDown", "请求过于频繁"),
        (500, "InternalError", "内部错误"),
        (501, "NotImplemented", "不支持此请求"),
        (418, "Teapot", "答复异常"),
    ],
)
def test_what_a_store_says_is_told_in_words(
    world: S3World, data_set: DataSet, tmp_path: Path, status: int, code: str, zh: str
) -> None:
    world.wire.faults.append(world.wire.says(f"{status} Oh", code))
    error = refused(asking(world, data_set, tmp_path / "spool"))
    assert (error.status, error.zh) == (code, f"{zh}（{code}）")
    assert error.remedy


def test_a_page_that_says_yes_to_everything_is_no_store(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    for page in (b"<html><body>Who are you?</body></html>", b"<html><br>Who?</html>", b"hello"):

        def fault(environ: Environ, start: Start, page: bytes = page) -> Iterable[bytes]:
            start("200 OK", [("Content-Type", "text/html")])
            return [page]

        world.wire.faults[:] = [fault]
        error = refused(asking(world, data_set, tmp_path / "spool"))
        assert (error.status, error.en) == (
            "no store",
            "answers as no store does: a login page, a proxy?",
        )


def test_nobody_there_and_no_such_host(world: S3World, data_set: DataSet, tmp_path: Path) -> None:
    closed = asking(world, data_set, tmp_path / "spool", endpoint="http://127.0.0.1:9")
    assert refused(closed).en == "127.0.0.1:9 cannot be reached"
    unknown = asking(world, data_set, tmp_path / "spool", endpoint="http://nobody.invalid")
    assert refused(unknown).en == "there is no host nobody.invalid"


# --- keys ---------------------------------------------------------------------------------------


def test_wrong_keys_and_a_wrong_bucket_are_told_apart(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    secrets = dict(world.secrets)
    world.secrets["STORE_SECRET"] = "x" * 40
    error = refused(asking(world, data_set, tmp_path / "spool"))
    assert (error.status, error.zh) == (
        "SignatureDoesNotMatch",
        "密钥不正确（SignatureDoesNotMatch）",
    )
    world.secrets["STORE_KEY"] = "AKIA0000000000000000"
    assert refused(asking(world, data_set, tmp_path / "spool")).status == "InvalidAccessKeyId"
    world.secrets.update(secrets)
    error = refused(asking(world, data_set, tmp_path / "spool", bucket="nobody-has-it"))
    assert (error.status, error.remedy) == ("NoSuchBucket", "mend delivery.source.bucket")


def test_a_key_that_is_not_set_is_named(world: S3World, data_set: DataSet, tmp_path: Path) -> None:
    del world.secrets["STORE_SECRET"]
    with pytest.raises(QutongError, match="STORE_SECRET"):
        pulled(asking(world, data_set, tmp_path / "spool"))


def test_without_keys_nothing_is_signed(
    world: S3World, data_set: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFTHEENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-environment")
    world.wire.headers.clear()
    world.wire.faults.append(world.wire.says("403 Forbidden", "AccessDenied"))
    keys = {"access_key": None, "secret_key": None}
    assert refused(asking(world, data_set, tmp_path / "spool", **keys)).status == "AccessDenied"
    assert world.wire.headers
    assert not any("HTTP_AUTHORIZATION" in told for told in world.wire.headers)


def test_what_the_environment_says_decides_nothing(
    world: S3World, data_set: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put(b"a")
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "AKIAOFTHEENVIRONMENT",
        "AWS_SECRET_ACCESS_KEY": "of-the-environment",
        "AWS_SESSION_TOKEN": "token-of-the-environment",
        "AWS_SKIP_SIGNATURE": "true",
        "AWS_REGION": "mars-1",
        "AWS_BUCKET": "another",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
        "AWS_S3_EXPRESS": "true",
    }.items():
        monkeypatch.setenv(name, value)
    world.wire.headers.clear()
    (thing,) = pulled(asking(world, data_set, tmp_path / "spool"))
    assert content(thing) == b"a"
    assert not any("HTTP_X_AMZ_SECURITY_TOKEN" in told for told in world.wire.headers)


def test_a_token_goes_with_its_keys(world: S3World, data_set: DataSet, tmp_path: Path) -> None:
    token, name = "of-an-hour-alone", "STORE_TOKEN"
    world.secrets[name] = token
    world.wire.headers.clear()
    world.wire.faults.append(world.wire.says("400 Bad Request", "ExpiredToken"))
    asked = asking(world, data_set, tmp_path / "spool", session_token=name)
    assert refused(asked).status == "ExpiredToken"
    assert world.wire.headers[0]["HTTP_X_AMZ_SECURITY_TOKEN"] == token


def test_a_bucket_may_stand_in_the_name_of_the_host(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    world.wire.headers.clear()
    world.wire.faults.append(world.wire.says("403 Forbidden", "AccessDenied"))
    asked = asking(
        world, data_set, tmp_path / "spool",
        style="virtual", endpoint="http://oss.invalid", proxy=world.server.address,
    )  # fmt: skip
    assert refused(asked).status == "AccessDenied"
    assert world.wire.headers[0]["HTTP_HOST"] == f"{world.bucket}.oss.invalid"


@pytest.mark.parametrize(
    ("said", "host", "origin"),
    [
        ({}, "https://s3.cn-north-1.amazonaws.com", "s3://tongji/a/b"),
        ({"style": "virtual"}, "https://tongji.s3.cn-north-1.amazonaws.com", "s3://tongji/a/b"),
        (
            {"style": "virtual", "endpoint": "https://oss-cn-hangzhou.aliyuncs.com/"},
            "https://tongji.oss-cn-hangzhou.aliyuncs.com",
            "https://oss-cn-hangzhou.aliyuncs.com/tongji/a/b",
        ),
    ],
)
def test_where_a_bucket_is_asked_for(said: dict[str, Any], host: str, origin: str) -> None:
    section = s3.Section(bucket="tongji", region="cn-north-1", prefix="/a/b/", **said)
    assert (section.host, s3.origin(section)) == (host, origin)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"endpoint": "oss.example"}, "no address"),
        ({"endpoint": "https://a:b@oss.example"}, "keys do not stand in an address"),
        ({"endpoint": "https://oss.example/bucket"}, "has a path"),
        ({"access_key": "KEY"}, "go together"),
        ({"session_token": "TOKEN"}, "needs access_key"),
        ({"bucket": "A"}, "bucket"),
    ],
)
def test_a_section_that_cannot_be_meant(said: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        s3.Section(**({"bucket": "tongji"} | said))


def test_an_authority_that_is_not_there(world: S3World, data_set: DataSet, tmp_path: Path) -> None:
    asked = asking(world, data_set, tmp_path / "spool", authority=tmp_path / "none.pem")
    assert refused(asked).status == "certificate"


# --- proxies and periods ------------------------------------------------------------------------


def test_the_environment_says_nothing_of_proxies(
    world: S3World, data_set: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put(b"a", "公报.csv")  # by a client that does ask the environment
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (thing,) = pulled(asking(world, data_set, tmp_path / "spool"))
    assert content(thing) == b"a"


def test_a_prefix_and_names_for_each_period(
    world: S3World, data_set: DataSet, tmp_path: Path
) -> None:
    for name in ("2025/公报12月.csv", "2026/公报1月.csv", "2026/公报2月.csv"):
        world.put_at(name, name.encode())
    asked = asking(
        world, data_set, tmp_path / "spool", prefix="{yyyy}", names="公报{m}月*",
        asked={"periods": PERIODS},
    )  # fmt: skip
    assert [thing.key for thing in pulled(asked)] == ["2025/公报12月.csv", "2026/公报1月.csv"]
