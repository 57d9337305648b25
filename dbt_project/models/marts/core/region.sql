-- Grain: one row per region code.
with counts as (
    select
        region_code,
        count(*) as observation_count
    from {{ ref('observation') }}
    group by region_code
)

select
    regions.region_code,
    regions.region_name_zh,
    regions.region_name_en,
    regions.region_kind,
    nullif(regions.parent_code, '') as parent_code,
    regions.valid_from,
    regions.valid_to,
    nullif(regions.successor_codes, '') as successor_codes,
    coalesce(counts.observation_count, 0) as observation_count
from {{ source('landing', 'region') }} as regions
left join counts
    on regions.region_code = counts.region_code
