-- Grain: one row per finding. What rules found, with the arithmetic.
{{ config(tags=["quality"]) }}

select
    cast(finding_id as varchar) as finding_id,
    cast(rule_id as varchar) as rule_id,
    cast(gate as varchar) as gate,
    cast(severity as varchar) as severity,
    cast(data_set_id as varchar) as data_set_id,
    cast(delivery_id as varchar) as delivery_id,
    cast(indicator_code as varchar) as indicator_code,
    cast(region_code as varchar) as region_code,
    cast(period as varchar) as period,
    cast(place_a as varchar) as place_a,
    cast(place_b as varchar) as place_b,
    cast(observation_a as varchar) as observation_a,
    cast(observation_b as varchar) as observation_b,
    cast(arithmetic as varchar) as arithmetic,
    cast(message_zh as varchar) as message_zh,
    cast(message_en as varchar) as message_en
from {{ source('landing', 'finding') }}
