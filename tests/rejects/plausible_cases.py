"""Cases of what is not plausible: of its kind, per head, beside other domains and other regions.

Belongs here: deliveries of figures that no region has, or hardly any, and of figures of regions
that do not go together. Does not belong here: all other cases (``cases``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.rejects.kinds import DeliveryCase, FindingCase, refused
from tests.support import profile

PEERS = "yunxi-peers"


def _indicator(code: str, zh: str, unit: str, **more: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name": {"zh": zh, "en": code.replace("_", " ").capitalize()},
        "measure": "level",
        "price_basis": "not_applicable",
        "base_unit": unit,
        "decimals": 1,
        "direction": "neutral",
        **more,
    }


def _bulletin(*rows: str) -> Callable[[], bytes]:
    content = profile(*(f"{row},三、比较,yunxi-bulletin,,," for row in rows))
    return lambda: content


PLAUSIBLE_DELIVERY_CASES: tuple[DeliveryCase, ...] = (
    refused(
        "plausible.impossible",
        "R2C5",
        "Haul growth, Yunxi District, Yunzhou (invented), 2003, is 5000%, and possible for a "
        "region of its kind is -95 to 1000%",
        content=_bulletin("运力增速,云溪区,2003年,年度,5000,,%,同比增速"),
        declared={
            "indicators": [
                _indicator("haul", "运力", "亿元", range="output-of-all"),
                _indicator(
                    "haul_growth",
                    "运力增速",
                    "%",
                    measure="yoy_growth_pct",
                    growth_of=[{"to": "haul"}],
                ),
            ]
        },
    ),
    refused(
        "plausible.impossible-per-head",
        "R2C5",
        "Carriage, Yunshan District, Yunzhou (invented), 2003, is 480.1 亿元: by 1000 residents "
        "48010000 per head and year, and possible is 0 to 30000000",
        content=_bulletin(
            "运费,云山区,2003年,年度,480.1,,亿元,水平值",
            "住户人口,云山区,2003年末,时点,0.1,,万人,水平值",
        ),
        declared={
            "indicators": [
                _indicator("carriage", "运费", "亿元"),
                _indicator("dwellers", "住户人口", "万人", range="residents"),
            ]
        },
    ),
    refused(
        "levels.above-region",
        "R2C5",
        "Handled, Yunxi District, Yunzhou (invented), 2003, is 130 万吨, 1.3 times the 100 万吨 of "
        "Yunzhou (invented), which it lies in",
        content=_bulletin(
            "吞吐量,云溪区,2003年,年度,130,,万吨,水平值",
            "吞吐量,云州市,2003年,年度,100,,万吨,水平值",
        ),
        declared={"indicators": [_indicator("handled", "吞吐量", "万吨", over_regions="sum")]},
    ),
)


def _peers(*rows: str) -> Callable[[], bytes]:
    header = "指标,地区,期间,期间类型,数值,单位"
    people = ("居民,云州市,2002年末,时点,100,万人", "居民,云山区,2002年末,时点,40,万人")
    return lambda: "\n".join((header, *people, *rows, "")).encode()


def _found(
    rule: str, name: str, arithmetic: str, places: tuple[str | None, str | None], *rows: str
) -> FindingCase:
    """Places are rows and columns of the delivery; the residents of the city stand in row 2."""
    first, second = (f"yunxi-comparison · 表3 · {at}" if at else None for at in places)
    return FindingCase(rule, PEERS, f"比较{name}.csv", _peers(*rows), arithmetic, (first, second))


PLAUSIBLE_FINDING_CASES: tuple[FindingCase, ...] = (
    _found(
        "plausible.unusual",
        "增速",
        "74 % / -45 to 60",
        ("R4C5", None),
        "总产出增速,云山区,2002年,年度,74,%",
    ),
    _found(
        "plausible.unusual-per-head",
        "人均",
        "800 亿元 / 400000 = 200000",
        ("R4C5", "R3C5"),
        "房产税,云山区,2002年,年度,800,亿元",
    ),
    _found(
        "plausible.not-whole",
        "学校",
        "12.5 所",
        ("R4C5", None),
        "各类学校,云山区,2002年,年度,12.5,所",
    ),
    _found(
        "plausible.domains",
        "领域",
        "300 亿元 / 400 亿元 = 0.75",
        ("R4C5", "R5C5"),
        "一般公共预算收入,云山区,2002年,年度,300,亿元",
        "地区生产总值,云山区,2002年,年度,400,亿元",
    ),
    _found(
        "levels.per-head-unlike-around",
        "总产出",
        "12500 / 100000 = 0.125",
        ("R4C5", "R5C5"),
        "总产出,云山区,2002年,年度,50,亿元",
        "总产出,云州市,2002年,年度,1000,亿元",
    ),
    _found(
        "levels.share-moved",
        "份额",
        "22 % -> 46 %, 2.091 times",
        ("R5C5", "R4C5"),
        "总销售,云山区,2001年,年度,22,亿元",
        "总销售,云山区,2002年,年度,46,亿元",
        "总销售,云州市,2001年,年度,100,亿元",
        "总销售,云州市,2002年,年度,100,亿元",
    ),
    _found(
        "levels.delivery-off",
        "整份",
        "3 of 3 amounts by 10^1, as 100000 / 10000 = 10",
        ("R4C5", "R7C5"),
        "甲类投资,云山区,2002年,年度,400,亿元",
        "乙类投资,云山区,2002年,年度,400,亿元",
        "丙类投资,云山区,2002年,年度,400,亿元",
        "甲类投资,云州市,2002年,年度,100,亿元",
        "乙类投资,云州市,2002年,年度,100,亿元",
        "丙类投资,云州市,2002年,年度,100,亿元",
    ),
)
