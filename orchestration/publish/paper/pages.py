"""Whether the pages of a workbook can be read: computed from the finished file alone.

Belongs here: effective sizes of print and widths of pages, as Excel and LibreOffice lay them out.
Does not belong here: choosing paper and scale (``book``), and what stands in the cells (``cells``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import pairwise
from typing import Any

LEAST_POINTS = 8.0
"""Nothing that is printed is smaller: what one reads at arm's length."""

_MILLIMETRES = {"8": (297.0, 420.0), "9": (210.0, 297.0)}
"""Short and long side of A3 and A4, the papers an office has."""
_POINTS_OF_A_PIXEL = 0.75
_NORMAL, _PIXELS_OF_A_UNIT, _DEFAULT_PIXELS = ("SimSun", 11.0), 8, 72
"""The font of the normal style, whose digits are the unit of widths, and how wide one is."""
_AREA = re.compile(r"!\$A\$1:\$([A-Z]+)\$\d+")
_TITLE_COLUMNS = re.compile(r"!\$([A-Z]+):\$([A-Z]+)")


@dataclass(frozen=True)
class Page:
    """How the sheets of one width are printed.

    Attributes:
        points: The smallest print on it, in points, after scaling.
        width: How wide its widest page is, in points, after scaling.
        room: How wide the paper is between its margins.
    """

    sheet: str
    points: float
    width: float
    room: float


def pages(parts: Mapping[str, str]) -> Iterator[Page]:
    """The sheets of a workbook as they are printed.

    Args:
        parts: The texts that the workbook is made of, by their names in it.

    Raises:
        ValueError: For a paper that is neither A3 nor A4, or another normal font.
        KeyError: Where a part is missing.
    """
    from defusedxml.ElementTree import fromstring

    book, styles = (fromstring(parts[f"xl/{name}.xml"]) for name in ("workbook", "styles"))
    sizes = _sizes(styles)
    names = _names(book)
    for number, sheet in enumerate(_all(book, "sheet")):
        title = unescape(str(sheet.get("name")))
        root = fromstring(parts[f"xl/worksheets/sheet{number + 1}.xml"])
        used = {cell.get("s", "0") for cell in _all(root, "c")}
        smallest = min((sizes[int(style)] for style in used), default=LEAST_POINTS)
        setup, margins = _one(root, "pageSetup"), _one(root, "pageMargins")
        room = _room(setup, margins)
        widths = _widths(root, names.get(("_xlnm.Print_Area", number), ""))
        stub = _TITLE_COLUMNS.search(names.get(("_xlnm.Print_Titles", number), ""))
        blocks = _blocks(root, widths, _column(stub[2]) if stub else 0)
        scale = int(setup.get("scale", "100")) / 100
        if any(node.get("fitToPage") == "1" for node in _all(root, "pageSetUpPr")):
            scale = min(1.0, room * int(setup.get("fitToWidth", "1")) / max(blocks))
        yield Page(title, smallest * scale, max(blocks) * scale, room)


def _sizes(styles: Any) -> list[float]:
    """The size of the font of each cell format."""
    fonts = [
        (str(_one(font, "name").get("val")), float(_one(font, "sz").get("val")))
        for font in _all(_one(styles, "fonts"), "font")
    ]
    if fonts[0] != _NORMAL:
        raise ValueError(f"the normal font is {fonts[0]}, not {_NORMAL}")
    return [fonts[int(xf.get("fontId", 0))][1] for xf in _all(_one(styles, "cellXfs"), "xf")]


def _names(book: Any) -> dict[tuple[str, int], str]:
    """What names say of each sheet: its printed area, and what stands on every page."""
    return {
        (str(name.get("name")), int(name.get("localSheetId", -1))): name.text or ""
        for name in _all(book, "definedName")
    }


def _room(setup: Any, margins: Any) -> float:
    sides = _MILLIMETRES.get(setup.get("paperSize", ""))
    if sides is None:
        raise ValueError(f"the paper of a sheet is neither A3 nor A4: {setup.get('paperSize')}")
    side = sides[setup.get("orientation") == "landscape"]
    return (side / 25.4 - float(margins.get("left")) - float(margins.get("right"))) * 72


def _widths(root: Any, area: str) -> list[float]:
    """The widths of the columns that are printed, in points."""
    found = _AREA.search(area)
    if found is None:
        raise ValueError("a sheet says not what of it is printed")
    told: dict[int, float] = {}
    for column in _all(root, "col"):
        for place in range(int(column.get("min")), int(column.get("max")) + 1):
            told[place] = float(column.get("width")) * _PIXELS_OF_A_UNIT
    return [
        told.get(place, _DEFAULT_PIXELS) * _POINTS_OF_A_PIXEL
        for place in range(1, _column(found[1]) + 1)
    ]


def _blocks(root: Any, widths: Sequence[float], stub: int) -> list[float]:
    """The widths of pages that lie beside each other; each repeats the stub."""
    breaks = [int(node.get("id")) for node in _all(_one(root, "colBreaks"), "brk")]
    first, *others = (sum(widths[a:b]) for a, b in pairwise([0, *breaks, len(widths)]))
    return [first, *(sum(widths[:stub]) + other for other in others)]


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _all(node: Any, tag: str) -> list[Any]:
    return [] if node is None else node.findall(f".//{{*}}{tag}")


def _one(node: Any, tag: str) -> Any:
    return next(iter(_all(node, tag)), None)
