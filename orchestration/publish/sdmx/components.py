"""What a figure consists of in SDMX: dimensions, the value, attributes, and where each comes from.

Belongs here: the list of components, the same for every theme. Does not belong here: the codes
that they take (``lists``) and how they are written (``structures``, ``data``).

The dimensions are the key of a headline figure, so no two figures of a release share one. Ids,
and code lists where they exist, are those of the SDMX cross-domain concepts: FREQ, REF_AREA,
TIME_PERIOD, OBS_VALUE, OBS_STATUS, CONF_STATUS, UNIT_MEASURE, UNIT_MULT, DECIMALS, COMMENT_OBS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from orchestration.publish.rowhash import canonical_text
from orchestration.publish.sdmx.message import NO_XML, Text
from orchestration.publish.tables import literal

VALUE = "OBS_VALUE"
TIME = "TIME_PERIOD"

Role = Literal["dimension", "time", "measure", "attribute"]


@dataclass(frozen=True)
class Component:
    """One component.

    Attributes:
        id: Its id, and that of its concept.
        role: What it is in the structure.
        name: What it is called.
        sql: Its value as SQL over ``core.observation`` (aliased ``t``): a code of ours where it
            takes codes, otherwise the text itself.
        codes: The code list it takes its values from.
        text_type: SDMX type of its values where it takes no codes.
        is_required: Whether every figure has it.
        is_free_text: Whether people wrote it, so that anything may stand in it.
    """

    id: str
    role: Role
    name: Text
    sql: str
    codes: str = ""
    text_type: str = "String"
    is_required: bool = True
    is_free_text: bool = False


# A range has no frequency of its own; its length stands in TIME_PERIOD.
_FREQUENCY = r"""
    case
        when contains(t.period, '/') then '_O'
        when regexp_full_match(t.period, '\d{4}') then 'A'
        when contains(t.period, 'Q') then 'Q'
        when regexp_full_match(t.period, '\d{4}-\d{2}') then 'M'
        else 'D'
    end
"""
_TIME = r"""
    case
        when not contains(t.period, '/') then t.period
        when regexp_full_match(t.period, '\d{4}/\d{4}')
            then concat(
                t.period_start, '/P', date_diff('year', t.period_start, t.period_end) + 1, 'Y'
            )
        when t.period_start = date_trunc('month', t.period_start)
            and t.period_end = last_day(t.period_end)
            then concat(
                t.period_start, '/P', date_diff('month', t.period_start, t.period_end) + 1, 'M'
            )
        else concat(
            t.period_start, '/P', date_diff('day', t.period_start, t.period_end) + 1, 'D'
        )
    end
