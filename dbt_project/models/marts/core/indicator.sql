-- Grain: one row per declared indicator.
with counts as (
    select
        indicator_code,
        count(*) as observation_count
    from {{ ref('observation') }}
    group by indicator_code
)

select
    indicators.indicator_code,
    indicators.name_zh,
    indicators.name_en,
    nullif(indicators.definition_zh, '') as definition_zh,
    nullif(indicators.definition_en, '') as definition_en,
    indicators.theme,
    nullif(indicators.topic, '') as topic,
    indicators.measure,
    indicators.scope,
    indicators.price_basis,
    indicators.base_unit,
    indicators.decimals,
    indicators.direction,
    nullif(indicators.mart, '') as mart,
    nullif(indicators.item, '') as item,
    nullif(indicators.role, '') as role,
    nullif(indicators.stage, '') as stage,
    indicators.data_set_id,
    coalesce(counts.observation_count, 0) as observation_count,
    indicators.is_stock,
    nullif(indicators.adds_over_time, '') as adds_over_time,
    nullif(indicators.adds_over_regions, '') as adds_over_regions,
    nullif(indicators.adds_over_classes, '') as adds_over_classes
from {{ source('landing', 'indicator') }} as indicators
left join counts
    on indicators.indicator_code = counts.indicator_code
