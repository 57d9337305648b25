-- Grain: one row per scheme.
with schemes as (
    select *
    from {{ source('landing', 'scheme') }}
),

regions as (
    select
        region_code,
        region_name_zh,
        region_kind
    from {{ source('landing', 'region') }}
),

kinds as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'scheme_kind'
),

documents as (
    select
        source_document,
        published
    from {{ source('landing', 'source_document') }}
),

links as (
    select
        scheme_code,
        name_zh,
        trim(unnest(string_split(predecessor_codes, ','))) as predecessor_code
    from schemes
    where predecessor_codes is not null
),

predecessors as (
    select
        links.scheme_code,
        string_agg(schemes.name_zh, '、' order by links.predecessor_code) as names_zh
    from links
    inner join schemes
        on links.predecessor_code = schemes.scheme_code
    group by links.scheme_code
),

successors as (
    select
        predecessor_code,
        string_agg(scheme_code, ',' order by scheme_code) as codes,
        string_agg(name_zh, '、' order by scheme_code) as names_zh
    from links
    group by predecessor_code
),

places as (
    select
        scheme_code,
        group_order,
        position,
        group_size is not null as is_stated,
        bool_or(is_defined) as is_defined
    from {{ ref('scheme_member') }}
    group by scheme_code, group_order, position, group_size
),

-- Positions that the name states are those of groups with a size; an open group (X, N) has none.
positions as (
    select
        scheme_code,
        count(*) filter (where is_stated) as members_stated,
        count(*) filter (where is_defined) as members_known,
        count(*) filter (where is_stated and is_defined) as stated_and_known,
        bool_or(not is_stated) as has_open_group
    from places
    group by scheme_code
)

select
    schemes.scheme_code,
    schemes.name_zh,
    schemes.name_en,
    schemes.kind,
    kinds.name_zh as kind_name_zh,
    kinds.name_en as kind_name_en,
    schemes.region_code,
    regions.region_name_zh,
    regions.region_kind,
    schemes.valid_from,
    schemes.valid_to,
    schemes.predecessor_codes,
    predecessors.names_zh as predecessor_names_zh,
    successors.codes as successor_codes,
    successors.names_zh as successor_names_zh,
    cast(nullif(positions.members_stated, 0) as integer) as members_stated,
    cast(coalesce(positions.members_known, 0) as integer) as members_known,
    positions.has_open_group,
    case
        when positions.members_stated > 0
            then positions.members_stated = positions.stated_and_known
    end as is_complete,
    schemes.note_zh,
    schemes.note_en,
    schemes.source_document,
    documents.published as source_published,
    schemes.citation
from schemes
left join regions
    on schemes.region_code = regions.region_code
left join kinds
    on schemes.kind = kinds.code
left join documents
    on schemes.source_document = documents.source_document
left join predecessors
    on schemes.scheme_code = predecessors.scheme_code
left join successors
    on schemes.scheme_code = successors.predecessor_code
left join positions
    on schemes.scheme_code = positions.scheme_code
