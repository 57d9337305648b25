"""What is built step by step equals what is built from the archive at once, in every row hash.

Belongs here: that law, over random sequences of deliveries, revisions, withdrawals, verdicts and
edits of declarations, for every mart and for what the marts gate says of them; and that only what
depends on a change is made again. Does not belong here: what the rows are (dbt's unit tests) and
what the delivery gate says (its verdicts are drawn here).

pytest --hypothesis-profile deep tests/pipeline/test_rebuilt.py
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestration.collect.archive import Archive
from orchestration.judge.catalogue import RuleOutcome
from orchestration.process import landing
from orchestration.publish.rowhash import Fingerprint, fingerprint
from orchestration.publish.tables import Column, quote
from orchestration.settings import Settings, load_settings
from orchestration.steps import marts, state
from orchestration.steps.door import entered
from orchestration.steps.land import land_deliveries, landed_deliveries
from orchestration.steps.marts_gate import marts_gate
from orchestration.steps.state import StepRecord
from orchestration.steps.workplace import Workplace
from tests.support import hold, make_project, profile

pytestmark = pytest.mark.core

# The incremental models and what reads them first: compared after every step, others at the end.
MODELS = tuple(
    f"model.qutong.{name}" for name in ("int_observation_history", "observation", "int_mart_cell")
)
EXAMPLES = 3 if settings().max_examples <= 100 else settings().max_examples
FIRST_RUN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
DAYS = tuple(date(2025, 3, 5) + timedelta(days=40 * n) for n in range(4))
FIGURES = (
    ("地区生产总值,云溪区,2024年", "亿元"),
    ("地区生产总值,云山区,2024年", "亿元"),
    ("地区生产总值,云溪区,2023年", "亿元"),
    ("学校数,云溪区,2024年", "所"),
)
DOCUMENTS = ("yunxi-bulletin", "yunxi-press")
CORRECTION = """corrections:
  - id: gdp-of-2024
    where: {指标: 地区生产总值, 地区: 云溪区, 期间: 2024年, 来源: yunxi-bulletin}
    column: 数值
    files: "2025-03-05/*"
    expect: "40"
    becomes: "44"
    kind: transcription
    reason: {zh: 抄错, en: Copied wrongly}
    reported_by: tests
    reported_on: 2026-02-01
