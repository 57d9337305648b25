-- Grain: one row per break, indicator and region: a day from which series count something else.
with breaks as (
    select
        break_no,
        indicator_code,
        region_code,
        since,
        begins_on,
        kind,
        note_zh,
        note_en
    from {{ source('landing', 'series_break') }}
),

indicators as (
    select
        indicator_code,
        name_zh,
        name_en
    from {{ source('landing', 'indicator') }}
),

regions as (
    select
        region_code,
        region_name_zh
    from {{ source('landing', 'region') }}
),

codes as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'break_kind'
)

select
    breaks.break_no,
    breaks.indicator_code,
    indicators.name_zh as indicator_name_zh,
    indicators.name_en as indicator_name_en,
    breaks.region_code,
    regions.region_name_zh,
    breaks.since,
    breaks.begins_on,
    breaks.kind,
    codes.name_zh as kind_name_zh,
    codes.name_en as kind_name_en,
    breaks.note_zh,
    breaks.note_en
from breaks
left join indicators
    on breaks.indicator_code = indicators.indicator_code
left join regions
    on breaks.region_code = regions.region_code
left join codes
    on breaks.kind = codes.code
