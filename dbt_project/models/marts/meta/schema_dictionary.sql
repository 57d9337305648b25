-- Grain: one row per published table.
select
    schema_name,
    table_name,
    title_zh,
    title_en,
    description_zh,
    description_en,
    grain_zh,
    grain_en,
    primary_key
from {{ source('landing', 'table_dictionary') }}
