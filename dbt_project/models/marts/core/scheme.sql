-- Grain: one row per scheme.
with schemes as (
    select *
    from {{ source('landing', 'scheme') }}
),

regions as (
    select
        region_code,
        region_name_zh
    from {{ source('landing', 'region') }}
),

codes as (
    select
        list,
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
),

documents as (
    select
        source_document,
        title_zh,
        title_en,
        published
    from {{ source('landing', 'source_document') }}
),

predecessors as (
    select
        successor_code as scheme_code,
        string_agg(scheme_code, ',' order by scheme_code) as codes,
        string_agg(name_zh, '、' order by scheme_code) as names_zh
    from schemes
    where successor_code is not null
    group by successor_code
),

members as (
    select
        scheme_code,
        count(*) as members_known
    from {{ ref('scheme_member') }}
    group by scheme_code
)

select
    schemes.scheme_code,
    schemes.name_zh,
    schemes.name_en,
    schemes.kind,
    kinds.name_zh as kind_name_zh,
    kinds.name_en as kind_name_en,
    schemes.level,
    levels.name_zh as level_name_zh,
    levels.name_en as level_name_en,
    schemes.region_code,
    regions.region_name_zh,
    schemes.valid_from,
    schemes.valid_to,
    schemes.status,
    statuses.name_zh as status_name_zh,
    statuses.name_en as status_name_en,
    cast(coalesce(members.members_known, 0) as integer) as members_known,
    predecessors.codes as predecessor_codes,
    predecessors.names_zh as predecessor_names_zh,
    schemes.successor_code as successor_codes,
    successors.name_zh as successor_names_zh,
    schemes.note_zh,
    schemes.document as source_document,
    documents.title_zh as document_title_zh,
    documents.title_en as document_title_en,
    documents.published as source_published,
    schemes.section as source_place,
    schemes.also_in
from schemes
left join regions
    on schemes.region_code = regions.region_code
left join codes as kinds
    on schemes.kind = kinds.code and kinds.list = 'scheme_kind'
left join codes as levels
    on schemes.level = levels.code and levels.list = 'programme_level'
left join codes as statuses
    on schemes.status = statuses.code and statuses.list = 'scheme_status'
left join documents
    on schemes.document = documents.source_document
left join predecessors
    on schemes.scheme_code = predecessors.scheme_code
left join schemes as successors
    on schemes.successor_code = successors.scheme_code
left join members
    on schemes.scheme_code = members.scheme_code
