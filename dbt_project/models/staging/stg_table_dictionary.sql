-- Grain: one row per table. Published tables, from dbt's manifest.
select
    cast(schema_name as varchar) as schema_name,
    cast(table_name as varchar) as table_name,
    cast(title_zh as varchar) as title_zh,
    cast(title_en as varchar) as title_en,
    cast(description_zh as varchar) as description_zh,
    cast(description_en as varchar) as description_en,
    cast(grain_zh as varchar) as grain_zh,
    cast(grain_en as varchar) as grain_en,
    cast(primary_key as varchar) as primary_key
from {{ source('landing', 'table_dictionary') }}
