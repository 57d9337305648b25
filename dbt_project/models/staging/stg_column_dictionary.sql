-- Grain: one row per table and column. Columns of published tables, from dbt's manifest.
select
    cast(schema_name as varchar) as schema_name,
    cast(table_name as varchar) as table_name,
    cast(column_name as varchar) as column_name,
    cast(ordinal as integer) as ordinal,
    cast(data_type as varchar) as data_type,
    cast(description_zh as varchar) as description_zh,
    cast(description_en as varchar) as description_en,
    cast(unit as varchar) as unit,
    cast(is_nullable as boolean) as is_nullable
from {{ source('landing', 'column_dictionary') }}
