"""For any life of a district, what the public knew on any day is what the model says.

Belongs here: random sequences of deliveries, acts, edits, releases and clocks, carried out by the
product and by ``history_model`` alike; whoever receives, or keeps what is published, may be killed
at any step on disk, and then does it again. Does not belong here: the model, gates that judge
figures, and kills of what makes tables, which are disposable (``test_recovery``).

Several lives go on side by side, each a data set with archive, inbox and releases of its own, over
one work database: a statement costs the same for ten of them. QUTONG_HISTORIES=5000 tries so many;
the suite tries a few dozen, always the same.
"""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, example, given, settings
from hypothesis import strategies as st

from orchestration.collect import apart, parse, published
from orchestration.collect.acts import Choice
from orchestration.collect.archive import Delivery as Received
from orchestration.collect.parse import Parsed
from orchestration.declarations import CodeLists
from orchestration.declarations import Declared as Declaration
from orchestration.process import landing, said
from orchestration.process.landing import Landed
from orchestration.settings import Settings, load_settings
from orchestration.steps import land, release, state
from orchestration.steps.collect import collect_one
from orchestration.steps.custody import choose, decide
from orchestration.steps.workplace import Workplace
from tests.pipeline.compiled import Models
from tests.pipeline.history_model import Declared, Delivery, Model, Said
from tests.support import deliver, drop, profile

pytestmark = pytest.mark.core

MANY = int(os.environ.get("QUTONG_HISTORIES", "0"))
SIDE_BY_SIDE = 100 if MANY >= 100 else 8
BEGIN = date(2026, 3, 1)
ROWS = (
    "地区生产总值,云溪区,2024年,年度,{value}0000,,万元,水平值,头版,yunxi-press,{bears},,",
    "学校数,云溪区,2024年,年度,{value},,所,个数,头版,yunxi-press,{bears},,",
    "地区生产总值增速,云溪区,2024年,年度,{value},,%,同比增速,头版,yunxi-letter,{bears},,",
)
LETTER = "    - {id: yunxi-letter, title: 来函（虚构）, title_en: A letter, grade: official}\n"
CODES = {"gdp": 0, "schools": 1, "gdp_growth": 2}


# --- what may happen --------------------------------------------------------------------------


@dataclass(frozen=True)
class Delivers:
    """``days_ago`` is the folder that it lies in; None is the inbox.

    Who receives it is killed before the step on disk that ``dies_at`` counts, if there is one.
    """

    figures: tuple[Said, ...]
    days_ago: int | None
    dies_at: int | None = None


@dataclass(frozen=True)
class SendsAgain:
    which: int
    dies_at: int | None = None


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
    choice: Choice


@dataclass(frozen=True)
class Passes:
    """Days; fewer than none where a clock is set back."""

    days: int


@dataclass(frozen=True)
class Publishes:
    """Who keeps in the archive what is published may be killed like one who receives."""

    dies_at: int | None = None


Happening = Delivers | SendsAgain | Holds | Redates | Edits | Passes | Publishes


@st.composite
def figures(draw: st.DrawFn) -> tuple[Said, ...]:
    bears = st.sampled_from((None, date(2025, 3, 1), date(2025, 6, 1), date(2026, 2, 20), BEGIN))
    chosen = draw(st.lists(st.sampled_from((0, 1, 2)), min_size=1, unique=True))
    return tuple(Said(n, draw(st.integers(40, 42)), draw(bears)) for n in chosen)


DIES_AT = st.one_of(st.none(), st.none(), st.integers(1, 16))
HAPPENINGS = st.one_of(
    st.builds(Delivers, figures(), st.sampled_from((None, None, 0, 1, 9, 200)), DIES_AT),
    st.builds(Delivers, figures(), st.sampled_from((None, None, 0, 1, 9, 200)), DIES_AT),
    st.builds(SendsAgain, st.integers(0, 5), DIES_AT),
    st.builds(Holds, st.integers(0, 5)),
    st.builds(Redates, st.integers(0, 5), st.sampled_from((0, 1, 30, 250))),
    st.builds(
        Edits,
        st.tuples(st.sampled_from((10_000, 1_000, 100)), st.booleans()),
        st.sampled_from(("kept", "corrected", "forward")),
    ),
    st.builds(Passes, st.sampled_from((1, 1, 7, 40, -3))),
    st.builds(Publishes, DIES_AT),
)


# --- how it is carried out --------------------------------------------------------------------

ON_DISK = ("fsync", "link", "mkdir", "open", "rename", "replace", "sync", "unlink")
KILLED = 9


