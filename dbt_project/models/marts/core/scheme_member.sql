-- Grain: one row per scheme, group, position and holder of that position.
with members as (
    select *
    from {{ source('landing', 'scheme_member') }}
),

schemes as (
    select
        scheme_code,
        name_zh,
        name_en,
        valid_from,
        valid_to
    from {{ source('landing', 'scheme') }}
),

items as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'item'
),

groups as (
    select
        scheme_code,
        group_order,
        any_value(group_name_zh) as group_name_zh,
        any_value(group_name_en) as group_name_en,
        any_value(group_size) as group_size,
        coalesce(max(position), 1) as last_known
    from members
    group by scheme_code, group_order
),

-- Every position that the name of the scheme gives the group, and one for an open group of which
-- nothing is known: what no document defines stays visible.
places as (
    select
        scheme_code,
        group_order,
        group_name_zh,
        group_name_en,
        group_size,
        cast(unnest(range(1, coalesce(group_size, last_known) + 1)) as integer) as position
    from groups
),

holders as (
    select
        *,
        cast(row_number() over (
            partition by scheme_code, group_order, position
            order by valid_from asc nulls first, member_name_zh asc
        ) as integer) as succession
    from members
    where position is not null
)

select
    places.scheme_code,
    schemes.name_zh as scheme_name_zh,
    schemes.name_en as scheme_name_en,
    places.group_order,
    places.group_name_zh,
    places.group_name_en,
    places.group_size,
    places.position,
    coalesce(holders.succession, 1) as succession,
    holders.member_name_zh,
    holders.member_name_en,
    holders.member_name_zh is not null as is_defined,
    coalesce(holders.valid_from, schemes.valid_from) as valid_from,
    coalesce(holders.valid_to, schemes.valid_to) as valid_to,
    holders.resembles_item,
    items.name_zh as resembles_item_name_zh,
    items.name_en as resembles_item_name_en,
    holders.note_zh,
    holders.note_en,
    holders.citation
from places
inner join schemes
    on places.scheme_code = schemes.scheme_code
left join holders
    on
        places.scheme_code = holders.scheme_code
        and places.group_order = holders.group_order
        and places.position = holders.position
left join items
    on holders.resembles_item = items.code
