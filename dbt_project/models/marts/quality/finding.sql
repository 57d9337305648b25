-- Grain: one row per finding.
select
    finding_id,
    rule_id,
    gate,
    severity,
    nullif(data_set_id, '') as data_set_id,
    nullif(delivery_id, '') as delivery_id,
    nullif(indicator_code, '') as indicator_code,
    nullif(region_code, '') as region_code,
    nullif(period, '') as period,
    nullif(place_a, '') as place_a,
    nullif(place_b, '') as place_b,
    nullif(observation_a, '') as observation_a,
    nullif(observation_b, '') as observation_b,
    nullif(arithmetic, '') as arithmetic,
    message_zh,
    message_en
from {{ source('landing', 'finding') }}