def killed(act: Callable[[], object], dies_at: int) -> str:
    """Carry out in a process that is gone before a certain step on disk.

    Nothing of it cleans up: as after SIGKILL, what lies on disk is all that is left.
    """
    child = os.fork()
    if child == 0:
        try:
            left = iter(range(dies_at - 1))

            def counted(step: Callable[..., Any]) -> Callable[..., Any]:
                def taken(*arguments: Any, **named: Any) -> Any:
                    if next(left, None) is None:
                        os._exit(KILLED)
                    return step(*arguments, **named)

                return taken

            for step in ON_DISK:
                setattr(os, step, counted(getattr(os, step)))
            act()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return str(dies_at) if os.waitstatus_to_exitcode(status) == KILLED else "after the last"


@dataclass(frozen=True)
class OneOfMany(Settings):
    """A district whose work database is that of others as well."""

    shared: Path

    @property
    def database(self) -> Path:
        return self.shared


class District:
    """A district at work, its model beside it; what lands is landed by ``Together``."""

    def __init__(self, models: Models, folder: Path, number: int, shared: Path) -> None:
        shutil.copytree(models.settings.raw, folder / "raw")
        self.models, self.settings = models, OneOfMany(folder, folder / "var", shared)
        self.name = f"yunxi-profile-{number}"
        self.model, self.sent = Model(), list[bytes]()
        self.today, self.days, self.files = BEGIN, {BEGIN}, 0
        self.released: said.InForce | None = None
        self.landed: list[Landed] = []
        self.life: Sequence[Happening] = ()
        source = self.settings.raw / "datasets/profile/yunxi-profile.yml"
        source.rename(source.with_stem(self.name))
        self.declare((10_000, True))

    def at_work(self) -> Workplace:
        now = datetime(self.today.year, self.today.month, self.today.day, 9, tzinfo=UTC)
        work = Workplace(self.settings, now=now)
        key = self.name, self.model.declared
        if key not in self.models.declarations:
            self.models.declarations[key] = work.declarations
        work.declarations = self.models.declarations[key]
        return work

    def declare(self, declared: Declared) -> None:
        worth, knows = declared
        units = self.settings.raw / "codelists" / "units.csv"
        lines = units.read_text("utf-8").splitlines()
        own = f"万元,万元,10 thousand yuan,currency_cny,{worth},人民币万元|万元人民币,CNY_E4"
        lines = [own if line.startswith("万元,") else line for line in lines]
        units.write_text("\n".join((*lines, "")), "utf-8")
        source = self.models.settings.raw / "datasets" / "profile" / "yunxi-profile.yml"
        text = source.read_text("utf-8") + "completeness: {max_quarantined: 99}\n"
        text = text.replace("id: yunxi-profile\n", f"id: {self.name}\n")
        text = text.replace("delivery: {", f"{LETTER}delivery: {{", 1)
        text = text if knows else text.replace("学校数", "学校总数")
        (self.settings.raw / f"datasets/profile/{self.name}.yml").write_text(text, "utf-8")
        self.model.declared = declared

    # --- what lands nothing

    def receive(
        self, said_: Sequence[Said], days_ago: int | None, dies_at: int | None = None
    ) -> None:
        rows = [ROWS[s.figure].format(value=s.value, bears=s.bears or "") for s in said_]
        content, name = profile(*rows), f"公报{self.files}.csv"
        self.files += 1
        day = self.today if days_ago is None else self.today - timedelta(days=days_ago)
        if days_ago is None:
            drop(self.settings, self.name, name, content)
        else:
            deliver(self.settings, self.name, day.isoformat(), name, content)
        if dies_at is not None:
            event(f"receiving killed at step {killed(self.receive_and_die, dies_at)}")
        work = self.at_work()
        work.archive.clean()
        work.archive.reconcile()
        assert collect_one(work, work.declarations.get(self.name)).stuck == []
        if content not in self.sent or self.sent[-1] != content:
            self.model.deliveries.append(Delivery(day, tuple(said_)))
            self.sent.append(content)
        self.days |= {day, *(s.bears for s in said_ if s.bears)}

    def receive_and_die(self) -> None:
        """At the latest when what was received is to be read."""
        work = self.at_work()
        work.store.parse = lambda *_: os._exit(0)  # type: ignore[method-assign]  # dies there
        collect_one(work, work.declarations.get(self.name))

    def act(self, happening: Holds | Redates) -> None:
        work = self.at_work()
        place = happening.which % len(self.model.deliveries)
        own = self.model.deliveries[place]
        name = work.archive.received(self.name)[place].delivery_id
        if isinstance(happening, Holds):
            decide(work, name, "release" if own.is_held else "hold", reason="because")
            own.is_held = not own.is_held
            return
        day = self.today - timedelta(days=happening.days_ago)
        if day != own.day:
            decide(work, name, "redate", day=day, reason="because")
            own.day = day
            self.days.add(day)

    # --- what lands: each ``yield`` waits until the work database is up to date

    def edit(self, happening: Edits) -> Iterator[None]:
        """Publish, edit, see that nothing changes in silence, decide."""
        if not (yield from self.publish()):
            return  # what was kept back first has to be put right
        before = {day: self.model.as_of(day) for day in self.asked()}
        self.declare(happening.declared)
        said_otherwise = any(
            self.model.as_of(day).get(figure) != value
            for day, known in before.items()
            for figure, value in known.items()
        )
        yield
        found = self.unsaid()
        assert (found > 0) == said_otherwise, self.life
        event(f"an edit that is {'noticed' if found else 'harmless'}")
        if self.model.waiting():
            choose(self.at_work(), self.name, happening.choice, reason="because")
            self.model.decide(happening.choice, self.today)
        yield from self.publish()
        if happening.choice != "corrected":
            assert {day: self.model.as_of(day) for day in before} == before, self.life

    def unsaid(self) -> int:
        """How much of the release in force the history does not say."""
        release_id = self.released.release_id if self.released else ""
        since = published.acts_since(self.at_work().archive.root, release_id)
        with state.opened(self.settings) as con:
            said.lay(con, self.released, (act.delivery_id for act in since))
            return len(con.execute("from landing.unsaid").fetchall())

    def publish(self, dies_at: int | None = None) -> Generator[None, None, bool]:
        """A release, unless the gate keeps it back."""
        yield
        if self.unsaid():
            return False
        number = int(self.released.release_id) + 1 if self.released else 1
        folder = self.settings.releases / str(number)
        folder.mkdir(parents=True)
        self.released = said.InForce(
            str(number), self.today, folder / "observation.parquet", folder / "delivery.parquet"
        )
        own = f"where data_set_id = '{self.name}'"
        with state.opened(self.settings) as con:
            con.execute(f"copy (from core.observation {own}) to '{self.released.observations}'")
            con.execute(f"copy (from landing.delivery {own}) to '{self.released.deliveries}'")
        keep = functools.partial(release.keep_evidence, self.at_work(), str(number))
        if dies_at is not None:
            event(f"publishing killed at step {killed(keep, dies_at)}")
        keep()
        self.model.publish()
        return True

    def asked(self) -> list[date]:
        """Every day on which anything may have changed, and those beside it."""
        days = self.days | {date(2025, 3, 1)}
        return sorted({day + timedelta(days=n) for day in days for n in (-1, 0, 1)})

    def live(self, life: Sequence[Happening]) -> Iterator[None]:
        self.life = life
        for happening in life:
            match happening:
                case Passes(days):
                    self.today += timedelta(days=days)
                    self.days.add(self.today)
                case Delivers(figures_, days_ago, dies_at):
                    self.receive(figures_, days_ago, dies_at)
                case Publishes(dies_at):
                    yield from self.publish(dies_at)
                case Edits():
                    yield from self.edit(happening)
                case SendsAgain(which, dies_at) if self.model.deliveries:
                    again = self.model.deliveries[which % len(self.sent)]
                    self.receive(again.figures, None, dies_at)
                case Holds() | Redates() if self.model.deliveries:
                    self.act(happening)
                case _:
                    pass


