-- Grain: one row per code of a list.
select
    list as code_list,
    code,
    name_zh,
    name_en,
    sort as position,
    nullif(maps_to, '') as maps_to,
    valid_from,
    valid_to
from {{ source('landing', 'code') }}
