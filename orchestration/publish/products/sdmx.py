"""The figures in the formats of SDMX.

Belongs here: what structures and each theme's data are made from, and reading them again. Does not
belong here: the formats (``publish.sdmx``). A message bears the id and time of the release that
its figures were first issued in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestration.publish.product import Files, Problem, Product
from orchestration.publish.rules import SDMX_DIFFERS
from orchestration.publish.sdmx.check import check_sdmx
from orchestration.publish.sdmx.data import theme_digests
from orchestration.publish.sdmx.lists import Lists
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
        _STRUCTURES: [own, _stable(sdmx.lists)],
        **{
            f"{_THEME}{theme.code}": [own, repr(theme), rows.get(theme.code)]
            for theme in sdmx.lists.themes
        },
    }


def _stable(lists: Lists) -> list[Any]:
    """Lists as text; sets have an order of their own in every process."""
    codes = {name: sorted(found) for name, found in lists.codes.items()}
    parts = (lists.themes, lists.code_lists, lists.indicators, lists.units)
    return [codes, *(repr(part) for part in parts)]


def _build(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    sdmx = _read(edition)
    built: dict[str, Files] = {
        f"{_THEME}{theme.code}": write_theme(sdmx, theme, edition.directory)
        for theme in sdmx.lists.themes
        if f"{_THEME}{theme.code}" in parts
    }
    if _STRUCTURES in parts:
        built[_STRUCTURES] = dict.fromkeys(write_structures(sdmx, edition.directory))
    return built


def _check(package: Package) -> Iterator[Problem]:
    """The files hold the published figures, all of them and no others."""
    for name, zh, en in check_sdmx(package.con, "mart", package.path, package.is_carried):
        yield Problem(SDMX_DIFFERS, name, zh, en)


SDMX = Product("sdmx", _inputs, _build, _check)
