-- Grain: one row per known member, or per group of which none is known. Members of schemes, dated.
select
    cast(scheme_code as varchar) as scheme_code,
    cast(group_order as integer) as group_order,
    cast(group_name_zh as varchar) as group_name_zh,
    cast(group_name_en as varchar) as group_name_en,
    cast(group_size as integer) as group_size,
    cast(position as integer) as position,
    cast(member_name_zh as varchar) as member_name_zh,
    cast(member_name_en as varchar) as member_name_en,
    cast(valid_from as varchar) as valid_from,
    cast(valid_to as varchar) as valid_to,
    cast(resembles_item as varchar) as resembles_item,
    cast(note_zh as varchar) as note_zh,
    cast(note_en as varchar) as note_en,
    cast(citation as varchar) as citation
from {{ source('landing', 'scheme_member') }}
