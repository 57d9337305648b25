"""How deliveries were read when their figures were published: kept in the archive for good.

Belongs here: keeping parse results of published deliveries and finding them again. Does not belong
here: reading a delivery (``parse``), and deciding which of two readings holds (``acts``).

The bytes of a delivery never change, but what is declared about them does, and so does the code.
What was published is what was read then: it cannot be made again from the bytes.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from orchestration.collect.archive import Delivery
from orchestration.collect.parse import RESULT_KINDS, Parsed, read_counts


@dataclass(frozen=True)
class Reading:
    """One published reading of a delivery.

    Attributes:
        figures: Digest of what was read; see ``Parsed``.
        stem: Path of its files without their ending.
    """

    figures: str
    stem: Path

    def parsed(self) -> Parsed | None:
        """Its counts; None where its files were damaged or lost."""
        return read_counts(self.stem)


class Readings:
    """The published readings of the deliveries of one data set.

    Args:
        archive: Its directory.
        data_set_id: Which data set.
    """

    def __init__(self, archive: Path, data_set_id: str) -> None:
        self.folder = archive / "readings" / data_set_id

    @cached_property
    def _known(self) -> dict[str, list[Reading]]:
        """By name of the delivery, in the order in which they were published."""
        found = defaultdict(list)
        for file in self.folder.glob("*.json"):
            name, number, figures = file.stem.split("-")
            found[name].append((int(number), Reading(figures, file.with_suffix(""))))
        return {name: [r for _, r in sorted(all_, key=_number)] for name, all_ in found.items()}

    def latest(self, delivery: Delivery) -> Reading | None:
        """How the delivery was read when it was published last."""
        known = self._known.get(delivery.file_stem)
        return known[-1] if known else None

    def find(self, delivery: Delivery, figures: str) -> Reading | None:
        """The published reading with these figures."""
        known = self._known.get(delivery.file_stem, ())
        return next((reading for reading in known if reading.figures == figures), None)

    def keep(self, delivery: Delivery, figures: str, stem: Path) -> bool:
        """Keep a parse result that was published, unless the last one kept has its figures.

        Returns:
            Whether it was kept now.
        """
        known = self._known.setdefault(delivery.file_stem, [])
        if not figures or (known and known[-1].figures == figures):
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / f"{delivery.file_stem}-{len(known) + 1}-{figures}"
        for kind in RESULT_KINDS:
            _link(stem.with_suffix(f".{kind}.parquet"), target.with_suffix(f".{kind}.parquet"))
        # What names a reading comes last: it is whole.
        _link(stem.with_suffix(".json"), target.with_suffix(".json"))
        known.append(Reading(figures, target))
        return True


def _number(entry: tuple[int, Reading]) -> int:
    return entry[0]


def _link(source: Path, target: Path) -> None:
    """The same file under another name, or a copy where the disk is another one."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