"""


@dataclass(frozen=True)
class Deliver:
    """A file with figures as they are printed on a day: new ones, repeats or revisions."""

    day: date
    prints: tuple[tuple[int, str, int, str], ...]

    @property
    def content(self) -> bytes:
        return profile(
            *(
                f"{FIGURES[figure][0]},年度,{value},,{FIGURES[figure][1]},,表1,{document},{day},,"
                for figure, document, value, day in self.prints
            )
        )


@dataclass(frozen=True)
class Judge:
    """The gate refuses a delivery that it admitted so far, or the other way round."""

    number: int


@dataclass(frozen=True)
class Withdraw:
    """A delivery is taken out of the archive."""

    number: int


@dataclass(frozen=True)
class Declare:
    """A declaration is edited, or edited back."""

    what: str


Step = Deliver | Judge | Withdraw | Declare

PRINTS = st.tuples(
    st.integers(0, len(FIGURES) - 1),
    st.sampled_from(DOCUMENTS),
    st.integers(40, 42),
    st.sampled_from(("", "2025-02-01", "2025-06-30")),
)
DELIVER = st.builds(
    Deliver,
    st.sampled_from(DAYS),
    st.lists(PRINTS, min_size=1, max_size=4, unique_by=lambda p: p[:2]).map(tuple),
)
STEPS = st.lists(
    DELIVER
    | DELIVER
    | st.builds(Judge, st.integers(0, 9))
    | st.builds(Withdraw, st.integers(0, 9))
    | st.builds(Declare, st.sampled_from(("correction", "grades", "name", "region"))),
    min_size=2,
    max_size=3 if EXAMPLES == 3 else 6,
)


@dataclass
class District:
    """An invented district with a work database that is carried along."""

    settings: Settings
    refused: set[str] = field(default_factory=set)
    runs: int = 0

    def take(self, step: Step) -> None:
        """Change what is delivered, archived, judged or declared."""
        if isinstance(step, Deliver):
            self.receive(step)
        elif isinstance(step, Declare):
            self.declare(step.what)
        elif received := self.run().archive.deliveries("yunxi-profile"):
            delivery = received[step.number % len(received)]
            if isinstance(step, Withdraw):
                hold(self.settings, delivery.delivery_id)
            else:
                self.refused ^= {delivery.sha256}

    def receive(self, step: Deliver) -> None:
        self.runs += 1
        path = self.settings.home / "drop" / f"公报{self.runs}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(step.content)
        run = self.run()
        run.archive.store(path, "yunxi-profile", connector="folder", delivered_on=step.day)

    def declare(self, what: str) -> None:
        raw = self.settings.raw
        if what == "correction":
            file = raw / "corrections" / "yunxi-profile.yml"
            file.parent.mkdir(exist_ok=True)
            if file.exists():
                file.unlink()
            else:
                file.write_text(CORRECTION, "utf-8")
            return
        file, one, other = {
            "grades": (raw / "district.yml", "[official, secondary]", "[secondary, official]"),
            "name": (raw / "datasets/profile/yunxi-profile.yml", "en: Schools", "en: Our schools"),
            "region": (raw / "codelists/regions.csv", '"Yunshan District', '"Cloud Hills District'),
        }[what]
        text = file.read_text("utf-8")
        one, other = (one, other) if one in text else (other, one)
        assert one in text
        file.write_text(text.replace(one, other), "utf-8")

    def run(self, home: Path | None = None) -> Workplace:
        own = load_settings(self.settings.project)
        now = FIRST_RUN + timedelta(days=self.runs)
        return Workplace(replace(own, home=home) if home else own, now=now)

    def build(self, home: Path, *, is_whole: bool = True) -> Built:
        """Bring a work database up to date as a run does, up to the marts gate or to ``MODELS``."""
        run = self.run(home)
        run.archive = Archive(self.settings.archive, run.now)
        database = run.settings.database
        with entered(run, release_id="r", release_time=FIRST_RUN) as here:
            land_deliveries(run, landed_deliveries(run))
            with state.opened(run.settings) as connection:
                connection.execute(
                    "update landing.delivery set verdict = 'refused' "
                    "where receipt_sha256 in (select unnest($1::varchar[]))",
                    [[*self.refused]],
                )
                landing.admit(connection)
                state.insert(
                    connection,
                    [
                        StepRecord(step, "", here.identity.run_id, "inputs", "done", 0.0, {})
                        for step in state.STEPS[: state.STEPS.index("marts")]
                    ],
                )
            if not is_whole:
                with state.opened(run.settings) as connection:
                    results = run.dbt.plan().build(connection, MODELS)
                assert [(r.name, r.message) for r in results if r.is_bad] == []
                return Built(hashes(state.lent(run.settings)))
            results = marts.build(run, "marts")
            outcomes, _ = marts_gate(run)
        return Built(
            hashes(database),
            {(result.unique_id, result.status, result.failures) for result in results},
            outcomes,
            made_again(database),
        )


@dataclass
class Built:
    """What lies in a work database, and what was said of it.

    Attributes:
        rows: Canonical row hash of every table, by name.
        nodes: What dbt said of every model and test.
        again: Names of marts, tests and suites that were made or asked in this very run.
    """

    rows: dict[str, Fingerprint]
    nodes: set[tuple[str, str, int]] = field(default_factory=set)
    outcomes: list[RuleOutcome] = field(default_factory=list)
    again: set[str] = field(default_factory=set, compare=False)


def made_again(database: Path) -> set[str]:
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select split_part(unique_id, '.', 3) from standing.node join run.run using (run_id) "
            "union all select suite from standing.suite join run.run using (run_id)"
        ).fetchall()
    return {name for (name,) in rows}


def hashes(database: Path) -> dict[str, Fingerprint]:
    """Canonical row hash of every table that dbt made, and of the observations it read."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select table_schema, table_name, list((column_name, data_type) order by "
            "ordinal_position) from information_schema.columns where table_schema not in "
            "('main', 'judge', 'run', 'standing', 'landing') or (table_schema = 'landing' and "
            "table_name in ('candidate', 'observation', 'quarantine', 'source_note', 'delivery', "
            "'finding')) group by all"
        ).fetchall()
        return {
            f"{schema}.{table}": fingerprint(
                connection,
                f"{quote(schema)}.{quote(table)}",
                [Column(name, kind, "", "", "", True) for name, kind in columns],
            )
            for schema, table, columns in rows
        }


