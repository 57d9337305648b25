"""Sent again, in another order or in other files, the same prints give the same history.

Belongs here: that property, from the archive to the table of versions. Does not belong here: how
a version is calculated (dbt's unit tests), and bad deliveries (they are refused as a whole, so
files matter there). Of figures printed several times at one place the number in their file counts:
those are not taken apart here.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import duckdb
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from orchestration.collect.archive import Archive
from orchestration.process import landing
from orchestration.steps import land
from orchestration.steps.workplace import Workplace
from tests.pipeline.compiled import Models
from tests.support import profile

FIGURES = ("地区生产总值,云溪区,2024年", "地区生产总值,云州市,2024年", "学校数,云溪区,2024年")
UNITS = ("亿元", "亿元", "所")
DAYS = tuple(date(2025, 3, 5) + timedelta(days=40 * n) for n in range(4))
FIRST_RUN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, order=True)
class Print:
    """One figure as it stands in what is delivered on a day; ``published`` is printed beside it."""

    day: date
    figure: int
    value: int
    published: str

    @property
    def row(self) -> str:
        return (
            f"{FIGURES[self.figure]},年度,{self.value},,{UNITS[self.figure]},,表1,yunxi-bulletin,"
            f"{self.published},,"
        )


@dataclass(frozen=True)
class File:
    """Rows that come in one file, with the day of their delivery and the run that receives it."""

    day: date
    name: str
    rows: tuple[str, ...]
    run: int = 0


@st.composite
def prints(draw: st.DrawFn) -> list[Print]:
    """At most one print of a figure a day: two that differ on one day have no order."""
    found = []
    for day in DAYS:
        for figure in range(len(FIGURES)):
            if draw(st.booleans()):
                value = draw(st.integers(40, 42))
                published = draw(st.sampled_from(("", "2025-02-01", day.isoformat())))
                found.append(Print(day, figure, value, published))
    return found


@st.composite
def arranged(draw: st.DrawFn, printed: Sequence[Print]) -> list[File]:
    """The prints in files, some files twice, received in some order over some runs."""
    files: dict[tuple[date, int], list[str]] = {}
    for entry in draw(st.permutations(printed)):
        files.setdefault((entry.day, draw(st.integers(0, 2))), []).append(entry.row)
    sent = [
        File(
            day, f"公报{number}-{draw(st.integers(0, 9))}.csv", tuple(rows), draw(st.integers(0, 2))
        )
        for (day, number), rows in files.items()
    ]
    # Equal bytes are one delivery, of the day they first came under: a figure that is restored must
    # come in other bytes than it did at first.
    assume(len({file.rows for file in sent}) == len(sent))
    again = [
        replace(file, name=f"公报重发{n}.csv", run=file.run + 1)
        for n, file in enumerate(sent)
        if draw(st.booleans())
    ]
    return draw(st.permutations([*sent, *again]))


def history(models: Models, files: Sequence[File]) -> list[tuple[object, ...]]:
    """Every version of every figure, without where it was delivered."""
    folder = models.settings.home
    shutil.rmtree(folder, ignore_errors=True)
    inbox = folder / "inbox"
    for number in sorted({file.run for file in files}):
        archive = Archive(models.settings.archive, FIRST_RUN + timedelta(days=number))
        for file in (f for f in files if f.run == number):
            path = inbox / str(number) / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(profile(*file.rows))
            archive.store(path, "yunxi-profile", connector="folder", delivered_on=file.day)
    work = Workplace(models.settings)
    models.settings.database.parent.mkdir(parents=True, exist_ok=True)
    models.settings.database.write_bytes(models.database)
    with duckdb.connect(str(models.settings.database)) as connection:
        landing.sync(connection, {}, land.landed_deliveries(work), {})
        bad = "verdict = 'refused' or cells_quarantined > 0"
        assert connection.execute(f"from landing.delivery where {bad}").fetchall() == []
        landing.admit(connection)
        models.build(connection)
        return connection.execute(
            "select * exclude (delivery_id, receipt_sha256, delivery_place) "
            "from core.observation order by all"
        ).fetchall()


def plain(printed: Sequence[Print]) -> list[File]:
    """One file a day, in the order of days."""
    days = sorted({entry.day for entry in printed})
    return [
        File(day, f"公报{n}.csv", tuple(e.row for e in sorted(printed) if e.day == day))
        for n, day in enumerate(days)
    ]


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_files_and_their_order_do_not_matter(models: Models, data: st.DataObject) -> None:
    printed = data.draw(prints())
    files = data.draw(arranged(printed))
    assert history(models, files) == history(models, plain(printed))


def test_the_property_has_something_to_say(models: Models) -> None:
    """Given a figure that is revised and another that is repeated, then three versions."""
    printed = [
        Print(DAYS[0], 0, 40, ""),
        Print(DAYS[0], 2, 41, ""),
        Print(DAYS[1], 0, 42, ""),
        Print(DAYS[1], 2, 41, ""),
    ]
    assert len(history(models, plain(printed))) == 3
