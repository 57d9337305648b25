"""What every step works with: paths, declarations, archive, rules, the dbt project.

Belongs here: objects that are read from disk when first asked for. Does not belong here: anything
that one step finds out and another needs to know; that is ``state``, on disk.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from orchestration.collect import acts, decisions, feedback
from orchestration.collect.archive import Archive, Delivery, printable
from orchestration.collect.connectors import Connector, connectors_of
from orchestration.collect.connectors.folder import files_below, is_open_for_writing
from orchestration.collect.parse import ParseStore
from orchestration.declarations import Declarations, load_sound
from orchestration.errors import DeclarationErrors, QutongError
from orchestration.judge.catalogue import Catalogue, load_catalogue
from orchestration.publish.layout import Releases
from orchestration.serve import quarantine
from orchestration.settings import CODE_ROOT, Settings

if TYPE_CHECKING:
    from orchestration.judge.worker import Judge
    from orchestration.process.dbt import DbtProject
    from orchestration.publish.product import Product

Say = Callable[[str], None]

CODE_FILES = ("*.py", "*.csv", "*.html", "*.j2", "*.js", "*.css")


class Workplace:
    """One project directory and its run state, as the steps of one process see them.

    Args:
        settings: Of the project directory.
        now: Clock of receipts and reports; the moment of making, unless a test fixes it.
        say: Told one line per step.
        pause: How to wait a number of seconds; tests let other things happen meanwhile.

    Attributes:
        periods: The awaited periods that a backfill asks for; empty where a run asks for whatever
            there is. Connectors that pull by period follow it.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        now: datetime | None = None,
        say: Say | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        self.now = now or datetime.now(UTC)
        self.say: Say = say or (lambda line: None)
        self.periods: tuple[str, ...] = ()
        self._pause = pause

    @property
    def zone(self) -> ZoneInfo:
        """Where the district's days begin and end."""
        return ZoneInfo(self.settings.district.time_zone)

    @cached_property
    def declarations(self) -> Declarations:
        """What is declared; a new data set with a mistake is set aside, and the others go on.

        Raises:
            DeclarationError: the mistake is in what received deliveries follow: without that
                declaration their figures would be gone.
        """
        found = load_sound(self.settings, self.dbt.slots(), self.archive.has)
        if any(self.archive.has(entry.data_set_id) for entry in found.aside):
            raise DeclarationErrors(
                [entry.error for entry in found.aside if not entry.is_consequence]
            )
        return found

    @cached_property
    def catalogue(self) -> Catalogue:
        return load_catalogue(self.settings.expectations)

    @cached_property
    def archive(self) -> Archive:
        return Archive(self.settings.archive, self.now, self.zone)

    @cached_property
    def store(self) -> ParseStore:
        return ParseStore.of(self.settings)

    @cached_property
    def dbt(self) -> DbtProject:
        from orchestration.process.dbt import DbtProject

        return DbtProject.of(self.settings)

    @cached_property
    def connectors(self) -> Mapping[str, tuple[Connector, ...]]:
        """Where each data set's deliveries come from, by its id."""
        return connectors_of(self.settings, self.declarations, self.now, self.periods)

    @cached_property
    def judge(self) -> Judge:
        """Validates suites: in this process, unless a run started one of its own for it."""
        from orchestration.judge.worker import Judge

        return Judge()

    @cached_property
    def products(self) -> tuple[Product, ...]:
        """What a release holds besides its database; fewer where a test does not look at them."""
        from orchestration.publish.registry import PRODUCTS

        return PRODUCTS

    @property
    def releases(self) -> Releases:
        return Releases(self.settings.releases)

    def wait_until_at_rest(self, path: Path) -> None:
        """Wait until nothing was written to a file for as long as the district declares.

        Files age together: a run waits once, however many there are.

        Raises:
            QutongError: it is still being written; it stays where it is until a later run.
        """
        quiet = self.settings.district.quiet_seconds
        writing = QutongError(
            "is still being written / 文件仍在写入",
            file=printable(str(path)),
            remedy="leave it there: a later run takes it when it has come to rest",
        )
        try:
            before = path.stat()
            left = quiet - (time.time() - before.st_mtime)
            if left > 0:
                self._pause(min(left, quiet))
                after = path.stat()
                if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
                    raise writing
        except OSError:
            return  # gone or unreadable: archiving says so
        if is_open_for_writing(path):
            raise writing

    @property
    def published_file(self) -> Path:
        """There where a release was made of this work directory, and nobody asked for a new one."""
        return self.settings.work / "published"


def gone(settings: Settings, data_set_id: str, deliveries: Iterable[Delivery]) -> set[str]:
    """Ids of those that were laid into the folder of deliveries alone and lie there no more."""
    folder = settings.deliveries / data_set_id
    there = {entry.path for entry in files_below(folder)}

    def lies(place: str) -> bool:
        name = place.removeprefix("folder/")
        return f"{folder}/{name}" in there or (folder / name).exists()

    return {
        delivery.delivery_id
        for delivery in deliveries
        if delivery.places
        and all(place.startswith("folder/") for place in delivery.places)
        and not any(map(lies, delivery.places))
    }


def inputs_digest(work: Workplace) -> str:
    """Hash of all that a release follows from, as it is on disk now.

    Deliveries, decisions about them, declarations and code lists, models, rules, our code, and the
    libraries that compute. A verdict speaks of exactly one such digest.
    """
    from importlib.metadata import version

    from orchestration.process.fingerprint import tree_digest

    settings, digest = work.settings, hashlib.sha256()
    for declared in work.declarations:
        received = work.archive.deliveries(declared.id)
        # What is damaged counts as it was read before, until it can be read again.
        unmade = {delivery.delivery_id for delivery in work.store.unmade(received, declared)}
        missing = gone(settings, declared.id, received)
        for delivery in received:
            made = " not read" if delivery.delivery_id in unmade else ""
            lies = " gone" if delivery.delivery_id in missing else ""
            digest.update(
                f"{declared.id} {delivery.sha256} {delivery.order}{made}{lies}\n".encode()
            )
    for act in acts.acts(settings.archive):
        if act.was:
            digest.update(
                f"{act.delivery_id} {act.kind} {act.was} {act.reads} {act.day}\n".encode()
            )
    told = decisions.decisions(settings.archive)
    for claim, decision in sorted(decisions.in_force(told, work.archive.today).items()):
        digest.update(
            f"decided {claim} {decision.kind} {decision.reason} {decision.expires}\n".encode()
        )
    for mark in feedback.in_force(feedback.marks(settings.archive)).values():
        digest.update(f"feedback {mark.data_set_id} {mark.period} {mark.kind} {mark.at}\n".encode())
    for settled in sorted(quarantine.decided(settings.archive)):
        digest.update(f"settled {settled}\n".encode())
    digest.update(tree_digest(settings.raw, ("*.yml", "*.csv"), skip=("deliveries",)))
    digest.update(
        tree_digest(settings.dbt_project, ("*.sql", "*.yml", "*.md", "*.csv"), skip=("target",))
    )
    digest.update(tree_digest(settings.expectations, ("*.sql", "*.yml")))
    digest.update(tree_digest(CODE_ROOT / "orchestration", CODE_FILES))
    for library in ("duckdb", "polars", "dbt-core", "dbt-duckdb", "great-expectations"):
        digest.update(f"{library} {version(library)}\n".encode())
    return digest.hexdigest()
