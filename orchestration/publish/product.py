"""What a product is: files of a release that are made together, by one rule, from stated inputs.

Belongs here: the type that every product is an instance of, and what its check may say. Does not
belong here: which products there are (``registry``), what they are made from (``edition``), and
when one is built and when it is linked (``press``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from orchestration.publish.edition import Edition
    from orchestration.publish.package import Package

EVERYTHING = "*"
"""In ``Product.after``: all products that the registry lists before this one."""

DATABASE = "mart.duckdb"
"""In ``Product.after``: the database, closed. The lists of files within it cannot name what is
made from it: only the manifest does.
"""

Files = Mapping[str, int | None]
"""Files by their path in the release, and how many rows of data each holds where it holds rows."""


@dataclass(frozen=True)
class Problem:
    """One thing that keeps a release from being what it says it is."""

    rule_id: str
    file: str
    detail_zh: str
    detail_en: str


class Inputs(Protocol):
    """States what each part of a product is made from.

    A part is what is built or linked as one. Its inputs are anything that JSON can say (dates and
    decimals too): row hashes of tables, texts, settings. Two releases that state the same for a
    part share its files, so everything the part shows must follow from what is stated; the code
    of ``orchestration.publish`` and its libraries enter by themselves.
    """

    def __call__(self, edition: Edition) -> Mapping[str, Any]: ...


class Build(Protocol):
    """Writes the files of the named parts below ``edition.directory``; returns them by part."""

    def __call__(self, edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]: ...


class Check(Protocol):
    """Reads the product of a finished release again and says what is wrong with it.

    What ``Package.is_carried`` says of a file, it need not read: those bytes passed the check in
    the release they were built for, and their hash is compared for all products alike.
    """

    def __call__(self, package: Package) -> Iterable[Problem]: ...


def nothing_to_check(package: Package) -> Iterable[Problem]:
    """For a product of which the hashes of its files say all."""
    return ()


@dataclass(frozen=True)
class Product:
    """One product of a release, or a group that is made in one go.

    All functions are functions of a module, so that another process can be told their names.

    Attributes:
        name: What the manifest calls it.
        inputs: What each of its parts is made from.
        build: Writes parts.
        check: Reads them again.
        after: Products it describes or needs the files of: names, ``EVERYTHING`` or ``DATABASE``.
        lane: Products of one lane share a process and what they have read; without a lane a
            product is built in the process of the run itself.
    """

    name: str
    inputs: Inputs
    build: Build
    check: Check = nothing_to_check
    after: tuple[str, ...] = ()
    lane: str = ""
