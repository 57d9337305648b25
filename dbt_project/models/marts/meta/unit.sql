-- Grain: one row per unit.
select
    unit,
    name_zh,
    name_en,
    dimension,
    factor,
    unit_measure,
    unit_mult,
    sdmx_id
from {{ ref('dim_unit') }}
