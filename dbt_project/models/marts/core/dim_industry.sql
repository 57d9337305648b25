-- Grain: one row per code of the classification of industries and edition.
{%- set of_divisions = "'industry_division', 'industry_division_2011'" %}
with codes as (
    select *
    from {{ source('landing', 'code') }}
    where list in ('industry', {{ of_divisions }})
),

bridged as (
    select
        code,
        unnest(string_split(maps_to, '|')) as successor_code
    from codes
    where list = 'industry_division_2011'
),

-- A division of 2011 is of the sector that all its successors are of.
inherited as (
    select
        bridged.code,
        case when min(successors.maps_to) = max(successors.maps_to) then min(successors.maps_to) end
            as sector
    from bridged
    inner join codes as successors
        on
            successors.list = 'industry_division'
            and bridged.successor_code = successors.code
    group by bridged.code
),

divisions as (
    select
        codes.list,
        codes.code,
        left(codes.code, 1) as section_code,
        substr(codes.code, 2) as division_code,
        case when codes.list = 'industry_division_2011' then replace(codes.maps_to, '|', ',') end
            as successor_codes,
        case when codes.list = 'industry_division' then codes.maps_to else inherited.sector end
            as sector
    from codes
    left join inherited
        on
            codes.list = 'industry_division_2011'
            and codes.code = inherited.code
    where codes.list in ({{ of_divisions }})
),

-- A section is of one sector where all its divisions are.
sections as (
    select
        section_code,
        case when min(sector) = max(sector) then min(sector) end as sector
    from divisions
    where list = 'industry_division'
    group by section_code
)

select
    codes.list as industry_list,
    codes.code as industry_code,
    codes.name_zh as industry_name_zh,
    codes.name_en as industry_name_en,
    case when divisions.code is null then 'section' else 'division' end as level,
    case codes.list
        when 'industry_division' then 'GB/T 4754-2017'
        when 'industry_division_2011' then 'GB/T 4754-2011'
        else 'GB/T 4754'
    end as edition,
    coalesce(divisions.section_code, codes.code) as section_code,
    parents.name_zh as section_name_zh,
    parents.name_en as section_name_en,
    divisions.division_code,
    nullif(coalesce(divisions.sector, sections.sector), '') as sector,
    nullif(divisions.successor_codes, '') as successor_codes,
    codes.valid_from,
    codes.valid_to,
    codes.sort as position
from codes
left join divisions
    on
        codes.list = divisions.list
        and codes.code = divisions.code
left join sections
    on
        codes.list = 'industry'
        and codes.code = sections.section_code
left join codes as parents
    on
        parents.list = 'industry'
        and coalesce(divisions.section_code, codes.code) = parents.code
