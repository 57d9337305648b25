-- Grain: one row per region. Regions with the time their code was in force.
select
    cast(region_code as varchar) as region_code,
    cast(region_name_zh as varchar) as region_name_zh,
    cast(region_name_en as varchar) as region_name_en,
    cast(region_kind as varchar) as region_kind,
    cast(parent_code as varchar) as parent_code,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    cast(successor_codes as varchar) as successor_codes
from {{ source('landing', 'region') }}
