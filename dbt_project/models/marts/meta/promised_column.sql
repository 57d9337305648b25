-- Grain: one row per column that the first release promised.
select
    promised_schema,
    promised_table,
    promised_column,
    data_type,
    schema_name,
    table_name,
    column_name,
    is_moved,
    nullif(note_zh, '') as note_zh,
    nullif(note_en, '') as note_en
from {{ source('landing', 'promised_column') }}
