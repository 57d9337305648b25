"""For any life of a district, what the public knew on any day is what the model says.

Belongs here: random sequences of deliveries, acts, edits, releases and clocks, carried out by the
product and by ``history_model`` alike. Does not belong here: the model, gates that judge figures,
and kills (``test_recovery``).

QUTONG_HISTORIES=5000 tries so many; the suite tries a few dozen, always the same.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, event, example, given, settings
from hypothesis import strategies as st

from orchestration.collect import published
from orchestration.process import landing, said
from orchestration.steps import land, release
from orchestration.steps.collect import collect_one
from orchestration.steps.custody import choose, decide
from orchestration.steps.workplace import Workplace
from tests.pipeline.compiled import Models
from tests.pipeline.history_model import Declared, Delivery, Model, Said
from tests.support import deliver, drop, profile

pytestmark = pytest.mark.core

MANY = int(os.environ.get("QUTONG_HISTORIES", "0"))
BEGIN = date(2026, 3, 1)
ROWS = (
    "地区生产总值,云溪区,2024年,年度,{value}0000,,万元,水平值,头版,yunxi-press,{bears},,",
    "学校数,云溪区,2024年,年度,{value},,所,个数,头版,yunxi-press,{bears},,",
    "地区生产总值增速,云溪区,2024年,年度,{value},,%,同比增速,头版,yunxi-press,{bears},,",
)
CODES = {"gdp": 0, "schools": 1, "gdp_growth": 2}


# --- what may happen --------------------------------------------------------------------------


@dataclass(frozen=True)
class Delivers:
    """``days_ago`` is the folder that it lies in; None is the inbox."""

    figures: tuple[Said, ...]
    days_ago: int | None


@dataclass(frozen=True)
class SendsAgain:
    which: int


@dataclass(frozen=True)
class Holds:
    """Or releases, where it is held."""

    which: int


@dataclass(frozen=True)
class Redates:
    which: int
    days_ago: int


@dataclass(frozen=True)
class Edits:
    """Of a declaration, and what is decided where published figures change by it."""

    declared: Declared
    choice: str


@dataclass(frozen=True)
class Passes:
    """Days; fewer than none where a clock is set back."""

    days: int


@dataclass(frozen=True)
class Publishes:
    pass


Happening = Delivers | SendsAgain | Holds | Redates | Edits | Passes | Publishes


@st.composite
def figures(draw: st.DrawFn) -> tuple[Said, ...]:
    bears = st.sampled_from((None, date(2025, 3, 1), date(2025, 6, 1), date(2026, 2, 20), BEGIN))
    chosen = draw(st.lists(st.sampled_from((0, 1, 2)), min_size=1, unique=True))
    return tuple(Said(n, draw(st.integers(40, 42)), draw(bears)) for n in chosen)


HAPPENINGS = st.one_of(
    st.builds(Delivers, figures(), st.sampled_from((None, None, 0, 1, 9, 200))),
    st.builds(Delivers, figures(), st.sampled_from((None, None, 0, 1, 9, 200))),
    st.builds(SendsAgain, st.integers(0, 5)),
    st.builds(Holds, st.integers(0, 5)),
    st.builds(Redates, st.integers(0, 5), st.sampled_from((0, 1, 30, 250))),
    st.builds(
        Edits,
        st.tuples(st.sampled_from((10_000, 1_000, 100)), st.booleans()),
        st.sampled_from(("kept", "corrected", "forward")),
    ),
    st.builds(Passes, st.sampled_from((1, 1, 7, 40, -3))),
    st.just(Publishes()),
)


# --- how it is carried out --------------------------------------------------------------------


class District:
    """A district at work, its model beside it."""

    def __init__(self, models: Models, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(models.settings.raw, folder / "raw")
        from orchestration.settings import load_settings

        self.models, self.settings = models, load_settings(folder)
        self.settings.database.parent.mkdir(parents=True, exist_ok=True)
        self.settings.database.write_bytes(models.database)
        self.model, self.sent = Model(), list[bytes]()
        self.today, self.days, self.files = BEGIN, {BEGIN}, 0
        self.released: said.InForce | None = None
        self.declare((10_000, True))

    def at_work(self) -> Workplace:
        now = datetime(self.today.year, self.today.month, self.today.day, 9, tzinfo=UTC)
        return Workplace(self.settings, now=now)

    def declare(self, declared: Declared) -> None:
        worth, knows = declared
        units = self.settings.raw / "codelists" / "units.csv"
        lines = units.read_text("utf-8").splitlines()
        own = f"万元,万元,10 thousand yuan,currency_cny,{worth},人民币万元|万元人民币"
        lines = [own if line.startswith("万元,") else line for line in lines]
        units.write_text("\n".join((*lines, "")), "utf-8")
        source = self.models.settings.raw / "datasets" / "profile" / "yunxi-profile.yml"
        text = source.read_text("utf-8") + "completeness: {max_quarantined: 99}\n"
        text = text if knows else text.replace("学校数", "学校总数")
        (self.settings.raw / "datasets/profile/yunxi-profile.yml").write_text(text, "utf-8")
        self.model.declared = declared

    def receive(self, said_: Sequence[Said], days_ago: int | None) -> None:
        rows = [ROWS[s.figure].format(value=s.value, bears=s.bears or "") for s in said_]
        content, name = profile(*rows), f"公报{self.files}.csv"
        self.files += 1
        day = self.today if days_ago is None else self.today - timedelta(days=days_ago)
        if days_ago is None:
            drop(self.settings, "yunxi-profile", name, content)
        else:
            deliver(self.settings, "yunxi-profile", day.isoformat(), name, content)
        work = self.at_work()
        assert collect_one(work, work.declarations.get("yunxi-profile")).stuck == []
        if content not in self.sent or self.sent[-1] != content:
            self.model.deliveries.append(Delivery(day, tuple(said_)))
            self.sent.append(content)
        self.days |= {day, *(s.bears for s in said_ if s.bears)}

    def act(self, happening: Holds | Redates) -> None:
        work = self.at_work()
        place = happening.which % len(self.model.deliveries)
        own = self.model.deliveries[place]
        name = work.archive.received("yunxi-profile")[place].delivery_id
        if isinstance(happening, Holds):
            decide(work, name, "release" if own.is_held else "hold", reason="because")
            own.is_held = not own.is_held
            return
        day = self.today - timedelta(days=happening.days_ago)
        if day != own.day:
            decide(work, name, "redate", day=day, reason="because")
            own.day = day
            self.days.add(day)

    def edit(self, happening: Edits) -> None:
        """Publish, edit, see that nothing changes in silence, decide."""
        if not self.publish():
            return  # what was kept back first has to be put right
        before = {day: self.model.as_of(day) for day in self._until_now()}
        self.declare(happening.declared)
        said_otherwise = any(
            self.model.as_of(day).get(figure) != value
            for day, known in before.items()
            for figure, value in known.items()
        )
        found = self.land()
        assert (found > 0) == said_otherwise, (found, said_otherwise)
        event(f"an edit that is {'noticed' if found else 'harmless'}")
        if self.model.waiting():
            choose(self.at_work(), "yunxi-profile", happening.choice, reason="because")  # type: ignore[arg-type]
            self.model.decide(happening.choice, self.today)
        self.publish()
        if happening.choice != "corrected":
            assert {day: self.model.as_of(day) for day in before} == before

    def _until_now(self) -> list[date]:
        last = self.released.day if self.released else self.today
        return [day for day in self.asked() if day <= last]

    def land(self) -> int:
        """Bring the history up to date; how much of the release in force it does not say."""
        work = self.at_work()
        landed = land.landed_deliveries(work)
        with duckdb.connect(str(self.settings.database)) as con:
            landing.sync(con, {}, landed, {})
            landing.admit(con)
            self.models.build(con)
            release_id = self.released.release_id if self.released else ""
            since = published.acts_since(work.archive.root, release_id)
            said.lay(con, self.released, (act.delivery_id for act in since))
            return len(con.execute("from landing.unsaid").fetchall())

    def publish(self) -> bool:
        """A release, unless the gate keeps it back."""
        if self.land():
            return False
        number = int(self.released.release_id) + 1 if self.released else 1
        folder = self.settings.releases / str(number)
        folder.mkdir(parents=True)
        self.released = said.InForce(
            str(number), self.today, folder / "observation.parquet", folder / "delivery.parquet"
        )
        with duckdb.connect(str(self.settings.database)) as con:
            con.execute(f"copy core.observation to '{self.released.observations}'")
            con.execute(f"copy landing.delivery to '{self.released.deliveries}'")
        release.keep_evidence(self.at_work(), str(number))
        self.model.publish()
        return True

    def asked(self) -> list[date]:
        """Every day on which anything may have changed, and those beside it."""
        days = self.days | {date(2025, 3, 1)}
        return sorted({day + timedelta(days=n) for day in days for n in (-1, 0, 1)})

    def told(self) -> dict[date, dict[int, Fraction]]:
        with duckdb.connect(str(self.settings.database), read_only=True) as con:
            return {day: self._told(con, day) for day in self.asked()}

    def _told(self, con: duckdb.DuckDBPyConnection, day: date) -> dict[int, Fraction]:
        rows = con.execute(f"select indicator_code, value from core.as_of(date '{day}')").fetchall()
        assert len(rows) == len(dict(rows)), "a figure is known twice"
        return {CODES[code]: Fraction(value) for code, value in rows}

    def carry_out(self, happening: Happening) -> None:
        match happening:
            case Passes(days):
                self.today += timedelta(days=days)
                self.days.add(self.today)
            case Delivers(figures_, days_ago):
                self.receive(figures_, days_ago)
            case Publishes():
                self.publish()
            case Edits():
                self.edit(happening)
            case SendsAgain(which) if self.model.deliveries:
                self.receive(self.model.deliveries[which % len(self.sent)].figures, None)
            case Holds() | Redates() if self.model.deliveries:
                self.act(happening)
            case _:
                pass


@settings(
    max_examples=MANY or 24,
    deadline=None,
    derandomize=not MANY,
    database=None,
    phases=(Phase.explicit, Phase.generate) if MANY else tuple(Phase),
    suppress_health_check=[*HealthCheck],
)
@example(
    # A reprint of June comes when the figure of February is known: it never is in force.
    life=[
        Delivers((Said(2, 40, date(2025, 6, 1)),), 200),
        Delivers((Said(2, 41, date(2026, 2, 20)),), 9),
        Delivers((Said(2, 42, date(2025, 6, 1)),), 0),
        Publishes(),
    ]
)
@given(life=st.lists(HAPPENINGS, min_size=3, max_size=12))
def test_what_the_public_knew_is_what_the_model_says(
    models: Models, tmp_path_factory: pytest.TempPathFactory, life: list[Happening]
) -> None:
    district = District(models, tmp_path_factory.getbasetemp() / "law")
    for happening in life:
        district.carry_out(happening)
    district.land()
    told = district.told()
    assert told == {day: district.model.as_of(day) for day in told}
    # The same archive, loaded in one go into an empty database.
    district.settings.database.write_bytes(models.database)
    district.land()
    assert district.told() == told
