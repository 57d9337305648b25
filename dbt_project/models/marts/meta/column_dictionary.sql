-- Grain: one row per column of a published table.
select
    schema_name,
    table_name,
    column_name,
    ordinal,
    data_type,
    description_zh,
    description_en,
    nullif(unit, '') as unit,
    is_nullable
from {{ source('landing', 'column_dictionary') }}
