"""The schema ``landing``: its contract, what a sync does, and a database that is disposable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.locking import acquire_lock
from orchestration.process import landing
from orchestration.process.contract import landing_tables
from orchestration.process.declared import ReleaseControl, declared_rows
from orchestration.settings import Settings
from orchestration.steps.collect import collect
from orchestration.steps.door import entered, rebuild
from orchestration.steps.land import land_deliveries, landed_deliveries
from orchestration.steps.workplace import Workplace
from tests.support import GOOD_ROW, NOW, deliver, hold, profile


def land(settings: Settings) -> tuple[landing.Touched, Workplace]:
    """Collect and land what lies there, as a run does."""
    work = Workplace(settings)
    with entered(work, release_id="r", release_time=NOW):
        collect(work, [declared.id for declared in work.declarations])
        return land_deliveries(work, landed_deliveries(work)), work


def rows(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings.database)) as connection:
        return [tuple(row) for row in connection.execute(sql).fetchall()]


def test_tables_are_what_the_contract_says(tmp_path: Path) -> None:
    """Name, order and type; the types in DuckDB's spelling."""
    file = tmp_path / "work.duckdb"
    with duckdb.connect(str(file)) as connection:
        landing.make_anew(connection, keep="run")
        made = connection.execute(
            "select table_name, column_name, lower(data_type) from information_schema.columns "
            "where table_schema = 'landing' order by table_name, ordinal_position"
        ).fetchall()
    assert made == [
        (table, column, kind)
        for table, columns in sorted(landing_tables().items())
        for column, kind in columns.items()
    ]
    assert list(landing_tables()["grade"].items()) == [
        ("source_grade", "varchar"),
        ("grade_rank", "integer"),
    ]


def test_every_declared_row_fits_its_table(project: Settings) -> None:
    run = Workplace(project)
    control = ReleaseControl("r", NOW, "demo", "1")
    for table, entries in declared_rows(run.declarations, control).items():
        for entry in entries:
            assert set(entry) <= set(landing_tables()[table]), table


def test_only_what_is_new_is_landed(project: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a landed district and one more delivery, then no other parse result is read."""
    first, _ = land(project)
    assert (first.everything, len(first.deliveries)) == (True, 2)
    again, _ = land(project)
    assert again == landing.Touched(frozenset(), frozenset(), False)

    read: list[str] = []
    real = landing._read_parsed

    def spy(
        connection: duckdb.DuckDBPyConnection,
        landed: Sequence[landing.Landed],
        reasons: dict[str, tuple[str, str]],
    ) -> None:
        read.extend(entry.file_name for entry in landed)
        real(connection, landed, reasons)

    monkeypatch.setattr(landing, "_read_parsed", spy)
    deliver(project, "yunxi-profile", "2026-01-05", "公报2023.csv", profile(GOOD_ROW))
    third, _ = land(project)
    assert (third.everything, third.data_sets) == (False, frozenset({"yunxi-profile"}))
    assert read == ["公报2023.csv"]
    found = "select count(*) from landing.candidate where delivery_id = "
    assert rows(project, f"{found}'{next(iter(third.deliveries))}'") == [(1,)]


def test_what_is_withdrawn_goes(project: Settings) -> None:
    """Given a delivery that is held back, then nothing of it stays."""
    deliver(project, "yunxi-profile", "2026-01-05", "公报2023.csv", profile(GOOD_ROW))
    _, run = land(project)
    with duckdb.connect(str(project.database)) as connection:
        landing.admit(connection)
    (gone,) = (d for d in run.archive.deliveries("yunxi-profile") if "2023" in d.file_name)
    hold(project, gone.delivery_id)
    touched, _ = land(project)
    assert touched.deliveries == {gone.delivery_id}
    with duckdb.connect(str(project.database)) as connection:
        landing.admit(connection)
    for table in ("candidate", "observation", "delivery", "landed", "admitted"):
        query = f"from landing.{table} where delivery_id = '{gone.delivery_id}'"
        assert rows(project, query) == [], table


def test_cells_are_noted_once_models_stand_on_them(project: Settings) -> None:
    """Given a model that was built, then a new figure touches its cell and no other."""
    land(project)
    with duckdb.connect(str(project.database)) as connection:
        landing.admit(connection)
        assert connection.execute("from landing.touched").fetchall() == []
        connection.execute("insert into landing.built values ('some_model', 0, '')")
    deliver(project, "yunxi-profile", "2026-01-05", "公报2023.csv", profile(GOOD_ROW))
    land(project)
    with duckdb.connect(str(project.database)) as connection:
        landing.admit(connection)
        touched = connection.execute("from landing.touched").fetchall()
        assert touched == [(1, "gdp", "990101", "2023")]
        landing.admit(connection)
        assert connection.execute("from landing.touched").fetchall() == touched
        connection.execute("update landing.built set generation = 1")
        landing.admit(connection)
        assert connection.execute("from landing.touched").fetchall() == []


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def of_other_code(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("update landing.made_from set digest = 'other' where name = ''")


def of_something_else(file: Path) -> None:
    file.write_bytes(b"no database")


def with_a_torn_log(file: Path) -> None:
    file.with_name(file.name + ".wal").write_bytes(b"torn" * 999)


def without_a_table(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("drop table landing.delivery")


@pytest.mark.parametrize(
    "spoil", [Path.unlink, cut_off, of_other_code, of_something_else, without_a_table]
)
def test_a_database_of_no_use_is_made_anew(
    project: Settings, spoil: Callable[[Path], None]
) -> None:
    land(project)
    before = rows(project, "from landing.candidate order by all")
    spoil(project.database)
    touched, _ = land(project)
    assert touched.everything
    assert rows(project, "from landing.candidate order by all") == before


def test_a_torn_log_does_no_harm(project: Settings) -> None:
    """DuckDB replays what it can of it or the database is made anew: equal rows both ways."""
    land(project)
    before = rows(project, "from landing.candidate order by all")
    with_a_torn_log(project.database)
    land(project)
    assert rows(project, "from landing.candidate order by all") == before


def test_a_failure_in_the_middle_changes_nothing(
    project: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(project)
    before = rows(project, "from landing.landed order by all")
    deliver(project, "yunxi-profile", "2026-01-05", "公报2023.csv", profile(GOOD_ROW))

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(landing, "_read_parsed", fail)
    with pytest.raises(KeyboardInterrupt):
        land(project)
    assert rows(project, "from landing.landed order by all") == before


def test_rebuild_forgets_all_but_archive_and_declarations(project: Settings) -> None:
    """Given a published state without changes, then a rebuild runs all the same, from nothing."""
    land(project)
    Workplace(project).published_file.write_text("{}", "utf-8")
    archived = sorted(project.archive.rglob("*"))
    found: list[object] = []

    def carry_out(work: Workplace, data_sets: Sequence[str]) -> None:
        found.append(sorted(data_sets))
        found.extend(rows(project, "from duckdb_schemas() where schema_name = 'landing'"))
        found.extend(path.exists() for path in (project.parsed, Workplace(project).published_file))
        found.append(acquire_lock(project))

    rebuild(Workplace(project), carry_out)
    assert found == [["yunxi-investment", "yunxi-profile"], False, False, False]
    assert sorted(project.archive.rglob("*")) == archived
    assert land(project)[0].everything


def test_the_day_of_a_delivery_follows_it(project: Settings) -> None:
    """Rows carry what their delivery has, which is no part of the parse result."""
    land(project)
    query = "select distinct delivered_on, delivery_seq from landing.candidate where data_set_id = "
    assert rows(project, f"{query}'yunxi-investment'") == [(date(2025, 7, 15), 1)]
