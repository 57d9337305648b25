"""Deliveries in which a system contradicts itself: tiers, classes, circles.

Belongs here: one bad delivery for each rule of ``expectations/rules/marts/systems.yml``. Does not
belong here: what is wrong with a single figure.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.rejects.kinds import FindingCase

SYSTEMS = "yunxi-systems"


def rows(*lines: str) -> Callable[[], bytes]:
    """A delivery of the data set; a row may name its class at the end."""
    header = "指标,地区,期间,数值,单位,类别"
    told = (line if line.count(",") == header.count(",") else f"{line}," for line in lines)
    content = "\n".join((header, *told, "")).encode()
    return lambda: content


def place(*numbers: int) -> str:
    return "; ".join(f"yunxi-systems · 表3 · R{number}C4" for number in numbers)


SYSTEM_CASES = (
    FindingCase(
        "system.stock-does-not-follow",
        SYSTEMS,
        "系统梯队2024.csv",
        rows(
            "规上企业数,云溪区,2024年1月,206,家",
            "规上企业数,云溪区,2024年2月,213,家",
            "新增规上企业数,云溪区,2024年2月,6,家",
            "退规企业数,云溪区,2024年2月,2,家",
        ),
        "206 + 6 - 2 = 210, printed 213",
        (place(3), place(2)),
    ),
    FindingCase(
        "system.classes-miss-total",
        SYSTEMS,
        "系统亩均2024.csv",
        rows(
            "参评企业数,云溪区,2024年1月,40,家,A类",
            "参评企业数,云溪区,2024年1月,80,家,B类",
            "参评企业数,云溪区,2024年1月,70,家,C类",
            "参评企业数,云溪区,2024年1月,200,家,合计",
        ),
        "190 <> 200",
        (place(5), None),
    ),
    FindingCase(
        "system.rate-differs-from-computed",
        SYSTEMS,
        "系统生活圈2024.csv",
        rows(
            "已覆盖社区数,云溪区,2024年1月,63,个",
            "社区总数,云溪区,2024年1月,84,个",
            "生活圈覆盖率,云溪区,2024年1月,85.0,%",
        ),
        "75% <> 85%",
        (place(4), None),
    ),
)
