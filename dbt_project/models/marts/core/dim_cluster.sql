-- Grain: one row per cluster or industry that a system of industries names.
with industries as (
    select
        scheme_code,
        sort,
        count(*) as industry_count
    from {{ source('landing', 'cluster_member') }}
    group by scheme_code, sort
)

select
    members.scheme_code || '-' || members.sort as cluster_code,
    members.member_zh as cluster_name_zh,
    members.member_en as cluster_name_en,
    schemes.scheme_code,
    schemes.name_zh as scheme_name_zh,
    schemes.name_en as scheme_name_en,
    members.group_zh as group_name_zh,
    members.sort as position,
    schemes.region_code,
    schemes.level,
    schemes.valid_from,
    schemes.valid_to,
    coalesce(industries.industry_count, 0) as industry_count,
    members.document as source_document,
    members.section as source_place
from {{ source('landing', 'scheme_member') }} as members
inner join {{ source('landing', 'scheme') }} as schemes
    on members.scheme_code = schemes.scheme_code
left join industries
    on
        members.scheme_code = industries.scheme_code
        and members.sort = industries.sort
where schemes.kind = 'industrial_system'
