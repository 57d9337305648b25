"""A table of another house is pulled into observations, changes, and changes back.

Belongs here: the whole way from a database to what is landed. Does not belong here: what a database
can do wrong (test_source_postgresql), and gates.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import duckdb
import pytest
import stamina
import yaml

from orchestration.settings import Settings
from orchestration.steps.collect import Collected, collect_one
from orchestration.steps.door import entered
from orchestration.steps.land import land_deliveries, landed_deliveries
from orchestration.steps.workplace import Workplace
from tests.sources import DATA_SET, archived, attempts, declare, sourced
from tests.sources.database import ENVIRONMENT, PASSWORD, USER, Postgres
from tests.support import NOW, PROFILE_HEADER

QUERY = 'SELECT * FROM gdp WHERE 数值 > :least ORDER BY "期间"'
HEADERS = ", ".join(
    f"{name} {'numeric(14,1)' if name == '数值' else 'text'}" for name in PROFILE_HEADER.split(",")
)
ROW = "('地区生产总值', '云溪区', '{}', '年度', {}, '亿元', '水平值', '一、综合', 'yunxi-bulletin')"
TABLE = (
    f"CREATE TABLE gdp ({HEADERS})",
    "INSERT INTO gdp (指标, 地区, 期间, 期间类型, 数值, 单位, 类型, 章节, 来源) VALUES "
    + ", ".join((ROW.format("2023年", 480.1), ROW.format("2024年", 501.0))),
)


@pytest.fixture
def settings(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """The invented district, whose profile is a query of a database."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    stamina.set_testing(True)
    source = postgres.source(postgres.database(*TABLE), QUERY, parameters={"least": 0})
    yield sourced(tmp_path_factory.mktemp("pulled") / "district", "postgresql", source)
    stamina.set_testing(False)


def pull(settings: Settings, day: int) -> Collected:
    """Pull and land, so many days later."""
    now = NOW + timedelta(days=day)
    work = Workplace(settings, now=now, pause=lambda seconds: None)
    with entered(work, release_id=f"r{day}", release_time=now):
        collected = collect_one(work, work.declarations.get(DATA_SET))
        land_deliveries(work, landed_deliveries(work))
    return collected


def landed(settings: Settings) -> list[tuple[object, ...]]:
    """Day of the delivery, period and value of every figure."""
    with duckdb.connect(str(settings.database), read_only=True) as connection:
        return connection.execute(
            "select cast(delivered_on as varchar), period, value from landing.candidate "
            "order by all"
        ).fetchall()


def test_a_table_is_pulled_changes_and_changes_back(settings: Settings, postgres: Postgres) -> None:
    counts = []
    for day, value in enumerate(("501.0", "502.5", "502.5", "501.0")):
        postgres.do(
            f"UPDATE gdp SET 数值 = {value} WHERE 期间 = '2024年'", database="district_utf8"
        )
        collected = pull(settings, day)
        assert collected.stuck == []
        counts.append((collected.received_new, collected.deliveries))
    assert counts == [(1, 1), (1, 2), (0, 2), (1, 3)]
    first, second, third = (content for _, content in archived(settings))
    assert first == third != second
    assert [one.outcome for one in attempts(settings)] == [
        "received", "received", "unchanged", "received",
    ]  # fmt: skip
    assert landed(settings) == [
        ("2026-03-01", "2023", Decimal("480.1")),
        ("2026-03-01", "2024", Decimal("501.0")),
        ("2026-03-02", "2023", Decimal("480.1")),
        ("2026-03-02", "2024", Decimal("502.5")),
        ("2026-03-04", "2023", Decimal("480.1")),
        ("2026-03-04", "2024", Decimal("501.0")),
    ]


