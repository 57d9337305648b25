-- Grain: one row per region code.
select
    region_code,
    region_name_zh,
    region_name_en,
    region_kind,
    parent_code,
    valid_from,
    valid_to,
    successor_codes,
    observation_count
from {{ ref('dim_region') }}
