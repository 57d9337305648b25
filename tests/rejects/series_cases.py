"""Deliveries that contradict what came before them, and figures that leave their series.

Belongs here: the cases of the rules that hold figures against their history, or a table against
itself. Does not belong here: what a case is (``kinds``), and other cases (``cases``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.rejects.kinds import FIGURES, DeliveryCase, FindingCase, Good, refused
from tests.support import profile

REGIONS = ("云溪区", "云山区", "云州市")
GDP, GROWTH = "地区生产总值", "地区生产总值增速"
LEVELS = ("480.1", "388.8", "4720.5")
RATES = ("11.3", "12.7", "10.9")


def bulletin(year: int, **rows: Sequence[str]) -> Callable[[], bytes]:
    """Figures of the three regions in a year: ``gdp``, ``growth``."""
    kinds = {"gdp": (GDP, "亿元", "水平值"), "growth": (GROWTH, "%", "同比增速")}
    lines = [
        f"{name},{region},{year}年,年度,{value},,{unit},{measure},一、综合,yunxi-bulletin,,,"
        for kind, values in rows.items()
        for name, unit, measure in [kinds[kind]]
        for region, value in zip(REGIONS, values, strict=False)
    ]
    return lambda: profile(*lines)


def good(**rows: Sequence[str]) -> Good:
    """What was delivered about 2023."""
    content = bulletin(2023, **rows)
    return Good("公报2024.csv", content, sum(len(values) for values in rows.values()))


BOTH = {"gdp": LEVELS, "growth": RATES}
OWN = [
    {
        "code": f"reject_{code}",
        "name": {"zh": name, "en": f"{code} of Yunxi"},
        "measure": "level",
        "price_basis": "current",
        "base_unit": "亿元",
        "decimals": 1,
        "direction": "neutral",
    }
    for code, name in (("tax", "税收"), ("trade", "贸易额"), ("rent", "租金"), ("loans", "贷款额"))
]


def amounts(year: int, *values: str) -> Callable[[], bytes]:
    """Amounts of the district that only this case has."""
    names = [entry["name"] for entry in OWN]
    lines = [
        f"{name['zh']},云溪区,{year}年,年度,{value},,亿元,水平值,一、综合,yunxi-bulletin,,,"
        for name, value in zip(names, values, strict=True)
        if isinstance(name, dict)
    ]
    return lambda: profile(*lines)


def years(*labels: int) -> Callable[[], bytes]:
    """One figure of several years, in their order."""
    lines = [
        f"{GDP},云溪区,{year}年,年度,{400 + n}.5,,亿元,水平值,一、综合,yunxi-bulletin,,,"
        for n, year in enumerate(labels)
    ]
    return lambda: profile(*lines)


SERIES_DELIVERIES = (
    refused(
        "repeat.table-of-another-period",
        "R2C5",
        "6 of 6 comparable figures of 2024 are those of 2023 (the first is 480.1 亿元): "
        "the table of that period seems to be sent again",
        content=bulletin(2024, **BOTH),
        good=good(**BOTH),
    ),
    DeliveryCase(
        "repeat.column-of-another-period",
        "R5C5",
        "3 of 3 figures from R5C5 to R7C5 are those of 2023 (the first is 11.3%), "
        "as if they had not been updated",
        content=bulletin(2024, gdp=("530.1", "401.7", "4980.2"), growth=RATES),
        good=good(**BOTH),
    ),
    DeliveryCase(
        "repeat.copied-column",
        "R2C5",
        "3 figures of Yunxi District, Yunzhou (invented) and Yunshan District, Yunzhou (invented) "
        "are equal (the first is 480.1 亿元), as if one had been pasted over the other",
        content=lambda: profile(
            *(
                f"{name},{region},2023年,年度,{value},,{unit},{measure},一、综合,yunxi-bulletin,,,"
                for region in REGIONS[:2]
                for name, value, unit, measure in (
                    (GDP, "480.1", "亿元", "水平值"),
                    (GROWTH, "11.7", "%", "同比增速"),
                    ("常住人口", "38.61", "万人", "水平值"),
                )
            )
        ),
    ),
    refused(
        "value.table-of-zeros",
        "R2C5",
        "all 4 figures of 2023 are zero",
        content=bulletin(2023, gdp=("0", "0"), growth=("0", "0")),
    ),
    DeliveryCase(
        "value.column-of-zeros",
        "R5C5",
        "3 of 3 figures from R5C5 to R7C5 are zero and never were before",
        content=bulletin(2024, gdp=("530.1", "401.7", "4980.2"), growth=("0", "0", "0")),
        good=good(**BOTH),
    ),
    DeliveryCase(
        "delivery.lacks-figures",
        "",
        "1 of 6 figures that the deliveries before had are missing",
        content=bulletin(2024, gdp=("530.1", "401.7", "4980.2"), growth=("9.3", "8.7")),
        good=good(**BOTH),
    ),
    DeliveryCase(
        "period.implausible",
        "R2C5",
        "3 figures of 1925, before 1949",
        content=bulletin(2023, gdp=("530.1", "401.7", "4980.2")),
        tamper="update landing.candidate set period = '1925', period_start = date '1925-01-01', "
        "period_end = date '1925-12-31' where data_set_id = '{data_set}' and period = '2023'",
    ),
    DeliveryCase(
        "period.no-sequence",
        "R4C5",
        "the periods run 2013, 2014, 2006, 2016, where 2006 is out of step (1 row)",
        content=years(2013, 2014, 2006, 2016),
    ),
    DeliveryCase(
        "growth.implausible",
        "R3C5",
        "growth of 400 %, to 5 times the year before",
        content=bulletin(2023, growth=("4.8", "400")),
    ),
    DeliveryCase(
        "value.all-amounts-of-another-size",
        "R2C5",
        "all 4 amounts of 2024 are about 0.5 times those of 2023",
        content=amounts(2024, "60.1", "250.2", "33.3", "901.4"),
        good=Good("公报2024.csv", amounts(2023, "120.4", "499.9", "66.1", "1811.2"), 4),
        declared={"indicators": OWN},
    ),
)


def figures(*rows: str) -> Callable[[], bytes]:
    """A delivery of related figures; a row may name its stage and its document behind its unit."""
    header = "指标,地区,期间,期间类型,数值,单位,来源,发布日期,阶段,行业"
    lines = []
    for row in rows:
        cells = row.split(",")
        *cells, stage, document = [*cells, *["", "yunxi-yearbook"][len(cells) - 6 :]]
        lines.append(",".join([*cells, document, "", stage, ""]))
    content = "\n".join((header, *lines, "")).encode()
    return lambda: content


def place(*rows: int) -> str:
    return "; ".join(f"yunxi-yearbook · 表2 · R{row}C5" for row in rows)


def listed(*rows: int) -> str:
    return ", ".join(f"yunxi-yearbook · 表2 · R{row}C5" for row in rows)


REVISED = figures(
    "藏书量,云溪区,2024年,年度,130.0,万册", "借阅量,云溪区,2024年,年度,51.0,万册,初步核算"
)
"""What a later delivery says of the two figures of revisions."""

SERIES_FINDINGS = (
    FindingCase(
        "series.outlier",
        FIGURES,
        "关联2009货运.csv",
        figures("货运量,云溪区,2008年,年度,100.0,万吨", "货运量,云溪区,2009年,年度,1000.0,万吨"),
        "100 -> 1000, 10, expected 0.45..2.2, not learnt of 0, n 1",
        (place(3), place(2)),
    ),
    FindingCase(
        "series.rows-exchanged",
        FIGURES,
        "关联2018客运.csv",
        figures(
            "客运量,云溪区,2017年,年度,10.0,万人次",
            "客运量,云山区,2017年,年度,20.0,万人次",
            "客运量,云溪区,2018年,年度,20.5,万人次",
            "客运量,云山区,2018年,年度,10.2,万人次",
        ),
        "10 -> 20.5, 20 -> 10.2",
        (listed(4, 5), listed(2, 3)),
    ),
    FindingCase(
        "series.zero-after-none",
        FIGURES,
        "关联2016快递.csv",
        figures(
            "快递量,云溪区,2013年,年度,10.0,万件",
            "快递量,云溪区,2014年,年度,11.0,万件",
            "快递量,云溪区,2015年,年度,12.0,万件",
            "快递量,云溪区,2016年,年度,0.0,万件",
        ),
        "12 -> 0, 3 before",
        (place(5), place(4)),
    ),
    FindingCase(
        "cumulative.falls",
        FIGURES,
        "关联2023通行费.csv",
        figures(
            "通行费,云溪区,2023-01/2023-02,累计,200.0,亿元",
            "通行费,云溪区,2023-01/2023-03,累计,200.0,亿元",
        ),
        "200 = 200",
        (place(3), place(2)),
    ),
    FindingCase(
        "period.parts-differ-from-whole",
        FIGURES,
        "关联2021渔获.csv",
        figures(
            *(f"渔获量,云溪区,2021-Q{n},季度,10.0,万吨" for n in (1, 2, 3, 4)),
            "渔获量,云溪区,2021年,年度,45.0,万吨",
        ),
        "10 + 10 + 10 + 10 = 40; printed 45",
        (place(6), place(2, 3, 4, 5)),
    ),
    FindingCase(
        "growth.contradicts-levels",
        FIGURES,
        "关联2015网上.csv",
        figures(
            "网上营业额,云溪区,2014年,年度,40.0,亿元",
            "网上营业额,云溪区,2015年,年度,36.0,亿元",
            "网上营业额增速,云溪区,2015年,年度,10.0,%,,yunxi-gazette",
        ),
        "36 / 40 - 1 = -10 %; printed 10",
        ("yunxi-gazette · 表2 · R4C5", place(3, 2)),
    ),
    FindingCase(
        "growth.total-outside-parts",
        FIGURES,
        "关联2020吞吐.csv",
        figures(
            "吞吐量增速,云溪区,2020年,年度,9.0,%",
            "海港吞吐量增速,云溪区,2020年,年度,4.0,%",
            "内河吞吐量增速,云溪区,2020年,年度,6.0,%",
        ),
        "9 outside 4..6",
        (place(2), place(3, 4)),
    ),
    FindingCase(
        "revision.larger-than-usual",
        FIGURES,
        "关联2024藏书.csv",
        figures("藏书量,云溪区,2024年,年度,100.0,万册"),
        "100 -> 130",
        (place(2), place(2)),
    ),
    FindingCase(
        "revision.goes-back-a-stage",
        FIGURES,
        "关联2024借阅.csv",
        figures("借阅量,云溪区,2024年,年度,50.0,万册,最终核实"),
        "50 -> 51",
        (place(3), place(2)),
    ),
    FindingCase(
        "shares.stop-adding",
        FIGURES,
        "关联2021甲乙.csv",
        figures(
            *(f"{name}比重,云溪区,{year}年,年度,{value},%"
              for year, values in ((2019, ("60.0", "40.0")), (2020, ("58.0", "42.0")),
                                   (2021, ("57.0", "40.0")))
              for name, value in zip("甲乙", values, strict=True))
        ),
        "57 + 40 = 97; 100 before",
        (place(6, 7), None),
    ),
)  # fmt: skip
