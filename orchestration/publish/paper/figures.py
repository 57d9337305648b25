"""The headline figures of a release, as briefs and the yearbook print them.

Belongs here: reading ``core.observation`` with the words beside it, and what one figure looks
like on paper. Does not belong here: choosing figures for a page, and file formats.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from orchestration.bounds import bound_of, said
from orchestration.publish.printed import Words, decimal_text, qualifier_sign
from orchestration.publish.tables import Table, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

GROWTH = frozenset({"yoy_growth_pct", "cagr_pct", "mom_growth_pct"})

# What a figure's number cannot say itself stands behind it as a letter.
MARKS: Mapping[str, tuple[str, str]] = {
    "p": ("初步数", "provisional"),
    "e": ("估计数", "estimated"),
    "f": ("预测数", "forecast"),
    "u": ("可靠性低或未经验证", "of low reliability or not validated"),
    "b": ("与前期不可直接比较，或定义有差异", "break in the series, or another definition"),
    "i": ("报告期系录入时推断", "period inferred by the transcriber"),
    "s": ("模拟数据", "simulated data"),
}
_STATUS_MARKS = {"P": "p", "E": "e", "I": "e", "F": "f", "U": "u", "V": "u", "B": "b", "D": "b"}

_NEEDED = {
    ("core", "observation"): (
        "observation_id indicator_code indicator_name_zh indicator_name_en region_code period "
        "period_start period_end period_kind measure basis scope price_basis breakdown value unit "
        "qualifier obs_status is_headline is_period_inferred is_simulated source_document "
        "figure_kind subject locality"
    ).split(),
    ("core", "indicator"): "indicator_code theme topic mart item role".split(),
    ("core", "region"): "region_code region_name_zh region_name_en".split(),
    ("core", "period"): "period label_zh label_en".split(),
    ("meta", "release"): ["district_code"],
}
# What turns the direction of a text, or cannot stand in XML, is no part of a name.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure in force, first among its sources."""

    observation_id: str
    indicator_code: str
    name_zh: str
    name_en: str
    theme: str
    topic: str
    mart: str
    item: str
    role: str
    region_code: str
    region_zh: str
    region_en: str
    period: str
    period_zh: str
    period_en: str
    period_start: date
    period_end: date
    period_kind: str
    measure: str
    basis: str
    scope: str
    price_basis: str
    breakdown: str
    value: Decimal
    unit: str
    qualifier: str
    obs_status: str
    is_period_inferred: bool
    is_simulated: bool
    source_document: str
    figure_kind: str = "outturn"
    subject: str = "_T"
    locality: str = "_T"

    @property
    def is_outturn(self) -> bool:
        """Whether it says what came about."""
        return self.figure_kind == "outturn"

    @property
    def is_target(self) -> bool:
        """Whether it says what is aimed at; a forecast, a proposal and a standard are none."""
        return self.figure_kind == "target"

    @property
    def is_of_region(self) -> bool:
        """Whether it is the region's own, and of all of it: no firm's, no place's, no class's."""
        return (self.breakdown, self.subject, self.locality) == ("_T", "_T", "_T")

    @property
    def is_growth(self) -> bool:
        """Whether it is a reported growth."""
        return self.measure in GROWTH

    @property
    def is_rank(self) -> bool:
        """Whether it is a rank."""
        return self.measure == "rank"

    @property
    def is_among(self) -> bool:
        """A rank that is said as one of the first: 前10 includes the tenth."""
        bound = bound_of(self.qualifier)
        return self.is_rank and bound is not None and bound.is_upper and not bound.is_open

    @property
    def marks(self) -> str:
        """Letters of ``MARKS`` that stand behind the number."""
        return (
            _STATUS_MARKS.get(self.obs_status, "")
            + ("i" if self.is_period_inferred else "")
            + ("s" if self.is_simulated else "")
        )

    @property
    def key(self) -> tuple[str, str, str]:
        """What the yearbook names a figure by."""
        return self.indicator_code, self.region_code, self.period


