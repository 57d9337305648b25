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
),

{{ district_and_above() }},

-- Who followed whom: 330203, or 330203[2016] where it took over a part in that year.
followed as (
    select
        region_code,
        split_part(unnest(string_split(successor_codes, '|')), '[', 1) as successor_code
    from {{ source('landing', 'region') }}
    where successor_codes <> ''
),

predecessors as (
    select
        successor_code as region_code,
        string_agg(region_code, '|' order by region_code) as predecessor_codes
    from followed
    group by successor_code
),

-- All parts of a region are in the list: then a rank among them can be of all of them.
complete as (
    select region_code
    from {{ source('landing', 'region') }}
    where lists_all_parts
)

select
    regions.region_code,
    regions.region_name_zh,
    regions.region_name_en,
    regions.region_kind,
    nullif(regions.parent_code, '') as parent_code,
    case
        when regions.region_code = district.district_code then 'self'
        when regions.region_code = nullif(district.city_code, '') then 'city'
        when regions.region_code = nullif(district.province_code, '') then 'province'
        when regions.region_kind = 'nation' then 'nation'
        when regions.region_kind = 'aggregate' then 'group'
        when
            regions.parent_code = nullif(district.city_code, '')
            and regions.region_kind = own.region_kind
            then 'sister'
        when regions.region_kind = own.region_kind then 'peer'
        else 'other'
    end as role,
    regions.valid_from,
    regions.valid_to,
    regions.valid_to is null as is_in_force,
    nullif(regions.successor_codes, '') as successor_codes,
    predecessors.predecessor_codes,
    complete.region_code is not null as is_among_all,
    coalesce(counts.observation_count, 0) as observation_count
from {{ source('landing', 'region') }} as regions
left join district
    on true
left join {{ source('landing', 'region') }} as own
    on district.district_code = own.region_code
left join counts
    on regions.region_code = counts.region_code
left join predecessors
    on regions.region_code = predecessors.region_code
left join complete
    on regions.parent_code = complete.region_code
where regions.region_code in (select shown.region_code from shown)