"""
_DIGITS = f"strlen(split_part({canonical_text('t.resolution', 'DECIMAL(30,8)')}, '.', 2))"
_REMARKS = {
    "t.is_simulated": "模拟数据。Simulated figure.",
    "t.is_period_inferred": "报告期由录入人推断，并非原文。"
    "The period was inferred by the transcriber, not printed.",
}
_REMARK = "nullif(concat_ws(' ', {}, t.note), '')".format(
    ", ".join(f"case when {flag} then {literal(text)} end" for flag, text in _REMARKS.items())
)

COMPONENTS = (
    Component("FREQ", "dimension", Text("频率", "Frequency"), _FREQUENCY, "FREQ"),
    Component("REF_AREA", "dimension", Text("地区", "Reference area"), "t.region_code", "AREA"),
    Component("INDICATOR", "dimension", Text("指标", "Indicator"), "t.indicator_code", "INDICATOR"),
    Component(
        "MEASURE_KIND", "dimension", Text("度量", "Kind of measure"), "t.measure", "MEASURE_KIND"
    ),
    Component("BASIS", "dimension", Text("时间基准", "Basis in time"), "t.basis", "BASIS"),
    Component("SCOPE", "dimension", Text("统计范围", "Statistical scope"), "t.scope", "SCOPE"),
    Component(
        "PRICE_BASIS", "dimension", Text("价格基准", "Price basis"), "t.price_basis", "PRICE_BASIS"
    ),
    Component("BREAKDOWN", "dimension", Text("分组", "Breakdown"), "t.breakdown", "BREAKDOWN"),
    Component(
        "FIGURE_KIND",
        "dimension",
        Text("数字性质", "Kind of figure"),
        "t.figure_kind",
        "FIGURE_KIND",
    ),
    Component("SUBJECT", "dimension", Text("主体", "Subject"), "t.subject", "SUBJECT"),
    Component(
        "LOCALITY",
        "dimension",
        Text("区内地点", "Place below the region"),
        "t.locality",
        "LOCALITY",
    ),
    Component(
        "PERIOD_KIND",
        "dimension",
        Text("报告期类型", "Kind of period"),
        "t.period_kind",
        "PERIOD_KIND",
    ),
    Component(TIME, "time", Text("报告期", "Time period"), _TIME, "", "ObservationalTimePeriod"),
    Component(
        VALUE,
        "measure",
        Text("数值；缺失则没有", "Observed value; absent where missing, never zero for it"),
        canonical_text("t.value", "DECIMAL(30,8)"),
        "",
        "Decimal",
        is_required=False,
    ),
    Component(
        "UNIT",
        "attribute",
        Text("数值所用单位", "Unit that the value stands in"),
        "t.unit",
        "UNIT",
        is_required=False,
    ),
    Component(
        "UNIT_MEASURE",
        "attribute",
        Text("计量单位（不含倍数）", "Unit of measure, without its multiplier"),
        "u.measure",
        "UNIT",
        is_required=False,
    ),
    Component(
        "UNIT_MULT",
        "attribute",
        Text("单位倍数（10的幂）", "Unit multiplier: power of ten"),
        "cast(u.exponent as varchar)",
        "",
        "Integer",
        is_required=False,
    ),
    Component(
        "DECIMALS",
        "attribute",
        Text("印出的小数位数", "Decimals that were printed"),
        f"cast({_DIGITS} as varchar)",
        "DECIMALS",
        is_required=False,
    ),
    Component(
        "OBS_STATUS",
        "attribute",
        Text("观测状态", "Observation status"),
        "t.obs_status",
        "OBS_STATUS",
    ),
    Component(
        "CONF_STATUS",
        "attribute",
        Text("保密状态", "Confidentiality status"),
        "t.conf_status",
        "CONF_STATUS",
    ),
    Component(
        "QUALIFIER",
        "attribute",
        Text("限定：准确值、上限或下限", "Qualifier: exact, or a bound"),
        "t.qualifier",
        "QUALIFIER",
    ),
    Component(
        "ESTIMATE_STAGE",
        "attribute",
        Text("核算阶段", "Stage of the estimate"),
        "t.estimate_stage",
        "ESTIMATE_STAGE",
    ),
    Component(
        "KNOWN_FROM",
        "attribute",
        Text("公众获知日期", "Day the public knew it"),
        "cast(t.known_from as varchar)",
        "",
        "GregorianDay",
        is_required=False,
    ),
    Component("SOURCE", "attribute", Text("来源", "Source"), "t.source_document", "SOURCE"),
    Component(
        "SOURCE_PLACE",
        "attribute",
        Text("在来源中的位置", "Place in the source"),
        "nullif(t.source_place, '')",
        is_required=False,
        is_free_text=True,
    ),
    Component(
        "OBS_ID",
        "attribute",
        Text("观测编号（core.observation）", "Id of the observation in core.observation"),
        "t.observation_id",
        is_free_text=True,
    ),
    Component(
        "IS_PERIOD_INFERRED",
        "attribute",
        Text("报告期为推断", "The period was inferred"),
        "cast(coalesce(t.is_period_inferred, false) as varchar)",
        "",
        "Boolean",
    ),
    Component(
        "IS_SIMULATED",
        "attribute",
        Text("模拟数据", "The figure is simulated"),
        "cast(coalesce(t.is_simulated, false) as varchar)",
        "",
        "Boolean",
    ),
    Component(
        "COMMENT_OBS",
        "attribute",
        Text("说明", "Comment"),
        _REMARK,
        is_required=False,
        is_free_text=True,
    ),
)
"""All components, dimensions first, in the order of the key."""

DIMENSIONS = tuple(item for item in COMPONENTS if item.role in ("dimension", "time"))
SERIES_KEY = tuple(item for item in COMPONENTS if item.role == "dimension")
ATTRIBUTES = tuple(item for item in COMPONENTS if item.role == "attribute")

PUBLISHED = "t.is_headline and t.known_to is null and t.conf_status = 'F'"
"""Which figures go into SDMX: one per key, in force, free for publication."""


def clean(expression: str) -> str:
    """SQL for a text without the characters that XML cannot hold."""
    return f"regexp_replace({expression}, {literal(NO_XML)}, chr(65533), 'g')"
