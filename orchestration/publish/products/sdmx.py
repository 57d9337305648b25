"""The figures in the formats of SDMX.

Belongs here: what structures and each theme's data are made from, and reading them again. Does not
belong here: the formats (``publish.sdmx``). A message bears the id and time of the release that
its figures were first issued in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from orchestration.errors import DeclarationError
from orchestration.publish.issued import issued_in_another
from orchestration.publish.layout import parquet_path
from orchestration.publish.product import Files, Problem, Product
from orchestration.publish.rules import SDMX_DIFFERS
from orchestration.publish.sdmx.check import check_sdmx
from orchestration.publish.sdmx.data import theme_digests
from orchestration.publish.sdmx.lists import UNIT_TABLE
from orchestration.publish.sdmx.message import VERSIONS
from orchestration.publish.sdmx.structures import render_structures
from orchestration.publish.sdmx.write import Sdmx, read_sdmx, write_structures, write_theme

if TYPE_CHECKING:
    from orchestration.publish.edition import Edition
    from orchestration.publish.package import Package

_STRUCTURES = "structures"
_THEME = "theme "


def _read(edition: Edition) -> Sdmx:
    return edition.keep(
        "sdmx",
        lambda: read_sdmx(
            edition.con,
            edition.catalog,
            edition.marts,
            edition.words,
            edition.release_time,
            is_simulated=edition.report["is_simulated"],
        ),
    )


def _inputs(edition: Edition) -> Mapping[str, Any]:
    sdmx = _read(edition)
    own = [sdmx.origin.agency, asdict(sdmx.origin.name), asdict(sdmx.origin.title)]
    rows = theme_digests(sdmx.con)
    return {
        _STRUCTURES: _structure(sdmx),
        **{
            f"{_THEME}{theme.code}": [own, repr(theme), rows.get(theme.code)]
            for theme in sdmx.lists.themes
        },
    }


def _structure(sdmx: Sdmx) -> str:
    """The structures without id and time; both versions of the format say the same."""
    unnamed = replace(sdmx.origin, release_id="", prepared=datetime(1970, 1, 1))
    return sha256(render_structures("3.0", unnamed, sdmx.lists).encode()).hexdigest()


def _build(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    sdmx = _read(edition)
    _refuse_other_ids(edition, sdmx)
    built: dict[str, Files] = {
        f"{_THEME}{theme.code}": write_theme(sdmx, theme, edition.directory)
        for theme in sdmx.lists.themes
        if f"{_THEME}{theme.code}" in parts
    }
    if _STRUCTURES in parts:
        built[_STRUCTURES] = dict.fromkeys(write_structures(sdmx, edition.directory))
    return built


def _refuse_other_ids(edition: Edition, sdmx: Sdmx) -> None:
    """An id that was issued is of its unit for good: whoever stored it knows no other.

    Raises:
        DeclarationError: a unit had another id in the release in force, or its id was another's.
    """
    before = edition.previous and edition.previous / parquet_path(*UNIT_TABLE.split("."))
    if before is None or not before.is_file():
        return
    issued = sdmx.con.execute("select unit, sdmx_id from read_parquet($1)", [str(before)])
    by_unit = dict(issued.fetchall())
    by_id = {identifier: unit for unit, identifier in by_unit.items()}
    for unit, said in sorted(sdmx.lists.units.items()):
        was = by_unit.get(unit, said.id)
        owner = by_id.get(said.id, unit)
        if was != said.id or owner != unit:
            raise DeclarationError(
                f"the unit {unit!r} has the id {said.id}; issued was {was} for it, and {said.id} "
                f"for {owner!r} / 单位标识已发布，不得改动",
                file="raw/codelists/units.csv",
                place=f"{unit}, sdmx_id",
                remedy=f"give it back {was} / 请改回 {was}",
            )


def _check(package: Package) -> Iterator[Problem]:
    """The files hold the published figures, all of them and no others, and say since when."""
    for version in VERSIONS:
        for file in sorted((package.path / "sdmx" / version).glob("*.xml")):
            yield from issued_in_another(package, file.relative_to(package.path).as_posix())
    for name, zh, en in check_sdmx(package.con, "mart", package.path, package.is_carried):
        yield Problem(SDMX_DIFFERS, name, zh, en)


SDMX = Product("sdmx", _inputs, _build, _check)
