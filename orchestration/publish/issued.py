"""Files that are linked on name the release that their figures were first issued in.

Belongs here: comparing what a Word or Excel file or an SDMX message says of itself with the
manifest. Does not belong here: its figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from orchestration.publish.product import Problem
from orchestration.publish.rules import PACKAGE_INCOMPLETE
from orchestration.publish.sdmx.ids import decode

if TYPE_CHECKING:
    from orchestration.publish.package import Package

_SUBJECT = re.compile(r"<dc:subject>([^<]*)</dc:subject>")
_MESSAGE = re.compile(rb"<mes:ID>([^<]*)</mes:ID>")
# What stands before the id of a message: a declaration and a handful of namespaces.
_HEAD = 8192


def issued_in_another(package: Package, name: str) -> Iterator[Problem]:
    """A file names the release that its figures were first issued in, which the manifest knows."""
    if name not in package.built_in:
        return
    try:
        read = _of_message if name.endswith(".xml") else _of_paper
        stated = read(package.path / name)
    except (OSError, BadZipFile, KeyError, UnicodeDecodeError):
        # The check of its figures says that it cannot be read.
        return
    if stated != package.built_in[name]:
        yield Problem(
            PACKAGE_INCOMPLETE,
            name,
            f"所载版本为 {stated}，清单为 {package.built_in[name]}",
            f"says it was issued in {stated}, the manifest says {package.built_in[name]}",
        )


def _of_paper(file: Path) -> str:
    with ZipFile(file) as archive:
        found = _SUBJECT.search(archive.read("docProps/core.xml").decode("utf-8"))
    return unescape(found[1]) if found else ""


def _of_message(file: Path) -> str:
    """The id of a message is the name of its file and the release."""
    with file.open("rb") as message:
        found = _MESSAGE.search(message.read(_HEAD))
    name, _, stated = found[1].decode().partition(f"{file.stem}-") if found else ("", "", "")
    return "" if name else decode(stated)
