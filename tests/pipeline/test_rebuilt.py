"""What is built step by step equals what is built from the archive at once, in every row hash.

Belongs here: that law, over random sequences of deliveries, revisions, withdrawals, verdicts and
edits of declarations; and that a work database that is of no use is made anew. Does not belong
here: what the rows are (dbt's unit tests) and what the gates say (verdicts are drawn here).

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
from orchestration.process import landing
from orchestration.process.dbt import DbtProject
from orchestration.publish.rowhash import Fingerprint, fingerprint
from orchestration.publish.tables import Column, quote
from orchestration.settings import Settings, load_settings
from orchestration.steps.door import entered
from orchestration.steps.land import land_deliveries, landed_deliveries
from orchestration.steps.workplace import Workplace
from tests.support import make_project, profile

pytestmark = pytest.mark.core

EXAMPLES = 3 if settings().max_examples <= 100 else settings().max_examples
# The incremental models and what reads them first; all others are made in full from these.
MODELS = ("int_observation_history", "observation", "int_mart_cell")
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
        elif files := self.registered():
            file = files[step.number % len(files)]
            if isinstance(step, Withdraw):
                file.unlink()
            else:
                self.refused ^= {file.stem}

    def registered(self) -> list[Path]:
        """The deliveries that the archive knows, each under its hash."""
        return sorted((self.settings.archive / "deliveries" / "yunxi-profile").glob("*.json"))

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

    def build(self, project: DbtProject) -> dict[str, Fingerprint]:
        """Bring a work database up to date as a run does; the rows of its tables, hashed."""
        database = project.database
        run = self.run(database.parent.parent)
        run.archive = Archive(self.settings.archive, run.now)
        with entered(run, release_id="r", release_time=FIRST_RUN):
            land_deliveries(run, landed_deliveries(run))
        with duckdb.connect(str(database)) as connection:
            connection.execute(
                "update landing.delivery set verdict = 'refused' "
                "where receipt_sha256 in (select unnest($1::varchar[]))",
                [[*self.refused]],
            )
            landing.admit(connection)
        results = project._results(["run", "--select", *MODELS])
        assert [(r.name, r.message) for r in results if r.is_bad] == []
        return hashes(database)


def hashes(database: Path) -> dict[str, Fingerprint]:
    """Canonical row hash of every table that dbt made, and of the observations it read."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select table_schema, table_name, list((column_name, data_type) order by "
            "ordinal_position) from information_schema.columns where table_schema in "
            "('core', 'intermediate') or (table_schema = 'landing' and table_name in "
            "('candidate', 'observation', 'quarantine', 'source_note', 'delivery')) group by all"
        ).fetchall()
        return {
            f"{schema}.{table}": fingerprint(
                connection,
                f"{quote(schema)}.{quote(table)}",
                [Column(name, kind, "", "", "", True) for name, kind in columns],
            )
            for schema, table, columns in rows
        }


def law(folder: Path, steps: Sequence[Step]) -> Iterator[dict[str, Fingerprint]]:
    """After every step both ways of building give equal rows; yields them."""
    shutil.rmtree(folder, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("QUTONG_HOME", "QUTONG_PROJECT", "QUTONG_DATABASE"):
            patch.delenv(name, raising=False)
        district = District(make_project(folder / "district", with_deliveries=False))
        elsewhere = replace(district.settings, home=folder / "elsewhere")
        carried, anew = DbtProject.of(district.settings), DbtProject.of(elsewhere)
        for step in steps:
            district.take(step)
            anew.database.unlink(missing_ok=True)
            shutil.rmtree(elsewhere.parsed, ignore_errors=True)
            expected = district.build(anew)
            assert district.build(carried) == expected, step
            yield expected


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
)


def test_the_law_has_something_to_say(tmp_path: Path) -> None:
    """Given a revision, edits, a refusal and a withdrawal, then each changes versions or ranks."""
    made = [step["core.observation"] for step in law(tmp_path, STORY)]
    assert [rows.row_count for rows in made] == [2, 4, 4, 4, 2, 2]
    assert len({rows.row_hash for rows in made}) == 5
