-- Grain: one row per list and code. Members of all code lists but regions and units.
select
    cast(list as varchar) as list,
    cast(code as varchar) as code,
    cast(name_zh as varchar) as name_zh,
    cast(name_en as varchar) as name_en,
    cast(sort as integer) as sort,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    cast(maps_to as varchar) as maps_to
from {{ source('landing', 'code') }}
