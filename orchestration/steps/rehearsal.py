"""What the delivery gate would say: of what was received, and of a file that nobody delivered.

Belongs here: judging in a directory that is removed again. Does not belong here: rules, routing,
and what becomes of a real delivery (``delivery_gate``).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.collect.archive import Archive, Delivery
from orchestration.collect.connectors import matches
from orchestration.collect.parse import Outcome, Parsed
from orchestration.declarations import Declarations
from orchestration.serve import quarantine
from orchestration.steps import state
from orchestration.steps.delivery_gate import judge_deliveries
from orchestration.steps.land import land_deliveries, landed_deliveries
from orchestration.steps.workplace import Workplace

if TYPE_CHECKING:
    from orchestration.declarations import Declared


@dataclass(frozen=True)
class Rehearsed:
    """A file as the delivery gate would judge it.

    Attributes:
        parsed: What the reader counted.
        outcome: What it would bring, unless the reader refused it.
        entry: The verdict and what is wrong with it besides quarantined cells.
        rules: What the rules that found something say, by their id.
        is_known: Whether these bytes were delivered before.
    """

    parsed: Parsed
    outcome: Outcome | None
    entry: quarantine.Entry
    rules: Mapping[str, quarantine.Rule]
    is_known: bool

    @property
    def is_refused(self) -> bool:
        """Whether a run would keep it out and say so with its exit code."""
        return self.entry.verdict == "refused" and not self.entry.settled_by


def rehearse(work: Workplace, data_sets: Sequence[str]) -> quarantine.State:
    """What the delivery gate would say of everything received for data sets, by what is declared.

    Archived deliveries are read anew in a directory that is removed again: nothing is changed.
    """
    with _stage(work, work.declarations) as trial:
        trial.archive = work.archive
        return _judged(trial, data_sets)


def rehearse_file(
    work: Workplace, declared: Declared, declarations: Declarations, file: Path
) -> Rehearsed:
    """What the delivery gate would say of a file, beside all that was received of its data set.

    Nothing is archived: the file lies in an archive of its own that is removed again.

    Args:
        work: Whose archive and results of readings are looked at.
        declared: What it would be a delivery of.
        declarations: Those that are sound; a mistake in another data set is not asked about.
        file: The file.

    Raises:
        QutongError: it cannot be read from disk.
    """
    with _stage(work, declarations) as trial:
        root = trial.settings.home / "beside"
        _lay_beside(work.archive, root, declared.id)
        trial.archive = Archive(root, work.now, work.zone)
        earlier = trial.archive.deliveries(declared.id)
        delivery, _ = trial.archive.store(
            file,
            declared.id,
            connector="preview",
            delivered_on=None,
            is_well_named=lambda name: matches(name, declared.data_set),
        )
        for one in earlier:
            _lend_reading(work, trial, declared, one)
        told = _judged(trial, (declared.id,))
        parsed = trial.store.load(delivery, declared)
        assert parsed is not None  # it was landed
        return Rehearsed(
            parsed,
            None if parsed.refusal else trial.store.outcome(delivery, declared),
            quarantine.find(told, delivery.delivery_id),
            dict(told.rules),
            delivery.delivery_id in {one.delivery_id for one in earlier},
        )


@contextmanager
def _stage(work: Workplace, declarations: Declarations) -> Iterator[Workplace]:
    """A workplace whose run state lies in a directory that is removed again."""
    with tempfile.TemporaryDirectory(prefix="qutong-") as folder:
        settings = replace(work.settings, home=Path(folder))
        trial = Workplace(settings, now=work.now)
        trial.declarations = declarations
        begun = work.now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        policy = settings.district.policy
        state.write_identity(
            settings, state.Identity("rehearsal", begun, "rehearsal", begun, policy)
        )
        yield trial


def _judged(trial: Workplace, data_sets: Sequence[str]) -> quarantine.State:
    land_deliveries(trial, landed_deliveries(trial, data_sets))
    judge_deliveries(trial)
    return quarantine.read_state(trial.settings.work)


def _lay_beside(archive: Archive, root: Path, data_set_id: str) -> None:
    """An archive that holds what another one does of a data set; bytes are only linked to."""
    root.mkdir(parents=True)
    if not archive.root.is_dir():
        return
    for path in archive.root.iterdir():
        if path.name == "receipts":
            shutil.copytree(path, root / path.name)
        elif path.name not in ("objects", "deliveries", "incoming"):
            (root / path.name).symlink_to(path)
    entries = archive.root / "deliveries" / data_set_id
    if entries.is_dir():
        shutil.copytree(entries, root / "deliveries" / data_set_id)
    for delivery in archive.deliveries(data_set_id):
        source = archive.object_path(delivery.sha256)
        target = root / source.relative_to(archive.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_file() and not target.exists():
            target.symlink_to(source)


def _lend_reading(
    work: Workplace, trial: Workplace, declared: Declared, delivery: Delivery
) -> None:
    """What a run made of an earlier delivery need not be read again."""
    made = work.store.stem(delivery, declared)
    target = trial.store.stem(delivery, declared)
    target.parent.mkdir(parents=True, exist_ok=True)
    for path in made.parent.glob(f"{made.name}.*"):
        shutil.copyfile(path, target.parent / path.name)
