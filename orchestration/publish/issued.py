"""Papers that are linked on name the release that their figures were first issued in.

Belongs here: comparing what a Word or Excel file says of itself with the manifest. Does not belong
here: its figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from orchestration.publish.product import Problem
from orchestration.publish.rules import PACKAGE_INCOMPLETE

if TYPE_CHECKING:
    from orchestration.publish.package import Package

_SUBJECT = re.compile(r"<dc:subject>([^<]*)</dc:subject>")


def issued_in_another(package: Package, name: str) -> Iterator[Problem]:
    """A paper names the release that its figures were first issued in, which the manifest knows."""
    if name not in package.built_in:
        return
    try:
        with ZipFile(package.path / name) as archive:
            found = _SUBJECT.search(archive.read("docProps/core.xml").decode("utf-8"))
    except (OSError, BadZipFile, KeyError, UnicodeDecodeError):
        # The check of its figures says that it cannot be read.
        return
    stated = unescape(found[1]) if found else ""
    if stated != package.built_in[name]:
        yield Problem(
            PACKAGE_INCOMPLETE,
            name,
            f"所载版本为 {stated}，清单为 {package.built_in[name]}",
            f"says it was issued in {stated}, the manifest says {package.built_in[name]}",
        )