def can_be_printed(tables: Sequence[Table]) -> bool:
    """Whether a release holds what briefs and the yearbook are made from."""
    there = {(table.schema, table.name): table for table in tables}
    return all(
        name in there and all(there[name].has(column) for column in columns)
        for name, columns in _NEEDED.items()
    )


def figures_query(catalog: str, where: str = "o.is_headline") -> str:
    """SQL for figures with a value that may be published, as ``Figure`` has them.

    Args:
        catalog: What the release is attached as.
        where: Which of ``core.observation as o``; without it the headline figures.
    """
    return f"""
        select
            o.observation_id, o.indicator_code,
            o.indicator_name_zh, coalesce(o.indicator_name_en, ''),
            coalesce(i.theme, '') as theme, coalesce(i.topic, ''), coalesce(i.mart, ''),
            coalesce(i.item, ''), coalesce(i.role, ''),
            o.region_code, coalesce(r.region_name_zh, o.region_code),
            coalesce(r.region_name_en, ''),
            o.period, coalesce(p.label_zh, o.period), coalesce(p.label_en, o.period),
            o.period_start, o.period_end, o.period_kind, o.measure, o.basis, o.scope,
            coalesce(o.price_basis, ''), coalesce(o.breakdown, '_T'), o.value,
            coalesce(o.unit, ''), coalesce(o.qualifier, 'exact'), coalesce(o.obs_status, 'A'),
            coalesce(o.is_period_inferred, false), coalesce(o.is_simulated, false),
            coalesce(o.source_document, ''), o.figure_kind, o.subject, o.locality
        from {quote(catalog)}.core.observation as o
        inner join {quote(catalog)}.core.indicator as i on o.indicator_code = i.indicator_code
        left join {quote(catalog)}.core.region as r on o.region_code = r.region_code
        left join {quote(catalog)}.core.period as p on o.period = p.period
        where {where} and o.value is not null
        order by o.indicator_code, o.region_code, o.period_end, o.period, o.observation_id
        """


def read_figures(
    con: DuckDBPyConnection, catalog: str, where: str = "o.is_headline"
) -> list[Figure]:
    """Figures with a value that may be published, ordered by key; all headlines, or others."""
    return [_figure(row) for row in con.execute(figures_query(catalog, where)).fetchall()]


def _figure(row: tuple[Any, ...]) -> Figure:
    """A row of the query, its texts as lines that can be printed."""
    cells: list[Any] = [clean(cell) if isinstance(cell, str) else cell for cell in row]
    return Figure(*cells)


@cache
def clean(text: str) -> str:
    """A name as one line of plain text."""
    return " ".join(_UNPRINTABLE.sub("", text).split())


def printed_unit(unit: str) -> str:
    """A unit beside its number; a pure number has none."""
    return "" if unit == "1" else unit


# --- one figure on paper -----------------------------------------------------------------------


def figure_cell(figure: Figure, words: Words) -> str:
    """A figure in a cell of a table: 超1000, ≥80, -1.8; 第3 and 前10 for ranks."""
    number, bound = decimal_text(figure.value), bound_of(figure.qualifier)
    if figure.is_rank and bound is not None:
        return bound.rank[0].format(number)
    return qualifier_sign(figure.qualifier, words.get("qualifier", {})) + number


def figure_words(figure: Figure, words: Words) -> str:
    """A figure in a sentence: 超1000亿元, 不超过15分钟, 增长6.5%, 下降1.8%, 第3."""
    if figure.is_rank:
        return figure_cell(figure, words)
    if figure.is_growth and figure.qualifier == "exact":
        return _growth_words(figure)
    number, unit = decimal_text(figure.value), printed_unit(figure.unit)
    if bound_of(figure.qualifier) is None:
        return f"{figure_cell(figure, words)}{unit}"
    return said(number, figure.qualifier, unit)


def _growth_words(figure: Figure) -> str:
    if figure.value == 0:
        return "持平"
    verb = "增长" if figure.value > 0 else "下降"
    return f"{verb}{decimal_text(abs(figure.value))}{printed_unit(figure.unit)}"


def printed_forms(figure: Figure, words: Words) -> frozenset[str]:
    """All texts a figure may stand as in a brief."""
    return frozenset({figure_cell(figure, words), figure_words(figure, words)})