class Together:
    """Districts over one work database."""

    def __init__(self, models: Models, folder: Path, lives: int) -> None:
        for old in folder.glob("life-*"):
            shutil.rmtree(old)
        self.models, self.database = models, load_settings(folder / "shared")
        shared = self.database.database
        self.districts = [District(models, folder / f"life-{n}", n, shared) for n in range(lives)]
        self.empty()

    def bring(self, landed: Sequence[Landed]) -> None:
        with state.opened(self.database) as con:
            landing.sync(con, {}, landed, {})
            landing.admit(con)
            self.models.build(con)

    def empty(self) -> None:
        self.bring([])

    def land(self, changed: Collection[District] | None = None) -> None:
        """Bring the history up to date with every archive, or with those that may have changed."""
        for district in self.districts if changed is None else changed:
            district.landed = land.landed_deliveries(district.at_work(), [district.name])
        self.bring([entry for district in self.districts for entry in district.landed])

    def live(self, lives: Sequence[Sequence[Happening]]) -> None:
        going = [(d, d.live(life)) for d, life in zip(self.districts, lives, strict=True)]
        while going := [(d, life) for d, life in going if next(life, "over") is None]:
            self.land([district for district, _ in going])

    def told(self) -> dict[str, dict[date, dict[int, Fraction]]]:
        """What the public of each district knew, on all days that any of them asks about."""
        days = sorted({day for district in self.districts for day in district.asked()})
        found: dict[str, dict[date, dict[int, Fraction]]] = {
            district.name: {day: {} for day in days} for district in self.districts
        }
        with state.opened(self.database) as con:
            for day in days:
                rows = con.execute(
                    f"select data_set_id, indicator_code, value from core.as_of(date '{day}')"
                ).fetchall()
                for name, code, value in rows:
                    known = found[name][day]
                    assert CODES[code] not in known, "a figure is known twice"
                    known[CODES[code]] = Fraction(value)
        return found


