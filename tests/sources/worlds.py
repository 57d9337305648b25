"""Worlds: real counterparts of the connectors, started on this machine, that can be broken.

A connector that gets a world here passes the contract test (``unit/test_connector_contract.py``):
a module beside this one, and its line in ``WORLDS``.

Belongs here: what a world is, and which there are. Does not belong here: what is expected of a
connector.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, time
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol

from orchestration import plugins
from orchestration.collect.archive import hash_file
from orchestration.collect.connectors.attempts import Known
from orchestration.collect.connectors.secrets import Secrets
from orchestration.collect.connectors.source import Asked, Pulled
from orchestration.deadlines import Awaited
from orchestration.spec import DataSet
from tests.support import NOW

NAME: Final = "公报2025.csv"


class World(Protocol):
    """A server with one source on it, as a data set declares it.

    Attributes:
        connector: The name of the connector.
        secrets: By name, as the environment gives them; planted, and looked for everywhere.
        breaks: The ways in which it can be broken, and the status that an attempt then tells.
        moved: How many bytes of deliveries it gave away so far.
    """

    connector: ClassVar[str]
    breaks: ClassVar[Mapping[str, str]]
    secrets: dict[str, str]

    @property
    def moved(self) -> int: ...

    def source(self) -> dict[str, Any]:
        """What ``delivery.source`` of the declaration says."""
        ...

    def put(self, content: bytes, name: str = NAME) -> None:
        """Lay a delivery there, or replace the one of that name."""
        ...

    def remove(self, name: str = NAME) -> None:
        """Take it away."""
        ...

    def is_kept(self, archived: bytes, content: bytes) -> bool:
        """Whether the archive has what was laid there, as it came."""
        ...

    def break_by(self, how: str) -> None:
        """From now on it fails in a way, until it is mended."""
        ...

    def mend(self) -> None:
        """It does as it should again."""
        ...


class MakesWorld(Protocol):
    """Starts a world, which is gone with its context."""

    breaks: ClassVar[Mapping[str, str]]

    def __call__(self, folder: Path) -> AbstractContextManager[World]: ...


WORLDS: Final = {
    "http": "tests.sources.http_world:HttpWorld",
    "postgresql": "tests.sources.database_worlds:PostgresWorld",
    "s3": "tests.sources.s3:S3World",
    "sftp": "tests.sources.sftp:SftpWorld",
    "sql": "tests.sources.database_worlds:SqlWorld",
}
"""A line each; by name, so that the others run where what one of them needs is not installed."""


def world_named(name: str) -> MakesWorld:
    """What makes the world of a connector."""
    module, _, made = WORLDS[name].partition(":")
    maker: MakesWorld = getattr(importlib.import_module(module), made)
    return maker


def asking(
    world: World,
    data_set: DataSet,
    spool: Path,
    known: Mapping[str, Known] | None = None,
    *,
    asked: Mapping[str, Any] | None = None,
    **changed: Any,
) -> Asked:
    """A pull of a world without a project around it.

    Args:
        asked: Fields of ``Asked`` that are otherwise.
        changed: Keys of ``delivery.source`` that are otherwise.
    """
    spool.mkdir(parents=True, exist_ok=True)
    section = plugins.load(plugins.CONNECTORS, world.connector).Section(
        **(world.source() | changed)
    )
    return Asked(
        data_set, section, spool, Secrets(world.secrets), known or {}, NOW, **(asked or {})
    )


def known_of(pulled: Sequence[Pulled]) -> dict[str, Known]:
    """What is known once these were received."""
    return {
        thing.key: Known(
            *hash_file(thing.path), 1, thing.tag, thing.modified, thing.mark, thing.details
        )
        for thing in pulled
        if thing.path is not None
    }


def renamed(data_set: DataSet, *patterns: str) -> DataSet:
    """A data set whose deliveries are named otherwise."""
    delivery = data_set.delivery.model_copy(update={"pattern": patterns})
    return data_set.model_copy(update={"delivery": delivery})


def _month(year: int, month: int) -> Awaited:
    last = date(year, month, 31)
    return Awaited(f"{year}-{month:02}", date(year, month, 1), last, last, last, time(17), True)


PERIODS: Final = (_month(2025, 12), _month(2026, 1))
"""Two months that are asked for."""


def content(thing: Pulled) -> bytes:
    """The bytes of what was pulled."""
    assert thing.path is not None
    return thing.path.read_bytes()
