-- Grain: one row per title, pilot or aim and place where a document names it.
with honours as (
    select *
    from {{ source('landing', 'honour') }}
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
        name_en,
        sort
    from {{ source('landing', 'code') }}
),

documents as (
    select
        source_document,
        title_zh,
        title_en
    from {{ source('landing', 'source_document') }}
)

select
    honours.honour_no,
    honours.theme,
    honours.region_code,
    regions.region_name_zh,
    honours.subject,
    honours.title_zh,
    honours.title_en,
    honours.level,
    levels.name_zh as level_name_zh,
    levels.name_en as level_name_en,
    honours.state,
    states.name_zh as state_name_zh,
    states.name_en as state_name_en,
    states.sort as state_sort,
    honours.state = 'aimed_at' as is_aim,
    honours.granted,
    honours.granted_inferred as is_granted_inferred,
    honours.note_zh,
    honours.document as source_document,
    documents.title_zh as document_title_zh,
    documents.title_en as document_title_en,
    honours.section as source_place
from honours
left join regions
    on honours.region_code = regions.region_code
left join codes as levels
    on honours.level = levels.code and levels.list = 'programme_level'
left join codes as states
    on honours.state = states.code and states.list = 'honour_state'
left join documents
    on honours.document = documents.source_document