def _with_one_that_no_mart_shows(folder: Path) -> Settings:
    """The invented district, whose schools stand in core.observation alone."""
    settings = make_project(folder, with_deliveries=False)
    path = settings.raw / "datasets/profile/yunxi-profile.yml"
    text = path.read_text("utf-8")
    shown = text[text.index("    mart: core.district_profile\n    item: schools") :]
    path.write_text(text.removesuffix(shown), encoding="utf-8")
    return settings


def law(folder: Path, steps: Sequence[Step]) -> Iterator[Built]:
    """After every step both ways of building give equal rows; yields what was built step by step.

    After the last step all marts are equal, all that dbt said, and all outcomes of the marts gate.
    """
    shutil.rmtree(folder, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("QUTONG_HOME", "QUTONG_PROJECT", "QUTONG_DATABASE"):
            patch.delenv(name, raising=False)
        district = District(_with_one_that_no_mart_shows(folder / "district"))
        for number, step in enumerate(steps, start=1):
            district.take(step)
            carried = district.build(district.settings.home)
            is_last, elsewhere = number == len(steps), folder / f"elsewhere{number}"
            anew = district.build(elsewhere, is_whole=is_last)
            shutil.rmtree(elsewhere)
            if is_last:
                assert carried == anew, step
            else:
                del anew.rows["landing.finding"]  # of the marts gate, which was not asked
                assert {name: carried.rows[name] for name in anew.rows} == anew.rows, step
            yield carried


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 3,
    phases=(Phase.reuse, Phase.generate),  # a step is slow: what fails is small enough as it is
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(first=DELIVER, steps=STEPS)
def test_step_by_step_equals_at_once(
    tmp_path_factory: pytest.TempPathFactory,
    first: Deliver,
    steps: list[Step],
) -> None:
    folder = tmp_path_factory.getbasetemp() / "rebuilt"
    for _ in law(folder, [first, *steps]):
        pass


STORY: tuple[Step, ...] = (
    Deliver(DAYS[0], ((0, "yunxi-bulletin", 40, ""), (0, "yunxi-press", 41, ""))),
    Deliver(DAYS[1], ((0, "yunxi-bulletin", 42, ""), (3, "yunxi-press", 41, ""))),
    Declare("grades"),
    Declare("correction"),
    Judge(0),
    Withdraw(0),
    Deliver(DAYS[2], ((3, "yunxi-press", 42, ""),)),
    Declare("name"),
)
PROFILE = {"district_profile", "district_profile_figures", "core.district_profile"}
UNTOUCHED = {"tourism", "tourism_figures", "consumption.tourism", "scheme", "core.scheme"}
READS_ALL = {"indicator", "ranking", "observation_value_or_status"}


def test_the_law_has_something_to_say(tmp_path: Path) -> None:
    """Given revisions, edits, a refusal and a withdrawal, then each changes versions or ranks.

    And what does not follow from a change is neither made nor asked again.
    """
    told = [(built.rows["core.observation"], built.again) for built in law(tmp_path, STORY)]
    rows, again = zip(*told, strict=True)
    assert [made.row_count for made in rows] == [2, 4, 4, 4, 2, 2, 3, 3]
    assert len({made.row_hash for made in rows}) >= 6
    begun, revised, *_, of_no_mart, renamed = again
    assert begun >= PROFILE | UNTOUCHED | READS_ALL
    assert not UNTOUCHED & set[str]().union(*again[1:-1])
    assert revised >= PROFILE | READS_ALL
    # A figure that no mart shows stands in core.observation alone, and in what reads all of it.
    assert of_no_mart >= READS_ALL
    assert not PROFILE & of_no_mart
    # Another name of an indicator of no mart is another name of its item: what reads lists of codes
    # is made anew, comes out as it was, and is not judged again.
    assert "indicator" in renamed
    assert not {"consumption.tourism", "core.scheme", "core.district_profile"} & renamed
