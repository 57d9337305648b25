"""The run over all errors at once, and what each gate made of each of them.

Belongs here: judging the copies side by side, telling what an error brought about from what the
clean copy has as well, and the score. Does not belong here: how the score is shown (``told``).
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from orchestration.errors import DeclarationError, QutongError
from orchestration.scoring.base import Base, Figures, Place, Words
from orchestration.scoring.changes import (
    PRACTICE,
    Edition,
    Error,
    Expected,
    Kind,
    Notice,
    clean_deliveries,
    deliveries_of,
)
from orchestration.scoring.district import lay_out
from orchestration.scoring.editions import judge_editions
from orchestration.scoring.said import Said
from orchestration.settings import CODE_ROOT, Settings, parse_model, read_yaml

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""When the benchmark takes place, whenever it is run."""

Actual = Literal["refused", "held", "found", "silent"]
ORDER: tuple[Actual, ...] = ("silent", "found", "held", "refused")
BENCHMARK = Path("tests", "errors")
SHIPPED = "shipped"
"""Stands for the repository's own deliveries among the figures that are right."""


@dataclass(frozen=True)
class Judged:
    """What came of one error.

    Attributes:
        said: What was said because of it; what the clean copy has as well is left out.
    """

    kind: str
    error: str
    level: int
    source: str
    expected: Expected
    actual: Actual
    said: tuple[Said, ...]

    @property
    def by(self) -> Said | None:
        """The gravest of what was said."""
        return self.said[0] if self.said else None

    @property
    def is_right(self) -> bool:
        """Whether the outcome is the one right one."""
        wanted = "silent" if self.expected == "harmless" else self.expected
        return self.actual == wanted

    @property
    def is_caught(self) -> bool:
        """Whether nobody could have read it: refused, or held until somebody decides."""
        return self.actual in ("refused", "held")

    @property
    def is_found(self) -> bool:
        """Whether anything at all was said."""
        return self.actual != "silent"


@dataclass(frozen=True)
class Alarm:
    """What was said of figures that are taken to be right.

    Attributes:
        where: Of which figures: ``base``, or the name of a project directory.
        reason: Why it is said rightly, where somebody looked: contradictions that sources hold.
    """

    where: str
    said: Said
    reason: str = ""

    @property
    def is_false(self) -> bool:
        """Whether somebody has to act on it, and nobody found that it is true."""
        return self.said.severity != "informative" and not self.reason


class Explained(Words):
    """Why something that is said of right figures is true after all.

    Attributes:
        where: Name of the project directory.
        about: What it is about begins with this.
    """

    where: str
    rule: str
    about: str


@dataclass
class Score:
    """The outcome of a whole benchmark.

    Attributes:
        judged: Every error, and what is harmless though it looks odd.
        clean: How many figures were judged that are taken to be right, by where they are.
        alarms: What was said of them, explained or not.
        seconds: What it took.
    """

    judged: list[Judged] = field(default_factory=list)
    clean: dict[str, int] = field(default_factory=dict)
    alarms: list[Alarm] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def wrong(self) -> list[Judged]:
        """The errors proper; what is harmless is none."""
        return [each for each in self.judged if each.expected != "harmless"]

    @property
    def false_alarms(self) -> list[Alarm]:
        """What somebody would have to act on though nothing is wrong."""
        odd = [
            Alarm(f"{each.kind}/{each.error}", said)
            for each in self.judged
            if each.expected == "harmless"
            for said in each.said
        ]
        return [alarm for alarm in (*self.alarms, *odd) if alarm.is_false]


def benchmark_folder() -> Path:
    """Where the errors lie.

    Raises:
        QutongError: this is no checkout of the repository.
    """
    folder = CODE_ROOT / BENCHMARK
    if not (folder / "base.yml").is_file():
        raise QutongError(
            "the benchmark of errors is not here / 没有差错基准",
            file=folder,
            remedy="it needs the repository's tests/errors: run it from a checkout",
        )
    return folder


def load_base(folder: Path) -> Base:
    """The base state."""
    return parse_model(Base, read_yaml(folder / "base.yml"), folder / "base.yml")