def test_a_table_that_grows_is_asked_for_what_came_since(
    settings: Settings, postgres: Postgres
) -> None:
    def grow(text: str) -> None:
        postgres.do(text, database="district_utf8")

    grow("ALTER TABLE gdp ADD COLUMN 更新 timestamptz DEFAULT '2026-02-01 00:00Z'")
    query = "SELECT * FROM gdp WHERE 更新 > :watermark ORDER BY 更新, 期间"
    mark = {"column": "更新", "overlap": "2 days", "first": "2026-01-01T00:00:00+08:00"}
    declare(settings, "postgresql", postgres.source("district_utf8", query, watermark=mark))
    path = next((settings.raw / "datasets").rglob(f"{DATA_SET}.yml"))
    data = yaml.safe_load(path.read_text("utf-8"))
    data["layout"]["columns"]["ignored"] = ["更新"]
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")

    assert (pull(settings, 0).received_new, pull(settings, 1).received_new) == (1, 0)
    # one came, and one was written late: both within what is asked for
    grow("UPDATE gdp SET 数值 = 502.5, 更新 = '2026-03-02Z' WHERE 期间 = '2024年'")
    assert pull(settings, 2).received_new == 1
    grow("UPDATE gdp SET 数值 = 481, 更新 = '2026-03-01Z' WHERE 期间 = '2023年'")
    assert (pull(settings, 3).received_new, pull(settings, 4).received_new) == (1, 0)
    grow("UPDATE gdp SET 更新 = '2026-02-28Z'")
    assert "水位倒退：上次读到 2026-03-02T00:00:00+00:00" in pull(settings, 5).stuck[0]
    assert [one.items[0].mark[:10] for one in attempts(settings) if one.items] == [
        "2026-02-01", "2026-03-02", "2026-03-02",
    ]  # fmt: skip
    assert landed(settings) == [
        ("2026-03-01", "2023", Decimal("480.1")),
        ("2026-03-01", "2024", Decimal("501.0")),
        ("2026-03-03", "2023", Decimal("480.1")),  # again, by the overlap
        ("2026-03-03", "2024", Decimal("502.5")),
        ("2026-03-04", "2023", Decimal("481.0")),
        ("2026-03-04", "2024", Decimal("502.5")),
    ]


def test_a_source_that_fails_leaves_a_receipt_and_recovers(
    settings: Settings, postgres: Postgres
) -> None:
    pull(settings, 0)
    postgres.do("ALTER TABLE gdp RENAME COLUMN 数值 TO 值", database="district_utf8")
    (told,) = pull(settings, 1).stuck
    assert "数据库查询的列不存在（42703）" in told
    postgres.do("ALTER TABLE gdp RENAME COLUMN 值 TO 数值", "ALTER TABLE gdp ADD COLUMN 备注 text",
                database="district_utf8")  # fmt: skip
    (told,) = pull(settings, 2).stuck
    assert "表结构变化：新增列 备注（text）" in told
    postgres.do("ALTER TABLE gdp DROP COLUMN 备注", database="district_utf8")
    assert pull(settings, 3).stuck == []
    assert [(one.outcome, one.status) for one in attempts(settings)] == [
        ("received", ""), ("failed", "42703"), ("failed", "schema"), ("unchanged", ""),
    ]  # fmt: skip
    (item,) = attempts(settings)[0].items
    assert (item.name, item.details["query"], item.details["parameters"], item.details["rows"]) == (
        "yunxi-profile.parquet", QUERY, {"least": "0"}, 2,
    )  # fmt: skip


def test_no_secret_stands_in_anything_that_is_kept(settings: Settings, postgres: Postgres) -> None:
    pull(settings, 0)
    postgres.do(f"ALTER ROLE {USER} PASSWORD 'another'")
    try:
        (told,) = pull(settings, 1).stuck
    finally:
        postgres.do(f"ALTER ROLE {USER} PASSWORD '{PASSWORD}'")
    assert "28P01" in told and "‹DB_USER›" in told
    written = (PASSWORD, json.dumps(PASSWORD)[1:-1], USER)
    for path in settings.archive.parent.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not any(secret.encode() in content for secret in written), path
