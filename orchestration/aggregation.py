"""Whether figures of an indicator may be added up, over what, and the reason where they may not.

Belongs here: the one rule that answers (``serve.get``) and the published contract
(``publish.semantics``) both follow. Does not belong here: figures, and how an answer is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Over = Literal["time", "regions", "classes"]
Way = Literal["sum", "mean", "last"]
OVERS: Final[tuple[Over, ...]] = ("time", "regions", "classes")
ADDED: Final = frozenset({"level", "count"})
"""The measures whose figures may be added at all."""

_ZH: Final = {"time": "跨期", "regions": "跨地区", "classes": "跨分组"}


@dataclass(frozen=True)
class Additivity:
    """What the catalogue says of an indicator (``core.indicator``).

    Attributes:
        is_stock: Whether it is a number that exists at a date.
        over_time, over_regions, over_classes: Codes of the list ``adds_over``; None where nobody
            says.
    """

    name_zh: str
    name_en: str
    measure: str
    is_stock: bool
    over_time: str | None
    over_regions: str | None
    over_classes: str | None


@dataclass(frozen=True)
class Verdict:
    """How figures become one: their sum, their mean, the last of them; or not at all.

    Attributes:
        way: None where they do not.
        zh, en: Why they are not summed; empty where they are.
    """

    way: Way | None
    zh: str = ""
    en: str = ""


def verdict(one: Additivity, over: Over) -> Verdict:
    """How figures of an indicator become one over time, regions or classes."""
    adds = {"time": one.over_time, "regions": one.over_regions, "classes": one.over_classes}[over]
    if over == "time" and (one.is_stock or adds == "last"):
        return Verdict(
            "last", "时点数不能跨期相加", "a figure that exists at a date is not added over time"
        )
    if one.measure not in ADDED:
        return Verdict(
            None,
            f"{one.name_zh} 是比率、速度或位次，不能{_ZH[over]}相加",
            f"{one.name_en} is a rate, a growth or a rank: never added over {over}",
        )
    if adds is None:
        return Verdict(
            None,
            f"未申报 {one.name_zh} 能否{_ZH[over]}相加",
            f"nobody declared whether {one.name_en} adds up over {over}",
        )
    if adds == "sum":
        return Verdict("sum")
    if adds == "mean" and over == "time":
        return Verdict("mean")
    parts = {"regions": ("各地区", "the regions'"), "classes": ("各分组", "the classes'")}.get(over)
    zh, en = parts or ("", "")
    return Verdict(
        None,
        f"{one.name_zh} 不能{_ZH[over]}相加"
        + (f"：{zh}之和不等于全部" if adds == "at_most" else ""),
        f"{one.name_en} is not added over {over}"
        + (f": {en} figures do not make up the whole" if adds == "at_most" else ""),
    )