def load_kinds(folder: Path, chosen: Sequence[str] = ()) -> list[Kind]:
    """All kinds of errors, or those that are named.

    Raises:
        QutongError: there is no kind of a name.
    """
    kinds = [
        parse_model(Kind, read_yaml(file), file)
        for file in sorted((folder / "kinds").glob("*.yml"))
    ]
    _check(kinds, load_notices(folder), folder)
    missing = set(chosen) - {kind.kind for kind in kinds}
    if missing:
        raise QutongError(
            f"no such kind: {', '.join(sorted(missing))}",
            file=folder / "kinds",
            remedy="'qutong judge kinds' lists them",
        )
    return [kind for kind in kinds if not chosen or kind.kind in chosen]


def load_notices(folder: Path) -> dict[str, Notice]:
    """The public notices that errors are re-created from, by id."""
    file = folder / "sources.yml"
    return {name: parse_model(Notice, said, file) for name, said in read_yaml(file).items()}


def _check(kinds: Sequence[Kind], notices: Mapping[str, Notice], folder: Path) -> None:
    """Ids are there once, and sources are known.

    Raises:
        DeclarationError: names the error.
    """
    seen: set[str] = set()
    for kind in kinds:
        both: tuple[Error | Edition, ...] = (*kind.errors, *kind.editions)
        for error in both:
            source = error.source or kind.source
            if source != PRACTICE and source not in notices:
                raise DeclarationError(
                    f"there is no notice '{source}'",
                    file=folder / "kinds" / f"{kind.kind}.yml",
                    place=f"error {error.id}",
                    remedy=f"enter it into sources.yml, or write '{PRACTICE}'",
                )
            if error.id in seen:
                raise DeclarationError(
                    f"the error '{error.id}' is there twice",
                    file=folder / "kinds" / f"{kind.kind}.yml",
                    remedy="give each error an id of its own",
                )
            seen.add(error.id)


