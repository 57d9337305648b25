"""Reads the figures that the search shows again: each is the one in force, as it is printed.

Belongs here: ``data/found.js``. Does not belong here: names, which are found and not claimed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from orchestration.bounds import BOUNDS
from orchestration.publish.site.markup import read_script

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_RANKS = ("位", "位次", "名次")
_IN_FORCE = """
select
    o.observation_id, o.indicator_code, o.region_code, o.period, year(o.period_end), o.value,
    coalesce(o.unit, ''), coalesce(o.qualifier, 'exact'), coalesce(p.label_zh, o.period),
    coalesce(p.label_en, o.period)
from qt_observation as o
left join qt_period as p on o.period = p.period
where
    o.known_to is null and coalesce(o.is_headline, true) and o.value is not null
    and coalesce(o.conf_status, 'F') not in ('C', 'N')
"""
_NEWEST = """
select indicator_code, region_code, max(period_end) as newest from qt_observation
where
    known_to is null and coalesce(is_headline, true) and value is not null
    and coalesce(conf_status, 'F') not in ('C', 'N') and coalesce(breakdown, '_T') = '_T'
    and coalesce(subject, '_T') = '_T' and coalesce(locality, '_T') = '_T'
    and coalesce(figure_kind, 'outturn') = 'outturn'
group by all
"""


@dataclass(frozen=True)
class Wrong:
    """A figure that is not the one in force."""

    zh: str
    en: str


def check_found(con: DuckDBPyConnection, text: str) -> Iterator[Wrong]:
    """Each figure is in force and as it is printed; the last of each series is the newest."""
    arguments = read_script(text)
    try:
        content: Any = json.loads(arguments[3]) if arguments else None
        periods, figures = content["periods"], content["figures"]
    except (ValueError, TypeError, KeyError, IndexError):
        yield Wrong("无法读取", "it cannot be read")
        return
    facts = {row[0]: row[1:] for row in con.execute(_IN_FORCE).fetchall()}
    last: dict[tuple[str, str], str] = {}
    for name, code, region, period, *shown in figures:
        fact = facts.get(name)
        if fact is None:
            yield Wrong(f"{name} 不是现行的数字", f"{name} is no figure in force")
            continue
        own, place, when, year, value, unit, qualifier, zh, en = fact
        right = [own, place, when, zh, en, year, *_printed(value, unit, qualifier)]
        found = [code, region, *periods[period], *shown]
        if found != right:
            yield Wrong(f"{name} 写作 {found}，应为 {right}", f"{name} is {found}, not {right}")
        last[code, region] = name
    newest = {(row[0], row[1]): row[2] for row in con.execute(_NEWEST).fetchall()}
    ends = dict(con.execute("select observation_id, period_end from qt_observation").fetchall())
    for key, name in last.items():
        if ends.get(name) != newest.get(key):
            yield Wrong(f"{name} 不是最近的数字", f"{name} is not the newest figure")


def _printed(value: Decimal, unit: str, qualifier: str) -> list[str]:
    """Sign in both languages, number and unit."""
    bound = BOUNDS.get(qualifier)
    signs = list(bound.sign) if bound else ["", ""]
    if bound and unit in _RANKS and bound.is_upper and not bound.is_open:
        signs = ["前", "top "]
    digits = f"{value:f}"
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    whole, point, rest = digits.lstrip("-").partition(".")
    minus = "−" if value < 0 else ""
    return [*signs, f"{minus}{int(whole):,}{point}{rest}", "" if unit == "1" else unit]
