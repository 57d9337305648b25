-- Grain: one row per member of a scheme that a document names.
with members as (
    select *
    from {{ source('landing', 'scheme_member') }}
),

schemes as (
    select
        scheme_code,
        name_zh,
        name_en
    from {{ source('landing', 'scheme') }}
),

items as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'item'
)

select
    members.scheme_code,
    schemes.name_zh as scheme_name_zh,
    schemes.name_en as scheme_name_en,
    members.sort as position,
    members.group_zh as group_name_zh,
    members.member_zh as member_name_zh,
    members.member_en as member_name_en,
    members.resembles_item,
    items.name_zh as resembles_item_name_zh,
    items.name_en as resembles_item_name_en,
    members.note_zh,
    members.document as source_document,
    members.section as source_place
from members
inner join schemes
    on members.scheme_code = schemes.scheme_code
left join items
    on members.resembles_item = items.code
