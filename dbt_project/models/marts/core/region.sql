-- Grain: one row per region code.
with recursive counts as (
    select
        region_code,
        count(*) as observation_count
    from {{ ref('observation') }}
    group by region_code
),

-- What the district lists itself, what figures are about, and all that these lie in.
shown as (
    select
        regions.region_code,
        regions.parent_code
    from {{ source('landing', 'region') }} as regions
    left join counts
        on regions.region_code = counts.region_code
    where coalesce(regions.is_listed, true) or counts.region_code is not null
    union
    select
        outer_regions.region_code,
        outer_regions.parent_code
    from shown
    inner join {{ source('landing', 'region') }} as outer_regions
        on shown.parent_code = outer_regions.region_code
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
where regions.region_code in (select shown.region_code from shown)