def read_once() -> Callable[..., tuple[Parsed, parse.Outcome | None]]:
    """Reads in this process, and what many lives receive only once: what is read is the same."""
    known: dict[object, tuple[Parsed, parse.Outcome | None]] = {}

    def read(
        _: object, content: bytes, delivery: Received, declared: Declaration, lists: CodeLists
    ) -> tuple[Parsed, parse.Outcome | None]:
        said_ = declared.data_set.model_dump_json().replace(declared.id, "")
        is_early = delivery.delivered_on > parse.last_possible_day(delivery)
        key = content, said_, lists.units, is_early
        if key not in known:
            known[key] = parse.parse_bytes(content, delivery, declared, lists)
        parsed, outcome = known[key]
        of_delivery = {"delivery_id": delivery.delivery_id, "data_set_id": declared.id}
        return replace(parsed, **of_delivery), outcome  # type: ignore[arg-type]  # of texts

    return read


@pytest.fixture(scope="module")
def quick() -> Iterator[None]:
    """No process that reads, and nobody pulls the plug: kills leave what the kernel has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apart, "start", lambda: None)
        patch.setattr(parse, "parse_within", read_once())
        patch.setattr(os, "fsync", lambda _: None)
        patch.setattr(os, "sync", lambda: None)
        yield


@pytest.fixture(scope="module")
def folder(models: Models, tmp_path_factory: pytest.TempPathFactory, quick: None) -> Iterator[Path]:
    """Where lives take place; the work database stays open, and is emptied between them."""
    place = tmp_path_factory.mktemp("law")
    shutil.copytree(models.settings.raw, place / "shared" / "raw")
    own = load_settings(place / "shared")
    own.database.parent.mkdir(parents=True)
    own.database.write_bytes(models.database)
    with state.kept_open(own):
        with state.opened(own) as con:
            con.execute("set threads = 1")  # a dozen figures each
        yield place


@settings(
    max_examples=MANY // SIDE_BY_SIDE or 3,
    deadline=None,
    derandomize=not MANY,
    database=None,
    phases=(Phase.explicit, Phase.generate) if MANY else tuple(Phase),
    suppress_health_check=[*HealthCheck],
)
@example(
    lives=[
        # A reprint of June comes when the figure of February is known: it never is in force.
        [
            Delivers((Said(2, 40, date(2025, 6, 1)),), 200),
            Delivers((Said(2, 41, date(2026, 2, 20)),), 9),
            Delivers((Said(2, 42, date(2025, 6, 1)),), 0),
            Publishes(),
        ],
        # A clock is set back: the release that follows says a figure of days to come, and an edit
        # of what it said is noticed all the same.
        [
            Delivers((Said(0, 42, BEGIN),), None),
            Passes(-3),
            Edits((100, True), "forward"),
        ],
        # What is read as it was published is filed under another day like any other: the second
        # comes to be the first, the day that a row bears is no day of filing.
        [
            Delivers((Said(1, 41, BEGIN),), 0),
            Delivers((Said(0, 42, BEGIN), Said(1, 40, None), Said(2, 40, None)), None),
            Edits((100, False), "kept"),
            Redates(1, 30),
            Redates(0, 250),
            Publishes(),
        ],
    ]
)
@given(
    lives=st.lists(
        st.lists(HAPPENINGS, min_size=3, max_size=12),
        min_size=SIDE_BY_SIDE,
        max_size=SIDE_BY_SIDE,
    )
)
def test_what_the_public_knew_is_what_the_model_says(
    models: Models, folder: Path, lives: list[list[Happening]]
) -> None:
    together = Together(models, folder, len(lives))
    together.live(lives)
    together.land()
    told = together.told()
    for district in together.districts:
        own = told[district.name]
        assert own == {day: district.model.as_of(day) for day in own}, district.life
    # The same archives, loaded in one go into an empty database.
    together.empty()
    together.land()
    assert together.told() == told
