-- Grain: one row per region, and per place below one that headline figures name.
with places as (
    select
        region_code,
        locality,
        count(*) as figure_count
    from {{ ref('observation') }}
    where is_headline and locality <> '_T'
    group by region_code, locality
),

kinds as (
    select
        code,
        unnest(string_split(maps_to, '|')) as ending
    from {{ source('landing', 'code') }}
    where list = 'area_kind' and maps_to <> ''
),

-- What a place is its name says: by its longest ending that a kind has.
told as (
    select
        places.region_code,
        places.locality,
        arg_max(kinds.code, length(kinds.ending)) as area_kind
    from places
    inner join kinds
        on places.locality like '%' || kinds.ending
    group by places.region_code, places.locality
),

areas as (
    select
        region_code,
        '_T' as locality,
        region_name_zh as area_name_zh,
        'region' as area_kind,
        parent_code,
        cast(null as bigint) as figure_count
    from {{ ref('region') }}
    union all
    select
        places.region_code,
        places.locality,
        places.locality as area_name_zh,
        coalesce(told.area_kind, 'not_told') as area_kind,
        places.region_code as parent_code,
        places.figure_count
    from places
    left join told
        on
            places.region_code = told.region_code
            and places.locality = told.locality
),

names as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'area_kind'
)

select
    areas.region_code,
    regions.region_name_zh,
    regions.region_name_en,
    areas.locality,
    areas.area_name_zh,
    areas.area_kind,
    names.name_zh as area_kind_name_zh,
    names.name_en as area_kind_name_en,
    areas.parent_code,
    areas.figure_count
from areas
left join {{ ref('region') }} as regions
    on areas.region_code = regions.region_code
left join names
    on areas.area_kind = names.code