def score(
    kinds: Sequence[Kind],
    base: Base,
    *,
    clean: Sequence[Path] = (),
    explained: Sequence[Explained] = (),
    work_in: Path | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Score:
    """Judge all errors of these kinds, and the clean base beside them.

    Args:
        kinds: With their errors.
        base: The state in which they happen.
        clean: Project directories of figures that are right; nothing in them is written.
        explained: What is known of them.
        work_in: A directory for the run, kept afterwards; a temporary one when left out.
        say: Told what is being done.
    """
    begin = time.perf_counter()
    result = Score()
    figures = Figures(base)
    sound = Place(0, base)
    copies = [(sound, clean_deliveries(figures, sound))]
    errors = [(kind, error) for kind in kinds for error in kind.errors]
    for number, (_, error) in enumerate(errors, start=1):
        place = Place(number, base)
        copies.append((place, deliveries_of(figures, place, error)))
    with _folder(work_in) as folder:
        say(f"{len(copies)} 份基准 / copies of the base")
        settings = lay_out(folder / "errors", base, copies)
        said, counts = judge(settings, base, say)
        by_copy = _by_copy(said)
        result.clean["base"] = sum(
            count for name, count in counts.items() if Place.number_of(name) == sound.number
        )
        editions = [edition for kind in kinds for edition in kind.editions]
        of_releases = judge_editions(base, editions, folder / "release", say) if editions else {}
        for number, project in enumerate(clean):
            where = SHIPPED if project.resolve() == CODE_ROOT else project.name
            say(f"正确数据 / figures that are right: {where}")
            own = Settings(project.resolve(), folder / f"clean-{number}")
            told, counts = judge(own, base, say, now=None)
            result.clean[where] = sum(counts.values())
            result.alarms += [_alarm(where, each, explained) for _, each in told]
    ours = by_copy.get(sound.number, [])
    result.alarms += [_alarm("base", each, explained) for each in ours]
    for number, (kind, error) in enumerate(errors, start=1):
        result.judged.append(_outcome(kind, error, by_copy.get(number, []), ours))
    result.judged += [
        _outcome(kind, edition, of_releases.get(edition.id, []), ())
        for kind in kinds
        for edition in kind.editions
    ]
    result.seconds = time.perf_counter() - begin
    return result


def load_explained(folder: Path) -> tuple[Explained, ...]:
    """What is known of findings about figures that are right."""
    file = folder / "explained.yml"
    entries = read_yaml(file) if file.is_file() else []
    return tuple(parse_model(Explained, entry, file) for entry in entries or ())


def _alarm(where: str, said: Said, explained: Sequence[Explained]) -> Alarm:
    for each in explained:
        if (each.where, each.rule) == (where, said.rule) and said.about.startswith(each.about):
            return Alarm(where, said, each.en)
    return Alarm(where, said)


@contextlib.contextmanager
def _folder(work_in: Path | None) -> Iterator[Path]:
    if work_in is not None:
        shutil.rmtree(work_in, ignore_errors=True)
        work_in.mkdir(parents=True)
        yield work_in
        return
    with tempfile.TemporaryDirectory(prefix="qutong-score-") as folder:
        yield Path(folder)


def _outcome(
    kind: Kind, error: Error | Edition, said: Sequence[Said], clean: Sequence[Said]
) -> Judged:
    """What an error brought about: what its copy says, less what the clean copy says as well."""
    left = Counter(each.key for each in clean)
    own = []
    for each in said:
        if left[each.key]:
            left[each.key] -= 1
        else:
            own.append(each)
    own.sort(key=lambda each: -ORDER.index(_WORD[each.severity]))
    return Judged(
        kind=kind.kind,
        error=error.id,
        level=kind.level,
        source=error.source or kind.source,
        expected=error.expected,
        actual=_WORD[own[0].severity] if own else "silent",
        said=tuple(own),
    )


_WORD: Mapping[str, Actual] = {
    "refusal": "refused",
    "hard": "refused",
    "soft": "held",
    "informative": "found",
}


@dataclass(frozen=True)
class _About:
    """What a finding is about, as the gates name it."""

    data_set: str = ""
    region: str = ""


def judge(
    settings: Settings, base: Base, say: Callable[[str], None], now: datetime | None = NOW
) -> tuple[list[tuple[_About, Said]], dict[str, int]]:
    """Take a project through its gates, as a run does up to the candidate.

    Returns:
        What was said, with what it is about; and how many figures there are, by data set.
    """
    from orchestration.scoring.run import up_to_marts_gate
    from orchestration.steps import state
    from orchestration.steps.door import entered
    from orchestration.steps.workplace import Workplace

    work = Workplace(settings, now=now)
    with entered(work, release_id=f"{work.now:%Y-%m-%d}.1", release_time=work.now):
        up_to_marts_gate(work, say)
        with state.opened(work.settings) as con:
            counts = con.execute(
                "select data_set_id, count(*) from landing.candidate group by 1"
            ).fetchall()
            return list(_said(con, base)), {name: int(count) for name, count in counts}


def _by_copy(told: Sequence[tuple[_About, Said]]) -> dict[int, list[Said]]:
    """The same by the number of the copy that it is about."""
    found: dict[int, list[Said]] = {}
    for about, said in told:
        number = Place.number_of(about.data_set)
        if number is None:
            number = Place.number_of_region(about.region)
        if number is not None:
            found.setdefault(number, []).append(said)
    return found


def _said(con: DuckDBPyConnection, base: Base) -> Iterator[tuple[_About, Said]]:
    """All refusals, findings and quarantined cells of what was judged."""
    regions = list(base.regions)
    refused = set()
    for delivery, data_set, file, rules, reason in con.execute(
        "select delivery_id, data_set_id, file_name, refused_by, reason_en "
        "from landing.delivery where verdict = 'refused' order by all"
    ).fetchall():
        refused.add(delivery)
        for rule in rules.split(","):
            about = f"{_plain(data_set)} {file}"
            yield _About(data_set), Said("delivery", rule, "refusal", about, reason or "")
    for gate, rule, severity, data_set, delivery, code, region, period, message in con.execute(
        "select gate, rule_id, severity, coalesce(data_set_id, ''), delivery_id, "
        "indicator_code, coalesce(region_code, ''), period, message_en "
        "from landing.finding order by all"
    ).fetchall():
        if delivery in refused:
            continue  # its refusal says so
        is_ours = Place.number_of_region(region) is not None
        where = regions[int(region) % 100] if is_ours else region
        about = " ".join(filter(None, (_plain(data_set), code, where, period)))
        yield _About(data_set, region), Said(gate, rule, severity, about, message or "")
    for delivery, data_set, rule, place, reason in con.execute(
        "select delivery_id, data_set_id, rule_id, delivery_place, reason_en "
        "from landing.quarantine order by all"
    ).fetchall():
        if delivery not in refused:
            about = f"{_plain(data_set)} {place}"
            yield _About(data_set), Said("delivery", rule, "soft", about, reason or "")


def _plain(data_set: str) -> str:
    """The id of a data set without the copy that it belongs to."""
    return data_set if Place.number_of(data_set) is None else data_set.split("-", 1)[1]
